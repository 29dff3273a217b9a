"""Every route while the database is away, restarting, frozen, full, read-only, out of connections or behind a pooler.

Each answer is a success, a mistake of the caller's, or 503 with Retry-After, within bounded time; the log says little;
and all is well again by itself.

Everything is real: `llmedger serve` in processes of its own, a PostgreSQL of its own, PgBouncer, SIGSTOP, a full
filesystem.
"""

import asyncio
import os
import shutil
import socket
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import asyncpg
import httpx
import psutil
import pytest

from api.settings import Settings
from tests.http.service import PASSWORD, Server, migrated, signing_in
from tests.pooler import pooler
from tests.postgres import PostgresServer, postgres_server
from tests.walking import Answered, Asked, every_request, require_sound, require_unavailable, require_well, walk

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

ANSWER_SECONDS_MAX = 90.0
"""For one answer, whatever the state: waiting for a connection, for a statement, and for the outcome of a batch."""
READY_SECONDS_MAX = 60.0
LINES_MAX = 60
"""In the log of a server and its projector while a fault lasts, besides the lines of requests."""


@dataclass
class Served:
    """`llmedger serve` on a database, and what it writes to its log."""

    server: Server
    process: psutil.Process
    log: Path

    def said(self, since: int = 0) -> list[str]:
        """The lines from the `since`th on that are no requests."""
        return [line for line in self.log.read_text().splitlines()[since:] if " api.access" not in line]

    @property
    def lines(self) -> int:
        return len(self.log.read_text().splitlines())

    async def ready(self) -> None:
        """Return when it is ready for work and its read models have caught up."""
        deadline = time.monotonic() + READY_SECONDS_MAX
        async with httpx.AsyncClient(base_url=self.server.url, timeout=READY_SECONDS_MAX) as api:
            while (answer := await api.get("/api/ready")).status_code != 200:
                assert time.monotonic() < deadline, answer.text
                await asyncio.sleep(0.2)


@contextmanager
def served(folder: Path, url: str, *arguments: str) -> Iterator[Served]:
    """A server on a port that was free a moment ago; the database is migrated."""
    log = folder / "log"
    port = _free_port()
    given = {"registration_limit": "100000 per hour", "sign_in_limit": "1000 per hour", **signing_in(folder)}
    settings = Settings(database_url=url, port=port, _env_file=None, **given)
    environment = {name: value for name, value in os.environ.items() if not name.startswith("LEDGER_")}
    environment |= {f"LEDGER_{name.upper()}": str(value) for name, value in given.items()}
    environment |= {"LEDGER_DATABASE_URL": url, "LEDGER_PORT": str(port), "TMPDIR": str(folder)}
    with log.open("ab") as written:
        process = psutil.Popen(
            [str(Path(sys.executable).with_name("llmedger")), "serve", *arguments],
            env=environment,
            cwd=folder,
            stdout=written,
            stderr=written,
        )
    try:
        made = Served(Server(f"http://127.0.0.1:{port}", settings), process, log)
        _wait_until(lambda: _answers(made.server), process, log)
        httpx.post(f"{made.server.url}/api/auth/register", json={"username": "alice", "password": PASSWORD})
        yield made
    finally:
        process.terminate()
        process.wait(60)


def _free_port() -> int:
    with closing(socket.socket()) as listening:
        listening.bind(("127.0.0.1", 0))
        return int(listening.getsockname()[1])


def _answers(server: Server) -> bool:
    try:
        return httpx.get(f"{server.url}/api/ready", timeout=10).status_code == 200
    except httpx.TransportError:
        return False


def _wait_until(condition: Callable[[], bool], process: psutil.Popen, log: Path) -> None:
    deadline = time.monotonic() + 2 * READY_SECONDS_MAX
    while not condition():
        assert process.poll() is None and time.monotonic() < deadline, log.read_text()
        time.sleep(0.1)


@asynccontextmanager
async def walked(served: Served, *, by_itself: bool = True) -> AsyncIterator[list[Asked]]:
    """Prepare requests for every route; afterwards the server must be well and have said little in its log.

    It becomes well `by_itself`, or with the first post that is taken: a refused one counts for a minute.
    """
    async with AsyncExitStack() as stack:
        asked = await every_request(served.server, stack)
        await served.ready()
        before = served.lines
        yield asked
        if not by_itself:
            await _taken(served, _post_of(asked))
        await served.ready()
        said = served.said(before)
        assert len(said) <= LINES_MAX, "\n".join(said)
        assert not any("Traceback" in line for line in said), "\n".join(said)
    async with AsyncExitStack() as stack:
        require_well(await walk(served.server, await every_request(served.server, stack), seconds_max=30))


