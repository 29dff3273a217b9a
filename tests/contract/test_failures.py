"""Whatever the database does between a command and its answer: nothing is lost, nothing is written twice, and one
command that cannot be written takes nobody along. Faults are real: cut connections, held locks, triggers, wrong bytes.
"""

import asyncio
from collections.abc import AsyncIterator

import pytest

from ledger.books.accounts import OpenAccount
from ledger.errors import Corrupt, DatabaseUnavailable, OutcomeUnknown, Rejected, TimedOut, Unavailable
from ledger.journal import Receipt
from ledger.sequencer import Order
from ledger.store import engine
from ledger.transactions import Document, TransactionPosted
from tests.builders import open_ledger, reverse, transfer
from tests.postgres import PostgresServer
from tests.postgres_proxy import Fate, Proxy, proxy_to
from tests.stores import Books, Outsider, Store, open_store, outsider

on_postgresql = pytest.mark.parametrize("url", ["postgresql"], indirect=True)
CUTS = (Fate.ANSWER_LOST, Fate.CUT_AT_ONCE, Fate.NEVER_SENT)


@pytest.fixture
async def proxy(url: str) -> AsyncIterator[Proxy]:
    """Between `proxied` and the server."""
    async with proxy_to(url) as between:
        yield between


@pytest.fixture
async def proxied(proxy: Proxy) -> AsyncIterator[Store]:
    """A process whose connections can be cut."""
    async with open_store(proxy.url) as store:
        yield store


async def descriptions(books: Books) -> list[str | None]:
    """What every transaction in the log says, in order."""
    return [
        record.event.memo.description for record in await books.records() if isinstance(record.event, TransactionPosted)
    ]


# --- the connection is cut


@on_postgresql
@pytest.mark.parametrize("fate", CUTS, ids=lambda fate: fate.name)
@pytest.mark.parametrize("key", [None, "k"])
async def test_a_cut_at_commit_is_answered_as_success_once(
    store: Store, proxied: Store, proxy: Proxy, fate: Fate, key: str | None
) -> None:
    books = await store.books()
    cut = books.by(proxied.sequencer())
    proxy.plan(fate)
    receipt = await cut.submit(transfer("5.00", description="x"), key=key)
    assert proxy.commits >= (1 if fate is not Fate.NEVER_SENT else 2)
    assert not receipt.replayed
    assert await descriptions(books) == ["x"]
    record = (await books.records())[receipt.position]
    assert (record.id, record.event) == (receipt.id, receipt.event)
    assert (record.recorded_at, record.envelope["command"]) == (receipt.recorded_at, receipt.command)
    if key:
        assert (await books.submit(transfer("5.00", description="x"), key=key)).position == receipt.position


@on_postgresql
@pytest.mark.parametrize("fate", CUTS, ids=lambda fate: fate.name)
async def test_a_whole_batch_survives_a_cut(store: Store, proxied: Store, proxy: Proxy, fate: Fate) -> None:
    books = await store.books()
    cut = books.by(proxied.sequencer())
    proxy.plan(fate)
    tasks = [asyncio.create_task(cut.submit(transfer("1.00", description=str(n)))) for n in range(20)]
    tasks.append(asyncio.create_task(cut.submit(reverse("00000000-0000-7000-8000-000000000000"))))
    group = asyncio.create_task(
        cut.submit_all(OpenAccount("Assets:Till"), transfer("1.00", description="group"), atomic=True)
    )
    *answers, refusal = await asyncio.gather(*tasks, return_exceptions=True)
    assert isinstance(refusal, Rejected)
    assert all(isinstance(answer, Receipt) for answer in answers)
    assert sorted(await descriptions(books)) == sorted(["group", *map(str, range(20))])  # type: ignore[type-var]
    records = await books.records()
    for answer in [*answers, *await group]:
        assert isinstance(answer, Receipt)
        assert records[answer.position].id == answer.id


