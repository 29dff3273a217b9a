"""How often somebody may try to sign in or register, and how much a request may carry."""

import asyncio
import json
import logging
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest

from api.auth.sign_in_limits import find_network, parse_limit
from api.http.limits import HEADER_BYTES_MAX, HEADER_FIELDS_MAX
from api.http.protocol import HEAD_BYTES_MAX
from api.routes.auth import CREDENTIALS_BYTES_MAX
from tests.http.service import PASSWORD, UUID, Server, client, require_problem, serve, sqlite_settings, with_user

ALLOWED = "http://localhost:5173"
HOME, ELSEWHERE = "198.51.100.1", "198.51.100.2"


@pytest.fixture
def limited(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server that soon has enough; it believes who says where they come from, for the test is a proxy beside it."""
    settings = sqlite_settings(
        tmp_path_factory.mktemp("limited"),
        sign_in_limit="3 per 5 minutes",
        sign_in_address_limit="8 per 5 minutes",
        sign_in_user_limit="5 per 5 minutes",
        registration_limit="2 per hour",
        projectors="off",
    )
    with serve(settings) as server:
        yield with_user(server)


@asynccontextmanager
async def coming_from(server: Server, address: str) -> AsyncIterator[httpx.AsyncClient]:
    """A client at this address."""
    async with client(server, headers={"X-Forwarded-For": address, "Origin": ALLOWED}) as stranger:
        yield stranger


async def attempt(stranger: httpx.AsyncClient, username: str = "alice", password: str = "wrong one") -> int:
    """The status of an attempt to sign in; one that is refused for now is a whole answer."""
    answer = await stranger.post("/auth/login", json={"username": username, "password": password})
    if answer.status_code == 429:
        assert answer.json()["code"] == "rate_limited"
        assert 1 <= int(answer.headers["Retry-After"]) == answer.json()["retry_after_seconds"] <= 300
        assert answer.headers["Access-Control-Allow-Origin"] == ALLOWED
        assert "set-cookie" not in answer.headers
    return answer.status_code


@pytest.mark.parametrize("username", ["alice", "nobody"])
async def test_after_some_failures_an_address_must_wait_with_this_name(limited: Server, username: str) -> None:
    """Whether there is such a user or not, and whatever the password is then."""
    async with coming_from(limited, ELSEWHERE) as stranger:
        assert [await attempt(stranger, username) for _ in range(5)] == [401, 401, 401, 429, 429]
        assert await attempt(stranger, username, PASSWORD) == 429
        assert await attempt(stranger, "another") == 401
    async with coming_from(limited, HOME) as owner:
        assert await attempt(owner, "alice", PASSWORD) == 200


async def test_attempts_at_once_count_as_those_after_each_other(limited: Server) -> None:
    async with coming_from(limited, ELSEWHERE) as stranger:
        statuses = await asyncio.gather(*[attempt(stranger) for _ in range(12)])
    assert sorted(statuses) == [401] * 3 + [429] * 9


async def test_signing_in_counts_nothing(limited: Server) -> None:
    async with coming_from(limited, HOME) as owner:
        statuses = await asyncio.gather(*[attempt(owner, password=PASSWORD) for _ in range(12)])
        assert statuses == [200] * 12
        assert [await attempt(owner) for _ in range(4)] == [401, 401, 401, 429]


async def test_an_address_that_tries_many_names_must_wait(limited: Server) -> None:
    async with coming_from(limited, ELSEWHERE) as stranger:
        assert [await attempt(stranger, f"name-{number}") for number in range(9)] == [401] * 8 + [429]
    async with coming_from(limited, HOME) as owner:
        assert await attempt(owner, "name-0") == 401


async def test_who_hammers_at_a_name_from_many_places_does_not_lock_its_owner_out(limited: Server) -> None:
    async with coming_from(limited, HOME) as owner:
        assert await attempt(owner, password=PASSWORD) == 200
        for number in range(5):
            async with coming_from(limited, f"203.0.113.{number}") as stranger:
                assert await attempt(stranger) == 401
        async with coming_from(limited, "203.0.113.200") as stranger:
            assert await attempt(stranger) == 429
        assert await attempt(owner, password=PASSWORD) == 200


async def test_after_the_time_that_it_was_told_a_caller_may_try_again(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    settings = sqlite_settings(tmp_path_factory.mktemp("short"), sign_in_limit="1 per 1 second", projectors="off")
    with serve(settings) as server:
        async with client(server) as stranger:
            body = {"username": "nobody", "password": "wrong one"}
            statuses: list[int] = []
            answer = await stranger.post("/auth/login", json=body)
            while len(statuses) < 1_000 and statuses[-2:] != [429, 401]:
                if answer.status_code == 429:
                    await asyncio.sleep(int(answer.headers["Retry-After"]))
                answer = await stranger.post("/auth/login", json=body)
                statuses.append(answer.status_code)
            assert statuses[-2:] == [429, 401]


async def test_an_address_registers_so_many_users(limited: Server) -> None:
    async with coming_from(limited, ELSEWHERE) as stranger:
        answers = [
            await stranger.post("/auth/register", json={"username": f"user-{number}", "password": PASSWORD})
            for number in range(4)
        ]
        assert [answer.status_code for answer in answers] == [201, 201, 429, 429]
        assert answers[-1].json()["code"] == "rate_limited" and int(answers[-1].headers["Retry-After"]) > 300
    async with coming_from(limited, HOME) as other:
        body = {"username": "user-9", "password": PASSWORD}
        assert (await other.post("/auth/register", json=body)).status_code == 201


@pytest.mark.parametrize(
    ("address", "counted"),
    [
        ("198.51.100.1", "198.51.100.1"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2:ffff::1", "2001:db8:1:2::/64"),
        ("2001:db8:1:3::1", "2001:db8:1:3::/64"),
        ("::ffff:198.51.100.1", "198.51.100.1"),
        (None, "local"),
        ("testclient", "testclient"),
    ],
)
def test_a_subscriber_counts_once(address: str | None, counted: str) -> None:
    assert find_network(address) == counted


@pytest.mark.parametrize("limit", ["", "ten", "10 per fortnight", "-1 per hour"])
def test_a_limit_that_is_none_is_refused(limit: str) -> None:
    with pytest.raises(ValueError, match="a limit looks like"):
        parse_limit(limit)


# --- how much ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("length", [HEADER_BYTES_MAX, 3 * HEAD_BYTES_MAX, 1_000_000])
async def test_headers_have_a_limit(server: Server, length: int) -> None:
    async with client(server) as stranger:
        answer = await stranger.get("/health", headers={"X-Long": "x" * length})
        assert (answer.status_code, answer.json()["code"]) == (431, "headers_too_large")
        answer = await stranger.get("/health", headers={"Cookie": "auth-session=" + "x" * length})
        assert answer.status_code == 431
        assert (await stranger.get("/health", headers={"X-Long": "x" * 20_000})).status_code == 200


async def test_so_does_their_number(server: Server) -> None:
    async with client(server) as stranger:
        many = {f"X-{number}": "x" for number in range(HEADER_FIELDS_MAX + 1)}
        answer = await stranger.get("/health", headers=many | {"Origin": ALLOWED})
        assert answer.status_code == 431
        assert answer.headers["Access-Control-Allow-Origin"] == ALLOWED
        assert (await stranger.get("/health", headers=dict(list(many.items())[:80]))).status_code == 200


def raw_answer(server: Server, *pieces: bytes) -> tuple[int, dict[str, str], Any]:
    """Status, headers and problem of the answer to these bytes."""
    with socket.create_connection(("127.0.0.1", server.port), timeout=20) as connection:
        for piece in pieces:
            connection.sendall(piece)
        answer = b""
        while chunk := connection.recv(65_536):
            answer += chunk
    head, _, body = answer.partition(b"\r\n\r\n")
    status, *lines = head.decode().split("\r\n")
    headers = {name.lower(): value for name, value in (line.split(": ", 1) for line in lines)}
    return int(status.split(" ")[1]), headers, json.loads(body)


@pytest.mark.parametrize("begin", [b"GET /api/health HTTP/1.1\r\nHost: x\r\nX-Long: ", b"GET /"])
def test_a_head_without_an_end_is_cut(server: Server, begin: bytes) -> None:
    status, headers, problem = raw_answer(server, begin, *[b"y" * 10_000] * 100)
    assert status in (400, 431)
    require_problem(problem, status)
    assert headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize(
    "sent",
    [
        b"GARBAGE\r\n\r\n",
        b"GET /api/health HTTP/1.1\r\nContent-Length: some\r\n\r\n",
        b"GET /api/health HTTP/1.1\r\nHost: x\r\nX-Long: " + b"y" * 3 * HEAD_BYTES_MAX,
    ],
)
def test_what_never_becomes_a_request_gets_a_problem_and_an_id_too(
    server: Server, caplog: pytest.LogCaptureFixture, sent: bytes
) -> None:
    caplog.set_level(logging.INFO, logger="api.access")
    status, headers, problem = raw_answer(server, sent)
    assert problem["code"] in ("malformed_request", "headers_too_large")
    require_problem(problem, status)
    assert UUID.fullmatch(headers["x-request-id"])
    assert headers["x-content-type-options"] == "nosniff" and headers["content-security-policy"]
    assert f"{status} {headers['x-request-id']}" in caplog.text


def test_requests_one_after_the_other_are_counted_each_by_itself(server: Server) -> None:
    """More heads on one connection than one head may have bytes."""
    request = b"GET /api/live HTTP/1.1\r\nHost: x\r\nX-Long: " + b"x" * 20_000 + b"\r\n\r\n"
    with socket.create_connection(("127.0.0.1", server.port), timeout=20) as connection:
        for _ in range(10):
            for part in (request[:10_000], request[10_000:]):
                connection.sendall(part)
            answer = b""
            while b'{"status":"ok"}' not in answer:
                chunk = connection.recv(65_536)
                assert chunk, answer
                answer += chunk
            assert answer.startswith(b"HTTP/1.1 200 ")


@pytest.mark.parametrize("path", ["/auth/login", "/auth/register"])
async def test_credentials_have_a_limit_of_their_own(server: Server, path: str) -> None:
    async def chunks() -> AsyncIterator[bytes]:
        for _ in range(100):
            yield b" " * 1_000

    async with client(server) as stranger:
        contents: tuple[Any, ...] = (b" " * (CREDENTIALS_BYTES_MAX + 1), chunks())
        for content in contents:
            answer = await stranger.post(path, content=content, headers={"Content-Type": "application/json"})
            assert answer.status_code == 413
            require_problem(answer.json(), 413)
            assert answer.json()["most"] == CREDENTIALS_BYTES_MAX
