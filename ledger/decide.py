"""Every rule of the ledger: `decide` says what a command makes happen, `evolve` folds what happened.

Pure: no I/O, no clock, no random ids. The same command on the same state gives the same events, on any machine, so
that an auditor can decide every record again from `command_of` and must find exactly what was written.

State holds only the rows that `needed_rows` named. Cost: one pass over the postings, O(1) a posting.
"""

import datetime as dt
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import fields, replace
from functools import lru_cache
from typing import Any, assert_never, cast
from zoneinfo import ZoneInfo

from ledger.accounts import (
    ACCOUNTS,
    NAMES,
    Account,
    AccountId,
    AccountName,
    AccountRef,
    Status,
    find_account,
    need_accounts,
    normal_side,
    number_name,
    require_number,
    require_path,
    type_of_path,
)
from ledger.commands import (
    UNSET,
    CloseAccount,
    Command,
    DeclareCurrency,
    EraseMemo,
    GrantRole,
    OpenAccount,
    OpenLedger,
    PostTransaction,
    RenameAccount,
    ReopenAccount,
    ReverseTransaction,
    RevokeRole,
    UpdateAccount,
    UpdateLedger,
)
from ledger.dates import local_date
from ledger.errors import (
    AccountClosed as ClosedAlready,
)
from ledger.errors import (
    AccountExists,
    AccountNotEmpty,
    AccountOpen,
    AccountTypeNeeded,
    AlreadyErased,
    AlreadyReversed,
    CurrencyExists,
    CurrencyNotAllowed,
    Forbidden,
    InvalidField,
    LastOwner,
    LedgerExists,
    LedgerInUse,
    LedgerMissing,
    NotFound,
    NumberExists,
    Rejected,
    Retention,
    TextInUse,
    UnknownAccount,
    UnknownCurrency,
)
from ledger.events import (
    AccountClosed,
    AccountOpened,
    AccountRenamed,
    AccountReopened,
    AccountUpdated,
    CurrencyDeclared,
    Event,
    LedgerOpened,
    LedgerUpdated,
    MemberGranted,
    MemberRevoked,
    MemoErased,
    TransactionPosted,
)
from ledger.members import ALLOWS, MEMBERS, USER_LENGTH_MAX, Member, MemberRole, Permission
from ledger.money import SCALE_MAX, Amount, format_units, require_currency, require_scale, rescale
from ledger.state import ERASURES, SETTINGS, LedgerSettings, NeededRows, OldRecord, State
from ledger.transactions import (
    COUNTERS,
    CURRENCIES,
    NO_TOTALS,
    REVERSALS,
    TOTALS,
    Memo,
    Money,
    Posting,
    Tax,
    opposite,
    require_balanced,
    require_count,
)

# --- what has to be known ------------------------------------------------------------------------------------------


def needed_rows(commands: Iterable[Command], users: Iterable[str] = ()) -> NeededRows:
    """Return everything that deciding these commands of these users, in any order, can ask of the state."""
    needed = NeededRows()
    needed.keys[MEMBERS].update(users)
    for command in commands:
        match command:
            case PostTransaction(postings=postings, series=series):
                need_accounts(needed, (posting.account for posting in postings))
                needed.series.add(series)
            case ReverseTransaction(transaction=transaction):
                needed.records[transaction] = _need_for_reversal
            case OpenAccount(path=path, number=number):
                needed.keys[NAMES].update(_names(path, number))
            case RenameAccount(account=account, path=path, number=number):
                need_accounts(needed, (account,))
                needed.keys[NAMES].update(_names(path, number))
            case UpdateAccount(account=account) | CloseAccount(account=account) | ReopenAccount(account=account):
                need_accounts(needed, (account,))
            case GrantRole(user=user) | RevokeRole(user=user):
                needed.keys[MEMBERS].add(user)
                needed.subsets.add(MEMBERS)
            case EraseMemo(position=position):
                needed.records[position] = _need_for_erasure
            case OpenLedger() | UpdateLedger() | DeclareCurrency():
                pass  # the ledger's own row and its currencies are always loaded
            case _:
                assert_never(command)
    return needed


