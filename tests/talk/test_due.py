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

from bot.claims.model import Claim
from bot.claims.rulebook import Rulebook
from bot.claims.shop import ShopPolicy
from bot.cli import main
from bot.db import make_engine
from bot.desk import Desk, Speaker
from bot.office import desk as office_desk
from bot.orders.demo import seed
from bot.orders.sql import SqlOrders
from bot.settings import settings
from bot.store import Session, Store
from bot.talk.due import attend, broken_promise, watch
from bot.understanding.intake import Heard
from tests.databases import NewDatabase
from tests.office import fresh
from tests.server import serve

ROOT = Path(__file__).resolve().parents[2]
RULEBOOK, POLICY = Rulebook.load(ROOT / "rulebook"), ShopPolicy.load(ROOT / "shop.yml")
NOW = datetime(2026, 11, 20, 10, tzinfo=timezone.utc)
AFTER = NOW + timedelta(hours=49)


def open_desk(url: str, now: datetime) -> Desk:
    engine = make_engine(url)
    return Desk(SqlOrders(engine), Store(engine), RULEBOOK, POLICY, lambda: now)


def promise_a_reship(desk: Desk) -> Claim:
    """To Anna, for one shirt of three, until 48 hours from now."""
    assert isinstance(desk.orders, SqlOrders)
    seed(desk.orders, "anna", desk.clock())
    shirts = next(order for order in desk.orders.recent("anna", 100) if "T恤" in order.lines[0].title)
    claim, _ = desk.hear(Speaker("talk", "anna"), Heard("少一件", missing=1), None, shirts)
    return desk.accept(desk.assess(claim).claim)


def heard(desk: Desk) -> list[str]:
    """What Anna finds in her conversation."""
    return [entry.text for entry in desk.store.log.after("talk")]


@pytest.fixture
def url(new_database: NewDatabase) -> Iterator[str]:
    made = new_database()
    yield made
    make_engine(made).dispose()


@pytest.fixture
def agreed(url: str) -> Claim:
    return promise_a_reship(open_desk(url, NOW))


@pytest.fixture
def in_the_widget(url: str, agreed: Claim) -> None:
    open_desk(url, NOW).store.sessions.open(Session("talk", "anna", None), NOW)


@pytest.mark.usefixtures("in_the_widget")
def test_the_seller_is_warned_and_the_buyer_hears_nothing(url: str, agreed: Claim) -> None:
    desk = open_desk(url, NOW + timedelta(hours=43))
    (notice,) = attend(desk)
    assert notice["kind"] == "warned" and notice["claim_id"] == agreed.claim_id and notice["for_buyer"] is None
    assert notice["due_at"] == "2026-11-22T10:00:00+00:00" and "今天（11月22日）晚上6点前" in notice["for_seller"]
    assert heard(desk) == []


@pytest.mark.usefixtures("in_the_widget")
def test_the_buyer_is_told_what_was_promised_what_may_be_claimed_and_what_next(url: str, agreed: Claim) -> None:
    desk = open_desk(url, AFTER)
    (notice,) = attend(desk)
    assert notice["kind"] == "broken" and "说好今天（11月22日）晚上6点前" in notice["for_seller"]
    (text,) = heard(desk)
    assert text == notice["for_buyer"]
    for wanted in (agreed.claim_id, "11月22日晚上6点前补发", "没做到", "可申请", "32.91元", "以平台判定为准", "人工"):
        assert wanted in text
    assert not re.search(r"一定|保证|会赔|评价", text)


@pytest.mark.usefixtures("in_the_widget")
def test_the_buyer_is_told_once(url: str) -> None:
    desk = open_desk(url, AFTER)
    attend(desk)
    assert attend(desk) == [] and len(heard(desk)) == 1
    assert broken_promise(desk, "talk") is None


@pytest.mark.usefixtures("agreed")
def test_who_cannot_be_told_now_hears_it_with_the_next_answer(url: str) -> None:
    desk = open_desk(url, AFTER)
    attend(desk)
    assert heard(desk) == []
    text = broken_promise(desk, "talk")
    assert text is not None and "没做到" in text
    assert broken_promise(desk, "talk") is None and broken_promise(desk, "another") is None


@pytest.mark.usefixtures("in_the_widget")
def test_who_dies_while_telling_does_not_tell_it_twice(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    desk = open_desk(url, AFTER)

    def die(claim: Claim) -> Claim:
        raise SystemExit

    with monkeypatch.context() as dying, pytest.raises(SystemExit):
        dying.setattr(desk, "told", die)
        attend(desk)
    attend(desk)
    assert len(heard(desk)) == 1 and desk.untold() == []


def test_a_restart_loses_no_promise(url: str, agreed: Claim) -> None:
    make_engine(url).dispose()
    make_engine.cache_clear()
    reborn = open_desk(url, NOW + timedelta(hours=43))
    assert [claim.claim_id for claim in reborn.promised()] == [agreed.claim_id]
    assert [notice["kind"] for notice in attend(reborn)] == ["warned"]
    assert [notice["kind"] for notice in attend(open_desk(url, AFTER))] == ["broken"]


def test_the_watch_goes_on_when_something_goes_wrong(
    url: str, agreed: Claim, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    desk = open_desk(url, AFTER)
    look, looks = desk.break_promises, 0

    def fail_once() -> object:
        nonlocal looks
        looks += 1
        if looks == 1:
            raise RuntimeError("no database")
        return look()

    monkeypatch.setattr(desk, "break_promises", fail_once)

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
    promise_a_reship(open_desk(settings().database_url, datetime.now(timezone.utc) - timedelta(days=3)))
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
    (claim,) = open_desk(settings().database_url, datetime.now(timezone.utc)).promised()
    assert claim.promise is not None and claim.promise.broken_at is not None
    assert "Task was destroyed" not in (folder / "server.log").read_text()
