"""The clock goes back, leaps ahead, meets 29 February, and runs in a zone with summer time: nobody falls silent."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest

from bot.db import make_engine
from bot.engine.protocol import Engine
from bot.inbox.answering import Answering
from bot.inbox.inbox import Inbox
from bot.inbox.model import Incoming
from bot.orders.demo import seed
from bot.orders.sql import SqlOrders
from bot.store import Author, Session
from bot.store.files import FileStore
from tests.databases import sqlite
from tests.desks import Clock, open_desk
from tests.inboxes import Echo, dies_over
from tests.office import TestOffice

TALK = "talk"
WITHIN_S = 5
AN_HOUR, A_DAY = timedelta(hours=1), timedelta(days=1)
BEGINS = datetime(2026, 11, 27, 10, tzinfo=timezone.utc)


def inbox_at(engine: Engine, folder: Path, clock: Clock) -> Inbox:
    """The buyer has the demo orders, bought lately."""
    url = sqlite(folder)()
    seed(SqlOrders(make_engine(url)), "buyer", clock.now)
    return Inbox(engine, open_desk(url, clock), FileStore(folder / "evidence", 10**6, 10**6))


def ask(inbox: Inbox, text: str, message_id: str | None = None) -> str:
    said = inbox.handle(Incoming(TALK, text, message_id, "buyer"))
    outcome = asyncio.run(asyncio.wait_for(said, WITHIN_S))
    return "\n".join(reply["text"] for reply in outcome.replies)


@pytest.mark.parametrize("leap", [-AN_HOUR, -A_DAY, A_DAY])
def test_the_widget_is_answered_whichever_way_the_clock_has_leapt(tmp_path: Path, leap: timedelta) -> None:
    clock = Clock(BEGINS)
    inbox = inbox_at(Echo(), tmp_path, clock)
    inbox.desk.store.sessions.open(Session(TALK, "buyer", None), clock.now)

    async def answered() -> None:
        answering = Answering(inbox)
        inbox.write(TALK, Author.BUYER, {"text": "少了一件"})
        answering.start(TALK)
        clock.now += leap
        while inbox.log.unanswered(TALK):
            await asyncio.sleep(0.1)
        await answering.stop()

    asyncio.run(asyncio.wait_for(answered(), WITHIN_S))


@pytest.mark.parametrize("leap", [-AN_HOUR, -A_DAY, A_DAY])
def test_inline_too(tmp_path: Path, leap: timedelta) -> None:
    clock = Clock(BEGINS)
    inbox = inbox_at(Echo(), tmp_path, clock)
    assert ask(inbox, "一")
    clock.now += leap
    assert ask(inbox, "二") == "echo: 二"
    entries = inbox.log.after(TALK)
    assert [entry.text for entry in entries] == ["一", "echo: 一", "二", "echo: 二"]


def test_a_worker_that_died_before_the_clock_went_back_is_not_waited_for_that_long(tmp_path: Path) -> None:
    clock = Clock(BEGINS)
    inbox = inbox_at(Echo(), tmp_path, clock)
    dies_over(inbox, Incoming(TALK, "一", "m1", "buyer"))
    clock.now += timedelta(minutes=2) - AN_HOUR
    assert ask(inbox, "一", "m1") == "echo: 一"


def test_an_agreement_holds_whichever_way_the_clock_has_leapt(office: TestOffice, tmp_path: Path) -> None:
    clock = Clock(BEGINS)
    inbox = inbox_at(office.engine, tmp_path, clock)
    assert "补发" in ask(inbox, "T恤少了一件")
    clock.now -= AN_HOUR
    assert "定了" in ask(inbox, "接受")
    clock.now += AN_HOUR + A_DAY
    assert "SF-" in ask(inbox, "我的补发呢")


@pytest.mark.parametrize(
    ("year", "month", "day", "due"), [(2028, 2, 29, "3月2日"), (2028, 2, 27, "2月29日"), (2026, 12, 30, "1月1日")]
)
def test_a_promise_over_the_end_of_a_month(
    office: TestOffice, tmp_path: Path, year: int, month: int, day: int, due: str
) -> None:
    clock = Clock(datetime(year, month, day, 2, 30, tzinfo=timezone.utc))
    inbox = inbox_at(office.engine, tmp_path, clock)
    assert due in ask(inbox, "T恤少了一件")
    assert "定了" in ask(inbox, "接受")
    clock.now += timedelta(days=366)
    assert ask(inbox, "在吗")


@pytest.fixture
def new_york(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("TZ", "America/New_York")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


SUMMER_ENDS, SUMMER_BEGINS = (
    datetime(2026, 11, 1, 6, tzinfo=timezone.utc),
    datetime(2027, 3, 14, 7, tzinfo=timezone.utc),
)


@pytest.mark.usefixtures("new_york")
@pytest.mark.parametrize("change", [SUMMER_ENDS, SUMMER_BEGINS])
def test_the_hour_that_comes_twice_or_not_at_all(office: TestOffice, tmp_path: Path, change: datetime) -> None:
    clock = Clock(change - timedelta(minutes=40))
    inbox = inbox_at(office.engine, tmp_path, clock)
    assert "补发" in ask(inbox, "T恤少了一件")
    for _ in range(4):
        clock.now += timedelta(minutes=20)
        assert "补发" in ask(inbox, "运费谁出")
    agreed = ask(inbox, "接受")
    due = (clock.now + timedelta(hours=48 + 8)).replace(tzinfo=None)  # in Shanghai, where the buyer is
    assert f"{due.month}月{due.day}日" in agreed
    entries = inbox.log.after(TALK)
    assert [entry.at for entry in entries] == sorted(entry.at for entry in entries)
