"""The four reports as documents. Each function reads the figures, and returns a function that makes the document.

A line is an account, or with `depth` the accounts of one type below an ancestor, in one currency. Within a section,
lines are in the order of paths. Amounts have the sign of their section: assets and expenses grow by debits, the rest by
credits. So an account with the opposite balance (a depreciation among the assets) is negative, and sections add up.
Lines of zero are left out, except in the trial balance. Each document checks itself, per currency.

Nothing is converted. `complete` says whether the totals in the ledger's own `currency` cover everything. `not_valued`
lists the other currencies, each with its sum of debit balances (trial balance), equity, result, or closing cash.
"""

import datetime as dt
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from typing_extensions import TypedDict

from api.documents.figures import RESULT, Figures, Question, sum_movements
from api.documents.results import read_results
from api.shapes.answers import SumOut
from api.shapes.statements import (
    AccountLine,
    BalanceSheetOut,
    CashFlowOut,
    CashTotal,
    IncomeStatementOut,
    IncomeTotal,
    SheetLine,
    SheetTotal,
    TrialBalanceOut,
    TrialLine,
    TrialTotal,
)
from ledger.accounts import AccountType, Role, Side, normal_side
from ledger.money import format_units
from ledger.transactions import Kind
from projections.balance_history import HistorySums
from projections.chart import CASH_ROLES, ChartAccount

WORKING = (Role.RECEIVABLE, Role.PAYABLE, Role.TAX)
"""Roles of accounts through which income and expenses become cash."""
_TYPES = list(AccountType)

# --- grouping --------------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class _Group:
    """Accounts shown as one line, in one currency: their sums by column, in minor units of 10**-scale."""

    section: str
    path: str
    type: AccountType
    currency: str
    scale: int
    own: ChartAccount | None = None
    """The account of this line, or the account that has the path of the group."""
    sums: dict[str, int] = field(default_factory=lambda: defaultdict(int))

    def make_account_line(self) -> AccountLine:
        own = self.own
        return {
            "account": self.path,
            "account_id": None if own is None else own.id,
            "number": None if own is None else own.number,
            "label": None if own is None else own.label,
            "type": self.type,
            "currency": self.currency,
        }

    def __getitem__(self, column: str) -> str:
        return format_units(self.sums[column], self.scale)


class _Table:
    """Groups in the order of sections and paths, and the totals of their columns by currency."""

    def __init__(self, figures: Figures, depth: int | None, seen: Iterable[HistorySums]) -> None:
        """Make an empty table. `seen` has the currencies of the books. Each of them has totals, perhaps of zero."""
        self._accounts = figures.accounts
        self._depth = depth
        self._groups: dict[tuple[str, str, str | int, str], _Group] = {}
        self._scales = {each.currency: each.scale for each in seen}
        self._totals: dict[tuple[str, str, str], int] = defaultdict(int)

    @property
    def currencies(self) -> list[str]:
        return sorted(self._scales)

    def add(self, section: str, account: ChartAccount, currency: str, **columns: int) -> None:
        """Add one account's figures in one currency."""
        path = account.path or str(account.id)  # an erased name: the id takes its place, below no other account
        apart: str | int = account.id
        if self._depth is not None and account.path is not None:
            apart = path = ":".join(path.split(":")[: self._depth])
        key = (section, account.type, apart, currency)
        if (group := self._groups.get(key)) is None:
            type_ = AccountType(account.type)
            group = self._groups[key] = _Group(section, path, type_, currency, self._scales[currency])
        if path == (account.path or path):
            group.own = account
        for column, units in columns.items():
            group.sums[column] += units
            self._totals[section, column, currency] += units

    def list_groups(self, sections: Sequence[str]) -> list[_Group]:
        """Return the groups of these sections, in this order, and within a section in the order of paths."""

        def place(group: _Group) -> tuple[int, str, int, int, str]:
            id_ = group.own.id if group.own else -1
            return sections.index(group.section), group.path, _TYPES.index(group.type), id_, group.currency

        return sorted((group for group in self._groups.values() if group.section in sections), key=place)

    def get_total(self, section: str, column: str, currency: str) -> int:
        """Return the sum of a column over a section."""
        return self._totals[section, column, currency]

    def format(self, units: int, currency: str) -> str:
        """Return an amount in a currency as text."""
        return format_units(units, self._scales[currency])


