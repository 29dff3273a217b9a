"""The loop that keeps read models up to date: exactly once, in order, a bounded slice of each lagging ledger at a time.

A pass is one database transaction for a group of ledgers. Under it every checkpoint is read again; work for one that
has moved is discarded. A projection that fails stops alone, with its position and error on record, and is tried again.

A projection goes on only from the log that it was made from: each slice is read from the last record that the rows
reflect, and that record's leaf hash is compared with the checkpoint. A projection that is ahead of its log, or of
another one, is dropped and built from the beginning; readers wait for it.

Cost of a pass besides what the read models look up: the sizes, the locks, a read of the log for each ledger, and what
is inserted, of all models and ledgers together (see `ledger.store.rows`). Nobody else in the process waits for long: a
slice is bounded, and so is what is done between two looks at the event loop.
"""

import asyncio
import logging
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any, Protocol

from sqlalchemy.ext.asyncio import AsyncConnection

from ledger.errors import Corrupt, Unavailable
from ledger.follow import Retries, Wakeup
from ledger.journal import Extent, Position, Record
from ledger.store.connections import driver_of, is_lost
from ledger.store.engine import Database
from ledger.store.faults import statement_fault
from ledger.store.rows import Insert, insert_rows
from projections import checkpoints
from projections.checkpoints import Checkpoint
from projections.generations import sweep
from projections.projection import Projection

log = logging.getLogger(__name__)

SLICE_RECORDS = 500
GROUP_LEDGERS_MAX = 50
GROUP_RECORDS_MAX = 2_000
POLL_SECONDS = 0.2
CHECKPOINT_SECONDS = 0.5
KNOWN_SECONDS = 1.0
"""How long a projector goes by what it knows of checkpoints before it reads those of all ledgers again."""
DECODED_AT_ONCE = 50
"""Records decoded between two looks at the event loop."""
PROGRESS_CHANNEL = "llmedger_progress"


class Log(Protocol):
    """What a projector needs of the journal."""

    async def extents(self) -> dict[int, Extent]:
        """Return the uuid and size of each ledger's log, by serial."""
        ...

    async def read(self, serial: int, start: Position, limit: int) -> list[Record]:
        """At most `limit` records from `start` on."""
        ...


@dataclass(frozen=True, slots=True)
class Work:
    """A fold waiting to be written; `error` instead of `delta` where it failed."""

    checkpoint: Checkpoint
    projection: Projection
    last: Record | None = None
    delta: Any = None
    error: Exception | None = None
    failed_at: Position = 0

    @property
    def done(self) -> Checkpoint:
        """The checkpoint once this is written."""
        return self.checkpoint if self.last is None else self.checkpoint.advanced(self.last)


ERASED = b'"type":"MemoErased"'
"""In the bytes of a record after which texts have gone from the read models."""


class Broken(Exception):
    """A read model could not be written."""


