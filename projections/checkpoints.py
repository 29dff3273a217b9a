"""How far each projection of each ledger has come, and reading one of them at a known size.

A checkpoint row is locked by whoever advances it: that lock is the lease, and it ends with the database transaction.
One generation of a projection is live; a rebuild fills another beside it.
"""

import time
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Integer,
    Subquery,
    Table,
    Text,
    and_,
    bindparam,
    delete,
    insert,
    select,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from ledger.errors import ProjectionBehind, ProjectionBlocked
from ledger.journal import Position, Size
from ledger.store.engine import Database, Key, ListOf, Serial, among
from ledger.store.fresh import FreshRows
from ledger.store.rows import Insert, fetch, look_up
from projections.projection import metadata
from projections.wakeup import Wakeup

FIRST_GENERATION = 1
POLL_SECONDS = 0.1
"""How often a waiting read looks again when nobody wakes it: another process may be the projector."""

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
)


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

    @property
    def due(self) -> bool:
        """Not blocked, or blocked long enough to try again."""
        return self.retry_at is None or self.retry_at <= time.time()


@dataclass(frozen=True, slots=True)
class View:
    """A projection of one ledger inside a read transaction: all that is read here reflects `applied` records."""

    connection: AsyncConnection
    ledger: int
    generation: int
    applied: Size


@dataclass(frozen=True, slots=True)
class Seen:
    """What one statement found in a projection of one ledger: its rows reflect `applied` records."""

    generation: int
    applied: Size
    beside: Checkpoint | None
    """Another projection's live generation, as the same snapshot sees it."""
    rows: Sequence[Any]


def _this(checkpoint: Checkpoint) -> Any:
    return (
        (checkpoints.c.ledger == checkpoint.ledger)
        & (checkpoints.c.projection == checkpoint.projection)
        & (checkpoints.c.generation == checkpoint.generation)
    )


_live = select(checkpoints).where(checkpoints.c.live)
_live_of = _live.where(among(checkpoints.c.ledger, bindparam("ledgers", type_=ListOf(BigInteger()))))


async def all_live(connection: AsyncConnection, ledger: int | None = None) -> list[Checkpoint]:
    """The live checkpoints of every ledger, or of one."""
    if ledger is None:
        return [Checkpoint(*row) for row in await fetch(connection, _live, {})]
    return [Checkpoint(*row) for row in await fetch(connection, _live_of, {"ledgers": [ledger]})]


async def begin(connection: AsyncConnection, ledgers: Iterable[int], projections: Iterable[str]) -> None:
    """Make the first, live checkpoint wherever there is no live one: after a rebuild that is a later generation's."""
    query = select(checkpoints.c.ledger, checkpoints.c.projection).where(checkpoints.c.live)
    begun = {(row.ledger, row.projection) for row in await connection.execute(query)}
    names = sorted(projections)
    # In sorted order: two who insert the same rows would otherwise deadlock.
    rows = [
        {"ledger": ledger, "projection": name, "generation": FIRST_GENERATION, "live": True, "applied": 0}
        for ledger in sorted(ledgers)
        for name in names
        if (ledger, name) not in begun
    ]
    if rows:
        dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
        await connection.execute(dialect.insert(checkpoints).on_conflict_do_nothing(), rows)


async def add_generation(connection: AsyncConnection, live: Checkpoint) -> Checkpoint:
    """A checkpoint at zero for the generation after the live one."""
    new = Checkpoint(live.ledger, live.projection, live.generation + 1, live=False, applied=0)
    await connection.execute(
        insert(checkpoints).values(
            ledger=new.ledger, projection=new.projection, generation=new.generation, live=False, applied=0
        )
    )
    return new


_free = (
    select(checkpoints)
    .where(among(checkpoints.c.ledger, bindparam("ledgers", type_=ListOf(BigInteger()))), checkpoints.c.live)
    .with_for_update(skip_locked=True)
)


async def lock(connection: AsyncConnection, ledgers: Iterable[int]) -> list[Checkpoint]:
    """The live checkpoints of these ledgers that nobody else holds, locked until the transaction ends. On SQLite the
    write transaction itself is the lock."""
    return [Checkpoint(*row) for row in await fetch(connection, _free, {"ledgers": list(ledgers)})]


