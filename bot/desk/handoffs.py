"""A person takes over, and gives back; the platform takes over, and does not."""

from __future__ import annotations

from datetime import timedelta
from itertools import pairwise

from bot.claims import events
from bot.claims.events import SaidBy
from bot.claims.model import Claim, ClaimState
from bot.claims.states import TRANSITIONS
from bot.desk.case import TO_PLATFORM, Case
from bot.desk.reasons import REASONS
from bot.desk.summaries import summary
from bot.store import Author, Handoff

_A_DAY = timedelta(hours=24)
_ANOTHER_VISIT = timedelta(minutes=30)  # who says nothing for so long and comes back has come again
OTHER_PROBLEM = "other_problem"
# For these the promise itself is in dispute, and goes along; for any other reason what is agreed stays agreed.
_OF_THE_PROMISE = frozenset({"promise_broken", "policy_limit", "contradiction", "sum_to_confirm", "evidence_unclear"})


def hand_off(case: Case, reason: str, about: str = "") -> Handoff:
    """Give the conversation to a person; the claim in work goes along. What is agreed stays agreed, unless it is that
    which the buyer disputes.

    ``reason`` is a code of ``data/handoffs.yml``; ``about`` what the buyer said that the claim does not hold.
    """
    claim = case.active
    handoff = _begin(case, claim or _with_person(case), reason, about)
    if claim and (claim.state is not ClaimState.AGREED or reason in _OF_THE_PROMISE):
        case.record(claim, events.HandedOff(reason))
    return handoff


def _with_person(case: Case) -> Claim | None:
    """The claim that a person has already."""
    claim = case.current
    return claim if claim and claim.state is ClaimState.HANDED_OFF else None


def hand_off_for(case: Case, reason: str, about: str) -> Handoff:
    """The same, where the reason weighs more than any that this message has given already."""
    begun = case.handoff if case.is_handed_over_now else None
    if begun is None:
        return hand_off(case, reason, about)
    case.custody.withdraw()
    return _begin(case, case.current if begun.claim_id else None, reason, about)


def step_aside(case: Case, said_by: SaidBy) -> Handoff | None:
    """小二 has stepped in: its claims are the platform's now, and the bot is silent for good.

    What was promised stays on record, and is to be kept. All of the conversation's claims on one order go along, the
    latest one's: that is what the platform looks at.

    Returns:
        None when it was known before.
    """
    if case.is_with_platform:
        return None
    here = [claim for claim in case.claims if claim.conversation_id == case.speaker.conversation_id]
    open_to_it = [claim for claim in here if ClaimState.ESCALATED in TRANSITIONS[claim.state]]
    latest = open_to_it[0] if open_to_it else None
    handoff = _begin(case, latest, TO_PLATFORM)
    for claim in open_to_it:
        if claim is latest or (latest and claim.order_id and claim.order_id == latest.order_id):
            case.record(claim, events.Escalated(said_by))
    return handoff


def _begin(case: Case, claim: Claim | None, reason: str, about: str = "") -> Handoff:
    why = REASONS[reason]
    known = case.handoff.case_no if case.handoff else ""
    case_no = known or (claim.claim_id if claim else case.new_claim_id())
    handoff = Handoff(
        conversation_id=case.speaker.conversation_id,
        claim_id=claim.claim_id if claim else None,
        reason=reason,
        summary=summary(case, claim, why, about),
        at=case.now,
        urgency=why.urgency,
        case_no=case_no,
    )
    case.hand_off(handoff)
    if why.notice:
        case.custody.notify("handoff", f"{handoff.summary}\n{case_no}")
    return handoff


def mute_is_over(case: Case) -> bool:
    """Has nobody of the shop said a word for so long that the bot may ask whether it should go on? It asks once.

    Once the platform has stepped in it never may.
    """
    handoff = case.handoff
    if handoff is None or handoff.offered_back_at or case.is_with_platform:
        return False
    silence = timedelta(minutes=case.policy.handoff.mute_minutes)
    said = case.desk.store.log.last(case.speaker.conversation_id, Author.AGENT)
    last = max(handoff.at, handoff.taken_at or handoff.at, said.at if said else handoff.at)
    return case.now - last >= silence


def resume(case: Case) -> None:
    """The buyer has said yes: the bot goes on, with what was agreed meanwhile."""
    case.give_back()
    claim = case.current
    if claim and claim.state is ClaimState.HANDED_OFF:
        case.record(claim, events.GivenBack())


def visits(case: Case) -> int:
    """How often the buyer has come within a day, whichever conversation it was in; this time included."""
    here = {claim.conversation_id for claim in case.claims if claim.buyer_id == case.speaker.buyer_id}
    times = case.desk.store.log.times({*here, case.speaker.conversation_id}, Author.BUYER, case.now - _A_DAY)
    return 1 + sum(later - earlier >= _ANOTHER_VISIT for earlier, later in pairwise([*times, case.now]))
