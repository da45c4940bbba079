"""What is asked beside a claim and is known: how platforms treat shops, where a button is, what the trade's words mean.

Found by words that must stand together, beside the classifier: a question in the words of a complaint (少发, 赔, 退) is
told from one by them. The entries are data, ``data/patterns/knowledge.yml``; what is said stands in ``domain.yml``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Any

from bot.language.pattern_files import read_patterns
from bot.language.text import normalize
from bot.understanding.answers import Answers
from bot.understanding.answers_file import Answer

# What is not asked for by an intent of its own is a question of how things are done.
ASK_RULE = "ask_rule"
_LONGEST, _LONGEST_COMPLAINT = 60, 24  # who writes more tells a story
# Read as one of these, a message may well ask; as any other it must be short, ask, and name nothing; as one of the last
# it never does.
_QUESTIONS = ("ask_", "out_of", "small_", "bot_", "nlu_", "threaten_", "request_platform", "nudge")
_SETTLED = ("request_human", "platform_stepped_in", "withdraw_", "accept_", "reject_", "counter_", "give_order")
_WISHES = ("request_re", "ask_progress")  # 把钱退了: asked for, whatever else is asked in it
_WISHED = re.compile(r"把|我要|退了|到了吗|快点|赶紧|得了|就行|[吧呗]$|答应")

_BLANK = re.compile(r"\s+")


@dataclass(frozen=True)
class Known:
    """``response``: of ``domain.yml``; where another intent says it all, that intent's."""

    name: str
    intent: str
    response: str


def known(text: str, intent: str | None = None, *, names: bool = False) -> Known | None:
    """What ``text``, as typed, asks of these; None when it asks of none, or is about something else.

    Args:
        text: the message.
        intent: what it was read as so far.
        names: does it name an item, a count or a sum?
    """
    said = _BLANK.sub("", normalize(text))
    asks = intent is None or intent.startswith(_QUESTIONS)
    if intent and (intent.startswith(_SETTLED) or (intent.startswith(_WISHES) and _WISHED.search(said))):
        return None
    if not said or len(said) > (_LONGEST if asks else _LONGEST_COMPLAINT):
        return None
    if not asks and (names or not re.search(read_patterns("knowledge")["asks"], said)):
        return None
    return next((entry.known for entry in _entries() if entry.fits(said)), None)


def alike(text: str) -> Known | None:
    """What ``text`` most likely asks of these, where it is taken for no business of ours otherwise."""
    found = _answers().find(text, date.min, frozenset)
    return next((entry.known for entry in _entries() if [entry.known.name] == [answer.name for answer in found]), None)


def responses() -> list[str]:
    """Those that the entries name."""
    return [entry.known.response for entry in _entries()]


@dataclass(frozen=True)
class _Entry:
    known: Known
    about: tuple[tuple[re.Pattern[str], ...], ...]
    but: re.Pattern[str] | None
    questions: tuple[str, ...]

    def fits(self, said: str) -> bool:
        if self.but and self.but.search(said):
            return False
        return any(all(part.search(said) for part in parts) for parts in self.about)


@cache
def _entries() -> tuple[_Entry, ...]:
    return tuple(_entry(raw) for raw in read_patterns("knowledge")["known"])


def _entry(raw: Mapping[str, Any]) -> _Entry:
    name, intent = raw["name"], raw.get("intent")
    return _Entry(
        known=Known(name, intent or ASK_RULE, f"utter_{intent}" if intent else f"utter_known_{name}"),
        about=tuple(tuple(map(re.compile, parts)) for parts in raw["about"]),
        but=re.compile(raw["but"]) if "but" in raw else None,
        questions=tuple(raw["questions"]),
    )


@cache
def _answers() -> Answers:
    raw = ({"name": one.known.name, "questions": one.questions, "answer": "-"} for one in _entries())
    return Answers([Answer.parse_obj(entry) for entry in raw])
