"""Dify's form: ``POST /v1/chat-messages``, whole and streamed, and ``/v1/files/upload``; ``docs/sellers/dify.md``."""

from __future__ import annotations

import json
import re
import time
import uuid
from collections.abc import Iterator, Mapping
from contextlib import closing
from pathlib import Path
from typing import IO, Any, Literal

from pydantic import BaseModel, Field
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import BaseRoute

from bot.doors.forms import read_form
from bot.doors.http import JSON_BYTES, STORABLE, called_by, check_json, parse, read_body
from bot.doors.prompts import nobody, taken_apart
from bot.doors.refusals import Refused, VendorRoute
from bot.inbox.inbox import Inbox
from bot.inbox.model import MAX_FILES
from bot.inbox.modes import spoken
from bot.inbox.posted import Answered, Posted, answer
from bot.inbox.upstream import Upstream
from bot.store.files import FileRejected, FileStore

DOOR = "dify"
_SHA256 = re.compile(r"[0-9a-f]{64}")


class File(BaseModel):
    type: str = "image"
    transfer_method: str = "local_file"
    upload_file_id: str | None = None
    url: str | None = None  # other addresses are not fetched


class Ask(BaseModel):
    """The body. Other fields are ignored."""

    query: str
    user: str = Field(max_length=128, regex=STORABLE)
    response_mode: Literal["blocking", "streaming"] = "blocking"
    conversation_id: str | None = Field(default=None, max_length=100, regex=STORABLE)
    files: list[File] | None = Field(default=None, max_items=MAX_FILES)
    inputs: dict[str, Any] | None = None

    @property
    def order_id(self) -> str | None:
        """The shop's own workflow may name it; whatever else stands there is its business."""
        named = (self.inputs or {}).get("order_id")
        return named if isinstance(named, str) and len(named) <= 64 and named.isprintable() else None


def routes(inbox: Inbox, upstream: Upstream | None = None) -> list[BaseRoute]:
    """Each address with and without ``/v1``."""

    async def chat(request: Request) -> Response:
        caller = await called_by(request, "messages")
        check_json(request.headers)
        ask = parse(Ask, await read_body(request, JSON_BYTES))
        policy = inbox.desk.policy.door(DOOR, caller.name)
        posted = await run_in_threadpool(_posted, ask, caller.name, policy.tool, inbox.files)
        with closing(posted):
            answered = await answer(inbox, posted, policy, upstream=upstream)
        conversation_id = ask.conversation_id or _conversation(caller.name, posted, answered)
        whole = as_message(answered, spoken(answered.dealt, policy), conversation_id)
        if ask.response_mode == "blocking":
            return JSONResponse(whole)
        headers = {"Cache-Control": "no-cache"}
        return StreamingResponse(as_events(whole), media_type="text/event-stream", headers=headers)

    async def upload(request: Request) -> Response:
        await called_by(request, "messages")
        most = inbox.desk.policy.evidence.max_picture_bytes
        async with read_form(request, "user", 1, most + JSON_BYTES) as (_, files):
            if not files:
                raise Refused(400, "no_file_uploaded", "no_file")
            return JSONResponse(await run_in_threadpool(_kept, inbox.files, files[0]), status_code=201)

    return [
        route
        for base in ("/v1", "")
        for route in (
            VendorRoute(f"{base}/chat-messages", chat, as_error, methods=["POST"]),
            VendorRoute(f"{base}/files/upload", upload, as_error, methods=["POST"]),
        )
    ]


def _kept(store: FileStore, file: IO[bytes]) -> dict[str, Any]:
    """What Dify says of an upload; its id is the content's own hash."""
    try:
        stored = store.accept(file)
    except FileRejected as rejected:
        code = "file_too_large" if rejected.code == "too_large" else "unsupported_file_type"
        raise Refused(413 if rejected.code == "too_large" else 415, code, "not_a_picture_or_video") from rejected
    path = store.path(stored.sha256)
    extension = path.suffix.lstrip(".") if path else ""
    return {
        "id": stored.sha256,
        "name": f"{stored.sha256[:8]}.{extension}",
        "size": path.stat().st_size if path else 0,
        "extension": extension,
        "mime_type": f"{'video' if stored.is_video else 'image'}/{'jpeg' if extension == 'jpg' else extension}",
        "created_at": int(time.time()),
    }


def _posted(ask: Ask, key: str, tool: str | None, store: FileStore) -> Posted:
    """
    Raises:
        Refused: a file that is named was not uploaded.
    """
    pasted = taken_apart(ask.query)
    paths = [_uploaded(store, file.upload_file_id) for file in ask.files or () if file.upload_file_id]
    named = pasted.buyer if pasted.tool == tool else None
    buyer_id = named or (None if nobody(ask.user) else ask.user.strip())
    return Posted(
        DOOR,
        key,
        pasted.text,
        session=(ask.conversation_id or None) if not buyer_id else None,
        buyer_id=buyer_id,
        order_id=ask.order_id,
        turns=pasted.history,
        files=tuple(path.open("rb") for path in paths),
    )


def _conversation(key: str, posted: Posted, answered: Answered) -> str:
    """The buyer's one, named the same each time; a new one where nobody is named."""
    about = posted.buyer_id or uuid.uuid4().hex  # not what was said: all buyers begin with 在吗
    return str(uuid.uuid5(uuid.NAMESPACE_OID, f"{key}\0{about}"))


def _uploaded(store: FileStore, file_id: str) -> Path:
    """
    Raises:
        Refused: there is none.
    """
    path = store.path(file_id) if _SHA256.fullmatch(file_id) else None
    if path is None:
        raise Refused(400, "file_not_found", "no_such_upload")
    return path


def as_message(answered: Answered, text: str, conversation_id: str) -> dict[str, Any]:
    dealt = answered.dealt
    return {
        "event": "message",
        "task_id": answered.id,
        "id": answered.id,
        "message_id": answered.id,
        "conversation_id": conversation_id,
        "mode": "chat",
        "answer": text,
        "metadata": {
            "usage": {"prompt_tokens": 0, "completion_tokens": len(text), "total_tokens": len(text)},
            "retriever_resources": [],
            "shaofa": {"decision": dealt.decision, "mode": dealt.mode.value, "handoff": dealt.outcome.handoff},
        },
        "created_at": int(time.time()),
    }


def as_events(whole: Mapping[str, Any]) -> Iterator[str]:
    """The same answer as server-sent events, line by line."""
    names = ("task_id", "id", "message_id", "conversation_id", "created_at")
    head = {name: whole[name] for name in names}
    for line in whole["answer"].splitlines(keepends=True) or [""]:
        yield _event({"event": "message", **head, "answer": line})
    yield _event({"event": "message_end", **head, "metadata": whole["metadata"]})


def as_error(refused: Refused, request_id: str) -> Response:
    code = {"bad_request": "invalid_param"}.get(refused.code, refused.code)
    error = {"code": code, "message": refused.message, "status": refused.status}
    return JSONResponse(error, refused.status, refused.headers)


def _event(data: Mapping[str, Any]) -> str:
    return f"data: {json.dumps(data, ensure_ascii=False)}\n\n"
