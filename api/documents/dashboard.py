"""The documents of the dashboard: a ledger's own, and the one that the existing frontend shows.

Both answer for today in the ledger's time zone, from one snapshot of the read models; the transactions are read from
the log. Income and expenses leave out what closes a year. Income, and what is owed, count the natural way round: they
grow upwards.
"""

import datetime as dt
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from decimal import Decimal
from functools import cached_property
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from api.documents.questions import AsOf, accounts_in, read_as_of
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
from projections.chart import HOLDINGS, NamedAccount, holdings, named_accounts, named_accounts_by_id
from projections.dashboard import Moved, Pair, Standing, first_of, standing
from projections.open_items import OpenBill, open_bills
from projections.reader import Reading
from projections.register import Filter, Place, read_transactions_page

READ_MODELS = ("dashboard", "account_balances", "chart", "open_items", "register")
"""What a dashboard is made of."""
MONTHS = 12
"""Shown, this one included; of net worth as many ends of months before it."""
UPCOMING_DAYS = 30
BILLS_SHOWN = 20
TRANSACTIONS_SHOWN = 10
TRANSACTIONS_OF_FRONTEND = 5

ACCOUNTS_MAX = 100_000
"""Of a ledger whose dashboard can be made."""
RECORDS_BYTES_MAX = 256 * 1024
"""Of the newest transactions together. Most have some hundred bytes; one with thousands of lines stands alone."""

_NET_WORTH = (AccountType.ASSET, AccountType.LIABILITY)
_RESULT = (AccountType.INCOME, AccountType.EXPENSE)
_NATURAL = {str(each): 1 if normal_side(each) is Side.DEBIT else -1 for each in AccountType}
"""By type of account: what makes of debits less credits an amount that grows the natural way round."""
_NOTHING = Moved(0, 0)


def today_of(ledger: Ledger, now: dt.datetime) -> dt.date:
    """What day it is in the ledger's time zone; in UTC where this machine does not know that zone."""
    try:
        zone: dt.tzinfo = ZoneInfo(ledger.settings.time_zone)
    except (ZoneInfoNotFoundError, ValueError):
        zone = dt.UTC
    return local_date(now, zone)


async def _newest(reading: Reading, today: dt.date, limit: int) -> list[Place]:
    return await read_transactions_page(reading.view("register"), Filter(end=today), limit=limit, size=reading.size)


async def _records(reading: Reading, places: Iterable[Place]) -> list[Record]:
    """Return the records of these transactions; fewer, and at least the first, where they have very many lines."""
    positions = [place.position for place in places]
    return await reading.log.read_fitting(reading.ledger.serial, positions, most_bytes=RECORDS_BYTES_MAX)


async def _scale(reading: Reading) -> int:
    """Return the digits of the main currency, which may not have been used yet."""
    currency = reading.ledger.settings.currency
    known = (await reading.log.read_currencies(reading.ledger.serial)).get(currency)
    return known if known is not None else find_iso_scale(currency) or 0


# --- the ledger's own dashboard --------------------------------------------------------------------------------------


async def read_dashboard(reading: Reading, today: dt.date) -> Callable[[], DashboardOut]:
    """Return what makes the document: everything on one page, as of today, every figure in every currency, the headline
    in the main one. Raises TooMany."""
    view, ledger = reading.view("dashboard"), reading.ledger
    accounts = await named_accounts(reading.view("chart"), limit=ACCOUNTS_MAX + 1)
    if len(accounts) > ACCOUNTS_MAX:
        raise TooMany(what="accounts on a dashboard", most=ACCOUNTS_MAX)
    now = await standing(view, today, since=first_of(today, back=MONTHS - 1))
    bills = await open_bills(reading.view("open_items"), today)
    places = await _newest(reading, today, TRANSACTIONS_SHOWN)
    scales = {**now.scales, ledger.settings.currency: await _scale(reading)}
    as_of = await read_as_of(reading.log, ledger, reading.size, AsOf(today))
    records = await _records(reading, places)
    reversals = await reading.log.find_reversals(ledger.serial, [record.position for record in records])
    reversed_by = {position: id_ for position, (id_, by) in reversals.items() if by < reading.size}

    def make() -> DashboardOut:
        sheet = _Sheet(ledger.settings.currency, today, accounts, now, bills, scales)
        paths = {id_: account.path for id_, account in accounts.items() if account.path is not None}
        return {
            "as_of": as_of,
            "today": today.isoformat(),
            "currency": ledger.settings.currency,
            "headline": sheet.headline(),
            "complete": not (others := sheet.other_headlines()),
            "not_valued": others,
            "balances": sheet.balances(),
            "months": sheet.months(),
            "categories": sheet.categories(),
            "net_worth": sheet.net_worth(),
            "cash": sheet.cash(),
            "bills": sheet.bills(),
            "transactions": [make_transaction(record, paths, reversed_by.get(record.position)) for record in records],
        }

    return make


