"""Reports over a ledger."""

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from api.changes import changes
from api.deps import AuditAccess, FreshnessDep, ServicesDep, require_reached
from api.reading import Conditional
from api.shapes import ChangesOut
from ledger.errors import InvalidField

router = APIRouter(prefix="/ledgers/{ledger}/reports", tags=["reports"])


@router.get("/changes", response_model=ChangesOut)
async def report_changes(
    request: Request,
    services: ServicesDep,
    access: AuditAccess,
    fresh: FreshnessDep,
    from_size: Annotated[int, Query(ge=0, description="As known when the log had this size")] = 0,
    to_size: Annotated[int | None, Query(ge=0, description="And when it had this one; absent: now")] = None,
) -> Response:
    """What changed between two sizes of the log: which accounts, by how much, and by whom."""
    stop = access.ledger.head.size if to_size is None else to_size
    require_reached(access.ledger, stop, "to_size")
    if from_size > stop:
        raise InvalidField(trouble="from_size lies after to_size", pointer="?from_size")
    reads = Conditional(request, access)
    reads.check(stop)
    return reads.answer(await changes(services, access.ledger, from_size, stop, fresh))
