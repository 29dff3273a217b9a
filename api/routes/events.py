"""The log itself, for auditors: in pages, as a stream of JSON lines of any length, or followed as it grows.

All three take constant memory: a page of records at a time, and no database transaction is open between two pages.
"""

import datetime as dt
import difflib
import time
import zlib
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request, Response
from pydantic import AfterValidator, WithJsonSchema
from pydantic_core import PydanticCustomError

from api.documents.questions import read_as_of, require_order
from api.errors import Unauthenticated
from api.http.conditional import Conditional, answers_read, link_to_next
from api.http.dependencies import (
    Access,
    AuditAccess,
    FreshnessDep,
    ServicesDep,
    find_access,
    find_account_id,
    require_let_in,
)
from api.http.describing import describe
from api.http.fields import choose_media_type, join_lines, takes_gzip
from api.http.long_answer import LongAnswer
from api.http.parameters import Limit, Place, Text
from api.http.routing import StrictRoute
from api.services import Services
from api.shapes.json_text import dumps
from api.shapes.log import EventOut, EventsOut, make_event_line
from api.shapes.values import Moment
from ledger.accounts import AccountId
from ledger.decide import find_accounts
from ledger.errors import NotFound
from ledger.journal import Position, Record, Size, is_uuid
from ledger.members import ALLOWS, Permission
from ledger.slices import EVENTS
from ledger.store.journal import PAGE_BYTES_MAX, PAGE_RECORDS

router = APIRouter(prefix="/ledgers/{ledger}", tags=["events"], route_class=StrictRoute)

SCANNED_MAX = 5_000
"""The most records that one page with filters reads. `next` goes on from there."""
COMMAND_RECORDS_MAX = 100
"""The most records that one command writes."""
FORMS = ("application/json", "application/x-ndjson", "text/event-stream")
"""The forms of the log, chosen by `Accept`: in pages, as lines, or followed."""
VARY = {"Vary": "Accept"}
STREAM = "Server-sent events: each has a record's position as its `id` and the record, an Event, as its `data`."
HEARTBEAT_SECONDS = 15.0
FOLLOW_SECONDS_MAX = 600.0
"""An answer to a follower ends after this long. The follower comes back with `Last-Event-ID`."""


TYPES = tuple(sorted(rule.event.__name__ for rule in EVENTS))


def _check_event_type(value: str) -> str:
    if value not in TYPES:
        nearest = difflib.get_close_matches(value[:64], TYPES, n=1)
        known = f"did you mean {nearest[0]}?" if nearest else f"the types are {', '.join(TYPES)}"
        raise PydanticCustomError("invalid", "there is no such type of event; {known}", {"known": known})
    return value


EventType = Annotated[str, AfterValidator(_check_event_type), WithJsonSchema({"type": "string", "enum": list(TYPES)})]


@dataclass(frozen=True, slots=True)
class Wanted:
    """The records that are asked for. None does not restrict."""

    type: str | None = None
    actor: str | None = None
    account: AccountId | None = None

    def __call__(self, record: Record) -> bool:
        if self.type is not None and record.envelope["type"] != self.type:
            return False
        if self.actor is not None and self.actor not in _list_ids(record.envelope["actor"]):
            return False
        return self.account is None or self.account in find_accounts(record.event, record.position)


def _list_ids(actor: Mapping[str, str]) -> tuple[str | None, ...]:
    return actor["id"], actor.get("for")


@dataclass(frozen=True, slots=True)
class Range:
    """The positions from `start` to before `stop` (None: to the end of the log)."""

    start: Position
    stop: Position | None
    wanted: Wanted


