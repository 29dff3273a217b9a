"""Other ledgers on the same machine, where they are at hand. None of them is vendored or a dependency.

`BENCH_PGLEDGER`: a folder with pgledger's SQL files, which are run in order of their names, `pgledger.sql` last.
`BENCH_TIGERBEETLE`: the address of a running cluster 0, and the PyPI package `tigerbeetle` importable.
`hledger`: on the PATH.
"""

import asyncio
import importlib
import importlib.util
import os
import shutil
import subprocess
import time
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import asyncpg

from tests.benchmarks.books import ACCOUNT_COUNT
from tests.benchmarks.installation import Bench

TASKS = 64
BULK = 1_000
TIGERBEETLE_BATCH = 8_000

Post = Callable[[int, int], Awaitable[Any]]
"""Post number so much, by the task of that number."""


async def per_second(post: Post, *, tasks: int, seconds: float) -> float:
    """How often so many tasks post in a second, each waiting for its answer."""
    count, until = 0, time.perf_counter() + seconds

    async def run(task: int) -> None:
        nonlocal count
        while time.perf_counter() < until:
            number, count = count, count + 1
            await post(number, task)

    begun = time.perf_counter()
    await asyncio.gather(*(run(task) for task in range(tasks)))
    return count / (time.perf_counter() - begun)


# --- pgledger --------------------------------------------------------------------------------------------------------


async def pgledger(bench: Bench, seconds: float) -> dict[str, float]:
    """Transfers a second by name of the way: spread and hot from 64 connections, and 1,000 a statement. Empty: it is
    not here."""
    folder = os.environ.get("BENCH_PGLEDGER")
    if not folder:
        return {}
    url = bench.server.create_database("pgledger")
    async with AsyncExitStack() as stack:
        connections = []
        for _ in range(TASKS):
            connections.append(await asyncpg.connect(url))
            stack.push_async_callback(connections[-1].close)
        for script in _scripts(Path(folder)):
            await connections[0].execute(script)
        create = "SELECT id::text FROM pgledger_create_account($1, 'EUR')"
        ids = [await connections[0].fetchval(create, f"account {number}") for number in range(ACCOUNT_COUNT)]
        kind = await connections[0].fetchval(
            "SELECT format_type(atttypid, NULL) FROM pg_attribute "
            "WHERE attrelid = 'transfer_request'::regclass AND attname = 'from_account_id'"
        )
        one = f"SELECT id FROM pgledger_create_transfer($1::text::{kind}, $2::text::{kind}, '1.00')"
        many = (
            "SELECT count(*) FROM pgledger_create_transfers((SELECT array_agg("
            f"ROW(f::{kind}, t::{kind}, '1.00')::transfer_request) FROM unnest($1::text[], $2::text[]) AS each(f, t)))"
        )

        def spread(number: int, task: int) -> Awaitable[Any]:
            return connections[task].fetch(one, ids[number % ACCOUNT_COUNT], ids[(number * 7 + 1) % ACCOUNT_COUNT])

        def hot(number: int, task: int) -> Awaitable[Any]:
            return connections[task].fetch(one, ids[0], ids[number % (ACCOUNT_COUNT - 1) + 1])

        def bulk(number: int, task: int) -> Awaitable[Any]:
            numbers = range(number * BULK, (number + 1) * BULK)
            theirs = (
                [ids[each * 7 % ACCOUNT_COUNT] for each in numbers],
                [ids[(each * 7 + 1) % ACCOUNT_COUNT] for each in numbers],
            )
            return connections[task].fetch(many, *theirs)

        return {
            "spread": await per_second(spread, tasks=TASKS, seconds=seconds),
            "hot": await per_second(hot, tasks=TASKS, seconds=seconds),
            "bulk": BULK * await per_second(bulk, tasks=1, seconds=seconds),
        }


def _scripts(folder: Path) -> list[str]:
    files = sorted(folder.glob("*.sql"), key=lambda file: (file.name == "pgledger.sql", file.name))
    return [file.read_text() for file in files]


# --- TigerBeetle -----------------------------------------------------------------------------------------------------


async def tigerbeetle(seconds: float) -> dict[str, float]:
    """Transfers a second by name of the way: single ones of 64 tasks, and in batches. Empty: it is not here."""
    address = os.environ.get("BENCH_TIGERBEETLE")
    if not address or importlib.util.find_spec("tigerbeetle") is None:
        return {}
    tb: Any = importlib.import_module("tigerbeetle")
    common = {"user_data_128": 0, "user_data_64": 0, "user_data_32": 0, "ledger": 1, "code": 1, "flags": 0}
    none = {"debits_pending": 0, "debits_posted": 0, "credits_pending": 0, "credits_posted": 0}

    async with tb.ClientAsync(cluster_id=0, replica_addresses=address) as client:
        ids = [tb.id() for _ in range(ACCOUNT_COUNT)]
        await client.create_accounts([tb.Account(id=each, timestamp=0, **none, **common) for each in ids])

        def transfer(number: int) -> Any:
            return tb.Transfer(
                id=tb.id(),
                debit_account_id=ids[number % ACCOUNT_COUNT],
                credit_account_id=ids[(number * 7 + 1) % ACCOUNT_COUNT],
                amount=100,
                pending_id=0,
                timeout=0,
                timestamp=0,
                **common,
            )

        def single(number: int, _task: int) -> Awaitable[Any]:
            return client.create_transfers([transfer(number)])  # type: ignore[no-any-return]

        def batch(number: int, _task: int) -> Awaitable[Any]:
            start = number * TIGERBEETLE_BATCH
            return client.create_transfers([transfer(start + each) for each in range(TIGERBEETLE_BATCH)])  # type: ignore[no-any-return]

        found = {
            "single": await per_second(single, tasks=TASKS, seconds=seconds),
            "batch": TIGERBEETLE_BATCH * await per_second(batch, tasks=1, seconds=seconds),
        }
        (first,) = await client.lookup_accounts(ids[:1])
        assert first.debits_posted > 0, "TigerBeetle refused the transfers"
        return found


def absent(**peers: dict[str, float]) -> str:
    """Which of these peers was not here, for a row's note."""
    names = [name for name, found in peers.items() if not found]
    return f"absent: {', '.join(names)}" if names else ""


# --- hledger ---------------------------------------------------------------------------------------------------------


def hledger_seconds(journal: Path) -> float | None:
    """How long `hledger bal` takes to read this journal, the better of two runs. None: it is not here."""
    program = shutil.which("hledger")
    if program is None:
        return None
    best = float("inf")
    for _ in range(2):
        begun = time.perf_counter()
        subprocess.run([program, "-f", str(journal), "bal"], check=True, stdout=subprocess.DEVNULL)
        best = min(best, time.perf_counter() - begun)
    return best
