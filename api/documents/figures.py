"""What every report is made of: the accounts of one ledger, and their sums on any date, as known at one size.

Every figure is an exact integer of minor units, per currency; nothing is rounded or converted. An account's type never
changes; its role is the one that it had at that size; its path, number and label are today's, as everywhere.

All of one report is read in one snapshot; nothing waits for a thread meanwhile. A report reads, and returns what makes
its document.

Cost: the chart and the pairs of account and currency, once; a statement for every 100 pairs on a date. What closings
and opening entries moved costs a look at each of them (there are few, and an index finds them). What came and went with
cash costs the database a look at every line of the period. So there are limits.
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
from ledger.accounts import AccountId, AccountType, Role
from ledger.books.accounts import AccountOpened, AccountUpdated
from ledger.dates import day_before
from ledger.fiscal_year import fiscal_year
from ledger.journal import Ledger, Position, Record, Size
from ledger.store.journal import PAGE_RECORDS, SqlJournal
from ledger.transactions import Kind, TransactionPosted
from projections.balance_history import HistorySums, Pair, list_used, read_balances_on
from projections.chart import ChartAccount, accounts_page
from projections.reader import Reading
from projections.register import Filter, read_flows_beside, read_transactions_page

Item = TypeVar("Item")

READ_MODELS = ("chart", "balance_history", "register")
"""What reports are made of."""
RESULT = (AccountType.INCOME, AccountType.EXPENSE)
"""Types of the accounts whose balances are closed at the end of a year."""
CASH = (Role.CASH, Role.BANK)
"""Roles of the accounts where the money is."""
RECORDS_MAX = 500_000
"""Records looked through for the roles that accounts had; only where accounts have been changed since."""
ACCOUNTS_MAX = 100_000
"""Accounts of a chart that a report is made of, and pairs of account and currency."""
KIND_LINES_MAX = 100_000
"""Lines of the opening entries, or of the closings, that one report holds."""
LINES_MAX = 500_000
"""Lines that one report looks at one by one: those of a period that came with cash (ask for shorter periods, which add
up), of opening entries, or of closings."""


@dataclass(frozen=True, slots=True)
class Question:
    """Which report: over what is dated `start` to `end`, both included (None: no bound), as known at `size` (None:
    now), with the accounts below `depth` added to their ancestors at that depth."""

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
    """What was used by then, perhaps more."""

    @property
    def ledger(self) -> Ledger:
        return self.reading.ledger

    async def as_of(self, end: dt.date | None) -> AsOfOut:
        """What the answer reflects."""
        return await read_as_of(self.reading.log, self.ledger, self.size, AsOf(end))

    async def up_to(self, end: dt.date | None) -> dict[Pair, HistorySums]:
        """The sums of everything dated up to `end` (None: of all); of every pair that was used by then, with zeros
        where all of it is dated later."""
        _, found = await self.around(None, end)
        return found

    async def around(self, start: dt.date | None, *ends: dt.date | None) -> list[dict[Pair, HistorySums]]:
        """The sums of everything dated before `start` (None: of nothing), and those up to each of the ends."""
        first = None if start is None else day_before(start)
        days = [end or dt.date.max for end in ends]
        asked = days if first is None else [first, *days]
        found = await read_balances_on(self.reading.view("balance_history"), self.pairs, asked, size=self.size)
        return [{} if first is None else found[first], *(found[day] for day in days)]

    def only(self, types: Collection[AccountType]) -> "Figures":
        """The same, of the accounts of these types."""
        return replace(self, pairs=tuple(pair for pair in self.pairs if self.accounts[pair[0]].type in types))

    async def of_kind(self, kind: Kind, start: dt.date | None, end: dt.date | None) -> list[Record]:
        """The transactions of a kind, other than normal, dated start to end, in the order of the log. A reversal is of
        the kind of what it reverses. Raises TooMany."""
        records: dict[Position, Record] = {}
        count = 0
        wanted, after = Filter(kind=kind, start=start, end=end), None
        log, view = self.reading.log, self.reading.view("register")
        while True:
            places = await read_transactions_page(view, wanted, after=after, limit=ALL, size=self.size)
            async for found in log.read_pages_at(self.ledger.serial, [each.position for each in places]):
                count += sum(await self.long.slices.map(_lines_of, found))
                if count > KIND_LINES_MAX:
                    raise TooMany(what=f"lines of transactions of the kind {kind}", most=KIND_LINES_MAX)
                records |= {record.position: record for record in found}
            if len(places) < ALL:
                return [records[position] for position in sorted(records)]
            after = places[-1]

    async def year_of(self, end: dt.date | None) -> dt.date | None:
        """When the fiscal year of this date begins; without a date, that of the newest transaction. None: in the year
        before the first one there is, or there is no transaction."""
        if end is None:
            newest = await read_transactions_page(self.reading.view("register"), Filter(), limit=1, size=self.size)
            if not newest:
                return None
            end = newest[0].date
        start = self.ledger.settings.fiscal_year_start
        year = fiscal_year(end, start)
        return dt.date.fromisoformat(f"{year:04}-{start}") if year >= dt.MINYEAR else None

    async def with_roles(self) -> "Figures":
        """The same, with the roles that the accounts had then. Raises TooMany."""
        changed = {id_ for id_, _ in self.pairs if self.accounts[id_].changed >= self.size > id_}
        roles = await _roles_at(self.reading.log, self.long, self.ledger.serial, changed, self.size)
        known = {id_: replace(self.accounts[id_], role=role) for id_, role in roles.items()}
        return replace(self, accounts={**self.accounts, **known})

    async def flows(
        self,
        start: dt.date | None,
        end: dt.date | None,
        cash: Collection[AccountId],
        *,
        without: Collection[Position] = frozenset(),
    ) -> dict[Pair, Flow]:
        """What came in and went out by the transactions dated start to end, but for those at `without`, that moved one
        of the `cash` accounts, by their other accounts. Of such a transaction all lines in the same currency count, and
        come to what the cash accounts moved: every transaction is balanced in every currency. Raises TooMany."""
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


def moved_by(transactions: Iterable[Record]) -> dict[Pair, int]:
    """Debits less credits by account and currency."""
    moved: dict[Pair, int] = defaultdict(int)
    for record in transactions:
        for posting in _posted(record).postings:
            moved[posting.account, posting.currency] += posting.amount.units
    return moved


def _lines_of(record: Record) -> int:
    return len(_posted(record).postings)


def _posted(record: Record) -> TransactionPosted:
    assert isinstance(record.event, TransactionPosted)
    return record.event


async def open_figures(reading: Reading, long: LongWork, size: Size | None) -> Figures:
    """Return the figures as known at `size`, None: now. The reading names READ_MODELS, and stays open.

    Raises TooMany where the chart is too long for one document.
    """
    chart, history = reading.view("chart"), reading.view("balance_history")
    listed = await _read_all(
        "accounts",
        lambda after: accounts_page(chart, after=after, limit=ALL),
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


async def _roles_at(
    log: SqlJournal, long: LongWork, serial: int, accounts: Iterable[AccountId], size: Size
) -> dict[AccountId, str | None]:
    """The roles of these accounts, opened before, when the log had this size: from the newest record back until all
    of them are known."""
    unknown, roles = set(accounts), dict[AccountId, str | None]()
    stop = size
    while unknown:
        if size - stop >= RECORDS_MAX:
            raise TooMany(what="records to read for the roles of accounts", most=RECORDS_MAX)
        start = max(0, stop - PAGE_RECORDS)
        page = [record async for record in log.read_range(serial, start, stop)]
        for account, role in reversed(await long.slices.map(_role_given, page)):
            if account in unknown:
                unknown.remove(account)
                roles[account] = role
        stop = start
    return roles


def _role_given(record: Record) -> tuple[Position, str | None]:
    """The account that this record gives a role, or takes it from, and the role; -1: none."""
    if record.envelope["type"] not in ("AccountOpened", "AccountUpdated"):
        return -1, None
    event = record.event
    if isinstance(event, AccountUpdated):
        return event.account, event.role
    assert isinstance(event, AccountOpened)
    return record.position, event.role
