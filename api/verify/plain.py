"""Runs of plain records, most of every log, looked at together: no event is made, decided and compared for each.

`look` needs to know nothing of the books, so that it can be done anywhere and out of order: it proves hashes, spelling
and sums, and says what a run of records would do. `Plain.fold` then does to the books what `decide(command_of(event))`
and `evolve` would do for one record after another, where it can see that they agree; where there is any doubt nothing
is done, and the records are taken one by one, the long way, which alone finds fault. A property test compares the two.
"""

import datetime as dt
from collections.abc import Sequence
from functools import lru_cache
from hashlib import sha256
from typing import NamedTuple

from api.verify.reading import Envelope, actor_of, is_canonical_memo, micros_of, read_envelope, time_of
from api.verify.sources import Stored
from ledger.accounts import Status
from ledger.codec import PlainTransaction, read_plain
from ledger.commands import PostTransaction
from ledger.decide import State, Totals, fiscal_year, require_permission
from ledger.errors import Rejected
from ledger.merkle import leaf_hash
from ledger.transactions import POSTINGS_MAX, POSTINGS_MIN

Place = tuple[str, str, int]
"""An account and a currency as they are spelled, and the length of the amount's fraction with its point."""

_POSTING = PostTransaction(dt.date.min, ())
"""A command of the kind that is asked about."""
_NONE = Totals()


class Run(NamedTuple):
    """Consecutive plain records, each a command of its own, and nothing wrong with any as far as itself goes."""

    start: int
    leaves: list[bytes]
    ids: list[str]
    keys: list[tuple[str, int]]
    """Idempotency keys, and the positions of their records."""
    first: Envelope
    last: Envelope
    actors: list[tuple[str, str]]
    """Who posted, and when they were recorded, each once."""
    numbers: dict[tuple[str, int], tuple[int, int]]
    """Of each series and fiscal year the first number and the last; there are no gaps between them."""
    sums: dict[Place, tuple[int, int]]
    """What is debited and credited; every transaction is balanced for itself."""

    @property
    def stop(self) -> int:
        return self.start + len(self.ids)


@lru_cache(maxsize=8192)
def _year(date: str, start: str) -> int:
    return fiscal_year(dt.date.fromisoformat(date), start)


def look(page: Sequence[Stored], ledger: str, fiscal_year_start: str) -> list[Run | Stored]:
    """A page of the ledger with this uuid as runs, and in between the records that are in none, in their order."""
    found: list[Run | Stored] = []
    growing = _Growing(ledger, fiscal_year_start)
    for stored in page:
        if not growing.add(stored):
            found += growing.end()
            if not growing.add(stored):
                found.append(stored)
    return [*found, *growing.end()]


