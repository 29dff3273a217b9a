"""The journal in SQL: keeps the Protocols of `ledger.journal` on SQLite and PostgreSQL with the same statements.

Cost of a batch for one ledger: one statement for the lock, at most nine reads and twelve writes, each for all rows at
once. A statement that would have no rows is not sent.
"""

import asyncio
import datetime as dt
import json
import logging
import re
import time
from collections.abc import AsyncIterator, Callable, Collection, Hashable, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from functools import lru_cache
from typing import Any, TypeVar, assert_never

from sqlalchemy import (
    BigInteger,
    Boolean,
    CompoundSelect,
    Row,
    Table,
    Text,
    bindparam,
    cast,
    delete,
    func,
    literal_column,
    null,
    select,
    true,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from ledger.accounts import ACCOUNTS, NAMES, Account, AccountId, AccountRef
from ledger.dates import from_micros, to_micros
from ledger.errors import Corrupt, LedgerExists
from ledger.journal import (
    Append,
    Extent,
    Head,
    Known,
    Ledger,
    Locked,
    Position,
    Raced,
    Receipt,
    Record,
    Size,
    Standing,
    is_uuid,
)
from ledger.members import MEMBERS, Member, MemberRole
from ledger.merkle import Frontier
from ledger.state import ERASURES, SETTINGS, Column, Guard, LedgerSettings, NeededRows, OldRecord, RecordName, State
from ledger.store import tables as t
from ledger.store.engine import Database, ListOf, Units, UuidText, among, unsortable
from ledger.store.fresh import FreshRows
from ledger.store.guards import Guards, Remembered
from ledger.store.rows import Insert, fetch, insert_rows, look_up
from ledger.store.rows import Row as Columns
from ledger.transactions import Totals

log = logging.getLogger(__name__)

Found = TypeVar("Found")
Changes = Mapping[Guard[Any, Any], set[Any]]
"""The keys of the rows that changed, by guard."""

PAGE_RECORDS = 200
PAGE_BYTES_MAX = 4 * 1024 * 1024
"""Of bodies and memos that are read together: what is made of them takes ten times as much memory."""
COURTESY_SECONDS_MAX = 0.05
NOTIFY_CHANNEL = "llmedger"

# --- statements; `:ledger` is always the serial ----------------------------------------------------------------------

_UUIDS = ListOf(UuidText)
_TEXTS = ListOf(Text())
_NUMBERS = ListOf(BigInteger())


def _in_ledger(table: Any) -> Any:
    return table.c.ledger == bindparam("ledger")


def _guards(table: Table) -> Any:
    """The rows of a ledger, without its serial."""
    return select(*[each for each in table.c if each.name != "ledger"]).where(_in_ledger(table))


# The memo by a look-up of its own: of a join PostgreSQL may read all memos of the ledger up to there, for every page.
_memo = (
    select(t.memos.c.memo)
    .where(t.memos.c.ledger == t.journal.c.ledger, t.memos.c.position == t.journal.c.position)
    .scalar_subquery()
    .label("memo")
)
_stored: Any = select(*t.journal.c["position", "record", "data"], _memo).where(_in_ledger(t.journal))
# Up to a position and not a limit: without statistics PostgreSQL would read and sort all that follows.
_read = _stored.where(t.journal.c.position >= bindparam("start"), t.journal.c.position < bindparam("stop")).order_by(
    t.journal.c.position
)
_lengths = select(
    t.journal.c.position,
    func.length(t.journal.c.data),
    select(func.length(t.memos.c.memo))
    .where(t.memos.c.ledger == t.journal.c.ledger, t.memos.c.position == t.journal.c.position)
    .scalar_subquery(),
).where(_in_ledger(t.journal), among(t.journal.c.position, bindparam("positions", type_=_NUMBERS)))
_entries = (
    select(t.journal.c.record)
    .where(_in_ledger(t.journal), t.journal.c.position >= bindparam("start"), t.journal.c.position < bindparam("stop"))
    .order_by(t.journal.c.position)
)
_head_locked = select(t.ledgers).where(t.ledgers.c.uuid == bindparam("uuid")).with_for_update()
_clock: Any = select(literal_column("(extract(epoch FROM clock_timestamp()) * 1000000)::bigint").label("clock"))
# Around the lock, which PostgreSQL therefore gets before it looks at its clock.
_head_locked_and_clock = _clock.add_columns(_head_locked.subquery())
_known = (
    _stored.add_columns(t.keys.c.key, t.keys.c.first, t.keys.c.records)
    .select_from(t.keys)
    .where(
        _in_ledger(t.keys),
        t.keys.c.position == t.journal.c.position,
        among(t.keys.c.key, bindparam("keys", type_=_TEXTS)),
    )
)
_by_id = _stored.add_columns(t.journal.c.id).where(among(t.journal.c.id, bindparam("ids", type_=_UUIDS)))
_names = _guards(t.account_names).where(among(t.account_names.c.name, bindparam("names", type_=_TEXTS)))
_accounts = _guards(t.accounts).where(among(t.accounts.c.account, bindparam("accounts", type_=_NUMBERS)))
_MEMBER = [t.members.c[name].label(f"member_{name}") for name in ("user_id", "role", "until", "changed")]
"""Of `members`, what `_standing_or_not` reads beside all columns of `ledgers`."""
_given = (among(t.members.c.user_id, bindparam("users", type_=_TEXTS)), t.members.c.role.is_not(None))
_joined = select(t.ledgers, *_MEMBER).join_from(t.ledgers, t.members, t.members.c.ledger == t.ledgers.c.serial)
_standing = _joined.where(*_given)
# From the ledger to its member, whatever the number of ledgers that a user has: OFFSET 0 keeps it from becoming a join.
_member = select(*_MEMBER).where(t.members.c.ledger == t.ledgers.c.serial, *_given).offset(0).lateral("member")
_standing_in = {"sqlite": _standing, "postgresql": select(t.ledgers, _member).join_from(t.ledgers, _member, true())}
_standing_by_id, _standing_by_uuid = (
    {
        dialect: query.where(among(t.ledgers.c[name], bindparam("ledgers", type_=type_)))
        for dialect, query in _standing_in.items()
    }
    for name, type_ in (("id", _TEXTS), ("uuid", _UUIDS))
)
_currencies = select(t.currencies.c.currency, t.currencies.c.scale).where(_in_ledger(t.currencies))
_written = _stored.where(among(t.journal.c.position, bindparam("positions", type_=_NUMBERS)))
_erase = (
    update(t.memos)
    .where(
        t.memos.c.ledger == bindparam("of_ledger"), among(t.memos.c.position, bindparam("positions", type_=_NUMBERS))
    )
    .values(memo=null())
)
# The service's own role may not change a memo: a function of the migrating role's does it, and nothing else.
_erase_by_function = select(func.llmedger_erase(bindparam("of_ledger"), bindparam("positions", type_=_NUMBERS)))
_size_of = select(t.ledgers.c.size).where(t.ledgers.c.serial == bindparam("ledger"))
_extents = select(t.ledgers.c.serial, t.ledgers.c.uuid, t.ledgers.c.size)
# The newest of the index entries up to `time`; positions and times grow together.
_last_before = (
    select(*t.journal.c["position", "recorded_at"])
    .where(_in_ledger(t.journal), t.journal.c.recorded_at <= bindparam("time"))
    .order_by(t.journal.c.recorded_at.desc(), t.journal.c.position.desc())
    .limit(1)
)
_recorded_at = select(t.journal.c.recorded_at).where(
    _in_ledger(t.journal), t.journal.c.position == bindparam("position")
)
_reversal = (t.journal.c.ledger == t.reversals.c.ledger) & (t.journal.c.position == t.reversals.c.reversed_by)
_reversals_of = (
    select(t.reversals.c.position, t.journal.c.id, t.reversals.c.reversed_by)
    .join_from(t.reversals, t.journal, _reversal)
    .where(_in_ledger(t.reversals), among(t.reversals.c.position, bindparam("positions", type_=_NUMBERS)))
)
_erased_by = select(t.erasures.c.position, t.erasures.c.erased_by).where(
    _in_ledger(t.erasures), among(t.erasures.c.position, bindparam("positions", type_=_NUMBERS))
)
_ids_at = select(t.journal.c.position, t.journal.c.id).where(
    _in_ledger(t.journal), among(t.journal.c.position, bindparam("positions", type_=_NUMBERS))
)


def _names_of_keys(column: Column) -> Any:
    return _NUMBERS if column.type in ("position", "integer", "small") else _TEXTS


def _loading(dialect: str) -> Any:
    """All guard rows that a batch asks for, each table's as one JSON list of lists: the others wait for its lock."""
    listed: Any = bindparam("accounts", type_=_NUMBERS)
    given = func.unnest(listed) if dialect == "postgresql" else func.json_each(listed).table_valued("value").c.value
    ids = select(given).union(select(_names.subquery().c.account))
    # An array: the planner would rather read the whole table than look for each of what a UNION gives.
    of_these = func.any(func.array(ids.scalar_subquery())) if dialect == "postgresql" else ids
    return select(
        *[_as_lists(_needed(guard, table, of_these), dialect).label(guard.name) for guard, table in t.guards.items()]
    )


def _needed(guard: Guard[Any, Any], table: Table, of_these: Any) -> Any:
    """The rows of a guard that the parameters of `_loading` ask for."""
    first, rows = table.c[guard.key[0].name], _guards(table)
    match guard.by:
        case "account":
            return rows.where(_is_among(first, of_these))
        case "series":
            return rows.where(among(first, bindparam("series", type_=_TEXTS)))
        case "record":
            return rows.where(among(first, bindparam("records", type_=_NUMBERS)))
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


_load = {dialect: _loading(dialect) for dialect in ("postgresql", "sqlite")}

_HEAD = ("size", "frontier", "root", "recorded_at")
_SETTINGS = tuple(column.name for column in SETTINGS.columns)


# The root does not say the size: trees of 9 and 10 leaves can share one.
_records_of = select(func.coalesce(func.max(t.journal.c.position) + 1, 0)).where(t.journal.c.ledger == bindparam("at"))


def _moving(names: tuple[str, ...], returned: Any) -> Any:
    """Write a head that is where it was under the lock, and where the records end; returns one row where it was."""
    here = (t.ledgers.c.serial == bindparam("at")) & (t.ledgers.c.size == bindparam("before"))
    here &= _records_of.scalar_subquery() == bindparam("before")
    values = {name: bindparam(f"new_{name}", type_=t.ledgers.c[name].type) for name in names}
    return update(t.ledgers).where(here).values(values).returning(returned)


_move_head = {
    (dialect, settings): _moving(_HEAD + _SETTINGS if settings else _HEAD, returned)
    for dialect, returned in (
        ("sqlite", t.ledgers.c.serial),
        ("postgresql", func.pg_notify(NOTIFY_CHANNEL, "")),  # a hint to followers, without a round trip of its own
    )
    for settings in (False, True)
}
"""By dialect, and by whether the ledger's settings are written as well."""

_remove = {
    guard: delete(table).where(
        _in_ledger(table), *[table.c[column.name] == bindparam(f"key_{column.name}") for column in guard.key]
    )
    for guard, table in t.guards.items()
}
"""One row."""


class SqlJournal:
    """The journal of every ledger in one database."""

    def __init__(self, database: Database, *, courteous: bool = False) -> None:
        """`courteous`: pause after each batch as long as it took, for other processes writing to the same file."""
        self.database = database
        self._courteous = courteous and database.is_sqlite
        self._dialect = "sqlite" if database.is_sqlite else "postgresql"
        # SQLite has one writer a file; on PostgreSQL lanes may not take more connections than readers can spare.
        self._writers = asyncio.Semaphore(1 if database.is_sqlite else 10)
        self._standings = FreshRows(self._read_standings, database.version)
        self._guards = Guards()

    # writing

    def lane(self, ledger: str) -> Hashable:
        return "sqlite" if self.database.is_sqlite else ledger

    @asynccontextmanager
    async def writing(self) -> AsyncIterator["SqlWriting"]:
        async with self._writers:
            begun = time.monotonic()
            async with self.database.write.begin() as connection:
                writing = SqlWriting(connection, self._dialect, self._guards)
                yield writing
            writing.remember()
            if writing.has_appended:
                self.database.health.worked(writing=True)
            if writing.erased:
                await self.database.scrub()
            if self._courteous:  # SQLite's lock is no queue: who asks again at once would always win
                await asyncio.sleep(min(time.monotonic() - begun, COURTESY_SECONDS_MAX))

    # reading

    async def find(self, name: str) -> Ledger | None:
        column, name = (t.ledgers.c.uuid, name.lower()) if is_uuid(name) else (t.ledgers.c.id, name)
        async with self.database.read.connect() as connection:
            row = (await connection.execute(select(t.ledgers).where(column == name))).first()
        return None if row is None else _ledger_of(row)

    async def standing(self, name: str, user: str) -> Standing | None:
        """The ledger with this id or uuid and what the user is in it, as they are at some moment after this call;
        None where there is no such ledger or no role was given. Raises Corrupt."""
        if not (_can_be_there(name) and _can_be_there(user)):  # it would fail everybody who shares the read
            return None
        found = await self._standings.get((name.lower() if is_uuid(name) else name, user))
        if isinstance(found, Corrupt):
            raise found
        return found

    async def _read_standings(self, wanted: list[tuple[str, str]]) -> dict[tuple[str, str], Standing | Corrupt]:
        users = sorted({user for _, user in wanted})
        uuids = sorted({name for name, _ in wanted if is_uuid(name)})
        ids = sorted({name for name, _ in wanted if not is_uuid(name)})
        found: dict[tuple[str, str], Standing | Corrupt] = {}
        async with self.database.keyed.connect() as connection:
            for query, names in ((_standing_by_id, ids), (_standing_by_uuid, uuids)):
                asked = {"ledgers": names, "users": users}
                for row in await look_up(connection, query[self._dialect], asked) if names else ():
                    standing = _standing_or_not(row)
                    found[row.id, row.member_user_id] = found[row.uuid, row.member_user_id] = standing
        return found

    async def standings(self, user: str, *, after: str = "", limit: int) -> tuple[list[Standing], str | None]:
        """Return a page of the ledgers that the user was given a role in, in the order of their ids and after this one;
        and the id to go on after, None where there are no more. A ledger whose head is corrupt is left out, and
        logged."""
        query = _standing.where(t.ledgers.c.id > after).order_by(t.ledgers.c.id).limit(limit + 1)
        async with self.database.read.connect() as connection:
            rows = (await connection.execute(query, {"users": [user]})).all()
        page = rows[:limit]
        return _readable(_standing_of, page)[0], page[-1].id if len(rows) > limit else None

    async def owned(self, user: str, *, most: int) -> int:
        """Return how many ledgers the user owns; no more than `most` are counted."""
        members = t.members.c
        mine = select(members.ledger).where(members.user_id == user, members.role == MemberRole.OWNER.value).limit(most)
        async with self.database.read.connect() as connection:
            return int(await connection.scalar(select(func.count()).select_from(mine.subquery())) or 0)

    async def members(self, serial: int) -> list[Member]:
        """Everybody who was given a role in the ledger and still has it, or had it until some time, by id."""
        query = _guards(t.members).where(t.members.c.role.is_not(None)).order_by(t.members.c.user_id)
        async with self.database.read.connect() as connection:
            return [MEMBERS.row(tuple(row))[1] for row in await connection.execute(query, {"ledger": serial})]

    async def ledgers(self) -> tuple[list[Ledger], list[Corrupt]]:
        """Every ledger, by id, and what is wrong with those whose head cannot be read."""
        async with self.database.read.connect() as connection:
            return _readable(_ledger_of, await connection.execute(select(t.ledgers).order_by(t.ledgers.c.id)))

    async def extents(self) -> dict[int, Extent]:
        """Return the uuid and size of every ledger's log, by serial."""
        async with self.database.read.connect() as connection:
            rows = await fetch(connection, _extents, {})
        return {serial: Extent(uuid, size) for serial, uuid, size in rows}

    async def size(self, serial: int) -> Size:
        """How long this ledger's journal is."""
        async with self.database.read.connect() as connection:
            [(size,)] = await fetch(connection, _size_of, {"ledger": serial})
            return int(size)

    async def read(self, serial: int, start: Position, limit: int) -> list[Record]:
        async with self.database.read.connect() as connection:
            rows = await fetch(connection, _read, {"ledger": serial, "start": start, "stop": start + limit})
        for expected, (position, *_) in enumerate(rows, start):
            if position != expected:
                raise Corrupt(what=f"a hole at position {expected}: the next record is at {position}")
        return [Record(*row) for row in rows]

    async def stream(self, serial: int, start: Position, stop: Position) -> AsyncIterator[Record]:
        async for page in self.pages(serial, start, stop):
            for record in page:
                yield record

    async def pages(self, serial: int, start: Position, stop: Position) -> AsyncIterator[list[Record]]:
        """All records from `start` up to before `stop`, a page of `read_page` at a time."""
        while start < stop:
            page = await self.read_page(serial, start, min(PAGE_RECORDS, stop - start))
            if not page:
                raise Corrupt(what=f"the log ends at {start}, before its size {stop}")
            yield page
            start += len(page)

    async def read_page(self, serial: int, start: Position, limit: int) -> list[Record]:
        """As `read`, but no more records than have PAGE_BYTES_MAX bytes together, or one: a record may have a thousand
        times as many bytes as most have."""
        fitting = await self.fitting(serial, range(start, start + limit)) if limit > 1 else 1
        return await self.read(serial, start, fitting)

    async def fitting(self, serial: int, positions: Sequence[Position], most_bytes: int | None = None) -> int:
        """Return how many of these records, from the first on, have so many bytes together (PAGE_BYTES_MAX if nothing
        is said); at least one, if there is one. Their bytes are not read."""
        most = PAGE_BYTES_MAX if most_bytes is None else most_bytes
        async with self.database.read.connect() as connection:
            rows = await fetch(connection, _lengths, {"ledger": serial, "positions": list(positions)})
        lengths = {position: length + (memo or 0) for position, length, memo in rows}
        total = 0
        for count, position in enumerate(positions):
            total += lengths.get(position, 0)
            if total > most:
                return max(1, count)
        return len(positions)

    async def records_fitting(
        self, serial: int, positions: Sequence[Position], most_bytes: int | None = None
    ) -> list[Record]:
        """The records at these positions, in this order, as far as `fitting` says."""
        positions = positions[: await self.fitting(serial, positions, most_bytes)] if positions else positions
        found = await self.records_at(serial, positions)
        return [found[position] for position in positions]

    async def pages_at(self, serial: int, positions: Sequence[Position]) -> AsyncIterator[list[Record]]:
        """The records at these positions, in this order, as many at a time as have PAGE_BYTES_MAX bytes together."""
        while positions:
            page = await self.records_fitting(serial, positions)
            yield page
            positions = positions[len(page) :]

    async def entries(self, serial: int, start: Position, stop: Position) -> list[bytes]:
        """Return the records' bytes, without their bodies, in order."""
        async with self.database.read.connect() as connection:
            rows = await fetch(connection, _entries, {"ledger": serial, "start": start, "stop": stop})
        return [record for (record,) in rows]

    async def record(self, serial: int, id_: str) -> Record | None:
        """The record with this id; UUIDs are the same in capitals (RFC 9562), on SQLite too."""
        async with self.database.read.connect() as connection:
            query = _stored.where(t.journal.c.id == id_.lower())
            row = (await connection.execute(query, {"ledger": serial})).first()
        return None if row is None else Record(*row)

    async def records_at(self, serial: int, positions: Collection[Position]) -> dict[Position, Record]:
        """The records at these positions."""
        async with self.database.read.connect() as connection:
            rows = await fetch(connection, _written, {"ledger": serial, "positions": list(positions)})
            return {row[0]: Record(*row) for row in rows}

    async def reversals_of(self, serial: int, positions: Collection[Position]) -> dict[Position, tuple[str, Position]]:
        """For those of the transactions at these positions that were reversed: the reversal's id and position."""
        async with self.database.read.connect() as connection:
            rows = await fetch(connection, _reversals_of, {"ledger": serial, "positions": list(positions)})
            return {position: (id_, reversed_by) for position, id_, reversed_by in rows}

    async def size_at(self, serial: int, time: dt.datetime) -> Size:
        """How many records there were at this time: those with `recorded_at` <= it."""
        return (await self.known_at(serial, time))[0]

    async def known_at(self, serial: int, time: dt.datetime) -> tuple[Size, dt.datetime | None]:
        """How many records there were at this time, and when the last of them was recorded."""
        async with self.database.keyed.connect() as connection:
            found = await fetch(connection, _last_before, {"ledger": serial, "time": to_micros(time)})
        for position, recorded_at in found:
            return position + 1, from_micros(recorded_at)
        return 0, None

    async def account_id(self, serial: int, name: str) -> AccountId | None:
        """The account that a path, present or past, or `#NUMBER` names."""
        query = select(t.account_names.c.account).where(
            _in_ledger(t.account_names), t.account_names.c.name == bindparam("name")
        )
        async with self.database.read.connect() as connection:
            return (await connection.execute(query, {"ledger": serial, "name": name})).scalar()

    async def old_names(self, serial: int, account: AccountId) -> set[Position]:
        """Where the paths stand that the account had before its present one."""
        query = (
            select(t.account_names.c.position)
            .join(
                t.accounts,
                (t.accounts.c.ledger == t.account_names.c.ledger) & (t.accounts.c.account == t.account_names.c.account),
            )
            .where(
                _in_ledger(t.account_names),
                t.account_names.c.account == account,
                t.account_names.c.position != t.accounts.c.path_at,
                t.account_names.c.name.not_like("#%"),
            )
        )
        async with self.database.read.connect() as connection:
            return set(await connection.scalars(query, {"ledger": serial}))

    async def erased_by(self, serial: int, positions: Collection[Position]) -> dict[Position, Position]:
        """Which records erased the memos of those at these positions."""
        async with self.database.read.connect() as connection:
            rows = await fetch(connection, _erased_by, {"ledger": serial, "positions": list(positions)})
            return dict(rows)

    async def account(self, serial: int, account: AccountId) -> Account:
        """The account as the rules know it now."""
        async with self.database.read.connect() as connection:
            [row] = await fetch(connection, _accounts, {"ledger": serial, "accounts": [account]})
            return ACCOUNTS.row(row)[1]

    async def look(
        self, ledger: Ledger, keys: Collection[str], needed: NeededRows, guards: Guards | None = None
    ) -> tuple[dict[str, Known], State]:
        """What the writer would find under the head lock, found without it: to foretell, not to decide. `guards`: of
        one who asks for account after account and does not need to hear of changes meanwhile. They are kept there."""
        unlocked = Locked(ledger.uuid, ledger.serial, ledger.head, ledger.settings, clock=None)
        async with self.database.snapshot() as connection:
            reading = SqlWriting(connection, self._dialect, Guards() if guards is None else guards)
            known, state = await reading.known(unlocked, keys), await reading.load(unlocked, needed)
        if guards is not None:
            reading.remember_at(ledger.uuid, state, ledger.head)
        return known, state

    async def account_ids(self, serial: int, refs: Collection[AccountRef]) -> dict[AccountRef, AccountId]:
        """The ids of those of these accounts that are there, named by a path, present or past, `#NUMBER`, or an id."""
        names = [ref for ref in refs if isinstance(ref, str) and _can_be_there(ref)]
        ids = [ref for ref in refs if isinstance(ref, int) and _can_be_there(ref)]
        found: dict[AccountRef, AccountId] = {}
        async with self.database.keyed.connect() as connection:
            if names:
                rows = await fetch(connection, _names, {"ledger": serial, "names": names})
                found |= {name: account for name, account, _ in rows}
            if ids:
                rows = await fetch(connection, _accounts, {"ledger": serial, "accounts": ids})
                found |= {row[0]: row[0] for row in rows}
        return found

    async def recorded_at(self, serial: int, size: Size) -> dt.datetime | None:
        """When the log came to have this size: the time of its last record then."""
        async with self.database.keyed.connect() as connection:
            found = await fetch(connection, _recorded_at, {"ledger": serial, "position": size - 1})
        return from_micros(found[0][0]) if found else None

    async def currencies(self, serial: int) -> dict[str, int]:
        """The scale of every currency declared."""
        async with self.database.read.connect() as connection:
            return dict(await fetch(connection, _currencies, {"ledger": serial}))

    async def totals(self, serial: int) -> dict[tuple[AccountId, str], Totals]:
        """Every account's guard totals: what the balance projection must equal at the same size."""
        async with self.database.read.connect() as connection:
            rows = await connection.execute(
                select(t.account_totals).where(_in_ledger(t.account_totals)), {"ledger": serial}
            )
            return {(row.account, row.currency): Totals(row.debits, row.credits) for row in rows}


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
        """What was appended is durable: the guards as they are now serve the next batch."""
        for append in self._appended:
            self.remember_at(append.locked.uuid, append.state, append.head)

    def remember_at(self, ledger: str, state: State, head: Head) -> None:
        """The guards of the ledger with this uuid are these at this head."""
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
        found = _ledger_of(rows[0])
        return Locked(found.uuid, found.serial, found.head, found.settings, clock)

    async def known(self, locked: Locked, keys: Collection[str]) -> dict[str, Known]:
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
        asked = _missing(needed, known)
        if any(asked.values()) or known.head is None:
            await self._add(state, locked, asked)
        known.series.update(asked["series"])
        return state

    async def _old_records(self, locked: Locked, names: Collection[RecordName]) -> dict[RecordName, OldRecord]:
        ids = [name for name in names if isinstance(name, str) and is_uuid(name)]
        positions = [name for name in names if isinstance(name, int) and _can_be_there(name)]
        by_id = await self._rows(locked, _by_id, _old_record_by_id, ids=ids)
        by_position = await self._rows(locked, _written, _old_record_by_position, positions=positions)
        return {name: found for name, found in (by_id | by_position).items() if name in names}

    async def _add(self, state: State, locked: Locked, asked: Mapping[str, Any]) -> None:
        """Add the guard rows that are asked for, the accounts of the names and whole guards included."""
        [found] = await fetch(self._connection, _load[self._dialect], {"ledger": locked.serial, **asked})
        units = int if self._dialect == "postgresql" else unsortable
        for guard, listed in zip(t.guards, found, strict=True):
            rows = json.loads(listed) if listed else ()
            for index in _amounts_in(guard):
                for row in rows:
                    row[index] = units(row[index])
            state.fill(guard, dict(map(guard.row, rows)))

    async def _rows(
        self,
        locked: Locked,
        query: Any,
        to: Callable[[Any], Any],
        **named: Collection[Any],
    ) -> dict[Any, Any]:
        """The query's rows as a dict, `to` making key and value; no statement where a list of names is empty."""
        if any(not names for names in named.values()):
            return {}
        lists = {name: list(names) for name, names in named.items()}
        return dict(map(to, await fetch(self._connection, query, {"ledger": locked.serial, **lists})))

    async def append(self, append: Append) -> None:
        serial = append.locked.serial
        if serial is None:
            serial = await self._open(append)
        changes, head = append.state.changes(), _head_row(append.head)
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
        holder = (await self._connection.execute(taken)).scalar()
        if holder == append.locked.uuid:  # since the lock found no such ledger, another process opened this very one
            raise Raced
        if holder is not None:
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

    async def ids_at(self, locked: Locked, positions: Iterable[Position]) -> dict[Position, str]:
        rows = await fetch(self._connection, _ids_at, {"ledger": locked.serial, "positions": list(positions)})
        return dict(rows)


def _other_id(append: Append) -> str | None:
    """The id that the ledger of a first batch was opened with, where it is not the one that it has here."""
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


def _missing(needed: NeededRows, known: Remembered) -> dict[str, Any]:
    """What the parameters of `_loading` must name besides what is known."""
    state = known.state
    asked: dict[str, Any] = {}
    for guard in t.guards:
        if guard.by == "key":
            asked[guard.name] = [key for key in needed.keys.get(guard, ()) if _can_be_there(key)]
            asked[guard.name] = [key for key in asked[guard.name] if key not in state[guard]]
            if guard.subset is not None:
                asked[f"subset_{guard.name}"] = guard in needed.subsets
    names, accounts = state[NAMES], state[ACCOUNTS]
    ids = set(filter(_can_be_there, needed.accounts))
    ids |= {names[name].account for name in needed.keys.get(NAMES, ()) if name in names}
    asked["accounts"] = list(ids - accounts.keys())
    asked["series"] = list(needed.series - known.series)
    asked["records"] = [record.position for record in state.records.values()]
    return asked


@lru_cache(maxsize=100)
def _amounts_in(guard: Guard[Any, Any]) -> tuple[int, ...]:
    """The places of the columns whose values are amounts."""
    return tuple(index for index, column in enumerate((*guard.key, *guard.columns)) if column.type == "units")


def _can_be_there(name: str | AccountId) -> bool:
    """Whether a row could go by this name. PostgreSQL does not answer "no" to NUL or a number over 63 bits: it fails,
    and with it every command of the batch."""
    if isinstance(name, int):
        return 0 <= name < 2**63
    return "\0" not in name and _HALF_CHARACTER.search(name) is None


_HALF_CHARACTER = re.compile("[\ud800-\udfff]")


def _ledger_of(row: Row[Any]) -> Ledger:
    head = _head_of(row.uuid, row.size, row.frontier, row.root, row.recorded_at)
    settings = SETTINGS.from_row((), *[getattr(row, name) for name in _SETTINGS])
    return Ledger(row.serial, row.uuid, row.id, settings, head, row.opened_as)


@lru_cache(maxsize=1_000)
def _head_of(uuid: str, size: Size, frontier: bytes, root: bytes, recorded_at: int) -> Head:
    """Remembered: every request reads the head, few change it."""
    try:
        head = Head(Frontier.from_bytes(size, frontier), from_micros(recorded_at))
    except ValueError as error:
        raise Corrupt(what=f"the tree stored for ledger {uuid} is none: {error}") from error
    if head.root != root:
        raise Corrupt(what=f"the root stored for ledger {uuid} is not that of its tree")
    return head


def _readable(of: Callable[[Row[Any]], Found], rows: Iterable[Row[Any]]) -> tuple[list[Found], list[Corrupt]]:
    """One ledger's trouble is nobody else's."""
    found, corrupt = [], []
    for row in rows:
        try:
            found.append(of(row))
        except Corrupt as error:
            log.critical("%s", error)
            corrupt.append(error)
    return found, corrupt


def _head_row(head: Head) -> dict[str, Any]:
    assert head.recorded_at is not None
    return {
        "size": head.size,
        "frontier": head.frontier.to_bytes(),
        "root": head.root,
        "recorded_at": to_micros(head.recorded_at),
    }


def _settings_row(settings: LedgerSettings) -> dict[str, Any]:
    return dict(zip(_SETTINGS, SETTINGS.to_row(settings), strict=True))


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


def _standing_of(row: Row[Any]) -> Standing:
    member = MEMBERS.from_row(row.member_user_id, row.member_role, row.member_until, row.member_changed)
    return Standing(_ledger_of(row), member)


def _standing_or_not(row: Any) -> Standing | Corrupt:
    """Return what a row of `ledgers` and `_MEMBER` says, or why it cannot be read: the trouble of one ledger must not
    fail the others of a shared read."""
    try:
        return _standing_of(row)
    except Corrupt as error:
        return error
