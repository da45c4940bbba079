"""Small orders and claims for tests: say only what matters, the rest has a plain default."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any

from bot.claims.model import Claim, ClaimLine, ClaimState, Order, OrderLine, Parcel, ParcelState, Platform
from bot.claims.shop import EvidencePolicy

NOW = datetime(2026, 11, 20, 10, 0, tzinfo=timezone.utc)
POLICY = EvidencePolicy(
    photo_from_fen=5000,
    high_value_fen=20000,
    weight_tolerance_g=30,
    packaging_g=300,
    max_picture_bytes=1,
    max_video_bytes=1,
)


def line(title: str = "纯棉T恤 白色", quantity: int = 3, paid_fen: int = 9000, **more: Any) -> OrderLine:
    return OrderLine(sku=more.pop("sku", title), title=title, quantity=quantity, paid_fen=paid_fen, **more)


def parcel(contents: dict[str, int], state: ParcelState = ParcelState.SIGNED, **more: Any) -> Parcel:
    return Parcel(
        tracking_number=more.pop("tracking_number", "SF1234567890123"),
        courier="顺丰",
        state=state,
        contents=contents,
        **more,
    )


def order(*lines: OrderLine, **more: Any) -> Order:
    lines = lines or (line(),)
    parcels = more.pop("parcels", (parcel({item.sku: item.quantity for item in lines}),))
    return Order(
        order_id=more.pop("order_id", "4012345678901234567"),
        buyer_id="buyer",
        platform=more.pop("platform", Platform.TMALL),
        paid_total_fen=more.pop("paid_total_fen", sum(item.paid_fen for item in lines)),
        shipping_fen=more.pop("shipping_fen", 0),
        lines=lines,
        parcels=parcels,
        placed_at=NOW,
        **more,
    )


def claim(*lines: ClaimLine, state: ClaimState = ClaimState.GATHERING, **more: Any) -> Claim:
    return Claim(
        claim_id="SF-20261120-TEST",
        conversation_id="c",
        buyer_id="buyer",
        opened_at=NOW,
        state=state,
        lines=lines,
        order_id=more.pop("order_id", "4012345678901234567"),
        **more,
    )


def claimed(title: str = "纯棉T恤 白色", ordered: int = 3, missing: int = 1, **more: Any) -> ClaimLine:
    return ClaimLine(title, more.pop("sku", title), ordered, ordered - missing, missing, **more)
