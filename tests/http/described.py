"""The OpenAPI document, held against every answer that a test client gets."""

import copy
import re
from dataclasses import dataclass
from functools import cache
from typing import Any

import httpx
import jsonschema_rs

from api.app import create_app
from api.settings import Settings

Json = dict[str, Any]

GENERAL = re.compile(
    "date|content-type|content-length|transfer-encoding|connection|vary|cache-control|allow|"
    "content-security-policy|x-content-type-options|x-frame-options|referrer-policy|cross-origin-resource-policy|"
    "strict-transport-security|access-control-.*"
)
"""Header fields that are part of HTTP or meant for browsers: no operation describes them."""
OPEN = frozenset({"Problem", "Rejected"})
"""Shapes with members that depend on a code."""
READ = ("application/json", "application/problem+json")
"""What is read and held against its schema; the rest may be a stream without an end."""


@cache
def document() -> Json:
    """The document, as any server would serve it."""
    return create_app(Settings(_env_file=None)).openapi()


@dataclass(frozen=True)
class Operation:
    """An operation, and the paths that lead to it."""

    method: str
    pattern: re.Pattern[str]
    parameters: int
    described: Json


@cache
def operations() -> list[Operation]:
    """All operations, those with the fewest parameters in their paths first."""
    found = []
    for path, methods in document()["paths"].items():
        pattern = re.escape(path).replace(r"\{path\}", "{path}")
        pattern = re.sub(r"\\\{\w+\\\}", "[^/]+", pattern).replace("{path}", ".+")
        for method, described in methods.items():
            found.append(Operation(method.upper(), re.compile(pattern), path.count("{"), described))
    return sorted(found, key=lambda each: each.parameters)


def closed(node: Any) -> Any:
    """The schema with no members allowed but those that it names."""
    if isinstance(node, dict):
        node = {name: closed(member) for name, member in node.items()}
        if "properties" in node and "additionalProperties" not in node:
            node["additionalProperties"] = False
        return node
    return [closed(item) for item in node] if isinstance(node, list) else node


@cache
def components() -> Json:
    """The schemas of answers, closed."""
    schemas = copy.deepcopy(document()["components"]["schemas"])
    return {name: schema if name in OPEN else closed(schema) for name, schema in schemas.items()}


_validators: dict[str, Any] = {}


def validator(schema: Json) -> Any:
    """What checks a value against a schema of the document."""
    key = repr(schema)
    if key not in _validators:
        whole = {**closed(schema), "components": {"schemas": components()}}
        _validators[key] = jsonschema_rs.Draft202012Validator(whole, validate_formats=True)
    return _validators[key]


def faults(value: Any, schema: Json) -> list[str]:
    """What is wrong with a value."""
    return [
        f"{'/'.join(map(str, each.instance_path))}: {each.message}" for each in validator(schema).iter_errors(value)
    ]


def operation_of(method: str, path: str) -> Operation | None:
    """The operation behind a request; None: there is none."""
    method = "GET" if method == "HEAD" else method
    return next((each for each in operations() if each.method == method and each.pattern.fullmatch(path)), None)


async def require_described(response: httpx.Response) -> None:
    """The document knows the status, the media type, the header fields, the code and the shape of this answer."""
    request = response.request
    path = request.url.raw_path.decode().partition("?")[0]
    found = operation_of(request.method, path)
    if found is None:
        assert response.status_code in (404, 405, 414) or not path.startswith("/api/") or request.method == "OPTIONS"
        return
    where = f"{request.method} {path} {response.status_code}"
    answer = found.described["responses"].get(str(response.status_code))
    assert answer is not None, f"{where} is not described"
    for name in response.headers:
        known = {each.lower() for each in answer.get("headers", ())}
        assert name in known or GENERAL.fullmatch(name), f"{where}: the field {name} is not described"
    if request.method == "HEAD" or "content-type" not in response.headers:
        return
    kind = response.headers["content-type"].partition(";")[0]
    assert kind in answer["content"], f"{where}: {kind} is not described"
    if kind in READ:
        await response.aread()
        value = response.json()
        wrong = faults(value, answer["content"][kind]["schema"])
        assert not wrong, f"{where}: {wrong[:3]} {response.text[:500]}"
        if kind == "application/problem+json":
            assert value["code"] in answer["x-problem-codes"], f"{where}: {value['code']} is not described"
