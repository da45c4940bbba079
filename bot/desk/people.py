"""What a colleague decides over a claim, each on record with the colleague's name. No wording, no rights: who may is
the caller's business.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from bot.claims import events, negotiation
from bot.claims.model import Claim, ClaimState, Offer, Remedy
from bot.claims.negotiation import Terms
from bot.desk import offers
from bot.desk.case import Case

_OVER = frozenset({ClaimState.ESCALATED, ClaimState.WITHDRAWN, ClaimState.EXPIRED, ClaimState.FULFILLED})


class NotPossible(ValueError):
    """The claim is not where that can be done; ``code`` says why."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass(frozen=True)
class Proposal:
    """Something that could be offered. ``within``: the shop's limits let the bot promise it by itself. Money in fen."""

    remedy: Remedy
    amount_fen: int
    goodwill_fen: int
    within: bool


def proposals(case: Case) -> list[Proposal]:
    """What makes sense for the claim at hand, worked out from the order; nothing when there is no order or no count."""
    claim = case.current
    if claim is None or claim.state in _OVER or not claim.lines or any(line.missing is None for line in claim.lines):
        return []
    if case.order_of(claim) is None:
        return []
    allowed = offers.ladder(case, claim)
    rest = [terms for terms in offers.full_ladder(case, claim) if terms not in allowed]
    return [Proposal(*_values(terms), within=is_within(case, claim, terms)) for terms in (*allowed, *rest)]


def propose(case: Case, terms: Terms, by: str, *, may_exceed: bool) -> Claim:
    """An offer of a colleague's: made at once where the shop's limits or the colleague's rights allow it, else kept for
    somebody who approves it.

    Raises:
        NotPossible: there is no claim to make it for, or its sum makes no sense.
    """
    claim = _open(case)
    is_money = terms.remedy is not Remedy.RESHIP
    if terms.goodwill_fen < 0 or (terms.amount_fen <= 0 if is_money else terms.amount_fen != 0):
        raise NotPossible("sum")
    order = case.order_of(claim)
    if order is None:
        raise NotPossible("no_order")
    if terms.amount_fen + terms.goodwill_fen > order.paid_total_fen:
        raise NotPossible("sum")
    offer = replace(_offer(case, terms), by=by)
    allowed = is_within(case, claim, terms)
    if not (may_exceed or allowed):
        return case.record(claim, events.OfferProposed(offer))
    return _make(case, claim, replace(offer, approved_by=None if allowed else by))


def approve(case: Case, terms: Terms, by: str, *, may_exceed: bool) -> Claim:
    """What was proposed becomes the offer, if it is ``terms`` still; its dates run from now.

    Raises:
        NotPossible: nothing was proposed, or something else meanwhile, or it is not for this colleague to allow.
    """
    claim = _open(case)
    if claim.proposal is None:
        raise NotPossible("nothing_proposed")
    if negotiation.terms_of(claim.proposal) != terms:
        raise NotPossible("other_proposed")
    if not (may_exceed or is_within(case, claim, terms)):
        raise NotPossible("above_limit")
    offer = replace(_offer(case, terms), by=claim.proposal.by or by, approved_by=by)
    return _make(case, claim, offer)


def change_counts(case: Case, item: str, missing: int, by: str) -> Claim:
    """``item``: the sku of a line, or its title. So many are missing.

    Raises:
        NotPossible: no such line, no such count, or it is promised already.
    """
    claim = _open(case)
    line = next((line for line in claim.lines if item in (line.sku, line.title)), None)
    if line is None:
        raise NotPossible("no_line")
    if claim.promise:
        raise NotPossible("promised")
    if missing < 1 or (line.ordered is not None and missing > line.ordered):
        raise NotPossible("count")
    received = line.ordered - missing if line.ordered is not None else line.received
    changed = replace(line, missing=missing, received=received)
    lines = tuple(changed if other is line else other for other in claim.lines)
    return case.record(claim, events.CountsChanged(lines, by))


def refuse(case: Case, reason: str, by: str) -> Claim:
    """
    Raises:
        NotPossible: what was promised is not refused.
    """
    claim = _open(case)
    if claim.promise:
        raise NotPossible("promised")
    return case.record(claim, events.Refused(reason, by))


def other_kind(case: Case, kind: str, by: str) -> Claim:
    """
    Raises:
        NotPossible: what it is about is promised already.
    """
    claim = _open(case)
    if claim.promise:
        raise NotPossible("promised")
    return case.record(claim, events.OtherKindFound(kind, by))


def _open(case: Case) -> Claim:
    claim = case.current
    if claim is None:
        raise NotPossible("no_claim")
    if case.is_with_platform:
        raise NotPossible("platform")
    if claim.state in _OVER:
        raise NotPossible("over")
    return claim


def _make(case: Case, claim: Claim, offer: Offer) -> Claim:
    if claim.state not in (ClaimState.HANDED_OFF, ClaimState.ASSESSING, ClaimState.OFFERED, ClaimState.AGREED):
        claim = case.record(claim, events.HandedOff("agent_took_over"))
    return case.record(claim, events.OfferMade(offer))


def _offer(case: Case, terms: Terms) -> Offer:
    return negotiation.make(terms, case.policy.offers, case.now)


def is_within(case: Case, claim: Claim, terms: Terms) -> bool:
    """May the bot itself promise here as much by that remedy? A clerk may then, too."""
    steps = (step for step in offers.ladder(case, claim) if step.remedy is terms.remedy)
    most = max((step.amount_fen + step.goodwill_fen for step in steps), default=-1)
    return terms.amount_fen + terms.goodwill_fen <= most


def _values(terms: Terms) -> tuple[Remedy, int, int]:
    return terms.remedy, terms.amount_fen, terms.goodwill_fen