async def _taken(served: Served, post: Asked) -> None:
    """Post until it is taken."""
    deadline = time.monotonic() + READY_SECONDS_MAX
    while (answers := await asked_in_trouble(served, [post]))[0].status == 503:
        assert time.monotonic() < deadline, answers
        await asyncio.sleep(0.2)


def _post_of(asked: list[Asked]) -> Asked:
    """The plain post of a transaction among them."""
    [post] = [each for each in chosen(asked, "POST", "/transactions") if not each.headers]
    return post


async def asked_in_trouble(served: Served, asked: list[Asked]) -> list[Answered]:
    """The answers, each within bounded time."""
    answers = await walk(served.server, asked, seconds_max=ANSWER_SECONDS_MAX)
    require_sound(answers)
    return answers


def chosen(asked: list[Asked], method: str, *ends: str) -> list[Asked]:
    """The requests of this method whose path ends so."""
    return [each for each in asked if each.method == method and each.path.endswith(ends)]


def answers_to(answers: list[Answered], method: str, *ends: str) -> list[Answered]:
    """The answers to requests of this method whose path ends so."""
    wanted = chosen([each.asked for each in answers], method, *ends)
    return [each for each in answers if each.asked in wanted]


# --- PostgreSQL ------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def own_postgres() -> Iterator[PostgresServer]:
    """A server that tests may stop."""
    with postgres_server() as server:
        yield server


@pytest.fixture(scope="module")
def books_url(own_postgres: PostgresServer) -> str:
    """A database that belongs to one role, and is used by another that has no more rights than it needs."""
    own_postgres.execute("CREATE ROLE app LOGIN")
    url = own_postgres.create_database("books")
    migrated(Settings(database_url=url, _env_file=None))
    own_postgres.execute("GRANT USAGE ON SCHEMA public TO app", database="books")
    own_postgres.execute("GRANT ALL ON ALL TABLES IN SCHEMA public TO app", database="books")
    own_postgres.execute("GRANT ALL ON ALL SEQUENCES IN SCHEMA public TO app", database="books")
    own_postgres.execute("GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA public TO app", database="books")
    return url.replace("postgres@", "app@") + "&connect_timeout=5"


