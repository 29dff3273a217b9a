"""The bytes are final: the same event gives the same bytes on any machine and in any year, and they give it back."""

import copy
import datetime as dt
import hashlib
import json
import math
import pickle
import struct
from collections.abc import Iterator
from dataclasses import replace
from inspect import Parameter, signature
from pathlib import Path
from typing import Any, get_args

import pytest
import rfc8785
from hypothesis import example, given, settings
from hypothesis import strategies as st

from ledger.accounts import AccountType, Side
from ledger.books.accounts import AccountOpened, AccountUpdated
from ledger.books.ledger import LedgerOpened, LedgerUpdated
from ledger.codec import (
    Actor,
    canonicalize,
    canonicalize_plain,
    decode,
    encode,
    format_time,
    parse_time,
    seal,
)
from ledger.decide import restore_command
from ledger.errors import Corrupt
from ledger.fields import SAFE_INTEGER_MAX
from ledger.merkle import hash_leaf
from ledger.slices import Event
from ledger.transactions import Memo, Posting, TransactionPosted
from tests.builders import changed, encoded
from tests.domain.golden_records import CASH, DECODED_ONLY, FIVE, FOLDER, GOLDEN, LEDGER, SALT, Golden, transaction

EVENT_TYPES: tuple[type, ...] = get_args(Event)

# --- Canonical JSON

# Ends of UTF-16's ranges: astral characters stand before U+E000..U+FFFF in RFC 8785's order, and not in Python's.
letters = st.characters(codec="utf-8") | st.sampled_from(
    '\U00010000\U0010ffff\ue000\uffff\ud7ff\uff5ez\x00\x1f\x7f"\\/'
)
texts = st.text(alphabet=letters, max_size=8)
integers = st.integers(-SAFE_INTEGER_MAX, SAFE_INTEGER_MAX)
doubles = st.floats(allow_nan=False, allow_infinity=False) | st.integers(0, 2**64 - 1).map(
    lambda bits: struct.unpack("<d", struct.pack("<Q", bits))[0]
).filter(math.isfinite)
plain_atoms = st.none() | st.booleans() | integers | texts


def nested(atoms: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.recursive(atoms, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=5))


@pytest.mark.parametrize("name", ["arrays", "french", "structures", "unicode", "values", "weird"])
def test_canonical_bytes_are_those_of_the_published_vectors(shared: Path, name: str) -> None:
    folder = shared / "vectors" / "rfc8785"
    value = json.loads((folder / "input" / f"{name}.json").read_bytes())
    expected = bytes.fromhex((folder / "outhex" / f"{name}.txt").read_text())
    assert canonicalize(value) == expected
    assert (folder / "output" / f"{name}.json").read_bytes() == expected


def test_all_published_vectors_are_tried(shared: Path) -> None:
    assert len(list((shared / "vectors" / "rfc8785" / "input").iterdir())) == 6


@given(value=nested(plain_atoms | doubles))
@settings(max_examples=100)
@example(value={"\U0001f602": 1, "\ufb33": 2, "": 3})
def test_canonical_bytes_are_those_of_the_reference_package(value: Any) -> None:
    assert canonicalize(value) == rfc8785.dumps(value)


@given(number=doubles)
@settings(max_examples=300)
@example(number=-0.0)
@example(number=5e-324)
@example(number=1.7976931348623157e308)
@example(number=1e21)
@example(number=1e20)
@example(number=123456789012345680000.0)
@example(number=1e-6)
@example(number=1e-7)
@example(number=0.1 + 0.2)
@example(number=-333333333.33333329)
def test_every_double_is_written_as_ecmascript_does_and_read_back_exactly(number: float) -> None:
    text = canonicalize(number)
    assert text == rfc8785.dumps(number)
    assert float(text) == number


@given(value=nested(plain_atoms))
@settings(max_examples=100)
@example(value={"\U0001f602": 1, "\ufb33": 2, "": 3})
@example(value={"\ue000": 1, "\uffff": 2, "\ud7ff": 3})
def test_without_floats_the_fast_encoder_writes_the_same_bytes(value: Any) -> None:
    assert canonicalize_plain(value) == canonicalize(value) == rfc8785.dumps(value)


