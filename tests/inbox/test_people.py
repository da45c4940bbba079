"""What colleagues do in a conversation: one has it, the buyer reads what is decided, and it is on record by name."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bot.claims.events import CountsChanged, OfferAccepted, OtherKindFound, Refused, replay
from bot.claims.model import Claim, ClaimState, Remedy
from bot.desk import Desk, handoffs, offers
from bot.inbox import people
from bot.inbox.inbox import Inbox
from bot.inbox.outside import agent_said
from bot.inbox.people import NoConversation, NotPossible, TakenByOther, Terms
from bot.store import Session
from bot.store.accounts import Accounts
from bot.talk import colleague
from tests.desks import ANNA, Clock, again, do, say
from tests.inboxes import TALK, Echo, ask, log, message, said


@pytest.fixture
def complained(inbox: Inbox, desk: Desk) -> Claim:
    """One shirt of three is missing, a reship is on offer, and the buyer wants a person."""
    ask(inbox, "少一件")
    offered = do(desk, offers.assess, say(desk, "少一件", "T恤", missing=1)).claim
    do(desk, handoffs.hand_off, "user_requested")
    return again(desk, offered)


@pytest.fixture
def in_the_widget(desk: Desk, clock: Clock) -> None:
    desk.store.sessions.open(Session(TALK, ANNA.buyer_id, None), clock())


def bot_said(inbox: Inbox) -> list[str]:
    return [line.removeprefix("bot: ") for line in log(inbox) if line.startswith("bot: ")]


# --- who has it -----------------------------------------------------------------------------------


def test_two_colleagues_take_the_same_conversation_and_one_has_it(inbox: Inbox, desk: Desk, complained: Claim) -> None:
    taken = people.take_over(inbox, TALK, by="小李")
    assert taken.taken_by == "小李" and people.take_over(inbox, TALK, by="小李").taken_by == "小李"
    with pytest.raises(TakenByOther) as other:
        people.take_over(inbox, TALK, by="小王")
    assert other.value.name == "小李"
    for what in (lambda: people.say(inbox, TALK, "我来", by="小王"), lambda: people.give_back(inbox, TALK, by="小王")):
        with pytest.raises(TakenByOther):
            what()
    people.release(inbox, TALK, by="小李")
    assert people.take_over(inbox, TALK, by="小王").taken_by == "小王"


def test_two_who_take_it_in_the_same_moment(inbox: Inbox, desk: Desk, complained: Claim) -> None:
    cases = [desk.open(ANNA) for _ in range(2)]
    for case, name in zip(cases, ("小李", "小王"), strict=True):
        case.custody.take(name)
    with desk.store.transaction() as parts:
        cases[0].save(parts)
    with pytest.raises(people.TakenByOther):
        people.take_over(inbox, TALK, by="小王")
    active = desk.store.handoffs.active(TALK)
    assert active is not None and active.taken_by == "小李"


def test_the_bots_conversation_is_taken_over_too(inbox: Inbox, engine: Echo) -> None:
    ask(inbox, "在吗")
    assert people.take_over(inbox, TALK, by="小李").reason == "agent_took_over"
    assert ask(inbox, "T恤少一件").replies == [] and len(engine.asked) == 1
    with pytest.raises(NoConversation):
        people.take_over(inbox, "nobody", by="小李")


def test_a_line_typed_in_another_tool_takes_over_and_the_bots_own_echo_does_not(inbox: Inbox, desk: Desk) -> None:
    ask(inbox, "在吗")
    echo = inbox.log.after(TALK)[-1]
    agent_said(inbox, message(echo.text, echo.entry_id))
    assert desk.store.handoffs.active(TALK) is None and log(inbox) == ["buyer: 在吗", "bot: echo: 在吗"]
    agent_said(inbox, message("我来处理", "a1"))
    active = desk.store.handoffs.active(TALK)
    assert active is not None and active.taken_by == "同事"


def test_what_a_colleague_says_goes_out_with_the_next_answer_where_nothing_can_be_pushed(
    inbox: Inbox, complained: Claim
) -> None:
    people.say(inbox, TALK, "在帮您看了", by="小李", message_id="m1")
    people.say(inbox, TALK, "在帮您看了", by="小李", message_id="m1")
    assert not people.can_push(inbox, TALK)
    assert said(ask(inbox, "好的")) == ["在帮您看了"] and said(ask(inbox, "嗯嗯")) == []
    assert log(inbox).count("agent: 在帮您看了") == 1


@pytest.mark.usefixtures("in_the_widget")
def test_where_it_can_be_pushed_it_is_not_said_again(inbox: Inbox, complained: Claim) -> None:
    entry = people.say(inbox, TALK, "在帮您看了", by="小李")
    assert entry is not None and entry.body == {"text": "在帮您看了", "by": "小李"} and people.can_push(inbox, TALK)
    assert said(ask(inbox, "好的")) == []


# --- what is decided ------------------------------------------------------------------------------


@pytest.mark.usefixtures("in_the_widget")
def test_from_a_proposed_offer_to_its_parcel(inbox: Inbox, desk: Desk, complained: Claim) -> None:
    within = next(each for each in people.proposals(inbox, TALK) if each.remedy is Remedy.REFUND and each.within)
    claim = people.propose_offer(inbox, TALK, within.remedy, within.amount_fen, within.goodwill_fen, by="小李")
    assert claim.offer is not None and (claim.state, claim.offer.by) == (ClaimState.OFFERED, "小李")
    assert bot_said(inbox)[-1].startswith("小李给您的方案：退您36.56元")
    yes = ask(inbox, "同意")
    assert said(yes)[0].startswith("好的，说定了：退您36.56元") and yes.handoff is not None, "the person has it still"
    agreed = again(desk, complained)
    assert agreed.promise is not None and (agreed.state, agreed.promise.by) == (ClaimState.AGREED, "小李")
    done = people.fulfilled(inbox, complained.claim_id, by="小王", carrier="顺丰", number="SF1234567890")
    assert done.promise is not None and (done.promise.carrier, done.promise.number) == ("顺丰", "SF1234567890")
    assert bot_said(inbox)[-1] == "说好的退款已经办了，到账以平台显示为准。"
    assert replay(desk.store.claims.history(complained.claim_id)) == done


def test_above_the_limits_somebody_else_approves(inbox: Inbox, desk: Desk, complained: Claim) -> None:
    order = desk.open(ANNA).order_or_fail(complained)
    proposed = people.propose_offer(inbox, TALK, Remedy.REFUND, order.paid_total_fen, by="小李")
    assert proposed.proposal is not None and proposed.offer == complained.offer, "nothing is said yet"
    assert not any("小李给您的方案" in line for line in bot_said(inbox))
    terms = Terms(Remedy.REFUND, order.paid_total_fen)
    for seen, code in ((Terms(Remedy.REFUND, 100), "other_proposed"), (terms, "above_limit")):
        with pytest.raises(NotPossible, match=code):
            people.approve(inbox, TALK, seen, by="小李")
    approved = people.approve(inbox, TALK, terms, by="店长", may_exceed=True).offer
    assert approved is not None and (approved.by, approved.approved_by) == ("小李", "店长")
    assert again(desk, complained).proposal is None
    with pytest.raises(NotPossible, match="nothing_proposed"):
        people.approve(inbox, TALK, terms, by="店长", may_exceed=True)


def test_who_may_exceed_the_limits_does_so_at_once(inbox: Inbox, desk: Desk, complained: Claim) -> None:
    order = desk.open(ANNA).order_or_fail(complained)
    made = people.propose_offer(inbox, TALK, Remedy.REFUND, order.paid_total_fen, by="店长", may_exceed=True)
    assert made.offer is not None and made.offer.approved_by == "店长" and made.state is ClaimState.OFFERED


@pytest.mark.parametrize("sum_fen", [-1, 10**9])
def test_a_sum_that_makes_no_sense_is_refused(inbox: Inbox, complained: Claim, sum_fen: int) -> None:
    with pytest.raises(NotPossible, match="sum"):
        people.propose_offer(inbox, TALK, Remedy.REFUND, sum_fen, by="店长", may_exceed=True)


@pytest.mark.parametrize("answer", ["不同意", "再看看", "退货吧", "同意，不过我要再考虑"])
def test_what_is_no_plain_yes_agrees_to_nothing(inbox: Inbox, desk: Desk, complained: Claim, answer: str) -> None:
    people.propose_offer(inbox, TALK, Remedy.REFUND, 3656, by="小李")
    ask(inbox, answer)
    assert again(desk, complained).promise is None


def test_a_yes_agrees_to_nothing_that_the_bot_had_offered_before(inbox: Inbox, desk: Desk, complained: Claim) -> None:
    ask(inbox, "同意")
    assert again(desk, complained).promise is None


def test_counts_are_changed_by_name_and_what_was_offered_is_void(inbox: Inbox, desk: Desk, complained: Claim) -> None:
    changed = people.change_counts(inbox, TALK, complained.lines[0].title, 2, by="小李")
    assert (changed.lines[0].missing, changed.lines[0].received, changed.offers) == (2, 1, ())
    event = desk.store.claims.history(complained.claim_id)[-1][1]
    assert isinstance(event, CountsChanged) and event.by == "小李"
    assert bot_said(inbox)[-1] == "数量核对过了：「纯棉T恤 白色 L码」拍了3件，收到1件，少2件。"
    for item, count, code in (("台灯", 1, "no_line"), (complained.lines[0].title, 4, "count")):
        with pytest.raises(NotPossible, match=code):
            people.change_counts(inbox, TALK, item, count, by="小李")


@pytest.mark.parametrize("reason", colleague.REASONS_TO_REFUSE)
def test_a_refusal_says_why_and_the_way_to_the_platform(
    inbox: Inbox, desk: Desk, complained: Claim, reason: str
) -> None:
    refused = people.refuse(inbox, TALK, reason, by="小李")
    assert (refused.refused, refused.state) == (reason, ClaimState.HANDED_OFF)
    assert colleague.REFUSALS[reason] in bot_said(inbox)[-1] and "小二介入" in bot_said(inbox)[-1]
    assert desk.store.claims.history(complained.claim_id)[-1][1] == Refused(reason, "小李")
    with pytest.raises(NotPossible, match="reason"):
        people.refuse(inbox, TALK, "because", by="小李")


@pytest.mark.parametrize("kind", colleague.OTHER_KINDS)
def test_a_case_of_another_kind(inbox: Inbox, desk: Desk, complained: Claim, kind: str) -> None:
    assert people.other_kind(inbox, TALK, kind, by="小李").other_kind == kind
    assert colleague.KINDS[kind] in bot_said(inbox)[-1]
    assert desk.store.claims.history(complained.claim_id)[-1][1] == OtherKindFound(kind, "小李")


def test_what_is_promised_is_neither_refused_nor_counted_anew(inbox: Inbox, desk: Desk, complained: Claim) -> None:
    people.propose_offer(inbox, TALK, Remedy.REFUND, 3656, by="小李")
    ask(inbox, "同意")
    for what in (
        lambda: people.refuse(inbox, TALK, "counts_agree", by="小李"),
        lambda: people.other_kind(inbox, TALK, "broken", by="小李"),
        lambda: people.change_counts(inbox, TALK, complained.lines[0].title, 2, by="小李"),
    ):
        with pytest.raises(NotPossible, match="promised"):
            what()


def test_once_the_platform_has_it_nothing_is_offered(inbox: Inbox, desk: Desk, complained: Claim) -> None:
    people.platform_stepped_in(inbox, TALK, by="小李")
    assert desk.open(ANNA).is_with_platform and again(desk, complained).state is ClaimState.ESCALATED
    with pytest.raises(NotPossible, match="platform"):
        people.propose_offer(inbox, TALK, Remedy.REFUND, 100, by="小李")
    with pytest.raises(NotPossible, match="platform"):
        people.give_back(inbox, TALK, by="小李")
    assert ask(inbox, "人呢").replies == []


def test_without_a_claim_nothing_is_decided(inbox: Inbox) -> None:
    ask(inbox, "在吗")
    assert people.proposals(inbox, TALK) == []
    with pytest.raises(NotPossible, match="no_claim"):
        people.propose_offer(inbox, TALK, Remedy.REFUND, 100, by="小李")
    with pytest.raises(NotPossible, match="no_claim"):
        people.fulfilled(inbox, "SF-0", by="小李")


# --- back -----------------------------------------------------------------------------------------


def test_given_back_the_bot_waits_for_the_yes_and_knows_what_was_agreed(
    inbox: Inbox, desk: Desk, engine: Echo, complained: Claim
) -> None:
    people.propose_offer(inbox, TALK, Remedy.REFUND, 3656, by="小李")
    ask(inbox, "同意")
    people.give_back(inbox, TALK, by="小李")
    people.give_back(inbox, TALK, by="小李")
    asked = ask(inbox, "你说什么")
    assert said(asked)[0] == "小李说后面的可以由我接着办，您看行吗？"
    assert asked.handoff is not None and said(asked)[1].startswith("好，还是请同事来"), "that is no yes"
    people.give_back(inbox, TALK, by="小李")
    yes = ask(inbox, "好，你来吧")
    assert yes.handoff is None and "说好的我记着：退您36.56元" in said(yes)[1]
    accepted = [
        event for _, event in desk.store.claims.history(complained.claim_id) if isinstance(event, OfferAccepted)
    ]
    assert len(accepted) == 1 and again(desk, complained).state is ClaimState.AGREED
    assert said(ask(inbox, "什么时候到")) == ["echo: 什么时候到"]


def test_a_colleague_who_goes_on_after_giving_it_back_has_it_again(inbox: Inbox, desk: Desk, complained: Claim) -> None:
    people.give_back(inbox, TALK, by="小李")
    people.say(inbox, TALK, "等等，我再看一眼", by="小李")
    assert ask(inbox, "好").handoff is not None
    active = desk.store.handoffs.active(TALK)
    assert active is not None and (active.taken_by, active.offered_back_at) == ("小李", None)


def test_the_claim_goes_on_where_it_was(inbox: Inbox, desk: Desk, complained: Claim) -> None:
    people.give_back(inbox, TALK, by="小李")
    ask(inbox, "可以")
    assert again(desk, complained).state is ClaimState.OFFERED


# --- the audit trail


def test_what_is_done_and_its_line_on_the_trail_are_written_together_or_not_at_all(
    inbox: Inbox, desk: Desk, complained: Claim, monkeypatch: pytest.MonkeyPatch
) -> None:
    def trail() -> list[tuple[str, str]]:
        return [(deed.who, deed.did) for deed in desk.store.accounts.deeds(about=TALK)]

    def broken(*args: object, **more: object) -> None:
        raise RuntimeError("the disk is full")

    with monkeypatch.context() as patch:
        patch.setattr(Accounts, "note", broken)
        with pytest.raises(RuntimeError):
            people.propose_offer(inbox, TALK, Remedy.REFUND, 3656, by="小李")
    assert trail() == [] and again(desk, complained).state is ClaimState.HANDED_OFF
    for _ in range(2):
        people.take_over(inbox, TALK, by="小李")  # the second time nothing changes
        people.say(inbox, TALK, "我来查", by="小李", message_id="once")
    with pytest.raises(TakenByOther):
        people.say(inbox, TALK, "我来", by="小王")
    with pytest.raises(NotPossible):
        people.approve(inbox, TALK, Terms(Remedy.REFUND, 3656), by="小李")
    people.propose_offer(inbox, TALK, Remedy.REFUND, 3656, by="小李")
    assert trail() == [("小李", "offered"), ("小李", "said"), ("小李", "taken")]
    assert dict(desk.store.accounts.deeds(about=TALK)[0].more)["fen"] == "3656"


# --- what became of it ----------------------------------------------------------------------------


def test_of_every_message_it_is_known_what_became_of_it(inbox: Inbox, engine: Echo, desk: Desk) -> None:
    ask(inbox, "在吗")

    def fail(case: object) -> None:
        raise RuntimeError("no")

    engine.during = fail
    ask(inbox, "少一件")
    failed = ask(inbox, "少一件啊")
    assert failed.handoff is not None and failed.handoff["reason"] == "bot_error", "trying again is no use"
    ask(inbox, "是T恤")
    became = [(each.what, each.why) for each in desk.store.log.became(inbox.log.after(TALK))]
    assert became == [
        ("answered", "echo"),
        ("failed", "RuntimeError"),
        ("failed", "RuntimeError"),
        ("silent", "bot_error"),
    ]
    inbox.log.append(TALK, people.Author.BUYER, {"text": "在吗"}, desk.clock() + timedelta(seconds=1))
    assert desk.store.log.became(inbox.log.after(TALK))[-1].what == "waiting"


def test_where_the_bot_has_it_nothing_is_given_or_put_back(inbox: Inbox, desk: Desk) -> None:
    ask(inbox, "少一件")
    people.give_back(inbox, TALK, by="小李")
    people.release(inbox, TALK, by="小李")
    assert desk.store.handoffs.active(TALK) is None and bot_said(inbox) == ["echo: 少一件"]


def test_an_offer_after_giving_it_back_takes_it_again_and_the_yes_is_to_the_offer(
    inbox: Inbox, desk: Desk, complained: Claim
) -> None:
    people.give_back(inbox, TALK, by="小李")
    people.propose_offer(inbox, TALK, Remedy.REFUND, 3656, by="小李")
    ask(inbox, "同意")
    assert again(desk, complained).state is ClaimState.AGREED


def test_who_has_just_taken_it_over_is_not_taken_for_silent(inbox: Inbox, clock: Clock, complained: Claim) -> None:
    clock.now += timedelta(minutes=29)
    people.take_over(inbox, TALK, by="小李")
    clock.now += timedelta(minutes=2)
    assert said(ask(inbox, "在吗")) == []


def test_what_was_promised_is_done_once(inbox: Inbox, complained: Claim) -> None:
    with pytest.raises(NotPossible, match="nothing_promised"):
        people.fulfilled(inbox, complained.claim_id, by="小李")
    people.propose_offer(inbox, TALK, Remedy.REFUND, 3656, by="小李")
    ask(inbox, "同意")
    people.fulfilled(inbox, complained.claim_id, by="小李")
    with pytest.raises(NotPossible, match="kept"):
        people.fulfilled(inbox, complained.claim_id, by="小李")
