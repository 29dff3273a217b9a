"""The dashboard: what stands where today, what came in and went out by month, and which bills are open.

Folds never know today. Rows hold sums by the dates of transactions, and a question brings today along: a balance up to
today is everything ever posted less what is dated after it. Cost of a question, however long the history: a row for
each account and currency asked for, a cell for each one that moved in the months asked for, the days of this month
after today, whatever is dated later, and the open bills. Cost of a batch: at most eight reads and eight writes.

**Bills.** A credit on a liability account that states a due date (the posting's own, else its document's) is a bill; a
debit that states one settles that bill by name. A debit that states none settles what is owed on its account, earliest
due first: to its own party (the posting's, else the document's) where it has one, else to any. In that order a credit
without a due date counts at its own date; it is not shown as a bill. A debit beyond what is owed to its party stays
with that party. A reversal undoes what its original did, wherever that counted: the reversal of a bill removes exactly
that bill, that of a payment opens again what it had settled. Only transactions dated up to today count.

A document speaks for the bills that come in: not for accounts with the role tax, and not where it is an invoice of our
own, for then its due date and party are the customer's: a transaction with a line on an account with the role of a
receivable, or one that credits income and debits assets alone. Roles are those at the time of posting.

So what is owed to a party is its balance, and of its bills the latest due are the open ones, as many as that balance
is for. They are read from the latest back until they come to it: what is settled is not read.
"""

import calendar
import datetime as dt
import json
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Date,
    Index,
    SmallInteger,
    Table,
    Text,
    and_,
    bindparam,
    func,
    literal_column,
    select,
    true,
)
from sqlalchemy.ext.asyncio import AsyncConnection

from ledger.accounts import AccountId, AccountType, Role
from ledger.books.accounts import AccountOpened, AccountRenamed, AccountUpdated
from ledger.journal import Record
from ledger.store.engine import Key, ListOf, Units, UuidText, among
from ledger.store.rows import Insert, fetch, fetch_in_pages
from ledger.transactions import Kind, TransactionPosted
from projections.checkpoints import Checkpoint
from projections.projection import ask, asked, generation_key, metadata, storable
from projections.reader import View

STATED, DATED, UNNAMED = "stated", "dated", "unnamed"
"""A bill with a due date; a credit without one, due at its own date; a debit that names no bill."""
HOLDINGS = (Role.CASH, Role.BANK)
"""Roles of the accounts where the money is."""
BILLS_FIRST = 4
"""Bills of each party read in the first round; four times as many in each round after it."""

Pair = tuple[AccountId, str]
"""An account and a currency."""
Group = tuple[AccountId, str, str]
"""An account, a currency and a party; the party is "" where none is given."""
Bill = tuple[AccountId, str, str, dt.date, str]
"""A group, a due date, and what that date is: STATED or DATED."""

# --- tables ----------------------------------------------------------------------------------------------------------

accounts = Table(
    "dashboard_accounts",
    metadata,
    *generation_key(),
    Column("account", BigInteger, primary_key=True, autoincrement=False),
    Column("path", Key, comment="NULL: erased"),
    Column("label", Text),
    Column("type", Text, nullable=False),
    Column("role", Key),
)
Index(
    "dashboard_accounts_role_index",
    *accounts.c["ledger", "generation", "role"],
    sqlite_where=accounts.c.role.is_not(None),
    postgresql_where=accounts.c.role.is_not(None),
)

totals = Table(
    "dashboard_totals",
    metadata,
    *generation_key(),
    Column("account", BigInteger, primary_key=True, autoincrement=False),
    Column("currency", Key, primary_key=True),
    Column("scale", SmallInteger, nullable=False),
    Column("units", Units, nullable=False, comment="debits less credits, whatever their dates"),
)


def _cells(name: str, date: str) -> Table:
    """What was posted to each account in each currency in a span of time."""
    return Table(
        name,
        metadata,
        *generation_key(),
        Column(date, Date, primary_key=True),
        Column("account", BigInteger, primary_key=True, autoincrement=False),
        Column("currency", Key, primary_key=True),
        Column("units", Units, nullable=False, comment="debits less credits"),
        Column("closing", Units, nullable=False, comment="of that, by transactions that close a year"),
        sqlite_with_rowid=False,  # read by ranges of their key alone
    )


