"""How many were ordered, came, and are missing, in the buyer's own words. Needs no Rasa.

The words are data, ``data/patterns/quantities.yml``. A sentence becomes a row of amounts and cues (``items``), each
amount gets what it counts by itself (``roles``) and beside the others (``relations``), and those that hold make the
answer (``answer``). What the sentence does not say stays None: a wrong number in a claim is worse than a question.
Money, dates, order numbers and the like are taken out first, by ``bot.language.entities``.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

from bot.language.quantities.answer import Mention, Quantities, settle
from bot.language.quantities.items import HIDDEN, count, read_row
from bot.language.quantities.lexicon import DEFAULT_WORDS, Lexicon, WordsError, load_words
from bot.language.quantities.roles import assign
from bot.language.text import normalize

__all__ = ["DEFAULT_WORDS", "Mention", "Quantities", "QuantityReader", "WordsError", "bare", "read", "read_mentions"]


class QuantityReader:
    """Reads counts out of sentences with a given set of words."""

    def __init__(self, words: dict[str, Any], source: str = "words") -> None:
        """
        Raises:
            WordsError: a key is missing or not what it should be; the message begins with ``source``.
        """
        self._lexicon = Lexicon(words, source)

    @classmethod
    def load(cls, path: Path = DEFAULT_WORDS) -> QuantityReader:
        """
        Raises:
            WordsError: no such file, no YAML, or something missing in it.
        """
        return cls(load_words(path), str(path))

    def read(self, text: str, hidden: Sequence[tuple[int, int]] = ()) -> tuple[Quantities, list[Mention]]:
        """What ``text`` counts, and where. ``hidden`` are (start, end) that hold numbers of another kind."""
        row = read_row(_hide(normalize(text), hidden), self._lexicon)
        return settle(row) if assign(row) else (Quantities(), [])

    def bare(self, text: str) -> tuple[int | None, str | None]:
        """Count and measure word of an answer that is nothing but a number: "2", "两件", "就俩吧"."""
        match = self._lexicon.bare.fullmatch(normalize(text).strip())
        value, unit = count(match["number"], match["unit"]) if match else (None, None)
        return (value, unit) if value is not None else (None, None)


def read(text: str) -> Quantities:
    """What ``text`` says was ordered, came and is missing, by the project's own words."""
    return read_mentions(text)[0]


def read_mentions(text: str) -> tuple[Quantities, list[Mention]]:
    """The same, with the places where it is said."""
    from bot.language.entities import find_entities  # spaCy: slow to import, and ``bare`` does without

    hidden = [(entity.start, entity.end) for entity in find_entities(text)]
    return _default().read(text, hidden)


def bare(text: str) -> tuple[int | None, str | None]:
    """Count and measure word of an answer that is nothing but a number; ``(None, None)`` for anything else."""
    return _default().bare(text)


@lru_cache(maxsize=1)
def _default() -> QuantityReader:
    return QuantityReader.load()


def _hide(text: str, spans: Sequence[tuple[int, int]]) -> str:
    for start, end in spans:
        text = text[:start] + HIDDEN * (end - start) + text[end:]
    return text
