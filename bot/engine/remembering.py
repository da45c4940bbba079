"""What of a conversation is remembered: slots and form as they stand, and the last few turns. The log is whole.

Rasa keeps every event for ever and replays them all several times a message; turn 300 cost thirteen times turn 5.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from typing import Any

from rasa.shared.core.constants import ACTION_LISTEN_NAME
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

from bot.talk.turn import Happened, Memory

_TURNS = 8  # more than any story or rule looks back, and than a person counts misses in a row


def recall(conversation_id: str, memory: dict[str, Any] | None, domain: Domain) -> DialogueStateTracker:
    """The tracker as it was remembered; an empty one when nothing was."""
    events = [_from_json(event) for event in (memory or {}).get("events", [])]
    return DialogueStateTracker.from_events(conversation_id, events, domain.slots)


def remember(tracker: DialogueStateTracker, domain: Domain) -> dict[str, Any]:
    """What is to be kept of the tracker, as JSON."""
    events = list(tracker.events)
    turns = [number for number, event in enumerate(events) if isinstance(event, UserUttered)]
    if len(turns) > _TURNS:
        cut = turns[-_TURNS]
        events = [*_head(tracker.sender_id, events[:cut], domain), *events[cut:]]
    return {"events": [_as_json(event) for event in events]}


def as_memory(tracker: DialogueStateTracker) -> Memory:
    """The tracker as the handlers see it."""
    story = [happened for event in tracker.events if (happened := _happened(event))]
    said = [event.text or "" for event in tracker.events if isinstance(event, UserUttered)]
    return Memory(tracker.current_slot_values(), tracker.active_loop_name, story, said)


def _head(conversation_id: str, events: list[Event], domain: Domain) -> Iterable[Event]:
    """What the events come to."""
    before = DialogueStateTracker.from_events(conversation_id, events, domain.slots)
    yield from (SlotSet(name, slot.value) for name, slot in before.slots.items() if slot.has_been_set)
    if before.active_loop_name:
        yield ActiveLoop(before.active_loop_name)
    if before.is_paused():
        yield ConversationPaused()
    yield ActionExecuted(ACTION_LISTEN_NAME)


def _as_json(event: Event) -> dict[str, Any]:
    kept: dict[str, Any] = event.as_dict()
    if isinstance(event, UserUttered):
        # Of what was read only the intent is looked back at.
        kept["parse_data"] = {"text": event.text, "intent": {"name": event.intent_name}, "entities": []}
    if isinstance(event, BotUttered):
        # What was said is not said again in the same words; buttons and cards are in the log.
        kept["data"] = {}
    return kept


def _from_json(kept: dict[str, Any]) -> Event:
    event = _kind(kept["event"])._from_parameters({name: value for name, value in kept.items() if name != "event"})
    assert event is not None  # what it was made from was written by an event of that kind
    return event


@lru_cache(maxsize=64)
def _kind(name: str) -> type[Event]:
    """Rasa looks through all its classes for it, event by event: a tenth of a message's time."""
    kind: type[Event] = Event.resolve_by_type(name)
    return kind


def _happened(event: Event) -> Happened | None:
    if isinstance(event, UserUttered):
        return Happened("user", event.intent_name, event.text or "")
    if isinstance(event, ActionExecuted):
        return Happened("action", event.action_name)
    if isinstance(event, BotUttered):
        return Happened("said", event.metadata.get("utter_action"), event.text or "")
    if isinstance(event, ActiveLoop):
        return Happened("form", event.name)
    if isinstance(event, ActionExecutionRejected):
        return Happened("stepped_back", event.action_name)
    return None
