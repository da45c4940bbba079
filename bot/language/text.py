"""One spelling for what buyers type in many: full-width, traditional, capitals, invisible characters. Needs no Rasa."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache
from typing import Any

from bot.language.pattern_files import read_patterns

# Look like nothing, yet Unicode files them under letters, marks or symbols.
_BLANKS = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0\u20e3") | {
    chr(code) for code in range(0xFE00, 0xFE10)
}
_INVISIBLE_CATEGORIES = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp", "Zs"})

HIDDEN = "□"

_LONG_NUMBER = re.compile(r"[0-9]{9,}")  # an order, a parcel, a phone
_DIGITS = re.compile(r"[0-9]+")
_REPEATED = re.compile(r"([^0-9a-z])\1{2,}")
_SPACE = re.compile(r"\s+")
_SPACE_BESIDE_CHINESE = re.compile(r"(?<![a-z0-9]) | (?![a-z0-9])")
_LINK = re.compile(r"(?:https?://|www\.)[!-~]+")


def normalize(text: str) -> str:
    """``text`` in half-width, simplified, lower-case characters; what cannot be seen becomes a space.

    As long as the input, character for character, so that offsets found in the result point into what was typed.
    """
    spelled = "".join(map(_spell, text))
    simple: str = _simplifier().convert(spelled)
    if len(simple) != len(spelled):
        simple = "".join(map(_simplify, spelled))
    return simple


def hide(text: str, spans: Iterable[tuple[int, int]]) -> str:
    """``text`` with a mark that means nothing for each character of the (start, end) ``spans``."""
    for start, end in spans:
        text = text[:start] + HIDDEN * (end - start) + text[end:]
    return text


def squeeze(text: str) -> str:
    """Normalized ``text`` as the classifier sees it: numbers are 0, or # when long, links @; no stammer, no padding.

    A little picture of a thing is that thing: 🧦没有.
    """
    text = text.translate(_pictured())
    text = _LINK.sub("@", text)
    text = _LONG_NUMBER.sub("#", text)
    text = _DIGITS.sub("0", text)
    text = _SPACE.sub(" ", text)
    text = _SPACE_BESIDE_CHINESE.sub("", text)
    return _REPEATED.sub(r"\1\1", text)


@lru_cache(maxsize=1)
def _pictured() -> dict[int, str]:
    """Each picture of one character with the first name of what it shows."""
    named = ((name, group[0]) for group in read_patterns("items")["same"] for name in group if len(name) == 1)
    return {ord(picture): name for picture, name in named if unicodedata.category(picture) == "So"}


@lru_cache(maxsize=65536)
def _spell(char: str) -> str:
    if char in _BLANKS or unicodedata.category(char) in _INVISIBLE_CATEGORIES:
        return " "
    for change in (_half_width, str.lower):
        changed = change(char)
        if len(changed) == 1:
            char = changed
    return char


def _half_width(char: str) -> str:
    return unicodedata.normalize("NFKC", char)


@lru_cache(maxsize=65536)
def _simplify(char: str) -> str:
    simple: str = _simplifier().convert(char)
    return simple if len(simple) == 1 else char


@lru_cache(maxsize=1)
def _simplifier() -> Any:
    from opencc import OpenCC

    return OpenCC("t2s")
