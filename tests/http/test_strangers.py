"""Nobody gets in who should not: every route, with every kind of cookie that is not the owner's own."""

import hashlib
import itertools
import string
import time
from contextlib import AsyncExitStack
from typing import Any
from urllib.parse import quote

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import create_engine, text

from tests.http.service import PASSWORD, Server, client, open_books, run_apart, sale
from tests.http.test_roles import BY_ROLE, BY_SESSION, REQUESTS, Office, Person

SECRET = "Rosebud"
"""Stands in every name and text of the victim's books."""
OPEN = {route for route, answers in BY_SESSION.items() if answers["signed out"] == "yes"}
_numbers = itertools.count(1)


class Victim:
    """Somebody with a cookie and books, and requests that work with that cookie."""

    def __init__(self, server: Server, cookie: str, requests: list[tuple[str, str, Any]]) -> None:
        self.server = server
        self.cookie = cookie
        self.requests = requests

    def ask(self, method: str, path: str, body: Any, **headers: str | bytes) -> httpx.Response:
        """A request as a browser on the allowed page sends it."""
        sent: dict[str, Any] = {"Origin": self.server.settings.allowed_origins[0], **headers}
        raw = [(name.encode(), value if isinstance(value, bytes) else value.encode()) for name, value in sent.items()]
        return httpx.request(method, f"{self.server.url}/api{path}", headers=raw, json=body, timeout=30, verify=False)

    def require_refused(self, answer: httpx.Response, *, told: str) -> None:
        """401, 403 or 404, and not a word about the books."""
        assert answer.status_code in (401, 403, 404), f"{told}: {answer.status_code} {answer.text[:300]}"
        assert answer.headers["Content-Type"] == "application/problem+json"
        assert SECRET not in answer.text and SECRET not in str(answer.headers)
        assert "Ledger-Size" not in answer.headers and "ETag" not in answer.headers


@pytest.fixture(scope="module")
def victim(sqlite_server: Server) -> Victim:
    """Books with something to steal in them."""

    async def prepare() -> Victim:
        number = next(_numbers)
        async with AsyncExitStack() as stack:
            api = await stack.enter_async_context(client(sqlite_server))
            credentials = {"username": f"victim-{number}", "password": PASSWORD}
            registered = (await api.post("/auth/register", json=credentials)).json()
            owner = await stack.enter_async_context(client(sqlite_server, token=registered["token"]))
            books = await open_books(owner, f"victim-{number}", name=SECRET)
            await books.post("/accounts", {"path": f"Assets:{SECRET}"})
            await books.post("/transactions", sale(description=SECRET))
            person = Person(owner, registered["user"]["id"], credentials["username"])
            office = Office(books, dict.fromkeys(("owner", "bookkeeper", "auditor", "viewer", "nobody"), person))
            requests: list[tuple[str, str, Any]] = []
            for method, path in BY_ROLE:
                if "members/" in path:  # there is nobody else to name
                    requests.append((method, f"/ledgers/{books.id}/members/{person.id}", {"role": "viewer"}))
                    continue
                below, body = await REQUESTS[method, path.removeprefix("/ledgers/{ledger}")](office, person)
                requests.append((method, f"/ledgers/{books.id}{below}", body))
        requests += [(method, path, {}) for method, path in BY_SESSION.keys() - OPEN]
        return Victim(sqlite_server, quote(registered["token"], safe=""), sorted(requests, key=str))

    return run_apart(prepare)


def test_the_victim_gets_in(victim: Victim) -> None:
    """Else the tests below would pass with any server."""
    reads = [request for request in victim.requests if request[0] == "GET"]
    answers = [victim.ask(*request, Cookie=f"auth-session={victim.cookie}") for request in reads]
    assert {answer.status_code for answer in answers} == {200}
    assert sum(SECRET in answer.text for answer in answers) >= 5


