"""The documents of the dashboard: a ledger's own, and the one that the existing frontend shows.

Both show today in the ledger's time zone, from one snapshot of the read models. The transactions are read from the log.
Income and expenses leave out the closing of a year. Income and liabilities are positive.
"""

import datetime as dt
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from decimal import Decimal
from functools import cached_property
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from api.documents.questions import AsOf, collect_accounts, read_as_of
from api.errors import TooMany
from api.shapes.currencies import find_iso_scale
from api.shapes.dashboard import BillsOut, DashboardDataOut, DashboardOut, HeadlineOut, OtherHeadlineOut, RecentOut
from api.shapes.json_text import dumps
from api.shapes.transactions import make_transaction
from ledger.accounts import AccountId, AccountType, Side, normal_side
from ledger.dates import add_days, day_before, local_date
from ledger.journal import Ledger, Record
from ledger.money import format_units
from ledger.transactions import TransactionPosted
from projections.chart import (
    CASH_ROLES,
    NamedAccount,
    read_cash_accounts,
    read_named_accounts,
    read_named_accounts_by_id,
)
from projections.dashboard import Pair, Standing, find_month_start, read_standing
from projections.open_items import OpenBill, read_open_bills
from projections.reader import Reading
from projections.register import Filter, Place, read_transactions_page

READ_MODELS = ("dashboard", "account_balances", "chart", "open_items", "register")
"""The read models of a dashboard."""
MONTHS = 12
"""The number of months shown, this one included. Net worth is shown at as many ends of months before today."""
UPCOMING_DAYS = 30
BILLS_SHOWN = 20
TRANSACTIONS_SHOWN = 10
TRANSACTIONS_OF_FRONTEND = 5

ACCOUNTS_MAX = 100_000
"""The most accounts of a ledger that has a dashboard."""
RECORDS_BYTES_MAX = 256 * 1024
"""The most bytes of the newest transactions together. Most have some hundred bytes; one with thousands of lines is
shown alone."""

_NET_WORTH = (AccountType.ASSET, AccountType.LIABILITY)
_RESULT = (AccountType.INCOME, AccountType.EXPENSE)
_NATURAL = {str(each): 1 if normal_side(each) is Side.DEBIT else -1 for each in AccountType}
"""By type of account: what makes of debits less credits an amount that grows the natural way round."""


def find_today(ledger: Ledger, now: dt.datetime) -> dt.date:
    """Return the date at this time in the ledger's time zone, or in UTC if this machine does not know that zone."""
    try:
        zone: dt.tzinfo = ZoneInfo(ledger.settings.time_zone)
    except (ZoneInfoNotFoundError, ValueError):
        zone = dt.UTC
    return local_date(now, zone)


async def _read_newest(reading: Reading, today: dt.date, limit: int) -> list[Place]:
    return await read_transactions_page(reading.view("register"), Filter(end=today), limit=limit, size=reading.size)


async def _read_records(reading: Reading, places: Iterable[Place]) -> list[Record]:
    """Return the records of these transactions. Where they have very many lines, return fewer, but at least one."""
    positions = [place.position for place in places]
    return await reading.log.read_fitting(reading.ledger.serial, positions, most_bytes=RECORDS_BYTES_MAX)


async def _add_scale(reading: Reading, scales: Mapping[str, int]) -> Mapping[str, int]:
    """Return the digits of currencies with those of the main currency, also if it has not been used yet."""
    currency = reading.ledger.settings.currency
    if currency in scales:
        return scales
    known = (await reading.log.read_currencies(reading.ledger.serial)).get(currency)
    return {**scales, currency: known if known is not None else find_iso_scale(currency) or 0}


# --- the ledger's own dashboard --------------------------------------------------------------------------------------


