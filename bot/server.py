"""Puts it together in one process: the inbox, and the doors over it. ``bot.serving`` has the server they answer on."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.routing import BaseRoute, WebSocketRoute

from bot.console import app as console
from bot.doors import alime, conversations, demo, dify, health, messages, openai, openapi, web, widget_files, xianyu
from bot.doors.chatwoot import Chatwoot
from bot.doors.http import InFlight
from bot.doors.refusals import RequestIds, errors_in, neutral_form, nowhere, refusals
from bot.inbox.answering import Answering
from bot.inbox.delivery import DeliveryWorker
from bot.inbox.forwarding import Forwarder
from bot.inbox.inbox import Inbox
from bot.inbox.notices import senders
from bot.inbox.upstream import open_upstream
from bot.settings import settings
from bot.talk.due import watch


def make_app(inbox: Inbox) -> Starlette:
    """The doors: ours, those in a vendor's form, the widget's, how the process is; in the demo the page at ``/``.

    While it serves it keeps an eye on the log, on what is unanswered, on the shop's promises and on the outbox.
    """
    answering = Answering(inbox)
    chatwoot = Chatwoot(inbox, answering.start_soon)

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        by_kind = {**senders(settings(), time.time), **chatwoot.senders()}
        delivering = DeliveryWorker(inbox.desk.store, by_kind, inbox.desk.clock)
        forwarding = Forwarder(inbox.desk.store, chatwoot.outlets(), inbox.desk.clock, delivering.wake)
        inbox.feed.on_news(forwarding.tell)
        watching = (inbox.feed.watch(), answering.sweep(), watch(inbox.desk), forwarding.run(), delivering.run())
        tasks = [asyncio.create_task(work) for work in watching]
        yield
        for task in tasks:
            task.cancel()
        await answering.stop()
        inbox.feed.close()
        await asyncio.to_thread(inbox.close)

    upstream = open_upstream(settings())
    # OpenAI's goes first: it knows who has taken the neutral door's address for another vendor's.
    routes: list[BaseRoute] = [*openai.routes(inbox, upstream), *messages.routes(inbox, answering)]
    routes += [*conversations.routes(inbox), *openapi.routes()]
    routes += [*dify.routes(inbox, upstream), *xianyu.routes(inbox, upstream)]
    routes += [*web.routes(inbox, answering), *widget_files.routes()]
    routes += [*alime.routes(inbox), *health.routes(inbox), *console.routes(inbox)]
    routes += chatwoot.routes()
    if settings().demo and settings().api_key is None:
        routes += demo.routes(inbox)
    routes.append(WebSocketRoute("/{path:path}", nowhere))
    return Starlette(
        routes=routes,
        lifespan=lifespan,
        middleware=[Middleware(InFlight), Middleware(RequestIds), *errors_in(neutral_form)],
        exception_handlers=refusals(neutral_form),
    )
