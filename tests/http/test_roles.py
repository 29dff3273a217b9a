"""Roles over HTTP: the table in docs/roles.md, walked with every role over every route; and what roles are about."""

import datetime as dt
import itertools
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from api.app import create_app
from tests.http.service import (
    BOTH,
    PASSWORD,
    Books,
    Json,
    Server,
    client,
    command,
    open_books,
    sale,
)
from tests.test_docs import api_routes_of

PAGE = Path(__file__).resolve().parents[2] / "docs" / "roles.md"
ROLES = ("owner", "bookkeeper", "auditor", "viewer")
_numbers = itertools.count(1)

# --- people ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Person:
    """Somebody who signed in."""

    api: httpx.AsyncClient
    id: str
    name: str

    @property
    def token(self) -> str:
        """What this person shows."""
        return self.api.headers["Authorization"].removeprefix("Bearer ")

    def books(self, books: Books) -> Books:
        """The ledger through this person's eyes."""
        return Books(self.api, books.id, books.uuid)


@dataclass(frozen=True)
class Office:
    """A ledger and somebody in each role; `nobody` has none, `token` is a program of the owner's."""

    books: Books
    people: dict[str, Person]

    def __getitem__(self, who: str) -> Person:
        return self.people[who]


_hired: dict[tuple[str, str], Json] = {}
"""Who registered at which server: hashing passwords takes longer than most tests, and each test has its own ledger."""


async def hire(server: Server, stack: AsyncExitStack, name: str) -> Person:
    """A user who has signed in."""
    if (found := _hired.get((server.url, name))) is None:
        async with client(server) as api:
            credentials = {"username": f"{name}-{next(_numbers)}", "password": PASSWORD}
            answer = await api.post("/auth/register", json=credentials)
        assert answer.status_code == 201, answer.text
        found = _hired[server.url, name] = answer.json()
    api = await stack.enter_async_context(client(server, token=found["token"]))
    return Person(api, found["user"]["id"], found["user"]["username"])


async def grant(books: Books, user: str, role: str, **members: Any) -> Json:
    """Give a role."""
    return dict((await books.send("PUT", f"/members/{user}", {"role": role, **members})).json())


@asynccontextmanager
async def office_at(server: Server) -> AsyncIterator[Office]:
    """A ledger with people."""
    async with AsyncExitStack() as stack:
        people = {role: await hire(server, stack, role) for role in (*ROLES, "nobody")}
        books = await open_books(people["owner"].api, f"office-{next(_numbers)}")
        for role in ROLES[1:]:
            await grant(books, people[role].id, role)
        token = (await books.post("/tokens", {"name": "importer", "role": "bookkeeper"}))["token"]
        api = await stack.enter_async_context(client(server, token=token))
        people["token"] = Person(api, people["owner"].id, "token")
        yield Office(books, people)


@pytest.fixture
async def office(server: Server) -> AsyncIterator[Office]:
    """A ledger with people."""
    async with office_at(server) as office:
        yield office


# --- the table -------------------------------------------------------------------------------------------------------


def table(first: str) -> dict[tuple[str, str], dict[str, str]]:
    """A table of the page by its second heading: (method, path) -> who -> what happens."""
    rows: dict[tuple[str, str], dict[str, str]] = {}
    heads: list[str] = []
    for line in PAGE.read_text().splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if line.startswith("| route |"):
            heads = cells[1:]
        elif (found := re.fullmatch(r"`(\w+) (/\S*)`", cells[0])) and heads[0] == first:
            rows[found[1], found[2]] = dict(zip(heads, cells[1:], strict=True))
    return rows


BY_ROLE, BY_SESSION = table("owner"), table("signed in")

Request = tuple[str, Json | None]
Prepare = Callable[[Office, Person], Awaitable[Request]]


async def _posted(office: Office) -> str:
    return str((await office.books.post("/transactions", sale()))["id"])


async def _account(office: Office) -> int:
    return int((await office.books.post("/accounts", {"path": f"Assets:A{next(_numbers)}"}))["id"])


