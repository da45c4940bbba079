"""What the widget hears: the log after the last entry it has seen, by socket, by stream, or at once."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator, Iterator
from contextlib import aclosing, suppress
from typing import Any

import anyio
from pydantic import BaseModel, Field
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.websockets import WebSocket, WebSocketDisconnect

from bot.doors.http import Refused, parse
from bot.doors.web.refusals import refusal
from bot.doors.web.sessions import Sessions
from bot.inbox.inbox import Inbox
from bot.store import Author, Entry, Session

NO_SESSION, BAD_FRAME = 4401, 4400  # closing codes of the socket
_FIRST_FRAME_WITHIN_S = 10
_PAGE_CHARS = 1_000_000  # who polls asks again after the last entry


class Listening(BaseModel):
    """The first frame on a socket."""

    session: str
    after: int = Field(default=0, ge=0, lt=10**9)  # what the database takes for a number


class Hearing:
    def __init__(self, inbox: Inbox, sessions: Sessions) -> None:
        self._inbox, self._sessions = inbox, sessions

    async def log(self, request: Request) -> Response:
        session, after = await self._sessions.of(request), _after(request)
        page = await run_in_threadpool(self._page, session, after)
        return Response(page, media_type="application/json")

    async def events(self, request: Request) -> StreamingResponse:
        session, after = await self._sessions.of(request), _after(request)
        headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}  # nginx would collect before it passes on
        return StreamingResponse(self._stream(session, after), headers=headers, media_type="text/event-stream")

    async def _stream(self, session: Session, after: int) -> AsyncIterator[str]:
        yield ": ping\n\n"
        async with aclosing(self._inbox.feed.follow(session.conversation_id, after)) as news:
            async for entries in news:
                yield "".join(f"data: {self._dumps(entry)}\n\n" for entry in entries) or ": ping\n\n"

    async def socket(self, ws: WebSocket) -> None:
        await ws.accept()
        with suppress(WebSocketDisconnect):
            try:
                wish = await _first_frame(ws)
            except Refused:
                await ws.close(BAD_FRAME, "bad_request")
                return
            session = await self._sessions.find(wish.session)
            if session is None:
                await ws.close(NO_SESSION, "no_session")
                return
            async with anyio.create_task_group() as both:
                both.start_soon(_until_gone, ws, both.cancel_scope)
                await self._tell(ws, session, wish.after)
                both.cancel_scope.cancel()

    async def _tell(self, ws: WebSocket, session: Session, after: int) -> None:
        with suppress(WebSocketDisconnect):
            async with aclosing(self._inbox.feed.follow(session.conversation_id, after)) as news:
                async for entries in news:
                    for entry in entries:
                        await ws.send_text(self._dumps(entry))
                    if not entries:
                        await ws.send_text('{"ping": true}')

    def _page(self, session: Session, after: int) -> str:
        """As many entries as go into one answer, the first of them in any case."""
        entries = self._inbox.log.after(session.conversation_id, after)
        return f'{{"entries":[{",".join(_up_to(_PAGE_CHARS, map(self._dumps, entries)))}]}}'

    def _dumps(self, entry: Entry) -> str:
        return json.dumps(entry_as_json(self._inbox, entry), ensure_ascii=False, separators=(",", ":"))


def entry_as_json(inbox: Inbox, entry: Entry) -> dict[str, Any]:
    shown = {
        "seq": entry.seq,
        "id": entry.entry_id,
        "at": entry.at.isoformat(),
        "from": entry.author.value,
        "text": "",
        **entry.body,
    }
    if entry.author is Author.SYSTEM:
        shown["text"] = inbox.wording(f"utter_state_{entry.body['state']}")
    return shown


async def _first_frame(ws: WebSocket) -> Listening:
    """
    Raises:
        Refused: when it is not as it should be, or does not come.
        WebSocketDisconnect: when nobody is there any more.
    """
    try:
        with anyio.fail_after(_FIRST_FRAME_WITHIN_S):
            frame = await ws.receive()
    except TimeoutError as error:
        raise refusal("bad_request") from error
    if frame["type"] == "websocket.disconnect":
        raise WebSocketDisconnect(frame.get("code", 1005))
    return parse(Listening, frame.get("text") or frame.get("bytes") or b"")


async def _until_gone(ws: WebSocket, over: anyio.CancelScope) -> None:
    """After the first frame nothing more is expected but the end."""
    while (await ws.receive())["type"] != "websocket.disconnect":
        pass
    over.cancel()


def _up_to(limit: int, texts: Iterator[str]) -> Iterator[str]:
    length = 0
    for text in texts:
        length += len(text)
        if length > limit and length > len(text):
            return
        yield text


def _after(request: Request) -> int:
    after = request.query_params.get("after", "0")
    if not re.fullmatch("[0-9]{1,9}", after):
        raise refusal("bad_request")
    return int(after)
