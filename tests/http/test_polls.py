"""A poll that is repeated is answered by what holds now, whatever changed it: rows, roles, sessions or the clock."""

import asyncio
import datetime as dt
import itertools
import sqlite3
from contextlib import closing
from typing import Any

import asyncpg
import httpx

from api.auth.session_formats import Expiring
from tests.http.service import BOTH, PASSWORD, Books, Server, client, debit, sale, transaction

_numbers = itertools.count(1)


class Polling:
    """A caller who asks the same two questions over and over, with a token of their own."""

    def __init__(self, api: httpx.AsyncClient, ledger: str) -> None:
        self._api = api
        self._paths = (f"/ledgers/{ledger}/accounts/1/balance", f"/ledgers/{ledger}/dashboard")

    async def ask(self) -> list[httpx.Response]:
        """Both answers."""
        return [await self._api.get(path) for path in self._paths]

    async def settle(self) -> list[httpx.Response]:
        """Ask until two answers in a row are equal, and return the last ones."""
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