async def read_dashboard(reading: Reading, today: dt.date) -> Callable[[], DashboardOut]:
    """Return a function that makes the document: everything on one page, up to `today`, every figure in every currency,
    the headline in the main one. Raises TooMany."""
    view, ledger = reading.view("dashboard"), reading.ledger
    accounts = await read_named_accounts(reading.view("chart"), limit=ACCOUNTS_MAX + 1)
    if len(accounts) > ACCOUNTS_MAX:
        raise TooMany(what="accounts on a dashboard", most=ACCOUNTS_MAX)
    now = await read_standing(view, today, since=find_month_start(today, back=MONTHS - 1))
    bills = await read_open_bills(reading.view("open_items"), today)
    places = await _read_newest(reading, today, TRANSACTIONS_SHOWN)
    scales = await _add_scale(reading, now.scales)
    as_of = await read_as_of(reading.log, ledger, reading.size, AsOf(today))
    records = await _read_records(reading, places)
    reversals = await reading.log.find_reversals(ledger.serial, [record.position for record in records])
    reversed_by = {position: id_ for position, (id_, by) in reversals.items() if by < reading.size}

    def make() -> DashboardOut:
        sheet = _Sheet(ledger.settings.currency, today, accounts, now, bills, scales)
        paths = {id_: account.path for id_, account in accounts.items() if account.path is not None}
        return {
            "as_of": as_of,
            "today": today.isoformat(),
            "currency": ledger.settings.currency,
            "headline": sheet.make_headline(),
            "complete": not (others := sheet.make_other_headlines()),
            "not_valued": others,
            "balances": sheet.list_balances(),
            "months": sheet.list_months(),
            "categories": sheet.list_categories(),
            "net_worth": sheet.list_net_worth(),
            "cash": sheet.list_cash(),
            "bills": sheet.list_bills(),
            "transactions": [make_transaction(record, paths, reversed_by.get(record.position)) for record in records],
        }

    return make


