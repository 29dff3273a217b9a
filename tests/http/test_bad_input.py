"""Bad input gets a clear error and changes nothing: one posting at a time, in a bulk, and as JSON lines."""

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest

from tests.http.service import (
    BOTH,
    Books,
    Json,
    Server,
    client,
    command,
    credit,
    debit,
    json_lines,
    open_books,
    require_problem,
    sale,
    transaction,
)

# --- transactions that are JSON, and refused --------------------------------------------------------------------------


@dataclass(frozen=True)
class Bad:
    """A body, and the problem it deserves. `facts` are members that the document must have."""

    name: str
    body: Any
    code: str
    pointer: str | None = None
    status: int = 422
    facts: Json = field(default_factory=dict)


def changed(*, posting: Json | None = None, **members: Any) -> Json:
    """A good sale with some members of it, or of its first posting, put in place."""
    body = sale() | members
    if posting is not None:
        body["postings"] = [body["postings"][0] | posting, body["postings"][1]]
    return body


def without(*names: str) -> Json:
    """A good sale that lacks members."""
    return {name: value for name, value in sale().items() if name not in names}


def with_amounts(first: Any, second: Any, currency: str = "EUR") -> Json:
    """Two postings with these amounts."""
    return transaction(
        {"account": "Assets:Cash", "amount": first, "currency": currency},
        {"account": "Income:Sales", "amount": second, "currency": currency},
    )


POSTINGS_10_001 = [{"account": "Assets:Cash", "amount": "0.00", "currency": "EUR"}] * 10_001
AMOUNT = "#/postings/0/amount"

