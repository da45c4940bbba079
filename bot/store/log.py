"""The log of each conversation: what was said, by everybody, through every door, in numbered entries.

It is kept before anything is done with it. Who has seen entry n asks for what comes after n and has missed nothing.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine, Row
from sqlalchemy.exc import IntegrityError

from bot.store.claims import Conflict
from bot.store.tables import entries as table

_TRIES = 50  # each lost race means that somebody else's entry was written


class Author(str, Enum):
    BUYER = "buyer"
    BOT = "bot"
    AGENT = "agent"  # a person
    SYSTEM = "system"


@dataclass(frozen=True)
class Entry:
    """``body`` holds ``text`` and what goes with it: ``buttons``, ``card``, ``file``, or the ``state`` begun."""

    conversation_id: str
    seq: int
    entry_id: str
    author: Author
    body: dict[str, Any]
    at: datetime

    @property
    def text(self) -> str:
        return str(self.body.get("text") or "")

    @property
    def file(self) -> dict[str, Any] | None:
        """An upload: ``{"sha256", "video", "name"}``, or ``{"error": code}`` when it was refused."""
        return self.body.get("file")


class Log:
    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def append(
        self, conversation_id: str, author: Author, body: dict[str, Any], now: datetime, entry_id: str | None = None
    ) -> Entry:
        """Write the next entry.

        Returns:
            The entry; the one that is there already when ``entry_id`` came before.

        Raises:
            Conflict: when others were quicker again and again.
        """
        entry_id = entry_id or uuid.uuid4().hex
        for _ in range(_TRIES):
            try:
                with self._engine.begin() as connection:
                    return _append(connection, conversation_id, author, body, now, entry_id)
            except IntegrityError:  # somebody else took the number, or wrote this very entry
                known = self.get(conversation_id, entry_id)
                if known:
                    return known
        raise Conflict(f"conversation {conversation_id}: no number could be had for entry {entry_id}")

    def get(self, conversation_id: str, entry_id: str) -> Entry | None:
        mine = sa.select(table).where(table.c.conversation_id == conversation_id, table.c.entry_id == entry_id)
        with self._engine.connect() as connection:
            row = connection.execute(mine).first()
        return _entry(row) if row else None

    def after(self, conversation_id: str, seq: int = 0) -> list[Entry]:
        """What came after entry number ``seq``, in order."""
        return self._select(table.c.conversation_id == conversation_id, table.c.seq > seq)

    def heads(self, conversation_ids: Collection[str]) -> dict[str, int]:
        """The number of each conversation's last entry; a conversation without any is left out."""
        last = (
            sa.select(table.c.conversation_id, sa.func.max(table.c.seq))
            .where(table.c.conversation_id.in_(conversation_ids))
            .group_by(table.c.conversation_id)
        )
        with self._engine.connect() as connection:
            return {row[0]: row[1] for row in connection.execute(last)}

    def state(self, conversation_id: str) -> str | None:
        """What the last entry from the system says has begun."""
        noted = self.last(conversation_id, Author.SYSTEM)
        return noted.body["state"] if noted else None

    def last(self, conversation_id: str, author: Author) -> Entry | None:
        theirs = (
            sa.select(table)
            .where(table.c.conversation_id == conversation_id, table.c.author == author.value)
            .order_by(table.c.seq.desc())
            .limit(1)
        )
        with self._engine.connect() as connection:
            row = connection.execute(theirs).first()
        return _entry(row) if row else None

    def count(self, conversation_id: str, author: Author, since: datetime) -> int:
        mine = sa.select(sa.func.count()).where(
            table.c.conversation_id == conversation_id, table.c.author == author.value, table.c.at > since
        )
        with self._engine.connect() as connection:
            return int(connection.execute(mine).scalar_one())

    # --- answers ----------------------------------------------------------------------------------

    def unanswered(self, conversation_id: str) -> list[Entry]:
        """What the buyer said and the bot has not dealt with yet, in order."""
        return self._select(
            table.c.conversation_id == conversation_id,
            table.c.author == Author.BUYER.value,
            table.c.answer.is_(None),
        )

    def answer(
        self,
        said: Sequence[Entry],
        answer: dict[str, Any],
        replies: Sequence[tuple[Author, dict[str, Any]]],
        now: datetime,
    ) -> bool:
        """Append the replies to what was ``said`` and mark it as answered: both or neither, and once.

        Returns:
            False when any of it was answered before; then nothing is written.
        """
        conversation_id = said[0].conversation_id
        mark = sa.update(table).where(
            table.c.conversation_id == conversation_id,
            table.c.seq.in_([entry.seq for entry in said]),
            table.c.answer.is_(None),
        )
        for _ in range(_TRIES):
            try:
                with self._engine.connect() as connection:  # left without a commit, it rolls back
                    if connection.execute(mark.values(answer=answer)).rowcount < len(said):
                        return False
                    for author, body in replies:
                        _append(connection, conversation_id, author, body, now, uuid.uuid4().hex)
                    connection.commit()
                    return True
            except IntegrityError:  # an entry that came meanwhile took the number
                continue
        raise Conflict(f"conversation {conversation_id}: no number could be had for a reply")

    def answer_to(self, conversation_id: str, entry_id: str | None) -> dict[str, Any] | None:
        """The answer that this very message got before, if it did."""
        if entry_id is None:
            return None
        known = sa.select(table.c.answer).where(
            table.c.conversation_id == conversation_id, table.c.entry_id == entry_id
        )
        with self._engine.connect() as connection:
            row = connection.execute(known).first()
        return row.answer if row else None

    def _select(self, *where: Any) -> list[Entry]:
        with self._engine.connect() as connection:
            return [_entry(row) for row in connection.execute(sa.select(table).where(*where).order_by(table.c.seq))]


def _append(
    connection: Connection, conversation_id: str, author: Author, body: dict[str, Any], now: datetime, entry_id: str
) -> Entry:
    last = sa.select(sa.func.max(table.c.seq)).where(table.c.conversation_id == conversation_id)
    entry = Entry(conversation_id, (connection.execute(last).scalar() or 0) + 1, entry_id, author, body, now)
    connection.execute(sa.insert(table).values({**vars(entry), "author": author.value}))
    return entry


def _entry(row: Row) -> Entry:
    return Entry(row.conversation_id, row.seq, row.entry_id, Author(row.author), row.body, row.at)
