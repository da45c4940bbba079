"""The facts of a claim: taken up as the buyer says them, checked against the order, taken back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from bot.claims import causes, events, evidence, negotiation
from bot.claims.model import Claim, ClaimLine, ClaimState, EvidenceKind, Order, OrderLine, Remedy
from bot.desk.case import Case
from bot.language import packs
from bot.language.packs import Pack
from bot.language.parts import is_part
from bot.understanding import intake, matching, parts, replies
from bot.understanding.intake import Asked, Excess, Heard

_SETTLED = frozenset({ClaimState.AGREED, ClaimState.FULFILLED})
_OVER = frozenset({ClaimState.WITHDRAWN, ClaimState.EXPIRED})


@dataclass(frozen=True)
class Check:
    """What the order record says to a claim whose facts are complete."""

    causes: tuple[causes.Cause, ...] = ()
    evidence: tuple[EvidenceKind, ...] = ()
    high_value: bool = False
    earlier: Claim | None = None
    unknown_part: bool = False  # nobody has it on a list: whether it belongs to the item, a person must look


def open_claim(case: Case) -> Claim:
    """The claim that is in work, or a new one."""
    return case.active or _new(case)


def latest(case: Case) -> Claim | None:
    """What 我的补发呢 is about: this conversation's claim, or else the buyer's latest that still counts."""
    here = case.current
    if here and here.state not in _OVER:
        return here
    mine = (claim for claim in case.claims if claim.buyer_id == case.speaker.buyer_id)
    counting = [claim for claim in mine if claim.state not in _OVER]
    return max(counting, key=lambda claim: claim.opened_at, default=here)


def hear(case: Case, heard: Heard, asked: Asked | None, order: Order | None) -> tuple[Claim, Excess | None]:
    """Take up what one message says; ``order`` is the one it names or points to, if any.

    A claim with an offer goes back to gathering when its facts change, and keeps its offer when they do not. What
    is agreed stays agreed, whatever other figures are named (``change``); anything else is a claim of its own.
    """
    claim = open_claim(case)
    if claim.state is ClaimState.AGREED:
        return _hear_after_agreement(case, claim, heard, asked, order)
    known = claim
    elsewhere = order is not None and claim.order_id is not None and order.order_id != claim.order_id
    besides = claim.lines and intake.says_more(heard, case.policy.words)
    if elsewhere and (claim.state is ClaimState.OFFERED or besides):
        return claim, None  # one thing at a time
    if elsewhere:
        known = replace(claim, lines=(), order_id=None)  # its lines are others too
    learned, excess = intake.learn(known, heard, order or case.order_of(known), case.policy.words, asked)
    if learned == claim and claim.state is not ClaimState.OPEN:
        return claim, excess
    return case.record(claim, _facts(learned)), excess


def recount(case: Case, claim: Claim) -> Claim:
    """By what was said nothing is missing, and the buyer has not taken it back: how many came is open again."""
    lines = tuple(replace(line, received=None, missing=None) for line in claim.lines)
    return case.record(claim, _facts(replace(claim, lines=lines)))


def changed(case: Case, agreed: Claim, heard: Heard, order: Order | None) -> Claim | None:
    """What was agreed, as it would be by other figures for the same items; None where they are no others."""
    if order is not None and order.order_id != agreed.order_id:
        return None
    learned, excess = intake.learn(agreed, heard, case.order_of(agreed), case.policy.words, None)
    same = [line.sku for line in learned.lines] == [line.sku for line in agreed.lines]
    return learned if same and not excess and learned.lines != agreed.lines else None


def change(case: Case, agreed: Claim, learned: Claim) -> Claim:
    """A claim with the figures of ``changed`` instead of the agreed one: the buyer has said so twice."""
    opened = events.ClaimOpened(
        case.new_claim_id(),
        agreed.conversation_id,
        agreed.buyer_id,
        replaces=agreed.claim_id,
        explained=agreed.explained,
        promise_broken=agreed.promise_broken,
    )
    case.record(agreed, events.Withdrawn(replaced_by=opened.claim_id))
    return case.record(None, opened, _facts(learned))


def _hear_after_agreement(
    case: Case, agreed: Claim, heard: Heard, asked: Asked | None, order: Order | None
) -> tuple[Claim, Excess | None]:
    if order is None or order.order_id == agreed.order_id:
        learned, excess = intake.learn(agreed, heard, case.order_of(agreed), case.policy.words, asked)
        if excess or [line.sku for line in learned.lines] == [line.sku for line in agreed.lines]:
            return agreed, excess
        order = case.order_of(agreed)
    fresh = _new(case)
    learned, excess = intake.learn(fresh, heard, order, case.policy.words, asked)
    return case.record(fresh, _facts(learned)), excess


def supposed(case: Case, heard: Sequence[Heard], order: Order | None) -> Claim:
    """The claim that would state what was heard; none is opened."""
    claim = Claim("", case.speaker.conversation_id, case.speaker.buyer_id, case.now, ClaimState.OPEN)
    for each in heard:
        claim, _ = intake.learn(claim, each, order, case.policy.words)
    return claim


def _new(case: Case) -> Claim:
    speaker = case.speaker
    return case.record(None, events.ClaimOpened(case.new_claim_id(), speaker.conversation_id, speaker.buyer_id))


def renewed(case: Case) -> Claim | None:
    """A new claim with the facts of the conversation's expired one, None when it has not expired.

    For a buyer who was told to wait for a parcel, and that nothing would have to be said again.
    """
    expired = case.current
    if expired is None or expired.state is not ClaimState.EXPIRED:
        return None
    opened = events.ClaimOpened(
        case.new_claim_id(), expired.conversation_id, expired.buyer_id, explained=expired.explained
    )
    return case.record(None, opened, _facts(expired))


def forget_order(case: Case, claim: Claim) -> Claim:
    """It was another order: back to the question which one. What is agreed stays."""
    if claim.state is ClaimState.AGREED:
        return claim
    return case.record(claim, events.OrderForgotten())


def check(case: Case, claim: Claim) -> Check:
    """What may explain the shortage, what was claimed before, and which evidence is owed."""
    order = case.order_or_fail(claim)
    value = negotiation.missing_value(claim, order)
    asked = claim.evidence_asked or not causes.may_have_come(order, claim)
    return Check(
        causes=tuple(c for c in causes.find_causes(order, claim) if c.line.sku not in claim.explained),
        evidence=() if asked else evidence.checklist(order, claim, case.policy.evidence),
        high_value=value >= case.policy.evidence.high_value_fen,
        earlier=_earlier(case, claim),
        unknown_part=any(not _is_known(case, order, line) for line in claim.lines),
    )


def _is_known(case: Case, order: Order, item: ClaimLine) -> bool:
    line = order.line(item.sku or "")
    holds = packs.pack(line.title) if line else Pack()
    listed = (*case.policy.words.part, *holds.parts, *holds.things)
    return all(is_part(name) or name in listed for name in item.parts)


def _earlier(case: Case, claim: Claim) -> Claim | None:
    """A claim of the same buyer on the same line that is settled or with a person: nothing is paid twice."""
    keys = _keys(claim)
    others = (
        other
        for other in case.claims
        if other.order_id == claim.order_id
        and other.claim_id != claim.claim_id
        and other.buyer_id == claim.buyer_id
        and other.state in _SETTLED | {ClaimState.HANDED_OFF, ClaimState.ESCALATED}
    )
    return next((other for other in others if keys & _keys(other)), None)


def _keys(claim: Claim) -> frozenset[tuple[str, str]]:
    return frozenset().union(*(line.keys for line in claim.lines))


def explained(case: Case, claim: Claim, cause: causes.Cause) -> Claim:
    """The buyer has been told; whoever still says that it is short stands by it."""
    return case.record(claim, events.CauseExplained(cause.kind, cause.line.sku or ""))


def wish(case: Case, claim: Claim, remedy: Remedy) -> Claim:
    return case.record(claim, events.WishNoted(remedy))


def withdraw(case: Case, claim: Claim) -> Claim:
    return case.record(claim, events.Withdrawn())


def found(case: Case, claim: Claim, text: str) -> tuple[ClaimLine, ...]:
    """The lines that the text says have been found, when it names some of the claim's and not all."""
    lines = _order_lines(case, claim)
    spoken = replies.what_was_found(text) or text
    named = {line.sku for line in lines if matching.likeness(spoken, [line])}
    if len(named) == len(lines):  # 泳帽找到了,只缺泳镜: those that are still short are named too
        lacking = parts.named_lines(text, lines) or matching.mentioned(text, lines)
        named -= {line.sku for line in lacking}
    those = tuple(item for item in claim.lines if item.sku in named)
    return those if 0 < len(those) < len(claim.lines) else ()


