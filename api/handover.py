"""One writer for each lane among the processes of a server.

Processes that all write to one ledger take turns at its head row's lock: their batches stay small, and each finds the
guards that it remembers changed by another. So those that share a folder agree on who writes which lane, and hand it
the submissions of the others, over sockets in that folder. A client whose requests are handed over again and again is
itself passed on, connection and all: what it asks for then costs no more than in a server of one process.

Promises: those of the sequencer. They agree for speed alone: whoever writes, the head row's lock decides, and a process
that sees other neighbours than they do, or cannot reach them, writes what it has. One that is told to stop answers what
it took and says how far that goes; the rest is written by whoever sent it. What was handed to a process that died is
OutcomeUnknown, for nobody can tell.
"""

import asyncio
import hashlib
import logging
import os
import pickle
import socket
import time
from abc import ABC, abstractmethod
from array import array
from collections.abc import AsyncIterator, Hashable, Iterator, Sequence
from contextlib import asynccontextmanager, suppress
from contextvars import ContextVar
from functools import partial
from pathlib import Path
from typing import Any, Protocol, cast

from ledger.errors import LedgerError, OutcomeUnknown
from ledger.sequencer import Answer, Sequencer, Submission

log = logging.getLogger(__name__)

LOOK_SECONDS = 1.0
"""How often a process looks for neighbours that it does not know yet; one that connects is looked for at once."""
FAREWELL_SECONDS = 1.0
"""How long a process that leaves waits for the others to have heard it."""
LANES_MAX = 10_000
"""Lanes whose writer is remembered."""
LENGTH_BYTES = 4
BUSY_MAX = 0.75
"""Of a processor. A process that is busier takes no connection: others can still help it with theirs."""
BUSY_SECONDS = 0.1
"""The time that this is measured over."""


class Writer(Protocol):
    """A process among its neighbours."""

    def takes(self) -> bool:
        """Whether it is another one, and has time for one more connection."""
        ...

    def pass_on(self, connection: int) -> bool:
        """Give it a connection, between two requests, by its file descriptor; False: it has to be kept."""
        ...


class Adopter(Protocol):
    """Who serves connections in this process."""

    def can_adopt(self) -> bool:
        """Whether `adopt` would serve one."""
        ...

    def adopt(self, connection: socket.socket) -> None:
        """Serve a connection that another process accepted, from its next request on."""
        ...


written_by: ContextVar["Writer | None"] = ContextVar("written_by", default=None)
"""Where the last submission of this request went; None: there was none."""


@asynccontextmanager
async def lanes_shared(
    folder: Path, sequencer: Sequencer, name: str | None = None, adopter: Adopter | None = None
) -> AsyncIterator[None]:
    """For as long as the block lasts, share the writing with every process that does the same with this folder.

    Only this user may enter it: what comes from its sockets is unpickled. `name`: a process's own there, by default its
    number. Without `adopter` it takes submissions and no connections.
    """
    folder.mkdir(mode=0o700, exist_ok=True)  # noqa: ASYNC240  (it is in the temporary folder, and done once)
    place = folder / (name or str(os.getpid()))
    unready = folder / f".{place.name}"
    passing = _Passing(folder, place.name, adopter)
    neighbours = _Neighbours(folder, place.name, sequencer, passing)
    server = await asyncio.get_running_loop().create_unix_server(neighbours.taker, str(unready))
    unready.rename(place)  # it listens by now: one that refuses belongs to a process that died
    looking = asyncio.create_task(neighbours.look_around(), name="neighbours")
    sequencer.hand_over = neighbours.hand_over
    try:
        yield
    finally:
        sequencer.hand_over = None
        looking.cancel()
        await asyncio.wait([looking])  # nobody is met any more
        place.unlink(missing_ok=True)
        server.close()
        await neighbours.leave()
        passing.close()


