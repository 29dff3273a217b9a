"""The movements of the history lie in chunks, and only blocks of level 2 and above are rows of their own."""

import sqlalchemy as sa
from alembic import op

from ledger.store.engine import Key, Serial, Units

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Forward; there is no way back. The projector builds the history again from the log. Who asks for balances of the
    past waits until it is there; `llmedger status` shows how far it is."""
    op.execute("DELETE FROM checkpoints WHERE projection = 'balance_history'")
    op.execute("DELETE FROM history_accounts")
    op.drop_table("history_movements")
    op.drop_table("history_blocks")
    op.create_table(
        "history_blocks",
        *_pair_key(),
        sa.Column("level", sa.SmallInteger(), autoincrement=False, nullable=False, comment="2 or more"),
        sa.Column("block", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("date", sa.Date(), nullable=False),
        sa.Column("debits", Units, nullable=False),
        sa.Column("credits", Units, nullable=False),
        sa.PrimaryKeyConstraint(
            "ledger", "generation", "account", "currency", "level", "block", "date", name=op.f("history_blocks_primary")
        ),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "history_chunks",
        *_pair_key(),
        sa.Column("position", sa.BigInteger(), autoincrement=False, nullable=False, comment="of its first movement"),
        sa.Column("last", sa.BigInteger(), nullable=False, comment="position of its last movement"),
        sa.Column("ordinal", sa.BigInteger(), nullable=False, comment="number of its first movement"),
        sa.Column(
            "begins",
            sa.BigInteger(),
            nullable=False,
            comment="position of the first movement of its block of level 2",
        ),
        sa.Column("earliest", sa.Date(), nullable=False),
        sa.Column("latest", sa.Date(), nullable=False),
        sa.Column("debits", Units, nullable=False),
        sa.Column("credits", Units, nullable=False),
        sa.Column(
            "movements",
            sa.Text(),
            nullable=False,
            comment="of each: position, day (1 is 0001-01-01), debits, credits",
        ),
        sa.PrimaryKeyConstraint(
            "ledger", "generation", "account", "currency", "position", name=op.f("history_chunks_primary")
        ),
        sqlite_with_rowid=False,
    )


def _pair_key() -> tuple[sa.Column, ...]:
    return (
        sa.Column("ledger", Serial, autoincrement=False, nullable=False),
        sa.Column("generation", Serial, autoincrement=False, nullable=False),
        sa.Column("account", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("currency", Key, nullable=False),
    )
