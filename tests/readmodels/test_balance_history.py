"""Balances at any date as known at any size, against sums made one posting at a time."""

import datetime as dt
import itertools
from collections.abc import Sequence
from contextlib import suppress
from random import Random

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, func, select, update

from ledger.accounts import AccountType, Side
from ledger.books.accounts import AccountOpened
from ledger.slices import Event
from ledger.store.engine import Database
from ledger.transactions import TransactionPosted, reverse_posting
from projections.balance_history import (
    BalanceHistory,
    HistoryDelta,
    HistoryMoved,
    HistorySums,
    Pair,
    list_used,
    read_balance_at,
    read_balances_at,
)
from projections.balance_history.chunks import BASE, HistoryChunk, accounts, blocks, chunks
from projections.reader import View
from tests.readmodels.reading import (
    GENERATION,
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

HISTORY = BalanceHistory()
DAY = dt.date(2026, 3, 1)
LARGEST = 10**38 - 1

many_examples = settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    phases=[Phase.explicit, Phase.reuse, Phase.generate],  # a seed does not shrink
)


# --- journals made at random, and the sum that everybody understands -------------------------------------------------


def random_journal(random: Random, transactions: int) -> list[Event]:
    """Few accounts and dates, so that everything happens: back- and future-dated, reversed, huge, zero, many lines."""
    events: list[Event] = []
    while len(events) < transactions:
        earlier = random.randrange(len(events)) if events else 0
        undone = events[earlier] if events else None
        if random.random() < 0.1 and isinstance(undone, TransactionPosted):
            date = random.choice([undone.date, DAY])
            lines = tuple(reverse_posting(posting) for posting in undone.postings)
            events.append(TransactionPosted(date, undone.kind, "A", 1, lines, reverses=id_at(earlier)))
        elif random.random() < 0.1:
            events.append(AccountOpened(AccountType.ASSET, Side.DEBIT, path=f"Assets:{len(events)}"))
        else:
            events.append(random_transaction(random))
    return events


def random_transaction(random: Random) -> TransactionPosted:
    date = DAY + dt.timedelta(days=random.choice([-400, -30, -2, -1, 0, 0, 0, 0, 1, 2, 3650, 2_000_000]))
    lines = []
    for currency in random.sample(list(SCALES), random.choice([1, 1, 2])):
        for _ in range(random.choice([1, 1, 1, 4])):
            units = random.choice([0, 1, -5, random.randint(-(10**6), 10**6), LARGEST, -LARGEST])
            lines += [(random.choice([7, 7, 8, 9]), each, currency) for each in (units, -units)]
    return posted(date, *lines)


def summed(events: Sequence[Event], effective: dt.date | None, size: int) -> dict[Pair, HistorySums]:
    """The slow way."""
    found: dict[Pair, HistorySums] = {}
    for event in events[:size]:
        if isinstance(event, TransactionPosted):
            for posting in event.postings:
                pair = (posting.account, posting.currency)
                sums = found.setdefault(pair, HistorySums(*pair, posting.amount.scale, 0, 0))
                if effective is None or event.date <= effective:
                    sums.debits += max(posting.amount.units, 0)
                    sums.credits += max(-posting.amount.units, 0)
    return found


def dates_of_interest(events: Sequence[Event]) -> list[dt.date | None]:
    """Every date, the days around it, and none."""
    dates = {event.date for event in events if isinstance(event, TransactionPosted)}
    around = {min(max(date.toordinal() + days, 1), dt.date.max.toordinal()) for date in dates for days in (-1, 0, 1)}
    return [None, dt.date.min, dt.date.max, *map(dt.date.fromordinal, sorted(around))]


# --- what it promises ------------------------------------------------------------------------------------------------


