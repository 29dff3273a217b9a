"""A database as a source, read with the driver alone, in one read-only transaction that sees one moment.

SQLite is opened with `mode=ro` (on a read-only medium with `immutable=1`, too); PostgreSQL in a REPEATABLE READ, READ
ONLY transaction. The queries are the same; they are written here a second time, on purpose: nothing of the service's
store is used.
"""

import asyncio
import json
import os
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from decimal import Decimal
from pathlib import Path
from typing import Any, Protocol

import asyncpg

from api.audit.sources import (
    LINE_BYTES_MAX,
    NOT_SAID,
    NOTHING,
    PAGE_BYTES_MAX,
    PAGE_RECORDS,
    Claimed,
    Damaged,
    Impossible,
    Listed,
    NotServed,
    Pages,
    SignedNote,
    Stand,
    StoredRecord,
    Unreadable,
    Unusable,
    choose_ledger,
    split_into_pages,
)
from ledger.codec import RECORD_BYTES_MAX
from ledger.libpq import make_driver_arguments, read_url
from ledger.merkle import HASH_SIZE
from ledger.slices import GUARDS
from ledger.state import Guard
from ledger.tiles import Tile, find_tile

Row = Sequence[Any]

_LEDGERS = (
    "SELECT l.serial, l.uuid, l.id, j.record, m.memo FROM ledgers l "
    "LEFT JOIN journal j ON j.ledger = l.serial AND j.position = 0 "
    "LEFT JOIN memos m ON m.ledger = l.serial AND m.position = 0 ORDER BY l.id"
)
"""Each with its first record, which says under which id it was opened."""
_LEDGERS_ALONE = "SELECT serial, uuid, id, NULL, NULL FROM ledgers ORDER BY id"
_HEAD = "SELECT size, root, frontier, recorded_at FROM ledgers WHERE serial = $1"
_OPENED_AS = "SELECT opened_as FROM ledgers WHERE serial = $1"
_LAST = "SELECT max(position) FROM journal WHERE ledger = $1"
_STORED = (
    "SELECT j.position, j.record, j.data, m.memo, j.id, j.recorded_at FROM journal j "
    "LEFT JOIN memos m ON m.ledger = j.ledger AND m.position = j.position"
)
# Both sides between the same positions: of an open one all that lies before would be read too.
_RECORDS = (
    f"{_STORED} AND m.position >= $2 AND m.position < $3 "
    "WHERE j.ledger = $1 AND j.position >= $2 AND j.position < $3 ORDER BY j.position"
)
_RECORD = f"{_STORED} WHERE j.ledger = $1 AND j.position = $2"
_CHECKPOINTS = "SELECT size, note, vkey, signed_at FROM signed_checkpoints WHERE ledger = $1 ORDER BY size"
_LINES = "SELECT line FROM cosignatures WHERE ledger = $1 AND size = $2 ORDER BY added_at, line"
_LONELY_LINES = (
    "DISTINCT c.size, 1 FROM cosignatures c LEFT JOIN signed_checkpoints s ON s.ledger = c.ledger AND s.size = c.size "
    "WHERE c.ledger = $1 AND s.size IS NULL ORDER BY c.size"
)
_LIVE = "SELECT generation, applied FROM checkpoints WHERE ledger = $1 AND projection = $2 AND live"
_SHOWN = {"tiles": ("tiles",), "account_balances": ("account_balances",), "chart": ("chart_accounts",)}
"""The tables of the read models that are compared with what is recomputed here."""
_TILE = "SELECT hashes FROM tiles WHERE ledger = $1 AND generation = $2 AND level = $3 AND tile = $4"
_BALANCES = "SELECT account, currency, debits, credits FROM account_balances WHERE ledger = $1 AND generation = $2"
_CHART = (
    "SELECT account, path, number, type, normal, role, status, currencies FROM chart_accounts "
    "WHERE ledger = $1 AND generation = $2"
)
_LONELY_MEMOS = (
    "m.position, 1 FROM memos m LEFT JOIN journal j ON j.ledger = m.ledger AND j.position = m.position "
    "WHERE m.ledger = $1 AND j.position IS NULL ORDER BY m.position"
)