async def lock_all(connection: AsyncConnection, ledger: int, projection: str) -> list[Checkpoint]:
    """Every generation's checkpoint of one projection of one ledger, locked; waits for whoever holds one."""
    # In sorted order: two who lock the same rows would otherwise deadlock.
    query = (
        select(checkpoints)
        .where(checkpoints.c.ledger == ledger, checkpoints.c.projection == projection)
        .order_by(checkpoints.c.generation)
        .with_for_update()
    )
    found: list[Checkpoint] | None = None
    # A statement that waited has the snapshot from before: what was added meanwhile only the next one sees.
    while found != (again := [Checkpoint(*row) for row in await connection.execute(query)]):
        found = again
    return again


async def lock_one(connection: AsyncConnection, checkpoint: Checkpoint) -> Checkpoint | None:
    """This checkpoint as it is now, locked until the transaction ends; None where it has gone."""
    row = (await connection.execute(select(checkpoints).where(_this(checkpoint)).with_for_update())).first()
    return None if row is None else Checkpoint(*row)


def advanced(done: Iterable[tuple[Checkpoint, Size]]) -> Insert:
    """The rows of these now reflect so many records, and nothing is wrong. All of them are locked."""
    rows = [(at.ledger, at.projection, at.generation, at.live, applied, None, None, 0, None) for at, applied in done]
    return Insert(checkpoints, rows, replace=True)


async def block(connection: AsyncConnection, checkpoint: Checkpoint, position: Position, error: str) -> None:
    """This projection of this ledger stops here, and is tried again after a pause that doubles up to five minutes."""
    failures = checkpoint.failures + 1
    retry_at = int(time.time()) + min(300, 2 ** min(failures, 9))
    await connection.execute(
        update(checkpoints)
        .where(_this(checkpoint))
        .values(blocked_position=position, blocked_error=error[:2000], failures=failures, retry_at=retry_at)
    )


async def cut_over(connection: AsyncConnection, old: Checkpoint, new: Checkpoint) -> None:
    """Make `new` the live generation; `old` is no longer read."""
    await connection.execute(delete(checkpoints).where(_this(old)))
    await connection.execute(update(checkpoints).where(_this(new)).values(live=True))


async def remove(connection: AsyncConnection, checkpoint: Checkpoint) -> None:
    """Forget a checkpoint."""
    await connection.execute(delete(checkpoints).where(_this(checkpoint)))


_live_one = select(checkpoints).where(
    checkpoints.c.ledger == bindparam("ledger"), checkpoints.c.projection == bindparam("projection"), checkpoints.c.live
)


_beside = checkpoints.alias("beside")


def live(projection: str) -> Subquery:
    """How far the live generation has come, for one statement to read with its rows, and that of another projection,
    `beside`, if one is named. What else is read is joined by outer joins, so that this is told in any case. See
    `Reader.read`."""
    same = _beside.c.ledger == checkpoints.c.ledger, _beside.c.projection == bindparam("beside"), _beside.c.live
    return (
        select(
            *checkpoints.c["generation", "applied"],
            _beside.c.generation.label("beside_generation"),
            _beside.c.applied.label("beside_applied"),
        )
        .outerjoin_from(checkpoints, _beside, and_(*same))
        .where(checkpoints.c.ledger == bindparam("ledger"), checkpoints.c.projection == projection, checkpoints.c.live)
        .subquery("live")
    )


def _never_begun(ledger: int, projection: str) -> Checkpoint:
    """No projector has seen this ledger yet."""
    return Checkpoint(ledger, projection, FIRST_GENERATION, live=True, applied=0)


