"""Events to canonical bytes and back. The bytes are final: golden files guard them, hashes and proofs stand on them.

A record is three byte strings (DESIGN section 5), each canonical JSON as RFC 8785 has it: the envelope with the hashes
of the other two, the accounting facts (`data`), and the free text (`memo`, with a random salt), which may be erased.
Unknown types, schemas and members are Corrupt: nothing is ever skipped silently.
"""

import datetime as dt
import hashlib
import json
import math
import re
from collections.abc import Callable, Mapping
from decimal import Decimal
from functools import lru_cache
from typing import Any, NamedTuple

from ledger.accounts import AccountId
from ledger.errors import Corrupt, Forbidden, LedgerError
from ledger.fields import (
    SAFE_INTEGER_MAX,
    Read,
    list_readers,
    list_texts,
    read_integer,
    read_labels,
    read_list,
    read_members,
    read_object,
    read_text,
    read_texts,
)
from ledger.money import Amount, format_units, parse_amount
from ledger.slices import EVENTS, Event
from ledger.transactions import Document, Kind, Memo, Money, Posting, Quantity, Tax, TransactionPosted

RECORD_VERSION = 1
SCHEMA = 1
RECORD_BYTES_MAX = 65_535
"""What an entry of a C2SP tlog-tiles bundle holds. Facts and texts stand in a record as hashes: all are small."""
LEVELS_MAX = 200
"""Levels of a JSON value that is made canonical. Compiled functions that call themselves have no limit of their own."""

Json = dict[str, Any]

# --- canonical JSON ------------------------------------------------------------------------------------------------

_quote = json.encoder.encode_basestring
_encode_sorted: Callable[[Any], str] = json.JSONEncoder(
    ensure_ascii=False, sort_keys=True, separators=(",", ":"), check_circular=False
).encode


def canonicalize(value: Any) -> bytes:
    """Return the RFC 8785 (JCS) bytes of a JSON value made of dict, list, tuple, str, int, float, bool and None.

    Raises ValueError for NaN, infinities, integers beyond 2**53 - 1, texts that are not Unicode scalar values and
    nesting over LEVELS_MAX levels.
    """
    return _canonical(value, LEVELS_MAX).encode()


def canonicalize_plain(value: Any) -> bytes:
    """Return the same bytes as `canonicalize`, faster, for a value with no floats and no integers beyond 2**53 - 1.

    The C encoder sorts names by code point; that differs from RFC 8785's UTF-16 order only beyond U+FFFF.
    """
    text = _encode_sorted(value)
    if text.isascii() or max(text) <= "\uffff":
        return text.encode()
    return canonicalize(value)


def _canonical(value: Any, levels: int) -> str:
    """Return the canonical text of a value with at most so many levels in it."""
    if levels < 0:
        raise ValueError("the value is nested too deeply")
    match value:
        case str():
            return _quote(value)
        case True:
            return "true"
        case False:
            return "false"
        case None:
            return "null"
        case int():
            if abs(value) > SAFE_INTEGER_MAX:
                raise ValueError(f"the integer {value} is not exact as a JSON number")
            return str(value)
        case float():
            return _ecmascript_number(value)
        case list() | tuple():
            return f"[{','.join([_canonical(item, levels - 1) for item in value])}]"
        case Mapping():
            members = sorted(value.items(), key=lambda member: member[0].encode("utf-16-be"))
            return f"{{{','.join([f'{_quote(name)}:{_canonical(member, levels - 1)}' for name, member in members])}}}"
    raise TypeError(f"{type(value).__name__} is not a JSON value")


def _ecmascript_number(number: float) -> str:
    """Return a double as ECMAScript's Number::toString writes it (RFC 8785 section 3.2.2.3)."""
    if not math.isfinite(number):
        raise ValueError(f"{number} is not a JSON number")
    if number == 0:
        return "0"
    _, digit_tuple, exponent = Decimal(repr(abs(number))).normalize().as_tuple()
    digits, sign = "".join(map(str, digit_tuple)), "-" if number < 0 else ""
    point = len(digits) + int(exponent)
    if len(digits) <= point <= 21:
        return f"{sign}{digits}{'0' * (point - len(digits))}"
    if 0 < point <= 21:
        return f"{sign}{digits[:point]}.{digits[point:]}"
    if -6 < point <= 0:
        return f"{sign}0.{'0' * -point}{digits}"
    tail = f".{digits[1:]}" if len(digits) > 1 else ""
    return f"{sign}{digits[0]}{tail}e{'+' if point > 0 else '-'}{abs(point - 1)}"


# --- records -------------------------------------------------------------------------------------------------------


