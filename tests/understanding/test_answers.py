"""The shop's own answers: found by other words than they have, for the orders and on the days that they are for."""

from __future__ import annotations

from datetime import date, datetime, timezone
from pathlib import Path
from typing import Any

import pytest
import yaml

from bot.claims.model import LineStatus, Order, OrderLine, Parcel, ParcelState, Platform
from bot.settings import ROOT
from bot.understanding.answers import Answers
from bot.understanding.answers_file import Answer, AnswersError, OrderState, load, states

TODAY = date(2026, 11, 20)
SHOP = ROOT / "answers.yml"
FILE = ROOT / "tests" / "answers.yml"
TESTED = Answers(load(FILE))
MESSAGES: dict[str, dict[str, list[str]]] = yaml.safe_load(
    (Path(__file__).parent / "answers.yml").read_text(encoding="utf-8")
)


def found(answers: Answers, text: str, *of_order: str, today: date = TODAY) -> list[str]:
    meant = answers.find(text, today, lambda: frozenset(map(OrderState, of_order or ["no_order"])))
    return [entry.name for entry in meant]


def made(tmp_path: Path, entries: Any) -> Path:
    file = tmp_path / "answers.yml"
    file.write_text(yaml.safe_dump({"answers": entries}, allow_unicode=True), encoding="utf-8")
    return file


def answers(*entries: dict[str, Any]) -> Answers:
    return Answers([Answer(**{"answer": "好", **entry}) for entry in entries])


# --- found ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("part", "at_least"), [("tuned", 0.70), ("unseen", 0.58)])
def test_most_questions_are_found_in_other_words_and_none_is_mistaken(part: str, at_least: float) -> None:
    asked = [(name, text) for name, texts in MESSAGES[part].items() for text in texts]
    told = {text: found(TESTED, text) for _, text in asked}
    mistaken = {text: told[text] for name, text in asked if told[text] and told[text] != [name]}
    assert mistaken == {}
    right = [told[text] == [name] for name, text in asked if name != "none"]
    assert sum(right) / len(right) >= at_least, [text for name, text in asked if name != "none" and not told[text]]


def test_the_set_is_large_enough_to_say_something() -> None:
    for part, questions, others in (("tuned", 40, 20), ("unseen", 30, 20)):
        counts = {name: len(texts) for name, texts in MESSAGES[part].items()}
        assert counts["none"] >= others and sum(counts.values()) - counts["none"] >= questions
        assert len(counts) == 11


@pytest.mark.parametrize("path", [SHOP, FILE])
@pytest.mark.parametrize("around", ["{}", "{}？", "亲，{}", "您好 {}呀"])
def test_an_entrys_own_questions_always_find_it(path: Path, around: str) -> None:
    shop = Answers(load(path))
    for entry in shop.entries:
        for question in entry.questions:
            today = entry.first or TODAY
            assert entry.name in found(shop, around.format(question), *entry.when, today=today), question


def test_any_spelling_will_do() -> None:
    for text in ("能开發票嗎", "能开发票吗！！！", "　能开发票吗　", "能 开 发票 吗"):
        assert found(TESTED, text) == ["开发票"], text


@pytest.mark.parametrize("text", ["", " ", "？？", "🌸", "0", "1", "什么时候", "可以吗", "a" * 3000, "的" * 3000])
def test_what_says_nothing_finds_nothing(text: str) -> None:
    assert found(TESTED, text) == []


def test_a_shop_without_answers_finds_nothing() -> None:
    assert found(Answers([]), "能开发票吗") == []


def test_two_clauses_can_ask_for_two_things() -> None:
    assert found(TESTED, "什么时候发货，能开发票吗") == ["发货时间", "开发票"]
    assert found(TESTED, "能开发票吗，尺码怎么选，是正品吗") == ["开发票", "选尺码"]


def test_trouble_anywhere_in_the_message_speaks_against_a_plain_question() -> None:
    assert found(TESTED, "发什么快递") == ["发什么快递"]
    assert found(TESTED, "发什么快递，箱子里少了两双") == []


def test_what_lies_between_two_entries_finds_neither() -> None:
    shop = answers({"name": "a", "questions": ["蓝牙耳机保修"]}, {"name": "b", "questions": ["有线耳机保修"]})
    assert found(shop, "耳机保修") == []
    assert found(shop, "蓝牙耳机的保修") == ["a"]


