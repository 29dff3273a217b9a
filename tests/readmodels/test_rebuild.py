"""Promise 5: a projection is never the source. What ran live equals what a rebuild makes, row for row; where it does
not, the row is named, kept until somebody accepts the other, and nothing is lost either way.
"""

import asyncio
import random
import threading
from collections.abc import Sequence
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from api.documents.status import read_status
from api.services import open_services
from api.settings import Settings
from ledger.accounts import Role
from ledger.books.accounts import CloseAccount, OpenAccount, RenameAccount, ReopenAccount, UpdateAccount
from ledger.journal import Extent, Receipt, Record
from ledger.store.journal import SqlJournal
from migrations import version_table
from projections import rebuild as rebuilding
from projections.account_balances import AccountBalances, read_balances_page
from projections.balance_history.chunks import HistoryChunk
from projections.chart import ChartOfAccounts
from projections.projection import Projection, metadata
from projections.rebuild import RebuildOvertaken, Rebuilt, rebuild_all
from projections.registry import make_projections
from projections.tiles import Tiles
from tests.builders import credit, debit, post, reverse, transfer
from tests.readmodels.plain_fold import plain_fold
from tests.readmodels.reading import all_rows
from tests.stores import Books, Outsider, Store, migrated, open_store, outsider, rebuild

EACH = pytest.mark.parametrize("projection", make_projections(), ids=lambda each: each.name)


async def written(books: Books, *, seed: int = 1, count: int = 48) -> None:
    """Books with some of everything, in several batches."""
    chance = random.Random(seed)
    accounts = ["Assets:Cash", "Assets:Bank", "Liabilities:Loan", "Income:Sales", "Expenses:Rent"]
    await books.submit_all(OpenAccount(f"Assets:Till {seed}", number=f"70{seed}"), *[transfer("9.99")] * 3)
    posted: list[str] = []
    for batch in (range(start, start + 16) for start in range(0, count, 16)):
        commands: list[Any] = []
        for n in batch:
            one, other = chance.sample(accounts, 2)
            amount, code = f"{chance.randrange(10**6)}", chance.choice(["EUR", "JPY"])
            on = f"20{chance.randrange(20, 26)}-0{chance.randrange(1, 10)}-1{chance.randrange(10)}"
            lines = [debit(one, amount, code), credit(other, amount, code), debit(one, "0", code, text="nothing")]
            commands.append(post(*lines, on=on, description=f"no {n}", metadata={"n": n, "of": "test"}))
        answers = await books.submit_all(*commands)
        posted += [answer.id for answer in answers if isinstance(answer, Receipt)]
    await books.submit_all(*[reverse(id_) for id_ in chance.sample(posted, 9)])
    await books.submit_all(
        RenameAccount(f"#70{seed}", path=f"Assets:Drawer {seed}", label="drawer"),
        OpenAccount(f"Liabilities:Tax {seed}", role=Role.TAX),
        OpenAccount(f"Assets:Customers {seed}", role=Role.RECEIVABLE),
        UpdateAccount(f"Assets:Customers {seed}", role=None),
        CloseAccount(f"#70{seed}"),
        OpenAccount(f"Assets:Other {seed}"),
        CloseAccount(f"Assets:Other {seed}"),
        ReopenAccount(f"Assets:Other {seed}"),
    )


async def rebuilt(store: Store, books: Books, projection: Projection, **options: Any) -> Rebuilt:
    """The report of a rebuild."""
    serial = (await books.ledger()).serial
    return await rebuild(store.journal, store.projections, projection, serial, **options)


async def rows(store: Store, books: Books, projection: Projection) -> dict[str, list[tuple[Any, ...]]]:
    """Every row, without ledger and generation; of one generation only."""
    found = await all_rows(store.projections, projection, (await books.ledger()).serial)
    assert len({row[0] for table in found.values() for row in table}) <= 1, "rows of one generation only"
    return {table: [row[1:] for row in each] for table, each in found.items()}


