"""The fault table: every row, every combination of facts, and what the records say."""

from __future__ import annotations

from dataclasses import fields
from itertools import product
from typing import Any

import pytest

from bot.claims.fault import SIGNALS, TABLE, Facts, Verdict, facts_of, find_fault
from bot.claims.model import Claim, Fault, LineStatus, Order, ParcelState, Shortage
from tests.claims.builders import POLICY, claim, claimed, line, order, parcel

SHIRT = "纯棉T恤 白色"
HEAVY = line(unit_weight_g=500)
DEAR = line(paid_fen=90000)
ONE_SHORT = claim(claimed())
ALL_FACTS = [Facts(*values) for values in product((False, True), repeat=len(fields(Facts)))]


def packed(count: int = 3, **more: Any) -> Order:
    """The order of three shirts, 500 g each, with what the warehouse packed and what the courier weighed."""
    parcel_keys: dict[str, Any] = {key: more.pop(key) for key in ("weight_g", "damaged_in_transit") if key in more}
    return order(HEAVY, parcels=(parcel({SHIRT: count}, **parcel_keys),), **more)


def ids(verdict: Verdict) -> list[str]:
    return [reason.id for reason in verdict.reasons]


@pytest.mark.parametrize(
    ("record", "complaint", "fault", "reasons"),
    [
        pytest.param(
            order(line(status=LineStatus.OUT_OF_STOCK), parcels=()),
            ONE_SHORT,
            Fault.SELLER,
            ["out_of_stock", "out_of_stock"],
            id="out of stock",
        ),
        pytest.param(
            order(line(status=LineStatus.OUT_OF_STOCK), packing_video=True, parcels=(parcel({SHIRT: 2}),)),
            ONE_SHORT,
            Fault.SELLER,
            ["out_of_stock", "warehouse_short", "packing_video", "out_of_stock"],
            id="out of stock beats a contradiction",
        ),
        pytest.param(
            packed(2, packing_video=True),
            ONE_SHORT,
            Fault.UNCLEAR,
            ["warehouse_short", "packing_video", "contradiction"],
            id="packing list against video",
        ),
        pytest.param(
            packed(weight_g=1050, packing_video=True),
            ONE_SHORT,
            Fault.UNCLEAR,
            ["weight_light", "packing_video", "contradiction"],
            id="scale against video",
        ),
        pytest.param(
            packed(2, weight_g=1550),
            ONE_SHORT,
            Fault.UNCLEAR,
            ["warehouse_short", "weight_full", "contradiction"],
            id="packing list against scale",
        ),
        pytest.param(
            packed(2, packing_video=True, damaged_in_transit=True),
            ONE_SHORT,
            Fault.UNCLEAR,
            ["warehouse_short", "packing_video", "damaged_in_transit", "contradiction"],
            id="a contradiction beats damage",
        ),
        pytest.param(
            packed(2, damaged_in_transit=True),
            ONE_SHORT,
            Fault.UNCLEAR,
            ["warehouse_short", "damaged_in_transit", "short_and_damaged"],
            id="short and damaged",
        ),
        pytest.param(packed(2), ONE_SHORT, Fault.SELLER, ["warehouse_short", "left_short"], id="packed short"),
        pytest.param(packed(weight_g=1050), ONE_SHORT, Fault.SELLER, ["weight_light", "left_short"], id="weighs short"),
        pytest.param(
            packed(2, weight_g=900),
            ONE_SHORT,
            Fault.SELLER,
            ["warehouse_short", "weight_light", "left_short"],
            id="packed and weighs short",
        ),
        pytest.param(
            packed(damaged_in_transit=True),
            ONE_SHORT,
            Fault.COURIER,
            ["damaged_in_transit", "lost_on_the_way"],
            id="damaged on the way",
        ),
        pytest.param(
            packed(weight_g=1550, packing_video=True, damaged_in_transit=True),
            ONE_SHORT,
            Fault.COURIER,
            ["weight_full", "packing_video", "damaged_in_transit", "lost_on_the_way"],
            id="left complete, damaged on the way",
        ),
        pytest.param(
            packed(weight_g=1550, packing_video=True),
            ONE_SHORT,
            Fault.BUYER,
            ["weight_full", "packing_video", "left_complete"],
            id="scale and video agree",
        ),
        pytest.param(
            packed(packing_video=True),
            ONE_SHORT,
            Fault.UNCLEAR,
            ["packing_video", "one_sign_of_complete"],
            id="video alone",
        ),
        pytest.param(
            packed(weight_g=1550), ONE_SHORT, Fault.UNCLEAR, ["weight_full", "one_sign_of_complete"], id="scale alone"
        ),
        pytest.param(order(), ONE_SHORT, Fault.SELLER, ["buyers_word"], id="nothing on record, cheap"),
        pytest.param(order(DEAR), ONE_SHORT, Fault.UNCLEAR, ["needs_a_person"], id="nothing on record, dear"),
    ],
)
def test_each_row_decides_and_lists_the_signals_it_saw(
    record: Order, complaint: Claim, fault: Fault, reasons: list[str]
) -> None:
    verdict = find_fault(record, complaint, POLICY)
    assert (verdict.fault, ids(verdict)) == (fault, reasons)
    assert all(reason.text for reason in verdict.reasons)