days = _cells("dashboard_days", "date")
months = _cells("dashboard_months", "month")

sources = Table(
    "dashboard_sources",
    metadata,
    *generation_key(),
    Column("id", UuidText, primary_key=True),
    Column("date", Date, nullable=False, comment="of the transaction, or of the one at the root of its reversals"),
    Column("due", Date, comment="of that one's document"),
    Column("party", Key, comment="of that one's document"),
    Column("apart", Text, comment="JSON list of the accounts that due and party say nothing about; NULL: none"),
    Column("reversal", Boolean, nullable=False, comment="undoes the one at the root; reversed again, it does not"),
)

# Everything below counts credits positive: what is owed grows.


def _group_key() -> list[Column[Any]]:
    return [
        Column("account", BigInteger, primary_key=True, autoincrement=False),
        Column("currency", Key, primary_key=True),
        Column("party", Key, primary_key=True),
    ]


dues = Table(
    "dashboard_dues",
    metadata,
    *generation_key(),
    Column("date", Date, primary_key=True, comment="of the transactions"),
    *_group_key(),
    Column("due", Date, primary_key=True),
    Column("basis", Key, primary_key=True, comment="stated, dated or unnamed"),
    Column("units", Units, nullable=False, comment="credits less debits"),
    sqlite_with_rowid=False,
)

bills = Table(
    "dashboard_bills",
    metadata,
    *generation_key(),
    *_group_key(),
    Column("due", Date, primary_key=True),
    Column("basis", Key, primary_key=True, comment="stated or dated"),
    Column("units", Units, nullable=False, comment="billed less settled by name, whatever the dates"),
    Column("open", SmallInteger, comment="1 where units > 0, else NULL"),
)
Index(
    "dashboard_bills_open_index",
    *bills.c["ledger", "generation", "account", "currency", "party", "due", "basis"],
    sqlite_where=bills.c.open.is_not(None),
    postgresql_where=bills.c.open.is_not(None),
)

parties = Table(
    "dashboard_parties",
    metadata,
    *generation_key(),
    *_group_key(),
    Column("units", Units, nullable=False, comment="owed, whatever the dates"),
    Column("billed", Boolean, nullable=False, comment="some line ever stated a due date"),
    Column("open", SmallInteger, comment="1 where billed and units > 0, else NULL"),
)
Index(
    "dashboard_parties_open_index",
    *parties.c["ledger", "generation", "account", "currency", "party"],
    sqlite_where=parties.c.open.is_not(None),
    postgresql_where=parties.c.open.is_not(None),
)

# --- statements ------------------------------------------------------------------------------------------------------


def _mine(table: Any) -> Any:
    return (table.c.ledger == bindparam("ledger")) & (table.c.generation == bindparam("generation"))


def _key(table: Table) -> list[Column[Any]]:
    """The key without ledger and generation."""
    return [each for each in table.primary_key if each.name not in ("ledger", "generation")]


_KEPT = ("units", "billed")
"""What a row's next state depends on."""


def _rows_at(table: Table) -> Any:
    """What has been summed up at the keys asked for, and then what else counts; NULL where there is no row."""
    key = _key(table)
    keys = asked(*key)
    same = [table.c[each.name] == keys.c[each.name] for each in key]
    values = [
        select(each).where(_mine(table), *same).scalar_subquery().label(each.name)
        for each in table.c
        if each.name in _KEPT
    ]
    return select(*keys.c, *values)


_AT = {table.name: _rows_at(table) for table in (bills, parties)}


async def _known(
    connection: AsyncConnection, at: dict[str, int], table: Table, keys: Iterable[Sequence[Any]]
) -> dict[Any, Sequence[Any]]:
    """What stands at each of these keys: values of `_KEPT`, NULL where there is no row."""
    width = len(_key(table))
    return {tuple(row[:width]): row[width:] for row in await ask(connection, _AT[table.name], at, keys)}


_accounts_of = select(*accounts.c["account", "path", "label", "type", "role"]).where(
    _mine(accounts), among(accounts.c.account, bindparam("accounts", type_=ListOf(BigInteger())))
)
_sources_of = select(*sources.c["id", "date", "due", "party", "apart", "reversal"]).where(
    _mine(sources), among(sources.c.id, bindparam("ids", type_=ListOf(UuidText)))
)

