"""Rows about size: what grows with the journal, what does not, and how fast the whole of it is read."""

import asyncio
import base64
import itertools
import json
import os
import random
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, closing
from dataclasses import dataclass, field
from functools import partial
from hashlib import sha256
from pathlib import Path

import psutil

from api.audit.auditing import verify
from api.audit.open_source import open_source
from ledger.books.transactions import PostTransaction
from ledger.codec import format_time
from ledger.merkle import EMPTY_FRONTIER, hash_leaf
from ledger.money import Amount
from ledger.sequencer import Order
from ledger.transactions import Memo, Posting
from projections.rebuild import rebuild_all
from projections.registry import make_projections
from tests.benchmarks.books import ACCOUNT_COUNT, CURRENCY, SYSTEM, Books, Calendar, fill, open_books, transaction
from tests.benchmarks.client import Load, Target, in_turns
from tests.benchmarks.installation import Bench, Installation, Served
from tests.benchmarks.peers import hledger_seconds
from tests.benchmarks.projected import large_books
from tests.benchmarks.reads import asking
from tests.benchmarks.rows import Row, say

DAYS = 1_000
SIZES = (1_000, 10_000, 100_000, 1_000_000)
SQLITE_SHARE = 10
"""A SQLite file is grown to a tenth of what PostgreSQL is grown to: both would take too long."""
PAGE = 100
APPENDED = 100
"""Transactions in a batch whose cost is measured."""
AUDITED, REBUILT = 200_000, 20_000
WORK_SECONDS = 1.5

MADE = "records made from the codec's bytes and appended by the store, read models by SQL"


@dataclass
class Grown:
    """An installation with one journal of this size spread over 1,000 days, and for some sizes one of a single day."""

    count: int
    installation: Installation
    spread: Books
    one_day: Books | None = None
    posts: float = 0.0
    balances: Load = field(default_factory=Load)
    registers: Load = field(default_factory=Load)
    memory: int = 0
    append_seconds: list[float] = field(default_factory=list)


