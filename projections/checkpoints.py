"""Checkpoints: how far each projection of each ledger has come, and from which log it was made.

The process that advances a projection locks its checkpoint row. The lock is the lease, and it ends with the database
transaction. One generation of a projection is live. A rebuild fills another one beside it.

A checkpoint has the UUID of its ledger and the leaf hash of the last record that its rows reflect. A serial number and
a count would not tell two logs apart: a journal that was restored from a backup has the same ones.
"""

import time
from collections.abc import Iterable, Mapping
from dataclasses import asdict, astuple, dataclass
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
    bindparam,
    delete,
    exists,
    insert,
    select,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from ledger.follow import Blocked, find_pause
from ledger.journal import Extent, Position, Record, Size
from ledger.store.engine import Key, ListOf, Serial, UuidText, among
from ledger.store.rows import Insert, fetch
from projections.projection import Projection, build_groups, metadata

FIRST_GENERATION = 1

checkpoints = Table(
    "checkpoints",
    metadata,
    Column("ledger", Serial, primary_key=True, autoincrement=False),
    Column("projection", Key, primary_key=True),
    Column("generation", Serial, primary_key=True, autoincrement=False),
    Column("live", Boolean, nullable=False),
    Column("applied", BigInteger, nullable=False, comment="the size that the rows reflect"),
    Column("blocked_position", BigInteger),
    Column("blocked_error", Text),
    Column("failures", Integer, nullable=False, server_default="0"),
    Column("retry_at", BigInteger, comment="Unix seconds"),
    Column("uuid", UuidText, comment="of the ledger; NULL before the first record"),
    Column("leaf", LargeBinary, comment="leaf hash of record applied - 1; NULL as above"),
    Column("whole_at", BigInteger, comment="readers wait until this size is reached; NULL: readers need not wait"),
)
for _what, _column in (("blocked", checkpoints.c.blocked_position), ("building", checkpoints.c.whole_at)):
    # Few rows have one, and readers ask again and again whether there is such a row.
    _there = _column.is_not(None)
    Index(f"checkpoints_{_what}_index", checkpoints.c.ledger, postgresql_where=_there, sqlite_where=_there)


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A row of `checkpoints`."""

    ledger: int
    projection: str
    generation: int
    live: bool
    applied: Size
    blocked_position: Position | None = None
    blocked_error: str | None = None
    failures: int = 0
    retry_at: int | None = None
    uuid: str | None = None
    leaf: bytes | None = None
    whole_at: Size | None = None

    @property
    def due(self) -> bool:
        """Whether it is not blocked, or was blocked long enough to try again."""
        return self.retry_at is None or self.retry_at <= time.time()

    @property
    def trouble(self) -> str | None:
        """A sentence about why the projection cannot be read or goes no further; None where all is well."""
        if self.blocked_position is not None:
            return f"blocked at position {self.blocked_position}: {self.blocked_error}"
        if self.whole_at is not None:
            return f"it is being built: {self.applied} of {self.whole_at} records so far"
        return None

    def is_beyond(self, extent: Extent) -> bool:
        """Return whether its rows cannot be of this log: they are another ledger's, or of more records than it has."""
        return self.applied > extent.size or self.uuid not in (None, extent.uuid)

    def follows(self, last: Record) -> bool:
        """Return whether its rows end with this record, which has position `applied - 1`."""
        return self.leaf == last.leaf_hash

    def advance(self, last: Record) -> "Checkpoint":
        """Return it after this record was applied, and nothing is wrong."""
        applied = last.position + 1
        whole_at = None if self.whole_at is None or self.whole_at <= applied else self.whole_at
        mark = {"uuid": last.envelope["ledger"], "leaf": last.leaf_hash}
        return Checkpoint(self.ledger, self.projection, self.generation, self.live, applied, whole_at=whole_at, **mark)


def _this(checkpoint: Checkpoint) -> Any:
    return (
        (checkpoints.c.ledger == checkpoint.ledger)
        & (checkpoints.c.projection == checkpoint.projection)
        & (checkpoints.c.generation == checkpoint.generation)
    )


_live = select(checkpoints).where(checkpoints.c.live)
_ledgers = bindparam("ledgers", type_=ListOf(BigInteger()))
_projections = bindparam("projections", type_=ListOf(Text()))
_live_of = _live.where(among(checkpoints.c.ledger, _ledgers))


async def read_live(connection: AsyncConnection, *ledgers: int) -> list[Checkpoint]:
    """Return the live checkpoints of these ledgers, or of all if none is given."""
    rows = await fetch(connection, _live_of if ledgers else _live, {"ledgers": ledgers})
    return [Checkpoint(*row) for row in rows]


any_trouble = select(
    *[
        exists().where(checkpoints.c.live, column.is_not(None))
        for column in (checkpoints.c.blocked_position, checkpoints.c.whole_at)
    ]
)


async def find_trouble(connection: AsyncConnection) -> tuple[bool, bool]:
    """Return whether any live projection is blocked, and whether any is being built for readers. It costs two looks
    into an index."""
    row = (await connection.execute(any_trouble)).one()
    return bool(row[0]), bool(row[1])


