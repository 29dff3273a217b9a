"""Accounts: opened, renamed, changed, closed and reopened. Their names and labels are texts, and may be erased."""

import datetime as dt
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import Enum
from typing import Any, Final, Literal

from ledger.accounts import (
    ACCOUNTS,
    NAMES,
    Account,
    AccountId,
    AccountName,
    AccountRef,
    AccountStatus,
    AccountType,
    Role,
    Side,
    find_account,
    infer_type,
    need_accounts,
    normal_side,
    number_name,
    require_account,
    require_number,
    require_path,
)
from ledger.errors import (
    AccountExists,
    AccountIsOpen,
    AccountNotEmpty,
    AccountTypeNeeded,
    InvalidField,
    NumberExists,
    TextInUse,
    pointing_at,
)
from ledger.errors import (
    AccountIsClosed as ClosedAlready,
)
from ledger.fields import IN_MEMO, kept_as, read_integer, read_object, read_texts
from ledger.members import Permission
from ledger.money import format_units, require_currency
from ledger.rules import TEXT, CommandRule, EventRule, Members, account_member, make_exact
from ledger.state import NeededRows, State
from ledger.transactions import CURRENCIES, TOTALS
from ledger.values import plain

# --- commands


class _Unset(Enum):
    UNSET = "unset"


UNSET: Final = _Unset.UNSET
"""Not mentioned, where None means "take it away"."""
Unset = Literal[_Unset.UNSET]


@plain
@dataclass(frozen=True, slots=True)
class OpenAccount:
    """Open an account. Type and normal side default from the path's first segment and the type."""

    path: str | None
    """None only in a command read back from a record whose name was erased."""
    type: AccountType | None = None
    normal: Side | None = None
    number: str | None = None
    role: Role | None = None
    currencies: tuple[str, ...] = ()
    label: str | None = None
    metadata: Mapping[str, Any] | None = None


@plain
@dataclass(frozen=True, slots=True)
class RenameAccount:
    """Give an account another path, number or label. The old names go on answering for it."""

    account: AccountRef
    path: str | None = None
    number: str | None = None
    label: str | None = None


@plain
@dataclass(frozen=True, slots=True)
class UpdateAccount:
    """Change an account's role, allowed currencies or metadata; None takes a role away."""

    account: AccountRef
    role: Role | Unset | None = UNSET
    currencies: tuple[str, ...] | Unset = UNSET
    metadata: Mapping[str, Any] | None = None


@plain
@dataclass(frozen=True, slots=True)
class CloseAccount:
    """Let an account take no more postings; only at balance zero in every currency."""

    account: AccountRef


@plain
@dataclass(frozen=True, slots=True)
class ReopenAccount:
    """Let a closed account take postings again."""

    account: AccountRef


# --- events


def _need_account(needed: NeededRows, account: AccountId, path: str | None) -> None:
    needed.accounts.add(account)
    if path is not None:
        needed.keys[NAMES].add(path)


def _require_unused(state: State, account: AccountId, position: int) -> None:
    """Raise TextInUse where the record at this position contains a text as the account has it now."""
    found = state[ACCOUNTS][account]
    for member in ("path", "label", "metadata"):
        if getattr(found, f"{member}_at") == position:
            raise TextInUse(position=position, member=member)


def _forget_name(state: State, path: str | None, position: int) -> None:
    """Free an old path, given at this position: it may be given again."""
    if path is not None and (named := state[NAMES].get(path)) is not None and named.position == position:
        state.remove(NAMES, path)


