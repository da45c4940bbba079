"""What the widget hears: the log after the last entry it has seen, by socket, by stream, or page by page."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing, suppress
from typing import Any

import anyio
from pydantic import BaseModel, Field
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.websockets import WebSocket, WebSocketDisconnect

from bot.doors.http import parse
from bot.doors.web.refusals import refusal
from bot.doors.web.sessions import Sessions
from bot.inbox.inbox import Inbox
from bot.store import UNREACHABLE, Author, Entry, Session

_FIRST_FRAME_WITHIN_S = 10
_NUMBER = re.compile("[0-9]{1,9}")  # what the database takes for one


class Listening(BaseModel):
    """The first frame on a socket."""

    session: str
    after: int | None = Field(default=None, ge=0, lt=10**9)


class Hearing:
    def __init__(self, inbox: Inbox, sessions: Sessions) -> None:
        self._inbox, self._sessions = inbox, sessions

    async def log(self, request: Request) -> Response:
        session, after, before = await self._sessions.of(request), _number(request, "after"), _number(request, "before")
        page = await run_in_threadpool(self._page, session, after, before)
        return Response(page, media_type="application/json")

    async def events(self, request: Request) -> StreamingResponse:
        session, after = await self._sessions.of(request), _number(request, "after")
        headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}  # nginx would collect before it passes on
        return StreamingResponse(self._stream(session, after), headers=headers, media_type="text/event-stream")

    async def _stream(self, session: Session, after: int | None) -> AsyncIterator[str]:
        yield ": ping\n\n"
        with suppress(*UNREACHABLE):  # the stream ends, and the widget comes back
            async with aclosing(self._follow(session, after)) as news:
                async for entry in news:
                    yield f"data: {self._dumps(entry)}\n\n" if entry else ": ping\n\n"

    async def socket(self, ws: WebSocket) -> None:
        await ws.accept()
        with suppress(WebSocketDisconnect):
            wish = await _first_frame(ws)
            session = await self._sessions.find(wish.session)
            if session is None:
                raise refusal("no_session")
            trouble: Exception | None = None
            async with anyio.create_task_group() as both:
                both.start_soon(_until_gone, ws, both.cancel_scope)
                try:
                    await self._tell(ws, session, wish.after)
                except Exception as error:  # out of a group it would come as a group
                    trouble = error
                both.cancel_scope.cancel()
            if trouble:
                raise trouble

    async def _tell(self, ws: WebSocket, session: Session, after: int | None) -> None:
        with suppress(WebSocketDisconnect):
            async with aclosing(self._follow(session, after)) as news:
                async for entry in news:
                    await ws.send_text(self._dumps(entry) if entry else '{"ping": true}')

    async def _follow(self, session: Session, after: int | None) -> AsyncGenerator[Entry | None, None]:
        """Entry by entry, and None after each while of silence. Who has seen none begins with the newest page."""
        talk = session.conversation_id
        if after is None:
            newest = await run_in_threadpool(self._inbox.log.page_before, talk)
            after = newest[0].seq - 1 if newest else 0
        async with aclosing(self._inbox.feed.follow(talk, after)) as news:
            async for entries in news:
                for entry in entries:
                    yield entry
                if not entries:
                    yield None

    def _page(self, session: Session, after: int | None, before: int | None) -> str:
        log, talk = self._inbox.log, session.conversation_id
        entries = log.page_before(talk, before) if after is None else log.page_after(talk, after)
        return f'{{"entries":[{",".join(map(self._dumps, entries))}]}}'

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


def _number(request: Request, name: str) -> int | None:
    given = request.query_params.get(name)
    if given is not None and not _NUMBER.fullmatch(given):
        raise refusal("bad_request")
    return None if given is None else int(given)