class _Sheet:
    """The figures, and how each part of the document shows them."""

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
        self._this_month = first_of(today)
        self._results = {month: _result(now, month, accounts) for month in self._shown_months()}

    def headline(self) -> HeadlineOut:
        """In the main currency."""
        return self._headline(self._currency)

    def other_headlines(self) -> list[OtherHeadlineOut]:
        """The same in every other currency with a figure that is not zero: no figure is converted."""
        others = sorted(self._scales.keys() - {self._currency})
        return [{"currency": each, **self._headline(each)} for each in others if any(self._figures[each].values())]

    def _headline(self, currency: str) -> HeadlineOut:
        shown: Any = {name: self._text(units, currency) for name, units in self._figures[currency].items()}
        headline: HeadlineOut = shown
        return headline

    @cached_property
    def _figures(self) -> dict[str, dict[str, int]]:
        """The figures of a headline by currency."""
        results = self._results[self._this_month]
        worth, held = self._worth(), _held(self._now, self._accounts)
        upcoming, overdue = _due(self._bills, self._today)
        found = {}
        for currency in self._scales:
            earned, spent = results.get(currency, (0, 0))
            found[currency] = {
                "net_worth": worth.get(currency, 0),
                "cash": held.get(currency, 0),
                "income": earned,
                "expenses": spent,
                "savings": earned - spent,
                "upcoming_bills": upcoming.get(currency, 0),
                "overdue_bills": overdue.get(currency, 0),
            }
        return found

    def balances(self) -> list[Any]:
        """By type and group: the second segment of the path, or its only one."""
        sums: dict[tuple[str, str, str], int] = defaultdict(int)
        for (account, currency), units in self._now.balances.items():
            path, type_ = self._path(account), self._accounts[account].type
            root, _, rest = path.partition(":")
            sums[type_, rest.partition(":")[0] or root, currency] += units * _NATURAL[type_]
        order = [str(each) for each in AccountType]
        return [
            {"type": type_, "group": group, "currency": currency, "balance": self._text(units, currency)}
            for (type_, group, currency), units in sorted(
                sums.items(), key=lambda each: (order.index(each[0][0]), each)
            )
        ]

    def months(self) -> list[Any]:
        """Oldest first; the main currency in every one of them."""
        rows = []
        for month in self._shown_months():
            results = {self._currency: (0, 0)} | self._results[month]
            for currency, (earned, spent) in sorted(results.items()):
                figures = {"income": earned, "expenses": spent, "savings": earned - spent}
                shown = {name: self._text(units, currency) for name, units in figures.items()}
                rows.append({"month": month.isoformat()[:7], "currency": currency, **shown})
        return rows

    def categories(self) -> list[Any]:
        """What came in and went out, by account: income first, then in the order of paths."""
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
                "account": self._path(pair[0]),
                "account_id": pair[0],
                "currency": pair[1],
                "this_month": self._text(this_month.get(pair, _NOTHING).ordinary * results[pair[0]], pair[1]),
                "twelve_months": self._text(ordinary * results[pair[0]], pair[1]),
            }
            for pair, ordinary in sums.items()
        ]
        return sorted(rows, key=lambda row: (row["type"] != AccountType.INCOME, row["account"], row["currency"]))

    def net_worth(self) -> list[Any]:
        """Assets less liabilities at the ends of months, oldest first, and today."""
        worth, counts = self._worth(), self._counting(_NET_WORTH)
        currencies = sorted({self._currency} | worth.keys())
        points = [(self._today, dict(worth))]
        for month in reversed(self._shown_months()):  # back through the months: without what moved in each
            for (account, currency), (units, _) in self._now.months.get(month, {}).items():
                if account in counts:
                    worth[currency] -= units
            if (month_end := day_before(month)) is not None:
                points.append((month_end, dict(worth)))
        return [
            {"date": date.isoformat(), "currency": currency, "amount": self._text(at.get(currency, 0), currency)}
            for date, at in reversed(points)
            for currency in currencies
        ]

    def cash(self) -> list[Any]:
        """The accounts with the role of cash or of a bank account; without such roles, none."""
        rows = [
            {
                "account": self._path(account),
                "account_id": account,
                "label": self._accounts[account].label,
                "role": self._accounts[account].role,
                "currency": currency,
                "balance": self._text(units, currency),
            }
            for (account, currency), units in self._now.balances.items()
            if self._accounts[account].role in HOLDINGS
        ]
        return sorted(rows, key=lambda row: (row["account"], row["currency"]))

    def bills(self) -> BillsOut:
        """Sums by currency, and the bills that are due first, overdue ones included."""
        upcoming, overdue = _due(self._bills, self._today)
        last = add_days(self._today, UPCOMING_DAYS)
        return {
            "upcoming": self._sums(upcoming),
            "overdue": self._sums(overdue),
            "next": [
                {
                    "account": self._path(bill.account),
                    "account_id": bill.account,
                    "party": bill.party or None,
                    "due": bill.due.isoformat(),
                    "currency": bill.currency,
                    "amount": self._text(bill.units, bill.currency),
                }
                for bill in self._bills[:BILLS_SHOWN]
                if bill.due <= last
            ],
        }

    def _worth(self) -> dict[str, int]:
        worth: dict[str, int] = defaultdict(int)
        counts = self._counting(_NET_WORTH)
        for (account, currency), units in self._now.balances.items():
            if account in counts:
                worth[currency] += units
        return worth

    def _counting(self, types: Collection[str]) -> set[AccountId]:
        return {id_ for id_, account in self._accounts.items() if account.type in types}

    def _shown_months(self) -> list[dt.date]:
        return sorted({first_of(self._today, back=back) for back in range(MONTHS)})

    def _sums(self, sums: Mapping[str, int]) -> list[Any]:
        shown = {self._currency: 0} | dict(sums)
        return [{"currency": each, "amount": self._text(units, each)} for each, units in sorted(shown.items())]

    def _path(self, account: AccountId) -> str:
        return self._accounts[account].path or str(account)

    def _text(self, units: int, currency: str) -> str:
        return format_units(units, self._scales[currency])