@plain
@dataclass(frozen=True, slots=True)
class AccountOpened:
    """The account's id is the position of this record."""

    type: AccountType = field(metadata=kept_as(AccountType))
    normal: Side = field(metadata=kept_as(Side))
    number: str | None = None
    role: Role | None = field(default=None, metadata=kept_as(Role))
    currencies: tuple[str, ...] = field(default=(), metadata=kept_as(read_texts))
    path: str | None = field(default=None, metadata=IN_MEMO)
    label: str | None = field(default=None, metadata=IN_MEMO)
    metadata: Mapping[str, Any] | None = field(default=None, metadata=kept_as(read_object, in_memo=True))

    def need_to_erase(self, needed: NeededRows, position: int) -> None:
        _need_account(needed, position, self.path)

    def require_erasable(self, state: State, position: int) -> dt.date | None:
        _require_unused(state, position, position)
        return None

    def erase(self, state: State, position: int) -> None:
        _forget_name(state, self.path, position)


@plain
@dataclass(frozen=True, slots=True)
class AccountRenamed:
    """What is given is new; old names go on answering."""

    account: AccountId = field(metadata=kept_as(read_integer))
    number: str | None = None
    path: str | None = field(default=None, metadata=IN_MEMO)
    label: str | None = field(default=None, metadata=IN_MEMO)

    def need_to_erase(self, needed: NeededRows, position: int) -> None:
        _need_account(needed, self.account, self.path)

    def require_erasable(self, state: State, position: int) -> dt.date | None:
        _require_unused(state, self.account, position)
        return None

    def erase(self, state: State, position: int) -> None:
        _forget_name(state, self.path, position)


@plain
@dataclass(frozen=True, slots=True)
class AccountUpdated:
    """Role and currencies are what holds from now on, in full; metadata, where given, replaces the old."""

    account: AccountId = field(metadata=kept_as(read_integer))
    role: Role | None = field(default=None, metadata=kept_as(Role))
    currencies: tuple[str, ...] = field(default=(), metadata=kept_as(read_texts))
    metadata: Mapping[str, Any] | None = field(default=None, metadata=kept_as(read_object, in_memo=True))

    def need_to_erase(self, needed: NeededRows, position: int) -> None:
        _need_account(needed, self.account, None)

    def require_erasable(self, state: State, position: int) -> dt.date | None:
        _require_unused(state, self.account, position)
        return None

    def erase(self, state: State, position: int) -> None:
        _forget_name(state, None, position)


@plain
@dataclass(frozen=True, slots=True)
class AccountClosed:
    """The account takes no postings until it is reopened."""

    account: AccountId = field(metadata=kept_as(read_integer))


@plain
@dataclass(frozen=True, slots=True)
class AccountReopened:
    """The account takes postings again."""

    account: AccountId = field(metadata=kept_as(read_integer))


# --- rules


def _names(path: str | None, number: str | None) -> Iterator[str]:
    if path is not None:
        yield path
    if number is not None:
        yield number_name(number)


def _need_names(needed: NeededRows, command: OpenAccount) -> None:
    needed.keys[NAMES].update(_names(command.path, command.number))


def _need_account_and_names(needed: NeededRows, command: RenameAccount) -> None:
    need_accounts(needed, (command.account,))
    needed.keys[NAMES].update(_names(command.path, command.number))


def _need_it(needed: NeededRows, command: UpdateAccount | CloseAccount | ReopenAccount) -> None:
    need_accounts(needed, (command.account,))


def _open_account(command: OpenAccount, state: State, _now: dt.datetime) -> Sequence[AccountOpened]:
    if command.path is not None:
        _require_free_path(command.path, state, account=None)
    if command.number is not None:
        _require_free_number(command.number, state, account=None)
    _require_currencies(command.currencies)
    account_type = command.type or (command.path and infer_type(command.path))
    if not account_type:
        raise AccountTypeNeeded(path=command.path or "", pointer="#/type")
    return [
        AccountOpened(
            type=account_type,
            normal=command.normal or normal_side(account_type),
            number=command.number,
            role=command.role,
            currencies=command.currencies,
            path=command.path,
            label=command.label,
            metadata=command.metadata,
        )
    ]


