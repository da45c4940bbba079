"""An inbox without a model: its engine says back what was said, and does with the case what a test wants."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from bot.desk import Case, Desk
from bot.engine.protocol import Act, Response
from bot.inbox.inbox import Inbox, as_body
from bot.inbox.model import Incoming, Outcome
from bot.store import Author, Conversation
from bot.store.files import FileStore
from tests.desks import ANNA

TALK = ANNA.conversation_id


class Echo:
    """Answers ``echo: …`` and remembers what was said; ``during`` is called with the case while it works."""

    def __init__(self, during: Callable[[Case], None] = lambda case: None) -> None:
        self.during = during
        self.asked: list[list[str]] = []  # what each turn was about
        self.order_ids: list[str | None] = []
        self.uploads: list[dict[str, Any]] = []
        self.sure = 0.9  # of what is read while the bot is silent

    def respond(self, case: Case, acts: Sequence[Act], memory: dict[str, Any] | None, order_id: str | None) -> Response:
        words = [act.text or f"{len(act.uploads)} files" for act in acts]
        self.asked.append(words)
        self.order_ids.append(order_id)
        self.uploads += [dict(upload) for act in acts for upload in act.uploads]
        self.during(case)
        said = [*(memory or {}).get("said", []), *words]
        return Response([reply(f"echo: {text}") for text in words], {"said": said}, {"name": "echo", "confidence": 0.5})

    def parse(self, text: str) -> dict[str, Any]:
        return {"intent": {"name": "platform_stepped_in" if "小二介入了" in text else "echo", "confidence": self.sure}}

    def wording(self, response: str, **values: Any) -> dict[str, Any]:
        return reply(" ".join([response, *map(str, values.values())]))


def reply(text: str) -> dict[str, Any]:
    return {"text": text, "buttons": [], "custom": None}


def open_inbox(desk: Desk, folder: Path, engine: Echo) -> Inbox:
    return Inbox(engine, desk, FileStore(folder / "evidence", 10**6, 10**6))


def message(text: str, message_id: str | None = None, **more: Any) -> Incoming:
    """From Anna."""
    return Incoming(TALK, text, message_id, ANNA.buyer_id, **more)


def handle(inbox: Inbox, *incoming: Incoming) -> list[Outcome]:
    """Their answers; all of them come at once."""

    async def together() -> list[Outcome]:
        return list(await asyncio.gather(*map(inbox.handle, incoming)))

    return asyncio.run(together())


def ask(inbox: Inbox, text: str, message_id: str | None = None, **more: Any) -> Outcome:
    (outcome,) = handle(inbox, message(text, message_id, **more))
    return outcome


def said(outcome: Outcome) -> list[str]:
    return [reply["text"] for reply in outcome.replies]


def log(inbox: Inbox) -> list[str]:
    """``buyer: …``, ``bot: …`` for each entry in order, checked to be numbered without gaps."""
    entries = inbox.log.after(TALK)
    assert [entry.seq for entry in entries] == list(range(1, len(entries) + 1))
    return [f"{entry.author.value}: {_shown(entry.author, entry.body)}" for entry in entries]


def _shown(author: Author, body: dict[str, Any]) -> str:
    return str(body["state"] if author is Author.SYSTEM else body.get("text", body.get("file")))


def dies_over(inbox: Inbox, incoming: Incoming) -> None:
    """A worker keeps the message, and nothing more is heard of it."""
    inbox._accept(incoming, [as_body(inbox.files.accept, file) for file in incoming.files], "the lease of one who died")


def row(inbox: Inbox) -> Conversation:
    found = inbox.desk.store.conversations.get(TALK)
    assert found is not None
    return found


def remembered(inbox: Inbox) -> dict[str, Any] | None:
    return row(inbox).memory
