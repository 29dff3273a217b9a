"""Limits of accounts over HTTP: set by an owner, seen by everybody in the ledger, met by every way to post."""

import asyncio
import json

import httpx

from tests.http.service import BOTH, Books, Json, command, credit, debit, json_lines, open_books, sale, transaction

LIMITS = "/accounts/Assets:Cash/limits"


def meal(amount: str) -> Json:
    """Cash for food."""
    return transaction(debit("Expenses:Food", amount), credit("Assets:Cash", amount))


def told(problem: Json) -> tuple[str, ...]:
    """What a program reads in a refusal."""
    return tuple(problem[name] for name in ("code", "bound", "limit", "currency", "available"))


@BOTH
async def test_limits_are_set_and_shown_by_currency(books: Books) -> None:
    assert (await books.get(LIMITS))["limits"] == []
    account = await books.id_of("Assets:Cash")
    answer = await books.send("PUT", LIMITS, {"currency": "EUR", "floor": "-5000"})
    assert answer.headers["Location"] == f"/api/ledgers/{books.id}/accounts/{account}/limits"
    assert answer.json()["id"] == account
    await books.send("PUT", f"/accounts/{account}/limits", {"currency": "CHF", "floor": None, "ceiling": "0.5"})
    shown = await books.get(LIMITS, min_size=await books.size())
    assert shown["limits"] == [
        {"currency": "CHF", "floor": None, "ceiling": "0.50"},
        {"currency": "EUR", "floor": "-5000.00", "ceiling": None},
    ]
    assert shown["as_of"]["size"] == await books.size()
    preferring = {"Prefer": "return=representation"}
    last = await books.send("PUT", LIMITS, {"currency": "CHF"}, headers=preferring)
    assert last.json() == await books.get(LIMITS)
    assert last.json()["limits"] == shown["limits"][1:]
    assert (await books.get("/accounts/Assets:Bank/limits"))["limits"] == []
    [*_, event] = (await books.get("/events", type="LimitSet"))["events"]
    assert (event["data"], event["memo"]) == ({"account": account, "currency": "CHF"}, None)


@BOTH
async def test_limits_that_did_not_change_are_not_sent_again(books: Books) -> None:
    tag = (await books.call("GET", LIMITS, expect=200)).headers["ETag"]
    await books.call("GET", LIMITS, expect=304, headers={"If-None-Match": tag})
    await books.send("PUT", LIMITS, {"currency": "EUR", "floor": "0.00"})
    await books.call("GET", LIMITS, expect=200, headers={"If-None-Match": tag})


@BOTH
async def test_a_post_beyond_a_limit_is_refused_and_changes_nothing(books: Books) -> None:
    await books.post("/transactions", sale("10.00"))
    await books.send("PUT", LIMITS, {"currency": "EUR", "floor": "-5.00"})
    size = await books.size()
    refused = await books.post("/transactions", meal("15.01"), key="meal", expect=422)
    assert told(refused) == ("limit_exceeded", "floor", "-5.00", "EUR", "15.00")
    assert refused["account"] == await books.id_of("Assets:Cash")
    assert await books.size() == size
    await books.post("/transactions", meal("15.00"), key="meal")
    await books.post("/transactions", sale("0.01"))


@BOTH
async def test_a_reversal_beyond_a_limit_is_refused(books: Books) -> None:
    sold = await books.post("/transactions", sale("10.00"))
    await books.post("/transactions", meal("4.00"))
    await books.send("PUT", LIMITS, {"currency": "EUR", "floor": "0.00"})
    refused = await books.post(f"/transactions/{sold['id']}/reverse", {}, expect=422)
    assert told(refused) == ("limit_exceeded", "floor", "0.00", "EUR", "6.00")
    await books.post("/transactions", sale("4.00"))
    await books.post(f"/transactions/{sold['id']}/reverse", {})


@BOTH
async def test_a_bulk_sets_limits_and_meets_them_one_command_after_the_other(books: Books) -> None:
    setting = {"type": "set_limits", "account": "Assets:Cash", "currency": "EUR", "floor": "0.00"}
    bulk = [command(sale("10.00")), setting, command(meal("10.01")), command(meal("10.00")), command(meal("0.01"))]
    results = (await books.bulk(*bulk))["results"]
    assert [each["status"] for each in results] == [201, 201, 422, 201, 422]
    assert results[1]["id"] == await books.id_of("Assets:Cash")
    assert [told(results[at]) for at in (2, 4)] == [
        ("limit_exceeded", "floor", "0.00", "EUR", "10.00"),
        ("limit_exceeded", "floor", "0.00", "EUR", "0.00"),
    ]