def _orient(units: int, type_: str) -> int:
    return units if normal_side(AccountType(type_)) is Side.DEBIT else -units


def _format_date(date: dt.date | None) -> str | None:
    return None if date is None else date.isoformat()


class _Currencies(TypedDict):
    currency: str
    complete: bool
    not_valued: list[SumOut]


def _describe_currencies(figures: Figures, totals: Iterable[Mapping[str, Any]], amount: str) -> _Currencies:
    """Return the ledger's currency, and the totals in other currencies that are not all zeros: they are not valued."""
    currency = figures.ledger.settings.currency
    others = [each for each in totals if each["currency"] != currency and _is_something(each)]
    shown: list[SumOut] = [{"currency": each["currency"], "amount": each[amount]} for each in others]
    return {"currency": currency, "complete": not shown, "not_valued": shown}


def _is_something(total: Mapping[str, str]) -> bool:
    return any(amount.strip("0.") for column, amount in total.items() if column != "currency")


# --- trial balance ---------------------------------------------------------------------------------------------------


async def read_trial_balance(figures: Figures, asked: Question) -> Callable[[], TrialBalanceOut]:
    """Read every account that was used: its balance before `start`, its movement up to `end`, and its balance."""
    before, now = await figures.sum_around(asked.start, asked.end)
    as_of = await figures.make_as_of(asked.end)

    def make() -> TrialBalanceOut:
        table = _Table(figures, asked.depth, now.values())
        for pair, sums in now.items():
            earlier = before.get(pair) or HistorySums(*pair, sums.scale, 0, 0)
            table.add(
                "all",
                figures.accounts[sums.account],
                sums.currency,
                opening=earlier.balance,
                debits=sums.debits - earlier.debits,
                credits=sums.credits - earlier.credits,
                movement=sums.balance - earlier.balance,
                balance=sums.balance,
            )
        groups = table.list_groups(["all"])
        totals = [_make_trial_total(table, groups, currency) for currency in table.currencies]
        return {
            "as_of": as_of,
            "from": _format_date(asked.start),
            "to": _format_date(asked.end),
            "lines": [_make_trial_line(group) for group in groups],
            "totals": totals,
            **_describe_currencies(figures, totals, "debit_balances"),
            "balanced": all(
                table.get_total("all", "debits", currency) == table.get_total("all", "credits", currency)
                and table.get_total("all", "balance", currency) == 0
                for currency in table.currencies
            ),
        }

    return make


def _make_trial_line(group: _Group) -> TrialLine:
    return {
        **group.make_account_line(),
        "normal": group.own.normal if group.own else normal_side(group.type),
        "opening": group["opening"],
        "debits": group["debits"],
        "credits": group["credits"],
        "movement": group["movement"],
        "balance": group["balance"],
    }


def _make_trial_total(table: _Table, groups: Iterable[_Group], currency: str) -> TrialTotal:
    balances = [group.sums["balance"] for group in groups if group.currency == currency]

    def text(column: str) -> str:
        return table.format(table.get_total("all", column, currency), currency)

    return {
        "currency": currency,
        "opening": text("opening"),
        "debits": text("debits"),
        "credits": text("credits"),
        "movement": text("movement"),
        "balance": text("balance"),
        "debit_balances": table.format(sum(units for units in balances if units > 0), currency),
        "credit_balances": table.format(-sum(units for units in balances if units < 0), currency),
    }


# --- balance sheet ---------------------------------------------------------------------------------------------------

_SECTIONS: Mapping[AccountType, Literal["assets", "liabilities", "equity"]] = {
    AccountType.ASSET: "assets",
    AccountType.LIABILITY: "liabilities",
    AccountType.EQUITY: "equity",
}
ResultItem = Literal["result_of_earlier_years", "result_of_year"]
_RESULT_ITEMS: tuple[ResultItem, ...] = ("result_of_earlier_years", "result_of_year")


