"""What is owed: the shared cases, worked situations, bad input, and what holds for every case."""

from __future__ import annotations

import json
from copy import deepcopy
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from bot.claims.compensation import CAP, POINTS, RATE, case_for, compensate
from bot.claims.model import Claim, Fault, Order, Platform, Shortage
from bot.claims.rulebook import Rulebook, RulebookError
from bot.settings import ROOT
from tests.claims.builders import claim, claimed, line, order

RULEBOOK = Rulebook.load(ROOT / "rulebook")
ON = date(2026, 11, 23)
HIGH_VALUE_FEN = 20000
CAP_FEN = 50000
AMOUNTS = ("refund_missing_fen", "refund_shipping_fen", "penalty_fen", "penalty_points")
KEYS = {
    *AMOUNTS,
    *("status", "ask", "error", "action", "basis", "penalty_range_fen", "freight_by"),
    *("needs_review", "high_value", "explanation", "sources"),
}

SHARED = ROOT.parent / "shared" / "compensation" / "cases.json"
WORKED = yaml.safe_load(Path(__file__).with_name("compensation.yml").read_text(encoding="utf-8"))


def shared_cases() -> list[Any]:
    if not SHARED.exists():
        return [pytest.param({}, marks=pytest.mark.skip(reason="../shared is absent"))]
    return [pytest.param(case, id=case["id"]) for case in json.loads(SHARED.read_text(encoding="utf-8"))]


def worked_out(case: Any) -> dict[str, Any]:
    return compensate(case, RULEBOOK, high_value_fen=HIGH_VALUE_FEN, on=ON)


def agreed(result: dict[str, Any], expected: dict[str, Any]) -> dict[str, Any]:
    return {key: result.get(key, "no such key") for key in expected}


def is_chinese(text: str) -> bool:
    return any("\u4e00" <= character <= "\u9fff" for character in text)


def shirts(**changes: Any) -> dict[str, Any]:
    """Two shirts at 50 元, one missing, the seller's fault and promise: what is not said in ``changes``."""
    item = {"name": "T恤", "qty_ordered": 2, "qty_received": 1, "unit_paid_fen": 5000}
    case = {
        "platform": "tmall",
        "paid_total_fen": 10000,
        "shipping_fen": 0,
        "items": [{**item, **changes.pop("item", {})}],
        "fault": "seller",
        "promise_broken": True,
    }
    return {**case, **changes}


# --- worked situations ----------------------------------------------------------------------------


@pytest.mark.parametrize("case", shared_cases())
def test_a_shared_case_comes_out_as_expected(case: dict[str, Any]) -> None:
    assert agreed(worked_out(case), case["expected"]) == case["expected"]


@pytest.mark.parametrize("worked", [pytest.param(worked, id=worked["id"]) for worked in WORKED])
def test_a_worked_situation_comes_out_as_by_hand(worked: dict[str, Any]) -> None:
    result = worked_out(worked["case"])
    assert agreed(result, worked["expected"]) == worked["expected"]
    assert worked["says"] in "\n".join(result["explanation"])
    assert set(result) == KEYS


@pytest.mark.parametrize("case", [pytest.param(worked["case"], id=worked["id"]) for worked in WORKED])
def test_a_case_is_left_as_it_was(case: dict[str, Any]) -> None:
    before = deepcopy(case)
    worked_out(case)
    assert case == before


@pytest.mark.parametrize("case", [pytest.param(worked["case"], id=worked["id"]) for worked in WORKED])
def test_every_source_is_in_the_rulebook(case: dict[str, Any]) -> None:
    for source in worked_out(case)["sources"]:
        assert RULEBOOK.get(source, ON).id == source


def test_a_penalty_names_rate_cap_and_points_as_its_sources() -> None:
    assert {RATE, CAP, POINTS} <= set(worked_out(shirts())["sources"])
    assert not {RATE, CAP, POINTS} & set(worked_out(shirts(platform="taobao"))["sources"])