BAD = [
    Bad(
        "unbalanced",
        with_amounts("12.50", "-12.49"),
        "unbalanced",
        "#/postings",
        facts={"difference": "0.01", "currency": "EUR"},
    ),
    Bad(
        "unbalanced in the second currency",
        transaction(
            debit("Assets:Cash", "1.00"),
            credit("Assets:Bank", "1.00"),
            debit("Assets:Cash", "5", "JPY"),
            credit("Assets:Bank", "7", "JPY"),
        ),
        "unbalanced",
        "#/postings",
        facts={"difference": "-2", "currency": "JPY"},
    ),
    Bad(
        "balanced only across currencies",
        transaction(debit("Assets:Cash", "1.00"), credit("Assets:Bank", "1.00", "USD")),
        "unbalanced",
        "#/postings",
        facts={"difference": "1.00", "currency": "EUR"},
    ),
    Bad(
        "unknown account",
        changed(posting={"account": "Assets:Nowhere"}),
        "unknown_account",
        "#/postings/0/account",
        facts={"account": "Assets:Nowhere"},
    ),
    Bad(
        "account in other case",
        changed(posting={"account": "assets:cash"}),
        "unknown_account",
        "#/postings/0/account",
    ),
    Bad(
        "unknown account id",
        changed(posting={"account": 999_999}),
        "unknown_account",
        "#/postings/0/account",
        facts={"account": 999_999},
    ),
    Bad("account id that is no account", changed(posting={"account": 0}), "unknown_account", "#/postings/0/account"),
    Bad("negative account id", changed(posting={"account": -1}), "unknown_account", "#/postings/0/account"),
    Bad("huge account id", changed(posting={"account": 10**40}), "unknown_account", "#/postings/0/account"),
    Bad("account as a number with a point", changed(posting={"account": 1.5}), "invalid", "#/postings/0/account"),
    Bad("account as a boolean", changed(posting={"account": True}), "invalid", "#/postings/0/account"),
    Bad("account as null", changed(posting={"account": None}), "invalid", "#/postings/0/account"),
    Bad("account empty", changed(posting={"account": ""}), "invalid", "#/postings/0/account"),
    Bad("unknown number", changed(posting={"account": "#4711"}), "unknown_account", "#/postings/0/account"),
    Bad(
        "unknown currency",
        with_amounts("1", "-1", "VACHR"),
        "unknown_currency",
        "#/postings/0/currency",
        facts={"currency": "VACHR"},
    ),
    Bad("a metal, which has no scale in ISO 4217", with_amounts("1", "-1", "XAU"), "unknown_currency"),
    Bad("currency in small letters", changed(posting={"currency": "eur"}), "invalid", "#/postings/0/currency"),
    Bad("currency symbol", changed(posting={"currency": "€"}), "invalid", "#/postings/0/currency"),
    Bad(
        "too many digits",
        with_amounts("12.505", "-12.505"),
        "too_many_digits",
        AMOUNT,
        facts={"scale": 2, "currency": "EUR", "amount": "12.505"},
    ),
    Bad("too many digits, all zero", with_amounts("12.500", "-12.500"), "too_many_digits", AMOUNT, facts={"scale": 2}),
    Bad("fraction of a yen", with_amounts("12.5", "-12.5", "JPY"), "too_many_digits", AMOUNT, facts={"scale": 0}),
    Bad("amount as a float", with_amounts(12.5, -12.5), "invalid_amount", AMOUNT),
    Bad("amount as an integer", with_amounts(12, -12), "invalid_amount", AMOUNT),
    Bad("amount as a boolean", with_amounts(True, "-1"), "invalid_amount", AMOUNT),
    Bad("amount as a list", with_amounts(["1"], "-1"), "invalid_amount", AMOUNT),
    Bad("amount with an exponent", with_amounts("1e2", "-1e2"), "invalid_amount", AMOUNT),
    Bad("amount with a plus", with_amounts("+1.00", "-1.00"), "invalid_amount", AMOUNT),
    Bad("amount with a comma", with_amounts("1,00", "-1,00"), "invalid_amount", AMOUNT),
    Bad("amount with a space", with_amounts(" 1.00", "-1.00"), "invalid_amount", AMOUNT),
    Bad("amount without digits before the point", with_amounts(".50", "-.50"), "invalid_amount", AMOUNT),
    Bad("amount in other digits", with_amounts("１２.５０", "-12.50"), "invalid_amount", AMOUNT),
    Bad("amount empty", with_amounts("", "-1.00"), "invalid_amount", AMOUNT),
    Bad("amount NaN as a text", with_amounts("NaN", "-1.00"), "invalid_amount", AMOUNT),
    Bad("amount Infinity as a text", with_amounts("Infinity", "-1.00"), "invalid_amount", AMOUNT),
    Bad("amount of 39 digits", with_amounts("1" * 37 + ".00", "-" + "1" * 37 + ".00"), "invalid_amount", AMOUNT),
    Bad("amount of 39 digits once it is in cents", with_amounts("1" * 38, "-1.00"), "invalid_amount", AMOUNT),
    Bad("amount missing", changed(posting={"amount": None}), "invalid", "#/postings/0"),
    Bad("amount and debit", changed(posting={"debit": "12.50"}), "invalid", "#/postings/0"),
    Bad(
        "debit below zero",
        changed(posting={"amount": None, "debit": "-12.50"}),
        "invalid_amount",
        "#/postings/0/debit",
    ),
    Bad(
        "credit below zero",
        changed(posting={"amount": None, "credit": "-12.50"}),
        "invalid_amount",
        "#/postings/0/credit",
    ),
    Bad("no postings", transaction(), "too_few_postings", "#/postings", facts={"postings": 0, "least": 2}),
    Bad("one posting", transaction(debit("Assets:Cash", "0.00")), "too_few_postings", "#/postings"),
    Bad(
        "10,001 postings",
        transaction(*POSTINGS_10_001),
        "too_many_postings",
        "#/postings",
        facts={"postings": 10_001, "most": 10_000},
    ),
    Bad("postings missing", without("postings"), "invalid", "#/postings"),
    Bad("postings null", changed(postings=None), "invalid", "#/postings"),
    Bad("postings as an object", changed(postings={}), "invalid", "#/postings"),
    Bad("a posting that is a text", changed(postings=["Assets:Cash 5 EUR"]), "invalid", "#/postings/0"),
    Bad("date missing", without("date"), "invalid", "#/date"),
    Bad("30 February", sale(on="2024-02-30"), "invalid_date", "#/date", facts={"date": "2024-02-30"}),
    Bad("29 February in a common year", sale(on="2023-02-29"), "invalid_date", "#/date"),
    Bad("month 13", sale(on="2024-13-01"), "invalid_date", "#/date"),
    Bad("year zero", sale(on="0000-01-01"), "invalid_date", "#/date"),
    Bad("date as a time", sale(on="2024-05-17T00:00:00Z"), "invalid_date", "#/date"),
    Bad("date without hyphens", sale(on="20240517"), "invalid_date", "#/date"),
    Bad("date as a week", sale(on="2024-W20-5"), "invalid_date", "#/date"),
    Bad("date in other digits", sale(on="２０２４-05-17"), "invalid_date", "#/date"),
    Bad("date as a number", changed(date=20240517), "invalid_date", "#/date"),
    Bad("value date that does not exist", changed(posting={"value_date": "2024-06-31"}), "invalid_date"),
    Bad("due date that does not exist", changed(posting={"due": "2024-06-31"}), "invalid_date", "#/postings/0/due"),
    Bad("document's date", changed(document={"date": "2024-06-31"}), "invalid_date", "#/document/date"),
    Bad("unknown member", changed(memo="cash"), "unknown_field", "#/memo"),
    Bad("unknown member of a posting", changed(posting={"acount": "x"}), "unknown_field", "#/postings/0/acount"),
    Bad("unknown member of a document", changed(document={"number": "1"}), "unknown_field", "#/document/number"),
    Bad("a member with a slash in its name", sale() | {"a/b~c": 1}, "unknown_field", "#/a~1b~0c"),
    Bad("members of the answer", changed(number=1, position=5), "unknown_field", "#/number"),
    Bad("kind", changed(kind="abnormal"), "invalid", "#/kind"),
    Bad("series", changed(series="A B"), "invalid", "#/series"),
    Bad("tag empty", changed(tags=[""]), "invalid", "#/tags/0"),
    Bad("description as a number", changed(description=5), "invalid", "#/description"),
    Bad("description of 1,001 characters", changed(description="x" * 1001), "invalid", "#/description"),
    Bad("half a surrogate pair", changed(description="\ud83d"), "invalid"),
    Bad("half a surrogate pair as a name", changed(metadata={"\udc00": 1}), "invalid"),
    Bad("NUL", changed(description="a\0b"), "invalid"),
    Bad("NUL deep inside", changed(metadata={"a": [{"b": "\0"}]}), "invalid"),
    Bad("tags as a text", changed(tags="a"), "invalid", "#/tags"),
    Bad("metadata of 20 kB", changed(metadata={"a": "x" * 20_000}), "invalid", "#/metadata"),
    Bad("metadata as a list", changed(metadata=[]), "invalid", "#/metadata"),
    Bad("a number in metadata that is not exact", changed(metadata={"a": 2**53}), "invalid"),
    Bad("tax without a code", changed(posting={"tax": {"base": "1.00"}}), "invalid", "#/postings/0/tax/code"),
    Bad(
        "tax base with too many digits",
        changed(posting={"tax": {"code": "V", "base": "1.005"}}),
        "too_many_digits",
        "#/postings/0/tax/base",
    ),
    Bad(
        "original in an unknown currency",
        changed(posting={"original": {"amount": "1", "currency": "VACHR"}}),
        "unknown_currency",
        "#/postings/0/original/currency",
    ),
    Bad(
        "original with too many digits",
        changed(posting={"original": {"amount": "1.5", "currency": "JPY"}}),
        "too_many_digits",
        "#/postings/0/original/amount",
    ),
    Bad("dimensions that are not texts", changed(posting={"dimensions": {"a": 1}}), "invalid"),
    Bad("a document's hash", changed(document={"sha256": ["abc"]}), "invalid", "#/document/sha256/0"),
    Bad("a list instead of an object", [], "invalid", "#"),
    Bad("null instead of an object", None, "invalid", "#"),
    Bad("a number instead of an object", 5, "invalid", "#"),
    Bad("closed account", changed(posting={"account": "Assets:Closed"}), "account_closed", "#/postings/0/account", 409),
    Bad(
        "a currency that the account does not take",
        changed(posting={"account": "Assets:Dollars"}),
        "currency_not_allowed",
        "#/postings/0/currency",
        facts={"currency": "EUR", "allowed": "USD"},
    ),
]
TOGETHER = [bad for bad in BAD if "NUL" not in bad.name and "surrogate" not in bad.name]
"""Those that can stand in one body with others: a NUL anywhere spoils the whole of it."""


