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
_SHORTEST_MESSAGE = 16  # characters; a shorter one is one thought
_SHORTEST_CLAUSE = 3
_MOST_CLAUSES = 20
_BREAK = re.compile(r"[,，。;；!！?？\n~…]+|\s+")


async def read(agent: Agent, text: str) -> dict[str, Any]:
    """Rasa's parse of the message; its intent is the complaint when a clause is one for certain."""
    parsed: dict[str, Any] = await agent.parse_message(text)
    if parsed["intent"].get("name") == COMPLAINT or len(text) < _SHORTEST_MESSAGE:
        return parsed
    clauses = [clause for clause in _BREAK.split(text) if len(clause) >= _SHORTEST_CLAUSE]
    if len(clauses) < 2:
        return parsed
    for clause in clauses[:_MOST_CLAUSES]:
        intent = (await agent.parse_message(clause))["intent"]
        if intent.get("name") == COMPLAINT and intent["confidence"] >= _SURE:
            return {**parsed, "intent": intent}
    return parsed