@BOTH
async def test_an_atomic_bulk_beyond_a_limit_leaves_no_trace(books: Books) -> None:
    size = await books.size()
    setting = {"type": "set_limits", "account": "Assets:Cash", "currency": "EUR", "floor": "0.00"}
    refused = await books.bulk(setting, command(sale("1.00")), command(meal("1.01")), atomic=True, expect=422)
    assert (refused["index"], *told(refused)) == (2, "limit_exceeded", "floor", "0.00", "EUR", "1.00")
    assert await books.size() == size
    assert (await books.get(LIMITS))["limits"] == []
    await books.post("/transactions", meal("1.01"))


@BOTH
async def test_a_stream_of_commands_meets_limits(books: Books) -> None:
    await books.send("PUT", LIMITS, {"currency": "EUR", "floor": "0.00"})
    lines = [command(meal("1.00"), key="1"), command(sale("1.00"), key="2"), command(meal("1.00"), key="3")]
    answer = await books.call(
        "POST",
        "/commands",
        expect=200,
        headers={"Content-Type": "application/x-ndjson"},
        content="\n".join(map(json.dumps, lines)),
    )
    *results, end = json_lines(answer)
    assert [each["status"] for each in results] == [422, 201, 201]
    assert (end["accepted"], end["rejected"]) == (2, 1)


@BOTH
async def test_of_many_who_spend_at_once_as_many_succeed_as_there_is_money_for(books: Books) -> None:
    await books.post("/transactions", sale("10.00"))
    await books.send("PUT", LIMITS, {"currency": "EUR", "floor": "0.00"})

    async def spend() -> int:
        return (await books.api.post(f"/ledgers/{books.id}/transactions", json=meal("3.00"))).status_code

    statuses = await asyncio.gather(*[spend() for _ in range(16)])
    assert sorted(statuses) == [201] * 3 + [422] * 13
    assert await books.balance("Assets:Cash") == "1.00"


@BOTH
async def test_limits_that_cannot_be_are_refused_by_name(books: Books) -> None:
    await books.post("/accounts", {"path": "Assets:Euros", "currencies": ["EUR"]})
    for account, body, code, pointer in (
        ("Assets:Cash", {"floor": "1.00", "ceiling": "0.00"}, "invalid", "#/floor"),
        ("Assets:Cash", {"floor": 1}, "invalid_amount", "#/floor"),
        ("Assets:Cash", {"ceiling": "0.001"}, "too_many_digits", "#/ceiling"),
        ("Assets:Cash", {"ceiling": "9" * 38}, "invalid_amount", "#/ceiling"),
        ("Assets:Cash", {"minimum": "1.00"}, "unknown_field", "#/minimum"),
        ("Assets:Cash", {"currency": "QQQ", "floor": "0"}, "unknown_currency", "#/currency"),
        ("Assets:Cash", {"currency": "eur", "floor": "0"}, "invalid", "#/currency"),
        ("Assets:Euros", {"currency": "USD", "floor": "0"}, "currency_not_allowed", "#/currency"),
    ):
        path, whole = f"/accounts/{account}/limits", {"currency": "EUR"} | body
        refused = (await books.send("PUT", path, whole, expect=422)).json()
        assert (refused["code"], refused["errors"][0]["pointer"]) == (code, pointer), refused
        [result] = (await books.bulk({"type": "set_limits", "account": account, **whole}))["results"]
        assert (result["code"], result["errors"][0]["pointer"]) == (code, pointer), result
    assert (await books.get("/accounts/Assets:Nowhere/limits", expect=404))["code"] == "not_found"
    assert (await books.get(LIMITS, effective="2024-01-01", expect=422))["code"] == "unknown_parameter"


@BOTH
async def test_a_repeat_sets_no_limit_twice(books: Books, api: httpx.AsyncClient) -> None:
    first = await books.send("PUT", LIMITS, {"currency": "EUR", "floor": "-5"}, key="k")
    await books.send("PUT", LIMITS, {"currency": "EUR"}, key="l")
    again = await books.send("PUT", "/accounts/%231000/limits", {"currency": "EUR", "floor": "-5.00"}, key="k")
    assert (again.json(), again.headers["Idempotent-Replayed"]) == (first.json(), "true")
    other = await books.send("PUT", LIMITS, {"currency": "EUR", "floor": "-6"}, key="k", expect=422)
    assert other.json()["code"] == "idempotency_mismatch"
    assert (await books.get(LIMITS))["limits"] == []
    elsewhere = await open_books(api, f"{books.id}-elsewhere")
    assert (await elsewhere.get(LIMITS))["limits"] == []
