"""Ledgers and the currencies that they have declared."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response

from api.documents.questions import read_as_of
from api.errors import CursorInvalid, TooMany
from api.http.conditional import READ_HEADERS, Conditional, answers_read, link_to_next
from api.http.dependencies import (
    AnyCallerDep,
    Caller,
    CallerDep,
    FreshnessDep,
    GovernAccess,
    KeyDep,
    ReadAccess,
    ServicesDep,
    WriteAccess,
    compute_access,
    describe_question,
    make_body_reader,
    make_cursor,
    read_cursor,
    read_cursor_text,
)
from api.http.describing import JSON, describe
from api.http.parameters import LIMIT_DEFAULT, Cursor, Limit
from api.http.routing import StrictRoute
from api.http.writing import answer_write, answers_write, read_if_match, read_written, submit
from api.services import Services
from api.shapes.commands import DeclareCurrencyIn, UpdateLedgerIn
from api.shapes.json_text import dumps
from api.shapes.ledgers import (
    CurrenciesOut,
    CurrencyIn,
    CurrencyOut,
    LedgerIn,
    LedgerOut,
    LedgerPatch,
    LedgersOut,
    make_ledger,
)
from api.start.charts import find_shipped_chart
from api.start.open_ledger import make_open_command, open_with_chart
from ledger.errors import LedgerExists, TooManyDigits, UnknownCurrency
from ledger.members import MemberRole
from ledger.sequencer import make_uuid

router = APIRouter(prefix="/ledgers", tags=["ledgers"], route_class=StrictRoute)


@router.get("")
@describe(raises=(CursorInvalid,), sends=("Link",), answer={JSON: LedgersOut})
async def list_ledgers(
    request: Request, services: ServicesDep, caller: AnyCallerDep, cursor: Cursor = None, limit: Limit = LIMIT_DEFAULT
) -> Response:
    """List the ledgers that the caller may see, in the order of their ids."""
    state = read_cursor(request, cursor, None, after=read_cursor_text)
    if caller.api_token is not None:
        standing = await services.journal.find_standing(caller.api_token.ledger, caller.user.id)
        page, following = [] if standing is None else [standing], None
    else:
        after = state["after"] if state else ""
        page, following = await services.journal.list_standings(caller.user.id, after=after, limit=limit)
    granted = [access for standing in page if (access := compute_access(standing, caller)) is not None]
    headers = dict(READ_HEADERS)
    following = None if following is None else make_cursor(describe_question(request), {"after": following})
    if following is not None:
        headers["Link"] = link_to_next(request, cursor=following)
    content = {"ledgers": [make_ledger(access.ledger, access.role) for access in granted], "next": following}
    return Response(dumps(content), headers=headers, media_type="application/json")


@router.post("", status_code=201)
@answers_write(LedgerOut, LedgerExists, UnknownCurrency, TooManyDigits)
async def open_ledger(
    request: Request,
    services: ServicesDep,
    caller: CallerDep,
    key: KeyDep,
    body: Annotated[LedgerIn, Depends(make_body_reader(LedgerIn))],
) -> Response:
    """Open a ledger, with the accounts of a chart if you name one. The caller owns it, and nobody else can see it."""
    uuid = make_uuid()
    if key is not None:
        # Keep the id before anything is opened, so that a repeat after a crash goes on with the same ledger.
        uuid = await services.sessions.keep_opening_uuid(caller.user.id, key, uuid)
    await _require_room(services, caller, uuid)
    command = make_open_command(body, caller.user.id, services.settings.default_currency, uuid)
    chart = None if body.chart is None else find_shipped_chart(body.chart)
    receipt = await open_with_chart(
        services, uuid, command, chart, actor=caller.actor, key=key, request=request.state.request_id
    )
    ledger = await services.journal.find(uuid)
    assert ledger is not None

    async def shape() -> LedgerOut:
        return make_ledger(ledger, MemberRole.OWNER)

    return await answer_write(request, receipt, location=f"/api/ledgers/{ledger.id}", representation=shape)


async def _require_room(services: Services, caller: Caller, uuid: str) -> None:
    """Raise TooMany where the caller owns as many ledgers as a user may, and this one is not one of them. Ledgers that
    are opened at the same moment may get through."""
    most = services.settings.ledgers_per_user
    if (
        await services.journal.count_owned(caller.user.id, most=most) >= most
        and await services.journal.find(uuid) is None
    ):
        raise TooMany(what="ledgers of one user", most=most)


@router.get("/{ledger}")
@answers_read(LedgerOut)
async def get_ledger(request: Request, access: ReadAccess, _fresh: FreshnessDep) -> Response:
    """Get a ledger: its size, root and settings, and the caller's role in it."""
    reads = Conditional(request, access)
    reads.tag(access.ledger.head.size, access.ledger.head.root, changed=access.ledger.settings.changed)
    return reads.answer(make_ledger(access.ledger, access.role))


@router.patch("/{ledger}", status_code=201)
@answers_write(LedgerOut, UpdateLedgerIn.REFUSALS, insists=True)
async def update_ledger(
    request: Request,
    services: ServicesDep,
    access: GovernAccess,
    key: KeyDep,
    body: Annotated[LedgerPatch, Depends(make_body_reader(LedgerPatch))],
) -> Response:
    """Change the name, the time zone or the retention. Currency and fiscal year can change only before the first
    transaction."""
    since = read_if_match(request)
    receipt = await submit(request, services, access, body.to_command(), key=key, unchanged_since=since)

    async def shape() -> LedgerOut:
        return make_ledger(await read_written(services, access), access.role)

    return await answer_write(request, receipt, location=f"/api/ledgers/{access.ledger.id}", representation=shape)


@router.get("/{ledger}/currencies")
@answers_read(CurrenciesOut)
async def list_currencies(
    request: Request, services: ServicesDep, access: ReadAccess, _fresh: FreshnessDep
) -> Response:
    """List the declared currencies. A currency of ISO 4217 is declared by its first use."""
    reads = Conditional(request, access)
    reads.tag(access.ledger.head.size, access.ledger.head.root)
    scales = await services.journal.read_currencies(access.ledger.serial)
    content: CurrenciesOut = {
        "as_of": await read_as_of(services.journal, access.ledger, access.ledger.head.size),
        "currencies": [{"currency": code, "scale": scales[code]} for code in sorted(scales)],
        "next": None,
    }
    return reads.answer(content)


@router.post("/{ledger}/currencies", status_code=201)
@answers_write(CurrencyOut, DeclareCurrencyIn.REFUSALS)
async def declare_currency(
    request: Request,
    services: ServicesDep,
    access: WriteAccess,
    key: KeyDep,
    body: Annotated[CurrencyIn, Depends(make_body_reader(CurrencyIn))],
) -> Response:
    """Declare a currency. Its number of decimal places in this ledger never changes afterwards."""
    receipt = await submit(request, services, access, body.to_command(), key=key)

    async def shape() -> CurrencyOut:
        return {"currency": body.currency, "scale": body.scale}

    location = f"/api/ledgers/{access.ledger.id}/currencies"
    return await answer_write(request, receipt, location=location, representation=shape)
