"""How the books are: sizes, lag, blocked projections, refused signatures, and whether the guards equal the balances."""

import datetime as dt
from dataclasses import asdict, dataclass, field
from typing import Any

from api.queries import ALL
from api.services import Services
from ledger.journal import Ledger, Size
from ledger.sequencer import CLOCK_TOLERANCE
from projections.account_balances import balances_page
from projections.registry import projections


@dataclass(frozen=True, slots=True)
class ProjectionStatus:
    """How far one projection of one ledger has come; `trouble`: why it goes no further."""

    ledger: str
    projection: str
    size: Size
    applied: Size
    trouble: str | None = None


@dataclass(slots=True)
class Status:
    """Everything at once."""

    projections: list[ProjectionStatus] = field(default_factory=list)
    troubles: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    """What an operator should know although all is well."""

    @property
    def well(self) -> bool:
        """Nothing is blocked and nothing differs; lag alone is no trouble."""
        return not self.troubles and all(each.trouble is None for each in self.projections)

    def to_json(self) -> dict[str, Any]:
        return {
            "well": self.well,
            "projections": [asdict(each) for each in self.projections],
            "troubles": self.troubles,
            "notes": self.notes,
        }


async def status_of(services: Services) -> Status:
    """The state of every ledger."""
    status = Status()
    ledgers, corrupt = await services.journal.ledgers()
    refused = await services.checkpoints.refused()
    status.troubles += map(str, corrupt)
    names = [projection.name for projection in projections()]
    applied = {(each.serial, name): await services.reader.applied(each, name) for each in ledgers for name in names}
    found = await services.reader.troubles()
    troubles = {(each.ledger, each.projection): trouble for each, trouble in found.items()}
    for ledger in ledgers:
        for name in names:
            at = ledger.serial, name
            status.projections.append(
                ProjectionStatus(ledger.id, name, ledger.head.size, applied[at].applied, troubles.get(at))
            )
        if (ahead := _ahead(ledger, services.clock())) > CLOCK_TOLERANCE:
            status.notes.append(f"{ledger.id}: its last record is {ahead.total_seconds():.0f} s ahead of the clock")
        if ledger.serial in refused:
            status.troubles.append(f"{ledger.id}: nothing is signed: {refused[ledger.serial]}")
        if (ledger.serial, "account_balances") not in troubles:
            status.troubles += await _guard_differences(services, ledger)
    return status


def _ahead(ledger: Ledger, now: dt.datetime) -> dt.timedelta:
    return dt.timedelta() if ledger.head.recorded_at is None else ledger.head.recorded_at - now


async def _guard_differences(services: Services, ledger: Ledger) -> list[str]:
    """Where guards and balance projection differ though both reflect the same size; nothing to say otherwise."""
    before = await services.journal.size(ledger.serial)
    guards = await services.journal.totals(ledger.serial)
    projected: dict[tuple[int, str], tuple[int, int]] = {}
    after = None
    async with services.reader.view(ledger, "account_balances") as view:
        while page := await balances_page(view, after=after, limit=ALL):
            for each in page:
                assert each.account is not None
                projected[each.account, each.currency] = (each.debits, each.credits)
            last = page[-1]
            after = (last.path or "", last.account or 0, last.currency)
    if not before == view.applied == await services.journal.size(ledger.serial):
        return []
    return [
        f"{ledger.id}: account {account} in {currency}: guard {guards.get((account, currency), (0, 0))}, "
        f"projection {projected.get((account, currency), (0, 0))}"
        for account, currency in sorted(guards.keys() | projected.keys())
        if tuple(guards.get((account, currency), (0, 0))) != projected.get((account, currency), (0, 0))
    ]
