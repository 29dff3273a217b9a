"""Balances on two axes: the balance of an account at any date, as it was known when the journal had any size.

A movement is what one transaction posted to one account in one currency. Each such pair's movements are numbered
0,1,2… in journal order. Block b of level k stands for the movements [b * 32**k, (b + 1) * 32**k); a movement is a block
of level 0. When the last movement of a block is there, the block gets one row a date: the debits and credits inside it
up to and including that date. Rows are only ever added: a backdated movement is simply the next one.

Cost of a question about one pair: one statement, which reads at most 31 movements, and 31 blocks a level with one row
each; for a million movements 124 rows. Cost of a batch: at most four statements, and one more a level that gets a
block, whatever the number of accounts. Rows: 1 a movement, and at most 1 more a level (fewer where dates are equal).
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
    Text,
    bindparam,
    cast,
    column,
    func,
    literal_column,
    select,
    true,
    tuple_,
    type_coerce,
    values,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from ledger.accounts import AccountId
from ledger.journal import Position, Record, Size
from ledger.store.engine import Key, Units, from_sortable
from ledger.store.rows import Insert, fetch, fetch_in_pages, look_up
from ledger.transactions import TransactionPosted
from projections.checkpoints import Checkpoint
from projections.projection import (
    encode_keys,
    fetch_keyed,
    is_of_generation,
    make_generation_key,
    make_key_table,
    metadata,
)
from projections.reader import View

BASE = 32
"""The number of blocks of one level that make one of the next. Fewer: more rows to write. More: more rows to read."""
LEVELS_MAX = 12
"""The number of levels of blocks. 32**12 movements are more than a journal has positions for."""
TAILS_MAX = 4_000
"""The number of pairs of all ledgers whose latest movements are remembered: at most some 20 MB."""
PAIRS_MAX = 500
"""Pairs on a date asked for in one statement."""
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


_asked = make_key_table(*accounts.c["account", "currency"], *blocks.c["level", "block"])


def _of_pair(table: FromClause) -> Any:
    return (
        (table.c.ledger == bindparam("ledger"))
        & (table.c.generation == bindparam("generation"))
        & (table.c.account == _asked.c.account)
        & (table.c.currency == _asked.c.currency)
    )


_latest = select(movements.c.position).where(_of_pair(movements)).order_by(movements.c.position.desc())
_counts = select(
    *_asked.c["account", "currency"],
    _latest.with_only_columns(movements.c.ordinal + 1).limit(1).correlate(_asked).scalar_subquery().label("movements"),
)
"""How many movements each pair has; NULL: it is new."""

_last = _latest.add_columns(*movements.c["ordinal", "date", "debits", "credits"]).limit(BASE - 1).lateral("last")
_not_before = func.coalesce(_latest.limit(1).offset(BASE - 2).correlate(_asked).scalar_subquery(), 0)
_tails = {
    "postgresql": select(*_asked.c["account", "currency"], *_last.c["ordinal", "date", "debits", "credits"]).join_from(
        _asked, _last, true()
    ),
    "sqlite": select(*_asked.c["account", "currency"], *movements.c["ordinal", "date", "debits", "credits"]).join_from(
        _asked, movements, _of_pair(movements) & (movements.c.position >= _not_before), isouter=True
    ),
}
"""The last BASE - 1 movements of each pair."""

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


# What stood on some pairs on a date, a row each. `moved` of its movements are asked for, NULL where that is none:
# moved % BASE single ones, after moved // width % BASE blocks of each level. `amounts` are debits and credits by turns,
# to be added. Parameters: `ledger`, `generation` and `size`; `pairs` has the columns account, currency and date.

_base: Any = literal_column(str(BASE), BigInteger())
_levels = (
    values(column("level", SmallInteger), column("width", BigInteger), literal_binds=True)
    .data([(level, BASE**level) for level in range(1, LEVELS_MAX + 1)])
    .cte("levels")
)
_digits = values(column("digit", BigInteger), literal_binds=True).data([(n,) for n in range(BASE - 1)]).cte("digits")


def _of(pairs: FromClause, table: FromClause) -> Any:
    return (
        (table.c.ledger == bindparam("ledger"))
        & (table.c.generation == bindparam("generation"))
        & (table.c.account == pairs.c.account)
        & (table.c.currency == pairs.c.currency)
    )


def _before(pairs: FromClause, *wanted: Any) -> Any:
    """Return the query of the pair's movements among the first `size` records, the last one first."""
    return (
        select(*wanted)
        .where(_of(pairs, movements), movements.c.position < bindparam("size", type_=BigInteger()))
        .order_by(movements.c.position.desc())
        .correlate(pairs)
    )


