"""Current balances: against a sum by brute force, in pages, rolled up, and under their newest names."""

import datetime as dt

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ledger.accounts import AccountType, Side
from ledger.books.accounts import AccountClosed, AccountOpened, AccountRenamed
from ledger.journal import Record
from ledger.slices import Event
from ledger.store.engine import Database
from projections.account_balances import AccountBalances, Balance, read_balances_page, roll_up
from projections.chart import read_accounts_page, read_accounts_under
from tests.readmodels.reading import all_rows, faults, new_ledger, viewing, write
from tests.readmodels.records import SCALES, Line, posted, records

BALANCES = AccountBalances()
PATHS = ["Assets", "Assets:Bank", "Assets:Bank:Giro", "Assets-x", "Assets:Bänk", "Assets;", "Equity", "assets", "Ä"]
DATE = dt.date(2026, 1, 1)

Order = tuple[str, int]


def opened(path: str, type_: AccountType = AccountType.ASSET, **members: object) -> AccountOpened:
    """An account."""
    return AccountOpened(type_, Side.DEBIT, path=path, **members)  # type: ignore[arg-type]


def chart_and(*events: Event) -> list[Record]:
    """Accounts 0 to 8 with PATHS, and then these events."""
    return records([*map(opened, PATHS), *events])


# --- against brute force

units = st.one_of(st.integers(-5, 5), st.integers(-(10**38) + 1, 10**38 - 1))
account = st.integers(0, len(PATHS) - 1)
lines = st.lists(st.tuples(account, units, st.sampled_from(sorted(SCALES))), min_size=1, max_size=3)


@st.composite
def transactions(draw: st.DrawFn) -> list[Line]:
    """Lines that sum to zero in every currency."""
    return [
        line
        for debited, units, currency in draw(lines)
        for line in ((debited, units, currency), (draw(account), -units, currency))
    ]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(
    given_lines=st.lists(transactions(), max_size=12),
    stops=st.sets(st.integers(1, 20), max_size=4),
    limit=st.integers(1, 7),
)
async def test_balances_are_the_sums_of_all_postings_whatever_the_batches(
    database: Database, given_lines: list[list[Line]], stops: set[int], limit: int
) -> None:
    ledger = new_ledger()
    log = chart_and(*[posted(DATE, *each) for each in given_lines])
    await write(database, BALANCES, ledger, log, stops={stop for stop in stops if stop < len(log)})

    sums: dict[tuple[int, str], list[int]] = {}
    for each in given_lines:
        for id_, amount, currency in each:
            found = sums.setdefault((id_, currency), [0, 0, 0])
            found[0] += max(amount, 0)
            found[1] += max(-amount, 0)
        for id_, currency in {(id_, currency) for id_, _, currency in each}:
            sums[id_, currency][2] += 1
    wanted = [
        (id_, PATHS[id_], currency, SCALES[currency], *sums[id_, currency])
        for id_, currency in sorted(sums, key=lambda key: (PATHS[key[0]].encode(), key))
    ]
    pages = await all_pages(database, ledger, len(log), limit)
    assert [(b.account, b.path, b.currency, b.scale, b.debits, b.credits, b.transactions) for b in pages] == wanted
    assert await faults(database, BALANCES, ledger) == []


async def all_pages(
    database: Database, ledger: int, size: int, limit: int, *, below: str | None = None
) -> list[Balance]:
    """All balances, a page at a time."""
    found: list[Balance] = []
    async with viewing(database, ledger, size) as view:
        after = None
        while page := await read_balances_page(view, after=after, limit=limit, below=below):
            assert len(page) <= limit
            found += page
            last = page[-1]
            assert last.account is not None
            after = (last.path or "", last.account, last.currency)
    return found