class Projector:
    """Advances all projections of all ledgers. Any number of processes may run one."""

    def __init__(
        self,
        log_: Log,
        database: Database,
        projections: Sequence[Projection],
        *,
        wakeup: Wakeup,
        progress: Wakeup,
        slice_records: int = SLICE_RECORDS,
    ) -> None:
        """`wakeup` says that the log grew; `progress` is told when projections did."""
        self._log = log_
        self._database = database
        self._projections = {projection.name: projection for projection in projections}
        self._wakeup = wakeup
        self._progress = progress
        self._slice_records = slice_records
        self._erased = False
        self._known: dict[tuple[int, str], Checkpoint] = {}
        """Live checkpoints as they were read, or written, last; empty: read them all again."""
        self._known_at = 0.0
        self._extents: dict[int, Extent] = {}
        """Of each log when it was looked at last."""
        self._compared: dict[int, set[tuple[str, int]]] = {}
        """By ledger the projections and generations that were compared with its log."""
        self._strangers: set[Checkpoint] = set()
        """Those that turned out to be of another log."""

    async def run(self) -> None:
        """Catch up for ever; errors of the database are waited out."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._follow())
            if self._database.is_sqlite:
                tasks.create_task(self._checkpoint())

    async def _checkpoint(self) -> None:
        """Move what was written from SQLite's log to its file beside the passes: one that has to do it takes twice as
        long."""
        retries = Retries("moving the write-ahead log of the projections to their file")
        while True:
            await asyncio.sleep(CHECKPOINT_SECONDS)
            try:
                await self._database.checkpoint()
            except Exception as error:  # noqa: BLE001  (it is told)
                await retries.after(error)
            else:
                retries.worked()

    async def _follow(self) -> None:
        retries = Retries("a projector pass")
        while True:
            ticket = self._wakeup.ticket()
            try:
                applied = await self.catch_up()
            except Exception as error:  # noqa: BLE001  (it is told)
                await retries.after(error)
            else:
                retries.worked()
                if not applied:
                    await self._wakeup.wait(POLL_SECONDS, ticket)

    async def catch_up(self) -> int:
        """One pass over all that lags, and another one where a projection had to start over.

        Returns how many records were applied, counted once per projection.
        """
        applied = 0
        extents = await self._look()
        for group in _groups(await self._lagging(extents), extents):
            applied += await self._advance(group, extents)
        if applied:
            self._progress.notify()
        if self._erased:
            self._erased = False
            await self._database.scrub()
        if self._strangers:
            await self._start_over(extents)
            applied += await self.catch_up()
        return applied

    async def _look(self) -> dict[int, Extent]:
        """Return the extents of all logs. What was compared with one that is another now, or shorter, is forgotten."""
        extents = await self._log.extents()
        for ledger, before in self._extents.items():
            now = extents.get(ledger)
            if now is None or now.uuid != before.uuid or now.size < before.size:
                self._compared.pop(ledger, None)
        self._extents = extents
        return extents

    async def _lagging(self, extents: dict[int, Extent]) -> dict[int, list[Checkpoint]]:
        """The live checkpoints that have something to do, by ledger, longest-lagging first: they are behind their
        ledger's size, or were not compared with its log yet."""
        known = [each for each in (await self._checkpoints(extents)).values() if each.ledger in extents]
        lagging: dict[int, list[Checkpoint]] = {}
        for each in sorted(known, key=lambda each: each.applied - extents[each.ledger].size):
            if each.projection not in self._projections:
                continue
            if each.is_beyond(extents[each.ledger]):
                self._strangers.add(each)
            elif each.due and self._has_work(each, extents):
                lagging.setdefault(each.ledger, []).append(each)
        return lagging

    def _has_work(self, each: Checkpoint, extents: dict[int, Extent]) -> bool:
        compared = (each.projection, each.generation) in self._compared.get(each.ledger, ())
        return each.applied < extents[each.ledger].size or not compared

    async def _start_over(self, extents: dict[int, Extent]) -> None:
        """Drop the projections that are of another log; the next pass begins to build them again."""
        strangers, self._strangers = self._strangers, set()
        for each in sorted(strangers, key=lambda each: (each.ledger, each.projection)):
            async with self._database.write.begin() as connection:
                dropped = await checkpoints.start_over(connection, each, extents[each.ledger].size)
            if dropped:
                log.warning(
                    "projection %s of ledger %d was made from another log, or one that was longer; it is built again",
                    each.projection,
                    each.ledger,
                )
                await sweep(self._database, self._projections[each.projection], each.ledger)
            self._known.clear()

    async def _checkpoints(self, extents: dict[int, Extent]) -> dict[tuple[int, str], Checkpoint]:
        """The live checkpoints of all ledgers. One that has moved meanwhile is noticed under the lock, and a checkpoint
        never goes back: what is known to be up to date needs no look."""
        if time.monotonic() - self._known_at > KNOWN_SECONDS:
            self._known.clear()
        if self._missing(extents):
            self._known, self._known_at = await self._read_checkpoints(), time.monotonic()
            if new := self._missing(extents):
                # Readers wait for what is not whole after one pass; of a ledger that was just opened they need not.
                whole_at = {each: size if (size := extents[each].size) > self._slice_records else None for each in new}
                async with self._database.write.begin() as connection:
                    await checkpoints.begin(connection, whole_at, self._projections)
                self._known = await self._read_checkpoints()
        return self._known

    def _missing(self, ledgers: Iterable[int]) -> list[int]:
        return [ledger for ledger in ledgers if any((ledger, name) not in self._known for name in self._projections)]

    async def _read_checkpoints(self) -> dict[tuple[int, str], Checkpoint]:
        async with self._database.read.connect() as connection:
            return {(each.ledger, each.projection): each for each in await checkpoints.all_live(connection)}

    async def _advance(self, group: dict[int, list[Checkpoint]], extents: dict[int, Extent]) -> int:
        try:
            return await self._pass(group, extents, together=True)
        except Broken:
            # Nothing of it was kept. Now each read model behind a savepoint, so that one stops and the others go on.
            return await self._pass(group, extents, together=False)

    async def _pass(self, group: dict[int, list[Checkpoint]], extents: dict[int, Extent], *, together: bool) -> int:
        if self._database.is_sqlite:
            # Read and fold first: its one write lock must be held for the writing alone.
            work = [each for ledger, found in group.items() for each in await self._fold(ledger, found, extents)]
            expected = len(work)
            async with self._database.write.begin() as connection:
                held = set(await checkpoints.lock(connection, group))
                done = await self._write(connection, [each for each in work if each.checkpoint in held], together)
        else:
            expected = sum(map(len, group.values()))
            async with self._database.write.begin() as connection:
                work = []
                locked = await checkpoints.lock(connection, sorted(group))
                for ledger in sorted(group):
                    wanted = {each.projection for each in group[ledger]}
                    held_here = [each for each in locked if each.ledger == ledger and each.projection in wanted]
                    work += await self._fold(ledger, [each for each in held_here if each.due], extents)
                done = await self._write(connection, work, together)
                if done:
                    await _announce(connection)
        if len(done) < expected:
            self._known.clear()  # somebody else moved them, or holds them, or something is wrong
        self._known |= {(each.checkpoint.ledger, each.checkpoint.projection): each.done for each in done}
        return sum(each.done.applied - each.checkpoint.applied for each in done)

    async def _fold(self, ledger: int, found: list[Checkpoint], extents: dict[int, Extent]) -> list[Work]:
        """The next slice of one ledger, read once, folded for every projection that has to see it."""
        found = [each for each in found if self._has_work(each, extents)]
        if not found:
            return []
        first = min(each.applied for each in found)
        start = max(0, first - 1)
        limit = first + self._slice_records - start
        try:
            records = await read_some(self._log, ledger, start, limit)
        except Corrupt as error:
            return [
                Work(each, self._projections[each.projection], error=error, failed_at=each.applied) for each in found
            ]
        self._erased |= any(ERASED in record.record for record in records)
        await decode_all(records)
        work = []
        for each in found:
            here = each.applied - start
            if here > len(records) or not self._is_of_this_log(each, records[here - 1] if here else None):
                continue
            projection = self._projections[each.projection]
            if here < len(records):
                work.append(fold(projection, each, records[here:]))
                await asyncio.sleep(0)
            elif len(records) < limit and each.applied < extents[ledger].size:
                ends = Corrupt(what=f"the log ends at {each.applied}, before its size")
                work.append(Work(each, projection, error=ends, failed_at=each.applied))
        return work

    def _is_of_this_log(self, each: Checkpoint, last: Record | None) -> bool:
        """Whether the rows end with `last`, the record before the next one to apply; None: there is none."""
        if last is not None and not each.follows(last):
            self._strangers.add(each)
            return False
        self._compared.setdefault(each.ledger, set()).add((each.projection, each.generation))
        return True

    async def _write(self, connection: AsyncConnection, work: list[Work], together: bool) -> list[Work]:
        """What was written. Raises Broken where a read model cannot be written `together` with the others."""
        done: list[Work] = []
        inserts: list[Insert] = []
        for each in work:
            if each.error is not None:
                await _block(connection, each, each.error)
            elif together:
                with _breaking(connection):
                    inserts += await changes(connection, each)
                done.append(each)
            elif await write(connection, each):
                done.append(each)
        if together:
            with _breaking(connection):
                await insert_rows(connection, *inserts, checkpoints.written(each.done for each in done))
        return done


