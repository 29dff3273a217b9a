"""Requests that go just over a limit on connections, on requests themselves, and on bodies (`docs/limits.md`)."""

import asyncio
import hashlib
import json
import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from typing import Any

import pytest

from api.errors import FAULTS_MAX
from api.http import limits, protocol, receiving
from api.routes import auth as auth_routes
from api.shapes import bulk
from tests.http.service import credit, debit, sale, transaction
from tests.trials.attack import JSON, LINES, MIB, Attacker, over, raw_answer, status_of

# --- connections and requests ----------------------------------------------------------------------------------------


@over("connections of a process")
async def connections(attacker: Attacker) -> None:
    with ExitStack() as stack:
        for _ in range(protocol.CONNECTIONS_MAX + 20):
            stack.enter_context(attacker.wire())
            await asyncio.sleep(0)
        assert (await attacker.api.get("/live")).status_code == 200


@over("request line and headers")
async def head(attacker: Attacker) -> None:
    answer = await raw_answer(attacker, b"GET /api/live HTTP/1.1\r\nX-Long: " + b"x" * (protocol.HEAD_BYTES_MAX * 2))
    assert status_of(answer) == "431"


@over("header fields")
async def headers(attacker: Attacker) -> None:
    many = {f"X-{number}": "x" for number in range(limits.HEADER_FIELDS_MAX)}
    await attacker.refused(431, "headers_too_large", "GET", "/live", headers=many)
    await attacker.refused(431, "headers_too_large", "GET", "/live", headers={"X": "x" * limits.HEADER_BYTES_MAX})


@over("trailers, or one chunk's extension")
async def trailers(attacker: Attacker) -> None:
    begun = attacker.head("POST", "@/transactions", "Content-Type: application/json", "Transfer-Encoding: chunked")
    answer = await raw_answer(attacker, begun + b"2\r\n{}\r\n0\r\n", b"X-Trailer: x\r\n" * 10_000)
    assert status_of(answer) in ("431", "422"), answer[:100]


@over("path and query")
async def url(attacker: Attacker) -> None:
    await attacker.refused(414, "url_too_long", "GET", "/live?x=" + "x" * limits.URL_BYTES_MAX)


@over("query parameters")
async def parameters(attacker: Attacker) -> None:
    query = "&".join(f"p{number}=1" for number in range(limits.PARAMETERS_MAX + 1))
    await attacker.refused(422, "too_many", "GET", f"/live?{query}")


