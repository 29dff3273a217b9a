"""The register: which transactions there are, found by what they say, and the lines of each account in order of date.

Rows: one a transaction, one a line, one a scalar of its metadata; none is ever changed, but that erased texts go.
Running balances are not stored: a line that is dated back would change all later ones. Cost of a batch: three
statements; with erasures three more, which look through the ledger's lines and metadata.

Pages are cut by key (where the last one ended), never by offset, so that every page costs the same and records that
arrive meanwhile shift nothing; `size` pins a page to the first records of the journal.
"""

import datetime as dt
import hashlib
import json
import re
import unicodedata
from collections.abc import AsyncIterator, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
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
from ledger.store.rows import Insert, fetch_in_pages, insert_rows
from ledger.transactions import Kind, TransactionPosted
from projections.checkpoints import Checkpoint
from projections.projection import generation_key, metadata, to_storable
from projections.reader import View

ACCOUNTS_MAX = 20
"""Accounts listed with a transaction; of the others only their count is kept."""
TEXT_MAX = 4_000
"""Characters of a transaction that a search looks at."""
_PIECE = re.compile(r"\S{1,200}")
"""A word; of a word that is longer than any search, a piece."""
WORD_MAX = 200
"""Longer references and metadata are kept as their hash: PostgreSQL indexes no value over some 2,700 bytes."""
FIRST_SPAN_DAYS = 31
"""How far back a page of several accounts looks first."""

# --- tables ----------------------------------------------------------------------------------------------------------

transactions = Table(
    "register_transactions",
    metadata,
    *generation_key(),
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
_unusual = transactions.c.kind != literal(str(Kind.NORMAL), literal_execute=True)
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
    *generation_key(),
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
    *generation_key(),
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
    """Transactions, or other records, whose texts are no more."""


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

    async def changes(self, connection: AsyncConnection, checkpoint: Checkpoint, delta: RegisterDelta) -> list[Insert]:
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

    async def faults(self, connection: AsyncConnection, ledger: int, generation: int) -> list[str]:
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
        description, payee, text = _without_texts(None if reference is None else _word(reference)).values()
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
        None if reference is None else _word(reference),
        max([_comparable(posting.amount) for posting in posted.postings]),
        str(accounts[:ACCOUNTS_MAX]),  # the JSON of a list of integers
        max(0, len(accounts) - ACCOUNTS_MAX),
        text,
    )


def _scalar_rows(members: Mapping[str, Any], date: dt.date, position: Position) -> list[Row]:
    """Return the rows of the members that are scalars: objects, lists and null are none. Two keys may be one after
    cutting: a set, so that rows are distinct."""
    words = {
        (_word(key), _word(value if isinstance(value, str) else json.dumps(value)))
        for key, value in members.items()
        if isinstance(value, str | int | float)
    }
    return [(*word, date, position) for word in sorted(words)]


_POWERS: list[int] = [10**power for power in range(SCALE_MAX + 1)]


def _comparable(amount: Amount) -> int:
    """Return an amount's absolute value at the scale at which amounts of all currencies compare."""
    return abs(amount.units) * _POWERS[SCALE_MAX - amount.scale]


def _word(text: str) -> str:
    """Return a text short enough for an index: itself, or its hash."""
    short = text if len(text) <= WORD_MAX else f"sha256:{hashlib.sha256(text.encode()).hexdigest()}"
    return to_storable(short) or ""


def fold_text(text: str) -> str:
    """Return a text as a search compares it: case and the two ways to write an accented letter make no difference.

    Letters are composed piece by piece: the time that it takes grows with the square of the marks on one letter.
    """
    text = (to_storable(text) or "").casefold()
    return text if text.isascii() else _PIECE.sub(lambda piece: unicodedata.normalize("NFC", piece[0]), text)


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
    count = await view.connection.scalar(
        select(func.count()).select_from(transactions).where(_mine(view, transactions))
    )
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
        """Where it stands in the register: ask for the page after it."""
        return self.date, self.position, self.line


def _mine(view: View, table: FromClause) -> Any:
    return (table.c.ledger == view.ledger) & (table.c.generation == view.generation)


def _dated(table: Table, start: dt.date | None, end: dt.date | None, size: Size | None) -> Iterator[Any]:
    if start is not None:
        yield table.c.date >= start
    if end is not None:
        yield table.c.date <= end
    if size is not None:
        yield table.c.position < size


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
    query = (
        select(lines)
        .where(_mine(view, lines), lines.c.account == account, *_dated(lines, start, end, size))
        .order_by(lines.c.date, lines.c.position, lines.c.line)
        .limit(limit)
    )
    if after is not None:
        query = query.where(tuple_(lines.c.date, lines.c.position, lines.c.line) > after)
    page = (await view.connection.execute(query)).all()
    # Not a join: while PostgreSQL has no statistics of new tables it reads all transactions for that.
    theirs = select(transactions).where(
        _mine(view, transactions), transactions.c.position.in_({line.position for line in page})
    )
    known = {row.position: row for row in await view.connection.execute(theirs)}
    return [_register_line(line, known[line.position]) for line in page]


def _register_line(line: Any, transaction: Any) -> RegisterLine:
    counter_accounts: list[AccountId] = json.loads(transaction.accounts)
    more = transaction.accounts_more
    if line.account in counter_accounts:
        counter_accounts.remove(line.account)
    else:
        more -= 1
    return RegisterLine(
        date=line.date,
        position=line.position,
        line=line.line,
        transaction=transaction.id,
        series=transaction.series,
        number=transaction.number,
        description=transaction.description,
        text=line.text,
        counter_accounts=counter_accounts,
        counter_accounts_more=more,
        currency=line.currency,
        scale=line.scale,
        units=line.units,
    )


