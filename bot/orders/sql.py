"""The embedded order store: one table, an order a row."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.engine import Engine
from sqlalchemy.exc import IntegrityError

from bot.claims.codec import from_json, to_json
from bot.claims.model import Order
from bot.db import UtcDateTime

metadata = sa.MetaData()
_orders = sa.Table(
    "orders",
    metadata,
    sa.Column("order_id", sa.String(32), primary_key=True),
    sa.Column("buyer_id", sa.String(128), nullable=False, index=True),
    sa.Column("placed_at", UtcDateTime, nullable=False),
    sa.Column("body", sa.JSON, nullable=False),
)


class SqlOrders:
    """An ``OrderSource`` over any SQLAlchemy engine."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        metadata.create_all(engine)

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

    def add(self, order: Order) -> bool:
        """Store an order that is not known yet; False when it already is, and nothing changes."""
        row = {
            "order_id": order.order_id,
            "buyer_id": order.buyer_id,
            "placed_at": order.placed_at,
            "body": to_json(order),
        }
        try:
            with self._engine.begin() as connection:
                connection.execute(sa.insert(_orders).values(**row))
        except IntegrityError:
            return False
        return True
