"""The sum line by line, each with where it comes from, so that a buyer can follow and check it. No words: a line has a
name and what fills it, and ``words.yml`` says it, under ``sums``."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from bot.claims.compensation.case import CannotCompute, Item
from bot.claims.compensation.owed import (
    NO_RATE,
    Owed,
    missing_share,
    refund_of,
    refund_of_lines,
    refunded_elsewhere,
)
from bot.claims.model import Fault
from bot.claims.rulebook import Rulebook
from bot.claims.schemes import Base, Condition, Terms

_QUANTITY_SHORT = "law.consumer.quantity_short"
_TRANSIT_RISK = "law.ecommerce.transit_risk"
_FREIGHT_FOLLOWS_FAULT = "project.freight.follows_fault"

_STOPS = (
    *("bad_input", "bad_time", "non_integer_input", "too_large", "negative_amount", "bad_quantity"),
    *("missing_gt_ordered", "shipping_gt_paid"),
    *("items", "qty", "paid_total", "shipping", "unit_paid", "amount_mismatch", "fault_evidence"),
)
LINES: Mapping[str, str] = {
    **{f"stopped.{code}": "" for code in _STOPS},
    "nothing_missing": "",
    "over_delivered": "",
    "refund.not_upheld": "",
    "refund.reshipped": "",
    "refund.gift": "item",
    "refund.whole": "item amount_fen",
    "refund.share": "item paid_fen ordered missing measure amount_fen",
    "refund.share_rounded": "item paid_fen ordered missing measure amount_fen",
    "refund.again": "refunded_fen amount_fen",
    "refund.at_most_paid": "amount_fen",
    "refund.postage": "amount_fen",
    "penalty.claimable": "base rate rounded amount_fen bounds",
    "penalty.base.paid_total_less_postage": "paid_fen postage_fen elsewhere",
    "penalty.base.short_lines": "paid_fen",
    "penalty.elsewhere": "refunded_fen",
    "penalty.rounded.half_up_to_fen": "",
    "penalty.rounded.half_up_to_yuan": "",
    "penalty.rounded.down_to_yuan": "",
    "penalty.bounds.none_up_to": "limit_fen",
    "penalty.bounds.least": "limit_fen penalty_fen",
    "penalty.bounds.most": "limit_fen penalty_fen",
    "penalty.paid_in.points": "points currency",
    "penalty.paid_in.money": "currency",
    "penalty.paid_in.own_words": "text",
    "penalty.on_short_lines": "amount_fen",
    "penalty.up_to_platform": "how_sure",
    "penalty.how_sure.confirmed": "",
    "penalty.how_sure.reported": "",
    "penalty.how_sure.assumed": "",
    "penalty.promise_pending": "",
    "penalty.courier": "",
    "penalty.not_upheld": "",
    "penalty.unclear": "",
    "penalty.unknown_platform": "platform",
    "penalty.no_platform": "",
    "penalty.no_rate": "platform",
    "penalty.promise_kept": "",
    "penalty.gifts": "",
    "penalty.gifts_complaint": "",
    "freight.seller": "",
    "freight.buyer": "",
    "freight.pending": "",
    "review.high_value": "amount_fen",
    "review.unclear": "",
    "review.no_rate": "",
}
"""Every line there is, and the names of what fills it: ``…_fen`` is money, and a value may be a line itself."""


@dataclass(frozen=True)
class Line:
    """One of ``LINES``, and the rulebook ids that it rests on; none when it only says what to do next."""

    id: str
    sources: tuple[str, ...] = ()
    values: Mapping[str, Any] = field(default_factory=dict)

    def resting_on(self, held: Collection[str]) -> Line:
        """The same, without what did not hold yet."""
        return replace(self, sources=tuple(source for source in self.sources if source in held))

    def cited(self, rulebook: Rulebook) -> list[str]:
        """Its sources as a buyer knows them, each once: 《消费者权益保护法》第五十二条."""
        cites = dict.fromkeys(rulebook.cite(source) for source in self.sources)
        return [cite for cite in cites if cite]


def explain_stop(stop: CannotCompute) -> Line:
    """Why nothing was worked out."""
    return Line(f"stopped.{stop.code}")


def explain(owed: Owed) -> list[Line]:
    if not owed.case.short:
        return [_nothing_missing(owed)]
    lines = [*_refund(owed), *_penalty(owed), Line(f"freight.{owed.freight_by}", _freight_source(owed))]
    return [*lines, _why_review(owed)] if owed.needs_review else lines


def _nothing_missing(owed: Owed) -> Line:
    if owed.case.over_delivered:
        return Line("over_delivered", ("law.civil.over_delivery", _FREIGHT_FOLLOWS_FAULT))
    return Line("nothing_missing")


# --- the refund -----------------------------------------------------------------------------------


def _refund(owed: Owed) -> list[Line]:
    case = owed.case
    if case.fault is Fault.BUYER:
        return [Line("refund.not_upheld", _cited(owed, "not_upheld"))]
    if case.reshipped:
        return [Line("refund.reshipped", (_QUANTITY_SHORT,))]
    lines = [line for item in case.short for line in _refund_of(item)]
    if owed.refund_missing_fen < refund_of_lines(case):
        lines.append(Line("refund.at_most_paid", (_QUANTITY_SHORT,), {"amount_fen": owed.refund_missing_fen}))
    if owed.refund_shipping_fen:
        lines.append(Line("refund.postage", ("project.refund.postage",), {"amount_fen": case.shipping_fen}))
    return lines


def _refund_of(item: Item) -> list[Line]:
    if item.is_gift and not item.paid_fen:
        return [Line("refund.gift", (_QUANTITY_SHORT,), {"item": item.name})]
    share = {"item": item.name, "amount_fen": missing_share(item)}
    if item.missing == item.ordered:
        lines = [Line("refund.whole", (_QUANTITY_SHORT,), share)]
    else:
        share |= {"paid_fen": item.paid_fen, "ordered": item.ordered, "missing": item.missing, "measure": item.measure}
        exact = item.paid_fen * item.missing % item.ordered == 0
        rounded = Line("refund.share_rounded", (_QUANTITY_SHORT, "project.amounts.rounding"), share)
        lines = [Line("refund.share", (_QUANTITY_SHORT,), share) if exact else rounded]
    if item.refunded_fen:
        values = {"refunded_fen": item.refunded_fen, "amount_fen": refund_of(item)}
        lines.append(Line("refund.again", (_QUANTITY_SHORT,), values))
    return lines


# --- the penalty ----------------------------------------------------------------------------------


def _penalty(owed: Owed) -> list[Line]:
    terms = owed.claimable
    if terms is None:
        return [_why_no_penalty(owed)]
    rule = terms.rule
    values = {
        "base": _base(owed, terms),
        "rate": terms.rate_percent,
        "rounded": Line(f"penalty.rounded.{terms.rounding.value}"),
        "amount_fen": terms.unbounded(owed.base_fen),
        "bounds": _bounds(owed, terms),
    }
    lines = [Line("penalty.claimable", terms.sources, values), _paid_in(owed, terms)]
    if owed.penalty_on_short_fen != owed.penalty_fen:
        lines.append(Line("penalty.on_short_lines", (rule.rate,), {"amount_fen": owed.penalty_on_short_fen}))
    how_sure = Line(f"penalty.how_sure.{terms.confidence}")
    return [*lines, Line("penalty.up_to_platform", (rule.rate,), {"how_sure": how_sure})]


def _base(owed: Owed, terms: Terms) -> Line:
    name = f"penalty.base.{terms.rule.base.value}"
    if terms.rule.base is Base.SHORT_LINES:
        return Line(name, values={"paid_fen": owed.base_fen})
    case, refunded = owed.case, refunded_elsewhere(owed.case)
    elsewhere = Line("penalty.elsewhere", values={"refunded_fen": refunded}) if refunded else ""
    return Line(name, values={"paid_fen": case.paid_fen, "postage_fen": case.shipping_fen, "elsewhere": elsewhere})


def _bounds(owed: Owed, terms: Terms) -> Line | str:
    """What makes another sum of the rate's; empty when nothing does."""
    base, before, penalty = owed.base_fen, terms.unbounded(owed.base_fen), owed.penalty_fen
    if terms.is_spared(base):
        return Line("penalty.bounds.none_up_to", values={"limit_fen": terms.none_up_to_fen}) if base else ""
    if penalty > before:
        return Line("penalty.bounds.least", values={"limit_fen": terms.least_fen, "penalty_fen": penalty})
    if penalty < before:
        return Line("penalty.bounds.most", values={"limit_fen": penalty, "penalty_fen": penalty})
    return ""