def _rename_account(command: RenameAccount, state: State, _now: dt.datetime) -> Sequence[AccountRenamed]:
    account = require_account(command.account, state)
    if command.path is None and command.number is None and command.label is None:
        raise InvalidField(trouble="there is no new path, number or label")
    if command.path is not None:
        _require_free_path(command.path, state, account=account.id)
    if command.number is not None:
        _require_free_number(command.number, state, account=account.id)
    return [AccountRenamed(account.id, number=command.number, path=command.path, label=command.label)]


def _update_account(command: UpdateAccount, state: State, _now: dt.datetime) -> Sequence[AccountUpdated]:
    account = require_account(command.account, state)
    if command.role is UNSET and command.currencies is UNSET and command.metadata is None:
        raise InvalidField(trouble="there is nothing to change")
    currencies = account.currencies if command.currencies is UNSET else command.currencies
    _require_currencies(currencies)
    role = account.role if command.role is UNSET else command.role
    return [AccountUpdated(account.id, role=role, currencies=currencies, metadata=command.metadata)]


def _close_account(command: CloseAccount, state: State, _now: dt.datetime) -> Sequence[AccountClosed]:
    account = require_account(command.account, state)
    if account.status is AccountStatus.CLOSED:
        raise ClosedAlready(account=command.account)
    for (id_, currency), totals in state[TOTALS].items():
        if id_ == account.id and totals.balance:
            balance = format_units(totals.balance, state[CURRENCIES][currency])
            raise AccountNotEmpty(account=command.account, balance=balance, currency=currency)
    return [AccountClosed(account.id)]


def _reopen_account(command: ReopenAccount, state: State, _now: dt.datetime) -> Sequence[AccountReopened]:
    account = require_account(command.account, state)
    if account.status is AccountStatus.OPEN:
        raise AccountIsOpen(account=command.account)
    return [AccountReopened(account.id)]


def _require_free_path(path: str, state: State, *, account: AccountId | None) -> None:
    with pointing_at("#/path"):
        require_path(path)
        owner = state[NAMES].get(path)
        if owner is not None and owner.account != account:
            raise AccountExists(path=path, account=owner.account)


def _require_free_number(number: str, state: State, *, account: AccountId | None) -> None:
    with pointing_at("#/number"):
        require_number(number)
        owner = state[NAMES].get(number_name(number))
        if owner is not None and owner.account != account:
            raise NumberExists(number=number, account=owner.account)


def _require_currencies(currencies: tuple[str, ...]) -> None:
    for index, currency in enumerate(currencies):
        with pointing_at(f"#/currencies/{index}"):
            require_currency(currency)


def _last_change(command: RenameAccount | UpdateAccount | CloseAccount | ReopenAccount, state: State) -> int | None:
    account = find_account(command.account, state)
    return account.changed if account else None


def _members_opened(command: OpenAccount, _state: State) -> Members:
    account_type = command.type or (command.path and infer_type(command.path)) or None
    return {
        "account_type": account_type,
        "number": command.number,
        "role": command.role,
        "normal": command.normal or (account_type and normal_side(account_type)),
        "currencies": command.currencies,
        f"{TEXT}path": command.path,
        f"{TEXT}label": command.label,
        f"{TEXT}metadata": make_exact(command.metadata),
    }


def _members_renamed(command: RenameAccount, state: State) -> Members:
    told: Members = {"number": command.number, f"{TEXT}path": command.path, f"{TEXT}label": command.label}
    return told | account_member("account", command.account, state)


def _members_updated(command: UpdateAccount, state: State) -> Members:
    told: Members = {f"{TEXT}metadata": make_exact(command.metadata)}
    if command.role is not UNSET:
        told["role"] = command.role
    if command.currencies is not UNSET:
        told["currencies"] = command.currencies
    return told | account_member("account", command.account, state)


def _members_of_account(command: CloseAccount | ReopenAccount, state: State) -> Members:
    return account_member("account", command.account, state)


