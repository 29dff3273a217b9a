"""The HTTP service: routes under `/api`, problems for every error, and what every request goes through.

From the outside in: `Outermost` (request id, headers, CORS, last resort, log), routes called directly, then FastAPI.
"""

import json
import logging
import time
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from importlib.metadata import version
from pathlib import Path
from typing import Any

from fastapi import APIRouter, FastAPI
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import ClientDisconnect
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api import errors, problems
from api.controls import routes as controls
from api.http.bodiless import answer_head, answer_unless_there
from api.http.dependencies import make_session_cookie
from api.http.direct import CallDirectly, DirectRoutes
from api.http.limits import HEADER_BYTES_MAX, HEADER_FIELDS_MAX, PARAMETERS_MAX, SECURITY_HEADERS, URL_BYTES_MAX
from api.openapi.document import make_openapi_document
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
    site,
    transactions,
)
from api.routes import log as log_routes
from api.services import Services, run_services
from api.settings import Settings
from ledger.errors import Unavailable
from ledger.observer import SILENT, Observer
from ledger.sequencer import make_uuid

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
CALLERS_ID_LENGTH_MAX = 128
PATH_LENGTH_MAX = 1_000
"""Of a path, in the log."""
PROBES = frozenset({"/api/live", "/api/ready", "/api/health"})
SHOWN_LENGTH_MAX = 200
"""As much of a header field is repeated in an answer or in the log."""
FOREIGN_ORIGINS_MAX = 100
FOREIGN_ORIGIN_SECONDS = 60.0
"""A foreign origin is named in the log once in this time."""
TRANSPORT_SECURITY = "max-age=31536000"

Field = tuple[bytes, bytes]
"""A header field, its name in lower case."""
Fields = Mapping[bytes, bytes]
"""Header fields by name; of several with one name the first."""
_SECURITY_FIELDS = tuple((name.lower().encode(), value.encode()) for name, value in SECURITY_HEADERS.items())
_TRANSPORT_FIELD = (b"strict-transport-security", TRANSPORT_SECURITY.encode())
_CORS_FIELDS = (
    (b"access-control-allow-credentials", b"true"),
    (b"access-control-expose-headers", ", ".join(EXPOSED_HEADERS).encode()),
)

DESCRIPTION = """
An event-sourced double-entry ledger. Amounts are decimal strings. Amounts of postings are signed: debits are positive,
credits are negative. Every error is a problem document (RFC 9457) with a stable `code`.
"""


def create_app(settings: Settings, common: Path | None = None, observer: Observer = SILENT) -> "Service":
    """Return the service for these settings; it opens its databases when it starts. `common`: see
    `run_background_tasks`. `observer` hears of what happens."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        def use(services: Services | None) -> None:
            app.state.services = services

        use(None)
        async with run_services(
            settings, use, projecting=settings.projectors == "on", common=common, observer=observer
        ):
            yield

    app = Service(
        settings.allowed_origins,
        settings.session_cookie,
        observer,
        title="Double LLMedger",
        version=version("double-llmedger"),
        description=DESCRIPTION,
        lifespan=lifespan,
        redirect_slashes=False,
        separate_input_output_schemas=False,
        openapi_url=None,  # the routes of the site serve it, and its pages
        generate_unique_id_function=lambda route: route.name,
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
        controls,
    )
    for resource in resources:
        router.include_router(resource.router)
        app.direct.add(resource.router, router.prefix)
    app.include_router(router)
    app.add_direct(site.router)
    problems.install(app)
    return app


class Service(FastAPI):
    """FastAPI's app behind ours: what every request goes through, and the routes that are called directly."""

    def __init__(self, allowed_origins: Sequence[str], session_cookie: str, observer: Observer, **options: Any) -> None:
        super().__init__(**options)
        self._session_cookie = session_cookie
        self._openapi_bytes: bytes | None = None
        self.direct = DirectRoutes()
        inner = CallDirectly(super().__call__, routes=self.direct)
        self._outermost = Outermost(inner, allowed_origins=allowed_origins, observer=observer)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        scope["app"] = self
        await self._outermost(scope, receive, send)

    def openapi(self) -> dict[str, Any]:
        """Return the OpenAPI document."""
        if self.openapi_schema is None:
            self.openapi_schema = make_openapi_document(self, session_cookie=self._session_cookie)
        return self.openapi_schema

    def openapi_bytes(self) -> bytes:
        """Return the OpenAPI document as it is served."""
        if self._openapi_bytes is None:
            self._openapi_bytes = json.dumps(self.openapi(), ensure_ascii=False, separators=(",", ":")).encode()
        return self._openapi_bytes

    def add_direct(self, router: APIRouter) -> None:
        """Add more routes beside the service's own, called as those are."""
        self.include_router(router)
        self.direct.add(router)


