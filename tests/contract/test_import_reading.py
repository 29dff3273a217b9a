"""The chunks of an import's file are the same, whichever process reads them, and no process outlives its import."""

import gzip
import itertools
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
import pytest

from api import import_reading
from api.import_plan import ImportOptions, ImportRefused
from api.import_reading import Chunk, chunks_ahead, read_chunks

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="a process is copied on Linux only")

OPTIONS = ImportOptions(source="s", currency_map={"$": "USD"})


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Good lines and bad ones, in more chunks than a pipe holds."""
    path = tmp_path / "lines.jsonl"
    postings = [{"account": "Assets:Cash", "amount": "1", "currency": "$"}, {"account": "Income", "amount": "-1"}]
    with path.open("w") as lines:
        for number in range(3 * import_reading.CHUNK_LINES):
            postings[1]["currency"] = "€" if number % 10 == 0 else "$"
            lines.write(json.dumps({"id": number, "date": "2024-05-17", "postings": postings}) + "\n")
        lines.write('nonsense\n{"id": 1}\n')
    return path


def in_a_process(check: Callable[[Path], Any], file: Path) -> subprocess.CompletedProcess[str]:
    """A function of this module, called in a process without threads: one that has some is not copied. Ends when every
    process that could write to its output has ended."""
    program = f"import asyncio, sys; from {__name__} import *; asyncio.run({check.__name__}(Path(sys.argv[1])))"
    arguments = [sys.executable, "-c", program, str(file)]
    return subprocess.run(arguments, capture_output=True, text=True, timeout=60, check=False)


def said(check: Callable[[Path], Any], file: Path) -> str:
    """What it printed. Fails where it failed."""
    done = in_a_process(check, file)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def as_read(chunk: Chunk) -> tuple[Any, ...]:
    return chunk.pieces, [(line, str(refusal)) for line, refusal in chunk.refused], chunk.count, chunk.done


async def equal(path: Path) -> None:
    async with chunks_ahead(path, OPTIONS) as chunks:
        pairs = list(itertools.zip_longest(map(as_read, chunks), map(as_read, read_chunks(path, OPTIONS))))
        assert len(pairs) == 4
        assert all(one == other for one, other in pairs)
        assert sum(len(refused) for _, refused, *_ in map(as_read, read_chunks(path, OPTIONS))) == 302


def test_another_process_reads_the_same(file: Path) -> None:
    said(equal, file)


async def abandoned(path: Path) -> None:
    async with chunks_ahead(path, OPTIONS) as chunks:
        next(chunks)
        [reader] = psutil.Process().children()
    assert not reader.is_running()


def test_it_ends_with_the_block(file: Path) -> None:
    said(abandoned, file)


async def killed(path: Path) -> None:
    async with chunks_ahead(path, OPTIONS) as chunks:
        [reader] = psutil.Process().children()
        reader.kill()
        try:
            list(chunks)
        except ImportRefused as refused:
            print(refused)  # noqa: T201


def test_one_that_is_killed_is_told_of(file: Path) -> None:
    assert said(killed, file) == "the process that read the file was stopped\nnothing was written"


async def raised(path: Path) -> None:
    async with chunks_ahead(path, OPTIONS) as chunks:
        try:
            list(chunks)
        except (ImportRefused, OSError) as error:
            print(repr(error))  # noqa: T201


def test_what_it_meets_is_raised_here(tmp_path: Path, file: Path) -> None:
    cut = tmp_path / "cut.jsonl.gz"
    cut.write_bytes(gzip.compress(file.read_bytes())[:-9])
    trouble = "cut.jsonl.gz cannot be unpacked: Compressed file ended before the end-of-stream marker was reached"
    assert said(raised, cut) == repr(ImportRefused(trouble=trouble))
    missing = tmp_path / "missing"
    assert said(raised, missing) == f"FileNotFoundError(2, '{os.strerror(2)}')"


async def orphaned(path: Path) -> None:
    async with chunks_ahead(path, OPTIONS):
        os.kill(os.getpid(), signal.SIGKILL)


def test_it_ends_when_nobody_asks_any_more(file: Path) -> None:
    assert in_a_process(orphaned, file).returncode == -signal.SIGKILL