def _need_for_reversal(needed: NeededRows, record: OldRecord) -> None:
    event = record.event
    if isinstance(event, TransactionPosted):
        needed.accounts.update(posting.account for posting in event.postings)
        needed.series.add(event.series)


def _need_for_erasure(needed: NeededRows, record: OldRecord) -> None:
    event = record.event
    if isinstance(event, AccountOpened | AccountRenamed | AccountUpdated):
        needed.accounts.add(_account_in(event, record.position))
        path = getattr(event, "path", None)
        if path is not None:
            needed.keys[NAMES].add(path)


def _account_in(event: AccountOpened | AccountRenamed | AccountUpdated, position: int) -> AccountId:
    """Return the id of the account that the event at this position is about."""
    return position if isinstance(event, AccountOpened) else event.account


def _names(path: str | None, number: str | None) -> Iterator[str]:
    if path is not None:
        yield path
    if number is not None:
        yield number_name(number)


def last_change(command: Command, state: State) -> int | None:
    """Return the position of the record that last changed what the command is about to change, where that is one
    thing that is there."""
    match command:
        case UpdateLedger():
            return state.settings.changed if state.settings else None
        case GrantRole(user=user) | RevokeRole(user=user):
            member = state[MEMBERS].get(user)
            return member.changed if member else None
        case (
            RenameAccount(account=ref)
            | UpdateAccount(account=ref)
            | CloseAccount(account=ref)
            | ReopenAccount(account=ref)
        ):
            account = find_account(ref, state)
            return account.changed if account else None
    return None


# --- the rules -----------------------------------------------------------------------------------------------------


def require_permission(command: Command, user: str, state: State, now: dt.datetime) -> None:
    """Raises Forbidden where the user's role does not allow the command, and LedgerMissing where there is none."""
    if isinstance(command, OpenLedger):
        return
    member = state[MEMBERS].get(user)
    role = member.role_at(now) if member else None
    if role is None:
        raise LedgerMissing
    if (needed := needed_permission(command, user)) is not None and needed not in ALLOWS[role]:
        raise Forbidden


def needed_permission(command: Command, user: str) -> Permission | None:
    """Return what a command of this user's needs; None: any role will do. Raises Forbidden for a command that no rule
    allows anybody."""
    if isinstance(command, RevokeRole) and command.user == user:
        return None
    needed = _PERMISSIONS.get(type(command))
    if needed is None:
        raise Forbidden
    return needed


_PERMISSIONS: Mapping[type, Permission] = {
    OpenLedger: Permission.GOVERN,
    UpdateLedger: Permission.GOVERN,
    GrantRole: Permission.GOVERN,
    RevokeRole: Permission.GOVERN,
    EraseMemo: Permission.GOVERN,
    DeclareCurrency: Permission.WRITE,
    OpenAccount: Permission.WRITE,
    RenameAccount: Permission.WRITE,
    UpdateAccount: Permission.WRITE,
    CloseAccount: Permission.WRITE,
    ReopenAccount: Permission.WRITE,
    PostTransaction: Permission.WRITE,
    ReverseTransaction: Permission.WRITE,
}


def decide(command: Command, state: State, now: dt.datetime) -> list[Event]:
    """The events that `command`, recorded at `now`, makes happen. After this returns, the command must succeed.

    The last event answers the command. Raises a Rejected, with the pointer of the offending member, and has then
    changed nothing.
    """
    if isinstance(command, OpenLedger):
        return [_open_ledger(command, state)]
    if state.settings is None:
        raise LedgerMissing
    match command:
        case PostTransaction():
            return _post_transaction(command, state)
        case ReverseTransaction():
            return [_reverse_transaction(command, state, state.settings)]
        case OpenAccount():
            return [_open_account(command, state)]
        case RenameAccount():
            return [_rename_account(command, state)]
        case UpdateAccount():
            return [_update_account(command, state)]
        case CloseAccount():
            return [_close_account(command, state)]
        case ReopenAccount():
            return [_reopen_account(command, state)]
        case DeclareCurrency():
            return [_declare_currency(command, state)]
        case UpdateLedger():
            return _update_ledger(command, state, state.settings)
        case GrantRole():
            return [_grant_role(command, state)]
        case RevokeRole():
            return [_revoke_role(command, state)]
        case EraseMemo():
            return [_erase_memo(command, state, state.settings, now)]
    assert_never(command)


