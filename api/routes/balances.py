"""Balances, now or at any pair of effective date and recorded size; and registers by any path."""

import datetime as dt
from dataclasses import replace
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Query, Request, Response

from api.documents.balances import BalancesQuestion, read_balances
from api.documents.questions import Freshness, require_order
from api.documents.register import RegisterQuestion, read_register
from api.documents.shared import Content
from api.errors import CursorInvalid
from api.http.conditional import Conditional, Opened, answers_read
from api.http.dependencies import (
    Access,
    AsOfDep,
    FreshnessDep,
    ReadAccess,
    ServicesDep,
    find_account_id,
    read_cursor,
    read_cursor_number,
    read_cursor_sums,
    read_cursor_text,
)
from api.http.parameters import Cursor, Depth, Limit, Text
from api.http.routing import StrictRoute
from api.services import Services
from api.shapes.accounts import BalancesOut, RegisterOut
from api.shapes.values import Date
from ledger.errors import NotFound

router = APIRouter(prefix="/ledgers/{ledger}", tags=["balances"], route_class=StrictRoute)

Sign = Annotated[
    Literal["natural"] | None,
    Query(
        description="`natural`: balances of accounts that grow by credits are positive. Default: debits are positive."
    ),
]


async def read_register_query(
    as_of: AsOfDep,
    from_: Annotated[Date | None, Query(alias="from", description="Only on or after this date.")] = None,
    to: Annotated[Date | None, Query(description="Only on or before this date.")] = None,
    limit: Limit = 100,
) -> RegisterQuestion:
    """Return the question about a register, without its account, which the route adds. `effective` and `to` both bound
    the dates from above: the earlier one counts."""
    end = min([end for end in (to, as_of.effective) if end is not None], default=None)
    require_order(from_, end, "from", "the last date")
    return RegisterQuestion(0, as_of, from_, end, limit)


RegisterDep = Annotated[RegisterQuestion, Depends(read_register_query)]


@router.get("/balances")
@answers_read(BalancesOut, NotFound, CursorInvalid, paged=True)
async def list_balances(
    request: Request,
    services: ServicesDep,
    access: ReadAccess,
    fresh: FreshnessDep,
    as_of: AsOfDep,
    cursor: Cursor = None,
    limit: Limit = 100,
    account: Annotated[Text | None, Query(description="Only this account.")] = None,
    under: Annotated[
        Text | None, Query(description="Only the account with this path, and the accounts below it.")
    ] = None,
    depth: Depth = None,
    sign: Sign = None,
) -> Response:
    """List the balances of all used accounts, in the order of their paths. Each currency has a line."""
    id_ = None if account is None else await find_account_id(services, access.ledger, account)
    asked = BalancesQuestion(as_of, id_, under, depth, sign == "natural", limit)
    return await answer_balances(request, services, access, fresh, asked, cursor)


@router.get("/register")
@answers_read(RegisterOut, NotFound, CursorInvalid, paged=True)
async def get_register(
    request: Request,
    services: ServicesDep,
    access: ReadAccess,
    fresh: FreshnessDep,
    asked: RegisterDep,
    account: Annotated[Text, Query(description="The account's path, or `#NUMBER`.")],
    cursor: Cursor = None,
) -> Response:
    """List an account's lines with a running balance. Any path works here, also one with `/` or only digits."""
    id_ = await find_account_id(services, access.ledger, account)
    return await answer_register(request, services, access, fresh, asked, id_, cursor)


async def answer_balances(
    request: Request,
    services: Services,
    access: Access,
    fresh: Freshness,
    asked: BalancesQuestion,
    cursor: str | None,
) -> Response:
    """Return the answer with a page of balances."""
    start = read_cursor(
        request,
        cursor,
        access.ledger,
        size=read_cursor_number,
        path=read_cursor_text,
        account=read_cursor_number,
        currency=read_cursor_text,
    )
    asked, reads = replace(asked, start=start), Conditional(request, access)

    async def make(opened: Opened) -> Content:
        async with opened as reading:
            page = await read_balances(reading, asked)
        return reads.make_page(page() if asked.depth is None else await services.long.run_apart(page))

    return await reads.answer_shared(
        services, *asked.read_models, fresh=fresh, make=make, size=asked.size, parts=(asked.account,)
    )


async def answer_register(
    request: Request,
    services: Services,
    access: Access,
    fresh: Freshness,
    asked: RegisterQuestion,
    account: int,
    cursor: str | None,
) -> Response:
    """Return the answer with a page of one account's register."""
    start = read_cursor(
        request,
        cursor,
        access.ledger,
        size=read_cursor_number,
        date=dt.date.fromisoformat,
        position=read_cursor_number,
        line=read_cursor_number,
        running=read_cursor_sums,
    )
    asked, reads = replace(asked, account=account, start=start), Conditional(request, access)

    async def make(opened: Opened) -> Content:
        async with opened as reading:
            return reads.make_page(await read_register(reading, asked))

    return await reads.answer_shared(
        services, *asked.read_models, fresh=fresh, make=make, size=asked.size, parts=(account,)
    )
