"""Figures that count pieces of a pack, or weigh; whole units stay units."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.claims.model import ClaimLine, OrderLine, Unit
from bot.understanding import pieces
from bot.understanding.intake import Heard, Weighed
from tests.claims.builders import line

TWO = line("玻璃杯 双只装", 1, 5000)
THREE = line("擦手巾 三条装", 2, 6000)
SET = line("餐具 六件套", 1, 9000)
FLOUR = line("面粉 2.5kg", 2, 4000)


def read(text: str, of: OrderLine, before: ClaimLine | None = None, answers: bool = False, **heard: Any) -> Any:
    """Unit, ordered and missing; None where units of the order are counted."""
    item = pieces.read(Heard(text, **heard), of, before, answers=answers)
    return (item.unit and item.unit.value, item.ordered, item.missing) if item else None


@pytest.mark.parametrize(
    ("text", "of", "heard", "is_"),
    [
        ("双只装的只有一只", TWO, {"received": 1, "measure": "只"}, ("piece", 2, 1)),
        ("少一个杯子", TWO, {"missing": 1, "measure": "个"}, ("piece", 2, 1)),
        ("少一对", TWO, {"missing": 1, "measure": "对"}, None),
        ("一盒都没到", TWO, {"received": 0, "measure": "盒"}, None),
        ("买1件少1件", TWO, {"ordered": 1, "missing": 1, "measure": "件"}, None),
        ("少一条", THREE, {"missing": 1, "measure": "条"}, ("piece", 6, 1)),
        ("少一包", THREE, {"missing": 1, "measure": "包"}, None),
        ("少一件", THREE, {"missing": 1, "measure": "件"}, None),
        ("买两包到一包", THREE, {"ordered": 2, "received": 1, "missing": 1, "measure": "包"}, None),
        ("其中一包里面是两条", THREE, {"received": 2, "measure": "条"}, ("piece", 6, 1)),
        ("有一包里面才两条", THREE, {"in_one_pack": 2}, ("piece", 6, 1)),
        ("有一包里面是空的", THREE, {"in_one_pack": 0}, ("piece", 6, 3)),
        ("有一袋里面是空的", line("话梅", 3, 3000), {"in_one_pack": 0}, (None, 3, 1)),
        ("有一包里面只有两个", THREE, {"received": 2, "measure": "个"}, ("piece", 6, 1)),
        ("两包都只有两条", THREE, {"received": 2, "measure": "条"}, ("piece", 6, 2)),
        ("每包少一条", THREE, {"missing": 1, "measure": "条"}, ("piece", 6, 2)),
        ("三条装只有两条", THREE, {"ordered": 3, "received": 2, "missing": 1, "measure": "条"}, ("piece", 6, 1)),
        ("应该6条只有4条", THREE, {"ordered": 6, "received": 4, "missing": 2, "measure": "条"}, ("piece", 6, 2)),
        ("三条的只有两条", THREE, {"ordered": 3, "received": 2, "measure": "条"}, ("piece", 6, 1)),
        ("一共才两条", THREE, {"received": 2, "measure": "条"}, ("piece", 6, 4)),
        ("收到五条", THREE, {"received": 5, "measure": "条"}, ("piece", 6, 1)),
        ("收到两条", THREE, {"received": 2, "measure": "条"}, ("piece", 6, None)),  # of one pack, or of both?
        ("少七条", THREE, {"missing": 7, "measure": "条"}, ("piece", 6, 7)),
        ("六件套到了四件", SET, {"ordered": 6, "received": 4, "missing": 2, "measure": "件"}, ("piece", 6, 2)),
        ("少两个", SET, {"missing": 2}, ("piece", 6, 2)),
        ("少一套", SET, {"missing": 1, "measure": "套"}, None),
        ("少一本", line("画册 全6册", 6), {"missing": 1, "measure": "本"}, None),
        ("少一本", line("画册 全6册", 1), {"missing": 1, "measure": "本"}, ("piece", 6, 1)),
        ("少一件", line("衬衫", 3), {"missing": 1, "measure": "件"}, None),
        ("少一支", line("口红", 1, pieces=4), {"missing": 1, "measure": "支"}, ("piece", 4, 1)),
        ("没收到", TWO, {}, None),
        ("这套不成套", SET, {}, ("piece", 6, None)),
        ("少了半包", THREE, {}, ("piece", 6, None)),
        ("洒了一半", FLOUR, {}, ("g", 5000, None)),
        ("漏了半瓶", line("洗洁精", 1), {}, (None, 1, None)),
    ],
)
def test_what_the_figures_count(text: str, of: OrderLine, heard: dict[str, Any], is_: Any) -> None:
    assert read(text, of, **heard) == is_


@pytest.mark.parametrize(
    ("text", "weighed", "is_"),
    [
        ("10斤只有9斤", (5000, 4500, 500), ("g", 5000, 500)),
        ("少了8两", (None, None, 400), ("g", 5000, 400)),
        ("称了一共4.2公斤", (None, 4200, None), ("g", 5000, 800)),
        ("有一袋里面只有2公斤", (None, 2000, None), ("g", 5000, 500)),
        ("5斤一袋只有4斤", (2500, 2000, 500), ("g", 5000, 500)),
        ("每袋少一两", (None, None, 50), ("g", 5000, 100)),
        ("两袋都只有2.4公斤", (None, 2400, None), ("g", 5000, 200)),
        ("少了5斤", (None, None, 2500), (None, 2, 1)),  # a bag is missing
        ("有11斤", (None, 5500, None), ("g", 5000, 0)),
        ("买了20斤只有9斤", (10000, 4500, None), ("g", 5000, None)),
        ("写的2.5公斤", (2500, None, None), None),
    ],
)
def test_what_the_scales_say(text: str, weighed: tuple[int | None, ...], is_: Any) -> None:
    said = Weighed(*weighed, measure="斤")  # type: ignore[call-arg,misc]
    assert read(text, FLOUR, weighed=said) == is_


def test_no_weight_is_missing_of_what_no_title_weighs() -> None:
    assert read("轻了一斤", TWO, weighed=Weighed(None, None, 500, "斤")) is None


def test_what_was_open_is_answered_in_the_same_measure() -> None:
    open_line = pieces.read(Heard("不成套"), THREE, None, answers=False)
    assert read("4", THREE, open_line, answers=True, number=4) == ("piece", 6, 2)
    assert read("不知道", THREE, open_line, answers=True) == ("piece", 6, None)
    counted = pieces.read(Heard("少一条", missing=1, measure="条"), THREE, None, answers=False)
    assert read("真的少", THREE, counted) == ("piece", 6, 1)
    assert read("就是少一个", THREE, counted, missing=1, measure="个") == ("piece", 6, 1)


def test_a_share_said_later_opens_nothing_that_is_counted() -> None:
    units = ClaimLine(THREE.title, THREE.sku, 2, 1, 1)
    assert read("退一半的钱", THREE, units) is None


def test_what_one_pack_should_hold_tells_which_item_is_meant() -> None:
    assert pieces.counts_pack(Heard("", ordered=2, received=1), TWO)
    assert pieces.counts_pack(Heard("", received=1, measure="只"), TWO)
    assert not pieces.counts_pack(Heard("", received=1, measure="盒"), TWO)
    assert not pieces.counts_pack(Heard("", ordered=2, received=2), TWO)
    assert not pieces.counts_pack(Heard("", ordered=2, received=1), line("衬衫", 2))


@given(st.integers(1, 20), st.integers(2, 40), st.data())
def test_pieces_that_are_missing_and_that_came_are_all_of_them(quantity: int, size: int, data: st.DataObject) -> None:
    of = line("棉签", quantity, pieces=size)
    missing = data.draw(st.integers(1, quantity * size))
    item = pieces.read(Heard("", missing=missing, measure="支"), of, None, answers=False)
    assert item is not None and item.unit is Unit.PIECE and item.pack == size
    assert (item.ordered, item.received, item.missing) == (quantity * size, quantity * size - missing, missing)
