"""Which titles a buyer may mean: by spelling, sound, pinyin, another word; and what names none."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.language.similarity import Match, ranked

TITLES = [
    "鸡肉味猫粮 2kg",
    "护眼台灯 暖光",
    "羽绒服 短款 藏青",
    "纯棉T恤 白色 L码",
    "方格笔记本 A5",
    "亚麻籽油 500ml",
    "保湿面霜 50g",
    "面霜小样 5g",
    "声波电动牙刷 礼盒",
    "降噪蓝牙耳机 曜石黑",
    "运动长裤 灰色",
]


@pytest.mark.parametrize(
    ("text", "title", "words"),
    [
        ("猫粮少一袋", "鸡肉味猫粮 2kg", ("猫粮",)),
        ("猫良少了一袋", "鸡肉味猫粮 2kg", ("猫良",)),
        ("毛良呢", "鸡肉味猫粮 2kg", ("毛良",)),
        ("台登没收到", "护眼台灯 暖光", ("台登",)),
        ("臺燈沒收到", "护眼台灯 暖光", ("台灯",)),
        ("雨绒服", "羽绒服 短款 藏青", ("雨绒服",)),
        ("常裤没有", "运动长裤 灰色", ("常裤",)),
        ("羽绒没收到", "羽绒服 短款 藏青", ("羽绒",)),
        ("羽线服", "羽绒服 短款 藏青", ("羽线服",)),
        ("maoliang少一袋", "鸡肉味猫粮 2kg", ("maoliang",)),
        ("wo de taideng ne", "护眼台灯 暖光", ("taideng",)),
        ("erji mei dao", "降噪蓝牙耳机 曜石黑", ("erji",)),
        ("womaidemaoliangne", "鸡肉味猫粮 2kg", ("maoliang",)),
        ("牙涮没到", "声波电动牙刷 礼盒", ("牙涮",)),
        ("台钉没有", "护眼台灯 暖光", ("台钉",)),
        ("🎧少一个", "降噪蓝牙耳机 曜石黑", ("🎧",)),
        ("听歌那个没有", "降噪蓝牙耳机 曜石黑", ("听歌",)),
        ("短袖少一件", "纯棉T恤 白色 L码", ("短袖",)),
        ("本子没有", "方格笔记本 A5", ("本子",)),
        ("那个油没有", "亚麻籽油 500ml", ("油",)),
        ("牙刷没到", "声波电动牙刷 礼盒", ("牙刷",)),
    ],
)
def test_the_title_that_is_meant(text: str, title: str, words: tuple[str, ...]) -> None:
    first, *others = ranked(text, TITLES)
    assert (first.title, first.words) == (title, words)
    assert 0 < first.score < 1
    assert all(other.score < first.score for other in others)


@pytest.mark.parametrize(
    "text",
    [
        "麻烦快点",
        "少了一件",
        "我要退款",
        "你们太慢了",
        "快递到了",
        "打开看了",
        "怎么回事",
        "",
        "🙂",
        "4213998277120093312",
    ],
)
def test_no_title_is_meant(text: str) -> None:
    assert ranked(text, TITLES) == []


def test_of_two_none_is_guessed() -> None:
    creams = ranked("面双没收到", TITLES)
    assert {match.title for match in creams} == {"保湿面霜 50g", "面霜小样 5g"}
    assert creams[0].score == creams[1].score


def test_more_words_score_higher() -> None:
    assert ranked("白色短袖", TITLES)[0].score > ranked("短袖", TITLES)[0].score > ranked("白色的那件", TITLES)[0].score


@given(st.text(), st.lists(st.sampled_from(TITLES) | st.text(), max_size=4))
def test_any_text_is_ranked(text: str, titles: list[str]) -> None:
    found = ranked(text, titles)
    assert [match.score for match in found] == sorted((match.score for match in found), reverse=True)
    assert all(isinstance(match, Match) and 0 < match.score < 1 and match.words for match in found)
    assert {match.title for match in found} <= set(titles)


@pytest.mark.parametrize("text", ["漏1本", "少了两本", "那本没来", "几本都没有"])
def test_a_word_that_counts_is_no_name(text: str) -> None:
    assert ranked(text, ["方格笔记本 A5"]) == []


@pytest.mark.parametrize(
    "text", ["狗粮少一袋", "24支的马克笔少一支", "1.8米的床单没发", "宝贝五件少一件", "盒子压坏了"]
)
def test_another_thing_is_none_of_these(text: str) -> None:
    titles = ["鸡肉味猫粮 2kg", "陶瓷马克杯 双只装", "五常大米 5kg", "弹力带 五件套", "声波电动牙刷 礼盒"]
    assert ranked(text, titles) == []


@pytest.mark.parametrize("text", ["六本书就给我五本", "买了3本书只来2本"])
def test_a_measure_word_is_no_part_of_the_name(text: str) -> None:
    assert [match.title for match in ranked(text, ["长篇小说 全6册", "防雾泳镜 高清"])] == ["长篇小说 全6册"]


def test_a_name_may_be_its_last_character_with_a_suffix() -> None:
    assert [match.title for match in ranked("帽子找到了", ["硅胶泳帽 黑色", "防雾泳镜 高清"])] == ["硅胶泳帽 黑色"]
