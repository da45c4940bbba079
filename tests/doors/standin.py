"""An inbox that says what the test wants, over a real log: for tests of what a door makes of it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timezone
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from starlette.applications import Starlette
from starlette.routing import BaseRoute
from starlette.testclient import TestClient

from bot.claims.shop import Hours
from bot.db import make_engine
from bot.inbox.model import Incoming, Outcome
from bot.store import Author, Store
from bot.store.files import FileStore
from tests.desks import POLICY

NOW = datetime(2026, 11, 27, tzinfo=timezone.utc)
HANDOFF = {
    "reason": "user_requested",
    "urgency": "normal",
    "summary": "买家要人工：T恤少1件",
    "claim_id": "SF-1",
    "case_no": "SF-1",
    "since": NOW.isoformat(),
    "begun": True,
}


def reply(text: str, *titles: str) -> dict[str, Any]:
    return {"text": text, "buttons": [{"title": title, "payload": title} for title in titles], "custom": None}


OFFER = Outcome([reply("查到了。"), reply("补发1件，可以吗？", "接受", "换个方案")], "report_short_shipment", 0.9)
AGREED = Outcome([reply("定了。")], "accept_offer", 1.0, claim={"claim_id": "SF-1", "state": "agreed"})
HANDED_OVER = Outcome([reply("马上转给同事。")], "request_human", 1.0, handoff=HANDOFF)
SILENT = Outcome(handoff=HANDOFF)


class StandIn:
    """``heard`` is what came in and counts, ``rehearsed`` what was only gone through."""

    def __init__(self, folder: Path) -> None:
        store = Store(make_engine(f"sqlite:///{folder / 'log.db'}"))
        self.log = store.log
        self.files = FileStore(folder / "evidence", 10**6, 10**6)
        self.policy = POLICY.copy(update={"name": "小店", "hours": Hours(), "doors": {}})
        nothing = SimpleNamespace(get=lambda order_id: self.orders.get(order_id))
        self.desk = SimpleNamespace(policy=self.policy, store=store, clock=lambda: self.now, orders=nothing)
        self.now = NOW
        self.orders: dict[str, Any] = {}
        self.heard: list[Incoming] = []
        self.rehearsed: list[list[str]] = []
        self.answers: list[Outcome] = []
        self._known: dict[tuple[str, str | None], Outcome] = {}
        self.person: dict[str, Any] | None = None

    async def handle(self, incoming: Incoming) -> Outcome:
        known = self._known.get((incoming.conversation_id, incoming.message_id))
        if known:
            return known
        self.heard.append(incoming)
        outcome = self.answers.pop(0) if self.answers else Outcome([reply("好的。")])
        said = {"text": incoming.text}
        self.log.append(incoming.conversation_id, Author.BUYER, said, self.now, incoming.message_id)
        for told in outcome.replies:
            body = {"text": told["text"], "buttons": told["buttons"]}
            self.log.append(incoming.conversation_id, Author.BOT, body, self.now)
        if incoming.message_id:
            self._known[incoming.conversation_id, incoming.message_id] = outcome
        return outcome

    async def rehearse(self, incoming: Incoming, before: Sequence[str] = ()) -> list[Outcome]:
        self.rehearsed.append([*before, incoming.text])
        told = [self.answers.pop(0) if self.answers else Outcome([reply("好的。")]) for _ in self.rehearsed[-1]]
        return told

    async def suggest(self, incoming: Incoming, before: Sequence[str] = ()) -> Outcome:
        return (await self.rehearse(incoming, before))[-1]

    def with_person(self, conversation_id: str) -> bool:
        return self.person is not None

    def wording(self, name: str, **values: Any) -> str:
        return f"{name} {values}"


def client(routes: Sequence[BaseRoute], address: str = "127.0.0.1") -> TestClient:
    return TestClient(
        Starlette(routes=routes),
        base_url="http://127.0.0.1",
        client=(address, 50000),
        raise_server_exceptions=False,
    )