@many_examples
@given(random=st.randoms(use_true_random=True), transactions=st.integers(0, 120), cuts=st.sets(st.integers(0, 120)))
async def test_every_date_at_every_size_is_the_sum_of_the_postings(
    database: Database, random: Random, transactions: int, cuts: set[int]
) -> None:
    events, ledger = random_journal(random, transactions), new_ledger()
    await write(database, HISTORY, ledger, records(events), stops=[cut for cut in cuts if cut <= len(events)])
    questions = list(itertools.product(dates_of_interest(events), range(len(events) + 1)))
    async with viewing(database, ledger, len(events)) as view:
        pairs = await list_used(view, limit=100)
        assert pairs == sorted(summed(events, None, len(events)))
        for effective, size in random.sample(questions, min(12, len(questions))):
            assert await read_balances_at(view, pairs, effective=effective, size=size) == summed(
                events, effective, size
            )
    assert await faults(database, HISTORY, ledger) == []


@many_examples
@given(random=st.randoms(use_true_random=True), transactions=st.integers(1, 200), cuts=st.sets(st.integers(1, 199)))
async def test_one_batch_and_many_write_the_same_rows(
    database: Database, random: Random, transactions: int, cuts: set[int]
) -> None:
    journal = records(random_journal(random, transactions))
    one, many = new_ledger(), new_ledger()
    await write(database, HISTORY, one, journal)
    await write(database, HISTORY, many, journal, stops=[cut for cut in cuts if cut <= transactions])
    assert await all_rows(database, HISTORY, one) == await all_rows(database, HISTORY, many)


async def test_blocks_join_without_a_gap_where_a_level_fills(database: Database) -> None:
    random, ledger, count = Random(1), new_ledger(), 2 * BASE**2 + 40
    events = [random_transaction_of_two(random) for _ in range(count)]
    await write(database, HISTORY, ledger, records(events), stops=sorted(random.sample(range(count), 15)))
    sizes = {edge + near for edge in (0, BASE, 2 * BASE, BASE**2, BASE**2 + BASE, 2 * BASE**2) for near in (-1, 0, 1)}
    async with viewing(database, ledger, count) as view:
        for size in sorted({*sizes - {-1}, 500, count}):
            for effective in (None, DAY - dt.timedelta(days=200), DAY, DAY + dt.timedelta(days=99)):
                found = await read_balance_at(view, 7, effective=effective, size=size)
                assert found == [each for pair, each in summed(events, effective, size).items() if pair[0] == 7]
    assert await faults(database, HISTORY, ledger) == []


def random_transaction_of_two(random: Random) -> TransactionPosted:
    units = random.randint(-(10**40), 10**40) % LARGEST
    return posted(DAY + dt.timedelta(days=random.randint(-300, 300)), (7, units, "EUR"), (8, -units, "EUR"))


async def test_several_lines_of_one_transaction_on_an_account_are_one_movement(database: Database) -> None:
    ledger = new_ledger()
    event = posted(DAY, (7, 500, "EUR"), (7, -200, "EUR"), (7, 0, "USD"), (8, -300, "EUR"), (8, 0, "USD"))
    await write(database, HISTORY, ledger, records([event]))
    async with viewing(database, ledger, 1) as view:
        assert await read_balance_at(view, 7) == [HistorySums(7, "EUR", 2, 500, 200), HistorySums(7, "USD", 2, 0, 0)]
    found = [HistoryChunk(*row[3:]) for row in (await all_rows(database, HISTORY, ledger))["history_chunks"]]
    assert [each.movements_count for each in found] == [1] * 4


async def test_a_pair_is_left_out_before_its_first_transaction_and_zero_before_its_first_date(
    database: Database,
) -> None:
    ledger = new_ledger()
    events = [posted(DAY, (7, 5, "EUR"), (8, -5, "EUR")), posted(DAY, (7, 5, "EUR"), (9, -5, "EUR"))]
    await write(database, HISTORY, ledger, records(events))
    async with viewing(database, ledger, 2) as view:
        assert await read_balance_at(view, 9, size=1) == []
        assert await read_balance_at(view, 9, effective=DAY - dt.timedelta(days=1)) == [HistorySums(9, "EUR", 2, 0, 0)]
        assert await read_balances_at(view, [(9, "EUR"), (9, "USD"), (1, "EUR"), (9, "EUR")]) == {
            (9, "EUR"): HistorySums(9, "EUR", 2, 0, 5)
        }