async def read_balance_sheet(figures: Figures, asked: Question) -> Callable[[], BalanceSheetOut]:
    """Read assets, liabilities and equity at `end`. Open results of income and expenses are part of equity, as the
    result of this fiscal year or of earlier years (`api.documents.results`)."""
    year = await figures.find_year(asked.end)
    _, now = await figures.sum_around(None, asked.end)
    results = await read_results(figures, year, asked.end, now)
    as_of = await figures.make_as_of(asked.end)

    def make() -> BalanceSheetOut:
        table = _Table(figures, asked.depth, now.values())
        result = dict(zip(_RESULT_ITEMS, results(), strict=True))
        for sums in now.values():
            account = figures.accounts[sums.account]
            if account.type not in RESULT:
                section = _SECTIONS[AccountType(account.type)]
                table.add(section, account, sums.currency, amount=_orient(sums.balance, account.type))
        lines: list[SheetLine] = [
            {
                "section": _SECTIONS[group.type],
                "item": "account",
                **group.make_account_line(),
                "amount": group["amount"],
            }
            for group in table.list_groups(list(_SECTIONS.values()))
            if group.sums["amount"]
        ]
        for item in _RESULT_ITEMS:
            lines += [
                {
                    "section": "equity",
                    "item": item,
                    "account": None,
                    "account_id": None,
                    "number": None,
                    "label": None,
                    "type": None,
                    "currency": currency,
                    "amount": table.format(units, currency),
                }
                for currency, units in sorted(result[item].items())
                if units
            ]
        totals: list[SheetTotal] = []
        balanced = True
        for currency in table.currencies:
            assets, liabilities, equity = (
                table.get_total(section, "amount", currency) for section in ("assets", "liabilities", "equity")
            )
            equity += sum(each.get(currency, 0) for each in result.values())
            balanced &= assets == liabilities + equity
            totals.append(
                {
                    "currency": currency,
                    "assets": table.format(assets, currency),
                    "liabilities": table.format(liabilities, currency),
                    "equity": table.format(equity, currency),
                    "difference": table.format(assets - liabilities - equity, currency),
                }
            )
        return {
            "as_of": as_of,
            "to": _format_date(asked.end),
            "year": _format_date(year),
            "lines": lines,
            "totals": totals,
            **_describe_currencies(figures, totals, "equity"),
            "balanced": balanced,
        }

    return make


# --- income statement ------------------------------------------------------------------------------------------------


async def read_income_statement(figures: Figures, asked: Question) -> Callable[[], IncomeStatementOut]:
    """Read income and expenses from `start` to `end`. Leave out transactions of the kind `closing` and their
    reversals: with them a closed year would show nothing."""
    before, now = await figures.sum_around(asked.start, asked.end)
    closings = await figures.read_kind(Kind.CLOSING, asked.start, asked.end)
    as_of = await figures.make_as_of(asked.end)

    def make() -> IncomeStatementOut:
        closed = sum_movements(closings)
        table = _Table(figures, asked.depth, now.values())
        for pair, sums in now.items():
            account = figures.accounts[sums.account]
            if account.type in RESULT:
                moved = sums.balance - (before[pair].balance if pair in before else 0) - closed.get(pair, 0)
                section = "income" if account.type == AccountType.INCOME else "expenses"
                table.add(section, account, sums.currency, amount=_orient(moved, account.type))
        totals: list[IncomeTotal] = []
        for currency in table.currencies:
            income, expenses = (
                table.get_total("income", "amount", currency),
                table.get_total("expenses", "amount", currency),
            )
            totals.append(
                {
                    "currency": currency,
                    "income": table.format(income, currency),
                    "expenses": table.format(expenses, currency),
                    "result": table.format(income - expenses, currency),
                }
            )
        return {
            "as_of": as_of,
            "from": _format_date(asked.start),
            "to": _format_date(asked.end),
            "lines": [
                {
                    "section": "income" if group.type is AccountType.INCOME else "expenses",
                    **group.make_account_line(),
                    "amount": group["amount"],
                }
                for group in table.list_groups(["income", "expenses"])
                if group.sums["amount"]
            ],
            "totals": totals,
            **_describe_currencies(figures, totals, "result"),
        }

    return make


# --- cash flow -------------------------------------------------------------------------------------------------------

