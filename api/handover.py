"""One writer for each lane among the processes of a server.

Processes that all write to one ledger take turns at its head row's lock: their batches stay small, and each finds the
guards that it remembers changed by another. So those that share a folder agree on who writes which lane, and hand it
the submissions of the others over sockets in that folder.

Promises: those of the sequencer. They agree for speed alone: whoever writes, the head row's lock decides, and who sees
other neighbours than they do, or cannot reach them, writes what it has. A process that is told to stop answers what it
took, and says how far that goes; the rest is written by whoever sent it. What was handed to a process that died is
OutcomeUnknown, for nobody can tell.
"""

import asyncio
import hashlib
import os
import pickle
from collections.abc import AsyncIterator, Callable, Hashable
from contextlib import asynccontextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Any, cast

from ledger.errors import LedgerError, OutcomeUnknown
from ledger.sequencer import Answer, Sequencer, Submission

LOOK_SECONDS = 1.0
"""How often a process looks for neighbours that came and did not make themselves known."""
FAREWELL_SECONDS = 1.0
LANES_MAX = 10_000
"""Lanes whose writer is remembered."""


@asynccontextmanager
async def shared(folder: Path, sequencer: Sequencer) -> AsyncIterator[None]:
    """For as long as the block lasts, write lanes together with every process that does the same with this folder,
    which nobody but this user may enter: what comes from its sockets is unpickled."""
    folder.mkdir(mode=0o700, exist_ok=True)
    place = folder / str(os.getpid())
    place.unlink(missing_ok=True)  # of a process that died, long ago
    neighbours = _Neighbours(folder, place.name, sequencer)
    server = await asyncio.get_running_loop().create_unix_server(neighbours.taker, place)
    looking = asyncio.create_task(neighbours.run(), name="neighbours")
    sequencer.hand_over = neighbours.hand_over
    try:
        yield
    finally:
        sequencer.hand_over = None
        looking.cancel()
        place.unlink(missing_ok=True)
        server.close()
        await neighbours.leave()


class _Neighbours:
    """The processes that share a folder: writers that this one gives to, and those that it takes from."""

    def __init__(self, folder: Path, ours: str, sequencer: Sequencer) -> None:
        self._folder = folder
        self._ours = ours
        self._sequencer = sequencer
        self._writers: dict[str, _Writer] = {}
        self._takers: set[_Taker] = set()
        self._chosen: dict[Hashable, str] = {}
        self._somebody_came = asyncio.Event()

    def hand_over(self, lane: Hashable, submission: Submission) -> bool:
        """Give a submission to the process that writes its lane; False where that is this one."""
        chosen = self._chosen.get(lane)
        if chosen is None:
            chosen = self._choose(lane)
        if chosen == self._ours:
            return False
        self._writers[chosen].give(submission)
        return True

    def _choose(self, lane: Hashable) -> str:
        """By rendezvous: where one comes or goes, only its lanes move."""
        if len(self._chosen) >= LANES_MAX:
            self._chosen.clear()
        weights = {hashlib.sha256(f"{lane} {name}".encode()).digest(): name for name in [self._ours, *self._writers]}
        self._chosen[lane] = weights[max(weights)]
        return self._chosen[lane]

    async def run(self) -> None:
        """Get to know whoever is there, and whoever comes, until cancelled."""
        while True:
            self._somebody_came.clear()
            for name in set(os.listdir(self._folder)) - self._writers.keys() - {self._ours}:
                await self._meet(name)
            with suppress(TimeoutError):
                await asyncio.wait_for(self._somebody_came.wait(), LOOK_SECONDS)

    async def _meet(self, name: str) -> None:
        place = self._folder / name
        try:
            _, writer = await asyncio.get_running_loop().create_unix_connection(partial(_Writer, self._sequencer), place)
        except ConnectionRefusedError:  # it died
            place.unlink(missing_ok=True)
        except OSError:
            pass  # it is leaving, or has too much to do: there is another look
        else:
            writer.gone = partial(self._forget, name)
            self._writers[name] = writer
            self._chosen.clear()

    def _forget(self, name: str) -> None:
        self._writers.pop(name, None)
        self._chosen.clear()

    def taker(self) -> "_Taker":
        """For a neighbour that has just connected: it can be given to as well, then."""
        taker = _Taker(self._sequencer, self._takers)
        self._somebody_came.set()
        return taker

    async def leave(self) -> None:
        """Answer what was taken, take nothing more, and let the others know."""
        if self._takers:
            await asyncio.wait([asyncio.create_task(taker.leave()) for taker in self._takers])
        for writer in list(self._writers.values()):
            writer.close()


