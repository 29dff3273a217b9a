"""Ask every route for something that a caller could do, and check the answers while the database is in trouble.

The routes are the app's own: one that is added is walked without a line here. What to ask of each is the table of the
tests of roles, which fails for a route that it lacks.
"""

import asyncio
import itertools
import json
import time
from collections.abc import Iterable, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field

import httpx

from api.app import create_app
from tests.http.service import Json, Server, command, sale
from tests.http.test_roles import BODIES, BY_ROLE, BY_SESSION, REQUESTS, Office, hire, office_at
from tests.test_docs import PAGES, api_routes_of

AT_ONCE = 48
WITHOUT_DATABASE = {"/api/health", "/api/live"}
"""Routes of the API that answer whatever happens to the database, as every page does."""
CUT = 0
"""The status of an answer that was broken off: of a stream that had begun."""
_numbers = itertools.count(1)


@dataclass(frozen=True)
class Asked:
    """One request."""

    method: str
    path: str
    token: str | None
    body: Json | None = None
    content: bytes | None = None
    headers: Json = field(default_factory=dict)

    @property
    def needs_database(self) -> bool:
        return self.path.startswith("/api/") and self.path.partition("?")[0] not in WITHOUT_DATABASE

    def __str__(self) -> str:
        return f"{self.method} {self.path} {self.headers.get('Accept', '')}".rstrip()


@dataclass(frozen=True)
class Answered:
    """What became of a request."""

    asked: Asked
    status: int
    headers: Json
    text: str
    seconds: float

    @property
    def is_sound(self) -> bool:
        """Success, not modified, the caller's mistake, or not now: then it is a document and says when to come back."""
        if self.status == CUT:
            return self.asked.headers.get("Accept") == "application/x-ndjson"
        if self.status != 503:
            return self.status < 500
        return int(self.headers.get("retry-after", 0)) >= 1 and "json" in self.headers["content-type"]

    def __str__(self) -> str:
        return f"{self.asked}: {self.status} after {self.seconds:.1f} s {self.text[:200]}"


# --- what to ask -----------------------------------------------------------------------------------------------------


async def every_request(server: Server, stack: AsyncExitStack) -> list[Asked]:
    """A request for every route, and for each other way to answer that a route has; prepared while all is well."""
    assert api_routes_of(create_app(server.settings)) == BY_ROLE.keys() | BY_SESSION.keys(), "docs/roles.md has them"
    office = await stack.enter_async_context(office_at(server))
    below = [await _below(office, route) for route in BY_ROLE]
    beside = [await _beside(server, stack, route) for route in BY_SESSION]
    described = [*below, *beside, *_pages()]
    return [*described, *_variants(office), *_heads(described)]


async def _below(office: Office, route: tuple[str, str]) -> Asked:
    method, path = route
    below, body = await REQUESTS[method, path.removeprefix("/ledgers/{ledger}")](office, office["owner"])
    return Asked(method, f"/api/ledgers/{office.books.id}{below}", office["owner"].token, body)


async def _beside(server: Server, stack: AsyncExitStack, route: tuple[str, str]) -> Asked:
    """As somebody of its own: signing out ends what others would ask with."""
    method, path = route
    person = await hire(server, stack, f"walker-{next(_numbers)}")
    return Asked(method, f"/api{path}", person.token, BODIES.get(route, dict)() if method == "POST" else None)


def _pages() -> list[Asked]:
    """As anybody: nobody has to sign in to read a page."""
    return [Asked("GET", path.format(code="unbalanced", name="docs.js"), None) for path in PAGES]


def _variants(office: Office) -> list[Asked]:
    """Other ways to answer: streams, past sizes, other representations."""
    token, books = office["owner"].token, f"/api/ledgers/{office.books.id}"
    csv, lines = {"Accept": "text/csv"}, {"Accept": "application/x-ndjson"}
    bulk = "".join(f"{json.dumps(command(sale(), key=f'walked-{next(_numbers)}'))}\n" for _ in range(3)).encode()
    return [
        Asked("GET", f"{books}/events", token, headers=lines),
        Asked("GET", f"{books}/dashboard?recorded_size=5", token),
        Asked("GET", f"{books}/balances?recorded_size=5&effective=2024-05-01", token),
        Asked("GET", f"{books}/balances?min_size=1", token),
        Asked("GET", f"{books}/transactions?text=x", token),
        Asked("GET", f"{books}/reports/trial-balance", token, headers=csv),
        Asked("GET", f"{books}/events?type=TransactionPosted", token),
        Asked("GET", f"{books}/accounts", office["token"].token),
        Asked("POST", f"{books}/commands", token, content=bulk, headers={"Content-Type": "application/x-ndjson"}),
        Asked("POST", f"{books}/transactions", token, sale(), headers={"Idempotency-Key": f"walked-{next(_numbers)}"}),
    ]


def _heads(asked: Iterable[Asked]) -> list[Asked]:
    return [Asked("HEAD", each.path, each.token) for each in asked if each.method == "GET"]


# --- asking ----------------------------------------------------------------------------------------------------------


async def walk(server: Server, asked: Sequence[Asked], *, seconds_max: float) -> list[Answered]:
    """The answers to all of them, so many at a time."""
    places = asyncio.Semaphore(AT_ONCE)
    async with httpx.AsyncClient(base_url=server.url, timeout=seconds_max, verify=False, limits=httpx.Limits()) as api:

        async def ask(each: Asked) -> Answered:
            async with places:
                begun = time.monotonic()
                headers = {"Authorization": f"Bearer {each.token}"} if each.token else {}
                given: Json = {"json": each.body} if each.body is not None else {}
                if each.content is not None:
                    given = {"content": each.content}
                try:
                    answer = await api.request(each.method, each.path, headers=headers | each.headers, **given)
                except httpx.RemoteProtocolError as error:
                    return Answered(each, CUT, {}, str(error), time.monotonic() - begun)
                return Answered(each, answer.status_code, dict(answer.headers), answer.text, time.monotonic() - begun)

        return list(await asyncio.gather(*map(ask, asked)))


def require_sound(answers: Iterable[Answered]) -> None:
    """Raises AssertionError with every answer that is our fault."""
    wrong = [str(answer) for answer in answers if not answer.is_sound]
    assert not wrong, "\n".join(wrong)


def require_unavailable(answers: Iterable[Answered]) -> None:
    """Raises AssertionError with every answer that should have been 503 and was not, or the other way round."""
    require_sound(answers)
    own = [each for each in answers if each.asked.method != "HEAD"]
    wrong = [str(each) for each in own if (each.status == 503) != each.asked.needs_database]
    assert not wrong, "\n".join(wrong)


def require_well(answers: Iterable[Answered]) -> None:
    """Raises AssertionError with every answer that is no success."""
    wrong = [str(each) for each in answers if each.status >= 400 and each.asked.method != "HEAD"]
    assert not wrong, "\n".join(wrong)
