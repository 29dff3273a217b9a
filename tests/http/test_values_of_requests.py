"""What the document says of a text or a number in a request is what the service does, whatever characters are in it.

A document's pattern is read by other programs in other languages: each has its own idea of what white space is.
"""

import re
import unicodedata
from collections.abc import Iterator
from typing import Any

import jsonschema_rs
import pytest
from pydantic import ValidationError

from api import wording
from api.openapi.words import find_name
from api.shapes import values
from tests.http.described import document
from tests.http.service import PASSWORD, Books, Server, client, sale

INVISIBLE = [
    character
    for character in map(chr, range(0x11_0000))
    if character.isspace() or unicodedata.category(character) in ("Cc", "Cf", "Zs", "Zl", "Zp")
]
"""All white space, all controls, and all marks that only change how others look."""
LENGTHS = sorted(
    {int(length) for length in re.findall(r"'(?:max|min)Length': (\d+)", str(document()["components"]["schemas"]))}
)
"""All lengths that the document names."""
NUMBERS = (0, 1, 1.0, 1.5, -1, -1.0, 30, 31, 100, 101, 2**53, 2**63, 1e300, True, None)
OF_VALUE = frozenset({"invalid", "value_error"})
"""Faults that no schema can say: a time zone that does not exist, for example."""


def members() -> Iterator[tuple[str, str, Any]]:
    """Each member of each body: the name of its shape in the document, its own name, and its model."""
    waiting: list[Any] = [values.Body]
    while waiting:
        model = waiting.pop()
        waiting += model.__subclasses__()
        shape = find_name(model.__name__)
        if shape in document()["components"]["schemas"]:
            yield from ((shape, name, model) for name in model.model_fields)


MEMBERS = sorted({(shape, name): model for shape, name, model in members()}.items(), key=lambda each: each[0])


def texts() -> Iterator[str]:
    """Each character alone, twice, before and after a letter; and texts about as long as texts may be."""
    for character in INVISIBLE:
        yield from (character, character * 2, f"{character}a", f"a{character}")
    for length in LENGTHS:
        for long in (length, length + 1):
            yield from ("a" * long, " " * long, "a".ljust(long), "a".rjust(long), "\U0001f4b6" * long)


def faults_of_shape(model: Any, member: str, value: object) -> list[str]:
    """What the service says against this member's value because of how it is written."""
    try:
        model.__pydantic_validator__.validate_python({member: value})
    except ValidationError as error:
        found = [fault for fault in error.errors(include_input=False) if fault["loc"][:1] == (member,)]
        return [fault["type"] for fault in found]
    return []


@pytest.mark.parametrize(("member", "model"), MEMBERS, ids=[f"{shape}.{name}" for (shape, name), _ in MEMBERS])
def test_the_document_takes_what_the_service_takes(member: tuple[str, str], model: Any) -> None:
    shape, name = member
    schemas = document()["components"]["schemas"]
    schema = {**schemas[shape]["properties"][name], "components": {"schemas": schemas}}
    fits = jsonschema_rs.validator_for(schema, validate_formats=True)
    sent = [each for text in texts() for each in (text, [text], {text: "a"}, {"a": text})]
    for value in [*sent, *NUMBERS]:
        faults = faults_of_shape(model, name, value)
        if fits.is_valid(value):
            assert not set(faults) & wording.PLAIN - OF_VALUE, (value, faults)
        else:
            assert faults, f"{value!r} is taken, but does not fit the document"


# --- names ------------------------------------------------------------------------------------------------------------


async def test_a_new_path_has_only_characters_that_can_be_seen_on_every_door(books: Books) -> None:
    twin = "Assets:Ca\u200bsh"
    bodies = (
        ("POST", "/accounts", {"path": twin}, "#/path"),
        ("PATCH", "/accounts/%231000", {"path": twin}, "#/path"),
        ("POST", "/commands", {"atomic": True, "commands": [{"type": "open_account", "path": twin}]}, None),
        (
            "POST",
            "/commands",
            {"atomic": True, "commands": [{"type": "rename_account", "account": 1, "path": twin}]},
            None,
        ),
    )
    for method, path, body, pointer in bodies:
        refused = (await books.send(method, path, body, expect=422)).json()
        assert refused["code"] == "invalid_path" and "U+200B" in refused["detail"], path
        assert refused["errors"][0]["pointer"] == (pointer or "#/commands/0/path")


@pytest.mark.parametrize("character", ["\n", "\t", "\u001b", "\u007f", "\u009b", "\u2028", "\u202e", "\u2066"])
async def test_a_name_changes_nothing_of_how_others_are_shown(books: Books, character: str) -> None:
    name = f"a{character}b"
    for method, path, body in (
        ("PATCH", "", {"name": name}),
        ("POST", "/accounts", {"path": "Assets:New", "label": name}),
        ("PATCH", "/accounts/%231000", {"label": name}),
        ("POST", "/tokens", {"name": name, "role": "viewer"}),
    ):
        refused = (await books.send(method, path, body, expect=422)).json()
        assert refused["code"] == "invalid" and f"U+{ord(character):04X}" in refused["detail"], path
    refused = (await books.api.post("/ledgers", json={"name": name})).json()
    assert refused["errors"][0]["pointer"] == "#/name"


async def test_an_answer_that_holds_a_secret_takes_no_key(books: Books, server: Server) -> None:
    """The same answer cannot be given again, so a key would promise what is not kept."""
    body = {"name": "till", "role": "viewer"}
    refused = (await books.send("POST", "/tokens", body, key="one", expect=422)).json()
    assert refused["code"] == "invalid_key" and "secret" in refused["detail"]
    assert (await books.get("/tokens"))["tokens"] == []
    async with client(server) as stranger:
        credentials = {"username": "keyed-user", "password": PASSWORD}
        answer = await stranger.post("/auth/register", json=credentials, headers={"Idempotency-Key": "one"})
        assert (answer.status_code, answer.json()["code"]) == (422, "invalid_key")
        assert (await stranger.post("/auth/login", json=credentials)).status_code == 401
        answer = await stranger.post(f"/ledgers/{books.id}/tokens", json=body, headers={"Idempotency-Key": "one"})
        assert answer.status_code == 401


async def test_faults_are_said_in_the_words_of_json(books: Books) -> None:
    for value, said in ((None, "null"), (True, "true"), ([1], "a list"), ({}, "an object"), (7, "7")):
        posting: Any = {"account": "Assets:Cash", "currency": "EUR", "amount": value}
        if value is not None:
            refused = await books.post("/transactions", sale() | {"postings": [posting] * 2}, expect=422)
            assert refused["detail"].startswith(f"{said} is not an amount"), refused["detail"]
        refused = await books.post("/transactions", sale() | {"date": value}, expect=422)
        assert refused["detail"].startswith(f"{said} is not a date"), refused["detail"]
    refused = await books.get("/balances", timeout=31, expect=422)
    assert refused["detail"].endswith("must be at most 30.")
