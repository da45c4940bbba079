"""From what a buyer says to what the claim states. Pure: a claim and a message in, a claim and a remark out."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import Enum

from bot.claims.model import Claim, ClaimLine, Order, OrderLine, Shortage
from bot.claims.shop import Words
from bot.language import packs
from bot.understanding import matching

_WHICH_ORDER = re.compile(r"[^,.。!?;\s]*?(?:那|这)(?:一|个)?(?:单|订单)")  # 瑜伽垫那单: the order, not the item


class Asked(str, Enum):
    """The question that the buyer's message may be the answer to."""

    ORDER = "order_id"
    ITEM = "item"
    MISSING = "missing"


@dataclass(frozen=True)
class Heard:
    """What the NLU read in one message. Numbers are counts of units; ``number`` is an answer that is a bare number."""

    text: str
    order_id: str | None = None
    products: tuple[str, ...] = ()
    ordered: int | None = None
    received: int | None = None
    missing: int | None = None
    number: int | None = None
    ordinal: int | None = None  # 第二个, or a bare 2: the place in a list that was offered; -1 is the last
    tail: str | None = None  # the last digits of an order number, "尾号4567"


@dataclass(frozen=True)
class Excess:
    """The buyer's figure does not fit the order: asked about, not accepted."""

    title: str
    ordered: int
    claimed: int


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
    if any(word in heard.text for word in words.empty):
        heard = replace(heard, received=0)
    lines = _lines_meant(claim, heard, order, words, asked)
    part = _pieces(heard, lines) or _part(heard, words, lines)
    shortage = _shortage(claim, lines, part, changed=lines != _claimed_lines(claim, order))
    learned: list[ClaimLine] = []
    asked_about = next((item.sku for item in claim.lines if item.missing is None), None)
    for line in lines:
        before = next((item for item in claim.lines if item.sku == line.sku), None)
        alone = len(lines) == 1 or (asked is Asked.MISSING and line.sku == asked_about)
        figures, excess = _figures(heard, line, before, shortage, asked, alone=alone)
        if excess:
            return replace(claim, lines=_as_lines(lines, claim), shortage=shortage), excess
        part_name = part or (before.part if before else None)
        learned.append(_stated(line, figures, part_name if shortage is Shortage.PART else None))
    if not learned:
        return _learn_words(claim, heard, words), None
    return replace(claim, lines=tuple(learned), shortage=shortage), None


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
    spoken = _WHICH_ORDER.sub("", heard.text) + " " + " ".join(line.title for line in claim.lines if line.sku is None)
    found = matching.mentioned(spoken, order.lines, known)
    if found and not matching.ambiguous(spoken, found):
        another = known and any(word in heard.text for word in words.more) and not set(found) & set(known)
        return [*known, *found] if another else found
    bought = [line for line in order.lines if not line.is_gift]
    if matching.says_all(heard.text, len(bought), asked=asked is Asked.ITEM):
        return bought
    gifts = [line for line in order.lines if line.is_gift]
    if len(gifts) == 1 and any(word in spoken for word in words.gift):
        return gifts
    if known:
        return known
    goods = [line for line in found or order.lines if not line.is_gift]
    if len(goods) == 1 or any(word in heard.text for word in words.empty):
        return goods
    telling = matching.by_likeness(_WHICH_ORDER.sub("", heard.text), order.lines)
    return [telling] if telling else []


def _part(heard: Heard, words: Words, lines: Sequence[OrderLine]) -> str | None:
    """螺丝包、说明书: named in the message and not what the line itself is."""
    heads = [packs.own_name(line.title) for line in lines]
    spoken = [word for word in words.part if word in heard.text and not any(word in head for head in heads)]
    whole = [word for word in spoken if not any(word != other and word in other for other in spoken)]
    return "、".join(sorted(whole, key=heard.text.index)) or None


def _pieces(heard: Heard, lines: Sequence[OrderLine]) -> str | None:
    """两件 of a 六件套: pieces of one unit, not units."""
    size = packs.pieces(lines[0].title) if len(lines) == 1 else None
    if size is None:
        return None
    missing = heard.missing
    counted = heard.ordered == size or (lines[0].quantity == 1 and heard.ordered is None and heard.received == 1)
    if missing is None and counted and heard.received is not None:
        missing = size - heard.received  # 双只装就一只: one pack cannot be short by having come
    fits = missing is not None and 0 < missing < size
    return f"{missing}件" if fits and (counted or (missing or 0) > lines[0].quantity) else None


def _with_earlier_words(claim: Claim, heard: Heard) -> Heard:
    """What was said before the order was known counts once it is."""
    earlier = claim.lines[0] if claim.lines and claim.lines[0].sku is None else None
    if earlier is None or any(n is not None for n in (heard.ordered, heard.received, heard.missing)):
        return heard
    return replace(heard, ordered=earlier.ordered, received=earlier.received, missing=earlier.missing)


def _shortage(claim: Claim, lines: Sequence[OrderLine], part: str | None, *, changed: bool) -> Shortage:
    if lines and all(line.is_gift for line in lines):
        return Shortage.GIFT
    if part:
        return Shortage.PART
    return Shortage.UNITS if changed and claim.lines and claim.lines[0].sku else claim.shortage


def _figures(
    heard: Heard,
    line: OrderLine,
    before: ClaimLine | None,
    shortage: Shortage,
    asked: Asked | None,
    *,
    alone: bool,
) -> tuple[int | None, Excess | None]:
    """The missing units of one line, or the figure that cannot be."""
    if heard.number is not None and asked is not Asked.MISSING and before and before.missing is not None:
        return before.missing, None  # 就一个, after all has been said, says nothing new
    if shortage is Shortage.PART:
        return 1, None  # three screws of one shelf are one part that is missing
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
    if heard.ordered is not None and heard.ordered > line.quantity:
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
    line = ClaimLine(
        title=title,
        ordered=heard.ordered if heard.ordered is not None else before.ordered,
        received=heard.received if heard.received is not None else before.received,
        missing=heard.missing if heard.missing is not None else before.missing,
    )
    if line == ClaimLine(title=""):
        return claim
    shortage = claim.shortage
    if any(word in heard.text for word in words.gift):
        shortage = Shortage.GIFT
    elif any(word in heard.text for word in words.part):
        shortage = Shortage.PART
    return replace(claim, lines=(line,), shortage=shortage)