class Outermost:
    """What every request goes through: it gets an id, its answer gets its headers (an error's too), the log a line.

    Refuses what no route may see, and turns a bug into a problem document.
    """

    def __init__(self, app: ASGIApp, *, allowed_origins: Sequence[str], observer: Observer = SILENT) -> None:
        self._app = app
        self._observer = observer
        self._preflights = CORSMiddleware(
            app,
            allow_origins=allowed_origins,
            allow_credentials=True,
            allow_methods=["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"],
            allow_headers=list(ALLOWED_HEADERS),
            max_age=600,
        )
        self._allowed_origins = frozenset(origin.encode() for origin in allowed_origins)
        self._told_of_proxy = False
        self._foreign_origins: dict[bytes, float] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request_id = make_uuid()
        scope.setdefault("state", {})["request_id"] = request_id
        begun = time.perf_counter()
        given = dict(reversed(scope["headers"]))
        if b"x-forwarded-for" in given and not self._told_of_proxy:
            self._told_of_proxy = _tell_of_untrusted_proxy(scope)
        status, complete = 0, False

        async def send_finished(message: Message) -> None:
            nonlocal status, complete
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = self._finished(message.get("headers", ()), scope, given, request_id)
            elif not message.get("more_body"):
                complete = True
            await send(message)

        try:
            await self._answer(scope, given, receive, send_finished)
        except ClientDisconnect:
            log.info("the caller of request %s went away", request_id)
        except Exception as error:
            cause = error if isinstance(error, Unavailable) else error.__cause__
            if status and isinstance(cause, Unavailable):  # the server closes the connection: the reader sees the cut
                log.warning("the answer to request %s was cut: %s", request_id, cause)
                return
            log.exception("request %s failed", request_id)
            if not status:
                await problems.answer_refusal(errors.InternalError(), request_id)(scope, receive, send_finished)
            elif not complete:  # too late to say anything else
                raise
        finally:
            if "share" in scope["state"]:
                scope["state"]["share"].end()
            level, seconds = find_log_level(scope["path"], status), time.perf_counter() - begun
            self._observer.answered(scope["method"], _route_of(scope), status, seconds)
            if log.isEnabledFor(level):
                _log_request(level, scope, given, status, seconds * 1000)

    async def _answer(self, scope: Scope, given: Fields, receive: Receive, send: Send) -> None:
        app = self._refused(scope, given) or self._app
        if scope["method"] == "HEAD":
            await answer_head(app, scope, send)
        elif scope["method"] == "GET" and given.get(b"if-none-match") == b"*":
            await answer_unless_there(app, scope, send)
        else:
            await app(scope, receive, send)

    def _refused(self, scope: Scope, given: Fields) -> ASGIApp | None:
        if scope["method"] == "OPTIONS" and b"origin" in given and b"access-control-request-method" in given:
            if given[b"origin"] not in self._allowed_origins:
                self._tell_foreign(given[b"origin"])
            return self._preflights
        return _refused_headers(scope) or _refused_coding(scope, given) or _refused_url(scope)

    def _finished(self, fields: Iterable[Field], scope: Scope, given: Fields, request_id: str) -> list[Field]:
        """Return an answer's header fields and those that every answer has."""
        answered = list(fields)
        present = {name for name, _ in answered}
        answered += [field for field in _SECURITY_FIELDS if field[0] not in present]
        answered.append((b"x-request-id", request_id.encode()))
        if scope["scheme"] == "https":
            answered.append(_TRANSPORT_FIELD)
        if not (scope["method"] == "OPTIONS" and b"access-control-allow-methods" in present):
            self._allow_origin(answered, given)
        renewed = scope["state"].get("renewed_session")
        if renewed is not None:
            services: Services = scope["app"].state.services
            answered.append((b"set-cookie", make_session_cookie(scope, services, *renewed).encode("latin-1")))
        return answered

    def _allow_origin(self, answered: list[Field], given: Fields) -> None:
        """Add CORS for all but preflights. What varies with the origin says so also to those who sent none."""
        varies = [value for name, value in answered if name == b"vary"]
        if varies:
            answered[:] = [field for field in answered if field[0] != b"vary"]
        answered.append((b"vary", b", ".join([*varies, b"Origin"])))
        origin = given.get(b"origin")
        if origin is None:
            return
        answered += _CORS_FIELDS
        if origin in self._allowed_origins:
            answered.append((b"access-control-allow-origin", origin))
        elif origin.partition(b"://")[2] != given.get(b"host"):
            self._tell_foreign(origin)

    def _tell_foreign(self, origin: bytes) -> None:
        """Name the origin in the log: its pages get to know no more than that something failed."""
        now, origin = time.monotonic(), origin[:SHOWN_LENGTH_MAX]
        if now < self._foreign_origins.get(origin, 0.0):
            return
        if len(self._foreign_origins) >= FOREIGN_ORIGINS_MAX:  # somebody makes them up
            self._foreign_origins.clear()
        self._foreign_origins[origin] = now + FOREIGN_ORIGIN_SECONDS
        log.warning("pages of %s may not read our answers: it is not in LEDGER_ALLOWED_ORIGINS", _visible(origin))


def _route_of(scope: Scope) -> str:
    """Return the template of the path of the route that answered; empty where none did."""
    template: str = scope["state"].get("route") or getattr(scope.get("route"), "path", "")
    return template


# --- the log ---------------------------------------------------------------------------------------------------------