Activity = Literal["operating", "investing", "financing", "exchange"]
_ACTIVITIES: tuple[Activity, ...] = ("operating", "investing", "financing", "exchange")


def classify_activity(account: ChartAccount) -> Activity:
    """Return the activity of a cash flow by the account on the other side: exchange for the role fx; operating for
    income, expenses, and the roles receivable, payable and tax; investing for other assets; else financing."""
    if account.role == Role.FX:
        return "exchange"
    if account.type in RESULT or account.role in WORKING:
        return "operating"
    return "investing" if account.type == AccountType.ASSET else "financing"


async def read_cash_flow(figures: Figures, asked: Question) -> Callable[[], CashFlowOut]:
    """Read how cash changed from the opening balance to the balance at `end`, by the accounts on the other side (the
    direct method). Cash is the accounts with the role of cash or of a bank account. What moves between them is no flow.

    The opening balance is the balance before `start`, plus what transactions of the kind `opening` dated since then
    added, because entering a balance is not receiving money. The same holds for reversals of such transactions.

    The other side is all other lines of the transaction in the same currency. So an invoice that is paid in part at
    once shows as income received, and the rest as paid out to the customer's account.
    """
    figures = await figures.add_roles()
    before, now = await figures.sum_around(asked.start, asked.end)
    money = {id_ for id_, _ in now if figures.accounts[id_].role in CASH_ROLES}
    openings = await figures.read_kind(Kind.OPENING, asked.start, asked.end)
    others = {record.position for record in openings}
    flows = await figures.read_flows(asked.start, asked.end, money, without=others)
    as_of = await figures.make_as_of(asked.end)

    def make() -> CashFlowOut:
        brought = sum_movements(openings)
        table = _Table(figures, asked.depth, now.values())
        cash = _Table(figures, None, now.values())
        for pair, sums in now.items():
            if sums.account in money:
                opening = (before[pair].balance if pair in before else 0) + brought.get(pair, 0)
                columns = {"opening": opening, "movement": sums.balance - opening, "closing": sums.balance}
                cash.add("all", figures.accounts[sums.account], sums.currency, **columns)
        for (id_, currency), flow in flows.items():
            account = figures.accounts[id_]
            amount = flow.received - flow.paid
            table.add(
                classify_activity(account), account, currency, received=flow.received, paid=flow.paid, amount=amount
            )
        totals, balanced = [], True
        for currency in table.currencies:
            opening, closing = cash.get_total("all", "opening", currency), cash.get_total("all", "closing", currency)
            amounts = {each: table.get_total(each, "amount", currency) for each in _ACTIVITIES}
            difference = opening + sum(amounts.values()) - closing
            balanced &= difference == 0
            totals.append(_make_cash_total(table, currency, opening, closing, amounts, difference))
        return {
            "as_of": as_of,
            "from": _format_date(asked.start),
            "to": _format_date(asked.end),
            "cash": [
                {
                    **group.make_account_line(),
                    "role": str(group.own and group.own.role),
                    "opening": group["opening"],
                    "movement": group["movement"],
                    "closing": group["closing"],
                }
                for group in cash.list_groups(["all"])
            ],
            "lines": [
                {
                    "activity": activity,
                    **group.make_account_line(),
                    "received": group["received"],
                    "paid": group["paid"],
                    "amount": group["amount"],
                }
                for activity in _ACTIVITIES
                for group in table.list_groups([activity])
                if group.sums["received"] or group.sums["paid"]
            ],
            "totals": totals,
            **_describe_currencies(figures, totals, "closing"),
            "balanced": balanced,
        }

    return make


def _make_cash_total(
    table: _Table, currency: str, opening: int, closing: int, flows: Mapping[Activity, int], difference: int
) -> CashTotal:
    return {
        "currency": currency,
        "opening": table.format(opening, currency),
        "movement": table.format(closing - opening, currency),
        "operating": table.format(flows["operating"], currency),
        "investing": table.format(flows["investing"], currency),
        "financing": table.format(flows["financing"], currency),
        "exchange": table.format(flows["exchange"], currency),
        "closing": table.format(closing, currency),
        "difference": table.format(difference, currency),
    }
