"""What is pointed at and not named, and what only looks like it."""

from __future__ import annotations

import pytest

from bot.language import references
from bot.language.references import order_references


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
    ("text", "tails"),
    [
        ("尾号4567的那单", ["4567"]),
        ("最后四位是 ４５６７", ["4567"]),
        ("后四位：12345678", ["12345678"]),
        ("单号末尾是5804", ["5804"]),
        ("尾巴是5804", ["5804"]),
        ("最后几位 580412", ["580412"]),
        ("最后四位数是5804", ["5804"]),
        ("订单尾数5804", ["5804"]),
        ("后4位5804", ["5804"]),
        ("后面四位 2231", ["2231"]),
        ("尾号五八零四", ["5804"]),
        ("5804结尾的那个", ["5804"]),
        ("5804那单", ["5804"]),
        ("尾号5804和5811", ["5804", "5811"]),
        ("尾号5804、5811还有6023都少了", ["5804", "5811", "6023"]),
        ("手机尾号5804", []),
        ("快递单号尾号5804", []),
        ("4567", []),
        ("尾号45", []),
        ("买了4567件", []),
        ("尾号4213998277120093312", []),
    ],
)
def test_the_last_digits_of_an_order(text: str, tails: list[str]) -> None:
    assert list(order_references(text).tails) == tails


@pytest.mark.parametrize(
    ("text", "tails"),
    [("4567", ["4567"]), ("是4567的", ["4567"]), ("买了4567件不对", []), ("少了一件", []), ("4213998277120093312", [])],
)
def test_bare_digits_where_the_order_was_asked_for(text: str, tails: list[str]) -> None:
    assert list(order_references(text, asked=True).tails) == tails


@pytest.mark.parametrize(
    ("text", "numbers"), [("312098877600", ["312098877600"]), ("是312098877600", ["312098877600"]), ("13812345678", [])]
)
def test_a_number_of_jingdong_where_the_order_was_asked_for(text: str, numbers: list[str]) -> None:
    found = order_references(text, asked=True)
    assert (list(found.numbers), found.tails) == (numbers, ())
    assert order_references(text).numbers == ()


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("4213998277120093312", ["4213998277120093312"]),
        ("4213 9982 7712 0093 312", ["4213998277120093312"]),
        ("4213-9982-7712-0093-312", ["4213998277120093312"]),
        ("４２１３９９８２７７１２００９３３１２", ["4213998277120093312"]),
        ("订单号 42139982771\n20093312", ["4213998277120093312"]),
        ("我4213998277120093312这单少了一件", ["4213998277120093312"]),
        ("4213998277120093312和4213998277120093313都没收到", ["4213998277120093312", "4213998277120093313"]),
        ("4213998277120093312 4213998277120093312", ["4213998277120093312"]),
        ("订单编号：290123456789", ["290123456789"]),
        ("拼多多231120-123456789012345", ["231120-123456789012345"]),
        ("https://trade.taobao.com/detail.htm?biz_order_id=4213998277120093312", ["4213998277120093312"]),
        ("快递单号773012345678", []),
        ("订单电话13812345678", []),
        ("订单 13812345678", []),
        ("2026-11-20 18:22:31", []),
        ("100 200 300 400 500", []),
        ("https://item.taobao.com/item.htm?id=6123456789012345", []),
        ("1" * 21, []),
    ],
)
def test_whole_order_numbers(text: str, numbers: list[str]) -> None:
    assert list(order_references(text).numbers) == numbers


@pytest.mark.parametrize(
    ("text", "ids"),
    [
        ("https://item.taobao.com/item.htm?id=612345678901&spm=a1z09.2", ["612345678901"]),
        ("https://detail.tmall.com/item.htm?spm=a1.b2&id=612345678901这个", ["612345678901"]),
        ("item.taobao.com/item.htm?id=612345678901", ["612345678901"]),
        ("https://item.jd.com/100012043978.html", ["100012043978"]),
        ("https://item.m.jd.com/product/100012043978.html?gx=1", ["100012043978"]),
        ("https://mobile.yangkeduo.com/goods.html?goods_id=223344556677", ["223344556677"]),
        ("https://m.tb.cn/h.5aBcDeF", []),
        ("【淘宝】https://m.tb.cn/h.5aBc?tk=abc CZ3456 「羽绒服」点击链接直接打开", []),
        (
            "【少了】https://item.taobao.com/item.htm?id=612345678901 https://item.jd.com/100012043978.html",
            ["612345678901", "100012043978"],
        ),
        ("https://taobao.com.evil.example/item.htm?id=612345678901", []),
        ("少发了一件", []),
    ],
)
def test_the_items_that_links_name(text: str, ids: list[str]) -> None:
    assert list(order_references(text).item_ids) == ids


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("第二个", 2),
        ("第 3 件", 3),
        ("第两个", 2),
        ("第十二个", 12),
        ("第12个", 12),
        ("最后一个", -1),
        ("最后四位是5804", None),
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


@pytest.mark.parametrize(
    ("text", "asks"),
    [
        ("台灯啥时候能发", True),
        ("怎么还不寄", True),
        ("发货了吗", True),
        ("几号能到", True),
        ("多久到账", False),
        ("什么时候开发票", False),
    ],
)
def test_a_question_when_it_is_sent(text: str, asks: bool) -> None:
    assert references.asks_when_sent(text) is asks
