"""Putting a backup back into an empty database.

Promises: everything happens in one database transaction, so that a restore that fails or is killed leaves nothing; what
was loaded is audited as it lies in the database, before that transaction ends; the tables are made as they were when
the backup was made, and migrated from there, so that a newer program restores an older backup. Cost: one pass over the
file, the audit, and a page of rows in memory.
"""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, BinaryIO

from sqlalchemy import Connection, inspect

from api.backup.files import BackupReader, BackupRefused, Header, SavedLedger, SavedTable
from api.backup.saving import BackupReport
from api.backup.snapshot import (
    DATABASE_ERRORS,
    Told,
    Transaction,
    audit_all,
    is_forbidden,
    list_saved_tables,
    read_heads,
    read_message,
)
from api.backup.values import ValueKind, find_kind, make_decoder
from api.proofs.signing import read_beside
from ledger.notes import LogCheckpoint, Note
from ledger.store.engine import AS_LONG_AS_NEEDED, Database
from migrations import BRANCHES, migrating, schema_in, schemas, upgrade, version_table
from projections import registry
from projections.projection import metadata as projected_metadata

PAGE_ROWS = 1_000
PAGE_BYTES = 8 * 2**20
"""Rows are loaded together until they are so many or so long."""


class BooksDiffer(BackupRefused):
    """The logs in a backup are whole, and what is kept beside them is not what they say."""

    def __init__(self, faults: Sequence[str]) -> None:
        self.faults = faults
        super().__init__("the logs in the backup are whole, but what is kept beside them differs from them")


async def restore_backup(owner: Database, raw: BinaryIO, told: Told, *, accept: bool = False) -> BackupReport:
    """Load a backup from an open file. `owner`: the empty database, on PostgreSQL as a role that may make tables there.
    `accept`: even where the books beside the logs differ from them. Raises BackupRefused, BooksDiffer and
    DatabaseNewer."""
    reader = BackupReader(raw)
    header, known = reader.header, schemas("journal")
    if header.revision not in known:
        raise BackupRefused(
            f"the backup was made by version {header.program} of the program, which this version is too old for: "
            "install that version or a newer one"
        )
    report = BackupReport.of(header)
    try:
        async with migrating(owner) as connection:
            transaction = Transaction(connection)
            if not owner.is_sqlite:
                await transaction.driver.execute(AS_LONG_AS_NEEDED)
            await _make_tables(transaction, header, known)
            await _Loading(transaction, reader, told).load()
            await upgrade(connection, "journal")
            if await read_heads(transaction) != header.ledgers:
                raise BackupRefused("the ledgers in the backup are not those that its header names")
            report.faults = await audit_all(transaction, header.ledgers, told)
            if report.faults and not accept:
                raise BooksDiffer(report.faults)
    except DATABASE_ERRORS as error:
        advice = (
            ": restore as a role that may make tables, LEDGER_MIGRATION_DATABASE_URL" if is_forbidden(error) else ""
        )
        raise BackupRefused(f"the database cannot take the backup: {read_message(error)}{advice}") from None
    return report


# --- tables ----------------------------------------------------------------------------------------------------------


async def _make_tables(transaction: Transaction, header: Header, known: Sequence[str]) -> None:
    """Make the tables as they were when the backup was made. Raises BackupRefused where that cannot be."""
    connection = transaction.connection
    found = await schema_in(connection, "journal")
    await _require_empty(transaction, header)
    if found is not None and known.index(found) > known.index(header.revision):
        raise BackupRefused(
            f"the backup was made by version {header.program} of the program, and this database is set up for a newer "
            "one: restore into a new database, without `llmedger migrate` before. It is brought up to date then"
        )
    await upgrade(connection, "journal", header.revision)
    _require_same(header.tables, await connection.run_sync(_columns))


async def _require_empty(transaction: Transaction, header: Header) -> None:
    """Raise BackupRefused where a table has a row. From here on nobody else can write to them."""
    ours = {table.name for table in list_saved_tables()} | {table.name for table in header.tables}
    there = [name for name in await transaction.connection.run_sync(_columns) if name in ours]
    if transaction.dialect == "postgresql" and there:
        names = ", ".join(map(_quoted, there))
        await transaction.driver.execute(f"LOCK TABLE {names} IN SHARE ROW EXCLUSIVE MODE")
    full = [name for name in there if await transaction.fetch_all(f"SELECT 1 FROM {_quoted(name)} LIMIT 1")]  # noqa: S608
    if full:
        raise BackupRefused(f"the database is not empty: it has rows in {', '.join(full)}. Restore into a new one")


def _columns(connection: Connection) -> dict[str, set[str]]:
    """Return the columns of every table that may be one of the journal's."""
    registry.make_projections()  # brings the tables of all read models
    others = {version_table(branch) for branch in BRANCHES} | set(projected_metadata.tables)
    inspector = inspect(connection)
    names = sorted(set(inspector.get_table_names()) - others)
    return {name: {column["name"] for column in inspector.get_columns(name)} for name in names}


