"""Who answers for the shortage: situations in ``fault.yml``, every combination of facts, and what holds for all."""

from __future__ import annotations

from dataclasses import fields, replace
from datetime import timedelta
from itertools import product
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from bot.claims.fault import SIGNALS, TABLE, Facts, Reason, facts_of, find_fault, judge
from bot.claims.model import (
    Claim,
    ClaimLine,
    Evidence,
    EvidenceKind,
    EvidenceStatus,
    Fault,
    LineStatus,
    Offer,
    Order,
    Parcel,
    ParcelState,
    Remedy,
    Shortage,
    TrackingEvent,
    TrackingKind,
    Unit,
)
from bot.claims.rulebook import Rulebook
from bot.settings import ROOT
from tests.claims.builders import NOW, POLICY, claim, claimed, line, order, parcel

SHIRT = "纯棉T恤 白色"
ONE_SHORT = claim(claimed())
ALL_FACTS = [Facts(*values) for values in product((False, True), repeat=len(fields(Facts)))]
RULEBOOK = Rulebook.load(ROOT / "rulebook")

SITUATIONS = yaml.safe_load(Path(__file__).with_name("fault.yml").read_text(encoding="utf-8"))
WORDS = {
    *("situation", "paid_fen", "unit_g", "out_of_stock", "part", "parcels", "video", "merged", "confirmed", "box_torn"),
    *("fault", "because"),
}


def traced(events: list[str]) -> tuple[TrackingEvent, ...]:
    """``weighed 1050``: what happened and what the scale said, an hour apart."""
    spoken = [event.split() for event in events]
    return tuple(
        TrackingEvent(NOW + timedelta(hours=hour), TrackingKind(kind), int(grams[0]) if grams else None)
        for hour, (kind, *grams) in enumerate(spoken)
    )


def box(number: int, told: dict[str, Any]) -> Parcel:
    return parcel(
        {SHIRT: told.get("packed", 3)},
        tracking_number=f"SF{number}",
        weight_g=told.get("pickup_g"),
        damaged_in_transit=told.get("damaged", False),
        signed_by=told.get("signed_by"),
        events=traced(told.get("trace", [])),
    )


def record(told: dict[str, Any]) -> Order:
    status = LineStatus.OUT_OF_STOCK if told.get("out_of_stock") else LineStatus.NORMAL
    return order(
        line(paid_fen=told.get("paid_fen", 9000), unit_weight_g=told.get("unit_g"), status=status),
        parcels=tuple(box(number, parcel) for number, parcel in enumerate(told.get("parcels", [{}]))),
        packing_video=told.get("video", False),
        merged_with=("4012345678901234999",) if told.get("merged") else (),
        confirmed_at=NOW if told.get("confirmed") else None,
    )


def complaint(told: dict[str, Any]) -> Claim:
    part = told.get("part")
    shortage = Shortage.PART if part else Shortage.UNITS
    return claim(claimed(part=part), shortage=shortage, box_torn=told.get("box_torn", False))


@pytest.mark.parametrize("told", [pytest.param(told, id=told["situation"]) for told in SITUATIONS])
def test_a_situation_is_judged_as_by_hand(told: dict[str, Any]) -> None:
    assert set(told) <= WORDS
    verdict = find_fault(record(told), complaint(told), POLICY)
    assert (verdict.fault.value, [reason.id for reason in verdict.reasons]) == (told["fault"], told["because"])


def test_every_row_and_every_signal_has_a_situation() -> None:
    decided = {told["because"][-1] for told in SITUATIONS}
    seen = {signal for told in SITUATIONS for signal in told["because"][:-1]}
    assert decided == {row.id for row in TABLE}
    assert seen == {signal.id for signal in SIGNALS}


# --- the table itself -----------------------------------------------------------------------------


