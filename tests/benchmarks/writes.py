"""Rows about writing: single posts, a hot account, several processes, many ledgers, bulk, import, and how far the
projections lag behind."""

import asyncio
import json
import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any

from tests.benchmarks.books import Books, bulk, open_books, transaction
from tests.benchmarks.client import Load, Target, Turn, in_turns
from tests.benchmarks.floors import copies_per_second, fsyncs_per_second
from tests.benchmarks.installation import Bench, Installation, Served, lags_watched
from tests.benchmarks.peers import absent, pgledger, tigerbeetle
from tests.benchmarks.rows import Row

LEDGER = "bench"
REQUESTS = 2_000
CLIENTS = 64
BULK = 1_000
BULK_CLIENTS = 2
SMALL_LEDGERS = 500
SMALL_CLIENTS, LARGE_CLIENTS = 64, 16
IMPORT_LINES = 20_000
Imported = dict[str, Any]
"""Lines, seconds, and resident bytes from time to time."""
PROCESS_TURNS = 4
"""Each as long as a whole row elsewhere: its connections are new ones, and find their way first."""


@asynccontextmanager
async def serving(bench: Bench, engine: str, *, workers: int = 0) -> AsyncIterator[tuple[Served, Books]]:
    """A new database with one ledger, served. `workers`: see `Installation.served`."""
    installation = await bench.installation(engine)
    async with installation.opened() as services:
        books = await open_books(installation, services, LEDGER)
    async with installation.served(workers=workers) as served:
        yield served, books


def posting(target: Target, path: str = f"/api/ledgers/{LEDGER}/transactions", *, hot: bool = False) -> Turn:
    """Single posts by 64 clients, as a turn."""
    requests = [target.request("POST", path, transaction(number, hot=hot)) for number in range(REQUESTS)]

    async def turn(seconds: float) -> Load:
        return await target.load(requests, seconds=seconds, callers=CLIENTS)

    return turn


# --- single posts ----------------------------------------------------------------------------------------------------


async def posts(bench: Bench) -> list[Row]:
    """Durable single posts over HTTP, 64 clients, cookie: both engines, the same route without writing, the peers."""
    async with AsyncExitStack() as stack:
        turns: dict[str, Turn] = {}
        running = []
        for engine in ("postgresql", "sqlite"):
            served, _ = await stack.enter_async_context(serving(bench, engine))
            running.append(served)
            turns[engine] = posting(served.target)
            turns[f"{engine} no-op"] = posting(served.target, f"/noop/ledgers/{LEDGER}/transactions")
        done = await in_turns(turns, seconds=bench.seconds, between=partial(_settled, running))
    fsyncs = fsyncs_per_second(bench.server.folder, 1)
    theirs, tiger = await pgledger(bench, bench.seconds / 2), await tigerbeetle(bench.seconds / 2)
    posted, noop = done["postgresql"].per_second, done["postgresql no-op"].per_second
    what = "single durable posts, 64 clients, cookie"
    row = partial(Row, engine="postgresql", what=what, figure=posted, unit="/s")
    note = f"p99 {done['postgresql'].p99:.0f} ms; {absent(pgledger=theirs, TigerBeetle=tiger)}"
    rows = [
        row(beside="the route only validating", other=noop, base_at_least=1.3, note=note),
        row(beside="fsyncs", other=fsyncs),
    ]
    if tiger:
        rows.append(row(beside="TigerBeetle, 64 tasks", other=tiger["single"], at_least=1.2))
    if theirs:
        rows.append(row(beside="pgledger, spread", other=theirs["spread"], at_least=5))
        rows.append(row(beside="pgledger, hot", other=theirs["hot"], at_least=15))
    sqlite, sqlite_noop = done["sqlite"].per_second, done["sqlite no-op"].per_second
    row = partial(Row, engine="sqlite", what=what, figure=sqlite, unit="/s")
    note = f"p99 {done['sqlite'].p99:.0f} ms; {sqlite / sqlite_noop:.2f} x the route only validating"
    rows.append(row(beside="PostgreSQL", other=posted, at_least=0.9, note=note))
    return rows


async def _settled(running: list[Served]) -> None:
    for served in running:
        await served.settled()


