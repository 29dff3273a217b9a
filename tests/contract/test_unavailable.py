"""A database that cannot be used now is `TimedOut` or `DatabaseUnavailable`, whatever the driver says and wherever.

A bug stays a bug; the log has a line a kind; and everything goes on by itself afterwards.
"""

import asyncio
import logging
import os
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from sqlalchemy import event, insert, text
from sqlalchemy.exc import IntegrityError

from ledger.errors import DatabaseUnavailable, TimedOut
from ledger.follow import Retries
from ledger.store import engine, tables
from ledger.store.connections import get_driver
from ledger.store.engine import open_database
from ledger.store.faults import (
    AWAY,
    CHANGED,
    FORBIDDEN,
    FULL,
    NO_CONNECTION,
    READ_ONLY,
    REFUSED,
    STARTING,
    TIMED_OUT,
    Fault,
    Health,
    find_connecting_fault,
    find_statement_fault,
)
from ledger.store.rows import fetch
from ledger.store.urls import read_database_url
from tests.builders import transfer
from tests.contract.test_engine import LEDGERS
from tests.postgres import PostgresServer
from tests.postgres_proxy import Proxy, proxy_to
from tests.stores import Outsider, Store, open_store

on_sqlite = pytest.mark.parametrize("url", ["sqlite"], indirect=True)
on_postgresql = pytest.mark.parametrize("url", ["postgresql"], indirect=True)


def reason_of(error: BaseException) -> str | None:
    """Why a statement that raised this has failed, as far as it is the database's trouble."""
    fault = find_statement_fault(error)
    return None if fault is None else fault.reason


@pytest.mark.parametrize(
    ("state", "reason"),
    [
        ("08006", AWAY),
        ("08P01", AWAY),
        ("28P01", REFUSED),
        ("28000", REFUSED),
        ("3D000", REFUSED),
        ("53300", NO_CONNECTION),
        ("53100", FULL),
        ("53200", FULL),
        ("57P01", STARTING),
        ("57P03", STARTING),
        ("57014", TIMED_OUT),
        ("55P03", TIMED_OUT),
        ("25P03", TIMED_OUT),
        ("40P01", TIMED_OUT),
        ("25006", READ_ONLY),
        ("42501", FORBIDDEN),
        ("26000", CHANGED),
        ("42P05", CHANGED),
        ("23505", None),
        ("42P01", None),
        ("42703", None),
        ("22003", None),
        ("P0001", None),
        ("XX001", None),
    ],
)
def test_what_postgresql_says_is_looked_up_by_its_state(state: str, reason: str | None) -> None:
    assert reason_of(asyncpg.PostgresError.new({"C": state, "M": "said"})) == reason


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (TimeoutError(), TIMED_OUT),
        (ConnectionResetError(), AWAY),
        (asyncpg.InterfaceError("cannot perform operation: connection is closed"), AWAY),
        (asyncpg.InterfaceError("cannot perform operation: another operation is in progress"), None),
        (asyncpg.InternalClientError("cannot switch to state 12; another operation (2) is in progress"), AWAY),
        (asyncpg.InternalClientError("no binary format encoder for type x"), None),
        (BrokenPipeError(), None),
        (FileNotFoundError(), None),
        (ValueError(), None),
        (KeyError("x"), None),
    ],
)
def test_what_the_driver_says_itself_is_told_from_bugs(error: Exception, reason: str | None) -> None:
    assert reason_of(error) == reason


def test_on_the_way_to_a_database_whatever_the_system_says_counts() -> None:
    for error in (ConnectionRefusedError(), FileNotFoundError(), TimeoutError(), OSError("no such host")):
        fault = find_connecting_fault(error)
        assert fault is not None and fault.reason == AWAY
    assert find_connecting_fault(KeyError("x")) is None


