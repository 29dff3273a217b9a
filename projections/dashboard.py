"""The dashboard: balances today, and income and expenses by month.

A fold does not know today's date. The rows have sums by the dates of transactions, and each query brings its own today:
a balance up to today is everything ever posted, less what is dated after today.

Cost of a query, however long the history: a row for each account and currency asked for, a cell for each one that moved
in the months asked for, the days of this month after today, and everything that is dated later. Cost of a batch: two
writes. The chart has the names and types of accounts, `account_balances` has everything ever posted, and `open_items`
has the open bills.
"""

import calendar
import datetime as dt
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import BigInteger, Column, Date, Table, bindparam, literal, select, union_all
from sqlalchemy.ext.asyncio import AsyncConnection

from ledger.accounts import AccountId
from ledger.journal import Record
from ledger.store.engine import READ_UNITS, Key, ListOf, Units, among, list_values
from ledger.store.rows import Insert, fetch, fetch_in_pages
from ledger.transactions import Kind, TransactionPosted
from projections.account_balances import balances
from projections.checkpoints import Checkpoint
from projections.projection import find_differing_keys, is_of_generation, make_generation_key, metadata
from projections.reader import View

Pair = tuple[AccountId, str]
"""An account and a currency."""

# --- tables ----------------------------------------------------------------------------------------------------------


def _make_cells(name: str, date: str) -> Table:
    """Return a table of what was posted to each account in each currency in a span of time."""
    return Table(
        name,
        metadata,
        *make_generation_key(),
        Column(date, Date, primary_key=True),
        Column("account", BigInteger, primary_key=True, autoincrement=False),
        Column("currency", Key, primary_key=True),
        Column("units", Units, nullable=False, comment="debits less credits"),
        Column("closing", Units, nullable=False, comment="of that, by transactions that close a year"),
        sqlite_with_rowid=False,  # read by ranges of their key alone
    )


days = _make_cells("dashboard_days", "date")
months = _make_cells("dashboard_months", "month")

# --- fold ------------------------------------------------------------------------------------------------------------

Sums = dict[tuple[dt.date, AccountId, str], list[int]]
"""Units, and of that by closing transactions, by date, account and currency."""


class Dashboard:
    """The projection `dashboard`."""

    name = "dashboard"
    needs: Sequence[str] = ("chart",)
    tables: Sequence[Table] = (days, months)

    def fold(self, records: Sequence[Record]) -> Sums:
        sums: Sums = {}
        for record in records:
            if isinstance(event := record.event, TransactionPosted):
                _fold_posted(sums, event)
        return sums

    async def plan_changes(self, connection: AsyncConnection, checkpoint: Checkpoint, delta: Sums) -> list[Insert]:
        return _plan_sums({"ledger": checkpoint.ledger, "generation": checkpoint.generation}, delta)

    async def find_faults(self, connection: AsyncConnection, ledger: int, generation: int) -> list[str]:
        return await _find_faulty_sums(connection, {"ledger": ledger, "generation": generation})


def _fold_posted(sums: Sums, posted: TransactionPosted) -> None:
    date, closing = posted.date, posted.kind is Kind.CLOSING
    for posting in posted.postings:
        units = posting.amount.units
        found = sums.setdefault((date, posting.account, posting.currency), [0, 0])
        found[0] += units
        if closing:
            found[1] += units


def _plan_sums(at: dict[str, int], by_day: Sums) -> list[Insert]:
    by_month: Sums = {}
    firsts = {date: date.replace(day=1) for date, _, _ in by_day}
    for (date, account, currency), (units, closing) in by_day.items():
        found = by_month.setdefault((firsts[date], account, currency), [0, 0])
        found[0] += units
        found[1] += closing
    return [
        Insert(table, [(*at.values(), *cell, *sums) for cell, sums in cells.items()], add=("units", "closing"))
        for table, cells in ((months, by_month), (days, by_day))
    ]


async def _find_faulty_sums(connection: AsyncConnection, at: dict[str, int]) -> list[str]:
    """Return a sentence about each month that is not the sum of its days, and each currency that does not sum to
    zero."""
    found: list[str] = []
    by_month: dict[Any, tuple[int, int]] = {}
    async for row in fetch_in_pages(connection, select(days).where(is_of_generation(days)), at):
        key = (row.date.replace(day=1), row.account, row.currency)
        units, closing = by_month.get(key, (0, 0))
        by_month[key] = (units + row.units, closing + row.closing)
    said: dict[Any, tuple[int, int]] = {}
    sums: dict[str, int] = defaultdict(int)
    async for row in fetch_in_pages(connection, select(months).where(is_of_generation(months)), at):
        said[row.month, row.account, row.currency] = (row.units, row.closing)
        sums[row.currency] += row.units
    for month, account, currency in find_differing_keys(by_month, said):
        found.append(f"{month:%Y-%m} of account {account} in {currency} is not the sum of its days")
    return found + [
        f"all accounts in {currency} sum to {units}, not to zero" for currency, units in sums.items() if units
    ]


