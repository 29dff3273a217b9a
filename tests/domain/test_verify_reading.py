"""The auditor's reading is strict: what it takes for canonical is canonical."""

import json
import string
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from api.audit import parsing
from api.audit.parsing import RecordEnvelope, read_envelope, read_event
from ledger.accounts import AccountType, Side
from ledger.books.accounts import AccountOpened
from ledger.codec import Actor, Sealed, canonicalize, read_memo, seal
from ledger.codec import Envelope as Written
from ledger.money import Amount
from ledger.sequencer import make_uuid
from ledger.slices import Event
from ledger.transactions import Memo, Posting, TransactionPosted
from tests.builders import credit, debit, opened_books, post
from tests.domain.golden_records import GOLDEN

SOME_TEXT = st.text(st.characters(codec="utf-8"), max_size=12) | st.text(string.printable, max_size=12)
TEXT = st.none() | SOME_TEXT
JSON_VALUE = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53) + 1, 2**53 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | SOME_TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(SOME_TEXT, inner, max_size=3),
    max_leaves=6,
)


def written(event: Event, **members: Any) -> Sealed:
    """A record of this event."""
    id_ = make_uuid()
    given_ = {"actor": Actor("user", "ada"), "request": None, "key": None, **members}
    envelope = Written(ledger=make_uuid(), position=7, id=id_, recorded_at=opened_books().now, command=id_, **given_)
    return seal(event, envelope, bytes(16))


@st.composite
def transactions(draw: st.DrawFn) -> Event:
    """Plain ones mostly, with texts of every kind."""
    units = draw(st.integers(-(10**20), 10**20))
    anything = st.dictionaries(SOME_TEXT, JSON_VALUE, max_size=2)
    tags = tuple(draw(st.lists(SOME_TEXT, max_size=2)))
    memo = Memo(draw(TEXT), draw(TEXT), draw(TEXT), tags, draw(anything), draw(anything))
    books = opened_books()
    books.given(post(debit("Assets:Cash", "1.00"), credit("Equity:Opening", "1.00")))
    posted = books.events[-1]
    assert isinstance(posted, TransactionPosted)
    text = draw(TEXT)
    postings = (Posting(1, Amount(units, 2), "EUR", text), Posting(4, Amount(-units, 2), "EUR"))
    return posted._replace(postings=postings, memo=memo)


@given(transactions())
def test_what_was_written_is_read(event: Event) -> None:
    sealed = written(event)
    assert read_event(read_envelope(sealed.record), sealed.data, sealed.memo) == event


EDITS = st.tuples(st.integers(0, 10**6), st.sampled_from([0, 1]), st.text(string.printable + "äé \x7f", max_size=2))


def edited(raw: bytes, edit: tuple[int, int, str]) -> bytes:
    """Some characters put in, in place of one or of none."""
    at, gone, put = edit
    text = raw.decode()
    at %= len(text)
    return (text[:at] + put + text[at + gone :]).encode()


@given(transactions(), EDITS, EDITS)
def test_only_canonical_bytes_are_read(event: Event, one: tuple[int, int, str], two: tuple[int, int, str]) -> None:
    sealed = written(event)
    data, memo = edited(sealed.data, one), None if sealed.memo is None else edited(sealed.memo, two)
    for body, texts in ((data, sealed.memo), (sealed.data, memo), (data, memo)):
        if (found := outcome(read_envelope(sealed.record), body, texts)) is not None:
            again = written(found)
            assert again.data == body
            assert (again.memo is None) == (texts is None)
            assert texts is None or canonicalize({**read_memo(texts), "salt": json.loads(texts)["salt"]}) == texts
        if texts is not None and body is sealed.data and parsing.is_canonical_memo(texts.decode()):
            assert found is not None


def outcome(envelope: RecordEnvelope, data: bytes, memo: bytes | None) -> Event | None:
    """The event, or None where it is refused."""
    try:
        return read_event(envelope, data, memo)
    except ValueError:
        return None


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b'"1.00"', b'"01.00"'),
        (b'"-1.00"', b'"-0.00"'),
        (b'"1.00"', b'"+1.00"'),
        (b'"number":1', b'"number":01'),
        (b'"number":1', b'"number": 1'),
        (b'"2024-05-17"', b'"2024-W20-5"'),
        (b'"2024-05-17"', b'"2024-02-30"'),
        (b'"EUR"}', b'"EUR","text":"x"}'),
        (b'},{"account":4', b'} {"account":4'),
        (b'"kind":"normal"', b'"kind":"odd"'),
        (b'"series":"A"', b'"series":"\\u0041"'),
        (b'"series":"A"', b'"series":"A","z":1'),
    ],
)
def test_another_spelling_is_refused(old: bytes, new: bytes) -> None:
    books = opened_books().given(post(debit("Assets:Cash", "1.00"), credit("Equity:Opening", "1.00")))
    sealed = written(books.events[-1])
    assert old in sealed.data
    with pytest.raises(ValueError):  # noqa: PT011  (which of the many sentences does not matter)
        read_event(read_envelope(sealed.record), sealed.data.replace(old, new, 1), None)


@pytest.mark.parametrize("name", GOLDEN)
def test_golden_records_are_read(name: str) -> None:
    sealed = written(GOLDEN[name].event)
    assert read_event(read_envelope(sealed.record), sealed.data, sealed.memo) == GOLDEN[name].event


# --- envelopes -------------------------------------------------------------------------------------------------------


@given(
    st.sampled_from(["user", "token", "cli", "system"]),
    SOME_TEXT,
    st.none() | SOME_TEXT.filter(bool),
    st.none() | SOME_TEXT,
    EDITS,
)
@example("user", '"\\\b\t\n\f\r\x00\x1f', "\x7f é", "\x0b", (0, 0, ""))
def test_an_envelope_is_read_exactly_where_it_is_canonical(
    type_: str, who: str, for_: str | None, key: str | None, edit: tuple[int, int, str]
) -> None:
    sealed = written(AccountOpened(AccountType.ASSET, Side.DEBIT, path="A"), actor=Actor(type_, who, for_), key=key)
    envelope = read_envelope(sealed.record)
    assert (envelope.who, envelope.idempotency_key) == (Actor(type_, who, for_), key)
    other = edited(sealed.record, edit)
    try:
        members = read_envelope(other)
    except ValueError:
        return
    value = json.loads(other)
    assert canonicalize(value) == other
    assert members.who == Actor.from_json(value["actor"])
    assert (members.idempotency_key, members.id, members.position) == (
        value["key"],
        value["id"],
        str(value["position"]),
    )


@pytest.mark.parametrize("part", ["data", "memo"])
def test_what_nests_too_deep_to_be_read_is_no_record(part: str) -> None:
    sealed = written(AccountOpened(AccountType.ASSET, Side.DEBIT, path="A"))
    parts = {"data": sealed.data, "memo": sealed.memo}
    parts[part] = b'{"a":' + b"[" * 50_000 + b"]" * 50_000 + b"}"
    assert parts["data"] is not None
    with pytest.raises(ValueError, match="too deep"):
        read_event(read_envelope(sealed.record), parts["data"], parts["memo"])
