"""Limits of accounts as requests and answers have them."""

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field
from typing_extensions import TypedDict

from api.shapes.answers import AsOfOut
from api.shapes.currencies import find_iso_scales
from api.shapes.values import AccountName, AmountText, Body, CommandBody, CurrencyCode
from ledger.accounts import AccountRef
from ledger.controls.limits import Limits, SetLimits
from ledger.errors import CurrencyNotAllowed, InvalidAmount, TooManyDigits, UnknownCurrency
from ledger.money import format_units


class SetAccountLimits(Body):
    """How far the balance of an account may go in a currency. Amounts are signed as postings: debit positive."""

    EXAMPLES: ClassVar[dict[str, tuple[str, Any]]] = {
        "overdraft": ("A bank account with an overdraft of 5,000", {"currency": "EUR", "floor": "-5000.00"}),
        "wallet": ("A customer's wallet that may not be overdrawn", {"currency": "EUR", "ceiling": "0.00"}),
        "none": ("No limits any more", {"currency": "EUR"}),
    }
    currency: Annotated[CurrencyCode, Field(description="The currency that the limits are in.")]
    floor: Annotated[AmountText | None, Field(description="The lowest balance. Absent: there is none.")] = None
    ceiling: Annotated[AmountText | None, Field(description="The highest balance. Absent: there is none.")] = None

    def to_set(self, account: AccountRef) -> SetLimits:
        return SetLimits(account, self.currency, self.floor, self.ceiling, find_iso_scales([self.currency]))


class SetLimitsCommand(SetAccountLimits, CommandBody):
    """Set the limits of an account in a currency."""

    REFUSALS = (UnknownCurrency, CurrencyNotAllowed, TooManyDigits, InvalidAmount)
    type: Literal["set_limits"]
    account: Annotated[AccountName, Field(description="The account, by its path, by `#NUMBER`, or by its id.")]

    def to_command(self) -> SetLimits:
        return self.to_set(self.account)


class LimitsOut(TypedDict):
    """The limits of an account in a currency. Null: there is none."""

    currency: str
    floor: Annotated[str | None, Field(description="The lowest balance, signed as postings: debit positive.")]
    ceiling: Annotated[str | None, Field(description="The highest balance, signed as postings: debit positive.")]


class AccountLimitsOut(TypedDict):
    """The limits of an account, a line for each currency that it has limits in."""

    as_of: AsOfOut
    limits: Annotated[list[LimitsOut], Field(description="The limits, by currency.")]


def make_limits(limits: Mapping[str, Limits], scales: Mapping[str, int]) -> list[LimitsOut]:
    """Return the limits of an account, by currency."""
    return [
        {
            "currency": currency,
            "floor": None if each.floor is None else format_units(each.floor, scales[currency]),
            "ceiling": None if each.ceiling is None else format_units(each.ceiling, scales[currency]),
        }
        for currency, each in sorted(limits.items())
    ]
