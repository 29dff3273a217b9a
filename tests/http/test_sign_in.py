"""Signing in: the cookie of the existing frontend and the same token as a bearer token; and who sees what."""

import hashlib
import itertools
import json
import sqlite3
import time
from collections.abc import AsyncIterator, Iterator
from email.utils import parsedate_to_datetime
from http.cookiejar import DefaultCookiePolicy
from http.cookies import Morsel, SimpleCookie
from typing import Any
from urllib.parse import quote

import httpx
import pytest

from api.auth import passwords
from tests.http.service import (
    BOTH,
    PASSWORD,
    TIME,
    Books,
    Json,
    Server,
    client,
    run_apart,
    sale,
    serve,
    sqlite_settings,
    with_user,
)

DAY = 24 * 3600
_names = itertools.count(1)
ALLOWED = "http://localhost:5173"
EXPOSED = {
    "ETag",
    "Idempotent-Replayed",
    "Ledger-Size",
    "Link",
    "Location",
    "Retry-After",
    "X-Request-Id",
}
ACCEPTED = {
    "Authorization",
    "Content-Type",
    "Idempotency-Key",
    "If-Match",
    "If-None-Match",
    "Prefer",
    "X-Request-Id",
}


@pytest.fixture
async def stranger(server: Server) -> AsyncIterator[httpx.AsyncClient]:
    """A client that has not signed in, and keeps no cookies."""
    async with client(server) as stranger:
        stranger.cookies.jar.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        yield stranger


def session_cookie(answer: httpx.Response) -> "Morsel[str]":
    """The session cookie that an answer sets: there is exactly one."""
    (header,) = answer.headers.get_list("set-cookie")
    cookie: SimpleCookie = SimpleCookie(header)
    return cookie["auth-session"]


def row_id(token: str) -> str:
    """The id under which the session lies in the table."""
    return hashlib.sha256(token.encode()).hexdigest()


def execute(server: Server, sql: str, *values: Any) -> list[Any]:
    """Run a statement on the server's database from outside, as another process would."""
    if server.is_sqlite:
        connection = sqlite3.connect(str(server.settings.journal_url.database), timeout=10)
        try:
            with connection:
                return connection.execute(sql, values).fetchall()
        finally:
            connection.close()

    async def run() -> list[Any]:
        import asyncpg

        connection = await asyncpg.connect(server.settings.database_url)
        try:
            found: list[Any] = await connection.fetch(sql.replace("?", "$1", 1).replace("?", "$2", 1), *values)
            return found
        finally:
            await connection.close()

    return run_apart(run)


def expiry(server: Server, token: str) -> int:
    """When the session ends, as its row says."""
    ((expires_at,),) = execute(server, "SELECT expires_at FROM session WHERE id = ?", row_id(token))
    return int(expires_at)


async def login(stranger: httpx.AsyncClient, username: str = "alice", password: str = PASSWORD) -> httpx.Response:
    return await stranger.post("/auth/login", json={"username": username, "password": password})


async def new_session(stranger: httpx.AsyncClient) -> str:
    """The token of a new session of alice's."""
    answer = await login(stranger)
    assert answer.status_code == 200, answer.text
    return str(answer.json()["token"])


async def status_with(stranger: httpx.AsyncClient, token: str) -> int:
    """What the session endpoint says to a bearer token."""
    return (await stranger.get("/auth/session", headers={"Authorization": f"Bearer {token}"})).status_code


# --- register, login, logout ------------------------------------------------------------------------------------------


async def test_who_registers_is_signed_in(stranger: httpx.AsyncClient, server: Server) -> None:
    name = f"user-{time.time_ns()}"
    answer = await stranger.post("/auth/register", json={"username": name, "password": PASSWORD})
    assert answer.status_code == 201
    document = answer.json()
    assert document.keys() == {"user", "token", "expires_at"}
    assert document["user"].keys() == {"id", "username"}
    assert len(document["user"]["id"]) == 24
    assert document["user"]["username"] == name
    morsel = session_cookie(answer)
    assert morsel.coded_value == quote(document["token"], safe="-_") and morsel.coded_value.endswith("%3D")
    assert (morsel["path"], morsel["samesite"].lower(), morsel["httponly"]) == ("/", "lax", True)
    expires = parsedate_to_datetime(morsel["expires"]).timestamp()
    assert abs(expires - time.time() - 30 * DAY) < 60
    (row,) = execute(server, "SELECT user_id, expires_at FROM session WHERE id = ?", row_id(document["token"]))
    assert (row[0], row[1]) == (document["user"]["id"], int(expires))
    session = await stranger.get("/auth/session", headers={"Cookie": f"auth-session={morsel.coded_value}"})
    assert session.json() == {"user": document["user"]}


