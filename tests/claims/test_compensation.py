"""What is owed: the shared cases, worked situations, bad and unknown input. What holds for every case is beside."""

from __future__ import annotations

import json
import shutil
from copy import deepcopy
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml

from bot.claims.compensation import case_for, compensate
from bot.claims.compensation.case import CannotCompute, read
from bot.claims.compensation.explanation import LINES, Line
from bot.claims.model import Claim, ClaimLine, Fault, Order, Platform, Shortage, Unit
from bot.claims.rulebook import Rulebook, RulebookError
from bot.settings import ROOT
from tests.claims.builders import claim, claimed, line, order
from tests.claims.worked import AMOUNTS, HIGH_VALUE_FEN, KEYS, ON, RULEBOOK, is_chinese, worked_out

SHARED = ROOT.parent / "shared" / "compensation" / "cases.json"
RATE, CAP, POINTS = (f"tmall.short_shipment.{key}" for key in ("penalty_rate", "penalty_cap", "points_per_yuan"))
WORKED = yaml.safe_load(Path(__file__).with_name("compensation.yml").read_text(encoding="utf-8"))


def shared_cases() -> list[Any]:
    if not SHARED.exists():
        return [pytest.param({}, marks=pytest.mark.skip(reason="../shared is absent"))]
    return [pytest.param(case, id=case["id"]) for case in json.loads(SHARED.read_text(encoding="utf-8"))]


def agreed(result: dict[str, Any], expected: dict[str, Any]) -> dict[str, Any]:
    return {key: result.get(key, "no such key") for key in expected}


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
    assert worked.get("says", "") in "\n".join(result["explanation"])
    assert worked.get("reads", result["explanation"]) == result["explanation"]
    assert "says" in worked or "reads" in worked
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


@pytest.mark.parametrize("case", [pytest.param(worked["case"], id=worked["id"]) for worked in WORKED])
def test_a_line_has_what_fills_it_and_nothing_else(case: dict[str, Any]) -> None:
    lines: list[Any] = compensate(case, RULEBOOK, high_value_fen=HIGH_VALUE_FEN, on=ON)["lines"]
    assert lines
    while lines:
        line = lines.pop()
        assert set(line.values) == set(LINES[line.id].split())
        lines += [value for value in line.values.values() if isinstance(value, Line)]


def test_a_penalty_names_rate_cap_and_points_as_its_sources() -> None:
    assert {RATE, CAP, POINTS} <= set(worked_out(shirts())["sources"])
    for other in ("taobao", "douyin", "jd", "amazon", "unknown", None):
        assert not {RATE, CAP, POINTS} & set(worked_out(shirts(platform=other))["sources"])


def test_the_penalty_is_called_claimable_and_left_to_the_platform() -> None:
    text = "\n".join(worked_out(shirts())["explanation"])
    assert "违约金可申请" in text
    assert "以平台判定为准" in text


def test_every_line_says_where_it_comes_from_or_what_comes_next() -> None:
    *lines, last = worked_out(shirts(item={"unit_paid_fen": 50000}, paid_total_fen=100000))["explanation"]
    assert len(lines) == 5 and all(sentence.endswith("〕") for sentence in lines)
    assert last.endswith("人工再核一遍。")


def test_a_line_names_each_source_once() -> None:
    for sentence in worked_out(shirts())["explanation"]:
        assert sentence.count("天猫错发漏发规则") <= 1


def test_every_source_that_is_cited_is_named_in_its_line() -> None:
    result = worked_out(shirts(fault="courier"))
    text = "\n".join(result["explanation"])
    assert result["sources"] == ["law.consumer.quantity_short", "law.ecommerce.transit_risk", "courier.contents_short"]
    for source in result["sources"]:
        assert (RULEBOOK.cite(source) or "no name") in text


def test_rate_cap_points_and_tolerance_are_the_rulebooks_on_the_date(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "rulebook", tmp_path, dirs_exist_ok=True)
    changed = {
        "tmall": {
            "short_shipment.penalty_rate": (10, 20),
            "short_shipment.penalty_cap": (900, 5000),
            "short_shipment.points_per_yuan": (1, 50),
        },
        "project": {"amounts.tolerance_per_line": (0, 7)},
    }
    for name, keys in changed.items():
        file = tmp_path / f"{name}.yml"
        rules = yaml.safe_load(file.read_text(encoding="utf-8"))
        for key, (older, newer) in keys.items():
            rules[key]["values"] = {
                date(2020, 1, 1): {"value": older, "source": "s", "confidence": "assumed"},
                date(2025, 1, 1): {"value": newer, "source": "s", "confidence": "assumed"},
            }
        file.write_text(yaml.safe_dump(rules, allow_unicode=True), encoding="utf-8")
    rulebook = Rulebook.load(tmp_path)
    before, after = date(2024, 12, 31), date(2025, 1, 1)
    # 10000 x 10 % = 1000, capped at 900, 9 points; 10000 x 20 % = 2000, 1000 points
    for on, expected in ((before, (900, 9)), (after, (2000, 1000))):
        result = compensate(shirts(), rulebook, high_value_fen=HIGH_VALUE_FEN, on=on)
        assert (result["penalty_fen"], result["penalty_points"]) == expected
    for on, off_fen, asks in ((before, 1, ["amount_mismatch"]), (after, 7, []), (after, 8, ["amount_mismatch"])):
        result = compensate(shirts(paid_total_fen=10000 + off_fen), rulebook, high_value_fen=HIGH_VALUE_FEN, on=on)
        assert result["ask"] == asks
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
        (shirts(paid_total_fen=float("inf")), "non_integer_input"),
        (shirts(paid_total_fen={"fen": 10000}), "non_integer_input"),
        (shirts(paid_total_fen=10**100), "too_large"),
        (shirts(paid_total_fen=-(10**5000)), "too_large"),
        (shirts(item={"qty_ordered": 10**100}), "too_large"),
        (shirts(items=""), "bad_input"),
        (shirts(items=0), "bad_input"),
        (shirts(items=[{}, None]), "bad_input"),
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
        (shirts(reshipped_at="2026-11-22T18:00:00"), "bad_time"),
        (shirts(reshipped_at=b"2026-11-22T18:00:00Z"), "bad_time"),
    ],
)
def test_bad_input_is_an_error_in_chinese_and_owes_nothing(case: Any, error: str) -> None:
    result = worked_out(case)
    assert (result["status"], result["error"], result["ask"]) == ("error", error, [])
    assert [result[key] for key in AMOUNTS] == [0, 0, 0, 0]
    assert (result["penalty_range_fen"], result["penalty_currency"]) == ([0, 0], None)
    assert (result["action"], result["basis"], result["freight_by"]) == (None, None, "n/a")
    assert (result["needs_review"], result["high_value"], result["sources"]) == (False, False, [])
    assert all(is_chinese(sentence) for sentence in result["explanation"])


