"""Errors as RFC 9457 problem details; the one place that knows HTTP statuses. A test proves that every code has one."""

import json
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, ClassVar

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from pydantic import ValidationError
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.routing import Match

from ledger.errors import LedgerError, Rejected, Unavailable

log = logging.getLogger(__name__)

METHODS = ("DELETE", "GET", "PATCH", "POST", "PUT")
"""Those that routes here take."""

STATUSES: dict[str, int] = {
    "malformed_request": 400,
    "malformed_json": 400,
    "duplicate_key": 400,
    "cursor_invalid": 400,
    "unauthenticated": 401,
    "wrong_credentials": 401,
    "forbidden": 403,
    "origin_refused": 403,
    "registration_closed": 403,
    "sign_in_elsewhere": 403,
    "not_found": 404,
    "method_not_allowed": 405,
    "account_exists": 409,
    "number_exists": 409,
    "account_closed": 409,
    "account_open": 409,
    "account_not_empty": 409,
    "already_reversed": 409,
    "currency_exists": 409,
    "ledger_exists": 409,
    "ledger_in_use": 409,
    "username_taken": 409,
    "last_owner": 409,
    "retention": 409,
    "already_erased": 409,
    "text_in_use": 409,
    "conflict": 409,
    "precondition_failed": 412,
    "too_large": 413,
    "unsupported_media_type": 415,
    "rejected": 422,
    "invalid": 422,
    "unknown_field": 422,
    "unbalanced": 422,
    "unknown_account": 422,
    "account_type_needed": 422,
    "unknown_currency": 422,
    "currency_not_allowed": 422,
    "too_many_digits": 422,
    "invalid_amount": 422,
    "invalid_date": 422,
    "invalid_path": 422,
    "invalid_key": 422,
    "too_few_postings": 422,
    "too_many_postings": 422,
    "idempotency_mismatch": 422,
    "size_ahead": 422,
    "limit_exceeded": 422,
    "rate_limited": 429,
    "headers_too_large": 431,
    "ledger_error": 500,
    "corrupt": 500,
    "internal": 500,
    "unavailable": 503,
    "busy": 503,
    "timeout": 503,
    "clock_behind": 503,
    "outcome_unknown": 503,
    "projection_behind": 503,
    "projection_blocked": 503,
    "signing_refused": 503,
}


class RequestRefused(LedgerError):
    """The request itself is refused, before any ledger saw it."""


class MalformedRequest(RequestRefused):
    """This is no HTTP request."""

    code = "malformed_request"


@dataclass(eq=False, kw_only=True)
class MalformedJson(RequestRefused):
    """The body is not JSON in UTF-8: {trouble}."""

    code: ClassVar[str] = "malformed_json"
    trouble: str


@dataclass(eq=False, kw_only=True)
class DuplicateKey(RequestRefused):
    """The member {name!r} stands twice in one object."""

    code: ClassVar[str] = "duplicate_key"
    name: str


class CursorInvalid(RequestRefused):
    """The cursor was not made by this service for this question."""

    code = "cursor_invalid"


class Unauthenticated(RequestRefused):
    """Sign in first: send the session cookie, or its token as a bearer token."""

    code = "unauthenticated"


class WrongCredentials(RequestRefused):
    """Incorrect username or password."""

    code = "wrong_credentials"


class OriginRefused(RequestRefused):
    """A request with a cookie that changes something must come from an allowed origin."""

    code = "origin_refused"


class RegistrationClosed(RequestRefused):
    """Registration is closed here; ask the operator."""

    code = "registration_closed"


class SignInElsewhere(RequestRefused):
    """Users and sessions of this service are another program's: sign in, register and change passwords there."""

    code = "sign_in_elsewhere"


@dataclass(eq=False, kw_only=True)
class RateLimited(RequestRefused):
    """Too many attempts; try again in {retry_after_seconds} seconds."""

    code: ClassVar[str] = "rate_limited"
    retry_after_seconds: int


@dataclass(eq=False, kw_only=True)
class HeadersTooLarge(RequestRefused):
    """A request has at most {fields} header fields of {octets} bytes in all."""

    code: ClassVar[str] = "headers_too_large"
    fields: int
    octets: int


@dataclass(eq=False, kw_only=True)
class UsernameTaken(RequestRefused):
    """The username {username!r} is taken."""

    code: ClassVar[str] = "username_taken"
    username: str


@dataclass(eq=False, kw_only=True)
class TooMany(RequestRefused):
    """No more than {most} {what} are taken."""

    code: ClassVar[str] = "limit_exceeded"
    what: str
    most: int


@dataclass(eq=False, kw_only=True)
class TooLarge(RequestRefused):
    """The request has more than {most} {what}."""

    code: ClassVar[str] = "too_large"
    what: str
    most: int


class UnsupportedMediaType(RequestRefused):
    """The body must be application/json in UTF-8."""

    code = "unsupported_media_type"


class NotModified(Exception):
    """No error: the reader has this answer already."""

    def __init__(self, headers: dict[str, str]) -> None:
        super().__init__("not modified")
        self.headers = headers


# --- bodies ----------------------------------------------------------------------------------------------------------


def problem(error: LedgerError) -> dict[str, Any]:
    """The problem document of an error (RFC 9457), its facts as members."""
    status = STATUSES[error.code]
    document: dict[str, Any] = {
        "type": f"/problems/{error.code}",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": error.detail,
        "code": error.code,
    }
    document |= {name: fact for name, fact in error.facts.items() if name not in document}
    if isinstance(error, Rejected) and error.index is not None:
        document["index"] = error.index
    if error.pointer is not None:
        document["errors"] = [{"pointer": error.pointer, "detail": error.detail}]
    return document