@pytest.mark.parametrize("text", [chr(0xD800), chr(0xDFFF), "a\udc00b", "\udc00\ud800"])
@pytest.mark.parametrize(
    "place", [lambda text: text, lambda text: [text], lambda text: {"a": text}, lambda text: {text: 1}]
)
def test_half_a_surrogate_pair_is_no_text(text: str, place: Any) -> None:
    for encoder in (canonicalize, canonicalize_plain):
        with pytest.raises(ValueError, match="surrogates"):
            encoder(place(text))


@pytest.mark.parametrize("number", [float("nan"), float("inf"), -float("inf")])
def test_what_is_no_number_is_refused(number: float) -> None:
    with pytest.raises(ValueError, match="not a JSON number"):
        canonicalize({"a": [number]})


@pytest.mark.parametrize("number", [2**53, -(2**53), 10**30])
def test_an_integer_that_a_double_cannot_hold_exactly_is_refused(number: int) -> None:
    assert canonicalize([SAFE_INTEGER_MAX, -SAFE_INTEGER_MAX]) == b"[9007199254740991,-9007199254740991]"
    with pytest.raises(ValueError, match="not exact"):
        canonicalize({"a": [number]})


@pytest.mark.parametrize("value", [{1, 2}, b"bytes", dt.date(2024, 5, 17), object()])
def test_what_is_not_json_is_refused(value: Any) -> None:
    with pytest.raises(TypeError, match="not a JSON value"):
        canonicalize([value])


def test_what_is_nested_beyond_the_stack_is_refused_as_a_value() -> None:
    value: list[Any] = []
    for _ in range(100_000):
        value = [value]
    with pytest.raises(ValueError, match="nested too deeply"):
        canonicalize(value)
    while value:
        value = value.pop()  # one by one: the interpreter need not unwind it all at once


# --- Golden files


def golden_file(name: str) -> dict[str, Any]:
    members: dict[str, Any] = json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))
    return members


@pytest.mark.parametrize("name", GOLDEN)
def test_a_record_sealed_today_has_the_bytes_of_its_golden_file(name: str) -> None:
    expected = golden_file(name)
    record, data, memo = GOLDEN[name].sealed()
    assert data.decode() == expected["data"]
    assert (memo and memo.decode()) == expected["memo"]
    assert record.decode() == expected["record"]
    assert hash_leaf(record).hex() == expected["leaf_hash"]


@pytest.mark.parametrize("name", [*GOLDEN, *DECODED_ONLY])
def test_the_bytes_of_a_golden_file_are_still_understood(name: str) -> None:
    stored = golden_file(name)
    record = json.loads(stored["record"])
    memo = None if stored["memo"] is None else stored["memo"].encode()
    event = decode(record["type"], record["schema"], stored["data"].encode(), memo)
    assert event == (GOLDEN | DECODED_ONLY)[name].event


@pytest.mark.parametrize("name", GOLDEN)
def test_a_golden_file_proves_itself_with_public_tools(name: str) -> None:
    """Only hashlib, json and the reference package, as an outsider would."""
    stored = golden_file(name)
    record = json.loads(stored["record"])
    assert hashlib.sha256(b"\0" + stored["record"].encode()).hexdigest() == stored["leaf_hash"]
    assert hashlib.sha256(stored["data"].encode()).hexdigest() == record["data_sha256"]
    memo_sha256 = None if stored["memo"] is None else hashlib.sha256(stored["memo"].encode()).hexdigest()
    assert record["memo_sha256"] == memo_sha256
    for part in ("record", "data", "memo"):
        if stored[part] is not None:
            assert rfc8785.dumps(json.loads(stored[part])) == stored[part].encode()


def test_every_event_type_has_golden_files_and_every_golden_file_has_a_case() -> None:
    assert {type(golden.event) for golden in GOLDEN.values()} == set(EVENT_TYPES)
    assert {path.stem for path in FOLDER.iterdir()} == GOLDEN.keys() | DECODED_ONLY.keys()


