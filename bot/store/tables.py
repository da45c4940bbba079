"""The tables. Times are UTC, money inside the JSON bodies is fen."""

from __future__ import annotations

import sqlalchemy as sa

from bot.db import UtcDateTime

metadata = sa.MetaData()

claims = sa.Table(
    "claims",
    metadata,
    sa.Column("claim_id", sa.String(32), primary_key=True),
    sa.Column("conversation_id", sa.String(128), nullable=False, index=True),
    sa.Column("buyer_id", sa.String(128), nullable=False, index=True),
    sa.Column("order_id", sa.String(32), index=True),
    sa.Column("state", sa.String(16), nullable=False, index=True),
    sa.Column("body", sa.JSON, nullable=False),
    sa.Column("opened_at", UtcDateTime, nullable=False),
    sa.Column("updated_at", UtcDateTime, nullable=False),
)

# Append-only: what a claim was after each change, for the case file and for disputes.
claim_events = sa.Table(
    "claim_events",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("claim_id", sa.String(32), sa.ForeignKey("claims.claim_id"), nullable=False),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("at", UtcDateTime, nullable=False),
    sa.Column("state", sa.String(16), nullable=False),
    sa.Column("body", sa.JSON, nullable=False),
    # Two writers that both saw version n cannot both write n + 1.
    sa.UniqueConstraint("claim_id", "version"),
)

messages = sa.Table(
    "messages",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("conversation_id", sa.String(128), nullable=False, index=True),
    sa.Column("message_id", sa.String(128)),
    sa.Column("text", sa.Text, nullable=False),
    sa.Column("answer", sa.JSON),  # null until answered
    sa.Column("at", UtcDateTime, nullable=False),
    sa.UniqueConstraint("conversation_id", "message_id"),
)

handoffs = sa.Table(
    "handoffs",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("conversation_id", sa.String(128), nullable=False, index=True),
    sa.Column("claim_id", sa.String(32)),
    sa.Column("reason", sa.String(32), nullable=False),
    sa.Column("summary", sa.Text, nullable=False),
    sa.Column("at", UtcDateTime, nullable=False),
    sa.Column("returned_at", UtcDateTime),
)
