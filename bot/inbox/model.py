"""What comes in by a door, and what goes out again."""

from __future__ import annotations

import tempfile
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import IO, Any

MAX_FILES = 9  # with one message


@dataclass(frozen=True)
class Incoming:
    """One message from a buyer. The door vouches for ``buyer_id`` and ``order_id``.

    ``files``: uploads, open; None is one that did not come. Whoever made the message closes it.
    ``channel`` is the door's name, of which there are few; ``key`` the name of the program's key, kept with the words.
    ``outside`` is said, where it is not None, to that which is none of the bot's business; empty: nothing.
    ``push``: the answer is sent as an event as well.
    """

    conversation_id: str
    text: str = ""
    message_id: str | None = None
    buyer_id: str | None = None
    order_id: str | None = None
    files: tuple[IO[bytes] | None, ...] = ()
    channel: str = "api"
    key: str | None = None
    outside: str | None = None
    by_number: bool = False  # all that is known of the buyer is the number of this order: no other may be shown
    push: bool = False

    def close(self) -> None:
        for file in self.files:
            if file:
                file.close()


def as_file(data: bytes) -> IO[bytes]:
    """What came in memory, as the file that an upload is; on disk only when it has to be."""
    file = tempfile.SpooledTemporaryFile(max_size=len(data) + 1)  # noqa: SIM115
    file.write(data)
    return file


class NotYours(Exception):
    """The conversation belongs to the buyer who began it, and this is another; nothing was written."""


class Overloaded(Exception):
    """Too many messages wait for an answer; this one was not kept."""


@dataclass(frozen=True)
class Outcome:
    """The answer. ``replies``: ``{"id", "text", "buttons": [{"title", "payload"}], "custom"}``, at most three.

    ``custom`` is a card (``docs/web-channel.md``) or None. ``claim`` is the one last spoken of, ``claims`` all of the
    conversation, the latest first. ``acts``: what the message did; ``agenda``: what was said and waits; ``cases``: what
    was reported and is no shortage.
    """

    replies: list[dict[str, Any]] = field(default_factory=list)
    intent: str | None = None
    confidence: float = 0.0
    claim: dict[str, Any] | None = None
    handoff: dict[str, Any] | None = None
    acts: list[dict[str, Any]] = field(default_factory=list)
    agenda: list[dict[str, Any]] = field(default_factory=list)
    claims: list[dict[str, Any]] = field(default_factory=list)
    cases: list[dict[str, Any]] = field(default_factory=list)


def at_most(replies: list[dict[str, Any]], limit: int) -> list[dict[str, Any]]:
    """No more than ``limit`` messages; what is too many is joined to the first, so nothing said is lost."""
    extra = len(replies) - limit
    if extra <= 0:
        return replies
    head = replies[: extra + 1]
    joined = {**head[-1], "text": "\n".join(reply["text"] for reply in head)}
    return [joined, *replies[extra + 1 :]]


class Later(Exception):
    """The answer needs an order that is not there yet. ``outcome`` says so; the message stays unanswered.

    It is answered with the next one, or when somebody asks again once ``coming`` is done.
    """

    def __init__(self, outcome: Outcome, coming: Future[Any]) -> None:
        super().__init__("an order is on its way")
        self.outcome = outcome
        self.coming = coming
