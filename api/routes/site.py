"""Pages beside the API: `/` with links, the description of the API, and the explanation of each error."""

import asyncio
import hashlib
from typing import Annotated

from fastapi import APIRouter, Path, Request, Response

from api.errors import STATUSES
from api.http.describing import JSON, describe
from api.http.fields import choose_media_type, join_lines, read_entity_tags, takes_gzip
from api.http.routing import StrictRoute
from api.pages import html
from api.pages.files import find_asset
from api.pages.problems import list_kinds
from api.problems import NotModified
from api.shapes.json_text import dumps
from api.shapes.service import AboutOut, KindOut, KindsOut
from ledger.errors import NotFound

router = APIRouter(tags=["about"], route_class=StrictRoute)

HTML = "text/html"
PAGE_POLICY = "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
SWAGGER_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
REDOC_POLICY = f"{SWAGGER_POLICY}; worker-src blob:; child-src blob:"
KEPT = "no-cache"
"""Browsers may keep the answer, but must ask each time whether it is still valid."""
LINKS = (
    ("/docs", "Try the API in the browser (Swagger UI)"),
    ("/redoc", "The description of the API (Redoc)"),
    ("/openapi.json", "The OpenAPI document, for client generators"),
    ("/problems", "What each error means, and what to do"),
    ("/api/health", "Whether the service runs"),
    ("/api/ready", "Whether it is ready for work"),
)


@router.get("/")
@describe(answer={JSON: AboutOut, HTML: "A page for people."})
async def about(request: Request) -> Response:
    """Show what this service is and where to go next: a page for people, JSON for programs."""
    version = request.app.version
    if choose_media_type(join_lines(request, "accept"), (JSON, HTML)) == HTML:
        return _answer_page(html.make_welcome_page(version, LINKS))
    content = {
        "name": html.NAME,
        "version": version,
        "docs": "/docs",
        "redoc": "/redoc",
        "openapi": "/openapi.json",
        "problems": "/problems",
        "health": "/api/health",
        "ready": "/api/ready",
    }
    return Response(dumps(content), headers={"Vary": "Accept"}, media_type=JSON)


@router.get("/problems")
@describe(answer={JSON: KindsOut, HTML: "A page for people."})
async def list_problems(request: Request) -> Response:
    """List all kinds of problems with which a request may be refused."""
    if choose_media_type(join_lines(request, "accept"), (JSON, HTML)) == HTML:
        return _answer_page(html.make_problem_list(list_kinds().values()))
    content = {"problems": [kind.as_json() for kind in list_kinds().values()], "next": None}
    return Response(dumps(content), headers={"Vary": "Accept"}, media_type=JSON)


@router.get("/problems/{code}")
@describe(raises=(NotFound,), answer={JSON: KindOut, HTML: "A page for people."})
async def get_problem(
    request: Request,
    code: Annotated[
        str, Path(description="The code of the problem.", json_schema_extra={"enum": sorted(STATUSES), "maxLength": 64})
    ],
) -> Response:
    """Explain a kind of problem: what it means, when it happens, and what to do."""
    kind = list_kinds().get(code)
    if kind is None:
        raise NotFound(what="problem", name=code)
    if choose_media_type(join_lines(request, "accept"), (JSON, HTML)) == HTML:
        return _answer_page(html.make_problem_page(kind))
    return Response(dumps(kind.as_json()), headers={"Vary": "Accept"}, media_type=JSON)


@router.get("/docs", include_in_schema=False)
async def docs() -> Response:
    """Show the API in Swagger UI."""
    shown = html.make_description_page("API", "swagger-ui-bundle.js", "docs.js", "swagger-ui.css")
    return _answer_page(shown, SWAGGER_POLICY)


@router.get("/redoc", include_in_schema=False)
async def redoc() -> Response:
    """Show the API in Redoc."""
    return _answer_page(html.make_description_page("API", "redoc.standalone.js", "redoc.js"), REDOC_POLICY)


@router.get("/openapi.json", include_in_schema=False)
async def openapi(request: Request) -> Response:
    """Return the OpenAPI document. It is made once, in a thread, because that takes a second."""
    content = await asyncio.to_thread(request.app.openapi_bytes)
    return _answer_kept(request, content, JSON, f'W/"{hashlib.sha256(content).hexdigest()[:24]}"')


@router.get("/assets/{name}", include_in_schema=False)
async def get_asset(request: Request, name: Annotated[str, Path(max_length=64)]) -> Response:
    """Return a style or a script of a page."""
    found = await asyncio.to_thread(find_asset, name)
    if found is None:
        raise NotFound(what="asset", name=name)
    packs = takes_gzip(join_lines(request, "accept-encoding"))
    content = found.packed if packs else found.content
    answer = _answer_kept(request, content, found.media_type, found.etag)
    answer.headers["Vary"] = "Accept-Encoding"
    if packs:
        answer.headers["Content-Encoding"] = "gzip"
    return answer


def _answer_page(content: str, policy: str = PAGE_POLICY) -> Response:
    headers = {"Content-Security-Policy": policy, "Cache-Control": KEPT, "Vary": "Accept"}
    return Response(content, headers=headers, media_type=f"{HTML}; charset=utf-8")


def _answer_kept(request: Request, content: bytes, media_type: str, etag: str) -> Response:
    headers = {"ETag": etag, "Cache-Control": KEPT}
    if etag[3:-1] in read_entity_tags(join_lines(request, "if-none-match")):
        raise NotModified(headers)
    return Response(content, headers=headers, media_type=media_type)
