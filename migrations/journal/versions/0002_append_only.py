"""The database itself refuses to change or remove what is in the log (promise 3)."""

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

KEYS = {"journal": "position", "memos": "position", "keys": "key"}
"""The append-only tables, and what follows the ledger in their primary keys."""


def upgrade() -> None:
    """Forward; there is no way back."""
    if op.get_bind().dialect.name == "postgresql":
        _postgresql()
    else:
        _sqlite()


def _postgresql() -> None:
    op.execute(
        """
        CREATE FUNCTION llmedger_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            RAISE EXCEPTION '% is append-only: % is refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'LL001';
        END $$
        """
    )
    for table in KEYS:
        events = "DELETE OR TRUNCATE" if table == "memos" else "UPDATE OR DELETE OR TRUNCATE"
        _always(table, f"{table}_append_only", f"BEFORE {events} ON {table} FOR EACH STATEMENT", "llmedger_refuse")
    op.execute(
        """
        CREATE FUNCTION llmedger_erase_only() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF NEW.memo IS NOT NULL OR OLD.ledger <> NEW.ledger OR OLD.position <> NEW.position THEN
                RAISE EXCEPTION 'a memo can be erased, never rewritten' USING ERRCODE = 'LL001';
            END IF;
            RETURN NEW;
        END $$
        """
    )
    _always("memos", "memos_erase_only", "BEFORE UPDATE ON memos FOR EACH ROW", "llmedger_erase_only")
    op.execute(
        """
        CREATE FUNCTION llmedger_head_grows() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF NEW.size < OLD.size OR NEW.uuid <> OLD.uuid OR NEW.id <> OLD.id OR NEW.serial <> OLD.serial THEN
                RAISE EXCEPTION 'a head only grows' USING ERRCODE = 'LL001';
            END IF;
            RETURN NEW;
        END $$
        """
    )
    _always("ledgers", "ledgers_head_grows", "BEFORE UPDATE ON ledgers FOR EACH ROW", "llmedger_head_grows")
    _always("ledgers", "ledgers_stay", "BEFORE DELETE OR TRUNCATE ON ledgers FOR EACH STATEMENT", "llmedger_refuse")


def _always(table: str, name: str, when: str, function: str) -> None:
    op.execute(f"CREATE TRIGGER {name} {when} EXECUTE FUNCTION {function}()")
    # Replication roles skip ordinary triggers; nobody skips these short of changing the table.
    op.execute(f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {name}")


def _sqlite() -> None:
    for table, key in KEYS.items():
        for event in ("UPDATE", "DELETE"):
            erasing = "WHEN NEW.memo IS NOT NULL OR OLD.ledger <> NEW.ledger OR OLD.position <> NEW.position"
            condition = erasing if (table, event) == ("memos", "UPDATE") else ""
            _refuse(f"{table}_no_{event.lower()}", f"BEFORE {event} ON {table} {condition}", f"{table} is append-only")
        # REPLACE removes the old row without firing a DELETE trigger, by any unique key, the rowid too.
        taken = f"ledger = NEW.ledger AND {key} = NEW.{key} OR rowid = NEW.rowid"
        if table == "journal":
            taken += " OR ledger = NEW.ledger AND id = NEW.id"
        when = f"BEFORE INSERT ON {table} WHEN EXISTS (SELECT 1 FROM {table} WHERE {taken})"  # noqa: S608  (names from this file)
        _refuse(f"{table}_no_replace", when, f"{table} is append-only: this row exists")
    grown = "NEW.size < OLD.size OR NEW.uuid <> OLD.uuid OR NEW.id <> OLD.id OR NEW.serial <> OLD.serial"
    _refuse("ledgers_head_grows", f"BEFORE UPDATE ON ledgers WHEN {grown}", "a head only grows")
    _refuse("ledgers_stay", "BEFORE DELETE ON ledgers", "a ledger is never removed")
    taken = "serial = NEW.serial OR uuid = NEW.uuid OR id = NEW.id"
    when = f"BEFORE INSERT ON ledgers WHEN EXISTS (SELECT 1 FROM ledgers WHERE {taken})"  # noqa: S608  (names from this file)
    _refuse("ledgers_no_replace", when, "a ledger is never replaced")


def _refuse(name: str, when: str, message: str) -> None:
    op.execute(f"CREATE TRIGGER {name} {when} BEGIN SELECT RAISE(ABORT, '{message}'); END")
