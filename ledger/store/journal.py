"""The journal in SQL: keeps the Protocols of `ledger.journal` on SQLite and PostgreSQL with the same statements."""

import asyncio
import datetime as dt
import logging
import time
from collections.abc import AsyncIterator, Callable, Collection, Hashable, Iterable, Sequence
from contextlib import asynccontextmanager
from copy import copy
from typing import Any, TypeVar

from sqlalchemy import (
    BigInteger,
    Row,
    bindparam,
    func,
    select,
    true,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from ledger.accounts import ACCOUNTS, Account, AccountId, AccountRef
from ledger.dates import from_micros, to_micros
from ledger.errors import Corrupt
from ledger.journal import (
    Extent,
    Known,
    Ledger,
    Locked,
    Membership,
    Position,
    Record,
    Size,
    is_uuid,
)
from ledger.members import MEMBERS, Member, MemberRole
from ledger.state import NeededRows, State
from ledger.store import tables as t
from ledger.store.engine import Database, among
from ledger.store.guard_cache import Guards
from ledger.store.records import (
    NUMBERS,
    TEXTS,
    UUIDS,
    accounts_asked,
    can_be_there,
    currencies_declared,
    in_ledger,
    make_ledger,
    memo_of_record,
    names_asked,
    records_asked,
    select_rows,
    stored_records,
)
from ledger.store.rows import fetch, look_up
from ledger.store.shared_reads import FreshRows
from ledger.store.writing import SqlWriting
from ledger.transactions import Totals

log = logging.getLogger(__name__)

Found = TypeVar("Found")

PAGE_RECORDS = 200
PAGE_BYTES_MAX = 4 * 1024 * 1024
"""Of bodies and memos that are read together: what is made of them takes ten times as much memory."""
COURTESY_SECONDS_MAX = 0.05

# --- statements; `:ledger` is always the serial ----------------------------------------------------------------------

# Up to a position and not a limit: without statistics PostgreSQL would read and sort all that follows.
_positions = (t.journal.c.position >= bindparam("start"), t.journal.c.position < bindparam("stop"))
_read = stored_records.where(*_positions).order_by(t.journal.c.position)
_length = func.length(t.journal.c.data) + func.coalesce(func.length(memo_of_record), 0)
_lengths = select(t.journal.c.position, _length.label("length")).where(
    in_ledger(t.journal), among(t.journal.c.position, bindparam("positions", type_=NUMBERS))
)
_if_they_fit = records_asked.where(
    select(func.sum(_lengths.subquery().c.length)).scalar_subquery() <= bindparam("most", type_=BigInteger())
)
"""The records at some positions, or none of them where they have more bytes together."""
_entries = select(t.journal.c.record).where(in_ledger(t.journal), *_positions).order_by(t.journal.c.position)
_MEMBER = [t.members.c[name].label(f"member_{name}") for name in ("user_id", "role", "until", "changed")]
"""Of `members`, what `_read_standing` reads beside all columns of `ledgers`."""
_given = (among(t.members.c.user_id, bindparam("users", type_=TEXTS)), t.members.c.role.is_not(None))
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
    for name, type_ in (("id", TEXTS), ("uuid", UUIDS))
)
_size_of = select(t.ledgers.c.size).where(t.ledgers.c.serial == bindparam("ledger"))
_extents = select(t.ledgers.c.serial, t.ledgers.c.uuid, t.ledgers.c.size)
# The newest of the index entries up to `time`; positions and times grow together.
_last_before = (
    select(*t.journal.c["position", "recorded_at"])
    .where(in_ledger(t.journal), t.journal.c.recorded_at <= bindparam("time"))
    .order_by(t.journal.c.recorded_at.desc(), t.journal.c.position.desc())
    .limit(1)
)
_recorded_at = select(t.journal.c.recorded_at).where(
    in_ledger(t.journal), t.journal.c.position == bindparam("position")
)
_reversal = (t.journal.c.ledger == t.reversals.c.ledger) & (t.journal.c.position == t.reversals.c.reversed_by)
_reversals_of = (
    select(t.reversals.c.position, t.journal.c.id, t.reversals.c.reversed_by)
    .join_from(t.reversals, t.journal, _reversal)
    .where(in_ledger(t.reversals), among(t.reversals.c.position, bindparam("positions", type_=NUMBERS)))
)
_erased_by = select(t.erasures.c.position, t.erasures.c.erased_by).where(
    in_ledger(t.erasures), among(t.erasures.c.position, bindparam("positions", type_=NUMBERS))
)
_erasure_counts = (
    select(t.erasures.c.ledger, func.count())
    .where(among(t.erasures.c.ledger, bindparam("ledgers", type_=NUMBERS)))
    .group_by(t.erasures.c.ledger)
)


