"""What of a message counts for its intent: characters, words, cues. Needs no Rasa.

Characters carry what jieba cuts wrongly (少发 is one feature even where it cuts 少|发); words carry what characters
blur; cues are turns of phrase and word lists that somebody wrote down.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from bot.language.text import normalize, squeeze

# Marks where a message begins and ends: "少了" alone is not the "少了" in the middle of a story.
_EDGE = "\x02"
_NUMBER = re.compile(r"\b[0-9]+\b")
_WORD = re.compile(r"\w+")


@dataclass(frozen=True)
class Said:
    """A message, or a clause of one: as typed, and cut into words."""

    text: str
    words: Sequence[str]


# The names of all features of one kind that a message has, as often as it has them.
Features = Callable[[Said], list[str]]


def characters(shortest: int, longest: int) -> Features:
    """N-grams of the squeezed text, ``shortest`` to ``longest`` characters long."""
    lengths = range(shortest, longest + 1)

    def found(said: Said) -> list[str]:
        edged = f"{_EDGE}{squeeze(normalize(said.text)).strip()}{_EDGE}"
        ngrams = [edged[start : start + length] for length in lengths for start in range(len(edged) - length + 1)]
        return [ngram for ngram in ngrams if ngram.strip(_EDGE)]  # an edge alone says nothing

    return found


def words(said: Said) -> list[str]:
    """Words without case and marks; which number it is makes no difference."""
    return [part for word in said.words for part in _WORD.findall(_NUMBER.sub("__number__", word.lower()))]


def cues(patterns: Sequence[str]) -> Features:
    """The regular expressions that are found in the text as typed, whatever its case."""
    compiled = [(pattern, re.compile(pattern, re.IGNORECASE)) for pattern in patterns]

    def found(said: Said) -> list[str]:
        return [pattern for pattern, search in compiled if search.search(said.text)]

    return found
