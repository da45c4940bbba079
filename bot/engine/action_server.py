"""A handler of ``bot.talk`` as a class of Rasa's SDK, for ``rasa shell`` and whoever runs an action server."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.events import ActiveLoop, ConversationPaused, EventType, FollowupAction, SlotSet
from rasa_sdk.executor import CollectingDispatcher

from bot.desk import Speaker
from bot.office import default_buyer, desk
from bot.talk.turn import Handler, Happened, Memory, Step, Turn


def as_action(name: str, handler: Handler) -> type[Action]:
    """The action of that name; the SDK registers classes."""

    def run(
        self: Action, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]
    ) -> list[EventType]:
        with desk().case(_speaker(tracker)) as case:
            turn = Turn(case, tracker.latest_message, _memory(tracker))
            step = handler(turn)
        for reply in turn.replies:
            dispatcher.utter_message(
                response=reply.response, json_message=reply.card, buttons=list(reply.buttons), **reply.values
            )
        return _events(step)

    return type(name, (Action,), {"name": lambda self: name, "run": run, "__module__": __name__})


def _speaker(tracker: Tracker) -> Speaker:
    conversation_id: str = tracker.sender_id
    return Speaker(conversation_id, default_buyer(conversation_id))


def _memory(tracker: Tracker) -> Memory:
    story = [happened for event in tracker.events if (happened := _happened(event))]
    return Memory(tracker.current_slot_values(), (tracker.active_loop or {}).get("name"), story)


def _happened(event: Mapping[str, Any]) -> Happened | None:
    kind, name = event.get("event"), event.get("name")
    if kind == "user":
        return Happened("user", ((event.get("parse_data") or {}).get("intent") or {}).get("name"))
    if kind == "action":
        return Happened("action", name)
    if kind == "active_loop":
        return Happened("form", name)
    if kind == "action_execution_rejected":
        return Happened("stepped_back", name)
    return None


def _events(step: Step) -> list[EventType]:
    events: list[EventType] = [SlotSet(name, value) for name, value in step.slots.items()]
    if step.then:
        events.append(FollowupAction(step.then))
    if step.hands_over:
        events += [ActiveLoop(None), ConversationPaused()]
    return events
