"""A person takes over, and gives back."""

from __future__ import annotations

from datetime import timedelta

from bot.claims import events
from bot.claims.model import Claim, ClaimState
from bot.desk.case import Case
from bot.store import Author, Handoff

_SAME_SHOWN = 3  # claims with the same picture, in a summary


def hand_off(case: Case, reason: str) -> Handoff:
    """Give the conversation to a person; the claim in work goes along."""
    claim = case.active
    handoff = Handoff(
        conversation_id=case.speaker.conversation_id,
        claim_id=claim.claim_id if claim else None,
        reason=reason,
        summary=_summary(case, claim, reason),
        at=case.now,
    )
    case.hand_off(handoff)
    if claim:
        case.record(claim, events.HandedOff(reason))
    return handoff


def in_force(case: Case) -> Handoff | None:
    """The hand-off that still holds: not given back, and the shop's silence since a person last spoke not over yet.

    One whose silence is over is given back by this. Once the platform has stepped in it holds for good.
    """
    handoff = case.handoff
    if handoff is None:
        return None
    if case.current and case.current.state is ClaimState.ESCALATED:
        return handoff
    silence = timedelta(minutes=case.policy.handoff.mute_minutes)
    said = case.desk.store.log.last(case.speaker.conversation_id, Author.AGENT)
    if case.now - max(handoff.at, said.at if said else handoff.at) < silence:
        return handoff
    case.give_back()
    return None


def _summary(case: Case, claim: Claim | None, reason: str) -> str:
    """At most 200 characters for the person who takes over; no phone numbers or addresses."""
    if claim is None:
        return f"原因:{reason};未登记"
    lines = ";".join(
        f"{line.part or line.title or '?'} 拍{_or_unknown(line.ordered)}到{_or_unknown(line.received)}"
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
        f"登记号{claim.claim_id}",
        f"同一文件也在{'、'.join(also_on[:_SAME_SHOWN])}" if also_on else "",
        f"订单{claim.order_id or '未知'}",
        lines,
        f"责任:{claim.fault.value if claim.fault else '未定'}",
        f"凭证{got}份",
        f"报过:{offers}" if offers else "",
    ]
    return ";".join(part for part in parts if part)[:200]


def _or_unknown(number: int | None) -> str:
    return "?" if number is None else str(number)
