"""Registers and lists of transactions: their order, their pages, every filter; against lists sorted in memory."""

import datetime as dt
import unicodedata
from collections.abc import Sequence
from random import Random
from typing import Any

import pytest
import sqlalchemy
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, update

from ledger.accounts import AccountType, Side
from ledger.books.accounts import AccountOpened
from ledger.money import Amount
from ledger.slices import Event
from ledger.store.connections import get_driver
from ledger.store.engine import Database
from ledger.store.rows import _compile
from ledger.transactions import Document, Kind, TransactionPosted
from projections.projection import WORD_MAX
from projections.register import (
    ACCOUNTS_MAX,
    TEXT_MAX,
    Filter,
    Place,
    Register,
    RegisterLine,
    lines,
    read_register_page,
    read_transactions_page,
    scalars,
    transactions,
)
from projections.register.flows import _flows
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
from tests.readmodels.records import erased, id_at, posted, records

REGISTER = Register()
DAY = dt.date(2026, 3, 1)

many_examples = settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    phases=[Phase.explicit, Phase.reuse, Phase.generate],  # a seed does not shrink
)


# --- journals made at random, and the slow ways ----------------------------------------------------------------------


def random_journal(random: Random, count: int) -> list[Event]:
    return [
        random_transaction(random, number)
        if random.random() < 0.9
        else AccountOpened(AccountType.ASSET, Side.DEBIT, path=f"Assets:{number}")
        for number in range(count)
    ]


def random_transaction(random: Random, number: int) -> TransactionPosted:
    amounts = [
        random.choice([0, 1, 500, 10**38 - 1, random.randint(1, 10**5)]) for _ in range(random.choice([1, 1, 3]))
    ]
    return posted(
        DAY + dt.timedelta(days=random.choice([-4000, -40, -1, 0, 0, 0, 0, 1, 30, 2_900_000])),
        *[
            (account, sign * units, random_currency)
            for units in amounts
            for random_currency in [random.choice(["EUR", "JPY", "BTC"])]
            for account, sign in ((random.randint(1, 5), 1), (random.randint(4, 9), -1))
        ],
        texts=[random.choice([None, "Äpfel", "lines have TEXT"])],
        kind=random.choice([Kind.NORMAL, Kind.NORMAL, Kind.NORMAL, Kind.CLOSING]),
        series=random.choice("AB"),
        number=number,
        document=random.choice([None, Document(ref=f"R{random.randint(1, 3)}"), Document(due=DAY)]),
        description=random.choice([None, "Äpfel und Birnen", "Coffee", "coffee 100%"]),
        payee=random.choice([None, "Straße"]),
        metadata=random.choice([{}, {"trip": "Rome"}, {"trip": "Oslo", "km": 12}, {"km": 12, "paid": True}]),
    )


def dated(events: Sequence[Event], size: int | None = None) -> list[tuple[Place, TransactionPosted]]:
    found = [
        (Place(event.date, position), event)
        for position, event in enumerate(events[:size])
        if isinstance(event, TransactionPosted)
    ]
    return sorted(found, key=lambda each: each[0])


def expected_lines(events: Sequence[Event], account: int, size: int | None = None) -> list[tuple[Any, ...]]:
    return [
        (*place, line, posting.currency, posting.amount.scale, posting.amount.units)
        for place, event in dated(events, size)
        for line, posting in enumerate(event.postings)
        if posting.account == account
    ]


def shown(page: Sequence[RegisterLine]) -> list[tuple[Any, ...]]:
    return [(*line.key, line.currency, line.scale, line.units) for line in page]


def matches(event: TransactionPosted, wanted: Filter) -> bool:
    """The slow way to filter, word for word what Filter says."""
    largest = max(abs(posting.amount.units) * 10 ** (30 - posting.amount.scale) for posting in event.postings)
    memo, reference = event.memo, event.document.ref if event.document else None
    said = [memo.description, memo.payee, memo.notes, reference, *[posting.text for posting in event.postings]]
    text = "\n".join(each.casefold() for each in said if each)
    return (
        (wanted.accounts is None or any(posting.account in wanted.accounts for posting in event.postings))
        and (wanted.start is None or event.date >= wanted.start)
        and (wanted.end is None or event.date <= wanted.end)
        and all(word.casefold() in text for word in (wanted.text or "").split())
        and (wanted.min_amount is None or largest >= wanted.min_amount.units * 10 ** (30 - wanted.min_amount.scale))
        and (wanted.max_amount is None or largest <= wanted.max_amount.units * 10 ** (30 - wanted.max_amount.scale))
        and (wanted.reference is None or reference == wanted.reference)
        and (wanted.kind is None or event.kind == wanted.kind)
        and all(as_json(memo.metadata.get(key)) == value for key, value in wanted.metadata.items())
    )


