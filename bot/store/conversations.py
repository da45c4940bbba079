"""The row of each conversation: what the dialogue remembers, and the lease of the worker who answers in it.

A lease ends by itself, should its worker die. It is also a fence: what a worker has done is written only while the
lease is still its own, so one that was frozen and wakes up too late writes nothing.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from bot.store.database import Conflict, Part
from bot.store.tables import conversations as table
from bot.store.tables import entries, handoffs, sessions, threads

# Between machines. A lease that lasts longer than ours would by more was taken before a clock was put back.
_CLOCKS_DIFFER = timedelta(minutes=2)


@dataclass(frozen=True)
class Conversation:
    """``memory`` is the dialogue's own JSON, None before the first turn; ``last_seq`` how many entries the log has.

    ``buyer_id``: whom its door, or its session in the widget, has vouched for.

    ``waiting``: how many of the buyer's entries nobody has answered yet. ``with_person``: is there a hand-off that was
    not given back? ``has_due``: was something written since the last answer that is to go out with the next?
    """

    conversation_id: str
    last_seq: int
    buyer_id: str | None = None
    memory: dict[str, Any] | None = None
    lease: str | None = None
    waiting: int = 0
    with_person: bool = False
    has_due: bool = False


def new_lease() -> str:
    return secrets.token_hex(16)


class Conversations(Part):
    def get(self, conversation_id: str) -> Conversation | None:
        with self.connection() as connection:
            row = connection.execute(_state(conversation_id)).first()
        return Conversation(**row._mapping) if row else None

    def take(
        self,
        conversation_id: str,
        lease: str,
        now: datetime,
        until: datetime,
        *,
        new_entries: int = 0,
        buyer_id: str | None = None,
    ) -> Conversation:
        """Make room for ``new_entries``, and take the lease unless somebody else has it.

        Within a transaction the row stays locked until its end.

        Returns:
            The conversation as it is now; it is yours when its ``lease`` is the one you gave.
        """
        free = sa.or_(
            table.c.lease.is_(None), table.c.leased_until < now, table.c.leased_until > until + _CLOCKS_DIFFER
        )
        change = {
            "last_seq": table.c.last_seq + new_entries,
            "lease": sa.case((free, lease), else_=table.c.lease),
            "leased_until": sa.case((free, sa.literal(until, table.c.leased_until.type)), else_=table.c.leased_until),
        }
        if buyer_id is not None:
            change["buyer_id"] = sa.func.coalesce(table.c.buyer_id, buyer_id)
        with self.connection() as connection:
            mine = table.c.conversation_id == conversation_id
            if not connection.execute(sa.update(table).where(mine).values(change)).rowcount:
                fresh = {"last_seq": new_entries, "buyer_id": buyer_id, "lease": lease, "leased_until": until}
                connection.execute(sa.insert(table).values(conversation_id=conversation_id, **fresh))
                return Conversation(conversation_id, new_entries, buyer_id, None, lease)
            row = connection.execute(_state(conversation_id)).one()
        return Conversation(**row._mapping)

    def lengthen(self, conversation_id: str, by: int) -> int:
        """Make room for ``by`` entries; returns the last one's number. Locks the row until the transaction ends."""
        with self.connection() as connection:
            mine = table.c.conversation_id == conversation_id
            longer = sa.update(table).where(mine).values(last_seq=table.c.last_seq + by)
            if not connection.execute(longer).rowcount:
                connection.execute(sa.insert(table).values(conversation_id=conversation_id, last_seq=by))
                return by
            return int(connection.execute(sa.select(table.c.last_seq).where(mine)).scalar_one())

    def finish(self, conversation: Conversation, memory: dict[str, Any] | None, new_entries: int) -> int:
        """Give the lease back with what is to be remembered, and make room for the replies.

        Returns:
            The number of the last entry.

        Raises:
            Conflict: the lease has gone to somebody else; nothing may be written.
        """
        with self.connection() as connection:
            mine = sa.and_(table.c.conversation_id == conversation.conversation_id, table.c.lease == conversation.lease)
            change: dict[str, Any] = {"lease": None, "leased_until": None}
            unmoved = sa.update(table).where(mine, table.c.last_seq == conversation.last_seq)
            last = conversation.last_seq + new_entries
            if connection.execute(unmoved.values(memory=memory, last_seq=last, **change)).rowcount:
                return last
            # The buyer has said more meanwhile.
            longer = (
                sa.update(table).where(mine).values(memory=memory, last_seq=table.c.last_seq + new_entries, **change)
            )
            if not connection.execute(longer).rowcount:
                raise Conflict(f"conversation {conversation.conversation_id}: the lease has gone to another worker")
            same = table.c.conversation_id == conversation.conversation_id
            return int(connection.execute(sa.select(table.c.last_seq).where(same)).scalar_one())

    def release(self, conversation_id: str, lease: str) -> None:
        """Give the lease back with nothing done; another worker's is left alone."""
        mine = sa.and_(table.c.conversation_id == conversation_id, table.c.lease == lease)
        with self.connection() as connection:
            connection.execute(sa.update(table).where(mine).values(lease=None, leased_until=None))

    def interrupt(self, conversation_id: str) -> None:
        """End the lease, whosever it is: what is done under it will not be written."""
        with self.connection() as connection:
            mine = table.c.conversation_id == conversation_id
            connection.execute(sa.update(table).where(mine).values(lease=None, leased_until=None))

    def can_push(self, conversation_id: str) -> bool:
        """Can the buyer be told something unasked: in the widget, or in a desk that takes messages?"""
        told = sa.or_(*(_has(table, conversation_id) for table in (sessions, threads)))
        with self.connection() as connection:
            return bool(connection.execute(sa.select(told)).scalar_one())

    def unanswered(self) -> list[str]:
        """Conversations, of those that can be told, in which something the buyer said is not answered yet."""
        with self.connection() as connection:
            return list(connection.execute(_unanswered(entries.c.conversation_id).distinct()).scalars())

    def waiting(self) -> tuple[int, datetime | None]:
        """How many messages in such conversations nobody has answered yet, and when the oldest of them came."""
        with self.connection() as connection:
            count, oldest = connection.execute(_unanswered(sa.func.count(), sa.func.min(entries.c.at))).one()
        return int(count), oldest


