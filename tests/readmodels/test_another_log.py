"""A read model shows one log: it goes on from no other, answers for no other, and is built again by itself."""

import asyncio
from collections.abc import Sequence

import pytest

from ledger.errors import ProjectionBehind, ProjectionRebuilding
from ledger.journal import Ledger
from ledger.sequencer import make_uuid
from projections.account_balances import read_balances_page
from projections.balance_history import BalanceHistory, read_balance_at
from projections.checkpoints import Checkpoint, read_live
from projections.reader import Reader
from projections.registry import make_projections
from tests.builders import open_ledger, transfer
from tests.past import past_kept
from tests.readmodels.plain_fold import plain_fold
from tests.readmodels.reading import all_rows
from tests.stores import Books, Outsider, Store

NAMES = [each.name for each in make_projections()]


async def checkpoints_of(store: Store, ledger: Ledger) -> dict[str, Checkpoint]:
    async with store.projections.read.connect() as connection:
        return {each.projection: each for each in await read_live(connection, ledger.serial)}


async def assert_right(store: Store, books: Books) -> None:
    """The read models show this log and nothing else: each row is what a projector that began with it would write."""
    ledger, records = await books.ledger(), await books.records()
    async with store.reader().open(ledger, "account_balances", min_size=len(records)) as reading:
        view = reading.view("account_balances")
        page = await read_balances_page(view, limit=1_000)
    folded = {key: (debits, credits_) for key, (debits, credits_, _) in plain_fold(records).balances.items()}
    assert {(each.account, each.currency): (each.debits, each.credits) for each in page} == folded
    for name, each in (await checkpoints_of(store, ledger)).items():
        assert (each.uuid, each.leaf, each.applied, each.whole_at, each.trouble) == (
            ledger.uuid,
            records[-1].leaf_hash,
            len(records),
            None,
            None,
        ), name
    for projection in make_projections():
        generation = (await checkpoints_of(store, ledger))[projection.name].generation
        for table, found in (await all_rows(store.projections, projection, ledger.serial)).items():
            assert {row[0] for row in found} <= {generation}, f"rows of another log are left in {table}"


async def assert_refused(reader: Reader, ledger: Ledger, names: Sequence[str] = tuple(NAMES)) -> None:
    for name in names:
        with pytest.raises(ProjectionBehind):
            async with reader.open(ledger, name, timeout_seconds=0):
                raise AssertionError(name)
    assert not (await reader.read_checkpoints(ledger)).keys() & names, (
        "so that no reader is told that nothing has changed"
    )


@pytest.mark.parametrize("after", [0, 3, 7, 12], ids=lambda after: f"{after} posts later")
async def test_a_journal_that_was_put_back_is_shown_as_it_is(store: Store, url: str, after: int) -> None:
    """The read models were ahead of it, of its very size, or behind it, and each time another log's."""
    books = await store.books()
    await books.submit_all(*[transfer("1.00") for _ in range(5)])
    async with past_kept(url) as past:
        await books.submit_all(*[transfer("100.00") for _ in range(7)])
        await store.project()
        await past.put_back()
    again = books.by(store.sequencer())
    for _ in range(after):
        await again.submit(transfer("3.00"))
    await assert_refused(store.reader(), await again.ledger())
    await store.project()
    await assert_right(store, again)


async def test_a_process_that_has_answered_before_looks_again_when_the_size_goes_down(store: Store, url: str) -> None:
    books = await store.books()
    reader, projector = store.reader(), store.projector()
    async with past_kept(url) as past:
        await books.submit_all(*[transfer("100.00") for _ in range(7)])
        while await projector.catch_up():
            pass
        for name in NAMES:
            async with reader.open(await books.ledger(), name):
                pass
        await past.put_back()
    await assert_refused(reader, await books.ledger())
    while await projector.catch_up():
        pass
    again = books.by(store.sequencer())
    await again.submit(transfer("3.00"))
    while await projector.catch_up():
        pass
    await assert_right(store, again)
    async with reader.open(await again.ledger(), "account_balances", min_size=await again.size()):
        pass


