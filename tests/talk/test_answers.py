"""The shop's own answers in a turn: when they are asked, for which order, and that an edit is said at once."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml

from bot.claims.model import ClaimState
from bot.desk import Desk, offers
from bot.inbox.opening import open_inbox
from bot.settings import settings
from bot.talk import answers, anytime
from bot.talk.turn import Happened, Memory, Step, Turn
from bot.understanding.answers_file import AnswersError
from tests.desks import ANNA, Clock, bought, say

INVOICE = {"name": "发票", "questions": ["能开发票吗"], "answer": "能开。", "buttons": ["查进度"]}
ADDRESS = {"name": "改地址", "questions": ["能改地址吗"], "answer": "新地址发来。", "person": True}
SENDING = {"name": "发货", "questions": ["什么时候发货"], "answer": "两天内。", "when": "not_shipped"}

Write = Callable[..., Path]


@pytest.fixture
def write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Write]:
    """Writes the shop's answers; the first time there are none."""
    file = tmp_path / "answers.yml"
    monkeypatch.setenv("SHAOFA_ANSWERS_FILE", str(file))
    settings.cache_clear()

    def written(*entries: dict[str, Any]) -> Path:
        file.write_text(yaml.safe_dump({"answers": list(entries)}, allow_unicode=True), encoding="utf-8")
        return file

    written()
    yield written
    monkeypatch.undo()
    settings.cache_clear()


def turn(desk: Desk, text: str, intent: str = "ask_other_service", order_id: str | None = None, **memory: Any) -> Turn:
    message = {"text": text, "intent": {"name": intent, "confidence": 0.9}, "entities": []}
    return Turn(desk.open(ANNA), message, Memory(**memory), order_id=order_id)


def replies(done: Turn) -> list[str]:
    return [str(reply.values.get("answer") or reply.response) for reply in done.replies]


def answered(desk: Desk, text: str, intent: str = "ask_other_service", order_id: str | None = None) -> list[str]:
    done = turn(desk, text, intent, order_id)
    anytime.other_service(done)
    return replies(done)


# --- when they are asked ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("intent", "otherwise"),
    [("ask_other_service", "utter_ask_other_service"), ("out_of_scope", "utter_out_of_scope")],
)
def test_what_would_not_be_our_business_is_looked_up_first(
    desk: Desk, write: Write, intent: str, otherwise: str
) -> None:
    assert answered(desk, "可以开发票不", intent) == [otherwise]
    write(INVOICE)
    assert answered(desk, "可以开发票不", intent) == ["能开。"]
    assert answered(desk, "保修几年", intent) == [otherwise]


def test_an_answer_may_have_buttons_that_send_their_words(desk: Desk, write: Write) -> None:
    write(INVOICE)
    done = turn(desk, "能开发票吗")
    assert anytime.other_service(done) == Step()
    assert done.replies[0].buttons == [{"title": "查进度", "payload": "查进度"}]


def test_two_questions_get_two_answers_and_a_person_comes_last(desk: Desk, write: Write) -> None:
    write(INVOICE, ADDRESS)
    done = turn(desk, "能改地址吗，能开发票吗")
    step = anytime.other_service(done)
    assert replies(done) == ["能开。", "新地址发来。", "utter_hand_off_shop_answer"]
    assert step.hands_over and done.case.handoff is not None and done.case.handoff.reason == "shop_answer"


def test_a_person_comes_without_a_word_of_the_shop_too(desk: Desk, write: Write) -> None:
    write({"name": "改地址", "questions": ["能改地址吗"], "person": True})
    assert answered(desk, "能改地址吗") == ["utter_hand_off_shop_answer"]


def test_what_was_not_understood_is_looked_up_before_it_is_asked_about(desk: Desk, write: Write) -> None:
    write(INVOICE)
    done = turn(desk, "开发票", "nlu_fallback")
    assert anytime.default_fallback(done) == Step(then="action_other_service") and done.replies == []
    assert answered(desk, "开发票", "nlu_fallback") == ["能开。"]
    lost = turn(desk, "呃啊呵", "nlu_fallback")
    anytime.default_fallback(lost)
    assert replies(lost) == ["utter_default"]


def test_a_yes_to_nothing_is_no_question(desk: Desk, write: Write) -> None:
    write({**INVOICE, "questions": ["好的"]})
    done = turn(desk, "好的", "affirm")
    anytime.default_fallback(done)
    assert replies(done) == ["utter_nudge"]