def _paid_in(owed: Owed, terms: Terms) -> Line:
    currency, points = terms.rule.currency, terms.points(owed.penalty_fen)
    sources = (currency.per_yuan or terms.rule.rate,)
    if currency.text:
        return Line("penalty.paid_in.own_words", sources, {"text": currency.text.format(points=points)})
    if currency.kind == "points":
        return Line("penalty.paid_in.points", sources, {"points": points, "currency": currency.name})
    return Line("penalty.paid_in.money", sources, {"currency": currency.name})


def _why_no_penalty(owed: Owed) -> Line:
    case, scheme, terms = owed.case, owed.rules.scheme, owed.rules.terms
    if owed.asks_promise and terms:
        return Line("penalty.promise_pending", (terms.rule.rate,))
    if case.fault is Fault.COURIER:
        return Line("penalty.courier", (_TRANSIT_RISK, "courier.contents_short"))
    if case.fault is Fault.BUYER:
        return Line("penalty.not_upheld", _cited(owed, "not_upheld"))
    if case.fault is Fault.UNCLEAR:
        return Line("penalty.unclear", _cited(owed, "evidence"))
    if scheme is None and case.platform:
        return Line("penalty.unknown_platform", (NO_RATE,), {"platform": case.platform})
    if scheme is None:
        return Line("penalty.no_platform", (NO_RATE,))
    if terms is None:
        return Line("penalty.no_rate", (scheme.no_rate or NO_RATE,), {"platform": scheme.platform})
    if terms.needs(Condition.PROMISE_BROKEN) and not case.broken:
        return Line("penalty.promise_kept", (terms.rule.rate,))
    if terms.rule.gifts:
        return Line("penalty.gifts_complaint", (terms.rule.gifts,))
    return Line("penalty.gifts", (terms.rule.rate,))


# --- the rest -------------------------------------------------------------------------------------


def _cited(owed: Owed, name: str) -> tuple[str, ...]:
    """What the platform's own scheme cites there; nothing where it is not known to have such a rule."""
    source: str | None = getattr(owed.rules.scheme, name, None)
    return (source,) if source else ()


def _freight_source(owed: Owed) -> tuple[str, ...]:
    if owed.case.fault is Fault.SELLER and (own := _cited(owed, "freight")):
        return own
    return (_TRANSIT_RISK if owed.freight_by == "seller" else _FREIGHT_FOLLOWS_FAULT,)


def _why_review(owed: Owed) -> Line:
    if owed.high_value:
        return Line("review.high_value", values={"amount_fen": owed.missing_value_fen})
    return Line("review.unclear" if owed.case.fault is Fault.UNCLEAR else "review.no_rate")