def test_the_penalty_is_called_claimable_and_left_to_the_platform() -> None:
    text = "\n".join(worked_out(shirts())["explanation"])
    assert "违约金可申请" in text
    assert "以平台判定为准" in text


def test_rate_cap_and_points_are_the_rulebooks_on_the_date(tmp_path: Path) -> None:
    units = {
        "penalty_rate": ("percent", 10, 20),
        "penalty_cap": ("fen", 900, 5000),
        "points_per_yuan": ("points", 1, 50),
    }
    rules = {
        f"short_shipment.{name}": {
            "description": name,
            "unit": unit,
            "text": name,
            "values": {
                date(2020, 1, 1): {"value": older, "source": "s", "confidence": "assumed"},
                date(2025, 1, 1): {"value": newer, "source": "s", "confidence": "assumed"},
            },
        }
        for name, (unit, older, newer) in units.items()
    }
    (tmp_path / "tmall.yml").write_text(yaml.safe_dump(rules), encoding="utf-8")
    rulebook = Rulebook.load(tmp_path)
    # 10000 x 10 % = 1000, capped at 900, 9 points; 10000 x 20 % = 2000, 1000 points
    for on, expected in ((date(2024, 12, 31), (900, 9)), (date(2025, 1, 1), (2000, 1000))):
        result = compensate(shirts(), rulebook, high_value_fen=HIGH_VALUE_FEN, on=on)
        assert (result["penalty_fen"], result["penalty_points"]) == expected
    with pytest.raises(RulebookError, match="has no value on 2019-12-31"):
        compensate(shirts(), rulebook, high_value_fen=HIGH_VALUE_FEN, on=date(2019, 12, 31))


@pytest.mark.parametrize(("limit", "high"), [(5000, True), (5001, False)])
def test_the_shop_says_what_a_high_value_is(limit: int, high: bool) -> None:
    result = compensate(shirts(), RULEBOOK, high_value_fen=limit, on=ON)
    assert (result["high_value"], result["needs_review"]) == (high, high)


# --- bad and unknown input ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("case", "error"),
    [
        (None, "bad_input"),
        ("少了一件", "bad_input"),
        (5, "bad_input"),
        ([], "bad_input"),
        (shirts(items="T恤"), "bad_input"),
        (shirts(items={"name": "T恤"}), "bad_input"),
        (shirts(items=["T恤"]), "bad_input"),
        (shirts(promise_broken="yes"), "bad_input"),
        (shirts(promise_broken=1), "bad_input"),
        (shirts(paid_total_fen=100.0), "non_integer_input"),
        (shirts(paid_total_fen="10000"), "non_integer_input"),
        (shirts(paid_total_fen=True), "non_integer_input"),
        (shirts(paid_total_fen=float("nan")), "non_integer_input"),
        (shirts(shipping_fen=[0]), "non_integer_input"),
        (shirts(item={"qty_ordered": 1.5}), "non_integer_input"),
        (shirts(item={"qty_received": False}), "non_integer_input"),
        (shirts(item={"gift_value_fen": "5"}), "non_integer_input"),
        (shirts(item={"qty_missing_claimed": "一件"}), "non_integer_input"),
        (shirts(paid_total_fen=-1), "negative_amount"),
        (shirts(shipping_fen=-1), "negative_amount"),
        (shirts(item={"refunded_fen": -1}), "negative_amount"),
        (shirts(item={"gift_value_fen": -1}), "negative_amount"),
        (shirts(item={"qty_ordered": 0}), "bad_quantity"),
        (shirts(item={"qty_ordered": -2}), "bad_quantity"),
        (shirts(item={"qty_received": -1}), "bad_quantity"),
        (shirts(item={"qty_missing_claimed": -1}), "bad_quantity"),
        (shirts(item={"qty_missing_claimed": 3}), "missing_gt_ordered"),
        (shirts(shipping_fen=10001), "shipping_gt_paid"),
        (shirts(promise_broken=None, promise_deadline="昨天", reshipped_at=None), "bad_time"),
        (shirts(promise_broken=None, promise_deadline=5), "bad_time"),
        (shirts(promise_broken=None, promise_deadline="2026-11-22T18:00:00"), "bad_time"),
        (shirts(promise_broken=None, reshipped_at="2026-11-22"), "bad_time"),
        (shirts(promise_broken=None, reshipped_at=""), "bad_time"),
    ],
)
def test_bad_input_is_an_error_in_chinese_and_owes_nothing(case: Any, error: str) -> None:
    result = worked_out(case)
    assert (result["status"], result["error"], result["ask"]) == ("error", error, [])
    assert [result[key] for key in AMOUNTS] == [0, 0, 0, 0]
    assert result["freight_by"] == "n/a"
    assert all(is_chinese(sentence) for sentence in result["explanation"])


