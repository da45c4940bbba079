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

RATE = "tmall.short_shipment.penalty_rate"
CAP = "tmall.short_shipment.penalty_cap"
POINTS = "tmall.short_shipment.points_per_yuan"
TOLERANCE = "project.amounts.tolerance_per_line"

_BASIS = {
    Fault.BUYER: "claim_not_upheld",
    Fault.COURIER: "seller_bears_transit_risk_then_recourse_to_courier",
    Fault.UNCLEAR: "evidence_stage",
}


@dataclass(frozen=True)
class Rules:
    """The figures that platform and project decide, on one date."""

    rate_percent: int
    cap_fen: int
    points_per_yuan: int
    tolerance_fen: int

    def uncapped(self, base_fen: int) -> int:
        return share(base_fen, self.rate_percent, 100)

    def penalty(self, base_fen: int) -> int:
        return min(self.uncapped(base_fen), self.cap_fen)

    def points(self, penalty_fen: int) -> int:
        return share(penalty_fen, self.points_per_yuan, 100)


@lru_cache(maxsize=16)
def rules_on(rulebook: Rulebook, day: date) -> Rules:
    """
    Raises:
        RulebookError: when the rulebook has no value on that day.
    """
    return Rules(*(rulebook.amount(key, day) for key in (RATE, CAP, POINTS, TOLERANCE)))


@dataclass(frozen=True)
class Owed:
    """Everything that is owed in one case. A penalty is claimable, never promised: the platform rules on it."""

    case: Case
    rules: Rules
    refund_missing_fen: int
    refund_shipping_fen: int
    asks_promise: bool  # everything else is known, and the penalty hangs on the promise
    penalty_is_open: bool
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
        unknown = self.asks_promise
        return {
            "status": "need_info" if unknown else "ok",
            "ask": ["promise_broken"] if unknown else [],
            "error": None,
            "action": self.action,
            "basis": self.basis,
            "refund_missing_fen": self.refund_missing_fen,
            "refund_shipping_fen": self.refund_shipping_fen,
            "penalty_fen": None if unknown else self.penalty_fen,
            "penalty_points": None if unknown else self.rules.points(self.penalty_fen),
            "penalty_range_fen": [None, None] if unknown else [self.penalty_on_short_fen, self.penalty_fen],
            "freight_by": self.freight_by,
            "needs_review": self.needs_review,
            "high_value": self.high_value,
        }


def work_out(case: Case, rules: Rules, high_value_fen: int) -> Owed:
    """The sum of a case; from ``high_value_fen`` on, worth of the missing units, a person looks at it."""
    by_seller = bool(case.short) and case.fault is Fault.SELLER
    # 商家责任, 承诺未兑现, 天猫, 不只是赠品: all four.
    is_open = by_seller and bool(case.broken) and case.is_tmall and not case.gift_only
    base = penalty_base(case)
    short_base = min(sum(item.paid_fen for item in case.short), base)
    value = sum(missing_value(item) for item in case.short)
    high_value = bool(case.short) and value >= high_value_fen
    broken_without_penalty = by_seller and bool(case.broken) and not is_open
    unclear = bool(case.short) and case.fault is Fault.UNCLEAR
    too_many = not case.short and case.over_delivered
    return Owed(
        case=case,
        rules=rules,
        refund_missing_fen=_refund_missing(case),
        refund_shipping_fen=_refund_shipping(case),
        asks_promise=by_seller and case.is_tmall and case.broken is None,
        penalty_is_open=is_open,
        base_fen=base,
        penalty_fen=rules.penalty(base) if is_open else 0,
        penalty_on_short_fen=rules.penalty(short_base) if is_open else 0,
        missing_value_fen=value,
        high_value=high_value,
        needs_review=high_value or unclear or broken_without_penalty or too_many,
        freight_by=_freight_by(case),
        action=_action(case),
        basis=_basis(case),
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


def _basis(case: Case) -> str:
    if not case.short:
        return "over_delivery" if case.over_delivered else "none"
    if case.fault is not Fault.SELLER:
        return _BASIS[case.fault]
    if not case.broken:
        return "none"
    if not case.is_tmall:
        return "tmall_rule_not_applicable"
    return "gift_breach_of_promise" if case.gift_only else "tmall_30pct_cap500"
