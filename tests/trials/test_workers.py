"""`llmedger serve --workers`: each process is killed in its turn while clients post to all of them.

What was acknowledged is in the log once, and nothing is there twice."""

import asyncio
import itertools
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path

import httpx
import psutil
import pytest

from ledger.transactions import TransactionPosted
from tests.benchmarks.books import open_books, transaction
from tests.benchmarks.installation import Installation
from tests.stores import ENGINES, migrated_url

WORKERS, CALLERS = 3, 12
RUNS_SECONDS = 1.0
"""Between two kills."""
RECOVERY_SECONDS = 60

pytestmark = [pytest.mark.simulation, pytest.mark.slow, pytest.mark.timeout(240)]

Said = tuple[str, int]
"""A description that was posted, and the status of the answer; 0: the connection was lost."""


@pytest.fixture(params=ENGINES)
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A new database."""
    yield from migrated_url(request, tmp_path)


async def test_a_worker_that_is_killed_takes_nothing_along_and_nothing_is_written_twice(url: str) -> None:
    installation = Installation(url.partition(":")[0], url)
    async with installation.opened() as services:
        books = await open_books(installation, services, "books")
        async with installation.served(workers=WORKERS) as served:
            path = f"http://127.0.0.1:{served.target.port}/api/ledgers/books/transactions"
            workers = await _all_workers(served.process.pid)
            stopping = asyncio.Event()
            callers = [
                asyncio.create_task(_post_until(stopping, path, served.target.headers, f"caller {number}"))
                for number in range(CALLERS)
            ]
            for worker in workers:
                await asyncio.sleep(RUNS_SECONDS)
                worker.kill()
            await _all_workers(served.process.pid)
            async with httpx.AsyncClient(headers=served.target.headers, timeout=RECOVERY_SECONDS) as client:
                assert await _post(client, path, "afterwards") == 201
            stopping.set()
            said = list(itertools.chain(*await asyncio.gather(*callers)))
        size = await services.journal.read_size(books.serial)
        events = [record.event async for record in services.journal.read_range(books.serial, 0, size)]
    written = Counter(event.memo.description for event in events if isinstance(event, TransactionPosted))
    assert {status for _, status in said} <= {0, 201, 503}
    assert [text for text, status in said if status == 201 and written[text] != 1] == []
    assert [text for text, _ in said if written[text] > 1] == []
    assert sum(status == 201 for _, status in said) > CALLERS


async def _all_workers(server: int) -> list[psutil.Process]:
    """Return the workers once all of them listen for requests."""
    async with asyncio.timeout(RECOVERY_SECONDS):
        while True:
            alive = [each for each in psutil.Process(server).children() if _listens(each)]
            if len(alive) == WORKERS:
                return alive
            await asyncio.sleep(0.1)


def _listens(process: psutil.Process) -> bool:
    try:
        return any(each.status == psutil.CONN_LISTEN for each in process.net_connections("tcp"))
    except psutil.Error:  # it has just ended
        return False


async def _post_until(stopping: asyncio.Event, path: str, headers: Mapping[str, str], name: str) -> list[Said]:
    """Post without keys, each text once; what failed is not tried again."""
    said: list[Said] = []
    for number in itertools.count():
        async with httpx.AsyncClient(headers=headers, timeout=60) as client:  # another worker, maybe
            for part in range(20):
                if stopping.is_set():
                    return said
                text = f"{name}, {number}.{part}"
                said.append((text, await _post(client, path, text)))
                if not said[-1][1]:
                    break
    raise AssertionError


async def _post(client: httpx.AsyncClient, path: str, text: str) -> int:
    try:
        return (await client.post(path, json={**transaction(7), "description": text})).status_code
    except httpx.TransportError:
        return 0
