"""The API describes itself: every route, what it takes, what it answers and why it refuses, in words that hold.

`tests/http/described.py` holds the document against every answer that the tests of this folder get.
"""

import itertools
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, get_args

import httpx

from api.errors import STATUSES
from api.openapi import words
from api.openapi.examples import EXAMPLES
from api.openapi.fields import FIELDS, TAKEN
from api.openapi.schemas import facts_of
from api.shapes.commands import AnyCommand
from ledger.errors import Conflict
from tests.http.described import Json, document, faults, operations
from tests.http.service import BOTH, Books, Server, client, json_lines, open_books, sale

WITHOUT_BODY = {
    "log_out",
    "logout",
    "log_out_all_devices",
    "revoke_role",
    "revoke_token",
}
"""Operations that change something and take no body."""
STRANGE = re.compile(r"\b(whoever|stands on|for it is|is no more|of whose|wherein|thereof|hath|aggregate)\b")
_numbers = itertools.count(1)


def described() -> Iterator[tuple[str, Json]]:
    """Every operation with where it is."""
    for each in operations():
        yield f"{each.method} {each.pattern.pattern}", each.described


def references(node: Any) -> set[str]:
    """Every `$ref` below a node."""
    if isinstance(node, dict):
        own = {node["$ref"]} if isinstance(node.get("$ref"), str) else set()
        return own.union(*[references(member) for member in node.values()])
    if isinstance(node, list):
        return set().union(*[references(item) for item in node])
    return set()


def test_the_document_is_served_as_it_is_made_and_kept(sqlite_server: Server) -> None:
    answer = httpx.get(f"{sqlite_server.url}/openapi.json")
    assert answer.status_code == 200 and answer.headers["Content-Type"] == "application/json"
    assert answer.json() == document()
    again = httpx.get(f"{sqlite_server.url}/openapi.json", headers={"If-None-Match": answer.headers["ETag"]})
    assert (again.status_code, again.content) == (304, b"")


def test_every_operation_has_a_short_name_of_its_own() -> None:
    names = [operation["operationId"] for _, operation in described()]
    assert len(names) == len(set(names)) > 45
    assert all(re.fullmatch("[a-z]+(_[a-z]+)*", name) for name in names)
    assert {"post_transaction", "list_balances", "login", "get_problem"} <= set(names)


def test_every_operation_says_what_it_is_for() -> None:
    tags = {tag["name"]: tag["description"] for tag in document()["tags"]}
    used = set()
    for where, operation in described():
        assert operation["description"].endswith("."), where
        assert operation["summary"] and len(operation["tags"]) == 1, where
        used |= set(operation["tags"])
    assert used == set(tags)


def test_everything_has_a_description_in_plain_words() -> None:
    told = [(where, operation["description"]) for where, operation in described()]
    told += [(where, each.get("description")) for where, of in described() for each in of.get("parameters", ())]
    for name, schema in document()["components"]["schemas"].items():
        told.append((name, schema.get("description")))
        told += [(f"{name}.{each}", of.get("description")) for each, of in schema.get("properties", {}).items()]
    for where, text in told:
        assert (text and text[0].isupper()) or (text and text[0] == "`"), f"{where}: {text}"
        assert not STRANGE.search(text), f"{where}: {text}"


def test_every_word_describes_a_member() -> None:
    schemas = document()["components"]["schemas"]
    exact = {f"{name}.{each}" for name, schema in schemas.items() for each in schema.get("properties", {})}
    plain = {each.partition(".")[2] for each in exact - words.WORDS.keys()}
    assert words.WORDS.keys() <= exact | plain
    assert {words.find_name(name) for name in words.NAMES} <= schemas.keys() | {"Empty"}
    assert words.SHAPES.keys() <= schemas.keys()