async def test_a_constraint_is_no_trouble_of_the_databases(store: Store) -> None:
    await store.books()
    async with store.journal.database.read.connect() as connection:
        [row] = [dict(row._mapping) for row in await connection.execute(text("SELECT * FROM ledgers LIMIT 1"))]
    with pytest.raises(IntegrityError):
        async with store.journal.database.write.begin() as connection:
            await connection.execute(insert(tables.ledgers), {**row, "serial": row["serial"] + 1_000_000})


# --- away, frozen, without connections


@pytest.fixture
async def proxy(url: str) -> AsyncIterator[Proxy]:
    """Between `proxied` and the server."""
    async with proxy_to(url) as between:
        yield between


@pytest.fixture
async def proxied(proxy: Proxy) -> AsyncIterator[Store]:
    """A process whose connections can be cut."""
    async with open_store(proxy.url) as store:
        yield store


@on_postgresql
async def test_a_database_that_is_away_is_said_so_once_and_is_there_again(
    proxied: Store, proxy: Proxy, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "ledger")
    books = await proxied.books()
    proxy.go_away()
    for _ in range(5):
        for look in (
            proxied.journal.read_extents,
            proxied.journal.list_ledgers,
            books.ledger,
            proxied.reader().find_troubles,
        ):
            with pytest.raises(DatabaseUnavailable) as raised:
                await look()
            assert raised.value.reason == AWAY
    proxy.come_back()
    assert await books.size()
    told = [record.getMessage() for record in caplog.records]
    assert len([line for line in told if "cannot be used: it cannot be reached" in line]) == 1
    assert len([line for line in told if "can be used again" in line]) == 1
    assert not any(record.exc_info for record in caplog.records)


