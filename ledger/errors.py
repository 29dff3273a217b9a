"""The error tree. A class is one kind of error. Its docstring is the message, its fields are the facts.

LedgerError
├── Rejected          the ledger refused; deterministic, and nothing was written
│   ├── Invalid           the command is wrong in itself or for these books
│   ├── Missing           what it names does not exist
│   └── Conflict          it conflicts with the current state of the books
├── Unavailable       not possible now; safe to repeat with the same key
└── Corrupt           the log contradicts itself: stop, shout, never catch

`code` is stable and part of the public contract. The HTTP status follows from the base class (`api/errors.py`).
`field(metadata={"description": "…"})` describes a fact in the OpenAPI document; else `api/openapi/words.py` does.
"""

import copyreg
from dataclasses import dataclass, field, fields
from typing import Any, ClassVar

_ENVELOPE = frozenset({"pointer", "index"})
SHOWN_LENGTH_MAX = 600
"""As much of a value is repeated in an error: every name of an account is shorter."""
_INTEGER_BITS_MAX = 300


class JsonWord(str):
    """A word that an error shows without quotes: `null`, `true`, `a list`."""

    __slots__ = ()

    def __repr__(self) -> str:
        return str(self)


_WORDS = {None: JsonWord("null"), True: JsonWord("true"), False: JsonWord("false")}


def _spell(value: Any) -> Any:
    """Return a fact as a sentence shows it: what JSON has a word for, in that word."""
    return _WORDS[value] if value is None or isinstance(value, bool) else value


def shorten(value: Any) -> Any:
    """Return a value as an error repeats it: a long text or number is cut, and a JSON list or object is only named.

    A caller may send megabytes, and an error goes back to them, into the log and into reports.
    """
    match value:
        case int() if value.bit_length() > _INTEGER_BITS_MAX:
            return f"{str(value)[:60]}…"
        case str() if len(value) > SHOWN_LENGTH_MAX:
            return f"{value[:SHOWN_LENGTH_MAX]}…"
        case list():
            return JsonWord("a list")
        case dict():
            return JsonWord("an object")
    return value


@dataclass(eq=False, kw_only=True)
class LedgerError(Exception):
    """Something in the ledger went wrong."""

    code: ClassVar[str] = "ledger_error"
    remedy: ClassVar[str] = ""
    """What a caller does about it, in a sentence, for the page of errors; empty: the page has one for the code."""
    pointer: str | None = None
    """JSON pointer of the offending member in what the caller sent, `#/postings/0/amount`."""

    @property
    def facts(self) -> dict[str, Any]:
        """Return the fields of this error, shortened, without the envelope: what a program may act on."""
        return {f.name: shorten(getattr(self, f.name)) for f in fields(self) if f.name not in _ENVELOPE}

    @property
    def detail(self) -> str:
        """The sentence, with the facts filled in."""
        facts = {name: _spell(fact) for name, fact in self.facts.items()}
        return " ".join((type(self).__doc__ or "").split()).format_map(facts)

    def __str__(self) -> str:
        return self.detail

    def __reduce__(self) -> tuple[Any, ...]:
        """Return how to pickle it: exceptions are pickled by their positional arguments, and these have none."""
        return copyreg.__newobj__, (type(self),), vars(self)  # type: ignore[attr-defined]


@dataclass(eq=False, kw_only=True)
class Rejected(LedgerError):
    """The ledger refused the command."""

    code: ClassVar[str] = "rejected"
    index: int | None = None
    """Which command of a bulk was refused, from 0."""


class Invalid(Rejected):
    """The command is invalid."""

    code = "invalid"


class Missing(Rejected):
    """It does not exist."""

    code = "not_found"


class Conflict(Rejected):
    """This conflicts with the current state of the books."""

    code = "conflict"


class Unavailable(LedgerError):
    """The ledger cannot answer now. Send the same request with the same key again later."""

    code: ClassVar[str] = "unavailable"
    retry_after_seconds: ClassVar[int] = 1


@dataclass(eq=False, kw_only=True)
class SigningRefused(Unavailable):
    """Nothing is signed for this ledger: {reason}."""

    code: ClassVar[str] = "signing_refused"
    retry_after_seconds: ClassVar[int] = 30
    reason: str


@dataclass(eq=False, kw_only=True)
class Corrupt(LedgerError):
    """The log contradicts itself: {what}."""

    code: ClassVar[str] = "corrupt"
    what: str


# Invalid: the command is wrong in itself or for these books.


