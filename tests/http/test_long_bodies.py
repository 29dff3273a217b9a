"""Long bodies are read by a process beside, to the same end as short ones; and all bodies together have a limit."""

import asyncio
import json
import os
import socket
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest
from starlette.requests import ClientDisconnect, Request

from api.errors import TooManyUnderWay
from api.http.receiving import BESIDE_BYTES, BODY_BYTES_MAX, CONTAINER_BYTES_MIN, LINE_BYTES_MAX, run_while_wanted
from api.processes.body_limits import USER_BYTES_MAX, Room, Share
from api.processes.body_process import MEMORY_BYTES_MAX, read_beside
from api.processes.long_work import WAITING_MAX, LongWork
from api.shapes.bulk import COMMANDS_MAX, POSTINGS_MAX, read_bulk, read_line
from api.shapes.transactions import read_transaction
from ledger.errors import LedgerError, Rejected, Unavailable
from tests.http.service import (
    BOTH,
    Books,
    Json,
    Server,
    client,
    command,
    credit,
    debit,
    json_lines,
    sale,
    transaction,
    with_user,
)

JSON = {"Content-Type": "application/json"}
LINES = {"Content-Type": "application/x-ndjson"}
SECONDS_MAX = 30.0


def long(body: Any, least: int = BESIDE_BYTES + 1) -> bytes:
    """The body as JSON, made long by spaces in front of it."""
    raw = json.dumps(body).encode()
    return b" " * (least - len(raw)) + raw


COMMANDS: list[Any] = [
    command(sale("5.00", description="café", tags=["a"], metadata={"a": [1, {"b": None}]}), key="one"),
    command(sale("5.00", kind="opening", document={"ref": "7", "sha256": ["0" * 64]}), key='"two"'),
    command(transaction(debit(1, "1.50", "JPY", tax={"code": "V", "base": "1"}, dimensions={"a": "b"}))),
    {"type": "reverse_transaction", "transaction": "x", "date": "2024-01-01"},
    {"type": "open_account", "path": "Assets:New", "role": "bank", "currencies": ["EUR"]},
    {"type": "update_account", "account": 1, "role": None},
    {"type": "update_account", "account": 1, "metadata": {}},
    {"type": "rename_account", "account": "#1000", "label": "x"},
    {"type": "declare_currency", "currency": "BTC", "scale": 8},
    {"type": "update_ledger", "currency": "EUR"},
    {"type": "close_account", "account": "Assets:New"},
    {"type": "nonsense"},
    command(sale("x")),
    command(sale(), key="a b"),
    command(sale() | {"colour": 1, "tags": [1]}),
    7,
]


def told(read: Any) -> Any:
    """What was read, to be compared: errors by what they say."""
    if isinstance(read, LedgerError):
        return type(read), read.detail, read.facts, read.pointer
    return repr(read)


async def test_a_body_is_read_beside_as_it_is_read_here() -> None:
    long = LongWork()
    raw = json.dumps({"commands": COMMANDS * 100, "atomic": True}).encode()
    here, there = list(read_bulk(raw)), await read_beside(long, "", read_bulk, raw)
    assert len(here) > 1 and all(piece.atomic for piece in there)
    assert [[told(each) for each in piece.read] for piece in there] == [
        [told(each) for each in piece.read] for piece in here
    ]
    for body in (sale(), sale(notes="n" * 10_000, payee="p")):
        raw = json.dumps(body).encode()
        assert await read_beside(long, "", read_transaction, raw) == list(read_transaction(raw))
    for each in COMMANDS:
        raw = json.dumps(each).encode()
        assert [told(read) for read in await read_beside(long, "", read_line, raw)] == [
            told(read) for read in read_line(raw)
        ]


@BOTH
async def test_a_long_transaction_is_posted_as_a_short_one(books: Books) -> None:
    lines = [debit("Assets:Cash", "1.00", text="t" * 600), credit("Income:Sales", "1.00", party="p")] * 2_000
    raw = json.dumps(transaction(*lines)).encode()
    assert len(raw) > BESIDE_BYTES
    headers = {**JSON, "Idempotency-Key": "x"}
    answer = await books.call("POST", "/transactions", content=raw, headers=headers, expect=201)
    found = await books.get(f"/transactions/{answer.json()['id']}")
    assert len(found["postings"]) == 4_000 and found["postings"][3_999]["party"] == "p"
    again = await books.call("POST", "/transactions", content=raw, headers=headers, expect=201)
    assert again.headers["Idempotent-Replayed"] == "true"


