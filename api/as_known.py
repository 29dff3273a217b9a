"""The read models as they were when the log was shorter: the first records, folded again, in a database of their own.

Cost: one pass over those records, so there is a limit; `balances` and registers need none of this, they know both time
axes by themselves.
"""

import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

from api.problems import TooMany
from api.services import Services
from ledger.journal import Ledger, Size
from ledger.store.engine import database_url, open_database
from projections import checkpoints
from projections.checkpoints import Reader
from projections.dashboard import Dashboard
from projections.projection import Projection, metadata
from projections.projector import fold, read_some, write
from projections.register import Register
from projections.wakeup import Wakeup

RECORDS_MAX = 100_000
SLICE_RECORDS = 500


@asynccontextmanager
async def as_known(services: Services, ledger: Ledger, size: Size) -> AsyncIterator[Services]:
    """The same services, but that the dashboard and the register reflect just the first `size` records.

    Raises TooMany where those are too many to fold on demand.
    """
    if size > RECORDS_MAX:
        raise TooMany(what="records folded again on demand", most=RECORDS_MAX)
    models: list[Projection] = [Dashboard(), Register()]
    with tempfile.TemporaryDirectory(prefix="llmedger-") as folder:
        database = open_database(database_url(f"sqlite:///{folder}/known.db"), durable=False)
        try:
            async with database.write.begin() as connection:
                await connection.run_sync(metadata.create_all)
                await checkpoints.begin(connection, [ledger.serial], [model.name for model in models])
                known = {each.projection: each for each in await checkpoints.all_live(connection, ledger.serial)}
                start = 0
                while start < size:
                    records = await read_some(services.journal, ledger.serial, start, min(SLICE_RECORDS, size - start))
                    for model in models:
                        work = fold(model, replace(known[model.name], applied=start), records)
                        if work.error is not None:
                            raise work.error
                        await write(connection, work)
                    start += len(records)
            yield replace(services, projections=database, reader=Reader(database, Wakeup()))
        finally:
            await database.close()