def _guard_query(guard: Guard[Any, Any]) -> str:
    """Return the query of the key and the columns of a guard's rows of a ledger ($1); in order, they can be compared
    one by one."""
    key, columns = ([column.name for column in listed] for listed in (guard.key, guard.columns))
    order = f" ORDER BY {', '.join(key)}" if guard.grows else ""
    ledger = "serial" if guard.in_head else "ledger"
    return f"{', '.join(key + columns)} FROM {guard.table} WHERE {ledger} = $1{order}"


_KEPT: dict[str, tuple[str, int]] = {
    # Name: columns, of which so many are the key.
    **{guard.name: (_guard_query(guard), len(guard.key)) for guard in GUARDS},
    "keys": ("key, first, position, records FROM keys WHERE ledger = $1 ORDER BY key", 1),
    "memos without a record": (_LONELY_MEMOS, 1),
    "cosignatures without a checkpoint": (_LONELY_LINES, 1),
}


class ReadTransaction(Protocol):
    """A read-only transaction."""

    def read_rows(self, sql: str, *values: Any) -> Iterator[Sequence[Row]]:
        """Yield the rows, a page at a time. Raises Broken."""
        ...

    def has_table(self, name: str) -> bool:
        """Return whether there is such a table. Raises Broken."""
        ...

    def close(self) -> None: ...


