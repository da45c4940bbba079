"""Buttons as numbered lines, and what the buyer types for one of them."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.db import make_engine
from bot.inbox.choices import Choice, as_text, choices, meant, standing
from bot.store import Author, Store
from tests.databases import NewDatabase

NOW = datetime(2026, 11, 27, tzinfo=timezone.utc)


def reply(text: str, *titles: str) -> dict[str, Any]:
    return {"text": text, "buttons": [{"title": title, "payload": f"说{title}"} for title in titles], "custom": None}


OFFER = reply("给您补发1件。这样可以吗？", "接受", "换个方案")
OFFERED = choices([OFFER])[0]


def test_buttons_become_numbered_lines() -> None:
    assert as_text([reply("查到了。"), OFFER]) == "查到了。\n\n给您补发1件。这样可以吗？\n1. 接受\n2. 换个方案"


def test_numbers_go_on_from_reply_to_reply() -> None:
    assert as_text([reply("甲", "一样"), reply("乙", "两样")]) == "甲\n1. 一样\n\n乙\n2. 两样"


def test_nothing_to_choose_is_plain_text() -> None:
    assert as_text([reply("好的")]) == "好的"
    assert as_text([]) == ""


@pytest.mark.parametrize(
    "said",
    ["1", "１", " 1 ", "①", "1.", "1、", "1号", "选1", "选 1", "我选一", "就选第1个吧", "第一个", "第一种", "接受"],
)
def test_the_first_is_chosen(said: str) -> None:
    assert meant(said, OFFERED) == "说接受"


@pytest.mark.parametrize("said", ["2", "②", "选2", "第二个", "第2项。", "2吧", "换个方案"])
def test_the_second_is_chosen(said: str) -> None:
    assert meant(said, OFFERED) == "说换个方案"


@pytest.mark.parametrize(
    "said",
    [
        "",
        "3",
        "0",
        "12",
        "2件",
        "两个",
        "一个",
        "要2",
        "就1",
        "1.5",
        "15吧",
        "退2块",
        "少了1件",
        "٢",
        "第一个快递没到",
        "不接受",
    ],
)
def test_other_words_stay_as_they_are(said: str) -> None:
    assert meant(said, OFFERED) == said


def test_beside_counts_a_number_is_a_count() -> None:
    asked = reply("「T恤」拍了3件，收到几件？", "一件没到", "到了1件", "到了2件")
    assert as_text([asked]).splitlines()[1:] == ["· 一件没到", "· 到了1件", "· 到了2件"]
    assert meant("2", choices([asked])[0]) == "2"
    assert meant("٢", choices([asked])[0]) == "٢"
    assert meant("到了2件", choices([asked])[0]) == "说到了2件"


def test_an_order_with_digits_in_its_name_has_a_number() -> None:
    orders = reply("哪一单？", "纯棉T恤（11月20日，尾号1234）", "2件装袜子（11月2日，尾号4321）")
    assert meant("2", choices([orders])[0]) == "说2件装袜子（11月2日，尾号4321）"


def test_the_same_words_have_the_same_id_and_another_offer_has_another() -> None:
    assert [choice.id for choice in OFFERED] == [choice.id for choice in choices([dict(OFFER)])[0]]
    other = choices([{**OFFER, "text": "退您20元。这样可以吗？"}])[0]
    ids = [choice.id for choice in (*OFFERED, *other)]
    assert len(set(ids)) == 4 and all(name.isdecimal() and int(name) < 2**53 for name in ids)


def test_without_choices_nothing_is_changed() -> None:
    assert meant("1", []) == "1"


@given(st.text(max_size=20))
def test_what_is_meant_was_said_or_offered(text: str) -> None:
    assert meant(text, OFFERED) in {text, "说接受", "说换个方案"}


@given(st.lists(st.lists(st.text("甲乙丙12件", min_size=1, max_size=5), max_size=4), max_size=3))
def test_a_number_on_a_line_chooses_what_stands_there(titles: list[list[str]]) -> None:
    offered: list[Choice] = [choice for group in choices([reply("?", *row) for row in titles]) for choice in group]
    words = {choice.title for choice in offered}
    for choice in offered:
        if choice.number is not None and str(choice.number) not in words:
            assert meant(str(choice.number), offered) == choice.payload


def test_only_what_was_said_since_the_buyer_spoke_stands(new_database: NewDatabase) -> None:
    log = Store(make_engine(new_database())).log
    assert standing(log, "c") == []

    def say(author: Author, **body: Any) -> None:
        log.append("c", author, body, NOW)

    offer = {"text": OFFER["text"], "buttons": OFFER["buttons"]}
    say(Author.BOT, **offer)
    assert standing(log, "c") == []  # nobody has come yet
    say(Author.BUYER, text="少了一件")
    say(Author.BOT, text="查到了。")
    say(Author.BOT, **offer)
    assert standing(log, "c") == OFFERED
    say(Author.BUYER, text="我想想")
    assert standing(log, "c") == []
