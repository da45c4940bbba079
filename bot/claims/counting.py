"""What a claim's line counts, in the light of the order: units, pieces of a pack, or grams."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from bot.claims.model import ClaimLine, OrderLine, Unit
from bot.claims.money import share

# The units of weight that goods are sold in; whatever else a buyer weighs in is shown in grams.
GRAMS_IN = {"公斤": 1000, "千克": 1000, "kg": 1000, "斤": 500, "市斤": 500, "两": 50, "克": 1, "g": 1}


@dataclass(frozen=True)
class Said:
    """A line's figures in the measure that the buyer uses: 10, 8.5 and 1.5 of 斤. None where not known."""

    ordered: str | None
    received: str | None
    missing: str | None
    measure: str


def missing_of(total: int, item: ClaimLine, line: OrderLine) -> int:
    """What falls to the missing of ``total``, which belongs to the whole line: fen or grams, a half rounded up."""
    whole = item.ordered if item.unit and item.ordered else line.quantity
    return share(total, item.missing or 0, whole)


def as_said(item: ClaimLine) -> Said:
    """``measure`` is 件 where nothing else is known of it."""
    measure, per = item.measure or "件", 1
    if item.unit is Unit.GRAM:
        measure, per = (measure, GRAMS_IN[measure]) if measure in GRAMS_IN else ("克", 1)
    return Said(_plain(item.ordered, per), _plain(item.received, per), _plain(item.missing, per), measure)


def _plain(figure: int | None, per: int) -> str | None:
    return None if figure is None else f"{Decimal(figure) / per:.3f}".rstrip("0").rstrip(".")
