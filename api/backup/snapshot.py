"""Reading inside one database transaction: rows by pages on the driver itself, and audits of what is read there.

The auditor (`api.audit`) reads from a thread, by its own queries. Here it is given the connection of an open
transaction, so that it sees what nobody else sees yet, or the same moment that a backup is made of.
"""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import suppress
from typing import Any
from uuid import uuid4

import asyncpg
from pydantic import ValidationError
from sqlalchemy import Table, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection

from api.audit.auditing import verify
from api.audit.databases import DatabaseSource
from api.audit.report import Name, Report
from api.audit.sources import Damaged, Unreadable, Unusable
from api.auth import tables as auth_tables
from api.backup.files import BackupRefused, SavedLedger
from api.backup.values import ValueKind, find_kind
from ledger.errors import DatabaseUnavailable, TimedOut
from ledger.store import tables as journal_tables
from ledger.store.connections import get_driver
from ledger.store.faults import FORBIDDEN
from ledger.store.rows import Row

PAGE_ROWS = 1_000
DATABASE_ERRORS = (
    *(DatabaseUnavailable, TimedOut),
    *(SQLAlchemyError, sqlite3.Error, asyncpg.PostgresError, asyncpg.InterfaceError),
)
"""What the database says: inside a transaction itself, outside of it in the store's words."""
LOG_CHECKS = (Name.BODIES, Name.LOG, Name.ROOT)
"""The checks of the log itself. What the others find can be put right afterwards."""

Told = Callable[[str, int, int], None]
"""Told what is being done, how much of it is done, and of how much."""


def read_message(error: Exception) -> str:
    """Return what the database says, without the values that it may add in further lines."""
    cause = error.__cause__ if isinstance(error, DatabaseUnavailable | TimedOut) else None
    told = [str(getattr(each, "orig", None) or each).partition("\n")[0] for each in (cause, error) if each is not None]
    return next(filter(None, told), type(error).__name__)


def is_forbidden(error: Exception) -> bool:
    """Return whether a role of PostgreSQL has not the right to do what was tried."""
    return isinstance(error, DatabaseUnavailable) and error.reason == FORBIDDEN


def list_saved_tables() -> list[Table]:
    """Return all tables of the journal's database, each after the tables that it refers to."""
    return [*journal_tables.metadata.sorted_tables, *auth_tables.metadata.sorted_tables]


class Transaction:
    """An open database transaction, on whose connection nobody else does anything meanwhile."""

    def __init__(self, connection: AsyncConnection) -> None:
        self.connection = connection
        self.dialect = connection.dialect.name
        self.driver: Any = get_driver(connection)
        self._prepared: dict[str, Any] = {}

    @property
    def is_lost(self) -> bool:
        """Whether the connection to a PostgreSQL server is gone."""
        return self.dialect == "postgresql" and bool(self.driver.is_closed())

    async def read_pages(self, sql: str, *values: Any) -> AsyncIterator[Sequence[Row]]:
        """Yield the rows of a SELECT, PAGE_ROWS at a time, as the driver gives them. Parameters are `$1`, `$2`, …"""
        if self.dialect == "sqlite":
            async with self.driver.execute(sql.replace("$", "?"), values) as cursor:
                while page := await cursor.fetchmany(PAGE_ROWS):
                    yield page
            return
        rows: list[Row] = []
        async for row in (await self._prepare(sql)).cursor(*values, prefetch=PAGE_ROWS):
            rows.append(row)
            if len(rows) == PAGE_ROWS:
                yield rows
                rows = []
        if rows:
            yield rows

    async def _prepare(self, sql: str) -> Any:
        """Prepare a statement, once, under a name that no other client of a pooler has."""
        if sql not in self._prepared:
            self._prepared[sql] = await self.driver.prepare(sql, name=f"llmedger_{uuid4().hex}")
        return self._prepared[sql]

    def compile(self, query: Any) -> str:
        """Return the text of a query without parameters."""
        options = {"literal_binds": True}
        return str(query.compile(dialect=self.connection.dialect, compile_kwargs=options))

    async def fetch_all(self, sql: str, *values: Any) -> list[Row]:
        """Return all rows of a SELECT."""
        return [row async for page in self.read_pages(sql, *values) for row in page]


