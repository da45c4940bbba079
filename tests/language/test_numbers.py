from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.language.numbers import to_decimal, to_int, to_share

ANYTHING = st.text() | st.text("0123456789.,/点半分之零一二两三五十百千万廿壹拾")


@pytest.mark.parametrize(
    ("said", "number"),
    [
        ("0", 0),
        ("12", 12),
        ("1,200", 1200),
        ("十", 10),
        ("十二", 12),
        ("两百五", 250),
        ("俩", 2),
        ("仨", 3),
        ("五千零二", 5002),
        ("1万", 10000),
        ("两三", None),
        ("三五", None),
        ("1" * 8, None),
        ("一" * 5000, None),
        ("十" * 5000, None),
        ("几", None),
        ("", None),
        ("1千零1", 1001),
        ("2百5十", 250),
        ("2百5", 250),
        ("1万2千", 12000),
        ("12万", 120000),
        ("3百二十", 320),
        ("2百", 200),
        ("百", None),
        ("1千万", None),  # ten million is no count of goods
        ("12两", None),
        ("1.5", None),
        ("半", None),
    ],
)
def test_whole_number(said: str, number: int | None) -> None:
    assert to_int(said) == number


@pytest.mark.parametrize(
    ("said", "number"),
    [
        ("8.5", "8.5"),
        ("三点五", "3.5"),
        ("十点二五", "10.25"),
        ("3点五", "3.5"),
        ("半", "0.5"),
        ("俩", "2"),
        ("1,200", "1200"),
        ("1.2345", None),
        ("两三点五", None),
        ("", None),
    ],
)
def test_decimal(said: str, number: str | None) -> None:
    assert to_decimal(said) == (None if number is None else Decimal(number))


@pytest.mark.parametrize(
    ("said", "share"),
    [
        ("一半", Fraction(1, 2)),
        ("三分之一", Fraction(1, 3)),
        ("2/3", Fraction(2, 3)),
        ("百分之十", Fraction(1, 10)),
        ("3/2", None),
        ("1/0", None),
        ("一", None),
    ],
)
def test_share(said: str, share: Fraction | None) -> None:
    assert to_share(said) == share


@given(ANYTHING)
def test_never_crashes(text: str) -> None:
    whole, number, share = to_int(text), to_decimal(text), to_share(text)
    assert whole is None or (whole >= 0 and number == whole)
    assert share is None or 0 < share < 1
