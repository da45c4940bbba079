"""From what a buyer says to what the claim states. Pure: a claim and a message in, a claim and a remark out."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import Enum
from typing import Any

from bot.claims.model import Claim, ClaimLine, Order, OrderLine, Shortage, Unit
from bot.claims.shop import Words
from bot.language import packs
from bot.language.parts import lacking
from bot.understanding import matching, pieces
from bot.understanding.parts import Missing, is_same, missing_parts, named_lines

# 瑜伽垫那单, 炒锅的单子: the order, not the item.
_WHICH_ORDER = re.compile(r"[^,.。!?;\s]*?(?:[那这](?:一|个|笔)*(?:单|订单)|的?(?:单子|订单))")
# 泳衣套装泳镜没有: what the set is called by, where something in it is named.
_WHICH_SET = re.compile(r"[^,.。!?;\s]*?(?:套装|[那这一整]套)的?")


_KINDS = ("样", "种")
_BESIDES = re.compile(r"[还仲另]有")  # 仲有笔芯，都争6根: says of nothing that it is there


class Asked(str, Enum):
    """The question that the buyer's message may be the answer to."""

    ORDER = "order_id"
    ITEM = "item"
    MISSING = "missing"


@dataclass(frozen=True)
class Weighed:
    """Grams that were said, and the unit of weight that they were said in."""

    ordered: int | None
    received: int | None
    missing: int | None
    measure: str | None


@dataclass(frozen=True)
class Heard:
    """What the NLU read in one message. Numbers are counts; ``number`` is an answer that is a bare number."""

    text: str
    order_id: str | None = None
    products: tuple[str, ...] = ()
    ordered: int | None = None
    received: int | None = None
    missing: int | None = None
    in_one_pack: int | None = None  # 有一包里面才两条; 0: 有一包里面是空的
    number: int | None = None
    ordinal: int | None = None  # 第二个, or a bare 2: the place in a list that was offered; -1 is the last
    tail: str | None = None  # the last digits of an order number, "尾号4567"
    measure: str | None = None  # the measure word of the counts
    weighed: Weighed | None = None  # what the buyer's scales say, beside any counts
    sku: str | None = None  # where it is certain which line is meant
    adds: bool = False  # said in one breath with what the claim has just learned: it comes besides, and undoes nothing
    corrects: bool = False  # it puts right what was said or understood
    none_came: bool = False  # 两样都没, 一个也没到: whatever they are


@dataclass(frozen=True)
class Excess:
    """The buyer's figure does not fit the order: asked about, not accepted."""

    title: str
    ordered: int
    claimed: int
    measure: str = "件"


def learn(
    claim: Claim, heard: Heard, order: Order | None, words: Words, asked: Asked | None = None
) -> tuple[Claim, Excess | None]:
    """Take up what the message says about item and quantity.

    What it does not say stays as it was. ``asked`` gives a bare number its meaning.
    """
    if any(word in heard.text for word in words.torn):
        claim = replace(claim, box_torn=True)
    if order is None:
        return _learn_words(claim, heard, words), None
    claim = replace(claim, platform=order.platform, order_id=order.order_id)
    heard = _with_earlier_words(claim, heard)
    if heard.measure in _KINDS and heard.ordered == len(order.lines):
        heard = replace(heard, ordered=None)  # 一起买的两样, of an order that has two: no count of either
    if any(word in heard.text for word in words.empty):
        heard = replace(heard, received=0)
    if _comes_besides(claim, heard, order, words):
        return _learn_besides(claim, heard, order, words)
    lines = _lines_meant(claim, heard, order, words, asked)
    if heard.none_came and asked in (Asked.ITEM, Asked.MISSING):
        heard = replace(heard, ordered=None, received=0, missing=None)
    parts = missing_parts(heard.text, order.lines, lines, words.part) or _named_before(claim, lines)
    if parts and parts.line not in lines:
        lines = [parts.line]
    learned: list[ClaimLine] = []
    asked_about = next((item.sku for item in claim.lines if item.missing is None), None)
    for line in lines:
        before = next((item for item in claim.lines if item.sku == line.sku), None)
        alone = len(lines) == 1 or (asked is Asked.MISSING and line.sku == asked_about)
        item, excess = _line(heard, line, before, parts, asked, alone=alone)
        if excess:
            return _restated(claim, _as_lines(lines, claim), order), excess
        learned.append(item)
    if not learned:
        return _learn_words(claim, heard, words), None
    return _restated(claim, tuple(learned), order), None


def says_more(heard: Heard, words: Words) -> bool:
    """Is it something besides what was said before?"""
    return heard.adds or any(word in heard.text for word in words.more)