ACTOR_TYPES = ("user", "token", "cli", "system")
"""Who may write a record. Another type is refused, and is a finding in an audit."""


class Actor(NamedTuple):
    """Who did it: ids, never names. `on_behalf` is the user for whom a program or an operator acted."""

    type: str
    id: str
    on_behalf: str | None = None

    def to_json(self) -> Json:
        return {"type": self.type, "id": self.id} | ({"for": self.on_behalf} if self.on_behalf else {})

    @property
    def user(self) -> str | None:
        """Whose role decides what this actor may do; None: an operator at the machine, who needs none. Raises Forbidden
        for a type that is not known."""
        match self.type:
            case "user":
                return self.id
            case "token":
                return self.on_behalf or ""
            case "cli" | "system":
                return None
        raise Forbidden

    @classmethod
    def from_json(cls, actor: Json) -> "Actor":
        return cls(actor["type"], actor["id"], actor.get("for"))


class Sealed(NamedTuple):
    """The three byte strings of a record."""

    record: bytes
    data: bytes
    memo: bytes | None


class Envelope(NamedTuple):
    """What a record says besides its event."""

    ledger: str
    position: int
    id: str
    recorded_at: dt.datetime
    actor: Actor
    request: str | None
    command: str
    key: str | None


def seal(event: Event, envelope: Envelope, salt: bytes) -> Sealed:
    """Return the canonical bytes of one record. `salt` is 16 random bytes; it is used only where there is a memo.

    Raises ValueError for what JSON cannot hold exactly, and for an envelope too long for an entry bundle.
    """
    data, memo = encode(event, salt.hex())
    at = envelope
    memo_sha256 = "null" if memo is None else f'"{hashlib.sha256(memo).hexdigest()}"'
    record = (
        f'{{"actor":{_spell_actor(at.actor)},"command":{_quote(at.command)},'
        f'"data_sha256":"{hashlib.sha256(data).hexdigest()}","id":{_quote(at.id)},"key":{_spell_text(at.key)},'
        f'"ledger":{_quote(at.ledger)},"memo_sha256":{memo_sha256},"position":{at.position},'
        f'"recorded_at":"{format_time(at.recorded_at)}","request":{_spell_text(at.request)},'
        f'"schema":{SCHEMA},"type":"{type(event).__name__}","v":{RECORD_VERSION}}}'
    ).encode()
    if len(record) > RECORD_BYTES_MAX:
        raise ValueError(f"a record has at most {RECORD_BYTES_MAX} bytes: an id or a key in it is too long")
    return Sealed(record, data, memo)


def _spell_text(text: str | None) -> str:
    return "null" if text is None else _quote(text)


@lru_cache(maxsize=1024)
def _spell_actor(actor: Actor) -> str:
    return canonicalize(actor.to_json()).decode()


@lru_cache(maxsize=256)  # a batch is recorded at one time
def format_time(time: dt.datetime) -> str:
    """Return a time as RFC 3339 in UTC with exactly six fraction digits and `Z`. `time` must be aware and in UTC."""
    return f"{time.replace(tzinfo=None).isoformat(timespec='microseconds')}Z"


def parse_time(text: str) -> dt.datetime:
    """Return the time that `format_time` wrote."""
    return dt.datetime.fromisoformat(text)


# --- events --------------------------------------------------------------------------------------------------------


def encode(event: Event, salt: str) -> tuple[bytes, bytes | None]:
    """Return the canonical bytes of an event's `data`, and of its `memo` with this salt, or None where there is no
    text. A member without a value is absent, never null."""
    if isinstance(event, TransactionPosted):
        return _encode_posted(event).encode(), _encode_memo(event, salt)
    members, texts = _encode_fields(event), _TEXTS[type(event)]
    memo = {name: value for name, value in members.items() if name in texts}
    data = {name: value for name, value in members.items() if name not in texts}
    # Metadata is the caller's own JSON, with numbers of every kind in it.
    return canonicalize_plain(data), canonicalize({"salt": salt, **memo}) if memo else None


def _encode_fields(value: Any) -> Json:
    """Return the fields of a dataclass that have a value."""
    members = {name: getattr(value, name) for name in _READERS[type(value)]}
    return {name: _plain(member) for name, member in members.items() if member is not None and member != ()}


def _plain(value: Any) -> Any:
    if isinstance(value, Amount):
        return str(value)
    if isinstance(value, tuple):
        return list(value)
    if isinstance(value, dt.datetime):
        return format_time(value)
    return value.isoformat() if isinstance(value, dt.date) else value


# A transaction is spelled member by member, in the order of their names: half the time that it takes by way of JSON
# objects.