def assert_plain(found: dict[str, list[tuple[Any, ...]]], records: Sequence[Record]) -> None:
    """The rows of every table are what a fold in plain Python makes of the log."""
    plain = plain_fold(records)
    for table, each in found.items():
        match table:
            case "chart_accounts":
                accounts = {id_: (a.path, a.number, a.label, a.status) for id_, a in plain.accounts.items()}
                assert {row[0]: (row[1], row[2], row[3], row[7]) for row in each} == accounts
            case "account_balances":
                assert {row[:2]: row[3:] for row in each} == plain.balances
            case "history_chunks":
                moved: dict[Any, list[Any]] = {row[:2]: [] for row in each}
                for row in sorted(each):
                    moved[row[:2]] += HistoryChunk(*row[2:]).list_movements()
                assert {
                    (*pair, position): tuple(rest) for pair, listed in moved.items() for position, *rest in listed
                } == plain.movements
            case "history_accounts":
                assert {row[:2] for row in each} == {key[:2] for key in plain.movements}
            case "register_lines":
                assert {(*row[:5], row[6]) for row in each} == plain.lines
                assert len(each) == len(plain.lines)
            case "register_transactions":
                known = {row[0]: (row[1], row[2], row[4], row[5], row[6]) for row in each}
                assert known == plain.transactions
            case "dashboard_days":
                assert {row[:3]: row[3] for row in each} == _by_day(plain)
            case "tiles":
                leaves = b"".join(sha256(b"\0" + record.record).digest() for record in records)
                assert b"".join(row[2] for row in sorted(each) if row[0] == 0) == leaves


def _by_day(plain: Any) -> dict[tuple[Any, ...], int]:
    sums: dict[tuple[Any, ...], int] = {}
    for account, date, _, _, currency, units in plain.lines:
        sums[date, account, currency] = sums.get((date, account, currency), 0) + units
    return sums


# --- equal to live


@EACH
async def test_a_rebuild_equals_what_ran_live_and_a_plain_fold(store: Store, projection: Projection) -> None:
    books = await store.books()
    await written(books)
    await store.project()
    live = await rows(store, books, projection)
    for _ in range(2):  # it can be done again
        report = await rebuilt(store, books, projection)
        assert (report.projection, report.size) == (projection.name, await books.size())
        assert (report.differences, report.faults, report.cut_over) == ([], [], True)
        assert await rows(store, books, projection) == live
    assert_plain(live, await books.records())
    found = await all_rows(store.projections, projection, (await books.ledger()).serial)
    assert {row[0] for table in found.values() for row in table} <= {1}, "the live rows stay where they are"
    await books.submit(transfer("5.00"))
    await store.project()
    assert_plain(await rows(store, books, projection), await books.records())


class CountedLog:
    """A store's journal, and how many records were read from it."""

    def __init__(self, journal: SqlJournal) -> None:
        self.journal = journal
        self.read_so_far = 0

    async def read_extents(self) -> dict[int, Extent]:
        return await self.journal.read_extents()

    async def read(self, serial: int, start: int, limit: int) -> list[Record]:
        found = await self.journal.read(serial, start, limit)
        self.read_so_far += len(found)
        return found


async def test_all_are_rebuilt_side_by_side_and_the_log_is_read_once(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rebuilding, "SLICE_RECORDS", 20)
    books = await store.books()
    await written(books)
    await store.project()
    live = [await rows(store, books, each) for each in make_projections()]
    log, told = CountedLog(store.journal), list[tuple[int, int]]()
    ledger = await books.ledger()
    reports = await rebuild_all(
        log, store.projections, make_projections(), ledger.serial, progress=lambda done, size: told.append((done, size))
    )
    size = ledger.head.size
    assert [(each.projection, each.size) for each in reports] == [(each.name, size) for each in make_projections()]
    assert all(each.cut_over and not each.differences and not each.faults for each in reports)
    assert [await rows(store, books, each) for each in make_projections()] == live
    assert log.read_so_far == size
    assert told == [(min(done, size), size) for done in range(20, size + 20, 20)]


class Unwilling(AccountBalances):
    """Cannot understand a record in the middle."""

    def __init__(self, position: int) -> None:
        self.position = position

    def fold(self, records: Sequence[Record]) -> Any:
        if any(record.position == self.position for record in records):
            raise ZeroDivisionError("it does not add up")
        return super().fold(records)


async def test_a_record_that_cannot_be_folded_stops_a_rebuild_and_the_live_rows_stay(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rebuilding, "SLICE_RECORDS", 20)
    books = await store.books()
    await written(books)
    await store.project()
    live = await rows(store, books, AccountBalances())
    serial = (await books.ledger()).serial
    with pytest.raises(ZeroDivisionError):
        await rebuild_all(store.journal, store.projections, [ChartOfAccounts(), Unwilling(30), Tiles()], serial)
    assert (await store.reader().read_checkpoints(await books.ledger()))[
        "account_balances"
    ].applied == await books.size()
    report = await rebuilt(store, books, AccountBalances())
    assert (report.differences, report.cut_over) == ([], True)
    assert await rows(store, books, AccountBalances()) == live


