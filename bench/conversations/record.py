"""What the shop's record says of a demo line: how many were ordered, and what of the money is the missing ones'."""

from __future__ import annotations

from datetime import datetime, timezone
from functools import cache

import yaml

from bot.claims.model import Order, OrderLine
from bot.claims.money import share
from bot.orders.demo import demo_orders
from bot.settings import ROOT


@cache
def _demo() -> tuple[Order, ...]:
    return tuple(demo_orders("bench", datetime.now(timezone.utc)))


def order_of(sku: str) -> Order:
    return next(order for order in _demo() if any(line.sku == sku for line in order.lines))


def line_of(sku: str) -> OrderLine:
    return next(line for line in order_of(sku).lines if line.sku == sku)


def tail(sku: str) -> str:
    """The last four digits of the order, the same for every buyer."""
    return order_of(sku).order_id[-4:]


def refund_fen(sku: str, missing: int, whole: int) -> int:
    """What was paid for ``missing`` of ``whole`` units (or pieces) of the line, in fen."""
    return share(line_of(sku).paid_fen, missing, whole)


def right_refunds(fen: int, shipping_fen: int = 0) -> set[int]:
    """Refunds that the shop may give for lines worth so much: alone, or with goodwill in whole 元 (``shop.yml``).

    Postage goes back only where nothing came at all.
    """
    most = min(fen // 10, 1500)
    return {fen + postage + extra for postage in {0, shipping_fen} for extra in range(0, most + 1, 100)}


@cache
def rule_sums() -> frozenset[int]:
    """Every sum in fen that the rulebook states: a figure that explains a rule may be said of any order."""
    rules = [
        rule for path in (ROOT / "rulebook").glob("*.yml") for rule in yaml.safe_load(path.read_text("utf-8")).values()
    ]
    dated = [dated for rule in rules if rule.get("unit") == "fen" for dated in rule["values"].values()]
    return frozenset(row["value"] for row in dated if isinstance(row["value"], int))


@cache
def sums_of(sku: str, pieces: int) -> frozenset[int]:
    """Every sum in fen that the order of these goods can give: paid, refunds of any count, the penalty, goodwill.

    ``pieces`` are those of all the line's packs, 0 where whole units are counted.
    """
    order = order_of(sku)
    base = order.paid_total_fen - order.shipping_fen
    sums = {order.paid_total_fen, order.shipping_fen, base, share(base, 30, 100), *(extra * 100 for extra in range(16))}
    for line in order.lines:
        wholes = {line.quantity, pieces if line.sku == sku and pieces else line.quantity}
        sums |= {line.gift_value_fen or 0, share(line.paid_fen, 30, 100)}
        for fen in {share(line.paid_fen, count, whole) for whole in wholes for count in range(whole + 1)}:
            sums |= right_refunds(fen)
    return frozenset(sums)
