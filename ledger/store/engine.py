"""Engines for both databases, and the few places where their SQL differs.

SQLite: WAL; every write transaction begins IMMEDIATE, for a deferred one that reads first fails when another process
wrote; one writing connection a process, so that writers queue here and not on the file's lock. PostgreSQL: READ
COMMITTED.
"""

import datetime as dt
import json
import logging
import os
import sqlite3
import time
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import lru_cache, partial, reduce
from pathlib import Path
from typing import Any, NamedTuple

from sqlalchemy import (
    BigInteger,
    Boolean,
    ColumnElement,
    Dialect,
    Integer,
    MetaData,
    NullPool,
    Numeric,
    Text,
    cast,
    event,
    func,
    literal_column,
    types,
)
from sqlalchemy.dialects import postgresql
from sqlalchemy.engine import URL
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.expression import FunctionElement

from ledger.errors import DatabaseUnavailable, TimedOut
from ledger.store.connections import Connections, OneConnection, Shared, Writers, get_driver, roll_back
from ledger.store.faults import FULL, READ_ONLY, Health
from ledger.store.files import find_obstacle, is_disk_full, is_sealed
from ledger.store.postgresql import ANSWER_SECONDS, Server
from ledger.store.urls import describe_place, split_postgresql_url

log = logging.getLogger(__name__)

BUSY_TIMEOUT_MILLISECONDS = 5_000
VERSIONS_MAX = 2**32
"""`data_version` has 32 bits."""
WAL_PAUSE_SECONDS = 0.02
PROJECTED_PAGES_MAX = 10_000
"""In the write-ahead log of projections (40 MB): with that many whoever writes moves them to the file itself."""

NO_JIT = {"jit": "off"}
PLANNED_EACH_TIME = {"plan_cache_mode": "force_custom_plan"}
"""For another program's tables: of them nobody knows which indexes there are."""
PLANNED_ONCE = {
    # Planning is most of what a look-up by keys costs the server, and there is nothing to find out about the keys.
    "plan_cache_mode": "force_generic_plan",
    # Such a plan must not begin as a scan while the tables are young.
    "enable_seqscan": "off",
}
PLANNED_ANEW = "SET LOCAL plan_cache_mode = force_custom_plan; SET LOCAL enable_seqscan = on"
"""For the rest of a transaction on a connection that is PLANNED_ONCE, if a statement may read most rows of a table."""
AS_LONG_AS_NEEDED = f"{PLANNED_ANEW}; SET LOCAL statement_timeout = 0"
"""The same, if it changes whole tables."""
TIMEOUTS = {
    "idle_in_transaction_session_timeout": "10s",
    "lock_timeout": "10s",
    "statement_timeout": "60s",
}
"""So that a frozen holder of a lock loses it within seconds."""
FOREIGN_TIMEOUTS = {
    "idle_in_transaction_session_timeout": "10s",
    "lock_timeout": "5s",
    "statement_timeout": "10s",
}
# Parameters are people's books and sessions: they have no place in an error message or a log.
logging.getLogger("aiosqlite").setLevel(logging.INFO)
NAMES = {
    "ix": "%(table_name)s_%(column_0_N_name)s_index",
    "uq": "%(table_name)s_%(column_0_N_name)s_unique",
    "ck": "%(table_name)s_%(constraint_name)s_check",
    "fk": "%(table_name)s_%(column_0_N_name)s_foreign",
    "pk": "%(table_name)s_primary",
}
"""Constraint names are ours, so that a violation maps to an error by name."""


def make_metadata() -> MetaData:
    """Return a MetaData whose constraints are named our way."""
    return MetaData(naming_convention=NAMES)


# --- databases -----------------------------------------------------------------------------------------------------


class Look(NamedTuple):
    """What can be known about writing to a database without writing."""

    writes_refused: str | None
    """Why it takes no writes at the moment."""
    clock: dt.datetime | None
    """The time on its own clock; None for SQLite, which has none."""


