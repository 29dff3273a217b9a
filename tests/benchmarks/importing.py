"""An import in a process of its own, which says how long it took and how its memory grew.

`python -m tests.benchmarks.importing FILE LEDGER`, settings from the environment: a JSON object on the output.
"""

import asyncio
import json
import sys
import time
from contextlib import suppress
from pathlib import Path

import psutil

from api.exchange.import_plan import ImportOptions
from api.exchange.importing import import_file, read_chunks_ahead
from api.processes.garbage_collector import COLLECT_OBJECTS_ALONE, freeze_objects
from api.services import open_services
from api.settings import Settings
from ledger.codec import Actor
from ledger.sequencer import make_uuid
from tests.benchmarks.books import the_ledger


async def main(file: Path, ledger: str) -> None:
    """Import the file."""
    memory: list[int] = []
    options = ImportOptions()
    async with read_chunks_ahead(file, options) as chunks, open_services(Settings(), bulk=True) as services:
        watched = _Memory()
        found = await the_ledger(services, ledger)
        begun = time.perf_counter()
        report = await import_file(
            services.journal,
            services.sequencer,
            found,
            file,
            options,
            actor=Actor("cli", "bench"),
            request=make_uuid(),
            progress=lambda _done, _total: memory.append(watched.now()),
            chunks=chunks,
        )
        seconds = time.perf_counter() - begun
    assert report.imported == report.lines
    sys.stdout.write(json.dumps({"seconds": seconds, "lines": report.lines, "memory": memory}))


class _Memory:
    """Resident bytes of this process and of those that it made; one that ended counts as it was last seen."""

    def __init__(self) -> None:
        self._seen = dict.fromkeys((psutil.Process(), *psutil.Process().children()), 0)

    def now(self) -> int:
        for process in self._seen:
            with suppress(psutil.Error):
                self._seen[process] = int(process.memory_info().rss) or self._seen[process]
        return sum(self._seen.values())


if __name__ == "__main__":
    freeze_objects(COLLECT_OBJECTS_ALONE)  # as the command does
    asyncio.run(main(Path(sys.argv[1]), sys.argv[2]))