def _plain(path: str, body: Json | None = None) -> Prepare:
    async def prepare(_office: Office, _who: Person) -> Request:
        return path, body

    return prepare


async def _get_account(office: Office, _who: Person) -> Request:
    return f"/accounts/{await office.books.id_of('Assets:Cash')}", None


async def _patch_account(office: Office, _who: Person) -> Request:
    return f"/accounts/{await _account(office)}", {"label": "New"}


async def _close(office: Office, _who: Person) -> Request:
    return f"/accounts/{await _account(office)}/close", {}


async def _reopen(office: Office, _who: Person) -> Request:
    account = await _account(office)
    await office.books.post(f"/accounts/{account}/close", {})
    return f"/accounts/{account}/reopen", {}


async def _balance(office: Office, _who: Person) -> Request:
    return f"/accounts/{await office.books.id_of('Assets:Cash')}/balance", None


async def _register(office: Office, _who: Person) -> Request:
    return f"/accounts/{await office.books.id_of('Assets:Cash')}/register", None


async def _transaction(office: Office, _who: Person) -> Request:
    return f"/transactions/{await _posted(office)}", None


async def _reverse(office: Office, _who: Person) -> Request:
    return f"/transactions/{await _posted(office)}/reverse", {}


async def _open_account(_office: Office, _who: Person) -> Request:
    return "/accounts", {"path": f"Assets:B{next(_numbers)}"}


async def _declare(_office: Office, _who: Person) -> Request:
    return "/currencies", {"currency": f"XX{chr(65 + next(_numbers) % 26)}{next(_numbers)}Z", "scale": 3}


async def _give(office: Office, _who: Person) -> Request:
    return f"/members/{office['nobody'].id}", {"role": "viewer", "until": "2000-01-01T00:00:00Z"}


async def _take(office: Office, who: Person) -> Request:
    victim = "viewer" if who is not office["viewer"] else "auditor"
    await grant(office.books, office[victim].id, victim)
    return f"/members/{office[victim].id}", None


async def _give_for_good(office: Office, _who: Person) -> Request:
    return f"/members/{office['viewer'].name}", {"role": "viewer"}


async def _revoke_own(office: Office, who: Person) -> Request:
    if who.name.startswith(ROLES):
        made = await who.books(office.books).post("/tokens", {"name": "t", "role": "viewer"})
    else:
        made = await office.books.post("/tokens", {"name": "t", "role": "viewer"})
    return f"/tokens/{made['id']}", None


async def _erase_texts(office: Office, _who: Person) -> Request:
    posted = await office.books.post("/transactions", sale(description="Ada"))
    return f"/transactions/{posted['id']}/erase", {"reason": "asked", "force": True}


async def _erase_names(office: Office, _who: Person) -> Request:
    account = await _account(office)
    await office.books.send("PATCH", f"/accounts/{account}", {"path": f"Assets:C{next(_numbers)}"})
    return f"/accounts/{account}/erase", {"reason": "asked", "force": True}