class SqlJournal:
    """The journal of every ledger in one database."""

    def __init__(self, database: Database, *, courteous: bool = False) -> None:
        """`courteous`: pause after each batch as long as it took, for other processes writing to the same file."""
        self.database = database
        self._courteous = courteous and database.is_sqlite
        self._dialect = "sqlite" if database.is_sqlite else "postgresql"
        # SQLite has one writer a file; on PostgreSQL lanes may not take more connections than readers can spare.
        self._writers = asyncio.Semaphore(1 if database.is_sqlite else 10)
        self._standings = FreshRows(self._read_standings, database.read_version)
        self._erasure_counts = FreshRows(self._read_erasure_counts, database.read_version)
        self._guards = Guards()

    def on(self, connection: AsyncConnection) -> "SqlJournal":
        """Return the same journal, read on this connection alone."""
        found = copy(self)
        found.database = self.database.on(connection)
        return found

    # writing

    def find_lane(self, ledger: str) -> Hashable:
        return "sqlite" if self.database.is_sqlite else ledger

    @asynccontextmanager
    async def begin_writing(self) -> AsyncIterator["SqlWriting"]:
        async with self._writers:
            begun = time.monotonic()
            async with self.database.write.begin() as connection:
                writing = SqlWriting(connection, self._dialect, self._guards)
                yield writing
            writing.remember()
            if writing.has_appended:
                self.database.health.note_success(writing=True)
            if writing.erased:
                await self.database.scrub()
            if self._courteous:  # SQLite's lock is no queue: who asks again at once would always win
                await asyncio.sleep(min(time.monotonic() - begun, COURTESY_SECONDS_MAX))

    # reading

    async def find(self, name: str) -> Ledger | None:
        column, name = (t.ledgers.c.uuid, name.lower()) if is_uuid(name) else (t.ledgers.c.id, name)
        async with self.database.read.connect() as connection:
            row = (await connection.execute(select(t.ledgers).where(column == name))).first()
        return None if row is None else make_ledger(row)

    async def find_standing(self, name: str, user: str) -> Membership | None:
        """Return the ledger with this id or uuid and what the user is in it, as they are at some moment after this
        call; None where there is no such ledger or no role was given. Raises Corrupt."""
        if not (can_be_there(name) and can_be_there(user)):  # it would fail everybody who shares the read
            return None
        found = await self._standings.get((name.lower() if is_uuid(name) else name, user))
        if isinstance(found, Corrupt):
            raise found
        return found

    async def _read_standings(self, wanted: list[tuple[str, str]]) -> dict[tuple[str, str], Membership | Corrupt]:
        users = sorted({user for _, user in wanted})
        uuids = sorted({name for name, _ in wanted if is_uuid(name)})
        ids = sorted({name for name, _ in wanted if not is_uuid(name)})
        found: dict[tuple[str, str], Membership | Corrupt] = {}
        async with self.database.keyed.connect() as connection:
            for query, names in ((_standing_by_id, ids), (_standing_by_uuid, uuids)):
                asked = {"ledgers": names, "users": users}
                for row in await look_up(connection, query[self._dialect], asked) if names else ():
                    standing = _read_standing(row)
                    found[row.id, row.member_user_id] = found[row.uuid, row.member_user_id] = standing
        return found

    async def list_standings(self, user: str, *, after: str = "", limit: int) -> tuple[list[Membership], str | None]:
        """Return a page of the ledgers that the user was given a role in, in the order of their ids and after this one;
        and the id to go on after, None where there are no more. A ledger whose head is corrupt is left out, and
        logged."""
        query = _standing.where(t.ledgers.c.id > after).order_by(t.ledgers.c.id).limit(limit + 1)
        async with self.database.read.connect() as connection:
            rows = (await connection.execute(query, {"users": [user]})).all()
        page = rows[:limit]
        return _readable(_standing_of, page)[0], page[-1].id if len(rows) > limit else None

    async def count_owned(self, user: str, *, most: int) -> int:
        """Return how many ledgers the user owns; no more than `most` are counted."""
        members = t.members.c
        mine = select(members.ledger).where(members.user_id == user, members.role == MemberRole.OWNER.value).limit(most)
        async with self.database.read.connect() as connection:
            return int(await connection.scalar(select(func.count()).select_from(mine.subquery())) or 0)

    async def list_members(self, serial: int) -> list[Member]:
        """Return everybody who was given a role in the ledger and still has it, or had it until some time, by id."""
        query = select_rows(t.members).where(t.members.c.role.is_not(None)).order_by(t.members.c.user_id)
        async with self.database.read.connect() as connection:
            return [MEMBERS.row(tuple(row))[1] for row in await connection.execute(query, {"ledger": serial})]

    async def list_ledgers(self) -> tuple[list[Ledger], list[Corrupt]]:
        """Return every ledger, by id, and what is wrong with those whose head cannot be read."""
        async with self.database.read.connect() as connection:
            return _readable(make_ledger, await connection.execute(select(t.ledgers).order_by(t.ledgers.c.id)))

    async def read_extents(self) -> dict[int, Extent]:
        """Return the uuid and size of every ledger's log, by serial."""
        async with self.database.read.connect() as connection:
            rows = await fetch(connection, _extents, {})
        return {serial: Extent(uuid, size) for serial, uuid, size in rows}

    async def read_size(self, serial: int) -> Size:
        """Return how long this ledger's journal is."""
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

    async def read_range(self, serial: int, start: Position, stop: Position) -> AsyncIterator[Record]:
        async for page in self.read_pages(serial, start, stop):
            for record in page:
                yield record

    async def read_pages(self, serial: int, start: Position, stop: Position) -> AsyncIterator[list[Record]]:
        """Yield all records from `start` up to before `stop`, a page of `read_page` at a time."""
        while start < stop:
            page = await self.read_page(serial, start, min(PAGE_RECORDS, stop - start))
            if not page:
                raise Corrupt(what=f"the log ends at {start}, before its size {stop}")
            yield page
            start += len(page)

    async def read_page(self, serial: int, start: Position, limit: int) -> list[Record]:
        """Return records as `read` does, but no more than have PAGE_BYTES_MAX bytes together, or one: a record may have
        a thousand times as many bytes as most have."""
        fitting = await self.count_fitting(serial, range(start, start + limit)) if limit > 1 else 1
        return await self.read(serial, start, fitting)

    async def count_fitting(self, serial: int, positions: Sequence[Position], most_bytes: int | None = None) -> int:
        """Return how many of these records, from the first on, have so many bytes together (PAGE_BYTES_MAX if nothing
        is said); at least one, if there is one. Their bytes are not read."""
        most = PAGE_BYTES_MAX if most_bytes is None else most_bytes
        async with self.database.read.connect() as connection:
            lengths: dict[Position, int] = dict(
                await fetch(connection, _lengths, {"ledger": serial, "positions": list(positions)})
            )
        total = 0
        for count, position in enumerate(positions):
            total += lengths.get(position, 0)
            if total > most:
                return max(1, count)
        return len(positions)

    async def read_fitting(
        self, serial: int, positions: Sequence[Position], most_bytes: int | None = None
    ) -> list[Record]:
        """Return the records at these positions, in this order, as far as `count_fitting` says. One statement, where
        all of them fit."""
        if not positions:
            return []
        most = PAGE_BYTES_MAX if most_bytes is None else most_bytes
        async with self.database.read.connect() as connection:
            asked = {"ledger": serial, "positions": list(positions), "most": most}
            found = {row[0]: Record(*row) for row in await fetch(connection, _if_they_fit, asked)}
        if not found:
            positions = positions[: await self.count_fitting(serial, positions, most)]
            found = await self.read_at(serial, positions)
        return [found[position] for position in positions]

    async def read_pages_at(self, serial: int, positions: Sequence[Position]) -> AsyncIterator[list[Record]]:
        """Yield the records at these positions, in this order, as many at a time as have PAGE_BYTES_MAX bytes
        together."""
        while positions:
            page = await self.read_fitting(serial, positions)
            yield page
            positions = positions[len(page) :]

    async def read_entries(self, serial: int, start: Position, stop: Position) -> list[bytes]:
        """Return the records' bytes, without their bodies, in order."""
        async with self.database.read.connect() as connection:
            rows = await fetch(connection, _entries, {"ledger": serial, "start": start, "stop": stop})
        return [record for (record,) in rows]

    async def find_record(self, serial: int, id_: str) -> Record | None:
        """Return the record with this id; UUIDs are the same in capitals (RFC 9562), on SQLite too."""
        async with self.database.read.connect() as connection:
            query = stored_records.where(t.journal.c.id == id_.lower())
            row = (await connection.execute(query, {"ledger": serial})).first()
        return None if row is None else Record(*row)

    async def read_at(self, serial: int, positions: Collection[Position]) -> dict[Position, Record]:
        """Return the records at these positions."""
        async with self.database.read.connect() as connection:
            rows = await fetch(connection, records_asked, {"ledger": serial, "positions": list(positions)})
            return {row[0]: Record(*row) for row in rows}

    async def find_reversals(
        self, serial: int, positions: Collection[Position]
    ) -> dict[Position, tuple[str, Position]]:
        """Return the reversal's id and position for those of the transactions at these positions that were reversed."""
        async with self.database.read.connect() as connection:
            rows = await fetch(connection, _reversals_of, {"ledger": serial, "positions": list(positions)})
            return {position: (id_, reversed_by) for position, id_, reversed_by in rows}

    async def find_size_at(self, serial: int, time: dt.datetime) -> Size:
        """Return how many records there were at this time: those with `recorded_at` <= it."""
        return (await self.find_known_at(serial, time))[0]

    async def find_known_at(self, serial: int, time: dt.datetime) -> tuple[Size, dt.datetime | None]:
        """Return how many records there were at this time, and when the last of them was recorded."""
        async with self.database.keyed.connect() as connection:
            found = await fetch(connection, _last_before, {"ledger": serial, "time": to_micros(time)})
        for position, recorded_at in found:
            return position + 1, from_micros(recorded_at)
        return 0, None

    async def find_account_id(self, serial: int, name: str) -> AccountId | None:
        """Return the account that a path, present or past, or `#NUMBER` names."""
        query = select(t.account_names.c.account).where(
            in_ledger(t.account_names), t.account_names.c.name == bindparam("name")
        )
        async with self.database.read.connect() as connection:
            return (await connection.execute(query, {"ledger": serial, "name": name})).scalar()

    async def find_old_names(self, serial: int, account: AccountId) -> set[Position]:
        """Return at which positions the account got the paths that it had before its present one."""
        query = (
            select(t.account_names.c.position)
            .join(
                t.accounts,
                (t.accounts.c.ledger == t.account_names.c.ledger) & (t.accounts.c.account == t.account_names.c.account),
            )
            .where(
                in_ledger(t.account_names),
                t.account_names.c.account == account,
                t.account_names.c.position != t.accounts.c.path_at,
                t.account_names.c.name.not_like("#%"),
            )
        )
        async with self.database.read.connect() as connection:
            return set(await connection.scalars(query, {"ledger": serial}))

    async def find_erasures(self, serial: int, positions: Collection[Position]) -> dict[Position, Position]:
        """Return which records erased the memos of those at these positions."""
        async with self.database.read.connect() as connection:
            rows = await fetch(connection, _erased_by, {"ledger": serial, "positions": list(positions)})
            return dict(rows)

    async def count_erasures(self, serial: int) -> int:
        """Return how many memos of the ledger have been erased, at some moment after this call."""
        return await self._erasure_counts.get(serial) or 0

    async def _read_erasure_counts(self, serials: list[int]) -> dict[int, int]:
        async with self.database.keyed.connect() as connection:
            return dict(await fetch(connection, _erasure_counts, {"ledgers": sorted(serials)}))

    async def find_account(self, serial: int, account: AccountId) -> Account:
        """Return the account as the rules know it now."""
        async with self.database.read.connect() as connection:
            [row] = await fetch(connection, accounts_asked, {"ledger": serial, "accounts": [account]})
            return ACCOUNTS.row(row)[1]

    async def peek(
        self, ledger: Ledger, keys: Collection[str], needed: NeededRows, guards: Guards | None = None
    ) -> tuple[dict[str, Known], State]:
        """Return the state that the writer would find under the head lock, read without it: to say what would happen,
        not to decide. A caller that asks for account after account, and need not hear of changes meanwhile, gives
        `guards`: rows are kept there."""
        unlocked = Locked(ledger.uuid, ledger.serial, ledger.head, ledger.settings, clock=None)
        async with self.database.snapshot() as connection:
            reading = SqlWriting(connection, self._dialect, Guards() if guards is None else guards)
            known, state = await reading.find_answers(unlocked, keys), await reading.load(unlocked, needed)
        if guards is not None:
            reading.remember_at(ledger.uuid, state, ledger.head)
        return known, state

    async def find_account_ids(self, serial: int, refs: Collection[AccountRef]) -> dict[AccountRef, AccountId]:
        """Return the ids of those of these accounts that are there, named by a path, present or past, `#NUMBER`, or an
        id."""
        names = [ref for ref in refs if isinstance(ref, str) and can_be_there(ref)]
        ids = [ref for ref in refs if isinstance(ref, int) and can_be_there(ref)]
        found: dict[AccountRef, AccountId] = {}
        async with self.database.keyed.connect() as connection:
            if names:
                rows = await fetch(connection, names_asked, {"ledger": serial, "names": names})
                found |= {name: account for name, account, _ in rows}
            if ids:
                rows = await fetch(connection, accounts_asked, {"ledger": serial, "accounts": ids})
                found |= {row[0]: row[0] for row in rows}
        return found

    async def find_recorded_at(self, serial: int, size: Size) -> dt.datetime | None:
        """Return when the log came to have this size: the time of its last record then."""
        async with self.database.keyed.connect() as connection:
            found = await fetch(connection, _recorded_at, {"ledger": serial, "position": size - 1})
        return from_micros(found[0][0]) if found else None

    async def read_currencies(self, serial: int) -> dict[str, int]:
        """Return the scale of every currency declared."""
        async with self.database.read.connect() as connection:
            return dict(await fetch(connection, currencies_declared, {"ledger": serial}))

    async def read_totals(self, serial: int) -> dict[tuple[AccountId, str], Totals]:
        """Return every account's guard totals: what the balance projection must equal at the same size."""
        async with self.database.read.connect() as connection:
            rows = await connection.execute(
                select(t.account_totals).where(in_ledger(t.account_totals)), {"ledger": serial}
            )
            return {(row.account, row.currency): Totals(row.debits, row.credits) for row in rows}


def _readable(of: Callable[[Row[Any]], Found], rows: Iterable[Row[Any]]) -> tuple[list[Found], list[Corrupt]]:
    """Return the ledgers that can be read. One ledger's trouble must not fail the others."""
    found, corrupt = [], []
    for row in rows:
        try:
            found.append(of(row))
        except Corrupt as error:
            log.critical("%s", error)
            corrupt.append(error)
    return found, corrupt


def _standing_of(row: Row[Any]) -> Membership:
    member = MEMBERS.from_row(row.member_user_id, row.member_role, row.member_until, row.member_changed)
    return Membership(make_ledger(row), member)


def _read_standing(row: Any) -> Membership | Corrupt:
    """Return what a row of `ledgers` and `_MEMBER` says, or why it cannot be read: the trouble of one ledger must not
    fail the others of a shared read."""
    try:
        return _standing_of(row)
    except Corrupt as error:
        return error
