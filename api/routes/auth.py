"""Register, sign in, sign out. The cookie carries the same token that programs send as a bearer token."""

import datetime as dt
from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response

from api.auth.sessions import Session, User
from api.errors import OriginRefused, RateLimited, RegistrationClosed, SignInElsewhere, UsernameTaken, WrongCredentials
from api.http.dependencies import (
    CallerDep,
    ServicesDep,
    make_body_reader,
    make_session_cookie,
    refuse_foreign,
    refuse_idempotency_key,
)
from api.http.describing import JSON, describe
from api.http.routing import StrictRoute
from api.services import Services
from api.shapes.auth import Credentials, SessionOut, SignedInOut
from api.shapes.json_text import dumps
from api.shapes.strict_json import NO_TEXT
from ledger.errors import Busy

router = APIRouter(prefix="/auth", tags=["sign-in"], route_class=StrictRoute)

CREDENTIALS_BYTES_MAX = 16 * 1024

CredentialsDep = Annotated[
    Credentials, Depends(make_body_reader(Credentials, most=CREDENTIALS_BYTES_MAX, refused=NO_TEXT))
]


@describe(raises=(OriginRefused,))
async def _require_own_page(request: Request, services: ServicesDep) -> None:
    """Refuse a request from a foreign page: it must not sign its visitor in.

    A browser says with each POST which page it comes from, by Origin or by Sec-Fetch-Site. A caller that says nothing
    is a program, and may keep cookies. A browser that is too old to say it does not let a page send JSON to another
    site.
    """
    if "origin" in request.headers or "sec-fetch-site" in request.headers:
        refuse_foreign(request, services)


@router.post(
    "/register",
    status_code=201,
    dependencies=[Depends(_require_own_page), Depends(refuse_idempotency_key)],
)
@describe(
    raises=(RegistrationClosed, SignInElsewhere, UsernameTaken, RateLimited, Busy),
    sends=("Set-Cookie",),
    answer={JSON: SignedInOut},
)
async def register(request: Request, services: ServicesDep, credentials: CredentialsDep) -> Response:
    """Make a user and sign in."""
    if services.settings.registration == "closed":
        raise RegistrationClosed
    await services.limits.register(_get_address(request))
    user = await services.sessions.register(credentials.username, credentials.password)
    return _answer_signed_in(request, services, *await services.sessions.begin(user), status=201)


@router.post(
    "/login",
    dependencies=[Depends(_require_own_page)],
)
@describe(
    raises=(WrongCredentials, SignInElsewhere, RateLimited, Busy),
    sends=("Set-Cookie",),
    answer={JSON: SignedInOut},
)
async def login(request: Request, services: ServicesDep, credentials: CredentialsDep) -> Response:
    """Sign in. The answer sets the session cookie and holds its token."""
    async with services.limits.limit_sign_in(_get_address(request), credentials.username):
        signed_in = await services.sessions.sign_in(credentials.username, credentials.password)
    return _answer_signed_in(request, services, *signed_in, status=200)


@router.post("/logout", status_code=204)
@describe(raises=(SignInElsewhere,))
async def logout(request: Request, services: ServicesDep, caller: CallerDep) -> Response:
    """End this session."""
    await services.sessions.end(caller.token)
    return clear_session(request, services, Response(status_code=204))


@router.get("/session")
@describe(answer={JSON: SessionOut})
async def session(caller: CallerDep) -> Response:
    """Show who is signed in."""
    content = {"user": {"id": caller.user.id, "username": caller.user.username}}
    return Response(dumps(content), media_type="application/json")


def clear_session(request: Request, services: Services, response: Response) -> Response:
    """Return the answer, with a header that removes the session's cookie."""
    request.state.renewed_session = None
    response.headers.append("Set-Cookie", make_session_cookie(request.scope, services, "", None))
    return response


def _answer_signed_in(
    request: Request, services: Services, user: User, token: str, expires_at: int, *, status: int
) -> Response:
    expires = dt.datetime.fromtimestamp(expires_at // 1000, dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    content = {"user": {"id": user.id, "username": user.username}, "token": token, "expires_at": expires}
    response = Response(dumps(content), status, media_type="application/json")
    cookie = make_session_cookie(request.scope, services, token, Session(user, expires_at))
    response.headers.append("Set-Cookie", cookie)
    return response


def _get_address(request: Request) -> str | None:
    """Return the client's address. Behind a proxy it is what the proxy says, if uvicorn trusts it
    (FORWARDED_ALLOW_IPS)."""
    return request.client.host if request.client is not None else None