@dataclass(eq=False, kw_only=True)
class InvalidField(Invalid):
    """{trouble}"""

    code: ClassVar[str] = "invalid"
    trouble: str


@dataclass(eq=False, kw_only=True)
class UnknownField(Invalid):
    """There is no member {name!r} here."""

    code: ClassVar[str] = "unknown_field"
    name: str


@dataclass(eq=False, kw_only=True)
class InvalidAmount(Invalid):
    """{amount!r} is not an amount: {trouble}."""

    code: ClassVar[str] = "invalid_amount"
    amount: Any
    trouble: str


@dataclass(eq=False, kw_only=True)
class InvalidDate(Invalid):
    """{date!r} is not a date. Write a date of the calendar as YYYY-MM-DD."""

    code: ClassVar[str] = "invalid_date"
    date: Any


@dataclass(eq=False, kw_only=True)
class InvalidTime(Invalid):
    """{time!r} is not a time with a zone. Write it as in RFC 3339, like 2026-01-31T12:00:00Z."""

    code: ClassVar[str] = "invalid_date"
    time: Any


@dataclass(eq=False, kw_only=True)
class InvalidPath(Invalid):
    """{path!r} is not a valid account path: {trouble}."""

    code: ClassVar[str] = "invalid_path"
    path: str
    trouble: str


@dataclass(eq=False, kw_only=True)
class InvalidKey(Invalid):
    """The idempotency key is not valid: {trouble}."""

    code: ClassVar[str] = "invalid_key"
    trouble: str


@dataclass(eq=False, kw_only=True)
class TooManyDigits(Invalid):
    """{amount} has more decimal places than {currency} allows ({scale})."""

    code: ClassVar[str] = "too_many_digits"
    amount: str
    currency: str
    scale: int


@dataclass(eq=False, kw_only=True)
class Unbalanced(Invalid):
    """The postings in {currency} sum to {difference}, not to zero."""

    code: ClassVar[str] = "unbalanced"
    currency: str
    difference: str


@dataclass(eq=False, kw_only=True)
class TooFewPostings(Invalid):
    """A transaction has at least {least} postings; this one has {postings}."""

    code: ClassVar[str] = "too_few_postings"
    postings: int
    least: int


@dataclass(eq=False, kw_only=True)
class TooManyPostings(Invalid):
    """A transaction has at most {most} postings; this one has {postings}."""

    code: ClassVar[str] = "too_many_postings"
    postings: int
    most: int


@dataclass(eq=False, kw_only=True)
class UnknownAccount(Invalid):
    """There is no account {account!r} in this ledger."""

    code: ClassVar[str] = "unknown_account"
    account: str | int


@dataclass(eq=False, kw_only=True)
class AccountTypeNeeded(Invalid):
    """The first part of {path!r} does not say the type of the account: send a type."""

    code: ClassVar[str] = "account_type_needed"
    path: str


@dataclass(eq=False, kw_only=True)
class UnknownCurrency(Invalid):
    """{currency!r} is not an ISO 4217 code and has not been declared in this ledger."""

    code: ClassVar[str] = "unknown_currency"
    currency: str


@dataclass(eq=False, kw_only=True)
class CurrencyNotAllowed(Invalid):
    """Account {account!r} does not accept {currency}. It accepts only {allowed}."""

    code: ClassVar[str] = "currency_not_allowed"
    account: str | int
    currency: str
    allowed: str


class IdempotencyMismatch(Invalid):
    """This idempotency key was already used for another command."""

    code = "idempotency_mismatch"


@dataclass(eq=False, kw_only=True)
class SizeAhead(Invalid):
    """Size {asked} was asked for, but the ledger has only {size} records."""

    code: ClassVar[str] = "size_ahead"
    asked: int
    size: int


# Missing and Conflict.


@dataclass(eq=False, kw_only=True)
class NotFound(Missing):
    """There is no {what} {name!r}."""

    code: ClassVar[str] = "not_found"
    what: str
    name: str | int


class Forbidden(Rejected):
    """Your role in this ledger does not allow this."""

    code = "forbidden"


class LedgerMissing(Missing):
    """There is no such ledger."""

    code = "not_found"


@dataclass(eq=False, kw_only=True)
class LedgerExists(Conflict):
    """The ledger id {id!r} is taken."""

    code: ClassVar[str] = "ledger_exists"
    id: str


@dataclass(eq=False, kw_only=True)
class LedgerInUse(Conflict):
    """The {member} of a ledger cannot change after its first transaction."""

    code: ClassVar[str] = "ledger_in_use"
    member: str


