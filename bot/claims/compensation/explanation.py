"""The sum in words: line by line, each with where it comes from, so that a buyer can follow and check it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

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
from bot.claims.money import yuan
from bot.claims.rulebook import Rulebook
from bot.claims.schemes import Base, Condition, Rounding, Terms

_QUANTITY_SHORT = "law.consumer.quantity_short"
_TRANSIT_RISK = "law.ecommerce.transit_risk"
_FREIGHT_FOLLOWS_FAULT = "project.freight.follows_fault"

_ERRORS = {
    "bad_input": "输入的格式不对，没法计算。",
    "bad_time": "时间要写成带时区的格式，例如 2026-11-20T18:00:00+08:00。",
    "non_integer_input": "金额要用整数“分”，数量要用整数。",
    "too_large": "数字大得不对，请再核对一下。",
    "negative_amount": "金额不能是负数。",
    "bad_quantity": "数量不对：购买数要大于0，收到数不能是负数。",
    "missing_gt_ordered": "说少的件数比买的还多，请再核对一下。",
    "shipping_gt_paid": "邮费比实付还多，请再核对一下。",
}
_ASKS = {
    "items": "还不知道买了什么。",
    "qty": "还不知道买了几件、到了几件。",
    "paid_total": "还不知道一共实付多少。",
    "shipping": "还不知道邮费多少（包邮填0）。",
    "unit_paid": "还不知道这件商品实付多少。",
    "amount_mismatch": "各件加起来跟实付对不上，请再核对一下。",
    "fault_evidence": "责任还没核定，先看凭证再算。",
}
_ROUNDED = {
    Rounding.HALF_UP_TO_FEN: "",
    Rounding.HALF_UP_TO_YUAN: "，四舍五入到元",
    Rounding.DOWN_TO_YUAN: "，去掉不足1元的零头",
}
_HOW_SURE = {"confirmed": "", "reported": "规则据公开转载，", "assumed": "规则是我们自己的约定，"}
_FREIGHT = {
    "seller": "运费：由商家承担。",
    "buyer": "运费：由买家承担。",
    "pending": "运费：责任核定后再定。",
}


@dataclass(frozen=True)
class Line:
    """One sentence and the rulebook ids that it rests on; none when it only says what to do next."""

    text: str
    sources: tuple[str, ...] = ()

    def held_by(self, rulebook: Rulebook, on: date) -> Line:
        """The same, resting on what held on that day."""
        return Line(self.text, tuple(source for source in self.sources if rulebook.find(source, on)))

    def spoken(self, rulebook: Rulebook) -> str:
        """With its sources as a buyer knows them, each once: 退2元。〔《消费者权益保护法》第五十二条〕"""
        cited = dict.fromkeys(rulebook.cite(source) for source in self.sources)
        names = "、".join(name for name in cited if name)
        return f"{self.text}〔{names}〕" if names else self.text


def explain_stop(stop: CannotCompute) -> str:
    """Why nothing was worked out."""
    return (_ERRORS if stop.error else _ASKS)[stop.code]


def explain(owed: Owed) -> list[Line]:
    if not owed.case.short:
        return [_nothing_missing(owed)]
    lines = [*_refund(owed), *_penalty(owed), Line(_FREIGHT[owed.freight_by], _freight_source(owed))]
    return [*lines, Line(_why_review(owed))] if owed.needs_review else lines


def _nothing_missing(owed: Owed) -> Line:
    if owed.case.over_delivered:
        return Line(
            "收到的比买的多，多出的部分请告诉商家，寄回的运费商家出。",
            ("law.civil.over_delivery", _FREIGHT_FOLLOWS_FAULT),
        )
    return Line("数量对得上，没有缺件。")


# --- the refund -----------------------------------------------------------------------------------


def _refund(owed: Owed) -> list[Line]:
    case = owed.case
    if case.fault is Fault.BUYER:
        return [Line("核对下来东西是齐的，没有缺件退款。", _cited(owed, "not_upheld"))]
    if case.reshipped:
        return [Line("缺件已经补发，不再退款。", (_QUANTITY_SHORT,))]
    lines = [line for item in case.short for line in _refund_of(item)]
    if owed.refund_missing_fen < refund_of_lines(case):
        lines.append(Line(f"退款不超过实付的货款，合计退{yuan(owed.refund_missing_fen)}。", (_QUANTITY_SHORT,)))
    if owed.refund_shipping_fen:
        lines.append(Line(f"什么都没收到，邮费{yuan(case.shipping_fen)}一并退。", ("project.refund.postage",)))
    return lines


def _refund_of(item: Item) -> list[Line]:
    if item.is_gift and not item.paid_fen:
        return [Line(f"「{item.name}」是赠品或配件，没有单独付款，以补发为主。", (_QUANTITY_SHORT,))]
    share = yuan(missing_share(item))
    if item.missing == item.ordered:
        text = f"缺件退款：「{item.name}」全部没收到，退这一项的实付{share}。"
        lines = [Line(text, (_QUANTITY_SHORT,))]
    else:
        text = f"缺件退款：「{item.name}」实付{yuan(item.paid_fen)}÷{item.ordered}件×缺{item.missing}件={share}"
        exact = item.paid_fen * item.missing % item.ordered == 0
        rounded = Line(f"{text}，四舍五入到分。", (_QUANTITY_SHORT, "project.amounts.rounding"))
        lines = [Line(f"{text}。", (_QUANTITY_SHORT,)) if exact else rounded]
    if item.refunded_fen:
        text = f"这件已经退过{yuan(item.refunded_fen)}，扣掉后再退{yuan(refund_of(item))}。"
        lines.append(Line(text, (_QUANTITY_SHORT,)))
    return lines


# --- the penalty ----------------------------------------------------------------------------------


def _penalty(owed: Owed) -> list[Line]:
    terms, penalty = owed.claimable, owed.penalty_fen
    if terms is None:
        return [_why_no_penalty(owed)]
    rule = terms.rule
    before = terms.unbounded(owed.base_fen)
    rounded = _ROUNDED[terms.rounding]
    sum_ = f"违约金可申请：{_base(owed, terms)}×{terms.rate_percent}%{rounded}={yuan(before)}{_bounded(owed, terms)}。"
    lines = [
        Line(sum_, terms.sources),
        Line(rule.currency.spoken(terms.points(penalty)), (rule.currency.per_yuan or rule.rate,)),
    ]
    if owed.penalty_on_short_fen != penalty:
        lines.append(Line(f"如果平台只按缺件那一项的实付算，是{yuan(owed.penalty_on_short_fen)}。", (rule.rate,)))
    return [*lines, Line(f"{_HOW_SURE[terms.confidence]}违约金能不能拿到、拿多少，以平台判定为准。", (rule.rate,))]


def _base(owed: Owed, terms: Terms) -> str:
    if terms.rule.base is Base.SHORT_LINES:
        return f"缺件商品的实付{yuan(owed.base_fen)}"
    case, refunded = owed.case, refunded_elsewhere(owed.case)
    elsewhere = f"－别的商品已退{yuan(refunded)}" if refunded else ""
    return f"（实付{yuan(case.paid_fen)}－邮费{yuan(case.shipping_fen)}{elsewhere}）"


def _bounded(owed: Owed, terms: Terms) -> str:
    """What makes another sum of the rate's."""
    base, before, penalty = owed.base_fen, terms.unbounded(owed.base_fen), owed.penalty_fen
    if terms.is_spared(base):
        return f"，不超过{yuan(terms.none_up_to_fen)}的不赔" if base else ""
    if penalty > before:
        return f"，最低{yuan(terms.least_fen)}，按{yuan(penalty)}"
    return f"，每单最高{yuan(penalty)}，按{yuan(penalty)}" if penalty < before else ""


