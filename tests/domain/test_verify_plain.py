"""Records that an auditor takes together leave the books as they do one by one, and nothing is hidden by it."""

from typing import Any

from hypothesis import event as note
from hypothesis import given, settings
from hypothesis import strategies as st

from api.verify.books import Books
from api.verify.plain import Run, look
from api.verify.reading import read_envelope, read_event
from api.verify.report import Check, Name
from api.verify.scratch import Scratch
from api.verify.sources import Stored
from ledger.codec import Actor, Envelope, seal
from ledger.commands import CloseAccount, OpenAccount, ReopenAccount, UpdateAccount
from ledger.errors import Rejected
from ledger.events import AccountClosed, AccountUpdated, Event, MemberRevoked, TransactionPosted
from ledger.money import Amount
from ledger.transactions import Kind, Memo
from tests.builders import Books as Written
from tests.builders import credit, debit, opened_books, post

ACCOUNTS = ["Assets:Cash", "Assets:Bank", "Income:Sales", "Expenses:Rent"]
LEDGER = "0190b3b4-0000-7000-8000-000000000000"
WHO = st.sampled_from([Actor("user", "ada"), Actor("user", "eve"), Actor("cli", "root"), Actor("token", "t", "ada")])

account = st.sampled_from(ACCOUNTS)
amount = st.sampled_from(["1.00", "0.00", "12.34", "99999999999999999999.99"])


@st.composite
def steps(draw: st.DrawFn) -> Any:
    """An order: a plain transaction mostly."""
    match draw(st.integers(0, 11)):
        case 0:
            return CloseAccount(draw(account))
        case 1:
            return ReopenAccount(draw(account))
        case 2:
            return UpdateAccount(draw(account), currencies=draw(st.sampled_from([(), ("EUR",), ("USD",)])))
        case 3:
            return OpenAccount(f"Assets:Another {draw(st.integers(0, 5))}")
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


UNHEARD = (AccountClosed(1), AccountClosed(2), AccountUpdated(1, currencies=("USD",)), MemberRevoked("ada"))


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
    check, scratch, taken = Check(Name.RULES), Scratch(), 0
    books = Books(scratch, lambda _: None, check)
    page: list[Stored] = []
    for position, (event, actor) in enumerate(events):
        id_ = f"0190b3b4-0000-7000-8000-{position:012x}"
        sealed = seal(event, Envelope(LEDGER, position, id_, Written().now, actor, None, id_, None), bytes(16))
        page.append(Stored(position, *sealed))
    pages = [page[at : at + 4] for at in range(0, len(page), 4)]
    for each in [found for some in pages for found in look(some, LEDGER, "01-01")] if together else page:
        if isinstance(each, Run) and books.take_run(each, "01-01"):
            taken += len(each.ids)
            continue
        for stored in page[each.start : each.stop] if isinstance(each, Run) else [each]:
            assert stored.data is not None
            envelope = read_envelope(stored.record)
            if books.stopped is None:
                books.take(stored, envelope, read_event(envelope, stored.data, stored.memo))
        books.forget_marks()
    scratch.close()
    books.forget_marks()
    return (check.faults, books.stopped, books.state), taken


@given(
    st.lists(st.tuples(steps(), WHO), min_size=8, max_size=25),
    st.none() | st.tuples(st.integers(0, 40), st.integers(0, 7 + 4)),
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
    (faults, stopped, _), taken = audited(events, together=True)
    assert (faults, stopped) == ([], None)
    assert taken == 4  # the second page of them: at the first the books were not in use yet
