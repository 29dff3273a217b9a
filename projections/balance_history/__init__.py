"""Balances on two axes: the balance of an account at any date, as it was known when the journal had any size.

A movement is what one transaction posted to one account in one currency. Each such pair's movements are numbered
0,1,2… in journal order. A chunk is a row with BASE of them; the last chunk of a pair grows until it is full. Block b of
level k stands for the movements [b * 32**k, (b + 1) * 32**k); a full chunk is a block of level 1. When the last
movement of a block of a higher level is there, the block gets one row a date: the debits and credits inside it up to
and including that date. A backdated movement is simply the next one.

Cost of a question about one pair: one statement, which reads at most 32 chunks, and of each higher level 31 blocks with
one row each. A chunk that counts as a whole gives its sums; one that is dated later gives nothing; of others the
movements are looked at one by one. Cost of a batch: at most one statement, and one more for each level that gets a
block. Rows: one for each pair that moved in the batch or 32 movements, and for each higher level at most 1 a movement
(fewer where dates are equal).
"""

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import (
    BigInteger,
    FromClause,
    SmallInteger,
    Table,
    Text,
    and_,
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
from ledger.store.engine import READ_UNITS
from ledger.store.rows import Insert, fetch, fetch_in_pages
from ledger.transactions import TransactionPosted
from projections.balance_history.chunks import (
    BASE,
    HistoryChunk,
    Movement,
    Row,
    accounts,
    blocks,
    chunks,
    decode_movements,
    grow_chunks,
    merge_blocks,
    sum_by_date,
)
from projections.checkpoints import Checkpoint
from projections.projection import encode_keys, fetch_keyed, is_of_generation, make_key_table
from projections.reader import View

LEVELS_MAX = 12
"""The number of levels of blocks. 32**12 movements are more than a journal has positions for."""
TAILS_MAX = 4_000
"""The number of pairs of all ledgers whose last chunk is remembered: at most some 10 MB."""
PAIRS_MAX = 500
"""Pairs on a date asked for in one statement."""
END: Size = 2**63 - 1
"""After every position."""

Pair = tuple[AccountId, str]
"""An account and a currency."""
Blocks = dict[Pair, dict[int, list[Row]]]
"""Blocks of one level by number, each with its rows in order of date."""

# --- statements ------------------------------------------------------------------------------------------------------

_of = chunks.c["account", "currency"]
_CHUNK = ("position", "last", "ordinal", "begins", "earliest", "latest", "debits", "credits", "movements")


def _of_pair(table: FromClause, asked: FromClause) -> Any:
    return and_(is_of_generation(table), *(table.c[name] == asked.c[name] for name in ("account", "currency")))


def _join(asked: FromClause, table: Table, condition: Any, *wanted: str, order: Any) -> dict[str, Any]:
    """Return the statements, by dialect, for the rows of a table that belong to each of the keys asked for."""
    # OFFSET 0 keeps it from becoming a join after all
    found = select(table).where(condition).offset(0).lateral("found")
    pair = asked.c["account", "currency"]
    return {
        "postgresql": select(*pair, *found.c[wanted]).join_from(asked, found, true()).order_by(found.c[order]),
        "sqlite": select(*pair, *table.c[wanted])
        .join_from(asked, table, condition, isouter=True)
        .order_by(table.c[order]),
    }


_pair_asked = make_key_table(*_of)
_last_position = (
    select(chunks.c.position)
    .where(_of_pair(chunks, _pair_asked))
    .order_by(chunks.c.position.desc())
    .limit(1)
    .correlate(_pair_asked)
    .scalar_subquery()
)
_is_last = _of_pair(chunks, _pair_asked) & (chunks.c.position == _last_position)
_last = _join(_pair_asked, chunks, _is_last, *_CHUNK, order="position")
"""The last chunk of each pair."""

_begins_asked = make_key_table(*_of, chunks.c.position)
_is_since = _of_pair(chunks, _begins_asked) & (chunks.c.position >= _begins_asked.c.position)
_since = _join(_begins_asked, chunks, _is_since, *_CHUNK, order="position")
"""The chunks of each pair from a position on."""

_blocks_asked = make_key_table(*blocks.c["account", "currency", "level", "block"])
_is_child = and_(
    _of_pair(blocks, _blocks_asked),
    blocks.c.level == _blocks_asked.c.level,
    blocks.c.block >= _blocks_asked.c.block,
    blocks.c.block < _blocks_asked.c.block + BASE,
)
_children = _join(_blocks_asked, blocks, _is_child, *("block", "date", "debits", "credits"), order="date")
"""All rows of the BASE blocks from each block asked for on, by date."""


_currencies_of = (
    select(accounts.c.currency)
    .where(is_of_generation(accounts), accounts.c.account == bindparam("account"))
    .order_by(accounts.c.currency)
)


# What stood on some pairs on a date, a row each. `ordinal` is that of the last chunk that begins among the first `size`
# records, NULL where there is none. That chunk and those before it in its block of level 2 are `near`; what is before
# them is in blocks. `amounts` are debits and credits by turns, to be added; `listed` are the movements of chunks that
# count in part. Parameters: `ledger`, `generation` and `size`; `pairs` has the columns account, currency and date.

_base: Any = literal_column(str(BASE), BigInteger())
_levels = (
    values(column("level", SmallInteger), column("width", BigInteger), literal_binds=True)
    .data([(level, BASE**level) for level in range(2, LEVELS_MAX + 1)])
    .cte("levels")
)
_digits = values(column("digit", BigInteger), literal_binds=True).data([(n,) for n in range(BASE - 1)]).cte("digits")
_size = bindparam("size", type_=BigInteger())


def _find_last(pairs: FromClause, *wanted: Any) -> Any:
    """Return the query of the pair's last chunk that begins among the first `size` records."""
    return (
        select(*wanted)
        .where(_of_pair(chunks, pairs), chunks.c.position < _size)
        .order_by(chunks.c.position.desc())
        .limit(1)
        .correlate(pairs)
    )


def _is_near(pairs: FromClause, last: FromClause) -> Any:
    """Return the condition for the last chunk, and those before it in its block of level 2, dated up to the date."""
    return and_(
        _of_pair(chunks, pairs),
        chunks.c.position >= last.c.begins,
        chunks.c.position <= last.c.position,
        chunks.c.earliest <= pairs.c.date,
    )


def _is_whole(pairs: FromClause) -> Any:
    """Return the condition for a chunk of which all movements count."""
    return (chunks.c.last < _size) & (chunks.c.latest <= pairs.c.date)


def _up_to_date(pairs: FromClause, block: Any, *wanted: Any) -> Any:
    """Return the query of the last row of a block of one of the levels up to the date."""
    return (
        select(*wanted)
        .where(_of_pair(blocks, pairs), blocks.c.level == _levels.c.level, blocks.c.block == block)
        .where(blocks.c.date <= pairs.c.date)
        .order_by(blocks.c.date.desc())
        .limit(1)
        .correlate_except(blocks)
    )


def _stood_postgresql(pairs: FromClause) -> Any:
    last = _find_last(pairs, *chunks.c["position", "ordinal", "begins"]).lateral("last")
    whole = _is_whole(pairs)
    listed = func.string_agg(chunks.c.movements, literal_column("' '")).filter(~whole).label("listed")
    near = select(*_add_sums(chunks, whole), listed).where(_is_near(pairs, last)).lateral("near")
    count = last.c.ordinal // _levels.c.width
    numbers = func.generate_series(count - count % _base, count - 1).table_valued("block").render_derived("numbers")
    found = _up_to_date(pairs, numbers.c.block, *blocks.c["debits", "credits"]).lateral("found")
    far = (
        select(*_add_sums(found, true()))
        .select_from(_levels.join(numbers, _levels.c.width <= last.c.ordinal).join(found, true()))
        .lateral("far")
    )
    debits, credits_ = (cast(near.c[name] + far.c[name], Text) for name in ("debits", "credits"))
    return select(*pairs.c, last.c.ordinal, (debits + " " + credits_).label("amounts"), near.c.listed).select_from(
        pairs.outerjoin(last, true()).join(near, true()).join(far, true())
    )


def _add_sums(rows: FromClause, counts: Any) -> list[Any]:
    sums = {name: func.sum(rows.c[name]).filter(counts) for name in ("debits", "credits")}
    return [func.coalesce(added, literal_column("0")).label(name) for name, added in sums.items()]


def _stood_sqlite(pairs: FromClause) -> Any:
    """Return the query for SQLite. It adds nothing up, because amounts are texts there."""
    position = _find_last(pairs, chunks.c.position).scalar_subquery().label("position")
    counted = select(*pairs.c, position).cte("counted").prefix_with("MATERIALIZED")  # asked for in every row otherwise
    its = _of_pair(chunks, counted) & (chunks.c.position == counted.c.position)
    last = select(*counted.c, *chunks.c["ordinal", "begins"]).outerjoin_from(counted, chunks, its).cte("last")
    last = last.prefix_with("MATERIALIZED")
    whole, near = _is_whole(last), _is_near(last, last)
    sums = _concatenate(_both(chunks)).where(near, whole)
    listed = _concatenate(chunks.c.movements).where(near, ~whole)
    count = last.c.ordinal // _levels.c.width
    block = count - count % _base + _digits.c.digit
    far = _concatenate(_up_to_date(last, block, _both(blocks)).scalar_subquery()).select_from(
        _levels.join(_digits, (_levels.c.width <= last.c.ordinal) & (_digits.c.digit < count % _base))
    )
    sums, listed, far = (each.correlate(last).scalar_subquery() for each in (sums, listed, far))
    amounts = func.coalesce(sums, "") + " " + func.coalesce(far, "")
    return select(*last.c[tuple(pairs.c.keys())], last.c.ordinal, amounts.label("amounts"), listed.label("listed"))


def _both(table: FromClause) -> Any:
    return (type_coerce(table.c.debits, Text) + " " + type_coerce(table.c.credits, Text)).label("both")


def _concatenate(texts: Any) -> Any:
    return select(func.group_concat(texts, " "))


_pair = make_key_table(*accounts.c["account", "currency"], blocks.c.date)
_scale = select(accounts.c.scale).where(_of_pair(accounts, _pair))
_pairs = select(*_pair.c, _scale.correlate_except(accounts).scalar_subquery().label("scale")).subquery("pairs")
_stood = {"postgresql": _stood_postgresql(_pairs), "sqlite": _stood_sqlite(_pairs)}
"""The statements, by dialect, that find the balances of the pairs asked for."""


# --- fold ------------------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class HistoryMoved:
    """New movements of one pair in journal order."""

    scale: int
    movements: list[Movement] = field(default_factory=list)


@dataclass(slots=True)
class HistoryDelta:
    """New movements, by pair, of some records, the last of which has this leaf hash."""

    leaf: bytes | None
    moved: dict[Pair, HistoryMoved]


@dataclass(slots=True)
class Recent:
    """The last chunks of the pairs of one ledger, those moved last at the end, as they are after the record with this
    leaf hash.

    They are a function of the records up to that one, so that what was written then needs no reading.
    """

    leaf: bytes | None = None
    tails: dict[Pair, HistoryChunk] = field(default_factory=dict)


class BalanceHistory:
    """The projection `balance_history`."""

    name = "balance_history"
    needs: Sequence[str] = ()
    tables: Sequence[Table] = (accounts, chunks, blocks)

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
        unknown = [pair for pair in moved if pair not in tails]
        tails |= {
            (row[0], row[1]): HistoryChunk(*row[2:])
            for row in await fetch_keyed(connection, _last, at, unknown)
            if row[2] is not None
        }
        new = [(ledger, generation, *pair, each.scale) for pair, each in moved.items() if pair not in tails]
        changed = {pair: grow_chunks(tails.pop(pair, None), each.movements) for pair, each in moved.items()}
        complete = await _complete(connection, at, changed)
        tails |= {pair: listed[-1] for pair, listed in changed.items()}
        self._remember(ledger, generation, Recent(delta.leaf, tails))
        rows = [(ledger, generation, *pair, *each) for pair, listed in changed.items() for each in listed]
        return [Insert(accounts, new), Insert(chunks, rows, replace=True), Insert(blocks, complete)]

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
            name = f"account {pair[0]} in {pair[1]}"
            if pair not in listed:
                found.append(f"{name} has movements and is not among the pairs")
            elif pair not in added:
                found.append(f"{name} has no movements")
            elif added[pair] != ((answer := answers[pair]).debits, answer.credits):
                found.append(f"{name} moved {added[pair]}, its blocks say {answer.debits} and {answer.credits}")
        totals: dict[str, int] = {}
        for (_, currency), (debits, credits_) in added.items():
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
        delta[pair].movements.append((position, posted.date, debits, credits_))


Rows = list[tuple[Any, ...]]
"""Of a table, values in the order of its columns."""


async def _complete(connection: AsyncConnection, at: dict[str, int], changed: dict[Pair, list[HistoryChunk]]) -> Rows:
    """Return rows of all blocks that these chunks complete, level after level: each is made of BASE of the level
    below."""
    rows: Rows = []
    level, width = 1, BASE
    counts = {
        pair: (listed[0].ordinal, listed[-1].ordinal + listed[-1].movements_count) for pair, listed in changed.items()
    }
    children: Blocks = {pair: {} for pair in changed}
    while children:
        level, width = level + 1, width * BASE
        complete = {pair: range(counts[pair][0] // width, counts[pair][1] // width) for pair in children}
        complete = {pair: wanted for pair, wanted in complete.items() if wanted}
        if level == 2:
            children = {pair: {each.number: sum_by_date(each) for each in changed[pair]} for pair in complete}
        # Of the first block that is complete now, some children may have been there before.
        begun = {pair: wanted[0] * BASE for pair, wanted in complete.items() if wanted[0] * BASE not in children[pair]}
        begins = {pair: changed[pair][0].begins for pair in begun}
        older = await (_read_chunks(connection, at, begins) if level == 2 else _older(connection, at, level - 1, begun))
        parents: Blocks = {}
        for pair, wanted in complete.items():
            below = {**older.get(pair, {}), **children[pair]}
            parents[pair] = {
                block: merge_blocks([below[child] for child in range(block * BASE, (block + 1) * BASE)])
                for block in wanted
            }
            key = (at["ledger"], at["generation"], *pair, level)
            rows += [(*key, block, *row) for block, made in parents[pair].items() for row in made]
        children = parents
    return rows


async def _read_chunks(connection: AsyncConnection, at: dict[str, int], begins: dict[Pair, Position]) -> Blocks:
    """Return the chunks that are there already, from the position on that each pair has, as blocks of level 1."""
    found: Blocks = {pair: {} for pair in begins}
    asked = [(*pair, position) for pair, position in begins.items()]
    for account, currency, *each in await fetch_keyed(connection, _since, at, asked):
        chunk = HistoryChunk(*each)
        found[account, currency][chunk.number] = sum_by_date(chunk)
    return found


async def _older(connection: AsyncConnection, at: dict[str, int], level: int, firsts: dict[Pair, int]) -> Blocks:
    """Return the blocks of this level that are there already, from the first one asked for of each pair on."""
    found: Blocks = {pair: {} for pair in firsts}
    asked = [(*pair, level, first) for pair, first in firsts.items()]
    for account, currency, block, *row in await fetch_keyed(connection, _children, at, asked):
        found[account, currency].setdefault(block, []).append((row[0], row[1], row[2]))
    return found


async def _add_up(view: View) -> tuple[dict[Pair, tuple[int, int]], list[str]]:
    """Return debits and credits of every pair's movements, added one by one, and what is wrong with their chunks."""
    added: dict[Pair, tuple[int, int]] = {}
    found: list[str] = []
    before: dict[Pair, HistoryChunk] = {}
    query = select(chunks).where(_mine(view, chunks)).order_by(*chunks.primary_key)
    async for _, _, account, currency, *row in fetch_in_pages(view.connection, query):
        pair, chunk = (account, currency), HistoryChunk(*row)
        moved = chunk.list_movements()
        if [chunk] != grow_chunks(last := before.get(pair), moved)[-1:] or (last and not last.is_full):
            found.append(
                f"account {account} in {currency}: the chunk at {chunk.position} is not what its movements say"
            )
        debits, credits_ = added.get(pair, (0, 0))
        added[pair] = (debits + sum(each[2] for each in moved), credits_ + sum(each[3] for each in moved))
        before = {pair: chunk}
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
        asked_for = {**at, "asked": encode_keys(view.connection, some)}
        for account, currency, date, scale, ordinal, amounts, movements in await fetch(
            view.connection, _stood[dialect], asked_for
        ):
            if ordinal is not None:
                units = list(map(READ_UNITS[dialect], amounts.split()))
                debits, credits_, until = sum(units[::2]), sum(units[1::2]), date.toordinal()
                for position, day, more_debits, more_credits in decode_movements(movements or ""):
                    if position < at["size"] and day <= until:
                        debits += more_debits
                        credits_ += more_credits
                found[date][account, currency] = HistorySums(account, currency, scale, debits, credits_)
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
