"""Who may do what in a ledger: roles, what each allows, and what every command needs.

A role is given and taken by records of the ledger's own journal, and holds for the command and the read after that.
"""

import datetime as dt
from dataclasses import dataclass
from enum import StrEnum

from ledger.dates import from_micros, to_micros
from ledger.state import Column, Guard
from ledger.values import plain

USER_LENGTH_MAX = 255


class MemberRole(StrEnum):
    """The role of a user in a ledger."""

    OWNER = "owner"
    BOOKKEEPER = "bookkeeper"
    VIEWER = "viewer"
    AUDITOR = "auditor"


class Permission(StrEnum):
    """What a role may allow."""

    READ = "read"
    """See accounts, transactions, balances, reports and the dashboard."""
    AUDIT = "audit"
    """See the log itself, and who may do what."""
    WRITE = "write"
    """Keep the books: accounts, currencies, transactions."""
    GOVERN = "govern"
    """Change the ledger's settings and the limits of its accounts, its members and their tokens."""


ALLOWS: dict[MemberRole, frozenset[Permission]] = {
    MemberRole.OWNER: frozenset(Permission),
    MemberRole.BOOKKEEPER: frozenset({Permission.READ, Permission.AUDIT, Permission.WRITE}),
    MemberRole.VIEWER: frozenset({Permission.READ}),
    MemberRole.AUDITOR: frozenset({Permission.READ, Permission.AUDIT}),
}


@plain
@dataclass(frozen=True, slots=True)
class Member:
    """A user's standing in a ledger. `role` None: it was taken away; `until`: it ends by itself at that time, UTC."""

    user: str
    role: MemberRole | None
    until: dt.datetime | None = None
    changed: int = 0
    """Position of the record that last changed it."""

    def role_at(self, now: dt.datetime) -> MemberRole | None:
        """Return the role that the member has at this time, if any."""
        return None if self.until is not None and self.until <= now else self.role

    @property
    def owns(self) -> bool:
        """Whether this is an owner whose role does not end by itself: every ledger keeps one."""
        return self.role is MemberRole.OWNER and self.until is None


def _member_of(user: str, role: str | None, until: int | None, changed: int) -> Member:
    return Member(
        user, None if role is None else MemberRole(role), None if until is None else from_micros(until), changed
    )


MEMBERS: Guard[str, Member] = Guard(
    name="members",
    table="members",
    key=(Column("user_id", "key"),),
    columns=(
        Column("role", "text", comment="NULL: taken away", null=True),
        Column("until", "position", comment="microseconds since 1970; NULL: for good", null=True),
        Column("changed", "position", comment="position of the last record that changed the role"),
    ),
    to_row=lambda member: (
        member.role,
        None if member.until is None else to_micros(member.until),
        member.changed,
    ),
    from_row=_member_of,
    subset=("role", MemberRole.OWNER.value),
    indexes=(("user_id",),),
)
