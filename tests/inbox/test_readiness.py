"""What makes a process not ready, part by part."""

from __future__ import annotations

import asyncio
import shutil
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from threading import Event
from types import SimpleNamespace
from typing import Any

import pytest

from bot.desk import Desk
from bot.inbox import readiness
from bot.inbox.inbox import Inbox
from bot.inbox.readiness import Readiness
from bot.settings import settings
from bot.store import Author, Session
from tests.desks import Clock
from tests.inboxes import TALK, ask

WELL = {"database": True, "disk": True, "model": True, "answers": True}


@pytest.fixture(autouse=True)
def evidence_dir(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    folder = tmp_path / "evidence"
    monkeypatch.setenv("SHAOFA_EVIDENCE_DIR", str(folder))
    monkeypatch.setenv("SHAOFA_DATABASE_URL", f"sqlite:///{tmp_path}/shaofa.db")
    settings.cache_clear()
    yield folder
    monkeypatch.undo()
    settings.cache_clear()


def checks(inbox: Inbox) -> dict[str, bool]:
    return asyncio.run(Readiness(inbox).checks())


def fails(*_: Any) -> Any:
    raise OSError("gone")


def test_all_is_well(inbox: Inbox, evidence_dir: Path) -> None:
    ask(inbox, "在吗")
    assert checks(inbox) == WELL
    assert list(evidence_dir.iterdir()) == []  # what was tried leaves nothing behind


def test_a_database_that_is_gone_is_named(inbox: Inbox, desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(desk.store.conversations, "get", fails)
    monkeypatch.setattr(desk.store.conversations, "waiting", fails)
    assert checks(inbox) == {**WELL, "database": False, "answers": False}


def test_a_full_disk_is_named(inbox: Inbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda folder: SimpleNamespace(free=99_999_999))
    assert checks(inbox) == {**WELL, "disk": False}


def test_a_folder_that_cannot_be_written_is_named(inbox: Inbox, evidence_dir: Path) -> None:
    evidence_dir.write_text("a file where the folder should be")
    assert checks(inbox) == {**WELL, "disk": False}


def test_a_model_that_reads_nothing_is_named(inbox: Inbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inbox.engine, "parse", fails)
    assert checks(inbox) == {**WELL, "model": False}


def test_who_waits_too_long_in_the_widget_is_noticed(inbox: Inbox, desk: Desk, clock: Clock) -> None:
    inbox.write("api-talk", Author.BUYER, {"text": "接口里的"})  # nobody takes that up but who posts it again
    desk.store.sessions.open(Session(TALK, None, None), clock())
    inbox.write(TALK, Author.BUYER, {"text": "在吗"})
    assert checks(inbox) == WELL
    clock.now += timedelta(minutes=5)
    assert checks(inbox) == {**WELL, "answers": False}
    ask(inbox, "还在吗")
    assert checks(inbox) == WELL


def test_a_look_that_hangs_is_waited_for_no_more_than_once(
    inbox: Inbox, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    hangs, looked = Event(), []

    def get(conversation_id: str) -> None:
        looked.append(conversation_id)
        hangs.wait(30)

    monkeypatch.setattr(desk.store.conversations, "get", get)
    monkeypatch.setattr(readiness, "_PATIENCE_S", 0.2)

    async def ask_again_and_again() -> list[dict[str, bool]]:
        asked = Readiness(inbox)
        together = await asyncio.gather(*(asked.checks() for _ in range(20)))
        later = await asked.checks()
        hangs.set()
        await asyncio.sleep(0.2)
        return [*together, later, await asked.checks()]

    began = time.monotonic()
    *while_it_hangs, afterwards = asyncio.run(ask_again_and_again())
    assert while_it_hangs == [{**WELL, "database": False}] * 21 and afterwards == WELL
    assert len(looked) == 2 and time.monotonic() - began < 10
