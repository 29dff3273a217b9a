"""The installation that a command works on: its settings, its services, its ledgers. It imports the whole service, so
commands import it when they run."""

import asyncio
import getpass
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from api.cli.terminal import fail
from api.processes.garbage_collector import COLLECT_OBJECTS, COLLECT_OBJECTS_ALONE, freeze_objects
from api.services import Services, open_services
from api.settings import read_settings
from ledger.codec import Actor
from ledger.errors import NotFound
from ledger.journal import Ledger, Size
from projections.registry import make_projections

CATCH_UP_SLICE = 2_000


@asynccontextmanager
async def open_installation(*, bulk: bool = False) -> AsyncIterator[Services]:
    """Open the services that the settings describe. `bulk`: this process writes much and keeps nobody waiting."""
    freeze_objects(COLLECT_OBJECTS_ALONE if bulk else COLLECT_OBJECTS)
    async with open_services(read_settings(), bulk=bulk, patient=True) as services:
        yield services


@asynccontextmanager
async def open_ledger(name: str, *, bulk: bool = False) -> AsyncIterator[tuple[Services, Ledger]]:
    """Open the services and the ledger of this name."""
    async with open_installation(bulk=bulk) as services:
        yield services, await find_ledger(services, name)


async def find_ledger(services: Services, name: str) -> Ledger:
    """Return the ledger with this id or uuid. Raises NotFound."""
    ledger = await services.journal.find(name)
    if ledger is None:
        raise NotFound(what="ledger", name=name)
    return ledger


async def make_cli_actor(services: Services, on_behalf: str | None) -> Actor:
    """Return who does it: the operating-system login, for the named user. Raises NotFound."""
    if on_behalf is None:
        return Actor("cli", getpass.getuser())
    user = await services.sessions.find_user_named(on_behalf)
    if user is None:
        raise NotFound(what="user", name=on_behalf)
    return Actor("cli", getpass.getuser(), user.id)


async def catch_up(services: Services, ledger: Ledger) -> None:
    """Bring the projections to the ledger's size: by our own projector, beside any other that is running."""
    projector = services.projector(CATCH_UP_SLICE)
    while await _size_reached(services, ledger) < ledger.head.size:
        found = (await services.reader.find_troubles()).items()
        troubles = {each: why for each, why in found if each.ledger == ledger.serial}
        if troubles and all(not each.due for each in troubles):
            first, why = next(iter(troubles.items()))
            fail(f"projection {first.projection} is {why}")
        if not await projector.catch_up():
            await asyncio.sleep(0.05)


async def _size_reached(services: Services, ledger: Ledger) -> Size:
    """Return how many records all read models of the ledger reflect."""
    found = await services.reader.read_checkpoints(ledger)
    return min(found[each.name].applied if each.name in found else 0 for each in make_projections())