async def _announce(connection: AsyncConnection) -> None:
    """Tell other processes at the commit. What a crash of the server takes away of read models is made again from the
    journal, so nobody waits for the disk: writers would, since PostgreSQL lets no two commits notify at once."""
    await driver_of(connection).execute(f"SET LOCAL synchronous_commit = off; NOTIFY {PROGRESS_CHANNEL}")


async def decode_all(records: Sequence[Record]) -> None:
    """Decode records, once for all read models, without keeping the event loop from others."""
    for start in range(0, len(records), DECODED_AT_ONCE):
        await asyncio.sleep(0)
        for record in records[start : start + DECODED_AT_ONCE]:
            with suppress(Corrupt):  # each fold that looks at it will meet it
                record.event  # noqa: B018  (it is kept)


async def read_some(log_: Log, ledger: int, start: Position, limit: int) -> list[Record]:
    """At least one record, from `start` on, where there is known to be one. Raises Corrupt where there is none."""
    records = await log_.read(ledger, start, limit)
    if not records:
        raise Corrupt(what=f"the log ends at {start}, before its size")
    return records


def fold(projection: Projection, checkpoint: Checkpoint, records: Sequence[Record]) -> Work:
    """Fold consecutive records that begin where the checkpoint stands: all of them, or those before the first that
    fails; where that is the very first, its error is kept for the checkpoint."""
    if not records:
        return Work(checkpoint, projection, delta=projection.fold(records))
    assert records[0].position == checkpoint.applied, "contiguity"
    try:
        return Work(checkpoint, projection, records[-1], delta=projection.fold(records))
    except Exception as error:  # noqa: BLE001  (whatever a fold raises stops this projection, not the others)
        failing = _failing(projection, records)
        if failing > checkpoint.applied:
            return fold(projection, checkpoint, records[: failing - checkpoint.applied])
        return Work(checkpoint, projection, records[-1], error=error, failed_at=failing)


