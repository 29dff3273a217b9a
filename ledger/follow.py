"""Follow the log: one loop that brings its records to a sink, in order, from the place that the sink keeps.

A sink is whatever lives on the log: our read models, a broker, a webhook endpoint. Only the sink knows how far it is.
It advances its place together with what it writes, so nothing is lost and nothing is done twice, whatever ends when.
The follower keeps nothing that a restart would miss.

Cost of a pass that finds nothing: one statement about the sizes of all logs, and what `Sink.find_positions` costs. The
loop looks at each hint, and every `POLL_SECONDS` without one. A lost hint costs a poll's delay and nothing else.
"""

import asyncio
import logging
import random
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import NoReturn, Protocol

from ledger.errors import Corrupt, Unavailable
from ledger.journal import Extent, Position, Record, Size
from ledger.observer import SILENT, Observer

log = logging.getLogger(__name__)
log.addHandler(logging.NullHandler())  # a command that has no log says it itself when it ends

SLICE_RECORDS = 500
"""Records of one ledger that a sink takes at once, at most."""
GROUP_LEDGERS_MAX = 50
GROUP_RECORDS_MAX = 500
"""Ledgers and records that a sink takes at once, where each ledger has few."""
POLL_SECONDS = 0.2
REST_SECONDS = 0.025
"""The longest pause after a pass that brought everything. Records may come to a sink so much later."""
TOLD_SECONDS = 60.0
"""One line of the log for one kind of error in so long a time."""
PAUSE_SECONDS = 0.5
PAUSE_SECONDS_MAX = 5.0
"""The first and the longest pause of a loop between two attempts."""
BLOCKED_SECONDS_MAX = 300


# --- waiting ---------------------------------------------------------------------------------------------------------


class Wakeup:
    """A hint that something happened. It wakes everybody in this process who waits, now or the next time."""

    def __init__(self) -> None:
        self._next = asyncio.Event()
        self.tell: Callable[[], None] | None = None
        """Passes what happened here on to other processes."""

    def notify(self) -> None:
        """Wake all who wait, and tell other processes: it happened here."""
        self.wake()
        if self.tell is not None:
            self.tell()

    def wake(self) -> None:
        """Wake all who wait in this process: it happened somewhere."""
        self._next.set()
        self._next = asyncio.Event()

    def take_ticket(self) -> asyncio.Event:
        """Return a ticket to wait with. Take it before you look: then a hint between looking and waiting counts."""
        return self._next

    async def wait(self, timeout_seconds: float, ticket: asyncio.Event | None = None) -> None:
        """Return at the next hint, or after `timeout_seconds`."""
        with suppress(TimeoutError):
            async with asyncio.timeout(timeout_seconds):
                await (ticket or self._next).wait()


class Retries:
    """What a loop in the background does after an error: it pauses, twice as long each time, and says each kind of
    error once a minute. What is wrong with a database, its `Health` has said already."""

    def __init__(self, what: str) -> None:
        """`what` is the loop's work, for the log."""
        self._what = what
        self._pause = 0.0
        self._told: dict[str, float] = {}

    def note_failure(self, error: Exception) -> float:
        """Note an error, and return how many seconds to pause."""
        if not isinstance(error, Unavailable):
            self._tell(error)
        self._pause = min(max(2 * self._pause, PAUSE_SECONDS), PAUSE_SECONDS_MAX)
        return self._pause * random.uniform(0.8, 1.2)

    async def pause_after(self, error: Exception) -> None:
        """Note an error, and pause."""
        await asyncio.sleep(self.note_failure(error))

    def note_success(self) -> None:
        """Note that nothing is wrong any more."""
        self._pause = 0.0
        self._told.clear()

    def _tell(self, error: Exception) -> None:
        kind, now = repr(error), time.monotonic()
        if now - self._told.get(kind, -TOLD_SECONDS) < TOLD_SECONDS:
            return
        # What goes wrong on the way to another machine is no bug: a traceback would say nothing.
        shows_trace = kind not in self._told and not isinstance(error, OSError)
        self._told[kind] = now
        log.error("%s failed; trying again: %s", self._what, error, exc_info=error if shows_trace else None)