WRONG: list[tuple[bytes, int, str]] = [
    (long(sale() | {"colour": 1}), 422, "unknown_field"),
    (long(sale("x")), 422, "invalid_amount"),
    (long(sale("1.005")), 422, "too_many_digits"),
    (long(5), 422, "invalid"),
    (b" " * BESIDE_BYTES + b'{"date": ', 400, "malformed_json"),
    (b" " * BESIDE_BYTES + b'{"date": 1, "date": 2}', 400, "duplicate_key"),
    (b" " * BESIDE_BYTES + b'{"date": "\xff"}', 400, "malformed_json"),
    (b" " * BESIDE_BYTES + b"[" * 5_000, 400, "malformed_json"),
    (long(sale(description="\0")), 422, "invalid"),
]


async def test_a_long_body_is_refused_as_a_short_one(books: Books) -> None:
    for raw, status, code in WRONG:
        there = await books.call("POST", "/transactions", content=raw, headers=JSON, expect=status)
        here = await books.call("POST", "/transactions", content=raw.lstrip(b" "), headers=JSON, expect=status)
        assert there.json()["code"] == code
        if code != "malformed_json":  # which says where
            assert {**there.json(), "request_id": ""} == {**here.json(), "request_id": ""}


async def test_a_long_bulk_has_results_in_order(books: Books) -> None:
    commands = [command(sale(f"{number + 1}.00", description="d" * 900)) for number in range(1_200)]
    commands[700] = {"type": "nonsense"}
    raw = json.dumps({"commands": commands}).encode()
    assert len(raw) > BESIDE_BYTES
    answer = (await books.call("POST", "/commands", content=raw, headers=JSON, expect=200)).json()
    assert [each["index"] for each in answer["results"]] == list(range(1_200))
    assert (answer["accepted"], answer["rejected"], answer["results"][700]["status"]) == (1_199, 1, 422)
    commands = commands[:700]
    raw = long({"commands": commands, "atomic": True})
    answer = (await books.call("POST", "/commands", content=raw, headers=JSON, expect=201)).json()
    assert answer["accepted"] == 700
    commands[699] = command(sale("x"))
    raw = long({"commands": commands, "atomic": True})
    document = (await books.call("POST", "/commands", content=raw, headers=JSON, expect=422)).json()
    assert document["index"] == 699
    assert document["errors"][0]["pointer"] == "#/commands/699/postings/0/amount"


# --- what is over a limit --------------------------------------------------------------------------------------------


