"""What the web widget shows beside a reply's text; the fields are in ``docs/web-channel.md``. Money in fen."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from bot.claims.deadlines import hours_given
from bot.claims.model import Claim, Order
from bot.talk import phrases


def orders(found: Iterable[Order]) -> dict[str, Any]:
    return {
        "type": "orders",
        "orders": [
            {
                "order_id": order.order_id,
                "title": order.lines[0].title,
                "count": len(order.lines),
                "placed_at": order.placed_at.isoformat(),
                "paid_total_fen": order.paid_total_fen,
                "payload": phrases.order_button(order)["payload"],
            }
            for order in found
        ],
        "labels": phrases.labels("orders"),
    }


def compensation(
    rows: Sequence[phrases.Row], result: dict[str, Any], said: Sequence[str] | None = None
) -> dict[str, Any]:
    """``result`` is that of ``bot.claims.compensation``: the penalty in it is claimable, never promised.

    ``said``: the lines of the reply that the card shows better, where they are put otherwise than its rows.
    """
    return {
        "type": "compensation",
        "lines": list(said) if said is not None else [str(row) for row in rows],
        "rows": [
            {
                "label": row.said.label,
                "sum": row.said.sum,
                "amount_fen": row.said.amount.fen if row.said.amount else None,
                "note": row.said.note,
                "rules": row.rules,
            }
            for row in rows
        ],
        "sources": result["sources"],
        "claimable": bool(result["penalty_fen"]),
        "labels": phrases.labels("compensation"),
    }


def offer(claim: Claim) -> dict[str, Any]:
    return {"type": "offer", **_agreement(claim), **phrases.DECISIONS.all(), "labels": phrases.labels("offer")}


def promise(claim: Claim) -> dict[str, Any]:
    kept = bool(claim.promise and claim.promise.kept_at)
    return {"type": "promise", **_agreement(claim), "kept": kept, "labels": phrases.labels("promise")}


def _agreement(claim: Claim) -> dict[str, Any]:
    assert claim.offer is not None  # there is nothing to agree to without one
    promise = claim.promise
    due_at = promise.due_at if promise else claim.offer.due_at
    dated = promise.has_begun if promise else claim.offer.has_date
    return {
        "claim_id": claim.claim_id,
        "remedy": claim.offer.remedy.value,
        "amount_fen": claim.offer.money_fen,
        "due_at": due_at.isoformat() if dated else None,
        "within_hours": hours_given(claim.offer),
        "title": phrases.promised(claim),
        "parts": phrases.promised_parts(claim),
    }
