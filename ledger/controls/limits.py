"""Limits of accounts: how far the balance of an account may go in a currency. A floor is the lowest balance, a ceiling
the highest.

Amounts are signed as postings, debit positive. A bank account with an overdraft of 5,000 has the floor -5000.00. A
customer's wallet is a liability, with a credit balance: one that may not be overdrawn has the ceiling 0.00. Everything
posted counts, whatever its date; what is posted to the accounts below does not. A posting that moves the balance away
from a limit is always accepted, also where the balance is beyond it.
"""

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import ClassVar, NamedTuple

from ledger.accounts import AccountId, AccountRef, need_accounts, require_account
from ledger.errors import CurrencyNotAllowed, Invalid, InvalidField, pointing_at
from ledger.fields import kept_as, read_integer
from ledger.members import Permission
from ledger.money import Amount, format_units, make_comparable, parse_amount, rescale
from ledger.rules import CommandRule, EventRule, Members, PostingCheck, account_member
from ledger.state import Column, Guard, NeededRows, State
from ledger.transactions import (
    CURRENCIES,
    NO_TOTALS,
    NOTHING,
    TOTALS,
    CurrencyDeclared,
    Totals,
    TransactionPosted,
    find_scale,
    list_declarations,
)

# --- command


@dataclass(frozen=True, slots=True)
class SetLimits:
    """Set the limits of an account in a currency. Those that were set before no longer hold; None: there is none."""

    account: AccountRef
    currency: str
    floor: Amount | None = None
    ceiling: Amount | None = None
    declares: Mapping[str, int] = field(default_factory=lambda: NOTHING)
    """The scale to declare for the currency, if nobody has declared it yet."""


# --- event


@dataclass(frozen=True, slots=True)
class LimitSet:
    """From here on the account has these limits in the currency, and no others."""

    account: AccountId = field(metadata=kept_as(read_integer))
    currency: str
    floor: Amount | None = field(default=None, metadata=kept_as(parse_amount))
    ceiling: Amount | None = field(default=None, metadata=kept_as(parse_amount))


# --- guard


class Limits(NamedTuple):
    """The limits of an account in a currency, in minor units. One of them is there."""

    floor: int | None
    ceiling: int | None


LIMITS: Guard[tuple[AccountId, str], Limits] = Guard(
    name="limits",
    table="account_limits",
    key=(Column("account", "position"), Column("currency", "key")),
    columns=(
        Column("floor", "units", comment="the lowest balance; NULL: there is none", null=True),
        Column("ceiling", "units", comment="the highest balance; NULL: there is none", null=True),
    ),
    to_row=tuple,
    from_row=lambda _key, floor, ceiling: Limits(floor, ceiling),
    by="account",
)

# --- rules


@dataclass(eq=False, kw_only=True)
class LimitExceeded(Invalid):
    """Account {account!r} has a {bound} of {limit} {currency}. Only {available} {currency} can still be posted in this
    direction."""

    code: ClassVar[str] = "limit_exceeded"
    remedy: ClassVar[str] = "Post at most `available`, or ask an owner of the ledger to change the limit."
    account: int
    currency: str
    bound: str = field(metadata={"description": "Which limit it is: `floor` or `ceiling`."})
    limit: str = field(metadata={"description": "The limit, signed as postings: debit positive."})
    available: str = field(metadata={"description": "How much can still move the balance towards the limit."})


def _need_account(needed: NeededRows, command: SetLimits) -> None:
    need_accounts(needed, (command.account,))


