from __future__ import annotations

from bot.claims.causes import CauseKind, find_causes, may_have_come
from bot.claims.model import LineStatus, Order, ParcelState, Shortage
from tests.claims.builders import claim, claimed, line, order, parcel

CUP, TOWEL = line("水杯", 1), line("毛巾", 1)


def kinds(bought: Order, *titles: str) -> list[CauseKind]:
    missing = (claimed(title, 1, 1) for title in titles)
    return [cause.kind for cause in find_causes(bought, claim(*missing))]


def test_nothing_explains_it() -> None:
    assert kinds(order(CUP, TOWEL), "毛巾") == []


def test_a_second_parcel_is_under_way() -> None:
    parcels = (parcel({"水杯": 1}), parcel({"毛巾": 1}, ParcelState.IN_TRANSIT))
    assert kinds(order(CUP, TOWEL, parcels=parcels), "毛巾") == [CauseKind.UNDER_WAY]
    assert kinds(order(CUP, TOWEL, parcels=parcels), "水杯") == [CauseKind.OTHER_PARCEL_SIGNED]


def test_of_a_parcel_that_left_nobody_claims_to_know_where_it_is() -> None:
    parcels = (parcel({"水杯": 1}, ParcelState.SHIPPED), parcel({"毛巾": 1}, ParcelState.SHIPPED))
    missing = claim(claimed("毛巾", 1, 1))
    assert kinds(order(CUP, TOWEL, parcels=parcels), "毛巾", "水杯") == []
    assert may_have_come(order(CUP, TOWEL, parcels=parcels), missing)
    assert may_have_come(order(CUP, TOWEL, parcels=(parcel({}, ParcelState.SHIPPED),)), missing)


def test_a_second_parcel_has_not_left() -> None:
    parcels = (parcel({"水杯": 1}), parcel({"毛巾": 1}, ParcelState.NOT_SHIPPED))
    assert kinds(order(CUP, TOWEL, parcels=parcels), "毛巾") == [CauseKind.NOT_SHIPPED]


def test_a_gift_that_ships_apart() -> None:
    gift = line("小样", 1, 0, is_gift=True, ships_apart=True)
    assert kinds(order(CUP, gift, parcels=(parcel({"水杯": 1}),)), "小样") == [CauseKind.GIFT_SHIPS_APART]


def test_refunded_and_out_of_stock() -> None:
    refunded = line("毛巾", 1, status=LineStatus.REFUNDED, refunded_fen=9000)
    gone = line("水杯", 1, status=LineStatus.OUT_OF_STOCK)
    assert kinds(order(refunded, gone), "毛巾", "水杯") == [CauseKind.REFUNDED, CauseKind.OUT_OF_STOCK]


def test_a_part_inside_a_unit_has_no_parcel_of_its_own() -> None:
    parcels = (parcel({"水杯": 1}), parcel({"毛巾": 1}, ParcelState.IN_TRANSIT))
    part = claim(claimed("毛巾", 1, 1, part="挂绳"), shortage=Shortage.PART)
    assert find_causes(order(CUP, TOWEL, parcels=parcels), part) == ()


def test_what_was_never_sent_cannot_be_photographed() -> None:
    missing = claim(claimed("毛巾", 1, 1))
    apart = (parcel({"水杯": 1}), parcel({"毛巾": 1}, ParcelState.NOT_SHIPPED))
    assert not may_have_come(order(CUP, TOWEL, parcels=apart), missing)
    assert not may_have_come(order(CUP, line("毛巾", 1, status=LineStatus.OUT_OF_STOCK)), missing)
    assert may_have_come(order(CUP, TOWEL), missing)
    assert may_have_come(order(CUP, TOWEL, parcels=(parcel({"水杯": 1}),)), missing)


def test_a_refund_asked_for_in_the_order_stops_a_second_promise() -> None:
    asked_for = line("毛巾", 1, status=LineStatus.REFUND_OPEN)
    assert kinds(order(asked_for), "毛巾") == [CauseKind.REFUND_OPEN]
