"""Bytes to records, strictly: what is not spelled as RFC 8785 and the codec spell it is refused.

Every reader here proves the spelling as well: `read_envelope` by a pattern that matches canonical envelopes alone,
`read_event` by writing what it read again and comparing the bytes, except for plain transactions, whose pattern too
matches canonical ones alone (a property test holds both ways against each other).
"""

import datetime as dt
import json
import re
from functools import lru_cache
from typing import NamedTuple

from ledger.codec import (
    Actor,
    canonical,
    canonical_plain,
    decode,
    encode,
    is_plain_memo,
    parse_time,
    plain_event,
    read_plain,
    read_plain_memo,
)
from ledger.errors import Corrupt
from ledger.events import Event, TransactionPosted
from ledger.transactions import NO_MEMO, Memo

# A canonical JSON string, without its quotes: only these are escaped, and only so (RFC 8785 section 3.2.2.2).
_TEXT = r'[^"\\\x00-\x1f]*(?:\\(?:["\\bfnrt]|u00(?:0[0-7bef]|1[0-9a-f]))[^"\\\x00-\x1f]*)*'
_UUID = "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
_HASH = "[0-9a-f]{64}"
_NUMBER = "0|[1-9][0-9]{0,15}"

_ENVELOPE = re.compile(
    r'\{"actor":(\{(?:"for":"' + _TEXT + r'",)?"id":"' + _TEXT + r'","type":"(?:user|token|cli|system)"\}),'
    rf'"command":"({_UUID})","data_sha256":"({_HASH})","id":"({_UUID})","key":(null|"{_TEXT}"),'
    rf'"ledger":"({_UUID})","memo_sha256":(?:null|"({_HASH})"),"position":({_NUMBER}),'
    r'"recorded_at":"([0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{6}Z)",'
    rf'"request":(?:null|"({_UUID})"),"schema":({_NUMBER}),"type":"([A-Za-z]+)","v":1\}}',
    re.ASCII,
)


_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)


class Envelope(NamedTuple):
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
        return time_of(self.recorded_at)

    @property
    def who(self) -> Actor:
        """Who did it."""
        return Actor.from_json(json.loads(self.actor))

    @property
    def idempotency_key(self) -> str | None:
        """The caller's key."""
        if "\\" not in self.key:
            return None if self.key == "null" else self.key[1:-1]
        key: str | None = json.loads(self.key)
        return key


def read_envelope(record: bytes) -> Envelope:
    """Raises ValueError for whatever is not the canonical envelope of a record."""
    found = _ENVELOPE.fullmatch(record.decode())
    if found is None:
        raise ValueError("it is not the canonical form of a record")
    envelope = Envelope._make(found.groups())
    time_of(envelope.recorded_at)  # there is no 30 February
    return envelope


@lru_cache(maxsize=64)
def time_of(text: str) -> dt.datetime:
    """A time of the log; a batch of records shares one. Raises ValueError."""
    return parse_time(text)


@lru_cache(maxsize=4096)
def actor_of(text: str) -> Actor:
    """Who did it, from the envelope's JSON."""
    return Actor.from_json(json.loads(text))


def micros(time: dt.datetime) -> int:
    """Microseconds since 1970."""
    return (time - _EPOCH) // dt.timedelta(microseconds=1)


@lru_cache(maxsize=64)
def micros_of(text: str) -> int:
    """The same of a time of the log."""
    return micros(time_of(text))


def read_event(envelope: Envelope, data: bytes, memo: bytes | None) -> Event:
    """The event in a record, whose memo may have been erased. Raises ValueError where it cannot be read, or is not
    spelled canonically."""
    if envelope.type == "TransactionPosted" and envelope.schema == "1":
        plain = _read_plain(data.decode(), None if memo is None else memo.decode())
        if plain is not None:
            return plain
    try:
        event = decode(envelope.type, int(envelope.schema), data, memo)
        facts, texts = encode(event)
        if canonical_plain(facts) != data:
            raise ValueError("the body is not in canonical form")
        if memo is not None and canonical({**texts, "salt": _salt(memo)}) != memo:
            raise ValueError("the memo is not in canonical form")
    except Corrupt as error:
        raise ValueError(error.what) from None
    except RecursionError:  # no record of the service's nests so deep
        raise ValueError("it is nested too deep to be read") from None
    return event


def _salt(memo: bytes) -> str:
    salt = json.loads(memo).get("salt")
    if not isinstance(salt, str) or _SALT.fullmatch(salt) is None:
        raise ValueError("the memo has no salt")
    return salt


_SALT = re.compile("[0-9a-f]{32}")


# --- plain transactions: most of every log ---------------------------------------------------------------------------

_LONG_NUMBER = re.compile("[0-9]{16}")
"""It may be one that only doubles have; or a part of a text, which is then read the long way as well."""


def _read_plain(data: str, memo: str | None) -> TransactionPosted | None:
    """A transaction with nothing but accounts, amounts and texts in it; None: read it the long way."""
    plain = read_plain(data)
    if plain is None:
        return None
    texts = NO_MEMO if memo is None else read_plain_memo(memo) or _read_texts(memo)
    return None if texts is None else plain_event(plain, texts)


def is_canonical_memo(memo: str) -> bool:
    """Whether it plainly is one of a transaction; False: it has to be read the long way."""
    return is_plain_memo(memo) or _read_texts(memo) is not None


class _Fraction(Exception):
    """A number with a fraction, whose canonical spelling is not Python's."""


def _refuse_fraction(digits: str) -> None:
    raise _Fraction


_decode_texts = json.JSONDecoder(parse_float=_refuse_fraction).decode


def _read_texts(memo: str) -> Memo | None:
    """A transaction's texts where the plain encoder shows them to be canonical; None: read them the long way."""
    if _LONG_NUMBER.search(_SALTED.sub("", memo)) is not None:
        return None
    try:
        texts = _decode_texts(memo)
    except (_Fraction, ValueError, RecursionError):
        return None
    if type(texts) is not dict or canonical_plain(texts) != memo.encode():
        return None
    salt, tags, metadata = texts.pop("salt", None), texts.pop("tags", None), texts.pop("metadata", None)
    if type(salt) is not str or _SALT.fullmatch(salt) is None or not (texts or tags or metadata):
        return None
    if not texts.keys() <= {"description", "notes", "payee"} or any(type(each) is not str for each in texts.values()):
        return None
    if type(tags) not in (list, type(None)) or tags == [] or type(metadata) not in (dict, type(None)) or metadata == {}:
        return None
    return Memo(**texts, tags=tuple(tags or ()), metadata=metadata or {})


_SALTED = re.compile(r'"salt":"[0-9a-f]{32}"')
