"""A message as a row of amounts (两件) and cues (拍了, 就到, 少了)."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from bot.language.quantities.amounts import Amount
from bot.language.quantities.lexicon import Lexicon

SENTENCE_END, CLAUSE_END = "sentence", "clause"
ENDS = {**dict.fromkeys("。!?;…~", SENTENCE_END), **dict.fromkeys(",、:/|", CLAUSE_END)}
PARTICLES = "了咗吧啊呢吗呀哦的啦嘛哈诶 "
HIDDEN = "□"
_MAY_FOLLOW = frozenset(PARTICLES + "什怎咋") - {"的"}  # a bare number: 拍5发4什么意思
FARTHEST_CUE = 12  # characters between a cue and its amount: 收到的蓝色纯棉袜子两双
CLOSE = 2  # characters between an amount and what is said of it alone: 两瓶都碎了
LONGEST_NAME = 6
ALL = ("都", "也", "全", "全都")
NAME = re.compile(r"[\u4e00-\u9fff]+")
NO_NAME = re.compile(r"[的了那这呢啊呀]")
_NEAR = 12  # items; how far one looks for another amount
_LATIN_BEFORE = re.compile(r"[a-z0-9][ -]?$")


@dataclass(frozen=True, eq=False)
class Cue:
    kind: str
    start: int
    end: int


Item = Amount | Cue


@dataclass(frozen=True)
class Row:
    """A message as its amounts and cues, in order."""

    text: str
    typed: str  # before sums of money, dates and fixed phrases were hidden
    words: Lexicon
    items: list[Item] = field(default_factory=list)

    @cached_property
    def _ends(self) -> list[Cue]:
        return [item for item in self.items if isinstance(item, Cue) and is_end(item)]

    @cached_property
    def corrected(self) -> int:
        """Where the first correction begins (少一个，不对，少两个); the end of the text if there is none."""
        return next((item.start for item in self.items if is_cue(item, "corrections")), len(self.text))

    def word(self, cue: Cue) -> str:
        return self.text[cue.start : cue.end]

    def amounts(self) -> list[Amount]:
        return [item for item in self.items if isinstance(item, Amount)]

    def at(self, index: int) -> Item | None:
        return self.items[index] if 0 <= index < len(self.items) else None

    def left(self, index: int) -> list[Cue]:
        """The cues that may govern an amount: back to the last amount or the clause's beginning."""
        cues: list[Cue] = []
        for item in reversed(self.items[max(0, index - _NEAR) : index]):
            if isinstance(item, Amount) or is_end(item):
                break
            cues.append(item)
        return cues[::-1]

    def right(self, index: int) -> list[Cue]:
        """The cues behind an amount in its clause, when no other amount follows there."""
        cues: list[Cue] = []
        for item in self.items[index + 1 : index + _NEAR]:
            if isinstance(item, Amount):
                return []
            if is_end(item):
                break
            cues.append(item)
        return cues

    def next_amount(self, index: int, *, across: bool = False) -> int | None:
        """The next amount of the same sentence, or the next but ``across``, that is not just a container (60粒一瓶)."""
        for position in range(index + 1, min(len(self.items), index + _NEAR)):
            item = self.items[position]
            if isinstance(item, Amount) and not item.container and not self.tells_of_damage(position):
                return position
            if is_end(item, SENTENCE_END) and not across:
                return None
        return None

    def tells_of_damage(self, index: int) -> bool:
        item = self.items[index]  # 六个，碎了一个，还少一个; 六个里一个是碎的，还少一个
        if not isinstance(item, Amount) or item.roles:
            return False
        return is_cue(self.items[index - 1], "spoilt") or is_cue(self.at(index + 2), "spoilt")

    def amounts_before(self, index: int) -> list[Amount]:
        """The amounts of the same sentence before this item, the nearest first."""
        amounts: list[Amount] = []
        for item in reversed(self.items[max(0, index - _NEAR) : index]):
            if isinstance(item, Amount):
                amounts.append(item)
            elif item.kind == SENTENCE_END:
                break
        return amounts

    def clause(self, position: int) -> tuple[int, int]:
        """Start and end of the clause around a place in the text."""
        index = bisect_left(self._ends, position, key=lambda end: end.start)
        start = self._ends[index - 1].end if index else 0
        return start, self._ends[index].start if index < len(self._ends) else len(self.text)

    def first_in_clause(self, position: int) -> int:
        """Where the first item of that clause begins; before it stands what is spoken of."""
        index = bisect_left(self.items, self.clause(position)[0], key=lambda item: item.start)
        return self.items[index].start


