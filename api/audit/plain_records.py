"""Runs of plain records, most of every log, looked at together: no event is made, decided and compared for each.

`look` needs to know nothing of the books, so that it can be done anywhere and out of order: it proves hashes, spelling
and sums, and says what a run of records would do. `Plain.fold` then does to the books what `decide(command_of(event))`
and `evolve` would do for one record after another, where it can see that they agree; where there is any doubt nothing
is done, and the records are taken one by one, the long way, which alone finds fault. A property test compares the two.
"""

import datetime as dt
import re
from collections import defaultdict
from collections.abc import Sequence
from functools import lru_cache
from hashlib import sha256
from typing import NamedTuple

from api.audit.parsing import (
    Cut,
    RecordEnvelope,
    are_canonical,
    cut_envelope,
    is_canonical_memo,
    parse_actor,
    parse_key,
    parse_record_time,
    parse_time_as_micros,
    read_envelope,
)
from api.audit.sources import StoredRecord
from ledger.accounts import ACCOUNTS, require_takes
from ledger.books.transactions import PostTransaction
from ledger.decide import require_permission
from ledger.errors import Rejected
from ledger.fiscal_year import fiscal_year
from ledger.merkle import hash_leaf
from ledger.slices import CHECKS
from ledger.state import State
from ledger.transactions import (
    COUNTERS,
    CURRENCIES,
    NO_TOTALS,
    POSTINGS_MAX,
    POSTINGS_MIN,
    TOTALS,
    Kind,
    Totals,
)

Place = tuple[str, str, int]
"""An account and a currency as they are spelled, and the number of the amount's fraction digits."""

_ASKED = PostTransaction(dt.date.min, ())
"""A command of the kind that is asked about."""


class Run(NamedTuple):
    """Consecutive plain records, each a command of its own, and nothing wrong with any as far as itself goes."""

    start: int
    leaves: list[bytes]
    ids: list[str]
    keys: list[tuple[str, int]]
    """Idempotency keys, and the positions of their records."""
    first: RecordEnvelope
    last: RecordEnvelope
    actors: list[tuple[str, str]]
    """Who posted, and when for the last time: a role may end by itself, but none begins so."""
    numbers: dict[tuple[str, int], tuple[int, int]]
    """Of each series and fiscal year the first number and the last; there are no gaps between them."""
    sums: dict[Place, tuple[int, int]]
    """What is debited and credited; every transaction is balanced for itself."""

    @property
    def stop(self) -> int:
        return self.start + len(self.ids)


# A plain transaction, as `ledger.codec` spells it.
_POSTING = (
    r'\{"account":(0|[1-9][0-9]{0,14}),"amount":"(?!-0(?:\.0+)?")(-?(?:0|[1-9][0-9]{0,17}))(?:\.([0-9]{1,18}))?",'
    r'"currency":"([A-Z](?:[A-Z0-9._\'-]{0,22}[A-Z0-9])?)"\}'
)
_ANY_POSTING = _POSTING.replace("(", "(?:").replace("(?:?", "(?")
_BEFORE = (
    rf'\{{"date":"([0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}})","kind":"(?:{"|".join(Kind)})","number":([1-9][0-9]{{0,14}}),'
    r'"postings":\['
)
_AFTER = r'\],"series":"([^"\\\x00-\x1f]*)"\}'
_TWO = re.compile(f"{_BEFORE}{_POSTING},{_POSTING}{_AFTER}", re.ASCII)
_MANY = re.compile(f"{_BEFORE}({_ANY_POSTING}(?:,{_ANY_POSTING})*){_AFTER}", re.ASCII)
_EACH = re.compile(_POSTING, re.ASCII)


@lru_cache(maxsize=8192)
def _year(date: str, start: str) -> int:
    """Return the year of a date. Raises ValueError: there is no 30 February."""
    return fiscal_year(dt.date.fromisoformat(date), start)


def find_runs(page: Sequence[StoredRecord], ledger: str, fiscal_year_start: str) -> list[Run | StoredRecord]:
    """Return a page of the ledger with this uuid as runs, and in between the records that are in none, in their
    order."""
    found: list[Run | StoredRecord] = []
    growing, begun = _Growing(ledger, fiscal_year_start), 0
    for at, stored in enumerate(page):
        if not growing.add(stored):
            found += growing.end(page[begun:at])
            found.append(stored)
            growing, begun = _Growing(ledger, fiscal_year_start), at + 1
    return [*found, *growing.end(page[begun:])]