async def test_what_a_size_showed_stays_whatever_is_recorded_later(database: Database) -> None:
    random, ledger = Random(2), new_ledger()
    journal = records(random_journal(random, 300))
    asked = [(effective, size) for effective in (None, DAY) for size in (1, 50, 100)]
    before = []
    await write(database, HISTORY, ledger, journal[:100])
    for stop in (100, 300):
        async with viewing(database, ledger, stop) as view:
            pairs = await list_used(view, limit=100)
            before.append([await read_balances_at(view, pairs, effective=day, size=size) for day, size in asked])
        if stop == 100:
            await write_on(database, ledger, HISTORY.fold(journal[100:]))
    assert before[0] == before[1]


async def test_used_pairs_come_a_page_at_a_time(database: Database) -> None:
    ledger = new_ledger()
    events = [posted(DAY, (account, 1, "EUR"), (account + 1, -1, "EUR")) for account in range(10, 20)]
    events += [posted(DAY, (10, 1, "USD"), (15, -1, "USD"))]
    await write(database, HISTORY, ledger, records(events))
    found: list[Pair] = []
    async with viewing(database, ledger, len(events)) as view:
        while page := await list_used(view, after=found[-1] if found else None, limit=4):
            found += page
    assert found == sorted({*((account, "EUR") for account in range(10, 21)), (10, "USD"), (15, "USD")})


@many_examples
@given(random=st.randoms(use_true_random=True), pairs_kept=st.sampled_from([1, 3, 4_000]))
async def test_whoever_wrote_before_and_whatever_was_undone_the_rows_are_the_same(
    database: Database, random: Random, pairs_kept: int
) -> None:
    """Several processes take turns, each with what it remembers; some of their transactions are rolled back."""
    journal, at_once, ledger = records(random_journal(random, 200)), new_ledger(), new_ledger()
    await write(database, BalanceHistory(), at_once, journal)
    processes, start = [BalanceHistory() for _ in range(2)], 0
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("projections.balance_history.TAILS_MAX", pairs_kept)
        while start < len(journal):
            stop = start + random.randint(1, 40)
            projection = random.choice(processes)
            with suppress(ZeroDivisionError):
                async with database.write.begin() as connection:
                    after, delta = journal[start - 1] if start else None, projection.fold(journal[start:stop])
                    await apply(connection, projection, ledger, GENERATION, delta, after=after)
                    if random.random() < 0.3:
                        raise ZeroDivisionError
                start = stop
    found = await all_rows(database, HISTORY, ledger)
    assert found == await all_rows(database, HISTORY, at_once)


# --- what it costs ---------------------------------------------------------------------------------------------------


async def write_on(database: Database, ledger: int, delta: HistoryDelta) -> None:
    async with database.write.begin() as connection:
        await apply(connection, HISTORY, ledger, GENERATION, delta)


async def write_many(database: Database, ledger: int, count: int, *, days: int) -> None:
    """Movements of one on account 7, without the records behind them, which take longer to make."""
    dates = [DAY + dt.timedelta(days=ordinal * 7919 % days) for ordinal in range(min(count, days))]
    for start in range(0, count, 10_000):
        positions = range(start, min(count, start + 10_000))
        moved = {(7, "EUR"): HistoryMoved(2, [(position, dates[position % days], 1, 0) for position in positions])}
        await write_on(database, ledger, HistoryDelta(None, moved))


