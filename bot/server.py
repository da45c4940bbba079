"""Puts it together in one process: model, actions, doors, demo page."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from rasa.core.actions.action import RemoteAction
from rasa.core.agent import Agent
from rasa.core.tracker_store import SQLTrackerStore
from rasa.utils.endpoints import EndpointConfig
from sanic import Sanic

from actions.executor import LocalExecutor
from bot.db import make_folder
from bot.doors.demo import demo_blueprint
from bot.doors.messages import MessagesInput
from bot.doors.web import WebInput
from bot.inbox.inbox import action_failures
from bot.office import desk
from bot.settings import settings
from bot.talk.due import watch

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


def make_app(model: Path) -> Sanic:
    """The web application: ``POST /v1/messages``, the widget's door, ``GET /health``; in the demo the page at ``/``.

    While it serves it keeps an eye on the shop's promises.
    """
    app = Sanic("shaofa", configure_logging=False)  # ours masks what it logs
    app.config.REQUEST_MAX_SIZE = 150_000_000  # an upload travels as base64, a third larger than the file
    app.ctx.agent = load_agent(model)
    app.blueprint(MessagesInput().blueprint())
    app.blueprint(WebInput().blueprint())
    if settings().demo and settings().api_key is None:
        app.blueprint(demo_blueprint())
    app.register_listener(_watch_promises, "after_server_start")
    return app


async def _watch_promises(app: Sanic, _: Any) -> None:
    app.add_task(watch(desk()), name="promises")  # Sanic ends a task with a name when it stops
