"""The vendor-neutral door: ``POST /v1/messages``, answered inline or later, and ``POST /v1/suggestions``.

Request and answer are described in ``docs/api.md``. Money never comes in here, and a buyer's ``sender.id`` is taken
on the word of the caller: that is why there is an API key, and loopback only without one.
"""

from __future__ import annotations

import base64
import binascii
import uuid
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, closing, suppress
from dataclasses import replace
from typing import IO, Any, Literal
from urllib.parse import quote

import anyio
from pydantic import BaseModel, Field
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import BaseRoute, Route
from werkzeug.http import parse_dict_header

from bot.doors.forms import is_form, read_form
from bot.doors.http import (
    JSON_BYTES,
    LARGE_BYTES,
    STORABLE,
    Caller,
    called_by,
    check_json,
    parse,
    read_body,
)
from bot.doors.refusals import Refused
from bot.inbox.answer_view import answer_as_json
from bot.inbox.answering import Answering
from bot.inbox.inbox import Inbox
from bot.inbox.model import MAX_FILES, Incoming, Outcome, Overloaded, as_file
from bot.inbox.outside import agent_said, platform_stepped_in

_LONGEST_WAIT_S = 60
PLATFORM_STEPPED_IN = "platform_stepped_in"


class Sender(BaseModel):
    id: str = Field(min_length=1, max_length=128, regex=STORABLE)
    name: str | None = None
    role: Literal["buyer", "agent", "system"] = "buyer"


class Attachment(BaseModel):
    type: Literal["image", "video", "file"] = "image"
    data: str | None = None  # base64
    name: str | None = None


class Context(BaseModel):
    order_id: str | None = Field(default=None, max_length=64, regex=STORABLE)


class MessageIn(BaseModel):
    """The body of ``POST /v1/messages``. Unknown fields are ignored, so that every desk can post its own."""

    id: str | None = Field(default=None, max_length=128, regex=STORABLE)
    conversation_id: str = Field(min_length=1, max_length=128, regex=STORABLE)
    sender: Sender
    type: Literal["text", "image", "event"] = "text"
    event: str | None = None  # of the desk's own system: what has happened there
    text: str | None = None  # beside a picture there need be none
    attachments: list[Attachment] = Field(default_factory=list, max_items=MAX_FILES)
    context: Context = Context()


def routes(inbox: Inbox, answering: Answering) -> list[BaseRoute]:
    async def messages(request: Request) -> JSONResponse:
        caller = await called_by(request, "messages")
        async with _body(request, inbox) as (raw, files):
            body, incoming = await run_in_threadpool(_read, caller, raw, files)
            with closing(incoming):
                if body.sender.role == "buyer" and (wait := _preferred_wait(request.headers)) is not None:
                    return await _later(inbox, answering, incoming, wait)
                return JSONResponse(await _inline(inbox, caller, body, incoming))

    async def suggestions(request: Request) -> JSONResponse:
        caller = await called_by(request, "suggestions")
        async with _body(request, inbox) as (raw, files):
            body, incoming = await run_in_threadpool(_read, caller, raw, files)
            with closing(incoming):
                if body.sender.role != "buyer":
                    raise Refused(400, "bad_request", "only_to_buyers")
                outcome = await inbox.suggest(incoming)
        return JSONResponse({**answer_as_json(body.conversation_id, body.id, outcome), "decision": "suggest"})

    return [
        Route("/v1/messages", messages, methods=["POST"]),
        Route("/v1/suggestions", suggestions, methods=["POST"]),
    ]


async def answer(inbox: Inbox, caller: Caller, raw: bytes) -> dict[str, Any]:
    """The whole door but for its head, so that ``rasa run`` can have it too.

    Raises:
        Refused: when the body is not what the contract says.
    """
    body, incoming = await run_in_threadpool(_read, caller, raw, ())  # twenty megabytes take a while
    with closing(incoming):
        return await _inline(inbox, caller, body, incoming)


