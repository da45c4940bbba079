"""The verdict, the offers within what the shop allows, the agreement."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from bot.claims import deadlines, events, negotiation
from bot.claims.compensation import case_for, compensate
from bot.claims.fault import Verdict, find_fault
from bot.claims.model import Claim, ClaimState, Fault, LineStatus, Offer, Order, Remedy, Settlement
from bot.claims.negotiation import Counter, Figures, Past, Terms
from bot.claims.shop import HistoryPolicy
from bot.desk.case import Case
from bot.store.switches import OFFERS_PAUSED, SUMS_CONFIRMED


@dataclass(frozen=True)
class Assessment:
    """The verdict, and the first offer; without an offer a person decides, for ``reason``."""

    claim: Claim
    verdict: Verdict
    offer: Offer | None
    reason: str | None = None


def assess(case: Case, claim: Claim) -> Assessment:
    """Find the fault and, when it is not the buyer's, make the first offer."""
    order = case.order_or_fail(claim)
    verdict = find_fault(order, claim, case.policy.evidence)
    claim = case.record(claim, events.FaultFound(verdict.fault, tuple(reason.id for reason in verdict.reasons)))
    if verdict.fault is Fault.BUYER:
        return Assessment(claim, verdict, None, "not_upheld")
    if verdict.fault is Fault.UNCLEAR:
        return Assessment(claim, verdict, None, "unclear")
    if is_beyond_history(case, claim) or is_refund_open(case, claim):
        return Assessment(claim, verdict, None, "history")
    claim, offer = _offer(case, claim, order)
    return Assessment(claim, verdict, offer, None if offer else stopped(case, claim) or "policy_limit")


def is_refund_open(case: Case, claim: Claim) -> bool:
    """Has the buyer asked in the order for a refund of something claimed, and it is not settled yet?"""
    order = case.order_or_fail(claim)
    lines = (order.line(item.sku or "") for item in claim.lines)
    return any(line is not None and line.status is LineStatus.REFUND_OPEN for line in lines)


def another(
    case: Case, claim: Claim, wish: Remedy | None, counter: Counter | None = None
) -> tuple[Claim, Offer | None]:
    """The next round, see ``negotiation.next_terms``; None: a person."""
    order = case.order_or_fail(claim)
    asked = events.AnotherOfferAsked(wish, counter.fen if counter else None)
    return _offer(case, case.record(claim, asked), order, counter)


def has_lapsed(case: Case, claim: Claim) -> bool:
    if claim.state is not ClaimState.OFFERED or claim.offer is None:
        return False
    return deadlines.lapsed(claim.offer, case.now, case.policy.offers)


def renew(case: Case, claim: Claim) -> tuple[Claim, Offer | None]:
    """The offer again, with new dates; should the shop no longer allow it, the next one or a person."""
    order = case.order_or_fail(claim)
    terms = negotiation.terms_of(claim.offer) if claim.offer else None
    if terms and terms in _ladder(case, claim, order) and not _stop(case, terms):
        return _put(case, claim, terms)
    return _offer(case, claim, order)


def stopped(case: Case, claim: Claim) -> str | None:
    """Why a person decides over what the bot could offer, or has offered: the reason of the hand-off; None: nothing
    stops it. Asked before the offer, and before the agreement, as ``is_beyond_history``.

    What a colleague has offered is stopped by nothing.
    """
    if claim.proposal and case.desk.store.switches.is_on(SUMS_CONFIRMED):
        return "sum_to_confirm"
    if claim.offer and claim.offer.by:
        return None
    return _stop(case, negotiation.terms_of(claim.offer)) if claim.offer else _stop(case, None)


def ladder(case: Case, claim: Claim) -> tuple[Terms, ...]:
    """What the bot may offer for the claim by itself."""
    return _ladder(case, claim, case.order_or_fail(claim))


def full_ladder(case: Case, claim: Claim) -> tuple[Terms, ...]:
    """What makes sense for the claim, whatever the shop lets the bot offer."""
    order = case.order_or_fail(claim)
    figures = _figures(case, claim, order)
    most = order.paid_total_fen
    history = HistoryPolicy(days=1, max_claims=1, max_refund_fen=most)
    free = case.policy.offers.copy(update={"max_reship_fen": most, "max_refund_fen": most, "history": history})
    return negotiation.ladder(negotiation.possible(claim, order), figures, free, Past())


