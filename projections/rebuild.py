"""Make read models again from the log in temporary tables, and compare them with the live rows. Posting goes on
meanwhile.

If all rows are equal, the live ones stay, and nothing is written. A difference means that the live rows were wrong, or
that somebody changed them. It is named, and the live rows stay unless the operator accepts the new ones. Nothing is
lost either way, because the journal is the source. A read model and those that it needs are a group, which is compared
and replaced as a whole.
"""

import asyncio
from collections.abc import Callable, Collection, Coroutine, Iterable, Sequence
from dataclasses import dataclass, field, replace
from hashlib import sha256
from typing import Any

from sqlalchemy import Select, Table, select
from sqlalchemy.ext.asyncio import AsyncConnection

from ledger.errors import Corrupt, Unavailable
from ledger.follow import Log
from ledger.journal import Position, Record, Size
from ledger.store.engine import Database
from ledger.store.rows import insert_rows
from projections import checkpoints
from projections.checkpoints import Checkpoint
from projections.generations import sweep
from projections.projection import Projection, build_groups
from projections.projector import Work, decode_all, fold, plan_changes
from projections.scratch import Scratch, open_scratches

SLICE_RECORDS = 5_000
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
            f"{column} is {_show(self.live[column])}, should be {_show(self.rebuilt[column])}" for column in changed
        )
        return f"{self.table} ({name}): {changes}"


def _show(value: Any) -> str:
    """Return a value as text. Bytes are shown by their number and hash: there may be thousands of them."""
    return f"{len(value)} bytes {sha256(value).hexdigest()[:16]}…" if isinstance(value, bytes) else str(value)


class RebuildOvertaken(Unavailable):
    """The read models were started over meanwhile, because they were of another log: rebuild them again."""


