"""Bulk: every command for itself, or all together or none; and streams of JSON lines."""

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from typing import Any

import httpx
import pytest

from tests.http.service import (
    BOTH,
    CHART_SIZE,
    TIME,
    UUID,
    Books,
    Json,
    Server,
    command,
    credit,
    debit,
    json_lines,
    sale,
    transaction,
)

NDJSON = {"Content-Type": "application/x-ndjson"}


async def send_lines(books: Books, lines: Sequence[Json | bytes], **options: Any) -> list[Json]:
    """The answer's lines to these lines."""
    raw = b"\n".join(line if isinstance(line, bytes) else json.dumps(line).encode() for line in lines)
    answer = await books.call("POST", "/commands", expect=200, content=raw, headers=NDJSON, **options)
    assert answer.headers["Content-Type"].startswith("application/x-ndjson")
    assert answer.text.endswith("\n")
    return json_lines(answer)


# --- one by one -------------------------------------------------------------------------------------------------------


@BOTH
async def test_results_come_in_the_order_sent_whatever_becomes_of_each(books: Books) -> None:
    before = await books.size()
    known = await books.post("/transactions", sale("1.00"), key="known")
    answer = await books.send(
        "POST",
        "/commands",
        {
            "commands": [
                command({"path": "Assets:New", "account_type": "asset"}, "open_account"),
                command(transaction(debit("Assets:New", "2.00"), credit("Income:Sales", "2.00")), key="second"),
                command(transaction(debit("Assets:New", "2.00"), credit("Income:Sales", "2.01"))),
                {"type": "close_account", "account": "Assets:Nowhere"},
                command(sale("1.00"), key="known"),
                command(sale("9.00"), key="known"),
                command(transaction(debit("Assets:New", "2.00"), credit("Income:Sales", "2.00")), key="second"),
                {"type": "rename_account", "account": "Assets:New", "path": "Assets:Newer"},
                {"type": "update_account", "account": "Assets:New", "role": "bank"},
                {"type": "declare_currency", "currency": "BTC", "scale": 8},
                {"type": "update_ledger", "name": "Bulk"},
                {"type": "reverse_transaction", "transaction": known["id"], "description": "undone"},
                {"type": "open_ledger", "id": "other"},
                7,
                command(sale("3.00")) | {"surplus": 1},
                {"type": "close_account", "account": "Expenses:Food"},
                {"type": "reopen_account", "account": "Expenses:Food"},
            ]
        },
        expect=200,
    )
    document = answer.json()
    assert document.keys() == {"size", "accepted", "rejected", "results"}
    results = document["results"]
    assert [result["index"] for result in results] == list(range(17))
    statuses = [201, 201, 422, 404, 201, 422, 201, 201, 201, 201, 201, 201, 422, 422, 422, 201, 201]
    assert [result["status"] for result in results] == statuses
    assert (document["accepted"], document["rejected"]) == (11, 6)
    codes = [result["code"] for result in results if result["status"] != 201]
    assert codes == ["unbalanced", "not_found", "idempotency_mismatch", "invalid", "invalid", "unknown_field"]
    assert results[2]["difference"] == "-0.01"
    assert results[2]["errors"] == [{"pointer": "#/postings", "detail": results[2]["detail"]}]
    assert {"type", "title"}.isdisjoint(results[2])
    assert results[5]["errors"] == []
    for index, result in enumerate(results):
        if result["status"] == 201:
            assert result["replayed"] is (index in (4, 6))
            assert TIME.fullmatch(result["recorded_at"])
            assert result["position"] < result["size"] <= document["size"]
    assert results[0]["id"] == results[0]["position"] == before + 2
    assert UUID.fullmatch(results[1]["id"]) and (results[1]["series"], results[1]["number"]) == ("A", 2)
    assert results[4]["id"] == known["id"]
    assert results[6] == results[1] | {"index": 6, "replayed": True}
    assert answer.headers["Ledger-Size"] == str(document["size"]) == str(await books.size())
    assert await books.size() == before + 2 + 9
    assert await books.balance("Assets:New") == "2.00"