def as_json(value: Any) -> str:
    return "true" if value is True else str(value)


def random_filter(random: Random) -> Filter:
    every: dict[str, Any] = {
        "accounts": random.choice([{1}, [4], (5, 6), range(1, 10), {99}, frozenset({1, 99})]),
        "start": DAY + dt.timedelta(days=random.choice([-5000, -1, 0, 1])),
        "end": DAY + dt.timedelta(days=random.choice([-1, 0, 1, 40])),
        "text": random.choice(["äpfel", "ÄPFEL birnen", "coffee", "100%", "0_%", "STRASSE", "r1", "nothing", ""]),
        "min_amount": random.choice([Amount(0, 0), Amount(500, 2), Amount(5, 8), Amount(10**36, 0)]),
        "max_amount": random.choice([Amount(500, 2), Amount(5, 0), Amount(10**36, 0)]),
        "reference": random.choice(["R1", "R2", "r1"]),
        "kind": random.choice(list(Kind)),
        "metadata": random.choice([{"trip": "Rome"}, {"km": "12", "trip": "Oslo"}, {"paid": "true"}, {"km": "13"}]),
    }
    names = random.sample(list(every), random.choice([0, 1, 1, 1, 2, 3]))
    return Filter(**{name: every[name] for name in names})


# --- an account's register -------------------------------------------------------------------------------------------


@many_examples
@given(random=st.randoms(use_true_random=True), count=st.integers(0, 60), limit=st.integers(1, 20))
async def test_pages_glued_together_are_the_register_in_order_of_date(
    database: Database, random: Random, count: int, limit: int
) -> None:
    events, ledger, account = random_journal(random, count), new_ledger(), random.randint(1, 9)
    await write(database, REGISTER, ledger, records(events), stops=[random.randint(0, count)])
    size = random.choice([None, random.randint(0, count)])
    glued: list[RegisterLine] = []
    async with viewing(database, ledger, count) as view:
        whole = await read_register_page(view, account, limit=1_000, size=size)
        while page := await read_register_page(
            view, account, after=glued[-1].key if glued else None, limit=limit, size=size
        ):
            assert len(page) <= limit
            glued += page
    assert glued == whole
    assert shown(whole) == expected_lines(events, account, size)


async def test_a_page_shows_what_the_transaction_says(database: Database) -> None:
    ledger = new_ledger()
    event = posted(
        DAY,
        (3, 700, "EUR"),
        (1, -500, "EUR"),
        (2, -200, "EUR"),
        (3, 0, "EUR"),
        texts=[None, "by card"],
        series="B",
        number=12,
        description="Groceries",
    )
    await write(database, REGISTER, ledger, records([event]))
    async with viewing(database, ledger, 1) as view:
        assert await read_register_page(view, 1, limit=10) == [
            RegisterLine(
                date=DAY,
                position=0,
                line=1,
                transaction=id_at(0),
                series="B",
                number=12,
                description="Groceries",
                text="by card",
                counter_accounts=[3, 2],
                counter_accounts_more=0,
                currency="EUR",
                scale=2,
                units=-500,
            )
        ]
        assert [line.counter_accounts for line in await read_register_page(view, 3, limit=10)] == [[1, 2], [1, 2]]


async def test_start_and_end_are_included(database: Database) -> None:
    ledger = new_ledger()
    days = [DAY + dt.timedelta(days=days) for days in (3, 1, 2, 0, 4)]
    await write(database, REGISTER, ledger, records([posted(day, (1, 1, "EUR"), (2, -1, "EUR")) for day in days]))
    async with viewing(database, ledger, 5) as view:
        page = await read_register_page(view, 1, start=days[1], end=days[0], limit=10)
    assert [line.date for line in page] == [days[1], days[2], days[0]]


