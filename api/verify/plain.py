"""A short way through the rules for plain transactions, most of every log: no event is made, decided and compared.

It does what `decide(command_of(event))` and `evolve` would do to the books, where it can see that they agree with the
record, and nothing at all where there is any doubt: then the long way is taken, which alone finds fault. A property
test holds both against each other.
"""

import datetime as dt
from functools import lru_cache

from api.verify.reading import Envelope, actor_of, read_memo
from api.verify.sources import Stored
from ledger.accounts import Status
from ledger.codec import read_plain
from ledger.commands import PostTransaction
from ledger.decide import State, Totals, fiscal_year, require_permission
from ledger.errors import Rejected
from ledger.transactions import POSTINGS_MAX, POSTINGS_MIN

_POSTING = PostTransaction(dt.date.min, ())
"""A command of the kind that is asked about."""
_NONE = Totals()


@lru_cache(maxsize=4096)
def _year(date: str, start: str) -> int:
    return fiscal_year(dt.date.fromisoformat(date), start)


class Plain:
    """What is known of the books between two records that change more than sums."""

    def __init__(self) -> None:
        self._places: dict[tuple[str, str, int], tuple[int, str]] = {}
        """Account, currency and length of the fraction as spelled -> the key of the totals that it moves."""
        self._allowed: tuple[str, str] | None = None
        """Who was last found to be allowed to post, and when."""

    def forget(self) -> None:
        """Accounts, currencies or members are others now."""
        self._places.clear()
        self._allowed = None

    def take(self, state: State, stored: Stored, envelope: Envelope) -> bool:
        """Fold the record into the state; False: it was left as it is, and the long way has to be taken."""
        settings = state.settings
        if envelope.type != "TransactionPosted" or envelope.schema != "1" or settings is None or not settings.in_use:
            return False
        assert stored.data is not None
        try:
            plain = read_plain(stored.data.decode())
            if plain is None or read_memo(None if stored.memo is None else stored.memo.decode()) is None:
                return False
            counter = (plain.series, _year(plain.date, settings.fiscal_year_start))
        except ValueError:
            return False
        number = int(plain.number)
        if number != state.counters.get(counter, 0) + 1 or not self._may_post(state, envelope):
            return False
        if not POSTINGS_MIN <= len(plain.postings) <= POSTINGS_MAX:
            return False
        moves, sums = [], dict.fromkeys([posting[4] for posting in plain.postings], 0)
        for account, sign, whole, fraction, currency in plain.postings:
            place = self._places.get((account, currency, len(fraction)))
            if place is None and (place := self._place(state, account, currency, len(fraction))) is None:
                return False
            units = int(sign + whole + fraction[1:])
            moves.append((place, units))
            sums[currency] += units
        if any(sums.values()):
            return False
        totals = state.totals
        for place, units in moves:
            totals[place] = totals.get(place, _NONE).plus(units)
        state.counters[counter] = number
        return True

    def _may_post(self, state: State, envelope: Envelope) -> bool:
        asked = (envelope.actor, envelope.recorded_at)
        if asked != self._allowed:
            try:
                if (user := actor_of(envelope.actor).user) is not None:
                    require_permission(_POSTING, user, state, envelope.time)
            except Rejected:
                return False
            self._allowed = asked
        return True

    def _place(self, state: State, account: str, currency: str, fraction: int) -> tuple[int, str] | None:
        """What a posting moves, where the account takes it."""
        found = state.accounts.get(int(account))
        if found is None or found.status is Status.CLOSED:
            return None
        if found.currencies and currency not in found.currencies:
            return None
        if state.currencies.get(currency) != max(fraction - 1, 0):
            return None
        place = self._places[account, currency, fraction] = (found.id, currency)
        return place