@pytest.mark.parametrize(
    ("case", "ask"),
    [
        ({}, "items"),
        (shirts(items=None), "items"),
        (shirts(items=[]), "items"),
        (shirts(item={"qty_ordered": None}), "qty"),
        (shirts(item={"qty_received": None}), "qty"),
        (shirts(paid_total_fen=None), "paid_total"),
        (shirts(shipping_fen=None), "shipping"),
        (shirts(item={"unit_paid_fen": None}), "unit_paid"),
        (shirts(paid_total_fen=10002), "amount_mismatch"),
        (shirts(paid_total_fen=9998), "amount_mismatch"),
        (shirts(fault=None), "fault_evidence"),
        (shirts(fault="somebody"), "fault_evidence"),
        (shirts(fault=["seller"]), "fault_evidence"),
    ],
)
def test_what_is_not_known_is_asked_for_in_chinese_and_never_guessed(case: Any, ask: str) -> None:
    result = worked_out(case)
    assert (result["status"], result["error"], result["ask"]) == ("need_info", None, [ask])
    assert [result[key] for key in AMOUNTS] == [None] * 4
    assert result["freight_by"] is None
    assert all(is_chinese(sentence) for sentence in result["explanation"])


@pytest.mark.parametrize(
    ("case", "answer"),
    [
        (shirts(paid_total_fen=-0.5), "non_integer_input"),
        (shirts(paid_total_fen=-1, item={"qty_ordered": 0}), "negative_amount"),
        (shirts(item={"qty_ordered": 2, "qty_received": -1, "qty_missing_claimed": 3}), "bad_quantity"),
        (shirts(paid_total_fen=None, item={"qty_missing_claimed": 3}), "missing_gt_ordered"),
        (shirts(paid_total_fen=None, item={"qty_received": None}), "qty"),
        (shirts(paid_total_fen=None, shipping_fen=None), "paid_total"),
        (shirts(shipping_fen=20000, item={"unit_paid_fen": None}), "shipping_gt_paid"),
        (shirts(fault=None, paid_total_fen=1), "amount_mismatch"),
        (shirts(fault=None, promise_broken=None), "fault_evidence"),
    ],
)
def test_of_several_things_wrong_the_first_in_order_answers(case: Any, answer: str) -> None:
    result = worked_out(case)
    assert [result["error"], *result["ask"]] in ([answer], [None, answer])


