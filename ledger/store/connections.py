"""Connections that a process keeps, and the one place where an error of a driver becomes one that callers know.

Whatever fails between taking a connection and giving it back is looked at here: a database that cannot be used is
`TimedOut` or `DatabaseUnavailable`, which are safe to repeat; every other error passes unchanged.
"""

import asyncio
import os
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy import Engine
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from ledger.errors import DatabaseUnavailable, Unavailable
from ledger.store.faults import (
    AWAY,
    CHANGED,
    NO_CONNECTION,
    READ_ONLY,
    TIMED_OUT,
    Fault,
    Health,
    find_connecting_fault,
    find_statement_fault,
)
from ledger.store.files import find_obstacle
from ledger.store.postgresql import Server

POOL_SIZE = 10
POOL_WAIT_SECONDS = 10.0
GOODBYE_SECONDS = 1.0
ROOM_PAUSE_SECONDS_MAX = 1.0
"""Between two attempts to connect while the server has no connection left."""


@dataclass
class Shared:
    """What all connections of one database have in common."""

    health: Health
    server: Server | None = None
    """None for SQLite."""
    file: str | None = None
    """The file of a SQLite database: a connection to another one that lay there before is closed."""
    all: "list[Connections]" = field(default_factory=list)

    @property
    def pooled(self) -> bool:
        return self.server is not None and bool(self.server.pooled)

    def find_file(self) -> tuple[int, int] | None:
        """Return which file is there: another one in its place has another number. None: there is none."""
        if self.file is None:
            return None
        try:
            found = os.stat(self.file)
        except OSError:  # connecting says more
            return None
        return found.st_dev, found.st_ino

    def note_failure(self, fault: Fault, *, writing: bool) -> Unavailable:
        """Note what is wrong; return the error for the caller."""
        if fault.reason == CHANGED and self.server is not None:
            self.server.forget()
        return self.health.note_failure(self._explained(fault), writing=writing)

    def _explained(self, fault: Fault) -> Fault:
        """Return what the file system says of a SQLite file that cannot be opened or written to: SQLite itself does not
        tell."""
        if self.file is None or fault.reason not in (AWAY, READ_ONLY):
            return fault
        obstacle = find_obstacle(Path(self.file))
        return fault if obstacle is None else Fault(READ_ONLY, PermissionError(obstacle), fault.loses_connection)


class Connections:
    """Connections that stay as they are between two uses, so many of them at a time: taking one out of SQLAlchemy's
    pool and giving it back costs twice as much as a look-up.

    One that was lost, or left inside a transaction, is closed.
    """

    writes = False

    def __init__(self, engine: AsyncEngine, shared: Shared, *, places: int = POOL_SIZE) -> None:
        """Keep connections that commit by themselves: there is nothing to end after a query."""
        self._engine = engine
        self._shared = shared
        self._idle: list[_Kept] = []
        self._unwanted: set[asyncio.Task[None]] = set()
        self._places = asyncio.Semaphore(places)
        self.in_use = 0
        """Connections taken and not given back."""
        shared.all.append(self)

    @property
    def pooled(self) -> bool:
        """Whether a pooler is between this process and the server, as far as that is known yet."""
        return self._shared.pooled

    @asynccontextmanager
    async def connect(self, *, once: bool = False) -> AsyncIterator[AsyncConnection]:
        """Give a connection; `once`: a new one, which is closed afterwards. Raises TimedOut and DatabaseUnavailable,
        also for what fails inside the block."""
        await self._wait()
        self.in_use += 1
        try:
            kept = await (self._new() if once else self._take())
            whole = False
            try:
                yield kept.connection
                whole = True
            except Exception as error:
                fault = find_statement_fault(error)
                if fault is None:
                    raise
                if fault.loses_connection:
                    kept.abandon()
                raise self._shared.note_failure(fault, writing=self.writes) from error
            finally:
                # A statement that was cancelled may be half sent, and a pooler would hold the server's connection.
                if not once and kept.is_ready() and (whole or not self._shared.pooled):
                    self._idle.append(kept)
                else:
                    await kept.end()
            if self._shared.health.troubles:
                self._shared.health.note_success(writing=False)
        finally:
            self.in_use -= 1
            self._places.release()

    async def _wait(self) -> None:
        if not self._places.locked():
            await self._places.acquire()
            return
        try:
            async with asyncio.timeout(POOL_WAIT_SECONDS):
                await self._places.acquire()
        except TimeoutError:
            waited = TimeoutError(f"all connections of this process are in use for {POOL_WAIT_SECONDS:.0f} s")
            raise self._shared.note_failure(Fault(TIMED_OUT, waited), writing=False) from None

    async def _take(self) -> "_Kept":
        """Return an idle connection or a new one; where the server has none left, whichever of both is there first."""
        deadline, pause = time.monotonic() + POOL_WAIT_SECONDS, 0.05
        while True:
            try:
                return await self._kept() or await self._new()
            except DatabaseUnavailable as error:
                if error.reason != NO_CONNECTION or time.monotonic() + pause > deadline:
                    raise
            for each in self._shared.all:
                await each.release()
            await asyncio.sleep(pause)
            pause = min(2 * pause, ROOM_PAUSE_SECONDS_MAX)

    async def _kept(self) -> "_Kept | None":
        while self._idle:
            kept = self._idle.pop()
            if not kept.is_lost() and kept.file == self._shared.find_file():
                return kept
            await kept.end()
        return None

    async def _new(self) -> "_Kept":
        """Return a new connection. Connecting goes on where the caller is cancelled: a driver that is stopped half-way
        leaves a thread or a socket behind."""
        connecting = asyncio.create_task(self._connected())
        try:
            return await asyncio.shield(connecting)
        except asyncio.CancelledError:
            unwanted = asyncio.create_task(_end_unwanted(connecting))
            self._unwanted.add(unwanted)
            unwanted.add_done_callback(self._unwanted.discard)
            raise

    async def _connected(self) -> "_Kept":
        file = self._shared.find_file()
        try:
            connection = await self._engine.connect()
        except Exception as error:
            fault = find_connecting_fault(error)
            if fault is None:
                raise
            raise self._shared.note_failure(fault, writing=self.writes) from error
        return _Kept(connection, get_driver(connection), file)

    async def release(self) -> None:
        """Close those that nobody uses."""
        while self._idle:
            await self._idle.pop().end()

    async def dispose(self) -> None:
        """Close the engine's connections, after all of them were given back: two may share an engine."""
        await asyncio.gather(*self._unwanted)
        await self._engine.dispose()

    @property
    def sync_engine(self) -> Engine:
        """To listen to what goes by way of SQLAlchemy."""
        return self._engine.sync_engine


