"""The books, decided again: each record must be exactly what the rules make of it on what stood before it.

Memory: one row an account, a balance, a name, a member, a currency, a series and year, and an erased memo: what the
books themselves hold, whatever the number of records. Records that a later one names are read again.
"""

from collections.abc import Callable
from dataclasses import fields
from hashlib import sha256

from api.verify.plain import Plain, Run
from api.verify.reading import Envelope, actor_of, read_envelope, read_event
from api.verify.report import Check, Kind
from api.verify.scratch import Scratch
from api.verify.sources import Stored
from ledger.accounts import AccountId
from ledger.commands import Command, EraseMemo, PostTransaction, ReverseTransaction
from ledger.decide import Changed, PostedTransaction, State, Written, command_of, decide, evolve, require_permission
from ledger.errors import LedgerError, TextInUse
from ledger.events import (
    AccountOpened,
    AccountRenamed,
    AccountUpdated,
    Event,
    MemoErased,
    TransactionPosted,
)
from ledger.merkle import leaf_hash

Reread = Callable[[int], Stored | None]


class Books:
    """The state of one ledger's books, record by record."""

    def __init__(self, scratch: Scratch, reread: Reread, rules: Check) -> None:
        self.state = State()
        self.erased: dict[int, int] = {}
        """Position of the record whose memo was erased -> of the one that says so."""
        self.textless: set[AccountId] = set()
        """Accounts of which a name or text was erased: what the rules said of it then cannot be seen any more."""
        self.unchecked = 0
        """Records of which a rule was about a text that was erased."""
        self.stopped: str | None = None
        """Why nothing was decided from some position on."""
        self._scratch = scratch
        self._reread = reread
        self._rules = rules
        self._plain = Plain()

    def stop(self, why: str) -> None:
        """From here on nothing can be decided."""
        self.stopped = self.stopped or why

    def take_run(self, run: Run, fiscal_year_start: str) -> bool:
        """The next records, where they agree with the books; False: they were not taken."""
        settings = self.state.settings
        if self.stopped is not None or settings is None or not settings.in_use:
            return False
        return settings.fiscal_year_start == fiscal_year_start and self._plain.fold(self.state, run)

    def take(self, stored: Stored, envelope: Envelope, event: Event) -> None:
        """The next record."""
        position, command = stored.position, command_of(event)
        if type(command) is PostTransaction:  # most of every log: nothing has to be looked up for it
            refused = self._refuses(command, event, envelope, position)
            self._fold(event, position, refused=refused)
            return
        self._plain.forget()
        state = self.state
        if isinstance(command, ReverseTransaction | EraseMemo):
            self._recall(command, position)
        textless = stored.memo is None and envelope.memo_sha256 is not None and self._take_textless(event, position)
        refused = self._refuses(command, event, envelope, position, textless=textless)
        if isinstance(event, MemoErased):
            self.erased.setdefault(event.position, position)
        elif isinstance(event, TransactionPosted) and event.reverses in state.posted:
            self._scratch.reverse(state.posted[event.reverses].position, position)
        self._fold(event, position, refused=refused)
        state.posted.clear()
        state.written.clear()

    def forget_marks(self) -> None:
        """Which rows changed is of no interest here, and would grow with the log."""
        self.state.changed = Changed()

    def _fold(self, event: Event, position: int, *, refused: bool) -> None:
        try:
            evolve(self.state, event, position)
        except (KeyError, AssertionError):
            self.stop(f"the record at position {position} is about something that is not in the books")
            if not refused:
                self._rules.fail(Kind.BOOKS, "it is about something that is not in the books", position)

    # what a record names

    def _recall(self, command: ReverseTransaction | EraseMemo, before: int) -> None:
        """Read the record again that this command names, and give it to the state."""
        if isinstance(command, ReverseTransaction):
            seen = self._scratch.seen(command.transaction)
            if seen is None or seen.position >= before:
                return
            _, event = self._again(seen.position)
            if isinstance(event, TransactionPosted):
                reversed_by = self._scratch.reversed_by(seen.position)
                posted = PostedTransaction(event, seen.position, reversed_by)
                self.state.posted[command.transaction] = posted
        elif 0 <= command.position < before:
            envelope, event = self._again(command.position)
            self.state.written[command.position] = Written(
                event, envelope.time, envelope.memo_sha256 is not None, command.position in self.erased
            )

    def _again(self, position: int) -> tuple[Envelope, Event]:
        """A record that was read before. Raises ReadTwice where it is another one now."""
        stored = self._reread(position)
        try:
            if stored is None or stored.data is None:
                raise ValueError
            envelope = read_envelope(stored.record)
            seen = self._scratch.seen(envelope.id)
            if seen is None or seen != (position, leaf_hash(stored.record)):
                raise ValueError
            if sha256(stored.data).hexdigest() != envelope.data_sha256:
                raise ValueError
            return envelope, read_event(envelope, stored.data, stored.memo)
        except ValueError:
            raise ReadTwice(position) from None

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

    def _refuses(
        self, command: Command, event: Event, envelope: Envelope, position: int, *, textless: bool = False
    ) -> bool:
        """Whether this cannot have been recorded; then it is said why."""
        now, user = envelope.time, actor_of(envelope.actor).user
        try:
            if user is not None:
                require_permission(command, user, self.state, now)
            if textless and isinstance(event, AccountRenamed) and event.number is None:
                return False  # the new name is what was erased
            events = decide(command, self.state, now)
        except TextInUse as refusal:
            if self._about(command) in self.textless:
                self.unchecked += 1
                return False
            self._rules.fail(Kind.BOOKS, f"the rules refuse it: {refusal}", position)
            return True
        except LedgerError as refusal:
            self._rules.fail(Kind.BOOKS, f"the rules refuse it ({refusal.code}): {refusal}", position)
            return True
        if events != [event]:
            self._rules.fail(Kind.BOOKS, f"the rules make another record of it: {_other(events, event)}", position)
            return True
        return False

    def _about(self, command: Command) -> AccountId | None:
        """The account whose text is to be erased."""
        if not isinstance(command, EraseMemo) or command.position not in self.state.written:
            return None
        account: AccountId = getattr(self.state.written[command.position].event, "account", command.position)
        return account


class ReadTwice(Exception):
    """A record was one thing when it was read first, and another when it was read again."""

    def __init__(self, position: int) -> None:
        super().__init__("it was another record when it was read a second time")
        self.position = position


def _other(events: list[Event], event: Event) -> str:
    """Where what the rules make differs from what was recorded, without quoting any text."""
    if len(events) != 1 or type(events[0]) is not type(event):
        return ", ".join(type(each).__name__ for each in events)
    made = events[0]
    members = event._fields if isinstance(event, TransactionPosted) else [each.name for each in fields(event)]
    names = [name for name in members if getattr(made, name) != getattr(event, name)]
    if names == ["number"] and isinstance(event, TransactionPosted) and isinstance(made, TransactionPosted):
        return f"document number {made.number} in series {event.series}, where {event.number} was recorded"
    return f"with another {', '.join(names)}"
