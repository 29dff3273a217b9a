"""Members of a ledger and API tokens as requests and answers have them."""

from typing import (
    NotRequired,  # pydantic needs these before Python 3.12
)

from typing_extensions import TypedDict

from api.auth.sessions import User
from api.auth.tokens import ApiToken
from api.shapes.answers import format_time_or_none
from api.shapes.values import Body, Moment, TokenName
from ledger.codec import format_time
from ledger.members import Member, MemberRole


class MemberIn(Body):
    """The role that a user gets in a ledger, and until when."""

    role: MemberRole
    until: Moment | None = None


class TokenIn(Body):
    """A token to make for a program."""

    name: TokenName
    role: MemberRole
    until: Moment | None = None


class MemberOut(TypedDict):
    """A user's role in a ledger."""

    user: str
    username: str | None
    role: str
    until: str | None


class MembersOut(TypedDict):
    """All members of a ledger."""

    members: list[MemberOut]
    next: None


class TokenOut(TypedDict):
    """An API token."""

    id: str
    name: str
    user: str
    role: str
    created_at: str
    until: str | None
    token: NotRequired[str]


class TokensOut(TypedDict):
    """All API tokens that are not revoked."""

    tokens: list[TokenOut]
    next: None


def make_member(member: Member, user: User | None) -> MemberOut:
    """Return a member as the guards have it."""
    return {
        "user": member.user,
        "username": None if user is None else user.username,
        "role": str(member.role),
        "until": format_time_or_none(member.until),
    }


def make_token(token: ApiToken) -> TokenOut:
    """Return a token without its secret."""
    return {
        "id": token.id,
        "name": token.name,
        "user": token.user,
        "role": str(token.role),
        "created_at": format_time(token.created_at),
        "until": format_time_or_none(token.until),
    }
