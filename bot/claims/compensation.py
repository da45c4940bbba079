"""What is owed for a short shipment, in whole fen, from a case and the rulebook.

A case is the JSON object of ``shaofa compensate``: ``platform``, ``paid_total_fen`` (after every discount, with
postage), ``shipping_fen``, ``items`` (``name``, ``qty_ordered``, ``qty_received``, ``unit_paid_fen`` or
``line_paid_fen``, ``refunded_fen``, ``is_gift``, ``gift_value_fen`` of one unit, ``qty_missing_claimed``), ``fault``,
``promise_broken`` (or ``promise_deadline`` and ``reshipped_at``, ISO 8601 with zone), ``remedy``. ``null`` means not
known: it is asked for, never guessed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from bot.claims.model import Claim, Fault, Order, Platform, Remedy, Shortage
from bot.claims.money import share, yuan
from bot.claims.rulebook import Rulebook

RATE = "tmall.short_shipment.penalty_rate"
CAP = "tmall.short_shipment.penalty_cap"
POINTS = "tmall.short_shipment.points_per_yuan"

_AMOUNTS = ("paid_total_fen", "shipping_fen")
_ITEM_AMOUNTS = ("unit_paid_fen", "line_paid_fen", "refunded_fen", "gift_value_fen")
_ITEM_COUNTS = ("qty_ordered", "qty_received", "qty_missing_claimed")


class _Stop(Exception):
    """The case cannot be computed: an ``error`` code, or what to ``ask``."""

    def __init__(self, *, error: str | None = None, ask: str | None = None) -> None:
        super().__init__(error or ask)
        self.error = error
        self.ask = ask


@dataclass(frozen=True)
class _Item:
    name: str
    ordered: int
    received: int
    paid_fen: int
    refunded_fen: int
    is_gift: bool
    gift_value_fen: int

    @property
    def missing(self) -> int:
        return max(self.ordered - self.received, 0)

    @property
    def missing_paid_fen(self) -> int:
        """The missing units' share of what was paid for the line."""
        return share(self.paid_fen, self.missing, self.ordered)

    @property
    def missing_value_fen(self) -> int:
        return self.gift_value_fen * self.missing if self.is_gift else self.missing_paid_fen

    @property
    def refund_fen(self) -> int:
        return max(self.missing_paid_fen - self.refunded_fen, 0)


@dataclass(frozen=True)
class _Case:
    """A case in which nothing needed is unknown."""

    platform: str
    paid_fen: int
    shipping_fen: int
    items: tuple[_Item, ...]
    fault: Fault
    broken: bool | None
    reshipped: bool

    @property
    def short(self) -> list[_Item]:
        return [item for item in self.items if item.missing]

    @property
    def gift_only(self) -> bool:
        return all(item.is_gift for item in self.short)

    @property
    def refund_missing_fen(self) -> int:
        if self.reshipped or self.fault is Fault.BUYER:
            return 0
        return sum(item.refund_fen for item in self.short)

    @property
    def refund_shipping_fen(self) -> int:
        nothing_came = all(item.received == 0 for item in self.items)
        upheld = self.fault is not Fault.BUYER
        return self.shipping_fen if nothing_came and upheld and not self.reshipped else 0

    @property
    def penalty_is_open(self) -> bool:
        """商家责任, 承诺未兑现, 天猫, 不只是赠品: all four."""
        return (
            self.platform == Platform.TMALL.value
            and self.fault is Fault.SELLER
            and bool(self.broken)
            and not self.gift_only
        )

    @property
    def base_fen(self) -> int:
        """实付价格(不含邮费), less what was already refunded on lines that are not short."""
        refunded = sum(item.refunded_fen for item in self.items if not item.missing)
        return max(self.paid_fen - self.shipping_fen - refunded, 0)

    @property
    def short_base_fen(self) -> int:
        """The same, if 实付 means only the lines that are short."""
        return min(sum(item.paid_fen for item in self.short), self.base_fen)

    @property
    def missing_value_fen(self) -> int:
        return sum(item.missing_value_fen for item in self.short)

    @property
    def freight_by(self) -> str:
        return {Fault.BUYER: "buyer", Fault.UNCLEAR: "pending"}.get(self.fault, "seller")


