"""What callers may send, and its one translation into commands: decimals become minor units here and nowhere else.

Unknown members and duplicate keys are refused, every text and list has a limit, and nothing is coerced. An empty text
in a transaction is the same as none, where a text may be left out there. An empty name, tag or key is refused.
"""

import datetime as dt
import json
import re
from collections.abc import Callable, Iterable, Iterator
from functools import cache, lru_cache
from typing import Annotated, Any, Literal, TypeVar
from zoneinfo import available_timezones

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainValidator,
    StrictBool,
    StrictInt,
    StringConstraints,
    TypeAdapter,
    ValidationError,
    ValidatorFunctionWrapHandler,
    WithJsonSchema,
    WrapValidator,
    model_validator,
)
from pydantic_core import PydanticCustomError, PydanticKnownError

from api import wording
from api.errors import FAULTS_MAX, MalformedJson, body_invalid
from api.shapes.currencies import iso_scale
from api.shapes.strict_json import NESTED_MAX, inside, parse_json
from api.start.charts import shipped_chart
from ledger import money
from ledger.accounts import CURRENCIES_MAX, NUMBER, PATH_LENGTH_MAX, AccountRef, AccountType, Role, Side, require_number
from ledger.books.accounts import UNSET, CloseAccount, OpenAccount, RenameAccount, ReopenAccount, UpdateAccount
from ledger.books.ledger import DeclareCurrency, UpdateLedger
from ledger.books.transactions import PostTransaction, ReverseTransaction
from ledger.codec import SAFE_INTEGER_MAX
from ledger.errors import (
    InvalidAmount,
    InvalidDate,
    InvalidField,
    InvalidKey,
    InvalidTime,
    Rejected,
    TooManyPostings,
    UnknownAccount,
    UnknownField,
    shown,
)
from ledger.journal import is_uuid
from ledger.members import MemberRole
from ledger.money import Amount, require_currency
from ledger.slices import Command
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

T = TypeVar("T")

KEY_LENGTH_MAX = 255
METADATA_BYTES_MAX = 16_384
LINE_LENGTH_MAX, PROSE_LENGTH_MAX = 1_000, 10_000
CODE_LENGTH_MAX, REFERENCE_LENGTH_MAX = 100, 200
DIMENSIONS_MAX, TAGS_MAX, HASHES_MAX = 20, 50, 20
UNKNOWN_MEMBERS_MAX = 20
"""Each is named in the answer; where there are more the first one is."""
PIECE_ITEMS = 20
"""Items of a long list that are validated together."""
ACCOUNT_NAME_LENGTH_MAX = PATH_LENGTH_MAX + 100

# --- values ----------------------------------------------------------------------------------------------------------


def _as_pydantic(refusal: Rejected) -> PydanticCustomError:
    """A refusal of the ledger's own, passed through pydantic so that it gets the place in the body."""
    facts = {name: fact for name, fact in refusal.facts.items() if isinstance(fact, str | int)}
    return PydanticCustomError(refusal.code, "{detail}", {"detail": refusal.detail, **facts})


def _amount(value: object) -> Amount:
    try:
        return money.parse_amount(value)
    except InvalidAmount as refusal:
        raise _as_pydantic(refusal) from None


_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def parse_date(value: object) -> dt.date:
    """A calendar date as `YYYY-MM-DD`; raises InvalidDate for every other spelling."""
    if isinstance(value, str) and _DATE.fullmatch(value):
        try:
            return dt.date.fromisoformat(value)
        except ValueError:
            pass
    raise InvalidDate(date=shown(value))


# Days and currencies come again and again. What is refused is not remembered: it may be megabytes long.
_parse_date = lru_cache(maxsize=4_000)(parse_date)
_require_currency = lru_cache(maxsize=1_000)(require_currency)


def _date(value: object) -> dt.date:
    try:
        return _parse_date(value) if isinstance(value, str) else parse_date(value)
    except InvalidDate as refusal:
        raise _as_pydantic(refusal) from None


_MOMENT = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt][0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,12})?([Zz]|[+-][0-9]{2}:[0-9]{2})"
)
"""RFC 3339 section 5.6. Python's own parser reads far more."""


