"""A line's figures in the buyer's own measure, and what falls to them."""

from __future__ import annotations

import pytest

from bot.claims.counting import Said, as_said, missing_of
from bot.claims.model import ClaimLine, Unit
from tests.claims.builders import claimed, line

RICE = ClaimLine("大米", "RICE", 5000, 4250, 750, unit=Unit.GRAM)


@pytest.mark.parametrize(
    ("item", "said"),
    [
        (claimed(), Said("3", "2", "1", "件")),
        (ClaimLine("T恤"), Said(None, None, None, "件")),
        (claimed(ordered=6, missing=1, unit=Unit.PIECE, pack=3, measure="条"), Said("6", "5", "1", "条")),
        (claimed(ordered=6, missing=1, unit=Unit.PIECE, pack=3), Said("6", "5", "1", "件")),
        (ClaimLine(**{**vars(RICE), "measure": "斤"}), Said("10", "8.5", "1.5", "斤")),
        (ClaimLine(**{**vars(RICE), "measure": "kg"}), Said("5", "4.25", "0.75", "kg")),
        (RICE, Said("5000", "4250", "750", "克")),
        (ClaimLine(**{**vars(RICE), "measure": "磅"}), Said("5000", "4250", "750", "克")),
    ],
)
def test_figures_are_shown_in_what_the_buyer_counts_in(item: ClaimLine, said: Said) -> None:
    assert as_said(item) == said


@pytest.mark.parametrize(
    ("item", "part"),
    [
        (claimed(missing=2), 6000),
        (claimed(ordered=9, missing=1, unit=Unit.PIECE), 1000),
        (ClaimLine("T恤", missing=1, unit=Unit.PIECE), 3000),  # how many it should be is not known yet
        (ClaimLine("T恤"), 0),
    ],
)
def test_what_falls_to_the_missing(item: ClaimLine, part: int) -> None:
    assert missing_of(9000, item, line()) == part


def test_a_line_claims_itself_or_parts_of_it() -> None:
    assert claimed("书架").keys == {("书架", "")}
    assert claimed("书架", part="螺丝包、说明书").keys == {("书架", "螺丝包"), ("书架", "说明书")}
    assert ClaimLine("书架").keys == {("", "")}
