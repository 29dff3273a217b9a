"""Reports as CSV carry what the documents say, totals included; and what figures in one currency leave out is said."""

import csv
import io
from decimal import Decimal

import httpx
import pytest

from tests.http.service import BOTH, Books, Json, credit, debit, transaction
from tests.http.test_reports import REPORTS, reported_books

ACCOUNT = "account,account_id,number,label,type,currency"
HEADERS = {
    "trial-balance": f"{ACCOUNT},normal,opening,debits,credits,movement,balance,item",
    "balance-sheet": f"section,item,{ACCOUNT},amount",
    "income-statement": f"section,{ACCOUNT},amount,item",
    "cash-flow": f"activity,{ACCOUNT},opening,received,paid,amount,closing,item",
}


TOTALS = ("total", "debit_balances", "credit_balances")


def table(answer: httpx.Response) -> list[dict[str, str]]:
    """The rows of a CSV by the names of its columns."""
    return list(csv.DictReader(io.StringIO(answer.content.decode(), newline="")))


async def traded_books(api: httpx.AsyncClient) -> Books:
    """A ledger in euro with a sale, a cost, a loan, a transfer to a foreign currency, and a customer who owes yen."""
    books = await reported_books(api)
    for lines in (
        (debit("Assets:Cash", "500"), credit("Equity:Opening", "500")),
        (debit("Assets:Bank:Giro", "1190"), credit("Income:Sales", "1000"), credit("Liabilities:Bills", "190")),
        (debit("Expenses:Rent", "300"), credit("Assets:Cash", "300")),
        (debit("Assets:Bank:Giro", "2000"), credit("Liabilities:Loan", "2000")),
        (
            credit("Assets:Bank:Giro", "10"), debit("Equity:Exchange", "10"),
            credit("Equity:Exchange", "1600", "JPY"), debit("Assets:Bank:Giro", "1600", "JPY"),
        ),
        (debit("Assets:Customers", "900", "JPY"), credit("Income:Sales:Web", "900", "JPY")),
    ):  # fmt: skip
        await books.post("/transactions", transaction(*lines))
    return books


@BOTH
@pytest.mark.parametrize("depth", [None, 1])
async def test_csv_carries_the_totals_of_the_document(api: httpx.AsyncClient, depth: int | None) -> None:
    books = await traded_books(api)
    asked: Json = {"min_size": await books.size()} | ({} if depth is None else {"depth": depth})
    parts = {
        "balance-sheet": ("section", ["assets", "liabilities", "equity", "difference"]),
        "income-statement": ("section", ["income", "expenses", "result"]),
        "cash-flow": ("activity", ["operating", "investing", "financing", "exchange", "difference"]),
    }
    for report in REPORTS:
        totals_ = (await books.get(f"/reports/{report}", **asked))["totals"]
        assert [each["currency"] for each in totals_] == ["EUR", "JPY"]
        answer = await books.call("GET", f"/reports/{report}", expect=200, params={**asked, "format": "csv"})
        lines = [row for row in table(answer) if row["item"] not in TOTALS]
        sums = [row for row in table(answer) if row["item"] in TOTALS]
        assert table(answer) == lines + sums, "the totals come last"
        assert not any(row["account"] or row["account_id"] or row["label"] or row["type"] for row in sums)
        for total in totals_:
            mine = [row for row in sums if row["currency"] == total["currency"]]
            if report == "trial-balance":
                assert [row["item"] for row in mine] == list(TOTALS)
                for column in ("opening", "debits", "credits", "movement", "balance"):
                    assert mine[0][column] == total[column]
                assert (mine[1]["balance"], mine[2]["balance"]) == (total["debit_balances"], total["credit_balances"])
                added = [row for row in lines if row["currency"] == total["currency"]]
                assert sum(Decimal(row["debits"]) for row in added) == Decimal(mine[0]["debits"])
                continue
            column, names = parts[report]
            if report == "cash-flow":
                cash = mine.pop(0)
                assert cash["activity"] == "cash"
                assert [cash[each] for each in ("opening", "amount", "closing")] == [
                    total[each] for each in ("opening", "movement", "closing")
                ]
            assert [(row[column], row["item"], row["amount"]) for row in mine] == [
                (name, "total", total[name]) for name in names
            ]
            for row in mine:
                if row[column] not in ("difference", "result"):
                    added = [
                        each for each in lines if (each[column], each["currency"]) == (row[column], row["currency"])
                    ]
                    assert sum((Decimal(each["amount"]) for each in added), Decimal()) == Decimal(row["amount"])


