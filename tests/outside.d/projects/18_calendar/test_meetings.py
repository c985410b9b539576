import calendar
import time
from datetime import date, datetime, timedelta

import pytest

from meetings import age, in_utc, local, weekly


@pytest.mark.parametrize("zone, hour", [("Europe/Berlin", 11), ("America/New_York", 17), ("Asia/Kolkata", 6), ("UTC", 12)])
def test_winter(zone, hour):
    assert in_utc(local("2026-01-15T12:00", zone)).hour == hour


def test_summer_time():
    first, second = weekly(local("2026-03-23T09:00", "Europe/Berlin"), 2)
    assert first.hour == second.hour == 9
    assert in_utc(second).hour == in_utc(first).hour - 1


def test_unknown_zone():
    with pytest.raises(ValueError, match="no zone Mars/Olympus"):
        local("2026-01-01T00:00", "Mars/Olympus")


@pytest.mark.parametrize("today, years", [(date(2026, 2, 28), 25), (date(2026, 3, 1), 26)])
def test_age(today, years):
    assert age(date(2000, 2, 29), today) == years


def test_parsing():
    assert datetime.strptime("Mon 02 Mar 2026 01:02 PM", "%a %d %b %Y %I:%M %p") == datetime(2026, 3, 2, 13, 2)
    assert calendar.monthrange(2028, 2) == (1, 29)


def test_the_clock_goes_on():
    before, monotonic = datetime.now(), time.monotonic()
    time.sleep(0.01)
    assert datetime.now() - before >= timedelta(milliseconds=9)
    assert time.monotonic() - monotonic >= 0.009
    assert before.year >= 2024