@dataclass(frozen=True)
class _Rule:
    """The penalty rule on one date."""

    rate: int
    cap_fen: int
    points_per_yuan: int

    def penalty(self, base_fen: int) -> int:
        return min(share(base_fen, self.rate, 100), self.cap_fen)

    def points(self, penalty_fen: int) -> int:
        return share(penalty_fen, self.points_per_yuan, 100)


def compensate(case: Any, rulebook: Rulebook, *, high_value_fen: int, on: date) -> dict[str, Any]:
    """Work out one case.

    Args:
        case: as in the module's docstring; anything else gets ``error`` ``bad_input``.
        rulebook: where rate, cap and points come from.
        high_value_fen: from this value of the missing units on, a person looks at it.
        on: the date whose rules hold.

    Returns:
        ``status`` (``ok``, ``need_info``, ``error``), ``ask``, ``error``, ``action``, ``basis``, the amounts in fen,
        ``penalty_points``, ``penalty_range_fen`` ([on the short lines, on the whole order]), ``freight_by``,
        ``needs_review``, ``high_value``, ``explanation`` (Chinese lines), ``sources`` (rulebook ids).
    """
    rule = _Rule(rulebook.amount(RATE, on), rulebook.amount(CAP, on), rulebook.amount(POINTS, on))
    try:
        known = _read(case)
    except _Stop as stop:
        return _stopped(stop)
    if not known.short:
        return _nothing_missing(known)
    result = _owed(known, rule, high_value_fen)
    result["explanation"] = _explain(known, result, rule)
    result["sources"] = _sources(known)
    return result


def case_for(order: Order, claim: Claim, *, promise_broken: bool | None) -> dict[str, Any]:
    """The case of a claim, from the order record alone: no figure in it was typed by anybody.

    A part that belongs inside a unit has no price of its own and counts like a gift.
    """
    parts = claim.shortage is Shortage.PART
    missing = {} if parts else {line.sku: line.missing or 0 for line in claim.lines}
    items: list[dict[str, Any]] = [
        {
            "name": line.title,
            "qty_ordered": line.quantity,
            "qty_received": line.quantity - missing.get(line.sku, 0),
            "line_paid_fen": line.paid_fen,
            "refunded_fen": line.refunded_fen,
            "is_gift": line.is_gift,
            "gift_value_fen": line.gift_value_fen,
        }
        for line in order.lines
    ]
    if parts:
        items += [
            {
                "name": line.part,
                "qty_ordered": line.missing or 1,
                "qty_received": 0,
                "line_paid_fen": 0,
                "is_gift": True,
            }
            for line in claim.lines
        ]
    return {
        "platform": order.platform.value,
        "paid_total_fen": order.paid_total_fen,
        "shipping_fen": order.shipping_fen,
        "items": items,
        "fault": claim.fault.value if claim.fault else None,
        "promise_broken": promise_broken,
    }


# --- reading a case: the first thing that is wrong or unknown answers -----------------------------


def _read(case: Any) -> _Case:
    if not isinstance(case, Mapping):
        raise _Stop(error="bad_input")
    raw_items = case.get("items")
    if raw_items is not None and not isinstance(raw_items, list):
        raise _Stop(error="bad_input")
    raw_items = raw_items or []
    if not all(isinstance(item, Mapping) for item in raw_items):
        raise _Stop(error="bad_input")
    _check_numbers(case, raw_items)
    if not raw_items:
        raise _Stop(ask="items")
    if any(item.get("qty_ordered") is None or item.get("qty_received") is None for item in raw_items):
        raise _Stop(ask="qty")
    paid, shipping = case.get("paid_total_fen"), case.get("shipping_fen")
    if paid is None:
        raise _Stop(ask="paid_total")
    if shipping is None:
        raise _Stop(ask="shipping")
    if shipping > paid:
        raise _Stop(error="shipping_gt_paid")
    items = tuple(_read_item(item) for item in raw_items)
    if abs(sum(item.paid_fen for item in items) + shipping - paid) > len(items):
        raise _Stop(ask="amount_mismatch")
    fault = next((fault for fault in Fault if fault.value == case.get("fault")), None)
    if fault is None:
        raise _Stop(ask="fault_evidence")
    reshipped_at = _time(case.get("reshipped_at"))
    return _Case(
        platform=str(case.get("platform")),
        paid_fen=paid,
        shipping_fen=shipping,
        items=items,
        fault=fault,
        broken=_broken(case, reshipped_at),
        reshipped=case.get("remedy") == Remedy.RESHIP.value or reshipped_at is not None,
    )


