"""From what the classifier says of a message and of its clauses to what the message says.

The first duty is the complaint, wherever it stands: in the middle of a review, or before a demand and a threat.
Entities and quantities are always those of the whole message.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bot.language.references import is_link

COMPLAINT = "report_short_shipment"
FALLBACK = "nlu_fallback"
PLATFORM = "platform_stepped_in"
# From here on a message is a complaint; below it, one that looks most like a complaint is asked about.
_LIKELY = 0.5
# A clause is read without what stands around it, so a wish in it must be plain by itself.
_SURE = 0.85
# What answers the question for a slot. Facts only, which are checked against the order: an offer is neither taken nor
# refused by a guess.
_ANSWERS = {"order_id": "give_order", "item": "give_item", "missing": "give_quantity"}
_CANDIDATES = 2  # so many of the likeliest intents can be what an undecided message means

Parse = Mapping[str, Any]


@dataclass(frozen=True)
class Understood:
    """``also`` names what single clauses say for certain besides: 退款 in "少了一件,给我退款"."""

    intent: str | None
    confidence: float
    also: tuple[str, ...] = ()


@dataclass(frozen=True)
class Context:
    """Where the conversation stands: how far the claim is, and which slot of a form was asked for."""

    stage: str | None = None
    asked: str | None = None


NOTHING = Understood(None, 0.0)


def understand(parsed: Parse, context: Context = Context()) -> Understood:
    """What a message says, by the parse of the whole and of its clauses.

    Where that decides nothing, an answer to what was asked is likelier than anything else.

    Args:
        parsed: ``text``, ``intent``, ``intent_ranking``, and ``clauses``, each with ``intent``, ``confidence`` and
            ``intent_ranking`` of its own.
        context: as the message came; nothing is known of it where Rasa parses without a conversation.
    """
    if is_link(parsed["text"]):
        return NOTHING  # whatever its letters look like
    whole: Mapping[str, Any] = parsed.get("intent") or {}
    clauses: Sequence[Parse] = parsed.get("clauses") or []
    intent, confidence = whole.get("name"), float(whole.get("confidence") or 0.0)
    complains = _complains(parsed, clauses)
    if complains >= _LIKELY:
        intent, confidence = COMPLAINT, complains
    elif intent == COMPLAINT:
        intent, confidence = FALLBACK, 1 - complains
    if intent == FALLBACK:
        intent, confidence = _expected(parsed, context) or (intent, confidence)
    certain = dict.fromkeys(clause["intent"] for clause in clauses if clause["confidence"] >= _SURE)
    if PLATFORM in certain and intent != PLATFORM:
        # 少了一件,小二已经介入了: whatever else is said, it is the platform's from now on.
        intent, confidence = PLATFORM, max(each["confidence"] for each in clauses if each["intent"] == PLATFORM)
    return Understood(intent, confidence, tuple(name for name in certain if name != intent))


def _complains(whole: Parse, clauses: Iterable[Parse]) -> float:
    """How sure it is that something is missing: halfway between the whole message and the clause that says it most.

    A long review drowns the clause, and a clause alone lacks what stands around it: 只有一个 is said of many things.
    """
    by_itself = _complaint(whole)
    strongest = max(map(_complaint, clauses), default=by_itself)
    return (by_itself + strongest) / 2


def _expected(parsed: Parse, context: Context) -> tuple[str, float] | None:
    """The answer to what was asked, if it is among the likeliest readings of the message."""
    answer = _ANSWERS.get(context.asked or "")
    guesses = [guess for guess in parsed.get("intent_ranking") or [] if guess["name"] != FALLBACK]
    likely = (guess for guess in guesses[:_CANDIDATES] if guess["name"] == answer)
    return next(((guess["name"], float(guess["confidence"])) for guess in likely), None)


def _complaint(parsed: Parse) -> float:
    ranking = parsed.get("intent_ranking") or []
    return next((float(guess["confidence"]) for guess in ranking if guess["name"] == COMPLAINT), 0.0)
