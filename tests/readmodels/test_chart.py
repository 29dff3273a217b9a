"""The chart: every account in the order of paths, as it is now, whatever changed it."""

from collections.abc import Sequence

import pytest

from ledger.accounts import AccountType, Role, Side
from ledger.books.accounts import AccountClosed, AccountOpened, AccountRenamed, AccountReopened, AccountUpdated
from ledger.journal import Record
from ledger.slices import Event
from ledger.store.engine import Database
from projections.chart import (
    ChartAccount,
    ChartOfAccounts,
    NamedAccount,
    read_accounts_by_id,
    read_accounts_page,
    read_cash_accounts,
    read_named_accounts,
    read_named_accounts_by_id,
)
from tests.readmodels.reading import new_ledger, viewing, write
from tests.readmodels.records import records

CHART = ChartOfAccounts()
PATHS = ["Assets", "Assets:Bank", "Assets:Bank:Giro", "Assets-x", "Assets:Bänk", "Assets;", "Equity", "assets", "Ä"]


def opened(path: str, role: Role | None = None, **members: object) -> AccountOpened:
    """An account."""
    return AccountOpened(AccountType.ASSET, Side.DEBIT, path=path, role=role, **members)  # type: ignore[arg-type]


async def chart(database: Database, log: Sequence[Record], *, limit: int = 100) -> list[ChartAccount]:
    """The chart of accounts after this log, a page at a time."""
    ledger = new_ledger()
    await write(database, CHART, ledger, log)
    found: list[ChartAccount] = []
    async with viewing(database, ledger, len(log)) as view:
        while page := await read_accounts_page(
            view, after=(found[-1].path or "", found[-1].id) if found else None, limit=limit
        ):
            found += page
        assert await read_accounts_by_id(view, [each.id for each in found]) == {each.id: each for each in found}
        assert await read_accounts_by_id(view, [999]) == {}
    return found


@pytest.mark.parametrize("limit", [1, 4, 100])
async def test_accounts_come_in_the_order_of_their_paths_bytes(database: Database, limit: int) -> None:
    found = await chart(database, records([opened(path) for path in PATHS]), limit=limit)
    assert [each.path for each in found] == sorted(PATHS, key=str.encode)
    assert [each.id for each in found] == [PATHS.index(each.path or "") for each in found]


async def test_a_name_that_postgresql_cannot_hold_stops_nothing(database: Database) -> None:
    event = opened("Assets:A", label="a\0b", number="1\0", metadata={"a": "\0"})
    [found] = await chart(database, records([event, AccountRenamed(0, label="c\0d")]))
    assert (found.label, found.number, found.metadata) == ("c\ufffdd", "1\ufffd", {"a": "\0"})


async def test_an_account_shows_what_it_was_opened_with(database: Database) -> None:
    event = opened(
        "Assets:Cash",
        number="1000",
        role=Role.CASH,
        currencies=("EUR", "JPY"),
        label="Kasse",
        metadata={"a": [1, {"b": None}]},
    )
    [found] = await chart(database, records([event]))
    told = (
        "Assets:Cash",
        "1000",
        "Kasse",
        "asset",
        "debit",
        "cash",
        "open",
        '["EUR", "JPY"]',
        '{"a": [1, {"b": null}]}',
    )
    assert found == ChartAccount(0, *told, 0)
    assert (found.currencies, found.metadata) == (["EUR", "JPY"], {"a": [1, {"b": None}]})


async def test_changes_show_and_what_was_not_named_stays(database: Database) -> None:
    events: list[Event] = [
        opened("Assets:Cash", number="1000", role=Role.CASH, label="Kasse", metadata={"a": 1}),
        AccountRenamed(0, path="Assets:Till"),
        AccountRenamed(0, number="1001"),
        AccountRenamed(0, label="Lade"),
        AccountUpdated(0, role=None, currencies=("EUR",)),
        AccountUpdated(0, role=Role.BANK, metadata={"b": 2}),
        AccountClosed(0),
        AccountReopened(0),
    ]
    shown = []
    for size in range(1, len(events) + 1):
        [found] = await chart(database, records(events[:size]))
        shown.append(
            (found.path, found.number, found.label, found.role, found.currencies, found.metadata, found.status)
        )
        assert found.changed == size - 1
    assert shown == [
        ("Assets:Cash", "1000", "Kasse", "cash", [], {"a": 1}, "open"),
        ("Assets:Till", "1000", "Kasse", "cash", [], {"a": 1}, "open"),
        ("Assets:Till", "1001", "Kasse", "cash", [], {"a": 1}, "open"),
        ("Assets:Till", "1001", "Lade", "cash", [], {"a": 1}, "open"),
        ("Assets:Till", "1001", "Lade", None, ["EUR"], {"a": 1}, "open"),
        ("Assets:Till", "1001", "Lade", "bank", [], {"b": 2}, "open"),
        ("Assets:Till", "1001", "Lade", "bank", [], {"b": 2}, "closed"),
        ("Assets:Till", "1001", "Lade", "bank", [], {"b": 2}, "open"),
    ]


async def test_accounts_show_their_newest_names_and_roles(database: Database) -> None:
    log, ledger = (
        records(
            [
                opened("Assets:Cash", Role.CASH),
                opened("Assets:Bank"),
                AccountRenamed(0, path="Assets:Till", label="till"),
                AccountUpdated(0, role=None),
                AccountUpdated(1, role=Role.BANK),
                AccountRenamed(1, number="1800"),
            ]
        ),
        new_ledger(),
    )
    await write(database, CHART, ledger, log, stops=[2, 4])
    till = NamedAccount(0, "Assets:Till", "till", "asset", None)
    bank = NamedAccount(1, "Assets:Bank", None, "asset", "bank")
    async with viewing(database, ledger, len(log)) as view:
        assert await read_named_accounts(view, limit=10) == {0: till, 1: bank}
        assert await read_cash_accounts(view) == {1: bank}
        assert await read_named_accounts_by_id(view, [0, 7]) == {0: till}
