"""Swedish books (SIE 4E) give the closing balances and results that the accounting programs themselves wrote.

An opening transaction and the vouchers go in; where the vendor's opening column does not sum to zero, the rest goes
to an account of its own.
"""

import json
import shlex
from collections.abc import AsyncIterator, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from api.exchange.importing import ImportRefused
from ledger.accounts import AccountType
from ledger.books.accounts import OpenAccount
from ledger.journal import Ledger
from ledger.transactions import Kind
from tests.importing import Balances, Office, office, prepare, read_json, write_lines
from tests.shared_data import shared_folder

OPENING_DIFFERENCE = "Equity:Opening difference"
SPOILED = "transaktioner_ovnbolag-bad-balance"
BAS = (
    ("1", AccountType.ASSET),
    ("2", AccountType.LIABILITY),
    ("20", AccountType.EQUITY),
    ("3", AccountType.INCOME),
    ("*", AccountType.EXPENSE),
)
"""The classes of the Swedish standard chart of accounts."""


def books_named(spoiled: bool) -> list[Path]:
    folders = sorted(each.parent for each in (shared_folder() / "data" / "sie").glob("*/vouchers.jsonl"))
    return [each for each in folders if (each.name == SPOILED) is spoiled]


every_book = pytest.mark.parametrize("folder", books_named(spoiled=False), ids=lambda folder: folder.name)


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The URL of a database for the whole module; every test opens ledgers of its own in it."""
    if request.param == "sqlite":
        return prepare(f"sqlite:///{tmp_path_factory.mktemp('sie')}/ledger.db")
    return prepare(request.getfixturevalue("postgres").create_database("interop_sie"))


@pytest_asyncio.fixture
async def books(database: str) -> AsyncIterator[Office]:
    async with office(database) as opened:
        yield opened


def lines_of(folder: Path, prefix: str = "") -> Iterator[dict[str, Any]]:
    """The book as import lines: the opening balances, then the vouchers. `prefix` stands before account numbers."""
    oracle = read_json(folder / "oracle.json")
    yield opening(oracle, prefix)
    for voucher in vouchers(folder):
        postings = [{**each, "account": prefix + each["account"]} | dimensions(each) for each in voucher["postings"]]
        code = voucher.pop("code")
        yield {**voucher, "document": {"ref": code}, "postings": postings}


def opening(oracle: Any, prefix: str) -> dict[str, Any]:
    balances = {prefix + number: Decimal(amount) for number, amount in oracle["opening_IB"].items()}
    if rest := -sum(balances.values()):
        balances[OPENING_DIFFERENCE] = rest
    start = {year: begin for year, begin, _ in oracle["header"]["RAR"]}["0"]
    return {
        "id": "opening",
        "date": f"{start[:4]}-{start[4:6]}-{start[6:]}",
        "kind": "opening",
        "postings": [
            {"account": path, "amount": f"{amount:f}", "currency": "SEK"} for path, amount in balances.items()
        ],
    }


def vouchers(folder: Path) -> list[dict[str, Any]]:
    with (folder / "vouchers.jsonl").open(encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def dimensions(posting: dict[str, Any]) -> dict[str, dict[str, str]]:
    """SIE writes pairs of dimension and object one after another: `"1" "Syd" "6" "0001"`."""
    words = shlex.split(posting.get("dimensions", ""))
    return {"dimensions": dict(zip(words[::2], words[1::2], strict=True))} if words else {}


def stated(folder: Path) -> Balances:
    """What stands on every account at the end, as the vendor's program wrote it."""
    oracle = read_json(folder / "oracle.json")
    balances = {
        number: Decimal(amount) for part in ("closing_UB", "result_RES") for number, amount in oracle[part].items()
    }
    balances[OPENING_DIFFERENCE] = Decimal(-sum(Decimal(amount) for amount in oracle["opening_IB"].values()))
    return {number: {"SEK": amount} for number, amount in balances.items() if amount}


async def imported(books: Office, ledger: Ledger, path: Path) -> Any:
    return await books.import_(ledger, path, type_map=BAS)


@every_book
async def test_closing_balances_and_results_equal_the_vendors(books: Office, folder: Path, tmp_path: Path) -> None:
    ledger = await books.ledger("SEK")
    report = await imported(books, ledger, write_lines(tmp_path / f"{folder.name}.jsonl", lines_of(folder)))
    assert report.imported == report.lines == len(vouchers(folder)) + 1
    assert report.carried == {}
    assert await books.guarded(ledger) == stated(folder)
    await books.project()
    assert await books.projected(ledger) == stated(folder)

    first, *rest = await books.transactions(ledger)
    assert first.kind is Kind.OPENING
    assert [each.document.ref for each in rest if each.document] == [each["code"] for each in vouchers(folder)]


@every_book
async def test_accounts_can_be_named_by_their_numbers(books: Office, folder: Path, tmp_path: Path) -> None:
    """A chart is there first, as the vendor exports it; the file then says `#1930`, and opens nothing but the rest."""
    ledger = await books.ledger("SEK")
    chart = {number: account["name"] for number, account in read_json(folder / "oracle.json")["accounts"].items()}
    await books.do(ledger, *(OpenAccount(f"Asset:{number}", number=number, label=chart[number]) for number in chart))
    path = write_lines(tmp_path / f"{folder.name}.jsonl", lines_of(folder, prefix="#"))
    report = await imported(books, ledger, path)
    assert set(report.accounts_opened) <= {OPENING_DIFFERENCE}
    found = await books.guarded(ledger)
    by_number = {path if path == OPENING_DIFFERENCE else path.partition(":")[2]: each for path, each in found.items()}
    assert by_number == stated(folder)


@every_book
async def test_the_vouchers_alone_can_be_imported_as_they_are(books: Office, folder: Path) -> None:
    """`code` and the way in which SIE writes dimensions are not ours: both come along, and are counted."""
    ledger, said = await books.ledger("SEK"), vouchers(folder)
    report = await imported(books, ledger, folder / "vouchers.jsonl")
    with_dimensions = sum("dimensions" in posting for voucher in said for posting in voucher["postings"])
    expected = {"code": len(said), "postings.dimensions": with_dimensions}
    assert report.carried == {name: count for name, count in expected.items() if count}
    assert [each.memo.imported["code"] for each in await books.transactions(ledger)] == [each["code"] for each in said]


async def test_a_spoiled_voucher_is_refused_with_line_and_difference_and_leaves_no_trace(
    books: Office, tmp_path: Path
) -> None:
    (folder,) = books_named(spoiled=True)
    ledger = await books.ledger("SEK")
    path = write_lines(tmp_path / "spoiled.jsonl", lines_of(folder))
    with pytest.raises(ImportRefused) as caught:
        await imported(books, ledger, path)
    (bad,) = caught.value.lines
    assert (bad.line, bad.code) == (2, "unbalanced")
    assert bad.facts == {"currency": "SEK", "difference": "-12771.00"}
    assert "line 2: The postings in SEK sum to -12771.00, not to zero." in str(caught.value)
    assert (await books.again(ledger)).head == ledger.head

    # Skipped on request, and then one account is off, by exactly that voucher.
    report = await books.import_(ledger, path, type_map=BAS, skip_bad=True)
    assert [each.line for each in report.skipped] == [2]
    found, wanted = await books.guarded(ledger), stated(folder)
    off = {number for number in found.keys() | wanted.keys() if found.get(number) != wanted.get(number)}
    assert off == {"1910", "7690", "2641"}