class _Neighbours:
    """The processes that share a folder: those that this one can give to, and those that it takes from."""

    def __init__(self, folder: Path, ours: str, sequencer: Sequencer, passing: "_Passing") -> None:
        self._folder = folder
        self._ours = ours
        self._sequencer = sequencer
        self.passing = passing
        self._writers: dict[str, _Writer] = {}
        self._takers: set[_Taker] = set()
        self._here = _Here()
        self._chosen: dict[Hashable, str] = {}
        self._somebody_came = asyncio.Event()

    def hand_over(self, lane: Hashable, submission: Submission) -> bool:
        """Give a submission to the process that writes its lane; False where that is this one."""
        chosen = self._chosen.get(lane) or self._choose(lane)
        if chosen == self._ours:
            written_by.set(self._here)
            return False
        written_by.set(writer := self._writers[chosen])
        writer.give(submission)
        return True

    def _choose(self, lane: Hashable) -> str:
        """Rendezvous hashing (Thaler and Ravishankar 1998): where one comes or goes, only its lanes move."""
        if len(self._chosen) >= LANES_MAX:
            self._chosen.clear()
        names = [self._ours, *self._writers]
        self._chosen[lane] = max(names, key=lambda name: hashlib.sha256(f"{lane} {name}".encode()).digest())
        return self._chosen[lane]

    async def look_around(self) -> None:
        """Get to know whoever is there, and whoever comes, until cancelled."""
        while True:
            self._somebody_came.clear()
            for name in self._strangers():
                await self._meet(name)
            with suppress(TimeoutError):
                await asyncio.wait_for(self._somebody_came.wait(), LOOK_SECONDS)

    def _strangers(self) -> set[str]:
        try:
            there = {name for name in os.listdir(self._folder) if not name.startswith(".")}
        except OSError as error:  # such as too many open files: there is another look
            log.warning("the other processes cannot be looked for: %s", error)
            return set()
        return there - self._writers.keys() - {self._ours}

    async def _meet(self, name: str) -> None:
        place = self._folder / name
        try:
            await asyncio.get_running_loop().create_unix_connection(partial(_Writer, self, name), str(place))
        except ConnectionRefusedError:  # it died
            place.unlink(missing_ok=True)
            self.passing.at(name).unlink(missing_ok=True)
        except OSError:
            pass  # it is leaving, or not quite there: there is another look

    def know(self, name: str, writer: "_Writer") -> None:
        """It can be given to."""
        self._writers[name] = writer
        self._chosen.clear()

    def forget(self, name: str, writer: "_Writer") -> None:
        """It can no longer be given to."""
        if self._writers.get(name) is writer:
            del self._writers[name]
            self._chosen.clear()

    def write_here(self, submission: Submission) -> None:
        """Write it ourselves."""
        try:
            self._sequencer.accept(submission)
        except LedgerError as error:
            submission.fail(error)

    def taker(self) -> "_Taker":
        """For one who has just connected, and can be given to as well."""
        self._somebody_came.set()
        return _Taker(self, self._takers)

    async def leave(self) -> None:
        """Answer what was taken, take nothing more, and let everybody know."""
        await asyncio.gather(*[taker.leave() for taker in self._takers])
        for writer in list(self._writers.values()):
            writer.close()


class _Here:
    """This process, for its own connections: they are where they should be."""

    def takes(self) -> bool:
        return False

    def pass_on(self, _connection: int) -> bool:
        return False


class _Link(asyncio.Protocol, ABC):
    """Messages over a stream: what is sent in one turn of the event loop goes as one pickle behind its length."""

    def __init__(self) -> None:
        self._received = bytearray()
        self._sending: list[Any] = []
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        self._received += data
        while len(self._received) >= (end := LENGTH_BYTES + int.from_bytes(self._received[:LENGTH_BYTES])):
            messages = pickle.loads(self._received[LENGTH_BYTES:end])  # noqa: S301  (only this user can send here)
            del self._received[:end]
            for message in messages:
                self.heard(message)

    @abstractmethod
    def heard(self, message: Any) -> None:
        """Called for every message from the other side."""

    def unsent(self, _message: Any) -> None:
        """Called for a message that cannot be sent: it is nested too deeply. The other side shall not wait for it."""
        self.close()

    def send(self, message: Any) -> None:
        """Send it with all others of this turn."""
        if not self._sending:
            asyncio.get_running_loop().call_soon(self._flush)
        self._sending.append(message)

    def _flush(self) -> None:
        messages, self._sending = self._sending, []
        for packed in self._packed(messages):
            if self._transport is not None and not self._transport.is_closing():
                self._transport.write(len(packed).to_bytes(LENGTH_BYTES) + packed)

    def _packed(self, messages: Sequence[Any]) -> Iterator[bytes]:
        try:
            yield pickle.dumps(messages)
        except RecursionError:  # of one of them
            if len(messages) == 1:
                self.unsent(messages[0])
                return
            for message in messages:
                yield from self._packed([message])

    def close(self) -> None:
        """Send what is under way, and nothing more."""
        if self._transport is not None:
            self._transport.close()


