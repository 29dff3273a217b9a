"""The books, decided again: each record must be exactly what the rules make of it on what stood before it.

Memory: one row an account, a balance, a name, a member, a currency, a series and year, and an erased memo: what the
books themselves hold, whatever the number of records. Records that a later one names are read again.
"""

from collections.abc import Callable
from dataclasses import fields
from hashlib import sha256

from api.audit.index import AuditIndex
from api.audit.parsing import RecordEnvelope, parse_actor, read_envelope, read_event_leniently
from api.audit.plain_records import Plain, Run
from api.audit.report import Check, FindingKind, spell_count
from api.audit.sources import StoredRecord, Unreadable
from ledger.accounts import AccountId
from ledger.books.accounts import AccountOpened, AccountRenamed, AccountUpdated
from ledger.books.erasure import EraseMemo
from ledger.books.ledger import LedgerOpened
from ledger.books.transactions import PostTransaction
from ledger.decide import decide, evolve, find_needed_rows, is_harmless, require_permission, restore_command
from ledger.errors import LedgerError, TextInUse
from ledger.merkle import hash_leaf
from ledger.slices import Command, Event
from ledger.state import OldRecord, RecordName, State
from ledger.transactions import REVERSALS, TransactionPosted

Reread = Callable[[int], StoredRecord | None]