def _check_numbers(case: Mapping[str, Any], items: list[Mapping[str, Any]]) -> None:
    amounts = [case.get(key) for key in _AMOUNTS] + [item.get(key) for item in items for key in _ITEM_AMOUNTS]
    counts = [item.get(key) for item in items for key in _ITEM_COUNTS]
    if not all(number is None or _is_integer(number) for number in amounts + counts):
        raise _Stop(error="non_integer_input")
    if any(amount < 0 for amount in _known(amounts)):
        raise _Stop(error="negative_amount")
    ordered = _known(item.get("qty_ordered") for item in items)
    others = _known(item.get(key) for item in items for key in _ITEM_COUNTS[1:])
    if any(count <= 0 for count in ordered) or any(count < 0 for count in others):
        raise _Stop(error="bad_quantity")
    for item in items:
        claimed, bought = item.get("qty_missing_claimed"), item.get("qty_ordered")
        if claimed is not None and bought is not None and claimed > bought:
            raise _Stop(error="missing_gt_ordered")


def _read_item(item: Mapping[str, Any]) -> _Item:
    is_gift = item.get("is_gift") or False
    if not isinstance(is_gift, bool):
        raise _Stop(error="bad_input")
    paid, unit = item.get("line_paid_fen"), item.get("unit_paid_fen")
    if paid is None and unit is not None:
        paid = unit * item["qty_ordered"]
    if paid is None and not is_gift:
        raise _Stop(ask="unit_paid")
    return _Item(
        name=str(item.get("name") or "商品"),
        ordered=item["qty_ordered"],
        received=item["qty_received"],
        paid_fen=paid or 0,
        refunded_fen=item.get("refunded_fen") or 0,
        is_gift=is_gift,
        gift_value_fen=item.get("gift_value_fen") or 0,
    )


def _broken(case: Mapping[str, Any], reshipped_at: datetime | None) -> bool | None:
    """Was the promise broken? The very second of the deadline is still in time. None: not known."""
    stated = case.get("promise_broken")
    if stated is not None:
        if not isinstance(stated, bool):
            raise _Stop(error="bad_input")
        return stated
    deadline = _time(case.get("promise_deadline"))
    return reshipped_at > deadline if deadline and reshipped_at else None


def _time(text: Any) -> datetime | None:
    if text is None:
        return None
    try:
        # Python 3.10 does not read the Z that JSON writers like to use.
        moment = datetime.fromisoformat(text.replace("Z", "+00:00"))
    except (AttributeError, ValueError) as error:
        raise _Stop(error="bad_time") from error
    if moment.tzinfo is None:
        raise _Stop(error="bad_time")
    return moment


def _is_integer(number: Any) -> bool:
    return isinstance(number, int) and not isinstance(number, bool)


def _known(numbers: Iterable[int | None]) -> list[int]:
    return [number for number in numbers if number is not None]


# --- the sum --------------------------------------------------------------------------------------


