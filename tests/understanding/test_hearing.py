"""The facts of one message, as the NLU marked them and as the question before gives them their meaning."""

from __future__ import annotations

from typing import Any

import pytest

from bot.understanding.hearing import hear, hear_all
from bot.understanding.intake import Asked, Heard, Weighed


def quantity(role: str, value: int, unit: str | None = "件") -> dict[str, Any]:
    return {"entity": "quantity", "role": role, "value": value, "unit": unit}


def test_what_was_marked() -> None:
    entities = [
        quantity("ordered", 3),
        quantity("missing", 1),
        {"entity": "order_number", "value": "4012345678901234567"},
        {"entity": "product", "value": "袜子"},
        {"entity": "product", "value": "毛巾"},
        {"entity": "product", "value": "袜子"},
        {"entity": "courier", "value": "顺丰"},
    ]
    heard = hear({"text": "訂單4012345678901234567 袜子 毛巾", "entities": entities}, None)
    assert heard == Heard(
        "订单4012345678901234567 袜子 毛巾",
        order_id="4012345678901234567",
        products=("袜子", "毛巾"),
        ordered=3,
        missing=1,
        measure="件",
    )


@pytest.mark.parametrize("message", [{}, {"text": None, "entities": None}, {"text": "", "entities": []}])
def test_nothing(message: dict[str, Any]) -> None:
    assert hear(message, None) == Heard("")


@pytest.mark.parametrize("unit", ["斤", "公斤", "kg", "克", "两"])
def test_weight_is_no_count(unit: str) -> None:
    assert hear({"text": "", "entities": [quantity("missing", 2, unit)]}, None).missing is None


def test_what_was_weighed_is_in_grams_and_keeps_the_buyers_unit() -> None:
    entities = [quantity("ordered", 10, "斤"), quantity("missing", 1, "斤"), quantity("missing", 2, "斤")]
    assert hear({"text": "", "entities": entities}, None).weighed == Weighed(5000, None, None, "斤")


def test_of_several_things_no_count_is_certain() -> None:
    entities = [quantity("missing", 2, "双"), quantity("received", 3), quantity("missing", 1, "条")]
    heard = hear({"text": "袜子少2双，毛巾少1条", "entities": entities}, None)
    assert (heard.received, heard.missing) == (3, None)


@pytest.mark.parametrize(
    ("text", "number", "ordinal"),
    [("2", 2, 2), ("两件", 2, None), ("第二个", None, 2), ("最后一个", None, -1), ("0", 0, None)],
)
def test_a_bare_number_may_be_a_place_in_a_list(text: str, number: int | None, ordinal: int | None) -> None:
    heard = hear({"text": text, "entities": []}, Asked.ITEM)
    assert (heard.number, heard.ordinal) == (number, ordinal)


def test_bare_digits_are_an_order_only_where_one_was_asked_for() -> None:
    message = {"text": "4567", "entities": []}
    assert hear(message, Asked.ORDER).tail == "4567"
    assert hear(message, Asked.MISSING).tail is None
    assert hear({"text": "尾号4567", "entities": []}, None).tail == "4567"


@pytest.mark.parametrize(
    ("text", "is_heard"),
    [
        ("不是方格本，是那套小说", "是那套小说"),
        ("不是泳衣 泳镜没有", "泳镜没有"),
        ("不是这单，是毛巾那单", "不是这单,是毛巾那单"),
        ("不是泳衣", "不是泳衣"),
        ("你们不是骗子，是什么", "你们是什么"),
    ],
)
def test_what_it_is_not_is_not_heard_when_it_is_said_what_it_is(text: str, is_heard: str) -> None:
    assert hear({"text": text, "entities": []}, None).text == is_heard


def test_of_two_products_the_denied_one_is_not_meant() -> None:
    entities = [{"entity": "product", "value": value} for value in ("T恤", "袜子")]
    assert hear({"text": "不是T恤，袜子少了", "entities": entities}, None).products == ("袜子",)


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("什么台灯 我说的是T恤", "我说的是t恤"),
        ("我说的是T恤 不是台灯", "我说的是t恤"),
        ("什么时候发 急用", "什么时候发 急用"),
        ("什么都没有 空的", "什么都没有 空的"),
    ],
)
def test_what_is_denied_is_not_heard(text: str, meant: str) -> None:
    assert hear({"text": text}, None).text == meant


def test_last_digits_and_the_name_of_a_pack_count_nothing() -> None:
    assert hear({"text": "后面四个数5596", "entities": [quantity("received", 5596)]}, None).received is None
    five = {**quantity("missing", 5), "start": 3, "end": 5}
    assert hear({"text": "弹力带五件套没收着", "entities": [five]}, None).missing is None


@pytest.mark.parametrize("text", ["都没有", "一样也没见到", "俩都没收到", "啥都没", "哪个都没有"])
def test_none_of_them(text: str) -> None:
    assert hear({"text": text, "entities": []}, Asked.ITEM).none_came


@pytest.mark.parametrize("text", ["一双都没有", "泳帽也没有", "都没问题", "没有"])
def test_not_none_of_them(text: str) -> None:
    assert not hear({"text": text, "entities": []}, Asked.ITEM).none_came


def test_each_part_is_heard_by_itself() -> None:
    parts = [
        {"text": "笔芯少4根", "entities": [quantity("missing", 4)], "sku": "REFILL"},
        {"text": "笔少2支", "sku": "PEN"},
    ]
    one, other = hear_all({"text": "笔芯少4根,笔少2支", "parts": parts}, None)
    assert (one.missing, one.sku, one.adds) == (4, "REFILL", False) and (other.sku, other.adds) == ("PEN", True)
