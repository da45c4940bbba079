"""What the web widget shows beside a reply's text; the fields are in ``docs/web-channel.md``. Money in fen."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

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
    }


def compensation(lines: list[str], result: dict[str, Any]) -> dict[str, Any]:
    """``result`` is that of ``bot.claims.compensation``: the penalty in it is claimable, never promised."""
    return {
        "type": "compensation",
        "lines": lines,
        "sources": result["sources"],
        "claimable": bool(result["penalty_fen"]),
    }


def offer(claim: Claim) -> dict[str, Any]:
    return {"type": "offer", **_agreement(claim), **phrases.DECISIONS.all()}


def promise(claim: Claim) -> dict[str, Any]:
    return {"type": "promise", **_agreement(claim), "kept": bool(claim.promise and claim.promise.kept_at)}


def _agreement(claim: Claim) -> dict[str, Any]:
    assert claim.offer is not None  # there is nothing to agree to without one
    return {
        "claim_id": claim.claim_id,
        "remedy": claim.offer.remedy.value,
        "amount_fen": claim.offer.money_fen,
        "due_at": claim.offer.due_at.isoformat(),
        "title": phrases.promised(claim),
    }
