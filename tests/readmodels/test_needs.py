"""Read models that need the chart: written after it, blocked where it is, built again and cut over together with it."""

import datetime as dt
from collections.abc import Callable, Sequence
from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncConnection

from ledger.accounts import Role
from ledger.books.accounts import OpenAccount, UpdateAccount
from ledger.errors import ProjectionBlocked
from ledger.journal import Record
from ledger.store.rows import Insert
from ledger.transactions import Document
from projections import checkpoints
from projections.account_balances import AccountBalances
from projections.chart import ChartDelta, ChartOfAccounts
from projections.checkpoints import Checkpoint
from projections.dashboard import Dashboard
from projections.open_items import OpenItems
from projections.projection import Projection, build_groups
from projections.registry import make_projections
from tests.builders import credit, debit, post, transfer
from tests.readmodels.reading import all_rows, applied, says_poison
from tests.stores import Outsider, Store, rebuild

NEEDING = {"chart", "account_balances", "dashboard", "open_items"}


class FragileChart(ChartOfAccounts):
    """Breaks at some records, in folding or in writing."""

    def __init__(self, breaks_at: Callable[[Record], bool], *, writing: bool = False) -> None:
        self.breaks_at = breaks_at
        self.writing = writing

    def fold(self, records: Sequence[Record]) -> ChartDelta:
        if not self.writing and any(map(self.breaks_at, records)):
            raise ZeroDivisionError("it does not add up")
        return super().fold(records)

    async def plan_changes(
        self, connection: AsyncConnection, checkpoint: Checkpoint, delta: ChartDelta
    ) -> list[Insert]:
        if self.writing:
            raise ZeroDivisionError("it cannot be written")
        return await super().plan_changes(connection, checkpoint, delta)


async def test_where_the_chart_is_blocked_those_that_need_it_are_and_no_others(store: Store, outside: Outsider) -> None:
    books = await store.books()
    for description in ("fine", "poison", "fine"):
        await books.submit(transfer("1.00", description=description))
    poisoned = next(record.position for record in await books.records() if says_poison(record))
    chart = FragileChart(says_poison)
    models = [chart, *make_projections()[1:]]
    assert {each.name for each in models if each.needs} | {"chart"} == NEEDING
    await store.project(*models)
    found, size = await applied(store, books), await books.size()
    assert found == {each.name: poisoned if each.name in NEEDING else size for each in models}
    why = {each.projection: each.blocked_error for each in await store.reader().find_troubles()}
    assert why.pop("chart") == "ZeroDivisionError: it does not add up"
    assert why == dict.fromkeys(NEEDING - {"chart"}, "NeededBlocked: it needs chart, which is blocked")
    with pytest.raises(ProjectionBlocked):
        async with store.reader().open(await books.ledger(), "dashboard", min_size=size, timeout_seconds=60):
            pass
    # Healed, all go on where they stood, whichever is tried first.
    chart.breaks_at = lambda _record: False
    await outside.execute("UPDATE checkpoints SET retry_at = 0 WHERE projection <> 'chart'")
    await store.project(*models)
    assert (await applied(store, books))["dashboard"] == poisoned
    await outside.execute("UPDATE checkpoints SET retry_at = 0 WHERE projection = 'chart'")
    await store.project(*models)
    assert (await applied(store, books))["chart"] == size
    await outside.execute("UPDATE checkpoints SET retry_at = 0")
    await store.project(*models)
    assert await applied(store, books) == {each.name: size for each in models}
    assert not await store.reader().find_troubles()
    serial = (await books.ledger()).serial
    assert (await rebuild(store.journal, store.projections, AccountBalances(), serial)).cut_over


async def test_a_chart_that_cannot_be_written_stops_those_that_need_it(store: Store) -> None:
    books = await store.books()
    await store.project(FragileChart(says_poison, writing=True), *make_projections()[1:])
    size = await books.size()
    assert await applied(store, books) == {
        each.name: 0 if each.name in NEEDING else size for each in make_projections()
    }


class Stuck(OpenItems):
    """Is blocked at some records until it is mended."""

    mended = False

    def fold(self, records: Sequence[Record]) -> Any:
        if not self.mended and any(map(says_poison, records)):
            raise ZeroDivisionError("it does not add up")
        return super().fold(records)