def _moment(value: object) -> dt.datetime:
    try:
        if not isinstance(value, str) or _MOMENT.fullmatch(value) is None:
            raise ValueError
        return dt.datetime.fromisoformat(value.upper()).astimezone(dt.UTC)
    except (ValueError, OverflowError):
        raise _as_pydantic(InvalidTime(time=shown(value))) from None


def _integral(value: object) -> object:
    """JSON knows no integers apart from numbers: 2.0 is one (and what a JSON schema calls an integer)."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _currency(value: str) -> str:
    try:
        _require_currency(value)
    except InvalidField as refusal:
        raise _as_pydantic(refusal) from None
    return value


@cache
def _time_zones() -> set[str]:
    return available_timezones()  # it looks through a directory each time


def _time_zone(value: str) -> str:
    if value not in _time_zones():
        raise PydanticCustomError("invalid", "this is not a time zone of the IANA database")
    return value


def _ledger_id(value: str) -> str:
    if is_uuid(value):
        raise PydanticCustomError("invalid", "an id must not have the form of a UUID: URLs take either")
    return value


def _account_number(value: str) -> str:
    try:
        require_number(value)
    except InvalidField as refusal:
        raise _as_pydantic(refusal) from None
    return value


def _chart_name(value: str) -> str:
    try:
        shipped_chart(value)
    except InvalidField as refusal:
        raise _as_pydantic(refusal) from None
    return value


def _account_name(value: object) -> AccountRef:
    if isinstance(value, str) and 1 <= len(value) <= ACCOUNT_NAME_LENGTH_MAX:
        return value
    value = _integral(value)
    if type(value) is int:
        if 0 <= value <= SAFE_INTEGER_MAX:
            return value
        raise _as_pydantic(UnknownAccount(account=value))
    raise PydanticCustomError("invalid", "an account is named by its path, by `#NUMBER`, or by its id, an integer")


def _metadata(value: Any) -> dict[str, Any]:
    if not isinstance(value, dict) or not _is_short(value):
        raise PydanticCustomError("invalid", f"metadata is a JSON object of at most {METADATA_BYTES_MAX} bytes")
    return value


def _is_short(value: Any) -> bool:
    """Whether metadata has at most METADATA_BYTES_MAX bytes as JSON. Of what is far longer only a part is looked at.

    Raises PydanticCustomError where it is nested too deeply: only then it cannot be written.
    """
    room = METADATA_BYTES_MAX
    for depth, each in inside(value):
        if depth > NESTED_MAX:
            raise PydanticCustomError("invalid", f"metadata is nested at most {NESTED_MAX} levels deep")
        room -= len(each) if type(each) is str else 1
        if room < 0:
            return False
    return len(json.dumps(value)) <= METADATA_BYTES_MAX


def _none_if_empty(text: str | None) -> str | None:
    return text or None


AmountText = Annotated[Amount, PlainValidator(_amount), WithJsonSchema({"type": "string", "examples": ["12.50"]})]
Date = Annotated[dt.date, PlainValidator(_date), WithJsonSchema({"type": "string", "format": "date"})]
Moment = Annotated[dt.datetime, PlainValidator(_moment), WithJsonSchema({"type": "string", "format": "date-time"})]
Scale = Annotated[StrictInt, Field(ge=0, le=money.SCALE_MAX), BeforeValidator(_integral)]
Years = Annotated[StrictInt, Field(ge=0, le=100), BeforeValidator(_integral)]
CurrencyCode = Annotated[
    str,
    AfterValidator(_currency),
    WithJsonSchema({"type": "string", "pattern": f"^({money.CURRENCY})$"}),
]
AccountNumber = Annotated[
    str, AfterValidator(_account_number), WithJsonSchema({"type": "string", "pattern": f"^{NUMBER}$"})
]
TimeZone = Annotated[str, AfterValidator(_time_zone)]
Metadata = Annotated[dict[str, Any], BeforeValidator(_metadata)]
Line = Annotated[str, StringConstraints(min_length=1, max_length=LINE_LENGTH_MAX)]
Code = Annotated[str, StringConstraints(min_length=1, max_length=CODE_LENGTH_MAX)]
_NoneIfEmpty = AfterValidator(_none_if_empty)
LineOrNone = Annotated[Annotated[str, StringConstraints(max_length=LINE_LENGTH_MAX)] | None, _NoneIfEmpty]
ProseOrNone = Annotated[Annotated[str, StringConstraints(max_length=PROSE_LENGTH_MAX)] | None, _NoneIfEmpty]
CodeOrNone = Annotated[Annotated[str, StringConstraints(max_length=CODE_LENGTH_MAX)] | None, _NoneIfEmpty]
ReferenceOrNone = Annotated[Annotated[str, StringConstraints(max_length=REFERENCE_LENGTH_MAX)] | None, _NoneIfEmpty]
Path = Annotated[str, StringConstraints(min_length=1, max_length=600)]
Series = Annotated[str, StringConstraints(pattern=wording.SERIES)]
Sha256 = Annotated[str, StringConstraints(pattern=wording.SHA256)]
MonthDay = Annotated[str, StringConstraints(pattern=wording.MONTH_DAY)]
LedgerId = Annotated[str, StringConstraints(pattern=wording.LEDGER_ID), AfterValidator(_ledger_id)]
ChartName = Annotated[str, AfterValidator(_chart_name)]
AccountName = Annotated[
    AccountRef,
    PlainValidator(_account_name),
    WithJsonSchema({"anyOf": [{"type": "string"}, {"type": "integer"}], "description": "Path, `#NUMBER` or id"}),
]


def validated(validate: Callable[[Any], T], value: Any, *, tagged: bool = False, most: int = FAULTS_MAX) -> T:
    """Return what a validation makes of a value out of `parse_json`. Raises BodyInvalid, with so many of its faults,
    and MalformedJson where the value is nested so deeply that it cannot even be said what is wrong with it."""
    try:
        return validate(value)
    except ValidationError as error:
        raise body_invalid(error, tagged=tagged, most=most) from None
    except RecursionError:
        raise MalformedJson(trouble="it is nested too deeply") from None


# For every body, pydantic makes a deep copy of a default that is a list or a dict. A factory is cheaper.
NO_ITEMS: Any = Field(default_factory=list, json_schema_extra={"default": []})
NO_MEMBERS: Any = Field(default_factory=dict, json_schema_extra={"default": {}})


class Body(BaseModel):
    """A JSON object with exactly these members."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=False, hide_input_in_errors=True)

    @model_validator(mode="before")
    @classmethod
    def _require_few_members(cls, value: Any) -> Any:
        """Each member that is not known becomes a fault, and a fault takes half a kilobyte."""
        known = cls.__pydantic_fields__
        if type(value) is dict and len(value) > len(known) + UNKNOWN_MEMBERS_MAX:
            raise _as_pydantic(UnknownField(name=next(name for name in value if name not in known)))
        return value


