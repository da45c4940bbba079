"""What holds for every case: nothing beyond what was paid, nothing above the cap, no fen lost or made up, no guess."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import assume, given
from hypothesis import strategies as st

from bot.claims.money import share, split
from tests.claims.worked import AMOUNTS, KEYS, is_chinese, worked_out

# Percent, least and most of those that pay by a rate.
PAYING = {"tmall": (30, 0, 50000), "douyin": (1, 300, 3000)}
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
        "platform": draw(st.sampled_from(["tmall", "tmall", "douyin", "taobao", "jd", "amazon", "unknown"])),
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
def test_the_penalty_never_exceeds_cap_nor_rate_and_points_are_its_fen(case: dict[str, Any]) -> None:
    result = worked_out(case)
    if result["penalty_fen"] is None:
        assert result["ask"] == ["promise_broken"]
        return
    percent, least, most = PAYING.get(case["platform"], (0, 0, 0))
    assert 0 <= result["penalty_fen"] <= most
    by_rate = percent * (case["paid_total_fen"] - case["shipping_fen"])
    half_a_unit = 50 if case["platform"] == "tmall" else 5000  # the one pays to the fen, the other to the yuan
    assert 100 * result["penalty_fen"] <= max(by_rate + half_a_unit, 100 * least)
    assert result["penalty_points"] == (result["penalty_fen"] if case["platform"] == "tmall" else 0)
    assert (result["penalty_currency"] is None) or result["penalty_fen"] or case["promise_broken"]
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
def test_only_a_broken_promise_of_the_seller_where_a_rate_is_published_opens_a_penalty(case: dict[str, Any]) -> None:
    owed = worked_out(case)["penalty_fen"]
    if owed:
        assert case["platform"] in PAYING and (case["fault"], case["promise_broken"]) == ("seller", True)
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


# --- fen: none lost, none made up -----------------------------------------------------------------


def one_line(paid_fen: int, ordered: int, missing: int, refunded_fen: int = 0, **more: Any) -> dict[str, Any]:
    item = {
        "qty_ordered": ordered,
        "qty_received": ordered - missing,
        "line_paid_fen": paid_fen,
        "refunded_fen": refunded_fen,
    }
    return {
        "platform": "tmall",
        "paid_total_fen": paid_fen,
        "shipping_fen": 0,
        "items": [item],
        "fault": "seller",
        "promise_broken": False,
        **more,
    }


@given(FEN, st.integers(min_value=1, max_value=40), st.data())
def test_refunds_of_parts_add_up_to_the_refund_of_the_whole(paid: int, ordered: int, data: st.DataObject) -> None:
    """The shortage comes out bit by bit, each time what was refunded before is on record."""
    found_short = sorted(data.draw(st.sets(st.integers(min_value=1, max_value=ordered), min_size=1)))
    refunded = 0
    for missing in found_short:
        refunded += worked_out(one_line(paid, ordered, missing, refunded))["refund_missing_fen"]
    at_once = worked_out(one_line(paid, ordered, found_short[-1]))["refund_missing_fen"]
    assert refunded == at_once == share(paid, found_short[-1], ordered)


@given(cases())
def test_lines_refunded_one_by_one_come_to_the_same_as_all_at_once(case: dict[str, Any]) -> None:
    assume(case["fault"] != "buyer" and case["remedy"] != "reship")
    one_by_one = 0
    for here in case["items"]:
        others = [{**item, "qty_received": item["qty_ordered"]} for item in case["items"] if item is not here]
        alone = worked_out({**case, "items": [here, *others]})
        one_by_one += alone["refund_missing_fen"]
    assert one_by_one == worked_out(case)["refund_missing_fen"]


@given(st.lists(st.integers(min_value=1, max_value=10**6), min_size=1, max_size=6), st.data())
def test_a_discount_that_does_not_divide_evenly_is_paid_back_to_the_fen(prices: list[int], data: st.DataObject) -> None:
    """Split by largest remainder, all missing: what comes back is what was paid, not a fen more or less."""
    paid = data.draw(st.integers(min_value=0, max_value=sum(prices)))
    items = [
        {"qty_ordered": 1, "qty_received": 0, "line_paid_fen": part, "is_gift": False} for part in split(paid, prices)
    ]
    result = worked_out({**one_line(paid, 1, 1), "items": items})
    assert (result["status"], result["refund_missing_fen"]) == ("ok", paid)


@given(cases(), st.data())
def test_lines_a_few_fen_off_never_bring_back_more_than_was_paid(case: dict[str, Any], data: st.DataObject) -> None:
    lines = len(case["items"])
    case["paid_total_fen"] += data.draw(st.integers(min_value=-lines, max_value=lines))
    assume(case["paid_total_fen"] >= case["shipping_fen"])
    result = worked_out(case)
    before = sum(item["refunded_fen"] or 0 for item in case["items"])
    owed = result["refund_missing_fen"] + result["refund_shipping_fen"]
    assert owed <= case["paid_total_fen"]
    assert owed == 0 or owed + before <= case["paid_total_fen"]


@given(cases(), st.data())
def test_the_more_is_missing_the_more_is_owed(case: dict[str, Any], data: st.DataObject) -> None:
    item = data.draw(st.sampled_from(case["items"]))
    item["qty_received"] = data.draw(st.integers(min_value=1, max_value=item["qty_ordered"]))
    less = worked_out(case)
    item["qty_received"] = data.draw(st.integers(min_value=0, max_value=item["qty_received"] - 1))
    more = worked_out(case)
    for key in ("refund_missing_fen", "refund_shipping_fen"):
        assert less[key] <= more[key]
    if less["penalty_fen"] is not None and more["penalty_fen"] is not None:
        assert less["penalty_fen"] <= more["penalty_fen"]
    assert more["high_value"] or not less["high_value"]


@given(cases(), st.data())
def test_what_is_not_known_is_never_guessed(case: dict[str, Any], data: st.DataObject) -> None:
    item = data.draw(st.sampled_from(case["items"]))
    places: dict[str, tuple[dict[str, Any], list[str]]] = {
        "qty_ordered": (item, ["qty"]),
        "qty_received": (item, ["qty"]),
        "line_paid_fen": (item, ["unit_paid", "amount_mismatch"]),
        "paid_total_fen": (case, ["paid_total"]),
        "shipping_fen": (case, ["shipping"]),
        "fault": (case, ["fault_evidence"]),
        "items": (case, ["items"]),
    }
    key = data.draw(st.sampled_from(sorted(places)))
    place, asks = places[key]
    assume(not (key == "line_paid_fen" and item["is_gift"]))  # a gift needs no price
    place[key] = None
    result = worked_out(case)
    assert result["status"] == "need_info" and result["ask"][0] in asks
    assert [result[amount] for amount in AMOUNTS] == [None] * 4
