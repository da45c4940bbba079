"""The neutral door under ``rasa run``, which ``credentials.yml`` opens: the same answers, on Rasa's own server."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

from bot.doors import messages
from bot.doors.http import LARGE_BYTES, check_json, check_key
from bot.doors.refusals import EXPECTED, Refused, as_refused, language_of
from bot.engine.channel import Answer, Call, JsonChannel
from bot.inbox.inbox import Inbox
from bot.inbox.opening import load_engine, open_inbox
from bot.logs import mask_records


class MessagesChannel(JsonChannel):
    paths: ClassVar = {"/health": "GET", "/v1/messages": "POST"}

    def __init__(self) -> None:
        mask_records()
        self._inbox: Inbox | None = None
        self._model: Path | None = None

    @classmethod
    def name(cls) -> str:
        return "messages"

    async def answer(self, call: Call) -> Answer:
        if call.path == "/health":
            return 200, {"status": "ok"}
        try:
            check_key(call.headers, call.peer).check("messages")
            check_json(call.headers)
            raw = await call.read(LARGE_BYTES)
            if raw is None:
                raise Refused(413, "too_large")
            return 200, await messages.answer(self._inbox_over(call), raw)
        except EXPECTED as error:
            return self._refused(call, error)

    def _refused(self, call: Call, error: Exception) -> Answer:
        refused = as_refused(error)
        refused.language = language_of(call.headers)
        return refused.status, {"error": {"code": refused.code, "message": refused.message}}

    def _inbox_over(self, call: Call) -> Inbox:
        """Made on first use: Rasa opens its channels before it has a model, and may load another one later."""
        if self._inbox is None or self._model != call.model:
            self._inbox, self._model = open_inbox(load_engine(call.model)), call.model
        return self._inbox
