"""Accounts: the chart, its names, opening and closing, and the balance and register of one account."""

from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request, Response

from api.documents.balances import BalancesQuestion
from api.documents.questions import Page, read_as_of
from api.documents.shared import Content
from api.errors import CursorInvalid
from api.http.conditional import Conditional, Opened, answers_read
from api.http.dependencies import (
    Access,
    AccountDep,
    AsOfDep,
    FreshnessDep,
    GovernAccess,
    KeyDep,
    ReadAccess,
    ServicesDep,
    WriteAccess,
    make_body_reader,
    read_cursor,
    read_cursor_number,
    read_cursor_text,
)
from api.http.parameters import Cursor, Limit, Text
from api.http.routing import StrictRoute
from api.http.writing import answer_write, answers_write, read_if_match, submit, submit_all
from api.routes.balances import RegisterDep, Sign, answer_balances, answer_register
from api.services import Services
from api.shapes.accounts import AccountIn, AccountOut, AccountPatch, AccountsOut, BalancesOut, RegisterOut, make_account
from api.shapes.commands import CloseAccountIn, OpenAccountIn, RenameAccountIn, ReopenAccountIn, UpdateAccountIn
from api.shapes.erasure import ErasureIn
from api.shapes.values import Body
from ledger.accounts import AccountId
from ledger.books.accounts import CloseAccount, RenameAccount, ReopenAccount, UpdateAccount
from ledger.books.erasure import EraseMemo, MemoErased
from ledger.errors import (
    AlreadyErased,
    IdempotencyMismatch,
    InvalidPath,
    NotFound,
    Retention,
    TextInUse,
)
from ledger.journal import Position, Receipt, Size
from ledger.sequencer import Order
from ledger.slices import Command
from ledger.state import NeededRows
from projections.chart import ChartAccount, read_accounts_by_id, read_accounts_page

router = APIRouter(prefix="/ledgers/{ledger}/accounts", tags=["accounts"], route_class=StrictRoute)


class Nothing(Body):
    """An empty object, or no body at all."""


NothingDep = Annotated[Nothing, Depends(make_body_reader(Nothing, optional=True))]


@router.get("")
@answers_read(AccountsOut, CursorInvalid, paged=True)
async def list_accounts(
    request: Request,
    services: ServicesDep,
    access: ReadAccess,
    fresh: FreshnessDep,
    cursor: Cursor = None,
    limit: Limit = 100,
    under: Annotated[
        Text | None, Query(description="Only the account with this path, and the accounts below it.")
    ] = None,
) -> Response:
    """List the accounts, in the order of their paths."""
    reads = Conditional(request, access)
    state = read_cursor(request, cursor, access.ledger, path=read_cursor_text, account=read_cursor_number)
    after = (state["path"], state["account"]) if state else None

    async def make(opened: Opened) -> Content:
        async with opened as reading:
            accounts = await read_accounts_page(reading.view("chart"), after=after, limit=limit, below=under)
            as_of = await read_as_of(reading.log, access.ledger, reading.size)
        following = None
        if len(accounts) == limit:
            following = {"path": accounts[-1].path or "", "account": accounts[-1].id}
        content = {"as_of": as_of, "accounts": [make_account(account) for account in accounts]}
        return reads.make_page(Page(content, reading.size, following))

    return await reads.answer_shared(services, "chart", fresh=fresh, make=make)


@router.post("", status_code=201)
@answers_write(AccountOut, OpenAccountIn.REFUSALS)
async def open_account(
    request: Request,
    services: ServicesDep,
    access: WriteAccess,
    key: KeyDep,
    body: Annotated[AccountIn, Depends(make_body_reader(AccountIn))],
) -> Response:
    """Open an account."""
    receipt = await submit(request, services, access, body.to_command(), key=key)
    location = f"/api/ledgers/{access.ledger.id}/accounts/{receipt.position}"
    return await answer_write(
        request,
        receipt,
        location=location,
        representation=lambda: _shape(services, access, receipt.position, receipt.size),
    )


@router.get("/{account}")
@answers_read(AccountOut)
async def get_account(
    request: Request, services: ServicesDep, access: ReadAccess, fresh: FreshnessDep, account: AccountDep
) -> Response:
    """Get an account. Send its ETag as `If-Match` when you change it."""
    async with services.reader.open(
        access.ledger, "chart", min_size=fresh.min_size, timeout_seconds=fresh.timeout_seconds
    ) as reading:
        found = (await read_accounts_by_id(reading.view("chart"), [account])).get(account)
        if found is None:  # opened a moment ago: ask with min_size
            raise NotFound(what="account", name=account)
    reads = Conditional(request, access)
    reads.tag(reading.size, *reading.built.parts, changed=found.changed)
    return reads.answer(make_account(found))


@router.patch("/{account}", status_code=201)
@answers_write(AccountOut, RenameAccountIn.REFUSALS, UpdateAccountIn.REFUSALS, insists=True)
async def update_account(
    request: Request,
    services: ServicesDep,
    access: WriteAccess,
    account: AccountDep,
    key: KeyDep,
    body: Annotated[AccountPatch, Depends(make_body_reader(AccountPatch))],
) -> Response:
    """Rename an account, or change its role, currencies or metadata. Old paths still find it."""
    first, *rest = body.to_commands(account)
    orders = [Order(first, key, read_if_match(request))]
    # One request, one change: its second command has a key of its own made from the caller's.
    orders += [Order(command, key and f"{key}/{type(command).__name__}") for command in rest]
    receipt = (await submit_all(request, services, access, orders))[-1]
    return await answer_write(
        request,
        receipt,
        location=f"/api/ledgers/{access.ledger.id}/accounts/{account}",
        representation=lambda: _shape(services, access, account, receipt.size),
    )