@BOTH
async def test_an_account_can_be_opened_and_posted_to_in_one_bulk(books: Books) -> None:
    for atomic in (False, True):
        path = f"Assets:Opened {atomic}"
        answer = await books.bulk(
            command(sale() if atomic else transaction(debit(path, "1.00"), credit("Income:Sales", "1.00"))),
            command({"path": path}, "open_account"),
            command(transaction(debit(path, "1.00"), credit("Income:Sales", "1.00"))),
            atomic=atomic,
        )
        assert [result["status"] for result in answer["results"]] == [201 if atomic else 422, 201, 201]
        assert await books.balance(path) == "1.00"


async def test_an_empty_bulk_changes_nothing(books: Books) -> None:
    for atomic in (False, True):
        answer = await books.bulk(atomic=atomic)
        assert answer == {"size": CHART_SIZE, "accepted": 0, "rejected": 0, "results": []}


# --- all or none ------------------------------------------------------------------------------------------------------


@BOTH
async def test_an_atomic_bulk_is_written_whole_or_not_at_all(books: Books) -> None:
    before = await books.size()
    good = [command(sale(f"{index}.00"), key=f"atomic-{index}") for index in range(5)]
    bad: list[tuple[Json, int, str, str | None]] = [
        (command(transaction(debit("Assets:Cash", "1.00"))), 422, "too_few_postings", "#/commands/3/postings"),
        (command(sale("1.005")), 422, "too_many_digits", "#/commands/3/postings/0/amount"),
        (command(sale(), key="atomic-0"), 422, "idempotency_mismatch", None),
        (command(sale(), key="a b"), 422, "invalid_key", "#/commands/3/key"),
        (command(sale(on="2024-02-30")), 422, "invalid_date", "#/commands/3/date"),
        (command(sale()) | {"a/b": 1}, 422, "unknown_field", "#/commands/3/a~1b"),
        ({"type": "close_account", "account": "Assets:Cash"}, 409, "account_not_empty", None),
        ({"type": "open_account", "path": "Assets:Cash"}, 409, "account_exists", "#/commands/3/path"),
        ({"type": "reverse_transaction", "transaction": "none"}, 404, "not_found", None),
    ]
    for wrong, status, code, pointer in bad:
        document = await books.bulk(*good[:3], wrong, *good[3:], atomic=True, expect=status)
        assert (document["code"], document["index"]) == (code, 3), document
        if pointer is not None:
            assert document["errors"][0]["pointer"] == pointer
        assert await books.size() == before
    answer = await books.bulk(*good, atomic=True)
    assert (answer["accepted"], answer["rejected"], answer["size"]) == (5, 0, before + 6)
    assert [result["number"] for result in answer["results"]] == [1, 2, 3, 4, 5]  # no refusal took one
    assert {result["recorded_at"] for result in answer["results"]} == {answer["results"][0]["recorded_at"]}


@BOTH
async def test_a_known_equal_key_fails_nothing_in_an_atomic_bulk(books: Books) -> None:
    first = await books.bulk(command(sale("1.00"), key="a"), command(sale("2.00"), key="b"), atomic=True)
    size = await books.size()
    again = await books.bulk(command(sale("1.00"), key="a"), command(sale("2.00"), key="b"), atomic=True)
    assert [result | {"replayed": False} for result in again["results"]] == first["results"]
    assert all(result["replayed"] for result in again["results"])
    assert await books.size() == size
    more = await books.bulk(command(sale("2.00"), key="b"), command(sale("3.00"), key="c"), atomic=True)
    assert [result["replayed"] for result in more["results"]] == [True, False]
    assert await books.size() == size + 1
    twice = await books.bulk(command(sale("4.00"), key="d"), command(sale("4.00"), key="d"), atomic=True)
    assert [result["replayed"] for result in twice["results"]] == [False, True]
    assert await books.size() == size + 2


# --- keys and limits --------------------------------------------------------------------------------------------------


