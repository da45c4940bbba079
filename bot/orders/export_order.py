"""From what the sheets say of one order to the order, or the reason why not.

That an item's 实付 leaves out discounts on the whole order, and holds the postage when the order has one item only, is
said of ``payment`` in the documentation of taobao.trade.fullinfo.get; that a paid order closes by refund alone, of its
status TRADE_CLOSED.
"""

from __future__ import annotations

import re
from collections import Counter
from datetime import datetime, timezone
from enum import Enum

from bot.claims.deadlines import SHANGHAI
from bot.claims.model import LineStatus, Order, OrderLine, Parcel, ParcelState, Platform
from bot.claims.money import fen, split, yuan
from bot.orders.export_format import COLUMNS, Draft

# 买家已经申请退款，等待卖家同意; neither 没有申请退款 nor 退款关闭.
_REFUND_OPEN = re.compile(r"(?<!没有)申请退款|等待|退款中|处理中|同意退款|待退")
_NOTHING = frozenset({"", "-", "--", "无", "无退款申请", "null"})
_TIME = re.compile(r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?(?:[ T]+(\d{1,2}):(\d{2})(?::(\d{2})(?:\.\d+)?)?)?")


class Status(Enum):
    UNPAID = "unpaid"
    TO_SHIP = "to_ship"
    PARTLY_SHIPPED = "partly_shipped"
    SHIPPED = "shipped"
    CLOSED = "closed"


# The first that is contained in what the sheet says.
_STATUSES = (
    ("关闭", Status.CLOSED),
    ("取消", Status.CLOSED),
    ("部分发货", Status.PARTLY_SHIPPED),
    ("等待卖家发货", Status.TO_SHIP),
    ("待发货", Status.TO_SHIP),
    ("已发货", Status.SHIPPED),
    ("已签收", Status.SHIPPED),
    ("交易成功", Status.SHIPPED),
    ("已完成", Status.SHIPPED),
    ("等待买家", Status.UNPAID),
    ("没有创建", Status.UNPAID),
    ("待付款", Status.UNPAID),
)


class Refused(Exception):
    """This order cannot be imported; the message says why, to the shop owner."""


def to_order(draft: Draft, platform: Platform) -> Order:
    """The order that the sheets describe.

    Raises:
        Refused: when they leave something open that the bot must know, or contradict themselves.
    """
    if draft.problem:
        raise Refused(draft.problem)
    status = _status(draft)
    if status is Status.UNPAID:
        raise Refused("还没付款，不用导入")
    if status is Status.CLOSED and not _was_paid(draft):
        raise Refused("没付款就关闭了，不用导入")
    buyer = _needed(draft, "buyer")
    if "*" in buyer:
        raise Refused("买家会员名打了码，认不出是谁；请导出不打码的会员名")
    items = list(draft.items.values()) or [_only_item(draft.head)]
    quantities = [_quantity(item) for item in items]
    closed = [status is Status.CLOSED or _closed(item) for item in items]
    paid, refunded, shipping = _money(draft, items, quantities, closed)
    skus = _skus(items)
    lines = tuple(
        OrderLine(
            sku=sku,
            title=_title(item),
            quantity=quantity,
            paid_fen=paid_fen,
            refunded_fen=refunded_fen,
            status=_line_status(item, gone=gone or 0 < paid_fen == refunded_fen),
        )
        for sku, item, quantity, paid_fen, refunded_fen, gone in zip(
            skus, items, quantities, paid, refunded, closed, strict=True
        )
    )
    return Order(
        order_id=draft.order_id,
        buyer_id=buyer,
        platform=platform,
        paid_total_fen=sum(paid) + shipping,
        shipping_fen=shipping,
        lines=lines,
        parcels=_parcels(draft, status, lines),
        placed_at=_time(_needed(draft, "created"), "created"),
        confirmed_at=_time(draft.head["confirmed_at"], "confirmed_at") if _said(draft.head, "confirmed_at") else None,
    )


def _said(cells: dict[str, str], name: str) -> bool:
    return cells.get(name, "") not in _NOTHING


def _needed(draft: Draft, name: str) -> str:
    if _said(draft.head, name):
        return draft.head[name]
    column = COLUMNS[name][0]
    if name in draft.head:
        raise Refused(f"「{column}」是空的")
    if draft.items:
        raise Refused(f"没有「{column}」：请把「订单列表」和「宝贝明细」一起导入，订单列表里要勾上这一列")
    raise Refused(f"表里没有「{column}」这一列，导出时请勾上")


# --- what state it is in ---


def _status(draft: Draft) -> Status:
    if draft.head.get("status"):
        return _status_of(draft.head["status"])
    said = {_status_of(item["status"]) for item in draft.items.values() if item.get("status")}
    if not said:
        raise Refused("没有「订单状态」")
    said = said - {Status.CLOSED} or said  # an item that was paid back says nothing of the others
    return said.pop() if len(said) == 1 else Status.PARTLY_SHIPPED


def _status_of(text: str) -> Status:
    status = next((status for words, status in _STATUSES if words in text), None)
    if status is None:
        raise Refused(f"不认识的订单状态「{text[:20]}」")
    return status


def _closed(item: dict[str, str]) -> bool:
    return bool(item.get("status")) and _status_of(item["status"]) is Status.CLOSED


def _was_paid(draft: Draft) -> bool:
    """A closed order was either never paid or paid back in full; its 实付 may be 0 or not in both cases."""
    return _said(draft.head, "paid_at") or any(_refund(cells) != 0 for cells in (draft.head, *draft.items.values()))


# --- what was bought ---


def _only_item(head: dict[str, str]) -> dict[str, str]:
    """The order list has a row an order: titles joined by commas, and how many pieces in all."""
    titles = re.split("[,，]", head.get("title", ""))
    one = head["kinds"] == "1" if head.get("kinds") else len(titles) == 1 or head.get("count") == "1"
    if not one:
        raise Refused("这单有几种宝贝，订单列表里看不出每种几件、付了多少；请连同「宝贝明细」一起导入")
    return {**head, "quantity": head.get("count") or head.get("quantity", "")}


def _quantity(item: dict[str, str]) -> int:
    text = item.get("quantity", "")
    if not re.fullmatch(r"\d{1,6}(\.0+)?", text) or float(text) == 0:
        raise Refused(f"件数「{text[:20]}」不是正整数" if text else "没有件数")
    return int(float(text))


def _title(item: dict[str, str]) -> str:
    """With the values of its variant, which alone tell white from black: 颜色分类：白色;尺码：L is 白色 L."""
    if not item.get("title"):
        raise Refused("没有宝贝标题")
    variant = [re.split("[:：]", part)[-1].strip() for part in re.split("[;；]", item.get("variant", ""))]
    return " ".join([item["title"], *(value for value in variant if value not in _NOTHING)])


def _skus(items: list[dict[str, str]]) -> list[str]:
    """The shop's own code for each item, else what it is called; with a number when two would be the same."""
    counted: Counter[str] = Counter()
    skus = []
    for item in items:
        sku = item["code"] if _said(item, "code") else _title(item)
        counted[sku] += 1
        skus.append(sku if counted[sku] == 1 else f"{sku}#{counted[sku]}")
    return skus


# --- what was paid, and given back ---


def _money(
    draft: Draft, items: list[dict[str, str]], quantities: list[int], closed: list[bool]
) -> tuple[list[int], list[int], int]:
    """Fen paid and given back for each item, and the postage.

    An item's own 实付 counts when all of them add up to the order's, whether or not refunds are already taken off
    either. Otherwise discounts on the whole order are not in it yet: each item gets its share of what was really paid.
    """
    if "shipping" not in draft.head:
        _needed(draft, "shipping")
    total, shipping = _fen(_needed(draft, "paid"), "paid"), _fen(draft.head.get("shipping", ""), "shipping")
    refunds = _refunds(draft, items, closed)
    if all(closed) and total == 0:
        if None in refunds or not any(refunds):
            raise Refused("已经退款关闭，表里看不出付过多少、退了多少")
        back = [refund or 0 for refund in refunds]
        return back, back, 0
    goods = total - shipping
    if goods < 0:
        raise Refused(f"实付{yuan(total)}比邮费{yuan(shipping)}还少")
    paid = _shares(goods, items, quantities, closed, [refund or 0 for refund in refunds])
    refunded = []
    for amount, refund, gone in zip(paid, refunds, closed, strict=True):
        if refund is None and not gone:
            raise Refused("退款成功，但没有写退款金额")
        if refund and refund > amount + shipping:
            raise Refused(f"退款{yuan(refund)}比付的{yuan(amount)}还多")
        refunded.append(amount if gone else min(refund or 0, amount))  # the rest of a refund is postage
    return paid, refunded, shipping


def _shares(
    goods: int, items: list[dict[str, str]], quantities: list[int], closed: list[bool], refunds: list[int]
) -> list[int]:
    if len(items) == 1:
        return [goods]
    own = [_own(item) for item in items]
    if all(amount is not None for amount in own):
        said = [amount or 0 for amount in own]
        before_refund = [amount + refund for amount, refund in zip(said, refunds, strict=True)]
        kept = sum(amount for amount, gone in zip(said, closed, strict=True) if not gone)
        if goods in (sum(said), kept):
            return said
        if goods == sum(before_refund):
            return before_refund
        if 0 < max(sum(said), sum(before_refund)) < goods:  # discounts only take off: an item is not among them
            raise Refused(f"宝贝明细的实付加起来比整单的{yuan(goods)}还少，怕是少了几行")
        weights = said
    elif all(_said(item, "price") for item in items):
        weights = [_fen(item["price"], "price") * quantity for item, quantity in zip(items, quantities, strict=True)]
    else:
        raise Refused("宝贝明细里没有每件的价格，分不出各付了多少")
    try:
        return split(goods, weights)
    except ValueError:
        raise Refused("每件的价格都是0，分不出各付了多少") from None


def _own(item: dict[str, str]) -> int | None:
    return next((_fen(item[name], name) for name in ("paid", "goods") if _said(item, name)), None)


def _refunds(draft: Draft, items: list[dict[str, str]], closed: list[bool]) -> list[int | None]:
    """For each item what came back; None where the sheet says that something did, and not how much."""
    if any("refund" in item or "refund_status" in item for item in items):
        return [_refund(item) for item in items]
    whole = _refund(draft.head)
    if len(items) == 1:
        return [whole]
    if whole == 0:
        return [0 for _ in items]
    if all(closed):
        return [None for _ in items]
    raise Refused("只知道整单退了款，不知道退的是哪一件；请导出带「退款状态」「退款金额」的宝贝明细")


def _line_status(item: dict[str, str], *, gone: bool) -> LineStatus:
    if gone:
        return LineStatus.REFUNDED
    return LineStatus.REFUND_OPEN if _REFUND_OPEN.search(item.get("refund_status", "")) else LineStatus.NORMAL


def _refund(cells: dict[str, str]) -> int | None:
    state = cells.get("refund_status", "")
    if state not in _NOTHING and "退款成功" not in state:
        return 0  # 没有申请退款, or asked for and not granted
    if _said(cells, "refund"):
        return _fen(cells["refund"], "refund")
    return None if "退款成功" in state else 0


def _fen(text: str, name: str) -> int:
    try:
        return fen(text) if text not in _NOTHING else 0
    except ValueError:
        raise Refused(f"「{COLUMNS[name][0]}」里的“{text[:20]}”不是金额") from None


# --- parcels and times ---


def _parcels(draft: Draft, status: Status, lines: tuple[OrderLine, ...]) -> tuple[Parcel, ...]:
    """A parcel a waybill. The sheet does not say what is in which, nor whether it has come."""
    cells = list(draft.items.values())
    waits = [status is Status.TO_SHIP or _waits(item) for item in cells] or [status is Status.TO_SHIP]
    left = {line.sku: line.quantity for line, wait in zip(lines, waits, strict=True) if wait}
    waybills: dict[str, str] = {}
    for source in (draft.head, *cells):
        numbers = re.findall(r"[0-9A-Za-z-]{6,}", source.get("tracking", ""))
        couriers = re.findall(r"[^,，;；/、|\s]+", source.get("courier", ""))
        for at, number in enumerate(numbers):
            waybills.setdefault(number, couriers[min(at, len(couriers) - 1)] if couriers else "")
    sent = [Parcel(number, courier, ParcelState.SHIPPED, {}) for number, courier in waybills.items()]
    if status in (Status.SHIPPED, Status.PARTLY_SHIPPED) and not sent:
        sent = [Parcel("", "", ParcelState.SHIPPED, {})]
    if status is Status.TO_SHIP:
        sent = []  # a waybill that is printed already has not left with anything
    return (*sent, *([Parcel("", "", ParcelState.NOT_SHIPPED, left)] if left else []))


def _waits(item: dict[str, str]) -> bool:
    return bool(item.get("status")) and _status_of(item["status"]) is Status.TO_SHIP


def _time(text: str, name: str) -> datetime:
    """The sheet's times are Shanghai's."""
    found = _TIME.fullmatch(text)
    try:
        year, month, day, hour, minute, second = (int(part or 0) for part in found.groups()) if found else (0,) * 6
        return datetime(year, month, day, hour, minute, second, tzinfo=SHANGHAI).astimezone(timezone.utc)
    except (ValueError, OverflowError):
        raise Refused(f"「{COLUMNS[name][0]}」里的“{text[:20]}”不是时间") from None
