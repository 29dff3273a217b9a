"""Limits of accounts."""

import sqlalchemy as sa
from alembic import op

from ledger.store.engine import Key, Serial, Units

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Forward; there is no way back."""
    op.create_table(
        "account_limits",
        sa.Column("ledger", Serial, autoincrement=False, nullable=False),
        sa.Column("account", sa.BigInteger(), nullable=False),
        sa.Column("currency", Key, nullable=False),
        sa.Column("floor", Units, nullable=True, comment="the lowest balance; NULL: there is none"),
        sa.Column("ceiling", Units, nullable=True, comment="the highest balance; NULL: there is none"),
        sa.PrimaryKeyConstraint("ledger", "account", "currency", name=op.f("account_limits_primary")),
    )
