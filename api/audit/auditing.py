"""One audit from beginning to end: `verify` reads a source once, front to back, and says what it found.

Promise: it ends with a report, whatever the source holds. What cannot be read, decided or compared is a fault of the
check that it belongs to, and the other checks go on.

Cost: constant memory in the number of records (`books` and `scratch` say what is held); a record is read once, and
once more where a later one names it.
"""

import datetime as dt
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from typing import Any

from api.audit import resume
from api.audit.books import Books
from api.audit.derived import compare, compare_id, list_guard_rows, make_balances, make_trial_balance
from api.audit.index import AuditIndex
from api.audit.log import LogAudit, TilesAudit
from api.audit.memory import MEBIBYTE, read_used_bytes
from api.audit.parsing import RecordEnvelope, parse_micros, read_envelope, read_event, read_event_leniently
from api.audit.plain_records import Run, find_runs
from api.audit.policy_and_state import SignedSeen, StateFile, Visit
from api.audit.report import Check, FindingKind, Name, Report, make_printable
from api.audit.signatures import Signatures
from api.audit.sources import Impossible, LogSource, StoredRecord, Unreadable, Unusable
from api.audit.workers import Reopen, look_ahead
from ledger.books.erasure import MemoErased
from ledger.merkle import EMPTY_ROOT
from ledger.money import format_units
from ledger.notes import VerifierKey
from ledger.state import ERASURES
from ledger.transactions import CURRENCIES

Told = Callable[[int, int], None]
"""Told how many records are done, and of how many."""
ReadModels = Callable[[LogSource, Books, Check], None]
"""Compares the read models with what the service's own code makes of the log. That code comes from outside: nothing
here uses it (`api.audit.read_models`)."""

TOGETHER_RECORDS = 20_000
"""Other processes are worth starting for at least so many."""
SAVE_RECORDS = 50_000
"""So many records are done again, at most, after an audit was broken off."""
UNREADABLE_MAX = 100
"""Places of a local source that cannot be read and are passed over; then it is read no further."""
UNREAD_MAX = 10_000
"""Records that are there and cannot be read; then it is read no further."""
MEMORY_BYTES_MAX = 2 * 1024 * MEBIBYTE


@dataclass(frozen=True, slots=True)
class Asked:
    """How to audit, besides what."""

    policy: Sequence[VerifierKey] | None = None
    """Whose signatures count; None: that is not known."""
    state: StateFile | None = None
    """What was seen before, and is to be remembered."""
    told: Told = lambda _done, _total: None
    clock: Callable[[], dt.datetime] = lambda: dt.datetime.now(dt.UTC)
    reopen: Reopen | None = None
    """Opens the source again in other processes, which look at long logs together."""
    processes: int = 1
    read_models: ReadModels | None = None
    """The last part; None: it is left out."""
    memory_bytes_max: int = MEMORY_BYTES_MAX
    """What this process may use; then it is read no further."""


def verify(source: LogSource, **asked: Any) -> Report:
    """Check everything, as `Asked` has it, and with a state file remember it. Raises Unusable before anything was
    checked."""
    return _verify(source, Asked(**asked))


def _verify(source: LogSource, asked: Asked) -> Report:
    scratch = AuditIndex(None if asked.state is None else asked.state.progress)
    try:
        audit = _Audit(source, scratch, asked)
        report = audit.run()
    finally:
        scratch.close()
    if asked.state is not None:
        _remember(asked.state, audit, asked.clock())
    return report


def report_damage(title: str, ledger: str | None, what: str) -> Report:
    """Return the report on a source that cannot be read from its very beginning."""
    report = Report(title, ledger or "unknown")
    report[Name.LOG].fail(FindingKind.MISSING, what)
    return report


def _remember(state: StateFile, audit: "_Audit", now: dt.datetime) -> None:
    """Keep what the log is, where it is whole."""
    report, claimed = audit.report, audit.claimed
    state.progress.unlink(missing_ok=True)
    if report.gravest not in (None, FindingKind.BOOKS):
        return
    checked_at = now.isoformat(timespec="seconds").replace("+00:00", "Z")
    try:
        visit = Visit(claimed.size, claimed.root, checked_at, audit.signed_seen, claimed.id)
        state.remember(claimed.ledger, visit)
    except OSError as error:
        report[Name.HISTORY].fail(FindingKind.MISSING, f"the result cannot be written to the state file: {error}")


class _Enough(Exception):
    """What the source holds is more than an audit takes. The text says how much."""


