"""The dashboard of a ledger, what the existing frontend shows of it, and the charts that a ledger can begin with."""

import datetime as dt
from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from api.documents.balances import Freshness, unchecked
from api.documents.dashboard import dashboard, dashboard_data, today_of
from api.documents.past import as_known
from api.errors import TookTooLong, TooMany
from api.http.conditional import Conditional, answers_read
from api.http.dependencies import (
    LEDGER_LENGTH_MAX,
    Access,
    AnyCallerDep,
    AsOfDep,
    Caller,
    FreshnessDep,
    ReadAccess,
    ServicesDep,
    access_by_name,
    access_of_standing,
    freshness_of,
)
from api.http.describing import JSON, describe
from api.http.long_answer import presence_of
from api.http.parameters import MinSize, Text, Timeout
from api.http.routing import StrictRoute
from api.http.writing import COMMAND
from api.processes.long_work import within_time
from api.services import Services
from api.shapes.dashboard import DashboardDataOut, DashboardOut
from api.shapes.json_text import dumps
from api.shapes.ledgers import ChartOut, ChartsOut
from api.start.charts import shipped_charts
from api.start.personal import personal_ledger
from ledger.errors import Forbidden, NotFound, ProjectionBehind, ProjectionBlocked, SizeAhead
from ledger.journal import Ledger
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
        today = as_of.effective or today_of(ledger, services.clock())
        await look_at_dashboard(services, reads, ledger, today, fresh)
        return reads.answer(await dashboard(services, ledger, today, fresh=fresh, check=reads.check))
    then = await services.journal.recorded_at(ledger.serial, size)
    today = as_of.effective or (today_of(ledger, services.clock()) if then is None else today_of(ledger, then))
    reads.check(size, today, ledger.head.root)  # texts and names may have been erased since
    past = services.long.past.turn(access.caller.user.id)
    async with past, within_time(), as_known(services, ledger, size, presence_of(request)) as knowing:
        return reads.answer(await dashboard(knowing, ledger, today, fresh=Freshness(), check=unchecked))


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

    Without `ledger` they are those of the caller's personal ledger, which the first visit opens; with an API token,
    those of the token's ledger.
    """
    access = await _access(request, services, caller, ledger)
    fresh = await freshness_of(access, min_size, timeout)
    reads = Conditional(request, access)
    today = today_of(access.ledger, services.clock())
    username = caller.user.username
    await look_at_dashboard(services, reads, access.ledger, today, fresh, username)
    content = await dashboard_data(services, access.ledger, username, today, fresh=fresh, check=reads.check)
    return Response(content, headers=reads.headers, media_type="application/json")


async def look_at_dashboard(
    services: Services, reads: Conditional, ledger: Ledger, today: dt.date, fresh: Freshness, *reflecting: object
) -> None:
    """Raises NotModified where the reader has the document already. The register is looked at first: neither its
    generation nor the dashboard ever goes back, so what the reader has was whole at that moment."""
    if reads.conditional:
        register = (await services.reader.applied(ledger, "register")).generation
        await reads.look(services, "dashboard", fresh, register, today, ledger.settings.currency, *reflecting)


async def _access(request: Request, services: Services, caller: Caller, ledger: str | None) -> Access:
    """Raises NotFound where the caller has no role, and Forbidden where it does not suffice."""
    if ledger is None and caller.api_token is not None:
        ledger = caller.api_token.ledger
    if ledger is None:
        standing = await personal_ledger(services, caller.user, request=request.state.request_id)
        access = access_of_standing(request, "personal", caller, standing)
    else:
        access = await access_by_name(request, ledger, caller, services)
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
        for chart in shipped_charts()
    ]
    return Response(dumps({"charts": charts, "next": None}), media_type="application/json")
