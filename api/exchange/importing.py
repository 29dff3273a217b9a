"""Import of JSON lines (CONTRACT section 5): a file of transactions in, one durable record for each, exactly once.

Promises: the whole file is checked before anything is written, by the ledger's own rules and against its own state;
every line has an idempotency key, so that running an import again, also after a crash in its middle, writes what is
missing and nothing else; a member that the ledger does not know is kept in the memo under `imported`, and counted.

Cost: the file is read once; what the check made of its good lines waits in a temporary file, about as large as they
are, to be written. In memory: some chunks, the accounts that the lines name (as many as
`ledger.store.guard_cache` keeps), the new currencies, the bad lines, and about 150 bytes a line to tell repeated
ids and equal lines.
"""

import asyncio
import logging
import os
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from errno import ENOSPC
from pathlib import Path
from typing import IO

from api.exchange.import_lines import make_import_key, unpack
from api.exchange.import_plan import (
    BadLine,
    ImportOptions,
    ImportRefused,
    Plan,
    parse_currency_map,
    parse_scale,
    parse_type_map,
)
from api.exchange.input_files import CHUNK_LINES, Chunk, find_length, find_source, read_chunks, read_chunks_ahead
from ledger.books.accounts import OpenAccount
from ledger.books.ledger import DeclareCurrency
from ledger.codec import Actor
from ledger.decide import find_needed_rows
from ledger.errors import AccountExists, CurrencyExists, LedgerError, Rejected, Unavailable
from ledger.journal import Ledger, Receipt
from ledger.sequencer import Answer, Order, Sequencer
from ledger.slices import Command
from ledger.store.guard_cache import Guards
from ledger.store.journal import SqlJournal

__all__ = [
    "BadLine",
    "ImportOptions",
    "ImportRefused",
    "ImportReport",
    "import_file",
    "make_import_key",
    "parse_currency_map",
    "parse_scale",
    "parse_type_map",
    "read_chunks_ahead",
]

log = logging.getLogger(__name__)

BAD_LINES_MAX = 100
"""Where bad lines are not skipped, the check stops after about so many: all of them would tell nobody more."""
ATTEMPTS_MAX = 5
Progress = Callable[[int, int | None], None]
"""Told how much is done, and of how much, in bytes of the file over both passes; None: nobody knows yet."""


@dataclass
class ImportReport:
    """What an import did, or in a dry run would do."""

    source: str
    dry_run: bool
    lines: int = 0
    """Lines that are not blank."""
    imported: int = 0
    replayed: int = 0
    """Imported before; they changed nothing."""
    skipped: list[BadLine] = field(default_factory=list)
    accounts_opened: list[str] = field(default_factory=list)
    currencies_declared: dict[str, int] = field(default_factory=dict)
    """Code to scale."""
    carried: dict[str, int] = field(default_factory=dict)
    """How often each member that the ledger does not know was carried along: `code`, `postings.inferred`."""
    size: int = 0
    """Of the ledger, afterwards."""


async def import_file(
    journal: SqlJournal,
    sequencer: Sequencer,
    ledger: Ledger,
    path: Path,
    options: ImportOptions,
    *,
    actor: Actor,
    request: str,
    progress: Progress = lambda _done, _total: None,
    chunks: Iterator[Chunk] | None = None,
) -> ImportReport:
    """Import a file into a ledger. `chunks`: the file's, as `read_chunks_ahead` gives them; without it they are read in
    a thread. Raises ImportRefused where the input is wrong, OSError where it cannot be read, ValueError where its
    source has no name, and Unavailable where the ledger does not answer; an import that was broken off can be run
    again."""
    chunks = chunks or read_chunks(path, options)
    return await _Import(journal, sequencer, ledger, path, options, actor, request, progress, chunks).run()