async def test_a_key_header_on_a_bulk_is_refused(books: Books) -> None:
    for headers in ({"Idempotency-Key": "k"}, {"Idempotency-Key": "k", **NDJSON}):
        content = json.dumps({"commands": []} if len(headers) == 1 else command(sale(), key="x"))
        headers = {"Content-Type": "application/json"} | headers
        answer = await books.call("POST", "/commands", expect=422, content=content, headers=headers)
        assert answer.json()["code"] == "invalid_key"
    assert await books.size() == CHART_SIZE


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({}, "#/commands"),
        ({"commands": {}}, "#/commands"),
        ({"commands": [], "atomic": "maybe"}, "#/atomic"),
        ({"commands": [], "atomic": "true"}, "#/atomic"),
        ({"commands": [], "atomic": 1}, "#/atomic"),
        ({"commands": [], "atomc": True}, "#/atomc"),
    ],
)
async def test_a_body_that_is_no_bulk_is_refused(books: Books, body: Json, pointer: str) -> None:
    document = await books.post("/commands", body, expect=422)
    assert document["errors"][0]["pointer"] == pointer


async def test_a_bulk_has_at_most_10_000_commands(books: Books) -> None:
    for atomic in (False, True):
        body = {"atomic": atomic, "commands": [{"type": "close_account", "account": 0}] * 10_001}
        document = await books.post("/commands", body, expect=413)
        assert (document["code"], document["most"], document["what"]) == ("too_large", 10_000, "commands")


async def test_a_bulk_has_at_most_100_000_postings(books: Books) -> None:
    postings = [{"account": 1, "amount": "0", "currency": "EUR"}] * 10_000
    posts = [command(transaction(*postings))] * 10
    document = await books.post("/commands", {"commands": [*posts, command(sale())]}, expect=413)
    assert (document["code"], document["most"], document["what"]) == ("too_large", 100_000, "postings")
    assert await books.size() == CHART_SIZE


@BOTH
async def test_a_bulk_of_1_200_is_numbered_in_order_while_others_post(books: Books) -> None:
    async def others() -> list[int]:
        return [(await books.post("/transactions", sale("0.01")))["number"] for _ in range(10)]

    posts = [command(sale("0.01"), key=f"many-{index}") for index in range(1_200)]
    answer, numbers = await asyncio.gather(books.bulk(*posts), others())
    assert answer["accepted"] == 1_200
    mine = [result["number"] for result in answer["results"]]
    assert mine == sorted(mine)
    assert sorted(mine + numbers) == list(range(1, 1_211))
    assert await books.balance("Assets:Cash") == "12.10"


# --- JSON lines -------------------------------------------------------------------------------------------------------


@BOTH
async def test_json_lines_are_answered_line_by_line_and_summed_up(books: Books) -> None:
    lines: list[Json | bytes] = [
        command({"path": "Assets:Lines"}, "open_account", key="open"),
        b"",
        command(transaction(debit("Assets:Lines", "1.00"), credit("Income:Sales", "1.00")), key="one"),
        b"  ",
        command(transaction(debit("Assets:Lines", "1.00"), credit("Income:Sales", "1.01")), key="two"),
        command(sale("3.00")),
        b"{",
        b'{"type": "post_transaction", "type": "post_transaction"}',
        b"5",
        command(transaction(debit("Assets:Lines", "1.00"), credit("Income:Sales", "1.00")), key="one"),
    ]
    *results, last = await send_lines(books, lines)
    assert [result["index"] for result in results] == list(range(8))
    assert [result["status"] for result in results] == [201, 201, 422, 422, 400, 400, 422, 201]
    assert [result.get("code") for result in results] == [
        None,
        None,
        "unbalanced",
        "invalid_key",
        "malformed_json",
        "duplicate_key",
        "invalid",
        None,
    ]
    assert [result.get("replayed") for result in results if result["status"] == 201] == [False, False, True]
    assert last == {"size": await books.size(), "accepted": 3, "rejected": 5}
    assert await books.balance("Assets:Lines") == "1.00"


