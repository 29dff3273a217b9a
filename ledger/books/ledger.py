"""The ledger itself: opened, its settings changed, currencies declared."""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from typing import Final

from ledger.errors import CurrencyExists, InvalidField, LedgerExists, LedgerInUse, pointing_at
from ledger.fields import IN_MEMO, kept_as, read_integer
from ledger.fiscal_year import require_fiscal_year_start
from ledger.members import MEMBERS, Member, MemberRole, Permission
from ledger.money import require_currency, require_scale
from ledger.rules import CommandRule, EventRule, Members, MemoStays, members_of
from ledger.state import SETTINGS, LedgerSettings, State
from ledger.transactions import CURRENCIES, CurrencyDeclared, find_scale, list_declarations
from ledger.values import plain

DEFAULT_TIME_ZONE: Final = "UTC"
DEFAULT_FISCAL_YEAR_START: Final = "01-01"
DEFAULT_RETENTION_YEARS: Final = 10

# --- commands


@plain
@dataclass(frozen=True, slots=True)
class OpenLedger:
    """Begin a set of books. `nonce` makes the first record unlike any other's (32 hex digits)."""

    id: str
    owner: str
    currency: str
    nonce: str
    name: str | None = None
    time_zone: str = DEFAULT_TIME_ZONE
    fiscal_year_start: str = DEFAULT_FISCAL_YEAR_START
    retention_years: int = DEFAULT_RETENTION_YEARS
    filled: frozenset[str] = frozenset()
    """Fields that the edge filled at random or from a setting: a repeat is not held to them."""


@plain
@dataclass(frozen=True, slots=True)
class UpdateLedger:
    """Change what is given. Currency and fiscal year only before the first transaction."""

    name: str | None = None
    time_zone: str | None = None
    retention_years: int | None = None
    currency: str | None = None
    fiscal_year_start: str | None = None
    declares: Mapping[str, int] = field(default_factory=dict)


@plain
@dataclass(frozen=True, slots=True)
class DeclareCurrency:
    """Declare how many decimal places a currency has in this ledger. They never change."""

    currency: str
    scale: int


# --- events


@plain
@dataclass(frozen=True, slots=True)
class LedgerOpened(MemoStays):
    """The first record of every ledger."""

    owner: str
    currency: str
    time_zone: str
    fiscal_year_start: str
    retention_years: int = field(metadata=kept_as(read_integer))
    nonce: str
    id: str | None = field(default=None, metadata=IN_MEMO)
    name: str | None = field(default=None, metadata=IN_MEMO)


@plain
@dataclass(frozen=True, slots=True)
class LedgerUpdated(MemoStays):
    """What is given changed; the rest stayed."""

    time_zone: str | None = None
    retention_years: int | None = field(default=None, metadata=kept_as(read_integer))
    currency: str | None = None
    fiscal_year_start: str | None = None
    name: str | None = field(default=None, metadata=IN_MEMO)


# --- rules


def _open_ledger(command: OpenLedger, state: State, _now: dt.datetime) -> Sequence[LedgerOpened]:
    if state.settings is not None:
        raise LedgerExists(id=command.id, pointer="#/id")
    with pointing_at("#/currency"):
        require_currency(command.currency)
    with pointing_at("#/fiscal_year_start"):
        require_fiscal_year_start(command.fiscal_year_start)
    return [
        LedgerOpened(
            owner=command.owner,
            currency=command.currency,
            time_zone=command.time_zone,
            fiscal_year_start=command.fiscal_year_start,
            retention_years=command.retention_years,
            nonce=command.nonce,
            id=command.id,
            name=command.name,
        )
    ]


def _update_ledger(
    command: UpdateLedger, state: State, _now: dt.datetime
) -> Sequence[CurrencyDeclared | LedgerUpdated]:
    settings = state.settings
    assert settings is not None
    if all(getattr(command, each.name) is None for each in fields(command) if each.name != "declares"):
        raise InvalidField(trouble="there is nothing to change")
    scales: dict[str, int] = {}
    for member in ("currency", "fiscal_year_start"):
        wanted = getattr(command, member)
        if settings.in_use and wanted is not None and wanted != getattr(settings, member):
            raise LedgerInUse(member=member.replace("_", " "), pointer=f"#/{member}")
    if command.fiscal_year_start is not None:
        with pointing_at("#/fiscal_year_start"):
            require_fiscal_year_start(command.fiscal_year_start)
    if command.currency is not None:
        with pointing_at("#/currency"):
            require_currency(command.currency)
            scales[command.currency] = find_scale(command.currency, command.declares, state)
    updated = LedgerUpdated(
        time_zone=command.time_zone,
        retention_years=command.retention_years,
        currency=command.currency,
        fiscal_year_start=command.fiscal_year_start,
        name=command.name,
    )
    return [*list_declarations(scales, state), updated]


def _declare_currency(command: DeclareCurrency, state: State, _now: dt.datetime) -> Sequence[CurrencyDeclared]:
    with pointing_at("#/currency"):
        require_currency(command.currency)
        if (scale := state[CURRENCIES].get(command.currency)) is not None:
            raise CurrencyExists(currency=command.currency, scale=scale)
    with pointing_at("#/scale"):
        require_scale(command.scale)
    return [CurrencyDeclared(command.currency, command.scale)]


def _last_change(_command: UpdateLedger, state: State) -> int | None:
    return state.settings.changed if state.settings else None


_TEXTS = ("id", "name")


def _members_opened(command: OpenLedger, _state: State) -> Members:
    return members_of(command, texts=_TEXTS, without={"nonce", "filled"} | command.filled)


def _members_updated(command: UpdateLedger, _state: State) -> Members:
    return members_of(command, texts=_TEXTS, without=("declares",))


def _members_declared(command: DeclareCurrency, _state: State) -> Members:
    return members_of(command)


COMMANDS = (
    CommandRule(OpenLedger, Permission.GOVERN, _open_ledger, _members_opened, opens=True),
    CommandRule(UpdateLedger, Permission.GOVERN, _update_ledger, _members_updated, last_change=_last_change),
    CommandRule(DeclareCurrency, Permission.WRITE, _declare_currency, _members_declared),
)

# --- folds and inverses


def _fold_opened(state: State, event: LedgerOpened, position: int) -> None:
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


def _fold_updated(state: State, event: LedgerUpdated, position: int) -> None:
    assert state.settings is not None
    news = {f.name: new for f in fields(event) if (new := getattr(event, f.name)) is not None}
    state.put(SETTINGS, (), replace(state.settings, **news, changed=position))


def _fold_declared(state: State, event: CurrencyDeclared, _position: int) -> None:
    state.put(CURRENCIES, event.currency, event.scale)


def _restore_opening(event: LedgerOpened) -> OpenLedger:
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


def _restore_update(event: LedgerUpdated) -> UpdateLedger:
    return UpdateLedger(
        name=event.name,
        time_zone=event.time_zone,
        retention_years=event.retention_years,
        currency=event.currency,
        fiscal_year_start=event.fiscal_year_start,
    )


EVENTS = (
    EventRule(LedgerOpened, _fold_opened, _restore_opening, name=lambda event, _position: event.id),
    EventRule(LedgerUpdated, _fold_updated, _restore_update),
    EventRule(CurrencyDeclared, _fold_declared, lambda event: DeclareCurrency(event.currency, event.scale)),
)
