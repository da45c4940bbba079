"""A person takes over with what they should know, is not interrupted, and gives back once."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.claims.events import kind_of
from bot.claims.model import Claim, ClaimState
from bot.desk import Case, Desk, facts, handoffs
from bot.store import Author, Conflict
from bot.store.claims import Claims
from bot.store.handoffs import Handoffs
from bot.store.log import Log
from tests.desks import ANNA, Clock, again, do, say


def said(desk: Desk) -> list[dict[str, object]]:
    return [entry.body for entry in desk.store.log.after(ANNA.conversation_id)]


def give_back(case: Case) -> None:
    case.give_back()


def test_the_claim_in_work_goes_along(desk: Desk, offered: Claim) -> None:
    handoff = do(desk, handoffs.hand_off, "angry")
    assert handoff.claim_id == offered.claim_id
    assert "T恤" in handoff.summary and "reship:0分" in handoff.summary and len(handoff.summary) <= 200
    assert again(desk, offered).state is ClaimState.HANDED_OFF
    assert kind_of(desk.store.claims.history(offered.claim_id)[-1][1]) == "HandedOff"
    assert desk.open(ANNA).handoff == handoff and desk.open(ANNA).active is None


def test_without_a_claim_the_person_knows_that_there_is_none(desk: Desk) -> None:
    assert do(desk, handoffs.hand_off, "user_requested").summary == "原因:user_requested;未登记"
    withdrawn = do(desk, facts.withdraw, say(desk, "少一件", "T恤", missing=1))
    assert do(desk, handoffs.hand_off, "angry").claim_id is None
    assert again(desk, withdrawn) == withdrawn


def test_a_case_knows_that_a_person_was_asked_just_now(desk: Desk, offered: Claim) -> None:
    with desk.case(ANNA) as case:
        assert not case.is_handed_over_now
        handoffs.hand_off(case, "angry")
        assert case.is_handed_over_now
    assert not desk.open(ANNA).is_handed_over_now


def test_silence_after_a_hand_off_ends_by_itself(desk: Desk, offered: Claim, clock: Clock) -> None:
    do(desk, handoffs.hand_off, "angry")
    clock.now += timedelta(minutes=29, seconds=59)
    assert do(desk, handoffs.in_force)
    clock.now += timedelta(seconds=1)
    assert do(desk, handoffs.in_force) is None
    assert desk.store.handoffs.active(ANNA.conversation_id) is None and said(desk) == [{"state": "resumed"}]


def test_a_person_who_goes_on_typing_is_not_interrupted(desk: Desk, offered: Claim, clock: Clock) -> None:
    do(desk, handoffs.hand_off, "angry")
    clock.now += timedelta(minutes=29)
    desk.store.log.append("talk-a", Author.AGENT, {"text": "我在查"}, clock.now)
    clock.now += timedelta(minutes=29)
    assert do(desk, handoffs.in_force)
    clock.now += timedelta(minutes=1)
    assert do(desk, handoffs.in_force) is None


def test_once_the_platform_has_stepped_in_the_bot_stays_silent(desk: Desk, offered: Claim, clock: Clock) -> None:
    do(desk, handoffs.hand_off, "angry")
    case = desk.open(ANNA)
    case.claims = [replace(offered, state=ClaimState.ESCALATED)]
    case.now += timedelta(days=30)
    assert handoffs.in_force(case) and not case.is_changed


def test_two_who_give_back_say_so_once(desk: Desk, offered: Claim) -> None:
    do(desk, handoffs.hand_off, "angry")
    do(desk, give_back)
    do(desk, give_back)
    assert said(desk) == [{"state": "resumed"}]


def test_two_who_give_back_at_the_same_time_say_so_once(desk: Desk, offered: Claim) -> None:
    do(desk, handoffs.hand_off, "angry")
    first, second = desk.open(ANNA), desk.open(ANNA)
    for case in (first, second):
        case.give_back()
    with desk.store.transaction() as parts:
        first.save(parts)
    with pytest.raises(Conflict), desk.store.transaction() as parts:
        second.save(parts)
    assert said(desk) == [{"state": "resumed"}]


def test_given_back_and_taken_again_in_one_breath(desk: Desk, offered: Claim) -> None:
    do(desk, handoffs.hand_off, "angry")
    with desk.case(ANNA) as case:
        case.give_back()
        taken = handoffs.hand_off(case, "user_requested")
    assert desk.store.handoffs.active(ANNA.conversation_id) == taken


def test_a_process_that_dies_while_handing_over_leaves_all_as_it_was(
    desk: Desk, offered: Claim, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The hand-off, the claim's part in it and what is said of it are written together."""

    def die(*_: object, **__: object) -> None:
        raise SystemExit

    for part, step in ((Claims, "append"), (Handoffs, "open"), (Log, "write")):
        with monkeypatch.context() as dying, pytest.raises(SystemExit):
            dying.setattr(part, step, die)
            with desk.case(ANNA) as case:
                case.tell(Author.SYSTEM, {"state": "handed_off"})
                handoffs.hand_off(case, "angry")
        assert desk.store.handoffs.active(ANNA.conversation_id) is None
        assert said(desk) == []
        assert again(desk, offered) == offered, "and the claim goes on where it was"
