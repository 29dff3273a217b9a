"""Read models of several ledgers rebuilt side by side, each ledger in a process of its own."""

import asyncio
import os
from collections.abc import Callable, Collection, Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from typing import Any

from api.cli.installation import catch_up, find_ledger, open_installation
from api.cli.terminal import explain_errors, run_in_event_loop
from api.processes.children import end_with_parent
from api.services import Services
from projections.rebuild import Rebuilt, rebuild_all
from projections.registry import make_projections

TOLD_SECONDS = 0.2

Told = Callable[[str, int, int], None]
"""Told a ledger's id, how many records are applied, and of how many."""

_progress: Any
"""In a process that rebuilds: where it tells its progress."""


async def rebuild_ledgers(ids: Sequence[str], only: Collection[str] | None, *, accept: bool, told: Told) -> list[Any]:
    """Rebuild read models of these ledgers, and return each one's reports. On PostgreSQL as many ledgers at a time as
    there are processors; SQLite has one writer. Raises what the first of them to fail raises, after all have ended."""
    async with open_installation(bulk=True) as services:
        if len(ids) < 2 or services.projections.is_sqlite:
            return [await _rebuild(services, each, only, accept, told) for each in ids]
    context = get_context("spawn")  # a fork would share the open connections
    progress, processes = context.SimpleQueue(), min(len(ids), os.cpu_count() or 1)
    with ProcessPoolExecutor(processes, context, _begin, (progress,)) as pool:
        loop = asyncio.get_running_loop()
        working = [loop.run_in_executor(pool, _rebuild_alone, each, only, accept) for each in ids]
        while not all(each.done() for each in working):
            await asyncio.wait(working, timeout=TOLD_SECONDS)
            while not progress.empty():
                told(*progress.get())
        return [each.result() for each in working]


def _begin(progress: Any) -> None:
    global _progress
    end_with_parent()
    _progress = progress


def _rebuild_alone(id_: str, only: Collection[str] | None, accept: bool) -> list[Rebuilt]:
    with explain_errors():
        return _run_alone(id_, only, accept)


@run_in_event_loop
async def _run_alone(id_: str, only: Collection[str] | None, accept: bool) -> list[Rebuilt]:
    async with open_installation(bulk=True) as services:
        return await _rebuild(services, id_, only, accept, lambda *progress: _progress.put(progress))


async def _rebuild(
    services: Services, id_: str, only: Collection[str] | None, accept: bool, told: Told
) -> list[Rebuilt]:
    ledger = await find_ledger(services, id_)
    await catch_up(services, ledger)
    return await rebuild_all(
        services.journal,
        services.projections,
        make_projections(),
        ledger.serial,
        only=only,
        accept=accept,
        progress=lambda done, size: told(id_, done, size),
    )