def _sha256(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def _expired(victim: Victim) -> str:
    """A session of the victim's that ended a second ago."""
    token = f"expired{next(_numbers)}AAAAAAAAAAAAAAAAAAA="
    engine = create_engine(f"sqlite:///{victim.server.settings.journal_url.database}")
    with engine.begin() as connection:
        row = {"id": _sha256(token), "own": _sha256(victim.cookie.replace("%3D", "=")), "at": int(time.time()) - 1}
        insert = "INSERT INTO session SELECT :id, user_id, :at FROM session WHERE id = :own"
        assert connection.execute(text(insert), row).rowcount == 1
    engine.dispose()
    return token.replace("=", "%3D")


def test_no_cookie_that_is_not_the_victims_gets_anything(victim: Victim) -> None:
    own = victim.cookie
    cookies = {
        "none": None,
        "empty": "auth-session=",
        "expired": f"auth-session={_expired(victim)}",
        "truncated": f"auth-session={own[:-4]}",
        "without padding": f"auth-session={own.removesuffix('%3D')}",
        "encoded twice": f"auth-session={quote(own, safe='')}",
        "upper case": f"auth-session={own.upper()}",
        "the row's id": f"auth-session={_sha256(own.replace('%3D', '='))}",
        "oversized": f"auth-session={'A' * 8_000}",
        "after another": f"auth-session=x; auth-session={own}",
        "another name": f"auth_session={own}; session={own}; Auth-Session={own}",
        "malformed": "auth-session=%ZZ%",
        "NUL": "auth-session=%00",
        "not UTF-8": b"auth-session=\xff\xfe%ff",
        "SQL": "auth-session=' OR 1=1 --",
    }
    for told, cookie in cookies.items():
        for method, path, body in victim.requests:
            headers: dict[str, Any] = {"Idempotency-Key": "of no use"} | ({} if cookie is None else {"Cookie": cookie})
            answer = victim.ask(method, path, body, **headers)
            victim.require_refused(answer, told=f"{told}: {method} {path}")
            assert answer.status_code == 401, f"{told}: {method} {path}"


def test_a_strangers_own_session_gets_nothing_of_the_victims(victim: Victim) -> None:
    credentials = {"username": f"stranger-{next(_numbers)}", "password": PASSWORD}
    token = victim.ask("POST", "/auth/register", credentials).json()["token"]
    for method, path, body in victim.requests:
        if path.startswith("/ledgers/"):
            answer = victim.ask(method, path, body, Cookie=f"auth-session={quote(token, safe='')}")
            victim.require_refused(answer, told=f"{method} {path}")
            assert answer.status_code == 404


def test_the_victims_cookie_from_another_page_changes_nothing(victim: Victim) -> None:
    for origin in ("http://evil.example", "null", "http://localhost:5173.evil.example", "https://localhost:5173"):
        for method, path, body in victim.requests:
            if method != "GET":
                answer = victim.ask(method, path, body, Cookie=f"auth-session={victim.cookie}", Origin=origin)
                victim.require_refused(answer, told=f"{origin}: {method} {path}")
                assert answer.json()["code"] == "origin_refused"
                assert "Access-Control-Allow-Origin" not in answer.headers


VISIBLE = string.ascii_letters + string.digits + "-_=%;, \"'\\/+."


@given(data=st.data())
@settings(max_examples=100)
def test_a_cookie_that_was_tampered_with_is_nobodys(victim: Victim, data: st.DataObject) -> None:
    own = victim.cookie
    kind = data.draw(st.sampled_from(["changed", "inserted", "anything", "bearer"]))
    at = data.draw(st.integers(0, len(own) - 4))
    other = data.draw(st.text(VISIBLE, min_size=1, max_size=40))
    match kind:
        case "changed":
            cookie = own[:at] + other[0] + own[at + 1 :]
        case "inserted":
            cookie = own[:at] + other + own[at:]
        case _:
            cookie = other
    method, path, body = data.draw(st.sampled_from(victim.requests))
    if kind == "bearer":
        answer = victim.ask(method, path, body, Authorization=f"Bearer {cookie}".strip(), Cookie=f"auth-session={own}")
    else:
        if _first_of(cookie) == own:
            return
        answer = victim.ask(method, path, body, Cookie=f"auth-session={cookie}".strip())
    victim.require_refused(answer, told=f"{kind} {cookie!r}: {method} {path}")


def _first_of(cookie: str) -> str:
    """The value that a parser sees: up to a `;`, trimmed, without quotes."""
    return cookie.partition(";")[0].strip().strip('"').replace("=", "%3D")