# --- from a claim ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("record", "complaint", "expected"),
    [
        (order(), claim(claimed(), fault=Fault.SELLER), {"refund_missing_fen": 3000, "penalty_fen": 2700}),
        (
            order(line(is_gift=True, paid_fen=0, quantity=1), line("锅", quantity=1)),
            claim(claimed(ordered=1), fault=Fault.SELLER, shortage=Shortage.GIFT),
            {"refund_missing_fen": 0, "penalty_fen": 0, "basis": "gift_breach_of_promise"},
        ),
        (
            order(),
            claim(claimed(part="螺丝包"), fault=Fault.SELLER, shortage=Shortage.PART),
            {"refund_missing_fen": 0, "penalty_fen": 0, "basis": "gift_breach_of_promise"},
        ),
        (
            order(shipping_fen=500, paid_total_fen=9500),
            claim(claimed(missing=3), fault=Fault.COURIER),
            {"refund_missing_fen": 9000, "refund_shipping_fen": 500, "penalty_fen": 0},
        ),
        (
            order(platform=Platform.TAOBAO),
            claim(claimed(), fault=Fault.SELLER),
            {"refund_missing_fen": 3000, "penalty_fen": 0, "basis": "tmall_rule_not_applicable"},
        ),
        (order(), claim(claimed()), {"status": "need_info", "ask": ["fault_evidence"]}),
        (order(line(refunded_fen=1000)), claim(claimed(), fault=Fault.SELLER), {"refund_missing_fen": 2000}),
    ],
)
def test_a_claim_is_worked_out_from_the_order_record(record: Order, complaint: Claim, expected: dict[str, Any]) -> None:
    case = case_for(record, complaint, promise_broken=True)
    assert json.loads(json.dumps(case)) == case
    assert agreed(worked_out(case), expected) == expected


# --- what holds for every case --------------------------------------------------------------------

FEN = st.integers(min_value=0, max_value=10**6)


@st.composite
def items(draw: st.DrawFn) -> dict[str, Any]:
    ordered = draw(st.integers(min_value=1, max_value=12))
    is_gift = draw(st.booleans())
    paid = 0 if is_gift else draw(FEN)
    return {
        "name": draw(st.sampled_from(["T恤", "锅", "螺丝包"])),
        "qty_ordered": ordered,
        "qty_received": draw(st.integers(min_value=0, max_value=ordered + 1)),
        "line_paid_fen": paid,
        "refunded_fen": draw(st.none() | st.integers(min_value=0, max_value=paid)),
        "is_gift": is_gift,
        "gift_value_fen": draw(FEN) if is_gift else None,
    }


@st.composite
def cases(draw: st.DrawFn) -> dict[str, Any]:
    """A case in which everything needed is known and adds up to the fen."""
    bought = draw(st.lists(items(), min_size=1, max_size=4))
    shipping = draw(FEN)
    return {
        "platform": draw(st.sampled_from(["tmall", "taobao", "unknown"])),
        "paid_total_fen": sum(item["line_paid_fen"] for item in bought) + shipping,
        "shipping_fen": shipping,
        "items": bought,
        "fault": draw(st.sampled_from(["seller", "seller", "courier", "buyer", "unclear"])),
        "promise_broken": draw(st.sampled_from([True, True, False, None])),
        "remedy": draw(st.sampled_from([None, "refund", "reship", "return"])),
    }


def json_values() -> st.SearchStrategy[Any]:
    leaves = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5)
    return st.recursive(
        leaves,
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
        max_leaves=8,
    )


@given(cases())
def test_the_penalty_never_exceeds_cap_nor_rate_and_the_points_equal_it(case: dict[str, Any]) -> None:
    result = worked_out(case)
    if result["penalty_fen"] is None:
        assert result["ask"] == ["promise_broken"]
        return
    assert 0 <= result["penalty_fen"] <= CAP_FEN
    assert 100 * result["penalty_fen"] <= 30 * (case["paid_total_fen"] - case["shipping_fen"]) + 50
    assert result["penalty_points"] == result["penalty_fen"]
    on_short, on_whole = result["penalty_range_fen"]
    assert 0 <= on_short <= on_whole == result["penalty_fen"]


@given(cases())
def test_the_refund_never_exceeds_what_was_paid(case: dict[str, Any]) -> None:
    result = worked_out(case)
    short = [item for item in case["items"] if item["qty_received"] < item["qty_ordered"]]
    assert 0 <= result["refund_missing_fen"] <= sum(item["line_paid_fen"] for item in short)
    assert result["refund_shipping_fen"] in (0, case["shipping_fen"])
    assert result["refund_missing_fen"] + result["refund_shipping_fen"] <= case["paid_total_fen"]