_asked_groups = asked(*_key(parties))


def _open_of_group(table: Any) -> list[Any]:
    group = [table.c[each.name] == _asked_groups.c[each.name] for each in _key(parties)]
    return [_mine(table), *group, table.c.open.is_not(None)]


_latest = (
    select(*bills.c["due", "basis", "units"])
    .where(*_open_of_group(bills))
    .order_by(bills.c.due.desc(), bills.c.basis.desc())
    .limit(bindparam("most"))
    .lateral("latest")
)
_others = bills.alias("others")
_earliest = (
    select(_others.c.due)
    .where(*_open_of_group(_others))
    .order_by(_others.c.due.desc())
    .limit(1)
    .offset(bindparam("most") - 1)
    .correlate(_asked_groups)
    .scalar_subquery()
)
_latest_bills = {
    "postgresql": select(*_asked_groups.c, *_latest.c).join_from(_asked_groups, _latest, true()),
    "sqlite": select(*_asked_groups.c, *bills.c["due", "basis", "units"]).join_from(
        _asked_groups,
        bills,
        and_(*_open_of_group(bills), bills.c.due >= func.coalesce(_earliest, literal_column("''"))),
        isouter=True,
    ),
}
"""The `most` open bills of each group with the latest due dates; on SQLite one more where two share the last date."""


# --- fold ------------------------------------------------------------------------------------------------------------


class Line(NamedTuple):
    """What a posting may mean for bills, before anybody knows whether its account is a liability."""

    account: AccountId
    currency: str
    units: int
    due: dt.date | None
    party: str | None


class Posted(NamedTuple):
    """A transaction, for its bills."""

    id: str
    date: dt.date
    due: dt.date | None
    party: str | None
    reverses: str | None
    lines: list[Line]


class Became(NamedTuple):
    """An account that has this role from here on."""

    account: AccountId
    role: str | None


@dataclass(frozen=True, slots=True)
class DashboardSource:
    """What a later reversal has to know of a transaction; a reversal's is that of the transaction at its root."""

    date: dt.date
    due: dt.date | None = None
    party: str | None = None
    apart: frozenset[AccountId] = frozenset()
    """Accounts that the document's due date and party say nothing about."""
    reversal: bool = False


Sums = dict[tuple[dt.date, AccountId, str], list[int]]
"""Units, and of that by closing transactions, by date, account and currency."""


@dataclass(slots=True)
class DashboardDelta:
    """New members of accounts by id, and what was posted."""

    accounts: dict[AccountId, dict[str, Any]] = field(default_factory=dict)
    sums: Sums = field(default_factory=dict)
    scales: dict[str, int] = field(default_factory=dict)
    steps: list[Posted | Became] = field(default_factory=list)
    """What matters for bills, in the order of the journal."""


class Dashboard:
    """The projection `dashboard`."""

    name = "dashboard"
    tables: Sequence[Table] = (accounts, totals, days, months, sources, dues, bills, parties)

    def fold(self, records: Sequence[Record]) -> DashboardDelta:
        delta = DashboardDelta()
        for record in records:
            match record.event:
                case TransactionPosted() as posted:
                    _fold_posted(delta, posted, record.id)
                case AccountOpened() as opened:
                    named = {"path": storable(opened.path), "label": storable(opened.label)}
                    delta.accounts[record.position] = {**named, "type": opened.type, "role": opened.role}
                    delta.steps.append(Became(record.position, opened.role))
                case AccountRenamed() as renamed:
                    named = {"path": storable(renamed.path), "label": storable(renamed.label)}
                    news = {name: new for name, new in named.items() if new is not None}
                    delta.accounts.setdefault(renamed.account, {}).update(news)
                case AccountUpdated() as updated:
                    delta.accounts.setdefault(updated.account, {})["role"] = updated.role
                    delta.steps.append(Became(updated.account, updated.role))
        return delta

    async def changes(self, connection: AsyncConnection, checkpoint: Checkpoint, delta: DashboardDelta) -> list[Insert]:
        at = {"ledger": checkpoint.ledger, "generation": checkpoint.generation}
        named, types, roles = await _accounts_changed(connection, at, delta)
        kept, owed = await _sources_new(connection, at, delta, types, roles)
        due = await _dues_changed(connection, at, owed)
        return [named, kept, *_sums_added(at, delta), *due]

    async def faults(self, connection: AsyncConnection, ledger: int, generation: int) -> list[str]:
        at = {"ledger": ledger, "generation": generation}
        return [*await _faulty_sums(connection, at), *await _faulty_dues(connection, at)]


