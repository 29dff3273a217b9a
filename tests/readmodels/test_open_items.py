"""The open items against a plain fold over the whole log, on any day, and one rule at a time."""

import datetime as dt
from collections.abc import Iterable, Sequence

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from ledger.accounts import Role
from ledger.books.accounts import AccountRenamed, AccountUpdated
from ledger.journal import Record
from ledger.slices import Event
from ledger.store.engine import Database
from ledger.transactions import Document
from projections import open_items
from projections.open_items import OpenBill, OpenItems, read_open_bills
from tests.readmodels.dated_logs import (
    BANK,
    CARD,
    CASH,
    FOOD,
    SALES,
    SUPPLIERS,
    TYPES,
    bill,
    dates,
    log_of,
    logs,
    payment,
    reversal,
)
from tests.readmodels.plain_dashboard import plain_balances, plain_bills
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
from tests.readmodels.records import posted, records

OPEN_ITEMS = OpenItems()
TODAY = dt.date(2026, 3, 15)


async def bills_of(database: Database, log: Sequence[Record], today: dt.date = TODAY) -> list[OpenBill]:
    """The open bills after this log."""
    ledger = new_ledger()
    await write(database, OPEN_ITEMS, ledger, log)
    assert await faults(database, OPEN_ITEMS, ledger) == []
    async with viewing(database, ledger, len(log)) as view:
        return await read_open_bills(view, today)


def shown(found: Iterable[OpenBill]) -> list[tuple[str, str, int]]:
    """Party, due date and units."""
    return [(each.party, each.due.isoformat(), each.units) for each in found]


# --- any log, on any day


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
    await write(database, OPEN_ITEMS, ledger, log, stops={stop for stop in stops if stop < len(log)})
    assert await faults(database, OPEN_ITEMS, ledger) == []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(open_items, "BILLS_FIRST", first)  # several rounds of reading, even for few bills
        async with viewing(database, ledger, len(log)) as view:
            for today in todays:
                open_ = [(b.account, b.currency, b.party, b.due, b.units) for b in await read_open_bills(view, today)]
                assert open_ == plain_bills(log, today)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(events=logs())
async def test_what_is_owed_to_all_parties_is_the_balance_of_the_account(
    database: Database, events: list[Event]
) -> None:
    log, ledger = records(events), new_ledger()
    await write(database, OPEN_ITEMS, ledger, log)
    owed: dict[tuple[int, str], int] = {}
    for _, account, currency, _, units, *_ in (await all_rows(database, OPEN_ITEMS, ledger))["open_items_parties"]:
        owed[account, currency] = owed.get((account, currency), 0) - units
    balances = plain_balances(log, dt.date.max)
    wanted = {pair: units for pair, units in balances.items() if pair[0] in (SUPPLIERS, CARD) and units}
    assert {pair: units for pair, units in owed.items() if units} == wanted


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(events=logs(), stops=st.sets(st.integers(1, 20), min_size=1))
async def test_rows_do_not_depend_on_how_the_log_was_cut(
    database: Database, events: list[Event], stops: set[int]
) -> None:
    assume(any(stop < len(events) for stop in stops))
    whole, cut = new_ledger(), new_ledger()
    await write(database, OPEN_ITEMS, whole, records(events))
    await write(database, OPEN_ITEMS, cut, records(events), stops={stop for stop in stops if stop < len(events)})
    assert await all_rows(database, OPEN_ITEMS, whole) == await all_rows(database, OPEN_ITEMS, cut)


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
    monkeypatch.setattr(open_items, "BILLS_FIRST", 1)
    events = [bill(100, MAY, party="P"), bill(100, APRIL, party="P"), bill(100, FEB, party="Q"), payment(150)]
    assert shown(await bills_of(database, log_of(*events))) == [("P", "2026-04-20", 50), ("P", "2026-05-20", 100)]


async def test_what_is_dated_later_does_not_count_yet(database: Database) -> None:
    events = [bill(50, APRIL), bill(70, MAY, on=dt.date(2026, 3, 16)), payment(20, on=dt.date(2026, 3, 17))]
    for day, wanted in ((15, [50]), (16, [50, 70]), (17, [30, 70])):
        found = await bills_of(database, log_of(*events), dt.date(2026, 3, day))
        assert [each.units for each in found] == wanted


async def test_other_accounts_have_no_bills(database: Database) -> None:
    assert await bills_of(database, log_of(bill(50, APRIL, account=CASH), bill(50, APRIL, account=SALES))) == []


# --- cost


async def test_a_batch_takes_a_fixed_number_of_statements(database: Database) -> None:
    ledger, counts = new_ledger(), []
    await write(database, OPEN_ITEMS, ledger, log_of(bill(1, MARCH)))
    at = len(TYPES) + 1
    for count in (1, 10, 100):
        events: list[Event] = [bill(n, MARCH + dt.timedelta(days=n), party=f"P{n}") for n in range(1, count + 1)]
        events += [reversal([bill(1, MARCH)], 0, MARCH), AccountRenamed(CASH, label="cash")]
        log = records(events, start=at)
        at += len(log)
        async with database.write.begin() as connection, statements_counted(connection) as sent:
            await apply(connection, OPEN_ITEMS, ledger, 1, OPEN_ITEMS.fold(log))
        counts.append(len(sent))
    assert set(counts) == {4 + (4 if database.is_sqlite else 1)}


async def test_settled_bills_are_not_read(database: Database) -> None:
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
        await write(database, OPEN_ITEMS, ledger, log_of(*events))
        async with viewing(database, ledger, len(events)) as view, reads_counted(view.connection) as reads:
            assert sum(each.units for each in await read_open_bills(view, TODAY)) == 300
        read.append(reads.rows)
    assert read[1] < read[0] * 1.5 + 20, read