def deciding_row(facts: Facts) -> str:
    """The table once more, in words of its own."""
    short, signs_of_complete = facts.warehouse_short or facts.weight_light, facts.weight_full + facts.packing_video
    lost = facts.weight_lost or (facts.damaged_in_transit and not facts.weight_kept)
    if (signs_of_complete and (short or facts.out_of_stock)) or (facts.weight_lost and facts.weight_kept):
        return "contradiction"
    if facts.out_of_stock:
        return "out_of_stock"
    if short or lost:
        return "short_and_lost" if short and lost else "left_short" if short else "lost_on_the_way"
    if signs_of_complete == 2:
        handed_over = facts.signed_in_person and not facts.box_torn
        return "left_complete" if handed_over else "complete_until_delivery"
    if signs_of_complete:
        return "one_sign_of_complete"
    if facts.merged:
        return "both_bear_proof" if facts.confirmed else "merged_without_proof"
    if facts.small:
        return "buyers_word"
    return "confirmed_without_proof" if facts.confirmed else "needs_a_person"


def test_every_combination_of_facts_is_decided_by_the_row_meant_for_it() -> None:
    assert len(ALL_FACTS) == 2**13
    for facts in ALL_FACTS:
        assert judge(facts).reasons[-1].id == deciding_row(facts), facts


def test_no_row_is_dead_and_no_two_share_a_name() -> None:
    names = [row.id for row in TABLE]
    assert len(set(names)) == len(names)
    assert {deciding_row(facts) for facts in ALL_FACTS} == set(names)


def test_the_last_row_always_applies_and_leaves_it_to_a_person() -> None:
    assert all(TABLE[-1].when(facts) for facts in ALL_FACTS)
    assert TABLE[-1].fault is Fault.UNCLEAR


def test_a_contradiction_is_never_held_against_anybody() -> None:
    for facts in ALL_FACTS:
        full, short = facts.weight_full or facts.packing_video, facts.warehouse_short or facts.weight_light
        if (full and short) or (full and facts.out_of_stock) or (facts.weight_lost and facts.weight_kept):
            assert judge(facts).fault is Fault.UNCLEAR, facts


def test_the_buyer_is_at_fault_only_when_all_speaks_for_it_and_nothing_against() -> None:
    for facts in ALL_FACTS:
        if judge(facts).fault is Fault.BUYER:
            assert facts.weight_full and facts.packing_video and facts.signed_in_person
            assert not (facts.out_of_stock or facts.left_short or facts.lost_on_the_way or facts.box_torn)


@pytest.mark.parametrize("evidence", ["weight_full", "packing_video", "signed_in_person", "confirmed"])
def test_more_evidence_for_the_seller_never_makes_the_seller_guilty(evidence: str) -> None:
    for facts in ALL_FACTS:
        without = judge(replace(facts, **{evidence: False})).fault
        if without is not Fault.SELLER:
            assert judge(replace(facts, **{evidence: True})).fault is not Fault.SELLER, facts


def test_a_parcel_that_kept_its_weight_never_makes_the_courier_guilty() -> None:
    for facts in ALL_FACTS:
        if judge(replace(facts, weight_kept=False)).fault is not Fault.COURIER:
            assert judge(replace(facts, weight_kept=True)).fault is not Fault.COURIER, facts


@pytest.mark.parametrize(
    "evidence", ["warehouse_short", "weight_light", "weight_lost", "damaged_in_transit", "box_torn"]
)
def test_more_evidence_for_the_buyer_never_puts_it_on_the_buyer(evidence: str) -> None:
    for facts in ALL_FACTS:
        if judge(replace(facts, **{evidence: False})).fault is not Fault.BUYER:
            assert judge(replace(facts, **{evidence: True})).fault is not Fault.BUYER, facts


def test_every_fact_but_the_value_is_a_signal_that_is_told_when_seen() -> None:
    assert {signal.id for signal in SIGNALS} == {field.name for field in fields(Facts)} - {"small"}
    for facts in ALL_FACTS:
        seen = [reason.id for reason in judge(facts).reasons[:-1]]
        assert seen == [signal.id for signal in SIGNALS if getattr(facts, signal.id)]


def test_every_signal_and_row_rests_on_a_rule_and_every_row_says_what_would_turn_it() -> None:
    reasons = [*SIGNALS, *(Reason(row.id, row.source) for row in TABLE)]
    for reason in reasons:
        assert RULEBOOK.get(reason.source, NOW.date())
    for row in TABLE:
        assert row.would_change and all(row.would_change)


