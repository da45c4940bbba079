"""Conversations of the time when Rasa kept them in a store of its own go on where they were."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest
from rasa.core.tracker_store import SQLTrackerStore
from rasa.shared.core.events import BotUttered

from actions import HANDLERS
from bot.claims.model import ClaimState
from bot.desk import Desk
from bot.engine.carrying_over import OldTrackers
from bot.engine.protocol import Input, Response
from bot.engine.rasa_engine import RasaEngine
from bot.engine.remembering import recall
from tests.desks import ANNA, ANNA_ELSEWHERE, say


@pytest.fixture
def old_url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path}/tracker.db"


@pytest.fixture(scope="module")
def before(model: Path) -> RasaEngine:
    return RasaEngine(model, HANDLERS)


@pytest.fixture
def engine(model: Path, old_url: str) -> RasaEngine:
    return RasaEngine(model, HANDLERS, OldTrackers(old_url))


def respond(engine: RasaEngine, desk: Desk, text: str, memory: dict[str, Any] | None) -> Response:
    with desk.case(ANNA) as case:
        return engine.respond(case, [Input(text)], memory, None)


def keep_as_before(engine: RasaEngine, url: str, memory: dict[str, Any] | None) -> None:
    """As Rasa's own server kept it."""
    tracker = recall(ANNA.conversation_id, memory, engine.domain)
    tracker.update(BotUttered("可以吗？"))
    asyncio.run(SQLTrackerStore(engine.domain, host=url).save(tracker))


def test_an_offer_of_that_time_can_be_accepted(
    before: RasaEngine, engine: RasaEngine, desk: Desk, old_url: str, tmp_path: Path
) -> None:
    keep_as_before(before, old_url, respond(before, desk, "T恤少了一件", None).memory)
    kept = (tmp_path / "tracker.db").read_bytes()
    response = respond(engine, desk, "接受", None)
    assert response.replies[-1]["text"].startswith("定了")
    claim = desk.open(ANNA).current
    assert claim is not None and claim.state is ClaimState.AGREED
    assert (tmp_path / "tracker.db").read_bytes() == kept, "it is only read"


def test_a_form_of_that_time_goes_on(before: RasaEngine, engine: RasaEngine, desk: Desk, old_url: str) -> None:
    memory = respond(before, desk, "你们漏发了", None).memory
    keep_as_before(before, old_url, respond(before, desk, "T恤那单", memory).memory)
    assert "收到2件，少1件" in "".join(reply["text"] for reply in respond(engine, desk, "只到2件", None).replies)


def test_once_carried_over_the_old_one_is_not_asked(
    before: RasaEngine, engine: RasaEngine, desk: Desk, old_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    keep_as_before(before, old_url, respond(before, desk, "T恤少了一件", None).memory)
    memory = respond(engine, desk, "运费谁出", None).memory
    monkeypatch.setattr(OldTrackers, "memory", lambda *_: pytest.fail("asked again"))
    assert respond(engine, desk, "接受", memory).replies[-1]["text"].startswith("定了")


def test_a_conversation_that_is_new_begins_anew(engine: RasaEngine, desk: Desk) -> None:
    say(desk, "少一件", "T恤", ANNA_ELSEWHERE, missing=1)
    response = respond(engine, desk, "你好", None)
    assert desk.policy.name in response.replies[0]["text"]
