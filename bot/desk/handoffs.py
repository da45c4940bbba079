"""A person takes over, and gives back; the platform takes over, and does not."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from bot.claims import events
from bot.claims.events import SaidBy
from bot.claims.model import Claim, ClaimState
from bot.claims.states import TRANSITIONS
from bot.desk.case import TO_PLATFORM, Case
from bot.privacy import mask
from bot.store import Author, Handoff

_SAID_SHOWN = 60  # characters of the buyer's words
_SAME_SHOWN = 3  # claims with the same picture, in a summary


def hand_off(case: Case, reason: str, about: str = "") -> Handoff:
    """Give the conversation to a person; the claim in work goes along.

    ``about``: what the buyer said that the claim does not hold.
    """
    claim = case.active
    handoff = _begin(case, claim, reason, about)
    if claim:
        case.record(claim, events.HandedOff(reason))
    return handoff


def hand_off_for(case: Case, reason: str) -> Handoff:
    """The same, where the reason weighs more than any that this message has given already."""
    begun = case.handoff if case.is_handed_over_now else None
    if begun is None:
        return hand_off(case, reason)
    weightier = replace(begun, reason=reason, summary=begun.summary.replace(begun.reason, reason, 1))
    case.hand_off(weightier)
    return weightier


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
    handoff = Handoff(
        conversation_id=case.speaker.conversation_id,
        claim_id=claim.claim_id if claim else None,
        reason=reason,
        summary=_summary(case, claim, reason, about),
        at=case.now,
    )
    case.hand_off(handoff)
    return handoff


def in_force(case: Case) -> Handoff | None:
    """The hand-off that still holds: not given back, and the shop's silence since a person last spoke not over yet.

    One whose silence is over is given back by this. Once the platform has stepped in it holds for good.
    """
    handoff = case.handoff
    if handoff is None:
        return None
    if case.is_with_platform:
        return handoff
    silence = timedelta(minutes=case.policy.handoff.mute_minutes)
    said = case.desk.store.log.last(case.speaker.conversation_id, Author.AGENT)
    if case.now - max(handoff.at, said.at if said else handoff.at) < silence:
        return handoff
    case.give_back()
    return None


def _summary(case: Case, claim: Claim | None, reason: str, about: str) -> str:
    """At most 200 characters for the person who takes over; no phone numbers or addresses."""
    said = f"买家说:{mask(about)[:_SAID_SHOWN]}" if about else ""
    if claim is None:
        return ";".join(part for part in (f"原因:{reason}", "未登记", said) if part)[:200]
    lines = ";".join(
        f"{mask(line.part or line.title) or '?'} 拍{_or_unknown(line.ordered)}到{_or_unknown(line.received)}"
        f"缺{_or_unknown(line.missing)}"
        for line in claim.lines
    )
    offers = "、".join(f"{offer.remedy.value}:{offer.money_fen}分" for offer in claim.offers)
    got = sum(1 for item in claim.evidence if item.sha256)
    # For the person to judge, and for nobody else: it is not said to the buyer and decides nothing.
    same_files = case.desk.store.claims.with_same_files(claim).values()
    also_on = sorted({other.claim_id for others in same_files for other in others})
    parts = [
        f"原因:{reason}",
        said,
        f"登记号{claim.claim_id}",
        f"同一文件也在{'、'.join(also_on[:_SAME_SHOWN])}" if also_on else "",
        f"订单{claim.order_id or '未知'}",
        lines,
        f"责任:{claim.fault.value if claim.fault else '未定'}",
        f"凭证{got}份",
        f"报过:{offers}" if offers else "",
        f"已约定:{claim.promise.remedy.value}" if claim.promise else "",
    ]
    return ";".join(part for part in parts if part)[:200]


def _or_unknown(number: int | None) -> str:
    return "?" if number is None else str(number)