def test_the_verdict_carries_what_would_change_it() -> None:
    verdict = find_fault(record({"paid_fen": 90000}), ONE_SHORT, POLICY)
    assert "unboxing_video" in verdict.would_change
    assert verdict.reasons[-1].source == "taobao.practice.by_value"


# --- what the records say -------------------------------------------------------------------------


def test_contents_are_counted_over_all_parcels() -> None:
    split = (parcel({SHIRT: 2}), parcel({SHIRT: 1}, tracking_number="SF2"))
    assert not facts_of(order(parcels=split), ONE_SHORT, POLICY).warehouse_short
    assert facts_of(order(parcels=split[:1]), ONE_SHORT, POLICY).warehouse_short


def test_without_parcels_there_is_no_packing_list_and_nobody_signed() -> None:
    facts = facts_of(order(parcels=()), ONE_SHORT, POLICY)
    assert not (facts.warehouse_short or facts.signed_in_person)


def test_a_parcel_without_a_packing_list_may_hold_anything() -> None:
    boxes = (
        parcel({}, ParcelState.SHIPPED, weight_g=900, damaged_in_transit=True),
        parcel({SHIRT: 1}, tracking_number="SF2", weight_g=300),
    )
    for parcels in (boxes, boxes[:1]):
        facts = facts_of(order(line(unit_weight_g=500), parcels=parcels), ONE_SHORT, POLICY)
        assert not (facts.warehouse_short or facts.weight_light or facts.weight_full)
        assert facts.damaged_in_transit


def test_another_line_short_or_out_of_stock_does_not_count() -> None:
    cup = line("水杯", status=LineStatus.OUT_OF_STOCK)
    facts = facts_of(order(line(), cup, parcels=(parcel({SHIRT: 3}),)), ONE_SHORT, POLICY)
    assert not (facts.out_of_stock or facts.warehouse_short)


def test_what_happened_to_another_parcel_does_not_count() -> None:
    parcels = (
        parcel({SHIRT: 3}, signed_by="本人"),
        parcel({"水杯": 3}, tracking_number="SF2", damaged_in_transit=True, signed_by="驿站"),
    )
    facts = facts_of(order(line(), line("水杯"), parcels=parcels), ONE_SHORT, POLICY)
    assert facts.signed_in_person and not facts.damaged_in_transit


def test_a_parcel_that_is_not_signed_yet_was_signed_by_nobody() -> None:
    here = parcel({SHIRT: 2}, signed_by="本人")
    there = replace(record({"parcels": [{"signed_by": "本人"}]}).parcels[0], state=ParcelState.IN_TRANSIT)
    assert not facts_of(order(parcels=(here, there)), ONE_SHORT, POLICY).signed_in_person


def test_one_item_out_of_stock_and_the_other_complete_by_film_is_for_a_person() -> None:
    cup = line("水杯", status=LineStatus.OUT_OF_STOCK)
    both = order(line(), cup, parcels=(parcel({SHIRT: 3}),), packing_video=True)
    verdict = find_fault(both, claim(claimed(), claimed("水杯")), POLICY)
    assert (verdict.fault, verdict.reasons[-1].id) == (Fault.UNCLEAR, "contradiction")


def test_two_items_are_weighed_together() -> None:
    """600 g of towels and 400 g of soap are missing; each alone hides behind scales and packaging for its parcel."""
    bought = (line("毛巾", 2, unit_weight_g=200), line("香皂", 2, unit_weight_g=200))
    short = claim(claimed("毛巾", 2, 1), claimed("香皂", 2, 1))
    full = order(*bought, parcels=(parcel({"毛巾": 2, "香皂": 2}, weight_g=900),))
    assert facts_of(full, short, POLICY).weight_full
    assert not facts_of(full, claim(claimed("毛巾", 2, 1)), POLICY).weight_full


def test_an_item_of_unknown_weight_silences_the_scale_only_when_it_is_in_the_box() -> None:
    unknown = line("贴纸", 1)
    with_it = (parcel({SHIRT: 3, "贴纸": 1}, weight_g=1550),)
    without = (parcel({SHIRT: 3}, weight_g=1550),)
    heavy = line(unit_weight_g=500)
    assert not facts_of(order(heavy, unknown, parcels=with_it), ONE_SHORT, POLICY).weight_full
    assert facts_of(order(heavy, unknown, parcels=without), ONE_SHORT, POLICY).weight_full


