"""Erasing texts: a record's memo goes, its facts stay."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field
from zoneinfo import ZoneInfo

from ledger.dates import local_date
from ledger.errors import AlreadyErased, NotFound, Retention
from ledger.fields import kept_as, read_integer
from ledger.fiscal_year import fiscal_year
from ledger.members import Permission
from ledger.rules import CommandRule, EventRule, Members, members_of, memo_of
from ledger.state import ERASURES, LedgerSettings, NeededRows, OldRecord, State
from ledger.values import plain

# --- command


@plain
@dataclass(frozen=True, slots=True)
class EraseMemo:
    """Erase a record's texts for good, keeping its facts. `force`: before the time to keep books is over."""

    position: int
    reason: str
    basis: str | None = None
    """The law or the request that it rests on."""
    force: bool = False


# --- event


@plain
@dataclass(frozen=True, slots=True)
class MemoErased:
    """The memo of the record at `position` is no more. `reason` and `basis` stay for ever: no personal data in them."""

    position: int = field(metadata=kept_as(read_integer))
    reason: str
    basis: str | None = None


# --- rule


def _need_record(needed: NeededRows, command: EraseMemo) -> None:
    needed.records[command.position] = _need_of_record


def _need_of_record(needed: NeededRows, record: OldRecord) -> None:
    if record.has_memo:
        memo_of(record.event).need_to_erase(needed, record.position)


def _erase_memo(command: EraseMemo, state: State, now: dt.datetime) -> Sequence[MemoErased]:
    record, settings = state.records.get(command.position), state.settings
    assert settings is not None
    if record is None or not record.has_memo:
        raise NotFound(what="memo at position", name=command.position)
    if command.position in state[ERASURES]:
        raise AlreadyErased(position=command.position)
    zone = ZoneInfo(settings.time_zone)
    date = memo_of(record.event).require_erasable(state, command.position) or local_date(record.recorded_at, zone)
    kept_until = retention_end(date, settings)
    if local_date(now, zone) < kept_until and not command.force:
        raise Retention(until=kept_until.isoformat(), pointer="#/force")
    return [MemoErased(command.position, command.reason, command.basis)]


def retention_end(date: dt.date, settings: LedgerSettings) -> dt.date:
    """Return the first day on which what happened on `date` need not be kept any more."""
    year = fiscal_year(date, settings.fiscal_year_start) + 1 + settings.retention_years
    if year > dt.MAXYEAR:
        return dt.date.max
    return dt.date.fromisoformat(f"{year:04}-{settings.fiscal_year_start}")


def _members(command: EraseMemo, _state: State) -> Members:
    return members_of(command, without=("force",))


COMMANDS = (CommandRule(EraseMemo, Permission.GOVERN, _erase_memo, _members, need=_need_record),)

# --- fold and inverse


def _fold(state: State, event: MemoErased, position: int) -> None:
    state.put(ERASURES, event.position, position)
    record = state.records.get(event.position)
    if record is not None and record.has_memo:
        memo_of(record.event).erase(state, event.position)


def _restore_command(event: MemoErased) -> EraseMemo:
    return EraseMemo(event.position, event.reason, event.basis, force=True)


EVENTS = (EventRule(MemoErased, _fold, _restore_command, harmless=True),)