async def test_rebuilding_while_writes_go_on(store: Store, other: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rebuilding, "SLICE_RECORDS", 40)
    books = await store.books()
    await written(books, count=160)
    await store.project()
    stop = asyncio.Event()

    async def writer() -> None:
        while not stop.is_set():
            await books.submit_all(*[transfer("1.00") for _ in range(5)])
            await asyncio.sleep(0.02)

    async def reader() -> list[int]:
        ledger, sizes = await books.ledger(), []
        while not stop.is_set():
            async with other.reader().open(ledger, "account_balances") as reading:
                view = reading.view("account_balances")
                page = await read_balances_page(view, limit=1_000)
                sizes.append(view.applied)
            assert sum(each.debits - each.credits for each in page if each.currency == "EUR") == 0
            assert page, "no reader ever finds the rows gone"
            await asyncio.sleep(0.02)
        return sizes

    projecting = asyncio.create_task(other.projector().run())
    writing, reading = asyncio.create_task(writer()), asyncio.create_task(reader())
    for projection in make_projections():
        report = await rebuilt(store, books, projection)
        assert (report.differences, report.faults, report.cut_over) == ([], [], True)
    stop.set()
    await writing
    sizes = await reading
    assert sizes == sorted(sizes), "no reader ever goes back"
    projecting.cancel()
    with suppress(asyncio.CancelledError):
        await projecting
    await store.project()
    for projection in make_projections():
        assert_plain(await rows(store, books, projection), await books.records())


# --- not equal to live

DAMAGE = {
    "account_balances": [
        "UPDATE account_balances SET debits = (SELECT max(credits) FROM account_balances) WHERE {any}",
        "UPDATE account_balances SET transactions = transactions + 1 WHERE {any}",
        "DELETE FROM account_balances WHERE {any}",
        "INSERT INTO account_balances SELECT ledger, generation, 999, currency, 2, debits, credits, 1 FROM {all}",
    ],
    "chart": [
        "UPDATE chart_accounts SET path = 'Assets:Forged' WHERE {any}",
        "UPDATE chart_accounts SET label = 'forged' WHERE {any}",
    ],
    "balance_history": [
        "UPDATE history_chunks SET debits = (SELECT max(debits) FROM history_chunks) WHERE {any}",
        "UPDATE history_chunks SET ordinal = ordinal + 1 WHERE {any}",
        "UPDATE history_chunks SET latest = '1999-01-01' WHERE {any}",
        "UPDATE history_chunks SET movements = '1 1 1 1' WHERE {any}",
        "DELETE FROM history_chunks WHERE {any}",
        "DELETE FROM history_accounts WHERE {any}",
    ],
    "register": [
        "UPDATE register_lines SET units = (SELECT max(units) FROM register_lines) WHERE {any}",
        "UPDATE register_transactions SET description = 'forged' WHERE {any}",
        "DELETE FROM register_lines WHERE {any}",
        "DELETE FROM register_metadata WHERE {any}",
    ],
    "dashboard": [
        "UPDATE dashboard_days SET closing = (SELECT max(units) FROM dashboard_days) WHERE {any}",
        "DELETE FROM dashboard_months WHERE {any}",
    ],
    "open_items": [
        "UPDATE open_items_roles SET role = 'receivable' WHERE {any}",
        "UPDATE open_items_sources SET due = '1999-01-01' WHERE {any}",
        "UPDATE open_items_dues SET units = (SELECT max(units) FROM open_items_dues) WHERE {any}",
        "UPDATE open_items_bills SET open = 7 WHERE {any}",
        "DELETE FROM open_items_parties WHERE {any}",
    ],
    "tiles": [
        "UPDATE tiles SET hashes = substr(hashes, 1, 32) WHERE {any}",
        "UPDATE tiles SET tile = tile + 7 WHERE {any}",
        "DELETE FROM tiles WHERE {any}",
    ],
}


