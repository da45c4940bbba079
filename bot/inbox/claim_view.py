"""A claim and a hand-off as the doors show them (DESIGN.md, "The seams")."""

from __future__ import annotations

from typing import Any

from bot.claims.model import Claim, ClaimLine
from bot.store import Handoff


def claim_as_json(claim: Claim) -> dict[str, Any]:
    """The public shape of a claim. Money in fen."""
    offer, settlement = claim.offer, claim.settlement
    return {
        "claim_id": claim.claim_id,
        "state": claim.state.value,
        "order_id": claim.order_id,
        "platform": claim.platform.value,
        "lines": [_line_as_json(line) for line in claim.lines],
        "fault": claim.fault.value if claim.fault else None,
        "evidence": [{"kind": item.kind.value, "status": item.status.value} for item in claim.evidence],
        "offer": {"remedy": offer.remedy.value, "amount_fen": offer.money_fen} if offer else None,
        "settlement": {
            "refund_fen": settlement.refund_fen,
            "penalty_fen": settlement.penalty_fen,
            "penalty_points": settlement.penalty_points,
            "penalty_currency": settlement.penalty_currency,
            "freight_by": settlement.freight_by,
        }
        if settlement
        else None,
    }


def _line_as_json(line: ClaimLine) -> dict[str, Any]:
    """What it counts is in units of the order, unless ``unit`` says otherwise; ``parts`` are missing inside one."""
    shown: dict[str, Any] = {
        "sku": line.sku,
        "title": line.title,
        "ordered": line.ordered,
        "received": line.received,
        "missing": line.missing,
    }
    if line.unit:
        shown["unit"] = line.unit.value
    if line.pack:
        shown["pack"] = line.pack
    if line.parts:
        shown["parts"] = list(line.parts)
    return shown


def handoff_as_json(handoff: Handoff, *, begun: bool) -> dict[str, Any]:
    """Why a person was asked to take over, since when, and what they should know; ``begun``: with this very answer."""
    return {
        "reason": handoff.reason,
        "urgency": handoff.urgency.name.lower(),
        "summary": handoff.summary,
        "claim_id": handoff.claim_id,
        "case_no": handoff.case_no,
        "since": handoff.at.isoformat(),
        "begun": begun,
    }
