"""Which evidence a claim needs, by the value of what is missing, and what a file counts as."""

from __future__ import annotations

from bot.claims.model import Claim, EvidenceKind, EvidenceStatus
from bot.claims.shop import EvidencePolicy

HIGH_VALUE = (EvidenceKind.OUTER_BOX, EvidenceKind.WAYBILL_LABEL, EvidenceKind.CONTENTS)


def checklist(value_fen: int, policy: EvidencePolicy) -> tuple[EvidenceKind, ...]:
    """What to ask for when goods worth ``value_fen`` are missing; empty when the buyer's word is enough."""
    if value_fen >= policy.high_value_fen:
        return HIGH_VALUE
    if value_fen >= policy.photo_from_fen:
        return (EvidenceKind.PHOTO,)
    return ()


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
