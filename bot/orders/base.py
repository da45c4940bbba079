"""What the rest of the house asks of an order source. A shop connects its own back office by these two functions."""

from __future__ import annotations

from concurrent.futures import Future
from typing import Any, Protocol

from bot.claims.model import Order, Parcel


class OrdersUnavailable(Exception):
    """The source has no answer; the message names why, and no buyer."""


class OrdersUnreadable(OrdersUnavailable):
    """It has answered, and the answer makes no sense."""


class OrdersSlow(OrdersUnavailable):
    """The answer is not there yet. ``coming`` is done when it is, well or badly; then ask again."""

    def __init__(self, coming: Future[Any]) -> None:
        super().__init__("the order source has not answered yet")
        self.coming = coming


class TrackingSource(Protocol):
    """May raise ``OrdersUnavailable``."""

    def parcel(self, tracking_number: str, courier: str) -> Parcel | None:
        """The parcel as the courier sees it now, without ``contents``; None when the courier does not know it."""


class OrderSource(Protocol):
    """Both calls may raise ``OrdersUnavailable``."""

    def get(self, order_id: str) -> Order | None:
        """The order, or None. Whose it is, the caller checks by ``buyer_id``."""

    def recent(self, buyer_id: str, limit: int = 5) -> list[Order]:
        """The buyer's orders, newest first, at most ``limit``."""
