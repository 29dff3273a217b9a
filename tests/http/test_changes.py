"""What changed between two sizes, by how much and by whom, against the transactions themselves."""

import random
from decimal import Decimal

from tests.http.service import BOTH, Books, Json, command, credit, debit, transaction
from tests.http.test_roles import Office, office

__all__ = ["office"]


@BOTH
async def test_changes_are_those_of_the_transactions_in_between(office: Office) -> None:
    chance = random.Random(7)
    accounts = ["Assets:Cash", "Assets:Bank", "Expenses:Food", "Income:Sales"]
    sizes = [await office.books.size()]
    for who in ("owner", "bookkeeper", "token", "bookkeeper"):
        commands = []
        for _ in range(6):
            one, other = chance.sample(accounts, 2)
            amount, code = f"{chance.randrange(1, 10**5)}", chance.choice(["EUR", "JPY"])
            lines = (debit(one, amount, code), credit(other, amount, code), debit(one, "0", code))
            commands.append(command(transaction(*lines, on=f"2024-0{chance.randrange(1, 9)}-11")))
        await office[who].books(office.books).bulk(*commands, atomic=True)
        sizes.append(await office.books.size())
    for start, stop in [(0, sizes[-1]), (sizes[1], sizes[3]), (sizes[2] + 1, sizes[4] - 2), (sizes[2], sizes[2])]:
        report = await office.books.get("/reports/changes", from_size=start, to_size=stop)
        assert (report["from_size"], report["to_size"], report["as_of"]["size"]) == (start, stop, stop)
        assert report["accounts"] == await expected(office.books, start, stop)
        assert sum(report["events"].values()) == stop - start


async def expected(books: Books, start: int, stop: int) -> list[Json]:
    """The same, counted from the events by hand."""
    events = (await books.get("/events", limit=1000))["events"]
    names = {each["id"]: each["path"] for each in (await books.get("/accounts", limit=1000))["accounts"]}
    rows: dict[tuple[str, str], Json] = {}
    for event in events[:stop]:
        if event["type"] != "TransactionPosted":
            continue
        for posting in event["data"]["postings"]:
            key = (names[posting["account"]], posting["currency"])
            row = rows.setdefault(key, {"id": posting["account"], "units": [], "before": [], "by": {}, "at": set()})
            if event["position"] < start:
                row["before"].append(Decimal(posting["amount"]))
                continue
            row["units"].append(Decimal(posting["amount"]))
            row["at"].add(event["position"])
            row["by"].setdefault(str(event["actor"]), (event["actor"], set()))[1].add(event["position"])
    zero = {"EUR": Decimal("0.00"), "JPY": Decimal("0")}
    found = []
    for (account, code), row in sorted(rows.items()):
        if row["units"]:
            debits = sum((each for each in row["units"] if each > 0), zero[code])
            credits = -sum((each for each in row["units"] if each < 0), zero[code])
            before = sum(row["before"], zero[code])
            by = [{"actor": actor, "transactions": len(at)} for actor, at in row["by"].values()]
            found.append(
                {
                    "account": account,
                    "account_id": row["id"],
                    "currency": code,
                    "before": str(before),
                    "debits": str(debits),
                    "credits": str(abs(credits)),
                    "after": str(before + debits - credits),
                    "transactions": len(row["at"]),
                    "by": sorted(by, key=lambda each: (each["actor"]["type"], each["actor"]["id"])),
                }
            )
    return found


async def test_sizes_out_of_order_or_ahead_are_refused(books: Books) -> None:
    size = await books.size()
    assert (await books.get("/reports/changes", from_size=3, to_size=2, expect=422))["code"] == "invalid"
    assert (await books.get("/reports/changes", to_size=size + 1, expect=422))["code"] == "size_ahead"