@on_postgresql
async def test_a_server_that_accepts_and_never_answers_is_given_up(
    url: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    connected: list[asyncio.StreamWriter] = []

    async def say_nothing(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connected.append(writer)

    folder = tmp_path_factory.mktemp("s")
    listening = await asyncio.start_unix_server(say_nothing, folder / ".s.PGSQL.5432")
    database = open_database(read_database_url(f"postgresql://postgres@/x?host={folder}&connect_timeout=1"))
    async with asyncio.timeout(10):
        with pytest.raises(DatabaseUnavailable):
            async with database.read.connect():
                pass
    await database.close()
    for writer in connected:
        writer.transport.abort()
    listening.close()
    await listening.wait_closed()


@on_postgresql
async def test_a_server_that_stops_answering_is_given_up_and_its_connections_too(
    url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "ANSWER_SECONDS", 0.3)
    async with open_store(url) as store:
        database = store.journal.database
        for connections in (database.read, database.keyed, database.write):
            with pytest.raises(TimedOut):
                async with connections.connect() as connection:
                    await get_driver(connection).execute("SELECT pg_sleep(20)")
            assert connections._idle == []
        with pytest.raises(TimedOut):
            async with database.write.begin() as connection:
                await get_driver(connection).execute("SELECT pg_sleep(20)")
        assert isinstance(await store.journal.read_extents(), dict)


@on_postgresql
@pytest.mark.own_database
async def test_a_process_makes_do_with_the_connections_that_it_gets(url: str, postgres: PostgresServer) -> None:
    """Fewer than it would take: what one kind of use leaves idle, another gets."""
    postgres.execute("CREATE ROLE limited LOGIN CONNECTION LIMIT 2")
    name = read_database_url(url).database
    try:
        postgres.execute("GRANT SELECT ON ALL TABLES IN SCHEMA public TO limited", database=str(name))
        async with open_store(url.replace("postgres@", "limited@")) as store:
            database = store.journal.database

            async def look(number: int) -> int:
                async with (database.read if number % 2 else database.keyed).connect() as connection:
                    return len(await fetch(connection, LEDGERS, {}))

            assert len(await asyncio.gather(*map(look, range(40)))) == 40
    finally:
        postgres.execute("DROP OWNED BY limited", database=str(name))
        postgres.execute("DROP ROLE limited")


@on_postgresql
async def test_no_connection_left_for_long_is_said_so(
    url: str, postgres: PostgresServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ledger.store.connections.POOL_WAIT_SECONDS", 0.3)
    postgres.execute("CREATE ROLE nobody LOGIN CONNECTION LIMIT 0")
    try:
        database = open_database(read_database_url(url.replace("postgres@", "nobody@")))
        with pytest.raises(DatabaseUnavailable) as raised:
            async with database.read.connect():
                pass
        assert raised.value.reason == NO_CONNECTION
        await database.close()
    finally:
        postgres.execute("DROP ROLE nobody")


@on_postgresql
@pytest.mark.parametrize(
    ("change", "reason"),
    [("postgres@", REFUSED), ("host=/", AWAY), ("shared_by_tests", REFUSED)],
    ids=["no such role", "no such server", "no such database"],
)
async def test_what_is_wrong_with_an_address_is_said(url: str, change: str, reason: str) -> None:
    database = open_database(read_database_url(url.replace(change, f"{change[:-1]}x{change[-1]}")))
    with pytest.raises(DatabaseUnavailable) as raised:
        async with database.read.connect():
            pass
    assert raised.value.reason == reason
    [note] = raised.value.__notes__
    assert "cannot be used" in note and "Errno" not in note
    await database.close()


# --- no writes


@on_postgresql
@pytest.mark.own_database
async def test_a_server_that_takes_no_writes_says_so_and_is_read(url: str, outside: Outsider) -> None:
    name = await outside.value("SELECT current_database()")
    await outside.execute(f"ALTER DATABASE {name} SET default_transaction_read_only = on")
    async with open_store(url) as store:
        database = store.journal.database
        assert (await database.look()).writes_refused == READ_ONLY
        with pytest.raises(DatabaseUnavailable) as raised:
            async with database.write.begin() as connection:
                await connection.execute(text("UPDATE ledgers SET size = size"))
        assert raised.value.reason == READ_ONLY
        assert isinstance(await store.journal.read_extents(), dict)
        await outside.execute(f"ALTER DATABASE {name} RESET default_transaction_read_only")
        async with database.write.begin() as connection:
            await connection.execute(text("UPDATE ledgers SET size = size"))


@on_sqlite
@pytest.mark.own_database
async def test_a_full_disk_takes_no_writes_and_gives_what_it_has(store: Store, url: str) -> None:
    books = await store.books(patience_seconds=0.3)
    database = store.journal.database
    async with limited_pages(store):
        with pytest.raises(DatabaseUnavailable) as raised:
            await books.submit_all(*[transfer("1.00", description="x" * 900) for _ in range(300)], atomic=True)
        assert raised.value.reason == FULL
        assert (await database.look()).writes_refused == FULL
        assert len(await books.records()) == await books.size()
    await books.submit(transfer("1.00"))
    assert (await database.look()).writes_refused is None


@asynccontextmanager
async def limited_pages(store: Store) -> AsyncIterator[None]:
    """SQLite's own limit says the same as a full disk: SQLITE_FULL."""

    async def limit(pages: int) -> None:
        async with store.journal.database.write.connect() as connection:
            await get_driver(connection).execute_fetchall(f"PRAGMA max_page_count = {pages}")

    async with store.journal.database.write.connect() as connection:
        [(pages,)] = await get_driver(connection).execute_fetchall("PRAGMA page_count")
    await limit(pages + 20)
    try:
        yield
    finally:
        await limit(2**30)


@on_sqlite
async def test_a_lock_that_is_not_got_is_a_time_out(
    store: Store, outside: Outsider, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "BUSY_TIMEOUT_MILLISECONDS", 50)
    await outside.execute("BEGIN IMMEDIATE")
    async with open_store(url) as other:
        with pytest.raises(TimedOut):
            async with other.journal.database.write.begin():
                pass
        await outside.execute("ROLLBACK")
        async with other.journal.database.write.begin():
            pass


@on_sqlite
async def test_a_file_that_is_removed_is_missed_and_not_made_anew(store: Store, url: str, tmp_path: Path) -> None:
    """A connection to it would go on: what is written there nobody sees again."""
    await store.books()
    path, away = Path(str(read_database_url(url).database)), tmp_path / "elsewhere.db"
    os.rename(path, away)
    for use in (store.journal.database.read.connect, store.journal.database.write.begin):
        with pytest.raises(DatabaseUnavailable) as raised:
            async with use():
                pass
        assert raised.value.reason == AWAY
    assert os.listdir(path.parent).count(path.name) == 0
    os.rename(away, path)
    assert len(await store.journal.read_extents())


@on_sqlite
async def test_another_file_in_its_place_is_the_one_that_is_used(store: Store, url: str, tmp_path: Path) -> None:
    await store.books()
    path = Path(str(read_database_url(url).database))
    with sqlite3.connect(path) as connection, sqlite3.connect(tmp_path / "copy.db") as copy:
        connection.backup(copy)
    await store.books()
    before = len(await store.journal.read_extents())
    for suffix in ("-wal", "-shm"):
        path.with_name(path.name + suffix).unlink(missing_ok=True)
    (tmp_path / "copy.db").rename(path)
    assert len(await store.journal.read_extents()) == before - 1


@on_sqlite
async def test_a_file_that_may_only_be_read_says_so(url: str) -> None:
    """SQLite says the same of one that it may only query: to root, every file can be written."""
    database = open_database(read_database_url(url))

    def read_only(connection: Any, _record: Any) -> None:
        connection.cursor().execute("PRAGMA query_only = on")

    event.listen(database.write.sync_engine, "connect", read_only)
    with pytest.raises(DatabaseUnavailable) as raised:
        async with database.write.begin() as connection:
            await connection.execute(text("CREATE TABLE more (n)"))
    assert raised.value.reason == READ_ONLY
    await database.close()


# --- what the log says


def test_a_kind_of_trouble_is_one_line_a_minute(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = 1000.0
    monkeypatch.setattr("ledger.store.faults.time.monotonic", lambda: now)
    health = Health("books")
    for _ in range(500):
        health.note_failure(Fault(AWAY, ConnectionRefusedError("no")), writing=False)
        health.note_failure(Fault(FULL, OSError("no")), writing=True)
    assert len(caplog.records) == 2
    now += 61
    health.note_failure(Fault(AWAY, ConnectionRefusedError("no")), writing=False)
    assert caplog.records[-1].getMessage().endswith("(499 times more)")
    assert health.writes_refused is None, "that was more than a minute ago"


def test_reading_says_nothing_about_writing() -> None:
    health = Health("books")
    health.note_failure(Fault(FULL, OSError("no")), writing=True)
    health.note_failure(Fault(AWAY, OSError("no")), writing=False)
    health.note_success(writing=False)
    assert (health.troubles, health.writes_refused) == ({FULL}, FULL)
    health.note_success(writing=True)
    assert (health.troubles, health.writes_refused) == (set(), None)


async def test_a_loop_pauses_longer_each_time_and_shows_a_bug_once(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    slept: list[float] = []

    async def sleep(seconds: float) -> None:
        slept.append(seconds)

    monkeypatch.setattr("ledger.follow.asyncio.sleep", sleep)
    retries = Retries("some work")
    for _ in range(20):
        await retries.pause_after(DatabaseUnavailable(reason=AWAY))
    assert not caplog.records, "the database's health has said it"
    assert slept[0] < 1 < slept[3] < 6 and max(slept) < 7
    for _ in range(20):
        await retries.pause_after(ValueError("a bug"))
    assert [record.exc_info is not None for record in caplog.records] == [True]
    retries.note_success()
    slept.clear()
    await retries.pause_after(ValueError("a bug"))
    assert slept[0] < 1
