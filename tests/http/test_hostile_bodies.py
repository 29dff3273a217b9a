"""Bodies that are made to cost much: the cost is that of reading them once, and an answer repeats no more than a little
of what was sent."""

import json
import unicodedata
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, ValidationError

from api.auth import cookies
from api.auth.passwords import VERIFIED_LENGTH_MAX, Passwords
from api.errors import FAULTS_MAX, DuplicateKey, make_body_invalid
from api.exchange.import_lines import DraftReader
from api.shapes import values as shapes_values
from api.shapes.commands import BulkShape
from api.shapes.strict_json import NESTED_MAX, parse_json, walk
from api.shapes.transactions import DIMENSIONS_MAX, PostingIn, TransactionIn
from api.shapes.values import METADATA_BYTES_MAX, UNKNOWN_MEMBERS_MAX, Body
from ledger.errors import SHOWN_LENGTH_MAX, InvalidField, LedgerError
from ledger.transactions import POSTINGS_MAX
from projections.projection import fold_text
from tests.http.service import BOTH, Books, Json, command, credit, debit, sale, transaction

MANY = 100_000
LONG = "x" * 1_000_000
SMALL_BYTES = 16_000
"""More than any refusal of one body takes."""
NESTED = parse_json(b"[" * 900 + b"]" * 900)
HUGE: dict[str, Any] = {
    "text": LONG,
    "number": 10**4_000,
    "list": [LONG],
    "object": {LONG: LONG},
    "list of texts": [LONG[:100]] * 10_000,
    "nested list": NESTED,
}

# --- time ------------------------------------------------------------------------------------------------------------


def test_a_bad_name_is_refused_before_its_text_and_is_not_repeated() -> None:
    """An answer could not hold half a surrogate pair."""
    with pytest.raises(InvalidField) as caught:
        parse_json(b'{"a": {"\\ud800": "\\ud801"}}')
    assert (caught.value.pointer, caught.value.detail) == ("#/a", "U+D800 is not allowed in a name")


@pytest.mark.timeout(60)  # it took many minutes where each name was compared with each other
@pytest.mark.parametrize("repeated", [0, MANY - 1])
def test_a_name_that_is_repeated_among_many_is_found_by_looking_at_each_once(repeated: int) -> None:
    names = [*range(MANY), repeated]
    raw = b"{%b}" % b",".join(b'"n%d":0' % name for name in names)
    with pytest.raises(DuplicateKey) as refused:
        parse_json(raw)
    assert refused.value.name == f"n{repeated}"


@pytest.mark.parametrize("raw", ['{"a": 1, "b": 2, "a": 3}', '[{"a": {"b": 1, "b": 1}}]'])
def test_a_repeated_name_is_refused_wherever_it_is(raw: str) -> None:
    with pytest.raises(DuplicateKey):
        parse_json(raw.encode())


values = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=20,
)


def depths(value: Any, depth: int = 1) -> Iterator[tuple[int, str]]:
    """What `inside` says, by recursion."""
    yield depth, repr(value)
    inner = [*value, *value.values()] if isinstance(value, dict) else value if isinstance(value, list) else []
    for each in inner:
        yield from depths(each, depth + 1)


@given(values)
def test_everything_inside_a_value_is_found_with_its_depth(value: Any) -> None:
    assert sorted((depth, repr(each)) for depth, each in walk(value)) == sorted(depths(value))


