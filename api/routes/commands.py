"""Bulk: many commands in one request, each for itself or all together; and a stream of them as JSON lines."""

from collections.abc import AsyncIterator
from typing import Any

from fastapi import APIRouter, Request, Response
from pydantic import ValidationError
from starlette.responses import StreamingResponse
from starlette.types import Receive, Scope, Send

from api.bodies import BulkIn, BulkShape, CommandIn, command_of
from api.deps import (
    BODY,
    POSTING,
    Access,
    ServicesDep,
    WriteAccess,
    body_of,
    checked_key,
    media_type,
    require_let_in,
)
from api.describing import JSON, LINES, describe
from api.parsing import parse_json
from api.problems import BodyInvalid, RequestRefused, TooLarge, body_invalid, problem
from api.reading import dumps
from api.routing import StrictRoute
from api.services import Services
from api.shapes import BulkLineOut, BulkOut, receipt_out
from api.writing import COMMAND
from ledger.errors import (
    AccountExists,
    AccountNotEmpty,
    AccountOpen,
    AccountTypeNeeded,
    AlreadyReversed,
    CurrencyExists,
    InvalidKey,
    InvalidPath,
    LedgerError,
    LedgerInUse,
    NumberExists,
    Rejected,
)
from ledger.journal import Receipt
from ledger.sequencer import Answer, Order

router = APIRouter(prefix="/ledgers/{ledger}", tags=["transactions"], route_class=StrictRoute)

COMMANDS_MAX = 10_000
POSTINGS_MAX = 100_000
CHUNK_COMMANDS = 1_000
"""Commands for themselves go to the ledger in chunks of this many, so that other callers get their turns."""
LINE_BYTES_MAX = 4 * 1024 * 1024

FAULTS_MAX = 5
"""Of each command: as many are named."""

Result = Receipt | Rejected

BULK = (
    *POSTING,
    InvalidPath,
    InvalidKey,
    AccountTypeNeeded,
    AccountExists,
    NumberExists,
    AccountNotEmpty,
    AccountOpen,
    AlreadyReversed,
    CurrencyExists,
    LedgerInUse,
)
"""What one of many commands may be refused with; of an atomic bulk it is the answer."""


@router.post("/commands")
@describe(
    raises=(BODY, COMMAND, BULK),
    sends=("Ledger-Size",),
    body={JSON: BulkShape, LINES: CommandIn},
    answer={JSON: BulkOut, LINES: BulkLineOut},
    also={201: {JSON: BulkOut}},
)
async def post_commands(request: Request, services: ServicesDep, access: WriteAccess) -> Response:
    """Send many commands, done in this order; with `atomic` all of them or none.

    As `application/x-ndjson` it is a stream: one command a line, and one line of answer for each as it becomes
    durable.
    """
    if "idempotency-key" in request.headers:
        raise InvalidKey(trouble="a bulk request has a key per command, in its member `key`")
    if media_type(request) == "application/x-ndjson":
        return _Duplex(_stream(request, services, access), media_type="application/x-ndjson")
    body = await body_of(BulkIn)(request)
    if len(body.commands) > COMMANDS_MAX:
        raise TooLarge(what="commands", most=COMMANDS_MAX)
    orders = [_read(command, access) for command in body.commands]
    if sum(_postings(order) for order in orders) > POSTINGS_MAX:
        raise TooLarge(what="postings", most=POSTINGS_MAX)
    if body.atomic:
        return await _together(request, services, access, orders)
    return await _each(request, services, access, orders)


async def _each(request: Request, services: Services, access: Access, orders: list[Order | Rejected]) -> Response:
    results: list[Result] = []
    for start in range(0, len(orders), CHUNK_COMMANDS):
        results += await _submit(request, services, access, orders[start : start + CHUNK_COMMANDS])
    return _answer(results, access, status=200)


async def _together(request: Request, services: Services, access: Access, orders: list[Order | Rejected]) -> Response:
    for index, order in enumerate(orders):
        if isinstance(order, Rejected):
            order.index = index
            raise _placed(order, index)
    try:
        answers = await services.sequencer.submit_all(
            access.ledger.uuid,
            [order for order in orders if isinstance(order, Order)],
            actor=access.caller.actor,
            request=request.state.request_id,
            atomic=True,
        )
    except Rejected as refusal:
        raise _placed(refusal, refusal.index or 0) from None
    return _answer(answers, access, status=201)


