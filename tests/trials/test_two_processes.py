"""Two real processes write to one ledger, one is killed in the middle again and again, and a reader follows the log.

The seed is printed with a failure; LLMEDGER_SIMULATION_SEED repeats a run, and LLMEDGER_SIMULATION_SECONDS makes it as
long as you like.
"""

import asyncio
import itertools
import json
import os
import random
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from ledger.fiscal_year import fiscal_year
from ledger.journal import Receipt, Record
from ledger.merkle import compute_root
from ledger.sequencer import Order
from ledger.transactions import CurrencyDeclared, TransactionPosted
from projections.account_balances import read_balances_page
from projections.registry import make_projections
from tests.readmodels.plain_fold import plain_fold
from tests.stores import ENGINES, Books, Store, migrated_url, open_store, outsider, rebuild
from tests.trials.writer import CLIENTS, command_of

ROOT = Path(__file__).resolve().parents[2]
SECONDS = float(os.environ.get("LLMEDGER_SIMULATION_SECONDS", "5"))
KILLS = 2

pytestmark = [pytest.mark.simulation, pytest.mark.slow, pytest.mark.timeout(120 + 5 * SECONDS)]


@pytest.fixture(params=ENGINES)
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A new database."""
    yield from migrated_url(request, tmp_path)


@pytest.fixture
async def store(url: str) -> AsyncIterator[Store]:
    """The one who looks on."""
    async with open_store(url) as opened:
        yield opened


@pytest.fixture
def seed() -> str:
    """Of this run."""
    chosen = os.environ.get("LLMEDGER_SIMULATION_SEED") or str(random.SystemRandom().randrange(10**6))
    sys.stdout.write(f"LLMEDGER_SIMULATION_SEED={chosen}\n")
    return chosen


@dataclass
class Writer:
    """A writing process, and what it has been promised."""

    name: str
    process: asyncio.subprocess.Process
    acknowledged: list[dict[str, Any]] = field(default_factory=list)
    heard: "asyncio.Task[None] | None" = None

    @classmethod
    async def start(cls, url: str, books: Books, seed: str, name: str) -> "Writer":
        program = [sys.executable, "-m", "tests.trials.writer", url, books.uuid, seed, name]
        pipe = asyncio.subprocess.PIPE
        writer = cls(name, await asyncio.create_subprocess_exec(*program, cwd=ROOT, stdin=pipe, stdout=pipe))
        writer.heard = asyncio.create_task(writer.hear())
        return writer

    async def hear(self) -> None:
        """Take every line; the last one may have been cut by a kill."""
        assert self.process.stdout is not None
        async for line in self.process.stdout:
            if line.endswith(b"\n"):
                self.acknowledged.append(json.loads(line))

    async def wrote(self, count: int) -> None:
        """Return when this many more commands have been acknowledged."""
        wanted = len(self.acknowledged) + count
        while len(self.acknowledged) < wanted:
            assert self.process.returncode is None, f"writer {self.name} ended with {self.process.returncode}"
            await asyncio.sleep(0.01)

    async def kill(self) -> None:
        """`kill -9`."""
        self.process.kill()
        await self.process.wait()
        assert self.heard is not None
        await self.heard

    async def stop(self) -> None:
        """Let it finish."""
        assert self.process.stdin is not None and self.heard is not None
        self.process.stdin.close()
        await self.heard
        assert await self.process.wait() == 0


async def follow(store: Store, url: str, books: Books) -> None:
    """Read the tail of the log for ever: positions come one after another, and never is a later one there first."""
    serial, following = (await books.ledger()).serial, 0
    async with outsider(url) as outside:
        while True:
            for record in await store.journal.read(serial, following, 100):
                assert record.position == following
                following += 1
            [(count, last)] = await outside.fetch(
                f"SELECT count(*), max(position) FROM journal WHERE ledger = {serial} AND position >= {following}"
            )
            assert count == (0 if last is None else last - following + 1), "a hole"
            await asyncio.sleep(0.005)


async def test_two_writers_a_follower_rollbacks_and_kills(url: str, store: Store, seed: str) -> None:
    books = await store.books()
    chance = random.Random(f"{seed} parent")
    following = asyncio.create_task(follow(store, url, books))
    steady = await Writer.start(url, books, seed, "steady")
    writers = [steady]
    begun = time.monotonic()
    while len(writers) <= KILLS or time.monotonic() - begun < SECONDS:
        if len(writers) > 1:
            await writers[-1].kill()
        writers.append(await Writer.start(url, books, seed, f"life{len(writers)}-"))
        await asyncio.gather(steady.wrote(20), writers[-1].wrote(chance.randrange(20, 80)))
        await asyncio.sleep(chance.uniform(0, SECONDS / KILLS / 2))
    await asyncio.gather(steady.stop(), writers[-1].stop())
    assert not following.done(), following.exception()
    following.cancel()

    acknowledged = list(itertools.chain.from_iterable(writer.acknowledged for writer in writers))
    records = await books.records()
    sys.stdout.write(f"{len(records)} records, {len(acknowledged)} acknowledged, {len(writers)} processes\n")
    await assert_whole(books, records)
    assert_kept(records, acknowledged)
    await assert_keys_answer(books, seed, acknowledged)
    await assert_cut_off_commands_can_be_repeated(books, seed, writers)
    await assert_projected(store, books)


async def assert_whole(books: Books, records: list[Record]) -> None:
    """No position missing, none twice, one tree, one time line, document numbers without a gap."""
    head = (await books.ledger()).head
    assert [record.position for record in records] == list(range(head.size))
    assert [record.envelope["position"] for record in records] == list(range(head.size))
    assert compute_root([record.leaf_hash for record in records]) == head.root
    times = [record.recorded_at for record in records]
    assert times == sorted(times)
    assert len({record.id for record in records}) == len(records)
    numbers: dict[tuple[str, int], list[int]] = {}
    for record in records:
        assert record.event != CurrencyDeclared("UNDONE", 0), "what was rolled back"
        if isinstance(posted := record.event, TransactionPosted):
            numbers.setdefault((posted.series, fiscal_year(posted.date, "01-01")), []).append(posted.number)
    assert len(numbers) == 8
    assert all(found == list(range(1, len(found) + 1)) for found in numbers.values())


def assert_kept(records: list[Record], acknowledged: list[dict[str, Any]]) -> None:
    """Every acknowledged command is there, at its position, and nothing is there twice, keyless ones neither."""
    assert len(acknowledged) > 100
    for said in acknowledged:
        record = records[said["position"]]
        assert (record.id, record.envelope["key"]) == (said["id"], said["key"])
        assert isinstance(record.event, TransactionPosted)
        assert record.event.memo.description == said["token"]
    tokens = Counter(record.event.memo.description for record in records if isinstance(record.event, TransactionPosted))
    assert set(tokens.values()) == {1}


async def assert_keys_answer(books: Books, seed: str, acknowledged: list[dict[str, Any]]) -> None:
    """Every key that was used gives its answer again."""
    size = await books.size()
    keyed = [said for said in acknowledged if said["key"]]
    for start in range(0, len(keyed), 500):
        some = keyed[start : start + 500]
        answers = await books.submit_all(*[Order(command_of(seed, said["token"]), said["key"]) for said in some])
        for said, answer in zip(some, answers, strict=True):
            assert isinstance(answer, Receipt), answer
            assert (answer.id, answer.position, answer.replayed) == (said["id"], said["position"], True)
    assert await books.size() == size


async def assert_cut_off_commands_can_be_repeated(books: Books, seed: str, writers: list[Writer]) -> None:
    """A command whose answer was lost by the kill is asked for again, and is there once."""
    wanted = []
    for writer in writers[1:-1]:
        for client in range(CLIENTS):
            name = f"{writer.name}{client}-"
            numbers = [
                int(said["token"].removeprefix(name).split(".")[0])
                for said in writer.acknowledged
                if said["token"].startswith(name)
            ]
            wanted.append(f"{name}{max(numbers, default=-1) + 1}")
    before = Counter(record.envelope["key"] for record in await books.records())
    answers = await books.submit_all(*[Order(command_of(seed, token), token) for token in wanted])
    for token, answer in zip(wanted, answers, strict=True):
        assert isinstance(answer, Receipt)
        assert answer.replayed == (before[token] > 0)
    tokens = Counter(
        record.event.memo.description
        for record in await books.records()
        if isinstance(record.event, TransactionPosted) and record.envelope["key"]
    )
    assert {tokens[token] for token in wanted} == {1}


async def assert_projected(store: Store, books: Books) -> None:
    """Guards, projection and a plain fold say the same; every read model equals its rebuild."""
    await store.project()
    records = await books.records()
    ledger = await books.ledger()
    serial = ledger.serial
    plain = plain_fold(records)
    guards = await store.journal.read_totals(serial)
    async with store.reader().open(ledger, "account_balances", min_size=len(records)) as reading:
        view = reading.view("account_balances")
        page = await read_balances_page(view, limit=1_000)
    folded = {key: (debits, credits_) for key, (debits, credits_, _) in plain.balances.items()}
    assert {key: tuple(each) for key, each in guards.items()} == folded
    assert {(each.account, each.currency): (each.debits, each.credits) for each in page} == folded
    for projection in make_projections():
        report = await rebuild(store.journal, store.projections, projection, serial)
        assert (report.differences, report.faults, report.size) == ([], [], len(records))