@pytest.fixture
async def books(api: httpx.AsyncClient, server: Server, request: pytest.FixtureRequest) -> Books:
    """Books with a closed account and one that takes dollars only; made once for each kind of database."""
    id_ = f"bad-input-{server.port}"
    if (await api.get(f"/ledgers/{id_}", headers={"Accept": "*/*"})).status_code == 200:
        return Books(api, id_)
    books = await open_books(api, id_)
    await books.bulk(
        command({"path": "Assets:Closed"}, "open_account"),
        command({"account": "Assets:Closed"}, "close_account"),
        command({"path": "Assets:Dollars", "currencies": ["USD"]}, "open_account"),
        command(sale()),
        atomic=True,
    )
    return books


def require_refusal(document: Json, bad: Bad) -> None:
    """The document says what is wrong, and where."""
    assert document["code"] == bad.code, document
    assert document["status"] == bad.status
    for name, fact in bad.facts.items():
        assert document[name] == fact, document
    if bad.pointer is not None:
        assert document["errors"][0]["pointer"] == bad.pointer, document


def as_command(body: Any) -> Any:
    """The same as a command of a bulk; what is no object stays as it is."""
    return command(body) if isinstance(body, dict) else body


async def send_json(books: Books, path: str, body: Any, *, expect: int) -> Json:
    """The answer to a body with whatever in it, lone surrogates too."""
    headers = {"Content-Type": "application/json"}
    answer: Json = (await books.call("POST", path, content=json.dumps(body), headers=headers, expect=expect)).json()
    return answer


@BOTH
async def test_bad_transactions_are_refused_and_change_nothing(books: Books) -> None:
    before = await books.size()
    for bad in BAD:
        require_refusal(await send_json(books, "/transactions", bad.body, expect=bad.status), bad)
        assert await books.size() == before, bad.name