class _Link(asyncio.Protocol):
    """Messages over a stream: what is sent in one turn of the event loop goes as one pickle behind its length."""

    def __init__(self) -> None:
        self._received = bytearray()
        self._sending: list[Any] = []
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        self._received += data
        while len(self._received) >= (end := 4 + int.from_bytes(self._received[:4])) > 4:
            messages = pickle.loads(self._received[4:end])  # noqa: S301  (only this user's processes can send here)
            del self._received[:end]
            for message in messages:
                self.heard(message)

    def heard(self, message: Any) -> None:
        """Called for every message from the other side."""
        raise NotImplementedError

    def unsent(self, message: Any) -> None:
        """Called for every message that cannot be sent: it is nested too deeply."""
        raise NotImplementedError

    def send(self, message: Any) -> None:
        if not self._sending:
            asyncio.get_running_loop().call_soon(self._flush)
        self._sending.append(message)

    def _flush(self) -> None:
        messages, self._sending = self._sending, []
        if self._transport is None or self._transport.is_closing():
            return
        try:
            packed = pickle.dumps(messages)
        except RecursionError:
            for message in messages:
                self.unsent(message)
            return
        self._transport.write(len(packed).to_bytes(4) + packed)

    def close(self) -> None:
        if self._transport is not None:
            self._transport.close()


class _Writer(_Link):
    """Another process, as one that gives it submissions sees it."""

    gone: Callable[[], None] = staticmethod(lambda: None)

    def __init__(self, sequencer: Sequencer) -> None:
        super().__init__()
        self._sequencer = sequencer
        self._given: dict[int, Submission] = {}
        self._last = 0

    def give(self, each: Submission) -> None:
        self._last += 1
        self._given[self._last] = each
        self.send((self._last, each.ledger, each.orders, each.actor, each.request, each.atomic))

    def heard(self, message: Any) -> None:
        match message:
            case int(taken):  # it leaves
                self.gone()
                for number in [number for number in self._given if number > taken]:
                    self._write_here(self._given.pop(number))
                self.close()
            case number, LedgerError() as error:
                self._given.pop(number).fail(error)
            case number, answers:
                self._given.pop(number).answer(answers)

    def unsent(self, message: Any) -> None:
        self._write_here(self._given.pop(message[0]))

    def _write_here(self, submission: Submission) -> None:
        try:
            self._sequencer.accept(submission)
        except LedgerError as error:
            submission.fail(error)

    def connection_lost(self, _error: Exception | None) -> None:
        self.gone()
        for submission in self._given.values():
            submission.fail(OutcomeUnknown(command=submission.orders[0].id))
        self._given.clear()


class _Taker(_Link):
    """Another process, as one that takes its submissions sees it."""

    def __init__(self, sequencer: Sequencer, takers: "set[_Taker]") -> None:
        super().__init__()
        self._sequencer = sequencer
        self._takers = takers
        self._taken = 0
        self._waiting: set[asyncio.Future[list[Answer]]] = set()
        self._leaving = False
        self._lost = asyncio.Event()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self._takers.add(self)

    def connection_lost(self, _error: Exception | None) -> None:
        self._takers.discard(self)
        self._lost.set()

    def heard(self, message: Any) -> None:
        if self._leaving:
            return
        number, *submission = message
        self._taken = number
        answered: asyncio.Future[list[Answer]] = asyncio.get_running_loop().create_future()
        self._waiting.add(answered)
        answered.add_done_callback(partial(self._answer, number))
        try:
            self._sequencer.accept(Submission(*submission, answered))
        except LedgerError as error:
            answered.set_exception(error)

    def _answer(self, number: int, answered: "asyncio.Future[list[Answer]]") -> None:
        self._waiting.discard(answered)
        self.send((number, answered.exception() or answered.result()))

    def unsent(self, message: Any) -> None:
        if isinstance(message, int): ...
        self.send((message[0], OutcomeUnknown(command="")))

    async def leave(self) -> None:
        self._leaving = True
        if self._waiting:
            await asyncio.wait(self._waiting)
        self.send(self._taken)
        with suppress(TimeoutError):
            await asyncio.wait_for(self._lost.wait(), FAREWELL_SECONDS)
        self.close()
