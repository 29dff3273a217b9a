"""Who may do what in a ledger, and the tokens by which their programs may do some of it."""

import datetime as dt
from typing import Annotated

from fastapi import APIRouter, Depends, Path, Request, Response

from api.errors import TooMany
from api.http.dependencies import (
    Access,
    AuditAccess,
    GovernAccess,
    KeyDep,
    NoKeyDep,
    ReadAccess,
    ServicesDep,
    make_body_reader,
)
from api.http.describing import JSON, describe
from api.http.routing import StrictRoute
from api.http.writing import answer_write, answers_write, submit
from api.services import Services
from api.shapes.json_text import dumps
from api.shapes.members import MemberIn, MemberOut, MembersOut, TokenIn, TokenOut, TokensOut, make_member, make_token
from ledger.books.members import GrantRole, RevokeRole
from ledger.errors import Forbidden, InvalidDate, InvalidField, LastOwner, NotFound
from ledger.journal import is_uuid
from ledger.members import ALLOWS, USER_LENGTH_MAX, Permission
from ledger.sequencer import utc_now

router = APIRouter(prefix="/ledgers/{ledger}", tags=["roles"], route_class=StrictRoute)

UserPath = Annotated[
    str, Path(description="The user's id or name. If both fit, the id counts.", max_length=USER_LENGTH_MAX)
]


@router.get("/members")
@describe(answer={JSON: MembersOut})
async def list_members(services: ServicesDep, access: AuditAccess) -> Response:
    """List all users with a role, and when each role ends. The log has all earlier changes."""
    members = await services.journal.list_members(access.ledger.serial)
    users = await services.sessions.find_users([member.user for member in members])
    return _document({"members": [make_member(member, users.get(member.user)) for member in members], "next": None})


@router.put("/members/{user}", status_code=201)
@answers_write(MemberOut, InvalidDate, LastOwner)
async def grant_role(
    request: Request,
    services: ServicesDep,
    access: GovernAccess,
    user: UserPath,
    key: KeyDep,
    body: Annotated[MemberIn, Depends(make_body_reader(MemberIn))],
) -> Response:
    """Give a user a role in the ledger, or change it."""
    _require_to_come(body.until)
    found = await _user_id(services, user)
    if found is None:
        raise NotFound(what="user", name=user)
    receipt = await submit(request, services, access, GrantRole(found, body.role, body.until), key=key)

    async def shape() -> MemberOut:
        users = await services.sessions.find_users([found])
        members = await services.journal.list_members(access.ledger.serial)
        return next(make_member(member, users.get(found)) for member in members if member.user == found)

    return await answer_write(request, receipt, location=_location(access, "members"), representation=shape)


@router.delete("/members/{user}", status_code=201)
@answers_write(None, LastOwner)
async def revoke_role(
    request: Request, services: ServicesDep, access: ReadAccess, user: UserPath, key: KeyDep
) -> Response:
    """Take a user's role away. All users may give up their own. The last owner cannot be removed."""
    command = RevokeRole(await _user_id(services, user) or user)
    receipt = await submit(request, services, access, command, key=key)
    return await answer_write(request, receipt, location=_location(access, "members"))


@router.get("/tokens")
@describe(raises=(Forbidden,), answer={JSON: TokensOut})
async def list_tokens(services: ServicesDep, access: ReadAccess) -> Response:
    """List the caller's API tokens. An owner sees the tokens of all users."""
    tokens = await services.tokens.list_live(access.ledger.uuid, _find_owner_of_tokens(access))
    return _document({"tokens": [make_token(token) for token in tokens], "next": None})


@router.post("/tokens", status_code=201)
@describe(raises=(Forbidden, InvalidDate, TooMany), sends=("Location",), answer={JSON: TokenOut})
async def create_token(
    services: ServicesDep,
    access: ReadAccess,
    _no_key: NoKeyDep,
    body: Annotated[TokenIn, Depends(make_body_reader(TokenIn))],
) -> Response:
    """Make an API token for this ledger, with at most the caller's role. Only this answer shows it, so the route takes
    no `Idempotency-Key`."""
    _find_owner_of_tokens(access)
    if not ALLOWS[body.role] <= ALLOWS[access.role]:
        raise Forbidden(pointer="#/role")
    _require_to_come(body.until)
    token, secret = await services.tokens.create(
        access.ledger.uuid, access.caller.user.id, body.name, body.role, body.until
    )
    headers = {"Location": _location(access, f"tokens/{token.id}")}
    content = {**make_token(token), "token": secret}
    return Response(dumps(content), 201, headers, media_type="application/json")


@router.delete("/tokens/{token}", status_code=204)
@describe(raises=(Forbidden, NotFound))
async def revoke_token(
    services: ServicesDep,
    access: ReadAccess,
    token: Annotated[
        str, Path(description="The id of the token.", max_length=64, json_schema_extra={"format": "uuid"})
    ],
) -> Response:
    """Revoke an API token. It is refused from now on. An owner may revoke the tokens of all users."""
    if not (
        is_uuid(token)
        and await services.tokens.revoke(access.ledger.uuid, token.lower(), _find_owner_of_tokens(access))
    ):
        raise NotFound(what="token", name=token)
    return Response(status_code=204)


def _find_owner_of_tokens(access: Access) -> str | None:
    """Return the id of the user whose tokens the caller may see and revoke; None for those of all users. Raises
    Forbidden for a caller with an API token: a leaked token must not make others."""
    if access.caller.api_token is not None:
        raise Forbidden
    return None if Permission.GOVERN in ALLOWS[access.role] else access.caller.user.id


async def _user_id(services: Services, name: str) -> str | None:
    if await services.sessions.find_user(name) is not None:
        return name
    user = await services.sessions.find_user_named(name)
    return None if user is None else user.id


def _require_to_come(until: dt.datetime | None) -> None:
    if until is not None and until <= utc_now():
        raise InvalidField(trouble="this time has passed", pointer="#/until")


def _location(access: Access, rest: str) -> str:
    return f"/api/ledgers/{access.ledger.id}/{rest}"


def _document(content: dict[str, object]) -> Response:
    return Response(dumps(content), media_type="application/json")
