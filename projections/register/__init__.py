"""The register: a search for transactions by their content, and the lines of each account in order of date.

Rows: one a transaction, one a line, one a scalar of its metadata. Rows never change, except that erased texts are
removed. Running balances are not stored, because a backdated line would change all later ones. Cost of a batch: three
statements; with erasures three more, which look through the ledger's lines and metadata.

A page begins at the key where the last one ended, never at an offset. So every page costs the same, and records that
arrive meanwhile shift nothing. `size` pins a page to the first records of the journal.
"""

import datetime as dt
import json
import re
from collections.abc import AsyncIterator, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any, NamedTuple

from sqlalchemy import (
    BigInteger,
    Column,
    Date,
    FromClause,
    Index,
    Integer,
    SmallInteger,
    Table,
    Text,
    and_,
    bindparam,
    delete,
    func,
    literal,
    literal_column,
    select,
    tuple_,
    update,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from ledger.accounts import AccountId
from ledger.books.erasure import MemoErased
from ledger.dates import day_before
from ledger.journal import Position, Record, Size
from ledger.money import SCALE_MAX, Amount
from ledger.store.engine import Key, ListOf, Units, UuidText, among
from ledger.store.rows import Insert, fetch, fetch_in_pages, insert_rows, look_up
from ledger.transactions import Kind, TransactionPosted
from projections.checkpoints import Checkpoint
from projections.projection import cut_word, fold_text, is_of_generation, make_generation_key, metadata, to_storable
from projections.reader import View

ACCOUNTS_MAX = 20
"""The most accounts listed with a transaction. Of the others only the number is kept."""
TEXT_MAX = 4_000
"""The most characters of a transaction that a search looks at."""
END: Position = 2**63 - 1
"""After every position."""
_SIGN, _ESCAPED = re.compile("[/%_]"), r"/\g<0>"  # what LIKE does not take as it is, and how it does
FIRST_SPAN_DAYS = 31
"""How far back a page of several accounts looks first."""

# --- tables ----------------------------------------------------------------------------------------------------------

transactions = Table(
    "register_transactions",
    metadata,
    *make_generation_key(),
    Column("position", BigInteger, primary_key=True, autoincrement=False),
    Column("id", UuidText, nullable=False),
    Column("date", Date, nullable=False),
    Column("kind", Key, nullable=False),
    Column("series", Key, nullable=False),
    Column("number", BigInteger, nullable=False),
    Column("description", Text),
    Column("payee", Text),
    Column("reference", Key),
    Column("largest", Units, nullable=False, comment="of the absolute amounts, brought to scale 30"),
    Column("accounts", Text, nullable=False, comment="JSON list of distinct ids in order of lines"),
    Column("accounts_more", Integer, nullable=False, comment="how many accounts are not in that list"),
    Column("text", Text, nullable=False, comment="what a search looks at, folded"),
    # The order of every page, so that one reads as many rows as it shows. A search for text or amounts walks it too.
    Index("register_transactions_date_index", "ledger", "generation", "date", "position"),
)
# The two filters that pick few rows out of many. Most transactions have no place in the second index.
Index(
    "register_transactions_reference_index",
    *transactions.c["ledger", "generation", "reference", "date", "position"],
    sqlite_where=transactions.c.reference.is_not(None),
    postgresql_where=transactions.c.reference.is_not(None),
)
_unusual = transactions.c.kind != literal_column(f"'{Kind.NORMAL}'")
Index(
    "register_transactions_kind_index",
    *transactions.c["ledger", "generation", "kind", "date", "position"],
    sqlite_where=_unusual,
    postgresql_where=_unusual,
)

# The key is the order of an account's register. sqlite_with_rowid=False: on SQLite the rows themselves lie in it.
lines = Table(
    "register_lines",
    metadata,
    *make_generation_key(),
    Column("account", BigInteger, primary_key=True, autoincrement=False),
    Column("date", Date, primary_key=True),
    Column("position", BigInteger, primary_key=True, autoincrement=False),
    Column("line", Integer, primary_key=True, autoincrement=False),
    Column("currency", Key, nullable=False),
    Column("scale", SmallInteger, nullable=False),
    Column("units", Units, nullable=False),
    Column("text", Text),
    sqlite_with_rowid=False,
)

scalars = Table(
    "register_metadata",
    metadata,
    *make_generation_key(),
    Column("key", Key, primary_key=True),
    Column("value", Key, primary_key=True),
    Column("date", Date, primary_key=True),
    Column("position", BigInteger, primary_key=True, autoincrement=False),
    sqlite_with_rowid=False,
)

# --- fold ------------------------------------------------------------------------------------------------------------

Row = tuple[Any, ...]


@dataclass(slots=True)
class RegisterDelta:
    """New rows, values in the order of their table's columns, without ledger and generation."""

    transactions: list[Row] = field(default_factory=list)
    lines: list[Row] = field(default_factory=list)
    scalars: list[Row] = field(default_factory=list)
    erased: list[Position] = field(default_factory=list)
    """Transactions, or other records, whose texts were erased."""


class Register:
    """The projection `register`."""

    name = "register"
    needs: Sequence[str] = ()
    tables: Sequence[Table] = (transactions, lines, scalars)

    def fold(self, records: Sequence[Record]) -> RegisterDelta:
        delta = RegisterDelta()
        erased = {event.position for record in records if isinstance(event := record.event, MemoErased)}
        for record in records:
            if record.position in erased:
                record = replace(record, memo=None)
            if isinstance(posted := record.event, TransactionPosted):  # nothing else stands in a register
                position = record.position
                delta.transactions.append(_transaction_row(posted, position, record.id, erased=record.memo_erased))
                delta.lines += [
                    (
                        p.account,
                        posted.date,
                        position,
                        line,
                        p.currency,
                        p.amount.scale,
                        p.amount.units,
                        to_storable(p.text),
                    )
                    for line, p in enumerate(posted.postings)
                ]
                if posted.memo.metadata:
                    delta.scalars += _scalar_rows(posted.memo.metadata, posted.date, position)
            elif isinstance(record.event, MemoErased):
                delta.erased.append(record.event.position)
        return delta

    async def plan_changes(
        self, connection: AsyncConnection, checkpoint: Checkpoint, delta: RegisterDelta
    ) -> list[Insert]:
        ledger, generation = checkpoint.ledger, checkpoint.generation
        new = ((transactions, delta.transactions), (lines, delta.lines), (scalars, delta.scalars))
        if delta.erased:
            await self._erase(connection, ledger, generation, delta.erased)
        return [Insert(table, [(ledger, generation, *row) for row in rows]) for table, rows in new]

    async def _erase(
        self, connection: AsyncConnection, ledger: int, generation: int, positions: Sequence[Position]
    ) -> None:
        of = {"of_ledger": ledger, "of_generation": generation, "positions": list(positions)}
        found = (await connection.execute(select(transactions).where(_erase_row(transactions)), of)).all()
        rows = [tuple((row._asdict() | _without_texts(row.reference)).values()) for row in found]
        await insert_rows(connection, Insert(transactions, rows, replace=True))
        await connection.execute(update(lines).where(_erase_row(lines)).values(text=None), of)
        await connection.execute(delete(scalars).where(_erase_row(scalars)), of)

    async def find_faults(self, connection: AsyncConnection, ledger: int, generation: int) -> list[str]:
        view = View(connection, ledger, generation, applied=0)
        return [*await _astray(view, lines), *await _astray(view, scalars), *await _unbalanced(view)]


def _without_texts(reference: str | None) -> dict[str, Any]:
    """Return what is left of a transaction's texts after an erasure: a reference is a fact."""
    return {"description": None, "payee": None, "text": fold_text(reference or "")}


def _erase_row(table: Table) -> Any:
    return and_(
        table.c.ledger == bindparam("of_ledger"),
        table.c.generation == bindparam("of_generation"),
        among(table.c.position, bindparam("positions", type_=ListOf(BigInteger()))),
    )


def _transaction_row(posted: TransactionPosted, position: Position, id_: str, *, erased: bool) -> Row:
    memo, document = posted.memo, posted.document
    accounts = list(dict.fromkeys([posting.account for posting in posted.postings]))
    reference = document.ref if document else None
    if erased:
        description, payee, text = _without_texts(None if reference is None else cut_word(reference)).values()
    else:
        texts = [memo.description, memo.payee, memo.notes, reference, *memo.tags]
        texts += [posting.text for posting in posted.postings]
        description, payee = to_storable(memo.description), to_storable(memo.payee)
        text = fold_text("\n".join(filter(None, texts))[:TEXT_MAX])
    return (
        position,
        id_,
        posted.date,
        posted.kind,
        posted.series,
        posted.number,
        description,
        payee,
        None if reference is None else cut_word(reference),
        max([_comparable(posting.amount) for posting in posted.postings]),
        str(accounts[:ACCOUNTS_MAX]),  # the JSON of a list of integers
        max(0, len(accounts) - ACCOUNTS_MAX),
        text,
    )


def _scalar_rows(members: Mapping[str, Any], date: dt.date, position: Position) -> list[Row]:
    """Return the rows of the members that are scalars: objects, lists and null are none. Two keys may be one after
    cutting: a set, so that rows are distinct."""
    words = {
        (cut_word(key), cut_word(value if isinstance(value, str) else json.dumps(value)))
        for key, value in members.items()
        if isinstance(value, str | int | float)
    }
    return [(*word, date, position) for word in sorted(words)]


_POWERS: list[int] = [10**power for power in range(SCALE_MAX + 1)]


def _comparable(amount: Amount) -> int:
    """Return an amount's absolute value at the scale at which amounts of all currencies compare."""
    return abs(amount.units) * _POWERS[SCALE_MAX - amount.scale]


async def _astray(view: View, table: Table) -> list[str]:
    """Return whether there are rows whose transaction is not there under their date."""
    # EXCEPT and not a join: PostgreSQL has no statistics of rows just written, and would pick a nested loop.
    here = select(table.c.position, table.c.date).where(_mine(view, table))
    there = select(transactions.c.position, transactions.c.date).where(_mine(view, transactions))
    query = select(func.count()).select_from(here.except_(there).subquery())
    count = await view.connection.scalar(query)
    return [f"at {count} places rows of {table.name} belong to no transaction"] if count else []


async def _unbalanced(view: View) -> list[str]:
    """Return which transactions' lines do not sum to zero, and whether all transactions have lines."""
    found: list[str] = []
    seen, position, sums = 0, -1, dict[str, int]()
    query = select(lines.c.position, lines.c.currency, lines.c.units).where(_mine(view, lines))
    async for row in fetch_in_pages(view.connection, query.order_by(lines.c.position)):
        if row.position != position:
            found += _unbalanced_one(position, sums)
            seen, position, sums = seen + 1, row.position, {}
        sums[row.currency] = sums.get(row.currency, 0) + row.units
    found += _unbalanced_one(position, sums)
    there = select(func.count()).select_from(transactions).where(_mine(view, transactions))
    count = await view.connection.scalar(there)
    return found if count == seen else [*found, f"{count} transactions, but lines of {seen}"]


def _unbalanced_one(position: Position, sums: Mapping[str, int]) -> list[str]:
    return [
        f"the lines of the transaction at {position} sum to {total} in {currency}, not to zero"
        for currency, total in sums.items()
        if total
    ]


# --- queries: the lines of an account --------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class RegisterLine:
    """A posting in its account's register; `units` are minor units of 10**-scale, debit positive."""

    date: dt.date
    position: Position
    line: int
    transaction: str
    series: str
    number: int
    description: str | None
    text: str | None
    counter_accounts: list[AccountId]
    counter_accounts_more: int
    """How many of the transaction's other accounts are not in that list."""
    currency: str
    scale: int
    units: int

    @property
    def key(self) -> tuple[dt.date, Position, int]:
        """Its place in the register. Ask for the page after it."""
        return self.date, self.position, self.line


def _mine(view: View, table: FromClause) -> Any:
    return (table.c.ledger == view.ledger) & (table.c.generation == view.generation)


_key = lines.c["date", "position", "line"]
_register = (
    select(lines)
    .where(is_of_generation(lines), lines.c.account == bindparam("account"))
    .where(tuple_(*_key) > tuple_(*(bindparam(f"after_{each.name}", type_=each.type) for each in _key)))
    .where(lines.c.date <= bindparam("end", type_=Date()), lines.c.position < bindparam("size", type_=BigInteger()))
    .order_by(*_key)
    .limit(bindparam("limit", type_=BigInteger()))
)
# Not a join: while PostgreSQL has no statistics of new tables it reads all transactions for that.
_theirs = select(
    *transactions.c["position", "id", "series", "number", "description", "accounts", "accounts_more"]
).where(
    is_of_generation(transactions), among(transactions.c.position, bindparam("positions", type_=ListOf(BigInteger())))
)


async def read_register_page(
    view: View,
    account: AccountId,
    *,
    after: tuple[dt.date, Position, int] | None = None,
    limit: int,
    start: dt.date | None = None,
    end: dt.date | None = None,
    size: Size | None = None,
) -> list[RegisterLine]:
    """Return the account's lines dated `start` to `end`, both included, of the first `size` records, ordered by (date,
    position, line), from just after that key on. Their opening balances are balance_history's on the day before."""
    first = (start or dt.date.min, -1, -1)
    asked = dict(zip(("after_date", "after_position", "after_line"), max(first, after or first), strict=True))
    asked |= {"account": account, "end": end or dt.date.max, "size": END if size is None else size, "limit": limit}
    page = await look_up(view.connection, _register, view.at | asked)
    positions = list({line.position for line in page})
    known = {row.position: row for row in await look_up(view.connection, _theirs, {**view.at, "positions": positions})}
    return [_register_line(line, known[line.position]) for line in page]


def _register_line(line: Any, transaction: Any) -> RegisterLine:
    counter_accounts: list[AccountId] = json.loads(transaction.accounts)
    more = transaction.accounts_more
    if line.account in counter_accounts:
        counter_accounts.remove(line.account)
    else:
        more -= 1
    told = (transaction.id, transaction.series, transaction.number, transaction.description, line.text)
    amount = (line.currency, line.scale, line.units)
    return RegisterLine(line.date, line.position, line.line, *told, counter_accounts, more, *amount)


# --- queries: transactions -------------------------------------------------------------------------------------------


class Place(NamedTuple):
    """The place of a transaction among all. Ask the journal for its record, or the register for the page after it."""

    date: dt.date
    position: Position


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """The transactions that are wanted: those that match everything that is given."""

    accounts: Collection[AccountId] | None = None
    """Some line is on one of them."""
    start: dt.date | None = None
    end: dt.date | None = None
    """Included."""
    text: str | None = None
    """Each of its words occurs somewhere, in whatever case; the first TEXT_MAX characters are searched."""
    min_amount: Amount | None = None
    max_amount: Amount | None = None
    """Of the largest line, in absolute value, whatever its currency."""
    reference: str | None = None
    kind: Kind | None = None
    metadata: Mapping[str, str] = field(default_factory=dict)
    """Numbers and booleans as JSON writes them."""


async def read_transactions_page(
    view: View, wanted: Filter, *, after: Place | None = None, limit: int, size: Size | None = None
) -> list[Place]:
    """Return transactions among the first `size` records, newest date first, later recorded ones first within a day,
    from just after that place on.

    Reads little more than it returns for accounts, for a reference, for metadata, for a kind other than normal, and
    without a filter; for text and amounts whatever lies between the hits.
    """
    if wanted.accounts is None or len(wanted.accounts) == 1:
        return await _find_keys(view, wanted, after, limit, size)
    found: list[Place] = []
    if wanted.accounts:
        # The lines of one account lie in order; those of several must be sorted, so not too many of them at a time.
        async for start, end in _spans(view, wanted, after):
            some = replace(wanted, start=start, end=end)
            found += await _find_keys(view, some, after, limit - len(found), size)
            if len(found) == limit:
                break
    return found


async def _spans(view: View, wanted: Filter, after: Place | None) -> AsyncIterator[tuple[dt.date, dt.date]]:
    """Yield spans of days in which there are transactions, newest first, each longer than the one before."""
    end = min(wanted.end or dt.date.max, after.date if after else dt.date.max)
    days = FIRST_SPAN_DAYS
    while True:
        if not (newest := await _find_keys(view, Filter(start=wanted.start, end=end), None, 1, None)):
            return
        start = dt.date.fromordinal(max(1, newest[0].date.toordinal() - days))
        yield max(start, wanted.start or start), newest[0].date
        if (earlier := day_before(start)) is None:
            return
        end, days = earlier, days * 4


async def _find_keys(view: View, wanted: Filter, after: Place | None, limit: int, size: Size | None) -> list[Place]:
    words = fold_text(wanted.text or "").split()
    end = Place(wanted.end or dt.date.max, END)  # every transaction on that day is before it
    before = end if after is None else min(end, after)
    accounts, kind = wanted.accounts or (), wanted.kind
    least, most = (None if each is None else _comparable(each) for each in (wanted.min_amount, wanted.max_amount))
    asked = view.at | {
        "start": wanted.start or dt.date.min,
        "before": before.date,
        "before_position": before.position,
        "size": END if size is None else size,
        "limit": limit,
        "accounts": list(accounts),
        "account": min(accounts, default=None),
        "reference": None if wanted.reference is None else cut_word(wanted.reference),
        "kind": kind,
        "least": least,
        "most": most,
    }
    asked |= {f"word_{index}": f"%{_SIGN.sub(_ESCAPED, word)}%" for index, word in enumerate(words)}
    for index, (key, value) in enumerate(wanted.metadata.items()):
        asked |= {f"key_{index}": cut_word(key), f"value_{index}": cut_word(value)}
    said = frozenset(name for name, value in asked.items() if value is not None)
    query = _keys_query(said, len(accounts) > 1, kind not in (None, Kind.NORMAL))
    return [Place(*row) for row in await fetch(view.connection, query, asked)]


@lru_cache(maxsize=256)
def _keys_query(said: frozenset[str], several_accounts: bool, unusual: bool) -> Any:
    """Return the statement for all questions that give these parameters. `unusual`: about a kind other than normal."""
    source = _source(said, unusual)
    place = tuple_(source.c.date, source.c.position)
    query = (
        select(source.c.date, source.c.position)
        .where(is_of_generation(source), source.c.date >= bindparam("start", type_=Date()))
        .where(place < tuple_(bindparam("before", type_=Date()), bindparam("before_position", type_=BigInteger())))
        .where(source.c.position < bindparam("size", type_=BigInteger()))
        .where(*_list_said(said, source, unusual), *_list_marked(said, source))
        .order_by(source.c.date.desc(), source.c.position.desc())
        .limit(bindparam("limit", type_=BigInteger()))
    )
    if "account" in said:
        listed = among(lines.c.account, bindparam("accounts", type_=ListOf(BigInteger())))
        one = lines.c.account == bindparam("account")  # its lines come in order by themselves, several are sorted
        query = query.where(_has_row(lines, source, listed if several_accounts else one))
    return query.distinct() if source is lines else query  # a transaction may have several lines on these accounts


def _source(said: Collection[str], unusual: bool) -> Table:
    """Return the table to walk: the one in which the fewest rows come between the hits."""
    if "reference" in said or unusual:
        return transactions
    if "account" in said:
        return lines
    return scalars if "key_0" in said else transactions


def _list_said(said: Collection[str], source: Table, unusual: bool) -> Iterator[Any]:
    found = transactions.c
    can_be_said = {
        "reference": found.reference == bindparam("reference"),
        "kind": found.kind == bindparam("kind"),
        "least": found.largest >= bindparam("least"),
        "most": found.largest <= bindparam("most"),
    }
    conditions = [condition for name, condition in can_be_said.items() if name in said]
    conditions += [_unusual] if unusual else []  # said once more so that the index over those is used
    words = sorted(name for name in said if name.startswith("word_"))
    conditions += [found.text.like(bindparam(name), escape="/") for name in words]
    if conditions:
        yield _has_row(transactions, source, and_(*conditions))


def _list_marked(said: Collection[str], source: Table) -> Iterator[Any]:
    for index in range(len([name for name in said if name.startswith("key_")])):
        table = scalars if index == 0 else scalars.alias()  # the first is the way into the table if that is walked
        yield _has_row(
            table, source, and_(*(table.c[name] == bindparam(f"{name}_{index}") for name in ("key", "value")))
        )


def _has_row(table: FromClause, source: Table, condition: Any) -> Any:
    """Return the condition that this transaction has a matching row in the table."""
    if table is source:
        return condition
    # Not EXISTS, which PostgreSQL may turn into a join from the other side: a look-up by key is always cheap.
    same = (table.c.date == source.c.date) & (table.c.position == source.c.position)
    return select(literal(1)).where(is_of_generation(table), same, condition).limit(1).scalar_subquery() == 1