class _Sheet:
    """The figures of a dashboard. Each method returns one part of the document."""

    def __init__(
        self,
        currency: str,
        today: dt.date,
        accounts: Mapping[AccountId, NamedAccount],
        now: Standing,
        bills: Sequence[OpenBill],
        scales: Mapping[str, int],
    ) -> None:
        self._currency = currency
        self._today = today
        self._accounts = accounts
        self._now = now
        self._bills = bills
        self._scales = scales
        self._this_month = find_month_start(today)
        self._results = {month: _sum_results(now, month, accounts) for month in self._list_months()}

    def make_headline(self) -> HeadlineOut:
        """Return the headline in the main currency."""
        return self._show_headline(self._currency)

    def make_other_headlines(self) -> list[OtherHeadlineOut]:
        """Return the headline in every other currency with a figure that is not zero. No figure is converted."""
        others = sorted(self._scales.keys() - {self._currency})
        return [{"currency": each, **self._show_headline(each)} for each in others if any(self._figures[each].values())]

    def _show_headline(self, currency: str) -> HeadlineOut:
        shown: Any = {name: self._show(units, currency) for name, units in self._figures[currency].items()}
        headline: HeadlineOut = shown
        return headline

    @cached_property
    def _figures(self) -> dict[str, dict[str, int]]:
        """The figures of a headline by currency."""
        results = self._results[self._this_month]
        worth, cash = self._sum_net_worth(), _sum_cash(self._now, self._accounts)
        upcoming, overdue = _sum_due(self._bills, self._today)
        found = {}
        for currency in self._scales:
            earned, spent = results.get(currency, (0, 0))
            found[currency] = {
                "net_worth": worth.get(currency, 0),
                "cash": cash.get(currency, 0),
                "income": earned,
                "expenses": spent,
                "savings": earned - spent,
                "upcoming_bills": upcoming.get(currency, 0),
                "overdue_bills": overdue.get(currency, 0),
            }
        return found

    def list_balances(self) -> list[Any]:
        """Return balances by type and group. The group is the second segment of the path, or its only one."""
        sums: dict[tuple[str, str, str], int] = defaultdict(int)
        for (account, currency), units in self._now.balances.items():
            path, type_ = self._get_path(account), self._accounts[account].type
            root, _, rest = path.partition(":")
            sums[type_, rest.partition(":")[0] or root, currency] += units * _NATURAL[type_]
        order = [str(each) for each in AccountType]
        return [
            {"type": type_, "group": group, "currency": currency, "balance": self._show(units, currency)}
            for (type_, group, currency), units in sorted(
                sums.items(), key=lambda each: (order.index(each[0][0]), each)
            )
        ]

    def list_months(self) -> list[Any]:
        """Return the results of the months, oldest first. Every month has a row in the main currency."""
        rows = []
        for month in self._list_months():
            results = {self._currency: (0, 0)} | self._results[month]
            for currency, (earned, spent) in sorted(results.items()):
                figures = {"income": earned, "expenses": spent, "savings": earned - spent}
                shown = {name: self._show(units, currency) for name, units in figures.items()}
                rows.append({"month": month.isoformat()[:7], "currency": currency, **shown})
        return rows

    def list_categories(self) -> list[Any]:
        """Return income and expenses by account: income first, then in the order of paths."""
        results = {id_: _NATURAL[account.type] for id_, account in self._accounts.items() if account.type in _RESULT}
        sums: dict[Pair, int] = {}
        for moved in self._now.months.values():
            for pair, (_, ordinary) in moved.items():
                if ordinary and pair[0] in results:
                    sums[pair] = sums.get(pair, 0) + ordinary
        this_month = self._now.months.get(self._this_month, {})
        rows = [
            {
                "type": self._accounts[pair[0]].type,
                "account": self._get_path(pair[0]),
                "account_id": pair[0],
                "currency": pair[1],
                "this_month": self._show(this_month.get(pair, (0, 0))[1] * results[pair[0]], pair[1]),
                "twelve_months": self._show(ordinary * results[pair[0]], pair[1]),
            }
            for pair, ordinary in sums.items()
        ]
        return sorted(rows, key=lambda row: (row["type"] != AccountType.INCOME, row["account"], row["currency"]))

    def list_net_worth(self) -> list[Any]:
        """Return assets less liabilities at the ends of months, oldest first, and today."""
        worth, counts = self._sum_net_worth(), self._select_accounts(_NET_WORTH)
        currencies = sorted({self._currency} | worth.keys())
        points = [(self._today, dict(worth))]
        for month in reversed(self._list_months()):  # go back through the months, and subtract what moved in each
            for (account, currency), (units, _) in self._now.months.get(month, {}).items():
                if account in counts:
                    worth[currency] -= units
            if (month_end := day_before(month)) is not None:
                points.append((month_end, dict(worth)))
        return [
            {"date": date.isoformat(), "currency": currency, "amount": self._show(at.get(currency, 0), currency)}
            for date, at in reversed(points)
            for currency in currencies
        ]

    def list_cash(self) -> list[Any]:
        """Return the balances of the accounts with the role of cash or of a bank account."""
        rows = [
            {
                "account": self._get_path(account),
                "account_id": account,
                "label": self._accounts[account].label,
                "role": self._accounts[account].role,
                "currency": currency,
                "balance": self._show(units, currency),
            }
            for (account, currency), units in self._now.balances.items()
            if self._accounts[account].role in CASH_ROLES
        ]
        return sorted(rows, key=lambda row: (row["account"], row["currency"]))

    def list_bills(self) -> BillsOut:
        """Return the sums of open bills by currency, and the bills that are due first, overdue ones included."""
        upcoming, overdue = _sum_due(self._bills, self._today)
        last = add_days(self._today, UPCOMING_DAYS)
        return {
            "upcoming": self._show_sums(upcoming),
            "overdue": self._show_sums(overdue),
            "next": [
                {
                    "account": self._get_path(bill.account),
                    "account_id": bill.account,
                    "party": bill.party or None,
                    "due": bill.due.isoformat(),
                    "currency": bill.currency,
                    "amount": self._show(bill.units, bill.currency),
                }
                for bill in self._bills[:BILLS_SHOWN]
                if bill.due <= last
            ],
        }

    def _sum_net_worth(self) -> dict[str, int]:
        worth: dict[str, int] = defaultdict(int)
        counts = self._select_accounts(_NET_WORTH)
        for (account, currency), units in self._now.balances.items():
            if account in counts:
                worth[currency] += units
        return worth

    def _select_accounts(self, types: Collection[str]) -> set[AccountId]:
        return {id_ for id_, account in self._accounts.items() if account.type in types}

    def _list_months(self) -> list[dt.date]:
        return sorted({find_month_start(self._today, back=back) for back in range(MONTHS)})

    def _show_sums(self, sums: Mapping[str, int]) -> list[Any]:
        shown = {self._currency: 0} | dict(sums)
        return [{"currency": each, "amount": self._show(units, each)} for each, units in sorted(shown.items())]

    def _get_path(self, account: AccountId) -> str:
        return self._accounts[account].path or str(account)

    def _show(self, units: int, currency: str) -> str:
        return format_units(units, self._scales[currency])


def _sum_results(
    now: Standing, month: dt.date, accounts: Mapping[AccountId, NamedAccount]
) -> dict[str, tuple[int, int]]:
    """Return income and expenses of a month by currency."""
    results: dict[str, tuple[int, int]] = {}
    for (account, currency), (_, ordinary) in now.months.get(month, {}).items():
        type_ = accounts[account].type
        if type_ in _RESULT:
            earned, spent = results.get(currency, (0, 0))
            if type_ == AccountType.INCOME:
                results[currency] = (earned - ordinary, spent)
            else:
                results[currency] = (earned, spent + ordinary)
    return results