@EACH
async def test_a_row_corrupted_by_hand_is_named_and_kept_and_accepting_mends_it(
    store: Store, outside: Outsider, projection: Projection
) -> None:
    books = await store.books()
    await written(books)
    await store.project()
    sound = await rows(store, books, projection)
    for damage in DAMAGE[projection.name]:
        table = damage.replace("INSERT INTO", "").replace("DELETE FROM", "").replace("UPDATE", "").split()[0]
        smallest = "debits = (SELECT min(debits) FROM account_balances)" if table == "account_balances" else None
        some = smallest or _some(table, outside)
        await outside.execute(damage.format(any=some, all=f"{table} WHERE {some}"))
        damaged = await rows(store, books, projection)
        assert damaged != sound, damage
        report = await rebuilt(store, books, projection)
        assert not report.cut_over
        assert report.differences, damage
        assert {difference.table for difference in report.differences} == {table}, damage
        assert all(str(difference).startswith(f"{table} (") for difference in report.differences)
        assert await rows(store, books, projection) == damaged, "kept"
        changed = [row for row in damaged[table] if row not in sound[table]]
        gone = [row for row in sound[table] if row not in damaged[table]]
        named = [tuple(difference.key.values()) for difference in report.differences]
        keys = len(report.differences[0].key)
        assert sorted(named, key=str) == sorted({row[:keys] for row in changed + gone}, key=str)[:20]
        report = await rebuilt(store, books, projection, accept=True)
        assert report.cut_over
        assert report.differences
        assert await rows(store, books, projection) == sound, damage
    assert_plain(sound, await books.records())
    assert (await rebuilt(store, books, projection)).differences == []


def _some(table: str, outside: Outsider) -> str:
    """A few rows of a table, and not all."""
    key = {
        "chart_accounts": "account",
        "history_accounts": "account",
        "register_transactions": "position",
        "register_metadata": "position",
        "dashboard_days": "date",
        "dashboard_months": "month",
        "open_items_roles": "account",
        "open_items_sources": "date",
        "open_items_dues": "date",
        "open_items_bills": "due",
        "open_items_parties": "account",
        "tiles": "tile",
    }.get(table, "position")
    return f"{key} = (SELECT max({key}) FROM {table})"


async def test_the_differences_shown_are_the_first_ones_and_say_what_should_be(store: Store, outside: Outsider) -> None:
    books = await store.books(chart=[OpenAccount(f"Assets:Till {n:03}") for n in range(60)])
    await store.project()
    await outside.execute("UPDATE chart_accounts SET label = 'forged' WHERE account > 3")
    report = await rebuilt(store, books, ChartOfAccounts())
    assert [difference.key for difference in report.differences] == [{"account": n} for n in range(4, 24)]
    assert str(report.differences[0]) == "chart_accounts (account=4): label is forged, should be None"
    assert report.to_json()["differences"][0] == str(report.differences[0])


async def test_a_projection_that_differs_in_every_way_is_told_apart(store: Store, outside: Outsider) -> None:
    books = await store.books()
    await store.project()
    await outside.execute("DELETE FROM chart_accounts WHERE account = 1")
    await outside.execute("UPDATE chart_accounts SET account = 99 WHERE account = 2")
    told = [str(difference) for difference in (await rebuilt(store, books, ChartOfAccounts())).differences]
    assert told == [
        "chart_accounts (account=1): missing in the live rows",
        "chart_accounts (account=2): missing in the live rows",
        "chart_accounts (account=99): not in the journal",
    ]


# --- nothing is lost


async def test_deleting_every_projection_loses_nothing(url: str, store: Store, outside: Outsider) -> None:
    books = await store.books()
    await written(books)
    await store.project()
    if store.is_sqlite:
        await store.projections.close()
        outside.raw.close()
        path = store.projections.url.database
        assert path is not None
        for file in Path(path).parent.glob(f"{Path(path).name}*"):
            file.unlink()
    else:
        await outside.execute(f"DROP TABLE {', '.join([*metadata.tables, version_table('projections')])}")
    await migrated(url)
    async with open_store(url) as fresh:
        found = await fresh.journal.find(books.uuid)
        assert found is not None
        again = Books(fresh, books.uuid, fresh.sequencer())
        await again.submit(transfer("5.00"))  # posting goes on before anything is projected
        await fresh.project()
        size = await again.size()
        assert {(await fresh.reader().read_checkpoints(found))[each.name].applied for each in make_projections()} == {
            size
        }
        for each in make_projections():
            assert_plain(await rows(fresh, again, each), await again.records())