def _set_limits(command: SetLimits, state: State, _now: dt.datetime) -> Sequence[CurrencyDeclared | LimitSet]:
    account, currency = require_account(command.account, state), command.currency
    if account.currencies and currency not in account.currencies:
        allowed = ", ".join(account.currencies)
        raise CurrencyNotAllowed(account=command.account, currency=currency, allowed=allowed, pointer="#/currency")
    with pointing_at("#/currency"):
        scale = find_scale(currency, command.declares, state)
    floor, ceiling = (_rescale(getattr(command, name), scale, currency, name) for name in ("floor", "ceiling"))
    if floor is not None and ceiling is not None and floor.units > ceiling.units:
        raise InvalidField(trouble=f"the floor {floor} is above the ceiling {ceiling}", pointer="#/floor")
    return [*list_declarations({currency: scale}, state), LimitSet(account.id, currency, floor, ceiling)]


def _rescale(amount: Amount | None, scale: int, currency: str, name: str) -> Amount | None:
    if amount is None:
        return None
    with pointing_at(f"#/{name}"):
        return rescale(amount, scale, currency)


def _members(command: SetLimits, state: State) -> Members:
    bounds = {"floor": command.floor, "ceiling": command.ceiling}
    told: Members = {name: None if bound is None else make_comparable(bound) for name, bound in bounds.items()}
    return {**told, "currency": command.currency} | account_member("account", command.account, state)


COMMANDS = (CommandRule(SetLimits, Permission.GOVERN, _set_limits, _members, need=_need_account),)

# --- posting check


def _require_within_limits(posted: TransactionPosted, state: State, _now: dt.datetime) -> None:
    """Raise LimitExceeded where the transaction, taken as a whole, moves an account towards a limit and beyond it."""
    limits = state[LIMITS]
    if not limits:
        return
    moved: dict[tuple[AccountId, str], int] = {}
    for account, amount, currency, *_ in posted.postings:
        key = account, currency
        if key in limits:
            moved[key] = moved.get(key, 0) + amount.units
    for key, units in moved.items():
        before, (floor, ceiling) = state[TOTALS].get(key, NO_TOTALS).balance, limits[key]
        if floor is not None and units < 0 and before + units < floor:
            raise _make_refusal(key, "floor", floor, before - floor, state)
        if ceiling is not None and units > 0 and before + units > ceiling:
            raise _make_refusal(key, "ceiling", ceiling, ceiling - before, state)


def _make_refusal(key: tuple[AccountId, str], bound: str, limit: int, left: int, state: State) -> LimitExceeded:
    account, currency = key
    scale = state[CURRENCIES][currency]  # no limit without it
    return LimitExceeded(
        account=account,
        currency=currency,
        bound=bound,
        limit=format_units(limit, scale),
        available=format_units(max(left, 0), scale),
    )


def _are_all_within_limits(state: State, moved: Mapping[tuple[AccountId, str], Totals]) -> bool:
    """Return whether no limit would be passed even if everything that moves towards it came first."""
    limits, totals = state[LIMITS], state[TOTALS]
    for key in moved.keys() & limits.keys():
        before, (floor, ceiling) = totals.get(key, NO_TOTALS).balance, limits[key]
        if floor is not None and before - moved[key].credits < floor:
            return False
        if ceiling is not None and before + moved[key].debits > ceiling:
            return False
    return True


CHECKS = (PostingCheck(_require_within_limits, _are_all_within_limits),)

# --- fold and inverse


def _fold(state: State, event: LimitSet, _position: int) -> None:
    key = event.account, event.currency
    floor, ceiling = (None if bound is None else bound.units for bound in (event.floor, event.ceiling))
    if floor is not None or ceiling is not None:
        state.put(LIMITS, key, Limits(floor, ceiling))
    elif key in state[LIMITS]:
        state.remove(LIMITS, key)


def _restore_command(event: LimitSet) -> SetLimits:
    return SetLimits(event.account, event.currency, event.floor, event.ceiling)


def _accounts(event: LimitSet, _position: int) -> Iterable[AccountId]:
    return (event.account,)


def _name(event: LimitSet, _position: int) -> AccountId:
    return event.account


EVENTS = (EventRule(LimitSet, _fold, _restore_command, _accounts, _name, harmless=True),)
