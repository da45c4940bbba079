"""Answers at any point: calm, not understood, explained, and the way back to the open question."""

from __future__ import annotations

import re

import pytest

from bot.claims.model import Claim
from bot.desk import Case, offers
from bot.talk import anytime
from bot.talk.turn import Happened, Step
from tests.desks import hear
from tests.turns import LISTENS, filled, product, quantity, said, take, turn

# --- angry ----------------------------------------------------------------------------------------


def test_an_angry_buyer_hears_the_problem_by_its_name(case: Case) -> None:
    assert take(anytime.calm, turn(case, "vent_anger", "什么垃圾店")) == (Step({"outbursts": 1}), ["utter_calm"])
    hear(case, "少一件", "T恤", missing=1)
    named = turn(case, "vent_anger", "气死我了")
    assert take(anytime.calm, named) == (Step({"outbursts": 1}), ["utter_calm_open"])
    assert filled(named) == {"item": "纯棉T恤 白色 L码"}


def test_after_too_many_outbursts_the_buyer_is_asked_whether_a_person_should_come(case: Case, offered: Claim) -> None:
    step, said_now = take(anytime.calm, turn(case, "vent_anger", "滚", outbursts=1, stage="offered"))
    assert (step, said_now) == (Step({"outbursts": 2}, then="action_listen"), ["utter_ask_person"])
    assert case.handoff is None
    asked = [Happened("action", "action_calm"), LISTENS, said("affirm")]
    yes = turn(case, "affirm", "好", story=asked, outbursts=2)
    step, said_now = take(anytime.default_fallback, yes)
    assert step.hands_over and said_now == ["utter_hand_off_angry"]
    assert case.handoff is not None and case.handoff.reason == "angry"


def test_who_rages_on_gets_a_person(case: Case, offered: Claim) -> None:
    step, said_now = take(anytime.calm, turn(case, "vent_anger", "滚", outbursts=2, stage="offered"))
    assert step.hands_over and said_now == ["utter_hand_off_angry"]
    assert case.handoff is not None and (case.handoff.reason, case.handoff.claim_id) == ("angry", offered.claim_id)


@pytest.mark.parametrize(
    ("also", "then"),
    [
        (["request_refund"], "action_next_offer"),
        (["accept_offer"], "action_accept_offer"),
        (["accept_offer", "request_refund"], "action_next_offer"),
        (["ask_freight"], None),
    ],
)
def test_an_answer_to_the_offer_counts_however_loud(
    case: Case, offered: Claim, also: list[str], then: str | None
) -> None:
    assert anytime.calm(turn(case, "vent_anger", "烦死了", also=also, stage="offered")).then == then
    assert anytime.calm(turn(case, "vent_anger", "烦死了", also=also)).then is None, "where there is an offer"


# --- not understood -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "response"),
    [
        ("  ", "utter_empty"),
        ("https://item.taobao.com/1", "utter_link"),
        ("🌸🌸", "utter_sticker"),
        ("阿巴阿巴", "utter_default"),
    ],
)
def test_what_says_nothing_is_asked_about(case: Case, text: str, response: str) -> None:
    assert take(anytime.default_fallback, turn(case, "nlu_fallback", text)) == (Step(), [response])


def test_three_times_in_a_row_not_understood_is_a_persons_business(case: Case) -> None:
    missed = [LISTENS, said("nlu_fallback"), Happened("action", "action_default_fallback")]
    story = [*missed, *missed, LISTENS, said("nlu_fallback")]
    step, said_now = take(anytime.default_fallback, turn(case, "nlu_fallback", "阿巴", story=story))
    assert step.hands_over and said_now == ["utter_hand_off_lost"]
    assert case.handoff is not None and case.handoff.reason == "low_confidence"
    between = [*missed, LISTENS, said("thanks"), *missed, LISTENS, said("nlu_fallback")]
    fresh = case.desk.open(case.speaker)
    assert take(anytime.default_fallback, turn(fresh, "nlu_fallback", "阿巴", story=between))[1] == ["utter_default"]


def test_in_a_form_the_form_asks_again(case: Case) -> None:
    assert take(anytime.default_fallback, turn(case, "nlu_fallback", "阿巴", form="claim_form")) == (Step(), [])


def test_a_number_of_something_is_a_fact_whatever_it_was_read_as(case: Case) -> None:
    counted = turn(case, "nlu_fallback", "T恤1件", product("T恤"), quantity(1))
    assert take(anytime.default_fallback, counted) == (Step(then="action_take_facts"), [])


def test_a_plain_yes_to_nothing_is_noted(case: Case, offered: Claim) -> None:
    assert take(anytime.default_fallback, turn(case, "affirm", "好的", stage="offered"))[1] == ["utter_ask_offer"]
    assert take(anytime.default_fallback, turn(case, "affirm", "好的"))[1] == ["utter_noted"]
    nothing = case.desk.open(case.speaker)
    assert take(anytime.default_fallback, turn(nothing, "affirm", "好的"))[1] == ["utter_nudge"]


# --- the way back ---------------------------------------------------------------------------------


def test_the_open_question_is_repeated_outside_the_forms_only(case: Case, offered: Claim) -> None:
    assert take(anytime.back, turn(case, "thanks", stage="offered"))[1] == ["utter_ask_offer"]
    assert take(anytime.back, turn(case, "thanks", stage="waiting"))[1] == ["utter_ask_wait"]
    assert take(anytime.back, turn(case, "thanks", stage="offered", form="evidence_form"))[1] == []
    assert take(anytime.back, turn(case, "thanks"))[1] == []