async def _end_unwanted(connecting: "asyncio.Task[_Kept]") -> None:
    """Close a connection whose caller has gone, as soon as it is there."""
    with suppress(Unavailable):
        kept = await connecting
        await kept.end()


class OneConnection(Connections):
    """One connection in the place of many, for as long as somebody else keeps it."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    @asynccontextmanager
    async def connect(self, *, once: bool = False) -> AsyncIterator[AsyncConnection]:
        yield self._connection


class Writers(Connections):
    """Connections for transactions that write. They begin and end on the driver itself: by way of SQLAlchemy that
    takes three times as much."""

    writes = True

    def __init__(
        self, engine: AsyncEngine, shared: Shared, begin: Callable[[], str], *, places: int = POOL_SIZE
    ) -> None:
        """`begin` gives the statement that begins one."""
        super().__init__(engine, shared, places=places)
        self._begin = begin

    @asynccontextmanager
    async def begin(self) -> AsyncIterator[AsyncConnection]:
        """Give a connection in a transaction, which is committed at the end of the block and rolled back where that
        raises. Raises RuntimeError where a statement had failed and nobody had said so: nothing was committed."""
        async with self.connect() as connection:
            driver = get_driver(connection)
            try:
                await driver.execute(self._begin())
                yield connection
            except BaseException as error:
                await roll_back(driver, error)
                raise
            if await driver.execute("COMMIT") == "ROLLBACK":  # PostgreSQL's answer after a failed statement
                raise RuntimeError("a statement failed and the transaction went on")


async def roll_back(driver: Any, error: BaseException | None = None) -> None:
    """End a transaction after an error, unless it shows that the server does not answer: it ends it by itself."""
    fault = None if error is None else find_statement_fault(error)
    if fault is None or not fault.loses_connection:
        with suppress(Exception):  # there may be none, or no connection
            await driver.execute("ROLLBACK")


@dataclass(frozen=True, slots=True)
class _Kept:
    """A connection and the driver's own: by way of SQLAlchemy each look at that costs a tenth of a query."""

    connection: AsyncConnection
    driver: Any
    file: tuple[int, int] | None = None
    """Which file it was opened on."""

    def is_lost(self) -> bool:
        """Return whether nothing more can be said on it. Of what failed on the driver itself SQLAlchemy has not
        heard."""
        known = self.connection.sync_connection
        if known is None or known.closed or known.invalidated:
            return True
        is_closed = getattr(self.driver, "is_closed", None)
        return is_closed is not None and bool(is_closed())

    def is_ready(self) -> bool:
        """Return whether the next query on it will be alone."""
        if self.is_lost():
            return False
        is_in_transaction = getattr(self.driver, "is_in_transaction", None)
        if is_in_transaction is None:  # SQLite's, which would not say that SQLAlchemy has put another in its place
            return not get_driver(self.connection).in_transaction
        return not is_in_transaction()

    def abandon(self) -> None:
        """Cut it off without a word: the server may not be listening."""
        if (terminate := getattr(self.driver, "terminate", None)) is not None:
            terminate()

    async def end(self) -> None:
        """Close it, whatever state it is in; a server that does not answer is not waited for."""
        ready = self.is_ready()
        if hasattr(self.driver, "terminate"):
            with suppress(Exception):  # after the time-out the driver cuts it off
                await self.driver.close(timeout=GOODBYE_SECONDS)
        if not ready:
            await self.connection.invalidate()
        await self.connection.close()


def is_lost(connection: AsyncConnection) -> bool:
    """Return whether nothing more can be said on it."""
    return _Kept(connection, get_driver(connection)).is_lost()


def get_driver(connection: AsyncConnection) -> Any:
    """Return the driver's own connection."""
    if connection.sync_connection is None:
        return None
    return connection.sync_connection.connection.driver_connection
