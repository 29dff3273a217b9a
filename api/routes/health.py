"""Whether the service is there, lives, and is ready for work."""

from importlib.metadata import version

from fastapi import APIRouter, Response

from api.deps import ServicesDep
from api.reading import dumps
from api.routing import StrictRoute
from api.shapes import ReadyOut

router = APIRouter(tags=["health"], route_class=StrictRoute)


@router.get("/health")
async def health() -> dict[str, str]:
    """For the frontend: it is there."""
    return {"status": "ok", "version": version("double-llmedger")}


@router.get("/live")
async def live() -> dict[str, str]:
    """The process answers; restart it when this fails."""
    return {"status": "ok"}


@router.get("/ready", response_model=ReadyOut)
async def ready(services: ServicesDep) -> Response:
    """Say whether the database answers, no projection is blocked or being built, and no tree is refused its signature.

    Send no traffic while this is 503. It costs the same however many ledgers there are, and names none of them: an
    operator asks `llmedger status`.
    """
    trouble = await services.reader.trouble()
    refused = await services.checkpoints.any_refused()
    troubles = [str(trouble)] * (trouble is not None) + ["signing_refused"] * refused
    content = {"status": troubles[0] if troubles else "ok", "troubles": troubles}
    if not troubles:
        return Response(dumps(content), media_type="application/json")
    return Response(dumps(content), 503, {"Retry-After": "1"}, media_type="application/json")
