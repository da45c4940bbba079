"""What the number of a parcel looks like."""

from __future__ import annotations

import pytest

from bot.claims.fulfilment import is_waybill


@pytest.mark.parametrize(
    ("text", "is_one"),
    [("SF1234567890123", True), ("75-1234567890", True), ("12345", False), ("快递已发", False), ("1" * 33, False)],
)
def test_a_waybill(text: str, is_one: bool) -> None:
    assert is_waybill(text) is is_one
