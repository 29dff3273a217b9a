"""The chart is a read model of its own, and the open items are one beside the dashboard."""

import sqlalchemy as sa
from alembic import op

from ledger.store.engine import Key, Serial, Units, UuidText

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_MOVED = {
    "sources": "id, date, due, party, apart, reversal",
    "dues": "date, account, currency, party, due, basis, units",
    "bills": "account, currency, party, due, basis, units, open",
    "parties": "account, currency, party, units, billed, open",
}
"""Tables of the dashboard that are tables of the open items now, with their columns."""
_COPIED = "live, applied, blocked_position, blocked_error, failures, retry_at, uuid, leaf, whole_at"


def upgrade() -> None:
    """Forward; there is no way back. The rows that are there are kept, so that readers need not wait.

    Left out are ledgers whose dashboard has another generation than the chart, or reflects more records than it: the
    projector builds their dashboard and open items from the log, and readers of those two wait.
    """
    _create_tables()
    op.create_index(
        "chart_accounts_role_index",
        "chart_accounts",
        ["ledger", "generation", "role"],
        sqlite_where=sa.text("role IS NOT NULL"),
        postgresql_where=sa.text("role IS NOT NULL"),
    )
    _remove_what_is_not_kept()
    for table, columns in _MOVED.items():
        _copy(f"open_items_{table}", columns, f"dashboard_{table}", "true")
    _copy("open_items_roles", "account, role", "dashboard_accounts", "role IN ('tax', 'receivable')")
    for table in ("accounts", *_MOVED):
        op.drop_table(f"dashboard_{table}")
    _copy_checkpoints("account_balances", "chart")
    _copy_checkpoints("dashboard", "open_items")


def _remove_what_is_not_kept() -> None:
    op.execute("DELETE FROM checkpoints WHERE NOT live AND projection IN ('account_balances', 'dashboard')")
    op.execute(
        "DELETE FROM checkpoints WHERE projection = 'dashboard' AND NOT EXISTS (SELECT 1 FROM checkpoints AS chart "
        "WHERE chart.projection = 'account_balances' AND chart.ledger = checkpoints.ledger "
        "AND chart.generation = checkpoints.generation AND chart.applied >= checkpoints.applied)"
    )
    for table in ("dashboard_totals", "dashboard_days", "dashboard_months"):
        op.execute(f"DELETE FROM {table} WHERE NOT {_is_kept(table)}")  # noqa: S608  (names from this file)


def _is_kept(table: str) -> str:
    return (
        "EXISTS (SELECT 1 FROM checkpoints WHERE checkpoints.projection = 'dashboard' "  # noqa: S608  (names from this file)
        f"AND checkpoints.ledger = {table}.ledger AND checkpoints.generation = {table}.generation)"
    )


def _copy(new: str, columns: str, old: str, condition: str) -> None:
    op.execute(
        f"INSERT INTO {new} (ledger, generation, {columns}) SELECT ledger, generation, {columns} FROM {old} "  # noqa: S608  (names from this file)
        f"WHERE {condition} AND {_is_kept(old)}"
    )


def _copy_checkpoints(old: str, new: str) -> None:
    op.execute(
        f"INSERT INTO checkpoints (ledger, projection, generation, {_COPIED}) "  # noqa: S608  (names from this file)
        f"SELECT ledger, '{new}', generation, {_COPIED} FROM checkpoints WHERE projection = '{old}'"
    )


def _create_tables() -> None:
    op.create_table(
        "open_items_roles",
        sa.Column("ledger", Serial, autoincrement=False, nullable=False),
        sa.Column("generation", Serial, autoincrement=False, nullable=False),
        sa.Column("account", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column(
            "role", sa.Text(), nullable=False, comment="tax or receivable, at the size that this read model reflects"
        ),
        sa.PrimaryKeyConstraint("ledger", "generation", "account", name=op.f("open_items_roles_primary")),
    )
    op.create_table(
        "open_items_bills",
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
            "ledger",
            "generation",
            "account",
            "currency",
            "party",
            "due",
            "basis",
            name=op.f("open_items_bills_primary"),
        ),
    )
    op.create_index(
        "open_items_bills_open_index",
        "open_items_bills",
        ["ledger", "generation", "account", "currency", "party", "due", "basis"],
        unique=False,
        sqlite_where=sa.text("open IS NOT NULL"),
        postgresql_where=sa.text("open IS NOT NULL"),
    )
    op.create_table(
        "open_items_dues",
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
            name=op.f("open_items_dues_primary"),
        ),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "open_items_parties",
        sa.Column("ledger", Serial, autoincrement=False, nullable=False),
        sa.Column("generation", Serial, autoincrement=False, nullable=False),
        sa.Column("account", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("currency", Key, nullable=False),
        sa.Column("party", Key, nullable=False),
        sa.Column("units", Units, nullable=False, comment="owed, whatever the dates"),
        sa.Column("billed", sa.Boolean(), nullable=False, comment="some line ever stated a due date"),
        sa.Column("open", sa.SmallInteger(), nullable=True, comment="1 where billed and units > 0, else NULL"),
        sa.PrimaryKeyConstraint(
            "ledger", "generation", "account", "currency", "party", name=op.f("open_items_parties_primary")
        ),
    )
    op.create_index(
        "open_items_parties_open_index",
        "open_items_parties",
        ["ledger", "generation", "account", "currency", "party"],
        unique=False,
        sqlite_where=sa.text("open IS NOT NULL"),
        postgresql_where=sa.text("open IS NOT NULL"),
    )
    op.create_table(
        "open_items_sources",
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
        sa.PrimaryKeyConstraint("ledger", "generation", "id", name=op.f("open_items_sources_primary")),
    )
