"""Puts it together in one process: the inbox, and the doors over it. ``bot.serving`` has the server they answer on."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from rasa.core.actions.action import RemoteAction
from rasa.core.agent import Agent
from rasa.core.tracker_store import SQLTrackerStore
from rasa.utils.endpoints import EndpointConfig
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.routing import BaseRoute

from actions.executor import LocalExecutor
from bot.db import make_folder
from bot.doors import alime, demo, messages, openai, web, widget_files
from bot.doors.http import RequestIds, errors_in, neutral_form, refusals
from bot.inbox.answering import Answering
from bot.inbox.inbox import Inbox, action_failures
from bot.settings import settings
from bot.talk.due import watch


def make_app(inbox: Inbox) -> Starlette:
    """The doors: ours, those in a vendor's form, the widget's, ``GET /health``; in the demo the page at ``/``.

    While it serves it keeps an eye on the log, on what is unanswered and on the shop's promises.
    """
    answering = Answering(inbox)

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        watching = (inbox.feed.watch(), answering.sweep(), watch(inbox.desk))
        tasks = [asyncio.create_task(work) for work in watching]
        yield
        for task in tasks:
            task.cancel()
        await answering.stop()
        inbox.feed.close()

    routes: list[BaseRoute] = [*messages.routes(inbox), *web.routes(inbox, answering), *widget_files.routes()]
    routes += [*openai.routes(inbox), *alime.routes(inbox)]
    if settings().demo and settings().api_key is None:
        routes += demo.routes(inbox)
    return Starlette(
        routes=routes,
        lifespan=lifespan,
        middleware=[Middleware(RequestIds), *errors_in(neutral_form)],
        exception_handlers=refusals(neutral_form),
    )


# Rasa checks what an action server answers against a JSON schema, and that schema against JSON Schema's own, for every
# action again: half the time of a message. Ours are made by rasa_sdk in this process.
RemoteAction._validate_action_result = lambda self, result: True


class InProcessActions(EndpointConfig):
    """An action endpoint without the network: Rasa 3.6 only ever calls ``request``."""

    def __init__(self) -> None:
        super().__init__(url="in-process://actions")
        self._executor = LocalExecutor()

    async def request(self, *args: Any, json: dict[str, Any], **kwargs: Any) -> dict[str, Any]:
        failures = action_failures.get([])
        if failures:
            raise failures[0]  # one message, one failure: the next action would only wait for the same thing
        try:
            return await self._executor.run(json)
        except Exception as error:
            failures.append(error)
            raise


def load_agent(model: Path) -> Agent:
    """The trained model with the real actions; conversations are kept in the tracker store of the settings."""
    url = settings().tracker_url
    make_folder(url)
    return Agent.load(
        str(model),
        tracker_store=SQLTrackerStore(host=url),
        action_endpoint=InProcessActions(),
    )
