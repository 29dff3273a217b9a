"""Engines for both databases, and the few places where their SQL differs.

SQLite: WAL; every write transaction begins IMMEDIATE, for a deferred one that reads first fails when another process
wrote; one writing connection a process, so that writers queue here and not on the file's lock. PostgreSQL: READ
COMMITTED.
"""

import asyncio
import json
import logging
import os
import sqlite3
import time
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Dialect,
    Engine,
    Integer,
    MetaData,
    Numeric,
    Text,
    event,
    types,
)
from sqlalchemy.dialects import postgresql
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import DisconnectionError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.expression import FunctionElement

log = logging.getLogger(__name__)

BUSY_TIMEOUT_MILLISECONDS = 5_000
VERSIONS_MAX = 2**32
"""`data_version` has 32 bits."""
WAL_PAUSE_SECONDS = 0.02
PROJECTED_PAGES_MAX = 10_000
"""In the write-ahead log of projections (40 MB): with that many whoever writes moves them to the file itself."""
POOL_SIZE = 10
POOL_WAIT_SECONDS = 10.0

SERVER_SETTINGS = {
    "application_name": "llmedger",
    "jit": "off",
    # A plan cached while the tables were young goes on scanning them: look-ups of keys became six times slower.
    "plan_cache_mode": "force_custom_plan",
}
PLANNED_ONCE = {
    # Planning is most of what a look-up by keys costs the server, and there is nothing to find out about the keys.
    "plan_cache_mode": "force_generic_plan",
    # Such a plan must not begin as a scan while the tables are young.
    "enable_seqscan": "off",
}
PLANNED_ANEW = "SET LOCAL plan_cache_mode = force_custom_plan; SET LOCAL enable_seqscan = on"
"""For a transaction that reads or changes most rows of a table, on a connection that is PLANNED_ONCE."""
FOREIGN_TIMEOUTS = {
    "idle_in_transaction_session_timeout": "10s",
    "lock_timeout": "5s",
    "statement_timeout": "10s",
}
# Parameters are people's books and sessions: they have no place in an error message or a log.
logging.getLogger("aiosqlite").setLevel(logging.INFO)
_POOL: dict[str, Any] = {
    "max_overflow": 0,
    "pool_timeout": POOL_WAIT_SECONDS,
    "hide_parameters": True,
    "skip_autocommit_rollback": True,
}

NAMES = {
    "ix": "%(table_name)s_%(column_0_N_name)s_index",
    "uq": "%(table_name)s_%(column_0_N_name)s_unique",
    "ck": "%(table_name)s_%(constraint_name)s_check",
    "fk": "%(table_name)s_%(column_0_N_name)s_foreign",
    "pk": "%(table_name)s_primary",
}
"""Constraint names are ours, so that a violation maps to an error by name."""


def new_metadata() -> MetaData:
    """A MetaData whose constraints are named our way."""
    return MetaData(naming_convention=NAMES)


# --- databases -----------------------------------------------------------------------------------------------------


class Connections:
    """Connections that stay as they are between two uses, so many of them at a time: taking one out of SQLAlchemy's
    pool and giving it back costs twice as much as a look-up.

    One that was lost, or left inside a transaction, is closed.
    """

    def __init__(self, engine: AsyncEngine, *, places: int = POOL_SIZE, keep: bool = True) -> None:
        """The engine's connections commit by themselves: there is nothing to end after a query. Without `keep` each
        is given back to the engine's pool, which has more to look at."""
        self._engine = engine
        self._keep = keep
        self._idle: list[_Kept] = []
        self._places = asyncio.Semaphore(places)
        self.in_use = 0
        """Connections taken and not given back."""

    @asynccontextmanager
    async def connect(self) -> AsyncIterator[AsyncConnection]:
        """A connection. Raises SQLAlchemy's TimeoutError where all are in use for POOL_WAIT_SECONDS."""
        await self._wait()
        self.in_use += 1
        try:
            kept = await self._kept() or _Kept.of(await self._engine.connect())
            try:
                yield kept.connection
            finally:
                if self._keep and kept.is_ready():
                    self._idle.append(kept)
                else:
                    await kept.end()
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
            raise PoolTimeout(f"no connection within {POOL_WAIT_SECONDS:.0f} s") from None

    async def _kept(self) -> "_Kept | None":
        while self._idle:
            kept = self._idle.pop()
            if not kept.is_lost():
                return kept
            await kept.end()
        return None

    async def release(self) -> None:
        """Give back to the engine those that nobody uses."""
        while self._idle:
            await self._idle.pop().connection.close()

    async def dispose(self) -> None:
        """Close the engine's connections, after all of them were given back: two may share an engine."""
        await self._engine.dispose()

    @property
    def sync_engine(self) -> Engine:
        """To listen to what goes by way of SQLAlchemy."""
        return self._engine.sync_engine


