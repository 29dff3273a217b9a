"""The sink that keeps read models up to date: exactly once, in order, all of them in one database transaction.

The follower (`ledger.follow`) reads a slice of each ledger that lags. The sink folds it, takes a lock, and reads every
checkpoint again. It discards its work on a checkpoint that has moved meanwhile. A read model that fails stops alone,
with its position and error on record, and is tried again.

A read model goes on only from the log that it was made from. Each slice comes with the last record that the rows
reflect, and that record's leaf hash is compared with the checkpoint. A read model that is ahead of its log, or was made
from another log, is dropped and built from the beginning. Readers wait for it.

Cost of a pass besides what the read models look up: the lock and the inserts, for all models and ledgers together (see
`ledger.store.rows`). Nobody else in the process waits for long: a slice is bounded, and so is the work between two
turns of the event loop.
"""

import asyncio
import logging
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any

from sqlalchemy.ext.asyncio import AsyncConnection

from ledger.errors import Corrupt, Unavailable
from ledger.follow import SLICE_RECORDS, Blocked, Follower, Log, Slice, Wakeup, repeat
from ledger.journal import Extent, Position, Record, Size
from ledger.observer import SILENT, Observer
from ledger.store.connections import get_driver, is_lost
from ledger.store.engine import Database
from ledger.store.faults import find_statement_fault
from ledger.store.rows import Insert, insert_rows
from projections import checkpoints
from projections.checkpoints import Checkpoint
from projections.generations import sweep
from projections.projection import Projection, build_groups

log = logging.getLogger(__name__)

CHECKPOINT_SECONDS = 0.5
KNOWN_SECONDS = 1.0
"""How long a projector uses the checkpoints that it has read before it reads those of all ledgers again."""
DECODED_AT_ONCE = 50
"""Records decoded between two turns of the event loop."""
PROGRESS_CHANNEL = "llmedger_progress"


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
        return self.checkpoint if self.last is None else self.checkpoint.advance(self.last)

    @property
    def reaches(self) -> Checkpoint:
        """The checkpoint once this is written, or blocked."""
        return self.checkpoint if self.error is not None else self.done


ERASED = b'"type":"MemoErased"'
"""The bytes in a record that removes texts from the read models."""


class Broken(Exception):
    """A read model could not be written."""


class NeededBlocked(Exception):
    """A read model that this one needs is blocked, so this one cannot go on either."""

    def __init__(self, need: str) -> None:
        super().__init__(f"it needs {need}, which is blocked")


