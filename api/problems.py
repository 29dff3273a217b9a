"""Answers to errors: RFC 9457 problem documents over HTTP. No traceback reaches a user."""

import json
from collections.abc import Awaitable, Callable, Mapping
from http import HTTPStatus

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from pydantic import ValidationError
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.routing import Match

from api.errors import (
    STATUSES,
    BodyInvalid,
    InternalError,
    MethodNotAllowed,
    NothingHere,
    RateLimited,
    Unauthenticated,
    WhyNot,
    find_status,
    make_body_invalid,
    make_problem,
)
from api.wording import make_sentence
from ledger.errors import LedgerError, Unavailable

METHODS = ("DELETE", "GET", "PATCH", "POST", "PUT")
"""The methods that routes accept. HEAD works wherever GET works."""


class NotModified(Exception):
    """No error: the caller already has this answer."""

    def __init__(self, headers: dict[str, str]) -> None:
        super().__init__("not modified")
        self.headers = headers


def answer_refusal(error: LedgerError, request_id: str, headers: Mapping[str, str] | None = None) -> Response:
    """Return an error as the answer to a request."""
    fields = dict(headers or {})
    if isinstance(error, Unavailable | RateLimited):
        fields["Retry-After"] = str(error.retry_after_seconds)
    if isinstance(error, Unauthenticated):
        # RFC 6750 section 3: no error where nothing was shown.
        fields["WWW-Authenticate"] = "Bearer" if error.reason is WhyNot.MISSING else 'Bearer error="invalid_token"'
    content = json.dumps(make_problem(error, request_id), ensure_ascii=False, default=str)
    return Response(content, find_status(type(error)), fields, media_type="application/problem+json")


def _refused(request: Request, error: LedgerError, headers: Mapping[str, str] | None = None) -> Response:
    return answer_refusal(error, request.scope["state"]["request_id"], headers)


async def _answer(request: Request, error: Exception) -> Response:
    assert isinstance(error, LedgerError)
    return _refused(request, error)


async def _answer_not_modified(_request: Request, unchanged: Exception) -> Response:
    assert isinstance(unchanged, NotModified)
    return Response(status_code=304, headers=unchanged.headers)


async def _answer_validation(request: Request, error: Exception) -> Response:
    assert isinstance(error, ValidationError)
    return _refused(request, make_body_invalid(error))


async def _answer_query(request: Request, error: Exception) -> Response:
    """Answer a query parameter or path segment that does not fit."""
    assert isinstance(error, RequestValidationError)
    first = error.errors()[0]
    where, name = first["loc"][:2]
    subject = f"The {where} parameter {name!r}"
    said = make_sentence(first, subject)
    detail = said if said.startswith(subject) else f"{subject}: {said}"
    code = first["type"] if first["type"] in STATUSES else "invalid"
    faults = [{"pointer": f"?{name}", "detail": detail}]
    return _refused(request, BodyInvalid(code=code, trouble=detail, errors=faults, extra={}))


async def _answer_http(request: Request, error: Exception) -> Response:
    """Answer what the framework itself refuses: an unknown route or method."""
    assert isinstance(error, HTTPException)
    if error.status_code != HTTPStatus.METHOD_NOT_ALLOWED:
        return _refused(request, NothingHere(trouble="There is nothing at this path."))
    # Each method is a route of its own, of which the framework names the first.
    taken = [each for each in METHODS if _takes(request, each)]
    allowed = ", ".join(sorted([*taken, "HEAD"] if "GET" in taken else taken))
    return _refused(request, MethodNotAllowed(allowed=allowed), {"Allow": allowed})


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
"""Errors with a problem document. Any other exception is a bug."""


def install(app: FastAPI) -> None:
    """Answer every error with a problem document; no traceback reaches a user."""
    for kind, answered in _ANSWERS.items():
        app.add_exception_handler(kind, answered)
    app.add_exception_handler(Exception, _answer_bug)


async def answer(request: Request, error: Exception) -> Response:
    """Return the answer to one of the errors in ANSWERED, as FastAPI gives it."""
    kind = next(each for each in type(error).__mro__ if each in _ANSWERS)
    return await _ANSWERS[kind](request, error)


async def _answer_bug(request: Request, _error: Exception) -> Response:
    return _refused(request, InternalError())  # FastAPI raises it again, to be logged
