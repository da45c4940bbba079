"""Conversations that a help desk of others shows: where each is, and up to which entry of its log the desk was told."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Row

from bot.store.database import Part
from bot.store.tables import conversations
from bot.store.tables import threads as table

_BATCH = 100


@dataclass(frozen=True)
class Thread:
    """``place`` is the conversation as the desk knows it, ``about`` what the door has to know of it.

    ``is_open``: the desk's people have it. ``switched_at``: when the desk was told so by us, None while it is not yet.
    """

    conversation_id: str
    door: str
    place: str
    about: Mapping[str, Any] = field(default_factory=dict)
    buyer_id: str | None = None
    sent: int = 0
    is_open: bool = False
    switched_at: datetime | None = None
    ended_at: datetime | None = None


class Threads(Part):
    def begin(self, thread: Thread) -> None:
        """
        Raises:
            Conflict: it is there already.
        """
        with self.connection() as connection:
            connection.execute(sa.insert(table).values(vars(thread)))

    def of(self, conversation_id: str) -> Thread | None:
        with self.connection() as connection:
            row = connection.execute(sa.select(table).where(table.c.conversation_id == conversation_id)).first()
        return _thread(row) if row else None

    def at(self, place: str) -> list[Thread]:
        """All that ever were there; one at the most goes on."""
        with self.connection() as connection:
            return [_thread(row) for row in connection.execute(sa.select(table).where(table.c.place == place))]

    def behind(self) -> list[str]:
        """Where something was said, or somebody has it, that the desk may not have been told yet."""
        more = sa.select(table.c.conversation_id).join(
            conversations, conversations.c.conversation_id == table.c.conversation_id
        )
        with self.connection() as connection:
            return list(connection.execute(more.where(conversations.c.last_seq > table.c.sent).limit(_BATCH)).scalars())

    def forwarded(self, thread: Thread, sent: int, *, is_open: bool) -> bool:
        """All up to entry ``sent`` lies in the outbox; False when another worker was quicker."""
        change: dict[str, Any] = {"sent": sent, "is_open": is_open}
        if is_open is not thread.is_open:
            change["switched_at"] = None
        return self._change(thread.conversation_id, table.c.sent == thread.sent, **change)

    def switched(self, conversation_id: str, now: datetime, *, is_open: bool) -> None:
        """The desk knows by now who has it, or has said so itself."""
        self._change(conversation_id, is_open=is_open, switched_at=now)

    def end(self, conversation_id: str, now: datetime) -> None:
        """What is said there later is another conversation."""
        self._change(conversation_id, table.c.ended_at.is_(None), ended_at=now)

    def learn(self, conversation_id: str, about: Mapping[str, Any]) -> None:
        self._change(conversation_id, about=about)

    def _change(self, conversation_id: str, *where: Any, **values: Any) -> bool:
        change = sa.update(table).where(table.c.conversation_id == conversation_id, *where).values(**values)
        with self.connection() as connection:
            return bool(connection.execute(change).rowcount)


def _thread(row: Row) -> Thread:
    return Thread(**row._mapping)
