"""Processes beside the first one of a server: each is started again when it ends, and none outlives the first one.

A child tells over a pipe that its event loop turns, and whether it answers already. One that is silent for
SILENCE_SECONDS is killed and started again. A child watches the process that started it: when that one is gone, the
child ends as if it had been told to.
"""

import asyncio
import logging
import multiprocessing
import os
import signal
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass
from multiprocessing import resource_tracker
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnProcess
from multiprocessing.process import parent_process
from typing import Any

log = logging.getLogger(__name__)

SHUTDOWN_SECONDS = 10
"""For a process that was told to end, to answer what it was asked before."""
GOODBYE_SECONDS = 5
"""More than that, until it is killed."""
SILENCE_SECONDS = 60
"""On a busy machine starting alone takes a while."""
PULSE_SECONDS = 1.0
LOOK_SECONDS = 0.2
PAUSE_SECONDS, PAUSE_SECONDS_MAX = 1.0, 30.0
"""Before a child is started again. The pause doubles with every start after which it never answered."""

_spawn = multiprocessing.get_context("spawn")


class Pulse:
    """What a child tells the process that started it."""

    def __init__(self, pipe: Connection) -> None:
        os.set_blocking(pipe.fileno(), False)
        self._pipe = pipe

    @asynccontextmanager
    async def beat(self, answers: Callable[[], bool]) -> AsyncIterator[None]:
        """Tell again and again, for the time of the block, that the event loop turns, and whether `answers` is true."""
        task = asyncio.create_task(self._beat(answers), name="pulse")
        try:
            yield
        finally:
            task.cancel()

    async def _beat(self, answers: Callable[[], bool]) -> None:
        while True:
            told = answers()
            with suppress(OSError):  # the pipe is full because its reader is stopped, or its reader is gone
                self._pipe.send_bytes(b"1" if told else b"0")
            await asyncio.sleep(PULSE_SECONDS if told else LOOK_SECONDS)


@dataclass(frozen=True, slots=True)
class Child:
    """A process: its name, and the function that it runs with a pulse and these arguments."""

    name: str
    run: Callable[..., None]
    arguments: tuple[Any, ...] = ()
    serves: bool = False
    """Requests are answered by this one. A server of which none has answered yet gives up when one of them ends."""


class Kept:
    """The children of this process."""

    def __init__(self, children: Sequence[Child], answering: Callable[[], None]) -> None:
        self._running = [_Running(child) for child in children]
        self._answering = answering
        self._answered = False
        self._ended = threading.Event()

    def wait(self) -> None:
        """Return when the children end for good: because they were told to, or because none of them can serve."""
        self._ended.wait()

    def end(self) -> None:
        """Let the children end."""
        self._ended.set()

    def run(self) -> None:
        """Keep the children running until told to end; then end them."""
        try:
            self._keep()
        finally:
            self._ended.set()
            deadline = time.monotonic() + SHUTDOWN_SECONDS + GOODBYE_SECONDS
            for serves in (True, False):  # what follows the log ends last, so that it sees all of it
                ending = [one for one in self._running if one.child.serves is serves]
                for one in ending:
                    one.tell_to_end()
                for one in ending:
                    one.join(deadline)

    def _keep(self) -> None:
        looked_at = time.monotonic()
        while not self._ended.is_set():
            heard = wait([each for one in self._running for each in one.list_watched()], LOOK_SECONDS)
            looked_at, passed = time.monotonic(), time.monotonic() - looked_at
            for one in self._running:
                # This process may have been stopped for a while itself: that is nobody's silence.
                one.look(heard, min(passed, 2 * LOOK_SECONDS))
                self._consider(one)

    def _consider(self, one: "_Running") -> None:
        """Start this child where it is due, unless that is hopeless; and say when the first one answers."""
        serves = one.child.serves
        if serves and one.answered and not self._answered:
            self._answered = True
            self._answering()
        if not one.is_due():
            return
        if serves and one.failures and not self._answered:
            self._ended.set()
        else:
            one.start()


@contextmanager
def keep_children(children: Sequence[Child], answering: Callable[[], None] = lambda: None) -> Iterator[Kept]:
    """Keep these processes running for the time of the block, and end them after it. `answering` is called, in another
    thread, when the first of those that serve answers."""
    kept = Kept(children, answering)
    thread = threading.Thread(target=kept.run, name="children")
    thread.start()
    try:
        yield kept
    finally:
        kept.end()
        thread.join()


