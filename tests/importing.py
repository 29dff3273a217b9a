"""Somebody else's books, in and out again: an import on one engine, and its balances as the guards and every read
model have them.
"""

import asyncio
import datetime as dt
import gzip
import itertools
import json
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

from api.exchange.importing import ImportOptions, ImportReport, import_file
from ledger.accounts import AccountId
from ledger.books.accounts import AccountOpened
from ledger.books.ledger import OpenLedger
from ledger.codec import Actor
from ledger.follow import Wakeup
from ledger.journal import Ledger, Record
from ledger.money import format_units
from ledger.sequencer import Order, Sequencer, make_uuid
from ledger.slices import Command
from ledger.store.engine import Database, open_database
from ledger.store.journal import SqlJournal
from ledger.store.urls import make_projections_url, read_database_url
from ledger.transactions import TransactionPosted
from migrations import migrate
from projections import account_balances, balance_history, register
from projections.projector import Projector
from projections.reader import Reader
from projections.registry import make_projections

CLERK = Actor("cli", "tests")

Balances = Mapping[str, Mapping[str, Decimal]]
"""By account path and currency, without zeros."""

_numbers = itertools.count(1)


@dataclass
class Office:
    """Open databases of one engine, with a journal, its writer, and every read model."""

    journal: SqlJournal
    projections: Database
    sequencer: Sequencer

    async def ledger(self, currency: str = "EUR") -> Ledger:
        """A new ledger."""
        uuid, id_ = make_uuid(), f"books-{next(_numbers)}"
        await self.do(uuid, OpenLedger(id_, "ada", currency, "00" * 16))
        return await self.again(uuid)

    async def again(self, ledger: Ledger | str) -> Ledger:
        """The ledger as it is now."""
        found = await self.journal.find(ledger if isinstance(ledger, str) else ledger.uuid)
        assert found is not None
        return found

    async def do(self, ledger: Ledger | str, *commands: Command) -> None:
        """Commands that must be accepted."""
        uuid = ledger if isinstance(ledger, str) else ledger.uuid
        orders = [Order(command) for command in commands]
        await self.sequencer.submit_all(uuid, orders, actor=CLERK, atomic=True)

    async def import_(self, ledger: Ledger, path: Path, **options: Any) -> ImportReport:
        """Import with these options; accounts are opened unless said otherwise."""
        asked = ImportOptions(**{"open_accounts": True, **options})
        return await import_file(
            self.journal,
            self.sequencer,
            await self.again(ledger),
            path,
            asked,
            actor=CLERK,
            request=make_uuid(),
            progress=lambda _done, _total: None,
        )

    async def project(self) -> None:
        """Bring every read model up to date."""
        projector = Projector(self.journal, self.projections, make_projections(), wakeup=Wakeup(), progress=Wakeup())
        while await projector.catch_up():
            pass

    async def records(self, ledger: Ledger) -> list[Record]:
        """The whole log."""
        size = await self.journal.read_size(ledger.serial)
        return [record async for record in self.journal.read_range(ledger.serial, 0, size)]

    async def transactions(self, ledger: Ledger) -> list[TransactionPosted]:
        """Every transaction, in the order of the log."""
        events = [record.event for record in await self.records(ledger)]
        return [event for event in events if isinstance(event, TransactionPosted)]

    async def paths(self, ledger: Ledger) -> dict[AccountId, str]:
        """What the accounts were called when they were opened."""
        opened = {record.position: record.event for record in await self.records(ledger)}
        return {id_: event.path or "" for id_, event in opened.items() if isinstance(event, AccountOpened)}

    async def guarded(self, ledger: Ledger) -> Balances:
        """Balances as the guards have them."""
        paths, scales = await self.paths(ledger), await self.journal.read_currencies(ledger.serial)
        totals = await self.journal.read_totals(ledger.serial)
        return nonzero((paths[id_], code, each.balance, scales[code]) for (id_, code), each in totals.items())

    async def projected(self, ledger: Ledger) -> Balances:
        """Balances as `account_balances` has them."""
        async with self._reader.open(ledger, "account_balances") as reading:
            view = reading.view("account_balances")
            page = await account_balances.read_balances_page(view, limit=100_000)
        return nonzero((each.path or "", each.currency, each.debits - each.credits, each.scale) for each in page)

    async def as_of(self, ledger: Ledger, effective: dt.date | None) -> Balances:
        """Balances as `balance_history` has them, on a date."""
        paths = await self.paths(ledger)
        async with self._reader.open(ledger, "balance_history") as reading:
            view = reading.view("balance_history")
            pairs = await balance_history.list_used(view, limit=100_000)
            found = await balance_history.read_balances_at(view, pairs, effective=effective)
        return nonzero((paths[id_], code, each.balance, each.scale) for (id_, code), each in found.items())

    async def running_balances(self, ledger: Ledger, account: AccountId) -> list[int]:
        """An account's running balance after each line of its register, which has one currency."""
        async with self._reader.open(ledger, "register") as reading:
            view = reading.view("register")
            page = await register.read_register_page(view, account, limit=100_000)
        return list(itertools.accumulate(line.units for line in page))

    @property
    def _reader(self) -> Reader:
        return Reader(self.projections, Wakeup(), self.journal)


def nonzero(balances: Iterable[tuple[str, str, int, int]]) -> dict[str, dict[str, Decimal]]:
    """Balances out of (path, currency, units, scale)."""
    found: dict[str, dict[str, Decimal]] = {}
    for path, code, units, scale in balances:
        if units:
            found.setdefault(path, {})[code] = Decimal(format_units(units, scale))
    return found


@asynccontextmanager
async def office(url: str) -> AsyncIterator[Office]:
    """An office on the database with this URL, which `prepare` has prepared."""
    journal_url = read_database_url(url)
    journal_database = open_database(journal_url)
    on_sqlite = journal_database.is_sqlite
    projections_database = (
        open_database(make_projections_url(journal_url), durable=False) if on_sqlite else journal_database
    )
    journal = SqlJournal(journal_database)
    sequencer = Sequencer(journal)
    try:
        yield Office(journal, projections_database, sequencer)
    finally:
        await sequencer.close()
        await journal_database.close()
        await projections_database.close()


async def prepared(url: str) -> str:
    """Make the tables; returns the URL."""
    async with office(url) as opened:
        await migrate(opened.journal.database, opened.projections)
    return url


def prepare(url: str) -> str:
    """The same for a fixture that outlives a test's event loop."""
    return asyncio.run(prepared(url))


def write_lines(path: Path, lines: Iterable[Mapping[str, Any] | str]) -> Path:
    """A file of JSON lines, packed where its name says so. Texts are written as they are."""
    path.parent.mkdir(parents=True, exist_ok=True)
    texts = [line if isinstance(line, str) else json.dumps(line, ensure_ascii=False) for line in lines]
    content = "".join(f"{text}\n" for text in texts).encode()
    path.write_bytes(gzip.compress(content) if path.suffix == ".gz" else content)
    return path


def read_json(path: Path) -> Any:
    """The JSON value in a file, or in the `.gz` beside where it would be."""
    packed = path.with_name(f"{path.name}.gz")
    return json.loads(path.read_bytes() if path.exists() else gzip.decompress(packed.read_bytes()))
