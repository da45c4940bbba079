"""A claim's history holds what happened, no longer the whole claim each time; a line is promised to one claim."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

_claims = sa.table("claims", sa.column("claim_id"), sa.column("state"), sa.column("body", sa.JSON))
_events = sa.table("claim_events", sa.column("id"), sa.column("body", sa.JSON))


def upgrade() -> None:
    promised_lines = op.create_table(
        "promised_lines",
        sa.Column("order_id", sa.String(32), primary_key=True),
        sa.Column("sku", sa.String(128), primary_key=True),
        sa.Column("part", sa.String(255), primary_key=True),
        sa.Column("claim_id", sa.String(32), sa.ForeignKey("claims.claim_id"), nullable=False, index=True),
    )
    with op.batch_alter_table("claim_events") as table:
        table.add_column(sa.Column("kind", sa.String(32), nullable=False, server_default="ClaimImported"))
        table.drop_column("state")
    with op.batch_alter_table("claim_events") as table:
        table.alter_column("kind", server_default=None)

    connection = op.get_bind()
    for event in connection.execute(sa.select(_events)).all():
        imported = sa.update(_events).where(_events.c.id == event.id).values(body={"claim": event.body})
        connection.execute(imported)
    promised: dict[tuple[str, str, str], str] = {}
    for claim in connection.execute(sa.select(_claims).where(_claims.c.state.not_in(("withdrawn", "expired")))).all():
        for line in claim.body["lines"] if claim.body["promise"] else ():
            key = (claim.body["order_id"], line["sku"] or "", line["part"] or "")
            promised.setdefault(key, claim.claim_id)
    rows = [
        {"order_id": order, "sku": sku, "part": part, "claim_id": claim}
        for (order, sku, part), claim in promised.items()
    ]
    if rows:
        op.bulk_insert(promised_lines, rows)