async def test_a_bulk_has_so_many_commands_and_postings(books: Books) -> None:
    before = await books.size()
    for commands, what in (
        ([{}] * (COMMANDS_MAX + 1), "commands"),
        ([{"postings": [0] * 1_000}] * (POSTINGS_MAX // 1_000) + [{"postings": [0]}], "postings"),
    ):
        answer = await books.call("POST", "/commands", json={"commands": commands}, expect=413)
        assert (answer.json()["code"], answer.json()["what"]) == ("too_large", what)
        assert answer.json()["most"] == {"commands": COMMANDS_MAX, "postings": POSTINGS_MAX}[what]
    assert await books.size() == before


async def test_a_long_body_is_no_heap_of_empty_objects(books: Books) -> None:
    for empty in (b"{},", b"[],", b'{"":0},'):
        raw = b'{"postings":[' + empty * (2 * BESIDE_BYTES // len(empty)) + b"{}]}"
        answer = await books.call("POST", "/transactions", content=raw, headers=JSON, expect=413)
        assert answer.json()["most"] == len(raw) // CONTAINER_BYTES_MIN


async def test_what_is_no_transaction_and_no_bulk_is_short(books: Books) -> None:
    raw = long({"path": "Assets:New"})
    answer = await books.call("POST", "/accounts", content=raw, headers=JSON, expect=413)
    assert answer.json()["most"] == BESIDE_BYTES
    await books.call("POST", "/accounts", content=raw[1:], headers=JSON, expect=201)


# --- the process beside ----------------------------------------------------------------------------------------------


def read_into(raw: bytes) -> Iterator[int]:
    """Write to a file who reads, and come to no end."""
    with open(raw.decode(), "w") as file:
        file.write(str(os.getpid()))
    time.sleep(SECONDS_MAX)
    yield 1


def read_too_much(_raw: bytes) -> Iterator[int]:
    """Ask for more memory than there is for a body."""
    yield len(bytearray(2 * MEMORY_BYTES_MAX))


def read_wrongly(_raw: bytes) -> Iterator[int]:
    """Have a bug."""
    yield 1
    raise KeyError("postings")


def is_gone(process: psutil.Process) -> bool:
    return not process.is_running() or process.status() == psutil.STATUS_ZOMBIE


async def until(condition: Callable[[], bool]) -> None:
    """Return when it holds."""
    deadline = time.monotonic() + SECONDS_MAX
    while not condition():
        assert time.monotonic() < deadline
        await asyncio.sleep(0.01)


async def reader_in(file: Path) -> psutil.Process:
    """The process that reads, once it does."""
    told = ""

    def is_there() -> bool:
        nonlocal told
        told = file.read_text() if file.exists() else ""
        return bool(told)

    await until(is_there)
    return psutil.Process(int(told))


async def test_a_reader_that_is_killed_is_an_answer_that_may_be_asked_for_again(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    long, file = LongWork(), tmp_path / "reader"
    reading = asyncio.create_task(read_beside(long, "", read_into, str(file).encode()))
    (await reader_in(file)).kill()
    with pytest.raises(Unavailable):
        await reading
    assert ["ended with -9" in each.message for each in caplog.records] == [True]
    assert await read_beside(long, "", read_transaction, json.dumps(sale()).encode())


async def test_a_reader_ends_when_nobody_wants_it_any_more(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    long, file = LongWork(), tmp_path / "reader"
    reading = asyncio.create_task(read_beside(long, "", read_into, str(file).encode()))
    reader = await reader_in(file)
    reading.cancel()
    await until(lambda: is_gone(reader))
    assert await read_beside(long, "", read_transaction, json.dumps(sale()).encode())
    assert not caplog.records


async def test_a_reader_that_takes_too_much_memory_is_stopped(capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(Unavailable):
        await read_beside(LongWork(), "", read_too_much, b"")
    assert "Traceback" not in capfd.readouterr().err


async def test_a_bug_beside_is_a_bug_here() -> None:
    with pytest.raises(RuntimeError, match="KeyError: 'postings'"):
        await read_beside(LongWork(), "", read_wrongly, b"")


async def test_so_many_long_bodies_wait_and_no_more(tmp_path: Path) -> None:
    long, file = LongWork(), tmp_path / "reader"
    tasks = [asyncio.create_task(read_beside(long, "", read_into, str(file).encode())) for _ in range(WAITING_MAX + 1)]
    reader = await reader_in(file)
    with pytest.raises(TooManyUnderWay):
        await read_beside(long, "", read_transaction, b"{}")
    for task in tasks:
        task.cancel()
    await until(lambda: is_gone(reader))
    assert await read_beside(long, "", read_transaction, json.dumps(sale()).encode())


async def test_work_ends_when_its_caller_leaves() -> None:
    left, ended = asyncio.Event(), asyncio.Event()

    async def receive() -> Json:
        await left.wait()
        return {"type": "http.disconnect"}

    async def work() -> None:
        try:
            await asyncio.sleep(SECONDS_MAX)
        finally:
            ended.set()

    wanted = asyncio.create_task(run_while_wanted(Request({"type": "http"}, receive), work()))
    await asyncio.sleep(0.01)
    left.set()
    with pytest.raises(ClientDisconnect):
        await wanted
    await ended.wait()


async def test_work_that_is_wanted_comes_to_its_end() -> None:
    async def receive() -> Json:
        await asyncio.sleep(SECONDS_MAX)
        raise AssertionError

    async def work(fails: bool) -> int:
        await asyncio.sleep(0.01)
        if fails:
            raise Rejected
        return 5

    request = Request({"type": "http"}, receive)
    assert await run_while_wanted(request, work(fails=False)) == 5
    with pytest.raises(Rejected):
        await run_while_wanted(request, work(fails=True))


# --- streams ---------------------------------------------------------------------------------------------------------


async def in_pieces(raw: bytes, size: int) -> AsyncIterator[bytes]:
    for start in range(0, len(raw), size):
        yield raw[start : start + size]


async def test_a_long_line_is_read_beside_in_its_place(books: Books) -> None:
    raw = [json.dumps(command(sale("1.00"), key=f"k{number}")).encode() for number in range(3)]
    raw[1] = long(command(sale("2.00"), key="k1"))
    raw.insert(2, long(command(sale("x"), key="wrong")))
    body = in_pieces(b"\n".join(raw), 1_000)  # a line in thousands of pieces is put together once
    answer = await books.call("POST", "/commands", content=body, headers=LINES, expect=200)
    *results, last = json_lines(answer)
    assert [result["status"] for result in results] == [201, 201, 422, 201]
    assert (last["accepted"], last["rejected"]) == (3, 1)
    assert await books.balance("Assets:Cash") == "4.00"


async def test_a_line_has_a_length(books: Books) -> None:
    body = in_pieces(b" " * (LINE_BYTES_MAX + 100_000), 60_000)
    answer = await books.call("POST", "/commands", content=body, headers=LINES, expect=200)
    (problem,) = json_lines(answer)
    assert (problem["code"], problem["most"]) == ("too_large", LINE_BYTES_MAX)


async def test_a_stream_of_any_length_holds_no_more_than_a_part_of_it(books: Books) -> None:
    """Blank lines count for nothing, and commands until they are written."""
    many = 2_500
    notes = "n" * 9_000
    line = json.dumps(command(sale("1.00", notes=notes), key="@")).encode()

    async def lines() -> AsyncIterator[bytes]:
        for _ in range(2 * USER_BYTES_MAX // 1_000_000):
            yield b"\n" * 1_000_000
        for number in range(many):
            yield line.replace(b"@", b"k%d" % number) + b"\n\n"

    assert many * len(line) > USER_BYTES_MAX // 2
    answer = await books.call("POST", "/commands", content=lines(), headers=LINES, expect=200, timeout=120)
    assert json_lines(answer)[-1]["accepted"] == many


# --- all bodies together ---------------------------------------------------------------------------------------------


def test_the_room_is_for_all_and_a_part_of_it_for_one() -> None:
    room = Room(100, 60)
    alice, more, bob = Share(room, "alice", 5), Share(room, "alice", 0), Share(room, "bob", 0)
    alice.grow(3)
    alice.grow(42)
    more.grow(20)
    for share in (alice, more):
        with pytest.raises(TooManyUnderWay):
            share.grow(1)
    bob.grow(40)
    with pytest.raises(TooManyUnderWay):
        bob.grow(1)
    small = Share(room, "carol", 5)
    small.grow(5)
    with pytest.raises(TooManyUnderWay):
        small.grow(1)
    more.end()
    bob.grow(20)
    alice.shrink(10)
    alice.shrink(33)
    alice.grow(3)
    for share in (alice, bob, small):
        share.end()
    assert not room._used and room._all == 0


@contextmanager
def uploading(server: Server, token: str, ledger: str, count: int) -> Iterator[None]:
    """For the time of the block somebody has sent so much of a body, and goes on slowly, without an end."""
    ended = threading.Event()
    head = (
        f"POST /api/ledgers/{ledger}/transactions HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {BODY_BYTES_MAX}\r\n\r\n"
    )
    with socket.create_connection(("127.0.0.1", server.port), timeout=SECONDS_MAX) as connection:

        def send() -> None:
            while not ended.wait(1):
                with suppress(OSError):  # it may have been refused
                    connection.sendall(b" " * 2_000)

        connection.sendall(head.encode() + b" " * count)
        thread = threading.Thread(target=send)
        thread.start()
        try:
            yield
        finally:
            ended.set()
            thread.join()


async def test_bodies_under_way_have_a_limit_together_and_for_each_user(books: Books, server: Server) -> None:
    bob = with_user(server, f"bob-{server.port}")
    raw = long(sale(), 4_000_000)

    async def post() -> httpx.Response:
        return await books.api.post(f"/ledgers/{books.id}/transactions", content=raw, headers=JSON)

    async with client(server, token=bob.token) as other:
        opened = await other.post("/ledgers", json={"currency": "EUR"})
        answer = await post()
        for pause in (1, 5, 10):  # for what was sent to arrive: else this post takes the room
            with ExitStack() as stack:
                for _ in range(2):
                    upload = uploading(server, server.token, books.id, BODY_BYTES_MAX - 1_000_000)
                    await asyncio.to_thread(stack.enter_context, upload)
                await asyncio.sleep(pause)
                answer = await post()
                if answer.status_code == 201:
                    continue
                assert (answer.status_code, answer.json()["code"]) == (503, "busy")
                assert answer.headers["Retry-After"] == "1"
                await books.post("/transactions", sale())
                mine = f"/ledgers/{opened.json()['id']}/transactions"
                there = await other.post(mine, content=raw, headers=JSON)
                assert there.json()["code"] == "unknown_account", "there is room for somebody else"
                break
        assert answer.status_code == 503
    while answer.status_code == 503:  # until it is seen that they are gone
        answer = await post()
    assert answer.status_code == 201


async def test_a_body_that_was_refused_or_left_gives_its_room_back(books: Books, server: Server) -> None:
    for _ in range(20):
        await books.call("POST", "/transactions", content=long(sale("x"), 5_000_000), headers=JSON, expect=422)
        with uploading(server, server.token, books.id, 2_000_000):
            pass
    await books.call("POST", "/transactions", content=long(sale(), 15_000_000), headers=JSON, expect=201)
