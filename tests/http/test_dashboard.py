"""The dashboard over HTTP: what it says is what the books say, today, in the ledger's own time zone; and a first visit
finds a ledger."""

import asyncio
import datetime as dt
import itertools
import json
import re
from collections import defaultdict
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx
import pytest

from api.app import create_app
from api.services import Services, open_services
from api.settings import Settings
from api.start.charts import PERSONAL, find_shipped_chart
from api.start.demo import LEDGER, PASSWORD, USER, fill
from api.start.personal import KEY
from ledger.sequencer import make_uuid
from migrations import version_table
from projections.checkpoints import checkpoints
from tests.foreign import SqliteFile
from tests.http.service import (
    BOTH,
    Books,
    Json,
    Server,
    client,
    credit,
    debit,
    open_books,
    run_apart,
    serve,
    sqlite_settings,
    transaction,
    with_user,
)

_numbers = itertools.count(1)

CHART = (
    {"path": "Assets:Cash", "role": "cash"},
    {"path": "Assets:Bank:Giro", "role": "bank"},
    {"path": "Assets:House"},
    {"path": "Liabilities:Bills", "role": "payable"},
    {"path": "Equity:Opening"},
    {"path": "Income:Salary"},
    {"path": "Expenses:Food:Out"},
)


async def dashboard_books(api: httpx.AsyncClient, **members: Any) -> Books:
    """A new ledger with roles."""
    books = await open_books(api, f"board-{next(_numbers)}", chart=False, **members)
    await books.bulk(*[{"type": "open_account", **account} for account in CHART], atomic=True)
    return books


async def data_of(books: Books, **params: Any) -> Json:
    """What the frontend would show of this ledger, with every number as it was written."""
    answer = await books.api.get("/dashboard-data", params={"ledger": books.id, **params})
    assert answer.status_code == 200, answer.text
    return exactly(answer.text)


def exactly(text: str) -> Json:
    """JSON with numbers as decimals."""
    found: Json = json.loads(text, parse_float=Decimal, parse_int=Decimal)
    return found


def day(offset: int) -> str:
    """So many days from today, in UTC."""
    return str(dt.datetime.now(dt.UTC).date() + dt.timedelta(days=offset))


# --- what the frontend gets


@BOTH
async def test_the_frontend_gets_its_shape_with_numbers_written_exactly(api: httpx.AsyncClient, server: Server) -> None:
    books = await dashboard_books(api)
    big = "90071992547409931.07"  # no float holds it
    await books.post("/transactions", transaction(debit("Assets:Cash", big), credit("Income:Salary", big), on=day(0)))
    size = (
        await books.post(
            "/transactions",
            transaction(
                debit("Expenses:Food:Out", "20.10"), credit("Liabilities:Bills", "20.10", due=day(30)), on=day(0)
            ),
        )
    )["size"]
    answer = await api.get("/dashboard-data", params={"ledger": books.id, "min_size": size})
    assert answer.headers["Content-Type"] == "application/json"
    assert answer.headers["Ledger-Size"] == str(size)
    assert answer.headers["Cache-Control"] == "private, no-cache"
    assert f'"account_balance":{big},' in answer.text
    found = exactly(answer.text)
    assert found.keys() == {
        "account_balance",
        "upcoming_bills",
        "monthly_savings",
        "recent_transactions",
        "account_name",
    }
    assert found["account_name"] == f"{server.user['username']}'s Account"
    assert found["upcoming_bills"] == Decimal("20.10")
    assert found["monthly_savings"] == Decimal(big) - Decimal("20.10")
    newest, oldest = found["recent_transactions"]
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT00:00:00", newest["date"])
    assert (newest["amount"], newest["type"], newest["description"]) == (Decimal("-20.10"), "Out", "")
    assert (oldest["amount"], oldest["type"]) == (Decimal(big), "Salary")


async def test_nothing_is_zero_and_never_less(api: httpx.AsyncClient) -> None:
    for currency, zero in (("EUR", "0.00"), ("JPY", "0"), ("KWD", "0.000")):
        books = await dashboard_books(api, currency=currency)
        answer = await api.get("/dashboard-data", params={"ledger": books.id, "min_size": await books.size()})
        assert answer.text.startswith(
            f'{{"account_balance":{zero},"upcoming_bills":{zero},"monthly_savings":{zero},"recent_transactions":[],'
        )


