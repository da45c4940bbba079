"""What the NLU makes of a message, whole and clause by clause.

Buyers put several things into one message: a complaint in the middle of a review, "少发了,赔钱,不然差评". The first
duty is the complaint, wherever it stands; entities and quantities are always those of the whole message.
"""

from __future__ import annotations

import re
from typing import Any

from rasa.core.agent import Agent
from rasa.core.channels.channel import UserMessage
from rasa.engine.constants import PLACEHOLDER_MESSAGE, PLACEHOLDER_TRACKER
from rasa.shared.core.trackers import DialogueStateTracker

COMPLAINT = "report_short_shipment"
FALLBACK = "nlu_fallback"
# From here on a message is a complaint; below it, one that looks most like a complaint is asked about.
_LIKELY = 0.5
# A clause is read without what stands around it, so a wish in it must be plain by itself.
_SURE = 0.85
_SHORTEST_MESSAGE = 8  # characters; a shorter one is one thought
_SHORTEST_CLAUSE = 2
_MOST_CLAUSES = 20
_BREAK = re.compile(r"[,，。;；!！?？\n~…]+|\s+")


def read(agent: Agent, text: str) -> dict[str, Any]:
    """Rasa's parse of the message; its intent is the complaint when the message and its clauses together say so.

    ``also`` names what the clauses say for certain besides: 退款 in "少了一件,给我退款".
    """
    parsed, *parts = parse(agent, [text, *_clauses(text)])
    main, complains = parsed["intent"], _complains(parsed, parts)
    if complains >= _LIKELY:
        main = {"name": COMPLAINT, "confidence": complains}
    elif main.get("name") == COMPLAINT:
        main = {"name": FALLBACK, "confidence": 1 - complains}
    certain = [part["intent"] for part in parts if (part["intent"].get("confidence") or 0.0) >= _SURE]
    also = dict.fromkeys(intent["name"] for intent in certain if intent["name"] != main.get("name"))
    return {**parsed, "intent": main, "also": list(also)}


def _complains(parsed: dict[str, Any], parts: list[dict[str, Any]]) -> float:
    """How sure it is that something is missing: halfway between the whole message and the clause that says it most.

    A long review drowns the clause, and a clause alone lacks what stands around it: 只有一个 is said of many things.
    """
    whole, *clauses = (
        next((intent["confidence"] for intent in part.get("intent_ranking", []) if intent["name"] == COMPLAINT), 0.0)
        for part in (parsed, *parts)
    )
    return float((whole + max(clauses)) / 2 if clauses else whole)


def parse(agent: Agent, texts: list[str]) -> list[dict[str, Any]]:
    """What ``Agent.parse_message`` says to each text, in one run of the model: a run each costs far more."""
    processor = agent.processor
    assert processor is not None  # an agent with a model has one
    target = processor.model_metadata.nlu_target
    inputs = {
        PLACEHOLDER_MESSAGE: [UserMessage(text) for text in texts],
        PLACEHOLDER_TRACKER: DialogueStateTracker.from_events("reading", []),
    }
    nothing = {"text": "", "intent": {"name": None, "confidence": 0.0}, "entities": []}
    messages = processor.graph_runner.run(inputs, targets=[target])[target]
    return [{**nothing, **message.as_dict(only_output_properties=True)} for message in messages]


def _clauses(text: str) -> list[str]:
    """The clauses of a message that has several; no more than buyers write."""
    if len(text) < _SHORTEST_MESSAGE:
        return []
    # Without a leading slash, which to Rasa is a command.
    parts = (part.lstrip("/") for part in _BREAK.split(text))
    clauses = [clause for clause in parts if len(clause) >= _SHORTEST_CLAUSE]
    return clauses[:_MOST_CLAUSES] if len(clauses) > 1 else []