def _comes_besides(claim: Claim, heard: Heard, order: Order, words: Words) -> bool:
    known = _claimed_lines(claim, order)
    certain = order.line(heard.sku or "")
    found = [certain] if certain else _mentioned(heard.text, order)
    apart = bool(found) and not set(found) & set(known) and not matching.ambiguous(heard.text, found)
    return bool(known) and apart and says_more(heard, words)


def _learn_besides(claim: Claim, heard: Heard, order: Order, words: Words) -> tuple[Claim, Excess | None]:
    """What is learned of other lines joins those that are known."""
    learned, excess = learn(replace(claim, lines=()), replace(heard, adds=False), order, words)
    return _restated(learned, (*claim.lines, *learned.lines), order), excess


def next_question(claim: Claim) -> Asked | None:
    """What is still not known, in the order in which a clerk would ask."""
    if claim.order_id is None:
        return Asked.ORDER
    if not claim.lines or any(line.sku is None for line in claim.lines):
        return Asked.ITEM
    if any(line.missing is None for line in claim.lines):
        return Asked.MISSING
    return None


def _claimed_lines(claim: Claim, order: Order) -> list[OrderLine]:
    known = (order.line(item.sku) for item in claim.lines if item.sku)
    return [line for line in known if line]


def _lines_meant(claim: Claim, heard: Heard, order: Order, words: Words, asked: Asked | None) -> Sequence[OrderLine]:
    if asked is Asked.ITEM and heard.ordinal is not None and heard.ordinal <= len(order.lines):
        return [order.lines[heard.ordinal - 1 if heard.ordinal > 0 else heard.ordinal]]
    known = _claimed_lines(claim, order)
    certain = order.line(heard.sku or "")
    if certain:
        return [certain]
    said = _BESIDES.sub(" ", heard.text)
    spoken = said + " " + " ".join(line.title for line in claim.lines if line.sku is None)
    found = _mentioned(spoken, order, known)
    meant = _meant_all_the_same(heard, order, found)
    if meant:
        return meant
    if found and not matching.ambiguous(spoken, found):
        return found
    sets = [] if found else matching.of_set(heard.text, order.lines)
    if len(sets) == 1:
        return sets
    bought = [line for line in order.lines if not line.is_gift]
    all_of_it = matching.says_all(heard.text, len(bought), asked=asked is Asked.ITEM)
    if all_of_it or (heard.none_came and asked is Asked.ITEM):
        return bought or order.lines
    gifts = [line for line in order.lines if line.is_gift]
    if len(gifts) == 1 and any(word in spoken for word in words.gift):
        return gifts
    if known and not (found and heard.corrects):  # 不对 是面霜没有: it is not what is known
        return known
    goods = [line for line in found or order.lines if not line.is_gift]
    if len(goods) == 1 or any(word in heard.text for word in words.empty):
        return goods
    telling = matching.by_likeness(_WHICH_ORDER.sub("", heard.text), order.lines)
    return [telling] if telling else []


def _mentioned(spoken: str, order: Order, known: Sequence[OrderLine] = ()) -> list[OrderLine]:
    words = _WHICH_ORDER.sub("", spoken)
    within = matching.mentioned(_WHICH_SET.sub("", words), order.lines, known)
    return within or matching.mentioned(words, order.lines, known)


def _meant_all_the_same(heard: Heard, order: Order, found: Sequence[OrderLine]) -> list[OrderLine]:
    """What is said to be missing by its own kind or count, where another line was named: 瑜伽垫少了那个带子."""
    if matching.says_nothing_else(heard.text):
        return []
    named = named_lines(_WHICH_ORDER.sub("", heard.text), order.lines)
    named += [line for line in order.lines if pieces.counts_pack(heard, line) and matching.likeness(heard.text, [line])]
    return [] if set(named) & set(found) else list(dict.fromkeys(named))


def _line(
    heard: Heard, line: OrderLine, before: ClaimLine | None, parts: Missing | None, asked: Asked | None, *, alone: bool
) -> tuple[ClaimLine, Excess | None]:
    """What is now claimed of one line: parts inside it, pieces or grams of it, or units."""
    if part := _part(heard, line, before, parts):
        return _stated(line, 1, part), None  # three screws of one shelf are one part that is missing
    counted = pieces.read(heard, line, before, answers=asked is Asked.MISSING) if alone else None
    if counted:
        return counted, _too_many(counted)
    if before and before.unit and not alone:
        return before, None
    figures, excess = _figures(heard, line, before if before and not before.unit else None, asked, alone=alone)
    return _stated(line, figures, None), excess


def _part(heard: Heard, line: OrderLine, before: ClaimLine | None, parts: Missing | None) -> str | None:
    """What is named now; the same called otherwise (礼盒, 盒子) stays as it was called first."""
    named = parts.names if parts and parts.line == line else ()
    if before is None or before.part is None:
        return "、".join(named) or None
    if not named and heard.missing is not None and named_lines(heard.text, [line]):
        return None  # it is the item after all
    if not named or all(any(is_same(name, known) for known in before.parts) for name in named):
        return before.part
    return "、".join(named)


