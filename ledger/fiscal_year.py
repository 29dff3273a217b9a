"""Fiscal years: the months in which they begin, and the year that a date lies in."""

import datetime as dt
import re
from functools import lru_cache

from ledger.errors import InvalidField

_MONTH_AND_DAY = re.compile(r"[0-9]{2}-[0-9]{2}")  # ISO 8601, which fromisoformat reads, also writes days as `W01-1`


def fiscal_year(date: dt.date, start: str) -> int:
    """Return the fiscal year that a date lies in, named by the calendar year it begins in; `start` is `MM-DD`."""
    month, day = _month_and_day(start)
    begun = date.month > month or (date.month == month and date.day >= day)
    return date.year if begun else date.year - 1


@lru_cache(maxsize=512)
def _month_and_day(start: str) -> tuple[int, int]:
    return int(start[:2]), int(start[3:])


def require_fiscal_year_start(start: str) -> None:
    """Raise InvalidField unless a fiscal year can begin on this month and day, `MM-DD`."""
    try:
        if _MONTH_AND_DAY.fullmatch(start) is None:
            raise ValueError
        dt.date.fromisoformat(f"2001-{start}")  # 2001 has no 29 February: nor may a fiscal year begin on one
    except ValueError:
        raise InvalidField(trouble=f"{start!r} is not a month and day, like 01-01") from None