async def test_a_password_is_stored_as_argon2id(stranger: httpx.AsyncClient, server: Server) -> None:
    ((phc,),) = execute(server, 'SELECT password_hash FROM "user" WHERE username = ?', "alice")
    _, algorithm, version, parameters, salt, key = phc.split("$")
    assert (algorithm, version, parameters) == ("argon2id", "v=19", "m=19456,t=2,p=1")
    assert (len(salt), len(key)) == (22, 43)


@pytest.mark.parametrize(
    ("credentials", "status", "code", "pointer"),
    [
        ({"username": "alice", "password": PASSWORD}, 409, "username_taken", "#/username"),
        ({"username": "Alice", "password": PASSWORD}, 422, "invalid", "#/username"),
        ({"username": "al", "password": PASSWORD}, 422, "invalid", "#/username"),
        ({"username": "a" * 32, "password": PASSWORD}, 422, "invalid", "#/username"),
        ({"username": "ann lee", "password": PASSWORD}, 422, "invalid", "#/username"),
        ({"username": "anna\n", "password": PASSWORD}, 422, "invalid", "#/username"),
        ({"username": "newuser", "password": "12345"}, 422, "invalid", "#/password"),
        ({"username": "newuser", "password": "x" * 256}, 422, "invalid", "#/password"),
        ({"username": "newuser", "password": "😀" * 128}, 422, "invalid", "#/password"),
        ({"username": "newuser"}, 422, "invalid", "#/password"),
        ({"username": "newuser", "password": 123456}, 422, "invalid", "#/password"),
        ({"username": "newuser", "password": PASSWORD, "age": 5}, 422, "unknown_field", "#/age"),
    ],
)
async def test_a_bad_registration_is_refused(
    stranger: httpx.AsyncClient, server: Server, credentials: Json, status: int, code: str, pointer: str
) -> None:
    before = execute(server, 'SELECT count(*) FROM "user"')
    answer = await stranger.post("/auth/register", json=credentials)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer.json()["errors"][0]["pointer"] == pointer
    assert "set-cookie" not in answer.headers
    assert execute(server, 'SELECT count(*) FROM "user"') == before


async def test_the_longest_password_of_wide_characters_works(stranger: httpx.AsyncClient) -> None:
    credentials = {"username": "wide-password", "password": "😀" * 127}
    assert (await stranger.post("/auth/register", json=credentials)).status_code == 201
    assert (await stranger.post("/auth/login", json=credentials)).status_code == 200


@BOTH
async def test_a_password_may_have_a_nul_in_it_and_a_username_may_not(stranger: httpx.AsyncClient) -> None:
    """The frontend takes one."""
    credentials = {"username": f"nul-{time.time_ns()}", "password": "with\0nul"}
    assert (await stranger.post("/auth/register", json=credentials)).status_code == 201
    assert (await stranger.post("/auth/login", json=credentials)).status_code == 200
    assert (await login(stranger, credentials["username"], "with\0null")).status_code == 401
    for path in ("/auth/register", "/auth/login"):
        answer = await stranger.post(path, json={"username": "with\0nul", "password": PASSWORD})
        assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "#/username")
        half = b'{"username": "alice", "password": "half \\ud800 pair"}'
        answer = await stranger.post(path, content=half, headers={"Content-Type": "application/json"})
        assert (answer.status_code, answer.json()["code"]) == (422, "invalid")


@BOTH
async def test_a_wrong_password_and_an_unknown_user_get_the_same_answer(stranger: httpx.AsyncClient) -> None:
    wrong, unknown = await login(stranger, password="something else"), await login(stranger, "nobody")
    assert wrong.status_code == unknown.status_code == 401
    said, of_unknown = [{**answer.json(), "request_id": None} for answer in (wrong, unknown)]
    assert said == of_unknown and said["code"] == "wrong_credentials"
    assert "set-cookie" not in wrong.headers and "set-cookie" not in unknown.headers