@pytest.mark.parametrize("event_type", EVENT_TYPES)
def test_every_member_of_every_event_type_is_in_some_golden_file(event_type: type) -> None:
    events = [golden.event for golden in GOLDEN.values() if type(golden.event) is event_type]
    for name in signature(event_type).parameters:
        assert any(getattr(event, name) not in (None, (), Memo()) for event in events), name


@pytest.mark.parametrize("name", GOLDEN)
def test_a_record_has_always_the_same_members(name: str) -> None:
    assert set(json.loads(golden_file(name)["record"])) == {
        "v",
        "ledger",
        "position",
        "id",
        "type",
        "schema",
        "recorded_at",
        "actor",
        "request",
        "command",
        "key",
        "data_sha256",
        "memo_sha256",
    }


def test_changing_anything_changes_the_leaf() -> None:
    base = GOLDEN["transaction_posted"]
    assert isinstance(base.event, TransactionPosted)
    others = [
        replace(base, event=changed(base.event, memo=Memo(description="Opening balance "))),
        replace(base, event=changed(base.event, number=2)),
        replace(base, position=8),
        replace(base, key=None),
        replace(base, request=None),
        replace(base, actor=Actor("user", "eve")),
        replace(base, actor=changed(base.actor, on_behalf="eve")),
        replace(base, recorded_at=base.recorded_at + dt.timedelta(microseconds=1)),
    ]
    leaves = {hash_leaf(each.sealed().record) for each in [base, *others]}
    leaves.add(hash_leaf(seal(base.event, base.envelope, bytes(16)).record))
    leaves.add(hash_leaf(seal(base.event, changed(base.envelope, ledger=LEDGER[:-1] + "f"), SALT).record))
    leaves.add(hash_leaf(seal(base.event, changed(base.envelope, command=LEDGER), SALT).record))
    leaves.add(hash_leaf(seal(base.event, changed(base.envelope, id=LEDGER), SALT).record))
    assert len(leaves) == 1 + len(others) + 4


def test_a_salt_is_used_only_where_there_is_a_text() -> None:
    for golden in GOLDEN.values():
        salted = seal(golden.event, golden.envelope, bytes(16))
        assert (salted == golden.sealed()) is (golden.sealed().memo is None)


# --- Texts stand apart


def texts_of(value: Any) -> set[str]:
    """Every string in a JSON value, names of members too."""
    if isinstance(value, str):
        return {value}
    if isinstance(value, dict):
        return {text for name, member in value.items() for text in {name} | texts_of(member)}
    if isinstance(value, list | tuple):
        return {text for item in value for text in texts_of(item)}
    return set()


PROSE: dict[str, dict[str, Any]] = {
    "LedgerOpened": {"id": "SECRET id", "name": "SECRET name"},
    "LedgerUpdated": {"name": "SECRET name"},
    "AccountOpened": {"path": "SECRET path", "label": "SECRET label", "metadata": {"SECRET a": ["SECRET b"]}},
    "AccountRenamed": {"path": "SECRET path", "label": "SECRET label"},
    "AccountUpdated": {"metadata": {"SECRET a": {"x": "SECRET b"}}},
    "TransactionPosted": {
        "memo": Memo(
            description="SECRET description",
            payee="SECRET payee",
            notes="SECRET notes",
            tags=("SECRET tag",),
            metadata={"SECRET a": "SECRET b"},
            imported={"SECRET c": ["SECRET d"]},
        )
    },
}
"""By event type, its members that are personal prose. The others have none."""


def spoken(golden: Golden) -> Golden:
    """The same case, with every text that it can have."""
    event: Any = changed(golden.event, **PROSE.get(type(golden.event).__name__, {}))
    if isinstance(event, TransactionPosted):
        lines = [changed(posting, text=f"SECRET line {line}") for line, posting in enumerate(event.postings)]
        event = changed(event, postings=tuple(lines))
    return replace(golden, event=event)


