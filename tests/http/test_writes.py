"""Writes: ledgers, accounts and transactions, with the exact shapes of the contract; keys and preconditions."""

import asyncio
import itertools
import json
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
    client,
    credit,
    debit,
    open_books,
    sale,
    transaction,
)

_numbers = itertools.count(1)

REPRESENTATION = {"Prefer": "return=representation"}
LEDGER = {
    "id": str,
    "uuid": str,
    "name": str | None,
    "owner": str,
    "role": str,
    "currency": str,
    "time_zone": str,
    "fiscal_year_start": str,
    "retention_years": int,
    "size": int,
    "root": str,
    "recorded_at": str,
}
ACCOUNT = {
    "id": int,
    "path": str,
    "number": str | None,
    "label": str | None,
    "type": str,
    "normal": str,
    "role": str | None,
    "status": str,
    "currencies": list,
    "metadata": dict,
}
TRANSACTION = {
    "id": str,
    "series": str,
    "number": int,
    "date": str,
    "recorded_at": str,
    "position": int,
    "kind": str,
    "description": str | None,
    "postings": list,
    "tags": list,
    "metadata": dict,
    "reverses": str | None,
    "reversed_by": str | None,
    "actor": dict,
    "memo_erased": bool,
}
"""Members that are always there; payee, notes and document are absent where they were not given."""


def require_shape(document: Json, shape: dict[str, Any]) -> None:
    """Exactly these members, each of its type."""
    assert list(document.keys() ^ shape.keys()) == []
    for name, kind in shape.items():
        assert isinstance(document[name], kind), (name, document[name])
        assert kind is not int or not isinstance(document[name], bool)


def require_receipt(answer: httpx.Response, *, numbered: bool = False) -> Json:
    """A receipt, with the headers that go with it."""
    receipt: Json = answer.json()
    members = {"id", "position", "size", "recorded_at"} | ({"series", "number"} if numbered else set())
    assert receipt.keys() == members
    assert answer.status_code == 201
    assert answer.headers["Content-Type"] == "application/json"
    assert answer.headers["Ledger-Size"] == str(receipt["size"])
    assert TIME.fullmatch(receipt["recorded_at"])
    assert receipt["size"] > receipt["position"] >= 0
    return receipt


def fresh_id(prefix: str = "ledger") -> str:
    """An id that no other test has."""
    return f"{prefix}-w{next(_numbers)}"


# --- ledgers ----------------------------------------------------------------------------------------------------------


async def test_a_ledger_is_opened_and_read_by_id_and_uuid(api: httpx.AsyncClient, server: Server) -> None:
    id_ = fresh_id()
    body = {
        "id": id_,
        "name": "Bücher & Söhne",
        "currency": "CHF",
        "time_zone": "Europe/Zurich",
        "fiscal_year_start": "07-01",
        "retention_years": 11,
    }
    answer = await api.post("/ledgers", json=body)
    receipt = require_receipt(answer)
    assert (receipt["position"], receipt["size"]) == (0, 1)
    assert answer.headers["Location"] == f"/api/ledgers/{id_}"
    ledger = (await api.get(f"/ledgers/{id_}")).json()
    require_shape(ledger, LEDGER)
    assert {name: ledger[name] for name in body} == body
    assert UUID.fullmatch(ledger["uuid"])
    assert (ledger["owner"], ledger["role"], ledger["size"]) == (server.user["id"], "owner", 1)
    assert ledger["recorded_at"] == receipt["recorded_at"]
    assert (await api.get(f"/ledgers/{ledger['uuid']}")).json() == ledger
    ledgers = (await api.get("/ledgers?limit=1000")).json()
    assert ledgers.keys() == {"ledgers", "next"}
    assert ledger in ledgers["ledgers"]
    assert [each["id"] for each in ledgers["ledgers"]] == sorted(each["id"] for each in ledgers["ledgers"])


async def test_a_ledger_with_nothing_said_gets_defaults(api: httpx.AsyncClient) -> None:
    answer = await api.post("/ledgers", json={}, headers=REPRESENTATION)
    ledger = answer.json()
    require_shape(ledger, LEDGER)
    assert answer.headers["Location"] == f"/api/ledgers/{ledger['id']}"
    assert (ledger["name"], ledger["currency"], ledger["time_zone"]) == (None, "USD", "UTC")
    assert (ledger["fiscal_year_start"], ledger["retention_years"]) == ("01-01", 10)
    assert answer.headers["Preference-Applied"] == "return=representation"


