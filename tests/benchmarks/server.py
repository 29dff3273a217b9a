"""The server that is measured: the service itself, and beside its routes a few that do nothing.

`/noop` is a bare Starlette route behind the same middlewares, and the first that is looked at.
`/noop/ledgers/{ledger}/transactions` and `…/commands` check the caller and read and validate the body as the routes of
the service do, are called as those are, and write nothing.

Run as a program: `python -m tests.benchmarks.server PORT`, settings from the environment.
"""

import sys

import uvicorn
from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from api.app import Service, create_app
from api.http.dependencies import KeyDep, TransactionDep, WriteAccess
from api.http.receiving import BODY_BYTES_MAX, read_body, read_pieces
from api.logs import configure_logging
from api.processes.garbage_collector import freeze_objects
from api.serving import end_when_told, make_uvicorn_options, run_projector
from api.settings import Settings
from api.shapes.bulk import read_bulk

RECEIPT = (
    b'{"id":"0190d3e0-0000-7000-8000-000000000001","series":"A","number":1,"position":1,"size":2,'
    b'"recorded_at":"2026-01-01T00:00:00.000000Z"}'
)
router = APIRouter(prefix="/noop/ledgers/{ledger}")


def main(port: int) -> None:
    """Serve until killed."""
    settings = Settings(port=port)
    configure_logging(settings)
    end_when_told()
    with run_projector(settings) as common:
        app = create_app(settings.model_copy(update={"projectors": "off"}), common)
        add_noops(app)
        freeze_objects()
        uvicorn.run(app, **make_uvicorn_options(settings))


def add_noops(app: Service) -> None:
    """The routes that do nothing."""
    app.router.routes.insert(0, Route("/noop", noop))
    app.add_direct(router)


async def noop(_request: Request) -> Response:
    """Nothing at all."""
    return Response(b'{"status":"ok"}', media_type="application/json")


@router.post("/transactions", status_code=201)
async def noop_transaction(access: WriteAccess, _key: KeyDep, command: TransactionDep) -> Response:
    """What `POST /transactions` does before it writes."""
    access.require_for(command)
    return Response(RECEIPT, 201, media_type="application/json")


@router.post("/commands")
async def noop_commands(request: Request, access: WriteAccess) -> Response:
    """What `POST /commands` does before it writes."""
    for piece in await read_pieces(request, read_bulk, await read_body(request, most=BODY_BYTES_MAX)):
        for read in piece.read:
            assert isinstance(read, tuple)
            access.require_for(read[0])
    return Response(b"{}", media_type="application/json")


if __name__ == "__main__":
    main(int(sys.argv[1]))