def _owed(case: _Case, rule: _Rule, high_value_fen: int) -> dict[str, Any]:
    asks_promise = case.platform == Platform.TMALL.value and case.fault is Fault.SELLER and case.broken is None
    penalty = rule.penalty(case.base_fen) if case.penalty_is_open else 0
    high_value = case.missing_value_fen >= high_value_fen
    broken_without_penalty = case.fault is Fault.SELLER and bool(case.broken) and not case.penalty_is_open
    return {
        "status": "need_info" if asks_promise else "ok",
        "ask": ["promise_broken"] if asks_promise else [],
        "error": None,
        "action": _action(case),
        "basis": _basis(case),
        "refund_missing_fen": case.refund_missing_fen,
        "refund_shipping_fen": case.refund_shipping_fen,
        "penalty_fen": None if asks_promise else penalty,
        "penalty_points": None if asks_promise else rule.points(penalty),
        "penalty_range_fen": [rule.penalty(case.short_base_fen), penalty] if case.penalty_is_open else [0, 0],
        "freight_by": case.freight_by,
        "needs_review": high_value or case.fault is Fault.UNCLEAR or broken_without_penalty,
        "high_value": high_value,
    }


def _action(case: _Case) -> str:
    if case.fault is Fault.BUYER:
        return "explain_reject"
    return "reship" if case.reshipped else "refund"


def _basis(case: _Case) -> str:
    if case.fault is not Fault.SELLER:
        return {
            Fault.BUYER: "claim_not_upheld",
            Fault.COURIER: "seller_bears_transit_risk_then_recourse_to_courier",
            Fault.UNCLEAR: "evidence_stage",
        }[case.fault]
    if not case.broken:
        return "none"
    if case.platform != Platform.TMALL.value:
        return "tmall_rule_not_applicable"
    return "gift_breach_of_promise" if case.gift_only else "tmall_30pct_cap500"


def _stopped(stop: _Stop) -> dict[str, Any]:
    amount = 0 if stop.error else None
    text = _ERRORS.get(stop.error or "", "") or _ASKS.get(stop.ask or "", "")
    return {
        "status": "error" if stop.error else "need_info",
        "ask": [stop.ask] if stop.ask else [],
        "error": stop.error,
        "action": None,
        "basis": None,
        "refund_missing_fen": amount,
        "refund_shipping_fen": amount,
        "penalty_fen": amount,
        "penalty_points": amount,
        "penalty_range_fen": [amount, amount],
        "freight_by": "n/a" if stop.error else None,
        "needs_review": False,
        "high_value": False,
        "explanation": [text],
        "sources": [],
    }


def _nothing_missing(case: _Case) -> dict[str, Any]:
    too_many = any(item.received > item.ordered for item in case.items)
    return {
        "status": "ok",
        "ask": [],
        "error": None,
        "action": "over_delivery_notify_seller" if too_many else "none",
        "basis": "over_delivery" if too_many else "none",
        "refund_missing_fen": 0,
        "refund_shipping_fen": 0,
        "penalty_fen": 0,
        "penalty_points": 0,
        "penalty_range_fen": [0, 0],
        "freight_by": "seller" if too_many else "none",
        "needs_review": too_many,
        "high_value": False,
        "explanation": [
            "收到的比买的多，多出的部分请告诉商家，寄回的运费商家出。" if too_many else "数量对得上，没有缺件。"
        ],
        "sources": ["law.civil.over_delivery"] if too_many else [],
    }


# --- the explanation ------------------------------------------------------------------------------