@BOTH
async def test_a_wrong_password_and_an_unknown_user_take_the_same_work(
    stranger: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is computed, for this password in both of its spellings, is all that takes time."""
    compared, computed = passwords._matches, []

    def matches(stored: str, password: bytes) -> bool:
        computed.append((stored.split("$")[:4], password))
        return compared(stored, password)

    monkeypatch.setattr(passwords, "_matches", matches)
    works = []
    for username in ("alice", "alic", "zzz-after-all-others"):
        computed.clear()
        assert (await login(stranger, username, "wrong \ufb01ve")).status_code == 401
        works.append(list(computed))
    assert len(works[0]) == 2
    assert works == [works[0]] * 3


@BOTH
async def test_logging_out_ends_the_session_and_takes_the_cookie_away(
    stranger: httpx.AsyncClient, server: Server
) -> None:
    ended, kept = await new_session(stranger), await new_session(stranger)
    headers = {"Cookie": f"auth-session={quote(ended)}", "Origin": ALLOWED}
    answer = await stranger.post("/auth/logout", headers=headers)
    assert answer.status_code == 204
    assert session_cookie(answer).value == "" and session_cookie(answer)["max-age"] == "0"
    assert not execute(server, "SELECT 1 FROM session WHERE id = ?", row_id(ended))
    assert (await status_with(stranger, ended), await status_with(stranger, kept)) == (401, 200)
    assert (await stranger.post("/auth/logout", headers=headers)).status_code == 401


async def test_logging_out_a_session_that_is_due_for_renewal_does_not_send_its_cookie_again(
    stranger: httpx.AsyncClient, server: Server
) -> None:
    token = await new_session(stranger)
    execute(server, "UPDATE session SET expires_at = ? WHERE id = ?", int(time.time()) + DAY, row_id(token))
    headers = {"Cookie": f"auth-session={quote(token)}", "Origin": ALLOWED}
    answer = await stranger.post("/auth/logout", headers=headers)
    assert session_cookie(answer).value == ""


# --- tokens -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("encode", [quote, str, lambda token: f'"{token}"'], ids=["%3D", "literal", "quoted"])
async def test_the_cookie_is_taken_percent_encoded_and_as_it_is(
    stranger: httpx.AsyncClient, encode: Any, server: Server
) -> None:
    token = await new_session(stranger)
    assert token.endswith("=")
    answer = await stranger.get("/auth/session", headers={"Cookie": f"a=b; auth-session={encode(token)}; c=d"})
    assert answer.status_code == 200
    assert "set-cookie" not in answer.headers


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Cookie": "auth-session="},
        {"Cookie": "auth-session=%"},
        {"Cookie": "auth-session=%FF%00"},
        {"Cookie": "auth-session=" + "x" * 5000},
        {"Cookie": "auth-session"},
        {"Cookie": "session={token}"},
        {"Cookie": "auth-session={id}"},
        {"Cookie": "auth-session={twice}"},
        {"Cookie": "auth-session={bare}"},
        {"Authorization": "Bearer"},
        {"Authorization": "{token}"},
        {"Authorization": "Basic {token}"},
        {"Authorization": "Bearer {id}"},
        {"Authorization": "Bearer {bare}"},
        {"Authorization": "Bearer {token}x"},
        {"Authorization": "Bearer wrong", "Cookie": "auth-session={token}"},
        {"Authorization": "Basic wrong", "Cookie": "auth-session={token}"},
    ],
    ids=repr,
)
async def test_anything_but_the_whole_token_is_no_session(
    stranger: httpx.AsyncClient, server: Server, headers: dict[str, str]
) -> None:
    token = server.token
    words = {"token": token, "id": row_id(token), "twice": quote(quote(token)), "bare": token.rstrip("=")}
    filled = {name: value.format(**words) for name, value in headers.items()}
    answer = await stranger.get("/ledgers", headers=filled)
    assert (answer.status_code, answer.json()["code"]) == (401, "unauthenticated")
    assert answer.headers["WWW-Authenticate"].partition(" ")[0] == "Bearer"


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER"])
async def test_the_scheme_of_a_bearer_token_may_be_in_any_case(
    stranger: httpx.AsyncClient, server: Server, scheme: str
) -> None:
    answer = await stranger.get("/auth/session", headers={"Authorization": f"{scheme} {server.token}"})
    assert answer.json()["user"] == server.user


@BOTH
async def test_a_session_whose_row_is_deleted_is_refused_at_once(stranger: httpx.AsyncClient, server: Server) -> None:
    token = await new_session(stranger)
    for _ in range(3):
        assert await status_with(stranger, token) == 200
    execute(server, "DELETE FROM session WHERE id = ?", row_id(token))
    assert await status_with(stranger, token) == 401


@pytest.mark.parametrize(("left", "status"), [(-1, 401), (0, 401), (5, 200)])
async def test_an_expired_session_is_refused(
    stranger: httpx.AsyncClient, server: Server, left: int, status: int
) -> None:
    token = await new_session(stranger)
    execute(server, "UPDATE session SET expires_at = ? WHERE id = ?", int(time.time()) + left, row_id(token))
    assert await status_with(stranger, token) == status


@BOTH
async def test_a_use_in_the_last_15_of_30_days_renews_the_session_and_sends_the_cookie_again(
    stranger: httpx.AsyncClient, server: Server
) -> None:
    token = await new_session(stranger)
    soon = int(time.time()) + 15 * DAY - 60
    execute(server, "UPDATE session SET expires_at = ? WHERE id = ?", soon, row_id(token))
    headers = {"Cookie": f"auth-session={quote(token)}"}
    answer = await stranger.get("/ledgers/none", headers=headers)
    assert answer.status_code == 404  # the cookie comes with any answer
    morsel = session_cookie(answer)
    assert morsel.coded_value == quote(token)
    expires_at = expiry(server, token)
    assert abs(expires_at - time.time() - 30 * DAY) < 60
    assert int(parsedate_to_datetime(morsel["expires"]).timestamp()) == expires_at
    again = await stranger.get("/auth/session", headers=headers)
    assert "set-cookie" not in again.headers


async def test_a_use_in_the_first_15_days_renews_nothing(stranger: httpx.AsyncClient, server: Server) -> None:
    token = await new_session(stranger)
    later = int(time.time()) + 15 * DAY + 60
    execute(server, "UPDATE session SET expires_at = ? WHERE id = ?", later, row_id(token))
    answer = await stranger.get("/auth/session", headers={"Cookie": f"auth-session={quote(token)}"})
    assert answer.status_code == 200 and "set-cookie" not in answer.headers
    expires_at = expiry(server, token)
    assert expires_at == later


# --- origins ----------------------------------------------------------------------------------------------------------

UNSAFE = [
    ("POST", "/auth/logout"),
    ("POST", "/ledgers"),
    ("PATCH", "/ledgers/x"),
    ("POST", "/ledgers/x/accounts"),
    ("PATCH", "/ledgers/x/accounts/1"),
    ("POST", "/ledgers/x/accounts/1/close"),
    ("POST", "/ledgers/x/accounts/1/reopen"),
    ("POST", "/ledgers/x/transactions"),
    ("POST", "/ledgers/x/transactions/y/reverse"),
    ("POST", "/ledgers/x/commands"),
    ("POST", "/ledgers/x/currencies"),
    ("PUT", "/ledgers/x/members/y"),
    ("DELETE", "/ledgers/x/members/y"),
    ("POST", "/ledgers/x/tokens"),
    ("DELETE", "/ledgers/x/tokens/y"),
    ("POST", "/security/logout-all-devices"),
]
FOREIGN = [
    None,
    "null",
    "",
    "http://evil.example",
    "https://localhost:5173",
    "http://localhost:5174",
    "http://localhost:5173.evil.example",
    "http://localhost:5173/",
    "http://[",
    "//localhost:5173",
    "HTTP://LOCALHOST:5173",
]


@pytest.mark.parametrize(("method", "path"), UNSAFE)
@pytest.mark.parametrize("cookie", ["auth-session={token}", "auth-session=wrong", "another=x", None])
async def test_a_change_with_a_cookie_needs_an_allowed_origin(
    stranger: httpx.AsyncClient, server: Server, method: str, path: str, cookie: str | None
) -> None:
    """Whatever the cookie: origins are looked at first."""
    headers = {} if cookie is None else {"Cookie": cookie.format(token=quote(server.token))}
    for origin in FOREIGN[cookie is None :] if method == "POST" and path == "/ledgers" else FOREIGN[cookie is None : 4]:
        answer = await stranger.request(
            method, path, headers=headers if origin is None else headers | {"Origin": origin}, json={}
        )
        assert (answer.status_code, answer.json()["code"]) == (403, "origin_refused"), origin
        assert "access-control-allow-origin" not in answer.headers


@pytest.mark.parametrize(("method", "path"), [*UNSAFE, ("POST", "/auth/logout")])
async def test_a_change_without_any_credentials_is_told_that_they_are_missing(
    stranger: httpx.AsyncClient, method: str, path: str
) -> None:
    """No cookie was sent, so an origin would prove nothing."""
    for headers in ({}, {"Sec-Fetch-Site": "cross-site"}, {"Idempotency-Key": "a"}):
        answer = await stranger.request(method, path, headers=headers, json={})
        assert (answer.status_code, answer.json()["reason"]) == (401, "missing"), path
        assert answer.headers["WWW-Authenticate"] == "Bearer"


async def test_a_program_that_keeps_cookies_signs_in_again_and_again(server: Server) -> None:
    async with client(server) as api:
        name, token = f"keeper-{next(_names)}", ""
        for path, username, status in (
            ("/auth/register", name, 201),
            ("/auth/login", name, 200),
            ("/auth/login", name, 200),
            ("/auth/register", f"{name}-b", 201),
        ):
            answer = await api.post(path, json={"username": username, "password": PASSWORD})
            assert answer.status_code == status, path
            assert "auth-session" in api.cookies
            token = answer.json()["token"]
        refused = await api.post("/auth/logout")  # a cookie alone changes nothing, and the refusal names the way out
        assert refused.json()["code"] == "origin_refused" and "Authorization: Bearer" in refused.json()["detail"]
        ended = await api.post("/auth/logout", headers={"Authorization": f"Bearer {token}"})
        assert ended.status_code == 204


@pytest.mark.parametrize("path", ["/auth/login", "/auth/register"])
@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "cross-site", "Cookie": "auth-session=x"},
    ],
    ids=repr,
)
async def test_a_foreign_page_cannot_sign_its_visitor_in_whatever_its_browser_says(
    stranger: httpx.AsyncClient, path: str, headers: dict[str, str]
) -> None:
    answer = await stranger.post(path, json={"username": "alice", "password": PASSWORD}, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (403, "origin_refused")


@pytest.mark.parametrize("path", ["/auth/login", "/auth/register"])
@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", None])
async def test_what_a_form_can_send_signs_nobody_in(stranger: httpx.AsyncClient, path: str, kind: str | None) -> None:
    """Also in a browser that says nothing of where the form is."""
    body = json.dumps({"username": "alice", "password": PASSWORD}).encode()
    answer = await stranger.post(path, content=body, headers={} if kind is None else {"Content-Type": kind})
    assert (answer.status_code, answer.json()["code"]) == (415, "unsupported_media_type")


async def test_the_allowed_origin_and_the_same_host_may_change_things(
    stranger: httpx.AsyncClient, server: Server, books: Books
) -> None:
    headers = {"Cookie": f"auth-session={quote(server.token)}"}
    path = f"/ledgers/{books.id}/transactions"
    for origin in (ALLOWED, server.url, f"https://127.0.0.1:{server.port}"):
        answer = await stranger.post(path, json=sale(), headers=headers | {"Origin": origin})
        assert answer.status_code == 201, origin


async def test_a_bearer_token_needs_no_origin(stranger: httpx.AsyncClient, server: Server, books: Books) -> None:
    headers = {"Authorization": f"Bearer {server.token}"}
    for origin in ({}, {"Origin": "http://evil.example"}):
        path = f"/ledgers/{books.id}/transactions"
        assert (await stranger.post(path, json=sale(), headers=headers | origin)).status_code == 201


async def test_reading_with_a_cookie_needs_no_origin(stranger: httpx.AsyncClient, server: Server, books: Books) -> None:
    headers = {"Cookie": f"auth-session={quote(server.token)}"}
    assert (await stranger.get(f"/ledgers/{books.id}", headers=headers)).status_code == 200


# --- CORS -------------------------------------------------------------------------------------------------------------


def words(header: str) -> set[str]:
    """The members of a list in a header."""
    return {word.strip() for word in header.split(",")}


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/health", 200),
        ("GET", "/ledgers", 401),
        ("POST", "/ledgers", 401),
        ("GET", "/nowhere", 404),
        ("DELETE", "/health", 405),
        ("GET", "/ledgers/x/accounts/Food%2Fbalance", 404),
        ("GET", "/ledgers/x/accounts?under=%00", 422),
    ],
)
async def test_an_allowed_page_may_read_every_answer(
    stranger: httpx.AsyncClient, method: str, path: str, status: int
) -> None:
    answer = await stranger.request(method, path, headers={"Origin": ALLOWED})
    assert answer.status_code == status
    assert answer.headers["Access-Control-Allow-Origin"] == ALLOWED
    assert answer.headers["Access-Control-Allow-Credentials"] == "true"
    assert words(answer.headers["Access-Control-Expose-Headers"]) == EXPOSED
    assert "Origin" in words(answer.headers["Vary"])


async def test_a_foreign_page_may_read_nothing(stranger: httpx.AsyncClient) -> None:
    for origin in ("http://evil.example", "null"):
        answer = await stranger.get("/health", headers={"Origin": origin})
        assert answer.status_code == 200
        assert "access-control-allow-origin" not in answer.headers


@pytest.mark.parametrize("method", ["POST", "PATCH", "DELETE"])
async def test_a_preflight_is_answered(stranger: httpx.AsyncClient, method: str) -> None:
    headers = {
        "Origin": ALLOWED,
        "Access-Control-Request-Method": method,
        "Access-Control-Request-Headers": ",".join(sorted(name.lower() for name in ACCEPTED)),
    }
    answer = await stranger.options("/ledgers/x/transactions", headers=headers)
    assert answer.status_code == 200
    assert answer.headers["Access-Control-Allow-Origin"] == ALLOWED
    assert answer.headers["Access-Control-Allow-Credentials"] == "true"
    assert method in words(answer.headers["Access-Control-Allow-Methods"])
    assert words(answer.headers["Access-Control-Allow-Headers"]) >= ACCEPTED
    assert int(answer.headers["Access-Control-Max-Age"]) > 0


async def test_a_preflight_of_a_foreign_page_allows_nothing(server: Server) -> None:
    async with httpx.AsyncClient() as plain:
        headers = {"Origin": "http://evil.example", "Access-Control-Request-Method": "POST"}
        answer = await plain.options(f"{server.url}/api/ledgers", headers=headers)
    assert "access-control-allow-origin" not in answer.headers


# --- whose ledger -----------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def others_token(sqlite_server: Server) -> str:
    """Somebody else's, on SQLite."""
    return with_user(sqlite_server, "mallory").token


ROUTES = [
    ("GET", ""),
    ("PATCH", ""),
    ("GET", "/accounts"),
    ("POST", "/accounts"),
    ("GET", "/accounts/1"),
    ("PATCH", "/accounts/1"),
    ("POST", "/accounts/1/close"),
    ("POST", "/accounts/1/reopen"),
    ("GET", "/accounts/1/balance"),
    ("GET", "/accounts/1/register"),
    ("GET", "/accounts/1/limits"),
    ("PUT", "/accounts/1/limits"),
    ("GET", "/accounts/Assets:Cash"),
    ("GET", "/transactions"),
    ("POST", "/transactions"),
    ("GET", "/transactions/{id}"),
    ("POST", "/transactions/{id}/reverse"),
    ("POST", "/commands"),
    ("GET", "/balances"),
    ("GET", "/register?account=Assets:Cash"),
    ("GET", "/events"),
    ("POST", "/accounts/1/erase"),
    ("POST", "/transactions/{id}/erase"),
    ("GET", "/dashboard"),
    ("GET", "/reports/changes?from_size=0&to_size=1"),
    ("GET", "/reports/trial-balance"),
    ("GET", "/reports/balance-sheet"),
    ("GET", "/reports/income-statement"),
    ("GET", "/reports/cash-flow"),
    ("GET", "/log/checkpoint"),
    ("GET", "/log/vkey"),
    ("GET", "/log/tile/{path}"),
    ("GET", "/log/proof/inclusion?position=0"),
    ("GET", "/log/proof/consistency?from_size=1"),
    ("GET", "/log/proof/receipt?position=0"),
    ("GET", "/currencies"),
    ("POST", "/currencies"),
    ("GET", "/members"),
    ("PUT", "/members/{user}"),
    ("DELETE", "/members/{user}"),
    ("GET", "/tokens"),
    ("POST", "/tokens"),
    ("DELETE", "/tokens/{token}"),
]


async def test_nobody_else_sees_a_ledger_on_any_route(
    stranger: httpx.AsyncClient, books: Books, others_token: str
) -> None:
    posted = await books.post("/transactions", sale())
    before = await books.size()
    headers = {"Authorization": f"Bearer {others_token}"}
    for name in (books.id, books.uuid):
        for method, path in ROUTES:
            bodies: list[Any] = [None] if method == "GET" else [{}, sale()]
            for body in bodies:
                named = {"id": posted["id"], "user": "alice", "token": posted["id"], "path": "0/000.p/1"}
                url = f"/ledgers/{name}{path.format_map(named)}"
                answer = await stranger.request(method, url, json=body, headers=headers)
                assert answer.status_code == 404, (method, path, answer.text)
                missing = await stranger.request(
                    method, url.replace(name, "not-there-at-all"), json=body, headers=headers
                )
                assert missing.status_code == 404
                own = ("name", "detail", "request_id")
                said, of_none = [
                    {member: value for member, value in each.json().items() if member not in own}
                    for each in (answer, missing)
                ]
                assert said == of_none, "it tells that the ledger is there"
    assert (await stranger.get("/ledgers", headers=headers)).json() == {"ledgers": [], "next": None}
    assert await books.size() == before


def test_the_routes_tried_are_all_there_are(sqlite_server: Server) -> None:
    document = httpx.get(f"{sqlite_server.url}/openapi.json").json()
    prefix = "/api/ledgers/{ledger}"
    there = {
        (method.upper(), path.removeprefix(prefix))
        for path, methods in document["paths"].items()
        for method in methods
        if path.startswith(prefix)
    }
    tried = {
        (method, path.partition("?")[0].replace("/1", "/{account}").replace("{id}", "{transaction}"))
        for method, path in ROUTES
        if "Assets" not in path.partition("?")[0]
    }
    assert there == tried


async def test_every_route_of_a_ledger_wants_a_caller(stranger: httpx.AsyncClient, books: Books) -> None:
    for method, path in ROUTES:
        answer = await stranger.request(method, f"/ledgers/{books.id}{path}", headers={"Origin": ALLOWED})
        assert (answer.status_code, answer.json()["code"]) == (401, "unauthenticated"), (method, path)


@pytest.mark.parametrize("name", ["no-such-ledger", "x" * 64, "x" * 4_000, "%ED%A0%80", "[]"])
async def test_no_name_of_a_ledger_says_anything_before_the_caller_is_known(
    stranger: httpx.AsyncClient, books: Books, name: str
) -> None:
    for path in (f"/ledgers/{name}", f"/ledgers/{name}/balances?limit=wrong"):
        answer = await stranger.get(path, headers={"Cookie": "auth-session=wrong"})
        assert (answer.status_code, answer.json()["code"]) == (401, "unauthenticated"), path
    answer = await books.api.get(f"/ledgers/{name}")
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


# --- settings ---------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def closed_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server whose operator alone makes users."""
    folder = tmp_path_factory.mktemp("closed")
    settings = sqlite_settings(
        folder,
        registration="closed",
        session_cookie="books",
        allowed_origins="https://books.example, https://other.example/",
        projectors="off",
    )
    with serve(settings) as server:
        yield server


async def test_where_registration_is_closed_nobody_registers(closed_server: Server) -> None:
    async with client(closed_server) as stranger:
        answer = await stranger.post("/auth/register", json={"username": "newuser", "password": PASSWORD})
        assert (answer.status_code, answer.json()["code"]) == (403, "registration_closed")
        assert (await login(stranger, "newuser")).status_code == 401


async def test_the_cookie_and_the_origins_are_the_operators_choice(closed_server: Server) -> None:
    from api.services import open_services

    async def add() -> tuple[Any, str, int]:
        async with open_services(closed_server.settings) as services:
            return await services.sessions.begin(await services.sessions.register("operator-made", PASSWORD))

    _, token, _ = run_apart(add)
    async with client(closed_server, headers={"Cookie": f"books={quote(token)}"}) as api:
        for origin, status in (("https://books.example", 201), ("https://other.example", 201), (ALLOWED, 403)):
            assert (await api.post("/ledgers", json={}, headers={"Origin": origin})).status_code == status
        answer = await login(api, "operator-made")
        assert answer.status_code == 200  # a cookie is no reason to refuse a program
    async with client(closed_server) as stranger:
        answer = await login(stranger, "operator-made")
        assert answer.headers["set-cookie"].startswith("books=")
        assert TIME.fullmatch(answer.json()["expires_at"].replace("Z", ".000000Z"))
