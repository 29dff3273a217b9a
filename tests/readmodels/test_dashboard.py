"""The dashboard's rows against plain folds over the whole log, on any day; and what a question reads."""

import datetime as dt
from collections.abc import Iterable, Sequence
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from ledger.accounts import AccountType, Role, Side
from ledger.books.accounts import AccountOpened, AccountRenamed, AccountUpdated
from ledger.journal import Record
from ledger.money import Amount
from ledger.slices import Event
from ledger.store.engine import Database
from ledger.transactions import Document, Kind, Posting, TransactionPosted, reverse_posting
from projections import dashboard
from projections.dashboard import (
    Dashboard,
    DashboardAccount,
    OpenBill,
    accounts_by_id,
    all_accounts,
    first_of,
    holdings,
    last_of,
    open_bills,
    standing,
)
from tests.readmodels.plain_dashboard import plain_balances, plain_bills, plain_moved
from tests.readmodels.reading import (
    all_rows,
    apply,
    faults,
    new_ledger,
    reads_counted,
    statements_counted,
    viewing,
    write,
)
from tests.readmodels.records import SCALES, id_at, posted, records

DASHBOARD = Dashboard()
TYPES = {
    "Assets:Cash": AccountType.ASSET,
    "Assets:Bank": AccountType.ASSET,
    "Liabilities:Suppliers": AccountType.LIABILITY,
    "Liabilities:Card": AccountType.LIABILITY,
    "Income:Sales": AccountType.INCOME,
    "Expenses:Food": AccountType.EXPENSE,
}
CASH, BANK, SUPPLIERS, CARD, SALES, FOOD = range(6)
TODAY = dt.date(2026, 3, 15)


def opened(path: str, type_: AccountType, role: Role | None = None) -> AccountOpened:
    """An account."""
    side = Side.DEBIT if type_ in (AccountType.ASSET, AccountType.EXPENSE) else Side.CREDIT
    return AccountOpened(type_, side, path=path, role=role)


def log_of(*events: Event) -> list[Record]:
    """The six accounts, and then these events."""
    return records([*(opened(path, type_) for path, type_ in TYPES.items()), *events])


def bill(
    units: int,
    due: dt.date | None,
    *,
    on: dt.date = dt.date(2026, 1, 5),
    party: str | None = None,
    account: int = SUPPLIERS,
    document: Document | None = None,
) -> TransactionPosted:
    """So much is owed on a liability for food; negative: it is paid for with food, which is simpler than cash."""
    lines = [(account, -units, due, party), (FOOD, units, None, None)]
    return posted(on, document=document)._replace(
        postings=tuple(Posting(id_, Amount(n, 2), "EUR", party=p, due=d) for id_, n, d, p in lines),
    )


def payment(units: int, due: dt.date | None = None, **members: Any) -> TransactionPosted:
    """So much of what is owed is paid."""
    return bill(-units, due, **members)


def reversal(log: Sequence[Event], index: int, on: dt.date) -> TransactionPosted:
    """The reversal of the `index`-th event after the accounts."""
    original = log[index]
    assert isinstance(original, TransactionPosted)
    return TransactionPosted(
        on,
        original.kind,
        "A",
        1,
        tuple(reverse_posting(each) for each in original.postings),
        reverses=id_at(len(TYPES) + index),
    )


async def bills_of(database: Database, log: Sequence[Record], today: dt.date = TODAY) -> list[OpenBill]:
    """The open bills after this log."""
    ledger = new_ledger()
    await write(database, DASHBOARD, ledger, log)
    assert await faults(database, DASHBOARD, ledger) == []
    async with viewing(database, ledger, len(log)) as view:
        return await open_bills(view, today)


def shown(found: Iterable[OpenBill]) -> list[tuple[str, str, int]]:
    """Party, due date and units."""
    return [(each.party, each.due.isoformat(), each.units) for each in found]


# --- any log, on any day

