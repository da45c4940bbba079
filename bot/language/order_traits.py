"""What an order is like, in the buyer's words: 前天买的, 73块的那单, 圆通的那个, 最贵的那单. Needs no Rasa.

No order is looked for here: ``bot.desk.orders`` holds the traits against those that the buyer has. The words are data,
``data/patterns/references.yml``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Any

from bot.language.dates import find_mentions
from bot.language.entities import find_entities
from bot.language.money import find_money
from bot.language.pattern_files import any_of, read_patterns
from bot.language.references import order_references
from bot.language.text import hide, normalize

_CLAUSE_END = re.compile(r"[,，。;；!！?？\n…]")
_REACH = 14  # characters between a trait and the order that has it: 花了一百二十八块五的那个订单
_DEED = 10  # characters between a day and what was done on it


@dataclass(frozen=True)
class OrderTraits:
    """Each empty or None where nothing was said of it.

    ``placed`` and ``came`` are days in Shanghai on which it was ordered, and signed for; ``sums`` are in fen.
    ``platform`` and ``state`` are values of the enumerations of ``bot.claims.model``; ``rank`` is one of newest,
    oldest, dearest, cheapest, latest_come. ``item_ids`` are what links to goods name.
    """

    placed: tuple[date, ...] = ()
    came: tuple[date, ...] = ()
    sums: tuple[int, ...] = ()
    couriers: tuple[str, ...] = ()
    signed_by: tuple[str, ...] = ()
    platform: str | None = None
    state: str | None = None
    split: bool = False
    rank: str | None = None
    item_ids: tuple[str, ...] = ()


def order_traits(text: str, today: date, *, asked: bool = False) -> OrderTraits:
    """What ``text`` says of the order that is meant.

    Args:
        text: as typed.
        today: the day in Shanghai.
        asked: it was asked which order it is, so that 前天的 and 73块的 need no 那单.
    """
    clean = normalize(text)
    placed, came = _days(clean, today, asked)
    before = clean if asked else "\n".join(_spoken_of(clean))
    named = {name: _named(name, before) for name in ("platforms", "states", "ranks")}
    return OrderTraits(
        placed=tuple(placed),
        came=tuple(came),
        sums=tuple(dict.fromkeys(_sums(before))) if before else (),
        couriers=tuple(e.value for e in find_entities(before) if e.label == "courier") if before else (),
        signed_by=tuple(_pattern("signed_by").findall(before)),
        platform=named["platforms"],
        state=named["states"],
        split=bool(_pattern("split").search(before)),
        rank=named["ranks"],
        item_ids=order_references(text).item_ids,
    )


def _days(clean: str, today: date, asked: bool) -> tuple[list[date], list[date]]:
    """A day tells an order where it is said what was done on it, or that it is the order's: 双十一那单."""
    placed: list[date] = []
    came: list[date] = []
    for mention in find_mentions(clean):
        day = mention.day(today) if mention.day else None
        behind = _CLAUSE_END.split(clean[mention.end : mention.end + _DEED])[0]
        deed = _deeds().search(behind)
        if day and (deed or asked):
            (came if deed and deed["came"] else placed).append(day)
    return placed, came


def _spoken_of(clean: str) -> Iterator[str]:
    """What stands before each 那单, and behind 金额, in its clause."""
    end = 0
    for noun in _pattern("order_noun").finditer(clean):
        yield _CLAUSE_END.split(clean[max(end, noun.start() - _REACH) : noun.end()])[-1]
        end = noun.end()
    for paid in _pattern("paid").finditer(clean):
        yield _CLAUSE_END.split(clean[paid.end() : paid.end() + _REACH])[0]


def _sums(before: str) -> Iterator[int]:
    counted = [(mention.start, mention.end) for mention in find_mentions(before)]
    yield from (money.fen for money in find_money(hide(before, counted), bare=True) if money.fen)


def _named(table: str, before: str) -> str | None:
    names: dict[str, Any] = read_patterns("references")[table]
    return next((name for name, words in names.items() if re.search(any_of(words), before)), None)


@cache
def _deeds() -> re.Pattern[str]:
    words = read_patterns("references")
    return re.compile(rf"(?P<came>{any_of(words['came'])})|{any_of(words['placed'])}|{any_of(words['order_noun'])}")


@cache
def _pattern(name: str) -> re.Pattern[str]:
    return re.compile(any_of(read_patterns("references")[name]))
