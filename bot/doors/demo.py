"""The demo page at ``/``: a newcomer picks one of twenty orders and complains. Off as soon as an API key is set."""

from __future__ import annotations

import secrets
from pathlib import Path
from typing import Any

from sanic import Blueprint
from sanic.request import Request
from sanic.response import HTTPResponse, file
from sanic.response import json as respond

from bot.claims.model import Order
from bot.doors.messages import refuse
from bot.office import desk, sandbox

_PAGE = Path(__file__).resolve().parent.parent / "web" / "demo"
_HEADERS = {
    "Content-Security-Policy": "default-src 'self'; img-src 'self' blob: data:",
    "X-Content-Type-Options": "nosniff",
}
_PREFIX = "demo-"


def demo_blueprint() -> Blueprint:
    """Static files, and ``POST /demo/session``: a new demo buyer with orders of their own."""
    door = Blueprint("demo")

    @door.get("/")
    async def index(request: Request) -> HTTPResponse:
        return await file(_PAGE / "index.html", headers=_HEADERS)

    for name in ("demo.js", "demo.css"):
        door.add_route(_serve(name), f"/{name}", name=name.replace(".", "_"))

    @door.post("/demo/session")
    async def session(request: Request) -> HTTPResponse:
        refused = refuse(request)
        if refused:
            return refused
        asked = request.json.get("buyer_id") if isinstance(request.json, dict) else None
        buyer_id = asked if isinstance(asked, str) and is_demo_buyer(asked) else f"{_PREFIX}{secrets.token_hex(8)}"
        orders = [order_as_json(order) for order in sandbox(buyer_id)]
        return respond({"buyer_id": buyer_id, "shop": desk().policy.name, "orders": orders})

    return door


def is_demo_buyer(buyer_id: str) -> bool:
    """A buyer whom the page may name; the orders of any other may be real ones."""
    return buyer_id.startswith(_PREFIX) and len(buyer_id) <= 64


def order_as_json(order: Order) -> dict[str, Any]:
    """What the page shows of an order. Money in fen, times in ISO 8601 UTC."""
    return {
        "order_id": order.order_id,
        "platform": order.platform.value,
        "placed_at": order.placed_at.isoformat(),
        "paid_total_fen": order.paid_total_fen,
        "shipping_fen": order.shipping_fen,
        "lines": [
            {
                "sku": line.sku,
                "title": line.title,
                "quantity": line.quantity,
                "paid_fen": line.paid_fen,
                "is_gift": line.is_gift,
                "status": line.status.value,
            }
            for line in order.lines
        ],
        "parcels": [
            {
                "courier": parcel.courier,
                "tracking_number": parcel.tracking_number,
                "state": parcel.state.value,
                "eta": parcel.eta.isoformat() if parcel.eta else None,
                "signed_at": parcel.signed_at.isoformat() if parcel.signed_at else None,
            }
            for parcel in order.parcels
        ],
    }


def _serve(name: str) -> Any:
    async def serve(request: Request) -> HTTPResponse:
        return await file(_PAGE / name, headers=_HEADERS)

    return serve
