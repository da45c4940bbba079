"""The web widget's door: ``docs/web-channel.md`` says what is spoken here."""

from __future__ import annotations

from starlette.middleware import Middleware
from starlette.routing import BaseRoute, Mount, Route, WebSocketRoute

from bot.doors.refusals import errors_in, nowhere
from bot.doors.web.hearing import Hearing
from bot.doors.web.origins import Origins
from bot.doors.web.refusals import web_form
from bot.doors.web.saying import Saying
from bot.doors.web.sessions import Sessions
from bot.inbox.answering import Answering
from bot.inbox.inbox import Inbox


def routes(inbox: Inbox, answering: Answering) -> list[BaseRoute]:
    sessions = Sessions(inbox)
    saying, hearing = Saying(inbox, answering, sessions), Hearing(inbox, sessions)
    form = web_form(inbox)
    paths = [
        Route("/session", sessions.open, methods=["POST"]),
        Route("/messages", saying.say, methods=["POST"]),
        Route("/files", saying.upload, methods=["POST"]),
        Route("/files/{sha256}", saying.stored),
        Route("/log", hearing.log),
        Route("/events", hearing.events),
        WebSocketRoute("/socket", hearing.socket),
        WebSocketRoute("/{path:path}", nowhere),
    ]
    # Origins comes first: a page must be able to read a refusal too.
    return [Mount("/v1/web", routes=paths, middleware=[Middleware(Origins, form), *errors_in(form)], name="web")]
