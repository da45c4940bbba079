from __future__ import annotations

from typing import Any

import pytest

from bot.claims.model import Claim, Order, Shortage, Unit
from bot.claims.shop import Words
from bot.understanding.intake import Asked, Excess, Heard, Weighed, learn, next_question
from tests.claims.builders import claim, line, order

WORDS = Words(
    gift=("赠品", "小样"),
    part=("螺丝", "螺丝包", "说明书"),
    empty=("空包", "空盒"),
    torn=("箱子破",),
    more=("也", "还有"),
    still_short=("还是少",),
)


def take(text: str, to: Order | None, before: Claim | None = None, asked: Asked | None = None, **heard: Any) -> Claim:
    learned, excess = learn(before or claim(order_id=None), Heard(text, **heard), to, WORDS, asked)
    assert excess is None
    return learned


def test_a_single_line_needs_no_name() -> None:
    learned = take("少了一件", order(), missing=1)
    assert (learned.lines[0].ordered, learned.lines[0].received, learned.lines[0].missing) == (3, 2, 1)
    assert next_question(learned) is None


def test_what_was_received_says_what_is_missing() -> None:
    assert take("就收到一件", order(), received=1).lines[0].missing == 2


def test_a_line_of_one_is_missing_whole() -> None:
    assert take("杯子没发", order(line("保温杯子", 1), line("毛巾", 2))).lines[0].missing == 1


def test_a_bare_number_answers_the_question_that_was_asked() -> None:
    before = take("漏发了", order())
    assert next_question(before) is Asked.MISSING
    assert take("2", order(), before, Asked.MISSING, number=2).lines[0].missing == 1  # "how many have come?"
    assert take("2", order(), before, None, number=2).lines[0].missing is None


def test_a_position_picks_the_line() -> None:
    many = order(line("毛巾"), line("牙刷"), line("香皂"))
    assert next_question(take("少了", many)) is Asked.ITEM
    assert take("第二个", many, asked=Asked.ITEM, ordinal=2).lines[0].title == "牙刷"


@pytest.mark.parametrize("heard", [{"missing": 4}, {"ordered": 5, "received": 2}, {"missing": 9999}])
def test_more_than_was_ordered_is_asked_about(heard: dict[str, int]) -> None:
    learned, excess = learn(claim(order_id=None), Heard("少发", **heard), order(), WORDS)
    assert isinstance(excess, Excess)
    assert excess.ordered == 3
    assert learned.lines[0].missing is None


def test_a_part_inside_a_unit() -> None:
    shelf = order(line("北欧书架 五层(含螺丝包、说明书)", 1, 19900))
    learned = take("箱子里少了螺丝包", shelf)
    assert learned.shortage is Shortage.PART
    assert (learned.lines[0].part, learned.lines[0].received) == ("螺丝包", 1)


def test_a_screwdriver_is_no_screw() -> None:
    tools = order(line("家用螺丝刀 套装", 2))
    learned = take("螺丝刀少了一把", tools, missing=1)
    assert learned.shortage is Shortage.UNITS


def test_the_gift() -> None:
    cream = order(line("面霜 50g", 1), line("面霜小样", 1, 0, is_gift=True))
    learned = take("说好的赠品呢", cream)
    assert learned.shortage is Shortage.GIFT
    assert learned.lines[0].title == "面霜小样"


def test_two_items_named_at_once() -> None:
    swim = order(line("泳帽", 1), line("泳镜", 1), line("泳衣", 1))
    learned = take("少发了泳帽和泳镜", swim, missing=2)
    assert [item.missing for item in learned.lines] == [1, 1]


def test_a_correction_replaces_the_figure_and_keeps_the_rest() -> None:
    before = take("少了一件", order(), missing=1)
    assert take("说错了,少两件", order(), before, missing=2).lines[0].missing == 2


