"""The journal as the rest of the house sees it: records, heads, receipts, and what a store must promise.

The Protocols here are kept by `ledger.store`; the contract suite in `tests/contract` runs on every engine.
"""

import datetime as dt
import json
import re
from collections.abc import AsyncIterator, Collection, Hashable, Iterable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, NamedTuple, Protocol

from ledger.codec import Actor, Sealed, decode, parse_time, read_id, read_type_and_schema
from ledger.members import Member
from ledger.merkle import EMPTY_FRONTIER, Frontier, hash_leaf
from ledger.slices import Event
from ledger.state import LedgerSettings, NeededRows, State

Position = int
"""0-based place in a ledger's journal."""
Size = int
"""Number of records, which is the next position."""

_UUID = re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}", re.IGNORECASE)


def is_uuid(name: str) -> bool:
    """Return whether a name has the form of a UUID. No ledger's id has it, so URLs may take either."""
    return _UUID.fullmatch(name) is not None


@dataclass(frozen=True, slots=True)
class Head:
    """How far a journal has come: its size, its tree, and the time of its last record (none: the beginning)."""

    frontier: Frontier = EMPTY_FRONTIER
    recorded_at: dt.datetime | None = None

    @property
    def size(self) -> Size:
        return self.frontier.size

    @property
    def root(self) -> bytes:
        return self.frontier.compute_root()


@dataclass(frozen=True, slots=True)
class Ledger:
    """A ledger as its head row says: `serial` is its small number inside this database and nowhere else."""

    serial: int
    uuid: str
    id: str
    settings: LedgerSettings
    head: Head
    opened_as: str | None = None
    """The id that it was opened with, where it was imported under another."""


class Extent(NamedTuple):
    """Which log a serial number names, and its size."""

    uuid: str
    size: Size


@dataclass(frozen=True, slots=True)
class Membership:
    """A ledger and what somebody is in it."""

    ledger: Ledger
    member: Member


@dataclass(frozen=True)
class Record:
    """A record as stored: the exact bytes, and what they say."""

    position: Position
    record: bytes
    data: bytes
    memo: bytes | None

    @cached_property
    def envelope(self) -> Mapping[str, Any]:
        """The members of DESIGN section 5, as written."""
        members: dict[str, Any] = json.loads(self.record)
        return members

    @cached_property
    def event(self) -> Event:
        """Raises Corrupt where the bytes cannot be understood."""
        return decode(*read_type_and_schema(self.record), self.data, self.memo)

    @property
    def id(self) -> str:
        return read_id(self.record)

    @property
    def recorded_at(self) -> dt.datetime:
        return parse_time(self.envelope["recorded_at"])

    @property
    def actor(self) -> Actor:
        return Actor.from_json(self.envelope["actor"])

    @property
    def length(self) -> int:
        """Bytes of body and memo."""
        return len(self.data) + len(self.memo or b"")

    @property
    def memo_erased(self) -> bool:
        return self.memo is None and self.envelope["memo_sha256"] is not None

    @property
    def leaf_hash(self) -> bytes:
        return hash_leaf(self.record)


@dataclass(slots=True)
class Receipt:
    """The answer to an accepted command: durable once you hold it.

    `id` and `position` are those of the record that answers, the last of `count` consecutive ones from `first`.
    """

    command: str
    id: str
    position: Position
    first: Position
    count: int
    recorded_at: dt.datetime
    event: Event
    replayed: bool = False

    @property
    def size(self) -> Size:
        """The ledger's size just after this command: ask a read for at least this."""
        return self.first + self.count


@dataclass(frozen=True, slots=True)
class Known:
    """What an idempotency key has answered: a receipt, and whether the record's texts have been erased since."""

    receipt: Receipt
    erased: bool = False


class Raced(Exception):
    """Another process opened a ledger with this id or uuid at the same moment: decide again."""


class Entry(NamedTuple):
    """A record about to be appended."""

    position: Position
    id: str
    recorded_at: dt.datetime
    event: Event
    sealed: Sealed


@dataclass(frozen=True, slots=True)
class KeyEntry:
    """An idempotency key about to be kept for ever."""

    key: str
    position: Position
    first: Position
    count: int


@dataclass(frozen=True, slots=True)
class Locked:
    """A ledger whose head row this database transaction holds. `serial` is None while the ledger is not there."""

    uuid: str
    serial: int | None
    head: Head
    settings: LedgerSettings | None
    clock: dt.datetime | None
    """The database's own clock, read after the lock was got; None: it has none but this machine's."""


@dataclass(slots=True)
class Append:
    """Everything that one batch writes to one ledger."""

    locked: Locked
    head: Head
    """As it will be."""
    state: State
    """With the guard rows that changed noted."""
    id: str | None = None
    """The new ledger's id, where this batch opens one."""
    entries: Sequence[Entry] = ()
    keys: Sequence[KeyEntry] = field(default_factory=list)


class Writing(Protocol):
    """One database transaction. Leaving it without an exception commits; nothing is durable before that."""

    async def lock(self, ledger: str) -> Locked:
        """Lock the head row of the ledger with this uuid, by a statement of its own, and read the clock once it is got.

        Until the transaction ends nobody else appends to this ledger, and what is read now is what holds.
        """
        ...

    async def find_answers(self, locked: Locked, keys: Collection[str]) -> dict[str, Known]:
        """Return what those of the keys that were used before have answered."""
        ...

    async def load(self, locked: Locked, needed: NeededRows) -> State:
        """Return the rows and old records that are needed. A fixed number of statements, whatever their count."""
        ...

    async def append(self, append: Append) -> None:
        """Write records, keys, guards and the head. A fixed number of statements, whatever their count. Raises
        Raced."""
        ...

    async def read_ids(self, locked: Locked, positions: Iterable[Position]) -> dict[Position, str]:
        """Return the record ids at those of the positions that are taken."""
        ...


class Journal(Protocol):
    """The append-only log of every ledger in one database."""

    def find_lane(self, ledger: str) -> Hashable:
        """Return a ledger's lane. Ledgers with equal lanes are written one batch after another; others side by side."""
        ...

    def begin_writing(self) -> AbstractAsyncContextManager[Writing]:
        """Begin a database transaction that may append."""
        ...

    async def find(self, name: str) -> Ledger | None:
        """Return the ledger with this id or uuid."""
        ...

    async def read(self, serial: int, start: Position, limit: int) -> list[Record]:
        """Return at most `limit` records from `start` on, in order. Raises Corrupt on a hole."""
        ...

    def read_range(self, serial: int, start: Position, stop: Position) -> AsyncIterator[Record]:
        """Yield the records of [start, stop), a page at a time, with no database transaction open between pages."""
        ...
