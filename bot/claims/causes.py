"""What may explain a shortage before anyone is at fault, read from the order record."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from bot.claims.model import Claim, ClaimLine, LineStatus, Order, Parcel, ParcelState


class CauseKind(str, Enum):
    REFUNDED = "refunded"
    REFUND_OPEN = "refund_open"
    OUT_OF_STOCK = "out_of_stock"
    GIFT_SHIPS_APART = "gift_ships_apart"
    NOT_SHIPPED = "not_shipped"
    UNDER_WAY = "under_way"
    OTHER_PARCEL_SIGNED = "other_parcel_signed"


@dataclass(frozen=True)
class Cause:
    """One explanation for one claimed line; ``parcel`` is the one that carries the missing units, if any."""

    kind: CauseKind
    line: ClaimLine
    parcel: Parcel | None = None


def find_causes(order: Order, claim: Claim) -> tuple[Cause, ...]:
    """One cause for each claimed line that has one, in the order of the claim's lines."""
    found = (_cause(order, line) for line in claim.lines)
    return tuple(cause for cause in found if cause)


def may_have_come(order: Order, claim: Claim) -> bool:
    """Could any of it be in the buyer's hands? Otherwise there is nothing to photograph."""
    skus = {line.sku for line in claim.lines}
    carriers = [parcel for parcel in order.parcels if skus & parcel.contents.keys()]
    cancelled = all(line.status is LineStatus.OUT_OF_STOCK for line in order.lines if line.sku in skus)
    return not cancelled and any(parcel.state is not ParcelState.NOT_SHIPPED for parcel in carriers or order.parcels)


def _cause(order: Order, claimed: ClaimLine) -> Cause | None:
    line = order.line(claimed.sku) if claimed.sku else None
    if line is None or claimed.part:
        return None
    if line.status is LineStatus.REFUNDED:
        return Cause(CauseKind.REFUNDED, claimed)
    if line.status is LineStatus.REFUND_OPEN:
        return Cause(CauseKind.REFUND_OPEN, claimed)  # no second promise beside the one that is asked for there
    if line.status is LineStatus.OUT_OF_STOCK:
        return Cause(CauseKind.OUT_OF_STOCK, claimed)
    carriers = [parcel for parcel in order.parcels if parcel.contents.get(line.sku)]
    unsigned = [p for p in carriers if p.state in (ParcelState.NOT_SHIPPED, ParcelState.IN_TRANSIT)]
    if line.ships_apart and (unsigned or not carriers):
        return Cause(CauseKind.GIFT_SHIPS_APART, claimed, unsigned[0] if unsigned else None)
    if unsigned:
        kind = CauseKind.UNDER_WAY if unsigned[0].state is ParcelState.IN_TRANSIT else CauseKind.NOT_SHIPPED
        return Cause(kind, claimed, unsigned[0])
    signed = [parcel for parcel in carriers if parcel.state is ParcelState.SIGNED]
    if len(order.parcels) > 1 and len(signed) == len(carriers) == 1 and claimed.received == 0:
        # Both came, says the courier; a family member or a locker may have the other one.
        return Cause(CauseKind.OTHER_PARCEL_SIGNED, claimed, carriers[0])
    return None
