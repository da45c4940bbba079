"""The tables as they were before there were migrations. Databases of that time have them already."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

metadata = sa.MetaData()

sa.Table(
    "orders",
    metadata,
    sa.Column("order_id", sa.String(32), primary_key=True),
    sa.Column("buyer_id", sa.String(128), nullable=False, index=True),
    sa.Column("placed_at", sa.DateTime, nullable=False),
    sa.Column("body", sa.JSON, nullable=False),
)
sa.Table(
    "claims",
    metadata,
    sa.Column("claim_id", sa.String(32), primary_key=True),
    sa.Column("conversation_id", sa.String(128), nullable=False, index=True),
    sa.Column("buyer_id", sa.String(128), nullable=False, index=True),
    sa.Column("order_id", sa.String(32), index=True),
    sa.Column("state", sa.String(16), nullable=False, index=True),
    sa.Column("body", sa.JSON, nullable=False),
    sa.Column("opened_at", sa.DateTime, nullable=False),
    sa.Column("updated_at", sa.DateTime, nullable=False),
)
sa.Table(
    "claim_events",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("claim_id", sa.String(32), sa.ForeignKey("claims.claim_id"), nullable=False),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("at", sa.DateTime, nullable=False),
    sa.Column("state", sa.String(16), nullable=False),
    sa.Column("body", sa.JSON, nullable=False),
    sa.UniqueConstraint("claim_id", "version"),
)
sa.Table(
    "messages",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("conversation_id", sa.String(128), nullable=False, index=True),
    sa.Column("message_id", sa.String(128)),
    sa.Column("text", sa.Text, nullable=False),
    sa.Column("answer", sa.JSON),
    sa.Column("at", sa.DateTime, nullable=False),
    sa.UniqueConstraint("conversation_id", "message_id"),
)
sa.Table(
    "handoffs",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("conversation_id", sa.String(128), nullable=False, index=True),
    sa.Column("claim_id", sa.String(32)),
    sa.Column("reason", sa.String(32), nullable=False),
    sa.Column("summary", sa.Text, nullable=False),
    sa.Column("at", sa.DateTime, nullable=False),
    sa.Column("returned_at", sa.DateTime),
)


def upgrade() -> None:
    metadata.create_all(op.get_bind())
