"""While the database is away every route says so. `tests/trials` has the other kinds of trouble and real processes."""

import asyncio
import datetime as dt
import os
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import asyncpg
import httpx
import pytest

from api.documents.status import read_status
from api.services import open_services, run_services
from api.settings import Settings
from ledger.sequencer import Sequencer, utc_now
from ledger.store import engine
from migrations import NotMigrated
from tests.http.service import Server, client, migrated, serve, signing_in, sqlite_settings, with_user
from tests.postgres import PostgresServer
from tests.postgres_proxy import proxy_to
from tests.walking import Asked, every_request, require_unavailable, require_well, walk

MANY = "100000 per hour"


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """A post waits for the database as long as ten seconds."""
    defaults = Sequencer.__init__.__kwdefaults__
    assert defaults is not None
    monkeypatch.setitem(defaults, "patience_seconds", 0.2)


@asynccontextmanager
async def serving(settings: Settings) -> AsyncIterator[Server]:
    """A server. The proxy in front of its database runs in this event loop, which must not wait for it."""
    running = serve(settings)
    server = await asyncio.to_thread(running.__enter__)
    try:
        yield server
    finally:
        await asyncio.to_thread(running.__exit__, None, None, None)


async def asked_of(server: Server, stack: AsyncExitStack) -> list[Asked]:
    """Requests for every route."""
    asked = await every_request(server, stack)
    assert len(asked) > 80
    return asked


async def test_postgresql_is_away_and_comes_back(postgres: PostgresServer, tmp_path: Path) -> None:
    url = postgres.create_database("away")
    migrated(Settings(database_url=url, _env_file=None))
    async with proxy_to(url) as proxy, AsyncExitStack() as stack:
        settings = Settings(database_url=proxy.url, registration_limit=MANY, _env_file=None, **signing_in(tmp_path))
        async with serving(settings) as started:
            server = await asyncio.to_thread(with_user, started)
            asked = await asked_of(server, stack)
            proxy.go_away()
            require_unavailable(await walk(server, asked, seconds_max=30))
            proxy.come_back()
            require_well(await walk(server, await asked_of(server, stack), seconds_max=30))
    postgres.drop_database("away")


async def test_a_sqlite_file_is_gone_and_comes_back(tmp_path: Path) -> None:
    settings = sqlite_settings(tmp_path, registration_limit=MANY, **signing_in(tmp_path))
    with serve(settings) as started:
        async with AsyncExitStack() as stack:
            server = with_user(started)
            asked = await asked_of(server, stack)
            os.rename(tmp_path / "ledger.db", tmp_path / "elsewhere.db")
            require_unavailable(await walk(server, asked, seconds_max=30))
            assert "ledger.db" not in os.listdir(tmp_path)
            os.rename(tmp_path / "elsewhere.db", tmp_path / "ledger.db")
            require_well(await walk(server, await asked_of(server, stack), seconds_max=30))


