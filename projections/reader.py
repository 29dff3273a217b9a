"""Read projections at a known size, from rows that were made from the log that is there.

Promise: a process answers from a read model only after it has itself compared the model's checkpoint with the log. It
compares again when the size of a head went down. If a model was made from another log, or is being built again for that
reason, reads wait for it and are then refused as `projection_behind`.

Cost of the comparison: the checkpoint and one record are read, once per process, ledger and projection. After that it
is a look into a set.
"""

import time
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from ledger.errors import ProjectionBehind, ProjectionBlocked, ProjectionRebuilding
from ledger.follow import Wakeup
from ledger.journal import Ledger, Size
from ledger.store.engine import Database
from ledger.store.journal import SqlJournal
from ledger.store.shared_reads import FreshRows
from projections.checkpoints import FIRST_GENERATION, Checkpoint, find_trouble, read_live

POLL_SECONDS = 0.1
"""How often a waiting read looks again if nobody wakes it: the projector may be in another process."""


STRANGERS_MAX = 20
"""Ledgers looked at again to see whether a projection of theirs is still of another log: one such is enough."""


class Trouble(StrEnum):
    """What can be wrong with projections, the worst first."""

    BLOCKED = "blocked"
    """A projection cannot go on."""
    REBUILDING = "rebuilding"
    """A projection is being built again, because it was made from another log."""


@dataclass(frozen=True, slots=True)
class View:
    """A projection of one ledger inside a read transaction: everything read here reflects `applied` records."""

    connection: AsyncConnection
    ledger: int
    generation: int
    applied: Size

    @property
    def at(self) -> dict[str, Any]:
        """The parameters of `is_of_generation`."""
        return {"ledger": self.ledger, "generation": self.generation}


@dataclass(frozen=True, slots=True)
class Built:
    """What an answer is made of: read models at one size, each of a generation."""

    size: Size
    generations: tuple[tuple[str, int], ...]

    @property
    def parts(self) -> tuple[object, ...]:
        """The parts of an answer's tag that are about it: a rebuild may correct a figure at the same size."""
        return (self.size, *self.generations)


@dataclass(frozen=True, slots=True)
class Reading:
    """One look at a ledger: the named read models, at one size and in one snapshot, and the log.

    Texts come from the log by position, so an erased text is gone at once.
    """

    ledger: Ledger
    built: Built
    log: SqlJournal
    """On PostgreSQL it reads on the snapshot's own connection: readers that keep one connection and wait for a second
    one could wait for each other."""
    _connection: AsyncConnection

    @property
    def size(self) -> Size:
        """How many records the read models reflect."""
        return self.built.size

    def view(self, projection: str) -> View:
        """Return one of the named read models."""
        generation = dict(self.built.generations)[projection]
        return View(self._connection, self.ledger.serial, generation, self.size)


@dataclass(slots=True)
class _Compared:
    """The projections of a ledger that were compared with its log, and the last size of the log seen since."""

    uuid: str
    size: Size
    projections: set[str] = field(default_factory=set)


def _map_by_name(live: Iterable[Checkpoint]) -> dict[str, Checkpoint]:
    return {each.projection: each for each in live}


def _find_built(live: Mapping[str, Checkpoint], ledger: Ledger, projections: Sequence[str]) -> Built | None:
    """Return the size and generations of these read models; None where one is still being built, or sizes differ."""
    found = [live.get(each) or _make_first_checkpoint(ledger.serial, each) for each in projections]
    sizes = {each.applied for each in found}
    if len(sizes) != 1 or any(each.whole_at is not None for each in found):
        return None
    return Built(sizes.pop(), tuple((each.projection, each.generation) for each in found))


def _make_behind_error(wanted: Sequence[Checkpoint], compared: Sequence[bool], least: Size) -> ProjectionBehind:
    """Return the error that says which read model the read has waited for in vain."""
    for each, is_ours in zip(wanted, compared, strict=True):
        if each.whole_at is not None or not is_ours:
            asked = max(least, each.whole_at or 0)
            return ProjectionRebuilding(projection=each.projection, applied=each.applied, asked=asked)
    slowest = min(wanted, key=lambda each: each.applied)
    return ProjectionBehind(projection=slowest.projection, applied=slowest.applied, asked=least)


def _make_first_checkpoint(ledger: int, projection: str) -> Checkpoint:
    """Return the checkpoint of a projection that has not seen this ledger yet."""
    return Checkpoint(ledger, projection, FIRST_GENERATION, live=True, applied=0)


