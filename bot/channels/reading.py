"""What the NLU makes of a message, whole and clause by clause.

Buyers put several things into one message: a complaint in the middle of a review, "少发了,赔钱,不然差评". The first
duty is the complaint, wherever it stands; entities and quantities are always those of the whole message.
"""

from __future__ import annotations

import re
from typing import Any

from rasa.core.agent import Agent

COMPLAINT = "report_short_shipment"
# A clause is read without what stands around it, so it must be plain by itself.
_SURE = 0.9
_SHORTEST_MESSAGE = 8  # characters; a shorter one is one thought
_SHORTEST_CLAUSE = 2
_MOST_CLAUSES = 20
_BREAK = re.compile(r"[,，。;；!！?？\n~…]+|\s+")


async def read(agent: Agent, text: str) -> dict[str, Any]:
    """Rasa's parse of the message; its intent is the complaint when a clause is one for certain.

    ``also`` names what the clauses say for certain besides: 退款 in "少了一件,给我退款".
    """
    parsed: dict[str, Any] = await agent.parse_message(text)
    main = parsed["intent"]
    intents = [(await agent.parse_message(clause))["intent"] for clause in _clauses(text)]
    certain = [intent for intent in intents if (intent.get("confidence") or 0.0) >= _SURE]
    if main.get("name") != COMPLAINT:
        main = next((intent for intent in certain if intent["name"] == COMPLAINT), main)
    also = dict.fromkeys(intent["name"] for intent in certain if intent["name"] != main.get("name"))
    return {**parsed, "intent": main, "also": list(also)}


def _clauses(text: str) -> list[str]:
    """The clauses of a message that has several; no more than buyers write."""
    if len(text) < _SHORTEST_MESSAGE:
        return []
    clauses = [clause for clause in _BREAK.split(text) if len(clause) >= _SHORTEST_CLAUSE]
    return clauses[:_MOST_CLAUSES] if len(clauses) > 1 else []