@BOTH
async def test_bad_transactions_in_a_bulk_are_refused_one_by_one(books: Books) -> None:
    before = await books.size()
    answer = await send_json(books, "/commands", {"commands": [as_command(bad.body) for bad in TOGETHER]}, expect=200)
    assert [result["index"] for result in answer["results"]] == list(range(len(TOGETHER)))
    for bad, result in zip(TOGETHER, answer["results"], strict=True):
        require_refusal(result, bad)
    assert (answer["accepted"], answer["rejected"], answer["size"]) == (0, len(TOGETHER), before)
    assert await books.size() == before


async def test_one_bad_transaction_keeps_an_atomic_bulk_out(books: Books) -> None:
    before = await books.size()
    for bad in TOGETHER:
        commands = [command(sale()), as_command(bad.body), command(sale())]
        document = await send_json(books, "/commands", {"atomic": True, "commands": commands}, expect=bad.status)
        assert (document["code"], document["index"]) == (bad.code, 1), bad.name
        if bad.pointer is not None:
            assert document["errors"][0]["pointer"] == bad.pointer.replace("#", "#/commands/1", 1)
        assert await books.size() == before, bad.name


async def test_bad_transactions_among_json_lines_are_refused_one_by_one(books: Books) -> None:
    before = await books.size()
    lines = [as_command(bad.body) | {"key": f"line-{index}"} for index, bad in enumerate(BAD) if with_members(bad)]
    bads = [bad for bad in BAD if with_members(bad)]
    raw = "\n".join(json.dumps(line) for line in lines)
    answer = await books.call(
        "POST", "/commands", content=raw, headers={"Content-Type": "application/x-ndjson"}, expect=200
    )
    *results, last = json_lines(answer)
    for bad, result in zip(bads, results, strict=True):
        require_refusal(result, bad)
    assert last == {"size": before, "accepted": 0, "rejected": len(bads)}
    assert await books.size() == before


def with_members(bad: Bad) -> bool:
    """Whether the body is an object, so that it can be a command with a key."""
    return isinstance(bad.body, dict)


# --- bodies that are not JSON, or too much of it ----------------------------------------------------------------------

GOOD = json.dumps(sale())
DEEP = 100_000
MALFORMED = [
    pytest.param(b"", "malformed_json", id="nothing"),
    pytest.param(b"{", "malformed_json", id="a beginning"),
    pytest.param(GOOD.encode() + b"x", "malformed_json", id="something after the end"),
    pytest.param(GOOD.encode() * 2, "malformed_json", id="two documents"),
    pytest.param(b"\xef\xbb\xbf" + GOOD.encode(), "malformed_json", id="byte order mark"),
    pytest.param(GOOD.encode("utf-16"), "malformed_json", id="UTF-16"),
    pytest.param(GOOD.replace("Assets:Cash", "Assets:\xe9").encode("latin-1"), "malformed_json", id="Latin-1"),
    pytest.param(GOOD.encode().replace(b"Cash", b"\xc0\xaf"), "malformed_json", id="overlong UTF-8"),
    pytest.param(GOOD.encode().replace(b"Cash", b"\xed\xa0\x80"), "malformed_json", id="surrogate in UTF-8"),
    pytest.param(GOOD.encode().replace(b"Cash", b"\x00"), "malformed_json", id="NUL byte"),
    pytest.param(GOOD.replace('"12.50"', "NaN").encode(), "malformed_json", id="NaN"),
    pytest.param(GOOD.replace('"12.50"', "-Infinity").encode(), "malformed_json", id="-Infinity"),
    pytest.param(GOOD.replace('"12.50"', "9" * 5000).encode(), "malformed_json", id="an integer of 5,000 digits"),
    pytest.param(b"[" * DEEP + b"]" * DEEP, "malformed_json", id="nested 100,000 deep"),
    pytest.param(b'{"a":' * DEEP + b"1" + b"}" * DEEP, "malformed_json", id="objects nested 100,000 deep"),
    pytest.param(GOOD.replace("{", '{"date": "2024-01-01", ', 1).encode(), "duplicate_key", id="twice at the top"),
    pytest.param(
        GOOD.replace('{"account"', '{"amount": "1", "account"', 1).encode(), "duplicate_key", id="twice in a posting"
    ),
    pytest.param(
        GOOD[:-1].encode() + b', "metadata": {"a": {"b": [{"c": 1, "c": 1}]}}}', "duplicate_key", id="twice deep inside"
    ),
    pytest.param(
        GOOD[:-1].encode() + b', "metadata": {"a": 1, "\\u0061": 2}}', "duplicate_key", id="twice, once escaped"
    ),
]


@pytest.mark.parametrize(("raw", "code"), MALFORMED)
async def test_what_is_not_json_is_refused_and_changes_nothing(books: Books, raw: bytes, code: str) -> None:
    before = await books.size()
    for path in ("/transactions", "/commands", "/accounts"):
        answer = await books.call("POST", path, content=raw, headers={"Content-Type": "application/json"}, expect=400)
        assert answer.json()["code"] == code
    assert await books.size() == before


