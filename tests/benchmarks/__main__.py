"""`make bench`: durable single posts over HTTP from 64 clients, bulk posts, and rebuilds, each beside a no-op.

Every figure is set against another of the same run. Prints a table and writes `bench.json`.
"""

import asyncio
import json
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, closing, contextmanager
from dataclasses import asdict, dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

import psutil

from api.services import open_databases, open_services
from api.settings import Settings
from api.verify.opening import open_source
from api.verify.run import verify
from ledger.journal import Ledger
from ledger.merkle import EMPTY_FRONTIER, leaf_hash
from migrations import migrate
from projections.rebuild import rebuild
from projections.registry import projections
from tests.benchmarks.client import Target, forever
from tests.postgres import postgres_server

SECONDS = float(os.environ.get("BENCH_SECONDS", "6"))
CLIENTS = 64
BULK = 1_000
ACCOUNTS = 100
LEDGER = "bench"


@dataclass
class Row:
    """A line of the table: `ratio` sets `figure` against `beside`."""

    engine: str
    what: str
    figure: float
    unit: str
    beside: str
    ratio: float | None
    note: str = ""


def main() -> None:
    """Run everything on both engines."""
    rows: list[Row] = []
    with tempfile.TemporaryDirectory() as folder, postgres_server() as server:
        for engine, url in (
            ("sqlite", f"sqlite:///{folder}/bench.db"),
            ("postgresql", server.create_database("bench")),
        ):
            rows += asyncio.run(measure(engine, url, Path(folder)))
    show(rows)
    Path("bench.json").write_text(json.dumps([asdict(row) for row in rows], indent=2))
    sys.stdout.write("written: bench.json\n")


def show(rows: list[Row]) -> None:
    """The table."""
    for row in rows:
        ratio = "" if row.ratio is None else f"{row.ratio:8.2f} x {row.beside}"
        sys.stdout.write(f"{row.engine:11} {row.what:42} {row.figure:10,.0f} {row.unit:9} {ratio}  {row.note}\n")


async def measure(engine: str, url: str, folder: Path) -> list[Row]:
    """All rows of one engine."""
    environment = {**os.environ, "LEDGER_DATABASE_URL": url, "LEDGER_LOG_LEVEL": "error"}
    os.environ["LEDGER_DATABASE_URL"] = url
    async with open_databases(Settings()) as databases:
        await migrate(*databases)
    with served(environment) as port:
        target = await prepared(port)
        rows = await posts(engine, target)
        rows += await bulk(engine, target)
        rows += await crowded(engine, target, folder, environment)
    return rows + await rebuilds(engine) + await asyncio.to_thread(audits, engine, url)


