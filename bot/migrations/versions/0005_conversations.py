"""A row for each conversation: whose it is, how long its log is, what is remembered, who is answering in it."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"

_entries = sa.table("entries", sa.column("conversation_id"), sa.column("seq"))
_sessions = sa.table("sessions", sa.column("conversation_id"), sa.column("buyer_id"))
_claims = sa.table("claims", sa.column("conversation_id"), sa.column("buyer_id"))


def upgrade() -> None:
    conversations = op.create_table(
        "conversations",
        sa.Column("conversation_id", sa.String(128), primary_key=True),
        sa.Column("last_seq", sa.Integer, nullable=False),
        sa.Column("buyer_id", sa.String(128)),
        sa.Column("memory", sa.JSON(none_as_null=True)),
        sa.Column("lease", sa.String(32)),
        sa.Column("leased_until", sa.DateTime),
    )
    length = sa.func.max(_entries.c.seq)
    buyers = sa.union_all(
        sa.select(_sessions.c.conversation_id, _sessions.c.buyer_id),
        sa.select(_claims.c.conversation_id, _claims.c.buyer_id),
    ).subquery()
    known = sa.select(sa.func.min(buyers.c.buyer_id)).where(buyers.c.conversation_id == _entries.c.conversation_id)
    logs = sa.select(_entries.c.conversation_id, length, known.scalar_subquery()).group_by(_entries.c.conversation_id)
    op.execute(sa.insert(conversations).from_select(["conversation_id", "last_seq", "buyer_id"], logs))
    with op.batch_alter_table("sessions") as sessions:
        sessions.drop_column("leased_until")
