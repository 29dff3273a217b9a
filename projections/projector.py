"""The sink that keeps read models up to date: exactly once, in order, all of them in one database transaction.

The follower (`ledger.follow`) reads a slice of each ledger that lags. Here it is folded, and then, under a lock, every
checkpoint is read again: what has moved meanwhile is discarded. A read model that fails stops alone, with its position
and error on record, and is tried again.

A read model goes on only from the log that it was made from: with each slice comes the last record that its rows
reflect, and that record's leaf hash is compared with the checkpoint. A read model that is ahead of its log, or of
another one, is dropped and built from the beginning; readers wait for it.

Cost of a pass besides what the read models look up: the lock, and what is inserted, of all models and ledgers together
(see `ledger.store.rows`). Nobody else in the process waits for long: a slice is bounded, and so is what is done between
two looks at the event loop.
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
"""How long a projector goes by what it knows of checkpoints before it reads those of all ledgers again."""
DECODED_AT_ONCE = 50
"""Records decoded between two looks at the event loop."""
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
"""In the bytes of a record after which texts have gone from the read models."""


class Broken(Exception):
    """A read model could not be written."""


class NeededBlocked(Exception):
    """A read model that this one needs is blocked, so that this one comes no further either."""

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
        """`wakeup` says that the log grew; `progress` is told when read models did."""
        sink = ReadModels(database, projections, progress=progress, slice_records=slice_records)
        what = "a projector pass"
        super().__init__(log_, sink, what=what, wakeup=wakeup, slice_records=slice_records, observer=observer)
        self._database = database

    async def run(self) -> None:
        """Catch up for ever; errors of the database are waited out."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(super().run())
            if self._database.is_sqlite:
                # What was written is moved from SQLite's log to its file beside the passes: one that has to do it
                # takes twice as long.
                what = "moving the write-ahead log of the projections to their file"
                tasks.create_task(repeat(self._database.checkpoint, what, Wakeup(), CHECKPOINT_SECONDS))


