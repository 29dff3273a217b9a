"""The dashboard's rows against plain folds over the whole log, on any day; and what a question reads."""

import datetime as dt

from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from ledger.books.accounts import AccountRenamed
from ledger.slices import Event
from ledger.store.engine import Database
from projections.account_balances import AccountBalances
from projections.dashboard import Dashboard, find_month_end, find_month_start, read_standing
from tests.readmodels.dated_logs import CASH, TYPES, bill, dates, log_of, logs, payment, reversal
from tests.readmodels.plain_dashboard import plain_balances, plain_moved
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
from tests.readmodels.records import records

BALANCES, DASHBOARD = AccountBalances(), Dashboard()
TODAY, MARCH = dt.date(2026, 3, 15), dt.date(2026, 3, 20)

# --- any log, on any day


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(
    events=logs(),
    stops=st.sets(st.integers(1, 20), max_size=4),
    todays=st.lists(dates, min_size=1, max_size=5, unique=True),
)
async def test_every_answer_is_what_a_plain_fold_says_whatever_the_batches(
    database: Database, events: list[Event], stops: set[int], todays: list[dt.date]
) -> None:
    log, ledger = records(events), new_ledger()
    for model in (BALANCES, DASHBOARD):
        await write(database, model, ledger, log, stops={stop for stop in stops if stop < len(log)})
    assert await faults(database, DASHBOARD, ledger) == []
    async with viewing(database, ledger, len(log)) as view:
        for today in todays:
            since = find_month_start(today, back=2)
            found = await read_standing(view, today, since=since)
            assert found.balances == plain_balances(log, today)
            for month, moved in found.months.items():
                wanted = plain_moved(log, month, min(find_month_end(month), today))
                assert {pair: each for pair, each in moved.items() if pair in wanted} == wanted
                assert not any(any(each) for pair, each in moved.items() if pair not in wanted)
            missing = plain_moved(log, since, today)
            assert {pair for moved in found.months.values() for pair in moved} >= missing.keys()


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


# --- months


def test_months_begin_and_end_where_they_should() -> None:
    assert find_month_start(dt.date(2026, 3, 31)) == dt.date(2026, 3, 1)
    assert find_month_start(dt.date(2026, 3, 31), back=11) == dt.date(2025, 4, 1)
    assert find_month_start(dt.date(2026, 3, 31), back=3) == dt.date(2025, 12, 1)
    assert find_month_start(dt.date(1, 3, 31), back=11) == dt.date.min
    assert find_month_end(dt.date(2024, 2, 1)) == dt.date(2024, 2, 29)
    assert find_month_end(dt.date.max) == dt.date.max


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
    assert set(counts) == {2 if database.is_sqlite else 1}


async def test_old_days_are_not_read(database: Database) -> None:
    """A long history costs a question nothing."""
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
        for model in (BALANCES, DASHBOARD):
            await write(database, model, ledger, log_of(*events))
        async with viewing(database, ledger, len(events)) as view, reads_counted(view.connection) as reads:
            await read_standing(view, TODAY, since=find_month_start(TODAY))
        read.append(reads.rows)
    assert read[1] < read[0] * 1.5 + 20, read


async def test_a_standing_is_one_statement(database: Database) -> None:
    ledger = new_ledger()
    log = log_of(bill(1, MARCH), payment(1, MARCH, on=TODAY))
    for model in (BALANCES, DASHBOARD):
        await write(database, model, ledger, log)
    async with viewing(database, ledger, len(log)) as view, statements_counted(view.connection) as sent:
        found = await read_standing(view, TODAY, since=find_month_start(TODAY), only=[CASH])
    assert len(sent) == 1
    assert {account for account, _ in found.balances} <= {CASH}
