"""Times as numbers, and steps on the calendar that stay within the years 1 to 9999, the dates that books may have."""

import datetime as dt

EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
MICROSECOND = dt.timedelta(microseconds=1)


def to_micros(time: dt.datetime) -> int:
    """Return the microseconds from 1970 to an aware time, exactly."""
    return (time - EPOCH) // MICROSECOND


def from_micros(micros: int) -> dt.datetime:
    """Return the aware time, in UTC, so many microseconds after 1970 began."""
    return EPOCH + micros * MICROSECOND


def day_before(date: dt.date) -> dt.date | None:
    """Return the day before this one; None where this is the first day there is."""
    return None if date == dt.date.min else date - dt.timedelta(days=1)


def add_days(date: dt.date, days: int) -> dt.date:
    """Return the date so many days after this one, at most the last day there is."""
    return dt.date.fromordinal(min(date.toordinal() + days, dt.date.max.toordinal()))


def local_date(moment: dt.datetime, zone: dt.tzinfo) -> dt.date:
    """Return the date of an aware time in a time zone; in UTC where the zone's clock would leave the calendar."""
    try:
        return moment.astimezone(zone).date()
    except OverflowError:
        return moment.astimezone(dt.UTC).date()


def last_day_of_year(first: dt.date) -> dt.date:
    """Return the last day of the fiscal year that begins on this day, which is no 29 February."""
    if first.year == dt.MAXYEAR:
        return dt.date.max
    return first.replace(year=first.year + 1) - dt.timedelta(days=1)
