"""Build a projection again beside the live one, compare the two row for row, and cut over. Posting goes on meanwhile.

A difference means that what ran live was wrong (or was tampered with): it is named, and the live rows stay unless the
operator accepts the new ones. Nothing is lost either way: the journal is the source.
"""

import asyncio
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

from sqlalchemy import Table, select
from sqlalchemy.ext.asyncio import AsyncConnection

from ledger.errors import Corrupt, Unavailable
from ledger.follow import Log, Retries
from ledger.journal import Position, Record, Size
from ledger.store.engine import Database
from ledger.store.rows import insert_rows
from projections import checkpoints
from projections.checkpoints import Checkpoint
from projections.generations import sweep, writing_generations
from projections.projection import Projection
from projections.projector import Work, changes, decode_all, fold

log = logging.getLogger(__name__)

SLICE_RECORDS = 5_000
UNMARKED_PAUSE_SECONDS = 10.0
"""Before looking again for read models of old versions: another process may be rebuilding them."""
Progress = Callable[[Size, Size], None]
DIFFERENCES_SHOWN = 20


@dataclass(frozen=True, slots=True)
class Difference:
    """A row that the live and the rebuilt generation do not share; `live` or `rebuilt` is None where it is missing."""

    table: str
    key: dict[str, Any]
    live: dict[str, Any] | None
    rebuilt: dict[str, Any] | None

    def __str__(self) -> str:
        name = ", ".join(f"{column}={value}" for column, value in self.key.items())
        if self.live is None:
            return f"{self.table} ({name}): missing in the live rows"
        if self.rebuilt is None:
            return f"{self.table} ({name}): not in the journal"
        changed = [column for column, value in self.live.items() if value != self.rebuilt[column]]
        changes = "; ".join(
            f"{column} is {_shown(self.live[column])}, should be {_shown(self.rebuilt[column])}" for column in changed
        )
        return f"{self.table} ({name}): {changes}"


def _shown(value: Any) -> str:
    """Bytes by their number and hash: there may be thousands of them."""
    return f"{len(value)} bytes {sha256(value).hexdigest()[:16]}…" if isinstance(value, bytes) else str(value)


class RebuildOvertaken(Unavailable):
    """Another rebuild of the same projection began meanwhile; this one stops, and its rows are removed."""


@dataclass(slots=True)
class Rebuilt:
    """What a rebuild found. `cut_over`: the rebuilt rows are the live ones now."""

    projection: str
    size: Size = 0
    differences: list[Difference] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    cut_over: bool = False

    def to_json(self) -> dict[str, Any]:
        """For programs."""
        return {
            "projection": self.projection,
            "size": self.size,
            "differences": [str(difference) for difference in self.differences],
            "faults": self.faults,
            "cut_over": self.cut_over,
        }


async def rebuild(
    log_: Log,
    database: Database,
    projection: Projection,
    ledger: int,
    *,
    accept: bool = False,
    progress: Progress = lambda _done, _size: None,
) -> Rebuilt:
    """Rebuild one projection of one ledger: see `rebuild_all`."""
    [report] = await rebuild_all(log_, database, [projection], ledger, accept=accept, progress=progress)
    return report


async def rebuild_all(
    log_: Log,
    database: Database,
    projections: Sequence[Projection],
    ledger: int,
    *,
    accept: bool = False,
    progress: Progress = lambda _done, _size: None,
) -> list[Rebuilt]:
    """Rebuild these projections of one ledger side by side: the log is read and decoded once for all of them, the next
    slice while one is written. `progress` is told (records applied, records to apply) after each slice.

    Raises what a fold raises where a record cannot be understood, and RebuildOvertaken; the live rows stay then.
    """
    building = [await _begin(database, projection, ledger) for projection in projections]
    await _build(log_, database, ledger, building, progress)
    reports = []
    for each in building:
        reports.append(await _finish(log_, database, each.projection, each.new, accept=accept))
        await sweep(database, each.projection, ledger)
    return reports


