"""Rows as fresh as a query of one's own, at the price of a shared one.

A row may answer a request only if it was read after the request arrived: no timer and no notification decides that. So
everybody who asks while a read is under way shares the next one. On SQLite `Database.version` tells in microseconds
whether anybody, in any process, has committed since a row was read; then it still holds and nothing is read at all.
"""

import asyncio
from collections.abc import Awaitable, Callable, Hashable, Mapping
from typing import Generic, TypeVar

Key = TypeVar("Key", bound=Hashable)
Row = TypeVar("Row")

KEYS_MAX = 10_000
"""Rows remembered; one more, and all are forgotten."""


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
        self._wanted: dict[Key, asyncio.Future[Row | None]] = {}
        self._reading: asyncio.Task[None] | None = None
        self._seen: int | None = None
        self._rows: dict[Key, Row | None] = {}
        """As they have been ever since version `_seen`."""

    async def get(self, key: Key) -> Row | None:
        """The row, or None where there is none. Raises what the read raises."""
        if self._see() is not None and key in self._rows:
            return self._rows[key]
        wanted = self._wanted.get(key)
        if wanted is None:
            wanted = self._wanted[key] = asyncio.get_running_loop().create_future()
        if self._reading is None:
            self._reading = asyncio.create_task(self._run(), name="fresh rows")
        return await asyncio.shield(wanted)  # whoever goes away must not take the others' answer along

    def _see(self) -> int | None:
        """The version now; what an older one knew is forgotten."""
        version = self._version()
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
                    for waiting in asked.values():
                        waiting.set_exception(error)
                        waiting.exception()  # a caller that went away will not look at it
                    continue
                for key, waiting in asked.items():
                    row = found.get(key)
                    if version is not None and version == self._seen:
                        self._rows[key] = row
                    waiting.set_result(row)
        finally:
            self._reading = None
