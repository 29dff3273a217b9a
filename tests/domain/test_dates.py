"""Steps on the calendar never leave it: no date is an error."""

import datetime as dt
from zoneinfo import ZoneInfo

import pytest

from ledger.dates import add_days, day_before, last_day_of_year, local_date

FIRST, LAST = dt.date.min, dt.date.max


def test_only_the_first_day_has_no_day_before() -> None:
    assert day_before(FIRST) is None
    assert day_before(FIRST.replace(day=2)) == FIRST
    assert day_before(dt.date(2024, 3, 1)) == dt.date(2024, 2, 29)
    assert day_before(LAST) == dt.date(9999, 12, 30)


@pytest.mark.parametrize(
    ("date", "days", "later"),
    [
        (FIRST, 0, FIRST),
        (FIRST, 30, dt.date(1, 1, 31)),
        (dt.date(2024, 1, 31), 30, dt.date(2024, 3, 1)),
        (dt.date(9999, 12, 1), 30, LAST),
        (dt.date(9999, 12, 2), 30, LAST),
        (LAST, 30, LAST),
    ],
)
def test_days_later_stops_at_the_last_day(date: dt.date, days: int, later: dt.date) -> None:
    assert add_days(date, days) == later


@pytest.mark.parametrize(
    ("moment", "zone", "date"),
    [
        (dt.datetime(2026, 12, 31, 10, 0, tzinfo=dt.UTC), "Pacific/Kiritimati", dt.date(2027, 1, 1)),
        (dt.datetime(2026, 1, 1, 0, 0, tzinfo=dt.UTC), "America/New_York", dt.date(2025, 12, 31)),
        (dt.datetime.max.replace(tzinfo=dt.UTC), "Pacific/Kiritimati", LAST),
        (dt.datetime.min.replace(tzinfo=dt.UTC), "America/New_York", FIRST),
    ],
)
def test_a_local_date_stays_on_the_calendar(moment: dt.datetime, zone: str, date: dt.date) -> None:
    assert local_date(moment, ZoneInfo(zone)) == date


@pytest.mark.parametrize(
    ("first", "last"),
    [
        ("2026-01-01", "2026-12-31"),
        ("2023-03-01", "2024-02-29"),
        ("0001-01-01", "0001-12-31"),
        ("9998-07-01", "9999-06-30"),
        ("9999-01-01", "9999-12-31"),
        ("9999-07-01", "9999-12-31"),
    ],
)
def test_a_fiscal_year_ends_before_the_next_one_or_with_the_calendar(first: str, last: str) -> None:
    assert last_day_of_year(dt.date.fromisoformat(first)) == dt.date.fromisoformat(last)
