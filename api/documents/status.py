"""How an installation is: what it is made of, what is signed, how far read models are, whether anything is wrong."""

import asyncio
import datetime as dt
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from importlib.metadata import version
from pathlib import Path
from typing import Any

from sqlalchemy.engine import URL

from api.documents.questions import ALL
from api.services import Services
from api.wording import spell_count
from ledger.journal import Ledger, Size
from ledger.notes import NoteInvalid
from ledger.sequencer import CLOCK_TOLERANCE
from migrations import BRANCHES, known_schema
from projections.account_balances import balances_page
from projections.checkpoints import read_live
from projections.registry import make_projections

WATCH_SECONDS = 5.0
"""A projector that runs has done something within so long, if there is anything to do."""
LOOK_SECONDS = 0.2


class Projectors(StrEnum):
    """What is known of those who bring read models up to date. They leave no sign but their work."""

    IDLE = "idle"
    """There is nothing to do; nobody can tell whether one runs."""
    WORKING = "working"
    """There was something to do, and some of it was done while we looked."""
    NONE = "none"
    """There is something to do, and nothing of it was done."""


class GuardCheck(StrEnum):
    """What became of comparing a ledger's guards with its balances."""

    EQUAL = "equal"
    DIFFERENT = "different"
    NOT_COMPARED = "not compared"
    """They did not reflect the same size, or nobody asked."""


@dataclass(frozen=True, slots=True)
class ProjectionStatus:
    """How far one projection of one ledger has come; `trouble`: why it goes no further."""

    ledger: str
    projection: str
    size: Size
    applied: Size
    trouble: str | None = None
    blocked: bool = False
    """It goes no further, whoever works on it."""


@dataclass(frozen=True, slots=True)
class LedgerStatus:
    """A ledger: how long its log is, up to which size it is signed, and what its guards are like."""

    ledger: str
    uuid: str
    size: Size
    signed: Size | None
    guards: GuardCheck


@dataclass(frozen=True, slots=True)
class SigningStatus:
    """Who signs here: the vkey of this process's key, if it has one, and the name of the installation."""

    vkey: str | None
    origin: str


@dataclass(slots=True)
class Status:
    """Everything at once."""

    database: str
    """Without the password."""
    version: str
    schema: Mapping[str, str]
    signing: SigningStatus
    projectors: Projectors = Projectors.IDLE
    ledgers: list[LedgerStatus] = field(default_factory=list)
    projections: list[ProjectionStatus] = field(default_factory=list)
    troubles: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    """What an operator should know although all is well."""

    @property
    def reasons(self) -> list[str]:
        """Why not all is well: every trouble, and of each ledger which read models have one."""
        models: dict[tuple[str, str], list[str]] = {}
        for each in self.projections:
            if each.trouble is not None:
                models.setdefault((each.ledger, each.trouble), []).append(each.projection)
        found = [f"{ledger}: {', '.join(names)}: {trouble}" for (ledger, trouble), names in models.items()]
        return [*found, *self.troubles]

    @property
    def well(self) -> bool:
        """Nothing is blocked, nothing differs, and lag is being worked on."""
        return not self.troubles and all(each.trouble is None for each in self.projections)

    def to_json(self) -> dict[str, Any]:
        return {"well": self.well, **asdict(self)}


async def status_of(services: Services, *, quick: bool = False, watch_seconds: float = WATCH_SECONDS) -> Status:
    """The state of every ledger. `quick`: guards and balances are not compared, which reads all of them."""
    status = Status(
        shown_url(services.settings.journal_url),
        version("double-llmedger"),
        {branch: known_schema(branch) for branch in BRANCHES},  # services are opened on no other
        SigningStatus(None, services.settings.origin),
    )
    _add_signing(status, services)
    ledgers, corrupt = await services.journal.list_ledgers()
    await _add_writing(status, services)
    status.troubles += map(str, corrupt)
    await _add_projections(status, services, ledgers)
    await _add_ledgers(status, services, ledgers, quick)
    await _watch(status, services, watch_seconds)
    return status


def shown_url(url: URL) -> str:
    """Where a database is, without what may be secret: the password, and parameters, which may hold one too."""
    if url.get_backend_name() == "sqlite":
        return str(Path(str(url.database)).absolute())
    host = url.host or url.query.get("host") or ""
    return str(URL.create("postgresql", url.username, None, str(host), url.port, url.database))


def _add_signing(status: Status, services: Services) -> None:
    if services.signer is None:
        return
    try:
        status.signing = SigningStatus(str(services.signer.key.verifier), services.settings.origin)
    except (NoteInvalid, OSError) as error:
        status.troubles.append(f"LEDGER_SIGNING_KEY: {error}")


