"""The HTTP service: routes under `/api`, problems for every error, and what every request goes through.

From the outside in: request id, CORS (on error answers too), last resort, then routing.
"""

import logging
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from http import HTTPStatus
from importlib.metadata import version

from fastapi import APIRouter, FastAPI
from fastapi.middleware.cors import CORSMiddleware
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import ClientDisconnect
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api import problems
from api.deps import session_cookie
from api.routes import (
    accounts,
    auth,
    balances,
    commands,
    dashboard,
    events,
    frontend,
    health,
    ledgers,
    members,
    reports,
    transactions,
)
from api.routes import log as log_routes
from api.services import Services, open_services, running
from api.settings import Settings
from ledger.sequencer import new_uuid

log = logging.getLogger("api.access")

ALLOWED_HEADERS = (
    "Authorization",
    "Content-Type",
    "Idempotency-Key",
    "If-Match",
    "If-None-Match",
    "Prefer",
    "X-Request-Id",
)
EXPOSED_HEADERS = (
    "ETag",
    "Idempotent-Replayed",
    "Ledger-Size",
    "Link",
    "Location",
    "Retry-After",
    "X-Request-Id",
)
HEADER_FIELDS_MAX = 100
HEADER_BYTES_MAX = 32 * 1024
CALLERS_ID_LENGTH_MAX = 128
SECURITY_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    # Nothing here is a picture or a script of another page's; fetches under CORS are not subject to it.
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}
CONTENT_POLICY = "default-src 'none'; frame-ancestors 'none'"
DOCS_CONTENT_POLICY = (
    "default-src 'none'; frame-ancestors 'none'; connect-src 'self'; worker-src blob:; "
    "script-src 'self' 'unsafe-inline' https://cdn.jsdelivr.net; "
    "style-src 'self' 'unsafe-inline' https://cdn.jsdelivr.net https://fonts.googleapis.com; "
    "font-src https://fonts.gstatic.com; img-src 'self' data: https://fastapi.tiangolo.com https://cdn.redoc.ly"
)
"""The pages of FastAPI bring their scripts from elsewhere and start them inline."""
TRANSPORT_SECURITY = "max-age=31536000"
DESCRIPTION = """
An event-sourced double-entry ledger. Amounts are decimal strings; a posting's amount is signed: debit positive, credit
negative. Every error is a problem document (RFC 9457) with a stable `code`.
"""


