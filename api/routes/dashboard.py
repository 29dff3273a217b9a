"""The dashboard of a ledger, what the existing frontend shows of it, and the charts that a ledger can begin with."""

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from api.documents.dashboard import READ_MODELS, find_today, read_dashboard, read_dashboard_data
from api.documents.past import read_past
from api.documents.shared import Content
from api.errors import TookTooLong, TooMany
from api.http.conditional import Conditional, Opened, answers_read
from api.http.dependencies import (
    LEDGER_LENGTH_MAX,
    Access,
    AnyCallerDep,
    AsOfDep,
    Caller,
    FreshnessDep,
    ReadAccess,
    ServicesDep,
    find_access_by_name,
    grant_access,
    read_freshness,
)
from api.http.describing import JSON, describe
from api.http.long_answer import make_presence_check
from api.http.parameters import MinSize, Text, Timeout
from api.http.routing import StrictRoute
from api.http.writing import COMMAND
from api.processes.long_work import limit_time
from api.services import Services
from api.shapes.dashboard import DashboardDataOut, DashboardOut
from api.shapes.json_text import dumps
from api.shapes.ledgers import ChartOut, ChartsOut
from api.start.charts import read_shipped_charts
from api.start.personal import ensure_personal_ledger
from ledger.errors import Forbidden, NotFound, ProjectionBehind, ProjectionBlocked, SizeAhead
from ledger.members import Permission

router = APIRouter(route_class=StrictRoute)


@router.get("/ledgers/{ledger}/dashboard", tags=["dashboard"])
@answers_read(DashboardOut, TooMany, TookTooLong)
async def get_dashboard(
    request: Request, services: ServicesDep, access: ReadAccess, fresh: FreshnessDep, as_of: AsOfDep
) -> Response:
    """Get a ledger at a glance: balances by group, income and expenses by month and category, net worth, cash, bills
    and the newest transactions.

    It shows today in the ledger's time zone, or another day, as known now or as known at an earlier size.
    """
    reads = Conditional(request, access)
    ledger, size = access.ledger, as_of.size
    if size is None:
        today = as_of.effective or find_today(ledger, services.clock())
        parts = (today, ledger.settings.currency)

        async def make(opened: Opened) -> Content:
            async with opened as reading:
                page = await read_dashboard(reading, today)
            return Content(dumps(await services.long.run_apart(page)))

        return await reads.answer_shared(services, *READ_MODELS, fresh=fresh, make=make, parts=parts)
    then = await services.journal.find_recorded_at(ledger.serial, size)
    today = as_of.effective or (find_today(ledger, services.clock()) if then is None else find_today(ledger, then))
    reads.tag(size, today, ledger.head.root)  # texts and names may have been erased since
    turn = services.long.past.take_turn(access.caller.user.id)
    past = read_past(services.journal, services.long, ledger, size, make_presence_check(request))
    async with turn, limit_time():
        async with past as reader, reader.open(ledger, *READ_MODELS) as reading:
            page = await read_dashboard(reading, today)
        return reads.answer(await services.long.run_apart(page))


@router.get("/dashboard-data", tags=["frontend"])
@answers_read(DashboardDataOut, NotFound, Forbidden, SizeAhead, ProjectionBehind, ProjectionBlocked, COMMAND)
async def get_dashboard_data(
    request: Request,
    services: ServicesDep,
    caller: AnyCallerDep,
    ledger: Annotated[
        Text | None,
        Query(
            max_length=LEDGER_LENGTH_MAX,
            description="The id or UUID of a ledger. Default: the caller's personal ledger.",
        ),
    ] = None,
    min_size: MinSize = 0,
    timeout: Timeout = 5.0,
) -> Response:
    """Get what the existing frontend shows: figures in the main currency, as JSON numbers, up to today.

    The default is the caller's personal ledger, which the first visit opens. With an API token it is the token's
    ledger."""
    access = await _find_access(request, services, caller, ledger)
    fresh = await read_freshness(access, min_size, timeout)
    reads = Conditional(request, access)
    today, username = find_today(access.ledger, services.clock()), caller.user.username
    parts = (today, access.ledger.settings.currency, username)

    async def make(opened: Opened) -> Content:
        async with opened as reading:
            page = await read_dashboard_data(reading, username, today)
        return Content(await services.long.run_apart(page))

    return await reads.answer_shared(services, *READ_MODELS, fresh=fresh, make=make, parts=parts)


async def _find_access(request: Request, services: Services, caller: Caller, ledger: str | None) -> Access:
    """Return the caller's access to the ledger that they name, or to their own. Raises NotFound where the caller has no
    role in it, and Forbidden where the role is too low."""
    if ledger is None and caller.api_token is not None:
        ledger = caller.api_token.ledger
    if ledger is None:
        standing = await ensure_personal_ledger(services, caller.user, request=request.state.request_id)
        access = grant_access(request, "personal", caller, standing)
    else:
        access = await find_access_by_name(request, ledger, caller, services)
    access.require(Permission.READ)
    return access


@router.get("/charts", tags=["charts"])
@describe(answer={JSON: ChartsOut})
async def list_charts(_caller: AnyCallerDep) -> Response:
    """List the charts of accounts that a ledger can be opened with."""
    charts: list[ChartOut] = [
        {
            "name": chart.name,
            "title": chart.title,
            "description": chart.description,
            "accounts": len(chart.accounts),
        }
        for chart in read_shipped_charts()
    ]
    return Response(dumps({"charts": charts, "next": None}), media_type="application/json")
