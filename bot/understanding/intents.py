"""From what the classifier says of a message and of its clauses to what the message says.

The first duty is the complaint, wherever it stands: in the middle of a review, or before a demand and a threat.
Entities and quantities are always those of the whole message.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bot.claims.model import Remedy
from bot.language.quantities import bare
from bot.language.references import is_link
from bot.understanding import replies
from bot.understanding.expectations import waited_for, weighed
from bot.understanding.replies import Answer, Reply

COMPLAINT = "report_short_shipment"
FALLBACK = "nlu_fallback"
PLATFORM = "platform_stepped_in"
# From here on a message is a complaint; below it, one that looks most like a complaint is asked about.
_LIKELY = 0.5
_OF_THE_WHOLE = 0.6  # how much the whole message counts beside its strongest clause; by examples left out in turn
_LEAST = 0.01  # no chance counts as smaller, nor as nearer to certain
# A clause is read without what stands around it, so a wish in it must be plain by itself.
_SURE = 0.85
_ENOUGH = 0.55  # so much likelier than all else together, where an answer is expected
_NO_GUESS = 0.35  # by the words alone
_NOT_GUESSED = frozenset({FALLBACK, COMPLAINT})  # the one is no reading, the other has been decided on
# Where a proposal stands, and what a short answer then means; 谢谢 alone is nearly a yes, so the bot asks.
_PROPOSED = frozenset({"offered", "waiting"})
_ASKED_BACK = 0.5
_MEANS = {
    Answer.YES: ("accept_offer", 1.0),
    Answer.NO: ("reject_offer", 1.0),
    Answer.THANKS: ("accept_offer", _ASKED_BACK),
    Answer.NOTHING: ("no_evidence", 1.0),
    Answer.UNCLEAR: (FALLBACK, 1.0),
}
_SAYS_NOTHING = frozenset({"thanks", "praise", "small_talk", "greet", "goodbye", "nudge", FALLBACK})

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
    if context.asked == "missing" and bare(parsed["text"])[0] is not None:
        return Understood("give_quantity", 1.0)  # 15吧 is a sum only where no count was asked for
    if intent != COMPLAINT:
        intent, confidence = _expected(parsed, context) or (intent, confidence)
    said_yes = True
    if intent != COMPLAINT and context.stage in _PROPOSED:
        reply = replies.read(parsed["text"])
        intent, confidence = _answer(reply, intent) or (intent, confidence)
        said_yes = reply.answer is Answer.YES
        if intent == "affirm" and not said_yes:
            confidence = min(confidence, _ASKED_BACK)  # 确认过了,确实不在 affirms something else
    certain = dict.fromkeys(clause["intent"] for clause in clauses if clause["confidence"] >= _SURE)
    if PLATFORM in certain and intent != PLATFORM:
        # 少了一件,小二已经介入了: whatever else is said, it is the platform's from now on.
        intent, confidence = PLATFORM, max(each["confidence"] for each in clauses if each["intent"] == PLATFORM)
    if not said_yes:  # 呵呵, 你们就这么处理的: a clause that looks like a yes is none that counts
        certain = {name: None for name in certain if name not in ("accept_offer", "affirm")}
    return Understood(intent, confidence, tuple(name for name in certain if name != intent))


def _answer(reply: Reply, otherwise: str | None) -> tuple[str | None, float] | None:
    """What is said to the proposal that stands, where the table knows it all or a remedy is named."""
    if otherwise == "counter_offer" and not reply.is_whole:
        return None  # 补发再给我2块
    if reply.wanted:
        return f"request_{reply.wanted.value}", 1.0
    if reply.refused and otherwise not in {f"request_{remedy.value}" for remedy in set(Remedy) - reply.refused}:
        return "reject_offer", 1.0
    if reply.answer is Answer.YES and not reply.is_whole and otherwise in _SAYS_NOTHING:
        return "accept_offer", _ASKED_BACK
    return _MEANS[reply.answer] if reply.answer and reply.is_whole else None


def _complains(whole: Parse, clauses: Sequence[Parse]) -> float:
    """How sure it is that something is missing: between the whole message and the clause that says it most.

    A long review drowns the clause, and a clause alone lacks what stands around it: 只有一个 is said of many things.
    It is their odds that are weighed: one that is certain is not undone by another that merely says nothing of it.
    """
    by_itself = _complaint(whole)
    if not clauses:
        return by_itself
    strongest = max(map(_complaint, clauses))
    odds = _OF_THE_WHOLE * _log_odds(by_itself) + (1 - _OF_THE_WHOLE) * _log_odds(strongest)
    return 1 / (1 + math.exp(-odds))


def _expected(parsed: Parse, context: Context) -> tuple[str, float] | None:
    """The likeliest reading as an answer to what is open; None where nothing is, or none is likely enough."""
    if not waited_for(context.stage, context.asked):
        return None
    ranking = parsed.get("intent_ranking") or []
    guesses = {guess["name"]: float(guess["confidence"]) for guess in ranking if guess["name"] not in _NOT_GUESSED}
    for name, chance in weighed(guesses, context.stage, context.asked).items():
        # How sure the words alone make it stays as it is: nothing is agreed to because it was expected.
        sure = context.asked is not None or guesses[name] >= _NO_GUESS  # an offer is not moved by a guess either
        return (name, guesses[name]) if chance >= _ENOUGH and sure else None
    return None


def _log_odds(chance: float) -> float:
    chance = min(max(chance, _LEAST), 1 - _LEAST)
    return math.log(chance / (1 - chance))


def _complaint(parsed: Parse) -> float:
    ranking = parsed.get("intent_ranking") or []
    return next((float(guess["confidence"]) for guess in ranking if guess["name"] == COMPLAINT), 0.0)