@dataclass(eq=False, kw_only=True)
class Retention(Conflict):
    """Books must be kept until {until}. To erase a text before that, send `force`."""

    code: ClassVar[str] = "retention"
    until: str


@dataclass(eq=False, kw_only=True)
class AlreadyErased(Conflict):
    """The texts of the record at position {position} are already erased."""

    code: ClassVar[str] = "already_erased"
    position: int


@dataclass(eq=False, kw_only=True)
class TextInUse(Conflict):
    """The record at position {position} holds the account's current {member}: change it first."""

    code: ClassVar[str] = "text_in_use"
    position: int
    member: str


class LastOwner(Conflict):
    """A ledger needs at least one owner whose role has no end: make somebody else an owner first."""

    code = "last_owner"


@dataclass(eq=False, kw_only=True)
class CurrencyExists(Conflict):
    """{currency} is already declared with {scale} decimal places. They never change."""

    code: ClassVar[str] = "currency_exists"
    currency: str
    scale: int


@dataclass(eq=False, kw_only=True)
class AccountExists(Conflict):
    """The path {path!r} already names an account of this ledger."""

    code: ClassVar[str] = "account_exists"
    path: str
    account: int


@dataclass(eq=False, kw_only=True)
class NumberExists(Conflict):
    """The number {number!r} already belongs to an account of this ledger."""

    code: ClassVar[str] = "number_exists"
    number: str
    account: int


@dataclass(eq=False, kw_only=True)
class AccountIsClosed(Conflict):
    """Account {account!r} is closed."""

    code: ClassVar[str] = "account_closed"
    account: str | int


@dataclass(eq=False, kw_only=True)
class AccountIsOpen(Conflict):
    """Account {account!r} is open."""

    code: ClassVar[str] = "account_open"
    account: str | int


@dataclass(eq=False, kw_only=True)
class AccountNotEmpty(Conflict):
    """Account {account!r} cannot be closed: its balance is {balance} {currency}."""

    code: ClassVar[str] = "account_not_empty"
    account: str | int
    balance: str
    currency: str


@dataclass(eq=False, kw_only=True)
class AlreadyReversed(Conflict):
    """Transaction {transaction} was already reversed, by the record at position {position}."""

    code: ClassVar[str] = "already_reversed"
    transaction: str
    position: int


class PreconditionFailed(Conflict):
    """It has changed since you read it."""

    code = "precondition_failed"


# Unavailable.


class Busy(Unavailable):
    """The queue of this ledger is full."""

    code = "busy"


class TimedOut(Unavailable):
    """The database did not answer in time."""

    code = "timeout"


@dataclass(eq=False, kw_only=True)
class DatabaseUnavailable(Unavailable):
    """The database cannot be used now: {reason}."""

    code: ClassVar[str] = "database_unavailable"
    retry_after_seconds: ClassVar[int] = 2
    reason: str


class ClockBehind(Unavailable):
    """The clocks of this server and of the database differ by over a minute. Nothing is written until they agree."""

    code = "clock_behind"
    retry_after_seconds = 30


@dataclass(eq=False, kw_only=True)
class OutcomeUnknown(Unavailable):
    """The service could not find out in time whether the command was written. Repeat it with the same key, or ask for
    the events of command {command}."""

    code: ClassVar[str] = "outcome_unknown"
    command: str


@dataclass(eq=False, kw_only=True)
class ProjectionBehind(Unavailable):
    """The projection {projection} reflects size {applied}; size {asked} was not reached in time."""

    code: ClassVar[str] = "projection_behind"
    projection: str
    applied: int
    asked: int


@dataclass(eq=False, kw_only=True)
class ProjectionRebuilding(ProjectionBehind):
    """The projection {projection} is being built: it has {applied} of {asked} records."""

    code = "projection_behind"


@dataclass(eq=False, kw_only=True)
class ProjectionBlocked(Unavailable):
    """The projection {projection} stopped at position {position} and waits for an operator."""

    code: ClassVar[str] = "projection_blocked"
    retry_after_seconds: ClassVar[int] = 30
    projection: str
    position: int = field(default=0)


class pointing_at:
    """Give a refusal raised inside it the pointer of the member that is being checked."""

    __slots__ = ("_pointer",)

    def __init__(self, pointer: str) -> None:
        self._pointer = pointer

    def __enter__(self) -> None:
        return None

    def __exit__(self, _type: object, error: BaseException | None, _traceback: object) -> None:
        if isinstance(error, Rejected) and error.pointer is None:
            error.pointer = self._pointer
