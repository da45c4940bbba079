"""What holds of every order, wherever it comes from."""

from __future__ import annotations

from datetime import datetime

from bot.claims.model import Order

# As wide as the columns that they go into.
_LONGEST = {"order_id": 32, "buyer_id": 128, "sku": 128}


def check(order: Order) -> None:
    """Nothing computes with an order that does not add up.

    Raises:
        ValueError: naming what is wrong.
    """
    skus = [line.sku for line in order.lines]
    if not order.order_id or not order.buyer_id:
        raise ValueError("order_id and buyer_id must not be empty")
    ids = [("order_id", order.order_id), ("buyer_id", order.buyer_id), *(("sku", sku) for sku in skus)]
    for name, value in ids:
        if len(value) > _LONGEST[name]:
            raise ValueError(f"{name} is longer than {_LONGEST[name]} characters")
    if not skus or len(set(skus)) < len(skus):
        raise ValueError("an order has at least one line, and no sku twice")
    for line in order.lines:
        amounts = (line.paid_fen, line.refunded_fen, line.gift_value_fen, line.unit_weight_g or 0, line.pieces or 0)
        if line.quantity < 1 or min(amounts) < 0 or line.refunded_fen > line.paid_fen:
            raise ValueError("quantities are positive, amounts are not negative, no more is refunded than was paid")
    if (
        order.shipping_fen < 0
        or sum(line.paid_fen for line in order.lines) + order.shipping_fen != order.paid_total_fen
    ):
        raise ValueError("paid_fen of all lines and shipping_fen must add up to paid_total_fen")
    for parcel in order.parcels:
        if not parcel.contents.keys() <= set(skus) or min(parcel.contents.values(), default=0) < 0:
            raise ValueError("contents names skus of the order's lines, and how many")
    times = [order.placed_at, order.confirmed_at, *(time for p in order.parcels for time in (p.eta, p.signed_at))]
    if any(isinstance(time, datetime) and time.tzinfo is None for time in times):
        raise ValueError("times carry their zone, such as 2026-11-20T10:00:00+08:00")
