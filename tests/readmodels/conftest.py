"""A database of each kind with the tables of the read models."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from ledger.store.engine import Database, open_database
from ledger.store.urls import read_database_url
from projections.projection import metadata
from tests.stores import ENGINES, Outsider, Store, migrated_url, open_store, outsider


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def empty_database(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of a new, empty database; a test that asks for it runs once for each kind."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'projections.db'}"
    url: str = request.getfixturevalue("fresh_postgres_database")
    return url


@pytest.fixture
async def database(empty_database: str) -> AsyncIterator[Database]:
    """A database with the tables of all read models that the test imports, without rows."""
    opened = open_database(read_database_url(empty_database), durable=False)
    opened.make_file()
    async with opened.write.begin() as connection:
        await connection.run_sync(metadata.create_all)
    yield opened
    await opened.close()


@pytest.fixture(params=ENGINES)
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A new database of each kind with every migration applied."""
    yield from migrated_url(request, tmp_path)


@pytest.fixture
async def store(url: str) -> AsyncIterator[Store]:
    """One process on it; at the end no connection may be checked out."""
    async with open_store(url) as opened:
        yield opened


@pytest.fixture
async def other(url: str, store: Store) -> AsyncIterator[Store]:
    """Another process on the same database."""
    async with open_store(url) as opened:
        yield opened


@pytest.fixture
async def outside(url: str, store: Store) -> AsyncIterator[Outsider]:
    """A plain connection to the database of the projections."""
    async with outsider(url, projected=True) as connection:
        yield connection
