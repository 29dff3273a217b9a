"""The log over HTTP: what an auditor needs to check every hash without trusting the server."""

import hashlib
import json
from collections.abc import Sequence
from typing import Any

import httpx
import pytest
import rfc8785

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

MEMBERS = [
    "position",
    "id",
    "type",
    "schema",
    "recorded_at",
    "actor",
    "request",
    "command",
    "key",
    "data",
    "memo",
    "leaf_hash",
]
NDJSON = {"Accept": "application/x-ndjson"}


def tree_root(leaves: Sequence[bytes]) -> bytes:
    """MTH of RFC 9162 section 2.1.1, as it is written there; `leaves` are leaf hashes."""
    if not leaves:
        return hashlib.sha256(b"").digest()
    if len(leaves) == 1:
        return leaves[0]
    split = 1
    while split * 2 < len(leaves):
        split *= 2
    return hashlib.sha256(b"\x01" + tree_root(leaves[:split]) + tree_root(leaves[split:])).digest()


def record_of(event: Json, ledger: str) -> bytes:
    """The exact bytes of a record, rebuilt from what the service says, by a package that is not the service's."""
    return rfc8785.dumps(
        {
            "v": 1,
            "ledger": ledger,
            **{name: event[name] for name in MEMBERS if name not in ("data", "memo", "leaf_hash")},
            "data_sha256": hashlib.sha256(rfc8785.dumps(event["data"])).hexdigest(),
            "memo_sha256": None if event["memo"] is None else hashlib.sha256(rfc8785.dumps(event["memo"])).hexdigest(),
        }
    )


async def eventful(books: Books) -> None:
    """Every type of event, with texts of all letters."""
    texts = 'Zoë "😀" \u007f \ufb33 \\ / \u0080\u2028 é'
    name = "".join(character for character in texts if character.isprintable())
    await books.send("PATCH", "", {"name": name, "time_zone": "Europe/Paris"})
    await books.post("/currencies", {"currency": "BTC", "scale": 8}, key="with-a-key")
    posting = debit(
        "Assets:Cash",
        "1.50",
        text=texts,
        dimensions={"\U0001f600": "a", "\ufb33": "b", "z": "c"},
        tax={"code": "V", "base": "1.26"},
        original={"amount": "1.625", "currency": "KWD"},
        quantity={"amount": "2.50", "unit": "h"},
        due="2024-06-30",
    )
    numbers = [1.5, -0.0, 1e21, 1e-7, 333333333.33333329, 2**53 - 1]
    metadata = {"\U0001f600": 1, "\ufb33": numbers, "n": None, "": {"t": True}}
    posted = await books.post(
        "/transactions",
        transaction(
            posting,
            credit("Income:Sales", "1.50"),
            description=texts,
            notes="a\nb",
            tags=["ü"],
            metadata=metadata,
            document={"ref": "R", "sha256": ["0" * 64]},
        ),
        key="posted",
    )
    await books.post(f"/transactions/{posted['id']}/reverse")
    await books.send("PATCH", "/accounts/Assets:Cash", {"path": "Assets:Till", "role": "bank", "metadata": metadata})
    await books.post("/accounts/Assets:Bank/close")
    await books.post("/accounts/Assets:Bank/reopen")
    await books.bulk(command(sale("2.00"), key="b"), command(sale("3.00", currency="JPY")), expect=200)


@BOTH
async def test_every_event_hashes_to_its_leaf_and_all_of_them_to_the_root(books: Books, server: Server) -> None:
    await eventful(books)
    ledger = await books.get("")
    events = (await books.get("/events", limit=1000))["events"]
    assert [event["position"] for event in events] == list(range(ledger["size"]))
    leaves = []
    for event in events:
        leaf = hashlib.sha256(b"\x00" + record_of(event, ledger["uuid"])).digest()
        assert leaf.hex() == event["leaf_hash"], event
        leaves.append(leaf)
    assert tree_root(leaves).hex() == ledger["root"]
    for event in events:
        assert list(event) == MEMBERS
        assert UUID.fullmatch(event["id"]) and UUID.fullmatch(event["command"]) and UUID.fullmatch(event["request"])
        assert TIME.fullmatch(event["recorded_at"])
        assert event["actor"] == {"type": "user", "id": server.user["id"]}
        assert event["schema"] == 1
        assert event["memo"] is None or len(bytes.fromhex(event["memo"]["salt"])) == 16
    assert events[0]["type"] == "LedgerOpened" and events[0]["data"]["owner"] == server.user["id"]
    assert [event["recorded_at"] for event in events] == sorted(event["recorded_at"] for event in events)
    assert ledger["recorded_at"] == events[-1]["recorded_at"]
    assert {event["key"] for event in events} == {None, "with-a-key", "posted", "b"}
    salts = [event["memo"]["salt"] for event in events if event["memo"]]
    assert len(set(salts)) == len(salts)
    assert {event["type"] for event in events} >= {
        "LedgerUpdated",
        "CurrencyDeclared",
        "AccountOpened",
        "AccountRenamed",
        "AccountUpdated",
        "AccountClosed",
        "AccountReopened",
        "TransactionPosted",
    }


