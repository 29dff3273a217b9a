"""Processes that share a folder: a lane has one writer among them, and whoever leaves or dies loses nothing and doubles
nothing. Here a process is a sequencer with connections of its own; tests/cli has real ones."""

import asyncio
import hashlib
import itertools
import pickle
import socket
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from api.handover import lanes_shared, written_by
from ledger.commands import OpenAccount
from ledger.errors import AccountExists, Busy, Corrupt, InvalidField, LedgerError, OutcomeUnknown, UnknownAccount
from ledger.events import TransactionPosted
from ledger.journal import Receipt
from ledger.sequencer import Sequencer, Submission
from tests.builders import credit, debit, post, transfer
from tests.stores import Books, Outsider, Store


@dataclass
class Process:
    """A sequencer that counts what it writes itself. `leave` ends its part in the sharing."""

    books: Books
    name: str
    written: int = 0
    leave: Callable[[], Coroutine[Any, Any, None]] = field(init=False)

    def __post_init__(self) -> None:
        accept = self.books.sequencer.accept

        def counted(submission: Submission) -> None:
            self.written += 1
            accept(submission)

        self.books.sequencer.accept = counted  # type: ignore[method-assign]


@asynccontextmanager
async def sharing(
    store: Store, other: Store, folder: Path, *shops: "Shop", **options: int
) -> AsyncIterator[tuple[Process, Process]]:
    """The process that writes the lane of a new ledger, and the one that hands over to it."""
    books = await store.books()
    both = [Process(books.by(each.sequencer(**options)), name) for each, name in zip((store, other), "ab", strict=True)]
    async with AsyncExitStack() as stack:
        for process, shop in itertools.zip_longest(both, shops):
            own = await stack.enter_async_context(AsyncExitStack())
            await own.enter_async_context(lanes_shared(folder, process.books.sequencer, process.name, shop))
            process.leave = own.aclose
        async with asyncio.timeout(10):
            while not (one_writes := [process for process in both if process.written == 2]):
                for process in both:
                    process.written = 0
                for process in both:
                    await process.books.submit(transfer("1.00", description="before"))
        (writer,) = one_writes
        writer.written = 0
        yield writer, both[1 - both.index(writer)]


async def until(true: Callable[[], bool]) -> None:
    """Return when it is."""
    async with asyncio.timeout(10):
        while not true():  # noqa: ASYNC110  (nobody tells when)
            await asyncio.sleep(0.01)


async def descriptions(books: Books) -> list[str]:
    """What was posted, sorted, but for what found out who writes."""
    events = [record.event for record in await books.records()]
    said = [str(event.memo.description) for event in events if isinstance(event, TransactionPosted)]
    return sorted(each for each in said if each != "before")


async def test_a_lane_has_one_writer_and_it_gathers_what_all_of_them_have(
    store: Store, other: Store, outside: Outsider, tmp_path: Path
) -> None:
    async with sharing(store, other, tmp_path / "w") as (writer, giver):
        async with outside.holding_head(writer.books.uuid):
            first = asyncio.create_task(writer.books.submit(transfer("1.00")))
            await outside.waiters(1)
            rest = [asyncio.create_task(each.books.submit(transfer("1.00"))) for each in (writer, giver) * 5]
            await until(lambda: writer.written == 11)
        answers = await asyncio.gather(first, *rest)
        assert len({answer.recorded_at for answer in answers}) == 1, "one batch"
        assert giver.written == 0


