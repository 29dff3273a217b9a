"""Transactions as requests and answers have them. A request becomes a command here.

An empty text is the same as none where the text may be left out.
"""

from collections.abc import Iterable, Iterator
from typing import (
    Annotated,
    Any,
    NotRequired,  # pydantic needs these before Python 3.12
)

from pydantic import BeforeValidator, Field, ValidationError, ValidatorFunctionWrapHandler, WrapValidator
from pydantic_core import PydanticKnownError, from_json
from typing_extensions import TypedDict

from api.errors import FAULTS_MAX
from api.shapes.answers import ActorOut, AsOfOut, Paths, SumOut, find_path
from api.shapes.currencies import find_iso_scales
from api.shapes.strict_json import parse_json
from api.shapes.values import (
    NO_ITEMS,
    NO_MEMBERS,
    AccountName,
    AmountText,
    Body,
    Code,
    CodeOrNone,
    CurrencyCode,
    Date,
    LineOrNone,
    Metadata,
    ProseOrNone,
    ReferenceOrNone,
    Series,
    Sha256,
    as_fault,
    validate,
)
from ledger.accounts import AccountRef
from ledger.books.transactions import PostTransaction, ReverseTransaction
from ledger.errors import (
    AccountIsClosed,
    Corrupt,
    CurrencyNotAllowed,
    InvalidAmount,
    InvalidDate,
    InvalidField,
    TooFewPostings,
    TooManyDigits,
    TooManyPostings,
    Unbalanced,
    UnknownAccount,
    UnknownCurrency,
)
from ledger.journal import Record
from ledger.money import Amount
from ledger.transactions import (
    DEFAULT_SERIES,
    POSTINGS_MAX,
    POSTINGS_MIN,
    Document,
    Kind,
    Memo,
    Money,
    Posting,
    Quantity,
    Tax,
)

DIMENSIONS_MAX, TAGS_MAX, HASHES_MAX = 20, 50, 20
POSTING = (
    TooFewPostings,
    TooManyPostings,
    Unbalanced,
    UnknownAccount,
    AccountIsClosed,
    Corrupt,
    CurrencyNotAllowed,
    UnknownCurrency,
    TooManyDigits,
    InvalidAmount,
    InvalidDate,
)
"""What posting a transaction refuses."""
PIECE_ITEMS = 20
"""Items of a long list that are validated together."""


def _few_faults(items: Any, validate: ValidatorFunctionWrapHandler) -> Any:
    """Validate a list of postings, but no further than to the piece in which the faults that are shown are complete.
    Raises before anything is made of too many."""
    if type(items) is not list or len(items) <= PIECE_ITEMS:
        return validate(items)
    if len(items) > POSTINGS_MAX:
        raise as_fault(TooManyPostings(postings=len(items), most=POSTINGS_MAX))
    valid: list[Any] = []
    faults = 0
    for end in range(PIECE_ITEMS, len(items) + PIECE_ITEMS, PIECE_ITEMS):
        try:
            valid += validate(items[end - PIECE_ITEMS : end])
        except ValidationError as error:
            faults += error.error_count()
            if faults >= FAULTS_MAX:
                break
    return validate(items[:end]) if faults else valid  # once more, for the places of the faults


def _few_dimensions(members: Any) -> Any:
    """Raise where there are too many: pydantic itself would count them when it has looked at all of them."""
    if type(members) is dict and len(members) > DIMENSIONS_MAX:
        facts = {"field_type": "Dictionary", "max_length": DIMENSIONS_MAX, "actual_length": len(members)}
        raise PydanticKnownError("too_long", facts)
    return members


Dimensions = Annotated[dict[Code, Code], BeforeValidator(_few_dimensions)]


class TaxIn(Body):
    """A tax code, and the amount from which the tax was computed."""

    code: Code
    base: AmountText | None = None

    def to_tax(self) -> Tax:
        return Tax(self.code, self.base)


class MoneyIn(Body):
    """An amount in a currency."""

    amount: AmountText
    currency: CurrencyCode

    def to_money(self) -> Money:
        return Money(self.amount, self.currency)


class QuantityIn(Body):
    """A number and its unit."""

    amount: AmountText
    unit: Code

    def to_quantity(self) -> Quantity:
        return Quantity(self.amount, self.unit)


class PostingIn(Body):
    """One line: a signed `amount` (debit positive, credit negative), or `debit` or `credit` instead."""

    account: AccountName
    currency: CurrencyCode
    amount: AmountText | None = None
    debit: AmountText | None = None
    credit: AmountText | None = None
    text: LineOrNone = None
    dimensions: Dimensions | None = None
    tax: TaxIn | None = None
    original: MoneyIn | None = None
    party: CodeOrNone = None
    due: Date | None = None
    value_date: Date | None = None
    quantity: QuantityIn | None = None

    def to_posting(self, line: int) -> Posting[AccountRef]:
        return Posting(
            self.account,
            self._signed(line),
            self.currency,
            self.text,
            self.dimensions or None,
            self.tax.to_tax() if self.tax else None,
            self.original.to_money() if self.original else None,
            self.party,
            self.due,
            self.value_date,
            self.quantity.to_quantity() if self.quantity else None,
        )

    def _signed(self, line: int) -> Amount:
        if self.amount is not None and self.debit is None and self.credit is None:
            return self.amount
        pointer = f"#/postings/{line}"
        given = [amount for amount in (self.amount, self.debit, self.credit) if amount is not None]
        if len(given) != 1:
            raise InvalidField(trouble="a posting needs exactly one of amount, debit and credit", pointer=pointer)
        (amount,) = given
        if amount.units < 0:
            side = "debit" if self.debit is not None else "credit"
            raise InvalidAmount(amount=str(amount), trouble=f"a {side} cannot be negative", pointer=f"{pointer}/{side}")
        return amount if self.debit is not None else Amount(-amount.units, amount.scale)


