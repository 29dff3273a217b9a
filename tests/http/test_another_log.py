"""After its journal was put back a server answers 503 until the read models are built again, then what the log says."""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from api.documents.status import Status, read_status
from api.services import open_services
from api.settings import Settings
from tests.http.service import Books, client, open_books, run_apart, sale, serve, with_user
from tests.past import past_kept
from tests.stores import ENGINES, migrated_url, open_store

OF_READ_MODELS = (
    "/accounts",
    "/accounts/1",
    "/balances",
    "/accounts/1/balance",
    "/accounts/1/balance?effective=2024-06-01",
    "/accounts/1/register",
    "/transactions",
    "/dashboard",
    "/reports/trial-balance",
    "/reports/balance-sheet",
    "/reports/income-statement",
    "/reports/cash-flow",
    "/reports/changes",
    "/log/proof/inclusion?position=0",
)
OF_THE_LOG = ("", "/members", "/currencies", "/events")


@pytest.fixture(params=ENGINES)
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A new database."""
    yield from migrated_url(request, tmp_path)


async def projected(url: str) -> None:
    """Bring the read models up to date, as the projector process beside a server does."""
    async with open_store(url) as store:
        await store.project()


async def asked(books: Books, etags: dict[str, str]) -> dict[str, httpx.Response]:
    """The answers to all reads, as a client asks that has answers with these tags."""
    answers = {}
    for path in OF_READ_MODELS + OF_THE_LOG:
        headers = {"If-None-Match": etags[path]} if path in etags else {}
        params = {"timeout": "0"} if path in OF_READ_MODELS else {}
        answers[path] = await books.api.get(f"/ledgers/{books.id}{path}", params=merged(path, params), headers=headers)
    return answers


def merged(path: str, params: dict[str, Any]) -> httpx.QueryParams:
    return httpx.QueryParams(path.partition("?")[2]).merge(params)


async def status(settings: Settings) -> Status:
    async with open_services(settings) as services:
        return await read_status(services)


async def test_nothing_is_answered_out_of_another_log(url: str) -> None:
    settings = Settings(database_url=url, projectors="off", _env_file=None)
    with serve(settings) as started:
        server = with_user(started)
        async with client(server, token=server.token) as api, past_kept(url) as past:
            books = await open_books(api, "books")
            await past.keep()
            await books.post("/transactions", sale("100.00"))
            size = (await books.post("/transactions", sale("100.00")))["size"]
            await projected(url)
            before = await asked(books, {})
            assert {path: each.status_code for path, each in before.items()} == dict.fromkeys(before, 200)
            etags = {path: each.headers["ETag"] for path, each in before.items() if "ETag" in each.headers}
            assert (await api.get("/ready")).json()["status"] == "ok"

            await past.put_back()
            for at_that_size in (False, True):
                if at_that_size:
                    await books.post("/transactions", sale("1.00"))
                    assert (await books.post("/transactions", sale("1.00")))["size"] == size
                answers = await asked(books, etags)
                wanted = {**dict.fromkeys(OF_READ_MODELS, 503), **dict.fromkeys(OF_THE_LOG, 200)}
                assert {path: each.status_code for path, each in answers.items()} == wanted
                assert {each.json()["code"] for each in answers.values() if each.status_code == 503} == {
                    "projection_behind"
                }
            ready = await asyncio.to_thread(httpx.get, f"{server.url}/api/ready")
            assert (ready.status_code, ready.json()["status"]) == (503, "rebuilding")
            told = await asyncio.to_thread(run_apart, lambda: status(settings))
            assert not told.well
            assert all("another log" in (each.trouble or "") for each in told.projections)

            await projected(url)
            after = await asked(books, etags)
            assert {path: each.status_code for path, each in after.items()} == dict.fromkeys(after, 200)
            assert after["/accounts/1/balance"].json()["balances"][0]["balance"] == "2.00"
            assert (await api.get("/ready")).status_code == 200
            assert (await asyncio.to_thread(run_apart, lambda: status(settings))).well
