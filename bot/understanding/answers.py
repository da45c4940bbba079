"""Which of the shop's own answers a message asks for, in whatever words. No network, no model, no Rasa.

A message and a question are compared by the words and pairs of characters that they share, weighed: what only frames a
question (什么时候, 能不能) counts next to nothing, what stands in many entries less than what stands in one. Words for
the same are one word. Which words those are is data, ``data/patterns/answers.yml``.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache
from math import fsum, log, sqrt
from pathlib import Path

import yaml

from bot.language.clauses import clauses
from bot.language.text import normalize, squeeze
from bot.language.words import Cutter
from bot.understanding.answers_file import Answer, OrderState, spelled

_ROOT = Path(__file__).resolve().parents[2]
_WORDS_FILE = _ROOT / "data" / "patterns" / "answers.yml"

# What follows was chosen on the `tuned` half of tests/understanding/answers.yml; tests/understanding/test_answers.py
# holds it to what it reaches there and on the other half.
_LIKE = 0.405  # from here on a message asks what the question asks
_APART = 0.05  # an entry that is nearer than any other by less is not surely the one that is meant
_WORD, _CHARACTER, _PAIR, _COMMON, _FRAME = 1.0, 0.7, 0.5, 0.35, 0.1
_TROUBLE = 6.0  # a word of trouble that the question does not have
_SHORT = 0.5  # two words alone are not alike for having one in common
_MOST = 2  # answers to one message; a third reply is left for the way back

_LETTER = re.compile(r"\w")


@dataclass(frozen=True)
class Terms:
    """What counts of a text: words and pairs of characters with their weights. ``trouble``: see the words file."""

    weights: dict[str, float]
    trouble: frozenset[str]


class Answers:
    """The shop's entries, in the order in which they stand, made ready to be found."""

    def __init__(self, entries: Sequence[Answer]) -> None:
        self.entries = tuple(entries)
        self._questions = [(entry, terms(question)) for entry in entries for question in entry.questions]
        self._spelled = {entry.name: entry.spelled for entry in entries}
        entries_with: dict[str, set[str]] = defaultdict(set)
        self._questions_with: dict[str, list[int]] = defaultdict(list)
        for number, (entry, question) in enumerate(self._questions):
            for term in question.weights:
                entries_with[term].add(entry.name)
                self._questions_with[term].append(number)
        spread = log(len(self.entries) + 1)
        self._rarity = {term: 1 - log(len(names)) / spread / 2 for term, names in entries_with.items()}

    def find(self, text: str, today: date, states: Callable[[], frozenset[OrderState]]) -> list[Answer]:
        """The entries that the message asks for: one, none, or two that two of its clauses ask for.

        Args:
            text: as typed.
            today: the day in Shanghai.
            states: where the order is that is spoken of; asked only if an entry that may be meant depends on it.
        """
        now = _Fitting(today, states)
        literal = [entry for entry in self.entries if spelled(text) in self._spelled[entry.name] and now.fits(entry)]
        if literal:
            return [max(literal, key=lambda entry: entry.precedence)]
        whole = terms(text)
        parts = [self._likeness(terms(clause.text), whole.trouble) for clause in clauses(text)]
        of_clauses = {entry.name: entry for entry in (self._meant(part, now) for part in parts) if entry}
        if len(of_clauses) > 1:
            return list(of_clauses.values())[:_MOST]
        best = self._likeness(whole, whole.trouble)
        for part in parts:
            best |= {name: max(likeness, best.get(name, 0)) for name, likeness in part.items()}
        entry = self._meant(best, now)
        return [entry] if entry else []

    def likeness(self, text: str) -> dict[str, float]:
        """How much the text is like each entry's nearest question, 0 to 1, by the entry's name."""
        whole = terms(text)
        return self._likeness(whole, whole.trouble)

    def _likeness(self, said: Terms, trouble: frozenset[str]) -> dict[str, float]:
        sharing = {number for term in said.weights for number in self._questions_with.get(term, ())}
        found: dict[str, float] = defaultdict(float)
        for number in sharing:
            entry, question = self._questions[number]
            found[entry.name] = max(found[entry.name], self._alike(said, question, trouble))
        return found

    def _alike(self, said: Terms, question: Terms, trouble: frozenset[str]) -> float:
        """The cosine of the two, but that trouble counts against it wherever in the message it stands."""
        against = trouble - question.weights.keys()
        shared = said.weights.keys() & question.weights.keys()
        both = fsum(min(said.weights[term], question.weights[term]) * self._rarity[term] for term in shared)
        one = self._sum(said.weights, but=against) + _TROUBLE * len(against)
        return both / sqrt((one + _SHORT) * (self._sum(question.weights) + _SHORT))

    def _sum(self, weights: dict[str, float], but: Iterable[str] = ()) -> float:
        return fsum(weight * self._rarity.get(term, 1) for term, weight in weights.items() if term not in but)

    def _meant(self, likeness: dict[str, float], now: _Fitting) -> Answer | None:
        near = [entry for entry in self.entries if likeness.get(entry.name, 0) >= _LIKE - _APART]
        near = sorted(filter(now.fits, near), key=lambda entry: -likeness[entry.name])
        if not near or likeness[near[0].name] < _LIKE:
            return None
        rivals = [entry for entry in near if likeness[entry.name] >= likeness[near[0].name] - _APART]
        same = self._spelled[near[0].name]
        if any(not self._spelled[entry.name] & same for entry in rivals):
            return None
        return max(rivals, key=lambda entry: entry.precedence)