@pytest.mark.parametrize(
    ("body", "status", "code", "pointer"),
    [
        ({"id": "ab"}, 422, "invalid", "#/id"),
        ({"id": "a" * 64}, 422, "invalid", "#/id"),
        ({"id": "Books"}, 422, "invalid", "#/id"),
        ({"id": "books\n"}, 422, "invalid", "#/id"),
        ({"id": "0190a5e2-1234-7abc-8def-0123456789ab"}, 422, "invalid", "#/id"),
        ({"currency": "eur"}, 422, "invalid", "#/currency"),
        ({"currency": "XAU"}, 422, "unknown_currency", "#/currency"),
        ({"time_zone": "Mars/Olympus"}, 422, "invalid", "#/time_zone"),
        ({"time_zone": "../../etc/passwd"}, 422, "invalid", "#/time_zone"),
        ({"fiscal_year_start": "02-29"}, 422, "invalid", "#/fiscal_year_start"),
        ({"fiscal_year_start": "13-01"}, 422, "invalid", "#/fiscal_year_start"),
        ({"retention_years": -1}, 422, "invalid", "#/retention_years"),
        ({"retention_years": "10"}, 422, "invalid", "#/retention_years"),
        ({"owner": "mallory"}, 422, "unknown_field", "#/owner"),
        ({"name": ""}, 422, "invalid", "#/name"),
    ],
)
async def test_a_bad_ledger_is_refused(
    api: httpx.AsyncClient, body: Json, status: int, code: str, pointer: str
) -> None:
    before = (await api.get("/ledgers?limit=1000")).json()
    answer = await api.post("/ledgers", json=body)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer.json()["errors"][0]["pointer"] == pointer
    assert (await api.get("/ledgers?limit=1000")).json() == before


