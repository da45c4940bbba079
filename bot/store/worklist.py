"""The conversations as the shop's people look through them, at the counter and by command: who waits, who has which,
what was found.

Each list is read a page at a time, and a page begins after the last row of the one before (``after``, its ``key``), so
that the thousandth costs what the first does.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from bot.claims.model import ClaimState
from bot.store.claims import has_words
from bot.store.database import Part
from bot.store.handoffs import Handoff, as_handoff
from bot.store.log import Entry, as_entry
from bot.store.tables import claim_events, claims, conversations, entries, handoffs, sessions

PAGE = 30

_OPEN = handoffs.c.returned_at.is_(None)
_IS_TAKEN = handoffs.c.taken_by.is_not(None)


@dataclass(frozen=True)
class Glance:
    """Of a claim, what a row shows. To make all of it anew for each row would take most of a page's time.

    ``items``: what is missing, and how many of it, None while that is not known.
    """

    claim_id: str
    state: ClaimState
    order_id: str | None
    items: tuple[tuple[str, int | None], ...]


@dataclass(frozen=True)
class Item:
    """One row of a list. ``key``: where the next page begins. ``last``: what was said last; ``claim``: the latest."""

    key: str
    conversation_id: str
    buyer_id: str | None = None
    last: Entry | None = None
    handoff: Handoff | None = None
    claim: Glance | None = None

    @property
    def state(self) -> str:
        """``waiting`` for a person, with a ``person`` (``handoff.taken_by``), or with the ``bot``."""
        if self.handoff is None:
            return "bot"
        return "waiting" if self.handoff.is_waiting else "person"


def every(page: Callable[[str | None], list[Item]]) -> Iterator[Item]:
    """A whole list, a page at a time; ``page`` gives what comes after a key."""
    items = page(None)
    while items:
        yield from items
        if len(items) < PAGE or not items[-1].key:
            return
        items = page(items[-1].key)


@dataclass(frozen=True)
class Counts:
    """Conversations that wait for a person, and that one has; ``newest``: the number of the latest hand-off."""

    waiting: int
    with_person: int
    newest: int


_Found = tuple[str, str, str | None]  # key, conversation, and the claim that was found


class Worklist(Part):
    def counts(self) -> Counts:
        taken = sa.func.coalesce(sa.func.sum(sa.case((_IS_TAKEN, 1), else_=0)), 0)
        newest = sa.select(sa.func.coalesce(sa.func.max(handoffs.c.id), 0)).scalar_subquery()
        with self.connection() as connection:
            every, with_person, last = connection.execute(
                sa.select(sa.func.count(), taken, newest).select_from(handoffs).where(_OPEN, _is_newest())
            ).one()
        return Counts(int(every) - int(with_person), int(with_person), int(last))

    def mark(self, conversation_id: str) -> tuple[int, ...]:
        """Changes whenever something has happened in the conversation: said, claimed, taken, given back."""
        log = sa.select(conversations.c.last_seq).where(conversations.c.conversation_id == conversation_id)
        here = claim_events.join(claims, claims.c.claim_id == claim_events.c.claim_id)
        happened = sa.select(sa.func.count()).select_from(here).where(claims.c.conversation_id == conversation_id)
        given = sa.select(
            sa.func.count(),
            sa.func.count(handoffs.c.taken_by),
            sa.func.count(handoffs.c.offered_back_at),
            sa.func.count(handoffs.c.returned_at),
        ).where(handoffs.c.conversation_id == conversation_id)
        with self.connection() as connection:
            said = connection.execute(log).scalar() or 0
            return (said, connection.execute(happened).scalar_one(), *connection.execute(given).one())

    def waiting(self, after: str | None = None, reason: str | None = None) -> list[Item]:
        """Those whom nobody has taken yet: urgent ones first, then who has waited longest."""
        return self._handed_over(~_IS_TAKEN, after, *_if(handoffs.c.reason, reason))

    def with_person(self, after: str | None = None, by: str | None = None) -> list[Item]:
        return self._handed_over(_IS_TAKEN, after, *_if(handoffs.c.taken_by, by))

    def with_bot(self, since: datetime | None = None, after: str | None = None) -> list[Item]:
        """Where something was said after ``since``, if that is given; the latest first."""
        return self._spoken(entries.c.at >= since if since else sa.true(), after)

    def quiet(self, since: datetime, after: str | None = None) -> list[Item]:
        """Where nothing was, and no person is asked for."""
        return self._spoken(entries.c.at < since, after)

    def in_state(self, state: ClaimState | None, after: str | None = None) -> list[Item]:
        """By claims, in whatever state for None; the latest first."""
        return self._claims(_if(claims.c.state, state and state.value), after)

    def search(self, text: str, after: str | None = None) -> list[Item]:
        """Claims in whose number, order, buyer and items all of these words stand; a conversation by its own id, the
        buyer's, or the number of its case."""
        if not text.strip():
            return []
        found = self._claims([has_words(text)], after)
        if after is None:
            known = {item.conversation_id for item in found}
            found = [item for item in self._named(text.strip()) if item.conversation_id not in known] + found
        return found

    # --- the lists --------------------------------------------------------------------------------

    def _handed_over(self, which: Any, after: str | None, *where: Any) -> list[Item]:
        place = (handoffs.c.urgency, handoffs.c.at, handoffs.c.id)
        rows = sa.select(handoffs.c.id, handoffs.c.conversation_id).where(_OPEN, _is_newest(), which, *where)
        if number := _number(after):
            last = sa.select(*place).where(handoffs.c.id == number)
            rows = rows.where(sa.tuple_(*place) > last.scalar_subquery())
        with self.connection() as connection:
            found = connection.execute(rows.order_by(*place).limit(PAGE)).all()
        return self._items([(str(row.id), row.conversation_id, None) for row in found])

    def _spoken(self, when: Any, after: str | None) -> list[Item]:
        """The last entry of each conversation, by time: most entries are none, but their neighbours are soon found."""
        place = (entries.c.at, entries.c.id)
        with_person = sa.exists().where(handoffs.c.conversation_id == entries.c.conversation_id, _OPEN)
        is_last = sa.and_(
            conversations.c.conversation_id == entries.c.conversation_id, conversations.c.last_seq == entries.c.seq
        )
        rows = sa.select(entries.c.id, entries.c.conversation_id).join(conversations, is_last).where(when, ~with_person)
        with self.connection() as connection:
            if number := _number(after):
                last = connection.execute(sa.select(*place).where(entries.c.id == number)).first()
                rows = rows.where(sa.tuple_(*place) < sa.tuple_(*last)) if last else rows
            found = connection.execute(rows.order_by(*(column.desc() for column in place)).limit(PAGE)).all()
        return self._items([(str(row.id), row.conversation_id, None) for row in found])

    def _claims(self, where: Sequence[Any], after: str | None) -> list[Item]:
        place = (claims.c.opened_at, claims.c.claim_id)
        rows = sa.select(claims.c.claim_id, claims.c.opened_at).where(*where)
        with self.connection() as connection:
            if after:
                last = connection.execute(sa.select(*place).where(claims.c.claim_id == after)).first()
                rows = rows.where(sa.tuple_(*place) < sa.tuple_(*last)) if last else rows
            page = rows.order_by(*(column.desc() for column in place)).limit(PAGE).subquery()
            found = connection.execute(
                sa.select(claims.c.claim_id, claims.c.conversation_id)
                .join(page, page.c.claim_id == claims.c.claim_id)
                .order_by(page.c.opened_at.desc(), page.c.claim_id.desc())
            ).all()
        return self._items([(row.claim_id, row.conversation_id, row.claim_id) for row in found])

    def _named(self, name: str) -> list[Item]:
        begun = conversations.c.conversation_id
        meant = sa.union(
            sa.select(begun).where(sa.or_(begun == name, conversations.c.buyer_id == name)),
            sa.select(sessions.c.conversation_id).where(sessions.c.buyer_id == name),
            sa.select(handoffs.c.conversation_id).where(handoffs.c.case_no == name),
        )
        with self.connection() as connection:
            found = connection.execute(sa.select(begun).where(begun.in_(meant)).limit(PAGE)).scalars().all()
        return self._items([("", conversation_id, None) for conversation_id in found])

    # --- what stands in a row ---------------------------------------------------------------------

    def _items(self, found: Sequence[_Found]) -> list[Item]:
        named = [conversation_id for _, conversation_id, _ in found]
        with self.connection() as connection:
            last = _by_conversation(connection, _last_entries(named))
            open_ = _by_conversation(connection, _open_handoffs(named))
            latest = _by_conversation(connection, _latest_claims(named))
            these = [claim_id for _, _, claim_id in found if claim_id]
            by_id = {row.claim_id: row for row in connection.execute(_claims_named(these))} if these else {}
        items = []
        for key, conversation_id, claim_id in found:
            said, handoff = last.get(conversation_id), open_.get(conversation_id)
            claim = by_id.get(claim_id) if claim_id else latest.get(conversation_id)
            items.append(
                Item(
                    key,
                    conversation_id,
                    (said.buyer_id if said else None) or (claim.buyer_id if claim else None),
                    as_entry(said) if said else None,
                    as_handoff(handoff) if handoff else None,
                    _glance(claim) if claim else None,
                )
            )
        return items


