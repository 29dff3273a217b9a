"""Rows read and written on the drivers themselves, by statements that are compiled once.

By way of the expression language a look-up costs three to six times as much CPU, and an INSERT of many rows two to ten
times: it looks at every value of every row. What is asked seldom goes that way all the same; what every batch asks goes
here.
"""

import datetime as dt
import json
from collections import namedtuple
from collections.abc import AsyncIterator, Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import Any

from sqlalchemy import Date, Dialect, LargeBinary, Table, Text
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.types import TypeEngine

from ledger.store.engine import Units, driver_of, sortable, unsortable

Row = tuple[Any, ...]

PAGE_ROWS = 1_000


# --- reading ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Compiled:
    """A statement for one driver."""

    sql: str
    binds: list[tuple[str, Callable[[Any], Any] | None]]
    """Names of the parameters in order, and what makes of a value what the driver takes."""
    defaults: Mapping[str, Any]
    reads: dict[int, Callable[[Any], Any]]
    """By their places the columns whose values the driver does not give as they are wanted."""
    named: Callable[[Iterable[Any]], Any]
    """A row with its columns as attributes."""


async def fetch(connection: AsyncConnection, statement: Any, parameters: Mapping[str, Any]) -> Sequence[Row]:
    """All rows of a SELECT, or of what an UPDATE returns, values as its columns have them.

    On the driver itself: by way of the expression language a look-up costs three to six times as much. Only for
    statements that live as long as the module that they stand in: the text of each is kept.
    """
    compiled = _compiled(statement, connection.dialect)
    given = [
        parameters.get(name, compiled.defaults.get(name)) if bind is None else bind(parameters[name])
        for name, bind in compiled.binds
    ]
    driver = await _begun(connection)
    if connection.dialect.name == "sqlite":
        rows: Sequence[Row] = await driver.execute_fetchall(compiled.sql, given)
    else:
        rows = await driver.fetch(compiled.sql, *given)
    if not rows or not compiled.reads:
        return rows
    columns: list[Iterable[Any]] = list(zip(*rows, strict=True))
    for index, read in compiled.reads.items():
        columns[index] = [None if value is None else read(value) for value in columns[index]]
    return list(zip(*columns, strict=True))


async def _begun(connection: AsyncConnection) -> Any:
    """The driver's connection, its transaction begun where there is to be one: on PostgreSQL SQLAlchemy begins it with
    the first statement that it sees itself, and a lock taken before would be gone at once."""
    driver = driver_of(connection)
    if connection.dialect.name == "postgresql" and not driver.is_in_transaction():
        assert connection.sync_connection is not None
        if connection.sync_connection.get_execution_options().get("isolation_level") != "AUTOCOMMIT":
            await connection.exec_driver_sql("SELECT 1")
    return driver


async def look_up(connection: AsyncConnection, statement: Any, parameters: Mapping[str, Any]) -> list[Any]:
    """`fetch`, each row with its columns as attributes, by the names that the statement gives them."""
    rows = await fetch(connection, statement, parameters)
    return list(map(_compiled(statement, connection.dialect).named, rows))


async def every(
    connection: AsyncConnection, query: Any, parameters: Mapping[str, Any] | None = None
) -> AsyncIterator[Any]:
    """All rows of a SELECT of any length, PAGE_ROWS in memory at a time."""
    async with connection.stream(query, parameters) as rows:
        async for page in rows.partitions(PAGE_ROWS):  # row by row each would be a switch between greenlets
            for row in page:
                yield row


@lru_cache(maxsize=256)
def _compiled(statement: Any, dialect: Dialect) -> _Compiled:
    compiled = statement.compile(dialect=dialect)
    binds = [
        (name, compiled.binds[name].type.dialect_impl(dialect).bind_processor(dialect)) for name in compiled.positiontup
    ]
    reads = {
        index: read
        for index, each in enumerate(statement.exported_columns)
        if (read := _reading(each.type, dialect)) is not None
    }
    named: Any = namedtuple("Found", statement.exported_columns.keys(), rename=True)  # type: ignore[misc]
    return _Compiled(str(compiled), binds, compiled.params, reads, named._make)


def _reading(type_: TypeEngine[Any], dialect: Dialect) -> Callable[[Any], Any] | None:
    if isinstance(type_, Units):
        return int if dialect.name == "postgresql" else unsortable
    return type_.dialect_impl(dialect).result_processor(dialect, None)


# --- writing ----------------------------------------------------------------------------------------------------------


async def insert_rows(
    connection: AsyncConnection,
    table: Table,
    names: Sequence[str],
    rows: Sequence[tuple[Any, ...]],
    *,
    replace: bool = False,
    add: Sequence[str] = (),
) -> None:
    """Insert rows, tuples in the order of the columns `names`, by one statement however many there are; nothing where
    there are none. `replace`: a row with the same primary key is overwritten (one key may come only once); `add`: so it
    is, but these numbers are added to what stands there.

    Cost: half (SQLite) to a tenth (PostgreSQL) of an executemany through the expression language, which looks at every
    value of every row.
    """
    if not rows:
        return
    insert = _insert(table, tuple(names), replace, tuple(add), connection.dialect)
    driver = await _begun(connection)
    if connection.dialect.name == "sqlite":
        await driver.executemany(insert.sql, _converted(rows, insert.converts) if insert.converts else rows)
    elif replace or add:
        columns = zip(*rows, strict=True)
        await driver.execute(insert.sql, *[spell(column) for spell, column in zip(insert.spells, columns, strict=True)])
    else:  # half of what any INSERT costs, for one row as for thousands
        await driver.copy_records_to_table(table.name, records=rows, columns=names)