_ERRORS = {
    "bad_input": "输入的格式不对，没法计算。",
    "bad_time": "时间要写成带时区的格式，例如 2026-11-20T18:00:00+08:00。",
    "non_integer_input": "金额要用整数“分”，数量要用整数。",
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
_FREIGHT = {
    "seller": "运费：由商家承担。",
    "buyer": "运费：由买家承担。",
    "pending": "运费：责任核定后再定。",
}


def _explain(case: _Case, result: Mapping[str, Any], rule: _Rule) -> list[str]:
    """The sum line by line, then what it rests on."""
    lines = [*_explain_refund(case, result), *_explain_penalty(case, result, rule), _FREIGHT[case.freight_by]]
    if result["needs_review"]:
        lines.append("这一单需要人工再核一遍。")
    return lines


def _explain_refund(case: _Case, result: Mapping[str, Any]) -> list[str]:
    if case.fault is Fault.BUYER:
        return ["核对下来东西是齐的，没有缺件退款。"]
    if case.reshipped:
        return ["缺件已经补发，不再退款。"]
    lines = []
    for item in case.short:
        if item.is_gift and not item.paid_fen:
            lines.append(f"「{item.name}」是赠品或配件，没有单独付款，以补发为主。")
            continue
        if item.missing == item.ordered:
            lines.append(f"缺件退款：「{item.name}」全部没收到，退这一项的实付{yuan(item.paid_fen)}。")
        else:
            each = f"÷{item.ordered}件×缺{item.missing}件"
            lines.append(f"缺件退款：「{item.name}」实付{yuan(item.paid_fen)}{each}={yuan(item.missing_paid_fen)}。")
        if item.refunded_fen:
            lines.append(f"这件已经退过{yuan(item.refunded_fen)}，扣掉后再退{yuan(item.refund_fen)}。")
    if result["refund_shipping_fen"]:
        lines.append(f"什么都没收到，邮费{yuan(case.shipping_fen)}一并退。")
    return lines


def _explain_penalty(case: _Case, result: Mapping[str, Any], rule: _Rule) -> list[str]:
    if result["status"] == "need_info":
        return ["违约金：要先看补发的承诺有没有兑现。"]
    if not case.penalty_is_open:
        return [_why_no_penalty(case, rule)]
    penalty, points = result["penalty_fen"], result["penalty_points"]
    before_cap = share(case.base_fen, rule.rate, 100)
    lines = [
        f"违约金可申请：（实付{yuan(case.paid_fen)}－邮费{yuan(case.shipping_fen)}"
        + (f"－已退{yuan(case.paid_fen - case.shipping_fen - case.base_fen)}" if _refunded_elsewhere(case) else "")
        + f"）×{rule.rate}%={yuan(before_cap)}"
        + (f"，每单最高{yuan(rule.cap_fen)}，按{yuan(penalty)}" if before_cap > rule.cap_fen else "")
        + f"，合{points}天猫积分（近年部分规则以赔付红包发放，以平台页面为准）。"
    ]
    on_short = result["penalty_range_fen"][0]
    if on_short != penalty:
        lines.append(f"如果平台只按缺件那一项的实付算，是{yuan(on_short)}。")
    lines.append("依据：天猫对错发、漏发未履行承诺的规定；能不能拿到、拿多少，以平台判定为准。")
    return lines


def _refunded_elsewhere(case: _Case) -> bool:
    return case.base_fen != case.paid_fen - case.shipping_fen


def _why_no_penalty(case: _Case, rule: _Rule) -> str:
    if case.fault is Fault.COURIER:
        return "违约金：没有。问题出在快递路上；商家先给您退或补，再自己找快递赔（电子商务法第二十条）。"
    if case.fault is not Fault.SELLER:
        return "违约金：没有；责任没有核定在商家。"
    if not case.broken:
        return "违约金：没有；按承诺补上或退了款，就不产生违约金。"
    if case.platform != Platform.TMALL.value:
        return f"违约金：{rule.rate}%是天猫的规定，这单不适用；可以请平台判定。"
    return "违约金：只缺赠品或配件时不按整单算，可以向平台投诉“违背承诺”。"


def _sources(case: _Case) -> list[str]:
    sources = ["law.consumer.quantity_short"]
    if case.fault is Fault.COURIER:
        sources += ["law.ecommerce.transit_risk", "courier.contents_short"]
    if case.fault is Fault.SELLER:
        sources += ["tmall.short_shipment.freight"] if case.platform == Platform.TMALL.value else []
    if case.penalty_is_open:
        sources += [RATE, CAP, POINTS]
    elif case.platform == Platform.TAOBAO.value:
        sources += ["taobao.short_shipment.no_rate"]
    elif case.gift_only and case.broken:
        sources += ["tmall.breach_of_promise.gift_points"]
    return sources
