"""Claims: what has happened to each, and what it therefore is."""

from __future__ import annotations

import secrets
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from bot.claims.codec import from_json, to_json
from bot.claims.events import Event, apply, event_from_json, kind_of
from bot.claims.model import Claim, ClaimState
from bot.store.database import Part
from bot.store.tables import claim_events, entries, evidence_files, promised_lines
from bot.store.tables import claims as table

# Without 0 O 1 I L: buyers read these out on the phone.
_ALPHABET = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
_OVER = frozenset({ClaimState.WITHDRAWN, ClaimState.EXPIRED})
_SEARCHED_CHARS = 500  # of three bytes each, which an index still takes


def new_claim_id(now: datetime) -> str:
    """SF-20261123-7K3QXM: the day, and six characters that cannot be guessed."""
    return f"SF-{now:%Y%m%d}-{''.join(secrets.choice(_ALPHABET) for _ in range(6))}"


class Claims(Part):
    def append(self, before: Claim | None, events: Sequence[Event], now: datetime) -> Claim:
        """Write what has happened to a claim, all of it or nothing. ``before`` is None for one not opened yet.

        Returns:
            The claim as it is after it.

        Raises:
            Conflict: somebody else changed the claim first, or another claim holds a promise about its line.
            OutOfPlace, IllegalTransition: that cannot have happened to the claim.
        """
        with self.connection() as connection:
            return _append(connection, before, events, now)

    def get(self, claim_id: str) -> Claim | None:
        return next(iter(self._find(table.c.claim_id == claim_id)), None)

    def several(self, claim_ids: Sequence[str]) -> list[Claim]:
        """Those of these numbers that there are, in the order of the numbers."""
        found = {claim.claim_id: claim for claim in self._find(table.c.claim_id.in_(claim_ids))}
        return [found[claim_id] for claim_id in claim_ids if claim_id in found]

    def current(self, conversation_id: str) -> Claim | None:
        """The conversation's latest claim."""
        return next(iter(self._find(table.c.conversation_id == conversation_id)), None)

    def of_case(self, conversation_id: str, buyer_id: str) -> list[Claim]:
        """The buyer's claims, newest first, and those begun in the conversation before it was known who talks.

        Then the conversation itself counts as the buyer.
        """
        nobodys = sa.and_(table.c.conversation_id == conversation_id, table.c.buyer_id == conversation_id)
        return self._find(sa.or_(table.c.buyer_id == buyer_id, nobodys))

    def of_buyer(self, buyer_id: str) -> list[Claim]:
        return self._find(table.c.buyer_id == buyer_id)

    def hold(self, buyer_id: str) -> list[Claim]:
        """The buyer's claims, which nobody else changes before the transaction ends."""
        with self.connection() as connection:
            # Changes nothing, but locks as a change does: the rows in PostgreSQL, the file in SQLite.
            connection.execute(sa.update(table).where(table.c.buyer_id == buyer_id).values(buyer_id=buyer_id))
        return self.of_buyer(buyer_id)

    def of_order(self, order_id: str) -> list[Claim]:
        return self._find(table.c.order_id == order_id)

    def in_state(self, state: ClaimState) -> list[Claim]:
        return self._find(table.c.state == state.value)

    def promised_since(self, since: datetime) -> int:
        """Fen that were promised by the bot itself since then, in all; an agreement that was changed counts twice."""
        body = claim_events.c.body
        agreed = sa.select(sa.func.sum(body[("settlement", "refund_fen")].as_integer())).where(
            claim_events.c.kind == "OfferAccepted",
            claim_events.c.at >= since,
            body[("promise", "by")].as_string().is_(None),
        )
        with self.connection() as connection:
            return int(connection.execute(agreed).scalar_one() or 0)

    def unspoken(self, states: Collection[ClaimState], since: datetime) -> list[Claim]:
        """Claims in one of the states to which nothing has happened since, and no word was said where they belong."""
        said = sa.exists().where(entries.c.conversation_id == table.c.conversation_id, entries.c.at >= since)
        in_them = table.c.state.in_([state.value for state in states])
        return self._find(sa.and_(in_them, table.c.updated_at < since, ~said))

    def with_same_files(self, claim: Claim) -> dict[str, list[Claim]]:
        """The claim's files (SHA-256) that are on other claims too, whosever, with those claims, oldest first."""
        mine = {item.sha256 for item in claim.evidence if item.sha256}
        elsewhere = (
            sa.select(evidence_files.c.sha256, table.c.body)
            .join(table, table.c.claim_id == evidence_files.c.claim_id)
            .where(evidence_files.c.sha256.in_(mine), table.c.claim_id != claim.claim_id)
            .order_by(table.c.opened_at, table.c.claim_id)
        )
        found: dict[str, list[Claim]] = {}
        with self.connection() as connection:
            for row in connection.execute(elsewhere):
                found.setdefault(row.sha256, []).append(from_json(Claim, row.body))
        return found

    def history(self, claim_id: str) -> list[tuple[datetime, Event]]:
        """Everything that has happened to the claim, oldest first, with its time."""
        story = sa.select(claim_events).where(claim_events.c.claim_id == claim_id).order_by(claim_events.c.version)
        with self.connection() as connection:
            return [(row.at, event_from_json(row.kind, row.body)) for row in connection.execute(story)]

    def _find(self, condition: sa.sql.ColumnElement[bool]) -> list[Claim]:
        newest_first = sa.select(table.c.body).where(condition).order_by(table.c.opened_at.desc())
        with self.connection() as connection:
            return [from_json(Claim, row.body) for row in connection.execute(newest_first)]


