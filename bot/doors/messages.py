"""The vendor-neutral door: ``POST /v1/messages``, answered inline.

Request and answer are described in ``docs/api.md``. Money never comes in here, and a buyer's ``sender.id`` is taken
on the word of the caller: that is why there is an API key, and loopback only without one.
"""

from __future__ import annotations

import base64
import binascii
import uuid
from collections.abc import Sequence
from contextlib import closing
from typing import IO, Any, Literal

from pydantic import BaseModel, Field
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import BaseRoute, Route

from bot.doors.forms import is_form, read_form
from bot.doors.http import JSON_BYTES, LARGE_BYTES, STORABLE, called_by, check_json, parse, read_body
from bot.doors.refusals import Refused
from bot.inbox.inbox import Inbox
from bot.inbox.model import MAX_FILES, Incoming, Outcome, as_file
from bot.inbox.outside import agent_said, platform_stepped_in

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
    text: str = ""
    attachments: list[Attachment] = Field(default_factory=list, max_items=MAX_FILES)
    context: Context = Context()


def routes(inbox: Inbox) -> list[BaseRoute]:
    async def messages(request: Request) -> JSONResponse:
        await called_by(request, "messages")
        if is_form(request.headers):
            limit = MAX_FILES * inbox.desk.policy.evidence.max_video_bytes + JSON_BYTES
            async with read_form(request, "message", MAX_FILES, limit) as (raw, files):
                return JSONResponse(await answer(inbox, raw, files))
        check_json(request.headers)
        return JSONResponse(await answer(inbox, await read_body(request, LARGE_BYTES)))

    return [Route("/v1/messages", messages, methods=["POST"])]


async def answer(inbox: Inbox, raw: bytes, files: Sequence[IO[bytes]] = ()) -> dict[str, Any]:
    """The whole door but for its head, so that ``rasa run`` can have it too. ``files``: those beside the JSON.

    Raises:
        Refused: when the body is not what the contract says.
    """
    body, incoming = await run_in_threadpool(_read, raw, files)  # twenty megabytes take a while
    outcome = Outcome()
    with closing(incoming):
        if body.sender.role == "buyer":
            outcome = await inbox.handle(incoming)
        elif body.sender.role == "agent":
            await run_in_threadpool(agent_said, inbox, incoming)
        elif body.type == "event" and body.event == PLATFORM_STEPPED_IN:
            outcome = await run_in_threadpool(platform_stepped_in, inbox, incoming)
    return as_answer(body, outcome)


def _read(raw: bytes, files: Sequence[IO[bytes]]) -> tuple[MessageIn, Incoming]:
    body = parse(MessageIn, raw)
    if len(raw) - sum(len(attachment.data or "") for attachment in body.attachments) > JSON_BYTES:
        raise Refused(413, "too_large")
    if len(body.attachments) + len(files) > MAX_FILES:
        raise Refused(400, "bad_request", "too_many_files", {"most": MAX_FILES})
    return body, as_incoming(body, files)


def as_incoming(body: MessageIn, files: Sequence[IO[bytes]]) -> Incoming:
    return Incoming(
        conversation_id=body.conversation_id,
        text=body.text,
        message_id=body.id,
        buyer_id=body.sender.id,
        order_id=body.context.order_id,
        files=(*(_decode(attachment) for attachment in body.attachments), *files),
    )


def as_answer(body: MessageIn, outcome: Outcome) -> dict[str, Any]:
    """The inline answer: what to send, whether to send at all, and the case."""
    claim = outcome.claim
    decision = "handoff" if outcome.handoff else "send" if outcome.replies else "no_reply"
    return {
        "message_id": body.id,
        "replies": [
            {
                "id": uuid.uuid4().hex,
                "type": "text",
                "text": reply["text"],
                "quick_replies": reply["buttons"],
                "card": reply["custom"],
            }
            for reply in outcome.replies
        ],
        "decision": decision,
        "confidence": outcome.confidence,
        "intent": outcome.intent,
        "handoff": outcome.handoff,
        "case": {
            "case_id": claim["claim_id"],
            "status": claim["state"],
            "missing": [item["kind"] for item in claim["evidence"] if item["status"] == "requested"],
            "claim": claim,
        }
        if claim
        else None,
        "acts": outcome.acts,
        "agenda": outcome.agenda,
        "claims": outcome.claims,
        "cases": outcome.cases,
    }


def _decode(attachment: Attachment) -> IO[bytes] | None:
    if attachment.data is None:
        return None
    try:
        return as_file(base64.b64decode(attachment.data, validate=True))
    except (binascii.Error, ValueError):
        return as_file(b"")