FIRST_DAY = dt.date(2025, 12, 28)
dates = st.integers(0, 70).map(lambda n: FIRST_DAY + dt.timedelta(days=n)) | st.sampled_from(
    [dt.date.min, dt.date.max, dt.date(2024, 2, 29)]
)
dues = st.none() | st.integers(0, 25).map(lambda n: dt.date(2026, 1, 20) + dt.timedelta(days=4 * n))
codes = st.sampled_from([None, None, "P", "Q"])
amounts = st.integers(-6, 6).map(lambda n: n * 100) | st.integers(-(10**38) + 1, 10**38 - 1)
documents = st.none() | st.builds(Document, due=dues, party=codes)
kinds = st.sampled_from([Kind.NORMAL] * 5 + [Kind.CLOSING])


@st.composite
def logs(draw: st.DrawFn) -> list[Event]:
    """Accounts, then transactions of which some are reversed, some of those again; renamed accounts, other roles."""
    events: list[Event] = [opened(path, type_) for path, type_ in TYPES.items()]
    reversed_: set[int] = set()
    for _ in range(draw(st.integers(1, 14))):
        what = draw(st.sampled_from(["post", "post", "post", "reverse", "rename", "role"]))
        transactions = [
            n for n, each in enumerate(events) if isinstance(each, TransactionPosted) and n not in reversed_
        ]
        if what == "reverse" and transactions:
            n = draw(st.sampled_from(transactions))
            reversed_.add(n)
            original = events[n]
            assert isinstance(original, TransactionPosted)
            undone = tuple(reverse_posting(each) for each in original.postings)
            on = draw(dates | st.just(original.date))
            events.append(TransactionPosted(on, original.kind, "A", 1, undone, reverses=id_at(n)))
        elif what == "rename":
            events.append(AccountRenamed(draw(st.integers(0, 5)), path=f"Other:Name {len(events)}"))
        elif what == "role":
            events.append(AccountUpdated(draw(st.integers(0, 5)), role=draw(st.sampled_from([None, *Role]))))
        else:
            lines: list[Posting[int]] = []
            for _ in range(draw(st.integers(1, 2))):
                currency, units = draw(st.sampled_from(["EUR", "EUR", "JPY"])), draw(amounts)
                account, other = draw(st.sampled_from([2, 2, 2, 3, 0, 4])), draw(st.integers(0, 5))
                facts = {"party": draw(codes), "due": draw(dues)}
                lines.append(Posting(account, Amount(units, SCALES[currency]), currency, **facts))  # type: ignore[arg-type]
                lines.append(Posting(other, Amount(-units, SCALES[currency]), currency))
            events.append(
                posted(draw(dates), kind=draw(kinds), document=draw(documents))._replace(postings=tuple(lines))
            )
    return events


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(
    events=logs(),
    stops=st.sets(st.integers(1, 20), max_size=4),
    todays=st.lists(dates, min_size=1, max_size=5, unique=True),
    first=st.sampled_from([1, 2, 16]),
)
async def test_every_answer_is_what_a_plain_fold_says_whatever_the_batches(
    database: Database, events: list[Event], stops: set[int], todays: list[dt.date], first: int
) -> None:
    log, ledger = records(events), new_ledger()
    await write(database, DASHBOARD, ledger, log, stops={stop for stop in stops if stop < len(log)})
    assert await faults(database, DASHBOARD, ledger) == []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(dashboard, "BILLS_FIRST", first)  # several rounds of reading, even for few bills
        async with viewing(database, ledger, len(log)) as view:
            for today in todays:
                since = first_of(today, back=2)
                found = await standing(view, today, since=since)
                assert found.balances == plain_balances(log, today)
                for month, moved in found.months.items():
                    wanted = plain_moved(log, month, min(last_of(month), today))
                    assert {pair: (m.units, m.ordinary) for pair, m in moved.items() if pair in wanted} == wanted
                    assert not any(m.units or m.ordinary for pair, m in moved.items() if pair not in wanted)
                missing = plain_moved(log, since, today)
                assert {pair for moved in found.months.values() for pair in moved} >= missing.keys()
                open_ = [(b.account, b.currency, b.party, b.due, b.units) for b in await open_bills(view, today)]
                assert open_ == plain_bills(log, today)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(events=logs(), stops=st.sets(st.integers(1, 20), min_size=1))
async def test_rows_do_not_depend_on_how_the_log_was_cut(
    database: Database, events: list[Event], stops: set[int]
) -> None:
    assume(any(stop < len(events) for stop in stops))
    whole, cut = new_ledger(), new_ledger()
    await write(database, DASHBOARD, whole, records(events))
    await write(database, DASHBOARD, cut, records(events), stops={stop for stop in stops if stop < len(events)})
    assert await all_rows(database, DASHBOARD, whole) == await all_rows(database, DASHBOARD, cut)