@contextmanager
def served(environment: dict[str, str]) -> Iterator[int]:
    """The service in a process of its own."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    process = subprocess.Popen([sys.executable, "-m", "tests.benchmarks.server", str(port)], env=environment)
    try:
        wait_for(port)
        yield port
    finally:
        process.terminate()
        process.wait(20)


def wait_for(port: int) -> None:
    """Return when something listens there."""
    for _ in range(300):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    raise RuntimeError("the server did not start")


async def prepared(port: int) -> Target:
    """A signed-in client, and a ledger with accounts."""
    target = Target("127.0.0.1", port)
    body = json.dumps({"username": "bench", "password": "bench-password"}).encode()
    token = json.loads(await target.ask("POST", "/api/auth/register", body))["token"]
    target.headers = {"Cookie": f"auth-session={token.replace('=', '%3D')}", "Origin": f"http://127.0.0.1:{port}"}
    await target.ask("POST", "/api/ledgers", json.dumps({"id": LEDGER, "currency": "EUR"}).encode())
    opened = [{"type": "open_account", "path": f"Assets:Account {number:03}"} for number in range(ACCOUNTS)]
    await target.ask("POST", f"/api/ledgers/{LEDGER}/commands", json.dumps({"commands": opened}).encode())
    return target


def transaction(number: int) -> dict[str, Any]:
    """A transfer between two of the accounts."""
    amount = f"{number % 9_999 + 1}.{number % 100:02}"
    from_, to = number % ACCOUNTS, (number * 7 + 1) % ACCOUNTS
    return {
        "date": f"2026-{number % 12 + 1:02}-{number % 28 + 1:02}",
        "description": f"Transfer {number}",
        "postings": [
            {"account": f"Assets:Account {from_:03}", "amount": f"-{amount}", "currency": "EUR"},
            {"account": f"Assets:Account {to:03}", "amount": amount, "currency": "EUR"},
        ],
    }


async def posts(engine: str, target: Target) -> list[Row]:
    """Durable single posts, against the same requests that are only read and checked."""

    def requests(path: str) -> Iterator[bytes]:
        return forever(lambda number: target.request("POST", path, json.dumps(transaction(number)).encode()))

    await target.load(requests(f"/api/ledgers/{LEDGER}/transactions"), clients=CLIENTS, seconds=1)
    noop = await target.load(requests("/noop/transactions"), clients=CLIENTS, seconds=SECONDS / 2)
    posted = await target.load(requests(f"/api/ledgers/{LEDGER}/transactions"), clients=CLIENTS, seconds=SECONDS)
    note = f"p99 {posted.percentile(0.99) * 1000:.0f} ms"
    ratio = posted.per_second / noop.per_second
    return [
        Row(engine, "no-op of the same request", noop.per_second, "/s", "", None),
        Row(engine, "durable single posts, 64 clients, cookie", posted.per_second, "/s", "no-op", ratio, note),
    ]


async def bulk(engine: str, target: Target) -> list[Row]:
    """Bulk posts of 1,000, against the same requests that are only read and checked."""

    def requests(path: str) -> Iterator[bytes]:
        def body(number: int) -> bytes:
            some = [{"type": "post_transaction", **transaction(number * BULK + each)} for each in range(BULK)]
            return json.dumps({"commands": some}).encode()

        made = [target.request("POST", path, body(number)) for number in range(10)]
        return forever(lambda number: made[number % len(made)])

    noop = await target.load(requests("/noop/commands"), clients=2, seconds=SECONDS / 2)
    posted = await target.load(requests(f"/api/ledgers/{LEDGER}/commands"), clients=2, seconds=SECONDS)
    ratio = posted.per_second / noop.per_second
    return [
        Row(engine, "no-op of the same bulk", noop.per_second * BULK, "/s", "", None),
        Row(engine, "bulk posts, 1,000 a request", posted.per_second * BULK, "/s", "no-op", ratio),
    ]


async def crowded(engine: str, target: Target, folder: Path, environment: dict[str, str]) -> list[Row]:
    """Single posts while three projectors catch up and an import runs in another process: lag and the slowest post."""
    file = folder / "import.jsonl"
    with file.open("w") as lines:
        for number in range(20_000):
            lines.write(json.dumps({"id": f"{engine}-{number}", **transaction(number)}) + "\n")
    command = [sys.executable, "-c", "from api.cli import main; main()", "import", str(file), "--ledger", LEDGER]
    importing = await asyncio.create_subprocess_exec(*command, env=environment, stdout=subprocess.DEVNULL)
    lags: list[int] = []
    async with watched(lags):
        posted = await target.load(
            forever(
                lambda number: target.request(
                    "POST", f"/api/ledgers/{LEDGER}/transactions", json.dumps(transaction(number)).encode()
                )
            ),
            clients=8,
            seconds=SECONDS,
        )
    if importing.returncode is None:
        importing.terminate()
    await importing.wait()
    slowest, lag = max(posted.latencies) * 1000, sorted(lags)[int(0.99 * (len(lags) - 1))]
    note = f"slowest {slowest:.0f} ms, p99 {posted.percentile(0.99) * 1000:.0f} ms, lag p99 {lag:,} records"
    return [Row(engine, "single posts beside import and projectors", posted.per_second, "/s", "", None, note)]


@asynccontextmanager
async def watched(lags: list[int]) -> AsyncIterator[None]:
    """Note how far the slowest projection lags, twenty times a second."""
    async with open_services(Settings()) as services:
        ledger = await the_ledger(services.journal)

        async def watch() -> None:
            while True:
                size = await services.journal.size(ledger.serial)
                applied = [(await services.reader.applied(ledger.serial, each.name)).applied for each in projections()]
                lags.append(size - min(applied))
                await asyncio.sleep(0.05)

        watching = asyncio.create_task(watch())
        try:
            yield
        finally:
            watching.cancel()


async def rebuilds(engine: str) -> list[Row]:
    """Rebuilding each read model, against reading and decoding the same records."""
    rows: list[Row] = []
    async with open_services(Settings()) as services:
        projector = services.projector(2_000)
        while await projector.catch_up():
            pass
        ledger = await the_ledger(services.journal)
        kinds: set[type] = set()
        begun = time.perf_counter()
        async for record in services.journal.stream(ledger.serial, 0, ledger.head.size):
            kinds.add(type(record.event))
        reading = ledger.head.size / (time.perf_counter() - begun)
        rows.append(Row(engine, "reading and decoding the log", reading, "events/s", "", None))
        for model in projections():
            begun = time.perf_counter()
            report = await rebuild(services.journal, services.projections, model, ledger.serial)
            speed = report.size / (time.perf_counter() - begun)
            assert report.cut_over, report.differences
            rows.append(Row(engine, f"rebuild of {model.name}", speed, "events/s", "reading", speed / reading))
    return rows


def audits(engine: str, url: str) -> list[Row]:
    """A whole audit, against a loop that reads the same bytes by the same way and does nothing but hash them."""
    with closing(open_source(url, ledger=LEDGER)) as source:
        size, begun = source.head().size, time.perf_counter()
        frontier = EMPTY_FRONTIER
        for page in source.pages(0, size):
            frontier = frontier.extend(leaf_hash(stored.record) for stored in page)
            for stored in page:
                sha256(stored.data or b"").digest()
                sha256(stored.memo or b"").digest()
        hashing = size / (time.perf_counter() - begun)
    sizes: list[int] = []
    with closing(open_source(url, ledger=LEDGER)) as source:
        begun = time.perf_counter()
        report = verify(source, told=lambda _done, _size: sizes.append(psutil.Process().memory_info().rss))
        speed = size / (time.perf_counter() - begun)
    assert report.gravest is None and report.root == frontier.root().hex(), list(report.faults)
    grown = (max(sizes) - sizes[len(sizes) // 10]) / 2**20
    note = f"{size:,} records, {grown:.0f} MiB more at the end than after a tenth"
    return [
        Row(engine, "reading and hashing the log", hashing, "events/s", "", None),
        Row(engine, "auditing it", speed, "events/s", "hashing", speed / hashing, note),
    ]


async def the_ledger(journal: Any) -> Ledger:
    """The benchmark's ledger as it is now."""
    ledger: Ledger | None = await journal.find(LEDGER)
    assert ledger is not None
    return ledger


if __name__ == "__main__":
    main()
