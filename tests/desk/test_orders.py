"""Which of the buyer's orders is meant."""

from __future__ import annotations

from typing import Any

import pytest

from bot.desk import Desk, orders
from bot.understanding.intake import Heard
from tests.desks import ANNA, bought


def guess(desk: Desk, text: str, *, asked: bool = False, named: bool = False, **heard: Any) -> str | None:
    """The first item of the order that is meant."""
    found = orders.guess_order(desk.open(ANNA), Heard(text, **heard), asked=asked, named=named)
    return found.lines[0].sku if found else None


def test_the_item_decides_among_orders(desk: Desk) -> None:
    assert guess(desk, "书架少了螺丝") == "SHELF"
    assert guess(desk, "少了一件") is None


def test_the_place_in_the_list_counts_when_the_list_was_shown(desk: Desk) -> None:
    shown = orders.shown(desk.open(ANNA))
    assert len(shown) == orders.SHOWN_ORDERS == 5
    assert guess(desk, "第二个", ordinal=2) is None
    assert guess(desk, "第二个", asked=True, ordinal=2) == shown[1].lines[0].sku
    assert guess(desk, "最后一个", asked=True, ordinal=-1) == shown[-1].lines[0].sku
    assert guess(desk, "第九个", asked=True, ordinal=9) is None
    assert guess(desk, "两件", asked=True, number=2) is None


def test_the_last_digits_and_the_latest_are_enough(desk: Desk) -> None:
    shelf = bought(desk, ANNA, "书架")
    assert guess(desk, f"尾号{shelf.order_id[-6:]}", tail=shelf.order_id[-6:]) == "SHELF"
    assert guess(desk, "最近买的那单") == orders.shown(desk.open(ANNA))[0].lines[0].sku


@pytest.mark.parametrize(
    ("text", "sku"),
    [
        ("前天买的那单少一件", "TS-W-L"),
        ("最贵的那单", "NECK"),
        ("最早那单少东西", "DUCK"),
        ("2888的那单没收到", "NECK"),
        ("还没发货的那单", "LAMP"),
        ("放驿站那单少了", "POT"),
        ("还在路上的那单", "YOGA"),
        ("最近老是少发", None),
        ("99块那单", None),
        ("淘宝那单", None),
    ],
)
def test_what_an_order_is_like(desk: Desk, text: str, sku: str | None) -> None:
    assert guess(desk, text) == sku


def test_of_several_that_fit_only_those_are_shown(desk: Desk) -> None:
    case = desk.open(ANNA)
    fitting = orders.shown(case, Heard("淘宝那单少东西"))
    assert {order.platform for order in fitting} == {"taobao"}
    assert len(fitting) > 1
    second = orders.guess_order(
        case, Heard("第二个", ordinal=2), asked=True, offered=[order.order_id for order in fitting]
    )
    assert second == fitting[1]


def test_one_character_is_enough_where_an_item_is_surely_named(desk: Desk) -> None:
    assert guess(desk, "袜") is None
    assert guess(desk, "袜", named=True) == bought(desk, ANNA, "中筒袜").lines[0].sku


def test_the_one_order_that_holds_an_item_of_that_name(desk: Desk) -> None:
    assert orders.order_with(desk.open(ANNA), "书架") == bought(desk, ANNA, "书架")
    assert orders.order_with(desk.open(ANNA), "挖掘机") is None
