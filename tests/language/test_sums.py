"""What a buyer asks for while haggling: the last exact sum, whether it comes on top, and what only looks like one."""

from __future__ import annotations

import pytest

from bot.language.sums import Sum, named_sum


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("赔我20", Sum(2000)),
        ("赔我500块", Sum(50000)),
        ("退我35.5", Sum(3550)),
        ("不行，至少100", Sum(10000)),
        ("不要8块，要18", Sum(1800)),
        ("5块太少了，起码20", Sum(2000)),
        ("三十块，不能再少了", Sum(3000)),
        ("给三十", Sum(3000)),
        ("再加20块", Sum(2000, on_top=True)),
        ("能不能再补偿3块钱", Sum(300, on_top=True)),
        ("补发再给我3块", Sum(300, on_top=True)),
        ("补一件，另外退我10元", Sum(1000, on_top=True)),
        ("退60%", None),
        ("赔三倍", None),
        ("补2件就行", None),
        ("打八折", None),
        ("三天内给我", None),
        ("再多给点", None),
        ("百分之三十", None),
        ("订单4012345678901234567", None),
        ("", None),
    ],
)
def test_haggling(text: str, expected: Sum | None) -> None:
    assert named_sum(text, haggling=True) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("那36就36吧", Sum(3600)),
        ("15块就15 快点", Sum(1500)),
        ("行，退我30块", Sum(3000)),
        ("第1个吧", None),
        ("接受 1", None),
        ("好的，2件就2件", None),
    ],
)
def test_agreeing(text: str, expected: Sum | None) -> None:
    assert named_sum(text, haggling=False) == expected
