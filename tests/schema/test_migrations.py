"""Migrations make exactly the tables that the program uses, once, whoever starts them, for roles that may do no more
than they must.
"""

import asyncio
import itertools
import json
import sqlite3
import sys
import textwrap
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import (
    CheckConstraint,
    Connection,
    Constraint,
    Index,
    MetaData,
    PrimaryKeyConstraint,
    UniqueConstraint,
    inspect,
    text,
)

from api.auth import tables as auth_tables
from ledger.errors import ProjectionRebuilding
from ledger.store import tables
from ledger.store.engine import Database
from migrations import BRANCHES, NotMigrated, migrating, require_current, upgrade, version_table
from projections import registry
from projections.projection import metadata as projected_metadata
from tests.builders import transfer
from tests.postgres import PostgresServer
from tests.stores import ENGINES, Books, migrated, migrated_url, open_databases, open_store, outsider

ROOT = Path(__file__).resolve().parents[2]
METADATA: dict[str, Sequence[MetaData]] = {
    "journal": [tables.metadata, auth_tables.metadata],
    "projections": [projected_metadata],
}
ALL_TABLES = [table for each in itertools.chain(*METADATA.values()) for table in each.sorted_tables]
VERSION_TABLES = {version_table(branch) for branch in BRANCHES}

pytestmark = pytest.mark.filterwarnings("ignore:Skipped unsupported reflection")


@pytest.fixture(params=ENGINES)
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A migrated database; nothing is written to it."""
    yield from migrated_url(request, tmp_path, shared=True)


@pytest.fixture(params=ENGINES)
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A new, empty database."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'ledger.db'}"
    url: str = request.getfixturevalue("fresh_postgres_database")
    return url


async def looked_at(url: str, branch: str, look: Callable[[Connection], Any]) -> Any:
    """What `look` sees in the database of a branch."""
    async with (
        open_databases(url) as (journal, projected),
        of_branch(branch, journal, projected).read.connect() as connection,
    ):
        return await connection.run_sync(look)


def of_branch(branch: str, journal: Database, projected: Database) -> Database:
    """The database that a branch migrates."""
    return journal if branch == "journal" else projected


# --- in step


@pytest.mark.parametrize("branch", BRANCHES)
async def test_migrations_are_in_step_with_the_tables(url: str, branch: str) -> None:
    assert registry.make_projections(), "the registry brings the tables of all read models"
    [others] = [METADATA[other] for other in BRANCHES if other != branch]
    elsewhere = VERSION_TABLES | {table.name for metadata in others for table in metadata.sorted_tables}

    def ours(_object: Any, name: str | None, type_: str, _reflected: bool, _compared: Any) -> bool:
        return type_ != "table" or name not in elsewhere

    def differences(connection: Connection) -> list[Any]:
        context = MigrationContext.configure(
            connection,
            opts={
                "compare_type": True,
                "compare_server_default": True,
                "include_object": ours,
                "version_table": version_table(branch),
            },
        )
        found: list[Any] = compare_metadata(context, METADATA[branch])  # type: ignore[arg-type]
        return found

    assert await looked_at(url, branch, differences) == []


@pytest.mark.parametrize("branch", BRANCHES)
async def test_checks_and_storage_are_in_step_too(url: str, branch: str) -> None:
    """What Alembic does not compare."""

    def checks(connection: Connection) -> dict[str, set[str]]:
        inspector = inspect(connection)
        return {
            table: {str(check["name"]) for check in inspector.get_check_constraints(table)}
            for table in inspector.get_table_names()
        }

    found = await looked_at(url, branch, checks)
    for table in itertools.chain.from_iterable(each.sorted_tables for each in METADATA[branch]):
        wanted = {str(c.name) for c in table.constraints if isinstance(c, CheckConstraint)}
        assert {name.removeprefix(f"{table.name}_").removesuffix("_check") for name in found[table.name]} == {
            name.removeprefix(f"{table.name}_").removesuffix("_check") for name in wanted
        }
    if url.startswith("sqlite"):
        rows = await looked_at(url, branch, lambda c: c.execute(text("PRAGMA table_list")).all())
        rowless = {row.name for row in rows if row.wr}
        for table in itertools.chain.from_iterable(each.sorted_tables for each in METADATA[branch]):
            assert (table.name in rowless) == (table.dialect_options["sqlite"]["with_rowid"] is False), table.name


@pytest.mark.parametrize("branch", BRANCHES)
async def test_the_names_of_all_constraints_are_ours(url: str, branch: str) -> None:
    def names(connection: Connection) -> list[tuple[str, str, str | None]]:
        inspector = inspect(connection)
        found: list[tuple[str, str, str | None]] = []
        for table in set(inspector.get_table_names()) - VERSION_TABLES:
            found.append((table, "primary", inspector.get_pk_constraint(table)["name"]))
            found += [(table, "unique", each["name"]) for each in inspector.get_unique_constraints(table)]
            found += [(table, "check", each["name"]) for each in inspector.get_check_constraints(table)]
            found += [(table, "foreign", each["name"]) for each in inspector.get_foreign_keys(table)]
            found += [
                (table, "index", each["name"])
                for each in inspector.get_indexes(table)
                if not each.get("duplicates_constraint")
            ]
        return found

    found = await looked_at(url, branch, names)
    assert len(found) > 10
    strange = [each for each in found if not str(each[2]).startswith(each[0]) or not str(each[2]).endswith(each[1])]
    assert strange == []


def test_every_key_begins_with_the_ledger() -> None:
    for table in ALL_TABLES:
        if table.metadata is auth_tables.metadata:
            continue  # users are nobody's ledger
        first = "serial" if table is tables.ledgers else "ledger"
        assert next(column.name for column in table.primary_key) == first, table.name
        if table is not tables.ledgers:  # the row that the ledger itself is: found by its names
            keys: list[Index | Constraint] = [*table.indexes, *table.constraints]
            for each in keys:
                if each.name == "members_user_id_index":
                    continue  # finds the ledgers of a user
                if isinstance(each, Index | PrimaryKeyConstraint | UniqueConstraint):
                    assert next(column.name for column in each.columns) == "ledger", each.name


# --- up to date


async def test_migrating_again_changes_nothing(empty_url: str) -> None:
    async with open_databases(empty_url) as opened:
        for branch in BRANCHES:
            with pytest.raises(NotMigrated):
                await require_current(of_branch(branch, *opened), branch)
    await migrated(empty_url)
    async with open_store(empty_url) as store:
        books = await store.books("books")
        await books.submit(transfer("5.00"), key="k")
        await store.project()
        head = (await books.ledger()).head
    for _ in range(2):
        await migrated(empty_url)
    async with open_store(empty_url) as store:
        for branch in BRANCHES:
            await require_current(of_branch(branch, store.journal.database, store.projections), branch)
        ledger = await store.journal.find("books")
        assert ledger is not None
        assert ledger.head == head
        assert (await store.reader().read_checkpoints(ledger))["account_balances"].applied == head.size


MIGRATORS = textwrap.dedent("""
    import asyncio, sys
    from tests.stores import migrated

    print("ready", flush=True)
    for line in iter(sys.stdin.readline, ""):
        asyncio.run(migrated(line.strip()))
        print("migrated", flush=True)
