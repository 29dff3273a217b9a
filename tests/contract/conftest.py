"""A migrated database of each kind: every test of the contract runs on both.

Tests have ledgers of their own; one that does something to the database itself is marked `own_database`.
"""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from tests.stores import ENGINES, Outsider, Store, migrated_url, open_store, outsider


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "own_database: shares its database with no other test")


@pytest.fixture(params=ENGINES)
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A database with all migrations applied."""
    yield from migrated_url(request, tmp_path, shared=request.node.get_closest_marker("own_database") is None)


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
    """A plain connection to the journal's database."""
    async with outsider(url) as connection:
        yield connection
