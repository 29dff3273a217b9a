"""The figures of every report: the accounts of one ledger, and their sums on any date, as known at one size.

Every figure is an exact integer of minor units, per currency. Nothing is rounded or converted. An account's type never
changes. Its role is the one that it had at that size. Its path, number and label are today's, as everywhere.

All of one report is read in one snapshot, and nothing waits for a thread meanwhile. A report reads its figures, and
returns a function that makes its document.

Cost: the chart and the pairs of account and currency are read once. A date takes a statement for every 100 pairs.
Closings and opening entries are read one by one (there are few, and an index finds them). For a cash flow the database
reads every line of the period that moved with cash. So there are limits.
"""

import datetime as dt
from collections import defaultdict
from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from api.documents.questions import ALL, AsOf, read_as_of
from api.errors import TooMany
from api.processes.long_work import LongWork
from api.shapes.answers import AsOfOut
from ledger.accounts import AccountId, AccountType
from ledger.books.accounts import AccountOpened, AccountUpdated
from ledger.dates import day_before
from ledger.fiscal_year import fiscal_year
from ledger.journal import Ledger, Position, Record, Size
from ledger.store.journal import PAGE_RECORDS, SqlJournal
from ledger.transactions import Kind, TransactionPosted
from projections.balance_history import HistorySums, Pair, list_used, read_balances_on
from projections.chart import ChartAccount, read_accounts_page
from projections.reader import Reading
from projections.register import Filter, read_transactions_page
from projections.register.flows import read_flows_beside

Item = TypeVar("Item")

READ_MODELS = ("chart", "balance_history", "register")
"""The read models of reports."""
RESULT = (AccountType.INCOME, AccountType.EXPENSE)
"""Types of the accounts whose balances are closed at the end of a year."""
RECORDS_MAX = 500_000
"""The most records that are searched for the roles that accounts had. Only needed if accounts were changed since."""
ACCOUNTS_MAX = 100_000
"""The most accounts, and the most pairs of account and currency, of one report."""
KIND_LINES_MAX = 100_000
"""The most lines of opening entries, or of closings, that one report keeps in memory."""
LINES_MAX = 500_000
"""The most lines of transactions with cash that one report reads. For more, ask for shorter periods and add them up."""


@dataclass(frozen=True, slots=True)
class Question:
    """What a report covers: transactions dated `start` to `end`, both included (None: no bound), as known at `size`
    (None: now). Accounts below `depth` are added to their ancestors at that depth."""

    start: dt.date | None = None
    end: dt.date | None = None
    size: Size | None = None
    depth: int | None = None


@dataclass(slots=True)
class Flow:
    """What came in and what went out against one account in one currency."""

    received: int = 0
    paid: int = 0


@dataclass(frozen=True, slots=True)
class Figures:
    """One ledger as known at one size, while its reading is open; made by `open_figures`."""

    reading: Reading
    long: LongWork
    size: Size
    accounts: Mapping[AccountId, ChartAccount]
    pairs: tuple[Pair, ...]
    """The pairs that were used by then, and perhaps more."""

    @property
    def ledger(self) -> Ledger:
        return self.reading.ledger

    async def make_as_of(self, end: dt.date | None) -> AsOfOut:
        """Return what a report up to `end` reflects."""
        return await read_as_of(self.reading.log, self.ledger, self.size, AsOf(end))

    async def sum_around(self, start: dt.date | None, *ends: dt.date | None) -> list[dict[Pair, HistorySums]]:
        """Return the sums of everything dated before `start` (None: of nothing), and those up to each end (None: all).
        They have every pair that was used at `size`, with zeros if all of it is dated later."""
        first = None if start is None else day_before(start)
        days = [end or dt.date.max for end in ends]
        asked = days if first is None else [first, *days]
        found = await read_balances_on(self.reading.view("balance_history"), self.pairs, asked, size=self.size)
        return [{} if first is None else found[first], *(found[day] for day in days)]

    def select(self, types: Collection[AccountType]) -> "Figures":
        """Return the same figures, only of the accounts of these types."""
        return replace(self, pairs=tuple(pair for pair in self.pairs if self.accounts[pair[0]].type in types))

    async def read_kind(self, kind: Kind, start: dt.date | None, end: dt.date | None) -> list[Record]:
        """Return the transactions of a kind, other than normal, dated start to end, in the order of the log. A reversal
        is of the kind of the transaction that it reverses. Raises TooMany."""
        records: dict[Position, Record] = {}
        count = 0
        wanted, after = Filter(kind=kind, start=start, end=end), None
        log, view = self.reading.log, self.reading.view("register")
        while True:
            places = await read_transactions_page(view, wanted, after=after, limit=ALL, size=self.size)
            async for found in log.read_pages_at(self.ledger.serial, [each.position for each in places]):
                count += sum(await self.long.slices.map(_count_lines, found))
                if count > KIND_LINES_MAX:
                    raise TooMany(what=f"lines of transactions of the kind {kind}", most=KIND_LINES_MAX)
                records |= {record.position: record for record in found}
            if len(places) < ALL:
                return [records[position] for position in sorted(records)]
            after = places[-1]

    async def find_year(self, end: dt.date | None) -> dt.date | None:
        """Return the first day of the fiscal year of this date, or of the newest transaction if no date is given.
        Return None if that day is before the year 1, or there is no transaction."""
        if end is None:
            newest = await read_transactions_page(self.reading.view("register"), Filter(), limit=1, size=self.size)
            if not newest:
                return None
            end = newest[0].date
        start = self.ledger.settings.fiscal_year_start
        year = fiscal_year(end, start)
        return dt.date.fromisoformat(f"{year:04}-{start}") if year >= dt.MINYEAR else None

    async def add_roles(self) -> "Figures":
        """Return the same figures, with the roles that the accounts had at `size`. Raises TooMany."""
        changed = {id_ for id_, _ in self.pairs if self.accounts[id_].changed >= self.size > id_}
        roles = await _read_roles_at(self.reading.log, self.long, self.ledger.serial, changed, self.size)
        known = {id_: self.accounts[id_]._replace(role=role) for id_, role in roles.items()}
        return replace(self, accounts={**self.accounts, **known})

    async def read_flows(
        self,
        start: dt.date | None,
        end: dt.date | None,
        cash: Collection[AccountId],
        *,
        without: Collection[Position] = frozenset(),
    ) -> dict[Pair, Flow]:
        """Return what the `cash` accounts received and paid in the transactions dated start to end, by the other
        accounts of those transactions. Leave out the transactions at `without`. Raises TooMany.

        All other lines of a transaction in the same currency count. They add up to what the cash accounts moved,
        because every transaction is balanced in every currency.
        """
        others = {account for account, _ in self.pairs} - set(cash)
        if not cash or not others:
            return {}
        view = self.reading.view("register")
        count, found = await read_flows_beside(
            view, cash, others, start, end, self.size, without=without, most=LINES_MAX + 1
        )
        if count > LINES_MAX:
            raise TooMany(what="lines of transactions with cash", most=LINES_MAX)
        return {pair: Flow(*sums) for pair, sums in found.items()}


