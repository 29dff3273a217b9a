"""Import of an export: the same ledger in another database, byte for byte, so that its root stays the same.

Promises: the export is verified whole before a record of it is written, as an auditor would (hashes, root, every rule);
records, bodies, memos, ids, times and keys are those of the export, and the guards are what `evolve` makes of them; a
ledger that is there already is left alone, unless it is a beginning of the export, which is how an import that was
broken off goes on.

Cost: two passes over the files; a batch of records in memory, and what `api.audit` holds.
"""

from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from api.audit.auditing import report_damage, verify
from api.audit.directory import Directory
from api.audit.parsing import RecordEnvelope, read_envelope, read_event
from api.audit.report import Report
from api.audit.sources import Damaged, StoredRecord
from ledger.books.ledger import LedgerOpened
from ledger.books.transactions import ReverseTransaction
from ledger.codec import Sealed
from ledger.decide import evolve, find_needed_rows, restore_command
from ledger.errors import Corrupt, LedgerExists
from ledger.journal import Append, Entry, Head, KeyEntry, Size
from ledger.merkle import EMPTY_FRONTIER, Frontier, hash_leaf
from ledger.slices import Event
from ledger.state import OldRecord
from ledger.store.journal import SqlJournal

BATCH_RECORDS = 1_000
Told = Callable[[int, int], None]
"""Told how many records are done, and of how many, over both passes."""


class ExportUnsound(Exception):
    """What is in the directory is not a sound export: nothing was written."""

    def __init__(self, report: Report) -> None:
        self.report = report
        super().__init__(f"the export is not sound, and nothing was written: {report.reason}")


@dataclass(frozen=True, slots=True)
class Item:
    """A record of the export, read."""

    position: int
    envelope: RecordEnvelope
    event: Event
    sealed: Sealed

    @property
    def entry(self) -> Entry:
        """Return it as a store takes it."""
        return Entry(self.position, self.envelope.id, self.envelope.time, self.event, self.sealed)

    @property
    def old(self) -> OldRecord:
        """As a later command sees it."""
        return OldRecord(self.position, self.event, self.envelope.time, self.envelope.memo_sha256 is not None)


@dataclass(slots=True)
class ExportImported:
    """What an import of an export did."""

    ledger: str
    id: str
    size: Size
    root: str
    added: int
    """Records that were not there before."""

    def to_json(self) -> dict[str, Any]:
        """Return the report for programs."""
        return asdict(self)


async def import_export(
    journal: SqlJournal,
    folder: Path,
    *,
    id_: str | None = None,
    told: Told = lambda _done, _total: None,
) -> ExportImported:
    """Make the ledger of an export, under its own id or `id_`. Raises Unusable, ExportUnsound, LedgerExists."""
    try:
        source = Directory(folder)
    except Damaged as error:
        raise ExportUnsound(report_damage(str(folder), None, str(error))) from None
    total = 2 * source.read_head().size
    report = verify(source, told=lambda done, _size: told(done, total))
    if report.gravest is not None:
        raise ExportUnsound(report)
    return await _Import(journal, source, id_, told).run()


class _Import:
    def __init__(self, journal: SqlJournal, source: Directory, id_: str | None, told: Told) -> None:
        self._journal = journal
        self._source = source
        self._claimed = source.read_head()
        self._told = told
        self._id = id_ or _own_id(source)

    async def run(self) -> ExportImported:
        claimed = self._claimed
        frontier = await self._begun()
        before = frontier.size
        for batch in self._batches(before):
            frontier = await self._write(batch, frontier)
            self._told(claimed.size + frontier.size, 2 * claimed.size)
        if frontier.compute_root() != claimed.root:
            raise Corrupt(what="the export was changed while it was read")
        return ExportImported(claimed.ledger, self._id, claimed.size, claimed.root.hex(), claimed.size - before)

    async def _begun(self) -> Frontier:
        """Return the tree of what is there already: none, or a beginning of the export."""
        found = await self._journal.find(self._claimed.ledger)
        if found is None:
            if await self._journal.find(self._id) is not None:
                raise LedgerExists(id=self._id)
            return EMPTY_FRONTIER
        self._id = found.id
        frontier, size = EMPTY_FRONTIER, found.head.size
        for page in self._source.read_pages(0, size):
            frontier = frontier.extend(hash_leaf(stored.record) for stored in page[: size - frontier.size])
        if frontier != found.head.frontier:
            raise LedgerExists(id=found.id)
        return frontier

    def _batches(self, start: Size) -> Iterator[list[Item]]:
        """Yield the records from `start` on; the records of one command stay together, because they share a key's
        row."""
        batch: list[Item] = []
        for page in self._source.read_pages(start, self._claimed.size):
            for item in map(_read, page):
                if len(batch) >= BATCH_RECORDS and item.envelope.command != batch[-1].envelope.command:
                    yield batch
                    batch = []
                batch.append(item)
        if batch:
            yield batch

    async def _write(self, batch: list[Item], frontier: Frontier) -> Frontier:
        """Write one batch, under the head lock: what is there must be what was there when the last batch was
        written."""
        async with self._journal.begin_writing() as writing:
            locked = await writing.lock(self._claimed.ledger)
            if locked.head.frontier != frontier:
                raise LedgerExists(id=self._id)
            commands = [restore_command(item.event) for item in batch]
            state = await writing.load(locked, find_needed_rows(commands))
            reversed_here = {each.transaction for each in commands if isinstance(each, ReverseTransaction)}
            for item in batch:
                evolve(state, item.event, item.position)
                if item.envelope.id in reversed_here:
                    state.records[item.envelope.id] = item.old
            frontier = frontier.extend(hash_leaf(item.sealed.record) for item in batch)
            entries = [item.entry for item in batch]
            head = Head(frontier, entries[-1].recorded_at)
            await writing.append(Append(locked, head, state, self._id, entries, _keys(batch)))
        return frontier


def _read(stored: StoredRecord) -> Item:
    """Return the record as the store has it. Raises Corrupt: it was verified, and was something else then."""
    try:
        envelope = read_envelope(stored.record)
        if stored.data is None or sha256(stored.data).hexdigest() != envelope.data_sha256:
            raise ValueError
        if stored.memo is not None and sha256(stored.memo).hexdigest() != envelope.memo_sha256:
            raise ValueError
        event = read_event(envelope, stored.data, stored.memo)
    except ValueError:
        raise Corrupt(what=f"the record at position {stored.position} was changed while it was read") from None
    return Item(stored.position, envelope, event, Sealed(stored.record, stored.data, stored.memo))


def _own_id(source: Directory) -> str:
    """Return the id that the ledger was opened with."""
    first = source.read_record(0)
    event = None if first is None else _read(first).event
    if not isinstance(event, LedgerOpened) or event.id is None:
        raise Corrupt(what="the export does not begin with the opening of a ledger")
    return event.id


def _keys(batch: list[Item]) -> list[KeyEntry]:
    """Return the idempotency keys of whole commands: each stands for its command's records, of which the last
    answers."""
    keys: dict[str, KeyEntry] = {}
    for item in batch:
        if (key := item.envelope.idempotency_key) is not None:
            first = keys[key].first if key in keys else item.position
            keys[key] = KeyEntry(key, item.position, first, item.position - first + 1)
    return list(keys.values())
