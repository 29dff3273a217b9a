"""An empty text in a transaction is the same as none, whichever door it comes in by: single, bulk, stream, import."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from api.exchange.import_lines import DraftReader
from api.shapes.commands import read_keyed_command
from api.shapes.transactions import parse_transaction
from ledger.errors import LedgerError
from ledger.slices import Command
from tests.http.service import BOTH, Books, Json, command, credit, debit, json_lines, sale, transaction

TEXTS = ("description", "payee", "notes")
EMPTY: Json = dict.fromkeys(TEXTS, "")
EMPTY_LINE: Json = {"text": "", "party": ""}
EMPTY_DOCUMENT: Json = {"ref": "", "party": ""}


def by_import(body: Json) -> Command:
    """The order that a line of an import is read as."""
    return DraftReader("here", {}).read_draft(1, json.dumps(body).encode()).command


def by_import_with_symbols(body: Json) -> Command:
    """The same where symbols are mapped."""
    return DraftReader("here", {"$": "USD"}).read_draft(1, json.dumps(body).encode()).command


DOORS: list[Callable[[Json], Command]] = [
    parse_transaction,
    lambda body: read_keyed_command(command(body))[0],
    lambda body: read_keyed_command(command(body, key="k"))[0],
    by_import,
    by_import_with_symbols,
]


def without_empty_texts(value: Any) -> Any:
    """A body that says the same without them."""
    if isinstance(value, dict):
        return {name: without_empty_texts(member) for name, member in value.items() if member != ""}
    return [without_empty_texts(item) for item in value] if isinstance(value, list) else value


texts = st.sampled_from(["", "Rent", " "])
lines = st.fixed_dictionaries({}, optional={"text": texts, "party": texts})
documents = st.fixed_dictionaries({}, optional={"ref": texts, "party": texts, "date": st.just("2024-05-17")})


@given(
    members=st.fixed_dictionaries({}, optional={**dict.fromkeys(TEXTS, texts), "document": documents}),
    one=lines,
    other=lines,
)
def test_every_door_reads_an_empty_text_as_none(members: Json, one: Json, other: Json) -> None:
    body = transaction(debit("Assets:Cash", "1", **one), credit("Income:Sales", "1", **other), **members)
    expected = parse_transaction(without_empty_texts(body))
    assert [door(body) for door in DOORS] == [expected] * len(DOORS)


@pytest.mark.parametrize(
    "body",
    [
        sale(tags=[""]),
        sale(series=""),
        sale(kind=""),
        sale(date=""),
        sale(document={"date": ""}),
        sale(document={"sha256": [""]}),
        transaction(debit("", "1"), credit("Income:Sales", "1")),
        transaction(debit("Assets:Cash", "1", ""), credit("Income:Sales", "1", "")),
        transaction(debit("Assets:Cash", "1", due=""), credit("Income:Sales", "1")),
        transaction(debit("Assets:Cash", "1", tax={"code": ""}), credit("Income:Sales", "1")),
        transaction(debit("Assets:Cash", "1", quantity={"amount": "1", "unit": ""}), credit("Income:Sales", "1")),
        transaction(debit("Assets:Cash", "1", dimensions={"centre": ""}), credit("Income:Sales", "1")),
        transaction(debit("Assets:Cash", "1", dimensions={"": "a"}), credit("Income:Sales", "1")),
    ],
    ids=str,
)
@pytest.mark.parametrize("door", DOORS)
def test_every_door_refuses_an_empty_text_where_one_is_needed(door: Callable[[Json], Command], body: Json) -> None:
    with pytest.raises((ValidationError, LedgerError)):
        door(body)


@BOTH
async def test_what_is_written_holds_no_empty_text(books: Books) -> None:
    body = transaction(
        debit("Assets:Cash", "1", **EMPTY_LINE), credit("Income:Sales", "1"), document=EMPTY_DOCUMENT, **EMPTY
    )
    bare = transaction(debit("Assets:Cash", "1"), credit("Income:Sales", "1"))
    await books.post("/transactions", body, key="one")
    await books.bulk(command(body, key="two"))
    lines_ = "\n".join(json.dumps(command(body, key=key)) for key in ("three", "four"))
    headers = {"Content-Type": "application/x-ndjson"}
    answer = await books.call("POST", "/commands", expect=200, content=lines_, headers=headers)
    assert json_lines(answer)[-1]["rejected"] == 0
    reversal = {"description": "", "notes": ""}
    first = (await books.get("/transactions", min_size=await books.size()))["transactions"][-1]
    await books.post(f"/transactions/{first['id']}/reverse", reversal, key="five")
    events = (await books.get("/events", type="TransactionPosted"))["events"]
    assert [each["memo"] for each in events] == [None] * 5
    assert not any("document" in each["data"] for each in events)
    assert not any(each["data"]["postings"][0].keys() & EMPTY_LINE.keys() for each in events)
    for key in ("one", "two", "three", "four"):
        for repeat in (body, bare):
            again = await books.send("POST", "/transactions", repeat, key=key)
            assert again.headers["Idempotent-Replayed"] == "true"
    again = await books.send("POST", f"/transactions/{first['id']}/reverse", {}, key="five")
    assert again.headers["Idempotent-Replayed"] == "true"


async def test_names_cannot_be_empty_nor_taken_away(books: Books) -> None:
    account = await books.id_of("Assets:Cash")
    for path, names in ((f"/accounts/{account}", ("path", "label", "number")), ("", ("name",))):
        for name in names:
            answer = await books.send("PATCH", path, {name: ""}, expect=422)
            assert answer.json()["errors"][0]["pointer"] == f"#/{name}"
