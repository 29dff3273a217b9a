"""Real stores for tests: a migrated database of either engine, opened as a process opens it, and seen from outside.

Promises: migrations run once a session and are copied from there, so that a new database takes milliseconds; a store
that is closed with a connection still checked out fails the test; an `Outsider` shares no code with the service.
"""

import asyncio
import atexit
import itertools
import shutil
import sqlite3
import tempfile
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from ledger.books.accounts import OpenAccount
from ledger.codec import Actor
from ledger.follow import Wakeup
from ledger.journal import Ledger, Receipt, Record
from ledger.sequencer import Answer, Order, Sequencer, make_uuid
from ledger.slices import Command
from ledger.store.engine import Database, open_database
from ledger.store.journal import SqlJournal
from ledger.store.urls import make_projections_url, read_database_url
from migrations import migrate
from projections.projection import Projection
from projections.projector import Projector
from projections.reader import Reader
from projections.rebuild import Rebuilt, rebuild_all
from projections.registry import make_projections
from tests.builders import CHART, open_ledger
from tests.postgres import PostgresServer

ENGINES = ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)]
CLERK = Actor("cli", "tests")
TEMPLATE = "migrated"

_numbers = itertools.count(1)


def migrated_url(request: pytest.FixtureRequest, folder: Path, *, shared: bool = False) -> Iterator[str]:
    """For a fixture with ENGINES as its parameters: the URL of a new database with every migration applied.

    `shared`: it may hold other tests' ledgers, where a new one would take a second to make and to drop.
    """
    if request.param == "sqlite":
        for name in ("ledger.db", "ledger-projections.db"):
            shutil.copy(_sqlite_template() / name, folder / name)
        yield f"sqlite:///{folder / 'ledger.db'}"
        return
    server: PostgresServer = request.getfixturevalue("postgres")
    if shared:
        yield _shared_database(server)
        return
    name = f"store_{next(_numbers)}"
    yield server.create_database(name, template=_postgres_template(server))
    server.drop_database(name)


@cache
def _sqlite_template() -> Path:
    folder = Path(tempfile.mkdtemp(prefix="llmedger-template-"))
    atexit.register(shutil.rmtree, folder)
    asyncio.run(migrated(f"sqlite:///{folder / 'ledger.db'}"))
    return folder


@cache
def _postgres_template(server: PostgresServer) -> str:
    asyncio.run(migrated(server.create_database(TEMPLATE)))
    return TEMPLATE


@cache
def _shared_database(server: PostgresServer) -> str:
    return server.create_database("shared_by_tests", template=_postgres_template(server))


async def migrated(url: str, *, service_role: str | None = None) -> None:
    """Migrate this database."""
    async with open_databases(url) as (journal, projected):
        await migrate(journal, projected, service_role=service_role)


@asynccontextmanager
async def open_databases(url: str) -> AsyncIterator[tuple[Database, Database]]:
    """The journal's database and the projections', as a process opens them; leaked connections fail the test."""
    journal = projected = open_database(read_database_url(url))
    if journal.is_sqlite:
        projected = open_database(make_projections_url(journal.url), durable=False)
    databases = (journal, projected)
    try:
        yield journal, projected
        used = [(each.url, kind.in_use) for each in databases for kind in (each.read, each.keyed, each.write)]
        leaked = [(str(url), count) for url, count in used if count]
        assert not leaked, leaked
    finally:
        await projected.close()
        await journal.close()


async def rebuild(log: SqlJournal, database: Database, projection: Projection, ledger: int, **options: Any) -> Rebuilt:
    """Rebuild one read model with its group, and return its own report."""
    models = [projection if each.name == projection.name else each for each in make_projections()]
    reports = await rebuild_all(log, database, models, ledger, only=[projection.name], **options)
    return next(each for each in reports if each.projection == projection.name)


def with_needs(given: Sequence[Projection]) -> list[Projection]:
    """Return these read models after those that they need."""
    needed = {need for each in given for need in each.needs} - {each.name for each in given}
    return [*(each for each in make_projections() if each.name in needed), *given]


@dataclass
class Store:
    """One process's view of a database. Several of them on one URL are several processes as far as it can tell."""

    url: str
    journal: SqlJournal
    projections: Database
    sequencers: list[Sequencer] = field(default_factory=list)

    @property
    def is_sqlite(self) -> bool:
        return self.journal.database.is_sqlite

    def sequencer(self, **options: Any) -> Sequencer:
        """A writer, closed with the store."""
        sequencer = Sequencer(self.journal, **options)
        self.sequencers.append(sequencer)
        return sequencer

    def projector(self, *given: Projection, slice_records: int = 500, **options: Any) -> Projector:
        """A projector of what is given and what that needs, or of everything."""
        options = {"wakeup": Wakeup(), "progress": Wakeup()} | options
        each = with_needs(given) or make_projections()
        return Projector(self.journal, self.projections, each, slice_records=slice_records, **options)

    def reader(self) -> Reader:
        """A reader of projections that nobody wakes."""
        return Reader(self.projections, Wakeup(), self.journal)

    async def project(self, *given: Projection) -> None:
        """Bring the read models up to date."""
        projector = self.projector(*given)
        while await projector.catch_up():
            pass

    async def books(self, id_: str | None = None, *, chart: Sequence[OpenAccount] = CHART, **options: Any) -> "Books":
        """A new ledger with a chart of accounts; `options` are its sequencer's."""
        books = Books(self, make_uuid(), self.sequencer(**options))
        await books.submit_all(open_ledger(id=id_ or f"books-{next(_numbers)}"), *chart, atomic=True)
        return books