async def test_a_pinned_page_does_not_see_what_is_recorded_later(database: Database) -> None:
    random, ledger = Random(3), new_ledger()
    journal = records(random_journal(random, 60))
    await write(database, REGISTER, ledger, journal[:40])
    async with viewing(database, ledger, 40) as view:
        line_pages = [await read_register_page(view, account, limit=100) for account in range(1, 10)]
        places = await read_transactions_page(view, Filter(), limit=100)
    async with database.write.begin() as connection:
        await apply(connection, REGISTER, ledger, GENERATION, REGISTER.fold(journal[40:]))
    async with viewing(database, ledger, 60) as view:
        assert [await read_register_page(view, account, limit=100, size=40) for account in range(1, 10)] == line_pages
        assert await read_transactions_page(view, Filter(), limit=100, size=40) == places
        assert len(await read_transactions_page(view, Filter(), limit=100)) > len(places)


async def test_of_many_accounts_some_are_listed_and_the_others_counted(database: Database) -> None:
    ledger = new_ledger()
    others = [(account, 1, "EUR") for account in range(1, ACCOUNTS_MAX + 6)]
    await write(database, REGISTER, ledger, records([posted(DAY, *others, (99, -len(others), "EUR"))]))
    listed = list(range(1, ACCOUNTS_MAX + 1))
    async with viewing(database, ledger, 1) as view:
        [first], [last] = await read_register_page(view, 1, limit=2), await read_register_page(view, 99, limit=2)
    assert (first.counter_accounts, first.counter_accounts_more) == (listed[1:], 6)
    assert (last.counter_accounts, last.counter_accounts_more) == (listed, 5)


# --- transactions ----------------------------------------------------------------------------------------------------


@many_examples
@given(random=st.randoms(use_true_random=True), count=st.integers(0, 60), limit=st.integers(1, 20))
async def test_every_filter_finds_what_matches_newest_first(
    database: Database, random: Random, count: int, limit: int
) -> None:
    events, ledger = random_journal(random, count), new_ledger()
    await write(database, REGISTER, ledger, records(events))
    async with viewing(database, ledger, count) as view:
        for _ in range(15):
            wanted, size = random_filter(random), random.choice([None, random.randint(0, count)])
            expected = [place for place, event in reversed(dated(events, size)) if matches(event, wanted)]
            assert await read_transactions_page(view, wanted, limit=100, size=size) == expected, wanted
            glued: list[Place] = []
            while page := await read_transactions_page(
                view, wanted, after=glued[-1] if glued else None, limit=limit, size=size
            ):
                assert len(page) <= limit
                glued += page
            assert glued == expected, wanted
    assert await faults(database, REGISTER, ledger) == []


async def found(database: Database, event: TransactionPosted, **wanted: Any) -> bool:
    """Whether the filter finds this transaction among others."""
    ledger = new_ledger()
    plain = posted(DAY, (1, 0, "EUR"), (2, 0, "EUR"))
    await write(database, REGISTER, ledger, records([plain, event, plain]))
    async with viewing(database, ledger, 3) as view:
        page = await read_transactions_page(view, Filter(**wanted), limit=10)
    assert page in ([], [Place(event.date, 1)])
    return bool(page)


async def test_text_is_found_in_any_case_and_any_unicode_form(database: Database) -> None:
    event = posted(
        DAY,
        (1, 1, "EUR"),
        (2, -1, "EUR"),
        texts=["Line Text"],
        document=Document(ref="INV-7/2026"),
        description="Crème Brûlée",
        payee="Bäckerei Weißmüller",
        notes="100% of_it \\ 'quoted'",
        tags=("Dessert",),
    )
    for text in ["crème", "BRÛLÉE", unicodedata.normalize("NFD", "crème brûlée"), "WEISSMÜLLER", "weißmüller", "line"]:
        assert await found(database, event, text=text), text
    for text in ["inv-7/", "100%", "of_it", "\\", "'quoted'", "dessert", " brûlée   crème "]:
        assert await found(database, event, text=text), text
    for text in ["creme", "100%of", "1_0", "weismuller", "brûlée torte", "/%"]:
        assert not await found(database, event, text=text), text


async def test_only_so_much_text_is_searched(database: Database) -> None:
    event = posted(DAY, (1, 1, "EUR"), (2, -1, "EUR"), notes="x" * (TEXT_MAX - 5) + "inner" + "outer")
    assert await found(database, event, text="inner")
    assert not await found(database, event, text="outer")


