"""One numbered log for all doors in place of the messages; sessions of the web widget."""

import uuid

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

_messages = sa.table(
    "messages",
    *(sa.column(name) for name in ("id", "conversation_id", "message_id", "text")),
    sa.column("answer", sa.JSON),
    sa.column("at", sa.DateTime),
)


def upgrade() -> None:
    entries = op.create_table(
        "entries",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("conversation_id", sa.String(128), nullable=False),
        sa.Column("seq", sa.Integer, nullable=False),
        sa.Column("entry_id", sa.String(160), nullable=False),
        sa.Column("author", sa.String(8), nullable=False),
        sa.Column("body", sa.JSON, nullable=False),
        sa.Column("answer", sa.JSON(none_as_null=True)),
        sa.Column("at", sa.DateTime, nullable=False),
        sa.UniqueConstraint("conversation_id", "seq"),
        sa.UniqueConstraint("conversation_id", "entry_id"),
    )
    unanswered = sa.text("author = 'buyer' AND answer IS NULL")
    op.create_index(
        "ix_unanswered", "entries", ["conversation_id"], sqlite_where=unanswered, postgresql_where=unanswered
    )
    op.create_table(
        "sessions",
        sa.Column("secret_sha256", sa.String(64), primary_key=True),
        sa.Column("conversation_id", sa.String(128), nullable=False, unique=True),
        sa.Column("buyer_id", sa.String(128)),
        sa.Column("order_id", sa.String(64)),
        sa.Column("created_at", sa.DateTime, nullable=False),
        sa.Column("seen_at", sa.DateTime, nullable=False),
        sa.Column("leased_until", sa.DateTime),
    )
    numbers: dict[str, int] = {}
    for message in op.get_bind().execute(sa.select(_messages).order_by(_messages.c.id)).all():
        said = [("buyer", message.message_id or uuid.uuid4().hex, {"text": message.text}, message.answer)]
        replies = (message.answer or {}).get("replies", [])
        said += [("bot", uuid.uuid4().hex, {"text": reply["text"]}, None) for reply in replies]
        for author, entry_id, body, answer in said:
            numbers[message.conversation_id] = seq = numbers.get(message.conversation_id, 0) + 1
            row = {"conversation_id": message.conversation_id, "seq": seq, "entry_id": entry_id, "author": author}
            op.execute(sa.insert(entries).values(**row, body=body, answer=answer, at=message.at))
    op.drop_table("messages")