COMMANDS = (
    CommandRule(OpenAccount, Permission.WRITE, _open_account, _members_opened, need=_need_names),
    CommandRule(
        RenameAccount,
        Permission.WRITE,
        _rename_account,
        _members_renamed,
        need=_need_account_and_names,
        last_change=_last_change,
    ),
    CommandRule(
        UpdateAccount, Permission.WRITE, _update_account, _members_updated, need=_need_it, last_change=_last_change
    ),
    CommandRule(
        CloseAccount, Permission.WRITE, _close_account, _members_of_account, need=_need_it, last_change=_last_change
    ),
    CommandRule(
        ReopenAccount, Permission.WRITE, _reopen_account, _members_of_account, need=_need_it, last_change=_last_change
    ),
)

# --- folds and inverses


def _fold_opened(state: State, event: AccountOpened, position: int) -> None:
    account = Account(
        position,
        event.type,
        event.normal,
        AccountStatus.OPEN,
        event.number,
        event.role,
        event.currencies,
        changed=position,
        path_at=position,
        label_at=None if event.label is None else position,
        metadata_at=None if event.metadata is None else position,
    )
    _name(state, position, position, event.path, event.number)
    state.put(ACCOUNTS, position, account)


def _fold_renamed(state: State, event: AccountRenamed, position: int) -> None:
    given = {"path_at": event.path and position, "label_at": event.label and position, "number": event.number}
    _change(state, event.account, position, **{name: new for name, new in given.items() if new is not None})
    _name(state, event.account, position, event.path, event.number)


def _fold_updated(state: State, event: AccountUpdated, position: int) -> None:
    given = {} if event.metadata is None else {"metadata_at": position}
    _change(state, event.account, position, role=event.role, currencies=event.currencies, **given)


def _fold_closed(state: State, event: AccountClosed, position: int) -> None:
    _change(state, event.account, position, status=AccountStatus.CLOSED)


def _fold_reopened(state: State, event: AccountReopened, position: int) -> None:
    _change(state, event.account, position, status=AccountStatus.OPEN)


def _change(state: State, account: AccountId, position: int, **news: Any) -> None:
    state.put(ACCOUNTS, account, replace(state[ACCOUNTS][account], changed=position, **news))


def _name(state: State, account: AccountId, position: int, path: str | None, number: str | None) -> None:
    for name in _names(path, number):
        state.put(NAMES, name, AccountName(account, position))


def _restore_opening(event: AccountOpened) -> OpenAccount:
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


def _restore_renaming(event: AccountRenamed) -> RenameAccount:
    return RenameAccount(event.account, path=event.path, number=event.number, label=event.label)


def _restore_update(event: AccountUpdated) -> UpdateAccount:
    return UpdateAccount(event.account, event.role, event.currencies, event.metadata)


def _itself(_event: AccountOpened, position: int) -> AccountId:
    return position


def _account(event: AccountRenamed | AccountUpdated | AccountClosed | AccountReopened, _position: int) -> AccountId:
    return event.account


def _one(account: Callable[[Any, int], AccountId]) -> Callable[[Any, int], Iterable[AccountId]]:
    return lambda event, position: (account(event, position),)


EVENTS = (
    EventRule(AccountOpened, _fold_opened, _restore_opening, _one(_itself), _itself, harmless=True),
    EventRule(AccountRenamed, _fold_renamed, _restore_renaming, _one(_account), _account, harmless=True),
    EventRule(AccountUpdated, _fold_updated, _restore_update, _one(_account), _account, harmless=True),
    EventRule(
        AccountClosed, _fold_closed, lambda event: CloseAccount(event.account), _one(_account), _account, harmless=True
    ),
    EventRule(
        AccountReopened,
        _fold_reopened,
        lambda event: ReopenAccount(event.account),
        _one(_account),
        _account,
        harmless=True,
    ),
)