async def read_heads(transaction: Transaction) -> list[SavedLedger]:
    """Return all ledgers with their sizes and roots. Raises BackupRefused where a row cannot be a ledger's."""
    rows = await transaction.fetch_all("SELECT id, uuid, size, root FROM ledgers ORDER BY serial")
    try:
        return [SavedLedger(id=id_, uuid=str(uuid), size=size, root=root.hex()) for id_, uuid, size, root in rows]
    except (ValidationError, AttributeError):  # SQLite's columns take values of every type
        raise BackupRefused("a row of the table ledgers has values that no ledger can have") from None


async def audit_all(transaction: Transaction, ledgers: Sequence[SavedLedger], told: Told) -> list[str]:
    """Audit these ledgers as the transaction sees them, and return what is wrong besides their logs. Raises
    BackupRefused where a log is not whole."""
    faults: list[str] = []
    done, total = 0, sum(ledger.size for ledger in ledgers)
    for ledger in ledgers:
        try:
            report = await _audit(transaction, ledger.uuid, lambda now, _: told("Checking", done + now, total))  # noqa: B023
        except (Unusable, Damaged) as error:
            raise BackupRefused(f"ledger {ledger.id} cannot be read: {error}") from None
        if transaction.is_lost:
            raise BackupRefused("the connection to the database was lost")
        for check in report.checks.values():
            if check.faults and check.name in LOG_CHECKS:
                raise BackupRefused(f"the log of ledger {ledger.id} is not complete: {check.faults[0]}")
            faults += [f"{ledger.id}: {check.name}: {fault}" for fault in check.faults]
            faults += [f"{ledger.id}: {check.name}: and {check.more} more"] if check.more else []
        done += ledger.size
    return [*faults, *[fault async for fault in _lonely_rows(transaction)]]


async def _lonely_rows(transaction: Transaction) -> AsyncIterator[str]:
    """Yield the tables that have rows of a ledger that is not there, which no audit of a ledger looks at."""
    for table in list_saved_tables():
        if "ledger" in table.c and find_kind(table.c.ledger.type) is ValueKind.INTEGER:
            known = select(journal_tables.ledgers.c.serial)
            query = select(table.c.ledger).where(table.c.ledger.not_in(known)).limit(1)
            if await transaction.fetch_all(transaction.compile(query)):
                yield f"the table {table.name} has rows of a ledger that is not there"


async def _audit(transaction: Transaction, uuid: str, told: Callable[[int, int], None]) -> Report:
    """Audit a ledger without its read models."""
    reading = _FromThread(transaction)

    def run() -> Report:
        return verify(DatabaseSource("the database", reading, None, uuid), told=told)

    auditing = asyncio.create_task(asyncio.to_thread(run))
    try:
        return await asyncio.shield(auditing)
    except asyncio.CancelledError:
        reading.close()
        with suppress(Exception):  # the transaction must not end before its reader does
            await auditing
        raise


class _FromThread:
    """A transaction as a thread beside the event loop reads it."""

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction
        self._loop = asyncio.get_running_loop()
        self._closed = False

    def read_rows(self, sql: str, *values: Any) -> Iterator[Sequence[Row]]:
        pages = self._transaction.read_pages(sql, *values)
        while (page := self._next(pages)) is not None:
            yield page

    def has_table(self, name: str) -> bool:
        return True  # the schema is known by now

    def _next(self, pages: AsyncIterator[Sequence[Row]]) -> Sequence[Row] | None:
        async def next_page() -> Sequence[Row] | None:
            return await anext(pages, None)

        if self._closed:
            raise Unreadable("it was stopped")
        try:
            return asyncio.run_coroutine_threadsafe(next_page(), self._loop).result()
        except (*DATABASE_ERRORS, OSError) as error:
            raise Unreadable(read_message(error)) from None

    def close(self) -> None:
        self._closed = True