async def hot_account(bench: Bench) -> list[Row]:
    """Every transaction on one account, against spread ones."""
    async with serving(bench, "postgresql") as (served, _):
        turns = {"spread": posting(served.target), "hot": posting(served.target, hot=True)}
        done = await in_turns(turns, seconds=bench.seconds, between=served.settled)
    hot, spread = done["hot"].per_second, done["spread"].per_second
    what = "single posts, one account in all of them"
    return [
        Row(engine="postgresql", what=what, figure=hot, unit="/s", beside="spread", other=spread, at_least=0.95),
    ]


# --- several processes, many ledgers ---------------------------------------------------------------------------------


async def processes(bench: Bench) -> list[Row]:
    """Four server processes on one ledger against one; both as `llmedger serve` starts them."""
    async with AsyncExitStack() as stack:
        turns: dict[str, Turn] = {}
        running = []
        for workers in (1, 4):
            served, _ = await stack.enter_async_context(serving(bench, "postgresql", workers=workers))
            await served.idle()
            running.append(served)
            turns[f"{workers}"] = posting(served.target)
        done = await in_turns(
            turns, seconds=PROCESS_TURNS * bench.seconds, turns=PROCESS_TURNS, between=partial(_settled, running)
        )
    one, four = done["1"], done["4"]
    slowest, mean = min(four.answers), sum(four.answers) / len(four.answers)
    note = (
        "past one ledger's lock: a ledger has one writer among them, and HTTP is spread over as many cores as there "
        "are, which here are two"
    )
    row = partial(Row, engine="postgresql")
    return [
        row(
            what="4 server processes on one ledger, 64 clients",
            figure=four.per_second,
            unit="/s",
            beside="1 process",
            other=one.per_second,
            at_least=1.0,
            note=note,
        ),
        row(
            what="its slowest client",
            figure=slowest / four.seconds,
            unit="/s",
            beside="the mean client",
            other=mean / four.seconds,
            at_least=0.3,
        ),
    ]


async def crowd(bench: Bench) -> list[Row]:
    """500 small ledgers, posted to by turns, alone and beside one that is posted to without a pause."""
    installation = await bench.installation("postgresql")
    async with installation.opened() as services:
        await open_books(installation, services, LEDGER)
        for number in range(SMALL_LEDGERS):
            await open_books(installation, services, f"small-{number}", accounts=2)
    async with installation.served() as served:
        target = served.target
        body = {
            "date": "2026-01-02",
            "postings": [
                {"account": "Assets:Account 000", "amount": "1.00", "currency": "EUR"},
                {"account": "Assets:Account 001", "amount": "-1.00", "currency": "EUR"},
            ],
        }
        paths = [f"/api/ledgers/small-{number}/transactions" for number in range(SMALL_LEDGERS)]
        small = [target.request("POST", path, body) for path in paths]
        large = [target.request("POST", f"/api/ledgers/{LEDGER}/transactions", transaction(n)) for n in range(REQUESTS)]
        rates: list[float] = []

        async def alone(seconds: float) -> Load:
            return await target.load(small, seconds=seconds, callers=SMALL_CLIENTS)

        async def beside(seconds: float) -> Load:
            found, other = await asyncio.gather(
                alone(seconds), target.load(large, seconds=seconds, callers=LARGE_CLIENTS)
            )
            rates.append(other.per_second)
            return found

        await served.settled()
        done = await in_turns({"alone": alone, "beside": beside}, seconds=bench.seconds, between=served.settled)
    note = (
        f"{SMALL_CLIENTS} clients go round {SMALL_LEDGERS} ledgers ({done['alone'].per_second:,.0f}/s alone, "
        f"{done['beside'].per_second:,.0f}/s beside), {LARGE_CLIENTS} more post to the other one "
        f"({sum(rates) / len(rates):,.0f}/s)"
    )
    return [
        Row(
            engine="postgresql",
            what="501 ledgers, one at full speed: p99 of the small ones",
            figure=done["beside"].p99,
            unit="ms",
            beside="alone",
            other=done["alone"].p99,
            at_most=2,
            note=note,
        )
    ]


# --- bulk and import -------------------------------------------------------------------------------------------------