class _Import:
    """One run of an import."""

    def __init__(
        self,
        journal: SqlJournal,
        sequencer: Sequencer,
        ledger: Ledger,
        path: Path,
        options: ImportOptions,
        actor: Actor,
        request: str,
        progress: Progress,
        chunks: Iterator[Chunk],
    ) -> None:
        self._journal = journal
        self._sequencer = sequencer
        self._ledger = ledger
        self._path = path
        self._options = options
        self._actor = actor
        self._request = request
        self._progress = progress
        self._chunks = chunks
        self._guards = Guards()
        self._bytes = find_length(path)
        self._report = ImportReport(find_source(path, options), options.dry_run)

    async def run(self) -> ImportReport:
        with tempfile.TemporaryFile(buffering=0) as file:
            return await self._run(_Kept(file))

    async def _run(self, kept: "_Kept") -> ImportReport:
        report, plan = self._report, Plan(self._options)
        await self._refuse_other_scales()
        await self._check(plan, kept)
        plan.finish()
        report.carried = dict(plan.carried)
        if self._options.dry_run or not plan.new:  # all imported before: a second pass would write nothing
            report.imported, report.replayed = plan.new, plan.replayed
            report.accounts_opened = list(plan.accounts)
            report.currencies_declared = {each.currency: each.scale for each in plan.declarations}
        else:
            await self._prepare([*plan.declarations, *plan.openings])
            await self._post(plan, kept)
        report.skipped = plan.bad_lines
        report.size = await self._journal.read_size(self._ledger.serial)
        self._progress(self._total or 0, self._total)
        return report

    @property
    def _total(self) -> int | None:
        """Bytes of all passes; None: of a pipe that is still being read."""
        return None if self._bytes is None else self._bytes * (1 if self._options.dry_run else 2)

    # pass one: check everything, write nothing

    async def _refuse_other_scales(self) -> None:
        declared = await self._journal.read_currencies(self._ledger.serial)
        for code, scale in self._options.scales.items():
            if scale > declared.get(code, scale):
                raise ImportRefused(trouble=CurrencyExists(currency=code, scale=declared[code]).detail)

    async def _check(self, plan: Plan, kept: "_Kept") -> None:
        """Check all chunks. The next one is read while the ledger is asked about the one before."""
        reading, done = self._read(), 0
        try:
            while (chunk := await reading) is not None:
                reading = self._read()
                await self._judge(plan, kept, chunk)
                self._progress(done := chunk.done, self._total)
                if len(plan.bad) >= BAD_LINES_MAX and not self._options.skip_bad:
                    break
        finally:
            await asyncio.wait([reading])
            reading.exception()  # what is wrong further on is not told
        self._bytes = done if self._bytes is None else self._bytes

    def _read(self) -> "asyncio.Task[Chunk | None]":
        """Return the next chunk; None: there is none."""
        return asyncio.create_task(asyncio.to_thread(next, self._chunks, None))

    async def _judge(self, plan: Plan, kept: "_Kept", chunk: Chunk) -> None:
        self._report.lines += chunk.count
        for line, refusal in chunk.refused:
            plan.refuse(line, refusal)
        drafts = [draft for piece in chunk.pieces for draft in unpack(piece)]
        needed = find_needed_rows(draft.command for draft in drafts)
        keys = [draft.key for draft in drafts]
        known, state = await self._journal.peek(self._ledger, keys, needed, self._guards)
        plan.add_all(drafts, known, state)
        if not self._options.dry_run:
            kept.put(chunk.pieces)

    # pass two: write

    async def _prepare(self, commands: Sequence[Command]) -> None:
        """Declare currencies and open accounts: without keys, for a name is as good, and a key is kept for ever."""
        report = self._report
        for start in range(0, len(commands), CHUNK_LINES):
            some = commands[start : start + CHUNK_LINES]
            for command, answer in zip(some, await self._submit([Order(each) for each in some]), strict=True):
                match command, answer:
                    case DeclareCurrency(currency=code, scale=scale), Receipt():
                        report.currencies_declared[code] = scale
                    case OpenAccount(path=str(name)), Receipt():
                        report.accounts_opened.append(name)
                    case _, AccountExists() | CurrencyExists():
                        pass  # somebody else was faster
                    case _, Rejected() as refusal:
                        raise ImportRefused(trouble=refusal.detail)

    async def _post(self, plan: Plan, kept: "_Kept") -> None:
        """Post all chunks. The next one is unpacked, and its orders made, while the one before is being written."""
        writing: asyncio.Task[None] | None = None
        try:
            for done, pieces in kept.chunks():
                orders: dict[int, Order] = {}
                for piece in pieces:
                    drafts = [draft for draft in unpack(piece) if draft.line not in plan.bad]
                    orders |= {draft.line: Order(draft.command, draft.key) for draft in drafts}
                    await asyncio.sleep(0)
                if writing is not None:
                    await writing
                writing = asyncio.create_task(self._write(plan, orders))
                self._progress(int((self._bytes or 0) * (1 + done)), self._total)
            if writing is not None:
                await writing
        finally:
            if writing is not None:  # whatever stopped this: what is under way has an answer to be counted
                await asyncio.wait([writing])

    async def _write(self, plan: Plan, orders: Mapping[int, Order]) -> None:
        """Write `orders`, by the numbers of their lines."""
        refused: list[tuple[int, LedgerError]] = []
        answers = await self._submit(list(orders.values()))
        for line, answer in zip(orders, answers, strict=True):
            if isinstance(answer, Rejected):
                refused.append((line, answer))
            else:
                self._report.replayed += answer.replayed
                self._report.imported += not answer.replayed
        self._stop_at(plan, refused)

    def _stop_at(self, plan: Plan, refused: Sequence[tuple[int, LedgerError]]) -> None:
        """Stop at lines that were good when they were checked: since then somebody has changed the books."""
        for line, refusal in refused:
            plan.refuse(line, refusal)
        if refused and not self._options.skip_bad:
            raise ImportRefused(lines=[plan.bad[line] for line, _ in refused], written=self._report.imported)

    async def _submit(self, orders: Sequence[Order]) -> list[Answer]:
        """Return answers to the orders; their keys and names make it safe to ask again where the ledger is busy."""
        for _ in range(ATTEMPTS_MAX - 1):
            try:
                return await self._submit_once(orders)
            except Unavailable as error:
                log.warning("the import waits %d s: %s", error.retry_after_seconds, error)
                await asyncio.sleep(error.retry_after_seconds)
        return await self._submit_once(orders)

    async def _submit_once(self, orders: Sequence[Order]) -> list[Answer]:
        return await self._sequencer.submit_all(self._ledger.uuid, orders, actor=self._actor, request=self._request)


class _Kept:
    """The lines in good shape, chunk by chunk, as pass one read them: pass two writes what was checked, whatever has
    become of the file."""

    def __init__(self, file: IO[bytes]) -> None:
        """Keep chunks in `file`: an empty one without a buffer, for this alone."""
        self._file = file
        self._chunks: list[list[int]] = []
        """Lengths of the pieces."""

    def put(self, pieces: Sequence[bytes]) -> None:
        """Add a chunk. Raises ImportRefused where the disk is full."""
        whole = b"".join(pieces)
        try:
            if self._file.write(whole) < len(whole):
                raise OSError(ENOSPC, os.strerror(ENOSPC))
        except OSError as error:
            raise ImportRefused(trouble=f"the temporary folder cannot hold the lines: {error.strerror}") from None
        self._chunks.append(list(map(len, pieces)))

    def chunks(self) -> Iterator[tuple[float, list[bytes]]]:
        """Yield the share of all chunks that comes to its end with this one, and the pieces of it, for `unpack`."""
        self._file.seek(0)
        for number, lengths in enumerate(self._chunks, 1):
            yield number / len(self._chunks), [self._file.read(length) for length in lengths]
