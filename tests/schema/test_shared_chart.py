"""Databases from before the chart was a read model of its own keep their rows, and every reader finds them."""

import datetime as dt
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ledger.accounts import Role
from ledger.books.accounts import OpenAccount
from ledger.errors import ProjectionRebuilding
from ledger.transactions import Document
from migrations import migrating, upgrade
from projections import checkpoints
from projections.registry import make_projections
from tests.builders import credit, debit, post, reverse
from tests.readmodels.reading import all_rows
from tests.stores import ENGINES, Books, Outsider, Store, migrated_url, open_databases, open_store, outsider, rebuild

MOVED = ("sources", "dues", "bills", "parties")


@pytest.fixture(params=ENGINES)
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A new database of each kind with every migration applied."""
    yield from migrated_url(request, tmp_path)


async def books_with_bills(store: Store) -> Books:
    """A ledger with bills, one paid and one taken back, and accounts with roles."""
    books = await store.books()
    await books.submit(OpenAccount("Liabilities:VAT", role=Role.TAX))
    await books.submit(OpenAccount("Assets:Customers", role=Role.RECEIVABLE))
    posted = []
    for month in range(1, 5):
        lines = (
            debit("Expenses:Rent", "119.00"),
            credit("Liabilities:Loan", "100.00"),
            credit("Liabilities:VAT", "19.00"),
        )
        document = Document(due=dt.date(2024, month, 28), party=f"P{month}")
        posted.append(await books.submit(post(*lines, document=document)))
    await books.submit(post(debit("Liabilities:Loan", "30.00", party="P1"), credit("Assets:Cash", "30.00")))
    await books.submit(reverse(posted[-1].id))
    await store.project()
    return books


async def go_back(outside: Outsider) -> None:
    """Make the tables those of the version before."""
    accounts = "ledger, generation, account, path, label, type, role"
    totals = "ledger, generation, account, currency, scale, debits AS units"
    await outside.execute(f"CREATE TABLE dashboard_totals AS SELECT {totals} FROM account_balances")
    await outside.execute(f"CREATE TABLE dashboard_accounts AS SELECT {accounts} FROM chart_accounts")
    for name in MOVED:
        await outside.execute(f"CREATE TABLE dashboard_{name} AS SELECT * FROM open_items_{name}")
        await outside.execute(f"DROP TABLE open_items_{name}")
    await outside.execute("DROP TABLE open_items_roles")
    await outside.execute("DROP INDEX chart_accounts_role_index")
    await outside.execute("DELETE FROM checkpoints WHERE projection IN ('chart', 'open_items')")
    await outside.execute("UPDATE alembic_version_projections SET version_num = '0005'")


async def go_forward(url: str) -> None:
    """Migrate to the version with the chart. The tables of later versions are there already."""
    async with open_databases(url) as (_, projected), migrating(projected) as connection:
        await upgrade(connection, "projections", "0006")


async def rows_of(store: Store, books: Books) -> dict[str, dict[str, list[tuple[Any, ...]]]]:
    serial = (await books.ledger()).serial
    return {each.name: await all_rows(store.projections, each, serial) for each in make_projections()}


async def checkpoints_of(store: Store, books: Books) -> dict[str, checkpoints.Checkpoint]:
    async with store.projections.read.connect() as connection:
        return {
            each.projection: each for each in await checkpoints.read_live(connection, (await books.ledger()).serial)
        }


async def test_rows_and_checkpoints_of_an_old_database_are_kept(url: str) -> None:
    async with open_store(url) as store:
        books = await books_with_bills(store)
        before, at = await rows_of(store, books), await checkpoints_of(store, books)
        assert all(rows for table, rows in before["open_items"].items()), "something to keep in every table"
    async with outsider(url, projected=True) as outside:
        await go_back(outside)
    await go_forward(url)
    async with open_store(url) as store:
        again = Books(store, books.uuid, store.sequencer())
        assert await rows_of(store, again) == before
        assert await checkpoints_of(store, again) == at
        serial = (await again.ledger()).serial
        for each in make_projections():
            report = await rebuild(store.journal, store.projections, each, serial)
            assert (report.differences, report.faults, report.cut_over) == ([], [], True)


@pytest.mark.parametrize("how", ["another generation", "ahead of the balances"])
async def test_a_dashboard_that_does_not_fit_the_chart_is_built_again(url: str, how: str) -> None:
    async with open_store(url) as store:
        kept, other = await books_with_bills(store), await books_with_bills(store)
        before, serial = await rows_of(store, kept), (await other.ledger()).serial
        wanted = await rows_of(store, other)
    async with outsider(url, projected=True) as outside:
        await go_back(outside)
        if how == "another generation":
            for table in ("checkpoints", *(f"dashboard_{name}" for name in ("totals", "days", "months", *MOVED))):
                of_dashboard = "projection = 'dashboard'" if table == "checkpoints" else "true"
                await outside.execute(f"UPDATE {table} SET generation = 2 WHERE ledger = {serial} AND {of_dashboard}")
        else:
            behind = f"applied = applied - 1 WHERE ledger = {serial} AND projection = 'account_balances'"
            await outside.execute(f"UPDATE checkpoints SET {behind}")
    await go_forward(url)
    async with open_store(url) as store:
        first, second = (Books(store, each.uuid, store.sequencer()) for each in (kept, other))
        assert await rows_of(store, first) == before
        found = await rows_of(store, second)
        assert not any(rows for name in ("dashboard", "open_items") for rows in found[name].values())
        if how == "another generation":
            slowly = store.projector(slice_records=5)
            await slowly.catch_up()
            with pytest.raises(ProjectionRebuilding):
                async with store.reader().open(await second.ledger(), "dashboard", timeout_seconds=0):
                    pass
            await store.project()
            assert await rows_of(store, second) == wanted
