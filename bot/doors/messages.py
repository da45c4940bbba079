"""The vendor-neutral door: ``POST /v1/messages``, answered inline.

Request and answer are described in ``docs/api.md``. Money never comes in here, and a buyer's ``sender.id`` is taken
on the word of the caller: that is why there is an API key, and loopback only without one.
"""

from __future__ import annotations

import base64
import binascii
import hmac
import ipaddress
import json
import uuid
from collections.abc import Awaitable, Callable
from typing import Any, Literal

from pydantic import BaseModel, Field, ValidationError
from rasa.core.channels.channel import InputChannel, UserMessage
from sanic import Blueprint
from sanic.request import Request
from sanic.response import HTTPResponse
from sanic.response import json as respond

from bot.inbox.inbox import MAX_FILES, Incoming, Outcome, inbox_of
from bot.settings import settings

# Half characters and control characters: no database takes all of them.
_STORABLE = r"^[^\x00-\x1f\x7f\ud800-\udfff]*\Z"


class Sender(BaseModel):
    id: str = Field(min_length=1, max_length=128, regex=_STORABLE)
    name: str | None = None
    role: Literal["buyer", "agent", "system"] = "buyer"


class Attachment(BaseModel):
    type: Literal["image", "video", "file"] = "image"
    data: str | None = None  # base64
    name: str | None = None


class Context(BaseModel):
    order_id: str | None = Field(default=None, max_length=64, regex=_STORABLE)


class MessageIn(BaseModel):
    """The body of ``POST /v1/messages``. Unknown fields are ignored, so that every desk can post its own."""

    id: str | None = Field(default=None, max_length=128, regex=_STORABLE)
    conversation_id: str = Field(min_length=1, max_length=128, regex=_STORABLE)
    channel: str = Field(default="api", max_length=32, regex=_STORABLE)
    sender: Sender
    type: Literal["text", "image", "event"] = "text"
    text: str = ""
    attachments: list[Attachment] = Field(default_factory=list, max_items=MAX_FILES)
    context: Context = Context()


class BadRequest(ValueError):
    """The body is not what the contract says; the message is for the integrator, in Chinese."""


class MessagesInput(InputChannel):
    """A Rasa input channel, so that ``rasa run`` opens the same door as ``shaofa run``."""

    @classmethod
    def name(cls) -> str:
        return "messages"

    def url_prefix(self) -> str:
        return "/"  # Rasa mounts channels under /webhooks/; this takes the door out of there

    def blueprint(self, on_new_message: Callable[[UserMessage], Awaitable[Any]] | None = None) -> Blueprint:
        """Rasa passes ``on_new_message``; the inbox calls the agent itself, because it needs the parse too."""
        door = Blueprint("messages")

        @door.get("/health")
        async def health(request: Request) -> HTTPResponse:
            return respond({"status": "ok"})

        @door.post("/v1/messages")
        async def messages(request: Request) -> HTTPResponse:
            refused = refuse(request)
            if refused:
                return refused
            try:
                body = read_body(request)
                incoming = as_incoming(body)
            except BadRequest as error:
                return _error(400, str(error))
            inbox = inbox_of(request.app)
            if body.sender.role != "buyer":
                if body.sender.role == "agent":
                    inbox.agent_said(incoming)
                return respond(as_answer(body, Outcome()))
            return respond(as_answer(body, await inbox.handle(incoming)))

        return door


def refuse(request: Request) -> HTTPResponse | None:
    """401 without the key that the settings ask for, 403 from another machine when no key is set."""
    key = settings().api_key
    if key is None:
        if is_local(request):
            return None
        return _error(403, "没有设置 SHAOFA_API_KEY 时只接受本机访问")
    given = (request.token or request.headers.get("x-api-key") or "").encode()
    if hmac.compare_digest(given, key.get_secret_value().encode()):
        return None
    return _error(401, "密钥不对或没有带：请在 Authorization: Bearer 里带上 SHAOFA_API_KEY")


def read_body(request: Request) -> MessageIn:
    """
    Raises:
        BadRequest: when the body is no JSON object or a field is missing or of the wrong kind.
    """
    if not (request.content_type or "").startswith("application/json"):
        raise BadRequest("请用 Content-Type: application/json")
    try:
        raw = json.loads(request.body)
    except (ValueError, RecursionError) as error:
        raise BadRequest("请求体不是合法的 JSON") from error
    if not isinstance(raw, dict):
        raise BadRequest("请求体应当是一个 JSON 对象")
    try:
        return MessageIn(**raw)
    except ValidationError as error:
        first = error.errors()[0]
        field = ".".join(str(part) for part in first["loc"])
        if first["type"] == "value_error.str.regex":
            raise BadRequest(f"字段 {field} 不对：里面有控制字符或半个字符") from error
        raise BadRequest(f"字段 {field} 不对：{first['msg']}") from error


def as_incoming(body: MessageIn) -> Incoming:
    return Incoming(
        conversation_id=body.conversation_id,
        text=body.text,
        message_id=body.id,
        buyer_id=body.sender.id,
        order_id=body.context.order_id,
        files=tuple(_decode(attachment) for attachment in body.attachments),
        channel=body.channel,
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
    }


def _decode(attachment: Attachment) -> bytes | None:
    if attachment.data is None:
        return None
    try:
        return base64.b64decode(attachment.data, validate=True)
    except (binascii.Error, ValueError):
        return b""


def is_local(request: Request) -> bool:
    """From this machine itself: a proxy on it that passes on what the world sends comes from here too."""
    if {"forwarded", "x-forwarded-for", "x-real-ip"} & set(request.headers):
        return False
    try:
        return ipaddress.ip_address(request.ip).is_loopback
    except ValueError:
        return False


def _error(status: int, message: str) -> HTTPResponse:
    return respond({"error": {"message": message}}, status=status)
