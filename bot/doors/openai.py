"""OpenAI's form: ``POST /v1/chat/completions``, whole or streamed, and ``GET /v1/models``. See ``docs/openai.md``.

The newest user message is what the buyer says; the history is ours, not the posted one. A caller that names neither a
conversation nor a buyer gets a conversation of its own with each request: posted histories all begin alike, so that
going by them would join strangers.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import time
import uuid
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import replace
from typing import Any

from pydantic import BaseModel, Field
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import BaseRoute

from bot.doors.http import JSON_BYTES, LARGE_BYTES, STORABLE, check_json, check_key, parse, peer, read_body
from bot.doors.refusals import Refused, VendorRoute, WrongField
from bot.inbox.choices import as_text, meant, standing
from bot.inbox.conversations import MAX_SESSION, named
from bot.inbox.inbox import Inbox
from bot.inbox.model import MAX_FILES, Incoming, Outcome, as_file
from bot.privacy import mask

MODELS = ("shaofa",)
ALIASES = ("openclaw",)  # names that sellers' tools have built in

_RETRY_HEADERS = ("idempotency-key", "x-request-id")


def routes(inbox: Inbox) -> list[BaseRoute]:
    """Each address with and without ``/v1``: people forget it in the base URL."""

    async def complete(request: Request) -> Response:
        check_key(request.headers, peer(request))
        check_json(request.headers)
        raw = await read_body(request, LARGE_BYTES)
        chat, incoming = await run_in_threadpool(read, raw, request.headers)
        with closing(incoming):
            offered = await run_in_threadpool(standing, inbox.log, incoming.conversation_id)
            outcome = await inbox.handle(replace(incoming, text=meant(incoming.text, offered)))
        completion = as_completion(chat, incoming, outcome)
        if not chat.stream:
            return JSONResponse(completion)
        usage = bool(chat.stream_options and chat.stream_options.include_usage)
        events = as_events(completion, include_usage=usage)
        return StreamingResponse(events, media_type="text/event-stream", headers={"Cache-Control": "no-cache"})

    async def models(request: Request) -> Response:
        check_key(request.headers, peer(request))
        return JSONResponse({"object": "list", "data": [as_model(name) for name in MODELS]})

    async def model(request: Request) -> Response:
        check_key(request.headers, peer(request))
        return JSONResponse(as_model(known(request.path_params["name"])))

    async def elsewhere(request: Request) -> Response:
        raise Refused(404, "not_found", "no_responses")

    return [
        route
        for base in ("/v1", "")
        for route in (
            VendorRoute(f"{base}/chat/completions", complete, as_error, methods=["POST"]),
            VendorRoute(f"{base}/models", models, as_error),
            VendorRoute(f"{base}/models/{{name}}", model, as_error),
            VendorRoute(f"{base}/responses", elsewhere, as_error, methods=["GET", "POST"]),
        )
    ]


class ImageUrl(BaseModel):
    url: str


class Part(BaseModel):
    type: str
    text: str = ""
    image_url: ImageUrl | str | None = None

    @property
    def url(self) -> str:
        return (self.image_url.url if isinstance(self.image_url, ImageUrl) else self.image_url) or ""

    @property
    def size(self) -> int:
        """The bytes of a picture inside the message."""
        return len(self.url) if self.url.startswith("data:") else 0


class Said(BaseModel):
    role: str
    content: str | list[Part] | None = None

    @property
    def parts(self) -> list[Part]:
        return [Part(type="text", text=self.content)] if isinstance(self.content, str) else self.content or []


class Metadata(BaseModel):
    conversation_id: str | None = Field(default=None, max_length=MAX_SESSION, regex=STORABLE)
    buyer_id: str | None = Field(default=None, max_length=128, regex=STORABLE)
    order_id: str | None = Field(default=None, max_length=64, regex=STORABLE)


class StreamOptions(BaseModel):
    include_usage: bool = False


class Chat(BaseModel):
    """What we read of the body. Tools send many more fields; they are ignored."""

    model: str
    messages: list[Said]
    stream: bool | None = False
    stream_options: StreamOptions | None = None
    user: str | None = Field(default=None, max_length=128, regex=STORABLE)
    metadata: Metadata | None = None
    chat_id: str | None = Field(default=None, max_length=MAX_SESSION, regex=STORABLE, alias="chatId")  # FastGPT's form
    custom_uid: str | None = Field(default=None, max_length=MAX_SESSION, regex=STORABLE, alias="customUid")


def read(raw: bytes, headers: Mapping[str, str]) -> tuple[Chat, Incoming]:
    """
    Raises:
        Refused: when a field is missing or of the wrong kind, the model is unknown or no user says anything.
    """
    chat = parse(Chat, raw)
    known(chat.model)
    said = next((message for message in reversed(chat.messages) if message.role == "user"), None)
    if said is None:
        raise Refused(400, "bad_request", "no_user_message")
    pictures = [part.url for part in said.parts if part.type == "image_url" and part.url.startswith("data:")]
    if len(pictures) > MAX_FILES:
        raise Refused(400, "bad_request", "too_many_pictures", {"most": MAX_FILES})
    if len(raw) - sum(part.size for message in chat.messages for part in message.parts) > JSON_BYTES:
        raise Refused(413, "too_large")
    about = chat.metadata or Metadata()
    buyer_id = (chat.user or about.buyer_id or "").strip() or None
    retry = next((headers[name] for name in _RETRY_HEADERS if headers.get(name)), None)
    session = headers.get("x-conversation-id") or chat.chat_id or chat.custom_uid or about.conversation_id or buyer_id
    if not session:  # nobody's; only a retry of the very same request finds it again
        session = _hash(retry.encode(), raw) if retry else uuid.uuid4().hex
    if len(session) > MAX_SESSION or not session.isprintable():
        raise Refused(400, "bad_request", "bad_session", {"most": MAX_SESSION})
    incoming = Incoming(
        conversation_id=named("openai", session, buyer_id),
        text="\n".join(part.text for part in said.parts if part.type == "text" and part.text),
        message_id=_hash(retry.encode()) if retry else None,
        buyer_id=buyer_id,
        order_id=about.order_id,
        files=tuple(as_file(_bytes(url)) for url in pictures),
        channel="openai",
    )
    return chat, incoming


def known(model: str) -> str:
    """
    Raises:
        Refused: 404, with the names that there are.
    """
    if model not in (*MODELS, *ALIASES):
        raise Refused(404, "model_not_found", None, {"model": mask(model), "known": ", ".join(MODELS)})
    return model


def as_completion(chat: Chat, incoming: Incoming, outcome: Outcome) -> dict[str, Any]:
    """The whole answer. We count no tokens: ``usage`` counts characters."""
    content = as_text(outcome.replies)
    message = {"role": "assistant", "content": content, "refusal": None}
    asked = sum(len(part.text) for said in chat.messages for part in said.parts)
    return {
        "id": f"chatcmpl-{incoming.message_id or uuid.uuid4().hex}",
        "object": "chat.completion",
        "created": int(time.time()),
        "model": chat.model,
        "choices": [{"index": 0, "message": message, "logprobs": None, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": asked, "completion_tokens": len(content), "total_tokens": asked + len(content)},
        "shaofa": {
            "decision": "no_reply" if not outcome.replies else "handoff" if outcome.handoff else "send",
            "handoff": outcome.handoff,
            "claim": outcome.claim,
        },
    }


def as_events(completion: Mapping[str, Any], *, include_usage: bool) -> Iterator[str]:
    """The same answer as server-sent events: the role, the words line by line, the end."""
    head = {name: completion[name] for name in ("id", "created", "model")} | {"object": "chat.completion.chunk"}
    head |= {"usage": None} if include_usage else {}
    content = completion["choices"][0]["message"]["content"]
    deltas = [{"role": "assistant", "content": ""}, *({"content": line} for line in content.splitlines(keepends=True))]
    for delta in deltas:
        yield _event({**head, "choices": [{"index": 0, "delta": delta, "logprobs": None, "finish_reason": None}]})
    end = [{"index": 0, "delta": {}, "logprobs": None, "finish_reason": "stop"}]
    yield _event({**head, "choices": end, "shaofa": completion["shaofa"]})
    if include_usage:
        yield _event({**head, "choices": [], "usage": completion["usage"]})
    yield "data: [DONE]\n\n"


def as_model(name: str) -> dict[str, Any]:
    return {"id": name, "object": "model", "created": 0, "owned_by": "shaofa"}


def as_error(refused: Refused, request_id: str) -> Response:
    error = {
        "message": refused.message,
        "type": "server_error" if refused.status >= 500 else "invalid_request_error",
        "param": refused.field if isinstance(refused, WrongField) else None,
        "code": "invalid_api_key" if refused.status == 401 else refused.code,
        "request_id": request_id,
    }
    return JSONResponse({"error": error}, refused.status, refused.headers)


def _bytes(url: str) -> bytes:
    head, _, data = url.partition(",")
    try:
        return base64.b64decode(data, validate=True) if head.endswith(";base64") else b""
    except (binascii.Error, ValueError):
        return b""


def _hash(*parts: bytes) -> str:
    return hashlib.sha256(b"\0".join(parts)).hexdigest()[:32]


def _event(data: Mapping[str, Any]) -> str:
    return f"data: {json.dumps(data, ensure_ascii=False)}\n\n"
