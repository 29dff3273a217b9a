"""Processes that look at pages ahead of an audit, each through a source of its own; the audit folds what they found."""

import gc
from collections import deque
from collections.abc import Callable, Generator
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import suppress
from multiprocessing import get_context

from api.audit.plain_records import Run, find_runs
from api.audit.sources import LogSource, StoredRecord, Unreadable

RECORDS_AT_ONCE = 2_000
CHUNK_BYTES_MAX = 16 * 1024 * 1024
PENDING_EACH = 2
"""Chunks that wait for each process: what is in memory stays the same however long the log is."""

Reopen = Callable[[], LogSource]
"""Opens the same source again; it is sent to other processes."""

_source: LogSource
_about: tuple[str, str]


def _begin(reopen: Reopen, ledger: str, fiscal_year_start: str) -> None:
    global _source, _about
    from api.processes.children import end_with_parent  # the service's code, and nothing that an audit rests on

    end_with_parent()
    gc.freeze()  # what was imported stays: it need not be looked through again and again
    _source, _about = reopen(), (ledger, fiscal_year_start)


def _look(start: int, stop: int) -> list[Run | StoredRecord]:
    """Return what there is, looked at. Raises Broken where this would be more than should be kept and sent: the audit
    reads it in pages then."""
    looked, chunk_bytes = [], 0
    for page in _source.read_pages(start, stop):
        for found in find_runs(page, *_about):
            looked.append(found)
            chunk_bytes += len(found.data or b"") + len(found.memo or b"") if isinstance(found, StoredRecord) else 0
        if chunk_bytes > CHUNK_BYTES_MAX:
            raise Unreadable("too much at once")
    return looked


def look_ahead(
    reopen: Reopen, ledger: str, fiscal_year_start: str, start: int, stop: int, *, processes: int
) -> Generator[list[Run | StoredRecord], None, None]:
    """Yield what there is at [start, stop), in order, looked at by so many processes at once. It ends early where one
    of them fails: the audit reads on by itself, and finds the same."""
    starts = iter(range(start, stop, RECORDS_AT_ONCE))
    pending: deque[Future[list[Run | StoredRecord]]] = deque()
    context = get_context("spawn")  # a fork would share the open connections
    pool = ProcessPoolExecutor(processes, context, _begin, (reopen, ledger, fiscal_year_start))
    try:
        with suppress(Exception):
            while True:
                while len(pending) < processes * PENDING_EACH and (at := next(starts, None)) is not None:
                    pending.append(pool.submit(_look, at, min(at + RECORDS_AT_ONCE, stop)))
                if not pending:
                    return
                yield pending.popleft().result()
    finally:
        pool.shutdown(wait=True, cancel_futures=True)
