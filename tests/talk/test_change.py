"""What is agreed changes with a yes alone, and the question is put once."""

from __future__ import annotations

from typing import Any

from bot.claims.model import Claim, ClaimState
from bot.desk import Case
from bot.talk import change, facts, offer
from bot.talk.turn import Happened, Turn
from tests.turns import LISTENS, filled, quantity, said, take, turn

ASKED = [Happened("user", "correct_claim"), Happened("said", "utter_ask_change"), LISTENS]


def named(case: Case, text: str = "说错了，少两件", count: int = 2, story: Any = None) -> Turn:
    return turn(case, "correct_claim", text, quantity(count), story=story)


def test_other_figures_are_said_back_and_nothing_is_withdrawn(case: Case, agreed: Claim) -> None:
    asks = named(case)
    step, said_now = take(facts.correct_claim, asks)
    assert said_now == ["utter_ask_change"] and "少2件" in filled(asks)["lines"] and "补发" in filled(asks)["offer"]
    assert case.active == agreed and step.slots["change"]["text"] == "说错了，少两件"


def test_the_yes_makes_a_claim_with_the_new_figures(case: Case, agreed: Claim) -> None:
    kept = take(facts.correct_claim, named(case))[0].slots["change"]
    yes = turn(case, "affirm", "对", story=[*ASKED, said("affirm")], stage="agreed", change=kept)
    step, said_now = take(change.stays_agreed, yes)
    assert (step.then, said_now) == ("claim_form", [])
    assert case.active is not None and case.active.lines[0].missing == 2
    assert {claim.state for claim in case.here} == {ClaimState.WITHDRAWN, ClaimState.GATHERING}


def test_a_yes_that_is_not_sure_is_asked_again(case: Case, agreed: Claim) -> None:
    kept = take(facts.correct_claim, named(case))[0].slots["change"]
    yes = turn(case, "affirm", "也许", confidence=0.4, story=[*ASKED, said("affirm")], stage="agreed", change=kept)
    assert take(change.stays_agreed, yes)[1] == ["utter_ask_change"] and case.active == agreed


def test_figures_that_are_said_again_are_the_yes(case: Case, agreed: Claim) -> None:
    again = named(case, "真的是少两件", story=[*ASKED, said("correct_claim")])
    assert "utter_ask_change" not in take(facts.correct_claim, again)[1]
    assert case.active is not None and case.active.lines[0].missing == 2


def test_a_no_leaves_it_as_it_was(case: Case, agreed: Claim) -> None:
    no = turn(case, "deny", "不是", story=[*ASKED, said("deny")], stage="agreed", change={})
    assert take(offer.next_offer, no)[1] == ["utter_change_refused"] and case.active == agreed


def test_a_yes_to_nothing_is_only_noted(case: Case, agreed: Claim) -> None:
    assert take(change.stays_agreed, turn(case, "affirm", "嗯"))[1] == ["utter_noted"]
