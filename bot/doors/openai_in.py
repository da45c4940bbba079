"""What a request in OpenAI's form says: the model, the turns, the pictures, who talks, and in which conversation."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import BaseModel, Field

from bot.doors.http import JSON_BYTES, STORABLE, parse
from bot.doors.models import Model, model_named, names
from bot.doors.prompts import nobody, taken_apart
from bot.doors.refusals import Refused
from bot.inbox.conversations import MAX_SESSION
from bot.inbox.model import MAX_FILES, as_file
from bot.inbox.posted import Posted, Turn
from bot.privacy import mask

_RETRY_HEADERS = ("idempotency-key", "x-request-id")


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

    @property
    def text(self) -> str:
        return "\n".join(part.text for part in self.parts if part.type == "text" and part.text)


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
    tools: Any = None
    tool_choice: Any = None
    user: str | None = Field(default=None, max_length=128, regex=STORABLE)
    metadata: Metadata | None = None
    chat_id: str | None = Field(default=None, max_length=MAX_SESSION, regex=STORABLE, alias="chatId")  # FastGPT's form
    custom_uid: str | None = Field(default=None, max_length=MAX_SESSION, regex=STORABLE, alias="customUid")

    @property
    def has_tool_result(self) -> bool:
        """Does the caller come back with what its tool has said?"""
        return bool(self.messages) and self.messages[-1].role == "tool"


def read(raw: bytes, headers: Mapping[str, str], key: str, tool: str | None = None) -> tuple[Chat, Posted]:
    """
    Args:
        key: the name of the caller's key.
        tool: the one that calls, where that is known.

    Raises:
        Refused: when a field is missing or of the wrong kind, the model is unknown or no user says anything.
    """
    chat = parse(Chat, raw)
    model = known(chat.model)
    place = next((place for place in reversed(range(len(chat.messages))) if chat.messages[place].role == "user"), None)
    if place is None:
        raise Refused(400, "bad_request", "no_user_message")
    said = chat.messages[place]
    pictures = [part.url for part in said.parts if part.type == "image_url" and part.url.startswith("data:")]
    if len(pictures) > MAX_FILES:
        raise Refused(400, "bad_request", "too_many_pictures", {"most": MAX_FILES})
    if len(raw) - sum(part.size for message in chat.messages for part in message.parts) > JSON_BYTES:
        raise Refused(413, "too_large")
    about = chat.metadata or Metadata()
    pasted = taken_apart(said.text)
    is_named = pasted.buyer is not None and pasted.tool in {tool, model.tool}
    named = [chat.user, about.buyer_id, pasted.buyer if is_named else None]
    buyer_id = next((name.strip() for name in named if name and not nobody(name)), None)
    session = headers.get("x-conversation-id") or chat.chat_id or chat.custom_uid
    session = session or (None if buyer_id else about.conversation_id) or None
    if session and (len(session) > MAX_SESSION or not session.isprintable()):
        raise Refused(400, "bad_request", "bad_session", {"most": MAX_SESSION})
    retry = next((headers[name] for name in _RETRY_HEADERS if headers.get(name)), None)
    posted = Posted(
        "openai",
        key,
        pasted.text,
        session=session,
        buyer_id=buyer_id,
        order_id=about.order_id,
        turns=(*_turns(chat.messages[:place]), *pasted.history),
        files=tuple(as_file(_bytes(url)) for url in pictures),
        retry=retry,
        again=chat.has_tool_result,
    )
    return chat, posted


def known(model: str) -> Model:
    """
    Raises:
        Refused: 404, with the names that there are.
    """
    found = model_named(model)
    if found is None:
        raise Refused(404, "model_not_found", None, {"model": mask(model), "known": ", ".join(names())})
    return found


def _turns(messages: Sequence[Said]) -> list[Turn]:
    kept = [message for message in messages if message.role in ("user", "assistant") and message.text.strip()]
    return [Turn(message.role == "user", message.text) for message in kept]


def _bytes(url: str) -> bytes:
    head, _, data = url.partition(",")
    try:
        return base64.b64decode(data, validate=True) if head.endswith(";base64") else b""
    except (binascii.Error, ValueError):
        return b""
