"""The sum: what is refunded, what penalty may be claimed, who pays the freight, and whether a person must look.

Formula and decisions: rules.md 3.1 and 3.2 in short are the comments here; the figures are the rulebook's.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Any

from bot.claims.compensation.case import Case
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
    high_value_fen: int

    # --- the refund -------------------------------------------------------------------------------

    @property
    def lines_refund_fen(self) -> int:
        return sum(item.refund_fen for item in self.case.short)

    @property
    def refund_missing_fen(self) -> int:
        """Lines rounded by a coupon may add up to a few fen more than was paid: nobody gets those."""
        if self.case.reshipped or self.case.fault is Fault.BUYER:
            return 0
        return min(self.lines_refund_fen, self.refundable_fen)

    @property
    def refundable_fen(self) -> int:
        """What was paid for goods and is not refunded yet. A line refunded beyond its price takes from no other."""
        refunded = sum(min(item.refunded_fen, item.paid_fen) for item in self.case.items)
        return max(self.case.paid_fen - self.case.shipping_fen - refunded, 0)

    @property
    def refund_shipping_fen(self) -> int:
        refused = self.case.reshipped or self.case.fault is Fault.BUYER
        return self.case.shipping_fen if self.case.nothing_came and not refused else 0

    # --- the penalty ------------------------------------------------------------------------------

    @property
    def asks_promise(self) -> bool:
        """Everything else is known, and the penalty hangs on the promise."""
        return bool(
            self.case.short and self.case.is_tmall and self.case.fault is Fault.SELLER and self.case.broken is None
        )

    @property
    def promise_broken_by_seller(self) -> bool:
        return bool(self.case.short and self.case.fault is Fault.SELLER and self.case.broken)

    @property
    def penalty_is_open(self) -> bool:
        """商家责任, 承诺未兑现, 天猫, 不只是赠品: all four."""
        return self.promise_broken_by_seller and self.case.is_tmall and not self.case.gift_only

    @property
    def refunded_elsewhere_fen(self) -> int:
        return sum(item.refunded_fen for item in self.case.items if not item.missing)

    @property
    def base_fen(self) -> int:
        """实付价格(不含邮费), less what was already refunded on lines that are not short."""
        return max(self.case.paid_fen - self.case.shipping_fen - self.refunded_elsewhere_fen, 0)

    @property
    def penalty_fen(self) -> int:
        return self.rules.penalty(self.base_fen) if self.penalty_is_open else 0

    @property
    def penalty_on_short_fen(self) -> int:
        """The same, if 实付 means only the lines that are short."""
        short = min(sum(item.paid_fen for item in self.case.short), self.base_fen)
        return self.rules.penalty(short) if self.penalty_is_open else 0

    # --- the rest ---------------------------------------------------------------------------------

    @property
    def missing_value_fen(self) -> int:
        return sum(item.missing_value_fen for item in self.case.short)

    @property
    def high_value(self) -> bool:
        return bool(self.case.short) and self.missing_value_fen >= self.high_value_fen

    @property
    def needs_review(self) -> bool:
        if not self.case.short:
            return self.case.over_delivered
        broken_without_penalty = self.promise_broken_by_seller and not self.penalty_is_open
        return self.high_value or self.case.fault is Fault.UNCLEAR or broken_without_penalty

    @property
    def freight_by(self) -> str:
        if not self.case.short:
            return "seller" if self.case.over_delivered else "none"
        return {Fault.BUYER: "buyer", Fault.UNCLEAR: "pending"}.get(self.case.fault, "seller")

    @property
    def action(self) -> str:
        if not self.case.short:
            return "over_delivery_notify_seller" if self.case.over_delivered else "none"
        if self.case.fault is Fault.BUYER:
            return "explain_reject"
        return "reship" if self.case.reshipped else "refund"

    @property
    def basis(self) -> str:
        if not self.case.short:
            return "over_delivery" if self.case.over_delivered else "none"
        if self.case.fault is not Fault.SELLER:
            return _BASIS[self.case.fault]
        if not self.case.broken:
            return "none"
        if not self.case.is_tmall:
            return "tmall_rule_not_applicable"
        return "gift_breach_of_promise" if self.case.gift_only else "tmall_30pct_cap500"

    def figures(self) -> dict[str, Any]:
        """The result's fields, all but the words."""
        unknown = self.asks_promise
        penalty = self.penalty_fen
        return {
            "status": "need_info" if unknown else "ok",
            "ask": ["promise_broken"] if unknown else [],
            "error": None,
            "action": self.action,
            "basis": self.basis,
            "refund_missing_fen": self.refund_missing_fen,
            "refund_shipping_fen": self.refund_shipping_fen if self.case.short else 0,
            "penalty_fen": None if unknown else penalty,
            "penalty_points": None if unknown else self.rules.points(penalty),
            "penalty_range_fen": [None, None] if unknown else [self.penalty_on_short_fen, penalty],
            "freight_by": self.freight_by,
            "needs_review": self.needs_review,
            "high_value": self.high_value,
        }