class DatabaseSource:
    """A ledger in a database of the service's; its projections may lie in another one."""

    keeps_every_checkpoint = True
    reads_on = True

    def __init__(
        self, title: str, journal: ReadTransaction, projections: ReadTransaction | None, ledger: str | None
    ) -> None:
        """Find the ledger. Raises Unusable and Damaged."""
        self.title = title
        self._journal = journal
        self._projections = projections
        self._stands: dict[str, Stand] = {}
        try:
            if not journal.has_table("ledgers"):
                raise Unusable(f"{title} is not a database of this service")
            found = self._ledgers()
            listed = [_listed(*row) for _, *row in found]
            at = choose_ledger(listed, ledger)
            self._serial = found[at][0]
            self._head = self._claimed(listed, at)
        except Unreadable as error:
            raise Damaged(f"the ledgers in {title} cannot be read: {error}") from None

    def _ledgers(self) -> list[Row]:
        try:
            return self._all(_LEDGERS)
        except Unreadable:  # their logs cannot be read, and they themselves perhaps
            return self._all(_LEDGERS_ALONE)

    def _claimed(self, listed: Sequence[Listed], at: int) -> Claimed:
        """Return what the head row says. What is of the wrong type in it is said, and replaced by what can be used.
        Raises Broken."""
        size, root, frontier, recorded_at = self._all(_HEAD, self._serial)[0]
        odd = []
        if type(size) is not int or size < 0:
            odd.append(f"the head's size is {size!r}, which is no number of records")
            last = self.find_last()
            size = last + 1 if type(last) is int else 0
        if not isinstance(root, bytes) or len(root) != HASH_SIZE:
            odd.append(f"the head's root is {root!r}, which is no hash")
            root = b""
        this = listed[at]
        if sum(each.id == this.id for each in listed) > 1:
            odd.append(f"several ledgers are listed under the id {this.id}")
        return Claimed(
            this.uuid,
            size,
            root,
            NOTHING if frontier is None else frontier,
            NOTHING if recorded_at is None else recorded_at,
            this.id,
            self._opened_as(),
            next((each.uuid for each in listed if each is not this and each.own_id == this.id), None),
            tuple(odd),
        )

    def _opened_as(self) -> Any:
        try:
            return self._all(_OPENED_AS, self._serial)[0][0]
        except Unreadable:  # a database from before this was kept
            return NOT_SAID

    def read_head(self) -> Claimed:
        return self._head

    def find_last(self) -> Any:
        found = self._all(_LAST, self._serial)[0][0]
        return -1 if found is None else found

    def read_pages(self, start: int, stop: int) -> Pages:
        left = stop - start
        for page in self._journal.read_rows(_RECORDS, self._serial, start, stop):
            yield list(map(_stored, page[:left]))  # a view in place of the table could go on for ever
            left -= len(page)
            if left <= 0:
                return

    def read_record(self, position: int) -> StoredRecord | None:
        found = self._all(_RECORD, self._serial, position)
        return _stored(found[0]) if found else None

    def read_checkpoints(self) -> Iterable[SignedNote]:
        for page in self._journal.read_rows(_CHECKPOINTS, self._serial):
            for size, note, vkey, signed_at in page:
                lines = (line for (line,) in self._all(_LINES, self._serial, size))
                yield SignedNote(str(note), "".join(f"{line}\n" for line in lines), size, vkey, signed_at)

    def read_tile(self, tile: Tile) -> bytes | None:
        generation, applied = self._stand_of("tiles")
        assert self._projections is not None
        found = _flat(self._projections.read_rows(_TILE, self._serial, generation, tile.level, tile.index))
        if not found:
            return None
        hashes = _raw(found[0][0]) or b""
        whole = find_tile(tile.level, tile.index, applied)
        # Of a smaller tree it is the beginning; what is too long for the whole tree is handed out as it is.
        return hashes[: tile.width * HASH_SIZE] if len(hashes) <= whole.width * HASH_SIZE else hashes

    def find_odd_edges(self, size: int) -> Iterable[tuple[str, bool]]:
        return ()

    def find_reflected(self, projection: str) -> int:
        try:
            return self._stand_of(projection).applied
        except NotServed:  # as whoever asks for what is shown is told
            return self._head.size

    def read_rows(self, what: str) -> Iterator[tuple[Any, Any]]:
        if what in ("balances", "chart"):
            yield from self._balances() if what == "balances" else self._chart()
            return
        query, keys = _KEPT[what]
        converts = _CONVERTS.get(what, {})
        for page in self._journal.read_rows(f"SELECT {query}", self._serial):
            for row in page:
                cells = [converts[at](cell) if at in converts else cell for at, cell in enumerate(row)]
                yield cells[0] if keys == 1 else tuple(cells[:keys]), tuple(cells[keys:])

    def find_stand(self, projection: str, tables: Sequence[str]) -> Stand:
        if self._projections is None:
            raise NotServed("the database of the projections is not there")
        found, size = _flat(self._projections.read_rows(_LIVE, self._serial, projection)), self._head.size
        if len(found) > 1:
            raise Impossible(f"two sets of rows are said to be the live ones of the projection {projection}")
        generation, applied = found[0] if found else (None, 0)
        if type(applied) is not int or not 0 <= applied <= size:
            raise Impossible(
                f"the projection {projection} says that it reflects {applied} records, and there are {size}"
            )
        if applied == 0 and (there := [table for table in tables if self._has_rows(table, generation)]):
            says = "no checkpoint says of how many records" if generation is None else "the checkpoint says of none"
            raise Impossible(f"there are rows of the projection {projection} in {', '.join(there)}, and {says}")
        return Stand(generation or 0, applied)

    def _has_rows(self, table: str, generation: int | None) -> bool:
        assert self._projections is not None
        query = f"SELECT 1 FROM {table} WHERE ledger = $1 AND generation = coalesce($2, generation) LIMIT 1"  # noqa: S608  (names from our own code)
        return bool(_flat(self._projections.read_rows(query, self._serial, generation)))

    def read_projected(self, table: str, columns: Sequence[str], key: Sequence[str], generation: int) -> Iterator[Any]:
        assert self._projections is not None
        for page in self._projections.read_rows(order_query(table, columns, key), self._serial, generation):
            yield from page

    def close(self) -> None:
        self._journal.close()
        if self._projections is not None and self._projections is not self._journal:
            self._projections.close()

    def _balances(self) -> Iterator[tuple[Any, Any]]:
        for account, currency, debits, credits in self._projected(_BALANCES, "account_balances"):
            yield (account, currency), (_units(debits), _units(credits))

    def _chart(self) -> Iterator[tuple[Any, Any]]:
        chart, balances = self._stand_of("chart").applied, self._stand_of("account_balances").applied
        if chart != balances:
            raise NotServed(f"the chart reflects {chart} records, and the balances {balances}: it is compared later")
        for account, *shown, currencies in self._projected(_CHART, "chart"):
            yield account, (*shown, _json_list(currencies))

    def _projected(self, sql: str, projection: str) -> Iterator[Row]:
        generation = self._stand_of(projection).generation
        assert self._projections is not None
        for page in self._projections.read_rows(sql, self._serial, generation):
            yield from page

    def _stand_of(self, projection: str) -> Stand:
        if projection not in self._stands:
            self._stands[projection] = self.find_stand(projection, _SHOWN[projection])
        return self._stands[projection]

    def _all(self, sql: str, *values: Any) -> list[Row]:
        return _flat(self._journal.read_rows(sql, *values))


