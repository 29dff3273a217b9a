"""The last part of an audit of a database: every row of every read model, held against the log folded anew.

**This part uses the service's own folding** (`projections`), and so it finds rows that somebody changed, removed or put
in, and not a fault in the folding: what an audit recomputes independently is the log, its rules, the guards, balances
and tiles. What is folded are the records that the same audit has verified, read in the same moment of the database.

Cost: one more pass over the log, the rows once more on disk in a temporary file, and one pass over both in the order of
their keys; constant memory. Left out are only `generation` (which of a rebuild's rows are the live ones) and what
checkpoints say of a projection that is blocked.
"""

import asyncio
import datetime as dt
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from decimal import Decimal
from functools import singledispatch
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy import Table
from sqlalchemy.exc import SQLAlchemyError

from api.audit.books import Books
from api.audit.databases import SqliteReading, order_query
from api.audit.derived import Row, merge
from api.audit.report import Check, FindingKind
from api.audit.sources import Impossible, LogSource, NotServed, Stand, StoredRecord, Unreadable, Unusable
from api.processes.scratch_folders import make_scratch_folder
from ledger.journal import Record, Size
from ledger.state import ERASURES
from ledger.store.engine import Units, from_sortable, to_sortable
from projections.projection import Projection
from projections.rebuild import Difference, list_key_names
from projections.registry import make_projections
from projections.replay import Replay

Told = Callable[[str, int, int], None]
"""Told what is being done, how many are done, and of how many."""
SLICE_RECORDS = 5_000
"""A large slice touches each row of a balance less often."""
TOLD_ROWS = 1_000
_LEDGER = 1
"""Its number in the temporary file, where it is alone."""
_TEXTS = {"description", "payee", "text", "path", "label", "metadata"}
"""Columns that an erasure empties."""


def compare_read_models(
    source: LogSource, books: Books, check: Check, *, told: Told = lambda _what, _done, _total: None
) -> None:
    """Name every row that is not what the log makes of it, at the size that each model is said to reflect. Raises
    Unusable where there is no room for the temporary file, and Broken where the source cannot be read on."""
    stands = _stands(source, check)
    if not stands:
        return
    with make_scratch_folder("read-models") as folder:
        sizes = {model: stand.applied for model, stand in stands.items()}
        try:
            file = _folded(source, sizes, folder, told)
        except (Unreadable, Unusable):
            raise
        except (OSError, sqlite3.Error, SQLAlchemyError) as error:
            raise Unusable(f"the read models cannot be built in {folder}: {error}") from None
        except Exception as error:  # noqa: BLE001  (whatever a fold raises)
            what = f"{type(error).__name__}: {error}"
            check.fail(
                FindingKind.BOOKS, f"the service's own code cannot build the read models from these records: {what}"
            )
            return
        with closing(SqliteReading(file)) as replay:
            progress = _Progress(told, sum(_count(replay, table) for model in stands for table in model.tables))
            for model, stand in stands.items():
                _compare(source, replay, model, stand, _Erased.since(books, stand.applied), check, progress)
    check.done = True


def _stands(source: LogSource, check: Check) -> Mapping[Projection, Stand]:
    """Return how far each model is; what that cannot be is said, and what is not there."""
    stands, size = {}, source.read_head().size
    try:
        for model in make_projections():
            try:
                stand = source.find_stand(model.name, [table.name for table in model.tables])
            except Impossible as error:
                check.fail(FindingKind.BOOKS, str(error))
                continue
            if stand.applied < size:
                said = f"{model.name} reflects {stand.applied} records of {size}, and is compared with those"
                (check.notes if stand.applied else check.unchecked).append(said)
            if stand.applied:
                stands[model] = stand
    except NotServed as error:
        check.unchecked.append(str(error))
    return _with_needs(stands, check)


def _with_needs(stands: Mapping[Projection, Stand], check: Check) -> Mapping[Projection, Stand]:
    """Return the models whose needs have come as far as they have; the others cannot have been made so."""
    named, kept = {model.name: stand for model, stand in stands.items()}, dict(stands)
    for model, stand in stands.items():
        for need in model.needs:
            needed = named.get(need, Stand(stand.generation, 0))
            if needed.applied < stand.applied or needed.generation != stand.generation:
                said = f"{model.name} reflects {stand.applied} records in generation {stand.generation}"
                other = f"{need}, which it needs, {needed.applied} in generation {needed.generation}"
                check.fail(FindingKind.BOOKS, f"{said}, and {other}")
                del kept[model]
    return kept


