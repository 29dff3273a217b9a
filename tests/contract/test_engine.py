"""The few places where the engines differ: column types and the list operator."""

import asyncio
import sqlite3
import threading
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import BigInteger, Integer, bindparam, func, select, text
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Dialect
from sqlalchemy.ext.asyncio import AsyncConnection

from ledger.store import tables
from ledger.store.engine import ListOf, among, from_sortable, open_database, to_sortable
from ledger.store.rows import fetch
from ledger.store.urls import make_projections_url, read_database_url
from tests.stores import ENGINES, Store

DIALECTS: list[Dialect] = [sqlite.dialect(), postgresql.dialect()]  # type: ignore[no-untyped-call]

LEDGERS = select(tables.ledgers.c.serial)
PROCESS = select(func.pg_backend_pid())
CUT = select(func.pg_terminate_backend(bindparam("process", type_=Integer())))


@pytest.mark.parametrize("dialect", DIALECTS, ids=lambda dialect: str(dialect.name))
def test_a_look_up_in_a_list_can_use_an_index(dialect: Dialect) -> None:
    query = select(tables.journal.c.id).where(
        among(tables.journal.c.position, bindparam("positions", type_=ListOf(BigInteger())))
    )
    assert not str(query.compile(dialect=dialect)).rstrip().endswith("= 1")


@given(st.integers(), st.integers())
def test_text_of_numbers_sorts_as_the_numbers_do(one: int, other: int) -> None:
    assert (to_sortable(one) < to_sortable(other)) == (one < other)
    assert from_sortable(to_sortable(one)) == one


@given(st.integers(min_value=-(10**60), max_value=10**60))
def test_text_of_numbers_of_any_length_reads_back(number: int) -> None:
    assert from_sortable(to_sortable(number)) == number


@pytest.mark.parametrize("url", ["postgresql"], indirect=True)
async def test_our_own_statements_are_planned_once_and_never_as_a_scan(store: Store) -> None:
    database = store.journal.database
    foreign = open_database(database.url, foreign=True)
    found = []
    for connections in (database.read, database.keyed, database.write, foreign.read):
        async with connections.connect() as connection:
            found.append(
                [await connection.scalar(text(f"SHOW {each}")) for each in ("plan_cache_mode", "enable_seqscan")]
            )
    await foreign.close()
    assert found == 3 * [["force_generic_plan", "off"]] + [["force_custom_plan", "on"]]


def test_projections_of_a_sqlite_ledger_lie_beside_it() -> None:
    assert make_projections_url(read_database_url("sqlite:///data/ledger.db")).database == "data/ledger-projections.db"


def test_projections_of_a_postgresql_ledger_lie_in_its_database() -> None:
    url = read_database_url("postgresql://me@here/books?host=/run/pg")
    assert make_projections_url(url) == url
    assert url.drivername == "postgresql+asyncpg"


def test_another_kind_of_database_is_refused() -> None:
    with pytest.raises(ValueError, match="mysql"):
        read_database_url("mysql://me@here/books")


async def test_a_read_that_is_cancelled_leaves_nothing_begun(store: Store) -> None:
    """Wherever it is cancelled: the next one on the same connection sees what was committed since."""
    database, size = store.journal.database, 0

    async def read() -> int:
        async with database.snapshot() as connection:
            return len(await fetch(connection, LEDGERS, {}))

    for ticks in range(15):
        reading = asyncio.create_task(read())
        for _ in range(ticks):
            await asyncio.sleep(0)
        reading.cancel()
        await asyncio.gather(reading, return_exceptions=True)
        assert database.read.in_use == 0
        await store.books()
        before, size = size, await read()
        assert size > before


async def test_what_is_cancelled_leaves_neither_a_thread_nor_a_lock(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Wherever it is cancelled, and although its event loop is closed right after the database."""
    file = tmp_path / "books.db"
    left: list[BaseException | None] = []
    kept: list[object] = []
    sqlite3.connect(file).close()
    monkeypatch.setattr(threading, "excepthook", lambda failed: left.append(failed.exc_value))

    async def cancel_after(seconds: float) -> None:
        database = open_database(read_database_url(f"sqlite:///{file}"))

        async def write() -> None:
            async with database.write.begin() as connection:
                await connection.execute(text("SELECT 1"))

        writing = asyncio.create_task(write())
        await asyncio.sleep(seconds)
        writing.cancel()
        kept.extend(await asyncio.gather(writing, return_exceptions=True))  # its frames keep the cursor
        await database.close()

    for each in range(100):
        await asyncio.to_thread(asyncio.run, cancel_after(0.0001 * each))
        with closing(sqlite3.connect(file, timeout=0)) as other:
            other.execute("BEGIN IMMEDIATE")
    assert any(isinstance(each, asyncio.CancelledError) for each in kept)
    assert not left


@pytest.mark.parametrize("url", ENGINES[1:], indirect=True)
async def test_connections_that_were_cut_are_not_handed_out_again(store: Store) -> None:
    database = store.journal.database

    async def process(connection: AsyncConnection) -> int:
        [(number,)] = await fetch(connection, PROCESS, {})
        return int(number)

    async with database.read.connect() as one, database.read.connect() as other:
        cut = await process(one)
        assert await fetch(other, CUT, {"process": cut})
    await asyncio.sleep(0.1)  # until its end of the connection has arrived
    async with database.read.connect() as one, database.read.connect() as other:
        assert cut not in (await process(one), await process(other))
    assert database.read.in_use == 0
