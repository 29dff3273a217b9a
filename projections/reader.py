"""Reading projections at a known size, from rows that were made from the log that is there.

Promise: a process answers from a read model only after it has compared the model's checkpoint with the log once itself,
and again when a head's size went down. A model that is of another log, or that is still being built after that was
found out, is waited for and then refused as `projection_behind`.

Cost of the comparison: one look at the checkpoint and one record, once per process, ledger and projection. After that
it is a look into a set.
"""

import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Protocol

from sqlalchemy import BigInteger, Subquery, bindparam, select
from sqlalchemy.ext.asyncio import AsyncConnection

from ledger.errors import ProjectionBehind, ProjectionBlocked, ProjectionRebuilding
from ledger.follow import Wakeup
from ledger.journal import Ledger, Position, Record, Size
from ledger.store.engine import Database, ListOf, among
from ledger.store.rows import fetch, look_up
from ledger.store.shared_reads import FreshRows
from projections.checkpoints import FIRST_GENERATION, Checkpoint, all_live, checkpoints, find_trouble

POLL_SECONDS = 0.1
"""How often a waiting read looks again when nobody wakes it: another process may be the projector."""


STRANGERS_MAX = 20
"""Ledgers looked at again for whether a projection of theirs is still of another log: one is enough to know."""


class Trouble(StrEnum):
    """What can be the matter with projections, the worst first."""

    BLOCKED = "blocked"
    """One goes no further."""
    REBUILDING = "rebuilding"
    """One is built again, because it was of another log."""


class Records(Protocol):
    """The records of every ledger."""

    async def read(self, serial: int, start: Position, limit: int) -> list[Record]:
        """Return at most `limit` records from `start` on, in order."""
        ...


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
    rows: Sequence[Any]


@dataclass(slots=True)
class _Compared:
    """The projections of a ledger that were compared with its log, and the largest size of the log seen since."""

    uuid: str
    size: Size
    projections: set[str] = field(default_factory=set)


_live_one = select(checkpoints).where(
    checkpoints.c.ledger == bindparam("ledger"), checkpoints.c.projection == bindparam("projection"), checkpoints.c.live
)
_live_of = select(checkpoints).where(
    checkpoints.c.live, among(checkpoints.c.ledger, bindparam("ledgers", type_=ListOf(BigInteger())))
)


def live(projection: str) -> Subquery:
    """Return a subquery of the live generation of a projection.

    A statement selects it together with its rows (`Reader.read`). What else is read is joined by outer joins, so that
    the checkpoint is found in any case.
    """
    return (
        select(*checkpoints.c["generation", "applied", "whole_at"])
        .where(checkpoints.c.ledger == bindparam("ledger"), checkpoints.c.projection == projection, checkpoints.c.live)
        .subquery("live")
    )


def _never_begun(ledger: int, projection: str) -> Checkpoint:
    """Return what holds of a projection that has not seen this ledger yet."""
    return Checkpoint(ledger, projection, FIRST_GENERATION, live=True, applied=0)


