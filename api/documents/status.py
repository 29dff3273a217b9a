"""The status of an installation: its parts, what is signed, how far read models are, and whether anything is wrong."""

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
from ledger import codec
from ledger.journal import Ledger, Size
from ledger.notes import NoteInvalid
from ledger.sequencer import CLOCK_TOLERANCE
from migrations import BRANCHES, known_schema
from projections.account_balances import read_balances_page
from projections.checkpoints import read_live
from projections.registry import make_projections

WATCH_SECONDS = 5.0
"""A running projector that has work to do gets some of it done in this time."""
LOOK_SECONDS = 0.2


class Projectors(StrEnum):
    """What is known about the projectors. Only their work shows whether they run."""

    IDLE = "idle"
    """There is nothing to do, so it is not known whether one runs."""
    WORKING = "working"
    """There was something to do, and some of it was done while we looked."""
    NONE = "none"
    """There is something to do, and none of it was done while we looked."""


class GuardCheck(StrEnum):
    """The result of comparing a ledger's guards with its balances."""

    EQUAL = "equal"
    DIFFERENT = "different"
    NOT_COMPARED = "not compared"
    """They did not reflect the same size, or the comparison was not asked for."""


@dataclass(frozen=True, slots=True)
class ProjectionStatus:
    """How far one projection of one ledger has come. `trouble` says why it cannot go on."""

    ledger: str
    projection: str
    size: Size
    applied: Size
    trouble: str | None = None
    blocked: bool = False
    """It cannot go on, even if a projector runs."""


@dataclass(frozen=True, slots=True)
class LedgerStatus:
    """A ledger: the size of its log, up to which size it is signed, and the check of its guards."""

    ledger: str
    uuid: str
    size: Size
    signed: Size | None
    guards: GuardCheck


@dataclass(frozen=True, slots=True)
class SigningStatus:
    """The vkey of this process's key, if it has one, and the name of the installation."""

    vkey: str | None
    origin: str


@dataclass(slots=True)
class Status:
    """The whole status."""

    database: str
    """Without the password."""
    version: str
    compiled: bool
    """Whether the core runs compiled (`hatch_build.py`)."""
    schema: Mapping[str, str]
    signing: SigningStatus
    projectors: Projectors = Projectors.IDLE
    ledgers: list[LedgerStatus] = field(default_factory=list)
    projections: list[ProjectionStatus] = field(default_factory=list)
    troubles: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    """What an operator should know although nothing is wrong."""

    @property
    def reasons(self) -> list[str]:
        """Everything that is wrong: every trouble, and for each ledger the read models that have one."""
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


async def read_status(services: Services, *, quick: bool = False, watch_seconds: float = WATCH_SECONDS) -> Status:
    """Return the status of the installation and of every ledger. `quick`: do not compare guards and balances, which
    reads all of them."""
    status = Status(
        redact_url(services.settings.journal_url),
        version("double-llmedger"),
        is_compiled(),
        {branch: known_schema(branch) for branch in BRANCHES},  # services open on no other schema
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


def is_compiled() -> bool:
    """Return whether the core of this installation is compiled."""
    return not str(codec.__file__).endswith(".py")


def redact_url(url: URL) -> str:
    """Return where a database is, without the password and the parameters, which may contain one too."""
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
    """Add the reasons why no write is accepted now, as far as they show without writing."""
    look = await services.journal.database.look()
    if look.writes_refused is not None:
        status.troubles.append(f"the database {status.database} accepts no writes: {look.writes_refused}")
    if (error := services.sequencer.find_clock_error(look.clock)) is not None:
        status.troubles.append(f"no write is accepted: {error}; set the clocks")


async def _add_projections(status: Status, services: Services, ledgers: list[Ledger]) -> None:
    applied = await _read_applied(services, ledgers)
    found = await services.reader.find_troubles()
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
        differences = None if quick or ledger.id in blocked else await _compare_guards(services, ledger)
        status.troubles += differences or ()
        guards = GuardCheck.DIFFERENT if differences else GuardCheck.EQUAL
        if differences is None:
            guards = GuardCheck.NOT_COMPARED
        status.ledgers.append(LedgerStatus(ledger.id, ledger.uuid, ledger.head.size, signed.get(ledger.serial), guards))
        if (ahead := _find_lead(ledger, services.clock())) > CLOCK_TOLERANCE:
            status.notes.append(f"{ledger.id}: its last record is {ahead.total_seconds():.0f} s ahead of the clock")
        if ledger.serial in refused:
            status.troubles.append(f"{ledger.id}: the service refuses to sign it: {refused[ledger.serial]}")


def _find_lead(ledger: Ledger, now: dt.datetime) -> dt.timedelta:
    return dt.timedelta() if ledger.head.recorded_at is None else ledger.head.recorded_at - now


async def _compare_guards(services: Services, ledger: Ledger) -> list[str] | None:
    """Return where guards and the balance projection differ; None if they do not reflect the same size."""
    before = await services.journal.read_size(ledger.serial)
    guards = await services.journal.read_totals(ledger.serial)
    projected: dict[tuple[int, str], tuple[int, int]] = {}
    after = None
    async with services.reader.open(ledger, "account_balances", "chart") as reading:
        while page := await read_balances_page(reading.view("account_balances"), after=after, limit=ALL):
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


async def _read_applied(services: Services, ledgers: list[Ledger]) -> dict[tuple[int, str], Size]:
    """Return how far each read model of each ledger is."""
    found = {ledger.serial: await services.reader.read_checkpoints(ledger) for ledger in ledgers}
    return {
        (serial, name): live[name].applied if name in live else 0 for serial, live in found.items() for name in _NAMES
    }


async def _read_progress(services: Services) -> set[tuple[int, str, int, Size]]:
    """Return how far the rows of each read model are, also of one that is being built and not read yet."""
    async with services.projections.read.connect() as connection:
        return {(each.ledger, each.projection, each.generation, each.applied) for each in await read_live(connection)}


async def _watch(status: Status, services: Services, seconds: float) -> None:
    """Say whether projectors work: where something lags that could go on, watch it for at most so many seconds."""
    lags = {
        (each.ledger, each.projection): each.size - each.applied
        for each in status.projections
        if each.applied < each.size and not each.blocked
    }
    if not lags:
        return
    before = await _read_progress(services)
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        await asyncio.sleep(LOOK_SECONDS)
        if await _read_progress(services) != before:
            status.projectors = Projectors.WORKING
            return
    status.projectors = Projectors.NONE
    lag = spell_count(max(lags.values()), "record")
    status.troubles.append(
        f"read models lag by up to {lag}, and no process updated them in {seconds:.0f} s: "
        "start `llmedger serve` or `llmedger worker`"
    )