@pytest.mark.parametrize(("raw", "code"), MALFORMED[1:])  # the first one is a blank line, which is no line
async def test_what_is_not_json_on_a_line_is_refused_alone(books: Books, raw: bytes, code: str) -> None:
    good = json.dumps(command(sale(), key="neighbour")).encode()
    before = await books.size()
    answer = await books.call(
        "POST",
        "/commands",
        content=raw.replace(b"\n", b" ") + b"\n" + good,
        headers={"Content-Type": "application/x-ndjson"},
        expect=200,
    )
    first, second, last = json_lines(answer)
    assert (first["status"], first["code"]) == (400, code)
    assert (second["status"], last["accepted"], last["rejected"]) == (201, 1, 1)
    assert await books.size() == before + (not second["replayed"])


async def test_a_number_beyond_all_doubles_is_refused(books: Books) -> None:
    before = await books.size()
    for raw in (GOOD.replace('"12.50"', "1e999"), GOOD[:-1] + ', "metadata": {"a": 1e999}}'):
        headers = {"Content-Type": "application/json"}
        await books.call("POST", "/transactions", content=raw, headers=headers, expect=422)
    assert await books.size() == before


@pytest.mark.parametrize("depth", [100, 300, 900, 2_000, 5_000])
async def test_deep_nesting_is_stored_and_given_back_or_refused(books: Books, depth: int) -> None:
    raw = "[" * depth + "]" * depth
    body = GOOD[:-1] + f', "metadata": {{"a": {raw}}}}}'
    before = await books.size()
    answer = await books.api.post(
        f"/ledgers/{books.id}/transactions", content=body, headers={"Content-Type": "application/json"}
    )
    if answer.status_code == 201:
        found = await books.call("GET", f"/transactions/{answer.json()['id']}", expect=200)
        assert f'"metadata":{{"a":{raw}}}' in found.text
        event = await books.call("GET", "/events", expect=200, params={"start": answer.json()["position"]})
        assert f'"metadata":{{"a":{raw}}}' in event.text
    else:
        assert answer.status_code in (400, 422)
        assert await books.size() == before


@pytest.mark.parametrize(
    "content_type",
    [
        None,
        "",
        "text/plain",
        "text/json",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "application/json; charset=latin-1",
        "application/json; charset=utf-16",
        "application/problem+json",
    ],
)
async def test_another_content_type_is_refused(books: Books, content_type: str | None) -> None:
    before = await books.size()
    headers = {} if content_type is None else {"Content-Type": content_type}
    for path in ("/transactions", "/commands", "/accounts"):
        answer = await books.call("POST", path, content=GOOD.encode(), headers=headers, expect=415)
        assert answer.json()["code"] == "unsupported_media_type"
    assert await books.size() == before


@pytest.mark.parametrize("content_type", ["application/json; charset=UTF-8", 'Application/JSON;charset="utf-8"'])
async def test_the_content_type_may_say_utf_8(books: Books, content_type: str) -> None:
    await books.call("POST", "/transactions", content=GOOD.encode(), headers={"Content-Type": content_type}, expect=201)


@pytest.mark.parametrize("path", ["/transactions", "/commands", "/accounts"])
@pytest.mark.parametrize("chunked", [False, True], ids=["with its length", "in chunks"])
async def test_a_body_of_20_mb_is_refused(books: Books, path: str, chunked: bool) -> None:
    before = await books.size()
    raw = b'{"description": "' + b"x" * 20_000_000 + b'"}'

    async def chunks() -> AsyncIterator[bytes]:
        for start in range(0, len(raw), 65_536):
            yield raw[start : start + 65_536]

    answer = await books.call(
        "POST",
        path,
        content=chunks() if chunked else raw,
        headers={"Content-Type": "application/json"},
        expect=413,
    )
    assert answer.json()["code"] == "too_large"
    assert await books.size() == before


async def test_a_body_of_20_mb_is_refused_before_it_is_sent(books: Books, server: Server) -> None:
    """Announced by its length alone."""
    head = (
        f"POST /api/ledgers/{books.id}/transactions HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {server.token}\r\n"
        "Content-Type: application/json\r\nContent-Length: 20000000\r\n\r\n"
    )
    status, document = await raw_exchange(server, head.encode())
    assert status == 413
    require_problem(document, 413)


@pytest.mark.parametrize("key", ["", '""', "a b", "a\tb", "x" * 256, '"' + "x" * 256 + '"', "schlüssel"])
async def test_a_bad_idempotency_key_is_refused(books: Books, key: str) -> None:
    before = await books.size()
    headers = {"Idempotency-Key": key.encode("latin-1"), "Content-Type": "application/json"}
    answer = await books.api.post(f"/ledgers/{books.id}/transactions", content=GOOD, headers=headers)  # type: ignore[arg-type]
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_key")
    answer = await books.api.post(f"/ledgers/{books.id}/commands", json={"commands": [command(sale(), key=key)]})
    (result,) = answer.json()["results"]
    assert (result["status"], result["code"], result["errors"][0]["pointer"]) == (422, "invalid_key", "#/key")
    assert await books.size() == before


