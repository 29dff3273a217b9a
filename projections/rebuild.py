"""Build a projection again beside the live one, compare the two row for row, and cut over. Posting goes on meanwhile.

What reads the rows of another read model is built beside it and cuts over together with it: a group is rebuilt whole.

A difference means that what ran live was wrong (or was tampered with): it is named, and the live rows stay unless the
operator accepts the new ones. Nothing is lost either way: the journal is the source.
"""

import asyncio
import logging
from collections.abc import Callable, Collection, Iterable, Sequence
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
from projections.projection import Projection, build_groups
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


async def rebuild_all(
    log_: Log,
    database: Database,
    projections: Sequence[Projection],
    ledger: int,
    *,
    only: Collection[str] | None = None,
    accept: bool = False,
    progress: Progress = lambda _done, _size: None,
) -> list[Rebuilt]:
    """Rebuild the projections of one ledger side by side, all of them or the groups of `only` these, and return a
    report for each. `projections` are all that there are.

    The log is read and decoded once for all of them, the next slice while one is written. `progress` is told (records
    applied, records to apply) after each slice. A group cuts over together: where one differs, all its live rows stay.

    Raises what a fold raises where a record cannot be understood, and RebuildOvertaken; the live rows stay then.
    """
    groups = [await _begin(database, group, ledger) for group in _groups(projections, only)]
    await _build(log_, database, ledger, [each for group in groups for each in group], progress)
    reports = []
    for group in groups:
        reports += await _finish(log_, database, ledger, group, accept=accept)
        for each in group:
            await sweep(database, each.projection, ledger)
    return reports


def _groups(projections: Iterable[Projection], only: Collection[str] | None) -> list[list[Projection]]:
    groups = build_groups(projections)
    return [group for group in groups if only is None or any(each.name in only for each in group)]


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
            for ledger, names in unmarked.items():
                for report in await rebuild_all(log_, database, projections, ledger, only=names, accept=True):
                    _tell(ledger, report)
        except Exception as error:  # noqa: BLE001  (it is told: another process may do the same)
            await retries.pause_after(error)
        await asyncio.sleep(UNMARKED_PAUSE_SECONDS)


async def _unmarked(database: Database, projections: Sequence[Projection]) -> dict[int, list[str]]:
    """The names of the read models that do not say which log they were made from, by ledger."""
    names = {each.name for each in projections}
    found: dict[int, list[str]] = {}
    async with database.read.connect() as connection:
        for each in await checkpoints.read_live(connection):
            if each.projection in names and not each.is_marked and each.blocked_position is None:
                found.setdefault(each.ledger, []).append(each.projection)
    return found


def _tell(ledger: int, report: Rebuilt) -> None:
    log.info("projection %s of ledger %d was rebuilt, and its checkpoint now names its log", report.projection, ledger)
    for each in report.differences:
        log.error("projection %s of ledger %d was wrong: %s", report.projection, ledger, each)


@dataclass(slots=True)
class _Building:
    """A projection that is being built beside its live rows."""

    projection: Projection
    live: Checkpoint
    new: Checkpoint


async def _begin(database: Database, group: Sequence[Projection], ledger: int) -> list[_Building]:
    names = [each.name for each in group]
    async with writing_generations(database) as connection:
        await checkpoints.begin(connection, {ledger: None}, group)
        for each in await checkpoints.lock_all(connection, ledger, names):
            if not each.live:  # of a rebuild that did not finish
                await checkpoints.remove(connection, each)
    for projection in group:
        await sweep(database, projection, ledger)
    async with writing_generations(database) as connection:
        found = await checkpoints.lock_all(connection, ledger, names)
        if not all(each.live for each in found):
            raise RebuildOvertaken
        live = {each.projection: each for each in found}
        generation = 1 + max(each.generation for each in found)
        return [await _begin_beside(connection, each, live[each.name], generation) for each in group]


async def _begin_beside(
    connection: AsyncConnection, projection: Projection, live: Checkpoint, generation: int
) -> _Building:
    beside = Checkpoint(live.ledger, live.projection, generation, live=False, applied=0, whole_at=live.whole_at)
    return _Building(projection, live, await checkpoints.add_generation(connection, beside))


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
        for each in sorted(building, key=_name):  # in the order of `lock_all`: another rebuild would deadlock with it
            if await checkpoints.lock_again(connection, each.new) != each.new:
                raise RebuildOvertaken
        reached: dict[str, Size] = {}
        for each in building:
            size = min([each.live.applied, *(reached[need] for need in each.projection.needs if need in reached)])
            work = fold(each.projection, each.new, records[: size - each.new.applied])
            await write_or_raise(connection, work)
            each.new = work.done
            reached[each.projection.name] = each.new.applied
        live = {each.projection: each for each in await checkpoints.read_live(connection, ledger)}
        for each in building:
            each.live = live[each.projection.name]


async def _finish(
    log_: Log, database: Database, ledger: int, group: Sequence[_Building], *, accept: bool
) -> list[Rebuilt]:
    """Bring both generations of a group to the same sizes, compare them there, and cut over, in one transaction."""
    async with writing_generations(database) as connection:
        # Under the lock the live rows cannot move on; what they gained since the last slice is little.
        found = await checkpoints.lock_all(connection, ledger, [each.projection.name for each in group])
        if [each.new for each in sorted(group, key=_name)] != [each for each in found if not each.live]:
            raise RebuildOvertaken
        live = {each.projection: each for each in found if each.live}
        reports = []
        for each in group:
            each.live = live[each.projection.name]
            await _catch_up(connection, log_, each)
            reports.append(await _compare(connection, each))
        cut_over = accept or not any(each.differences or each.faults for each in reports)
        for each, report in zip(group, reports, strict=True):
            report.cut_over = cut_over
            if cut_over:
                await checkpoints.cut_over(connection, each.live, each.new)
            else:
                await checkpoints.remove(connection, each.new)
        return reports


def _name(building: _Building) -> str:
    return building.projection.name


async def _catch_up(connection: AsyncConnection, log_: Log, each: _Building) -> None:
    """Bring the rebuilt generation to the size of the live one."""
    while each.new.applied < each.live.applied:
        records = await _read(log_, each.new.ledger, each.new.applied, each.live.applied - each.new.applied)
        work = fold(each.projection, each.new, records)
        await write_or_raise(connection, work)
        each.new = work.done


async def write_or_raise(connection: AsyncConnection, work: Work) -> None:
    """Write one fold and advance its checkpoint. Unlike a projector, a rebuild has somebody to tell: what goes wrong is
    raised."""
    if work.error is not None:
        raise work.error
    await insert_rows(connection, *await changes(connection, work), checkpoints.make_rows([work.done]))


async def _compare(connection: AsyncConnection, each: _Building) -> Rebuilt:
    """Return what differs, the first DIFFERENCES_SHOWN table by table, by key, and what is wrong with the new rows."""
    report = Rebuilt(each.projection.name, each.live.applied)
    for table in each.projection.tables:
        only_live = await _only_in(connection, table, each.live, each.new)
        only_new = await _only_in(connection, table, each.new, each.live)
        # Each side has its first keys; of both together, the first ones are complete.
        for key in sorted(only_live.keys() | only_new.keys())[:DIFFERENCES_SHOWN]:
            named = dict(zip(key_names(table), key, strict=True))
            report.differences.append(Difference(table.name, named, only_live.get(key), only_new.get(key)))
    report.differences = report.differences[:DIFFERENCES_SHOWN]
    report.faults = await each.projection.faults(connection, each.new.ledger, each.new.generation)
    return report


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