def _open_ledger(command: OpenLedger, state: State) -> LedgerOpened:
    if state.settings is not None:
        raise LedgerExists(id=command.id, pointer="#/id")
    with _pointing_at("#/currency"):
        require_currency(command.currency)
    with _pointing_at("#/fiscal_year_start"):
        _require_fiscal_year_start(command.fiscal_year_start)
    return LedgerOpened(
        owner=command.owner,
        currency=command.currency,
        time_zone=command.time_zone,
        fiscal_year_start=command.fiscal_year_start,
        retention_years=command.retention_years,
        nonce=command.nonce,
        id=command.id,
        name=command.name,
    )


def _update_ledger(command: UpdateLedger, state: State, settings: LedgerSettings) -> list[Event]:
    if command == UpdateLedger(declares=command.declares):
        raise InvalidField(trouble="nothing to change was given")
    scales: dict[str, int] = {}
    for member in ("currency", "fiscal_year_start"):
        wanted = getattr(command, member)
        if settings.in_use and wanted is not None and wanted != getattr(settings, member):
            raise LedgerInUse(member=member.replace("_", " "), pointer=f"#/{member}")
    if command.fiscal_year_start is not None:
        with _pointing_at("#/fiscal_year_start"):
            _require_fiscal_year_start(command.fiscal_year_start)
    if command.currency is not None:
        with _pointing_at("#/currency"):
            require_currency(command.currency)
            scales[command.currency] = _scale(command.currency, command.declares, state)
    updated = LedgerUpdated(
        time_zone=command.time_zone,
        retention_years=command.retention_years,
        currency=command.currency,
        fiscal_year_start=command.fiscal_year_start,
        name=command.name,
    )
    return [*_declarations(scales, state), updated]


def _grant_role(command: GrantRole, state: State) -> MemberGranted:
    if not 1 <= len(command.user) <= USER_LENGTH_MAX:
        raise InvalidField(trouble=f"a user's id has 1 to {USER_LENGTH_MAX} characters", pointer="#/user")
    if command.role is not MemberRole.OWNER or command.until is not None:
        _require_other_owner(command.user, state)
    return MemberGranted(command.user, command.role, command.until)


def _revoke_role(command: RevokeRole, state: State) -> MemberRevoked:
    member = state[MEMBERS].get(command.user)
    if member is None or member.role is None:
        raise NotFound(what="member", name=command.user)
    _require_other_owner(command.user, state)
    return MemberRevoked(command.user)


def _require_other_owner(user: str, state: State) -> None:
    """Raises LastOwner where this user is the only one who owns the ledger for good."""
    member = state[MEMBERS].get(user)
    if member is not None and member.owns and not any(o.owns for o in state[MEMBERS].values() if o.user != user):
        raise LastOwner


def _erase_memo(command: EraseMemo, state: State, settings: LedgerSettings, now: dt.datetime) -> MemoErased:
    written = state.records.get(command.position)
    if written is None or not written.has_memo:
        raise NotFound(what="memo at position", name=command.position)
    if command.position in state[ERASURES]:
        raise AlreadyErased(position=command.position)
    zone = ZoneInfo(settings.time_zone)
    match written.event:
        case TransactionPosted(date=date):
            pass
        case AccountOpened() | AccountRenamed() | AccountUpdated() as event:
            date = local_date(written.recorded_at, zone)
            account = state[ACCOUNTS][_account_in(event, command.position)]
            for member in ("path", "label", "metadata"):
                if getattr(account, f"{member}_at") == command.position:
                    raise TextInUse(position=command.position, member=member)
        case _:
            raise InvalidField(trouble="only texts of transactions and old names of accounts can be erased")
    kept_until = retention_end(date, settings)
    if local_date(now, zone) < kept_until and not command.force:
        raise Retention(until=kept_until.isoformat(), pointer="#/force")
    return MemoErased(command.position, command.reason, command.basis)


