"""How many were ordered, came, and are missing, in the buyer's own words. Needs no Rasa.

The words are data, ``data/patterns/quantities.yml``. A sentence becomes a row of amounts (``amounts``) and cues
(``items``), out of pinyin where need be (``pinyin``). Each amount gets what it counts by itself (``roles``,
``absence``) and beside the others (``relations``, ``contrasts``, ``several``), and those that hold make the answer
(``answer``). What the sentence does not say stays None: a wrong number in a claim is worse than a question.
Money, dates, order numbers and the like are taken out first, by ``bot.language.entities``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import Any

from bot.language.numbers import lower_of
from bot.language.quantities.amounts import IN_ONE_PACK, Amount
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
    "least",
    "read",
    "read_mentions",
]


_LONGEST_ANSWER = 40  # characters


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
        one_pack = any(mention.role == IN_ONE_PACK for mention in mentions)  # of that one alone nothing came
        if nothing and not one_pack and found.received is None and found.missing is None:
            found = Quantities(found.ordered, 0, found.ordered, found.unit)
            mentions.append(Mention("received", 0, found.unit, *nothing.span()))
            if found.ordered is not None:
                mentions.append(Mention("missing", found.ordered, found.unit, *nothing.span(), derived=True))
        if spelt:
            places = [spelt.span(mention.start, mention.end) for mention in mentions]
            mentions = [replace(m, start=start, end=end) for m, (start, end) in zip(mentions, places, strict=True)]
        return found, mentions

    def bare(self, text: str) -> tuple[int | None, str | None]:
        """Count and measure word of an answer that is nothing but a number: "2", "两件", "就俩吧". No weights.

        About so many (15左右) is that many here; what is said twice (十五 就当十五根) is said once.
        """
        clean = normalize(text)
        said = {(amount.value, amount.unit) for amount in self._bare(clean)}
        units = {unit for _, unit in said if unit}
        values = {value for value, _ in said}
        if len(values) != 1 or None in values or len(units) > 1:
            return None, None
        value, unit = values.pop() or 0, next(iter(units), None)
        return (None, None) if self.grams(value, unit) is not None else (int(value), unit)

    def least(self, text: str) -> int | None:
        """The lower count of an answer that leaves two open: 五六支吧 is 5."""
        clean = normalize(text)
        said = self._lexicon.open_answer.fullmatch(clean)
        return lower_of(said["number"]) if said else None

    def _bare(self, clean: str) -> list[Amount]:
        """The amounts of a text that has little else; none where it has more."""
        lexicon, found, place = self._lexicon, list[Amount](), 0
        if len(clean) > _LONGEST_ANSWER:
            return []
        while place < len(clean):
            around = lexicon.around_bare.match(clean, place)
            place = around.end() if around else place
            amount = lexicon.amounts.at(clean, place, about=True) if place < len(clean) else None
            if amount is None:
                return found if place == len(clean) else []
            found.append(amount)
            place = amount.end
        return found

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


def least(text: str) -> int | None:
    """The lower count of an answer that leaves two open (五六支吧 is 5); None for anything else."""
    return _default().least(text)


def grams(value: float, unit: str | None) -> int | None:
    """The weight in grams (8.5, "斤": 4250); None where ``unit`` is none of weight."""
    return _default().grams(value, unit)


@lru_cache(maxsize=1)
def _default() -> QuantityReader:
    return QuantityReader.load()
