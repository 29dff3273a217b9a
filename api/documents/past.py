"""The read models as they were when the log was shorter: the first records, folded again, in a database of their own.

Cost: one pass over those records, so there is a limit. Balances and registers do not need this: they have both time
axes.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from api.errors import TooMany
from api.processes.long_work import LongWork, Present
from api.processes.scratch_folders import make_scratch_folder
from ledger.follow import Wakeup
from ledger.journal import Ledger, Size
from ledger.store.journal import SqlJournal
from projections.account_balances import AccountBalances
from projections.chart import ChartOfAccounts
from projections.dashboard import Dashboard
from projections.open_items import OpenItems
from projections.projector import decode_all
from projections.reader import Reader
from projections.register import Register
from projections.replay import Replay

RECORDS_MAX = 100_000
FILE_BYTES_MAX = 512 * 1024 * 1024
"""The most bytes of the temporary file. Most records need about a kilobyte of it; one with thousands of lines needs
more."""


@asynccontextmanager
async def read_past(
    log: SqlJournal, long: LongWork, ledger: Ledger, size: Size, present: Present
) -> AsyncIterator[Reader]:
    """Open a reader whose read models reflect just the first `size` records.

    Raises TooMany where those are too many to fold on demand, and what `present` raises when the caller leaves.
    """
    if size > RECORDS_MAX:
        raise TooMany(what="records for a dashboard of the past", most=RECORDS_MAX)
    with make_scratch_folder("past") as folder:
        models = (ChartOfAccounts(), AccountBalances(), Dashboard(), OpenItems(), Register())
        known = Replay(folder, ledger.serial, dict.fromkeys(models, size))
        try:
            await known.begin()
            async for records in log.read_pages(ledger.serial, 0, size):
                await present()
                async with long.slices.slice():
                    await decode_all(records)
                    await known.take(records)
                if known.file.stat().st_size > FILE_BYTES_MAX:
                    raise TooMany(what="bytes of temporary file for a dashboard of the past", most=FILE_BYTES_MAX)
            yield Reader(known.database, Wakeup(), log)
        finally:
            await known.close()
