"""Rows as fresh as a query of one's own, at the price of a shared one.

A row may answer a request only if it was read after the request arrived: no timer and no notification decides that. So
everybody who asks while a read is under way shares the next one. On SQLite `Database.version` tells in microseconds
whether anybody, in any process, has committed since a row was read; then it still holds and nothing is read at all. One
look serves a whole turn of the event loop.
"""

import asyncio
import threading
from collections.abc import Awaitable, Callable, Hashable, Mapping
from itertools import chain
from typing import Generic, TypeVar

Key = TypeVar("Key", bound=Hashable)
Row = TypeVar("Row")

KEYS_MAX = 10_000
"""Rows remembered; one more, and all are forgotten."""


class _Looks(threading.local):
    """The versions seen in this turn of this thread's event loop."""

    loop: asyncio.AbstractEventLoop | None = None

    def __init__(self) -> None:
        self.seen: dict[Callable[[], int | None], int | None] = {}

    def look(self, version: Callable[[], int | None]) -> int | None:
        """Return the version at some moment of this turn of the event loop.

        Everybody who runs in a turn asked before it began: what arrives during one is a task of the next, which runs
        after the clearing. So one look, which takes some microseconds, serves them all, and every set of rows.
        """
        loop = asyncio.get_running_loop()
        if self.loop is not loop:  # the one before may have ended within a turn
            self.loop = loop
            self.seen.clear()
        if version not in self.seen:
            if not self.seen:
                loop.call_soon(self.seen.clear)
            self.seen[version] = version()
        return self.seen[version]


_looks = _Looks()


class FreshRows(Generic[Key, Row]):
    """Rows by key, each as it is at some moment after it was asked for."""

    def __init__(
        self,
        read: Callable[[list[Key]], Awaitable[Mapping[Key, Row]]],
        version: Callable[[], int | None] = lambda: None,
    ) -> None:
        """`read` finds those of the keys that are there, by one statement on a connection of its own. `version`
        changes with every commit to what it reads; None: unknown."""
        self._read = read
        self._version = version
        self._wanted: dict[Key, list[asyncio.Future[Row | None]]] = {}
        """A future for each caller: whoever goes away cancels their own."""
        self._reading: asyncio.Task[None] | None = None
        self._seen: int | None = None
        self._rows: dict[Key, Row | None] = {}
        """As they have been ever since version `_seen`."""

    async def get(self, key: Key) -> Row | None:
        """Return the row, or None where there is none. Raises what the read raises."""
        if self._see() is not None and key in self._rows:
            return self._rows[key]
        answer: asyncio.Future[Row | None] = asyncio.get_running_loop().create_future()
        self._wanted.setdefault(key, []).append(answer)
        if self._reading is None:
            self._reading = asyncio.create_task(self._run(), name="fresh rows")
        return await answer

    def _see(self) -> int | None:
        """Return the version now, and forget what an older one knew."""
        version = _looks.look(self._version)
        if version != self._seen or len(self._rows) > KEYS_MAX:
            self._seen = version
            self._rows.clear()
        return version

    async def _run(self) -> None:
        try:
            while self._wanted:
                asked, self._wanted = self._wanted, {}
                version = self._see()  # before the read: a commit between the two is seen by the next request
                try:
                    found = await self._read(list(asked))
                except Exception as error:  # noqa: BLE001  (it is every waiting caller's to handle)
                    for answer in chain.from_iterable(asked.values()):
                        if not answer.done():
                            answer.set_exception(error)
                            answer.exception()  # a caller that goes away now will not look at it
                    continue
                for key, waiting in asked.items():
                    row = found.get(key)
                    if version is not None and version == self._seen:
                        self._rows[key] = row
                    for answer in waiting:
                        if not answer.done():
                            answer.set_result(row)
        finally:
            self._reading = None
