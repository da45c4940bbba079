"""What the bot leans on is slow or away: nobody else waits, nothing is lost, and the answer comes later."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from bot.desk import Case, Desk
from bot.inbox import inbox as inbox_module
from bot.inbox.answering import Answering
from bot.inbox.inbox import Inbox
from bot.inbox.model import Overloaded
from bot.orders.base import OrdersSlow, OrdersUnavailable
from bot.store import UNREACHABLE, Author, Session
from tests.desks import Clock, hear
from tests.inboxes import TALK, Echo, ask, handle, log, message, row, said

SLOW, STILL = "utter_orders_slow", "utter_orders_still_slow"


class SlowOrders:
    """What the engine trips over until the orders are there."""

    def __init__(self) -> None:
        self.coming: Future[Any] = Future()

    def __call__(self, case: Case) -> None:
        if not self.coming.done():
            hear(case, "少一件", "T恤", missing=1)  # what is begun is not kept
            raise OrdersSlow(self.coming)


@pytest.fixture
def slow(engine: Echo) -> SlowOrders:
    engine.during = SlowOrders()
    return engine.during


# --- orders ---------------------------------------------------------------------------------------


def test_that_an_order_is_looked_up_is_said_and_the_answer_comes_with_the_next_one(
    inbox: Inbox, engine: Echo, slow: SlowOrders
) -> None:
    assert said(ask(inbox, "少了一件", "1")) == [SLOW]
    assert row(inbox).lease is None and inbox.desk.store.claims.of_case(TALK, "anna") == []
    slow.coming.set_result(None)
    assert said(ask(inbox, "查到了吗", "2")) == ["echo: 少了一件\n查到了吗"]
    assert log(inbox) == ["buyer: 少了一件", f"bot: {SLOW}", "buyer: 查到了吗", "bot: echo: 少了一件\n查到了吗"]
    assert inbox.log.unanswered(TALK) == []


def test_it_is_said_once_a_message_and_otherwise_the_second_time(inbox: Inbox, slow: SlowOrders) -> None:
    for _ in range(3):
        assert said(ask(inbox, "少了一件", "1")) == [SLOW]
    assert said(ask(inbox, "人呢", "2")) == [STILL]
    assert log(inbox) == ["buyer: 少了一件", f"bot: {SLOW}", "buyer: 人呢", f"bot: {STILL}"]


def test_who_sends_the_same_again_gets_the_answer(inbox: Inbox, slow: SlowOrders) -> None:
    ask(inbox, "少了一件", "1")
    slow.coming.set_exception(OrdersUnavailable("gone"))
    assert said(ask(inbox, "少了一件", "1")) == ["echo: 少了一件"]


def test_in_the_widget_the_answer_comes_by_itself(inbox: Inbox, slow: SlowOrders, clock: Clock) -> None:
    inbox.desk.store.sessions.open(Session(TALK, "anna", None), clock.now)
    inbox.write(TALK, Author.BUYER, {"text": "少了一件"})
    clock.now += timedelta(seconds=30)

    async def wait() -> None:
        answering = Answering(inbox)
        answering.start(TALK)
        await until(lambda: len(log(inbox)) == 2)
        asyncio.get_running_loop().call_later(0.1, slow.coming.set_result, None)
        await until(lambda: len(log(inbox)) == 3)
        await answering.stop()

    asyncio.run(wait())
    assert log(inbox) == ["buyer: 少了一件", f"bot: {SLOW}", "bot: echo: 少了一件"]


# --- the database -----------------------------------------------------------------------------------


@contextmanager
def failing(desk: Desk, statement: str) -> Iterator[None]:
    """The database goes away whenever it is to do that."""

    def fail(conn: Any, cursor: Any, sql: str, *_: Any) -> None:
        if statement in sql:
            raise sa.exc.OperationalError(sql, {}, Exception("the server closed the connection unexpectedly"))

    engine = desk.store._engine
    sa.event.listen(engine, "before_cursor_execute", fail)
    yield
    sa.event.remove(engine, "before_cursor_execute", fail)


@pytest.mark.parametrize("statement", ["UPDATE conversations", "INSERT INTO entries", "SELECT claims", "SET answer"])
def test_a_message_that_meets_a_database_that_is_away_is_answered_when_it_comes_again(
    inbox: Inbox, desk: Desk, engine: Echo, statement: str
) -> None:
    ask(inbox, "在吗", "0")
    with failing(desk, statement), pytest.raises(UNREACHABLE):
        ask(inbox, "少了一件", "1")
    assert said(ask(inbox, "少了一件", "1")) == ["echo: 少了一件"], "at once, not when the lease has ended"
    assert log(inbox) == ["buyer: 在吗", "bot: echo: 在吗", "buyer: 少了一件", "bot: echo: 少了一件"]


def test_a_lease_that_could_not_be_given_back_is_taken_up_again(inbox: Inbox, desk: Desk) -> None:
    with failing(desk, "SET answer"), failing(desk, "lease="), pytest.raises(UNREACHABLE):
        inbox.write(TALK, Author.BUYER, {"text": "少了一件"})
        inbox._answer(message(""))
    ask(inbox, "在吗", "0")
    with failing(desk, "SELECT claims"), failing(desk, "SET lease=NULL"), pytest.raises(UNREACHABLE):
        ask(inbox, "一件", "1")
    assert said(ask(inbox, "一件", "1")) == ["echo: 一件"]
    assert row(inbox).lease is None and not inbox._unreleased


def test_a_handler_that_meets_it_does_not_answer_that_there_was_trouble(inbox: Inbox, engine: Echo, desk: Desk) -> None:
    def look(case: Case) -> None:
        case.recent_orders()

    engine.during = look
    with failing(desk, "FROM orders"), pytest.raises(UNREACHABLE):
        ask(inbox, "少了一件", "1")
    assert log(inbox) == ["buyer: 少了一件"]
    assert said(ask(inbox, "少了一件", "1")) == ["echo: 少了一件"]


# --- too many ---------------------------------------------------------------------------------------


def test_who_is_one_too_many_is_told_so_and_nothing_is_kept(
    inbox: Inbox, engine: Echo, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.inbox.queue._IN_ONE", 2)
    outcomes: list[Any] = []

    async def burst() -> None:
        talking = (inbox.handle(message(f"{number}", f"{number}")) for number in range(4))
        outcomes.extend(await asyncio.gather(*talking, return_exceptions=True))

    asyncio.run(burst())
    assert [type(outcome) for outcome in outcomes[2:]] == [Overloaded, Overloaded]
    assert sorted(line for line in log(inbox) if line.startswith("buyer")) == ["buyer: 0", "buyer: 1"]
    assert said(ask(inbox, "2", "2")) == ["echo: 2"]


def test_a_burst_in_one_conversation_asks_the_database_no_more_than_one_waiter_would(
    inbox: Inbox, engine: Echo, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks: list[str] = []
    answer = inbox._answer
    monkeypatch.setattr(inbox, "_answer", lambda *given: looks.append("") or answer(*given))
    monkeypatch.setattr(inbox_module, "_LOOK_AGAIN_S", 0.1)
    engine.during = lambda case: time.sleep(0 if looks else 0.5)
    handle(inbox, *(message(f"{number}", f"{number}") for number in range(12)))
    assert len(looks) < 30
    assert sorted(line for line in log(inbox) if line.startswith("buyer")) == sorted(f"buyer: {n}" for n in range(12))


async def until(true: Any, seconds: float = 10) -> None:
    for _ in range(int(seconds / 0.02)):
        if true():
            return
        await asyncio.sleep(0.02)
    raise AssertionError("it has not come to that")
