from __future__ import annotations

import pytest

from bot.understanding.matching import ambiguous, by_likeness, likeness, mentioned, missing, says_all
from tests.claims.builders import line

SWIM = [line("速干泳衣 女款", 1), line("硅胶泳帽 黑色", 1), line("防雾泳镜 高清", 1)]
SHIRTS = [line("纯棉T恤 白色 L码"), line("纯棉T恤 黑色 L码"), line("运动长裤 灰色")]


@pytest.mark.parametrize(
    ("text", "titles"),
    [
        ("泳镜没收到", ["防雾泳镜 高清"]),
        ("少发了泳帽和泳镜", ["硅胶泳帽 黑色", "防雾泳镜 高清"]),
        ("收到的只有泳衣", ["硅胶泳帽 黑色", "防雾泳镜 高清"]),
        ("泳衣收到了,泳帽没有", ["硅胶泳帽 黑色"]),
        ("少了一件", []),
        ("泳衣泳帽泳镜 就来了一件泳衣", ["硅胶泳帽 黑色", "防雾泳镜 高清"]),
        ("泳衣到了泳帽没到", ["硅胶泳帽 黑色"]),
        ("泳衣送的泳帽没收到", ["硅胶泳帽 黑色"]),
        ("买的泳衣套装里泳镜没有发", ["防雾泳镜 高清"]),
        ("拍了泳衣那一套然后泳镜漏了没给寄", ["防雾泳镜 高清"]),
        ("不是泳衣，泳衣她收到了，就是泳镜没有", ["防雾泳镜 高清"]),
        ("泳衣在她手上了 我讲的是泳镜", ["防雾泳镜 高清"]),
        ("泳帽刚翻到，现在只缺泳镜", ["防雾泳镜 高清"]),
        ("泳镜去哪了", ["防雾泳镜 高清"]),
        ("泳帽没有泳镜也没有", ["硅胶泳帽 黑色", "防雾泳镜 高清"]),
        ("买的泳帽、泳镜一个都没装", ["硅胶泳帽 黑色", "防雾泳镜 高清"]),
        ("泳衣收到了，别的没有", ["硅胶泳帽 黑色", "防雾泳镜 高清"]),
        ("泳境 泳帽 都木有", ["硅胶泳帽 黑色", "防雾泳镜 高清"]),
        ("游泳戴的眼镜没给", ["防雾泳镜 高清"]),
        ("🥽没有", ["防雾泳镜 高清"]),
        ("泳衣收到了，袜子少一双", []),
        ("泳镜我没拿到 写的已签收", ["防雾泳镜 高清"]),
        ("泳镜没发齐", ["防雾泳镜 高清"]),
        ("泳镜 什么都没有", ["防雾泳镜 高清"]),
        ("泳衣有 泳镜搵唔到", ["防雾泳镜 高清"]),
        ("麻烦快点", []),
    ],
)
def test_the_lines_that_are_said_to_be_short(text: str, titles: list[str]) -> None:
    assert [item.title for item in mentioned(text, SWIM)] == titles


def test_a_colour_tells_two_shirts_apart() -> None:
    assert [item.title for item in mentioned("黑色T恤少了一件", SHIRTS)] == ["纯棉T恤 黑色 L码"]


def test_words_that_fit_two_titles_alike_are_ambiguous() -> None:
    found = mentioned("T恤少了一件", SHIRTS)
    assert len(found) == 2
    assert ambiguous("T恤少了一件", found)
    assert not ambiguous("少发了泳帽和泳镜", mentioned("少发了泳帽和泳镜", SWIM))


def test_likeness_ranks_orders() -> None:
    assert likeness("黑色T恤", SHIRTS) > likeness("长裤", SHIRTS) > likeness("碗", SHIRTS) == 0


def test_one_telling_character_is_enough_when_it_tells_one_line() -> None:
    pantry = [line("五常大米 5kg"), line("亚麻籽油 500ml")]
    found = by_likeness("油没有", pantry)
    assert found is not None and found.title == "亚麻籽油 500ml"
    assert by_likeness("少了一件", pantry) is None
    assert by_likeness("米油都没有", pantry) is None


@pytest.mark.parametrize(
    ("text", "titles"),
    [
        ("猫良没收到", ["鸡肉味猫粮 2kg"]),
        ("短袖收到了，台登没有", ["护眼台灯 暖光"]),
        ("maoliang少一袋", ["鸡肉味猫粮 2kg"]),
        ("麻烦快点", []),
    ],
)
def test_a_line_is_named_by_sound_and_by_other_words(text: str, titles: list[str]) -> None:
    goods = [line("鸡肉味猫粮 2kg"), line("纯棉T恤 白色"), line("护眼台灯 暖光"), line("亚麻籽油 500ml")]
    assert [item.title for item in mentioned(text, goods)] == titles
    assert by_likeness("麻烦快点", goods) is None


def test_a_cream_and_its_sample_are_two_things() -> None:
    creams = [line("保湿面霜 50g", 1), line("面霜小样 5g", 2)]
    assert len(mentioned("面霜和小样都没有", creams)) == 2
    assert [item.title for item in mentioned("小样没有", creams)] == ["面霜小样 5g"]


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("瑜伽垫 少了 那个带子", "弹力带 五件套"),
        ("瑜伽垫带子没有", "弹力带 五件套"),
        ("垫在 弹力带不在", "弹力带 五件套"),
        ("垫子有了呀 我说的是弹力带没来", "弹力带 五件套"),
        ("拉伸的那个皮筋没给", "弹力带 五件套"),
        ("瑜伽垫少了", "瑜伽垫 加厚10mm"),
    ],
)
def test_what_stands_before_it_is_what_it_came_with(text: str, title: str) -> None:
    lines = [line("瑜伽垫 加厚10mm", 1), line("弹力带 五件套", 1)]
    assert [item.title for item in mentioned(text, lines)] == [title]


def test_what_has_turned_up_is_no_longer_missing() -> None:
    assert [item.title for item in mentioned("帽子翻出来了", SWIM, known=SWIM[1:])] == ["防雾泳镜 高清"]


def test_a_thing_is_said_to_be_missing_in_so_many_words() -> None:
    assert missing("泳镜没有", SWIM)
    assert not missing("泳镜", SWIM)
    assert not missing("泳镜收到了", SWIM)


@pytest.mark.parametrize(
    ("text", "all_of_it"),
    [
        ("两样都没", True),
        ("哪个都没有哇", True),
        ("俩都没收到", True),
        ("三样都没有", False),
        ("泳镜没有", False),
        ("没有", False),
    ],
)
def test_all_of_it(text: str, all_of_it: bool) -> None:
    assert says_all(text, 2) is all_of_it


def test_asked_which_of_them_less_is_enough() -> None:
    assert says_all("都没有", 2, asked=True)
    assert not says_all("都没有", 2)
