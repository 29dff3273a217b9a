"""The log as outsiders check it: signed checkpoints, tiles and entry bundles (C2SP tlog-tiles), proofs (RFC 9162).

Below `/ledgers/{ledger}/log` the paths are those of a tiled log, so that a client of such logs that can send a token
finds everything where it expects it.
"""

import asyncio
import gzip
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request, Response
from fastapi.responses import PlainTextResponse

from api import proofs
from api.deps import AuditAccess, FreshnessDep, ServicesDep, require_reached
from api.fields import listed, takes_gzip
from api.parameters import Count, Place
from api.reading import READ_HEADERS, Conditional
from api.routing import StrictRoute
from api.shapes import ConsistencyOut, InclusionOut
from ledger.errors import NotFound
from ledger.tiles import Bundle, parse_path

router = APIRouter(prefix="/ledgers/{ledger}/log", tags=["log"], route_class=StrictRoute)

GZIP_LEVEL = 5
IMMUTABLE = "private, max-age=31536000, immutable"
"""Private: it is behind sign-in."""

Position = Annotated[Place, Query(description="Position of a record")]
OptionalSize = Annotated[Count | None, Query(description="Size of a tree; the head's if not given")]


def _file(kind: str, **schema: str) -> dict[int | str, dict[str, Any]]:
    return {200: {"content": {kind: {"schema": {"type": "string", **schema}}}}}


@router.get("/checkpoint", response_class=PlainTextResponse, responses=_file("text/plain"))
async def get_checkpoint(
    request: Request,
    services: ServicesDep,
    access: AuditAccess,
    fresh: FreshnessDep,
    size: Annotated[Count | None, Query(description="An older one, of exactly this size")] = None,
) -> Response:
    """The latest signed checkpoint; with `min_size` one of at least that, signed now where it has to be."""
    if size is None:
        signed = await proofs.checkpoint(
            services, access.ledger, min_size=fresh.min_size, timeout_seconds=fresh.timeout_seconds
        )
    else:
        require_reached(access.ledger, size, "size")
        found = await services.checkpoints.at(access.ledger.serial, size)
        if found is None:
            raise NotFound(what="signed checkpoint of size", name=size)
        signed = found
    reads = Conditional(request, access)
    reads.check(signed.size, str(signed.note))
    return PlainTextResponse(str(signed.note), headers=reads.headers)


@router.get("/vkey", response_class=PlainTextResponse, responses=_file("text/plain"))
async def get_vkey(services: ServicesDep, access: AuditAccess) -> Response:
    """The public key that checks checkpoints, in the form of C2SP signed-note. Pin it; do not fetch it each time."""
    return PlainTextResponse(await proofs.vkey(services, access.ledger) + "\n", headers=READ_HEADERS)


@router.get("/tile/{path:path}", response_class=Response, responses=_file("application/octet-stream", format="binary"))
async def get_tile(
    request: Request,
    services: ServicesDep,
    access: AuditAccess,
    fresh: FreshnessDep,
    path: Annotated[str, Path(description="`L/N[.p/W]`, or `entries/N[.p/W]`", max_length=64)],
) -> Response:
    """A tile of the tree, or an entry bundle: the records' bytes, each behind its length. They never change."""
    try:
        place = parse_path(f"tile/{path}")
    except ValueError:
        raise NotFound(what="tile", name=path) from None
    headers = {"Cache-Control": IMMUTABLE}
    if isinstance(place, Bundle):
        content = await proofs.entries_bytes(services, access.ledger, place)
        headers["Vary"] = "Accept-Encoding"
        if takes_gzip(listed(request, "accept-encoding")):
            content = await asyncio.to_thread(gzip.compress, content, GZIP_LEVEL, mtime=0)
            headers["Content-Encoding"] = "gzip"
    else:
        content = await proofs.tile_bytes(services, access.ledger, place, timeout_seconds=fresh.timeout_seconds)
    return Response(content, headers=headers, media_type="application/octet-stream")


@router.get("/proof/inclusion", response_model=InclusionOut)
async def get_inclusion(
    request: Request,
    services: ServicesDep,
    access: AuditAccess,
    fresh: FreshnessDep,
    position: Position,
    size: OptionalSize = None,
) -> Response:
    """That the record at `position` is in the tree of `size`. Hashes are in hex."""
    if size is None:
        size = access.ledger.head.size
    require_reached(access.ledger, size, "size")
    reads = Conditional(request, access)
    reads.check(size, access.ledger.head.root)
    found = await proofs.inclusion(services, access.ledger, position, size, timeout_seconds=fresh.timeout_seconds)
    return reads.answer(found)


@router.get("/proof/consistency", response_model=ConsistencyOut)
async def get_consistency(
    request: Request,
    services: ServicesDep,
    access: AuditAccess,
    fresh: FreshnessDep,
    from_size: Annotated[Count, Query(description="Size of the smaller tree")],
    to_size: OptionalSize = None,
) -> Response:
    """That the tree of `to_size` extends the one of `from_size`. Hashes are in hex."""
    if to_size is None:
        to_size = access.ledger.head.size
    require_reached(access.ledger, to_size, "to_size")
    require_reached(access.ledger, from_size, "from_size")
    reads = Conditional(request, access)
    reads.check(to_size, access.ledger.head.root)
    found = await proofs.consistency(services, access.ledger, from_size, to_size, timeout_seconds=fresh.timeout_seconds)
    return reads.answer(found)


@router.get("/proof/receipt", response_class=PlainTextResponse, responses=_file("text/plain"))
async def get_receipt(services: ServicesDep, access: AuditAccess, fresh: FreshnessDep, position: Position) -> Response:
    """What the poster of the record at `position` can keep: a `.tlog-proof` (C2SP tlog-proof), which is checked with
    nothing but the vkey. Its extra data is the record."""
    found = await proofs.receipt(services, access.ledger, position, timeout_seconds=fresh.timeout_seconds)
    headers = READ_HEADERS | {
        "Ledger-Size": str(access.ledger.head.size),
        "Content-Disposition": f'attachment; filename="{access.ledger.id}-{position}.tlog-proof"',
    }
    return PlainTextResponse(str(found), headers=headers)