async def _inline(inbox: Inbox, caller: Caller, body: MessageIn, incoming: Incoming) -> dict[str, Any]:
    outcome = Outcome()
    if body.sender.role == "buyer":
        outcome = await inbox.handle(incoming)
    else:
        caller.check("events")
        if body.sender.role == "agent":
            await run_in_threadpool(agent_said, inbox, incoming)
        elif body.type == "event" and body.event == PLATFORM_STEPPED_IN:
            outcome = await run_in_threadpool(platform_stepped_in, inbox, incoming)
    return answer_as_json(body.conversation_id, body.id, outcome)


async def _later(inbox: Inbox, answering: Answering, incoming: Incoming, wait_s: float) -> JSONResponse:
    """Kept first, so that nothing is lost when nobody waits any more; the answer if it comes in time."""
    message_id = incoming.message_id or uuid.uuid4().hex
    incoming = replace(incoming, message_id=message_id, push=True)
    seq = await inbox.keep(incoming)
    if wait_s:
        with anyio.move_on_after(wait_s), suppress(Overloaded, TimeoutError):
            outcome = await inbox.wait(incoming, seq)
            shown = answer_as_json(incoming.conversation_id, message_id, outcome)
            return JSONResponse(shown, headers={"Preference-Applied": f"wait={wait_s:g}"})
    answering.start(incoming.conversation_id)
    place = f"/v1/conversations/{quote(incoming.conversation_id, safe='')}/messages/{quote(message_id, safe='')}"
    waiting = {"conversation_id": incoming.conversation_id, "message_id": message_id, "status": "waiting"}
    return JSONResponse(waiting, 202, {"Location": place, "Preference-Applied": "respond-async"})


def _preferred_wait(headers: Mapping[str, str]) -> float | None:
    """Seconds (RFC 7240); 0 for ``respond-async``, None when nothing is preferred: then as long as it takes."""
    preferred = parse_dict_header(headers.get("prefer", ""))
    wait = preferred.get("wait") or ""
    if wait.isdecimal() and len(wait) <= 3:
        return float(min(int(wait), _LONGEST_WAIT_S))
    return 0.0 if "respond-async" in preferred else None


@asynccontextmanager
async def _body(request: Request, inbox: Inbox) -> AsyncIterator[tuple[bytes, Sequence[IO[bytes]]]]:
    """The JSON, and the files beside it in a form.

    Raises:
        Refused: when it is neither, or too long.
    """
    if is_form(request.headers):
        limit = MAX_FILES * inbox.desk.policy.evidence.max_video_bytes + JSON_BYTES
        async with read_form(request, "message", MAX_FILES, limit) as (raw, files):
            yield raw, files
    else:
        check_json(request.headers)
        yield await read_body(request, LARGE_BYTES), ()


def _read(caller: Caller, raw: bytes, files: Sequence[IO[bytes]]) -> tuple[MessageIn, Incoming]:
    body = parse(MessageIn, raw)
    caller.check_conversation(body.conversation_id)
    if len(raw) - sum(len(attachment.data or "") for attachment in body.attachments) > JSON_BYTES:
        raise Refused(413, "too_large")
    if len(body.attachments) + len(files) > MAX_FILES:
        raise Refused(400, "bad_request", "too_many_files", {"most": MAX_FILES})
    return body, as_incoming(body, files)


def as_incoming(body: MessageIn, files: Sequence[IO[bytes]]) -> Incoming:
    return Incoming(
        conversation_id=body.conversation_id,
        text=body.text or "",
        message_id=body.id,
        buyer_id=body.sender.id,
        order_id=body.context.order_id,
        files=(*(_decode(attachment) for attachment in body.attachments), *files),
    )


def _decode(attachment: Attachment) -> IO[bytes] | None:
    if attachment.data is None:
        return None
    try:
        return as_file(base64.b64decode(attachment.data, validate=True))
    except (binascii.Error, ValueError):
        return as_file(b"")
