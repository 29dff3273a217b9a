"""The components of the document: every shape of a body or an answer, under its name, with words for its members."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import fields
from typing import Any, get_type_hints

from pydantic import TypeAdapter

from api.errors import STATUSES, BodyInvalid
from api.http.describing import Described
from api.openapi.words import ENUMS, SHAPES, Word, find_name, find_word
from api.shapes.answers import ProblemOut
from api.shapes.commands import CommandIn
from ledger.errors import LedgerError

PREFIX = "#/components/schemas/"
COMMAND = "Command"
PROBLEM = "Problem"
Json = dict[str, Any]


class Schemas:
    """The shapes that a list of operations needs; `components` are those that are referred to."""

    def __init__(self, said: Iterable[Described]) -> None:
        self._schemas: dict[Any, Json] = {}
        shapes = {shape: mode for each in said for mode, shape in _shapes(each)} | {ProblemOut: "serialization"}
        inputs = [(shape, mode, TypeAdapter(shape)) for shape, mode in shapes.items()]
        found, defined = TypeAdapter.json_schemas(inputs, ref_template=PREFIX + "{model}")  # type: ignore[arg-type]
        for (shape, _), schema in found.items():
            self._schemas[shape] = rename_references(schema)
        self.components = {
            find_name(name): rename_references(schema) for name, schema in defined.get("$defs", {}).items()
        }
        self.components[COMMAND] = dict(self._schemas[CommandIn])
        self._schemas[CommandIn] = {"$ref": PREFIX + COMMAND}
        self._name_commands()
        self.components |= {name: _closed_list(listed) for name, listed in ENUMS.items()}
        _complete_problem(self.components[PROBLEM])
        for name, schema in self.components.items():
            _say(name, schema)
        self._drop_unused()

    def of(self, shape: Any) -> Json:
        """Return the schema of a shape; a text describes what is no JSON."""
        return {"type": "string"} if isinstance(shape, str) else self._schemas[shape]

    def _name_commands(self) -> None:
        """Let bodies with many commands refer to one list of what commands there are."""
        commands = self.components[COMMAND]
        items = self.components["PostCommands"]["properties"]["commands"]["items"]
        assert items["oneOf"] == commands["oneOf"]
        self.components["PostCommands"]["properties"]["commands"]["items"] = {"$ref": PREFIX + COMMAND}

    def _drop_unused(self) -> None:
        wanted, found = set(_references(list(self._schemas.values()))), set[str]()
        while wanted:
            name = wanted.pop()
            found.add(name)
            wanted |= set(_references(self.components[name])) - found
        self.components = {name: self.components[name] for name in sorted(found)}


def _shapes(said: Described) -> Iterator[tuple[str, Any]]:
    yield from (("validation", shape) for shape in said.body.values())
    for answers in (said.answer, *said.also.values()):
        yield from (("serialization", shape) for shape in answers.values() if not isinstance(shape, str))


def _references(node: Any) -> Iterator[str]:
    if isinstance(node, dict):
        if isinstance(node.get("$ref"), str):
            yield node["$ref"].removeprefix(PREFIX)
        for member in node.values():
            yield from _references(member)
    elif isinstance(node, list):
        for item in node:
            yield from _references(item)


def rename_references(node: Any) -> Any:
    """Return the schema with our names in its references, and without the titles that pydantic makes up."""
    if isinstance(node, dict):
        if "properties" in node:
            node = {**node, "properties": {name: rename_references(each) for name, each in node["properties"].items()}}
        return {
            name: member if name == "properties" else rename_references(member)
            for name, member in node.items()
            if name != "title"
        }
    if isinstance(node, list):
        return [rename_references(item) for item in node]
    if isinstance(node, str) and node.startswith(PREFIX):
        return PREFIX + find_name(node.removeprefix(PREFIX))
    return node


def _closed_list(listed: Any) -> Json:
    return {"type": "string", "enum": [str(each) for each in listed]}


# --- words -----------------------------------------------------------------------------------------------------------


def _say(shape: str, schema: Json) -> None:
    schema["description"] = " ".join((schema.get("description") or SHAPES.get(shape, "")).split())
    for name, member in schema.get("properties", {}).items():
        word = find_word(shape, name)
        if "description" in member:  # the shape's own words: a wing describes its members itself
            schema["properties"][name] = _without_default(member)
        elif word is not None:
            schema["properties"][name] = _without_default(_said(member, word))


def _said(member: Json, word: Word) -> Json:
    """Return the member with its meaning, and with how it is written where that says more than its type."""
    branches = member.get("anyOf")
    if branches is not None:
        written = [branch if branch.get("type") == "null" else _written(branch, word) for branch in branches]
        return {**member, "anyOf": written, "description": word.meaning}
    return {**_written(member, word), "description": word.meaning}


def _without_default(member: Json) -> Json:
    """Return the member with its default in words: generators take one that has a default for one that must be sent."""
    default = member.get("default")
    if default not in (None, [], {}):
        member["description"] += f" Left out: `{default if isinstance(default, str) else json.dumps(default)}`."
    return {name: value for name, value in member.items() if name != "default"}


def _written(schema: Json, word: Word) -> Json:
    if word.among is not None and schema.get("type") == "string":
        return {"$ref": PREFIX + word.among}
    if schema.get("type") == "array" and "pattern" in word.written and "items" in schema:
        return {**schema, "items": _written(schema["items"], word)}
    if schema.get("type") in ("string", "integer", "number"):
        return {**schema, **_fitting(word.written, schema["type"])}
    return schema


_TEXTUAL = ("pattern", "format")
_NUMERIC = ("minimum", "maximum")


def _fitting(written: Json, kind: str) -> Json:
    """Return those of the keywords that mean something for a value of this type."""
    foreign = _NUMERIC if kind == "string" else _TEXTUAL
    fits = str if kind == "string" else int | float
    return {
        name: value
        for name, value in written.items()
        if name not in foreign and (name != "examples" or all(isinstance(each, fits) for each in value))
    }


# --- problems --------------------------------------------------------------------------------------------------------


def errors(parent: type[LedgerError] = LedgerError) -> Iterator[type[LedgerError]]:
    """Yield all kinds of errors that are ours, however deep."""
    yield parent
    for child in parent.__subclasses__():
        if child.__module__.startswith(("api.", "ledger.")):
            yield from errors(child)


def _complete_problem(problem: Json) -> None:
    """Add all codes, and the facts of all kinds of problems as members that may be there."""
    properties = problem["properties"]
    properties["code"] = {"type": "string", "enum": sorted(STATUSES)}
    facts: dict[str, list[Json]] = {}
    for error in errors():
        for name, schema in facts_of(error).items():
            if name not in properties and schema not in facts.setdefault(name, []):
                facts[name].append(schema)
    for name, schemas in sorted(facts.items()):
        properties[name] = _any_of(schemas)


def facts_of(error: type[LedgerError]) -> dict[str, Json]:
    """Return the schemas of the facts of a kind of problem."""
    if error is BodyInvalid:
        return {}
    hints = get_type_hints(error)
    named = [each for each in fields(error) if each.name not in ("pointer", "index")]
    return {
        each.name: rename_references(TypeAdapter(hints[each.name]).json_schema()) | dict(each.metadata)
        for each in named
    }


def _any_of(schemas: list[Json]) -> Json:
    branches: list[Json] = []
    for schema in schemas:
        branches += [branch for branch in schema.get("anyOf", [schema]) if branch not in branches]
    if {} in branches:
        return {}
    return branches[0] if len(branches) == 1 else {"anyOf": branches}