def test_shapes_have_the_names_of_things() -> None:
    names = set(document()["components"]["schemas"])
    assert {"PostTransaction", "PostingInput", "Transaction", "Posting", "Account", "Problem", "Receipt"} <= names
    assert all(re.fullmatch("[A-Z][A-Za-z]+", name) for name in names)
    assert {name for name in names if name.endswith(("In", "Out", "Shape"))} == {"SignedIn", "LoggedOut"}


def test_no_shape_is_called_like_a_list_that_it_has() -> None:
    """Generated code would have one variable for both."""
    for name, schema in document()["components"]["schemas"].items():
        lists = {each for each, of in schema.get("properties", {}).items() if of.get("type") == "array"}
        assert name.lower() not in {each.replace("_", "") for each in lists}, name


def test_every_reference_leads_somewhere() -> None:
    for reference in references(document()):
        node: Any = document()
        for part in reference.removeprefix("#/").split("/"):
            node = node[part.replace("~1", "/").replace("~0", "~")]
        assert node


def test_every_body_is_a_named_shape() -> None:
    for where, operation in described():
        if operation["operationId"] in WITHOUT_BODY or where.startswith("GET "):
            assert "requestBody" not in operation, where
            continue
        for kind, content in operation["requestBody"]["content"].items():
            assert re.fullmatch("#/components/schemas/[A-Za-z]+", content["schema"]["$ref"]), (where, kind)


def test_every_answer_says_what_it_is() -> None:
    for where, operation in described():
        for status, answer in operation["responses"].items():
            assert answer["description"], (where, status)
            assert "X-Request-Id" in answer["headers"], (where, status)
            if status in ("204", "304"):
                assert "content" not in answer
            else:
                assert all(content["schema"] for content in answer["content"].values()), (where, status)


def test_every_refusal_is_a_problem_with_its_codes() -> None:
    for where, operation in described():
        for status, answer in operation["responses"].items():
            if int(status) < 400:
                continue
            assert answer["x-problem-codes"] == sorted(set(answer["x-problem-codes"])), where
            assert {STATUSES[code] for code in answer["x-problem-codes"]} <= {int(status)}, where
            if answer["x-problem-codes"]:
                schema = answer["content"]["application/problem+json"]["schema"]
                assert schema == {"$ref": "#/components/schemas/Problem"}
            for code in answer["x-problem-codes"]:
                assert f"`{code}`" in answer["description"]
            if status in ("429", "503"):
                assert "Retry-After" in answer["headers"]


def test_an_error_may_describe_its_facts_itself() -> None:
    @dataclass(eq=False, kw_only=True)
    class Late(Conflict):
        """{days} days late."""

        days: int = field(metadata={"description": "How many days."})

    assert facts_of(Late) == {"days": {"type": "integer", "description": "How many days."}}


def test_the_problem_knows_all_codes() -> None:
    assert set(document()["components"]["schemas"]["Problem"]["properties"]["code"]["enum"]) == set(STATUSES)


def test_security_says_how_to_sign_in() -> None:
    schemes = document()["components"]["securitySchemes"]
    assert schemes["cookie"]["name"] == "auth-session" and schemes["bearer"]["scheme"] == "bearer"
    for where, operation in described():
        codes = operation["responses"].get("401", {}).get("x-problem-codes", ())
        expected: list[Json] = [{"cookie": []}, {"bearer": []}] if "unauthenticated" in codes else []
        assert operation["security"] == expected, where


async def test_no_operation_with_security_answers_a_stranger(server: Server) -> None:
    """And each one without it does not say 401."""
    async with client(server) as stranger:
        for each in operations():
            path = re.sub(r"\[\^/\]\+", "1", each.pattern.pattern.replace("\\", "")).replace(".+", "0/000")
            if not path.startswith("/api/"):
                continue
            answer = await stranger.request(each.method, f"{server.url}{path}", headers={"Origin": server.url})
            refused = answer.status_code == 401 and answer.json()["code"] == "unauthenticated"
            assert refused == bool(each.described["security"]), path