def order_query(table: str, columns: Sequence[str], key: Sequence[str]) -> str:
    """Return the query of these columns of a read model's rows of a ledger ($1) and generation ($2), in the order of
    the key."""
    listed, order = (", ".join(f'"{name}"' for name in names) for names in (columns, key))
    return f"SELECT {listed} FROM {table} WHERE ledger = $1 AND generation = $2 ORDER BY {order}"  # noqa: S608


def _flat(pages: Iterable[Sequence[Row]]) -> list[Row]:
    return [row for page in pages for row in page]


def _stored(row: Row) -> StoredRecord:
    position, record, data, memo, id_, recorded_at = row
    if type(record) is not bytes or type(data) is not bytes or type(memo) not in _BYTES_OR_NONE:
        record, data, memo = _raw(record) or b"", _raw(data), _raw(memo)
    return StoredRecord(position, record, data, memo, str(id_), NOTHING if recorded_at is None else recorded_at)


_BYTES_OR_NONE = (bytes, type(None))


def _raw(value: Any) -> bytes | None:
    """Return bytes as they are. SQLite may have something else in their place: it is spelled as no bytes of ours
    are."""
    return value if value is None or isinstance(value, bytes) else repr(value).encode()


def _listed(uuid: Any, id_: Any, record: Any, memo: Any) -> Listed:
    own_uuid, own_id = (_member_of(raw, name) for raw, name in ((record, "ledger"), (memo, "id")))
    return Listed(str(uuid), str(id_), own_uuid, own_id)


def _member_of(raw: Any, name: str) -> str | None:
    """Return a text in the JSON object of a ledger's first record, or of its memo; None where it cannot be read."""
    try:
        found = json.loads(raw)[name] if len(raw) <= RECORD_BYTES_MAX else None
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
    return found if isinstance(found, str) else None


def _json_list(text: Any) -> Any:
    try:
        return tuple(json.loads(text))
    except (TypeError, ValueError, RecursionError):
        return text


_COMPLEMENT = str.maketrans("0123456789", "9876543210")


def _units(value: Any) -> Any:
    """Return an integer of minor units: NUMERIC, or SQLite's text `pLLLDIGITS` in its one spelling; anything else as it
    is."""
    if isinstance(value, Decimal) and value.is_finite() and value == value.to_integral_value():
        return int(value)
    if not isinstance(value, str):
        return value
    negative = value[:1] == "n"
    digits = value[4:].translate(_COMPLEMENT) if negative else value[4:]
    length = 999 - len(digits) if negative else len(digits)
    if not digits.isdecimal() or value[:4] != f"{value[0]}{length:03d}" or digits != str(int(digits)):
        return value
    return -int(digits) if negative else int(digits)


