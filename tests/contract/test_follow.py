"""A follower brings the whole log to any sink: in order, each record once, whatever goes wrong on the way.

The sink here lives outside our database, as a broker or a webhook endpoint does: it keeps its place itself.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from itertools import count
from types import SimpleNamespace

import pytest

from ledger import follow
from ledger.errors import Corrupt
from ledger.follow import Blocked, Follower, Slice, Wakeup
from ledger.journal import Extent, Position, Record, Size
from tests.builders import transfer
from tests.postgres_proxy import proxy_to
from tests.stores import Books, Store, open_store, outsider

on_postgresql = pytest.mark.parametrize("url", ["postgresql"], indirect=True)


class Outside:
    """A sink that keeps what it took, and so its place, in memory: it stands for another service."""

    def __init__(self, *, refuses: Callable[[Record], bool] = lambda _record: False, away: bool = False) -> None:
        self.refuses = refuses
        self.away = away
        self.taken: dict[int, list[Record]] = {}
        self.changed = asyncio.Event()

    def place(self, ledger: int) -> Position:
        """Return how many records of a ledger it has."""
        return len(self.taken.get(ledger, ()))

    async def find_positions(self, ledgers: Mapping[int, Extent]) -> Mapping[int, Position]:
        return {ledger: self.place(ledger) for ledger in ledgers}

    async def take(self, slices: Mapping[int, Slice]) -> Mapping[int, Size | Blocked]:
        if self.away:
            raise ConnectionRefusedError("nobody listens there")
        return {ledger: self._take(ledger, records) for ledger, records in slices.items()}

    def _take(self, ledger: int, records: Slice) -> Size | Blocked:
        if isinstance(records, Corrupt):
            return Blocked(self.place(ledger), str(records))
        for record in records:
            if record.position < self.place(ledger):  # another follower brought it
                continue
            if self.refuses(record):
                return Blocked(record.position, "it is not wanted")
            self.taken.setdefault(ledger, []).append(record)
        self.changed.set()
        return self.place(ledger)

    async def until(self, ledger: int, size: Size) -> None:
        """Return when it has so many records."""
        async with asyncio.timeout(20):
            while self.place(ledger) < size:
                self.changed.clear()
                await self.changed.wait()


def follower(store: Store, sink: Outside, *, slice_records: int = 7, wakeup: Wakeup | None = None) -> Follower:
    """A follower that brings the log to this sink."""
    return Follower(store.journal, sink, what="publishing", wakeup=wakeup or Wakeup(), slice_records=slice_records)


async def catch_up(one: Follower) -> None:
    """Make passes until there is nothing to do."""
    while await one.catch_up():
        pass


async def assert_has_all(sink: Outside, *several: Books) -> None:
    """Check that the sink has every record of these ledgers once, in order, to the byte."""
    for books in several:
        assert sink.taken[(await books.ledger()).serial] == await books.records()


@asynccontextmanager
async def following(one: Follower) -> AsyncIterator[None]:
    """It runs until the block ends."""
    task = asyncio.create_task(one.run())
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def test_a_sink_outside_gets_every_record_once_and_in_order(store: Store) -> None:
    first, second = await store.books(), await store.books()
    await first.submit_all(*[transfer("1.00") for _ in range(30)])
    sink = Outside()
    one = follower(store, sink)
    await one.catch_up()
    serial = (await first.ledger()).serial
    assert (sink.place(serial), one.lag[serial]) == (7, await first.size() - 7)
    await catch_up(one)
    await second.submit(transfer("1.00"))
    await catch_up(one)
    await assert_has_all(sink, first, second)
    assert (one.lag, one.blocked) == ({}, {})


async def test_a_follower_that_brought_everything_rests_as_long_as_that_took(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    books, sink = await store.books(), Outside()
    one = follower(store, sink, slice_records=1000)
    with monkeypatch.context() as slow:
        slow.setattr(follow, "time", SimpleNamespace(monotonic=count(step=100).__next__))
        slow.setattr(follow, "REST_SECONDS", 50)
        bringing = asyncio.create_task(one._make_pass())
        await sink.until((await books.ledger()).serial, await books.size())
        await asyncio.sleep(0.1)
        assert not bringing.done(), "records that come now wait for the next pass, which brings them together"
        bringing.cancel()
    await books.submit(transfer("1.00"))
    assert await one._make_pass(), "REST_SECONDS is the longest rest"
    await assert_has_all(sink, books)


async def test_two_followers_of_one_sink_bring_nothing_twice(store: Store) -> None:
    books = await store.books()
    await books.submit_all(*[transfer("1.00") for _ in range(30)])
    sink = Outside()
    await asyncio.gather(*(catch_up(follower(store, sink, slice_records=count)) for count in (3, 5, 7)))
    await assert_has_all(sink, books)


async def test_a_hint_wakes_the_follower(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(follow, "POLL_SECONDS", 60)
    hint, sink = Wakeup(), Outside()
    books = await store.books(committed=hint.notify)
    async with following(follower(store, sink, wakeup=hint)):
        for _ in range(3):
            receipt = await books.submit(transfer("1.00"))
            await sink.until((await books.ledger()).serial, receipt.size)
    await assert_has_all(sink, books)


async def test_what_was_taken_before_a_restart_is_not_brought_again(store: Store) -> None:
    books = await store.books()
    await books.submit_all(*[transfer("1.00") for _ in range(30)])
    sink = Outside()
    await follower(store, sink).catch_up()
    after = Outside()
    after.taken = {ledger: list(records) for ledger, records in sink.taken.items()}
    await catch_up(follower(store, after))
    await assert_has_all(after, books)


@pytest.mark.parametrize("after", [0, 1, 2])
async def test_a_follower_that_is_stopped_anywhere_loses_nothing(store: Store, after: int) -> None:
    books = await store.books()
    await books.submit_all(*[transfer("1.00") for _ in range(30)])
    sink, serial = Outside(), (await books.ledger()).serial
    async with following(follower(store, sink)):
        await sink.until(serial, 7 * after)
    await catch_up(follower(store, sink))
    await assert_has_all(sink, books)


# --- trouble


@pytest.mark.own_database
async def test_a_record_that_is_refused_blocks_its_ledger_alone_with_growing_pauses(
    store: Store, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    assert [follow.find_pause(failures) for failures in (1, 2, 3, 20)] == [2, 4, 8, 300]
    books, healthy = await store.books(), await store.books()
    await books.submit(transfer("1.00"))
    serial, poisoned = (await books.ledger()).serial, await books.size()
    await books.submit_all(*[transfer("1.00") for _ in range(9)])
    sink = Outside(refuses=lambda record: record.position == poisoned)
    one = follower(store, sink, slice_records=50)
    await catch_up(one)
    await assert_has_all(sink, healthy)
    assert sink.place(serial) == poisoned
    assert one.blocked == {serial: Blocked(poisoned, "it is not wanted")}
    assert one.lag == {serial: await books.size() - poisoned}
    assert f"publishing: ledger {serial} is blocked at position {poisoned}: it is not wanted" in caplog.text
    # It is left alone for a while, then tried again and again, each time after a longer pause.
    caplog.clear()
    assert not await one.catch_up()
    assert (caplog.text, list(one.blocked)) == ("", [serial])
    failures: list[int] = []

    def no_pause(count: int) -> int:
        failures.append(count)
        return 0

    monkeypatch.setattr(follow, "find_pause", no_pause)
    one = follower(store, sink, slice_records=50)
    for _ in range(3):
        assert not await one.catch_up()
    assert failures == [1, 2, 3]
    sink.refuses = lambda _record: False
    await catch_up(one)
    await assert_has_all(sink, books)
    assert (one.lag, one.blocked) == ({}, {})


@pytest.mark.own_database
async def test_a_hole_in_the_log_blocks_the_sink_there(store: Store, url: str) -> None:
    books = await store.books()
    await books.submit_all(*[transfer("1.00") for _ in range(30)])
    serial, sink = (await books.ledger()).serial, Outside()
    one = follower(store, sink)
    async with outsider(url) as tampering:
        await tampering.disarm()
        await tampering.execute("DELETE FROM journal WHERE position = 20")
    await catch_up(one)
    assert sink.place(serial) == one.blocked[serial].position <= 20
    assert "a hole at position 20" in one.blocked[serial].reason


@on_postgresql
async def test_a_database_that_goes_away_costs_nothing_but_time(
    url: str, store: Store, caplog: pytest.LogCaptureFixture
) -> None:
    books, sink = await store.books(), Outside()
    serial = (await books.ledger()).serial
    async with proxy_to(url) as proxy, open_store(proxy.url) as cut, following(follower(cut, sink)):
        await sink.until(serial, await books.size())
        proxy.go_away()
        await books.submit_all(*[transfer("1.00") for _ in range(20)])
        async with asyncio.timeout(10):
            while "cannot be used" not in caplog.text:  # noqa: ASYNC110  (a log line sets no event)
                await asyncio.sleep(0.01)
        await asyncio.sleep(1.5)  # it tries again meanwhile
        proxy.come_back()
        await sink.until(serial, await books.size())
    await assert_has_all(sink, books)
    assert "Traceback" not in caplog.text
    assert len([each for each in caplog.records if each.levelno >= logging.WARNING]) <= 3


async def test_a_sink_that_is_away_is_said_once_without_a_traceback(
    store: Store, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(follow, "PAUSE_SECONDS_MAX", 0.01)
    monkeypatch.setattr(follow, "POLL_SECONDS", 0.01)
    books, sink = await store.books(), Outside(away=True)
    async with following(follower(store, sink)):
        await asyncio.sleep(0.3)
        sink.away = False
        await sink.until((await books.ledger()).serial, await books.size())
    await assert_has_all(sink, books)
    assert [record.message for record in caplog.records if record.name == "ledger.follow"] == [
        "publishing failed; trying again: nobody listens there"
    ]
    assert "Traceback" not in caplog.text