@over("requests sent before the answer to the first")
async def requests_ahead(attacker: Attacker) -> None:
    """The first answer goes on for minutes, and what is behind it is not taken."""
    following = attacker.head("GET", "@/events?start=1000000", "Accept: text/event-stream")
    ahead = attacker.head("GET", "/api/live") * (64 * protocol.UNPARSED_BYTES_MAX // 100)

    def send() -> None:
        with attacker.wire() as connection:
            connection.settimeout(2)
            with pytest.raises((TimeoutError, ConnectionError)):
                connection.sendall(following + ahead)

    await asyncio.to_thread(send)


@over("time to send request line and headers", lowered=True)
async def half_a_head(attacker: Attacker) -> None:
    assert status_of(await raw_answer(attacker, b"GET /api/live HTTP/1.1\r\nHost: ")) == "408"


@over("progress of a body", lowered=True)
async def half_a_body(attacker: Attacker) -> None:
    head = attacker.head("POST", "@/transactions", "Content-Type: application/json", "Content-Length: 1000")
    assert status_of(await raw_answer(attacker, head + b" " * 500)) == "408"


@over("progress of reading an answer", lowered=True)
async def reads_nothing(attacker: Attacker) -> None:
    def ask() -> None:
        with socket.socket() as connection:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
            connection.settimeout(60)
            connection.connect(("127.0.0.1", attacker.port))
            asked = attacker.head("GET", "@/events", "Accept: application/x-ndjson")
            connection.sendall(asked * 20)
            with suppress(ConnectionError):
                while True:  # until it is closed: what is sent then comes back as an error
                    connection.sendall(b"\r\n")
                    asyncio.run(asyncio.sleep(0.5))

    await asyncio.to_thread(ask)


@over("time without a request after an answer", lowered=True)
async def idles(attacker: Attacker) -> None:
    assert status_of(await raw_answer(attacker, attacker.head("GET", "/api/live"))) == "200"


@over("body that a caller still sends after the answer", lowered=True)
async def unread(attacker: Attacker) -> None:
    head = attacker.head("POST", "/api/auth/login", "Content-Type: application/json", f"Content-Length: {100 * MIB}")
    assert status_of(await raw_answer(attacker, head, *[b" " * MIB] * 90)) == "413"


# --- bodies ----------------------------------------------------------------------------------------------------------


async def pieces(raw: bytes) -> Any:
    """The body without its length in the head."""
    for start in range(0, len(raw), 65_536):
        yield raw[start : start + 65_536]


@over("a transaction or a bulk")
async def body(attacker: Attacker) -> int:
    raw = json.dumps(sale(notes="n" * receiving.BODY_BYTES_MAX)).encode()
    for path in ("@/transactions", "@/commands"):
        await attacker.refused(413, "too_large", "POST", path, content=pieces(raw), headers=JSON)
    return len(raw)


@over("a line of a stream of commands")
async def line(attacker: Attacker) -> int:
    raw = b" " * (receiving.LINE_BYTES_MAX + 100_000)
    answer = await attacker.api.post(f"/ledgers/{attacker.ledger}/commands", content=pieces(raw), headers=LINES)
    assert answer.json()["code"] == "too_large"
    return len(raw)


@over("a username and password")
async def credentials(attacker: Attacker) -> int:
    body = {"username": "alice", "password": "x" * auth_routes.CREDENTIALS_BYTES_MAX}
    return await attacker.post(413, "too_large", body, path="/auth/login")


@over("any other body")
async def short_body(attacker: Attacker) -> int:
    body = {"path": "Assets:X", "label": "x" * receiving.SHORT_BODY_BYTES_MAX}
    return await attacker.post(413, "too_large", body, path="@/accounts")


def ledger_of(token: str) -> str:
    """The id of a ledger for a user."""
    return f"of-{hashlib.sha256(token.encode()).hexdigest()[:10]}"


@contextmanager
def uploads(attacker: Attacker, *users: str) -> Iterator[None]:
    """Bodies of 15 MiB that are under way for the time of the block."""
    length = f"Content-Length: {receiving.BODY_BYTES_MAX}"
    with ExitStack() as stack:
        for token in users:
            path = f"/api/ledgers/{ledger_of(token)}/transactions"
            connection = stack.enter_context(attacker.wire())
            head = attacker.head("POST", path, length, "Content-Type: application/json", token=token)
            with suppress(ConnectionError):
                connection.sendall(head + b" " * (receiving.BODY_BYTES_MAX - MIB))
        yield


async def own_ledgers(attacker: Attacker) -> None:
    """A ledger for each of the users."""
    for token in (attacker.token, *attacker.others):
        body = {"id": ledger_of(token)}
        answer = await attacker.api.post("/ledgers", json=body, headers={"Authorization": f"Bearer {token}"})
        assert answer.status_code in (201, 409), answer.text


async def busy_beside(attacker: Attacker, *users: str) -> int:
    """Require that a body of 5 MiB finds no room beside those of these users. Returns the bytes of all of them."""
    raw = b" " * (5 * MIB) + json.dumps(sale()).encode()
    for pause in (1, 4):  # for what was sent to arrive
        with ExitStack() as stack:
            await asyncio.to_thread(stack.enter_context, uploads(attacker, *users))
            await asyncio.sleep(pause)
            answer = await attacker.api.post(f"/ledgers/{attacker.ledger}/transactions", content=raw, headers=JSON)
        if answer.status_code == 503:
            assert answer.json()["code"] == "busy" and "Retry-After" in answer.headers
            return len(users) * receiving.BODY_BYTES_MAX + len(raw)
    raise AssertionError("there was room")


@over("bodies in progress in a process")
async def all_bodies(attacker: Attacker) -> int:
    await own_ledgers(attacker)
    one, two = attacker.others[:2]
    return await busy_beside(attacker, one, one, two, two)


@over("bodies in progress of one user")
async def bodies_of_one(attacker: Attacker) -> int:
    await own_ledgers(attacker)
    return await busy_beside(attacker, attacker.token, attacker.token)


@over("bodies over 1 MiB that wait to be read", "bodies over 1 MiB that are read at once", lowered=True)
async def long_bodies(attacker: Attacker) -> int:
    raw = b" " * MIB + json.dumps(transaction(*[debit("Assets:Cash", "0.00", party="p")] * 5_000)).encode()
    sent = [attacker.api.post(f"/ledgers/{attacker.ledger}/transactions", content=raw, headers=JSON) for _ in range(16)]
    answers = await asyncio.gather(*sent)
    assert {answer.status_code for answer in answers} <= {201, 503}
    assert "busy" in [answer.json().get("code") for answer in answers]
    return len(raw) * len(sent)


@over("lists and objects in a body over 1 MiB")
async def empty_objects(attacker: Attacker) -> int:
    return await attacker.post(413, "too_large", b'{"postings":[' + b"{}," * (4 * MIB // 3) + b"{}]}")


@over("commands of a bulk")
async def commands(attacker: Attacker) -> int:
    body = {"commands": [{"type": "post_transaction", **sale()}] * (bulk.COMMANDS_MAX + 1)}
    return await attacker.post(413, "too_large", body, path="@/commands")


@over("postings of a bulk")
async def postings(attacker: Attacker) -> int:
    lines = [debit("Assets:Cash", "1.00"), credit("Income:Sales", "1.00")] * 500
    commands = [{"type": "post_transaction", **transaction(*lines)}] * (bulk.POSTINGS_MAX // 1_000)
    body = {"commands": [*commands, {"type": "post_transaction", **sale()}]}
    return await attacker.post(413, "too_large", body, path="@/commands")


@over("nesting of JSON")
async def nesting(attacker: Attacker) -> int:
    return await attacker.post(400, "malformed_json", b"[" * MIB)


@over("an integer in JSON")
async def integer(attacker: Attacker) -> int:
    return await attacker.post(400, "malformed_json", b'{"date": %b}' % (b"9" * 1_000_000))


@over("unknown members that an error names")
async def unknown_members(attacker: Attacker) -> int:
    length = await attacker.post(422, "unknown_field", {f"m{number}": 0 for number in range(80_000)})
    await attacker.post(400, "duplicate_key", b"{%b}" % b",".join(b'"m%d":0' % (n // 2) for n in range(80_000)))
    return length


@over("faults that an error names")
async def faults(attacker: Attacker) -> int:
    raw = json.dumps({"postings": [{f"m{n}": 0 for n in range(10)}] * 9_000}).encode()
    document = await attacker.refused(422, "invalid", "POST", "@/transactions", content=raw, headers=JSON)
    assert len(document["errors"]) == FAULTS_MAX
    command = {"type": "close_account", **{f"m{n}": 0 for n in range(8)}}
    many = json.dumps({"commands": [command] * bulk.COMMANDS_MAX}).encode()[: MIB - 1]
    answer = await attacker.api.post(
        f"/ledgers/{attacker.ledger}/commands", json={"commands": [command] * (bulk.COMMANDS_MAX - 1)}
    )
    assert {len(each["errors"]) for each in answer.json()["results"]} == {bulk.FAULTS_MAX}
    return max(len(raw), len(many))


@over("a value that an error repeats")
async def repeated_value(attacker: Attacker) -> int:
    await attacker.post(422, "invalid", sale() | {"kind": "x" * 1_000_000})
    await attacker.post(422, "invalid_amount", transaction(debit("Assets:Cash", "1" * 1_000_000)))
    return await attacker.post(422, "invalid_date", sale() | {"date": ["x" * 1_000_000]})