# --- bills, one rule at a time

FEB, MARCH, APRIL, MAY = (dt.date(2026, month, 20) for month in (2, 3, 4, 5))


async def test_payments_settle_the_earliest_due_first(database: Database) -> None:
    events = [bill(100, APRIL), bill(50, FEB), bill(70, MARCH)]
    assert shown(await bills_of(database, log_of(*events))) == [
        ("", "2026-02-20", 50),
        ("", "2026-03-20", 70),
        ("", "2026-04-20", 100),
    ]
    assert shown(await bills_of(database, log_of(*events, payment(60)))) == [
        ("", "2026-03-20", 60),
        ("", "2026-04-20", 100),
    ]
    assert await bills_of(database, log_of(*events, payment(500))) == []


async def test_a_payment_that_names_a_due_date_settles_that_bill(database: Database) -> None:
    events = [bill(50, FEB), bill(70, MARCH), payment(70, MARCH)]
    assert shown(await bills_of(database, log_of(*events))) == [("", "2026-02-20", 50)]


async def test_a_payment_to_one_party_leaves_the_other_bills_open(database: Database) -> None:
    events = [bill(50, FEB, party="P"), bill(70, MARCH, party="Q"), bill(10, APRIL)]
    assert shown(await bills_of(database, log_of(*events, payment(500, party="Q")))) == [
        ("P", "2026-02-20", 50),
        ("", "2026-04-20", 10),
    ]
    # To nobody in particular: its own kind first, then whatever is due first.
    assert shown(await bills_of(database, log_of(*events, payment(65)))) == [("Q", "2026-03-20", 65)]


async def test_the_document_says_due_date_and_party_where_the_posting_does_not(database: Database) -> None:
    document = Document(due=MARCH, party="P")
    events = [bill(50, None, document=document), bill(20, FEB, party="Q", document=document)]
    assert shown(await bills_of(database, log_of(*events))) == [("Q", "2026-02-20", 20), ("P", "2026-03-20", 50)]
    assert shown(await bills_of(database, log_of(*events, payment(30, document=Document(party="P"))))) == [
        ("Q", "2026-02-20", 20),
        ("P", "2026-03-20", 20),
    ]


SALE = ((CASH, 119), (SALES, -100), (CARD, -19))
PURCHASE = ((FOOD, 100), (BANK, 19), (SUPPLIERS, -100), (CARD, -19))
WITH_DISCOUNT = ((SUPPLIERS, 50), (SALES, -1), (BANK, -49))
"""A bill of 50 is paid, less a discount; CARD stands for a tax here."""


@pytest.mark.parametrize(
    ("lines", "roles", "wanted"),
    [
        (SALE, {}, {}),  # an invoice of our own: its due date is the customer's
        (((CASH, 119), (CARD, -119)), {CASH: Role.RECEIVABLE}, {}),
        (((CASH, 119), (CARD, -119)), {}, {CARD: 119}),
        (PURCHASE, {}, {SUPPLIERS: 100, CARD: 19}),
        (PURCHASE, {CARD: Role.TAX}, {SUPPLIERS: 100}),
        (WITH_DISCOUNT, {}, {SUPPLIERS: 20}),  # of 70, by party: a payment, though it earns something
    ],
)
async def test_a_document_speaks_for_the_bills_that_come_in(
    database: Database, lines: tuple[tuple[int, int], ...], roles: dict[int, Role], wanted: dict[int, int]
) -> None:
    dated = posted(dt.date(2026, 1, 9), *[(account, units, "EUR") for account, units in lines])
    events: list[Event] = [AccountUpdated(account, role=role) for account, role in roles.items()]
    if lines is WITH_DISCOUNT:
        events += [bill(70, APRIL, party="P"), bill(1, MARCH, party="Q"), payment(1, MARCH, party="Q")]
        events.append(dated._replace(document=Document(party="P")))
    else:
        events.append(dated._replace(document=Document(due=APRIL, party="P")))
    log = log_of(*events)
    assert {each.account: each.units for each in await bills_of(database, log)} == wanted
    # Whatever the roles are by then, its reversal undoes it.
    others = [AccountUpdated(account, role=None) for account in roles]
    events += [*others, reversal(events, len(events) - 1, dt.date(2026, 1, 10))]
    undone = await bills_of(database, log_of(*events))
    assert {each.account: each.units for each in undone} == ({SUPPLIERS: 70} if lines is WITH_DISCOUNT else {})