def is_still_short(case: Case, claim: Claim, text: str) -> bool:
    """Does the text say of something claimed that it is missing? 牙刷没少，缺的是礼盒 takes nothing back."""
    lines = _order_lines(case, claim)
    known = [name for item in claim.lines for name in item.parts]
    named = parts.missing_parts(text, lines, lines, ())
    of_them = named is not None and any(parts.is_same(name, other) for name in named.names for other in known)
    return of_them or bool(parts.named_lines(text, lines))


def is_recounted(case: Case, claim: Claim, heard: Heard) -> bool:
    """Does it say another number, by which something is missing all the same?"""
    if heard.ordered is None and heard.received is None and heard.missing is None:
        return False
    learned, _ = intake.learn(claim, heard, case.order_of(claim), case.policy.words)
    return learned.lines != claim.lines and any(line.missing for line in learned.lines)


def paid_fen(case: Case) -> int:
    """What was paid for the lines of the claim in work, all their units; 退一半 is said of that."""
    return sum(line.paid_fen for line in _order_lines(case, case.active)) if case.active else 0


def _order_lines(case: Case, claim: Claim) -> list[OrderLine]:
    order = case.order_of(claim)
    return [line for line in (order.line(item.sku or "") for item in claim.lines) if line] if order else []


def keep_others(case: Case, claim: Claim, lines: tuple[ClaimLine, ...]) -> Claim:
    """Go on without the lines that have been found."""
    return case.record(claim, events.ItemsFound(lines))


def _facts(claim: Claim) -> events.FactsLearned:
    return events.FactsLearned(claim.order_id, claim.platform, claim.lines, claim.shortage, claim.box_torn)