@BOTH
async def test_a_ledger_id_is_taken_once(api: httpx.AsyncClient) -> None:
    id_ = fresh_id()
    assert (await api.post("/ledgers", json={"id": id_})).status_code == 201
    keys: list[dict[str, str]] = [{}, {"Idempotency-Key": f"other-{id_}"}]
    for headers in keys:
        answer = await api.post("/ledgers", json={"id": id_}, headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (409, "ledger_exists")
        assert answer.json()["errors"][0]["pointer"] == "#/id"


@BOTH
async def test_opening_a_ledger_with_a_key_repeats(api: httpx.AsyncClient) -> None:
    for body in ({"id": fresh_id(), "name": "Twice", "currency": "EUR"}, {"name": "Generated"}, {}):
        key = fresh_id("key")
        first = await api.post("/ledgers", json=body, headers={"Idempotency-Key": key})
        count = len((await api.get("/ledgers?limit=1000")).json()["ledgers"])
        for quoted in (key, f'"{key}"'):
            again = await api.post("/ledgers", json=body, headers={"Idempotency-Key": quoted})
            assert (again.status_code, again.json()) == (201, first.json())
            assert again.headers["Location"] == first.headers["Location"]
            assert again.headers["Idempotent-Replayed"] == "true"
        assert "Idempotent-Replayed" not in first.headers
        other = await api.post("/ledgers", json=body | {"name": "Another"}, headers={"Idempotency-Key": key})
        assert (other.status_code, other.json()["code"]) == (422, "idempotency_mismatch")
        assert len((await api.get("/ledgers?limit=1000")).json()["ledgers"]) == count


async def test_two_users_may_open_ledgers_with_the_same_key(api: httpx.AsyncClient, server: Server) -> None:
    name = fresh_id("other")
    async with client(server) as stranger:
        answer = await stranger.post("/auth/register", json={"username": name, "password": "a password"})
    key = {"Idempotency-Key": fresh_id("key")}
    mine = await api.post("/ledgers", json={}, headers=key)
    async with client(server, token=answer.json()["token"]) as other:
        theirs = await other.post("/ledgers", json={}, headers=key)
        assert (mine.status_code, theirs.status_code) == (201, 201)
        assert mine.headers["Location"] != theirs.headers["Location"]
        assert len((await other.get("/ledgers")).json()["ledgers"]) == 1


@BOTH
async def test_a_ledger_is_changed_under_the_etag_that_was_read(api: httpx.AsyncClient) -> None:
    books = await open_books(api, fresh_id())
    read = await books.call("GET", "", expect=200)
    tag = {"If-Match": read.headers["ETag"]}
    answer = await books.send("PATCH", "", {"name": "Renamed", "time_zone": "Asia/Tokyo"}, headers=tag)
    require_receipt(answer)
    assert answer.headers["Location"] == f"/api/ledgers/{books.id}"
    ledger = await books.get("")
    assert (ledger["name"], ledger["time_zone"], ledger["currency"]) == ("Renamed", "Asia/Tokyo", "EUR")
    document = (await books.send("PATCH", "", {"name": "Lost"}, headers=tag, expect=412)).json()
    assert document["code"] == "precondition_failed"
    for text in ('"nonsense"', 'W/"99.x"', ""):
        await books.send("PATCH", "", {"name": "Lost"}, headers={"If-Match": text}, expect=412)
    assert (await books.get(""))["name"] == "Renamed"

    changes: list[dict[str, str]] = [{}, {"If-Match": "*"}, tag]
    for change in changes:
        current = {"If-Match": (await books.call("GET", "", expect=200)).headers["ETag"]}
        header = current if change is tag else change
        answer = await books.send("PATCH", "", {"name": "Whatever"}, headers=header | REPRESENTATION)
        require_shape(answer.json(), LEDGER)
        assert answer.json()["name"] == "Whatever"


async def test_other_writes_do_not_spoil_the_etag_of_a_ledgers_settings(books: Books) -> None:
    tag = (await books.call("GET", "", expect=200)).headers["ETag"]
    await books.post("/transactions", sale())
    await books.send("PATCH", "", {"name": "Still mine"}, headers={"If-Match": tag})


async def test_a_ledgers_currency_is_fixed_by_its_first_transaction(books: Books) -> None:
    await books.send("PATCH", "", {"currency": "SEK", "fiscal_year_start": "07-01"})
    ledger = await books.get("")
    assert (ledger["currency"], ledger["fiscal_year_start"]) == ("SEK", "07-01")
    await books.post("/transactions", sale(currency="SEK"))
    for body, pointer in (({"currency": "EUR"}, "#/currency"), ({"fiscal_year_start": "01-01"}, "#/fiscal_year_start")):
        document = (await books.send("PATCH", "", body, expect=409)).json()
        assert (document["code"], document["errors"][0]["pointer"]) == ("ledger_in_use", pointer)
    await books.send("PATCH", "", {"currency": "SEK", "retention_years": 7})


@pytest.mark.parametrize("body", [{}, {"name": None}, {"time_zone": "Mars/X"}, {"currency": "XAU"}, {"id": "other"}])
async def test_a_bad_change_of_a_ledger_is_refused(books: Books, body: Json) -> None:
    before = await books.get("")
    await books.send("PATCH", "", body, expect=422)
    assert await books.get("") == before


async def test_a_declared_currency_keeps_its_scale(books: Books) -> None:
    answer = await books.send("POST", "/currencies", {"currency": "BTC", "scale": 8}, key="btc")
    require_receipt(answer)
    assert answer.headers["Location"] == f"/api/ledgers/{books.id}/currencies"
    await books.post("/transactions", sale("0.00000001", currency="BTC"))
    await books.post("/transactions", sale("1", currency="JPY"))
    assert (await books.get("/currencies"))["currencies"] == [
        {"currency": "BTC", "scale": 8},
        {"currency": "JPY", "scale": 0},
    ]
    document = await books.post("/currencies", {"currency": "BTC", "scale": 2}, expect=409)
    assert (document["code"], document["scale"]) == ("currency_exists", 8)
    again = await books.send("POST", "/currencies", {"currency": "BTC", "scale": 8}, key="btc")
    assert (again.json(), again.headers["Idempotent-Replayed"]) == (answer.json(), "true")
    for body in ({"currency": "XAU", "scale": 31}, {"currency": "XAU", "scale": -1}, {"currency": "XAU", "scale": "2"}):
        assert (await books.post("/currencies", body, expect=422))["errors"][0]["pointer"] == "#/scale"


# --- accounts ---------------------------------------------------------------------------------------------------------


@BOTH
async def test_an_account_is_opened_with_everything_and_given_back(books: Books) -> None:
    body = {
        "path": "Assets:Bank/Börse:Konto № 1",
        "type": "asset",
        "normal": "credit",
        "number": "1930.A",
        "role": "bank",
        "currencies": ["EUR", "CHF"],
        "label": "Bank · Börse",
        "metadata": {"iban": "CH93", "nested": {"a": [1, 2.5, None, True, "x"]}, "ümlaut": "😀"},
    }
    answer = await books.send("POST", "/accounts", body, key="open")
    receipt = require_receipt(answer)
    assert receipt["id"] == receipt["position"] == CHART_SIZE
    assert answer.headers["Location"] == f"/api/ledgers/{books.id}/accounts/{receipt['id']}"
    account = await books.get(f"/accounts/{receipt['id']}", min_size=receipt["size"])
    require_shape(account, ACCOUNT)
    assert account == body | {"id": receipt["id"], "status": "open"}
    shown = await books.send("POST", "/accounts", body, key="open", headers=REPRESENTATION)
    assert (shown.json(), shown.headers["Idempotent-Replayed"]) == (account, "true")


@pytest.mark.parametrize(
    ("path", "type_", "normal"),
    [
        ("Assets:Till", "asset", "debit"),
        ("ASSET:Till", "asset", "debit"),
        ("liabilities:Loan", "liability", "credit"),
        ("Equity", "equity", "credit"),
        ("Revenues:Fees", "income", "credit"),
        ("Expense:Rent", "expense", "debit"),
    ],
)
async def test_the_first_segment_says_the_type(books: Books, path: str, type_: str, normal: str) -> None:
    account = await books.post("/accounts", {"path": path}, headers=REPRESENTATION)
    require_shape(account, ACCOUNT)
    assert (account["type"], account["normal"], account["label"], account["metadata"]) == (type_, normal, None, {})


async def test_a_given_type_counts_more_than_the_first_segment(books: Books) -> None:
    account = await books.post("/accounts", {"path": "Assets:Owed", "type": "liability"}, headers=REPRESENTATION)
    assert (account["type"], account["normal"]) == ("liability", "credit")


async def test_an_account_is_named_by_path_number_and_id(books: Books) -> None:
    cash = await books.id_of("Assets:Cash")
    await books.post("/transactions", transaction(debit("Assets:Cash", "1.00"), credit("Income:Sales", "1.00")))
    await books.post("/transactions", transaction(debit("#1000", "2.00"), credit("Income:Sales", "2.00")))
    await books.post("/transactions", transaction(debit(cash, "4.00"), credit("Income:Sales", "4.00")))
    size = await books.size()
    for path in (f"/accounts/{cash}", "/accounts/%231000", "/accounts/Assets:Cash", "/accounts/Assets%3ACash"):
        assert (await books.get(path, min_size=size))["id"] == cash
        assert (await books.get(f"{path}/balance", min_size=size))["balances"][0]["balance"] == "7.00"
        assert [line["balance"] for line in (await books.get(f"{path}/register", min_size=size))["lines"]] == [
            "1.00",
            "3.00",
            "7.00",
        ]
    assert (await books.get("/balances", account="#1000", min_size=size))["balances"][0]["balance"] == "7.00"
    await books.get("/accounts/999", expect=404)
    await books.get("/accounts/0", expect=404)
    await books.get("/accounts/%239999", expect=404)
    await books.get("/accounts/assets:cash", expect=404)


async def test_a_path_of_digits_alone_is_named_in_the_query(books: Books) -> None:
    account = await books.post("/accounts", {"path": "1930", "type": "asset"})
    await books.post("/transactions", transaction(debit("1930", "5.00"), credit("Income:Sales", "5.00")))
    size = await books.size()
    assert (await books.get("/balances", account="1930", min_size=size))["balances"][0]["account_id"] == account["id"]
    assert len((await books.get("/register", account="1930", min_size=size))["lines"]) == 1
    await books.get("/accounts/1930", expect=404)  # there all digits are an id


@BOTH
async def test_an_old_path_goes_on_answering_for_its_account_alone(books: Books) -> None:
    cash = await books.id_of("Assets:Cash")
    answer = await books.send(
        "PATCH",
        "/accounts/Assets:Cash",
        {"path": "Assets:Petty Cash", "number": "1001", "label": "Till"},
        headers=REPRESENTATION,
    )
    account = answer.json()
    require_shape(account, ACCOUNT)
    assert answer.headers["Location"] == f"/api/ledgers/{books.id}/accounts/{cash}"
    assert (account["id"], account["path"], account["number"]) == (cash, "Assets:Petty Cash", "1001")
    for name in ("Assets:Cash", "Assets:Petty Cash", "#1000", "#1001"):
        await books.post("/transactions", transaction(debit(name, "1.00"), credit("Income:Sales", "1.00")))
    size = await books.size()
    for name in ("Assets:Cash", "Assets:Petty Cash", "#1000", "#1001"):
        (balance,) = (await books.get("/balances", account=name, min_size=size))["balances"]
        assert (balance["account"], balance["account_id"], balance["balance"]) == ("Assets:Petty Cash", cash, "4.00")
    assert (await books.post("/accounts", {"path": "Assets:Cash"}, expect=409))["code"] == "account_exists"
    taken = {"path": "Assets:New", "number": "1000"}
    assert (await books.post("/accounts", taken, expect=409))["code"] == "number_exists"
    paths = [each["path"] for each in (await books.get("/accounts", min_size=size))["accounts"]]
    assert "Assets:Cash" not in paths and "Assets:Petty Cash" in paths
    await books.send("PATCH", f"/accounts/{cash}", {"path": "Assets:Cash"})  # its own again
    assert (await books.get(f"/accounts/{cash}", min_size=size + 1))["path"] == "Assets:Cash"


@BOTH
async def test_an_account_is_changed_under_the_etag_that_was_read(books: Books) -> None:
    size = await books.size()
    read = await books.call("GET", "/accounts/%231000", expect=200, params={"min_size": size})
    tag = {"If-Match": read.headers["ETag"]}
    await books.post("/transactions", sale())  # no change of the account itself
    await books.send("PATCH", "/accounts/%231000", {"role": "bank", "label": "Giro"}, headers=tag)
    document = (await books.send("PATCH", "/accounts/%231000", {"role": "cash"}, headers=tag, expect=412)).json()
    assert document["code"] == "precondition_failed"
    await books.send("POST", "/accounts/%231000/close", headers=tag, expect=412)
    account = await books.get("/accounts/%231000", min_size=await books.size())
    assert (account["role"], account["label"]) == ("bank", "Giro")
    await books.send("PATCH", "/accounts/%231000", {"role": None, "currencies": ["EUR"], "metadata": {"a": 1}})
    account = await books.get("/accounts/%231000", min_size=await books.size())
    assert (account["role"], account["currencies"], account["metadata"]) == (None, ["EUR"], {"a": 1})
    assert account["label"] == "Giro"


async def test_a_change_of_names_and_of_the_rest_is_one_change(books: Books) -> None:
    before = await books.size()
    document = await books.send(
        "PATCH", "/accounts/%231000", {"path": "Assets:Till", "currencies": ["EUR", "eur"]}, expect=422
    )
    assert document.json()["errors"][0]["pointer"] == "#/currencies/1"
    await books.send("PATCH", "/accounts/%231000", {"path": "Assets:Bank", "role": "bank"}, expect=409)
    assert await books.size() == before
    body = {"path": "Assets:Till", "role": "bank"}
    first = await books.send("PATCH", "/accounts/%231000", body, key="both")
    again = await books.send("PATCH", "/accounts/%231000", body, key="both")
    assert (again.json(), again.headers["Idempotent-Replayed"]) == (first.json(), "true")
    assert await books.size() == before + 2
    events = (await books.get("/events", start=before))["events"]
    assert [event["type"] for event in events] == ["AccountRenamed", "AccountUpdated"]


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({}, 422, "invalid"),
        ({"path": None}, 422, "invalid"),
        ({"path": "Assets:Bank"}, 409, "account_exists"),
        ({"path": "Assets:."}, 422, "invalid_path"),
        ({"number": "a b"}, 422, "invalid"),
        ({"type": "asset"}, 422, "unknown_field"),
        ({"status": "closed"}, 422, "unknown_field"),
        ({"role": "till"}, 422, "invalid"),
    ],
)
async def test_a_bad_change_of_an_account_is_refused(books: Books, body: Json, status: int, code: str) -> None:
    before = await books.size()
    assert (await books.send("PATCH", "/accounts/Assets:Cash", body, expect=status)).json()["code"] == code
    assert await books.size() == before


