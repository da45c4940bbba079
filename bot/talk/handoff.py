"""A person takes over; from then on the bot is silent."""

from __future__ import annotations

from bot.claims.events import SaidBy
from bot.claims.model import ClaimState
from bot.desk import Case, handoffs
from bot.talk import agenda, phrases
from bot.talk.turn import Step, Turn

_IMPATIENT = ("nudge", "vent_anger", "affirm", "accept_offer")  # it adds nothing to what was said
_STAGES = {ClaimState.OFFERED: "offered", ClaimState.AGREED: "agreed"}


def hand_over(turn: Turn, reason: str, response: str, said: str = "") -> Step:
    """Say so, record the hand-off, and fall silent.

    ``reason`` is a code of the hand-off contract; ``said`` what the person should read besides.
    """
    slots = turn.memory.slots
    # What waits is the person's now, and is not to be said again.
    about = [slots.get("other_problem"), said, *(act.words for act in agenda.waiting(slots))]
    handoffs.hand_off(turn.case, reason, "；".join(filter(None, about)))
    turn.say(response)
    return Step({"stage": "closed", "requested_slot": None, **agenda.EMPTY}, hands_over=True)


def hand_over_problem(turn: Turn) -> Step:
    """Wrong, broken, never came: a person's matter, with what was said of it."""
    said = "" if turn.intent in _IMPATIENT else turn.text.strip()
    return hand_over(turn, handoffs.OTHER_PROBLEM, "utter_hand_off_other", said)


def in_vain(turn: Turn, question: str, about: str = "") -> bool:
    """Has the question been put so often, and nothing come of it, that a person had better ask it the next time?"""
    asked = turn.memory.asked_in_vain(question, about)
    return asked + 1 >= turn.policy.handoff.fallback_limit and not turn.case.is_changed


def hand_off(turn: Turn) -> Step:
    if _raged(turn):
        return hand_over(turn, "angry", "utter_hand_off_angry")
    return hand_over(turn, "user_requested", "utter_hand_off")


def was_asked(turn: Turn) -> bool:
    """Was the buyer, who is angry or wants to complain, asked just now whether a person should come? The offer's own
    button answers the offer all the same."""
    # Beside an offer that stands a yes after the way to 小二 is to the offer.
    complained = turn.memory.last_action == "action_explain_platform"
    complained = complained and turn.memory.slots.get("stage") not in ("offered", "waiting")
    return (_raged(turn) or complained) and turn.text.strip() != phrases.DECISIONS.all()["accept"]


def _raged(turn: Turn) -> bool:
    asked = turn.memory.count("outbursts") == turn.policy.handoff.anger_limit - 1
    return asked and turn.memory.last_action == "action_calm"


def stage_after(case: Case) -> str | None:
    """Where the dialogue goes on once a person has given the conversation back."""
    claim = case.active
    return _STAGES.get(claim.state) if claim else "closed"


def platform_stepped_in(turn: Turn) -> Step:
    """小二已经介入了: what is kept and what still holds, then silence for good. Not quite sure of it, the bot asks."""
    if not turn.is_sure:
        turn.say("utter_ask_platform_stepped_in")
        return Step()
    handoff = handoffs.step_aside(turn.case, SaidBy.BUYER)
    claim = next((claim for claim in turn.case.claims if handoff and claim.claim_id == handoff.claim_id), None)
    turn.say("utter_platform_stepped_in", kept=phrases.kept(claim))
    return Step({"stage": "closed", "requested_slot": None}, hands_over=True)