def sum_movements(transactions: Iterable[Record]) -> dict[Pair, int]:
    """Return debits less credits by account and currency."""
    moved: dict[Pair, int] = defaultdict(int)
    for record in transactions:
        for posting in _get_posted(record).postings:
            moved[posting.account, posting.currency] += posting.amount.units
    return moved


def _count_lines(record: Record) -> int:
    return len(_get_posted(record).postings)


def _get_posted(record: Record) -> TransactionPosted:
    assert isinstance(record.event, TransactionPosted)
    return record.event


async def open_figures(reading: Reading, long: LongWork, size: Size | None) -> Figures:
    """Return the figures as known at `size` (None: now). The reading must be of READ_MODELS, and stay open.

    Raises TooMany where the chart is too long for one document.
    """
    chart, history = reading.view("chart"), reading.view("balance_history")
    listed = await _read_all(
        "accounts",
        lambda after: read_accounts_page(chart, after=after, limit=ALL),
        lambda account: (account.path or "", account.id),
    )
    used = await _read_all(
        "pairs of account and currency", lambda after: list_used(history, after=after, limit=ALL), lambda pair: pair
    )
    accounts = {account.id: account for account in listed}
    pairs = tuple(pair for pair in used if pair[0] in accounts)
    return Figures(reading, long, reading.size if size is None else size, accounts, pairs)


async def _read_all(
    what: str, page_after: Callable[[Any], Awaitable[list[Item]]], place_of: Callable[[Item], Any]
) -> list[Item]:
    """Return the items of all pages; `place_of` says after which place the next page begins. Raises TooMany."""
    found: list[Item] = []
    after = None
    while True:
        page = await page_after(after)
        found += page
        if len(found) > ACCOUNTS_MAX:
            raise TooMany(what=f"{what} in one report", most=ACCOUNTS_MAX)
        if len(page) < ALL:
            return found
        after = place_of(page[-1])


async def _read_roles_at(
    log: SqlJournal, long: LongWork, serial: int, accounts: Iterable[AccountId], size: Size
) -> dict[AccountId, str | None]:
    """Return the roles of these accounts when the log had this size. They were opened before that. Read records from
    there back until all roles are known."""
    unknown, roles = set(accounts), dict[AccountId, str | None]()
    stop = size
    while unknown:
        if size - stop >= RECORDS_MAX:
            raise TooMany(what="records to read for the roles of accounts", most=RECORDS_MAX)
        start = max(0, stop - PAGE_RECORDS)
        page = [record async for record in log.read_range(serial, start, stop)]
        for account, role in reversed(await long.slices.map(_find_role_given, page)):
            if account in unknown:
                unknown.remove(account)
                roles[account] = role
        stop = start
    return roles


def _find_role_given(record: Record) -> tuple[Position, str | None]:
    """Return the account whose role this record sets, and the role; -1 for no account."""
    if record.envelope["type"] not in ("AccountOpened", "AccountUpdated"):
        return -1, None
    event = record.event
    if isinstance(event, AccountUpdated):
        return event.account, event.role
    assert isinstance(event, AccountOpened)
    return record.position, event.role