def _fold_posted(delta: DashboardDelta, posted: TransactionPosted, id_: str) -> None:
    date, closing, document = posted.date, posted.kind is Kind.CLOSING, posted.document
    lines = []
    for posting in posted.postings:
        units, scale = posting.amount
        sums = delta.sums.setdefault((date, posting.account, posting.currency), [0, 0])
        sums[0] += units
        if closing:
            sums[1] += units
        delta.scales[posting.currency] = scale
        lines.append(Line(posting.account, posting.currency, units, posting.due, storable(posting.party)))
    due, party = (document.due, storable(document.party)) if document else (None, None)
    delta.steps.append(Posted(id_, date, due, party, posted.reverses, lines))


async def _accounts_changed(
    connection: AsyncConnection, at: dict[str, int], delta: DashboardDelta
) -> tuple[Insert, dict[AccountId, str], dict[AccountId, str | None]]:
    """The accounts as they are now, the type of every account in the delta, and the roles that they had before it."""
    ids = delta.accounts.keys() | {account for _, account, _ in delta.sums}
    known = {each["account"]: each for each in await _accounts(connection, at, ids)}
    news = {id_: {**known.get(id_, {}), "account": id_, **new} for id_, new in delta.accounts.items()}
    rows = [(*at.values(), *[each[name] for name in _ACCOUNT]) for each in news.values()]
    types = {id_: each["type"] for id_, each in (known | news).items()}
    return Insert(accounts, rows, replace=True), types, {id_: each["role"] for id_, each in known.items()}


_ACCOUNT = ("account", "path", "label", "type", "role")


async def _accounts(
    connection: AsyncConnection, at: dict[str, int], ids: Collection[AccountId]
) -> list[dict[str, Any]]:
    if not ids:
        return []
    rows = await fetch(connection, _accounts_of, {**at, "accounts": list(ids)})
    return [dict(zip(_ACCOUNT, row, strict=True)) for row in rows]


def _sums_added(at: dict[str, int], delta: DashboardDelta) -> list[Insert]:
    by_month: Sums = {}
    by_account: dict[Pair, int] = {}
    firsts = {date: date.replace(day=1) for date, _, _ in delta.sums}
    for (date, account, currency), (units, closing) in delta.sums.items():
        found = by_month.setdefault((firsts[date], account, currency), [0, 0])
        found[0] += units
        found[1] += closing
        by_account[account, currency] = by_account.get((account, currency), 0) + units
    of_accounts = [(*at.values(), *pair, delta.scales[pair[1]], units) for pair, units in by_account.items()]
    of_months, of_days = (
        [(*at.values(), *cell, *sums) for cell, sums in cells.items()] for cells in (by_month, delta.sums)
    )
    return [
        Insert(totals, of_accounts, add=("units",)),
        Insert(months, of_months, add=("units", "closing")),
        Insert(days, of_days, add=("units", "closing")),
    ]


Owed = dict[tuple[dt.date, *Bill], int]
"""Credits less debits by date of the transaction, group, due date and basis."""


