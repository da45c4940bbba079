"""What a buyer says an order is like, and what only sounds like it."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.language.order_traits import OrderTraits, order_traits

TODAY = date(2026, 11, 28)


@pytest.mark.parametrize(
    ("text", "traits"),
    [
        ("前天买的那单少一件", {"placed": (date(2026, 11, 26),)}),
        ("双十一那个少了", {"placed": (date(2026, 11, 11),)}),
        ("昨天签收的，少一件", {"came": (date(2026, 11, 27),)}),
        ("73块的那单", {"sums": (7300,)}),
        ("花了一百零八块五的那个订单", {"sums": (10850,)}),
        ("2888的那单没收到", {"sums": (288800,)}),
        ("圆通的那个少东西", {"couriers": ("圆通",)}),
        ("放驿站那单少了", {"signed_by": ("驿站",)}),
        ("淘宝那单", {"platform": "taobao"}),
        ("还没发货的那单", {"state": "not_shipped"}),
        ("还在路上的那个包裹", {"state": "in_transit"}),
        ("分两个包裹的那单", {"split": True}),
        ("最贵的那单少东西", {"rank": "dearest"}),
        ("我第一次买的那单", {"rank": "oldest"}),
        ("上上周五拍的那单，最便宜的那个", {"placed": (date(2026, 11, 13),), "rank": "cheapest"}),
        ("https://item.taobao.com/item.htm?id=676767676767", {"item_ids": ("676767676767",)}),
        # said of something else than an order
        ("最近老是少发", {}),
        ("退我73块", {}),
        ("用圆通寄给我吧", {}),
        ("后天能到吗", {}),
        ("我在淘宝买东西从来没少过", {}),
        ("", {}),
    ],
)
def test_traits(text: str, traits: dict[str, Any]) -> None:
    assert order_traits(text, TODAY) == OrderTraits(**traits)


@pytest.mark.parametrize(
    ("text", "traits"),
    [
        ("前天的", {"placed": (date(2026, 11, 26),)}),
        ("73块的", {"sums": (7300,)}),
        ("顺丰的吧", {"couriers": ("顺丰",)}),
        ("最贵的", {"rank": "dearest"}),
        ("淘宝买的", {"platform": "taobao"}),
        ("两件", {}),
    ],
)
def test_asked_for_an_order_less_is_enough(text: str, traits: dict[str, Any]) -> None:
    assert order_traits(text, TODAY, asked=True) == OrderTraits(**traits)


WORDS = ["前天", "那单", "的", "73块", "圆通", "最贵", "买的", "双十一", "订单", "那个", "驿站", "，", "4359", "少一件"]


@given(st.lists(st.sampled_from(WORDS) | st.characters()).map("".join))
def test_any_text_can_be_read(text: str) -> None:
    assert all(fen > 0 for fen in order_traits(text, TODAY).sums)
