"""Many callers, one order, one database transaction per batch: group commit.

Promises: an answer is given only after COMMIT; a refusal concerns only its own command; a failure of the database, even
between COMMIT and its answer, loses nothing and writes nothing twice. Every queue has a limit.

Cost: a batch takes a fixed number of statements and one fsync, however many commands are in it, and while one batch
commits the next one gathers. Locks: the head row, first and alone (DESIGN section 4.3).
"""

import asyncio
import datetime as dt
import hashlib
import logging
import math
import os
import time
from collections import deque
from collections.abc import Callable, Collection, Hashable, Iterable, Sequence
from dataclasses import dataclass, field, replace

from ledger.books.ledger import OpenLedger
from ledger.books.transactions import PostTransaction
from ledger.codec import ACTOR_TYPES, Actor, Envelope, seal
from ledger.decide import (
    decide,
    evolve,
    find_last_change,
    find_needed_rows,
    is_same_request,
    require_permission,
    restore_command,
)
from ledger.errors import (
    Busy,
    ClockBehind,
    Corrupt,
    Forbidden,
    IdempotencyMismatch,
    InvalidField,
    LedgerError,
    OutcomeUnknown,
    PreconditionFailed,
    Rejected,
    TimedOut,
    Unavailable,
)
from ledger.journal import Append, Entry, Head, Journal, KeyEntry, Known, Locked, Position, Raced, Receipt, Writing
from ledger.merkle import hash_leaf
from ledger.observer import SILENT, Observer
from ledger.slices import Command
from ledger.state import State

log = logging.getLogger(__name__)

QUEUE_COMMANDS_MAX = 20_000
"""Commands waiting in one lane; a submission that finds more is refused as Busy."""
BATCH_COMMANDS_MAX = 2_000
TURN_POSTINGS = 1_000
"""Commands and postings that are decided between two looks at the event loop."""
PATIENCE_SECONDS = 10.0
"""How long a batch whose outcome is unknown is asked after before its callers are told so."""
ATTEMPTS_MAX = 3
CLOCK_TOLERANCE = dt.timedelta(seconds=60)
"""Of this process's clock and PostgreSQL's; and how far ahead of the clock a head may be before a warning."""
WARNING_SECONDS = 60.0

Answer = Receipt | Rejected
Clock = Callable[[], dt.datetime]


def utc_now() -> dt.datetime:
    """Return the wall clock's time, aware, in UTC."""
    return dt.datetime.now(dt.UTC)


def uuid7(milliseconds: int, randomness: bytes) -> str:
    """Return a UUIDv7 (RFC 9562 section 5.7) of a Unix time in ms and at least 10 random bytes."""
    time_, random = f"{milliseconds & 0xFFFF_FFFF_FFFF:012x}", randomness[:10].hex()
    variant = "89ab"[randomness[2] >> 4 & 3]
    return f"{time_[:8]}-{time_[8:]}-7{random[:3]}-{variant}{random[5:8]}-{random[8:]}"


