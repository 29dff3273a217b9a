"""What was known then can be asked for: the dashboard of a past size is what was shown when the log had it."""

import random

import pytest

import api.documents.past
from tests.http.service import BOTH, Books, Json, credit, debit, transaction


@BOTH
async def test_a_dashboard_of_the_past_is_what_was_shown_then(books: Books) -> None:
    chance = random.Random(3)
    seen: list[tuple[int, Json]] = []
    accounts = ["Assets:Cash", "Assets:Bank", "Expenses:Food", "Income:Sales", "Liabilities:Bills"]
    await books.post("/accounts", {"path": "Liabilities:Bills", "role": "payable"})
    for number in range(8):
        one, other = chance.sample(accounts, 2)
        amount = f"{chance.randrange(1, 999)}.50"
        lines = debit(one, amount), credit(other, amount, due=f"2024-06-{chance.randrange(1, 28):02d}")
        posted = await books.post("/transactions", transaction(*lines, on=f"2024-05-{chance.randrange(1, 31):02d}"))
        if number == 5:
            posted = await books.post(f"/transactions/{posted['id']}/reverse", {})
        now = await books.get("/dashboard", effective="2024-05-20", min_size=posted["size"])
        assert now["today"] == "2024-05-20"
        seen.append((posted["size"], now))
    await books.send("PATCH", f"/accounts/{await books.id_of('Assets:Bank')}", {"role": "bank"})
    for size, then in seen:
        known = await books.get("/dashboard", recorded_size=size, effective="2024-05-20")
        assert known == then
        by_time = await books.get("/dashboard", recorded=then["as_of"]["recorded_at"], effective="2024-05-20")
        assert by_time == then


async def test_without_a_day_it_is_the_day_of_the_last_record(books: Books) -> None:
    document = await books.get("/dashboard", recorded_size=await books.size())
    assert document["today"] == document["as_of"]["recorded_at"][:10]


async def test_too_long_a_past_is_refused_and_an_unchanged_one_not_sent_again(
    books: Books, monkeypatch: pytest.MonkeyPatch
) -> None:
    size = await books.size()
    answer = await books.call("GET", f"/dashboard?recorded_size={size}", expect=200)
    await books.call(
        "GET", f"/dashboard?recorded_size={size}", expect=304, headers={"If-None-Match": answer.headers["ETag"]}
    )
    monkeypatch.setattr(api.documents.past, "RECORDS_MAX", size - 1)
    assert (await books.get("/dashboard", recorded_size=size, expect=422))["code"] == "too_many"
