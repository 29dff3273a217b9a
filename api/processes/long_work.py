"""Long work, bounded: how much of it runs at once, for whom, for how long, and that everybody else gets on meanwhile.

What can take seconds goes through here: long bodies, dashboards of the past, changes over many records, long lists,
answers that go on for minutes, and computing passwords. Each is refused as `busy` where too much of it runs, ends when
its caller leaves, and takes the event loop for a few milliseconds at a time.
"""

import asyncio
import time
from collections import Counter, deque
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import Any, TypeVar

from api.errors import TookTooLong, TooManyUnderWay

Item = TypeVar("Item")
Made = TypeVar("Made")

SLICE_SECONDS = 0.005
"""For which long work may have the event loop to itself."""
PAST_AT_ONCE, PAST_EACH = 2, 1
"""Dashboards of the past that a process makes at once, and for one user."""
CHANGES_AT_ONCE, CHANGES_EACH = 4, 2
REPORTS_AT_ONCE, REPORTS_EACH, REPORTS_WAITING_MAX = 2, 2, 200
"""Most reports take milliseconds. One of a chart of 100,000 accounts takes some seconds and a hundred megabytes."""
BODIES_AT_ONCE, BODIES_EACH = 1, 1
"""Long bodies that are read beside, each by a process of its own."""
BODY_WAIT_SECONDS = 60.0
STREAMS_AT_ONCE, STREAMS_EACH = 300, 100
"""Followers of logs and streams of whole logs."""
SWITCH_SECONDS = 0.001
"""After which a thread that computes lets the event loop go on. Python's own five milliseconds add up: a request has
some ten waits."""
WAITING_MAX = 20
WAIT_SECONDS = 5.0
"""For a turn, before the caller is told that the process is busy."""
LONG_SECONDS_MAX = 120.0
"""For a dashboard of the past, or changes."""

Present = Callable[[], Awaitable[None]]
"""Raises where the caller has gone."""


class Turns:
    """Lets so many callers in at a time, and so many of `each` user; others wait a little, and are refused then."""

    def __init__(self, what: str, *, at_once: int, each: int, waiting: int, wait_seconds: float | None) -> None:
        self._what = what
        self._at_once, self._each = at_once, each
        self._waiting_max, self._wait_seconds = waiting, wait_seconds
        self._running: Counter[str] = Counter()
        self._queue: deque[tuple[str, asyncio.Future[None]]] = deque()

    @asynccontextmanager
    async def take_turn(self, user: str = "") -> AsyncIterator[None]:
        """Be one of those that run, for the time of the block. Raises TooManyUnderWay."""
        if self._is_free(user):
            self._running[user] += 1
        else:
            await self._wait(user)
        try:
            yield
        finally:
            self._end(user)

    def _is_free(self, user: str) -> bool:
        return self._running.total() < self._at_once and self._running[user] < self._each

    async def _wait(self, user: str) -> None:
        """Return when it is the user's turn, which is counted already."""
        if len(self._queue) >= self._waiting_max:
            raise TooManyUnderWay(what=self._what)
        turn = asyncio.get_running_loop().create_future()
        self._queue.append((user, turn))
        try:
            async with asyncio.timeout(self._wait_seconds):
                await turn
        except BaseException as error:
            if turn.done() and not turn.cancelled():  # it came at the same moment
                self._end(user)
            if isinstance(error, TimeoutError):
                raise TooManyUnderWay(what=self._what) from None
            raise
        finally:
            if (user, turn) in self._queue:
                self._queue.remove((user, turn))

    def _end(self, user: str) -> None:
        """Let those in who waited, the first ones first."""
        self._running[user] -= 1
        if not self._running[user]:
            del self._running[user]
        for waiting, turn in list(self._queue):
            if not turn.done() and self._is_free(waiting):
                self._running[waiting] += 1
                turn.set_result(None)


class Slices:
    """Gives the event loop to long work for a few milliseconds at a time, and to one at a time: however much of it
    there is, whoever asks something short waits for no more than that."""

    def __init__(self) -> None:
        self._lock = asyncio.Lock()

    @asynccontextmanager
    async def slice(self) -> AsyncIterator[None]:
        """Do a piece of long work in the block, when its turn comes."""
        async with self._lock:
            await asyncio.sleep(0)  # the others that are ready come first
            yield

    async def map(self, make: Callable[[Item], Made], items: Iterable[Item]) -> list[Made]:
        """Return what `make` makes of each item. The first few milliseconds are everybody's."""
        made: list[Made] = []
        remaining = iter(items)
        if self._fill(made, make, remaining):
            return made
        while True:
            async with self.slice():
                if self._fill(made, make, remaining):
                    return made

    def _fill(self, made: list[Made], make: Callable[[Item], Made], remaining: Iterable[Item]) -> bool:
        """Go on for a slice; whether everything is made."""
        until = time.perf_counter() + SLICE_SECONDS
        for item in remaining:
            made.append(make(item))
            if time.perf_counter() > until:
                return False
        return True


@dataclass(frozen=True, slots=True)
class LongWork:
    """All long work of a process."""

    past: Turns = field(default_factory=lambda: _turns("dashboards of the past", PAST_AT_ONCE, PAST_EACH))
    changes: Turns = field(default_factory=lambda: _turns("lists of changes", CHANGES_AT_ONCE, CHANGES_EACH))
    bodies: Turns = field(
        default_factory=lambda: Turns(
            "long bodies",
            at_once=BODIES_AT_ONCE,
            each=BODIES_EACH,
            waiting=WAITING_MAX,
            wait_seconds=BODY_WAIT_SECONDS,
        )
    )
    streams: Turns = field(
        default_factory=lambda: Turns(
            "followers and streams", at_once=STREAMS_AT_ONCE, each=STREAMS_EACH, waiting=0, wait_seconds=None
        )
    )
    reports: Turns = field(
        default_factory=lambda: _turns("reports", REPORTS_AT_ONCE, REPORTS_EACH, REPORTS_WAITING_MAX)
    )
    slices: Slices = field(default_factory=Slices)
    ending: asyncio.Event = field(default_factory=asyncio.Event)
    """Set when the process is told to end. What would go on for minutes ends then."""
    _thread: Executor = field(default_factory=lambda: ThreadPoolExecutor(1, "apart"))

    async def run_apart(self, make: Callable[..., Made], *arguments: Any, **named: Any) -> Made:
        """Return what a function makes that waits for nothing, in a thread that makes one thing at a time. It shares
        the interpreter with the event loop, which gets on meanwhile (SWITCH_SECONDS)."""
        return await asyncio.get_running_loop().run_in_executor(self._thread, partial(make, *arguments, **named))


def _turns(what: str, at_once: int, each: int, waiting: int = 0) -> Turns:
    return Turns(what, at_once=at_once, each=each, waiting=waiting or WAITING_MAX, wait_seconds=WAIT_SECONDS)


@asynccontextmanager
async def limit_time() -> AsyncIterator[None]:
    """End the block when it takes too long. Raises TookTooLong."""
    try:
        async with asyncio.timeout(LONG_SECONDS_MAX):
            yield
    except TimeoutError:
        raise TookTooLong(seconds=int(LONG_SECONDS_MAX)) from None