def retention_end(date: dt.date, settings: LedgerSettings) -> dt.date:
    """The first day on which what happened on `date` need not be kept any more."""
    year = fiscal_year(date, settings.fiscal_year_start) + 1 + settings.retention_years
    if year > dt.MAXYEAR:
        return dt.date.max
    return dt.date.fromisoformat(f"{year:04}-{settings.fiscal_year_start}")


_MONTH_AND_DAY = re.compile(r"[0-9]{2}-[0-9]{2}")  # ISO 8601, which fromisoformat reads, also writes days as `W01-1`


def _require_fiscal_year_start(start: str) -> None:
    try:
        if _MONTH_AND_DAY.fullmatch(start) is None:
            raise ValueError
        dt.date.fromisoformat(f"2001-{start}")  # 2001 has no 29 February: nor may a fiscal year begin on one
    except ValueError:
        raise InvalidField(trouble=f"{start!r} is not a month and day, like 01-01") from None


def _declare_currency(command: DeclareCurrency, state: State) -> CurrencyDeclared:
    with _pointing_at("#/currency"):
        require_currency(command.currency)
        if (scale := state[CURRENCIES].get(command.currency)) is not None:
            raise CurrencyExists(currency=command.currency, scale=scale)
    with _pointing_at("#/scale"):
        require_scale(command.scale)
    return CurrencyDeclared(command.currency, command.scale)


def _open_account(command: OpenAccount, state: State) -> AccountOpened:
    if command.path is not None:
        _require_free_path(command.path, state, account=None)
    if command.number is not None:
        _require_free_number(command.number, state, account=None)
    _require_currencies(command.currencies)
    account_type = command.type or (command.path and type_of_path(command.path))
    if not account_type:
        raise AccountTypeNeeded(path=command.path or "", pointer="#/type")
    return AccountOpened(
        type=account_type,
        normal=command.normal or normal_side(account_type),
        number=command.number,
        role=command.role,
        currencies=command.currencies,
        path=command.path,
        label=command.label,
        metadata=command.metadata,
    )


def _rename_account(command: RenameAccount, state: State) -> AccountRenamed:
    account = _require_account(command.account, state)
    if command.path is None and command.number is None and command.label is None:
        raise InvalidField(trouble="no new path, number or label was given")
    if command.path is not None:
        _require_free_path(command.path, state, account=account.id)
    if command.number is not None:
        _require_free_number(command.number, state, account=account.id)
    return AccountRenamed(account.id, number=command.number, path=command.path, label=command.label)


def _update_account(command: UpdateAccount, state: State) -> AccountUpdated:
    account = _require_account(command.account, state)
    if command.role is UNSET and command.currencies is UNSET and command.metadata is None:
        raise InvalidField(trouble="nothing to change was given")
    currencies = account.currencies if command.currencies is UNSET else command.currencies
    _require_currencies(currencies)
    role = account.role if command.role is UNSET else command.role
    return AccountUpdated(account.id, role=role, currencies=currencies, metadata=command.metadata)


def _close_account(command: CloseAccount, state: State) -> AccountClosed:
    account = _require_account(command.account, state)
    if account.status is Status.CLOSED:
        raise ClosedAlready(account=command.account)
    for (id_, currency), totals in state[TOTALS].items():
        if id_ == account.id and totals.balance:
            balance = format_units(totals.balance, state[CURRENCIES][currency])
            raise AccountNotEmpty(account=command.account, balance=balance, currency=currency)
    return AccountClosed(account.id)


def _reopen_account(command: ReopenAccount, state: State) -> AccountReopened:
    account = _require_account(command.account, state)
    if account.status is Status.OPEN:
        raise AccountOpen(account=command.account)
    return AccountReopened(account.id)