@BOTH
async def test_data_and_memo_are_sent_as_the_stored_bytes(books: Books) -> None:
    await eventful(books)
    text = (await books.call("GET", "/events", expect=200, params={"limit": 1000})).text
    for event in json.loads(text)["events"]:
        assert f'"data":{rfc8785.dumps(event["data"]).decode()},' in text
        memo = "null" if event["memo"] is None else rfc8785.dumps(event["memo"]).decode()
        assert f'"memo":{memo},"leaf_hash":"{event["leaf_hash"]}"' in text


@BOTH
async def test_pages_and_the_stream_are_the_same_events(books: Books) -> None:
    await eventful(books)
    size = await books.size()
    paged: list[Json] = []
    start: int | None = 0
    while start is not None:
        page = await books.get("/events", start=start, limit=4)
        assert page.keys() == {"as_of", "events", "size", "next"}
        assert page["size"] == size
        paged += page["events"]
        assert page["next"] in (None, start + 4)
        start = page["next"]
    streamed = await books.call("GET", "/events", expect=200, headers=NDJSON)
    assert streamed.headers["Content-Type"].startswith("application/x-ndjson")
    assert streamed.headers["Ledger-Size"] == str(size)
    assert json_lines(streamed) == paged
    part = await books.call("GET", "/events", expect=200, headers=NDJSON, params={"start": size - 2})
    assert json_lines(part) == paged[-2:]
    for beyond in (size, size + 5, 2**63 - 1):
        beyond_all = await books.get("/events", start=beyond)
        assert (beyond_all["events"], beyond_all["size"], beyond_all["next"]) == ([], size, None)
        empty = await books.call("GET", "/events", expect=200, headers=NDJSON, params={"start": beyond})
        assert empty.content == b""
    assert (await books.get("/events", limit=size))["next"] is None
    assert (await books.get("/events", limit=size - 1))["next"] == size - 1


@BOTH
async def test_a_long_log_streams_whole(books: Books) -> None:
    for _ in range(2):
        await books.bulk(*[command(sale("0.01")) for _ in range(600)])
    answer = await books.call("GET", "/events", expect=200, headers=NDJSON)
    positions = [event["position"] for event in json_lines(answer)]
    assert positions == list(range(CHART_SIZE + 1 + 1_200))


@BOTH
async def test_the_events_of_a_command_are_found_by_its_id(books: Books) -> None:
    posted = await books.post("/transactions", sale(currency="NOK"))
    events = (await books.get("/events", start=CHART_SIZE))["events"]
    assert [event["type"] for event in events] == ["CurrencyDeclared", "TransactionPosted"]
    assert events[0]["command"] == events[1]["command"]
    assert events[1]["id"] == posted["id"]
    found = await books.get("/events", command=events[0]["command"])
    assert (found["events"], found["size"], found["next"]) == (events, CHART_SIZE + 2, None)
    assert (await books.get("/events", command=events[1]["id"]))["events"] == []  # a record's id is no command's
    for unknown in ("0190a5e2-1234-7abc-8def-0123456789ab", "x"):
        assert (await books.get("/events", command=unknown))["events"] == []


async def test_the_request_id_of_an_answer_stands_in_its_events(books: Books) -> None:
    answer = await books.send("POST", "/transactions", sale(), headers={"X-Request-Id": "my-own"})
    event = (await books.get("/events", start=answer.json()["position"]))["events"][0]
    assert event["request"] == answer.headers["X-Request-Id"]


async def test_events_hold_ids_and_no_names(books: Books, server: Server, api: httpx.AsyncClient) -> None:
    await eventful(books)
    text = (await books.call("GET", "/events", expect=200, params={"limit": 1000})).text
    assert server.user["username"] not in text


@pytest.mark.parametrize("header", ["application/json", "*/*", None])
async def test_pages_are_what_one_gets_without_asking_for_lines(books: Books, header: str | None) -> None:
    headers: dict[str, Any] = {} if header is None else {"Accept": header}
    answer = await books.call("GET", "/events", expect=200, headers=headers)
    assert answer.headers["Content-Type"] == "application/json"
