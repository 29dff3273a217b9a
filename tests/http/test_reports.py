"""Reports equal what the log says when it is added up by hand, whatever was dated back, reversed, closed or renamed
since, in several currencies, as known at any size, on both engines."""

import itertools
import random
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import httpx
import pytest

from api.documents import figures, results
from tests.http.service import BOTH, Books, Json, command, credit, debit, open_books, transaction
from tests.yearly_results import Entry, open_results

_numbers = itertools.count(1)
REPORTS = ("trial-balance", "balance-sheet", "income-statement", "cash-flow")
SCALES = {"EUR": 2, "JPY": 0}
ACCOUNTS = (
    {"path": "Assets:Cash", "role": "cash", "number": "1000", "label": "Till"},
    {"path": "Assets:Bank:Giro", "role": "bank"},
    {"path": "Assets:Bank:Depot"},
    {"path": "Assets:Customers", "role": "receivable"},
    {"path": "Assets:Wear", "normal": "credit"},
    {"path": "Liabilities:Loan"},
    {"path": "Liabilities:Bills", "role": "payable"},
    {"path": "Equity:Opening"},
    {"path": "Equity:Retained", "role": "retained_earnings"},
    {"path": "Equity:Exchange", "role": "fx"},
    {"path": "Income:Sales"},
    {"path": "Income:Sales:Web"},
    {"path": "Expenses:Rent"},
    {"path": "Odd:Root", "type": "expense"},
)
SIGN = {"asset": 1, "expense": 1, "liability": -1, "equity": -1, "income": -1}
DAYS = [f"{year}-{month:02d}-{day:02d}" for year in (2022, 2023, 2024) for month in (1, 3, 4, 12) for day in (1, 31)]
DAYS = [day for day in DAYS if not day.endswith("04-31")]


# --- by hand ---------------------------------------------------------------------------------------------------------


@dataclass
class Hand:
    """The first records of a log, added up by hand: one event after the other, every sum over all postings."""

    paths: dict[int, str]
    """Today's."""
    accounts: dict[int, Json] = field(default_factory=dict)
    transactions: list[Json] = field(default_factory=list)

    @classmethod
    def of(cls, events: list[Json], size: int, paths: dict[int, str]) -> "Hand":
        hand = cls(paths)
        for event in events[:size]:
            match event["type"]:
                case "AccountOpened":
                    hand.accounts[event["position"]] = dict(event["data"])
                case "AccountUpdated":
                    hand.accounts[event["data"]["account"]]["role"] = event["data"].get("role")
                case "TransactionPosted":
                    hand.transactions.append({"id": event["id"], **event["data"]})
        return hand

    def postings(self, start: str | None, end: str | None, *, closings: bool = True) -> Iterator[Json]:
        for each in self.transactions:
            if (start or "") <= each["date"] <= (end or "9999") and (closings or each["kind"] != "closing"):
                yield from each["postings"]

    def used(self) -> set[tuple[int, str]]:
        return {(each["account"], each["currency"]) for each in self.postings(None, None)}

    def currencies(self) -> list[str]:
        return sorted({currency for _, currency in self.used()})

    def sums(self, key: Callable[[Json], object], postings: Iterator[Json]) -> dict[object, list[Decimal]]:
        """Debits and credits by a key."""
        found: dict[object, list[Decimal]] = defaultdict(lambda: [Decimal(), Decimal()])
        for each in postings:
            amount = Decimal(each["amount"])
            found[key(each)][amount < 0] += abs(amount)
        return found

    def results(self, code: str) -> list[Entry]:
        """What every transaction moved on income and expenses."""
        found = []
        for each in self.transactions:
            moved: dict[int, int] = defaultdict(int)
            for posting in each["postings"]:
                if posting["currency"] == code and self.accounts[posting["account"]]["type"] in ("income", "expense"):
                    moved[posting["account"]] += int(Decimal(posting["amount"]).scaleb(SCALES[code]))
            found.append(Entry(each["id"], each["date"], moved, each["kind"] == "closing", each.get("reverses")))
        return found

    def group(self, posting: Json, depth: int | None) -> tuple[str, str, str]:
        """Type, path and currency of the line that a posting is shown in."""
        account = self.accounts[posting["account"]]
        path = self.paths[posting["account"]]
        return account["type"], ":".join(path.split(":")[:depth]), posting["currency"]