async def _sources_new(
    connection: AsyncConnection,
    at: dict[str, int],
    delta: DashboardDelta,
    types: Mapping[AccountId, str],
    roles: dict[AccountId, str | None],
) -> tuple[Insert, Owed]:
    """What reversals will ask for, and what the lines on liabilities mean for bills."""
    reversed_ = {each.reverses for each in delta.steps if isinstance(each, Posted) and each.reverses}
    known = await _sources(connection, at, reversed_)
    new: dict[str, DashboardSource] = {}
    owed: Owed = {}
    for step in delta.steps:
        if isinstance(step, Became):
            roles[step.account] = step.role
            continue
        lines = [line for line in step.lines if types[line.account] == AccountType.LIABILITY]
        if not lines:
            continue
        source = DashboardSource(step.date)
        if step.reverses is not None:  # that was posted before, and on the same accounts
            original = new.get(step.reverses) or known[step.reverses]
            source = replace(original, reversal=not original.reversal)
        elif not _is_own_invoice(step.lines, types, roles):
            taxes = frozenset(line.account for line in lines if roles.get(line.account) == Role.TAX)
            source = DashboardSource(step.date, step.due, step.party, taxes)
        new[step.id] = source
        for line in lines:
            if line.units:
                key = (step.date, *_bill(line, step.date, source))
                owed[key] = owed.get(key, 0) - line.units
    rows = []
    for id_, each in new.items():
        apart = json.dumps(sorted(each.apart)) if each.apart else None
        rows.append((*at.values(), id_, each.date, each.due, each.party, apart, each.reversal))
    return Insert(sources, rows), owed


def _is_own_invoice(
    lines: Sequence[Line], types: Mapping[AccountId, str], roles: Mapping[AccountId, str | None]
) -> bool:
    if any(roles.get(line.account) == Role.RECEIVABLE for line in lines):
        return True
    earns = any(line.units < 0 and types[line.account] == AccountType.INCOME for line in lines)
    return earns and all(types[line.account] == AccountType.ASSET for line in lines if line.units > 0)


async def _sources(connection: AsyncConnection, at: dict[str, int], ids: Collection[str]) -> dict[str, DashboardSource]:
    if not ids:
        return {}
    rows = await fetch(connection, _sources_of, {**at, "ids": list(ids)})
    return {
        id_: DashboardSource(date, due, party, frozenset(json.loads(apart or "[]")), reversal)
        for id_, date, due, party, apart, reversal in rows
    }


def _bill(line: Line, date: dt.date, source: DashboardSource) -> Bill:
    """Where a line on a liability counts."""
    told = line.account not in source.apart
    group = (line.account, line.currency, line.party or (source.party if told else None) or "")
    due = line.due or (source.due if told else None)
    if due is not None:
        return *group, due, STATED
    bills_at_root = (line.units < 0) != source.reversal
    return (*group, source.date, DATED) if bills_at_root else (*group, date, UNNAMED)


async def _dues_changed(connection: AsyncConnection, at: dict[str, int], owed: Owed) -> list[Insert]:
    by_bill: dict[Bill, int] = defaultdict(int)
    by_group: dict[Group, int] = defaultdict(int)
    billed: set[Group] = set()
    for (_, account, currency, party, due, basis), units in owed.items():
        group = (account, currency, party)
        by_group[group] += units
        if basis == STATED:
            billed.add(group)
        if basis != UNNAMED:
            by_bill[*group, due, basis] += units
    known = await _known(connection, at, bills, by_bill)
    of_bills: list[tuple[Any, ...]] = []
    for bill, units in by_bill.items():
        units += known[bill][0] or 0
        of_bills.append((*at.values(), *bill, units, 1 if units > 0 else None))
    known = await _known(connection, at, parties, by_group)
    of_parties: list[tuple[Any, ...]] = []
    for group, units in by_group.items():
        before, was_billed = known[group]
        units += before or 0
        is_billed = group in billed or bool(was_billed)
        of_parties.append((*at.values(), *group, units, is_billed, 1 if is_billed and units > 0 else None))
    return [
        Insert(dues, [(*at.values(), *key, units) for key, units in owed.items()], add=("units",)),
        Insert(bills, of_bills, replace=True),
        Insert(parties, of_parties, replace=True),
    ]


