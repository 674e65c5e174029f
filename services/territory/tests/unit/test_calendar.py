"""Working time: due times across weekends, clocks that jump, and days that are other than their day of the week."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from territory.domain.calendar import Calendar, Hours

NINE_TO_SIX: dict[str, Hours] = dict.fromkeys(("mon", "tue", "wed", "thu", "fri"), (("09:00", "18:00"),))
BERLIN = Calendar("Europe/Berlin", NINE_TO_SIX, {})
TEHRAN = Calendar(
    "Asia/Tehran",
    dict.fromkeys(("sat", "sun", "mon", "tue", "wed"), (("09:00", "17:00"),)) | {"thu": (("09:00", "13:00"),)},
    {},
)


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("calendar", "begins", "minutes", "due"),
    [
        (TEHRAN, "2026-11-26T09:00", 120, "2026-11-28T07:00"),
        (BERLIN, "2026-10-23T15:30", 120, "2026-10-26T09:30"),
        (BERLIN, "2026-11-27T17:30", 0, "2026-11-30T08:00"),
        (BERLIN, "2026-11-27T16:00", 60, "2026-11-27T17:00"),
    ],
)
def test_a_due_time_counts_working_time_alone(calendar: Calendar, begins: str, minutes: int, due: str) -> None:
    assert calendar.due_at(utc(begins), minutes) == utc(due)


@pytest.mark.parametrize(
    ("day", "minutes"), [(date(2026, 3, 29), 0), (date(2026, 10, 25), 120), (date(2026, 11, 1), 60)]
)
def test_an_hour_that_the_clock_jumps_over_is_none_and_one_that_comes_twice_is_two(day: date, minutes: int) -> None:
    night = Calendar("Europe/Berlin", {"sun": (("02:00", "03:00"),)}, {})
    assert sum(((one.ends - one.begins) for one in night.spans(day)), timedelta()) == timedelta(minutes=minutes)


def test_a_day_can_be_closed_or_made_a_working_day() -> None:
    holiday, saturday = date(2026, 11, 30), date(2026, 11, 28)
    calendar = Calendar("Europe/Berlin", NINE_TO_SIX, {holiday: (), saturday: (("10:00", "12:00"),)})
    assert calendar.opens_at(utc("2026-11-27T17:30")) == utc("2026-11-28T09:00")
    assert calendar.opens_at(utc("2026-11-28T11:00")) == utc("2026-12-01T08:00")


def test_what_is_never_open_is_due_never() -> None:
    only_once = Calendar("UTC", {}, {date(2026, 1, 1): (("09:00", "10:00"),)})
    assert only_once.due_at(utc("2026-01-01T09:30"), 60) is None
    assert ("week", "holds no working hour") in only_once.faults


ZONES = (
    "Europe/Berlin",
    "Asia/Tehran",
    "America/New_York",
    "Asia/Kolkata",
    "Australia/Lord_Howe",
    "America/Sao_Paulo",
    "UTC",
)


@given(
    zone=st.sampled_from(ZONES),
    hours=st.integers(0, 24 * 350),
    minutes=st.integers(1, 3000),
)
def test_a_due_time_is_what_a_count_of_minutes_finds(zone: str, hours: int, minutes: int) -> None:
    calendar = Calendar(zone, NINE_TO_SIX | {"sun": (("01:30", "03:30"),)}, {})
    at = utc("2026-01-01T00:07") + timedelta(hours=hours)
    due = calendar.due_at(at, minutes)
    assert due is not None
    spans = [span for n in range(-1, 60) for span in calendar.spans(at.date() + timedelta(days=n))]
    passed = [at + timedelta(minutes=n) for n in range(int((due - at).total_seconds() // 60))]
    assert sum(any(span.covers(moment) for span in spans) for moment in passed) == minutes