async def test_recent_transactions_are_the_five_newest_up_to_today(api: httpx.AsyncClient) -> None:
    books = await dashboard_books(api)
    for n, offset in enumerate((-1, -3, 0, 1, -2, 0, -9)):
        lines = (debit("Expenses:Food:Out", f"{n + 1}.00"), credit("Assets:Cash", f"{n + 1}.00"))
        await books.post("/transactions", transaction(*lines, on=day(offset), description=f"no {n}"))
    found = await data_of(books, min_size=await books.size())
    assert [each["description"] for each in found["recent_transactions"]] == ["no 5", "no 2", "no 0", "no 4", "no 1"]
    assert [each["date"][:10] for each in found["recent_transactions"]] == [day(n) for n in (0, 0, -1, -2, -3)]
    assert found["account_balance"] == -sum(n + 1 for n in range(7) if n != 3)


AMOUNTS = {
    "out of cash": ([debit("Expenses:Food:Out", "5.00"), credit("Assets:Cash", "5.00")], "-5.00", "Out"),
    "from one to the other": ([debit("Assets:Bank:Giro", "5.00"), credit("Assets:Cash", "5.00")], "0.00", "Giro"),
    "a bill": ([debit("Expenses:Food:Out", "5.00"), credit("Liabilities:Bills", "5.00")], "-5.00", "Out"),
    "a payment": ([debit("Liabilities:Bills", "5.00"), credit("Assets:Bank:Giro", "5.00")], "-5.00", "Bills"),
    "neither": ([debit("Assets:House", "5.00"), credit("Equity:Opening", "5.00")], "5.00", "House"),
    "the larger one": (
        [debit("Expenses:Food:Out", "1.00"), debit("Assets:Cash", "4.00"), credit("Income:Salary", "5.00")],
        "4.00",
        "Salary",
    ),
    "another currency": (
        [debit("Assets:Cash", "5.00", "USD"), credit("Income:Salary", "5.00", "USD")],
        "0.00",
        "Salary",
    ),
}


@pytest.mark.parametrize("case", AMOUNTS)
async def test_the_amount_and_type_of_a_transaction(api: httpx.AsyncClient, case: str) -> None:
    postings, amount, type_ = AMOUNTS[case]
    books = await dashboard_books(api)
    size = (await books.post("/transactions", transaction(*postings, on=day(0))))["size"]
    [found] = (await data_of(books, min_size=size))["recent_transactions"]
    assert (str(found["amount"]), found["type"]) == (amount, type_)


@BOTH
async def test_an_unchanged_poll_is_304_and_any_record_ends_that(api: httpx.AsyncClient) -> None:
    books = await dashboard_books(api)
    urls = [f"/ledgers/{books.id}/dashboard", f"/dashboard-data?ledger={books.id}"]
    for url in urls:
        first = await api.get(url, params={**httpx.URL(url).params, "min_size": await books.size()})
        etag = first.headers["ETag"]
        again = await api.get(url, headers={"If-None-Match": etag})
        assert (again.status_code, again.content) == (304, b"")
        assert again.headers["ETag"] == etag
        size = (await books.post("/accounts", {"path": f"Assets:More {len(url)}"}))["size"]
        params = {**httpx.URL(url).params, "min_size": size}
        changed = await api.get(url, params=params, headers={"If-None-Match": etag})
        assert changed.status_code == 200
        assert changed.headers["ETag"] != etag


async def test_an_unchanged_poll_touches_no_read_model(tmp_path: Path) -> None:
    """It is answered also when there are none any more."""
    settings = sqlite_settings(tmp_path)
    with serve(settings) as server:
        server = with_user(server)
        async with client(server, token=server.token) as api:
            books = await dashboard_books(api)
            size = await books.size()
            urls = [f"/ledgers/{books.id}/dashboard?min_size={size}", f"/dashboard-data?ledger={books.id}"]
            tags = {url: (await api.get(url)).headers["ETag"] for url in urls}
            file = SqliteFile(Path(str(settings.projections_url.database)))
            tables = {name for (name,) in file.run("SELECT name FROM sqlite_master WHERE type = 'table'")}
            read_models = tables - {checkpoints.name, version_table("projections")}
            assert {"dashboard_months", "register_transactions"} < read_models
            for table in read_models:
                file.run(f'DROP TABLE "{table}"')
            for url, tag in tags.items():
                assert (await api.get(url, headers={"If-None-Match": tag})).status_code == 304