@BOTH
async def test_an_account_closes_at_zero_only_and_can_be_reopened(books: Books) -> None:
    posted = await books.post("/transactions", sale("5.00"))
    document = await books.post("/accounts/Assets:Cash/close", expect=409)
    assert (document["code"], document["balance"], document["currency"]) == ("account_not_empty", "5.00", "EUR")
    await books.post(f"/transactions/{posted['id']}/reverse")
    answer = await books.send("POST", "/accounts/Assets:Cash/close", key="close")
    receipt = require_receipt(answer)
    assert receipt["id"] == await books.id_of("Assets:Cash")
    assert (await books.get("/accounts/Assets:Cash", min_size=receipt["size"]))["status"] == "closed"
    assert (await books.post("/accounts/Assets:Cash/close", expect=409))["code"] == "account_closed"
    again = await books.send("POST", "/accounts/Assets:Cash/close", {}, key="close")
    assert (again.json(), again.headers["Idempotent-Replayed"]) == (receipt, "true")
    assert (await books.post("/transactions", sale(), expect=409))["code"] == "account_closed"
    assert (await books.get("/balances", account="Assets:Cash"))["balances"][0]["balance"] == "0.00"
    shown = await books.post("/accounts/Assets:Cash/reopen", headers=REPRESENTATION)
    assert shown["status"] == "open"
    assert (await books.post("/accounts/Assets:Cash/reopen", expect=409))["code"] == "account_open"
    await books.post("/transactions", sale())
    await books.post("/accounts/Assets:Cash/close", {"force": True}, expect=422)
    await books.post("/accounts/Assets:Nowhere/close", expect=404)


