"""Signed checkpoints and what others signed below them: append-only like the log, for nothing can derive them again."""

import sqlalchemy as sa
from alembic import op

from ledger.store.engine import Key, Serial

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

KEYS = {"signed_checkpoints": ("ledger", "size"), "cosignatures": ("ledger", "size", "line")}
"""The append-only tables and their primary keys."""


def upgrade() -> None:
    """Forward; there is no way back."""
    op.create_table(
        "signed_checkpoints",
        sa.Column("ledger", Serial, autoincrement=False, nullable=False),
        sa.Column("size", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("vkey", sa.Text(), nullable=False, comment="of the key that signed it"),
        sa.Column("signed_at", sa.BigInteger(), nullable=False, comment="microseconds since 1970"),
        sa.PrimaryKeyConstraint("ledger", "size", name=op.f("signed_checkpoints_primary")),
    )
    op.create_table(
        "cosignatures",
        sa.Column("ledger", Serial, autoincrement=False, nullable=False),
        sa.Column("size", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("line", Key, nullable=False),
        sa.Column("added_at", sa.BigInteger(), nullable=False, comment="microseconds since 1970"),
        sa.PrimaryKeyConstraint("ledger", "size", "line", name=op.f("cosignatures_primary")),
    )
    op.create_table(
        "signing",
        sa.Column("ledger", Serial, autoincrement=False, nullable=False),
        sa.Column("refused", sa.Text(), nullable=True, comment="why the head cannot be signed; NULL: it can"),
        sa.PrimaryKeyConstraint("ledger", name=op.f("signing_primary")),
    )
    for table, key in KEYS.items():
        if op.get_bind().dialect.name == "postgresql":
            _postgresql(table)
        else:
            _sqlite(table, key)


def _postgresql(table: str) -> None:
    op.execute(
        f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
        "FOR EACH STATEMENT EXECUTE FUNCTION llmedger_refuse()"
    )
    # Replication roles skip ordinary triggers; nobody skips these short of changing the table.
    op.execute(f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {table}_append_only")


def _sqlite(table: str, key: tuple[str, ...]) -> None:
    for event in ("UPDATE", "DELETE"):
        _refuse(f"{table}_no_{event.lower()}", f"BEFORE {event} ON {table}", f"{table} is append-only")
    # REPLACE removes the old row without firing a DELETE trigger, by any unique key, the rowid too.
    taken = " AND ".join(f"{column} = NEW.{column}" for column in key) + " OR rowid = NEW.rowid"
    when = f"BEFORE INSERT ON {table} WHEN EXISTS (SELECT 1 FROM {table} WHERE {taken})"  # noqa: S608  (names from this file)
    _refuse(f"{table}_no_replace", when, f"{table} is append-only: this row exists")


def _refuse(name: str, when: str, message: str) -> None:
    op.execute(f"CREATE TRIGGER {name} {when} BEGIN SELECT RAISE(ABORT, '{message}'); END")
