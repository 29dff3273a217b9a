"""What takes long is bounded: dashboards of the past, changes, and those who follow a log."""

import asyncio
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, suppress
from pathlib import Path

import httpx
import pytest

from api.processes import long_work
from api.processes.scratch_folders import PREFIX
from tests.http.service import (
    Books,
    Server,
    client,
    command,
    open_books,
    sale,
    serve,
    sqlite_settings,
    with_user,
)

RECORDS = 3_000
FOLLOWING = {"Accept": "text/event-stream"}


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    """A server that lets nobody wait for long work."""
    monkeypatch.setattr(long_work, "WAIT_SECONDS", 0.05)
    monkeypatch.setattr(long_work, "STREAMS_AT_ONCE", 4)
    monkeypatch.setattr(long_work, "STREAMS_EACH", 3)
    scratch = tmp_path / "tmp"
    scratch.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(scratch))
    with serve(sqlite_settings(tmp_path)) as server:
        yield with_user(server)


@pytest.fixture
async def long_books(server: Server) -> AsyncIterator[Books]:
    """A ledger of some thousand records."""
    async with client(server, token=server.token) as api:
        books = await open_books(api, "books")
        for _ in range(RECORDS // 1_000):
            await books.bulk(*[command(sale()) for _ in range(1_000)])
        await books.get("/dashboard", min_size=await books.size(), timeout=30)
        yield books


def scratch_folders() -> list[Path]:
    return list(Path(tempfile.gettempdir()).glob(f"{PREFIX}past-*"))


async def until_there_are_no_scratch_folders() -> None:
    for _ in range(1_000):
        if not scratch_folders():
            return
        await asyncio.sleep(0.02)
    raise AssertionError(scratch_folders())


@pytest.mark.parametrize("path", ["/dashboard?recorded_size={size}", "/reports/changes?from_size=1&to_size={size}"])
async def test_one_user_gets_so_many_at_once_and_the_others_are_told_to_wait(long_books: Books, path: str) -> None:
    size = await long_books.size()
    asked = [long_books.api.get(f"/ledgers/books{path.format(size=size - number)}") for number in range(12)]
    answers = await asyncio.gather(*asked)
    statuses = [answer.status_code for answer in answers]
    assert set(statuses) == {200, 503}, statuses
    assert {answer.json()["code"] for answer in answers if answer.status_code == 503} == {"busy"}
    await until_there_are_no_scratch_folders()
    assert (await long_books.api.get(f"/ledgers/books{path.format(size=size)}")).status_code == 200


async def test_what_nobody_waits_for_is_given_up(long_books: Books) -> None:
    """And leaves its turn to the next one, and no file."""
    size = await long_books.size()
    for _ in range(5):
        with suppress(httpx.ReadTimeout):  # or the one before has the turn still
            await long_books.api.get(f"/ledgers/books/dashboard?recorded_size={size}", timeout=0.1)
    await until_there_are_no_scratch_folders()
    answer = await long_books.api.get(f"/ledgers/books/dashboard?recorded_size={size}")
    assert answer.status_code == 200


async def test_what_takes_too_long_is_given_up(long_books: Books, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(long_work, "LONG_SECONDS_MAX", 0.05)
    refused = await long_books.get("/dashboard", recorded_size=await long_books.size(), expect=503)
    assert refused["code"] == "timeout" and not scratch_folders()


async def test_followers_and_streams_have_a_limit_of_a_user_and_of_all(server: Server) -> None:
    async with client(server, token=server.token) as api, AsyncExitStack() as stack:
        books = await open_books(api, "books")
        path = "/ledgers/books/events"

        async def follow(caller: httpx.AsyncClient) -> httpx.Response:
            return await stack.enter_async_context(caller.stream("GET", path, headers=FOLLOWING))

        followers = [await follow(api) for _ in range(long_work.STREAMS_EACH)]
        assert {each.status_code for each in followers} == {200}
        for accept in (FOLLOWING, {"Accept": "application/x-ndjson"}):
            refused = await api.get(path, headers=accept)
            assert (refused.status_code, refused.json()["code"]) == (503, "busy")
        assert (await api.get(path)).status_code == 200, "a page is none of them"
        for name, status in (("bea", 200), ("eve", 503)):
            async with client(server) as stranger:
                body = {"username": f"user-{name}", "password": "a password"}
                token = (await stranger.post("/auth/register", json=body)).json()["token"]
            await books.send("PUT", f"/members/user-{name}", {"role": "auditor"})
            other = await stack.enter_async_context(client(server, token=token))
            assert (await follow(other)).status_code == status


async def test_an_answer_that_ends_makes_room(server: Server) -> None:
    async with client(server, token=server.token) as api:
        await open_books(api, "books")
        for _ in range(3 * long_work.STREAMS_EACH):
            lines = await api.get("/ledgers/books/events", headers={"Accept": "application/x-ndjson"})
            assert lines.status_code == 200
            assert (await api.head("/ledgers/books/events", headers=FOLLOWING)).status_code == 200
            async with api.stream("GET", "/ledgers/books/events", headers=FOLLOWING) as follower:
                assert follower.status_code == 200
            await asyncio.sleep(0.1)  # until the server sees that it is gone
