"""Whether the service is there, lives, and is ready for work."""

from collections.abc import Collection
from importlib.metadata import version

from fastapi import APIRouter, Response

from api.deps import ServicesDep
from api.reading import dumps
from api.routing import StrictRoute
from api.shapes import ReadyOut
from projections.checkpoints import Checkpoint

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
    """Say whether the database answers and takes writes, no projection is blocked or being built, and every tree may be
    signed.

    Send no traffic while this is 503.
    """
    writes_refused = await services.journal.database.writes_refused()
    troubles = await services.reader.troubles()
    extents = await services.journal.extents()
    refused = await services.checkpoints.refused()
    status = _status(writes_refused, troubles, refused)
    content = {
        "status": status,
        "ledgers": len(extents),
        "blocked": [
            {"ledger": each.ledger, "projection": each.projection, "position": each.blocked_position}
            for each in troubles
        ],
        "signing_refused": [{"ledger": ledger, "reason": reason} for ledger, reason in sorted(refused.items())],
        "writes_refused": writes_refused,
    }
    if status == "ok":
        return Response(dumps(content), media_type="application/json")
    return Response(dumps(content), 503, {"Retry-After": "1"}, media_type="application/json")


def _status(writes_refused: str | None, troubles: Collection[Checkpoint], refused: Collection[int]) -> str:
    if writes_refused is not None:
        return "writes_refused"
    if any(each.blocked_position is not None for each in troubles):
        return "blocked"
    return "rebuilding" if troubles else "signing_refused" if refused else "ok"
