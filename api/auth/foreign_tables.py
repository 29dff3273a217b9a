"""The tables of sign-in as they are: ours, or another program's, which are looked at and never made or altered.

Another program's tables are looked at once, when the service starts: names and columns must be there, times must be in
the unit that the form has. Identifiers are always quoted, as Lucia's adapters do it: `User` is not `user`.
"""

import datetime as dt
import logging
import math
import sqlite3
from collections.abc import Iterable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    DateTime,
    Dialect,
    Inspector,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    Uuid,
    func,
    inspect,
    select,
    types,
)
from sqlalchemy.engine import URL
from sqlalchemy.exc import NoSuchTableError, SQLAlchemyError
from sqlalchemy.sql import quoted_name

from api.auth import tables
from api.auth.session_formats import SECOND, Form, find_form
from ledger.store import tables as journal_tables
from ledger.store.engine import Database
from migrations import BRANCHES, version_table
from projections import registry
from projections.projection import metadata as projected_metadata

log = logging.getLogger(__name__)

MILLISECONDS_FROM = 10**11
"""A time of day of this size or more is in milliseconds: in seconds it would be the year 5138."""
NAMES = ("username", "email")
PASSWORDS = ("password_hash", "hashed_password")
KEY_TABLES = ("user_key", "auth_key")
"""Where lucia 2 and 1 keep passwords."""
DEFAULT_TABLES = {
    ("token-sha256", "sqlite"): ("session", "user"),
    ("token-sha256", "postgresql"): ("session", "user"),
    ("lucia-v3", "sqlite"): ("session", "user"),
    ("lucia-v3", "postgresql"): ("user_session", "auth_user"),
    ("lucia-v2", "sqlite"): ("user_session", "user"),
    ("lucia-v2", "postgresql"): ("user_session", "auth_user"),
    ("id-secret", "sqlite"): ("session", "user"),
    ("id-secret", "postgresql"): ("session", "user"),
}
"""Session and user table of a form, as its documentation names them."""


class SignInRefused(Exception):
    """The tables of sign-in cannot be used as they are; the message says what an operator can do."""


class Instant(types.TypeDecorator[int]):
    """Milliseconds of Unix time, whatever the column has: an integer of some unit, or a PostgreSQL timestamptz.

    On SQLite a column of integers may hold anything: a fraction counts, and what is no number is read as None.
    """

    impl = BigInteger
    cache_ok = True

    def __init__(self, unit: int, *, timestamptz: bool = False) -> None:
        super().__init__()
        self.unit = unit
        self.timestamptz = timestamptz

    def load_dialect_impl(self, dialect: Dialect) -> types.TypeEngine[Any]:
        return dialect.type_descriptor(DateTime(timezone=True) if self.timestamptz else BigInteger())

    def process_bind_param(self, value: int | None, dialect: Dialect) -> Any:
        if value is None:
            return None
        if self.timestamptz:  # always aware: the driver would take a naive one for local time
            return _EPOCH + dt.timedelta(milliseconds=value)
        return value // self.unit

    def process_result_value(self, value: Any, dialect: Dialect) -> int | None:
        if isinstance(value, dt.datetime):
            return (value.replace(tzinfo=value.tzinfo or dt.UTC) - _EPOCH) // dt.timedelta(milliseconds=1)
        return int(value * self.unit) if isinstance(value, int | float) and math.isfinite(value) else None


_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)


@dataclass(frozen=True)
class SignInTables:
    """Where users and sessions lie, and what may be done there."""

    form: Form
    users: Table
    sessions: Table
    name: Column[Any]
    """What a user signs in by."""
    password: Column[Any] | None
    """The stored hash, in `users` or in `keys`."""
    keys: Table | None
    """Lucia 2: a user's ways of signing in, `PROVIDER:NAME`."""
    owned: bool
    """Ours, made by our migrations."""
    takes_users: bool
    """A row of what we know of a user is whole there."""
    takes_sessions: bool
    """The same of a session."""


@dataclass(frozen=True, slots=True)
class _Found:
    """A table as it is in the database."""

    schema: str | None
    name: str
    columns: dict[str, Any]

    def need(self, column: str) -> Any:
        if column not in self.columns:
            raise SignInRefused(f"the table {self.name} has no column {column}")
        return self.columns[column]

    def is_whole_with(self, known: Iterable[str]) -> bool:
        """Return whether a row with these columns can be inserted."""
        needed = {
            name
            for name, column in self.columns.items()
            if not column["nullable"] and column.get("default") is None and not column.get("identity")
        }
        return needed <= set(known)


