"""Steps on the calendar never leave it: no date is an error."""

import datetime as dt
from zoneinfo import ZoneInfo

import pytest

from ledger.dates import day_before, days_later, local_date

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
    assert days_later(date, days) == later


@pytest.mark.parametrize(
    ("moment", "zone", "date"),
    [
        (dt.datetime(2026, 12, 31, 10, 0), "Pacific/Kiritimati", dt.date(2027, 1, 1)),
        (dt.datetime(2026, 1, 1, 0, 0), "America/New_York", dt.date(2025, 12, 31)),
        (dt.datetime.max, "Pacific/Kiritimati", LAST),
        (dt.datetime.min, "America/New_York", FIRST),
    ],
)
def test_a_local_date_stays_on_the_calendar(moment: dt.datetime, zone: str, date: dt.date) -> None:
    assert local_date(moment.replace(tzinfo=dt.UTC), ZoneInfo(zone)) == date
