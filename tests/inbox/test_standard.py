"""GB/T 47746-2026, how robot and person work together: a test for each clause that needs no page, and no model."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.claims.model import Claim, Remedy
from bot.desk import Case, Desk, Speaker, handoffs, offers
from bot.inbox import people
from bot.inbox.inbox import Inbox
from bot.store import Author, DeliveryState, Session, Urgency
from bot.store.switches import OFFERS_PAUSED
from bot.talk.due import attend
from bot.understanding.danger import Danger
from tests.desks import ANNA, BEN, NOW, Clock, do, say
from tests.inboxes import TALK, Echo, ask, log, said

OPEN, CLOSED = NOW, NOW + timedelta(hours=6)  # six in the evening, midnight; the shop opens at nine


def wants_a_person(case: Case) -> None:
    handoffs.hand_off(case, "user_requested")


@pytest.fixture
def offered(inbox: Inbox, desk: Desk) -> Claim:
    ask(inbox, "T恤少一件，电话13812345678")
    return do(desk, offers.assess, say(desk, "少一件", "T恤", missing=1)).claim


def notices(desk: Desk) -> list[str]:
    """What would be sent now; sent."""
    outbox = desk.store.outbox
    taken = outbox.take(["wecom", "mail"], "test", desk.clock(), desk.clock() + timedelta(minutes=2), 100)
    for delivery in taken:
        outbox.done(delivery, "test", DeliveryState.SENT, desk.clock())
    return [str(delivery.payload["text"]) for delivery in taken]


def test_clause_4_3_and_5_2_1_everything_passes_over(inbox: Inbox, desk: Desk, engine: Echo, offered: Claim) -> None:
    """身份、历史、诉求、工单状态: identity, what was said, the problem, where the case is."""
    desk.tell = ("wecom", "mail")
    engine.during = wants_a_person
    outcome = ask(inbox, "我要找人")
    assert outcome.handoff is not None
    assert outcome.handoff == {
        "reason": "user_requested",
        "urgency": "normal",
        "summary": outcome.handoff["summary"],
        "claim_id": offered.claim_id,
        "case_no": offered.claim_id,
        "since": NOW.isoformat(),
        "begun": True,
    }
    summary = outcome.handoff["summary"]
    for told in ("买家要找人", "买家a**", "纯棉T恤 白色 L码少1（拍3到2）", "报过补发", "值36.56元", "建议回："):
        assert told in summary
    assert len(summary) <= 200 and "13812345678" not in summary
    assert notices(desk) == [f"{summary}\n{offered.claim_id}"] * 2, "at once, by every way there is"
    assert log(inbox)[0] == "buyer: T恤少一件，电话13812345678", "the whole talk is there to be read"


def test_clause_5_1_1_place_in_the_queue_and_expected_wait_in_words(
    inbox: Inbox, desk: Desk, engine: Echo, clock: Clock
) -> None:
    for number, minutes in enumerate((2, 4, 9)):  # what was answered before says how long it takes
        with desk.case(Speaker(f"before-{number}", "x")) as case:
            handoffs.hand_off(case, "user_requested")
        clock.now += timedelta(minutes=minutes)
        with desk.case(Speaker(f"before-{number}", "x")) as case:
            case.custody.take("小李")
    for talk, reason in (("first", "user_requested"), ("second", "policy_limit")):
        with desk.case(Speaker(talk, "y")) as case:
            handoffs.hand_off(case, reason)
        clock.now += timedelta(seconds=1)
    engine.during = wants_a_person
    told = said(ask(inbox, "我要找人"))[1]
    assert "前面还有2位，大约4分钟" in told and "登记号SF-" in told
    first = said(ask(inbox, "还要等多久"))
    second = said(ask(inbox, "人呢"))
    assert "前面还有2位，大约4分钟" in first[0] and "前面还有2位，大约4分钟" in second[0]
    assert len(first) == len(second) == 1 and first != second, "and nothing else; not twice in the same words"
    with desk.case(Speaker("third", "z")) as case:
        handoffs.hand_off(case, "danger")
    assert "前面还有3位" in said(ask(inbox, "排第几"))[0], "who is in danger comes first"
    people.take_over(inbox, TALK, by="小李")
    assert said(ask(inbox, "人呢")) == [], "he is here"


def test_clause_5_1_1_outside_the_hours_when_they_are_back_and_a_word_can_be_left(
    inbox: Inbox, engine: Echo, clock: Clock
) -> None:
    clock.now = CLOSED
    engine.during = wants_a_person
    told = said(ask(inbox, "我要找人"))[1]
    assert "同事现在不在，今天（11月21日）上午9点上班就先看您这条" in told
    assert said(ask(inbox, "是白色那件"))[0].startswith("记下了。同事今天（11月21日）上午9点上班就能看到")
    assert said(ask(inbox, "L码的")) == [], "said once"
    assert "上午9点" in said(ask(inbox, "几点上班"))[0]


def test_clause_5_1_1_who_waits_too_long_is_told_again_and_the_shop_alarmed(
    inbox: Inbox, desk: Desk, engine: Echo, clock: Clock
) -> None:
    desk.tell = ("wecom",)
    desk.store.sessions.open(Session(TALK, ANNA.buyer_id, None), NOW)
    engine.during = wants_a_person
    ask(inbox, "我要找人")
    clock.now += timedelta(minutes=9)
    attend(desk)
    assert len(notices(desk)) == 1
    clock.now += timedelta(minutes=1)
    for _ in range(2):
        attend(desk)
    assert log(inbox)[-1].startswith("bot: 让您久等了，抱歉，同事还没接上") and len(log(inbox)) == 5
    alarms = [text for text in notices(desk) if text.startswith("10分钟没人接：买家要找人")]
    assert len(alarms) == 1, "once"


def test_nobody_is_late_while_the_shop_is_closed(inbox: Inbox, desk: Desk, engine: Echo, clock: Clock) -> None:
    clock.now = CLOSED
    engine.during = wants_a_person
    ask(inbox, "我要找人")
    clock.now += timedelta(hours=9)  # nine in the morning
    attend(desk)
    active = desk.store.handoffs.active(TALK)
    assert active is not None and active.alarmed_at is None
    clock.now += timedelta(minutes=10)
    attend(desk)
    active = desk.store.handoffs.active(TALK)
    assert active is not None and active.alarmed_at == clock.now
    assert "让您久等了" in said(ask(inbox, "是白色那件"))[0], "where nothing can be pushed, with the next answer"


def test_clause_5_2_1_nothing_has_to_be_said_again_when_the_bot_goes_on(
    inbox: Inbox, desk: Desk, engine: Echo, offered: Claim
) -> None:
    engine.during = wants_a_person
    ask(inbox, "我要找人")
    engine.during = lambda case: None
    people.propose_offer(inbox, TALK, Remedy.REFUND, 3656, by="小李")
    ask(inbox, "同意")
    people.give_back(inbox, TALK, by="小李")
    resumed = said(ask(inbox, "好，你来吧"))
    assert "说好的我记着：退您36.56元" in resumed[-1]


@pytest.mark.parametrize("answer", ["好", "可以", "行吧", "好，你来吧"])
def test_clause_5_2_3_back_to_the_robot_only_with_the_buyers_consent(
    inbox: Inbox, engine: Echo, clock: Clock, answer: str
) -> None:
    engine.during = wants_a_person
    ask(inbox, "我要找人")
    engine.during = lambda case: None
    clock.now += timedelta(days=1)
    asked = ask(inbox, "那件T恤")
    assert said(asked) == ["同事还没回您。要不要我先接着帮您办？"] and asked.handoff is not None
    yes = ask(inbox, answer)
    assert yes.handoff is None and len(engine.asked) == 1
    assert said(ask(inbox, "少一件")) == ["echo: 少一件"]


@pytest.mark.parametrize("answer", ["不用了，等同事", "不要机器人", "T恤少了一件", "转人工"])
def test_clause_5_2_3_without_consent_the_robot_stays_away(
    inbox: Inbox, engine: Echo, clock: Clock, answer: str
) -> None:
    engine.during = wants_a_person
    ask(inbox, "我要找人")
    people.take_over(inbox, TALK, by="小李")
    people.give_back(inbox, TALK, by="小李")
    ask(inbox, answer)
    active = inbox.desk.store.handoffs.active(TALK)
    assert active is not None and active.is_waiting, "back in the queue"
    assert len(engine.asked) == 1


def test_clause_5_2_2_6_danger_while_a_person_is_waited_for_goes_to_the_head_of_the_queue(
    inbox: Inbox, desk: Desk, engine: Echo
) -> None:
    engine.during = wants_a_person
    number = (ask(inbox, "我要找人").handoff or {})["case_no"]
    outcome = ask(inbox, "你们再不理我我就不想活了")
    assert outcome.handoff is not None
    assert (outcome.handoff["reason"], outcome.handoff["case_no"]) == ("distress", number)
    assert said(outcome) == ["utter_distress 110 120 12356 96110"], "whom to call, and no number of a queue"
    assert desk.store.handoffs.waiting()[0].urgency is Urgency.URGENT


@pytest.mark.parametrize("danger", Danger)
def test_clause_5_1_3_every_danger_is_answered_whoever_has_the_conversation(
    inbox: Inbox, engine: Echo, danger: Danger
) -> None:
    words = {
        Danger.DISTRESS: "我不想活了",
        Danger.DANGER: "手烫伤了",
        Danger.THREAT: "他说要带人上门收拾我",
        Danger.FRAUD: "自称客服的人让我把验证码报给他",
        Danger.INFORMATION_SECURITY: "验证码是123456",
        Danger.VULNERABLE: "我还是小学生",
    }[danger]
    at_once = ask(inbox, words)
    assert at_once.handoff and at_once.handoff["reason"] == danger.value
    assert said(ask(inbox, words))[0].startswith(f"utter_{danger.value}"), "again, as long as nobody has come"


def test_clause_5_1_3_at_night_whoever_is_in_danger_hears_of_no_opening_hours(
    inbox: Inbox, desk: Desk, clock: Clock
) -> None:
    clock.now = CLOSED
    ask(inbox, "我不想活了")
    assert said(ask(inbox, "钱也没了")) == []


def test_clause_5_1_3_danger_calls_all_when_the_colleague_may_have_gone_home_and_once(
    inbox: Inbox, desk: Desk, clock: Clock, engine: Echo
) -> None:
    desk.tell = ("wecom",)
    engine.during = wants_a_person
    ask(inbox, "我要找人")
    people.take_over(inbox, TALK, by="小李")
    notices(desk)
    clock.now += timedelta(hours=9)
    assert said(ask(inbox, "我不想活了"))[0].startswith("utter_distress")
    assert desk.store.handoffs.waiting()[0].reason == "distress" and notices(desk)[0].startswith("【马上】")
    people.say(inbox, TALK, "我在", by="小李")
    assert said(ask(inbox, "真的不想活了")) == ["我在"] and not desk.store.handoffs.waiting(), "a person is there"


def test_clause_5_1_3_asked_whether_the_bot_may_go_on_danger_is_heard_first(inbox: Inbox, engine: Echo) -> None:
    engine.during = wants_a_person
    ask(inbox, "我要找人")
    people.give_back(inbox, TALK, by="小李")
    outcome = ask(inbox, "我不想活了")
    assert (
        said(outcome)[-1].startswith("utter_distress") and outcome.handoff and outcome.handoff["reason"] == "distress"
    )


def test_a_hand_off_has_at_most_200_characters_whatever_was_said(desk: Desk, offered: Claim) -> None:
    long = replace(offered, lines=tuple(replace(offered.lines[0], title="长" * 80) for _ in range(9)))
    case = desk.open(ANNA)
    case.claims = [long]
    handoff = handoffs.hand_off(case, "distress", "电话13812345678 " * 50)
    assert len(handoff.summary) <= 200 and handoff.summary.endswith("您身边有家人或朋友吗？")
    assert handoff.summary.startswith("【马上】买家情绪危急；买家a**")


def test_the_third_visit_in_a_day_counts(desk: Desk, clock: Clock) -> None:
    for hours in (0, 1, 2, 30):
        clock.now = NOW + timedelta(hours=hours)
        desk.store.log.append(TALK, Author.BUYER, {"text": "在吗"}, clock.now)
        clock.now += timedelta(minutes=29)
        desk.store.log.append(TALK, Author.BUYER, {"text": "喂"}, clock.now)
        assert handoffs.visits(desk.open(ANNA)) == min(hours + 1, 3) if hours < 30 else 1
    assert handoffs.visits(desk.open(BEN)) == 1


def test_paused_offers_are_paused_at_once(desk: Desk) -> None:
    claim = say(desk, "少一件", "T恤", missing=1)
    desk.store.switches.set(OFFERS_PAUSED, True, NOW, "店长")
    found = do(desk, offers.assess, claim)
    assert (found.offer, found.reason) == (None, "offers_paused")