def make_own_tables(lifetime_seconds: int | None) -> SignInTables:
    """Return our own tables: `token-sha256`, in the shape that the existing frontend uses."""
    form = find_form("token-sha256", lifetime_seconds, set())
    users = _table(
        None, "user", Column("id", Text()), *(Column(name, Text()) for name in ("username", "password_hash"))
    )
    sessions = _table(None, "session", Column("id", Text()), Column("user_id", Text()), *_times(form, {}))
    return SignInTables(form, users, sessions, users.c.username, users.c.password_hash, None, True, True, True)


async def map_tables(
    database: Database, form: str, lifetime_seconds: int | None, session_table: str | None, user_table: str | None
) -> SignInTables:
    """Look at another program's tables, and return how they map to ours. Raises SignInRefused."""
    kind = "sqlite" if database.is_sqlite else "postgresql"
    default_sessions, default_users = DEFAULT_TABLES[form, kind]

    def look(connection: Connection) -> SignInTables:
        inspector = inspect(connection)
        sessions = _find(inspector, kind, session_table or default_sessions)
        users = _find(inspector, kind, user_table or default_users)
        mapped = _mapped(find_form(form, lifetime_seconds, set(sessions.columns)), sessions, users, inspector)
        _require_unit(connection, mapped)
        return mapped

    try:
        async with database.read.connect() as connection:
            return await connection.run_sync(look)
    except SQLAlchemyError as error:
        raise SignInRefused(f"the sign-in database cannot be read: {getattr(error, 'orig', None) or error}") from None


