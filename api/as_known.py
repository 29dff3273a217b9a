"""The read models as they were when the log was shorter: the first records, folded again, in a database of their own.

Cost: one pass over those records, so there is a limit; `balances` and registers need none of this, they know both time
axes by themselves.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

from api.problems import TooMany
from api.scratch import scratch_folder
from api.services import Services
from ledger.journal import Ledger, Size
from projections.afresh import Afresh
from projections.dashboard import Dashboard
from projections.projector import read_some
from projections.reader import Reader
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
    with scratch_folder("past") as folder:
        known = Afresh(folder, ledger.serial, {Dashboard(): size, Register(): size})
        try:
            await known.begin()
            start = 0
            while start < size:
                records = await read_some(services.journal, ledger.serial, start, min(SLICE_RECORDS, size - start))
                await known.take(records)
                start += len(records)
            yield replace(
                services, projections=known.database, reader=Reader(known.database, Wakeup(), services.journal)
            )
        finally:
            await known.close()