REQUESTS: dict[tuple[str, str], Prepare] = {
    ("GET", ""): _plain(""),
    ("PATCH", ""): _plain("", {"name": "Shop"}),
    ("GET", "/currencies"): _plain("/currencies"),
    ("POST", "/currencies"): _declare,
    ("GET", "/members"): _plain("/members"),
    ("PUT", "/members/{user}"): _give_for_good,
    ("DELETE", "/members/{user}"): _take,
    ("GET", "/tokens"): _plain("/tokens"),
    ("POST", "/tokens"): _plain("/tokens", {"name": "reader", "role": "viewer"}),
    ("DELETE", "/tokens/{token}"): _revoke_own,
    ("GET", "/accounts"): _plain("/accounts"),
    ("POST", "/accounts"): _open_account,
    ("GET", "/accounts/{account}"): _get_account,
    ("PATCH", "/accounts/{account}"): _patch_account,
    ("POST", "/accounts/{account}/close"): _close,
    ("POST", "/accounts/{account}/reopen"): _reopen,
    ("GET", "/accounts/{account}/limits"): _plain("/accounts/Assets:Cash/limits"),
    ("PUT", "/accounts/{account}/limits"): _plain("/accounts/Assets:Cash/limits", {"currency": "USD", "floor": "0.00"}),
    ("GET", "/accounts/{account}/balance"): _balance,
    ("GET", "/accounts/{account}/register"): _register,
    ("GET", "/balances"): _plain("/balances"),
    ("GET", "/register"): _plain("/register?account=Assets:Cash"),
    ("GET", "/transactions"): _plain("/transactions"),
    ("POST", "/transactions"): _plain("/transactions", sale()),
    ("GET", "/transactions/{transaction}"): _transaction,
    ("POST", "/transactions/{transaction}/reverse"): _reverse,
    ("POST", "/transactions/{transaction}/erase"): _erase_texts,
    ("POST", "/accounts/{account}/erase"): _erase_names,
    ("POST", "/commands"): _plain("/commands", {"atomic": True, "commands": [command(sale())]}),
    ("GET", "/events"): _plain("/events"),
    ("GET", "/log/checkpoint"): _plain("/log/checkpoint"),
    ("GET", "/log/vkey"): _plain("/log/vkey"),
    ("GET", "/log/tile/{path}"): _plain("/log/tile/0/000.p/1"),
    ("GET", "/log/proof/inclusion"): _plain("/log/proof/inclusion?position=0"),
    ("GET", "/log/proof/consistency"): _plain("/log/proof/consistency?from_size=1"),
    ("GET", "/log/proof/receipt"): _plain("/log/proof/receipt?position=0"),
    ("GET", "/reports/trial-balance"): _plain("/reports/trial-balance"),
    ("GET", "/reports/balance-sheet"): _plain("/reports/balance-sheet"),
    ("GET", "/reports/income-statement"): _plain("/reports/income-statement"),
    ("GET", "/reports/cash-flow"): _plain("/reports/cash-flow"),
    ("GET", "/reports/changes"): _plain("/reports/changes"),
    ("GET", "/dashboard"): _plain("/dashboard"),
}
"""How to ask, by method and path below the ledger: each time something that the owner could do."""


def test_every_route_stands_in_the_table(server: Server) -> None:
    assert api_routes_of(create_app(server.settings)) == BY_ROLE.keys() | BY_SESSION.keys()
    assert {path.startswith("/ledgers/{ledger}") for _, path in BY_ROLE} == {True}
    assert {path.startswith("/ledgers/{ledger}") for _, path in BY_SESSION} == {False}


@BOTH
@pytest.mark.parametrize("route", BY_ROLE, ids=" ".join)
async def test_each_role_may_do_what_the_table_says(office: Office, server: Server, route: tuple[str, str]) -> None:
    method, path = route
    prepare = REQUESTS[method, path.removeprefix("/ledgers/{ledger}")]
    answered = {}
    for who in (*ROLES, "token", "nobody"):
        below, body = await prepare(office, office[who])
        answer = await office[who].api.request(method, f"/ledgers/{office.books.id}{below}", json=body)
        answered[who] = _meaning(answer)
    assert answered == BY_ROLE[route]
    below, body = await prepare(office, office["owner"])
    async with client(server) as nobody:
        answer = await nobody.request(
            method,
            f"/ledgers/{office.books.id}{below}",
            json=body,
            headers={"Origin": server.settings.allowed_origins[0]},
        )
    assert answer.status_code == 401


def _meaning(answer: httpx.Response) -> str:
    if answer.is_success:
        return "yes"
    expected = {403: "forbidden", 404: "not_found"}
    assert answer.json()["code"] == expected.get(answer.status_code), answer.text
    return {403: "no", 404: "-"}[answer.status_code]


BODIES: dict[tuple[str, str], Callable[[], Json]] = {
    ("POST", "/ledgers"): lambda: {"id": f"of-a-role-{next(_numbers)}"},
    ("POST", "/auth/login"): lambda: {"username": "alice", "password": PASSWORD},
    ("POST", "/auth/register"): lambda: {"username": f"new-{next(_numbers)}", "password": PASSWORD},
}


