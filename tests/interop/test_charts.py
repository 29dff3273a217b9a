"""Charts of accounts of other programs, each opened in a real ledger, on both kinds of database."""

import json
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest

from api.start.charts import Chart, find_chart, read_chart
from ledger.accounts import AccountType
from ledger.books.accounts import AccountOpened
from ledger.journal import Receipt
from tests.shared_data import shared_folder
from tests.stores import ENGINES, Store, migrated_url, open_store

CHARTS = sorted((shared_folder() / "data" / "charts").glob("*.json"))
# Where a template says what its accounts are: how many are opened, and what some of them become.
SAYS = {
    "de_skr03_gnucash": (77, {"1200": ("asset", "bank"), "1400": ("asset", "receivable"), "8400": ("income", None)}),
    "fr_pcg_tryton": (
        1146,
        {"401": ("liability", "payable"), "411": ("asset", "receivable"), "606": ("expense", None)},
    ),
    "se_bas2019_k1_gnucash": (150, {"1910": ("asset", "cash"), "3000": ("income", None), "5000": ("expense", None)}),
    "uk_vat_gnucash": (43, {}),
    "us_business_gnucash": (62, {}),
}


@pytest.fixture(params=ENGINES)
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A database with all migrations applied."""
    yield from migrated_url(request, tmp_path, shared=True)


@pytest.fixture
async def store(url: str) -> AsyncIterator[Store]:
    """One process on it."""
    async with open_store(url) as opened:
        yield opened


def entries_of(file: Path) -> list[dict[str, Any]]:
    """The entries of the file."""
    found: list[dict[str, Any]] = json.loads(file.read_text("utf-8"))["accounts"]
    return found


def test_all_five_are_there() -> None:
    assert [file.stem for file in CHARTS] == sorted(SAYS)


@pytest.mark.parametrize("file", CHARTS, ids=lambda file: file.stem)
async def test_a_chart_opens_in_a_real_ledger(store: Store, file: Path) -> None:
    chart = find_chart(str(file))
    count, some = SAYS[file.stem]
    books = await store.books(chart=())
    size = await books.size()
    answers = await books.submit_all(*chart.accounts, atomic=True)
    assert all(isinstance(answer, Receipt) for answer in answers)
    opened = [record.event for record in (await books.records())[size:]]
    assert len(opened) == count
    by_number = {each.number: each for each in opened if isinstance(each, AccountOpened)}
    for number, (type_, role) in some.items():
        assert (by_number[number].type, by_number[number].role) == (type_, role), number
    placeholders = {each["name"] for each in entries_of(file) if each.get("placeholder")}
    assert count <= len(entries_of(file)) - len(placeholders)
    numbers = {each["number"] for each in entries_of(file) if each["number"] and not each.get("placeholder")}
    assert by_number.keys() - {None} <= numbers


@pytest.mark.parametrize("file", CHARTS, ids=lambda file: file.stem)
def test_paths_follow_the_tree(file: Path) -> None:
    """Every account lies below its parent, by a path that nobody else has and that repeats no number."""
    chart, entries = find_chart(str(file)), entries_of(file)
    assert len({each.path for each in chart.accounts}) == len(chart.accounts)
    roots = {each["name"] for each in entries if each["parent"] is None}
    for each in chart.accounts:
        assert each.path
        first, *_, last = [*each.path.split(":"), each.path.split(":")[-1]]
        assert any(root.endswith(first) for root in roots)
        assert not (each.number and last.startswith(f"{each.number} "))


def test_the_french_chart_follows_its_classes_where_they_are_said() -> None:
    [file] = [each for each in CHARTS if each.stem == "fr_pcg_tryton"]
    document = json.loads(file.read_text("utf-8"))

    def kinds(chart: Chart, number: str) -> set[AccountType | None]:
        return {each.type for each in chart.accounts if (each.number or "").startswith(number)}

    plain, told = find_chart(str(file)), read_chart(json.dumps({**document, "types": {"10": "EQUITY", "11": "EQUITY"}}))
    for chart in (plain, told):
        assert kinds(chart, "6") == {AccountType.EXPENSE}
        assert kinds(chart, "7") == {AccountType.INCOME}
        assert kinds(chart, "3") == {AccountType.ASSET}
        assert kinds(chart, "8") == {AccountType.EQUITY}
        assert kinds(chart, "16") - {AccountType.ASSET} == {AccountType.LIABILITY}
    assert kinds(plain, "10") - {AccountType.ASSET} == {AccountType.LIABILITY}
    assert kinds(told, "10") == {AccountType.EQUITY}
