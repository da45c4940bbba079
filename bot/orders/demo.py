"""Twenty orders to try things on: several lines, gifts, split parcels, dear and cheap, cancelled and refunded lines.

Every demo buyer gets a copy of their own: part of an order number belongs to the buyer, so that copies do not collide.
"""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from bot.claims.model import LineStatus, Order, OrderLine, Parcel, ParcelState, Platform
from bot.claims.money import split
from bot.orders.sql import SqlOrders

DEMO_BUYER = "demo"


def seed(orders: SqlOrders, buyer_id: str, now: datetime) -> None:
    """Give the buyer the demo orders, once; a second call changes nothing."""
    if orders.recent(buyer_id, 1):
        return
    for order in demo_orders(buyer_id, now):
        orders.add(order)


def demo_orders(buyer_id: str, now: datetime) -> list[Order]:
    """The twenty orders of a buyer, newest first; times count back from ``now``."""
    made = [_order(buyer_id, number, now, **spec) for number, spec in enumerate(_SPECS, 1)]
    return sorted(made, key=lambda order: order.placed_at, reverse=True)


def _line(
    sku: str, title: str, quantity: int, list_fen: int, grams: int | None = None, **more: Any
) -> tuple[dict[str, Any], int]:
    """A line and its list price in fen for all its units, before discounts."""
    return {"sku": sku, "title": title, "quantity": quantity, "unit_weight_g": grams, **more}, list_fen * quantity


def _order(
    buyer_id: str,
    number: int,
    now: datetime,
    *,
    lines: list[tuple[dict[str, Any], int]],
    days: int,
    platform: str = "tmall",
    off_fen: int = 0,
    shipping_fen: int = 0,
    parcels: list[dict[str, Any]] | None = None,
    confirmed: bool = False,
    packing_video: bool = False,
) -> Order:
    priced = [price for _, price in lines]
    # Discounts fall on the lines in proportion to their price and never come out even; largest remainder.
    paid = split(sum(priced) - off_fen, priced)
    placed_at = now - timedelta(days=days, hours=number % 7)
    built = tuple(
        OrderLine(paid_fen=amount, refunded_fen=amount if spec.get("status") is LineStatus.REFUNDED else 0, **spec)
        for (spec, _), amount in zip(lines, paid, strict=True)
    )
    buyer = int(hashlib.sha256(buyer_id.encode()).hexdigest(), 16) % 10**10
    order_id = f"401{buyer:010d}{days:02d}{(number * 1237 + 4567) % 10**4:04d}"
    return Order(
        order_id=order_id,
        buyer_id=buyer_id,
        platform=Platform(platform),
        paid_total_fen=sum(paid) + shipping_fen,
        shipping_fen=shipping_fen,
        lines=built,
        parcels=tuple(_parcel(order_id, built, box, placed_at, now) for box in _boxes(parcels)),
        placed_at=placed_at,
        confirmed_at=now - timedelta(days=1) if confirmed else None,
        packing_video=packing_video,
    )


def _boxes(parcels: list[dict[str, Any]] | None) -> Iterable[tuple[int, dict[str, Any]]]:
    return enumerate([{}] if parcels is None else parcels)


def _parcel(
    order_id: str, lines: tuple[OrderLine, ...], numbered: tuple[int, dict[str, Any]], placed: datetime, now: datetime
) -> Parcel:
    number, box = numbered
    shipped = {line.sku: line.quantity for line in lines if line.status is LineStatus.NORMAL and not line.ships_apart}
    contents = box.get("contents", shipped)
    state = ParcelState(box.get("state", "signed"))
    signed = state is ParcelState.SIGNED
    courier, prefix = _COURIERS[(int(order_id[-3:]) + number) % len(_COURIERS)]
    return Parcel(
        tracking_number=f"{prefix}{zlib.crc32(f'{order_id}-{number}'.encode()):013d}",
        courier=courier,
        state=state,
        contents=contents,
        weight_g=box.get("weight_g"),
        eta=now + timedelta(days=box.get("eta_days", 2)) if not signed else None,
        signed_at=placed + timedelta(days=2) if signed else None,
        signed_by=box.get("signed_by", "本人") if signed else None,
        damaged_in_transit=box.get("damaged_in_transit", False),
    )


_COURIERS = (("中通", "ZT"), ("顺丰", "SF"), ("圆通", "YT"), ("韵达", "YD"), ("极兔", "JT"))

