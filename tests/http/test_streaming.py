"""A log of any length leaves the server in constant memory, while others go on posting."""

import logging
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import psutil
import pytest

from api.settings import Settings
from ledger.books.ledger import OpenLedger
from ledger.books.transactions import PostTransaction
from ledger.codec import Actor
from ledger.sequencer import Order, make_uuid
from tests.builders import CHART, transfer
from tests.http.service import PASSWORD, migrated, sale
from tests.stores import open_store

log = logging.getLogger(__name__)

EVENTS = int(os.environ.get("LLMEDGER_TEST_STREAM_EVENTS", "30000"))
"""More records take too long to make for every run."""
GROWTH_BYTES_MAX = 48 * 1024 * 1024
"""Far more than a page of records takes, and far less than all of them."""

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]


@pytest.fixture
def served(tmp_path: Path, unused_tcp_port: int) -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    """The service in a process of its own, on an empty database."""
    settings = migrated(Settings(database_url=f"sqlite:///{tmp_path / 'ledger.db'}", _env_file=None))
    environment = {
        **os.environ,
        "LEDGER_DATABASE_URL": settings.database_url,
        "LEDGER_PORT": str(unused_tcp_port),
        "LEDGER_LOG_LEVEL": "warning",
    }
    with subprocess.Popen(
        [str(Path(sys.executable).with_name("llmedger")), "serve"], env=environment, stderr=subprocess.DEVNULL
    ) as process:
        url = f"http://127.0.0.1:{unused_tcp_port}/api"
        for _ in range(600):
            try:
                if httpx.get(f"{url}/live").status_code == 200:
                    break
            except httpx.TransportError:
                time.sleep(0.1)
        yield url, process
        process.terminate()


async def write_many(path: Path, owner: str, uuid: str) -> None:
    """A ledger of EVENTS records, written past HTTP."""
    actor = Actor("system", "tests")
    async with open_store(f"sqlite:///{path}") as store:
        sequencer = store.sequencer()
        opening = OpenLedger(id="long", owner=owner, currency="EUR", nonce="00" * 16)
        await sequencer.submit_all(uuid, [Order(opening), *map(Order, CHART)], actor=actor, atomic=True)
        order: PostTransaction = transfer("1.00", description="the same words again and again " * 8)
        written = 0
        while written < EVENTS:
            orders = [Order(order) for _ in range(min(1_000, EVENTS - written))]
            written += len(await sequencer.submit_all(uuid, orders, actor=actor))


async def test_a_long_stream_takes_no_more_memory_than_a_short_one(
    served: tuple[str, subprocess.Popen[bytes]], tmp_path: Path
) -> None:
    url, process = served
    async with httpx.AsyncClient(base_url=url, timeout=120) as client:
        signed_in = (await client.post("/auth/register", json={"username": "ann", "password": PASSWORD})).json()
        client.headers["Authorization"] = f"Bearer {signed_in['token']}"
        uuid = make_uuid()
        await write_many(tmp_path / "ledger.db", signed_in["user"]["id"], uuid)
        size = (await client.get("/ledgers/long")).json()["size"]
        assert size > EVENTS
        await client.get("/ledgers/long/balances", params={"min_size": size, "timeout": 30})
        server = psutil.Process(process.pid)
        before = server.memory_info().rss
        peak, positions, posted = before, 0, 0
        async with client.stream("GET", "/ledgers/long/events", headers={"Accept": "application/x-ndjson"}) as answer:
            assert answer.status_code == 200
            async for line in answer.aiter_lines():
                assert f'"position":{positions},' in line[:120]
                positions += 1
                if positions % 2_000 == 0:
                    peak = max(peak, server.memory_info().rss)
                    body = sale("1.00", on="2026-01-01")
                    assert (await client.post("/ledgers/long/transactions", json=body)).status_code == 201
                    posted += 1
        assert positions == size, "as long as it was when the stream began"
        assert posted >= EVENTS // 2_000
        told = f"{size} events: {before / 2**20:.0f} MiB before, {peak / 2**20:.0f} MiB at most"
        log.info("%s", told)
        assert peak - before < GROWTH_BYTES_MAX, told