def _few_faults(items: Any, validate: ValidatorFunctionWrapHandler) -> Any:
    """Validate a list, but no further than to the piece in which the faults that are shown are complete."""
    if type(items) is not list or len(items) <= PIECE_ITEMS:
        return validate(items)
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


def _few_postings(items: Any) -> Any:
    """Raises before anything is made of too many postings."""
    if type(items) is list and len(items) > POSTINGS_MAX:
        raise _as_pydantic(TooManyPostings(postings=len(items), most=POSTINGS_MAX))
    return items


def _few_dimensions(members: Any) -> Any:
    """Pydantic itself would count them when it has looked at all of them."""
    if type(members) is dict and len(members) > DIMENSIONS_MAX:
        facts = {"field_type": "Dictionary", "max_length": DIMENSIONS_MAX, "actual_length": len(members)}
        raise PydanticKnownError("too_long", facts)
    return members


Dimensions = Annotated[dict[Code, Code], BeforeValidator(_few_dimensions)]


# --- transactions ----------------------------------------------------------------------------------------------------


class TaxIn(Body):
    """A tax code, and the amount that the tax was computed from."""

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
    """How many of what."""

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
            raise InvalidField(trouble="a posting has one of amount, debit and credit", pointer=pointer)
        (amount,) = given
        if amount.units < 0:
            side = "debit" if self.debit is not None else "credit"
            raise InvalidAmount(amount=str(amount), trouble=f"a {side} is not negative", pointer=f"{pointer}/{side}")
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
        BeforeValidator(_few_postings),
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
        """The order to post it; `imported` are members that the ledger does not know, kept in the memo."""
        postings = tuple(posting.to_posting(line) for line, posting in enumerate(self.postings))
        memo = Memo(self.description, self.payee, self.notes, tuple(self.tags), self.metadata, imported or {})
        document = self.document.to_document() if self.document else None
        return PostTransaction(
            self.date, postings, self.kind, self.series, document, memo, iso_scales(_currencies(postings))
        )