@pytest.mark.parametrize("name", GOLDEN)
def test_texts_stand_in_the_memo_alone_so_that_they_can_be_erased(name: str) -> None:
    golden = spoken(GOLDEN[name])
    record, data, memo = golden.sealed()
    assert b"SECRET" not in record
    assert b"SECRET" not in data
    if type(golden.event).__name__ not in PROSE:
        assert memo is None
        return
    assert memo is not None
    said = {text for text in texts_of(json.loads(memo)) if text.startswith("SECRET")}
    wanted = {text for value in PROSE[type(golden.event).__name__].values() for text in prose(value)}
    if isinstance(golden.event, TransactionPosted):
        wanted |= {f"SECRET line {line}" for line in range(len(golden.event.postings))}
    assert said == wanted


def prose(value: Any) -> set[str]:
    """The secrets in a member's value."""
    parts = list(value) if isinstance(value, Memo) else [value]
    return {text for part in parts for text in texts_of(part) if text.startswith("SECRET")}


@pytest.mark.parametrize("name", GOLDEN)
def test_erasing_the_memo_changes_neither_the_leaf_nor_a_fact(name: str) -> None:
    golden = spoken(GOLDEN[name])
    record, data, _ = golden.sealed()
    erased = decode(type(golden.event).__name__, 1, data, None)
    assert encoded(erased) == (encoded(golden.event)[0], {})
    assert json.loads(record)["data_sha256"] == hashlib.sha256(data).hexdigest()


def test_facts_of_a_transaction_stand_in_the_data_alone() -> None:
    data, memo = encoded(GOLDEN["transaction_posted_everything"].event)
    assert data.keys() == {"date", "kind", "series", "number", "postings", "document"}
    assert memo.keys() == {"description", "payee", "notes", "tags", "metadata", "imported", "lines"}
    assert memo["lines"] == {"0": "May", "2": "rest"}


# --- What cannot be read is never guessed

PLAIN_ACCOUNT = AccountOpened(AccountType.ASSET, Side.DEBIT)
PLAIN = transaction(*FIVE, memo=Memo(description="x"))


def stored(event: Event) -> tuple[str, dict[str, Any], dict[str, Any]]:
    data, memo = encoded(event)
    return type(event).__name__, data, {"salt": SALT.hex(), **memo}


@pytest.mark.parametrize(
    ("type_", "schema"), [("TransactionPosted", 2), ("TransactionPosted", 0), ("Posted", 1), ("", 1)]
)
def test_an_unknown_type_or_schema_is_corrupt(type_: str, schema: int) -> None:
    with pytest.raises(Corrupt, match="unknown type"):
        decode(type_, schema, b"{}", None)


@pytest.mark.parametrize("name", GOLDEN)
@pytest.mark.parametrize("part", ["data", "memo"])
def test_an_unknown_member_is_corrupt(name: str, part: str) -> None:
    type_, data, memo = stored(GOLDEN[name].event)
    (data if part == "data" else memo)["surprise"] = 1
    with pytest.raises(Corrupt, match="surprise"):
        decode(type_, 1, canonicalize(data), canonicalize(memo))


@pytest.mark.parametrize(
    "path", ["postings.0", "postings.0.tax", "postings.0.original", "postings.0.quantity", "document"]
)
def test_an_unknown_member_deep_inside_is_corrupt(path: str) -> None:
    type_, data, _ = stored(GOLDEN["transaction_posted_everything"].event)
    place: Any = data
    for step in path.split("."):
        place = place[int(step) if step.isdigit() else step]
    place["surprise"] = "x"
    with pytest.raises(Corrupt, match="surprise"):
        decode(type_, 1, canonicalize(data), None)


@pytest.mark.parametrize("name", GOLDEN)
def test_a_missing_fact_is_corrupt(name: str) -> None:
    type_, data, memo = stored(GOLDEN[name].event)
    parameters = signature(type(GOLDEN[name].event)).parameters.values()
    required = {each.name for each in parameters if each.name in data and each.default is Parameter.empty}
    assert required or type_ == "LedgerUpdated"
    for member in required:
        less = {key: value for key, value in data.items() if key != member}
        with pytest.raises(Corrupt, match=f"a {type_} record that cannot be read"):
            decode(type_, 1, canonicalize(less), canonicalize(memo))


