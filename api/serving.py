"""Processes of the service: HTTP servers, one projector process beside them, and the projector alone.

Projecting takes as much CPU as posting. In a process of its own it takes none of the time in which requests are
answered, and they none of its: read models stay within milliseconds of the log while it grows at full speed.
"""

import asyncio
import logging
import signal
import socket
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, nullcontext, suppress
from functools import partial
from pathlib import Path
from typing import Any

import uvicorn

from api.app import Service, create_app
from api.http.protocol import BoundedHttp, allow_files
from api.logs import configure_logging
from api.processes.children import SHUTDOWN_SECONDS, Child, Pulse, keep_children, let_sigterm_through
from api.processes.garbage_collector import freeze_objects
from api.processes.long_work import SWITCH_SECONDS
from api.processes.scratch_folders import make_scratch_folder, remove_leftovers
from api.processes.sockets import BACKLOG, make_url
from api.services import Services, run_services
from api.settings import Settings

log = logging.getLogger(__name__)

KEEP_ALIVE_SECONDS = 30

Sockets = Sequence[socket.socket]


def serve(settings: Settings, sockets: Sockets, *, workers: int) -> None:
    """Serve on these sockets until told to stop: by that many HTTP processes, and one projector process.

    A single HTTP process is this one. Exits with 1 where the service cannot be started.
    """
    configure_logging(settings)
    end_when_told()
    with run_projector(settings) if workers == 1 else make_shared_folder() as common:
        if workers == 1:
            started = _serve_here(settings, sockets, common)
        else:
            started = _serve_beside(settings, sockets, common, workers)
    if not started:
        log.error("the service could not be started")
        sys.exit(1)


def _serve_here(settings: Settings, sockets: Sockets, common: Path | None) -> bool:
    server = make_http_server(settings.model_copy(update={"projectors": "off"}), common, partial(_announce, settings))
    freeze_objects()
    share_interpreter()
    server.run(sockets=list(sockets))
    return server.started


def _serve_beside(settings: Settings, sockets: Sockets, common: Path | None, workers: int) -> bool:
    http = Child("HTTP", serve_as_child, (settings, sockets, common), serves=True)
    with keep_children([http] * workers + _projectors(settings, common), partial(_announce, settings)) as kept:
        try:
            kept.wait()
        finally:
            kept.end()
            for each in sockets:  # whoever comes now is not kept waiting for processes that end
                each.close()
    return False


def _announce(settings: Settings) -> None:
    url = make_url(settings.host, settings.port)
    if settings.log_format == "json":
        log.info("serving %s/api", url)
        return
    with suppress(OSError):  # whoever reads it may have gone
        sys.stderr.write(f"Serving {url}/api — try it at {url}/docs\n")


def end_when_told() -> None:
    """Let SIGTERM, and SIGHUP where it is not ignored, end this process in order: what is open is closed."""
    signal.signal(signal.SIGTERM, lambda _number, _frame: sys.exit())
    hangup = getattr(signal, "SIGHUP", None)
    if hangup is not None and signal.getsignal(hangup) is not signal.SIG_IGN:
        signal.signal(hangup, lambda _number, _frame: signal.raise_signal(signal.SIGTERM))


@contextmanager
def run_projector(settings: Settings) -> Iterator[Path | None]:
    """Run a projector process where the settings ask for one, for the time of the block. Yields the folder that
    processes beside it share."""
    with make_shared_folder() as common, keep_children(_projectors(settings, common)):
        yield common


def _projectors(settings: Settings, common: Path | None) -> list[Child]:
    return [Child("projector", work_as_child, (settings, common))] if settings.projectors == "on" else []


@contextmanager
def make_shared_folder() -> Iterator[Path | None]:
    """Yield a folder in which the processes of a server give each other hints; None where there can be none."""
    remove_leftovers()
    with ExitStack() as stack:
        folder = None
        if hasattr(socket, "AF_UNIX"):
            try:
                folder = stack.enter_context(make_scratch_folder("hints"))
            except OSError as error:
                log.warning("no folder for hints between processes; polling continues: %s", error)
        yield folder


def serve_as_child(pulse: Pulse, settings: Settings, sockets: Sockets, common: Path | None) -> None:
    """Serve until told to stop, in a process beside the first one."""
    configure_logging(settings)
    end_when_told()
    let_sigterm_through()
    remove_leftovers()
    server = make_http_server(settings.model_copy(update={"projectors": "off"}), common)
    freeze_objects()
    share_interpreter()

    async def run() -> None:
        async with pulse.beat(lambda: server.started):
            await server.serve(list(sockets))

    with asyncio.Runner(loop_factory=server.config.get_loop_factory()) as runner:
        runner.run(run())


def share_interpreter() -> None:
    """Let threads that compute give way to the event loop soon."""
    sys.setswitchinterval(SWITCH_SECONDS)


def work(settings: Settings) -> None:
    """Keep the projections up to date until told to stop."""
    configure_logging(settings)
    asyncio.run(_work(settings, None, None))


def work_as_child(pulse: Pulse, settings: Settings, common: Path | None) -> None:
    """Keep the projections up to date, in a process beside the first one of a server."""
    configure_logging(settings)
    asyncio.run(_work(settings, common, pulse))


async def _work(settings: Settings, common: Path | None, pulse: Pulse | None) -> None:
    stop, loop = asyncio.Event(), asyncio.get_running_loop()
    for name in ("SIGINT", "SIGTERM", "SIGHUP"):
        number = getattr(signal, name, None)
        if number is not None and signal.getsignal(number) is not signal.SIG_IGN:
            loop.add_signal_handler(number, stop.set)
    let_sigterm_through()
    freeze_objects()
    async with (
        nullcontext() if pulse is None else pulse.beat(lambda: True),
        run_services(settings, lambda _services: None, projecting=True, common=common),
    ):
        await stop.wait()


class HttpServer(uvicorn.Server):
    """Uvicorn's server, which also tells when it answers, and tells followers when it stops. One that cannot be started
    has not `started` in the end."""

    def __init__(self, app: Service, settings: Settings, answering: Callable[[], None]) -> None:
        super().__init__(uvicorn.Config(app, **make_uvicorn_options(settings)))
        self._app = app
        self._answering = answering

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        try:
            await super().startup(sockets)
        except SystemExit:
            self.should_exit = True
        else:
            self._answering()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        services: Services | None = getattr(self._app.state, "services", None)
        if services is not None:  # else the database was away all the time
            services.long.ending.set()
            services.grown.wake()
        await super().shutdown(sockets)


def make_http_server(
    settings: Settings, common: Path | None = None, answering: Callable[[], None] = lambda: None
) -> HttpServer:
    """Return the service in this process. `answering` is called when it answers."""
    return HttpServer(create_app(settings, common), settings, answering)


def make_uvicorn_options(settings: Settings) -> dict[str, Any]:
    """Return how uvicorn serves."""
    return {
        "host": settings.host,
        "port": settings.port,
        "backlog": BACKLOG,
        "lifespan": "on",
        "ws": "none",
        "log_config": None,
        "access_log": False,
        "server_header": False,
        "http": BoundedHttp,
        "limit_concurrency": allow_files(),
        "timeout_keep_alive": KEEP_ALIVE_SECONDS,
        "timeout_graceful_shutdown": SHUTDOWN_SECONDS,
    }
