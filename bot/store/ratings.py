"""What buyers thought of an answer or of a whole conversation; who rates again changes it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa

from bot.store.database import Part
from bot.store.tables import ratings as table


@dataclass(frozen=True)
class Rating:
    """``score``: 1 to 5. ``message_id``: of what was answered, empty for the whole conversation."""

    conversation_id: str
    message_id: str
    score: int
    comment: str
    at: datetime


class Ratings(Part):
    def put(self, rating: Rating) -> None:
        """
        Raises:
            Conflict: the same was rated at the same moment.
        """
        about = sa.and_(table.c.conversation_id == rating.conversation_id, table.c.message_id == rating.message_id)
        with self.connection() as connection:
            if not connection.execute(sa.update(table).where(about).values(vars(rating))).rowcount:
                connection.execute(sa.insert(table).values(vars(rating)))

    def of(self, conversation_id: str) -> list[Rating]:
        mine = sa.select(table).where(table.c.conversation_id == conversation_id).order_by(table.c.at)
        with self.connection() as connection:
            return [Rating(**row._mapping) for row in connection.execute(mine)]
