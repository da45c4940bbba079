"""Conversations and claims to look through: who has each, what was said last, found by number, buyer or item."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from bot.claims.codec import from_json
from bot.claims.model import Claim, ClaimState
from bot.store.claims import has_words
from bot.store.database import Part
from bot.store.tables import claims, conversations, entries, handoffs

STATES = ("waiting", "person", "bot")


@dataclass(frozen=True)
class ConversationRow:
    """``state``: waiting for a person, with a person (``taken_by``), or with the bot."""

    conversation_id: str
    buyer_id: str | None
    state: str
    taken_by: str | None
    reason: str | None
    case_no: str | None
    last_at: datetime | None
    claim: Claim | None


class Overview(Part):
    def conversations(self, state: str | None, search: str | None, limit: int) -> list[ConversationRow]:
        """Those in a state of ``STATES``, or all: what waits first, in the order of the queue, then the latest."""
        newer = handoffs.alias()
        is_latest = ~sa.exists().where(
            newer.c.conversation_id == handoffs.c.conversation_id,
            newer.c.returned_at.is_(None),
            newer.c.id > handoffs.c.id,
        )
        has_it = sa.and_(
            handoffs.c.conversation_id == conversations.c.conversation_id, handoffs.c.returned_at.is_(None), is_latest
        )
        last = sa.and_(
            entries.c.conversation_id == conversations.c.conversation_id, entries.c.seq == conversations.c.last_seq
        )
        is_waiting = sa.and_(handoffs.c.id.isnot(None), handoffs.c.taken_by.is_(None))
        asked_for = {
            "waiting": is_waiting,
            "person": handoffs.c.taken_by.isnot(None),
            "bot": handoffs.c.id.is_(None),
            None: sa.true(),
        }
        found = (
            sa.select(conversations.c.conversation_id, conversations.c.buyer_id, entries.c.at, handoffs)
            .select_from(conversations.outerjoin(handoffs, has_it).outerjoin(entries, last))
            .where(asked_for[state], self._mentions(search) if search else sa.true())
            .order_by(sa.case((is_waiting, handoffs.c.urgency), else_=9), entries.c.at.desc())
            .limit(limit)
        )
        with self.connection() as connection:
            rows = connection.execute(found).all()
        latest = self._latest_claims([row[0] for row in rows])
        return [_row(row, latest.get(row[0])) for row in rows]

    def claims(self, state: ClaimState | None, search: str | None, limit: int) -> list[Claim]:
        """The newest first."""
        found = sa.select(claims.c.body).order_by(claims.c.opened_at.desc()).limit(limit)
        if state:
            found = found.where(claims.c.state == state.value)
        if search:
            found = found.where(_about(search))
        with self.connection() as connection:
            return [from_json(Claim, row.body) for row in connection.execute(found)]

    def _mentions(self, search: str) -> Any:
        theirs = sa.exists().where(claims.c.conversation_id == conversations.c.conversation_id, _about(search))
        case = (
            sa.exists()
            .where(handoffs.c.conversation_id == conversations.c.conversation_id, handoffs.c.case_no == search)
            .correlate(conversations)
        )
        mine = [conversations.c.conversation_id == search, conversations.c.buyer_id == search]
        return sa.or_(*mine, case, theirs)

    def _latest_claims(self, conversation_ids: Iterable[str]) -> dict[str, Claim]:
        theirs = claims.c.conversation_id.in_(list(conversation_ids))
        with self.connection() as connection:
            rows = connection.execute(sa.select(claims.c.body).where(theirs).order_by(claims.c.opened_at))
            return {claim.conversation_id: claim for claim in (from_json(Claim, row.body) for row in rows)}


def _about(search: str) -> Any:
    """By the numbers of claim and order (its last digits too), by the buyer, by an item's name."""
    return sa.or_(claims.c.conversation_id == search, has_words(search))


def _row(row: Any, claim: Claim | None) -> ConversationRow:
    state = "bot" if row.id is None else "waiting" if row.taken_by is None else "person"
    return ConversationRow(
        conversation_id=row[0],
        buyer_id=row[1],
        state=state,
        taken_by=row.taken_by,
        reason=row.reason,
        case_no=row.case_no,
        last_at=row[2],
        claim=claim,
    )