def text(amount: Decimal, currency: str) -> str:
    return f"{amount:.{SCALES[currency]}f}" if amount else f"{0:.{SCALES[currency]}f}"


def before(day: str | None) -> str:
    """The last moment that sorts before a day."""
    return "" if day is None else day[:-1] + chr(ord(day[-1]) - 1) + "~"


def trial_balance(hand: Hand, start: str | None, end: str | None, depth: int | None) -> Json:
    def key(posting: Json) -> tuple[str, str, str]:
        return hand.group(posting, depth)

    opening = hand.sums(key, hand.postings(None, before(start))) if start else {}
    moved = hand.sums(key, hand.postings(start, end))
    zero = [Decimal(), Decimal()]
    lines = {}
    totals: dict[str, list[Decimal]] = {each: [Decimal()] * 7 for each in hand.currencies()}
    for group in {key({"account": account, "currency": currency}) for account, currency in hand.used()}:
        first = opening.get(group, zero)
        debits, credits_ = moved.get(group, zero)
        was = first[0] - first[1]
        row = [was, debits, credits_, debits - credits_, was + debits - credits_]
        lines[group] = [text(each, group[2]) for each in row]
        row += [max(row[4], Decimal()), max(-row[4], Decimal())]
        totals[group[2]] = [one + other for one, other in zip(totals[group[2]], row, strict=True)]
    return {"lines": lines, "totals": {code: [text(each, code) for each in row] for code, row in totals.items()}}


def balance_sheet(hand: Hand, end: str | None, depth: int | None) -> Json:
    day = end or max((each["date"] for each in hand.transactions), default=None)
    year = None if day is None else f"{day[:4]}-04-01" if day[5:] >= "04-01" else f"{int(day[:4]) - 1}-04-01"
    lines: dict[tuple[str, ...], Decimal] = defaultdict(Decimal)
    names = ("assets", "liabilities", "equity")
    sections = dict(zip(("asset", "liability", "equity"), names, strict=True))
    amounts: dict[str, dict[str, Decimal]] = {each: dict.fromkeys(names, Decimal()) for each in hand.currencies()}
    for posting in hand.postings(None, end):
        type_, path, code = hand.group(posting, depth)
        if type_ in sections:
            lines[sections[type_], path, code] += SIGN[type_] * Decimal(posting["amount"])
            amounts[code][sections[type_]] += SIGN[type_] * Decimal(posting["amount"])
    for code in hand.currencies():
        units = open_results(hand.results(code), year or "", end or "9999")
        old, new = (Decimal(each).scaleb(-SCALES[code]) for each in units)
        lines["equity", "result_of_earlier_years", code] = old
        lines["equity", "result_of_year", code] = new
        amounts[code]["equity"] += old + new
    for sums in amounts.values():
        assert sums["assets"] == sums["liabilities"] + sums["equity"]
    return {
        "year": year,
        "lines": {key: text(amount, key[2]) for key, amount in lines.items() if amount},
        "totals": {code: [text(each, code) for each in sums.values()] for code, sums in amounts.items()},
    }


def income_statement(hand: Hand, start: str | None, end: str | None, depth: int | None) -> Json:
    lines: dict[tuple[str, str, str], Decimal] = defaultdict(Decimal)
    totals = {each: {"income": Decimal(), "expense": Decimal()} for each in hand.currencies()}
    for posting in hand.postings(start, end, closings=False):
        type_, path, code = hand.group(posting, depth)
        if type_ in ("income", "expense"):
            lines[type_, path, code] += SIGN[type_] * Decimal(posting["amount"])
            totals[code][type_] += SIGN[type_] * Decimal(posting["amount"])
    return {
        "lines": {key: text(amount, key[2]) for key, amount in lines.items() if amount},
        "totals": {
            code: [text(each, code) for each in (*sums.values(), sums["income"] - sums["expense"])]
            for code, sums in totals.items()
        },
    }