# --- for which orders, on which days ----------------------------------------------------------------------------------


def test_an_entry_is_used_for_its_orders_only() -> None:
    shop = answers({"name": "a", "questions": ["什么时候发货"], "when": ["not_shipped", "no_order"]})
    assert found(shop, "什么时候发货", "not_shipped") == found(shop, "啥时候发货", "no_order") == ["a"]
    assert found(shop, "什么时候发货", "signed") == []
    assert found(shop, "什么时候发货", "signed", "not_shipped") == ["a"]


def test_an_entry_is_used_from_its_first_day_to_its_last() -> None:
    shop = answers({"name": "a", "questions": ["过年发货吗"], "from": date(2027, 2, 1), "to": date(2027, 2, 3)})
    used = [day for day in range(1, 6) if found(shop, "过年发货吗", today=date(2027, 2, day))]
    assert used == [1, 2, 3] and found(shop, "过年发货吗") == []


def test_of_entries_with_the_same_question_the_more_special_one_answers() -> None:
    shop = answers(
        {"name": "always", "questions": ["什么时候发货", "几天能发出来"]},
        {"name": "waiting", "questions": ["什么时候发货"], "when": ["not_shipped"]},
        {"name": "holiday", "questions": ["什么时候发货"], "from": date(2027, 2, 1), "to": date(2027, 2, 3)},
    )
    for text in ("什么时候发货", "亲，啥时候发货呀"):
        assert found(shop, text) == ["always"]
        assert found(shop, text, "not_shipped") == ["waiting"]
        assert found(shop, text, "not_shipped", today=date(2027, 2, 2)) == ["holiday"]


def test_the_order_is_looked_up_only_where_it_matters() -> None:
    def no_lookup() -> frozenset[OrderState]:
        raise AssertionError("looked up")

    assert [entry.name for entry in TESTED.find("能开发票吗", TODAY, no_lookup)] == ["开发票"]
    with pytest.raises(AssertionError, match="looked up"):
        TESTED.find("什么时候发货", TODAY, no_lookup)


def test_the_states_of_an_order() -> None:
    def order(*parcels: ParcelState, status: LineStatus = LineStatus.NORMAL, confirmed: bool = False) -> Order:
        at = datetime(2026, 11, 1, tzinfo=timezone.utc)
        boxes = tuple(Parcel(f"ZT{n}", "中通", state, {}) for n, state in enumerate(parcels))
        lines = (OrderLine("A", "杯子", 1, 100, status=status),)
        return Order("1", "anna", Platform.TMALL, 100, 0, lines, boxes, at, at if confirmed else None)

    def of(*names: str) -> frozenset[OrderState]:
        return frozenset(map(OrderState, names))

    assert states(None) == of("no_order")
    assert states(order()) == states(order(ParcelState.NOT_SHIPPED)) == of("not_shipped")
    assert states(order(ParcelState.SIGNED, ParcelState.IN_TRANSIT)) == of("signed", "in_transit")
    assert states(order(ParcelState.SHIPPED, confirmed=True)) == of("shipped", "confirmed")
    assert states(order(ParcelState.SIGNED, status=LineStatus.OUT_OF_STOCK)) == of("signed", "cancelled")
    assert states(order(ParcelState.SIGNED, status=LineStatus.REFUNDED)) == of("signed", "refunded")


# --- the file ---------------------------------------------------------------------------------------------------------


def test_the_file_that_comes_along_is_samples_only() -> None:
    shop = load(SHOP)
    assert len(shop) >= 5 and all(entry.sample for entry in shop)


