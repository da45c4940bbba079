"""The demo orders: twenty of every kind, a copy for every buyer."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.claims.model import LineStatus, Order, ParcelState, Platform
from bot.db import make_engine
from bot.orders.demo import DEMO_BUYER, demo_orders, seed
from bot.orders.sql import SqlOrders
from tests.claims.builders import NOW


@pytest.fixture
def orders(tmp_path: Path) -> Iterator[SqlOrders]:
    engine = make_engine(f"sqlite:///{tmp_path}/orders.db")
    yield SqlOrders(engine)
    engine.dispose()


@settings(deadline=None)
@given(st.text(max_size=40))
def test_every_buyer_has_twenty_orders_with_numbers_as_on_taobao(buyer: str) -> None:
    made = demo_orders(buyer, NOW)
    assert len({order.order_id for order in made}) == 20
    assert all(order.order_id.isdecimal() and len(order.order_id) == 19 for order in made)
    assert {order.buyer_id for order in made} == {buyer}


def test_numbers_are_unique_across_buyers() -> None:
    made = [order for number in range(200) for order in demo_orders(f"visitor-{number}", NOW)]
    assert len({order.order_id for order in made}) == len(made)
    tracking = [parcel.tracking_number for order in made for parcel in order.parcels]
    assert len(set(tracking)) == len(tracking)


def test_two_buyers_whose_checksums_meet_both_get_their_orders(orders: SqlOrders) -> None:
    seed(orders, "web-9534", NOW)
    seed(orders, "web-21472", NOW)
    assert len(orders.recent("web-9534", 100)) == 20
    assert len(orders.recent("web-21472", 100)) == 20


@pytest.mark.parametrize("order", demo_orders(DEMO_BUYER, NOW), ids=lambda order: order.order_id)
def test_the_money_adds_up(order: Order) -> None:
    assert sum(line.paid_fen for line in order.lines) == order.paid_total_fen - order.shipping_fen
    assert order.paid_total_fen > 0
    for line in order.lines:
        assert line.quantity > 0
        assert 0 <= line.refunded_fen <= line.paid_fen
        assert (line.refunded_fen == line.paid_fen) if line.status is LineStatus.REFUNDED else line.refunded_fen == 0
        assert not line.is_gift or (line.paid_fen == 0 and line.gift_value_fen > 0)


@pytest.mark.parametrize("order", demo_orders(DEMO_BUYER, NOW), ids=lambda order: order.order_id)
def test_parcels_hold_no_more_than_was_ordered_and_times_make_sense(order: Order) -> None:
    for line in order.lines:
        assert sum(parcel.contents.get(line.sku, 0) for parcel in order.parcels) <= line.quantity
    for parcel in order.parcels:
        assert all(order.line(sku) for sku in parcel.contents)
        signed = parcel.state is ParcelState.SIGNED
        assert signed == (parcel.signed_at is not None) == (parcel.signed_by is not None) == (parcel.eta is None)
        assert parcel.signed_at is None or order.placed_at < parcel.signed_at <= NOW
        assert parcel.eta is None or parcel.eta > NOW
    assert order.placed_at < NOW
    assert order.confirmed_at is None or order.placed_at < order.confirmed_at <= NOW


@pytest.mark.parametrize(
    ("kind", "is_kind"),
    [
        ("gift", lambda order: any(line.is_gift for line in order.lines)),
        ("gift that ships apart", lambda order: any(line.ships_apart for line in order.lines)),
        ("split parcels", lambda order: len(order.parcels) > 1),
        ("several lines", lambda order: len(order.lines) > 2),
        ("taobao", lambda order: order.platform is Platform.TAOBAO),
        ("tmall", lambda order: order.platform is Platform.TMALL),
        ("out of stock", lambda order: any(line.status is LineStatus.OUT_OF_STOCK for line in order.lines)),
        ("refunded", lambda order: any(line.status is LineStatus.REFUNDED for line in order.lines)),
        ("not shipped", lambda order: any(box.state is ParcelState.NOT_SHIPPED for box in order.parcels)),
        ("in transit", lambda order: any(box.state is ParcelState.IN_TRANSIT for box in order.parcels)),
        ("damaged", lambda order: any(box.damaged_in_transit for box in order.parcels)),
        ("weighed", lambda order: any(box.weight_g for box in order.parcels)),
        ("packing video", lambda order: order.packing_video),
        ("confirmed", lambda order: order.confirmed_at is not None),
        ("with postage", lambda order: order.shipping_fen > 0),
    ],
)
def test_there_is_an_order_of_every_kind(kind: str, is_kind: Callable[[Order], bool]) -> None:
    assert any(is_kind(order) for order in demo_orders(DEMO_BUYER, NOW)), kind


def test_demo_orders_come_newest_first() -> None:
    placed = [order.placed_at for order in demo_orders(DEMO_BUYER, NOW)]
    assert placed == sorted(placed, reverse=True)


def test_the_same_call_makes_the_same_orders() -> None:
    assert demo_orders(DEMO_BUYER, NOW) == demo_orders(DEMO_BUYER, NOW)


def test_seeding_gives_the_buyer_all_of_them(orders: SqlOrders) -> None:
    seed(orders, DEMO_BUYER, NOW)
    made = sorted(demo_orders(DEMO_BUYER, NOW), key=lambda order: order.order_id)
    assert sorted(orders.recent(DEMO_BUYER, 100), key=lambda order: order.order_id) == made


def test_seeding_twice_changes_nothing(orders: SqlOrders) -> None:
    seed(orders, DEMO_BUYER, NOW)
    before = orders.recent(DEMO_BUYER, 100)
    seed(orders, DEMO_BUYER, NOW + timedelta(days=30))
    assert orders.recent(DEMO_BUYER, 100) == before


def test_every_buyer_is_seeded_apart(orders: SqlOrders) -> None:
    seed(orders, "one", NOW)
    assert orders.recent("two") == []
    seed(orders, "two", NOW)
    assert len(orders.recent("one", 100)) == len(orders.recent("two", 100)) == 20