def _encode_posted(event: TransactionPosted) -> str:
    document = "" if event.document is None else f'"document":{_encode_document(event.document)},'
    reverses = "" if event.reverses is None else f'"reverses":{_quote(event.reverses)},'
    postings = ",".join([_encode_posting(posting) for posting in event.postings])
    return (
        f'{{"date":"{event.date}",{document}"kind":"{event.kind}","number":{event.number},"postings":[{postings}],'
        f'{reverses}"series":{_quote(event.series)}}}'
    )


def _encode_document(document: Document) -> str:
    members = [
        "" if document.date is None else f'"date":"{document.date}"',
        "" if document.due is None else f'"due":"{document.due}"',
        "" if document.party is None else f'"party":{_quote(document.party)}',
        "" if document.ref is None else f'"ref":{_quote(document.ref)}',
        f'"sha256":[{",".join(map(_quote, document.sha256))}]' if document.sha256 else "",
    ]
    return f"{{{','.join(filter(None, members))}}}"


def _encode_posting(posting: Posting[AccountId]) -> str:
    account, (units, scale), currency, _, *more = posting
    spelled = f'{{"account":{account},"amount":"{format_units(units, scale)}","currency":{_quote(currency)}'
    return f"{spelled}}}" if more == _NOTHING_MORE else f"{spelled}{_encode_more(posting)}}}"


_NOTHING_MORE: list[None] = [None] * (len(Posting._fields) - 4)


def _encode_more(posting: Posting[AccountId]) -> str:
    """Return the members of a posting that most do not have, each with a comma before it."""
    spelled = f',"dimensions":{canonicalize_plain(dict(posting.dimensions)).decode()}' if posting.dimensions else ""
    if posting.due is not None:
        spelled += f',"due":"{posting.due}"'
    if posting.original is not None:
        spelled += (
            f',"original":{{"amount":"{posting.original.amount}","currency":{_quote(posting.original.currency)}}}'
        )
    if posting.party is not None:
        spelled += f',"party":{_quote(posting.party)}'
    if posting.quantity is not None:
        spelled += f',"quantity":{{"amount":"{posting.quantity.amount}","unit":{_quote(posting.quantity.unit)}}}'
    if posting.tax is not None:
        base = "" if posting.tax.base is None else f'"base":"{posting.tax.base}",'
        spelled += f',"tax":{{{base}"code":{_quote(posting.tax.code)}}}'
    return spelled if posting.value_date is None else f'{spelled},"value_date":"{posting.value_date}"'


def _encode_memo(event: TransactionPosted, salt: str) -> bytes | None:
    description, payee, notes, tags, metadata, imported = event.memo
    lines = {str(line): posting.text for line, posting in enumerate(event.postings) if posting.text is not None}
    before = "" if description is None else f'"description":{_quote(description)},'
    if imported:
        before += f'"imported":{_canonical(imported, LEVELS_MAX)},'
    if lines:
        before += f'"lines":{canonicalize_plain(lines).decode()},'
    if metadata:
        before += f'"metadata":{_canonical(metadata, LEVELS_MAX)},'
    if notes is not None:
        before += f'"notes":{_quote(notes)},'
    if payee is not None:
        before += f'"payee":{_quote(payee)},'
    if not before and not tags:
        return None
    after = f',"tags":[{",".join(map(_quote, tags))}]' if tags else ""
    return f'{{{before}"salt":"{salt}"{after}}}'.encode()


# What every reader asks of an envelope stands at fixed places in its canonical spelling. In a text a quotation mark
# is escaped: these names cannot come from there.
_ID = re.compile(rb'"data_sha256":"[0-9a-f]{64}","id":"([0-9a-f-]{36})","key":')
_TYPE = re.compile(rb'"schema":([1-9][0-9]{0,3}),"type":"([A-Za-z]{1,40})","v":1\}')


def read_id(record: bytes) -> str:
    """Return the id in a record's envelope."""
    found = _ID.search(record)
    return str(json.loads(record)["id"]) if found is None else found[1].decode()


def read_type_and_schema(record: bytes) -> tuple[str, int]:
    """Return what `decode` has to know of a record's envelope."""
    found = _TYPE.search(record)
    if found is None or found.end() != len(record):
        members = json.loads(record)
        return members["type"], members["schema"]
    return found[2].decode(), int(found[1])