def _converted(rows: Sequence[Row], converts: Mapping[int, Callable[[Any], Any]]) -> list[Row]:
    """The rows in the values that SQLite's driver takes."""
    columns: list[Iterable[Any]] = list(zip(*rows, strict=True))
    for index, convert in converts.items():
        columns[index] = [None if value is None else convert(value) for value in columns[index]]
    return list(zip(*columns, strict=True))


def _binding(type_: TypeEngine[Any], dialect: Dialect) -> Callable[[Any], Any] | None:
    if isinstance(type_, LargeBinary):
        return None
    if isinstance(type_, Units):
        return sortable
    if isinstance(type_, Date):
        return partial(_date_text, dialect="sqlite")
    return type_.dialect_impl(dialect).bind_processor(dialect)


def json_rows(rows: Iterable[Sequence[Any]], dialect: str) -> str:
    """Rows as a JSON list of lists, values as this database reads them out of one."""
    return _ENCODERS[dialect](list(rows))


def _as_json(dialect: str, value: object) -> str:
    """What JSON has no form for."""
    assert isinstance(value, dt.date)
    return _date_text(value, dialect)


@lru_cache(maxsize=10_000)
def _date_text(date: dt.date, dialect: str) -> str:
    """PostgreSQL's driver keeps the first and the last of all days as infinities."""
    if dialect == "postgresql" and date in (dt.date.min, dt.date.max):
        return "-infinity" if date == dt.date.min else "infinity"
    return date.isoformat()


_ENCODERS: Mapping[str, Callable[[Any], str]] = {
    dialect: json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), default=partial(_as_json, dialect)).encode
    for dialect in ("postgresql", "sqlite")
}


@dataclass(frozen=True, slots=True)
class _Insert:
    """An INSERT for one driver."""

    sql: str
    converts: Mapping[int, Callable[[Any], Any]]
    """By their places the columns whose values SQLite's driver does not take as they are."""
    spells: Sequence[Callable[[Iterable[Any]], str]]
    """What makes of each column's values the text of an array on PostgreSQL."""


@lru_cache(maxsize=256)
def _insert(table: Table, names: tuple[str, ...], replace: bool, add: tuple[str, ...], dialect: Dialect) -> _Insert:
    quote = dialect.identifier_preparer.quote
    listed = ", ".join(map(quote, names))
    types_ = [table.c[name].type for name in names]
    converts: dict[int, Callable[[Any], Any]] = {}
    if dialect.name == "sqlite":
        values = f"VALUES ({', '.join('?' for _ in names)})"
        for index, type_ in enumerate(types_):
            convert = _binding(type_, dialect)
            if convert is not None:
                converts[index] = convert
    else:  # an array a column, as text: the driver spells arrays value by value, and the server reads JSON slowly
        kinds = [type_.compile(dialect).partition(" COLLATE")[0] for type_ in types_]
        arrays = ", ".join(f"${index}::text::{kind}[]" for index, kind in enumerate(kinds, 1))
        values = f"SELECT * FROM unnest({arrays})"  # noqa: S608  (types of our own columns)
    sql = f"INSERT INTO {quote(table.name)} ({listed}) {values}"
    if replace or add:
        key = [column.name for column in table.primary_key]
        rest = [f"{quote(name)} = {_met(table, name, add, dialect)}" for name in names if name not in key]
        sql += f" ON CONFLICT ({', '.join(map(quote, key))}) DO UPDATE SET {', '.join(rest)}"
    return _Insert(sql, converts, [_spelling(type_) for type_ in types_])


def _met(table: Table, name: str, add: Collection[str], dialect: Dialect) -> str:
    """The value of a column where a new row meets one that is there."""
    quote = dialect.identifier_preparer.quote
    old, new = f"{quote(table.name)}.{quote(name)}", f"excluded.{quote(name)}"
    if name not in add:
        return new
    if isinstance(table.c[name].type, Units) and dialect.name == "sqlite":
        return f"units_added({old}, {new})"
    return f"{old} + {new}"


def _spelling(type_: TypeEngine[Any]) -> Callable[[Iterable[Any]], str]:
    if isinstance(type_, Date):
        return _dates_spelled
    if isinstance(type_, LargeBinary):
        return _bytes_spelled
    if isinstance(type_, Text):
        return _texts_spelled
    return _plain_spelled


def _plain_spelled(values: Iterable[Any]) -> str:
    """Numbers and booleans."""
    return f"{{{','.join(['NULL' if value is None else str(value) for value in values])}}}"


def _dates_spelled(values: Iterable[Any]) -> str:
    return _plain_spelled([None if value is None else _date_text(value, "postgresql") for value in values])


def _bytes_spelled(values: Iterable[Any]) -> str:
    return _texts_spelled([None if value is None else f"\\x{value.hex()}" for value in values])


def _texts_spelled(values: Iterable[Any]) -> str:
    return f"{{{','.join(['NULL' if value is None else _quoted(value) for value in values])}}}"


def _quoted(text: str) -> str:
    """An element of an array (PostgreSQL's manual, 8.15.2)."""
    if "\\" in text or '"' in text:
        text = text.replace("\\", r"\\").replace('"', r"\"")
    return f'"{text}"'
