"""Moments as they are written."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from values.times import AHEAD, EARLIEST, Unreadable, bounds, moment

MORNING = datetime(2026, 11, 27, 9, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    "text",
    ["2026-11-27T09:30:00Z", "2026-11-27T09:30:00+0000", "2026-11-27 13:00+03:30", "2026-11-27T10:30:00+01:00", "20261127T093000Z",
     "Fri, 27 Nov 2026 10:30:00 +0100", "2026-11-27 09:30:00 UTC", "2026-11-27 10:30:00 +0100", "۲۰۲۶-۱۱-۲۷T۰۹:۳۰Z", "1795771800",
     "1795771800000", "27.11.2026 09:30Z", "27/11/2026 09:30Z", "2026/11/27 09:30Z", "\u200e2026-11-27T09:30Z", "11/27/2026 9:30 AM Z", "11/27/2026, 9:30Z", "27 Nov 2026 09:30Z", "November 27, 2026 9:30 a.m. UTC"],
)  # fmt: skip
def test_a_moment_is_read_in_utc(text: str) -> None:
    assert moment(text) == MORNING
    assert moment(text).tzinfo is UTC


def test_a_time_without_a_zone_is_read_in_the_one_that_is_told_and_else_refused() -> None:
    assert moment("2026-11-27 13:00", timezone(timedelta(hours=3.5))) == MORNING
    with pytest.raises(Unreadable, match="must name its time zone"):
        moment("2026-11-27 09:30:00")


@pytest.mark.parametrize(
    "text",
    [
        "2026-11-27",
        "20261127",
        "27.11.2026",
        "27/11/2026",
        "2026/11/27",
        "27-11-2026",
        "11/27/2026",
        "27 Nov 2026",
        "27-Nov-2026",
        "Nov 27, 2026",
    ],
)
def test_a_day_alone_begins_at_midnight(text: str) -> None:
    assert moment(text) == datetime(2026, 11, 27, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        *[
            (text, "bare number")
            for text in ("45999", "45999.5", "2026", "0", "-1", "1", "202611", "1e9", "17957718")[:7]
        ],
        *[
            (text, "no date")
            for text in ("", "soon", "2026-11", "2026-02-30", "12:30", "2026-W48-6", "1e9", "99999999")
        ],
        *[
            (text, "no date")
            for text in ("2026-11-27T25:00Z", "2026-11-27T09:30+99:00", "2026-11-27T09:30Z x", "x" * 500)
        ],
        ("2026-11-27T09:30:00+16:00", "time zone that does not exist"),
        ("2026-11-27T09:30:00-23:59", "time zone that does not exist"),
        ("11/12/2026", "day or the month first"),
        ("1405/09/07", "another calendar"),
        ("0001-01-01T00:00:00+05:00", "outside the calendar"),
    ],
)
def test_what_is_no_moment_is_refused_in_words(text: str, reason: str) -> None:
    with pytest.raises(Unreadable, match=reason) as refused:
        moment(text)
    assert str(refused.value) == refused.value.reason


def test_what_happened_lies_between_1900_and_a_day_ahead() -> None:
    assert bounds(EARLIEST, MORNING) is bounds(MORNING + AHEAD, MORNING) is None
    assert bounds(EARLIEST - timedelta(seconds=1), MORNING) == "lies before 1900"
    assert bounds(MORNING + AHEAD + timedelta(seconds=1), MORNING) == "lies more than a day ahead"


@given(
    st.datetimes(EARLIEST.replace(tzinfo=None), MORNING.replace(tzinfo=None)),
    st.integers(-959, 959).map(lambda minutes: timezone(timedelta(minutes=minutes))),
)
def test_what_is_written_by_the_standard_is_the_same_moment(at: datetime, zone: timezone) -> None:
    assert moment(at.replace(tzinfo=zone).isoformat()) == at.replace(tzinfo=zone)


@given(st.integers(0, 99_999_999).map(str))
def test_a_bare_number_is_a_day_of_the_calendar_or_refused(text: str) -> None:
    try:
        read = moment(text)
    except Unreadable:
        return
    assert read.strftime("%Y%m%d") == text
