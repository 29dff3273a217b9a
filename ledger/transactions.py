"""The shape of a transaction: a balanced set of postings. Debit positive, credit negative.

`Posting[AccountRef]` is what a caller sends (accounts by any name, amounts as typed); `Posting[AccountId]` is what
an event holds (accounts by id, amounts in the currency's own scale).

What every transaction is made of are named tuples: they are made in a fifth of the time of a frozen dataclass.
"""

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final, Generic, NamedTuple, TypeVar

from ledger.accounts import AccountId
from ledger.errors import TooFewPostings, TooManyPostings, Unbalanced, UnknownCurrency
from ledger.fields import kept_as, read_integer, read_texts
from ledger.money import Amount, format_units, parse_amount, require_currency, require_scale
from ledger.state import Column, Guard, NeededRows, State
from ledger.values import plain

POSTINGS_MIN = 2
POSTINGS_MAX = 10_000
DEFAULT_SERIES = "A"

A = TypeVar("A", covariant=True)


class Kind(StrEnum):
    """The kind of a transaction. Reports leave out some kinds."""

    NORMAL = "normal"
    OPENING = "opening"
    ADJUSTMENT = "adjustment"
    CLOSING = "closing"
    REVALUATION = "revaluation"


@plain
@dataclass(frozen=True, slots=True)
class Tax:
    """A tax code, and the amount that it was reckoned on, in the posting's currency."""

    code: str
    base: Amount | None = field(default=None, metadata=kept_as(parse_amount))


@plain
@dataclass(frozen=True, slots=True)
class Money:
    """An amount in a currency."""

    amount: Amount = field(metadata=kept_as(parse_amount))
    currency: str


@plain
@dataclass(frozen=True, slots=True)
class Quantity:
    """How many of what: hours, pieces, kWh. Kept with the digits as typed."""

    amount: Amount = field(metadata=kept_as(parse_amount))
    unit: str


class Posting(NamedTuple, Generic[A]):
    """One line of a transaction. `text` is personal prose and lies in the memo; all else are accounting facts."""

    account: A
    amount: Amount
    currency: str
    text: str | None = None
    dimensions: Mapping[str, str] | None = None
    tax: Tax | None = None
    original: Money | None = None
    party: str | None = None
    due: dt.date | None = None
    value_date: dt.date | None = None
    quantity: Quantity | None = None


@plain
@dataclass(frozen=True, slots=True)
class Document:
    """The voucher behind a transaction. `party` is a code, never a name."""

    ref: str | None = None
    date: dt.date | None = field(default=None, metadata=kept_as(dt.date.fromisoformat))
    due: dt.date | None = field(default=None, metadata=kept_as(dt.date.fromisoformat))
    party: str | None = None
    sha256: tuple[str, ...] = field(default=(), metadata=kept_as(read_texts))


NOTHING: Final[Mapping[str, Any]] = {}


class Memo(NamedTuple):
    """The free text of a transaction: what may be erased later without touching a sum."""

    description: str | None = None
    payee: str | None = None
    notes: str | None = None
    tags: tuple[str, ...] = ()
    metadata: Mapping[str, Any] = NOTHING
    imported: Mapping[str, Any] = NOTHING
    """Members of an import that the ledger does not know, carried along so that nothing is dropped in silence."""


NO_MEMO = Memo()


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

    def need_to_erase(self, needed: NeededRows, position: int) -> None:
        """Add nothing: no rule needs its texts."""

    def require_erasable(self, state: State, position: int) -> dt.date | None:
        return self.date

    def erase(self, state: State, position: int) -> None:
        """Take away nothing: its texts made nothing."""


@plain
@dataclass(frozen=True, slots=True)
class CurrencyDeclared:
    """From here on amounts in this currency have `scale` fraction digits."""

    currency: str
    scale: int = field(metadata=kept_as(read_integer))


def require_count(postings: Sequence[Posting[Any]]) -> None:
    """Raise TooFewPostings or TooManyPostings."""
    if len(postings) < POSTINGS_MIN:
        raise TooFewPostings(postings=len(postings), least=POSTINGS_MIN, pointer="#/postings")
    if len(postings) > POSTINGS_MAX:
        raise TooManyPostings(postings=len(postings), most=POSTINGS_MAX, pointer="#/postings")


