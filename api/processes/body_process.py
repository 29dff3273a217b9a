"""Long bodies are read by a process beside, so that neither its time nor its memory is taken from whoever else asks.

Each body has a process of its own, forked off one that has imported what it needs (20 ms). That one listens at a socket
in the temporary folder. Where it cannot, or the socket is gone, the reader is started from nothing (half a second). A
reader has a limit on memory and time, ends with its body, and is killed when the caller leaves.
"""

import asyncio
import gc
import logging
import multiprocessing
import os
import pickle
import signal
import sys
import threading
import traceback
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from typing import Any, TypeVar

from api.processes.long_work import LongWork
from ledger.errors import LedgerError, Unavailable

if sys.platform != "win32":
    import resource

log = logging.getLogger(__name__)

T = TypeVar("T")
Read = Callable[[bytes], Iterator[T]]
"""Makes of a body, piece by piece, what the service goes on with. A function of a module: it is passed by its name."""

SECONDS_MAX = 60
"""Of CPU. A body of 16 MiB takes about 2."""
MEMORY_BYTES_MAX = 1024 * 1024 * 1024
"""Twice what the worst body takes."""
NICENESS = 5
"""The process that serves comes first."""
PRELOADED = ["api.shapes.bulk"]
"""What the readers need. It imports neither databases nor the service."""


async def read_beside(long: LongWork, user: str, read: Read[T], raw: bytes) -> list[T]:
    """Return all that `read` makes of a body of this user's, when its turn comes. Raises what it raises if that is a
    LedgerError, TooManyUnderWay, and Unavailable where it came to no end."""
    async with long.bodies.take_turn(user):
        packed = await _run(read, raw)
    return await long.slices.map(_unpack, packed)


async def _run(read: Read[Any], raw: bytes) -> list[bytes]:
    reader = _Reader(read, raw)
    try:
        return await asyncio.to_thread(reader.run)
    finally:
        reader.stop()


class _Reader:
    """One body and its process; `run` is for a thread."""

    def __init__(self, read: Read[Any], raw: bytes) -> None:
        self._read, self._raw = read, raw
        self._lock = threading.Lock()
        self._process: BaseProcess | None = None
        self._stopped = False

    def run(self) -> list[bytes]:
        """Return what the process made, packed. Raises Unavailable."""
        ours, theirs = multiprocessing.Pipe(duplex=False)
        with ours:
            with theirs:
                process = self._start(theirs)
            pieces = []
            try:
                while packed := ours.recv_bytes():
                    pieces.append(packed)
            except (EOFError, OSError):
                self._say_how_it_ended(process)
                raise Unavailable from None
            finally:
                self.stop()
                process.join()
        return pieces

    def _start(self, pipe: Connection) -> BaseProcess:
        process = self._started(pipe)
        with self._lock:
            self._process = process
        if self._stopped:
            self.stop()
        return process

    def _started(self, pipe: Connection) -> BaseProcess:
        """Return a new process, forked where that can be done."""
        for context in _contexts():
            process: BaseProcess = context.Process(target=_work, args=(pipe, self._read, self._raw), daemon=True)
            try:
                process.start()
            except (OSError, EOFError) as error:
                log.warning(
                    "no process can be started by %s to read a long body: %s", context.get_start_method(), error
                )
            else:
                return process
        raise Unavailable

    def stop(self) -> None:
        """Let the process end, whatever it is doing. Either thread may call it."""
        self._stopped = True
        with self._lock:
            if self._process is not None and self._process.is_alive():
                self._process.kill()

    def _say_how_it_ended(self, process: BaseProcess) -> None:
        process.join(1)
        if not self._stopped:
            log.warning("the process that read a body of %d bytes ended with %s", len(self._raw), process.exitcode)


@dataclass(frozen=True, slots=True)
class _Raised:
    """What was raised beside; a refusal may also be what was made."""

    error: Exception


@cache
def _contexts() -> list[Any]:
    """Return the ways to start a process, the fastest first."""
    spawning = multiprocessing.get_context("spawn")
    if "forkserver" not in multiprocessing.get_all_start_methods():
        return [spawning]
    forking = multiprocessing.get_context("forkserver")
    forking.set_forkserver_preload(PRELOADED)
    return [forking, spawning]


def _unpack(packed: bytes) -> Any:
    value = pickle.loads(packed)  # noqa: S301  (from a process of our own)
    if isinstance(value, _Raised):
        raise value.error
    return value


# --- in the process beside -------------------------------------------------------------------------------------------


def _work(pipe: Connection, read: Read[Any], raw: bytes) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the answer to it is the other process's
    gc.disable()  # there is no time for it, and all ends soon
    _limit()
    try:
        for packed in _pack(read, raw):
            pipe.send_bytes(packed)
        pipe.send_bytes(b"")
    except (OSError, MemoryError):  # nobody wants it any more, or it is too much
        os._exit(1)
    os._exit(0)  # without taking apart what was made


def _pack(read: Read[Any], raw: bytes) -> Iterator[bytes]:
    try:
        for piece in read(raw):
            yield pickle.dumps(piece)
    except MemoryError:
        raise
    except LedgerError as refusal:
        yield pickle.dumps(_Raised(refusal))
    except Exception:  # noqa: BLE001  (a bug, which the other process logs)
        yield pickle.dumps(_Raised(RuntimeError(traceback.format_exc())))


def _limit() -> None:
    """Bound what this process may use, where the system can do that."""
    if sys.platform == "win32":
        return
    os.nice(NICENESS)
    for kind, most in ((resource.RLIMIT_CPU, SECONDS_MAX), (resource.RLIMIT_DATA, MEMORY_BYTES_MAX)):
        with suppress(OSError, ValueError):
            resource.setrlimit(kind, (most, resource.getrlimit(kind)[1]))
