"""The sum: what is refunded, what penalty may be claimed, who pays the freight, and whether a person must look.

Formula and decisions: rules.md 3.1 and 3.2 in short are the comments here; the figures are the rulebook's.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Any

from bot.claims.compensation.case import Case, Item
from bot.claims.model import Fault
from bot.claims.money import share
from bot.claims.rulebook import Rulebook
from bot.claims.schemes import Base, Condition, Scheme, Terms, terms_on

TOLERANCE = "project.amounts.tolerance_per_line"
NO_RATE = "project.penalty.no_rate"

_BASIS = {
    Fault.BUYER: "claim_not_upheld",
    Fault.COURIER: "seller_bears_transit_risk_then_recourse_to_courier",
    Fault.UNCLEAR: "evidence_stage",
}


@dataclass(frozen=True)
class Rules:
    """What is decided for one platform on one date.

    ``scheme`` is None when the rulebook does not have the platform, ``terms`` when it pays nothing by a rate.
    """

    scheme: Scheme | None
    terms: Terms | None
    no_rate_basis: str
    held: frozenset[str]  # the ids of all rules that hold


@lru_cache(maxsize=64)
def rules_on(rulebook: Rulebook, platform: str | None, day: date) -> Rules:
    """``platform``: an id of the rulebook's schemes, None for a platform that it does not have.

    Raises:
        RulebookError: when the rulebook has no value on that day.
    """
    scheme = rulebook.schemes[platform] if platform else None
    terms = terms_on(rulebook, scheme, day) if scheme else None
    held = frozenset(value.id for value in rulebook.holding(day))
    return Rules(scheme, terms, str(rulebook.get(NO_RATE, day).value), held)


@lru_cache(maxsize=16)
def tolerance_on(rulebook: Rulebook, day: date) -> int:
    """
    Raises:
        RulebookError: when the rulebook has no value on that day.
    """
    return rulebook.amount(TOLERANCE, day)


@dataclass(frozen=True)
class Owed:
    """Everything that is owed in one case. A penalty is claimable, never promised: the platform rules on it."""

    case: Case
    rules: Rules
    refund_missing_fen: int
    refund_shipping_fen: int
    asks_promise: bool  # everything else is known, and the penalty hangs on the promise
    claimable: Terms | None  # by what a penalty may be claimed; None when none may
    base_fen: int  # what the penalty is a share of
    penalty_fen: int
    penalty_on_short_fen: int  # the same, if 实付 means only the lines that are short
    missing_value_fen: int
    high_value: bool
    needs_review: bool
    freight_by: str
    action: str
    basis: str

    def figures(self) -> dict[str, Any]:
        """The result's fields, all but the words."""
        unknown, terms = self.asks_promise, self.claimable
        return {
            "status": "need_info" if unknown else "ok",
            "ask": ["promise_broken"] if unknown else [],
            "error": None,
            "action": self.action,
            "basis": self.basis,
            "refund_missing_fen": self.refund_missing_fen,
            "refund_shipping_fen": self.refund_shipping_fen,
            "penalty_fen": None if unknown else self.penalty_fen,
            "penalty_points": None if unknown else terms.points(self.penalty_fen) if terms else 0,
            "penalty_currency": terms.rule.currency.name if terms else None,
            "penalty_range_fen": [None, None] if unknown else [self.penalty_on_short_fen, self.penalty_fen],
            "freight_by": self.freight_by,
            "needs_review": self.needs_review,
            "high_value": self.high_value,
        }


def work_out(case: Case, rules: Rules, high_value_fen: int) -> Owed:
    """The sum of a case; from ``high_value_fen`` on, worth of the missing units, a person looks at it."""
    applying = _applying(case, rules.terms)
    asks_promise = applying is not None and applying.needs(Condition.PROMISE_BROKEN) and case.broken is None
    claimable = applying if applying and not asks_promise and _is_open(case, applying) else None
    whole_base = penalty_base(case)
    short_base = min(sum(item.paid_fen for item in case.short), whole_base)
    base = short_base if claimable and claimable.rule.base is Base.SHORT_LINES else whole_base
    value = sum(missing_value(item) for item in case.short)
    high_value = bool(case.short) and value >= high_value_fen
    broken_without_penalty = bool(case.short) and case.fault is Fault.SELLER and bool(case.broken) and claimable is None
    unclear = bool(case.short) and case.fault is Fault.UNCLEAR
    too_many = not case.short and case.over_delivered
    return Owed(
        case=case,
        rules=rules,
        refund_missing_fen=_refund_missing(case),
        refund_shipping_fen=_refund_shipping(case),
        asks_promise=asks_promise,
        claimable=claimable,
        base_fen=base,
        penalty_fen=claimable.penalty(base) if claimable else 0,
        penalty_on_short_fen=claimable.penalty(short_base) if claimable else 0,
        missing_value_fen=value,
        high_value=high_value,
        needs_review=high_value or unclear or broken_without_penalty or too_many,
        freight_by=_freight_by(case),
        action=_action(case),
        basis=claimable.basis if claimable else _basis(case, rules),
    )