async def _add_writing(status: Status, services: Services) -> None:
    """Why no write is accepted at the moment, as far as that shows without writing."""
    look = await services.journal.database.look()
    if look.writes_refused is not None:
        status.troubles.append(f"the database {status.database} accepts no writes: {look.writes_refused}")
    if (error := services.sequencer.find_clock_error(look.clock)) is not None:
        status.troubles.append(f"no write is accepted: {error}; set the clocks")


async def _add_projections(status: Status, services: Services, ledgers: list[Ledger]) -> None:
    applied = await _applied(services, ledgers)
    found = await services.reader.troubles()
    troubles = {(each.ledger, each.projection): trouble for each, trouble in found.items()}
    blocked = {(each.ledger, each.projection) for each in found if each.blocked_position is not None}
    status.projections = [
        ProjectionStatus(ledger.id, name, ledger.head.size, applied[at], troubles.get(at), at in blocked)
        for ledger in ledgers
        for name in _NAMES
        for at in [(ledger.serial, name)]
    ]


async def _add_ledgers(status: Status, services: Services, ledgers: list[Ledger], quick: bool) -> None:
    refused, signed = await services.checkpoints.list_refused(), await services.checkpoints.read_sizes()
    compared = ("account_balances", "chart")
    blocked = {each.ledger for each in status.projections if each.trouble and each.projection in compared}
    for ledger in ledgers:
        differences = None if quick or ledger.id in blocked else await _guard_differences(services, ledger)
        status.troubles += differences or ()
        guards = GuardCheck.DIFFERENT if differences else GuardCheck.EQUAL
        if differences is None:
            guards = GuardCheck.NOT_COMPARED
        status.ledgers.append(LedgerStatus(ledger.id, ledger.uuid, ledger.head.size, signed.get(ledger.serial), guards))
        if (ahead := _ahead(ledger, services.clock())) > CLOCK_TOLERANCE:
            status.notes.append(f"{ledger.id}: its last record is {ahead.total_seconds():.0f} s ahead of the clock")
        if ledger.serial in refused:
            status.troubles.append(f"{ledger.id}: the service refuses to sign it: {refused[ledger.serial]}")


def _ahead(ledger: Ledger, now: dt.datetime) -> dt.timedelta:
    return dt.timedelta() if ledger.head.recorded_at is None else ledger.head.recorded_at - now


async def _guard_differences(services: Services, ledger: Ledger) -> list[str] | None:
    """Where guards and balance projection differ though both reflect the same size; None: they do not."""
    before = await services.journal.read_size(ledger.serial)
    guards = await services.journal.read_totals(ledger.serial)
    projected: dict[tuple[int, str], tuple[int, int]] = {}
    after = None
    async with services.reader.open(ledger, "account_balances", "chart") as reading:
        while page := await balances_page(reading.view("account_balances"), after=after, limit=ALL):
            for each in page:
                assert each.account is not None
                projected[each.account, each.currency] = (each.debits, each.credits)
            last = page[-1]
            after = (last.path or "", last.account or 0, last.currency)
    if not before == reading.size == await services.journal.read_size(ledger.serial):
        return None
    return [
        f"{ledger.id}: account {account} in {currency}: guard {guards.get((account, currency), (0, 0))}, "
        f"projection {projected.get((account, currency), (0, 0))}"
        for account, currency in sorted(guards.keys() | projected.keys())
        if tuple(guards.get((account, currency), (0, 0))) != projected.get((account, currency), (0, 0))
    ]


# --- projectors ------------------------------------------------------------------------------------------------------

_NAMES = [projection.name for projection in make_projections()]


async def _applied(services: Services, ledgers: list[Ledger]) -> dict[tuple[int, str], Size]:
    """Return how far each read model of each ledger is."""
    found = {ledger.serial: await services.reader.checkpoints(ledger) for ledger in ledgers}
    return {
        (serial, name): live[name].applied if name in live else 0 for serial, live in found.items() for name in _NAMES
    }


async def _progress(services: Services) -> set[tuple[int, str, int, Size]]:
    """Return how far the rows of each read model are, also of one that is being built and that nobody reads yet."""
    async with services.projections.read.connect() as connection:
        return {(each.ledger, each.projection, each.generation, each.applied) for each in await read_live(connection)}


async def _watch(status: Status, services: Services, seconds: float) -> None:
    """Where anything lags that could go on: whether it does while we look, for at most so many seconds."""
    lags = {
        (each.ledger, each.projection): each.size - each.applied
        for each in status.projections
        if each.applied < each.size and not each.blocked
    }
    if not lags:
        return
    before = await _progress(services)
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        await asyncio.sleep(LOOK_SECONDS)
        if await _progress(services) != before:
            status.projectors = Projectors.WORKING
            return
    status.projectors = Projectors.NONE
    lag = spell_count(max(lags.values()), "record")
    status.troubles.append(
        f"read models lag by up to {lag}, and no process updated them in {seconds:.0f} s: "
        "start `llmedger serve` or `llmedger worker`"
    )
