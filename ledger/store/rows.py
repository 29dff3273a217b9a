"""Rows read and written on the drivers themselves, by statements that are compiled once.

By way of the expression language a look-up costs three to six times as much CPU, and an INSERT of many rows two to ten
times: it looks at every value of every row. What is asked seldom goes that way all the same; what every batch asks goes
here.
"""

import datetime as dt
import json
from collections import namedtuple
from collections.abc import AsyncIterator, Callable, Collection, Iterable, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from functools import lru_cache, partial
from itertools import chain
from typing import Any

from sqlalchemy import Date, Dialect, LargeBinary, Table, Text
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.types import TypeEngine

from ledger.store.connections import get_driver
from ledger.store.engine import READ_UNITS, Units, to_sortable

Row = tuple[Any, ...]

PAGE_ROWS = 1_000
COPIED_MIN = 200
"""From so many new rows on a COPY is worth a round trip of its own, unless there are amounts in them."""


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

    def bound(self, parameters: Mapping[str, Any]) -> list[Any]:
        """Return the parameters in order, as the driver takes them."""
        given = {**self.defaults, **parameters}
        return [given[name] if bind is None else bind(given[name]) for name, bind in self.binds]

    def converted(self, rows: Sequence[Row]) -> Sequence[Row]:
        """Return rows of the driver with values as their columns have them."""
        if not rows or not self.reads:
            return rows
        columns: list[Iterable[Any]] = list(zip(*rows, strict=True))
        for index, read in self.reads.items():
            columns[index] = [None if value is None else read(value) for value in columns[index]]
        return list(zip(*columns, strict=True))


async def fetch(connection: AsyncConnection, statement: Any, parameters: Mapping[str, Any]) -> Sequence[Row]:
    """Return all rows of a SELECT, or of what an UPDATE returns, values as its columns have them.

    On the driver itself: by way of the expression language a look-up costs three to six times as much. Only for
    statements that live as long as the module that they stand in: the text of each is kept.
    """
    compiled = _compile(statement, connection.dialect)
    given = compiled.bound(parameters)
    driver = get_driver(connection)
    if connection.dialect.name == "sqlite":
        rows: Sequence[Row] = await driver.execute_fetchall(compiled.sql, given)
    else:
        rows = await driver.fetch(compiled.sql, *given)
    return compiled.converted(rows)


async def look_up(connection: AsyncConnection, statement: Any, parameters: Mapping[str, Any]) -> list[Any]:
    """Return rows as `fetch` does, each with its columns as attributes, by the names that the statement gives them."""
    rows = await fetch(connection, statement, parameters)
    return list(map(_compile(statement, connection.dialect).named, rows))


async def fetch_in_pages(
    connection: AsyncConnection, query: Any, parameters: Mapping[str, Any] | None = None
) -> AsyncIterator[Any]:
    """Yield all rows of a SELECT of any length as `look_up` does, PAGE_ROWS in memory at a time. Only inside a
    transaction."""
    compiled, driver = _compile(query, connection.dialect), get_driver(connection)
    given = compiled.bound(parameters or {})
    async with AsyncExitStack() as stack:
        if connection.dialect.name == "sqlite":
            read = (await stack.enter_async_context(driver.execute(compiled.sql, given))).fetchmany
        else:
            read = (await driver.cursor(compiled.sql, *given)).fetch
        while rows := await read(PAGE_ROWS):
            for row in map(compiled.named, compiled.converted(rows)):
                yield row


@lru_cache(maxsize=256)
def _compile(statement: Any, dialect: Dialect) -> _Compiled:
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
        return READ_UNITS[dialect.name]
    return type_.dialect_impl(dialect).result_processor(dialect, None)


# --- writing ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Insert:
    """Rows for one table, tuples in the order of its columns, or of those in `names`.

    `replace`: a row with the same primary key is overwritten (one key may come only once); `add`: so it is, but these
    numbers are added to what stands there.
    """

    table: Table
    rows: Sequence[Row]
    replace: bool = False
    add: tuple[str, ...] = ()
    names: tuple[str, ...] = ()

    @property
    def kind(self) -> "_Kind":
        return self.table, self.names or tuple(self.table.c.keys()), self.replace or bool(self.add), self.add


