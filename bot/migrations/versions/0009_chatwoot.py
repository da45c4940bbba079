"""Conversations that are shown in a help desk of others, and what that calls what was sent there."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    op.create_table(
        "threads",
        sa.Column("conversation_id", sa.String(128), primary_key=True),
        sa.Column("door", sa.String(32), nullable=False),
        sa.Column("place", sa.String(100), nullable=False, index=True),
        sa.Column("about", sa.JSON, nullable=False),
        sa.Column("buyer_id", sa.String(128)),
        sa.Column("sent", sa.Integer, nullable=False),
        sa.Column("is_open", sa.Boolean, nullable=False),
        sa.Column("switched_at", sa.DateTime),
        sa.Column("ended_at", sa.DateTime),
    )
    op.add_column("outbox", sa.Column("their_id", sa.String(64)))