def _glance(row: Any) -> Glance:
    items = tuple((line.get("part") or line["title"], line.get("missing")) for line in row.body["lines"])
    return Glance(row.claim_id, ClaimState(row.state), row.order_id, items)


def _is_newest() -> Any:
    """A hand-off may follow another that is open still: the newest one counts."""
    newer = handoffs.alias()
    same = newer.c.conversation_id == handoffs.c.conversation_id
    return ~sa.exists().where(same, newer.c.returned_at.is_(None), newer.c.id > handoffs.c.id)


def _if(column: Any, value: str | None) -> list[Any]:
    return [column == value] if value else []


def _number(key: str | None) -> int | None:
    return int(key) if key and key.isdecimal() and len(key) < 10 else None


def _by_conversation(connection: Any, query: Any) -> dict[str, Any]:
    """The first row of each conversation."""
    found: dict[str, Any] = {}
    for row in connection.execute(query):
        found.setdefault(row.conversation_id, row)
    return found


def _last_entries(named: Iterable[str]) -> Any:
    is_last = sa.and_(
        conversations.c.conversation_id == entries.c.conversation_id, conversations.c.last_seq == entries.c.seq
    )
    whose = sa.func.coalesce(conversations.c.buyer_id, sessions.c.buyer_id).label("buyer_id")
    return (
        sa.select(entries, whose)
        .join(conversations, is_last)
        .outerjoin(sessions, sessions.c.conversation_id == entries.c.conversation_id)
        .where(conversations.c.conversation_id.in_(named))
    )


def _open_handoffs(named: Iterable[str]) -> Any:
    mine = handoffs.c.conversation_id.in_(named)
    return sa.select(handoffs).where(mine, _OPEN).order_by(handoffs.c.id.desc())


def _latest_claims(named: Iterable[str]) -> Any:
    return sa.select(claims).where(claims.c.conversation_id.in_(named)).order_by(claims.c.opened_at.desc())


def _claims_named(named: Iterable[str]) -> Any:
    return sa.select(claims).where(claims.c.claim_id.in_(named))