class _Growing:
    """A run that may take another record. What only a forger could have got wrong spoils all of it; the most is looked
    at in the end, of all records at once, which takes half the time."""

    def __init__(self, ledger: str, fiscal_year_start: str) -> None:
        self._ledger = ledger
        self._fiscal_year_start = fiscal_year_start
        self._leaves: list[bytes] = []
        self._cuts: list[Cut] = []
        self._numbers: defaultdict[tuple[str, int], list[str]] = defaultdict(list)
        self._units: defaultdict[Place, list[int]] = defaultdict(list)
        self._spoiled = False

    def add(self, stored: StoredRecord) -> bool:
        """Take the next record; False: it is not plain, or its hashes or its spelling are wrong."""
        record, data, memo = stored.record, stored.data, stored.memo
        if not (type(record) is bytes and type(data) is bytes and (memo is None or type(memo) is bytes)):
            return False
        memo_sha256 = None if memo is None else sha256(memo).hexdigest()
        try:
            cut = cut_envelope(record.decode(), self._ledger, stored.position, sha256(data).hexdigest(), memo_sha256)
            if cut is None or not (memo is None or is_canonical_memo(memo.decode())):
                return False
            if not self._count(data.decode()):
                return False
        except ValueError:
            return False
        self._cuts.append(cut)
        self._leaves.append(hash_leaf(record))
        return True

    def _count(self, data: str) -> bool:
        """Add the sums and the number of a transaction; False: it is not plain."""
        postings: Sequence[Sequence[str]]
        if (found := _TWO.fullmatch(data)) is not None:  # most have two, and are scanned once this way
            date, number, *both, series = found.groups("")
            postings = both[:4], both[4:]
        elif (found := _MANY.fullmatch(data)) is not None:
            date, number, listed, series = found.groups()
            postings = _EACH.findall(listed)
        else:
            return False
        self._numbers[series, _year(date, self._fiscal_year_start)].append(number)
        balance: dict[str, int] = {}
        for account, whole, fraction, currency in postings:
            units = int(whole + fraction)
            balance[currency] = balance.get(currency, 0) + units
            self._units[account, currency, len(fraction)].append(units)
        if any(balance.values()) or not POSTINGS_MIN <= len(postings) <= POSTINGS_MAX:
            self._spoiled = True
        return True

    def end(self, records: Sequence[StoredRecord]) -> Sequence[Run | StoredRecord]:
        """Return the run of these, which were taken; or they themselves, if it is spoiled."""
        if not records:
            return []
        try:
            run = self._run(records)
        except ValueError:
            return records
        return records if run is None else [run]

    def _run(self, records: Sequence[StoredRecord]) -> Run | None:
        start = records[0].position
        actors, ids, keys, times, _ = zip(*self._cuts, strict=True)
        micros = list(map(parse_time_as_micros, times))
        used = {key: at for at, spelled in enumerate(keys, start) if (key := parse_key(spelled)) is not None}
        if self._spoiled or not (
            are_canonical(self._cuts)
            and [each.position for each in records] == list(range(start, start + len(records)))
            and len(set(ids)) == len(ids)
            and len(used) == len(keys) - keys.count("null")
            and list(times) == sorted(times)
            and all(each.id in (None, id_) for each, id_ in zip(records, ids, strict=True))
            and all(each.recorded_at in (None, time) for each, time in zip(records, micros, strict=True))
            and all(each.leaf_hash in (None, leaf) for each, leaf in zip(records, self._leaves, strict=True))
            and all(map(_is_counted, self._numbers.values()))
        ):
            return None
        return Run(
            start,
            self._leaves,
            list(ids),
            list(used.items()),
            read_envelope(records[0].record),
            read_envelope(records[-1].record),
            list(dict(zip(actors, times, strict=True)).items()),
            {counter: (int(numbers[0]), int(numbers[-1])) for counter, numbers in self._numbers.items()},
            {place: _debits_and_credits(units) for place, units in self._units.items()},
        )


def _is_counted(numbers: Sequence[str]) -> bool:
    """Return whether they go on one by one."""
    first = int(numbers[0])
    return numbers == list(map(str, range(first, first + len(numbers))))


def _debits_and_credits(units: Sequence[int]) -> tuple[int, int]:
    gross, net = sum(map(abs, units)), sum(units)
    return (gross + net) // 2, (gross - net) // 2


class Plain:
    """What is known of the books as long as nothing but sums changes."""

    def __init__(self) -> None:
        self._places: dict[Place, tuple[int, str]] = {}
        """What a posting names -> the key of the totals that it moves."""
        self._allowed: tuple[str, str] | None = None
        """Who was last found to be allowed to post, and when."""

    def forget(self) -> None:
        """Forget what was computed: accounts, currencies or members are others now."""
        self._places.clear()
        self._allowed = None

    def fold(self, state: State, run: Run) -> bool:
        """Fold a run into the state; False: it was left as it is, and its records have to be taken one by one."""
        if not all(self._may_post(state, *asked) for asked in run.actors):
            return False
        if any(first != state[COUNTERS].get(counter, 0) + 1 for counter, (first, _) in run.numbers.items()):
            return False
        places = [(self._places.get(place) or self._place(state, place), sums) for place, sums in run.sums.items()]
        if any(place is None for place, _ in places):
            return False
        moved = {key: Totals(*sums) for key, sums in places if key is not None}
        if not all(check.allows_all(state, moved) for check in CHECKS):
            return False
        totals = state[TOTALS]
        for key, (debits, credits) in moved.items():
            before = totals.get(key, NO_TOTALS)
            totals[key] = Totals(before.debits + debits, before.credits + credits)
        state.fill(COUNTERS, {counter: last for counter, (_, last) in run.numbers.items()})
        return True

    def _may_post(self, state: State, actor: str, recorded_at: str) -> bool:
        if (actor, recorded_at) != self._allowed:
            try:
                if (user := parse_actor(actor).user) is not None:
                    require_permission(_ASKED, user, state, parse_record_time(recorded_at))
            except Rejected:
                return False
            self._allowed = (actor, recorded_at)
        return True

    def _place(self, state: State, place: Place) -> tuple[int, str] | None:
        """Return what a posting moves, where the account takes it."""
        id_, currency, scale = place
        account = state[ACCOUNTS].get(int(id_))
        if account is None or state[CURRENCIES].get(currency) != scale:
            return None
        try:
            require_takes(account, currency, account.id)
        except Rejected:
            return None
        key = self._places[place] = (account.id, currency)
        return key
