"""What is no shortage though it sounds like one: another's goods, or a parcel signed for that nobody has.

Beside the classifier, to which 签收了却没拿到 and 少了 look alike; the words are data, ``data/patterns/problems.yml``.
"""

from __future__ import annotations

import re
from functools import cache

from bot.language.pattern_files import read_patterns
from bot.language.text import normalize

_LONGEST = 60  # a longer story is for the clauses
_BLANK = re.compile(r"\s+")
_KINDS = {"wrong": "report_wrong_item", "not_received": "report_not_received"}
_SHORTAGE = "report_short_shipment"
# As what such a message is read by mistake.
_MISTAKEN = ("report_", "give_item", "give_order", "nlu_", "small_talk", "correct_claim")


def problem(text: str, intent: str | None) -> str | None:
    """The intent of a problem of another kind that ``text``, as typed, tells of; None where it tells of none.

    东西没全到 is a shortage all the same: something has come.
    ``intent``: what it was read as so far.
    """
    said = _BLANK.sub("", normalize(text))
    if intent == _KINDS["not_received"] and _pattern("incomplete").search(said):
        return _SHORTAGE
    if not intent or not intent.startswith(_MISTAKEN) or len(said) > _LONGEST or _short().search(said):
        return None
    return next((name for kind, name in _KINDS.items() if _pattern(kind).search(said)), None)


@cache
def _short() -> re.Pattern[str]:
    return re.compile(read_patterns("problems")["short"])


@cache
def _pattern(kind: str) -> re.Pattern[str]:
    return re.compile("|".join(read_patterns("problems")[kind]))
