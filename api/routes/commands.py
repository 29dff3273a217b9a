"""Bulk: many commands in one request, each on its own or all or none; and a stream of commands as JSON lines."""

from collections.abc import AsyncIterator, Iterator, Sequence
from typing import Any

from fastapi import APIRouter, Request, Response
from starlette.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

from api.errors import BodyInvalid, UnsupportedMediaType, make_problem
from api.http.dependencies import (
    BODY,
    Access,
    ServicesDep,
    WriteAccess,
    read_media_type,
    require_let_in,
)
from api.http.describing import JSON, LINES, describe
from api.http.receiving import BESIDE_BYTES, BODY_BYTES_MAX, open_share, read_body, read_lines, read_long, read_pieces
from api.http.routing import StrictRoute
from api.http.writing import COMMAND
from api.services import Services
from api.shapes.bulk import Read, count_postings, read_bulk, read_line
from api.shapes.commands import REFUSALS, BulkLineOut, BulkOut, BulkShape, CommandIn, make_receipt
from api.shapes.json_text import dumps
from ledger.errors import InvalidKey, LedgerError, Rejected
from ledger.journal import Receipt
from ledger.sequencer import Order

router = APIRouter(prefix="/ledgers/{ledger}", tags=["transactions"], route_class=StrictRoute)

CHUNK_COMMANDS = 1_000
"""Commands that are not atomic go to the ledger in chunks of this many, so that other callers get their turns."""
CHUNK_POSTINGS = 5_000
"""A chunk also ends at this many postings."""
CHUNK_BYTES = 1024 * 1024
"""In a stream, a chunk also ends at this many bytes."""


Orders = list[Order | Rejected]
Result = Receipt | Rejected


@router.post("/commands")
@describe(
    raises=(BODY, COMMAND, InvalidKey, REFUSALS),
    sends=("Ledger-Size",),
    body={JSON: BulkShape, LINES: CommandIn},
    answer={JSON: BulkOut, LINES: BulkLineOut},
    also={201: {JSON: BulkOut}},
)
async def post_commands(request: Request, services: ServicesDep, access: WriteAccess) -> Response:
    """Send many commands. They are executed in this order; with `atomic` all or none.

    With `application/x-ndjson` the body is a stream with one command on each line. Each command gets an answer line
    when it is on disk.
    """
    if "idempotency-key" in request.headers:
        raise InvalidKey(trouble="in a bulk each command has its own key, in the member `key`")
    if read_media_type(request) == "application/x-ndjson":
        return _Duplex(_answer_stream(request, services, access), media_type="application/x-ndjson")
    raw = await read_body(request, most=BODY_BYTES_MAX)
    if read_media_type(request) != "application/json":
        raise UnsupportedMediaType
    pieces = await read_pieces(request, read_bulk, raw)
    orders = [_make_order(read, access) for piece in pieces for read in piece.read]
    if pieces[0].atomic:
        together = await _submit_together(request, services, access, orders)
        return await _answer(services, access, together, status=201)
    results: list[Result] = []
    for chunk in _split(orders):
        results += await _submit(request, services, access, chunk)
    return await _answer(services, access, results, status=200)


def _split(orders: Orders) -> Iterator[Orders]:
    chunk: Orders = []
    postings = 0
    for order in orders:
        chunk.append(order)
        postings += _count_postings(order)
        if len(chunk) >= CHUNK_COMMANDS or postings >= CHUNK_POSTINGS:
            yield chunk
            chunk, postings = [], 0
    yield chunk


async def _submit_together(request: Request, services: Services, access: Access, orders: Orders) -> Sequence[Result]:
    for index, order in enumerate(orders):
        if isinstance(order, Rejected):
            order.index = index
            raise _point_into_bulk(order, index)
    try:
        return await services.sequencer.submit_all(
            access.ledger.uuid,
            [order for order in orders if isinstance(order, Order)],
            actor=access.caller.actor,
            request=request.scope["state"]["request_id"],
            atomic=True,
        )
    except Rejected as refusal:
        raise _point_into_bulk(refusal, refusal.index or 0) from None


async def _submit(request: Request, services: Services, access: Access, orders: Orders) -> list[Result]:
    """Return the results in the order sent. A command that could not be read is its own result."""
    good = [order for order in orders if isinstance(order, Order)]
    answers = iter(
        await services.sequencer.submit_all(
            access.ledger.uuid, good, actor=access.caller.actor, request=request.scope["state"]["request_id"]
        )
    )
    return [next(answers) if isinstance(order, Order) else order for order in orders]