class ReadModels:
    """All read models of one database as one sink, each with a checkpoint and a blocked state of its own."""

    def __init__(
        self, database: Database, projections: Sequence[Projection], *, progress: Wakeup, slice_records: int
    ) -> None:
        """`progress` is told when read models advanced."""
        self._database = database
        self._groups = {each.name: group for group in build_groups(projections) for each in group}
        """By the name of each read model those that are started over with it."""
        self._projections = {each.name: each for group in build_groups(projections) for each in group}
        self._progress = progress
        self._slice_records = slice_records
        self._known: dict[tuple[int, str], Checkpoint] = {}
        """Live checkpoints as they were read, or written, last; empty: read them all again."""
        self._known_at = 0.0
        self._extents: Mapping[int, Extent] = {}
        """Of each log when it was looked at last."""
        self._wanting: dict[int, list[Checkpoint]] = {}
        """The live checkpoints that have something to do, by ledger."""
        self._compared: dict[int, set[tuple[str, int]]] = {}
        """By ledger the projections and generations that were compared with its log."""
        self._strangers: set[Checkpoint] = set()
        """Those among them that turned out to be of another log."""

    # where they are

    async def positions(self, ledgers: Mapping[int, Extent]) -> Mapping[int, Position]:
        """Return the first position that some read model of a ledger wants. A blocked one wants nothing for a while."""
        self._forget_compared(ledgers)
        known = await self._checkpoints(ledgers)
        if strangers := [each for each in known if each.is_beyond(ledgers[each.ledger]) or self._is_beyond_needs(each)]:
            await self._start_over(strangers)
            known = await self._checkpoints(ledgers)
        self._wanting = {}
        for each in known:
            if each.due and self._has_work(each):
                self._wanting.setdefault(each.ledger, []).append(each)
        return {ledger: min(map(self._next, found)) for ledger, found in self._wanting.items()}

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
        """Return whether it has come further than what it needs, which cannot be: they are written together."""
        needs = [self._known[each.ledger, need] for need in self._projections[each.projection].needs]
        return any(each.applied > need.applied or each.generation != need.generation for need in needs)

    def _is_compared(self, each: Checkpoint) -> bool:
        return each.applied == 0 or (each.projection, each.generation) in self._compared.get(each.ledger, ())

    def _next(self, each: Checkpoint) -> Position:
        """Return the first position that it wants: its own last record's, where it has that only to compare."""
        return min(each.applied, self._extents[each.ledger].size - 1)

    async def _start_over(self, strangers: Iterable[Checkpoint]) -> None:
        """Drop the read models that are of another log, with their groups; the next records build them again."""
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

    async def _checkpoints(self, ledgers: Mapping[int, Extent]) -> list[Checkpoint]:
        """Return the live checkpoints of these ledgers. One that has moved meanwhile is noticed under the lock, and a
        checkpoint never goes back: what is known to be up to date needs no look."""
        if time.monotonic() - self._known_at > KNOWN_SECONDS:
            self._known.clear()
        if self._missing(ledgers):
            self._known, self._known_at = await self._read_checkpoints(), time.monotonic()
            if new := self._missing(ledgers):
                # Readers wait for what is not whole after one pass; of a ledger that was just opened they need not.
                whole_at = {each: size if (size := ledgers[each].size) > self._slice_records else None for each in new}
                async with self._database.write.begin() as connection:
                    await checkpoints.begin(connection, whole_at, self._projections.values())
                self._known = await self._read_checkpoints()
        ours = self._projections
        return [each for each in self._known.values() if each.ledger in ledgers and each.projection in ours]

    def _missing(self, ledgers: Iterable[int]) -> list[int]:
        return [ledger for ledger in ledgers if any((ledger, name) not in self._known for name in self._projections)]

    async def _read_checkpoints(self) -> dict[tuple[int, str], Checkpoint]:
        async with self._database.read.connect() as connection:
            return {(each.ledger, each.projection): each for each in await checkpoints.read_live(connection)}

    # what they take

    async def take(self, slices: Mapping[int, Slice]) -> Mapping[int, Size | Blocked]:
        """Fold the records, and write what they change of all read models in one transaction."""
        try:
            done, stopped, moved = await self._apply(slices, together=True)
        except Broken:
            # Nothing of it was kept. Now each read model behind a savepoint, so that one stops and the others go on.
            done, stopped, moved = await self._apply(slices, together=False)
        if done:
            self._progress.notify()
            if any(_erases(slices[ledger]) for ledger in {each.ledger for each in done}):
                await self._database.scrub()
        strangers, self._strangers = self._strangers, set()
        if strangers:
            await self._start_over(strangers)
        lost = moved | {each.ledger for each in strangers}
        return {ledger: self._place(ledger, done, stopped) for ledger in slices if ledger not in lost}

    def _place(self, ledger: int, done: Mapping[Checkpoint, Checkpoint], stopped: set[Checkpoint]) -> Size:
        """Return where this ledger's read models go on. Those that are blocked do not count, unless all are: each has
        its own state, and is tried again when it is due."""
        wanting = self._wanting[ledger]
        going_on = [done[each].applied if each in done else self._next(each) for each in wanting if each not in stopped]
        return min(going_on or map(self._next, wanting))

    async def _apply(
        self, slices: Mapping[int, Slice], *, together: bool
    ) -> tuple[dict[Checkpoint, Checkpoint], set[Checkpoint], set[int]]:
        """Return the checkpoints that were advanced, as they are now, those that are blocked, and the ledgers whose
        checkpoints another projector has moved. Raises Broken where a read model cannot be written `together` with the
        others."""
        # Fold first: locks are held for the writing alone.
        work = [each for ledger, records in slices.items() for each in await self._fold(ledger, records)]
        if not work:
            return {}, set(), set()
        async with self._database.write.begin() as connection:
            held = set(await checkpoints.lock(connection, sorted({each.checkpoint.ledger for each in work})))
            ours = _with_needs([each for each in work if each.checkpoint in held], held)
            written = await _write_together(connection, ours) if together else await _write_apart(connection, ours)
            if written and not self._database.is_sqlite:
                await _announce(connection)
        done = {each.checkpoint: each.done for each in written}
        if len(done) < len(work):
            self._known.clear()  # somebody else moved them, or holds them, or something is wrong
        self._known |= {(each.ledger, each.projection): each for each in done.values()}
        wanted = {(each.checkpoint.ledger, each.checkpoint.projection): each.checkpoint for each in work}
        moved = {now.ledger for now in held if wanted.get((now.ledger, now.projection), now) != now}
        return done, {each.checkpoint for each in ours if each.checkpoint not in done}, moved

    async def _fold(self, ledger: int, records: Slice) -> list[Work]:
        """Return one slice, folded for every read model that has to see it."""
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
        """Return the records folded, but no further than what this model needs comes with the work `before` it. None
        where that is no further than it is itself."""
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
        """Return whether the rows end with `last`, the record before the next one to apply; None: there is none."""
        if last is not None and not each.follows(last):
            self._strangers.add(each)
            return False
        self._compared.setdefault(each.ledger, set()).add((each.projection, each.generation))
        return True


