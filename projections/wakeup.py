"""Pass hints on between processes. Losing one costs a poll's delay and nothing else: polling is the truth."""

import asyncio
import logging
import os
import socket
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path

from sqlalchemy.engine import URL

from ledger.follow import Retries, Wakeup
from ledger.store.faults import Health, find_connecting_fault
from ledger.store.postgresql import Server
from ledger.store.urls import describe_place, split_postgresql_url

log = logging.getLogger(__name__)

LOOK_SECONDS = 5.0
"""Between two looks whether the folder for hints is there."""


@contextmanager
def relay_hints(folder: Path, wakeups: Mapping[bytes, Wakeup]) -> Iterator[None]:
    """Pass hints on to every process that does the same with this folder, and hear theirs, for the time of the block.

    Each process has a datagram socket in the folder. `wakeups` by the one byte that stands for each. Call it while the
    event loop runs. What is removed from the folder is made again; where that fails, the log says so once, and polling
    goes on.
    """
    relay = _Relay(folder, wakeups)
    for hint, wakeup in wakeups.items():
        wakeup.tell = partial(relay.tell, hint)
    relay.look()
    try:
        yield
    finally:
        for wakeup in wakeups.values():
            wakeup.tell = None
        relay.close()


class _Relay:
    def __init__(self, folder: Path, wakeups: Mapping[bytes, Wakeup]) -> None:
        self._folder = folder
        self._place = folder / str(os.getpid())
        self._wakeups = wakeups
        self._socket: socket.socket | None = None
        self._loop = asyncio.get_running_loop()
        self._next_look: asyncio.TimerHandle | None = None
        self._complained = False

    def look(self) -> None:
        """Make the folder and the socket where they are missing, now and every few seconds."""
        self._next_look = self._loop.call_later(LOOK_SECONDS, self.look)
        if self._socket is not None and self._place.exists():
            return
        try:
            self._open()
        except OSError as error:
            self._close_socket()
            if not self._complained:
                log.warning("no hints between processes; polling continues: %s: %s", self._folder, error)
            self._complained = True

    def _open(self) -> None:
        self._close_socket()
        self._folder.mkdir(mode=0o700, exist_ok=True)
        if self._folder.lstat().st_uid != os.geteuid():
            raise PermissionError("the folder belongs to another user")
        self._place.unlink(missing_ok=True)  # of a process that had this number before
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.setblocking(False)
        self._socket.bind(str(self._place))
        self._loop.add_reader(self._socket, self._hear)

    def tell(self, hint: bytes) -> None:
        """Pass a hint on."""
        if self._socket is None:
            return
        with suppress(OSError):  # the folder is gone
            for name in os.listdir(self._folder):
                if name != self._place.name:
                    self._send(hint, self._folder / name)

    def _send(self, hint: bytes, place: Path) -> None:
        assert self._socket is not None
        try:
            self._socket.sendto(hint, str(place))
        except ConnectionRefusedError:  # that process was killed
            place.unlink(missing_ok=True)
        except OSError:  # it has so many hints that it will look anyway
            pass

    def _hear(self) -> None:
        assert self._socket is not None
        heard = set()
        with suppress(BlockingIOError):
            while True:
                heard.add(self._socket.recv(1))
        for hint in heard & self._wakeups.keys():
            self._wakeups[hint].wake()

    def close(self) -> None:
        """Hear nothing any more."""
        if self._next_look is not None:
            self._next_look.cancel()
        self._close_socket()
        self._place.unlink(missing_ok=True)

    def _close_socket(self) -> None:
        if self._socket is not None:
            self._loop.remove_reader(self._socket)
            self._socket.close()
            self._socket = None


async def listen(url: URL, wakeups: Mapping[str, Wakeup]) -> None:
    """Pass PostgreSQL's NOTIFY on, from each channel to its wakeup, until cancelled; connect again when cut off.

    `url` must lead to the server itself: a pooler in transaction mode does not carry LISTEN. One that leads to a pooler
    is said in the log, and polling is all there is.
    """
    server, health = Server(split_postgresql_url(url)), Health(f"{describe_place(url)} (for LISTEN)")
    retries = Retries("listening for NOTIFY")
    while True:
        try:
            await _listen_once(server, wakeups, retries)
        except Exception as error:
            fault = find_connecting_fault(error)
            if fault is None:
                raise
            await retries.pause_after(health.note_failure(fault, writing=False))
        if server.pooled:
            log.warning(
                "LEDGER_LISTEN_DATABASE_URL leads to a pooler, which does not pass NOTIFY on; polling continues"
            )
            return


async def _listen_once(server: Server, wakeups: Mapping[str, Wakeup], retries: Retries) -> None:
    def heard(_connection: object, _process: int, channel: str, _payload: object) -> None:
        wakeups[channel].wake()

    connection = await server.connect({})
    try:
        if server.pooled:
            return
        lost = asyncio.Event()
        connection.add_termination_listener(lambda _: lost.set())
        for channel, wakeup in wakeups.items():
            await connection.add_listener(channel, heard)
            wakeup.wake()  # whatever happened before now was not heard
        retries.note_success()
        await lost.wait()
        raise ConnectionResetError("the server has cut it off")
    finally:
        await connection.close(timeout=1)