@on_postgresql
async def test_cuts_one_after_another_lose_nothing_and_double_nothing(
    store: Store, proxied: Store, proxy: Proxy
) -> None:
    books = await store.books()
    cut = books.by(proxied.sequencer())
    proxy.plan(*[fate for fate in (*CUTS, Fate.PASSES, *reversed(CUTS)) for _ in range(2)])
    for n in range(10):
        both = await asyncio.gather(
            cut.submit(transfer("1.00", description=f"a{n}")), books.submit(transfer("1.00", description=f"b{n}"))
        )
        assert all(isinstance(each, Receipt) for each in both)
    assert not proxy.fates
    assert sorted(map(str, await descriptions(books))) == sorted(f"{who}{n}" for who in "ab" for n in range(10))


@on_postgresql
@pytest.mark.parametrize("fate", CUTS, ids=lambda fate: fate.name)
async def test_a_ledger_is_opened_once_though_the_connection_is_cut(
    store: Store, proxied: Store, proxy: Proxy, fate: Fate
) -> None:
    books = await store.books()
    id_ = f"cut-{books.uuid[24:]}-{fate.name.lower().replace('_', '-')}"
    opened = Books(store, books.uuid[:-4] + "beef", proxied.sequencer())
    proxy.plan(fate)
    receipt = await opened.submit(open_ledger(id=id_))
    assert (receipt.position, receipt.replayed) == (0, False)
    assert await opened.size() == 1


@on_postgresql
async def test_nobody_is_answered_before_commit_has_been(store: Store, proxied: Store, proxy: Proxy) -> None:
    books = await store.books()
    held = books.by(proxied.sequencer())
    before = await books.size()
    proxy.plan(Fate.HELD)
    waiting = asyncio.create_task(held.submit(transfer("5.00")))
    await asyncio.wait_for(proxy.held.wait(), 10)
    await asyncio.sleep(0.05)
    assert not waiting.done()
    assert await books.size() == before
    proxy.release.set()
    assert (await waiting).size == await books.size()


@on_postgresql
async def test_a_commit_that_never_arrives_is_given_up_by_the_server_and_written_again(
    store: Store, proxy: Proxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(engine.TIMEOUTS, "idle_in_transaction_session_timeout", "200ms")
    books = await store.books()
    async with open_store(proxy.url) as stuck:
        proxy.plan(Fate.HELD)
        receipt = await books.by(stuck.sequencer()).submit(transfer("5.00", description="x"))
    assert proxy.held.is_set()
    assert await descriptions(books) == ["x"]
    assert (await books.records())[receipt.position].id == receipt.id


@on_postgresql
async def test_a_writer_whose_backend_is_terminated_writes_once(store: Store, outside: Outsider, other: Store) -> None:
    books = await store.books()
    elsewhere = books.by(other.sequencer())
    async with outside.holding_head(books.uuid):
        waiting = asyncio.create_task(elsewhere.submit(transfer("5.00", description="x")))
        await outside.waiters(1)
        await outside.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE datname = current_database() AND wait_event_type = 'Lock'"
        )
    await waiting
    assert await descriptions(books) == ["x"]


# --- the database stays away


@on_postgresql
@pytest.mark.parametrize("fate", CUTS, ids=lambda fate: fate.name)
async def test_an_outcome_that_cannot_be_found_out_is_said_to_be_unknown(
    store: Store, proxied: Store, proxy: Proxy, fate: Fate
) -> None:
    books = await store.books()
    cut = books.by(proxied.sequencer(patience_seconds=0.2))
    proxy.plan(fate, then_away=True)
    order = Order(transfer("5.00", description="x"), key="k")
    with pytest.raises(OutcomeUnknown) as caught:
        await cut.submit_all(order)
    assert caught.value.command == order.id
    with pytest.raises(DatabaseUnavailable):  # it never got as far as to be written
        await cut.submit(transfer("6.00", description="y"))
    proxy.come_back()
    again = await cut.submit(transfer("5.00", description="x"), key="k")
    assert await descriptions(books) == ["x"]
    if fate is Fate.ANSWER_LOST:
        assert (again.command, again.replayed) == (order.id, True)
    if fate is Fate.NEVER_SENT:
        assert not again.replayed