@pytest.mark.parametrize("key", ["x", "!~", "x" * 255, '"' + "x" * 255 + '"'])
async def test_the_longest_key_is_taken(books: Books, key: str) -> None:
    await books.post("/transactions", sale("255.00"), key=key)


# --- accounts ---------------------------------------------------------------------------------------------------------

BAD_ACCOUNTS = [
    Bad("NFD", {"path": "Assets:Cafe\u0301"}, "invalid_path", "#/path"),
    Bad("control character", {"path": "Assets:a\tb"}, "invalid_path", "#/path"),
    Bad("newline", {"path": "Assets:a\nb"}, "invalid_path", "#/path"),
    Bad("C1 control character", {"path": "Assets:a\x85b"}, "invalid_path", "#/path"),
    Bad("bidi override", {"path": "Assets:\u202etxt"}, "invalid_path", "#/path"),
    Bad("line separator", {"path": "Assets:a\u2028b"}, "invalid_path", "#/path"),
    Bad("parent", {"path": "Assets:.."}, "invalid_path", "#/path"),
    Bad("dot", {"path": "Assets:.:b"}, "invalid_path", "#/path"),
    Bad("space at an end", {"path": "Assets: b"}, "invalid_path", "#/path"),
    Bad("wide space at an end", {"path": "Assets:b\u00a0"}, "invalid_path", "#/path"),
    Bad("empty segment", {"path": "Assets::b"}, "invalid_path", "#/path"),
    Bad("colon at the end", {"path": "Assets:"}, "invalid_path", "#/path"),
    Bad("number sign", {"path": "#1930", "type": "asset"}, "invalid_path", "#/path"),
    Bad("101 characters", {"path": "Assets:" + "x" * 101}, "invalid_path", "#/path"),
    Bad("501 characters", {"path": "Assets" + (":" + "x" * 98) * 5}, "invalid_path", "#/path"),
    Bad("17 segments", {"path": ":".join(["Assets"] * 17)}, "invalid_path", "#/path"),
    Bad("nothing", {"path": ""}, "invalid", "#/path"),
    Bad("missing", {"type": "asset"}, "invalid", "#/path"),
    Bad("untold type", {"path": "Bank:Giro"}, "account_type_needed", "#/type"),
    Bad("other type", {"path": "Assets:x", "type": "cash"}, "invalid", "#/type"),
    Bad("other side", {"path": "Assets:x", "normal": "left"}, "invalid", "#/normal"),
    Bad("other role", {"path": "Assets:x", "role": "till"}, "invalid", "#/role"),
    Bad("number with a space", {"path": "Assets:x", "number": "10 00"}, "invalid", "#/number"),
    Bad("currency", {"path": "Assets:x", "currencies": ["EUR", "eur"]}, "invalid", "#/currencies/1"),
    Bad("unknown member", {"path": "Assets:x", "parent": 1}, "unknown_field", "#/parent"),
    Bad("taken", {"path": "Assets:Cash"}, "account_exists", "#/path", 409),
    Bad("number taken", {"path": "Assets:x", "number": "1000"}, "number_exists", "#/number", 409),
]


@BOTH
async def test_a_bad_account_is_refused_and_changes_nothing(books: Books) -> None:
    before = await books.size()
    for bad in BAD_ACCOUNTS:
        require_refusal(await books.post("/accounts", bad.body, expect=bad.status), bad)
    bodies = [
        {("account_type" if name == "type" else name): value for name, value in bad.body.items()}
        for bad in BAD_ACCOUNTS
    ]
    answer = await books.bulk(*[command(body, "open_account") for body in bodies])
    for bad, result in zip(BAD_ACCOUNTS, answer["results"], strict=True):
        assert (result["status"], result["code"]) == (bad.status, bad.code), result
    assert await books.size() == before


async def test_a_decomposed_path_is_told_its_composed_form(books: Books) -> None:
    document = await books.post("/accounts", {"path": "Assets:Cafe\u0301"}, expect=422)
    assert "'Assets:Café'" in document["detail"]


# --- URLs -------------------------------------------------------------------------------------------------------------


async def raw_exchange(server: Server, request: bytes) -> tuple[int, Json]:
    """Status and document of an answer to bytes that no client library would send."""
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
    try:
        writer.write(request)
        await writer.drain()
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        length = next(line for line in head.lower().splitlines() if line.startswith("content-length:"))
        body = await reader.readexactly(int(length.partition(":")[2]))
    finally:
        writer.close()
        await writer.wait_closed()
    return int(head.split()[1]), json.loads(body)


async def raw_get(server: Server, target: str) -> tuple[int, Json]:
    """A GET of exactly this target: client libraries tidy URLs up."""
    head = (
        f"GET {target} HTTP/1.1\r\nHost: 127.0.0.1:{server.port}\r\nAuthorization: Bearer {server.token}\r\n"
        "Connection: close\r\n\r\n"
    )
    return await raw_exchange(server, head.encode())