@pytest.mark.parametrize(
    ("case", "ask"),
    [
        ({}, "items"),
        (shirts(items=[{}]), "qty"),
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
    assert (result["penalty_range_fen"], result["penalty_currency"]) == ([None, None], None)
    assert (result["action"], result["basis"], result["freight_by"]) == (None, None, None)
    assert (result["needs_review"], result["high_value"], result["sources"]) == (False, False, [])
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


def test_the_case_of_a_claim_holds_the_record_and_what_is_missing() -> None:
    bought = order(
        line("锅", 2, 8000, refunded_fen=100),
        line("锅铲", 1, 0, is_gift=True, gift_value_fen=1500),
        paid_total_fen=8700,
        shipping_fen=700,
    )
    half_known = claim(claimed("锅", 2, 1), replace(claimed("锅铲", 1, 0), missing=None), fault=Fault.COURIER)
    assert case_for(bought, half_known, promise_broken=None) == {
        "platform": "tmall",
        "paid_total_fen": 8700,
        "shipping_fen": 700,
        "items": [
            {
                "name": "锅",
                "qty_ordered": 2,
                "qty_received": 1,
                "line_paid_fen": 8000,
                "refunded_fen": 100,
                "is_gift": False,
                "gift_value_fen": 0,
            },
            {
                "name": "锅铲",
                "qty_ordered": 1,
                "qty_received": 1,
                "line_paid_fen": 0,
                "refunded_fen": 0,
                "is_gift": True,
                "gift_value_fen": 1500,
            },
        ],
        "fault": "courier",
        "promise_broken": None,
    }


def test_each_part_is_added_as_something_free_of_which_nothing_came() -> None:
    short = claim(claimed(part="螺丝包、说明书"), shortage=Shortage.PART)
    unit, *parts = case_for(order(), short, promise_broken=True)["items"]
    assert (unit["name"], unit["qty_received"]) == ("纯棉T恤 白色", 3)
    nothing = {"qty_ordered": 1, "qty_received": 0, "line_paid_fen": 0, "is_gift": True}
    assert parts == [{"name": "螺丝包", **nothing}, {"name": "说明书", **nothing}]


@pytest.mark.parametrize(
    ("item", "says"),
    [
        (claimed(ordered=9, missing=2, unit=Unit.PIECE, pack=3, measure="条"), "÷9条×缺2条=20元"),
        (claimed(ordered=9, missing=2, unit=Unit.PIECE, pack=3), "÷9件×缺2件=20元"),
        (claimed(ordered=6000, missing=500, unit=Unit.GRAM, measure="斤"), "÷6000克×缺500克=7.50元"),
    ],
)
def test_pieces_and_grams_are_paid_by_their_share(item: ClaimLine, says: str) -> None:
    result = worked_out(case_for(order(), claim(item, fault=Fault.COURIER), promise_broken=False))
    assert says in result["explanation"][0]


def test_a_line_in_pieces_of_which_no_total_is_known_counts_units() -> None:
    open_line = replace(claimed(unit=Unit.PIECE), ordered=None, missing=None)
    (item,) = case_for(order(), claim(open_line), promise_broken=None)["items"]
    assert (item["qty_ordered"], item["qty_received"]) == (3, 3)


def test_a_gift_of_which_pieces_are_missing_is_worth_its_share() -> None:
    gift = order(line(is_gift=True, paid_fen=0, gift_value_fen=600))
    item = claimed(ordered=9, missing=1, unit=Unit.PIECE, pack=3)
    assert case_for(gift, claim(item), promise_broken=None)["items"][0]["gift_value_fen"] == 200


# --- what easily slips through --------------------------------------------------------------------


@pytest.mark.parametrize("moment", ["", "not yet", False])
def test_a_moment_that_is_none_is_no_dispatch(moment: Any) -> None:
    assert worked_out(shirts(reshipped_at=moment))["error"] == "bad_time"


def test_what_cannot_be_computed_is_named_in_the_exception() -> None:
    with pytest.raises(CannotCompute, match=r"^qty$"):
        read({"items": [{}]}, tolerance_fen=0)
    with pytest.raises(CannotCompute, match=r"^bad_input$"):
        read(None, tolerance_fen=0)


def test_a_word_is_no_yes_or_no() -> None:
    assert worked_out(shirts(item={"is_gift": "false"}))["error"] == "bad_input"


def test_the_explanation_of_a_paid_gift_agrees_with_its_refund() -> None:
    result = worked_out(shirts(item={"is_gift": True}))
    unpaid = any("没有单独付款" in sentence for sentence in result["explanation"])
    assert unpaid == (result["refund_missing_fen"] == 0)