def _append(connection: Connection, before: Claim | None, events: Sequence[Event], now: datetime) -> Claim:
    claim, story = before, []
    for event in events:
        claim = apply(claim, event, now)
        story.append({"version": claim.version, "at": now, "kind": kind_of(event), "body": to_json(event)})
    if claim is None or not story:
        raise ValueError("no event to append")
    _project(connection, claim, now, is_new=before is None)
    connection.execute(sa.insert(claim_events), [{"claim_id": claim.claim_id, **row} for row in story])
    _note_files(connection, before, claim)
    _note_promise(connection, before, claim)
    return claim


def _project(connection: Connection, claim: Claim, now: datetime, *, is_new: bool) -> None:
    """What the claim is now, for whoever looks for it; the events alone could tell it again."""
    row = {
        "conversation_id": claim.conversation_id,
        "buyer_id": claim.buyer_id,
        "order_id": claim.order_id,
        "state": claim.state.value,
        "body": to_json(claim),
        "opened_at": claim.opened_at,
        "updated_at": now,
        "words": searched(claim),
    }
    if is_new:
        connection.execute(sa.insert(table).values(claim_id=claim.claim_id, **row))
    else:
        connection.execute(sa.update(table).where(table.c.claim_id == claim.claim_id).values(**row))


def _note_files(connection: Connection, before: Claim | None, claim: Claim) -> None:
    had, has = _files(before), _files(claim)
    if had - has:
        gone = evidence_files.c.sha256.in_(had - has)
        connection.execute(sa.delete(evidence_files).where(evidence_files.c.claim_id == claim.claim_id, gone))
    if has - had:
        rows = [{"claim_id": claim.claim_id, "sha256": sha256} for sha256 in sorted(has - had)]
        connection.execute(sa.insert(evidence_files), rows)


def _note_promise(connection: Connection, before: Claim | None, claim: Claim) -> None:
    had, has = _promised(before), _promised(claim)
    if had == has:
        return
    if had:
        connection.execute(sa.delete(promised_lines).where(promised_lines.c.claim_id == claim.claim_id))
    if has:
        rows = [{"order_id": order_id, "sku": sku, "part": part} for order_id, sku, part in sorted(has)]
        connection.execute(sa.insert(promised_lines), [{"claim_id": claim.claim_id, **row} for row in rows])


def has_words(text: str) -> Any:
    """The condition that all of these words stand in what a claim is found by."""
    return sa.and_(sa.true(), *(table.c.words.contains(word, autoescape=True) for word in text.lower().split()))


def searched(claim: Claim) -> str:
    """What people find a claim by: its number, the order's, the buyer's, its items."""
    named = (claim.claim_id, claim.order_id or "", claim.buyer_id, *(line.title for line in claim.lines))
    words = "\n".join(dict.fromkeys(named)).lower()[:_SEARCHED_CHARS]
    return words.encode("utf-8", "replace").decode()  # half an emoji is no text to a database


def _files(claim: Claim | None) -> set[str]:
    return {item.sha256 for item in claim.evidence if item.sha256} if claim else set()


def _promised(claim: Claim | None) -> set[tuple[str, str, str]]:
    """The lines that the claim's promise holds: order, item, part."""
    if claim is None or claim.promise is None or claim.state in _OVER:
        return set()
    return {(claim.order_id or "", sku, part) for line in claim.lines for sku, part in line.keys}
