"""A real server in a thread of its own, and clients that hold every answer to what all answers must have."""

import asyncio
import json
import re
import socket
import ssl
import threading
from collections.abc import Awaitable, Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import httpx
import pytest
import uvicorn

from api import serving
from api.errors import STATUSES
from api.services import open_databases
from api.settings import Settings
from ledger.notes import SigningKey, write_key
from migrations import migrate
from tests.http.described import require_described

T = TypeVar("T")

START_SECONDS_MAX = 30.0
_NO_TLS = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
"""Nothing here is encrypted, and reading the system's certificates takes longer than most tests."""
UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")
"""A UUIDv7."""
TIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{6}Z")
PASSWORD = "correct horse battery"
ORIGIN = "example.com/books"
"""Of the servers that sign checkpoints."""

Json = dict[str, Any]

# --- the server ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Server:
    """A running server, and the token of a user who is there from the start."""

    url: str
    settings: Settings
    token: str = ""
    user: Json = field(default_factory=dict)

    @property
    def port(self) -> int:
        return int(self.url.rpartition(":")[2])

    @property
    def is_sqlite(self) -> bool:
        return self.settings.journal_url.get_backend_name() == "sqlite"


class _Uvicorn(uvicorn.Server):
    """Says when it has started, or that it never will."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.settled = threading.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        try:
            await super().startup(sockets)
        finally:
            self.settled.set()


@contextmanager
def serve(settings: Settings) -> Iterator[Server]:
    """The service on a port that the system chose, as `llmedger serve` configures it; the database is migrated."""
    config = serving.make_http_server(settings).config
    uvicorn_server = _Uvicorn(config)
    with socket.socket() as listening:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{listening.getsockname()[1]}"
        loop_factory = config.get_loop_factory()

        def run() -> None:
            with asyncio.Runner(loop_factory=loop_factory) as runner:
                runner.run(uvicorn_server.serve(sockets=[listening]))

        thread = threading.Thread(target=run, name="server", daemon=True)
        thread.start()
        try:
            assert uvicorn_server.settled.wait(START_SECONDS_MAX) and uvicorn_server.started, "the server did not start"
            yield Server(url, settings)
        finally:
            uvicorn_server.should_exit = True
            thread.join(START_SECONDS_MAX)
            assert not thread.is_alive(), "the server did not stop"


def with_user(server: Server, username: str = "alice") -> Server:
    """The server with a user who has signed in."""
    answer = httpx.post(f"{server.url}/api/auth/register", json={"username": username, "password": PASSWORD})
    assert answer.status_code == 201, answer.text
    return Server(server.url, server.settings, answer.json()["token"], answer.json()["user"])


def sqlite_settings(folder: Path, **settings: Any) -> Settings:
    """Settings for a database in a folder, migrated."""
    return migrated(Settings(database_url=f"sqlite:///{folder / 'ledger.db'}", _env_file=None, **settings))


def signing_in(folder: Path) -> Json:
    """Settings for a new key in a folder below this one."""
    file = folder / "keys" / "key"
    file.parent.mkdir()
    write_key(file, SigningKey.generate("example.com/key"))
    return {"signing_key": file, "origin": ORIGIN}


def migrated(settings: Settings) -> Settings:
    """The same settings; their databases are up to date now."""

    async def run() -> None:
        async with open_databases(settings) as databases:
            await migrate(*databases)

    run_apart(run)
    return settings


def run_apart(run: Callable[[], Awaitable[T]]) -> T:
    """Run a coroutine in a thread with a loop of its own: the caller may be running one already."""

    async def awaited() -> T:
        return await run()

    with ThreadPoolExecutor(max_workers=1) as executor:
        return executor.submit(lambda: asyncio.run(awaited())).result()


# --- clients ---------------------------------------------------------------------------------------------------------


async def require_well_formed(response: httpx.Response) -> None:
    """What holds for every answer: a request id; every error is a whole problem document; nothing is our fault."""
    assert UUID.fullmatch(response.headers["X-Request-Id"])
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    if response.status_code < 400:
        return
    await response.aread()
    assert response.headers["Content-Type"] == "application/problem+json", response.text
    if response.request.method == "HEAD":
        return
    document = response.json()
    require_problem(document, response.status_code)
    assert document["request_id"] == response.headers["X-Request-Id"]
    if response.status_code >= 500:
        assert response.status_code == 503, response.text
        assert int(response.headers["Retry-After"]) >= 1


def require_problem(document: Json, status: int) -> None:
    """A problem document with all its members."""
    code = document["code"]
    assert document["type"] == f"/problems/{code}"
    assert document["status"] == status == STATUSES[code], document
    assert document["title"]
    assert isinstance(document["detail"], str) and document["detail"]
    assert "{" not in document["title"]
    for each in document.get("errors", []):
        assert each.keys() == {"pointer", "detail"}, document
        assert each["pointer"].startswith(("#", "?")), document


def client(server: Server, *, token: str | None = None, **options: Any) -> httpx.AsyncClient:
    """A client of the server's API; every answer that it gets is checked."""
    headers = dict(options.pop("headers", {}))
    if token:
        headers["Authorization"] = f"Bearer {token}"
    return httpx.AsyncClient(
        base_url=f"{server.url}/api",
        headers=headers,
        event_hooks={"response": [require_well_formed, require_described]},
        timeout=30,
        verify=_NO_TLS,
        **options,
    )