@pytest.mark.parametrize(("least", "most", "expected"), [("5", "5", True), ("5.01", None, False), (None, "4", False)])
async def test_amounts_are_compared_whatever_their_scale(
    database: Database, least: str | None, most: str | None, expected: bool
) -> None:
    event = posted(DAY, (1, -500_000_000, "BTC"), (2, 500_000_000, "BTC"), (1, 4, "JPY"), (2, -4, "JPY"))
    ledger = new_ledger()
    await write(database, REGISTER, ledger, records([event]))
    async with viewing(database, ledger, 1) as view:
        wanted = Filter(min_amount=amount(least), max_amount=amount(most))
        assert bool(await read_transactions_page(view, wanted, limit=10)) is expected


def amount(text: str | None) -> Amount | None:
    whole, _, fraction = (text or "").partition(".")
    return Amount(int(whole + fraction), len(fraction)) if text else None


async def test_metadata_of_every_scalar_kind_is_found(database: Database) -> None:
    long = "ß" * 5_000
    event = posted(
        DAY,
        (1, 1, "EUR"),
        (2, -1, "EUR"),
        metadata={"text": "a b", "no": 7, "half": 0.5, "yes": True, "none": None, "list": [1], long: long, "": ""},
    )
    for key, value in [("text", "a b"), ("no", "7"), ("half", "0.5"), ("yes", "true"), (long, long), ("", "")]:
        assert await found(database, event, metadata={key: value}), key[:9]
    for key, value in [("text", "A b"), ("no", "7.0"), ("none", "null"), ("list", "[1]"), (long, long[:-1])]:
        assert not await found(database, event, metadata={key: value}), key[:9]


async def test_a_long_reference_is_found(database: Database) -> None:
    long = "R" * (WORD_MAX + 1)
    event = posted(DAY, (1, 1, "EUR"), (2, -1, "EUR"), document=Document(ref=long * 99))
    assert await found(database, event, reference=long * 99)
    assert not await found(database, event, reference=long)


async def test_several_accounts_are_found_through_all_the_years(database: Database) -> None:
    ledger = new_ledger()
    dates = [dt.date.min, dt.date(1900, 1, 1), DAY, DAY + dt.timedelta(days=32), dt.date(9000, 1, 1), dt.date.max]
    events = [posted(date, (account, 1, "EUR"), (9, -1, "EUR")) for date in dates for account in (1, 2, 3)]
    await write(database, REGISTER, ledger, records(events))
    expected = [place for place, event in reversed(dated(events)) if event.postings[0].account != 2]
    async with viewing(database, ledger, len(events)) as view:
        assert await read_transactions_page(view, Filter(accounts={1, 3}), limit=100) == expected
        assert await read_transactions_page(view, Filter(accounts={1, 3}), limit=5, after=expected[3]) == expected[4:9]
        assert await read_transactions_page(view, Filter(accounts=set()), limit=100) == []


# --- texts -----------------------------------------------------------------------------------------------------------


async def test_an_erased_memo_leaves_the_facts_and_no_text(database: Database) -> None:
    ledger = new_ledger()
    event = posted(
        DAY,
        (1, 1, "EUR"),
        (2, -1, "EUR"),
        texts=["secret"],
        document=Document(ref="R1"),
        description="secret",
        payee="secret",
        metadata={"secret": "secret"},
    )
    await write(database, REGISTER, ledger, [erased(each) for each in records([event])])
    assert "secret" not in str(await all_rows(database, REGISTER, ledger))
    async with viewing(database, ledger, 1) as view:
        [line] = await read_register_page(view, 1, limit=10)
        assert (line.description, line.text, line.units) == (None, None, 1)
        assert await read_transactions_page(view, Filter(text="secret"), limit=10) == []
        assert await read_transactions_page(view, Filter(metadata={"secret": "secret"}), limit=10) == []
        assert await read_transactions_page(view, Filter(text="r1", reference="R1"), limit=10) == [Place(DAY, 0)]


async def test_a_null_character_is_no_obstacle(database: Database) -> None:
    event = posted(
        DAY,
        (1, 1, "EUR"),
        (2, -1, "EUR"),
        texts=["a\0b"],
        document=Document(ref="a\0b"),
        description="a\0b",
        metadata={"a\0b": "a\0b"},
    )
    assert await found(database, event, text="a\0b", reference="a\0b", metadata={"a\0b": "a\0b"})


# --- rows and costs --------------------------------------------------------------------------------------------------


