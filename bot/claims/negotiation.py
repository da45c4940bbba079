"""Offers within ``shop.yml``. What is offered depends on the order and the shop, never on how loud the buyer is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from bot.claims.deadlines import due_at
from bot.claims.model import Claim, LineStatus, Offer, Order, Promise, Remedy, Shortage
from bot.claims.money import share
from bot.claims.shop import OfferPolicy


@dataclass(frozen=True)
class Figures:
    """What each remedy is worth, in fen, from the order record."""

    missing_fen: int  # the missing units' share of what was paid, gifts at their declared value
    refund_fen: int  # missing units (and postage, if nothing came at all)
    return_fen: int  # everything paid that has not been refunded yet

    def amount(self, remedy: Remedy) -> int:
        """The money that changes hands at once; a reship moves goods only."""
        return {Remedy.RESHIP: 0, Remedy.REFUND: self.refund_fen, Remedy.RETURN: self.return_fen}[remedy]

    def at_stake(self, remedy: Remedy) -> int:
        return self.missing_fen if remedy is Remedy.RESHIP else self.amount(remedy)


def missing_value(claim: Claim, order: Order) -> int:
    """Fen: what was paid for the missing units, gifts at their declared value; a part inside a unit counts as 0."""
    if claim.shortage is Shortage.PART:
        return 0
    value = 0
    for item in claim.lines:
        line = order.line(item.sku) if item.sku else None
        if line:
            value += share(line.value_fen, item.missing or 0, line.quantity)
    return value


def possible(claim: Claim, order: Order) -> tuple[Remedy, ...]:
    """The remedies that make sense at all for what is missing."""
    if claim.shortage is not Shortage.UNITS:
        # A gift or a part has no price of its own in the order, so there is nothing to refund for it.
        return (Remedy.RESHIP,)
    lines = [order.line(item.sku) for item in claim.lines if item.sku]
    if any(line and line.status is LineStatus.OUT_OF_STOCK for line in lines):
        return (Remedy.REFUND, Remedy.RETURN)
    return (Remedy.RESHIP, Remedy.REFUND, Remedy.RETURN)


def allowed(claim: Claim, order: Order, figures: Figures, policy: OfferPolicy) -> tuple[Remedy, ...]:
    """The possible remedies that the shop lets the bot offer by itself, in the shop's order."""
    limits = {Remedy.RESHIP: policy.max_reship_fen}
    return tuple(
        remedy
        for remedy in policy.remedies
        if remedy in possible(claim, order) and figures.at_stake(remedy) <= limits.get(remedy, policy.max_refund_fen)
    )


def next_offer(
    claim: Claim, remedies: tuple[Remedy, ...], figures: Figures, policy: OfferPolicy, now: datetime
) -> Offer | None:
    """The next offer to make, or None when it is a person's turn.

    The buyer's wish comes first, then the shop's order; nothing is offered twice unless the buyer asks for it, and
    there are at most ``max_rounds`` offers.
    """
    if len(claim.offers) >= policy.max_rounds:
        return None
    made = {offer.remedy for offer in claim.offers}
    wished = (claim.wish,) if claim.wish in remedies and claim.wish is not None else ()
    fresh = tuple(remedy for remedy in remedies if remedy not in made)
    choice = next(iter(wished + fresh), None)
    if choice is None:
        return None
    return Offer(choice, figures.amount(choice), due_at(choice, now, policy), now)


def promise(claim: Claim) -> Promise:
    """What the shop promises when the buyer agrees to the offer on the table.

    Raises:
        ValueError: when no offer is on the table.
    """
    if claim.offer is None:
        raise ValueError(f"claim {claim.claim_id} has no offer to accept")
    return Promise(claim.offer.remedy, claim.offer.due_at)


def figures_from(result: Mapping[str, int | None], missing_fen: int, order: Order) -> Figures:
    """Read the remedies' worth off a result of ``bot.claims.compensation``."""
    refunded = sum(line.refunded_fen for line in order.lines)
    return Figures(
        missing_fen=missing_fen,
        refund_fen=(result["refund_missing_fen"] or 0) + (result["refund_shipping_fen"] or 0),
        return_fen=order.paid_total_fen - refunded,
    )
