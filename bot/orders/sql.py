"""The embedded order store: one table, an order a row."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Engine
from sqlalchemy.exc import IntegrityError

from bot.claims.codec import from_json, to_json
from bot.claims.model import Order
from bot.db import UtcDateTime, metadata

_orders = sa.Table(
    "orders",
    metadata,
    sa.Column("order_id", sa.String(32), primary_key=True),
    sa.Column("buyer_id", sa.String(128), nullable=False, index=True),
    sa.Column("placed_at", UtcDateTime, nullable=False),
    sa.Column("body", sa.JSON, nullable=False),
)


class SqlOrders:
    """An ``OrderSource`` over an engine of ``bot.db``."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def get(self, order_id: str) -> Order | None:
        with self._engine.connect() as connection:
            row = connection.execute(sa.select(_orders.c.body).where(_orders.c.order_id == order_id)).first()
        return from_json(Order, row.body) if row else None

    def recent(self, buyer_id: str, limit: int = 5) -> list[Order]:
        mine = (
            sa.select(_orders.c.body)
            .where(_orders.c.buyer_id == buyer_id)
            .order_by(_orders.c.placed_at.desc(), _orders.c.order_id)
            .limit(limit)
        )
        with self._engine.connect() as connection:
            return [from_json(Order, row.body) for row in connection.execute(mine)]

    def newest(self, limit: int) -> list[Order]:
        """Of all buyers; for the shop's own eyes."""
        wanted = sa.select(_orders.c.body).order_by(_orders.c.placed_at.desc(), _orders.c.order_id).limit(limit)
        with self._engine.connect() as connection:
            return [from_json(Order, row.body) for row in connection.execute(wanted)]

    def add(self, order: Order) -> bool:
        """Store an order that is not known yet; False when it already is, and nothing changes."""
        try:
            with self._engine.begin() as connection:
                connection.execute(sa.insert(_orders).values(**_row(order)))
        except IntegrityError:
            return False
        return True

    def known(self, order_ids: Collection[str]) -> dict[str, Order]:
        """Those of the orders that are stored, by id. At most some hundreds at a time: each id is a parameter."""
        wanted = sa.select(_orders.c.body).where(_orders.c.order_id.in_(order_ids))
        with self._engine.connect() as connection:
            found = [from_json(Order, row.body) for row in connection.execute(wanted)]
        return {order.order_id: order for order in found}

    def put(self, orders: Iterable[Order]) -> None:
        """Store the orders, each in the place of the one of the same id; all of them or, on an error, none."""
        rows = [_row(order) for order in orders]
        if not rows:
            return
        with self._engine.begin() as connection:
            connection.execute(sa.delete(_orders).where(_orders.c.order_id.in_([row["order_id"] for row in rows])))
            connection.execute(sa.insert(_orders), rows)


def _row(order: Order) -> dict[str, Any]:
    return {
        "order_id": order.order_id,
        "buyer_id": order.buyer_id,
        "placed_at": order.placed_at,
        "body": to_json(order),
    }