def _post_transaction(command: PostTransaction, state: State) -> list[Event]:
    require_count(command.postings)
    assert state.settings is not None
    scales: dict[str, int] = {}
    postings = tuple(
        _settled(posting, line, command.declares, state, scales) for line, posting in enumerate(command.postings)
    )
    require_balanced(postings)
    posted = TransactionPosted(
        date=command.date,
        kind=command.kind,
        series=command.series,
        number=_next_number(command.series, command.date, state, state.settings),
        postings=postings,
        document=command.document,
        memo=command.memo,
    )
    return [*_declarations(scales, state), posted]


def _declarations(scales: Mapping[str, int], state: State) -> list[CurrencyDeclared]:
    """What has to be declared first, in the order of first use."""
    declared = state[CURRENCIES]
    return [CurrencyDeclared(currency, scale) for currency, scale in scales.items() if currency not in declared]


def _settled(
    posting: Posting[AccountRef],
    line: int,
    declares: Mapping[str, int],
    state: State,
    scales: dict[str, int],
) -> Posting[AccountId]:
    """The posting as the books hold it: account by id, amounts in the currency's scale."""
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
    if account.status is Status.CLOSED:
        raise ClosedAlready(account=ref, pointer=f"#/postings/{line}/account")
    if account.currencies and currency not in account.currencies:
        allowed = ", ".join(account.currencies)
        pointer = f"#/postings/{line}/currency"
        raise CurrencyNotAllowed(account=ref, currency=currency, allowed=allowed, pointer=pointer)
    scale = scales.get(currency)
    if scale is None:
        with _pointing_at(f"#/postings/{line}/currency"):
            scale = scales[currency] = _scale(currency, declares, state)
    if amount.scale != scale:
        amount = _rescaled(amount, scale, currency, f"#/postings/{line}/amount")
    elif id_ == ref and tax is None and original is None:  # it is so already
        return cast("Posting[AccountId]", posting)
    if tax is not None and tax.base is not None:
        tax = Tax(tax.code, _rescaled(tax.base, scale, currency, f"#/postings/{line}/tax/base"))
    if original is not None:
        original = _settled_money(original, declares, state, scales, f"#/postings/{line}/original")
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


def _settled_money(
    money: Money, declares: Mapping[str, int], state: State, scales: dict[str, int], pointer: str
) -> Money:
    scale = scales.get(money.currency)
    if scale is None:
        with _pointing_at(f"{pointer}/currency"):
            scale = scales[money.currency] = _scale(money.currency, declares, state)
    return Money(_rescaled(money.amount, scale, money.currency, f"{pointer}/amount"), money.currency)


def _scale(currency: str, declares: Mapping[str, int], state: State) -> int:
    scale = state[CURRENCIES].get(currency)
    if scale is not None:
        return scale
    if currency not in declares:
        raise UnknownCurrency(currency=currency)
    require_currency(currency)
    require_scale(declares[currency])
    return declares[currency]


def _rescaled(amount: Amount, scale: int, currency: str, pointer: str) -> Amount:
    with _pointing_at(pointer):
        return rescale(amount, scale, currency)


def _reverse_transaction(command: ReverseTransaction, state: State, settings: LedgerSettings) -> TransactionPosted:
    record = state.records.get(command.transaction)
    if record is None or not isinstance(record.event, TransactionPosted):
        raise NotFound(what="transaction", name=command.transaction)
    if (reversed_by := state[REVERSALS].get(record.position)) is not None:
        raise AlreadyReversed(transaction=command.transaction, position=reversed_by)
    original = record.event
    for posting in original.postings:
        if state[ACCOUNTS][posting.account].status is Status.CLOSED:
            raise ClosedAlready(account=posting.account)
    date = command.date or original.date
    return TransactionPosted(
        date=date,
        kind=original.kind,
        series=original.series,
        number=_next_number(original.series, date, state, settings),
        postings=tuple(opposite(posting) for posting in original.postings),
        reverses=command.transaction,
        memo=command.memo,
    )


def _next_number(series: str, date: dt.date, state: State, settings: LedgerSettings) -> int:
    return state[COUNTERS].get((series, fiscal_year(date, settings.fiscal_year_start)), 0) + 1


def fiscal_year(date: dt.date, start: str) -> int:
    """The fiscal year that `date` lies in, named by the calendar year it begins in; `start` is `MM-DD`."""
    month, day = _month_and_day(start)
    begun = date.month > month or (date.month == month and date.day >= day)
    return date.year if begun else date.year - 1


