"""A part of an item is missing, not the item: 炒锅到了，没有锅盖. The order tells which; no list need know the part."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from bot.claims.model import OrderLine
from bot.language import packs
from bot.language.parts import Lacking, bare, is_gift, is_part, lacking
from bot.understanding import matching

_STRETCH = re.compile(r"[\u4e00-\u9fff]+|[a-z]+")
_SURE = 0.6  # a word of two characters at least


@dataclass(frozen=True)
class Missing:
    """``names`` are parts of one unit of ``line``, or things of a set."""

    line: OrderLine
    names: tuple[str, ...]


def missing_parts(
    text: str, lines: Sequence[OrderLine], meant: Sequence[OrderLine], known: Iterable[str]
) -> Missing | None:
    """The parts that the text says are missing, and of which line; None when whole items are, or a number of them.

    Args:
        text: normalized.
        lines: of the order.
        meant: those that the text is about, as far as is known.
        known: words that the shop has for parts.
    """
    owners = [(thing.name, _owner(thing, text, lines, meant)) for thing in lacking(text)]
    named = [(_of_item(name, owner), owner) for name, owner in owners if owner]
    line = next((owner for _, owner in named), meant[0] if len(meant) == 1 else None)
    if line is None:
        return None
    own = packs.own_name(line.title)
    listed = [word for word in known if word in text and word not in own]
    names = _longest([*(name for name, owner in named if owner == line), *listed])
    things = packs.pack(line.title).things
    if not names or (things and {*things} <= {*names}):
        return None  # of a set nothing at all came
    return Missing(line, tuple(sorted(names, key=text.find)))


def named_lines(text: str, lines: Sequence[OrderLine]) -> list[OrderLine]:
    """The lines whose own kind is said to be missing: 弹力带 in 瑜伽垫那单少了带子."""
    missing = [thing.name for thing in lacking(text)]
    called = [line for line in lines if any(_is_called(name, line) for name in missing)]
    return called or [line for line in lines if any(_is_kind_of(name, line) for name in missing)]


def is_same(name: str, other: str) -> bool:
    """Two names of what may be one part: 礼盒 and 盒子."""
    return bool(set(name) & set(other))


def _owner(thing: Lacking, text: str, lines: Sequence[OrderLine], meant: Sequence[OrderLine]) -> OrderLine | None:
    """The line that it is a part of; None when it is an item itself, or may be anything."""
    for each in lines:
        holds = packs.pack(each.title)
        if thing.name in holds.parts or any(thing.name in whole for whole in holds.things):
            return each
    if any(_is_kind_of(thing.name, line) for line in lines):
        return None
    if is_gift(thing.name):
        return lines[0] if len(lines) == 1 and not lines[0].is_gift else None  # one that the order has no line for
    own = [line for line in lines if any(head in thing.name[:-1] for head in _heads(line))]  # 锅盖, of a 炒锅
    beside = thing.clause.replace(thing.name, "")
    called = [line for line in meant if any(head in beside for head in _heads(line))]  # 吉他, where there is a 吉他背带
    front = text.partition(thing.name)[0]  # 茶具少个茶漏: of the set, though there is tea beside it
    named = [line for line in meant if thing.stands_behind and matching.likeness(front, [line]) >= _SURE]
    line = next((those[0] for those in (named, own, meant, called, lines) if len(those) == 1), None)
    if line is None or thing.is_part:
        return line
    of_it = thing.stands_behind and matching.likeness(text.replace(thing.name, ""), [line])  # 水壶没有水垢网
    return line if of_it else None


def _of_item(name: str, line: OrderLine) -> str:
    """The part without the item that it is called by: 毛领 of 羽绒服毛领."""
    title = bare(line.title)
    owned = next((end for end in range(len(name) - 2, 1, -1) if name[:end] in title), 0)
    return name[owned:]


def _is_kind_of(name: str, line: OrderLine) -> bool:
    """Is that what the line is called, in its title or by another word? 盒子 is no toothbrush in a 礼盒."""
    title = bare(packs.own_name(line.title))
    if _is_called(name, line) or name in title:
        return True
    name = _of_item(name, line)  # 短袖, of 白色短袖
    if is_part(name) or set(name) & set(title):
        return False
    return matching.likeness(name, [line]) >= _SURE


def _is_called(name: str, line: OrderLine) -> bool:
    """By its last word: a 带子 is a 弹力带."""
    return name.removesuffix("子")[-1:] in _heads(line)


def _heads(line: OrderLine) -> set[str]:
    """The last character of every word of the title: 锅 of 不粘炒锅."""
    return {stretch[-1] for stretch in _STRETCH.findall(bare(packs.own_name(line.title)))}


def _longest(names: Iterable[str]) -> list[str]:
    """Without those that are only a piece of another: 螺丝 beside 螺丝包."""
    each = list(dict.fromkeys(names))
    return [name for name in each if not any(name != other and name in other for other in each)]
