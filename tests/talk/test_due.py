"""Promises by the clock: warned of, found broken and told, each once, by the command and by the running server."""

from __future__ import annotations

import asyncio
import json
import re
import time
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest

from bot.claims.model import Claim, ClaimState
from bot.cli import main
from bot.db import make_engine
from bot.desk import Case, Desk, offers, promises
from bot.office import desk as office_desk
from bot.orders.demo import seed
from bot.orders.sql import SqlOrders
from bot.settings import settings
from bot.store import Handoff, Session
from bot.store.claims import Claims
from bot.store.conversations import Conversations
from bot.store.log import Log
from bot.talk import phrases
from bot.talk.due import attend, broken_promise, watch
from tests.databases import NewDatabase
from tests.desks import ANNA, ANNA_ELSEWHERE, NOW, do, hear, open_desk
from tests.office import fresh
from tests.server import serve

AFTER = NOW + timedelta(hours=49)


def at(url: str, now: datetime) -> Desk:
    return open_desk(url, lambda: now)


def promise_a_reship(desk: Desk) -> Claim:
    """To Anna, for one shirt of three, until 48 hours from now."""
    assert isinstance(desk.orders, SqlOrders)
    seed(desk.orders, ANNA.buyer_id, desk.clock())
    with desk.case(ANNA) as case:
        return offers.accept(case, offers.assess(case, hear(case, "少一件", "T恤", missing=1)).claim)


def heard(desk: Desk) -> list[str]:
    """What Anna finds in her conversation."""
    return [entry.text for entry in desk.store.log.after(ANNA.conversation_id)]


@pytest.fixture
def url(new_database: NewDatabase) -> Iterator[str]:
    made = new_database()
    yield made
    make_engine(made).dispose()


@pytest.fixture
def agreed(url: str) -> Claim:
    return promise_a_reship(at(url, NOW))


@pytest.fixture
def in_the_widget(url: str, agreed: Claim) -> None:
    at(url, NOW).store.sessions.open(Session(ANNA.conversation_id, ANNA.buyer_id, None), NOW)


@pytest.mark.usefixtures("in_the_widget")
def test_the_seller_is_warned_and_the_buyer_hears_nothing(url: str, agreed: Claim) -> None:
    desk = at(url, NOW + timedelta(hours=43))
    (notice,) = attend(desk)
    assert notice["kind"] == "warned" and notice["claim_id"] == agreed.claim_id and notice["for_buyer"] is None
    assert notice["due_at"] == "2026-11-22T10:00:00+00:00" and "今天（11月22日）晚上6点前" in notice["for_seller"]
    assert heard(desk) == []


@pytest.mark.usefixtures("in_the_widget")
def test_the_buyer_is_told_what_was_promised_what_may_be_claimed_and_what_next(url: str, agreed: Claim) -> None:
    desk = at(url, AFTER)
    (notice,) = attend(desk)
    assert notice["kind"] == "broken" and "说好今天（11月22日）晚上6点前" in notice["for_seller"]
    (text,) = heard(desk)
    assert text == notice["for_buyer"]
    for wanted in (agreed.claim_id, "11月22日晚上6点前补发", "没做到", "可申请", "32.91元", "以平台判定为准", "人工"):
        assert wanted in text
    assert not re.search(r"一定|保证|会赔|评价", text)


@pytest.mark.usefixtures("in_the_widget")
def test_the_buyer_is_told_once(url: str) -> None:
    desk = at(url, AFTER)
    attend(desk)
    assert attend(desk) == [] and len(heard(desk)) == 1
    assert broken_promise(desk.open(ANNA)) is None


@pytest.mark.usefixtures("agreed")
def test_who_cannot_be_told_now_hears_it_with_the_next_answer(url: str) -> None:
    desk = at(url, AFTER)
    attend(desk)
    assert heard(desk) == []
    text = do(desk, broken_promise)
    assert text is not None and "没做到" in text
    assert do(desk, broken_promise) is None and broken_promise(desk.open(ANNA_ELSEWHERE)) is None


@pytest.mark.usefixtures("agreed")
def test_what_was_not_written_was_not_told(url: str) -> None:
    """The answer that it went with came to nothing."""
    desk = at(url, AFTER)
    attend(desk)
    assert broken_promise(desk.open(ANNA)) == broken_promise(desk.open(ANNA)) is not None


@pytest.mark.usefixtures("in_the_widget")
@pytest.mark.parametrize(("part", "step"), [(Claims, "append"), (Log, "write"), (Conversations, "lengthen")])
def test_who_dies_while_telling_has_told_nothing_and_the_next_tells_it_once(
    url: str, monkeypatch: pytest.MonkeyPatch, part: type, step: str
) -> None:
    desk = at(url, AFTER)
    list(promises.look_after(desk))  # found broken; now it is to be told

    def die(*_: object) -> None:
        raise SystemExit

    with monkeypatch.context() as dying, pytest.raises(SystemExit):
        dying.setattr(part, step, die)
        attend(desk)
    assert heard(desk) == [] and len(promises.untold_of_all(desk)) == 1
    attend(desk)
    assert len(heard(desk)) == 1 and promises.untold_of_all(desk) == []


