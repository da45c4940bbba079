"""What is said to a proposal, over a table; and that no other words make a yes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from bot.claims.model import Remedy
from bot.understanding import replies
from bot.understanding.replies import (
    Answer,
    Reply,
    answers,
    before_address,
    corrected,
    gives_up,
    is_unfinished,
    names_other_address,
    read,
    what_was_found,
)

TABLE = yaml.safe_load(Path(__file__).with_name("replies.yml").read_text(encoding="utf-8"))
YES, PASSING = ("好", "行吧", "可以的", "没问题", "👌", "嗯嗯"), ("谢谢", "麻烦快点", "辛苦了", "🙏", "亲")


@pytest.mark.parametrize("row", TABLE, ids=lambda row: row["text"])
def test_an_answer_is_read(row: dict[str, Any]) -> None:
    reply = read(row["text"])
    assert (reply.answer and reply.answer.value) == row.get("says")
    assert (reply.wanted and reply.wanted.value) == row.get("wants")
    assert {remedy.value for remedy in reply.refused} == set(row.get("refuses", ()))
    assert reply.is_whole is row.get("whole", True)
    assert reply.is_plain is row.get("plain", reply.is_plain)
    assert (reply.count, reply.of_all) == (row.get("count"), row.get("all", False))


@given(st.sampled_from(YES), st.lists(st.sampled_from(PASSING), max_size=4), st.sampled_from((" ", "，", "\n", "~ ")))
def test_what_is_only_polite_leaves_a_yes_a_yes(yes: str, passing: list[str], between: str) -> None:
    for at in range(len(passing) + 1):
        said = between.join([*passing[:at], yes, *passing[at:]])
        assert read(said) == Reply(Answer.YES), said


@given(st.sampled_from(YES), st.sampled_from(("不行", "算了吧", "呵呵")), st.booleans())
def test_a_yes_beside_its_contrary_is_none(yes: str, contrary: str, first: bool) -> None:
    assert read(" ".join([yes, contrary] if first else [contrary, yes])).answer is Answer.UNCLEAR


@given(st.text(max_size=40))
def test_whatever_is_typed_is_read_and_what_is_wanted_is_not_refused(text: str) -> None:
    reply = read(text)
    assert reply.wanted is None or reply.wanted not in reply.refused


def test_every_remedy_has_its_words() -> None:
    assert {read(f"不要{word}").refused for word in ("补发", "退款", "退货")} == {frozenset({r}) for r in Remedy}


@given(st.sampled_from(("补发", "补吧", "退款", "退钱吧")), st.sampled_from("白谁怎又才先但骗屁"), st.booleans())
def test_a_wish_in_doubt_is_no_plain_one(wish: str, doubt: str, first: bool) -> None:
    assert not read(f"{doubt}{wish}" if first else f"{wish}{doubt}").is_plain


@pytest.mark.parametrize(
    ("text", "instead"),
    [
        ("不对 是四盒", "四盒"),
        ("说错了，三瓶", "三瓶"),
        ("不是毛巾是浴巾", "浴巾"),
        ("四盒不是三盒", "四盒"),
        ("不对", ""),
    ],
)
def test_what_it_is_instead_is_read(text: str, instead: str) -> None:
    assert corrected(text) == instead


OPEN = yaml.safe_load(Path(__file__).with_name("open.yml").read_text(encoding="utf-8"))


@pytest.mark.parametrize(("to", "text", "intent"), [(to, *row) for to, rows in OPEN.items() for row in rows])
def test_an_answer_is_read_with_what_is_open(to: str, text: str, intent: str | None) -> None:
    assert answers(text, to) == intent


@pytest.mark.parametrize("text", ["我买的", "那个", "就那个…", "俺拍的", "我跟您说"])
def test_a_beginning_is_waited_for(text: str) -> None:
    assert is_unfinished(text)


@pytest.mark.parametrize("text", ["我买的毛巾少了", "那个毛巾", "然后呢少了一件", "退款"])
def test_what_says_something_is_no_beginning(text: str) -> None:
    assert not is_unfinished(text)


def test_a_yes_beside_nothing_but_when_it_comes_is_one() -> None:
    assert read("行，大概哪天能到").only_asks_when
    assert not read("行，那你们用什么快递").only_asks_when and not read("行").only_asks_when


@pytest.mark.parametrize(
    ("text", "gives_it_up"), [("算啦，不值几个钱", True), ("别再查了", True), ("算了，退钱吧", False)]
)
def test_giving_up_is_heard_where_no_remedy_is_named(text: str, gives_it_up: bool) -> None:
    assert gives_up(text) is gives_it_up


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("毛巾找到了，袜子还是没有", "毛巾找到了"),
        ("不好意思 杯子压在箱底，就差勺子", "杯子"),
        ("没找到，翻遍了也没翻到", ""),
        ("找到了吗你们", ""),
        ("找不到", ""),
    ],
)
def test_what_has_turned_up_is_the_clause_that_says_so(text: str, found: str) -> None:
    assert what_was_found(text).endswith(found) and bool(what_was_found(text)) is bool(found)


@pytest.mark.parametrize(
    ("text", "answer", "wanted"),
    [
        ("行 寄我老家吧 我回去了", Answer.YES, None),
        ("成，不过收货地址变啦", Answer.YES, None),
        ("同意，换个收件地址：中山路5号", Answer.YES, None),
        ("补发的帮我寄到学校", None, Remedy.RESHIP),
        ("可以寄到我公司吗", None, None),
        ("别寄家里，我刚搬走", None, None),
    ],
)
def test_another_address_and_what_is_said_before_it(text: str, answer: Answer | None, wanted: Remedy | None) -> None:
    reply = before_address(text)
    assert names_other_address(text) and (reply.answer, reply.wanted) == (answer, wanted)


@pytest.mark.parametrize(
    "text",
    [
        "好的，地址不变",
        "发我原来的地址就行",
        "寄到哪个小区啊",
        "什么时候寄到我家",
        "尽快寄到",
        "寄给我就行",
        "好 别再寄错了",
        "可以，寄顺丰到付",
        "换个颜色寄吧",
        "寄回去的地址是什么",
        "快递放楼下了",
    ],
)
def test_the_same_address_is_no_other(text: str) -> None:
    assert not names_other_address(text)


@pytest.mark.parametrize("text", ["我可以拿到哪些补偿呀", "补偿是怎么定的", "有没有补贴"])
def test_a_word_with_a_remedy_in_it_wants_none(text: str) -> None:
    assert read(text).wanted is None


@pytest.mark.parametrize(
    ("said", "texts"),
    {
        replies.means_all: (
            ["两样都补发吧", "都行，一起办", "三个都退了算了", "一并处理吧"],
            ["补发吧", "我都没收到"],
        ),
        replies.refers_back: (["按刚才说的", "那就按之前谈的办吧"], ["按刚才说的少两双", "刚才说的那双袜子没有"]),
        replies.has_applied: (
            ["我申请了", "退款申请提交了", "已经点了申请退款", "申请好了"],
            ["申请了吗", "怎么申请退款", "我要申请退款"],
        ),
        replies.names_delivery: (
            ["别放驿站", "不要给我送到快递柜", "放门口就行", "麻烦放前台", "送货上门哈", "送之前打个电话", "发顺丰吧"],
            ["快递放门口了没看到", "放在驿站的", "送到驿站了吗", "我在门口等", "没送上门"],
        ),
        replies.names_half: (["退一半吧", "赔我一半", "半价退我", "36的一半"], ["一半没到", "只装了一半", "少了半袋"]),
        replies.counts_do_not_agree: (["件数对不上", "数量不对啊", "不够数"], ["数字不对", "订单号不对", "颜色不对"]),
    }.items(),
)
def test_what_is_said_in_many_ways(said: Callable[[str], bool], texts: tuple[list[str], list[str]]) -> None:
    says, says_not = texts
    assert [text for text in says if not said(text)] == [] == [text for text in says_not if said(text)]


def test_half_of_a_sum_names_the_sum() -> None:
    assert (replies.halved_fen("按36的一半退"), replies.halved_fen("退一半")) == (3600, None)