# --- queries ----------------------------------------------------------------------------------------------------------


Moved = tuple[int, int]
"""What was posted in a month: debits less credits in minor units, and that without the closing of a year."""


@dataclass(frozen=True, slots=True)
class Standing:
    """Balances of accounts up to a day, and what moved in the months up to it; in minor units, debits positive."""

    balances: dict[Pair, int]
    months: dict[dt.date, dict[Pair, Moved]]
    """By the first day of the month; the last one up to the day asked for."""
    scales: dict[str, int]
    """Digits of the currencies in `balances`."""


def find_month_start(month: dt.date, back: int = 0) -> dt.date:
    """Return the first day of the month that is `back` months before this date's month; not before the year 1."""
    count = max(month.year * 12 + month.month - 1 - back, 12)
    return dt.date(count // 12, count % 12 + 1, 1)


def find_month_end(month: dt.date) -> dt.date:
    """Return the last day of this date's month."""
    return month.replace(day=calendar.monthrange(month.year, month.month)[1])


def _list(table: Table, of: Any, *columns: str) -> Any:
    """Return the query of a list of the columns of a table's cells, and of what the list is about."""
    return select(of, list_values(*table.c["account", "currency", *columns])).where(is_of_generation(table))


_EVER, _LATER = None, dt.date.max
"""What the list of everything ever posted is about, and that of the days after today. No month begins on them."""


def _make_statement(*of_accounts: Any) -> Any:
    """Return the statement for the lists of a standing. Of `account_balances`: the live rows of a group have one
    generation."""
    rest_of_month = (days.c.date > bindparam("after")) & (days.c.date <= bindparam("last"))
    return union_all(
        _list(balances, literal(_EVER, Date()), "scale", "debits", "credits").where(*of_accounts),
        _list(days, literal(_LATER, Date()), "units", "closing").where(rest_of_month),
        _list(months, months.c.month, "units", "closing")
        .where(months.c.month >= bindparam("since"))
        .group_by(months.c.month),
    )


_of_all_accounts = _make_statement()
_of_some_accounts = _make_statement(among(balances.c.account, bindparam("accounts", type_=ListOf(BigInteger()))))


async def read_standing(
    view: View, today: dt.date, *, since: dt.date, only: Collection[AccountId] | None = None
) -> Standing:
    """Return the balances up to today of all accounts, or of `only` those, and the movements of every account from
    `since`, the first day of a month, up to today."""
    this_month, read = find_month_start(today), READ_UNITS[view.connection.dialect.name]
    asked = view.at | {"since": since, "after": today, "last": find_month_end(today), "accounts": only}
    rows = await fetch(view.connection, _of_all_accounts if only is None else _of_some_accounts, asked)
    lists = {of: (listed or "").split() for of, listed in rows}
    ever, later = lists.pop(_EVER), lists.pop(_LATER)
    beyond: dict[Pair, int] = defaultdict(int)
    moved: dict[dt.date, dict[Pair, Moved]] = defaultdict(dict)
    for month, words in lists.items():
        if month <= this_month:
            moved[month] = {pair: (units, units - closing) for pair, units, closing in _read_cells(words, read)}
        else:
            for pair, units, _ in _read_cells(words, read):
                beyond[pair] += units
    for pair, units, closing in _read_cells(later, read):
        beyond[pair] += units
        known, ordinary = moved[this_month][pair]
        moved[this_month][pair] = (known - units, ordinary - units + closing)
    debits, credits_ = map(read, ever[3::5]), map(read, ever[4::5])
    pairs = list(zip(map(int, ever[::5]), ever[1::5], strict=True))
    found = {
        pair: debit - credit - beyond.get(pair, 0) for pair, debit, credit in zip(pairs, debits, credits_, strict=True)
    }
    scales = dict(zip(ever[1::5], map(int, ever[2::5]), strict=True))
    return Standing(found, moved, scales)


def _read_cells(words: Sequence[str], read: Callable[[str], int]) -> Iterable[tuple[Pair, int, int]]:
    """Return the pair, the units and the closing of each cell in a list."""
    pairs = zip(map(int, words[::4]), words[1::4], strict=True)
    return zip(pairs, map(read, words[2::4]), map(read, words[3::4]), strict=True)
