"""What a message counts, where no order tells: 少发了两袋猫粮. A guess by the kinds of words, for a person to read."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import jieba.posseg

from bot.triage.words import WORDS

_NO_THINGS = frozenset(WORDS["no_things"])


def thing_in(text: str, ends: Sequence[int]) -> str:
    """The noun right behind a count, which ends at one of the places; else the one nearest before the first; or ""."""
    before = ""
    for start, name in _things(text):
        if start in ends:
            return name
        if not ends or start < min(ends):
            before = name
    return before


def _things(text: str) -> Iterator[tuple[int, str]]:
    """Nouns that stand together are one name: 猫 and 粮."""
    start, name, place = 0, "", 0
    for word, kind in [*jieba.posseg.lcut(text), ("", "")]:
        if (kind.startswith("n") or kind == "eng") and word not in _NO_THINGS:
            start, name = (start, name + word) if name else (place, word)
        else:
            if len(name) > 1:
                yield start, name
            name = ""
        place += len(word)