async def _faulty_sums(connection: AsyncConnection, at: dict[str, int]) -> list[str]:
    """Whether months are the sums of their days, totals those of their months, and every currency's come to zero."""
    found: list[str] = []
    by_month: dict[Any, tuple[int, int]] = {}
    async for row in fetch_in_pages(connection, select(days).where(_mine(days)), at):
        key = (row.date.replace(day=1), row.account, row.currency)
        units, closing = by_month.get(key, (0, 0))
        by_month[key] = (units + row.units, closing + row.closing)
    by_account: dict[Pair, int] = {}
    said: dict[Any, tuple[int, int]] = {}
    async for row in fetch_in_pages(connection, select(months).where(_mine(months)), at):
        said[row.month, row.account, row.currency] = (row.units, row.closing)
        pair = (row.account, row.currency)
        by_account[pair] = by_account.get(pair, 0) + row.units
    for month, account, currency in _differing(by_month, said):
        found.append(f"{month:%Y-%m} of account {account} in {currency} is not the sum of its days")
    query = select(totals.c.account, totals.c.currency, totals.c.units).where(_mine(totals))
    of_account = {(row.account, row.currency): row.units for row in await connection.execute(query, at)}
    for account, currency in _differing(by_account, of_account):
        found.append(f"account {account} in {currency} is not the sum of its months")
    sums: dict[str, int] = defaultdict(int)
    for (_, currency), units in of_account.items():
        sums[currency] += units
    return found + [
        f"all accounts in {currency} sum to {units}, not to zero" for currency, units in sums.items() if units
    ]


async def _faulty_dues(connection: AsyncConnection, at: dict[str, int]) -> list[str]:
    """Whether bills and parties are the sums of what fell due, and parties the balances of their accounts."""
    by_bill: dict[Bill, int] = defaultdict(int)
    by_group: dict[Group, int] = defaultdict(int)
    by_account: dict[Pair, int] = defaultdict(int)
    async for row in fetch_in_pages(connection, select(dues).where(_mine(dues)), at):
        by_group[row.account, row.currency, row.party] += row.units
        if row.basis != UNNAMED:
            by_bill[row.account, row.currency, row.party, row.due, row.basis] += row.units
    said: dict[Bill, int] = {}
    wrong: list[str] = []
    async for row in fetch_in_pages(connection, select(bills).where(_mine(bills)), at):
        said[row.account, row.currency, row.party, row.due, row.basis] = row.units
        if bool(row.open) != (row.units > 0):
            wrong.append(f"the bill of account {row.account} due on {row.due} says that it is open, or not, wrongly")
    owed: dict[Group, int] = {}
    for row in await connection.execute(select(parties).where(_mine(parties)), at):
        owed[row.account, row.currency, row.party] = row.units
        by_account[row.account, row.currency] -= row.units
        if bool(row.open) != (row.billed and row.units > 0):
            wrong.append(
                f"what is owed on account {row.account} to {row.party!r} says that it is open, or not, wrongly"
            )
    wrong += [
        f"the bill of account {key[0]} due on {key[3]} is not the sum of its lines" for key in _differing(by_bill, said)
    ]
    wrong += [
        f"what is owed on account {key[0]} to {key[2]!r} is not the sum of its lines"
        for key in _differing(by_group, owed)
    ]
    of_liabilities = accounts.c.type == AccountType.LIABILITY
    liable = set(await connection.scalars(select(accounts.c.account).where(_mine(accounts), of_liabilities), at))
    query = select(totals.c.account, totals.c.currency, totals.c.units).where(_mine(totals))
    of_account = {
        (row.account, row.currency): row.units
        for row in await connection.execute(query, at)
        if row.account in liable and row.units
    }
    differing = _differing({pair: units for pair, units in by_account.items() if units}, of_account)
    return wrong + [
        f"what is owed on account {account} in {currency} is not its balance" for account, currency in differing
    ]


def _differing(one: Mapping[Any, Any], other: Mapping[Any, Any]) -> list[Any]:
    return sorted(key for key in one.keys() | other.keys() if one.get(key) != other.get(key))


# --- queries: sums ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class DashboardAccount:
    """An account as the dashboard shows it; `path` is None where its name was erased."""

    id: AccountId
    path: str | None
    label: str | None
    type: str
    role: str | None


@dataclass(frozen=True, slots=True)
class Moved:
    """What was posted in a month: debits less credits in minor units, and that without the closing of a year."""

    units: int
    ordinary: int


@dataclass(frozen=True, slots=True)
class Standing:
    """What stands on accounts up to a day, and what moved in the months up to it; in minor units, debits positive."""

    balances: dict[Pair, int]
    months: dict[dt.date, dict[Pair, Moved]]
    """By the first day of the month; the last one up to the day asked for."""
    scales: dict[str, int]
    """Digits of the currencies in `balances`."""


def _at(view: View) -> dict[str, int]:
    return {"ledger": view.ledger, "generation": view.generation}


