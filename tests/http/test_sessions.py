"""Sessions in our own tables: lifetime, old passwords, credentials that meet, what browsers say, and headers."""

import asyncio
import hashlib
import logging
import re
import time
from collections.abc import AsyncIterator, Iterator
from http.cookiejar import DefaultCookiePolicy
from urllib.parse import quote

import bcrypt
import httpx
import pytest
from argon2 import PasswordHasher
from pydantic import ValidationError

from api.app import CALLERS_ID_LENGTH_MAX
from api.auth import passwords
from api.settings import Settings
from tests.http.service import (
    BOTH,
    PASSWORD,
    UUID,
    Server,
    client,
    serve,
    sqlite_settings,
    with_user,
)
from tests.http.test_sign_in import execute, expiry, login, new_session, row_id, status_with

DAY = 24 * 3600
ALLOWED = "http://localhost:5173"


@pytest.fixture
async def stranger(server: Server) -> AsyncIterator[httpx.AsyncClient]:
    """A client that has not signed in, and keeps no cookies."""
    async with client(server) as stranger:
        stranger.cookies.jar.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        yield stranger


def cookie(token: str) -> dict[str, str]:
    """As a browser sends it."""
    return {"Cookie": f"auth-session={quote(token)}"}


async def access_line(caplog: pytest.LogCaptureFixture, request_id: str) -> str:
    """The request's line in the access log, which is written after the answer went out."""
    for _ in range(500):
        for each in caplog.records:
            if each.name == "api.access" and request_id in each.getMessage():
                return each.getMessage()
        await asyncio.sleep(0.01)
    raise AssertionError("the request is not in the access log")


# --- sessions ---------------------------------------------------------------------------------------------------------


@BOTH
async def test_who_is_signed_in_as_the_frontend_asks(stranger: httpx.AsyncClient, server: Server) -> None:
    answer = await stranger.get("/session/refresh", headers=cookie(server.token))
    assert answer.json() == {
        "status": "ok",
        "user": {"user_id": server.user["id"], "username": server.user["username"]},
    }
    assert (await stranger.get("/session/refresh")).status_code == 401


@BOTH
async def test_all_sessions_of_a_user_end_and_no_others(stranger: httpx.AsyncClient, server: Server) -> None:
    name = f"leaver-{time.time_ns()}"
    registered = await stranger.post("/auth/register", json={"username": name, "password": PASSWORD})
    tokens = [registered.json()["token"]]
    tokens += [(await login(stranger, name)).json()["token"] for _ in range(2)]
    for headers, status in (
        ({}, 401),
        (cookie(tokens[0]), 403),
        (cookie(tokens[0]) | {"Origin": "http://evil.example"}, 403),
        ({"Origin": ALLOWED}, 401),
        ({"Origin": ALLOWED, "Cookie": "auth-session=wrong"}, 401),
    ):
        answer = await stranger.post("/security/logout-all-devices", headers=headers)
        assert answer.status_code == status
        assert [await status_with(stranger, token) for token in tokens] == [200] * 3
    answer = await stranger.post("/security/logout-all-devices", headers=cookie(tokens[1]) | {"Origin": ALLOWED})
    assert answer.json() == {
        "success": True,
        "message": "Successfully invalidated 3 session(s)",
        "invalidated_count": 3,
    }
    assert answer.headers["set-cookie"] == "auth-session=; Max-Age=0; Path=/; HttpOnly; SameSite=Lax"
    assert [await status_with(stranger, token) for token in tokens] == [401] * 3
    assert await status_with(stranger, server.token) == 200


@BOTH
async def test_an_expired_row_is_deleted_when_it_is_met(stranger: httpx.AsyncClient, server: Server) -> None:
    token = await new_session(stranger)
    execute(server, "UPDATE session SET expires_at = ? WHERE id = ?", int(time.time()), row_id(token))
    assert await status_with(stranger, token) == 401
    assert not execute(server, "SELECT 1 FROM session WHERE id = ?", row_id(token))


@BOTH
async def test_a_session_lives_as_long_as_the_operator_says(
    server: Server, tmp_path_factory: pytest.TempPathFactory
) -> None:
    settings = server.settings.model_copy(update={"session_lifetime": 3600, "projectors": "off"})
    with serve(settings) as short:
        async with client(short) as stranger:
            answer = await login(stranger)
            token = answer.json()["token"]
            assert abs(expiry(server, token) - time.time() - 3600) < 60
            soon = int(time.time()) + 1_700
            execute(server, "UPDATE session SET expires_at = ? WHERE id = ?", soon, row_id(token))
            assert (await stranger.get("/auth/session", headers=cookie(token))).headers.get("set-cookie")
            assert abs(expiry(server, token) - time.time() - 3600) < 60