@pytest.mark.parametrize(
    ("event", "fact"),
    [
        (PLAIN_ACCOUNT, {"number": "1930"}),
        (PLAIN_ACCOUNT, {"role": "cash"}),
        (AccountUpdated(CASH), {"currencies": ["EUR"]}),
        (LedgerUpdated(name="x"), {"currency": "USD"}),
        (PLAIN, {"reverses": "018f8a3e-2222-7222-8222-000000000007"}),
        (PLAIN, {"lines": {"2": "there are only lines 0 and 1"}}),
        (PLAIN, {"lines": {"00": "x"}}),
    ],
)
def test_a_fact_in_the_memo_is_corrupt_because_it_could_be_erased(event: Event, fact: dict[str, Any]) -> None:
    type_, data, memo = stored(event)
    with pytest.raises(Corrupt):
        decode(type_, 1, canonicalize(data), canonicalize(memo | fact))


@pytest.mark.parametrize(
    ("event", "text"),
    [
        (PLAIN_ACCOUNT, {"path": "Assets:Cash"}),
        (AccountUpdated(CASH), {"metadata": {}}),
        (LedgerOpened("ada", "EUR", "UTC", "01-01", 10, "00"), {"id": "books"}),
        (LedgerUpdated(), {"name": "x"}),
        (PLAIN, {"memo": {}}),
        (PLAIN, {"description": "x"}),
    ],
)
def test_a_text_in_the_data_is_corrupt_because_it_could_never_be_erased(event: Event, text: dict[str, Any]) -> None:
    type_, data, memo = stored(event)
    with pytest.raises(Corrupt):
        decode(type_, 1, canonicalize(data | text), canonicalize(memo))


@pytest.mark.parametrize(
    ("data", "memo"),
    [
        (b"", None),
        (b"[]", None),
        (b"null", None),
        (b"{", None),
        (b"\xff", None),
        (encode(PLAIN, SALT.hex())[0], b""),
        (encode(PLAIN, SALT.hex())[0], b"[]"),
        (encode(PLAIN, SALT.hex())[0], b"\xff"),
    ],
)
def test_bytes_that_are_no_record_are_corrupt(data: bytes, memo: bytes | None) -> None:
    with pytest.raises(Corrupt):
        decode("TransactionPosted", 1, data, memo)


@pytest.mark.parametrize(
    "change",
    [
        {"date": "2024-02-30"},
        {"date": 20240517},
        {"kind": "odd"},
        {"postings": [1, 2]},
        {"postings": None},
        {"postings": [{"account": 1, "amount": "1e3", "currency": "EUR"}]},
        {"postings": [{"account": 1, "amount": 5, "currency": "EUR"}]},
        {"postings": [{"account": 1, "currency": "EUR"}]},
        {"postings": [{"account": 1, "amount": "5", "currency": "EUR", "text": "x"}]},
        {"postings": [{"account": 1, "amount": "5", "currency": "EUR", "tax": {"base": "1"}}]},
        {"postings": [{"account": 1, "amount": "5", "currency": "EUR", "original": {"currency": "JPY"}}]},
        {"postings": [{"account": 1, "amount": "5", "currency": "EUR", "quantity": "2 h"}]},
        {"document": []},
        {"document": {"date": "yesterday"}},
    ],
    ids=str,
)
def test_a_value_that_no_writer_wrote_is_corrupt_and_never_a_refusal(change: dict[str, Any]) -> None:
    type_, data, _ = stored(PLAIN)
    with pytest.raises(Corrupt, match="a TransactionPosted record that cannot be read"):
        decode(type_, 1, canonicalize(data | change), None)


ONE_OF_EACH_TYPE: tuple[Any, ...] = ("x", 5, 1.5, True, ["x"], {"x": "y"}, None)