async def test_a_server_that_starts_while_the_database_is_away_serves_later(
    postgres: PostgresServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As a worker does that takes the place of one that ended."""
    monkeypatch.setattr("ledger.follow.PAUSE_SECONDS_MAX", 0.5)
    url = postgres.create_database("later")
    migrated(Settings(database_url=url, _env_file=None))
    async with proxy_to(url) as proxy:
        proxy.go_away()
        async with serving(Settings(database_url=proxy.url, _env_file=None)) as server:
            async with client(server) as api:
                assert (await api.get("/live")).status_code == 200
                for path in ("/ready", "/ledgers", "/auth/session"):
                    answer = await api.get(path)
                    assert (answer.status_code, answer.json()["code"]) == (503, "database_unavailable")
                proxy.come_back()
                while (await api.get("/ready")).status_code != 200:  # noqa: ASYNC110  (it is asked over HTTP)
                    await asyncio.sleep(0.05)
            assert (await asyncio.to_thread(with_user, server)).token
    postgres.drop_database("later")


async def test_a_database_that_was_never_migrated_still_ends_a_server(postgres: PostgresServer) -> None:
    url = postgres.create_database("bare")
    with pytest.raises(NotMigrated):
        async with run_services(Settings(database_url=url, _env_file=None), lambda _services: None, projecting=False):
            pass
    postgres.drop_database("bare")


async def test_a_frozen_server_is_said_to_be(postgres: PostgresServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "ANSWER_SECONDS", 3)
    url = postgres.create_database("frozen")
    migrated(Settings(database_url=url, _env_file=None))
    with serve(Settings(database_url=url, _env_file=None)) as started:
        server = with_user(started)
        async with client(server, token=server.token) as api:
            assert (await api.get("/ledgers")).status_code == 200
            postgres.execute(
                "CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
                "PERFORM pg_sleep(30); RETURN NEW; END $$",
                database="frozen",
            )
            postgres.execute(
                "CREATE TRIGGER slow BEFORE INSERT ON ledgers FOR EACH ROW EXECUTE FUNCTION slow()", database="frozen"
            )
            answer = await api.post("/ledgers", json={"id": "slow"})
            assert (answer.status_code, answer.json()["code"]) == (503, "timeout")
            postgres.execute("DROP TRIGGER slow ON ledgers", database="frozen")
            assert (await api.post("/ledgers", json={"id": "slow"})).status_code == 201
    postgres.drop_database("frozen")


async def test_ready_does_not_wait_long_for_a_database_that_does_not_answer(
    postgres: PostgresServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "ANSWER_SECONDS", 120)
    monkeypatch.setitem(engine.TIMEOUTS, "lock_timeout", "120s")
    url = postgres.create_database("stuck")
    migrated(Settings(database_url=url, _env_file=None))
    with serve(Settings(database_url=url, _env_file=None)) as server:
        async with client(server) as api:
            assert (await api.get("/ready")).status_code == 200
            holder = await asyncpg.connect(url)
            try:
                await holder.execute("BEGIN; LOCK TABLE checkpoints IN ACCESS EXCLUSIVE MODE")
                answer = await api.get("/ready")  # the client gives up long before the database does
                assert (answer.status_code, answer.json()["code"]) == (503, "timeout")
            finally:
                await holder.close()
            assert (await api.get("/ready")).status_code == 200
    postgres.drop_database("stuck")


# --- clocks


@pytest.mark.parametrize("seconds", [3600, -3600])
async def test_a_process_whose_clock_is_wrong_is_not_ready(
    postgres: PostgresServer, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, seconds: int
) -> None:
    """Also one that has not tried a write yet. The log says it once, and `status` says why."""
    defaults = Sequencer.__init__.__kwdefaults__
    assert defaults is not None
    monkeypatch.setitem(defaults, "clock", lambda: utc_now() + dt.timedelta(seconds=seconds))
    name = f"clocks{abs(seconds)}{seconds > 0}".lower()
    url = postgres.create_database(name)
    settings = migrated(Settings(database_url=url, _env_file=None))
    with serve(settings) as started:
        server = with_user(started)
        async with client(server, token=server.token) as api:
            for _ in range(3):
                answer = await asyncio.to_thread(httpx.get, f"{server.url}/api/ready", timeout=30)
                assert answer.status_code == 503
                assert answer.json() == {"status": "clock_behind", "troubles": ["clock_behind"]}
                assert int(answer.headers["Retry-After"]) >= 1
                refused = await api.post("/ledgers", json={"id": "books"})
                assert (refused.status_code, refused.json()["code"]) == (503, "clock_behind")
    side = "3600 s ahead of" if seconds > 0 else "3600 s behind"
    [line] = [each for each in caplog.messages if "clock" in each]
    assert line == f"no write is accepted: this process's clock is {side} the database's"
    async with open_services(settings) as services:
        found = await read_status(services, quick=True)
    assert not found.well
    assert found.troubles == [f"no write is accepted: this process's clock is {side} the database's; set the clocks"]
    postgres.drop_database(name)


async def test_clocks_that_agree_are_ready(postgres: PostgresServer, monkeypatch: pytest.MonkeyPatch) -> None:
    defaults = Sequencer.__init__.__kwdefaults__
    assert defaults is not None
    monkeypatch.setitem(defaults, "clock", lambda: utc_now() + dt.timedelta(seconds=30))
    url = postgres.create_database("agreeing")
    with serve(migrated(Settings(database_url=url, _env_file=None))) as server:
        async with client(server) as api:
            assert (await api.get("/ready")).json() == {"status": "ok", "troubles": []}
    postgres.drop_database("agreeing")