def _failing(projection: Projection, records: Sequence[Record]) -> Position:
    """The first record that cannot be folded even on its own, else the first of them all."""
    for record in records:
        try:
            projection.fold([record])
        except Exception:  # noqa: BLE001  (found it)
            return record.position
    return records[0].position


@contextmanager
def _breaking(connection: AsyncConnection) -> Iterator[None]:
    """Raises Broken for whatever goes wrong, but that the database cannot be used."""
    try:
        yield
    except Exception as error:
        if _is_the_databases(error, connection):
            raise
        raise Broken from error


def _is_the_databases(error: Exception, connection: AsyncConnection) -> bool:
    """Whether the database failed and not the read model: nothing is blocked for that."""
    return isinstance(error, Unavailable) or statement_fault(error) is not None or is_lost(connection)


async def changes(connection: AsyncConnection, work: Work) -> Sequence[Insert]:
    """The rows that this fold changes."""
    return await work.projection.changes(connection, work.checkpoint, work.delta)


async def write(connection: AsyncConnection, work: Work) -> bool:
    """Write one fold behind a savepoint and advance its checkpoint; returns whether that was possible."""
    try:
        async with connection.begin_nested():
            await insert_rows(connection, *await changes(connection, work), checkpoints.written([work.done]))
    except Exception as error:  # it stops this projection alone: the savepoint undid its rows
        if _is_the_databases(error, connection):
            raise
        await _block(connection, work, error, at=work.checkpoint.applied)
        return False
    return True


async def _block(connection: AsyncConnection, work: Work, error: Exception, at: Position | None = None) -> None:
    position = work.failed_at if at is None else at
    message = f"{type(error).__name__}: {error}"
    log.error(
        "projection %s of ledger %d is blocked at position %d: %s",
        work.projection.name,
        work.checkpoint.ledger,
        position,
        message,
    )
    await checkpoints.block(connection, work.checkpoint, position, message)


def _groups(lagging: dict[int, list[Checkpoint]], extents: dict[int, Extent]) -> Iterator[dict[int, list[Checkpoint]]]:
    """Ledgers to advance in one database transaction: many that lag little, or few that lag far."""
    group: dict[int, list[Checkpoint]] = {}
    records = 0
    for ledger, found in lagging.items():
        behind = sum(extents[ledger].size - each.applied for each in found)
        if group and (len(group) >= GROUP_LEDGERS_MAX or records + behind > GROUP_RECORDS_MAX):
            yield group
            group, records = {}, 0
        group[ledger] = found
        records += behind
    if group:
        yield group
