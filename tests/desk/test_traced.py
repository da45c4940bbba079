"""Parcels of an order as the courier sees them now."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.claims.model import Parcel, ParcelState
from bot.desk import Desk
from bot.orders.base import OrdersUnavailable, OrdersUnreadable
from tests.claims.builders import NOW, order
from tests.desks import ANNA

PARCEL = Parcel("YT8812345678901", "圆通速递", ParcelState.SHIPPED, {"TS": 1})


class Courier:
    """A tracking source that answers with ``seen``, or fails with it."""

    def __init__(self, seen: Parcel | OrdersUnavailable | None) -> None:
        self._seen = seen

    def parcel(self, tracking_number: str, courier: str) -> Parcel | None:
        if isinstance(self._seen, OrdersUnavailable):
            raise self._seen
        return self._seen


def traced(desk: Desk, seen: Parcel | OrdersUnavailable | None) -> Parcel:
    case = replace(desk, tracking=Courier(seen)).open(ANNA)
    return case.traced(replace(order(), parcels=(PARCEL,)))[0]


def test_the_couriers_word_counts_and_the_packing_list_stays(desk: Desk) -> None:
    signed = replace(PARCEL, contents={}, courier="YTO", state=ParcelState.SIGNED, signed_at=NOW, signed_by="门卫")
    assert traced(desk, signed) == replace(signed, contents=PARCEL.contents, courier=PARCEL.courier)


@pytest.mark.parametrize("away", [None, OrdersUnavailable("away"), OrdersUnreadable("nonsense")])
def test_without_a_word_of_the_courier_it_is_as_the_order_has_it(desk: Desk, away: OrdersUnavailable | None) -> None:
    assert traced(desk, away) == PARCEL
    assert desk.open(ANNA).traced(replace(order(), parcels=(PARCEL,))) == (PARCEL,)