def test_header_fields_are_described() -> None:
    taken, sent = set(), set()
    for where, operation in described():
        named = {each["name"] for each in operation.get("parameters", ()) if each["in"] == "header"}
        taken |= named
        for answer in operation["responses"].values():
            sent |= set(answer["headers"])
        if "ETag" in operation["responses"].get("200", {}).get("headers", ()):
            assert "If-None-Match" in named and "304" in operation["responses"], where
    assert taken == {*TAKEN, "Idempotency-Key"} and sent == set(FIELDS)


def test_media_types_are_described() -> None:
    by_name = {operation["operationId"]: operation for _, operation in described()}

    def kinds(name: str, status: str = "200") -> set[str]:
        return set(by_name[name]["responses"][status]["content"])

    assert kinds("list_events") == {"application/json", "application/x-ndjson", "text/event-stream"}
    assert kinds("report_trial_balance") == {"application/json", "text/csv"}
    assert kinds("get_checkpoint") == {"text/plain"} and kinds("get_tile") == {"application/octet-stream"}
    assert kinds("post_commands") == {"application/json", "application/x-ndjson"}
    assert set(by_name["post_commands"]["requestBody"]["content"]) == {"application/json", "application/x-ndjson"}
    assert kinds("about") == {"application/json", "text/html"}


def test_bounds_are_keywords_of_json_schema() -> None:
    """pydantic writes `ge` where it does not know what a bound is of."""
    assert not re.search(r'"(ge|le|gt|lt|min_length|max_length)":', json.dumps(document()))


def test_no_parameter_is_null() -> None:
    for where, operation in described():
        for parameter in operation.get("parameters", ()):
            assert "null" not in json.dumps(parameter["schema"]), (where, parameter["name"])
            assert "anyOf" not in parameter["schema"], (where, parameter["name"])


def test_amounts_are_texts_and_dates_are_dates() -> None:
    schemas = document()["components"]["schemas"]
    assert schemas["PostTransaction"]["properties"]["date"]["format"] == "date"
    assert set(schemas["PostTransaction"]["required"]) == {"date", "postings"}
    posting = schemas["PostingInput"]["properties"]
    assert {each.get("type") for each in posting["amount"]["anyOf"]} == {"string", "null"}
    assert {each["type"] for each in posting["account"]["anyOf"]} == {"string", "integer"}
    assert schemas["Posting"]["properties"]["amount"]["pattern"]
    assert schemas["Receipt"]["properties"]["recorded_at"]["format"] == "date-time"


def test_a_bulk_says_which_commands_there_are() -> None:
    schemas = document()["components"]["schemas"]
    assert schemas["PostCommands"]["properties"]["commands"]["items"] == {"$ref": "#/components/schemas/Command"}
    commands = [each["$ref"].rpartition("/")[2] for each in schemas["Command"]["oneOf"]]
    assert {schemas[each]["properties"]["type"]["const"] for each in commands} == {
        "post_transaction",
        "reverse_transaction",
        "open_account",
        "rename_account",
        "update_account",
        "close_account",
        "reopen_account",
        "declare_currency",
        "update_ledger",
        "set_limits",
    }
    assert all("key" in schemas[each]["properties"] for each in commands)


async def test_lines_of_a_bulk_and_of_the_log_have_the_shapes_described(books: Books) -> None:
    by_name = {operation["operationId"]: operation for _, operation in described()}
    sent = [{"type": "post_transaction", "key": "1", **sale()}, {"type": "nonsense", "key": "2"}]
    content = "\n".join(map(json.dumps, sent)).encode()
    lines = {"Content-Type": "application/x-ndjson"}
    answer = await books.call("POST", "/commands", expect=200, content=content, headers=lines)
    of_bulk = by_name["post_commands"]["responses"]["200"]["content"]["application/x-ndjson"]["schema"]
    assert len(json_lines(answer)) == 3 and not [
        faults(line, of_bulk) for line in json_lines(answer) if faults(line, of_bulk)
    ]
    answer = await books.call("GET", "/events", expect=200, headers={"Accept": "application/x-ndjson"})
    of_log = by_name["list_events"]["responses"]["200"]["content"]["application/x-ndjson"]["schema"]
    assert not list(itertools.chain(*[faults(line, of_log) for line in json_lines(answer)]))


