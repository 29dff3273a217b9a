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

from api.exchange import input_files
from api.exchange.import_plan import ImportOptions, ImportRefused
from api.exchange.input_files import Chunk, read_chunks, read_chunks_ahead

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="a process is copied on Linux only")

OPTIONS = ImportOptions(source="s", currency_map={"$": "USD"})


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Good lines and bad ones, in more chunks than a pipe holds; packed and cut beside it."""
    path = tmp_path / "lines.jsonl"
    postings = [{"account": "Assets:Cash", "amount": "1", "currency": "$"}, {"account": "Income", "amount": "-1"}]
    with path.open("w") as lines:
        for number in range(3 * input_files.CHUNK_LINES):
            postings[1]["currency"] = "€" if number % 10 == 0 else "$"
            lines.write(json.dumps({"id": number, "date": "2024-05-17", "postings": postings}) + "\n")
        lines.write('nonsense\n{"id": 1}\n')
    path.with_name("cut.jsonl.gz").write_bytes(gzip.compress(path.read_bytes())[:-9])
    return path


def in_a_process(check: Callable[[Path], Any], file: Path) -> subprocess.CompletedProcess[str]:
    """A function of this module, called in a process without threads: one that has some is not copied. Ends when every
    process that could write to its output has ended."""
    program = f"import asyncio, sys; from {__name__} import *; asyncio.run({check.__name__}(Path(sys.argv[1])))"
    arguments = [sys.executable, "-c", program, str(file)]
    return subprocess.run(arguments, capture_output=True, text=True, timeout=60, check=False)


def as_read(chunk: Chunk) -> tuple[Any, ...]:
    return chunk.pieces, [(line, str(refusal)) for line, refusal in chunk.refused], chunk.count, chunk.done


async def read_elsewhere(path: Path) -> None:
    """The same chunks; a reader that ends with its block; one that is killed; and what it meets."""
    async with read_chunks_ahead(path, OPTIONS) as chunks:
        pairs = list(itertools.zip_longest(map(as_read, chunks), map(as_read, read_chunks(path, OPTIONS))))
    assert len(pairs) == 4
    assert all(one == other for one, other in pairs)
    assert sum(len(refused) for _, (_, refused, *_) in pairs) == 302
    async with read_chunks_ahead(path, OPTIONS) as chunks:
        next(chunks)
        [reader] = psutil.Process().children()
    assert not reader.is_running()
    async with read_chunks_ahead(path, OPTIONS) as chunks:
        [reader] = psutil.Process().children()
        reader.kill()
        with pytest.raises(ImportRefused, match=r"^the process that reads the file was stopped\nnothing was written$"):
            list(chunks)
    async with read_chunks_ahead(path.with_name("cut.jsonl.gz"), OPTIONS) as chunks:
        with pytest.raises(ImportRefused, match=r"^cut\.jsonl\.gz cannot be decompressed: "):
            list(chunks)
    with pytest.raises(FileNotFoundError):
        async with read_chunks_ahead(path.with_name("missing"), OPTIONS):
            pass


def test_another_process_reads_the_same_and_ends_with_the_import(file: Path) -> None:
    done = in_a_process(read_elsewhere, file)
    assert done.returncode == 0, done.stderr


async def orphaned(path: Path) -> None:
    async with read_chunks_ahead(path, OPTIONS):
        os.kill(os.getpid(), signal.SIGKILL)


def test_it_ends_when_nobody_asks_any_more(file: Path) -> None:
    assert in_a_process(orphaned, file).returncode == -signal.SIGKILL
