"""Records that an auditor takes together leave the books as they do one by one, and nothing is hidden by it."""

import datetime as dt
import string
from hashlib import sha256
from typing import Any

import pytest
from hypothesis import event as note
from hypothesis import given, settings
from hypothesis import strategies as st

from api.audit.books import Books
from api.audit.index import AuditIndex
from api.audit.parsing import read_envelope, read_event
from api.audit.plain_records import Run, find_runs
from api.audit.report import Check, Name
from api.audit.sources import StoredRecord
from ledger.books.accounts import AccountClosed, AccountUpdated, CloseAccount, OpenAccount, ReopenAccount, UpdateAccount
from ledger.books.members import MemberRevoked
from ledger.codec import Actor, Envelope, seal
from ledger.controls.limits import LimitSet, SetLimits
from ledger.errors import Rejected
from ledger.merkle import hash_leaf
from ledger.money import Amount, parse_amount
from ledger.slices import Event
from ledger.transactions import Kind, Memo, Posting, TransactionPosted
from tests.builders import SCALES, contents, credit, debit, opened_books, post
from tests.builders import Books as Written

ACCOUNTS = ["Assets:Cash", "Assets:Bank", "Income:Sales", "Expenses:Rent"]
LEDGER = "0190b3b4-0000-7000-8000-000000000000"
WHO = st.sampled_from([Actor("user", "ada"), Actor("user", "eve"), Actor("cli", "root"), Actor("token", "t", "ada")])

account = st.sampled_from(ACCOUNTS)
amount = st.sampled_from(["1.00", "0.00", "12.34", "99999999999999999999.99"])


@st.composite
def steps(draw: st.DrawFn) -> Any:
    """An order: a plain transaction mostly."""
    match draw(st.integers(0, 12)):
        case 0:
            return CloseAccount(draw(account))
        case 1:
            return ReopenAccount(draw(account))
        case 2:
            return UpdateAccount(draw(account), currencies=draw(st.sampled_from([(), ("EUR",), ("USD",)])))
        case 3:
            return OpenAccount(f"Assets:Another {draw(st.integers(0, 5))}")
        case 4:
            bounds = draw(st.sampled_from([(-20, None), (None, 20), (-2000, 2000), (0, None), (None, None)]))
            floor, ceiling = (None if each is None else Amount(each, 0) for each in bounds)
            return SetLimits(draw(account), "EUR", floor, ceiling, SCALES)
    units, currency = draw(amount), draw(st.sampled_from(["EUR", "EUR", "USD", "JPY"]))
    units = units.partition(".")[0] if currency == "JPY" else units
    return post(
        debit(draw(account), units, currency),
        credit(draw(account), units, currency),
        on=draw(st.sampled_from(["2024-05-17", "2023-12-31", "2025-01-01"])),
        series=draw(st.sampled_from(["A", "B"])),
        kind=draw(st.sampled_from([Kind.NORMAL, Kind.OPENING])),
        description=draw(st.sampled_from(["Rent", None, 'a "quoted" one'])),
        metadata=draw(st.sampled_from([{}, {"a": 1}])),
    )


UNHEARD = (
    LimitSet(1, "EUR", Amount(-100, 2)),
    AccountClosed(1),
    AccountClosed(2),
    AccountUpdated(1, currencies=("USD",)),
    MemberRevoked("ada"),
)


def spoiled(event: TransactionPosted, how: int) -> TransactionPosted:
    """The same with something in it that cannot have been recorded, or might not have been."""
    first, *rest = event.postings
    match how:
        case 0:
            return event._replace(number=event.number + 1)
        case 1:
            return event._replace(postings=(first._replace(amount=Amount(first.amount.units + 1, 2)), *rest))
        case 2:
            return event._replace(postings=(first._replace(account=99), *rest))
        case 3:
            postings = [each._replace(amount=Amount(each.amount.units * 10, 3)) for each in event.postings]
            return event._replace(postings=tuple(postings))
        case 4:
            return event._replace(postings=tuple(each._replace(currency="XAG") for each in event.postings))
        case 5:
            return event._replace(postings=tuple(each._replace(account=1) for each in event.postings))
        case 6:
            return event._replace(memo=Memo())
    return event._replace(postings=(first._replace(amount=Amount(0, 2)),))


