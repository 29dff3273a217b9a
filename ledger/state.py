"""What the rules know: guards, each declared once, and the rows of them that some commands need.

A guard is a table of rows that rules depend on. Its declaration says everything: the store makes the table from it,
loads, remembers and saves its rows; the auditor compares them and goes on from them. A new guard is a new declaration.
"""

import datetime as dt
from collections import defaultdict
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, Literal, NamedTuple, TypeVar

from ledger.values import plain

Cell = str | int | bool | None
"""A value as a row holds it: amounts in minor units, times in microseconds since 1970, lists as JSON."""
CellType = Literal["key", "text", "position", "integer", "small", "boolean", "units"]
Scope = Literal["key", "account", "series", "record", "ledger"]

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class Column(NamedTuple):
    """A column of a guard's table."""

    name: str
    type: CellType
    comment: str | None = None
    null: bool = False
    late: bool = False
    """Kept only since some version: a row from before has NULL."""
    default: Literal[False] | None = None
    """Of rows from before the column."""
    check: str | None = None
    """What SQL says of every value."""


@plain
@dataclass(frozen=True, eq=False, slots=True)
class Guard(Generic[K, V]):
    """A table of rows that rules depend on.

    A key of one column is its value, a key of several a tuple, and a key of none `()`.
    """

    name: str
    table: str
    key: tuple[Column, ...]
    columns: tuple[Column, ...]
    to_row: Callable[[V], tuple[Cell, ...]]
    """The cells of `columns`."""
    from_row: Callable[..., V]
    """The inverse; its arguments are the key and the cells."""
    by: Scope = "key"
    """What loads its rows: each key that is needed; each account, series or record (the first column of the key); or
    the ledger, which loads all of them."""
    subset: tuple[str, Cell] | None = None
    """A column and its value: of the rows that can be needed together."""
    in_head: bool = False
    """Its one row stands in the ledger's head row, which every batch locks."""
    grows: bool = False
    """It has a row for some records, each written once: an auditor keeps them on disk."""
    indexes: tuple[tuple[str, ...], ...] = ()
    """Lists of columns that rows are looked up by."""

    def __class_getitem__(cls, _types: object) -> type:
        """Return the class itself: once it is compiled, it is generic for the type checker alone."""
        return cls

    def cells(self, key: K) -> tuple[Cell, ...]:
        """Return the key as cells."""
        return (key,) if len(self.key) == 1 else key  # type: ignore[return-value]

    def row(self, cells: Sequence[Cell]) -> tuple[K, V]:
        """Return the key and the value that all cells of a row say."""
        width = len(self.key)
        key: Any = cells[0] if width == 1 else tuple(cells[:width])
        return key, self.from_row(key, *cells[width:])


class OldRecord(NamedTuple):
    """A record that a command names."""

    position: int
    event: Any
    """An Event: which there are is said above this file."""
    recorded_at: dt.datetime
    has_memo: bool
    """Whether it was written with one."""


RecordName = str | int
"""A record's id or its position."""


@dataclass(slots=True)
class NeededRows:
    """What deciding some commands can ask of the state: a store loads it before."""

    keys: "defaultdict[Guard[Any, Any], set[Any]]" = field(default_factory=lambda: defaultdict(set))
    accounts: set[int] = field(default_factory=set)
    """Besides those that the names needed lead to."""
    series: set[str] = field(default_factory=set)
    records: "dict[RecordName, Callable[[NeededRows, OldRecord], None]]" = field(default_factory=dict)
    """Each with what adds the rows that depend on what the record says."""
    subsets: "set[Guard[Any, Any]]" = field(default_factory=set)

    def follow(self, records: Mapping[RecordName, OldRecord]) -> None:
        """Add the rows that these records, which were found, make necessary."""
        for name, record in records.items():
            self.records[name](self, record)


