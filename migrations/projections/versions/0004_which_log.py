"""Checkpoints say which log their rows were made from."""

import sqlalchemy as sa
from alembic import op

from ledger.store.engine import UuidText

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Forward; there is no way back. Rows that are there get NULL, and are rebuilt once by the projector."""
    new = (
        sa.Column("uuid", UuidText, comment="of the ledger; NULL before the first record, and in rows of old versions"),
        sa.Column("leaf", sa.LargeBinary(), comment="leaf hash of record applied - 1; NULL as above"),
        sa.Column(
            "whole_at", sa.BigInteger(), comment="readers wait until this size is reached; NULL: readers need not wait"
        ),
    )
    for column in new:
        op.add_column("checkpoints", column)
