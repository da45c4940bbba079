"""Who has a conversation: the bot, or a person."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from bot.store.database import Part
from bot.store.tables import handoffs as table


@dataclass(frozen=True)
class Handoff:
    """A conversation given to a person. ``reason`` is a code; ``summary`` what the person should know."""

    conversation_id: str
    claim_id: str | None
    reason: str
    summary: str
    at: datetime


class Handoffs(Part):
    def open(self, handoff: Handoff) -> None:
        with self.connection() as connection:
            connection.execute(sa.insert(table).values(**vars(handoff)))

    def active(self, conversation_id: str) -> Handoff | None:
        """The latest hand-off of the conversation that was not given back."""
        latest = (
            sa.select(table)
            .where(table.c.conversation_id == conversation_id, table.c.returned_at.is_(None))
            .order_by(table.c.id.desc())
        )
        with self.connection() as connection:
            row = connection.execute(latest).first()
        return Handoff(row.conversation_id, row.claim_id, row.reason, row.summary, row.at) if row else None

    def by_reason(self) -> dict[str, int]:
        """How many there ever were, by reason."""
        counted = sa.select(table.c.reason, sa.func.count()).group_by(table.c.reason)
        with self.connection() as connection:
            return {reason: count for reason, count in connection.execute(counted)}

    def give_back(self, conversation_id: str, now: datetime) -> bool:
        """The bot may speak again.

        Returns:
            False when nobody had the conversation, or another process was quicker.
        """
        mine = table.c.conversation_id == conversation_id
        with self.connection() as connection:
            given = sa.update(table).where(mine, table.c.returned_at.is_(None)).values(returned_at=now)
            return bool(connection.execute(given).rowcount)
