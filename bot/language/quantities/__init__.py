"""How many were ordered, came, and are missing, in the buyer's own words. Needs no Rasa.

The words are data, ``data/patterns/quantities.yml``. A sentence becomes a row of amounts (``amounts``) and cues
(``items``), out of pinyin where need be (``pinyin``). Each amount gets what it counts by itself (``roles``,
``absence``) and beside the others (``relations``, ``contrasts``, ``several``), and those that hold make the answer
(``answer``). What the sentence does not say stays None: a wrong number in a claim is worse than a question.
Money, dates, order numbers and the like are taken out first, by ``bot.language.entities``.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import Any

from bot.language.quantities.answer import Mention, Quantities, settle
from bot.language.quantities.items import read_row
from bot.language.quantities.lexicon import DEFAULT_WORDS, Lexicon, WordsError, load_words
from bot.language.quantities.roles import assign
from bot.language.text import normalize

__all__ = [
    "DEFAULT_WORDS",
    "Mention",
    "Quantities",
    "QuantityReader",
    "WordsError",
    "bare",
    "grams",
    "read",
    "read_mentions",
]

_BEFORE_BARE = re.compile(r"\s*(?:嗯+|是的?|对|哦|那?就|只|一共|总共|大概|应该|应该是|共|,)*\s*")
_AFTER_BARE = re.compile(r"\s*[吧啊呢的了哦呀啦哈嘛.。!~,\s]*")


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
        clean = normalize(text)
        spelt = self._lexicon.pinyin.spell(clean)
        row = read_row(spelt.text if spelt else clean, () if spelt else hidden, self._lexicon)
        assign(row)
        found, mentions = settle(row)
        nothing = self._lexicon.nothing_came.search(row.text)
        if nothing and found.received is None and found.missing is None:
            found = Quantities(found.ordered, 0, found.ordered, found.unit)
            mentions.append(Mention("received", 0, found.unit, *nothing.span()))
            if found.ordered is not None:
                mentions.append(Mention("missing", found.ordered, found.unit, *nothing.span(), derived=True))
        if spelt:
            places = [spelt.span(mention.start, mention.end) for mention in mentions]
            mentions = [replace(m, start=start, end=end) for m, (start, end) in zip(mentions, places, strict=True)]
        return found, mentions

    def bare(self, text: str) -> tuple[int | None, str | None]:
        """Count and measure word of an answer that is nothing but a number: "2", "两件", "就俩吧". No weights."""
        clean = normalize(text)
        before = _BEFORE_BARE.match(clean)
        amount = self._lexicon.amounts.at(clean, before.end() if before else 0)
        if amount is None or amount.value is None or not _AFTER_BARE.fullmatch(clean, amount.end):
            return None, None
        weighed = self.grams(amount.value, amount.unit) is not None
        return (None, None) if weighed else (int(amount.value), amount.unit)

    def grams(self, value: float, unit: str | None) -> int | None:
        """The weight in grams; None where ``unit`` is none of weight."""
        return self._lexicon.amounts.grams(value, unit)


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


def grams(value: float, unit: str | None) -> int | None:
    """The weight in grams (8.5, "斤": 4250); None where ``unit`` is none of weight."""
    return _default().grams(value, unit)


@lru_cache(maxsize=1)
def _default() -> QuantityReader:
    return QuantityReader.load()
