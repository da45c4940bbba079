"""Real conversations that nobody here wrote: whatever buyers type, they are answered. Not a measure of quality."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from bench.dialogues import buyer_turns
from bot.channels.pipeline import Incoming
from tests.office import TestOffice

DATA = Path(__file__).resolve().parent.parent.parent / "shared" / "heldout" / "dev" / "dialogues.jsonl"
TALKS: list[dict[str, Any]] = (
    [json.loads(line) for line in DATA.read_text(encoding="utf-8").splitlines()] if DATA.exists() else []
)


@pytest.mark.skipif(not TALKS, reason="../shared is absent")
def test_every_buyer_is_answered_in_at_most_three_messages(office: TestOffice) -> None:
    for talk in TALKS:
        buyer = f"heldout-{talk['id']}"
        office.welcome(buyer)
        for turn in buyer_turns(talk):
            outcome = asyncio.run(office.pipeline.handle(Incoming(buyer, turn["text"], buyer_id=buyer)))
            assert outcome.handoff or outcome.replies, turn["text"]
            assert len(outcome.replies) <= 3, turn["text"]
            assert all(reply["text"].strip() for reply in outcome.replies), turn["text"]
