"""Bytes to records, strictly: what is not spelled as RFC 8785 and the codec spell it is refused.

Every reader here proves the spelling as well: `read_envelope` by a pattern that matches canonical envelopes alone,
`read_event` by writing what it read again and comparing the bytes, except for plain transactions, whose pattern too
matches canonical ones alone (a property test holds both ways against each other).
"""

import datetime as dt
import json
import re
from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

from ledger.codec import (
    ACTOR_TYPES,
    RECORD_BYTES_MAX,
    Actor,
    canonicalize_plain,
    decode,
    encode,
    format_time,
    parse_time,
)
from ledger.errors import Corrupt
from ledger.slices import Event

# A canonical JSON string, without its quotes: only these are escaped, and only so (RFC 8785 section 3.2.2.2).
_TEXT = r'[^"\\\x00-\x1f]*(?:\\(?:["\\bfnrt]|u00(?:0[0-7bef]|1[0-9a-f]))[^"\\\x00-\x1f]*)*'
_UUID = "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
_HASH = "[0-9a-f]{64}"
_NUMBER = "0|[1-9][0-9]{0,15}"
_ACTOR = rf'\{{(?:"for":"{_TEXT}",)?"id":"{_TEXT}","type":"(?:{"|".join(ACTOR_TYPES)})"\}}'
_TIME = r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{6}Z"

_ENVELOPE = re.compile(
    rf'\{{"actor":({_ACTOR}),'
    rf'"command":"({_UUID})","data_sha256":"({_HASH})","id":"({_UUID})","key":(null|"{_TEXT}"),'
    rf'"ledger":"({_UUID})","memo_sha256":(?:null|"({_HASH})"),"position":({_NUMBER}),'
    rf'"recorded_at":"({_TIME})",'
    rf'"request":(?:null|"({_UUID})"),"schema":({_NUMBER}),"type":"([A-Za-z]+)","v":1\}}',
    re.ASCII,
)


_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_MICROSECOND = dt.timedelta(microseconds=1)


class RecordEnvelope(NamedTuple):
    """The members of a record's envelope, as texts; the times of a log compare as their texts do."""

    actor: str
    """JSON."""
    command: str
    data_sha256: str
    id: str
    key: str
    """JSON."""
    ledger: str
    memo_sha256: str | None
    position: str
    recorded_at: str
    request: str | None
    schema: str
    type: str

    @property
    def time(self) -> dt.datetime:
        """When it was recorded."""
        return parse_record_time(self.recorded_at)

    @property
    def who(self) -> Actor:
        """Who did it."""
        return Actor.from_json(json.loads(self.actor))

    @property
    def idempotency_key(self) -> str | None:
        """The caller's key."""
        return parse_key(self.key)


def read_envelope(record: bytes) -> RecordEnvelope:
    """Return the envelope of a record. Raises ValueError for what is not the canonical envelope of one."""
    if len(record) > RECORD_BYTES_MAX:
        raise ValueError(f"it has {len(record)} bytes, and a record has at most {RECORD_BYTES_MAX}")
    found = _ENVELOPE.fullmatch(record.decode())
    if found is None:
        raise ValueError("it is not the canonical form of a record")
    envelope = RecordEnvelope._make(found.groups())
    parse_record_time(envelope.recorded_at)
    if len(envelope.idempotency_key or "") > KEY_LENGTH_MAX:
        raise ValueError(f"its idempotency key has more than {KEY_LENGTH_MAX} characters")
    return envelope


Cut = tuple[str, str, str, str, str]
"""What of a plain transaction's envelope is its own: actor, id, key, time and request, as they are spelled."""

_UP_TO_KEY = len(f',"command":"{36 * "0"}","data_sha256":"{64 * "0"}","id":"{36 * "0"}","key":')
_AFTER_REQUEST = ',"schema":1,"type":"TransactionPosted","v":1}'