""")


async def test_readers_wait_for_read_models_that_a_migration_made_anew(url: str) -> None:
    """Also in a short ledger, which one pass of a projector would bring up to date: it must not look empty."""
    async with open_store(url) as store:
        books = await store.books()
        await books.submit(transfer("5.00"))
        await store.project()
    async with outsider(url, projected=True) as outside:
        await outside.execute("UPDATE alembic_version_projections SET version_num = '0007'")
    async with open_databases(url) as (_, projected), migrating(projected) as connection:
        await upgrade(connection, "projections")
    async with open_store(url) as store:
        ledger = await Books(store, books.uuid, store.sequencer()).ledger()
        with pytest.raises(ProjectionRebuilding):
            async with store.reader().open(ledger, "account_balances", timeout_seconds=0):
                pass
        await store.project()
        async with store.reader().open(ledger, "account_balances") as reading:
            assert reading.size == ledger.head.size


@pytest.mark.parametrize("engine", ENGINES)
async def test_processes_that_migrate_at_once_do_it_once(
    engine: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    urls = [f"sqlite:///{tmp_path / f'{n}.db'}" for n in range(3)]
    if engine == "postgresql":
        server: PostgresServer = request.getfixturevalue("postgres")
        urls = [server.create_database(f"migrated_at_once_{n}") for n in range(2)]
    processes = [
        await asyncio.create_subprocess_exec(
            sys.executable,
            "-c",
            MIGRATORS,
            cwd=ROOT,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
        )
        for _ in range(2)
    ]
    try:
        assert [await heard(each) for each in processes] == ["ready"] * 2
        for url in urls * 2:  # the second time all of them find it done
            for each in processes:
                assert each.stdin is not None
                each.stdin.write(f"{url}\n".encode())
            assert [await heard(each) for each in processes] == ["migrated"] * 2, url
        for url in urls:
            async with open_databases(url) as opened:
                for branch in BRANCHES:
                    await require_current(of_branch(branch, *opened), branch)
    finally:
        for each in processes:
            each.kill()
            await each.wait()


async def heard(process: asyncio.subprocess.Process) -> str:
    """The next line that a process prints."""
    assert process.stdout is not None
    async with asyncio.timeout(60):
        return (await process.stdout.readline()).decode().strip()


_LEDGER_BEFORE_0006 = (
    "INSERT INTO ledgers (serial, uuid, id, size, frontier, root, recorded_at, owner, currency, time_zone, "
    "fiscal_year_start, retention_years, changed) "
    "VALUES (:serial, :uuid, :id, 1, :hash, :hash, 0, 'ada', 'EUR', 'UTC', '01-01', 10, 0)"
)


async def test_a_ledger_that_was_imported_under_another_id_says_so_after_the_migration(empty_url: str) -> None:
    async with open_databases(empty_url) as (journal, _), migrating(journal) as connection:
        await upgrade(connection, "journal", "0005")
        for serial, id_, opened_as in ((1, "same", "same"), (2, "here", "there"), (3, "odd", None)):
            given = {"serial": serial, "id": id_, "uuid": f"00000000-0000-7000-8000-00000000000{serial}"}
            await connection.execute(text(_LEDGER_BEFORE_0006), given | {"hash": b""})
            memo = json.dumps({"salt": "00"} | ({} if opened_as is None else {"id": opened_as})).encode()
            statement = "INSERT INTO memos (ledger, position, memo) VALUES (:serial, 0, :memo)"
            await connection.execute(text(statement), {"serial": serial, "memo": memo})
        await upgrade(connection, "journal")
        found = await connection.execute(text("SELECT id, opened_as FROM ledgers ORDER BY serial"))
        assert found.all() == [("same", None), ("here", "there"), ("odd", None)]
    async with outsider(empty_url) as outside:
        with pytest.raises((sqlite3.DatabaseError, asyncpg.PostgresError), match="a head only grows"):
            await outside.execute("UPDATE ledgers SET opened_as = 'x'")
