"""A person takes over; from then on the bot is silent."""

from __future__ import annotations

from bot.desk import handoffs
from bot.talk.turn import Step, Turn


def hand_over(turn: Turn, reason: str, response: str) -> Step:
    """Say so, record the hand-off, and fall silent. ``reason`` is a code of the hand-off contract."""
    handoffs.hand_off(turn.case, reason)
    turn.say(response)
    return Step({"stage": "closed", "requested_slot": None}, hands_over=True)


def hand_off(turn: Turn) -> Step:
    return hand_over(turn, "user_requested", "utter_hand_off")