class Projector(Follower):
    """Keeps all read models of all ledgers up to date. Any number of processes may run one."""

    def __init__(
        self,
        log_: Log,
        database: Database,
        projections: Sequence[Projection],
        *,
        wakeup: Wakeup,
        progress: Wakeup,
        slice_records: int = SLICE_RECORDS,
        observer: Observer = SILENT,
    ) -> None:
        """Follow the log of `log_`. `wakeup` says that it grew; `progress` is told when read models advanced."""
        sink = ReadModels(database, projections, progress=progress, slice_records=slice_records)
        what = "a projector pass"
        super().__init__(log_, sink, what=what, wakeup=wakeup, slice_records=slice_records, observer=observer)
        self._database = database

    async def run(self) -> None:
        """Catch up for ever. After an error of the database, wait and try again."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(super().run())
            if self._database.is_sqlite:
                # A task of its own moves what was written from SQLite's log to its file: a pass that does it takes
                # twice as long.
                what = "moving the write-ahead log of the projections to their file"
                tasks.create_task(repeat(self._database.checkpoint, what, Wakeup(), CHECKPOINT_SECONDS))


class ReadModels:
    """All read models of one database as one sink, each with a checkpoint and a blocked state of its own."""

    def __init__(
        self, database: Database, projections: Sequence[Projection], *, progress: Wakeup, slice_records: int
    ) -> None:
        """Write to this database. `progress` is told when read models advanced."""
        self._database = database
        self._groups = {each.name: group for group in build_groups(projections) for each in group}
        """By the name of each read model, the read models that are started over with it."""
        self._projections = {each.name: each for group in build_groups(projections) for each in group}
        self._progress = progress
        self._slice_records = slice_records
        self._known: dict[tuple[int, str], Checkpoint] = {}
        """Live checkpoints as they were last read or written; empty: read them all again."""
        self._known_at = 0.0
        self._extents: Mapping[int, Extent] = {}
        """The extent of each log at the last pass."""
        self._wanting: dict[int, list[Checkpoint]] = {}
        """The live checkpoints that have something to do, by ledger."""
        self._compared: dict[int, set[tuple[str, int]]] = {}
        """By ledger, the projections and generations that were compared with its log."""
        self._strangers: set[Checkpoint] = set()
        """The checkpoints that turned out to be of another log."""

    # the positions that they want

    async def find_positions(self, ledgers: Mapping[int, Extent]) -> Mapping[int, Position]:
        """Return by ledger the first position that a read model wants. A blocked one wants nothing for a while."""
        self._forget_compared(ledgers)
        known = await self._find_checkpoints(ledgers)
        if strangers := [each for each in known if each.is_beyond(ledgers[each.ledger]) or self._is_beyond_needs(each)]:
            await self._start_over(strangers)
            known = await self._find_checkpoints(ledgers)
        self._wanting = {}
        for each in known:
            if each.due and self._has_work(each):
                self._wanting.setdefault(each.ledger, []).append(each)
        return {ledger: min(map(self._find_next, found)) for ledger, found in self._wanting.items()}

    def _forget_compared(self, ledgers: Mapping[int, Extent]) -> None:
        """Forget what was compared with a log that is another now, or shorter."""
        for ledger, before in self._extents.items():
            now = ledgers.get(ledger)
            if now is None or now.uuid != before.uuid or now.size < before.size:
                self._compared.pop(ledger, None)
        self._extents = ledgers

    def _has_work(self, each: Checkpoint) -> bool:
        """Return whether it is behind its log, or was not compared with it yet."""
        extent = self._extents[each.ledger]
        return not each.is_beyond(extent) and (each.applied < extent.size or not self._is_compared(each))

    def _is_beyond_needs(self, each: Checkpoint) -> bool:
        """Return whether it has come further than what it needs. That is a fault: they are written together."""
        needs = [self._known[each.ledger, need] for need in self._projections[each.projection].needs]
        return any(each.applied > need.applied or each.generation != need.generation for need in needs)

    def _is_compared(self, each: Checkpoint) -> bool:
        return each.applied == 0 or (each.projection, each.generation) in self._compared.get(each.ledger, ())

    def _find_next(self, each: Checkpoint) -> Position:
        """Return the first position that it wants: that of its last record, if it only has to compare that one."""
        return min(each.applied, self._extents[each.ledger].size - 1)

    async def _start_over(self, strangers: Iterable[Checkpoint]) -> None:
        """Drop the read models that were made from another log, with their groups. The next passes build them again."""
        for each in sorted(strangers, key=lambda each: (each.ledger, each.projection)):
            group = self._groups[each.projection]
            async with self._database.write.begin() as connection:
                names, size = [model.name for model in group], self._extents[each.ledger].size
                dropped = await checkpoints.start_over(connection, each, names, size)
            if dropped:
                log.warning(
                    "projection %s of ledger %d was made from another log, or one that was longer; it is built again",
                    ", ".join(names),
                    each.ledger,
                )
                for model in group:
                    await sweep(self._database, model, each.ledger)
        self._known.clear()

    async def _find_checkpoints(self, ledgers: Mapping[int, Extent]) -> list[Checkpoint]:
        """Return the live checkpoints of these ledgers, perhaps as they were a moment ago.

        One that has moved meanwhile is noticed under the lock. A checkpoint never goes back, so one that is known to be
        up to date need not be read again.
        """
        if time.monotonic() - self._known_at > KNOWN_SECONDS:
            self._known.clear()
        if self._list_missing(ledgers):
            self._known, self._known_at = await self._read_checkpoints(), time.monotonic()
            if new := self._list_missing(ledgers):
                # Readers wait for a read model that takes more than one pass; a ledger that was just opened takes one.
                whole_at = {each: size if (size := ledgers[each].size) > self._slice_records else None for each in new}
                async with self._database.write.begin() as connection:
                    await checkpoints.begin(connection, whole_at, self._projections.values())
                self._known = await self._read_checkpoints()
        ours = self._projections
        return [each for each in self._known.values() if each.ledger in ledgers and each.projection in ours]

    def _list_missing(self, ledgers: Iterable[int]) -> list[int]:
        return [ledger for ledger in ledgers if any((ledger, name) not in self._known for name in self._projections)]

    async def _read_checkpoints(self) -> dict[tuple[int, str], Checkpoint]:
        async with self._database.read.connect() as connection:
            return {(each.ledger, each.projection): each for each in await checkpoints.read_live(connection)}

    # taking slices

    async def take(self, slices: Mapping[int, Slice]) -> Mapping[int, Size | Blocked]:
        """Fold the records, and write what they change of all read models in one transaction."""
        try:
            done, stopped, moved = await self._apply(slices, together=True)
        except Broken:
            # Nothing was kept. Now write each read model behind a savepoint, so that one stops and the others go on.
            done, stopped, moved = await self._apply(slices, together=False)
        if done:
            self._progress.notify()
            if any(_erases(slices[ledger]) for ledger in {each.ledger for each in done}):
                await self._database.scrub()
        strangers, self._strangers = self._strangers, set()
        if strangers:
            await self._start_over(strangers)
        lost = moved | {each.ledger for each in strangers}
        return {ledger: self._find_place(ledger, done, stopped) for ledger in slices if ledger not in lost}

    def _find_place(self, ledger: int, done: Mapping[Checkpoint, Checkpoint], stopped: set[Checkpoint]) -> Size:
        """Return the position where this ledger's read models go on. The blocked ones do not count, unless all are
        blocked: each has its own state, and is tried again when it is due."""
        wanting = self._wanting[ledger]
        going_on = [
            done[each].applied if each in done else self._find_next(each) for each in wanting if each not in stopped
        ]
        return min(going_on or map(self._find_next, wanting))

    async def _apply(
        self, slices: Mapping[int, Slice], *, together: bool
    ) -> tuple[dict[Checkpoint, Checkpoint], set[Checkpoint], set[int]]:
        """Write the slices. Return the checkpoints that were advanced, each with what it is now; those that are
        blocked; and the ledgers whose checkpoints another projector has moved.

        Raises Broken where a read model cannot be written `together` with the others.
        """
        # Fold first, so that the locks are kept only while rows are written.
        work = [each for ledger, records in slices.items() for each in await self._fold(ledger, records)]
        if not work:
            return {}, set(), set()
        async with self._database.write.begin() as connection:
            locked = set(await checkpoints.lock(connection, sorted({each.checkpoint.ledger for each in work})))
            ours = _select_with_needs([each for each in work if each.checkpoint in locked], locked)
            written = await _write_together(connection, ours) if together else await _write_apart(connection, ours)
            if written and not self._database.is_sqlite:
                await _announce(connection)
        done = {each.checkpoint: each.done for each in written}
        if len(done) < len(work):
            self._known.clear()  # somebody else moved them or has locked them, or something is wrong
        self._known |= {(each.ledger, each.projection): each for each in done.values()}
        wanted = {(each.checkpoint.ledger, each.checkpoint.projection): each.checkpoint for each in work}
        moved = {now.ledger for now in locked if wanted.get((now.ledger, now.projection), now) != now}
        return done, {each.checkpoint for each in ours if each.checkpoint not in done}, moved

    async def _fold(self, ledger: int, records: Slice) -> list[Work]:
        """Return the slice of one ledger, folded for every read model that wants it."""
        wanting = {each.projection: each for each in self._wanting[ledger]}
        found = [(wanting[name], model) for name, model in self._projections.items() if name in wanting]
        if isinstance(records, Corrupt):
            return [Work(each, model, error=records, failed_at=each.applied) for each, model in found]
        await decode_all(records)
        work: list[Work] = []
        for each, model in found:
            here = each.applied - records[0].position
            if here > len(records) or here < 0 or (here == 0 and each.applied):
                continue  # its last record is not among them
            if not self._is_of_this_log(each, records[here - 1] if here else None):
                continue
            if here < len(records) and (folded := self._fold_as_far_as_needed(each, model, records[here:], work)):
                work.append(folded)
                await asyncio.sleep(0)
        return work

    def _fold_as_far_as_needed(
        self, each: Checkpoint, model: Projection, records: Sequence[Record], before: Iterable[Work]
    ) -> Work | None:
        """Return the fold of these records, but no further than the read models that this one needs will be after the
        work `before` it. Return None where they will be no further than this one is."""
        for need in model.needs:
            needed = next((work for work in before if work.projection.name == need), None)
            at = needed.reaches if needed else self._known.get((each.ledger, need))
            if at is None or at.applied <= each.applied:
                if (needed and needed.error) or (at and at.blocked_position is not None):
                    return Work(each, model, error=NeededBlocked(need), failed_at=each.applied)
                return None
            records = records[: at.applied - each.applied]
        return fold(model, each, records)

    def _is_of_this_log(self, each: Checkpoint, last: Record | None) -> bool:
        """Return whether the rows end with `last`, the record before the next one to apply; None: no record is."""
        if last is not None and not each.follows(last):
            self._strangers.add(each)
            return False
        self._compared.setdefault(each.ledger, set()).add((each.projection, each.generation))
        return True


def _erases(records: Slice) -> bool:
    return not isinstance(records, Corrupt) and any(ERASED in record.record for record in records)


def _select_with_needs(work: Sequence[Work], locked: Iterable[Checkpoint]) -> list[Work]:
    """Return the work of read models whose needs are locked too, and will be as far after this work."""
    reached = {(each.ledger, each.projection): each.applied for each in locked}
    reached |= {(each.checkpoint.ledger, each.projection.name): each.reaches.applied for each in work}
    return [
        each
        for each in work
        if all(
            reached.get((each.checkpoint.ledger, need), -1) >= each.reaches.applied for need in each.projection.needs
        )
    ]


async def _write_together(connection: AsyncConnection, work: Sequence[Work]) -> list[Work]:
    """Write the folds, all rows by as few statements as possible, and return those that were written. Raises Broken."""
    done = [each for each in work if each.error is None]
    needed = {need for each in done for need in each.projection.needs}
    with _raise_broken(connection):
        first = [each for each in done if each.projection.name in needed]
        await insert_rows(connection, *await _plan_all(connection, first))
        inserts = await _plan_all(connection, [each for each in done if each not in first])
        await insert_rows(connection, *inserts, checkpoints.make_rows(each.done for each in done))
    for each in work:
        if each.error is not None:
            await _block(connection, each, each.error, each.failed_at)
    return done


async def _write_apart(connection: AsyncConnection, work: Sequence[Work]) -> list[Work]:
    """Write the folds, each behind a savepoint, and return those that were written."""
    done, stopped = [], set[tuple[int, str]]()
    for each in work:
        ledger = each.checkpoint.ledger
        needed = next((need for need in each.projection.needs if (ledger, need) in stopped), None)
        if each.error is not None:
            await _block(connection, each, each.error, each.failed_at)
        elif needed is not None:
            await _block(connection, each, NeededBlocked(needed), each.checkpoint.applied)
        elif await _write(connection, each):
            done.append(each)
            continue
        stopped.add((ledger, each.projection.name))
    return done


async def _announce(connection: AsyncConnection) -> None:
    """Tell other processes at the commit that read models advanced.

    The commit does not wait for the disk: what a crash of the server loses of read models is made again from the
    journal. If it waited, writers would too, because PostgreSQL lets no two commits notify at once.
    """
    await get_driver(connection).execute(f"SET LOCAL synchronous_commit = off; NOTIFY {PROGRESS_CHANNEL}")


async def decode_all(records: Sequence[Record]) -> None:
    """Decode records, once for all read models, in small portions between turns of the event loop."""
    for start in range(0, len(records), DECODED_AT_ONCE):
        await asyncio.sleep(0)
        for record in records[start : start + DECODED_AT_ONCE]:
            with suppress(Corrupt):  # each fold that reads the record raises it again
                record.event  # noqa: B018  (it is kept)


def fold(projection: Projection, checkpoint: Checkpoint, records: Sequence[Record]) -> Work:
    """Return the fold of consecutive records that begin at the checkpoint: all of them, or those before the first that
    fails. Where the very first fails, return its error instead."""
    if not records:
        return Work(checkpoint, projection, delta=projection.fold(records))
    assert records[0].position == checkpoint.applied, "contiguity"
    try:
        return Work(checkpoint, projection, records[-1], delta=projection.fold(records))
    except Exception as error:  # noqa: BLE001  (whatever a fold raises stops this projection, not the others)
        failing = _find_failing(projection, records)
        if failing > checkpoint.applied:
            return fold(projection, checkpoint, records[: failing - checkpoint.applied])
        return Work(checkpoint, projection, records[-1], error=error, failed_at=failing)


def _find_failing(projection: Projection, records: Sequence[Record]) -> Position:
    """Return the position of the first record that cannot be folded on its own, else that of the first record."""
    for record in records:
        try:
            projection.fold([record])
        except Exception:  # noqa: BLE001  (found it)
            return record.position
    return records[0].position


@contextmanager
def _raise_broken(connection: AsyncConnection) -> Iterator[None]:
    """Raise Broken for any error, unless it means that the database cannot be used."""
    try:
        yield
    except Exception as error:
        if _is_of_database(error, connection):
            raise
        raise Broken from error


def _is_of_database(error: Exception, connection: AsyncConnection) -> bool:
    """Return whether the database failed and not the read model. Such an error blocks no read model."""
    return isinstance(error, Unavailable) or find_statement_fault(error) is not None or is_lost(connection)


async def plan_changes(connection: AsyncConnection, work: Work) -> Sequence[Insert]:
    """Return the rows that this fold changes."""
    return await work.projection.plan_changes(connection, work.checkpoint, work.delta)


async def _plan_all(connection: AsyncConnection, work: Iterable[Work]) -> list[Insert]:
    return [insert for each in work for insert in await plan_changes(connection, each)]


async def _write(connection: AsyncConnection, work: Work) -> bool:
    """Write one fold behind a savepoint and advance its checkpoint. Return whether that was possible."""
    try:
        async with connection.begin_nested():
            await insert_rows(connection, *await plan_changes(connection, work), checkpoints.make_rows([work.done]))
    except Exception as error:  # it stops this projection alone: the savepoint undid its rows
        if _is_of_database(error, connection):
            raise
        await _block(connection, work, error, work.checkpoint.applied)
        return False
    return True


async def _block(connection: AsyncConnection, work: Work, error: Exception, position: Position) -> None:
    blocked = Blocked(position, f"{type(error).__name__}: {error}")
    log.error(
        "projection %s of ledger %d is blocked at position %d: %s",
        work.projection.name,
        work.checkpoint.ledger,
        blocked.position,
        blocked.reason,
    )
    await checkpoints.block(connection, work.checkpoint, blocked)
