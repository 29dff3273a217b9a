"""What the rules know of an account: its type, its normal side, its names and whether it takes postings."""

import json
import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise
from typing import NamedTuple

from ledger.errors import AccountIsClosed, CurrencyNotAllowed, InvalidField, InvalidPath, NotFound
from ledger.state import Cell, Column, Guard, NeededRows, State
from ledger.values import plain

AccountId = int
"""The position of the account's AccountOpened record: an integer, immutable, small."""
AccountRef = str | int
"""How a caller names an account: its path, `#NUMBER`, or its id."""

PATH_LENGTH_MAX = 500
SEGMENT_LENGTH_MAX = 100
DEPTH_MAX = 16
CURRENCIES_MAX = 100

NUMBER = r"[0-9A-Za-z](?:[0-9A-Za-z.-]{0,30}[0-9A-Za-z])?"
"""How an account's number is written."""
_NUMBER = re.compile(NUMBER)
_BIDI = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


class AccountType(StrEnum):
    """The five classes of account."""

    ASSET = "asset"
    LIABILITY = "liability"
    EQUITY = "equity"
    INCOME = "income"
    EXPENSE = "expense"


class Side(StrEnum):
    """Debit or credit."""

    DEBIT = "debit"
    CREDIT = "credit"


class Role(StrEnum):
    """What an account is for: reports and pages use it."""

    CASH = "cash"
    BANK = "bank"
    RECEIVABLE = "receivable"
    PAYABLE = "payable"
    TAX = "tax"
    RETAINED_EARNINGS = "retained_earnings"
    ROUNDING = "rounding"
    FX = "fx"


class AccountStatus(StrEnum):
    """Whether an account accepts postings."""

    OPEN = "open"
    CLOSED = "closed"


@plain
@dataclass(frozen=True, slots=True)
class Account:
    """An account as decide knows it; its paths and labels are texts and stand elsewhere."""

    id: AccountId
    type: AccountType
    normal: Side
    status: AccountStatus = AccountStatus.OPEN
    number: str | None = None
    role: Role | None = None
    currencies: tuple[str, ...] = ()
    """Empty: every currency is taken."""
    changed: int = 0
    """Position of the last record that changed the account itself; a caller may insist that it is still this one."""
    path_at: int | None = None
    label_at: int | None = None
    metadata_at: int | None = None
    """Positions of the records whose memos hold these texts as they are now: those memos cannot be erased."""


class AccountName(NamedTuple):
    """What a path, present or past, or `#NUMBER` names."""

    account: AccountId
    position: int | None
    """Of the record that gave it last; None: before this was kept."""


NAMES: Guard[str, AccountName] = Guard(
    name="names",
    table="account_names",
    key=(Column("name", "key", comment="a path, present or past, or #NUMBER"),),
    columns=(
        Column("account", "position"),
        Column(
            "position",
            "position",
            comment="of the record that gave it last; NULL: before this was kept",
            null=True,
            late=True,
        ),
    ),
    to_row=tuple,
    from_row=lambda _name, account, position: AccountName(account, position),
    indexes=(("ledger", "account"),),
)


def _account_row(account: Account) -> tuple[Cell, ...]:
    return (
        account.type,
        account.normal,
        account.status,
        account.number,
        account.role,
        json.dumps(account.currencies),
        account.changed,
        account.path_at,
        account.label_at,
        account.metadata_at,
    )


def _account_of(
    id_: AccountId,
    type_: str,
    normal: str,
    status: str,
    number: str | None,
    role: str | None,
    currencies: str,
    *positions: int,
) -> Account:
    return Account(
        id_,
        AccountType(type_),
        Side(normal),
        AccountStatus(status),
        number,
        None if role is None else Role(role),
        tuple(json.loads(currencies)),
        *positions,
    )


ACCOUNTS: Guard[AccountId, Account] = Guard(
    name="accounts",
    table="accounts",
    key=(Column("account", "position"),),
    columns=(
        Column("type", "text"),
        Column("normal", "text"),
        Column("status", "text"),
        Column("number", "key", null=True),
        Column("role", "text", null=True),
        Column("currencies", "text", comment="JSON list; empty: all"),
        Column("changed", "position", comment="position of the last record that changed the account"),
        Column(
            "path_at",
            "position",
            comment="position of the record whose memo holds the path as it is now",
            null=True,
            late=True,
        ),
        Column("label_at", "position", null=True, late=True),
        Column("metadata_at", "position", null=True, late=True),
    ),
    to_row=_account_row,
    from_row=_account_of,
    by="account",
)


def find_account(ref: AccountRef, state: State) -> Account | None:
    """Return the account that a path, `#NUMBER` or id names, where there is one."""
    if isinstance(ref, int):
        return state[ACCOUNTS].get(ref)
    name = state[NAMES].get(ref)
    return None if name is None else state[ACCOUNTS].get(name.account)


def require_account(ref: AccountRef, state: State) -> Account:
    """Return the account that a path, `#NUMBER` or id names. Raises NotFound where there is none."""
    account = find_account(ref, state)
    if account is None:
        raise NotFound(what="account", name=ref)
    return account


