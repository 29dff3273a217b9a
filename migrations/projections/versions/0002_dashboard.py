"""The dashboard."""

import sqlalchemy as sa
from alembic import op

from ledger.store.engine import Key, Serial, Units, UuidText

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Forward; there is no way back."""
    op.create_table(
        "dashboard_accounts",
        sa.Column("ledger", Serial, autoincrement=False, nullable=False),
        sa.Column("generation", Serial, autoincrement=False, nullable=False),
        sa.Column("account", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("path", Key, nullable=True, comment="NULL: erased"),
        sa.Column("label", sa.Text(), nullable=True),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("role", Key, nullable=True),
        sa.PrimaryKeyConstraint("ledger", "generation", "account", name=op.f("dashboard_accounts_primary")),
    )
    op.create_index(
        "dashboard_accounts_role_index",
        "dashboard_accounts",
        ["ledger", "generation", "role"],
        unique=False,
        sqlite_where=sa.text("role IS NOT NULL"),
        postgresql_where=sa.text("role IS NOT NULL"),
    )
    op.create_table(
        "dashboard_bills",
        sa.Column("ledger", Serial, autoincrement=False, nullable=False),
        sa.Column("generation", Serial, autoincrement=False, nullable=False),
        sa.Column("account", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("currency", Key, nullable=False),
        sa.Column("party", Key, nullable=False),
        sa.Column("due", sa.Date(), nullable=False),
        sa.Column("basis", Key, nullable=False, comment="stated or dated"),
        sa.Column("units", Units, nullable=False, comment="billed less settled by name, whatever the dates"),
        sa.Column("open", sa.SmallInteger(), nullable=True, comment="1 where units > 0, else NULL"),
        sa.PrimaryKeyConstraint(
            "ledger", "generation", "account", "currency", "party", "due", "basis", name=op.f("dashboard_bills_primary")
        ),
    )
    op.create_index(
        "dashboard_bills_open_index",
        "dashboard_bills",
        ["ledger", "generation", "account", "currency", "party", "due", "basis"],
        unique=False,
        sqlite_where=sa.text("open IS NOT NULL"),
        postgresql_where=sa.text("open IS NOT NULL"),
    )
    op.create_table(
        "dashboard_days",
        sa.Column("ledger", Serial, autoincrement=False, nullable=False),
        sa.Column("generation", Serial, autoincrement=False, nullable=False),
        sa.Column("date", sa.Date(), nullable=False),
        sa.Column("account", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("currency", Key, nullable=False),
        sa.Column("units", Units, nullable=False, comment="debits less credits"),
        sa.Column("closing", Units, nullable=False, comment="of that, by transactions that close a year"),
        sa.PrimaryKeyConstraint(
            "ledger", "generation", "date", "account", "currency", name=op.f("dashboard_days_primary")
        ),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "dashboard_dues",
        sa.Column("ledger", Serial, autoincrement=False, nullable=False),
        sa.Column("generation", Serial, autoincrement=False, nullable=False),
        sa.Column("date", sa.Date(), nullable=False, comment="of the transactions"),
        sa.Column("account", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("currency", Key, nullable=False),
        sa.Column("party", Key, nullable=False),
        sa.Column("due", sa.Date(), nullable=False),
        sa.Column("basis", Key, nullable=False, comment="stated, dated or unnamed"),
        sa.Column("units", Units, nullable=False, comment="credits less debits"),
        sa.PrimaryKeyConstraint(
            "ledger",
            "generation",
            "date",
            "account",
            "currency",
            "party",
            "due",
            "basis",
            name=op.f("dashboard_dues_primary"),
        ),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "dashboard_months",
        sa.Column("ledger", Serial, autoincrement=False, nullable=False),
        sa.Column("generation", Serial, autoincrement=False, nullable=False),
        sa.Column("month", sa.Date(), nullable=False),
        sa.Column("account", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("currency", Key, nullable=False),
        sa.Column("units", Units, nullable=False, comment="debits less credits"),
        sa.Column("closing", Units, nullable=False, comment="of that, by transactions that close a year"),
        sa.PrimaryKeyConstraint(
            "ledger", "generation", "month", "account", "currency", name=op.f("dashboard_months_primary")
        ),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "dashboard_parties",
        sa.Column("ledger", Serial, autoincrement=False, nullable=False),
        sa.Column("generation", Serial, autoincrement=False, nullable=False),
        sa.Column("account", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("currency", Key, nullable=False),
        sa.Column("party", Key, nullable=False),
        sa.Column("units", Units, nullable=False, comment="owed, whatever the dates"),
        sa.Column("billed", sa.Boolean(), nullable=False, comment="some line ever stated a due date"),
        sa.Column("open", sa.SmallInteger(), nullable=True, comment="1 where billed and units > 0, else NULL"),
        sa.PrimaryKeyConstraint(
            "ledger", "generation", "account", "currency", "party", name=op.f("dashboard_parties_primary")
        ),
    )
    op.create_index(
        "dashboard_parties_open_index",
        "dashboard_parties",
        ["ledger", "generation", "account", "currency", "party"],
        unique=False,
        sqlite_where=sa.text("open IS NOT NULL"),
        postgresql_where=sa.text("open IS NOT NULL"),
    )
    op.create_table(
        "dashboard_sources",
        sa.Column("ledger", Serial, autoincrement=False, nullable=False),
        sa.Column("generation", Serial, autoincrement=False, nullable=False),
        sa.Column("id", UuidText, nullable=False),
        sa.Column(
            "date", sa.Date(), nullable=False, comment="of the transaction, or of the one at the root of its reversals"
        ),
        sa.Column("due", sa.Date(), nullable=True, comment="of that one's document"),
        sa.Column("party", Key, nullable=True, comment="of that one's document"),
        sa.Column(
            "apart",
            sa.Text(),
            nullable=True,
            comment="JSON list of the accounts that due and party say nothing about; NULL: none",
        ),
        sa.Column(
            "reversal", sa.Boolean(), nullable=False, comment="undoes the one at the root; reversed again, it does not"
        ),
        sa.PrimaryKeyConstraint("ledger", "generation", "id", name=op.f("dashboard_sources_primary")),
    )
    op.create_table(
        "dashboard_totals",
        sa.Column("ledger", Serial, autoincrement=False, nullable=False),
        sa.Column("generation", Serial, autoincrement=False, nullable=False),
        sa.Column("account", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("currency", Key, nullable=False),
        sa.Column("scale", sa.SmallInteger(), nullable=False),
        sa.Column("units", Units, nullable=False, comment="debits less credits, whatever their dates"),
        sa.PrimaryKeyConstraint("ledger", "generation", "account", "currency", name=op.f("dashboard_totals_primary")),
    )
