"""What an item's title says that one unit of it holds: pieces, weight, parts. Needs no Rasa.

茶具六件套 is six pieces, 猫粮500g*3袋 three of 1500 grams, 书架(含螺丝包) has a part with a name, 炒锅+锅铲套装 is made
of two things. What the title does not say, or says only about (约6个), is None. And what a buyer says of one pack, of
each, or of all together. The words are ``data/patterns/packs.yml``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from enum import Enum
from functools import cache, lru_cache

from bot.language.numbers import CHINESE_NUMERALS, to_decimal
from bot.language.pattern_files import any_of, read_patterns
from bot.language.text import normalize

_WHAT_IT_HOLDS = re.compile(r"[(（]|含")
_ONE_MORE = re.compile(rf"买[一1][送赠](?P<more>[1-9{CHINESE_NUMERALS}])")
_AND = re.compile(r"[、,+&/]|和|及|与")
_COUNT_BEFORE = re.compile(rf"^[0-9{CHINESE_NUMERALS}]+\s?[\u4e00-\u9fff](?=[\u4e00-\u9fff])")
_NAME = r"[\u4e00-\u9fff]{1,8}"
_GENERAL = frozenset("件个样")
_VOLUMES = frozenset("册本卷集部")
_SPOKEN = {"双": Decimal(2), "单": Decimal(1)}


@dataclass(frozen=True)
class Pack:
    """One unit of an item: how many pieces, what they weigh together in grams, and parts by name.

    ``measure``: what the title counts the pieces in. ``things``: what a set is made of, each sold as an item elsewhere.
    ``is_volumes``: 全6册 is what a series has; whether one unit is a volume or all of them, the title does not say.
    """

    pieces: int | None = None
    grams: int | None = None
    parts: tuple[str, ...] = ()
    measure: str | None = None
    things: tuple[str, ...] = ()
    is_volumes: bool = False


@dataclass(frozen=True)
class SaidSet:
    """A set as a buyer speaks of it: 六件套 is 6 and 件; ``end`` is where that stands in the text."""

    pieces: int
    measure: str
    end: int

    def is_of(self, title: str) -> bool:
        """Does one unit of that hold so many of those? 六件套 is no series of 全6册."""
        holds = pack(title)
        if holds.pieces != self.pieces or holds.is_volumes is not (self.measure in _VOLUMES):
            return False
        return holds.is_volumes or holds.measure == self.measure or bool({holds.measure, self.measure} & _GENERAL)


class Of(Enum):
    """What the figures of a message are said of."""

    ONE = "one"  # 有一包只有两条
    EACH = "each"  # 两包都只有两条
    ALL = "all"  # 一共才五条


@dataclass(frozen=True)
class _Amount:
    pieces: Decimal | None
    grams: Decimal | None
    measure: str | None


@lru_cache(maxsize=1024)
def pack(title: str) -> Pack:
    """What the title says of one unit."""
    clean = normalize(title)
    free = _ONE_MORE.search(clean)
    clean = _ONE_MORE.sub(" ", clean)
    amounts = list(_amounts(_grammar().part.sub(" ", clean)))
    counted = next((amount for amount in amounts if amount.pieces), None)
    count, measure = (counted.pieces, counted.measure) if counted else (None, None)
    grams = next((amount.grams for amount in amounts if amount.grams), None)
    if free and (more := to_decimal(free["more"])):
        count, grams = (count or Decimal(1)) * (1 + more), grams and grams * (1 + more)
    pieces = _whole(count)
    return Pack(
        pieces,
        _whole(grams),
        tuple(dict.fromkeys(_parts(clean))),
        measure if pieces else None,
        _things(clean),
        is_volumes=bool(pieces and _grammar().volumes.search(clean)),
    )


def pieces(title: str) -> int | None:
    """How many pieces one unit has; None where the title does not say."""
    return pack(title).pieces


def said_of(text: str) -> Of | None:
    """Whether the message speaks of one pack, of each, or of all of them; None where it does not say."""
    clean = normalize(text)
    return next((of for of, cue in _grammar().said_of.items() if cue.search(clean)), None)


def said_set(text: str) -> SaidSet | None:
    """The set that a buyer speaks of by the number of its pieces (六件套, 双只装, 全6册, 一套五根); None if of none."""
    for said in _grammar().said_set.finditer(normalize(text)):
        number, measure = (part for part in said.groups() if part)
        pieces = _whole(_SPOKEN.get(number) or to_decimal(number))
        if pieces and pieces > 1:
            return SaidSet(pieces, measure, said.end())
    return None


def says_share(text: str) -> bool:
    """Is a part of one unit said to be missing (洒了一半, 少半包)? How much that is, nobody has counted."""
    return bool(_grammar().share.search(normalize(text)))


def says_incomplete(text: str) -> bool:
    """不成套, 少了几个: some of what one unit holds, and not how many."""
    return bool(_grammar().incomplete.search(normalize(text)))


def holds_pieces(measure: str | None) -> bool:
    """Is that the measure word of a pack (包, 盒, 套) rather than of what is in it?"""
    return measure in read_patterns("packs")["packs"].split()


def own_name(title: str) -> str:
    """The title without what it says the item contains: 书架 of 书架(含螺丝包)."""
    return _WHAT_IT_HOLDS.split(title)[0]


class _Grammar:
    def __init__(self) -> None:
        words = {
            name: any_of(entries)
            for name, entries in read_patterns("packs").items()
            if name not in ("said_of", "said_set")
        }
        units, weights, sheets = words["units"], words["weights"], words["sheets"]
        whole = r"(?=$|\W|[x×*]\s?[0-9])"
        # A Chinese numeral needs its 装 or 套: 三只松鼠 is a name.
        self.amount = re.compile(
            rf"(?<![0-9.a-z-])(?P<about>约)?(?:(?P<number>[0-9]+(?:\.[0-9]+)?)\s?"
            rf"(?:(?P<weight>{weights})(?![a-wyz])|(?P<sheet>{sheets})(?![a-wyz])|(?P<unit>{units})(?:[装套]|{whole})|色(?=礼盒|套装))"
            rf"|(?P<spoken>[{CHINESE_NUMERALS}]+|双|单)"
            rf"(?:(?P<spoken_weight>{weights})装|(?P<spoken_unit>{units})(?:[装套](?!装)|(?<=册)|(?=/))|色(?=礼盒|套装)))装?"
        )
        self.times = re.compile(
            rf"\s?[*x×]\s?(?P<number>[0-9]+)\s?(?:(?P<sheet>{sheets})(?![a-wyz])|(?P<unit>{units}))?"
        )
        # 24瓶/箱 says what one is, 750g/30包 how many the weight is shared by.
        self.each = re.compile(rf"/(?:(?P<number>[0-9]+)(?P<unit>{units})|(?:{units}))")
        self.another = re.compile(rf"(?:{words['not_its_weight']})\s?$")
        self.part = re.compile(
            rf"(?<![配派发赠附内运所])(?:{words['holds']})(?P<plain>[^\s()\[\]【】;。]{{1,20}})"
            rf"|\((?:{words['holds_in_brackets']})(?P<within>[^()]{{1,20}})(?=\))"
        )
        self.no_part = re.compile(words["no_part"])
        self.things = re.compile(rf"({_NAME}(?:\+{_NAME})+)")
        self.set = re.compile(rf"(?:{words['set']})+$")
        self.volumes = re.compile(rf"全(?:[0-9]+|[{CHINESE_NUMERALS}]+)(?:{words['volumes']})")
        numbers = f"(?:[0-9]+|[{CHINESE_NUMERALS}]+)"
        sets = read_patterns("packs")["said_set"]
        self.said_set = re.compile(
            any_of([way.format(number=numbers, units=units, volumes=words["volumes"]) for way in sets])
        )
        self.share, self.incomplete = re.compile(words["share"]), re.compile(words["incomplete"])
        names = {"packs": words["packs"], "number": numbers}
        self.said_of = {
            Of(of): re.compile(any_of([cue.format(**names) for cue in read_patterns("packs")["said_of"][of]]))
            for of in (of.value for of in Of)
        }


@cache
def _grammar() -> _Grammar:
    return _Grammar()


def _parts(clean: str) -> Iterator[str]:
    for match in _grammar().part.finditer(clean):
        for name in _AND.split(match["plain"] or match["within"]):
            part = _COUNT_BEFORE.sub("", name)
            if part and not _grammar().no_part.fullmatch(part):
                yield part


def _things(clean: str) -> tuple[str, ...]:
    """炒锅 and 锅铲 of 炒锅+锅铲套装; what comes with a part of its own (配充电器+刷头) is no set."""
    grammar = _grammar()
    found = grammar.things.search(grammar.part.sub(" ", clean))
    return tuple(grammar.set.sub("", name) for name in found[1].split("+")) if found else ()


def _amounts(clean: str) -> Iterator[_Amount]:
    """Pieces and grams of each amount with what it is multiplied by: 500g*3袋."""
    grammar = _grammar()
    end = 0
    for first in grammar.amount.finditer(clean):
        if first.start() < end or first["about"]:
            continue
        end = first.end()
        number = _SPOKEN.get(first["spoken"] or "") or to_decimal(first["number"] or first["spoken"])
        weight = first["weight"] or first["spoken_weight"]
        weighs = weight and not grammar.another.search(clean[: first.start()])
        grams = number * read_patterns("packs")["weights"][weight] if number and weighs else None
        count = None if weight or first["sheet"] else number
        measure = first["unit"] or first["spoken_unit"]
        while more := grammar.times.match(clean, end) or grammar.each.match(clean, end):
            end = more.end()
            if more["number"] and "/" in more[0]:
                count, measure = Decimal(more["number"]), more["unit"]
            elif more["number"]:
                grams = grams and grams * int(more["number"])
                measure = measure or more["unit"]
                count = count if more["sheet"] else (count or Decimal(1)) * int(more["number"])
        yield _Amount(count, grams, measure)


def _whole(number: Decimal | int | None) -> int | None:
    return int(number) if number and number == int(number) else None