class _Growing:
    """A run that may take another record."""

    def __init__(self, ledger: str, fiscal_year_start: str) -> None:
        self._ledger = ledger
        self._fiscal_year_start = fiscal_year_start
        self._begin()

    def _begin(self) -> None:
        self._start = -1
        self._leaves: list[bytes] = []
        self._ids: dict[str, None] = {}
        self._keys: dict[str, int] = {}
        self._first: Envelope | None = None
        self._last: Envelope | None = None
        self._actors: dict[tuple[str, str], None] = {}
        self._numbers: dict[tuple[str, int], tuple[int, int]] = {}
        self._sums: dict[Place, tuple[int, int]] = {}

    def end(self) -> list[Run]:
        """The run that there is; another one begins."""
        if self._first is None or self._last is None:
            return []
        run = Run(
            self._start,
            self._leaves,
            list(self._ids),
            list(self._keys.items()),
            self._first,
            self._last,
            list(self._actors),
            self._numbers,
            self._sums,
        )
        self._begin()
        return [run]

    def add(self, stored: Stored) -> bool:
        """Take the next record; False: it is not plain, or does not go on from the last one."""
        position, record, data, memo = stored.position, stored.record, stored.data, stored.memo
        if not (type(record) is bytes and type(data) is bytes and (memo is None or type(memo) is bytes)):
            return False
        last = self._last
        try:
            envelope = read_envelope(record)
            leaf = leaf_hash(record)
            if not (
                envelope.type == "TransactionPosted"
                and envelope.schema == "1"
                and envelope.position == str(position)
                and envelope.ledger == self._ledger
                and envelope.command == envelope.id
                and envelope.id not in self._ids
                and (last is None or (position == self._start + len(self._leaves)))
                and (last is None or last.recorded_at <= envelope.recorded_at)
                and stored.leaf_hash in (None, leaf)
                and stored.id in (None, envelope.id)
                and stored.recorded_at in (None, micros_of(envelope.recorded_at))
                and sha256(data).hexdigest() == envelope.data_sha256
                and (None if memo is None else sha256(memo).hexdigest()) == envelope.memo_sha256
            ):
                return False
            plain = read_plain(data.decode())
            if plain is None or not (memo is None or is_canonical_memo(memo.decode())):
                return False
            key = None if envelope.key == "null" else envelope.idempotency_key
            if key is not None and key in self._keys:
                return False
            if not self._count(plain):
                return False
        except ValueError:
            return False
        if last is None:
            self._start, self._first = position, envelope
        if key is not None:
            self._keys[key] = position
        self._leaves.append(leaf)
        self._ids[envelope.id] = None
        if last is None or last.recorded_at != envelope.recorded_at or last.actor != envelope.actor:
            self._actors[envelope.actor, envelope.recorded_at] = None
        self._last = envelope
        return True

    def _count(self, plain: PlainTransaction) -> bool:
        """Add its sums and its number. False: nothing is added, it cannot have been recorded after the others."""
        date, _, number, series, postings = plain
        if not POSTINGS_MIN <= len(postings) <= POSTINGS_MAX:
            return False
        counter = (series, _year(date, self._fiscal_year_start))
        this, counted = int(number), self._numbers.get(counter)
        if counted is not None and counted[1] + 1 != this:
            return False
        balance: dict[str, int] = {}
        moves = []
        for account, sign, whole, fraction, currency in postings:
            units = int(sign + whole + fraction[1:])
            balance[currency] = balance.get(currency, 0) + units
            moves.append(((account, currency, len(fraction)), units))
        if any(balance.values()):
            return False
        sums = self._sums
        for place, units in moves:
            debits, credits = sums.get(place, (0, 0))
            sums[place] = (debits + units, credits) if units >= 0 else (debits, credits - units)
        self._numbers[counter] = (this if counted is None else counted[0], this)
        return True


class Plain:
    """What is known of the books as long as nothing but sums changes."""

    def __init__(self) -> None:
        self._places: dict[Place, tuple[int, str]] = {}
        """What a posting names -> the key of the totals that it moves."""
        self._allowed: tuple[str, str] | None = None
        """Who was last found to be allowed to post, and when."""

    def forget(self) -> None:
        """Accounts, currencies or members are others now."""
        self._places.clear()
        self._allowed = None

    def fold(self, state: State, run: Run) -> bool:
        """Fold a run into the state; False: it was left as it is, and its records have to be taken one by one."""
        if not all(self._may_post(state, *asked) for asked in run.actors):
            return False
        if any(first != state.counters.get(counter, 0) + 1 for counter, (first, _) in run.numbers.items()):
            return False
        places = [(self._places.get(place) or self._place(state, place), sums) for place, sums in run.sums.items()]
        if any(place is None for place, _ in places):
            return False
        for key, (debits, credits) in places:
            assert key is not None
            before = state.totals.get(key, _NONE)
            state.totals[key] = Totals(before.debits + debits, before.credits + credits)
        state.counters |= {counter: last for counter, (_, last) in run.numbers.items()}
        return True

    def _may_post(self, state: State, actor: str, recorded_at: str) -> bool:
        if (actor, recorded_at) != self._allowed:
            try:
                if (user := actor_of(actor).user) is not None:
                    require_permission(_POSTING, user, state, time_of(recorded_at))
            except Rejected:
                return False
            self._allowed = (actor, recorded_at)
        return True

    def _place(self, state: State, place: Place) -> tuple[int, str] | None:
        """What a posting moves, where the account takes it."""
        id_, currency, fraction = place
        account = state.accounts.get(int(id_))
        if account is None or account.status is Status.CLOSED:
            return None
        if account.currencies and currency not in account.currencies:
            return None
        if state.currencies.get(currency) != max(fraction - 1, 0):
            return None
        key = self._places[place] = (account.id, currency)
        return key
