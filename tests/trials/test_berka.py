"""A bank's own balances: 46,997 rows of real accounts as double entries, and the register runs as the bank says.

Each row is a transaction between the customer's account, a liability of the bank, and an account by kind. On the 411
accounts whose published figures are not rounded every stated balance must be our running balance, in the register's
order (date, position, line).
"""

import csv
import gzip
from collections import Counter
from collections.abc import Iterator, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.importing import Office, office, prepared, read_json, write_lines

CZK = 2

Row = Mapping[str, str]


@pytest.fixture(scope="module")
def rows(shared: Path) -> list[Row]:
    """The bank's rows, each account's in the order of its stated balances."""
    with gzip.open(shared / "data" / "berka" / "trans.csv.gz", "rt", encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def control(shared: Path) -> Any:
    """The publisher's control totals."""
    return read_json(shared / "data" / "berka" / "control.json")


def transaction(row: Row) -> dict[str, Any]:
    """One row as a line to import; a credit, seen from the customer, raises the bank's liability."""
    other = {"party": f"{row['partner_bank']}-{row['partner_account']}"} if row["partner_account"] else {}
    amounts = (
        (f"-{row['amount']}", row["amount"]) if row["direction"] == "credit" else (row["amount"], f"-{row['amount']}")
    )
    customer, counter = (
        {"account": account, "amount": amount, "currency": "CZK"}
        for account, amount in zip((customer_account(row["account_id"]), counter_account(row)), amounts, strict=True)
    )
    return {
        "id": int(row["trans_id"]),
        "date": row["date"],
        "description": row["k_symbol"] or row["operation"],
        "metadata": {"operation": row["raw_operation"], "k_symbol": row["raw_k_symbol"]},
        "postings": [customer, {**counter, **other}],
    }


def customer_account(account_id: str) -> str:
    return f"Liabilities:Customers:{account_id}"


def counter_account(row: Row) -> str:
    match row["operation"], row["k_symbol"]:
        case _, "interest_credited":
            return "Expenses:Interest"
        case _, "penalty_interest":
            return "Income:Penalty interest"
        case _, "statement_fee":
            return "Income:Fees"
        case _, "loan_payment":
            return "Assets:Loans"
        case (("cash_deposit" | "cash_withdrawal"), _):
            return "Assets:Vault"
        case "card_withdrawal", _:
            return "Assets:Clearing:Cards"
        case _:
            return f"Assets:Clearing:{row['partner_bank']}"


def exact_accounts(rows: list[Row]) -> set[str]:
    """Accounts in whose rows nothing was rounded."""
    return {row["account_id"] for row in rows} - {row["account_id"] for row in rows if Decimal(row["residual"])}


def by_account(rows: list[Row]) -> Iterator[tuple[str, list[Row]]]:
    found: dict[str, list[Row]] = {}
    for row in rows:
        found.setdefault(row["account_id"], []).append(row)
    return iter(found.items())


def stated_balances(rows: list[Row]) -> list[int]:
    """In our sign: what the bank owes is a credit."""
    return [-int(Decimal(row["balance_stated"]).scaleb(CZK)) for row in rows]


async def assert_the_register_runs_as_stated(books: Office, path: Path, rows: list[Row], accounts: set[str]) -> None:
    """Import the rows and compare every stated balance of the accounts with the running balance of our register."""
    ledger = await books.ledger("CZK")
    report = await books.import_(ledger, write_lines(path, map(transaction, rows)))
    assert report.imported == len(rows)
    await books.project()
    ids = {name: id_ for id_, name in (await books.paths(ledger)).items()}
    compared = 0
    for account_id, its_rows in by_account(rows):
        running = await books.running_balances(ledger, ids[customer_account(account_id)])
        if account_id in accounts:
            assert running == stated_balances(its_rows), account_id
            compared += len(its_rows)
        else:  # published rounded: each residual so far can be off by 0.10
            residuals = 0
            for ours, stated, row in zip(running, stated_balances(its_rows), its_rows, strict=True):
                residuals += bool(Decimal(row["residual"]))
                assert abs(ours - stated) <= 10 * residuals, account_id
    assert compared == sum(row["account_id"] in accounts for row in rows)
    assert await books.projected(ledger) == await books.guarded(ledger)


@pytest.mark.slow
@pytest.mark.timeout(900)
async def test_every_stated_balance_of_the_exact_accounts_is_our_running_balance(
    rows: list[Row], control: Any, tmp_path: Path
) -> None:
    exact = exact_accounts(rows)
    assert (len(rows), len(exact)) == (control["rows"], control["accounts_exact_throughout"])
    assert Counter(row["account_id"] in exact for row in rows)[True] == control["rows_in_fully_exact_accounts"]
    async with office(await prepared(f"sqlite:///{tmp_path}/ledger.db")) as books:
        await assert_the_register_runs_as_stated(books, tmp_path / "trans.jsonl.gz", rows, exact)


@pytest.mark.slow
@pytest.mark.timeout(300)
async def test_the_exact_accounts_on_postgresql(rows: list[Row], fresh_postgres_database: str, tmp_path: Path) -> None:
    exact = exact_accounts(rows)
    some = [row for row in rows if row["account_id"] in exact]
    async with office(await prepared(fresh_postgres_database)) as books:
        await assert_the_register_runs_as_stated(books, tmp_path / "trans.jsonl", some, exact)