async def test_what_was_blocked_while_the_chart_went_on_comes_to_the_rows_of_a_rebuild(
    store: Store, outside: Outsider
) -> None:
    """Roles count as they were at the time of posting, and the chart has later ones by then."""
    books = await store.books()
    vat = (await books.submit(OpenAccount("Liabilities:VAT", role=Role.TAX))).position
    goods = (await books.submit(OpenAccount("Expenses:Goods"))).position
    document = Document(due=dt.date(2024, 6, 1), party="P")

    async def bought(description: str) -> None:
        lines = (debit(goods, "119.00"), credit("Liabilities:Loan", "100.00"), credit(vat, "19.00"))
        await books.submit(post(*lines, document=document, description=description))

    await bought("poison")
    await books.submit(UpdateAccount(vat, role=None))
    await bought("without a tax")
    await books.submit(OpenAccount("Liabilities:Later", role=Role.TAX))
    stuck = Stuck()
    models = [stuck if each.name == stuck.name else each for each in make_projections()]
    await store.project(*models)
    found, size = await applied(store, books), await books.size()
    assert found.pop("open_items") < size
    assert set(found.values()) == {size}, "it stops alone"
    stuck.mended = True
    await outside.execute("UPDATE checkpoints SET retry_at = 0")
    await store.project(*models)
    report = await rebuild(store.journal, store.projections, OpenItems(), (await books.ledger()).serial)
    assert (report.size, report.differences, report.faults, report.cut_over) == (size, [], [], True)


async def test_a_read_model_that_is_ahead_of_the_chart_is_built_again_with_it(store: Store, outside: Outsider) -> None:
    books = await store.books()
    await books.submit(transfer("1.00"))
    await store.project()
    for change in ("applied = applied - 1, leaf = NULL, uuid = NULL", "generation = generation + 1"):
        await outside.execute(f"UPDATE checkpoints SET {change} WHERE projection = 'chart'")
        await store.project()
        size = await books.size()
        assert await applied(store, books) == {each.name: size for each in make_projections()}
        async with store.projections.read.connect() as connection:
            live = await checkpoints.read_live(connection)
        assert len({each.generation for each in live if each.projection in ("chart", "dashboard")}) == 1
        serial = (await books.ledger()).serial
        assert (await rebuild(store.journal, store.projections, AccountBalances(), serial)).cut_over


async def test_a_group_is_rebuilt_and_cut_over_together(store: Store, outside: Outsider) -> None:
    books = await store.books()
    await books.submit(transfer("1.00"))
    await store.project()
    serial = (await books.ledger()).serial

    async def generations() -> dict[str, set[int]]:
        found: dict[str, set[int]] = {}
        for each in make_projections():
            rows = await all_rows(store.projections, each, serial)
            found[each.name] = {row[0] for table in rows.values() for row in table}
        return {name: rows for name, rows in found.items() if rows}

    await outside.execute("UPDATE chart_accounts SET label = 'forged'")
    report = await rebuild(store.journal, store.projections, Dashboard(), serial)
    assert (report.differences, report.cut_over) == ([], False), "the chart differs: all stay"
    assert set(map(frozenset, (await generations()).values())) == {frozenset({1})}
    assert (await rebuild(store.journal, store.projections, Dashboard(), serial, accept=True)).cut_over
    assert {name for name, rows in (await generations()).items() if rows == {2}} == NEEDING - {"open_items"}
    async with store.projections.read.connect() as connection:
        live = await checkpoints.read_live(connection, serial)
    assert len({each.generation for each in live if each.projection in NEEDING}) == 1


class Needy(OpenItems):
    """Needs what it is told to."""

    def __init__(self, name: str, *needs: str) -> None:
        self.name = name
        self.needs = needs


@pytest.mark.parametrize(
    "models", [[Needy("a", "b")], [Needy("a"), Needy("b", "a"), Needy("c", "b")], [Needy("a", "a")]]
)
def test_a_read_model_needs_one_that_is_there_and_needs_none(models: list[Projection]) -> None:
    with pytest.raises(ValueError, match="and that cannot be"):
        build_groups(models)