def find_log_level(path: str, status: int) -> int:
    """Return how loud a request is. Probes come every few seconds: they are worth a line only where they fail."""
    if path not in PROBES:
        return logging.INFO
    return logging.DEBUG if status < 500 else logging.WARNING


def _log_request(level: int, scope: Scope, given: Fields, status: int, elapsed: float) -> None:
    """Log a request: what was asked, what came of it, and who asked; never its query, which may contain what is
    secret."""
    state = scope["state"]
    members = {
        "method": scope["method"],
        "path": _visible((scope.get("raw_path") or b"")[:PATH_LENGTH_MAX]),
        "status": status,
        "milliseconds": round(elapsed, 1),
        "request": state["request_id"],
    }
    client = scope.get("client")
    who = {
        "client": None if client is None else _visible(client[0].encode()),
        "user": state.get("user"),
        "ledger": state.get("ledger"),
        "caller": _visible(given.get(b"x-request-id", b"")[:CALLERS_ID_LENGTH_MAX]),
    }
    who = {name: value for name, value in who.items() if value}
    line = f"{members['method']} {members['path']} {status} {elapsed:.1f} ms {state['request_id']}"
    told = "".join(f" {name}={value}" for name, value in who.items())
    log.log(level, "%s%s", line, told, extra={"members": {**members, **who}})


def _visible(raw: bytes) -> str:
    """Return visible ASCII; anything else might end a line of the log and begin another."""
    if raw.isascii() and (text := raw.decode("ascii")).isprintable() and " " not in text:
        return text
    return "".join(chr(byte) if 0x21 <= byte <= 0x7E else "?" for byte in raw)


def _tell_of_untrusted_proxy(scope: Scope) -> bool:
    """Say it where a proxy has passed a caller's address on and uvicorn did not take it; returns whether that was so.
    An address that it did take is one of those that the header names."""
    client = scope.get("client")
    if client is None:
        return False
    named = b",".join(value for name, value in scope["headers"] if name == b"x-forwarded-for").decode("latin-1")
    if client[0] in named:
        return False
    log.warning(
        "a request came from %s with X-Forwarded-For, which is ignored: FORWARDED_ALLOW_IPS does not name that "
        "address. If it is your proxy, all who come through it share the limits on signing in, and cookies are not "
        "marked Secure",
        _visible(client[0].encode()),
    )
    return True


# --- what no route sees ----------------------------------------------------------------------------------------------


def _refused_headers(scope: Scope) -> Response | None:
    """Return why these headers are refused, whatever server runs this app: headers are as bounded as bodies."""
    fields = scope["headers"]
    if len(fields) <= HEADER_FIELDS_MAX and sum(map(count_header_bytes, fields)) <= HEADER_BYTES_MAX:
        return None
    error = errors.HeadersTooLarge(fields=HEADER_FIELDS_MAX, octets=HEADER_BYTES_MAX)
    return problems.answer_refusal(error, scope["state"]["request_id"], {"Connection": "close"})


def _refused_coding(scope: Scope, given: Fields) -> Response | None:
    """Return why a packed body is refused: nothing here unpacks one, and read as it is it would be called bad JSON."""
    if b"content-encoding" not in given:
        return None
    lines = [value for name, value in scope["headers"] if name == b"content-encoding"]
    codings = {each.strip().lower() for each in b",".join(lines).decode("latin-1").split(",")}
    if codings <= {"identity", ""}:
        return None
    error = errors.UnsupportedCoding(coding=", ".join(sorted(codings))[:SHOWN_LENGTH_MAX])
    # RFC 9110 section 12.5.3: what would be taken.
    return problems.answer_refusal(error, scope["state"]["request_id"], {"Accept-Encoding": "identity"})


def count_header_bytes(field: tuple[bytes, bytes]) -> int:
    """Return what a header field takes on the wire."""
    return len(field[0]) + len(field[1]) + 4


def _refused_url(scope: Scope) -> Response | None:
    """Return why this URL is refused: it is too long to be looked at, or would be read in two ways. Servers decode
    `%2F` before routing: `Food%2Fbalance` must never answer as the balance of `Food`. NUL is in no
    name and no text here, and PostgreSQL takes none."""
    path: bytes = (scope.get("raw_path") or b"").lower()
    query: bytes = scope["query_string"]
    error: errors.RequestRefused | None = None
    if len(path) + len(query) > URL_BYTES_MAX:
        error = errors.UrlTooLong(most=URL_BYTES_MAX)
    elif query.count(b"&") >= PARAMETERS_MAX:
        error = errors.TooMany(what="query parameters", most=PARAMETERS_MAX)
    elif b"%2f" in path:
        trouble = "An encoded slash cannot stand in a URL path here: name the account by its id, or in ?account=."
        error = errors.NothingHere(trouble=trouble)
    elif b"%00" in path:
        error = errors.NothingHere(trouble="Nothing here has U+0000 in its name.")
    elif b"%00" in query:
        error = errors.QueryInvalid(trouble="U+0000 is not allowed in a query.")
    return None if error is None else problems.answer_refusal(error, scope["state"]["request_id"])