async def test_what_is_owed_without_a_due_date_is_settled_in_turn_and_never_shown(database: Database) -> None:
    events = [bill(30, None, on=dt.date(2026, 2, 1)), bill(50, FEB), bill(40, None, on=dt.date(2026, 3, 1))]
    assert shown(await bills_of(database, log_of(*events))) == [("", "2026-02-20", 50)]
    assert shown(await bills_of(database, log_of(*events, payment(30)))) == [("", "2026-02-20", 50)]
    assert shown(await bills_of(database, log_of(*events, payment(45)))) == [("", "2026-02-20", 35)]


@pytest.mark.parametrize("where", ["posting", "document", "nowhere"])
async def test_a_reversal_removes_exactly_its_bill(database: Database, where: str) -> None:
    due = FEB if where == "posting" else None
    document = Document(due=FEB, party="P") if where == "document" else None
    events = [bill(50, MARCH), bill(50, due, document=document), bill(50, APRIL, on=dt.date(2026, 1, 1))]
    log = log_of(*events, reversal(events, 1, dt.date(2026, 2, 2)))
    assert shown(await bills_of(database, log)) == [("", "2026-03-20", 50), ("", "2026-04-20", 50)]
    assert len(await bills_of(database, log, dt.date(2026, 2, 1))) == (2 if where == "nowhere" else 3)


async def test_the_reversal_of_a_payment_opens_what_it_had_settled(database: Database) -> None:
    events: list[Event] = [bill(50, FEB), bill(70, APRIL), payment(60)]
    assert shown(await bills_of(database, log_of(*events))) == [("", "2026-04-20", 60)]
    events.append(reversal(events, 2, dt.date(2026, 3, 1)))
    assert shown(await bills_of(database, log_of(*events))) == [("", "2026-02-20", 50), ("", "2026-04-20", 70)]
    events.append(reversal(events, 3, dt.date(2026, 3, 2)))  # it was right after all
    assert shown(await bills_of(database, log_of(*events))) == [("", "2026-04-20", 60)]


async def test_a_bill_that_stands_again_stands_where_it_stood(database: Database) -> None:
    events: list[Event] = [bill(50, FEB), bill(30, None, on=dt.date(2026, 3, 1)), payment(40)]
    events.append(reversal(events, 1, dt.date(2026, 3, 2)))
    events.append(reversal(events, 3, dt.date(2026, 3, 3)))
    assert shown(await bills_of(database, log_of(*events))) == [("", "2026-02-20", 10)]


async def test_a_payment_to_nobody_in_particular_settles_what_is_owed_to_anybody(database: Database) -> None:
    undated = bill(50, None, on=dt.date(2026, 2, 1), party="Q")
    assert shown(await bills_of(database, log_of(bill(70, MARCH, party="P"), undated, payment(50)))) == [
        ("P", "2026-03-20", 70)
    ]


async def test_what_was_owed_to_somebody_until_later_was_settled_by_nobodys_payment(database: Database) -> None:
    """As of today P is owed something, without a due date, which the payment to nobody settles; in all, P is not."""
    day, later = dt.date(2026, 3, 15), dt.date(2026, 3, 16)
    events = [bill(50, None, on=day, party="P"), payment(50, on=later, party="P")]
    events += [bill(70, APRIL, on=day, party="Q"), payment(50, on=day)]
    assert shown(await bills_of(database, log_of(*events), day)) == [("Q", "2026-04-20", 70)]
    assert shown(await bills_of(database, log_of(*events), later)) == [("Q", "2026-04-20", 20)]


async def test_bills_are_read_until_it_is_certain_which_are_open(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dashboard, "BILLS_FIRST", 1)
    events = [bill(100, MAY, party="P"), bill(100, APRIL, party="P"), bill(100, FEB, party="Q"), payment(150)]
    assert shown(await bills_of(database, log_of(*events))) == [("P", "2026-04-20", 50), ("P", "2026-05-20", 100)]