async def _submit(request: Request, services: Services, access: Access, orders: list[Order | Rejected]) -> list[Result]:
    """The results in the order sent; what could not even be read never reaches the ledger."""
    good = [order for order in orders if isinstance(order, Order)]
    answers = iter(
        await services.sequencer.submit_all(
            access.ledger.uuid, good, actor=access.caller.actor, request=request.state.request_id
        )
    )
    return [next(answers) if isinstance(order, Order) else order for order in orders]


def _answer(results: list[Result] | list[Answer], access: Access, *, status: int) -> Response:
    accepted = [result for result in results if isinstance(result, Receipt)]
    size = max((receipt.size for receipt in accepted), default=access.ledger.head.size)
    content = {
        "size": size,
        "accepted": len(accepted),
        "rejected": len(results) - len(accepted),
        "results": [_result(index, result) for index, result in enumerate(results)],
    }
    return Response(dumps(content), status, {"Ledger-Size": str(size)}, media_type="application/json")


def _result(index: int, result: Result) -> dict[str, Any]:
    if isinstance(result, Receipt):
        return {"index": index, "status": 201, **receipt_out(result), "replayed": result.replayed}
    document = {"errors": [], **problem(result)}
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


def _read(command: Any, access: Access) -> Order | Rejected:
    """A command of a bulk as an order, or why it is none."""
    try:
        ordered, key = command_of(command)
        order = Order(ordered, None if key is None else checked_key(key))
        access.require_for(order.command)
        return order
    except ValidationError as error:
        return body_invalid(error, tagged=True, most=FAULTS_MAX)
    except Rejected as refusal:
        if refusal.code == "invalid_key":
            refusal.pointer = "#/key"
        return refusal


def _postings(order: Order | Rejected) -> int:
    return len(getattr(order.command, "postings", ())) if isinstance(order, Order) else 0


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
    orders: list[Order | Rejected] = []
    try:
        async for line in _lines(request):
            orders.append(_read_line(line, access))
            if len(orders) < CHUNK_COMMANDS:
                continue
            for result in await _submit_streamed(request, services, access, orders):
                yield dumps(_result(index, result)) + b"\n"
                accepted, size = _counted(result, accepted, size)
                index += 1
            orders = []
        for result in await _submit_streamed(request, services, access, orders):
            yield dumps(_result(index, result)) + b"\n"
            accepted, size = _counted(result, accepted, size)
            index += 1
    except LedgerError as error:  # the status has been sent: the problem is a line, and there is no last one
        yield dumps(problem(error)) + b"\n"
        return
    yield dumps({"size": size, "accepted": accepted, "rejected": index - accepted}) + b"\n"


async def _submit_streamed(
    request: Request, services: Services, access: Access, orders: list[Order | Rejected]
) -> list[Result]:
    """Raises Unauthenticated where the caller was signed out since the stream began, which may be long ago."""
    await require_let_in(services, access.caller)
    return await _submit(request, services, access, orders)


def _counted(result: Result, accepted: int, size: int) -> tuple[int, int]:
    if isinstance(result, Receipt):
        return accepted + 1, max(size, result.size)
    return accepted, size


async def _lines(request: Request) -> AsyncIterator[bytes]:
    """The body's lines, without holding more than one of them."""
    rest = b""
    async for chunk in request.stream():
        *lines, rest = (rest + chunk).split(b"\n")
        for line in lines:
            if line.strip():
                yield line
        if len(rest) > LINE_BYTES_MAX:
            raise TooLarge(what="bytes a line", most=LINE_BYTES_MAX)
    if rest.strip():
        yield rest


def _read_line(line: bytes, access: Access) -> Order | Rejected:
    try:
        order = _read(parse_json(line), access)
    except RequestRefused as error:
        return BodyInvalid(code=error.code, trouble=error.detail, errors=[], extra=error.facts)
    except Rejected as refusal:
        return refusal
    if isinstance(order, Order) and order.key is None:
        return InvalidKey(trouble="each command of a stream needs one, so that a cut stream can be sent again")
    return order