@BOTH
async def test_a_stream_of_thousands_loses_no_line_and_can_be_sent_again(books: Books) -> None:
    count = 2_200  # far more than any buffer on the way holds
    raw = b"".join(
        json.dumps(command(sale("0.01", description="x" * 200), key=f"line-{index}")).encode() + b"\n"
        for index in range(count)
    )

    async def pieces() -> AsyncIterator[bytes]:
        for start in range(0, len(raw), 10_000):
            yield raw[start : start + 10_000]

    for attempt in range(2):
        answer = await books.call("POST", "/commands", expect=200, content=pieces(), headers=NDJSON)
        *results, last = json_lines(answer)
        assert (last["accepted"], last["rejected"]) == (count, 0), last
        assert [result["index"] for result in results] == list(range(count))
        assert {result["replayed"] for result in results} == {attempt == 1}
        assert [result["number"] for result in results] == list(range(1, count + 1))
    assert await books.size() == CHART_SIZE + 1 + count


@BOTH
async def test_a_stream_that_is_cut_has_no_last_line_and_what_was_answered_is_there(
    books: Books, server: Server
) -> None:
    """The caller hangs up in the middle: nobody is told about the rest, and it can be sent again."""
    posts = [json.dumps(command(sale("0.01"), key=f"cut-{index}")).encode() + b"\n" for index in range(1_000)]
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port, limit=2**24)
    head = (
        f"POST /api/ledgers/{books.id}/commands HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {server.token}\r\n"
        "Content-Type: application/x-ndjson\r\nTransfer-Encoding: chunked\r\n\r\n"
    )
    body = b"".join(posts)
    writer.write(head.encode() + f"{len(body):x}\r\n".encode() + body + b"\r\n")
    await writer.drain()
    answered = await reader.readuntil(b'"index":999')  # so the first thousand is durable, and the end is not said
    assert b"HTTP/1.1 200" in answered and b'"accepted"' not in answered
    writer.transport.abort()
    await asyncio.wait([asyncio.ensure_future(writer.wait_closed())])
    assert await books.size() == CHART_SIZE + 1 + 1_000
    *results, last = await send_lines(books, [*posts, json.dumps(command(sale(), key="cut-rest")).encode()])
    assert last["accepted"] == 1_001
    assert sum(result["replayed"] for result in results) == 1_000


@BOTH
async def test_a_stream_whose_sender_is_signed_out_ends_there(books: Books, server: Server) -> None:
    """A stream may go on for hours: whose token was revoked meanwhile writes nothing more."""
    token = await books.post("/tokens", {"name": "importer", "role": "bookkeeper"})
    posts = [json.dumps(command(sale("0.01"), key=f"late-{index}")).encode() + b"\n" for index in range(1_001)]
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port, limit=2**24)
    head = (
        f"POST /api/ledgers/{books.id}/commands HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token['token']}\r\n"
        "Content-Type: application/x-ndjson\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n"
    )
    first, rest = b"".join(posts[:1_000]), posts[1_000]
    writer.write(head.encode() + f"{len(first):x}\r\n".encode() + first + b"\r\n")
    await reader.readuntil(b'"index":999')
    await books.send("DELETE", f"/tokens/{token['id']}", expect=204)
    writer.write(f"{len(rest):x}\r\n".encode() + rest + b"\r\n0\r\n\r\n")
    answered = await reader.read()
    writer.close()
    assert b'"code":"unauthenticated"' in answered and b'"accepted"' not in answered
    assert await books.size() == CHART_SIZE + 1 + 1_000


async def test_a_line_without_end_is_refused(books: Books) -> None:
    before = await books.size()
    good = json.dumps(command(sale(), key="good")).encode()
    first, *rest = await send_lines(books, [good, b'{"type": "' + b"x" * 5_000_000])
    assert not rest or first["status"] == 201
    problem = (rest or [first])[-1]
    assert (problem["status"], problem["code"]) == (413, "too_large")
    assert "accepted" not in problem
    assert await books.size() in (before, before + 2)


async def test_json_lines_of_nothing_are_summed_up_too(api: httpx.AsyncClient, books: Books) -> None:
    assert await send_lines(books, []) == [{"size": CHART_SIZE, "accepted": 0, "rejected": 0}]


