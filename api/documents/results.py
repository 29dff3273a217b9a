"""Split the open balances of income and expenses into the result of this fiscal year and that of earlier years.

A year's result is what was posted to income and expenses with a date in that year, without closings. A transaction of
the kind `closing` closes open results that are dated up to its own date, the oldest first: on each account what is left
of earlier years, then this year's. So it may be dated on a year's last day, on the first day of the next one, or later.
What it gives back counts for earlier years. If more is left after earlier years than this year's result, that also
counts for earlier years: it cannot have been meant for this year, unless the closing is dated on the year's last day.

The reversal of a closing counts on the date of the closing that it reverses, whatever its own date. It opens that
result again, and does not change the result of the year in which it was entered.

An account that only closings use (a Swedish `8999`) has no result of its own. What is closed through it is taken from
the result of all accounts in that currency.

Cost: every closing is read (there are few, and an index finds them), and the balances of income and expenses on each
day of this year on which something was closed. Both have a limit.
"""

import datetime as dt
from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass

from api.documents.figures import RESULT, Figures, sum_movements
from api.errors import TooMany
from ledger.accounts import AccountId
from ledger.dates import last_day_of_year
from ledger.transactions import Kind, TransactionPosted
from projections.balance_history import HistorySums, Pair

Balances = Mapping[Pair, int]
"""Debits less credits by account and currency, of income and expenses alone."""
EVERY: AccountId = -1
"""Stands for all accounts together, where one account could be."""
BALANCES_MAX = 500_000
"""The most balances that are read on the days of closings: those of 1,366 accounts on every day of a year."""


@dataclass(frozen=True, slots=True)
class Closing:
    """What a closing, or the reversal of one, moved on income and expenses."""

    date: dt.date
    counts_on: dt.date
    """The date of the closing itself; for a reversal, that of the closing that it reverses."""
    moved: Balances


async def read_results(
    figures: Figures, year: dt.date | None, end: dt.date | None, now: Mapping[Pair, HistorySums]
) -> Callable[[], tuple[Mapping[str, int], Mapping[str, int]]]:
    """Return a function that computes the open results at `end` (None: of everything) by currency: those of earlier
    years, and those dated from `year` on, the first day of a fiscal year. A profit is positive.

    `now` has all sums at `end`. Without a `year` there are no earlier years.
    """
    last = end or dt.date.max
    if year is None:
        return lambda: ({}, _sum_profits(_select_results(figures, _make_balances(now))))
    closings = await _read_closings(figures, last)
    days = sorted({each.counts_on for each in closings if year <= each.counts_on < last})
    figures = figures.select(RESULT)
    if len(days) * len(figures.pairs) > BALANCES_MAX:
        raise TooMany(what="balances on the days of closings", most=BALANCES_MAX)
    before, *on_days = await figures.sum_around(year, *days)

    def compute() -> tuple[Mapping[str, int], Mapping[str, int]]:
        balances = {last: _select_results(figures, _make_balances(now))}
        balances |= {day: _make_balances(sums) for day, sums in zip(days, on_days, strict=True)}
        all_open = _sum_profits(balances[last])
        earlier = _sum_profits(compute_left_open(_make_balances(before), balances, closings, year))
        return earlier, {currency: units - earlier.get(currency, 0) for currency, units in all_open.items()}

    return compute


def _make_balances(sums: Mapping[Pair, HistorySums]) -> Balances:
    return {pair: each.balance for pair, each in sums.items()}


def _select_results(figures: Figures, balances: Balances) -> Balances:
    return {pair: units for pair, units in balances.items() if figures.accounts[pair[0]].type in RESULT}


def _sum_profits(balances: Balances) -> dict[str, int]:
    profits: dict[str, int] = defaultdict(int)
    for (_, currency), units in balances.items():
        profits[currency] -= units
    return profits