def _require_same(saved: Sequence[SavedTable], there: Mapping[str, set[str]]) -> None:
    """Raise BackupRefused where tables, columns or their kinds are not those of the database."""
    known = {table.name: table for table in list_saved_tables()}
    names = [table.name for table in saved]
    if missing := sorted(known.keys() & there.keys() - set(names)):
        raise BackupRefused(f"the table {missing[0]} is missing in the backup")
    for table in saved:
        columns = [column.name for column in table.columns]
        if table.name not in there or names.count(table.name) > 1:
            raise BackupRefused(f"the backup has an unknown table: {table.name}")
        if set(columns) != there[table.name] or len(set(columns)) != len(columns):
            raise BackupRefused(f"the table {table.name} in the backup has wrong columns")
        for column in table.columns:
            if table.name in known and column.name in known[table.name].c:
                kind = find_kind(known[table.name].c[column.name].type)
                if column.kind is not kind:
                    raise BackupRefused(f"the column {column.name} of {table.name} holds {kind}, not {column.kind}")


def _quoted(name: str) -> str:
    """Return a table's or column's name in SQL. The names in a header have no other characters than ours have."""
    return f'"{name}"'


# --- rows ------------------------------------------------------------------------------------------------------------


class _Loading:
    """Puts the rows of a file into the tables."""

    def __init__(self, transaction: Transaction, reader: BackupReader, told: Told) -> None:
        self._transaction = transaction
        self._is_sqlite = transaction.dialect == "sqlite"
        self._reader = reader
        self._told = told

    async def load(self) -> None:
        """Load all of them. Raises BackupRefused."""
        header, done = self._reader.header, 0
        for table in header.tables:
            for page in self._pages(table):
                await self._insert(table, page)
                done += len(page)
                self._told("Loading", done, header.rows)
        self._reader.end()
        if not self._is_sqlite:
            await self._continue_sequences(header.tables)
            await self._transaction.driver.execute(f"ANALYZE {', '.join(_quoted(each.name) for each in header.tables)}")

    def _pages(self, table: SavedTable) -> Iterator[list[list[Any]]]:
        converts = [make_decoder(column.kind, self._transaction.dialect) for column in table.columns]
        page: list[list[Any]] = []
        begun = self._reader.bytes_read
        for row in self._reader.read_rows(table):
            page.append(self._convert(table, converts, row))
            if len(page) == PAGE_ROWS or self._reader.bytes_read - begun > PAGE_BYTES:
                yield page
                page, begun = [], self._reader.bytes_read
        if page:
            yield page

    def _convert(self, table: SavedTable, converts: Sequence[Any], row: list[Any]) -> list[Any]:
        if len(row) != len(converts):
            raise self._reader.make_refusal(f"table {table.name}: {len(row)} values in {len(converts)} columns")
        made: list[Any] = []
        try:
            for convert, value in zip(converts, row, strict=True):
                made.append(None if value is None else convert(value))
        except ValueError as error:
            column = table.columns[len(made)].name
            raise self._reader.make_refusal(f"table {table.name}, column {column}: {error}") from None
        return made

    async def _insert(self, table: SavedTable, page: list[list[Any]]) -> None:
        names, driver = [column.name for column in table.columns], self._transaction.driver
        try:
            if self._is_sqlite:
                columns, places = ", ".join(map(_quoted, names)), ", ".join("?" for _ in names)
                sql = f"INSERT INTO {_quoted(table.name)} ({columns}) VALUES ({places})"  # noqa: S608
                await driver.executemany(sql, page)
            else:
                await driver.copy_records_to_table(table.name, records=page, columns=names)
        except (*DATABASE_ERRORS, OverflowError) as error:
            if self._transaction.is_lost:
                raise
            what = f"table {table.name}: the database does not take this row or one shortly before it"
            raise self._reader.make_refusal(f"{what}: {read_message(error)}") from None

    async def _continue_sequences(self, tables: Sequence[SavedTable]) -> None:
        """Let the numbers that PostgreSQL gives go on after the largest that was loaded."""
        for table in tables:
            for column in table.columns:
                if column.kind is ValueKind.INTEGER:
                    await self._continue_sequence(_quoted(table.name), column.name)

    async def _continue_sequence(self, table: str, column: str) -> None:
        driver = self._transaction.driver
        sequence = await driver.fetchval("SELECT pg_get_serial_sequence($1, $2)", table, column)
        if sequence is not None:
            query = f"SELECT setval($1::text::regclass, max({_quoted(column)})) FROM {table}"  # noqa: S608
            await driver.fetchval(query, sequence)


# --- signers ---------------------------------------------------------------------------------------------------------


def find_signed_otherwise(key: Path, ledgers: Sequence[SavedLedger]) -> list[tuple[SavedLedger, LogCheckpoint]]:
    """Return the ledgers for which this key has signed more than was restored, or another tree of the same size, each
    with the checkpoint that it signed last. Raises NoteInvalid where that cannot be read."""
    found = []
    for ledger in ledgers:
        note = read_beside(key, ledger.uuid)
        if note is None:
            continue
        signed = LogCheckpoint.parse(Note.parse(note).text)
        same = signed.size < ledger.size or (signed.size == ledger.size and signed.root.hex() == ledger.root)
        if not same:
            found.append((ledger, signed))
    return found