def require_takes(account: Account, currency: str, ref: AccountRef, line: int | None = None) -> None:
    """Raise AccountClosed and CurrencyNotAllowed where the account takes no posting in this currency.

    `ref` is what the caller called it, `line` the posting's place in the transaction.
    """
    if account.status is AccountStatus.CLOSED:
        raise AccountIsClosed(account=ref, pointer=None if line is None else f"#/postings/{line}/account")
    if account.currencies and currency not in account.currencies:
        allowed = ", ".join(account.currencies)
        pointer = None if line is None else f"#/postings/{line}/currency"
        raise CurrencyNotAllowed(account=ref, currency=currency, allowed=allowed, pointer=pointer)


def need_accounts(needed: NeededRows, refs: Iterable[AccountRef]) -> None:
    """Add these accounts, and the rows of guards about each, to the rows needed."""
    for ref in refs:
        if isinstance(ref, int):
            needed.accounts.add(ref)
        else:
            needed.keys[NAMES].add(ref)


_TYPE_OF_ROOT = {
    root: type_
    for type_, roots in {
        AccountType.ASSET: ("asset", "assets"),
        AccountType.LIABILITY: ("liability", "liabilities"),
        AccountType.EQUITY: ("equity",),
        AccountType.INCOME: ("income", "revenue", "revenues"),
        AccountType.EXPENSE: ("expense", "expenses"),
    }.items()
    for root in roots
}


def infer_type(path: str) -> AccountType | None:
    """Return the type that a path's first segment says (`Assets:Cash` is an asset), or None."""
    return _TYPE_OF_ROOT.get(path.partition(":")[0].lower())


def normal_side(account_type: AccountType) -> Side:
    """Return the side on which accounts of this type grow."""
    debit = account_type in (AccountType.ASSET, AccountType.EXPENSE)
    return Side.DEBIT if debit else Side.CREDIT


def number_name(number: str) -> str:
    """Return the name under which an account number is filed among the names of a ledger. Paths cannot begin with
    `#`."""
    return f"#{number}"


def require_path(path: str) -> None:
    """Raise InvalidPath, saying what is wrong, unless `path` can name an account (CONTRACT section 4)."""
    if not path:
        raise InvalidPath(path=path, trouble="it is empty")
    if len(path) > PATH_LENGTH_MAX:
        raise InvalidPath(path=path[:60] + "…", trouble=f"it has more than {PATH_LENGTH_MAX} characters")
    if path.startswith("#"):
        raise InvalidPath(path=path, trouble="'#' at the start is for account numbers")
    if (nfc := unicodedata.normalize("NFC", path)) != path:
        raise InvalidPath(path=path, trouble=f"it is not in Unicode normal form NFC; write {nfc!r}")
    for character in path:
        if unicodedata.category(character) in ("Cc", "Cs", "Zl", "Zp") or character in _BIDI:
            raise InvalidPath(path=path, trouble=f"U+{ord(character):04X} is not allowed in a path")
    segments = path.split(":")
    if len(segments) > DEPTH_MAX:
        raise InvalidPath(path=path, trouble=f"it has more than {DEPTH_MAX} segments")
    for segment in segments:
        _require_segment(path, segment)


# Unicode's Default_Ignorable_Code_Point, as far as its category is not Cf, a blank of braille, and noncharacters.
_INVISIBLE = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\ufe00-\ufe0f\uffa0\U000e0100-\U000e01ef\ufdd0-\ufdef"
    + "".join(chr(plane << 16 | 0xFFFE) + chr(plane << 16 | 0xFFFF) for plane in range(17))
    + "]"
)
_JOINERS = frozenset("\u200c\u200d\ufe0e\ufe0f")
"""They shape the letter or the picture before them, as Persian words and many emoji need it."""


def require_visible(path: str) -> None:
    """Raise InvalidPath unless all of a new path can be seen: two paths that look alike would be two accounts.

    A rule for what callers send, not for the log: paths from before it was made stay what they are.
    """
    for before, character in pairwise(f" {path}"):
        if (
            character in _JOINERS
            and not before.isascii()
            and (before not in _JOINERS or before == "\ufe0f" != character)
        ):
            continue
        if unicodedata.category(character) == "Cf" or _INVISIBLE.match(character):
            code = f"U+{ord(character):04X}"
            raise InvalidPath(path=path, trouble=f"{code} is not allowed in a path, because it cannot be seen")
    for segment in path.split(":"):
        if segment and all(unicodedata.category(character)[0] in "MZC" for character in segment):
            raise InvalidPath(path=path, trouble="a segment has no character that can be seen by itself")


def _require_segment(path: str, segment: str) -> None:
    if not segment:
        raise InvalidPath(path=path, trouble="a segment between colons is empty")
    if len(segment) > SEGMENT_LENGTH_MAX:
        raise InvalidPath(path=path, trouble=f"a segment has more than {SEGMENT_LENGTH_MAX} characters")
    if segment in (".", ".."):
        raise InvalidPath(path=path, trouble="'.' and '..' are not segments")
    if segment != segment.strip():
        raise InvalidPath(path=path, trouble="a segment begins or ends with a space")


def require_number(number: str) -> None:
    """Raise InvalidField unless `number` can be an account number: 1 to 32 of letters, digits, '.' and '-'."""
    if _NUMBER.fullmatch(number) is None:
        trouble = f"{number[:60]!r} cannot be an account number: 1 to 32 letters, digits, '.' or '-'"
        raise InvalidField(trouble=trouble)
