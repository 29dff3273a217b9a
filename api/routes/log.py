"""The log as outsiders check it: signed checkpoints, tiles and entry bundles (C2SP tlog-tiles), proofs (RFC 9162).

Below `/ledgers/{ledger}/log` the paths are those of a tiled log, so that a client of such logs that can send a token
finds everything where it expects it.
"""

import asyncio
import gzip
from typing import Annotated

from fastapi import APIRouter, Path, Query, Request, Response
from fastapi.responses import PlainTextResponse

from api.http.conditional import READ_HEADERS, Conditional, answers_read
from api.http.dependencies import AuditAccess, FreshnessDep, ServicesDep, require_reached
from api.http.describing import describe
from api.http.fields import join_lines, takes_gzip
from api.http.parameters import Count, Place, SizeOfTree
from api.http.routing import StrictRoute
from api.proofs import proofs
from api.shapes.log import ConsistencyOut, InclusionOut
from ledger.errors import InvalidField, NotFound, SigningRefused
from ledger.tiles import Bundle, parse_path

router = APIRouter(prefix="/ledgers/{ledger}/log", tags=["log"], route_class=StrictRoute)

GZIP_LEVEL = 5
IMMUTABLE = "private, max-age=31536000, immutable"
"""Private: it is behind sign-in."""

Position = Annotated[Place, Query(description="The position of the record.")]
OptionalSize = Annotated[Count | None, Query(description="The size of the tree. Default: the current size.")]


@router.get("/checkpoint")
@answers_read(None, NotFound, SigningRefused, text="A signed checkpoint (C2SP tlog-checkpoint).")
async def get_checkpoint(
    request: Request,
    services: ServicesDep,
    access: AuditAccess,
    fresh: FreshnessDep,
    size: Annotated[Count | None, Query(description="An older checkpoint, of exactly this size.")] = None,
) -> Response:
    """Get the latest signed checkpoint. With `min_size`: one of at least that size, signed now if necessary."""
    if size is None:
        signed = await proofs.read_checkpoint(
            services, access.ledger, min_size=fresh.min_size, timeout_seconds=fresh.timeout_seconds
        )
    else:
        require_reached(access.ledger, size, "size")
        found = await services.checkpoints.find(access.ledger.serial, size)
        if found is None:
            raise NotFound(what="signed checkpoint of size", name=size)
        signed = found
    reads = Conditional(request, access)
    reads.tag(signed.size, str(signed.note))
    return PlainTextResponse(str(signed.note), headers=reads.headers)


@router.get("/vkey")
@describe(raises=(NotFound,), answer={"text/plain": "A key in the form of C2SP signed-note, in one line."})
async def get_vkey(services: ServicesDep, access: AuditAccess) -> Response:
    """Get the public key that checks checkpoints, in the form of C2SP signed-note. Fetch it once and store it."""
    return PlainTextResponse(await proofs.read_vkey(services, access.ledger) + "\n", headers=READ_HEADERS)


@router.get("/tile/{path:path}")
@describe(
    raises=(NotFound,),
    sends=("Content-Encoding",),
    answer={"application/octet-stream": "The bytes of a tile or of an entry bundle (C2SP tlog-tiles)."},
)
async def get_tile(
    request: Request,
    services: ServicesDep,
    access: AuditAccess,
    fresh: FreshnessDep,
    path: Annotated[
        str, Path(description="`L/N[.p/W]` for a tile, or `entries/N[.p/W]` for an entry bundle.", max_length=64)
    ],
) -> Response:
    """Get a tile of the tree, or an entry bundle: the bytes of records, each after its length. They never change."""
    try:
        place = parse_path(f"tile/{path}")
    except ValueError:
        raise NotFound(what="tile", name=path) from None
    headers = {"Cache-Control": IMMUTABLE}
    if isinstance(place, Bundle):
        content = await proofs.make_entries_file(services, access.ledger, place)
        headers["Vary"] = "Accept-Encoding"
        if takes_gzip(join_lines(request, "accept-encoding")):
            content = await asyncio.to_thread(gzip.compress, content, GZIP_LEVEL, mtime=0)
            headers["Content-Encoding"] = "gzip"
    else:
        content = await proofs.read_tile_file(services, access.ledger, place, timeout_seconds=fresh.timeout_seconds)
    return Response(content, headers=headers, media_type="application/octet-stream")


@router.get("/proof/inclusion")
@answers_read(InclusionOut, InvalidField)
async def get_inclusion(
    request: Request,
    services: ServicesDep,
    access: AuditAccess,
    fresh: FreshnessDep,
    position: Position,
    size: OptionalSize = None,
) -> Response:
    """Prove that the record at `position` is in the tree of `size`. Hashes are in hexadecimal."""
    if size is None:
        size = access.ledger.head.size
    require_reached(access.ledger, size, "size")
    reads = Conditional(request, access)
    reads.tag(size, access.ledger.head.root)
    found = await proofs.make_inclusion_proof(
        services, access.ledger, position, size, timeout_seconds=fresh.timeout_seconds
    )
    return reads.answer(found)


@router.get("/proof/consistency")
@answers_read(ConsistencyOut, InvalidField)
async def get_consistency(
    request: Request,
    services: ServicesDep,
    access: AuditAccess,
    fresh: FreshnessDep,
    from_size: Annotated[SizeOfTree, Query(description="The size of the smaller tree.")],
    to_size: OptionalSize = None,
) -> Response:
    """Prove that the tree of `to_size` extends the tree of `from_size`. Hashes are in hexadecimal."""
    if to_size is None:
        to_size = access.ledger.head.size
    require_reached(access.ledger, to_size, "to_size")
    require_reached(access.ledger, from_size, "from_size")
    reads = Conditional(request, access)
    reads.tag(to_size, access.ledger.head.root)
    found = await proofs.make_consistency_proof(
        services, access.ledger, from_size, to_size, timeout_seconds=fresh.timeout_seconds
    )
    return reads.answer(found)


@router.get("/proof/receipt")
@describe(
    raises=(NotFound, InvalidField, SigningRefused),
    sends=("Ledger-Size", "Content-Disposition"),
    answer={"text/plain": "A `.tlog-proof` (C2SP tlog-proof)."},
)
async def get_receipt(services: ServicesDep, access: AuditAccess, fresh: FreshnessDep, position: Position) -> Response:
    """Get a receipt for the record at `position`, to keep: a `.tlog-proof` (C2SP tlog-proof).

    You can check it with the vkey alone. Its extra data is the record.
    """
    found = await proofs.make_receipt(services, access.ledger, position, timeout_seconds=fresh.timeout_seconds)
    headers = READ_HEADERS | {
        "Ledger-Size": str(access.ledger.head.size),
        "Content-Disposition": f'attachment; filename="{access.ledger.id}-{position}.tlog-proof"',
    }
    return PlainTextResponse(str(found), headers=headers)
