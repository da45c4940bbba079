"""Choices for doors that carry words only, or a list of their own: buttons become numbered lines, an answer a payload.

Nothing is remembered for it. What can be chosen is what the bot has said since the buyer spoke last, as the log has it;
so an old choice, pressed late, never counts for a new offer.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from bot.language.numbers import to_int
from bot.store import Author
from bot.store.log import Log

# 1 · 1. · 2号 · 选2 · 第一个 · 就选第2个吧. A bare 两个 or 2件 is a count, 要2 a wish.
_CHOSEN = re.compile(
    r"(?:([0-9]{1,2})(?:号|[.、,])?|(?:我|就)*选([0-9]{1,2}|[一二三四五六七八九十])[个种项条号]?"
    r"|(?:我|就|选|要)*第([0-9]{1,2}|[一二三四五六七八九十])[个种项条号]?)(?:吧|好了)?[.。!~]*"
)
# 到了2件: beside such a button a bare 2 says how many, whatever its place in the list.
_COUNT = re.compile(r"\D{0,3}\d+\D")


@dataclass(frozen=True)
class Choice:
    """``number`` is what the buyer may type for it; None where a number would be taken for a count."""

    id: str
    title: str
    payload: str
    number: int | None


def choices(replies: Iterable[dict[str, Any]]) -> list[list[Choice]]:
    """What can be chosen, reply by reply, numbered through."""
    found: list[list[Choice]] = []
    number = 0
    for reply in replies:
        buttons = reply.get("buttons") or []
        countable = any(_COUNT.fullmatch(button["title"]) for button in buttons)
        group = []
        for button in buttons:
            number += 0 if countable else 1
            name = _id(reply["text"], button)
            group.append(Choice(name, button["title"], button["payload"], None if countable else number))
        found.append(group)
    return found


def as_text(replies: Sequence[dict[str, Any]]) -> str:
    """The whole answer as plain text: each reply, and under it a line for each choice."""
    return "\n\n".join(
        "\n".join([reply["text"], *(_line(choice) for choice in group)]).strip()
        for reply, group in zip(replies, choices(replies), strict=True)
    )


def standing(log: Log, conversation_id: str) -> list[Choice]:
    """What the buyer can choose from now."""
    said = log.last(conversation_id, Author.BUYER)
    entries = log.after(conversation_id, said.seq) if said else []
    bodies = [{"text": "", **entry.body} for entry in entries if entry.author is Author.BOT]
    return offered(bodies)


def offered(replies: Iterable[dict[str, Any]]) -> list[Choice]:
    """All that can be chosen after them."""
    return [choice for group in choices(replies) for choice in group]


def meant(text: str, offered: Sequence[Choice]) -> str:
    """The payload of the choice that the text names, by number or by its title; any other text as it is."""
    said = _plain(text)
    for choice in offered:
        if _plain(choice.title) == said:
            return choice.payload
    match = _CHOSEN.fullmatch(said)
    if not match:
        return text
    number = to_int(next(filter(None, match.groups())))
    return next((choice.payload for choice in offered if choice.number == number), text)


def _line(choice: Choice) -> str:
    return f"{choice.number}. {choice.title}" if choice.number else f"· {choice.title}"


def _plain(text: str) -> str:
    """①, １ and 1 are one."""
    return "".join(unicodedata.normalize("NFKC", text).split())


def _id(text: str, button: dict[str, Any]) -> str:
    """The same for the same choice under the same words, digits only: some desks take it for a number."""
    said = "\n".join([text, button["title"], button["payload"]])
    return str(int.from_bytes(hashlib.sha256(said.encode()).digest()[:6], "big"))
