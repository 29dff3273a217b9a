"""Transactions: posted, and reversed by their full opposite."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple, cast

from ledger.accounts import ACCOUNTS, AccountId, AccountRef, AccountStatus, find_account, need_accounts, require_takes
from ledger.errors import (
    AccountIsClosed as ClosedAlready,
)
from ledger.errors import AlreadyReversed, NotFound, UnknownAccount, pointing_at
from ledger.fiscal_year import fiscal_year
from ledger.members import Permission
from ledger.money import Amount, make_comparable, rescale
from ledger.rules import TEXT, CommandRule, EventRule, Members, account_member, make_exact
from ledger.state import SETTINGS, NeededRows, OldRecord, State
from ledger.transactions import (
    COUNTERS,
    DEFAULT_SERIES,
    NO_MEMO,
    NO_TOTALS,
    NOTHING,
    REVERSALS,
    TOTALS,
    CurrencyDeclared,
    Document,
    Kind,
    Memo,
    Money,
    Posting,
    Tax,
    TransactionPosted,
    find_scale,
    list_declarations,
    require_balanced,
    require_count,
    reverse_posting,
)
from ledger.values import plain

# --- commands


class PostTransaction(NamedTuple):
    """Write a transaction. `declares` are the scales to declare for currencies that nobody declared yet."""

    date: dt.date
    postings: tuple[Posting[AccountRef], ...]
    kind: Kind = Kind.NORMAL
    series: str = DEFAULT_SERIES
    document: Document | None = None
    memo: Memo = NO_MEMO
    declares: Mapping[str, int] = NOTHING


@plain
@dataclass(frozen=True, slots=True)
class ReverseTransaction:
    """Undo a transaction by posting its full opposite, by default on the original's date."""

    transaction: str
    date: dt.date | None = None
    memo: Memo = NO_MEMO


# --- rules


def _need_postings(needed: NeededRows, command: PostTransaction) -> None:
    need_accounts(needed, (posting.account for posting in command.postings))
    needed.series.add(command.series)


def _need_transaction(needed: NeededRows, command: ReverseTransaction) -> None:
    needed.records[command.transaction] = _need_of_transaction


def _need_of_transaction(needed: NeededRows, record: OldRecord) -> None:
    event = record.event
    if isinstance(event, TransactionPosted):
        needed.accounts.update(posting.account for posting in event.postings)
        needed.series.add(event.series)


def _post_transaction(
    command: PostTransaction, state: State, _now: dt.datetime
) -> Sequence[CurrencyDeclared | TransactionPosted]:
    require_count(command.postings)
    scales: dict[str, int] = {}
    declares = command.declares
    postings = tuple(
        [_settle_posting(each, line, declares, state, scales) for line, each in enumerate(command.postings)]
    )
    require_balanced(postings)
    posted = TransactionPosted(
        date=command.date,
        kind=command.kind,
        series=command.series,
        number=_next_number(command.series, command.date, state),
        postings=postings,
        document=command.document,
        memo=command.memo,
    )
    return [*list_declarations(scales, state), posted]


def _settle_posting(
    posting: Posting[AccountRef],
    line: int,
    declares: Mapping[str, int],
    state: State,
    scales: dict[str, int],
) -> Posting[AccountId]:
    """Return the posting as the books keep it: account by id, amounts in the currency's scale."""
    ref, amount, currency, tax, original = (
        posting.account,
        posting.amount,
        posting.currency,
        posting.tax,
        posting.original,
    )
    account = find_account(ref, state)
    if account is None:
        raise UnknownAccount(account=ref, pointer=f"#/postings/{line}/account")
    id_ = account.id
    require_takes(account, currency, ref, line)
    scale = scales.get(currency)
    if scale is None:
        with pointing_at(f"#/postings/{line}/currency"):
            scale = scales[currency] = find_scale(currency, declares, state)
    if amount.scale != scale:
        amount = _rescale(amount, scale, currency, f"#/postings/{line}/amount")
    elif id_ == ref and tax is None and original is None:  # it is so already
        return cast("Posting[AccountId]", posting)
    if tax is not None and tax.base is not None:
        tax = Tax(tax.code, _rescale(tax.base, scale, currency, f"#/postings/{line}/tax/base"))
    if original is not None:
        original = _settle_money(original, declares, state, scales, f"#/postings/{line}/original")
    return Posting(
        id_,
        amount,
        currency,
        posting.text,
        posting.dimensions,
        tax,
        original,
        posting.party,
        posting.due,
        posting.value_date,
        posting.quantity,
    )


def _settle_money(
    money: Money, declares: Mapping[str, int], state: State, scales: dict[str, int], pointer: str
) -> Money:
    scale = scales.get(money.currency)
    if scale is None:
        with pointing_at(f"{pointer}/currency"):
            scale = scales[money.currency] = find_scale(money.currency, declares, state)
    return Money(_rescale(money.amount, scale, money.currency, f"{pointer}/amount"), money.currency)


