"""Transactions: post, read, find, reverse."""

import datetime as dt
from dataclasses import replace
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Query, Request, Response

from api.documents.questions import Page, read_as_of, require_order
from api.documents.shared import Content
from api.documents.transactions import read_transactions
from api.errors import CursorInvalid, TooMany
from api.http.conditional import Conditional, Opened, answers_read
from api.http.dependencies import (
    Access,
    FreshnessDep,
    GovernAccess,
    KeyDep,
    ReadAccess,
    ServicesDep,
    TransactionDep,
    WriteAccess,
    find_account_id,
    make_body_reader,
    read_cursor,
    read_cursor_number,
)
from api.http.parameters import Cursor, Limit, Text
from api.http.routing import StrictRoute
from api.http.writing import answer_write, answers_write, submit
from api.services import Services
from api.shapes.commands import PostTransactionIn, ReverseTransactionIn
from api.shapes.erasure import ErasureIn
from api.shapes.transactions import ReversalIn, TransactionOut, TransactionsOut
from api.shapes.values import Date
from ledger.accounts import AccountId
from ledger.books.erasure import EraseMemo
from ledger.errors import (
    AlreadyErased,
    InvalidAmount,
    InvalidField,
    NotFound,
    Retention,
)
from ledger.journal import Position, Receipt, Record, Size, is_uuid
from ledger.money import Amount, parse_amount
from ledger.transactions import Kind, TransactionPosted
from projections.chart import read_accounts_under
from projections.reader import Reading
from projections.register import Filter, Place, read_transactions_page

router = APIRouter(prefix="/ledgers/{ledger}/transactions", tags=["transactions"], route_class=StrictRoute)

METADATA_FILTERS_MAX = 10
TEXT_LENGTH_MAX = 200
TransactionId = Annotated[
    str, Path(description="The id of the transaction.", max_length=64, json_schema_extra={"format": "uuid"})
]


@router.post("", status_code=201)
@answers_write(TransactionOut, PostTransactionIn.REFUSALS)
async def post_transaction(
    request: Request,
    services: ServicesDep,
    access: WriteAccess,
    key: KeyDep,
    command: TransactionDep,
) -> Response:
    """Post a transaction. It must balance in every currency."""
    receipt = await submit(request, services, access, command, key=key)
    return await _written(request, services, access, receipt)


@router.get("")
@answers_read(TransactionsOut, NotFound, CursorInvalid, InvalidAmount, paged=True)
async def list_transactions(
    request: Request,
    services: ServicesDep,
    access: ReadAccess,
    fresh: FreshnessDep,
    cursor: Cursor = None,
    limit: Limit = 100,
    account: Annotated[Text | None, Query(description="Only transactions with a posting to this account.")] = None,
    under: Annotated[
        Text | None, Query(description="Only transactions with a posting to this account, or to an account below it.")
    ] = None,
    from_: Annotated[Date | None, Query(alias="from", description="Only on or after this date.")] = None,
    to: Annotated[Date | None, Query(description="Only on or before this date.")] = None,
    text: Annotated[
        Text | None,
        Query(
            max_length=TEXT_LENGTH_MAX,
            description="Only transactions with this text in the description, payee, notes or a line.",
        ),
    ] = None,
    min_amount: Annotated[
        Text | None, Query(description="Only transactions whose largest posting is at least this.")
    ] = None,
    max_amount: Annotated[
        Text | None, Query(description="Only transactions whose largest posting is at most this.")
    ] = None,
    reference: Annotated[
        Text | None, Query(max_length=TEXT_LENGTH_MAX, description="Only transactions with this voucher number.")
    ] = None,
    kind: Annotated[Kind | None, Query(description="Only transactions of this kind.")] = None,
    _metadata: Annotated[
        str | None,
        Query(
            alias="metadata.KEY",
            description="Only transactions with this text in the metadata. Replace KEY by the name.",
        ),
    ] = None,
) -> Response:
    """List transactions, newest date first."""
    require_order(from_, to, "from", "to")
    least, most = _amount(min_amount, "?min_amount"), _amount(max_amount, "?max_amount")
    if least is not None and most is not None and least > most:
        raise InvalidField(trouble="min_amount is larger than max_amount", pointer="?min_amount")
    reads = Conditional(request, access)
    state = read_cursor(
        request,
        cursor,
        access.ledger,
        size=read_cursor_number,
        date=dt.date.fromisoformat,
        position=read_cursor_number,
    )
    id_ = None if account is None else await find_account_id(services, access.ledger, account)
    pinned = None if state is None else state["size"]
    wanted = Filter(
        start=from_,
        end=to,
        text=text,
        min_amount=least,
        max_amount=most,
        reference=reference,
        kind=kind,
        metadata=_metadata_in(request),
    )

    async def make(opened: Opened) -> Content:
        async with opened as reading:
            size = reading.size if pinned is None else pinned
            page = await read_transactions_page(
                reading.view("register"),
                replace(wanted, accounts=await _accounts(reading, id_, under)),
                after=Place(state["date"], state["position"]) if state else None,
                limit=limit,
                size=size,
            )
            records = await reading.log.read_fitting(access.ledger.serial, [place.position for place in page])
            shape = await read_transactions(reading, records, size)
            as_of = await read_as_of(reading.log, access.ledger, size)
        following = None
        if len(page) == limit or len(records) < len(page):
            date, position = page[len(records) - 1]
            following = {"size": size, "date": date, "position": position}
        content = {"as_of": as_of, "transactions": await services.long.slices.map(shape, records)}
        return reads.make_page(Page(content, size, following))

    return await reads.answer_shared(services, "register", "chart", fresh=fresh, make=make, size=pinned, parts=(id_,))


