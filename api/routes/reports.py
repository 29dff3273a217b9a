"""Reports over a ledger."""

from collections.abc import Awaitable, Callable
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Query, Request, Response

from api.bodies import Date
from api.changes import changes
from api.deps import Access, AsOfDep, AuditAccess, FreshnessDep, ReadAccess, ServicesDep, require_reached
from api.fields import listed, preferred
from api.parameters import Count, Depth
from api.queries import Freshness
from api.reading import Conditional
from api.reports.figures import Figures, Question, open_figures
from api.reports.statements import (
    BalanceSheetOut,
    CashFlowOut,
    IncomeStatementOut,
    TrialBalanceOut,
    balance_sheet,
    cash_flow,
    income_statement,
    trial_balance,
)
from api.reports.tables import as_csv
from api.routing import StrictRoute
from api.services import Services
from api.shapes import ChangesOut
from ledger.errors import InvalidField

router = APIRouter(prefix="/ledgers/{ledger}/reports", tags=["reports"], route_class=StrictRoute)

To = Annotated[Date | None, Query(description="What is dated up to this date; absent: everything")]


async def date_question(as_of: AsOfDep, to: To = None, depth: Depth = None) -> Question:
    """`effective` and `to` both bound the dates from above: the earlier one counts."""
    ends = [end for end in (to, as_of.effective) if end is not None]
    return Question(None, min(ends, default=None), as_of.size, depth)


async def period_question(
    date: Annotated[Question, Depends(date_question)],
    from_: Annotated[Date | None, Query(alias="from", description="And on or after this date")] = None,
) -> Question:
    """The same, of a period."""
    if from_ is not None and date.end is not None and from_ > date.end:
        raise InvalidField(trouble="from lies after the last date", pointer="?from")
    return Question(from_, date.end, date.size, date.depth)


async def format_of(
    request: Request,
    format: Annotated[Literal["json", "csv"] | None, Query(description="Absent: what `Accept` prefers")] = None,
) -> Literal["json", "csv"]:
    """How the answer is written: CSV where `format` says so, or `Accept` prefers `text/csv` to JSON."""
    if format is not None:
        return format
    return "csv" if preferred(listed(request, "accept"), ("application/json", "text/csv")) == "text/csv" else "json"


DateDep = Annotated[Question, Depends(date_question)]
PeriodDep = Annotated[Question, Depends(period_question)]
FormatDep = Annotated[Literal["json", "csv"], Depends(format_of)]

Report = Callable[[Figures, Question], Awaitable[Any]]
REVISION = 2
"""Part of the ETags of reports. Raise it when the same records give another document: nobody is to keep the old one."""


@router.get("/trial-balance", response_model=TrialBalanceOut)
async def report_trial_balance(
    request: Request, services: ServicesDep, access: ReadAccess, fresh: FreshnessDep, asked: PeriodDep, form: FormatDep
) -> Response:
    """Every account that was used: what stood on it before `from`, debits and credits since, and the balance."""
    return await _answer(request, services, access, fresh, asked, form, trial_balance)


@router.get("/balance-sheet", response_model=BalanceSheetOut)
async def report_balance_sheet(
    request: Request, services: ServicesDep, access: ReadAccess, fresh: FreshnessDep, asked: DateDep, form: FormatDep
) -> Response:
    """Assets, liabilities and equity at a date; results that are not closed yet are lines of equity of their own."""
    return await _answer(request, services, access, fresh, asked, form, balance_sheet)


@router.get("/income-statement", response_model=IncomeStatementOut)
async def report_income_statement(
    request: Request, services: ServicesDep, access: ReadAccess, fresh: FreshnessDep, asked: PeriodDep, form: FormatDep
) -> Response:
    """Income, expenses and result of a period, without what closed a year."""
    return await _answer(request, services, access, fresh, asked, form, income_statement)


@router.get("/cash-flow", response_model=CashFlowOut)
async def report_cash_flow(
    request: Request, services: ServicesDep, access: ReadAccess, fresh: FreshnessDep, asked: PeriodDep, form: FormatDep
) -> Response:
    """Where cash came from and went to in a period: what moved the accounts with the role `cash` or `bank`."""
    return await _answer(request, services, access, fresh, asked, form, cash_flow)


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
    await reads.build_from(services, "balance_history", "register")
    figures = await open_figures(
        services, access.ledger, asked.size, fresh=fresh, check=lambda *parts: reads.check(*parts, form, REVISION)
    )
    document = await report(figures, asked)
    if form == "json":
        return reads.answer(document)
    name = request.url.path.rpartition("/")[2]
    file = f"{access.ledger.id}-{name}.csv"
    headers = reads.headers | {"Content-Disposition": f'attachment; filename="{file}"'}
    return Response(as_csv(name, document), headers=headers, media_type="text/csv; charset=utf-8; header=present")


@router.get("/changes", response_model=ChangesOut)
async def report_changes(
    request: Request,
    services: ServicesDep,
    access: AuditAccess,
    fresh: FreshnessDep,
    from_size: Annotated[Count, Query(description="As known when the log had this size")] = 0,
    to_size: Annotated[Count | None, Query(description="And when it had this one; absent: now")] = None,
) -> Response:
    """What changed between two sizes of the log: which accounts, by how much, and by whom."""
    stop = access.ledger.head.size if to_size is None else to_size
    require_reached(access.ledger, stop, "to_size")
    if from_size > stop:
        raise InvalidField(trouble="from_size lies after to_size", pointer="?from_size")
    reads = Conditional(request, access)
    await reads.build_from(services, "account_balances", "balance_history")
    reads.check(stop, access.ledger.head.root)
    return reads.answer(await changes(services, access.ledger, from_size, stop, fresh))
