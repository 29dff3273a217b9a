"""Other programs' journals come in whole, and the balances are those that ledger-cli, hledger and beancount print."""

import datetime as dt
from collections.abc import AsyncIterator, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from ledger.accounts import AccountType
from ledger.journal import Ledger
from tests.importing import Balances, Office, office, prepare, read_json
from tests.shared_data import journal_name, plain_journals

CURRENCY_MAP = {"$": "USD", "£": "GBP", "": "UNITS", "bytes": "BYTES"}
THE_REST_ARE_ASSETS = (("*", AccountType.ASSET),)

pytestmark = pytest.mark.timeout(600)  # the largest takes half a minute on a machine of its own

every_journal = pytest.mark.parametrize("journal", plain_journals(), ids=journal_name)


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The URL of a database for the whole module; every test opens ledgers of its own in it."""
    if request.param == "sqlite":
        return prepare(f"sqlite:///{tmp_path_factory.mktemp('journals')}/ledger.db")
    return prepare(request.getfixturevalue("postgres").create_database("interop_journals"))


@pytest_asyncio.fixture
async def books(database: str) -> AsyncIterator[Office]:
    async with office(database) as opened:
        yield opened


def expected(balances: Mapping[str, Mapping[str, str]]) -> Balances:
    """A reference's balances in our currency codes, without zeros."""
    found = {
        path: {CURRENCY_MAP.get(code, code): Decimal(amount) for code, amount in each.items() if Decimal(amount)}
        for path, each in balances.items()
    }
    return {path: each for path, each in found.items() if each}


def balances_beside(journal: Path) -> Any:
    return read_json(journal.parent / "balances.plain.json")


async def imported(books: Office, ledger: Ledger, journal: Path) -> Any:
    return await books.import_(ledger, journal, currency_map=CURRENCY_MAP, type_map=THE_REST_ARE_ASSETS)


@every_journal
async def test_every_balance_equals_the_reference(books: Office, journal: Path) -> None:
    ledger, reference = await books.ledger(), balances_beside(journal)
    report = await imported(books, ledger, journal)
    assert report.imported == report.lines > 0
    assert not report.skipped

    assert await books.guarded(ledger) == expected(reference["balances"])
    await books.project()
    assert await books.projected(ledger) == expected(reference["balances"])
    assert await books.as_of(ledger, None) == expected(reference["balances"])
    as_of = reference["as_of_exclusive_end"]["balances"]
    assert as_of
    for end, balances in as_of.items():
        day_before = dt.date.fromisoformat(end) - dt.timedelta(days=1)
        assert await books.as_of(ledger, day_before) == expected(balances), end


@every_journal
async def test_an_import_run_twice_changes_nothing(books: Office, journal: Path) -> None:
    ledger = await books.ledger()
    first = await imported(books, ledger, journal)
    before = await books.again(ledger)
    second = await imported(books, ledger, journal)
    assert (await books.again(ledger)).head == before.head
    assert (second.imported, second.replayed, second.size) == (0, first.lines, first.size)
    assert not second.accounts_opened
    assert not second.currencies_declared


async def test_two_files_in_one_ledger_do_not_collide(books: Office, shared: Path) -> None:
    """Their ids are the same numbers, their accounts partly the same paths."""
    ledger = await books.ledger()
    journals = [shared / "data" / "journals" / name for name in ("hledger_quickstart", "ledger_drewr", "bc_example")]
    sums: dict[str, dict[str, Decimal]] = {}
    for folder in journals:
        journal = next(folder.glob("plain.jsonl*"))
        report = await imported(books, ledger, journal)
        assert report.imported == report.lines
        for path, each in expected(balances_beside(journal)["balances"]).items():
            for code, amount in each.items():
                sums.setdefault(path, {}).setdefault(code, Decimal())
                sums[path][code] += amount
    wanted = {path: {code: total for code, total in each.items() if total} for path, each in sums.items()}
    await books.project()
    assert await books.projected(ledger) == {path: each for path, each in wanted.items() if each}


async def test_what_another_program_says_besides_is_kept(books: Office, shared: Path) -> None:
    """hledger's assertions and tags, beancount's note that an amount was inferred: in the memo, and counted."""
    folder = shared / "data" / "journals"
    ledger = await books.ledger()
    closed = await imported(books, ledger, folder / "hledger_closed2021" / "plain.jsonl")
    assert closed.carried == {"postings.balance_assertion": 2, "tags": 2}
    first = (await books.transactions(ledger))[0]
    assert first.memo.imported["tags"] == [["start", "2021"]]
    assert first.memo.imported["postings"]["0"]["balance_assertion"]["amount"] == "20"

    basic = await imported(books, ledger, folder / "bc_basic" / "plain.jsonl")
    assert basic.carried == {"postings.inferred": 56}
    assert ("ski-trip",) in [each.memo.tags for each in await books.transactions(ledger)]