def _result(now: Standing, month: dt.date, accounts: Mapping[AccountId, NamedAccount]) -> dict[str, tuple[int, int]]:
    """Income and expenses of a month by currency."""
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


def _held(now: Standing, accounts: Mapping[AccountId, NamedAccount]) -> dict[str, int]:
    """What stands on the accounts with the role of cash or of a bank account, by currency."""
    sums: dict[str, int] = defaultdict(int)
    for (account, currency), units in now.balances.items():
        if accounts[account].role in HOLDINGS:
            sums[currency] += units
    return sums


def _due(bills: Iterable[OpenBill], today: dt.date) -> tuple[dict[str, int], dict[str, int]]:
    """What is due from today to UPCOMING_DAYS later, and what was due before, by currency."""
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
    """Return what makes the document that the frontend's page shows (CONTRACT section 6), in the ledger's main
    currency, as JSON.

    A transaction's amount is what it brought to (or took from) the accounts with the role of cash or of a bank account;
    where it touches none of those its income less its expenses, else the change of its assets. Its type is the last
    segment of the path of its largest income or expense account, else of its largest account that is none of those.
    """
    currency, view, chart = reading.ledger.settings.currency, reading.view("dashboard"), reading.view("chart")
    held = await holdings(chart)
    now = await standing(view, today, since=first_of(today), only=held)
    bills = await open_bills(reading.view("open_items"), today)
    records = await _records(reading, await _newest(reading, today, TRANSACTIONS_OF_FRONTEND))
    moved = {account for account, _ in now.months.get(first_of(today), {})} | accounts_in(records)
    accounts = held | await named_accounts_by_id(chart, moved - held.keys())
    scale = await _scale(reading)

    def make() -> bytes:
        earned, spent = _result(now, first_of(today), accounts).get(currency, (0, 0))
        data: DashboardDataOut = {
            "account_balance": _exact(_held(now, held).get(currency, 0), scale),
            "upcoming_bills": _exact(_due(bills, today)[0].get(currency, 0), scale),
            "monthly_savings": _exact(earned - spent, scale),
            "recent_transactions": [_recent(record, accounts, held.keys(), currency, scale) for record in records],
            "account_name": f"{username}'s Account",
        }
        return _json(data)

    return make


def _recent(
    record: Record,
    accounts: Mapping[AccountId, NamedAccount],
    held: Collection[AccountId],
    currency: str,
    scale: int,
) -> RecentOut:
    posted = record.event
    assert isinstance(posted, TransactionPosted)
    moved: dict[AccountId, int] = {}
    for posting in posted.postings:
        units = posting.amount.units if posting.currency == currency else 0
        moved[posting.account] = moved.get(posting.account, 0) + units
    on = {account for account in moved if account in held}
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
        "amount": _exact(units, scale),
        "type": (accounts[main].path or str(main)).rpartition(":")[2],
        "description": posted.memo.description or "",
    }


def _exact(units: int, scale: int) -> Decimal:
    return Decimal(format_units(units, scale))


def _json(content: Any) -> bytes:
    """JSON in which decimals are numbers, digit for digit: a float would lose some."""
    match content:
        case Decimal():
            return format(content, "f").encode()
        case dict():
            return b"{%b}" % b",".join(dumps(name) + b":" + _json(member) for name, member in content.items())
        case list():
            return b"[%b]" % b",".join(map(_json, content))
    return dumps(content)
