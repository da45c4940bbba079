"""Which evidence a claim needs, by value and cause, and what a file counts as."""

from __future__ import annotations

from bot.claims.model import Claim, EvidenceKind, EvidenceStatus, Order
from bot.claims.negotiation import missing_value
from bot.claims.shop import EvidencePolicy

HIGH_VALUE = (EvidenceKind.OUTER_BOX, EvidenceKind.WAYBILL_LABEL, EvidenceKind.CONTENTS)


def checklist(order: Order, claim: Claim, policy: EvidencePolicy) -> tuple[EvidenceKind, ...]:
    """What to ask the buyer for, by the worth of what is missing and by who bears proof (rules.md 1.4, 1.7).

    Empty when the buyer's word is enough. What only seller or courier can have (packing video, the courier's stamped
    statement) is never asked of a buyer.
    """
    value = missing_value(claim, order)
    if value < policy.photo_from_fen:
        return ()
    if order.confirmed_at:  # the buyer bears proof, unless talked into confirming
        return (*HIGH_VALUE, EvidenceKind.CHAT)
    if order.merged_with:  # the seller bears proof
        return (EvidenceKind.PHOTO,)
    if value >= policy.high_value_fen:
        return HIGH_VALUE
    if claim.box_torn or any(parcel.opened_in_transit for parcel in order.parcels):
        return (EvidenceKind.OUTER_BOX, EvidenceKind.PHOTO)
    return (EvidenceKind.PHOTO,)


def outstanding(claim: Claim) -> tuple[EvidenceKind, ...]:
    """Asked for, and neither received nor said to be unavailable."""
    return tuple(item.kind for item in claim.evidence if item.status is EvidenceStatus.REQUESTED)


def answered_by(claim: Claim, *, is_video: bool) -> EvidenceKind:
    """The kind of evidence that a file is taken for.

    A picture answers the first kind that is still outstanding: what it shows is for a person to judge. A video
    counts as the unboxing video.
    """
    if is_video:
        return EvidenceKind.UNBOXING_VIDEO
    return next(iter(outstanding(claim)), EvidenceKind.PHOTO)