GOOD: dict[str, Any] = {"name": "发票", "questions": ["能开发票吗"], "answer": "能"}


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"name": None}, "第2条：name：这一项是空的"),
        ({"name": ""}, "第2条：name：这一项是空的"),
        ({"name": ["a"]}, "第2条「['a']」：name：要写成文字"),
        ({"questions": []}, "第2条「发票」：questions：至少写一种问法"),
        ({"questions": ["能开吗", "？"]}, "第2条「发票」：questions：有一种问法是空的"),
        ({"questions": {"a": 1}}, "第2条「发票」：questions：要写成列表"),
        ({"questions": ["能开吗", ["b"]]}, "第2条「发票」：questions 第2个：要写成文字"),
        ({"answer": ""}, "第2条「发票」：answer 和 person 至少写一项"),
        ({"answer": "请转人工"}, "第2条「发票」：answer：别写“转人工”"),
        ({"answer": "好" * 501}, "第2条「发票」：answer：太长了，最多500个字"),
        ({"anwser": "能"}, "第2条「发票」：anwser：没有这一项，能写的是 name、questions、answer、"),
        ({"buttons": ["a", "b", "c", "d", "e", "f"]}, "第2条「发票」：buttons：最多5个"),
        ({"person": True, "buttons": ["查进度"]}, "第2条「发票」：person 为 true 时不能有 buttons"),
        ({"person": "perhaps"}, "第2条「发票」：person：只能写 true 或 false"),
        ({"when": ["sent"]}, "第2条「发票」：when 第1个：没有这个订单状态，能写的是 no_order、not_shipped、"),
        ({"from": "soon"}, "第2条「发票」：from：要写成日期"),
        ({"to": 20270201}, "第2条「发票」：to：要写成日期"),
        ({"from": date(2027, 2, 2), "to": date(2027, 2, 1)}, "第2条「发票」：to 早于 from"),
    ],
)
def test_what_is_wrong_is_told_in_chinese_with_file_entry_and_key(
    tmp_path: Path, change: dict[str, Any], told: str
) -> None:
    first = {**GOOD, "name": "别的", "questions": ["别的"]}
    with pytest.raises(AnswersError, match=r"answers\.yml：") as error:
        load(made(tmp_path, [first, {**GOOD, **change}]))
    assert told in str(error.value)


@pytest.mark.parametrize("key", ["name", "questions"])
def test_what_is_missing_is_told(tmp_path: Path, key: str) -> None:
    with pytest.raises(AnswersError, match=f"：{key}：这一项没有写"):
        load(made(tmp_path, [{name: value for name, value in GOOD.items() if name != key}]))


def test_an_entry_that_is_none_is_told(tmp_path: Path) -> None:
    with pytest.raises(AnswersError, match="第2条：要写"):
        load(made(tmp_path, [GOOD, "能开发票吗"]))


def test_two_of_one_name_are_told(tmp_path: Path) -> None:
    with pytest.raises(AnswersError, match="第2条「发票」：name：和第1条重名"):
        load(made(tmp_path, [GOOD, {**GOOD, "questions": ["开票"]}]))


@pytest.mark.parametrize(
    ("one", "other", "clash"),
    [
        ({}, {}, True),
        ({"when": ["signed"]}, {"when": ["signed", "shipped"]}, True),
        ({"when": ["signed"]}, {"when": ["shipped"]}, False),
        ({"when": ["signed"]}, {}, False),
        ({"from": "2027-01-01"}, {"to": "2027-01-01"}, True),
        ({"from": "2027-01-02"}, {"to": "2027-01-01"}, False),
        ({"from": "2027-01-01"}, {"when": ["signed"]}, False),
    ],
)
def test_the_same_question_twice_for_the_same_orders_and_days_is_told(
    tmp_path: Path, one: dict[str, Any], other: dict[str, Any], clash: bool
) -> None:
    file = made(tmp_path, [{**GOOD, **one}, {**GOOD, "name": "又一条", "questions": ["能开發票吗?"], **other}])
    if not clash:
        assert len(load(file)) == 2
        return
    with pytest.raises(AnswersError, match=r"第2条「又一条」：questions：“能开發票吗\?”在第1条「发票」里也有"):
        load(file)


@pytest.mark.parametrize("text", ["", "[1, 2", "- a list", "answer: []", "answers: 能", "answers: []\nmore: 1"])
def test_a_file_of_another_form_is_named(tmp_path: Path, text: str) -> None:
    file = tmp_path / "answers.yml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(AnswersError, match=r"answers\.yml"):
        load(file)


def test_a_missing_file_is_named_and_an_empty_list_is_none(tmp_path: Path) -> None:
    with pytest.raises(AnswersError, match=r"nowhere\.yml"):
        load(tmp_path / "nowhere.yml")
    assert load(made(tmp_path, [])) == ()