async def rebuild_unmarked(log_: Log, database: Database, projections: Sequence[Projection]) -> None:
    """Rebuild, once, the read models that an old version wrote: they do not say which log they were made from.

    The live rows answer meanwhile. Differences are logged, and the rebuilt rows count. Returns when none is left that
    could be rebuilt; a blocked one waits for its operator.
    """
    retries = Retries("rebuilding old read models")
    while True:
        try:
            unmarked = await _unmarked(database, projections)
            if not unmarked:
                return
            for ledger, models in unmarked.items():
                for report in await rebuild_all(log_, database, models, ledger, accept=True):
                    _tell(ledger, report)
        except Exception as error:  # noqa: BLE001  (it is told: another process may do the same)
            await retries.pause_after(error)
        await asyncio.sleep(UNMARKED_PAUSE_SECONDS)


async def _unmarked(database: Database, projections: Sequence[Projection]) -> dict[int, list[Projection]]:
    """The read models that do not say which log they were made from, by ledger."""
    named = {each.name: each for each in projections}
    found: dict[int, list[Projection]] = {}
    async with database.read.connect() as connection:
        for each in await checkpoints.all_live(connection):
            if each.projection in named and not each.is_marked and each.blocked_position is None:
                found.setdefault(each.ledger, []).append(named[each.projection])
    return found


def _tell(ledger: int, report: Rebuilt) -> None:
    log.info("projection %s of ledger %d was rebuilt and says now which log it is of", report.projection, ledger)
    for each in report.differences:
        log.error("projection %s of ledger %d was wrong: %s", report.projection, ledger, each)


@dataclass(slots=True)
class _Building:
    """A projection that is being built beside its live rows."""

    projection: Projection
    live: Checkpoint
    new: Checkpoint


async def _begin(database: Database, projection: Projection, ledger: int) -> _Building:
    async with writing_generations(database) as connection:
        await checkpoints.begin(connection, {ledger: None}, [projection.name])
        _, leftover = _pair(await checkpoints.lock_all(connection, ledger, projection.name))
        if leftover is not None:  # of a rebuild that did not finish
            await checkpoints.remove(connection, leftover)
    await sweep(database, projection, ledger)
    async with writing_generations(database) as connection:
        live, other = _pair(await checkpoints.lock_all(connection, ledger, projection.name))
        if other is not None:
            raise RebuildOvertaken
        new = await checkpoints.add_generation(connection, live, whole_at=live.whole_at)
        return _Building(projection, live, new)


async def _build(log_: Log, database: Database, ledger: int, building: Sequence[_Building], progress: Progress) -> None:
    """Bring all of them to where the live rows are, or were a moment ago."""

    async def slice_from(start: Position) -> Sequence[Record]:
        size = max(each.live.applied for each in building)
        if start >= size:
            return []
        records = await _read(log_, ledger, start, min(SLICE_RECORDS, size - start))
        if len(building) > 1:  # one alone decodes what it looks at
            await decode_all(records)
        return records

    start, reading = 0, asyncio.create_task(slice_from(0))
    try:
        while behind := [each for each in building if each.new.applied < each.live.applied]:
            wanted, records = min(each.new.applied for each in behind), await reading
            if wanted != start or not records:  # a fold stopped before a record that fails, or the log has grown
                start, records = wanted, await slice_from(wanted)
            stop = start + len(records)
            reading = asyncio.create_task(slice_from(stop))
            await _write_slice(database, ledger, [each for each in behind if each.new.applied == start], records)
            start = stop
            progress(min(each.new.applied for each in building), max(each.live.applied for each in building))
    finally:
        reading.cancel()
        await asyncio.gather(reading, return_exceptions=True)


async def _read(log_: Log, ledger: int, start: Position, limit: int) -> list[Record]:
    """Return records from `start` on, where there is known to be one. Raises Corrupt where there is none."""
    records = await log_.read(ledger, start, limit)
    if not records:
        raise Corrupt(what=f"the log ends at {start}, before its size")
    return records


