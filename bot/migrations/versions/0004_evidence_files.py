"""Which file is on which claim, to notice the same picture on two of them."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

_claims = sa.table("claims", sa.column("claim_id"), sa.column("body", sa.JSON))


def upgrade() -> None:
    evidence_files = op.create_table(
        "evidence_files",
        sa.Column("claim_id", sa.String(32), sa.ForeignKey("claims.claim_id"), primary_key=True),
        sa.Column("sha256", sa.String(64), primary_key=True, index=True),
    )
    claims = op.get_bind().execute(sa.select(_claims)).all()
    files = {(claim.claim_id, item["sha256"]) for claim in claims for item in claim.body["evidence"] if item["sha256"]}
    if files:
        op.bulk_insert(evidence_files, [{"claim_id": claim, "sha256": sha256} for claim, sha256 in sorted(files)])