def make_uuid() -> str:
    """Return a fresh UUIDv7."""
    return uuid7(time.time_ns() // 1_000_000, os.urandom(10))


@dataclass(slots=True)
class Order:
    """A command as submitted. Its ids and salts come from here: a second attempt writes the same ones."""

    command: Command
    key: str | None = None
    unchanged_since: Collection[Position] | None = None
    """Refuse with PreconditionFailed unless what the command changes was last changed by one of these records."""
    id: str = field(default_factory=make_uuid)
    """The command's id, which is also the id of its first record."""
    seed: bytes = field(default_factory=lambda: os.urandom(16))

    def record_id(self, index: int) -> str:
        """Return the id of this command's `index`-th record."""
        if index == 0:
            return self.id
        return uuid7(int(self.id[:8] + self.id[9:13], 16), self._derived(b"id", index))

    def salt(self, index: int) -> bytes:
        """Return the salt of the memo of this command's `index`-th record."""
        return self._derived(b"salt", index)

    def _derived(self, purpose: bytes, index: int) -> bytes:
        return hashlib.sha256(b"%b%b%d" % (self.seed, purpose, index)).digest()[:16]


@dataclass(eq=False, slots=True)
class _Submission:
    """Orders for one ledger that came together; `atomic`: all of them or none."""

    ledger: str
    orders: Sequence[Order]
    actor: Actor
    request: str | None
    atomic: bool
    answered: "asyncio.Future[list[Answer]]"

    def answer(self, answers: list[Answer]) -> None:
        if not self.answered.done():  # a caller that went away took its waiter along, never the write
            self.answered.set_result(answers)

    def fail(self, error: LedgerError) -> None:
        if not self.answered.done():
            self.answered.set_exception(error)


@dataclass(eq=False, slots=True)
class _Lane:
    queue: deque[_Submission] = field(default_factory=deque)
    waiting: int = 0
    running: "asyncio.Task[None] | None" = None

    def put(self, submission: _Submission) -> None:
        self.queue.append(submission)
        self.waiting += len(submission.orders)

    def take(self, room: int, *, alone: bool = True) -> list[_Submission]:
        """Take submissions from the front, of `room` commands together; one may be larger where it goes `alone`."""
        taken: list[_Submission] = []
        while self.queue and ((alone and not taken) or len(self.queue[0].orders) <= room):
            submission = self.queue.popleft()
            taken.append(submission)
            self.waiting -= len(submission.orders)
            room -= len(submission.orders)
        return taken


class Sequencer:
    """The one writer of a process. Any number of processes may each have one on the same database."""

    def __init__(
        self,
        journal: Journal,
        *,
        clock: Clock = utc_now,
        committed: Callable[[], None] = lambda: None,
        observer: Observer = SILENT,
        queue_commands_max: int = QUEUE_COMMANDS_MAX,
        batch_commands_max: int = BATCH_COMMANDS_MAX,
        patience_seconds: float = PATIENCE_SECONDS,
    ) -> None:
        """`committed` is called after every commit: a hint to whoever follows the log, nothing to lean on."""
        self._journal = journal
        self._clock = clock
        self._committed = committed
        self._observer = observer
        self._queue_commands_max = queue_commands_max
        self._batch_commands_max = batch_commands_max
        self._patience_seconds = patience_seconds
        self._lanes: dict[Hashable, _Lane] = {}
        self._corrupt: dict[str, Corrupt] = {}
        self._warned: dict[str, float] = {}
        """When each kind of warning was logged last."""

    async def submit(
        self,
        ledger: str,
        command: Command,
        *,
        actor: Actor,
        key: str | None = None,
        request: str | None = None,
        unchanged_since: Collection[Position] | None = None,
    ) -> Receipt:
        """Submit one command for the ledger with this uuid, and return its receipt. Raises what `decide` refuses."""
        order = Order(command, key, unchanged_since)
        (answer,) = await self.submit_all(ledger, [order], actor=actor, request=request)
        if isinstance(answer, Receipt):
            return answer
        try:
            raise answer
        finally:
            del answer  # as in `_as_answer`

    async def submit_all(
        self,
        ledger: str,
        orders: Sequence[Order],
        *,
        actor: Actor,
        request: str | None = None,
        atomic: bool = False,
    ) -> list[Answer]:
        """Return an answer for each order, in their order. Atomic: raises the first refusal, with its index, and
        nothing was written. Raises Busy, TimedOut, ClockBehind and OutcomeUnknown; all are safe to repeat with the same
        keys. Raises Forbidden for an actor of an unknown type."""
        if not orders:
            return []
        if actor.type not in ACTOR_TYPES:
            raise Forbidden
        answered = asyncio.get_running_loop().create_future()
        submission = _Submission(ledger, orders, actor, request, atomic, answered)
        self._queue(submission)
        self._observer.submitted(ledger, len(orders))
        answers: list[Answer] = await answered
        if atomic and isinstance(refusal := answers[0], Rejected):
            answers.clear()  # as in `_as_answer`
            try:
                raise refusal
            finally:
                del refusal
        return answers

    def _queue(self, submission: "_Submission") -> None:
        """Put a submission into its lane. Raises Busy and Corrupt."""
        if (corrupt := self._corrupt.get(submission.ledger)) is not None:
            raise corrupt
        lane_of = self._journal.find_lane(submission.ledger)
        lane = self._lanes.setdefault(lane_of, _Lane())
        if lane.waiting and lane.waiting + len(submission.orders) > self._queue_commands_max:
            raise Busy
        lane.put(submission)
        if lane.running is None:
            lane.running = asyncio.create_task(self._run(lane_of, lane), name=f"lane {lane_of}")

    async def close(self) -> None:
        """Write what is queued, then return."""
        while running := [lane.running for lane in self._lanes.values() if lane.running]:
            await asyncio.wait(running)

    async def _run(self, lane_of: Hashable, lane: _Lane) -> None:
        try:
            while lane.queue:
                await self._commit(lane.take(self._batch_commands_max), lane, attempts=ATTEMPTS_MAX)
        finally:
            lane.running = None
            if not lane.queue:
                self._lanes.pop(lane_of, None)

    async def _commit(self, batch: list[_Submission], lane: _Lane | None, *, attempts: int) -> None:
        """Bring a batch to its answers, whatever the database does. `lane`: where a first attempt finds more."""
        drafts: list[_Draft] = []
        begun = time.monotonic()
        try:
            await self._attempt(batch, drafts, lane)
        except (ClockBehind, Corrupt) as refusal:  # and no other that passes by itself: who knows what was written
            parts = list(_by_ledger(batch).values())
            if len(parts) == 1:
                self._fail(batch, refusal)
                return
            for part in parts:  # it is one ledger's trouble, and nothing was written
                await self._commit(part, None, attempts=attempts)
        except Exception as error:
            expected = isinstance(error, Raced | Unavailable)  # the store has logged what is wrong with the database
            log.log(
                logging.DEBUG if expected else logging.ERROR,
                "%s failed; looking for its records",
                _describe_batch(batch),
                exc_info=True,
            )
            absent = await self._settle(batch, drafts)
            await self._retry(absent, error, attempts=attempts - 1)
        else:
            self._answer(drafts, time.monotonic() - begun)
            self._committed()

    def _answer(self, drafts: "Iterable[_Draft]", seconds: float) -> None:
        """Answer what is durable, and what was refused."""
        for draft in drafts:
            ledger = draft.locked.uuid
            if draft.entries:
                self._observer.committed(ledger, len(draft.entries), seconds)
            for submission, answers in draft.answers.items():
                for refusal in answers:
                    if isinstance(refusal, Rejected):
                        self._observer.refused(ledger, refusal.code)
                submission.answer(answers)

    async def _attempt(self, batch: list[_Submission], drafts: "list[_Draft]", lane: _Lane | None) -> None:
        """Try to write a batch in one database transaction: lock, read, decide, append, COMMIT. Fills `drafts`, grows
        `batch` as it waits."""
        async with self._journal.begin_writing() as writing:
            first = await writing.lock(batch[0].ledger)
            if lane is not None:
                batch += lane.take(self._batch_commands_max - sum(len(each.orders) for each in batch), alone=False)
            for ledger, submissions in _by_ledger(batch).items():
                locked = first if ledger == first.uuid else await writing.lock(ledger)
                draft = await self._decide(writing, locked, submissions)
                drafts.append(draft)
                if draft.entries:
                    try:
                        await writing.append(draft.append())
                    except Rejected as refusal:  # the new ledger's id is taken: its whole part of the batch falls
                        draft.refuse(refusal)

    async def _decide(self, writing: Writing, locked: Locked, submissions: list[_Submission]) -> "_Draft":
        orders = [order for submission in submissions for order in submission.orders]
        keys = {each.key for each in orders if each.key is not None}
        known = await writing.find_answers(locked, keys)
        users = {user for submission in submissions if (user := submission.actor.user) is not None}
        state = await writing.load(locked, find_needed_rows((order.command for order in orders), users))
        draft = _Draft(locked, state, known, self._time(locked))
        for submission in submissions:
            await draft.decide(submission)
        return draft

    def _time(self, locked: Locked) -> dt.datetime:
        """Return when this batch is recorded: now, but never before the last record.

        Raises ClockBehind where this process and the database disagree about the time. A head that is ahead of the
        clock refuses nothing: a clock that was wrong once must not stop a ledger.
        """
        now = self._clock()
        if (error := self.find_clock_error(locked.clock, now)) is not None:
            self.warn_of_clock(error)
            raise ClockBehind
        last = locked.head.recorded_at or now
        if last - now > CLOCK_TOLERANCE:
            self._warn_of_head(locked.uuid, last - now)
        return max(now, last)

    def _warn_of_head(self, ledger: str, ahead: dt.timedelta) -> None:
        """Log that a head is ahead of the clock, at most once in WARNING_SECONDS."""
        self._warn(
            "the last record of ledger %s is %.0f s ahead of this clock; new ones get its time",
            ledger,
            ahead.total_seconds(),
        )

    def find_clock_error(self, database: dt.datetime | None, now: dt.datetime | None = None) -> str | None:
        """Return how far this process's clock is from the database's, in words; None: they agree, or it has none.
        `now`: what this clock said."""
        if database is None or abs(ahead := (now or self._clock()) - database) <= CLOCK_TOLERANCE:
            return None
        seconds = ahead.total_seconds()
        side = "ahead of" if seconds > 0 else "behind"
        return f"this process's clock is {abs(seconds):.0f} s {side} the database's"

    def warn_of_clock(self, error: str) -> None:
        """Log that no write is accepted because of the clocks, at most once in WARNING_SECONDS."""
        self._warn("no write is accepted: %s", error)

    def _warn(self, message: str, *facts: object) -> None:
        """Log a kind of warning, at most once in WARNING_SECONDS."""
        now = time.monotonic()
        if now - self._warned.get(message, -math.inf) >= WARNING_SECONDS:
            self._warned[message] = now
            log.warning(message, *facts)

    async def _settle(self, batch: list[_Submission], drafts: "list[_Draft]") -> list[_Submission]:
        """Answer what was written after all, after an error at or after COMMIT; return what definitely was not.

        Taking the head lock on a fresh connection waits for a COMMIT still under way; only after that is a record's
        absence definite.
        """
        begun, pause = time.monotonic(), 0.05
        deadline = begun + self._patience_seconds
        while True:
            try:
                async with self._journal.begin_writing() as writing:
                    if not drafts:  # the lock was not got, and nothing written: wait for it as long as patience lasts
                        await writing.lock(batch[0].ledger)
                    landed = [draft for draft in drafts if await draft.has_landed(writing)]
            except Exception as error:  # noqa: BLE001  (whatever it is, the outcome is unknown until this succeeds)
                if time.monotonic() > deadline:
                    level = logging.ERROR if drafts else logging.DEBUG  # without drafts nothing was written
                    log.log(level, "the outcome of %s stays unknown: %s", _describe_batch(batch), error)
                    self._give_up(batch, drafts, error)
                    return []
                await asyncio.sleep(pause)
                pause = min(2 * pause, 1.0)
            else:
                self._answer(landed, time.monotonic() - begun)
                written = {submission for draft in landed for submission in draft.answers}
                return [submission for submission in batch if submission not in written]

    async def _retry(self, absent: list[_Submission], error: Exception, *, attempts: int) -> None:
        """Retry halves, each on its own: one poisoned command cannot take its neighbours down. `error` is the last
        one."""
        if len(absent) > 1:
            middle = len(absent) // 2
            for half in (absent[:middle], absent[middle:]):
                await self._commit(half, None, attempts=ATTEMPTS_MAX)
        elif absent and attempts:
            await self._commit(absent, None, attempts=attempts)
        else:
            self._fail(absent, error if isinstance(error, Unavailable) else Unavailable())

    def _fail(self, batch: Iterable[_Submission], error: LedgerError) -> None:
        for submission in batch:
            if isinstance(error, Corrupt):
                log.critical("ledger %s is corrupt, its writer stops: %s", submission.ledger, error)
                self._corrupt[submission.ledger] = error
            submission.fail(error)

    def _give_up(self, batch: list[_Submission], drafts: "list[_Draft]", error: Exception) -> None:
        unwritten = error if isinstance(error, Unavailable) else TimedOut()
        tried = {submission for draft in drafts if draft.entries for submission in draft.answers}
        for submission in batch:
            maybe = submission in tried
            submission.fail(OutcomeUnknown(command=submission.orders[0].id) if maybe else unwritten)


class _Draft:
    """One ledger's part of a batch: what is decided so far, on top of what was there under the lock."""

    def __init__(self, locked: Locked, state: State, known: dict[str, Known], now: dt.datetime) -> None:
        self.locked = locked
        self.state = state
        self.known = known
        """By key: what was answered before, and what this batch has accepted: a repeat later in it is a repeat."""
        self.now = now
        self.entries: list[Entry] = []
        self.keys: list[KeyEntry] = []
        self.answers: dict[_Submission, list[Answer]] = {}
        self.id: str | None = None
        self._turn = 0

    async def decide(self, submission: _Submission) -> None:
        """Find the answers to a submission; its neighbours see what it made happen, and nothing of a refusal."""
        if submission.atomic:
            self.answers[submission] = await self._decide_together(submission)
            return
        answers = self.answers[submission] = []
        for order in submission.orders:
            answers.append(self._decide_alone(order, submission))
            await self._let_others(order)

    async def _let_others(self, order: Order) -> None:
        """Let other tasks of this process go on, now and then: a batch may take a second."""
        self._turn += 1 + len(order.command.postings) if isinstance(order.command, PostTransaction) else 1
        if self._turn >= TURN_POSTINGS:
            self._turn = 0
            await asyncio.sleep(0)

    def _decide_alone(self, order: Order, submission: _Submission) -> Answer:
        try:
            return self._decide(order, submission)
        except Rejected as refusal:
            return _as_answer(refusal)

    async def _decide_together(self, submission: _Submission) -> list[Answer]:
        mark, entries, keys, id_ = self.state.mark(), len(self.entries), len(self.keys), self.id
        answers: list[Answer] = []
        for index, order in enumerate(submission.orders):
            try:
                answers.append(self._decide(order, submission))
            except Rejected as refusal:
                refusal.index = index
                self.state.undo(mark)
                for each in self.keys[keys:]:
                    del self.known[each.key]
                del self.entries[entries:], self.keys[keys:]
                self.id = id_
                return [_as_answer(refusal)]
            await self._let_others(order)
        return answers

    def _decide(self, order: Order, submission: _Submission) -> Receipt:
        if order.key is not None and (known := self.known.get(order.key)) is not None:
            return _replay(order.command, known, self.state)
        if (user := submission.actor.user) is not None:
            require_permission(order.command, user, self.state, self.now)
        since = order.unchanged_since
        if since is not None and find_last_change(order.command, self.state) not in since:
            raise PreconditionFailed
        if isinstance(order.command, OpenLedger) and self.locked.serial is None:
            self.id = order.command.id
        events = decide(order.command, self.state, self.now)
        first = self.locked.head.size + len(self.entries)
        entries = []
        for index, event in enumerate(events):
            position, id_ = first + index, order.record_id(index)
            envelope = Envelope(
                self.locked.uuid, position, id_, self.now, submission.actor, submission.request, order.id, order.key
            )
            try:
                sealed = seal(event, envelope, order.salt(index))
            except (
                ValueError,
                TypeError,
            ) as error:  # a text or number that JSON cannot hold exactly
                raise InvalidField(trouble=str(error)) from error
            entries.append(Entry(position, id_, self.now, event, sealed))
        # After this point the command must succeed.
        self.entries += entries
        for entry in entries:
            evolve(self.state, entry.event, entry.position)
        last = entries[-1]
        receipt = Receipt(order.id, last.id, last.position, first, len(entries), self.now, last.event)
        if order.key is not None:
            self.keys.append(KeyEntry(order.key, last.position, first, len(entries)))
            self.known[order.key] = Known(receipt)
        return receipt

    def append(self) -> Append:
        frontier = self.locked.head.frontier.extend(hash_leaf(entry.sealed.record) for entry in self.entries)
        head = Head(frontier, self.now)
        return Append(self.locked, head, self.state, self.id, self.entries, self.keys)

    def refuse(self, refusal: Rejected) -> None:
        """Refuse every submission of this draft: nothing of it is written after all."""
        self.entries.clear()
        for submission, answers in self.answers.items():
            self.answers[submission] = [refusal for _ in answers]

    async def has_landed(self, writing: Writing) -> bool:
        """Return whether this draft's records are in the log, each at the position it was given."""
        locked = await writing.lock(self.locked.uuid)
        if not self.entries or locked.serial is None:
            return False
        stored = await writing.read_ids(locked, [entry.position for entry in self.entries])
        return all(stored.get(entry.position) == entry.id for entry in self.entries)


def _as_answer(refusal: Rejected) -> Rejected:
    """Return the error without its traceback, whose frames lead back to the answers: each would keep the other, until
    garbage is looked for, and the whole request with them."""
    return refusal.with_traceback(None)


def _replay(command: Command, known: Known, state: State) -> Receipt:
    """Return the same answer again. Raises IdempotencyMismatch."""
    if not is_same_request(command, restore_command(known.receipt.event), state, erased=known.erased):
        raise IdempotencyMismatch
    return replace(known.receipt, replayed=True)


def _describe_batch(batch: Sequence[_Submission]) -> str:
    """Return how large a batch in the log is, and whose requests its first ones are."""
    requests = ", ".join(str(submission.request) for submission in batch[:3])
    return f"a batch of {len(batch)} submissions (requests {requests}{', …' if len(batch) > 3 else ''})"


def _by_ledger(batch: list[_Submission]) -> dict[str, list[_Submission]]:
    grouped: dict[str, list[_Submission]] = {}
    for submission in batch:
        grouped.setdefault(submission.ledger, []).append(submission)
    return grouped
