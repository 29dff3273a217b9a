"""PostgreSQL as a process reaches it: directly, or through a pooler that gives each transaction another connection of
the server's. Which of the two it is, the service finds out itself with its first connection.

A direct connection is set up once: settings at its start, statements prepared under a name. Behind a pooler neither is
there in the next transaction. So nothing is set for longer than a transaction there, and no statement has a name; that
costs a round trip more for each statement and planning it each time.
"""

import asyncio
import logging
import re
import socket
from collections.abc import Mapping
from typing import Any, TypeAlias, cast

import asyncpg

from ledger.libpq import PostgresqlUrl, make_driver_arguments

log = logging.getLogger(__name__)

ANSWER_SECONDS = 30.0
"""How long the driver waits for the answer to one statement before it takes the server for frozen."""
STATEMENTS_KEPT = 100
"""Prepared statements of a direct connection: as many as the driver keeps unless it is told otherwise."""
_OPTION = re.compile(r"(?:-c\s*|--)([A-Za-z_][\w.-]*)\s*=")
_SOCKET_OPTIONS = {
    "keepalives_idle": "TCP_KEEPIDLE",
    "keepalives_interval": "TCP_KEEPINTVL",
    "keepalives_count": "TCP_KEEPCNT",
}

Settings: TypeAlias = Mapping[str, str]
Driver: TypeAlias = "asyncpg.Connection[Any]"


class Server:
    """One database of a PostgreSQL server, by its URL."""

    def __init__(self, url: PostgresqlUrl, *, answer_seconds: float | None = ANSWER_SECONDS) -> None:
        """`answer_seconds`: None where statements may take as long as they need."""
        self._url = url
        self._answer_seconds = answer_seconds
        self._finding = asyncio.Lock()
        self.pooled: bool | None = None
        """Whether a pooler is in between; None: not found out yet."""

    async def connect(self, settings: Settings) -> Driver:
        """Return a new connection with these settings, as far as there is no pooler. Raises what the driver raises."""
        if self.pooled is None:
            await self._find_out()
        if self.pooled:
            pooled: Any = await self._connect(statement_cache_size=0, command_timeout=self._answer_seconds)
            # The driver sets jit for the session while it looks at types: here, for whoever comes next.
            pooled._server_caps = pooled._server_caps._replace(jit=False)
            return cast(Driver, pooled)
        return await self._connect(settings, statement_cache_size=STATEMENTS_KEPT, command_timeout=self._answer_seconds)

    def begin(self, mode: str, settings: Settings) -> str:
        """Return the statements that begin a transaction: `mode` follows BEGIN. Behind a pooler it brings its
        settings."""
        begun = f"BEGIN {mode}".rstrip()
        if not self.pooled:
            return begun
        return "; ".join([begun, *(f"SET LOCAL {name} = '{value}'" for name, value in settings.items())])

    def forget(self) -> None:
        """Ask anew with the next connection whether there is a pooler."""
        self.pooled = None

    async def _find_out(self) -> None:
        """Return whether there is a pooler: it gives its clients another process number than the one of the server's
        process that answers them."""
        async with self._finding:
            if self.pooled is not None:
                return
            connection = await self._connect(statement_cache_size=0)
            try:
                process = await connection.fetchval("SELECT pg_backend_pid()", timeout=self._answer_seconds)
                self.pooled = process != connection.get_server_pid()
            finally:
                connection.terminate()
            if self.pooled:
                log.info(
                    "the database %s is behind a pooler: no settings for sessions, no named statements",
                    self._url.place,
                )

    async def _connect(self, settings: Settings | None = None, **options: Any) -> Driver:
        arguments = make_driver_arguments(self._url)
        own = arguments.pop("server_settings")
        asked = set(_OPTION.findall(own.get("options", "")))
        added = {name: value for name, value in (settings or {}).items() if name not in asked}
        connection: Driver = await asyncpg.connect(**arguments, server_settings=added | own, **options)
        _keep_alive(connection, self._url)
        return connection


def _keep_alive(connection: Driver, url: PostgresqlUrl) -> None:
    """Let the kernel find out that the other side has gone, as libpq does."""
    given = url.parameters
    transport: Any = connection._transport  # type: ignore[attr-defined]  # the driver has no other way to it
    found = transport.get_extra_info("socket")
    if found is None or found.family == socket.AF_UNIX or given.get("keepalives") == "0":
        return
    found.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for name, option in _SOCKET_OPTIONS.items():
        if name in given and hasattr(socket, option):
            found.setsockopt(socket.IPPROTO_TCP, getattr(socket, option), int(given[name]))
    if "tcp_user_timeout" in given and hasattr(socket, "TCP_USER_TIMEOUT"):
        found.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, int(given["tcp_user_timeout"]))
