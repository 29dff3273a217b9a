"""Routes called directly answer as FastAPI would, and what was answered lately is given again only while it holds."""

import logging
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from api.app import Service, create_app
from tests.http.service import Books, client, sale, sqlite_settings

DIRECT = (
    ("POST", "/transactions"),
    ("POST", "/commands"),
    ("GET", "/transactions"),
    ("GET", "/dashboard"),
    ("GET", "/balances"),
    ("GET", "/register"),
    ("GET", "/accounts"),
    ("GET", "/accounts/1/balance"),
    ("GET", "/accounts/Assets:Cash/register"),
    ("GET", "/events"),
    ("GET", ""),
)
LEDGER = "/api/ledgers/books"
ASKED: tuple[tuple[str, str, dict[str, Any]], ...] = (
    ("GET", "/dashboard", {}),
    ("GET", "/dashboard?effective=2024-01-01", {}),
    ("GET", "/dashboard?effective=yesterday", {}),
    ("GET", "/balances?limit=1", {}),
    ("GET", "/balances?limit=0", {}),
    ("GET", "/balances?limit=1&limit=2", {}),
    ("GET", "/balances?depth=17&sign=wrong&min_size=x", {}),
    ("GET", "/balances?recorded_size=2&recorded=2030-01-01T00:00:00Z", {}),
    ("GET", "/balances?min_size=99", {}),
    ("GET", "/balances?cursor=no", {}),
    ("GET", "/register", {}),
    ("GET", "/register?account=Assets:Cash&from=2024-01-01", {}),
    ("GET", "/accounts/1/balance", {}),
    ("GET", "/accounts/Assets:Cash/balance?sign=natural", {}),
    ("GET", "/accounts/Nothing/balance", {}),
    ("HEAD", "/balances", {}),
    ("DELETE", "/balances", {}),
    ("OPTIONS", "/balances", {}),
    ("GET", "/balances/", {}),
    ("GET", "/nowhere", {}),
    ("POST", "/transactions", {"json": {}}),
    ("POST", "/transactions", {"json": sale(), "headers": {"Idempotency-Key": "one"}}),
    ("POST", "/transactions", {"json": sale(), "headers": {"Idempotency-Key": "two words"}}),
    ("POST", "/transactions", {"content": b"{", "headers": {"Content-Type": "application/json"}}),
    ("POST", "/transactions", {"content": b"x"}),
    ("POST", "/commands", {"json": {"commands": []}}),
    ("POST", "/commands", {"json": {"commands": []}, "headers": {"Idempotency-Key": "one"}}),
    ("POST", "/commands", {"json": {"commands": 1}}),
)
ITS_OWN = ("x-request-id", "date")


@pytest.fixture
async def app(tmp_path: Path) -> AsyncIterator[Service]:
    """The service, with a ledger `books`."""
    app = create_app(sqlite_settings(tmp_path))
    async with app.router.lifespan_context(app):
        yield app


def test_what_is_asked_most_is_called_directly(app: Service) -> None:
    for method, path in DIRECT:
        assert app.direct.find(method, f"{LEDGER}{path}") is not None, (method, path)
    assert app.direct.find("GET", "/api/dashboard-data") is not None
    for method, path in (("GET", "/nowhere"), ("PUT", "/balances"), ("GET", "/balances/"), ("GET", "/log/tile/0/000")):
        assert app.direct.find(method, f"{LEDGER}{path}") is None, (method, path)


def test_a_path_leads_to_the_same_route_as_through_fastapi(app: Service) -> None:
    found = app.direct.find("GET", f"{LEDGER}/transactions/register")
    assert found is not None
    assert found[1] == {"ledger": "books", "transaction": "register"}


async def test_both_ways_answer_alike(app: Service, caller: httpx.AsyncClient) -> None:
    async def answers() -> list[tuple[Any, ...]]:
        found = []
        for token in (True, False):
            cookies = {} if token else {"Cookie": "auth-session=nothing"}
            for method, path, request in ASKED:
                request = {**request, "headers": {**request.get("headers", {}), **cookies}}
                answer = await caller.request(method, LEDGER + path, **request)
                fields = sorted(field for field in answer.headers.multi_items() if field[0] not in ITS_OWN)
                content = answer.content.replace(answer.headers["X-Request-Id"].encode(), b"its own")
                found.append((method, path, token, answer.status_code, fields, content))
        return found

    await caller.post(f"{LEDGER}/transactions", json=sale(), headers={"Idempotency-Key": "one"})
    size = (await caller.get(LEDGER)).json()["size"]
    for path in ("dashboard", "register?account=Assets:Cash", "balances"):
        joint = "&" if "?" in path else "?"
        assert (await caller.get(f"{LEDGER}/{path}{joint}min_size={size}&timeout=20")).status_code == 200
    directly = await answers()
    app.direct._table.clear()
    assert app.direct.find("GET", f"{LEDGER}/balances") is None
    for one, other in zip(directly, await answers(), strict=True):
        assert one == other
    assert {each[3] for each in directly} >= {200, 201, 400, 401, 404, 405, 415, 422}


async def test_a_bug_is_a_problem_document_and_one_error_in_the_log_both_ways(
    app: Service, caller: httpx.AsyncClient, caplog: pytest.LogCaptureFixture
) -> None:
    app.state.services = object()
    caplog.clear()
    for path in (LEDGER, "/api/session/refresh"):
        answer = await caller.get(path)
        assert (answer.status_code, answer.json()["code"]) == (500, "internal"), path
        (logged,) = (each.getMessage() for each in caplog.records if each.levelno >= logging.ERROR)
        assert logged == f"request {answer.headers['X-Request-Id']} failed"
        caplog.clear()


async def test_a_balance_that_was_answered_lately_is_the_present_one(books: Books) -> None:
    async def balance(**params: Any) -> Any:
        return await books.call("GET", "/accounts/Assets:Cash/balance", expect=200, params=params)

    for times in (1, 2, 3):
        posted = await books.post("/transactions", sale("10.00"))
        first = await balance(min_size=posted["size"])
        again = await balance(min_size=posted["size"])
        assert first.json()["balances"][0]["balance"] == f"{10 * times}.00"
        assert first.content == again.content
        assert first.headers["ETag"] == again.headers["ETag"]
        assert first.headers["Cache-Control"] == again.headers["Cache-Control"]


async def test_nobody_is_given_what_another_was_answered(books: Books, server: Any) -> None:
    await books.post("/transactions", sale())
    assert (await books.get("/accounts/Assets:Cash/balance", min_size=await books.size()))["balances"]
    async with client(server) as stranger:
        answer = await stranger.get(f"/ledgers/{books.id}/accounts/Assets:Cash/balance")
        assert answer.status_code == 401
