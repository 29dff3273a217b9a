"""Register, sign in, sign out. The cookie carries the same token that programs send as a bearer token."""

import datetime as dt
from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response

from api.auth.sessions import Session, User
from api.bodies import Credentials
from api.deps import CallerDep, ServicesDep, body_of, body_schema, require_origin, set_session_cookie
from api.problems import RegistrationClosed
from api.reading import dumps
from api.services import Services
from api.shapes import SessionOut, SignedInOut

router = APIRouter(prefix="/auth", tags=["sign-in"])

CredentialsDep = Annotated[Credentials, Depends(body_of(Credentials))]


def _require_own_page(request: Request, services: ServicesDep) -> None:
    """A page of somebody else must not sign its visitor in; a program without a browser sends no Origin at all."""
    if "origin" in request.headers or "cookie" in request.headers:
        require_origin(request, services)


@router.post(
    "/register",
    status_code=201,
    response_model=SignedInOut,
    dependencies=[Depends(_require_own_page)],
    openapi_extra=body_schema(Credentials),
)
async def register(services: ServicesDep, credentials: CredentialsDep) -> Response:
    """Make a user and sign in."""
    if services.settings.registration == "closed":
        raise RegistrationClosed
    user = await services.sessions.register(credentials.username, credentials.password)
    return _signed_in(services, *await services.sessions.begin(user), status=201)


@router.post(
    "/login",
    response_model=SignedInOut,
    dependencies=[Depends(_require_own_page)],
    openapi_extra=body_schema(Credentials),
)
async def login(services: ServicesDep, credentials: CredentialsDep) -> Response:
    """Sign in: the answer sets the session cookie and holds its token."""
    signed_in = await services.sessions.sign_in(credentials.username, credentials.password)
    return _signed_in(services, *signed_in, status=200)


@router.post("/logout", status_code=204)
async def logout(request: Request, services: ServicesDep, caller: CallerDep) -> Response:
    """End this session, everywhere at once."""
    await services.sessions.end(caller.token)
    request.state.renewed_session = None
    response = Response(status_code=204)
    response.delete_cookie(services.settings.session_cookie, path="/", httponly=True, samesite="lax")
    return response


@router.get("/session")
async def session(caller: CallerDep) -> SessionOut:
    """Who is signed in."""
    return {"user": {"id": caller.user.id, "username": caller.user.username}}


def _signed_in(services: Services, user: User, token: str, expires_at: int, *, status: int) -> Response:
    expires = dt.datetime.fromtimestamp(expires_at, dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    content = {"user": {"id": user.id, "username": user.username}, "token": token, "expires_at": expires}
    response = Response(dumps(content), status, media_type="application/json")
    set_session_cookie(response, services, token, Session(user, expires_at))
    return response
