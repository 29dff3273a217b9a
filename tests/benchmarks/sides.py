"""A version of the service that is measured: this checkout, or the one that `BENCH_BASE` names, as it serves itself.

All that is asked of a side goes over HTTP, so that an older version can be one.
"""

import asyncio
import os
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import asyncpg
import psutil

from ledger.store.urls import make_projections_url, read_database_url
from tests.benchmarks.client import Target
from tests.benchmarks.installation import Bench, free_port

START_SECONDS = 180
PASSWORD = "bench-password"
OURS, BASE = "ours", "base"
PROJECTED_BYTES = (
    "SELECT sum(pg_total_relation_size(format('%I.%I', table_schema, table_name)::regclass)) "
    "FROM information_schema.columns WHERE column_name = 'generation'"
)

Ask = Callable[[bytes], Awaitable[tuple[int, dict[str, str]]]]


@dataclass
class Side:
    """A served version. `url`: of its database; `cookies`: of the users who are signed in."""

    url: str
    target: Target
    process: psutil.Process
    database: list[psutil.Process]
    """The server processes of PostgreSQL's first process; none for SQLite."""
    cookies: list[str] = field(default_factory=list)

    async def sign_in(self, username: str, password: str = PASSWORD, *, register: bool = True) -> str:
        """Register a user, unless there is one, sign in, and return the cookie."""
        body = {"username": username, "password": password}
        request = self.target.request("POST", f"/api/auth/{'register' if register else 'login'}", body)
        headers, _ = await self.target.ask(request)
        self.cookies.append(headers["set-cookie"].partition(";")[0])
        return self.cookies[-1]

    async def send(self, method: str, path: str, body: Any) -> None:
        """Change something as the first user. Raises RuntimeError where that is refused."""
        await self.target.ask(self.target.request(method, path, body, Cookie=self.cookies[0]))

    async def measure_projections(self) -> int:
        """Return the bytes on disk of all read models."""
        url = read_database_url(self.url)
        if url.get_backend_name() == "sqlite":
            return _measure_file(Path(str(make_projections_url(url).database)))
        server = await asyncpg.connect(self.url)
        try:
            await server.execute("CHECKPOINT")
            return int(await server.fetchval(PROJECTED_BYTES))
        finally:
            await server.close()

    def used_seconds(self) -> dict[str, float]:
        """Return the processor time used so far: by the process that answers, by the others of the service (its
        projector), and by PostgreSQL."""
        others = self.process.children(recursive=True)
        server = [each for first in self.database for each in (first, *first.children(recursive=True))]
        every = {"http": [self.process], "projector": others, "database": server}
        return {name: sum(map(_used, processes)) for name, processes in every.items()}


def _measure_file(file: Path) -> int:
    """Return the bytes of a SQLite file and its write-ahead log."""
    return sum(each.stat().st_size for each in file.parent.glob(f"{file.name}*") if not each.name.endswith("-shm"))


def _used(process: psutil.Process) -> float:
    try:
        return float(sum(process.cpu_times()[:4]))  # with that of children that have ended
    except psutil.Error:
        return 0.0


@asynccontextmanager
async def served(bench: Bench, engine: str, *command: str) -> AsyncIterator[Mapping[str, Side]]:
    """Serve a new database by each version, by its own command."""
    base = os.environ.get("BENCH_BASE")
    checkouts = {OURS: Path.cwd()} | ({BASE: Path(base)} if base else {})
    async with AsyncExitStack() as stack:
        yield {
            name: await stack.enter_async_context(_served(bench, engine, checkout, command))
            for name, checkout in checkouts.items()
        }


@asynccontextmanager
async def _served(bench: Bench, engine: str, checkout: Path, command: tuple[str, ...]) -> AsyncIterator[Side]:
    name, port = bench.new_name(), free_port()
    url = f"sqlite:///{bench.folder}/{name}.db" if engine == "sqlite" else bench.server.create_database(name)
    environment = {**os.environ, "LEDGER_DATABASE_URL": url, "LEDGER_PORT": str(port), "LEDGER_LOG_LEVEL": "error"}
    program = str(checkout / ".venv/bin/llmedger")
    migrating = await asyncio.create_subprocess_exec(
        program, "migrate", env=environment, cwd=checkout, stderr=asyncio.subprocess.DEVNULL
    )
    assert await migrating.wait() == 0
    process = await asyncio.create_subprocess_exec(
        program, *command, env=environment, cwd=checkout, stderr=asyncio.subprocess.DEVNULL
    )
    database = [] if engine == "sqlite" else [psutil.Process(bench.server.pid)]
    try:
        side = Side(
            url, Target(port, {"Origin": f"http://127.0.0.1:{port}"}), psutil.Process(process.pid), database=database
        )
        await side.target.ready(START_SECONDS)
        yield side
    finally:
        process.terminate()
        await process.wait()


@asynccontextmanager
async def connected(port: int) -> AsyncIterator[Ask]:
    """Give one caller's connection: it sends a request, and returns the answer's status and headers."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)

    async def ask(request: bytes) -> tuple[int, dict[str, str]]:
        writer.write(request)
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").splitlines()
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in head[1:] if line)}
        await reader.readexactly(int(headers.get("content-length", "0")))
        return int(head[0].split(" ")[1]), headers

    try:
        yield ask
    finally:
        writer.close()
