"""A person takes over with what they should know, is not interrupted, and gives back once."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.claims.events import ClaimOpened, Escalated, FactsLearned, SaidBy, kind_of
from bot.claims.model import Claim, ClaimState
from bot.desk import Case, Desk, facts, handoffs, offers, promises
from bot.store import Author, Conflict, Urgency
from bot.store.claims import Claims
from bot.store.handoffs import Handoffs
from bot.store.log import Log
from tests.desks import ANNA, ANNA_ELSEWHERE, Clock, again, do, say


def said(desk: Desk) -> list[dict[str, object]]:
    return [entry.body for entry in desk.store.log.after(ANNA.conversation_id)]


def give_back(case: Case) -> None:
    case.give_back()


def test_the_claim_in_work_goes_along(desk: Desk, offered: Claim) -> None:
    handoff = do(desk, handoffs.hand_off, "angry")
    assert handoff.claim_id == offered.claim_id
    assert (handoff.case_no, handoff.urgency) == (offered.claim_id, Urgency.HIGH)
    assert handoff.summary == (
        "【优先】买家生气并要找人；买家a**；纯棉T恤 白色 L码少1（拍3到2）；报过补发；值36.56元；"
        f"订单{offered.order_id}；凭证0份；"
        "建议回：让您来回说，是我们没办好。我看过前面的记录了，现在就给您定。"
    )
    assert again(desk, offered).state is ClaimState.HANDED_OFF
    assert kind_of(desk.store.claims.history(offered.claim_id)[-1][1]) == "HandedOff"
    assert desk.open(ANNA).handoff == handoff and desk.open(ANNA).active is None


@pytest.mark.parametrize(
    ("reason", "state"),
    [(reason, ClaimState.AGREED) for reason in ("user_requested", "angry", "other_problem", "other_address", "fraud")]
    + [(reason, ClaimState.HANDED_OFF) for reason in ("promise_broken", "policy_limit", "contradiction")],
)
def test_what_is_agreed_goes_along_only_if_it_is_disputed(
    desk: Desk, offered: Claim, reason: str, state: ClaimState
) -> None:
    agreed = do(desk, offers.accept, offered)
    handoff = do(desk, handoffs.hand_off, reason)
    assert handoff.claim_id == agreed.claim_id and "已说好补发" in handoff.summary
    assert again(desk, agreed).state is state


def test_two_notices_of_one_moment_both_go_out(desk: Desk) -> None:
    desk.tell = ("mail", "wecom")
    do(desk, handoffs.hand_off, "user_requested")
    do(desk, lambda case: case.custody.notify("handoff", "再叫一次"))  # the clock has not moved
    assert sum(desk.store.outbox.counts().values()) == 4


def test_without_a_claim_the_person_knows_that_there_is_none(desk: Desk) -> None:
    asked = do(desk, handoffs.hand_off, "user_requested", "我的13812345678")
    assert asked.summary.startswith("买家要找人；买家a**；买家说：我的138****5678；还没登记；建议回：")
    assert asked.claim_id is None and asked.case_no.startswith("SF-")
    withdrawn = do(desk, facts.withdraw, say(desk, "少一件", "T恤", missing=1))
    assert do(desk, handoffs.hand_off, "angry").claim_id is None
    assert again(desk, withdrawn) == withdrawn


def test_a_case_knows_that_a_person_was_asked_just_now(desk: Desk, offered: Claim) -> None:
    with desk.case(ANNA) as case:
        assert not case.is_handed_over_now
        handoffs.hand_off(case, "angry")
        assert case.is_handed_over_now
    assert not desk.open(ANNA).is_handed_over_now


def test_after_a_long_silence_the_bot_may_ask_once(desk: Desk, offered: Claim, clock: Clock) -> None:
    do(desk, handoffs.hand_off, "angry")
    clock.now += timedelta(minutes=29, seconds=59)
    assert not do(desk, handoffs.mute_is_over)
    clock.now += timedelta(seconds=1)
    assert do(desk, handoffs.mute_is_over)
    do(desk, lambda case: case.custody.offer_back())
    assert not do(desk, handoffs.mute_is_over), "it has been asked"
    assert desk.open(ANNA).handoff is not None, "and a person has it until there is a yes"


def test_a_person_who_goes_on_typing_is_not_interrupted(desk: Desk, offered: Claim, clock: Clock) -> None:
    do(desk, handoffs.hand_off, "angry")
    clock.now += timedelta(minutes=29)
    desk.store.log.append("talk-a", Author.AGENT, {"text": "我在查"}, clock.now)
    clock.now += timedelta(minutes=29)
    assert not do(desk, handoffs.mute_is_over)
    clock.now += timedelta(minutes=1)
    assert do(desk, handoffs.mute_is_over)


def test_once_the_platform_has_stepped_in_the_bot_stays_silent(desk: Desk, offered: Claim, clock: Clock) -> None:
    do(desk, handoffs.hand_off, "angry")
    case = desk.open(ANNA)
    case.claims = [replace(offered, state=ClaimState.ESCALATED)]
    case.now += timedelta(days=30)
    assert case.handoff and not handoffs.mute_is_over(case) and not case.is_changed


@pytest.mark.parametrize("so_far", ["offered", "agreed", "fulfilled", "handed off", "withdrawn"])
def test_the_platform_takes_the_claim_from_wherever_it_is(desk: Desk, offered: Claim, so_far: str) -> None:
    claim = offered
    if so_far in ("agreed", "fulfilled"):
        claim = do(desk, offers.accept, claim)
    if so_far == "fulfilled":
        claim = do(desk, promises.fulfil, claim)
    if so_far == "handed off":
        do(desk, handoffs.hand_off, "angry")
    if so_far == "withdrawn":
        claim = do(desk, facts.withdraw, claim)
    handoff = do(desk, handoffs.step_aside, SaidBy.BUYER)
    assert handoff is not None and handoff.reason == "platform_stepped_in" and len(handoff.summary) <= 200
    after = again(desk, claim)
    if so_far == "withdrawn":
        assert (handoff.claim_id, after) == (None, claim), "that is over"
    else:
        assert (handoff.claim_id, after.state) == (claim.claim_id, ClaimState.ESCALATED)
        assert (after.promise, after.settlement, after.offers) == (claim.promise, claim.settlement, claim.offers)
    assert ("已说好补发" in handoff.summary) is (so_far in ("agreed", "fulfilled"))


def test_that_the_platform_has_stepped_in_is_said_once(desk: Desk, offered: Claim) -> None:
    assert do(desk, handoffs.step_aside, SaidBy.DESK)
    assert do(desk, handoffs.step_aside, SaidBy.BUYER) is None
    story = [event for _, event in desk.store.claims.history(offered.claim_id)]
    assert story[-1] == Escalated(SaidBy.DESK) and story.count(Escalated(SaidBy.DESK)) == 1


def test_all_claims_on_that_order_go_to_the_platform_and_no_others(desk: Desk, agreed: Claim, clock: Clock) -> None:
    clock.now += timedelta(minutes=1)
    other = do(desk, offers.accept, do(desk, offers.assess, say(desk, "台灯少一件", "台灯", missing=1)).claim)
    elsewhere = say(desk, "面霜少了", "面霜", ANNA_ELSEWHERE, missing=1)
    do(desk, handoffs.step_aside, SaidBy.BUYER)
    assert again(desk, other).state is ClaimState.ESCALATED
    assert (again(desk, agreed), again(desk, elsewhere)) == (agreed, elsewhere)


def test_both_claims_on_an_order_go_to_the_platform(desk: Desk, agreed: Claim) -> None:
    with desk.case(ANNA) as case:
        opened = ClaimOpened(case.new_claim_id(), ANNA.conversation_id, ANNA.buyer_id)
        second = case.record(None, opened, FactsLearned(agreed.order_id, agreed.platform, (), agreed.shortage))
    do(desk, handoffs.step_aside, SaidBy.BUYER)
    assert {again(desk, claim).state for claim in (agreed, second)} == {ClaimState.ESCALATED}


@pytest.mark.parametrize("with_claim", [True, False])
def test_nobody_gives_back_what_the_platform_has(desk: Desk, clock: Clock, with_claim: bool) -> None:
    if with_claim:
        say(desk, "少一件", "T恤", missing=1)
    do(desk, handoffs.step_aside, SaidBy.BUYER)
    clock.now += timedelta(days=300)
    do(desk, give_back)
    assert not do(desk, handoffs.mute_is_over) and desk.open(ANNA).is_with_platform
    assert said(desk) == []


def test_what_was_kept_after_the_platform_stepped_in_leaves_it_silent(desk: Desk, agreed: Claim, clock: Clock) -> None:
    do(desk, handoffs.step_aside, SaidBy.BUYER)
    assert do(desk, promises.fulfil, again(desk, agreed)).state is ClaimState.FULFILLED
    clock.now += timedelta(days=30)
    assert desk.open(ANNA).handoff and not do(desk, handoffs.mute_is_over)


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


def test_a_summary_counts_as_the_claim_does(desk: Desk) -> None:
    say(desk, "马克杯少一只", "马克杯", missing=1)
    assert "陶瓷马克杯 双只装少1只（拍2只到1只）" in do(desk, handoffs.hand_off, "angry").summary


def test_a_summary_names_the_part(desk: Desk) -> None:
    say(desk, "书架没有螺丝包", "书架")
    assert "里少螺丝包" in do(desk, handoffs.hand_off, "angry").summary
