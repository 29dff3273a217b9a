"""Answering writes: 201 with the receipt, or with the resource where the caller prefers it."""

from collections.abc import Awaitable, Callable, Collection, Sequence
from typing import Any

from fastapi import Request, Response

from api.http.dependencies import Access
from api.http.describing import JSON, F, describe
from api.http.fields import join_lines, read_entity_tags
from api.services import Services
from api.shapes.commands import ReceiptOut, make_receipt
from api.shapes.json_text import dumps
from ledger.errors import (
    Busy,
    ClockBehind,
    Forbidden,
    IdempotencyMismatch,
    InvalidField,
    NotFound,
    OutcomeUnknown,
    PreconditionFailed,
)
from ledger.journal import Ledger, Position, Receipt
from ledger.sequencer import Order
from ledger.slices import Command

Representation = Callable[[], Awaitable[Any]]

COMMAND = (Busy, ClockBehind, OutcomeUnknown, IdempotencyMismatch, InvalidField, NotFound, Forbidden)
"""What any command may be refused with."""


def answers_write(representation: Any, *raises: Any, insists: bool = False) -> Callable[[F], F]:
    """Describe a route that submits a command and answers as `answer_write` does. `representation`: what it has
    changed; None: it is not shown. `insists`: the route takes an If-Match."""
    return describe(
        raises=(COMMAND, *raises, *((PreconditionFailed,) if insists else ())),
        takes=("Prefer",) * (representation is not None) + ("If-Match",) * insists,
        sends=("Location", "Ledger-Size", *(("Preference-Applied",) if representation is not None else ())),
        answer={JSON: ReceiptOut if representation is None else representation | ReceiptOut},
    )


async def submit(
    request: Request,
    services: Services,
    access: Access,
    command: Command,
    *,
    key: str | None,
    unchanged_since: Collection[Position] | None = None,
) -> Receipt:
    """Submit one command on the caller's behalf. Raises Forbidden where their role does not allow it."""
    access.require_for(command)
    return await services.sequencer.submit(
        access.ledger.uuid,
        command,
        actor=access.caller.actor,
        key=key,
        request=request.scope["state"]["request_id"],
        unchanged_since=unchanged_since,
    )


async def submit_all(
    request: Request, services: Services, access: Access, orders: Sequence[Order]
) -> Sequence[Receipt]:
    """Submit commands that make one change: all or none. Raises Forbidden where the caller's role does not allow
    one."""
    for order in orders:
        access.require_for(order.command)
    answers = await services.sequencer.submit_all(
        access.ledger.uuid, orders, actor=access.caller.actor, request=request.scope["state"]["request_id"], atomic=True
    )
    return [answer for answer in answers if isinstance(answer, Receipt)]


async def read_written(services: Services, access: Access) -> Ledger:
    """Return the ledger as it is after a write: `access` has it as it was before."""
    ledger = await services.journal.find(access.ledger.uuid)
    assert ledger is not None
    return ledger


async def answer_write(
    request: Request, receipt: Receipt, *, location: str, representation: Representation | None = None
) -> Response:
    """Return the answer to an accepted command; the same again for a repeat, which says so."""
    headers = {"Location": location, "Ledger-Size": str(receipt.size)}
    if receipt.replayed:
        headers["Idempotent-Replayed"] = "true"
    content: Any = make_receipt(receipt)
    if representation is not None and "prefer" in request.headers and _prefers_representation(request):
        headers["Preference-Applied"] = "return=representation"
        content = await representation()
    return Response(dumps(content), 201, headers, media_type="application/json")


def _prefers_representation(request: Request) -> bool:
    """Return whether the caller asks for the representation. RFC 7240: preferences may stand in several lines, in any
    case, quoted and with parameters."""
    preferences = join_lines(request, "prefer").lower().translate({0x20: None, 0x09: None, 0x22: None})
    return any(each.partition(";")[0] == "return=representation" for each in preferences.split(","))


def read_if_match(request: Request) -> Collection[Position] | None:
    """Return the records of which an `If-Match` insists on one: our ETags of what can be patched begin with the record
    that last changed it. None: it insists on nothing."""
    tags = join_lines(request, "if-match")
    if tags.strip() == "*" or "if-match" not in request.headers:
        return None
    return {position for tag in read_entity_tags(tags) if (position := _position(tag)) is not None}


def _position(tag: str) -> Position | None:
    first = tag.partition(".")[0]
    return int(first) if first.isascii() and first.isdigit() and len(first) < 19 else None
