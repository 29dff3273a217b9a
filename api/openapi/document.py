"""The OpenAPI document, made of what routes, their functions and their shapes say of themselves.

FastAPI gives paths, parameters and operation ids. Bodies, answers, refusals, header fields and security come from
`api.http.describing`; names of shapes, and what their members mean, from `api.openapi.words`. Making it takes about a
second, so it is made once, when it is first asked for.
"""

from collections import defaultdict
from collections.abc import Iterator
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from fastapi.routing import APIRoute, iter_route_contexts

from api.auth.origin import SAFE_METHODS
from api.errors import (
    STATUSES,
    CursorInvalid,
    DuplicateParameter,
    HeadersTooLarge,
    InternalError,
    MalformedRequest,
    OriginRefused,
    QueryInvalid,
    TooMany,
    TooSlow,
    UnknownParameter,
    UnsupportedCoding,
    UrlTooLong,
)
from api.http.describing import JSON, Described, collect_descriptions
from api.openapi.examples import find_examples
from api.openapi.fields import OF_STATUS, header_components, make_answer_headers, make_header_parameters
from api.openapi.schemas import PREFIX, PROBLEM, Json, Schemas, rename_references
from api.openapi.words import TAGS
from ledger.errors import Busy, Corrupt, InvalidDate, NotFound

EVERYWHERE = (
    MalformedRequest,
    UrlTooLong,
    UnsupportedCoding,
    HeadersTooLarge,
    UnknownParameter,
    QueryInvalid,
    TooMany,
    Busy,
    InternalError,
)
"""What any request may be refused with, before or behind its route."""


def make_openapi_document(app: FastAPI, *, session_cookie: str) -> Json:
    """Return the document of this app. `session_cookie`: the cookie's name."""
    document = get_openapi(
        title=app.title,
        version=app.version,
        summary=app.summary,
        description=app.description,
        routes=app.routes,
        tags=[{"name": name, "description": text} for name, text in TAGS.items()],
        servers=[{"url": "/", "description": "The server that this document comes from."}],
        license_info={"name": "MIT", "identifier": "MIT"},
    )
    operations = list(_operations(app, document))
    schemas = Schemas([said for *_, said in operations])
    for operation, method, status, said in operations:
        _complete(operation, method, status, said, schemas)
    document["components"] = {
        "schemas": schemas.components,
        "headers": header_components(),
        "securitySchemes": _security_schemes(session_cookie),
    }
    return document


def _operations(app: FastAPI, document: Json) -> Iterator[tuple[Json, str, int, Described]]:
    """Yield each operation in the document, its method, the status of its good answer, and what its functions say."""
    for context in iter_route_contexts(app.routes):
        if isinstance(context.original_route, APIRoute) and context.include_in_schema:
            for method in context.methods or ():
                operation = document["paths"][context.path_format][method.lower()]
                yield operation, method, context.status_code or 200, collect_descriptions(context.dependant)


def _complete(operation: Json, method: str, status: int, said: Described, schemas: Schemas) -> None:
    """Add to an operation what FastAPI does not know."""
    operation["summary"] = operation["operationId"].replace("_", " ").capitalize()
    operation["description"] = "\n\n".join(" ".join(each.split()) for each in operation["description"].split("\n\n"))
    parameters = [_plain(each) for each in operation.get("parameters", ())] + make_header_parameters(*said.takes)
    if parameters:
        operation["parameters"] = parameters
    if said.body:
        operation["requestBody"] = {"required": not said.optional, "content": _content(said.body, schemas, sent=True)}
    codes = said.raises | _implied(parameters) | ({TooSlow.code} if said.body else set())
    if method in SAFE_METHODS:
        codes -= {OriginRefused.code}
    operation["responses"] = {
        **_good(status, said, schemas),
        **_problems(codes, said, schemas),
    }
    if method in SAFE_METHODS:
        operation["responses"]["304"] = _unchanged(said)
    operation["security"] = [{"cookie": []}, {"bearer": []}] if said.signed_in else []