def cut_envelope(record: str, ledger: str, position: int, data_sha256: str, memo_sha256: str | None) -> Cut | None:
    """Return what `read_envelope` does, in a quarter of the time, of a plain transaction that is at this position, is a
    command of its own and has these hashes. None: it is no such record.

    What is not given is cut out where it should lie, the record is spelled with it, and must be what was spelled. So it
    is canonical where the cuts are; `are_canonical` says that of many at once.
    """
    who_ends, when_ends = record.find('},"command":"') + 1, record.rfind('","request":')
    key_begins = who_ends + _UP_TO_KEY
    actor, id_ = record[9:who_ends], record[who_ends + 12 : who_ends + 48]
    key = record[key_begins : record.find(',"ledger":"', key_begins)]
    recorded_at, request = record[when_ends - 27 : when_ends], record[when_ends + 12 : -len(_AFTER_REQUEST)]
    memo = "null" if memo_sha256 is None else f'"{memo_sha256}"'
    spelled = (
        f'{{"actor":{actor},"command":"{id_}","data_sha256":"{data_sha256}","id":"{id_}","key":{key},'
        f'"ledger":"{ledger}","memo_sha256":{memo},"position":{position},"recorded_at":"{recorded_at}",'
        f'"request":{request}{_AFTER_REQUEST}'
    )
    return (actor, id_, key, recorded_at, request) if record == spelled else None


_FORMS = tuple(re.compile(form, re.ASCII) for form in (_ACTOR, _UUID, rf'null|"{_TEXT}"', _TIME, rf'null|"{_UUID}"'))


def are_canonical(cuts: Sequence[Cut]) -> bool:
    """Return whether each is spelled as it should be; whether there is such a time is not asked."""
    return all(all(map(form.fullmatch, set(cut))) for form, cut in zip(_FORMS, zip(*cuts, strict=True), strict=True))


@lru_cache(maxsize=64)
def parse_record_time(text: str) -> dt.datetime:
    """Return a time of the log; a batch of records shares one. Raises ValueError: there is no 30 February, and no
    24:00."""
    time = parse_time(text)
    if format_time(time) != text:
        raise ValueError(f"{text} is not the canonical form of a time")
    return time


KEY_LENGTH_MAX = 255
"""Characters of an idempotency key (CONTRACT section 4)."""


def parse_key(text: str) -> str | None:
    """Return an idempotency key, from the envelope's JSON."""
    if "\\" not in text:
        return None if text == "null" else text[1:-1]
    key: str | None = json.loads(text)
    return key


@lru_cache(maxsize=4096)
def parse_actor(text: str) -> Actor:
    """Return who did it, from the envelope's JSON."""
    return Actor.from_json(json.loads(text))


def parse_micros(time: dt.datetime) -> int:
    """Return microseconds since 1970."""
    return (time - _EPOCH) // _MICROSECOND


@lru_cache(maxsize=64)
def parse_time_as_micros(text: str) -> int:
    """Return a time of the log in microseconds since 1970. Raises ValueError."""
    return parse_micros(parse_record_time(text))


def read_event(envelope: RecordEnvelope, data: bytes, memo: bytes | None) -> Event:
    """Return the event in a record, whose memo may have been erased. Raises ValueError where it cannot be read, has a
    member of a wrong type, or is not spelled canonically."""
    try:
        return _read_any(envelope, data, memo)
    except Corrupt as error:
        raise ValueError(error.what) from None
    except ValueError:
        raise
    except RecursionError:  # no record of the service's nests so deep
        raise ValueError("it is nested too deep to be read") from None
    except Exception as error:  # noqa: BLE001  (whatever a stranger's bytes make of the codec)
        raise ValueError(f"it cannot be read ({type(error).__name__}: {error})") from None


def read_event_leniently(envelope: RecordEnvelope, data: bytes, memo: bytes | None) -> tuple[Event, str | None]:
    """Return the event in a record, without its texts where they cannot be read; and what is wrong with them then.
    Raises ValueError where the event itself cannot be read."""
    try:
        return read_event(envelope, data, memo), None
    except ValueError as error:
        if memo is None:
            raise
        return read_event(envelope, data, None), str(error)


