"""How many were ordered, came, and are missing, in the buyer's own words. Needs no Rasa.

The words are data, ``data/patterns/quantities.yml``; the grammar is here. A sentence becomes a row of amounts (两件)
and cues (拍了, 就到, 少了). What an amount counts is said by the cue before it, or by the "没发" behind it, or, for an
amount that opens the sentence (三件只来了俩), by what is said of the next one. What the sentence does not say stays
None: a wrong number in a claim is worse than a question. Money, dates, order numbers and the like are taken out first,
by ``bot.nlu.entities``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

from bot.nlu.numbers import CHINESE_NUMERALS, to_int
from bot.nlu.text import normalize

DEFAULT_WORDS = Path(__file__).resolve().parents[2] / "data" / "patterns" / "quantities.yml"

ORDERED, RECEIVED, MISSING = "ordered", "received", "missing"
ROLES = (ORDERED, RECEIVED, MISSING)

_CUES = ("due", "ordered", "received", "missing", "have", "other", "denied", "corrections", "fillers")
_LISTS = (*_CUES, "units", "general_units", "containers", "not_goods", "singled_out", "ignore")
_DOZEN = 12
_FARTHEST_CUE = 12  # characters between a cue and its amount: 收到的蓝色纯棉袜子两双
_FARTHEST_ABSENCE = 8  # characters between an amount and "没发": 两双蓝色纯棉袜子没发
_HIDDEN = "□"
_SENTENCE_END, _CLAUSE_END = "sentence", "clause"
_ENDS = {**dict.fromkeys("。!?;…~", _SENTENCE_END), **dict.fromkeys(",、:", _CLAUSE_END)}
_PARTICLES = "了吧啊呢吗呀哦的啦嘛哈诶 "
_ALL = ("都", "也", "全", "全都")
_AND = re.compile(r"(?:和|跟|以及|加|还有|、|,)$")
_PRICE_OF = re.compile(r"的(?:钱|价|货款|款)")
_LATIN_BEFORE = re.compile(r"[a-z0-9][ -]?$")
_NUMBER_EDGE = r"(?:(?<![0-9a-z.])(?<![0-9][-~])|(?<=[^a-z]x)(?<![0-9]x)|(?<=^x))"


class WordsError(ValueError):
    """A word list that cannot be used; the message names the file and the key."""


@dataclass(frozen=True)
class Quantities:
    """Counts of goods; None where nothing was said. ``unit`` is a measure word (件, 双, 瓶)."""

    ordered: int | None = None
    received: int | None = None
    missing: int | None = None
    unit: str | None = None

    def as_dict(self) -> dict[str, int | str | None]:
        return asdict(self)


@dataclass(frozen=True)
class Mention:
    """One count and where it was said. ``derived``: worked out of the other two, whose place it bears."""

    role: str
    value: int
    unit: str | None
    start: int
    end: int
    derived: bool = False


@dataclass
class _Amount:
    value: int | None  # None: about so many (十来个)
    unit: str | None
    start: int
    end: int
    marked: bool = False  # x3, 俩: a count even without a measure word
    of_goods: bool = True
    roles: tuple[str, ...] = ()
    zero: bool = False  # 一件都没到: none came
    container: bool = False  # the 一箱 of 一箱12瓶


@dataclass(frozen=True)
class _Cue:
    kind: str
    start: int
    end: int


_Item = _Amount | _Cue


@dataclass(frozen=True)
class _Row:
    """A message as its amounts and cues, in order."""

    text: str
    items: list[_Item] = field(default_factory=list)

    def left(self, index: int) -> list[_Cue]:
        """The cues that may govern an amount: back to the last amount or the clause's beginning."""
        cues: list[_Cue] = []
        for item in reversed(self.items[max(0, index - 12) : index]):
            if isinstance(item, _Amount) or item.kind in {_SENTENCE_END, _CLAUSE_END}:
                break
            cues.append(item)
        return cues[::-1]

    def next_amount(self, index: int) -> int | None:
        """The next amount of the same sentence."""
        for position in range(index + 1, min(len(self.items), index + 12)):
            item = self.items[position]
            if isinstance(item, _Amount):
                return position
            if item.kind == _SENTENCE_END:
                return None
        return None