_Kind = tuple[Table, tuple[str, ...], bool, tuple[str, ...]]
"""Table, columns, whether rows that are there are overwritten, and which of their columns are added to."""


async def insert_rows(
    connection: AsyncConnection, *inserts: Insert, first: Any = None, given: Mapping[str, Any] | None = None
) -> Sequence[Row]:
    """Insert rows into tables of which none depends on another, those for one table together. On PostgreSQL by one
    statement whatever they are, and one more a table that gets COPIED_MIN new rows without amounts; on SQLite by one a
    table. Nothing where there are no rows.

    `first`: an UPDATE that finds the tables as they were before, with the parameters `given`; on PostgreSQL it costs no
    statement of its own where there are rows that are not copied. Returns what it returns.

    Cost: half (SQLite) to a tenth (PostgreSQL) of an executemany through the expression language, which looks at every
    value of every row.
    """
    by_kind: dict[_Kind, list[Row]] = {}
    for each in inserts:
        if each.rows:
            by_kind.setdefault(each.kind, []).extend(each.rows)
    driver, dialect = get_driver(connection), connection.dialect
    if dialect.name == "sqlite":
        returned = () if first is None else await fetch(connection, first, given or {})
        for kind, rows in by_kind.items():
            sql, converts = _insert_alone(kind, dialect)
            await driver.executemany(sql, _convert(rows, converts))
        return returned
    copied = {kind: rows for kind, rows in by_kind.items() if len(rows) >= COPIED_MIN and _is_copied(kind)}
    together = {kind: rows for kind, rows in by_kind.items() if kind not in copied}
    returned = ()
    if together or first is not None:
        bound = [] if first is None else _compile(first, dialect).bound(given or {})
        sql, spells = _insert_together(tuple(together), first, dialect)
        columns = chain.from_iterable(zip(*rows, strict=True) for rows in together.values())
        spelled = [spell(column) for spell, column in zip(spells, columns, strict=True)]
        returned = await driver.fetch(sql, *bound, *spelled)
    for kind, rows in copied.items():
        await driver.copy_records_to_table(kind[0].name, records=rows, columns=kind[1])
    return returned


@lru_cache(maxsize=256)
def _is_copied(kind: _Kind) -> bool:
    """Return whether many rows are better copied: not where some may be there already, nor amounts, each of which the
    driver would take apart as a decimal number."""
    table, names, replace, _ = kind
    return not replace and not any(isinstance(table.c[name].type, Units) for name in names)


def _convert(rows: list[Row], converts: Mapping[int, Callable[[Any], Any]]) -> list[Row]:
    """Return the rows in the values that SQLite's driver takes."""
    if not converts:
        return rows
    columns: list[Iterable[Any]] = list(zip(*rows, strict=True))
    for index, convert in converts.items():
        columns[index] = map(convert, columns[index])
    return list(zip(*columns, strict=True))


def _or_null(convert: Callable[[Any], Any], value: Any) -> Any:
    return None if value is None else convert(value)


def _binding(type_: TypeEngine[Any], dialect: Dialect) -> Callable[[Any], Any] | None:
    if isinstance(type_, LargeBinary):
        return None
    if isinstance(type_, Units):
        return to_sortable
    if isinstance(type_, Date):
        return dt.date.isoformat
    return type_.dialect_impl(dialect).bind_processor(dialect)


def encode_rows(rows: Iterable[Sequence[Any]], dialect: str) -> str:
    """Return rows as a JSON list of lists, values as this database reads them out of one."""
    return _ENCODERS[dialect](list(rows))


def _as_json(dialect: str, value: object) -> str:
    """Return a value that JSON has no form for as JSON."""
    assert isinstance(value, dt.date)
    return _date_text(value, dialect)


@lru_cache(maxsize=10_000)
def _date_text(date: dt.date, dialect: str) -> str:
    """Return a date as text. PostgreSQL's driver keeps the first and the last of all days as infinities."""
    if dialect == "postgresql" and date in (dt.date.min, dt.date.max):
        return "-infinity" if date == dt.date.min else "infinity"
    return date.isoformat()


