"""An answer as the neutral API shows it, inline, afterwards and as an event (``docs/api.md``)."""

from __future__ import annotations

from typing import Any

from bot.inbox.model import Outcome


def answer_as_json(conversation_id: str, message_id: str | None, outcome: Outcome) -> dict[str, Any]:
    """What to send, whether to send at all, and the case."""
    claim = outcome.claim
    return {
        "conversation_id": conversation_id,
        "message_id": message_id,
        "replies": [
            {
                "id": reply.get("id"),  # an answer of the time before has none
                "type": "text",
                "text": reply["text"],
                "quick_replies": reply["buttons"],
                "card": reply["custom"],
            }
            for reply in outcome.replies
        ],
        "decision": "handoff" if outcome.handoff else "send" if outcome.replies else "no_reply",
        "confidence": outcome.confidence,
        "intent": outcome.intent,
        "handoff": outcome.handoff,
        "case": {
            "case_id": claim["claim_id"],
            "status": claim["state"],
            "missing": [item["kind"] for item in claim["evidence"] if item["status"] == "requested"],
            "claim": claim,
        }
        if claim
        else None,
        "acts": outcome.acts,
        "agenda": outcome.agenda,
        "claims": outcome.claims,
        "cases": outcome.cases,
    }
