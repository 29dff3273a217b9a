"""Removing whole generations of a projection's rows, in slices."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from sqlalchemy import delete, select, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection

from ledger.store.connections import get_driver
from ledger.store.engine import AS_LONG_AS_NEEDED, Database
from projections.checkpoints import checkpoints
from projections.projection import Projection

SWEEP_ROWS = 20_000


@asynccontextmanager
async def writing_generations(database: Database) -> AsyncIterator[AsyncConnection]:
    """Begin a transaction for statements that go through whole generations."""
    async with database.write.begin() as connection:
        if not database.is_sqlite:
            await get_driver(connection).execute(AS_LONG_AS_NEEDED)
        yield connection


async def sweep(database: Database, projection: Projection, ledger: int) -> None:
    """Remove every generation that has no checkpoint, in slices, so that no lock is held for long."""
    known = select(checkpoints.c.generation).where(
        checkpoints.c.ledger == ledger, checkpoints.c.projection == projection.name
    )
    for table in projection.tables:
        orphaned = (table.c.ledger == ledger) & table.c.generation.not_in(known)
        key = list(table.primary_key)
        some = delete(table).where(tuple_(*key).in_(select(*key).where(orphaned).limit(SWEEP_ROWS)))
        removed = SWEEP_ROWS
        while removed == SWEEP_ROWS:
            async with writing_generations(database) as connection:
                removed = (await connection.execute(some)).rowcount
