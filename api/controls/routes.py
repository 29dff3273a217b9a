"""Limits of accounts: set, and shown."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response

from api.controls.shapes import AccountLimitsOut, SetAccountLimits, SetLimitsCommand, make_limits
from api.documents.questions import read_as_of
from api.http.conditional import Conditional, answers_read
from api.http.dependencies import (
    AccountDep,
    FreshnessDep,
    GovernAccess,
    KeyDep,
    ReadAccess,
    ServicesDep,
    make_body_reader,
)
from api.http.routing import StrictRoute
from api.http.writing import answer_write, answers_write, read_written, submit
from api.services import Services
from ledger.accounts import AccountId
from ledger.controls.limits import LIMITS
from ledger.journal import Ledger
from ledger.state import NeededRows
from ledger.transactions import CURRENCIES

router = APIRouter(prefix="/ledgers/{ledger}/accounts", tags=["accounts"], route_class=StrictRoute)


@router.get("/{account}/limits")
@answers_read(AccountLimitsOut)
async def get_limits(
    request: Request, services: ServicesDep, access: ReadAccess, _fresh: FreshnessDep, account: AccountDep
) -> Response:
    """Get the limits of an account: how far its balance may go in each currency."""
    reads = Conditional(request, access)
    reads.tag(access.ledger.head.size, access.ledger.head.root)
    return reads.answer(await _read_limits(services, access.ledger, account))


@router.put("/{account}/limits", status_code=201)
@answers_write(AccountLimitsOut, SetLimitsCommand.REFUSALS)
async def set_limits(
    request: Request,
    services: ServicesDep,
    access: GovernAccess,
    account: AccountDep,
    key: KeyDep,
    body: Annotated[SetAccountLimits, Depends(make_body_reader(SetAccountLimits))],
) -> Response:
    """Set how far the balance of an account may go in a currency. What was set before for it no longer holds.

    From then on `limit_exceeded` refuses every transaction that moves the balance towards a limit and ends beyond it,
    whichever command posts it. Postings in the other direction are always accepted. A limit may be set where the
    balance is already beyond it. The limits are those of the account itself: the accounts below it do not count.
    """
    receipt = await submit(request, services, access, body.to_set(account), key=key)

    async def shape() -> AccountLimitsOut:
        return await _read_limits(services, await read_written(services, access), account)

    location = f"/api/ledgers/{access.ledger.id}/accounts/{account}/limits"
    return await answer_write(request, receipt, location=location, representation=shape)


async def _read_limits(services: Services, ledger: Ledger, account: AccountId) -> AccountLimitsOut:
    _, state = await services.journal.peek(ledger, (), NeededRows(accounts={account}))
    limits = {currency: each for (_, currency), each in state[LIMITS].items()}
    return {
        "as_of": await read_as_of(services.journal, ledger, ledger.head.size),
        "limits": make_limits(limits, state[CURRENCIES]),
    }
