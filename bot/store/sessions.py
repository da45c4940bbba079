"""Sessions of the web widget: a secret that only the buyer's browser knows stands for one conversation."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.engine import Engine

from bot.store.tables import entries
from bot.store.tables import sessions as table

_SECRET_BYTES = 32


@dataclass(frozen=True)
class Session:
    """``buyer_id`` is None when nobody vouched for who it is; ``order_id`` is the order last come from, a hint."""

    conversation_id: str
    buyer_id: str | None
    order_id: str | None


class Sessions:
    """Keeps only the SHA-256 of a secret: who reads the table cannot take over a conversation."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def open(self, session: Session, now: datetime) -> str:
        """A new session.

        Returns:
            Its secret.
        """
        secret = secrets.token_urlsafe(_SECRET_BYTES)
        row = {**vars(session), "secret_sha256": _hash(secret), "created_at": now, "seen_at": now}
        with self._engine.begin() as connection:
            connection.execute(sa.insert(table).values(**row))
        return secret

    def find(self, secret: str, since: datetime) -> Session | None:
        """The session of that secret, if its buyer was there after ``since``."""
        return self._find(table.c.secret_sha256 == _hash(secret), table.c.seen_at > since)

    def of(self, conversation_id: str) -> Session | None:
        return self._find(table.c.conversation_id == conversation_id)

    def seen(self, secret: str, order_id: str | None, now: datetime) -> None:
        """The buyer is back, perhaps from another order's page."""
        hint = {"order_id": order_id} if order_id else {}
        with self._engine.begin() as connection:
            mine = table.c.secret_sha256 == _hash(secret)
            connection.execute(sa.update(table).where(mine).values(seen_at=now, **hint))

    def unanswered(self) -> list[str]:
        """Conversations in which the buyer said something that nobody has answered yet."""
        waiting = (
            sa.select(entries.c.conversation_id)
            .join(table, table.c.conversation_id == entries.c.conversation_id)
            .where(entries.c.author == "buyer", entries.c.answer.is_(None))
            .distinct()
        )
        with self._engine.connect() as connection:
            return list(connection.execute(waiting).scalars())

    # --- one worker at a time -----------------------------------------------------------------------

    def lease(self, conversation_id: str, now: datetime, until: datetime) -> bool:
        """Take the right to answer, unless another worker has it; it ends by itself, should this worker die."""
        free = sa.or_(table.c.leased_until.is_(None), table.c.leased_until < now)
        take = sa.update(table).where(table.c.conversation_id == conversation_id, free).values(leased_until=until)
        with self._engine.begin() as connection:
            return bool(connection.execute(take).rowcount)

    def release(self, conversation_id: str, until: datetime) -> None:
        """Give back the lease that was taken ``until`` then; another worker's is left alone."""
        mine = sa.and_(table.c.conversation_id == conversation_id, table.c.leased_until == until)
        with self._engine.begin() as connection:
            connection.execute(sa.update(table).where(mine).values(leased_until=None))

    def _find(self, *where: sa.sql.ColumnElement) -> Session | None:
        with self._engine.connect() as connection:
            row = connection.execute(sa.select(table).where(*where)).first()
        return Session(row.conversation_id, row.buyer_id, row.order_id) if row else None


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode("utf-8", "replace")).hexdigest()
