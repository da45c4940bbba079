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
from itertools import pairwise
from pathlib import Path
from typing import Any

import yaml

from bot.nlu.numbers import CHINESE_NUMERALS, to_int
from bot.nlu.text import normalize

DEFAULT_WORDS = Path(__file__).resolve().parents[2] / "data" / "patterns" / "quantities.yml"

ORDERED, RECEIVED, MISSING = "ordered", "received", "missing"
ROLES = (ORDERED, RECEIVED, MISSING)

_CUES = (
    *("due", "ordered", "claimed", "received", "turns", "missing", "have"),
    *("gifts", "other", "denied", "corrections", "fillers"),
)
_LISTS = (
    *(*_CUES, "units", "weights", "general_units", "containers", "not_goods", "gift_words", "bundles", "about_before"),
    *("about_after", "singled_out", "rest", "asked_after", "each", "ignore"),
)
_DOZEN = 12
_FARTHEST_CUE = 12  # characters between a cue and its amount: 收到的蓝色纯棉袜子两双
_FARTHEST_ABSENCE = 8  # characters between an amount and "没发": 两双蓝色纯棉袜子没发
_HIDDEN = "□"
_SET = "套"  # 三件套
_BOTTLE = "瓶"  # packs pills (60粒一瓶), though bottles are mostly counted themselves
_SENTENCE_END, _CLAUSE_END = "sentence", "clause"
_ENDS = {**dict.fromkeys("。!?;…~", _SENTENCE_END), **dict.fromkeys(",、:", _CLAUSE_END)}
_PARTICLES = "了咗吧啊呢吗呀哦的啦嘛哈诶 "
_ALL = ("都", "也", "全", "全都")
_AND = re.compile(r"(?:和|跟|以及|加|还有|、|,)$")
_TOGETHER = re.compile(r"(?:和|跟|以及|加|、)$")
_PRICE_OF = re.compile(r"的(?:钱|价|货款|款)")
_ALL_ARRIVED = re.compile(r"[^,。!?;…~]{0,8}?(?:都|全|全都)(?:已经)?(?:收到|到)货?了?(?=[,。!;…~ ]|$)")
_LIKELY_A_PRICE = 100  # 买了199，少一件
_LATIN_BEFORE = re.compile(r"[a-z0-9][ -]?$")
_NUMBER_EDGE = r"(?:(?<![0-9a-z.=])(?<![0-9][-~])|(?<=[^a-z]x)(?<![0-9]x)|(?<=^x))"


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
    half: bool = False  # 一半, of the amount before
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
        """The next amount of the same sentence that is not just a container (60粒一瓶)."""
        for position in range(index + 1, min(len(self.items), index + 12)):
            item = self.items[position]
            if isinstance(item, _Amount) and not item.container:
                return position
            if isinstance(item, _Cue) and item.kind == _SENTENCE_END:
                return None
        return None

    def amounts_before(self, index: int) -> list[_Amount]:
        """The amounts of the same sentence before this item, the nearest first."""
        amounts: list[_Amount] = []
        for item in reversed(self.items[max(0, index - 12) : index]):
            if isinstance(item, _Amount):
                amounts.append(item)
            elif item.kind == _SENTENCE_END:
                break
        return amounts

    def clause(self, position: int) -> str:
        """The clause around a place in the text."""
        start, end = 0, len(self.text)
        for item in self.items:
            if isinstance(item, _Cue) and item.kind in {_SENTENCE_END, _CLAUSE_END}:
                if item.start >= position:
                    end = item.start
                    break
                start = item.end
        return self.text[start:end]


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
        self._weights = frozenset(words["weights"])
        self._bundles = frozenset(words["bundles"])
        self._not_goods = tuple(words["not_goods"])
        self._gift_words = tuple(words["gift_words"])
        self._about_before, self._about_after = tuple(words["about_before"]), tuple(words["about_after"])
        self._singled_out = tuple(words["singled_out"])
        try:
            self._ignore = re.compile("|".join(f"(?:{pattern})" for pattern in words["ignore"]))
        except re.error as error:
            raise WordsError(f"{source}: ignore: no regular expression: {error}") from error
        units = _alternatives(words["units"]).replace("只", "只(?![到来收发给剩])")  # 袜子x3只到2双: 只 means "only"
        weights = _alternatives(words["weights"])
        units += rf"|(?:{weights})(?![0-9{CHINESE_NUMERALS}半])"  # 2斤3两 is no whole number
        number = (
            rf"{_NUMBER_EDGE}(?:[0-9]{{1,3}}(?:,[0-9]{{3}})+(?![0-9,])|[0-9]{{1,7}}(?![0-9])[百千万]?)(?!\.[0-9])"
            rf"|[{CHINESE_NUMERALS}]+|俩|仨|半(?=打)"
        )
        amount = rf"(?P<number>{number})(?P<vague>来|多|几)?\s?[大小整]?(?P<unit>{units})?"
        no, verbs = _alternatives(absent["negations"]), _alternatives(absent["verbs"])
        absence = rf"(?:{no})(?:有|能|还|给我|跟我)?(?:{verbs})|{_alternatives(absent['words'])}"
        # At one place the longer word wins; 一共 and 一看 are words before 一 is a number.
        self._item = re.compile(
            rf"(?P<fixed>{_alternatives(self._kinds)})|(?P<absent>{absence})|(?P<half>一半)|{amount}|(?P<end>[{''.join(_ENDS)}])"
        )
        self._absence = re.compile(absence)
        self._rest = re.compile(rf"(?<![只就才仅])(?:{_alternatives(words['rest'])})$")
        self._asked_after = re.compile(rf"[^{''.join(_ENDS)}]{{0,6}}?(?:{_alternatives(words['asked_after'])})")
        self._each = re.compile(rf"(?:每一?(?:{units})(?:里面?)?都?|{_alternatives(words['each'])})$")
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
            if isinstance(item, _Amount) and item.half:
                self._halve(row, index, item)
            if isinstance(item, _Amount) and item.of_goods and item.value is not None:
                self._judge(row, index, item)
        self._correct(row)
        self._unbundle(row)
        self._drop_asked(row)
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
            elif match["half"]:
                vague = text.startswith((*self._about_after, "多"), end)
                yield _Amount(None, None, start, end, marked=True, half=not vague)
            else:
                about = match["vague"] or self._is_about(text, start, end)
                value, unit = self._count(match["number"], match["unit"])
                yield _Amount(
                    value=None if about else value,
                    unit=unit,
                    start=start,
                    end=end,
                    marked=match["number"] in {"俩", "仨"}
                    or match["unit"] == "打"
                    or text[start - 1 : start] in {"x", "×", "*"},
                    of_goods=not text.startswith(self._not_goods, end),
                )

    def _is_about(self, text: str, start: int, end: int) -> bool:
        return text.endswith(self._about_before, max(0, start - 4), start) or text.startswith(self._about_after, end)

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
        if isinstance(before, _Amount) and self._is_packing(row.text, before, amount):
            amount.container = True
            return
        if isinstance(before, _Amount) and self._holds(before, amount):
            before.container, before.roles, cues = True, (), row.left(index - 1)
        while cues and cues[-1].kind == "corrections":
            cues.pop()
        near = cues[-1] if cues and amount.start - cues[-1].end <= _FARTHEST_CUE else None
        absence = self._absence_behind(row, index, amount)
        if self._is_per_each(row, index, amount) and not (near and near.kind == MISSING):
            amount.of_goods = False
        elif self._is_asked_after(row, index, amount):
            amount.roles = (MISSING,)
        elif absence is not None:
            self._judge_absent(row, amount, near, everything=absence.endswith(_ALL))
        else:
            self._judge_by_cues(row, amount, cues, near)
        if MISSING in amount.roles and near and near.kind == MISSING:
            self._multiply(row, index, amount, near)

    def _judge_by_cues(self, row: _Row, amount: _Amount, cues: list[_Cue], near: _Cue | None) -> None:
        """Decide by the words before an amount: 收到 两件."""
        kind = near.kind if near else None
        promised = any(cue.kind == "due" for cue in cues)
        if promised and near and kind == "other" and row.text[near.start] == "送":
            kind = "due"  # 说好送两个
        if kind in {"denied", "other", "gifts"} or (kind == MISSING and len(cues) > 1 and cues[-2].kind == "denied"):
            amount.of_goods = False
        elif _PRICE_OF.match(row.text, amount.end):
            amount.roles = (ORDERED,)
        elif kind == MISSING or kind == "absent":
            amount.roles = (MISSING,)
        elif any(cue.kind == "claimed" for cue in cues) or row.text.startswith(_SET, amount.end):
            return  # 说发了五包; 三件套 is one: how many were ordered only if the next amount says so
        elif promised:
            amount.roles = (ORDERED,)
        elif kind == ORDERED and _ALL_ARRIVED.match(row.text, amount.end):
            amount.roles = (ORDERED, RECEIVED)
        elif kind in {ORDERED, RECEIVED}:
            amount.roles = (str(kind),)
        elif kind == "have" and len(cues) > 1 and cues[-2].kind == RECEIVED:
            amount.roles = () if self._is_described(row, row.items.index(amount)) else (RECEIVED,)
        elif kind == "have" and any(cue.kind == ORDERED for cue in cues):
            amount.roles = (ORDERED,)
        elif near and kind == "turns" and near.end == amount.start and self._is_less(row, amount):
            amount.roles = (RECEIVED,)

    def _is_less(self, row: _Row, amount: _Amount) -> bool:
        """说是5件，怎么4件: fewer than were said to be ordered just before."""
        earlier = row.amounts_before(row.items.index(amount))
        return bool(earlier) and earlier[0].roles == (ORDERED,) and (earlier[0].value or 0) > (amount.value or 0)

    def _is_packing(self, text: str, before: _Amount, amount: _Amount) -> bool:
        """60粒一瓶: the 一瓶 only says how they are packed."""
        return (
            amount.value == 1
            and amount.start - before.end <= 1
            and amount.unit in self._containers | {_BOTTLE}
            and before.unit not in self._containers
            and before.unit is not None
            and text[amount.end : amount.end + 1] not in {"都", "也", "没", "少", "只", "就"}
        )

    def _is_asked_after(self, row: _Row, index: int, amount: _Amount) -> bool:
        """剩下的两件什么时候发, 另一只呢; but not 还有两件什么时候能退."""
        rest = self._rest.search(row.text[max(0, amount.start - 6) : amount.start])
        following = row.items[index + 1] if index + 1 < len(row.items) else None
        wished = isinstance(following, _Cue) and following.kind == "other"
        return bool(rest) and not wished and bool(self._asked_after.match(row.text, amount.end))

    def _multiply(self, row: _Row, index: int, amount: _Amount, near: _Cue) -> None:
        """两盒各少一片 are two; 每盒少一片 is for the order to say."""
        each = self._each.search(row.text[max(0, near.start - 6) : near.start])
        if not each:
            return
        said_from = max(0, near.start - 6) + each.start()
        earlier = [other for other in row.amounts_before(index) if other.of_goods and other.start < said_from]
        if len(earlier) == 1 and earlier[0].value and amount.value and not earlier[0].half:
            amount.value *= earlier[0].value
            earlier[0].container, earlier[0].roles = True, ()
        elif earlier or each[0] != "都":  # 总是都少一件 is no multiple
            amount.of_goods = False

    def _halve(self, row: _Row, index: int, amount: _Amount) -> None:
        """买了10个少了一半: half of what was said before, when it can be halved."""
        earlier = row.amounts_before(index)
        if earlier and earlier[0].of_goods and earlier[0].value and earlier[0].value % 2 == 0:
            amount.value, amount.unit = earlier[0].value // 2, earlier[0].unit

    def _correct(self, row: _Row) -> None:
        """少了3个，哦不，4个: the amount right after a correction counts what the one before did."""
        roles: tuple[str, ...] = ()
        corrected = -_FARTHEST_CUE
        for item in row.items:
            if isinstance(item, _Amount):
                if not item.roles and item.of_goods and item.start - corrected <= 2:
                    item.roles = roles
                roles = item.roles or roles
            elif item.kind == "corrections" and row.text.endswith((*_ENDS, " "), 0, item.start):
                corrected = item.end

    def _drop_asked(self, row: _Row) -> None:
        """发的是2件吗, 收到三件？我只收到两件: asked, or quoted, and so not said to have come."""
        amounts = [item for item in row.items if isinstance(item, _Amount) and item.roles == (RECEIVED,)]
        for amount in amounts:
            echoed = row.text.startswith("?", amount.end) and amount is not amounts[-1]
            if echoed or row.text.startswith("吗", amount.end):
                amount.of_goods = False

    def _unbundle(self, row: _Row) -> None:
        """拍一发三, 买一箱到手48包: an offer, by which the second number is ordered."""
        amounts = [item for item in row.items if isinstance(item, _Amount)]
        for one, many in pairwise(amounts):
            offered = row.text[one.end : many.start] in self._bundles and one.roles == (ORDERED,) and one.value == 1
            if offered and many.roles == (RECEIVED,) and (one.unit is None or one.unit != many.unit):
                one.container, one.roles, many.roles = True, (), (ORDERED,)

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
        if kind in {"other", "denied"} or amount.unit in self._weights:  # 10斤大米没发 is one sack
            amount.of_goods = False
        elif everything and kind == ORDERED:
            amount.roles = (ORDERED, MISSING)
        elif everything and amount.value == 1:
            amount.roles, amount.zero = (RECEIVED,), True
        elif kind == ORDERED:
            amount.roles = (ORDERED,)
        elif near is not None and kind == RECEIVED and amount.start - near.end <= 1:
            return
        elif amount.value != 1 or kind in {MISSING, "due", "gifts"} or self._is_singled_out(row.text, amount):
            amount.roles = (MISSING,)

    def _is_singled_out(self, text: str, amount: _Amount) -> bool:
        return text[max(0, amount.start - 4) : amount.start].rstrip().endswith(self._singled_out)

    def _topics(self, row: _Row) -> None:
        """三件只来了俩, 10个里有3个没有: an amount about which the next one says something was ordered."""
        for index in range(len(row.items) - 1, -1, -1):
            topic = row.items[index]
            if not isinstance(topic, _Amount) or topic.roles or topic.value is None:
                continue
            if topic.container or not topic.of_goods or row.text.endswith("其中", 0, topic.start):
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
                if _same(topic.unit, said.unit) and said.value < topic.value and not self._is_described(row, position):
                    said.roles = (RECEIVED,)  # 12瓶里有10瓶
            if _TOGETHER.search(row.text[topic.end : said.start]) or _ALL_ARRIVED.match(row.text, topic.end):
                continue  # 碗四个都到了，勺子少一把: said of another thing
            counts = said.roles in {(RECEIVED,), (MISSING,)}
            if counts and (said.zero or (said.value is not None and said.value <= topic.value)):
                topic.roles = (ORDERED,)

    def _is_described(self, row: _Row, index: int) -> bool:
        """三个里有一个是空的: says what one is like, not how many came."""
        following = row.items[index + 1] if index + 1 < len(row.items) else None
        return isinstance(following, _Cue) and following.kind in {"have", "other"}

    def _lists_several(self, row: _Row) -> bool:
        """少了2双袜子和1条毛巾: several things are missing, and no single count says how many."""
        missing = [i for i in row.items if isinstance(i, _Amount) and i.of_goods and MISSING in i.roles]
        units = {amount.unit for amount in missing if amount.unit} - self._general
        differ = len({amount.unit for amount in missing if amount.unit}) > 1 and len({a.value for a in missing}) > 1
        if (len(units) > 1 or differ) and not any(isinstance(i, _Cue) and i.kind == "corrections" for i in row.items):
            return True
        previous: _Amount | None = None
        for item in row.items:
            if not isinstance(item, _Amount) or not item.of_goods or item.unit in self._weights:
                continue
            between = row.text[previous.end : item.start] if previous else ""
            explains = row.text.startswith((*_ALL, "里"), item.end)  # 少了两件，一件都没补
            joined = previous is not None and not explains and bool(_AND.search(between[-20:]))
            if joined and previous and MISSING in previous.roles and not item.roles:
                return True
            said_absent = item.zero or MISSING in item.roles
            if previous and not previous.roles and said_absent and _TOGETHER.search(between):
                return True  # 两包纸和一瓶油都没到
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
        self._drop_incomparable(row, chosen)
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
            elif mention.unit in self._weights or unit in self._weights:
                continue
            elif _same(mention.unit, unit) or mention.unit in self._general or unit in self._general:
                fitting.append(mention)
        return fitting

    def _drop_incomparable(self, row: _Row, chosen: dict[str, Mention]) -> None:
        """一箱只有10个: more cannot have come than was ordered, so the two count different things.

        So do a price and a count (买了199，少一件), goods and gifts (买了三件，少一个赠品), and what does not add up.
        """
        ordered, missing = chosen.get(ORDERED), chosen.get(MISSING)
        if missing and self._is_gift(row, missing):
            for role in (ORDERED, RECEIVED):
                if role in chosen and not self._is_gift(row, chosen[role]):
                    del chosen[role]
        if ordered and not ordered.unit and ordered.value >= _LIKELY_A_PRICE and any(m.unit for m in chosen.values()):
            chosen.pop(ORDERED, None)
        if len(chosen) == len(ROLES) and chosen[ORDERED].value != chosen[RECEIVED].value + chosen[MISSING].value:
            del chosen[ORDERED], chosen[RECEIVED]
        for role in (RECEIVED, MISSING):
            other = chosen.get(role)
            if ordered and other and other.value > ordered.value and ordered.unit != other.unit:
                chosen.pop(ORDERED, None)

    def _is_gift(self, row: _Row, mention: Mention) -> bool:
        clause = row.clause(mention.start)
        return any(word in clause for word in self._gift_words)

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
    closed = not tail or (tail in _PARTICLES and tail != "的") or (after is not None and after.start == amount.end)
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