def _boolean(value: Any) -> Any:
    """Return a boolean: SQLite has numbers for them."""
    return bool(value) if value in (0, 1) else value


_CONVERTS: dict[str, dict[int, Callable[[Any], Any]]] = {
    guard.name: {
        at: _units if column.type == "units" else _boolean
        for at, column in enumerate((*guard.key, *guard.columns))
        if column.type in ("units", "boolean")
    }
    for guard in GUARDS
}
"""By guard and place, what makes a cell of what the database says."""


# --- SQLite ----------------------------------------------------------------------------------------------------------


VALUE_BYTES_MAX = 2 * LINE_BYTES_MAX
"""Of one row: SQLite refuses to read a longer one."""


def _any_text(raw: bytes) -> str:
    """Return a text as it is stored: what is no UTF-8 in it is kept, so that it differs from every text of a log."""
    return raw.decode(errors="surrogateescape")


def _begin_reading(file: Path, options: str) -> sqlite3.Connection:
    """Return a connection in a transaction that sees the file as it is now. Raises sqlite3.Error."""
    connection = sqlite3.connect(f"{file.absolute().as_uri()}?{options}", uri=True, isolation_level=None)
    try:
        connection.text_factory = _any_text
        connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, VALUE_BYTES_MAX)
        connection.execute("PRAGMA trusted_schema = OFF")
        connection.execute("BEGIN")
        connection.execute("SELECT 1 FROM sqlite_master").fetchone()  # from here on it is one moment
    except sqlite3.Error:
        connection.close()
        raise
    return connection


def _is_sealed(file: Path) -> bool:
    """Tell whether the file is whole in itself and lies in a folder that this user cannot write to, like evidence on a
    read-only medium. SQLite reads such a file only if it is told that nobody changes it.

    Raises Unusable where there is more to it: a log beside it whose content SQLite may not merge.
    """
    if not os.access(file, os.R_OK):
        raise Unusable(f"{file} cannot be read: permission denied")
    if os.access(file.absolute().parent, os.W_OK):
        return False
    for ending in ("-wal", "-journal"):
        log = file.with_name(f"{file.name}{ending}")
        if log.exists() and log.stat().st_size:
            raise Unusable(
                f"{file} cannot be read where it is: a part of it is still in {log.name}, and SQLite reads that only "
                "in a folder that it can write to. Copy both files to such a folder and verify the copy"
            )
    return True


class SqliteReading:
    """A SQLite file, never written to."""

    def __init__(self, file: Path) -> None:
        """Open the file. Raises Unusable and Damaged."""
        try:
            self._connection = _begin_reading(file, "mode=ro")
        except sqlite3.Error as error:
            if not _is_sealed(file):
                raise Damaged(f"{file} is a SQLite database that cannot be read: {error}") from None
            try:
                self._connection = _begin_reading(file, "mode=ro&immutable=1")
            except sqlite3.Error as again:
                raise Damaged(f"{file} is a SQLite database that cannot be read: {again}") from None

    def read_rows(self, sql: str, *values: Any) -> Iterator[Sequence[Row]]:
        cursor = self._connection.cursor()
        try:
            cursor.execute(sql.replace("$", "?"), values)
            yield from split_into_pages(cursor, PAGE_RECORDS)
        except (sqlite3.Error, OverflowError, UnicodeError) as error:
            raise Unreadable(str(error)) from None
        finally:
            with suppress(sqlite3.Error):  # the connection may be closed before the last of these rows is asked for
                cursor.close()

    def has_table(self, name: str) -> bool:
        return bool(_flat(self.read_rows("SELECT 1 FROM sqlite_master WHERE name = $1", name)))

    def close(self) -> None:
        self._connection.close()