@pytest.mark.parametrize("route", BY_SESSION, ids=" ".join)
async def test_a_session_or_nothing_is_asked_for(office: Office, server: Server, route: tuple[str, str]) -> None:
    method, path = route
    origin = {"Origin": server.settings.allowed_origins[0]}
    body = BODIES.get(route, dict)
    async with AsyncExitStack() as stack:
        callers = {
            "token": office["token"].api,
            "signed out": await stack.enter_async_context(client(server, headers=origin)),
            "signed in": (await hire(server, stack, f"somebody-{next(_numbers)}")).api,
        }
        answered = {}
        for who, api in callers.items():
            answer = await api.request(method, path, json=body() if method == "POST" else None)
            answered[who] = "yes" if answer.is_success else str(answer.status_code)
    assert answered == BY_SESSION[route]


# --- roles -----------------------------------------------------------------------------------------------------------


@BOTH
async def test_a_role_taken_away_holds_for_the_next_command_and_the_next_read(office: Office) -> None:
    bookkeeper = office["bookkeeper"].books(office.books)
    await bookkeeper.post("/transactions", sale())
    await office.books.send("DELETE", f"/members/{office['bookkeeper'].id}")
    await bookkeeper.get("/balances", expect=404)
    await bookkeeper.post("/transactions", sale(), expect=404)
    listed = (await office["bookkeeper"].api.get("/ledgers")).json()["ledgers"]
    assert office.books.id not in [each["id"] for each in listed]
    await grant(office.books, office["bookkeeper"].name, "viewer")
    await bookkeeper.get("/balances")
    await bookkeeper.post("/transactions", sale(), expect=403)


@BOTH
async def test_a_role_ends_by_itself(office: Office) -> None:
    soon = dt.datetime.now(dt.UTC) + dt.timedelta(seconds=1.5)
    await grant(office.books, office["nobody"].id, "auditor", until=soon.isoformat())
    auditor = office["nobody"].books(office.books)
    seen: list[int] = []
    while not seen or seen[-1] != 404:
        begun = dt.datetime.now(dt.UTC)
        seen.append((await auditor.api.get(f"/ledgers/{auditor.id}/events?limit=1")).status_code)
        done = dt.datetime.now(dt.UTC)
        assert seen[-1] == 404 or begun < soon, "the role outlived its time"
        assert seen[-1] == 200 or done >= soon, "the role ended early"
    assert seen[0] == 200


async def test_who_gave_what_to_whom_stands_in_the_log(office: Office) -> None:
    await office.books.send("DELETE", f"/members/{office['viewer'].id}")
    events = (await office.books.get("/events", limit=100))["events"]
    given = [(each["actor"], each["data"]) for each in events if each["type"].startswith("Member")]
    owner = {"type": "user", "id": office["owner"].id}
    assert given == [
        *[(owner, {"role": role, "user": office[role].id}) for role in ROLES[1:]],
        (owner, {"user": office["viewer"].id}),
    ]


async def test_members_are_listed_with_their_names(office: Office) -> None:
    until = "2999-12-31T23:59:59.000000Z"
    await grant(office.books, office["nobody"].name, "auditor", until="2999-12-31T23:59:59Z")
    listed = {member["user"]: member for member in (await office.books.get("/members"))["members"]}
    assert {(person["username"], person["role"], person["until"]) for person in listed.values()} == {
        *[(office[role].name, role, None) for role in ROLES],
        (office["nobody"].name, "auditor", until),
    }
    assert all(listed[office[role].id]["username"] == office[role].name for role in ROLES)


async def test_the_caller_reads_their_own_role(office: Office) -> None:
    for role in ROLES:
        assert (await office[role].books(office.books).get(""))["role"] == role
        listed = (await office[role].api.get("/ledgers")).json()["ledgers"]
        assert [each["role"] for each in listed if each["id"] == office.books.id] == [role]
    assert (await office["token"].api.get("/ledgers")).json()["ledgers"][0]["role"] == "bookkeeper"