@given(cases())
def test_with_what_was_refunded_before_nobody_gets_back_more_than_was_paid(case: dict[str, Any]) -> None:
    result = worked_out(case)
    before = sum(item["refunded_fen"] or 0 for item in case["items"])
    assert result["refund_missing_fen"] + result["refund_shipping_fen"] + before <= case["paid_total_fen"]


@given(cases())
def test_amounts_are_whole_fen_and_a_result_is_json(case: dict[str, Any]) -> None:
    result = worked_out(case)
    assert set(result) == KEYS
    assert result["status"] == ("need_info" if result["ask"] else "ok")
    assert all(type(result[key]) is int for key in AMOUNTS if result[key] is not None)
    assert json.loads(json.dumps(result)) == result
    assert all(is_chinese(sentence) for sentence in result["explanation"])


@given(cases())
def test_only_a_broken_promise_of_the_seller_on_tmall_opens_a_penalty(case: dict[str, Any]) -> None:
    owed = worked_out(case)["penalty_fen"]
    if owed:
        assert (case["platform"], case["fault"], case["promise_broken"]) == ("tmall", "seller", True)
        assert any(item["qty_received"] < item["qty_ordered"] and not item["is_gift"] for item in case["items"])


@given(cases())
def test_a_claim_that_is_not_upheld_brings_nothing(case: dict[str, Any]) -> None:
    result = worked_out({**case, "fault": "buyer"})
    assert [result[key] for key in AMOUNTS] == [0, 0, 0, 0]


@given(cases())
def test_the_order_of_the_lines_makes_no_difference(case: dict[str, Any]) -> None:
    turned, straight = worked_out({**case, "items": case["items"][::-1]}), worked_out(case)
    assert {**turned, "explanation": sorted(turned["explanation"])} == {
        **straight,
        "explanation": sorted(straight["explanation"]),
    }


@given(json_values())
def test_arbitrary_json_gets_an_answer_and_never_an_exception(case: Any) -> None:
    result = worked_out(case)
    if not isinstance(case, dict):
        assert (result["status"], result["error"]) == ("error", "bad_input")
    assert result["error"] or result["ask"]
    assert all(is_chinese(sentence) for sentence in result["explanation"])
    assert json.loads(json.dumps(result)) == result


@given(cases(), st.data())
def test_one_field_with_anything_in_it_gets_an_answer_and_never_an_exception(
    case: dict[str, Any], data: st.DataObject
) -> None:
    place = data.draw(st.sampled_from([case, *case["items"]]))
    fields = [*place, "promise_deadline", "reshipped_at", "unit_paid_fen", "qty_missing_claimed"]
    place[data.draw(st.sampled_from(fields))] = data.draw(json_values())
    result = worked_out(case)
    assert set(result) == KEYS
    assert result["status"] == ("error" if result["error"] else "need_info" if result["ask"] else "ok")
    assert all(result[key] is None or (type(result[key]) is int and result[key] >= 0) for key in AMOUNTS)
    assert json.loads(json.dumps(result)) == result
    assert all(is_chinese(sentence) for sentence in result["explanation"])


# --- what easily slips through --------------------------------------------------------------------


@pytest.mark.parametrize("moment", ["", "not yet", False])
def test_a_moment_that_is_none_is_no_dispatch(moment: Any) -> None:
    assert worked_out(shirts(reshipped_at=moment))["error"] == "bad_time"


def test_a_word_is_no_yes_or_no() -> None:
    assert worked_out(shirts(item={"is_gift": "false"}))["error"] == "bad_input"


def test_the_explanation_of_a_paid_gift_agrees_with_its_refund() -> None:
    result = worked_out(shirts(item={"is_gift": True}))
    unpaid = any("没有单独付款" in sentence for sentence in result["explanation"])
    assert unpaid == (result["refund_missing_fen"] == 0)
