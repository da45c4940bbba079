"""What is switched while the bot runs, without a restart; whoever asks gets it as it stands in the database."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa

from bot.store.database import Part
from bot.store.tables import switches as table

OFFERS_PAUSED = "offers_paused"  # the bot offers nothing; people decide
SUMS_CONFIRMED = "sums_confirmed"  # what costs money is offered only once a person has said yes to it


# No switch: held while money is promised, so that the day's sum comes out. The migration has made its row.
PROMISING = "promising"


class Switches(Part):
    def is_on(self, name: str) -> bool:
        """One that nobody has ever touched is off."""
        with self.connection() as connection:
            found = connection.execute(sa.select(table.c.is_on).where(table.c.name == name)).scalar_one_or_none()
        return bool(found)

    def on(self) -> frozenset[str]:
        """The names of those that are on."""
        with self.connection() as connection:
            return frozenset(connection.execute(sa.select(table.c.name).where(table.c.is_on)).scalars())

    def set(self, name: str, is_on: bool, now: datetime, by: str) -> None:
        row = {"is_on": is_on, "changed_at": now, "changed_by": by}
        with self.connection() as connection:
            if not connection.execute(sa.update(table).where(table.c.name == name).values(row)).rowcount:
                connection.execute(sa.insert(table).values(name=name, **row))

    def hold(self, name: str) -> None:
        """Make others who hold it wait for the end of this transaction: what is counted meanwhile stays counted."""
        with self.connection() as connection:
            connection.execute(sa.update(table).where(table.c.name == name).values(is_on=table.c.is_on))
