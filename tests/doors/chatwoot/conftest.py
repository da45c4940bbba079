"""The door over a real inbox whose engine says back what was said, and a Chatwoot that is made up."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from bot.db import make_engine
from bot.doors import chatwoot
from bot.doors.chatwoot import Chatwoot as Door
from bot.doors.refusals import errors_in, neutral_form, refusals
from bot.inbox import calling
from bot.inbox.answering import Answering
from bot.inbox.delivery import DeliveryWorker
from bot.inbox.forwarding import Forwarder
from bot.inbox.inbox import Inbox
from bot.settings import Settings
from bot.store import Store
from tests.desks import Clock, seeded_desk
from tests.doors.chatwoot.fake import SECRET, TOKEN, Chatwoot, signed
from tests.inboxes import Echo, open_inbox


@dataclass
class House:
    """One process of ours beside ``there``; nothing runs by itself: ``work`` does what there is to do."""

    there: Chatwoot
    inbox: Inbox
    clock: Clock
    engine: Echo
    door: Door
    client: TestClient
    worker: DeliveryWorker
    forwarder: Forwarder
    answering: Answering
    asked: list[str] = field(default_factory=list)

    @property
    def store(self) -> Store:
        return self.inbox.desk.store

    def post(self, event: dict[str, Any], **how: Any) -> int:
        return self.client.post("/v1/chatwoot/webhook", **signed(event, **how)).status_code

    def work(self) -> None:
        """Until nothing is left that is due now."""
        busy = True
        while busy:
            busy = self.worker.round()
            for conversation_id in self.store.conversations.unanswered():
                last = self.inbox.log.unanswered(conversation_id)[-1]
                busy |= asyncio.run(self.inbox.answer(self.answering._speaker(last)))
            for conversation_id in self.store.threads.behind():
                busy |= self.forwarder.forward(conversation_id)

    def later(self, seconds: float) -> None:
        self.clock.now += timedelta(seconds=seconds)
        self.work()

    def say(self, number: int, text: str | None, **more: Any) -> int:
        status = self.post(self.there.said(number, text, **more))
        self.work()
        return status

    def states(self) -> dict[str, int]:
        found: dict[str, int] = {}
        for (_, state), count in self.store.outbox.counts().items():
            found[state] = found.get(state, 0) + count
        return found


def build(there: Chatwoot, url: str, folder: Path, clock: Clock, engine: Echo) -> House:
    inbox = open_inbox(seeded_desk(url, clock), folder, engine)
    answering = Answering(inbox)
    door = Door(inbox, answering.start_soon)
    app = Starlette(
        routes=door.routes(),
        middleware=errors_in(neutral_form),
        exception_handlers=refusals(neutral_form),
    )
    worker = DeliveryWorker(inbox.desk.store, door.senders(), clock)
    forwarder = Forwarder(inbox.desk.store, door.outlets(), clock, lambda: None)
    client = TestClient(app, raise_server_exceptions=False)
    return House(there, inbox, clock, engine, door, client, worker, forwarder, answering)


@pytest.fixture
def there() -> Iterator[Chatwoot]:
    with Chatwoot() as made_up:
        yield made_up


@pytest.fixture
def house(there: Chatwoot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[House]:
    use(there, tmp_path, monkeypatch)
    url = f"sqlite:///{tmp_path / 'shaofa.db'}"
    yield build(there, url, tmp_path, Clock(), Echo())
    make_engine(url).dispose()


def use(there: Chatwoot, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    known = Settings(
        chatwoot_url=there.url, chatwoot_token=TOKEN, chatwoot_secret=SECRET, doors_file=folder / "none.yml"
    )
    monkeypatch.setattr(chatwoot, "settings", lambda: known)
    monkeypatch.setattr(calling, "_PATIENCE", (1, 1))