def _currencies(postings: Iterable[Posting[Any]]) -> set[str]:
    found = set()
    for posting in postings:
        found.add(posting.currency)
        if posting.original is not None:
            found.add(posting.original.currency)
    return found


def iso_scales(currencies: Iterable[str]) -> dict[str, int]:
    """Those of the currencies that ISO 4217 knows, with their scales: what a first use may declare."""
    return {code: scale for code in currencies if (scale := iso_scale(code)) is not None}


def read_transaction(raw: bytes) -> Iterator[PostTransaction]:
    """Yield the order to post what a body of JSON says. Raises MalformedJson, DuplicateKey and Rejected."""
    yield validated(transaction_of, parse_json(raw))


def transaction_of(body: Any) -> PostTransaction:
    """The order to post what a body says, a value out of `parse_json`. Raises ValidationError and Rejected."""
    return TransactionIn.model_validate(body).to_command()


class ReversalIn(Body):
    """How to reverse: by default on the original's date."""

    date: Date | None = None
    description: LineOrNone = None
    notes: ProseOrNone = None

    def to_command(self, transaction: str) -> ReverseTransaction:
        return ReverseTransaction(transaction.lower(), self.date, Memo(self.description, notes=self.notes))


# --- accounts and ledgers --------------------------------------------------------------------------------------------

Currencies = Annotated[list[CurrencyCode], Field(max_length=CURRENCIES_MAX)]


class _AccountMembers(Body):
    path: Path
    normal: Side | None = None
    number: AccountNumber | None = None
    role: Role | None = None
    currencies: Currencies = []
    label: Line | None = None
    metadata: Metadata | None = None

    def _open(self, account_type: AccountType | None) -> OpenAccount:
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


class AccountIn(_AccountMembers):
    """An account to open. The type may be left out where the path's first segment says it."""

    type: AccountType | None = None

    def to_command(self) -> OpenAccount:
        return self._open(self.type)


class AccountPatch(Body):
    """What to change of an account: its names (`path`, `number`, `label`), or the rest; null takes a role away. What is
    absent stays; an account keeps the names it has, so an empty one is refused."""

    path: Path | None = None
    number: AccountNumber | None = None
    label: Line | None = None
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
            raise InvalidField(trouble="nothing to change was given")
        return commands


class LedgerIn(Body):
    """A ledger to open."""

    id: LedgerId | None = None
    name: Line | None = None
    currency: CurrencyCode | None = None
    time_zone: TimeZone = "UTC"
    fiscal_year_start: MonthDay = "01-01"
    retention_years: Years = 10
    chart: ChartName | None = None


class LedgerPatch(Body):
    """What to change of a ledger; currency and fiscal year only before its first transaction."""

    name: Line | None = None
    time_zone: TimeZone | None = None
    retention_years: Years | None = None
    currency: CurrencyCode | None = None
    fiscal_year_start: MonthDay | None = None

    def to_command(self) -> UpdateLedger:
        return UpdateLedger(
            self.name,
            self.time_zone,
            self.retention_years,
            self.currency,
            self.fiscal_year_start,
            declares=iso_scales([self.currency] if self.currency else []),
        )


class CurrencyIn(Body):
    """A currency to declare, with its number of fraction digits."""

    currency: CurrencyCode
    scale: Scale

    def to_command(self) -> DeclareCurrency:
        return DeclareCurrency(self.currency, self.scale)


class ErasureIn(Body):
    """Why texts are erased."""

    reason: Annotated[Line, StringConstraints(pattern=wording.NOT_BLANK)]
    basis: LineOrNone = None
    force: StrictBool = False


class MemberIn(Body):
    """The role that a user gets in a ledger, and until when."""

    role: MemberRole
    until: Moment | None = None


