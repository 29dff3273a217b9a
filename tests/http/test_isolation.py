"""Two users' ledgers never leak into each other, whatever both wrote and whichever way one of them asks."""

import asyncio
import itertools
import re
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from typing import Any

import httpx
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.http.service import BOTH, PASSWORD, Books, Json, Server, client, command, credit, debit, open_books
from tests.http.test_roles import BY_ROLE, BY_SESSION

_numbers = itertools.count(1)

OPEN_TO_ALL = {("GET", path) for path in ("/health", "/live", "/ready", "/charts")}
"""Read routes that show nothing of anybody."""
READS = {route for route in BY_ROLE.keys() | BY_SESSION.keys() if route[0] == "GET"} - OPEN_TO_ALL


@dataclass
class Side:
    """One of the two users: everything that they write has `word` in it."""

    word: str
    api: httpx.AsyncClient
    user: str
    books: Books
    transactions: list[str] = field(default_factory=list)
    commands: list[str] = field(default_factory=list)
    cursors: dict[str, str] = field(default_factory=dict)

    @property
    def names(self) -> list[str]:
        """What must not be seen by the other one."""
        return [self.word, self.user, self.books.id, self.books.uuid, *self.transactions, *self.commands]


@dataclass(frozen=True)
class Deed:
    """Something that one of the two does."""

    by: int
    what: str
    units: int
    day: int


DEEDS = st.lists(
    st.builds(
        Deed, st.integers(0, 1), st.sampled_from(["sale", "sale", "account", "rename", "reverse", "member", "token"]),
        st.integers(1, 10**6), st.integers(1, 28),
    ),
    min_size=1,
    max_size=12,
)  # fmt: skip


async def settle(server: Server, stack: AsyncExitStack, word: str) -> Side:
    """A user with a ledger, named by a word."""
    name = f"{word}-{next(_numbers)}"
    async with client(server) as api:
        answer = await api.post("/auth/register", json={"username": name, "password": PASSWORD})
    api = await stack.enter_async_context(client(server, token=answer.json()["token"]))
    books = await open_books(api, name, chart=False, name=f"{word} & co")
    for path in ("Assets:Cash", "Income:Sales"):
        await books.post("/accounts", {"path": f"{path}:{word}", "label": word, "metadata": {"of": word}})
    return Side(word, api, answer.json()["user"]["id"], books)


async def do(side: Side, deed: Deed) -> None:
    """Both use the same keys, numbers, dates and amounts; only the word tells them apart."""
    books, word, number = side.books, side.word, next(_numbers)
    cash, sales = f"Assets:Cash:{word}", f"Income:Sales:{word}"
    amount = f"{deed.units // 100}.{deed.units % 100:02d}"
    match deed.what:
        case "sale":
            body = {
                "date": f"2024-05-{deed.day:02d}",
                "description": word,
                "payee": word,
                "notes": word,
                "tags": [word],
                "metadata": {"who": word},
                "document": {"ref": word},
                "postings": [debit(cash, amount, text=word), credit(sales, amount, party=word)],
            }
            (result,) = (await books.bulk(command(body, key=f"same-{number % 3}-{deed.units}-{deed.day}")))["results"]
            side.transactions.append(result["id"])
        case "account":
            await books.post("/accounts", {"path": f"Expenses:{word}:{number}", "label": word})
        case "rename":
            await books.send("PATCH", f"/accounts/{await books.id_of(cash)}", {"label": f"{word} {number}"})
        case "reverse" if side.transactions:
            answer = await books.call(
                "POST", f"/transactions/{side.transactions[0]}/reverse", expect=201, json={"description": word},
                headers={"Idempotency-Key": "undo"},
            )  # fmt: skip
            side.transactions.append(answer.json()["id"])
        case "member":
            await books.send("PUT", f"/members/{side.user}", {"role": "owner"})
        case "token":
            await books.post("/tokens", {"name": f"{word} {number}", "role": "viewer"})