_SPECS: list[dict[str, Any]] = [
    # Plain and cheap, three of a kind: the founding sentence.
    {
        "days": 2,
        "lines": [_line("TS-W-L", "纯棉T恤 白色 L码", 3, 3990, 180)],
        "off_fen": 1001,
        "parcels": [{"weight_g": 470}],
    },
    # A gift that travels along, and one that ships apart.
    {
        "days": 4,
        "lines": [
            _line("MF-50", "保湿面霜 50g", 1, 15900, 160),
            _line("MF-S", "面霜小样 5g", 2, 0, 15, is_gift=True, gift_value_fen=1900),
        ],
    },
    {
        "days": 4,
        "lines": [
            _line("MUG-2", "陶瓷马克杯 双只装", 1, 6900, 700),
            _line("CAL-27", "2027台历", 1, 0, 200, is_gift=True, gift_value_fen=2900, ships_apart=True),
        ],
    },
    # Split: one parcel signed, the other on its way.
    {
        "days": 5,
        "lines": [_line("YOGA", "瑜伽垫 加厚10mm", 1, 8900, 1200), _line("BAND", "弹力带 五件套", 1, 3900, 250)],
        "off_fen": 1000,
        "parcels": [{"contents": {"YOGA": 1}}, {"contents": {"BAND": 1}, "state": "in_transit"}],
    },
    # Furniture with a bag of screws.
    {
        "days": 6,
        "lines": [_line("SHELF", "北欧书架 五层(含螺丝包、说明书)", 1, 25900, 12500)],
        "shipping_fen": 2000,
    },
    # Dear: the weight proves that one is missing.
    {
        "days": 6,
        "lines": [_line("EARBUD", "降噪蓝牙耳机 曜石黑", 2, 39900, 260)],
        "off_fen": 5000,
        "parcels": [{"contents": {"EARBUD": 2}, "weight_g": 380}],
    },
    # Dear: weight and packing video say that all was there.
    {
        "days": 7,
        "lines": [_line("BRUSH", "声波电动牙刷 礼盒", 2, 32900, 540)],
        "parcels": [{"weight_g": 1210}],
        "packing_video": True,
    },
    # Three lines of one unit each.
    {
        "days": 7,
        "lines": [
            _line("SUIT", "速干泳衣 女款", 1, 9900, 160),
            _line("CAP", "硅胶泳帽 黑色", 1, 2900, 60),
            _line("GOGGLE", "防雾泳镜 高清", 1, 4900, 90),
        ],
        "off_fen": 2000,
    },
    {"days": 8, "lines": [_line("BOOK-6", "名侦探小说集 全6册", 6, 2580, 320)], "off_fen": 1333},
    # One line out of stock, refunded lines.
    {
        "days": 8,
        "lines": [
            _line("RICE", "五常大米 5kg", 1, 6900, 5000),
            _line("OIL", "亚麻籽油 500ml", 1, 4900, 900, status=LineStatus.OUT_OF_STOCK),
        ],
        "shipping_fen": 800,
    },
    {
        "days": 9,
        "lines": [
            _line("TOWEL", "纯棉毛巾 三条装", 2, 3900, 300),
            _line("SOAP", "羊奶手工皂", 3, 1500, 100, status=LineStatus.REFUNDED),
        ],
    },
    # The warehouse packed fewer than ordered.
    {
        "days": 9,
        "platform": "taobao",
        "lines": [_line("CAT-2", "鸡肉味猫粮 2kg", 4, 5900, 2000)],
        "parcels": [{"contents": {"CAT-2": 3}}],
    },
    # The courier's own trace says the parcel was damaged.
    {
        "days": 10,
        "lines": [_line("NUT", "每日坚果 30包", 4, 2500, 750)],
        "parcels": [{"damaged_in_transit": True}],
    },
    # Not shipped yet.
    {
        "days": 3,
        "platform": "taobao",
        "lines": [_line("LAMP", "护眼台灯 暖光", 1, 12900, 1100)],
        "parcels": [{"state": "not_shipped", "eta_days": 3}],
    },
    # Two parcels signed, the second one by the locker.
    {
        "days": 10,
        "lines": [_line("POT", "不粘炒锅 32cm", 1, 15900, 2100), _line("SPADE", "硅胶锅铲 耐高温", 1, 2900, 150)],
        "parcels": [{"contents": {"POT": 1}}, {"contents": {"SPADE": 1}, "signed_by": "驿站"}],
    },
    # A whole order in an empty box, postage paid.
    {"days": 11, "lines": [_line("SOCK", "中筒袜 黑色", 5, 2000, 50)], "shipping_fen": 800},
    # A small Taobao shop.
    {
        "days": 12,
        "platform": "taobao",
        "lines": [
            _line("PEN", "中性笔 0.5mm 黑色", 20, 150, 12),
            _line("REFILL", "笔芯 0.5mm 黑色", 20, 80, 5),
            _line("NOTE", "方格笔记本 A5", 3, 690, 180),
        ],
        "off_fen": 777,
        "shipping_fen": 600,
    },
    # Very dear: beyond what the bot may decide.
    {"days": 13, "lines": [_line("NECK", "足金项链 3.2g", 1, 288800, 40)]},
    # Confirmed already.
    {
        "days": 16,
        "platform": "taobao",
        "lines": [_line("TEA", "盖碗茶具 六件套", 1, 9900, 1300), _line("LEAF", "茉莉花茶 250g", 2, 3200, 280)],
        "off_fen": 999,
        "confirmed": True,
    },
    {
        "days": 18,
        "lines": [_line("DUCK", "羽绒服 短款 藏青", 1, 49900, 900), _line("SCARF", "羊毛围巾 驼色", 1, 12900, 220)],
        "off_fen": 6000,
        "packing_video": True,
    },
]