async def test_an_accountant_reads_result_and_sums_in_the_csv(api: httpx.AsyncClient) -> None:
    books = await traded_books(api)
    params = {"format": "csv", "min_size": str(await books.size())}
    texts = [
        (await books.call("GET", f"/reports/{report}", expect=200, params=params)).text.split("\r\n")
        for report in ("income-statement", "balance-sheet")
    ]
    assert [line for line in texts[0] if line.endswith(",total") and "EUR" in line] == [
        "income,,,,,,EUR,1000.00,total",
        "expenses,,,,,,EUR,300.00,total",
        "result,,,,,,EUR,700.00,total",
    ]
    assert [line for line in texts[1] if ",total," in line and "EUR" in line] == [
        "assets,total,,,,,,EUR,3380.00",
        "liabilities,total,,,,,,EUR,2190.00",
        "equity,total,,,,,,EUR,1190.00",
        "difference,total,,,,,,EUR,0.00",
    ]


@BOTH
async def test_reports_say_what_their_figures_in_the_ledgers_currency_leave_out(api: httpx.AsyncClient) -> None:
    books = await traded_books(api)
    size = await books.size()
    yen = {
        "trial-balance": "2500",  # 1,600 in the bank and 900 owed by a customer
        "balance-sheet": "2500",
        "income-statement": "900",
        "cash-flow": "1600",
    }
    for report, amount in yen.items():
        found = await books.get(f"/reports/{report}", min_size=size)
        assert (found["currency"], found["complete"]) == ("EUR", False)
        assert found["not_valued"] == [{"currency": "JPY", "amount": amount}]
        before = await books.get(f"/reports/{report}", to="2024-05-16", min_size=size)
        assert (before["complete"], before["not_valued"]) == (True, []), "the yen came later"
        then = await books.get(f"/reports/{report}", recorded_size=size - 3)
        assert (then["complete"], then["not_valued"]) == (True, [])


async def test_csv_has_the_lines_of_the_document_and_runs_in_no_spreadsheet(books: Books) -> None:
    names = ["=1+1", "+1", "-1", "@SUM(A1)", "'quoted", "\uff1d1", 'two "words", a comma', "Bäckerei 🥐"]
    for name in names:
        await books.post("/accounts", {"path": f"Income:{name}", "label": name})
        await books.post("/transactions", transaction(debit("Assets:Cash", "2.50"), credit(f"Income:{name}", "2.50")))
    await books.post("/accounts", {"path": "=cmd|'/c calc'!A1", "type": "expense", "label": "+49 30 1234"})
    await books.post("/transactions", transaction(debit("=cmd|'/c calc'!A1", "7"), credit("Assets:Cash", "7")))
    size = await books.size()
    for report in REPORTS:
        document = await books.get(f"/reports/{report}", min_size=size)
        answer = await books.call("GET", f"/reports/{report}?format=csv", expect=200)
        assert answer.headers["Content-Disposition"] == f'attachment; filename="{books.id}-{report}.csv"'
        assert answer.content.startswith(HEADERS[report].encode() + b"\r\n") and answer.content.endswith(b"\r\n")
        assert b"\n" not in answer.content.replace(b"\r\n", b"")
        found = [row for row in table(answer) if row["item"] not in TOTALS]
        expected = [
            *({**line, "activity": "cash", "amount": line["movement"]} for line in document.get("cash", ())),
            *document["lines"],
        ]
        expected = [{"item": "account", **line} for line in expected]
        assert [
            {name: cell.removeprefix("'") if name in ("account", "label") else cell for name, cell in row.items()}
            for row in found
        ] == [
            {name: "" if line.get(name) is None else str(line[name]) for name in HEADERS[report].split(",")}
            for line in expected
        ]
        for row in found:
            assert not row["account"].startswith(("=", "+", "-", "@", "\uff1d"))
            assert not row["label"].startswith(("=", "+", "-", "@", "\uff1d"))
        if report == "cash-flow":
            assert ("'+49 30 1234", "-7.00") in {(row["label"], row["amount"]) for row in found}


@pytest.mark.parametrize(
    ("accept", "kind"),
    [
        ("text/csv", "text/csv"),
        ("text/csv, application/json", "text/csv"),
        ("application/json, text/csv", "application/json"),
        ("application/json;q=0.1, text/csv;q=0.2", "text/csv"),
        ("text/csv;q=0, */*", "application/json"),
        ("text/html, */*;q=0.1", "application/json"),
        ("text/csv;q=nonsense", "text/csv"),
        ("", "application/json"),
    ],
)
async def test_what_accept_prefers_is_what_comes(books: Books, accept: str, kind: str) -> None:
    answer = await books.call("GET", "/reports/trial-balance", expect=200, headers={"Accept": accept})
    assert answer.headers["Content-Type"].partition(";")[0] == kind
    answer = await books.call("GET", "/reports/trial-balance?format=json", expect=200, headers={"Accept": accept})
    assert answer.headers["Content-Type"] == "application/json"
