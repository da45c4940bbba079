"""What can be known by its shape: order, tracking and phone numbers, couriers, sums of money, dates. Needs no Rasa.

The patterns are data: ``data/patterns/entities.jsonl``, lines for spaCy's EntityRuler
(https://spacy.io/usage/rule-based-matching#entityruler). They see normalized text (``bot.language.text``) as tokens of
our own: a run of digits, of Latin letters or of Chinese numerals is one token, everything else a token each.
So a pattern for 15 digits never matches inside 30, and text by the yard costs no backtracking.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bot.language.numbers import CHINESE_NUMERALS, to_int
from bot.language.text import normalize

if TYPE_CHECKING:
    from spacy.language import Language
    from spacy.tokens import Doc
    from spacy.vocab import Vocab

DEFAULT_PATTERNS = Path(__file__).resolve().parents[2] / "data" / "patterns" / "entities.jsonl"

_TOKEN = re.compile(rf"[0-9]+|[a-z]+|[{CHINESE_NUMERALS}几]+|.", re.DOTALL)
# spaCy keeps every word it ever saw. Numbers never repeat, so a long-lived process would grow without end.
_MOST_STRINGS = 100_000

_SUM = re.compile(
    rf"(?P<yuan>[0-9]+|[{CHINESE_NUMERALS}]+)(?:\.(?P<cents>[0-9]{{1,2}}))?(?P<unit>元|块|圆|人民币|rmb|yuan|cny|¥|毛|角)?"
    rf"(?P<rest>半|[0-9]{{1,2}}|[{CHINESE_NUMERALS}])?(?:毛|角)?钱?"
)
# 块 counts soap and jigsaw pieces as well as yuan; 号 shoes, lifts and screws as well as days.
_PIECES_BEFORE = re.compile(
    r"(?:少|缺|漏|丢|差|收到|收|到|只有|就|只|剩|拍|订|买|发|寄|来|[这那哪])(?:了|发|装|的|给|有|是)*(?:一共|就|只)?$"
)
_PIECES_OF = re.compile(
    r"(?:的|装)?(?:巧克力|[肥香]皂|积木|拼图|[瓷地]砖|地垫|蛋糕|月饼|饼干|面包|豆腐|电池|毛巾|抹布|手表|玻璃|[木层背隔搁侧]?板(?!砖)"
    r"|牛排|糕点|奶酪|姜糖|海绵|橡皮)"
)
_PIECES_NAMED = re.compile(r"(?:积木|拼图|[肥香]皂|月饼|地垫|瓷砖)[^,。!?;0-9]{0,4}$")
# 花了200块: paid, whatever is counted behind it.
_PAID_BEFORE = re.compile(r"(?:花|付|价|值|卖|扣|退|赔|费|优惠|便宜|收[你我])(?:了|我|你|的|是)*(?:一共|总共)?$")
_PIECES_OWED = re.compile(r"[该应里面盒箱袋包套]有$")
_PIECES_AFTER = re.compile(
    rf"只|就|才|里|中|少|缺|漏|没|都没|也没|变|收到|到|[^,。!?]{{0,6}}?(?:只|就|才|少|缺|漏|来|到|变|剩)[有到来收发给剩了成]*[0-9{CHINESE_NUMERALS}]"
)
_MONEY_AFTER = re.compile(r"(?:的|多|左右|吧|行|可以|[0-9])")
# 10块2件: the 2 counts things, no 角.
_COUNT_AFTER_SUM = re.compile(r"(?<=块)(?:[0-9]{1,2}|[一二三四五六七八九])$")
_MEASURE_AFTER = re.compile(r"[个件双只支条瓶包袋盒箱套本张对打份样]")
_NO_DAY_AFTER = re.compile(r"[袋楼线店码色款链仓库螺钉电件机包箱的]")


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
        found = []
        pieces = False  # once counted, 块 are counted again: 应该有8块，这盒7块
        for span in self._language(clean).ents:
            start, end = span.start_char, _end(span.label_, clean, span.start_char, span.end_char)
            if _counts_pieces(span.label_, clean, start, end, pieces):
                pieces = True
            elif not _mistaken(span.label_, clean, start, end):
                found.append(_entity(span.label_, span.ent_id_, clean, text, start, end))
        return found

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


def _end(label: str, text: str, start: int, end: int) -> int:
    count = _COUNT_AFTER_SUM.search(text, start, end) if label == "money" and _MEASURE_AFTER.match(text, end) else None
    return count.start() if count else end


def _mistaken(label: str, text: str, start: int, end: int) -> bool:
    if label == "money":
        return text[start - 1 : start] in {"第", "."}
    if label == "date":
        after = text[end : end + 1]
        return text[end - 1] in "号日" and (text[start - 1 : start] in {"第", "单"} or bool(_NO_DAY_AFTER.match(after)))
    return False


def _counts_pieces(label: str, text: str, start: int, end: int, pieces: bool) -> bool:
    if label != "money" or text[end - 1] != "块" or _PAID_BEFORE.search(text[max(0, start - 6) : start]):
        return False
    if _PIECES_OF.match(text, end) or _PIECES_NAMED.search(text[max(0, start - 6) : start]):
        return True
    if _PIECES_OWED.search(text, max(0, start - 2), start):
        return True
    if _MONEY_AFTER.match(text, end):
        return False
    return pieces or bool(_PIECES_AFTER.match(text, end) or _PIECES_BEFORE.search(text[max(0, start - 8) : start]))


def _entity(label: str, canonical: str, clean: str, typed: str, start: int, end: int) -> Entity:
    if label == "money":
        return Entity(label, start, end, typed[start:end], _fen(clean[start:end]))
    if label == "courier":
        return Entity(label, start, end, canonical or clean[start:end])
    if label in {"order_number", "phone_number", "tracking_number"}:
        return Entity(label, start, end, clean[start:end].upper())
    return Entity(label, start, end, typed[start:end])


def _fen(said: str) -> int | None:
    """The sum in fen; None when it is vague."""
    match = _SUM.fullmatch(said.replace(" ", "").lstrip("¥"))
    whole = to_int(match["yuan"]) if match else None
    if match is None or whole is None:
        return None
    fen = whole * (10 if match["unit"] in {"毛", "角"} else 100)
    if match["cents"]:
        fen += int(match["cents"].ljust(2, "0"))
    if match["rest"]:
        rest = 5 if match["rest"] == "半" else to_int(match["rest"])
        if rest is None:
            return None
        fen += rest * (10 if rest < 10 else 1)
    return fen