def _too_many(item: ClaimLine) -> Excess | None:
    ordered, said = item.ordered or 0, [count for count in (item.missing, item.received) if count is not None]
    if not said or max(said) <= ordered:
        return None
    return Excess(item.title, ordered, max(said), item.measure or "件")


def _restated(claim: Claim, lines: tuple[ClaimLine, ...], order: Order) -> Claim:
    """The claim with these lines, and what kind of shortage they make together."""
    known = _claimed_lines(replace(claim, lines=lines), order)
    shortage = Shortage.UNITS
    if known and all(line.is_gift for line in known):
        shortage = Shortage.GIFT
    elif all(item.part for item in lines):
        shortage = Shortage.PART
    return replace(claim, lines=lines, shortage=shortage)


def _named_before(claim: Claim, lines: Sequence[OrderLine]) -> Missing | None:
    """Parts that were named before the order was known."""
    names = tuple(name for item in claim.lines if item.sku is None for name in item.parts)
    return Missing(lines[0], names) if names and len(lines) == 1 else None


def _with_earlier_words(claim: Claim, heard: Heard) -> Heard:
    """What was said before the order was known counts once it is."""
    earlier = claim.lines[0] if claim.lines and claim.lines[0].sku is None else None
    said = (heard.ordered, heard.received, heard.missing, heard.weighed)
    if earlier is None or any(figure is not None for figure in said):
        return heard
    figures = (earlier.ordered, earlier.received, earlier.missing)
    if earlier.unit is Unit.GRAM:
        return replace(heard, weighed=Weighed(*figures, earlier.measure))
    ordered, received, missing = figures
    return replace(heard, ordered=ordered, received=received, missing=missing, measure=earlier.measure)


def _figures(
    heard: Heard,
    line: OrderLine,
    before: ClaimLine | None,
    asked: Asked | None,
    *,
    alone: bool,
) -> tuple[int | None, Excess | None]:
    """The missing units of one line, or the figure that cannot be."""
    if heard.number is not None and asked is not Asked.MISSING and before and before.missing is not None:
        return before.missing, None  # 就一个, after all has been said, says nothing new
    if heard.received == 0:
        return line.quantity, None  # none at all, however many items it is said of
    if not alone:
        # One number said of several items belongs to none of them for certain.
        return (line.quantity if line.quantity == 1 else before.missing if before else None), None
    missing, received = heard.missing, heard.received
    if missing is None and received is None and asked is Asked.MISSING:
        received = heard.number  # the question is how many have come
    if missing is None and received is not None:
        missing = line.quantity - received
    if heard.ordered is not None and heard.ordered > line.quantity and heard.ordered != packs.pieces(line.title):
        return None, Excess(line.title, line.quantity, heard.ordered)
    if missing is not None and missing > line.quantity:
        return None, Excess(line.title, line.quantity, missing)
    if asked is Asked.MISSING and received is not None and received > line.quantity:
        return None, Excess(line.title, line.quantity, received)
    if missing is not None:
        return max(missing, 0), None
    if before is not None and before.missing is not None:
        return before.missing, None
    return (1 if line.quantity == 1 else None), None


def _stated(line: OrderLine, missing: int | None, part: str | None) -> ClaimLine:
    received = line.quantity if part else None if missing is None else line.quantity - missing
    return ClaimLine(
        title=line.title, sku=line.sku, ordered=line.quantity, received=received, missing=missing, part=part
    )


def _as_lines(lines: Sequence[OrderLine], claim: Claim) -> tuple[ClaimLine, ...]:
    return tuple(_stated(line, None, None) for line in lines) or claim.lines


def _learn_words(claim: Claim, heard: Heard, words: Words) -> Claim:
    """Without an order record the buyer's own words are all there is."""
    before = claim.lines[0] if claim.lines else ClaimLine(title="")
    title = "、".join(heard.products) or before.title
    named = [thing.name for thing in lacking(heard.text) if thing.is_part and thing.name not in title]
    part = "、".join(dict.fromkeys(named)) or before.part
    line = replace(before, title=title, part=part, **_figures_said(heard))
    if line == ClaimLine(title=""):
        return claim
    shortage = Shortage.PART if part else claim.shortage
    return replace(
        claim, lines=(line,), shortage=Shortage.GIFT if any(word in heard.text for word in words.gift) else shortage
    )


def _figures_said(heard: Heard) -> dict[str, Any]:
    """The fields of a claim's line that the message fills, as they were said."""
    if heard.weighed:
        return {**vars(heard.weighed), "unit": Unit.GRAM}
    counts = {"ordered": heard.ordered, "received": heard.received, "missing": heard.missing, "measure": heard.measure}
    return {name: value for name, value in counts.items() if value is not None}
