"""A database with the service on it: made, filled, served, and looked at from outside."""

import asyncio
import os
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import asyncpg
import psutil

from api.auth.sessions import User
from api.services import Services, open_databases, open_services
from api.settings import Settings
from ledger.store.urls import make_projections_url, read_database_url
from migrations import migrate
from tests.benchmarks.client import Target
from tests.benchmarks.rows import say
from tests.postgres import PostgresServer

START_SECONDS = 120
SETTLE_SECONDS = 60
IDLE_SHARE = 0.1
"""Of a core: less is nobody's work."""
SAMPLE_SECONDS = 0.02


@dataclass
class Bench:
    """What a run of the benchmarks has: `seconds` a load takes, `events` in the largest journal, a folder, and a
    PostgreSQL of its own."""

    seconds: float
    events: int
    folder: Path
    server: PostgresServer
    made: int = 0

    def new_name(self) -> str:
        """Return a name for a database."""
        self.made += 1
        return f"bench_{self.made}"

    async def installation(self, engine: str) -> "Installation":
        """A new, migrated database."""
        name = self.new_name()
        url = f"sqlite:///{self.folder}/{name}.db" if engine == "sqlite" else self.server.create_database(name)
        made = Installation(engine, url)
        async with open_databases(made.settings) as databases:
            await migrate(*databases)
        return made


@dataclass
class Installation:
    """A database, and the user who owns all ledgers in it."""

    engine: str
    url: str
    user: User | None = None
    cookie: str = ""

    @property
    def settings(self) -> Settings:
        return Settings(database_url=self.url, log_level="error")

    @property
    def environment(self) -> dict[str, str]:
        """Of a process that works on it."""
        return {**os.environ, "LEDGER_DATABASE_URL": self.url, "LEDGER_LOG_LEVEL": "error"}

    @asynccontextmanager
    async def opened(self) -> AsyncIterator[Services]:
        """Its services, in this process."""
        async with open_services(self.settings) as services:
            yield services

    async def owner(self, services: Services) -> User:
        """The user, made at the first call, and signed in."""
        if self.user is None:
            self.user = await services.sessions.register("bench", "bench-password")
            _, token, _ = await services.sessions.begin(self.user)
            self.cookie = token.replace("=", "%3D")
        return self.user

    @asynccontextmanager
    async def served(self, *, workers: int = 0) -> AsyncIterator["Served"]:
        """The service in processes of its own. `workers`: as `llmedger serve --workers` starts it; 0: one process,
        with the routes that do nothing."""
        port = free_port()
        program = ["-m", "tests.benchmarks.server", str(port)]
        if workers:
            program = ["-c", "from api.cli import main; main()", "serve", "--workers", str(workers)]
        environment = {**self.environment, "LEDGER_PORT": str(port)}
        command = [sys.executable, *program]
        process = subprocess.Popen(command, env=environment, stderr=subprocess.DEVNULL)  # noqa: ASYNC220  (at once)
        headers = {"Cookie": f"auth-session={self.cookie}", "Origin": f"http://127.0.0.1:{port}"}
        try:
            served = Served(self, Target(port, headers), process)
            await served.target.ready(START_SECONDS)
            yield served
        finally:
            process.terminate()
            try:
                await asyncio.to_thread(process.wait, 30)
            except subprocess.TimeoutExpired:
                process.kill()

    async def rest(self) -> None:
        """Return when PostgreSQL has done what a load leaves behind. A journal that grows by posts gets that by and by;
        after millions of rows in minutes it would fall into what is measured next, and readers wait for its disk."""
        if self.engine == "postgresql":
            server = await asyncpg.connect(self.url)
            try:
                for statement in ("VACUUM (ANALYZE)", "CHECKPOINT"):
                    await server.execute(statement)
            finally:
                await server.close()

    @asynccontextmanager
    async def gauged(self) -> AsyncIterator["Gauge"]:
        """A connection of the driver's own, to see how far the projections are."""
        if self.engine == "postgresql":
            server = await asyncpg.connect(self.url)
            try:
                yield Gauge(server)
            finally:
                await server.close()
            return
        url = read_database_url(self.url)
        file = sqlite3.connect(str(url.database), isolation_level=None, timeout=5)
        file.execute("ATTACH ? AS projected", [str(make_projections_url(url).database)])
        try:
            yield Gauge(file)
        finally:
            file.close()