async def scale(bench: Bench) -> list[Row]:
    """The curve, and what must not grow with it."""
    rows = []
    for engine, largest in (("postgresql", bench.events), ("sqlite", bench.events // SQLITE_SHARE)):
        sizes = sorted({size for size in SIZES if size < largest} | {largest})
        grown = []
        for size in sizes:
            begun = time.perf_counter()
            grown.append(await _grow(bench, engine, size, one_day=size in (sizes[min(1, len(sizes) - 1)], largest)))
            say(f"  {engine}: {size:,} transactions made in {time.perf_counter() - begun:.0f} s")
        rows += await _questions(bench, grown)
        rows += await _registers(bench, grown)
        await _appended(grown)
        await _worked(grown)
        rows += _curve(grown)
    return rows


async def _grow(bench: Bench, engine: str, count: int, *, one_day: bool) -> Grown:
    installation = await bench.installation(engine)
    async with installation.opened() as services:
        spread = await large_books(installation, services, "spread", count, days=DAYS)
        other = None
        if one_day:
            other = await large_books(installation, services, "one-day", count, days=1, register=False)
    await installation.rest()
    return Grown(count, installation, spread, other)


@asynccontextmanager
async def _all_served(grown: Sequence[Grown]) -> AsyncIterator[dict[int, Served]]:
    async with AsyncExitStack() as stack:
        yield {each.count: await stack.enter_async_context(each.installation.served()) for each in grown}


# --- balances at any pair --------------------------------------------------------------------------------------------


async def _questions(bench: Bench, grown: Sequence[Grown]) -> list[Row]:
    """One client; the server of the small journal and that of the large one by turns."""
    both = [each for each in grown if each.one_day is not None]
    small, large = both[0], both[-1]
    rows = []
    async with _all_served(both) as served:
        for name in ("one day", "1,000 x 1,000 days"):
            turns = {}
            for each in both:
                books = each.one_day if name == "one day" else each.spread
                assert books is not None
                target = served[each.count].target
                turns[str(each.count)] = asking(target, _any_pair(target, books), clients=1)
            done = await in_turns(turns, seconds=bench.seconds / 2)
            found, before = done[str(large.count)], done[str(small.count)]
            what = f"balance at any pair, {large.count:,} postings, {name}: p99"
            row = partial(Row, engine=large.installation.engine, what=what, figure=found.p99, unit="ms")
            note = f"1 client, median {found.percentile(0.5) * 1000:.1f} ms; {MADE}"
            rows += [
                row(base_at_most=1.1, note=note),
                row(beside=f"p99 at {small.count:,}", other=before.p99, at_most=2),
            ]
    return rows


def _any_pair(target: Target, books: Books) -> Iterator[bytes]:
    """Questions without end about the first account: any date, and as known at any size or time. Each has an id of its
    own, so that none is answered from memory."""
    chosen, calendar, account = random.Random(1), books.calendar, books.accounts[0]
    for number in itertools.count():
        effective = calendar.effective(chosen.randrange(calendar.count))
        known = f"recorded_size={books.first + chosen.randrange(calendar.count) + 1}"
        if chosen.random() < 0.5:
            known = f"recorded={format_time(calendar.recorded(chosen.randrange(calendar.count)))}"
        path = f"/api/ledgers/{books.id}/accounts/{account}/balance?effective={effective}&{known}"
        yield target.get(path, X_Request_Id=str(number))


# --- registers -------------------------------------------------------------------------------------------------------


async def _registers(bench: Bench, grown: Sequence[Grown]) -> list[Row]:
    """The first page of the largest account's register against the last one, by turns."""
    large = grown[-1]
    books = large.spread
    path = f"/api/ledgers/{books.id}/accounts/{books.accounts[0]}/register?limit={PAGE}"
    last = large.count // PAGE
    async with large.installation.served() as served:
        target = served.target
        first_page = json.loads((await target.ask(target.get(path)))[1])
        deep = f"{path}&cursor={_cursor_before(first_page['next'], books, (last - 1) * PAGE)}"
        page = json.loads((await target.ask(target.get(deep)))[1])
        assert page["lines"][-1]["balance"] == f"{large.count}.00", "not the last page"
        turns = {
            "first": asking(target, [target.get(path)], clients=1),
            "deep": asking(target, [target.get(deep)], clients=1),
        }
        done = await in_turns(turns, seconds=bench.seconds / 2)
    return [
        Row(
            engine=large.installation.engine,
            what=f"register page {last:,} of {PAGE} lines: p99",
            figure=done["deep"].p99,
            unit="ms",
            beside="page 1",
            other=done["first"].p99,
            at_most=1.5,
            note=f"1 client; {MADE}",
        )
    ]


def _cursor_before(cursor: str, books: Books, rank: int) -> str:
    """The cursor of a page, moved to where the line of this rank comes next: nobody waits for 10,000 pages here."""
    state = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    number = books.calendar.number_at(rank - 1)
    state |= {"date": books.calendar.effective(number).isoformat(), "position": books.first + number, "line": 0}
    state["running"] = {CURRENCY: str(rank * 100)}
    return base64.urlsafe_b64encode(json.dumps(state, separators=(",", ":")).encode()).decode().rstrip("=")


# --- appending, posting, memory --------------------------------------------------------------------------------------


async def _appended(grown: Sequence[Grown], rounds: int = 30) -> None:
    """What a batch of 100 transactions costs the sequencer, from decision to commit, in each journal by turns."""
    async with AsyncExitStack() as stack:
        opened = [await stack.enter_async_context(each.installation.opened()) for each in grown]
        for turn in range(rounds):
            for each, services in zip(grown, opened, strict=True):
                orders = [Order(_order(each.spread, turn * APPENDED + number)) for number in range(APPENDED)]
                begun = time.perf_counter()
                await services.sequencer.submit_all(each.spread.uuid, orders, actor=SYSTEM, atomic=True)
                if turn:  # the first one opens connections
                    each.append_seconds.append(time.perf_counter() - begun)


def _order(books: Books, number: int) -> PostTransaction:
    amount, other = number % 9_999 + 1, books.accounts[1 + number % (len(books.accounts) - 1)]
    postings = (
        Posting(books.accounts[0], Amount(amount, 2), CURRENCY),
        Posting(other, Amount(-amount, 2), CURRENCY),
    )
    return PostTransaction(books.calendar.effective(number), postings, memo=Memo(f"Transfer {number}"))


async def _worked(grown: Sequence[Grown]) -> None:
    """The same work for a fresh server of each: posts, balances and a register. Then its memory is read."""
    for each in grown:
        async with each.installation.served() as served:
            target, books = served.target, each.spread
            path = f"/api/ledgers/{books.id}/transactions"
            requests = [target.request("POST", path, transaction(number)) for number in range(1_000)]
            await served.settled()
            each.posts = (await target.load(requests, seconds=WORK_SECONDS)).per_second
            await served.settled()
            register = f"/api/ledgers/{books.id}/accounts/{books.accounts[0]}/register?limit={PAGE}"
            pages = asking(target, [target.get(register)], clients=1)
            each.balances = await asking(target, _any_pair(target, books), clients=1)(WORK_SECONDS)
            each.registers = await pages(WORK_SECONDS)
            await served.settled()
            each.memory = served.memory


def _curve(grown: Sequence[Grown]) -> list[Row]:
    """A row a size, and what the largest is beside the smallest."""
    first, last = grown[0], grown[-1]
    rows = []
    for each in grown:
        row = partial(Row, engine=each.installation.engine)
        at = f"at {each.count:,} events"
        rows += [
            row(what=f"posts, 64 clients, {at}", figure=each.posts, unit="/s"),
            row(what=f"balance at any pair {at}: p99", figure=each.balances.p99, unit="ms"),
            row(what=f"first page of the register {at}: p99", figure=each.registers.p99, unit="ms"),
            row(what=f"append of 100 transactions {at}", figure=_best(each.append_seconds) * 1000, unit="ms"),
            row(what=f"memory of the server {at}", figure=each.memory / 2**20, unit="MiB"),
        ]
    row = partial(Row, engine=last.installation.engine, beside=f"at {first.count:,}", at_most=1.2)
    return [
        *rows,
        row(
            what=f"memory of the server, {last.count:,} events",
            figure=last.memory / 2**20,
            unit="MiB",
            other=first.memory / 2**20,
            base_at_most=1.2,
        ),
        row(
            what=f"append cost, {last.count:,} events",
            figure=_best(last.append_seconds) * 1000,
            unit="ms",
            other=_best(first.append_seconds) * 1000,
            note=f"batches of {APPENDED}, the better half, by turns; {MADE}",
        ),
    ]


def _best(seconds: Sequence[float]) -> float:
    """The mean of the better half: the machine's own hiccups are not what is asked about."""
    better = sorted(seconds)[: max(1, len(seconds) // 2)]
    return sum(better) / len(better)


# --- the whole journal -----------------------------------------------------------------------------------------------


async def rebuilds(bench: Bench) -> list[Row]:
    """All read models built anew from the journal, and `hledger bal` over the same transactions."""
    rows = []
    count = min(REBUILT, bench.events)
    journal = bench.folder / "bench.journal"
    await asyncio.to_thread(_write_journal, journal, count)
    hledger = await asyncio.to_thread(hledger_seconds, journal)
    for engine in ("postgresql", "sqlite"):
        installation = await bench.installation(engine)
        async with installation.opened() as services:
            books = await open_books(installation, services, "rebuilt", past=True)
            await fill(services, books, count, days=DAYS)
            projector = services.projector(2_000)
            begun = time.perf_counter()
            while await projector.catch_up():
                pass
            followed = books.size / (time.perf_counter() - begun)
            begun = time.perf_counter()
            reports = await rebuild_all(services.journal, services.projections, make_projections(), books.serial)
            speed = books.size / (time.perf_counter() - begun)
            assert all(report.cut_over for report in reports)
        row = partial(
            Row,
            engine=engine,
            what=f"rebuild of all read models, {count:,} transactions",
            figure=speed,
            unit="events/s",
        )
        rows.append(row(base_at_least=3.5, note=f"projectors catching up {followed:,.0f}"))
        if hledger is None:
            rows.append(row(note="hledger is not installed"))
        else:
            rows.append(row(beside="hledger bal", other=count / hledger, at_least=1.0))
    return rows


def _write_journal(path: Path, count: int) -> None:
    """The transactions of `books.fill` as hledger reads them."""
    calendar = Calendar(DAYS, count)
    with path.open("w") as lines:
        for number in range(count):
            other = number % (ACCOUNT_COUNT - 1) + 1
            lines.write(
                f"{calendar.effective(number)} Transfer {number}\n"
                f"    Assets:Account 000    1.00 EUR\n    Assets:Account {other:03}    -1.00 EUR\n\n"
            )


async def audit(bench: Bench) -> list[Row]:
    """An audit of the log against a loop that reads the same bytes in the same way and does nothing but hash them.

    The log alone: `verify` is given nothing to compare the read models with, as by `--no-read-models`. That part folds
    and writes, and its speed is that of a rebuild.
    """
    rows = []
    count = min(AUDITED, bench.events)
    for engine in ("sqlite", "postgresql"):
        installation = await bench.installation(engine)
        async with installation.opened() as services:
            books = await open_books(installation, services, "audited", past=True)
            await fill(services, books, count, days=DAYS)
        rows += await asyncio.to_thread(_audited, installation, books)
    return rows


def _audited(installation: Installation, books: Books) -> list[Row]:
    with closing(open_source(installation.url, ledger=books.id)) as source:
        begun = time.perf_counter()
        frontier = EMPTY_FRONTIER
        for page in source.read_pages(0, books.size):
            frontier = frontier.extend(hash_leaf(stored.record) for stored in page)
            for stored in page:
                sha256(stored.data or b"").digest()
                sha256(stored.memo or b"").digest()
        hashing = books.size / (time.perf_counter() - begun)
    memory: list[int] = []
    process, processes = psutil.Process(), os.cpu_count() or 1
    reopen = partial(open_source, installation.url, ledger=books.id)

    def measure(done: int, size: int) -> None:
        if done * 20 // size < len(
            memory
        ):  # finding all processes takes as long as a hundred records: 20 times will do
            return
        everybody = [process, *process.children(recursive=True)]
        memory.append(sum(each.memory_info().rss for each in everybody))

    with closing(open_source(installation.url, ledger=books.id)) as source:
        begun = time.perf_counter()
        report = verify(source, told=measure, reopen=reopen, processes=processes)
        speed = books.size / (time.perf_counter() - begun)
    assert report.gravest is None and report.root == frontier.compute_root().hex(), list(report.faults)
    row = partial(Row, engine=installation.engine)
    what = f"auditing {books.size:,} events, {processes} processes"
    return [
        row(
            what=what,
            figure=speed,
            unit="events/s",
            beside="reading and hashing them",
            other=hashing,
            base_at_least=1.0,
        ),
        row(
            what="its memory at the end",
            figure=memory[-1] / 2**20,
            unit="MiB",
            beside="after a tenth",
            other=memory[len(memory) // 10] / 2**20,
            at_most=1.2,
        ),
    ]