def is_end(item: Item | None, *kinds: str) -> bool:
    return isinstance(item, Cue) and item.kind in (kinds or (SENTENCE_END, CLAUSE_END))


def is_cue(item: Item | None, *kinds: str) -> bool:
    return isinstance(item, Cue) and item.kind in kinds


def same_unit(one: str | None, other: str | None) -> bool:
    return one is None or other is None or one == other


def is_fewer(one: Item, other: Item) -> bool:
    if not isinstance(one, Amount) or not isinstance(other, Amount):
        return False
    return same_unit(one.unit, other.unit) and (one.value or 0) < (other.value or 0)


def is_described(row: Row, index: int, within: int) -> bool:
    """三个里有一个是空的: says what one is like, not how many came, so many characters behind."""
    behind = row.at(index + 1)
    close = behind is not None and behind.start - row.items[index].end <= within
    denied = is_cue(behind, "denied") and not isinstance(row.at(index + 2), Amount)  # 有一个不是我买的
    return close and (denied or is_cue(behind, "have", "other", "spoilt"))


def is_named(row: Row, amount: Amount) -> bool:
    """Is what it counts named in its own clause: 枕套就一个, 少了一个枕套?"""
    start, _ = row.clause(amount.start)
    before = NO_NAME.sub("", row.text[start : row.first_in_clause(amount.start)])
    return bool(NAME.match(before) or NAME.match(NO_NAME.sub("", row.text[amount.end : amount.end + 2])))


def read_row(typed: str, hidden: Sequence[tuple[int, int]], words: Lexicon) -> Row:
    """The items of a normalized text, but for what stands at the places that are hidden."""
    text = typed
    for start, end in hidden:
        text = text[:start] + HIDDEN * (end - start) + text[end:]
    text = words.ignore.sub(lambda match: HIDDEN * len(match[0]), text)
    row = Row(text, typed, words)
    row.items.extend(_items(text, words))
    # Without a measure word a number is a count only between cues (拍3到2), and never in 1到2天.
    bare = [i for i, item in enumerate(row.items) if isinstance(item, Amount) and not item.unit and not item.marked]
    for index in reversed([i for i in bare if not _counted(row, i)]):
        del row.items[index]
    return row


def _items(text: str, words: Lexicon) -> Iterator[Item]:
    start, led = 0, False
    while start < len(text):
        word = words.word_at(text, start)  # first: 一共 and 一看 are words before 一 is a number
        if offer := words.amounts.offer_at(text, start):
            word, end = None, offer.end
            yield offer
        elif word:
            end = start + len(word)
            if words.kinds[word] != "fillers":
                yield Cue(words.kinds[word], start, end)
        elif text[start] in ENDS:
            end = start + 1
            if text[start] != ":" or not led:  # 收到:4
                yield Cue(ENDS[text[start]], start, end)
        elif minus := words.amounts.minus_at(text, start):
            end = minus[1].end
            yield from minus
        elif amount := words.amounts.at(text, start):
            end = amount.end
            yield amount
        else:
            end = start + 1
        led = word is not None and words.kinds[word] != "fillers"
        start = end


def _counted(row: Row, index: int) -> bool:
    amount, before, after, beyond = row.items[index], row.at(index - 1), row.at(index + 1), row.at(index + 2)
    assert isinstance(amount, Amount)
    tail = row.text[amount.end : amount.end + 1]
    offered = (
        tail == "的" and before is not None and row.text[before.start : before.end] in row.words.bundles
    )  # 拍二发三的
    closed = not tail or offered or tail in _MAY_FOLLOW or (after is not None and after.start == amount.end)
    if not closed or _LATIN_BEFORE.search(row.text[max(0, amount.start - 2) : amount.start]):
        return False
    runs_on = isinstance(after, Cue) and after.start - amount.end <= 1
    if runs_on and after and isinstance(beyond, Amount) and beyond.start - after.end <= 1:
        ranged = row.text[after.start : after.end] == "到" and amount.value is not None  # 1到2个
        return not (ranged and (beyond.value or 0) > (amount.value or 0))
    if not isinstance(before, Cue) or is_end(before) or row.word(before) in row.words.weak:
        return False
    return amount.start - before.end <= 1
