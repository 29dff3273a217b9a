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
    """The database answers, no projection is blocked, and no tree is refused its signature; send no traffic while this
    is 503."""
    blocked = await services.reader.blocked()
    sizes = await services.journal.sizes()
    refused = await services.checkpoints.refused()
    content = {
        "status": "blocked" if blocked else "signing_refused" if refused else "ok",
        "ledgers": len(sizes),
        "blocked": [
            {"ledger": each.ledger, "projection": each.projection, "position": each.blocked_position}
            for each in blocked
        ],
        "signing_refused": [{"ledger": ledger, "reason": reason} for ledger, reason in sorted(refused.items())],
    }
    return Response(dumps(content), 503 if blocked or refused else 200, media_type="application/json")