# --- the ledger's own dashboard


@BOTH
async def test_the_dashboard_shows_every_currency_and_its_headline_the_main_one(api: httpx.AsyncClient) -> None:
    books = await dashboard_books(api)
    await books.bulk(
        *[
            {"type": "post_transaction", **each}
            for each in (
                transaction(debit("Assets:Bank:Giro", "1000.00"), credit("Equity:Opening", "1000.00"), on=day(-800)),
                transaction(debit("Assets:Cash", "500", "JPY"), credit("Income:Salary", "500", "JPY"), on=day(0)),
                transaction(debit("Assets:Cash", "70.00"), credit("Income:Salary", "70.00"), on=day(0)),
                transaction(debit("Expenses:Food:Out", "30.00"), credit("Assets:Cash", "30.00"), on=day(0)),
                transaction(debit("Expenses:Food:Out", "9.00"), credit("Assets:Cash", "9.00"), on=day(1)),
                transaction(
                    debit("Expenses:Food:Out", "8.00"),
                    credit("Liabilities:Bills", "8.00", due=day(5), party="P"),
                    on=day(0),
                ),
                transaction(
                    debit("Expenses:Food:Out", "7.00"), credit("Liabilities:Bills", "7.00", due=day(-5)), on=day(0)
                ),
                transaction(
                    debit("Expenses:Food:Out", "6.00"), credit("Liabilities:Bills", "6.00", due=day(31)), on=day(0)
                ),
            )
        ],
        atomic=True,
    )
    found = await books.get("/dashboard", min_size=await books.size())
    assert (found["today"], found["currency"], found["as_of"]["effective"]) == (day(0), "EUR", day(0))
    assert found["headline"] == {
        "net_worth": "1019.00",
        "cash": "1040.00",
        "income": "70.00",
        "expenses": "51.00",
        "savings": "19.00",
        "upcoming_bills": "8.00",
        "overdue_bills": "7.00",
    }
    yen = {"currency": "JPY", "net_worth": "500", "cash": "500", "income": "500", "expenses": "0", "savings": "500"}
    assert found["complete"] is False
    assert found["not_valued"] == [{**yen, "upcoming_bills": "0", "overdue_bills": "0"}]
    groups = {(each["type"], each["group"], each["currency"]): each["balance"] for each in found["balances"]}
    assert groups == {
        ("asset", "Bank", "EUR"): "1000.00",
        ("asset", "Cash", "EUR"): "40.00",
        ("asset", "Cash", "JPY"): "500",
        ("liability", "Bills", "EUR"): "21.00",
        ("equity", "Opening", "EUR"): "1000.00",
        ("income", "Salary", "EUR"): "70.00",
        ("income", "Salary", "JPY"): "500",
        ("expense", "Food", "EUR"): "51.00",
    }
    this_month = [each for each in found["months"] if each["month"] == day(0)[:7]]
    assert [(each["currency"], each["income"], each["expenses"]) for each in this_month] == [
        ("EUR", "70.00", "51.00"),
        ("JPY", "500", "0"),
    ]
    assert len({each["month"] for each in found["months"]}) == 12
    assert [(each["account"], each["currency"], each["this_month"]) for each in found["categories"]] == [
        ("Income:Salary", "EUR", "70.00"),
        ("Income:Salary", "JPY", "500"),
        ("Expenses:Food:Out", "EUR", "51.00"),
    ]
    worth = [each["amount"] for each in found["net_worth"] if each["currency"] == "EUR"]
    assert worth == ["1000.00"] * 12 + ["1019.00"]
    assert [each["account"] for each in found["cash"]] == ["Assets:Bank:Giro", "Assets:Cash", "Assets:Cash"]
    bill = {"account": "Liabilities:Bills", "currency": "EUR"}
    assert found["bills"]["upcoming"] == [{"currency": "EUR", "amount": "8.00"}]
    assert found["bills"]["overdue"] == [{"currency": "EUR", "amount": "7.00"}]
    shown = [
        {name: each[name] for name in ("account", "currency", "party", "due", "amount")}
        for each in found["bills"]["next"]
    ]
    assert shown == [
        {**bill, "party": None, "due": day(-5), "amount": "7.00"},
        {**bill, "party": "P", "due": day(5), "amount": "8.00"},
    ]
    page = await books.get("/transactions", to=day(0), limit=10)
    assert found["transactions"] == page["transactions"]


