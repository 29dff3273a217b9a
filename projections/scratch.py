"""A place where read models are made again: empty temporary tables that have the names of the permanent ones.

A connection finds its temporary tables first. So whatever reads or writes a read model's rows works on them, and
nobody else sees them. They go with the connection: a rebuild that ends early leaves nothing behind. PostgreSQL writes
no log of them, and SQLite keeps them in a file of their own.

Behind a pooler a connection lasts as long as a transaction: there all of it is one.
"""

import asyncio
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from itertools import chain
from typing import Any

from sqlalchemy import ColumnElement, Dialect, MetaData, Table, func, insert, literal, select
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.schema import CreateTable

from ledger.store.connections import get_driver, roll_back
from ledger.store.engine import Database, make_metadata
from projections.generations import writing_generations
from projections.projection import Projection

PREPARED = {
    "postgresql": "SET temp_buffers = '64MB'; SET work_mem = '128MB'; SET statement_timeout = 0",
    "sqlite": "PRAGMA temp.cache_size = -65536",
}


@dataclass(frozen=True, slots=True)
class Scratch:
    """A connection with temporary tables; `schema` is where the permanent ones are."""

    connection: AsyncConnection
    schema: str
    _turn: asyncio.Lock = field(default_factory=asyncio.Lock)

    def find_live(self, table: Table) -> Table:
        """Return the permanent table."""
        return table.to_metadata(MetaData(), schema=self.schema)

    @asynccontextmanager
    async def transaction(self, *, locks: bool = False) -> AsyncIterator[AsyncConnection]:
        """Begin a transaction, which commits at the end of the block; one that `locks` may change permanent rows.
        Behind a pooler it is a part of the one that there is. Who shares the connection waits for its turn."""
        driver, is_sqlite = get_driver(self.connection), self.connection.dialect.name == "sqlite"
        async with self._turn:
            if driver.in_transaction if is_sqlite else driver.is_in_transaction():
                yield self.connection
                return
            await driver.execute("BEGIN IMMEDIATE" if is_sqlite and locks else "BEGIN")
            try:
                yield self.connection
            except BaseException as error:
                await roll_back(driver, error)
                raise
            await driver.execute("COMMIT")

    async def copy(self, table: Table, generation: int) -> None:
        """Insert all rows into the permanent table in the order of their keys, as this generation."""
        live, rest = self.find_live(table), [each for each in table.c if each.name != "generation"]
        rows = select(literal(generation), *rest).order_by(*table.primary_key)
        await self.connection.execute(insert(live).from_select(["generation", *(each.name for each in rest)], rows))

    async def count(self, table: Table, *conditions: ColumnElement[bool]) -> int:
        """Return the number of a table's rows."""
        query = select(func.count()).select_from(table).where(*conditions)
        return await self.connection.scalar(query) or 0


@asynccontextmanager
async def open_scratches(
    database: Database, groups: Sequence[Iterable[Projection]]
) -> AsyncIterator[Sequence[Scratch]]:
    """Open for each group of read models a connection on which their tables are empty temporary ones. Behind a pooler,
    which may have few connections, they share one."""
    async with AsyncExitStack() as stack:
        if not database.write.pooled:
            yield [await _prepare(await _connect(database, stack), group) for group in groups]
            return
        connection = await stack.enter_async_context(writing_generations(database))
        await get_driver(connection).execute("SET LOCAL idle_in_transaction_session_timeout = 0")
        shared = await _prepare(connection, chain.from_iterable(groups), " ON COMMIT DROP")
        yield [shared] * len(groups)


async def _connect(database: Database, stack: AsyncExitStack) -> AsyncConnection:
    connection = await stack.enter_async_context(database.read.connect(once=True))
    await get_driver(connection).execute(PREPARED[connection.dialect.name])
    return connection


async def _prepare(connection: AsyncConnection, models: Iterable[Projection], ends: str = "") -> Scratch:
    query = select(literal("main") if connection.dialect.name == "sqlite" else func.current_schema())
    schema = str(await connection.scalar(query))
    for table in (table for model in models for table in model.tables):
        await get_driver(connection).execute(_make_definition(table, connection.dialect) + ends)
    return Scratch(connection, schema)


def _make_definition(table: Table, dialect: Dialect) -> str:
    """Return the statement that makes the temporary table, with its primary key and no other index."""
    definition: Any = CreateTable(table.to_metadata(make_metadata()))
    return str(definition.compile(dialect=dialect)).strip().replace("CREATE TABLE", "CREATE TEMPORARY TABLE", 1)
