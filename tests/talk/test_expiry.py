"""A dialogue whose claim has expired: where it stands then, and what an answer to the old question gets."""

from __future__ import annotations

import pytest

from bot.claims import events
from bot.claims.model import Claim, ClaimState
from bot.desk import Case
from bot.talk import facts, offer
from bot.talk.expiry import is_left_behind
from bot.talk.turn import Happened, Memory, Step
from tests.desks import hear
from tests.turns import LISTENS, filled, said, take, turn

EXPIRED = events.Expired(14)
SAID_BEFORE = [said("accept_offer"), Happened("action", "action_expired"), LISTENS, said("accept_offer")]


@pytest.mark.parametrize(
    ("memory", "left_behind"),
    [
        (Memory({"stage": "offered"}), True),
        (Memory({"stage": "evidence"}, "evidence_form"), True),
        (Memory({}, "claim_form"), True),
        (Memory({"stage": "waiting"}), False),  # what is waited for was to be gone on with
        (Memory({"stage": "expired"}), False),  # known already
        (Memory({"stage": "closed"}), False),
        (Memory(), False),
    ],
)
def test_who_is_still_waited_for_is_left_behind(case: Case, offered: Claim, memory: Memory, left_behind: bool) -> None:
    assert not is_left_behind(case, memory)
    case.record(offered, EXPIRED)
    assert is_left_behind(case, memory) is left_behind


def test_without_a_claim_nobody_is_left_behind(case: Case) -> None:
    assert not is_left_behind(case, Memory({}, "claim_form"))


def test_an_old_offer_is_not_taken_and_it_is_said_twice_in_other_words(case: Case, offered: Claim) -> None:
    case.record(offered, EXPIRED)
    assert take(offer.expired, turn(case, "accept_offer", stage="expired")) == (Step(), ["utter_offer_expired"])
    again = turn(case, "accept_offer", stage="expired", story=SAID_BEFORE)
    assert take(offer.expired, again) == (Step(), ["utter_expired_again"])
    assert case.current is not None and case.current.state is ClaimState.EXPIRED


def test_before_there_was_an_offer_it_is_the_claim_that_has_expired(case: Case) -> None:
    case.record(hear(case, "少一件", "T恤", missing=1), EXPIRED)
    assert take(offer.expired, turn(case, "no_evidence", stage="expired"))[1] == ["utter_claim_expired"]


def test_what_has_become_of_it_is_said(case: Case, offered: Claim) -> None:
    case.record(offered, EXPIRED)
    asked = turn(case, "ask_progress", "我的补发呢", stage="expired")
    assert take(offer.progress, asked)[1] == ["utter_progress_expired"]
    assert filled(asked)["status"] == "已经过期，要办的话回“人工”"


def test_who_was_told_to_wait_goes_on_with_what_was_said(case: Case) -> None:
    waiting = hear(case, "少一件", "T恤", missing=1)
    case.record(waiting, EXPIRED)
    step, _ = take(facts.insist, turn(case, "deny", "里面没有", stage="waiting"))
    assert step == Step({"stage": "assessing"})
    fresh = case.active
    assert fresh is not None and fresh.claim_id != waiting.claim_id and fresh.lines == waiting.lines


@pytest.mark.parametrize(
    ("form", "stage", "after"), [(None, "expired", None), ("evidence_form", "evidence", "evidence")]
)
def test_a_wish_begins_anew_but_leaves_the_evidence_where_it_is(
    case: Case, form: str | None, stage: str, after: str | None
) -> None:
    step, _ = take(facts.note_wish, turn(case, "request_refund", "退款", form=form, stage=stage))
    assert step.slots["stage"] == after