def _rescale(amount: Amount, scale: int, currency: str, pointer: str) -> Amount:
    with pointing_at(pointer):
        return rescale(amount, scale, currency)


def _reverse_transaction(command: ReverseTransaction, state: State, _now: dt.datetime) -> Sequence[TransactionPosted]:
    record = state.records.get(command.transaction)
    if record is None or not isinstance(record.event, TransactionPosted):
        raise NotFound(what="transaction", name=command.transaction)
    if (reversed_by := state[REVERSALS].get(record.position)) is not None:
        raise AlreadyReversed(transaction=command.transaction, position=reversed_by)
    original = record.event
    for posting in original.postings:
        if state[ACCOUNTS][posting.account].status is AccountStatus.CLOSED:
            raise ClosedAlready(account=posting.account)
    date = command.date or original.date
    return [
        TransactionPosted(
            date=date,
            kind=original.kind,
            series=original.series,
            number=_next_number(original.series, date, state),
            postings=tuple(reverse_posting(posting) for posting in original.postings),
            reverses=command.transaction,
            memo=command.memo,
        )
    ]


def _next_number(series: str, date: dt.date, state: State) -> int:
    settings = state.settings
    assert settings is not None
    return state[COUNTERS].get((series, fiscal_year(date, settings.fiscal_year_start)), 0) + 1


def _members_posted(command: PostTransaction, state: State) -> Members:
    told: Members = {
        "date": command.date,
        "kind": command.kind,
        "series": command.series,
        "document": command.document,
        "lines": len(command.postings),
        **_members_of_memo(command.memo),
    }
    for line, posting in enumerate(command.postings):
        told |= _members_of_posting(posting, line, state)
    return told


def _members_reversed(command: ReverseTransaction, state: State) -> Members:
    told: Members = {"transaction": command.transaction} | _members_of_memo(command.memo)
    if command.date is not None:
        told["date"] = command.date
    elif (record := state.records.get(command.transaction)) is not None:
        told["date"] = record.event.date
    return told


def _members_of_memo(memo: Memo) -> Members:
    # Empty notes were kept once; today an empty text is the same as none.
    texts = {f"{TEXT}{name}": text or None for name, text in memo._asdict().items()}
    return texts | {"text.metadata": make_exact(memo.metadata), "text.imported": make_exact(memo.imported)}


def _members_of_posting(posting: Posting[Any], line: int, state: State) -> Members:
    members: Members = {
        f"{line}.{name}": value for name, value in posting._asdict().items() if name not in ("account", "text")
    }
    members[f"{line}.amount"] = make_comparable(posting.amount)
    members[f"{line}.dimensions"] = posting.dimensions or None
    if posting.tax is not None:
        members[f"{line}.tax"] = (posting.tax.code, posting.tax.base and make_comparable(posting.tax.base))
    if posting.original is not None:
        members[f"{line}.original"] = (make_comparable(posting.original.amount), posting.original.currency)
    if posting.quantity is not None:
        members[f"{line}.quantity"] = (make_comparable(posting.quantity.amount), posting.quantity.unit)
    members[f"{TEXT}{line}"] = posting.text
    return members | account_member(f"{line}.account", posting.account, state)


COMMANDS = (
    CommandRule(PostTransaction, Permission.WRITE, _post_transaction, _members_posted, need=_need_postings),
    CommandRule(ReverseTransaction, Permission.WRITE, _reverse_transaction, _members_reversed, need=_need_transaction),
)

# --- fold and inverse


def _fold(state: State, event: TransactionPosted, position: int) -> None:
    settings = state.settings
    assert settings is not None
    totals = state[TOTALS]
    for posting in event.postings:
        key = (posting.account, posting.currency)
        state.put(TOTALS, key, totals.get(key, NO_TOTALS).add(posting.amount.units))
    state.put(COUNTERS, (event.series, fiscal_year(event.date, settings.fiscal_year_start)), event.number)
    if not settings.in_use:
        state.put(SETTINGS, (), replace(settings, in_use=True))
    if event.reverses is not None:
        state.put(REVERSALS, state.records[event.reverses].position, position)


def _restore_command(event: TransactionPosted) -> PostTransaction | ReverseTransaction:
    if event.reverses is not None:
        return ReverseTransaction(event.reverses, date=event.date, memo=event.memo)
    return PostTransaction(event.date, event.postings, event.kind, event.series, event.document, event.memo)


def _accounts(event: TransactionPosted, _position: int) -> Sequence[AccountId]:
    return [posting.account for posting in event.postings]


EVENTS = (EventRule(TransactionPosted, _fold, _restore_command, _accounts, harmless=True),)