@dataclass(frozen=True)
class Books:
    """One ledger of one user over HTTP."""

    api: httpx.AsyncClient
    id: str
    uuid: str = ""

    async def call(
        self, method: str, path: str, *, expect: int, headers: Mapping[str, str] | None = None, **request: Any
    ) -> httpx.Response:
        """A request below this ledger; the answer has the status expected."""
        response = await self.api.request(method, f"/ledgers/{self.id}{path}", headers=headers, **request)
        assert response.status_code == expect, f"{response.status_code} {response.text[:2000]}"
        return response

    async def get(
        self, path: str, *, expect: int = 200, headers: Mapping[str, str] | None = None, **params: Any
    ) -> Json:
        """The document at a path. `from_` is the parameter `from`."""
        params = {name.removesuffix("_"): value for name, value in params.items()}
        answer: Json = (await self.call("GET", path, expect=expect, headers=headers, params=params)).json()
        return answer

    async def post(
        self,
        path: str,
        body: Any = None,
        *,
        expect: int = 201,
        key: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Json:
        """The answer to a write."""
        return dict((await self.send("POST", path, body, expect=expect, key=key, headers=headers)).json())

    async def send(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        expect: int = 201,
        key: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> httpx.Response:
        """The whole response to a write."""
        all_headers = {**(headers or {}), **({"Idempotency-Key": key} if key is not None else {})}
        content = {} if body is None else {"json": body}
        return await self.call(method, path, expect=expect, headers=all_headers, **content)

    async def bulk(self, *commands: Json, atomic: bool = False, expect: int | None = None) -> Json:
        """The answer to commands sent together."""
        expect = expect or (201 if atomic else 200)
        return await self.post("/commands", {"atomic": atomic, "commands": list(commands)}, expect=expect)

    async def size(self) -> int:
        """How many records the ledger has."""
        return int((await self.get(""))["size"])

    async def id_of(self, path: str) -> int:
        """The id of the account with this path."""
        accounts = (await self.get("/accounts", limit=1000, min_size=await self.size()))["accounts"]
        return next(int(account["id"]) for account in accounts if account["path"] == path)

    async def balance(self, path: str, currency: str = "EUR", **params: Any) -> str:
        """What stands on one account."""
        params = {"min_size": await self.size(), **params}
        found = (await self.get("/balances", account=path, **params))["balances"]
        return next(str(each["balance"]) for each in found if each["currency"] == currency)

    async def pages(self, path: str, member: str, *, limit: int, **params: Any) -> list[Json]:
        """All pages of a list."""
        first = await self.get(path, limit=limit, **params)
        found, cursor = list(first[member]), first["next"]
        while cursor is not None:
            page = await self.get(path, limit=limit, cursor=cursor, **params)
            found += page[member]
            cursor = page["next"]
        return found


CHART = (
    {"path": "Assets:Cash", "number": "1000", "role": "cash"},
    {"path": "Assets:Bank"},
    {"path": "Equity:Opening"},
    {"path": "Expenses:Food"},
    {"path": "Expenses:Food:Out"},
    {"path": "Income:Sales"},
)
CHART_SIZE = 1 + len(CHART)
"""Records of a ledger with just the chart."""


async def open_books(api: httpx.AsyncClient, id_: str, *, chart: bool = True, **members: Any) -> Books:
    """A new ledger in euro, with a small chart of accounts."""
    answer = await api.post("/ledgers", json={"id": id_, "currency": "EUR", **members})
    assert answer.status_code == 201, answer.text
    books = Books(api, id_, (await api.get(f"/ledgers/{id_}")).json()["uuid"])
    if chart:
        await books.bulk(*[{"type": "open_account", **account} for account in CHART], atomic=True)
    return books


def debit(account: str | int, amount: str, currency: str = "EUR", **facts: Any) -> Json:
    """A posting to the debit side."""
    return {"account": account, "amount": amount, "currency": currency, **facts}


def credit(account: str | int, amount: str, currency: str = "EUR", **facts: Any) -> Json:
    """A posting to the credit side."""
    return {"account": account, "amount": f"-{amount}", "currency": currency, **facts}


def transaction(*postings: Json, on: str = "2024-05-17", **members: Any) -> Json:
    """A transaction as a caller sends it."""
    return {"date": on, "postings": list(postings), **members}


def sale(amount: str = "12.50", *, on: str = "2024-05-17", currency: str = "EUR", **members: Any) -> Json:
    """The plainest transaction: cash in for goods out."""
    return transaction(
        debit("Assets:Cash", amount, currency), credit("Income:Sales", amount, currency), on=on, **members
    )


def json_lines(answer: httpx.Response) -> list[Json]:
    """What stands on the lines of an answer; `str.splitlines` would also break them at U+2028 and the like."""
    return [json.loads(line) for line in answer.content.split(b"\n") if line]


def command(body: Json, type_: str = "post_transaction", **members: Any) -> Json:
    """A body as a command of a bulk."""
    return {"type": type_, **members, **body}


BOTH = pytest.mark.parametrize(
    "server", ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)], indirect=True
)
"""The test runs on SQLite and on PostgreSQL."""