@dataclass(slots=True)
class _Running:
    """A child and the process that it is at the moment."""

    child: Child
    process: SpawnProcess | None = None
    pipe: Connection | None = None
    answered: bool = False
    """This process, at least once."""
    silent_seconds: float = 0.0
    failures: int = 0
    """Processes in a row that never answered."""
    due: float = 0.0
    """When the next process is started, where there is none."""
    ended: str = ""
    """How the last one ended."""

    def list_watched(self) -> list[Any]:
        """Return what becomes ready when something happens to the process."""
        if self.process is None:
            return []
        return [self.process.sentinel] + ([] if self.pipe is None else [self.pipe])

    def look(self, heard: Sequence[Any], passed_seconds: float) -> None:
        """Take notice of what the process said, or that it has ended, or that it says nothing any more."""
        if self.process is None:
            return
        self.silent_seconds += passed_seconds
        if self.process.sentinel in heard:
            self._lose()
        elif self.pipe in heard:
            self._hear()
        elif self.silent_seconds > SILENCE_SECONDS:
            log.error("the %s process was silent for %d s; killing it", self.child.name, SILENCE_SECONDS)
            self.silent_seconds = 0.0
            self.process.kill()

    def is_due(self) -> bool:
        """Return whether a process is to be started."""
        return self.process is None and time.monotonic() >= self.due

    def start(self) -> None:
        """Start a process. Where the system has no room for one, that counts as one that ended at once."""
        if self.ended:  # only now: Ctrl-C ends all of them, and a child may be the first to go
            log.error("the %s process has ended (%s); starting another one", self.child.name, self.ended)
        self.answered, self.silent_seconds = False, 0.0
        self.pipe, theirs = _spawn.Pipe(duplex=False)
        process = _spawn.Process(target=_begin, args=(self.child, theirs), name=self.child.name)
        try:
            with _block_signals():
                process.start()
            self.process = process
        except (OSError, ValueError) as error:  # no room, or its sockets are closed by now
            self._count_failure(str(error))
        theirs.close()

    def tell_to_end(self) -> None:
        if self.process is not None:
            self.process.terminate()

    def join(self, deadline: float) -> None:
        """Return when the process has ended, which it is made to at the deadline."""
        if self.process is not None:
            self.process.join(max(0.0, deadline - time.monotonic()))
            self.process.kill()
            self.process.join()

    def _hear(self) -> None:
        assert self.pipe is not None
        self.silent_seconds = 0.0
        try:
            if self.pipe.recv_bytes() == b"1":
                self.answered, self.failures = True, 0
        except (EOFError, OSError):  # its end is near
            self.pipe.close()
            self.pipe = None

    def _lose(self) -> None:
        assert self.process is not None
        self.process.join()
        exitcode, self.process = self.process.exitcode, None
        self._count_failure(f"exit code {exitcode}")

    def _count_failure(self, ended: str) -> None:
        self.ended = ended
        self.failures += not self.answered
        pause = PAUSE_SECONDS if self.answered else min(PAUSE_SECONDS * 2**self.failures, PAUSE_SECONDS_MAX)
        self.due = time.monotonic() + pause


def _begin(child: Child, pipe: Connection) -> None:
    """Run the child, in its process."""
    end_with_parent()
    with suppress(KeyboardInterrupt):
        _let_through({signal.SIGINT})
        child.run(Pulse(pipe), *child.arguments)


@contextmanager
def _block_signals() -> Iterator[None]:
    """Let processes that are started in the block hear of Ctrl-C and SIGTERM only when they ask for it.

    A process that is still importing the program would end in a traceback at Ctrl-C, and leave undone at SIGTERM what a
    stop has to do.
    """
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    resource_tracker.ensure_running()  # starting it, which the first child does else, would let signals through
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, signal.SIGTERM})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def let_sigterm_through() -> None:
    """Hear of SIGTERM from now on. Every child calls it when it can end in order."""
    _let_through({signal.SIGTERM})


def _let_through(signals: set[signal.Signals]) -> None:
    if hasattr(signal, "pthread_sigmask"):
        signal.pthread_sigmask(signal.SIG_UNBLOCK, signals)


def end_with_parent() -> None:
    """Let this process end, in a few seconds, when the one that started it is gone."""
    threading.Thread(target=_follow_parent, name="parent", daemon=True).start()


def _follow_parent() -> None:
    parent = parent_process()
    if parent is None:
        return
    parent.join()
    log.warning("the parent process has ended; this process ends too")
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(SHUTDOWN_SECONDS + GOODBYE_SECONDS)
    os._exit(1)
