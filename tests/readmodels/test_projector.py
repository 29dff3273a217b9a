"""The loop that keeps read models up to date: exactly once, in order, nobody starved, and trouble stops nobody else."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from typing import Any

import pytest
from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncConnection

from ledger import follow
from ledger.books.accounts import AccountOpened
from ledger.errors import DatabaseUnavailable, ProjectionBehind, ProjectionBlocked, TimedOut
from ledger.follow import Wakeup
from ledger.journal import Record
from ledger.store import engine
from ledger.store.rows import Insert
from ledger.store.urls import read_database_url
from ledger.store.writing import NOTIFY_CHANNEL
from projections import checkpoints
from projections import reader as reading
from projections.account_balances import (
    AccountBalances,
    Balance,
    BalanceDelta,
    balances,
    read_account_balances,
    read_balances_page,
)
from projections.balance_history import read_balance_at
from projections.checkpoints import Checkpoint
from projections.projection import Projection
from projections.projector import PROGRESS_CHANNEL
from projections.reader import Built, Reader
from projections.registry import make_projections
from projections.wakeup import listen
from tests.builders import transfer
from tests.postgres_proxy import proxy_to
from tests.readmodels.reading import applied, says_poison, writing_counted
from tests.stores import Books, Outsider, Store, open_store, outsider, rebuild

on_postgresql = pytest.mark.parametrize("url", ["postgresql"], indirect=True)


async def totals(store: Store, books: Books) -> dict[tuple[int | None, str], tuple[int, int]]:
    """What account_balances says."""
    async with store.reader().open(await books.ledger(), "account_balances") as reading:
        view = reading.view("account_balances")
        page = await read_balances_page(view, limit=1_000)
    return {(each.account, each.currency): (each.debits, each.credits) for each in page}


async def guards(store: Store, books: Books) -> dict[tuple[int, str], tuple[int, int]]:
    """What decide goes by."""
    found = await store.journal.read_totals((await books.ledger()).serial)
    return {key: (each.debits, each.credits) for key, each in found.items()}


@asynccontextmanager
async def in_the_background(*running: Any) -> AsyncIterator[None]:
    """These coroutines run until the block ends."""
    tasks = [asyncio.create_task(each) for each in running]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task


# --- exactly once


async def test_two_projectors_that_compete_apply_every_record_once(store: Store, other: Store) -> None:
    books = await store.books()
    rivals = [each.projector(slice_records=7) for each in (store, other, store)]
    for n in range(1, 6):
        await books.submit_all(*[transfer(f"{n}.{cent:02}") for cent in range(20)])
        await asyncio.gather(*(rival.catch_up() for rival in rivals))
    while sum(await asyncio.gather(*(rival.catch_up() for rival in rivals))):
        pass
    while await rivals[0].catch_up():  # rivals that met at one lock may all have stepped back; the next look is alone
        pass
    assert set((await applied(store, books)).values()) == {await books.size()}
    assert await totals(store, books) == await guards(store, books)
    serial = (await books.ledger()).serial
    for projection in make_projections():
        report = await rebuild(store.journal, store.projections, projection, serial)
        assert (report.differences, report.faults, report.cut_over) == ([], [], True)


async def test_a_projector_that_another_one_overtook_looks_again_at_once(store: Store, other: Store) -> None:
    books = await store.books()
    await books.submit_all(*[transfer(f"1.{cent:02}") for cent in range(20)])
    ours, theirs = (each.projector(slice_records=7) for each in (store, other))
    assert await ours.catch_up()
    assert await theirs.catch_up()
    assert await ours.catch_up(), "it found nothing to do, although the log is longer"
    assert await ours.catch_up()
    assert set((await applied(store, books)).values()) == {21}


async def test_a_new_ledger_gets_its_checkpoints(store: Store) -> None:
    assert not await store.projector().catch_up()
    books = await store.books()
    await store.project()
    assert await applied(store, books) == {each.name: await books.size() for each in make_projections()}
    later = await store.books()
    await store.project()
    assert set((await applied(store, later)).values()) == {await later.size()}


async def test_a_new_projection_begins_without_disturbing_those_that_were_rebuilt(store: Store) -> None:
    books = await store.books()
    await books.submit(transfer("5.00"))
    await store.project(AccountBalances())
    serial = (await books.ledger()).serial
    assert (await rebuild(store.journal, store.projections, AccountBalances(), serial)).cut_over
    await store.project()  # the others see this ledger for the first time
    assert await applied(store, books) == {each.name: await books.size() for each in make_projections()}
    assert await totals(store, books) == await guards(store, books)


# --- trouble


class Fragile:
    """A projection of nothing, which breaks at some records."""

    name = "fragile"
    needs: Sequence[str] = ()
    tables = ()

    def __init__(self, breaks_at: Callable[[Record], bool] = lambda _record: False, *, writing: bool = False) -> None:
        self.breaks_at = breaks_at
        self.writing = writing
        self.written: list[int] = []

    def fold(self, records: Sequence[Record]) -> list[int]:
        if not self.writing and any(map(self.breaks_at, records)):
            raise ZeroDivisionError("it does not add up")
        return [record.position for record in records]

    async def plan_changes(self, connection: AsyncConnection, checkpoint: Checkpoint, delta: list[int]) -> list[Insert]:
        if self.writing:
            await connection.execute(checkpoints.checkpoints.delete())  # undone by the savepoint
            raise ZeroDivisionError("it cannot be written")
        self.written += delta
        return []

    async def find_faults(self, connection: AsyncConnection, ledger: int, generation: int) -> list[str]:
        return []


async def only_checkpoint(store: Store, books: Books, projection: str) -> Checkpoint:
    """Where a projection stands."""
    return (await store.reader().read_checkpoints(await books.ledger()))[projection]


async def test_a_projection_that_breaks_stops_alone_and_says_where_and_why(store: Store, outside: Outsider) -> None:
    books = await store.books()
    healthy = await store.books()
    for description in ("fine", "fine", "poison", "fine"):
        await books.submit(transfer("1.00", description=description))
        await healthy.submit(transfer("1.00"))
    poisoned = next(record.position for record in await books.records() if says_poison(record))
    fragile = Fragile(says_poison)
    both: tuple[Projection, ...] = (AccountBalances(), fragile)
    before = int(time.time())
    await store.project(*both)
    size = await books.size()
    assert await applied(store, books) == {"chart": size, "account_balances": size, "fragile": poisoned}
    assert set((await applied(store, healthy)).values()) == {await healthy.size()}
    found = await only_checkpoint(store, books, "fragile")
    assert (found.blocked_position, found.failures) == (poisoned, 1)
    assert found.blocked_error == "ZeroDivisionError: it does not add up"
    assert [each.projection for each in await store.reader().find_troubles()] == ["fragile"]
    assert found.retry_at is not None
    assert found.retry_at > before
    # It is not tried before its time, then again and again with longer pauses, and nothing is ever skipped.
    assert not await store.projector(*both).catch_up()
    assert (await only_checkpoint(store, books, "fragile")).failures == 1
    pauses = []
    for failures in (2, 3):
        await outside.execute("UPDATE checkpoints SET retry_at = 0 WHERE projection = 'fragile'")
        await store.project(*both)
        found = await only_checkpoint(store, books, "fragile")
        assert (found.failures, found.applied) == (failures, poisoned)
        assert found.retry_at is not None
        pauses.append(found.retry_at - int(time.time()))
    assert pauses[0] < pauses[1] <= 300
    with pytest.raises(ProjectionBlocked) as caught:
        async with store.reader().open(await books.ledger(), "fragile", min_size=size, timeout_seconds=60):
            pass
    assert (caught.value.projection, caught.value.position) == ("fragile", poisoned)
    # Healed, it goes on where it stood.
    fragile.breaks_at = lambda _record: False
    await outside.execute("UPDATE checkpoints SET retry_at = 0 WHERE projection = 'fragile'")
    await store.project(*both)
    found = await only_checkpoint(store, books, "fragile")
    assert (found.applied, found.blocked_position, found.blocked_error, found.failures) == (size, None, None, 0)
    assert sorted(fragile.written) == sorted([*range(size), *range(await healthy.size())])


async def test_a_projection_that_cannot_write_stops_alone(store: Store) -> None:
    books = await store.books()
    await books.submit(transfer("1.00"))
    await store.project(AccountBalances(), Fragile(writing=True))
    assert await applied(store, books) == {
        "chart": await books.size(),
        "account_balances": await books.size(),
        "fragile": 0,
    }
    found = await only_checkpoint(store, books, "fragile")
    assert (found.blocked_position, found.blocked_error) == (0, "ZeroDivisionError: it cannot be written")
    assert await totals(store, books) == await guards(store, books)


async def test_a_pass_locks_by_one_statement_without_savepoints_and_lets_others_have_their_turn(store: Store) -> None:
    several = [await store.books() for _ in range(3)]
    for books in several:
        await books.submit(transfer("1.00"))
    one = store.projector()
    await one.catch_up()
    turns = 0

    async def others() -> None:
        nonlocal turns
        while True:
            await asyncio.sleep(0)
            turns += 1

    for ledgers, count in ((1, 1), (1, 200), (3, 5)):
        for books in several[:ledgers]:
            await books.submit_all(*[transfer("1.00") for _ in range(count)])
        turns = 0
        async with in_the_background(others()), writing_counted(store.projections) as sent:
            assert await one.catch_up()
        for books in several[:ledgers]:
            assert set((await applied(store, books)).values()) == {await books.size()}
        assert turns > 20 + count // 50
        locks = [each for each in sent if "checkpoints" in each and each.startswith("SELECT")]
        assert (len(locks), [each for each in sent if "SAVEPOINT" in each]) == (1, [])


@pytest.mark.parametrize("where", ["in the middle", "at the end"])
async def test_a_hole_in_the_log_is_an_alarm(store: Store, url: str, where: str) -> None:
    books = await store.books()
    await books.submit_all(*[transfer("1.00") for _ in range(10)])
    size = await books.size()
    hole = 9 if where == "in the middle" else size - 1
    async with outsider(url) as tampering:
        if tampering.is_sqlite:
            await tampering.execute("DROP TRIGGER journal_no_delete")
        else:
            await tampering.execute("ALTER TABLE journal DISABLE TRIGGER journal_append_only")
        await tampering.execute(f"DELETE FROM journal WHERE position = {hole}")
    await store.project()
    blocked = await store.reader().find_troubles()
    assert {each.projection for each in blocked} == {each.name for each in make_projections()}
    for each in blocked:
        assert each.applied <= hole
        assert each.blocked_error is not None
        assert each.blocked_error.startswith("Corrupt: The log contradicts itself")
        assert str(hole) in each.blocked_error


# --- the lease


class Held(AccountBalances):
    """Stays in the middle of writing until released."""

    def __init__(self) -> None:
        self.reached = asyncio.Event()
        self.release = asyncio.Event()

    async def plan_changes(
        self, connection: AsyncConnection, checkpoint: Checkpoint, delta: BalanceDelta
    ) -> list[Insert]:
        found = await super().plan_changes(connection, checkpoint, delta)
        self.reached.set()
        await self.release.wait()
        return found


@on_postgresql
async def test_a_ledger_that_somebody_holds_is_left_alone_and_the_others_go_on(store: Store, other: Store) -> None:
    books = await store.books()
    held = Held()
    holding = asyncio.create_task(store.projector(held).catch_up())
    await asyncio.wait_for(held.reached.wait(), 10)
    healthy = await store.books()
    await other.project(AccountBalances())
    assert await applied(store, healthy) == dict.fromkeys(["chart", "account_balances"], await healthy.size())
    assert await applied(store, books) == {"chart": 0, "account_balances": 0}
    held.release.set()
    assert await holding
    assert await applied(store, books) == dict.fromkeys(["chart", "account_balances"], await books.size())
    assert not await other.projector(AccountBalances()).catch_up()


@on_postgresql
@pytest.mark.parametrize("how", ["its connection is cut", "it freezes"])
async def test_a_holder_that_dies_gives_the_lease_up(
    url: str, store: Store, how: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    books = await store.books()
    await books.submit(transfer("5.00"))
    if how == "it freezes":
        monkeypatch.setitem(engine.TIMEOUTS, "idle_in_transaction_session_timeout", "1s")
    async with proxy_to(url) as proxy, open_store(proxy.url) as doomed:
        held = Held()
        holding = asyncio.create_task(doomed.projector(held).catch_up())
        await asyncio.wait_for(held.reached.wait(), 10)
        if how == "its connection is cut":
            proxy.cut_all()
        async with asyncio.timeout(10):
            while (await applied(store, books))["account_balances"] == 0:
                await store.projector(AccountBalances()).catch_up()
                await asyncio.sleep(0.02)
        held.release.set()
        with pytest.raises((DatabaseUnavailable, TimedOut)):
            await holding
        await doomed.project(AccountBalances())
    assert await applied(store, books) == dict.fromkeys(["chart", "account_balances"], await books.size())
    assert await totals(store, books) == await guards(store, books)


# --- fairness


async def test_many_small_ledgers_are_not_starved_by_a_large_one(store: Store) -> None:
    large = await store.books()
    await large.submit_all(*[transfer("1.00") for _ in range(800)])
    small = [await store.books(chart=()) for _ in range(60)]
    one = store.projector(slice_records=50)
    await one.catch_up()
    for books in small:
        assert set((await applied(store, books)).values()) == {await books.size()}
    assert set((await applied(store, large)).values()) == {50}
    await one.catch_up()
    assert set((await applied(store, large)).values()) == {100}


# --- reading


async def test_a_reading_waits_and_shows_its_read_models_at_one_size(store: Store) -> None:
    books = await store.books()
    size = (await books.submit(transfer("5.00"))).size
    ledger, reader = await books.ledger(), store.reader()
    [account, *_] = [each.position for each in await books.records() if isinstance(each.event, AccountOpened)]

    async def ask(least: int, seconds: float) -> tuple[Built, list[Balance], int]:
        async with reader.open(ledger, *BOTH, min_size=least, timeout_seconds=seconds) as reading:
            page = await read_account_balances(reading.view("account_balances"), account, limit=9)
            then = await read_balance_at(reading.view("balance_history"), account)
            return reading.built, page, sum(each.debits for each in then)

    built, page, _ = await ask(0, 0)
    assert (built.size, page) == (0, [])
    with pytest.raises(ProjectionBehind):
        await ask(size, 0.05)
    waiting = asyncio.create_task(ask(size, 30))
    await store.project()
    for generation in (1, 2):
        built, page, debits = await waiting
        assert built == Built(size, (("account_balances", generation), ("balance_history", 1)))
        assert [each.debits for each in page] == [debits] != []
        async with store.projections.write.begin() as connection:
            await connection.execute(update(balances).values(transactions=99))
        await rebuild(store.journal, store.projections, AccountBalances(), ledger.serial, accept=True)
        waiting = asyncio.create_task(ask(size, 0))
    await waiting


BOTH = ("account_balances", "balance_history")


async def test_a_read_model_that_lags_is_waited_for_until_it_is_as_far_as_the_others(store: Store) -> None:
    books = await store.books()
    await store.project()
    await books.submit(transfer("5.00"))
    await store.project(AccountBalances())
    ledger, reader = await books.ledger(), store.reader()
    with pytest.raises(ProjectionBehind) as caught:
        async with reader.open(ledger, *BOTH, timeout_seconds=0.05):
            raise AssertionError
    assert (caught.value.projection, caught.value.asked) == ("balance_history", ledger.head.size)
    async with reader.open(ledger, "balance_history", timeout_seconds=0) as reading:
        assert reading.size < ledger.head.size, "alone it is as far as it is"
    await store.project()
    async with reader.open(ledger, *BOTH, timeout_seconds=0) as reading:
        assert reading.size == ledger.head.size


async def test_what_a_reading_will_be_made_of_is_known_without_a_snapshot(store: Store) -> None:
    books = await store.books()
    await store.project()
    ledger, reader = await books.ledger(), store.reader()
    known = await reader.wait(ledger, *BOTH)
    assert known.size == ledger.head.size
    await books.submit(transfer("5.00"))
    await store.project()
    async with reader.open(ledger, *BOTH, after=known) as reading:
        assert reading.built == Built((await books.ledger()).head.size, known.generations)
    assert reading.size > known.size


# --- waking and waiting


@pytest.fixture
def no_polling(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever is not woken waits for a minute."""
    monkeypatch.setattr(follow, "POLL_SECONDS", 60)
    monkeypatch.setattr(reading, "POLL_SECONDS", 60)