@BOTH
async def test_a_bearer_token_decides_and_a_cookie_never_helps_it(stranger: httpx.AsyncClient, server: Server) -> None:
    other = await stranger.post("/auth/register", json={"username": f"other-{time.time_ns()}", "password": PASSWORD})
    bearer = {"Authorization": f"Bearer {other.json()['token']}"}
    answer = await stranger.get("/auth/session", headers=cookie(server.token) | bearer)
    assert answer.json()["user"] == other.json()["user"]
    for wrong in ("Bearer wrong", "Bearer", "Basic YTpi", "", f"Token {server.token}"):
        headers = cookie(server.token) | {"Authorization": wrong}
        assert (await stranger.get("/auth/session", headers=headers)).status_code == 401, wrong
    twice = [("Authorization", f"Bearer {server.token}")] * 2
    assert (await stranger.get("/auth/session", headers=twice)).status_code == 401


async def test_a_bearer_token_gets_no_cookie_when_it_is_renewed(stranger: httpx.AsyncClient, server: Server) -> None:
    token = await new_session(stranger)
    execute(server, "UPDATE session SET expires_at = ? WHERE id = ?", int(time.time()) + DAY, row_id(token))
    answer = await stranger.get("/auth/session", headers={"Authorization": f"Bearer {token}"})
    assert answer.status_code == 200 and "set-cookie" not in answer.headers
    assert expiry(server, token) > time.time() + 29 * DAY


# --- passwords --------------------------------------------------------------------------------------------------------


def scrypt(password: str, salt: str) -> str:
    """As Lucia 3 stores it."""
    key = hashlib.scrypt(password.encode(), salt=salt.encode(), n=16_384, r=16, p=1, dklen=64, maxmem=2**26)
    return f"{salt}:{key.hex()}"


@BOTH
@pytest.mark.parametrize(
    "stored",
    [
        scrypt(PASSWORD, "0123456789abcdef0123456789abcdef"),
        "s2:" + scrypt(PASSWORD, "abcdefghijklmnop"),
        bcrypt.hashpw(PASSWORD.encode(), bcrypt.gensalt(4)).decode(),
        PasswordHasher(time_cost=1, memory_cost=1024, parallelism=1).hash(PASSWORD),
    ],
    ids=["scrypt", "s2", "bcrypt", "weak argon2"],
)
async def test_an_old_password_is_stored_anew_at_sign_in(
    stranger: httpx.AsyncClient, server: Server, stored: str
) -> None:
    name = f"old-{time.time_ns()}"
    await stranger.post("/auth/register", json={"username": name, "password": "something else"})
    execute(server, 'UPDATE "user" SET password_hash = ? WHERE username = ?', stored, name)
    assert (await login(stranger, name, "wrong one")).status_code == 401
    assert execute(server, 'SELECT password_hash FROM "user" WHERE username = ?', name)[0][0] == stored
    assert (await login(stranger, name)).status_code == 200
    ((anew,),) = execute(server, 'SELECT password_hash FROM "user" WHERE username = ?', name)
    assert anew.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert (await login(stranger, name)).status_code == 200
    assert execute(server, 'SELECT password_hash FROM "user" WHERE username = ?', name)[0][0] == anew