@on_postgresql
async def test_a_database_that_comes_back_in_time_was_never_away(store: Store, proxied: Store, proxy: Proxy) -> None:
    books = await store.books()
    cut = books.by(proxied.sequencer())
    proxy.plan(Fate.ANSWER_LOST, then_away=True)
    tasks = [asyncio.create_task(cut.submit(transfer("1.00", description=str(n)))) for n in range(5)]
    await asyncio.wait_for(proxy.seen.wait(), 10)
    await asyncio.sleep(0.2)
    assert not any(task.done() for task in tasks)
    proxy.come_back()
    assert {answer.replayed for answer in await asyncio.gather(*tasks)} == {False}
    assert await descriptions(books) == [str(n) for n in range(5)]


@pytest.fixture
async def impatient(url: str, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Store]:
    """A process whose database gives a lock up after a tenth of a second."""
    monkeypatch.setattr(engine, "BUSY_TIMEOUT_MILLISECONDS", 100)
    monkeypatch.setitem(engine.TIMEOUTS, "lock_timeout", "100ms")
    async with open_store(url) as store:
        yield store


@pytest.mark.own_database
async def test_a_lock_that_is_not_got_is_waited_for_as_long_as_patience_lasts(
    store: Store, impatient: Store, outside: Outsider
) -> None:
    books = await store.books()
    hasty = books.by(impatient.sequencer(patience_seconds=0.1))
    patient = books.by(impatient.sequencer())
    async with outside.holding_head(books.uuid):
        waiting = asyncio.create_task(patient.submit(transfer("5.00", description="patient")))
        with pytest.raises(TimedOut):
            await hasty.submit(transfer("5.00", description="hasty"), key="k")
        assert not waiting.done()
    await waiting
    assert await descriptions(books) == ["patient"]
    assert not (await hasty.submit(transfer("5.00", description="hasty"), key="k")).replayed


@on_postgresql
@pytest.mark.own_database
async def test_a_frozen_holder_loses_the_head(url: str, store: Store) -> None:
    books = await store.books()
    async with outsider(url) as frozen:
        await frozen.execute("SET idle_in_transaction_session_timeout = '200ms'")  # the role has it: see tests/schema
        await frozen.execute("BEGIN")
        await frozen.execute("SELECT 1 FROM ledgers FOR UPDATE")
        assert (await books.submit(transfer("5.00"))).size == await books.size()


# --- a command that the database refuses


async def poison(outside: Outsider, *, at_commit: bool) -> None:
    """From now on the database itself fails on records that say POISON."""
    if outside.is_sqlite:
        broken = "SELECT RAISE(ABORT, 'poisoned')"
        if at_commit:
            await outside.execute("CREATE TABLE healthy (id INTEGER PRIMARY KEY)")
            await outside.execute("CREATE TABLE ill (id REFERENCES healthy DEFERRABLE INITIALLY DEFERRED)")
            broken = "INSERT INTO ill VALUES (7)"
        await outside.execute(
            "CREATE TRIGGER poison BEFORE INSERT ON journal "
            f"WHEN instr(NEW.data, CAST('POISON' AS BLOB)) BEGIN {broken}; END"
        )
        return
    await outside.execute(
        "CREATE FUNCTION poisoned() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'poisoned'; END $$"
    )
    kind = "CONSTRAINT TRIGGER poison AFTER" if at_commit else "TRIGGER poison BEFORE"
    await outside.execute(
        f"CREATE {kind} INSERT ON journal {'DEFERRABLE INITIALLY DEFERRED' if at_commit else ''} FOR EACH ROW "
        "WHEN (position('POISON'::bytea in NEW.data) > 0) EXECUTE FUNCTION poisoned()"
    )


