"""A person takes over; from then on the bot is silent."""

from __future__ import annotations

from bot.claims.events import SaidBy
from bot.desk import handoffs
from bot.talk import phrases
from bot.talk.turn import Step, Turn


def hand_over(turn: Turn, reason: str, response: str) -> Step:
    """Say so, record the hand-off, and fall silent. ``reason`` is a code of the hand-off contract."""
    handoffs.hand_off(turn.case, reason, turn.memory.slots.get("other_problem") or "")
    turn.say(response)
    return Step({"stage": "closed", "requested_slot": None}, hands_over=True)


def hand_over_problem(turn: Turn) -> Step:
    """Wrong, broken, never came: a person's matter, with what was said of it."""
    return hand_over(turn, "other_problem", "utter_hand_off_other")


def in_vain(turn: Turn, question: str, about: str = "") -> bool:
    """Has the question been put so often, and nothing come of it, that a person had better ask it the next time?"""
    asked = turn.memory.asked_in_vain(question, about)
    return asked + 1 >= turn.policy.handoff.fallback_limit and not turn.case.is_changed


def hand_off(turn: Turn) -> Step:
    return hand_over(turn, "user_requested", "utter_hand_off")


def platform_stepped_in(turn: Turn) -> Step:
    """小二已经介入了: what is kept and what still holds, then silence for good. Not quite sure of it, the bot asks."""
    if not turn.is_sure:
        turn.say("utter_ask_platform_stepped_in")
        return Step()
    handoff = handoffs.step_aside(turn.case, SaidBy.BUYER)
    claim = next((claim for claim in turn.case.claims if handoff and claim.claim_id == handoff.claim_id), None)
    turn.say("utter_platform_stepped_in", kept=phrases.kept(claim))
    return Step({"stage": "closed", "requested_slot": None}, hands_over=True)