@BOTH
async def test_the_last_owner_stays(office: Office) -> None:
    owner = f"/members/{office['owner'].id}"
    for method, body in (("DELETE", None), ("PUT", {"role": "viewer"})):
        refused = (await office.books.send(method, owner, body, expect=409)).json()
        assert refused["code"] == "last_owner"
    await grant(office.books, office["bookkeeper"].id, "owner")
    await office.books.send("DELETE", owner)
    await office.books.get("", expect=404)


async def test_anybody_leaves_by_themselves(office: Office) -> None:
    for role in ROLES[1:]:
        theirs = office[role].books(office.books)
        await theirs.send("DELETE", f"/members/{office[role].name}")
        await theirs.get("", expect=404)


@pytest.mark.parametrize(
    ("user", "body", "status", "code", "pointer"),
    [
        ("nobody-of-that-name", {"role": "viewer"}, 404, "not_found", None),
        ("{nobody}", {"role": "king"}, 422, "invalid", "#/role"),
        ("{nobody}", {}, 422, "invalid", "#/role"),
        ("{nobody}", {"role": "viewer", "until": "2001-01-01T00:00:00Z"}, 422, "invalid", "#/until"),
        ("{nobody}", {"role": "viewer", "until": "2999-01-01"}, 422, "invalid_date", "#/until"),
        ("{nobody}", {"role": "viewer", "until": 1}, 422, "invalid_date", "#/until"),
        ("{nobody}", {"role": "viewer", "more": 1}, 422, "unknown_field", "#/more"),
    ],
)
async def test_a_bad_grant_is_refused(
    office: Office, user: str, body: Json, status: int, code: str, pointer: str | None
) -> None:
    size = await office.books.size()
    user = user.format(nobody=office["nobody"].id)
    refused = (await office.books.send("PUT", f"/members/{user}", body, expect=status)).json()
    assert refused["code"] == code
    assert pointer is None or refused["errors"][0]["pointer"] == pointer
    assert await office.books.size() == size


async def test_a_grant_is_repeated_safely(office: Office) -> None:
    first = await office.books.send("PUT", f"/members/{office['nobody'].id}", {"role": "viewer"}, key="hire")
    again = await office.books.send("PUT", f"/members/{office['nobody'].id}", {"role": "viewer"}, key="hire")
    assert again.json() == first.json()
    assert again.headers["Idempotent-Replayed"] == "true"


async def test_a_bulk_of_a_bookkeeper_cannot_change_the_settings(office: Office) -> None:
    for who in ("bookkeeper", "token"):
        theirs = office[who].books(office.books)
        answer = await theirs.bulk(command({"name": "Mine"}, "update_ledger"), command(sale()))
        assert [result["status"] for result in answer["results"]] == [403, 201]
        assert answer["results"][0]["code"] == "forbidden"
        refused = await theirs.bulk(
            command(sale()), command({"name": "Mine"}, "update_ledger"), atomic=True, expect=403
        )
        assert (refused["code"], refused["index"]) == ("forbidden", 1)


# --- tokens ----------------------------------------------------------------------------------------------------------


@BOTH
async def test_a_token_acts_for_its_user_and_is_named_in_the_log(office: Office) -> None:
    program = office["token"].books(office.books)
    written = await program.post("/transactions", sale())
    (token,) = (await office.books.get("/tokens"))["tokens"]
    event = (await office.books.get("/events", start=written["position"], limit=1))["events"][0]
    assert event["actor"] == {"type": "token", "id": token["id"], "for": office["owner"].id}
    assert token == {
        "id": token["id"],
        "name": "importer",
        "user": office["owner"].id,
        "role": "bookkeeper",
        "created_at": token["created_at"],
        "until": None,
    }