def _plain(parameter: Json) -> Json:
    """Return a parameter whose schema does not speak of null, which no query can have."""
    schema: Json = rename_references(parameter["schema"])
    branches = [branch for branch in schema.pop("anyOf", ()) if branch != {"type": "null"}]
    if len(branches) == 1:
        schema = {**branches[0], **schema}
    schema.pop("description", None)
    return {**parameter, "schema": schema}


def _implied(parameters: list[Json]) -> set[str]:
    """Yield the codes that follow from what an operation takes."""
    codes = {each.code for each in EVERYWHERE}
    places = {each["in"] for each in parameters}
    if "path" in places:
        codes.add(NotFound.code)
    if "query" in places:
        codes.add(DuplicateParameter.code)
    if any(each["name"] == "cursor" for each in parameters):
        codes.add(CursorInvalid.code)
    if any(each["schema"].get("format") in ("date", "date-time") for each in parameters):
        codes.add(InvalidDate.code)
    return codes


def _content(shapes: Any, schemas: Schemas, *, sent: bool = False) -> Json:
    content: Json = {}
    for kind, shape in shapes.items():
        schema = schemas.of(shape)
        content[kind] = {"schema": schema}
        examples = find_examples(schema.get("$ref", "").removeprefix(PREFIX), shape) if sent else {}
        if examples and kind == JSON:
            content[kind]["examples"] = examples
    return content


def _good(status: int, said: Described, schemas: Schemas) -> Json:
    headers = make_answer_headers(*said.sends)
    answers: Json = {str(status): {"description": _meaning(said.answer, schemas), "headers": headers}}
    if said.answer:
        answers[str(status)]["content"] = _content(said.answer, schemas)
    for other, shapes in said.also.items():
        if other < HTTPStatus.BAD_REQUEST:
            content = _content(shapes, schemas)
            answers[str(other)] = {"description": _meaning(shapes, schemas), "headers": headers, "content": content}
    return answers


def _unchanged(said: Described) -> Json:
    of_body = {"Content-Disposition", "Content-Encoding"}
    return {
        "description": "Not modified: the ETag that you sent is still valid, or you sent `If-None-Match: *`. No body.",
        "headers": make_answer_headers(*(set(said.sends) - of_body)),
    }


def _meaning(shapes: Any, schemas: Schemas) -> str:
    """Return what an answer is: the descriptions of its shapes."""
    if not shapes:
        return "Done."
    found = []
    for shape in shapes.values():
        schema = schemas.of(shape)
        name = schema.get("$ref", "").removeprefix(PREFIX)
        found.append(shape if isinstance(shape, str) else schemas.components.get(name, {}).get("description", ""))
    return " ".join(dict.fromkeys(each for each in found if each)) or "The receipt, or the resource itself."


def _problems(codes: set[str] | frozenset[str], said: Described, schemas: Schemas) -> Json:
    """Return the refusals by status: each with its codes, in words and for programs."""
    by_status: defaultdict[int, list[str]] = defaultdict(list)
    for code in sorted(codes | {Corrupt.code} if said.signed_in else codes):
        by_status[STATUSES[code]].append(code)
    renewed = ("Set-Cookie",) if "Set-Cookie" in said.sends else ()
    answers: Json = {}
    for status in sorted({*by_status, *(each for each in said.also if each >= HTTPStatus.BAD_REQUEST)}):
        listed = by_status[status]
        told = ", ".join(f"`{code}`" for code in listed)
        answers[str(status)] = {
            "description": f"{HTTPStatus(status).phrase}: {told}." if listed else HTTPStatus(status).phrase,
            "headers": make_answer_headers(*OF_STATUS.get(status, ()), *renewed),
            "content": {
                **({"application/problem+json": {"schema": {"$ref": PREFIX + PROBLEM}}} if listed else {}),
                **_content(said.also.get(status, {}), schemas),
            },
            "x-problem-codes": listed,
        }
    return answers


def _security_schemes(session_cookie: str) -> Json:
    return {
        "cookie": {
            "type": "apiKey",
            "in": "cookie",
            "name": session_cookie,
            "description": "The session's cookie. A write also needs an allowed `Origin`.",
        },
        "bearer": {
            "type": "http",
            "scheme": "bearer",
            "description": "The token of a session, or an API token of a ledger.",
        },
    }