async def _read_closings(figures: Figures, last: dt.date) -> list[Closing]:
    """Return all closings dated up to `last`. One that reverses a closing dated later counts on `last`."""
    counts_on: dict[str, dt.date] = {}
    found = []
    for record in await figures.read_kind(Kind.CLOSING, None, last):
        posted = record.event
        assert isinstance(posted, TransactionPosted)
        counts_on[record.id] = posted.date if posted.reverses is None else counts_on.get(posted.reverses, last)
        found.append(Closing(posted.date, counts_on[record.id], _select_results(figures, sum_movements([record]))))
    return found


# --- which year's results are open -----------------------------------------------------------------------------------


def compute_left_open(
    before: Balances, balances: Mapping[dt.date, Balances], closings: Sequence[Closing], year: dt.date
) -> Balances:
    """Return what is still open of the results of the years before `year`.

    `before`: the balances on the day before it began. `balances`: those on the last day shown, and on each earlier day
    of this year on which one of the `closings` counts. `closings`: all that are dated up to the last day.
    """
    older, taken = defaultdict(int, before), defaultdict[Pair, int](int)  # taken: of this year's results
    for each in closings:
        if (each.date < year) != (each.counts_on < year):
            _add(older, each.moved, sign=-1 if each.date < year else 1)
    with_results = _find_with_results(before, balances[max(balances)], closings, year)
    to_come = sorted((each for each in closings if each.date >= year), key=lambda each: each.date, reverse=True)
    moved: dict[Pair, int] = defaultdict(int)  # by closings that are dated in this year up to the day
    for day, closed in sorted(_sum_by_day(balances, closings).items()):
        while to_come and to_come[-1].date <= day:
            _add(moved, to_come.pop().moved)
        parts = ((balances[day], 1), (before, -1), (moved, -1), (taken, 1))  # their sum is this year's open result
        at_year_end = day == last_day_of_year(year)
        for pair in closed.keys() & with_results:
            new = sum(sign * part.get(pair, 0) for part, sign in parts)
            older[pair], left = _settle(older[pair], new, closed[pair], at_year_end)
            taken[pair] += left - new
        shared = {pair: units for pair, units in closed.items() if pair not in with_results}
        for currency in {currency for _, currency in shared}:
            old, new = _sum(older, currency), sum(sign * _sum(part, currency) for part, sign in parts)
            rest, left = _settle(old, new, _sum(shared, currency), at_year_end)
            older[EVERY, currency] += rest - old
            taken[EVERY, currency] += left - new
    return older


def _settle(older: int, newer: int, closed: int, at_year_end: bool) -> tuple[int, int]:
    """Return what a closing leaves open of the results of earlier years and of this year."""
    if closed and older + newer + closed == 0:  # it closes both, even if one was a profit and the other a loss
        return 0, 0
    if older * closed < 0:
        taken = closed if abs(closed) <= abs(older) else -older
        older, closed = older + taken, closed - taken
    meant_for_this_year = newer * closed < 0 and (abs(closed) <= abs(newer) or at_year_end)
    return (older, newer + closed) if meant_for_this_year else (older + closed, newer)


def _find_with_results(
    before: Balances, last: Balances, closings: Sequence[Closing], year: dt.date
) -> Collection[Pair]:
    """Return the accounts that have, or had before the year, a balance that does not come from closings alone."""
    old, now = defaultdict(int, before), defaultdict(int, last)
    for each in closings:
        _add(now, each.moved, sign=-1)
        if each.date < year:
            _add(old, each.moved, sign=-1)
    return {pair for results in (old, now) for pair, units in results.items() if units}


def _sum_by_day(days: Collection[dt.date], closings: Sequence[Closing]) -> dict[dt.date, dict[Pair, int]]:
    """Return the sums of what was closed on each of these days. A closing belongs to the day on which it counts."""
    closed: dict[dt.date, dict[Pair, int]] = {day: defaultdict(int) for day in days}
    for each in closings:
        if each.counts_on in closed:
            _add(closed[each.counts_on], each.moved)
    return closed


def _sum(balances: Balances, currency: str) -> int:
    return sum(units for pair, units in balances.items() if pair[1] == currency)


def _add(balances: dict[Pair, int], more: Balances, *, sign: int = 1) -> None:
    for pair, units in more.items():
        balances[pair] += sign * units