async def test_a_headline_is_complete_until_another_currency_has_a_figure(api: httpx.AsyncClient) -> None:
    books = await dashboard_books(api)
    for on, lines, left_out in (
        (day(0), (debit("Assets:Cash", "70"), credit("Income:Salary", "70")), []),
        (day(1), (debit("Assets:Cash", "5", "JPY"), credit("Income:Salary", "5", "JPY")), []),
        (day(0), (debit("Assets:House", "9", "CHF"), credit("Equity:Opening", "9", "CHF")), ["CHF"]),
        # A liability as large as the asset: worth nothing, but a bill to pay.
        (
            day(0),
            (debit("Assets:House", "8", "USD"), credit("Liabilities:Bills", "8", "USD", due=day(9))),
            ["CHF", "USD"],
        ),
        (day(0), (credit("Assets:House", "9", "CHF"), debit("Equity:Opening", "9", "CHF")), ["USD"]),
    ):
        size = (await books.post("/transactions", transaction(*lines, on=on)))["size"]
        found = await books.get("/dashboard", min_size=size)
        assert found["complete"] is not bool(left_out)
        assert [each["currency"] for each in found["not_valued"]] == left_out
        past = await books.get("/dashboard", recorded_size=size)
        assert (past["complete"], past["not_valued"]) == (found["complete"], found["not_valued"])
    assert (await books.get("/dashboard"))["not_valued"][0]["upcoming_bills"] == "8.00"
    assert (await books.get("/dashboard", effective=day(1)))["not_valued"][0]["currency"] == "JPY"


async def test_the_closing_of_a_year_is_no_income(api: httpx.AsyncClient) -> None:
    books = await dashboard_books(api)
    await books.post(
        "/transactions", transaction(debit("Assets:Cash", "9.00"), credit("Income:Salary", "9.00"), on=day(0))
    )
    closing = transaction(debit("Income:Salary", "9.00"), credit("Equity:Opening", "9.00"), on=day(0), kind="closing")
    size = (await books.post("/transactions", closing))["size"]
    assert (await books.get("/dashboard", min_size=size))["headline"]["income"] == "9.00"
    assert (await data_of(books, min_size=size))["monthly_savings"] == 9
    [balance] = [each for each in (await books.get("/dashboard"))["balances"] if each["type"] == "income"]
    assert balance["balance"] == "0.00"


# --- midnight


@dataclass
class Clock:
    """A clock that tests turn."""

    now: dt.datetime

    def __call__(self) -> dt.datetime:
        return self.now


@asynccontextmanager
async def clocked(settings: Settings, clock: Clock) -> AsyncIterator[httpx.AsyncClient]:
    """The whole application in this process, with this clock, and somebody signed in."""
    app = create_app(settings)
    async with app.router.lifespan_context(app):
        services: Services = app.state.services
        app.state.services = replace(services, clock=clock)
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test/api") as api:
            account = {"username": "ada", "password": "correct horse"}
            token = (await api.post("/auth/register", json=account, headers={"Origin": "http://test"})).json()["token"]
            api.headers["Authorization"] = f"Bearer {token}"
            yield api


MIDNIGHTS = [
    ("UTC", "2026-12-01T00:00:00+00:00", "2026-11-30"),
    ("Pacific/Kiritimati", "2026-12-31T10:00:00+00:00", "2026-12-31"),
    ("America/Los_Angeles", "2026-12-01T08:00:00+00:00", "2026-11-30"),
    ("America/Los_Angeles", "2026-11-01T07:00:00+00:00", "2026-10-31"),  # summer time ends at 2 o'clock of this day …
    ("America/Los_Angeles", "2026-11-02T08:00:00+00:00", "2026-11-01"),  # … which has 25 hours
    ("Asia/Kolkata", "2028-02-29T18:30:00+00:00", "2028-02-29"),
    ("Asia/Beirut", "2027-03-27T22:00:00+00:00", "2027-03-27"),  # the day begins at 1 o'clock
]