@dataclass
class Served:
    """A running service. `process` is the one that was started, which may have others below it."""

    installation: Installation
    target: Target
    process: "subprocess.Popen[bytes]"

    async def idle(self) -> None:
        """Return when all its processes have started and wait for work: the first answer is only the first one's."""
        deadline, before = time.monotonic() + START_SECONDS, 0.0
        while time.monotonic() < deadline:
            first = psutil.Process(self.process.pid)
            used = sum(sum(each.cpu_times()[:2]) for each in (first, *first.children(recursive=True)))
            if before and used - before < IDLE_SHARE:
                return
            before = used
            await asyncio.sleep(1)

    @property
    def memory(self) -> int:
        """Resident bytes of all its processes."""
        first = psutil.Process(self.process.pid)
        return sum(int(each.memory_info().rss) for each in (first, *first.children(recursive=True)))

    async def settled(self) -> None:
        """Return when the projections have caught up, so that what is measured next has the machine to itself."""
        deadline = time.monotonic() + SETTLE_SECONDS
        async with self.installation.gauged() as gauge:
            while await gauge.behind():
                if time.monotonic() > deadline:
                    say(f"  the projections did not catch up in {SETTLE_SECONDS} s; going on")
                    return
                await asyncio.sleep(0.05)


@dataclass
class Gauge:
    """Looks at sizes and checkpoints: one statement a look."""

    raw: "sqlite3.Connection | asyncpg.Connection[Any]"

    async def behind(self) -> int:
        """Records of all ledgers that the slowest projection has not seen."""
        schema = "projected." if isinstance(self.raw, sqlite3.Connection) else ""
        return await self._number(
            "SELECT coalesce(sum(size - coalesce("
            f"(SELECT min(applied) FROM {schema}checkpoints WHERE ledger = serial AND live), 0)), 0) FROM ledgers"
        )

    async def lag(self, serial: int) -> tuple[int, int]:
        """A ledger's size, and how far its slowest projection has come."""
        if isinstance(self.raw, sqlite3.Connection):
            row = self.raw.execute(_LAG.format(schema="projected.", serial=serial)).fetchone()
        else:
            row = await self.raw.fetchrow(_LAG.format(schema="", serial=serial))
        return int(row[0]), int(row[1] or 0)

    async def _number(self, sql: str) -> int:
        if isinstance(self.raw, sqlite3.Connection):
            return int(self.raw.execute(sql).fetchone()[0])
        return int(await self.raw.fetchval(sql))


_LAG = (
    "SELECT size, (SELECT min(applied) FROM {schema}checkpoints WHERE ledger = serial AND live) "
    "FROM ledgers WHERE serial = {serial}"
)


@dataclass
class Lags:
    """How long records waited for the slowest projection, sampled: a size is noted when it is first seen, and its age
    when the projection is seen to have come as far."""

    waiting: list[tuple[int, float]] = field(default_factory=list)
    milliseconds: list[float] = field(default_factory=list)

    def look(self, size: int, applied: int, now: float) -> None:
        """One sample."""
        if not self.waiting or self.waiting[-1][0] < size:
            self.waiting.append((size, now))
        while self.waiting and self.waiting[0][0] <= applied:
            self.milliseconds.append((now - self.waiting.pop(0)[1]) * 1000)

    @property
    def p99(self) -> float:
        ordered = sorted(self.milliseconds)
        return ordered[int(0.99 * (len(ordered) - 1))]


@asynccontextmanager
async def lags_watched(installation: Installation, serial: int) -> AsyncIterator[Lags]:
    """Sample every 20 ms inside the block, and after it until everything seen has been applied."""
    lags, stopping = Lags(), asyncio.Event()
    async with installation.gauged() as gauge:

        async def watch() -> None:
            while not (stopping.is_set() and not lags.waiting):
                size, applied = await gauge.lag(serial)
                lags.look(lags.waiting[-1][0] if stopping.is_set() else size, applied, time.perf_counter())
                await asyncio.sleep(SAMPLE_SECONDS)

        watching = asyncio.create_task(watch())
        try:
            yield lags
        finally:
            stopping.set()
            await watching


def free_port() -> int:
    """Return a port that nobody uses now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
