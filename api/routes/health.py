"""Whether the service is there, lives, and is ready for work."""

import asyncio
from importlib.metadata import version

from fastapi import APIRouter, Response

from api.http.dependencies import ServicesDep
from api.http.describing import JSON, describe
from api.http.routing import StrictRoute
from api.services import Services
from api.shapes.json_text import dumps
from api.shapes.service import HealthOut, LiveOut, ReadyOut
from ledger.errors import TimedOut

READY_SECONDS_MAX = 3.0
"""A database that takes longer to answer is frozen, as far as a probe is concerned."""

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
    """Show whether the database answers within 3 seconds and accepts writes, its clock and this machine's agree, read
    models work, and signing works.

    Send no traffic while this is 503. The cost does not depend on the number of ledgers, and the answer names no
    ledger. `llmedger status` shows the details.
    """
    try:
        async with asyncio.timeout(READY_SECONDS_MAX):
            troubles = await _troubles(services)
    except TimeoutError:
        raise TimedOut from None
    content = {"status": troubles[0] if troubles else "ok", "troubles": troubles}
    if not troubles:
        return Response(dumps(content), media_type="application/json")
    return Response(dumps(content), 503, {"Retry-After": "1"}, media_type="application/json")


async def _troubles(services: Services) -> list[str]:
    """Return the codes of everything that is wrong."""
    look = await services.journal.database.look()
    clock_error = services.sequencer.find_clock_error(look.clock)
    if clock_error is not None:
        services.sequencer.warn_of_clock(clock_error)
    trouble = await services.reader.find_trouble()
    found = {
        "writes_refused": look.writes_refused is not None,
        "clock_behind": clock_error is not None,
        str(trouble): trouble is not None,
        "signing_refused": await services.checkpoints.has_refused(),
    }
    return [code for code, is_so in found.items() if is_so]
