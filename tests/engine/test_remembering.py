"""What is remembered of a conversation: enough to go on with, and no more however long it lasts."""

from __future__ import annotations

import json
from typing import Any

import pytest
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import (
    ActionExecuted,
    ActionExecutionRejected,
    ActiveLoop,
    BotUttered,
    ConversationPaused,
    Event,
    SlotSet,
    UserUttered,
)
from rasa.shared.core.trackers import DialogueStateTracker

from bot.engine.remembering import as_memory, recall, remember
from bot.settings import ROOT
from bot.talk.turn import Happened

MOST_TURNS = 8


@pytest.fixture(scope="module")
def domain() -> Domain:
    return Domain.load(str(ROOT / "domain.yml"))


def a_turn(number: int, intent: str = "ask_freight") -> list[Event]:
    text = f"第{number}句，住幸福小区3栋2单元501室"
    parsed: dict[str, Any] = {"intent": {"name": intent, "confidence": 0.9}, "text": text, "intent_ranking": [{}] * 30}
    said = UserUttered(text, parsed["intent"], [{"entity": "product", "value": "T恤"}], parsed)
    reply = BotUttered("运费我们出", {"custom": {"type": "offer"}})
    return [ActionExecuted("action_listen"), said, ActionExecuted("action_explain"), reply]


def talked(domain: Domain, turns: int, *more: Event) -> DialogueStateTracker:
    """So many turns, after a first one in which everything was set."""
    begun = [*a_turn(0, "report_short_shipment"), SlotSet("stage", "offered"), SlotSet("outbursts", 1.0)]
    events = [*begun, *more, *(event for number in range(1, turns) for event in a_turn(number))]
    return DialogueStateTracker.from_events("c", events, domain.slots)


def users(memory: dict[str, Any]) -> list[str]:
    return [event["text"] for event in memory["events"] if event["event"] == "user"]


def through_json(memory: dict[str, Any]) -> dict[str, Any]:
    return dict(json.loads(json.dumps(memory, ensure_ascii=False)))


def test_a_long_conversation_is_cut_and_what_it_came_to_is_kept(domain: Domain) -> None:
    tracker = talked(domain, 30, ActiveLoop("claim_form"), SlotSet("requested_slot", "missing"))
    memory = through_json(remember(tracker, domain))
    assert users(memory) == [f"第{number}句，住幸福小区3栋2单元501室" for number in range(30 - MOST_TURNS, 30)]
    again = recall("c", memory, domain)
    assert again.current_slot_values() == tracker.current_slot_values()
    assert again.current_slot_values()["stage"] == "offered" and again.get_slot("outbursts") == 1
    assert again.active_loop_name == "claim_form" and again.get_slot("requested_slot") == "missing"
    assert not again.is_paused()


def test_who_has_the_conversation_is_kept(domain: Domain) -> None:
    paused = talked(domain, 30, ConversationPaused())
    assert recall("c", through_json(remember(paused, domain)), domain).is_paused()


def test_a_short_conversation_is_kept_whole(domain: Domain) -> None:
    tracker = talked(domain, MOST_TURNS)
    again = recall("c", through_json(remember(tracker, domain)), domain)
    assert as_memory(again) == as_memory(tracker)


def test_turn_by_turn_it_stays_as_small_and_says_the_same(domain: Domain) -> None:
    memory: dict[str, Any] | None = None
    sizes = []
    for number in range(60):
        tracker = recall("c", memory, domain)
        for event in [*a_turn(number), *([SlotSet("stage", "offered")] if number == 5 else [])]:
            tracker.update(event, domain)
        memory = through_json(remember(tracker, domain))
        sizes.append(len(json.dumps(memory)))
        assert recall("c", memory, domain).get_slot("stage") == ("offered" if number >= 5 else None)
    assert max(sizes[20:]) < 1.1 * sizes[20], "turn 60 costs what turn 20 did"
    assert memory is not None and remember(recall("c", memory, domain), domain) == memory, "looking loses nothing"


def test_what_was_never_set_is_not_set_by_the_cut(domain: Domain) -> None:
    memory = remember(talked(domain, 30), domain)
    slots = [event["name"] for event in memory["events"] if event["event"] == "slot"]
    assert sorted(slots) == ["outbursts", "stage"]


def test_of_what_was_read_only_the_intent_is_kept_and_of_replies_their_words(domain: Domain) -> None:
    memory = remember(talked(domain, 3), domain)
    assert {event["event"] for event in memory["events"]} == {"action", "user", "slot", "bot"}
    assert all(not event["data"] for event in memory["events"] if event["event"] == "bot"), "no buttons and no cards"
    for event in memory["events"]:
        if event["event"] == "user":
            assert event["parse_data"].keys() == {"text", "intent", "entities"}
            assert event["parse_data"]["intent"].keys() == {"name"} and event["parse_data"]["entities"] == []


def test_nothing_remembered_is_an_empty_conversation(domain: Domain) -> None:
    assert list(recall("c", None, domain).events) == list(recall("c", {}, domain).events)
    assert as_memory(recall("c", None, domain)).story == []


def test_the_handlers_see_the_story_without_rasa(domain: Domain) -> None:
    events = [
        *a_turn(1, "greet"),
        ActiveLoop("claim_form"),
        ActionExecutionRejected("claim_form"),
        ActiveLoop(None),
        SlotSet("stage", "closed"),
    ]
    memory = as_memory(DialogueStateTracker.from_events("c", events, domain.slots))
    assert list(memory.story) == [
        Happened("action", "action_listen"),
        Happened("user", "greet", "第1句，住幸福小区3栋2单元501室"),
        Happened("action", "action_explain"),
        Happened("said", None, "运费我们出"),
        Happened("form", "claim_form"),
        Happened("stepped_back", "claim_form"),
        Happened("form", None),
    ]
    assert memory.form is None and memory.slots["stage"] == "closed"
