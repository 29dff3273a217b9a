"""Open results by year, told posting by posting: what `api.documents.results` finds from balances."""

import datetime as dt
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import NamedTuple

EVERY = -1
"""In the place of an account: all of them."""


class Entry(NamedTuple):
    """A transaction as far as results go: minor units that it moved on each account of income and expenses, debits
    positive."""

    id: str
    date: str
    moved: Mapping[int, int]
    closing: bool = False
    reverses: str | None = None


def open_results(entries: Sequence[Entry], year: str, end: str) -> tuple[int, int]:
    """The profits open at `end`, in one currency: of the years before `year`, the first day of one, and of that one."""
    last_day = str(dt.date(int(year[:4]) + 1, int(year[5:7]), int(year[8:])) - dt.timedelta(days=1)) if year else ""
    dates = {each.id: each.date for each in entries}
    roots: dict[str, str] = {}
    for each in entries:
        roots[each.id] = roots[each.reverses] if each.reverses else each.id
    shown = [each for each in entries if each.date <= end]
    own = {account for account in _accounts(shown) if _has_results(shown, account, year)}
    older: dict[int, int] = defaultdict(int)
    taken: dict[int, int] = defaultdict(int)
    days: dict[str, dict[int, int]] = {}
    for each in shown:
        counts_on = min(dates[roots[each.id]], end) if each.closing else each.date
        for account, units in each.moved.items():
            if counts_on < year:
                older[account] += units
            elif each.closing:
                days.setdefault(counts_on, defaultdict(int))[account if account in own else EVERY] += units

    def earned(account: int, day: str) -> int:
        inside = [each for each in shown if year <= each.date <= day and not each.closing]
        accounts = _accounts(inside) if account == EVERY else {account}
        return sum(each.moved.get(one, 0) for each in inside for one in accounts)

    for day in sorted(days):
        for account, closed in sorted(days[day].items(), reverse=True):  # EVERY comes last
            old = sum(older.values()) if account == EVERY else older[account]
            new = earned(account, day) + (sum(taken.values()) if account == EVERY else taken[account])
            from_old = -old if closed == -(old + new) != 0 else _toward_zero(old, closed)
            older[account] += from_old
            rest = closed - from_old
            fits = abs(rest) <= abs(new) or day == last_day
            to = taken if fits and _toward_zero(new, rest) else older
            to[account] += rest
    all_open = sum(units for each in shown for units in each.moved.values())
    return -sum(older.values()), -(all_open - sum(older.values()))


def _accounts(entries: Sequence[Entry]) -> set[int]:
    return {account for each in entries for account in each.moved}


def _has_results(entries: Sequence[Entry], account: int, year: str) -> bool:
    own = [each for each in entries if not each.closing]
    old = sum(each.moved.get(account, 0) for each in own if each.date < year)
    return old != 0 or sum(each.moved.get(account, 0) for each in own) != 0


def _toward_zero(standing: int, change: int) -> int:
    """As much of a change as brings what stands nearer to zero."""
    if standing > 0 > change:
        return max(change, -standing)
    return min(change, -standing) if standing < 0 < change else 0
