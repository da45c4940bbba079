"""Claims that nobody has spoken of for long expire, so that an old offer cannot be taken up unawares."""

from __future__ import annotations

import logging
from datetime import timedelta

from bot.claims import events
from bot.claims.model import Claim, ClaimState
from bot.desk.case import Desk
from bot.store import Conflict

logger = logging.getLogger(__name__)

# What is agreed is to be done, and what a person or the platform has is theirs.
_EXPIRING = (ClaimState.OPEN, ClaimState.GATHERING, ClaimState.ASSESSING, ClaimState.OFFERED)


def expire(desk: Desk) -> list[Claim]:
    """Let go of the claims without a word for ``claims.expire_days`` and with nothing promised.

    Each expires once, however many look. One that cannot be written does not keep the others waiting.

    Returns:
        Those that have expired just now.
    """
    days = desk.policy.claims.expire_days
    expired = []
    for claim in desk.store.claims.unspoken(_EXPIRING, desk.clock() - timedelta(days=days)):
        try:
            if _was_promised(desk, claim):
                continue
            with desk.case_of(claim) as case:
                claim = case.record(claim, events.Expired(days))
        except Conflict:
            continue  # another process was here first, or the buyer has come back just now
        except Exception:
            logger.exception("claim %s cannot expire", claim.claim_id)
            continue
        expired.append(claim)
    return expired


def _was_promised(desk: Desk, claim: Claim) -> bool:
    """Has the buyer asked for something else than what was agreed, or corrected it? Then something is owed still."""
    return any(
        isinstance(event, events.OfferAccepted) or (isinstance(event, events.ClaimOpened) and event.replaces)
        for _, event in desk.store.claims.history(claim.claim_id)
    )
