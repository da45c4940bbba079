"""Sessions of the web widget: a secret that only the buyer's browser knows stands for one conversation."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from bot.store.database import Part
from bot.store.tables import sessions as table

_SECRET_BYTES = 32


@dataclass(frozen=True)
class Session:
    """``buyer_id`` is None when nobody vouched for who it is; ``order_id`` is the order last come from, a hint."""

    conversation_id: str
    buyer_id: str | None
    order_id: str | None


class Sessions(Part):
    """Keeps only the SHA-256 of a secret: who reads the table cannot take over a conversation."""

    def open(self, session: Session, now: datetime) -> str:
        """A new session.

        Returns:
            Its secret.
        """
        secret = secrets.token_urlsafe(_SECRET_BYTES)
        row = {**vars(session), "secret_sha256": _hash(secret), "created_at": now, "seen_at": now}
        with self.connection() as connection:
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
        with self.connection() as connection:
            mine = table.c.secret_sha256 == _hash(secret)
            connection.execute(sa.update(table).where(mine).values(seen_at=now, **hint))

    def _find(self, *where: sa.sql.ColumnElement) -> Session | None:
        with self.connection() as connection:
            row = connection.execute(sa.select(table).where(*where)).first()
        return Session(row.conversation_id, row.buyer_id, row.order_id) if row else None


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode("utf-8", "replace")).hexdigest()
