"""How long a connection may wait for its caller, and how many of them there may be."""

import asyncio
import json
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from pathlib import Path

import pytest

from api import serving
from api.http import protocol
from tests.http.service import (
    Books,
    Server,
    client,
    open_books,
    require_problem,
    sale,
    serve,
    sqlite_settings,
    with_user,
)
from tests.http.test_raw_http import GET, Wire, request, wire

PATIENCE_SECONDS = 1.0
CONNECTIONS_MAX, REFUSED_MAX = 6, 2


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Servers that wait for nobody very long. They look at these figures each time."""
    monkeypatch.setattr(protocol, "PATIENCE_SECONDS", PATIENCE_SECONDS)
    monkeypatch.setattr(protocol, "LOOK_SECONDS", 0.1)
    monkeypatch.setattr(protocol, "LINGER_SECONDS", 0.5)


@pytest.fixture
def crowded(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Server]:
    """A server with few places."""
    monkeypatch.setattr(serving, "allow_files", lambda: CONNECTIONS_MAX)
    monkeypatch.setattr(protocol, "REFUSED_MAX", REFUSED_MAX)
    with serve(sqlite_settings(tmp_path)) as server:
        yield with_user(server)


def bulk_head(books: Books, server: Server, length: int) -> bytes:
    """The head of a stream of commands."""
    path, kind = f"/api/ledgers/{books.id}/commands", "application/x-ndjson"
    return request("POST", path, token=server.token, Content_Type=kind, Content_Length=str(length))


# --- patience --------------------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("asked", [b"", GET], ids=["new", "after a request"])
def test_half_a_head_is_not_waited_for(server: Server, asked: bytes) -> None:
    """However often a little more of it comes."""
    with wire(server) as raw:
        if asked:
            assert raw.send(asked).answer().status == 200
        raw.send(GET[:10])
        for letter in GET[10:20]:
            time.sleep(PATIENCE_SECONDS / 5)
            try:
                raw.send(bytes([letter]))
            except OSError:
                break
        answer = raw.answer()
        assert (answer.status, answer.json["code"]) == (408, "request_timeout") and raw.is_closed()
    require_problem(answer.json, 408)


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("sent", [b"", b"\r\n"])
def test_a_connection_that_asks_nothing_is_closed(server: Server, sent: bytes) -> None:
    with wire(server) as raw:
        raw.send(sent)
        if sent:
            assert raw.answer().status == 408
        assert raw.is_closed()


@pytest.mark.usefixtures("impatient")
async def test_blank_lines_keep_no_connection_open(server: Server) -> None:
    with wire(server) as raw:
        assert raw.send(GET).answer().status == 200
        raw.send(b"\r\n")
        assert raw.answer().status == 408 and raw.is_closed()


def test_a_connection_that_was_used_is_closed_after_a_while(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(serving, "KEEP_ALIVE_SECONDS", 1)
    with serve(sqlite_settings(tmp_path)) as server, wire(server) as raw:
        assert raw.send(GET).answer().status == 200
        assert raw.send(GET).answer().status == 200
        assert raw.is_closed()


@pytest.mark.usefixtures("impatient")
def test_a_body_that_ends_after_its_answer_keeps_no_connection_open(server: Server) -> None:
    with wire(server) as raw:
        sent = request("POST", "/api/auth/login", b"x" * 100_000)
        assert raw.send(sent[:-10]).answer().status == 413
        raw.send(sent[-10:])
        assert raw.is_closed()


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("seconds_between", [0.1, 60.0], ids=["drips", "stops"])
async def test_a_body_that_does_not_get_on_is_not_waited_for(
    books: Books, server: Server, seconds_between: float
) -> None:
    path = f"/api/ledgers/{books.id}/transactions"
    with wire(server) as raw:
        raw.send(request("POST", path, json.dumps(sale()).encode() + b" " * 1_000, token=server.token)[:-1_000])
        until = time.monotonic() + 20 * PATIENCE_SECONDS
        raw.connection.settimeout(seconds_between)
        while time.monotonic() < until:
            try:
                raw.connection.recv(1, socket.MSG_PEEK)
                break
            except TimeoutError:
                raw.send(b" ")
        raw.connection.settimeout(30)
        answer = raw.answer()
        assert answer.status == 408 and raw.is_closed()
    assert (await books.get("/transactions"))["transactions"] == []


@pytest.mark.usefixtures("impatient")
async def test_a_stream_that_gets_on_slowly_is_waited_for(
    books: Books, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    """For much longer than patience lasts."""
    monkeypatch.setattr(protocol, "MOVED_BYTES_MIN", 300)
    line = json.dumps({"type": "post_transaction", **sale()})[:-1]
    lines = [f'{line}, "key": "{number}"}}\n'.encode() for number in range(20)]
    with wire(server) as raw:
        raw.send(bulk_head(books, server, sum(map(len, lines))))
        for each in lines:
            await asyncio.sleep(PATIENCE_SECONDS / 5)
            raw.send(each)
        assert json.loads(raw.answer().body.splitlines()[-1])["accepted"] == len(lines)


@pytest.mark.usefixtures("impatient")
async def test_a_stream_that_stops_ends_and_what_was_acknowledged_stays(books: Books, server: Server) -> None:
    line = json.dumps({"type": "post_transaction", **sale()})[:-1]
    lines = [f'{line}, "key": "{number}"}}\n'.encode() for number in range(1_000)]
    with wire(server) as raw:
        raw.send(bulk_head(books, server, 10**6), *lines)
        assert raw.reading.readline() == b"HTTP/1.1 200 OK\r\n"
        acknowledged = raw.reading.read().count(b'"status":201')
    assert acknowledged == len(lines)
    assert len((await books.get("/transactions", limit=1000, min_size=await books.size()))["transactions"]) == 1_000


@pytest.mark.usefixtures("impatient")
def test_whoever_waits_to_be_asked_for_a_body_is_not_late(server: Server) -> None:
    credentials = json.dumps({"username": "nobody", "password": "wrong one"}).encode()
    with wire(server) as raw:
        raw.send(request("POST", "/api/auth/login", credentials, Expect="100-continue")[: -len(credentials)])
        assert raw.reading.readline() == b"HTTP/1.1 100 Continue\r\n"
        raw.reading.readline()
        assert raw.send(credentials).answer().status == 401


@pytest.mark.usefixtures("impatient")
async def test_answers_that_nobody_takes_are_given_up(books: Books, server: Server) -> None:
    """Those that are taken slowly are not."""
    await books.bulk(*[{"type": "post_transaction", **sale(description="x" * 900)} for _ in range(3_000)])
    asked = request("GET", f"/api/ledgers/{books.id}/events", token=server.token, Accept="application/x-ndjson")
    with socket.socket() as connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
        connection.settimeout(30)
        connection.connect(("127.0.0.1", server.port))
        raw = Wire(connection)
        with raw.reading:
            raw.send(asked * 3)
            taken = 0
            for _ in range(8):
                await asyncio.sleep(PATIENCE_SECONDS / 2)
                taken += len(raw.reading.read(100_000))
            await asyncio.sleep(PATIENCE_SECONDS * 4)
            with suppress(ConnectionResetError):
                while received := raw.reading.read(1_000_000):
                    taken += len(received)
    assert 800_000 <= taken < 9_000_000, "all three answers together"


@pytest.mark.usefixtures("impatient")
async def test_a_follower_may_be_silent_and_so_may_what_it_follows(books: Books, server: Server) -> None:
    path = f"/api/ledgers/{books.id}/events?start={await books.size()}"
    with wire(server) as raw:
        raw.send(request("GET", path, token=server.token, Accept="text/event-stream"))
        assert raw.reading.readline() == b"HTTP/1.1 200 OK\r\n"
        await asyncio.sleep(PATIENCE_SECONDS * 3)
        posted = await books.post("/transactions", sale())
        wanted = f"id: {posted['position']}\n".encode()
        while await asyncio.to_thread(raw.reading.readline) != wanted:
            pass


@pytest.mark.usefixtures("impatient")
async def test_a_question_that_takes_long_is_waited_for(books: Books, server: Server) -> None:
    path = f"/api/ledgers/{books.id}/log/checkpoint?min_size={await books.size()}&timeout=10"
    with wire(server) as raw:
        raw.send(request("GET", path, token=server.token) + GET)
        assert raw.answer().status == 200
        assert raw.answer().status == 200


# --- places ----------------------------------------------------------------------------------------------------------


def test_whoever_asks_nothing_makes_room_for_whoever_does(crowded: Server) -> None:
    """Those that have been idle for longest go first."""
    with ExitStack() as stack:
        used = [stack.enter_context(wire(crowded)) for _ in range(CONNECTIONS_MAX - 1)]
        for each in used:
            assert each.send(GET).answer().status == 200
        for _ in range(3 * CONNECTIONS_MAX):
            stack.enter_context(wire(crowded)).send(GET[:10])
        fresh = stack.enter_context(wire(crowded))
        assert fresh.send(GET).answer().status == 200
        assert used[0].is_closed()


async def test_where_all_are_busy_a_new_caller_is_told_so(crowded: Server) -> None:
    async with client(crowded, token=crowded.token) as api:
        books = await open_books(api, "books")
    with ExitStack() as stack:
        following = request("GET", f"/api/ledgers/{books.id}/events", token=crowded.token, Accept="text/event-stream")
        busy = [stack.enter_context(wire(crowded)).send(following) for _ in range(CONNECTIONS_MAX)]
        for each in busy:
            assert each.reading.readline() == b"HTTP/1.1 200 OK\r\n"
        told = [stack.enter_context(wire(crowded)) for _ in range(REFUSED_MAX)]
        for each in told:
            answer = each.send(request("POST", "/api/auth/login", b"{}")).answer()
            assert (answer.status, answer.json["code"]) == (503, "busy")
            assert int(answer.headers["retry-after"]) >= 1 and each.is_closed()
            require_problem(answer.json, 503)
        for path in ("/api/live", "/api/health"):  # the process is busy, not dead
            fresh = stack.enter_context(wire(crowded))
            assert fresh.send(request("GET", path)).answer().status == 200
            fresh.reading.close()
            fresh.connection.close()
        busy[0].reading.close()
        busy[0].connection.close()
        await until(lambda: asks(crowded) == 200)
    await asyncio.sleep(0.5)  # what the others asked is given up now


async def until(condition: Callable[[], bool]) -> None:
    """Return when it holds."""
    for _ in range(1_000):
        if condition():
            return
        await asyncio.sleep(0.02)
    raise AssertionError("it never came true")


def asks(server: Server) -> int:
    """The status that a new caller gets; 0: none."""
    try:
        with wire(server) as raw:
            return raw.send(GET).answer().status
    except (AssertionError, OSError):
        return 0