async def begin(
    connection: AsyncConnection, ledgers: Mapping[int, Size | None], projections: Iterable[Projection]
) -> None:
    """Insert the first, live checkpoint where there is no live one, of the generation that its group has.

    `ledgers` gives for each the size that readers wait for; None: they need not wait.
    """
    rows = []
    for group in build_groups(projections):
        names = sorted(each.name for each in group)
        live = {
            (each.ledger, each.projection): each.generation for each in await _lock_live(connection, ledgers, names)
        }
        for ledger, whole_at in ledgers.items():
            generations = [live[ledger, name] for name in names if (ledger, name) in live]
            generation = max(generations, default=FIRST_GENERATION)
            missing = [name for name in names if (ledger, name) not in live]
            rows += [Checkpoint(ledger, name, generation, live=True, applied=0, whole_at=whole_at) for name in missing]
    if rows:
        # In sorted order: two who insert the same rows would otherwise deadlock.
        values = [asdict(each) for each in sorted(rows, key=lambda each: (each.ledger, each.projection))]
        dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
        await connection.execute(dialect.insert(checkpoints).on_conflict_do_nothing(), values)


async def _lock_live(
    connection: AsyncConnection, ledgers: Iterable[int], projections: Iterable[str]
) -> list[Checkpoint]:
    """Return the live checkpoints of these projections, locked, so that no rebuild cuts over meanwhile."""
    query = _live.where(among(checkpoints.c.ledger, _ledgers), among(checkpoints.c.projection, _projections))
    return await _lock_in_order(connection, query, {"ledgers": list(ledgers), "projections": list(projections)})


async def add_generation(connection: AsyncConnection, new: Checkpoint) -> Checkpoint:
    """Insert and return a checkpoint."""
    await connection.execute(insert(checkpoints).values(asdict(new)))
    return new


async def start_over(connection: AsyncConnection, found: Checkpoint, group: Iterable[str], size: Size) -> bool:
    """Replace all generations of this group of projections by an empty live one, which readers wait for until it has
    this size.

    Returns False where the live checkpoint is no longer the one that was found.
    """
    generations = await lock_all(connection, found.ledger, group)
    if found not in generations:
        return False
    for each in generations:
        await remove(connection, each)
    generation = 1 + max(each.generation for each in generations)
    for name in sorted({each.projection for each in generations}):
        new = Checkpoint(found.ledger, name, generation, live=True, applied=0, whole_at=size)
        await add_generation(connection, new)
    return True


_free = (
    select(checkpoints)
    .where(among(checkpoints.c.ledger, _ledgers), checkpoints.c.live)
    .with_for_update(skip_locked=True)
)


async def lock(connection: AsyncConnection, ledgers: Iterable[int]) -> list[Checkpoint]:
    """Lock the live checkpoints of these ledgers that nobody else has locked, until the transaction ends, and return
    them. On SQLite the write transaction itself is the lock."""
    return [Checkpoint(*row) for row in await fetch(connection, _free, {"ledgers": list(ledgers)})]


async def lock_all(connection: AsyncConnection, ledger: int, projections: Iterable[str]) -> list[Checkpoint]:
    """Lock the checkpoints of all generations of these projections of one ledger, and return them. Wait for other
    transactions that have locked one."""
    query = select(checkpoints).where(
        checkpoints.c.ledger == bindparam("ledger"), among(checkpoints.c.projection, _projections)
    )
    return await _lock_in_order(connection, query, {"ledger": ledger, "projections": list(projections)})


async def _lock_in_order(connection: AsyncConnection, query: Any, given: Mapping[str, Any]) -> list[Checkpoint]:
    # In sorted order: two who lock the same rows would otherwise deadlock.
    order = checkpoints.c["ledger", "projection", "generation"]
    locking = query.order_by(*order).with_for_update()
    found: list[Checkpoint] | None = None
    # A statement that waited has the snapshot from before: what was added meanwhile only the next one sees.
    while found != (again := [Checkpoint(*row) for row in await connection.execute(locking, given)]):
        found = again
    return again


def make_rows(done: Iterable[Checkpoint]) -> Insert:
    """Return the rows of these checkpoints as they are now. All of them are locked."""
    return Insert(checkpoints, [astuple(each) for each in done], replace=True)


async def block(connection: AsyncConnection, checkpoint: Checkpoint, blocked: Blocked) -> None:
    """Note that this projection of this ledger stops here, and is tried again after a pause that grows."""
    failures = checkpoint.failures + 1
    retry_at = int(time.time()) + find_pause(failures)
    await connection.execute(
        update(checkpoints)
        .where(_this(checkpoint))
        .values(
            blocked_position=blocked.position,
            blocked_error=blocked.reason[:2000],
            failures=failures,
            retry_at=retry_at,
        )
    )


async def remove(connection: AsyncConnection, checkpoint: Checkpoint) -> None:
    """Forget a checkpoint."""
    await connection.execute(delete(checkpoints).where(_this(checkpoint)))
