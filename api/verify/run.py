"""One audit from beginning to end: `verify` reads a source once, front to back, and says what it found.

Cost: constant memory in the number of records (`books` and `scratch` say what is held); a record is read once, and
once more where a later one names it.
"""

import datetime as dt
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from hashlib import sha256

from api.notes import Checkpoint, Note, NoteInvalid, VerifierKey
from api.verify import progress
from api.verify.ahead import Reopen, looked_at
from api.verify.books import Books, ReadTwice
from api.verify.known import SignedSeen, StateFile, Visit
from api.verify.log import Log, Tiles
from api.verify.plain import Run, look
from api.verify.reading import Envelope, micros, read_envelope, read_event
from api.verify.report import Check, Kind, Name, Report
from api.verify.scratch import Scratch
from api.verify.served import balances, compare, guards, trial_balance
from api.verify.sources import Broken, Claimed, Impossible, Signed, Source, Stored, Unusable, Withheld
from ledger.events import MemoErased
from ledger.merkle import EMPTY_ROOT
from ledger.money import format_units

Told = Callable[[int, int], None]
"""Told how many records are done, and of how many."""
ReadModels = Callable[[Source, Books, Check], None]
"""Compares the read models with what the service's own code makes of the log. That code comes from outside: nothing
here uses it (`api.read_models`)."""

TOGETHER_RECORDS = 20_000
"""Other processes are worth starting for at least so many."""
CLOCKS_APART = dt.timedelta(hours=1)
"""When a checkpoint was signed no signature vouches for: only what clocks cannot explain is said."""
SAVE_RECORDS = 50_000
"""So many records are done again, at most, after an audit was broken off."""


def verify(
    source: Source,
    *,
    policy: Sequence[VerifierKey] | None = None,
    state: StateFile | None = None,
    told: Told = lambda _done, _total: None,
    clock: Callable[[], dt.datetime] = lambda: dt.datetime.now(dt.UTC),
    reopen: Reopen | None = None,
    processes: int = 1,
    read_models: ReadModels | None = None,
) -> Report:
    """Check everything, and with a state file remember it. Raises Unusable before anything was checked, and OSError
    where the state cannot be written. `reopen`: opens the source again in that many other processes, which look at long
    logs together. `read_models`: the last part; None: it is left out."""
    claimed = source.head()
    scratch = Scratch(None if state is None else state.progress)
    try:
        audit = _Audit(source, claimed, scratch, policy, state, told, reopen, processes, read_models, clock())
        report = audit.run()
    finally:
        scratch.close()
    if state is not None:
        state.progress.unlink(missing_ok=True)
        if report.gravest in (None, Kind.BOOKS):  # the log is whole, and this is what it is
            now = clock().isoformat(timespec="seconds").replace("+00:00", "Z")
            state.remember(claimed.ledger, Visit(claimed.size, claimed.root, now, audit.signed_seen))
    return report


@dataclass(frozen=True, slots=True)
class _Root:
    """A tree that somebody vouched for: the log must have had it."""

    size: int
    root: bytes
    signed_at: int | None = None
    """Microseconds since 1970."""