async def test_a_projector_that_remembers_what_it_wrote_forgets_it_with_the_log(store: Store, url: str) -> None:
    """Two processes: one wrote the first history and comes back at a size at which another process has another one."""
    books = await store.books()
    first, history = store.projector(BalanceHistory()), BalanceHistory()
    async with past_kept(url) as past:
        await books.submit_all(*[transfer("100.00") for _ in range(40)])
        while await first.catch_up():
            pass
        size = await books.size()
        await past.put_back()
    again = books.by(store.sequencer())
    await again.submit_all(*[transfer("1.00") for _ in range(40)])
    assert await again.size() == size
    while await store.projector(history).catch_up():
        pass
    await again.submit_all(*[transfer("2.00") for _ in range(40)])
    while await first.catch_up():
        pass
    ledger, records = await again.ledger(), await again.records()
    folded = plain_fold(records).balances
    async with store.reader().open(ledger, "balance_history", min_size=len(records)) as reading:
        view = reading.view("balance_history")
        for (account, currency), (debits, credits_, _) in folded.items():
            [found] = await read_balance_at(view, account)
            assert (found.currency, found.debits, found.credits) == (currency, debits, credits_)
        assert not await history.find_faults(view.connection, ledger.serial, view.generation)


async def test_another_ledger_under_the_same_number_shows_nothing_of_the_one_before(store: Store, url: str) -> None:
    async with past_kept(url) as nothing:
        books = await store.books()
        await books.submit_all(*[transfer("100.00") for _ in range(7)])
        await store.project()
        before = await books.ledger()
        await nothing.put_back()
        await nothing.number_again(before.serial)
    other = Books(store, make_uuid(), store.sequencer())
    await other.submit_all(open_ledger(id="another"), atomic=True)
    ledger = await other.ledger()
    assert ledger.serial == before.serial
    await assert_refused(store.reader(), ledger)
    await store.project()
    await assert_right(store, other)


@pytest.mark.parametrize("column", ["leaf", "uuid"])
async def test_a_checkpoint_of_another_log_is_believed_by_nobody(store: Store, outside: Outsider, column: str) -> None:
    books = await store.books()
    await store.project()
    zero = "x'00'" if outside.is_sqlite else "decode('00', 'hex')"
    value = zero if column == "leaf" else f"'{make_uuid()}'"
    await outside.execute(f"UPDATE checkpoints SET {column} = {value}")
    await assert_refused(store.reader(), await books.ledger())
    await store.project()
    await assert_right(store, books)


# --- while it is built again


async def test_readers_wait_until_what_is_built_again_is_whole(store: Store, url: str) -> None:
    books = await store.books()
    await books.submit_all(*[transfer("1.00") for _ in range(30)])
    async with past_kept(url) as past:
        await books.submit_all(*[transfer("1.00") for _ in range(3)])
        await store.project()
        await past.put_back()
    slowly, ledger, reader = store.projector(slice_records=10), await books.ledger(), store.reader()
    await slowly.catch_up()
    assert 0 < (await checkpoints_of(store, ledger))["register"].applied < ledger.head.size
    with pytest.raises(ProjectionRebuilding, match="is being built"):
        async with reader.open(ledger, "register", timeout_seconds=0):
            pass
    troubles = {each.projection: why for each, why in (await reader.find_troubles()).items()}
    assert troubles.keys() == set(NAMES)
    assert all(why.endswith(f"of {ledger.head.size} records so far") for why in troubles.values())

    async def read() -> int:
        async with reader.open(ledger, "register", timeout_seconds=60) as reading:
            view = reading.view("register")
            return view.applied

    waiting = asyncio.create_task(read())
    while await slowly.catch_up():
        pass
    assert await waiting == ledger.head.size
    assert not await reader.find_troubles()


async def test_a_log_that_is_longer_than_a_slice_is_shown_when_its_read_models_are_whole(store: Store) -> None:
    """After a restore, or where the file of the projections was removed."""
    books = await store.books()
    await books.submit_all(*[transfer("1.00") for _ in range(30)])
    slowly, ledger = store.projector(slice_records=10), await books.ledger()
    await slowly.catch_up()
    await assert_refused(store.reader(), ledger)
    while await slowly.catch_up():
        pass
    await assert_right(store, books)
