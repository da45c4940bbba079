"""One answer to one message, whoever dies, is slow or comes at the same time. No model is needed."""

from __future__ import annotations

import asyncio
import time
from datetime import timedelta
from pathlib import Path

import pytest

from bot.claims.model import ClaimState, Remedy
from bot.desk import Case, Desk, Speaker, facts, handoffs, offers, promises
from bot.engine.protocol import Response
from bot.inbox import inbox as inbox_module
from bot.inbox.inbox import Inbox
from bot.inbox.model import Incoming, NotYours, Outcome, as_file
from bot.store import Author, Conversation
from tests.desks import ANNA, Clock, again, do, hear, say
from tests.inboxes import TALK, Echo, ask, dies_over, handle, log, message, open_inbox, remembered, row, said
from tests.movies import movie

LEASE = inbox_module._LEASE


# --- once -----------------------------------------------------------------------------------------


def test_a_message_is_kept_answered_and_remembered(inbox: Inbox) -> None:
    outcome = ask(inbox, "少了一件")
    said_in_log = inbox.log.after(TALK)[-1].entry_id
    reply = {"id": said_in_log, "text": "echo: 少了一件", "buttons": [], "custom": None}
    assert outcome == Outcome([reply], "echo", 0.5)
    assert log(inbox) == ["buyer: 少了一件", "bot: echo: 少了一件"]
    ask(inbox, "在吗")
    assert row(inbox) == Conversation(TALK, 4, "anna", {"said": ["少了一件", "在吗"]}, None)


def test_the_same_id_twice_gets_the_same_answer(inbox: Inbox, engine: Echo) -> None:
    first = ask(inbox, "少了一件", "1")
    assert ask(inbox, "少了一件", "1") == first
    assert engine.asked == [["少了一件"]] and len(log(inbox)) == 2


def test_the_same_id_twice_at_once_gets_the_same_answer(inbox: Inbox, engine: Echo) -> None:
    engine.during = lambda case: time.sleep(0.1)
    first, second = handle(inbox, message("少了一件", "1"), message("少了一件", "1"))
    assert first == second and said(first) == ["echo: 少了一件"]
    assert engine.asked == [["少了一件"]] and len(log(inbox)) == 2


def test_the_same_id_in_two_conversations_is_two_messages(inbox: Inbox, engine: Echo) -> None:
    handle(inbox, message("我的", "1"), Incoming("talk-b", "他的", "1", "ben"))
    assert sorted(engine.asked) == [["他的"], ["我的"]]


def test_a_message_with_files_is_one_message(inbox: Inbox, engine: Echo) -> None:
    files = (as_file(movie()), None, as_file(b"%PDF-1.4"))
    outcome = ask(inbox, "发了", "m", files=files, order_id="1")
    assert engine.asked == [["发了", "3 files"]] and said(outcome) == ["echo: 发了", "echo: 3 files"]
    assert [set(upload) for upload in engine.uploads] == [{"sha256", "video"}, {"error"}, {"error"}]
    assert [upload.get("error") for upload in engine.uploads] == [None, "missing", "not_a_picture"]
    assert engine.order_ids == ["1"]
    assert [entry.entry_id for entry in inbox.log.after(TALK)][:4] == ["m", "m/2", "m/3", "m/4"]
    assert ask(inbox, "发了", "m", files=files) == outcome and len(engine.asked) == 1


def test_a_file_alone_has_no_words(inbox: Inbox, engine: Echo) -> None:
    ask(inbox, "", files=(None,))
    assert engine.asked == [["1 files"]]


def test_nothing_at_all_is_a_message_too(inbox: Inbox, engine: Echo) -> None:
    ask(inbox, "")
    assert engine.asked == [["0 files"]] and log(inbox)[0] == "buyer: "


# --- at the same time -----------------------------------------------------------------------------


def test_two_messages_at_once_are_answered_one_after_the_other(inbox: Inbox, engine: Echo) -> None:
    engine.during = lambda case: time.sleep(0.1)

    async def both() -> list[Outcome]:
        first = asyncio.create_task(inbox.handle(message("少了", "1")))
        while not engine.asked:
            await asyncio.sleep(0.01)
        return [await task for task in (asyncio.create_task(inbox.handle(message("一件", "2"))), first)]

    second, first = asyncio.run(both())
    assert (said(first), said(second)) == (["echo: 少了"], ["echo: 一件"])
    assert log(inbox) == ["buyer: 少了", "buyer: 一件", "bot: echo: 少了", "bot: echo: 一件"]
    assert remembered(inbox) == {"said": ["少了", "一件"]}, "the second knew of the first"


