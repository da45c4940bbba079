"""What comes in by a door, and what goes out again."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

MAX_FILES = 9  # with one message


@dataclass(frozen=True)
class Incoming:
    """One message from a buyer. ``files``: raw bytes of uploads; the door vouches for ``buyer_id`` and ``order_id``.

    ``channel`` is the door's name, of which there are few.
    """

    conversation_id: str
    text: str = ""
    message_id: str | None = None
    buyer_id: str | None = None
    order_id: str | None = None
    files: tuple[bytes | None, ...] = ()
    channel: str = "api"


class NotYours(Exception):
    """The conversation belongs to the buyer who began it, and this is another; nothing was written."""


@dataclass(frozen=True)
class Outcome:
    """The answer. ``replies``: ``{"text", "buttons": [{"title", "payload"}], "custom"}``, at most three.

    ``custom`` is a card (``docs/web-channel.md``) or None.
    """

    replies: list[dict[str, Any]] = field(default_factory=list)
    intent: str | None = None
    confidence: float = 0.0
    claim: dict[str, Any] | None = None
    handoff: dict[str, Any] | None = None


def at_most(replies: list[dict[str, Any]], limit: int) -> list[dict[str, Any]]:
    """No more than ``limit`` messages; what is too many is joined to the first, so nothing said is lost."""
    extra = len(replies) - limit
    if extra <= 0:
        return replies
    head = replies[: extra + 1]
    joined = {**head[-1], "text": "\n".join(reply["text"] for reply in head)}
    return [joined, *replies[extra + 1 :]]
