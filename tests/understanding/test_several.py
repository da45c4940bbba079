from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from bot.claims.model import Order
from bot.language.similarity import ranked
from bot.orders.demo import demo_orders
from bot.understanding.several import apart, goods_named
from tests.desks import NOW

ORDERS = demo_orders("anna", NOW)
ROWS = yaml.safe_load((Path(__file__).parent / "several.yml").read_text(encoding="utf-8"))


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row["said"])
def test_each_thing_has_its_own_words_and_counts(row: dict[str, Any]) -> None:
    stated = apart(row["said"], lambda: ORDERS)
    short = {
        each.title: {e["role"]: e["value"] for e in each.entities if e["entity"] == "quantity"}
        for each in stated
        if not each.came
    }
    assert short == row["short"]
    assert [each.title for each in stated if each.came] == row.get("came", [])


def test_a_thing_is_the_orders_line() -> None:
    nuts, books = apart("坚果少一箱，小说少一本", lambda: ORDERS)
    assert (nuts.sku, books.sku) == ("NUT", "BOOK-6")
    assert [e["value"] for e in books.entities if e["entity"] == "order_number"] == [books.order_id]


def test_goods_that_two_orders_have_keep_the_buyers_word() -> None:
    again = demo_orders("anna-too", NOW)
    nuts, books = apart("坚果少一箱，小说少一本", lambda: [*ORDERS, *again])
    assert (nuts.title, nuts.order_id, nuts.sku) == ("坚果", None, None) and books.title == "小说"


def test_orders_are_asked_for_only_where_several_things_may_be_meant() -> None:
    def none() -> list[Order]:
        raise AssertionError("nobody needs the orders for this")

    assert apart("少了一件", none) == apart("你好", none) == []


def test_what_only_says_where_it_belongs_is_not_named() -> None:
    assert goods_named("马克杯送的台历没见着", ORDERS) == ["2027台历"]
    assert goods_named("那坚果呢", ORDERS) == ["每日坚果 30包"]
    assert goods_named("面霜碎了", ORDERS) == ["面霜"]  # the jar, or its sample
    assert goods_named("快点发", ORDERS) == []


WORDS = ["坚果", "小说", "袜子", "毛巾", "少", "一箱", "两双", "没有", "，", "和", "不是"]


@given(st.lists(st.sampled_from(WORDS), max_size=9))
def test_whatever_is_said_no_thing_is_stated_that_is_not_named(words: list[str]) -> None:
    text = "".join(words)
    for each in apart(text, lambda: ORDERS):
        assert ranked(text, [each.title]), each