def cash_flow(hand: Hand, start: str | None, end: str | None, depth: int | None) -> Json:
    money = {id_ for id_, account in hand.accounts.items() if account.get("role") in ("cash", "bank")}
    flows: dict[tuple[str, ...], list[Decimal]] = defaultdict(lambda: [Decimal(), Decimal()])
    totals: dict[str, dict[str, Decimal]] = {each: defaultdict(Decimal) for each in hand.currencies()}
    cash: dict[tuple[str, str], list[Decimal]] = defaultdict(lambda: [Decimal(), Decimal()])
    for account, code in hand.used():
        if account in money:
            assert cash[hand.paths[account], code] == [0, 0]
    for each in hand.transactions:
        if each["date"] > (end or "9999"):
            continue
        # An opening entry of the period brings what was there before it.
        inside = each["date"] >= (start or "") and each["kind"] != "opening"
        for posting in each["postings"]:
            if posting["account"] in money:
                code, amount = posting["currency"], Decimal(posting["amount"])
                cash[hand.paths[posting["account"]], code][inside] += amount
                totals[code]["closing"] += amount
                totals[code]["opening"] += Decimal() if inside else amount
        moved = {p["currency"] for p in each["postings"] if p["account"] in money and Decimal(p["amount"])}
        for posting in each["postings"]:
            if inside and posting["currency"] in moved and posting["account"] not in money:
                amount = -Decimal(posting["amount"])
                activity = activity_of(hand.accounts[posting["account"]])
                flows[activity, *hand.group(posting, depth)][amount < 0] += abs(amount)
                totals[posting["currency"]][activity] += amount
    names = ("opening", "operating", "investing", "financing", "exchange", "closing")
    for sums in totals.values():
        assert sum(sums[name] for name in names[:-1]) == sums["closing"]
    return {
        "cash": {key: [text(was, key[1]), text(was + by, key[1])] for key, (was, by) in cash.items()},
        "lines": {
            key: [text(each, key[3]) for each in (*row, row[0] - row[1])] for key, row in flows.items() if any(row)
        },
        "totals": {code: [text(sums[name], code) for name in names] for code, sums in totals.items()},
    }


def activity_of(account: Json) -> str:
    role, type_ = account.get("role"), account["type"]
    if role == "fx":
        return "exchange"
    if type_ in ("income", "expense") or role in ("receivable", "payable", "tax"):
        return "operating"
    return "investing" if type_ == "asset" else "financing"


# --- what the reports say, in the same form --------------------------------------------------------------------------


def rows(document: Json, key: tuple[str, ...], *columns: str, part: str = "lines") -> dict[tuple[str, ...], Any]:
    """The lines by their key; no key twice."""
    found = {tuple(line[name] for name in key): [line[column] for column in columns] for line in document[part]}
    assert len(found) == len(document[part])
    return {each: row[0] if len(columns) == 1 else row for each, row in found.items()}


def totals(document: Json, *columns: str) -> Json:
    return {each["currency"]: [each[column] for column in columns] for each in document["totals"]}


GROUP = ("type", "account", "currency")


async def require_right(
    books: Books, hand: Hand, size: int, start: str | None, end: str | None, depth: int | None
) -> None:
    """All four reports of this period say what the hand says."""
    asked: Json = {"recorded_size": size, "to": end, "depth": depth}
    asked = {name: value for name, value in asked.items() if value is not None}
    period = asked | ({"from": start} if start else {})
    found = await books.get("/reports/trial-balance", **period)
    assert {
        "lines": rows(found, GROUP, "opening", "debits", "credits", "movement", "balance"),
        "totals": totals(
            found, "opening", "debits", "credits", "movement", "balance", "debit_balances", "credit_balances"
        ),
    } == trial_balance(hand, start, end, depth)
    assert found["balanced"] is True
    assert (found["from"], found["to"], found["as_of"]["size"]) == (start, end, size)
    assert [line["account"] for line in found["lines"]] == sorted(line["account"] for line in found["lines"])

    found = await books.get("/reports/balance-sheet", **asked)
    for line in found["lines"]:
        line["account"] = line["account"] or line["item"]
    assert {
        "year": found["year"],
        "lines": rows(found, ("section", "account", "currency"), "amount"),
        "totals": totals(found, "assets", "liabilities", "equity"),
    } == balance_sheet(hand, end, depth)
    assert found["balanced"] is True and {Decimal(each["difference"]) for each in found["totals"]} <= {0}

    found = await books.get("/reports/income-statement", **period)
    assert {
        "lines": rows(found, GROUP, "amount"),
        "totals": totals(found, "income", "expenses", "result"),
    } == income_statement(hand, start, end, depth)

    found = await books.get("/reports/cash-flow", **period)
    assert {
        "cash": rows(found, ("account", "currency"), "opening", "closing", part="cash"),
        "lines": rows(found, ("activity", *GROUP), "received", "paid", "amount"),
        "totals": totals(found, "opening", "operating", "investing", "financing", "exchange", "closing"),
    } == cash_flow(hand, start, end, depth)
    assert found["balanced"] is True and {Decimal(each["difference"]) for each in found["totals"]} <= {0}