@pytest.mark.parametrize(
    "stored",
    [
        "",
        "x",
        "$argon2id$v=19$m=99999999,t=2,p=1$c29tZXNhbHQ$cmF3aGFzaA",
        "$argon2id$v=19$m=1024,t=2,p=1$c29tZXNhbHQ$cmF3aGFzaé",
        "$2b$31$" + "a" * 53,
        "$2b$03$" + "a" * 53,
    ],
)
async def test_a_hash_that_cannot_be_used_is_a_wrong_password(
    stranger: httpx.AsyncClient, server: Server, stored: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nor does one that would take hours; and what is computed instead, for the time that it takes, lets nobody in."""
    monkeypatch.setattr(passwords, "_DUMMY", passwords._hasher.hash(PASSWORD))
    name = f"odd-{time.time_ns()}"
    await stranger.post("/auth/register", json={"username": name, "password": PASSWORD})
    execute(server, 'UPDATE "user" SET password_hash = ? WHERE username = ?', stored, name)
    for password in (PASSWORD, stored, ""):
        assert (await login(stranger, name, password)).json()["code"] == "wrong_credentials"
    assert (await login(stranger, "nobody", PASSWORD)).json()["code"] == "wrong_credentials"


async def test_no_secret_is_in_any_log(
    stranger: httpx.AsyncClient, server: Server, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    name, password = f"quiet-{time.time_ns()}", "a very secret password"
    answer = await stranger.post("/auth/register", json={"username": name, "password": password})
    token = answer.json()["token"]
    await login(stranger, name, password)
    await login(stranger, name, password + "!")
    await stranger.get("/auth/session", headers=cookie(token))
    await stranger.get("/auth/session", headers={"Authorization": f"Bearer {token}"})
    await stranger.post("/auth/logout", headers={"Authorization": f"Bearer {token}"})
    ours = [each for each in caplog.records if not each.name.startswith(("httpx", "httpcore"))]
    assert any(each.name == "api.access" for each in ours)
    logged = "\n".join(f"{each.getMessage()} {each.args}" for each in ours)
    for secret in (password, token, token.rstrip("="), quote(token), row_id(token)):
        assert secret not in logged


# --- what browsers say ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("headers", "may"),
    [
        ({"Sec-Fetch-Site": "same-origin"}, True),
        ({"Sec-Fetch-Site": "same-site"}, False),
        ({"Sec-Fetch-Site": "cross-site"}, False),
        ({"Sec-Fetch-Site": "none"}, False),
        ({"Sec-Fetch-Site": "cross-site", "Origin": ALLOWED}, True),
        ({"Sec-Fetch-Site": "same-site", "Origin": ALLOWED}, True),
        ({"Sec-Fetch-Site": "same-origin", "Origin": "http://evil.example"}, False),
        ({"Sec-Fetch-Site": "same-origin", "Origin": "null"}, False),
        ({"Referer": f"{ALLOWED}/dashboard"}, False),
        ({"X-Forwarded-Host": "evil.example", "Origin": "http://evil.example"}, False),
        ({"Host": "evil.example", "Origin": "http://evil.example.org"}, False),
        ({"Host": "books.example", "Origin": "https://books.example"}, True),
    ],
    ids=repr,
)
async def test_only_a_page_that_may_changes_something(
    stranger: httpx.AsyncClient, server: Server, headers: dict[str, str], may: bool
) -> None:
    answer = await stranger.post("/ledgers", json={}, headers=cookie(server.token) | headers)
    assert answer.status_code == (201 if may else 403)
    if not may:
        assert answer.json()["code"] == "origin_refused"
        wrong_too = await stranger.post("/ledgers", json={}, headers={"Cookie": "auth-session=x"} | headers)
        assert wrong_too.status_code == 403, "the cookie was looked at before the origin"


async def test_two_origins_are_none(stranger: httpx.AsyncClient, server: Server) -> None:
    headers = [*cookie(server.token).items(), ("Origin", ALLOWED), ("Origin", ALLOWED)]
    assert (await stranger.post("/ledgers", json={}, headers=headers)).status_code == 403


def test_allowed_origins_are_compared_as_browsers_write_them() -> None:
    settings = Settings(allowed_origins="HTTPS://Books.Example:443/, http://[::1]:3000", _env_file=None)  # type: ignore[arg-type]
    assert settings.allowed_origins == ("https://books.example", "http://[::1]:3000")
    for wrong in ("books.example", "*", "https://books.example/app", "https://ann@books.example", "null"):
        with pytest.raises(ValidationError, match="an origin looks like"):
            Settings(allowed_origins=wrong, _env_file=None)  # type: ignore[arg-type]


# --- headers of every answer ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/health", "/ledgers", "/nowhere", "/ledgers/x/accounts/a%2Fb"])
async def test_every_answer_tells_browsers_to_do_little_with_it(stranger: httpx.AsyncClient, path: str) -> None:
    headers = (await stranger.get(path, headers={"Origin": ALLOWED})).headers
    assert headers["Content-Security-Policy"] == "default-src 'none'; frame-ancestors 'none'"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["Cross-Origin-Resource-Policy"] == "same-origin"
    assert "Strict-Transport-Security" not in headers
    assert "server" not in headers


async def test_behind_a_proxy_that_encrypts_the_cookie_is_for_encrypted_connections(
    stranger: httpx.AsyncClient,
) -> None:
    """The test is a proxy on the same machine, whose word uvicorn takes."""
    headers = {"X-Forwarded-Proto": "https"}
    answer = await stranger.post("/auth/login", json={"username": "alice", "password": PASSWORD}, headers=headers)
    attributes = answer.headers["set-cookie"].split("; ")
    assert attributes[-3:] == ["HttpOnly", "Secure", "SameSite=Lax"]
    assert answer.headers["Strict-Transport-Security"] == "max-age=31536000"
    plain = await login(stranger)
    assert "Secure" not in plain.headers["set-cookie"]


async def test_the_callers_request_id_goes_to_the_log_alone(
    stranger: httpx.AsyncClient, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, logger="api.access")
    for given, logged in (("abc-123", "abc-123"), ("x" * 500, "x" * CALLERS_ID_LENGTH_MAX), ("a b\tc", "a?b?c")):
        answer = await stranger.get("/auth/session", headers={"X-Request-Id": given})
        assert UUID.fullmatch(answer.headers["X-Request-Id"])
        line = await access_line(caplog, answer.headers["X-Request-Id"])
        assert line.endswith(f" caller={logged}")


async def test_a_path_cannot_begin_a_line_of_the_log(
    stranger: httpx.AsyncClient, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, logger="api.access")
    answer = await stranger.get("/x%0A2026-01-01%20forged%1B[2J")
    line = await access_line(caplog, answer.headers["X-Request-Id"])
    assert "%0A2026" in line
    assert not set(line) & {"\n", "\x1b"}


async def test_a_preflight_of_a_page_that_may_not_says_so_to_every_cache(server: Server) -> None:
    async with httpx.AsyncClient() as browser:
        for origin, header in (("http://evil.example", "Content-Type"), (ALLOWED, "X-Evil")):
            headers = {
                "Origin": origin,
                "Access-Control-Request-Method": "POST",
                "Access-Control-Request-Headers": header,
            }
            answer = await browser.options(f"{server.url}/api/ledgers", headers=headers)
            assert answer.status_code == 400
            assert "Origin" in answer.headers["Vary"]
            assert answer.headers.get("Access-Control-Allow-Origin") in (None, ALLOWED)
            assert origin == ALLOWED or "Access-Control-Allow-Origin" not in answer.headers


# --- when the database is away ----------------------------------------------------------------------------------------


@pytest.fixture
def broken(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server whose users are gone: something that nobody expected."""
    with serve(sqlite_settings(tmp_path_factory.mktemp("broken"), projectors="off")) as server:
        server = with_user(server)
        execute(server, 'ALTER TABLE "user" RENAME COLUMN username TO name')
        yield server


async def test_an_answer_to_what_nobody_expected_is_readable_by_the_page_too(
    broken: Server, caplog: pytest.LogCaptureFixture
) -> None:
    async with httpx.AsyncClient() as browser:
        headers = cookie(broken.token) | {"Origin": ALLOWED}
        answer = await browser.get(f"{broken.url}/api/auth/session", headers=headers)
    assert answer.status_code >= 500
    assert answer.headers["Access-Control-Allow-Origin"] == ALLOWED
    assert "Origin" in answer.headers["Vary"]
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert "name" not in answer.json()["detail"]
    caplog.clear()


# --- every route ------------------------------------------------------------------------------------------------------

OPEN = {"/health", "/live", "/ready", "/auth/register", "/auth/login"}


def bad_cookies(token: str, expired: str, foreign: str) -> list[str | None]:
    """What is no session, in many ways."""
    encoded = quote(token)
    return [
        None,
        "",
        expired,
        foreign,
        encoded[:-1],
        encoded[1:],
        token.rstrip("="),
        quote(encoded),
        f"{encoded}%00",
        encoded.swapcase(),
        row_id(token),
        "x" * 20_000,
        "%F0%9F%98%80" * 10,
        "%",
        "%C3%28",
        "llmt_" + "x" * 43,
        "' OR ''='",
    ]


async def test_no_route_answers_to_a_cookie_that_is_no_session(
    stranger: httpx.AsyncClient, server: Server, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Only 401, 403 or 404 on every route that there is; and never anything of anybody's."""
    expired = await new_session(stranger)
    with serve(sqlite_settings(tmp_path_factory.mktemp("another"), projectors="off")) as another:
        foreign = with_user(another).token
    paths = (await stranger.get(f"{server.url}/openapi.json")).json()["paths"]
    routes = [
        (method.upper(), re.sub(r"\{\w+\}", "1", path.removeprefix("/api")))
        for path, methods in paths.items()
        for method in methods
        if path.startswith("/api/") and path.removeprefix("/api") not in OPEN
    ]
    assert len(routes) > 25
    for value in bad_cookies(server.token, expired, foreign):
        execute(server, "UPDATE session SET expires_at = ? WHERE id = ?", 1, row_id(expired))
        cookies = {} if value is None else {"Cookie": f"auth-session={value}"}
        for method, path in routes:
            for origin in ({}, {"Origin": ALLOWED}):
                answer = await stranger.request(method, path, headers=cookies | origin)
                wanted = 401 if method == "GET" or origin or not cookies else 403
                assert answer.status_code == wanted, (method, path, value, answer.text)
                assert server.user["id"] not in answer.text and "set-cookie" not in answer.headers
