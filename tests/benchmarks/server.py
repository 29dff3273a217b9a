"""The server that is measured: the service itself, with no-op routes beside it that only read and check the same body.

Run as a program: `python -m tests.benchmarks.server PORT`, settings from the environment.
"""

import sys
from typing import Annotated

import uvicorn
from fastapi import Depends, Response

from api.app import create_app
from api.bodies import BulkIn, TransactionIn, command_adapter
from api.deps import body_of
from api.serving import configure_logging
from api.settings import Settings


def main(port: int) -> None:
    """Serve until killed."""
    settings = Settings()
    configure_logging(settings)
    app = create_app(settings)

    @app.post("/noop/transactions", status_code=201)
    async def noop_transaction(body: Annotated[TransactionIn, Depends(body_of(TransactionIn))]) -> Response:
        body.to_command()
        return Response(b"{}", 201, media_type="application/json")

    @app.post("/noop/commands")
    async def noop_commands(body: Annotated[BulkIn, Depends(body_of(BulkIn))]) -> Response:
        for command in body.commands:
            command_adapter.validate_python(command).to_command()
        return Response(b"{}", media_type="application/json")

    uvicorn.run(app, host="127.0.0.1", port=port, log_config=None, access_log=False)


if __name__ == "__main__":
    main(int(sys.argv[1]))