# --- a ledger's life -------------------------------------------------------------------------------------------------


async def live(books: Books, chance: random.Random) -> None:
    """Some weeks of bookkeeping, in no order of dates."""
    ids = [await books.id_of(each["path"]) for each in ACCOUNTS]
    posted: list[str] = []
    changes = [(ids[2], {"role": "bank"}), (ids[0], {"role": None}), (ids[1], {"path": "Assets:Giro"})]
    for change in changes:
        made = await books.bulk(*[command(some_transaction(chance, ids)) for _ in range(15)], atomic=True)
        posted += [each["id"] for each in made["results"]]
        undone = posted.pop(chance.randrange(len(posted)))
        await books.post(f"/transactions/{undone}/reverse", {"date": chance.choice(DAYS)})
        await books.send("PATCH", f"/accounts/{change[0]}", change[1])


def some_transaction(chance: random.Random, ids: list[int]) -> Json:
    """Three lines in each of one or two currencies; some are of zero."""
    lines = []
    for code in chance.sample(["EUR", "EUR", "JPY"], chance.choice([1, 1, 2])):
        amount = chance.randrange(0, 10**4)
        one, other, third = chance.sample(ids, 3)
        part = chance.randrange(0, amount + 1)
        cents = "" if SCALES[code] == 0 else ".25"
        lines += [debit(one, f"{amount}{cents}", code), credit(other, f"{part}{cents}", code)]
        lines += [credit(third, str(amount - part), code)]
    kind = chance.choice(["normal", "normal", "normal", "closing", "opening"])
    return transaction(*lines, on=chance.choice(DAYS), kind=kind)


