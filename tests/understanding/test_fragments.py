from __future__ import annotations

import pytest

from bot.understanding.fragments import whole


@pytest.mark.parametrize(
    ("before", "text", "read"),
    [
        ("少了", "两双", "少了两双"),
        ("你家漏发", "了一箱", "你家漏发了一箱"),
        ("差", "3箱", "差3箱"),
        # complete in themselves
        ("少了两双", "两双", "两双"),
        ("坚果", "一箱", "一箱"),
        ("少了", "什么时候补", "什么时候补"),
        ("", "一箱", "一箱"),
        # an answer to how many have come
        ("少了", "3", "3"),
        ("坚果少了", "三箱", "三箱"),
        ("没发", "零", "零"),
    ],
)
def test_a_number_goes_with_what_was_left_open(before: str, text: str, read: str) -> None:
    assert whole(before, text) == read
