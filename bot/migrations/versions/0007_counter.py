"""The counter: accounts of the shop's people and what they did, and what their lists are read by."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"

_claims = sa.table("claims", sa.column("claim_id"), sa.column("body", sa.JSON), sa.column("words"))


def upgrade() -> None:
    op.create_table(
        "accounts",
        sa.Column("name", sa.String(32), primary_key=True),
        sa.Column("role", sa.String(8), nullable=False),
        sa.Column("password", sa.String(255)),
        sa.Column("created_at", sa.DateTime, nullable=False),
        sa.Column("closed_at", sa.DateTime),
    )
    op.create_table(
        "account_links",
        sa.Column("secret_sha256", sa.String(64), primary_key=True),
        sa.Column("name", sa.String(32), sa.ForeignKey("accounts.name"), nullable=False, index=True),
        sa.Column("until", sa.DateTime, nullable=False),
    )
    op.create_table(
        "account_sessions",
        sa.Column("secret_sha256", sa.String(64), primary_key=True),
        sa.Column("name", sa.String(32), sa.ForeignKey("accounts.name"), nullable=False, index=True),
        sa.Column("browser", sa.String(128), nullable=False),
        sa.Column("created_at", sa.DateTime, nullable=False),
        sa.Column("seen_at", sa.DateTime, nullable=False),
    )
    op.create_table(
        "failed_logins",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("name", sa.String(32), nullable=False),
        sa.Column("peer", sa.String(64), nullable=False),
        sa.Column("at", sa.DateTime, nullable=False, index=True),
    )
    op.create_table(
        "audit",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("at", sa.DateTime, nullable=False),
        sa.Column("who", sa.String(32), nullable=False),
        sa.Column("did", sa.String(32), nullable=False),
        sa.Column("about", sa.String(128), nullable=False, index=True),
        sa.Column("more", sa.JSON, nullable=False),
    )
    op.add_column("claims", sa.Column("words", sa.String(500), nullable=False, server_default=""))
    connection = op.get_bind()
    written = sa.update(_claims).where(_claims.c.claim_id == sa.bindparam("of")).values(words=sa.bindparam("found_by"))
    for claim_id, body in connection.execute(sa.select(_claims.c.claim_id, _claims.c.body)).all():
        connection.execute(written, {"of": claim_id, "found_by": _words(body)})
    op.create_index("ix_claims_state_opened", "claims", ["state", "opened_at", "claim_id"])
    op.create_index("ix_claims_searched", "claims", ["opened_at", "claim_id", "words"])
    op.create_index("ix_entries_at", "entries", ["at", "id"])
    op.create_index("ix_conversations_buyer_id", "conversations", ["buyer_id"])
    op.create_index("ix_sessions_buyer_id", "sessions", ["buyer_id"])


def _words(claim: dict) -> str:
    """As ``bot.store.claims.searched`` had it at the time."""
    titles = (line["title"] for line in claim["lines"])
    named = (claim["claim_id"], claim["order_id"] or "", claim["buyer_id"], *titles)
    return "\n".join(dict.fromkeys(named)).lower()[:500].encode("utf-8", "replace").decode()
