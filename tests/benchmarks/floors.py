"""What the machine itself can do: the floors that rows are set beside where no peer is at hand."""

import os
import time
from pathlib import Path

import asyncpg

from tests.benchmarks.installation import Installation

BLOCK = bytes(4096)


def fsyncs_per_second(folder: Path, seconds: float) -> float:
    """Writing 4 KiB and waiting until it is durable, over and over, on the disk of this folder."""
    durable = getattr(os, "fdatasync", os.fsync)
    path, count = folder / "fsync", 0
    with path.open("wb", buffering=0) as file:
        begun = time.perf_counter()
        while time.perf_counter() - begun < seconds:
            file.write(BLOCK)
            durable(file.fileno())
            count += 1
        elapsed = time.perf_counter() - begun
    path.unlink()
    return count / elapsed


async def copies_per_second(installation: Installation, serial: int, *, batch: int, seconds: float) -> float:
    """Journal rows a second, each with its memo, by COPY into tables of the same shape: the bytes that this ledger
    already holds, `batch` of them a durable transaction. PostgreSQL only."""
    connection = await asyncpg.connect(installation.url)
    try:
        for table in ("journal", "memos"):
            await connection.execute(f"CREATE TABLE copied_{table} (LIKE {table} INCLUDING ALL)")
        query = "SELECT * FROM {} WHERE ledger = $1 ORDER BY position DESC LIMIT 20000"
        records = [tuple(row) for row in await connection.fetch(query.format("journal"), serial)]
        memos = {row["position"]: tuple(row) for row in await connection.fetch(query.format("memos"), serial)}
        count, elapsed, start = 0, 0.0, 0
        while elapsed < seconds:
            some = records[start : start + batch]
            begun = time.perf_counter()
            async with connection.transaction():
                await connection.copy_records_to_table("copied_journal", records=some)
                theirs = [memos[row[1]] for row in some if row[1] in memos]
                await connection.copy_records_to_table("copied_memos", records=theirs)
            elapsed += time.perf_counter() - begun
            count, start = count + len(some), start + batch
            if start + batch > len(records):
                await connection.execute("TRUNCATE copied_journal, copied_memos")
                start = 0
        await connection.execute("DROP TABLE copied_journal, copied_memos")
    finally:
        await connection.close()
    return count / elapsed
