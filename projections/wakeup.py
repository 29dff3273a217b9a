"""Hints that something happened. Losing one costs a poll's delay and nothing else: polling is the truth."""

import asyncio
import logging
from collections.abc import Callable
from contextlib import suppress

import asyncpg

log = logging.getLogger(__name__)

RECONNECT_SECONDS = 5.0


class Wakeup:
    """Wakes everybody in this process who waits, now or the next time that they do."""

    def __init__(self) -> None:
        self._next = asyncio.Event()

    def notify(self) -> None:
        """Wake all who wait."""
        self._next.set()
        self._next = asyncio.Event()

    def ticket(self) -> asyncio.Event:
        """Taken before looking, so that a hint given between looking and waiting is not missed."""
        return self._next

    async def wait(self, timeout_seconds: float, ticket: asyncio.Event | None = None) -> None:
        """Return at the next hint, or after `timeout_seconds`."""
        with suppress(TimeoutError):
            await asyncio.wait_for((ticket or self._next).wait(), timeout_seconds)


async def listen(url: str, channel: str, *wakeups: Wakeup) -> None:
    """Pass PostgreSQL's NOTIFY on to `wakeups` until cancelled, connecting again when the connection is lost.

    `url` must lead to the server itself: a pooler in transaction mode does not carry LISTEN.
    """

    def heard(*_: object) -> None:
        for wakeup in wakeups:
            wakeup.notify()

    while True:
        try:
            await _listen_once(url, channel, heard)
        except (OSError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
            log.warning("not listening for NOTIFY, polling goes on: %s", error)
        await asyncio.sleep(RECONNECT_SECONDS)


async def _listen_once(url: str, channel: str, heard: Callable[..., None]) -> None:
    connection = await asyncpg.connect(url, timeout=RECONNECT_SECONDS)
    try:
        lost = asyncio.Event()
        connection.add_termination_listener(lambda _: lost.set())
        await connection.add_listener(channel, heard)
        heard()  # whatever happened before now was not heard
        await lost.wait()
    finally:
        await connection.close(timeout=1)