@pytest.mark.timeout(60)
async def test_a_password_that_is_nobodys_is_not_normalised() -> None:
    """To put the marks of one letter in order takes time that grows with the square of their number."""
    passwords = Passwords()
    longest = "a" + "\u0316\u0301" * ((VERIFIED_LENGTH_MAX - 1) // 2)
    assert await passwords.verify(await passwords.hash(longest), longest)
    longer = "a" + "\u0316\u0301" * 100_000
    assert not await passwords.verify(await passwords.hash(longer), longer)


@given(st.text(max_size=300))
def test_folding_in_pieces_is_folding(text: str) -> None:
    whole = unicodedata.normalize("NFC", text.casefold())
    assert fold_text(text) == whole or max(map(len, text.casefold().split()), default=0) > 200 or "\0" in text


@pytest.mark.timeout(60)
def test_a_search_text_of_marks_is_folded_piece_by_piece() -> None:
    marks = "\u0316\u0301" * 200_000
    assert len(fold_text(marks)) == len(marks)


# --- faults ----------------------------------------------------------------------------------------------------------


def models(parent: type[BaseModel] = Body) -> Iterator[type[BaseModel]]:
    """All shapes of bodies, however deep."""
    for child in parent.__subclasses__():
        if child is not BulkShape:  # nothing is read by that one
            yield child
        yield from models(child)


LOADS: dict[str, Any] = {
    "a list of numbers": [0] * MANY,
    "a list of objects": [{}] * MANY,
    "few objects of many members": [{f"n{number}": 0 for number in range(MANY)}] * 20,
    "an object of many members": {f"n{number}": 0 for number in range(MANY)},
    "objects with lists": [{"dimensions": {f"n{number}": 0 for number in range(MANY)}}] * 20,
}


@pytest.mark.parametrize("load", LOADS.values(), ids=LOADS.keys())
@pytest.mark.parametrize("model", [*models()], ids=lambda each: each.__name__)
def test_no_body_makes_more_faults_than_a_few(model: type[BaseModel], load: Any) -> None:
    """Each would be an object of half a kilobyte, and 20 are shown."""
    for body in (load, *[{name: load} for name in model.model_fields]):
        faults = faults_of(model, body)
        assert faults is None or faults.error_count() <= 1_000
        assert faults is None or len(make_body_invalid(faults).errors) <= FAULTS_MAX


def faults_of(model: type[BaseModel], body: Any) -> ValidationError | None:
    """What is wrong with a body."""
    try:
        model.model_validate(body)
    except ValidationError as error:
        return error
    return None


async def test_faults_far_apart_are_shown_each_in_its_place(books: Books) -> None:
    postings = [debit("Assets:Cash", "1.00")] * 3_000
    wrong: dict[int, Json] = {7: {"amount": "x"}, 8: {"currency": "eur"}, 150: {"party": 5}, 2_999: {"colour": 1}}
    body = transaction(*[{**posting, **wrong.get(line, {})} for line, posting in enumerate(postings)])
    document = await books.post("/transactions", body, expect=422)
    assert [each["pointer"] for each in document["errors"]] == [
        "#/postings/7/amount",
        "#/postings/8/currency",
        "#/postings/150/party",
        "#/postings/2999/colour",
    ]


async def test_unknown_members_are_all_named_or_the_first_one(books: Books) -> None:
    few = {f"n{number}": 0 for number in range(UNKNOWN_MEMBERS_MAX - 10)}
    document = await books.post("/transactions", sale() | few, expect=422)
    assert [each["pointer"] for each in document["errors"]] == [f"#/{name}" for name in few]
    many = {f"n{number}": 0 for number in range(100)}
    document = await books.post("/transactions", sale() | many, expect=422)
    assert (document["code"], document["name"]) == ("unknown_field", "n0")


async def test_too_many_postings_are_refused_before_anything_is_made_of_them(books: Books) -> None:
    await books.post("/transactions", sale())
    before = await books.size()
    too_many = {"date": "2024-05-17", "postings": [{}] * (POSTINGS_MAX + 1)}
    plain = transaction(*[debit("Assets:Cash", "0.00")] * (POSTINGS_MAX + 1))
    for body in (too_many, plain):
        document = await books.post("/transactions", body, expect=422)
        assert (document["code"], document["postings"]) == ("too_many_postings", POSTINGS_MAX + 1)
        assert document["errors"][0]["pointer"] == "#/postings"
        answer = await books.bulk(command(sale()), command(body))
        assert [each["status"] for each in answer["results"]] == [201, 422]
        assert answer["results"][1]["code"] == "too_many_postings"
    assert await books.size() == before + 2


async def test_dimensions_have_a_number(books: Books) -> None:
    dimensions = {f"d{number}": "x" for number in range(DIMENSIONS_MAX)}
    await books.post(
        "/transactions", transaction(debit("Assets:Cash", "1"), credit("Income:Sales", "1", dimensions=dimensions))
    )
    many = transaction(debit("Assets:Cash", "1"), credit("Income:Sales", "1", dimensions={**dimensions, "more": "x"}))
    document = await books.post("/transactions", many, expect=422)
    assert document["errors"] == [
        {
            "pointer": "#/postings/1/dimensions",
            "detail": "The member 'postings/1/dimensions' must have at most 20 entries.",
        }
    ]


# --- answers ---------------------------------------------------------------------------------------------------------


def spoiled() -> Iterator[Json]:
    """A sale with something huge in each place."""
    for huge in HUGE.values():
        for name in TransactionIn.model_fields:
            yield sale() | {name: huge}
        for name in PostingIn.model_fields:
            good = sale()
            yield good | {"postings": [good["postings"][0] | {name: huge}, good["postings"][1]]}
    yield sale() | {LONG: 1}
    yield sale() | {"document": {LONG: 1}}
    yield {LONG + str(number): 1 for number in range(3)}


async def test_a_refusal_repeats_little_of_what_was_sent(books: Books) -> None:
    refused = 0
    for body in spoiled():
        answer = await books.api.post(f"/ledgers/{books.id}/transactions", json=body)
        assert answer.status_code in (201, 413, 422), answer.text[:1_000]
        assert len(answer.content) < SMALL_BYTES
        refused += answer.status_code == 422
    assert refused > 80


@pytest.mark.parametrize("huge", HUGE.values(), ids=HUGE.keys())
async def test_every_route_repeats_little_of_what_was_sent(books: Books, huge: Any) -> None:
    calls: list[tuple[str, str, Json]] = [
        ("POST", "/accounts", {"path": huge}),
        ("POST", "/accounts", {"path": "Assets:x", "number": huge, "currencies": huge, "metadata": huge}),
        ("PATCH", "/accounts/%231000", {"path": huge, "label": huge}),
        ("POST", "/currencies", {"currency": huge, "scale": huge}),
        ("PATCH", "", {"name": huge, "time_zone": huge, "fiscal_year_start": huge}),
        ("PUT", "/members/somebody", {"role": huge, "until": huge}),
        ("POST", "/tokens", {"name": huge, "role": huge}),
    ]
    for method, path, body in calls:
        answer = await books.api.request(method, f"/ledgers/{books.id}{path}", json=body)
        assert 400 <= answer.status_code < 500, (path, answer.text[:1_000])
        assert len(answer.content) < SMALL_BYTES, path
    for body in ({"id": huge}, {"chart": huge, "currency": huge}, {"username": huge}):
        answer = await books.api.post("/ledgers", json=body)
        assert 400 <= answer.status_code < 500 and len(answer.content) < SMALL_BYTES


@pytest.mark.parametrize("atomic", [False, True])
async def test_each_refusal_in_a_bulk_repeats_little_of_what_was_sent(books: Books, atomic: bool) -> None:
    commands: list[Any] = [{"type": huge} for huge in HUGE.values()]
    commands += [{LONG: 1}, LONG, {"type": "close_account", "account": LONG}, {"type": "close_account", LONG: 1}]
    commands += [command(sale(), key=LONG), {"type": "update_ledger", "name": LONG, "currency": LONG}]
    commands += [{"type": "close_account", "account": 1, **{f"n{number}": 0 for number in range(20)}}]
    for each in commands:
        answer = await books.api.post(f"/ledgers/{books.id}/commands", json={"atomic": atomic, "commands": [each]})
        assert answer.status_code == (422 if atomic else 200), answer.text[:1_000]
        assert len(answer.content) < SMALL_BYTES / 4


async def test_a_name_in_a_url_is_repeated_up_to_a_length(books: Books) -> None:
    name = "x" * 1_400
    answer = await books.call("GET", f"/accounts/{name}", expect=404)
    assert answer.json()["name"] == name[:SHOWN_LENGTH_MAX] + "…"
    answer = await books.call("GET", "/balances", params={"y" * 5_000: "1"}, expect=422)
    assert len(answer.content) < SMALL_BYTES


def test_an_import_says_little_of_what_is_wrong_with_a_line() -> None:
    for body in spoiled():
        refusal = refusal_of_line(json.dumps(body).encode())
        assert refusal is None or len(refusal.detail) < SMALL_BYTES
        assert refusal is None or len(json.dumps(refusal.facts)) < SMALL_BYTES


def refusal_of_line(raw: bytes) -> LedgerError | None:
    """What is wrong with a line of an import."""
    try:
        DraftReader("test", {}).read_draft(1, raw)
    except LedgerError as refusal:
        return refusal
    return None


# --- nesting ---------------------------------------------------------------------------------------------------------


def nested(levels: int) -> Json:
    """Metadata of so many levels."""
    value: Any = 1
    for _ in range(levels - 2):
        value = [value]
    return {"a": value}


@BOTH
async def test_metadata_is_nested_up_to_a_limit(books: Books) -> None:
    receipt = await books.post("/transactions", sale(metadata=nested(NESTED_MAX)))
    found = await books.get(f"/transactions/{receipt['id']}")
    assert found["metadata"] == nested(NESTED_MAX)
    for levels in (NESTED_MAX + 1, 480, 900, *range(955, 975)):
        metadata = '{"a":' + "[" * (levels - 2) + "1" + "]" * (levels - 2) + "}"
        for path, members in (("/transactions", sale()), ("/accounts", {"path": "Assets:x"})):
            raw = f'{json.dumps(members)[:-1]}, "metadata": {metadata}}}'
            headers = {"Content-Type": "application/json"}
            document = (await books.call("POST", path, content=raw, headers=headers, expect=422)).json()
            assert (document["code"], document["errors"][0]["pointer"]) == ("invalid", "#/metadata")


async def test_no_depth_of_anything_is_an_error_of_ours(books: Books) -> None:
    for levels in (100, 480, *range(900, 1_010, 3), 5_000, 500_000):
        for begin, end in (("[", "]"), ('{"a":', "}")):
            inner = begin * levels + '"\\u0041"' + end * levels
            for name in ("surplus", "date", "postings", "kind", "tags", "document", "metadata"):
                raw = f'{{"{name}": {inner}}}'
                answer = await books.api.post(
                    f"/ledgers/{books.id}/transactions", content=raw, headers={"Content-Type": "application/json"}
                )
                assert answer.status_code in (400, 413, 422)


@pytest.mark.parametrize("name", ["postings", "metadata", "document", "surplus", "tags"])
def test_no_depth_of_an_imported_line_is_an_error_of_ours(name: str) -> None:
    for levels in (NESTED_MAX + 1, 480, 900, 960, 990, 5_000):
        raw = f'{{"date": "2024-01-01", "{name}": {"[" * levels}{"]" * levels}}}'
        assert refusal_of_line(raw.encode()) is not None


async def test_long_metadata_is_refused_by_its_length(books: Books) -> None:
    fits = {"a": "x" * (METADATA_BYTES_MAX - len('{"a": ""}'))}
    await books.post("/transactions", sale(metadata=fits))
    for metadata in ({"a": fits["a"] + "x"}, {"a": [0] * METADATA_BYTES_MAX}, {f"n{n}": 0 for n in range(MANY)}):
        document = await books.post("/transactions", sale(metadata=metadata), expect=422)
        assert document["errors"][0]["pointer"] == "#/metadata"


# --- URLs and cookies ------------------------------------------------------------------------------------------------


@BOTH
async def test_filters_by_metadata_have_a_number(books: Books) -> None:
    receipt = await books.post("/transactions", sale(metadata={f"k{number}": "v" for number in range(10)}))
    filters: dict[str, Any] = {f"metadata.k{number}": "v" for number in range(10)}
    found = await books.get("/transactions", min_size=receipt["size"], **filters)
    assert [each["id"] for each in found["transactions"]] == [receipt["id"]]
    document = await books.get("/transactions", expect=422, **{**filters, "metadata.more": "v"})
    assert (document["code"], document["most"]) == ("too_many", 10)


@pytest.mark.parametrize("count", [101, 2_000])
async def test_a_query_has_so_many_parameters(api: httpx.AsyncClient, count: int) -> None:
    answer = await api.get("/health?" + "&".join(f"p{number}=1" for number in range(count)))
    assert (answer.status_code, answer.json()["code"]) == (422, "too_many")


@pytest.mark.parametrize("target", ["/ledgers/" + "x" * 17_000, "/health?x=" + "y" * 17_000])
async def test_a_url_has_a_length(api: httpx.AsyncClient, target: str) -> None:
    answer = await api.get(target)
    assert (answer.status_code, answer.json()["code"]) == (414, "url_too_long")


async def test_what_is_refused_is_not_remembered(books: Books) -> None:
    """A process would keep a thousand of them, each as long as a body."""
    before = shapes_values._require_currency.cache_info().currsize, cookies._decode.cache_info().currsize
    for number in range(3):
        currency = transaction(debit("Assets:Cash", "1", LONG + str(number)), credit("Income:Sales", "1"))
        await books.post("/transactions", currency, expect=422)
        cookie = {"Cookie": f"auth-session={'x' * 20_000}{number}", "Authorization": ""}
        async with httpx.AsyncClient(base_url=books.api.base_url) as stranger:
            assert (await stranger.get("/ledgers", headers={"Cookie": cookie["Cookie"]})).status_code == 401
    after = shapes_values._require_currency.cache_info().currsize, cookies._decode.cache_info().currsize
    assert after[1] == before[1] and after[0] <= before[0] + 1