# --- transactions -----------------------------------------------------------------------------------------------------


@BOTH
async def test_a_transaction_is_posted_and_read(books: Books, server: Server) -> None:
    answer = await books.send("POST", "/transactions", sale("12.50", description="Lemonade"))
    receipt = require_receipt(answer, numbered=True)
    assert UUID.fullmatch(receipt["id"])
    assert (receipt["series"], receipt["number"], receipt["position"]) == ("A", 1, CHART_SIZE + 1)
    assert receipt["size"] == CHART_SIZE + 2  # with the declaration of EUR
    assert answer.headers["Location"] == f"/api/ledgers/{books.id}/transactions/{receipt['id']}"
    found = await books.api.get(answer.headers["Location"].removeprefix("/api"))
    shown = found.json()
    require_shape(shown, TRANSACTION)
    cash, sales = await books.id_of("Assets:Cash"), await books.id_of("Income:Sales")
    assert shown == {
        "id": receipt["id"],
        "series": "A",
        "number": 1,
        "date": "2024-05-17",
        "recorded_at": receipt["recorded_at"],
        "position": receipt["position"],
        "kind": "normal",
        "description": "Lemonade",
        "postings": [
            {"line": 0, "account": "Assets:Cash", "account_id": cash, "amount": "12.50", "currency": "EUR"},
            {"line": 1, "account": "Income:Sales", "account_id": sales, "amount": "-12.50", "currency": "EUR"},
        ],
        "tags": [],
        "metadata": {},
        "reverses": None,
        "reversed_by": None,
        "actor": {"type": "user", "id": server.user["id"]},
        "memo_erased": False,
    }
    preferred = await books.send("POST", "/transactions", sale(), headers=REPRESENTATION)
    require_shape(preferred.json(), TRANSACTION)
    assert preferred.headers["Preference-Applied"] == "return=representation"
    assert preferred.headers["Location"].endswith(preferred.json()["id"])


