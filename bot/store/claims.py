"""Claims, each with every state it has been in."""

from __future__ import annotations

import secrets
from dataclasses import replace
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.engine import Engine
from sqlalchemy.exc import IntegrityError

from bot.claims.codec import from_json, to_json
from bot.claims.model import Claim, ClaimState
from bot.store.tables import claim_events
from bot.store.tables import claims as table

# Without 0 O 1 I L: buyers read these out on the phone.
_ALPHABET = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"


class Conflict(RuntimeError):
    """Somebody else changed the claim first; nothing was written."""


def new_claim_id(now: datetime) -> str:
    """SF-20261123-7K3QXM: the day, and six characters that cannot be guessed."""
    return f"SF-{now:%Y%m%d}-{''.join(secrets.choice(_ALPHABET) for _ in range(6))}"


class Claims:
    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def save(self, claim: Claim, now: datetime) -> Claim:
        """Write the claim and append what it now is to its history.

        Returns:
            The claim with its new version.

        Raises:
            Conflict: when another writer saved the same version first.
        """
        saved = replace(claim, version=claim.version + 1)
        body = to_json(saved)
        row = {
            "conversation_id": saved.conversation_id,
            "buyer_id": saved.buyer_id,
            "order_id": saved.order_id,
            "state": saved.state.value,
            "body": body,
            "opened_at": saved.opened_at,
            "updated_at": now,
        }
        event = {"version": saved.version, "at": now, "state": saved.state.value, "body": body}
        try:
            with self._engine.begin() as connection:
                if claim.version == 0:
                    connection.execute(sa.insert(table).values(claim_id=saved.claim_id, **row))
                else:
                    connection.execute(sa.update(table).where(table.c.claim_id == saved.claim_id).values(**row))
                connection.execute(sa.insert(claim_events).values(claim_id=saved.claim_id, **event))
        except IntegrityError as error:
            raise Conflict(f"claim {claim.claim_id} was changed by somebody else") from error
        return saved

    def get(self, claim_id: str) -> Claim | None:
        return next(iter(self._find(table.c.claim_id == claim_id)), None)

    def current(self, conversation_id: str) -> Claim | None:
        """The conversation's latest claim."""
        return next(iter(self._find(table.c.conversation_id == conversation_id)), None)

    def of_buyer(self, buyer_id: str) -> list[Claim]:
        return self._find(table.c.buyer_id == buyer_id)

    def of_order(self, order_id: str) -> list[Claim]:
        return self._find(table.c.order_id == order_id)

    def in_state(self, state: ClaimState) -> list[Claim]:
        return self._find(table.c.state == state.value)

    def history(self, claim_id: str) -> list[tuple[datetime, Claim]]:
        """Every state the claim has been in, oldest first, with the time it was saved."""
        events = (
            sa.select(claim_events.c.at, claim_events.c.body)
            .where(claim_events.c.claim_id == claim_id)
            .order_by(claim_events.c.version)
        )
        with self._engine.connect() as connection:
            return [(row.at, from_json(Claim, row.body)) for row in connection.execute(events)]

    def _find(self, condition: sa.sql.ColumnElement[bool]) -> list[Claim]:
        newest_first = sa.select(table.c.body).where(condition).order_by(table.c.opened_at.desc())
        with self._engine.connect() as connection:
            return [from_json(Claim, row.body) for row in connection.execute(newest_first)]