async def dearest_question(view: View, sizes: Sequence[int], effective: Sequence[dt.date | None]) -> float:
    """The most rows that any of the questions reads; the answers are checked too."""
    dearest = 0.0
    for size, day in itertools.product(sizes, effective):
        async with reads_counted(view.connection) as reads:
            [found] = await read_balance_at(view, 7, effective=day, size=size)
        dearest = max(dearest, reads.rows)
        assert found.debits <= size
        assert found.debits == size or day is not None
    return dearest


@pytest.mark.parametrize("days", [1, 3000])
async def test_a_question_about_40_000_postings_reads_200_rows(database: Database, days: int) -> None:
    ledger = new_ledger()
    await write_many(database, ledger, 40_000, days=days)
    async with viewing(database, ledger, 40_000) as view:
        sizes = [1, 20_001, BASE**3 - 1, BASE**3, 40_000]
        assert await dearest_question(view, sizes, [None, DAY, DAY + dt.timedelta(days=days // 2)]) <= 200
        async with reads_counted(view.connection) as reads:  # the counting itself counts
            await view.connection.execute(select(func.count(chunks.c.debits)))
        assert reads.rows > 20


@pytest.mark.slow
@pytest.mark.timeout(600)
async def test_a_question_about_1_000_000_postings_of_one_day_reads_300_rows(database: Database) -> None:
    ledger = new_ledger()
    await write_many(database, ledger, 1_000_000, days=1)
    async with viewing(database, ledger, 1_000_000) as view:
        assert await dearest_question(view, [BASE**3 * 30 - 1, 999_999, 1_000_000], [None, DAY]) <= 300


async def test_a_batch_takes_as_many_statements_for_300_accounts_as_for_two(database: Database) -> None:
    counts = []
    for pairs, projection in itertools.product((1, 150), (HISTORY, BalanceHistory())):
        ledger = new_ledger()
        lines = [
            (account, units, "EUR") for each in range(pairs) for account, units in ((2 * each, 1), (2 * each + 1, -1))
        ]
        journal = records([posted(DAY, *lines) for _ in range(80)])
        await write(database, HISTORY, ledger, journal[:40])
        async with database.write.begin() as connection, statements_counted(connection) as sent:
            delta = projection.fold(journal[40:])
            await apply(connection, projection, ledger, GENERATION, delta, after=journal[39])
        counts.append(len(sent))
    # One that remembers what it wrote, and one that must read it.
    assert counts == [1, 2] * 2


# --- what it notices about itself ------------------------------------------------------------------------------------


async def test_rows_that_were_tampered_with_are_faults(database: Database) -> None:
    ledger, count = new_ledger(), BASE**2 + 70
    await write_many(database, ledger, count, days=1)
    last = chunks.c.position == BASE**2 + 2 * BASE
    async with database.write.begin() as connection:
        assert await HISTORY.find_faults(connection, ledger, GENERATION) == [
            f"all movements in EUR sum to {count}, not to zero"  # one account alone cannot balance
        ]
        for change, complaint in [
            (update(blocks).values(debits=33), "its blocks say 103 and 0"),
            (update(chunks).values(credits=1).where(last), "the chunk at 1088 is not what its movements say"),
            (update(chunks).values(ordinal=9).where(last), "the chunk at 1088 is not what its movements say"),
            (update(chunks).values(latest=DAY + dt.timedelta(days=1)).where(last), "the chunk at 1088 is not"),
            (update(chunks).values(begins=9).where(last), "the chunk at 1088 is not"),
            (update(chunks).values(movements="1088 1 0 1").where(last), f"sum to {count - 7}, not to zero"),
            (delete(chunks).where(chunks.c.position == BASE), "the chunk at 64 is not"),
            (delete(chunks), "has no movements"),
            (delete(accounts), "has movements and is not among the pairs"),
        ]:
            async with connection.begin_nested() as undone:
                await connection.execute(change)
                found = await HISTORY.find_faults(connection, ledger, GENERATION)
                assert any(complaint in fault for fault in found), (complaint, found)
                await undone.rollback()
