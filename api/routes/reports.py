"""Reports over a ledger."""

from collections.abc import Awaitable, Callable
from functools import partial
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Query, Request, Response

from api.documents.changes import READ_MODELS as CHANGES_READ_MODELS
from api.documents.changes import read_changes
from api.documents.csv_tables import write_csv
from api.documents.figures import READ_MODELS, Figures, Question, open_figures
from api.documents.questions import Freshness, require_order
from api.documents.shared import Content
from api.documents.statements import read_balance_sheet, read_cash_flow, read_income_statement, read_trial_balance
from api.errors import TookTooLong, TooMany
from api.http.conditional import Conditional, Opened, answers_read
from api.http.dependencies import Access, AsOfDep, AuditAccess, FreshnessDep, ReadAccess, ServicesDep, require_reached
from api.http.fields import choose_media_type, join_lines
from api.http.long_answer import make_presence_check
from api.http.parameters import Count, Depth
from api.http.routing import StrictRoute
from api.processes.long_work import limit_time
from api.services import Services
from api.shapes.changes import ChangesOut
from api.shapes.json_text import dumps_long
from api.shapes.statements import BalanceSheetOut, CashFlowOut, IncomeStatementOut, TrialBalanceOut
from api.shapes.values import Date
from ledger.errors import SizeAhead

router = APIRouter(prefix="/ledgers/{ledger}/reports", tags=["reports"], route_class=StrictRoute)

To = Annotated[Date | None, Query(description="The last date (inclusive). Default: no limit.")]


async def read_date_query(as_of: AsOfDep, to: To = None, depth: Depth = None) -> Question:
    """Return the question about a report on a date. `effective` and `to` both bound the dates from above: the earlier
    one counts."""
    ends = [end for end in (to, as_of.effective) if end is not None]
    return Question(None, min(ends, default=None), as_of.size, depth)


async def read_period_query(
    date: Annotated[Question, Depends(read_date_query)],
    from_: Annotated[
        Date | None, Query(alias="from", description="The first date of the period. Default: no limit.")
    ] = None,
) -> Question:
    """Return the question about a report on a period."""
    require_order(from_, date.end, "from", "the last date")
    return Question(from_, date.end, date.size, date.depth)


async def choose_format(
    request: Request,
    format: Annotated[
        Literal["json", "csv"] | None, Query(description="The format of the report. Default: what `Accept` prefers.")
    ] = None,
) -> Literal["json", "csv"]:
    """Return the form of the answer: CSV if `format` says so, or if `Accept` prefers `text/csv` to JSON."""
    if format is not None:
        return format
    return (
        "csv"
        if choose_media_type(join_lines(request, "accept"), ("application/json", "text/csv")) == "text/csv"
        else "json"
    )


DateDep = Annotated[Question, Depends(read_date_query)]
PeriodDep = Annotated[Question, Depends(read_period_query)]
FormatDep = Annotated[Literal["json", "csv"], Depends(choose_format)]

CSV = "The same as CSV: UTF-8, CRLF, a fixed header, amounts as plain numbers. The last lines are the totals."
Report = Callable[[Figures, Question], Awaitable[Callable[[], Any]]]
REVISION = 2
"""Part of the ETags of reports. Raise it when the same records give another document, so that readers drop the old."""


@router.get("/trial-balance")
@answers_read(TrialBalanceOut, TookTooLong, TooMany, sends=("Content-Disposition",), csv=CSV)
async def report_trial_balance(
    request: Request, services: ServicesDep, access: ReadAccess, fresh: FreshnessDep, asked: PeriodDep, form: FormatDep
) -> Response:
    """Report every account that was used: its balance before `from`, its debits and credits since then, and its
    balance."""
    return await _answer(request, services, access, fresh, asked, form, read_trial_balance)


@router.get("/balance-sheet")
@answers_read(BalanceSheetOut, TookTooLong, TooMany, sends=("Content-Disposition",), csv=CSV)
async def report_balance_sheet(
    request: Request, services: ServicesDep, access: ReadAccess, fresh: FreshnessDep, asked: DateDep, form: FormatDep
) -> Response:
    """Report assets, liabilities and equity on a date. Results that are not closed yet have lines of their own under
    equity."""
    return await _answer(request, services, access, fresh, asked, form, read_balance_sheet)


@router.get("/income-statement")
@answers_read(IncomeStatementOut, TookTooLong, TooMany, sends=("Content-Disposition",), csv=CSV)
async def report_income_statement(
    request: Request, services: ServicesDep, access: ReadAccess, fresh: FreshnessDep, asked: PeriodDep, form: FormatDep
) -> Response:
    """Report income, expenses and result of a period, without closings."""
    return await _answer(request, services, access, fresh, asked, form, read_income_statement)


@router.get("/cash-flow")
@answers_read(CashFlowOut, TookTooLong, TooMany, sends=("Content-Disposition",), csv=CSV)
async def report_cash_flow(
    request: Request, services: ServicesDep, access: ReadAccess, fresh: FreshnessDep, asked: PeriodDep, form: FormatDep
) -> Response:
    """Report where cash came from and went to in a period. Cash is all accounts with the role `cash` or `bank`."""
    return await _answer(request, services, access, fresh, asked, form, read_cash_flow)


async def _answer(
    request: Request,
    services: Services,
    access: Access,
    fresh: Freshness,
    asked: Question,
    form: Literal["json", "csv"],
    report: Report,
) -> Response:
    reads = Conditional(request, access)
    reads.headers["Vary"] = "Accept"
    name = request.url.path.rpartition("/")[2]

    async def make_content(opened: Opened) -> Content:
        async with services.long.reports.take_turn(access.caller.user.id), limit_time():
            async with opened as reading:
                make = await report(await open_figures(reading, services.long, asked.size), asked)
            write = dumps_long if form == "json" else partial(write_csv, name)
            content = await services.long.run_apart(lambda: write(make()))
        if form == "json":
            return Content(content)
        headers = {"Content-Disposition": f'attachment; filename="{access.ledger.id}-{name}.csv"'}
        return Content(content, headers, "text/csv; charset=utf-8; header=present")

    return await reads.answer_shared(
        services, *READ_MODELS, fresh=fresh, make=make_content, size=asked.size, parts=(form, REVISION)
    )


@router.get("/changes")
@answers_read(ChangesOut, SizeAhead, TookTooLong, TooMany)
async def report_changes(
    request: Request,
    services: ServicesDep,
    access: AuditAccess,
    fresh: FreshnessDep,
    from_size: Annotated[Count, Query(description="The smaller size of the log.")] = 0,
    to_size: Annotated[
        Count | None, Query(description="The larger size of the log. Default: the current size.")
    ] = None,
) -> Response:
    """Report what changed between two sizes of the log: accounts, amounts, and who changed them."""
    stop = access.ledger.head.size if to_size is None else to_size
    require_reached(access.ledger, stop, "to_size")
    require_order(from_size, stop, "from_size", "to_size")
    reads = Conditional(request, access)
    await reads.wait(services, *CHANGES_READ_MODELS, fresh=fresh, size=stop, parts=(access.ledger.head.root,))
    async with services.long.changes.take_turn(access.caller.user.id), limit_time():
        found = await read_changes(
            services.reader,
            services.journal,
            services.long,
            access.ledger,
            from_size,
            stop,
            fresh,
            make_presence_check(request),
        )
        return reads.answer_bytes(await services.long.run_apart(dumps_long, found))