class _Fitting:
    """Which entries hold now. Where the order is, is asked once, and only if it matters."""

    def __init__(self, today: date, states: Callable[[], frozenset[OrderState]]) -> None:
        self._today, self._states = today, cache(states)

    def fits(self, entry: Answer) -> bool:
        return entry.is_for(self._today) and (not entry.when or not self._states().isdisjoint(entry.when))


@dataclass(frozen=True)
class _Words:
    frame: frozenset[str]
    common: frozenset[str]
    trouble: frozenset[str]
    same: dict[str, str]  # word -> the first of its group
    any_of_same: re.Pattern[str]


def terms(text: str) -> Terms:
    """What counts of the text. Pairs of characters do not reach over what only frames the question."""
    known = _words()
    plain = known.any_of_same.sub(lambda word: f" {known.same[word[0]]} ", squeeze(normalize(text)))
    weights: dict[str, float] = {}
    for content in _contents(plain, known, weights):
        for at in range(len(content) - 1):
            weights.setdefault(content[at : at + 2], _PAIR)
    return Terms(weights, frozenset(known.trouble & weights.keys()))


def _contents(plain: str, known: _Words, weights: dict[str, float]) -> Iterator[str]:
    """The stretches that say what it is about; each word's weight is noted on the way."""
    for stretch in plain.split():
        content = ""
        for word, _ in _cutter().cut(stretch):
            if word in known.frame or not _LETTER.search(word):
                if word in known.frame:
                    weights[word] = _FRAME
                yield content
                content = ""
            else:
                weights[word] = _COMMON if word in known.common else _CHARACTER if len(word) == 1 else _WORD
                content += word
        yield content


@cache
def _words() -> _Words:
    read = yaml.safe_load(_WORDS_FILE.read_text(encoding="utf-8"))
    same: dict[str, str] = {}
    for group in read["same"]:
        for word in group:
            same.setdefault(word, same.get(group[0], group[0]))
    longest_first = sorted(same, key=len, reverse=True)
    return _Words(
        frame=frozenset(read["frame"]),
        common=frozenset(read["common"]),
        trouble=frozenset(read["trouble"]),
        same=same,
        any_of_same=re.compile("|".join(map(re.escape, longest_first))),
    )


@cache
def _cutter() -> Cutter:
    return Cutter(_ROOT / "dictionary")
