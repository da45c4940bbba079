"""Offers within ``shop.yml``. What is offered depends on the order and the shop, never on how loud the buyer is.

The shop's ladder is all it may offer for a claim. A buyer climbs it by refusing, by wishing for something else or by
asking for more; a sum that a buyer names is compared with its steps and never becomes one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.claims.counting import missing_of
from bot.claims.deadlines import due_at
from bot.claims.model import Claim, LineStatus, Offer, Order, Promise, Remedy, Unit
from bot.claims.money import share
from bot.claims.shop import OfferPolicy

_YUAN = 100


@dataclass(frozen=True)
class Figures:
    """What each remedy is worth, in fen, from the order record."""

    missing_fen: int  # the missing units' share of what was paid, gifts at their declared value
    refund_fen: int  # missing units (and postage, if nothing came at all)
    return_fen: int  # everything paid that has not been refunded yet

    def amount(self, remedy: Remedy) -> int:
        """The money that changes hands at once; a reship moves goods only."""
        return {Remedy.RESHIP: 0, Remedy.REFUND: self.refund_fen, Remedy.RETURN: self.return_fen}[remedy]


@dataclass(frozen=True)
class Past:
    """What the buyer's other claims have settled within the days that the shop looks back."""

    claims: int = 0
    refunded_fen: int = 0


@dataclass(frozen=True)
class Terms:
    """One step of the ladder."""

    remedy: Remedy
    amount_fen: int
    goodwill_fen: int = 0

    @property
    def gain_fen(self) -> int:
        """The money the buyer is better off by; for a return only the goodwill, since the goods go back."""
        return self.goodwill_fen + (0 if self.remedy is Remedy.RETURN else self.amount_fen)


@dataclass(frozen=True)
class Counter:
    """The buyer asks for more. ``fen``: the sum named, if any; ``on_top``: 再加20, besides what is offered."""

    fen: int | None = None
    on_top: bool = False

    def asked_fen(self, offer: Offer | None) -> int | None:
        """What the buyer would be better off by."""
        if self.fen is None:
            return None
        return self.fen + (terms_of(offer).gain_fen if offer and self.on_top else 0)


def terms_of(offer: Offer) -> Terms:
    return Terms(offer.remedy, offer.amount_fen, offer.goodwill_fen)


def missing_value(claim: Claim, order: Order) -> int:
    """Fen: what was paid for what is missing, gifts at their declared value; a part inside a unit counts as 0."""
    lines = ((item, order.line(item.sku)) for item in claim.lines if item.sku and not item.part)
    return sum(missing_of(line.value_fen, item, line) for item, line in lines if line)


def possible(claim: Claim, order: Order) -> tuple[Remedy, ...]:
    """The remedies that make sense at all for what is missing."""
    lines = [line for line in (order.line(item.sku or "") for item in claim.lines) if line]
    if any(item.part for item in claim.lines) or (lines and all(line.is_gift for line in lines)):
        # A gift or a part has no price of its own in the order, so there is nothing to refund for it.
        return (Remedy.RESHIP,)
    weighed = any(item.unit is Unit.GRAM for item in claim.lines)  # 少了一斤半米: nobody packs what is missing
    if weighed or any(line.status is LineStatus.OUT_OF_STOCK for line in lines):
        return (Remedy.REFUND, Remedy.RETURN)
    return (Remedy.RESHIP, Remedy.REFUND, Remedy.RETURN)


def ladder(remedies: Sequence[Remedy], figures: Figures, policy: OfferPolicy, past: Past) -> tuple[Terms, ...]:
    """Everything the bot may offer by itself: the shop's remedies that are possible, in its order, goodwill rising."""
    limit = min(policy.max_refund_fen, max(policy.history.max_refund_fen - past.refunded_fen, 0))
    steps: list[Terms] = []
    for remedy in policy.remedies:
        if remedy not in remedies or (remedy is Remedy.RESHIP and figures.missing_fen > policy.max_reship_fen):
            continue
        if remedy is Remedy.REFUND and not figures.amount(remedy):
            continue  # it has been paid back already: 退您0元 is no offer
        extras = (0,) if remedy is Remedy.RETURN else (0, *_goodwill(figures, policy))
        amount = figures.amount(remedy)
        steps += [Terms(remedy, amount, extra) for extra in extras if amount + extra <= limit]
    return tuple(steps)


