"""An import in a process of its own, which says how long it took and how its memory grew.

`python -m tests.benchmarks.importing FILE LEDGER`, settings from the environment: a JSON object on the output.
"""

import asyncio
import json
import sys
import time
from pathlib import Path

import psutil

from api.import_plan import ImportOptions
from api.importing import import_file
from api.services import open_services
from api.serving import spare_collector
from api.settings import Settings
from ledger.codec import Actor
from ledger.sequencer import new_uuid
from tests.benchmarks.books import the_ledger


async def main(file: Path, ledger: str) -> None:
    """Import the file."""
    memory: list[int] = []
    process = psutil.Process()
    async with open_services(Settings(), bulk=True) as services:
        found = await the_ledger(services, ledger)
        begun = time.perf_counter()
        report = await import_file(
            services.journal,
            services.sequencer,
            found,
            file,
            ImportOptions(),
            actor=Actor("cli", "bench"),
            request=new_uuid(),
            progress=lambda _done, _total: memory.append(int(process.memory_info().rss)),
        )
        seconds = time.perf_counter() - begun
    assert report.imported == report.lines
    sys.stdout.write(json.dumps({"seconds": seconds, "lines": report.lines, "memory": memory}))


if __name__ == "__main__":
    spare_collector()  # as the command does
    asyncio.run(main(Path(sys.argv[1]), sys.argv[2]))