class _Audit:
    def __init__(
        self,
        source: Source,
        claimed: Claimed,
        scratch: Scratch,
        policy: Sequence[VerifierKey] | None,
        state: StateFile | None,
        told: Told,
        reopen: Reopen | None,
        processes: int,
        read_models: ReadModels | None,
        now: dt.datetime,
    ) -> None:
        self._source = source
        self._read_models = read_models
        self._reopen = reopen if processes > 1 else None
        self._processes = processes
        self._claimed = claimed
        self._scratch = scratch
        self._policy = policy
        self._state = state
        self._told = told
        self._now = now
        self.signed_seen: SignedSeen | None = None
        self._report = report = Report(source.title, claimed.ledger, claimed.size, claimed.root.hex())
        report.pinned = policy is not None
        self._log = Log(claimed, scratch, report)
        self._shown = self._reflected("account_balances", report[Name.PROJECTION])
        """The size at which projected balances are compared."""
        tiled = self._reflected("tiles", report[Name.TILES])
        self._tiles = Tiles(source, report[Name.TILES], tiled)
        self._books = Books(scratch, source.record, report[Name.RULES])
        self._visit: Visit | None = None
        self._signed: Iterator[_Root] = iter(())
        self._next_signed: _Root | None = None
        self._due = -1
        """The size at which the root is wanted next."""
        self._saved = 0
        self._log_of_source = f"{claimed.ledger} in {source.title}"
        """Where another source has the same log, nothing of it has been looked at."""

    def run(self) -> Report:
        """Everything, in the order of the log."""
        try:
            resumed = self._resume()
            self._expect(resumed)
            self._look_at_roots()
            self._look_at_shown()
            self._read(to_the_end=False)
            self._read_together()
            self._read(to_the_end=True)
            self._log.end(self._claimed.size)
            self._end()
        except Broken as error:
            self._report[Name.LOG].fail(Kind.MISSING, f"the source cannot be read on: {error}", self._log.next)
        except ReadTwice as error:
            self._report[Name.LOG].fail(Kind.TAMPERING, str(error), error.position)
        return self._report

    def _read(self, *, to_the_end: bool) -> None:
        """Take the records from here on in this process; not `to_the_end`: as far as others cannot help yet."""
        with closing(self._source.pages(self._log.next, self._claimed.size)) as pages:
            for page in pages:
                self._take_page(page)
                self._told(self._log.next, self._claimed.size)
                if not to_the_end and self._can_read_together():
                    return

    def _can_read_together(self) -> bool:
        settings, left = self._books.state.settings, self._claimed.size - self._log.next
        return self._reopen is not None and settings is not None and settings.in_use and left >= TOGETHER_RECORDS

    def _read_together(self) -> None:
        """Take records that others have looked at, as long as nothing is wrong with any."""
        settings = self._books.state.settings
        if self._reopen is None or settings is None or not self._can_read_together():
            return
        start, size = settings.fiscal_year_start, self._claimed.size
        chunks = looked_at(self._reopen, self._claimed.ledger, start, self._log.next, size, processes=self._processes)
        with closing(chunks):
            for chunk in chunks:
                for each in chunk:
                    if isinstance(each, Stored):
                        # Another process sees the database at another moment, at which a memo may have gone.
                        self._take([each if each.memo is not None else self._source.record(each.position) or each])
                    elif not self._take_run(each, start):
                        for page in self._source.pages(each.start, each.stop):
                            self._take(page)
                self._end_page()
                self._told(self._log.next, size)
                if self._report.gravest is not None or self._books.stopped is not None:
                    return

    # before

    def _reflected(self, projection: str, check: Check) -> int:
        """The size at which a projection is compared: a running one lags, and one that was tampered with shall not pass
        for one that lags."""
        size = self._claimed.size
        try:
            reflected = self._source.reflected(projection)
        except Impossible as error:
            check.fail(Kind.BOOKS, str(error))
            check.unchecked.append("what it reflects is not known")
            return size
        except Broken as error:
            check.fail(Kind.MISSING, f"how far the projection {projection} is cannot be read: {error}")
            check.unchecked.append("what it reflects is not known")
            return size
        if reflected < size:
            to = check.notes if reflected else check.unchecked
            to.append(f"the projection {projection} reflects {reflected} records of {size}, and is compared with those")
        return reflected

    def _resume(self) -> int:
        """Go on where an audit of this log was broken off. The position to go on from."""
        saved = self._scratch.saved(self._log_of_source)
        if saved is None:
            return 0
        try:
            if progress.size_of(saved) > min(self._shown, self._tiles.reflected):
                self._scratch.forget()  # what is to be compared on the way lies behind
                return 0
            progress.restore(saved, self._log, self._tiles, self._books)
        except (ValueError, KeyError, TypeError) as error:
            raise Unusable(f"the progress of the audit that was broken off cannot be read: {error}") from None
        self._report.resumed_at = self._saved = self._log.next
        return self._log.next

    def _expect(self, resumed: int) -> None:
        """What must be found on the way: the auditor's last visit, and signed checkpoints."""
        history = self._report[Name.HISTORY]
        if self._state is None:
            history.unchecked.append("no state file was given")
        else:
            self._visit = self._state.visit(self._claimed.ledger)
            if self._visit is None:
                others = "" if self._state.is_new else ", though the state file knows others"
                history.unchecked.append(
                    f"this is the first look at this log{others}: there is nothing to compare with"
                )
            elif self._visit.size > self._claimed.size:
                seen = f"{self._visit.size} records were there on {self._visit.checked_at}"
                history.fail(Kind.TAMPERING, f"{seen}, and now there are {self._claimed.size}", self._claimed.size)
            elif self._visit.size < resumed:
                self._found_visit(history, self._visit)
        self._signed = self._signed_since(resumed)
        self._next_signed = next(self._signed, None)

    def _signed_since(self, resumed: int) -> Iterator[_Root]:
        for each in self._signatures(self._report[Name.SIGNATURES]):
            if each.size >= resumed:
                yield each
            else:  # it was held against the tree before the audit was broken off
                self._report.signed = each.size

    def _signatures(self, check: Check) -> Iterator[_Root]:
        """The signed checkpoints, as far as they can be believed. All are looked at before this ends."""
        if self._policy is None:
            check.unchecked.append("no policy was given: whose signatures count is not known")
        found, seen = 0, _SeenBefore(self._source, self._visit, check)
        try:
            for signed in self._source.checkpoints():
                found += 1
                seen.take(signed)
                try:
                    yield from self._believed(check, signed)
                except NoteInvalid as error:
                    check.fail(Kind.TAMPERING, f"a signed checkpoint: {error}")
            self.signed_seen = seen.end()
        except Withheld as error:
            if self._policy is None:
                check.unchecked.append(str(error))
            else:
                check.fail(Kind.MISSING, f"the signed checkpoint that the policy asks for: {error}")
            return
        if found == 0 and self._policy is not None:
            check.fail(Kind.MISSING, "there is no signed checkpoint, and the policy names who should have signed one")
        elif found == 0:
            check.unchecked.append("there is no signed checkpoint")
        elif self._policy is not None:
            check.done = True
            check.notes.append(f"{found} signed")

    def _believed(self, check: Check, stored: Signed) -> Iterator[_Root]:
        note = Note.parse(stored.note + stored.others)
        signed = Checkpoint.parse(note.text)
        if self._policy is not None:
            note.signed_by(self._policy)
        for what in _misfits(stored, note, signed.size, self._now):
            check.fail(Kind.TAMPERING, f"the checkpoint of size {signed.size}: {what}")
        if signed.origin.rpartition("/")[2] != self._claimed.ledger:
            check.fail(Kind.TAMPERING, f"a signed checkpoint is one of {signed.origin}, another log")
        elif signed.size > self._claimed.size:
            what = f"{signed.size} records were signed for, and there are {self._claimed.size}"
            check.fail(Kind.TAMPERING, what, self._claimed.size)
        else:
            for path, there in self._source.odd_edges(signed.size):
                what = "is not the beginning of the file of the whole tree" if there else "is missing"
                kind = Kind.TAMPERING if there else Kind.MISSING
                self._report[Name.TILES].fail(kind, f"{path}, of the tree that was signed, {what}")
            yield _Root(signed.size, signed.root, stored.signed_at)

    # on the way

    def _take_page(self, page: Sequence[Stored]) -> None:
        settings = self._books.state.settings
        start = None if settings is None else settings.fiscal_year_start
        rest: Sequence[Stored] = page
        if start is not None and self._books.stopped is None:
            for each in look(page, self._claimed.ledger, start):
                if isinstance(each, Run):
                    taken, rest = rest[: len(each.ids)], rest[len(each.ids) :]
                    if not self._take_run(each, start):
                        self._take(taken)
                else:
                    self._take(rest[:1])
                    rest = rest[1:]
        else:
            self._take(rest)
        self._end_page()

    def _take_run(self, run: Run, fiscal_year_start: str) -> bool:
        """Records that can be taken together; False: they were not."""
        log = self._log
        if log.next < self._due < run.stop or log.next < self._shown < run.stop:  # something within it is wanted
            return False
        if not log.follows(run):
            return False
        if not self._books.take_run(run, fiscal_year_start):
            return False
        log.take_run(run)
        if log.next == self._due:
            self._look_at_roots()
        self._look_at_shown()
        return True

    def _take(self, page: Sequence[Stored]) -> None:
        log, books = self._log, self._books
        if 0 < (first := self._shown - log.next) < len(page):
            self._take(page[:first])
            page = page[first:]
        envelopes = []
        for stored in page:
            envelopes.append(log.take(stored))
            if log.next == self._due:
                self._look_at_roots()
        if log.holes:
            books.stop("records are missing")
        # One thing after another for the whole page: that is half as fast again as all things for each record.
        for stored, envelope in zip(page, envelopes, strict=True):
            if envelope is None:
                books.stop(f"the record at position {stored.position} cannot be trusted")
            elif books.stopped is None or envelope.type == "MemoErased":
                self._take_event(stored, envelope)
        self._look_at_shown()

    def _end_page(self) -> None:
        log, books = self._log, self._books
        self._grow()
        twice, again = self._scratch.flush()
        for position in twice:
            self._report[Name.LOG].fail(Kind.TAMPERING, "its id is that of an earlier record", position)
        for position in again:
            self._report[Name.LOG].fail(Kind.TAMPERING, "its idempotency key was used before", position)
        books.forget_marks()
        if self._state is not None and log.next - self._saved >= SAVE_RECORDS and self._report.gravest is None:
            self._scratch.save(self._log_of_source, progress.dump(log, self._tiles, books))
            self._saved = log.next

    def _take_event(self, stored: Stored, envelope: Envelope) -> None:
        books = self._books
        assert stored.data is not None
        try:
            event = read_event(envelope, stored.data, stored.memo)
        except ValueError as error:
            self._report[Name.BODIES].fail(Kind.BOOKS, str(error), stored.position)
            books.stop(f"the record at position {stored.position} cannot be read")
            return
        if books.stopped is None:
            books.take(stored, envelope, event)
        elif isinstance(event, MemoErased):
            books.erased.setdefault(event.position, stored.position)

    def _grow(self) -> None:
        leaves = self._log.grow()
        if self._log.holes:
            self._tiles.stop("records are missing")
        self._tiles.take(leaves)

    def _look_at_roots(self) -> None:
        """Hold the tree as it is now against those that were vouched for, and see when that is to be done again."""
        self._grow()
        size = self._log.next
        root = self._log.frontier.root() if not self._log.holes else None
        if (visit := self._visit) is not None and visit.size == size:
            self._compare_visit(visit, root)
        while (signed := self._next_signed) is not None and signed.size <= size:
            if signed.size < size:
                self._report[Name.SIGNATURES].fail(
                    Kind.TAMPERING, f"the checkpoint for size {signed.size} is misplaced"
                )
            elif root is not None and root != signed.root:
                what = f"the log had another tree at size {size} than was signed"
                self._report[Name.SIGNATURES].fail(Kind.TAMPERING, what)
            elif root is not None:
                self._report.signed = size
                self._look_at_time(signed)
            self._next_signed = next(self._signed, None)
        due = [each.size for each in (self._visit, self._next_signed) if each is not None and each.size > size]
        self._due = min(due, default=-1)

    def _look_at_time(self, signed: _Root) -> None:
        last = self._log.last
        if type(signed.signed_at) is int and last is not None:
            earliest = micros(last.time - CLOCKS_APART)
            if signed.signed_at < earliest:
                what = (
                    f"the checkpoint of size {signed.size} is said to have been signed before its last record was there"
                )
                self._report[Name.SIGNATURES].fail(Kind.TAMPERING, what)

    def _compare_visit(self, visit: Visit, root: bytes | None) -> None:
        history = self._report[Name.HISTORY]
        if root is None:
            history.unchecked.append("records are missing")
        elif root != visit.root:
            what = f"the first {visit.size} records are not those of {visit.checked_at}: the log was rewritten"
            history.fail(Kind.TAMPERING, what)
        else:
            self._found_visit(history, visit)

    def _found_visit(self, history: Check, visit: Visit) -> None:
        history.done = True
        history.notes.append(f"extends the {visit.size} records seen on {visit.checked_at}")

    def _look_at_shown(self) -> None:
        """Hold the projected balances against the books as they are now, where they lag and are no further."""
        if 0 < self._log.next == self._shown < self._claimed.size and self._books.stopped is None:
            compare(self._source, self._report[Name.PROJECTION], balances(self._books.state))

    # at the end

    def _end(self) -> None:
        report, log, books = self._report, self._log, self._books
        for _ in self._signed:
            pass
        self._end_log()
        self._tiles.end()
        self._end_memos()
        rules, trial = report[Name.RULES], report[Name.BALANCE]
        if books.unchecked:
            rules.unchecked.append(f"rules about erased names, of {books.unchecked} records")
        if books.stopped is not None:
            for check in (rules, trial, report[Name.GUARDS], report[Name.PROJECTION], report[Name.READ_MODELS]):
                check.unchecked.append(books.stopped)
            return
        rules.done = True
        report.recorded_at = None if log.last is None else log.last.recorded_at
        self._end_balance(trial)
        compare(self._source, report[Name.GUARDS], guards(books, self._scratch))
        if self._shown == self._claimed.size and not report[Name.PROJECTION].faults:
            compare(self._source, report[Name.PROJECTION], balances(books.state))
        self._end_read_models(report[Name.READ_MODELS])

    def _end_read_models(self, check: Check) -> None:
        if self._read_models is None:
            check.unchecked.append("they were left out")
        elif any(self._report[name].faults for name in (Name.BODIES, Name.LOG, Name.ROOT)):
            check.unchecked.append("the log is not what it was")
        else:
            self._read_models(self._source, self._books, check)

    def _end_log(self) -> None:
        report, log, claimed = self._report, self._log, self._claimed
        check, root = report[Name.LOG], report[Name.ROOT]
        last = self._source.last()
        if last is not None and (type(last) is not int or last >= claimed.size):  # SQLite's columns take anything
            check.fail(Kind.TAMPERING, f"there are records up to position {last}, beyond the head's size", claimed.size)
        if log.last is not None and not log.holes and claimed.recorded_at not in (None, micros(log.last.time)):
            check.fail(Kind.TAMPERING, "the head says another time than the last record")
        check.done = report[Name.BODIES].done = True
        if log.holes:
            root.unchecked.append("records are missing")
            return
        computed = log.frontier.root() if log.frontier.size else EMPTY_ROOT
        root.done = True
        if computed != claimed.root:
            root.fail(Kind.TAMPERING, f"the records give {computed.hex()}, the head says {claimed.root.hex()}")
        if claimed.frontier not in (None, log.frontier.to_bytes()):
            root.fail(Kind.TAMPERING, "the head's tree is not that of the records")

    def _end_memos(self) -> None:
        """Memos that are not there were erased by a record that says so, or they are missing."""
        check, erased = self._report[Name.BODIES], self._books.erased
        for position, by in self._log.textless.items():
            if position in erased:
                self._report.erased += 1
            elif by is not None and by >= self._claimed.size and self._erases(by, position):
                self._report.erased += 1
                check.notes.append(f"the memo at position {position} was erased later, by record {by}")
            else:
                check.fail(Kind.MISSING, "the memo is missing, and no record says that it was erased", position)
        for position, by in erased.items():
            if position not in self._log.textless:
                stored = self._source.record(position)
                if stored is not None and stored.memo is not None:
                    check.fail(Kind.BOOKS, f"the memo is still there, though record {by} erased it", position)

    def _erases(self, by: int, position: int) -> bool:
        stored = self._source.record(by)
        if stored is None or stored.data is None:
            return False
        try:
            event = read_event(read_envelope(stored.record), stored.data, stored.memo)
        except ValueError:
            return False
        return isinstance(event, MemoErased) and event.position == position

    def _end_balance(self, check: Check) -> None:
        scales = self._books.state.currencies
        check.done = True
        for currency, debits, credits in trial_balance(self._books.state):
            scale = scales.get(currency, 0)
            self._report.balances.append((currency, format_units(debits, scale), format_units(credits, scale)))
            if debits != credits:
                difference = format_units(debits - credits, scale)
                check.fail(Kind.BOOKS, f"all balances in {currency} sum to {difference}, not to zero")


