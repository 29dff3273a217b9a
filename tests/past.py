"""A journal that is put back to an earlier state behind the service's back, as from a backup of its file or tables."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from ledger.store.tables import metadata
from tests.stores import Outsider, outsider

TABLES = [table.name for table in metadata.sorted_tables]


class Past:
    """The rows of every table of the journal as they were."""

    def __init__(self, connection: Outsider) -> None:
        self._connection = connection

    async def keep(self) -> None:
        """Keep the rows as they are now, in place of those that were kept before."""
        for name in TABLES:
            await self._connection.execute(f"DROP TABLE IF EXISTS past_{name}")
            await self._connection.execute(f'CREATE TABLE past_{name} AS SELECT * FROM "{name}"')

    async def put_back(self) -> None:
        """Put the rows in place of those that are there."""
        if self._connection.is_sqlite:
            await self._connection.execute("PRAGMA foreign_keys = OFF")
            for (trigger,) in await self._connection.fetch("SELECT name FROM sqlite_master WHERE type = 'trigger'"):
                await self._connection.execute(f"DROP TRIGGER {trigger}")
        else:
            for name in TABLES:
                await self._connection.execute(f'ALTER TABLE "{name}" DISABLE TRIGGER USER')
        await self._connection.execute("BEGIN")
        for name in TABLES:
            await self._connection.execute(f'DELETE FROM "{name}"')
            await self._connection.execute(f'INSERT INTO "{name}" SELECT * FROM past_{name}')
        await self._connection.execute("COMMIT")

    async def number_again(self, serial: int) -> None:
        """Give the next ledger this serial number. SQLite does so by itself."""
        if not self._connection.is_sqlite:
            sequence = "pg_get_serial_sequence('ledgers', 'serial')"
            await self._connection.execute(f"SELECT setval({sequence}, {serial}, false)")


@asynccontextmanager
async def past_kept(url: str) -> AsyncIterator[Past]:
    """Keep the journal in this database as it is now."""
    async with outsider(url) as connection:
        past = Past(connection)
        await past.keep()
        yield past
