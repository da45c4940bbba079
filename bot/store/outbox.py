"""What is to be sent to others: written together with what it is about, sent by a worker, never silently lost.

A worker takes what is due under a lease. One that dies over it leaves an outcome that nobody knows, which whoever comes
next can see: the lease is there, and over.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Row

from bot.store.database import Part
from bot.store.tables import outbox as table

_ERROR_CHARS = 200


class DeliveryState(str, Enum):
    WAITING = "waiting"
    SENT = "sent"
    UNKNOWN = "unknown"  # it may have come or not, and must not be sent a second time; somebody has to look
    DEAD = "dead"  # given up; somebody has to look


@dataclass(frozen=True)
class Delivery:
    """``kind`` says who sends it, ``payload`` what. ``attempts`` counts the one that is under way.

    ``was_cut_off``: the attempt before was begun, and nobody knows how it ended.
    """

    id: int
    key: str
    kind: str
    payload: Mapping[str, Any]
    attempts: int
    created_at: datetime
    was_cut_off: bool = False


class Outbox(Part):
    def put(self, key: str, kind: str, lane: str, payload: Mapping[str, Any], now: datetime) -> None:
        """To be sent as soon as its lane is free, within the caller's transaction.

        Raises:
            Conflict: the same was put there before.
        """
        row = {"key": key, "kind": kind, "lane": lane, "payload": payload, "created_at": now, "next_try": now}
        with self.connection() as connection:
            connection.execute(sa.insert(table).values(state=DeliveryState.WAITING.value, attempts=0, **row))

    def take(self, kinds: Collection[str], lease: str, now: datetime, until: datetime, limit: int) -> list[Delivery]:
        """What is due of these kinds, yours alone until then; the first of each lane."""
        earlier = table.alias()
        first = ~sa.exists().where(
            earlier.c.lane == table.c.lane, earlier.c.state == DeliveryState.WAITING.value, earlier.c.id < table.c.id
        )
        waits = sa.and_(table.c.state == DeliveryState.WAITING.value, table.c.kind.in_(kinds))
        free = sa.or_(table.c.lease.is_(None), table.c.leased_until < now)
        due = sa.select(table.c.id).where(waits, table.c.next_try <= now, free, first).order_by(table.c.id).limit(limit)
        with self.connection() as connection:
            rows = connection.execute(sa.select(table).where(table.c.id.in_(due)).order_by(table.c.id)).all()
            mine = []
            for row in rows:
                # Of two workers that saw the same row, the second finds it leased.
                seen = table.c.lease.is_(None) if row.lease is None else table.c.lease == row.lease
                taken = sa.update(table).where(table.c.id == row.id, waits, seen)
                change = {"lease": lease, "leased_until": until, "attempts": table.c.attempts + 1}
                if connection.execute(taken.values(change)).rowcount:
                    mine.append(_delivery(row))
        return mine

    def done(
        self,
        delivery: Delivery,
        lease: str,
        state: DeliveryState,
        now: datetime,
        error: str | None = None,
        their_id: str | None = None,
    ) -> bool:
        """How it ended, and what the other side calls it; False when another worker has it by now, or it has come."""
        error = error and error[:_ERROR_CHARS]
        return self._end(delivery, lease, state=state.value, done_at=now, error=error, their_id=their_id)

    def again(self, delivery: Delivery, lease: str, next_try: datetime, error: str) -> bool:
        """It is to be tried once more, not before then."""
        return self._end(delivery, lease, next_try=next_try, error=error[:_ERROR_CHARS])

    def given_up(self, kind: str) -> list[tuple[Delivery, DeliveryState, str]]:
        """What somebody has to look at, oldest first: how it ended, and why."""
        ends = [DeliveryState.DEAD.value, DeliveryState.UNKNOWN.value]
        theirs = sa.select(table).where(table.c.kind == kind, table.c.state.in_(ends)).order_by(table.c.id)
        with self.connection() as connection:
            rows = connection.execute(theirs).all()
        return [(_delivery(row), DeliveryState(row.state), row.error or "") for row in rows]

    def replay(self, kind: str, number: int | None, now: datetime) -> int:
        """To be sent once more, from the first try on: that one, sent or not, or all that were given up.

        Returns:
            How many they are.
        """
        which = table.c.state.in_([DeliveryState.DEAD.value, DeliveryState.UNKNOWN.value])
        if number is not None:
            which = sa.and_(table.c.id == number, table.c.state != DeliveryState.WAITING.value)
        again = {"state": DeliveryState.WAITING.value, "attempts": 0, "next_try": now, "done_at": None, "error": None}
        with self.connection() as connection:
            return int(connection.execute(sa.update(table).where(table.c.kind == kind, which).values(again)).rowcount)

    def hold(self, delivery: Delivery, lease: str, until: datetime) -> None:
        """Nobody knows how it ended: whoever takes it after that moment finds it cut off."""
        with self.connection() as connection:
            connection.execute(sa.update(table).where(self._mine(delivery, lease)).values(leased_until=until))

    def has(self, key: str) -> bool:
        """Was it put there before?"""
        with self.connection() as connection:
            return connection.execute(sa.select(table.c.id).where(table.c.key == key)).first() is not None

    # --- what is seen of it on the other side

    def came(self, key: str, their_id: str, now: datetime) -> bool:
        """It is there, whatever became of the line; False when nothing of that key was ever sent."""
        seen = {"their_id": their_id, "state": DeliveryState.SENT.value, "done_at": now, "error": None}
        begun = sa.and_(table.c.key == key, table.c.attempts > 0)
        with self.connection() as connection:
            return bool(connection.execute(sa.update(table).where(begun).values(lease=None, **seen)).rowcount)

    def called(self, lane: str, their_id: str) -> Delivery | None:
        """What the other side calls by this id."""
        with self.connection() as connection:
            mine = sa.select(table).where(table.c.lane == lane, table.c.their_id == their_id)
            row = connection.execute(mine).first()
        return _delivery(row) if row else None

    def under_way(self, lane: str) -> list[Delivery]:
        """What was begun and has not ended, or nobody knows how."""
        open_states = (DeliveryState.WAITING.value, DeliveryState.UNKNOWN.value)
        begun = [table.c.lane == lane, table.c.state.in_(open_states), table.c.attempts > 0]
        with self.connection() as connection:
            return [_delivery(row) for row in connection.execute(sa.select(table).where(*begun).order_by(table.c.id))]

    def drop(self, lane: str, kind: str, after: Delivery, now: datetime, error: str) -> int:
        """Give up what follows in the lane, of that kind."""
        mine = [table.c.lane == lane, table.c.kind == kind, table.c.id > after.id]
        waits = table.c.state == DeliveryState.WAITING.value
        change = {"state": DeliveryState.DEAD.value, "done_at": now, "error": error[:_ERROR_CHARS]}
        with self.connection() as connection:
            return int(connection.execute(sa.update(table).where(*mine, waits).values(change)).rowcount)

    def counts(self) -> dict[tuple[str, str], int]:
        """How many there are, by kind and state."""
        counted = sa.select(table.c.kind, table.c.state, sa.func.count()).group_by(table.c.kind, table.c.state)
        with self.connection() as connection:
            return {(kind, state): count for kind, state, count in connection.execute(counted)}

    def forget(self, before: datetime) -> int:
        """Drop what was sent before then; what somebody has to look at stays."""
        old = sa.delete(table).where(table.c.state == DeliveryState.SENT.value, table.c.done_at < before)
        with self.connection() as connection:
            return int(connection.execute(old).rowcount)

    def _end(self, delivery: Delivery, lease: str, **change: Any) -> bool:
        mine = sa.update(table).where(self._mine(delivery, lease))
        with self.connection() as connection:
            return bool(connection.execute(mine.values(lease=None, leased_until=None, **change)).rowcount)

    @staticmethod
    def _mine(delivery: Delivery, lease: str) -> Any:
        return sa.and_(table.c.id == delivery.id, table.c.lease == lease)


def _delivery(row: Row) -> Delivery:
    cut_off = row.lease is not None
    return Delivery(row.id, row.key, row.kind, row.payload, row.attempts + 1, row.created_at, cut_off)