@BOTH
async def test_everything_that_a_transaction_may_say_is_given_back_byte_for_byte(books: Books) -> None:
    texts = 'Zoë — 「帳簿」 😀 \u200d é\u0301 \\ " / \u007f\t'
    posting = {
        "account": "Assets:Cash",
        "amount": "100.00",
        "currency": "EUR",
        "text": texts,
        "dimensions": {"project": "P-1", "kostenstelle": "ÄÖ 7"},
        "tax": {"code": "V19", "base": "-0.01"},
        "original": {"amount": "-108.123", "currency": "KWD"},
        "party": "C-4711",
        "due": "2024-06-30",
        "value_date": "0001-01-01",
        "quantity": {"amount": "2.500", "unit": "kWh"},
    }
    other = {"account": "Income:Sales", "amount": "-100.00", "currency": "EUR", "tax": {"code": "V0"}}
    nothing = {"account": "Assets:Bank", "amount": "0.00", "currency": "EUR"}
    yen = {"amount": "-0.00", "original": {"amount": "5", "currency": "JPY"}}
    body = {
        "date": "9999-12-31",
        "kind": "adjustment",
        "series": "2024/X-1._",
        "description": texts,
        "payee": "Ωmega",
        "notes": "one\ntwo\r\n\tthree " + texts,
        "document": {
            "ref": "RE/2024-1",
            "date": "2024-05-01",
            "due": "2024-05-31",
            "party": "S-1",
            "sha256": ["0" * 64, "a1" * 32],
        },
        "tags": ["ü", "b", "a b"],
        "metadata": {
            "numbers": [0, -1, 1.5, 1e21, 1e-7, 2**53 - 1, -0.1],
            "nested": {"": {"é": None, "\u20ac": [True, False, []]}},
            "text": texts,
        },
        "postings": [posting, other, nothing, posting | yen],
    }
    receipt = await books.post("/transactions", body)
    shown = await books.get(f"/transactions/{receipt['id']}")
    for name in ("date", "kind", "series", "description", "payee", "notes", "document", "tags", "metadata"):
        assert json.dumps(shown[name], sort_keys=True) == json.dumps(body[name], sort_keys=True), name
    assert shown["postings"][0] == posting | {"line": 0, "account_id": await books.id_of("Assets:Cash")}
    assert shown["postings"][1].items() >= other.items()
    assert shown["postings"][2].items() >= nothing.items() and len(shown["postings"][2]) == 5
    assert (shown["postings"][3]["amount"], shown["postings"][3]["original"]["amount"]) == ("0.00", "5")
    (listed,) = (await books.get("/transactions", min_size=receipt["size"]))["transactions"]
    assert listed == shown
    (line,) = (await books.get("/register", account="Income:Sales", min_size=receipt["size"]))["lines"]
    assert line["description"] == texts


async def test_debit_and_credit_may_stand_for_the_sign(books: Books) -> None:
    cash, sales = (
        {"account": "Assets:Cash", "debit": "12.5", "currency": "EUR"},
        {"account": "Income:Sales", "credit": "12.50", "currency": "EUR"},
    )
    zero = {"account": "Assets:Bank", "credit": "0", "currency": "EUR"}
    shown = await books.post("/transactions", transaction(cash, sales, zero), headers=REPRESENTATION)
    assert [posting["amount"] for posting in shown["postings"]] == ["12.50", "-12.50", "0.00"]
    assert all(posting.keys().isdisjoint({"debit", "credit"}) for posting in shown["postings"])


@BOTH
async def test_amounts_of_38_digits_are_exact(books: Books) -> None:
    amount = "9" * 36 + ".99"
    for _ in range(3):
        await books.post("/transactions", sale(amount))
    assert await books.balance("Assets:Cash") == str(3 * int("9" * 38))[:-2] + "." + str(3 * int("9" * 38))[-2:]
    lines = (await books.get("/register", account="Assets:Cash", min_size=await books.size()))["lines"]
    assert [line["amount"] for line in lines] == [amount] * 3
    assert lines[-1]["balance"] == await books.balance("Assets:Cash")


async def test_a_transaction_has_up_to_10_000_postings(books: Books) -> None:
    postings = [debit("Assets:Cash", "0.01")] * 9_999 + [credit("Income:Sales", "99.99")]
    shown = await books.post("/transactions", transaction(*postings), headers=REPRESENTATION)
    assert len(shown["postings"]) == 10_000
    assert await books.balance("Assets:Cash") == "99.99"


async def test_several_currencies_in_one_transaction_each_sum_to_zero(books: Books) -> None:
    postings = (
        debit("Assets:Cash", "100", "JPY"),
        credit("Assets:Bank", "100", "JPY"),
        debit("Assets:Bank", "0.625", "KWD"),
        credit("Assets:Cash", "0.625", "KWD"),
    )
    await books.post("/transactions", transaction(*postings))
    assert await books.balance("Assets:Cash", "JPY") == "100"
    assert await books.balance("Assets:Cash", "KWD") == "-0.625"


async def test_numbers_have_no_gaps_in_each_series_and_fiscal_year(books: Books) -> None:
    async def number(on: str, **members: Any) -> int:
        return int((await books.post("/transactions", sale(on=on, **members)))["number"])

    assert [await number("2024-12-31"), await number("2024-01-01"), await number("2025-01-01")] == [1, 2, 1]
    assert [await number("2024-06-01", series="B"), await number("2024-06-01", series="B")] == [1, 2]
    await books.post("/transactions", transaction(debit("Assets:Cash", "1.00")), expect=422)  # takes no number
    assert await number("2024-06-01") == 3
    posted = await books.post("/transactions", sale(on="2025-06-01", series="B"))
    assert posted["number"] == 1
    assert (await books.post(f"/transactions/{posted['id']}/reverse"))["number"] == 2


