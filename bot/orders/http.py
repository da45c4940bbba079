"""Orders from the shop's own system over HTTP; the protocol is in docs/orders.md."""

from __future__ import annotations

import json
import re
import time
from typing import Any, NoReturn

import requests
from requests.adapters import HTTPAdapter
from requests.auth import AuthBase
from urllib3.util import Retry

from bot.claims.codec import from_json
from bot.claims.model import Order
from bot.orders.base import OrdersUnavailable, OrdersUnreadable
from bot.orders.validity import check

TIMEOUT_S = (3.0, 40.0)  # to connect, and between two bytes of the answer; `patience` sees to it that no buyer waits
TOTAL_S = 45.0  # for all of the answer, however steadily it drips
MAX_BYTES = 1_000_000  # far more than the orders of a buyer
_ORDER_ID = re.compile(r"[0-9A-Za-z][0-9A-Za-z_-]{0,31}")


class JsonSource:
    """Asks another system for JSON, and takes as long as that does, up to ``TOTAL_S``.

    A redirect counts as an error, so that the token goes nowhere else. A refused connection is tried once more.
    ``name`` is what the log calls it.
    """

    def __init__(self, name: str, base_url: str, token: str | None = None) -> None:
        self._name = name
        self._base = base_url.rstrip("/")
        self._session = requests.Session()
        self._session.headers["Accept"] = "application/json"
        if token:
            self._session.auth = _Bearer(token)
        again = HTTPAdapter(max_retries=Retry(total=None, connect=1, read=0, redirect=0, status=0, other=0))
        self._session.mount("http://", again)
        self._session.mount("https://", again)

    def ask(self, path: str, **query: str) -> Any:
        """The JSON of the answer; None for 404."""
        until = time.monotonic() + TOTAL_S
        try:
            with self._session.get(
                self._base + path, params=query, timeout=TIMEOUT_S, allow_redirects=False, stream=True
            ) as answer:
                content = self._content(answer, until) if answer.status_code == 200 else b""
        except requests.RequestException as error:
            # Its text has the whole address in it, with the buyer.
            raise OrdersUnavailable(f"{self._name} cannot be reached: {type(error).__name__}") from None
        if answer.status_code == 404:
            return None
        if answer.status_code != 200:
            raise OrdersUnavailable(f"{self._name} answered with status {answer.status_code}")
        try:
            return json.loads(content, parse_float=_no_fraction, parse_constant=_no_fraction)
        except (ValueError, RecursionError):
            raise OrdersUnreadable(f"{self._name} answered with something that is no JSON of whole numbers") from None

    def _content(self, answer: requests.Response, until: float) -> bytes:
        """The body, byte by byte: a larger read waits, without end, until it has all that it asked for."""
        content = bytearray()
        for part in answer.iter_content(1):
            content += part
            if len(content) > MAX_BYTES:
                raise OrdersUnreadable(f"{self._name} answered with more than {MAX_BYTES} bytes")
            if time.monotonic() > until:
                raise OrdersUnavailable(f"{self._name} answered for more than {TOTAL_S} seconds")
        return bytes(content)


class HttpOrders:
    """An ``OrderSource`` over HTTP."""

    def __init__(self, base_url: str, token: str | None = None) -> None:
        self._source = JsonSource("the order source", base_url, token)

    def get(self, order_id: str) -> Order | None:
        if not _ORDER_ID.fullmatch(order_id):
            return None  # never part of an address
        body = self._source.ask(f"/orders/{order_id}")
        if body is None:
            return None
        order = _order(body)
        if order.order_id != order_id:
            raise OrdersUnreadable("the order source answered with another order than it was asked for")
        return order

    def recent(self, buyer_id: str, limit: int = 5) -> list[Order]:
        body = self._source.ask("/orders", buyer_id=buyer_id, limit=str(limit))
        if not isinstance(body, list):
            raise OrdersUnreadable("the order source did not answer with a list of orders")
        orders = [_order(item) for item in body]
        if any(order.buyer_id != buyer_id for order in orders):
            raise OrdersUnreadable("the order source answered with orders of another buyer")
        return sorted(orders, key=lambda order: order.placed_at, reverse=True)[:limit]


class _Bearer(AuthBase):
    """As ``auth`` and not as a header of the session, in whose place requests would put what a .netrc says."""

    def __init__(self, token: str) -> None:
        self._token = token

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers["Authorization"] = f"Bearer {self._token}"
        return request


def _order(body: Any) -> Order:
    try:
        order = from_json(Order, body)
        check(order)
    except (ValueError, TypeError) as error:  # pydantic's own error is a ValueError
        reason = " ".join(str(error).split())
        raise OrdersUnreadable(f"the order source answered with an order that makes no sense: {reason}") from None
    return order


def _no_fraction(text: str) -> NoReturn:
    """Amounts are whole fen: 109.69 would be yuan by mistake, and pydantic would make 109 fen of it."""
    raise ValueError(text)