@dataclass(frozen=True)
class Database:
    """One database: `read` for single queries (each sees its own snapshot, and costs one round trip), `keyed` for short
    look-ups that many requests share, so that they need not wait for longer reads, `snapshot` for several that must see
    the same state, `write` for transactions that write."""

    url: URL
    read: Connections
    keyed: Connections
    write: Writers
    health: Health
    begin_snapshot: Callable[[], str]
    """The statement that begins a transaction whose queries all see one state."""
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

    def on(self, connection: AsyncConnection) -> "Database":
        """Return the same database, read on this connection alone."""
        one = OneConnection(connection)
        return replace(self, read=one, keyed=one)

    def read_version(self) -> int | None:
        """Return a number that differs after every commit, by whatever process; None where that cannot be told
        cheaply."""
        return None if self.watch is None else self.watch.read_version()

    @asynccontextmanager
    async def snapshot(self) -> AsyncIterator[AsyncConnection]:
        """Give a connection whose queries all see the state of the first one. It must not write."""
        async with self.read.connect() as connection:
            driver = get_driver(connection)
            try:
                await driver.execute(self.begin_snapshot())
                yield connection
            except BaseException as error:  # cancelled while it begins, it must be ended too
                await roll_back(driver, error)
                raise
            await driver.execute("ROLLBACK")

    async def look(self) -> Look:
        """Return what matters for writing, as far as it is known without writing. One statement on PostgreSQL, none on
        SQLite."""
        if self.is_sqlite:
            file = Path(str(self.url.database))
            found = find_obstacle(file) or (FULL if is_disk_full(file) else None)
            return Look(self.health.writes_refused or found, None)
        async with self.read.connect() as connection:
            read_only, clock = await get_driver(connection).fetchrow(
                "SELECT current_setting('transaction_read_only'), clock_timestamp()"
            )
        return Look(self.health.writes_refused or (READ_ONLY if read_only == "on" else None), clock)

    async def checkpoint(self) -> None:
        """Move what is in SQLite's write-ahead log to its file, as far as that keeps nobody waiting."""
        async with self.read.connect() as connection:
            await get_driver(connection).execute_fetchall("PRAGMA wal_checkpoint(PASSIVE)")

    async def read_role(self) -> str | None:
        """Return the role that a connection has: behind a pooler the user in the URL may have another name. Where there
        is no connection yet, it is the user in the URL."""
        try:
            async with self.read.connect() as connection:
                return str((await connection.exec_driver_sql("SELECT current_user")).scalar())
        except (DatabaseUnavailable, TimedOut):
            return self.url.username

    async def scrub(self) -> None:
        """Empty SQLite's write-ahead log as soon as nobody reads, so that nothing of what was erased is left in it.
        Pages in the database itself are overwritten at once (`secure_delete`)."""
        if self.is_sqlite:
            async with self.read.connect() as connection:
                busy = (await connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")).scalar()
            if busy:
                log.warning("erased texts stay in the write-ahead log while somebody reads: %s", self.url.database)

    async def close(self) -> None:
        if self.watch is not None:
            self.watch.close()
        for connections in (self.read, self.keyed, self.write):
            await connections.release()
        for connections in (self.read, self.keyed, self.write):
            await connections.dispose()


class Watch:
    """Looks at a SQLite file's `data_version` from the event loop's own thread: microseconds, where a pooled
    connection would cost a hop to its thread and back. Another file may come to lie in its place."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._connection: sqlite3.Connection | None = None
        self._file: tuple[int, int] | None = None
        self._opened = 0

    def read_version(self) -> int | None:
        """Return the file's version; None while the file cannot be read at once."""
        try:
            if self._file != (there := _file_at(self._path)):
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
    """Return which file is there: another one in its place has another number. Raises OSError where there is none."""
    found = os.stat(path)
    return found.st_dev, found.st_ino


def open_database(url: URL, *, durable: bool = True, foreign: bool = False, patient: bool = False) -> Database:
    """Open the database at a URL that `read_database_url` gave; nothing connects yet.

    `durable=False` only for what can be rebuilt: SQLite then syncs at checkpoints alone. `foreign`: another program's
    database: a SQLite file is neither made nor switched to WAL. `patient`: for a single command, whose statements may
    take as long as they need; it reads a SQLite file also where nothing can be written.
    """
    if url.get_backend_name() == "sqlite":
        return _open_sqlite(url, durable=durable, foreign=foreign, patient=patient)
    server = Server(split_postgresql_url(url), answer_seconds=None if patient else ANSWER_SECONDS)
    named = describe_place(url) if url.username is None else f"{describe_place(url)} as {url.username}"
    shared = Shared(Health(named), server)
    local = NO_JIT | (FOREIGN_TIMEOUTS if foreign else TIMEOUTS)
    engine = _postgresql_engine(server, local | (PLANNED_EACH_TIME if foreign else PLANNED_ONCE))
    readers = Connections(engine, shared)

    def begin() -> str:
        return server.begin("", local)

    def snapshot() -> str:
        return server.begin("ISOLATION LEVEL REPEATABLE READ", local)

    keyed = readers if foreign else Connections(engine, shared)
    return Database(url, readers, keyed, Writers(engine, shared, begin), shared.health, snapshot)


def _postgresql_engine(server: Server, settings: dict[str, str]) -> AsyncEngine:
    return create_async_engine(
        "postgresql+asyncpg://",
        async_creator=partial(server.connect, settings),
        poolclass=NullPool,  # `Connections` keeps them
        isolation_level="AUTOCOMMIT",
        hide_parameters=True,
        skip_autocommit_rollback=True,
    )


def _open_sqlite(url: URL, *, durable: bool, foreign: bool, patient: bool) -> Database:
    opened = _existing_file(url, sealed=patient and is_sealed(Path(str(url.database))))
    write, read = (
        create_async_engine(
            opened,
            poolclass=NullPool,  # `Connections` keeps them
            isolation_level="AUTOCOMMIT",
            hide_parameters=True,
            skip_autocommit_rollback=True,
        )
        for _ in range(2)
    )
    for engine in (write, read):
        _prepare_sqlite(engine, durable=durable, wal=not foreign)
    shared = Shared(Health(describe_place(url)), file=url.database)
    readers = Connections(read, shared)
    writers = Writers(write, shared, lambda: "BEGIN IMMEDIATE", places=1)
    watch = Watch(url.database) if url.database else None
    return Database(url, readers, readers, writers, shared.health, lambda: "BEGIN", watch)


def _existing_file(url: URL, *, sealed: bool) -> URL:
    """Return a URL of the same file, which connecting does not make. `sealed`: SQLite need not make files beside it,
    because nobody writes to it; a server must not rely on that for long."""
    assert url.database is not None
    options = {"mode": "ro", "immutable": "1"} if sealed else {"mode": "rw"}
    return url.set(database=Path(url.database).absolute().as_uri(), query={**options, "uri": "true"})


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

    @event.listens_for(engine.sync_engine, "invalidate")
    def end_transaction(connection: Any, _record: Any, _error: BaseException | None) -> None:
        """Roll back before the connection is closed: SQLite keeps the lock of one that is closed while a cursor is left
        (https://sqlite.org/c3ref/close.html)."""
        with suppress(Exception):
            connection.rollback()


def _use_wal(cursor: Any) -> None:
    """Turn on SQLite's write-ahead log. Several processes may meet on a new file, and for this change SQLite does not
    wait as it does for its locks."""
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
        return to_sortable(value) if dialect.name == "sqlite" else Decimal(value)

    def process_result_value(self, value: Any, dialect: Dialect) -> int | None:
        return None if value is None else READ_UNITS[dialect.name](value)


_COMPLEMENT = str.maketrans("0123456789", "9876543210")
_POSITIVE = tuple(f"p{count:03d}" for count in range(1_000))
_NEGATIVE = tuple(f"n{999 - count:03d}" for count in range(1_000))


@lru_cache(maxsize=10_000)
def to_sortable(number: int) -> str:
    """Return a number as text that sorts bytewise as integers do: sign, count of digits, digits; of a negative all in
    complement."""
    if number >= 0:
        digits = str(number)
        return f"{_POSITIVE[len(digits)]}{digits}"
    digits = str(-number)
    return f"{_NEGATIVE[len(digits)]}{digits.translate(_COMPLEMENT)}"


def from_sortable(text: str) -> int:
    """Return the number that `to_sortable` wrote."""
    return int(text[4:]) if text[0] == "p" else -int(text[4:].translate(_COMPLEMENT))


READ_UNITS: Mapping[str, Callable[[Any], int]] = {"postgresql": int, "sqlite": from_sortable}
"""What makes a number of a value of a column of Units, or of the text of one."""


def list_values(*columns: ColumnElement[Any]) -> Any:
    """Return the expression for the values of these columns in all rows of a group, as text with blanks between them.
    No value may be NULL or have a blank. A list takes a third of the time that rows take in PostgreSQL's driver."""
    blank: Any = literal_column("' '")
    return func.aggregate_strings(
        reduce(lambda one, more: one + blank + more, [cast(each, Text) for each in columns]), blank
    )


def add_listed(numbers: str, dialect: str) -> tuple[int, int]:
    """Return the sum of the negative numbers of a list, and that of the others. They have blanks between them, and are
    spelled as this database has them."""
    words = numbers.split()
    if dialect == "sqlite":
        negative = " ".join([word[4:] for word in words if word[0] == "n"]).translate(_COMPLEMENT).split()
        return -sum(map(int, negative)), sum([int(word[4:]) for word in words if word[0] == "p"])
    units = list(map(int, words))
    return sum([each for each in units if each < 0]), sum([each for each in units if each > 0])


_ZERO = to_sortable(0)


def _units_added(one: str, more: str) -> str:
    """Return the sum of two numbers as `to_sortable` writes them, in SQL."""
    return one if more == _ZERO else to_sortable(from_sortable(one) + from_sortable(more))


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
        """Return the expression without brackets: SQLAlchemy would write `(…) = 1` on SQLite, and then no index is
        used."""
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
