"""`make bench`: measure the rows of `docs/performance.md`, print them as a table and write them to `bench.json`.

Both figures of a ratio come from one run, mostly by turns, because machines are shared and noisy. A run takes about a
quarter of an hour on two cores. Settings, all from the environment:

`BENCH_SECONDS` how long a load runs (default 6) · `BENCH_ONLY` run only the groups whose name contains this text ·
`BENCH_EVENTS` events in the largest journal (default 1,000,000) · `BENCH_JSON` the file to write (default bench.json) ·
`BENCH_BASE` a checkout of another version with its `.venv`, to compare with ·
`BENCH_PGLEDGER`, `BENCH_TIGERBEETLE` where peers are (`tests/benchmarks/peers.py`).
"""

import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from pathlib import Path

import uvloop

from tests.benchmarks.company import company_books
from tests.benchmarks.dashboards import reads_under_writes
from tests.benchmarks.installation import Bench
from tests.benchmarks.reads import polls_and_balances
from tests.benchmarks.rows import Row, say, summary, write_json
from tests.benchmarks.scale import audit, rebuilds, scale
from tests.benchmarks.writes import bulk_and_import, crowd, hot_account, lag, posts, processes
from tests.postgres import postgres_server

GROUPS: Mapping[str, Callable[[Bench], Awaitable[list[Row]]]] = {
    "posts": posts,
    "hot": hot_account,
    "processes": processes,
    "crowd": crowd,
    "bulk and import": bulk_and_import,
    "company books": company_books,
    "polls and balances": polls_and_balances,
    "reads under writes": reads_under_writes,
    "lag": lag,
    "rebuild": rebuilds,
    "audit": audit,
    "scale: history, register, memory, append": scale,
}

BY_TURNS = ("company books", "reads under writes")
"""Groups that measure both versions turn by turn."""


def main() -> None:
    """Run the groups that are wanted, one after another, and print what they found."""
    seconds = float(os.environ.get("BENCH_SECONDS", "6"))
    events = int(os.environ.get("BENCH_EVENTS", "1000000"))
    wanted = os.environ.get("BENCH_ONLY", "")
    path = Path(os.environ.get("BENCH_JSON", "bench.json"))
    groups = {name: measure for name, measure in GROUPS.items() if wanted in name}
    if not groups:
        sys.exit(f"no group of rows has {wanted!r} in its name: there are {', '.join(GROUPS)}")
    rows: list[Row] = []
    begun = time.monotonic()
    for name, measure in groups.items():
        with tempfile.TemporaryDirectory(prefix="llmedger-bench-") as folder, postgres_server() as server:
            started = time.monotonic()
            found = uvloop.run(_measured(measure, Bench(seconds, events, Path(folder), server)))
        say(f"{name}: {time.monotonic() - started:.0f} s")
        found = beside_base(name, found)
        for row in found:
            print(row, flush=True)
        rows += found
    print(f"\n{summary(rows)}")
    about = {"seconds": seconds, "events": events, "cores": os.cpu_count(), "python": platform.python_version()}
    write_json(path, rows, took_seconds=round(time.monotonic() - begun), **about)
    print(f"written: {path}")


def beside_base(group: str, rows: list[Row]) -> list[Row]:
    """Return the rows with the figures of the version that BENCH_BASE names, measured by its own benchmarks now; unless
    the group has measured both, or that version has no such group."""
    base = os.environ.get("BENCH_BASE")
    if not base or group in BY_TURNS:
        return rows
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "base.json"
        environment = {**os.environ, "BENCH_BASE": "", "BENCH_ONLY": group, "BENCH_JSON": str(file)}
        subprocess.run(
            [f"{base}/.venv/bin/python", "-m", "tests.benchmarks"],
            cwd=base,
            env=environment,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            check=False,
        )
        theirs = json.loads(file.read_text())["rows"] if file.exists() else []
    figures = {(each["engine"], each["what"]): each["figure"] for each in theirs}
    return [replace(row, base=figures.get((row.engine, row.what))) for row in rows]


async def _measured(measure: Callable[[Bench], Awaitable[list[Row]]], bench: Bench) -> list[Row]:
    return await measure(bench)


if __name__ == "__main__":
    main()
