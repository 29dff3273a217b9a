"""The parts of every question about a ledger and of its answer: as of when, how fresh, which page, which names."""

import datetime as dt
import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any, TypeVar

from api.shapes.answers import AsOfOut, format_time_or_none
from ledger.accounts import AccountId
from ledger.books.accounts import AccountOpened
from ledger.errors import InvalidField
from ledger.journal import Ledger, Record, Size
from ledger.store.journal import SqlJournal
from projections.chart import read_named_accounts_by_id
from projections.reader import Reading

Comparable = TypeVar("Comparable", dt.date, dt.datetime, int)

_POSTED_TO = re.compile(rb'\{"account":([0-9]+),')
"""How every posting begins: records are canonical JSON, and in a text a quotation mark is escaped."""
ALL = 1_000
"""The number of rows read at a time where all of them are wanted."""


@dataclass(frozen=True, slots=True)
class Freshness:
    """The least size that a read must reflect, and how long it may wait for it."""

    min_size: Size = 0
    timeout_seconds: float = 5.0


@dataclass(frozen=True, slots=True)
class AsOf:
    """Both time axes of a question: what happened up to `effective`, as known at `size`; None: no bound."""

    effective: dt.date | None = None
    size: Size | None = None
    recorded_at: dt.datetime | None = None
    """Of the last of `size` records, where it is known already."""


NO_BOUND = AsOf()


@dataclass(frozen=True, slots=True)
class Page:
    """A page of an answer. `following` is where the next one goes on, None at the end."""

    content: dict[str, Any]
    size: Size
    following: dict[str, Any] | None


async def read_as_of(log: SqlJournal, ledger: Ledger, size: Size, as_of: AsOf | None = None) -> AsOfOut:
    """Return what an answer reflects."""
    if size == ledger.head.size:
        recorded_at = ledger.head.recorded_at
    elif as_of is not None and as_of.recorded_at is not None and as_of.size == size:
        recorded_at = as_of.recorded_at
    else:
        recorded_at = await log.find_recorded_at(ledger.serial, size)
    effective = as_of.effective.isoformat() if as_of and as_of.effective else None
    return {"size": size, "recorded_at": format_time_or_none(recorded_at), "effective": effective}


async def read_paths(reading: Reading, accounts: Iterable[AccountId]) -> dict[AccountId, str]:
    """Return what these accounts are called now. One that the chart has not seen yet goes by the name that it was
    opened with. The reading names `chart`."""
    wanted = set(accounts)
    if not wanted:
        return {}
    chart = await read_named_accounts_by_id(reading.view("chart"), wanted)
    paths = {id_: account.path for id_, account in chart.items() if account.path is not None}
    unseen = wanted - chart.keys()
    for position, record in (await reading.log.read_at(reading.ledger.serial, unseen)).items() if unseen else ():
        if isinstance(record.event, AccountOpened) and record.event.path is not None:
            paths[position] = record.event.path
    return paths


def collect_accounts(records: Collection[Record]) -> set[AccountId]:
    """Return every account that these transactions post to."""
    return {int(account) for record in records for account in _POSTED_TO.findall(record.data)}


def require_order(first: Comparable | None, last: Comparable | None, parameter: str, end: str) -> None:
    """Raise InvalidField where the first value of a range is after the last one: nothing can be between them."""
    if first is not None and last is not None and first > last:
        raise InvalidField(trouble=f"{parameter} is after {end}", pointer=f"?{parameter}")