async def repeat(work: Callable[[], Awaitable[object]], what: str, hint: Wakeup, poll_seconds: float) -> NoReturn:
    """Do the work for ever: at once again where it returns something true, else at the next hint or after
    `poll_seconds`. After an error it pauses; see `Retries`. `what` names the work in the log."""
    retries = Retries(what)
    while True:
        ticket = hint.take_ticket()
        try:
            again = await work()
        except Exception as error:  # noqa: BLE001  (it is told)
            await retries.pause_after(error)
        else:
            retries.note_success()
            if not again:
                await hint.wait(poll_seconds, ticket)


def find_pause(failures: int) -> int:
    """Return for how many seconds what is blocked is left alone after so many failures: twice as long each time."""
    return int(min(BLOCKED_SECONDS_MAX, 2 ** min(failures, 9)))


# --- following -------------------------------------------------------------------------------------------------------


class Log(Protocol):
    """What a follower needs of the journal."""

    async def read_extents(self) -> dict[int, Extent]:
        """Return the uuid and size of each ledger's log, by serial."""
        ...

    async def read(self, serial: int, start: Position, limit: int) -> list[Record]:
        """Return at most `limit` records from `start` on. Raises Corrupt on a hole."""
        ...


@dataclass(frozen=True, slots=True)
class Blocked:
    """A sink cannot take the record at this position: it stops there, and skips nothing."""

    position: Position
    reason: str


Slice = Sequence[Record] | Corrupt
"""Consecutive records, at least one, or why they cannot be read."""


class Sink(Protocol):
    """What takes the records. It keeps its own place in each ledger, and survives a restart with it."""

    async def find_positions(self, ledgers: Mapping[int, Extent]) -> Mapping[int, Position]:
        """Return from which position on it wants records, by ledger. A ledger that it leaves out is left alone."""
        ...

    async def take(self, slices: Mapping[int, Slice]) -> Mapping[int, Size | Blocked]:
        """Take records of some ledgers in one transaction: lock, discard what was taken already, write, advance.

        Before the first record wanted comes the one before it, where there is one: so the sink can tell that this is
        the log that it comes from. Returns where it goes on in each ledger, or that it is blocked. A ledger that the
        answer leaves out has lost its place: `find_positions` is asked again at once. An exception takes nothing.
        """
        ...


@dataclass(frozen=True, slots=True)
class _Stop:
    """A ledger that is left alone for a while."""

    blocked: Blocked
    failures: int
    until: float
    """By the monotonic clock."""