@pytest.fixture(scope="module")
def on_postgres(books_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with served(tmp_path_factory.mktemp("served"), books_url) as made:
        yield made


@pytest.mark.postgres
async def test_the_database_is_away(on_postgres: Served, own_postgres: PostgresServer) -> None:
    async with walked(on_postgres) as asked:
        own_postgres.stop()
        try:
            require_unavailable(await asked_in_trouble(on_postgres, asked))
        finally:
            own_postgres.start()


@pytest.mark.postgres
async def test_the_database_restarts_again_and_again(on_postgres: Served, own_postgres: PostgresServer) -> None:
    stopping = threading.Event()

    def restart() -> None:
        while not stopping.wait(1.0):
            own_postgres.stop()
            own_postgres.start()

    async with walked(on_postgres) as asked:
        restarting = asyncio.create_task(asyncio.to_thread(restart))
        try:
            for _ in range(3):
                await asked_in_trouble(on_postgres, asked)
        finally:
            stopping.set()
            await restarting


@pytest.mark.postgres
async def test_the_database_is_frozen(on_postgres: Served, own_postgres: PostgresServer) -> None:
    async with walked(on_postgres) as asked:
        own_postgres.freeze()
        try:
            require_unavailable(await asked_in_trouble(on_postgres, asked))
        finally:
            own_postgres.thaw()


@pytest.mark.postgres
async def test_the_database_takes_no_writes(on_postgres: Served, own_postgres: PostgresServer) -> None:
    """As a standby says, and a primary that was set to it."""
    async with walked(on_postgres) as asked:
        own_postgres.execute("ALTER SYSTEM SET default_transaction_read_only = on")
        own_postgres.execute("SELECT pg_reload_conf()")
        try:
            await asyncio.sleep(0.5)
            answers = await asked_in_trouble(on_postgres, asked)
            [ready] = answers_to(answers, "GET", "/api/ready")
            assert ready.status == 503 and "writes_refused" in ready.text
            assert {each.status for each in answers_to(answers, "POST", "/transactions")} == {503}
            assert {each.status for each in answers_to(answers, "GET", "/balances", "/dashboard", "/accounts")} == {200}
        finally:
            await _writable(own_postgres)


async def _writable(server: PostgresServer) -> None:
    connection = await asyncpg.connect(server.url())
    await connection.execute("SET default_transaction_read_only = off")
    await connection.execute("ALTER SYSTEM RESET default_transaction_read_only")
    await connection.execute("SELECT pg_reload_conf()")
    await connection.close()


@pytest.mark.postgres
async def test_the_database_has_no_connection_left(on_postgres: Served, own_postgres: PostgresServer) -> None:
    async with walked(on_postgres) as asked:
        own_postgres.execute("ALTER ROLE app CONNECTION LIMIT 0")
        own_postgres.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'app'")
        try:
            require_unavailable(await asked_in_trouble(on_postgres, asked))
        finally:
            own_postgres.execute("ALTER ROLE app CONNECTION LIMIT -1")


@pytest.mark.postgres
async def test_the_database_has_few_connections(on_postgres: Served, own_postgres: PostgresServer) -> None:
    """Fewer than a process would take: it is slower, and everything works."""
    async with walked(on_postgres) as asked:
        own_postgres.execute("ALTER ROLE app CONNECTION LIMIT 5")
        own_postgres.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'app'")
        try:
            answers = await asked_in_trouble(on_postgres, asked)
            assert sum(each.status == 503 for each in answers) < len(answers) / 4
        finally:
            own_postgres.execute("ALTER ROLE app CONNECTION LIMIT -1")


@pytest.mark.postgres
async def test_connections_are_terminated_all_the_time(on_postgres: Served, own_postgres: PostgresServer) -> None:
    stopping = threading.Event()

    def terminate() -> None:
        while not stopping.wait(0.1):
            own_postgres.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'app'")

    async with walked(on_postgres) as asked:
        terminating = asyncio.create_task(asyncio.to_thread(terminate))
        try:
            for _ in range(2):
                await asked_in_trouble(on_postgres, asked)
        finally:
            stopping.set()
            await terminating


@pytest.mark.postgres
async def test_the_services_role_has_lost_a_right(on_postgres: Served, own_postgres: PostgresServer) -> None:
    async with walked(on_postgres) as asked:
        own_postgres.execute("REVOKE ALL ON checkpoints, ledgers FROM app", database="books")
        try:
            before = on_postgres.lines
            await asked_in_trouble(on_postgres, asked)
            assert any("as app cannot be used: a right is missing" in line for line in on_postgres.said(before))
        finally:
            own_postgres.execute("GRANT ALL ON checkpoints, ledgers TO app", database="books")


@pytest.mark.postgres
async def test_a_worker_that_ends_meanwhile_comes_back(
    books_url: str, own_postgres: PostgresServer, tmp_path: Path
) -> None:
    with served(tmp_path, books_url, "--workers", "2") as made:
        async with walked(made) as asked:
            own_postgres.stop()
            try:
                for child in made.process.children(recursive=True):
                    if "resource_tracker" not in " ".join(child.cmdline()):
                        child.kill()
                await _live_again(made)
                require_unavailable(await asked_in_trouble(made, asked))
            finally:
                own_postgres.start()


async def _live_again(made: Served) -> None:
    deadline = time.monotonic() + READY_SECONDS_MAX
    async with httpx.AsyncClient(base_url=made.server.url, timeout=30) as api:
        while True:
            assert time.monotonic() < deadline, made.log.read_text()
            try:
                if (await api.get("/api/live")).status_code == 200:
                    return
            except httpx.TransportError:
                await asyncio.sleep(0.2)


# --- a full disk -----------------------------------------------------------------------------------------------------


@contextmanager
def small_disk(folder: Path, megabytes: int) -> Iterator[Path]:
    """A filesystem of this size. Where none can be mounted, the test is skipped; in CI it fails."""
    folder.mkdir()
    folder.chmod(0o777)
    done = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={megabytes}m,mode=777", "tmpfs", str(folder)], check=False
    )
    if done.returncode != 0:
        if os.environ.get("CI"):
            pytest.fail("no filesystem could be mounted")
        pytest.skip("no filesystem can be mounted by this user")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


@contextmanager
def filled(disk: Path) -> Iterator[None]:
    """Nothing is left on it."""
    file = disk / "filler"
    with file.open("wb", buffering=0) as filler, suppress(OSError):
        while filler.write(bytes(4096)):
            pass
    try:
        yield
    finally:
        file.unlink()


@pytest.mark.postgres
async def test_the_disk_of_postgresql_is_full(
    own_postgres: PostgresServer, tmp_path_factory: pytest.TempPathFactory, tmp_path: Path
) -> None:
    """The tables lie on a small filesystem of their own; what is full is theirs."""
    with small_disk(own_postgres.folder.parent / "small", 64) as disk:
        place = disk / "place"
        place.mkdir()
        place.chmod(0o777)
        own_postgres.execute(f"CREATE TABLESPACE small LOCATION '{_owned(place)}'")
        own_postgres.execute("CREATE DATABASE small_books TABLESPACE small")
        try:
            url = own_postgres.url("small_books")
            migrated(Settings(database_url=url, _env_file=None))
            with served(tmp_path, url) as made:
                async with walked(made, by_itself=False) as asked:
                    with filled(disk):
                        full = await _fill(made, asked)
                        assert any("no space" in each.text for each in full), [str(each) for each in full]
                        answers = await asked_in_trouble(made, asked)
                        assert [each.status for each in answers_to(answers, "GET", "/api/ready")] == [503]
        finally:
            own_postgres.drop_database("small_books")
            own_postgres.execute("DROP TABLESPACE small")


