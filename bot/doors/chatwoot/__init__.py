"""A Chatwoot agent bot: ``POST /v1/chatwoot/webhook``. See ``docs/chatwoot.md``.

Chatwoot is answered as soon as what it says is written down, well within its five seconds; the bot's words go out by
its API from the outbox, in order. What cannot be written down is an error for Chatwoot, which then gives the
conversation to its people.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import BaseRoute, Route

from bot.doors.chatwoot import panel, signature
from bot.doors.chatwoot.events import read
from bot.doors.chatwoot.inboxes import ChatwootInbox, inboxes
from bot.doors.chatwoot.outlet import STATE, WORDS, ChatwootOutlet
from bot.doors.chatwoot.pictures import PICTURE, PictureFetcher
from bot.doors.chatwoot.receiving import Receiving
from bot.doors.chatwoot.sender import StateSender, WordsSender
from bot.doors.http import json_object, read_body
from bot.inbox.delivery import Sender
from bot.inbox.forwarding import Outlet
from bot.inbox.inbox import Inbox
from bot.settings import settings

__all__ = ["Chatwoot"]

PATH = "/v1/chatwoot/webhook"
_BODY_BYTES = 2_000_000  # it sends the conversation's last messages along


class Chatwoot:
    """``answer`` is told, in whichever thread, of a conversation in which the buyer has said something."""

    def __init__(self, inbox: Inbox, answer: Callable[[str], None]) -> None:
        self.inboxes: Mapping[str, ChatwootInbox] = inboxes(settings())
        self._inbox, self._answer = inbox, answer
        self._receiving = Receiving(inbox, answer)

    def routes(self) -> list[BaseRoute]:
        if not self.inboxes:
            return []
        return [
            Route(PATH, self._webhook, methods=["POST"]),
            Route(f"{PATH}/{{secret}}", self._webhook, methods=["POST"]),
            *panel.routes(self._inbox, self.inboxes),
        ]

    def outlets(self) -> dict[str, Outlet]:
        return {name: ChatwootOutlet() for name in self.inboxes}

    def senders(self) -> dict[str, Sender]:
        if not self.inboxes:
            return {}
        return {
            WORDS: WordsSender(self._inbox, self.inboxes),
            STATE: StateSender(self._inbox, self.inboxes),
            PICTURE: PictureFetcher(self._inbox, self.inboxes, self._answer),
        }

    async def _webhook(self, request: Request) -> JSONResponse:
        raw = await read_body(request, _BODY_BYTES)
        shown = request.path_params.get("secret")
        door = signature.check(self.inboxes.values(), request.headers, raw, shown, time.time())
        happened = read(json_object(raw))
        if happened is None:
            return JSONResponse({"ignored": True})
        await run_in_threadpool(self._receiving.take, door, happened)
        return JSONResponse({"ok": True})