class Follower:
    """Brings the log of every ledger to one sink. Any number of processes may run one, where the sink locks."""

    def __init__(
        self,
        log_: Log,
        sink: Sink,
        *,
        what: str,
        wakeup: Wakeup,
        slice_records: int = SLICE_RECORDS,
        observer: Observer = SILENT,
    ) -> None:
        """`what` names the sink in the log of the service; `wakeup` says that a ledger grew."""
        self._log = log_
        self._sink = sink
        self._what = what
        self._wakeup = wakeup
        self._slice_records = slice_records
        self._observer = observer
        self._lag: dict[int, int] = {}
        self._stops: dict[int, _Stop] = {}

    @property
    def lag(self) -> Mapping[int, int]:
        """How many records each ledger's log was ahead of the sink after the last pass; no ledger that was not."""
        return self._lag

    @property
    def blocked(self) -> Mapping[int, Blocked]:
        """Where and why the sink goes no further, by ledger."""
        return {ledger: stop.blocked for ledger, stop in self._stops.items()}

    async def run(self) -> None:
        """Catch up for ever. Errors are waited out, with one line in the log."""
        await repeat(self._make_pass, self._what, self._wakeup, POLL_SECONDS)

    async def _make_pass(self) -> bool:
        """Make a pass. Where nothing lags after it, rest as long as it took, at most REST_SECONDS: a pass costs much,
        however few records it brings, so at full speed it brings those of several batches. Returns whether the sink
        moved."""
        begun = time.monotonic()
        moved = await self.catch_up()
        if moved and not self._lag:
            await asyncio.sleep(min(REST_SECONDS, time.monotonic() - begun))
        return moved

    async def catch_up(self) -> bool:
        """Make one pass: bring a slice of each ledger that lags, the longest-lagging first.

        Returns whether the sink moved. Then another pass may find more.
        """
        extents = await self._log.read_extents()
        positions = await self._sink.find_positions(extents)
        known = {ledger: at for ledger, at in positions.items() if ledger in extents}
        self._lag = {ledger: lag for ledger, at in known.items() if (lag := extents[ledger].size - at) > 0}
        now, moved = time.monotonic(), False
        lagging = {ledger: positions[ledger] for ledger in self._lag if not self._is_left_alone(ledger, now)}
        for group in self._groups(lagging):
            moved |= await self._bring(group)
        return moved

    def _is_left_alone(self, ledger: int, now: float) -> bool:
        stop = self._stops.get(ledger)
        return stop is not None and stop.until > now

    def _groups(self, lagging: Mapping[int, Position]) -> Iterator[dict[int, Position]]:
        """Yield the ledgers that are brought together: many that lag little, or one that lags far."""
        group: dict[int, Position] = {}
        room = GROUP_RECORDS_MAX
        for ledger in sorted(lagging, key=lambda each: -self._lag[each]):
            count = min(self._lag[ledger], self._slice_records)
            if group and (len(group) >= GROUP_LEDGERS_MAX or count > room):
                yield group
                group, room = {}, GROUP_RECORDS_MAX
            group[ledger] = lagging[ledger]
            room -= count
        if group:
            yield group

    async def _bring(self, group: Mapping[int, Position]) -> bool:
        """Bring the next slice of these ledgers to the sink; return whether the sink moved. Reading comes first, so
        that the sink has no lock meanwhile."""
        slices = {ledger: await self._read(ledger, position) for ledger, position in group.items()}
        answers = await self._sink.take(slices)
        moved = [self._note(ledger, position, answers.get(ledger)) for ledger, position in group.items()]
        return any(moved)

    async def _read(self, ledger: int, position: Position) -> Slice:
        """Return the next slice, and the record before it."""
        start = max(0, position - 1)
        try:
            records = await self._log.read(ledger, start, position + self._slice_records - start)
        except Corrupt as error:
            return error
        if not records or records[-1].position < position:
            return Corrupt(what=f"the log ends at {position}, before its size")
        return records

    def _note(self, ledger: int, position: Position, answer: Size | Blocked | None) -> bool:
        """Note how far the sink is now. Returns whether it moved."""
        stop = self._stops.pop(ledger, None)
        if answer is None:
            return True
        at = answer.position if isinstance(answer, Blocked) else answer
        self._lag[ledger] -= at - position
        if at > position:
            self._observer.followed(self._what, ledger, at - position, max(0, self._lag[ledger]))
        if self._lag[ledger] <= 0:
            del self._lag[ledger]
        if isinstance(answer, Blocked):
            self._stop(ledger, answer, stop)
        return at != position

    def _stop(self, ledger: int, blocked: Blocked, before: _Stop | None) -> None:
        """Leave a ledger alone for a pause that doubles while the same record blocks it."""
        again = before is not None and before.blocked.position == blocked.position
        failures = before.failures + 1 if before is not None and again else 1
        self._stops[ledger] = _Stop(blocked, failures, time.monotonic() + find_pause(failures))
        log.error("%s: ledger %d is blocked at position %d: %s", self._what, ledger, blocked.position, blocked.reason)