def test_the_trace_counts_by_its_times_not_by_its_order() -> None:
    trace = traced(["weighed 1550", "weighed 1050"])
    boxed = parcel({SHIRT: 3}, weight_g=1550, events=trace[::-1])
    assert facts_of(order(line(unit_weight_g=500), parcels=(boxed,)), ONE_SHORT, POLICY).weight_lost


# --- what has no influence ------------------------------------------------------------------------


@given(
    told=st.sampled_from(SITUATIONS),
    wish=st.none() | st.sampled_from(Remedy),
    offers=st.lists(st.builds(Offer, st.sampled_from(Remedy), st.integers(0, 10**6), st.just(NOW), st.just(NOW))),
    evidence=st.lists(st.builds(Evidence, st.sampled_from(EvidenceKind), st.sampled_from(EvidenceStatus))),
    buyer=st.text(),
    refunded_fen=st.integers(0, 9000),
)
def test_wishes_offers_pictures_and_persons_have_no_influence(
    told: dict[str, Any],
    wish: Remedy | None,
    offers: list[Offer],
    evidence: list[Evidence],
    buyer: str,
    refunded_fen: int,
) -> None:
    plain, bought = complaint(told), record(told)
    dressed = replace(
        plain,
        wish=wish,
        offers=tuple(offers),
        evidence=tuple(evidence),
        buyer_id=buyer,
        fault=Fault.BUYER,
        reasons=("x",),
    )
    refunded = replace(bought, lines=tuple(replace(line, refunded_fen=refunded_fen) for line in bought.lines))
    assert find_fault(refunded, dressed, POLICY) == find_fault(bought, plain, POLICY)


@given(
    st.integers(0, 5000),
    st.lists(st.integers(0, 5000), max_size=3),
    st.booleans(),
    st.sampled_from([None, 0, 100, 500]),
)
def test_scales_never_say_both_lost_and_kept_nor_both_light_and_full(
    pickup_g: int, hubs: list[int], repacked: bool, unit_g: int | None
) -> None:
    trace = [*(["repacked"] if repacked else []), *(f"weighed {grams}" for grams in hubs)]
    told = {"unit_g": unit_g, "parcels": [{"pickup_g": pickup_g, "trace": trace}]}
    facts = facts_of(record(told), ONE_SHORT, POLICY)
    assert not (facts.weight_lost and facts.weight_kept)
    assert not (facts.weight_light and facts.weight_full)


# --- pieces and grams -----------------------------------------------------------------------------


def test_a_piece_that_is_missing_is_no_unit_that_was_not_packed() -> None:
    item = claimed(ordered=9, missing=1, unit=Unit.PIECE, pack=3)
    assert not facts_of(order(), claim(item), POLICY).warehouse_short
    short = order(parcels=(parcel({SHIRT: 2}),))
    assert facts_of(short, claim(item), POLICY).warehouse_short


@pytest.mark.parametrize(
    ("item", "pickup_g", "light"),
    [
        (claimed(ordered=9, missing=3, unit=Unit.PIECE, pack=3), 2000, True),
        (claimed(ordered=9, missing=3, unit=Unit.PIECE, pack=3), 3100, False),
        (claimed(ordered=3000, missing=900, unit=Unit.GRAM), 2100, True),
        (claimed(ordered=3000, missing=50, unit=Unit.GRAM), 2000, False),  # less than scales can tell
    ],
)
def test_the_scales_weigh_pieces_and_grams_too(item: ClaimLine, pickup_g: int, light: bool) -> None:
    weighed = order(line(unit_weight_g=1000), parcels=(parcel({SHIRT: 3}, weight_g=pickup_g),))
    assert facts_of(weighed, claim(item), POLICY).weight_light == light


def test_what_has_no_weight_on_record_is_not_weighed() -> None:
    both = order(line(unit_weight_g=1000), line("锅", 1), parcels=(parcel({SHIRT: 3, "锅": 1}, weight_g=100),))
    assert not facts_of(both, claim(claimed(), claimed("锅", 1, 1)), POLICY).weight_light