@describe(takes=("Last-Event-ID",))
async def read_range_query(
    request: Request,
    services: ServicesDep,
    access: AuditAccess,
    start: Annotated[Place, Query(description="The first position to return.")] = 0,
    type: Annotated[EventType | None, Query(description="Only events of this type.")] = None,
    actor: Annotated[
        Text | None,
        Query(
            max_length=255,
            description="Only records that the actor with this id wrote, or that were written for this user.",
        ),
    ] = None,
    account: Annotated[
        Text | None,
        Query(max_length=600, description="Only records that name this account. Send its path or `#NUMBER`."),
    ] = None,
    recorded_from: Annotated[Moment | None, Query(description="Only records from this time on.")] = None,
    recorded_to: Annotated[Moment | None, Query(description="Only records up to this time.")] = None,
) -> Range:
    """Return the positions and filters that the query asks for. Times become positions, because both grow together."""
    require_order(recorded_from, recorded_to, "recorded_from", "recorded_to")
    serial = access.ledger.serial
    if (seen := request.headers.get("last-event-id", "")).isascii() and seen.isdigit() and len(seen) < 19:
        start = max(start, int(seen) + 1)
    if recorded_from is not None:
        start = max(start, await services.journal.find_size_at(serial, _subtract_instant(recorded_from)))
    stop = None if recorded_to is None else await services.journal.find_size_at(serial, recorded_to)
    named = None if account is None else await find_account_id(services, access.ledger, account)
    return Range(start, stop, Wanted(type, actor, named))


def _subtract_instant(time: dt.datetime) -> dt.datetime:
    return time - dt.timedelta(microseconds=1) if time > dt.datetime.min.replace(tzinfo=dt.UTC) else time


@router.get("/events")
@answers_read(EventsOut, NotFound, paged=True, sends=("Content-Encoding",), lines=EventOut, stream=STREAM)
async def list_events(
    request: Request,
    services: ServicesDep,
    access: AuditAccess,
    _fresh: FreshnessDep,
    asked: Annotated[Range, Depends(read_range_query)],
    limit: Limit = 100,
    command: Annotated[
        Text | None, Query(max_length=64, description="Only the records of the command with this id.")
    ] = None,
) -> Response:
    """List the records of the log from `start` on.

    `Accept: application/x-ndjson` streams all of them, up to the size at the start of the answer.
    `Accept: text/event-stream` then continues with new records."""
    form = choose_media_type(join_lines(request, "accept"), FORMS)
    if form == "text/event-stream":
        turn = await _take_turn(services, access)
        return LongAnswer(_follow(services, access, asked), turn, headers=VARY, media_type=form)
    size = access.ledger.head.size
    reads = Conditional(request, access)
    reads.headers |= VARY
    reads.tag(size, access.ledger.head.root)
    if command is not None:
        records = await _read_command(services, access, command)
        return await _answer_page(services, access, records, size, None, reads.headers)
    stop = size if asked.stop is None else min(size, asked.stop)
    if form == "application/x-ndjson":
        # Read the first piece before the answer begins, so that the status can still say that the database is away.
        lines = await _begin(_join_lines(services, access, asked, stop))
        return _answer_lines(lines, await _take_turn(services, access), request, reads.headers)
    records, following = await _read_wanted(services, access, asked, stop, limit)
    if following >= stop:
        return await _answer_page(services, access, records, size, None, reads.headers)
    link = {"Link": link_to_next(request, start=following)}
    return await _answer_page(services, access, records, size, following, reads.headers | link)


async def _read_wanted(
    services: Services, access: Access, asked: Range, stop: Position, limit: int
) -> tuple[list[Record], Position]:
    """Return at most `limit` wanted records, with no more bytes than a page of the journal, and the position to go on
    from."""
    found: list[Record] = []
    start, scanned, room = asked.start, 0, PAGE_BYTES_MAX
    everything = asked.wanted == Wanted()
    while start < stop and scanned < SCANNED_MAX:
        wanted = min(limit if everything else PAGE_RECORDS, stop - start)
        page = await services.journal.read_page(access.ledger.serial, start, wanted)
        if not page:
            break
        scanned += len(page)
        for record, is_wanted in zip(page, await services.long.slices.map(asked.wanted, page), strict=True):
            start = record.position + 1
            if is_wanted:
                found.append(record)
                room -= record.length
                if len(found) == limit or room < 0:
                    return found, start
    return found, start


async def _answer_page(
    services: Services,
    access: Access,
    records: list[Record],
    size: Size,
    following: Position | None,
    headers: dict[str, str],
) -> Response:
    content = b'{"as_of":%b,"events":[%b],"size":%d,"next":%b}' % (
        dumps(await read_as_of(services.journal, access.ledger, size)),
        b",".join(await _write_lines(services, access, records)),
        size,
        b"null" if following is None else b"%d" % following,
    )
    return Response(content, headers=headers, media_type="application/json")


