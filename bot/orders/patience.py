"""A slow source holds up nobody but its own buyers: it is asked beside the answer, and waited for a moment."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, TimeoutError
from threading import BoundedSemaphore, Lock
from typing import Any

from cachetools import TTLCache
from circuitbreaker import CircuitBreaker

from bot.claims.model import Order, Parcel
from bot.orders.base import OrderSource, OrdersSlow, OrdersUnavailable, OrdersUnreadable, TrackingSource

PATIENCE_S = 0.7  # a buyer waits meanwhile, and one of the few threads that answer
_WAITING = 2  # so many of them; for more it is slow at once
_AT_ONCE, _ASKED = 8, 64  # questions that the source has at a time, and those that wait for their turn
KNOWN_S = 90.0  # one message asks for the same orders several times; who comes again in a minute finds a late answer
_FAILED_S = 5.0
_KNOWN = 1000
_FAILURES, _LEFT_ALONE_S = 5, 30  # after so many in a row, for so long


class _Patience:
    """Over a source that may take long. ``clock`` counts seconds; tests pass their own."""

    def __init__(self, name: str, clock: Callable[[], float]) -> None:
        self._name = name
        self._pool = ThreadPoolExecutor(_AT_ONCE, name)
        self._known: TTLCache[Any, Any] = TTLCache(_KNOWN, KNOWN_S, timer=clock)
        self._failed: TTLCache[Any, OrdersUnavailable] = TTLCache(_KNOWN, _FAILED_S, timer=clock)
        self._coming: dict[Any, Future[Any]] = {}
        self._lock = Lock()  # of the three above
        self._waiting = BoundedSemaphore(_WAITING)
        self._breaker = CircuitBreaker(_FAILURES, _LEFT_ALONE_S, _is_away)

    def answer(self, question: Any, ask: Callable[[], Any]) -> Any:
        """
        Raises:
            OrdersSlow: the answer is on its way.
            OrdersUnavailable: there is none, or too much is asked for at once.
        """
        with self._lock:
            if question in self._known:
                return self._known[question]
            if question in self._failed:
                raise self._failed[question]
            coming = self._coming.get(question)
            if coming is None:
                if self._breaker.opened:
                    raise OrdersUnavailable(
                        f"the source of {self._name} fails again and again, and is left alone for a while"
                    )
                if len(self._coming) >= _ASKED:
                    raise OrdersUnavailable(f"the source of {self._name} is asked for too much at once")
                coming = self._coming[question] = self._pool.submit(self._ask, question, ask)
        if not self._waiting.acquire(blocking=False):
            raise OrdersSlow(coming)
        try:
            return coming.result(PATIENCE_S)
        except TimeoutError:
            raise OrdersSlow(coming) from None
        finally:
            self._waiting.release()

    def _ask(self, question: Any, ask: Callable[[], Any]) -> Any:
        failed: OrdersUnavailable | None = None
        found = None
        try:
            with self._breaker:
                found = ask()
        except OrdersUnavailable as error:
            failed = error
            raise
        finally:
            with self._lock:
                del self._coming[question]
                if failed:
                    self._failed[question] = failed
                elif found is not None:  # an order that is not there may be a minute later
                    self._known[question] = found
        return found


class PatientOrders:
    """An ``OrderSource`` over one that may take long."""

    def __init__(self, source: OrderSource, clock: Callable[[], float] = time.monotonic) -> None:
        self._source = source
        self._patience = _Patience("orders", clock)

    def get(self, order_id: str) -> Order | None:
        found: Order | None = self._patience.answer(("get", order_id), lambda: self._source.get(order_id))
        return found

    def recent(self, buyer_id: str, limit: int = 5) -> list[Order]:
        found = self._patience.answer(("recent", buyer_id, limit), lambda: self._source.recent(buyer_id, limit))
        return list(found)


class PatientTracking:
    """A ``TrackingSource`` over one that may take long."""

    def __init__(self, source: TrackingSource, clock: Callable[[], float] = time.monotonic) -> None:
        self._source = source
        self._patience = _Patience("tracking", clock)

    def parcel(self, tracking_number: str, courier: str) -> Parcel | None:
        question = (tracking_number, courier)
        found: Parcel | None = self._patience.answer(question, lambda: self._source.parcel(*question))
        return found


def _is_away(kind: type[BaseException], error: BaseException) -> bool:
    """One order that cannot be read says nothing of the others."""
    return issubclass(kind, OrdersUnavailable) and not issubclass(kind, OrdersUnreadable)