def decode(type_: str, schema: int, data: bytes, memo: bytes | None) -> Event:
    """Return the event in a record; with `memo` None (never there, or erased) its texts are None.

    Raises Corrupt for a type, schema or member that this version does not know.
    """
    decoder = _DECODERS.get((type_, schema))
    if decoder is None:
        raise Corrupt(what=f"a record of unknown type {type_!r}, schema {schema}")
    try:
        return decoder(_parse(_FACTS, data), read_memo(memo))
    except (AttributeError, KeyError, TypeError, ValueError, LedgerError) as error:
        raise Corrupt(what=f"a {type_} record that cannot be read ({type(error).__name__}: {error})") from error


def _parse_int(digits: str) -> int | float:
    """Return the number that these digits are. RFC 8785 writes the double 1e20 as an integer: what is no safe integer
    was a double, and is one again."""
    number = int(digits)
    return number if abs(number) <= SAFE_INTEGER_MAX else float(number)


_FACTS, _MEMO = json.JSONDecoder(), json.JSONDecoder(parse_int=_parse_int)


def _parse(decoder: json.JSONDecoder, document: bytes) -> Json:
    """Return the members of a JSON document without any space around it. Raises ValueError."""
    members: Json
    members, end = decoder.raw_decode(text := document.decode())
    if end != len(text):
        raise ValueError("there is something after the end")
    return members


def read_memo(memo: bytes | None) -> Json:
    """Return the members of a memo, without its salt; none where it was erased or never there."""
    texts = {} if memo is None else _parse(_MEMO, memo)
    texts.pop("salt", None)
    return texts


def _decode_posted(data: Json, texts: Json) -> TransactionPosted:
    memo, postings = read_members(texts, _MEMO_READERS), read_list(data.pop("postings"))
    lines = memo.pop("lines", {})
    if lines and not lines.keys() <= {str(line) for line in range(len(postings))}:
        raise ValueError("a text for a posting that is not there")
    return TransactionPosted(
        postings=tuple([_decode_posting(posting, lines.get(str(line))) for line, posting in enumerate(postings)]),
        memo=Memo(**memo),
        **read_members(data, _POSTED_READERS),
    )


def _decode_posting(posting: Json, text: str | None) -> Posting[AccountId]:
    amount = parse_amount(posting.pop("amount"))
    account, currency = read_integer(posting.pop("account")), read_text(posting.pop("currency"))
    if not posting:
        return Posting(account, amount, currency, text)
    return Posting(account, amount, currency, text, **read_members(posting, _POSTING_READERS))


def _reader_of(class_: Any) -> Read:
    """Return the function that makes an object of this class of its JSON."""
    readers = _READERS[class_]

    def read(value: Any) -> Any:
        return class_(**read_members(value, readers))

    return read


def _decoder_of(event: Any) -> Callable[[Json, Json], Event]:
    texts, read_event = _TEXTS[event], _reader_of(event)

    def read(data: Json, memo: Json) -> Event:
        # A fact in the memo could be erased, and a text in the data never: refused.
        if misplaced := memo.keys() - texts | data.keys() & texts:
            raise ValueError(f"{', '.join(sorted(misplaced))} in the wrong part")
        found: Event = read_event(data | memo)
        return found

    return read


_BY_FIELDS = [rule.event for rule in EVENTS if rule.event is not TransactionPosted]
_READERS: Mapping[type, dict[str, Read]] = {
    class_: list_readers(class_) for class_ in (*_BY_FIELDS, Document, Tax, Money, Quantity)
}
"""What reads the fields of each event, and of the parts of a transaction, by name."""
_TEXTS: Mapping[type, frozenset[str]] = {event: list_texts(event) for event in _BY_FIELDS}
"""By event the names of the members that are texts."""
_POSTED_READERS: Mapping[str, Read] = {
    "date": dt.date.fromisoformat,
    "kind": Kind,
    "series": read_text,
    "number": read_integer,
    "document": _reader_of(Document),
    "reverses": read_text,
}
_POSTING_READERS: Mapping[str, Read] = {
    "dimensions": read_labels,
    "tax": _reader_of(Tax),
    "original": _reader_of(Money),
    "party": read_text,
    "due": dt.date.fromisoformat,
    "value_date": dt.date.fromisoformat,
    "quantity": _reader_of(Quantity),
}
_MEMO_READERS: Mapping[str, Read] = {
    "description": read_text,
    "payee": read_text,
    "notes": read_text,
    "tags": read_texts,
    "metadata": read_object,
    "imported": read_object,
    "lines": read_labels,
}
_DECODERS: Mapping[tuple[str, int], Callable[[Json, Json], Event]] = {
    **{(event.__name__, 1): _decoder_of(event) for event in _BY_FIELDS},
    ("TransactionPosted", 1): _decode_posted,
}
"""The registry: a new schema of a type adds a line here, and the old line stays for ever."""
