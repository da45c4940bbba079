"""A parse by itself is what Rasa's own doors get: shell, run and test read as we do."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from rasa.core.channels.channel import UserMessage
from rasa.shared.core.events import SlotSet
from rasa.shared.core.slots import AnySlot
from rasa.shared.core.trackers import DialogueStateTracker

from bot.engine.parsing import parse
from tests.office import TestOffice

REVIEW = "书很好，物流也快，包装结实，就是书签没给我"


@pytest.mark.parametrize("text", ["少发了一件", REVIEW, "少了一件，给我退款，不然差评", "https://t.cn/A6", "", "🙂"])
def test_what_rasa_says(office: TestOffice, text: str) -> None:
    agent = office.inbox.agent
    rasas: dict[str, Any] = asyncio.run(agent.parse_message(text))
    assert parse(agent, text) == rasas
    tracker = DialogueStateTracker.from_events("somebody", [])
    assert asyncio.run(agent.processor.parse_message(UserMessage(text), tracker)) == rasas  # type: ignore[union-attr]


def test_a_complaint_in_passing(office: TestOffice) -> None:
    parsed = parse(office.inbox.agent, REVIEW)
    assert parsed["intent"]["name"] == "report_short_shipment"
    assert [clause["text"] for clause in parsed["clauses"]] == ["书很好", "物流也快", "包装结实", "就是书签没给我"]


def test_a_bare_link_says_nothing(office: TestOffice) -> None:
    parsed = parse(office.inbox.agent, "https://item.taobao.com/item.htm?id=4012345678901234567")
    assert (parsed["intent"], parsed["entities"], parsed["also"]) == ({"name": None, "confidence": 0.0}, [], [])


def test_the_conversation_is_read_as_rasa_reads_it(office: TestOffice) -> None:
    """Any slots will do, also those of a conversation that has none of ours."""
    slot = AnySlot("requested_slot", mappings=[{}])
    tracker = DialogueStateTracker.from_events("asked", [SlotSet("requested_slot", "missing")], [slot])
    agent = office.inbox.agent
    for text in ("拍3包到2包", "两个吧", REVIEW):
        rasas = asyncio.run(agent.processor.parse_message(UserMessage(text), tracker))  # type: ignore[union-attr]
        assert parse(agent, text, tracker) == rasas