class _Writer(_Link):
    """Another process, for one that gives it submissions. Each has a number; they count up from 1."""

    def __init__(self, neighbours: _Neighbours, name: str) -> None:
        super().__init__()
        self._neighbours = neighbours
        self._name = name
        self._takes_connections = False
        self._given: dict[int, Submission] = {}
        self._last = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self._neighbours.know(self._name, self)

    def give(self, submission: Submission) -> None:
        """Its answers, or what went wrong, come to the submission."""
        self._last += 1
        self._given[self._last] = each = submission
        self.send((self._last, each.ledger, each.orders, each.actor, each.request, each.atomic))

    def takes(self) -> bool:
        """Whether it has time for one more connection."""
        return self._takes_connections

    def pass_on(self, connection: int) -> bool:
        """Give it a connection, between two requests, by its file descriptor; False: it has to be kept."""
        return self._takes_connections and self._neighbours.passing.send(connection, self._name)

    def heard(self, message: Any) -> None:
        match message:
            case bool(takes):
                self._takes_connections = takes
            case int(taken):  # it leaves, and took no more than these
                self._takes_connections = False
                self._neighbours.forget(self._name, self)
                for number in [number for number in self._given if number > taken]:
                    self._neighbours.write_here(self._given.pop(number))
                self.close()
            case number, LedgerError() as error:
                self._given.pop(number).fail(error)
            case number, answers:
                self._given.pop(number).answer(answers)

    def unsent(self, message: Any) -> None:
        self._neighbours.write_here(self._given.pop(message[0]))

    def connection_lost(self, _error: Exception | None) -> None:
        self._takes_connections = False
        self._neighbours.forget(self._name, self)
        for submission in self._given.values():
            submission.fail(OutcomeUnknown(command=submission.orders[0].id))
        self._given.clear()


class _Taker(_Link):
    """Another process, for one that takes its submissions."""

    def __init__(self, neighbours: _Neighbours, takers: "set[_Taker]") -> None:
        super().__init__()
        self._neighbours = neighbours
        self._takers = takers
        self._taken = 0
        self._waiting: set[asyncio.Future[list[Answer]]] = set()
        self._takes_connections = False
        """As the other side knows it."""
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
        self._taken, ledger, orders, actor, request, atomic = message
        answered: asyncio.Future[list[Answer]] = asyncio.get_running_loop().create_future()
        self._waiting.add(answered)
        answered.add_done_callback(partial(self._answer, self._taken))
        self._neighbours.write_here(Submission(ledger, orders, actor, request, atomic, answered))

    def _answer(self, number: int, answered: "asyncio.Future[list[Answer]]") -> None:
        self._waiting.discard(answered)
        if self._takes_connections != (takes := self._neighbours.passing.takes()):
            self._takes_connections = takes
            self.send(takes)
        self.send((number, answered.exception() or answered.result()))

    async def leave(self) -> None:
        """Answer what was taken, and say that it was all."""
        self._leaving = True
        if self._waiting:
            await asyncio.wait(self._waiting)
        self.send(self._taken)
        with suppress(TimeoutError):
            await asyncio.wait_for(self._lost.wait(), FAREWELL_SECONDS)
        self.close()


class _Passing:
    """Connections that go from process to process, by sockets of their own: a stream of messages cannot hold them."""

    def __init__(self, folder: Path, ours: str, adopter: Adopter | None) -> None:
        self._folder = folder
        self._adopter = adopter
        self._place = self.at(ours)
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.setblocking(False)
        self._place.unlink(missing_ok=True)  # of one that had this number, and died
        self._socket.bind(str(self._place))
        self._measured, self._used, self._busy = time.monotonic(), time.process_time(), 0.0
        asyncio.get_running_loop().add_reader(self._socket, self._receive)

    def at(self, name: str) -> Path:
        """Where a process takes connections."""
        return self._folder / f".{name}.connections"

    def takes(self) -> bool:
        """Whether this process has time for one more."""
        now, used = time.monotonic(), time.process_time()
        if now - self._measured >= BUSY_SECONDS:
            self._busy = (used - self._used) / (now - self._measured)
            self._measured, self._used = now, used
        return self._adopter is not None and self._adopter.can_adopt() and self._busy < BUSY_MAX

    def send(self, connection: int, name: str) -> bool:
        """Give a connection away; False where that cannot be done at once."""
        try:
            rights = (socket.SOL_SOCKET, socket.SCM_RIGHTS, array("i", [connection]))
            self._socket.sendmsg([b"1"], [rights], 0, str(self.at(name)))  # send_fds leaves the address out
        except OSError:
            return False
        return True

    def _receive(self) -> None:
        with suppress(BlockingIOError):
            while True:
                _, connections, *_ = socket.recv_fds(self._socket, 1, 1)
                for connection in connections:
                    given = socket.socket(fileno=connection)
                    given.set_inheritable(False)
                    if self._adopter is None:
                        given.close()
                    else:
                        self._adopter.adopt(given)

    def close(self) -> None:
        """Take what is under way, and nothing more."""
        asyncio.get_running_loop().remove_reader(self._socket)
        self._place.unlink(missing_ok=True)
        self._receive()
        self._socket.close()