async def test_what_is_dated_later_does_not_count_yet(database: Database) -> None:
    events = [bill(50, APRIL), bill(70, MAY, on=dt.date(2026, 3, 16)), payment(20, on=dt.date(2026, 3, 17))]
    for day, wanted in ((15, [50]), (16, [50, 70]), (17, [30, 70])):
        found = await bills_of(database, log_of(*events), dt.date(2026, 3, day))
        assert [each.units for each in found] == wanted


async def test_other_accounts_have_no_bills(database: Database) -> None:
    assert await bills_of(database, log_of(bill(50, APRIL, account=CASH), bill(50, APRIL, account=SALES))) == []


# --- accounts


async def test_accounts_show_their_newest_names_and_roles(database: Database) -> None:
    log, ledger = (
        records(
            [
                opened("Assets:Cash", AccountType.ASSET, Role.CASH),
                opened("Assets:Bank", AccountType.ASSET),
                AccountRenamed(0, path="Assets:Till", label="till"),
                AccountUpdated(0, role=None),
                AccountUpdated(1, role=Role.BANK),
                AccountRenamed(1, number="1800"),
            ]
        ),
        new_ledger(),
    )
    await write(database, DASHBOARD, ledger, log, stops=[2, 4])
    till = DashboardAccount(0, "Assets:Till", "till", "asset", None)
    bank = DashboardAccount(1, "Assets:Bank", None, "asset", "bank")
    async with viewing(database, ledger, len(log)) as view:
        assert await all_accounts(view) == {0: till, 1: bank}
        assert await holdings(view) == {1: bank}
        assert await accounts_by_id(view, [0, 7]) == {0: till}


def test_months_begin_and_end_where_they_should() -> None:
    assert first_of(dt.date(2026, 3, 31)) == dt.date(2026, 3, 1)
    assert first_of(dt.date(2026, 3, 31), back=11) == dt.date(2025, 4, 1)
    assert first_of(dt.date(2026, 3, 31), back=3) == dt.date(2025, 12, 1)
    assert first_of(dt.date(1, 3, 31), back=11) == dt.date.min
    assert last_of(dt.date(2024, 2, 1)) == dt.date(2024, 2, 29)
    assert last_of(dt.date.max) == dt.date.max


# --- cost


async def test_a_batch_takes_a_fixed_number_of_statements(database: Database) -> None:
    ledger, counts = new_ledger(), []
    await write(database, DASHBOARD, ledger, log_of(bill(1, MARCH)))
    at = len(TYPES) + 1
    for count in (1, 10, 100):
        events: list[Event] = [bill(n, MARCH + dt.timedelta(days=n), party=f"P{n}") for n in range(1, count + 1)]
        events += [reversal([bill(1, MARCH)], 0, MARCH), AccountRenamed(CASH, label="cash")]
        log = records(events, start=at)
        at += len(log)
        async with database.write.begin() as connection, statements_counted(connection) as sent:
            await apply(connection, DASHBOARD, ledger, 1, DASHBOARD.fold(log))
        counts.append(len(sent))
    assert set(counts) == {4 + (8 if database.is_sqlite else 1)}


async def test_settled_bills_and_old_days_are_not_read(database: Database) -> None:
    """A long history costs a question nothing, in each of the ways in which bills are paid."""
    read = []
    for years in (1, 8):
        ledger = new_ledger()
        events: list[Event] = []
        for n in range(years * 250):
            on = dt.date(2026, 3, 1) - dt.timedelta(days=n % 365 + 365 * (n // 250))
            due = on + dt.timedelta(days=14)
            for party, named in (("P", True), ("Q", False), (None, False)):
                events.append(bill(100, due, on=on, party=party))
                if n:
                    events.append(payment(100, due if named else None, on=on, party=party))
        await write(database, DASHBOARD, ledger, log_of(*events))
        async with viewing(database, ledger, len(events)) as view, reads_counted(view.connection) as reads:
            await standing(view, TODAY, since=first_of(TODAY))
            assert sum(each.units for each in await open_bills(view, TODAY)) == 300
        read.append(reads.rows)
    assert read[1] < read[0] * 1.5 + 20, read