class DocumentIn(Body):
    """The voucher behind a transaction."""

    ref: ReferenceOrNone = None
    date: Date | None = None
    due: Date | None = None
    party: CodeOrNone = None
    sha256: Annotated[list[Sha256], Field(max_length=HASHES_MAX)] = NO_ITEMS

    def to_document(self) -> Document | None:
        document = Document(self.ref, self.date, self.due, self.party, tuple(self.sha256))
        return None if document == Document() else document


class TransactionIn(Body):
    """A transaction to post."""

    date: Date
    postings: Annotated[
        list[PostingIn],
        WrapValidator(_few_faults),
        Field(json_schema_extra={"minItems": POSTINGS_MIN}),
    ]
    description: LineOrNone = None
    payee: LineOrNone = None
    notes: ProseOrNone = None
    kind: Kind = Kind.NORMAL
    series: Series = DEFAULT_SERIES
    document: DocumentIn | None = None
    tags: Annotated[list[Code], Field(max_length=TAGS_MAX)] = NO_ITEMS
    metadata: Metadata = NO_MEMBERS

    def to_command(self, imported: dict[str, Any] | None = None) -> PostTransaction:
        """Return the order to post it; `imported` are members that the ledger does not know, kept in the memo."""
        postings = tuple([posting.to_posting(line) for line, posting in enumerate(self.postings)])
        memo = Memo(self.description, self.payee, self.notes, tuple(self.tags), self.metadata, imported or {})
        document = self.document.to_document() if self.document else None
        return PostTransaction(
            self.date, postings, self.kind, self.series, document, memo, find_iso_scales(_currencies(postings))
        )


def _currencies(postings: Iterable[Posting[Any]]) -> set[str]:
    found = set()
    for posting in postings:
        found.add(posting.currency)
        if posting.original is not None:
            found.add(posting.original.currency)
    return found


def read_transaction(raw: bytes) -> Iterator[PostTransaction]:
    """Yield the order to post what a body of JSON says. Raises MalformedJson, DuplicateKey and Rejected."""
    yield validate(parse_transaction, parse_json(raw))


def parse_transaction(body: Any) -> PostTransaction:
    """Return the order to post what a body says, a value out of `parse_json`. Raises ValidationError and Rejected."""
    return TransactionIn.model_validate(body).to_command()


class ReversalIn(Body):
    """How to reverse: by default on the original's date."""

    date: Date | None = None
    description: LineOrNone = None
    notes: ProseOrNone = None

    def to_command(self, transaction: str) -> ReverseTransaction:
        return ReverseTransaction(transaction.lower(), self.date, Memo(self.description, notes=self.notes))


class TaxOut(TypedDict):
    """The tax code of a line, and the amount from which the tax was computed."""

    code: str
    base: NotRequired[str]


class QuantityOut(TypedDict):
    """A number and its unit."""

    amount: str
    unit: str


class DocumentOut(TypedDict):
    """The voucher behind a transaction."""

    ref: NotRequired[str]
    date: NotRequired[str]
    due: NotRequired[str]
    party: NotRequired[str]
    sha256: NotRequired[list[str]]


class PostingOut(TypedDict):
    """One line of a transaction. Members without a value are absent."""

    line: int
    account: str
    account_id: int
    amount: str
    currency: str
    text: NotRequired[str]
    dimensions: NotRequired[dict[str, str]]
    tax: NotRequired[TaxOut]
    original: NotRequired[SumOut]
    party: NotRequired[str]
    due: NotRequired[str]
    value_date: NotRequired[str]
    quantity: NotRequired[QuantityOut]


class TransactionOut(TypedDict):
    """A transaction."""

    id: str
    series: str
    number: int
    date: str
    recorded_at: str
    position: int
    kind: str
    description: str | None
    payee: NotRequired[str]
    notes: NotRequired[str]
    document: NotRequired[DocumentOut]
    postings: list[PostingOut]
    tags: list[str]
    metadata: dict[str, Any]
    imported: NotRequired[dict[str, Any]]
    reverses: str | None
    reversed_by: str | None
    actor: ActorOut
    memo_erased: bool


TRANSACTION = ("TransactionPosted", 1)
"""Type and schema of the records that are shown as transactions."""


class TransactionsOut(TypedDict):
    """A page of transactions, newest first."""

    as_of: AsOfOut
    transactions: list[TransactionOut]
    next: str | None


def make_transaction(record: Record, paths: Paths, reversed_by: str | None) -> TransactionOut:
    """Return a transaction from its record, whose JSON has most members as they are shown. Raises Corrupt where the
    record is none."""
    envelope = from_json(record.record)
    if (envelope["type"], envelope["schema"]) != TRANSACTION:
        raise Corrupt(what=f"a transaction at position {record.position} that is none")
    data, texts = from_json(record.data), {} if record.memo is None else from_json(record.memo)
    lines = texts.pop("lines", {})
    texts.pop("salt", None)
    for line, posting in enumerate(data["postings"]):
        account = posting["account"]
        posting |= {"line": line, "account": find_path(paths, account), "account_id": account}
        if str(line) in lines:
            posting["text"] = lines[str(line)]
    shape: Any = {
        "id": envelope["id"],
        **data,
        "description": None,
        "tags": [],
        "metadata": {},
        "reverses": data.get("reverses"),
        **texts,
        "reversed_by": reversed_by,
        "recorded_at": envelope["recorded_at"],
        "position": record.position,
        "actor": envelope["actor"],
        "memo_erased": record.memo is None and envelope["memo_sha256"] is not None,
    }
    out: TransactionOut = shape
    return out