def require_ours(url: URL) -> None:
    """Raise SignInRefused where this URL, of the journal or the projections, names another program's SQLite file,
    before anything touches it."""
    if url.get_backend_name() != "sqlite" or not url.database or not Path(url.database).is_file():
        return
    try:
        with closing(sqlite3.connect(f"{Path(url.database).absolute().as_uri()}?mode=ro", uri=True)) as connection:
            there = {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    except sqlite3.Error:
        return  # no database at all, or locked: whoever opens it says so
    if there & {tables.users.name, tables.sessions.name} and version_table("journal") not in there:
        raise SignInRefused(
            f"{url.database} holds another program's users and sessions: name it in LEDGER_AUTH_DATABASE_URL, "
            "and another file in LEDGER_DATABASE_URL"
        )


def require_file(url: URL) -> None:
    """Raise SignInRefused where the sign-in database is to be a SQLite file and is none."""
    if url.get_backend_name() == "sqlite" and not Path(str(url.database)).is_file():
        raise SignInRefused(f"LEDGER_AUTH_DATABASE_URL names {url.database}, and there is no such file")


async def require_foreign(database: Database) -> None:
    """Raise SignInRefused where our own tables are in this SQLite file. The frontend's schema tool drops every table
    that it does not know, so they must be in another."""
    registry.make_projections()
    ours = {version_table(branch): {"version_num"} for branch in BRANCHES}
    for table in (
        *journal_tables.metadata.sorted_tables,
        *projected_metadata.sorted_tables,
        *(each for each in tables.metadata.sorted_tables if each not in (tables.users, tables.sessions)),
    ):
        ours[table.name] = set(table.c.keys())

    def look(connection: Connection) -> str | None:
        inspector = inspect(connection)
        for name in set(inspector.get_table_names()) & ours.keys():
            if ours[name] <= {column["name"] for column in inspector.get_columns(name)}:
                return name
        return None

    try:
        async with database.read.connect() as connection:
            found = await connection.run_sync(look)
    except SQLAlchemyError as error:
        raise SignInRefused(f"the sign-in database cannot be read: {getattr(error, 'orig', None) or error}") from None
    if found is not None:
        raise SignInRefused(
            f"the ledger's own table {found} lies in the file of the sign-in database, whose owner may drop what it "
            "does not know: LEDGER_DATABASE_URL and LEDGER_AUTH_DATABASE_URL must name different files"
        )


def _find(inspector: Inspector, kind: str, named: str) -> _Found:
    schema, dot, name = named.partition(".")
    if kind == "sqlite" or not dot:  # as Lucia's adapters take the name
        schema, name = "", named
    try:
        columns = inspector.get_columns(quoted_name(name, True), schema=quoted_name(schema, True) if schema else None)
    except NoSuchTableError:
        raise SignInRefused(f"the sign-in database has no table {named}") from None
    return _Found(schema or None, name, {column["name"]: column for column in columns})


def _mapped(form: Form, found_sessions: _Found, found_users: _Found, inspector: Inspector) -> SignInTables:
    id_type = _id_type(found_users, "id")
    if not isinstance(found_sessions.need("id")["type"], String):
        raise SignInRefused(f"the column id of {found_sessions.name} holds no text")
    session_columns = [
        Column("id", Text()),
        Column("user_id", _id_type(found_sessions, "user_id")),
        *_times(form, {name: found_sessions.need(name) for name in form.times}),
    ]
    has_bytes = True
    if form.has_secret:
        has_bytes = isinstance(found_sessions.need("secret_hash")["type"], LargeBinary)
        session_columns.append(Column("secret_hash", types.NullType()))
    sessions = _table(found_sessions.schema, found_sessions.name, *session_columns)

    name = next((each for each in NAMES if each in found_users.columns), "id")
    password = next((each for each in PASSWORDS if each in found_users.columns), None)
    user_columns = [Column(each, Text()) for each in (name, password) if each not in (None, "id")]
    users = _table(found_users.schema, found_users.name, Column("id", id_type), *user_columns)
    keys = _key_table(found_users, inspector) if form.times == ("active_expires", "idle_expires") else None
    known_of_user = {"id", name, *([password] if password else [])}
    return SignInTables(
        form,
        users,
        sessions,
        users.c[name],
        keys.c.hashed_password if keys is not None else users.c[password] if password else None,
        keys,
        owned=False,
        takes_users=keys is None
        and password is not None
        and name != "id"
        and isinstance(id_type, Text)
        and found_users.is_whole_with(known_of_user),
        takes_sessions=has_bytes and found_sessions.is_whole_with(sessions.c.keys()),
    )


def _key_table(users: _Found, inspector: Inspector) -> Table | None:
    there = inspector.get_table_names(schema=users.schema)
    name = next((each for each in KEY_TABLES if each in there), None)
    if name is None:
        return None
    columns = (Column("id", Text()), Column("user_id", _id_type(users, "id")), Column("hashed_password", Text()))
    return _table(users.schema, name, *columns)


def _id_type(found: _Found, column: str) -> types.TypeEngine[Any]:
    kind = found.need(column)["type"]
    match kind:
        case Integer():
            return BigInteger()
        case Uuid():
            return Uuid(as_uuid=False)
        case String():
            return Text()
    raise SignInRefused(f"the column {column} of {found.name} is {kind}: ids are texts, integers or UUIDs")


def _times(form: Form, found: dict[str, Any]) -> list[Column[Any]]:
    return [Column(name, _time_type(form, name, found[name]["type"] if name in found else None)) for name in form.times]


def _time_type(form: Form, name: str, kind: Any) -> Instant:
    match kind:
        case None | Integer():
            return Instant(form.unit)
        case DateTime(timezone=True):
            return Instant(form.unit, timestamptz=True)
        case DateTime():
            raise SignInRefused(
                f"the column {name} is a time without a zone, and programs differ in which they mean: "
                "make it timestamptz, or an integer"
            )
    raise SignInRefused(f"the column {name} is {kind}: sessions' times are integers, or timestamptz on PostgreSQL")


def _table(schema: str | None, name: str, *columns: Column[Any]) -> Table:
    return Table(name, MetaData(), *columns, schema=schema, quote=True, quote_schema=True if schema else None)


def _require_unit(connection: Connection, mapped: SignInTables) -> None:
    """Raise SignInRefused where all times are in another unit than the form's: read as seconds, milliseconds would make
    every session last for ever."""
    form, table = mapped.form, mapped.sessions
    for name in form.times:
        column = table.c[name]
        assert isinstance(column.type, Instant)
        if column.type.timestamptz:
            continue
        query = select(func.min(column), func.max(column))
        if connection.dialect.name == "sqlite":
            query = query.where(func.typeof(column).in_(("integer", "real")))
        least, most = connection.execute(query).one()
        if most is None:
            continue
        border = MILLISECONDS_FROM * form.unit
        in_seconds = form.unit == SECOND
        if (least >= border) if in_seconds else (most < border):
            wanted, found = ("seconds", "milliseconds") if in_seconds else ("milliseconds", "seconds")
            raise SignInRefused(
                f"the column {name} of {table.name} holds {found}, and this form of sessions has {wanted}: "
                "look at LEDGER_SESSION_FORMAT"
            )
        if in_seconds and most >= border:
            log.warning("some rows of %s have %s in milliseconds: those sessions do not end", table.name, name)