@pytest.mark.own_database
@pytest.mark.parametrize("at_commit", [False, True], ids=["at once", "at commit"])
async def test_one_poisoned_command_cannot_take_its_neighbours_down(
    store: Store, outside: Outsider, at_commit: bool
) -> None:
    books = await store.books()
    await poison(outside, at_commit=at_commit)
    ill = Document(ref="POISON")
    commands = [
        transfer("1.00", description=str(n), document=ill if n == 13 else None, series="AB"[n % 2]) for n in range(24)
    ]
    async with outside.holding_head(books.uuid):
        tasks = [asyncio.create_task(books.submit(command, key=f"k{n}")) for n, command in enumerate(commands)]
        await outside.waiters(1)
        poisoned_group = asyncio.create_task(
            books.submit_all(transfer("1.00", description="group"), commands[13], atomic=True)
        )
        await asyncio.sleep(0)
    answers = await asyncio.gather(*tasks, return_exceptions=True)
    with pytest.raises(Unavailable):
        await poisoned_group
    assert isinstance(answers[13], Unavailable)
    assert all(isinstance(answer, Receipt) for n, answer in enumerate(answers) if n != 13), answers
    assert sorted(map(str, await descriptions(books))) == sorted(str(n) for n in range(24) if n != 13)
    numbers = [
        (record.event.series, record.event.number)
        for record in await books.records()
        if isinstance(record.event, TransactionPosted)
    ]
    assert sorted(numbers) == [("A", n) for n in range(1, 13)] + [("B", n) for n in range(1, 12)]
    for n in (0, 12, 14):
        assert (await books.submit(commands[n], key=f"k{n}")).replayed
    await outside.execute("DROP TRIGGER poison" + ("" if outside.is_sqlite else " ON journal"))
    assert not (await books.submit(commands[13], key="k13")).replayed


# --- the log contradicts itself


@pytest.mark.own_database
@pytest.mark.parametrize(
    "tampered",
    ["root = frontier", "frontier = root", "size = size + 1", "size = size + 64"],
)
async def test_a_head_that_was_tampered_with_stops_its_writer_and_no_other(
    store: Store, outside: Outsider, tampered: str
) -> None:
    books = await store.books()
    healthy = await store.books()
    healthy = healthy.by(books.sequencer)
    await books.submit(transfer("1.00"))
    assert (await books.size()).bit_count() > 1, "else the root is the frontier"
    before = await outside.value("SELECT count(*) FROM journal")
    await outside.execute(f"UPDATE ledgers SET {tampered} WHERE uuid = '{books.uuid}'")
    ill, well = await asyncio.gather(
        books.submit(transfer("5.00")), healthy.submit(transfer("5.00")), return_exceptions=True
    )
    assert isinstance(ill, Corrupt)
    assert isinstance(well, Receipt)
    for _ in range(2):
        with pytest.raises(Corrupt):
            await books.submit(transfer("5.00"))
        assert isinstance(await healthy.submit(transfer("5.00")), Receipt)
    if tampered != "size = size + 1":  # two sizes of one root: only who looks at the last record can tell
        with pytest.raises(Corrupt):
            await store.journal.find(books.uuid)
    mine = f"SELECT count(*) FROM journal WHERE ledger <> {(await healthy.ledger()).serial}"
    assert await outside.value(mine) == before - 7


async def test_nothing_is_left_behind_by_a_store_that_was_closed_while_writing(
    url: str, postgres: PostgresServer
) -> None:
    async with open_store(url) as store:
        books = await store.books()
        tasks = [asyncio.create_task(books.submit(transfer("1.00", description=str(n)))) for n in range(50)]
        await asyncio.sleep(0)
    assert all([isinstance(await task, Receipt) for task in tasks])
    async with open_store(url) as again:
        assert len(await descriptions(Books(again, books.uuid, again.sequencer()))) == 50