def audited(events: list[tuple[Event, Actor]], *, together: bool) -> tuple[tuple[Any, ...], int]:
    """What an audit makes of these records, and how many it took in runs. Their bytes are all as they should be."""
    checks, scratch, taken = [Check(name) for name in (Name.RULES, Name.BODIES, Name.LOG)], AuditIndex(), 0
    books = Books(scratch, lambda _: None, *checks)
    page: list[StoredRecord] = []
    for position, (event, actor) in enumerate(events):
        id_ = f"0190b3b4-0000-7000-8000-{position:012x}"
        sealed = seal(event, Envelope(LEDGER, position, id_, Written().now, actor, None, id_, None), bytes(16))
        page.append(StoredRecord(position, *sealed))
    pages = [page[at : at + 4] for at in range(0, len(page), 4)]
    for each in [found for some in pages for found in find_runs(some, LEDGER, "01-01")] if together else page:
        if isinstance(each, Run) and books.take_run(each, "01-01"):
            taken += len(each.ids)
            continue
        for stored in page[each.start : each.stop] if isinstance(each, Run) else [each]:
            assert stored.data is not None
            envelope = read_envelope(stored.record)
            books.take(stored, envelope, read_event(envelope, stored.data, stored.memo))
        books.state.forget_changes()
    scratch.close()
    books.state.forget_changes()
    return ([check.faults for check in checks], books.gap, contents(books.state)), taken


@given(
    st.lists(st.tuples(steps(), WHO), min_size=8, max_size=25),
    st.none() | st.tuples(st.integers(0, 40), st.integers(0, 7 + 5)),
)
@settings(max_examples=300)
def test_a_run_does_what_its_records_do_one_by_one(orders: Any, wrong: tuple[int, int] | None) -> None:
    written = opened_books()
    events: list[tuple[Event, Actor]] = [(event, Actor("user", "ada")) for event in written.events]
    for order, actor in orders:
        try:
            events += [(event, actor) for event in written.when(order)]
        except Rejected:
            continue
    posted = [at for at, (event, _) in enumerate(events) if isinstance(event, TransactionPosted)]
    if wrong is not None and posted:
        at = posted[wrong[0] % len(posted)]
        event, actor = events[at]
        assert isinstance(event, TransactionPosted)
        if wrong[1] < len(UNHEARD):  # a record too many, which leaves what comes after it without a ground
            events.insert(at, (UNHEARD[wrong[1]], actor))
        else:
            events[at] = (spoiled(event, wrong[1] - len(UNHEARD)), actor)
    found, taken = audited(events, together=True)
    note("together" if taken else "one by one")
    assert (found, 0) == audited(events, together=False)


def test_plain_transactions_are_taken_together() -> None:
    written = opened_books()
    for units in range(1, 9):
        written.post(
            post(debit("Assets:Cash", f"{units}.00"), credit("Equity:Opening", f"{units}.00"), description="x")
        )
    events = [(event, Actor("user", "ada")) for event in written.events]
    (faults, gap, _), taken = audited(events, together=True)
    assert (faults, gap) == ([[], [], []], None)
    assert taken == 4  # the second page of them: at the first the books were not in use yet


@pytest.mark.parametrize(("ceiling", "together"), [("30.00", 4), ("29.99", 0), ("10.00", 0)])
def test_transactions_are_taken_together_where_no_limit_could_stop_one_in_any_order(
    ceiling: str, together: int
) -> None:
    """Ten in, ten out, …: at the last page the balance is 10.00, and 20.00 come in."""
    written = opened_books().given(SetLimits("Assets:Cash", "EUR", ceiling=parse_amount(ceiling), declares=SCALES))
    for number in range(7):
        units = "10.00" if number % 2 == 0 else "-10.00"
        written.post(post(debit("Assets:Cash", units), credit("Equity:Opening", units)))
    events = [(event, Actor("user", "ada")) for event in written.events]
    (faults, gap, _), taken = audited(events, together=True)
    assert (faults, gap, taken) == ([[], [], []], None, together)


# --- what a run may be made of ---------------------------------------------------------------------------------------

TEXT = st.text(st.characters(codec="utf-8"), max_size=8)


def sealed_at(position: int, **other: Any) -> StoredRecord:
    """A plain transaction at this position, recorded a second after the one before it."""
    postings = (Posting(1, Amount(other.get("units", 100), 2), "EUR"), Posting(2, Amount(-100, 2), "EUR"))
    number = other.get("number", position)
    event = TransactionPosted(dt.date(2024, 5, 17), Kind.NORMAL, "A", number, postings, memo=Memo("Rent"))
    id_ = other.get("id", f"0190b3b4-0000-7000-8000-{position:012x}")
    time = Written().now + dt.timedelta(seconds=other.get("second", position))
    who = other.get("actor", Actor("user", "ada"))
    envelope = Envelope(LEDGER, position, id_, time, who, other.get("request"), id_, other.get("key"))
    sealed = seal(event, envelope, bytes(16))
    return StoredRecord(position, *sealed, other.get("row_id", id_), None, hash_leaf(sealed.record))


