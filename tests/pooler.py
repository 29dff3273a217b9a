"""A real PgBouncer in front of the tests' server, in transaction mode: each transaction may meet another connection of
the server's. It listens on a Unix socket alone, and ends with the block."""

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from ledger.store.urls import read_database_url
from tests.postgres import PostgresServer

PORT = 6432
IGNORED = "jit,plan_cache_mode,enable_seqscan,idle_in_transaction_session_timeout,lock_timeout,statement_timeout"
START_SECONDS_MAX = 20
PROGRAM = shutil.which("pgbouncer", path=f"{os.environ.get('PATH', '')}:/usr/sbin")

CONFIGURATION = """
[databases]
* = host={server}
[pgbouncer]
unix_socket_dir = {folder}
listen_port = {port}
auth_type = trust
auth_file = {folder}/users
pool_mode = transaction
default_pool_size = {size}
query_wait_timeout = 10
{more}
"""


@contextmanager
def pooler(server: PostgresServer, url: str, *, size: int = 3, ignoring: bool = False) -> Iterator[str]:
    """The URL of the same database through a pooler with `size` connections to it. `ignoring`: it lets settings at the
    start of a connection pass, and forgets them; else it refuses them."""
    if PROGRAM is None:
        if os.environ.get("CI"):
            pytest.fail("pgbouncer is not installed")
        pytest.skip("pgbouncer is not installed")
    folder = Path(tempfile.mkdtemp(prefix="llmedger-pb-", dir="/tmp"))  # a socket's path must be short
    try:
        more = f"ignore_startup_parameters = {IGNORED}" if ignoring else ""
        text = CONFIGURATION.format(server=server.folder, folder=folder, port=PORT, size=size, more=more)
        (folder / "configuration").write_text(text)
        (folder / "users").write_text('"postgres" ""\n')
        user = {"user": "pgserver"} if os.getuid() == 0 else {}  # it refuses to run as root
        if user:
            shutil.chown(folder, "pgserver")
        process = subprocess.Popen(
            [PROGRAM, str(folder / "configuration")],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            **user,  # type: ignore[call-overload]
        )
        try:
            _wait_for(folder / f".s.PGSQL.{PORT}")
            yield f"postgresql://postgres@/{read_database_url(url).database}?host={folder}&port={PORT}"
        finally:
            process.terminate()
            process.wait()
    finally:
        shutil.rmtree(folder)


def _wait_for(socket: Path) -> None:
    deadline = time.monotonic() + START_SECONDS_MAX
    while not socket.exists():
        assert time.monotonic() < deadline, "the pooler did not start"
        time.sleep(0.02)
