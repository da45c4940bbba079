"""What Chatwoot posts, read: what has happened in which conversation. Unknown events and fields are left alone."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from bot.inbox.text import printable

BUTTONS = frozenset({"Channel::WebWidget", "Channel::Api", "Channel::Whatsapp", "Channel::Telegram"})
_MOVING = ("image", "video")
_LONGEST_ID = 128


@dataclass(frozen=True)
class Attachment:
    url: str
    is_file: bool  # a picture or a video, which can be looked at


@dataclass(frozen=True)
class Happened:
    """``kind``: the buyer has ``said`` something or ``clicked`` a choice, an ``outgoing`` line was written by somebody
    there, or ``None`` of them: then only the conversation's ``status`` is news.

    ``message_id`` is Chatwoot's, as text; ``entry_id`` what the log calls it, the same each time it is sent.
    ``source_id`` is our own mark, where it was kept.
    """

    account: int
    conversation: int
    status: str
    kind: Literal["said", "clicked", "outgoing"] | None = None
    message_id: str = ""
    entry_id: str = ""
    text: str = ""
    source_id: str = ""
    is_person: bool = False  # written by a colleague, not by a bot or a rule
    attachments: tuple[Attachment, ...] = ()
    buyer_id: str | None = None
    assignee: str | None = None
    channel: str = ""
    attributes: Mapping[str, Any] = field(default_factory=dict)


def read(body: Mapping[str, Any]) -> Happened | None:
    """None: it is nothing that could be understood, or nothing for a bot."""
    event = str(body.get("event") or "")
    # A conversation's own events are flat, and older ones name the account in its messages only.
    conversation = _dict(body.get("conversation")) if event.startswith("message_") else body
    messages = conversation.get("messages") or []
    first = _dict(messages[0]) if isinstance(messages, list) and messages else {}
    account = _dict(body.get("account")).get("id") or conversation.get("account_id") or first.get("account_id")
    number = conversation.get("id")
    if not isinstance(account, int) or not isinstance(number, int) or not 0 < number < 2**53:
        return None
    meta = _dict(conversation.get("meta"))
    status = str(conversation.get("status") or "")
    if event == "conversation_resolved":
        status = "resolved"
    known: dict[str, Any] = {
        "account": account,
        "conversation": number,
        "status": status,
        "buyer_id": _buyer(body, meta),
        "assignee": _name(meta.get("assignee")),
        "channel": str(conversation.get("channel") or meta.get("channel") or ""),
        "attributes": _dict(conversation.get("custom_attributes")),
    }
    return Happened(**{**known, **_message(event, body)})


def _message(event: str, body: Mapping[str, Any]) -> dict[str, Any]:
    message_id = body.get("id")
    if event not in ("message_created", "message_updated") or not isinstance(message_id, int) or body.get("private"):
        return {}
    about = _dict(body.get("content_attributes"))
    said = {
        "message_id": str(message_id),
        "entry_id": f"cw:{message_id}",
        "text": printable(str(body.get("content") or "")),
    }
    kind = _type(body.get("message_type"))
    if event == "message_updated":
        chosen = about.get("submitted_values")
        value = _dict(chosen[0]).get("value") if isinstance(chosen, list) and chosen else None
        if not value or kind == "incoming":
            return {}
        mark = hashlib.sha256(str(value).encode("utf-8", "replace")).hexdigest()[:12]
        return {**said, "kind": "clicked", "text": printable(str(value)), "entry_id": f"cw:{message_id}:{mark}"}
    if about.get("deleted"):
        return {}
    if kind == "incoming":
        return {**said, "kind": "said", "attachments": _attachments(body.get("attachments"))}
    if kind == "outgoing":
        by_person = str(_dict(body.get("sender")).get("type") or "").lower() == "user"
        source = body.get("source_id")
        return {**said, "kind": "outgoing", "is_person": by_person, "source_id": str(source or "")}
    return {}  # activities and templates are the machine's


def _type(said: Any) -> str:
    """The webhook has the name; some versions have the number."""
    return {0: "incoming", 1: "outgoing"}.get(said, "") if isinstance(said, int) else str(said or "")


def _attachments(said: Any) -> tuple[Attachment, ...]:
    found = [_dict(each) for each in said] if isinstance(said, list) else []
    return tuple(Attachment(str(each.get("data_url") or ""), each.get("file_type") in _MOVING) for each in found)


def _buyer(body: Mapping[str, Any], meta: Mapping[str, Any]) -> str | None:
    """The contact's ``identifier``: what the shop's own pages call the buyer."""
    sender = _dict(body.get("sender"))
    for contact in (_dict(meta.get("sender")), _dict(body.get("contact")), sender):
        identifier = printable(str(contact.get("identifier") or ""))
        if identifier:
            return identifier if len(identifier) <= _LONGEST_ID else None
    return None


def _name(person: Any) -> str | None:
    return printable(str(_dict(person).get("name") or ""))[:32] or None


def _dict(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}