@given(st.lists(st.tuples(TEXT, st.none() | TEXT, st.none() | st.just(LEDGER), TEXT), min_size=1, max_size=4))
def test_whoever_posts_with_whatever_key_a_plain_record_is_taken(members: list[tuple[str, Any, Any, str]]) -> None:
    page = [
        sealed_at(at, actor=Actor("token", who, for_ or None), request=request, key=f"{at}{key}")
        for at, (who, for_, request, key) in enumerate(members, 1)
    ]
    (run,) = find_runs(page, LEDGER, "01-01")
    assert isinstance(run, Run)
    assert run.keys == [(f"{at}{key}", at) for at, (_, _, _, key) in enumerate(members, 1)]
    assert (run.first, run.last) == (read_envelope(page[0].record), read_envelope(page[-1].record))
    assert dict(run.actors) == {(one := read_envelope(each.record)).actor: one.recorded_at for each in page}
    assert run.leaves == [hash_leaf(each.record) for each in page]


EDIT = st.tuples(st.integers(0, 10**6), st.sampled_from([0, 1]), st.text(string.printable + "äé \x7f", max_size=2))


def edited(raw: bytes, edit: tuple[int, int, str]) -> bytes:
    """Some characters put in, in place of one or of none."""
    at, gone, put = edit
    text = raw.decode()
    at %= len(text)
    return (text[:at] + put + text[at + gone :]).encode()


@given(EDIT, EDIT, st.sampled_from([None, "k", 'a "quoted" \\ one']), st.sampled_from(["record", "data", "memo"]))
@settings(max_examples=500)
def test_a_run_takes_nothing_that_the_long_way_refuses(one: Any, two: Any, key: str | None, part: str) -> None:
    before, stored = sealed_at(1), sealed_at(2, key=key)
    raw = getattr(stored, part)
    for other in (edited(raw, one), edited(edited(raw, one), two)):
        # Whoever forges a body forges its hash too.
        record = stored.record.replace(sha256(raw).hexdigest().encode(), sha256(other).hexdigest().encode())
        parts: dict[str, Any] = {"record": record, part: other}
        forged = stored._replace(leaf_hash=None, id=None, **parts)
        found = find_runs([before, forged], LEDGER, "01-01")
        if not (len(found) == 1 and isinstance(run := found[0], Run)):
            note("refused")
            continue
        note("taken")
        assert forged.data is not None
        envelope = read_envelope(forged.record)
        event = read_event(envelope, forged.data, forged.memo)
        assert isinstance(event, TransactionPosted)
        assert run.last == envelope
        assert (envelope.position, envelope.ledger, envelope.command) == ("2", LEDGER, envelope.id)
        counters = {("A", 2024): (1, 1)} | {(event.series, event.date.year): (event.number, event.number)}
        assert run.numbers == (counters if len(counters) == 2 else {("A", 2024): (1, 2)})
        assert sum(debits for debits, _ in run.sums.values()) == 100 + abs(event.postings[0].amount.units)


@pytest.mark.parametrize(
    "second",
    [
        {"second": 0},
        {"number": 3},
        {"number": 1},
        {"units": 101},
        {"id": "0190b3b4-0000-7000-8000-000000000001"},
        {"row_id": "0190b3b4-0000-7000-8000-000000000001"},
        {"key": "once"},
        {"id": "0190b3b4-0000-7000-8000-00000000000G"},
        {"request": "0190b3b4"},
        {"actor": Actor("nobody", "ada")},
    ],
    ids=str,
)
def test_two_records_that_no_ledger_wrote_are_no_run(second: dict[str, Any]) -> None:
    page = [sealed_at(1, key="once"), sealed_at(2, **second)]
    assert find_runs(page, LEDGER, "01-01") == page


def test_records_with_a_hole_between_them_are_no_run() -> None:
    page = [sealed_at(1), sealed_at(3, number=2)]
    assert find_runs(page, LEDGER, "01-01") == page


def test_the_run_ends_where_a_record_is_not_plain_and_another_begins() -> None:
    odd = sealed_at(3)._replace(data=b"{}")
    page = [sealed_at(1), sealed_at(2), odd, sealed_at(4), sealed_at(5)]
    one, other, two = find_runs(page, LEDGER, "01-01")
    assert isinstance(one, Run)
    assert isinstance(two, Run)
    assert ((one.start, one.stop), other, (two.start, two.stop)) == ((1, 3), odd, (4, 6))
