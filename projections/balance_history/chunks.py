"""Movements of one pair in journal order, BASE of them in a row, and the blocks that stand for many of them.

All of it is pure: `balance_history` reads and writes the rows.
"""

import datetime as dt
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from sqlalchemy import BigInteger, Column, Date, SmallInteger, Table, Text

from ledger.journal import Position
from ledger.store.engine import Key, Units
from projections.projection import make_generation_key, metadata

BASE = 32
"""The movements of a chunk, and the blocks of one level that make one of the next. Fewer: more rows to write. More:
more to read."""

Movement = tuple[Position, dt.date, int, int]
"""Position and date of a transaction, and its debits and credits in minor units."""
Row = tuple[dt.date, int, int]
"""Debits and credits of a block up to a date, in minor units."""

# --- tables ----------------------------------------------------------------------------------------------------------


def _pair_key() -> list[Column[Any]]:
    return [
        *make_generation_key(),
        Column("account", BigInteger, primary_key=True, autoincrement=False),
        Column("currency", Key, primary_key=True),
    ]


# These tables are read by ranges of their primary key and nothing else. sqlite_with_rowid=False: on SQLite the rows lie
# in that key's order, at half the size and with one B-tree to write instead of two.

accounts = Table(
    "history_accounts",
    metadata,
    *_pair_key(),
    Column("scale", SmallInteger, nullable=False),
    sqlite_with_rowid=False,
)

chunks = Table(
    "history_chunks",
    metadata,
    *_pair_key(),
    Column("position", BigInteger, primary_key=True, autoincrement=False, comment="of its first movement"),
    Column("last", BigInteger, nullable=False, comment="position of its last movement"),
    Column("ordinal", BigInteger, nullable=False, comment="number of its first movement"),
    Column("begins", BigInteger, nullable=False, comment="position of the first movement of its block of level 2"),
    Column("earliest", Date, nullable=False),
    Column("latest", Date, nullable=False),
    Column("debits", Units, nullable=False),
    Column("credits", Units, nullable=False),
    Column("movements", Text, nullable=False, comment="of each: position, day (1 is 0001-01-01), debits, credits"),
    sqlite_with_rowid=False,
)

blocks = Table(
    "history_blocks",
    metadata,
    *_pair_key(),
    Column("level", SmallInteger, primary_key=True, autoincrement=False, comment="2 or more"),
    Column("block", BigInteger, primary_key=True, autoincrement=False),
    Column("date", Date, primary_key=True),
    Column("debits", Units, nullable=False),
    Column("credits", Units, nullable=False),
    sqlite_with_rowid=False,
)

# --- rows -----------------------------------------------------------------------------------------------------------


class HistoryChunk(NamedTuple):
    """A row of `chunks` without its pair."""

    position: Position
    last: Position
    ordinal: int
    begins: Position
    earliest: dt.date
    latest: dt.date
    debits: int
    credits: int
    movements: str

    @property
    def is_full(self) -> bool:
        return self.movements_count == BASE

    @property
    def movements_count(self) -> int:
        return (self.movements.count(" ") + 1) // 4

    @property
    def number(self) -> int:
        """Its number as a block of level 1."""
        return self.ordinal // BASE

    def extend(self, moved: Sequence[Movement]) -> "HistoryChunk":
        """Return it with these movements, of which there is at least one, after its own."""
        positions, dates, debits, credits_ = zip(*moved, strict=True)
        return HistoryChunk(
            self.position,
            positions[-1],
            self.ordinal,
            self.begins,
            min(self.earliest, *dates),
            max(self.latest, *dates),
            self.debits + sum(debits),
            self.credits + sum(credits_),
            f"{self.movements} {encode_movements(moved)}" if self.movements else encode_movements(moved),
        )

    def list_movements(self) -> list[Movement]:
        return [(each[0], dt.date.fromordinal(each[1]), *each[2:]) for each in decode_movements(self.movements)]


def encode_movements(moved: Iterable[Movement]) -> str:
    """Return movements as a chunk has them."""
    return " ".join(
        [f"{position} {date.toordinal()} {debits} {credits_}" for position, date, debits, credits_ in moved]
    )


def decode_movements(movements: str) -> Iterable[tuple[Position, int, int, int]]:
    """Return position, day, debits and credits of each movement of a chunk; day 1 is 0001-01-01."""
    numbers = map(int, movements.split())
    return zip(numbers, numbers, numbers, numbers, strict=True)


def grow_chunks(last: HistoryChunk | None, moved: Sequence[Movement]) -> list[HistoryChunk]:
    """Return the chunks that are new or have grown, in order, when these movements follow the last chunk."""
    grown: list[HistoryChunk] = []
    room = 0 if last is None else BASE - last.movements_count
    if last is not None and room:
        grown.append(last.extend(moved[:room]))
    for start in range(room, len(moved), BASE):
        before = grown[-1] if grown else last
        ordinal = 0 if before is None else before.ordinal + BASE
        position, date, *_ = moved[start]
        begins = position if before is None or ordinal % BASE**2 == 0 else before.begins
        empty = HistoryChunk(position, position, ordinal, begins, date, date, 0, 0, "")
        grown.append(empty.extend(moved[start : start + BASE]))
    return grown


def sum_by_date(chunk: HistoryChunk) -> list[Row]:
    """Return a chunk as the rows of a block."""
    return merge_blocks([movement[1:]] for movement in chunk.list_movements())


def merge_blocks(children: Iterable[list[Row]]) -> list[Row]:
    """Return the rows of the block made of these."""
    moved: dict[dt.date, tuple[int, int]] = {}
    for rows in children:
        debits_before = credits_before = 0
        for date, debits, credits_ in rows:
            more_debits, more_credits = moved.get(date, (0, 0))
            moved[date] = (more_debits + debits - debits_before, more_credits + credits_ - credits_before)
            debits_before, credits_before = debits, credits_
    together: list[Row] = []
    debits = credits_ = 0
    for date in sorted(moved):
        more_debits, more_credits = moved[date]
        debits += more_debits
        credits_ += more_credits
        together.append((date, debits, credits_))
    return together