def open_sqlite(file: Path, ledger: str | None) -> DatabaseSource:
    """Open a SQLite file, and the file of its projections beside it, where there is one. Raises Unusable and
    Damaged."""
    beside = file.with_name(f"{file.stem}-projections{file.suffix or '.db'}")
    # The projections first: they are then never ahead of the journal that is read.
    projections = SqliteReading(beside) if beside.exists() else None
    opened: list[SqliteReading] = [projections] if projections else []
    try:
        journal = SqliteReading(file)
        opened.append(journal)
        return DatabaseSource(str(file), journal, projections, ledger)
    except BaseException:
        for reading in opened:
            reading.close()
        raise


# --- PostgreSQL ------------------------------------------------------------------------------------------------------

_SETTINGS_OF_TRANSACTION = (
    # The service's role has time-outs for short transactions; this one is long, and holds no lock.
    "SET LOCAL idle_in_transaction_session_timeout = 0",
    "SET LOCAL statement_timeout = 0",
)
"""For the transaction alone: a pooler refuses them when the connection is made."""
FIRST_ROWS = 50
_NO_SERVER = (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, TimeoutError)


class PostgresReading:
    """A PostgreSQL database. It has an event loop of its own: it cannot be used inside another one."""

    def __init__(self, url: str) -> None:
        """Connect. Raises Unusable."""
        self._runner = asyncio.Runner()
        try:
            arguments = make_driver_arguments(read_url(url), name="llmedger verify")
            self._connection: asyncpg.Connection[Any] = self._runner.run(
                asyncpg.connect(**arguments, statement_cache_size=0)  # a pooler may know the names of statements
            )
            self._transaction = self._connection.transaction(isolation="repeatable_read", readonly=True)
            self._runner.run(self._transaction.start())
            for statement in _SETTINGS_OF_TRANSACTION:
                self._runner.run(self._connection.execute(statement))
        except (*_NO_SERVER, ValueError) as error:
            self._runner.close()
            raise Unusable(f"the database cannot be opened: {error}") from None

    def read_rows(self, sql: str, *values: Any) -> Iterator[Sequence[Row]]:
        try:
            cursor = self._runner.run(self._begin(sql, values))
            yield from split_into_pages(self._fetched(cursor), PAGE_RECORDS)
        except (*_NO_SERVER, ValueError, OverflowError) as error:
            raise Unreadable(str(error)) from None

    def _fetched(self, cursor: Any) -> Iterator[Row]:
        """Yield the rows of a cursor, fetched so many at once that they stay within a page if they are like those
        before."""
        many = FIRST_ROWS
        while rows := self._runner.run(cursor.fetch(many)):
            yield from rows
            largest = max(sum([len(value) for value in row if isinstance(value, bytes | str)]) for row in rows)
            many = max(1, min(PAGE_RECORDS, PAGE_BYTES_MAX // max(1, largest)))

    async def _begin(self, sql: str, values: Sequence[Any]) -> Any:
        """Begin a cursor, behind a savepoint: where the role may not read a table, the next query can go on."""
        async with self._connection.transaction():
            return await self._connection.cursor(sql, *values)

    def has_table(self, name: str) -> bool:
        return bool(_flat(self.read_rows("SELECT 1 WHERE to_regclass($1) IS NOT NULL", name)))

    def close(self) -> None:
        try:
            self._runner.run(self._connection.close())
        except _NO_SERVER:
            self._connection.terminate()
        finally:
            self._runner.close()


def open_postgresql(url: str, ledger: str | None) -> DatabaseSource:
    """Open a PostgreSQL database. Raises Unusable and Damaged."""
    reading = PostgresReading(url)
    try:
        return DatabaseSource(read_url(url).place, reading, reading, ledger)
    except BaseException:
        reading.close()
        raise