async def questions(asker: Side, of: Side) -> AsyncIterator[tuple[str, str, Json]]:
    """Every read route, with every way to name something of `of`'s: (route, path, parameters)."""
    ledger = f"/ledgers/{asker.books.id}"
    size = await asker.books.size()
    accounts = [f"Assets:Cash:{of.word}", f"Income:Sales:{of.word}"]
    fresh = {"min_size": size, "limit": 1000}
    for path in ("/accounts", "/balances", "/transactions", "/currencies", "/members", "/tokens", "", "/dashboard"):
        yield f"/ledgers/{{ledger}}{path}", f"{ledger}{path}", fresh if path in ("/accounts", "/balances") else {}
    for account in accounts:
        for path in ("/balances", "/register", "/transactions"):
            yield f"/ledgers/{{ledger}}{path}", f"{ledger}{path}", {"account": account}
        for path in ("", "/balance", "/register", "/limits"):
            yield f"/ledgers/{{ledger}}/accounts/{{account}}{path}", f"{ledger}/accounts/{account}{path}", {}
            yield f"/ledgers/{{ledger}}/accounts/{{account}}{path}", f"{ledger}/accounts/1{path}", {}
    for name, value in (("text", of.word), ("reference", of.word), ("metadata.who", of.word), ("under", "Assets")):
        yield "/ledgers/{ledger}/transactions", f"{ledger}/transactions", {name: value}
    for transaction in of.transactions[-2:]:
        yield "/ledgers/{ledger}/transactions/{transaction}", f"{ledger}/transactions/{transaction}", {}
        yield "/ledgers/{ledger}/events", f"{ledger}/events", {"command": transaction}
    yield "/ledgers/{ledger}/transactions/{transaction}", f"{ledger}/transactions/{of.books.uuid}", {}
    yield "/ledgers/{ledger}/events", f"{ledger}/events", {"limit": 1000}
    reports: Json = {
        "trial-balance": {"min_size": size},
        "balance-sheet": {"format": "csv"},
        "income-statement": {"recorded_size": size - 1},
        "cash-flow": {"depth": 3},
    }
    for name, parameters in reports.items():
        yield f"/ledgers/{{ledger}}/reports/{name}", f"{ledger}/reports/{name}", parameters
    yield "/ledgers/{ledger}/reports/changes", f"{ledger}/reports/changes", {"from_size": 1}
    for path in ("checkpoint", "vkey", "proof/inclusion", "proof/consistency", "proof/receipt"):
        place: Json = {}
        if path.startswith("proof"):
            place = {"from_size": 1} if path == "proof/consistency" else {"position": size - 1}
        yield f"/ledgers/{{ledger}}/log/{path}", f"{ledger}/log/{path}", place
    for path in ("0/000.p/1", "entries/000.p/3"):
        yield "/ledgers/{ledger}/log/tile/{path}", f"{ledger}/log/tile/{path}", {}
    for path, cursor in of.cursors.items():
        yield f"/ledgers/{{ledger}}{path}", f"{ledger}{path}", {"cursor": cursor, "limit": 1}
    for path in ("/ledgers", "/auth/session", "/session/refresh", "/dashboard-data"):
        yield path, path, {}


async def take_cursors(side: Side) -> None:
    """Where the second pages of one's own lists are."""
    for path in ("/accounts", "/balances", "/transactions"):
        page = await side.books.get(path, limit=1, min_size=await side.books.size())
        if page["next"]:
            side.cursors[path] = page["next"]


def leaks(answer: httpx.Response, of: Side, asked: Json, path: str) -> Iterator[str]:
    """Names of the other's that stand in an answer and did not stand in the question."""
    given = f"{path} {asked}"
    told = answer.text + str(answer.headers)
    for name in of.names:
        if name not in given and re.search(re.escape(name), told):
            yield name


@BOTH
def test_two_users_ledgers_never_leak_into_each_other(server: Server) -> None:
    asked_of: set[tuple[str, str]] = set()

    @given(deeds=DEEDS)
    @settings(max_examples=4, suppress_health_check=list(HealthCheck))
    def life(deeds: list[Deed]) -> None:
        asyncio.run(live(server, deeds, asked_of))

    life()
    routes = {path for _, path in READS if path not in {"/ledgers/{ledger}/events"}}
    assert routes <= {path for path, _ in asked_of}, "a read route that is not asked here"


async def live(server: Server, deeds: list[Deed], asked_of: set[tuple[str, str]]) -> None:
    """Both do what they do; then each asks for everything, of their own and of the other's."""
    async with AsyncExitStack() as stack:
        sides = [await settle(server, stack, word) for word in ("walrus", "oyster")]
        for deed in deeds:
            await do(sides[deed.by], deed)
        for side in sides:
            events = (await side.books.get("/events", limit=1000))["events"]
            side.commands = [each["command"] for each in events]
            await take_cursors(side)
        for asker, other in (sides, sides[::-1]):
            await require_apart(asker, other, asked_of)


async def require_apart(asker: Side, other: Side, asked_of: set[tuple[str, str]]) -> None:
    """Nothing of the other's in any answer about one's own, and no answer at all about the other's."""
    for of in (asker, other):
        async for route, path, parameters in questions(asker, of):
            answer = await asker.api.get(path, params=parameters)
            assert answer.status_code in (200, 400, 404, 422), f"{path} {parameters}: {answer.text}"
            assert not list(leaks(answer, other, parameters, path)), f"{path} {parameters}: {answer.text}"
            asked_of.add((route, str(answer.status_code)))
            for name in (other.books.id, other.books.uuid):
                elsewhere = path.replace(f"/ledgers/{asker.books.id}", f"/ledgers/{name}")
                if elsewhere != path:
                    refused = await asker.api.get(elsewhere, params=parameters)
                    assert refused.status_code == 404, f"{elsewhere}: {refused.text}"
    for name in (other.books.id, other.books.uuid):
        refused = await asker.api.get("/dashboard-data", params={"ledger": name})
        assert refused.status_code == 404
    theirs = await asker.api.get(f"/ledgers/{asker.books.id}/events", headers={"Accept": "application/x-ndjson"})
    assert theirs.status_code == 200 and asker.word in theirs.text
    assert not list(leaks(theirs, other, {}, ""))


def test_a_leak_would_be_seen() -> None:
    """The check above can fail."""
    api: Any = None
    side = Side("oyster", api, "u1", Books(api, "oyster-1", "018f"), ["t1"])
    answer = httpx.Response(200, json={"description": "an oyster"})
    assert list(leaks(answer, side, {}, "/x")) == ["oyster"]
    assert not list(leaks(answer, side, {"text": "oyster"}, "/x"))