async def bulk_and_import(bench: Bench) -> list[Row]:
    """Bulk posts of 1,000 against a COPY of the same rows and the peers; an import against them."""
    async with serving(bench, "postgresql") as (served, books):
        target = served.target

        def turn(path: str) -> Turn:
            requests = [target.request("POST", path, bulk(number * BULK, BULK)) for number in range(10)]

            async def load(seconds: float) -> Load:
                return await target.load(requests, seconds=seconds, callers=BULK_CLIENTS)

            return load

        imported: list[Imported] = []

        async def importing(_seconds: float) -> Load:
            imported.append(await _import(bench, served.installation, len(imported)))
            return Load()

        turns = {
            "posted": turn(f"/api/ledgers/{LEDGER}/commands"),
            "no-op": turn(f"/noop/ledgers/{LEDGER}/commands"),
            "imported": importing,
        }
        done = await in_turns(turns, seconds=bench.seconds, between=served.settled)
        copied = await copies_per_second(served.installation, books.serial, batch=BULK, seconds=2)
    theirs, tiger = await pgledger(bench, bench.seconds / 2), await tigerbeetle(bench.seconds / 2)
    posted = done["posted"].per_second * BULK
    validated = done["no-op"].per_second * BULK
    row = partial(
        Row, engine="postgresql", what="bulk posts, 1,000 a request, 2 postings each", figure=posted, unit="/s"
    )
    note = f"{posted / validated:.2f} x the route only validating; {absent(pgledger=theirs, TigerBeetle=tiger)}"
    rows = [row(beside="COPY of the same rows", other=copied, base_at_least=1.5, note=note)]
    if tiger:
        rows.append(row(beside="TigerBeetle in batches", other=tiger["batch"], at_least=1.0))
    if theirs:
        rows.append(row(beside="pgledger, 1,000 a statement", other=theirs["bulk"], at_least=7))
    counted = imported[1:]  # as of the others: the first turn is not
    speed = sum(each["lines"] for each in counted) / sum(each["seconds"] for each in counted)
    memory = counted[-1]["memory"]
    early, last = memory[len(memory) // 4], memory[-1]
    row = partial(Row, engine="postgresql")
    what = f"import of {IMPORT_LINES:,} JSON lines"
    return [
        *rows,
        row(what=what, figure=speed, unit="/s", beside="bulk over HTTP", other=posted, at_least=0.7, base_at_least=1.3),
        row(
            what="its memory at the end",
            figure=last / 2**20,
            unit="MiB",
            beside="after a quarter",
            other=early / 2**20,
            at_most=1.2,
        ),
    ]


async def _import(bench: Bench, installation: Installation, number: int) -> Imported:
    """What an importing process says of itself; the server idles, but for its projectors. `number`: of the file, whose
    name makes its lines new ones."""
    file = bench.folder / f"import-{number}.jsonl"
    await asyncio.to_thread(_write_lines, file)
    program = [sys.executable, "-m", "tests.benchmarks.importing", str(file), LEDGER]
    process = await asyncio.create_subprocess_exec(
        *program, env=installation.environment, stdout=asyncio.subprocess.PIPE
    )
    said, _ = await process.communicate()
    assert process.returncode == 0
    found: Imported = json.loads(said)
    return found


def _write_lines(file: Path) -> None:
    with file.open("w") as lines:
        for number in range(IMPORT_LINES):
            lines.write(json.dumps({"id": number, **transaction(number)}) + "\n")


# --- lag -------------------------------------------------------------------------------------------------------------


async def lag(bench: Bench) -> list[Row]:
    """How long a record waits for the slowest projection while 64 clients post at full speed."""
    rows = []
    for engine in ("postgresql", "sqlite"):
        async with serving(bench, engine) as (served, books):
            post = posting(served.target)
            await post(min(1, bench.seconds))
            await served.settled()
            async with lags_watched(served.installation, books.serial) as lags:
                posted = await post(bench.seconds)
        rows.append(
            Row(
                engine=engine,
                what="projection lag at full speed, p99 of all models",
                figure=lags.p99,
                unit="ms",
                base_at_most=0.6,
                note=f"{posted.per_second:,.0f} posts/s; sampled every 20 ms",
            )
        )
    return rows