async def _write_slice(
    database: Database, ledger: int, building: Sequence[_Building], records: Sequence[Record]
) -> None:
    """Those of the records that the live rows reflect."""
    async with writing_generations(database) as connection:
        for each in building:
            if await checkpoints.lock_one(connection, each.new) != each.new:
                raise RebuildOvertaken
        for each in building:
            work = fold(each.projection, each.new, records[: each.live.applied - each.new.applied])
            await write_or_raise(connection, work)
            each.new = work.done
        live = {each.projection: each for each in await checkpoints.all_live(connection, ledger)}
        for each in building:
            each.live = live[each.projection.name]


async def _finish(log_: Log, database: Database, projection: Projection, new: Checkpoint, *, accept: bool) -> Rebuilt:
    """Bring both generations to the same size, compare them there, and cut over, in one database transaction."""
    async with writing_generations(database) as connection:
        # Under the lock the live rows cannot move on; what they gained since the last slice is little.
        live, found = _pair(await checkpoints.lock_all(connection, new.ledger, projection.name))
        if found != new:
            raise RebuildOvertaken
        while new.applied < live.applied:
            records = await _read(log_, new.ledger, new.applied, live.applied - new.applied)
            work = fold(projection, new, records)
            await write_or_raise(connection, work)
            new = work.done
        report = Rebuilt(projection.name, live.applied)
        report.differences = await _compare(connection, projection, live, new)
        report.faults = await projection.faults(connection, new.ledger, new.generation)
        report.cut_over = accept or not (report.differences or report.faults)
        if report.cut_over:
            await checkpoints.cut_over(connection, live, new)
        else:
            await checkpoints.remove(connection, new)
        return report


def _pair(rows: Sequence[Checkpoint]) -> tuple[Checkpoint, Checkpoint | None]:
    """The live checkpoint, and the one being built."""
    [live] = [row for row in rows if row.live]
    return live, next((row for row in rows if not row.live), None)


async def write_or_raise(connection: AsyncConnection, work: Work) -> None:
    """Write one fold and advance its checkpoint. Unlike a projector, a rebuild has somebody to tell: what goes wrong is
    raised."""
    if work.error is not None:
        raise work.error
    await insert_rows(connection, *await changes(connection, work), checkpoints.written([work.done]))


async def _compare(
    connection: AsyncConnection, projection: Projection, live: Checkpoint, new: Checkpoint
) -> list[Difference]:
    """The first DIFFERENCES_SHOWN of them, table by table, by key."""
    differences: list[Difference] = []
    for table in projection.tables:
        only_live = await _only_in(connection, table, live, new)
        only_new = await _only_in(connection, table, new, live)
        # Each side has its first keys; of both together, the first ones are complete.
        for key in sorted(only_live.keys() | only_new.keys())[:DIFFERENCES_SHOWN]:
            named = dict(zip(key_names(table), key, strict=True))
            differences.append(Difference(table.name, named, only_live.get(key), only_new.get(key)))
    return differences[:DIFFERENCES_SHOWN]


async def _only_in(
    connection: AsyncConnection, table: Table, here: Checkpoint, there: Checkpoint
) -> dict[tuple[Any, ...], dict[str, Any]]:
    """Rows of one generation that the other does not have, by key; the first DIFFERENCES_SHOWN."""

    def rows(checkpoint: Checkpoint) -> Any:
        shared = [column for column in table.c if column.name not in ("ledger", "generation")]
        return select(*shared).where(table.c.ledger == checkpoint.ledger, table.c.generation == checkpoint.generation)

    names = key_names(table)
    found = await connection.execute(rows(here).except_(rows(there)).order_by(*names).limit(DIFFERENCES_SHOWN))
    return {tuple(row._mapping[name] for name in names): row._asdict() for row in found}


def key_names(table: Table) -> list[str]:
    """The key without ledger and generation."""
    return [column.name for column in table.primary_key if column.name not in ("ledger", "generation")]