def test_of_many_messages_at_once_each_is_answered_once_and_in_order(inbox: Inbox, engine: Echo) -> None:
    sent = [message(f"{number}", f"m{number}") for number in range(8)]
    outcomes = handle(inbox, *sent)
    assert all(outcome.replies for outcome in outcomes)
    lines = log(inbox)
    kept = [line.removeprefix("buyer: ") for line in lines if line.startswith("buyer")]
    answered = [text for turn in engine.asked for burst in turn for text in burst.split("\n")]
    assert sorted(kept) == [f"{number}" for number in range(8)] and answered == kept
    assert sum(line.startswith("bot") for line in lines) == len(engine.asked)
    assert inbox.log.unanswered(TALK) == []


def test_conversations_do_not_wait_for_each_other(inbox: Inbox, engine: Echo) -> None:
    together = []

    def meet(case: Case) -> None:
        together.append(case.speaker.conversation_id)
        until = time.monotonic() + 5
        while len(together) < 2 and time.monotonic() < until:
            time.sleep(0.01)

    engine.during = meet
    started = time.monotonic()
    handle(inbox, message("一"), Incoming("talk-b", "二", None, "ben"))
    assert sorted(together) == ["talk-a", "talk-b"] and time.monotonic() - started < 5


def test_a_burst_is_answered_by_one_of_two_workers(desk: Desk, tmp_path: Path) -> None:
    engine = Echo(lambda case: time.sleep(0.1))
    workers = [open_inbox(desk, tmp_path, engine) for _ in range(2)]
    for text in ("少了", "一件"):
        workers[0].write(TALK, Author.BUYER, {"text": text})

    async def both() -> list[bool]:
        return list(await asyncio.gather(*(worker.answer(message("")) for worker in workers)))

    assert True in asyncio.run(both())
    assert engine.asked == [["少了\n一件"]]
    assert log(workers[0]) == ["buyer: 少了", "buyer: 一件", "bot: echo: 少了\n一件"]


def test_where_nothing_is_unanswered_nothing_is_answered(inbox: Inbox, engine: Echo) -> None:
    ask(inbox, "少了", "1")
    assert asyncio.run(inbox.answer(message(""))) is True
    assert engine.asked == [["少了"]] and len(log(inbox)) == 2
    assert row(inbox).lease is None


# --- somebody dies --------------------------------------------------------------------------------


def test_what_a_dead_worker_has_kept_is_answered_with_the_next_message(
    inbox: Inbox, engine: Echo, clock: Clock
) -> None:
    dies_over(inbox, message("少了", "1"))
    clock.now += LEASE + timedelta(seconds=1)
    after = ask(inbox, "一件", "2")
    assert engine.asked == [["少了\n一件"]]
    assert log(inbox) == ["buyer: 少了", "buyer: 一件", "bot: echo: 少了\n一件"]
    assert ask(inbox, "少了", "1") == after, "who asks again gets the same"


def test_what_a_dead_worker_has_kept_is_answered_when_it_comes_again(inbox: Inbox, engine: Echo, clock: Clock) -> None:
    dies_over(inbox, message("少了", "1", files=(None,)))
    clock.now += LEASE + timedelta(seconds=1)
    assert said(ask(inbox, "少了", "1", files=(None,))) == ["echo: 少了", "echo: 1 files"]
    assert log(inbox)[:2] == ["buyer: 少了", "buyer: {'error': 'missing'}"] and len(log(inbox)) == 4


def test_when_it_comes_again_what_was_said_after_it_waits(inbox: Inbox, engine: Echo, clock: Clock) -> None:
    """Each caller gets the answer to its own words and what stood before them."""
    for number, text in enumerate(("少了", "一件")):
        dies_over(inbox, message(text, f"{number}"))
    clock.now += LEASE + timedelta(seconds=1)
    assert said(ask(inbox, "少了", "0")) == ["echo: 少了"]
    assert said(ask(inbox, "一件", "1")) == ["echo: 一件"]