class Reader:
    """Reads projections at a known size, waiting for it where asked to."""

    def __init__(self, database: Database, progress: Wakeup, log: Records) -> None:
        self.dialect = "sqlite" if database.is_sqlite else "postgresql"
        self._database = database
        self._progress = progress
        self._log = log
        self._fresh = FreshRows(self._read, database.version)
        self._compared: dict[int, _Compared] = {}
        self._strangers: dict[tuple[int, str], Checkpoint] = {}
        """Checkpoints that were of another log when they were compared last, by serial and projection."""

    # --- reading -----------------------------------------------------------------------------------------------------

    @asynccontextmanager
    async def view(
        self, ledger: Ledger, projection: str, *, min_size: Size = 0, timeout_seconds: float = 5.0
    ) -> AsyncIterator[View]:
        """Open a read transaction on the live generation, which reflects at least `min_size` records.

        Waits without holding a connection. Raises ProjectionBehind after the time-out, ProjectionBlocked at once.
        """
        if await self.is_of_this_log(ledger, projection):
            async with self._snapshot(ledger, projection) as (found, view):
                if found.whole_at is None and found.applied >= min_size:
                    yield view
                    return
        await self.wait(ledger, projection, min_size, timeout_seconds)
        async with self._snapshot(ledger, projection) as (_, view):
            yield view

    @asynccontextmanager
    async def _snapshot(self, ledger: Ledger, projection: str) -> AsyncIterator[tuple[Checkpoint, View]]:
        async with self._database.snapshot() as connection:
            rows = await fetch(connection, _live_one, {"ledger": ledger.serial, "projection": projection})
            found = Checkpoint(*rows[0]) if rows else _never_begun(ledger.serial, projection)
            yield found, View(connection, ledger.serial, found.generation, found.applied)

    async def read(
        self,
        ledger: Ledger,
        projection: str,
        statement: Any,
        parameters: Mapping[str, Any],
        *,
        min_size: Size = 0,
        timeout_seconds: float = 5.0,
    ) -> Seen:
        """Return what a statement finds in the live generation, which reflects at least `min_size` records.

        It is a `view` for one statement, which is a snapshot by itself. The statement selects all of
        `live(projection)` and what else it wants. Waits and raises as `view` does.
        """
        given = {**parameters, "ledger": ledger.serial}
        if await self.is_of_this_log(ledger, projection):
            seen = await self._seen(given, statement)
            if seen is not None and seen.applied >= min_size:
                return seen
        await self.wait(ledger, projection, min_size, timeout_seconds)
        seen = await self._seen(given, statement)
        if seen is None:  # it was begun anew since
            raise ProjectionRebuilding(projection=projection, applied=0, asked=ledger.head.size)
        return seen

    async def _seen(self, given: dict[str, Any], statement: Any) -> Seen | None:
        """Return what the statement finds; None while the projection is being built."""
        async with self._database.keyed.connect() as connection:
            rows = await look_up(connection, statement, given)
        if not rows:
            return Seen(FIRST_GENERATION, 0, ())
        at = rows[0]
        return None if at.whole_at is not None else Seen(at.generation, at.applied, rows)

    async def applied(self, ledger: Ledger, projection: str) -> Checkpoint:
        """Return the checkpoint that readers see, as it is at some moment after this call.

        To them nothing is there of a projection that is of another log, or is being built.
        """
        if await self.is_of_this_log(ledger, projection):
            found = await self._checkpoint(ledger, projection)
            if found.whole_at is None:
                return found
        return _never_begun(ledger.serial, projection)

    async def wait(self, ledger: Ledger, projection: str, min_size: Size, timeout_seconds: float) -> None:
        """Return when the live generation can be read and reflects so many records. Holds no connection meanwhile.

        Raises ProjectionBehind after the time-out, ProjectionBlocked at once.
        """
        deadline = time.monotonic() + timeout_seconds
        while True:
            ticket = self._progress.ticket()
            found = await self._checkpoint(ledger, projection)
            readable = found.whole_at is None and await self.is_of_this_log(ledger, projection)
            if readable and found.applied >= min_size:
                return
            if found.blocked_position is not None:
                raise ProjectionBlocked(projection=projection, position=found.blocked_position)
            left = deadline - time.monotonic()
            if left <= 0:
                kind = ProjectionBehind if readable else ProjectionRebuilding
                asked = max(min_size, found.whole_at or 0)
                raise kind(projection=projection, applied=found.applied, asked=asked)
            await self._progress.wait(min(left, POLL_SECONDS), ticket)

    async def _checkpoint(self, ledger: Ledger, projection: str) -> Checkpoint:
        found = await self._fresh.get((ledger.serial, projection))
        return found or _never_begun(ledger.serial, projection)

    async def _read(self, wanted: list[tuple[int, str]]) -> dict[tuple[int, str], Checkpoint]:
        ledgers = sorted({ledger for ledger, _ in wanted})
        async with self._database.keyed.connect() as connection:
            found = [Checkpoint(*row) for row in await fetch(connection, _live_of, {"ledgers": ledgers})]
        return {(each.ledger, each.projection): each for each in found}

    # --- comparing with the log --------------------------------------------------------------------------------------

    async def is_of_this_log(self, ledger: Ledger, projection: str) -> bool:
        """Whether the projection's rows were made from this ledger's log, by this process's own comparison."""
        known = self._compared.get(ledger.serial)
        if known is None or known.uuid != ledger.uuid or ledger.head.size < known.size:
            known = self._compared[ledger.serial] = _Compared(ledger.uuid, ledger.head.size)
        known.size = ledger.head.size
        if projection in known.projections:
            return True
        found = await self._checkpoint(ledger, projection)
        same = found.uuid in (None, ledger.uuid)
        if same and found.applied:
            last = await self._log.read(ledger.serial, found.applied - 1, 1)
            same = bool(last) and found.follows(last[0])
        if not same:
            self._strangers[ledger.serial, projection] = found
            return False
        self._strangers.pop((ledger.serial, projection), None)
        if found.is_marked:  # one of an old version is looked at again, until it has been rebuilt
            known.projections.add(projection)
        return True

    # --- what operators see ------------------------------------------------------------------------------------------

    async def trouble(self) -> Trouble | None:
        """Return the worst thing that is the matter with any projection. It costs the same however many ledgers there
        are; `troubles` names them."""
        async with self._database.read.connect() as connection:
            blocked, building = await find_trouble(connection)
        if blocked:
            return Trouble.BLOCKED
        return Trouble.REBUILDING if building or await self._meets_strangers() else None

    async def _meets_strangers(self) -> bool:
        """Whether a projection that was of another log when it was compared last is the same as then."""
        ledgers = sorted({ledger for ledger, _ in self._strangers})[:STRANGERS_MAX]
        if not ledgers:
            return False
        async with self._database.keyed.connect() as connection:
            found = [Checkpoint(*row) for row in await fetch(connection, _live_of, {"ledgers": ledgers})]
        return any(self._trouble(each) is not None for each in found)

    async def troubles(self) -> dict[Checkpoint, str]:
        """Return the live checkpoints that cannot be read or go no further, each with a sentence that says why."""
        async with self._database.read.connect() as connection:
            found = await all_live(connection)
        troubles = {each: each.trouble or self._trouble(each) for each in found}
        return {each: trouble for each, trouble in troubles.items() if trouble is not None}

    def _trouble(self, found: Checkpoint) -> str | None:
        stranger = self._strangers.get((found.ledger, found.projection))
        if stranger is None or (stranger.generation, stranger.leaf) != (found.generation, found.leaf):
            return None
        return "it was made from another log; a projector will build it again"
