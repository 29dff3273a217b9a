"""What happened: past tense, frozen, complete. `decide` makes them, the codec writes them, every fold reads them.

A text is None where there was none, and also where it has been erased: only names and prose may be (DESIGN 5).
"""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from ledger.accounts import AccountId, AccountType, Role, Side
from ledger.members import MemberRole
from ledger.transactions import NO_MEMO, Document, Kind, Memo, Posting


@dataclass(frozen=True, slots=True)
class LedgerOpened:
    """The first record of every ledger."""

    owner: str
    currency: str
    time_zone: str
    fiscal_year_start: str
    retention_years: int
    nonce: str
    id: str | None = None
    name: str | None = None


@dataclass(frozen=True, slots=True)
class LedgerUpdated:
    """What is given changed; the rest stayed."""

    time_zone: str | None = None
    retention_years: int | None = None
    currency: str | None = None
    fiscal_year_start: str | None = None
    name: str | None = None


@dataclass(frozen=True, slots=True)
class CurrencyDeclared:
    """From here on amounts in this currency have `scale` fraction digits."""

    currency: str
    scale: int


@dataclass(frozen=True, slots=True)
class MemberGranted:
    """This is the user's role from here on; `until`, aware and in UTC: it ends by itself at that time."""

    user: str
    role: MemberRole
    until: dt.datetime | None = None


@dataclass(frozen=True, slots=True)
class MemberRevoked:
    """The user has no role any more."""

    user: str


@dataclass(frozen=True, slots=True)
class MemoErased:
    """The memo of the record at `position` is no more. `reason` and `basis` stay for ever: no personal data in them."""

    position: int
    reason: str
    basis: str | None = None


@dataclass(frozen=True, slots=True)
class AccountOpened:
    """The account's id is the position of this record."""

    type: AccountType
    normal: Side
    number: str | None = None
    role: Role | None = None
    currencies: tuple[str, ...] = ()
    path: str | None = None
    label: str | None = None
    metadata: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class AccountRenamed:
    """What is given is new; old names go on answering."""

    account: AccountId
    number: str | None = None
    path: str | None = None
    label: str | None = None


@dataclass(frozen=True, slots=True)
class AccountUpdated:
    """Role and currencies are what holds from now on, in full; metadata, where given, replaces the old."""

    account: AccountId
    role: Role | None = None
    currencies: tuple[str, ...] = ()
    metadata: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class AccountClosed:
    """The account takes no postings until it is reopened."""

    account: AccountId


@dataclass(frozen=True, slots=True)
class AccountReopened:
    """The account takes postings again."""

    account: AccountId


class TransactionPosted(NamedTuple):
    """The one event that moves money. A reversal is one too, with `reverses` naming the transaction undone."""

    date: dt.date
    kind: Kind
    series: str
    number: int
    postings: tuple[Posting[AccountId], ...]
    document: Document | None = None
    reverses: str | None = None
    memo: Memo = NO_MEMO


Event = (
    LedgerOpened
    | LedgerUpdated
    | CurrencyDeclared
    | MemberGranted
    | MemberRevoked
    | MemoErased
    | AccountOpened
    | AccountRenamed
    | AccountUpdated
    | AccountClosed
    | AccountReopened
    | TransactionPosted
)