@router.post("/{account}/close", status_code=201)
@answers_write(AccountOut, CloseAccountIn.REFUSALS, insists=True)
async def close_account(
    request: Request, services: ServicesDep, access: WriteAccess, account: AccountDep, key: KeyDep, _body: NothingDep
) -> Response:
    """Close an account, so that it accepts no more postings. Its balance must be zero in every currency."""
    return await _change(request, services, access, account, key, CloseAccount(account))


@router.post("/{account}/reopen", status_code=201)
@answers_write(AccountOut, ReopenAccountIn.REFUSALS, insists=True)
async def reopen_account(
    request: Request, services: ServicesDep, access: WriteAccess, account: AccountDep, key: KeyDep, _body: NothingDep
) -> Response:
    """Reopen an account, so that it accepts postings again."""
    return await _change(request, services, access, account, key, ReopenAccount(account))


@router.get("/{account}/balance")
@answers_read(BalancesOut)
async def get_account_balance(
    request: Request,
    services: ServicesDep,
    access: ReadAccess,
    account: AccountDep,
    fresh: FreshnessDep,
    as_of: AsOfDep,
    sign: Sign = None,
) -> Response:
    """Get the balance of one account on any effective date, as known at any size. It has a line for each currency."""
    asked = BalancesQuestion(as_of, account, natural=sign == "natural")
    return await answer_balances(request, services, access, fresh, asked, None)


@router.get("/{account}/register")
@answers_read(RegisterOut, CursorInvalid, paged=True)
async def get_account_register(
    request: Request,
    services: ServicesDep,
    access: ReadAccess,
    account: AccountDep,
    fresh: FreshnessDep,
    asked: RegisterDep,
    cursor: Cursor = None,
) -> Response:
    """List the account's lines with a running balance."""
    return await answer_register(request, services, access, fresh, asked, account, cursor)


@router.post("/{account}/erase", status_code=201)
@answers_write(AccountOut, Retention, AlreadyErased, TextInUse, InvalidPath)
async def erase_old_names(
    request: Request,
    services: ServicesDep,
    access: GovernAccess,
    account: AccountDep,
    key: KeyDep,
    body: Annotated[ErasureIn, Depends(make_body_reader(ErasureIn))],
) -> Response:
    """Erase all names that the account had before its present one. They find nothing then, and can be used again.

    If a label or metadata is in the same record as such a name, the service first writes it again, because it stays.
    """
    positions = await services.journal.find_old_names(access.ledger.serial, account)
    if positions:
        receipt = await _erase(request, services, access, account, sorted(positions), key, body)
    else:
        receipt = await _erased_before(services, access, account, key, body)
    return await answer_write(
        request,
        receipt,
        location=f"/api/ledgers/{access.ledger.id}/accounts/{account}",
        representation=lambda: _shape(services, access, account, receipt.size),
    )


async def _erase(
    request: Request,
    services: Services,
    access: Access,
    account: AccountId,
    positions: Sequence[Position],
    key: str | None,
    body: ErasureIn,
) -> Receipt:
    commands = await _texts_again(services, access, account, positions)
    commands += [EraseMemo(position, body.reason, body.basis, body.force) for position in positions]
    # One request, one change: its commands have keys of their own made from the caller's, the last one has that itself.
    keys = [key and f"{key}/{index}" for index in range(1, len(commands))] + [key]
    orders = [Order(command, each) for command, each in zip(commands, keys, strict=True)]
    return (await submit_all(request, services, access, orders))[-1]


async def _erased_before(
    services: Services, access: Access, account: AccountId, key: str | None, body: ErasureIn
) -> Receipt:
    """Return the answer that this key got before. Raises NotFound if the account has no old names."""
    known, _ = await services.journal.peek(access.ledger, {key} if key else set(), NeededRows())
    if key is None or key not in known:
        raise NotFound(what="old name of account", name=account)
    receipt = known[key].receipt
    match receipt.event:
        case MemoErased(reason=body.reason, basis=body.basis):
            return replace(receipt, replayed=True)
    raise IdempotencyMismatch


async def _texts_again(
    services: Services, access: Access, account: AccountId, positions: Collection[Position]
) -> list[Command]:
    known = await services.journal.find_account(access.ledger.serial, account)
    if known.label_at not in positions and known.metadata_at not in positions:
        return []
    shown = await _read_account(services, access, account, access.ledger.head.size)
    commands: list[Command] = []
    if known.label_at in positions:
        commands.append(RenameAccount(account, label=shown.label))
    if known.metadata_at in positions:
        commands.append(UpdateAccount(account, metadata=shown.metadata))
    return commands


async def _change(
    request: Request, services: ServicesDep, access: Access, account: int, key: str | None, command: Command
) -> Response:
    since = read_if_match(request)
    receipt = await submit(request, services, access, command, key=key, unchanged_since=since)
    return await answer_write(
        request,
        receipt,
        location=f"/api/ledgers/{access.ledger.id}/accounts/{account}",
        representation=lambda: _shape(services, access, account, receipt.size),
    )


async def _shape(services: Services, access: Access, account: AccountId, size: Size) -> AccountOut:
    return make_account(await _read_account(services, access, account, size))


async def _read_account(services: Services, access: Access, account: AccountId, size: Size) -> ChartAccount:
    async with services.reader.open(access.ledger, "chart", min_size=size) as reading:
        return (await read_accounts_by_id(reading.view("chart"), [account]))[account]