class QuantityReader:
    """Reads counts out of sentences with a given set of words."""

    def __init__(self, words: dict[str, Any], source: str = "words") -> None:
        """
        Args:
            words: the content of a word file; ``data/patterns/quantities.yml`` explains the keys.
            source: what error messages call it.

        Raises:
            WordsError: a key is missing or not what it should be.
        """
        for key in _LISTS:
            if not _is_words(words.get(key)):
                raise WordsError(f"{source}: {key}: must be a list of words")
        absent = words.get("absent")
        if not isinstance(absent, dict) or not all(_is_words(absent.get(k)) for k in ("negations", "verbs", "words")):
            raise WordsError(f"{source}: absent: must have the lists negations, verbs and words")
        pairs = words.get("pairs")
        if not isinstance(pairs, dict) or not all(map(_is_words, pairs.values())):
            raise WordsError(f"{source}: pairs: must give a list of measure words for each pair")
        self._general = frozenset(words["general_units"])
        self._containers = frozenset(words["containers"])
        self._pairs = {pair: frozenset(singles) for pair, singles in pairs.items()}
        self._kinds = {word: kind for kind in _CUES for word in words[kind]}
        self._absent_words = frozenset(absent["words"])
        self._not_goods = tuple(words["not_goods"])
        self._singled_out = tuple(words["singled_out"])
        try:
            self._ignore = re.compile("|".join(f"(?:{pattern})" for pattern in words["ignore"]))
        except re.error as error:
            raise WordsError(f"{source}: ignore: no regular expression: {error}") from error
        units = _alternatives(words["units"]).replace("只", "只(?![到来收发给剩])")  # 袜子x3只到2双: 只 means "only"
        number = (
            rf"{_NUMBER_EDGE}(?:[0-9]{{1,3}}(?:,[0-9]{{3}})+(?![0-9,])|[0-9]{{1,7}}(?![0-9])[百千万]?)(?!\.[0-9])"
            rf"|[{CHINESE_NUMERALS}]+|俩|仨|半(?=打)"
        )
        amount = rf"(?P<number>{number})(?P<vague>来|多|几)?\s?[大小整]?(?P<unit>{units})?"
        no, verbs = _alternatives(absent["negations"]), _alternatives(absent["verbs"])
        absence = rf"(?:{no})(?:有|能|还|给我|跟我)?(?:{verbs})|{_alternatives(absent['words'])}"
        # At one place the longer word wins; 一共 and 一看 are words before 一 is a number.
        self._item = re.compile(
            rf"(?P<fixed>{_alternatives(self._kinds)})|(?P<absent>{absence})|{amount}|(?P<end>[{''.join(_ENDS)}])"
        )
        self._absence = re.compile(absence)
        self._bare = re.compile(
            rf"(?:嗯+|是的?|对|哦|那?就|只|一共|总共|大概|应该|应该是|共|,)*\s*(?P<number>{number})\s*(?P<unit>{units})?"
            r"\s*[吧啊呢的了哦呀啦哈嘛.。!~,]*"
        )

    @classmethod
    def load(cls, path: Path = DEFAULT_WORDS) -> QuantityReader:
        """
        Raises:
            WordsError: no such file, no YAML, or something missing in it.
        """
        try:
            words = yaml.safe_load(path.read_text(encoding="utf-8"))
        except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
            raise WordsError(f"{path}: cannot be read: {error}") from error
        if not isinstance(words, dict):
            raise WordsError(f"{path}: must be a mapping")
        return cls(words, str(path))

    def read(self, text: str, hidden: Sequence[tuple[int, int]] = ()) -> tuple[Quantities, list[Mention]]:
        """What ``text`` counts, and where. ``hidden`` are (start, end) that hold numbers of another kind."""
        row = self._row(_hide(normalize(text), hidden))
        for index, item in enumerate(row.items):
            if isinstance(item, _Amount) and item.of_goods and item.value is not None:
                self._judge(row, index, item)
        self._topics(row)
        if self._lists_several(row):
            return Quantities(), []
        return self._settle(row)

    def bare(self, text: str) -> tuple[int | None, str | None]:
        """Count and measure word of an answer that is nothing but a number: "2", "两件", "就俩吧"."""
        match = self._bare.fullmatch(normalize(text).strip())
        if not match:
            return None, None
        value, unit = self._count(match["number"], match["unit"])
        return (value, unit) if value is not None else (None, None)

    # --- from characters to items -----------------------------------------------------------------------------

    def _row(self, text: str) -> _Row:
        text = self._ignore.sub(lambda match: _HIDDEN * len(match[0]), text)
        row = _Row(text)
        row.items.extend(self._items(text))
        self._drop_bare_numbers(row)
        return row

    def _items(self, text: str) -> Iterator[_Item]:
        for match in self._item.finditer(text):
            start, end = match.span()
            if match["end"]:
                yield _Cue(_ENDS[match["end"]], start, end)
            elif match["fixed"]:
                # 没有 at its longest may be a word; 少发 begins what 少发 is; the longer reading wins.
                absence = self._absence.match(text, start)
                if absence and absence.end() > end:
                    yield _Cue("absent", *absence.span())
                elif self._kinds[match["fixed"]] != "fillers":
                    yield _Cue(self._kinds[match["fixed"]], start, end)
            elif match["absent"]:
                yield _Cue("absent", start, end)
            else:
                value, unit = self._count(match["number"], match["unit"])
                yield _Amount(
                    value=None if match["vague"] else value,
                    unit=unit,
                    start=start,
                    end=end,
                    marked=match["number"] in {"俩", "仨"}
                    or match["unit"] == "打"
                    or text[start - 1 : start] in {"x", "×", "*"},
                    of_goods=not text.startswith(self._not_goods, end),
                )

    def _count(self, number: str, unit: str | None) -> tuple[int | None, str | None]:
        if unit == "打":
            dozens = to_int(number)
            if number == "半":
                return _DOZEN // 2, None
            return (None if dozens is None else dozens * _DOZEN), None
        return to_int(number), unit

    def _drop_bare_numbers(self, row: _Row) -> None:
        """Without a measure word a number is a count only between cues (拍3到2), and never in 1到2天."""
        kept: list[_Item] = []
        for index, item in enumerate(row.items):
            if isinstance(item, _Amount) and item.unit is None and not item.marked and not _counted(row, index, item):
                continue
            kept.append(item)
        row.items[:] = kept

    # --- from items to roles ----------------------------------------------------------------------------------

    def _judge(self, row: _Row, index: int, amount: _Amount) -> None:
        """Decide what one amount counts, from what stands before and behind it."""
        before = row.items[index - 1] if index else None
        cues = row.left(index)
        if isinstance(before, _Amount) and self._holds(before, amount):
            before.container, before.roles, cues = True, (), row.left(index - 1)
        while cues and cues[-1].kind == "corrections":
            cues.pop()
        near = cues[-1] if cues and amount.start - cues[-1].end <= _FARTHEST_CUE else None
        kind = near.kind if near else None
        absence = self._absence_behind(row, index, amount)
        if self._is_per_each(row, index, amount):
            amount.of_goods = False
            return
        promised = any(cue.kind == "due" for cue in cues)
        if promised and kind == "other" and near and row.text[near.start] == "送":
            kind = "due"  # 说好送两个
        if absence is not None:
            self._judge_absent(row, amount, near, everything=absence.endswith(_ALL))
        elif kind in {"denied", "other"} or (kind == MISSING and len(cues) > 1 and cues[-2].kind == "denied"):
            amount.of_goods = False
        elif _PRICE_OF.match(row.text, amount.end):
            amount.roles = (ORDERED,)
        elif kind == MISSING or kind == "absent":
            amount.roles = (MISSING,)
        elif promised:
            amount.roles = (ORDERED,)
        elif kind in {ORDERED, RECEIVED}:
            amount.roles = (str(kind),)
        elif kind == "have" and (len(cues) > 1 and cues[-2].kind == RECEIVED):
            amount.roles = (RECEIVED,)
        elif kind == "have" and any(cue.kind == ORDERED for cue in cues):
            amount.roles = (ORDERED,)

    def _is_per_each(self, row: _Row, index: int, amount: _Amount) -> bool:
        """两箱, 每箱12瓶: how many that is in all is for the order to say."""
        each = row.text.rfind("每", max(0, amount.start - 3), amount.start)
        if each < 0:
            return False
        earlier = row.items[max(0, index - 12) : index]
        return any(isinstance(item, _Amount) and item.value != 1 for item in earlier)

    def _holds(self, before: _Amount, amount: _Amount) -> bool:
        adjacent = amount.start - before.end <= 1
        return adjacent and before.unit in self._containers and before.unit != amount.unit

    def _absence_behind(self, row: _Row, index: int, amount: _Amount) -> str | None:
        """What stands between an amount and the "没发" said of it, or None when nothing of the kind is said."""
        following = row.items[index + 1] if index + 1 < len(row.items) else None
        if not isinstance(following, _Cue) or following.start - amount.end > _FARTHEST_ABSENCE:
            return None
        said = row.text[following.start : following.end]
        if said in self._absent_words:
            if row.text[following.end : following.end + 1].strip() not in {"", *_PARTICLES, *_ENDS, _HIDDEN}:
                return None  # 六件的茶具少了杯盖: said of the lid
        elif following.kind != "absent":
            return None
        for item in row.items[index + 2 : index + 4]:
            if isinstance(item, _Cue) and item.kind in {_SENTENCE_END, _CLAUSE_END}:
                break
            if isinstance(item, _Amount):  # 拍两件漏发一件: said of the next
                return None
        return row.text[amount.end : following.start]

    def _judge_absent(self, row: _Row, amount: _Amount, near: _Cue | None, *, everything: bool) -> None:
        kind = near.kind if near else None
        if kind in {"other", "denied"}:
            amount.of_goods = False
        elif everything and kind == ORDERED:
            amount.roles = (ORDERED, MISSING)
        elif everything and amount.value == 1:
            amount.roles, amount.zero = (RECEIVED,), True
        elif kind == ORDERED:
            amount.roles = (ORDERED,)
        elif near is not None and kind == RECEIVED and amount.start - near.end <= 1:
            return
        elif amount.value != 1 or kind in {MISSING, "due"} or self._is_singled_out(row.text, amount):
            amount.roles = (MISSING,)

    def _is_singled_out(self, text: str, amount: _Amount) -> bool:
        return text[max(0, amount.start - 4) : amount.start].rstrip().endswith(self._singled_out)

    def _topics(self, row: _Row) -> None:
        """三件只来了俩, 10个里有3个没有: an amount about which the next one says something was ordered."""
        for index in range(len(row.items) - 1, -1, -1):
            topic = row.items[index]
            if not isinstance(topic, _Amount) or topic.roles or topic.value is None:
                continue
            if topic.container or not topic.of_goods:
                continue
            position = row.next_amount(index)
            if position is None:
                continue
            said = row.items[position]
            if not isinstance(said, _Amount):
                continue
            cues = row.left(position)
            if not said.roles and [cue.kind for cue in cues] == ["have"] and said.of_goods and said.value is not None:
                if topic.unit in self._containers and topic.unit != said.unit:
                    topic.container = True  # 一箱是12瓶
                    continue
                if _same(topic.unit, said.unit) and said.value < topic.value:
                    said.roles = (RECEIVED,)  # 12瓶里有10瓶
            counts = said.roles in {(RECEIVED,), (MISSING,)}
            if counts and (said.zero or (said.value is not None and said.value <= topic.value)):
                topic.roles = (ORDERED,)

    def _lists_several(self, row: _Row) -> bool:
        """少了2双袜子和1条毛巾: several things are missing, and no single count says how many."""
        missing = [i for i in row.items if isinstance(i, _Amount) and i.of_goods and MISSING in i.roles]
        units = {amount.unit for amount in missing if amount.unit} - self._general
        if len(units) > 1 and not any(isinstance(i, _Cue) and i.kind == "corrections" for i in row.items):
            return True
        previous: _Amount | None = None
        for item in row.items:
            if not isinstance(item, _Amount) or not item.of_goods:
                continue
            between = row.text[previous.end : item.start] if previous else ""
            if previous and MISSING in previous.roles and not item.roles and _AND.search(between[-20:]):
                return True
            previous = item
        return False

    # --- from roles to one answer -----------------------------------------------------------------------------

    def _settle(self, row: _Row) -> tuple[Quantities, list[Mention]]:
        mentions = [
            Mention(role, 0 if item.zero else item.value, item.unit, item.start, item.end)
            for item in row.items
            if isinstance(item, _Amount) and item.value is not None and item.of_goods
            for role in item.roles
        ]
        if not mentions:
            return Quantities(), []
        corrected = [cue.end for cue in row.items if isinstance(cue, _Cue) and cue.kind == "corrections"]
        unit = next(
            (m.unit for role in (MISSING, RECEIVED, ORDERED) for m in mentions if m.role == role and m.unit), None
        )
        chosen: dict[str, Mention] = {}
        unclear: set[str] = set()
        for role in ROLES:
            candidates = self._in_unit([m for m in mentions if m.role == role], unit)
            after = [m for m in candidates if corrected and m.start >= corrected[-1]]
            values = {m.value for m in after or candidates}
            if len(values) == 1:
                chosen[role] = (after or candidates)[-1]
            elif values:
                unclear.add(role)
        if unclear == {MISSING} and len(chosen) < 2:
            return Quantities(), []  # several things are missing, so many of each: no single count
        self._drop_incomparable(chosen)
        derived = _derive(chosen, unclear)
        if derived:
            chosen[derived.role] = derived
        unit = self._best_unit(chosen)
        values_by_role = {role: mention.value for role, mention in chosen.items()}
        ordered_mentions = sorted(chosen.values(), key=lambda m: (m.derived, m.start))
        return Quantities(**values_by_role, unit=unit), [replace(m, unit=unit) for m in ordered_mentions]

    def _in_unit(self, mentions: list[Mention], unit: str | None) -> list[Mention]:
        """Those that count in ``unit``; pairs are taken apart when single ones are counted."""
        if any(m.unit == unit for m in mentions):
            return [m for m in mentions if m.unit == unit]
        fitting = []
        for mention in mentions:
            if mention.unit and unit in self._pairs.get(mention.unit, ()):
                fitting.append(replace(mention, value=mention.value * 2, unit=unit))
            elif _same(mention.unit, unit) or mention.unit in self._general or unit in self._general:
                fitting.append(mention)
        return fitting

    def _drop_incomparable(self, chosen: dict[str, Mention]) -> None:
        """一箱只有10个: more cannot have come than was ordered, so the two count different things."""
        ordered = chosen.get(ORDERED)
        for role in (RECEIVED, MISSING):
            other = chosen.get(role)
            if ordered and other and other.value > ordered.value and ordered.unit != other.unit:
                chosen.pop(ORDERED, None)

    def _best_unit(self, chosen: dict[str, Mention]) -> str | None:
        units = [chosen[role].unit for role in (MISSING, RECEIVED, ORDERED) if role in chosen]
        named = [unit for unit in units if unit]
        return next((unit for unit in named if unit not in self._general), named[0] if named else None)