@EACH
async def test_an_interrupted_rebuild_leaves_no_rows_behind(
    store: Store, projection: Projection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rebuilding, "SLICE_RECORDS", 20)
    books = await store.books()
    await written(books)
    await store.project()
    live = await rows(store, books, projection)

    def interrupt(done: int, _size: int) -> None:
        if done >= 40:
            raise KeyboardInterrupt

    for _ in range(2):
        with pytest.raises(KeyboardInterrupt):
            await rebuilt(store, books, projection, progress=interrupt)
        left = await all_rows(store.projections, projection, (await books.ledger()).serial)
        assert {row[0] for table in left.values() for row in table} == {1}, "the live ones"
    loan = post(debit("Assets:Cash", "5.00"), credit("Liabilities:Loan", "5.00"))
    await books.submit_all(loan, OpenAccount("Assets:New"))
    await store.project()
    report = await rebuilt(store, books, projection)
    assert (report.differences, report.cut_over) == ([], True)
    assert_plain(await rows(store, books, projection), await books.records())
    assert await rows(store, books, projection) != live


async def test_two_rebuilds_at_once_come_to_the_same_rows(
    store: Store, other: Store, outside: Outsider, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rebuilding, "SLICE_RECORDS", 10)
    books = await store.books()
    await written(books)
    await store.project()
    live = await rows(store, books, AccountBalances())
    for _ in range(3):
        await outside.execute("UPDATE account_balances SET transactions = transactions + 1")
        reports = await asyncio.gather(
            *(rebuilt(each, books, AccountBalances(), accept=True) for each in (store, other))
        )
        assert all(report.cut_over and not report.faults for report in reports)
        assert sorted(bool(report.differences) for report in reports) == [False, True], "one mends, one finds it mended"
        assert await rows(store, books, AccountBalances()) == live


async def test_a_rebuild_of_what_is_blocked_ends_the_block(store: Store, outside: Outsider) -> None:
    books = await store.books()
    await store.project()
    await outside.execute("UPDATE checkpoints SET blocked_position = applied, blocked_error = 'x', failures = 1")
    assert (await rebuilt(store, books, AccountBalances())).cut_over
    blocked = {each.projection for each in await store.reader().find_troubles()}
    assert "account_balances" not in blocked
    assert "register" in blocked


async def test_a_rebuild_of_what_was_started_over_meanwhile_is_refused(
    store: Store, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rebuilding, "SLICE_RECORDS", 20)
    books = await store.books()
    await written(books)
    await store.project()

    async def change() -> None:
        async with outsider(url, projected=True) as other:
            await other.execute(
                "UPDATE checkpoints SET applied = 7, leaf = NULL, uuid = NULL WHERE projection = 'tiles'"
            )

    def start_over(done: int, size: int) -> None:
        if done == size:
            elsewhere = threading.Thread(target=asyncio.run, args=(change(),))
            elsewhere.start()
            elsewhere.join()

    with pytest.raises(RebuildOvertaken):
        await rebuilt(store, books, Tiles(), progress=start_over)


# --- status


async def test_status_tells_lag_blocked_projections_and_guards_that_differ(url: str, outside: Outsider) -> None:
    async with open_services(Settings(database_url=url)) as services, open_store(url) as store:
        books = await store.books("books")
        await written(books)
        size = await books.size()

        found = await read_status(services, watch_seconds=0.1)
        [trouble] = found.troubles
        assert "no process updated them" in trouble, "lag is no trouble where a projector runs"
        assert [(each.ledger, each.projection, each.size, each.applied) for each in found.projections] == [
            ("books", each.name, size, 0) for each in make_projections()
        ]

        await store.project()
        found = await read_status(services)
        assert found.well
        assert {each.applied for each in found.projections} == {size}
        assert found.to_json()["well"] is True

        await outside.execute(
            "UPDATE checkpoints SET blocked_position = 7, blocked_error = 'Boom: x' WHERE projection = 'register'"
        )
        found = await read_status(services)
        assert not found.well
        troubles = {each.projection: each.trouble for each in found.projections if each.trouble}
        assert troubles == {"register": "blocked at position 7: Boom: x"}

        await outside.execute("UPDATE checkpoints SET blocked_position = NULL")
        account = await store.journal.find_account_id((await books.ledger()).serial, "Assets:Cash")
        await outside.execute(f"DELETE FROM account_balances WHERE account = {account} AND currency = 'JPY'")
        found = await read_status(services)
        [trouble] = found.troubles
        assert trouble.startswith(f"books: account {account} in JPY: guard ")
        assert trouble.endswith(", projection (0, 0)")
        assert not found.well
        await rebuilt(store, books, AccountBalances(), accept=True)
        assert (await read_status(services)).well
