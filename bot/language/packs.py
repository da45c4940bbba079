"""What an item's title says that one unit of it holds: pieces, weight, parts. Needs no Rasa.

茶具六件套 is six pieces, 猫粮500g*3袋 three of 1500 grams, 书架(含螺丝包) has a part with a name. What the title does
not say, or says only about (约6个), is None. The words are ``data/patterns/packs.yml``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from functools import cache, lru_cache

from bot.language.numbers import CHINESE_NUMERALS, to_decimal
from bot.language.pattern_files import any_of, read_patterns
from bot.language.text import normalize

_WHAT_IT_HOLDS = re.compile(r"[(（]|含")
_ONE_MORE = re.compile(rf"买[一1][送赠](?P<more>[1-9{CHINESE_NUMERALS}])")
_AND = re.compile(r"[、,+&/]|和|及|与")
_COUNT_BEFORE = re.compile(rf"^[0-9{CHINESE_NUMERALS}]+\s?[\u4e00-\u9fff](?=[\u4e00-\u9fff])")
_SPOKEN = {"双": Decimal(2), "单": Decimal(1)}


@dataclass(frozen=True)
class Pack:
    """One unit of an item: how many pieces, what they weigh together in grams, and parts by name."""

    pieces: int | None = None
    grams: int | None = None
    parts: tuple[str, ...] = ()


@lru_cache(maxsize=1024)
def pack(title: str) -> Pack:
    """What the title says of one unit."""
    clean = normalize(title)
    free = _ONE_MORE.search(clean)
    clean = _ONE_MORE.sub(" ", clean)
    amounts = list(_amounts(_grammar().part.sub(" ", clean)))
    count = next((pieces for pieces, _ in amounts if pieces), None)
    grams = next((grams for _, grams in amounts if grams), None)
    if free and (more := to_decimal(free["more"])):
        count, grams = (count or Decimal(1)) * (1 + more), grams and grams * (1 + more)
    return Pack(_whole(count), _whole(grams), tuple(dict.fromkeys(_parts(clean))))


def pieces(title: str) -> int | None:
    """How many pieces one unit has; None where the title does not say."""
    return pack(title).pieces


def own_name(title: str) -> str:
    """The title without what it says the item contains: 书架 of 书架(含螺丝包)."""
    return _WHAT_IT_HOLDS.split(title)[0]


class _Grammar:
    def __init__(self) -> None:
        words = {name: any_of(entries) for name, entries in read_patterns("packs").items()}
        units, weights, sheets = words["units"], words["weights"], words["sheets"]
        whole = r"(?=$|\W|[x×*]\s?[0-9])"
        # A Chinese numeral needs its 装 or 套: 三只松鼠 is a name.
        self.amount = re.compile(
            rf"(?<![0-9.a-z-])(?P<about>约)?(?:(?P<number>[0-9]+(?:\.[0-9]+)?)\s?"
            rf"(?:(?P<weight>{weights})(?![a-wyz])|(?P<sheet>{sheets})(?![a-wyz])|(?:{units})(?:[装套]|{whole})|色(?=礼盒|套装))"
            rf"|(?P<spoken>[{CHINESE_NUMERALS}]+|双|单)"
            rf"(?:(?P<spoken_weight>{weights})装|(?:{units})(?:[装套](?!装)|(?<=册)|(?=/))|色(?=礼盒|套装)))装?"
        )
        self.times = re.compile(rf"\s?[*x×]\s?(?P<number>[0-9]+)\s?(?:(?P<sheet>{sheets})(?![a-wyz])|(?:{units}))?")
        # 24瓶/箱 says what one is, 750g/30包 how many the weight is shared by.
        self.each = re.compile(rf"/(?:(?P<number>[0-9]+)(?:{units})|(?:{units}))")
        self.another = re.compile(rf"(?:{words['not_its_weight']})\s?$")
        self.part = re.compile(
            rf"(?<![配派发赠附内运所])(?:{words['holds']})(?P<plain>[^\s()\[\]【】;。]{{1,20}})"
            rf"|\((?:{words['holds_in_brackets']})(?P<within>[^()]{{1,20}})(?=\))"
        )
        self.no_part = re.compile(words["no_part"])


@cache
def _grammar() -> _Grammar:
    return _Grammar()


def _parts(clean: str) -> Iterator[str]:
    for match in _grammar().part.finditer(clean):
        for name in _AND.split(match["plain"] or match["within"]):
            part = _COUNT_BEFORE.sub("", name)
            if part and not _grammar().no_part.fullmatch(part):
                yield part


def _amounts(clean: str) -> Iterator[tuple[Decimal | None, Decimal | None]]:
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
        while more := grammar.times.match(clean, end) or grammar.each.match(clean, end):
            end = more.end()
            if more["number"] and "/" in more[0]:
                count = Decimal(more["number"])
            elif more["number"]:
                grams = grams and grams * int(more["number"])
                count = count if more["sheet"] else (count or Decimal(1)) * int(more["number"])
        yield count, grams


def _whole(number: Decimal | int | None) -> int | None:
    return int(number) if number and number == int(number) else None
