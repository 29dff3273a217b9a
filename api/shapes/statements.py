"""Shapes of the four reports."""

from typing import Literal

from typing_extensions import TypedDict

from api.shapes.answers import AsOfOut, SumOut


class AccountLine(TypedDict):
    """An account, or with `depth` some of them: then only `account` and `type` say which, the rest is null."""

    account: str
    account_id: int | None
    number: str | None
    label: str | None
    type: str
    currency: str


class TrialLine(AccountLine):
    """A line of a trial balance: opening + debits - credits = balance, debit positive."""

    normal: str
    opening: str
    debits: str
    credits: str
    movement: str
    balance: str


class TrialTotal(TypedDict):
    """The sums over all accounts."""

    currency: str
    opening: str
    debits: str
    credits: str
    movement: str
    balance: str
    debit_balances: str
    credit_balances: str


TrialBalanceOut = TypedDict(
    "TrialBalanceOut",
    {
        "as_of": AsOfOut,
        "from": str | None,
        "to": str | None,
        "lines": list[TrialLine],
        "totals": list[TrialTotal],
        "currency": str,
        "complete": bool,
        "not_valued": list[SumOut],
        "balanced": bool,
    },
)


class SheetLine(TypedDict):
    """An account, or a result that is not closed yet. For a result, the members of an account are null."""

    section: Literal["assets", "liabilities", "equity"]
    item: Literal["account", "result_of_earlier_years", "result_of_year"]
    account: str | None
    account_id: int | None
    number: str | None
    label: str | None
    type: str | None
    currency: str
    amount: str


class SheetTotal(TypedDict):
    """Equity includes the result. `difference` is assets minus liabilities minus equity."""

    currency: str
    assets: str
    liabilities: str
    equity: str
    difference: str


class BalanceSheetOut(TypedDict):
    """Assets, liabilities and equity on a date. `year` is the fiscal year of that date; without a date, of the newest
    transaction."""

    as_of: AsOfOut
    to: str | None
    year: str | None
    lines: list[SheetLine]
    totals: list[SheetTotal]
    currency: str
    complete: bool
    not_valued: list[SumOut]
    balanced: bool


class IncomeLine(AccountLine):
    """The income or expense of an account, without closings."""

    section: Literal["income", "expenses"]
    amount: str


class IncomeTotal(TypedDict):
    """The totals in a currency: result = income - expenses."""

    currency: str
    income: str
    expenses: str
    result: str


IncomeStatementOut = TypedDict(
    "IncomeStatementOut",
    {
        "as_of": AsOfOut,
        "from": str | None,
        "to": str | None,
        "lines": list[IncomeLine],
        "totals": list[IncomeTotal],
        "currency": str,
        "complete": bool,
        "not_valued": list[SumOut],
    },
)


class CashLine(AccountLine):
    """An account with the role `cash` or `bank`. opening + movement = closing. `opening` is the balance before `from`,
    plus transactions of the kind `opening` since then."""

    role: str
    opening: str
    movement: str
    closing: str


class FlowLine(AccountLine):
    """The cash that came from and went to an account: amount = received - paid."""

    activity: Literal["operating", "investing", "financing", "exchange"]
    received: str
    paid: str
    amount: str


class CashTotal(TypedDict):
    """Cash in a currency: opening + movement = closing. `difference` is opening plus all activities minus closing."""

    currency: str
    opening: str
    movement: str
    operating: str
    investing: str
    financing: str
    exchange: str
    closing: str
    difference: str


CashFlowOut = TypedDict(
    "CashFlowOut",
    {
        "as_of": AsOfOut,
        "from": str | None,
        "to": str | None,
        "cash": list[CashLine],
        "lines": list[FlowLine],
        "totals": list[CashTotal],
        "currency": str,
        "complete": bool,
        "not_valued": list[SumOut],
        "balanced": bool,
    },
)