def _up_to_date(pairs: FromClause, block: Any, *wanted: Any) -> Any:
    """Return the query of the last row of a block of one of the levels up to the date."""
    return (
        select(*wanted)
        .where(_of(pairs, blocks), blocks.c.level == _levels.c.level, blocks.c.block == block)
        .where(blocks.c.date <= pairs.c.date)
        .order_by(blocks.c.date.desc())
        .limit(1)
        .correlate_except(blocks)
    )


def _stood_postgresql(pairs: FromClause) -> Any:
    last = _before(pairs, (movements.c.ordinal + 1).label("moved")).limit(1).lateral("last")
    single = _before(pairs, movements.c["date", "debits", "credits"]).limit(last.c.moved % _base).lateral("single")
    tail = _add_sums(single).where(single.c.date <= pairs.c.date).lateral("tail")
    whole = last.c.moved // _levels.c.width
    numbers = func.generate_series(whole - whole % _base, whole - 1).table_valued("block").render_derived("numbers")
    found = _up_to_date(pairs, numbers.c.block, *blocks.c["debits", "credits"]).lateral("found")
    body = _add_sums(found).select_from(_levels.join(numbers, true()).join(found, true())).lateral("body")
    debits, credits_ = (cast(tail.c[name] + body.c[name], Text) for name in ("debits", "credits"))
    return select(*pairs.c, last.c.moved, (debits + " " + credits_).label("amounts")).select_from(
        pairs.outerjoin(last, true()).join(tail, true()).join(body, true())
    )


def _add_sums(rows: FromClause) -> Any:
    return select(
        *(func.coalesce(func.sum(rows.c[name]), literal_column("0")).label(name) for name in ("debits", "credits"))
    )


def _stood_sqlite(pairs: FromClause) -> Any:
    """Return the query for SQLite. It adds nothing up, because amounts are texts there."""
    moved = _before(pairs, movements.c.ordinal + 1).limit(1).scalar_subquery().label("moved")
    counted = select(*pairs.c, moved).cte("counted").prefix_with("MATERIALIZED")  # asked for in every row otherwise
    left, whole = counted.c.moved % _base, counted.c.moved // _levels.c.width
    last = _before(counted, *movements.c["ordinal", "date"], _both(movements)).limit(BASE - 1).subquery("last")
    singles = _list_pairs(last.c.both).where(last.c.ordinal >= counted.c.moved - left, last.c.date <= counted.c.date)
    block = whole - whole % _base + _digits.c.digit
    bodies = _list_pairs(_up_to_date(counted, block, _both(blocks)).scalar_subquery()).select_from(
        _levels.join(_digits, (_levels.c.width <= counted.c.moved) & (_digits.c.digit < whole % _base))
    )
    amounts = [func.coalesce(each.correlate(counted).scalar_subquery(), "") for each in (singles, bodies)]
    return select(*counted.c, (amounts[0] + " " + amounts[1]).label("amounts"))


def _both(table: FromClause) -> Any:
    return (type_coerce(table.c.debits, Text) + " " + type_coerce(table.c.credits, Text)).label("both")


def _list_pairs(texts: Any) -> Any:
    return select(func.group_concat(texts, " "))


