"""Who has taken a conversation over, what is to be sent to others, and what is switched while the bot runs."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    with op.batch_alter_table("handoffs") as handoffs:
        handoffs.add_column(sa.Column("urgency", sa.Integer, nullable=False, server_default="2"))
        handoffs.add_column(sa.Column("case_no", sa.String(32), nullable=False, server_default=""))
        handoffs.add_column(sa.Column("taken_by", sa.String(64)))
        handoffs.add_column(sa.Column("taken_at", sa.DateTime))
        handoffs.add_column(sa.Column("offered_back_at", sa.DateTime))
        handoffs.add_column(sa.Column("alarmed_at", sa.DateTime))
        handoffs.create_index("ix_handoffs_case_no", ["case_no"])
        handoffs.create_index("ix_handoffs_queue", ["returned_at", "urgency", "at", "id"])
    op.execute("UPDATE handoffs SET case_no = claim_id WHERE claim_id IS NOT NULL")
    op.execute("UPDATE handoffs SET case_no = 'SF-H' || id WHERE case_no = ''")
    with op.batch_alter_table("entries") as entries:
        entries.add_column(sa.Column("failed", sa.String(64)))
    op.create_index("ix_claim_events_kind", "claim_events", ["kind", "at"])
    op.create_table(
        "outbox",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("key", sa.String(160), nullable=False, unique=True),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("lane", sa.String(200), nullable=False),
        sa.Column("payload", sa.JSON, nullable=False),
        sa.Column("state", sa.String(8), nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("next_try", sa.DateTime, nullable=False),
        sa.Column("lease", sa.String(32)),
        sa.Column("leased_until", sa.DateTime),
        sa.Column("error", sa.String(200)),
        sa.Column("created_at", sa.DateTime, nullable=False),
        sa.Column("done_at", sa.DateTime),
        sa.Index("ix_outbox_due", "state", "next_try"),
        sa.Index("ix_outbox_lane", "lane", "state", "id"),
    )
    switches = op.create_table(
        "switches",
        sa.Column("name", sa.String(32), primary_key=True),
        sa.Column("is_on", sa.Boolean, nullable=False),
        sa.Column("changed_at", sa.DateTime, nullable=False),
        sa.Column("changed_by", sa.String(64), nullable=False),
    )
    # Held while money is promised; there from the beginning, so that nobody has to make it then.
    held = {"name": "promising", "is_on": False, "changed_at": sa.func.current_timestamp(), "changed_by": ""}
    op.execute(sa.insert(switches).values(held))
