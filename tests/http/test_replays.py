"""What was answered lately is given again only while it is what anybody would be answered now, whatever changed it."""

import asyncio
import datetime as dt
import itertools
import sqlite3
from collections.abc import Awaitable, Callable
from contextlib import closing
from typing import Any

import asyncpg
import httpx
import pytest
from starlette.responses import Response

from api.auth.forms import Expiring
from api.replays import ANSWER_BYTES_MAX, ANSWERS_MAX, REQUEST_BYTES_MAX, REQUESTS_MAX, Replays
from api.services import Services
from tests.http.service import BOTH, PASSWORD, Books, Server, client, debit, sale, transaction

_numbers = itertools.count(1)

# --- what is kept ----------------------------------------------------------------------------------------------------


def request(path: str = "/", *, query: bytes = b"", **headers: str) -> dict[str, Any]:
    """The scope of a request."""
    fields = [(name.encode(), value.encode()) for name, value in headers.items()]
    return {"path": path, "query_string": query, "headers": fields, "state": {}}


def warm(state: object = 1) -> Replays:
    """Something that has seen this state."""
    replays = Replays()
    assert replays.get(state, request()) is None
    return replays


def test_the_same_request_in_the_same_state_gets_the_same_answer() -> None:
    replays, answer = warm(), Response(b"one")
    replays.keep(1, request("/a", cookie="ann"), answer)
    assert replays.get(1, request("/a", cookie="ann")) is answer
    for other in (request("/b", cookie="ann"), request("/a", cookie="bea"), request("/a"), request("/a", query=b"x")):
        assert replays.get(1, other) is None


def test_nothing_outlives_the_state_in_which_it_was_answered() -> None:
    replays = warm()
    replays.keep(1, request(), Response(b"an erased name"))
    assert replays.get(2, request()) is None
    assert replays.get(1, request()) is None  # not even where a state should come again
    replays.keep(2, request(), Response(b"late"))  # made while the state moved on
    assert replays.get(1, request()) is None


def test_an_answer_holds_while_every_clock_says_the_same() -> None:
    replays, clocks = warm(), [True, True]
    asked = request()
    asked["state"]["holds"] = [lambda: clocks[0], lambda: clocks[1]]
    replays.keep(1, asked, Response(b"today"))
    assert replays.get(1, request()) is not None
    clocks[1] = False
    assert replays.get(1, request()) is None


def test_only_small_answers_that_are_no_errors_are_kept_and_not_too_many() -> None:
    replays = warm()
    for refused in (Response(b"", 404), Response(b"", 503), Response(b"x" * (ANSWER_BYTES_MAX + 1))):
        replays.keep(1, request(), refused)
        assert replays.get(1, request()) is None
    long = request(cookie="x" * REQUEST_BYTES_MAX)
    replays.keep(1, long, Response(b""))
    assert replays.get(1, long) is None
    for number in range(ANSWERS_MAX + 10):
        replays.keep(1, request(f"/{number}"), Response(b""))
    assert 0 < len(replays._kept) <= ANSWERS_MAX
    assert replays.get(1, request(f"/{ANSWERS_MAX + 9}")) is not None


def test_a_request_is_known_when_it_comes_again() -> None:
    replays = Replays()
    for asked in (request("/a"), request("/a", query=b"x"), request("/a", cookie="ann")):
        assert not replays.has_met(asked)
        assert replays.has_met(asked)
    for number in range(REQUESTS_MAX):
        assert not replays.has_met(request(f"/{number}"))
    assert len(replays._met) <= REQUESTS_MAX


# --- over HTTP -------------------------------------------------------------------------------------------------------


class Polling:
    """A caller who asks the same two questions over and over, with a token of their own."""

    def __init__(self, api: httpx.AsyncClient, ledger: str) -> None:
        self._api = api
        self._paths = (f"/ledgers/{ledger}/accounts/1/balance", f"/ledgers/{ledger}/dashboard")

    async def ask(self) -> list[httpx.Response]:
        """Both answers."""
        return [await self._api.get(path) for path in self._paths]

    async def settle(self) -> list[httpx.Response]:
        """Ask until the answers stay what they are: by then they are kept."""
        before: list[bytes] = []
        while True:
            answers = await self.ask()
            now = [answer.content for answer in answers]
            if now == before:
                return answers
            before = now
            await asyncio.sleep(0.05)

    async def statuses(self) -> set[int]:
        """Those of both answers."""
        return {answer.status_code for answer in await self.ask()}