class TokenIn(Body):
    """A token to make for a program."""

    name: Code
    role: MemberRole
    until: Moment | None = None


# --- bulk ------------------------------------------------------------------------------------------------------------


class _Keyed(Body):
    key: str | None = None


class PostTransactionIn(TransactionIn, _Keyed):
    """Post a transaction."""

    type: Literal["post_transaction"]


class ReverseTransactionIn(ReversalIn, _Keyed):
    """Reverse the transaction with this id."""

    type: Literal["reverse_transaction"]
    transaction: Code

    def to_command(self) -> ReverseTransaction:  # type: ignore[override]
        return ReversalIn.to_command(self, self.transaction)


class OpenAccountIn(_AccountMembers, _Keyed):
    """Open an account; its type is `account_type` here."""

    type: Literal["open_account"]
    account_type: AccountType | None = None

    def to_command(self) -> OpenAccount:
        return self._open(self.account_type)


class RenameAccountIn(_Keyed):
    """Give an account other names."""

    type: Literal["rename_account"]
    account: AccountName
    path: Path | None = None
    number: AccountNumber | None = None
    label: Line | None = None

    def to_command(self) -> RenameAccount:
        return RenameAccount(self.account, self.path, self.number, self.label)


class UpdateAccountIn(_Keyed):
    """Change an account's role, currencies or metadata."""

    type: Literal["update_account"]
    account: AccountName
    role: Role | None = None
    currencies: Currencies | None = None
    metadata: Metadata | None = None

    def to_command(self) -> UpdateAccount:
        return UpdateAccount(
            self.account,
            role=self.role if "role" in self.model_fields_set else UNSET,
            currencies=UNSET if self.currencies is None else tuple(self.currencies),
            metadata=self.metadata,
        )


class CloseAccountIn(_Keyed):
    """Close an account."""

    type: Literal["close_account"]
    account: AccountName

    def to_command(self) -> CloseAccount:
        return CloseAccount(self.account)


class ReopenAccountIn(_Keyed):
    """Reopen an account."""

    type: Literal["reopen_account"]
    account: AccountName

    def to_command(self) -> ReopenAccount:
        return ReopenAccount(self.account)


class DeclareCurrencyIn(CurrencyIn, _Keyed):
    """Declare a currency."""

    type: Literal["declare_currency"]


class UpdateLedgerIn(LedgerPatch, _Keyed):
    """Change the ledger's own settings."""

    type: Literal["update_ledger"]


CommandIn = Annotated[
    PostTransactionIn
    | ReverseTransactionIn
    | OpenAccountIn
    | RenameAccountIn
    | UpdateAccountIn
    | CloseAccountIn
    | ReopenAccountIn
    | DeclareCurrencyIn
    | UpdateLedgerIn,
    Field(discriminator="type"),
]
command_adapter: TypeAdapter[CommandIn] = TypeAdapter(CommandIn)


def command_of(body: Any) -> tuple[Command, str | None]:
    """A command of a bulk and its idempotency key, unchecked, from a value out of `parse_json`.

    Raises ValidationError and Rejected.
    """
    read = command_adapter.validate_python(body)
    return read.to_command(), read.key


def checked_key(key: str) -> str:
    """Return an idempotency key without quotes: 1 to 255 visible ASCII characters. Raises InvalidKey."""
    if len(key) >= 2 and key[0] == key[-1] == '"':
        key = key[1:-1]
    if not 1 <= len(key) <= KEY_LENGTH_MAX:
        raise InvalidKey(trouble=f"it has 1 to {KEY_LENGTH_MAX} characters")
    if not all("!" <= character <= "~" for character in key):
        raise InvalidKey(trouble="it is made of visible ASCII characters")
    return key


class BulkIn(Body):
    """Commands, done in this order. `atomic`: all or none."""

    commands: list[Any]
    atomic: StrictBool = False


class BulkShape(Body):
    """Many commands. Each is read and refused for itself."""

    commands: list[CommandIn]
    atomic: StrictBool = False


class Credentials(Body):
    """A username and a password."""

    username: Annotated[str, StringConstraints(pattern=wording.USERNAME)]
    password: str
