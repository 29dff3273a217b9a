"""Processes: the HTTP server, several of them beside one projector process, and the projector alone."""

import asyncio
import logging
import os
import signal
import sys
from http import HTTPStatus
from multiprocessing import get_context
from typing import Any

import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from api import problems
from api.app import CONTENT_POLICY, HEADER_BYTES_MAX, HEADER_FIELDS_MAX, SECURITY_HEADERS, create_app
from api.services import open_services, running
from api.settings import Settings
from ledger.sequencer import new_uuid

log = logging.getLogger("api.access")

HEAD_BYTES_MAX = 64 * 1024
"""Of request line and headers before they are whole; the app looks at them again when they are."""
LINGER_SECONDS = 5
SHUTDOWN_SECONDS = 10
WORKER_SILENCE_SECONDS = 60
"""A worker that says nothing for so long is started anew. On a busy machine starting alone takes a while."""
KEEP_ALIVE_SECONDS = 30


def configure_logging(settings: Settings) -> None:
    """One line an event, on the error output."""
    logging.basicConfig(
        level=settings.log_level.upper(),
        format="%(asctime)s %(levelname)s %(name)s: %(message)s",
        stream=sys.stderr,
        force=True,
    )
    logging.getLogger("alembic").setLevel(logging.WARNING)


def serve(settings: Settings, *, workers: int) -> None:
    """Serve until told to stop. More than one worker: that many API processes, and one projector process."""
    configure_logging(settings)
    where = f"http://{settings.host}:{settings.port}"
    sys.stderr.write(f"Serving {where}/api — try it at {where}/docs\n")
    if workers == 1:
        _http(settings).run()
        return
    # Uvicorn's workers are made anew in processes of their own and read the environment again.
    os.environ["LEDGER_PROJECTORS"] = "off"
    projector = get_context("spawn").Process(target=work, args=(settings,), name="projector")
    if settings.projectors == "on":
        projector.start()
    try:
        uvicorn.run(
            "api.serving:app_from_environment",
            factory=True,
            workers=workers,
            **_options(settings),
        )
    finally:
        if projector.is_alive():
            projector.terminate()
            projector.join(SHUTDOWN_SECONDS)


def app_from_environment() -> object:
    """The service as the environment describes it; for processes that uvicorn starts."""
    settings = Settings()
    configure_logging(settings)
    return create_app(settings)


def work(settings: Settings) -> None:
    """Keep the projections up to date until told to stop."""
    configure_logging(settings)
    asyncio.run(_work(settings))


async def _work(settings: Settings) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    async with open_services(settings) as services, running(services, projecting=True):
        await stop.wait()


def _http(settings: Settings) -> uvicorn.Server:
    return uvicorn.Server(uvicorn.Config(create_app(settings), **_options(settings)))


def _options(settings: Settings) -> dict[str, Any]:
    return {
        "host": settings.host,
        "port": settings.port,
        "log_config": None,
        "access_log": False,
        "server_header": False,
        "http": BoundedHttp,
        "timeout_keep_alive": KEEP_ALIVE_SECONDS,
        "timeout_graceful_shutdown": SHUTDOWN_SECONDS,
        "timeout_worker_healthcheck": WORKER_SILENCE_SECONDS,
    }


class BoundedHttp(HttpToolsProtocol):
    """Uvicorn's protocol with a limit on a request's head, which its parser would otherwise collect without end. What
    never becomes a request is refused as any other: by a problem document with an id, which the log has too."""

    _reads_head = True
    _head_bytes = 0
    _refused = False

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._reads_head, self._head_bytes = True, 0

    def on_headers_complete(self) -> None:
        self._reads_head = False
        super().on_headers_complete()

    def data_received(self, data: bytes) -> None:
        if self._refused:
            return  # closing at once, with bytes unread, would take the answer back from whoever still sends
        super().data_received(data)
        if not self._reads_head:
            return
        self._head_bytes += len(data)
        if self._head_bytes > HEAD_BYTES_MAX and not self.transport.is_closing():
            self._refused = True
            self.transport.write(_refusal(problems.HeadersTooLarge(fields=HEADER_FIELDS_MAX, octets=HEADER_BYTES_MAX)))
            self.loop.call_later(LINGER_SECONDS, self.transport.close)
            if self.transport.can_write_eof():
                self.transport.write_eof()

    def send_400_response(self, msg: str) -> None:
        self.transport.write(_refusal(problems.MalformedRequest()))
        self.transport.close()


def _refusal(error: problems.RequestRefused) -> bytes:
    """The whole answer to what has no request yet."""
    request_id = new_uuid()
    headers = {"Connection": "close", "X-Request-Id": request_id, **SECURITY_HEADERS}
    headers["Content-Security-Policy"] = CONTENT_POLICY
    response = problems.problem_response(problems.problem(error), headers)
    status = HTTPStatus(response.status_code)
    log.info("? ? %d %s", status, request_id)
    head = "".join(f"{name.decode()}: {value.decode()}\r\n" for name, value in response.raw_headers)
    return f"HTTP/1.1 {status.value} {status.phrase}\r\n{head}\r\n".encode() + bytes(response.body)
