"""Making a backup: every table of the journal's database, as one transaction sees it, while others go on writing.

Promises: every ledger is audited in the transaction that the file is made of, and a log that is not whole is refused,
because nothing could be restored from its file. Cost: the audit, one pass over every table, a page of rows in memory. A
long transaction keeps SQLite's write-ahead log from being emptied, and PostgreSQL from removing old row versions.
"""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from importlib.metadata import version
from typing import Any, BinaryIO

from sqlalchemy import func, select

from api.backup.files import BackupRefused, BackupWriter, Header, SavedColumn, SavedLedger, SavedTable
from api.backup.snapshot import (
    DATABASE_ERRORS,
    Told,
    Transaction,
    audit_all,
    list_saved_tables,
    read_heads,
    read_message,
)
from api.backup.values import Convert, find_kind, make_encoder
from ledger.store.engine import Database
from ledger.store.rows import Row
from migrations import NotMigrated, known_schema, lift_time_outs, schema_in, version_table

_UNREADABLE = """
SELECT name, current_user FROM unnest($1::text[]) AS name
WHERE to_regclass(quote_ident(name)) IS NOT NULL AND NOT has_table_privilege(to_regclass(quote_ident(name)), 'SELECT')
"""


@dataclass(slots=True)
class BackupReport:
    """What a backup holds, or what was restored from one."""

    made_at: str
    revision: str
    ledgers: list[SavedLedger]
    tables: Mapping[str, int]
    """How many rows each has."""
    faults: list[str] = field(default_factory=list)
    """What the audit found besides the logs."""

    @classmethod
    def of(cls, header: Header) -> "BackupReport":
        """Return the report of a backup with this header."""
        rows = {table.name: table.rows for table in header.tables}
        return cls(header.made_at, header.revision, header.ledgers, rows)

    def to_json(self) -> dict[str, Any]:
        """Return the report for programs."""
        return {**asdict(self), "ledgers": [ledger.model_dump() for ledger in self.ledgers]}


async def save_backup(journal: Database, raw: BinaryIO, told: Told) -> BackupReport:
    """Write a backup of this database to an open file. Raises BackupRefused, NotMigrated and
    DatabaseNewer."""
    try:
        await _require_readable(journal)
        async with journal.snapshot() as connection:
            snapshot = Transaction(connection)
            if not journal.is_sqlite:
                await snapshot.driver.execute("SET TRANSACTION READ ONLY")
                await lift_time_outs(connection)
            header = await _header(snapshot)
            report = BackupReport.of(header)
            report.faults = await audit_all(snapshot, header.ledgers, told)
            await _write(snapshot, header, BackupWriter(raw), told)
    except DATABASE_ERRORS as error:
        raise BackupRefused(f"the database cannot be read: {read_message(error)}") from None
    return report


async def _require_readable(journal: Database) -> None:
    """Raise BackupRefused where a role of PostgreSQL may not read every table."""
    if journal.is_sqlite:
        return
    names = [*(table.name for table in list_saved_tables()), version_table("journal")]
    async with journal.read.connect() as connection:
        unreadable = await Transaction(connection).driver.fetch(_UNREADABLE, names)
    if unreadable:
        missing = ", ".join(f'"{name}"' for name, _ in unreadable)
        role = unreadable[0][1]
        raise BackupRefused(
            f"the role {role} may not read every table, and a backup has them all: GRANT SELECT ON {missing} TO {role}"
        )


async def _header(snapshot: Transaction) -> Header:
    revision = await schema_in(snapshot.connection, "journal")
    if revision != known_schema("journal"):
        raise NotMigrated
    tables = [
        SavedTable(
            name=table.name,
            columns=[SavedColumn(name=column.name, kind=find_kind(column.type)) for column in table.columns],
            rows=(await snapshot.fetch_all(snapshot.compile(select(func.count()).select_from(table))))[0][0],
        )
        for table in list_saved_tables()
    ]
    return Header(
        program=version("double-llmedger"),
        revision=revision,
        made_at=dt.datetime.now(dt.UTC).isoformat(timespec="seconds").replace("+00:00", "Z"),
        ledgers=await read_heads(snapshot),
        tables=tables,
    )


async def _write(snapshot: Transaction, header: Header, writer: BackupWriter, told: Told) -> None:
    writer.write_header(header)
    done = 0
    for saved, table in zip(header.tables, list_saved_tables(), strict=True):
        writer.begin_table(saved)
        converts = [make_encoder(column.kind, snapshot.dialect) for column in saved.columns]
        async for page in snapshot.read_pages(snapshot.compile(select(table).order_by(*table.primary_key))):
            for row in page:
                writer.write_row(_converted(saved, converts, row))
            done += len(page)
            told("Writing", done, header.rows)
    writer.end()


def _converted(saved: SavedTable, converts: Sequence[Convert], row: Row) -> list[Any]:
    """Return a row as JSON has it. Raises BackupRefused where a column holds what it cannot hold."""
    made: list[Any] = []
    try:
        for convert, value in zip(converts, row, strict=True):
            made.append(None if value is None else convert(value))
    except ValueError as error:
        what = f"table {saved.name}, column {saved.columns[len(made)].name}: {error}"
        raise BackupRefused(f"a row has an impossible value: {what}") from None
    return made