# --- the refund -----------------------------------------------------------------------------------


def missing_share(item: Item) -> int:
    """The missing units' share of what was paid for the line."""
    return share(item.paid_fen, item.missing, item.ordered)


def refund_of(item: Item) -> int:
    """What is still to be refunded on a line.

    ``missing`` counts all that is missing so far, and what was refunded before comes off the share of all of it: so
    partial refunds add up to the refund of the whole, to the fen.
    """
    return max(missing_share(item) - item.refunded_fen, 0)


def missing_value(item: Item) -> int:
    return item.gift_value_fen * item.missing if item.is_gift else missing_share(item)


def refund_of_lines(case: Case) -> int:
    return sum(refund_of(item) for item in case.short)


def _refund_missing(case: Case) -> int:
    """Lines rounded by a coupon may add up to a few fen more than was paid: nobody gets those.

    What was refunded on a line beyond its price is taken from no other line.
    """
    if not _is_refunded(case):
        return 0
    return min(refund_of_lines(case), max(case.paid_fen - case.shipping_fen - _refunded_before(case), 0))


def _refund_shipping(case: Case) -> int:
    """All the postage when nothing at all came, within what was paid and is not refunded yet."""
    if not case.nothing_came or not _is_refunded(case):
        return 0
    return min(case.shipping_fen, max(case.paid_fen - _refunded_before(case), 0))


def _refunded_before(case: Case) -> int:
    return sum(min(item.refunded_fen, item.paid_fen) for item in case.items)


def _is_refunded(case: Case) -> bool:
    return not case.reshipped and case.fault is not Fault.BUYER


# --- the penalty ----------------------------------------------------------------------------------


def _applying(case: Case, terms: Terms | None) -> Terms | None:
    """The terms, where something is short and whoever must be at fault for them is."""
    if terms is None or not case.short or case.fault in (Fault.BUYER, Fault.UNCLEAR):
        return None
    return None if case.fault is Fault.COURIER and terms.needs(Condition.SELLER_AT_FAULT) else terms


def _is_open(case: Case, terms: Terms) -> bool:
    kept = terms.needs(Condition.PROMISE_BROKEN) and not case.broken
    spares_gifts = terms.needs(Condition.NOT_ONLY_GIFTS) and case.gift_only
    return not kept and not spares_gifts


def penalty_base(case: Case) -> int:
    """实付价格(不含邮费), less what was already refunded on lines that are not short."""
    return max(case.paid_fen - case.shipping_fen - refunded_elsewhere(case), 0)


def refunded_elsewhere(case: Case) -> int:
    return sum(item.refunded_fen for item in case.items if not item.missing)


# --- the rest -------------------------------------------------------------------------------------


def _freight_by(case: Case) -> str:
    if not case.short:
        return "seller" if case.over_delivered else "none"
    return {Fault.BUYER: "buyer", Fault.UNCLEAR: "pending"}.get(case.fault, "seller")


def _action(case: Case) -> str:
    if not case.short:
        return "over_delivery_notify_seller" if case.over_delivered else "none"
    if case.fault is Fault.BUYER:
        return "explain_reject"
    return "reship" if case.reshipped else "refund"


def _basis(case: Case, rules: Rules) -> str:
    """Where no penalty may be claimed."""
    if not case.short:
        return "over_delivery" if case.over_delivered else "none"
    if case.fault is not Fault.SELLER:
        return _BASIS[case.fault]
    if not case.broken:
        return "none"
    return "gift_breach_of_promise" if rules.terms else rules.no_rate_basis
