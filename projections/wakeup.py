"""Hints that something happened. Losing one costs a poll's delay and nothing else: polling is the truth."""

import asyncio
import logging
from collections.abc import Mapping
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
        wakeups[channel].notify()

    connection = await asyncpg.connect(url, timeout=RECONNECT_SECONDS)
    try:
        lost = asyncio.Event()
        connection.add_termination_listener(lambda _: lost.set())
        for channel, wakeup in wakeups.items():
            await connection.add_listener(channel, heard)
            wakeup.notify()  # whatever happened before now was not heard
        await lost.wait()
    finally:
        await connection.close(timeout=1)
