"""Every fault of a body or a query is a plain sentence that names the place; pydantic is never heard."""

from collections.abc import Iterator
from typing import Any

import pytest
from fastapi.routing import APIRoute, iter_route_contexts
from pydantic import BaseModel, ValidationError
from pydantic_core._pydantic_core import list_all_errors

from api import wording
from api.app import create_app
from api.errors import make_body_invalid
from api.routes.accounts import Nothing
from api.settings import Settings
from api.shapes import commands, values
from tests.http.service import Books, sale

PYDANTIC = ("Input should", "Field required", "Extra inputs", "should match", "should have", "Value error", "Unable to")
ODD: tuple[Any, ...] = (
    None,
    True,
    0,
    -1,
    1.5,
    10**30,
    "",
    "x",
    "x" * 20_000,
    [],
    [1],
    {},
    {"a": 1},
    {"": []},
)

RAISED = {
    "model": {"model_type"},
    "model-fields": {"model_type", "missing", "extra_forbidden"},
    "str": {"string_type", "string_unicode", "string_too_short", "string_too_long", "string_pattern_mismatch"},
    "int": {"int_type", "int_parsing", "int_from_float", "int_parsing_size", "greater_than_equal", "less_than_equal"}
    | {"greater_than", "less_than"},
    "float": {"float_type", "float_parsing", "finite_number", "greater_than_equal", "less_than_equal"},
    "bool": {"bool_type"},
    "list": {"list_type", "too_long", "too_short"},
    "dict": {"dict_type", "too_long", "too_short"},
    "enum": {"enum"},
    "literal": {"literal_error"},
    "tagged-union": {"union_tag_invalid", "union_tag_not_found"},
    "any": set(),
    "nullable": set(),
    "default": set(),
    "definitions": set(),
    "definition-ref": set(),
    "function-before": set(),
    "function-after": set(),
    "function-plain": set(),
    "function-wrap": set(),
}
"""The faults that each kind of schema can find. Functions of ours raise faults with codes of ours."""


def models(parent: type[BaseModel] = values.Body) -> Iterator[type[BaseModel]]:
    """All shapes of bodies, however deep."""
    for child in parent.__subclasses__():
        yield child
        yield from models(child)


def schemas() -> Iterator[dict[str, Any]]:
    """Every schema in every shape of a body and every parameter of a route."""
    for model in models():
        yield from nested(model.__pydantic_core_schema__)
    yield from nested(commands.command_adapter.core_schema)
    for each in iter_route_contexts(create_app(Settings(_env_file=None)).routes):
        if isinstance(each.original_route, APIRoute):
            yield from parameters(each.original_route.dependant)


def parameters(dependant: Any) -> Iterator[dict[str, Any]]:
    for field in (*dependant.query_params, *dependant.path_params, *dependant.header_params):
        yield from nested(field._type_adapter.core_schema)
    for each in dependant.dependencies:
        yield from parameters(each)


def nested(node: Any) -> Iterator[dict[str, Any]]:
    if isinstance(node, dict):
        if node.get("type") == "named-tuple":
            return  # how pydantic would read an amount, if a function of ours did not
        if isinstance(node.get("type"), str) and node["type"] not in ("model-field", "no-info", "field"):
            yield node
        for name, member in node.items():
            if name not in ("metadata", "serialization", "config", "default"):
                yield from nested(member)
    elif isinstance(node, list | tuple):
        for item in node:
            yield from nested(item)


def test_every_fault_that_our_shapes_can_have_has_a_sentence() -> None:
    found = {schema["type"] for schema in schemas()}
    assert found <= RAISED.keys(), "say here what these can find, and add sentences"
    assert {"model", "str", "int", "float", "bool", "list", "dict", "enum", "literal", "tagged-union"} <= found
    assert set().union(*[RAISED[kind] for kind in found]) <= wording.PLAIN


def test_every_sentence_is_for_a_fault_that_there_is() -> None:
    known = {each["type"] for each in list_all_errors()}
    assert wording.PLAIN - known == {"invalid"}


def test_every_pattern_is_put_into_words() -> None:
    patterns = {schema["pattern"] for schema in schemas() if schema["type"] == "str" and "pattern" in schema}
    assert patterns == wording.PATTERNS.keys()


@pytest.mark.parametrize("fault", list_all_errors(), ids=lambda each: str(each["type"]))
def test_whatever_pydantic_finds_is_said_plainly(fault: dict[str, Any]) -> None:
    context = {**(fault.get("example_context") or {}), "error": "it is too late"}
    told = {"type": fault["type"], "msg": fault["message_template_python"], "ctx": context}
    said = wording.make_sentence(told, wording.member(("postings", 0, "amount")))
    assert said.startswith("The member 'postings/0/amount'") and said.endswith(".")
    assert not any(words in said for words in (*PYDANTIC, "{", "instance", "python", "Python"))


@pytest.mark.parametrize("model", [each for each in models() if each is not Nothing], ids=lambda each: each.__name__)
def test_no_value_in_no_place_makes_pydantic_speak(model: type[BaseModel]) -> None:
    bodies_ = [*ODD, *[{name: value} for name in (*model.model_fields, "nonsense") for value in ODD]]
    for body in bodies_:
        try:
            model.model_validate(body)
        except ValidationError as error:
            refusal = make_body_invalid(error)
            for each in refusal.errors:
                assert not any(words in each["detail"] for words in PYDANTIC), each
                assert each["detail"].endswith((".", "'", "…")) or "amount" in each["detail"], each
            assert refusal.detail == refusal.errors[0]["detail"]


async def test_faults_name_their_place(books: Books) -> None:
    async def detail(body: Any, path: str = "/transactions") -> str:
        answer = await books.call("POST", path, expect=422, json=body)
        return str(answer.json()["errors"][0]["detail"])

    assert await detail({**sale(), "colour": 1}) == "The member 'colour' is unknown."
    assert await detail({"postings": []}) == "The member 'date' is missing."
    assert await detail({**sale(), "kind": "x"}) == (
        "The member 'kind' must be one of 'normal', 'opening', 'adjustment', 'closing' or 'revaluation'."
    )
    assert await detail({**sale(), "series": "a b"}) == (
        "The member 'series' must be 1 to 20 letters, digits and characters of ._/-."
    )
    assert await detail([]) == "The body must be a JSON object."
    assert await detail({"path": "Assets:X", "label": ""}, "/accounts") == (
        "The member 'label' must have at least 1 characters."
    )
    sent = await books.bulk({"type": "nonsense"}, {}, {"type": "open_account", "path": 1})
    assert [each["detail"].partition(" The known")[0] for each in sent["results"]] == [
        "The body has an unknown `type`.",
        "The body has no member `type`.",
        "The member 'path' must be a text.",
    ]
    answer = await books.api.get(f"/ledgers/{books.id}/balances?limit=1001")
    assert answer.json()["detail"] == "The query parameter 'limit' must be at most 1000."
    answer = await books.api.get(f"/ledgers/{books.id}/balances?sign=x")
    assert answer.json()["detail"] == "The query parameter 'sign' must be 'natural'."