@dataclass(eq=False, kw_only=True)
class BodyInvalid(Rejected):
    """{trouble}"""

    code: str  # type: ignore[misc]  # one class for every code that a body's shape can earn
    trouble: str
    errors: list[dict[str, str]]
    extra: dict[str, Any]

    @property
    def facts(self) -> dict[str, Any]:
        return {"errors": self.errors, **self.extra}

    @property
    def detail(self) -> str:
        return self.trouble


_CODES = {"extra_forbidden": "unknown_field"}
_SENTENCES = {
    "model_type": "it is not a JSON object",
    "model_attributes_type": "it is not a JSON object",
    "dict_type": "it is not a JSON object",
    "union_tag_not_found": "its member `type` is missing",
}
"""Where pydantic speaks of Python."""


def body_invalid(error: ValidationError, *, tagged: bool = False) -> BodyInvalid:
    """A refusal out of pydantic's findings: the first one gives the code, all of them are listed.

    `tagged`: the body is a tagged union, whose tag is no part of the path.
    """
    errors = error.errors(include_url=False, include_input=False)
    listed = [
        {"pointer": "/".join(["#", *(_escaped(part) for part in each["loc"][tagged:])]), "detail": _sentence(each)}
        for each in errors[:20]
    ]
    first = errors[0]
    code = _CODES.get(first["type"], first["type"])
    known = code in STATUSES
    context = first.get("ctx", {}) if known else {}
    return BodyInvalid(
        code=code if known else "invalid",
        trouble=_sentence(first),
        errors=listed,
        extra={name: fact for name, fact in context.items() if name != "detail"},
    )


def _sentence(error: Any) -> str:
    return _SENTENCES.get(error["type"], str(error["msg"]))


def _escaped(part: int | str) -> str:
    return str(part).replace("~", "~0").replace("/", "~1")


def problem_response(document: dict[str, Any], headers: dict[str, str] | None = None) -> Response:
    """A problem document as an answer."""
    content = json.dumps(document, ensure_ascii=False, default=str)
    return Response(content, document["status"], headers, media_type="application/problem+json")


# --- handlers --------------------------------------------------------------------------------------------------------


async def _answer(_request: Request, error: Exception) -> Response:
    assert isinstance(error, LedgerError)
    headers: dict[str, str] = {}
    if isinstance(error, Unavailable | RateLimited):
        headers["Retry-After"] = str(error.retry_after_seconds)
    if error.code == "unauthenticated":
        headers["WWW-Authenticate"] = "Bearer"
    return problem_response(problem(error), headers)


async def _answer_not_modified(_request: Request, unchanged: Exception) -> Response:
    assert isinstance(unchanged, NotModified)
    return Response(status_code=304, headers=unchanged.headers)


async def _answer_validation(_request: Request, error: Exception) -> Response:
    assert isinstance(error, ValidationError)
    return problem_response(problem(body_invalid(error)))


async def _answer_query(_request: Request, error: Exception) -> Response:
    """A query parameter or path segment that does not fit."""
    assert isinstance(error, RequestValidationError)
    first = error.errors()[0]
    where, name = first["loc"][:2]
    kind = str(first["type"])
    code = kind if kind in STATUSES else "invalid_date" if kind.startswith("date") else "invalid"
    detail = f"{where} parameter {name!r}: {first['msg']}"
    document = {
        "type": f"/problems/{code}",
        "title": HTTPStatus(422).phrase,
        "status": 422,
        "detail": detail,
        "code": code,
        "errors": [{"pointer": f"?{name}", "detail": first["msg"]}],
    }
    return problem_response(document)


async def _answer_http(request: Request, error: Exception) -> Response:
    """What the framework refuses by itself: no such route, no such method."""
    assert isinstance(error, HTTPException)
    headers = dict(error.headers or {})
    if error.status_code == 405:  # each method is a route of its own, of which the framework names the first
        headers["Allow"] = ", ".join(each for each in METHODS if _takes(request, each))
    code = {404: "not_found", 405: "method_not_allowed"}.get(error.status_code, "invalid")
    document = {
        "type": f"/problems/{code}",
        "title": HTTPStatus(error.status_code).phrase,
        "status": error.status_code,
        "detail": str(error.detail),
        "code": code,
    }
    return problem_response(document, headers)


def _takes(request: Request, method: str) -> bool:
    scope = {**request.scope, "method": method}
    return any(route.matches(scope)[0] is Match.FULL for route in request.app.routes)


_ANSWERS: dict[type[Exception], Callable[[Request, Exception], Awaitable[Response]]] = {
    LedgerError: _answer,
    NotModified: _answer_not_modified,
    ValidationError: _answer_validation,
    RequestValidationError: _answer_query,
    HTTPException: _answer_http,
}
ANSWERED = tuple(_ANSWERS)
"""What is answered with a document of its own; anything else is a bug."""


def install(app: FastAPI) -> None:
    """Answer every error with a problem document; no traceback reaches a user."""
    for kind, answered in _ANSWERS.items():
        app.add_exception_handler(kind, answered)
    app.add_exception_handler(Exception, _answer_bug)


async def answer(request: Request, error: Exception) -> Response:
    """The answer to an error that is one of ANSWERED, as FastAPI gives it."""
    kind = next(each for each in type(error).__mro__ if each in _ANSWERS)
    return await _ANSWERS[kind](request, error)


async def _answer_bug(_request: Request, _error: Exception) -> Response:
    return internal_error()  # FastAPI raises it again, to be logged


def internal_error() -> Response:
    """What a user sees of a bug; the log has the rest, under the request id."""
    document = {
        "type": "/problems/internal",
        "title": HTTPStatus(500).phrase,
        "status": 500,
        "detail": "Something went wrong here; the request id leads the operator to it.",
        "code": "internal",
    }
    return problem_response(document)
