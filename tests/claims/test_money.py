"""Shares, splits and printed sums: whole fen, nothing lost, nothing made up."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bot.claims.money import fen, share, split, yuan

FEN = st.integers(min_value=0, max_value=10**12)
WEIGHTS = st.lists(st.integers(min_value=0, max_value=10**6), min_size=1, max_size=20).filter(any)


@pytest.mark.parametrize(
    ("total", "part", "whole", "expected"),
    [
        (100, 1, 4, 25),
        (100, 1, 3, 33),
        (100, 2, 3, 67),
        (1, 1, 2, 1),
        (3, 1, 2, 2),
        (995, 30, 100, 299),
        (166665, 30, 100, 50000),
        (0, 1, 3, 0),
        (100, 0, 3, 0),
        (100, 3, 2, 150),
    ],
)
def test_half_a_fen_is_rounded_up(total: int, part: int, whole: int, expected: int) -> None:
    assert share(total, part, whole) == expected


@pytest.mark.parametrize(("total", "part", "whole"), [(100, 1, 0), (100, 1, -1), (100, -1, 2), (-1, 1, 2)])
def test_a_share_of_nothing_sensible_is_refused(total: int, part: int, whole: int) -> None:
    with pytest.raises(ValueError, match=f"no share of {total} fen in {part}/{whole}"):
        share(total, part, whole)


@given(FEN, FEN, st.integers(min_value=1, max_value=10**12))
def test_a_share_is_off_by_half_a_fen_at_most_and_never_down_from_the_half(total: int, part: int, whole: int) -> None:
    error = share(total, part, whole) - Fraction(total * part, whole)
    assert Fraction(-1, 2) < error <= Fraction(1, 2)


@given(FEN, st.integers(min_value=1, max_value=10**6), st.data())
def test_a_share_of_a_part_lies_between_nothing_and_all(total: int, whole: int, data: st.DataObject) -> None:
    part = data.draw(st.integers(min_value=0, max_value=whole))
    assert 0 <= share(total, part, whole) <= total
    assert share(total, whole, whole) == total


@given(FEN, FEN, FEN, st.integers(min_value=1, max_value=10**6))
def test_more_of_it_is_never_less(total: int, one: int, other: int, whole: int) -> None:
    assert share(total, min(one, other), whole) <= share(total, max(one, other), whole)


@pytest.mark.parametrize(
    ("total", "weights", "expected"),
    [
        (100, [1, 1, 1], [34, 33, 33]),
        (100, [1, 2], [33, 67]),
        (1, [1, 1], [1, 0]),
        (10, [1, 5], [2, 8]),  # 1.67 and 8.33: the odd fen is the smaller one's
        (10, [0, 1], [0, 10]),
        (0, [1, 2], [0, 0]),
        (0, [0, 0], [0, 0]),
        (0, [], []),
        (1000, [3333, 3333, 3334], [333, 333, 334]),
    ],
)
def test_the_largest_remainder_gets_the_odd_fen_and_the_first_of_equals(
    total: int, weights: list[int], expected: list[int]
) -> None:
    assert split(total, weights) == expected


@pytest.mark.parametrize(("total", "weights"), [(100, [1, -1]), (100, [3, -1]), (0, [-1, 1]), (100, [0, 0]), (1, [])])
def test_what_cannot_be_divided_is_refused(total: int, weights: list[int]) -> None:
    with pytest.raises(ValueError, match=f"cannot divide {total} fen"):
        split(total, weights)


@given(FEN, WEIGHTS)
@example(total=100, weights=[1, 1, 1])
def test_the_parts_add_up_and_each_is_within_a_fen(total: int, weights: list[int]) -> None:
    parts = split(total, weights)
    assert len(parts) == len(weights)
    assert sum(parts) == total
    for part, weight in zip(parts, weights, strict=True):
        assert abs(part - Fraction(total * weight, sum(weights))) < 1


@given(FEN, WEIGHTS)
def test_no_part_is_negative_and_no_weight_gets_nothing(total: int, weights: list[int]) -> None:
    parts = split(total, weights)
    assert min(parts) >= 0
    assert all(part == 0 for part, weight in zip(parts, weights, strict=True) if weight == 0)


@given(FEN, WEIGHTS)
def test_a_greater_weight_never_gets_less(total: int, weights: list[int]) -> None:
    pairs = sorted(zip(weights, split(total, weights), strict=True))
    for (weight, part), (greater, more) in pairwise(pairs):
        assert weight == greater or part <= more


@pytest.mark.parametrize(
    ("fen", "text"),
    [(0, "0元"), (5, "0.05元"), (50, "0.50元"), (100, "1元"), (101, "1.01元"), (1200, "12元"), (1250, "12.50元")],
)
def test_yuan_as_a_buyer_reads_it(fen: int, text: str) -> None:
    assert yuan(fen) == text


@given(FEN)
def test_a_printed_sum_reads_back_as_the_same_fen(fen: int) -> None:
    assert Fraction(yuan(fen).removesuffix("元")) * 100 == fen


def test_less_than_nothing_is_printed_with_its_own_value() -> None:
    assert yuan(-50) == "-0.50元"


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("39.9", 3990),
        ("0", 0),
        ("12.00", 1200),
        ("109.6900", 10969),
        ("1,234.50", 123450),
        ("12,345,678.9", 1234567890),
        ("¥12.00", 1200),
        ("￥ 12", 1200),
        ("12元", 1200),
        ("１２．５０", 1250),
        (" 7 ", 700),
    ],
)
def test_yuan_in_a_sheet_are_read_to_the_fen(text: str, amount: int) -> None:
    assert fen(text) == amount


@pytest.mark.parametrize(
    "text", ["", "十元", "-1", "1.005", "1,23", "1e3", "0x10", "1.2.3", "NaN", "12.", "٣", "9" * 12]
)
def test_what_is_no_amount_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="no amount"):
        fen(text)


@given(st.integers(0, 10**10))
def test_what_is_printed_reads_back(amount: int) -> None:
    assert fen(yuan(amount)) == fen(f"{amount // 100:,}.{amount % 100:02d}") == amount