async def read_at(store: Store, books: Books, size: int, progress: Wakeup, *, timeout_seconds: float = 10) -> int:
    """The size that a reader got who asked for this one."""
    ledger = await books.ledger()
    reader = Reader(store.projections, progress, store.journal)
    async with reader.open(ledger, "account_balances", min_size=size, timeout_seconds=timeout_seconds) as reading:
        view = reading.view("account_balances")
        return view.applied


@pytest.mark.usefixtures("no_polling")
async def test_hints_wake_the_projector_and_it_wakes_the_readers(store: Store) -> None:
    grown, progress = Wakeup(), Wakeup()
    books = await store.books(committed=grown.notify)
    async with in_the_background(store.projector(wakeup=grown, progress=progress).run()):
        for _ in range(3):
            receipt = await books.submit(transfer("5.00"))
            assert await read_at(store, books, receipt.size, progress) >= receipt.size


async def test_without_any_hint_polling_finds_it(store: Store) -> None:
    books = await store.books()
    async with in_the_background(store.projector().run()):
        for _ in range(2):
            receipt = await books.submit(transfer("5.00"))
            assert await read_at(store, books, receipt.size, Wakeup()) >= receipt.size


@on_postgresql
async def test_the_loop_outlives_a_database_that_goes_away(
    url: str, store: Store, caplog: pytest.LogCaptureFixture
) -> None:
    books = await store.books()
    async with proxy_to(url) as proxy, open_store(proxy.url) as cut, in_the_background(cut.projector().run()):
        await read_at(store, books, await books.size(), Wakeup())
        proxy.go_away()
        async with asyncio.timeout(10):
            while "cannot be used" not in caplog.text:  # noqa: ASYNC110  (a log line sets no event)
                await asyncio.sleep(0.01)
        proxy.come_back()
        size = (await books.submit(transfer("5.00"))).size
        assert await read_at(store, books, size, Wakeup()) == size