async def test_one_batch_and_many_write_the_same_rows(database: Database) -> None:
    journal = records(random_journal(Random(5), 80))
    one, many = new_ledger(), new_ledger()
    await write(database, REGISTER, one, journal)
    await write(database, REGISTER, many, journal, stops=range(1, 80, 7))
    assert await all_rows(database, REGISTER, one) == await all_rows(database, REGISTER, many)


async def test_a_batch_takes_at_most_three_statements(database: Database) -> None:
    for count in (20, 400):
        delta = REGISTER.fold(records(random_journal(Random(6), count)))
        async with database.write.begin() as connection, statements_counted(connection) as sent:
            await apply(connection, REGISTER, new_ledger(), GENERATION, delta)
        copied = [one for one in sent if one == "register_metadata"]  # many rows without an amount, on PostgreSQL
        assert len(sent) == (3 if database.is_sqlite else 1 + len(copied))
        assert bool(copied) == (count == 400 and not database.is_sqlite)


async def test_a_page_in_the_middle_reads_little_more_than_it_shows(database: Database) -> None:
    ledger, count = new_ledger(), 4_000
    events = [
        posted(
            DAY - dt.timedelta(days=number % 700),
            (1, 1, "EUR"),
            (2 + number % 40, -1, "EUR"),
            document=Document(ref=f"R{number % 100}"),
            kind=Kind.CLOSING if number % 50 == 0 else Kind.NORMAL,
            metadata={"trip": number % 100},
        )
        for number in range(count)
    ]
    await write(database, REGISTER, ledger, records(events))
    middle, filters = (
        DAY - dt.timedelta(days=350),
        [
            Filter(),
            Filter(accounts={1}),
            Filter(accounts={7}),
            Filter(reference="R7"),
            Filter(kind=Kind.CLOSING),
            Filter(metadata={"trip": "7"}),
        ],
    )
    async with viewing(database, ledger, count) as view:
        if not database.is_sqlite:
            await view.connection.execute(sqlalchemy.text("ANALYZE"))  # what autovacuum does a minute later
        for wanted in filters:
            async with reads_counted(view.connection) as reads:
                page = await read_transactions_page(view, wanted, after=Place(middle, 0), limit=15)
            assert len(page) == 15
            assert reads.rows <= 100, wanted
        async with reads_counted(view.connection) as reads:
            assert len(await read_register_page(view, 1, after=(middle, 0, 0), limit=15)) == 15
        assert reads.rows <= 100


async def test_rows_that_were_tampered_with_are_faults(database: Database) -> None:
    ledger = new_ledger()
    event = posted(DAY, (1, 5, "EUR"), (2, -5, "EUR"), metadata={"trip": "Rome"})
    await write(database, REGISTER, ledger, records([event, event, event]))
    async with database.write.begin() as connection:
        assert await REGISTER.find_faults(connection, ledger, GENERATION) == []
        for change, complaint in [
            (delete(lines).where(lines.c.position == 1), "3 transactions, but lines of 2"),
            (delete(transactions).where(transactions.c.position == 1), "rows of register_lines belong to no transac"),
            (update(scalars).values(date=dt.date.min), "rows of register_metadata belong to no transaction"),
            (
                update(lines).values(units=7).where(lines.c.line == 0, lines.c.position == 1),
                "sum to 2 in EUR, not to zero",
            ),
        ]:
            async with connection.begin_nested() as undone:
                await connection.execute(change)
                complaints = await REGISTER.find_faults(connection, ledger, GENERATION)
                assert any(complaint in fault for fault in complaints), complaints
                await undone.rollback()


@pytest.mark.parametrize("empty_database", ["postgresql"], indirect=True)
async def test_cash_flows_compare_no_line_with_each_other_where_postgresql_has_no_statistics(
    database: Database,
) -> None:
    asked = {"ledger": 1, "generation": 1, "cash": [1], "others": [2], "without": [], "size": 9, "most": 9}
    asked |= {"start": dt.date.min, "end": dt.date.max}
    async with database.read.connect() as connection:
        compiled = _compile(_flows["postgresql"], connection.dialect)
        rows = await get_driver(connection).fetch(f"EXPLAIN {compiled.sql}", *compiled.bound(asked))
    plan = "\n".join(row[0] for row in rows)
    assert "Full Join" in plan and "Nested Loop" not in plan, plan