def _unanswered(*columns: Any) -> Any:
    can_be_told = [_has(table, entries.c.conversation_id) for table in (sessions, threads)]
    can_be_told.append(entries.c.body["push"].as_boolean())  # by an event
    return sa.select(*columns).where(entries.c.author == "buyer", entries.c.answer.is_(None), sa.or_(*can_be_told))


def _has(of: sa.Table, conversation_id: Any) -> Any:
    return sa.exists().where(of.c.conversation_id == conversation_id)


def _state(conversation_id: str) -> Any:
    waiting = (
        sa.select(sa.func.count())
        .where(entries.c.conversation_id == conversation_id, entries.c.author == "buyer", entries.c.answer.is_(None))
        .scalar_subquery()
    )
    of_session = sa.select(sessions.c.buyer_id).where(sessions.c.conversation_id == conversation_id).scalar_subquery()
    of_thread = sa.select(threads.c.buyer_id).where(threads.c.conversation_id == conversation_id).scalar_subquery()
    with_person = sa.exists().where(handoffs.c.conversation_id == conversation_id, handoffs.c.returned_at.is_(None))
    mine = entries.c.conversation_id == conversation_id
    is_answered = sa.and_(mine, entries.c.author == "buyer", entries.c.answer.isnot(None))
    answered = sa.select(sa.func.max(entries.c.seq)).where(is_answered).scalar_subquery()
    has_due = sa.exists().where(mine, entries.c.seq > sa.func.coalesce(answered, 0), entries.c.body["due"].as_boolean())
    return sa.select(
        table.c.conversation_id,
        table.c.last_seq,
        sa.func.coalesce(table.c.buyer_id, of_session, of_thread).label("buyer_id"),
        table.c.memory,
        table.c.lease,
        waiting.label("waiting"),
        with_person.label("with_person"),
        has_due.label("has_due"),
    ).where(table.c.conversation_id == conversation_id)
