"""When the answer is given: after a pause, or at once when a button was pressed; what is left over is taken up."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from datetime import timedelta

import pytest

from bot.inbox import answering as answering_module
from bot.inbox.answering import Answering, incoming
from bot.inbox.inbox import Inbox
from bot.store import Author, Session
from tests.desks import Clock
from tests.inboxes import TALK, Echo, log

BUTTONS = [{"title": "没有照片", "payload": "没有照片"}]


@pytest.fixture
def open_session(inbox: Inbox, clock: Clock) -> Session:
    session = Session(TALK, None, "4010")
    inbox.desk.store.sessions.open(session, clock.now)
    return session


def wait(inbox: Inbox, begin: Callable[[Answering], None], tenths: int = 100) -> None:
    """Until everything is answered, or so many tenths of a second."""

    async def answer() -> None:
        answering = Answering(inbox)
        begin(answering)
        for _ in range(tenths):
            await asyncio.sleep(0.1)
            if not inbox.log.unanswered(TALK):
                await answering.stop()
                break

    asyncio.run(answer())


@pytest.mark.usefixtures("open_session")
@pytest.mark.parametrize(("text", "at_once"), [("没有照片", True), ("我找找", False)])
def test_a_button_is_answered_without_a_pause(inbox: Inbox, clock: Clock, text: str, at_once: bool) -> None:
    inbox.log.append(TALK, Author.BOT, {"text": "发张照片？", "buttons": BUTTONS}, clock.now)
    # Said in an hour: so long would be waited for more.
    inbox.log.append(TALK, Author.BUYER, {"text": text}, clock.now + timedelta(hours=1))
    wait(inbox, lambda answering: answering.start(TALK), 100 if at_once else 5)
    assert bool(inbox.log.unanswered(TALK)) is not at_once


@pytest.mark.usefixtures("open_session")
def test_a_burst_is_answered_together_when_the_buyer_has_paused(inbox: Inbox, engine: Echo, clock: Clock) -> None:
    for text in ("少了", "一件"):
        inbox.write(TALK, Author.BUYER, {"text": text})
    clock.now += timedelta(seconds=inbox.desk.policy.messages.wait_seconds)
    wait(inbox, lambda answering: [answering.start(TALK) for _ in range(3)] and None)
    assert engine.asked == [["少了\n一件"]]
    assert log(inbox) == ["buyer: 少了", "buyer: 一件", "bot: echo: 少了\n一件"]


@pytest.mark.usefixtures("open_session")
def test_while_another_worker_is_at_it_this_one_waits(
    inbox: Inbox, engine: Echo, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(answering_module, "_LOOK_AGAIN_S", 0.05)
    inbox.write(TALK, Author.BUYER, {"text": "少了"})
    clock.now += timedelta(seconds=30)
    inbox.desk.store.conversations.take(TALK, "another", clock.now, clock.now + timedelta(seconds=60))
    wait(inbox, lambda answering: answering.start(TALK), 5)
    assert engine.asked == []
    clock.now += timedelta(seconds=61)
    wait(inbox, lambda answering: answering.start(TALK))
    assert log(inbox) == ["buyer: 少了", "bot: echo: 少了"]


@pytest.mark.usefixtures("open_session")
def test_what_a_stopped_process_left_unanswered_is_taken_up(inbox: Inbox, clock: Clock) -> None:
    inbox.write(TALK, Author.BUYER, {"text": "少了"})
    inbox.write("inline", Author.BUYER, {"text": "its caller asks again by itself"})
    clock.now += timedelta(minutes=5)
    sweeps: list[asyncio.Task[None]] = []  # a task that nobody holds may vanish
    wait(inbox, lambda answering: sweeps.append(asyncio.create_task(answering.sweep())))
    assert log(inbox) == ["buyer: 少了", "bot: echo: 少了"] and len(inbox.log.unanswered("inline")) == 1


def test_a_buyer_whom_nobody_vouches_for_is_the_conversation_itself(open_session: Session) -> None:
    assert (incoming(open_session).buyer_id, incoming(open_session).order_id) == (TALK, "4010")
    assert incoming(Session(TALK, "anna", None)).buyer_id == "anna"


@pytest.mark.usefixtures("open_session")
def test_a_clock_that_was_put_back_delays_nothing(inbox: Inbox, clock: Clock) -> None:
    inbox.write(TALK, Author.BUYER, {"text": "少了"})
    clock.now -= timedelta(hours=1)

    said, pause = Answering(inbox)._look(TALK)
    assert [entry.text for entry in said] == ["少了"]
    assert pause.total_seconds() <= inbox.desk.policy.messages.wait_seconds
    clock.now += timedelta(days=1)
    wait(inbox, lambda answering: answering.start(TALK))
    assert log(inbox) == ["buyer: 少了", "bot: echo: 少了"]


@pytest.mark.usefixtures("open_session")
def test_who_has_to_wait_is_told_so_once(
    inbox: Inbox, engine: Echo, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(answering_module, "_MOMENT_S", 0.05)
    engine.during = lambda case: time.sleep(0.5)
    inbox.write(TALK, Author.BUYER, {"text": "少了"})
    clock.now += timedelta(minutes=1)
    wait(inbox, lambda answering: answering.start(TALK))
    assert log(inbox) == ["buyer: 少了", "bot: utter_moment", "bot: echo: 少了"]


@pytest.mark.usefixtures("open_session")
def test_in_a_crowd_everybody_is_told_before_the_pause_is_over(
    inbox: Inbox, engine: Echo, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(answering_module, "_CROWD", 0)
    inbox.write(TALK, Author.BUYER, {"text": "少了"})
    wait(inbox, lambda answering: answering.start(TALK), 3)
    assert log(inbox)[:2] == ["buyer: 少了", "bot: utter_moment"]


@pytest.mark.usefixtures("open_session")
@pytest.mark.parametrize("is_free", [True, False])
def test_who_has_just_spoken_when_it_stops_is_answered_if_nobody_else_is_at_it(
    inbox: Inbox, engine: Echo, clock: Clock, is_free: bool
) -> None:
    inbox.write(TALK, Author.BUYER, {"text": "少了"})
    if not is_free:
        inbox.desk.store.conversations.take(TALK, "another", clock.now, clock.now + timedelta(seconds=60))

    async def stop() -> None:
        answering = Answering(inbox)
        answering.start(TALK)  # the buyer may go on typing
        await asyncio.sleep(0.05)
        await asyncio.wait_for(answering.stop(), 3)
        answering.start(TALK)
        assert not answering._tasks

    asyncio.run(stop())
    assert bool(engine.asked) is is_free and bool(inbox.log.unanswered(TALK)) is not is_free
