"""The values in requests: how each is read and limited, and `Body`, which every body of a request is.

Unknown members and duplicate keys are refused, every text and list has a limit, and nothing is coerced. Decimals become
minor units here and nowhere else. An empty name, tag or key is refused. The types `...OrNone` read an empty text as
none.
"""

import datetime as dt
import json
import math
import re
from collections.abc import Callable
from functools import cache, lru_cache
from typing import Annotated, Any, ClassVar, TypeVar
from zoneinfo import available_timezones

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainValidator,
    StrictInt,
    StringConstraints,
    ValidationError,
    WithJsonSchema,
    model_validator,
)
from pydantic_core import PydanticCustomError

from api import wording
from api.errors import FAULTS_MAX, MalformedJson, make_body_invalid
from api.shapes.strict_json import NESTED_MAX, walk
from api.start.charts import find_shipped_chart
from ledger import money
from ledger.accounts import NUMBER, PATH_LENGTH_MAX, AccountRef, require_number, require_visible
from ledger.errors import (
    InvalidAmount,
    InvalidDate,
    InvalidField,
    InvalidKey,
    InvalidPath,
    InvalidTime,
    LedgerError,
    Rejected,
    UnknownAccount,
    UnknownField,
    shorten,
)
from ledger.fields import SAFE_INTEGER_MAX
from ledger.journal import is_uuid
from ledger.money import Amount, require_currency

T = TypeVar("T")
KEY_LENGTH_MAX = 255
METADATA_BYTES_MAX = 16_384
LINE_LENGTH_MAX, PROSE_LENGTH_MAX = 1_000, 10_000
CODE_LENGTH_MAX, REFERENCE_LENGTH_MAX = 100, 200
UNKNOWN_MEMBERS_MAX = 20
"""Each is named in the answer; where there are more the first one is."""
ACCOUNT_NAME_LENGTH_MAX = PATH_LENGTH_MAX + 100


def as_fault(refusal: Rejected) -> PydanticCustomError:
    """Return a refusal of the ledger's own, passed through pydantic so that it gets the place in the body."""
    facts = {name: fact for name, fact in refusal.facts.items() if isinstance(fact, str | int)}
    return PydanticCustomError(refusal.code, "{detail}", {"detail": refusal.detail, **facts})


def _amount(value: object) -> Amount:
    try:
        return money.parse_amount(value)
    except InvalidAmount as refusal:
        raise as_fault(refusal) from None


_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def parse_date(value: object) -> dt.date:
    """Return a calendar date as `YYYY-MM-DD`; raises InvalidDate for every other spelling."""
    if isinstance(value, str) and _DATE.fullmatch(value):
        try:
            return dt.date.fromisoformat(value)
        except ValueError:
            pass
    raise InvalidDate(date=shorten(value))


# Days and currencies come again and again. What is refused is not remembered: it may be megabytes long.
_parse_date = lru_cache(maxsize=4_000)(parse_date)
_require_currency = lru_cache(maxsize=1_000)(require_currency)


def _date(value: object) -> dt.date:
    try:
        return _parse_date(value) if isinstance(value, str) else parse_date(value)
    except InvalidDate as refusal:
        raise as_fault(refusal) from None


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
        raise as_fault(InvalidTime(time=shorten(value))) from None