@asynccontextmanager
async def open_store(url: str) -> AsyncIterator[Store]:
    """Open a migrated database."""
    async with open_databases(url) as (journal, projected):
        store = Store(url, SqlJournal(journal), projected)
        yield store
        for sequencer in store.sequencers:
            await sequencer.close()


@dataclass
class Books:
    """One ledger in a store, and who writes it."""

    store: Store
    uuid: str
    sequencer: Sequencer

    def by(self, sequencer: Sequencer) -> "Books":
        """The same ledger, written by somebody else."""
        return Books(self.store, self.uuid, sequencer)

    async def submit(self, command: Command, key: str | None = None) -> Receipt:
        """The receipt of one command."""
        return await self.sequencer.submit(self.uuid, command, actor=CLERK, key=key)

    async def submit_all(self, *given: Command | Order, atomic: bool = False) -> list[Answer]:
        """The answers to commands that come together."""
        orders = [each if isinstance(each, Order) else Order(each) for each in given]
        return await self.sequencer.submit_all(self.uuid, orders, actor=CLERK, atomic=atomic)

    async def ledger(self) -> Ledger:
        """The ledger as it is now."""
        found = await self.store.journal.find(self.uuid)
        assert found is not None
        return found

    async def size(self) -> int:
        """How many records there are now."""
        return (await self.ledger()).head.size

    async def records(self) -> list[Record]:
        """The whole log."""
        ledger = await self.ledger()
        return [record async for record in self.store.journal.read_range(ledger.serial, 0, ledger.head.size)]


class Outsider:
    """A connection of somebody else's, with the driver alone: no SQLAlchemy, none of our settings."""

    def __init__(self, raw: "sqlite3.Connection | asyncpg.Connection[Any]") -> None:
        self.raw = raw

    @property
    def is_sqlite(self) -> bool:
        return isinstance(self.raw, sqlite3.Connection)

    async def fetch(self, sql: str) -> list[tuple[Any, ...]]:
        """All rows of a statement without parameters."""
        if isinstance(self.raw, sqlite3.Connection):
            return [tuple(row) for row in self.raw.execute(sql)]
        return [tuple(row) for row in await self.raw.fetch(sql)]

    async def value(self, sql: str) -> Any:
        """The first column of the first row."""
        return (await self.fetch(sql))[0][0]

    async def execute(self, sql: str) -> None:
        """Run a statement, committed at once unless `begin` was called."""
        if isinstance(self.raw, sqlite3.Connection):
            self.raw.execute(sql)
        else:
            await self.raw.execute(sql)

    async def disarm(self) -> None:
        """Take every trigger away, as somebody may who may do anything."""
        if self.is_sqlite:
            for (name,) in await self.fetch("SELECT name FROM sqlite_master WHERE type = 'trigger'"):
                await self.execute(f"DROP TRIGGER {name}")
        else:
            for (table,) in await self.fetch("SELECT tablename FROM pg_tables WHERE schemaname = 'public'"):
                await self.execute(f'ALTER TABLE "{table}" DISABLE TRIGGER ALL')

    @asynccontextmanager
    async def holding_head(self, uuid: str) -> AsyncIterator[None]:
        """Hold the lock that writers of this ledger need."""
        await self.execute("BEGIN IMMEDIATE" if self.is_sqlite else "BEGIN")
        try:
            if not self.is_sqlite:
                await self.execute(f"SELECT 1 FROM ledgers WHERE uuid = '{uuid}' FOR UPDATE")
            yield
        finally:
            await self.execute("ROLLBACK")

    async def waiters(self, count: int) -> None:
        """Return when `count` others wait for a lock. SQLite keeps no list of them: there it is a short pause."""
        if self.is_sqlite:
            await asyncio.sleep(0.05)
            return
        waiting = (
            "SELECT count(*) FROM pg_stat_activity "
            "WHERE datname = current_database() AND wait_event_type = 'Lock' AND state = 'active'"
        )
        async with asyncio.timeout(10):
            while await self.value(waiting) < count:
                # Inside a transaction the view is a snapshot of its first look.
                await self.execute("SELECT pg_stat_clear_snapshot()")
                await asyncio.sleep(0.01)


@asynccontextmanager
async def outsider(url: str, *, projected: bool = False) -> AsyncIterator[Outsider]:
    """An outsider on the journal's database, or on the projections'."""
    if url.startswith("sqlite"):
        path = make_projections_url(read_database_url(url)).database if projected else read_database_url(url).database
        assert path is not None
        file = sqlite3.connect(path, isolation_level=None, timeout=5)
        try:
            yield Outsider(file)
        finally:
            file.close()
        return
    server = await asyncpg.connect(url)
    try:
        yield Outsider(server)
    finally:
        await server.close()