@dataclass(slots=True)
class Rebuilt:
    """What a rebuild found. `cut_over` says whether the live rows are the rebuilt ones now."""

    projection: str
    size: Size = 0
    differences: list[Difference] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    cut_over: bool = False

    def to_json(self) -> dict[str, Any]:
        """Return the report as JSON, for programs."""
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

    The log is read and decoded once for all of them. The next slice is read while one is written. Each group has a
    connection of its own, so that the database works for several at a time. `progress` is told (records applied,
    records to apply) after each slice. A group is replaced together: where one of it differs, all its live rows stay,
    unless the caller says `accept`.

    Raises what a fold raises where a record cannot be understood, and RebuildOvertaken. Then the live rows stay.
    """
    reports = []
    named = _select_groups(projections, only)
    begun = await _begin(database, named, ledger)
    async with open_scratches(database, named) as scratches:
        groups = [_Group(scratch, building) for scratch, building in zip(scratches, begun, strict=True)]
        await _build(log_, ledger, groups, progress)
        for group in groups:
            reports += await _finish(log_, ledger, group, accept=accept)
    for group in groups:
        for each in group.building if group.replaced else ():
            await sweep(database, each.projection, ledger)
    return reports


def _select_groups(projections: Iterable[Projection], only: Collection[str] | None) -> list[list[Projection]]:
    groups = build_groups(projections)
    return [group for group in groups if only is None or any(each.name in only for each in group)]


@dataclass(slots=True)
class _Building:
    """A projection that is made again. `new` is the checkpoint that it would have in a generation of its own."""

    projection: Projection
    live: Checkpoint
    new: Checkpoint


@dataclass(slots=True)
class _Group:
    """Read models that are compared and replaced together, and where they are made."""

    scratch: Scratch
    building: list[_Building]
    replaced: bool = False


async def _begin(database: Database, groups: Sequence[Sequence[Projection]], ledger: int) -> list[list[_Building]]:
    projections = [each for group in groups for each in group]
    async with database.write.begin() as connection:
        await checkpoints.begin(connection, {ledger: None}, projections)
        found = await checkpoints.lock_all(connection, ledger, [each.name for each in projections])
    generation = 1 + max(each.generation for each in found)
    live = {each.projection: each for each in found if each.live}
    return [[_begin_one(each, live[each.name], generation) for each in group] for group in groups]


def _begin_one(projection: Projection, live: Checkpoint, generation: int) -> _Building:
    new = Checkpoint(live.ledger, live.projection, generation, live=True, applied=0, whole_at=live.whole_at)
    return _Building(projection, live, new)


async def _build(log_: Log, ledger: int, groups: Sequence[_Group], progress: Progress) -> None:
    """Fold the log into the new rows until they are where the live rows are, or were a moment ago."""
    building = [each for group in groups for each in group.building]

    async def read_slice(start: Position) -> Sequence[Record]:
        size = max(each.live.applied for each in building)
        if start >= size:
            return []
        records = await _read(log_, ledger, start, min(SLICE_RECORDS, size - start))
        if len(building) > 1:  # a single read model decodes only the records that it needs
            await decode_all(records)
        return records

    start, reading = 0, asyncio.create_task(read_slice(0))
    try:
        while behind := [each for each in building if each.new.applied < each.live.applied]:
            wanted, records = min(each.new.applied for each in behind), await reading
            if wanted != start or not records:  # a fold stopped before a record that fails, or the log has grown
                start, records = wanted, await read_slice(wanted)
            stop = start + len(records)
            reading = asyncio.create_task(read_slice(stop))
            await _run_all(_write_slice(group, start, records) for group in groups)
            found = await checkpoints.read_live(groups[0].scratch.connection, ledger)
            live = {each.projection: each for each in found}
            for each in building:
                each.live = live[each.projection.name]
            start = stop
            progress(min(each.new.applied for each in building), max(each.live.applied for each in building))
    finally:
        reading.cancel()
        await asyncio.gather(reading, return_exceptions=True)


async def _read(log_: Log, ledger: int, start: Position, limit: int) -> list[Record]:
    """Return at most `limit` records from `start` on. Raises Corrupt where there are none: the log is known to have
    one there."""
    records = await log_.read(ledger, start, limit)
    if not records:
        raise Corrupt(what=f"the log ends at {start}, before its size")
    return records


async def _run_all(work: Iterable[Coroutine[Any, Any, None]]) -> None:
    """Run all of them at a time. Raise what the first of them to fail raises, after the others have stopped."""
    tasks = [asyncio.create_task(each) for each in work]
    try:
        await asyncio.gather(*tasks)
    finally:
        for each in tasks:
            each.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _write_slice(group: _Group, start: Position, records: Sequence[Record]) -> None:
    """Fold those of the records that the live rows of a group reflect, and write the rows."""
    reached: dict[str, Size] = {}
    async with group.scratch.transaction() as connection:
        for each in group.building:
            if not each.new.applied == start < each.live.applied:
                continue
            size = min([each.live.applied, *(reached[need] for need in each.projection.needs if need in reached)])
            work = fold(each.projection, each.new, records[: size - each.new.applied])
            await write_or_raise(connection, work)
            each.new = work.done
            reached[each.projection.name] = each.new.applied


async def _finish(log_: Log, ledger: int, group: _Group, *, accept: bool) -> list[Rebuilt]:
    """Bring the new rows of a group to the sizes of the live ones, compare them there, and replace the live ones if
    they differ and that is accepted. Return the reports."""
    async with group.scratch.transaction(locks=True) as connection:
        # Under the lock the live rows cannot move on. They have gained little since the last slice.
        found = await checkpoints.lock_all(connection, ledger, [each.projection.name for each in group.building])
        live = {each.projection: each for each in found if each.live}
        reports = []
        for each in group.building:
            each.live = live[each.projection.name]
            await _catch_up(connection, log_, each)
            reports.append(await _compare(group.scratch, each))
        is_equal = not any(each.differences or each.faults for each in reports)
        for report in reports:
            report.cut_over = accept or is_equal
        if is_equal:
            await _confirm(connection, group.building)
        elif accept:
            await _replace(group.scratch, group.building, found)
            group.replaced = True
    return reports


async def _catch_up(connection: AsyncConnection, log_: Log, each: _Building) -> None:
    """Bring the new rows to the size of the live ones."""
    while each.new.applied < each.live.applied:
        records = await _read(log_, each.new.ledger, each.new.applied, each.live.applied - each.new.applied)
        work = fold(each.projection, each.new, records)
        await write_or_raise(connection, work)
        each.new = work.done
    if each.new.applied > each.live.applied:
        raise RebuildOvertaken


async def _confirm(connection: AsyncConnection, group: Iterable[_Building]) -> None:
    """Write to the checkpoints of the live rows what was found: their log, and that nothing blocks them."""
    confirmed = [replace(each.new, generation=each.live.generation) for each in group]
    changed = [new for new, each in zip(confirmed, group, strict=True) if new != each.live]
    await insert_rows(connection, checkpoints.make_rows(changed))


async def _replace(scratch: Scratch, group: Iterable[_Building], found: Iterable[Checkpoint]) -> None:
    """Make the new rows the live ones, in place of all that were found."""
    for old in found:
        await checkpoints.remove(scratch.connection, old)
    for each in group:
        for table in each.projection.tables:
            await scratch.copy(table, each.new.generation)
        await checkpoints.add_generation(scratch.connection, each.new)


async def write_or_raise(connection: AsyncConnection, work: Work) -> None:
    """Write the rows of one fold. Raise any error: this, unlike a projector, has a caller to tell."""
    if work.error is not None:
        raise work.error
    await insert_rows(connection, *await plan_changes(connection, work))


async def _compare(scratch: Scratch, each: _Building) -> Rebuilt:
    """Return the first DIFFERENCES_SHOWN differences, table by table, by key, and the faults of the new rows."""
    report = Rebuilt(each.projection.name, each.live.applied)
    for table in each.projection.tables:
        report.differences += await _find_differences(scratch, table, each.live)
    report.differences = report.differences[:DIFFERENCES_SHOWN]
    report.faults = await each.projection.find_faults(scratch.connection, each.new.ledger, each.new.generation)
    return report


async def _find_differences(scratch: Scratch, table: Table, checkpoint: Checkpoint) -> list[Difference]:
    """Return the first DIFFERENCES_SHOWN rows, by key, that live and new rows do not share."""
    live, names = scratch.find_live(table), [each.name for each in table.c if each.name not in ("ledger", "generation")]
    is_of_generation = (live.c.ledger == checkpoint.ledger) & (live.c.generation == checkpoint.generation)
    mine, theirs = select(*table.c[*names]), select(*live.c[*names]).where(is_of_generation)
    only_new = await _find_only_in(scratch, table, mine, theirs)
    if not only_new and await scratch.count(table) == await scratch.count(live, is_of_generation):
        return []  # there are as many rows, and each has a key of its own, so none is missing
    only_live = await _find_only_in(scratch, table, theirs, mine)
    # Each side has its first keys, so the first keys of both together are complete.
    keys = sorted(only_live.keys() | only_new.keys())[:DIFFERENCES_SHOWN]
    named = list_key_names(table)
    return [
        Difference(table.name, dict(zip(named, key, strict=True)), only_live.get(key), only_new.get(key))
        for key in keys
    ]


async def _find_only_in(
    scratch: Scratch, table: Table, here: Select[Any], there: Select[Any]
) -> dict[tuple[Any, ...], dict[str, Any]]:
    """Return the rows of one query that the other does not have, by key; the first DIFFERENCES_SHOWN of them."""
    names = list_key_names(table)
    found = await scratch.connection.execute(here.except_(there).order_by(*names).limit(DIFFERENCES_SHOWN))
    return {tuple(row._mapping[name] for name in names): row._asdict() for row in found}


def list_key_names(table: Table) -> list[str]:
    """Return the names of the primary key's columns without ledger and generation."""
    return [column.name for column in table.primary_key if column.name not in ("ledger", "generation")]
