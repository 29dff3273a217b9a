"""Who may do what: roles are given and taken by records of the ledger itself."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field

from ledger.errors import InvalidField, LastOwner, NotFound
from ledger.fields import kept_as
from ledger.members import MEMBERS, USER_LENGTH_MAX, Member, MemberRole, Permission
from ledger.rules import CommandRule, EventRule, Members, members_of
from ledger.state import NeededRows, State
from ledger.values import plain

# --- commands


@plain
@dataclass(frozen=True, slots=True)
class GrantRole:
    """Make a user a member with this role, or give a member another one; `until`: it ends by itself then."""

    user: str
    role: MemberRole
    until: dt.datetime | None = None


@plain
@dataclass(frozen=True, slots=True)
class RevokeRole:
    """Take a member's role away. Anybody may give up their own."""

    user: str


# --- events


@plain
@dataclass(frozen=True, slots=True)
class MemberGranted:
    """This is the user's role from here on; `until`, aware and in UTC: it ends by itself at that time."""

    user: str
    role: MemberRole = field(metadata=kept_as(MemberRole))
    until: dt.datetime | None = field(default=None, metadata=kept_as(dt.datetime.fromisoformat))


@plain
@dataclass(frozen=True, slots=True)
class MemberRevoked:
    """The user has no role any more."""

    user: str


# --- rules


def _need_member(needed: NeededRows, command: GrantRole | RevokeRole) -> None:
    needed.keys[MEMBERS].add(command.user)
    needed.subsets.add(MEMBERS)  # all owners: whether another one remains


def _grant_role(command: GrantRole, state: State, _now: dt.datetime) -> Sequence[MemberGranted]:
    if not 1 <= len(command.user) <= USER_LENGTH_MAX:
        raise InvalidField(trouble=f"a user's id has 1 to {USER_LENGTH_MAX} characters", pointer="#/user")
    if command.role is not MemberRole.OWNER or command.until is not None:
        _require_other_owner(command.user, state)
    return [MemberGranted(command.user, command.role, command.until)]


def _revoke_role(command: RevokeRole, state: State, _now: dt.datetime) -> Sequence[MemberRevoked]:
    member = state[MEMBERS].get(command.user)
    if member is None or member.role is None:
        raise NotFound(what="member", name=command.user)
    _require_other_owner(command.user, state)
    return [MemberRevoked(command.user)]


def _require_other_owner(user: str, state: State) -> None:
    """Raise LastOwner where this user is the only one who owns the ledger for good."""
    members = state[MEMBERS]
    member = members.get(user)
    if member is not None and member.owns and not any(o.owns for o in members.values() if o.user != user):
        raise LastOwner


def _last_change(command: GrantRole | RevokeRole, state: State) -> int | None:
    member = state[MEMBERS].get(command.user)
    return member.changed if member else None


def _members(command: GrantRole | RevokeRole, _state: State) -> Members:
    return members_of(command)


COMMANDS = (
    CommandRule(
        GrantRole,
        Permission.GOVERN,
        _grant_role,
        _members,
        need=_need_member,
        last_change=_last_change,
    ),
    CommandRule(
        RevokeRole,
        Permission.GOVERN,
        _revoke_role,
        _members,
        need=_need_member,
        last_change=_last_change,
        is_own=lambda command, user: command.user == user,
    ),
)

# --- folds and inverses


def _fold_granted(state: State, event: MemberGranted, position: int) -> None:
    state.put(MEMBERS, event.user, Member(event.user, event.role, event.until, changed=position))


def _fold_revoked(state: State, event: MemberRevoked, position: int) -> None:
    state.put(MEMBERS, event.user, Member(event.user, None, changed=position))


EVENTS = (
    EventRule(
        MemberGranted, _fold_granted, lambda event: GrantRole(event.user, event.role, event.until), harmless=True
    ),
    EventRule(MemberRevoked, _fold_revoked, lambda event: RevokeRole(event.user), harmless=True),
)