async def test_a_fiscal_year_may_begin_at_any_day(api: httpx.AsyncClient) -> None:
    books = await open_books(api, fresh_id(), fiscal_year_start="07-01")
    numbers = [
        (await books.post("/transactions", sale(on=on)))["number"] for on in ("2024-06-30", "2024-07-01", "2025-06-30")
    ]
    assert numbers == [1, 1, 2]


@pytest.mark.parametrize("kind", ["normal", "opening", "adjustment", "closing", "revaluation"])
async def test_a_transaction_is_of_a_kind(books: Books, kind: str) -> None:
    shown = await books.post("/transactions", sale(kind=kind), headers=REPRESENTATION)
    assert shown["kind"] == kind


@BOTH
async def test_a_reversal_is_the_full_opposite_on_the_originals_date(books: Books) -> None:
    facts: Json = {"tax": {"code": "V", "base": "8.40"}, "party": "C-1", "due": "2024-07-01"}
    posting = debit("Assets:Cash", "10.00", text="line", **facts)
    body = transaction(
        posting, credit("Income:Sales", "10.00"), on="2024-02-29", series="B", kind="adjustment", description="Wrong"
    )
    posted = await books.post("/transactions", body)
    answer = await books.send("POST", f"/transactions/{posted['id']}/reverse")
    receipt = require_receipt(answer, numbered=True)
    assert answer.headers["Location"] == f"/api/ledgers/{books.id}/transactions/{receipt['id']}"
    reversal = await books.get(f"/transactions/{receipt['id']}")
    assert (reversal["date"], reversal["series"], reversal["kind"]) == ("2024-02-29", "B", "adjustment")
    assert (reversal["reverses"], reversal["reversed_by"], reversal["description"]) == (posted["id"], None, None)
    assert [each["amount"] for each in reversal["postings"]] == ["-10.00", "10.00"]
    assert reversal["postings"][0]["tax"] == {"code": "V", "base": "-8.40"}
    assert (reversal["postings"][0]["party"], reversal["postings"][0]["due"]) == ("C-1", "2024-07-01")
    assert (await books.get(f"/transactions/{posted['id']}"))["reversed_by"] == receipt["id"]
    document = await books.post(f"/transactions/{posted['id']}/reverse", expect=409)
    assert (document["code"], document["position"]) == ("already_reversed", receipt["position"])
    assert await books.balance("Assets:Cash") == "0.00"
    again = await books.post(f"/transactions/{receipt['id']}/reverse", {"date": "2024-03-01", "description": "Right"})
    redone = await books.get(f"/transactions/{again['id']}")
    assert (redone["date"], redone["description"], redone["reverses"]) == ("2024-03-01", "Right", receipt["id"])
    assert await books.balance("Assets:Cash") == "10.00"
    for body in ({"date": "2024-02-30"}, {"amount": "5.00"}, {"description": 5}):
        await books.post(f"/transactions/{again['id']}/reverse", body, expect=422)
    await books.post("/transactions/0190a5e2-1234-7abc-8def-0123456789ab/reverse", expect=404)
    opened = (await books.get("/events"))["events"][1]["id"]
    await books.post(f"/transactions/{opened}/reverse", expect=404)  # an account's record is no transaction
    await books.get(f"/transactions/{opened}", expect=404)


@BOTH
async def test_an_id_is_the_same_in_capitals(books: Books) -> None:
    await books.post("/transactions", sale())  # which declares the currency too: one more record of its command
    posted = await books.post("/transactions", sale())
    shouted = posted["id"].upper()
    assert (await books.get(f"/transactions/{shouted}"))["id"] == posted["id"]
    assert (await books.get("/events", command=shouted))["events"]
    first = await books.post(f"/transactions/{shouted}/reverse", key="once")
    for name in (shouted, posted["id"]):
        assert (await books.post(f"/transactions/{name}/reverse", key="once"))["id"] == first["id"]
    assert (await books.get(f"/transactions/{first['id']}"))["reverses"] == posted["id"]


@pytest.mark.parametrize(
    "preferring",
    [["return=representation"], ['Return="representation"; x=1, respond-async'], ["wait=5", "return = representation"]],
)
async def test_the_resource_is_preferred_in_any_spelling(books: Books, preferring: list[str]) -> None:
    headers = [("Prefer", each) for each in preferring]
    answer = await books.api.post(f"/ledgers/{books.id}/transactions", json=sale(), headers=headers)
    require_shape(answer.json(), TRANSACTION)
    for other in ("return=minimal", "return=representational", "x=return=representation"):
        answer = await books.send("POST", "/transactions", sale(), headers={"Prefer": other})
        require_receipt(answer, numbered=True)


async def test_a_transaction_of_another_ledger_cannot_be_reversed_or_read_here(
    api: httpx.AsyncClient, books: Books
) -> None:
    other = await open_books(api, fresh_id())
    posted = await other.post("/transactions", sale())
    await books.get(f"/transactions/{posted['id']}", expect=404)
    await books.post(f"/transactions/{posted['id']}/reverse", expect=404)


