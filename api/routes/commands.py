"""Bulk: many commands in one request, each for itself or all together; and a stream of them as JSON lines."""

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
    media_type,
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
"""Commands for themselves go to the ledger in chunks of this many, so that other callers get their turns."""
CHUNK_POSTINGS = 5_000
"""Or of commands with so many postings together."""
CHUNK_BYTES = 1024 * 1024
"""Or, in a stream, of so many bytes."""


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
    if media_type(request) == "application/x-ndjson":
        return _Duplex(_stream(request, services, access), media_type="application/x-ndjson")
    raw = await read_body(request, most=BODY_BYTES_MAX)
    if media_type(request) != "application/json":
        raise UnsupportedMediaType
    pieces = await read_pieces(request, read_bulk, raw)
    orders = [_order(read, access) for piece in pieces for read in piece.read]
    if pieces[0].atomic:
        together = await _together(request, services, access, orders)
        return await _answer(services, access, together, status=201)
    results: list[Result] = []
    for chunk in _chunks(orders):
        results += await _submit(request, services, access, chunk)
    return await _answer(services, access, results, status=200)


def _chunks(orders: Orders) -> Iterator[Orders]:
    chunk: Orders = []
    postings = 0
    for order in orders:
        chunk.append(order)
        postings += _postings(order)
        if len(chunk) >= CHUNK_COMMANDS or postings >= CHUNK_POSTINGS:
            yield chunk
            chunk, postings = [], 0
    yield chunk


async def _together(request: Request, services: Services, access: Access, orders: Orders) -> Sequence[Result]:
    for index, order in enumerate(orders):
        if isinstance(order, Rejected):
            order.index = index
            raise _placed(order, index)
    try:
        return await services.sequencer.submit_all(
            access.ledger.uuid,
            [order for order in orders if isinstance(order, Order)],
            actor=access.caller.actor,
            request=request.state.request_id,
            atomic=True,
        )
    except Rejected as refusal:
        raise _placed(refusal, refusal.index or 0) from None


async def _submit(request: Request, services: Services, access: Access, orders: Orders) -> list[Result]:
    """The results in the order sent; what could not even be read never reaches the ledger."""
    good = [order for order in orders if isinstance(order, Order)]
    answers = iter(
        await services.sequencer.submit_all(
            access.ledger.uuid, good, actor=access.caller.actor, request=request.state.request_id
        )
    )
    return [next(answers) if isinstance(order, Order) else order for order in orders]


def _written(result: tuple[int, Result]) -> bytes:
    return dumps(_result(*result))


async def _answer(services: Services, access: Access, results: Sequence[Result], *, status: int) -> Response:
    accepted = [result for result in results if isinstance(result, Receipt)]
    size = max((receipt.size for receipt in accepted), default=access.ledger.head.size)
    sums = dumps({"size": size, "accepted": len(accepted), "rejected": len(results) - len(accepted)})
    written = await services.long.slices.map(_written, enumerate(results))
    content = b'%b,"results":[%b]}' % (sums[:-1], b",".join(written))
    return Response(content, status, {"Ledger-Size": str(size)}, media_type="application/json")


def _result(index: int, result: Result) -> dict[str, Any]:
    if isinstance(result, Receipt):
        return {"index": index, "status": 201, **make_receipt(result), "replayed": result.replayed}
    document = {"errors": [], **make_problem(result)}
    return {"index": index} | {name: document[name] for name in document if name not in ("type", "title", "index")}


def _placed(refusal: Rejected, index: int) -> Rejected:
    """A refusal whose pointers lead through the bulk to the command."""
    prefix = f"#/commands/{index}"
    if refusal.pointer is not None:
        refusal.pointer = refusal.pointer.replace("#", prefix, 1)
    if isinstance(refusal, BodyInvalid):
        for each in refusal.errors:
            each["pointer"] = each["pointer"].replace("#", prefix, 1)
    return refusal


def _order(read: Read, access: Access) -> Order | Rejected:
    """A command of a bulk as an order, or why it is none."""
    if isinstance(read, Rejected):
        return read
    command, key = read
    try:
        access.require_for(command)
    except Rejected as refusal:
        return refusal
    return Order(command, key)


def _postings(order: Order | Rejected) -> int:
    return count_postings(order.command) if isinstance(order, Order) else 0


# --- JSON lines ------------------------------------------------------------------------------------------------------


class _Duplex(StreamingResponse):
    """Answers while the request is still being read. Starlette's own would listen for a disconnect meanwhile, and
    swallow pieces of the body."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self.stream_response(send)


async def _stream(request: Request, services: Services, access: Access) -> AsyncIterator[bytes]:
    """An answer line for each command line as it becomes durable, and a last line with the sums.

    A stream without that last line was cut: send it again with the same keys.
    """
    size, accepted, index = access.ledger.head.size, 0, 0
    try:
        async for orders in _streamed(request, services, access):
            for result in await _submit_streamed(request, services, access, orders):
                yield dumps(_result(index, result)) + b"\n"
                accepted, size = _counted(result, accepted, size)
                index += 1
    except LedgerError as error:  # the status has been sent: the problem is a line, and there is no last one
        yield dumps(make_problem(error)) + b"\n"
        return
    yield dumps({"size": size, "accepted": accepted, "rejected": index - accepted}) + b"\n"


async def _streamed(request: Request, services: Services, access: Access) -> AsyncIterator[Orders]:
    """The orders on the body's lines, in chunks. A chunk's bytes are held until the next one is asked for."""
    chunk: Orders = []
    postings = count = 0
    async for line in read_lines(request):
        chunk.append(_order(await _read_line(request, line), access))
        postings, count = postings + _postings(chunk[-1]), count + len(line)
        if len(chunk) >= CHUNK_COMMANDS or postings >= CHUNK_POSTINGS or count >= CHUNK_BYTES:
            yield chunk
            open_share(request).shrink(count)
            chunk, postings, count = [], 0, 0
    yield chunk


async def _read_line(request: Request, line: bytes) -> Read:
    (read,) = await read_long(request, read_line, line) if len(line) > BESIDE_BYTES else read_line(line)
    return read


async def _submit_streamed(request: Request, services: Services, access: Access, orders: Orders) -> list[Result]:
    """Raises Unauthenticated where the caller was signed out since the stream began, which may be long ago."""
    await require_let_in(services, access.caller)
    return await _submit(request, services, access, orders)


def _counted(result: Result, accepted: int, size: int) -> tuple[int, int]:
    if isinstance(result, Receipt):
        return accepted + 1, max(size, result.size)
    return accepted, size