def test_without_a_record_the_buyers_words_stand() -> None:
    learned = take("买了6本书只到1本", None, products=("书",), ordered=6, received=1, missing=5)
    assert (learned.lines[0].title, learned.lines[0].missing) == ("书", 5)
    assert next_question(learned) is Asked.ORDER
    found = take("订单号", order(line("小说 全套六本 书", 6)), learned)
    assert found.lines[0].ordered == 6


def test_an_empty_message_changes_nothing() -> None:
    before = claim(order_id=None)
    assert take("", None, before) == before


SWIM = order(line("速干泳衣", 1), line("硅胶泳帽", 1), line("防雾泳镜", 1))


def test_what_was_said_before_the_order_was_known_counts_once_it_is() -> None:
    before = take("买了3件到了2件", None, ordered=3, received=2)
    assert next_question(before) is Asked.ORDER
    learned = take("T恤", order(), before)
    assert (learned.lines[0].missing, next_question(learned)) == (1, None)


def test_another_item_is_added_and_not_put_in_the_place_of_the_first() -> None:
    first = take("泳镜没有", SWIM)
    assert [item.title for item in take("泳帽也没有", SWIM, first).lines] == ["防雾泳镜", "硅胶泳帽"]
    assert [item.title for item in take("不是泳镜，是泳帽", SWIM, first).lines] != ["防雾泳镜"]


def test_an_empty_box_is_short_of_everything() -> None:
    learned = take("寄来一个空包", order(line("袜子", 5), line("手套", 2)))
    assert [(item.received, item.missing) for item in learned.lines] == [(0, 5), (0, 2)]


def test_none_of_several_items_came() -> None:
    learned = take("泳帽和泳镜一个都没有", SWIM, received=0)
    assert [(item.title, item.missing) for item in learned.lines] == [("硅胶泳帽", 1), ("防雾泳镜", 1)]


def test_pieces_of_a_set_are_counted_as_pieces() -> None:
    tea = order(line("盖碗茶具 六件套", 1))
    learned = take("六件套少了两个", tea, ordered=6, missing=2)
    (item,) = learned.lines
    assert (learned.shortage, item.part, item.unit, item.pack) == (Shortage.UNITS, None, Unit.PIECE, 6)
    assert (item.ordered, item.received, item.missing) == (6, 4, 2)


def test_more_pieces_than_there_are_cannot_be_missing() -> None:
    towels = order(line("毛巾 三条装", 2))
    _, excess = learn(claim(order_id=None), Heard("少了七条", missing=7, measure="条"), towels, WORDS)
    assert excess == Excess("毛巾 三条装", 6, 7, "条")
    _, excess = learn(claim(order_id=None), Heard("到了八条", received=8, measure="条"), towels, WORDS)
    assert excess == Excess("毛巾 三条装", 6, 8, "条")


def test_weight_that_was_said_before_the_order_was_known_counts_once_it_is() -> None:
    before = take("10斤只有9斤", None, weighed=Weighed(5000, 4500, 500, "斤"))
    assert before.lines[0].unit is Unit.GRAM
    (item,) = take("尾号4567", order(line("大米 5kg", 1)), before).lines
    assert (item.unit, item.ordered, item.missing, item.measure) == (Unit.GRAM, 5000, 500, "斤")


def test_a_piece_that_was_said_before_the_order_was_known_counts_once_it_is() -> None:
    before = take("少了一条", None, missing=1, measure="条")
    (item,) = take("毛巾那单", order(line("毛巾 三条装", 2)), before).lines
    assert (item.unit, item.ordered, item.missing) == (Unit.PIECE, 6, 1)


def test_a_part_that_was_named_before_the_order_was_known_counts_once_it_is() -> None:
    before = take("锅盖没有", None, products=("锅",))
    assert (before.shortage, before.lines[0].parts) == (Shortage.PART, ("锅盖",))
    (item,) = take("尾号4567", order(line("不粘炒锅", 1)), before).lines
    assert (item.ordered, item.received, item.parts) == (1, 1, ("锅盖",))


