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

from bot.db import make_engine
from bot.inbox.model import Incoming, Outcome
from bot.store import Author, Store

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
    """``heard`` is what came in."""

    def __init__(self, folder: Path) -> None:
        store = Store(make_engine(f"sqlite:///{folder / 'log.db'}"))
        self.log = store.log
        handoff = SimpleNamespace(skill_groups={})
        self.desk = SimpleNamespace(policy=SimpleNamespace(name="小店", handoff=handoff), store=store)
        self.heard: list[Incoming] = []
        self.answers: list[Outcome] = []
        self.person: dict[str, Any] | None = None

    async def handle(self, incoming: Incoming) -> Outcome:
        self.heard.append(incoming)
        outcome = self.answers.pop(0) if self.answers else Outcome([reply("好的。")])
        self.log.append(incoming.conversation_id, Author.BUYER, {"text": incoming.text}, NOW)
        for said in outcome.replies:
            body = {"text": said["text"], "buttons": said["buttons"]}
            self.log.append(incoming.conversation_id, Author.BOT, body, NOW)
        return outcome

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
