"""What the rest of the house asks of an order source. A shop connects its own back office by these two functions."""

from __future__ import annotations

from typing import Protocol

from bot.claims.model import Order


class OrdersUnavailable(Exception):
    """The source cannot answer now, or its answer makes no sense; the message names why, and no buyer."""


class OrderSource(Protocol):
    """Both calls may raise ``OrdersUnavailable``."""

    def get(self, order_id: str) -> Order | None:
        """The order, or None. Whose it is, the caller checks by ``buyer_id``."""

    def recent(self, buyer_id: str, limit: int = 5) -> list[Order]:
        """The buyer's orders, newest first, at most ``limit``."""