def create_app(settings: Settings) -> FastAPI:
    """The service for these settings; it opens its databases when it starts."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with open_services(settings) as services:
            app.state.services = services
            async with running(services, projecting=settings.projectors == "on"):
                yield

    app = FastAPI(
        title="Double LLMedger",
        version=version("double-llmedger"),
        description=DESCRIPTION,
        lifespan=lifespan,
        redirect_slashes=False,
        separate_input_output_schemas=False,
        swagger_ui_oauth2_redirect_url=None,
    )
    router = APIRouter(prefix="/api")
    resources = (
        health,
        auth,
        frontend,
        ledgers,
        members,
        accounts,
        transactions,
        commands,
        balances,
        dashboard,
        reports,
        events,
        log_routes,
    )
    for resource in resources:
        router.include_router(resource.router)
    app.include_router(router)
    problems.install(app)
    app.add_middleware(LastResort)
    app.add_middleware(
        CORSMiddleware,
        allow_origins=list(settings.allowed_origins),
        allow_credentials=True,
        allow_methods=["GET", "POST", "PUT", "PATCH", "DELETE"],
        allow_headers=list(ALLOWED_HEADERS),
        expose_headers=list(EXPOSED_HEADERS),
        max_age=600,
    )
    app.add_middleware(Outermost)
    return app


class Outermost:
    """Gives every request an id and every answer its headers, and writes the access log."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request_id = new_uuid()
        scope.setdefault("state", {})["request_id"] = request_id
        begun = time.perf_counter()
        status = 0

        async def send_with_id(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                _finish_headers(MutableHeaders(scope=message), scope, request_id)
            await send(message)

        try:
            await self._app(scope, receive, send_with_id)
        finally:
            elapsed = (time.perf_counter() - begun) * 1000
            path = _visible(scope.get("raw_path") or b"")
            log.info("%s %s %d %.1f ms %s%s", scope["method"], path, status, elapsed, request_id, _callers_id(scope))


def _callers_id(scope: Scope) -> str:
    """The id that the caller gave the request: for the log alone."""
    given = Headers(scope=scope).get("x-request-id", "")[:CALLERS_ID_LENGTH_MAX]
    return f" caller={_visible(given.encode('latin-1'))}" if given else ""


def _visible(raw: bytes) -> str:
    """Visible ASCII; anything else might end a line of the log and begin another."""
    return "".join(chr(byte) if 0x21 <= byte <= 0x7E else "?" for byte in raw)


def _finish_headers(headers: MutableHeaders, scope: Scope, request_id: str) -> None:
    headers["X-Request-Id"] = request_id
    for name, value in SECURITY_HEADERS.items():
        headers.setdefault(name, value)
    headers["Content-Security-Policy"] = DOCS_CONTENT_POLICY if scope["path"] in ("/docs", "/redoc") else CONTENT_POLICY
    if scope["scheme"] == "https":
        headers["Strict-Transport-Security"] = TRANSPORT_SECURITY
    renewed = scope["state"].get("renewed_session")
    if renewed is not None:
        services: Services = scope["app"].state.services
        headers.append("Set-Cookie", session_cookie(scope, services, *renewed))


class LastResort:
    """Refuses what no route may see, and turns a bug into a problem document."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        begun = False

        async def send_noticing(message: Message) -> None:
            nonlocal begun
            begun = True
            await send(message)

        try:
            await (_refused_headers(scope) or _refused_url(scope) or self._app)(scope, receive, send_noticing)
        except ClientDisconnect:
            log.info("the caller of request %s went away", scope["state"]["request_id"])
        except Exception:
            log.exception("request %s failed", scope["state"]["request_id"])
            if begun:  # too late to say anything else
                raise
            await problems.internal_error()(scope, receive, send)


def _refused_headers(scope: Scope) -> Response | None:
    """Whatever server runs this app: headers are as bounded as bodies."""
    fields = scope["headers"]
    if len(fields) <= HEADER_FIELDS_MAX and sum(map(header_bytes, fields)) <= HEADER_BYTES_MAX:
        return None
    error = problems.HeadersTooLarge(fields=HEADER_FIELDS_MAX, octets=HEADER_BYTES_MAX)
    return problems.problem_response(problems.problem(error), {"Connection": "close"})


def header_bytes(field: tuple[bytes, bytes]) -> int:
    """What a header field takes on the wire."""
    return len(field[0]) + len(field[1]) + 4


def _refused_url(scope: Scope) -> Response | None:
    """Servers decode `%2F` before routing: `Food%2Fbalance` must never answer as the balance of `Food`. NUL is in no
    name and no text here, and PostgreSQL takes none."""
    path: bytes = (scope.get("raw_path") or b"").lower()
    if b"%2f" in path:
        detail = "An encoded slash cannot stand in a URL path here: name the account by its id, or in ?account=."
        return _refusal("not_found", detail)
    if b"%00" in path:
        return _refusal("not_found", "Nothing here has U+0000 in its name.")
    if b"%00" in scope["query_string"]:
        return _refusal("invalid", "U+0000 is not allowed in a query.")
    return None


def _refusal(code: str, detail: str) -> Response:
    status = problems.STATUSES[code]
    title = HTTPStatus(status).phrase
    document = {"type": f"/problems/{code}", "title": title, "status": status, "detail": detail, "code": code}
    return problems.problem_response(document)