def _folded(source: LogSource, sizes: Mapping[Projection, Size], folder: Path, told: Told) -> Path:
    """Return the file with all rows as they must be. Raises what a fold raises."""
    replay, size = Replay(folder, _LEDGER, sizes), max(sizes.values())
    # The source may have an event loop of its own, so that it cannot be read from inside another one.
    with asyncio.Runner() as runner:
        try:
            runner.run(replay.begin())
            for start in range(0, size, SLICE_RECORDS):
                stop = min(start + SLICE_RECORDS, size)
                with closing(source.read_pages(start, stop)) as pages:
                    runner.run(replay.take([_record(stored) for page in pages for stored in page]))
                told("Folding", stop, size)
        finally:
            runner.run(replay.close())
    return replay.file


def _record(stored: StoredRecord) -> Record:
    assert stored.data is not None, "the audit has seen it"
    return Record(stored.position, stored.record, stored.data, stored.memo)


def _count(replay: SqliteReading, table: Table) -> int:
    return sum(count for page in replay.read_rows(f"SELECT count(*) FROM {table.name}") for (count,) in page)  # noqa: S608


class _Progress:
    def __init__(self, told: Told, total: int) -> None:
        self._told, self._done, self._total = told, 0, total

    def counted(self, rows: Iterator[Row]) -> Iterator[Row]:
        """Yield the same rows, and tell now and then how many there were."""
        for row in rows:
            yield row
            self._done += 1
            if self._done % TOLD_ROWS == 0:
                self._told("Comparing rows", self._done, self._total)


# --- one model -------------------------------------------------------------------------------------------------------


def _compare(
    source: LogSource,
    replay: SqliteReading,
    model: Projection,
    stand: Stand,
    erased: "_Erased",
    check: Check,
    progress: _Progress,
) -> None:
    excused = 0
    for table in model.tables:
        key = list_key_names(table)
        rest = [column.name for column in table.c if column.name not in (*key, "ledger", "generation")]
        columns, width = [*key, *rest], len(key)
        ours = (row for page in replay.read_rows(order_query(table.name, columns, key), _LEDGER, 1) for row in page)
        theirs = source.read_projected(table.name, columns, key, stand.generation)
        made = ((row[:width], row[width:]) for row in ours)
        found = ((row[:width], row[width:]) for row in map(_spelled, theirs))
        try:
            for mine, yours in merge(progress.counted(made), found):
                difference = _difference(table, columns, mine, yours)
                if erased.excuses(difference):
                    excused += 1
                else:
                    row = difference.rebuilt or difference.live or {}
                    position = row.get("position")
                    check.fail(FindingKind.BOOKS, str(difference), position if isinstance(position, int) else None)
        except Unreadable as error:
            check.fail(FindingKind.MISSING, f"{table.name} cannot be read: {error}")
            return
    if excused:
        check.unchecked.append(
            f"{model.name} has {excused} rows with texts that were erased by records it is yet to reach"
        )


def _spelled(row: Any) -> tuple[Any, ...]:
    """Return a row of either database as SQLite has it."""
    return tuple(map(_spell, row))


@singledispatch
def _spell(value: Any) -> Any:
    return value


_spell.register(bool, int)
_spell.register(dt.date, dt.date.isoformat)
_spell.register(UUID, str)  # the driver has one of its own


@_spell.register
def _spell_units(value: Decimal) -> str:
    return to_sortable(int(value)) if value.is_finite() and value == value.to_integral_value() else str(value)


def _difference(table: Table, columns: list[str], ours: Row | None, theirs: Row | None) -> Difference:
    def shown(row: Row | None) -> dict[str, Any] | None:
        if row is None:
            return None
        values = zip(columns, (*row[0], *row[1]), strict=True)
        return {name: _shown(table, name, value) for name, value in values}

    mine, yours = shown(ours), shown(theirs)
    row = mine or yours or {}
    return Difference(table.name, {name: row[name] for name in list_key_names(table)}, yours, mine)


def _shown(table: Table, name: str, value: Any) -> Any:
    """Return a row for people: amounts are numbers where they are any."""
    if isinstance(table.c[name].type, Units) and isinstance(value, str):
        try:
            return from_sortable(value) if to_sortable(from_sortable(value)) == value else value
        except (ValueError, IndexError):
            return value
    return value


@dataclass(frozen=True)
class _Erased:
    """Texts that are gone from the log by records that a model has not reached: its rows hold them, and must."""

    positions: set[int]
    accounts: set[int]

    @classmethod
    def since(cls, books: Books, applied: Size) -> "_Erased":
        """Return what was erased since the log had this size."""
        positions = {position for position, by in books.state[ERASURES].items() if position < applied <= by}
        return cls(positions, books.textless if positions else set())

    def excuses(self, difference: Difference) -> bool:
        """Return whether live row and log differ in nothing but that."""
        live, ours = difference.live, difference.rebuilt
        if live is None or not self.positions:
            return False
        of_account = "path" in live and live["account"] in self.accounts
        if not of_account and live.get("position") not in self.positions:
            return False
        if ours is None:
            return difference.table == "register_metadata"
        return all(name in _TEXTS for name in live if live[name] != ours[name])