@pytest.mark.usefixtures("in_the_widget")
def test_of_two_who_tell_at_once_one_does(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    desk, other = at(url, AFTER), at(url, AFTER)
    broken_unasked = phrases.broken_unasked

    def be_outrun(claim: Claim, case: Case) -> str:
        monkeypatch.setattr(phrases, "broken_unasked", broken_unasked)
        attend(other)
        return broken_unasked(claim, case)

    list(promises.look_after(desk))
    monkeypatch.setattr(phrases, "broken_unasked", be_outrun)
    assert attend(desk) == [] and len(heard(desk)) == 1


@pytest.mark.usefixtures("in_the_widget")
def test_while_a_person_has_the_conversation_they_tell(url: str, agreed: Claim) -> None:
    desk = at(url, AFTER)
    list(promises.look_after(desk))
    desk.store.handoffs.open(Handoff(ANNA.conversation_id, None, "user_requested", "", AFTER))
    attend(desk)
    attend(at(url, AFTER + timedelta(minutes=5)))
    assert heard(desk) == [], "the shop knows, and it is the person's to say"
    desk.store.handoffs.give_back(ANNA.conversation_id, AFTER)
    attend(at(url, AFTER + timedelta(minutes=6)))
    assert len(heard(desk)) == 1


def test_who_looks_lets_go_of_what_nobody_speaks_of_any_more(url: str, agreed: Claim) -> None:
    with at(url, NOW).case(ANNA) as case:
        offered = offers.assess(case, hear(case, "少一件", "台灯", missing=1)).claim
    late = NOW + timedelta(days=14, seconds=1)
    assert [notice["kind"] for notice in attend(at(url, late))] == ["broken"], (
        "of the promise; nobody is told of the other"
    )
    states = {claim.claim_id: claim.state for claim in at(url, late).store.claims.of_buyer(ANNA.buyer_id)}
    assert states == {agreed.claim_id: ClaimState.AGREED, offered.claim_id: ClaimState.EXPIRED}
    assert attend(at(url, late)) == [] and heard(at(url, late)) == []


def test_a_restart_loses_no_promise(url: str, agreed: Claim) -> None:
    make_engine(url).dispose()
    make_engine.cache_clear()
    reborn = at(url, NOW + timedelta(hours=43))
    assert [claim.claim_id for claim in promises.promised(reborn)] == [agreed.claim_id]
    assert [notice["kind"] for notice in attend(reborn)] == ["warned"]
    assert [notice["kind"] for notice in attend(at(url, AFTER))] == ["broken"]


def test_the_watch_goes_on_when_something_goes_wrong(
    url: str, agreed: Claim, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    desk = at(url, AFTER)
    look, looks = promises.look_after, 0

    def fail_once(desk: Desk) -> object:
        nonlocal looks
        looks += 1
        if looks == 1:
            raise RuntimeError("no database")
        return look(desk)

    monkeypatch.setattr(promises, "look_after", fail_once)

    async def for_a_while() -> None:
        with pytest.raises(asyncio.TimeoutError):
            await asyncio.wait_for(watch(desk, every_s=0.05), 2)

    asyncio.run(for_a_while())
    messages = [record.getMessage() for record in caplog.records]
    assert messages[0] == "the shop's promises could not be looked at"
    assert [text for text in messages if agreed.claim_id in text] == messages[1:] and len(messages) == 2


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Holds the store of an office in which a promise was broken before anybody looked."""
    for name, value in fresh(tmp_path).items():
        monkeypatch.setenv(name, value)
    for cached in (settings, office_desk):
        cached.cache_clear()
    promise_a_reship(at(settings().database_url, datetime.now(timezone.utc) - timedelta(days=3)))
    yield tmp_path
    monkeypatch.undo()
    for cached in (settings, office_desk):
        cached.cache_clear()


def test_the_command_says_what_is_new_and_then_nothing(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["due", "--json"]) == 0
    (notice,) = json.loads(capsys.readouterr().out)
    assert set(notice) == {
        *("kind", "claim_id", "order_id", "conversation_id"),
        *("due_at", "for_seller", "for_buyer"),
    }
    assert main(["due", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == []


def test_the_command_prints_a_line_for_the_seller(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["due"]) == 0
    assert re.fullmatch(r"过了时间没办：SF-\S+（订单\d+），说好.*shaofa fulfil SF-\S+\n", capsys.readouterr().out)
    assert main(["due"]) == 0
    assert capsys.readouterr().out == ""


def test_the_running_server_looks_by_itself(folder: Path) -> None:
    with serve(folder):
        until = time.monotonic() + 20
        while "过了时间没办" not in (log := (folder / "server.log").read_text()) and time.monotonic() < until:
            time.sleep(0.2)
    assert log.count("过了时间没办") == 1
    (claim,) = promises.promised(at(settings().database_url, datetime.now(timezone.utc)))
    assert claim.promise is not None and claim.promise.broken_at is not None
    assert "Task was destroyed" not in (folder / "server.log").read_text()
