"""The log of each conversation: what was said, by everybody, through every door, in numbered entries.

It is kept before anything is done with it. Who has seen entry n asks for what comes after n and has missed nothing: so
the log is the outbox too, and whatever delivers replies follows it.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Any, TypeAlias

import sqlalchemy as sa
from sqlalchemy.engine import Row

from bot.store.conversations import Conversations
from bot.store.database import Conflict, Part
from bot.store.tables import entries as table

PAGE = 50  # entries that are read at once, as long as their texts are no longer together than that
PAGE_CHARS = 200_000
_TRIES = 3  # only the first entry of a conversation can be raced for; later ones wait for its row


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


@dataclass(frozen=True)
class Became:
    """What became of a message of the buyer's: ``answered`` by the bot (``why`` is the intent), ``silent`` (the reason
    for which a person has it), ``failed`` (the kind of error), or ``waiting`` still."""

    seq: int
    entry_id: str
    what: str
    why: str | None


Line: TypeAlias = tuple[Author, dict[str, Any], str | None]  # who, what, and the sender's own id of it


class Log(Part):
    def append(
        self, conversation_id: str, author: Author, body: dict[str, Any], now: datetime, entry_id: str | None = None
    ) -> Entry:
        """Write the next entry.

        Returns:
            The entry; the one that is there already when ``entry_id`` came before.

        Raises:
            Conflict: when others were quicker again and again.
        """
        for _ in range(_TRIES):
            try:
                with self.together() as connection:
                    last = Conversations(connection).lengthen(conversation_id, 1)
                    return Log(connection).write(conversation_id, last, [(author, body, entry_id)], now)[0]
            except Conflict:  # it has come before, or somebody else has begun the conversation just now
                known = self.get(conversation_id, entry_id) if entry_id else None
                if known:
                    return known
        raise Conflict(f"conversation {conversation_id}: entry {entry_id} could not be written")

    def write(self, conversation_id: str, last: int, lines: Sequence[Line], now: datetime) -> list[Entry]:
        """Write entries for which ``Conversations`` has made room, up to number ``last``.

        Raises:
            Conflict: one of them has come before.
        """
        written = as_entries(conversation_id, last, lines, now)
        if written:
            rows = [{**vars(entry), "author": entry.author.value} for entry in written]
            with self.connection() as connection:
                connection.execute(sa.insert(table), rows)
        return written

    def get(self, conversation_id: str, entry_id: str) -> Entry | None:
        mine = sa.select(table).where(table.c.conversation_id == conversation_id, table.c.entry_id == entry_id)
        with self.connection() as connection:
            row = connection.execute(mine).first()
        return as_entry(row) if row else None

    def after(self, conversation_id: str, seq: int = 0) -> list[Entry]:
        """What came after entry number ``seq``, in order."""
        return self._select(table.c.conversation_id == conversation_id, table.c.seq > seq)

    def has_file(self, conversation_id: str, sha256: str) -> bool:
        """Was this file sent in the conversation?"""
        sent = sa.select(table.c.id).where(
            table.c.conversation_id == conversation_id, table.c.body["file"]["sha256"].as_string() == sha256
        )
        with self.connection() as connection:
            return connection.execute(sent.limit(1)).first() is not None

    def page_after(self, conversation_id: str, seq: int) -> list[Entry]:
        """The first of what came after entry number ``seq``, in order: a page, or less when the texts are long."""
        return self._page(table.c.seq.asc(), table.c.conversation_id == conversation_id, table.c.seq > seq)

    def page_before(self, conversation_id: str, seq: int | None = None) -> list[Entry]:
        """The same of what came last before entry number ``seq``, or of all, in order too."""
        earlier = [table.c.seq < seq] if seq is not None else []
        return self._page(table.c.seq.desc(), table.c.conversation_id == conversation_id, *earlier)[::-1]

    def heads(self, conversation_ids: Collection[str]) -> dict[str, int]:
        """The number of each conversation's last entry; a conversation without any is left out."""
        last = (
            sa.select(table.c.conversation_id, sa.func.max(table.c.seq))
            .where(table.c.conversation_id.in_(conversation_ids))
            .group_by(table.c.conversation_id)
        )
        with self.connection() as connection:
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
        with self.connection() as connection:
            row = connection.execute(theirs).first()
        return as_entry(row) if row else None

    def lines_since_state(self, conversation_id: str, author: Author) -> int:
        """How many lines of that author came after the last entry from the system."""
        mine = table.c.conversation_id == conversation_id
        begun = sa.select(sa.func.max(table.c.seq)).where(mine, table.c.author == Author.SYSTEM.value)
        since = sa.func.coalesce(begun.scalar_subquery(), 0)
        counted = sa.select(sa.func.count()).where(mine, table.c.author == author.value, table.c.seq > since)
        with self.connection() as connection:
            return int(connection.execute(counted).scalar_one())

    def times(self, conversation_ids: Collection[str], author: Author, since: datetime) -> list[datetime]:
        """When something was said in any of them, in order."""
        theirs = (
            sa.select(table.c.at)
            .where(table.c.conversation_id.in_(conversation_ids), table.c.author == author.value, table.c.at >= since)
            .order_by(table.c.at)
        )
        with self.connection() as connection:
            return [row.at for row in connection.execute(theirs)]

    def count(self, conversation_id: str, author: Author, since: datetime, until: datetime) -> int:
        mine = sa.select(sa.func.count()).where(
            table.c.conversation_id == conversation_id,
            table.c.author == author.value,
            table.c.at > since,
            table.c.at <= until,
        )
        with self.connection() as connection:
            return int(connection.execute(mine).scalar_one())

    def due(self, conversation_id: str, first: int, last: int) -> list[Entry]:
        """What was written with ``due`` and is not sent yet: after the buyer's message before entry number ``first``,
        and before number ``last``.
        """
        mine = table.c.conversation_id == conversation_id
        earlier = sa.select(sa.func.max(table.c.seq)).where(
            mine, table.c.author == Author.BUYER.value, table.c.seq < first
        )
        since = sa.func.coalesce(earlier.scalar_subquery(), 0)
        theirs = table.c.author.in_([Author.BOT.value, Author.AGENT.value])
        written = self._select(mine, theirs, table.c.seq > since, table.c.seq < last)
        return [entry for entry in written if entry.body.get("due")]

    def failed_before(self, conversation_id: str, seq: int) -> bool:
        """Was the buyer's message before entry number ``seq`` answered with an error?"""
        before = (
            sa.select(table.c.failed)
            .where(
                table.c.conversation_id == conversation_id,
                table.c.author == Author.BUYER.value,
                table.c.seq < seq,
            )
            .order_by(table.c.seq.desc())
            .limit(1)
        )
        with self.connection() as connection:
            return connection.execute(before).scalar_one_or_none() is not None

    # --- answers ----------------------------------------------------------------------------------

    def unanswered(self, conversation_id: str, until: int | None = None) -> list[Entry]:
        """What the buyer said, up to entry number ``until``, and nobody has dealt with yet, in order."""
        mine = [
            table.c.conversation_id == conversation_id,
            table.c.author == Author.BUYER.value,
            table.c.answer.is_(None),
        ]
        return self._select(*mine, *([table.c.seq <= until] if until is not None else []))

    def answered(self, said: Sequence[Entry], answer: dict[str, Any], failed: str | None = None) -> None:
        """Note what became of it; ``failed``: the kind of error that the buyer was told of.

        Raises:
            Conflict: somebody has answered some of it before; then nothing may be written.
        """
        mark = sa.update(table).where(
            table.c.conversation_id == said[0].conversation_id,
            table.c.seq.in_([entry.seq for entry in said]),
            table.c.answer.is_(None),
        )
        with self.connection() as connection:
            if connection.execute(mark.values(answer=answer, failed=failed)).rowcount < len(said):
                raise Conflict(f"conversation {said[0].conversation_id}: it has been answered before")

    def settle(self, entry: Entry) -> None:
        """No answer is owed: a person reads it."""
        with suppress(Conflict):
            self.answered([entry], {})

    def answer_to(self, conversation_id: str, entry_id: str | None) -> dict[str, Any] | None:
        """The answer that this very message got before, if it did."""
        if entry_id is None:
            return None
        known = sa.select(table.c.answer).where(
            table.c.conversation_id == conversation_id, table.c.entry_id == entry_id
        )
        with self.connection() as connection:
            row = connection.execute(known).first()
        return row.answer if row else None

    def became(self, said: Sequence[Entry]) -> list[Became]:
        """Of every one of these entries that is the buyer's, in order: answered, or why not."""
        theirs = (
            sa.select(table)
            .where(
                table.c.conversation_id.in_({entry.conversation_id for entry in said}),
                table.c.seq.in_([entry.seq for entry in said if entry.author is Author.BUYER]),
            )
            .order_by(table.c.seq)
        )
        with self.connection() as connection:
            return [_became(row) for row in connection.execute(theirs)]

    def _select(self, *where: Any) -> list[Entry]:
        with self.connection() as connection:
            return [as_entry(row) for row in connection.execute(sa.select(table).where(*where).order_by(table.c.seq))]

    def _page(self, order: Any, *where: Any) -> list[Entry]:
        page: list[Entry] = []
        chars = 0
        with self.connection() as connection:
            rows = connection.execute(sa.select(table).where(*where).order_by(order).limit(PAGE))
            for entry in map(as_entry, rows):
                chars += len(entry.text)
                if page and chars > PAGE_CHARS:
                    break
                page.append(entry)
            rows.close()
        return page


def _became(row: Row) -> Became:
    answer = row.answer or {}
    handoff = answer.get("handoff") or {}
    if row.answer is None:
        what, why = "waiting", None
    elif row.failed:
        what, why = "failed", row.failed
    elif answer.get("replies"):
        what, why = "answered", answer.get("intent")
    else:
        what, why = "silent", handoff.get("reason")
    return Became(row.seq, row.entry_id, what, why)


def as_entries(conversation_id: str, last: int, lines: Sequence[Line], now: datetime) -> list[Entry]:
    """The entries up to number ``last`` that the lines make."""
    first = last - len(lines) + 1
    return [
        Entry(conversation_id, seq, entry_id or uuid.uuid4().hex, author, body, now)
        for seq, (author, body, entry_id) in enumerate(lines, first)
    ]


def as_entry(row: Row) -> Entry:
    return Entry(row.conversation_id, row.seq, row.entry_id, Author(row.author), row.body, row.at)
