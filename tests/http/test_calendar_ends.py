"""Books may have dates from 0001-01-01 to 9999-12-31: every question about the ends of the calendar has an answer."""

import datetime as dt
import itertools
from pathlib import Path

import httpx
import pytest

from tests.http.service import BOTH, Books, Json, credit, debit, open_books, sqlite_settings, transaction
from tests.http.test_dashboard import Clock, clocked, data_of

FIRST, LAST = "0001-01-01", "9999-12-31"
DAYS = (FIRST, "0001-01-02", "0001-01-31", "0001-02-01", "9999-11-30", "9999-12-01", "9999-12-02", "9999-12-30", LAST)
PERIODS = [(start, end) for start, end in itertools.product(DAYS, DAYS) if start <= end]
_numbers = itertools.count(1)


async def books_at_the_ends(api: httpx.AsyncClient, **members: str) -> Books:
    """One euro of food bought on every one of these days, half of it against a bill that is due that day."""
    books = await open_books(api, f"ends-{next(_numbers)}", chart=False, **members)
    chart = [
        {"path": "Assets:Cash", "role": "cash"},
        {"path": "Liabilities:Bills", "role": "payable"},
        {"path": "Income:Sales"},
        {"path": "Expenses:Food"},
        {"path": "Equity:Opening"},
    ]
    await books.bulk(*[{"type": "open_account", **each} for each in chart], atomic=True)
    for day in DAYS:
        lines = [debit("Expenses:Food", "1.00"), credit("Assets:Cash", "0.50"), credit("Liabilities:Bills", "0.50")]
        lines[2] |= {"due": day, "party": "P", "value_date": day}
        await books.post("/transactions", transaction(*lines, on=day))
        opening = transaction(debit("Assets:Cash", "8.00"), credit("Equity:Opening", "8.00"), on=day, kind="opening")
        await books.post("/transactions", opening)
        closing = transaction(credit("Expenses:Food", "1.00"), debit("Equity:Opening", "1.00"), on=day, kind="closing")
        closed = await books.post("/transactions", closing)
        await books.post(f"/transactions/{closed['id']}/reverse", {"date": LAST if day == FIRST else FIRST})
    return books


@BOTH
async def test_the_dashboard_of_any_day_is_answered(api: httpx.AsyncClient) -> None:
    books = await books_at_the_ends(api, time_zone="Pacific/Kiritimati")
    size = await books.size()
    for count, day in enumerate(DAYS, 1):
        past: Json = {"recorded_size": size}
        for known in ({}, past):
            board = await books.get("/dashboard", effective=day, min_size=size, **known)
            assert board["headline"]["cash"] == f"{7.5 * count:.2f}"
            assert board["net_worth"][-1]["amount"] == f"{7 * count:.2f}"
            overdue = [due for due in DAYS if due < day]
            assert board["headline"]["overdue_bills"] == f"{0.5 * len(overdue):.2f}"
            assert [each["due"] for each in board["bills"]["next"]] == list(DAYS[:count])


@BOTH
@pytest.mark.parametrize("fiscal_year_start", ["01-01", "12-31"])
async def test_every_period_is_answered(api: httpx.AsyncClient, fiscal_year_start: str) -> None:
    books = await books_at_the_ends(api, fiscal_year_start=fiscal_year_start)
    size = await books.size()
    await books.get("/balances", min_size=size)
    for start, end in PERIODS:
        days = sum(start <= day <= end for day in DAYS)
        period: Json = {"from_": start, "to": end}
        food = await books.get("/reports/income-statement", **period)
        assert [line["amount"] for line in food["lines"]] == [f"{days:.2f}"]
        assert (await books.get("/reports/trial-balance", **period))["balanced"]
        assert (await books.get("/reports/cash-flow", **period))["balanced"]
        lines = (await books.get("/register", account="Assets:Cash", **period))["lines"]
        assert len(lines) == 2 * days
        found = await books.get("/transactions", **period, under="Assets", kind="opening")
        assert len(found["transactions"]) == days
    for day in DAYS:
        assert (await books.get("/reports/balance-sheet", to=day))["balanced"]
        assert (await books.get("/balances", effective=day))["balances"]


async def test_times_at_the_ends_are_answered(books: Books) -> None:
    times = ("0001-01-01T00:00:00Z", "9999-12-31T23:59:59.999999Z", "9999-12-31T23:59:59.999999+14:00")
    for time in times:
        await books.get("/balances", recorded=time)
        await books.get("/dashboard", recorded=time)
        await books.get("/events", recorded_from=time)
        await books.get("/events", recorded_to=time)


@pytest.mark.parametrize("now", ["0001-01-01T00:00:00Z", "9999-12-03T09:00:00Z", "9999-12-31T23:59:59Z"])
@pytest.mark.parametrize("zone", ["UTC", "America/New_York", "Pacific/Kiritimati"])
async def test_today_may_be_any_day(tmp_path: Path, now: str, zone: str) -> None:
    clock = Clock(dt.datetime.now(dt.UTC))
    async with clocked(sqlite_settings(tmp_path), clock) as api:
        books = await books_at_the_ends(api, time_zone=zone)
        await books.get("/dashboard", min_size=await books.size())
        clock.now = dt.datetime.fromisoformat(now)
        assert (await books.get("/dashboard"))["today"] == now[:10]
        assert (await data_of(books))["account_balance"] > 0
