"""A database of each kind with the tables of the read models."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from ledger.store.engine import Database, database_url, open_database
from projections.projection import metadata


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
    opened = open_database(database_url(empty_database), durable=False)
    async with opened.write.begin() as connection:
        await connection.run_sync(metadata.create_all)
    yield opened
    await opened.close()
