"""API keys: a name, what may be done with it, and of the key itself only its SHA-256."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.engine import Row

from bot.store.database import Conflict, Part
from bot.store.tables import api_keys as table

# What a key may open. ``orders``: what the call says of an order counts as the record.
SCOPES = ("messages", "suggestions", "orders", "claims", "events")
DEFAULT = "default"  # the name of the settings' own key
PREFIX = "sk-shaofa-"  # tools of sellers refuse what does not begin with sk-; and a leaked one is found by it
_SECRET_BYTES = 32


@dataclass(frozen=True)
class ApiKey:
    """``scopes``: of ``SCOPES``."""

    name: str
    scopes: frozenset[str]
    made_at: datetime
    revoked_at: datetime | None = None


class Keys(Part):
    def make(self, name: str, scopes: Collection[str], now: datetime) -> str:
        """A new key; the name of a revoked one is free again.

        Returns:
            The key, which nobody can find out afterwards.

        Raises:
            Conflict: a key of that name is in use; that of the settings is called ``default``.
        """
        if name == DEFAULT:
            raise Conflict(f"{DEFAULT} is the key of the settings")
        key = PREFIX + secrets.token_urlsafe(_SECRET_BYTES)
        row = {"name": name, "key_sha256": _hash(key), "scopes": sorted(scopes), "made_at": now}
        with self.connection() as connection:
            connection.execute(sa.delete(table).where(table.c.name == name, table.c.revoked_at.isnot(None)))
            connection.execute(sa.insert(table).values(row))
        return key

    def find(self, key: str) -> ApiKey | None:
        """The one that this is, unless it has been revoked."""
        mine = sa.select(table).where(table.c.key_sha256 == _hash(key), table.c.revoked_at.is_(None))
        with self.connection() as connection:
            row = connection.execute(mine).first()
        return _api_key(row) if row else None

    def all(self) -> list[ApiKey]:
        """In the order in which they were made, revoked ones too."""
        with self.connection() as connection:
            return [_api_key(row) for row in connection.execute(sa.select(table).order_by(table.c.made_at))]

    def revoke(self, name: str, now: datetime) -> bool:
        """From now on it opens nothing; False when no key of that name is in use."""
        live = sa.update(table).where(table.c.name == name, table.c.revoked_at.is_(None))
        with self.connection() as connection:
            return bool(connection.execute(live.values(revoked_at=now)).rowcount)


def _api_key(row: Row) -> ApiKey:
    return ApiKey(row.name, frozenset(row.scopes), row.made_at, row.revoked_at)


def _hash(key: str) -> str:
    return hashlib.sha256(key.encode("utf-8", "replace")).hexdigest()
