"""A record may have a thousand times as many bytes as most: what is read together is bounded by bytes, too."""

import pytest

from api.routes import events
from ledger.store import journal
from tests.http.service import BOTH, Books, Json, credit, debit, json_lines, transaction


@pytest.fixture
def small_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pages of the journal that hold few bytes."""
    monkeypatch.setattr(journal, "PAGE_BYTES_MAX", 20_000)
    monkeypatch.setattr(events, "PAGE_BYTES_MAX", 20_000)


def long_transaction(lines: int, text: str) -> Json:
    """A transaction of many lines."""
    half = [debit("Assets:Cash", "1.00", text=text), credit("Income:Sales", "1.00")]
    return transaction(*half * (lines // 2))


@BOTH
@pytest.mark.usefixtures("small_pages")
async def test_pages_of_large_records_are_shorter_and_nothing_is_missing(books: Books) -> None:
    for number in range(30):
        await books.post("/transactions", long_transaction(200 if number % 3 else 2, f"line {number}"))
    size = await books.size()
    first = await books.get("/transactions", limit=30, min_size=size)
    assert 1 <= len(first["transactions"]) < 30 and first["next"]
    listed = await books.pages("/transactions", "transactions", limit=30)
    assert len({each["id"] for each in listed}) == len(listed) == 30
    page = await books.get("/events", limit=1000)
    assert len(page["events"]) < size and page["next"] == len(page["events"])
    found: list[Json] = []
    start: int | None = 0
    while start is not None:
        page = await books.get("/events", limit=1000, start=start)
        found, start = found + page["events"], page["next"]
    assert [each["position"] for each in found] == list(range(size))
    lines = await books.call("GET", "/events", expect=200, headers={"Accept": "application/x-ndjson"})
    assert json_lines(lines) == found
    changed = await books.get("/reports/changes", from_size=0)
    assert changed["events"]["TransactionPosted"] == 30
    now = await books.get("/dashboard", effective="2024-05-20", min_size=size)
    assert await books.get("/dashboard", effective="2024-05-20", recorded_size=size) == now
