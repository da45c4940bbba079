"""A part of an item that is missing leaves the item received; an item, a count and a set that did not come are none."""

from __future__ import annotations

import pytest

from bot.language.text import normalize
from bot.understanding import matching
from bot.understanding.parts import missing_parts, named_lines
from tests.claims.builders import line

KETTLE = line("电热水壶 1.5L 礼盒装", 2)
GUITAR, STRAP = line("民谣吉他 41寸", 1), line("吉他背带 帆布", 1)
LUNCH = line("便当盒+餐具袋套装", 1)
SHELF = line("置物架(含螺丝包、挂钩)", 1)


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("水壶没有底座", ["底座"]),
        ("热水壶少了个壶盖", ["壶盖"]),
        ("壶盖没见着", ["壶盖"]),
        ("说好的礼盒呢", ["礼盒"]),
        ("水壶两个都到了，缺的是外面的包装盒", ["包装盒"]),
        ("水壶里面没有说明书也没有保修卡", ["说明书", "保修卡"]),
        ("水壶没有水垢网", ["水垢网"]),  # on no list
        ("水壶电源线没有", ["电源线"]),
        ("水壶一直没发", None),
        ("少了水垢网", None),  # a part, or what the buyer calls the item
        ("水壶没少，就缺电源线", ["电源线"]),
        ("水壶少了一个", None),
        ("水壶没收到", None),
        ("没有照片", None),
        ("少了赠品", ["赠品"]),
    ],
)
def test_parts_of_the_only_item(text: str, names: list[str] | None) -> None:
    found = missing_parts(normalize(text), [KETTLE], matching.mentioned(text, [KETTLE]), ())
    assert (list(found.names) if found else None) == names


@pytest.mark.parametrize(
    ("text", "title", "names"),
    [
        ("吉他没有拨片盒", GUITAR.title, ("拨片盒",)),
        ("吉他收到了，背带没有", None, ()),  # an item of its own
        ("琴弦少了", None, ()),
    ],
)
def test_of_several_items_the_part_belongs_to_one(text: str, title: str | None, names: tuple[str, ...]) -> None:
    lines = [GUITAR, STRAP]
    found = missing_parts(text, lines, matching.mentioned(text, lines), ())
    assert ((found.line.title, found.names) if found else (None, ())) == (title, names)


def test_what_is_said_of_another_item_claims_that_one() -> None:
    assert named_lines("吉他少了背带", [GUITAR, STRAP]) == [STRAP]
    assert named_lines("吉他少了", [GUITAR, STRAP]) == [GUITAR]


def test_of_a_set_of_things_one_may_be_missing_or_all() -> None:
    one = missing_parts("餐具袋没有", [LUNCH], [LUNCH], ())
    assert one is not None and one.names == ("餐具袋",)
    assert missing_parts("便当盒和餐具袋都没有", [LUNCH], [LUNCH], ()) is None


def test_words_that_the_shop_has_for_parts_count_wherever_they_stand() -> None:
    found = missing_parts("成包螺丝都揾唔到", [SHELF], [SHELF], ("螺丝", "螺丝包"))
    assert found is not None and found.names == ("螺丝",)
    assert missing_parts("成包螺丝都揾唔到", [SHELF, KETTLE], [SHELF, KETTLE], ("螺丝",)) is None


def test_a_gift_with_a_line_of_its_own_is_no_part() -> None:
    gift = line("水壶刷 赠品", 1, 0, is_gift=True)
    assert missing_parts("赠品没有", [KETTLE, gift], [gift], ()) is None
