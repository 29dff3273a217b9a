"""A server for each kind of database, started once; each test gets a ledger of its own."""

import itertools
import logging
from collections.abc import AsyncIterator, Iterator

import httpx
import pytest

from api.app import Service
from api.settings import Settings
from tests.http.service import (
    PASSWORD,
    Books,
    Server,
    client,
    migrated,
    open_books,
    serve,
    signing_in,
    sqlite_settings,
    with_user,
)

_ledger_numbers = itertools.count(1)
MANY = "100000 per hour"
"""Registrations: each test of roles makes people of its own."""


@pytest.fixture(scope="session")
def sqlite_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The session's server on SQLite; it signs checkpoints."""
    folder = tmp_path_factory.mktemp("server")
    signing = signing_in(tmp_path_factory.mktemp("signing"))
    with serve(sqlite_settings(folder, registration_limit=MANY, **signing)) as server:
        yield with_user(server)


@pytest.fixture(scope="session")
def postgres_server_(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The session's server on PostgreSQL; it signs checkpoints."""
    postgres = request.getfixturevalue("postgres")
    url = postgres.create_database("http")
    signing = signing_in(tmp_path_factory.mktemp("postgres-server"))
    with serve(migrated(Settings(database_url=url, registration_limit=MANY, _env_file=None, **signing))) as server:
        yield with_user(server)
    postgres.drop_database("http")


@pytest.fixture
def server(request: pytest.FixtureRequest) -> Server:
    """The server on SQLite, or, parametrised with `BOTH`, on each kind of database in turn."""
    kind = getattr(request, "param", "sqlite")
    found: Server = request.getfixturevalue("postgres_server_" if kind == "postgresql" else "sqlite_server")
    return found


@pytest.fixture
async def api(server: Server) -> AsyncIterator[httpx.AsyncClient]:
    """A signed-in client."""
    async with client(server, token=server.token) as api:
        yield api


@pytest.fixture
async def books(api: httpx.AsyncClient) -> Books:
    """A new ledger with a small chart of accounts, and nothing posted."""
    return await open_books(api, f"books-{next(_ledger_numbers)}")


@pytest.fixture(autouse=True)
def _nothing_went_wrong_in_the_server(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """A bug that a caller does not see is a bug."""
    yield
    wrong = [record.getMessage() for record in caplog.get_records("call") if record.levelno >= logging.ERROR]
    assert not wrong


@pytest.fixture
async def caller(app: Service) -> AsyncIterator[httpx.AsyncClient]:
    """The owner of a ledger `books` in the service `app`, which runs in this process."""
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://books") as caller:
        caller.headers["Origin"] = "http://books"
        signed_in = await caller.post("/api/auth/register", json={"username": "alice", "password": PASSWORD})
        assert signed_in.status_code == 201
        assert (await caller.post("/api/ledgers", json={"id": "books", "chart": "personal"})).status_code == 201
        opened = {"commands": [{"type": "open_account", "path": path} for path in ("Assets:Cash", "Income:Sales")]}
        await caller.post("/api/ledgers/books/commands", json=opened)
        yield caller