def _read_any(envelope: RecordEnvelope, data: bytes, memo: bytes | None) -> Event:
    """Return the event and its texts, read the long way. Raises whatever the codec raises."""
    require_few_values(data)
    require_few_values(memo or b"")
    event = decode(envelope.type, int(envelope.schema), data, memo)
    facts, texts = encode(event, "" if memo is None else _salt(memo))
    if facts != data:
        raise ValueError("the body is not in canonical form")
    if memo is not None and texts is None:
        raise ValueError("there is a memo without a text in it")
    if memo is not None and texts != memo:
        raise ValueError("the memo is not in canonical form")
    return event


VALUES_MAX = 1_000_000
"""Values in one JSON document; each takes up to a hundred bytes of memory."""
# One that does not end goes to the end of the document: so nothing is looked through twice.
_STRING = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"?', re.DOTALL)


def require_few_values(document: bytes) -> None:
    """Raise ValueError for JSON with more than VALUES_MAX values in it, before they are made."""
    if _signs(document) > VALUES_MAX and _signs(_STRING.sub(b"", document)) > VALUES_MAX:
        raise ValueError(f"it holds more than {VALUES_MAX} values")


def _signs(document: bytes) -> int:
    """Count the signs that begin a value: there are no more values than this and one."""
    return document.count(b",") + document.count(b"[") + document.count(b"{")


def _salt(memo: bytes) -> str:
    salt = json.loads(memo).get("salt")
    if not isinstance(salt, str) or _SALT.fullmatch(salt) is None:
        raise ValueError("the memo has no salt")
    return salt


_SALT = re.compile("[0-9a-f]{32}")


# --- the memos of plain transactions: most of every log ---------------------------------------------------------------

_UNESCAPED = r'[^"\\\x00-\x1f]*'
_SIMPLE_TEXTS = re.compile(
    rf'\{{(?!"salt")(?:"description":"{_UNESCAPED}",)?(?:"notes":"{_UNESCAPED}",)?(?:"payee":"{_UNESCAPED}",)?'
    r'"salt":"[0-9a-f]{32}"\}',
    re.ASCII,
)
_LONG_NUMBER = re.compile("[0-9]{16}")
"""It may be one that only doubles have; or a part of a text, which is then read the long way as well."""


def is_canonical_memo(memo: str) -> bool:
    """Return whether it plainly is one of a transaction; False: it has to be read the long way."""
    return _SIMPLE_TEXTS.fullmatch(memo) is not None or _are_canonical_texts(memo)


class _Fraction(Exception):
    """A number with a fraction, whose canonical spelling is not Python's."""


def _refuse_fraction(digits: str) -> None:
    raise _Fraction


_decode_texts = json.JSONDecoder(parse_float=_refuse_fraction).decode


def _are_canonical_texts(memo: str) -> bool:
    """Return whether the plain encoder shows that these are a transaction's texts, and canonical."""
    if _LONG_NUMBER.search(_SALTED.sub("", memo)) is not None:
        return False
    try:
        texts = _decode_texts(memo)
    except (_Fraction, ValueError, RecursionError):
        return False
    if type(texts) is not dict or canonicalize_plain(texts) != memo.encode():
        return False
    salt, tags, metadata = texts.pop("salt", None), texts.pop("tags", None), texts.pop("metadata", None)
    if type(salt) is not str or _SALT.fullmatch(salt) is None or not (texts or tags or metadata):
        return False
    if not texts.keys() <= {"description", "notes", "payee"} or any(type(each) is not str for each in texts.values()):
        return False
    if type(tags) not in (list, type(None)) or tags == [] or type(metadata) not in (dict, type(None)) or metadata == {}:
        return False
    return tags is None or all(type(each) is str for each in tags)


_SALTED = re.compile(r'"salt":"[0-9a-f]{32}"')
