"""The dashboard as answers have it, and the figures that the existing frontend shows."""

from decimal import Decimal
from typing import (
    Annotated,  # pydantic needs these before Python 3.12
)

from pydantic import WithJsonSchema
from typing_extensions import TypedDict

from api.shapes.answers import AsOfOut, SumOut
from api.shapes.transactions import TransactionOut


class HeadlineOut(TypedDict):
    """The figures of a dashboard in the ledger's main currency: this month, and today's balances."""

    net_worth: str
    cash: str
    income: str
    expenses: str
    savings: str
    upcoming_bills: str
    overdue_bills: str


class OtherHeadlineOut(HeadlineOut):
    """The same figures in another currency. The figures in the main currency do not include them."""

    currency: str


class GroupOut(TypedDict):
    """The balance of a group of accounts, positive on the side on which they grow. The group is the second part of
    their paths. Income and expenses count from the beginning of the books, minus what was closed."""

    type: str
    group: str
    currency: str
    balance: str


class MonthOut(TypedDict):
    """Income and expenses of a month."""

    month: str
    currency: str
    income: str
    expenses: str
    savings: str


class CategoryOut(TypedDict):
    """Income or expenses of an account, this month and over twelve months."""

    type: str
    account: str
    account_id: int
    currency: str
    this_month: str
    twelve_months: str


class WorthOut(TypedDict):
    """Assets minus liabilities at the end of a day."""

    date: str
    currency: str
    amount: str


class HoldingOut(TypedDict):
    """The balance of an account with the role `cash` or `bank`."""

    account: str
    account_id: int
    label: str | None
    role: str
    currency: str
    balance: str


class BillOut(TypedDict):
    """A bill, and the amount that is still to be paid."""

    account: str
    account_id: int
    party: str | None
    due: str
    currency: str
    amount: str


class BillsOut(TypedDict):
    """The sums of bills that are due in the next 30 days and that are overdue, and the bills that are due first."""

    upcoming: list[SumOut]
    overdue: list[SumOut]
    next: list[BillOut]


class DashboardOut(TypedDict):
    """A ledger at a glance, today in its time zone. Currencies are not converted. If there are figures in other
    currencies, the headline does not include them, `complete` is false, and `not_valued` lists them."""

    as_of: AsOfOut
    today: str
    currency: str
    headline: HeadlineOut
    complete: bool
    not_valued: list[OtherHeadlineOut]
    balances: list[GroupOut]
    months: list[MonthOut]
    categories: list[CategoryOut]
    net_worth: list[WorthOut]
    cash: list[HoldingOut]
    bills: BillsOut
    transactions: list[TransactionOut]


Figure = Annotated[Decimal, WithJsonSchema({"type": "number"})]
"""An amount as a JSON number, digit for digit: only the existing frontend gets these."""


class RecentOut(TypedDict):
    """A transaction as the existing frontend shows it: cash received is positive."""

    id: str
    date: str
    amount: Figure
    type: str
    description: str


class DashboardDataOut(TypedDict):
    """What the existing frontend shows."""

    account_balance: Figure
    upcoming_bills: Figure
    monthly_savings: Figure
    recent_transactions: list[RecentOut]
    account_name: str