@BOTH
@pytest.mark.parametrize("seed", [1, 2])
async def test_reports_are_the_log_added_up(api: httpx.AsyncClient, seed: int) -> None:
    chance = random.Random(seed)
    books = await reported_books(api)
    await live(books, chance)
    size = await books.size()
    events = (await books.get("/events", limit=1000))["events"]
    accounts = (await books.get("/accounts", limit=1000, min_size=size))["accounts"]
    paths = {each["id"]: each["path"] for each in accounts}
    for _ in range(8):
        known = chance.choice([size, chance.randrange(len(ACCOUNTS), size), chance.randrange(size // 2, size)])
        start, end = sorted([chance.choice(DAYS), chance.choice(DAYS)])
        hand = Hand.of(events, known, paths)
        await require_right(
            books,
            hand,
            known,
            chance.choice([None, start, start]),
            chance.choice([None, end, end]),
            chance.choice([None, None, 1, 2]),
        )


async def reported_books(api: httpx.AsyncClient) -> Books:
    """A ledger with the accounts above, whose fiscal year begins in April."""
    books = await open_books(api, f"reports-{next(_numbers)}", chart=False, fiscal_year_start="04-01")
    # In a bulk an account's type goes by another name.
    chart = [{"account_type" if name == "type" else name: each[name] for name in each} for each in ACCOUNTS]
    await books.bulk(*[{"type": "open_account", **each} for each in chart], atomic=True)
    return books


# --- what an accountant looks for ------------------------------------------------------------------------------------


async def amounts(books: Books, report: str, **asked: Any) -> Json:
    """Account or item -> amount of a report's lines, at the size of now."""
    document = await books.get(f"/reports/{report}", min_size=await books.size(), **asked)
    return {line["account"] or line["item"]: line["amount"] for line in document["lines"]}


@BOTH
async def test_a_closed_year_still_shows_its_result(api: httpx.AsyncClient) -> None:
    books = await reported_books(api)
    year = {"from_": "2023-04-01", "to": "2024-03-31"}
    await books.post(
        "/transactions", transaction(debit("Assets:Cash", "70"), credit("Income:Sales", "70"), on="2023-03-31")
    )
    await books.post(
        "/transactions", transaction(debit("Assets:Cash", "100"), credit("Income:Sales", "100"), on="2023-04-01")
    )
    await books.post(
        "/transactions", transaction(debit("Expenses:Rent", "30"), credit("Assets:Cash", "30"), on="2024-03-31")
    )
    result = {"Income:Sales": "100.00", "Expenses:Rent": "30.00"}
    assert await amounts(books, "income-statement", **year) == result
    open_sheet = {"Assets:Cash": "140.00", "result_of_earlier_years": "70.00", "result_of_year": "70.00"}
    assert await amounts(books, "balance-sheet", to="2024-03-31") == open_sheet
    before_closing = await books.size()

    lines = debit("Income:Sales", "170"), credit("Expenses:Rent", "30"), credit("Equity:Retained", "140")
    closing = await books.post("/transactions", transaction(*lines, on="2024-03-31", kind="closing"))
    assert await amounts(books, "income-statement", **year) == result
    sheet = await amounts(books, "balance-sheet", to="2024-03-31")
    assert sheet == {"Assets:Cash": "140.00", "Equity:Retained": "140.00"}
    assert await amounts(books, "balance-sheet", to="2024-04-01") == sheet
    trial = await books.get("/reports/trial-balance", to="2024-03-31")
    assert {line["account"]: line["balance"] for line in trial["lines"]}["Income:Sales"] == "0.00"

    await books.post(f"/transactions/{closing['id']}/reverse", {})
    assert await amounts(books, "income-statement", **year) == result
    assert await amounts(books, "balance-sheet", to="2024-03-31") == open_sheet
    assert await amounts(books, "balance-sheet", recorded_size=before_closing, effective="2024-03-31") == open_sheet


async def test_a_year_closed_on_the_first_day_of_the_next_leaves_that_ones_result_alone(api: httpx.AsyncClient) -> None:
    books = await reported_books(api)
    sale = debit("Assets:Cash", "100"), credit("Income:Sales", "100")
    more = debit("Assets:Cash", "8"), credit("Income:Sales", "8")
    closing = debit("Income:Sales", "100"), credit("Equity:Retained", "100")
    await books.post("/transactions", transaction(*sale, on="2023-12-31"))
    await books.post("/transactions", transaction(*more, on="2024-04-01"))
    await books.post("/transactions", transaction(*closing, on="2024-04-01", kind="closing"))
    sheet = await amounts(books, "balance-sheet", to="2024-04-01")
    assert sheet == {"Assets:Cash": "108.00", "Equity:Retained": "100.00", "result_of_year": "8.00"}


@BOTH
@pytest.mark.parametrize("closed_on", ["2024-03-31", "2024-04-01"])
async def test_a_closing_reversed_in_the_next_year_leaves_that_ones_result_alone(
    api: httpx.AsyncClient, closed_on: str
) -> None:
    """In two currencies, one with a profit and one with a loss, and as known at every size on the way."""
    books = await reported_books(api)
    seen: dict[int, Json] = {}

    async def sheet_after(made: Json, **expected: str) -> None:
        """The open results, at the size that this made."""
        items = await amounts(books, "balance-sheet", to="2024-06-30")
        seen[made["size"]] = {name: amount for name, amount in items.items() if name.startswith("result")}
        assert seen[made["size"]] == expected

    async def post(*lines: Json, on: str, kind: str = "normal") -> Json:
        return await books.post("/transactions", transaction(*lines, on=on, kind=kind))

    await post(debit("Assets:Cash", "100"), credit("Income:Sales", "100"), on="2023-06-01")
    made = await post(debit("Assets:Cash", "7"), credit("Income:Sales", "7"), on="2024-05-01")
    await sheet_after(made, result_of_earlier_years="100.00", result_of_year="7.00")

    closing = await post(debit("Income:Sales", "100"), credit("Equity:Retained", "100"), on=closed_on, kind="closing")
    await sheet_after(closing, result_of_year="7.00")
    undone = await books.post(f"/transactions/{closing['id']}/reverse", {"date": "2024-04-10"})
    await sheet_after(undone, result_of_earlier_years="100.00", result_of_year="7.00")
    made = await post(debit("Income:Sales", "60"), credit("Equity:Retained", "60"), on="2024-05-02", kind="closing")
    await sheet_after(made, result_of_earlier_years="40.00", result_of_year="7.00")
    made = await books.post(f"/transactions/{undone['id']}/reverse", {"date": "2024-06-30"})
    await sheet_after(made, result_of_earlier_years="-60.00", result_of_year="7.00")

    assert await amounts(books, "income-statement", from_="2024-04-01", to="2024-06-30") == {"Income:Sales": "7.00"}
    for size, expected in seen.items():
        items = await amounts(books, "balance-sheet", to="2024-06-30", recorded_size=size)
        assert {name: amount for name, amount in items.items() if name.startswith("result")} == expected


@BOTH
async def test_open_results_are_apart_by_currency(api: httpx.AsyncClient) -> None:
    """A profit in euro and a loss in yen, closed and opened again in one transaction each."""
    books = await reported_books(api)
    for day, euro, yen in (("2023-06-01", "100", "3000"), ("2024-05-01", "7", "500")):
        lines = [debit("Assets:Cash", euro), credit("Income:Sales", euro)]
        lines += [debit("Expenses:Rent", yen, "JPY"), credit("Assets:Cash", yen, "JPY")]
        await books.post("/transactions", transaction(*lines, on=day))
    lines = [debit("Income:Sales", "100"), credit("Equity:Retained", "100")]
    lines += [credit("Expenses:Rent", "3000", "JPY"), debit("Equity:Retained", "3000", "JPY")]
    closing = await books.post("/transactions", transaction(*lines, on="2024-03-31", kind="closing"))
    await books.post(f"/transactions/{closing['id']}/reverse", {"date": "2024-04-10"})
    found = await books.get("/reports/balance-sheet", to="2024-06-30", min_size=await books.size())
    assert [(line["item"], line["currency"], line["amount"]) for line in found["lines"] if line["account"] is None] == [
        ("result_of_earlier_years", "EUR", "100.00"),
        ("result_of_earlier_years", "JPY", "-3000"),
        ("result_of_year", "EUR", "7.00"),
        ("result_of_year", "JPY", "-500"),
    ]


@BOTH
async def test_opening_entries_are_no_cash_flow(api: httpx.AsyncClient) -> None:
    """Books begin on 1 November with what was there, in two currencies, and go on with one sale."""
    books = await reported_books(api)
    lines = [debit("Assets:Cash", "500"), debit("Assets:Bank:Giro", "17095"), debit("Assets:Customers", "1190")]
    lines += [credit("Liabilities:Loan", "5000"), credit("Equity:Opening", "13785")]
    lines += [debit("Assets:Bank:Giro", "1000", "JPY"), credit("Equity:Opening", "1000", "JPY")]
    opening = await books.post("/transactions", transaction(*lines, on="2024-11-01", kind="opening"))
    sale = transaction(debit("Assets:Bank:Giro", "200"), credit("Assets:Customers", "200"), on="2024-11-15")
    await books.post("/transactions", sale)

    async def cash(period: Json) -> tuple[Json, Json]:
        """The totals, and the lines of flows."""
        found = await books.get("/reports/cash-flow", min_size=await books.size(), **period)
        assert found["balanced"]
        flows = {line["account"]: line["amount"] for line in found["lines"]}
        return totals(found, "opening", "operating", "investing", "financing", "closing"), flows

    yen = ["1000", "0", "0", "0", "1000"]
    november = {"EUR": ["17595.00", "200.00", "0.00", "0.00", "17795.00"], "JPY": yen}
    for period in (Json(), Json(from_="2024-11-01"), Json(to="2024-11-30"), Json(from_="2024-11-01", to="2024-11-30")):
        assert await cash(period) == (november, {"Assets:Customers": "200.00"})
    found = await books.get("/reports/cash-flow", to="2024-11-30")
    assert rows(found, ("account", "currency"), "opening", "movement", "closing", part="cash") == {
        ("Assets:Bank:Giro", "EUR"): ["17095.00", "200.00", "17295.00"],
        ("Assets:Bank:Giro", "JPY"): ["1000", "0", "1000"],
        ("Assets:Cash", "EUR"): ["500.00", "0.00", "500.00"],
    }  # fmt: skip
    december = {"EUR": ["17795.00", "0.00", "0.00", "0.00", "17795.00"], "JPY": yen}
    assert await cash({"from_": "2024-12-01"}) == (december, {})

    # A second account is taken over in the middle of the month, and by mistake twice.
    late = transaction(debit("Assets:Cash", "30"), credit("Equity:Opening", "30"), on="2024-11-20", kind="opening")
    twice = [await books.post("/transactions", late) for _ in range(2)]
    await books.post(f"/transactions/{twice[1]['id']}/reverse", {})
    november["EUR"] = ["17625.00", "200.00", "0.00", "0.00", "17825.00"]
    assert await cash({"to": "2024-11-30"}) == (november, {"Assets:Customers": "200.00"})

    # All of it is taken back in December: that is no flow of December either.
    await books.post(f"/transactions/{opening['id']}/reverse", {"date": "2024-12-05"})
    taken_back = {"EUR": ["230.00", "0.00", "0.00", "0.00", "230.00"], "JPY": ["0"] * 5}
    assert await cash({"from_": "2024-12-01"}) == (taken_back, {})
    assert await cash({"to": "2024-11-30"}) == (november, {"Assets:Customers": "200.00"})


async def test_transfers_are_no_flow_and_the_other_side_is_every_line(api: httpx.AsyncClient) -> None:
    books = await reported_books(api)
    for lines in (
        (debit("Assets:Bank:Giro", "500"), credit("Assets:Cash", "500")),
        (debit("Assets:Bank:Giro", "98"), credit("Assets:Cash", "100"), debit("Expenses:Rent", "2")),
        (debit("Assets:Cash", "40"), debit("Assets:Customers", "60"), credit("Income:Sales", "100")),
        (debit("Assets:Customers", "7"), credit("Income:Sales", "7")),
        (
            credit("Assets:Cash", "10"), debit("Equity:Exchange", "10"),
            credit("Equity:Exchange", "1600", "JPY"), debit("Assets:Bank:Giro", "1600", "JPY"),
        ),
        (debit("Assets:Wear", "5"), credit("Assets:Cash", "5")),
        (debit("Assets:Cash", "1000"), credit("Liabilities:Loan", "1000")),
    ):  # fmt: skip
        await books.post("/transactions", transaction(*lines))
    found = await books.get("/reports/cash-flow", min_size=await books.size())
    assert rows(found, ("activity", "account", "currency"), "received", "paid", "amount") == {
        ("operating", "Assets:Customers", "EUR"): ["0.00", "60.00", "-60.00"],
        ("operating", "Expenses:Rent", "EUR"): ["0.00", "2.00", "-2.00"],
        ("operating", "Income:Sales", "EUR"): ["100.00", "0.00", "100.00"],
        ("investing", "Assets:Wear", "EUR"): ["0.00", "5.00", "-5.00"],
        ("financing", "Liabilities:Loan", "EUR"): ["1000.00", "0.00", "1000.00"],
        ("exchange", "Equity:Exchange", "EUR"): ["0.00", "10.00", "-10.00"],
        ("exchange", "Equity:Exchange", "JPY"): ["1600", "0", "1600"],
    }
    assert totals(found, "opening", "closing", "difference") == {
        "EUR": ["0.00", "1023.00", "0.00"], "JPY": ["0", "1600", "0"],
    }  # fmt: skip


async def test_empty_books_have_reports(api: httpx.AsyncClient) -> None:
    books = await reported_books(api)
    for report in REPORTS:
        document = await books.get(f"/reports/{report}", to="0001-01-01", min_size=await books.size())
        assert (document["lines"], document["totals"], document.get("balanced", True)) == ([], [], True)
    assert (await books.get("/reports/balance-sheet"))["year"] is None
    await books.post(
        "/transactions", transaction(debit("Assets:Cash", "1"), credit("Income:Sales", "1"), on="0001-01-01")
    )
    sheet = await books.get("/reports/balance-sheet", min_size=await books.size())
    assert sheet["year"] is None and sheet["lines"][1]["item"] == "result_of_year"
    for report in REPORTS:
        period: dict[str, Any] = {} if report == "balance-sheet" else {"from_": "0001-01-01"}
        document = await books.get(f"/reports/{report}", recorded_size=2, to="9999-12-31", **period)
        assert document["lines"] == []


# --- asking ----------------------------------------------------------------------------------------------------------


async def test_what_contradicts_itself_or_lies_ahead_is_refused(books: Books) -> None:
    ahead = await books.size() + 1
    for report in REPORTS:
        path = f"/reports/{report}"
        assert (await books.get(path, recorded_size=ahead, expect=422))["code"] == "size_ahead"
        assert (await books.get(path, min_size=ahead, expect=422))["code"] == "size_ahead"
        assert (await books.get(path, to="2024-02-30", expect=422))["code"] == "invalid_date"
        assert (await books.get(path, format="xlsx", expect=422))["code"] == "invalid"
        assert (await books.get(path, depth=0, expect=422))["code"] == "invalid"
        if report != "balance-sheet":
            answer = await books.get(path, from_="2024-05-02", effective="2024-05-01", to="2024-06-01", expect=422)
            assert answer["errors"][0]["pointer"] == "?from"


@BOTH
async def test_an_unchanged_report_is_not_sent_again_and_csv_is_another_one(books: Books) -> None:
    await books.post("/transactions", transaction(debit("Assets:Cash", "1"), credit("Income:Sales", "1")))
    size = await books.size()
    await books.get("/balances", min_size=size)
    for report in REPORTS:
        tags = set()
        for path, accept in ((report, "*/*"), (f"{report}?format=csv", "*/*"), (report, "text/csv")):
            answer = await books.call("GET", f"/reports/{path}", expect=200, headers={"Accept": accept})
            assert answer.headers["Content-Type"].partition(";")[0] == (
                "application/json" if (path, accept) == (report, "*/*") else "text/csv"
            )
            assert "Accept" in answer.headers["Vary"] and answer.headers["Cache-Control"] == "private, no-cache"
            assert int(answer.headers["Ledger-Size"]) == size
            tags.add(answer.headers["ETag"])
            for known, status in ((answer.headers["ETag"], 304), ('W/"other"', 200)):
                again = await books.call(
                    "GET", f"/reports/{path}", expect=status, headers={"Accept": accept, "If-None-Match": known}
                )
                assert "Accept" in again.headers["Vary"]
        assert len(tags) == 3


async def test_an_old_report_shows_the_names_of_today_also_to_who_has_it_already(books: Books) -> None:
    await books.post("/transactions", transaction(debit("Assets:Cash", "1"), credit("Income:Sales", "1")))
    size = await books.size()
    path = f"/reports/trial-balance?recorded_size={size}"
    first = await books.call("GET", path, expect=200)
    await books.send("PATCH", f"/accounts/{await books.id_of('Assets:Cash')}", {"path": "Assets:Till"})
    await books.get("/balances", min_size=size + 1)
    again = await books.call("GET", path, expect=200, headers={"If-None-Match": first.headers["ETag"]})
    assert again.json()["lines"][0]["account"] == "Assets:Till"
    assert again.json()["lines"][0]["debits"] == "1.00"


async def test_too_much_is_refused_rather_than_guessed(books: Books, monkeypatch: pytest.MonkeyPatch) -> None:
    for day in ("2024-05-01", "2024-05-02"):
        await books.post("/transactions", transaction(debit("Assets:Cash", "1"), credit("Income:Sales", "1"), on=day))
    size = await books.size()
    monkeypatch.setattr(figures, "LINES_MAX", 1)
    assert (await books.get("/reports/cash-flow", min_size=size, expect=422))["code"] == "too_many"
    assert len((await books.get("/reports/cash-flow", to="2024-05-01"))["lines"]) == 1
    await books.send("PATCH", f"/accounts/{await books.id_of('Income:Sales')}", {"label": "Till"})
    monkeypatch.setattr(figures, "RECORDS_MAX", 0)
    asked: Json = {"to": "2024-05-01", "recorded_size": size, "min_size": size + 1}
    assert (await books.get("/reports/cash-flow", expect=422, **asked))["code"] == "too_many"


@pytest.mark.parametrize("kind", ["closing", "opening"])
async def test_too_many_closings_or_openings_are_refused(
    books: Books, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    for day in ("2024-05-01", "2024-05-02"):
        lines = debit("Income:Sales", "1"), credit("Equity:Opening", "1")
        await books.post("/transactions", transaction(*lines, on=day, kind=kind))
    asked: Json = {"min_size": await books.size()}
    sheet, statement, flows = "balance-sheet", "income-statement", "cash-flow"
    reports = [sheet, statement] if kind == "closing" else [flows]
    monkeypatch.setattr(results, "BALANCES_MAX", 0)
    if kind == "closing":  # one counts on the day before the last
        assert (await books.get(f"/reports/{sheet}", expect=422, **asked))["code"] == "too_many"
        assert (await books.get(f"/reports/{sheet}", to="2024-05-01"))["balanced"]
    monkeypatch.setattr(results, "BALANCES_MAX", 2)
    own = {"Cache-Control": "no-store"}  # what is kept needs no limit
    for report in reports:
        assert (await books.get(f"/reports/{report}", headers=own, **asked))["totals"]
    monkeypatch.setattr(figures, "KIND_LINES_MAX", 3)
    for report in reports:
        assert (await books.get(f"/reports/{report}", expect=422, **asked))["code"] == "too_many"