@pytest.fixture
async def food(books: Books) -> Books:
    """Books in which `Food` has a balance."""
    if (await books.api.get(f"/ledgers/{books.id}/balances", params={"account": "Food"})).status_code == 404:
        await books.post("/accounts", {"path": "Food", "type": "expense"})
        await books.post("/transactions", transaction(debit("Food", "1.00"), credit("Assets:Cash", "1.00")))
    return books


@pytest.mark.parametrize(
    "name",
    [
        "Food%2Fbalance",
        "Food%2fbalance",
        "Food%2F..%2Fbalance",
        "Food%252Fbalance",
        "Food/../balance",
        "../balance",
        "Food//balance",
        "/balance",
        "./balance",
        "Food;x/balance",
        "Food%00/balance",
        "%46ood%5Cbalance",
        "Food%0A/balance",
        "Food%E2%80%AE/balance",
        "%EF%BC%A6ood/balance",
        "food/balance",
    ],
)
async def test_a_tricky_path_is_never_the_balance_of_another_account(food: Books, server: Server, name: str) -> None:
    status, document = await raw_get(server, f"/api/ledgers/{food.id}/accounts/{name}")
    assert status == 404
    require_problem(document, 404)


async def test_an_account_with_a_slash_in_its_path_is_named_in_the_query(books: Books) -> None:
    account = await books.post("/accounts", {"path": "Assets:Café/Bar balance", "number": "7.1"}, key="slash")
    path, id_ = "Assets:Café/Bar balance", account["id"]
    await books.post("/transactions", transaction(debit(path, "3.00"), credit("Income:Sales", "3.00")), key="slash-1")
    size = await books.size()
    assert (await books.get("/balances", account=path, min_size=size))["balances"][0]["balance"] == "3.00"
    assert (await books.get("/register", account=path, min_size=size))["lines"][0]["balance"] == "3.00"
    assert (await books.get(f"/accounts/{id_}/balance", min_size=size))["balances"][0]["account"] == path


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/nowhere"),
        ("GET", ""),
        ("GET", "/ledgers/"),
        ("POST", "/ledgers/x/nowhere"),
        ("GET", "/../openapi.json.bak"),
        ("GET", "/ledgers/zz"),
        ("GET", f"/ledgers/{'x' * 63}"),
    ],
)
async def test_an_unknown_route_is_a_problem_document(api: httpx.AsyncClient, method: str, path: str) -> None:
    answer = await api.request(method, path)
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


@pytest.mark.parametrize(
    ("method", "path"),
    [("DELETE", "/ledgers"), ("PUT", "/health"), ("POST", "/health"), ("DELETE", "/auth/login"), ("TRACE", "/live")],
)
async def test_an_unknown_method_is_a_problem_document(api: httpx.AsyncClient, method: str, path: str) -> None:
    answer = await api.request(method, path)
    assert (answer.status_code, answer.json()["code"]) == (405, "method_not_allowed")
    assert answer.headers["Allow"]


@pytest.mark.parametrize(
    ("path", "allowed"),
    [
        ("", "GET, HEAD, PATCH"),
        ("/transactions", "GET, HEAD, POST"),
        ("/members/x", "DELETE, PUT"),
        ("/balances", "GET, HEAD"),
    ],
)
async def test_an_unknown_method_is_told_all_that_there_are(books: Books, path: str, allowed: str) -> None:
    answer = await books.api.request("OPTIONS", f"/ledgers/{books.id}{path}")
    assert (answer.status_code, answer.headers["Allow"]) == (405, allowed)


