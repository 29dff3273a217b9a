"""What tests of read models do with a database: write records in batches, look at it, count what a question reads."""

import itertools
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from typing import Any

import pytest
from sqlalchemy import event, select, text
from sqlalchemy.ext.asyncio import AsyncConnection

from ledger.journal import Record
from ledger.store.connections import get_driver
from ledger.store.engine import Database
from ledger.store.rows import insert_rows
from ledger.transactions import TransactionPosted
from projections import checkpoints
from projections.checkpoints import Checkpoint
from projections.projection import Projection
from projections.reader import View
from tests.stores import Books, Store, with_needs

GENERATION = 1
STEPS_A_ROW = 150
"""More steps of SQLite's virtual machine than it takes to seek one row and read it."""

_ledgers = itertools.count(1)


def new_ledger() -> int:
    """The serial of a ledger that nobody has written to: examples of one property share a database."""
    return next(_ledgers)


async def apply(
    connection: AsyncConnection,
    projection: Projection,
    ledger: int,
    generation: int,
    delta: Any,
    *,
    after: Record | None = None,
) -> None:
    """Bring the rows of one generation up to date with a fold of what comes after this record."""
    applied, leaf = (0, None) if after is None else (after.position + 1, after.leaf_hash)
    checkpoint = Checkpoint(ledger, projection.name, generation, live=True, applied=applied, leaf=leaf)
    await insert_rows(connection, *await projection.plan_changes(connection, checkpoint, delta))


async def write(
    database: Database, projection: Projection, ledger: int, records: Sequence[Record], *, stops: Iterable[int] = ()
) -> None:
    """Fold and write the records in batches that end at `stops`, and a last one, with what the read model needs."""
    for start, stop in itertools.pairwise([0, *sorted(stops), len(records)]):
        async with database.write.begin() as connection:
            after = records[start - 1] if start else None
            for each in with_needs([projection]):
                await apply(connection, each, ledger, GENERATION, each.fold(records[start:stop]), after=after)


@asynccontextmanager
async def viewing(database: Database, ledger: int, size: int) -> AsyncIterator[View]:
    """A view of what was written."""
    async with database.snapshot() as connection:
        yield View(connection, ledger, GENERATION, size)


async def faults(database: Database, projection: Projection, ledger: int) -> list[str]:
    """What the read model finds wrong with its own rows."""
    async with database.snapshot() as connection:
        return await projection.find_faults(connection, ledger, GENERATION)


async def all_rows(database: Database, projection: Projection, ledger: int) -> dict[str, list[tuple[Any, ...]]]:
    """Every row of every table in order of its key, without the ledger."""
    found = {}
    async with database.snapshot() as connection:
        for table in projection.tables:
            members = [column for column in table.c if column.name != "ledger"]
            query = select(*members).where(table.c.ledger == ledger).order_by(*table.primary_key)
            found[table.name] = [tuple(row) for row in await connection.execute(query)]
    return found


class Reads:
    """How many rows were read; on SQLite, which does not say, as many as its steps were enough for."""

    def __init__(self) -> None:
        self.rows = 0.0

    def _step(self) -> int:
        self.rows += 1
        return 0


@asynccontextmanager
async def reads_counted(connection: AsyncConnection) -> AsyncIterator[Reads]:
    """Count the rows that are read inside the block, those that no answer shows included."""
    reads = Reads()
    if connection.dialect.name == "sqlite":
        raw = await connection.get_raw_connection()
        assert raw.driver_connection is not None
        await raw.driver_connection.set_progress_handler(reads._step, STEPS_A_ROW)
        yield reads
        await raw.driver_connection.set_progress_handler(None, 0)
    else:
        before = await _fetched(connection)
        yield reads
        reads.rows = await _fetched(connection) - before


async def _fetched(connection: AsyncConnection) -> int:
    """Rows of tables that this database transaction has read so far."""
    query = text("SELECT coalesce(sum(seq_tup_read + idx_tup_fetch), 0)::bigint FROM pg_stat_xact_user_tables")
    return int((await connection.execute(query)).scalar_one())


@asynccontextmanager
async def statements_counted(connection: AsyncConnection) -> AsyncIterator[list[str]]:
    """The statements sent on this connection inside the block, past SQLAlchemy or by way of it."""
    sent: list[str] = []
    ours = get_driver(connection)
    past = _PAST_SQLALCHEMY[connection.dialect.name]

    def remember(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        sent.append(statement)

    def remembered(method: Any) -> Any:
        def send(driver_connection: Any, statement: str, *given: Any, **named: Any) -> Any:
            if driver_connection is ours:  # a server of other tests may be at work beside these
                sent.append(statement)
            return method(driver_connection, statement, *given, **named)

        return send

    with pytest.MonkeyPatch.context() as patch:
        for name in past:
            patch.setattr(type(ours), name, remembered(getattr(type(ours), name)))
        event.listen(connection.sync_connection, "before_cursor_execute", remember)
        yield sent
        event.remove(connection.sync_connection, "before_cursor_execute", remember)


_PAST_SQLALCHEMY = {
    "sqlite": ("execute", "execute_fetchall", "executemany"),
    "postgresql": ("fetch", "execute", "copy_records_to_table"),
}


@asynccontextmanager
async def writing_counted(database: Database) -> AsyncIterator[list[str]]:
    """The statements of the transactions that write inside the block, one after another."""
    async with database.write.connect() as connection:
        pass  # whoever is next gets this one
    async with statements_counted(connection) as sent:
        yield sent


async def applied(store: Store, books: Books) -> dict[str, int]:
    """How far each projection of a ledger has come."""
    async with store.projections.read.connect() as connection:
        found = await checkpoints.read_live(connection, (await books.ledger()).serial)
    assert len({each.projection for each in found}) == len(found), "one live generation each"
    return {each.projection: each.applied for each in found}


def says_poison(record: Record) -> bool:
    """Whether this is the transaction that breaks things."""
    return isinstance(record.event, TransactionPosted) and record.event.memo.description == "poison"