def _sums_in(row: Any, dialect: str) -> tuple[int, int] | None:
    """Return debits and credits in a row of `_stood`, in minor units; None: no movement is among those records."""
    if row.moved is None:
        return None
    read = from_sortable if dialect == "sqlite" else int
    amounts = [read(text) for text in row.amounts.split()]
    return sum(amounts[::2]), sum(amounts[1::2])


_pair = make_key_table(*accounts.c["account", "currency"], movements.c.date)
_scale = select(accounts.c.scale).where(
    accounts.c.ledger == bindparam("ledger"),
    accounts.c.generation == bindparam("generation"),
    *(accounts.c[name] == _pair.c[name] for name in ("account", "currency")),
)
_pairs = select(*_pair.c, _scale.correlate_except(accounts).scalar_subquery().label("scale")).subquery("pairs")
_stood = {"postgresql": _stood_postgresql(_pairs), "sqlite": _stood_sqlite(_pairs)}
"""The statements, by dialect, that find the balances of the pairs asked for."""


# --- fold ------------------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class HistoryMoved:
    """New movements of one pair in journal order."""

    scale: int
    positions: list[Position] = field(default_factory=list)
    rows: list[Row] = field(default_factory=list)


@dataclass(slots=True)
class HistoryDelta:
    """New movements, by pair, of some records, the last of which has this leaf hash."""

    leaf: bytes | None
    moved: dict[Pair, HistoryMoved]


@dataclass(slots=True)
class Tail:
    """How many movements a pair has, and those after its last complete block; None: they must be read."""

    count: int
    rows: list[Row] | None

    def grow(self, moved: Sequence[Row]) -> "Tail":
        """Return it with these movements after its own."""
        rows, count = [*(self.rows or ()), *moved], self.count + len(moved)
        left = count % BASE
        return Tail(count, rows[len(rows) - left :] if left <= len(rows) else None)


@dataclass(slots=True)
class Recent:
    """Tails of the pairs of one ledger, those moved last at the end, as they are after the record with this leaf hash.

    The rows are a function of the records up to that one, so that what was written then needs no reading.
    """

    leaf: bytes | None = None
    tails: dict[Pair, Tail] = field(default_factory=dict)


class BalanceHistory:
    """The projection `balance_history`."""

    name = "balance_history"
    needs: Sequence[str] = ()
    tables: Sequence[Table] = (accounts, movements, blocks)

    def __init__(self) -> None:
        """Prepare the read model for one database: it remembers what it was to write last."""
        self._recent: dict[tuple[int, int], Recent] = {}
        """By ledger and generation, those written last at the end."""

    def fold(self, records: Sequence[Record]) -> HistoryDelta:
        delta = HistoryDelta(records[-1].leaf_hash if records else None, {})
        for record in records:
            if isinstance(posted := record.event, TransactionPosted):  # nothing else moves money
                _fold_posted(delta.moved, posted, record.position)
        return delta

    async def plan_changes(
        self, connection: AsyncConnection, checkpoint: Checkpoint, delta: HistoryDelta
    ) -> list[Insert]:
        ledger, generation = checkpoint.ledger, checkpoint.generation
        at, moved = {"ledger": ledger, "generation": generation}, delta.moved
        recent = self._recent.pop((ledger, generation), Recent())
        tails = recent.tails if recent.leaf == checkpoint.leaf else {}
        unknown = [(*pair, 0, 0) for pair in moved if pair not in tails]
        for account, currency, count in await fetch_keyed(connection, _counts, at, unknown):
            tails[account, currency] = Tail(count or 0, None if count else [])
        accounts_new, movements_new = _rows((ledger, generation), tails, moved)
        blocks_new = await _complete(connection, at, tails, moved)
        for pair, new in moved.items():
            tails[pair] = tails.pop(pair).grow(new.rows)
        self._remember(ledger, generation, Recent(delta.leaf, tails))
        return [
            Insert(accounts, accounts_new),
            Insert(movements, movements_new),
            Insert(blocks, blocks_new),
        ]

    def _remember(self, ledger: int, generation: int, recent: Recent) -> None:
        """Keep what is about to be written. The checkpoint that the next write starts from shows whether it became
        durable."""
        self._recent[ledger, generation] = recent
        while len(recent.tails) > TAILS_MAX:
            del recent.tails[next(iter(recent.tails))]
        while sum(len(each.tails) for each in self._recent.values()) > TAILS_MAX:
            del self._recent[next(iter(self._recent))]

    async def find_faults(self, connection: AsyncConnection, ledger: int, generation: int) -> list[str]:
        view = View(connection, ledger, generation, applied=END)
        added, found = await _add_up(view)
        query = select(accounts.c.account, accounts.c.currency).where(_mine(view, accounts))
        listed = {(row.account, row.currency) for row in await connection.execute(query)}
        answers = await read_balances_at(view, list(listed & added.keys()))
        for pair in listed | added.keys():
            count, debits, credits_ = added.get(pair, (0, 0, 0))
            name = f"account {pair[0]} in {pair[1]}"
            if not count or pair not in listed:
                found.append(f"{name} has {count} movements and is {'not ' if count else ''}among the pairs")
            elif (debits, credits_) != ((answer := answers[pair]).debits, answer.credits):
                found.append(
                    f"{name} moved {debits} and {credits_}, its blocks say {answer.debits} and {answer.credits}"
                )
        totals: dict[str, int] = {}
        for (_, currency), (_, debits, credits_) in added.items():
            totals[currency] = totals.get(currency, 0) + debits - credits_
        found += [f"all movements in {each} sum to {total}, not to zero" for each, total in totals.items() if total]
        return found


