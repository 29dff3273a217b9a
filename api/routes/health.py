"""Whether the service is there, lives, and is ready for work."""

from importlib.metadata import version

from fastapi import APIRouter, Response

from api.deps import ServicesDep
from api.reading import dumps
from api.shapes import ReadyOut

router = APIRouter(tags=["health"])


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
    """The database answers and no projection is blocked; send no traffic while this is 503."""
    blocked = await services.reader.blocked()
    sizes = await services.journal.sizes()
    content = {
        "status": "blocked" if blocked else "ok",
        "ledgers": len(sizes),
        "blocked": [
            {"ledger": each.ledger, "projection": each.projection, "position": each.blocked_position}
            for each in blocked
        ],
    }
    return Response(dumps(content), 503 if blocked else 200, media_type="application/json")
