"""Every message as it came, kept before anything is done with it; and the answer, to give it again."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Engine
from sqlalchemy.exc import IntegrityError

from bot.store.tables import messages as table


class Messages:
    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def answer(self, conversation_id: str, message_id: str | None) -> dict[str, Any] | None:
        """The answer that this very message got before, if it did."""
        if message_id is None:
            return None
        known = sa.select(table.c.answer).where(
            table.c.conversation_id == conversation_id, table.c.message_id == message_id
        )
        with self._engine.connect() as connection:
            row = connection.execute(known).first()
        return row.answer if row else None

    def remember(self, conversation_id: str, message_id: str | None, text: str, now: datetime) -> int:
        """Keep a message.

        Returns:
            Its row, for ``remember_answer``; the same row when the message came before and was never answered.
        """
        row = {"conversation_id": conversation_id, "message_id": message_id, "text": text, "at": now}
        try:
            with self._engine.begin() as connection:
                return int(connection.execute(sa.insert(table).values(**row)).inserted_primary_key[0])
        except IntegrityError:
            again = sa.select(table.c.id).where(
                table.c.conversation_id == conversation_id, table.c.message_id == message_id
            )
            with self._engine.connect() as connection:
                return int(connection.execute(again).scalar_one())

    def remember_answer(self, row: int, answer: dict[str, Any]) -> None:
        with self._engine.begin() as connection:
            connection.execute(sa.update(table).where(table.c.id == row).values(answer=answer))

    def texts(self, conversation_id: str) -> list[str]:
        """What the buyer wrote, oldest first."""
        mine = sa.select(table.c.text).where(table.c.conversation_id == conversation_id).order_by(table.c.id)
        with self._engine.connect() as connection:
            return [row.text for row in connection.execute(mine)]
