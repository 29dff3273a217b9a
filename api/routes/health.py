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
    """Show that the service runs, and its version."""
    content = {"status": "ok", "version": version("double-llmedger")}
    return Response(dumps(content), media_type="application/json")


@router.get("/live")
@describe(answer={JSON: LiveOut})
async def live() -> Response:
    """Show that the process answers. Restart it when this fails."""
    return Response(dumps({"status": "ok"}), media_type="application/json")


@router.get("/ready")
@describe(answer={JSON: ReadyOut}, also={503: {JSON: ReadyOut}})
async def ready(services: ServicesDep) -> Response:
    """Show whether the database answers and accepts writes, read models work, and signing works.

    Send no traffic while this is 503. The cost does not depend on the number of ledgers, and the answer names no
    ledger. `llmedger status` shows the details.
    """
    writes_refused = await services.journal.database.writes_refused() is not None
    trouble = await services.reader.trouble()
    refused = await services.checkpoints.has_refused()
    troubles = ["writes_refused"] * writes_refused
    troubles += [str(trouble)] * (trouble is not None) + ["signing_refused"] * refused
    content = {"status": troubles[0] if troubles else "ok", "troubles": troubles}
    if not troubles:
        return Response(dumps(content), media_type="application/json")
    return Response(dumps(content), 503, {"Retry-After": "1"}, media_type="application/json")
