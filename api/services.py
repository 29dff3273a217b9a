"""What lives as long as the process: made once, closed in reverse, handed to whoever needs it."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager, nullcontext, suppress
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from api.auth.foreign_tables import make_own_tables, map_tables, require_file, require_foreign, require_ours
from api.auth.sessions import Sessions
from api.auth.sign_in_limits import SignInLimits
from api.auth.tokens import Tokens
from api.documents.shared import SharedDocuments
from api.processes.body_limits import Room
from api.processes.long_work import LongWork
from api.proofs.signing import Signer
from api.settings import Settings
from ledger.accounts import AccountId, AccountRef
from ledger.errors import DatabaseUnavailable, LedgerError, TimedOut
from ledger.follow import SLICE_RECORDS, Retries, Wakeup
from ledger.observer import SILENT, Observer
from ledger.sequencer import Clock, Sequencer, utc_now
from ledger.store.engine import Database, open_database
from ledger.store.journal import SqlJournal
from ledger.store.shared_reads import FreshRows
from ledger.store.signed_checkpoints import Checkpoints
from ledger.store.writing import NOTIFY_CHANNEL
from migrations import require_current
from projections.projector import PROGRESS_CHANNEL, Projector
from projections.reader import Reader
from projections.registry import make_projections
from projections.wakeup import listen, relay_hints

log = logging.getLogger(__name__)

LAST_PASS_SECONDS = 1.0


@dataclass(frozen=True)
class Services:
    """Process-wide services."""

    settings: Settings
    journal: SqlJournal
    projections: Database
    sequencer: Sequencer
    reader: Reader
    sessions: Sessions
    limits: SignInLimits
    tokens: Tokens
    checkpoints: Checkpoints
    signer: Signer | None
    """Where this process has the key."""
    grown: Wakeup
    """Tells of commits."""
    progress: Wakeup
    """Tells of projections that advanced."""
    long: LongWork = field(default_factory=LongWork)
    """What can take seconds, bounded."""
    documents: SharedDocuments = field(default_factory=SharedDocuments)
    """What is shown to many."""
    room: Room = field(default_factory=Room)
    """For bodies."""
    clock: Clock = utc_now
    """What the time is, for questions that depend on today."""
    observer: Observer = SILENT
    """Hears what happens."""

    @cached_property
    def accounts(self) -> FreshRows[tuple[int, AccountRef], AccountId]:
        """The ids of accounts by ledger and name: path, `#NUMBER` or id."""
        return FreshRows(self._read_accounts, self.journal.database.read_version)

    async def _read_accounts(self, named: list[tuple[int, AccountRef]]) -> dict[tuple[int, AccountRef], AccountId]:
        found: dict[tuple[int, AccountRef], AccountId] = {}
        for ledger in {serial for serial, _ in named}:
            refs = [ref for serial, ref in named if serial == ledger]
            ids = await self.journal.find_account_ids(ledger, refs)
            found |= {(ledger, ref): id_ for ref, id_ in ids.items()}
        return found

    def projector(self, slice_records: int = SLICE_RECORDS) -> Projector:
        """Return a projector of everything."""
        return Projector(
            self.journal,
            self.projections,
            make_projections(),
            wakeup=self.grown,
            progress=self.progress,
            slice_records=slice_records,
            observer=self.observer,
        )


@asynccontextmanager
async def open_services(
    settings: Settings, *, bulk: bool = False, patient: bool = False, observer: Observer = SILENT
) -> AsyncIterator[Services]:
    """Open the databases and start nothing yet. Raises NotMigrated, DatabaseNewer and SignInRefused.

    `bulk`: this process writes much and must leave room for others on the same file. `patient`: see `open_database`.
    """
    async with open_databases(settings, patient=patient) as (journal_database, projections_database):
        await require_current(journal_database, "journal")
        await require_current(projections_database, "projections")
        grown, progress = Wakeup(), Wakeup()
        journal = SqlJournal(journal_database, courteous=bulk)
        async with _open_sessions(settings, journal_database) as sessions:
            sequencer = Sequencer(journal, committed=grown.notify, observer=observer)
            reader, checkpoints = Reader(projections_database, progress, journal), Checkpoints(journal_database)
            try:
                yield Services(
                    settings,
                    journal,
                    projections_database,
                    sequencer,
                    reader,
                    sessions,
                    _limits(settings),
                    Tokens(journal_database),
                    checkpoints,
                    _signer(settings, journal, reader, checkpoints, grown),
                    grown,
                    progress,
                    observer=observer,
                )
            finally:
                await sequencer.close()


@asynccontextmanager
async def open_databases(settings: Settings, *, patient: bool = False) -> AsyncIterator[tuple[Database, Database]]:
    """Open the journal's database and the projections': the same one on PostgreSQL. Raises SignInRefused where it is
    another program's file. `patient`: see `open_database`."""
    for url in {settings.journal_url, settings.projections_url}:
        require_ours(url)
    async with AsyncExitStack() as stack:
        journal = open_database(settings.journal_url, patient=patient)
        stack.push_async_callback(journal.close)
        projections_database = journal
        if journal.is_sqlite:
            projections_database = open_database(settings.projections_url, durable=False, patient=patient)
            stack.push_async_callback(projections_database.close)
        yield journal, projections_database


