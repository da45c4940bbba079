"""What the scales say: whether a parcel can have left complete, and whether it grew lighter on its way.

A scale is off by ``weight_tolerance_g`` at most, so two of them differ by twice that. Whatever is missing must weigh
more than that to be seen at all; and where packaging may have changed, more than the packaging too.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from enum import Enum

from bot.claims.counting import missing_of
from bot.claims.model import ClaimLine, Order, OrderLine, Parcel, TrackingEvent, TrackingKind, Unit
from bot.claims.shop import EvidencePolicy

_OPENED = (TrackingKind.DAMAGED, TrackingKind.REPACKED)


class Weight(Enum):
    SHORT = "short"
    FULL = "full"
    SILENT = "silent"  # the scales cannot tell


def when_packed(order: Order, claimed: Sequence[ClaimLine], policy: EvidencePolicy) -> Weight:
    """By the weight at pickup.

    Packaging only adds: goods that weigh less than they must are short for certain. A weight that looks complete
    says something only when what is missing weighs more than any packaging and what the scales may be off. In a
    parcel shared with other orders, or without a packing list, nobody knows what the rest weighs.
    """
    units = {line.sku: line.unit_weight_g for line in order.lines}
    # What was packed, and of the lines in dispute what should have been.
    due = Counter[str]()
    for parcel in order.parcels:
        due.update(parcel.contents)
    disputed = [line for line in (order.line(item.sku or "") for item in claimed) if line]
    due.update({line.sku: line.quantity - due[line.sku] for line in disputed})
    weighed = [_at_pickup(parcel) for parcel in order.parcels]
    missing = _missing_g(order, claimed)
    if order.merged_with or not all(parcel.contents for parcel in order.parcels):
        return Weight.SILENT
    if not weighed or None in weighed or missing is None:
        return Weight.SILENT
    if any(units.get(sku) is None for sku, count in due.items() if count):
        return Weight.SILENT
    doubt = 2 * policy.weight_tolerance_g
    if missing <= doubt:
        return Weight.SILENT
    goods = sum((units[sku] or 0) * count for sku, count in due.items() if count)
    actual = sum(weight or 0 for weight in weighed)
    if actual < goods - policy.weight_tolerance_g:
        return Weight.SHORT
    return Weight.FULL if missing > policy.packaging_g * len(weighed) + doubt else Weight.SILENT


def on_the_way(order: Order, parcels: Sequence[Parcel], claimed: Sequence[ClaimLine], policy: EvidencePolicy) -> Weight:
    """By the hubs against the weight at pickup: in the end lighter by what is missing (SHORT), or never changed (FULL).

    Unchanged says something only when it holds for every parcel, and after the last damage.
    """
    missing = _missing_g(order, claimed)
    doubt = 2 * policy.weight_tolerance_g
    repacked = any(event.kind is TrackingKind.REPACKED for parcel in parcels for event in parcel.events)
    if missing is None or missing <= doubt + (policy.packaging_g if repacked else 0):
        return Weight.SILENT
    losses = [_losses(parcel) for parcel in parcels]
    in_the_end = sum(lost[-1] for lost in losses if lost and lost[-1] > doubt)
    if in_the_end >= missing - doubt and in_the_end > 0:
        return Weight.SHORT
    unchanged = all(lost and all(abs(grams) <= doubt for grams in lost) for lost in losses)
    return Weight.FULL if losses and unchanged and all(_weighed_last(parcel) for parcel in parcels) else Weight.SILENT


def _losses(parcel: Parcel) -> list[int]:
    """Grams lost since pickup at each later weighing, in order; empty when either is not known."""
    first = _at_pickup(parcel)
    return [] if first is None else [first - (event.weight_g or 0) for event in _later_weighings(parcel)]


def _weighed_last(parcel: Parcel) -> bool:
    """No damage since it was last weighed."""
    opened = [event.at for event in parcel.events if event.kind in _OPENED]
    return not opened or max(opened) < _later_weighings(parcel)[-1].at


def _later_weighings(parcel: Parcel) -> list[TrackingEvent]:
    return [
        event for event in _in_order(parcel) if event.kind is not TrackingKind.PICKED_UP and event.weight_g is not None
    ]


def _at_pickup(parcel: Parcel) -> int | None:
    """As the waybill says, or else the trace."""
    picked_up = (event.weight_g for event in _in_order(parcel) if event.kind is TrackingKind.PICKED_UP)
    return parcel.weight_g if parcel.weight_g is not None else next(picked_up, None)


def _in_order(parcel: Parcel) -> list[TrackingEvent]:
    return sorted(parcel.events, key=lambda event: event.at)


def _missing_g(order: Order, claimed: Sequence[ClaimLine]) -> int | None:
    """What all that is missing weighs; None when something in it has no weight on record."""
    lines = [(item, order.line(item.sku or "")) for item in claimed if item.missing]
    weights = [_weighs(item, line) for item, line in lines if line]
    known = [grams for grams in weights if grams is not None]
    return sum(known) if known and len(known) == len(weights) else None


def _weighs(item: ClaimLine, line: OrderLine) -> int | None:
    if item.unit is Unit.GRAM:
        return item.missing
    return None if line.unit_weight_g is None else missing_of(line.unit_weight_g * line.quantity, item, line)
