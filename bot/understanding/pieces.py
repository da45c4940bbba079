"""A message's figures that count pieces of a pack, or weigh: one of 双只装, two of 两包三条装, 8斤半 of 10斤.

A buyer counts in whatever lies before them. What the title says of one unit tells pieces from units, and where it stays
open, nothing is guessed: ``missing`` is None, and is asked for in pieces or by weight.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from bot.claims.model import ClaimLine, OrderLine, Unit
from bot.language import packs
from bot.language.packs import Of, Pack

if TYPE_CHECKING:
    from bot.understanding.intake import Heard

_GENERAL = ("件", "个", None)  # said of units and of pieces
_TWOS = ("双", "对", "副")


def read(heard: Heard, line: OrderLine, before: ClaimLine | None, *, answers: bool) -> ClaimLine | None:
    """The line in pieces or in grams.

    Args:
        heard: the message; its figures are those of ``line``.
        before: the line as it was claimed until now.
        answers: the message answers the question how many have come.

    Returns:
        None where the message counts units of the order, or where nothing is said and nothing was open. More than
        ``ordered`` in ``missing`` or ``received`` is what the buyer says, and cannot be.
    """
    holds = packs.pack(line.title)
    figures = (heard.ordered, heard.received, heard.missing, heard.number if answers else None)
    if heard.weighed:
        return _weighed(heard, line, holds) or before
    if heard.in_one_pack is not None and (size := _size(line, holds)) and heard.in_one_pack < size:
        return _pieces(line, size, holds, size - heard.in_one_pack)
    if heard.in_one_pack == 0 and line.quantity > 1:
        return ClaimLine(line.title, line.sku, line.quantity, line.quantity - 1, 1)  # 有一盒里面是空的
    if all(figure is None for figure in figures):
        if before and before.unit:
            return before
        return _open(heard, line, holds) if before is None or before.missing is None else None
    size = _size(line, holds)
    if size is None or not _counts_pieces(heard, size, line, holds, before, answers=answers):
        return None
    return _in_pieces(heard, size, line, holds, answers=answers or _is_in_pieces(before))


def counts_pack(heard: Heard, line: OrderLine) -> bool:
    """Does the message count fewer pieces than one pack of it should hold? 里边1只，跟描述的2只不符."""
    holds = packs.pack(line.title)
    size = _size(line, holds)
    told = heard.ordered == size or (heard.ordered is None and heard.measure == holds.measure)
    return size is not None and told and heard.received is not None and 0 < heard.received < size


def _size(line: OrderLine, holds: Pack) -> int | None:
    """Pieces in one unit of the order; None where a unit is the piece itself."""
    size = line.pieces or packs.pieces(line.title)
    if size is None or size == 1 or (holds.is_volumes and size == line.quantity):
        return None  # 全6册, ordered six times: a volume each
    return size


def _open(heard: Heard, line: OrderLine, holds: Pack) -> ClaimLine | None:
    """少了半包, 不成套: how much of it, only the buyer can say."""
    size = _size(line, holds)
    if not packs.says_share(heard.text) and not (size and packs.says_incomplete(heard.text)):
        return None
    if size:
        return _pieces(line, size, holds, None)
    return _grams(line, holds.grams, None, None) if holds.grams else ClaimLine(line.title, line.sku, line.quantity)


def _counts_pieces(
    heard: Heard, size: int, line: OrderLine, holds: Pack, before: ClaimLine | None, *, answers: bool
) -> bool:
    said, quantity = heard.measure, line.quantity
    counts = [count for count in (heard.received, heard.missing, heard.number if answers else None) if count]
    if not counts or (said != holds.measure and (packs.holds_pieces(said) or (said in _TWOS and size == 2))):
        return False  # 一包都没到, 少一对
    if said not in _GENERAL or _is_in_pieces(before):
        return True
    if heard.ordered is not None:
        return heard.ordered in (size, size * quantity) and heard.ordered != quantity
    if max(counts) > quantity or packs.said_of(heard.text) is Of.ONE:
        return True
    return quantity == 1 and min(counts) < size


def _in_pieces(heard: Heard, size: int, line: OrderLine, holds: Pack, *, answers: bool) -> ClaimLine:
    total = size * line.quantity
    of = packs.said_of(heard.text)
    received = heard.received if heard.received is not None or not answers else heard.number
    times = line.quantity if of is Of.EACH else 1
    if heard.missing is not None:
        return _pieces(line, size, holds, heard.missing * times)
    assert received is not None  # or nothing was counted
    of_one = of is Of.ONE or (heard.ordered == size and of is not Of.ALL)
    if received <= size and (of is Of.EACH or (of_one and heard.ordered != total)):
        return _pieces(line, size, holds, (size - received) * times)
    told = line.quantity == 1 or of is Of.ALL or received > size or answers or heard.ordered == total
    return _pieces(line, size, holds, total - received if told else None)


def _pieces(line: OrderLine, size: int, holds: Pack, missing: int | None) -> ClaimLine:
    total = size * line.quantity
    return ClaimLine(
        title=line.title,
        sku=line.sku,
        ordered=total,
        received=None if missing is None else total - missing,
        missing=missing,
        unit=Unit.PIECE,
        pack=size,
        measure=holds.measure or "件",
    )


def _weighed(heard: Heard, line: OrderLine, holds: Pack) -> ClaimLine | None:
    """None where the title does not say what one unit weighs: then no weight proves anything."""
    weighed = heard.weighed
    if weighed is None or not holds.grams or (weighed.received, weighed.missing) == (None, None):
        return None
    total, of = holds.grams * line.quantity, packs.said_of(heard.text)
    times = line.quantity if of is Of.EACH else 1
    whole = holds.grams if of in (Of.ONE, Of.EACH) or weighed.ordered == holds.grams else total
    missing = weighed.missing
    if missing is None and (weighed.ordered in (None, whole)) and weighed.received is not None:
        missing = whole - weighed.received
    if missing is None:
        return _grams(line, holds.grams, None, weighed.measure)
    missing = max(missing, 0) * times
    if missing and missing % holds.grams == 0:  # 少了2公斤, of bags of two: one bag
        units = missing // holds.grams
        return ClaimLine(line.title, line.sku, line.quantity, line.quantity - units, units)
    return _grams(line, holds.grams, missing, weighed.measure)


def _grams(line: OrderLine, each: int, missing: int | None, measure: str | None) -> ClaimLine:
    total = each * line.quantity
    received = None if missing is None else total - missing
    return ClaimLine(line.title, line.sku, total, received, missing, unit=Unit.GRAM, measure=measure)


def _is_in_pieces(before: ClaimLine | None) -> bool:
    return before is not None and before.unit is Unit.PIECE