def _owned(place: Path) -> Path:
    if os.getuid() == 0:
        shutil.chown(place, "pgserver")
    return place


async def _fill(made: Served, asked: list[Asked]) -> list[Answered]:
    """Post until the disk takes no more: the last answers."""
    post = _post_of(asked)
    assert post.body is not None
    large = Asked(post.method, post.path, post.token, {**post.body, "notes": "x" * 9_000})
    for _ in range(40):
        answers = await asked_in_trouble(made, [large] * 20)
        if any(each.status == 503 for each in answers):
            return [each for each in answers if each.status == 503]
    raise AssertionError("the disk was never full")


async def test_the_disk_of_sqlite_is_full(tmp_path: Path) -> None:
    with small_disk(tmp_path / "small", 16) as disk:
        url = f"sqlite:///{disk / 'ledger.db'}"
        migrated(Settings(database_url=url, _env_file=None))
        with served(tmp_path, url) as made:
            async with walked(made, by_itself=False) as asked:
                with filled(disk):
                    full = await _fill(made, asked)
                    assert any("no space" in each.text for each in full), [str(each) for each in full]
                    answers = await asked_in_trouble(made, asked)
                    assert [each.status for each in answers_to(answers, "GET", "/api/ready")] == [503]


# --- a pooler --------------------------------------------------------------------------------------------------------


@pytest.mark.postgres
@pytest.mark.parametrize("ignoring", [False, True], ids=["refusing settings", "ignoring settings"])
async def test_everything_works_behind_a_pooler(own_postgres: PostgresServer, tmp_path: Path, ignoring: bool) -> None:
    name = f"pooled_{ignoring}".lower()
    direct = own_postgres.create_database(name)
    try:
        with pooler(own_postgres, direct, ignoring=ignoring) as url:
            migrated(Settings(database_url=url, _env_file=None))
            with served(tmp_path, url) as made:
                async with walked(made) as asked:
                    require_well(await walk(made.server, asked, seconds_max=60))
                async with walked(made) as asked:
                    own_postgres.stop()
                    try:
                        require_unavailable(await asked_in_trouble(made, asked))
                    finally:
                        own_postgres.start()
    finally:
        own_postgres.drop_database(name)


# --- SQLite ----------------------------------------------------------------------------------------------------------


@pytest.fixture
def on_sqlite(tmp_path: Path) -> Iterator[Served]:
    url = f"sqlite:///{tmp_path / 'ledger.db'}"
    migrated(Settings(database_url=url, _env_file=None))
    with served(tmp_path, url) as made:
        yield made


async def test_the_file_is_locked_by_somebody_else(on_sqlite: Served, tmp_path: Path) -> None:
    async with walked(on_sqlite) as asked:
        with closing(sqlite3.connect(tmp_path / "ledger.db", isolation_level=None)) as holder:
            holder.execute("BEGIN IMMEDIATE")
            answers = await asked_in_trouble(on_sqlite, asked)
            assert {each.status for each in answers_to(answers, "GET", "/balances", "/dashboard", "/accounts")} == {200}


async def test_the_file_is_gone(on_sqlite: Served, tmp_path: Path) -> None:
    async with walked(on_sqlite) as asked:
        os.rename(tmp_path / "ledger.db", tmp_path / "elsewhere.db")
        try:
            require_unavailable(await asked_in_trouble(on_sqlite, asked))
            assert "ledger.db" not in os.listdir(tmp_path)
        finally:
            os.rename(tmp_path / "elsewhere.db", tmp_path / "ledger.db")


async def test_the_file_of_the_read_models_is_gone(on_sqlite: Served, tmp_path: Path) -> None:
    async with walked(on_sqlite) as asked:
        os.rename(tmp_path / "ledger-projections.db", tmp_path / "elsewhere.db")
        try:
            await asked_in_trouble(on_sqlite, asked)
        finally:
            os.rename(tmp_path / "elsewhere.db", tmp_path / "ledger-projections.db")


async def test_the_system_lets_no_file_grow(on_sqlite: Served) -> None:
    """SQLite calls it an I/O error."""
    processes = [on_sqlite.process, *on_sqlite.process.children(recursive=True)]
    async with walked(on_sqlite, by_itself=False) as asked:
        for each in processes:
            each.rlimit(psutil.RLIMIT_FSIZE, (4096, psutil.RLIM_INFINITY))
        try:
            answers = await asked_in_trouble(on_sqlite, asked)
            assert any(each.status == 503 for each in answers)
        finally:
            for each in processes:
                each.rlimit(psutil.RLIMIT_FSIZE, (psutil.RLIM_INFINITY, psutil.RLIM_INFINITY))