@asynccontextmanager
async def open_owners(settings: Settings) -> AsyncIterator[tuple[Database, Database, str | None]]:
    """Open the same two databases for making and changing tables: on PostgreSQL as the role that may do it, and then
    with the name of the role that the service runs as. Raises SignInRefused."""
    async with open_databases(settings, patient=True) as (journal, projections_database):
        if settings.migration_url is None:
            yield journal, projections_database, None
            return
        owner = open_database(settings.migration_url, patient=True)
        try:
            yield owner, owner, await journal.read_role()
        finally:
            await owner.close()


@asynccontextmanager
async def _open_sessions(settings: Settings, journal: Database) -> AsyncIterator[Sessions]:
    """Open users and sessions where the settings say they are. Raises SignInRefused."""
    if settings.owns_sign_in:
        yield Sessions(make_own_tables(settings.session_lifetime), journal, journal)
        return
    async with AsyncExitStack() as stack:
        database = journal
        if settings.auth_url is not None:
            require_file(settings.auth_url)
            database = open_database(settings.auth_url, foreign=True)
            stack.push_async_callback(database.close)
        if database.is_sqlite:
            await require_foreign(database)
        tables = await map_tables(
            database,
            settings.session_format,
            settings.session_lifetime,
            settings.session_table,
            settings.user_table,
        )
        yield Sessions(tables, database, journal)


def _signer(
    settings: Settings, journal: SqlJournal, reader: Reader, checkpoints: Checkpoints, grown: Wakeup
) -> Signer | None:
    if settings.signing_key is None:
        return None
    return Signer(journal, reader, checkpoints, key=settings.signing_key, origin=settings.origin, grown=grown)


def _limits(settings: Settings) -> SignInLimits:
    return SignInLimits(
        pair=settings.sign_in_limit,
        address=settings.sign_in_address_limit,
        user=settings.sign_in_user_limit,
        registration=settings.registration_limit,
    )


@asynccontextmanager
async def run_services(
    settings: Settings,
    use: Callable[[Services | None], None],
    *,
    projecting: bool,
    common: Path | None = None,
    observer: Observer = SILENT,
) -> AsyncIterator[None]:
    """Open the services of a serving process, and run its background tasks, for as long as the block lasts.

    `use` is given the services when they are open, and None when they are closed. While the database cannot be used the
    block runs without them, and opening is tried again until it works. Whatever else is wrong at the first attempt is
    raised: see `open_services` and `run_background_tasks`.
    """
    first: asyncio.Future[None] = asyncio.get_running_loop().create_future()
    task = asyncio.create_task(_keep_open(settings, use, projecting, common, observer, first), name="services")
    try:
        await first
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def _keep_open(
    settings: Settings,
    use: Callable[[Services | None], None],
    projecting: bool,
    common: Path | None,
    observer: Observer,
    first: "asyncio.Future[None]",
) -> None:
    retries = Retries("opening the databases")
    while True:
        try:
            async with (
                open_services(settings, observer=observer) as services,
                run_background_tasks(services, projecting=projecting, common=common),
            ):
                use(services)
                if not first.done():
                    first.set_result(None)
                try:
                    await asyncio.get_running_loop().create_future()  # until it is cancelled
                finally:
                    use(None)
        except Exception as error:  # noqa: BLE001  (it is raised by who waits for the first attempt, or told)
            if not first.done() and not isinstance(error, DatabaseUnavailable | TimedOut):
                first.set_exception(error)
                return
            if not first.done():
                first.set_result(None)
            await retries.pause_after(error)


@asynccontextmanager
async def run_background_tasks(
    services: Services, *, projecting: bool, common: Path | None = None
) -> AsyncIterator[None]:
    """Run a serving process's background tasks: projectors and the signer where asked for, and listening for hints.

    `common` is a folder that the processes of a server share to wake each other. Raises NoteInvalid and OSError where
    the signing key cannot be used.
    """
    tasks = []
    if services.signer is not None:
        log.info("checkpoints are signed by %s", services.signer.key.verifier)
    projector = services.projector() if projecting else None
    if projector is not None:
        tasks.append(asyncio.create_task(projector.run(), name="projector"))
        if services.signer is not None:
            tasks.append(asyncio.create_task(services.signer.run(), name="signer"))
    if services.settings.listen_url is not None:
        heard = listen(
            services.settings.listen_url,
            {NOTIFY_CHANNEL: services.grown, PROGRESS_CHANNEL: services.progress},
        )
        tasks.append(asyncio.create_task(heard, name="listen"))
    try:
        hints = {b"g": services.grown, b"p": services.progress}
        with nullcontext() if common is None else relay_hints(common, hints):
            yield
    finally:
        for task in tasks:
            task.cancel()
        for task in tasks:
            with suppress(asyncio.CancelledError):
                await task
        if projector is not None:
            await _leave_up_to_date(projector)


async def _leave_up_to_date(projector: Projector) -> None:
    """Apply what came last, as far as that takes no longer than a stop may: nobody else may be there to do it."""
    with suppress(TimeoutError, LedgerError):
        async with asyncio.timeout(LAST_PASS_SECONDS):
            while await projector.catch_up():
                pass