# --- keys -------------------------------------------------------------------------------------------------------------


@BOTH
async def test_a_key_gives_the_same_answer_for_ever(books: Books) -> None:
    body = sale("3.00", description="Once")
    first = await books.send("POST", "/transactions", body, key="key-1")
    assert "Idempotent-Replayed" not in first.headers
    await books.send("PATCH", "/accounts/Assets:Cash", {"path": "Assets:Till"})
    size = await books.size()
    same = [
        body,
        sale("3.00", description="Once", kind="normal", series="A", tags=[], metadata={}),
        transaction(debit("Assets:Till", "3"), credit("Income:Sales", "3.0"), description="Once"),
        transaction(
            {"account": "#1000", "debit": "3.00", "currency": "EUR"},
            {"account": "Income:Sales", "credit": "3.00", "currency": "EUR"},
            description="Once",
        ),
    ]
    for repeat in same:
        for key in ("key-1", '"key-1"'):
            answer = await books.send("POST", "/transactions", repeat, key=key)
            assert answer.json() == first.json()
            assert answer.headers["Idempotent-Replayed"] == "true"
            assert answer.headers["Location"] == first.headers["Location"]
            assert answer.headers["Ledger-Size"] == first.headers["Ledger-Size"]
    others = [
        sale("3.01", description="Once"),
        sale("3.00", description="Twice"),
        sale("3.00"),
        sale("3.00", on="2024-05-18", description="Once"),
        sale("3.00", description="Once", tags=["a"]),
        sale("3.00", description="Once", kind="opening"),
        sale("3.00", currency="USD", description="Once"),
        transaction(debit("Assets:Bank", "3.00"), credit("Income:Sales", "3.00"), description="Once"),
        transaction(credit("Income:Sales", "3.00"), debit("Assets:Cash", "3.00"), description="Once"),
    ]
    for other in others:
        assert (await books.post("/transactions", other, key="key-1", expect=422))["code"] == "idempotency_mismatch"
    other_kind = await books.post("/accounts", {"path": "Assets:Other"}, key="key-1", expect=422)
    assert other_kind["code"] == "idempotency_mismatch"
    assert await books.size() == size


async def test_a_refusal_is_not_remembered(books: Books) -> None:
    for _ in range(2):
        await books.post("/transactions", sale("1.005"), key="key-2", expect=422)
    first = await books.send("POST", "/transactions", sale("1.00"), key="key-2")
    assert "Idempotent-Replayed" not in first.headers


@BOTH
async def test_a_key_is_known_before_any_other_check(books: Books) -> None:
    posted = await books.post("/transactions", sale("2.00"), key="post")
    reversed_ = await books.send("POST", f"/transactions/{posted['id']}/reverse", key="undo")
    size = await books.size()
    read = await books.call("GET", "/accounts/Assets:Cash", expect=200, params={"min_size": size})
    tag = read.headers["ETag"]
    patched = await books.send("PATCH", "/accounts/Assets:Cash", {"label": "L"}, key="patch", headers={"If-Match": tag})
    renamed = await books.send("PATCH", "", {"name": "N"}, key="ledger", headers={"If-Match": "*"})
    await books.post("/accounts/Assets:Cash/close")
    for method, path, body, key, first in (
        ("POST", "/transactions", sale("2.00"), "post", None),  # the account is closed by now
        ("POST", f"/transactions/{posted['id']}/reverse", None, "undo", reversed_),  # reversed already
        ("PATCH", "/accounts/Assets:Cash", {"label": "L"}, "patch", patched),  # changed since the tag was read
        ("PATCH", "", {"name": "N"}, "ledger", renamed),
    ):
        again = await books.send(method, path, body, key=key, headers={"If-Match": tag})
        assert again.headers["Idempotent-Replayed"] == "true"
        assert again.json() == (posted if first is None else first.json())


async def test_a_key_belongs_to_one_ledger(api: httpx.AsyncClient, books: Books) -> None:
    other = await open_books(api, fresh_id())
    mine = await books.send("POST", "/transactions", sale(), key="shared")
    theirs = await other.send("POST", "/transactions", sale(), key="shared")
    assert mine.json()["id"] != theirs.json()["id"]
    assert "Idempotent-Replayed" not in theirs.headers


@BOTH
async def test_two_requests_with_one_key_at_once_write_one_transaction(books: Books) -> None:
    before = await books.size()

    answers = await asyncio.gather(*[books.send("POST", "/transactions", sale(), key="at-once") for _ in range(8)])
    assert len({answer.text for answer in answers}) == 1
    assert sum("Idempotent-Replayed" not in answer.headers for answer in answers) == 1
    assert await books.size() == before + 2  # with the declaration of EUR


@BOTH
async def test_posts_from_many_callers_at_once_are_all_there_and_numbered_without_gaps(books: Books) -> None:
    answers = await asyncio.gather(*[books.post("/transactions", sale("0.01")) for _ in range(40)])
    assert sorted(answer["number"] for answer in answers) == list(range(1, 41))
    assert len({answer["position"] for answer in answers}) == 40
    assert await books.balance("Assets:Cash") == "0.40"
