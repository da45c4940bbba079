"""Real text that nobody here wrote: what buyers type is answered, and none of it taught. Not a measure of quality."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from bench.dialogues import buyer_turns
from bench.nlu import HELDOUT, essence, taught
from bot.inbox.model import Incoming
from tests.office import TestOffice

DATA = HELDOUT / "dialogues.jsonl"
TALKS: list[dict[str, Any]] = (
    [json.loads(line) for line in DATA.read_text(encoding="utf-8").splitlines()] if DATA.exists() else []
)


@pytest.mark.skipif(not TALKS, reason="../shared is absent")
def test_every_buyer_is_answered_in_at_most_three_messages(office: TestOffice) -> None:
    for talk in TALKS:
        buyer = f"heldout-{talk['id']}"
        office.welcome(buyer)
        for turn in buyer_turns(talk):
            outcome = asyncio.run(office.inbox.handle(Incoming(buyer, turn["text"], buyer_id=buyer)))
            assert outcome.handoff or outcome.replies, turn["text"]
            assert len(outcome.replies) <= 3, turn["text"]
            assert all(reply["text"].strip() for reply in outcome.replies), turn["text"]


@pytest.mark.skipif(not TALKS, reason="../shared is absent")
def test_nothing_of_it_is_taught() -> None:
    """Commonplaces (转人工, 好的谢谢) are everybody's; a sentence is not."""
    sentences = {essence(text) for text in _texts() if len(essence(text)) >= 9}
    assert [text for text in taught() if essence(text) in sentences] == []


def _texts() -> list[str]:
    rows = [json.loads(line) for path in HELDOUT.glob("*.jsonl") for line in path.read_text("utf-8").splitlines()]
    return [turn["text"] for row in rows for turn in ([row] if "text" in row else buyer_turns(row))]