BAD_QUERIES = [
    ("/balances", {"effective": "2024-02-30"}, "invalid_date", "?effective"),
    ("/balances", {"effective": "today"}, "invalid_date", "?effective"),
    ("/balances", {"recorded": "2024-02-30T00:00:00Z"}, "invalid_date", "?recorded"),
    ("/balances", {"recorded": "2024-02-03T00:00:00"}, "invalid_date", "?recorded"),
    ("/balances", {"recorded": "0001-01-01T00:00:00+14:00"}, "invalid_date", "?recorded"),
    ("/balances", {"recorded": "9999-12-31T23:59:59-14:00"}, "invalid_date", "?recorded"),
    ("/balances", {"recorded": "2024-02-03T00:00:00Z", "recorded_size": "1"}, "invalid", "?recorded"),
    ("/balances", {"recorded_size": "-1"}, "invalid", "?recorded_size"),
    ("/balances", {"recorded_size": "x"}, "invalid", "?recorded_size"),
    ("/balances", {"recorded_size": "1e3"}, "invalid", "?recorded_size"),
    ("/balances", {"recorded_size": str(10**30)}, "size_ahead", "?recorded_size"),
    ("/balances", {"min_size": str(10**30)}, "size_ahead", "?min_size"),
    ("/balances", {"min_size": "-1"}, "invalid", "?min_size"),
    ("/balances", {"timeout": "31"}, "invalid", "?timeout"),
    ("/balances", {"timeout": "nan"}, "invalid", "?timeout"),
    ("/balances", {"timeout": "-1"}, "invalid", "?timeout"),
    ("/balances", {"depth": "0"}, "invalid", "?depth"),
    ("/balances", {"depth": "17"}, "invalid", "?depth"),
    ("/balances", {"sign": "unnatural"}, "invalid", "?sign"),
    ("/balances", {"limit": "0"}, "invalid", "?limit"),
    ("/balances", {"limit": "1001"}, "invalid", "?limit"),
    ("/register", {}, "invalid", "?account"),
    ("/register", {"account": "Assets:Cash", "from": "2024-02-30"}, "invalid_date", "?from"),
    ("/transactions", {"to": "2024-02-30"}, "invalid_date", "?to"),
    ("/transactions", {"min_amount": "1,5"}, "invalid_amount", "?min_amount"),
    ("/transactions", {"max_amount": "1e5"}, "invalid_amount", "?max_amount"),
    ("/transactions", {"kind": "abnormal"}, "invalid", "?kind"),
    ("/events", {"start": "-1"}, "invalid", "?start"),
    ("/events", {"start": str(2**63)}, "invalid", "?start"),
    ("/events", {"limit": "1001"}, "invalid", "?limit"),
    ("/accounts", {"under": "a\0b"}, "invalid", None),
    ("/transactions", {"text": "\0"}, "invalid", None),
]


@BOTH
async def test_a_bad_query_is_refused_by_the_name_of_its_parameter(books: Books) -> None:
    for path, params, code, pointer in BAD_QUERIES:
        answer = await books.api.get(f"/ledgers/{books.id}{path}", params=params)
        document = answer.json()
        assert (answer.status_code, document["code"]) == (422, code), (path, params, document)
        if pointer is not None:
            assert document["errors"][0]["pointer"] == pointer


@BOTH
async def test_a_name_that_no_database_would_take_is_just_not_found(books: Books, server: Server) -> None:
    uuid_like = "zzzzzzzz-zzzz-zzzz-zzzz-zzzzzzzzzzzz"
    hyphens = "-" * 36
    for target in (
        "/api/ledgers/%00",
        f"/api/ledgers/{uuid_like}",
        f"/api/ledgers/{hyphens}",
        f"/api/ledgers/{books.id}/accounts/%00",
        f"/api/ledgers/{books.id}/accounts/%FF%FE",
        f"/api/ledgers/{books.id}/accounts/999999999999999999",
        f"/api/ledgers/{books.id}/accounts/99999999999999999999999",
        f"/api/ledgers/{books.id}/transactions/{uuid_like}",
        f"/api/ledgers/{books.id}/transactions/{hyphens}",
        f"/api/ledgers/{books.id}/transactions/%00",
    ):
        status, document = await raw_get(server, target)
        assert (status, document["code"]) == (404, "not_found"), (target, document)
    for transaction_id in (uuid_like, hyphens, "x"):
        await books.post(f"/transactions/{transaction_id}/reverse", expect=404)
    assert (await books.get("/events", command=uuid_like))["events"] == []
    commands: list[Json] = [
        *[{"type": "reverse_transaction", "transaction": id_} for id_ in (uuid_like, hyphens, "x")],
        *[{"type": "close_account", "account": id_} for id_ in (0, 2**53 - 1, 10**30)],
    ]
    for result in (await books.bulk(*commands))["results"]:
        assert (result["status"], result["code"]) in ((404, "not_found"), (422, "unknown_account"))


async def test_an_answer_to_a_broken_request_line_breaks_nothing(books: Books, server: Server) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
    writer.write(b"\x16\x03\x01 not HTTP at all\r\n\r\n")
    assert (await reader.readline()).startswith(b"HTTP/1.1 400")
    writer.close()
    await writer.wait_closed()
    assert await books.size()


async def test_a_caller_that_goes_away_while_sending_changes_nothing(books: Books, server: Server) -> None:
    before = await books.size()
    _, writer = await asyncio.open_connection("127.0.0.1", server.port)
    head = (
        f"POST /api/ledgers/{books.id}/transactions HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {server.token}\r\n"
        "Content-Type: application/json\r\nContent-Length: 1000\r\n\r\n{"
    )
    writer.write(head.encode())
    await writer.drain()
    writer.transport.abort()
    assert await books.size() == before


async def test_nobody_is_told_anything_without_signing_in(books: Books, server: Server) -> None:
    """Not even whether the body was any good."""
    async with client(server) as stranger:
        answer = await stranger.post(f"/ledgers/{books.id}/transactions", content=b"{", headers={"Origin": server.url})
        assert (answer.status_code, answer.json()["code"]) == (401, "unauthenticated")
