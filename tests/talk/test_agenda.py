from __future__ import annotations

from typing import Any

import pytest

from bot.claims.model import Claim
from bot.desk import Case, facts
from bot.talk import agenda
from bot.talk.facts import withdraw
from bot.talk.turn import Happened, Memory
from bot.understanding.acts import Act, acts_of
from tests.turns import take, turn


def read(case: Case, text: str, intent: str = "report_short_shipment", also: str = "") -> list[Act]:
    clauses = [{"text": text, "intent": also, "confidence": 0.95}] if also else []
    message = {"text": text, "intent": {"name": intent, "confidence": 1.0}, "also": [also], "clauses": clauses}
    return acts_of(message, case.recent_orders)


@pytest.fixture
def facts_(case: Case) -> list[Act]:
    return read(case, "坚果少一箱，小说少一本")


def memory(*acts: Act, form: str | None = None, last: str = "action_assess", **slots: Any) -> Memory:
    return Memory({agenda.SLOT: agenda.kept(acts), **slots}, form, [Happened("action", last)])


def test_nothing_waits_where_nothing_was_said(case: Case) -> None:
    assert agenda.taken_up(case, Memory()) == (None, []) and agenda.kept([]) is None


def test_what_waits_is_taken_up_in_turn_once_nothing_is_in_work(case: Case, facts_: list[Act]) -> None:
    assert agenda.taken_up(case, memory(*facts_)) == (facts_[0], facts_[1:])
    assert agenda.taken_up(case, memory(*facts_, form="claim_form")) == (None, facts_)


def test_it_waits_while_an_offer_stands_and_no_longer(case: Case, offered: Claim, facts_: list[Act]) -> None:
    assert agenda.taken_up(case, memory(*facts_))[0] is None
    facts.withdraw(case, offered)
    assert agenda.taken_up(case, memory(*facts_))[0] == facts_[0]


def test_an_agreement_or_a_parcel_that_is_waited_for_lets_the_next_come(case: Case, facts_: list[Act]) -> None:
    facts.open_claim(case)
    assert agenda.taken_up(case, memory(*facts_))[0] is None
    assert agenda.taken_up(case, memory(*facts_, last="utter_wait_agreed"))[0] == facts_[0]


def test_after_an_agreement_the_next_comes(case: Case, agreed: Claim, facts_: list[Act]) -> None:
    assert agenda.taken_up(case, memory(*facts_))[0] == facts_[0]


def test_what_has_been_claimed_meanwhile_waits_no_longer(case: Case, agreed: Claim, facts_: list[Act]) -> None:
    shirts = read(case, "T恤少一件，坚果少一箱")
    assert agenda.taken_up(case, memory(*shirts)) == (shirts[1], [])


def test_a_question_is_answered_at_once_and_no_picture_when_one_is_asked_for(case: Case, offered: Claim) -> None:
    _, question = read(case, "运费谁出", also="ask_freight")
    assert agenda.taken_up(case, memory(question))[0] == question
    _, none = read(case, "没拍照", also="no_evidence")
    assert agenda.taken_up(case, memory(none))[0] is None and agenda.says_none({agenda.SLOT: [none.kept()]})
    assert agenda.taken_up(case, memory(none, form="evidence_form"))[0] == none


def test_the_same_thing_said_again_waits_once_and_problems_come_last(case: Case, facts_: list[Act]) -> None:
    _, broken = read(case, "面霜碎了", also="report_damage")
    again = read(case, "小说少两本，坚果少一箱")
    acts = agenda.with_more([broken, *facts_], again)
    assert [act.item for act in acts] == ["名侦探小说集 全6册", "每日坚果 30包", None]
    assert acts[0].value == {"missing": 2}


def test_it_is_said_back_once(case: Case, offered: Claim, facts_: list[Act]) -> None:
    checked = turn(case, "report_short_shipment", "少一件", agenda=agenda.kept(facts_))
    slots = agenda.said_back(checked, offered)
    assert [reply.response for reply in checked.replies] == ["utter_understood_several"]
    assert "「每日坚果 30包」拍了4件，收到3件，少1件" in checked.replies[0].values["lines"]
    again = turn(case, "report_short_shipment", "少一件", **slots)
    assert agenda.said_back(again, offered) == {}
    assert [reply.response for reply in again.replies] == ["utter_understood"]


def test_what_is_found_while_it_waits_leaves_the_claim_in_work_alone(
    case: Case, offered: Claim, facts_: list[Act]
) -> None:
    step, said = take(withdraw, turn(case, "withdraw_claim", "小说找到了", agenda=agenda.kept(facts_)))
    assert said == ["utter_part_found"] and step.then == "claim_form"
    assert [kept["item"] for kept in step.slots[agenda.SLOT]] == ["每日坚果 30包"]
    assert case.active is not None and case.active.offer == offered.offer


def test_giving_up_all_of_it_leaves_nothing_waiting(case: Case, offered: Claim, facts_: list[Act]) -> None:
    step, _ = take(withdraw, turn(case, "withdraw_claim", "都不用办了", agenda=agenda.kept(facts_)))
    assert step.slots[agenda.SLOT] is None
    step, _ = take(withdraw, turn(case, "withdraw_claim", "这件不用办了", agenda=agenda.kept(facts_)))
    assert agenda.SLOT not in step.slots