@BOTH
async def test_a_revoked_token_is_refused_at_once(office: Office) -> None:
    (token,) = (await office.books.get("/tokens"))["tokens"]
    await office["token"].books(office.books).get("")
    await office.books.send("DELETE", f"/tokens/{token['id']}", expect=204)
    assert (await office["token"].api.get(f"/ledgers/{office.books.id}")).status_code == 401
    assert (await office.books.get("/tokens"))["tokens"] == []
    await office.books.send("DELETE", f"/tokens/{token['id']}", expect=404)


@BOTH
async def test_a_token_dies_with_its_users_role_and_shrinks_with_it(office: Office, server: Server) -> None:
    theirs = office["bookkeeper"].books(office.books)
    secret = (await theirs.post("/tokens", {"name": "t", "role": "bookkeeper"}))["token"]
    async with client(server, token=secret) as api:
        program = Books(api, office.books.id)
        await program.post("/transactions", sale())
        await grant(office.books, office["bookkeeper"].id, "viewer")
        await program.get("/balances")
        await program.get("/events", expect=403)
        await program.post("/transactions", sale(), expect=403)
        await office.books.send("DELETE", f"/members/{office['bookkeeper'].id}")
        await program.get("/balances", expect=404)


async def test_a_token_is_for_one_ledger(office: Office) -> None:
    other = await open_books(office["owner"].api, f"other-{next(_numbers)}")
    assert (await office["token"].api.get(f"/ledgers/{other.id}")).status_code == 404
    assert [each["id"] for each in (await office["token"].api.get("/ledgers")).json()["ledgers"]] == [office.books.id]


async def test_a_token_of_a_larger_role_is_not_made(office: Office) -> None:
    refused = await office["viewer"].books(office.books).post("/tokens", {"name": "t", "role": "owner"}, expect=403)
    assert refused["code"] == "forbidden"


async def test_users_see_and_revoke_their_own_tokens_and_the_owner_everybodys(office: Office) -> None:
    theirs = office["viewer"].books(office.books)
    made = await theirs.post("/tokens", {"name": "mine", "role": "viewer"})
    assert [each["name"] for each in (await theirs.get("/tokens"))["tokens"]] == ["mine"]
    names = [each["name"] for each in (await office.books.get("/tokens"))["tokens"]]
    assert names == ["importer", "mine"]
    importer = (await office.books.get("/tokens"))["tokens"][0]
    await theirs.send("DELETE", f"/tokens/{importer['id']}", expect=404)
    await office.books.send("DELETE", f"/tokens/{made['id']}", expect=204)
    assert (await theirs.get("/tokens"))["tokens"] == []


async def test_a_secret_is_shown_once_and_stored_as_a_hash(office: Office, server: Server, tmp_path: Path) -> None:
    secret = (await office.books.post("/tokens", {"name": "t", "role": "viewer"}))["token"]
    assert secret.startswith("llmt_") and len(secret) > 40
    assert secret not in str(await office.books.get("/tokens"))
    folder = Path(str(server.settings.journal_url.database)).parent
    for file in folder.iterdir():
        assert secret.encode() not in file.read_bytes()


async def test_a_token_ends_by_itself(office: Office, server: Server) -> None:
    soon = dt.datetime.now(dt.UTC) + dt.timedelta(seconds=1.5)
    made = await office.books.post("/tokens", {"name": "t", "role": "viewer", "until": soon.isoformat()})
    async with client(server, token=made["token"]) as api:
        statuses = [200]
        while statuses[-1] == 200:
            begun = dt.datetime.now(dt.UTC)
            statuses.append((await api.get(f"/ledgers/{office.books.id}")).status_code)
            assert statuses[-1] == 401 or begun < soon
        assert statuses[-1] == 401
        assert dt.datetime.now(dt.UTC) >= soon


@pytest.mark.parametrize("secret", ["llmt_", "llmt_x", "llmt_" + "A" * 43, "llmt_" + "é" * 10, "llmt_" + "A" * 5000])
async def test_an_unknown_token_is_nobodys(server: Server, secret: str) -> None:
    async with client(server) as api:
        headers = [(b"Authorization", f"Bearer {secret}".encode())]
        assert (await api.get("/ledgers", headers=headers)).status_code == 401