def test_what_a_dead_worker_has_kept_is_answered_by_whoever_sweeps(inbox: Inbox, clock: Clock) -> None:
    dies_over(inbox, message("少了"))
    assert asyncio.run(inbox.answer(message(""))) is False, "not before its lease has ended"
    clock.now += LEASE + timedelta(seconds=1)
    assert asyncio.run(inbox.answer(message(""))) is True
    assert log(inbox) == ["buyer: 少了", "bot: echo: 少了"]


def test_a_message_that_waits_too_long_is_kept(inbox: Inbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inbox_module, "_GIVE_UP_AFTER_S", 0.1)
    dies_over(inbox, message("少了", "1"))
    with pytest.raises(TimeoutError, match=TALK):
        ask(inbox, "一件", "2")
    assert [entry.text for entry in inbox.log.unanswered(TALK)] == ["少了", "一件"]


def test_a_lease_lost_during_the_work_writes_nothing(inbox: Inbox, engine: Echo, clock: Clock) -> None:
    """The worker was frozen, another has taken over: what the frozen one has made of it is void."""
    conversations = inbox.desk.store.conversations

    def freeze(case: Case) -> None:
        hear(case, "少一件", "T恤", missing=1)
        handoffs.hand_off(case, "angry")
        case.tell(Author.BOT, {"text": "too late"})
        clock.now += LEASE + timedelta(seconds=1)
        assert conversations.take(TALK, "another", clock.now, clock.now + LEASE).lease == "another"

    engine.during = freeze
    inbox.write(TALK, Author.BUYER, {"text": "少了"})
    assert asyncio.run(inbox.answer(message(""))) is False
    assert log(inbox) == ["buyer: 少了"] and len(inbox.log.unanswered(TALK)) == 1
    assert inbox.desk.open(ANNA).claims == [] and inbox.desk.open(ANNA).handoff is None
    assert (row(inbox).lease, remembered(inbox)) == ("another", None)


def test_what_another_worker_answered_meanwhile_is_the_answer(inbox: Inbox, engine: Echo, clock: Clock) -> None:
    def freeze(case: Case) -> None:
        engine.during = lambda case: None
        clock.now += LEASE + timedelta(seconds=1)
        inbox._answer(message(""))

    engine.during = freeze
    outcome = ask(inbox, "少了", "1")
    assert said(outcome) == ["echo: 少了"] and log(inbox) == ["buyer: 少了", "bot: echo: 少了"]


def test_who_stops_in_the_middle_gives_the_lease_back(inbox: Inbox, engine: Echo) -> None:
    def stop(case: Case) -> None:
        raise KeyboardInterrupt

    engine.during = stop
    inbox.write(TALK, Author.BUYER, {"text": "少了"})
    with pytest.raises(KeyboardInterrupt):
        inbox._answer(message(""))
    assert row(inbox).lease is None
    assert log(inbox) == ["buyer: 少了"]


# --- somebody else changes the same -----------------------------------------------------------------


def test_a_conflict_makes_the_turn_run_again_from_what_is_there_now(inbox: Inbox, engine: Echo, desk: Desk) -> None:
    claim = say(desk, "少一件", "T恤", missing=1)
    wishes: list[Remedy | None] = []

    def accept(case: Case) -> None:
        assert case.current is not None
        wishes.append(case.current.wish)
        if len(wishes) == 1:  # the shop's side is at the same claim
            do(desk, facts.wish, claim, Remedy.REFUND)
        case.tell(Author.SYSTEM, {"state": "noted"})
        offers.assess(case, case.current)

    engine.during = accept
    outcome = ask(inbox, "就这样")
    assert wishes == [None, Remedy.REFUND] and len(engine.asked) == 2
    assert log(inbox) == ["buyer: 就这样", "system: noted", "bot: echo: 就这样"], "said once"
    changed = again(desk, claim)
    assert (changed.state, changed.wish) == (ClaimState.OFFERED, Remedy.REFUND)
    assert outcome.claim is not None and outcome.claim["offer"]["remedy"] == "refund"
    assert remembered(inbox) == {"said": ["就这样"]}, "and remembered once"


def test_what_the_turn_changes_is_written_with_the_answer(inbox: Inbox, engine: Echo, desk: Desk) -> None:
    engine.during = lambda case: hear(case, "少一件", "T恤", missing=1) and None
    outcome = ask(inbox, "少一件")
    (claim,) = desk.open(ANNA).claims
    assert outcome.claim is not None and outcome.claim["claim_id"] == claim.claim_id


