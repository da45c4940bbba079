"""Signed requests that have come: none of them comes twice, whichever process it meets."""

from __future__ import annotations

import hashlib
from datetime import datetime

import sqlalchemy as sa

from bot.store.database import Conflict, Part
from bot.store.tables import nonces as table


class Nonces(Part):
    def use(self, nonce: str, now: datetime, until: datetime) -> bool:
        """Remember it until then; False when it has been used before. Drops what is over."""
        row = {"nonce_sha256": hashlib.sha256(nonce.encode("utf-8", "replace")).hexdigest(), "until": until}
        try:
            with self.connection() as connection:
                connection.execute(sa.delete(table).where(table.c.until < now))
                connection.execute(sa.insert(table).values(row))
        except Conflict:
            return False
        return True
