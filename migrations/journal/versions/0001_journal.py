"""The journal, its guards, and sign-in."""

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
        "account_names",
        sa.Column("ledger", Serial, autoincrement=False, nullable=False),
        sa.Column("name", Key, nullable=False, comment="a path, present or past, or #NUMBER"),
        sa.Column("account", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("ledger", "name", name=op.f("account_names_primary")),
    )
    op.create_table(
        "account_totals",
        sa.Column("ledger", Serial, autoincrement=False, nullable=False),
        sa.Column("account", sa.BigInteger(), nullable=False),
        sa.Column("currency", Key, nullable=False),
        sa.Column("debits", Units, nullable=False),
        sa.Column("credits", Units, nullable=False),
        sa.PrimaryKeyConstraint("ledger", "account", "currency", name=op.f("account_totals_primary")),
    )
    op.create_table(
        "accounts",
        sa.Column("ledger", Serial, autoincrement=False, nullable=False),
        sa.Column("account", sa.BigInteger(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("normal", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("number", Key, nullable=True),
        sa.Column("role", sa.Text(), nullable=True),
        sa.Column("currencies", sa.Text(), nullable=False, comment="JSON list; empty: all"),
        sa.Column(
            "changed", sa.BigInteger(), nullable=False, comment="position of the last record that changed the account"
        ),
        sa.PrimaryKeyConstraint("ledger", "account", name=op.f("accounts_primary")),
    )
    op.create_table(
        "counters",
        sa.Column("ledger", Serial, autoincrement=False, nullable=False),
        sa.Column("series", Key, nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("last", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("ledger", "series", "year", name=op.f("counters_primary")),
    )
    op.create_table(
        "currencies",
        sa.Column("ledger", Serial, autoincrement=False, nullable=False),
        sa.Column("currency", Key, nullable=False),
        sa.Column("scale", sa.SmallInteger(), nullable=False),
        sa.CheckConstraint("scale BETWEEN 0 AND 30", name=op.f("currencies_scale_check")),
        sa.PrimaryKeyConstraint("ledger", "currency", name=op.f("currencies_primary")),
    )
    op.create_table(
        "journal",
        sa.Column("ledger", Serial, autoincrement=False, nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("id", UuidText, nullable=False),
        sa.Column("recorded_at", sa.BigInteger(), nullable=False, comment="microseconds since 1970"),
        sa.Column("record", sa.LargeBinary(), nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint("position >= 0", name=op.f("journal_position_check")),
        sa.PrimaryKeyConstraint("ledger", "position", name=op.f("journal_primary")),
        sa.UniqueConstraint("ledger", "id", name=op.f("journal_ledger_id_unique")),
    )
    op.create_index(op.f("journal_ledger_recorded_at_index"), "journal", ["ledger", "recorded_at"], unique=False)
    op.create_table(
        "keys",
        sa.Column("ledger", Serial, autoincrement=False, nullable=False),
        sa.Column("key", Key, nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("first", sa.BigInteger(), nullable=False),
        sa.Column("records", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("ledger", "key", name=op.f("keys_primary")),
    )
    op.create_table(
        "ledgers",
        sa.Column("serial", Serial, autoincrement=True, nullable=False),
        sa.Column("uuid", UuidText, nullable=False),
        sa.Column("id", Key, nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("frontier", sa.LargeBinary(), nullable=False),
        sa.Column("root", sa.LargeBinary(), nullable=False),
        sa.Column(
            "recorded_at", sa.BigInteger(), nullable=False, comment="microseconds since 1970, of the last record"
        ),
        sa.Column("owner", Key, nullable=False),
        sa.Column("currency", Key, nullable=False),
        sa.Column("time_zone", sa.Text(), nullable=False),
        sa.Column("fiscal_year_start", sa.Text(), nullable=False),
        sa.Column("retention_years", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=True),
        sa.Column("in_use", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column(
            "changed", sa.BigInteger(), nullable=False, comment="position of the last record that changed the settings"
        ),
        sa.PrimaryKeyConstraint("serial", name=op.f("ledgers_primary")),
        sa.UniqueConstraint("id", name=op.f("ledgers_id_unique")),
        sa.UniqueConstraint("uuid", name=op.f("ledgers_uuid_unique")),
    )
    op.create_index(op.f("ledgers_owner_index"), "ledgers", ["owner"], unique=False)
    op.create_table(
        "memos",
        sa.Column("ledger", Serial, autoincrement=False, nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("memo", sa.LargeBinary(), nullable=True, comment="NULL: erased"),
        sa.PrimaryKeyConstraint("ledger", "position", name=op.f("memos_primary")),
    )
    op.create_table(
        "reversals",
        sa.Column("ledger", Serial, autoincrement=False, nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False, comment="the transaction that was reversed"),
        sa.Column("reversed_by", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("ledger", "position", name=op.f("reversals_primary")),
    )
    op.create_table(
        "opening_keys",
        sa.Column("user_id", Key, nullable=False),
        sa.Column("key", Key, nullable=False, comment="the Idempotency-Key of a POST /ledgers"),
        sa.Column("uuid", UuidText, nullable=False, comment="of the ledger that it opens"),
        sa.PrimaryKeyConstraint("user_id", "key", name=op.f("opening_keys_primary")),
    )
    op.create_table(
        "user",
        sa.Column("id", Key, nullable=False),
        sa.Column("age", sa.Integer(), nullable=True),
        sa.Column("username", Key, nullable=False),
        sa.Column("password_hash", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("user_primary")),
        sa.UniqueConstraint("username", name=op.f("user_username_unique")),
    )
    op.create_table(
        "session",
        sa.Column("id", Key, nullable=False, comment="lower-case hex SHA-256 of the token"),
        sa.Column("user_id", Key, nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False, comment="Unix seconds"),
        sa.ForeignKeyConstraint(["user_id"], ["user.id"], name=op.f("session_user_id_foreign")),
        sa.PrimaryKeyConstraint("id", name=op.f("session_primary")),
    )
    op.create_index(op.f("session_user_id_index"), "session", ["user_id"], unique=False)
