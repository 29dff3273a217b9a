"""The log itself, for auditors: in pages, or as a stream of JSON lines of any length in constant memory."""

from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from starlette.responses import StreamingResponse

from api.deps import Access, AuditAccess, FreshnessDep, Limit, ServicesDep
from api.reading import Conditional
from api.services import Services
from api.shapes import EventsOut, event_line
from ledger.journal import Position, Record, Size
from ledger.store.sql_journal import PAGE_RECORDS, is_uuid

router = APIRouter(prefix="/ledgers/{ledger}", tags=["events"])


@router.get("/events", response_model=EventsOut)
async def list_events(
    request: Request,
    services: ServicesDep,
    access: AuditAccess,
    _fresh: FreshnessDep,
    start: Annotated[int, Query(ge=0, lt=2**63, description="First position wanted")] = 0,
    limit: Limit = 100,
    command: Annotated[str | None, Query(max_length=64, description="Only the records of this command")] = None,
) -> Response:
    """Records from `start` on. `Accept: application/x-ndjson` streams all of them up to the size at the start."""
    size = access.ledger.head.size
    reads = Conditional(request, access)
    reads.check(size)
    if command is not None:
        return _page(await _of_command(services, access, command), size, None, reads.headers)
    if "application/x-ndjson" in request.headers.get("accept", ""):
        lines = _lines(services, access, start, size)
        return StreamingResponse(lines, headers=reads.headers, media_type="application/x-ndjson")
    records = await services.journal.read(access.ledger.serial, start, min(limit, max(0, size - start)))
    following = start + len(records)
    if not records or following >= size:
        return _page(records, size, None, reads.headers)
    url = request.url.include_query_params(start=following)
    link = {"Link": f'<{url.path}?{url.query}>; rel="next"'}
    return _page(records, size, following, reads.headers | link)


def _page(records: list[Record], size: Size, following: Position | None, headers: dict[str, str]) -> Response:
    lines = b",".join(event_line(record) for record in records)
    content = b'{"events":[%b],"size":%d,"next":%b}' % (
        lines,
        size,
        b"null" if following is None else b"%d" % following,
    )
    return Response(content, headers=headers, media_type="application/json")


async def _of_command(services: Services, access: Access, command: str) -> list[Record]:
    """The records that a command wrote: its id is its first record's, and the others follow."""
    first = await services.journal.record(access.ledger.serial, command) if is_uuid(command) else None
    if first is None:
        return []
    following = await services.journal.read(access.ledger.serial, first.position, 100)
    return [record for record in following if record.envelope["command"] == command]


async def _lines(services: Services, access: Access, start: Position, stop: Size) -> AsyncIterator[bytes]:
    buffer: list[bytes] = []
    async for record in services.journal.stream(access.ledger.serial, start, stop):
        buffer.append(event_line(record))
        if len(buffer) == PAGE_RECORDS:
            yield b"\n".join(buffer) + b"\n"
            buffer.clear()
    if buffer:
        yield b"\n".join(buffer) + b"\n"
