"""A request that holds a connection to the database asks for no other.

Else some requests that hold all connections of a pooler wait for each other until they time out.
"""

import traceback
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from contextvars import ContextVar
from pathlib import Path

import pytest
from sqlalchemy.ext.asyncio import AsyncConnection

from api.settings import Settings
from ledger.store.connections import Connections
from tests.http.service import migrated, serve, signing_in, with_user
from tests.postgres import PostgresServer
from tests.walking import every_request, require_well, walk


@pytest.fixture
def asked_while_held(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The places in the code where whoever holds a connection asked for another."""
    places: list[str] = []
    holds: ContextVar[bool] = ContextVar("holds", default=False)
    connect = Connections.connect

    @asynccontextmanager
    async def watched(connections: Connections) -> AsyncIterator[AsyncConnection]:
        if holds.get():
            places.append("".join(traceback.format_stack()))
        async with connect(connections) as connection:
            before = holds.get()
            # The scratch file of a past dashboard belongs to its request alone: nobody else waits for it.
            holds.set(before or connections._shared.server is not None)
            try:
                yield connection
            finally:
                holds.set(before)

    monkeypatch.setattr(Connections, "connect", watched)
    return places


async def test_no_request_holds_a_connection_and_asks_for_another(
    postgres: PostgresServer, tmp_path: Path, asked_while_held: list[str]
) -> None:
    url = postgres.create_database("held")
    settings = Settings(database_url=url, registration_limit="100000 per hour", _env_file=None, **signing_in(tmp_path))
    migrated(settings)
    with serve(settings) as started:
        server = with_user(started)
        async with AsyncExitStack() as stack:
            require_well(await walk(server, await every_request(server, stack), seconds_max=60))
    postgres.drop_database("held")
    assert [place for place in asked_while_held if "projector.py" not in place] == []