async def test_answers_and_refusals_come_back_as_they_were_given(store: Store, other: Store, tmp_path: Path) -> None:
    async with sharing(store, other, tmp_path / "w") as (writer, giver):
        receipt = await giver.books.submit(OpenAccount("Assets:Till"), key="till")
        record = (await giver.books.records())[receipt.position]
        assert (record.id, record.event, record.recorded_at) == (receipt.id, receipt.event, receipt.recorded_at)
        assert (await giver.books.submit(OpenAccount("Assets:Till"), key="till")).replayed
        with pytest.raises(AccountExists) as here:
            await writer.books.submit(OpenAccount("Assets:Till"))
        with pytest.raises(AccountExists) as there:
            await giver.books.submit(OpenAccount("Assets:Till"))
        assert vars(there.value) == vars(here.value)
        unknown = post(debit("Assets:None", "1.00"), credit("Assets:Cash", "1.00"))
        alone = await giver.books.submit_all(transfer("1.00"), unknown, transfer("1.00"))
        assert [type(answer) for answer in alone] == [Receipt, UnknownAccount, Receipt]
        with pytest.raises(UnknownAccount) as group:
            await giver.books.submit_all(transfer("1.00"), unknown, atomic=True)
        assert group.value.index == 1
        assert giver.written == 0


@pytest.mark.parametrize(
    "error",
    [
        AccountExists(path="Assets:Till", account=4, pointer="#/path", index=3),
        Corrupt(what="x"),
        OutcomeUnknown(command="x"),
        Busy(),
    ],
    ids=lambda error: type(error).__name__,
)
def test_an_error_is_the_same_in_another_process(error: LedgerError) -> None:
    again = pickle.loads(pickle.dumps(error))
    assert type(again) is type(error)
    assert (vars(again), str(again), again.facts) == (vars(error), str(error), error.facts)


async def test_a_writer_that_has_too_much_to_do_says_so(
    store: Store, other: Store, outside: Outsider, tmp_path: Path
) -> None:
    async with sharing(store, other, tmp_path / "w", queue_commands_max=3) as (writer, giver):
        async with outside.holding_head(writer.books.uuid):
            first = asyncio.create_task(writer.books.submit(transfer("1.00")))
            await outside.waiters(1)
            waiting = [asyncio.create_task(giver.books.submit(transfer("1.00"))) for _ in range(3)]
            await until(lambda: writer.written == 4)
            with pytest.raises(Busy):
                await giver.books.submit(transfer("1.00"))
        await asyncio.gather(first, *waiting)


async def test_who_leaves_answers_what_it_took_and_the_rest_is_written_by_who_has_it(
    store: Store, other: Store, outside: Outsider, tmp_path: Path
) -> None:
    async with sharing(store, other, tmp_path / "w") as (writer, giver):
        async with outside.holding_head(writer.books.uuid):
            tasks = [asyncio.create_task(giver.books.submit(transfer("1.00", description=str(n)))) for n in range(3)]
            await until(lambda: writer.written == 3)
            leaving = asyncio.create_task(writer.leave())
            await asyncio.sleep(0.05)
            tasks += [asyncio.create_task(giver.books.submit(transfer("1.00", description=str(n)))) for n in (3, 4)]
            await asyncio.sleep(0.05)
            assert not leaving.done()
        await leaving
        assert all(isinstance(answer, Receipt) for answer in await asyncio.gather(*tasks))
        assert (writer.written, giver.written) == (3, 2)
        await giver.books.submit(transfer("1.00", description="5"))
        assert await descriptions(writer.books) == list("012345")


async def test_what_is_nested_too_deeply_to_be_handed_over_is_decided_all_the_same(
    store: Store, other: Store, tmp_path: Path
) -> None:
    deep: list[object] = []
    for _ in range(600):
        deep = [deep]
    async with sharing(store, other, tmp_path / "w") as (writer, giver):
        plain, refusal = await asyncio.gather(
            giver.books.submit(transfer("1.00", description="plain")),
            giver.books.submit(transfer("1.00", metadata={"deep": deep})),
            return_exceptions=True,
        )
        assert isinstance(plain, Receipt)
        assert isinstance(refusal, InvalidField)
        assert (writer.written, giver.written) == (1, 1)
        assert await descriptions(giver.books) == ["plain"]


async def test_the_outcome_of_what_a_process_had_when_it_died_is_unknown(store: Store, tmp_path: Path) -> None:
    books = await store.books()
    process = Process(books.by(store.sequencer()), "a")

    async def dies(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1)
        writer.close()

    folder = tmp_path / "w"
    async with lanes_shared(folder, process.books.sequencer, "giver"):
        server = await asyncio.start_unix_server(dies, folder / _name_above("giver", store.journal.lane(books.uuid)))
        with pytest.raises(OutcomeUnknown) as unknown:
            await _post_on(process.books)
        assert unknown.value.command
        server.close()
        await process.books.submit(transfer("1.00", description="after"))
        assert await descriptions(books) == ["after"]


