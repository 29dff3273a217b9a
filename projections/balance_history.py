"""Balances on two axes: what stood on an account on any date, as it was known when the journal had any size.

A movement is what one transaction posted to one account in one currency. Each such pair's movements are numbered
0,1,2… in journal order. Block b of level k stands for the movements [b * 32**k, (b + 1) * 32**k); a movement is a block
of level 0. When the last movement of a block is there, the block gets one row a date: the debits and credits inside it
up to and including that date. Rows are only ever added: a backdated movement is simply the next one.

Cost of a question about one pair: at most 31 movements, and 31 blocks a level with one row each; for a million
movements 124 rows. Cost of a batch: at most five statements, and one more a level that gets a block, whatever the
number of accounts. Rows: 1 a movement, and at most 1 more a level (far fewer where movements share dates).
"""

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    Date,
    FromClause,
    SmallInteger,
    Table,
    bindparam,
    func,
    select,
    true,
    tuple_,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from ledger.accounts import AccountId
from ledger.events import TransactionPosted
from ledger.journal import Position, Record, Size
from ledger.store.engine import Key, Units
from ledger.store.rows import Insert, every, fetch
from projections.checkpoints import View
from projections.projection import ask, asked, generation_key, metadata

BASE = 32
"""Blocks of one level that make one of the next. Fewer: more rows to write; more: more rows to read."""
TAILS_MAX = 4_000
"""Pairs of all ledgers whose latest movements are remembered: at most some 20 MB."""
PAIRS_MAX = 100
"""Pairs asked for in one round of statements."""
END: Size = 2**63 - 1
"""After every position."""

Pair = tuple[AccountId, str]
"""An account and a currency."""
Row = tuple[dt.date, int, int]
"""Debits and credits in minor units: a movement's on its date, a block's up to that date."""
Blocks = dict[Pair, dict[int, list[Row]]]
"""Blocks of one level by number, each with its rows in order of date."""

# --- tables ----------------------------------------------------------------------------------------------------------


