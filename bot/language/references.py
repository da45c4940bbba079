"""What a buyer points at without naming it: 尾号4567, 第二个, 不是这单, a bare link. Needs no Rasa.

The words are data, ``data/patterns/references.yml``.
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import yaml

from bot.language.numbers import to_int
from bot.language.text import normalize

DEFAULT_WORDS = Path(__file__).resolve().parents[2] / "data" / "patterns" / "references.yml"

_LINK = re.compile(r"https?://\S+")
_LETTER_OR_DIGIT = re.compile(r"\w")
_ONLY_DIGITS = re.compile(r"\D{0,3}([0-9]{4,8})\D{0,2}")
_PLACE = re.compile(r"第\s*([0-9]{1,2}|[一二两三四五六七八九十]{1,3})")


def is_link(text: str) -> bool:
    """Is it a web address and nothing else?"""
    return bool(_LINK.fullmatch(text.strip()))


def has_words(text: str) -> bool:
    """Are there letters or digits, or only marks and little pictures?"""
    return bool(_LETTER_OR_DIGIT.search(text))


def order_tail(text: str, *, asked: bool = False) -> str | None:
    """The last digits of an order number: 尾号4567. Where the order was ``asked`` for, bare digits are enough."""
    clean = normalize(text)
    match = _pattern("tail", r"(?:{})\D{{0,2}}([0-9]{{4,8}})").search(clean)
    if match is None and asked:
        match = _ONLY_DIGITS.fullmatch(clean)
    return match[1] if match else None


def ordinal(text: str) -> int | None:
    """The place in a list that is meant: 第二个 is 2, 最后一个 is -1."""
    clean = normalize(text)
    found = {place.start(): to_int(place[1]) for place in _PLACE.finditer(clean)}
    for name, place in (("last", -1), ("first", 1)):
        found.update({match.start(): place for match in _pattern(name, "{}").finditer(clean)})
    return found[min(found)] if found else None


def says_not_this_order(text: str) -> bool:
    """Is another order meant than the one that is spoken of?"""
    return bool(_pattern("not_this_order", "{}").search(normalize(text)))


def asks_when(text: str) -> bool:
    """Is it the time that the buyer wants to know, or whether something is on its way?"""
    return bool(_pattern("when", "{}").search(normalize(text)))


def says_there_is_none(text: str) -> bool:
    """Is the whole message a plain 没有?"""
    return normalize(text).strip() in _words()["none"]


@cache
def _pattern(name: str, around: str) -> re.Pattern[str]:
    """A pattern for any word of a list, in place of ``{}``."""
    return re.compile(around.format("|".join(map(re.escape, _words()[name]))))


@cache
def _words() -> dict[str, list[str]]:
    words: dict[str, list[str]] = yaml.safe_load(DEFAULT_WORDS.read_text(encoding="utf-8"))
    return words
