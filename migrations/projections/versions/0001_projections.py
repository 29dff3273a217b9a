"""Checkpoints and the first three read models."""

import sqlalchemy as sa
from alembic import op

from ledger.store.engine import Key, Serial, Units, UuidText

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Forward; there is no way back."""
    op.create_table(
        "account_balances",
        sa.Column("ledger", Serial, autoincrement=False, nullable=False),
        sa.Column("generation", Serial, autoincrement=False, nullable=False),
        sa.Column("account", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("currency", Key, nullable=False),
        sa.Column("scale", sa.SmallInteger(), nullable=False),
        sa.Column("debits", Units, nullable=False),
        sa.Column("credits", Units, nullable=False),
        sa.Column("transactions", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("ledger", "generation", "account", "currency", name=op.f("account_balances_primary")),
    )
    op.create_table(
        "chart_accounts",
        sa.Column("ledger", Serial, autoincrement=False, nullable=False),
        sa.Column("generation", Serial, autoincrement=False, nullable=False),
        sa.Column("account", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("path", Key, nullable=True, comment="NULL: erased"),
        sa.Column("number", Key, nullable=True),
        sa.Column("label", sa.Text(), nullable=True),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("normal", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=True),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("currencies", sa.Text(), nullable=False, comment="JSON list; empty: all"),
        sa.Column("metadata", sa.Text(), nullable=True, comment="JSON object"),
        sa.Column(
            "changed", sa.BigInteger(), nullable=False, comment="position of the last record that changed the account"
        ),
        sa.PrimaryKeyConstraint("ledger", "generation", "account", name=op.f("chart_accounts_primary")),
    )
    op.create_index(
        op.f("chart_accounts_ledger_generation_path_index"),
        "chart_accounts",
        ["ledger", "generation", "path"],
        unique=False,
    )
    op.create_table(
        "checkpoints",
        sa.Column("ledger", Serial, autoincrement=False, nullable=False),
        sa.Column("projection", Key, nullable=False),
        sa.Column("generation", Serial, autoincrement=False, nullable=False),
        sa.Column("live", sa.Boolean(), nullable=False),
        sa.Column("applied", sa.BigInteger(), nullable=False, comment="the size that the rows reflect"),
        sa.Column("blocked_position", sa.BigInteger(), nullable=True),
        sa.Column("blocked_error", sa.Text(), nullable=True),
        sa.Column("failures", sa.Integer(), server_default="0", nullable=False),
        sa.Column("retry_at", sa.BigInteger(), nullable=True, comment="Unix seconds"),
        sa.PrimaryKeyConstraint("ledger", "projection", "generation", name=op.f("checkpoints_primary")),
    )
    op.create_table(
        "history_accounts",
        sa.Column("ledger", Serial, autoincrement=False, nullable=False),
        sa.Column("generation", Serial, autoincrement=False, nullable=False),
        sa.Column("account", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("currency", Key, nullable=False),
        sa.Column("scale", sa.SmallInteger(), nullable=False),
        sa.Column("movements", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("ledger", "generation", "account", "currency", name=op.f("history_accounts_primary")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "history_blocks",
        sa.Column("ledger", Serial, autoincrement=False, nullable=False),
        sa.Column("generation", Serial, autoincrement=False, nullable=False),
        sa.Column("account", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("currency", Key, nullable=False),
        sa.Column("level", sa.SmallInteger(), autoincrement=False, nullable=False),
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
        "history_movements",
        sa.Column("ledger", Serial, autoincrement=False, nullable=False),
        sa.Column("generation", Serial, autoincrement=False, nullable=False),
        sa.Column("account", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("currency", Key, nullable=False),
        sa.Column("position", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("ordinal", sa.BigInteger(), nullable=False),
        sa.Column("date", sa.Date(), nullable=False),
        sa.Column("debits", Units, nullable=False),
        sa.Column("credits", Units, nullable=False),
        sa.PrimaryKeyConstraint(
            "ledger", "generation", "account", "currency", "position", name=op.f("history_movements_primary")
        ),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "register_lines",
        sa.Column("ledger", Serial, autoincrement=False, nullable=False),
        sa.Column("generation", Serial, autoincrement=False, nullable=False),
        sa.Column("account", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("date", sa.Date(), nullable=False),
        sa.Column("position", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("line", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("currency", Key, nullable=False),
        sa.Column("scale", sa.SmallInteger(), nullable=False),
        sa.Column("units", Units, nullable=False),
        sa.Column("text", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint(
            "ledger", "generation", "account", "date", "position", "line", name=op.f("register_lines_primary")
        ),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "register_metadata",
        sa.Column("ledger", Serial, autoincrement=False, nullable=False),
        sa.Column("generation", Serial, autoincrement=False, nullable=False),
        sa.Column("key", Key, nullable=False),
        sa.Column("value", Key, nullable=False),
        sa.Column("date", sa.Date(), nullable=False),
        sa.Column("position", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint(
            "ledger", "generation", "key", "value", "date", "position", name=op.f("register_metadata_primary")
        ),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "register_transactions",
        sa.Column("ledger", Serial, autoincrement=False, nullable=False),
        sa.Column("generation", Serial, autoincrement=False, nullable=False),
        sa.Column("position", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("id", UuidText, nullable=False),
        sa.Column("date", sa.Date(), nullable=False),
        sa.Column("kind", Key, nullable=False),
        sa.Column("series", Key, nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column("payee", sa.Text(), nullable=True),
        sa.Column("reference", Key, nullable=True),
        sa.Column("largest", Units, nullable=False, comment="of the absolute amounts, brought to scale 30"),
        sa.Column("accounts", sa.Text(), nullable=False, comment="JSON list of distinct ids in order of lines"),
        sa.Column("accounts_more", sa.Integer(), nullable=False, comment="how many accounts are not in that list"),
        sa.Column("text", sa.Text(), nullable=False, comment="what a search looks at, folded"),
        sa.PrimaryKeyConstraint("ledger", "generation", "position", name=op.f("register_transactions_primary")),
    )
    op.create_index(
        "register_transactions_date_index",
        "register_transactions",
        ["ledger", "generation", "date", "position"],
        unique=False,
    )
    op.create_index(
        "register_transactions_kind_index",
        "register_transactions",
        ["ledger", "generation", "kind", "date", "position"],
        unique=False,
        sqlite_where=sa.text("kind != 'normal'"),
        postgresql_where=sa.text("kind != 'normal'"),
    )
    op.create_index(
        "register_transactions_reference_index",
        "register_transactions",
        ["ledger", "generation", "reference", "date", "position"],
        unique=False,
        sqlite_where=sa.text("reference IS NOT NULL"),
        postgresql_where=sa.text("reference IS NOT NULL"),
    )
