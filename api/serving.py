"""Processes: HTTP servers, one projector process beside them, and the projector alone.

Projecting takes as much CPU as posting. In a process of its own it takes none of the time in which requests are
answered, and they none of its: read models stay within milliseconds of the log while it grows at full speed.
"""

import asyncio
import gc
import logging
import multiprocessing
import os
import signal
import socket
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus
from multiprocessing.connection import wait
from pathlib import Path
from typing import Any

import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from api import problems
from api.app import CONTENT_POLICY, HEADER_BYTES_MAX, HEADER_FIELDS_MAX, SECURITY_HEADERS, create_app
from api.logs import configure_logging
from api.services import open_services, running
from api.settings import Settings
from ledger.sequencer import new_uuid

log = logging.getLogger(__name__)
access_log = logging.getLogger("api.access")

HEAD_BYTES_MAX = 64 * 1024
"""Of request line and headers before they are whole; the app looks at them again when they are."""
LINGER_SECONDS = 5
SHUTDOWN_SECONDS = 10
WORKER_SILENCE_SECONDS = 60
"""A worker that says nothing for so long is started anew. On a busy machine starting alone takes a while."""
KEEP_ALIVE_SECONDS = 30
LOOK_SECONDS = 0.2
"""How often a running projector's keeper looks whether to stop it."""
RESTART_SECONDS = 1.0
COLLECT_OBJECTS = 50_000
"""Garbage is looked for when so many objects more are there than before."""
COLLECT_OBJECTS_ALONE = 500_000
"""The same in a process that keeps nobody waiting: two chunks of an import's lines are fewer, and are no garbage."""
COMMON = "LLMEDGER_COMMON"
"""Environment variable that tells uvicorn's workers which folder they share: no setting, `serve` gives it to itself."""


def serve(settings: Settings, *, workers: int) -> None:
    """Serve until told to stop: that many API processes, and one projector process."""
    configure_logging(settings)
    where = f"http://{settings.host}:{settings.port}"
    sys.stderr.write(f"Serving {where}/api — try it at {where}/docs\n")
    with beside_projector(settings) as common:
        if workers == 1:
            server = http_server(settings.model_copy(update={"projectors": "off"}), common)
            spare_collector()
            server.run()
            return
        # Uvicorn's workers are made anew in processes of their own and read the environment again.
        os.environ["LEDGER_PROJECTORS"] = "off"
        os.environ[COMMON] = str(common or "")
        uvicorn.run("api.serving:app_from_environment", factory=True, workers=workers, **options(settings))


def _exit(_number: int, _frame: object) -> None:
    sys.exit()


@contextmanager
def beside_projector(settings: Settings) -> Iterator[Path | None]:
    """Where projectors are on, a projector process for as long as the block lasts, started again whenever it ends.
    Yields the folder that processes beside it share; None where there is no such thing."""
    signal.signal(signal.SIGTERM, _exit)  # uvicorn raises it again when it has stopped: there is more to stop
    if not hasattr(socket, "AF_UNIX"):
        with _kept(settings, None):
            yield None
        return
    with tempfile.TemporaryDirectory(prefix="llmedger-") as folder, _kept(settings, Path(folder)):
        yield Path(folder)


@contextmanager
def _kept(settings: Settings, common: Path | None) -> Iterator[None]:
    if settings.projectors == "off":
        yield
        return
    stopping = threading.Event()
    keeper = threading.Thread(target=_keep, args=(settings, common, stopping), name="projector")
    keeper.start()
    try:
        yield
    finally:
        stopping.set()
        keeper.join()


def _keep(settings: Settings, common: Path | None, stopping: threading.Event) -> None:
    """Run projector processes, one after another, until told to stop."""
    spawn = multiprocessing.get_context("spawn")
    while not stopping.is_set():
        process = spawn.Process(target=work, args=(settings, common), name="projector")
        process.start()
        while not stopping.is_set() and not wait([process.sentinel], LOOK_SECONDS):
            pass
        if stopping.is_set():
            process.terminate()
            process.join(SHUTDOWN_SECONDS)
            process.kill()
        elif not stopping.wait(RESTART_SECONDS):  # Ctrl-C ends both, and this one may be first
            log.error("the projector process has ended (%s); another one starts", process.exitcode)


def app_from_environment() -> object:
    """The service as the environment describes it; for processes that uvicorn starts."""
    settings, common = Settings(), os.environ.get(COMMON)
    configure_logging(settings)
    app = create_app(settings, Path(common) if common else None)
    spare_collector()
    return app


def spare_collector(objects: int = COLLECT_OBJECTS) -> None:
    """Take all objects that are there now out of garbage collections: they stay as long as the process does, and
    looking through all of them stopped everything for a tenth of a second and more, again and again. And look seldom:
    what a request leaves behind has no cycles."""
    gc.freeze()
    gc.set_threshold(objects)


def work(settings: Settings, common: Path | None = None) -> None:
    """Keep the projections up to date until told to stop, or until the process that started this one has ended."""
    configure_logging(settings)
    asyncio.run(_work(settings, common))


async def _work(settings: Settings, common: Path | None) -> None:
    stop, loop = asyncio.Event(), asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    if (parent := multiprocessing.parent_process()) is not None:
        loop.add_reader(parent.sentinel, stop.set)
    spare_collector()
    async with open_services(settings) as services, running(services, projecting=True, common=common):
        await stop.wait()


def http_server(settings: Settings, common: Path | None = None) -> uvicorn.Server:
    """The service in this process."""
    return uvicorn.Server(uvicorn.Config(create_app(settings, common), **options(settings)))


def options(settings: Settings) -> dict[str, Any]:
    """How uvicorn serves."""
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
    access_log.info("? ? %d %s", status, request_id)
    head = "".join(f"{name.decode()}: {value.decode()}\r\n" for name, value in response.raw_headers)
    return f"HTTP/1.1 {status.value} {status.phrase}\r\n{head}\r\n".encode() + bytes(response.body)
