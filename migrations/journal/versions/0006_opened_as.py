"""Of a ledger that was imported under another id, the id that it was opened with: an auditor compares it with the log.

Ledgers that are there already say it in the memo of their first record.
"""

import json

import sqlalchemy as sa
from alembic import op

from ledger.store.engine import Key

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_OPENED = sa.text(
    "SELECT l.serial, l.id, m.memo FROM ledgers l JOIN memos m ON m.ledger = l.serial AND m.position = 0 "
    "WHERE m.memo IS NOT NULL"
)
_SET = sa.text("UPDATE ledgers SET opened_as = :opened_as WHERE serial = :serial")
_CHANGED = "NEW.size < OLD.size OR NEW.uuid <> OLD.uuid OR NEW.id <> OLD.id OR NEW.serial <> OLD.serial"


def upgrade() -> None:
    """Forward; there is no way back."""
    comment = "the id that it was opened with, where it was imported under another"
    op.add_column("ledgers", sa.Column("opened_as", Key, nullable=True, comment=comment))
    for serial, id_, memo in op.get_bind().execute(_OPENED).all():
        opened_as = json.loads(memo).get("id")
        if isinstance(opened_as, str) and opened_as != id_:
            op.get_bind().execute(_SET, {"serial": serial, "opened_as": opened_as})
    if op.get_bind().dialect.name == "postgresql":
        _postgresql()
    else:
        _sqlite()


def _postgresql() -> None:
    op.execute(
        f"""
        CREATE OR REPLACE FUNCTION llmedger_head_grows() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF {_CHANGED} OR NEW.opened_as IS DISTINCT FROM OLD.opened_as THEN
                RAISE EXCEPTION 'a head only grows' USING ERRCODE = 'LL001';
            END IF;
            RETURN NEW;
        END $$
        """
    )


def _sqlite() -> None:
    op.execute("DROP TRIGGER ledgers_head_grows")
    op.execute(
        f"CREATE TRIGGER ledgers_head_grows BEFORE UPDATE ON ledgers WHEN {_CHANGED} "
        "OR NEW.opened_as IS NOT OLD.opened_as BEGIN SELECT RAISE(ABORT, 'a head only grows'); END"
    )
