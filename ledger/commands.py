"""What may be asked of a ledger: imperative, frozen, with nothing in them that the caller did not say.

Who asks, when, and under which idempotency key stands beside a command, never in it.
"""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, Final, Literal, NamedTuple

from ledger.accounts import AccountRef, AccountType, Role, Side
from ledger.members import MemberRole
from ledger.transactions import DEFAULT_SERIES, NO_MEMO, NOTHING, Document, Kind, Memo, Posting

DEFAULT_TIME_ZONE: Final = "UTC"
DEFAULT_FISCAL_YEAR_START: Final = "01-01"
DEFAULT_RETENTION_YEARS: Final = 10


class _Unset(Enum):
    UNSET = "unset"


UNSET: Final = _Unset.UNSET
"""Not mentioned, where None means "take it away"."""
Unset = Literal[_Unset.UNSET]


@dataclass(frozen=True, slots=True)
class OpenLedger:
    """Begin a set of books. `nonce` makes the first record unlike any other's (32 hex digits)."""

    id: str
    owner: str
    currency: str
    nonce: str
    name: str | None = None
    time_zone: str = DEFAULT_TIME_ZONE
    fiscal_year_start: str = DEFAULT_FISCAL_YEAR_START
    retention_years: int = DEFAULT_RETENTION_YEARS
    filled: frozenset[str] = frozenset()
    """Fields that the edge filled at random or from a setting: a repeat is not held to them."""


@dataclass(frozen=True, slots=True)
class UpdateLedger:
    """Change what is given. Currency and fiscal year only before the first transaction."""

    name: str | None = None
    time_zone: str | None = None
    retention_years: int | None = None
    currency: str | None = None
    fiscal_year_start: str | None = None
    declares: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class DeclareCurrency:
    """Fix how many fraction digits a currency has in this ledger, for ever."""

    currency: str
    scale: int


@dataclass(frozen=True, slots=True)
class GrantRole:
    """Make a user a member with this role, or give a member another one; `until`: it ends by itself then."""

    user: str
    role: MemberRole
    until: dt.datetime | None = None


@dataclass(frozen=True, slots=True)
class RevokeRole:
    """Take a member's role away. Anybody may give up their own."""

    user: str


@dataclass(frozen=True, slots=True)
class EraseMemo:
    """Erase a record's texts for good, keeping its facts. `force`: before the time to keep books is over."""

    position: int
    reason: str
    basis: str | None = None
    """The law or the request that it rests on."""
    force: bool = False


@dataclass(frozen=True, slots=True)
class OpenAccount:
    """Open an account. Type and normal side default from the path's first segment and the type."""

    path: str | None
    """None only in a command read back from a record whose name was erased."""
    type: AccountType | None = None
    normal: Side | None = None
    number: str | None = None
    role: Role | None = None
    currencies: tuple[str, ...] = ()
    label: str | None = None
    metadata: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class RenameAccount:
    """Give an account another path, number or label. The old names go on answering for it."""

    account: AccountRef
    path: str | None = None
    number: str | None = None
    label: str | None = None


@dataclass(frozen=True, slots=True)
class UpdateAccount:
    """Change an account's role, allowed currencies or metadata; None takes a role away."""

    account: AccountRef
    role: Role | Unset | None = UNSET
    currencies: tuple[str, ...] | Unset = UNSET
    metadata: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class CloseAccount:
    """Let an account take no more postings; only at balance zero in every currency."""

    account: AccountRef


@dataclass(frozen=True, slots=True)
class ReopenAccount:
    """Let a closed account take postings again."""

    account: AccountRef


class PostTransaction(NamedTuple):
    """Write a transaction. `declares` are the scales to declare for currencies that nobody declared yet."""

    date: dt.date
    postings: tuple[Posting[AccountRef], ...]
    kind: Kind = Kind.NORMAL
    series: str = DEFAULT_SERIES
    document: Document | None = None
    memo: Memo = NO_MEMO
    declares: Mapping[str, int] = NOTHING


@dataclass(frozen=True, slots=True)
class ReverseTransaction:
    """Undo a transaction by posting its full opposite, by default on the original's date."""

    transaction: str
    date: dt.date | None = None
    memo: Memo = NO_MEMO


Command = (
    OpenLedger
    | UpdateLedger
    | DeclareCurrency
    | GrantRole
    | RevokeRole
    | EraseMemo
    | OpenAccount
    | RenameAccount
    | UpdateAccount
    | CloseAccount
    | ReopenAccount
    | PostTransaction
    | ReverseTransaction
)