def test_what_the_shop_has_answered_is_no_miss(desk: Desk) -> None:
    missed, answered = Happened("user", "nlu_fallback"), Happened("action", "action_other_service")
    asked_back = Happened("action", "action_default_fallback")
    assert Memory(story=[missed, asked_back, missed]).misses_in_a_row == 2
    assert Memory(story=[missed, asked_back, answered, missed]).misses_in_a_row == 1
    assert Memory(story=[missed, asked_back, answered, missed, asked_back, missed]).misses_in_a_row == 2


def test_what_is_promised_goes_before_what_the_shop_says_in_general(desk: Desk, write: Write) -> None:
    write({**SENDING, "when": []}, INVOICE)
    assert answered(desk, "什么时候发货") == ["两天内。"]
    with desk.case(ANNA) as case:
        offers.assess(case, say(desk, "少一件", "T恤", missing=1))
    assert desk.open(ANNA).active is not None
    assert answered(desk, "什么时候发货") == ["utter_time_on_the_way"]
    assert answered(desk, "能开发票吗") == ["能开。"]


# --- for which order --------------------------------------------------------------------------------------------------


def test_the_order_is_the_claims_or_the_doors_or_the_latest(desk: Desk, write: Write) -> None:
    write(SENDING)
    lamp = bought(desk, ANNA, "台灯").order_id  # not shipped; the latest order, of shirts, is signed for
    assert answered(desk, "什么时候发货") == ["utter_ask_other_service"]
    assert answered(desk, "什么时候发货", order_id=lamp) == ["两天内。"]
    claim = say(desk, "漏发了", "台灯")
    assert claim.state is not ClaimState.OFFERED
    assert answered(desk, "什么时候发货") == ["两天内。"]
    assert answered(desk, "什么时候发货", order_id=bought(desk, ANNA, "T恤").order_id) == ["两天内。"]


def test_the_order_that_is_named_is_the_one_that_is_meant(desk: Desk, write: Write) -> None:
    write(SENDING)
    lamp = bought(desk, ANNA, "台灯").order_id
    done = turn(desk, f"{lamp}什么时候发货")
    done.message = {**done.message, "entities": [{"entity": "order_number", "value": lamp}]}
    anytime.other_service(done)
    assert replies(done) == ["两天内。"]


def test_the_day_is_shanghais(desk: Desk, clock: Clock, write: Write) -> None:
    write({**INVOICE, "from": "2026-11-21"})
    clock.now = clock.now.replace(hour=15, minute=59)  # 20 November in Shanghai, and one minute later no more
    assert answered(desk, "能开发票吗") == ["utter_ask_other_service"]
    clock.now += timedelta(minutes=1)
    assert answered(desk, "能开发票吗") == ["能开。"]


# --- the file, while the bot runs -------------------------------------------------------------------------------------


def test_an_edit_is_said_at_once_and_one_that_is_wrong_is_logged_once(
    desk: Desk, write: Write, caplog: pytest.LogCaptureFixture
) -> None:
    file = write(INVOICE)
    assert answered(desk, "能开发票吗") == ["能开。"]
    write({**INVOICE, "answer": "电子的能开。"})
    assert answered(desk, "能开发票吗") == ["电子的能开。"]
    with caplog.at_level(logging.ERROR):
        write({**INVOICE, "when": "sent"})
        for _ in range(3):
            assert answered(desk, "能开发票吗") == ["电子的能开。"]
        (record,) = caplog.records
        assert "第1条「发票」：when 第1个：没有这个订单状态" in record.getMessage()
        file.unlink()
        for _ in range(3):
            assert answered(desk, "能开发票吗") == ["电子的能开。"]
        assert len(caplog.records) == 2
    write(ADDRESS)
    assert answered(desk, "能开发票吗") == ["utter_ask_other_service"]


def test_samples_are_said_in_the_demo_only(
    desk: Desk, write: Write, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    write({**INVOICE, "sample": True}, ADDRESS)
    assert answered(desk, "能开发票吗") == ["能开。"]
    monkeypatch.setenv("SHAOFA_DEMO", "false")
    settings.cache_clear()
    assert answered(desk, "能开发票吗") == ["utter_ask_other_service"]
    assert answered(desk, "能改地址吗")[0] == "新地址发来。"
    (record,) = caplog.records
    assert "还有1条示例" in record.getMessage()


def test_a_wrong_file_is_told_before_anybody_is_served(write: Write) -> None:
    write({**INVOICE, "answer": ""})
    with pytest.raises(AnswersError, match="第1条「发票」：answer 和 person 至少写一项"):
        open_inbox(None)  # type: ignore[arg-type]


def test_the_answers_are_the_settings_files(write: Write) -> None:
    assert [entry.name for entry in answers.answers().entries] == []
    write(INVOICE, ADDRESS)
    assert [entry.name for entry in answers.answers().entries] == ["发票", "改地址"]