def require_balanced(postings: Iterable[Posting[Any]]) -> None:
    """Raise Unbalanced, naming the first currency off, unless every currency sums to zero exactly.

    All amounts of one currency must be counted in the same scale already.
    """
    sums: dict[str, int] = {}
    scales: dict[str, int] = {}
    for posting in postings:
        amount = posting.amount
        sums[posting.currency] = sums.get(posting.currency, 0) + amount.units
        scales[posting.currency] = amount.scale
    for currency, total in sums.items():
        if total:
            difference = format_units(total, scales[currency])
            raise Unbalanced(currency=currency, difference=difference, pointer="#/postings")


def reverse_posting(posting: Posting[AccountId]) -> Posting[AccountId]:
    """Return the posting that undoes this one: every amount in it negated, the facts kept, the text left behind."""
    return Posting(
        account=posting.account,
        amount=_negate(posting.amount),
        currency=posting.currency,
        dimensions=posting.dimensions,
        tax=posting.tax and Tax(posting.tax.code, posting.tax.base and _negate(posting.tax.base)),
        original=posting.original and Money(_negate(posting.original.amount), posting.original.currency),
        party=posting.party,
        due=posting.due,
        value_date=posting.value_date,
        quantity=posting.quantity and Quantity(_negate(posting.quantity.amount), posting.quantity.unit),
    )


def _negate(amount: Amount) -> Amount:
    return Amount(-amount.units, amount.scale)


class Totals(NamedTuple):
    """What was debited and credited to one account in one currency, in minor units; both are >= 0."""

    debits: int = 0
    credits: int = 0

    @property
    def balance(self) -> int:
        return self.debits - self.credits

    def add(self, units: int) -> "Totals":
        if units >= 0:
            return Totals(self.debits + units, self.credits)
        return Totals(self.debits, self.credits - units)


NO_TOTALS = Totals()

TOTALS: Guard[tuple[AccountId, str], Totals] = Guard(
    name="totals",
    table="account_totals",
    key=(Column("account", "position"), Column("currency", "key")),
    columns=(Column("debits", "units"), Column("credits", "units")),
    to_row=tuple,
    from_row=lambda _key, debits, credits: Totals(debits, credits),
    by="account",
)

CURRENCIES: Guard[str, int] = Guard(
    name="currencies",
    table="currencies",
    key=(Column("currency", "key"),),
    columns=(Column("scale", "small", check="scale BETWEEN 0 AND 30"),),
    to_row=lambda scale: (scale,),
    from_row=lambda _currency, scale: int(scale),
    by="ledger",
)
"""The number of fraction digits of each."""

COUNTERS: Guard[tuple[str, int], int] = Guard(
    name="counters",
    table="counters",
    key=(Column("series", "key"), Column("year", "integer")),
    columns=(Column("last", "position"),),
    to_row=lambda last: (last,),
    from_row=lambda _key, last: int(last),
    by="series",
)
"""The last number given out, by series and fiscal year."""

REVERSALS: Guard[int, int] = Guard(
    name="reversals",
    table="reversals",
    key=(Column("position", "position", comment="the transaction that was reversed"),),
    columns=(Column("reversed_by", "position"),),
    to_row=lambda reversed_by: (reversed_by,),
    from_row=lambda _position, reversed_by: int(reversed_by),
    by="record",
    grows=True,
)


def find_scale(currency: str, declares: Mapping[str, int], state: State) -> int:
    """Return a currency's fraction digits, or those to declare for it. Raises UnknownCurrency."""
    scale = state[CURRENCIES].get(currency)
    if scale is not None:
        return scale
    if currency not in declares:
        raise UnknownCurrency(currency=currency)
    require_currency(currency)
    require_scale(declares[currency])
    return declares[currency]


def list_declarations(scales: Mapping[str, int], state: State) -> list[CurrencyDeclared]:
    """Return what has to be declared first, in the order of first use."""
    declared = state[CURRENCIES]
    return [CurrencyDeclared(currency, scale) for currency, scale in scales.items() if currency not in declared]
