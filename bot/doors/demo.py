"""The demo page at ``/``: a newcomer picks one of twenty orders and complains. Off as soon as an API key is set."""

from __future__ import annotations

import secrets
from pathlib import Path
from typing import Any

from pydantic import BaseModel
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse
from starlette.routing import BaseRoute, Route

from bot.claims.model import Order
from bot.doors.http import JSON_BYTES, check_key, parse, peer, read_body
from bot.inbox.inbox import Inbox
from bot.office import DEMO_PREFIX, is_demo_buyer, sandbox

_PAGE = Path(__file__).resolve().parent.parent / "web" / "demo"
_HEADERS = {
    "Content-Security-Policy": "default-src 'self'; img-src 'self' blob: data:",
    "X-Content-Type-Options": "nosniff",
}


class Coming(BaseModel):
    buyer_id: Any = None


def routes(inbox: Inbox) -> list[BaseRoute]:
    """Static files, and ``POST /demo/session``: a new demo buyer with orders of their own."""

    async def session(request: Request) -> JSONResponse:
        check_key(request.headers, peer(request))
        asked = parse(Coming, await read_body(request, JSON_BYTES) or b"{}").buyer_id
        known = isinstance(asked, str) and is_demo_buyer(asked)
        buyer_id = asked if known else f"{DEMO_PREFIX}{secrets.token_hex(8)}"
        orders = [order_as_json(order) for order in await run_in_threadpool(sandbox, buyer_id)]
        return JSONResponse({"buyer_id": buyer_id, "shop": inbox.desk.policy.name, "orders": orders})

    return [
        _page("/", "index.html"),
        _page("/demo.js", "demo.js"),
        _page("/demo.css", "demo.css"),
        Route("/demo/session", session, methods=["POST"]),
    ]


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


def _page(path: str, name: str) -> Route:
    async def serve(request: Request) -> FileResponse:
        return FileResponse(_PAGE / name, headers=_HEADERS)

    return Route(path, serve, name=name)