# --- queries: transactions -------------------------------------------------------------------------------------------


class Place(NamedTuple):
    """Where a transaction stands among all: ask the journal for its record, or here for the page after it."""

    date: dt.date
    position: Position


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """Which transactions are wanted: those for which all that is given holds."""

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
        within = _dated(transactions, wanted.start, end, size=None)
        newest = await view.connection.scalar(
            select(func.max(transactions.c.date)).where(_mine(view, transactions), *within)
        )
        if newest is None:
            return
        start = dt.date.fromordinal(max(1, newest.toordinal() - days))
        yield max(start, wanted.start or start), newest
        if (earlier := day_before(start)) is None:
            return
        end, days = earlier, days * 4


async def _find_keys(view: View, wanted: Filter, after: Place | None, limit: int, size: Size | None) -> list[Place]:
    source = _source(wanted)
    query = (
        select(source.c.date, source.c.position)
        .where(_mine(view, source), *_dated(source, wanted.start, wanted.end, size))
        .order_by(source.c.date.desc(), source.c.position.desc())
        .limit(limit)
    )
    if after is not None:
        query = query.where(tuple_(source.c.date, source.c.position) < tuple(after))
    if source is lines:
        query = query.distinct()  # a transaction may have several lines on these accounts
    conditions = [
        *_list_said(view, wanted, source),
        *_on_accounts(view, wanted, source),
        *_list_marked(view, wanted, source),
    ]
    return [Place(*row) for row in await view.connection.execute(query.where(*conditions))]


def _source(wanted: Filter) -> Table:
    """Return the table to walk: the one in which the fewest rows come between the hits."""
    if wanted.reference is not None or wanted.kind not in (None, Kind.NORMAL):
        return transactions
    if wanted.accounts is not None:
        return lines
    return scalars if wanted.metadata else transactions


def _list_said(view: View, wanted: Filter, source: Table) -> Iterator[Any]:
    conditions: list[Any] = []
    if wanted.reference is not None:
        conditions.append(transactions.c.reference == _word(wanted.reference))
    if wanted.kind is not None:
        conditions.append(transactions.c.kind == wanted.kind)
        if wanted.kind is not Kind.NORMAL:
            conditions.append(_unusual)  # said once more so that the index over those is used
    if wanted.min_amount is not None:
        conditions.append(transactions.c.largest >= _comparable(wanted.min_amount))
    if wanted.max_amount is not None:
        conditions.append(transactions.c.largest <= _comparable(wanted.max_amount))
    words = fold_text(wanted.text or "").split()
    conditions += [transactions.c.text.contains(word, autoescape=True) for word in words]
    if conditions:
        yield _has_row(view, transactions, source, and_(*conditions))


def _on_accounts(view: View, wanted: Filter, source: Table) -> Iterator[Any]:
    if wanted.accounts is not None:
        accounts = list(wanted.accounts)
        listed = bindparam(None, accounts, type_=ListOf(BigInteger()), unique=True)
        one = lines.c.account == accounts[0]  # its lines come in order by themselves, those of several must be sorted
        yield _has_row(view, lines, source, one if len(accounts) == 1 else among(lines.c.account, listed))


def _list_marked(view: View, wanted: Filter, source: Table) -> Iterator[Any]:
    for index, (key, value) in enumerate(wanted.metadata.items()):
        table = scalars if index == 0 else scalars.alias()  # the first is the way into the table if that is walked
        yield _has_row(view, table, source, (table.c.key == _word(key)) & (table.c.value == _word(value)))


def _has_row(view: View, table: FromClause, source: Table, condition: Any) -> Any:
    """Return the condition that this transaction has a matching row in the table."""
    if table is source:
        return condition
    # Not EXISTS, which PostgreSQL may turn into a join from the other side: a look-up by key is always cheap.
    same = (table.c.date == source.c.date) & (table.c.position == source.c.position)
    return select(literal(1)).where(_mine(view, table), same, condition).limit(1).scalar_subquery() == 1


LINES_AT_ONCE = 1_000


async def read_lines_beside(
    view: View,
    cash: Collection[AccountId],
    others: Collection[AccountId],
    start: dt.date | None,
    end: dt.date | None,
    size: Size,
) -> AsyncIterator[Any]:
    """Yield the lines (position, account, currency, units) of `others` in transactions that moved `cash` in the same
    currency."""
    money = lines.alias("money")
    # Not EXISTS, which PostgreSQL may turn into a join from the other side: a look-up by key is always cheap.
    moved_cash = (
        select(literal(1))
        .where(
            _mine(view, money),
            among(money.c.account, bindparam("cash", sorted(cash), type_=ListOf(BigInteger()))),
            money.c.date == lines.c.date,
            money.c.position == lines.c.position,
            money.c.currency == lines.c.currency,
            money.c.units != 0,
        )
        .limit(1)
        .scalar_subquery()
    )
    query = select(*lines.c["position", "account", "currency", "units"]).where(
        _mine(view, lines),
        among(lines.c.account, bindparam("others", sorted(others), type_=ListOf(BigInteger()))),
        lines.c.position < size,
        *([] if start is None else [lines.c.date >= start]),
        *([] if end is None else [lines.c.date <= end]),
        moved_cash == 1,
    )
    async with view.connection.stream(query) as rows:
        async for some in rows.partitions(LINES_AT_ONCE):
            for row in some:
                yield row