def _goodwill(figures: Figures, policy: OfferPolicy) -> list[int]:
    """In whole 元, rounded down: a clerk offers 3元, not 3.66元."""
    shares = (min(share(figures.missing_fen, step.percent, 100), step.at_most_fen) for step in policy.goodwill)
    return sorted({fen // _YUAN * _YUAN for fen in shares} - {0})


def next_terms(claim: Claim, steps: Sequence[Terms], max_rounds: int, counter: Counter | None = None) -> Terms | None:
    """The step to offer next, or None when it is a person's turn.

    The buyer's wish comes first. Who asks for more gets the smallest step that reaches the sum named, else the best
    one; without a sum, the next one. Who only refuses gets the next remedy, and where there is none, the next goodwill.
    Goodwill once offered is not taken back. Nothing is offered twice unless the buyer wishes for it, and there are at
    most ``max_rounds`` different offers.
    """
    made = [terms_of(offer) for offer in claim.offers]
    again = [step for step in steps if step in made and step.remedy is claim.wish]
    if again:
        return again[-1]
    if len(set(made)) >= max_rounds:
        return None
    wished = [step for step in steps if step.remedy is claim.wish]
    if wished and counter and counter.fen is not None:
        return _nearest(wished, counter, claim.offer)
    if wished:
        return _keeping_goodwill(wished, made)
    better = _better(steps, made)
    if counter and better:
        return _nearest(better, counter, claim.offer)
    fresh = [step for step in steps if step.remedy not in {before.remedy for before in made}]
    if fresh:
        return _keeping_goodwill([step for step in fresh if step.remedy is fresh[0].remedy], made)
    same = [step for step in better if step.remedy is made[-1].remedy]
    return same[0] if same and claim.wish is None else None


def _better(steps: Sequence[Terms], made: Sequence[Terms]) -> list[Terms]:
    """What leaves the buyer better off than what is on the table, the smallest gain first."""
    if not made:
        return []
    candidates = (step for step in steps if step.remedy is not Remedy.RETURN and step not in made)
    return sorted((step for step in candidates if step.gain_fen > made[-1].gain_fen), key=lambda step: step.gain_fen)


def _nearest(better: Sequence[Terms], counter: Counter, offer: Offer | None) -> Terms:
    asked = counter.asked_fen(offer)
    if asked is None:
        return next((step for step in better if offer and step.remedy is offer.remedy), better[0])
    return next((step for step in better if step.gain_fen >= asked), better[-1])


def _keeping_goodwill(rising: Sequence[Terms], made: Sequence[Terms]) -> Terms:
    before = max((step.goodwill_fen for step in made), default=0)
    return next((step for step in rising if step.goodwill_fen >= before), rising[-1])


def covers(offer: Offer, asked_fen: int) -> bool:
    """Does the offer give what the buyer asks already? 37 said for 36.56 is the same sum in whole 元."""
    in_yuan = -(-terms_of(offer).gain_fen // _YUAN) * _YUAN
    return asked_fen <= in_yuan


def make(terms: Terms, policy: OfferPolicy, now: datetime) -> Offer:
    return Offer(terms.remedy, terms.amount_fen, due_at(terms.remedy, now, policy), now, terms.goodwill_fen)


def promise(claim: Claim) -> Promise:
    """What the shop promises when the buyer agrees to the offer on the table.

    Raises:
        ValueError: when no offer is on the table.
    """
    if claim.offer is None:
        raise ValueError(f"claim {claim.claim_id} has no offer to accept")
    waits = not claim.offer.has_date
    return Promise(claim.offer.remedy, claim.offer.due_at, by=claim.offer.by, on_application=waits)


def figures_from(result: Mapping[str, int | None], missing_fen: int, order: Order) -> Figures:
    """Read the remedies' worth off a result of ``bot.claims.compensation``."""
    refunded = sum(line.refunded_fen for line in order.lines)
    return Figures(
        missing_fen=missing_fen,
        refund_fen=(result["refund_missing_fen"] or 0) + (result["refund_shipping_fen"] or 0),
        return_fen=order.paid_total_fen - refunded,
    )
