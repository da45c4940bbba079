"""What is pointed at and not named, and what only looks like it."""

from __future__ import annotations

import pytest

from bot.language import references


@pytest.mark.parametrize(
    ("text", "link"),
    [
        ("https://item.taobao.com/item.htm?id=6", True),
        (" http://t.cn/A6 \n", True),
        ("https://t.cn/A6 少发了", False),
        ("看https://t.cn/A6", False),
        ("https://", False),
        ("", False),
    ],
)
def test_a_bare_link(text: str, link: bool) -> None:
    assert references.is_link(text) is link


@pytest.mark.parametrize(
    ("text", "words"), [("嗯", True), ("1", True), ("🙂🙂", False), ("？？！", False), ("", False)]
)
def test_words_or_only_marks(text: str, words: bool) -> None:
    assert references.has_words(text) is words


@pytest.mark.parametrize(
    ("text", "asked", "tail"),
    [
        ("尾号4567的那单", False, "4567"),
        ("最后四位是 ４５６７", False, "4567"),
        ("后四位：12345678", False, "12345678"),
        ("4567", False, None),
        ("4567", True, "4567"),
        ("是4567的", True, "4567"),
        ("买了4567件不对", True, None),
        ("尾号45", True, None),
        ("少了一件", True, None),
    ],
)
def test_the_last_digits_of_an_order(text: str, asked: bool, tail: str | None) -> None:
    assert references.order_tail(text, asked=asked) == tail


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("第二个", 2),
        ("第 3 件", 3),
        ("第两个", 2),
        ("第十二个", 12),
        ("第12个", 12),
        ("最后一个", -1),
        ("最下面那個", -1),
        ("頭一個", 1),
        ("最上面的，不是最后一个", 1),
        ("第二三个", None),
        ("二号", None),
        ("", None),
    ],
)
def test_a_place_in_a_list(text: str, place: int | None) -> None:
    assert references.ordinal(text) == place


@pytest.mark.parametrize(
    ("text", "other"),
    [("不是这单", True), ("不是這個訂單", True), ("我点错了", True), ("是这单", False), ("不是", False)],
)
def test_another_order(text: str, other: bool) -> None:
    assert references.says_not_this_order(text) is other


@pytest.mark.parametrize(
    ("text", "when"), [("什麼時候發", True), ("单号多少", True), ("寄了吗", True), ("好的", False)]
)
def test_a_question_for_the_time(text: str, when: bool) -> None:
    assert references.asks_when(text) is when


@pytest.mark.parametrize(("text", "none"), [(" 沒有 ", True), ("木有", True), ("没有收到", False), ("", False)])
def test_a_plain_no(text: str, none: bool) -> None:
    assert references.says_there_is_none(text) is none
