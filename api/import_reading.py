"""The lines of an import's file, read and checked in themselves, a chunk at a time; by a process of its own where one
may be made, so that they are read while the ledger is asked about those before.
"""

import gzip
import multiprocessing
import signal
import sys
import zlib
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from itertools import islice
from multiprocessing.connection import Connection
from pathlib import Path
from typing import BinaryIO

from api.import_lines import LINE_BYTES_MAX, Draft, DraftReader, default_source, pack
from api.import_plan import ImportOptions, ImportRefused
from ledger.errors import LedgerError

CHUNK_LINES = 1_000
"""Written by one batch. With 2,000 a line takes 5 % less, and who posts to the same ledger meanwhile waits twice as
long."""
CHUNK_BYTES = 4 * 1024 * 1024
LINES_AT_ONCE = 50
"""In a piece: unpacked between two looks at the event loop."""

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


def read_chunks(path: Path, options: ImportOptions) -> Iterator[Chunk]:
    """The whole file; gzip is unpacked on the way. Raises ImportRefused where it cannot be, and OSError."""
    reader = DraftReader(options.source or default_source(path), options.currency_map)
    with path.open("rb") as raw:
        packed = raw.read(2) == b"\x1f\x8b"
        raw.seek(0)
        lines = _lines(gzip.GzipFile(fileobj=raw) if packed else raw)
        try:
            while chunk := list(islice(_limited(lines), CHUNK_LINES)):
                yield _checked(reader, chunk, raw.tell())
        except (gzip.BadGzipFile, EOFError, zlib.error) as error:
            raise ImportRefused(trouble=f"{path.name} cannot be unpacked: {error}") from None


@asynccontextmanager
async def chunks_ahead(path: Path, options: ImportOptions) -> AsyncIterator[Iterator[Chunk]]:
    """The chunks of `read_chunks`, by another process on Linux, where a process may be copied; to be called before this
    one has threads. It is some chunks ahead, as far as a pipe holds them, and ends with the block."""
    if sys.platform != "linux":
        yield read_chunks(path, options)
        return
    context = multiprocessing.get_context("fork")
    ours, theirs = context.Pipe(duplex=False)
    process = context.Process(target=_send, args=(theirs, ours, path, options), daemon=True)
    process.start()
    theirs.close()
    try:
        yield _received(ours)
    finally:
        process.kill()
        process.join()
        ours.close()


def _send(ours: Connection, theirs: Connection, path: Path, options: ImportOptions) -> None:
    signal.set_wakeup_fd(-1)  # the event loop is the other process's
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # so is the answer to it
    theirs.close()  # else nobody would notice that the other process is gone
    with suppress(BrokenPipeError):
        try:
            for chunk in read_chunks(path, options):
                ours.send(chunk)
            ours.send(None)
        except Exception as error:  # noqa: BLE001  (whatever it is, it is raised where the chunks are asked for)
            ours.send(error)


def _received(chunks: Connection) -> Iterator[Chunk]:
    while True:
        try:
            received = chunks.recv()
        except EOFError:
            raise ImportRefused(trouble="the process that read the file was stopped") from None
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
            drafts.append(reader.draft(line, raw))
        except LedgerError as refusal:
            refused.append((line, refusal))
    pieces = [pack(drafts[at : at + LINES_AT_ONCE]) for at in range(0, len(drafts), LINES_AT_ONCE)]
    return Chunk(pieces, refused, len(lines), done)


def _lines(file: BinaryIO | gzip.GzipFile) -> Iterator[NumberedLine]:
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