def _integral(value: object) -> object:
    """Return an integer for 2.0: JSON knows no integers apart from numbers (and a JSON schema calls it one)."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _currency(value: str) -> str:
    try:
        _require_currency(value)
    except InvalidField as refusal:
        raise as_fault(refusal) from None
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
        raise as_fault(refusal) from None
    return value


def _chart_name(value: str) -> str:
    try:
        find_shipped_chart(value)
    except InvalidField as refusal:
        raise as_fault(refusal) from None
    return value


def _path(value: str) -> str:
    """Return a new path whose characters can be seen. All else about it is decided under the lock."""
    try:
        require_visible(value)
    except InvalidPath as refusal:
        raise as_fault(refusal) from None
    return value


_UNPRINTABLE = re.compile("[\0-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]")
"""Control characters, line separators, and what turns the direction of all that follows."""


def _name(value: str) -> str:
    if found := _UNPRINTABLE.search(value):
        raise PydanticCustomError("invalid", f"U+{ord(found[0]):04X} is not allowed in a name")
    return value


def _account_name(value: object) -> AccountRef:
    if isinstance(value, str) and 1 <= len(value) <= ACCOUNT_NAME_LENGTH_MAX:
        return value
    value = _integral(value)
    if type(value) is int:
        if 0 <= value <= SAFE_INTEGER_MAX:
            return value
        raise as_fault(UnknownAccount(account=value))
    raise PydanticCustomError("invalid", "an account is named by its path, by `#NUMBER`, or by its id, an integer")


def _metadata(value: Any) -> dict[str, Any]:
    if not isinstance(value, dict) or not _is_short(value):
        raise PydanticCustomError("invalid", f"metadata is a JSON object of at most {METADATA_BYTES_MAX} bytes")
    return value


def _is_short(value: Any) -> bool:
    """Return whether metadata has at most METADATA_BYTES_MAX bytes as JSON. Of what is far longer only a part is looked
    at.

    Raises PydanticCustomError where it is nested too deeply, or a number in it is not exact: it cannot be written.
    """
    room = METADATA_BYTES_MAX
    for depth, each in walk(value):
        if depth > NESTED_MAX:
            raise PydanticCustomError("invalid", f"metadata is nested at most {NESTED_MAX} levels deep")
        if type(each) is int and abs(each) > SAFE_INTEGER_MAX:
            trouble = f"whole numbers in metadata are at most {SAFE_INTEGER_MAX} above or below 0; send others as texts"
            raise PydanticCustomError("invalid", trouble)
        if type(each) is float and not math.isfinite(each):
            raise PydanticCustomError("invalid", "a number in metadata is too large; send it as a text")
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
Path = Annotated[str, StringConstraints(min_length=1, max_length=600), AfterValidator(_path)]
Name = Annotated[Line, AfterValidator(_name)]
"""Of something, in one line: shown in lists, so it must not change how others are shown."""
TokenName = Annotated[Code, AfterValidator(_name)]
Series = Annotated[str, StringConstraints(pattern=wording.SERIES)]
Sha256 = Annotated[str, StringConstraints(pattern=wording.SHA256)]
MonthDay = Annotated[str, StringConstraints(pattern=wording.MONTH_DAY)]
LedgerId = Annotated[str, StringConstraints(pattern=wording.LEDGER_ID), AfterValidator(_ledger_id)]
ChartName = Annotated[str, AfterValidator(_chart_name)]
AccountName = Annotated[
    AccountRef,
    PlainValidator(_account_name),
    WithJsonSchema({"anyOf": [{"type": "string"}, {"type": "integer"}]}),
]


def validate(validate: Callable[[Any], T], value: Any, *, tagged: bool = False, most: int = FAULTS_MAX) -> T:
    """Return what a validation makes of a value out of `parse_json`. Raises BodyInvalid, with so many of its faults,
    and MalformedJson where the value is nested so deeply that it cannot even be said what is wrong with it."""
    try:
        return validate(value)
    except ValidationError as error:
        raise make_body_invalid(error, tagged=tagged, most=most) from None
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
        """Raise where there are too many unknown members: each becomes a fault, and a fault takes half a kilobyte."""
        known = cls.__pydantic_fields__
        if type(value) is dict and len(value) > len(known) + UNKNOWN_MEMBERS_MAX:
            raise as_fault(UnknownField(name=next(name for name in value if name not in known)))
        return value


class CommandBody(Body):
    """A command of a bulk. It has an idempotency key of its own."""

    REFUSALS: ClassVar[tuple[type[LedgerError], ...]] = ()
    """Its own refusals, for the OpenAPI document. What any command may be refused with is not among them."""
    key: str | None = None


def check_key(key: str) -> str:
    """Return an idempotency key without quotes: 1 to 255 visible ASCII characters. Raises InvalidKey."""
    if len(key) >= 2 and key[0] == key[-1] == '"':
        key = key[1:-1]
    if not 1 <= len(key) <= KEY_LENGTH_MAX:
        raise InvalidKey(trouble=f"it must have 1 to {KEY_LENGTH_MAX} characters")
    if not all("!" <= character <= "~" for character in key):
        raise InvalidKey(trouble="it may have only visible ASCII characters")
    return key