@lru_cache(maxsize=512)
def _month_and_day(start: str) -> tuple[int, int]:
    return int(start[:2]), int(start[3:])


def _require_account(ref: AccountRef, state: State) -> Account:
    account = find_account(ref, state)
    if account is None:
        raise NotFound(what="account", name=ref)
    return account


def _require_free_path(path: str, state: State, *, account: AccountId | None) -> None:
    with _pointing_at("#/path"):
        require_path(path)
        holder = state[NAMES].get(path)
        if holder is not None and holder.account != account:
            raise AccountExists(path=path, account=holder.account)


def _require_free_number(number: str, state: State, *, account: AccountId | None) -> None:
    with _pointing_at("#/number"):
        require_number(number)
        holder = state[NAMES].get(number_name(number))
        if holder is not None and holder.account != account:
            raise NumberExists(number=number, account=holder.account)


def _require_currencies(currencies: tuple[str, ...]) -> None:
    for index, currency in enumerate(currencies):
        with _pointing_at(f"#/currencies/{index}"):
            require_currency(currency)


class _pointing_at:
    """Gives a refusal raised inside it the pointer of the member being checked."""

    __slots__ = ("_pointer",)

    def __init__(self, pointer: str) -> None:
        self._pointer = pointer

    def __enter__(self) -> None:
        return None

    def __exit__(self, _type: object, error: BaseException | None, _traceback: object) -> None:
        if isinstance(error, Rejected) and error.pointer is None:
            error.pointer = self._pointer


# --- folding -------------------------------------------------------------------------------------------------------


def evolve(state: State, event: Event, position: int) -> None:
    """Fold one event into the state, in place. Never refuses."""
    match event:
        case TransactionPosted():
            _evolve_posted(state, event, position)
        case CurrencyDeclared(currency=currency, scale=scale):
            state.put(CURRENCIES, currency, scale)
        case AccountOpened():
            account = Account(
                position,
                event.type,
                event.normal,
                Status.OPEN,
                event.number,
                event.role,
                event.currencies,
                changed=position,
                path_at=position,
                label_at=None if event.label is None else position,
                metadata_at=None if event.metadata is None else position,
            )
            _evolve_names(state, position, position, event.path, event.number)
            state.put(ACCOUNTS, position, account)
        case AccountRenamed(account=id_, number=number):
            given = {"path_at": event.path and position, "label_at": event.label and position, "number": number}
            _evolve_account(state, id_, position, **{name: new for name, new in given.items() if new is not None})
            _evolve_names(state, id_, position, event.path, number)
        case AccountUpdated(account=id_, role=role, currencies=currencies):
            given = {} if event.metadata is None else {"metadata_at": position}
            _evolve_account(state, id_, position, role=role, currencies=currencies, **given)
        case AccountClosed(account=id_):
            _evolve_account(state, id_, position, status=Status.CLOSED)
        case AccountReopened(account=id_):
            _evolve_account(state, id_, position, status=Status.OPEN)
        case LedgerOpened():
            settings = LedgerSettings(
                owner=event.owner,
                currency=event.currency,
                time_zone=event.time_zone,
                fiscal_year_start=event.fiscal_year_start,
                retention_years=event.retention_years,
                name=event.name,
                changed=position,
            )
            state.put(SETTINGS, (), settings)
            state.put(MEMBERS, event.owner, Member(event.owner, MemberRole.OWNER, changed=position))
        case MemberGranted():
            state.put(MEMBERS, event.user, Member(event.user, event.role, event.until, changed=position))
        case MemberRevoked():
            state.put(MEMBERS, event.user, Member(event.user, None, changed=position))
        case MemoErased(position=erased):
            _evolve_erased(state, erased, position)
        case LedgerUpdated():
            assert state.settings is not None
            news = {f.name: new for f in fields(event) if (new := getattr(event, f.name)) is not None}
            state.put(SETTINGS, (), replace(state.settings, **news, changed=position))
        case _:
            assert_never(event)