# --- the table itself -----------------------------------------------------------------------------


def deciding_row(facts: Facts) -> str:
    """The table once more, in words of its own."""
    short = facts.warehouse_short or facts.weight_light
    signs_of_complete = facts.weight_full + facts.packing_video
    if facts.out_of_stock:
        return "out_of_stock"
    if short:
        if signs_of_complete:
            return "contradiction"
        return "short_and_damaged" if facts.damaged_in_transit else "left_short"
    if facts.damaged_in_transit:
        return "lost_on_the_way"
    by_signs = {2: "left_complete", 1: "one_sign_of_complete"}
    return by_signs.get(signs_of_complete) or ("buyers_word" if facts.small else "needs_a_person")


def test_every_combination_of_facts_is_decided_by_exactly_the_row_meant_for_it() -> None:
    assert len(ALL_FACTS) == 2**7
    decided = [next(row.id for row in TABLE if row.when(facts)) for facts in ALL_FACTS]
    assert decided == [deciding_row(facts) for facts in ALL_FACTS]


def test_no_row_is_dead_and_no_two_share_a_name() -> None:
    names = [row.id for row in TABLE]
    assert len(set(names)) == len(names)
    assert {deciding_row(facts) for facts in ALL_FACTS} == set(names)


def test_the_last_row_always_applies_and_leaves_it_to_a_person() -> None:
    assert all(TABLE[-1].when(facts) for facts in ALL_FACTS)
    assert TABLE[-1].fault is Fault.UNCLEAR


@pytest.mark.parametrize("facts", [facts for facts in ALL_FACTS if facts.left_short and facts.left_full])
def test_a_contradiction_is_never_held_against_anybody(facts: Facts) -> None:
    fault = next(row.fault for row in TABLE if row.when(facts))
    assert fault is (Fault.SELLER if facts.out_of_stock else Fault.UNCLEAR)


def test_the_buyer_is_at_fault_only_when_scale_and_video_agree_and_nothing_speaks_against() -> None:
    blamed = [facts for facts in ALL_FACTS if next(row.fault for row in TABLE if row.when(facts)) is Fault.BUYER]
    assert len(blamed) == 2
    for facts in blamed:
        assert facts.weight_full and facts.packing_video
        assert not (facts.out_of_stock or facts.left_short or facts.damaged_in_transit)


def test_every_fact_but_the_value_is_a_signal() -> None:
    names = {field.name for field in fields(Facts)} - {"small"}
    assert {name for name, _, _ in SIGNALS} == names
    for name, when, _ in SIGNALS:
        assert all(when(facts) is getattr(facts, name) for facts in ALL_FACTS)


# --- what the records say -------------------------------------------------------------------------


@pytest.mark.parametrize(
    "record",
    [
        packed(2, weight_g=700, packing_video=True),
        packed(3, weight_g=1550, packing_video=True),
        packed(3, weight_g=700),
    ],
)
def test_a_part_inside_ignores_packing_list_video_and_weight(record: Order) -> None:
    facts = facts_of(record, claim(claimed(part="螺丝包"), shortage=Shortage.PART), POLICY)
    assert not (facts.left_short or facts.left_full)
    verdict = find_fault(record, claim(claimed(part="螺丝包"), shortage=Shortage.PART), POLICY)
    assert (verdict.fault, ids(verdict)) == (Fault.SELLER, ["buyers_word"])


