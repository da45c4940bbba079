"""A person takes over; from then on the bot is silent."""

from __future__ import annotations

from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.events import ActiveLoop, ConversationPaused, EventType, SlotSet
from rasa_sdk.executor import CollectingDispatcher

from bot.talk.turn import Turn


def hand_over(turn: Turn, reason: str, response: str) -> list[EventType]:
    """Say so, record the hand-off, and fall silent. ``reason`` is a code of the hand-off contract."""
    turn.desk.hand_off(turn.speaker, reason)
    turn.say(response)
    return [SlotSet("stage", "closed"), ActiveLoop(None), SlotSet("requested_slot", None), ConversationPaused()]


class ActionHandOff(Action):
    def name(self) -> str:
        return "action_hand_off"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> list[EventType]:
        return hand_over(Turn(dispatcher, tracker), "user_requested", "utter_hand_off")