def first_of(month: dt.date, back: int = 0) -> dt.date:
    """The first day of this date's month, or of the month so many before it; not before the year 1."""
    count = max(month.year * 12 + month.month - 1 - back, 12)
    return dt.date(count // 12, count % 12 + 1, 1)


def last_of(month: dt.date) -> dt.date:
    """The last day of this date's month."""
    return month.replace(day=calendar.monthrange(month.year, month.month)[1])


async def all_accounts(view: View, *, limit: int | None = None) -> dict[AccountId, DashboardAccount]:
    """Every account by id, or so many of them."""
    rows = await view.connection.execute(select(accounts).where(_mine(accounts)).limit(limit), _at(view))
    return {row.account: _account(row) for row in rows}


async def holdings(view: View) -> dict[AccountId, DashboardAccount]:
    """The accounts with the role of cash or of a bank account."""
    listed = bindparam("roles", type_=ListOf(Text()))
    query = select(accounts).where(_mine(accounts), accounts.c.role.is_not(None), among(accounts.c.role, listed))
    rows = await view.connection.execute(query, {**_at(view), "roles": [str(role) for role in HOLDINGS]})
    return {row.account: _account(row) for row in rows}


async def accounts_by_id(view: View, ids: Collection[AccountId]) -> dict[AccountId, DashboardAccount]:
    """These accounts by id."""
    rows = await _accounts(view.connection, _at(view), ids)
    return {
        row["account"]: DashboardAccount(row["account"], row["path"], row["label"], row["type"], row["role"])
        for row in rows
    }


def _account(row: Any) -> DashboardAccount:
    return DashboardAccount(row.account, row.path, row.label, row.type, row.role)


async def standing(
    view: View, today: dt.date, *, since: dt.date, only: Collection[AccountId] | None = None
) -> Standing:
    """Balances up to today, of all accounts or of `only` those, and the movements of every account in the months from
    the one that begins on `since` up to today."""
    at, this_month = _at(view), first_of(today)
    beyond: dict[Pair, int] = defaultdict(int)
    moved: dict[dt.date, dict[Pair, Moved]] = {}
    for row in await view.connection.execute(select(months).where(_mine(months), months.c.month >= since), at):
        pair = (row.account, row.currency)
        if row.month > this_month:
            beyond[pair] += row.units
        else:
            moved.setdefault(row.month, {})[pair] = Moved(row.units, row.units - row.closing)
    rest_of_month = select(days).where(_mine(days), days.c.date > today, days.c.date <= last_of(today))
    for row in await view.connection.execute(rest_of_month, at):
        pair = (row.account, row.currency)
        beyond[pair] += row.units
        known = moved[this_month][pair]
        moved[this_month][pair] = Moved(known.units - row.units, known.ordinary - row.units + row.closing)
    query = select(totals).where(_mine(totals))
    if only is not None:
        query = query.where(among(totals.c.account, bindparam("accounts", list(only), type_=ListOf(BigInteger()))))
    rows = (await view.connection.execute(query, at)).all()
    balances = {(row.account, row.currency): row.units - beyond[row.account, row.currency] for row in rows}
    return Standing(balances, moved, {row.currency: row.scale for row in rows})


# --- queries: bills --------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class OpenBill:
    """What is still to be paid on a day to a party ("": none is named), in minor units."""

    account: AccountId
    currency: str
    party: str
    due: dt.date
    units: int


@dataclass(slots=True)
class _Claims:
    """What is open on one account in one currency: `left` in all, and so much of it to each party."""

    left: int
    owed: dict[Group, int]


async def open_bills(view: View, today: dt.date) -> list[OpenBill]:
    """The bills open today with a stated due date, by due date: settled as the rules above say, by what is dated up to
    today."""
    at, connection = _at(view), view.connection
    later_bills: dict[Bill, int] = defaultdict(int)
    later_groups: dict[Group, int] = defaultdict(int)
    for row in await connection.execute(select(dues).where(_mine(dues), dues.c.date > today), at):
        later_groups[row.account, row.currency, row.party] += row.units
        if row.basis != UNNAMED:
            later_bills[row.account, row.currency, row.party, row.due, row.basis] += row.units
    claims = await _claims(connection, at, later_groups)
    touched = {
        (*key, due, basis): (units or 0) - later_bills[(*key, due, basis)]
        for *key, due, basis, units in await ask(connection, _AT[bills.name], at, later_bills)
    }
    found: list[OpenBill] = []
    most = BILLS_FIRST
    while claims:
        wanted = [group for each in claims.values() for group in each.owed]
        latest: dict[Group, dict[Bill, int]] = {group: {} for group in wanted}
        for account, currency, party, due, basis, units in await ask(connection, _latest_bills, at, wanted, most=most):
            if due is not None:
                latest[account, currency, party][account, currency, party, due, basis] = units
        for pair, each in list(claims.items()):
            some = _unsettled(each, {group: latest[group] for group in each.owed}, touched, most)
            if some is not None:
                found += some
                del claims[pair]
        most *= 4
    return sorted(found, key=lambda bill: (bill.due, bill.account, bill.currency, bill.party))


async def _claims(connection: AsyncConnection, at: dict[str, int], later: Mapping[Group, int]) -> dict[Pair, _Claims]:
    """What is open on each account on which something with a stated due date may be."""
    query = select(*parties.c["account", "currency", "party", "units", "billed"]).where(_mine(parties))
    found = {tuple(row[:3]): row[3:] for row in await connection.execute(query.where(parties.c.open.is_not(None)), at)}
    pairs = {group[:2] for group in found} | {group[:2] for group in later}
    wanted = (later.keys() | {(*pair, "") for pair in pairs}) - found.keys()
    more = await _known(connection, at, parties, wanted)
    found |= {group: kept for group, kept in more.items() if kept[0] is not None}
    owed: dict[Group, int] = {group: units - later.get(group, 0) for group, (units, _) in found.items()}
    billed: set[Group] = {group for group, (_, is_billed) in found.items() if is_billed}
    overpaid = {pair: -owed[*pair, ""] for pair in pairs if owed.get((*pair, ""), 0) < 0}
    if overpaid:  # it settles what is owed to anybody on the account, with or without a stated due date
        listed = bindparam("accounts", [account for account, _ in overpaid], type_=ListOf(BigInteger()))
        for row in await connection.execute(query.where(among(parties.c.account, listed), parties.c.units > 0), at):
            group = (row.account, row.currency, row.party)
            if group[:2] in overpaid:
                owed[group] = row.units - later.get(group, 0)
        # Also who is owed nothing but for what is dated after today.
        billed |= {group for group in owed if group[:2] in overpaid}
    claims: dict[Pair, _Claims] = {}
    for group, units in owed.items():
        if units > 0 and group in billed:
            each = claims.setdefault(group[:2], _Claims(-overpaid.get(group[:2], 0), {}))
            each.left += units
            each.owed[group] = units
    return {pair: each for pair, each in claims.items() if each.left > 0}


def _unsettled(
    claims: _Claims, latest: Mapping[Group, Mapping[Bill, int]], touched: Mapping[Bill, int], most: int
) -> list[OpenBill] | None:
    """The latest due bills, as many as are open; None where more of them must be read to know."""
    units_of = {bill: units for each in latest.values() for bill, units in each.items()}
    units_of |= {bill: units for bill, units in touched.items() if bill[:3] in latest}
    horizon: dt.date | None = None  # on this date and before it, not all bills are known
    for group, each in latest.items():
        if len(each) >= most and sum(max(units_of[bill], 0) for bill in each) < claims.owed[group]:
            unsure = min(due for *_, due, _ in each)
            horizon = max(horizon or unsure, unsure)
    left, owed = claims.left, dict(claims.owed)
    found: dict[tuple[Group, dt.date], int] = {}
    for bill in sorted(units_of, key=lambda bill: (bill[3], bill[4], bill[2]), reverse=True):
        *_, due, basis = bill
        group = bill[:3]
        if horizon is not None and due <= horizon:
            return None
        taken = min(max(units_of[bill], 0), owed[group], left)
        left -= taken
        owed[group] -= taken
        if taken and basis == STATED:
            found[group, due] = taken
        if not left:
            break
    else:
        if horizon is not None:
            return None
    return [OpenBill(*group, due, units) for (group, due), units in found.items()]