async def test_rows_do_not_depend_on_how_the_log_was_cut(database: Database) -> None:
    log = chart_and(
        *[posted(DATE, (n % 9, n, "EUR"), ((n + 1) % 9, -n, "EUR")) for n in range(30)],
        AccountRenamed(2, path="Assets:Renamed"),
        posted(DATE, (2, 5, "JPY"), (2, -5, "JPY")),
        AccountRenamed(2, label="label"),
    )
    found = []
    for stops in ([], [1], [9, 10, 39], range(1, len(log))):
        ledger = new_ledger()
        await write(database, BALANCES, ledger, log, stops=stops)
        found.append(await all_rows(database, BALANCES, ledger))
    assert all(each == found[0] for each in found)


async def test_books_that_do_not_balance_are_a_fault(database: Database) -> None:
    ledger = new_ledger()
    await write(database, BALANCES, ledger, chart_and(posted(DATE, (1, 5, "EUR"), (2, -4, "EUR"), (3, 7, "JPY"))))
    assert sorted(await faults(database, BALANCES, ledger)) == [
        "all balances in EUR sum to 1, not to zero",
        "all balances in JPY sum to 7, not to zero",
    ]


# --- names


async def test_balances_stand_under_the_newest_name(database: Database) -> None:
    ledger = new_ledger()
    log = chart_and(posted(DATE, (2, 5, "EUR"), (6, -5, "EUR")), AccountRenamed(2, path="Zuletzt"), AccountClosed(6))
    await write(database, BALANCES, ledger, log)
    assert [(b.account, b.path) for b in await all_pages(database, ledger, len(log), 10)] == [
        (6, "Equity"),
        (2, "Zuletzt"),
    ]


# --- under, and rolled up


async def test_under_means_the_account_and_what_lies_below_it(database: Database) -> None:
    ledger = new_ledger()
    log = chart_and(posted(DATE, *[(id_, 1, "EUR") for id_ in range(9)], (0, -9, "EUR")))
    await write(database, BALANCES, ledger, log)
    for path in [*PATHS, "Nothing", "Ass", ""]:
        wanted = {PATHS.index(each) for each in PATHS if each == path or each.startswith(f"{path}:")}
        async with viewing(database, ledger, len(log)) as view:
            assert await read_accounts_under(view, path) == wanted, path
            assert {each.id for each in await read_accounts_page(view, limit=100, below=path)} == wanted
        for limit in (1, 100):
            assert {each.account for each in await all_pages(database, ledger, len(log), limit, below=path)} == wanted


async def test_one_account_alone(database: Database) -> None:
    ledger = new_ledger()
    log = chart_and(posted(DATE, (1, 5, "EUR"), (2, -5, "EUR"), (1, 3, "JPY"), (1, -3, "JPY")))
    await write(database, BALANCES, ledger, log)
    async with viewing(database, ledger, len(log)) as view:
        found = await read_balances_page(view, limit=10, account=1)
    assert [(b.currency, b.debits, b.credits, b.transactions) for b in found] == [("EUR", 5, 0, 1), ("JPY", 3, 3, 1)]


@pytest.mark.parametrize("depth", [1, 2, 3])
async def test_what_lies_deeper_is_added_to_its_ancestor(database: Database, depth: int) -> None:
    ledger = new_ledger()
    events = [opened(f"Deep:{a}:{b}") for a in "xyz" for b in "pq"] + [opened("Flat"), opened("Deep:x")]
    log = records([*events, posted(DATE, *[(id_, 10**id_, "EUR") for id_ in range(7)], (7, -1111111, "EUR"))])
    await write(database, BALANCES, ledger, log)
    leaves = await all_pages(database, ledger, len(log), 100)
    rolled = roll_up(leaves, depth)
    wanted: dict[str, int] = {}
    for each in leaves:
        ancestor = ":".join((each.path or "").split(":")[:depth])
        wanted[ancestor] = wanted.get(ancestor, 0) + each.debits - each.credits
    assert {each.path: each.debits - each.credits for each in rolled} == wanted
    own = {event.path: id_ for id_, event in enumerate(events)}
    assert {each.path: each.account for each in rolled} == {path: own.get(path) for path in wanted}