class Books:
    """The state of one ledger's books, record by record. A record whose event is not known is left out, and counted:
    what comes after it is decided all the same."""

    def __init__(self, scratch: AuditIndex, reread: Reread, rules: Check, bodies: Check, log: Check) -> None:
        self.state = State()
        self.opened_as: str | None = None
        """The id that the ledger was opened with, where that can be read."""
        self.textless: set[AccountId] = set()
        """Accounts of which a name or text was erased: what the rules said of it then cannot be seen any more."""
        self.unchecked = 0
        """Records of which a rule was about a text that was erased."""
        self.lost = 0
        """Records of which it is not known what they did."""
        self._first_lost: int | None = None
        self._scratch = scratch
        self._reread = reread
        self._rules = rules
        self._bodies = bodies
        self._log = log
        self._plain = Plain()

    def lose(self, position: int, count: int = 1) -> None:
        """Note that so many records from this position on cannot be folded."""
        self.lost += count
        if self._first_lost is None:
            self._first_lost = position
        self._plain.forget()

    @property
    def gap(self) -> str | None:
        """Why what was decided, added up or compared may be wrong; None: nothing is missing."""
        if not self.lost:
            return None
        others = "" if self.lost == 1 else " and " + spell_count(self.lost - 1, "other")
        return f"it is not known what the record at position {self._first_lost}{others} did: differences may be its"

    def take_run(self, run: Run, fiscal_year_start: str) -> bool:
        """Take the next records, where they agree with the books; False: they were not taken."""
        settings = self.state.settings
        if settings is None or not settings.in_use:
            return False
        return settings.fiscal_year_start == fiscal_year_start and self._plain.fold(self.state, run)

    def take(self, stored: StoredRecord, envelope: RecordEnvelope, event: Event) -> None:
        """Take the next record."""
        position, command = stored.position, restore_command(event)
        if type(command) is PostTransaction:  # most of every log: nothing has to be looked up for it
            refusal = self._refusal(command, event, envelope, position)
            self._fold(event, position, refusal)
            return
        self._plain.forget()
        state = self.state
        self._recall(command, position)
        textless = stored.memo is None and envelope.memo_sha256 is not None and self._take_textless(event, position)
        refusal = self._refusal(command, event, envelope, position, textless=textless)
        if isinstance(event, LedgerOpened):
            self.opened_as = event.id
        self._fold(event, position, refusal)
        for reversed_, by in state[REVERSALS].items():
            self._scratch.reverse(reversed_, by)
        state[REVERSALS].clear()
        state.records.clear()

    def _fold(self, event: Event, position: int, refusal: Exception | None) -> None:
        """Fold what was recorded, even if the rules refuse it: whoever wrote it folded it too."""
        if refusal is not None and (self.state.settings is None or not is_harmless(event)):
            self.lose(position)
            return
        try:
            evolve(self.state, event, position)
        except Exception:  # noqa: BLE001  (whatever folding a record makes of books that it does not fit)
            self.lose(position)
            if refusal is None:
                self._rules.fail(FindingKind.BOOKS, "it names something that is not in the books", position)

    # what a record names

    def _recall(self, command: Command, before: int) -> None:
        """Read the records again that this command names, and give them to the state."""
        for name in find_needed_rows([command]).records:
            self._recall_one(name, before)

    def _recall_one(self, name: RecordName, before: int) -> None:
        position = name
        if isinstance(position, str):
            seen = self._scratch.find(position)
            position = -1 if seen is None else seen.position
        if not 0 <= position < before or (found := self._again(position, before)) is None:
            return
        envelope, event = found
        self.state.records[name] = OldRecord(position, event, envelope.time, envelope.memo_sha256 is not None)
        if (reversed_by := self._scratch.find_reversal(position)) is not None:
            self.state.fill(REVERSALS, {position: reversed_by})

    def _again(self, position: int, by: int) -> tuple[RecordEnvelope, Event] | None:
        """Return a record that was read before and that the one at `by` names; None: it cannot be read, which is
        said."""
        try:
            stored = self._reread(position)
            if stored is None:
                return None  # it was not there the first time either, or that is found at the end
            envelope = read_envelope(stored.record)
            if self._scratch.find(envelope.id) != (position, hash_leaf(stored.record)):
                self._log.fail(
                    FindingKind.TAMPERING, "the source sent another record when it was read a second time", position
                )
                return None
            if stored.data is None or sha256(stored.data).hexdigest() != envelope.data_sha256:
                what = f"the body, read a second time for record {by}, does not hash to what the record says"
                self._bodies.fail(FindingKind.TAMPERING, what, position)
                return None
            return envelope, read_event_leniently(envelope, stored.data, stored.memo)[0]
        except Unreadable as error:
            self._log.fail(FindingKind.MISSING, f"it cannot be read a second time: {error}", position)
        except ValueError as error:
            self._log.fail(FindingKind.TAMPERING, f"read a second time: {error}", position)
        return None

    # the rules

    def _take_textless(self, event: Event, position: int) -> bool:
        match event:
            case AccountOpened():
                self.textless.add(position)
            case AccountRenamed(account=account) | AccountUpdated(account=account):
                self.textless.add(account)
            case _:
                return False  # no rule is about the texts of a transaction
        self.unchecked += 1
        return True

    def _refusal(
        self, command: Command, event: Event, envelope: RecordEnvelope, position: int, *, textless: bool = False
    ) -> Exception | None:
        """Return why this cannot have been recorded, which is then said; None: it can, or nobody can tell."""
        now = envelope.time
        try:
            if (user := parse_actor(envelope.actor).user) is not None:
                require_permission(command, user, self.state, now)
            if textless and isinstance(event, AccountRenamed) and event.number is None:
                return None  # the new name is what was erased
            events = decide(command, self.state, now)
            other = None if events == [event] else _other(events, event)
        except TextInUse as refusal:
            if self._about(command) in self.textless:
                self.unchecked += 1
                return None
            return self._refuse(refusal, f"the rules refuse it: {refusal}", position)
        except LedgerError as refusal:
            return self._refuse(refusal, f"the rules refuse it ({refusal.code}): {refusal}", position)
        except Exception as error:  # noqa: BLE001  (whatever a stranger's record makes of the rules)
            return self._refuse(error, f"the rules cannot decide it ({type(error).__name__}: {error})", position)
        if other is not None:
            self._rules.fail(FindingKind.BOOKS, f"the rules give another record: {other}", position)
        return None

    def _refuse(self, refusal: Exception, what: str, position: int) -> Exception:
        """Say it; of books that nobody opened, once."""
        if self.state.settings is not None:
            self._rules.fail(FindingKind.BOOKS, what, position)
        elif not self.lost:
            self._rules.fail(FindingKind.BOOKS, "the log does not begin with a record that opens the ledger", position)
        return refusal

    def _about(self, command: Command) -> AccountId | None:
        """Return the account whose text is to be erased."""
        if not isinstance(command, EraseMemo) or command.position not in self.state.records:
            return None
        account: AccountId = getattr(self.state.records[command.position].event, "account", command.position)
        return account


def _other(events: list[Event], event: Event) -> str:
    """Return where what the rules make differs from what was recorded, without quoting any text."""
    if len(events) != 1 or type(events[0]) is not type(event):
        return ", ".join(type(each).__name__ for each in events)
    made = events[0]
    members = event._fields if isinstance(event, TransactionPosted) else [each.name for each in fields(event)]
    names = [name for name in members if getattr(made, name) != getattr(event, name)]
    if names == ["number"] and isinstance(event, TransactionPosted) and isinstance(made, TransactionPosted):
        return f"document number {made.number} in series {event.series}, where {event.number} was recorded"
    return f"with another {', '.join(names)}"
