"""Writing the journal: one database transaction that locks heads, loads guards and appends.

Cost of a batch for one ledger: one statement for the lock, at most nine reads and twelve writes, each for all rows at
once. A statement that would have no rows is not sent.
"""

import json
from collections.abc import Callable, Collection, Iterable, Mapping
from functools import lru_cache
from typing import Any, assert_never

from sqlalchemy import (
    Boolean,
    CompoundSelect,
    Table,
    Text,
    bindparam,
    cast,
    delete,
    func,
    literal_column,
    null,
    select,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from ledger.accounts import ACCOUNTS, NAMES
from ledger.dates import from_micros, to_micros
from ledger.errors import Corrupt, LedgerExists
from ledger.journal import (
    Append,
    Head,
    Known,
    Locked,
    Position,
    Raced,
    Receipt,
    Record,
    is_uuid,
)
from ledger.state import ERASURES, SETTINGS, Column, Guard, LedgerSettings, NeededRows, OldRecord, RecordName, State
from ledger.store import tables as t
from ledger.store.engine import READ_UNITS, Units, among
from ledger.store.guard_cache import Guards, Remembered
from ledger.store.records import (
    HEAD_COLUMNS,
    NUMBERS,
    SETTINGS_COLUMNS,
    TEXTS,
    UUIDS,
    can_be_there,
    in_ledger,
    make_ledger,
    names_asked,
    records_asked,
    select_rows,
    stored_records,
)
from ledger.store.rows import Insert, fetch, insert_rows, look_up
from ledger.store.rows import Row as Columns

Changes = Mapping[Guard[Any, Any], set[Any]]
"""The keys of the rows that changed, by guard."""
NOTIFY_CHANNEL = "llmedger"

# --- statements; `:ledger` is always the serial ----------------------------------------------------------------------

_head_locked = select(t.ledgers).where(t.ledgers.c.uuid == bindparam("uuid")).with_for_update()
_clock: Any = select(literal_column("(extract(epoch FROM clock_timestamp()) * 1000000)::bigint").label("clock"))
# Around the lock, which PostgreSQL therefore gets before it looks at its clock.
_head_locked_and_clock = _clock.add_columns(_head_locked.subquery())
_known = (
    stored_records.add_columns(t.keys.c.key, t.keys.c.first, t.keys.c.records)
    .select_from(t.keys)
    .where(
        in_ledger(t.keys),
        t.keys.c.position == t.journal.c.position,
        among(t.keys.c.key, bindparam("keys", type_=TEXTS)),
    )
)
_by_id = stored_records.add_columns(t.journal.c.id).where(among(t.journal.c.id, bindparam("ids", type_=UUIDS)))
_erase = (
    update(t.memos)
    .where(t.memos.c.ledger == bindparam("of_ledger"), among(t.memos.c.position, bindparam("positions", type_=NUMBERS)))
    .values(memo=null())
)
# The service's own role may not change a memo: a function of the migrating role's does it, and nothing else.
_erase_by_function = select(func.llmedger_erase(bindparam("of_ledger"), bindparam("positions", type_=NUMBERS)))
_ids_at = select(t.journal.c.position, t.journal.c.id).where(
    in_ledger(t.journal), among(t.journal.c.position, bindparam("positions", type_=NUMBERS))
)


def _names_of_keys(column: Column) -> Any:
    return NUMBERS if column.type in ("position", "integer", "small") else TEXTS


def _load_query(dialect: str) -> Any:
    """Return all guard rows that a batch asks for, each table's as one JSON list of lists: the others wait for its
    lock."""
    listed: Any = bindparam("accounts", type_=NUMBERS)
    given = func.unnest(listed) if dialect == "postgresql" else func.json_each(listed).table_valued("value").c.value
    ids = select(given).union(select(names_asked.subquery().c.account))
    # An array: the planner would rather read the whole table than look for each of what a UNION gives.
    of_these = func.any(func.array(ids.scalar_subquery())) if dialect == "postgresql" else ids
    return select(
        *[
            _as_lists(_select_needed(guard, table, of_these), dialect).label(guard.name)
            for guard, table in t.guards.items()
        ]
    )


def _select_needed(guard: Guard[Any, Any], table: Table, of_these: Any) -> Any:
    """Return the rows of a guard that the parameters of `_load_query` ask for."""
    first, rows = table.c[guard.key[0].name], select_rows(table)
    match guard.by:
        case "account":
            return rows.where(_is_among(first, of_these))
        case "series":
            return rows.where(among(first, bindparam("series", type_=TEXTS)))
        case "record":
            return rows.where(among(first, bindparam("records", type_=NUMBERS)))
        case "ledger":
            return rows
        case "key":
            assert len(guard.key) == 1, f"{guard.name}: a key of several columns cannot be looked up"
            asked: Any = among(first, bindparam(guard.name, type_=_names_of_keys(guard.key[0])))
            if guard.subset is not None:
                column, value = guard.subset
                asked |= (table.c[column] == value) & bindparam(f"subset_{guard.name}", type_=Boolean())
            return rows.where(asked)
    assert_never(guard.by)


def _is_among(column: Any, ids: Any) -> Any:
    return column.in_(ids) if isinstance(ids, CompoundSelect) else column == ids


def _as_lists(query: Any, dialect: str) -> Any:
    one, all_ = (
        (func.json_build_array, func.json_agg) if dialect == "postgresql" else (func.json_array, func.json_group_array)
    )
    rows = query.subquery()
    columns = [cast(each, Text) if isinstance(each.type, Units) else each for each in rows.c]
    return select(cast(all_(one(*columns)), Text)).select_from(rows).scalar_subquery()


_load = {dialect: _load_query(dialect) for dialect in ("postgresql", "sqlite")}

# The root does not say the size: trees of 9 and 10 leaves can share one.
_records_of = select(func.coalesce(func.max(t.journal.c.position) + 1, 0)).where(t.journal.c.ledger == bindparam("at"))


def _move_query(names: tuple[str, ...], returned: Any) -> Any:
    """Return the statement that writes a head that is where it was under the lock, and where the records end; it
    returns one row where it was."""
    here = (t.ledgers.c.serial == bindparam("at")) & (t.ledgers.c.size == bindparam("before"))
    here &= _records_of.scalar_subquery() == bindparam("before")
    values = {name: bindparam(f"new_{name}", type_=t.ledgers.c[name].type) for name in names}
    return update(t.ledgers).where(here).values(values).returning(returned)


_move_head = {
    (dialect, settings): _move_query(HEAD_COLUMNS + SETTINGS_COLUMNS if settings else HEAD_COLUMNS, returned)
    for dialect, returned in (
        ("sqlite", t.ledgers.c.serial),
        ("postgresql", func.pg_notify(NOTIFY_CHANNEL, "")),  # a hint to followers, without a round trip of its own
    )
    for settings in (False, True)
}
"""By dialect, and by whether the ledger's settings are written as well."""

_remove = {
    guard: delete(table).where(
        in_ledger(table), *[table.c[column.name] == bindparam(f"key_{column.name}") for column in guard.key]
    )
    for guard, table in t.guards.items()
}
"""One row."""


class SqlWriting:
    """One database transaction that may append; see `ledger.journal.Writing`."""

    def __init__(self, connection: AsyncConnection, dialect: str, guards: Guards) -> None:
        self._connection = connection
        self._dialect = dialect
        self._guards = guards
        self._known: dict[str, Remembered] = {}
        """By ledger, what was known of its guards before."""
        self._appended: list[Append] = []
        self.erased = False

    @property
    def has_appended(self) -> bool:
        """Whether there is anything to commit."""
        return bool(self._appended)

    def remember(self) -> None:
        """Keep the guards as they are now for the next batch: what was appended is durable."""
        for append in self._appended:
            self.remember_at(append.locked.uuid, append.state, append.head)

    def remember_at(self, ledger: str, state: State, head: Head) -> None:
        """Keep these guards for the ledger with this uuid at this head."""
        known = self._known.pop(ledger, None)
        if known is not None:  # its state came from `load`
            self._guards.put(ledger, known, state, head)

    async def lock(self, ledger: str) -> Locked:
        if self._dialect == "sqlite":
            rows = await look_up(self._connection, _head_locked, {"uuid": ledger})
            clock = None
        else:
            # No look-up of other tables with it: that would read the snapshot from before the lock was got.
            rows = await look_up(self._connection, _head_locked_and_clock, {"uuid": ledger})
            clocks = rows or await look_up(self._connection, _clock, {})
            clock = from_micros(clocks[0].clock)
        if not rows:
            return Locked(ledger, None, Head(), None, clock)
        found = make_ledger(rows[0])
        return Locked(found.uuid, found.serial, found.head, found.settings, clock)

    async def find_answers(self, locked: Locked, keys: Collection[str]) -> dict[str, Known]:
        if not keys or locked.serial is None:
            return {}
        return await self._rows(locked, _known, _known_of, keys=keys)

    async def load(self, locked: Locked, needed: NeededRows) -> State:
        if locked.serial is None:
            self._known[locked.uuid] = Remembered()
            return State()
        known = self._known[locked.uuid] = self._guards.take(locked)
        state = known.state
        assert locked.settings is not None
        state.fill(SETTINGS, {(): locked.settings})
        state.records = await self._old_records(locked, needed.records)
        needed.follow(state.records)
        asked = _list_missing(needed, known)
        if any(asked.values()) or known.head is None:
            await self._add(state, locked, asked)
        known.series.update(asked["series"])
        return state

    async def _old_records(self, locked: Locked, names: Collection[RecordName]) -> dict[RecordName, OldRecord]:
        ids = [name for name in names if isinstance(name, str) and is_uuid(name)]
        positions = [name for name in names if isinstance(name, int) and can_be_there(name)]
        by_id = await self._rows(locked, _by_id, _old_record_by_id, ids=ids)
        by_position = await self._rows(locked, records_asked, _old_record_by_position, positions=positions)
        return {name: found for name, found in (by_id | by_position).items() if name in names}

    async def _add(self, state: State, locked: Locked, asked: Mapping[str, Any]) -> None:
        """Add the guard rows that are asked for, the accounts of the names and whole guards included."""
        [found] = await fetch(self._connection, _load[self._dialect], {"ledger": locked.serial, **asked})
        units = READ_UNITS[self._dialect]
        for guard, listed in zip(t.guards, found, strict=True):
            rows = json.loads(listed) if listed else ()
            for index in _amounts_in(guard):
                for row in rows:
                    row[index] = None if row[index] is None else units(row[index])
            state.fill(guard, dict(map(guard.row, rows)))

    async def _rows(
        self,
        locked: Locked,
        query: Any,
        to: Callable[[Any], Any],
        **named: Collection[Any],
    ) -> dict[Any, Any]:
        """Return the query's rows as a dict, `to` making key and value; no statement where a list of names is empty."""
        if any(not names for names in named.values()):
            return {}
        lists = {name: list(names) for name, names in named.items()}
        return dict(map(to, await fetch(self._connection, query, {"ledger": locked.serial, **lists})))

    async def append(self, append: Append) -> None:
        serial = append.locked.serial
        if serial is None:
            serial = await self._open(append)
        changes, head = append.state.list_changes(), _head_row(append.head)
        if settings := SETTINGS in changes and append.state.settings:
            head |= _settings_row(settings)
        before = append.locked.head.size
        moved = await insert_rows(
            self._connection,
            *_log_rows(serial, append),
            *_guard_rows(serial, append.state, changes),
            first=_move_head[self._dialect, bool(settings)],
            given={"at": serial, "before": before, **{f"new_{name}": value for name, value in head.items()}},
        )
        if len(moved) != 1:
            raise Corrupt(what=f"the head of ledger {append.locked.uuid} says size {before}, its records another")
        await self._remove(serial, append.state, changes)
        if erased := changes.get(ERASURES):
            await self._erase(serial, erased)
        self._appended.append(append)

    async def _open(self, append: Append) -> int:
        """Make the head row of a new ledger. Raises LedgerExists where its id is taken."""
        assert append.id is not None and append.state.settings is not None
        row = {
            "uuid": append.locked.uuid,
            "id": append.id,
            "opened_as": _other_id(append),
            **_settings_row(append.state.settings),
            **_head_row(Head(recorded_at=append.head.recorded_at)),
        }
        taken = select(t.ledgers.c.uuid).where(t.ledgers.c.id == append.id)
        present = (await self._connection.execute(taken)).scalar()
        if present == append.locked.uuid:  # since the lock found no such ledger, another process opened this very one
            raise Raced
        if present is not None:
            raise LedgerExists(id=append.id, pointer="#/id")
        make = (postgresql if self._dialect == "postgresql" else sqlite).insert(t.ledgers)
        statement = make.on_conflict_do_nothing().returning(t.ledgers.c.serial)
        serial = (await self._connection.execute(statement, row)).scalar()
        if serial is None:  # decided again by the sequencer, which then finds it
            raise Raced
        return int(serial)

    async def _remove(self, serial: int, state: State, changes: Changes) -> None:
        """Remove the guard rows that were removed from the state."""
        for guard, keys in changes.items():
            rows: list[dict[str, Any]] = [
                {"ledger": serial}
                | {f"key_{column.name}": cell for column, cell in zip(guard.key, guard.cells(key), strict=True)}
                for key in keys - state[guard].keys()
            ]
            if rows:
                await self._connection.execute(_remove[guard], rows)

    async def _erase(self, serial: int, positions: Collection[Position]) -> None:
        """Take away the memos of these records, the one change that the log allows."""
        erase = _erase_by_function if self._dialect == "postgresql" else _erase
        await self._connection.execute(erase, {"of_ledger": serial, "positions": list(positions)})
        self.erased = True

    async def read_ids(self, locked: Locked, positions: Iterable[Position]) -> dict[Position, str]:
        rows = await fetch(self._connection, _ids_at, {"ledger": locked.serial, "positions": list(positions)})
        return dict(rows)


def _other_id(append: Append) -> str | None:
    """Return the id that the ledger of a first batch was opened with, where it is not the one that it has here."""
    own = getattr(append.entries[0].event, "id", None) if append.entries else None
    return None if own == append.id else own


# --- rows: a tuple has the columns in the order of its table ---------------------------------------------------------


def _log_rows(serial: int, append: Append) -> list[Insert]:
    records = [
        (serial, e.position, e.id, to_micros(e.recorded_at), e.sealed.record, e.sealed.data) for e in append.entries
    ]
    memos = [(serial, e.position, e.sealed.memo) for e in append.entries if e.sealed.memo is not None]
    keys = [(serial, key.key, key.position, key.first, key.count) for key in append.keys]
    return [Insert(t.journal, records), Insert(t.memos, memos), Insert(t.keys, keys)]


def _guard_rows(serial: int, state: State, changes: Changes) -> list[Insert]:
    inserts = []
    for guard, keys in changes.items():
        if guard.in_head:
            continue
        values, to_row, cells = state[guard], guard.to_row, guard.cells
        rows = [(serial, *cells(key), *to_row(values[key])) for key in keys if key in values]
        inserts.append(Insert(t.guards[guard], rows, replace=True))
    return inserts


def _list_missing(needed: NeededRows, known: Remembered) -> dict[str, Any]:
    """Return what the parameters of `_load_query` must name besides what is known."""
    state = known.state
    asked: dict[str, Any] = {}
    for guard in t.guards:
        if guard.by == "key":
            asked[guard.name] = [key for key in needed.keys.get(guard, ()) if can_be_there(key)]
            asked[guard.name] = [key for key in asked[guard.name] if key not in state[guard]]
            if guard.subset is not None:
                asked[f"subset_{guard.name}"] = guard in needed.subsets
    names, accounts = state[NAMES], state[ACCOUNTS]
    ids = set(filter(can_be_there, needed.accounts))
    ids |= {names[name].account for name in needed.keys.get(NAMES, ()) if name in names}
    asked["accounts"] = list(ids - accounts.keys())
    asked["series"] = list(needed.series - known.series)
    asked["records"] = [record.position for record in state.records.values()]
    return asked


@lru_cache(maxsize=100)
def _amounts_in(guard: Guard[Any, Any]) -> tuple[int, ...]:
    """Return the places of the columns whose values are amounts."""
    return tuple(index for index, column in enumerate((*guard.key, *guard.columns)) if column.type == "units")


def _head_row(head: Head) -> dict[str, Any]:
    assert head.recorded_at is not None
    return {
        "size": head.size,
        "frontier": head.frontier.to_bytes(),
        "root": head.root,
        "recorded_at": to_micros(head.recorded_at),
    }


def _settings_row(settings: LedgerSettings) -> dict[str, Any]:
    return dict(zip(SETTINGS_COLUMNS, SETTINGS.to_row(settings), strict=True))


def _known_of(row: Columns) -> tuple[str, Known]:
    *stored, key, first, count = row
    record = Record(*stored)
    receipt = Receipt(
        record.envelope["command"], record.id, record.position, first, count, record.recorded_at, record.event
    )
    return key, Known(receipt, record.memo_erased)


def _old_record(record: Record) -> OldRecord:
    return OldRecord(record.position, record.event, record.recorded_at, record.envelope["memo_sha256"] is not None)


def _old_record_by_id(row: Columns) -> tuple[RecordName, OldRecord]:
    *stored, id_ = row
    return id_, _old_record(Record(*stored))


def _old_record_by_position(row: Columns) -> tuple[RecordName, OldRecord]:
    record = Record(*row)
    return record.position, _old_record(record)
