"""Accounts, their balances and their registers as requests and answers have them."""

from typing import Annotated, Any

from pydantic import Field
from typing_extensions import TypedDict

from api.shapes.answers import AsOfOut
from api.shapes.values import NO_ITEMS, AccountNumber, Body, CurrencyCode, Metadata, Name, Path
from ledger.accounts import CURRENCIES_MAX, AccountType, Role, Side
from ledger.books.accounts import UNSET, OpenAccount, RenameAccount, UpdateAccount
from ledger.errors import InvalidField
from ledger.money import format_units
from ledger.slices import Command
from projections.account_balances import Balance
from projections.chart import ChartAccount

Currencies = Annotated[list[CurrencyCode], Field(max_length=CURRENCIES_MAX)]


class AccountMembers(Body):
    """What every request to open an account has."""

    path: Path
    normal: Side | None = None
    number: AccountNumber | None = None
    role: Role | None = None
    currencies: Currencies = NO_ITEMS
    label: Name | None = None
    metadata: Metadata | None = None

    def to_open(self, account_type: AccountType | None) -> OpenAccount:
        return OpenAccount(
            self.path,
            account_type,
            self.normal,
            self.number,
            self.role,
            tuple(self.currencies),
            self.label,
            self.metadata or None,
        )


class AccountIn(AccountMembers):
    """An account to open. You may leave out the type if the first part of the path names it."""

    type: AccountType | None = None

    def to_command(self) -> OpenAccount:
        return self.to_open(self.type)


class AccountPatch(Body):
    """What to change in an account: its names (`path`, `number`, `label`), or the other members. Null removes the role.
    Absent members do not change. An empty name is refused."""

    path: Path | None = None
    number: AccountNumber | None = None
    label: Name | None = None
    role: Role | None = None
    currencies: Currencies | None = None
    metadata: Metadata | None = None

    def to_commands(self, account: int) -> list[Command]:
        commands: list[Command] = []
        if self.path is not None or self.number is not None or self.label is not None:
            commands.append(RenameAccount(account, self.path, self.number, self.label))
        if self.model_fields_set & {"role", "currencies", "metadata"}:
            commands.append(
                UpdateAccount(
                    account,
                    role=self.role if "role" in self.model_fields_set else UNSET,
                    currencies=UNSET if self.currencies is None else tuple(self.currencies),
                    metadata=self.metadata,
                )
            )
        if not commands:
            raise InvalidField(trouble="there is nothing to change")
        return commands


class AccountOut(TypedDict):
    """An account."""

    id: int
    path: str | None
    number: str | None
    label: str | None
    type: str
    normal: str
    role: str | None
    status: str
    currencies: list[str]
    metadata: dict[str, Any]


class AccountsOut(TypedDict):
    """A page of accounts, in the order of their paths."""

    as_of: AsOfOut
    accounts: list[AccountOut]
    next: str | None


class BalanceOut(TypedDict):
    """The balance of an account in a currency: debits minus credits, unless you send `sign=natural`."""

    account: str
    account_id: int | None
    type: str
    normal: str
    currency: str
    debits: str
    credits: str
    balance: str


class BalancesOut(TypedDict):
    """A page of balances, in the order of account paths."""

    as_of: AsOfOut
    balances: list[BalanceOut]
    next: str | None


class LineOut(TypedDict):
    """One line of an account's register."""

    date: str
    position: int
    line: int
    transaction: str
    series: str
    number: int
    description: str | None
    counter_accounts: list[str]
    amount: str
    currency: str
    balance: str


class RegisterOut(TypedDict):
    """A page of a register."""

    as_of: AsOfOut
    account: str
    account_id: int
    lines: list[LineOut]
    next: str | None


def make_account(account: ChartAccount) -> AccountOut:
    """Return an account as the chart has it."""
    return {
        "id": account.id,
        "path": account.path,
        "number": account.number,
        "label": account.label,
        "type": account.type,
        "normal": account.normal,
        "role": account.role,
        "status": account.status,
        "currencies": account.currencies,
        "metadata": account.metadata,
    }


def make_balance(balance: Balance, *, natural: bool) -> BalanceOut:
    """Return a balance; `natural` counts credit-normal accounts the other way round, so that they grow upwards too."""
    units = balance.debits - balance.credits
    if natural and balance.normal == "credit":
        units = -units
    return {
        "account": balance.path or str(balance.account),
        "account_id": balance.account,
        "type": balance.type,
        "normal": balance.normal,
        "currency": balance.currency,
        "debits": format_units(balance.debits, balance.scale),
        "credits": format_units(balance.credits, balance.scale),
        "balance": format_units(units, balance.scale),
    }
