"""The Merkle tree as tiles."""

import sqlalchemy as sa
from alembic import op

from ledger.store.engine import Serial

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Forward; there is no way back."""
    op.create_table(
        "tiles",
        sa.Column("ledger", Serial, autoincrement=False, nullable=False),
        sa.Column("generation", Serial, autoincrement=False, nullable=False),
        sa.Column("level", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("tile", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("hashes", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("ledger", "generation", "level", "tile", name=op.f("tiles_primary")),
    )
    if op.get_bind().dialect.name == "postgresql":
        op.execute("ALTER TABLE tiles ALTER COLUMN hashes SET STORAGE EXTERNAL")  # hashes cannot be compressed
