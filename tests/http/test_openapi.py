"""The API describes itself: every route, what it takes and what it answers."""

from typing import Any

import httpx
import pytest

from tests.http.service import Json, Server

WITH_BODY = {
    ("post", "/api/auth/register"),
    ("post", "/api/auth/login"),
    ("post", "/api/ledgers"),
    ("patch", "/api/ledgers/{ledger}"),
    ("post", "/api/ledgers/{ledger}/currencies"),
    ("post", "/api/ledgers/{ledger}/accounts"),
    ("patch", "/api/ledgers/{ledger}/accounts/{account}"),
    ("post", "/api/ledgers/{ledger}/transactions"),
    ("post", "/api/ledgers/{ledger}/transactions/{transaction}/reverse"),
    ("post", "/api/ledgers/{ledger}/transactions/{transaction}/erase"),
    ("post", "/api/ledgers/{ledger}/accounts/{account}/erase"),
    ("put", "/api/ledgers/{ledger}/members/{user}"),
    ("post", "/api/ledgers/{ledger}/tokens"),
    ("post", "/api/ledgers/{ledger}/commands"),
}
WITHOUT_BODY = {
    ("post", "/api/auth/logout"),
    ("get", "/api/auth/session"),
    ("get", "/api/health"),
    ("get", "/api/live"),
    ("get", "/api/ready"),
    ("get", "/api/ledgers"),
    ("get", "/api/ledgers/{ledger}"),
    ("get", "/api/ledgers/{ledger}/currencies"),
    ("get", "/api/ledgers/{ledger}/accounts"),
    ("get", "/api/ledgers/{ledger}/accounts/{account}"),
    ("post", "/api/ledgers/{ledger}/accounts/{account}/close"),
    ("post", "/api/ledgers/{ledger}/accounts/{account}/reopen"),
    ("get", "/api/ledgers/{ledger}/accounts/{account}/balance"),
    ("get", "/api/ledgers/{ledger}/accounts/{account}/register"),
    ("get", "/api/ledgers/{ledger}/transactions"),
    ("get", "/api/ledgers/{ledger}/transactions/{transaction}"),
    ("get", "/api/ledgers/{ledger}/balances"),
    ("get", "/api/ledgers/{ledger}/register"),
    ("get", "/api/ledgers/{ledger}/events"),
    ("get", "/api/ledgers/{ledger}/reports/trial-balance"),
    ("get", "/api/ledgers/{ledger}/reports/balance-sheet"),
    ("get", "/api/ledgers/{ledger}/reports/income-statement"),
    ("get", "/api/ledgers/{ledger}/reports/cash-flow"),
}


@pytest.fixture(scope="module")
def document(sqlite_server: Server) -> Json:
    """The OpenAPI document, as served."""
    answer = httpx.get(f"{sqlite_server.url}/openapi.json")
    assert answer.status_code == 200
    served: Json = answer.json()
    return served


def operations(document: Json) -> dict[tuple[str, str], Json]:
    """All operations by method and path."""
    return {(method, path): each for path, methods in document["paths"].items() for method, each in methods.items()}


def references(node: Any) -> set[str]:
    """Every `$ref` below a node."""
    if isinstance(node, dict):
        own = {node["$ref"]} if isinstance(node.get("$ref"), str) else set()
        return own.union(*[references(member) for member in node.values()])
    if isinstance(node, list):
        return set().union(*[references(item) for item in node])
    return set()


def test_every_route_of_the_contract_is_described(document: Json) -> None:
    assert operations(document).keys() >= WITH_BODY | WITHOUT_BODY


def test_every_route_says_what_it_is_for_and_what_it_answers(document: Json) -> None:
    for (method, path), operation in operations(document).items():
        where = f"{method} {path}"
        assert operation["description"], where
        assert operation["tags"], where
        good = {status: answer for status, answer in operation["responses"].items() if status.startswith("2")}
        assert len(good) == 1, where
        ((status, answer),) = good.items()
        if status != "204":
            (content,) = answer["content"].values()
            assert content["schema"], f"{where} does not say what it answers"


def test_every_route_that_takes_a_body_says_which(document: Json) -> None:
    for at, operation in operations(document).items():
        if at in WITH_BODY:
            schema = operation["requestBody"]["content"]["application/json"]["schema"]
            assert schema["type"] == "object" and schema["properties"], at
            assert schema["additionalProperties"] is False, at
        else:
            assert "requestBody" not in operation, at


def test_every_reference_leads_somewhere(document: Json) -> None:
    for reference in references(document):
        node: Any = document
        for part in reference.removeprefix("#/").split("/"):
            node = node[part.replace("~1", "/").replace("~0", "~")]
        assert node


def test_amounts_are_texts_and_dates_are_dates(document: Json) -> None:
    body = operations(document)["post", "/api/ledgers/{ledger}/transactions"]["requestBody"]
    schema = body["content"]["application/json"]["schema"]
    assert schema["properties"]["date"]["format"] == "date"
    posting = schema["properties"]["postings"]["items"]
    kinds = {each.get("type") for each in posting["properties"]["amount"]["anyOf"]}
    assert kinds == {"string", "null"}
    assert {each["type"] for each in posting["properties"]["account"]["anyOf"]} == {"string", "integer"}
    assert set(schema["required"]) == {"date", "postings"}


def test_the_documentation_is_served(sqlite_server: Server) -> None:
    answer = httpx.get(f"{sqlite_server.url}/docs")
    assert answer.status_code == 200
    assert "Double LLMedger" in answer.text


def test_a_bulk_says_which_commands_there_are(document: Json) -> None:
    body = operations(document)["post", "/api/ledgers/{ledger}/commands"]["requestBody"]
    commands = body["content"]["application/json"]["schema"]["properties"]["commands"]["items"]["oneOf"]
    assert {each["properties"]["type"]["const"] for each in commands} == {
        "post_transaction",
        "reverse_transaction",
        "open_account",
        "rename_account",
        "update_account",
        "close_account",
        "reopen_account",
        "declare_currency",
        "update_ledger",
    }
    assert all("key" in each["properties"] for each in commands)