class Writers(Connections):
    """Connections for transactions that write. They begin and end on the driver itself: by way of SQLAlchemy that
    takes three times as much."""

    def __init__(self, engine: AsyncEngine, begin: str, *, places: int = POOL_SIZE, keep: bool = True) -> None:
        """`begin` is the statement that begins one."""
        super().__init__(engine, places=places, keep=keep)
        self._begin = begin

    @asynccontextmanager
    async def begin(self) -> AsyncIterator[AsyncConnection]:
        """A connection in a transaction, which is committed at the end of the block and rolled back where that raises.
        Raises RuntimeError where a statement had failed and nobody had said so: nothing was committed."""
        async with self.connect() as connection:
            driver = driver_of(connection)
            try:
                await driver.execute(self._begin)
                yield connection
            except BaseException:
                with suppress(Exception):  # there may be none, or no connection
                    await driver.execute("ROLLBACK")
                raise
            if await driver.execute("COMMIT") == "ROLLBACK":  # PostgreSQL's answer after a failed statement
                raise RuntimeError("a statement failed and the transaction went on")


@dataclass(frozen=True, slots=True)
class _Kept:
    """A connection and the driver's own: by way of SQLAlchemy each look at that costs a tenth of a query."""

    connection: AsyncConnection
    driver: Any

    @classmethod
    def of(cls, connection: AsyncConnection) -> "_Kept":
        return cls(connection, driver_of(connection))

    def is_lost(self) -> bool:
        """Whether nothing more can be said on it. Of what failed on the driver itself SQLAlchemy has not heard."""
        known = self.connection.sync_connection
        if known is None or known.closed or known.invalidated:
            return True
        is_closed = getattr(self.driver, "is_closed", None)
        return is_closed is not None and bool(is_closed())

    def is_ready(self) -> bool:
        """Whether the next query on it will be alone."""
        if self.is_lost():
            return False
        is_in_transaction = getattr(self.driver, "is_in_transaction", None)
        if is_in_transaction is None:  # SQLite's, which would not say that SQLAlchemy has put another in its place
            return not driver_of(self.connection).in_transaction
        return not is_in_transaction()

    async def end(self) -> None:
        """Close it, whatever state it is in."""
        if not self.is_ready():
            await self.connection.invalidate()
        await self.connection.close()


def is_lost(connection: AsyncConnection) -> bool:
    """Whether nothing more can be said on it."""
    known = connection.sync_connection
    return known is None or known.closed or known.invalidated or _Kept.of(connection).is_lost()


def driver_of(connection: AsyncConnection) -> Any:
    """The driver's own connection."""
    if connection.sync_connection is None:
        return None
    return connection.sync_connection.connection.driver_connection