@plain
@dataclass(frozen=True, slots=True)
class LedgerSettings:
    """What holds for the whole ledger."""

    owner: str
    currency: str
    time_zone: str
    fiscal_year_start: str
    retention_years: int
    name: str | None = None
    in_use: bool = False
    """True from the first transaction on."""
    changed: int = 0
    """Position of the last record that changed these settings."""


SETTINGS: Guard[tuple[()], LedgerSettings] = Guard(
    name="settings",
    table="ledgers",
    key=(),
    columns=(
        Column("owner", "key"),
        Column("currency", "key"),
        Column("time_zone", "text"),
        Column("fiscal_year_start", "text"),
        Column("retention_years", "integer"),
        Column("name", "text", null=True),
        Column("in_use", "boolean", default=False),
        Column("changed", "position", comment="position of the last record that changed the settings"),
    ),
    to_row=lambda settings: (
        settings.owner,
        settings.currency,
        settings.time_zone,
        settings.fiscal_year_start,
        settings.retention_years,
        settings.name,
        settings.in_use,
        settings.changed,
    ),
    from_row=lambda _key, *cells: LedgerSettings(*cells),
    in_head=True,
)

ERASURES: Guard[int, int] = Guard(
    name="erasures",
    table="erasures",
    key=(Column("position", "position", comment="of the record whose memo was erased"),),
    columns=(Column("erased_by", "position"),),
    to_row=lambda erased_by: (erased_by,),
    from_row=lambda _key, erased_by: int(erased_by),
    by="record",
)
"""A new row makes the store erase the memo."""


class State:
    """The rows of guards behind some commands, and the old records that they name. A row that is absent is not there.

    `state[GUARD]` is a dict. `put` and `remove` change it and note what was there before: the rows to save, and a way
    back.
    """

    __slots__ = ("_noted", "_rows", "records")

    def __init__(self) -> None:
        self._rows: defaultdict[Guard[Any, Any], dict[Any, Any]] = defaultdict(dict)
        self._noted: list[tuple[Guard[Any, Any], Any, Any]] = []
        """Guard, key, and the row before; None: there was none."""
        self.records: dict[RecordName, OldRecord] = {}

    def __getitem__(self, guard: Guard[K, V]) -> dict[K, V]:
        return self._rows[guard]

    @property
    def settings(self) -> LedgerSettings | None:
        """The ledger's settings; None: it is not open."""
        return self._rows[SETTINGS].get(())

    def fill(self, guard: Guard[K, V], rows: Mapping[K, V]) -> None:
        """Add rows as they are stored: no change."""
        self[guard].update(rows)

    def put(self, guard: Guard[K, V], key: K, value: V) -> None:
        """Set a row."""
        rows = self._rows[guard]
        self._noted.append((guard, key, rows.get(key)))
        rows[key] = value

    def remove(self, guard: Guard[K, V], key: K) -> None:
        """Take a row away that is there."""
        self._noted.append((guard, key, self[guard].pop(key)))

    def mark(self) -> int:
        """Return how many changes are noted: `undo` comes back here."""
        return len(self._noted)

    def undo(self, mark: int) -> None:
        """Take back what was changed since the mark."""
        while len(self._noted) > mark:
            guard, key, before = self._noted.pop()
            if before is None:
                self[guard].pop(key, None)
            else:
                self[guard][key] = before

    def list_changes(self) -> dict[Guard[Any, Any], set[Any]]:
        """Return the keys of the rows that were changed, by guard. One that is absent now was removed."""
        changed: defaultdict[Guard[Any, Any], set[Any]] = defaultdict(set)
        for guard, key, _ in self._noted:
            changed[guard].add(key)
        return dict(changed)

    def forget_changes(self) -> None:
        """Forget which rows were changed: they are stored."""
        self._noted.clear()

    def list_rows(self) -> dict[Guard[Any, Any], dict[Any, Any]]:
        """Return the rows of all guards that were asked for."""
        return self._rows