@router.get("/{transaction}")
@answers_read(TransactionOut, NotFound)
async def get_transaction(
    request: Request, services: ServicesDep, access: ReadAccess, transaction: TransactionId, fresh: FreshnessDep
) -> Response:
    """Get a transaction, read from the log itself. Only the names of its accounts may be a moment older."""
    record = await _record(services, access, transaction)
    reads, head = Conditional(request, access), access.ledger.head
    built = await services.reader.wait(
        access.ledger, "chart", min_size=fresh.min_size, timeout_seconds=fresh.timeout_seconds
    )
    reads.tag(head.size, head.root, *built.parts)
    async with services.reader.open(access.ledger, "chart", after=built) as reading:
        shape = await read_transactions(reading, [record], head.size)
    reads.tag(head.size, head.root, *reading.built.parts)
    return reads.answer(shape(record))


@router.post("/{transaction}/reverse", status_code=201)
@answers_write(TransactionOut, ReverseTransactionIn.REFUSALS)
async def reverse_transaction(
    request: Request,
    services: ServicesDep,
    access: WriteAccess,
    transaction: TransactionId,
    key: KeyDep,
    body: Annotated[ReversalIn, Depends(make_body_reader(ReversalIn, optional=True))],
) -> Response:
    """Reverse a transaction: post its full opposite, by default on the same date. A transaction can be reversed once.
    A reversal can be reversed too."""
    if not is_uuid(transaction):
        raise NotFound(what="transaction", name=transaction)
    receipt = await submit(request, services, access, body.to_command(transaction), key=key)
    return await _written(request, services, access, receipt)


@router.post("/{transaction}/erase", status_code=201)
@answers_write(TransactionOut, Retention, AlreadyErased)
async def erase_texts(
    request: Request,
    services: ServicesDep,
    access: GovernAccess,
    transaction: TransactionId,
    key: KeyDep,
    body: Annotated[ErasureIn, Depends(make_body_reader(ErasureIn))],
) -> Response:
    """Erase the texts of a transaction for good, with a reason. Its figures and all proofs stay as they are."""
    record = await _record(services, access, transaction)
    command = EraseMemo(record.position, body.reason, body.basis, body.force)
    receipt = await submit(request, services, access, command, key=key)

    location = f"/api/ledgers/{access.ledger.id}/transactions/{record.id}"
    return await answer_write(
        request,
        receipt,
        location=location,
        representation=lambda: _read_written(services, access, record.position, receipt.size),
    )


async def _written(request: Request, services: Services, access: Access, receipt: Receipt) -> Response:
    location = f"/api/ledgers/{access.ledger.id}/transactions/{receipt.id}"
    return await answer_write(
        request,
        receipt,
        location=location,
        representation=lambda: _read_written(services, access, receipt.position, receipt.size),
    )


async def _read_written(services: Services, access: Access, position: Position, size: Size) -> TransactionOut:
    """Return a transaction that was written a moment ago. No read model is waited for."""
    async with services.reader.open(access.ledger, "chart") as reading:
        record = (await reading.log.read_at(access.ledger.serial, [position]))[position]
        return (await read_transactions(reading, [record], size))(record)


async def _record(services: Services, access: Access, transaction: str) -> Record:
    record = await services.journal.find_record(access.ledger.serial, transaction) if is_uuid(transaction) else None
    if record is None or not isinstance(record.event, TransactionPosted):
        raise NotFound(what="transaction", name=transaction)
    return record


async def _accounts(reading: Reading, account: AccountId | None, under: str | None) -> set[AccountId] | None:
    """Return the ids that `account` and `under` narrow the question to; None: all."""
    ids = None if account is None else {account}
    if under is None:
        return ids
    below = await read_accounts_under(reading.view("chart"), under)
    return below if ids is None else ids & below


def _amount(text: str | None, pointer: str) -> Amount | None:
    try:
        return None if text is None else parse_amount(text)
    except InvalidAmount as refusal:
        refusal.pointer = pointer
        raise


def _metadata_in(request: Request) -> dict[str, Any]:
    prefix = "metadata."
    found = {
        name.removeprefix(prefix): value
        for name, value in request.query_params.items()
        if name.startswith(prefix) and len(name) > len(prefix)
    }
    if len(found) > METADATA_FILTERS_MAX:  # each joins a table
        raise TooMany(what="filters by metadata", most=METADATA_FILTERS_MAX)
    return found