def read(text: str) -> Quantities:
    """What ``text`` says was ordered, came and is missing, by the project's own words."""
    return read_mentions(text)[0]


def read_mentions(text: str) -> tuple[Quantities, list[Mention]]:
    """The same, with the places where it is said."""
    from bot.nlu.entities import find_entities  # spaCy: slow to import, and ``bare`` does without

    hidden = [(entity.start, entity.end) for entity in find_entities(text)]
    return _default().read(text, hidden)


def bare(text: str) -> tuple[int | None, str | None]:
    """Count and measure word of an answer that is nothing but a number; ``(None, None)`` for anything else."""
    return _default().bare(text)


@lru_cache(maxsize=1)
def _default() -> QuantityReader:
    return QuantityReader.load()


def _counted(row: _Row, index: int, amount: _Amount) -> bool:
    before = row.items[index - 1] if index else None
    after = row.items[index + 1] if index + 1 < len(row.items) else None
    beyond = row.items[index + 2] if index + 2 < len(row.items) else None
    tail = row.text[amount.end : amount.end + 1]
    closed = not tail or tail in _PARTICLES or (after is not None and after.start == amount.end)
    if not closed or _LATIN_BEFORE.search(row.text[max(0, amount.start - 2) : amount.start]):
        return False
    runs_on = (
        isinstance(after, _Cue)
        and after.start - amount.end <= 1
        and isinstance(beyond, _Amount)
        and beyond.start - after.end <= 1
    )
    if runs_on and isinstance(beyond, _Amount) and beyond.value is not None and amount.value is not None:
        said = row.text[after.start : after.end] if after else ""
        if said == "到" and beyond.value > amount.value:
            return False  # 1到2个: a range
    led = isinstance(before, _Cue) and before.kind not in {_SENTENCE_END, _CLAUSE_END}
    return runs_on or bool(led and before and amount.start - before.end <= 1)


def _derive(chosen: dict[str, Mention], unclear: set[str]) -> Mention | None:
    """The third count, when two are said and it can be."""
    absent = [role for role in ROLES if role not in chosen]
    if len(absent) != 1 or unclear:
        return None
    role = absent[0]
    known = list(chosen.values())
    if role == ORDERED:
        value = chosen[RECEIVED].value + chosen[MISSING].value
    else:
        value = chosen[ORDERED].value - chosen[MISSING if role == RECEIVED else RECEIVED].value
    if value < 0:
        return None
    start, end = min(m.start for m in known), max(m.end for m in known)
    return Mention(role, value, None, start, end, derived=True)


def _same(one: str | None, other: str | None) -> bool:
    return one is None or other is None or one == other


def _hide(text: str, spans: Sequence[tuple[int, int]]) -> str:
    for start, end in spans:
        text = text[:start] + _HIDDEN * (end - start) + text[end:]
    return text


def _is_words(value: object) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(word, str) and word for word in value)


def _alternatives(words: Any) -> str:
    return "|".join(map(re.escape, sorted(words, key=len, reverse=True)))