@pytest.mark.parametrize(("zone", "midnight", "before"), MIDNIGHTS, ids=lambda each: str(each)[:19])
async def test_at_midnight_in_the_ledgers_zone_the_dashboard_changes_without_an_event(
    tmp_path: Path, zone: str, midnight: str, before: str
) -> None:
    instant = dt.datetime.fromisoformat(midnight)
    last = dt.date.fromisoformat(before)
    first = last + dt.timedelta(days=1)
    clock = Clock(instant - dt.timedelta(seconds=1))
    async with clocked(sqlite_settings(tmp_path), clock) as api:
        books = await dashboard_books(api, time_zone=zone)
        size = 0
        for on, earned, due in (
            (last, "100.00", first + dt.timedelta(days=30)),
            (first, "7.00", last),
        ):
            lines = [debit("Assets:Cash", earned), credit("Income:Salary", earned)]
            lines += [debit("Assets:House", "3.00"), credit("Liabilities:Bills", "3.00", due=str(due))]
            size = (await books.post("/transactions", transaction(*lines, on=str(on))))["size"]
        etags: dict[str, str] = {}
        documents: dict[str, list[Json]] = {}
        for now in (instant - dt.timedelta(seconds=1), instant, instant + dt.timedelta(hours=22)):
            clock.now = now
            for url in (f"/ledgers/{books.id}/dashboard?min_size={size}", f"/dashboard-data?ledger={books.id}"):
                known = {"If-None-Match": etags[url]} if url in etags else {}
                answer = await api.get(url, headers=known)
                if now > instant:
                    assert answer.status_code == 304, "the same day, and nothing new"
                    continue
                assert answer.status_code == 200, "never a stale 304"
                etags[url] = answer.headers["ETag"]
                documents.setdefault(url, []).append(answer.json())
                again = await api.get(url, headers={"If-None-Match": etags[url]})
                assert again.status_code == 304
    board, data = documents.values()
    assert [each["today"] for each in board] == [str(last), str(first)]
    month_ends = last.month != first.month
    assert [each["headline"]["income"] for each in board] == ["100.00", "7.00" if month_ends else "107.00"]
    assert [each["monthly_savings"] for each in data] == [100, 7 if month_ends else 107]
    assert [each["account_balance"] for each in data] == [100, 107]
    assert [each["upcoming_bills"] for each in data] == [0, 3], "31 days away, then 30"
    assert [each["headline"]["overdue_bills"] for each in board] == ["0.00", "3.00"]
    assert [len(each["recent_transactions"]) for each in data] == [1, 2]
    assert board[1]["net_worth"][-1]["amount"] == "107.00"


# --- the demo's own books


@pytest.fixture(scope="module")
def demo_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server with the demo's books."""
    settings = sqlite_settings(tmp_path_factory.mktemp("demo"))

    async def make() -> None:
        async with open_services(settings) as services:
            await fill(services, lambda _done, _all: None)

    run_apart(make)
    with serve(settings) as server:
        answer = httpx.post(f"{server.url}/api/auth/login", json={"username": USER, "password": PASSWORD})
        yield replace(server, token=answer.json()["token"])


