"""What was promised: kept, falling due, broken."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum

from bot.claims import deadlines, events
from bot.claims.model import Claim, ClaimState, Remedy
from bot.desk.case import Case, Desk
from bot.desk.offers import settlement
from bot.orders.base import OrdersSlow
from bot.store import Conflict

logger = logging.getLogger(__name__)

# Whoever has the conversation, what was promised is to be done: a person, or the platform that has stepped in.
_PROMISING = (ClaimState.AGREED, ClaimState.HANDED_OFF, ClaimState.ESCALATED)


class NoticeKind(str, Enum):
    WARNED = "warned"  # the promise falls due soon
    BROKEN = "broken"  # it fell due, and nothing was done


@dataclass(frozen=True)
class Notice:
    """Something the seller should know of a promise, found just now; ``case`` holds the claim."""

    kind: NoticeKind
    claim: Claim
    case: Case


def fulfil(
    case: Case, claim: Claim, carrier: str | None = None, number: str | None = None, by: str | None = None
) -> Claim:
    """The seller has done what was promised, now; too late is on record as a broken promise all the same.

    ``carrier``, ``number``: of the parcel, if there is one; ``by``: the colleague who says so.

    Raises:
        ValueError: when nothing was promised.
    """
    kept = events.PromiseKept(carrier, number, by)
    return case.record(_break(case, claim) if is_broken(case, claim) else claim, kept)


def waits_for_application(claim: Claim) -> bool:
    """Is it for the buyer to ask for the refund in the order, before its time runs?"""
    return claim.promise is not None and not claim.promise.has_begun and claim.promise.kept_at is None


def applied(case: Case, claim: Claim) -> Claim:
    """The buyer has asked for it."""
    due_at = deadlines.due_at(Remedy.REFUND, case.now, case.policy.offers)
    return case.record(claim, events.RefundApplied(due_at))


def is_broken(case: Case, claim: Claim) -> bool:
    return claim.promise is not None and deadlines.is_broken(claim.promise, case.now)


def open_penalty(case: Case, claim: Claim) -> Claim:
    """The buyer hears now that the promise is broken: on record, with what may now be claimed."""
    broken = _break(case, claim)
    return told(case, broken) if broken.promise and not broken.promise.told_at else broken


def untold(case: Case) -> Claim | None:
    """The conversation's claim whose promise is broken without its buyer knowing."""
    claim = case.active
    return claim if claim and _must_be_told(claim) else None


def told(case: Case, claim: Claim) -> Claim:
    """The buyer has been told of the broken promise."""
    return case.record(claim, events.BuyerTold())


# --- the shop as a whole --------------------------------------------------------------------------


def promised(desk: Desk) -> list[Claim]:
    """Claims with a promise that is not kept yet, the most urgent first."""
    claims = [claim for state in _PROMISING for claim in desk.store.claims.in_state(state)]
    still_open = [(claim.promise.due_at, claim) for claim in claims if claim.promise and not claim.promise.kept_at]
    return [claim for _, claim in sorted(still_open, key=lambda pair: pair[0])]


def look_after(desk: Desk) -> Iterator[Notice]:
    """What the clock makes of the open promises. Each is warned of once and broken once, however many look.

    One claim that cannot be worked out does not keep the others waiting.
    """
    for claim in promised(desk):
        try:
            notice = _look_at(desk, claim)
        except (Conflict, OrdersSlow):
            continue  # another process was here first, and tells; or its order will be there the next time
        except Exception:
            logger.exception("claim %s: its promise cannot be looked at", claim.claim_id)
            continue
        if notice:
            yield notice


def untold_of_all(desk: Desk) -> list[Claim]:
    """Claims of all conversations whose promise is broken and whose buyer does not know yet; where a person has the
    conversation, that person tells."""
    broken = [claim for claim in desk.store.claims.in_state(ClaimState.AGREED) if _must_be_told(claim)]
    return [claim for claim in broken if desk.store.handoffs.active(claim.conversation_id) is None]


def _look_at(desk: Desk, claim: Claim) -> Notice | None:
    assert claim.promise is not None  # that is what `promised` asked for
    now = desk.clock()
    if deadlines.is_broken(claim.promise, now):
        if claim.promise.broken_at:
            return None
        with desk.case_of(claim) as case:
            return Notice(NoticeKind.BROKEN, _break(case, claim), case)
    if deadlines.falls_due(claim.promise, now, desk.policy.promises) and not claim.promise.warned_at:
        with desk.case_of(claim) as case:
            return Notice(NoticeKind.WARNED, case.record(claim, events.PromiseWarned()), case)
    return None


def _break(case: Case, claim: Claim) -> Claim:
    if claim.promise is None or claim.promise.broken_at:
        return claim
    opened = settlement(case, claim, promise_broken=True)
    return case.record(claim, events.PromiseBroken(), events.PenaltyOpened(opened))


def _must_be_told(claim: Claim) -> bool:
    return claim.promise is not None and claim.promise.broken_at is not None and claim.promise.told_at is None