def test_the_same_part_by_another_name_stays_and_another_part_takes_its_place() -> None:
    brush = order(line("电动牙刷 礼盒", 2))
    before = take("牙刷没有礼盒", brush)
    assert take("没有盒子怎么送人", brush, before) == before
    assert take("不是礼盒，缺充电线", brush, before).lines[0].parts == ("充电线",)
    assert take("牙刷少一支", brush, before, missing=1, measure="支").lines[0].part is None


def test_a_part_of_one_item_and_another_item_as_a_whole() -> None:
    learned = take("泳镜的盒子没给，泳帽也没有", SWIM)
    assert [(item.title, item.parts, item.received) for item in learned.lines] == [
        ("硅胶泳帽", (), 0),
        ("防雾泳镜", ("盒子",), 1),
    ]
    assert learned.shortage is Shortage.UNITS


def test_the_item_that_is_said_to_be_missing_counts_and_not_the_one_beside_it() -> None:
    both = order(line("瑜伽垫 加厚", 1), line("弹力带 五件套", 1))
    assert [item.title for item in take("瑜伽垫那个带子没有", both).lines] == ["弹力带 五件套"]
    pens = order(line("中性笔 黑色", 20), line("笔芯 黑色", 20))
    assert [item.title for item in take("仲有笔芯,都争6根", pens, missing=6).lines] == ["笔芯 黑色"]


def test_pieces_of_one_item_stay_when_another_is_added() -> None:
    many = order(line("毛巾 三条装", 2), line("肥皂", 3))
    first = take("毛巾少一条", many, missing=1, measure="条")
    added = take("肥皂和毛巾都不够", many, first)
    assert [(item.unit, item.missing) for item in added.lines] == [(Unit.PIECE, 1), (None, None)]


def test_all_the_parts_that_are_named_are_kept() -> None:
    shelf = order(line("北欧书架", 1))
    learned = take("书架里没有螺丝包也没有说明书", shelf)
    assert (learned.lines[0].part, learned.lines[0].missing) == ("螺丝包、说明书", 1)


def test_a_number_answers_for_the_item_that_was_asked_about() -> None:
    pens = order(line("中性笔", 20), line("笔芯", 20))
    before = take("中性笔和笔芯都不够", pens)
    assert next_question(before) is Asked.MISSING
    one = take("18", pens, before, Asked.MISSING, number=18)
    assert [item.missing for item in one.lines] == [2, None]
    both = take("17支", pens, one, Asked.MISSING, number=17)
    assert [item.missing for item in both.lines] == [2, 3]


def test_a_bare_number_afterwards_says_nothing_new() -> None:
    before = take("少了一件", order(), missing=1)
    assert take("就一个", order(), before, number=1, received=1) == before


def test_more_than_was_ordered_cannot_have_come() -> None:
    before = take("漏发了", order())
    _, excess = learn(before, Heard("9", number=9), order(), WORDS, Asked.MISSING)
    assert excess == Excess("纯棉T恤 白色", 3, 9)


def test_a_torn_box_is_remembered_whenever_it_is_said() -> None:
    assert not take("少了一件", order(), missing=1).box_torn
    before = take("箱子破了", None)
    assert before.box_torn
    assert take("少了一件", order(), before, missing=1).box_torn


def test_a_message_without_figures_leaves_the_figures_alone() -> None:
    before = take("少了两件", order(), missing=2)
    assert take("T恤真的少了", order(), before).lines[0].missing == 2


@pytest.mark.parametrize(
    ("text", "shortage"),
    [("赠品没有", Shortage.GIFT), ("少了螺丝包", Shortage.PART), ("少了一件", Shortage.UNITS)],
)
def test_without_a_record_the_words_say_what_kind_of_shortage_it_is(text: str, shortage: Shortage) -> None:
    assert take(text, None, products=("东西",)).shortage is shortage