@pytest.mark.slow
async def test_the_demos_figures_are_what_its_own_register_says(demo_server: Server) -> None:
    async with client(demo_server, token=demo_server.token) as api:
        books = Books(api, LEDGER)
        size = await books.size()
        found = await data_of(books, min_size=size, timeout=30)  # the whole demo is projected while this waits
        board = await books.get("/dashboard", min_size=size)
        today = dt.date.fromisoformat(board["today"])
        accounts = {
            each["path"]: each for each in await books.pages("/accounts", "accounts", limit=1000, min_size=size)
        }
        lines: dict[str, list[Json]] = {}
        for path in accounts:
            shown = await books.pages("/register", "lines", limit=1000, account=path, to=str(today))
            lines[path] = [{**line, "account": path} for line in shown if line["currency"] == "EUR"]
        posted = await books.pages("/transactions", "transactions", limit=1000, to=str(today))

    held = {path for path, account in accounts.items() if account["role"] in ("cash", "bank")}
    assert len(held) == 4
    assert found["account_balance"] == sum(Decimal(lines[path][-1]["balance"]) for path in held if lines[path])

    def result(start: str, end: str, *types: str) -> Decimal:
        chosen = [line for path, each in lines.items() if accounts[path]["type"] in types for line in each]
        return -sum((Decimal(line["amount"]) for line in chosen if start <= line["date"] <= end), Decimal(0))

    this_month = str(today)[:8]
    assert found["monthly_savings"] == result(f"{this_month}01", str(today), "income", "expense")
    for month in board["months"]:
        span = (f"{month['month']}-01", f"{month['month']}-31")
        assert Decimal(month["income"]) == result(*span, "income")
        assert Decimal(month["expenses"]) == -result(*span, "expense")
    for point in board["net_worth"]:
        if point["currency"] == "EUR":
            assert Decimal(point["amount"]) == -result("0001-01-01", point["date"], "asset", "liability")

    # What is open is what was billed less what was paid by party and due date, which these books mostly name, and then
    # less what was paid without saying for what, earliest due first.
    owed: dict[tuple[str, str | None], dict[str, Decimal]] = defaultdict(lambda: defaultdict(Decimal))
    loose: dict[tuple[str, str | None], Decimal] = defaultdict(Decimal)
    for each in posted:
        for posting in each["postings"]:
            if accounts[posting["account"]]["type"] == "liability":
                whose = (posting["account"], posting.get("party"))
                if "due" in posting:
                    owed[whose][posting["due"]] -= Decimal(posting["amount"])
                else:
                    loose[whose] += Decimal(posting["amount"])
    last = str(today + dt.timedelta(days=30))
    open_: dict[tuple[str, str | None, str], Decimal] = {}
    for whose, dues in owed.items():
        for due, amount in sorted(dues.items()):
            paid = min(amount, loose[whose])
            loose[whose] -= paid
            if amount > paid:
                open_[*whose, due] = amount - paid
    assert len(open_) > 5
    upcoming = sum(amount for (_, _, due), amount in open_.items() if str(today) <= due <= last)
    assert found["upcoming_bills"] == upcoming > 0
    assert board["headline"]["upcoming_bills"] == str(upcoming)
    assert Decimal(board["headline"]["overdue_bills"]) == sum(
        amount for (*_, due), amount in open_.items() if due < str(today)
    )
    assert {
        (each["account"], each["party"], each["due"]): Decimal(each["amount"]) for each in board["bills"]["next"]
    } == {key: amount for key, amount in open_.items() if key[2] <= last}

    order = sorted({(line["date"], line["position"], line["transaction"]) for each in lines.values() for line in each})
    newest = [transaction_ for _, _, transaction_ in reversed(order[-5:])]
    assert [each["id"] for each in found["recent_transactions"]] == newest
    for shown in found["recent_transactions"]:
        own = [line for each in lines.values() for line in each if line["transaction"] == shown["id"]]
        cash = [Decimal(line["amount"]) for line in own if line["account"] in held]
        categories = [line for line in own if accounts[line["account"]]["type"] in ("income", "expense")]
        if cash:
            assert shown["amount"] == sum(cash)
        elif categories:
            assert shown["amount"] == -sum(Decimal(line["amount"]) for line in categories)
        if categories:
            main = max(categories, key=lambda line: abs(Decimal(line["amount"])))
            assert shown["type"] == main["account"].split(":")[-1]
        assert shown["description"] == own[0]["description"]
        assert shown["date"] == own[0]["date"] + "T00:00:00"


# --- a first visit


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def two_servers(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[Server, Server]]:
    """Two servers on one new database, as two processes; one user, whom both know."""
    if request.param == "sqlite":
        settings = sqlite_settings(tmp_path)
    else:
        from tests.http.service import migrated

        settings = migrated(Settings(database_url=request.getfixturevalue("fresh_postgres_database"), _env_file=None))
    with serve(settings) as one, serve(settings) as other:
        known = with_user(one)
        for server in (one, other):  # a server builds its routes at the first request, which two threads must not
            assert httpx.get(f"{server.url}/api/nothing").status_code == 404
        yield known, replace(other, token=known.token, user=known.user)


async def visits(api: httpx.AsyncClient) -> Json:
    """The answer to opening the page."""
    answer = await api.get("/dashboard-data")
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


async def ledgers_of(api: httpx.AsyncClient) -> list[Json]:
    """The caller's ledgers."""
    found: list[Json] = (await api.get("/ledgers")).json()["ledgers"]
    return found