class _Audit:
    def __init__(self, source: LogSource, scratch: AuditIndex, asked: Asked) -> None:
        self.claimed = claimed = source.read_head()
        self.report = report = Report(source.title, claimed.ledger, claimed.id, claimed.size, claimed.root.hex())
        report.pinned = asked.policy is not None
        self._source = source
        self._scratch = scratch
        self._asked = asked
        self._bytes_before = read_used_bytes()
        """What the process held already: an audit may be a part of a larger one."""
        self._books = Books(scratch, source.read_record, report[Name.RULES], report[Name.BODIES], report[Name.LOG])
        self._log = LogAudit(claimed, scratch, report, self._books.lose)
        self._shown = self._reflected("account_balances", report[Name.PROJECTION])
        """The size at which projected balances are compared."""
        self._tiles = TilesAudit(source, report[Name.TILES], self._reflected("tiles", report[Name.TILES]))
        self._visit = None if asked.state is None else asked.state.find_visit(claimed.ledger)
        self._signatures: Signatures | None = None
        self._due = -1
        """The size at which the root is wanted next."""
        self._read_whole = False
        self._garbled: str | None = None
        """Why the service's own code could not fold these records."""
        self._saved = 0
        self._log_of_source = f"{claimed.ledger} in {source.title}"
        """Where another source has the same log, nothing of it has been looked at."""

    def run(self) -> Report:
        """Check everything, in the order of the log, and return the report."""
        for what in self.claimed.odd:
            self.report[Name.ROOT].fail(FindingKind.TAMPERING, what)
        resumed = self._resume()
        with self._part_of(Name.SIGNATURES):
            self._signatures = Signatures(
                self._source,
                self.claimed,
                self._asked.policy,
                self._visit,
                self.report,
                resumed=resumed,
                now=self._asked.clock(),
            )
        self._expect_visit(resumed)
        with self._part_of(Name.LOG):
            self._look_at_roots()
            self._look_at_shown()
            self._read(to_the_end=False)
            self._read_together()
            self._read(to_the_end=True)
            self._read_whole = True
        with self._part_of(Name.LOG):
            self._log.end(self.claimed.size, "missing" if self._read_whole else "not read")
            self._end_page()
        self._end()
        return self.report

    @property
    def signed_seen(self) -> SignedSeen | None:
        """What is to be remembered of the signed checkpoints."""
        return None if self._signatures is None else self._signatures.seen

    @contextmanager
    def _part_of(self, name: Name) -> Iterator[None]:
        """Run a part of this check. Whatever goes wrong in it is a fault of this check, and the others go on."""
        position = self._log.next if name is Name.LOG else None
        try:
            yield
            return
        except (Unreadable, Unusable, _Enough) as error:
            what = str(error)
        except Exception as error:  # noqa: BLE001  (an auditor reports, whatever a stranger's bytes make of it)
            what = f"this check cannot go on ({type(error).__name__}: {error})"
        check = self.report[name]
        check.fail(FindingKind.MISSING, what, position if position is None else self._log.next)
        if check.more:  # among so many faults the reason why no more were looked for must not be lost
            check.skip(what)

    # reading

    def _read(self, *, to_the_end: bool) -> None:
        """Take the records from here on in this process; not `to_the_end`: as far as others cannot help yet."""
        for _ in range(UNREADABLE_MAX):
            try:
                self._read_pages(to_the_end=to_the_end)
                return
            except Unreadable as error:
                if not self._source.reads_on or self._log.next >= self.claimed.size:
                    raise Unreadable(f"the source cannot be read on: {error}") from None
                self._log.skip_to(self._log.next + 1, f"unreadable: {error}")
        raise Unreadable(f"{UNREADABLE_MAX} places cannot be read: it is read no further")

    def _read_pages(self, *, to_the_end: bool) -> None:
        """Read records page by page. Raises Broken."""
        with closing(self._source.read_pages(self._log.next, self.claimed.size)) as pages:
            for page in pages:
                self._take_page(page)
                self._asked.told(self._log.next, self.claimed.size)
                self._require_bounds()
                if not to_the_end and self._can_read_together():
                    return

    def _require_bounds(self) -> None:
        """Raise _Enough where the audit has gone as far as it may."""
        if self._log.unread > UNREAD_MAX:
            raise _Enough(f"more than {UNREAD_MAX} records cannot be read: it is read no further")
        if read_used_bytes() - self._bytes_before > self._asked.memory_bytes_max:
            most = self._asked.memory_bytes_max // MEBIBYTE
            raise _Enough(f"these books take more than {most} MiB of memory (--max-memory): they are read no further")

    def _can_read_together(self) -> bool:
        settings, left = self._books.state.settings, self.claimed.size - self._log.next
        many = self._asked.reopen is not None and self._asked.processes > 1
        return many and settings is not None and settings.in_use and left >= TOGETHER_RECORDS

    def _read_together(self) -> None:
        """Take records that others have looked at, as long as nothing is wrong with any."""
        settings, reopen = self._books.state.settings, self._asked.reopen
        if reopen is None or settings is None or not self._can_read_together():
            return
        start, size = settings.fiscal_year_start, self.claimed.size
        chunks = look_ahead(reopen, self.claimed.ledger, start, self._log.next, size, processes=self._asked.processes)
        with closing(chunks), suppress(Unreadable):  # it is read on, and said, by this process alone
            for chunk in chunks:
                for each in chunk:
                    if isinstance(each, StoredRecord):
                        # Another process sees the database at another moment, at which a memo may have gone.
                        self._take([each if each.memo is not None else self._source.read_record(each.position) or each])
                    elif not self._take_run(each, start):
                        for page in self._source.read_pages(each.start, each.stop):
                            self._take(page)
                self._end_page()
                self._asked.told(self._log.next, size)
                self._require_bounds()
                if not self.report.passed:
                    return

    # before

    def _reflected(self, projection: str, check: Check) -> int:
        """Return the size at which a projection is compared: a running one lags, and one that was tampered with shall
        not pass for one that lags."""
        size = self.claimed.size
        try:
            reflected = self._source.find_reflected(projection)
        except Impossible as error:
            check.fail(FindingKind.BOOKS, str(error))
            check.skip("its checkpoint is unknown")
            return size
        except Unreadable as error:
            check.fail(FindingKind.MISSING, f"the checkpoint of projection {projection} cannot be read: {error}")
            check.skip("its checkpoint is unknown")
            return size
        if reflected < size:
            add = check.note if reflected else check.skip
            add(f"the projection {projection} reflects {reflected} records of {size}, and is compared with those")
        return reflected

    def _resume(self) -> int:
        """Go on where an audit of this log was broken off, and return the position to go on from."""
        saved = self._scratch.load(self._log_of_source)
        if saved is None:
            return 0
        try:
            if resume.read_size(saved) > min(self._shown, self._tiles.reflected):
                self._scratch.forget()  # what is to be compared on the way lies behind
                return 0
            resume.restore(saved, self._log, self._tiles, self._books)
        except (ValueError, KeyError, TypeError) as error:
            raise Unusable(f"the progress of the interrupted audit cannot be read: {error}") from None
        self.report.resumed_at = self._saved = self._log.next
        return self._log.next

    def _expect_visit(self, resumed: int) -> None:
        """Note what must be found on the way of what was seen at the auditor's last visit."""
        history, state, visit = self.report[Name.HISTORY], self._asked.state, self._visit
        if state is None:
            history.skip("there is no state file")
            return
        self._compare_listing(history, state, visit)
        if visit is None:
            others = "" if state.is_new else ", though the state file knows others"
            history.skip(f"this is the first audit of this log{others}, so there is nothing to compare")
        elif visit.size > self.claimed.size:
            seen = f"{visit.size} records were there on {visit.checked_at}"
            history.fail(FindingKind.TAMPERING, f"{seen}, and now there are {self.claimed.size}", self.claimed.size)
        elif visit.size < resumed:
            self._found_visit(history, visit)

    def _compare_listing(self, history: Check, state: StateFile, visit: Visit | None) -> None:
        """Check that this ledger and no other is listed under the id that it had."""
        id_, before = self.claimed.id, None if visit is None else visit.id
        if id_ is None:
            return
        if before is not None and before != id_:
            history.fail(
                FindingKind.BOOKS, f"the ledger had the id {before} at your last audit, and has the id {id_} now"
            )
        other = state.find_listed(id_)
        if other is not None and other != self.claimed.ledger:
            history.fail(FindingKind.BOOKS, f"at your last audit ledger {other} had the id {id_}")

    # on the way

    def _take_page(self, page: Sequence[StoredRecord]) -> None:
        settings = self._books.state.settings
        start = None if settings is None else settings.fiscal_year_start
        rest: Sequence[StoredRecord] = page
        if start is not None:
            for each in find_runs(page, self.claimed.ledger, start):
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
        """Take records that can be taken together; False: they were not."""
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

    def _take(self, page: Sequence[StoredRecord]) -> None:
        log = self._log
        if 0 < (first := self._shown - log.next) < len(page):
            self._take(page[:first])
            page = page[first:]
        envelopes = []
        for stored in page:
            envelopes.append(log.take(stored))
            if log.next == self._due:
                self._look_at_roots()
        # One thing after another for the whole page: that is half as fast again as all things for each record.
        for stored, envelope in zip(page, envelopes, strict=True):
            if envelope is not None:
                self._take_event(stored, envelope)
        self._look_at_shown()

    def _end_page(self) -> None:
        log, books = self._log, self._books
        self._grow()
        twice, again = self._scratch.flush()
        for position in twice:
            self.report[Name.LOG].fail(FindingKind.TAMPERING, "an earlier record has the same id", position)
        for position in again:
            self.report[Name.LOG].fail(
                FindingKind.TAMPERING, "an earlier record has the same idempotency key", position
            )
        books.state.forget_changes()
        if self._asked.state is not None and log.next - self._saved >= SAVE_RECORDS and self.report.passed:
            self._scratch.save(self._log_of_source, resume.dump(log, self._tiles, books))
            self._saved = log.next

    def _take_event(self, stored: StoredRecord, envelope: RecordEnvelope) -> None:
        assert stored.data is not None
        bodies, position = self.report[Name.BODIES], stored.position
        try:
            event, wrong = read_event_leniently(envelope, stored.data, stored.memo)
        except ValueError as error:
            bodies.fail(FindingKind.TAMPERING, str(error), position)
            self._books.lose(position)
            return
        if wrong is not None:
            bodies.fail(FindingKind.TAMPERING, wrong, position)
            self._garbled = self._garbled or f"the memo at position {position} cannot be read"
            stored = stored._replace(memo=None)
        self._books.take(stored, envelope, event)

    def _grow(self) -> None:
        leaves = self._log.grow()
        if self._log.holes:
            self._tiles.stop("records are missing")
        self._tiles.take(leaves)

    def _look_at_roots(self) -> None:
        """Compare the tree as it is now with those that were vouched for, and find when that is to be done again."""
        self._grow()
        size = self._log.next
        root = self._log.frontier.compute_root() if not self._log.holes else None
        if (visit := self._visit) is not None and visit.size == size:
            self._compare_visit(visit, root)
        due = [] if self._visit is None else [self._visit.size]
        if self._signatures is not None:
            with self._part_of(Name.SIGNATURES):
                self._signatures.look(size, root, self._log.last)
            due += [] if self._signatures.due is None else [self._signatures.due]
        self._due = min((each for each in due if each > size), default=-1)

    def _compare_visit(self, visit: Visit, root: bytes | None) -> None:
        history = self.report[Name.HISTORY]
        if root is None:
            history.skip("records are missing")
        elif root != visit.root:
            what = f"the first {visit.size} records are not those of {visit.checked_at}: the log was rewritten"
            history.fail(FindingKind.TAMPERING, what)
        else:
            self._found_visit(history, visit)

    def _found_visit(self, history: Check, visit: Visit) -> None:
        history.done = True
        history.note(f"extends the {visit.size} records seen on {visit.checked_at}")

    def _look_at_shown(self) -> None:
        """Compare the projected balances with the books as they are now, where they lag and are no further."""
        if 0 < self._log.next == self._shown < self.claimed.size and self._books.state.settings is not None:
            self._compare_shown()

    def _compare_shown(self) -> None:
        check = self.report[Name.PROJECTION]
        with self._part_of(Name.PROJECTION):
            compare(self._source, check, make_balances(self._books.state))
        self._say_gap(check)

    # at the end

    def _end(self) -> None:
        report = self.report
        report.recorded_at = None if self._log.last is None else self._log.last.recorded_at
        ends: dict[Name, Callable[[Check], None]] = {
            Name.SIGNATURES: self._end_signatures,
            Name.LOG: self._end_log,
            Name.ROOT: self._end_root,
            Name.TILES: lambda _: self._tiles.end(),
            Name.BODIES: self._end_memos,
            Name.HISTORY: self._end_history,
            Name.RULES: self._end_rules,
            Name.BALANCE: self._end_balance,
            Name.GUARDS: self._end_guards,
            Name.PROJECTION: self._end_shown,
            Name.READ_MODELS: self._end_read_models,
        }
        for name, end in ends.items():
            with self._part_of(name):
                end(report[name])

    def _end_signatures(self, check: Check) -> None:
        if self._signatures is not None:
            self._signatures.end()
            if self._signatures.due is not None:
                check.skip(f"the checkpoint of size {self._signatures.due}: the log cannot be read up to there")

    def _end_history(self, check: Check) -> None:
        if self._visit is not None and not check.done and not check.faults:
            check.skip("the log cannot be read up to the size that you saw")

    def _end_log(self, check: Check) -> None:
        log, claimed = self._log, self.claimed
        check.done = True
        last = self._source.find_last()
        if last is not None and (type(last) is not int or last >= claimed.size):  # SQLite's columns take anything
            what = f"there are records up to position {last}, beyond the head's size"
            check.fail(FindingKind.TAMPERING, what, claimed.size)
        if log.last is not None and not log.holes and claimed.recorded_at not in (None, parse_micros(log.last.time)):
            check.fail(FindingKind.TAMPERING, "the head has another time than the last record")

    def _end_root(self, check: Check) -> None:
        log, claimed = self._log, self.claimed
        if log.holes:
            check.skip("records are missing")
            return
        computed = log.frontier.compute_root() if log.frontier.size else EMPTY_ROOT
        check.done = True
        if computed != claimed.root:
            check.fail(FindingKind.TAMPERING, f"the records give {computed.hex()}, the head says {claimed.root.hex()}")
        if claimed.frontier is not None and claimed.frontier != log.frontier.to_bytes():
            check.fail(FindingKind.TAMPERING, "the tree in the head differs from that of the records")

    def _end_memos(self, check: Check) -> None:
        """Check memos that are not there: they were erased by a record that says so, or they are missing."""
        erased = self._books.state[ERASURES]
        check.done = True
        if self._log.holes:
            check.skip(f"the bodies of {self._log.holes} missing records")
        for position, by in self._log.textless.items():
            if position in erased:
                self.report.erased += 1
            elif by is not None and by >= self.claimed.size and self._erases(by, position):
                self.report.erased += 1
                check.note(f"the memo at position {position} was erased later, by record {by}")
            else:
                check.fail(FindingKind.MISSING, "the memo is missing, and no record says that it was erased", position)
        for position, by in erased.items():
            if position not in self._log.textless:
                stored = self._source.read_record(position)
                if stored is not None and stored.memo is not None:
                    check.fail(FindingKind.BOOKS, f"the memo is still there, though record {by} erased it", position)

    def _erases(self, by: int, position: int) -> bool:
        stored = self._source.read_record(by)
        if stored is None or stored.data is None:
            return False
        try:
            event = read_event(read_envelope(stored.record), stored.data, stored.memo)
        except ValueError:
            return False
        return isinstance(event, MemoErased) and event.position == position

    def _end_rules(self, check: Check) -> None:
        books = self._books
        check.done = books.state.settings is not None
        if books.unchecked:
            check.skip(f"rules about erased names, for {books.unchecked} records")
        self._say_gap(check)

    def _end_balance(self, check: Check) -> None:
        books, scales = self._books, self._books.state[CURRENCIES]
        check.done = books.state.settings is not None
        self._say_gap(check)
        for currency, debits, credits in make_trial_balance(books.state):
            scale = scales.get(currency, 0)
            row = (make_printable(currency), format_units(debits, scale), format_units(credits, scale))
            self.report.balances.append(row)
            if debits != credits:
                difference = format_units(debits - credits, scale)
                check.fail(FindingKind.BOOKS, f"all balances in {currency} sum to {difference}, not to zero")

    def _end_guards(self, check: Check) -> None:
        books = self._books
        compare_id(self.claimed, books.opened_as, check)
        if books.state.settings is not None:
            compare(self._source, check, list_guard_rows(books, self._scratch))
        self._say_gap(check)

    def _end_shown(self, check: Check) -> None:
        if self._books.state.settings is None:
            self._say_gap(check)
        elif self._shown == self.claimed.size and not check.faults:
            self._compare_shown()

    def _end_read_models(self, check: Check) -> None:
        if self._asked.read_models is None:
            check.skip("you left them out")
        elif (why := self._books.gap or self._garbled) is not None:
            check.skip(why)
        else:
            self._asked.read_models(self._source, self._books, check)

    def _say_gap(self, check: Check) -> None:
        """Say what is not known of the books."""
        if self._books.state.settings is None:
            check.skip("the record that opens the ledger is missing or cannot be read")
        if self._books.gap is not None:
            check.skip(self._books.gap)
