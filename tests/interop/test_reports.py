"""The reports over other programs' books say what those programs said: a Swedish book's balances and result, and what
stood on the accounts of plain-text journals at the ends of months."""

import datetime as dt
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from api.documents.figures import READ_MODELS, Figures, Question, open_figures
from api.documents.statements import read_balance_sheet, read_cash_flow, read_income_statement, read_trial_balance
from api.services import Services, open_services
from api.settings import Settings
from ledger.journal import Ledger
from ledger.transactions import Kind
from tests.importing import Balances, Office, office, prepare, read_json, write_lines
from tests.interop.test_journals import balances_beside, expected, imported
from tests.interop.test_sie import BAS, OPENING_DIFFERENCE, books_named, lines_of, stated
from tests.shared_data import shared_folder

ROUNDABOUT = ("hledger_quickstart", "bc_example", "hledger_multicurrency", "ledger_drewr")
"""Journals of a few hundred transactions; the large ones say nothing more here."""

every_book = pytest.mark.parametrize("folder", books_named(spoiled=False), ids=lambda folder: folder.name)


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The URL of a database for the whole module; every test opens ledgers of its own in it."""
    if request.param == "sqlite":
        return prepare(f"sqlite:///{tmp_path_factory.mktemp('reports')}/ledger.db")
    return prepare(request.getfixturevalue("postgres").create_database("interop_reports"))


@pytest_asyncio.fixture
async def books(database: str) -> AsyncIterator[Office]:
    async with office(database) as opened:
        yield opened


@pytest_asyncio.fixture
async def services(database: str) -> AsyncIterator[Services]:
    async with open_services(Settings(database_url=database, _env_file=None)) as opened:
        yield opened


Report = Callable[[Figures, Question], Awaitable[Callable[[], Any]]]


async def read(services: Services, ledger: Ledger, report: Report, question: Question) -> Any:
    """The report on the ledger as it is now."""
    found = await services.journal.find(ledger.uuid)
    assert found is not None
    async with services.reader.open(found, *READ_MODELS, min_size=found.head.size) as reading:
        make = await report(await open_figures(reading, services.long, None), question)
    return make()


def amounts(lines: Iterable[Mapping[str, Any]], column: str, *, sign: int = 1) -> Balances:
    """What the lines say by account and currency, without zeros."""
    found: dict[str, dict[str, Decimal]] = {}
    for line in lines:
        if amount := Decimal(line[column]):
            found.setdefault(str(line["account"]), {})[line["currency"]] = sign * amount
    return found


@every_book
async def test_balance_sheet_and_income_statement_are_the_vendors(
    books: Office, services: Services, folder: Path, tmp_path: Path
) -> None:
    ledger = await books.ledger("SEK")
    await books.import_(ledger, write_lines(tmp_path / "book.jsonl", lines_of(folder)), type_map=BAS)
    await books.project()
    oracle = read_json(folder / "oracle.json")
    ((begin, end),) = [(begin, end) for year, begin, end in oracle["header"]["RAR"] if year == "0"]
    year = Question(dt.date.fromisoformat(begin), dt.date.fromisoformat(end))
    ask = partial(read, services, ledger)

    income = await ask(read_income_statement, year)
    said = {
        **amounts([line for line in income["lines"] if line["section"] == "income"], "amount", sign=-1),
        **amounts([line for line in income["lines"] if line["section"] == "expenses"], "amount"),
    }
    results = {number: Decimal(amount) for number, amount in oracle["result_RES"].items() if Decimal(amount)}
    assert said == {number: {"SEK": amount} for number, amount in results.items()}
    (total,) = income["totals"]
    assert Decimal(total["result"]) == -sum(results.values())

    sheet = await ask(read_balance_sheet, year)
    assert sheet["balanced"]
    ours = [line for line in sheet["lines"] if line["item"] == "account"]
    said = {
        **amounts([line for line in ours if line["section"] == "assets"], "amount"),
        **amounts([line for line in ours if line["section"] != "assets"], "amount", sign=-1),
    }
    assert said == {number: each for number, each in stated(folder).items() if number not in oracle["result_RES"]}
    unclosed = sum(Decimal(line["amount"]) for line in sheet["lines"] if line["item"] != "account")
    assert unclosed == Decimal(total["result"])

    trial = await ask(read_trial_balance, Question())
    assert trial["balanced"]
    assert amounts(trial["lines"], "balance") == stated(folder)
    assert OPENING_DIFFERENCE not in results


@every_book
async def test_a_book_closed_with_us_keeps_the_vendors_result(
    books: Office, services: Services, folder: Path, tmp_path: Path
) -> None:
    """Every result account is emptied into the equity on the last day: the income statement stays as it was."""
    ledger = await books.ledger("SEK")
    oracle = read_json(folder / "oracle.json")
    ((begin, end),) = [(begin, end) for year, begin, end in oracle["header"]["RAR"] if year == "0"]
    end = f"{end[:4]}-{end[4:6]}-{end[6:]}"
    results = {number: -Decimal(amount) for number, amount in oracle["result_RES"].items() if Decimal(amount)}
    results["Equity:Result"] = -sum(results.values(), Decimal())
    postings = [{"account": name, "amount": f"{amount:f}", "currency": "SEK"} for name, amount in results.items()]
    closing = {"id": "closing", "date": end, "kind": str(Kind.CLOSING), "postings": postings}
    path = write_lines(tmp_path / "book.jsonl", [*lines_of(folder), *([closing] if len(postings) > 1 else [])])
    await books.import_(ledger, path, type_map=BAS)
    await books.project()
    year = Question(dt.date.fromisoformat(begin), dt.date.fromisoformat(end))
    ask = partial(read, services, ledger)
    (total,) = (await ask(read_income_statement, year))["totals"]
    assert Decimal(total["result"]) == -results["Equity:Result"]
    sheet = await ask(read_balance_sheet, year)
    assert sheet["balanced"]
    assert {line["item"] for line in sheet["lines"]} == {"account"}


@pytest.mark.parametrize("name", ROUNDABOUT)
async def test_trial_balances_are_the_reference_tools(books: Office, services: Services, name: str) -> None:
    (journal,) = (shared_folder() / "data" / "journals" / name).glob("plain.jsonl*")
    ledger, reference = await books.ledger(), balances_beside(journal)
    await imported(books, ledger, journal)
    await books.project()
    ask = partial(read, services, ledger)
    assert amounts((await ask(read_trial_balance, Question()))["lines"], "balance") == expected(reference["balances"])
    before: Balances = {}
    start = None
    for exclusive, balances in sorted(reference["as_of_exclusive_end"]["balances"].items()):
        end = dt.date.fromisoformat(exclusive) - dt.timedelta(days=1)
        period = Question(start, end)
        trial = await ask(read_trial_balance, period)
        assert amounts(trial["lines"], "balance") == expected(balances)
        assert amounts(trial["lines"], "opening") == before
        assert (await ask(read_balance_sheet, period))["balanced"]
        assert (await ask(read_cash_flow, period))["balanced"]
        before, start = amounts(trial["lines"], "balance"), dt.date.fromisoformat(exclusive)