async def _post_on(books: Books) -> None:
    async with asyncio.timeout(10):
        while True:
            await books.submit(transfer("1.00", description="before"))


def _name_above(name: str, lane: object) -> str:
    """One that is preferred to this one for the lane."""

    def weight(each: str) -> bytes:
        return hashlib.sha256(f"{lane} {each}".encode()).digest()

    return next(each for each in map(str, itertools.count()) if weight(each) > weight(name))


async def test_a_socket_that_a_dead_process_left_behind_is_taken_away(store: Store, tmp_path: Path) -> None:
    books = await store.books()
    sequencer: Sequencer = store.sequencer()
    folder = tmp_path / "w"
    async with lanes_shared(folder, sequencer, "ours"):
        server = await asyncio.start_unix_server(lambda _reader, _writer: None, folder / "dead")
        (folder / "dead").rename(folder / "left")
        (folder / ".left.connections").touch()
        server.close()
        await until(lambda: not (folder / "left").exists())
        assert {each.name for each in folder.iterdir()} == {"ours", ".ours.connections"}
        await books.by(sequencer).submit(transfer("1.00"))
    assert not list(folder.iterdir())


async def test_that_a_log_contradicts_itself_reaches_who_handed_over(
    store: Store, other: Store, tmp_path: Path
) -> None:
    async with sharing(store, other, tmp_path / "w") as (writer, giver):

        def refuses(_submission: Submission) -> None:
            raise Corrupt(what="the head")

        writer.books.sequencer.accept = refuses  # type: ignore[method-assign,assignment]
        with pytest.raises(Corrupt, match="the head"):
            await giver.books.submit(transfer("1.00"))


@dataclass
class Shop:
    """Who serves connections: takes them while it is open."""

    open: bool = True
    adopted: list[socket.socket] = field(default_factory=list)

    def can_adopt(self) -> bool:
        return self.open

    def adopt(self, connection: socket.socket) -> None:
        self.adopted.append(connection)


async def given(process: Process) -> Any:
    """Where a command of this process went."""
    await process.books.submit(transfer("1.00"))
    return written_by.get()


async def test_a_connection_is_passed_on_while_the_writer_has_time_for_it(
    store: Store, other: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shops = Shop(), Shop()
    async with sharing(store, other, tmp_path / "w", *shops) as (writer, giver):
        shop = next(each for each, name in zip(shops, "ab", strict=True) if name == writer.name)
        assert not (await given(writer)).pass_on(0)
        there = await given(giver)
        ours, theirs = socket.socketpair()
        with ours:
            with theirs:
                assert there.pass_on(theirs.fileno())
                await until(lambda: bool(shop.adopted))
                shop.open = False
                await given(giver)
                assert not there.pass_on(theirs.fileno())
                shop.open = True
                await given(giver)
                assert there.pass_on(theirs.fileno())
                await until(lambda: len(shop.adopted) == 2)
                monkeypatch.setattr("api.handover.BUSY_SECONDS", 0)
                monkeypatch.setattr("api.handover.BUSY_MAX", 0)
                await given(giver)
                assert not there.pass_on(theirs.fileno())
            ours.sendall(b"!")  # it is open as long as somebody has it
            assert shop.adopted[0].recv(1) == b"!"
        for adopted in shop.adopted:
            adopted.close()


async def test_a_connection_is_kept_where_nobody_serves_it_or_the_writer_leaves(
    store: Store, other: Store, tmp_path: Path
) -> None:
    async with sharing(store, other, tmp_path / "w") as (_, giver):
        assert not (await given(giver)).pass_on(0)
    async with sharing(store, other, tmp_path / "x", Shop(), Shop()) as (writer, giver):
        there = await given(giver)
        await writer.leave()
        await until(lambda: not there.pass_on(0))