def _erases(records: Slice) -> bool:
    return not isinstance(records, Corrupt) and any(ERASED in record.record for record in records)


def _with_needs(work: Sequence[Work], held: Iterable[Checkpoint]) -> list[Work]:
    """Return the work of read models whose needs are held too, and come as far with this work."""
    reached = {(each.ledger, each.projection): each.applied for each in held}
    reached |= {(each.checkpoint.ledger, each.projection.name): each.reaches.applied for each in work}
    return [
        each
        for each in work
        if all(
            reached.get((each.checkpoint.ledger, need), -1) >= each.reaches.applied for need in each.projection.needs
        )
    ]


async def _write_together(connection: AsyncConnection, work: Sequence[Work]) -> list[Work]:
    """Write the folds, all rows by as few statements as can be, and return those that were written. Raises Broken."""
    done = [each for each in work if each.error is None]
    needed = {need for each in done for need in each.projection.needs}
    with _breaking(connection):
        first = [each for each in done if each.projection.name in needed]
        await insert_rows(connection, *await _changes_of(connection, first))
        inserts = await _changes_of(connection, [each for each in done if each not in first])
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
    """Tell other processes at the commit. What a crash of the server takes away of read models is made again from the
    journal, so nobody waits for the disk: writers would, since PostgreSQL lets no two commits notify at once."""
    await get_driver(connection).execute(f"SET LOCAL synchronous_commit = off; NOTIFY {PROGRESS_CHANNEL}")


async def decode_all(records: Sequence[Record]) -> None:
    """Decode records, once for all read models, without keeping the event loop from others."""
    for start in range(0, len(records), DECODED_AT_ONCE):
        await asyncio.sleep(0)
        for record in records[start : start + DECODED_AT_ONCE]:
            with suppress(Corrupt):  # each fold that looks at it will meet it
                record.event  # noqa: B018  (it is kept)


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
    return isinstance(error, Unavailable) or find_statement_fault(error) is not None or is_lost(connection)


async def changes(connection: AsyncConnection, work: Work) -> Sequence[Insert]:
    """The rows that this fold changes."""
    return await work.projection.changes(connection, work.checkpoint, work.delta)


async def _changes_of(connection: AsyncConnection, work: Iterable[Work]) -> list[Insert]:
    return [insert for each in work for insert in await changes(connection, each)]


async def _write(connection: AsyncConnection, work: Work) -> bool:
    """Write one fold behind a savepoint and advance its checkpoint. Returns whether that was possible."""
    try:
        async with connection.begin_nested():
            await insert_rows(connection, *await changes(connection, work), checkpoints.make_rows([work.done]))
    except Exception as error:  # it stops this projection alone: the savepoint undid its rows
        if _is_the_databases(error, connection):
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
