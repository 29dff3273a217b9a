"""The door to every rule of the ledger: `decide` says what a command makes happen, `evolve` folds what happened.

Pure: no I/O, no clock, no random ids. The same command on the same state gives the same events, on any machine, so that
an auditor can decide every record again from `restore_command` and must find exactly what was written. What no slice
knows is refused.

State holds only the rows that `find_needed_rows` named. Cost: one pass over the postings, O(1) a posting.
"""

import datetime as dt
from collections.abc import Iterable
from typing import Any

from ledger.accounts import AccountId
from ledger.errors import Forbidden, LedgerMissing
from ledger.members import ALLOWS, MEMBERS, Permission
from ledger.rules import TEXT, CommandRule, EventRule
from ledger.slices import CHECKS, COMMANDS, EVENTS, Command, Event
from ledger.state import NeededRows, State
from ledger.transactions import TransactionPosted

_COMMANDS: dict[type, CommandRule[Any]] = {rule.command: rule for rule in COMMANDS}
_EVENTS: dict[type, EventRule[Any]] = {rule.event: rule for rule in EVENTS}


def find_needed_rows(commands: Iterable[Command], users: Iterable[str] = ()) -> NeededRows:
    """Return everything that deciding these commands of these users, in any order, can ask of the state."""
    needed = NeededRows()
    needed.keys[MEMBERS].update(users)
    for command in commands:
        _command_rule(command).need(needed, command)
    return needed


def require_permission(command: Command, user: str, state: State, now: dt.datetime) -> None:
    """Raise Forbidden where the user's role does not allow the command, and LedgerMissing where there is none."""
    rule = _command_rule(command)
    if rule.opens:
        return
    member = state[MEMBERS].get(user)
    role = member.role_at(now) if member else None
    if role is None:
        raise LedgerMissing
    if rule.permission not in ALLOWS[role] and not rule.is_own(command, user):
        raise Forbidden


def find_needed_permission(command: Command, user: str) -> Permission | None:
    """Return what a command of this user's needs; None: any role will do. Raises Forbidden for a command that no slice
    knows."""
    rule = _command_rule(command)
    return None if rule.is_own(command, user) else rule.permission


def find_last_change(command: Command, state: State) -> int | None:
    """Return the position of the record that last changed what the command is about to change, where that is one
    thing that is there."""
    return _command_rule(command).last_change(command, state)


def decide(command: Command, state: State, now: dt.datetime) -> list[Event]:
    """Return the events that `command`, recorded at `now`, makes happen. After this returns, the command must succeed.

    The last event answers the command. Raises a Rejected, with the pointer of the offending member, and has then
    changed nothing.
    """
    rule = _command_rule(command)
    if state.settings is None and not rule.opens:
        raise LedgerMissing
    events = list(rule.decide(command, state, now))
    for event in events:
        if isinstance(event, TransactionPosted):
            for check in CHECKS:
                check.require(event, state, now)
    return events


def evolve(state: State, event: Event, position: int) -> None:
    """Fold one event into the state, in place. Never refuses."""
    _event_rule(event).fold(state, event, position)


def restore_command(event: Event) -> Command:
    """Return the command that an event answers: on the state just before, `decide` gives exactly this event again."""
    command: Command = _event_rule(event).command_of(event)
    return command


def is_harmless(event: Event) -> bool:
    """Return whether the records after this event can be decided, whatever it says."""
    return _event_rule(event).harmless


def find_accounts(event: Event, position: int) -> Iterable[AccountId]:
    """Return the accounts that the event at this position is about."""
    return _event_rule(event).accounts(event, position)


def find_name(event: Event, position: int) -> str | int | None:
    """Return the name of what the event at this position made or changed: a ledger's id, an account's; None: the
    record's id is its name."""
    return _event_rule(event).name(event, position)


def is_same_request(given: Command, answered: Command, state: State, *, erased: bool = False) -> bool:
    """Return whether `given` asks for what `answered` (the `restore_command` of a record) was: amounts as numbers,
    accounts by id, defaults applied. Names that no longer resolve and, where `erased`, texts are not compared."""
    if type(given) is not type(answered):
        return False
    rule = _command_rule(given)
    asked, done = rule.members(given, state), rule.members(answered, state)
    return all(
        asked[name] == done[name] for name in asked.keys() & done.keys() if not (erased and name.startswith(TEXT))
    )


def _command_rule(command: Command) -> CommandRule[Any]:
    """Return the rule of a command. Raises Forbidden: closed by default."""
    rule = _COMMANDS.get(type(command))
    if rule is None:
        raise Forbidden
    return rule


def _event_rule(event: Event) -> EventRule[Any]:
    """Return the rule of an event. Raises TypeError: no slice knows it."""
    rule = _EVENTS.get(type(event))
    if rule is None:
        raise TypeError(f"no slice knows the event {type(event).__name__}")
    return rule