class Reader:
    """Reads projections at a known size, waiting for it where asked to."""

    def __init__(self, database: Database, progress: Wakeup) -> None:
        self.dialect = "sqlite" if database.is_sqlite else "postgresql"
        self._database = database
        self._progress = progress
        self._fresh = FreshRows(self._read, database.version)

    @asynccontextmanager
    async def view(
        self, ledger: int, projection: str, *, min_size: Size = 0, timeout_seconds: float = 5.0
    ) -> AsyncIterator[View]:
        """A read transaction on the live generation, reflecting at least `min_size` records.

        Waits without holding a connection. Raises ProjectionBehind after the time-out, ProjectionBlocked at once.
        """
        async with self._snapshot(ledger, projection) as view:
            if view.applied >= min_size:
                yield view
                return
        await self.wait(ledger, projection, min_size, timeout_seconds)
        async with self._snapshot(ledger, projection) as view:
            yield view

    async def read(
        self,
        ledger: int,
        projection: str,
        statement: Any,
        parameters: Mapping[str, Any],
        *,
        beside: str | None = None,
        min_size: Size = 0,
        timeout_seconds: float = 5.0,
    ) -> Seen:
        """What a statement, or of two the one for this database, finds in the live generation, reflecting at least
        `min_size` records: a `view` for one statement, which is a snapshot by itself. It selects all of
        `live(projection)` and what else it wants. Waits and raises as `view` does.
        """
        given = {**parameters, "ledger": ledger, "beside": beside}
        seen = await self._seen(given, statement)
        if seen.applied < min_size:
            await self.wait(ledger, projection, min_size, timeout_seconds)
            seen = await self._seen(given, statement)
        return seen

    async def _seen(self, given: dict[str, Any], statement: Any) -> Seen:
        async with self._database.keyed.connect() as connection:
            if isinstance(statement, dict):
                statement = statement[connection.dialect.name]
            rows = await look_up(connection, statement, given)
        beside = None if given["beside"] is None else _never_begun(given["ledger"], given["beside"])
        if not rows:
            return Seen(FIRST_GENERATION, 0, beside, ())
        at = rows[0]
        if beside is not None and at.beside_generation is not None:
            beside = Checkpoint(given["ledger"], given["beside"], at.beside_generation, True, at.beside_applied)
        return Seen(at.generation, at.applied, beside, rows)

    @asynccontextmanager
    async def _snapshot(self, ledger: int, projection: str) -> AsyncIterator[View]:
        async with self._database.snapshot() as connection:
            found = await self._live(connection, ledger, projection)
            yield View(connection, ledger, found.generation, found.applied)

    async def applied(self, ledger: int, projection: str) -> Checkpoint:
        """How far the live generation has come, at some moment after this call."""
        found = await self._fresh.get((ledger, projection))
        return found or _never_begun(ledger, projection)

    async def _read(self, wanted: list[tuple[int, str]]) -> dict[tuple[int, str], Checkpoint]:
        ledgers = sorted({ledger for ledger, _ in wanted})
        async with self._database.keyed.connect() as connection:
            found = [Checkpoint(*row) for row in await fetch(connection, _live_of, {"ledgers": ledgers})]
        return {(each.ledger, each.projection): each for each in found}

    async def blocked(self) -> list[Checkpoint]:
        """The live projections that stopped and wait for an operator or for better times."""
        async with self._database.read.connect() as connection:
            return [each for each in await all_live(connection) if each.blocked_position is not None]

    async def wait(self, ledger: int, projection: str, min_size: Size, timeout_seconds: float) -> None:
        """Return when the live generation reflects so many records. Holds no connection meanwhile. Raises
        ProjectionBehind after the time-out, ProjectionBlocked at once."""
        deadline = time.monotonic() + timeout_seconds
        while True:
            ticket = self._progress.ticket()
            found = await self.applied(ledger, projection)
            if found.applied >= min_size:
                return
            if found.blocked_position is not None:
                raise ProjectionBlocked(projection=projection, position=found.blocked_position)
            left = deadline - time.monotonic()
            if left <= 0:
                raise ProjectionBehind(projection=projection, applied=found.applied, asked=min_size)
            await self._progress.wait(min(left, POLL_SECONDS), ticket)

    async def _live(self, connection: AsyncConnection, ledger: int, projection: str) -> Checkpoint:
        found = await fetch(connection, _live_one, {"ledger": ledger, "projection": projection})
        return Checkpoint(*found[0]) if found else _never_begun(ledger, projection)
