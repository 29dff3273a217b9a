"""Just over the limits that no other test goes over: each is answered as `docs/limits.md` says."""

import asyncio

import pytest

from api.auth import passwords, tokens
from api.documents import balances, changes, dashboard, figures, past
from api.errors import TooManyUnderWay
from api.http.parameters import LIMIT_MAX
from api.routes import events
from tests.http.service import Books, credit, debit, sale, transaction


async def refused(books: Books, path: str, status: int) -> str:
    """The code of a refusal."""
    answer = await books.call("GET", path, expect=status)
    return str(answer.json()["code"])


async def test_a_page_has_a_limit(books: Books) -> None:
    for path in ("/transactions", "/accounts", "/balances", "/events", "/register?account=Assets:Cash"):
        sign = "&" if "?" in path else "?"
        assert await refused(books, f"{path}{sign}limit={LIMIT_MAX + 1}", 422) == "invalid"
        await books.call("GET", f"{path}{sign}limit={LIMIT_MAX}", expect=200)
    assert (await books.api.get(f"/ledgers?limit={LIMIT_MAX + 1}")).status_code == 422


async def test_a_page_with_filters_ends_where_it_has_looked_at_enough(
    books: Books, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(events, "SCANNED_MAX", 2)
    monkeypatch.setattr(events, "PAGE_RECORDS", 2)
    page = await books.get("/events", type="MemoErased")
    assert (page["events"], page["next"]) == ([], 2)


async def test_the_file_of_a_dashboard_of_the_past_has_a_limit(books: Books, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(past, "FILE_BYTES_MAX", 1)
    assert await refused(books, f"/dashboard?recorded_size={await books.size()}", 422) == "too_many"


@pytest.mark.parametrize(
    ("module", "name", "path"),
    [
        (dashboard, "ACCOUNTS_MAX", "/dashboard"),
        (figures, "ACCOUNTS_MAX", "/reports/trial-balance"),
        (figures, "ACCOUNTS_MAX", "/reports/balance-sheet"),
        (figures, "ACCOUNTS_MAX", "/reports/income-statement?format=csv"),
        (figures, "ACCOUNTS_MAX", "/reports/cash-flow"),
        (changes, "ACCOUNTS_MAX", "/reports/changes"),
        (balances, "ROLLED_UP_MAX", "/balances?depth=1&limit=1"),
    ],
)
async def test_charts_have_a_limit_in_one_document(
    books: Books, monkeypatch: pytest.MonkeyPatch, module: object, name: str, path: str
) -> None:
    size = (await books.post("/transactions", sale()))["size"]
    sign = "&" if "?" in path else "?"
    own = {"Cache-Control": "no-store"}  # what is kept needs no limit
    await books.call("GET", f"{path}{sign}min_size={size}", expect=200, headers=own)
    monkeypatch.setattr(module, name, 1)
    assert await refused(books, f"{path}{sign}min_size={size}", 422) == "too_many"


async def test_a_dashboard_shows_fewer_transactions_where_they_are_long(
    books: Books, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dashboard, "RECORDS_BYTES_MAX", 1_000)
    size = 0
    for _ in range(3):
        long = transaction(*[debit("Assets:Cash", "1.00"), credit("Income:Sales", "1.00")] * 50)
        size = (await books.post("/transactions", long))["size"]
    document = await books.get("/dashboard", min_size=size, effective="2024-05-17")
    assert len(document["transactions"]) == 1
    shown = await books.api.get("/dashboard-data", params={"ledger": books.id, "min_size": size})
    assert len(shown.json()["recent_transactions"]) == 1


async def test_reports_wait_for_their_turn(books: Books, monkeypatch: pytest.MonkeyPatch) -> None:
    """And small ones come to it, however many there are."""
    size = (await books.post("/transactions", sale()))["size"]
    asked = [books.api.get(f"/ledgers/{books.id}/reports/trial-balance?min_size={size}") for _ in range(30)]
    assert {answer.status_code for answer in await asyncio.gather(*asked)} == {200}


async def test_a_follower_is_let_go_after_a_while(books: Books, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(events, "FOLLOW_SECONDS_MAX", 0.1)
    async with books.api.stream(
        "GET", f"/ledgers/{books.id}/events", headers={"Accept": "text/event-stream"}
    ) as answer:
        content = await asyncio.wait_for(answer.aread(), 20)
    assert content.count(b"id: ") == await books.size()


async def test_tokens_have_a_limit(books: Books, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tokens, "LIVE_TOKENS_MAX", 2)
    body = {"name": "program", "role": "viewer"}
    made = [await books.post("/tokens", body) for _ in range(2)]
    assert (await books.post("/tokens", body, expect=422))["code"] == "too_many"
    await books.send("DELETE", f"/tokens/{made[0]['id']}", expect=204)
    await books.post("/tokens", body)


async def test_more_passwords_than_may_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(passwords, "WAITING_MAX", 3)
    hashing = passwords.Passwords()
    hashes = [asyncio.create_task(hashing.hash(f"password {number}")) for number in range(passwords.AT_ONCE_MAX + 4)]
    done = await asyncio.gather(*hashes, return_exceptions=True)
    assert [type(each) for each in done if not isinstance(each, str)] == [TooManyUnderWay]
    assert await hashing.verify(str(done[0]), "password 0")
