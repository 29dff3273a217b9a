"""Reads: as fresh as asked for, at any pair of dates, in pages that stand still, and not at all when nothing is new."""

import asyncio
import base64
import datetime as dt
import itertools
import json
from collections.abc import Iterator
from random import Random
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit

import httpx
import pytest
from sqlalchemy import update

from api.services import open_services
from ledger.follow import Wakeup
from projections.account_balances import AccountBalances
from projections.balance_history import BalanceHistory
from projections.balance_history.chunks import chunks
from projections.projection import Projection
from projections.projector import Projector
from tests.http.service import (
    BOTH,
    CHART,
    Books,
    Json,
    Server,
    client,
    command,
    credit,
    debit,
    open_books,
    sale,
    serve,
    sqlite_settings,
    transaction,
    with_user,
)
from tests.stores import rebuild, with_needs

_numbers = itertools.count(1)

READS = [
    "",
    "/currencies",
    "/accounts",
    "/accounts/Assets:Cash",
    "/accounts/Assets:Cash/balance",
    "/accounts/Assets:Cash/register",
    "/register?account=Assets:Cash",
    "/balances",
    "/balances?effective=2024-12-31&under=Assets",
    "/transactions",
    "/transactions?account=Assets:Cash",
    "/transactions/{id}",
    "/events",
    "/events?start=2&limit=3",
]


async def posted_books(books: Books) -> str:
    """Post twice and wait until everything has seen it; the id of the first transaction."""
    first = await books.post("/transactions", sale("1.00"))
    second = await books.post("/transactions", sale("2.00", on="2024-05-18"))
    for path in ("/accounts", "/register?account=Assets:Cash", "/balances?effective=2024-12-31"):
        await books.call("GET", path, expect=200, params=with_query(path, min_size=second["size"]))
    return str(first["id"])


def with_query(path: str, **params: Any) -> dict[str, Any]:
    """All parameters: those in the path's query too, which httpx would drop."""
    return {name: values[0] for name, values in parse_qs(urlsplit(path).query).items()} | params


# --- freshness --------------------------------------------------------------------------------------------------------


@BOTH
async def test_a_read_reflects_the_write_whose_size_it_asks_for(books: Books) -> None:
    for count in range(1, 6):
        size = (await books.post("/transactions", sale("1.00")))["size"]
        balances, register, transactions, account, chart = await asyncio.gather(
            books.get("/balances", min_size=size),
            books.get("/register", account="Assets:Cash", min_size=size),
            books.get("/transactions", min_size=size),
            books.get("/accounts/Assets:Cash/balance", min_size=size),
            books.get("/accounts", min_size=size),
        )
        assert balances["balances"][0]["balance"] == f"{count}.00"
        assert account["balances"] == balances["balances"][:1]
        assert len(register["lines"]) == len(transactions["transactions"]) == count
        for read in (balances, register, transactions, account, chart):
            assert read["as_of"]["size"] >= size


@BOTH
async def test_every_read_says_its_size_and_refuses_one_that_is_ahead(books: Books) -> None:
    id_ = await posted_books(books)
    size = await books.size()
    for path in READS:
        target = path.format(id=id_)
        answer = await books.call("GET", target, expect=200, params=with_query(path, min_size=size))
        assert answer.headers["Ledger-Size"] == str(size), path
        assert answer.headers["Cache-Control"] == "private, no-cache"
        document = (
            await books.call("GET", target, expect=422, params=with_query(path, min_size=size + 1, timeout=30))
        ).json()
        assert (document["code"], document["asked"], document["size"]) == ("size_ahead", size + 1, size)
        assert document["errors"][0]["pointer"] == "?min_size"
    document = await books.get("/balances", recorded_size=size + 1, expect=422)
    assert (document["code"], document["errors"][0]["pointer"]) == ("size_ahead", "?recorded_size")