def _evolve_account(state: State, account: AccountId, position: int, **news: Any) -> None:
    state.put(ACCOUNTS, account, replace(state[ACCOUNTS][account], changed=position, **news))


def _evolve_names(state: State, account: AccountId, position: int, path: str | None, number: str | None) -> None:
    for name in _names(path, number):
        state.put(NAMES, name, AccountName(account, position))


def _evolve_erased(state: State, erased: int, position: int) -> None:
    """What the memo said is gone: an old path answers no more, and may be given again."""
    state.put(ERASURES, erased, position)
    record = state.records.get(erased)
    path = None if record is None else getattr(record.event, "path", None)
    if path is not None and (name := state[NAMES].get(path)) is not None and name.position == erased:
        state.remove(NAMES, path)


def _evolve_posted(state: State, event: TransactionPosted, position: int) -> None:
    settings = state.settings
    assert settings is not None
    totals = state[TOTALS]
    for posting in event.postings:
        key = (posting.account, posting.currency)
        state.put(TOTALS, key, totals.get(key, NO_TOTALS).plus(posting.amount.units))
    state.put(COUNTERS, (event.series, fiscal_year(event.date, settings.fiscal_year_start)), event.number)
    if not settings.in_use:
        state.put(SETTINGS, (), replace(settings, in_use=True))
    if event.reverses is not None:
        state.put(REVERSALS, state.records[event.reverses].position, position)


# --- a record's command, and whether a repeat asks for the same -----------------------------------------------------


def command_of(event: Event) -> Command:
    """The command that an event answers: on the state just before it, `decide` gives exactly this event again."""
    match event:
        case TransactionPosted(reverses=str(transaction)):
            return ReverseTransaction(transaction, date=event.date, memo=event.memo)
        case TransactionPosted():
            return PostTransaction(event.date, event.postings, event.kind, event.series, event.document, event.memo)
        case CurrencyDeclared(currency=currency, scale=scale):
            return DeclareCurrency(currency, scale)
        case AccountOpened():
            return OpenAccount(
                path=event.path,
                type=event.type,
                normal=event.normal,
                number=event.number,
                role=event.role,
                currencies=event.currencies,
                label=event.label,
                metadata=event.metadata,
            )
        case AccountRenamed():
            return RenameAccount(event.account, path=event.path, number=event.number, label=event.label)
        case AccountUpdated():
            return UpdateAccount(event.account, event.role, event.currencies, event.metadata)
        case AccountClosed(account=account):
            return CloseAccount(account)
        case AccountReopened(account=account):
            return ReopenAccount(account)
        case LedgerOpened():
            return OpenLedger(
                id=event.id or "",
                owner=event.owner,
                currency=event.currency,
                nonce=event.nonce,
                name=event.name,
                time_zone=event.time_zone,
                fiscal_year_start=event.fiscal_year_start,
                retention_years=event.retention_years,
            )
        case MemberGranted():
            return GrantRole(event.user, event.role, event.until)
        case MemberRevoked():
            return RevokeRole(event.user)
        case MemoErased():
            return EraseMemo(event.position, event.reason, event.basis, force=True)
        case LedgerUpdated():
            return UpdateLedger(
                name=event.name,
                time_zone=event.time_zone,
                retention_years=event.retention_years,
                currency=event.currency,
                fiscal_year_start=event.fiscal_year_start,
            )
    assert_never(event)


def repeats(given: Command, answered: Command, state: State, *, erased: bool = False) -> bool:
    """Whether `given` asks for what `answered` (the `command_of` a record) was: amounts as numbers, accounts by id,
    defaults applied. Names that no longer resolve and, where `erased`, texts are not compared."""
    asked, done = _comparable(given, state), _comparable(answered, state)
    if erased:
        asked = {key: value for key, value in asked.items() if not key.startswith(_TEXT)}
    return all(asked[key] == done[key] for key in asked.keys() & done.keys())


_TEXT = "text."


