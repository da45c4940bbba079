"""What can be known by its shape: order, tracking and phone numbers, couriers, sums of money, dates. Needs no Rasa.

Order numbers, dates and sums have modules of their own: ``references``, ``dates`` and ``money``. The others are data:
``data/patterns/entities.jsonl``, lines for spaCy's EntityRuler
(https://spacy.io/usage/rule-based-matching#entityruler). They see normalized text (``bot.language.text``) as tokens of
our own: a run of digits, of Latin letters or of Chinese numerals is one token, everything else a token each.
So a pattern for 15 digits never matches inside 30, and text by the yard costs no backtracking.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bot.language.dates import find_mentions
from bot.language.money import find_money
from bot.language.numbers import CHINESE_NUMERALS
from bot.language.references import links, order_numbers
from bot.language.text import hide, normalize

if TYPE_CHECKING:
    from spacy.language import Language
    from spacy.tokens import Doc
    from spacy.vocab import Vocab

DEFAULT_PATTERNS = Path(__file__).resolve().parents[2] / "data" / "patterns" / "entities.jsonl"

_TOKEN = re.compile(rf"[0-9]+|[a-z]+|[{CHINESE_NUMERALS}几]+|.", re.DOTALL)
# spaCy keeps every word it ever saw. Numbers never repeat, so a long-lived process would grow without end.
_MOST_STRINGS = 100_000


class PatternError(ValueError):
    """A pattern file that cannot be used; the message names the file and the line."""


@dataclass(frozen=True)
class Entity:
    """``value`` is as typed, or the plain form where there is one. ``start``, ``end`` count characters of the text.

    ``fen`` belongs to money alone; None when no exact sum was said (一百来块).
    """

    label: str
    start: int
    end: int
    value: str
    fen: int | None = None


class EntityPatterns:
    """A set of patterns, ready to be applied."""

    def __init__(self, patterns: list[dict[str, Any]]) -> None:
        """
        Raises:
            PatternError: spaCy refuses the patterns.
        """
        self._patterns = patterns
        self._language = self._build()

    @classmethod
    def load(cls, path: Path = DEFAULT_PATTERNS) -> EntityPatterns:
        """
        Raises:
            PatternError: no such file, a line that is no JSON, or one without label and pattern.
        """
        try:
            lines = path.read_text(encoding="utf-8").splitlines()
        except (OSError, UnicodeDecodeError) as error:
            raise PatternError(f"{path}: cannot be read: {error}") from error
        patterns = [_parse(path, number, line) for number, line in enumerate(lines, start=1) if line.strip()]
        if not patterns:
            raise PatternError(f"{path}: holds no pattern")
        return cls(patterns)

    def find(self, text: str) -> list[Entity]:
        """The entities in ``text``, in order, none overlapping another."""
        clean = normalize(text)
        if not clean.strip():
            return []
        if len(self._language.vocab.strings) > _MOST_STRINGS:
            self._language = self._build()
        ruled = (
            _entity(span.label_, span.ent_id_, clean, text, span.start_char, span.end_char)
            for span in self._language(hide(clean, links(clean))).ents
        )
        return _apart([*ruled, *_orders(clean), *_dates(clean, text), *_sums(clean, text)])

    def _build(self) -> Language:
        import spacy

        language = spacy.blank("zh")
        language.tokenizer = _RunTokenizer(language.vocab)
        language.max_length = 10_000_000
        try:
            language.add_pipe("entity_ruler", config={"validate": True}).add_patterns(self._patterns)
        except (ValueError, KeyError, TypeError) as error:  # what spaCy raises depends on what is wrong
            raise PatternError(f"spaCy refuses the entity patterns: {error}") from error
        return language


def find_entities(text: str) -> list[Entity]:
    """The entities in ``text`` by the project's own patterns."""
    return _default().find(text)


@lru_cache(maxsize=1)
def _default() -> EntityPatterns:
    return EntityPatterns.load()


class _RunTokenizer:
    def __init__(self, vocab: Vocab) -> None:
        self._vocab = vocab

    def __call__(self, text: str) -> Doc:
        from spacy.tokens import Doc

        words = _TOKEN.findall(text)
        return Doc(self._vocab, words=words, spaces=[False] * len(words))

    def pipe(self, texts: Iterator[str], **_: Any) -> Iterator[Doc]:
        for text in texts:
            yield self(text)


def _parse(path: Path, number: int, line: str) -> dict[str, Any]:
    try:
        pattern = json.loads(line)
    except json.JSONDecodeError as error:
        raise PatternError(f"{path}:{number}: no JSON: {error}") from error
    if not isinstance(pattern, dict) or not pattern.get("label") or not pattern.get("pattern"):
        raise PatternError(f'{path}:{number}: needs "label" and "pattern"')
    return pattern


def _entity(label: str, canonical: str, clean: str, typed: str, start: int, end: int) -> Entity:
    if label == "courier":
        return Entity(label, start, end, canonical or clean[start:end])
    if label in {"phone_number", "tracking_number"}:
        return Entity(label, start, end, clean[start:end].upper())
    return Entity(label, start, end, typed[start:end])


def _orders(clean: str) -> Iterator[Entity]:
    for number in order_numbers(clean):
        yield Entity("order_number", number.start, number.end, number.value)


def _dates(clean: str, typed: str) -> Iterator[Entity]:
    for mention in find_mentions(clean):
        yield Entity("date", mention.start, mention.end, typed[mention.start : mention.end])


def _sums(clean: str, typed: str) -> Iterator[Entity]:
    for money in find_money(clean):
        yield Entity("money", money.start, money.end, typed[money.start : money.end], money.fen)


def _apart(entities: Iterable[Entity]) -> list[Entity]:
    """In order; of two that overlap, the one that begins first."""
    apart: list[Entity] = []
    for entity in sorted(entities, key=lambda entity: (entity.start, -entity.end)):
        if not apart or entity.start >= apart[-1].end:
            apart.append(entity)
    return apart
