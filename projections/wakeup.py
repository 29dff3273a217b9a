"""Hints that something happened. Losing one costs a poll's delay and nothing else: polling is the truth."""

import asyncio
import logging
import os
import socket
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path

import asyncpg

log = logging.getLogger(__name__)

RECONNECT_SECONDS = 5.0


class Wakeup:
    """Wakes everybody in this process who waits, now or the next time that they do."""

    def __init__(self) -> None:
        self._next = asyncio.Event()
        self.tell: Callable[[], None] | None = None
        """Passes what happened here on to other processes."""

    def notify(self) -> None:
        """It happened here: wake all who wait, and tell others."""
        self.heard()
        if self.tell is not None:
            self.tell()

    def heard(self) -> None:
        """It happened somewhere: wake all who wait in this process."""
        self._next.set()
        self._next = asyncio.Event()

    def ticket(self) -> asyncio.Event:
        """Taken before looking, so that a hint given between looking and waiting is not missed."""
        return self._next

    async def wait(self, timeout_seconds: float, ticket: asyncio.Event | None = None) -> None:
        """Return at the next hint, or after `timeout_seconds`."""
        with suppress(TimeoutError):
            await asyncio.wait_for((ticket or self._next).wait(), timeout_seconds)


@contextmanager
def relayed(folder: Path, wakeups: Mapping[bytes, Wakeup]) -> Iterator[None]:
    """Pass hints on to every process that does the same with this folder, and hear theirs: each has a datagram socket
    there. `wakeups` by the one byte that stands for each. Call it while the event loop runs."""
    folder.mkdir(mode=0o700, exist_ok=True)
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as ours:
        place = folder / str(os.getpid())
        ours.setblocking(False)
        ours.bind(str(place))
        for hint, wakeup in wakeups.items():
            wakeup.tell = partial(_tell, ours, place, hint)
        loop = asyncio.get_running_loop()
        loop.add_reader(ours, _hear, ours, wakeups)
        try:
            yield
        finally:
            loop.remove_reader(ours)
            for wakeup in wakeups.values():
                wakeup.tell = None
            place.unlink(missing_ok=True)


def _tell(ours: socket.socket, place: Path, hint: bytes) -> None:
    with suppress(OSError):  # the folder goes when the processes do
        for name in os.listdir(place.parent):
            if name != place.name:
                with suppress(OSError):  # it has ended, or has so many hints that it will look anyway
                    ours.sendto(hint, str(place.parent / name))


def _hear(ours: socket.socket, wakeups: Mapping[bytes, Wakeup]) -> None:
    heard = set()
    with suppress(BlockingIOError):
        while True:
            heard.add(ours.recv(1))
    for hint in heard:
        wakeups[hint].heard()


async def listen(url: str, wakeups: Mapping[str, Wakeup]) -> None:
    """Pass PostgreSQL's NOTIFY on, from each channel to its wakeup, until cancelled; connect again when cut off.

    `url` must lead to the server itself: a pooler in transaction mode does not carry LISTEN.
    """
    while True:
        try:
            await _listen_once(url, wakeups)
        except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
            log.warning("not listening for NOTIFY, polling goes on: %s", error)
        await asyncio.sleep(RECONNECT_SECONDS)


async def _listen_once(url: str, wakeups: Mapping[str, Wakeup]) -> None:
    def heard(_connection: object, _process: int, channel: str, _payload: object) -> None:
        wakeups[channel].heard()

    connection = await asyncpg.connect(url, timeout=RECONNECT_SECONDS)
    try:
        lost = asyncio.Event()
        connection.add_termination_listener(lambda _: lost.set())
        for channel, wakeup in wakeups.items():
            await connection.add_listener(channel, heard)
            wakeup.heard()  # whatever happened before now was not heard
        await lost.wait()
    finally:
        await connection.close(timeout=1)