# --- something goes wrong -------------------------------------------------------------------------


def test_a_failure_is_answered_calmly_and_changes_nothing(
    inbox: Inbox, engine: Echo, desk: Desk, caplog: pytest.LogCaptureFixture
) -> None:
    claim = say(desk, "少一件", "T恤", missing=1)
    ask(inbox, "在吗")

    def fail(case: Case) -> None:
        offers.assess(case, claim)
        case.tell(Author.BOT, {"text": "half a thought"})
        handoffs.hand_off(case, "angry")
        raise RuntimeError("database is gone, says 13812345678")

    engine.during = fail
    outcome = ask(inbox, "就这样", "1")
    assert said(outcome) == ["utter_trouble"] and outcome.handoff is None and outcome.intent is None
    assert outcome.claim is not None and outcome.claim["state"] == "gathering"
    assert again(desk, claim) == claim and desk.open(ANNA).handoff is None
    assert log(inbox)[2:] == ["buyer: 就这样", "bot: utter_trouble"]
    assert (remembered(inbox), row(inbox).lease) == ({"said": ["在吗"]}, None)
    (record,) = caplog.records
    assert "13812345678" not in record.getMessage() and "138****5678" in record.getMessage()
    engine.during = lambda case: None
    assert said(ask(inbox, "再说一次")) == ["echo: 再说一次"]


def test_a_failure_of_the_orders_is_answered_too(
    inbox: Inbox, engine: Echo, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine.during = lambda case: case.recent_orders() and None
    monkeypatch.setattr(desk.orders, "recent", lambda *_: 1 / 0)
    assert said(ask(inbox, "少了")) == ["utter_trouble"]


def test_a_buyer_is_never_left_without_an_answer(inbox: Inbox, engine: Echo, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "respond", lambda *_: Response())
    assert said(ask(inbox, "嗯")) == ["utter_default"]


def test_what_is_too_long_is_said_to_be_and_kept(inbox: Inbox, engine: Echo) -> None:
    limit = inbox.desk.policy.messages.max_chars
    text = "少" * (limit + 1)
    assert said(ask(inbox, text))[0] == f"utter_too_long {limit}"
    assert [len(words) for turn in engine.asked for words in turn] == [limit]
    assert inbox.log.after(TALK)[0].text == text


# --- whose it is ------------------------------------------------------------------------------------


def test_a_message_of_nobody_in_particular_is_of_the_buyer_whom_a_door_has_vouched_for(
    inbox: Inbox, engine: Echo
) -> None:
    speakers: list[Speaker] = []
    engine.during = lambda case: speakers.append(case.speaker)
    ask(inbox, "少了")
    handle(inbox, Incoming(TALK, "一件"))
    assert speakers == [ANNA, ANNA]


def test_a_conversation_is_the_buyers_who_began_it(inbox: Inbox, engine: Echo, desk: Desk) -> None:
    ask(inbox, "少发了", "m1")
    for message_id in ("m1", "m2", None):
        with pytest.raises(NotYours):
            handle(inbox, Incoming(TALK, "查进度", message_id, "eve"))
    assert [entry.text for entry in desk.store.log.after(TALK)] == ["少发了", "echo: 少发了"]
    assert engine.asked == [["少发了"]]


def test_who_names_nobody_goes_on_as_the_buyer_who_began(inbox: Inbox, engine: Echo) -> None:
    ask(inbox, "少发了")
    (outcome,) = handle(inbox, Incoming(TALK, "查进度"))
    assert outcome.replies and len(engine.asked) == 2


# --- news -----------------------------------------------------------------------------------------


def test_a_broken_promise_is_told_with_the_next_answer_once(inbox: Inbox, desk: Desk, clock: Clock) -> None:
    agreed = do(desk, offers.accept, do(desk, offers.assess, say(desk, "少一件", "T恤", missing=1)).claim)
    clock.now += timedelta(hours=49)
    assert len(list(promises.look_after(desk))) == 1
    news, answer = said(ask(inbox, "在吗"))
    assert "没做到" in news and agreed.claim_id in news and answer == "echo: 在吗"
    assert said(ask(inbox, "好")) == ["echo: 好"] and promises.untold_of_all(desk) == []