def test_every_body_has_examples_that_fit_its_schema() -> None:
    """Those that `EXAMPLES` has for it, or its shape itself."""
    bodies = set()
    for where, operation in described():
        for kind, content in operation.get("requestBody", {}).get("content", {}).items():
            bodies.add(content["schema"]["$ref"].rpartition("/")[2])
            if kind == "application/json":
                assert content["examples"], where
            for each in content.get("examples", {}).values():
                assert each["summary"] and not faults(each["value"], content["schema"]), (where, each)
    assert set(EXAMPLES) <= bodies


def test_a_bulk_is_refused_for_what_each_of_its_commands_is_refused_for() -> None:
    """Each command says so once, for its own route and for the bulk."""
    by_name = {operation["operationId"]: operation for _, operation in described()}

    def refusals(name: str) -> set[str]:
        answers = by_name[name]["responses"].values()
        return {code for answer in answers for code in answer.get("x-problem-codes", ())}

    for command in get_args(AnyCommand):
        codes = {refusal.code for refusal in command.REFUSALS}
        assert codes <= refusals("post_commands"), command
        name = command.model_fields["type"].annotation.__args__[0]
        assert codes <= refusals(name if name in by_name else "update_account"), command


async def example_books(api: httpx.AsyncClient) -> Books:
    """Books of their own for one example: with a few accounts and one transaction."""
    books = await open_books(api, f"example-{next(_numbers)}-{id(api) % 10_000}")
    await books.post("/accounts", {"path": "Liabilities:VAT", "role": "tax"})
    return books


@BOTH
async def test_every_example_is_accepted(server: Server, api: httpx.AsyncClient) -> None:
    """Sent to the operation that shows it, as it stands there."""
    sent = 0
    for each in operations():
        shown = each.described.get("requestBody", {}).get("content", {}).get("application/json", {}).get("examples", {})
        for name, example in shown.items():
            books = await example_books(api)
            posted = await books.post("/transactions", sale(description="to be erased"))
            if each.described["operationId"] == "erase_old_names":
                await books.send("PATCH", "/accounts/1", {"path": "Assets:Other"})
            if each.described["operationId"] == "reopen_account":
                await books.send("POST", "/accounts/3/close", {})
            async with client(server) as stranger:
                answer = await send_example(stranger, api, books, each, example["value"], posted["id"])
            assert answer.status_code in (200, 201), (each.described["operationId"], name, answer.text)
            assert answer.json().get("rejected", 0) == 0, answer.text
            sent += 1
    assert sent > 20


async def send_example(
    stranger: httpx.AsyncClient, api: httpx.AsyncClient, books: Books, each: Any, body: Any, transaction: str
) -> httpx.Response:
    """Send a body to an operation of these books."""
    name = each.described["operationId"]
    if name in ("register", "login"):
        body = {**body, "username": f"ann-{next(_numbers)}"}
        await stranger.post("/auth/register", json={**body}) if name == "login" else None
        stranger.cookies.clear()
        return await stranger.post(f"/auth/{name}", json=body)
    account = "3" if name in ("close_account", "reopen_account") else "1"
    values = iter([books.id, transaction if "transaction" in name or name == "erase_texts" else account])
    if "members" in each.pattern.pattern:
        other = f"bob-{next(_numbers)}"
        await stranger.post("/auth/register", json={"username": other, "password": "correct horse"})
        values = iter([books.id, other])
    path = re.sub(r"\[\^/\]\+", lambda _: next(values), each.pattern.pattern.replace("\\", ""))
    return await api.request(each.method, path.removeprefix("/api"), json=body)
