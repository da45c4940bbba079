"""Which evidence a claim needs, by the value of what is missing."""

from __future__ import annotations

from dataclasses import replace

from bot.claims.model import Claim, Evidence, EvidenceKind, EvidenceStatus
from bot.claims.shop import EvidencePolicy

HIGH_VALUE = (EvidenceKind.OUTER_BOX, EvidenceKind.WAYBILL_LABEL, EvidenceKind.CONTENTS)


def checklist(value_fen: int, policy: EvidencePolicy) -> tuple[EvidenceKind, ...]:
    """What to ask for when goods worth ``value_fen`` are missing; empty when the buyer's word is enough."""
    if value_fen >= policy.high_value_fen:
        return HIGH_VALUE
    if value_fen >= policy.photo_from_fen:
        return (EvidenceKind.PHOTO,)
    return ()


def ask_for(claim: Claim, kinds: tuple[EvidenceKind, ...]) -> Claim:
    """Put the kinds on the claim's list; what is on it already stays as it is."""
    known = {item.kind for item in claim.evidence}
    new = tuple(Evidence(kind, EvidenceStatus.REQUESTED) for kind in kinds if kind not in known)
    return replace(claim, evidence=claim.evidence + new, evidence_asked=True)


def ask_anew(claim: Claim) -> Claim:
    """The facts have changed: drop what was asked for and has not come, so that the new facts decide what to ask."""
    kept = tuple(item for item in claim.evidence if item.status is EvidenceStatus.RECEIVED)
    return replace(claim, evidence=kept, evidence_asked=False)


def outstanding(claim: Claim) -> tuple[EvidenceKind, ...]:
    """Asked for, and neither received nor said to be unavailable."""
    return tuple(item.kind for item in claim.evidence if item.status is EvidenceStatus.REQUESTED)


def receive(claim: Claim, sha256: str, *, is_video: bool) -> Claim:
    """Record a stored file.

    A picture answers the first kind that is still outstanding: what it shows is for a person to judge. A video
    counts as the unboxing video. The same file sent twice is recorded once.
    """
    if any(item.sha256 == sha256 for item in claim.evidence):
        return claim
    waiting = outstanding(claim)
    if is_video:
        kind = EvidenceKind.UNBOXING_VIDEO
    elif waiting:
        kind = waiting[0]
    else:
        kind = EvidenceKind.PHOTO
    received = Evidence(kind, EvidenceStatus.RECEIVED, sha256)
    kept = tuple(
        item for item in claim.evidence if not (item.kind is kind and item.status is not EvidenceStatus.RECEIVED)
    )
    return replace(claim, evidence=(*kept, received))


def decline(claim: Claim, kinds: tuple[EvidenceKind, ...] = ()) -> Claim:
    """没有, 扔了: mark the given kinds, or all that are outstanding, as unavailable."""
    refused = kinds or outstanding(claim)
    return replace(
        claim,
        evidence=tuple(
            replace(item, status=EvidenceStatus.UNAVAILABLE)
            if item.kind in refused and item.status is EvidenceStatus.REQUESTED
            else item
            for item in claim.evidence
        ),
    )
