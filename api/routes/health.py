"""Whether the service is there, lives, and is ready for work."""

from importlib.metadata import version

from fastapi import APIRouter, Response

from api.http.dependencies import ServicesDep
from api.http.describing import JSON, describe
from api.http.routing import StrictRoute
from api.shapes.json_text import dumps
from api.shapes.service import HealthOut, LiveOut, ReadyOut

router = APIRouter(tags=["health"], route_class=StrictRoute)


@router.get("/health")
@describe(answer={JSON: HealthOut})
async def health() -> Response:
    """Say that the service is there, and in which version."""
    content = {"status": "ok", "version": version("double-llmedger")}
    return Response(dumps(content), media_type="application/json")


@router.get("/live")
@describe(answer={JSON: LiveOut})
async def live() -> Response:
    """Say that the process answers. Restart it when this fails."""
    return Response(dumps({"status": "ok"}), media_type="application/json")


@router.get("/ready")
@describe(answer={JSON: ReadyOut}, also={503: {JSON: ReadyOut}})
async def ready(services: ServicesDep) -> Response:
    """Say whether the database answers and takes writes, no read model is blocked or being built, and every tree may be
    signed.

    Send no traffic while this is 503. It costs the same however many ledgers there are, and names none of them: an
    operator asks `llmedger status`.
    """
    writes_refused = await services.journal.database.writes_refused() is not None
    trouble = await services.reader.trouble()
    refused = await services.checkpoints.any_refused()
    troubles = ["writes_refused"] * writes_refused
    troubles += [str(trouble)] * (trouble is not None) + ["signing_refused"] * refused
    content = {"status": troubles[0] if troubles else "ok", "troubles": troubles}
    if not troubles:
        return Response(dumps(content), media_type="application/json")
    return Response(dumps(content), 503, {"Retry-After": "1"}, media_type="application/json")