def _fold_posted(delta: dict[Pair, HistoryMoved], posted: TransactionPosted, position: Position) -> None:
    sums: dict[Pair, list[int]] = {}
    for posting in posted.postings:
        pair = (posting.account, posting.currency)
        units, scale = posting.amount
        found = sums.get(pair)
        if found is None:
            sums[pair] = found = [0, 0]
            if pair not in delta:
                delta[pair] = HistoryMoved(scale)
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


def _rows(at: tuple[int, int], tails: dict[Pair, Tail], delta: dict[Pair, HistoryMoved]) -> tuple[Rows, Rows]:
    """Return rows for `accounts`, of pairs that are new, and for `movements`."""
    new: Rows = []
    singles: Rows = []
    for pair, moved in delta.items():
        before = tails[pair].count
        key = (*at, *pair)
        if not before:
            new.append((*key, moved.scale))
        numbered = enumerate(zip(moved.positions, moved.rows, strict=True), before)
        singles += [(*key, position, ordinal, *row) for ordinal, (position, row) in numbered]
    return new, singles


async def _complete(
    connection: AsyncConnection, at: dict[str, int], tails: dict[Pair, Tail], delta: dict[Pair, HistoryMoved]
) -> Rows:
    """Return rows of all blocks that these movements complete, level after level: each is made of BASE of the level
    below."""
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
                block: _merge_block([below[child] for child in range(block * BASE, (block + 1) * BASE)])
                for block in wanted
            }
            key = (at["ledger"], at["generation"], *pair, level)
            rows += [(*key, block, *row) for block, made in parents[pair].items() for row in made]
        children = parents
    return rows


def _singles(tail: Tail, moved: HistoryMoved) -> dict[int, list[Row]]:
    """Return the movements of a pair that are known here, as blocks of level 0."""
    before = tail.rows or []
    return {ordinal: [row] for ordinal, row in enumerate([*before, *moved.rows], tail.count - len(before))}


