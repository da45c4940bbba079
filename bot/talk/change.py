"""Other figures for what is agreed: what would change is said back and asked about, and changes with the yes alone."""

from __future__ import annotations

from bot.claims.model import Claim, ClaimState, Order
from bot.desk import facts
from bot.talk import phrases
from bot.talk.turn import Step, Turn, form_slots
from bot.understanding.acts import complaint
from bot.understanding.hearing import hear
from bot.understanding.intake import Heard

SLOT = "change"
QUESTION = "utter_ask_change"


def named(turn: Turn, claim: Claim | None, heard: Heard, order: Order | None) -> Claim | None:
    """The agreed claim as it would be by what was said; None where nothing is agreed, or the figures are the same."""
    if claim is None or claim.state is not ClaimState.AGREED:
        return None
    return facts.changed(turn.case, claim, heard, order)


def ask(turn: Turn, agreed: Claim, learned: Claim) -> None:
    turn.say("utter_ask_change", offer=phrases.status(agreed, turn.case.now), lines=phrases.understood(learned))


def is_asked(turn: Turn) -> bool:
    return turn.memory.last_said == QUESTION


def stays_agreed(turn: Turn) -> Step:
    """A yes where all is agreed: to the change that was asked about, or to nothing."""
    agreed, said = turn.case.active, turn.memory.slots.get(SLOT)
    if not (is_asked(turn) and agreed and said):
        turn.say("utter_noted")
        return Step()
    learned = named(turn, agreed, hear(said, None), None)
    if learned is None:
        turn.say("utter_already_agreed", offer=phrases.status(agreed, turn.case.now))
        return Step({SLOT: None})
    if not turn.is_sure:
        ask(turn, agreed, learned)
        return Step()
    claim = facts.change(turn.case, agreed, learned)
    return Step({**form_slots(claim), "stage": None, SLOT: None}, then="claim_form")


def refused(turn: Turn) -> Step:
    """The figures stay as they were agreed."""
    claim = turn.case.active
    assert claim is not None  # it is agreed
    turn.say("utter_change_refused", offer=phrases.status(claim, turn.case.now))
    return Step({SLOT: None})


def kept(turn: Turn) -> dict[str, object]:
    """The slot's value: the message that names the other figures."""
    return dict(complaint(turn.message))
