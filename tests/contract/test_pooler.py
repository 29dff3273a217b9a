"""Behind a real PgBouncer in transaction mode everything works as on a direct connection: found out without a setting,
whether the pooler refuses settings at the start of a connection or swallows them."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest

from ledger.follow import Wakeup
from ledger.libpq import read_url
from ledger.store.engine import TIMEOUTS, open_database
from ledger.store.postgresql import Server
from ledger.store.rows import fetch
from ledger.store.urls import read_database_url
from migrations import require_current
from projections.rebuild import rebuild_all
from projections.registry import make_projections
from projections.wakeup import listen
from tests.audited import rich_books
from tests.backups import backup_of, lines_of, restored
from tests.builders import reverse, transfer
from tests.contract.test_engine import LEDGERS
from tests.pooler import pooler
from tests.postgres import PostgresServer
from tests.stores import Store, migrated, open_databases, open_store

pytestmark = pytest.mark.parametrize("url", ["postgresql"], indirect=True)


@pytest.fixture(params=[False, True], ids=["refusing settings", "ignoring settings"])
def pooled_url(url: str, postgres: PostgresServer, request: pytest.FixtureRequest) -> Iterator[str]:
    """The database behind a pooler with fewer connections than a process uses."""
    with pooler(postgres, url, ignoring=request.param) as pooled:
        yield pooled


@pytest.fixture
async def pooled(pooled_url: str) -> AsyncIterator[Store]:
    """A process whose every connection goes through the pooler."""
    async with open_store(pooled_url) as store:
        yield store


async def test_a_pooler_is_found_out_and_a_direct_connection_is_one(url: str, pooled_url: str) -> None:
    found = []
    for each in (url, pooled_url):
        server = Server(read_url(each))
        connection = await server.connect({"jit": "off"})
        found.append(server.pooled)
        await connection.close()
    assert found == [False, True]


async def test_a_process_behind_a_pooler_writes_reads_and_projects(pooled: Store, store: Store) -> None:
    books = [await pooled.books() for _ in range(4)]
    posting = [
        asyncio.create_task(each.submit(transfer("1.00", description=f"{number}"), key=f"k{number}"))
        for number in range(30)
        for each in books
    ]
    reading = [asyncio.create_task(each.records()) for each in books for _ in range(10)]
    receipts = await asyncio.gather(*posting)
    await asyncio.gather(*reading)
    assert not any(receipt.replayed for receipt in receipts)
    for each in books:
        posted = await each.submit(transfer("2.00"))
        await each.submit(reverse(posted.id))
        assert (await each.submit(transfer("1.00", description="3"), key="k3")).replayed
    await pooled.project()
    for each in books:
        ledger, size = await each.ledger(), await each.size()
        assert size == len(await each.records())
        found = [(await store.reader().read_checkpoints(ledger))[projection.name] for projection in make_projections()]
        assert {at.applied for at in found} == {size}
        reports = await rebuild_all(pooled.journal, pooled.projections, make_projections(), ledger.serial)
        assert all(report.cut_over and not report.differences for report in reports)


@pytest.mark.own_database
async def test_backups_are_made_and_restored_behind_a_pooler(
    pooled: Store, store: Store, fresh_postgres_database: str, postgres: PostgresServer
) -> None:
    await rich_books(store, transfers=30)
    backup = await backup_of(pooled.journal.database)
    assert lines_of(backup)[1:] == lines_of(await backup_of(store.journal.database))[1:]
    with pooler(postgres, fresh_postgres_database) as url:
        assert (await restored(url, backup)).faults == []
        async with open_databases(url) as (journal, _):
            assert lines_of(await backup_of(journal))[1:] == lines_of(backup)[1:]


async def test_a_snapshot_is_one_behind_a_pooler_too(pooled: Store) -> None:
    await pooled.books()
    async with pooled.journal.database.snapshot() as connection:
        before = len(await fetch(connection, LEDGERS, {}))
        await pooled.books()
        assert len(await fetch(connection, LEDGERS, {})) == before


async def test_transactions_bring_their_time_outs(pooled: Store) -> None:
    async def shown(connection: Any) -> dict[str, str]:
        return {name: (await connection.exec_driver_sql(f"SHOW {name}")).scalar() for name in TIMEOUTS}

    expected = {name: value.replace("60s", "1min") for name, value in TIMEOUTS.items()}
    async with pooled.journal.database.write.begin() as connection:
        assert await shown(connection) == expected
    async with pooled.journal.database.snapshot() as connection:
        assert await shown(connection) == expected


async def test_nothing_is_left_behind_on_the_servers_connections(pooled: Store, url: str, pooled_url: str) -> None:
    """The pooler's next client would find it."""
    await pooled.books()
    await pooled.project()
    database = open_database(read_database_url(pooled_url))
    async with database.read.connect() as connection:
        prepared = (await connection.exec_driver_sql("SELECT count(*) FROM pg_prepared_statements")).scalar()
        changed = await connection.exec_driver_sql("SELECT name FROM pg_settings WHERE source = 'session'")
        left = {name for (name,) in changed} - {"client_encoding", "DateStyle", "TimeZone", "application_name"}
    await database.close()
    assert (prepared, left) == (0, set())


async def test_a_caller_that_goes_away_holds_none_of_the_servers_connections(pooled: Store) -> None:
    database = pooled.journal.database
    await pooled.books()
    for ticks in range(12):
        reading = [asyncio.create_task(pooled.journal.read_extents()) for _ in range(6)]
        for _ in range(ticks):
            await asyncio.sleep(0)
        for each in reading:
            each.cancel()
        await asyncio.gather(*reading, return_exceptions=True)
        async with asyncio.timeout(10):
            assert await pooled.journal.read_extents()
    assert database.read.in_use == 0


@pytest.mark.own_database
async def test_a_database_is_migrated_through_a_pooler(url: str, postgres: PostgresServer) -> None:
    name = f"{read_database_url(url).database}_anew"
    fresh = postgres.create_database(name)
    try:
        with pooler(postgres, fresh) as pooled_url:
            await migrated(pooled_url)
            async with open_store(pooled_url) as store:
                await require_current(store.journal.database, "journal")
    finally:
        postgres.drop_database(name)


async def test_a_pooler_is_not_listened_to(pooled_url: str, caplog: pytest.LogCaptureFixture) -> None:
    async with asyncio.timeout(10):
        await listen(read_database_url(pooled_url), {"some": Wakeup()})
    assert "leads to a pooler" in caplog.text


async def test_a_pooler_that_appears_later_is_found_out(
    url: str, postgres: PostgresServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A process took the server for a direct one: its statements have names, and fail where another has theirs."""
    with pooler(postgres, url, ignoring=True) as pooled_url:
        async with open_store(pooled_url) as store:
            with monkeypatch.context() as deceived:
                deceived.setattr(Server, "_find_out", _takes_it_for_direct)
                async with store.journal.database.read.connect():
                    assert not is_pooled(store)
            async with asyncio.timeout(30):
                while not is_pooled(store):
                    await asyncio.gather(*[store.journal.read_extents() for _ in range(8)], return_exceptions=True)
            for _ in range(5):
                await asyncio.gather(*[store.journal.read_extents() for _ in range(8)], return_exceptions=True)
            await asyncio.gather(*[store.journal.read_extents() for _ in range(8)])


def is_pooled(store: Store) -> bool:
    """Whether this process has found a pooler out."""
    return store.journal.database.read._shared.pooled


async def _takes_it_for_direct(server: Server) -> None:
    server.pooled = False
