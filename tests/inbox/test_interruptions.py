"""A person takes over, or the platform steps in: the bot falls silent, whatever else happens. No model is needed."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bot.claims.events import SaidBy
from bot.claims.model import Claim, ClaimState, Remedy
from bot.desk import Case, Desk, facts, handoffs, offers
from bot.inbox import outside
from bot.inbox.inbox import Inbox
from bot.inbox.outside import agent_said, platform_stepped_in
from bot.store import Conflict
from tests.desks import ANNA, Clock, again, do, say
from tests.inboxes import TALK, Echo, ask, dies_over, log, message, remembered, row, said

# --- a person -------------------------------------------------------------------------------------


def take_over(case: Case) -> None:
    handoffs.hand_off(case, "angry")


def test_a_hand_off_is_noted_after_the_last_reply_and_then_there_is_silence(
    inbox: Inbox, engine: Echo, clock: Clock
) -> None:
    engine.during = take_over
    outcome = ask(inbox, "转人工")
    assert outcome.handoff is not None and outcome.handoff["reason"] == "angry"
    case_no = outcome.handoff["case_no"]
    told = f"登记号{case_no}，您排在最前面，同事空出来就接。"
    assert log(inbox) == ["buyer: 转人工", "bot: echo: 转人工", f"bot: {told}", "system: handed_off"]
    silent = ask(inbox, "是T恤", "1")
    assert silent.replies == [] and silent.handoff == {**outcome.handoff, "begun": False} and silent.intent is None
    assert len(engine.asked) == 1 and inbox.log.unanswered(TALK) == []
    assert ask(inbox, "是T恤", "1") == silent
    assert remembered(inbox) == {"said": ["转人工"]}, "what was remembered stays"


def test_when_the_silence_is_over_the_bot_asks_and_goes_on_with_the_buyers_yes(
    inbox: Inbox, engine: Echo, clock: Clock
) -> None:
    engine.during = take_over
    ask(inbox, "转人工")
    engine.during = lambda case: None
    clock.now += timedelta(minutes=inbox.desk.policy.handoff.mute_minutes)
    asking = ask(inbox, "到底办不办")
    assert asking.handoff is not None and said(asking) == ["同事还没回您。要不要我先接着帮您办？"]
    assert [button["payload"] for button in asking.replies[0]["buttons"]] == ["好，你来吧", "不用了，等同事"]
    yes = ask(inbox, "好，你来吧")
    assert yes.handoff is None and said(yes) == ["好，我接着来。还有什么，直接跟我说。"]
    assert said(ask(inbox, "少一件")) == ["echo: 少一件"]
    assert log(inbox)[5:8] == ["bot: 同事还没回您。要不要我先接着帮您办？", "buyer: 好，你来吧", "system: resumed"]


def test_without_a_yes_a_person_is_called_again(inbox: Inbox, engine: Echo, clock: Clock) -> None:
    engine.during = take_over
    ask(inbox, "转人工")
    clock.now += timedelta(minutes=inbox.desk.policy.handoff.mute_minutes)
    ask(inbox, "在吗")
    stays = ask(inbox, "不用了，等同事")
    assert stays.handoff is not None and said(stays)[0].startswith("好，还是请同事来")
    assert len(engine.asked) == 1


def test_what_a_person_types_is_in_the_log_and_the_bot_falls_silent(inbox: Inbox, engine: Echo, desk: Desk) -> None:
    claim = say(desk, "少一件", "T恤", missing=1)
    for text, message_id in (("我来处理", "a1"), ("我来处理", "a1"), ("稍等", None)):
        agent_said(inbox, message(text, message_id))
    assert log(inbox) == ["system: handed_off", "agent: 我来处理", "agent: 稍等"]
    handoff = desk.open(ANNA).handoff
    assert handoff is not None and (handoff.reason, handoff.claim_id) == ("agent_took_over", claim.claim_id)
    assert ask(inbox, "好").replies == [] and engine.asked == []


def test_a_person_who_types_while_the_claim_changes_is_heard_all_the_same(
    inbox: Inbox, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    claim = say(desk, "少一件", "T恤", missing=1)
    hand_off = outside.hand_off

    def be_late(case: Case, reason: str) -> None:
        monkeypatch.setattr(outside, "hand_off", hand_off)
        do(desk, facts.wish, claim, Remedy.REFUND)
        hand_off(case, reason)

    monkeypatch.setattr(outside, "hand_off", be_late)
    agent_said(inbox, message("我来处理", "a1"))
    assert log(inbox) == ["system: handed_off", "agent: 我来处理"]
    assert (again(desk, claim).state, again(desk, claim).wish) == (ClaimState.HANDED_OFF, Remedy.REFUND)


@pytest.mark.parametrize("changes", [False, True])
def test_a_person_who_takes_over_while_the_bot_thinks_has_the_last_word(
    inbox: Inbox, engine: Echo, desk: Desk, changes: bool
) -> None:
    say(desk, "少一件", "T恤", missing=1)

    def think(case: Case) -> None:
        if changes:
            offers.assess(case, case.claims[0])
        agent_said(inbox, message("我来处理", "a1"))

    engine.during = think
    outcome = ask(inbox, "怎么办")
    assert outcome.replies == [] and outcome.handoff is not None
    assert log(inbox) == ["buyer: 怎么办", "system: handed_off", "agent: 我来处理"]
    assert inbox.log.unanswered(TALK) == [] and row(inbox).lease is None


def test_a_person_who_goes_on_typing_does_not_stop_what_waits(inbox: Inbox, clock: Clock) -> None:
    agent_said(inbox, message("我来处理", "a1"))
    dies_over(inbox, message("好"))
    agent_said(inbox, message("稍等", "a2"))
    assert row(inbox).lease == "the lease of one who died"


def test_a_person_who_is_outrun_again_and_again_is_told_and_can_say_it_again(
    inbox: Inbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise Conflict("somebody else was first")

    with monkeypatch.context() as busy, pytest.raises(Conflict):
        busy.setattr(outside, "hand_off", fail)
        agent_said(inbox, message("我来处理", "a1"))
    assert log(inbox) == []
    agent_said(inbox, message("我来处理", "a1"))
    assert log(inbox) == ["system: handed_off", "agent: 我来处理"]


# --- the platform steps in --------------------------------------------------------------------------


def platform_claim(desk: Desk, claim: Claim) -> tuple[str, ClaimState]:
    handoff = desk.open(ANNA).handoff
    assert handoff is not None and handoff.claim_id == claim.claim_id
    return handoff.reason, again(desk, claim).state


ESCALATED = ("platform_stepped_in", ClaimState.ESCALATED)


def test_the_desk_says_that_the_platform_has_stepped_in_and_the_bot_is_silent_for_good(
    inbox: Inbox, engine: Echo, desk: Desk, clock: Clock
) -> None:
    claim = say(desk, "少一件", "T恤", missing=1)
    for _ in range(2):
        outcome = platform_stepped_in(inbox, message(""))
        assert outcome.replies == [] and outcome.handoff is not None and outcome.claim is not None
        assert (outcome.handoff["reason"], outcome.claim["state"]) == ("platform_stepped_in", "escalated")
    assert platform_claim(desk, claim) == ESCALATED and log(inbox) == ["system: handed_off"]
    clock.now += timedelta(days=300)
    assert ask(inbox, "人呢").replies == [] and engine.asked == []
    assert log(inbox) == ["system: handed_off", "buyer: 人呢"]


def test_a_person_and_then_the_platform(inbox: Inbox, desk: Desk, clock: Clock) -> None:
    claim = say(desk, "少一件", "T恤", missing=1)
    agent_said(inbox, message("我来处理"))
    platform_stepped_in(inbox, message(""))
    agent_said(inbox, message("您找平台了，那听平台的"))
    assert platform_claim(desk, claim) == ESCALATED
    clock.now += timedelta(hours=1)
    assert ask(inbox, "人呢").replies == []
    assert log(inbox) == [
        "system: handed_off",
        "agent: 我来处理",
        "agent: 您找平台了，那听平台的",
        "buyer: 人呢",
    ]


def test_what_the_buyer_says_of_the_platform_is_heard_while_a_person_has_the_conversation(
    inbox: Inbox, engine: Echo, desk: Desk, clock: Clock
) -> None:
    claim = say(desk, "少一件", "T恤", missing=1)
    agent_said(inbox, message("我来处理"))
    outcome = ask(inbox, "小二介入了")
    assert outcome.replies == [] and outcome.handoff is not None
    assert outcome.handoff["reason"] == "platform_stepped_in" and platform_claim(desk, claim) == ESCALATED
    clock.now += timedelta(hours=1)
    assert ask(inbox, "人呢").replies == [] and engine.asked == []
    assert log(inbox) == ["system: handed_off", "agent: 我来处理", "buyer: 小二介入了", "buyer: 人呢"]


@pytest.mark.parametrize("how", ["unsure", "failing"])
def test_what_is_not_surely_heard_in_silence_changes_nothing(
    inbox: Inbox, engine: Echo, desk: Desk, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    def fail(text: str) -> None:
        raise RuntimeError("no")

    if how == "unsure":
        engine.sure = 0.59
    else:
        monkeypatch.setattr(engine, "parse", fail)
    claim = say(desk, "少一件", "T恤", missing=1)
    agent_said(inbox, message("我来处理"))
    assert ask(inbox, "小二介入了").replies == []
    assert platform_claim(desk, claim) == ("agent_took_over", ClaimState.HANDED_OFF)
    assert log(inbox)[-1] == "buyer: 小二介入了"


def test_the_platform_that_steps_in_while_the_claim_changes_is_noted_all_the_same(
    inbox: Inbox, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    claim = say(desk, "少一件", "T恤", missing=1)
    step_aside = outside.step_aside

    def be_late(case: Case, said_by: SaidBy) -> object:
        monkeypatch.setattr(outside, "step_aside", step_aside)
        do(desk, facts.wish, claim, Remedy.REFUND)
        return step_aside(case, said_by)

    monkeypatch.setattr(outside, "step_aside", be_late)
    platform_stepped_in(inbox, message(""))
    assert platform_claim(desk, claim) == ESCALATED and again(desk, claim).wish is Remedy.REFUND
    assert log(inbox) == ["system: handed_off"]


def test_a_desk_that_is_outrun_again_and_again_is_told(inbox: Inbox, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise Conflict("somebody else was first")

    monkeypatch.setattr(outside, "step_aside", fail)
    with pytest.raises(Conflict):
        platform_stepped_in(inbox, message(""))
    assert log(inbox) == []