@pytest.fixture(scope="module")
def idle_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server beside which no projector runs."""
    with serve(sqlite_settings(tmp_path_factory.mktemp("idle"), projectors="off")) as server:
        yield with_user(server)


async def test_without_a_projector_a_read_that_wants_more_is_told_to_come_again(idle_server: Server) -> None:
    async with client(idle_server, token=idle_server.token) as api:
        books = await open_books(api, "idle")
        receipt = await books.post("/transactions", sale())
        size = receipt["size"]
        for path in ("/accounts", "/balances", "/register?account=Assets:Cash", "/transactions"):
            answer = await books.call("GET", path, expect=503, params=with_query(path, min_size=size, timeout=0.01))
            document = answer.json()
            assert (document["code"], document["asked"], document["applied"]) == ("projection_behind", size, 0)
            assert document["projection"] in ("chart", "account_balances", "register")
            assert int(answer.headers["Retry-After"]) >= 1
            stale = await books.call("GET", path, expect=200, params=with_query(path))
            assert stale.headers["Ledger-Size"] == "0"
        # The log and what is read from it need no projector, and a write no read model.
        assert (await books.get("", min_size=size))["size"] == size
        assert len((await books.get("/events", min_size=size))["events"]) == size
        assert (await books.get(f"/transactions/{receipt['id']}"))["postings"][0]["account"] == "Assets:Cash"


async def test_a_past_balance_waits_for_the_read_model_that_is_behind(idle_server: Server) -> None:
    """The present balances are there before the history is."""
    async with client(idle_server, token=idle_server.token) as api, open_services(idle_server.settings) as services:

        async def project(model: Projection) -> None:
            models = with_needs([model])
            projector = Projector(services.journal, services.projections, models, wakeup=Wakeup(), progress=Wakeup())
            while await projector.catch_up():
                pass

        books = await open_books(api, "half")
        size = (await books.post("/transactions", sale("5.00")))["size"]
        await project(AccountBalances())
        for path in ("/accounts/Assets:Cash/balance", "/balances?account=Assets:Cash", "/balances"):
            asked = with_query(path, effective="2030-01-01", min_size=size)
            answer = await books.call("GET", path, expect=503, params={**asked, "timeout": 0.01})
            document = answer.json()
            assert (document["code"], document["projection"]) == ("projection_behind", "balance_history")
        await project(BalanceHistory())
        [balance] = (await books.get("/accounts/Assets:Cash/balance", effective="2030-01-01", min_size=size))[
            "balances"
        ]
        assert balance["balance"] == "5.00"


async def test_health_live_and_ready_answer_without_signing_in(server: Server) -> None:
    async with client(server) as stranger:
        health = (await stranger.get("/health")).json()
        assert (health.keys(), health["status"]) == ({"status", "version"}, "ok")
        assert (await stranger.get("/live")).json() == {"status": "ok"}
        ready = await stranger.get("/ready")
        assert (ready.status_code, ready.json()) == (200, {"status": "ok", "troubles": []})


# --- conditional requests ---------------------------------------------------------------------------------------------


async def test_an_unchanged_read_is_not_sent_again(books: Books) -> None:
    id_ = await posted_books(books)
    tags = set()
    for path in READS:
        target = path.format(id=id_)
        first = await books.call("GET", target, expect=200)
        tag = first.headers["ETag"]
        assert tag.startswith('W/"')
        tags.add(tag)
        for given in (tag, tag.removeprefix("W/"), f'"other", {tag}'):
            again = await books.call("GET", target, expect=304, headers={"If-None-Match": given})
            assert again.content == b""
            assert again.headers["ETag"] == tag
            assert again.headers["Ledger-Size"] == first.headers["Ledger-Size"]
        await books.call("GET", target, expect=200, headers={"If-None-Match": '"other"'})
    assert len(tags) == len(READS), "two questions share a tag"
    size = (await books.post("/transactions", sale("3.00")))["size"]
    for path in READS:
        params = with_query(path, min_size=size)
        old = {"If-None-Match": ", ".join(tags)}
        answer = await books.call("GET", path.format(id=id_), expect=200, headers=old, params=params)
        assert answer.headers["ETag"] not in tags, path


async def test_an_answer_of_the_past_is_another_one_when_its_names_are(books: Books) -> None:
    """A pinned answer shows the names of today: whoever kept it must not be told that nothing has changed."""
    await posted_books(books)
    size = (await books.post("/transactions", sale("3.00")))["size"]
    path = f"/balances?recorded_size={size}&min_size={size}"
    before = await books.call("GET", path, expect=200)
    account = before.json()["balances"][0]["account_id"]
    tag = (await books.call("GET", f"/accounts/{account}", expect=200)).headers["ETag"]
    headers = {"If-Match": tag}
    renamed = await books.call(
        "PATCH", f"/accounts/{account}", expect=201, json={"path": "Assets:Now"}, headers=headers
    )
    path = f"/balances?recorded_size={size}&min_size={renamed.json()['size']}"
    after = await books.call("GET", path, expect=200, headers={"If-None-Match": before.headers["ETag"]})
    assert "Assets:Now" in {each["account"] for each in after.json()["balances"]}


@BOTH
async def test_a_read_model_that_was_mended_is_shown_at_once(books: Books, server: Server) -> None:
    """Neither a tag nor an answer that is kept outlives the generation that its figures came from."""
    posted = await books.post("/transactions", sale("5.00", on="2024-01-31"))
    asked = [
        "/balances?effective=2024-02-01&account=Assets:Cash",
        f"/balances?recorded_size={posted['size']}&account=Assets:Cash",
        "/register?account=Assets:Cash&from=2024-02-01",
        "/reports/trial-balance?to=2024-02-01",
        f"/reports/changes?from_size={posted['size']}",
    ]
    posted = await books.post("/transactions", sale("1.00", on="2024-02-02"))
    asked = [f"{each}&min_size={posted['size']}" for each in asked]
    own = {"Cache-Control": "no-store"}  # so that what is kept is what was spoiled
    right = [(await books.call("GET", each, expect=200, headers=own)).json() for each in asked]
    async with open_services(server.settings) as services:
        ledger = await services.journal.find(books.id)
        assert ledger is not None
        of_ledger = chunks.c.ledger == ledger.serial
        async with services.projections.write.begin() as connection:
            wrong = {"debits": 7777, "movements": "1 1 7777 0"}
            await connection.execute(update(chunks).where(of_ledger).values(wrong))
        asked = [f"{each}&timeout=1" for each in asked]
        spoiled = [await books.call("GET", each, expect=200) for each in asked]
        for before, answer in zip(right, spoiled, strict=True):
            assert answer.json() != before, answer.url
        await rebuild(services.journal, services.projections, BalanceHistory(), ledger.serial, accept=True)
    for each, before, answer in zip(asked, right, spoiled, strict=True):
        for headers in ({"If-None-Match": answer.headers["ETag"]}, {}):
            mended = await books.call("GET", each, expect=200, headers=headers)
            assert mended.json() == before, each


async def test_a_transaction_shows_its_accounts_as_they_are_called(books: Books) -> None:
    posted = await books.post("/transactions", sale())
    url, tags, cash = f"/transactions/{posted['id']}", set(), await books.id_of("Assets:Cash")
    for name in ("Assets:One", "Assets:Two", "Assets:Three"):
        renamed = await books.send("PATCH", f"/accounts/{cash}", {"path": name})
        answer = await books.call("GET", url, expect=200, params={"min_size": renamed.json()["size"]})
        assert answer.json()["postings"][0]["account"] == name
        tags.add(answer.headers["ETag"])
    assert len(tags) == 3


async def test_waiting_for_a_size_does_not_change_the_tag(books: Books) -> None:
    await posted_books(books)
    plain = await books.call("GET", "/balances", expect=200)
    waited = await books.call("GET", "/balances", expect=200, params={"min_size": await books.size(), "timeout": 1})
    assert waited.headers["ETag"] == plain.headers["ETag"]


async def test_two_ledgers_with_the_same_books_have_different_tags(api: httpx.AsyncClient, books: Books) -> None:
    other = await open_books(api, f"reads-{next(_numbers)}")
    await posted_books(books)
    await posted_books(other)
    mine = await books.call("GET", "/balances", expect=200)
    theirs = await other.call("GET", "/balances", expect=200)
    assert mine.headers["ETag"] != theirs.headers["ETag"]


# --- both time axes ---------------------------------------------------------------------------------------------------

ACCOUNTS = [account["path"] for account in CHART]
DAYS = [dt.date(2024, 1, 1) + dt.timedelta(days=day) for day in range(0, 60, 7)] + [dt.date(2999, 12, 31)]


async def random_books(books: Books, seed: int, count: int) -> list[Json]:
    """Books with backdated, future-dated and reversed transactions in two currencies; their events."""
    random = Random(seed)
    ids: list[str] = []
    for _ in range(count):
        if ids and random.random() < 0.15:
            on = random.choice([None, str(random.choice(DAYS))])
            body = {} if on is None else {"date": on}
            ids.append((await books.post(f"/transactions/{ids.pop(random.randrange(len(ids)))}/reverse", body))["id"])
            continue
        amounts = {"EUR": f"{random.randrange(10**30)}.07", "JPY": str(random.randrange(999))}
        currency, amount = random.choice(list(amounts.items()))
        first, second = random.sample(ACCOUNTS, 2)
        postings = [debit(first, amount, currency), credit(second, amount, currency)]
        body = transaction(*postings, on=str(random.choice(DAYS)))
        ids.append((await books.post("/transactions", body))["id"])
    events: list[Json] = (await books.get("/events", limit=1000))["events"]
    return events


Key = tuple[str, str]


def sums_of(events: list[Json], size: int, effective: dt.date | None) -> dict[Key, tuple[int, int]]:
    """Debits and credits by account and currency in minor units, added up one posting at a time; what was only posted
    to on later dates has sums of zero."""
    paths = {event["position"]: event["memo"]["path"] for event in events if event["type"] == "AccountOpened"}
    sums: dict[Key, tuple[int, int]] = {}
    for event in events[:size]:
        if event["type"] != "TransactionPosted":
            continue
        counts = effective is None or dt.date.fromisoformat(event["data"]["date"]) <= effective
        for posting in event["data"]["postings"]:
            key = (paths[posting["account"]], posting["currency"])
            debits, credits = sums.get(key, (0, 0))
            units = int(posting["amount"].replace(".", "")) * counts
            sums[key] = (debits + max(units, 0), credits + max(-units, 0))
    return sums


def text(units: int, currency: str) -> str:
    """Minor units as the service writes them."""
    if currency == "JPY":
        return str(units)
    return f"{'-' if units < 0 else ''}{abs(units) // 100}.{abs(units) % 100:02d}"


@BOTH
async def test_balances_at_any_pair_of_dates_equal_a_sum_over_the_log(books: Books) -> None:
    seed = 20240517
    events = await random_books(books, seed, 24)
    random = Random(seed)
    head = len(events)
    sizes = [None, 0, 1, head, *random.sample(range(len(CHART), head), 4)]
    dates = [None, DAYS[0] - dt.timedelta(days=1), DAYS[3], DAYS[-2]]
    for size, effective in itertools.product(sizes, dates):
        params: Json = {"min_size": head, "limit": 1000}
        time = None
        if size is not None and size > 0 and random.random() < 0.5:
            time = events[size - 1]["recorded_at"]
            params["recorded"] = time
            size = max(index + 1 for index, event in enumerate(events) if event["recorded_at"] <= time)
        elif size is not None:
            params["recorded_size"] = size
        if effective is not None:
            params["effective"] = str(effective)
        answer = await books.get("/balances", **params)
        known = head if size is None else size
        expected = sums_of(events, known, effective)
        assert {
            (each["account"], each["currency"]): (each["debits"], each["credits"], each["balance"])
            for each in answer["balances"]
        } == {
            (path, currency): tuple(text(units, currency) for units in (debits, credits, debits - credits))
            for (path, currency), (debits, credits) in expected.items()
        }, (seed, size, effective)
        assert answer["as_of"] == {
            "size": known,
            "recorded_at": events[known - 1]["recorded_at"] if known else None,
            "effective": str(effective) if effective else None,
        }
        one = random.choice(ACCOUNTS)
        params.pop("limit")
        single = await books.get(f"/accounts/{one}/balance", **params)
        assert single["balances"] == [each for each in answer["balances"] if each["account"] == one]


@BOTH
async def test_a_register_at_any_pair_of_dates_equals_a_sum_over_the_log(books: Books) -> None:
    seed = 4711
    events = await random_books(books, seed, 24)
    head = len(events)
    paths = {event["position"]: event["memo"]["path"] for event in events if event["type"] == "AccountOpened"}
    cash = next(position for position, path in paths.items() if path == "Assets:Cash")
    for size, start, end in itertools.product([None, head - 10], [None, DAYS[2]], [None, DAYS[4]]):
        lines: list[tuple[Any, ...]] = []
        for event in events[:size]:
            if event["type"] == "TransactionPosted":
                for number, posting in enumerate(event["data"]["postings"]):
                    if posting["account"] == cash:
                        lines.append((event["data"]["date"], event["position"], number, posting))
        running: dict[str, int] = {}
        expected = []
        for date, position, number, posting in sorted(lines, key=lambda line: line[:3]):
            units = int(posting["amount"].replace(".", ""))
            running[posting["currency"]] = running.get(posting["currency"], 0) + units
            if (start is None or date >= str(start)) and (end is None or date <= str(end)):
                balance = text(running[posting["currency"]], posting["currency"])
                expected.append((date, position, number, posting["amount"], posting["currency"], balance))
        params: Json = {"account": "Assets:Cash", "min_size": head}
        params |= {} if size is None else {"recorded_size": size}
        params |= {} if start is None else {"from_": str(start)}
        params |= {} if end is None else {"to": str(end)}
        effective = {"effective" if name == "to" else name: value for name, value in params.items()}
        for limit, asked in ((1000, params), (3, params), (1000, effective)):
            found = await books.pages("/register", "lines", limit=limit, **asked)
            members = ("date", "position", "line", "amount", "currency", "balance")
            assert [tuple(line[member] for member in members) for line in found] == expected


async def test_a_registers_line_has_every_member(books: Books) -> None:
    posted = await books.post("/transactions", sale("5.00", description="Lemonade"))
    register = await books.get("/register", account="Income:Sales", min_size=posted["size"])
    assert register.keys() == {"as_of", "account", "account_id", "lines", "next"}
    assert register["lines"] == [
        {
            "date": "2024-05-17",
            "position": posted["position"],
            "line": 1,
            "transaction": posted["id"],
            "series": "A",
            "number": 1,
            "description": "Lemonade",
            "counter_accounts": ["Assets:Cash"],
            "amount": "-5.00",
            "currency": "EUR",
            "balance": "-5.00",
        }
    ]


async def test_a_time_before_the_first_record_is_size_0_and_a_late_one_the_head(books: Books) -> None:
    await posted_books(books)
    size = await books.size()
    for time, expected in (("2000-01-01T00:00:00Z", 0), ("2999-01-01T00:00:00+01:00", size)):
        assert (await books.get("/balances", recorded=time, min_size=size))["as_of"]["size"] == expected


async def test_a_balance_can_be_read_as_its_account_grows(books: Books) -> None:
    await books.post("/transactions", sale("5.00"))
    size = await books.size()
    plain = (await books.get("/balances", min_size=size))["balances"]
    natural = (await books.get("/balances", min_size=size, sign="natural"))["balances"]
    assert [each["balance"] for each in plain] == ["5.00", "-5.00"]
    assert [each["balance"] for each in natural] == ["5.00", "5.00"]
    assert [each | {"balance": ""} for each in plain] == [each | {"balance": ""} for each in natural]
    assert plain[0].keys() == {"account", "account_id", "type", "normal", "currency", "debits", "credits", "balance"}


@BOTH
async def test_accounts_roll_up_and_are_found_below_a_path(books: Books) -> None:
    await books.post("/accounts", {"path": "Expenses:Foodstuff"})
    for account, amount in (("Expenses:Food", "1.00"), ("Expenses:Food:Out", "2.00"), ("Expenses:Foodstuff", "4.00")):
        await books.post("/transactions", transaction(debit(account, amount), credit("Assets:Cash", amount)))
    size = await books.size()

    async def rows(**params: Any) -> list[tuple[Any, ...]]:
        found = await books.get("/balances", min_size=size, **params)
        assert found["next"] is None
        return [(each["account"], each["account_id"], each["type"], each["balance"]) for each in found["balances"]]

    cash, food, out, stuff = [
        await books.id_of(path) for path in ("Assets:Cash", "Expenses:Food", "Expenses:Food:Out", "Expenses:Foodstuff")
    ]
    all_rows = [
        ("Assets:Cash", cash, "asset", "-7.00"),
        ("Expenses:Food", food, "expense", "1.00"),
        ("Expenses:Food:Out", out, "expense", "2.00"),
        ("Expenses:Foodstuff", stuff, "expense", "4.00"),
    ]
    assert await rows() == all_rows
    assert await rows(under="Expenses:Food") == all_rows[1:3]
    assert await rows(under="Expenses") == all_rows[1:]
    assert await rows(under="Expen") == []
    assert await rows(depth=1) == [("Assets", None, "asset", "-7.00"), ("Expenses", None, "expense", "7.00")]
    assert await rows(depth=2) == [all_rows[0], ("Expenses:Food", food, "expense", "3.00"), all_rows[3]]
    assert await rows(depth=3) == all_rows
    assert await rows(depth=2, under="Expenses:Food") == [("Expenses:Food", food, "expense", "3.00")]
    assert await rows(depth=1, recorded_size=size - 1) == [
        ("Assets", None, "asset", "-3.00"),
        ("Expenses", None, "expense", "3.00"),
    ]
    found = await books.get("/accounts", under="Expenses:Food", min_size=size)
    assert [account["path"] for account in found["accounts"]] == ["Expenses:Food", "Expenses:Food:Out"]
    listed = await books.get("/transactions", under="Expenses:Food", min_size=size)
    assert len(listed["transactions"]) == 2


# --- pages ------------------------------------------------------------------------------------------------------------


@pytest.fixture
async def long_books(books: Books) -> Books:
    """Books with enough in them for several pages."""
    commands = [
        command({"path": f"Assets:Box {number:02d}", "currencies": ["EUR", "USD"]}, "open_account")
        for number in range(12)
    ]
    for number in range(24):
        box = f"Assets:Box {number % 12:02d}"
        currency = "EUR" if number % 3 else "USD"
        on = f"2024-01-{1 + (number * 7) % 28:02d}"
        commands.append(
            command(transaction(debit(box, "1.00", currency), credit("Equity:Opening", "1.00", currency), on=on))
        )
    size = (await books.bulk(*commands, atomic=True))["size"]
    await books.get("/accounts", min_size=size)
    for path in ("/register", "/balances"):
        await books.get(path, account="Equity:Opening", min_size=size, effective="2999-01-01")
    return books


LISTS: list[tuple[str, str, Json]] = [
    ("/accounts", "accounts", {}),
    ("/accounts", "accounts", {"under": "Assets"}),
    ("/balances", "balances", {}),
    ("/balances", "balances", {"under": "Assets", "effective": "2024-01-15"}),
    ("/balances", "balances", {"recorded_size": 30}),
    ("/register", "lines", {"account": "Equity:Opening"}),
    ("/register", "lines", {"account": "Equity:Opening", "from_": "2024-01-05", "to": "2024-01-20"}),
    ("/transactions", "transactions", {}),
    ("/transactions", "transactions", {"under": "Assets"}),
    ("/transactions", "transactions", {"account": "Equity:Opening", "from_": "2024-01-05"}),
]

EVENTS: tuple[str, str, Json] = ("/events", "events", {})


@BOTH
async def test_pages_glued_together_are_the_whole(long_books: Books) -> None:
    for path, member, params in LISTS:
        whole = await long_books.get(path, limit=1000, **params)
        assert whole["next"] is None
        pages = await long_books.pages(path, member, limit=4, **params)
        assert pages == whole[member], (path, params)


@BOTH
async def test_pages_are_pinned_while_writes_go_on(long_books: Books) -> None:
    for path, member, params in LISTS:
        if path == "/accounts":
            continue  # the chart has no size of its own: it is as it is
        whole = await long_books.get(path, limit=1000, **params)
        first = await long_books.get(path, limit=9, **params)
        glued, cursor = list(first[member]), first["next"]
        while cursor is not None:
            written = await long_books.bulk(
                command(transaction(debit("Assets:Box 01", "9.00"), credit("Equity:Opening", "9.00"), on="2024-01-10")),
                command(sale(on="2023-12-31")),
                atomic=True,
            )
            page = await long_books.get(path, limit=9, cursor=cursor, min_size=written["size"], **params)
            assert page["as_of"] == first["as_of"], path
            glued += page[member]
            cursor = page["next"]
        assert glued == whole[member], (path, params)


async def test_the_next_page_is_linked(long_books: Books) -> None:
    for path, member, params in [*LISTS, EVENTS]:
        url = f"/api/ledgers/{long_books.id}{path}?limit=9" + "".join(
            f"&{name.removesuffix('_')}={value}" for name, value in params.items()
        )
        found: list[Json] = []
        seen = 0
        while url:
            answer = await long_books.api.get(url.removeprefix("/api"))
            assert answer.status_code == 200
            found += answer.json()[member]
            seen += 1
            link = answer.headers.get("Link")
            assert (link is None) == (answer.json()["next"] is None)
            url = ""
            if link is not None:
                assert link.endswith('>; rel="next"')
                url = link[1:].partition(">")[0]
        assert seen > 1
        whole = await long_books.get(path, limit=1000, **params)
        assert found == whole[member]


async def test_pages_of_accounts_with_any_letters_go_on(books: Books) -> None:
    """No-break spaces, joiners after a letter that needs them and the like may stand in a path, and so in a cursor."""
    paths = ["Assets:A\u00a0B", "Assets:ن\u200cD", "Assets:😀", "Assets:❤\ufe0fx", "Assets:'\"\\%;"]
    await books.bulk(*[command({"path": path}, "open_account") for path in paths], atomic=True)
    await books.bulk(
        *[command(transaction(debit(path, "1.00"), credit("Income:Sales", "1.00"))) for path in paths], atomic=True
    )
    size = await books.size()
    for path, member, name in (("/accounts", "accounts", "path"), ("/balances", "balances", "account")):
        found = await books.pages(path, member, limit=1, min_size=size)
        assert {each[name] for each in found} >= set(paths)
        assert [each[name] for each in found] == sorted(each[name] for each in found)


@pytest.mark.parametrize("path", ["日本:現金", "Assets:Käse und Brot", "Assets:100%?", "#4711", "Assets:A<B>"])
async def test_the_next_page_of_an_account_by_any_name_is_linked(books: Books, path: str) -> None:
    """Servers decode a path; in a header it is encoded again."""
    opened: Json = {"path": "Assets:Numbered", "number": path[1:]} if path.startswith("#") else {"path": path}
    await books.post("/accounts", {"type": "asset", **opened})
    for _ in range(3):
        await books.post("/transactions", transaction(debit(path, "1.00"), credit("Income:Sales", "1.00")))
    url = f"/ledgers/{books.id}/accounts/{quote(path)}/register?limit=1&min_size={await books.size()}"
    lines: list[Json] = []
    while url:
        answer = await books.api.get(url)
        assert answer.status_code == 200, answer.text
        lines += answer.json()["lines"]
        link = answer.headers.get("Link", "")
        assert link.isascii() and " " not in link.removesuffix('; rel="next"')
        url = link[1:].partition(">")[0].removeprefix("/api")
    assert [line["balance"] for line in lines] == ["1.00", "2.00", "3.00"]


async def test_short_lists_are_one_page(books: Books) -> None:
    await books.post("/transactions", sale())
    for path, member in (("/currencies", "currencies"), ("/members", "members"), ("/tokens", "tokens")):
        document = await books.get(path)
        assert document["next"] is None and isinstance(document[member], list), path
    for path in ("/ledgers?limit=1000", "/charts"):
        assert (await books.api.get(path)).json()["next"] is None
    size = await books.size()
    for path in ("/currencies", "/events"):
        as_of = (await books.get(path))["as_of"]
        assert as_of.keys() == {"size", "recorded_at", "effective"} and as_of["size"] == size, path


def tampered(cursor: str) -> Iterator[str]:
    """Cursors that nobody was given."""
    state = json.loads(base64.urlsafe_b64decode(cursor + "=="))

    def made(**changes: Any) -> str:
        return base64.urlsafe_b64encode(json.dumps(state | changes).encode()).decode().rstrip("=")

    yield from ("", "x", "AAAA", "%00", "e30", "bnVsbA", "W10", cursor[:-3], cursor[1:], cursor + "AAAA", "é" * 5)
    yield from ("A" * 8_000, "A" * 8_001)
    yield base64.urlsafe_b64encode(b"[" * 5_000).decode().rstrip("=")
    yield made(q="0" * 24)
    yield made(surplus=1)
    for name in state:
        yield made(**{name: None})
        yield made(**{name: {"a": 1}})
        yield made(**{name: [1]})
    if "size" in state:
        yield from (made(size=10**6), made(size=-1), made(size="5"), made(size=1.5), made(size=True), made(size=10**40))
    if "path" in state:
        yield from (made(path="a\0b"), made(path="\ud800"))
    if "date" in state:
        yield from (made(date="2024-02-30"), made(date="x"))
    if "position" in state:
        yield from (made(position=2**63), made(position=-1))
    if "running" in state:
        yield from (made(running={"EUR": "x"}), made(running={"EUR": 5}), made(running={"EUR": "9" * 5_000}))


async def test_a_cursor_that_was_not_given_out_is_refused(long_books: Books) -> None:
    for path, _, params in LISTS[:1] + LISTS[2:3] + LISTS[5:6] + LISTS[7:8]:
        cursor = (await long_books.get(path, limit=5, **params))["next"]
        for bad in tampered(cursor):
            document = await long_books.get(path, cursor=bad, expect=400, **params)
            assert document["code"] == "cursor_invalid", bad


async def test_a_cursor_belongs_to_its_question(api: httpx.AsyncClient, long_books: Books) -> None:
    cursor = (await long_books.get("/balances", limit=5, under="Assets"))["next"]
    other = await open_books(api, f"reads-{next(_numbers)}")
    foreign: list[tuple[Books, str, Json]] = [
        (long_books, "/balances", {}),
        (long_books, "/balances", {"under": "Equity"}),
        (long_books, "/balances", {"under": "Assets", "effective": "2024-01-01"}),
        (long_books, "/balances", {"under": "Assets", "sign": "natural"}),
        (long_books, "/accounts", {"under": "Assets"}),
        (other, "/balances", {"under": "Assets"}),
    ]
    for books, path, params in foreign:
        assert (await books.get(path, cursor=cursor, expect=400, **params))["code"] == "cursor_invalid", params
    await long_books.get("/balances", cursor=cursor, under="Assets", limit=50, timeout=1)  # these are no question


# --- finding transactions ---------------------------------------------------------------------------------------------


@BOTH
async def test_transactions_are_found_by_what_they_say(books: Books) -> None:
    bodies = {
        "rent": transaction(
            debit("Expenses:Food", "800.00", text="Küche"),
            credit("Assets:Bank", "800.00"),
            on="2024-01-01",
            description="Rent January",
            document={"ref": "R-1"},
            metadata={"project": "home", "floor": 3, "paid": True, "deep": {"a": 1}},
        ),
        "lunch": transaction(
            debit("Expenses:Food:Out", "12.50"),
            credit("Assets:Cash", "12.50"),
            on="2024-01-15",
            payee="Café Ümit",
            tags=["team"],
            metadata={"project": "office"},
        ),
        "opening": sale("100.00", on="2023-12-31", kind="opening", notes="100% of _everything_", document={"ref": "2"}),
        "yen": sale("5000", on="2024-02-01", currency="JPY", description="rent of a car"),
    }
    ids = {name: (await books.post("/transactions", body))["id"] for name, body in bodies.items()}
    names = {id_: name for name, id_ in ids.items()}
    size = await books.size()

    async def found(**params: Any) -> list[str]:
        listed = await books.get("/transactions", min_size=size, **params)
        return [names[each["id"]] for each in listed["transactions"]]

    assert await found() == ["yen", "lunch", "rent", "opening"]
    assert await found(account="Assets:Cash") == ["yen", "lunch", "opening"]
    assert await found(account="#1000", from_="2024-01-01") == ["yen", "lunch"]
    assert await found(under="Expenses:Food") == ["lunch", "rent"]
    assert await found(under="Expenses:Food", account="Expenses:Food") == ["rent"]
    assert await found(under="Expenses", account="Income:Sales") == []
    assert await found(from_="2024-01-01", to="2024-01-15") == ["lunch", "rent"]
    assert await found(to="2023-12-31") == ["opening"]
    assert await found(text="RENT") == ["yen", "rent"]
    assert await found(text="january rent") == ["rent"]
    assert await found(text="ümit") == await found(text="u\u0308mit") == ["lunch"]
    assert await found(text="küche") == ["rent"]
    assert await found(text="100%") == await found(text="_everything_") == ["opening"]
    assert await found(text="%") == ["opening"]
    assert await found(text="x%y") == []
    assert await found(min_amount="100") == ["yen", "rent", "opening"]
    assert await found(min_amount="12.5", max_amount="100.00") == ["lunch", "opening"]
    assert await found(max_amount="12.49999") == []
    assert await found(reference="R-1") == ["rent"]
    assert await found(reference="r-1") == []
    assert await found(kind="opening") == ["opening"]
    assert await found(kind="normal") == ["yen", "lunch", "rent"]
    assert await found(kind="closing") == []
    assert await found(**{"metadata.project": "home"}) == ["rent"]
    assert await found(**{"metadata.floor": "3", "metadata.paid": "true"}) == ["rent"]
    assert await found(**{"metadata.project": "home", "metadata.floor": "4"}) == []
    assert await found(**{"metadata.project": "office"}, account="Assets:Cash", text="café") == ["lunch"]
    assert await found(**{"metadata.nothing": "x"}) == []
    await books.get("/transactions", account="Assets:Nowhere", expect=404)
    listed = await books.get("/transactions", text="rent", limit=1, min_size=size)
    assert listed.keys() == {"as_of", "transactions", "next"}
    assert listed["as_of"].keys() == {"size", "recorded_at", "effective"}


async def test_a_listed_transaction_shows_its_reversal_as_of_its_size(books: Books) -> None:
    posted = await books.post("/transactions", sale())
    await books.post("/transactions", sale())
    first = await books.get("/transactions", limit=1, min_size=await books.size())
    reversal = await books.post(f"/transactions/{posted['id']}/reverse", {"date": "2020-01-01"})
    pinned = await books.get("/transactions", limit=5, cursor=first["next"], min_size=reversal["size"])
    assert [each["reversed_by"] for each in pinned["transactions"]] == [None]
    current = await books.get("/transactions", min_size=reversal["size"])
    assert [each["reversed_by"] for each in current["transactions"]] == [None, reversal["id"], None]