# --- texts that cannot be stored

HALF, NUL = "\ud800", "\u0000"


async def send_raw(books: Books, path: str, body: Any, *, kind: str = "application/json") -> httpx.Response:
    """A body as `json.dumps` escapes it: httpx would refuse half a surrogate pair itself."""
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return await books.api.post(f"/ledgers/{books.id}{path}", content=content, headers={"Content-Type": kind})


@pytest.mark.parametrize("character", [HALF, NUL])
async def test_a_text_that_cannot_be_stored_refuses_its_own_command_alone(books: Books, character: str) -> None:
    bad = f"a{character}b"
    postings = sale("2.00")["postings"]
    commands = [
        command(sale("1.00")),
        command(sale("2.00", description=bad)),
        command(sale("2.00", metadata={"a/b": [1, {"c": bad}]})),
        command({**sale("2.00"), "postings": [postings[0], {**postings[1], "text": bad}]}),
        {"type": "close_account", "account": bad},
        command(sale("2.00"), key=bad),
        command(sale("2.00", metadata={bad: 1})),
        bad,
        command(sale("1.00")),
    ]
    answer = await send_raw(books, "/commands", {"commands": commands})
    assert answer.status_code == 200, answer.text
    results = answer.json()["results"]
    assert [each["status"] for each in results] == [201, 422, 422, 422, 422, 422, 422, 422, 201]
    pointers = ["#/description", "#/metadata/a~1b/1/c", "#/postings/1/text", "#/account", "#/key", "#/metadata", "#"]
    for result, pointer in zip(results[1:-1], pointers, strict=True):
        assert result["code"] == "invalid" and [each["pointer"] for each in result["errors"]] == [pointer]
        assert f"U+{ord(character):04X} is not allowed" in result["detail"]


async def test_such_a_text_is_named_with_its_place_wherever_it_is(books: Books) -> None:
    size = await books.size()
    both = [command(sale("1.00")), command(sale("2.00", payee=HALF))]
    refused = (await send_raw(books, "/commands", {"atomic": True, "commands": both})).json()
    assert (refused["index"], refused["errors"][0]["pointer"]) == (1, "#/commands/1/payee")
    refused = (await send_raw(books, "/commands", {"commands": [], "other": HALF})).json()
    assert refused["errors"][0]["pointer"] == "#/other"
    refused = (await send_raw(books, "/commands", {"commands": HALF})).json()
    assert refused["errors"][0]["pointer"] == "#/commands"
    for body, pointer in ((sale(notes=NUL), "#/notes"), (sale(tags=["a", NUL]), "#/tags/1"), (HALF, "#")):
        refused = (await send_raw(books, "/transactions", body)).json()
        assert (refused["status"], refused["errors"][0]["pointer"]) == (422, pointer)
    refused = (await send_raw(books, "/accounts", {"path": "Assets:New", "label": NUL})).json()
    assert refused["errors"][0]["pointer"] == "#/label"
    lines = [command(sale("1.00"), key="line-1"), command(sale("1.00", description=NUL), key="line-2")]
    raw = b"".join(json.dumps(each).encode() + b"\n" for each in lines)
    first, second, _ = json_lines(await send_raw(books, "/commands", raw, kind="application/x-ndjson"))
    assert first["status"] == 201
    assert (second["index"], second["errors"][0]["pointer"]) == (1, "#/description")
    assert await books.size() == size + 2, "the currency and one transaction"


async def test_a_number_in_metadata_that_json_does_not_keep_is_named_with_its_place(books: Books) -> None:
    await books.post("/transactions", sale(metadata={"n": [2**53 - 1, -(2**53) + 1]}))
    for number in ("9007199254740992", "-9007199254740992", "1e400"):
        raw = json.dumps(sale(metadata={"n": ["?"]})).replace('"?"', number).encode()
        refused = (await send_raw(books, "/transactions", raw)).json()
        assert (refused["status"], refused["errors"][0]["pointer"]) == (422, "#/metadata"), number