def test_a_part_from_a_damaged_parcel_is_still_the_couriers() -> None:
    complaint = claim(claimed(part="螺丝包"), shortage=Shortage.PART)
    assert find_fault(packed(damaged_in_transit=True), complaint, POLICY).fault is Fault.COURIER


@pytest.mark.parametrize(
    ("weight_g", "light", "full"),
    [(1469, True, False), (1470, False, True), (1500, False, True), (None, False, False)],
)
def test_the_scale_may_be_off_by_the_tolerance(weight_g: int | None, light: bool, full: bool) -> None:
    facts = facts_of(packed(weight_g=weight_g), ONE_SHORT, POLICY)
    assert (facts.weight_light, facts.weight_full) == (light, full)


@pytest.mark.parametrize(
    ("unit_g", "weight_g", "light", "full"),
    [
        (60, 0, False, False),
        (61, 0, True, False),
        (300, 900, False, False),
        (None, 900, False, False),
    ],
)
def test_a_unit_too_light_to_tell_says_nothing(unit_g: int | None, weight_g: int, light: bool, full: bool) -> None:
    record = order(line(unit_weight_g=unit_g), parcels=(parcel({SHIRT: 3}, weight_g=weight_g),))
    facts = facts_of(record, ONE_SHORT, POLICY)
    assert (facts.weight_light, facts.weight_full) == (light, full)


def test_one_parcel_that_was_not_weighed_makes_the_scale_silent() -> None:
    parcels = (parcel({SHIRT: 2}, weight_g=400), parcel({SHIRT: 1}, tracking_number="SF2"))
    facts = facts_of(order(HEAVY, parcels=parcels), ONE_SHORT, POLICY)
    assert not (facts.weight_light or facts.weight_full)


def test_contents_are_counted_over_all_parcels() -> None:
    split = (parcel({SHIRT: 2}), parcel({SHIRT: 1}, tracking_number="SF2"))
    assert not facts_of(order(parcels=split), ONE_SHORT, POLICY).warehouse_short
    assert facts_of(order(parcels=split[:1]), ONE_SHORT, POLICY).warehouse_short


def test_without_parcels_there_is_no_packing_list_to_be_short() -> None:
    assert not facts_of(order(parcels=()), ONE_SHORT, POLICY).warehouse_short


def test_a_parcel_without_a_packing_list_may_hold_anything() -> None:
    boxes = (parcel({}, ParcelState.SHIPPED, weight_g=900), parcel({SHIRT: 1}, tracking_number="SF2", weight_g=300))
    for parcels in (boxes, boxes[:1]):
        facts = facts_of(order(HEAVY, parcels=parcels), ONE_SHORT, POLICY)
        assert not (facts.warehouse_short or facts.weight_light or facts.weight_full)


def test_another_line_short_or_out_of_stock_does_not_count() -> None:
    cup = line("水杯", status=LineStatus.OUT_OF_STOCK)
    facts = facts_of(order(line(), cup, parcels=(parcel({SHIRT: 3}),)), ONE_SHORT, POLICY)
    assert not (facts.out_of_stock or facts.warehouse_short)


@pytest.mark.parametrize(("paid_fen", "small"), [(59997, True), (60000, False)])
def test_small_ends_at_the_shops_limit(paid_fen: int, small: bool) -> None:
    assert facts_of(order(line(paid_fen=paid_fen)), ONE_SHORT, POLICY).small is small


# --- where the scale says more than it can --------------------------------------------------------


def test_a_scale_that_agrees_with_a_short_packing_list_is_no_contradiction() -> None:
    verdict = find_fault(packed(2, weight_g=1050), ONE_SHORT, POLICY)
    assert (verdict.fault, ids(verdict)) == (Fault.SELLER, ["warehouse_short", "weight_light", "left_short"])


def test_packaging_is_allowed_for_in_every_parcel() -> None:
    boxes = (parcel({SHIRT: 2}, weight_g=800), parcel({SHIRT: 1}, weight_g=800, tracking_number="SF2"))
    assert not facts_of(order(HEAVY, parcels=boxes), ONE_SHORT, POLICY).weight_full


def test_a_weight_that_packaging_alone_explains_is_not_complete() -> None:
    two_of_310_g_and_300_g_of_box = 920
    record = order(line(unit_weight_g=310), parcels=(parcel({SHIRT: 3}, weight_g=two_of_310_g_and_300_g_of_box),))
    assert not facts_of(record, ONE_SHORT, POLICY).weight_full
