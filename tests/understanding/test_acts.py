from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import pytest

from bot.orders.demo import demo_orders
from bot.understanding.acts import Act, acts_of
from tests.desks import NOW
from tests.turns import product, quantity

ORDERS = demo_orders("anna", NOW)


def parse(
    intent: str | None, text: str, *entities: dict[str, Any], clauses: Sequence[tuple[str, str]] = ()
) -> dict[str, Any]:
    """``clauses``: (text, intent) of each; what they say besides is certain."""
    return {
        "text": text,
        "intent": {"name": intent, "confidence": 0.9},
        "entities": list(entities),
        "clauses": [{"text": said, "intent": name, "confidence": 0.95} for said, name in clauses],
        "also": [name for _, name in clauses if name != intent],
    }


def acts(message: dict[str, Any]) -> list[tuple[str, Any, str | None, str]]:
    found = acts_of(message, lambda: ORDERS)
    return [(act.kind.value, act.value, act.item, act.words) for act in found]


@pytest.mark.parametrize(
    ("intent", "text", "kind", "value"),
    [
        ("request_refund", "直接退我钱", "wish", "refund"),
        ("accept_offer", "就这样办", "yes", None),
        ("deny", "不是", "no", None),
        ("counter_offer", "给我18块", "sum", 1800),
        ("no_evidence", "没拍", "evidence", False),
        ("report_wrong_item", "发成红的了", "problem", "wrong"),
        ("ask_time_limit", "几天能到", "question", "time_limit"),
        ("vent_anger", "什么破店", "feeling", "anger"),
        ("request_human", "叫个真人", "call", "person"),
        ("withdraw_claim", "找到了", "withdrawal", None),
        ("correct_claim", "不是毛巾", "denial", None),
        ("greet", "你好呀", "talk", None),
        ("nlu_fallback", "嗯哼", "talk", None),
    ],
)
def test_an_intent_is_an_act_of_some_kind(intent: str, text: str, kind: str, value: Any) -> None:
    assert acts(parse(intent, text)) == [(kind, value, None, text)]


def test_a_fact_has_its_counts_and_its_item() -> None:
    complaint = parse("report_short_shipment", "坚果少一箱", product("坚果"), quantity(1))
    assert acts(complaint) == [("fact", {"missing": 1}, "坚果", "坚果少一箱")]


def test_nothing_said_is_no_act() -> None:
    assert acts(parse(None, "")) == []


def test_goods_of_two_orders_are_two_facts_and_lines_of_one_are_one() -> None:
    two = acts_of(parse("report_short_shipment", "坚果少一箱，小说少一本"), lambda: ORDERS)
    assert [act.item for act in two] == ["每日坚果 30包", "名侦探小说集 全6册"]
    assert [act.value for act in two] == [{"missing": 1}, {"missing": 1}]
    (one,) = acts_of(parse("report_short_shipment", "笔芯少4根，中性笔少2支"), lambda: ORDERS)
    assert one.item == "笔芯 0.5mm 黑色、中性笔 0.5mm 黑色"
    assert [part["sku"] for part in one.message["parts"]] == ["REFILL", "PEN"]


def test_a_gift_is_a_fact_of_its_own() -> None:
    cup, calendar = acts_of(parse("report_short_shipment", "马克杯少一只，台历也没给"), lambda: ORDERS)
    assert calendar.item == "2027台历" and cup.item == "陶瓷马克杯 双只装"


def test_what_single_clauses_say_besides_is_dealt_with_by_itself() -> None:
    clauses = [
        ("坚果少一箱", "report_short_shipment"),
        ("运费算谁的", "ask_freight"),
        ("面霜还压碎了", "report_damage"),
        ("这是我妈的生日礼物", "report_wrong_item"),  # no trouble is named
    ]
    said = parse("report_short_shipment", "，".join(text for text, _ in clauses), quantity(1), clauses=clauses)
    beside = [(kind, words) for kind, _, _, words in acts(said)[1:]]
    assert beside == [("question", "运费算谁的"), ("problem", "面霜还压碎了")]


def test_who_names_what_is_missing_complains() -> None:
    (act,) = acts_of(parse("nlu_fallback", "泳帽泳镜都木有"), lambda: ORDERS)
    assert act.kind.value == "fact" and act.message["intent"]["name"] == "report_short_shipment"


def test_a_wish_goes_with_the_facts() -> None:
    clauses = [("坚果少一箱", "report_short_shipment"), ("退钱", "request_refund")]
    assert len(acts(parse("report_short_shipment", "坚果少一箱，退钱", clauses=clauses))) == 1
    both = acts_of(parse("report_short_shipment", "坚果少一箱，小说少一本，退钱", clauses=clauses), lambda: ORDERS)
    assert all("request_refund" in act.message["also"] for act in both)


def test_a_yes_and_the_next_thing() -> None:
    assert acts(parse("accept_offer", "可以，那小说呢"))[1:] == [("fact", None, "名侦探小说集 全6册", "那小说呢")]
    assert len(acts(parse("accept_offer", "可以，小说快点寄"))) == 1


def test_an_act_is_kept_as_json_and_read_again() -> None:
    for act in acts_of(parse("report_short_shipment", "坚果少一箱，小说少一本"), lambda: ORDERS):
        assert Act.again(json.loads(json.dumps(act.kept()))) == act
        assert set(act.as_json()) == {"kind", "value", "item", "words", "confidence"}


def test_a_complaint_with_a_question_of_money_is_both() -> None:
    message = parse("ask_compensation", "袜子少了一双能赔多少", quantity(1))
    assert [(act.kind.value, act.message["intent"]["name"]) for act in acts_of(message, lambda: ORDERS)] == [
        ("fact", "report_short_shipment"),
        ("question", "ask_compensation"),
    ]


@pytest.mark.parametrize("text", ["少了一件能赔多少", "袜子少一双，赔我20块"])
def test_a_question_about_no_goods_and_a_sum_stay_what_they_are(text: str) -> None:
    message = parse("counter_offer", text, quantity(1))
    assert [act.kind.value for act in acts_of(message, lambda: ORDERS)] == ["sum"]


def test_another_address_beside_a_yes_is_a_persons() -> None:
    found = acts(parse("accept_offer", "好，寄到我单位吧"))
    assert [each[:2] for each in found] == [("yes", None), ("call", "address")]