def _write_result(result: tuple[int, Result]) -> bytes:
    return dumps(_make_result(*result))


async def _answer(services: Services, access: Access, results: Sequence[Result], *, status: int) -> Response:
    accepted = [result for result in results if isinstance(result, Receipt)]
    size = max((receipt.size for receipt in accepted), default=access.ledger.head.size)
    sums = dumps({"size": size, "accepted": len(accepted), "rejected": len(results) - len(accepted)})
    written = await services.long.slices.map(_write_result, enumerate(results))
    content = b'%b,"results":[%b]}' % (sums[:-1], b",".join(written))
    return Response(content, status, {"Ledger-Size": str(size)}, media_type="application/json")


def _make_result(index: int, result: Result) -> dict[str, Any]:
    if isinstance(result, Receipt):
        return {"index": index, "status": 201, **make_receipt(result), "replayed": result.replayed}
    document = {"errors": [], **make_problem(result)}
    return {"index": index} | {name: document[name] for name in document if name not in ("type", "title", "index")}


def _point_into_bulk(refusal: Rejected, index: int) -> Rejected:
    """Return the refusal with pointers that lead through the bulk to the command."""
    prefix = f"#/commands/{index}"
    if refusal.pointer is not None:
        refusal.pointer = refusal.pointer.replace("#", prefix, 1)
    if isinstance(refusal, BodyInvalid):
        for each in refusal.errors:
            each["pointer"] = each["pointer"].replace("#", prefix, 1)
    return refusal


def _make_order(read: Read, access: Access) -> Order | Rejected:
    """Return a command of a bulk as an order, or its refusal."""
    if isinstance(read, Rejected):
        return read
    command, key = read
    try:
        access.require_for(command)
    except Rejected as refusal:
        return refusal
    return Order(command, key)


def _count_postings(order: Order | Rejected) -> int:
    return count_postings(order.command) if isinstance(order, Order) else 0


# --- JSON lines ------------------------------------------------------------------------------------------------------


class _Duplex(StreamingResponse):
    """Answers while the request is still being read. Starlette's own class would listen for a disconnect meanwhile, and
    lose pieces of the body."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self.stream_response(send)


async def _answer_stream(request: Request, services: Services, access: Access) -> AsyncIterator[bytes]:
    """Yield an answer line for each command line when it is durable, and a last line with the sums.

    A stream without that last line was cut. The caller can send it again with the same keys.
    """
    size, accepted, index = access.ledger.head.size, 0, 0
    try:
        async for orders in _read_orders(request, services, access):
            for result in await _submit_if_signed_in(request, services, access, orders):
                yield dumps(_make_result(index, result)) + b"\n"
                accepted, size = _count(result, accepted, size)
                index += 1
    except LedgerError as error:  # the status has been sent: the problem is a line, and there is no last one
        yield dumps(make_problem(error)) + b"\n"
        return
    yield dumps({"size": size, "accepted": accepted, "rejected": index - accepted}) + b"\n"


async def _read_orders(request: Request, services: Services, access: Access) -> AsyncIterator[Orders]:
    """Yield the orders on the body's lines, in chunks. The bytes of a chunk count until the next one is asked for."""
    chunk: Orders = []
    postings = count = 0
    async for line in read_lines(request):
        chunk.append(_make_order(await _read_line(request, line), access))
        postings, count = postings + _count_postings(chunk[-1]), count + len(line)
        if len(chunk) >= CHUNK_COMMANDS or postings >= CHUNK_POSTINGS or count >= CHUNK_BYTES:
            yield chunk
            open_share(request).shrink(count)
            chunk, postings, count = [], 0, 0
    yield chunk


async def _read_line(request: Request, line: bytes) -> Read:
    (read,) = await read_long(request, read_line, line) if len(line) > BESIDE_BYTES else read_line(line)
    return read


async def _submit_if_signed_in(request: Request, services: Services, access: Access, orders: Orders) -> list[Result]:
    """Submit the orders of one chunk, and return the results. Raises Unauthenticated where the caller was signed out
    since the stream began, which may be long ago."""
    await require_let_in(services, access.caller)
    return await _submit(request, services, access, orders)


def _count(result: Result, accepted: int, size: int) -> tuple[int, int]:
    if isinstance(result, Receipt):
        return accepted + 1, max(size, result.size)
    return accepted, size
