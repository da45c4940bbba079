"""The embedded order store."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy.exc import IntegrityError

from bot.claims.model import LineStatus, ParcelState, Platform
from bot.db import make_engine
from bot.orders.sql import SqlOrders
from tests.claims.builders import NOW, line, order, parcel


@pytest.fixture
def orders(url: str) -> Iterator[SqlOrders]:
    engine = make_engine(url)
    yield SqlOrders(engine)
    engine.dispose()


FULL = order(
    line("面霜 50g", 1, 15900, sku="A", unit_weight_g=160, refunded_fen=15900, status=LineStatus.REFUNDED),
    line("小样😀", 2, 0, sku="B", is_gift=True, gift_value_fen=1900, ships_apart=True),
    parcels=(
        parcel({"A": 1}, weight_g=470, signed_at=NOW, signed_by="驿站", damaged_in_transit=True),
        parcel({"B": 2}, ParcelState.IN_TRANSIT, tracking_number="ZT2", eta=NOW + timedelta(days=2)),
    ),
    platform=Platform.TAOBAO,
    shipping_fen=600,
    paid_total_fen=16500,
    confirmed_at=NOW + timedelta(days=1),
    packing_video=True,
)


def test_a_full_order_comes_back_as_it_went_in(orders: SqlOrders) -> None:
    assert orders.add(FULL) is True
    assert orders.get(FULL.order_id) == FULL
    assert orders.recent("buyer") == [FULL]


def test_an_unknown_order_is_none(orders: SqlOrders) -> None:
    assert orders.get("4012345678901234567") is None


def test_an_order_is_added_once_and_stays_as_it_was(orders: SqlOrders) -> None:
    assert orders.add(FULL) is True
    assert orders.add(FULL) is False
    assert orders.add(replace(FULL, paid_total_fen=1, buyer_id="thief")) is False
    assert orders.get(FULL.order_id) == FULL
    assert orders.recent("thief") == []


def test_orders_are_put_in_the_place_of_those_of_the_same_id(orders: SqlOrders) -> None:
    orders.add(FULL)
    changed, fresh = replace(FULL, packing_video=False), replace(FULL, order_id="2")
    orders.put([changed, fresh])
    assert orders.known([FULL.order_id, "2", "3"]) == {FULL.order_id: changed, "2": fresh}
    orders.put([])
    assert len(orders.recent("buyer")) == 2


def test_orders_are_put_all_or_none(orders: SqlOrders) -> None:
    orders.add(FULL)
    with pytest.raises(IntegrityError):
        orders.put([replace(FULL, packing_video=False), replace(FULL, order_id="2"), replace(FULL, order_id="2")])
    assert orders.recent("buyer") == [FULL]


def test_recent_is_newest_first_and_limited(orders: SqlOrders) -> None:
    days = [3, 1, 6, 2, 5, 4, 0]
    for day in days:
        orders.add(replace(order(order_id=f"day-{day}"), placed_at=NOW - timedelta(days=day)))
    newest_first = [f"day-{day}" for day in sorted(days)]
    assert [found.order_id for found in orders.recent("buyer", 100)] == newest_first
    assert [found.order_id for found in orders.recent("buyer")] == newest_first[:5]
    assert [found.order_id for found in orders.recent("buyer", 2)] == newest_first[:2]


def test_orders_of_the_same_second_come_in_a_fixed_order(orders: SqlOrders) -> None:
    for order_id in ("3", "1", "2"):
        orders.add(order(order_id=order_id))
    assert [found.order_id for found in orders.recent("buyer")] == ["1", "2", "3"]


def test_an_unknown_buyer_has_no_orders(orders: SqlOrders) -> None:
    orders.add(FULL)
    assert orders.recent("nobody") == []
    assert orders.recent("") == []
    assert orders.recent("buyer' OR '1'='1") == []


def test_orders_survive_a_restart(orders: SqlOrders, url: str) -> None:
    orders.add(FULL)
    make_engine(url).dispose()
    make_engine.cache_clear()
    engine = make_engine(url)
    again = SqlOrders(engine)
    assert again.get(FULL.order_id) == FULL
    assert again.add(FULL) is False
    engine.dispose()
