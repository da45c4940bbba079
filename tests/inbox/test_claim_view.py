"""A claim's lines as programs see them: units of the order, unless the line says otherwise."""

from __future__ import annotations

from typing import Any

import pytest

from bot.claims.model import ClaimLine, Unit
from bot.inbox.claim_view import claim_as_json
from tests.claims.builders import claim, claimed


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        (claimed("T恤"), {"ordered": 3, "received": 2, "missing": 1}),
        (
            claimed("毛巾", 6, 1, unit=Unit.PIECE, pack=3, measure="条"),
            {"ordered": 6, "received": 5, "missing": 1, "unit": "piece", "pack": 3},
        ),
        (
            claimed("大米", 5000, 750, unit=Unit.GRAM, measure="斤"),
            {"ordered": 5000, "received": 4250, "missing": 750, "unit": "g"},
        ),
        (
            ClaimLine("书架", "书架", 1, 1, 1, "螺丝包、说明书"),
            {"ordered": 1, "received": 1, "missing": 1, "parts": ["螺丝包", "说明书"]},
        ),
    ],
)
def test_a_line(line: ClaimLine, shown: dict[str, Any]) -> None:
    assert claim_as_json(claim(line))["lines"] == [{"sku": line.sku, "title": line.title, **shown}]