@dataclass(frozen=True)
class Database:
    """One database: `read` for single queries (each sees its own snapshot, and costs one round trip), `keyed` for those
    that find rows by indexes whatever the values asked for, `snapshot` for several that must see the same state,
    `write` for transactions that write, found in the same way."""

    url: URL
    read: Connections
    keyed: Connections
    write: Writers
    watch: "Watch | None" = None

    @property
    def is_sqlite(self) -> bool:
        return self.url.get_backend_name() == "sqlite"

    @property
    def missing(self) -> Path | None:
        """The SQLite file that is to be the database and is not there; connecting does not make it."""
        path = Path(str(self.url.database)).absolute()
        return path if self.is_sqlite and not path.exists() else None

    def make_file(self) -> None:
        """Make a SQLite database's file, empty, and the folders above it, where they are missing. Nobody but their
        owner may read them: SQLite gives the files that it makes beside this one the same mode."""
        path = self.missing
        if path is None:
            return
        for folder in reversed(path.parents):
            if not folder.exists():
                folder.mkdir(mode=0o700, exist_ok=True)
        os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))

    def version(self) -> int | None:
        """Another number after every commit, by whatever process; None where that cannot be told cheaply."""
        return None if self.watch is None else self.watch.version()

    @asynccontextmanager
    async def snapshot(self) -> AsyncIterator[AsyncConnection]:
        """A connection whose queries all see the state of the first one. It must not write."""
        async with self.read.connect() as connection:
            driver = driver_of(connection)
            try:  # whoever is cancelled while it begins must end it too
                await driver.execute("BEGIN" if self.is_sqlite else "BEGIN ISOLATION LEVEL REPEATABLE READ")
                yield connection
            finally:
                await driver.execute("ROLLBACK")

    async def checkpoint(self) -> None:
        """Move what is in SQLite's write-ahead log to its file, as far as that keeps nobody waiting."""
        async with self.read.connect() as connection:
            await driver_of(connection).execute_fetchall("PRAGMA wal_checkpoint(PASSIVE)")

    async def scrub(self) -> None:
        """Leave nothing of what was erased in SQLite's write-ahead log: its file is emptied as soon as nobody reads.
        Pages in the database itself are overwritten at once (`secure_delete`)."""
        if self.is_sqlite:
            async with self.read.connect() as connection:
                busy = (await connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")).scalar()
            if busy:
                log.warning("what was erased stays in the write-ahead log until nobody reads: %s", self.url.database)

    async def close(self) -> None:
        if self.watch is not None:
            self.watch.close()
        for connections in (self.read, self.keyed, self.write):
            await connections.release()
        for connections in (self.read, self.keyed, self.write):
            await connections.dispose()


class Watch:
    """Looks at a SQLite file's `data_version` from the event loop's own thread: microseconds, where a pooled
    connection would cost a hop to its thread and back. `replaceable`: another file may come to lie in its place."""

    def __init__(self, path: str, *, replaceable: bool = False) -> None:
        self._path = path
        self._replaceable = replaceable
        self._connection: sqlite3.Connection | None = None
        self._file: tuple[int, int] | None = None
        self._opened = 0

    def version(self) -> int | None:
        """None while the file cannot be read at once."""
        try:
            if self._replaceable and self._file != (there := _file_at(self._path)):
                self.close()
                self._file = there
            if self._connection is None:
                file = f"{Path(self._path).absolute().as_uri()}?mode=rw"  # looking must not make the file
                self._connection = sqlite3.connect(
                    file, uri=True, timeout=0, isolation_level=None, check_same_thread=False
                )
                self._opened += 1
            (version,) = self._connection.execute("PRAGMA data_version").fetchone()
        except (sqlite3.Error, OSError):
            return None
        return self._opened * VERSIONS_MAX + int(version)

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None


def _file_at(path: str) -> tuple[int, int]:
    """Which file lies there: another one in its place has another number. Raises OSError where there is none."""
    found = os.stat(path)
    return found.st_dev, found.st_ino


def database_url(text: str) -> URL:
    """`sqlite:///path` or `postgresql://…` with the async driver chosen. Raises ValueError for any other kind."""
    url = make_url(text)
    drivers = {"sqlite": "sqlite+aiosqlite", "postgresql": "postgresql+asyncpg"}
    driver = drivers.get(url.get_backend_name())
    if driver is None:
        raise ValueError(f"a database URL begins with sqlite: or postgresql:, not {url.get_backend_name()}:")
    return url.set(drivername=driver)


def projections_url(journal: URL) -> URL:
    """Where the projections of a journal live: `<name>-projections.db` beside a SQLite file, else the same database."""
    if journal.get_backend_name() != "sqlite" or journal.database is None:
        return journal
    path = Path(journal.database)
    return journal.set(database=str(path.with_name(f"{path.stem}-projections{path.suffix or '.db'}")))


def open_database(url: URL, *, durable: bool = True, foreign: bool = False) -> Database:
    """Engines for `url`. Connecting makes no SQLite file: `Database.make_file` does.

    `durable=False` only for what can be rebuilt: SQLite then syncs at checkpoints alone. `foreign`: another program's.
    A SQLite file is not switched to WAL then, and may be replaced by another; on PostgreSQL, where no migration of ours
    could set them on the role, connections bring their own time-outs."""
    if url.get_backend_name() == "sqlite":
        opened = _existing_file(url)
        write, read = (
            create_async_engine(opened, pool_size=places, isolation_level="AUTOCOMMIT", **_POOL)
            for places in (1, POOL_SIZE)
        )
        for engine in (write, read):
            _prepare_sqlite(engine, durable=durable, wal=not foreign)
            if foreign:
                _follow_the_file(engine, str(url.database))
        watch = Watch(url.database, replaceable=foreign) if url.database else None
        readers = Connections(read, keep=not foreign)
        writers = Writers(write, "BEGIN IMMEDIATE", places=1, keep=not foreign)
        return Database(url, readers, readers, writers, watch)
    settings = SERVER_SETTINGS | (FOREIGN_TIMEOUTS if foreign else {})
    engine = _postgresql_engine(url, 2 * POOL_SIZE if foreign else POOL_SIZE, settings)
    readers = Connections(engine)
    if foreign:  # of another program's tables nobody knows which indexes there are
        return Database(url, readers, readers, Writers(engine, "BEGIN"))
    planned = _postgresql_engine(url, 2 * POOL_SIZE, settings | PLANNED_ONCE)
    return Database(url, readers, Connections(planned), Writers(planned, "BEGIN"))


def _postgresql_engine(url: URL, size: int, settings: dict[str, str]) -> AsyncEngine:
    return create_async_engine(
        url, pool_size=size, isolation_level="AUTOCOMMIT", **_POOL, connect_args={"server_settings": settings}
    )


def _existing_file(url: URL) -> URL:
    """The same file, which connecting does not make."""
    assert url.database is not None
    return url.set(database=Path(url.database).absolute().as_uri(), query={"mode": "rw", "uri": "true"})


def _prepare_sqlite(engine: AsyncEngine, *, durable: bool, wal: bool) -> None:
    settings = (
        f"busy_timeout = {BUSY_TIMEOUT_MILLISECONDS}",
        f"synchronous = {'FULL' if durable else 'NORMAL'}",
        f"wal_autocheckpoint = {1_000 if durable else PROJECTED_PAGES_MAX}",
        "foreign_keys = ON",
        "secure_delete = ON",
    )

    @event.listens_for(engine.sync_engine, "connect")
    def configure(connection: Any, _record: Any) -> None:
        connection.isolation_level = None  # the driver must not begin transactions of its own
        try:
            cursor = connection.cursor()
            for setting in settings:
                cursor.execute(f"PRAGMA {setting}")
            connection.create_function("units_added", 2, _units_added, deterministic=True)
            if wal:
                _use_wal(cursor)
            cursor.close()
        except Exception:  # not a database: its thread must not outlive the attempt
            connection.close()
            raise


def _use_wal(cursor: Any) -> None:
    """Several processes may meet on a new file, and for this change SQLite does not wait as it does for its locks."""
    deadline = time.monotonic() + BUSY_TIMEOUT_MILLISECONDS / 1_000
    while True:
        try:
            cursor.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError:
            if time.monotonic() > deadline:
                raise
            time.sleep(WAL_PAUSE_SECONDS)
        else:
            return


def _follow_the_file(engine: AsyncEngine, path: str) -> None:
    """A program that puts another file there means that one: a connection to the old one would see it for ever."""

    @event.listens_for(engine.sync_engine, "connect")
    def note(_connection: Any, record: Any) -> None:
        with suppress(OSError):  # it was removed just now
            record.info["file"] = _file_at(path)

    @event.listens_for(engine.sync_engine, "checkout")
    def look(_connection: Any, record: Any, _proxy: Any) -> None:
        try:
            replaced = record.info.get("file") != _file_at(path)
        except OSError:  # connecting anew says that there is none
            replaced = True
        if replaced:
            raise DisconnectionError


# --- column types --------------------------------------------------------------------------------------------------

Key = Text().with_variant(postgresql.TEXT(collation="C"), "postgresql")
"""Text that is compared byte by byte on both engines."""
UuidText = Text().with_variant(postgresql.UUID(as_uuid=False), "postgresql")
Serial = BigInteger().with_variant(Integer(), "sqlite")


class Units(types.TypeDecorator[int]):
    """An integer of minor units of any length: NUMERIC, or text that sorts as the numbers do where there is none."""

    impl = Numeric
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> types.TypeEngine[Any]:
        if dialect.name == "sqlite":
            return dialect.type_descriptor(Text())
        return dialect.type_descriptor(Numeric(asdecimal=True))

    def process_bind_param(self, value: int | None, dialect: Dialect) -> Any:
        if value is None:
            return None
        return sortable(value) if dialect.name == "sqlite" else Decimal(value)

    def process_result_value(self, value: Any, dialect: Dialect) -> int | None:
        if value is None:
            return None
        return unsortable(value) if dialect.name == "sqlite" else int(value)


_COMPLEMENT = str.maketrans("0123456789", "9876543210")
_POSITIVE = tuple(f"p{count:03d}" for count in range(1_000))
_NEGATIVE = tuple(f"n{999 - count:03d}" for count in range(1_000))


@lru_cache(maxsize=10_000)
def sortable(number: int) -> str:
    """Text that sorts bytewise as integers do: sign, count of digits, digits; of a negative all in complement."""
    if number >= 0:
        digits = str(number)
        return f"{_POSITIVE[len(digits)]}{digits}"
    digits = str(-number)
    return f"{_NEGATIVE[len(digits)]}{digits.translate(_COMPLEMENT)}"


def unsortable(text: str) -> int:
    """The inverse of `sortable`."""
    return int(text[4:]) if text[0] == "p" else -int(text[4:].translate(_COMPLEMENT))


_ZERO = sortable(0)


def _units_added(one: str, more: str) -> str:
    """The sum of two numbers as `sortable` writes them, in SQL."""
    return one if more == _ZERO else sortable(unsortable(one) + unsortable(more))


class ListOf(types.TypeDecorator[Sequence[Any]]):
    """A list as one parameter: an array, or JSON text where there are none. The statement's text stays the same."""

    impl = Text
    cache_ok = True

    def __init__(self, item: types.TypeEngine[Any]) -> None:
        super().__init__()
        self.item = item

    def load_dialect_impl(self, dialect: Dialect) -> types.TypeEngine[Any]:
        if dialect.name == "sqlite":
            return dialect.type_descriptor(Text())
        return dialect.type_descriptor(postgresql.ARRAY(self.item))

    def process_bind_param(self, value: Iterable[Any] | None, dialect: Dialect) -> Any:
        if value is None:
            return None
        return json.dumps(list(value)) if dialect.name == "sqlite" else list(value)


class among(FunctionElement[bool]):
    """`among(column, values)`: the column's value is in the list, a bind parameter of type ListOf."""

    type = Boolean()
    inherit_cache = True
    name = "among"

    def self_group(self, against: Any = None) -> Any:
        """SQLAlchemy would write `(…) = 1` on SQLite, and then no index is used."""
        return self


@compiles(among, "postgresql")
def _among_postgresql(element: among, compiler: SQLCompiler, **options: Any) -> str:
    column, values = element.clauses
    return f"{compiler.process(column, **options)} = ANY ({compiler.process(values, **options)})"


@compiles(among, "sqlite")
def _among_sqlite(element: among, compiler: SQLCompiler, **options: Any) -> str:
    column, values = element.clauses
    each = f"SELECT value FROM json_each({compiler.process(values, **options)})"  # noqa: S608  (both are compiled SQL)
    return f"{compiler.process(column, **options)} IN ({each})"


assert sqlite3.sqlite_version_info >= (3, 35), "SQLite 3.35 or newer is needed (RETURNING)"
