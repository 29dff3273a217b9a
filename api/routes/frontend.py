"""What the existing frontend asks for, in the shapes that it knows."""

from fastapi import APIRouter, Request, Response
from typing_extensions import TypedDict

from api.errors import SignInElsewhere
from api.http.dependencies import CallerDep, ServicesDep
from api.http.describing import JSON, describe
from api.http.routing import StrictRoute
from api.routes.auth import clear_session
from api.shapes.json_text import dumps

router = APIRouter(tags=["frontend"], route_class=StrictRoute)


class RefreshedUserOut(TypedDict):
    """Who is signed in."""

    user_id: str
    username: str


class RefreshedOut(TypedDict):
    """The session is valid."""

    status: str
    user: RefreshedUserOut


class LoggedOutOut(TypedDict):
    """How many sessions ended."""

    success: bool
    message: str
    invalidated_count: int


@router.get("/session/refresh")
@describe(answer={JSON: RefreshedOut})
async def refresh(caller: CallerDep) -> Response:
    """Show who is signed in. As any other use, it may extend the session."""
    content = {"status": "ok", "user": {"user_id": caller.user.id, "username": caller.user.username}}
    return Response(dumps(content), media_type="application/json")


@router.post("/security/logout-all-devices")
@describe(raises=(SignInElsewhere,), answer={JSON: LoggedOutOut})
async def log_out_all_devices(request: Request, services: ServicesDep, caller: CallerDep) -> Response:
    """End all sessions of the caller."""
    count = await services.sessions.end_all(caller.user)
    content = {
        "success": True,
        "message": f"Successfully invalidated {count} session(s)",
        "invalidated_count": count,
    }
    return clear_session(request, services, Response(dumps(content), media_type="application/json"))