def _misfits(stored: Signed, note: Note, size: int, now: dt.datetime) -> Iterator[str]:
    """What stands beside a note and is not what the note says."""
    if stored.size is None:
        return
    if stored.size != size:
        yield f"its row says {stored.size}"
    try:
        note.signed_by([VerifierKey.parse(str(stored.vkey))])
    except NoteInvalid:
        yield "it is not signed by the key that its row names"
    if type(stored.signed_at) is not int or stored.signed_at > micros(now + CLOCKS_APART):
        yield "its row says a time at which it cannot have been signed"


class _SeenBefore:
    """Whether the checkpoints that were there at the auditor's last visit are there still, in a database, which keeps
    all: none is ever signed for a size below one that was signed before, so that those up to a size never change."""

    def __init__(self, source: Source, visit: Visit | None, check: Check) -> None:
        self._source = source
        self._check = check
        self._before = None if visit is None else visit.signed
        self._digest = sha256()
        self._now = self._upto = SignedSeen(source.title, "", 0, 0, self._digest.hexdigest())
        """All of them, and those up to the size that was seen before."""

    def take(self, signed: Signed) -> None:
        """The next checkpoint."""
        note, before, size = signed.note.encode(errors="surrogatepass"), self._before, self._now.size
        self._digest.update(b"%d " % len(note) + note)
        self._now = SignedSeen(
            self._source.title,
            self._now.first or sha256(note).hexdigest(),
            signed.size if type(signed.size) is int else size,
            self._now.checkpoints + 1,
            self._digest.hexdigest(),
        )
        if before is not None and self._now.size <= before.size:
            self._upto = self._now

    def end(self) -> SignedSeen | None:
        """No more come. What is to be remembered."""
        if not self._source.keeps_every_checkpoint:
            return self._before
        for size, _ in self._source.rows("cosignatures without a checkpoint"):
            self._check.fail(Kind.MISSING, f"the checkpoint of size {size} is missing, which others have cosigned")
        if self._before is not None:
            self._compare(self._before)
        return self._now

    def _compare(self, before: SignedSeen) -> None:
        seen, found = before.checkpoints, self._upto.checkpoints
        if self._upto.sha256 == before.sha256:
            return
        what = f"of the {seen} checkpoints signed up to size {before.size} that you saw in {before.source}"
        if before.source != self._source.title and before.first != self._now.first:
            self._check.unchecked.append(f"{what} none was looked for: this is another database")
        elif found < seen:
            self._check.fail(Kind.MISSING, f"{what}, {found} are there")
        else:
            self._check.fail(Kind.TAMPERING, f"{what}, some are others")
