"""The lines of an import's file, read and checked in themselves, a chunk at a time; by a process of its own where one
may be made, so that they are read while the ledger is asked about those before.

The file is read once, from front to back, so that it may be a pipe: `-` is standard input.
"""

import gzip
import io
import multiprocessing
import os
import signal
import stat
import sys
import zlib
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from itertools import islice
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from api.exchange.import_lines import LINE_BYTES_MAX, Draft, DraftReader, make_default_source, pack
from api.exchange.import_plan import ImportOptions, ImportRefused
from api.processes.children import end_with_parent
from ledger.errors import LedgerError

CHUNK_LINES = 1_000
"""Written by one batch. With 2,000 a line takes 5 % less, and who posts to the same ledger meanwhile waits twice as
long."""
CHUNK_BYTES = 4 * 1024 * 1024
LINES_AT_ONCE = 50
"""In a piece: unpacked between two looks at the event loop."""

READ_BYTES = 256 * 1024
GZIP_MARK = b"\x1f\x8b"
STANDARD_INPUT = Path("-")

NumberedLine = tuple[int, bytes]


@dataclass(frozen=True, slots=True)
class Chunk:
    """Some lines that are not blank."""

    pieces: list[bytes]
    """The drafts of those in good shape, for `unpack`."""
    refused: list[tuple[int, LedgerError]]
    """The others, and what is wrong with each in itself."""
    count: int
    """Of both."""
    done: int
    """Bytes of the file read by now."""


def find_length(path: Path) -> int | None:
    """Return how long the file is; None: it is a pipe or the like, which has no length."""
    if path == STANDARD_INPUT:
        return None
    found = path.stat()
    return found.st_size if stat.S_ISREG(found.st_mode) else None


def find_source(path: Path, options: ImportOptions) -> str:
    """Return the name of the source, which the idempotency keys are made of. Raises ValueError where the options name
    none and the input has no name that it would have again."""
    if options.source:
        return options.source
    if find_length(path) is None:
        raise ValueError(
            "name the source with --source: what comes from a pipe has no name, and by it a line that was imported "
            "before is known"
        )
    return make_default_source(path)


def read_chunks(path: Path, options: ImportOptions) -> Iterator[Chunk]:
    """Yield the whole file; gzip is unpacked on the way. Raises ImportRefused where it cannot be, OSError, and
    ValueError as `find_source` does."""
    source = find_source(path, options)
    with _open(path) as file:
        yield from _chunks(file, path, DraftReader(source, options.currency_map))


def _chunks(file: io.FileIO, path: Path, reader: DraftReader) -> Iterator[Chunk]:
    counted = _Counted(file)
    packed = counted.begins_with(GZIP_MARK)
    raw = io.BufferedReader(counted, READ_BYTES)
    lines = _lines(gzip.GzipFile(fileobj=raw) if packed else raw)
    try:
        while chunk := list(islice(_limited(lines), CHUNK_LINES)):
            yield _checked(reader, chunk, counted.done)
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise ImportRefused(trouble=f"{path.name} cannot be decompressed: {error}") from None


def _open(path: Path) -> io.FileIO:
    # A copy of the descriptor: standard input itself is closed in a process that is copied.
    return io.FileIO(os.dup(0) if path == STANDARD_INPUT else path)


class _Counted(io.RawIOBase):
    """A file that is read to its end and never sought, with a count of what was read."""

    def __init__(self, file: io.FileIO) -> None:
        self._file = file
        self._first = b""
        self.done = 0

    def begins_with(self, mark: bytes) -> bool:
        """Return whether the file begins with these bytes, which are read again afterwards."""
        while len(self._first) < len(mark) and (more := self._file.read(len(mark) - len(self._first))):
            self._first += more
        return self._first == mark

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        first, self._first = self._first[: len(buffer)], self._first[len(buffer) :]
        if first:
            buffer[: len(first)] = first
        count = len(first) or self._file.readinto(buffer) or 0
        self.done += count
        return count


@asynccontextmanager
async def read_chunks_ahead(path: Path, options: ImportOptions) -> AsyncIterator[Iterator[Chunk]]:
    """Give the chunks of `read_chunks`, read by another process on Linux, where a process may be copied; call it before
    this one has threads. It is some chunks ahead, as many as fit into a pipe, and ends with the block. Raises OSError,
    and ValueError as `find_source` does."""
    if sys.platform != "linux":
        yield read_chunks(path, options)
        return
    context = multiprocessing.get_context("fork")
    ours, theirs = context.Pipe(duplex=False)
    reader = DraftReader(find_source(path, options), options.currency_map)
    with _open(path) as file:  # here, as long as its name means the same file: the other process has another input
        process = context.Process(target=_send, args=(theirs, ours, file, path, reader), daemon=True)
        process.start()
    theirs.close()
    try:
        yield _received(ours)
    finally:
        process.kill()
        process.join()
        ours.close()


def _send(ours: Connection, theirs: Connection, file: io.FileIO, path: Path, reader: DraftReader) -> None:
    signal.set_wakeup_fd(-1)  # the event loop is the other process's
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # so is the answer to it
    end_with_parent()  # it may be waiting for its input, with nothing to send
    theirs.close()  # else nobody would notice that the other process is gone
    with suppress(BrokenPipeError):
        try:
            for chunk in _chunks(file, path, reader):
                ours.send(chunk)
            ours.send(None)
        except Exception as error:  # noqa: BLE001  (whatever it is, it is raised where the chunks are asked for)
            ours.send(error)


def _received(chunks: Connection) -> Iterator[Chunk]:
    while True:
        try:
            received = chunks.recv()
        except EOFError:
            raise ImportRefused(trouble="the process that reads the file was stopped") from None
        if received is None:
            return
        if isinstance(received, Exception):
            raise received
        yield received


def _checked(reader: DraftReader, lines: list[NumberedLine], done: int) -> Chunk:
    drafts: list[Draft] = []
    refused: list[tuple[int, LedgerError]] = []
    for line, raw in lines:
        try:
            drafts.append(reader.read_draft(line, raw))
        except LedgerError as refusal:
            refused.append((line, refusal))
    pieces = [pack(drafts[at : at + LINES_AT_ONCE]) for at in range(0, len(drafts), LINES_AT_ONCE)]
    return Chunk(pieces, refused, len(lines), done)


def _lines(file: io.BufferedIOBase) -> Iterator[NumberedLine]:
    number = 0
    while raw := file.readline(LINE_BYTES_MAX + 1):
        number += 1
        rest = raw
        while len(rest) > LINE_BYTES_MAX and not rest.endswith(b"\n"):  # too long to be read: skip to its end
            rest = file.readline(LINE_BYTES_MAX + 1)
        if number == 1:
            raw = raw.removeprefix(b"\xef\xbb\xbf")  # the mark that some programs write before UTF-8
        if raw.strip():
            yield number, raw


def _limited(lines: Iterator[NumberedLine]) -> Iterator[NumberedLine]:
    room = CHUNK_BYTES
    for line in lines:
        yield line
        room -= len(line[1])
        if room <= 0:
            return