async def _older(connection: AsyncConnection, at: dict[str, int], level: int, firsts: dict[Pair, int]) -> Blocks:
    """Return the blocks of this level that are there already, from the first one asked for of each pair on."""
    found: Blocks = {pair: {} for pair in firsts}
    asked_ = [(*pair, level, first) for pair, first in firsts.items()]
    if level == 0:
        for account, currency, ordinal, *row in await fetch_keyed(connection, _tails, at, asked_):
            if ordinal >= firsts[account, currency]:
                found[account, currency][ordinal] = [(row[0], row[1], row[2])]
    else:
        for account, currency, block, *row in await fetch_keyed(connection, _children, at, asked_):
            found[account, currency].setdefault(block, []).append((row[0], row[1], row[2]))
    return found


def _merge_block(children: Iterable[list[Row]]) -> list[Row]:
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


async def _add_up(view: View) -> tuple[dict[Pair, tuple[int, int, int]], list[str]]:
    """Return count, debits and credits of every pair's movements, added one by one, and what is wrong with their
    numbers."""
    added: dict[Pair, tuple[int, int, int]] = {}
    found: list[str] = []
    query = select(movements).where(_mine(view, movements)).order_by(*movements.primary_key)
    async for row in fetch_in_pages(view.connection, query):
        pair = (row.account, row.currency)
        count, debits, credits_ = added.get(pair, (0, 0, 0))
        if row.ordinal != count:
            found.append(f"account {pair[0]} in {pair[1]}: movement {count} is numbered {row.ordinal}")
        added[pair] = (count + 1, debits + row.debits, credits_ + row.credits)
    return added, found


# --- queries ---------------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class HistorySums:
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


async def read_balance_at(
    view: View, account: AccountId, *, effective: dt.date | None = None, size: Size | None = None
) -> list[HistorySums]:
    """Return the sums of one account in each currency that it was used in, by currency; see `read_balances_at`."""
    at = view.at | {"account": account}
    pairs = [(account, currency) for (currency,) in await fetch(view.connection, _currencies_of, at)]
    return list((await read_balances_at(view, pairs, effective=effective, size=size)).values())


async def read_balances_at(
    view: View, pairs: Sequence[Pair], *, effective: dt.date | None = None, size: Size | None = None
) -> dict[Pair, HistorySums]:
    """Return the sums of each pair over the transactions dated up to `effective` (None: all) among the first `size`
    records (None: all that the view reflects), in the order asked for.

    A pair without any transaction among those records is left out; one with only later dates has sums of zero.
    """
    day = effective or dt.date.max
    return (await read_balances_on(view, pairs, [day], size=size))[day]


async def read_balances_on(
    view: View, pairs: Sequence[Pair], days: Iterable[dt.date], *, size: Size | None = None
) -> dict[dt.date, dict[Pair, HistorySums]]:
    """Return what `read_balances_at` does, on each of the days. One statement for PAIRS_MAX pairs on a day."""
    at = view.at | {"size": view.applied if size is None else size}
    dialect = view.connection.dialect.name
    found: dict[dt.date, dict[Pair, HistorySums | None]] = {day: dict.fromkeys(pairs) for day in days}
    asked = [(*pair, day) for day, each in found.items() for pair in each]
    for start in range(0, len(asked), PAIRS_MAX):
        some = asked[start : start + PAIRS_MAX]
        for row in await look_up(view.connection, _stood[dialect], {**at, "asked": encode_keys(view.connection, some)}):
            if (sums := _sums_in(row, dialect)) is not None:
                found[row.date][row.account, row.currency] = HistorySums(row.account, row.currency, row.scale, *sums)
    return {day: {pair: sums for pair, sums in each.items() if sums is not None} for day, each in found.items()}


_key = accounts.c["account", "currency"]
_used = (
    select(*_key)
    .where(is_of_generation(accounts), tuple_(*_key) > tuple_(bindparam("account"), bindparam("currency")))
    .order_by(*_key)
    .limit(bindparam("limit"))
)


async def list_used(view: View, *, after: Pair | None = None, limit: int) -> list[Pair]:
    """Return pairs that were ever used, by account and currency, from just after that pair on."""
    account, currency = after or (-1, "")
    at = view.at | {"limit": limit}
    return list(await fetch(view.connection, _used, {**at, "account": account, "currency": currency}))