async def execute(server: Server, sql: str, *values: Any) -> None:
    """As another process would: on a connection that the server knows nothing of."""
    if server.is_sqlite:
        with closing(sqlite3.connect(str(server.settings.journal_url.database), timeout=30)) as file, file:
            assert file.execute(sql, values).rowcount == 1
        return
    for number in range(len(values)):
        sql = sql.replace("?", f"${number + 1}", 1)
    connection = await asyncpg.connect(server.settings.database_url)
    try:
        assert (await connection.execute(sql, *values)).endswith(" 1")
    finally:
        await connection.close()


async def expiry(server: Server, row: str) -> int:
    """When a session ends, as its row says."""
    if server.is_sqlite:
        with closing(sqlite3.connect(str(server.settings.journal_url.database), timeout=30)) as file:
            return int(file.execute("SELECT expires_at FROM session WHERE id = ?", [row]).fetchone()[0])
    connection = await asyncpg.connect(server.settings.database_url)
    try:
        return int(await connection.fetchval("SELECT expires_at FROM session WHERE id = $1", row))
    finally:
        await connection.close()


async def someone(server: Server, books: Books, **member: Any) -> tuple[httpx.AsyncClient, str]:
    """A viewer of these books with a session of their own, and the id of its row."""
    name = f"poller-{next(_numbers)}-{'s' if server.is_sqlite else 'p'}"
    async with client(server) as api:
        token = (await api.post("/auth/register", json={"username": name, "password": PASSWORD})).json()["token"]
    await books.send("PUT", f"/members/{name}", {"role": "viewer", **member})
    shown = Expiring(hashed=True).show(token)
    assert shown is not None
    return client(server, token=token), shown.id


@BOTH
async def test_a_post_is_seen_by_the_next_poll(server: Server, books: Books) -> None:
    polling = Polling(books.api, books.id)
    for times in (1, 2, 3):
        size = (await books.post("/transactions", sale("10.00")))["size"]
        await books.get("/balances", min_size=size)
        await books.get("/dashboard", min_size=size)
        balance, dashboard = await polling.settle()
        assert balance.json()["balances"][0]["balance"] == f"{10 * times}.00"
        assert balance.json()["as_of"]["size"] == dashboard.json()["as_of"]["size"] == size


@BOTH
async def test_a_renamed_account_and_a_changed_role_are_seen_at_once(server: Server, books: Books) -> None:
    await books.post("/transactions", sale())
    polling = Polling(books.api, books.id)
    await polling.settle()
    size = (await books.send("PATCH", "/accounts/1", {"path": "Assets:Till"})).json()["size"]
    await books.get("/balances", min_size=size)
    balance, _ = await polling.ask()
    assert balance.json()["balances"][0]["account"] == "Assets:Till"


@BOTH
async def test_whoever_is_let_in_no_more_is_refused_at_the_next_poll(server: Server, books: Books) -> None:
    """By a deleted row, a deleted user's session, or a role taken away."""
    await books.post("/transactions", sale())
    api, row = await someone(server, books)
    async with api:
        polling = Polling(api, books.id)
        assert {answer.status_code for answer in await polling.settle()} == {200}
        name = (await api.get("/auth/session")).json()["user"]["username"]
        await polling.settle()
        await books.send("DELETE", f"/members/{name}")
        assert await polling.statuses() == {404}
        await books.send("PUT", f"/members/{name}", {"role": "viewer"})
        assert {answer.status_code for answer in await polling.settle()} == {200}
        await execute(server, "DELETE FROM session WHERE id = ?", row)
        assert await polling.statuses() == {401}


