"""What the buyer sends: text and files, each once, whatever the network does; and the files, to show them again."""

from __future__ import annotations

import logging
import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import anyio
import anyio.to_thread
from pydantic import BaseModel, Field, StrictStr
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse

from bot.doors.http import JSON_BYTES, parse, read_body, stream_body
from bot.doors.web.refusals import refusal
from bot.doors.web.sessions import Sessions
from bot.inbox.answering import Answering
from bot.inbox.inbox import Inbox
from bot.inbox.text import printable
from bot.store import Author, Session
from bot.store.files import FileRejected, StoredFile

logger = logging.getLogger(__name__)

_MESSAGE_ID = re.compile(r"[!-~]{1,128}")
_SHA256 = re.compile("[0-9a-f]{64}")
_FILES_AT_ONCE = 2  # pictures wait for each other anyway
_MOST_WAITING = 30  # the slowest picture takes most of a second


class Said(BaseModel):
    id: StrictStr = Field(regex=rf"^{_MESSAGE_ID.pattern}$")
    text: StrictStr


class Saying:
    def __init__(self, inbox: Inbox, answering: Answering, sessions: Sessions) -> None:
        self._inbox, self._answering, self._sessions = inbox, answering, sessions
        self._keeping, self._showing = anyio.CapacityLimiter(_FILES_AT_ONCE), anyio.CapacityLimiter(_FILES_AT_ONCE)

    async def say(self, request: Request) -> JSONResponse:
        session = await self._sessions.of(request)
        said = parse(Said, await read_body(request, JSON_BYTES, "too_long"))
        text = printable(said.text)
        if not text:
            raise refusal("bad_request")
        return await self._accept(session, said.id, {"text": text})

    async def upload(self, request: Request) -> JSONResponse:
        session = await self._sessions.of(request)
        entry_id = request.query_params.get("id", "")
        if not _MESSAGE_ID.fullmatch(entry_id):
            raise refusal("bad_request")
        known = await run_in_threadpool(self._known, session, entry_id)
        if known is not None:
            return _taken(known)  # what would be thrown away is not read, let alone stored
        limits = self._inbox.desk.policy.evidence
        is_picture = request.headers.get("content-type", "").startswith("image/")
        kept = await self._keep(request, limits.max_picture_bytes if is_picture else limits.max_video_bytes)
        name = printable(request.query_params.get("name", ""))[:128]
        return await self._accept(
            session, entry_id, {"file": {"sha256": kept.sha256, "video": kept.is_video, "name": name}}
        )

    async def _keep(self, request: Request, limit: int) -> StoredFile:
        """The body goes to disk as it comes, and is gone from there when it is refused or cut off."""
        files = self._inbox.files
        try:
            with files.receive() as upload:
                async for part in stream_body(request, limit):
                    await run_in_threadpool(upload.write, part)
                if self._keeping.statistics().tasks_waiting >= _MOST_WAITING:
                    raise refusal("no_room")  # rather than minutes later
                return await anyio.to_thread.run_sync(files.accept, upload, limiter=self._keeping)
        except FileRejected as rejected:
            raise refusal(rejected.code) from rejected
        except OSError as error:
            logger.error("an upload cannot be taken: %s", error)
            raise refusal("no_room") from error

    async def stored(self, request: Request) -> FileResponse:
        """A file of this conversation; of any other it is as good as not there."""
        session = await self._sessions.of(request)
        sha256, small = request.path_params["sha256"], bool(request.query_params.get("thumb"))
        path = await anyio.to_thread.run_sync(self._path, session, sha256, small, limiter=self._showing)
        if path is None:
            raise refusal("not_found")
        headers = {"Cache-Control": "private, max-age=31536000, immutable", "X-Content-Type-Options": "nosniff"}
        # Never a page of ours, whatever a browser makes of it; the widget shows what it fetched.
        return FileResponse(path, headers=headers, filename=path.name, content_disposition_type="attachment")

    def _path(self, session: Session, sha256: str, small: bool) -> Path | None:
        inbox = self._inbox
        if not _SHA256.fullmatch(sha256) or not inbox.log.has_file(session.conversation_id, sha256):
            return None
        return inbox.files.thumbnail(sha256) if small else inbox.files.path(sha256)

    async def _accept(self, session: Session, entry_id: str, body: dict[str, Any]) -> JSONResponse:
        seq = await run_in_threadpool(self._write, session, entry_id, body)
        self._answering.start(session.conversation_id)
        return _taken(seq)

    def _write(self, session: Session, entry_id: str, body: dict[str, Any]) -> int:
        known = self._known(session, entry_id)  # others may have come while the body was read
        if known is not None:
            return known
        return self._inbox.write(session.conversation_id, Author.BUYER, body, entry_id).seq

    def _known(self, session: Session, entry_id: str) -> int | None:
        """The number that this entry has already; None for what is new.

        Raises:
            Refused: when it is new and one too many.
        """
        inbox = self._inbox
        entry = inbox.log.get(session.conversation_id, entry_id)
        if entry:
            return entry.seq
        now = inbox.desk.clock()
        lately = inbox.log.count(session.conversation_id, Author.BUYER, now - timedelta(minutes=1), now)
        if lately >= inbox.desk.policy.messages.max_per_minute:
            raise refusal("too_many")
        return None


def _taken(seq: int) -> JSONResponse:
    return JSONResponse({"seq": seq}, 202)