async def _read_command(services: Services, access: Access, command: str) -> list[Record]:
    """Return the records that a command wrote. Its id is that of its first record, and the others follow."""
    first = await services.journal.find_record(access.ledger.serial, command) if is_uuid(command) else None
    if first is None:
        return []
    stop = min(first.position + COMMAND_RECORDS_MAX, access.ledger.head.size)
    following = services.journal.read_range(access.ledger.serial, first.position, stop)
    return [record async for record in following if record.envelope["command"] == command.lower()]


async def _write_lines(services: Services, access: Access, records: Sequence[Record]) -> list[bytes]:
    erased = [record.position for record in records if record.memo is None and record.memo_erased]
    by = await services.journal.find_erasures(access.ledger.serial, erased) if erased else {}
    return await services.long.slices.map(lambda record: make_event_line(record, by.get(record.position)), records)


async def _read_pages(
    services: Services, access: Access, asked: Range, stop: Size
) -> AsyncIterator[tuple[list[Record], list[bytes]]]:
    """Yield the wanted records, a page at a time, and the same records as lines of JSON."""
    async for page in services.journal.read_pages(access.ledger.serial, asked.start, stop):
        wanted = await services.long.slices.map(asked.wanted, page)
        found = [record for record, is_wanted in zip(page, wanted, strict=True) if is_wanted]
        if found:
            yield found, await _write_lines(services, access, found)


async def _join_lines(services: Services, access: Access, asked: Range, stop: Size) -> AsyncIterator[bytes]:
    async for _, lines in _read_pages(services, access, asked, stop):
        yield b"\n".join(lines) + b"\n"


async def _take_turn(services: Services, access: Access) -> AsyncExitStack:
    """Take and return a turn for a long answer. The answer keeps it until it ends. Raises TooManyUnderWay."""
    turn = AsyncExitStack()
    await turn.enter_async_context(services.long.streams.take_turn(access.caller.user.id))
    return turn


def _answer_lines(
    lines: AsyncIterator[bytes], turn: AsyncExitStack, request: Request, headers: dict[str, str]
) -> Response:
    """Return the answer with these lines. Compress them if the reader accepts that: a log repeats the same words."""
    headers = headers | {"Vary": "Accept, Accept-Encoding"}
    if takes_gzip(join_lines(request, "accept-encoding")):
        lines, headers["Content-Encoding"] = _compress(lines), "gzip"
    return LongAnswer(lines, turn, headers=headers, media_type="application/x-ndjson")


async def _begin(pieces: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    first = await anext(pieces, b"")

    async def go_on() -> AsyncIterator[bytes]:
        if first:
            yield first
        async for piece in pieces:
            yield piece

    return go_on()


async def _compress(pieces: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    packing = zlib.compressobj(6, zlib.DEFLATED, 16 + zlib.MAX_WBITS)
    async for piece in pieces:
        if packed := packing.compress(piece):
            yield packed
    yield packing.flush()


async def _follow(
    services: Services, access: Access, asked: Range, clock: Callable[[], float] = time.monotonic
) -> AsyncIterator[bytes]:
    """Yield a server-sent event for each record, with its position as its id.

    End when the reader goes, is signed out, may no longer read, or has stayed for FOLLOW_SECONDS_MAX, or when the
    server stops. A reader that comes back sends the last id that it saw.
    """
    start, begun, said = asked.start, clock(), clock()
    while clock() - begun < FOLLOW_SECONDS_MAX and not services.long.ending.is_set():
        ticket = services.grown.take_ticket()
        try:
            await require_let_in(services, access.caller)
        except Unauthenticated:
            return
        now = await find_access(services, access.ledger.uuid, access.caller)
        if now is None or Permission.AUDIT not in ALLOWS[now.role]:
            return
        stop = now.ledger.head.size if asked.stop is None else min(now.ledger.head.size, asked.stop)
        async for page, lines in _read_pages(services, access, Range(start, None, asked.wanted), stop):
            for record, line in zip(page, lines, strict=True):
                yield b"id: %d\ndata: %b\n\n" % (record.position, line)
            said = clock()
        start = max(start, stop)
        if asked.stop is not None and start >= asked.stop:
            return
        if clock() - said > HEARTBEAT_SECONDS:
            said = clock()
            yield b": still here\n\n"
        await services.grown.wait(FOLLOW_POLL_SECONDS, ticket)


FOLLOW_POLL_SECONDS = 1.0
"""How often a follower looks without being told of a commit: the writer may be another process."""