class Reader:
    """Reads projections at a known size, and waits for it where asked to."""

    def __init__(self, database: Database, progress: Wakeup, log: SqlJournal) -> None:
        self.dialect = "sqlite" if database.is_sqlite else "postgresql"
        self._database = database
        self._progress = progress
        self._log = log
        self._fresh = FreshRows(self._read, database.read_version)
        self._compared: dict[int, _Compared] = {}
        self._strangers: dict[tuple[int, str], Checkpoint] = {}
        """Checkpoints that were of another log at their last comparison, by serial and projection."""

    # --- reading -----------------------------------------------------------------------------------------------------

    @asynccontextmanager
    async def open(
        self,
        ledger: Ledger,
        *projections: str,
        min_size: Size = 0,
        timeout_seconds: float = 5.0,
        after: Built | None = None,
    ) -> AsyncIterator[Reading]:
        """Open a reading of these read models, all of which reflect the same number of records, at least `min_size`.

        Where one lags behind another, wait until both are equal, and keep no connection meanwhile. `after`: what `wait`
        returned a moment ago, so that this need not wait again.
        Raises ProjectionBehind and ProjectionRebuilding after the time-out, and ProjectionBlocked at once.
        """
        deadline = time.monotonic() + timeout_seconds
        while True:
            if after is None:
                left = deadline - time.monotonic()
                after = await self.wait(ledger, *projections, min_size=min_size, timeout_seconds=left)
            async with self._database.snapshot() as connection:
                live = await read_live(connection, ledger.serial)
                now = _find_built(_map_by_name(live), ledger, projections)
                if now is not None and now.size >= max(min_size, after.size):
                    log = self._log if self._log.database is not self._database else self._log.on(connection)
                    yield Reading(ledger, now, log, connection)
                    return
            after = None

    async def wait(self, ledger: Ledger, *projections: str, min_size: Size = 0, timeout_seconds: float = 5.0) -> Built:
        """Return the size and generations of these read models, once they are equal and reflect `min_size` records. A
        snapshot that is opened later shows the same or more. Raises what `open` raises."""
        deadline = time.monotonic() + timeout_seconds
        while True:
            ticket = self._progress.take_ticket()
            live = await self._get_live(ledger)
            built = _find_built(live, ledger, projections)
            compared = [await self._is_of_this_log(ledger, live.get(each), each) for each in projections]
            if built is not None and built.size >= min_size and all(compared):
                return built
            wanted = [live.get(each) or _make_first_checkpoint(ledger.serial, each) for each in projections]
            least = max(min_size, *(each.applied for each in wanted))
            for each in wanted:
                if each.blocked_position is not None and each.applied < least:
                    raise ProjectionBlocked(projection=each.projection, position=each.blocked_position)
            left = deadline - time.monotonic()
            if left <= 0:
                raise _make_behind_error(wanted, compared, least)
            await self._progress.wait(min(left, POLL_SECONDS), ticket)

    async def read_checkpoints(self, ledger: Ledger) -> dict[str, Checkpoint]:
        """Return the live checkpoints of a ledger by projection, as they are at some moment after this call. Leave out
        read models that were made from another log, or are still being built."""
        live = await self._get_live(ledger)
        return {
            name: each
            for name, each in live.items()
            if each.whole_at is None and await self._is_of_this_log(ledger, each, name)
        }

    async def _get_live(self, ledger: Ledger) -> Mapping[str, Checkpoint]:
        return await self._fresh.get(ledger.serial) or {}

    async def _read(self, ledgers: list[int]) -> dict[int, dict[str, Checkpoint]]:
        async with self._database.keyed.connect() as connection:
            live = await read_live(connection, *ledgers)
        found: dict[int, list[Checkpoint]] = {}
        for each in live:
            found.setdefault(each.ledger, []).append(each)
        return {ledger: _map_by_name(live) for ledger, live in found.items()}

    # --- comparing with the log --------------------------------------------------------------------------------------

    async def _is_of_this_log(self, ledger: Ledger, found: Checkpoint | None, projection: str) -> bool:
        """Return whether the projection's rows were made from this ledger's log. This process compares them itself."""
        known = self._compared.get(ledger.serial)
        if known is None or known.uuid != ledger.uuid or ledger.head.size < known.size:
            known = self._compared[ledger.serial] = _Compared(ledger.uuid, ledger.head.size)
        known.size = ledger.head.size
        if projection in known.projections:
            return True
        found = found or _make_first_checkpoint(ledger.serial, projection)
        same = found.uuid in (None, ledger.uuid)
        if same and found.applied:
            last = await self._log.read(ledger.serial, found.applied - 1, 1)
            same = bool(last) and found.follows(last[0])
        if not same:
            self._strangers[ledger.serial, projection] = found
            return False
        self._strangers.pop((ledger.serial, projection), None)
        known.projections.add(projection)
        return True

    # --- what operators see ------------------------------------------------------------------------------------------

    async def find_trouble(self) -> Trouble | None:
        """Return the worst trouble that any projection has, None if there is none. The cost does not grow with the
        number of ledgers. `find_troubles` names them."""
        async with self._database.read.connect() as connection:
            blocked, building = await find_trouble(connection)
        if blocked:
            return Trouble.BLOCKED
        return Trouble.REBUILDING if building or await self._meets_strangers() else None

    async def _meets_strangers(self) -> bool:
        """Return whether a projection that was of another log at its last comparison is still the same."""
        ledgers = sorted({ledger for ledger, _ in self._strangers})[:STRANGERS_MAX]
        if not ledgers:
            return False
        async with self._database.keyed.connect() as connection:
            found = await read_live(connection, *ledgers)
        return any(self._find_trouble(each) is not None for each in found)

    async def find_troubles(self) -> dict[Checkpoint, str]:
        """Return the live checkpoints that cannot be read or cannot go on, each with a sentence that says why."""
        async with self._database.read.connect() as connection:
            found = await read_live(connection)
        troubles = {each: each.trouble or self._find_trouble(each) for each in found}
        return {each: trouble for each, trouble in troubles.items() if trouble is not None}

    def _find_trouble(self, found: Checkpoint) -> str | None:
        stranger = self._strangers.get((found.ledger, found.projection))
        if stranger is None or (stranger.generation, stranger.leaf) != (found.generation, found.leaf):
            return None
        return "it was made from another log; a projector will build it again"