def test_the_first_greeting_names_the_shop(case: Case) -> None:
    first = turn(case, "greet", "你好")
    assert take(anytime.greet, first)[1] == ["utter_greet"] and filled(first) == {"shop": case.policy.name}
    again = turn(case, "greet", "你好", story=[LISTENS, said("greet"), LISTENS, said("greet")])
    assert take(anytime.greet, again)[1] == ["utter_greet_again"]


def test_a_nudge_is_answered_with_the_open_question(case: Case) -> None:
    assert take(anytime.nudge, turn(case, "nudge", "在吗"))[1] == ["utter_nudge"]
    assert take(anytime.nudge, turn(case, "nudge", "在吗", form="claim_form"))[1] == ["utter_greet_again"]


# --- explained ------------------------------------------------------------------------------------


def test_a_rule_is_said_with_its_figures(case: Case) -> None:
    asked = turn(case, "ask_rule", "规则是什么")
    assert take(anytime.explain, asked)[1] == ["utter_ask_rule"]
    assert {"penalty_rules", "reship_hours", "refund_hours", "after_sale_days"} <= filled(asked).keys()


def test_how_long_it_takes_is_about_the_offer_where_there_is_one(case: Case) -> None:
    assert take(anytime.explain, turn(case, "ask_time_limit", "多久"))[1] == ["utter_ask_time_limit"]
    offers.assess(case, hear(case, "少一件", "T恤", missing=1))
    # Until when, stands in the offer that is put again behind it.
    assert take(anytime.explain, turn(case, "ask_time_limit", "多久"))[1] == ["utter_time_on_the_way"]
    assert take(anytime.other_service, turn(case, "ask_other_service", "什么时候发"))[1] == ["utter_time_on_the_way"]
    asked = turn(case, "ask_other_service", "你们老板贵姓")
    assert take(anytime.other_service, asked)[1] == ["utter_ask_other_service"]


def test_the_platform_is_explained_once_in_full(case: Case) -> None:
    step, said_now = take(anytime.explain_platform, turn(case, "request_platform", "找小二"))
    assert (step, said_now) == (
        Step({"platform_explained": True}),
        ["utter_explain_platform", "utter_ask_person"],
    )
    again = turn(case, "request_platform", "找小二", platform_explained=True)
    assert take(anytime.explain_platform, again)[1] == ["utter_explain_platform_again"]


def test_another_problem_is_not_asked_for_a_count(case: Case) -> None:
    broken = turn(case, "report_damage", "面霜碎了", product("面霜"))
    step, said_now = take(anytime.other_problem, broken)
    assert (step.slots["stage"], said_now) == ("problem", ["utter_report_damage"])
    assert step.slots["cases"] == [{"kind": "broken", "item": "面霜", "said": "面霜碎了", "evidence": []}]
    assert re.fullmatch(r"破损（尾号\d{4}，保湿面霜 50g×1.*）：面霜碎了", step.slots["other_problem"])
    never = turn(case, "report_not_received", "台灯没收到", product("台灯"))
    assert take(anytime.other_problem, never)[1] == ["utter_parcel_states"]  # it has not left yet
    one_of_three = turn(case, "report_not_received", "泳帽没收到", product("泳帽"))
    assert take(anytime.other_problem, one_of_three) == (Step(then="action_take_facts"), [])
    assert case.claims == []


def test_another_problem_that_is_said_again_is_handed_over_with_what_was_said(case: Case) -> None:
    again = turn(case, "report_damage", "都碎了", other_problem="面霜碎了，电话13812345678")
    step, said_now = take(anytime.other_problem, again)
    assert step.hands_over and said_now == ["utter_hand_off_other"]
    assert case.handoff is not None and case.handoff.reason == "other_problem"
    assert "买家说：面霜碎了，电话138****5678" in case.handoff.summary and "还没登记" in case.handoff.summary


def test_whatever_follows_another_problem_goes_along_with_it(case: Case) -> None:
    unsure = turn(case, "nlu_fallback", "那咋整", confidence=0.3, other_problem="发错：来的是伞", stage="problem")
    step, _ = take(anytime.other_problem, unsure)
    assert step.hands_over and case.handoff is not None and "来的是伞" in case.handoff.summary


def test_what_is_hardly_understood_hands_nothing_over(case: Case) -> None:
    unsure = turn(case, "report_quality", "短袖", confidence=0.4, other_problem="东西不对数")
    assert take(anytime.other_problem, unsure)[1] == ["utter_report_quality"] and case.handoff is None


def test_the_missing_thing_named_once_more_is_no_other_problem(case: Case, offered: Claim) -> None:
    unsure = turn(case, "report_wrong_item", "T恤，我买的白的", confidence=0.5, stage="offered")
    assert take(anytime.other_problem, unsure) == (Step(then="action_take_facts"), [])


def test_beside_an_offer_of_this_very_message_it_is_not_asked_about_again(case: Case, offered: Claim) -> None:
    beside = turn(case, "ask_freight", "运费谁出", stage="offered")
    beside.message = {**beside.message, "beside": True}
    assert take(anytime.back, beside) == (Step(), [])