@BOTH
async def test_a_role_and_a_token_end_and_a_session_is_renewed_when_their_time_comes(
    server: Server, books: Books
) -> None:
    """Nothing is written before that."""
    await books.post("/transactions", sale())

    def soon() -> dt.datetime:
        return dt.datetime.now(dt.UTC) + dt.timedelta(seconds=6)

    session, row = await someone(server, books)
    member, _ = await someone(server, books, until=soon().isoformat())
    made = await books.post("/tokens", {"name": "poller", "role": "viewer", "until": soon().isoformat()})
    async with session, member, client(server, token=made["token"]) as program:
        half = int((soon() + dt.timedelta(days=15)).timestamp())
        await execute(server, "UPDATE session SET expires_at = ? WHERE id = ?", half, row)
        pollings = [Polling(api, books.id) for api in (session, member, program)]
        for each in pollings:
            assert await each.statuses() == {200}
        deadline = asyncio.get_running_loop().time() + 60
        while [await each.statuses() for each in pollings] != [{200}, {404}, {401}]:
            assert asyncio.get_running_loop().time() < deadline
            await asyncio.sleep(0.1)
        while await expiry(server, row) <= half:
            assert await pollings[0].statuses() == {200}
            assert asyncio.get_running_loop().time() < deadline
            await asyncio.sleep(0.1)


@BOTH
async def test_an_unchanged_poll_is_answered_without_asking_for_anything_but_the_state(
    server: Server, books: Books, monkeypatch: pytest.MonkeyPatch
) -> None:
    await books.post("/transactions", sale())
    polling = Polling(books.api, books.id)
    settled = await polling.settle()
    read: list[object] = []
    monkeypatch.setattr("ledger.store.fresh.FreshRows.get", _noting_all_but_states(read))
    deadline = asyncio.get_running_loop().time() + 30
    while True:  # PostgreSQL's own housekeeping moves the state too, now and then
        read.clear()
        again = await polling.ask()
        if not read:
            break
        assert asyncio.get_running_loop().time() < deadline
    assert [answer.content for answer in again] == [answer.content for answer in settled]
    assert [answer.headers["ETag"] for answer in again] == [answer.headers["ETag"] for answer in settled]
    assert again[0].headers["X-Request-Id"] != settled[0].headers["X-Request-Id"]


def _noting_all_but_states(read: list[object]) -> Callable[..., Awaitable[Any]]:
    from ledger.store.fresh import FreshRows, States

    get = FreshRows.get

    async def noting(rows: Any, key: Any) -> Any:
        if getattr(rows._read, "__func__", None) is not States._read_now:
            read.append(key)
        return await get(rows, key)

    return noting


@BOTH
async def test_what_is_asked_once_looks_at_no_state(books: Books, monkeypatch: pytest.MonkeyPatch) -> None:
    looks = []
    state = Services.state

    async def counted(services: Services) -> Any:
        looks.append(services)
        return await state(services)

    monkeypatch.setattr(Services, "state", counted)
    path = f"/ledgers/{books.id}/balances?effective={dt.date.min + dt.timedelta(days=next(_numbers))}"
    for expected in (0, 1, 2):
        assert (await books.api.get(path)).status_code == 200
        assert len(looks) == expected


async def test_two_users_never_share_an_answer(server: Server) -> None:
    """Each their own ledger, asked about in the same words."""
    answers = []
    for amount in ("1.00", "2.00"):
        name = f"sharing-{next(_numbers)}"
        async with client(server) as api:
            token = (await api.post("/auth/register", json={"username": name, "password": PASSWORD})).json()["token"]
        async with client(server, token=token) as api:
            (await api.get("/dashboard-data")).raise_for_status()
            [ledger] = (await api.get("/ledgers")).json()["ledgers"]
            books = Books(api, ledger["id"])
            accounts = (await books.get("/accounts", min_size=await books.size()))["accounts"]
            cash = next(each["id"] for each in accounts if each["role"] == "cash")
            income = next(each["id"] for each in accounts if each["type"] == "income")
            lines = ((cash, amount), (income, f"-{amount}"))
            posted = transaction(*[debit(id_, units, ledger["currency"]) for id_, units in lines])
            size = (await books.post("/transactions", posted))["size"]
            asked = [await api.get("/dashboard-data", params={"min_size": size}) for _ in range(3)]
            answers += [(amount, answer.json()) for answer in asked]
    assert {(amount, answer["account_balance"]) for amount, answer in answers} == {("1.00", 1), ("2.00", 2)}