@on_postgresql
@pytest.mark.usefixtures("no_polling")
async def test_notify_wakes_another_process(url: str, store: Store, other: Store, outside: Outsider) -> None:
    books = await store.books()  # hints nobody in this process
    grown, progress, reading = Wakeup(), Wakeup(), Wakeup()
    async with in_the_background(
        other.projector(wakeup=grown, progress=progress).run(),
        listen(read_database_url(url), {NOTIFY_CHANNEL: grown}),
        listen(read_database_url(url), {PROGRESS_CHANNEL: reading}),
    ):
        for _ in range(2):
            receipt = await books.submit(transfer("5.00"))
            assert await read_at(store, books, receipt.size, reading) >= receipt.size
            # Cut off, they connect again, and look at once: what was said meanwhile they did not hear.
            await outside.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE datname = current_database() AND query LIKE 'LISTEN%'"
            )


async def test_a_read_waits_no_longer_than_it_may_and_holds_no_connection_meanwhile(store: Store) -> None:
    books = await store.books()
    await store.project()
    behind = (await books.submit(transfer("5.00"))).size
    waiting = asyncio.create_task(read_at(store, books, behind, Wakeup(), timeout_seconds=0.3))
    held = []
    while not waiting.done():
        await asyncio.sleep(0.01)
        held.append(store.projections.read.in_use)
    assert 0 in held, "between two looks"
    with pytest.raises(ProjectionBehind) as caught:
        await waiting
    assert (caught.value.applied, caught.value.asked) == (behind - 2, behind)