_ENCODERS: Mapping[str, Callable[[Any], str]] = {
    dialect: json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), default=partial(_as_json, dialect)).encode
    for dialect in ("postgresql", "sqlite")
}


@lru_cache(maxsize=256)
def _insert_alone(kind: _Kind, dialect: Dialect) -> tuple[str, dict[int, Callable[[Any], Any]]]:
    """Return the INSERT, and by their places the columns whose values SQLite's driver does not take as they are."""
    table, names, *_ = kind
    converts: dict[int, Callable[[Any], Any]] = {}
    for index, column in enumerate(table.c[name] for name in names):
        convert = _binding(column.type, dialect)
        if convert is not None:
            converts[index] = partial(_or_null, convert) if column.nullable else convert
    return _insert(kind, f"VALUES ({', '.join('?' for _ in names)})", dialect), converts


@lru_cache(maxsize=1_000)
def _insert_together(
    kinds: tuple[_Kind, ...], first: Any, dialect: Dialect
) -> tuple[str, list[Callable[[Sequence[Any]], Any]]]:
    """Return one statement, whose parameters are those of `first` and then one for each column, and what makes it of
    the column's values: an array, so that the text stays the same, as text, since the driver spells arrays value by
    value; but bytes, which are twice as long as text."""
    update = None if first is None else _compile(first, dialect)
    parts: list[str] = []
    spells: list[Callable[[Sequence[Any]], Any]] = []
    number = 0 if update is None else len(update.binds)
    for kind in kinds:
        table, names, *_ = kind
        arrays = []
        for type_ in [table.c[name].type for name in names]:
            number += 1
            spells.append(_spelling(type_))
            name = type_.compile(dialect).partition(" COLLATE")[0]
            arrays.append(f"${number}{'' if isinstance(type_, LargeBinary) else '::text'}::{name}[]")
        parts.append(_insert(kind, f"SELECT * FROM unnest({', '.join(arrays)})", dialect))  # noqa: S608  (our types)
    if update is not None:
        parts.append(update.sql)
    named = [f"part_{index} AS ({part})" for index, part in enumerate(parts[:-1])]
    return (f"WITH {', '.join(named)} " if named else "") + parts[-1], spells


def _insert(kind: _Kind, values: str, dialect: Dialect) -> str:
    table, names, replace, add = kind
    quote = dialect.identifier_preparer.quote
    sql = f"INSERT INTO {quote(table.name)} ({', '.join(map(quote, names))}) {values}"
    if replace:
        key = [column.name for column in table.primary_key]
        rest = [f"{quote(name)} = {_met(table, name, add, dialect)}" for name in names if name not in key]
        sql += f" ON CONFLICT ({', '.join(map(quote, key))}) DO UPDATE SET {', '.join(rest)}"
    return sql


def _met(table: Table, name: str, add: Collection[str], dialect: Dialect) -> str:
    """Return the value of a column where a new row meets one that is there."""
    quote = dialect.identifier_preparer.quote
    old, new = f"{quote(table.name)}.{quote(name)}", f"excluded.{quote(name)}"
    if name not in add:
        return new
    if isinstance(table.c[name].type, Units) and dialect.name == "sqlite":
        return f"units_added({old}, {new})"
    return f"{old} + {new}"


def _spelling(type_: TypeEngine[Any]) -> Callable[[Sequence[Any]], Any]:
    if isinstance(type_, LargeBinary):
        return list
    if isinstance(type_, Date):
        return _spell_dates
    return _spell_texts if isinstance(type_, Text) else _spell_plain


def _spell_plain(values: Iterable[Any]) -> str:
    """Spell numbers and booleans."""
    return f"{{{','.join(['NULL' if value is None else str(value) for value in values])}}}"


def _spell_dates(values: Iterable[Any]) -> str:
    return _spell_plain([None if value is None else _date_text(value, "postgresql") for value in values])


def _spell_texts(values: Iterable[Any]) -> str:
    return f"{{{','.join(['NULL' if value is None else _quote(value) for value in values])}}}"


def _quote(text: str) -> str:
    """Return an element of an array, quoted (PostgreSQL's manual, 8.15.2)."""
    if "\\" in text or '"' in text:
        text = text.replace("\\", r"\\").replace('"', r"\"")
    return f'"{text}"'
