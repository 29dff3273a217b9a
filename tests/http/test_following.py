"""The log over HTTP: filtered, compressed, resumed, and followed as it grows."""

import asyncio
import datetime as dt
import json
from collections.abc import AsyncIterator, Callable
from typing import Any

import httpx
import pytest

from tests.http.service import BOTH, PASSWORD, Books, Json, Server, client, json_lines, sale
from tests.http.test_roles import Office, grant, office

__all__ = ["office"]


async def types(books: Books, **params: Any) -> list[str]:
    """What is found, over all pages."""
    found: list[str] = []
    start: int | None = 0
    while start is not None:
        page = await books.get("/events", start=start, limit=2, **params)
        found += [each["type"] for each in page["events"]]
        start = page["next"]
    return found


@BOTH
async def test_filters_find_what_they_name_and_nothing_else(books: Books) -> None:
    posted = await books.post("/transactions", sale())
    await books.post("/accounts", {"path": "Assets:New"})
    assert await types(books, type="TransactionPosted") == ["TransactionPosted"]
    assert await types(books, type="MemoErased") == []
    assert await types(books, account="Assets:Cash") == ["AccountOpened", "TransactionPosted"]
    assert await types(books, account="#1000") == ["AccountOpened", "TransactionPosted"]
    me = (await books.api.get("/auth/session")).json()["user"]["id"]
    everything = await types(books)
    assert await types(books, actor=me) == everything
    assert await types(books, actor="somebody") == []
    at = posted["recorded_at"]
    first = posted["position"] - 1  # its currency was declared at the same moment
    assert await types(books, recorded_from=at) == everything[first:]
    assert await types(books, recorded_to=at) == everything[: posted["position"] + 1]
    later = (dt.datetime.fromisoformat(at) + dt.timedelta(microseconds=1)).isoformat()
    assert await types(books, recorded_from=later) == everything[posted["position"] + 1 :]
    streamed = await books.call(
        "GET", "/events", expect=200, headers={"Accept": "application/x-ndjson"}, params={"account": "Assets:Cash"}
    )
    assert [each["type"] for each in json_lines(streamed)] == ["AccountOpened", "TransactionPosted"]
    await books.get("/events", account="Assets:Nothing", expect=404)


async def test_a_stream_is_compressed_where_the_reader_takes_that(books: Books) -> None:
    plain, packed, refused = [
        await books.call(
            "GET", "/events", expect=200, headers={"Accept": "application/x-ndjson", "Accept-Encoding": encoding}
        )
        for encoding in ("identity", "gzip", "gzip;q=0, identity")
    ]
    assert "Content-Encoding" not in refused.headers and refused.text == plain.text
    assert packed.headers["Content-Encoding"] == "gzip" and "Content-Encoding" not in plain.headers
    assert packed.text == plain.text and len(json_lines(plain)) == await books.size()
    assert packed.num_bytes_downloaded < plain.num_bytes_downloaded / 2


async def followed(books: Books, count: int, **headers: str) -> AsyncIterator[tuple[int, Json]]:
    """Server-sent events: id and record."""
    async with books.api.stream(
        "GET", f"/ledgers/{books.id}/events", headers={"Accept": "text/event-stream", **headers}
    ) as answer:
        assert answer.headers["Content-Type"].startswith("text/event-stream")
        id_ = -1
        async for line in answer.aiter_lines():
            if line.startswith("id: "):
                id_ = int(line[4:])
            elif line.startswith("data: "):
                yield id_, json.loads(line[6:])
                count -= 1
                if not count:
                    return


async def until(condition: Callable[[], bool]) -> None:
    """Return when it holds; 20 seconds without it are a failure."""
    for _ in range(2_000):
        if condition():
            return
        await asyncio.sleep(0.01)
    raise AssertionError("it never came true")


@BOTH
async def test_a_follower_sees_what_was_there_and_what_comes(books: Books) -> None:
    size = await books.size()
    seen = []

    async def follow() -> None:
        async for id_, event in followed(books, size + 2):
            assert event["position"] == id_
            seen.append(id_)

    following = asyncio.create_task(follow())
    await until(lambda: len(seen) == size)
    for _ in range(2):
        await books.post("/transactions", sale())
    await asyncio.wait_for(following, 20)
    assert seen == list(range(size + 2))


async def test_a_follower_comes_back_where_it_was(books: Books) -> None:
    size = await books.size()
    seen = [id_ async for id_, _ in followed(books, 2, **{"Last-Event-ID": str(size - 3)})]
    assert seen == [size - 2, size - 1]


async def test_a_follower_whose_role_is_taken_away_sees_nothing_more(office: Office) -> None:
    auditor = office["auditor"].books(office.books)
    size = await office.books.size()
    seen: list[int] = []

    async def follow() -> None:
        async for id_, _ in followed(auditor, 10**6):
            seen.append(id_)

    following = asyncio.create_task(follow())
    await until(lambda: len(seen) == size)
    await grant(office.books, office["auditor"].id, "viewer")
    await office.books.post("/transactions", sale())
    await asyncio.wait_for(following, 20)
    assert seen == list(range(size))


@BOTH
@pytest.mark.parametrize("ended", ["session", "token", "time"])
async def test_a_follower_who_is_signed_out_sees_nothing_more(office: Office, server: Server, ended: str) -> None:
    soon = dt.datetime.now(dt.UTC) + dt.timedelta(seconds=3)
    made = {"name": "follower", "role": "auditor"} | ({"until": soon.isoformat()} if ended == "time" else {})
    token = await office.books.post("/tokens", made)
    if ended == "session":
        async with client(server) as stranger:
            credentials = {"username": office["auditor"].name, "password": PASSWORD}
            token = (await stranger.post("/auth/login", json=credentials)).json()
    size = await office.books.size()
    seen: list[int] = []
    async with client(server, token=token["token"]) as api:

        async def follow() -> None:
            async for id_, _ in followed(Books(api, office.books.id), 10**6):
                seen.append(id_)

        following = asyncio.create_task(follow())
        await until(lambda: len(seen) == size)
        if ended == "session":
            assert (await api.post("/auth/logout")).status_code == 204
        elif ended == "token":
            await office.books.send("DELETE", f"/tokens/{token['id']}", expect=204)
        else:
            await asyncio.sleep((soon - dt.datetime.now(dt.UTC)).total_seconds())
        await office.books.post("/transactions", sale())
        await asyncio.wait_for(following, 20)
    assert seen == list(range(size))


@pytest.mark.parametrize("id_", ["x", "-1", "9" * 30, "١"])
async def test_a_strange_last_event_id_is_no_place(books: Books, server: Server, id_: str) -> None:
    headers = [(b"Accept", b"application/json"), (b"Last-Event-ID", id_.encode())]
    answer = await books.api.request("GET", f"/ledgers/{books.id}/events", headers=httpx.Headers(headers))
    assert answer.json()["events"][0]["position"] == 0