def _comparable(command: Command, state: State) -> dict[str, Any]:
    """A command as flat members, leaving out what cannot or need not be compared."""
    flat: dict[str, Any] = {"type": type(command).__name__}
    match command:
        case PostTransaction():
            flat |= {"date": command.date, "kind": command.kind, "series": command.series}
            flat |= {"document": command.document, "lines": len(command.postings)}
            flat |= _comparable_memo(command.memo)
            for line, posting in enumerate(command.postings):
                flat |= _comparable_posting(posting, line, state)
        case ReverseTransaction():
            flat |= {"transaction": command.transaction} | _comparable_memo(command.memo)
            if command.date is not None:
                flat["date"] = command.date
            elif (record := state.records.get(command.transaction)) is not None:
                flat["date"] = record.event.date
        case OpenAccount():
            account_type = command.type or (command.path and type_of_path(command.path)) or None
            flat |= {"account_type": account_type, "number": command.number, "role": command.role}
            flat |= {"normal": command.normal or (account_type and normal_side(account_type))}
            flat |= {"currencies": command.currencies, "text.path": command.path}
            flat |= {"text.label": command.label, "text.metadata": _exactly(command.metadata)}
        case RenameAccount():
            flat |= {
                "number": command.number,
                "text.path": command.path,
                "text.label": command.label,
            }
            flat |= _comparable_account("account", command.account, state)
        case UpdateAccount():
            flat |= {"role": command.role} if command.role is not UNSET else {}
            flat |= {"currencies": command.currencies} if command.currencies is not UNSET else {}
            flat["text.metadata"] = _exactly(command.metadata)
            flat |= _comparable_account("account", command.account, state)
        case CloseAccount(account=account) | ReopenAccount(account=account):
            flat |= _comparable_account("account", account, state)
        case OpenLedger() | UpdateLedger() | DeclareCurrency() | GrantRole() | RevokeRole() | EraseMemo():
            left_out = {"nonce", "declares", "filled", "force"} | (
                command.filled if isinstance(command, OpenLedger) else set()
            )
            members = {f.name: getattr(command, f.name) for f in fields(command) if f.name not in left_out}
            flat |= {_TEXT + name if name in ("id", "name") else name: value for name, value in members.items()}
        case _:
            assert_never(command)
    return flat


def _comparable_memo(memo: Memo) -> dict[str, Any]:
    # Empty notes were kept once; today an empty text is the same as none.
    texts = {f"{_TEXT}{name}": text or None for name, text in memo._asdict().items()}
    return texts | {"text.metadata": _exactly(memo.metadata), "text.imported": _exactly(memo.imported)}


def _exactly(value: Any) -> Any:
    """JSON in a form to compare: True equals 1 in Python, and in JSON they are two values."""
    match value:
        case bool():
            return (value,)
        case Mapping():
            return {name: _exactly(member) for name, member in value.items()}
        case list() | tuple():
            return [_exactly(item) for item in value]
    return value


def _comparable_posting(posting: Posting[Any], line: int, state: State) -> dict[str, Any]:
    members: dict[str, Any] = {
        f"{line}.{name}": value for name, value in posting._asdict().items() if name not in ("account", "text")
    }
    members[f"{line}.amount"] = _number(posting.amount)
    members[f"{line}.dimensions"] = posting.dimensions or None
    if posting.tax is not None:
        members[f"{line}.tax"] = (posting.tax.code, posting.tax.base and _number(posting.tax.base))
    if posting.original is not None:
        members[f"{line}.original"] = (_number(posting.original.amount), posting.original.currency)
    if posting.quantity is not None:
        members[f"{line}.quantity"] = (_number(posting.quantity.amount), posting.quantity.unit)
    members[f"{_TEXT}{line}"] = posting.text
    return members | _comparable_account(f"{line}.account", posting.account, state)


def _comparable_account(member: str, ref: AccountRef, state: State) -> dict[str, Any]:
    name = None if isinstance(ref, int) else state[NAMES].get(ref)
    id_ = ref if name is None else name.account
    return {member: id_} if isinstance(id_, int) else {}


def _number(amount: Amount) -> int:
    """The amount as a number, whatever scale it was written in."""
    return amount.units * int(10 ** (SCALE_MAX - amount.scale))