def _pair_key() -> list[Column[Any]]:
    return [
        *generation_key(),
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

# --- statements ------------------------------------------------------------------------------------------------------


_asked = asked(*accounts.c["account", "currency"], *blocks.c["level", "block"])


def _of_pair(table: FromClause) -> Any:
    return (
        (table.c.ledger == bindparam("ledger"))
        & (table.c.generation == bindparam("generation"))
        & (table.c.account == _asked.c.account)
        & (table.c.currency == _asked.c.currency)
    )


_counts = select(
    _asked.c.account,
    _asked.c.currency,
    select(accounts.c.movements).where(_of_pair(accounts)).scalar_subquery().label("movements"),
)
"""How many movements each pair has; NULL: it is new."""

_earlier = (
    select(movements.c.position)
    .where(_of_pair(movements), movements.c.position < bindparam("size"))
    .order_by(movements.c.position.desc())
)
_last = _earlier.add_columns(*movements.c["ordinal", "date", "debits", "credits"]).limit(BASE - 1).lateral("last")
_not_before = func.coalesce(_earlier.limit(1).offset(BASE - 2).correlate(_asked).scalar_subquery(), 0)
_scale = select(accounts.c.scale).where(_of_pair(accounts)).scalar_subquery().label("scale")
_tails = {
    "postgresql": select(
        *_asked.c["account", "currency"], _scale, *_last.c["ordinal", "date", "debits", "credits"]
    ).join_from(_asked, _last, true()),
    "sqlite": select(
        *_asked.c["account", "currency"], _scale, *movements.c["ordinal", "date", "debits", "credits"]
    ).join_from(
        _asked,
        movements,
        _of_pair(movements) & movements.c.position.between(_not_before, bindparam("size") - 1),
        isouter=True,
    ),
}
"""The last BASE - 1 movements before `size` of each pair."""

_below = (
    _of_pair(blocks)
    & (blocks.c.level == _asked.c.level)
    & (blocks.c.block >= _asked.c.block)
    & (blocks.c.block < _asked.c.block + BASE)
)
_found = select(blocks).where(_below).offset(0).lateral("found")  # OFFSET 0 keeps it from becoming a join after all
_children = {
    "postgresql": select(*_asked.c["account", "currency"], *_found.c["block", "date", "debits", "credits"])
    .join_from(_asked, _found, true())
    .order_by(_found.c.date),
    "sqlite": select(*_asked.c["account", "currency"], *blocks.c["block", "date", "debits", "credits"])
    .join_from(_asked, blocks, _below, isouter=True)
    .order_by(blocks.c.date),
}
"""All rows of the BASE blocks from each block asked for on, by date."""


_currencies_of = (
    select(accounts.c.currency)
    .where(
        accounts.c.ledger == bindparam("ledger"),
        accounts.c.generation == bindparam("generation"),
        accounts.c.account == bindparam("account"),
    )
    .order_by(accounts.c.currency)
)


def _up_to_date(sum_: Column[Any]) -> Any:
    return (
        select(sum_)
        .where(
            _of_pair(blocks),
            blocks.c.level == _asked.c.level,
            blocks.c.block == _asked.c.block,
            blocks.c.date <= bindparam("effective", type_=Date()),
        )
        .order_by(blocks.c.date.desc())
        .limit(1)
        .scalar_subquery()
    )


_sums = select(
    _asked.c.account,
    _asked.c.currency,
    _up_to_date(blocks.c.debits).label("debits"),
    _up_to_date(blocks.c.credits).label("credits"),
)
"""The sums of each block asked for up to a date; NULL where all of it is later."""


# --- fold ------------------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class Moved:
    """New movements of one pair in journal order."""

    scale: int
    positions: list[Position] = field(default_factory=list)
    rows: list[Row] = field(default_factory=list)


@dataclass(slots=True)
class Delta:
    """New movements, by pair, of the records from `start` to before `stop`."""

    start: Position
    stop: Position
    moved: dict[Pair, Moved]


@dataclass(slots=True)
class Tail:
    """How many movements a pair has, and those after its last complete block; None: they must be read."""

    count: int
    rows: list[Row] | None

    def grown(self, moved: Sequence[Row]) -> "Tail":
        """With these movements after them."""
        rows, count = [*(self.rows or ()), *moved], self.count + len(moved)
        left = count % BASE
        return Tail(count, rows[len(rows) - left :] if left <= len(rows) else None)


@dataclass(slots=True)
class Recent:
    """Tails of the pairs of one ledger, those moved last at the end, as they are when `stop` records are applied: the
    rows are a function of these records, so that what was written at this size needs no reading."""

    stop: Size = 0
    tails: dict[Pair, Tail] = field(default_factory=dict)


class BalanceHistory:
    """The projection `balance_history`."""

    name = "balance_history"
    tables: Sequence[Table] = (accounts, movements, blocks)

    def __init__(self) -> None:
        """For one database: it remembers what it was to write last."""
        self._recent: dict[tuple[int, int], Recent] = {}
        """By ledger and generation, those written last at the end."""

    def fold(self, records: Sequence[Record]) -> Delta:
        start = records[0].position if records else 0
        delta = Delta(start, start + len(records), {})
        for record in records:
            if isinstance(posted := record.event, TransactionPosted):  # nothing else moves money
                _fold_posted(delta.moved, posted, record.position)
        return delta

    async def changes(self, connection: AsyncConnection, ledger: int, generation: int, delta: Delta) -> list[Insert]:
        at, moved = {"ledger": ledger, "generation": generation}, delta.moved
        recent = self._recent.pop((ledger, generation), Recent())
        tails = recent.tails if recent.stop == delta.start else {}
        unknown = [(*pair, 0, 0) for pair in moved if pair not in tails]
        for account, currency, count in await ask(connection, _counts, at, unknown):
            tails[account, currency] = Tail(count or 0, None if count else [])
        accounts_new, movements_new = _rows((ledger, generation), tails, moved)
        blocks_new = await _complete(connection, at, tails, moved)
        for pair, new in moved.items():
            tails[pair] = tails.pop(pair).grown(new.rows)
        self._remember(ledger, generation, Recent(delta.stop, tails))
        return [
            Insert(accounts, accounts_new, replace=True),
            Insert(movements, movements_new),
            Insert(blocks, blocks_new),
        ]

    def _remember(self, ledger: int, generation: int, recent: Recent) -> None:
        """Whether all this becomes durable shows in the checkpoint that the next write starts from."""
        self._recent[ledger, generation] = recent
        while len(recent.tails) > TAILS_MAX:
            del recent.tails[next(iter(recent.tails))]
        while sum(len(each.tails) for each in self._recent.values()) > TAILS_MAX:
            del self._recent[next(iter(self._recent))]

    async def faults(self, connection: AsyncConnection, ledger: int, generation: int) -> list[str]:
        view = View(connection, ledger, generation, applied=END)
        added, found = await _added_up(view)
        query = select(accounts).where(_mine(view, accounts))
        counts = {(row.account, row.currency): row.movements for row in await connection.execute(query)}
        answers = await balances_at(view, list(counts))
        for pair in counts.keys() | added.keys():
            count, debits, credits_ = added.get(pair, (0, 0, 0))
            name = f"account {pair[0]} in {pair[1]}"
            if count != counts.get(pair):
                found.append(f"{name} has {count} movements and says {counts.get(pair)}")
            elif (debits, credits_) != ((answer := answers[pair]).debits, answer.credits):
                found.append(
                    f"{name} moved {debits} and {credits_}, its blocks say {answer.debits} and {answer.credits}"
                )
        totals: dict[str, int] = {}
        for (_, currency), (_, debits, credits_) in added.items():
            totals[currency] = totals.get(currency, 0) + debits - credits_
        found += [f"all movements in {each} sum to {total}, not to zero" for each, total in totals.items() if total]
        return found


def _fold_posted(delta: dict[Pair, Moved], posted: TransactionPosted, position: Position) -> None:
    sums: dict[Pair, list[int]] = {}
    for posting in posted.postings:
        pair = (posting.account, posting.currency)
        units, scale = posting.amount
        found = sums.get(pair)
        if found is None:
            sums[pair] = found = [0, 0]
            if pair not in delta:
                delta[pair] = Moved(scale)
        if units >= 0:
            found[0] += units
        else:
            found[1] -= units
    for pair, (debits, credits_) in sums.items():
        moved = delta[pair]
        moved.positions.append(position)
        moved.rows.append((posted.date, debits, credits_))


Rows = list[tuple[Any, ...]]
"""Of a table, values in the order of its columns."""


def _rows(at: tuple[int, int], tails: dict[Pair, Tail], delta: dict[Pair, Moved]) -> tuple[Rows, Rows]:
    """Rows for `accounts` and for `movements`."""
    totals: Rows = []
    singles: Rows = []
    for pair, moved in delta.items():
        before = tails[pair].count
        key = (*at, *pair)
        totals.append((*key, moved.scale, before + len(moved.rows)))
        numbered = enumerate(zip(moved.positions, moved.rows, strict=True), before)
        singles += [(*key, position, ordinal, *row) for ordinal, (position, row) in numbered]
    return totals, singles


async def _complete(
    connection: AsyncConnection, at: dict[str, int], tails: dict[Pair, Tail], delta: dict[Pair, Moved]
) -> Rows:
    """Rows of all blocks that these movements complete, level after level: each is made of BASE of the level below."""
    rows: Rows = []
    level, width = 0, 1
    counts = {pair: (tails[pair].count, tails[pair].count + len(moved.rows)) for pair, moved in delta.items()}
    children: Blocks = {pair: {} for pair in delta}
    while children:
        level, width = level + 1, width * BASE
        complete = {pair: range(counts[pair][0] // width, counts[pair][1] // width) for pair in children}
        complete = {pair: wanted for pair, wanted in complete.items() if wanted}
        if level == 1:
            children = {pair: _singles(tails[pair], delta[pair]) for pair in complete}
        # Of the first block that is complete now, some children may have been there before.
        begun = [pair for pair, wanted in complete.items() if wanted[0] * BASE not in children[pair]]
        older = await _older(connection, at, level - 1, {pair: complete[pair][0] * BASE for pair in begun})
        parents: Blocks = {}
        for pair, wanted in complete.items():
            below = {**older.get(pair, {}), **children[pair]}
            parents[pair] = {
                block: _together([below[child] for child in range(block * BASE, (block + 1) * BASE)])
                for block in wanted
            }
            key = (at["ledger"], at["generation"], *pair, level)
            rows += [(*key, block, *row) for block, made in parents[pair].items() for row in made]
        children = parents
    return rows


def _singles(tail: Tail, moved: Moved) -> dict[int, list[Row]]:
    """The movements of a pair that are known here, as blocks of level 0."""
    before = tail.rows or []
    return {ordinal: [row] for ordinal, row in enumerate([*before, *moved.rows], tail.count - len(before))}


async def _older(connection: AsyncConnection, at: dict[str, int], level: int, firsts: dict[Pair, int]) -> Blocks:
    """The blocks of this level that are there already, from the first one asked for of each pair on."""
    found: Blocks = {pair: {} for pair in firsts}
    asked_ = [(*pair, level, first) for pair, first in firsts.items()]
    if level == 0:
        for account, currency, _, ordinal, *row in await ask(connection, _tails, at, asked_, size=END):
            if ordinal >= firsts[account, currency]:
                found[account, currency][ordinal] = [(row[0], row[1], row[2])]
    else:
        for account, currency, block, *row in await ask(connection, _children, at, asked_):
            found[account, currency].setdefault(block, []).append((row[0], row[1], row[2]))
    return found


def _together(children: Iterable[list[Row]]) -> list[Row]:
    """The rows of the block made of these."""
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


async def _added_up(view: View) -> tuple[dict[Pair, tuple[int, int, int]], list[str]]:
    """Count, debits and credits of every pair's movements, one by one, and what is wrong with their numbers."""
    added: dict[Pair, tuple[int, int, int]] = {}
    found: list[str] = []
    query = select(movements).where(_mine(view, movements)).order_by(*movements.primary_key)
    async for row in every(view.connection, query):
        pair = (row.account, row.currency)
        count, debits, credits_ = added.get(pair, (0, 0, 0))
        if row.ordinal != count:
            found.append(f"account {pair[0]} in {pair[1]}: movement {count} is numbered {row.ordinal}")
        added[pair] = (count + 1, debits + row.debits, credits_ + row.credits)
    return added, found


# --- queries ---------------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class Sums:
    """What was posted to one account in one currency, in minor units of 10**-scale."""

    account: AccountId
    currency: str
    scale: int
    debits: int
    credits: int

    @property
    def balance(self) -> int:
        return self.debits - self.credits


def _mine(view: View, table: Table) -> Any:
    return (table.c.ledger == view.ledger) & (table.c.generation == view.generation)


async def balance_at(
    view: View, account: AccountId, *, effective: dt.date | None = None, size: Size | None = None
) -> list[Sums]:
    """The sums of one account in each currency that it was used in, by currency; see `balances_at`."""
    at = {"ledger": view.ledger, "generation": view.generation, "account": account}
    pairs = [(account, currency) for (currency,) in await fetch(view.connection, _currencies_of, at)]
    return list((await balances_at(view, pairs, effective=effective, size=size)).values())


async def balances_at(
    view: View, pairs: Sequence[Pair], *, effective: dt.date | None = None, size: Size | None = None
) -> dict[Pair, Sums]:
    """The sums of each pair over the transactions dated up to `effective` (None: all) among the first `size` records
    (None: all that the view reflects), in the order asked for.

    A pair without any transaction among those records is left out; one with only later dates has sums of zero.
    Two statements per PAIRS_MAX pairs.
    """
    found: dict[Pair, Sums] = {}
    distinct = list(dict.fromkeys(pairs))
    for start in range(0, len(distinct), PAIRS_MAX):
        some = distinct[start : start + PAIRS_MAX]
        found |= await _balances_at(view, some, effective or dt.date.max, view.applied if size is None else size)
    return found


async def _balances_at(view: View, pairs: Sequence[Pair], effective: dt.date, size: Size) -> dict[Pair, Sums]:
    at = {"ledger": view.ledger, "generation": view.generation}
    tails: dict[Pair, list[tuple[int, Row]]] = {}
    scales: dict[Pair, int] = {}
    for account, currency, scale, ordinal, *row in await ask(
        view.connection, _tails, at, [(*pair, 0, 0) for pair in pairs], size=size
    ):
        if ordinal is not None:
            tails.setdefault((account, currency), []).append((ordinal, (row[0], row[1], row[2])))
            scales[account, currency] = scale
    found: dict[Pair, Sums] = {}
    wanted: list[tuple[AccountId, str, int, int]] = []
    for pair in pairs:
        if tail := tails.get(pair):
            count = 1 + max(ordinal for ordinal, _ in tail)
            wanted += [(*pair, level, block) for level, block in blocks_of(count)]
            singles = [row for ordinal, row in tail if ordinal >= count - count % BASE and row[0] <= effective]
            debits, credits_ = sum(row[1] for row in singles), sum(row[2] for row in singles)
            found[pair] = Sums(*pair, scales[pair], debits, credits_)
    for account, currency, debits, credits_ in await ask(view.connection, _sums, at, wanted, effective=effective):
        if debits is not None:
            sums = found[account, currency]
            sums.debits += debits
            sums.credits += credits_
    return found


def blocks_of(count: int) -> list[tuple[int, int]]:
    """The fewest blocks (level, number) that make up the first movements; the last count % BASE are left single."""
    found: list[tuple[int, int]] = []
    level, whole = 1, count // BASE
    while whole:
        found += [(level, block) for block in range(whole - whole % BASE, whole)]
        level, whole = level + 1, whole // BASE
    return found


async def used(view: View, *, after: Pair | None = None, limit: int) -> list[Pair]:
    """Pairs that were ever used, by account and currency, from just after that pair on."""
    query = (
        select(accounts.c.account, accounts.c.currency)
        .where(_mine(view, accounts))
        .order_by(accounts.c.account, accounts.c.currency)
        .limit(limit)
    )
    if after is not None:
        query = query.where(tuple_(accounts.c.account, accounts.c.currency) > after)
    return [(row.account, row.currency) for row in await view.connection.execute(query)]