async def require_personal(api: httpx.AsyncClient) -> Json:
    """There is one ledger, with the whole chart, each account once."""
    [ledger] = await ledgers_of(api)
    accounts = (
        await api.get(f"/ledgers/{ledger['id']}/accounts", params={"limit": 1000, "min_size": ledger["size"]})
    ).json()
    wanted = sorted(str(each.path) for each in find_shipped_chart(PERSONAL).accounts)
    assert [each["path"] for each in accounts["accounts"]] == sorted(wanted, key=str.encode)
    events = (await api.get(f"/ledgers/{ledger['id']}/events", params={"limit": 1000})).json()["events"]
    assert sum(each["type"] == "LedgerOpened" for each in events) == 1
    assert events[0]["actor"] == {"type": "system", "id": "personal", "for": ledger["owner"]}
    return ledger


async def test_visits_at_once_to_two_processes_open_one_ledger(
    two_servers: tuple[Server, Server],
) -> None:
    one, other = two_servers
    async with client(one, token=one.token) as here, client(other, token=other.token) as there:
        found = await asyncio.gather(*[visits(api) for api in (here, there) * 4])
        assert all(each == found[0] for each in found)
        assert found[0]["account_name"] == f"{one.user['username']}'s Account"
        ledger = await require_personal(here)
        assert re.fullmatch(r"ledger-[0-9a-f]{20}", ledger["id"])
        assert (ledger["currency"], ledger["role"]) == ("USD", "owner")
        assert await visits(there) == found[0]
        assert await ledgers_of(there) == [ledger]
    # On PostgreSQL one of them finds at the last moment that the other was there first, logs it, and begins again.


async def test_a_visit_that_crashed_half_way_is_finished_by_the_next(two_servers: tuple[Server, Server]) -> None:
    server, _ = two_servers
    uuid = make_uuid()

    async def crash() -> None:
        async with open_services(server.settings) as services:
            assert await services.sessions.keep_opening_uuid(server.user["id"], KEY, uuid) == uuid

    run_apart(crash)
    async with client(server, token=server.token) as api:
        assert await ledgers_of(api) == []
        await visits(api)
        assert (await require_personal(api))["uuid"] == uuid


async def test_the_personal_ledger_is_the_one_that_was_opened_under_its_key(server: Server) -> None:
    server = with_user(server, f"early-{next(_numbers)}")
    async with client(server, token=server.token) as api:
        body = {"id": f"early-{next(_numbers)}", "currency": "SEK"}
        assert (await api.post("/ledgers", json=body, headers={"Idempotency-Key": KEY})).status_code == 201
        await visits(api)
        assert [each["id"] for each in await ledgers_of(api)] == [body["id"]]


async def test_others_ledgers_are_not_there_and_a_token_shows_its_own(api: httpx.AsyncClient, server: Server) -> None:
    books = await dashboard_books(api)
    lines = (debit("Assets:Cash", "5.00"), credit("Income:Salary", "5.00"))
    size = (await books.post("/transactions", transaction(*lines, on=day(0))))["size"]
    stranger = with_user(server, f"stranger-{next(_numbers)}")
    async with client(server, token=stranger.token) as theirs:
        for url in (
            f"/ledgers/{books.id}/dashboard",
            f"/dashboard-data?ledger={books.uuid}",
            "/dashboard-data?ledger=no",
        ):
            assert (await theirs.get(url)).status_code == 404
        assert (await visits(theirs))["account_balance"] == 0
    secret = (await books.post("/tokens", {"name": "screen", "role": "viewer"}))["token"]
    async with client(server, token=secret) as screen:
        answer = await screen.get("/dashboard-data", params={"min_size": size})
        assert answer.json()["account_balance"] == 5
    async with client(server) as nobody:
        for url in ("/dashboard-data", f"/ledgers/{books.id}/dashboard", "/charts"):
            assert (await nobody.get(url)).status_code == 401


async def test_a_dashboard_that_wants_more_than_there_is_says_so(api: httpx.AsyncClient) -> None:
    books = await dashboard_books(api)
    size = await books.size()
    for url in (f"/ledgers/{books.id}/dashboard", f"/dashboard-data?ledger={books.id}"):
        answer = await api.get(url, params={**httpx.URL(url).params, "min_size": size + 1})
        assert (answer.status_code, answer.json()["code"]) == (422, "size_ahead")