def _sum_cash(now: Standing, accounts: Mapping[AccountId, NamedAccount]) -> dict[str, int]:
    """Return the balance of all accounts with the role of cash or of a bank account, by currency."""
    sums: dict[str, int] = defaultdict(int)
    for (account, currency), units in now.balances.items():
        if accounts[account].role in CASH_ROLES:
            sums[currency] += units
    return sums


def _sum_due(bills: Iterable[OpenBill], today: dt.date) -> tuple[dict[str, int], dict[str, int]]:
    """Return what is due from today to UPCOMING_DAYS later, and what was due before, by currency."""
    upcoming: dict[str, int] = defaultdict(int)
    overdue: dict[str, int] = defaultdict(int)
    last = add_days(today, UPCOMING_DAYS)
    for bill in bills:
        if bill.due < today:
            overdue[bill.currency] += bill.units
        elif bill.due <= last:
            upcoming[bill.currency] += bill.units
    return upcoming, overdue


# --- the existing frontend's dashboard -------------------------------------------------------------------------------


async def read_dashboard_data(reading: Reading, username: str, today: dt.date) -> Callable[[], bytes]:
    """Return a function that makes the document of the frontend's page, in the ledger's main currency, as JSON.

    The amount of a transaction is what it adds to (or takes from) the accounts with the role of cash or of a bank
    account. If it has no such account, it is its income less its expenses. If it has none of these either, it is the
    change of its assets. Its type is the last segment of the path of its largest income or expense account, else of its
    largest account that is not cash.
    """
    currency, view, chart = reading.ledger.settings.currency, reading.view("dashboard"), reading.view("chart")
    cash = await read_cash_accounts(chart)
    now = await read_standing(view, today, since=find_month_start(today), only=cash)
    bills = await read_open_bills(reading.view("open_items"), today)
    records = await _read_records(reading, await _read_newest(reading, today, TRANSACTIONS_OF_FRONTEND))
    moved = {account for account, _ in now.months.get(find_month_start(today), {})} | collect_accounts(records)
    accounts = cash | await read_named_accounts_by_id(chart, moved - cash.keys())
    scale = (await _add_scale(reading, now.scales))[currency]

    def make() -> bytes:
        earned, spent = _sum_results(now, find_month_start(today), accounts).get(currency, (0, 0))
        data: DashboardDataOut = {
            "account_balance": _make_decimal(_sum_cash(now, cash).get(currency, 0), scale),
            "upcoming_bills": _make_decimal(_sum_due(bills, today)[0].get(currency, 0), scale),
            "monthly_savings": _make_decimal(earned - spent, scale),
            "recent_transactions": [_make_recent(record, accounts, cash.keys(), currency, scale) for record in records],
            "account_name": f"{username}'s Account",
        }
        return _write_json(data)

    return make


def _make_recent(
    record: Record,
    accounts: Mapping[AccountId, NamedAccount],
    cash_accounts: Collection[AccountId],
    currency: str,
    scale: int,
) -> RecentOut:
    posted = record.event
    assert isinstance(posted, TransactionPosted)
    moved: dict[AccountId, int] = {}
    for posting in posted.postings:
        units = posting.amount.units if posting.currency == currency else 0
        moved[posting.account] = moved.get(posting.account, 0) + units
    on = {account for account in moved if account in cash_accounts}
    result = {account for account in moved if accounts[account].type in _RESULT}
    assets = {account for account in moved if accounts[account].type == AccountType.ASSET}
    if on:
        units = sum(moved[account] for account in on)
    elif result:
        units = -sum(moved[account] for account in result)
    else:
        units = sum(moved[account] for account in assets)
    told = result or moved.keys() - on or moved.keys()
    main = max((account for account in moved if account in told), key=lambda account: abs(moved[account]))
    return {
        "id": record.id,
        "date": f"{posted.date.isoformat()}T00:00:00",
        "amount": _make_decimal(units, scale),
        "type": (accounts[main].path or str(main)).rpartition(":")[2],
        "description": posted.memo.description or "",
    }


def _make_decimal(units: int, scale: int) -> Decimal:
    return Decimal(format_units(units, scale))


def _write_json(content: Any) -> bytes:
    """Return the content as JSON. Decimals become numbers digit for digit: a float would lose some digits."""
    match content:
        case Decimal():
            return format(content, "f").encode()
        case dict():
            return b"{%b}" % b",".join(dumps(name) + b":" + _write_json(member) for name, member in content.items())
        case list():
            return b"[%b]" % b",".join(map(_write_json, content))
    return dumps(content)