def _why_no_penalty(owed: Owed) -> Line:
    case, scheme, terms = owed.case, owed.rules.scheme, owed.rules.terms
    if owed.asks_promise and terms:
        return Line("违约金：要先看补发的承诺有没有兑现。", (terms.rule.rate,))
    if case.fault is Fault.COURIER:
        text = "违约金：没有。问题出在快递路上；商家先给您退或补，再自己找快递赔。"
        return Line(text, (_TRANSIT_RISK, "courier.contents_short"))
    if case.fault is Fault.BUYER:
        return Line("违约金：没有；核对下来不是商家少发。", _cited(owed, "not_upheld"))
    if case.fault is Fault.UNCLEAR:
        return Line("违约金：先不算；责任还没有核定在商家。", _cited(owed, "evidence"))
    if scheme is None:
        unknown = f"没有查到「{case.platform}」的规则" if case.platform else "还不知道是哪个平台的单"
        return Line(f"违约金：{unknown}，各平台的规定不一样，先不算。", (NO_RATE,))
    if terms is None:
        text = f"违约金：{scheme.platform}平台没有公布少发的固定比例，赔不赔、赔多少，由平台判定。"
        return Line(text, (scheme.no_rate or NO_RATE,))
    if terms.needs(Condition.PROMISE_BROKEN) and not case.broken:
        return Line("违约金：没有；按承诺补上或退了款，就不产生违约金。", (terms.rule.rate,))
    if terms.rule.gifts:
        return Line("违约金：只缺赠品或配件时不按整单算，可以向平台投诉“违背承诺”。", (terms.rule.gifts,))
    return Line("违约金：只缺赠品或配件时不按整单算，可以请平台判定。", (terms.rule.rate,))


# --- the rest -------------------------------------------------------------------------------------


def _cited(owed: Owed, name: str) -> tuple[str, ...]:
    """What the platform's own scheme cites there; nothing where it is not known to have such a rule."""
    source: str | None = getattr(owed.rules.scheme, name, None)
    return (source,) if source else ()


def _freight_source(owed: Owed) -> tuple[str, ...]:
    if owed.case.fault is Fault.SELLER and (own := _cited(owed, "freight")):
        return own
    return (_TRANSIT_RISK if owed.freight_by == "seller" else _FREIGHT_FOLLOWS_FAULT,)


def _why_review(owed: Owed) -> str:
    if owed.high_value:
        return f"缺的东西值{yuan(owed.missing_value_fen)}，金额较大，这一单人工再核一遍。"
    if owed.case.fault is Fault.UNCLEAR:
        return "责任还说不清，这一单人工再核一遍。"
    return "承诺没兑现又没有现成的比例可赔，这一单人工再核一遍。"
