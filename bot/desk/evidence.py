"""Evidence for a claim: asked for once, taken as it comes, or told that there is none."""

from __future__ import annotations

from collections.abc import Iterable

from bot.claims import events, evidence
from bot.claims.model import Claim, EvidenceKind
from bot.desk.case import Case


def ask(case: Case, claim: Claim, kinds: tuple[EvidenceKind, ...]) -> Claim:
    return case.record(claim, events.EvidenceRequested(kinds))


def receive(case: Case, claim: Claim, files: Iterable[tuple[str, bool]]) -> Claim:
    """``files``: SHA-256 and whether it is a video, for each stored upload; the same file twice counts once."""
    for sha256, is_video in files:
        if not any(item.sha256 == sha256 for item in claim.evidence):
            kind = evidence.answered_by(claim, is_video=is_video)
            claim = case.record(claim, events.EvidenceReceived(kind, sha256))
    return claim


def decline(case: Case, claim: Claim) -> Claim:
    """没有: nothing of what is still outstanding will come."""
    kinds = evidence.outstanding(claim)
    return case.record(claim, events.EvidenceDeclined(kinds)) if kinds else claim
