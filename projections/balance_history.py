"""Balances on two axes: what stood on an account on any date, as it was known when the journal had any size.

A movement is what one transaction posted to one account in one currency. Each such pair's movements are numbered
0,1,2… in journal order. Block b of level k stands for the movements [b * 32**k, (b + 1) * 32**k); a movement is a block
of level 0. When the last movement of a block is there, the block gets one row a date: the debits and credits inside it
up to and including that date. Rows are only ever added: a backdated movement is simply the next one.

Cost of a question about one pair: at most 31 movements, and 31 blocks a level with one row each; for a million
movements 124 rows. Cost of a batch: at most five statements, and one more a level that gets a block, whatever the
number of accounts. Rows: 1 a movement, and at most 1 more a level (far fewer where many movements share a date).
"""

import datetime as dt
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    Date,
    SmallInteger,
    Table,
    Text,
    bindparam,
    column,
    func,
    insert,
    select,
    tuple_,
)
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.expression import FunctionElement

from ledger.accounts import AccountId
from ledger.events import TransactionPosted
from ledger.journal import Position, Record, Size
from ledger.store.engine import Key, Units, insert_rows, upsert
from projections.checkpoints import View
from projections.projection import generation_key, metadata

BASE = 32
"""Blocks of one level that make one of the next. Larger: fewer rows to write; smaller: fewer to read."""
PAIRS_MAX = 100
"""Pairs asked for in one round of statements."""
END: Size = 2**63 - 1
"""After every position."""

# --- tables ----------------------------------------------------------------------------------------------------------
# Without SQLite's hidden row number: rows then lie in the order of the primary key, the only one they are read in.


def _pair_key() -> list[Column[Any]]:
    return [
        *generation_key(),
        Column("account", BigInteger, primary_key=True, autoincrement=False),
        Column("currency", Key, primary_key=True),
    ]


accounts = Table(
    "history_accounts",
    metadata,
    *_pair_key(),
    Column("scale", SmallInteger, nullable=False),
    Column("movements", BigInteger, nullable=False),
    sqlite_with_rowid=False,
)

movements = Table(
    "history_movements",
    metadata,
    *_pair_key(),
    Column("position", BigInteger, primary_key=True, autoincrement=False),
    Column("ordinal", BigInteger, nullable=False),
    Column("date", Date, nullable=False),
    Column("debits", Units, nullable=False),
    Column("credits", Units, nullable=False),
    sqlite_with_rowid=False,
)

blocks = Table(
    "history_blocks",
    metadata,
    *_pair_key(),
    Column("level", SmallInteger, primary_key=True, autoincrement=False),
    Column("block", BigInteger, primary_key=True, autoincrement=False),
    Column("date", Date, primary_key=True),
    Column("debits", Units, nullable=False),
    Column("credits", Units, nullable=False),
    sqlite_with_rowid=False,
)

Pair = tuple[AccountId, str]
Dated = tuple[dt.date, int, int]
"""Debits and credits: of a movement on its date, of a block up to that date."""
Blocks = dict[Pair, dict[int, list[Dated]]]
"""Blocks of one level: the rows of each by its number, in order of date."""

# --- fold ------------------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class Moved:
    """New movements of one pair: positions, and what moved on which date."""

    scale: int
    positions: list[Position] = field(default_factory=list)
    rows: list[Dated] = field(default_factory=list)


class BalanceHistory:
    """The projection `balance_history`."""

    name = "balance_history"
    tables = (accounts, movements, blocks)

    def fold(self, records: Sequence[Record]) -> dict[Pair, Moved]:
        delta: dict[Pair, Moved] = {}
        for record in records:
            if isinstance(posted := record.event, TransactionPosted):  # nothing else moves money
                _fold_posted(delta, posted, record.position)
        return delta

    async def write(self, connection: AsyncConnection, ledger: int, generation: int, delta: dict[Pair, Moved]) -> None:
        if not delta:
            return
        at = {"ledger": ledger, "generation": generation}
        counts = dict.fromkeys(delta, 0) | {
            (row.account, row.currency): row.movements
            for row in await _ask(connection, _accounts, at, [(*pair, 0, 0) for pair in delta])
        }
        made = await _complete(connection, at, counts, delta)  # reads what stood before: nothing is inserted yet
        dialect = connection.dialect.name
        await insert_rows(connection, upsert(accounts, dialect), _account_rows(at, counts, delta))
        await insert_rows(connection, insert(movements), _movement_rows(at, counts, delta))
        await insert_rows(connection, insert(blocks), _block_rows(at, made))

    async def faults(self, connection: AsyncConnection, ledger: int, generation: int) -> list[str]:
        view = View(connection, ledger, generation, applied=END)
        counted, found = await _counted(view)
        sums: dict[str, int] = {}
        after: Pair | None = None
        while page := await used(view, after=after, limit=PAIRS_MAX):
            answers = await balances_at(view, page)
            for pair in page:
                counts, one_by_one = counted.pop(pair, _NOTHING), answers.get(pair)
                answer = (one_by_one.debits, one_by_one.credits) if one_by_one else (0, 0)
                if counts != answer:
                    found.append(f"account {pair[0]} in {pair[1]}: movements sum to {counts}, its blocks to {answer}")
                sums[pair[1]] = sums.get(pair[1], 0) + answer[0] - answer[1]
            after = page[-1]
        found += [f"account {pair[0]} in {pair[1]} has movements that are not counted" for pair in counted]
        return found + [f"all balances in {each} sum to {total}, not to zero" for each, total in sums.items() if total]