def _stop(case: Case, terms: Terms | None) -> str | None:
    money_fen = terms.amount_fen + terms.goodwill_fen if terms else 0
    most = case.policy.offers.per_day_fen
    with case.desk.store.reading() as parts:
        switched = parts.switches.on()
        today_fen = parts.claims.promised_since(case.midnight) if money_fen and most is not None else 0
    if OFFERS_PAUSED in switched:
        return "offers_paused"
    if money_fen and SUMS_CONFIRMED in switched:
        return "sum_to_confirm"
    if money_fen and most is not None and today_fen + money_fen > most:
        return "policy_limit"
    return None


def is_beyond_history(case: Case, claim: Claim) -> bool:
    """Has the buyer settled as much with the bot as the shop allows, or would with this offer?

    Asked before the offer and before the agreement: meanwhile other conversations may have settled something.
    """
    past, allowed = _past(case, claim), case.policy.offers.history
    more_fen = claim.offer.money_fen if claim.offer else 0
    return past.claims >= allowed.max_claims or past.refunded_fen + more_fen > allowed.max_refund_fen


def accept(case: Case, claim: Claim) -> Claim:
    """The buyer agrees: the offer becomes a promise, and the settlement is on record."""
    promise = negotiation.promise(claim)
    return case.record(
        claim, events.OfferAccepted(promise, settlement(case, claim, promise_broken=claim.promise_broken))
    )


def compensation(case: Case, claim: Claim, *, promise_broken: bool) -> dict[str, Any]:
    """The result of ``bot.claims.compensation`` for this claim, from the order record.

    Before fault is established it is computed as if the seller were at fault, and the caller says so.
    """
    supposed = claim if claim.fault else replace(claim, fault=Fault.SELLER)
    return _compensate(case, supposed, promise_broken=promise_broken)


def settlement(case: Case, claim: Claim, *, promise_broken: bool) -> Settlement:
    result = _compensate(case, claim, promise_broken=promise_broken)
    return Settlement(
        refund_fen=claim.offer.money_fen if claim.offer else 0,
        penalty_fen=result["penalty_fen"] or 0,
        penalty_points=result["penalty_points"] or 0,
        freight_by=result["freight_by"],
        penalty_currency=result["penalty_currency"],
    )


def _offer(case: Case, claim: Claim, order: Order, counter: Counter | None = None) -> tuple[Claim, Offer | None]:
    steps = _ladder(case, claim, order)
    terms = negotiation.next_terms(claim, steps, case.policy.offers.max_rounds, counter)
    if terms is None:
        return claim, None
    stop = _stop(case, terms)
    if stop is None:
        return _put(case, claim, terms)
    if stop == "sum_to_confirm":  # worked out all the same: a person only has to say yes
        claim = case.record(claim, events.OfferProposed(negotiation.make(terms, case.policy.offers, case.now)))
    return claim, None


def _put(case: Case, claim: Claim, terms: Terms) -> tuple[Claim, Offer]:
    offer = negotiation.make(terms, case.policy.offers, case.now)
    return case.record(claim, events.OfferMade(offer)), offer


def _ladder(case: Case, claim: Claim, order: Order) -> tuple[Terms, ...]:
    figures = _figures(case, claim, order)
    return negotiation.ladder(negotiation.possible(claim, order), figures, case.policy.offers, _past(case, claim))


def _figures(case: Case, claim: Claim, order: Order) -> Figures:
    result = compensation(case, claim, promise_broken=False)
    return negotiation.figures_from(result, negotiation.missing_value(claim, order), order)


def _past(case: Case, claim: Claim) -> Past:
    """What the buyer's other claims have settled lately."""
    since = case.now - timedelta(days=case.policy.offers.history.days)
    settled = [
        other.settlement
        for other in case.claims
        if other.buyer_id == claim.buyer_id and other.claim_id != claim.claim_id and other.opened_at >= since
        if other.promise and other.settlement and other.state is not ClaimState.WITHDRAWN
    ]
    return Past(len(settled), sum(settlement.refund_fen for settlement in settled))


def _compensate(case: Case, claim: Claim, *, promise_broken: bool) -> dict[str, Any]:
    facts = case_for(case.order_or_fail(claim), claim, promise_broken=promise_broken)
    return compensate(facts, case.rulebook, high_value_fen=case.policy.evidence.high_value_fen, on=case.today)
