"""The counter put together: its pages, its files, and what holds for all of them."""

from __future__ import annotations

from starlette.middleware import Middleware
from starlette.routing import BaseRoute, Mount

from bot.console import buttons, keys, lists, people, shop, talk
from bot.console.guard import HOME, Guard
from bot.console.pages import refusal
from bot.console.visit import route
from bot.doors.refusals import errors_in
from bot.doors.widget_files import files_in
from bot.inbox.inbox import Inbox
from bot.settings import ROOT

_FILES = ROOT / "bot" / "web" / "counter"


def routes(inbox: Inbox) -> list[BaseRoute]:
    paths = [
        Mount("/static", files_in(_FILES)),
        *people.routes(inbox),
        *talk.routes(inbox),
        *buttons.routes(inbox),
        *shop.routes(inbox),
        *keys.routes(inbox),
        *lists.routes(inbox),
    ]
    middleware = [Middleware(Guard, refusal), *errors_in(refusal)]
    return [
        route(inbox, HOME, lists.show, middleware=middleware),  # a mount begins with the slash after its name
        Mount(HOME, routes=paths, middleware=middleware, name="counter"),
    ]
