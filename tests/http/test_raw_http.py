"""HTTP/1.1 as bytes: one answer to each request and in its order, nothing taken for what it is not (RFC 9112)."""

import json
import socket
import struct
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any

import psutil
import pytest

from api.http.protocol import HEAD_BYTES_MAX, SLICE_BYTES, UNREAD_BYTES_MAX
from tests.http.service import Books, Server, require_problem, sale

GET = b"GET /api/live HTTP/1.1\r\nHost: x\r\n\r\n"
SECONDS_MAX = 30


@dataclass
class Answer:
    """An answer as it came over the wire."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


class Wire:
    """A connection on which bytes are sent, and answers read one after the other."""

    def __init__(self, connection: socket.socket) -> None:
        self.connection = connection
        self.reading = connection.makefile("rb")

    def send(self, *pieces: bytes) -> "Wire":
        for piece in pieces:
            self.connection.sendall(piece)
        return self

    def answer(self) -> Answer:
        """The next answer."""
        status_line = self.reading.readline()
        assert status_line.startswith(b"HTTP/1.1 "), status_line
        headers: dict[str, str] = {}
        while line := self.reading.readline().rstrip(b"\r\n").decode():
            name, _, value = line.partition(": ")
            headers[name.lower()] = value
        if headers.get("transfer-encoding") == "chunked":
            body = b""
            while size := int(self.reading.readline(), 16):
                body += self.reading.read(size)
                self.reading.readline()
            self.reading.readline()
        else:
            body = self.reading.read(int(headers.get("content-length", "0")))
        return Answer(int(status_line.split(b" ")[1]), headers, body)

    def is_closed(self) -> bool:
        """Whether the other side closes the connection and says nothing more; waits for it."""
        try:
            return self.reading.read() == b""
        except ConnectionResetError:
            return True


@contextmanager
def wire(server: Server) -> Iterator[Wire]:
    """A connection to the server."""
    with socket.create_connection(("127.0.0.1", server.port), timeout=SECONDS_MAX) as connection:
        raw = Wire(connection)
        with raw.reading:
            yield raw


def request(method: str, path: str, body: Any = None, *, token: str = "", **headers: str) -> bytes:
    """A request as bytes."""
    content = b"" if body is None else body if isinstance(body, bytes) else json.dumps(body).encode()
    fields = {"Host": "x", **{name.replace("_", "-"): value for name, value in headers.items()}}
    if token:
        fields["Authorization"] = f"Bearer {token}"
    if body is not None:
        fields.setdefault("Content-Type", "application/json")
    if body is not None and "Transfer-Encoding" not in fields:
        fields.setdefault("Content-Length", str(len(content)))
    head = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
    return f"{method} {path} HTTP/1.1\r\n{head}\r\n".encode() + content


def chunked(*pieces: bytes, trailers: bytes = b"") -> bytes:
    """A body in chunks."""
    return b"".join(b"%x\r\n%b\r\n" % (len(piece), piece) for piece in pieces) + b"0\r\n" + trailers + b"\r\n"


# --- what must not be answered ---------------------------------------------------------------------------------------

_POST = b"POST /api/auth/login HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
_GET = b"GET /api/live HTTP/1.1\r\n"
REFUSED = {
    "no Host": _GET + b"\r\n",
    "two Hosts": _GET + b"Host: a\r\nHost: b\r\n\r\n",
    "the same Host twice": _GET + b"Host: a\r\nHost: a\r\n\r\n",
    "a Host with a space": _GET + b"Host: a b\r\n\r\n",
    "a Host with a user": _GET + b"Host: a@b\r\n\r\n",
    "a Host with a path": _GET + b"Host: a/b\r\n\r\n",
    "length and chunks": _POST + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "chunks and length": _POST + b"Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n",
    "two lengths": _POST + b"Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello!",
    "the same length twice": _POST + b"Content-Length: 5\r\nContent-Length: 5\r\n\r\nhello",
    "a list of lengths": _POST + b"Content-Length: 5, 5\r\n\r\nhello",
    "a length with a sign": _POST + b"Content-Length: +5\r\n\r\nhello",
    "a negative length": _POST + b"Content-Length: -5\r\n\r\nhello",
    "an empty length": _POST + b"Content-Length: \r\n\r\n",
    "a length in hexadecimal digits": _POST + b"Content-Length: 0x5\r\n\r\nhello",
    "a length with a space inside": _POST + b"Content-Length: 5 5\r\n\r\nhello",
    "a space before the colon": _POST + b"Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n",
    "a space before the name": _POST + b" Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "another coding": _POST + b"Transfer-Encoding: gzip\r\n\r\n0\r\n\r\n",
    "two codings": _POST + b"Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
    "a coding twice": _POST + b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "a coding that is none": _POST + b"Transfer-Encoding: identity\r\n\r\n0\r\n\r\n",
    "a coding that looks like one": _POST + b"Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
    "a coding in quotes": _POST + b'Transfer-Encoding: "chunked"\r\n\r\n0\r\n\r\n',
    "a folded field": _GET + b"Host: x\r\nX: a\r\n b\r\n\r\n",
    "a folded coding": _POST + b"Transfer-Encoding:\r\n chunked\r\n\r\n0\r\n\r\n",
    "line feeds alone": b"GET /api/live HTTP/1.1\nHost: x\n\n",
    "a carriage return inside": _GET + b"Host: x\r\nX: a\rb\r\n\r\n",
    "NUL in a value": _GET + b"Host: x\r\nX: a\0b\r\n\r\n",
    "NUL in a name": _GET + b"Host: x\r\nX\0: a\r\n\r\n",
    "a name that is none": _GET + b"Host: x\r\n(X): a\r\n\r\n",
    "an empty name": _GET + b"Host: x\r\n: a\r\n\r\n",
    "a line without a colon": _GET + b"Host: x\r\nnothing\r\n\r\n",
    "a chunk's length with a sign": _POST + b"Transfer-Encoding: chunked\r\n\r\n+5\r\nhello\r\n0\r\n\r\n",
    "a chunk's length with 0x": _POST + b"Transfer-Encoding: chunked\r\n\r\n0x5\r\nhello\r\n0\r\n\r\n",
    "a chunk's length that overflows": _POST + b"Transfer-Encoding: chunked\r\n\r\n" + b"f" * 17 + b"\r\nhello",
    "a chunk that is longer than it says": _POST + b"Transfer-Encoding: chunked\r\n\r\n2\r\nhello\r\n0\r\n\r\n",
    "a chunk's extension with a line feed": _POST + b"Transfer-Encoding: chunked\r\n\r\n5;a\nhello\r\n0\r\n\r\n",
    "a trailer that is a length": _POST + b"Transfer-Encoding: chunked\r\n\r\n0\r\nContent-Length: 5\r\n\r\n",
    "HTTP/0.9": b"GET /api/live\r\n\r\n",
    "HTTP/1.2": b"GET /api/live HTTP/1.2\r\nHost: x\r\n\r\n",
    "HTTP/2.0": b"GET /api/live HTTP/2.0\r\nHost: x\r\n\r\n",
    "the preface of HTTP/2": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "CONNECT": b"CONNECT x:443 HTTP/1.1\r\nHost: x\r\n\r\n",
    "a method that is none": b"BREW /api/live HTTP/1.1\r\nHost: x\r\n\r\n",
    "a method in small letters": b"get /api/live HTTP/1.1\r\nHost: x\r\n\r\n",
    "a path that is none": b"GET api/live HTTP/1.1\r\nHost: x\r\n\r\n",
    "letters that are no ASCII": "GET /api/lïve HTTP/1.1\r\nHost: x\r\n\r\n".encode(),
    "TLS": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
}


@pytest.mark.parametrize("sent", REFUSED.values(), ids=REFUSED)
def test_what_could_be_read_in_two_ways_is_read_in_none(server: Server, sent: bytes) -> None:
    """What follows on the same connection is not looked at: somebody may have hidden it there."""
    with wire(server) as raw:
        answer = raw.send(sent + GET).answer()
        assert answer.status == 400 and raw.is_closed()
    require_problem(answer.json, 400)
    assert answer.json["code"] == "malformed_request" and answer.headers["connection"] == "close"
    assert "Pause" not in answer.json["detail"], "the parser's own words"


ANSWERED = {
    "a space too many": b"GET  /api/live HTTP/1.1\r\nHost: x\r\n\r\n",
    "HTTP/1.0 without Host": b"GET /api/live HTTP/1.0\r\n\r\n",
    "a Host with a port": _GET + b"Host: [::1]:8000\r\n\r\n",
    "an empty Host": _GET + b"Host:\r\n\r\n",
    "blank lines before": b"\r\n\r\n" + GET,
    "the whole URL": b"GET http://x/api/live HTTP/1.1\r\nHost: x\r\n\r\n",
    "tabs and spaces around a value": _GET + b"Host: \t x \t\r\n\r\n",
    "another protocol asked for": _GET + b"Host: x\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\n\r\n",
    "a web socket asked for": _GET + b"Host: x\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n",
}


@pytest.mark.parametrize("sent", ANSWERED.values(), ids=ANSWERED)
def test_what_is_merely_unusual_is_answered(server: Server, sent: bytes) -> None:
    with wire(server) as raw:
        assert raw.send(sent).answer().json == {"status": "ok"}


# --- order -----------------------------------------------------------------------------------------------------------


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux counts what came on a connection")
def test_a_head_and_its_body_come_in_one_piece(server: Server) -> None:
    """A caller reads once, and each write is a system call."""
    with wire(server) as raw:
        for _ in range(20):
            assert raw.send(GET).answer().body
        counted = raw.connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 160)
        (pieces,) = struct.unpack_from("I", counted, 152)  # tcpi_data_segs_in
        assert pieces == 20


@pytest.mark.parametrize("asked", [GET.replace(b"GET", b"HEAD"), GET[:-2] + b"If-None-Match: *\r\n\r\n"])
def test_a_head_without_a_body_comes_at_once(server: Server, asked: bytes) -> None:
    with wire(server) as raw:
        head, _, body = raw.send(asked).connection.recv(65_536).partition(b"\r\n\r\n")
        assert head.startswith((b"HTTP/1.1 200", b"HTTP/1.1 304")) and not body


def test_thousands_of_requests_in_one_piece_are_answered_each(server: Server) -> None:
    with wire(server) as raw:
        raw.send(GET * 2_000 + request("GET", "/api/health"))
        assert {raw.answer().status for _ in range(2_000)} == {200}
        assert "version" in raw.answer().json


def test_whoever_sends_faster_than_it_is_answered_takes_no_more_memory(server: Server) -> None:
    """A request takes a hundred times as much memory as it has bytes, so it is made only when its turn comes."""
    before = psutil.Process().memory_info().rss
    with wire(server) as raw:

        def send() -> None:
            with suppress(OSError):
                for _ in range(300):
                    raw.send(GET * 2_000)

        sending = threading.Thread(target=send)
        sending.start()
        for _ in range(100):
            assert raw.answer().status == 200
        grown = psutil.Process().memory_info().rss - before
        raw.connection.shutdown(socket.SHUT_RDWR)
        sending.join()
    assert grown < 64 * 1024 * 1024


async def test_the_end_of_a_long_body_and_the_next_head_come_in_one_piece(books: Books, server: Server) -> None:
    """And the request that was written is not said to have been refused."""
    commands = [{"type": "post_transaction", **sale(description="x" * 1_000)} for _ in range(200)]
    bulk = request("POST", f"/api/ledgers/{books.id}/commands", {"commands": commands}, token=server.token)
    assert len(bulk) > 2 * HEAD_BYTES_MAX
    with wire(server) as raw:
        raw.send(bulk[:1_000], bulk[1_000:] + GET[:20])
        answer = raw.answer()
        assert answer.status == 200 and answer.json["accepted"] == 200
        assert raw.send(GET[20:]).answer().json == {"status": "ok"}


async def test_what_is_wrong_is_said_after_what_was_asked_before(books: Books, server: Server) -> None:
    post = request("POST", f"/api/ledgers/{books.id}/transactions", sale(), token=server.token)
    with wire(server) as raw:
        raw.send(post * 3 + b"NONSENSE\r\n\r\n" + post)
        assert [raw.answer().status for _ in range(4)] == [201, 201, 201, 400]
        assert raw.is_closed()
    assert len((await books.get("/transactions", min_size=await books.size()))["transactions"]) == 3


async def test_a_body_that_is_broken_is_not_acted_on_and_those_before_it_are(books: Books, server: Server) -> None:
    post = request("POST", f"/api/ledgers/{books.id}/transactions", sale(), token=server.token)
    broken = request(
        "POST", f"/api/ledgers/{books.id}/transactions", b"zz\r\n", token=server.token, Transfer_Encoding="chunked"
    )
    for before in (0, 1, 2):
        size = await books.size()
        with wire(server) as raw:
            raw.send(post * before + broken)
            assert [raw.answer().status for _ in range(before + 1)] == [201] * before + [400]
            assert raw.is_closed()
        assert await books.size() - size in (before, before + 1)  # the first of all declares its currency


async def test_a_request_whose_body_is_refused_does_nothing_even_where_it_needs_none(
    books: Books, server: Server
) -> None:
    token = await books.post("/tokens", {"name": "program", "role": "viewer"})
    path = f"/api/ledgers/{books.id}/tokens/{token['id']}"
    with wire(server) as raw:
        broken = b"0\r\nContent-Length: 1\r\n\r\n"
        raw.send(request("DELETE", path, broken, token=server.token, Transfer_Encoding="chunked"))
        assert raw.answer().status == 400
    assert [each["id"] for each in (await books.get("/tokens"))["tokens"]] == [token["id"]]


# --- trailers and chunks ---------------------------------------------------------------------------------------------


async def test_a_trailer_is_no_header(books: Books, server: Server) -> None:
    """Not even in one piece with the head, and not the one that says who is calling."""
    path, body = f"/api/ledgers/{books.id}/transactions", json.dumps(sale()).encode()
    authorization = f"Authorization: Bearer {server.token}\r\n".encode()
    key = b"Idempotency-Key: same\r\n"
    with wire(server) as raw:
        raw.send(request("POST", path, chunked(body, trailers=authorization), Transfer_Encoding="chunked"))
        assert raw.answer().json["code"] == "unauthenticated", "so there was no bearer token"
        posts = request("POST", path, chunked(body, trailers=key), token=server.token, Transfer_Encoding="chunked")
        answers = [raw.send(posts).answer() for _ in range(2)]
        assert [answer.status for answer in answers] == [201, 201]
        assert answers[0].json["id"] != answers[1].json["id"]
        many = b"".join(b"X-%d: x\r\n" % number for number in range(1_000))
        allowed = request("POST", path, chunked(body, trailers=many), token=server.token, Transfer_Encoding="chunked")
        assert raw.send(allowed).answer().status == 201


ENDLESS = {
    "a trailer": b"0\r\nX: " + b"x" * HEAD_BYTES_MAX,
    "trailers": b"0\r\n" + b"X: x\r\n" * HEAD_BYTES_MAX,
    "a trailer's name": b"0\r\n" + b"x" * 2 * HEAD_BYTES_MAX,
    "a chunk's extension": b"5;" + b"x" * 2 * HEAD_BYTES_MAX,
    "a chunk's length": b"0" * 2 * HEAD_BYTES_MAX,
}


@pytest.mark.parametrize("endless", ENDLESS.values(), ids=ENDLESS)
def test_what_surrounds_a_body_has_a_limit_as_a_head_has(server: Server, endless: bytes) -> None:
    head = request("POST", "/api/auth/login", chunked(b"{")[:-5], Transfer_Encoding="chunked")
    with wire(server) as raw:
        answer = raw.send(head + endless, b"x" * 2 * SLICE_BYTES).answer()
        assert answer.status in (400, 431) and raw.is_closed()
    require_problem(answer.json, answer.status)


@pytest.mark.parametrize("endless", [b"\r\n" * HEAD_BYTES_MAX, b"G" * 2 * HEAD_BYTES_MAX])
def test_so_does_what_comes_before_a_head(server: Server, endless: bytes) -> None:
    with wire(server) as raw:
        assert raw.send(GET).answer().status == 200
        assert raw.send(endless).answer().status in (400, 431)
        assert raw.is_closed()


def test_small_chunks_are_no_matter_of_a_limit(server: Server) -> None:
    body = [b" "] * HEAD_BYTES_MAX + [b"{}"]
    path = "/api/auth/login"
    with wire(server) as raw:
        raw.send(request("POST", path, chunked(*body[-10_000:]), Transfer_Encoding="chunked"))
        assert raw.answer().json["code"] == "invalid"
        assert raw.send(request("POST", path, chunked(*body), Transfer_Encoding="chunked")).answer().status == 413
        assert raw.send(GET).answer().status == 200


def test_of_a_body_that_nobody_reads_so_much_is_thrown_away(server: Server) -> None:
    """A caller that sends on after the answer gets to see it; one that never ends is cut."""
    megabyte = b"x" * 1024 * 1024
    head = b"POST /api/auth/login HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"
    with wire(server) as raw:
        raw.send(head % (2 * len(megabyte)), megabyte, megabyte)
        assert raw.answer().status == 413
        assert raw.send(GET).answer().status == 200
    with wire(server) as raw, pytest.raises((BrokenPipeError, ConnectionResetError)):
        raw.send(head % 10**12, *[megabyte] * (UNREAD_BYTES_MAX // len(megabyte) * 4))


# --- other protocols -------------------------------------------------------------------------------------------------


async def test_a_request_for_another_protocol_keeps_its_body(books: Books, server: Server) -> None:
    """Programs in Java ask so with their first request. And no body is taken for a request."""
    path = f"/api/ledgers/{books.id}/transactions"
    asking = {"Connection": "Upgrade, HTTP2-Settings", "Upgrade": "h2c", "HTTP2_Settings": "AAMAAABk"}
    whole = request("POST", path, sale(), token=server.token, **asking)
    in_chunks = request(
        "POST", path, chunked(json.dumps(sale()).encode()), token=server.token, Transfer_Encoding="chunked", **asking
    )
    hidden = request("POST", "/api/auth/login", request("DELETE", path, token=server.token), **asking)
    closing = request("POST", path, sale(), token=server.token, **(asking | {"Connection": "close, upgrade"}))
    with wire(server) as raw:
        for sent in (whole, in_chunks):
            assert raw.send(sent).answer().status == 201
            assert raw.send(sent[:200], sent[200:]).answer().status == 201
            assert raw.send(sent[:-5], sent[-5:] + GET).answer().status == 201
            assert raw.answer().json == {"status": "ok"}
        assert raw.send(hidden).answer().json["code"] == "malformed_json"
        head, _, body = hidden.partition(b"\r\n\r\n")
        assert raw.send(head + b"\r\n\r\n", body + GET).answer().json["code"] == "malformed_json"
        assert raw.answer().json == {"status": "ok"}
        assert raw.send(closing + GET).answer().status == 201
        assert raw.is_closed()
