"""Who has a conversation: the bot, or a person; and the queue of those that wait for one."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import IntEnum

import sqlalchemy as sa
from sqlalchemy.engine import Row

from bot.store.database import Part
from bot.store.tables import claims
from bot.store.tables import handoffs as table

_LATEST = 5  # so many of the last waits say how long the next one takes


class Urgency(IntEnum):
    """The lower, the sooner."""

    URGENT = 0
    HIGH = 1
    NORMAL = 2


@dataclass(frozen=True)
class Handoff:
    """A conversation given to a person. ``reason`` is a code; ``summary`` what the person should know.

    ``case_no`` is the number that the buyer was told; ``taken_by`` the name of who has it, None while it waits.
    ``id`` is None until it is written.
    """

    conversation_id: str
    claim_id: str | None
    reason: str
    summary: str
    at: datetime
    urgency: Urgency = Urgency.NORMAL
    case_no: str = ""
    taken_by: str | None = None
    taken_at: datetime | None = None
    offered_back_at: datetime | None = None
    alarmed_at: datetime | None = None
    id: int | None = field(default=None, compare=False)

    @property
    def is_waiting(self) -> bool:
        return self.taken_by is None


class Handoffs(Part):
    def open(self, handoff: Handoff) -> Handoff:
        """Write it down; returns it with its id."""
        row = {name: value for name, value in vars(handoff).items() if name != "id"}
        with self.connection() as connection:
            written = connection.execute(sa.insert(table).values({**row, "urgency": int(handoff.urgency)}))
        return replace(handoff, id=int(written.inserted_primary_key[0]))

    def active(self, conversation_id: str) -> Handoff | None:
        """The latest hand-off of the conversation that was not given back."""
        latest = (
            sa.select(table)
            .where(table.c.conversation_id == conversation_id, table.c.returned_at.is_(None))
            .order_by(table.c.id.desc())
        )
        with self.connection() as connection:
            row = connection.execute(latest).first()
        return as_handoff(row) if row else None

    def waiting(self) -> list[Handoff]:
        """Those that nobody has taken yet, in the order of the queue: the urgent first, then the oldest."""
        newer = table.alias()
        is_latest = ~sa.exists().where(
            newer.c.conversation_id == table.c.conversation_id, newer.c.returned_at.is_(None), newer.c.id > table.c.id
        )
        queue = (
            sa.select(table)
            .where(table.c.returned_at.is_(None), table.c.taken_by.is_(None), is_latest)
            .order_by(table.c.urgency, table.c.at, table.c.id)
        )
        with self.connection() as connection:
            return [as_handoff(row) for row in connection.execute(queue)]

    def count_waiting(self) -> int:
        """How many conversations wait for a person."""
        waiting = [table.c.returned_at.is_(None), table.c.taken_by.is_(None)]
        counted = sa.select(sa.func.count(sa.distinct(table.c.conversation_id))).where(*waiting)
        with self.connection() as connection:
            return int(connection.execute(counted).scalar_one())

    def ahead_of(self, handoff: Handoff) -> int:
        """How many wait before it. One that is not written yet comes behind all that are as urgent."""
        place = sa.or_(
            table.c.urgency < int(handoff.urgency),
            sa.and_(table.c.urgency == int(handoff.urgency), table.c.at < handoff.at),
        )
        before = sa.select(sa.func.count(sa.distinct(table.c.conversation_id))).where(
            table.c.returned_at.is_(None),
            table.c.taken_by.is_(None),
            table.c.conversation_id != handoff.conversation_id,
            place,
        )
        with self.connection() as connection:
            return int(connection.execute(before).scalar_one())

    def last_waits(self, since: datetime) -> list[float]:
        """How many seconds the latest of them have waited until a person came, the newest first."""
        latest = (
            sa.select(table.c.at, table.c.taken_at)
            .where(table.c.taken_at >= since, table.c.taken_at > table.c.at)
            .order_by(table.c.taken_at.desc())
            .limit(_LATEST)
        )
        with self.connection() as connection:
            return [(row.taken_at - row.at).total_seconds() for row in connection.execute(latest)]

    def find(self, any_id: str) -> str | None:
        """The conversation that is meant: by its own id, by the number of a case or a claim, or by the order."""
        here = sa.select(table.c.conversation_id, table.c.id)
        order = sa.select(claims.c.claim_id).where(claims.c.order_id == any_id)
        meant = sa.or_(
            table.c.conversation_id == any_id,
            table.c.case_no == any_id,
            table.c.claim_id == any_id,
            table.c.claim_id.in_(order),
        )
        is_over = sa.case((table.c.returned_at.is_(None), 0), else_=1)
        with self.connection() as connection:
            row = connection.execute(here.where(meant).order_by(is_over, table.c.id.desc())).first()
        return str(row.conversation_id) if row else None

    def by_reason(self) -> dict[str, int]:
        """How many there ever were, by reason."""
        counted = sa.select(table.c.reason, sa.func.count()).group_by(table.c.reason)
        with self.connection() as connection:
            return {reason: count for reason, count in connection.execute(counted)}

    # --- what becomes of it -----------------------------------------------------------------------

    def take(self, conversation_id: str, by: str, now: datetime) -> bool:
        """A person has it from now on.

        Returns:
            False when somebody else was quicker, or nobody is waited for.
        """
        free = [table.c.returned_at.is_(None), sa.or_(table.c.taken_by.is_(None), table.c.taken_by == by)]
        since = sa.func.coalesce(table.c.taken_at, sa.literal(now, table.c.taken_at.type))
        return self._change(conversation_id, *free, taken_by=by, taken_at=since, offered_back_at=None)

    def put_back(self, conversation_id: str) -> bool:
        """Nobody has it any more: it waits for the next person."""
        back = {"taken_by": None, "taken_at": None, "offered_back_at": None, "alarmed_at": None}
        return self._change(conversation_id, table.c.returned_at.is_(None), **back)

    def offer_back(self, conversation_id: str, now: datetime) -> bool:
        """The buyer was asked whether the bot may go on."""
        asked_now = [table.c.returned_at.is_(None), table.c.offered_back_at.is_(None)]
        return self._change(conversation_id, *asked_now, offered_back_at=now)

    def alarmed(self, conversation_id: str, now: datetime) -> bool:
        """The shop was told that nobody came in time; False when somebody has said so before."""
        still = [table.c.returned_at.is_(None), table.c.taken_by.is_(None), table.c.alarmed_at.is_(None)]
        return self._change(conversation_id, *still, alarmed_at=now)

    def give_back(self, conversation_id: str, now: datetime) -> bool:
        """The bot may speak again.

        Returns:
            False when nobody had the conversation, or another process was quicker.
        """
        return self._change(conversation_id, table.c.returned_at.is_(None), returned_at=now)

    def _change(self, conversation_id: str, *where: object, **values: object) -> bool:
        change = sa.update(table).where(table.c.conversation_id == conversation_id, *where).values(**values)
        with self.connection() as connection:
            return bool(connection.execute(change).rowcount)


def as_handoff(row: Row) -> Handoff:
    columns = {name: getattr(row, name) for name in Handoff.__dataclass_fields__}
    return Handoff(**{**columns, "urgency": Urgency(row.urgency)})