def with_wrong_types(value: Any, name: str = "") -> Iterator[Any]:
    """The same JSON with one value in it of another type. What is in metadata may be anything."""
    if name:
        yield from (other for other in ONE_OF_EACH_TYPE if type(other) is not type(value))
    if isinstance(value, dict) and name not in ("metadata", "imported"):
        for key, member in value.items():
            yield from ({**value, key: other} for other in with_wrong_types(member, key))
    if isinstance(value, list):
        for at, item in enumerate(value):
            yield from ([*value[:at], other, *value[at + 1 :]] for other in with_wrong_types(item, "item"))


@pytest.mark.parametrize("name", GOLDEN)
@pytest.mark.parametrize("part", ["data", "memo"])
def test_a_value_of_another_type_is_corrupt(name: str, part: str) -> None:
    type_, data, memo = stored(GOLDEN[name].event)
    del memo["salt"]
    for wrong in with_wrong_types(data if part == "data" else memo):
        parts = {"data": data, "memo": memo} | {part: wrong}
        with pytest.raises(Corrupt, match=f"a {type_} record that cannot be read"):
            decode(type_, 1, canonicalize(parts["data"]), canonicalize(parts["memo"]))


@pytest.mark.parametrize("name", GOLDEN)
def test_events_and_the_commands_that_they_answer_travel_between_processes(name: str) -> None:
    event = GOLDEN[name].event
    for each in (event, restore_command(event), GOLDEN[name].envelope):
        assert pickle.loads(pickle.dumps(each)) == copy.deepcopy(each) == each


@pytest.mark.parametrize("number", [1e20, -1e20, 9007199254740992.0, 123456789012345680000.0])
def test_a_large_double_comes_back_as_a_double_and_can_be_sealed_again(number: float) -> None:
    event = AccountUpdated(CASH, metadata={"n": [number]})
    sealed = Golden(event).sealed()
    again = decode("AccountUpdated", 1, sealed.data, sealed.memo)
    assert again == event
    assert Golden(again).sealed() == sealed


# --- Times and actors


@pytest.mark.parametrize(
    ("time", "text"),
    [
        (dt.datetime(2024, 5, 17, tzinfo=dt.UTC), "2024-05-17T00:00:00.000000Z"),
        (dt.datetime(2024, 5, 17, 12, 34, 56, 789, dt.UTC), "2024-05-17T12:34:56.000789Z"),
        (dt.datetime(9999, 12, 31, 23, 59, 59, 999999, dt.UTC), "9999-12-31T23:59:59.999999Z"),
    ],
)
def test_a_time_is_utc_with_six_fraction_digits(time: dt.datetime, text: str) -> None:
    assert format_time(time) == text
    assert parse_time(text) == time
    assert parse_time(text).tzinfo is not None


@given(time=st.datetimes(timezones=st.just(dt.UTC)))
def test_times_written_sort_as_the_times_do(time: dt.datetime) -> None:
    assert parse_time(format_time(time)) == time
    assert len(format_time(time)) == 27


@pytest.mark.parametrize(
    ("actor", "members"),
    [
        (Actor("user", "u1"), {"type": "user", "id": "u1"}),
        (Actor("cli", "root", on_behalf="u1"), {"type": "cli", "id": "root", "for": "u1"}),
    ],
)
def test_an_actor_is_ids_never_names(actor: Actor, members: dict[str, str]) -> None:
    assert actor.to_json() == members
    assert Actor.from_json(members) == actor


def test_a_posting_keeps_its_place_in_the_record() -> None:
    many = tuple(Posting(line % 3, FIVE[line % 2].amount, "EUR", text=str(line)) for line in range(50))
    sealed = Golden(transaction(*many)).sealed()
    event = decode("TransactionPosted", 1, sealed.data, sealed.memo)
    assert isinstance(event, TransactionPosted)
    assert event.postings == many


def test_a_record_fits_in_an_entry_bundle() -> None:
    golden = Golden(LedgerUpdated(name="x"), actor=Actor("cli", "x" * 70_000))
    with pytest.raises(ValueError, match="at most 65535 bytes"):
        golden.sealed()
