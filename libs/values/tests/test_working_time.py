"""Working time, in cases of people and against a count of seconds."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from values.working_time import DAYS, Hours, NoWorkingTime, WorkingTime, always, read

WORKDAYS = ("mon", "tue", "wed", "thu", "fri")
TWO_HOURS = timedelta(hours=2)
CLOSED: Hours = ()


def at(text: str) -> datetime:
    return datetime.fromisoformat(text.replace("Z", "+00:00"))


def berlin(**exceptions: Hours) -> WorkingTime:
    return read(
        "Europe/Berlin",
        [(day, (("09:00", "12:00"), ("13:00", "18:00"))) for day in WORKDAYS],
        [(day.removeprefix("_").replace("_", "-"), hours) for day, hours in exceptions.items()],
    )


def tehran(*closed: str) -> WorkingTime:
    week: list[tuple[str, Hours]] = [(day, (("08:30", "17:00"),)) for day in ("sat", "sun", "mon", "tue", "wed")]
    week.append(("thu", (("08:30", "13:00"),)))
    return read("Asia/Tehran", week, [(day, CLOSED) for day in closed])


def shanghai(**exceptions: Hours) -> WorkingTime:
    made = {date.fromisoformat(day.removeprefix("_").replace("_", "-")): hours for day, hours in exceptions.items()}
    return WorkingTime("Asia/Shanghai", dict.fromkeys(WORKDAYS, (("09:00", "18:00"),)), made)


def test_an_evening_of_a_friday_goes_on_on_monday() -> None:
    hours = berlin()
    due = hours.after(at("2026-11-27T16:30Z"), TWO_HOURS)
    assert due == at("2026-11-30T09:30Z")
    assert hours.after(at("2026-11-27T16:30Z"), TWO_HOURS * 3 // 4) == at("2026-11-30T09:00Z")
    assert hours.after(due, timedelta(hours=1)) == at("2026-11-30T10:30Z")
    assert hours.after(due, timedelta(hours=4)) == at("2026-11-30T14:30Z")
    assert hours.days_after(due, 1) == at("2026-12-01T09:30Z")


def test_summer_time_ends_and_the_hours_are_those_of_the_clock() -> None:
    assert berlin().after(at("2026-10-23T15:00Z"), TWO_HOURS) == at("2026-10-26T09:00Z")


def test_a_closed_day_is_passed_over() -> None:
    assert berlin(_2026_11_30=CLOSED).after(at("2026-11-27T16:30Z"), TWO_HOURS) == at("2026-12-01T09:30Z")


def test_a_week_of_tehran_and_its_new_year() -> None:
    assert tehran().after(at("2026-11-26T09:00Z"), TWO_HOURS) == at("2026-11-28T06:30Z")
    new_year = tehran(*(f"2027-03-{day}" for day in range(20, 25)))
    assert new_year.after(at("2027-03-18T09:00Z"), TWO_HOURS) == at("2027-03-25T06:30Z")


def test_a_day_is_made_a_working_day() -> None:
    start = at("2027-02-19T09:30Z")
    assert shanghai(_2027_02_20=(("09:00", "18:00"),)).after(start, TWO_HOURS) == at("2027-02-20T02:30Z")
    assert shanghai().after(start, TWO_HOURS) == at("2027-02-22T02:30Z")


def test_around_the_clock_is_one_span() -> None:
    assert always().after(at("2026-11-27T23:30Z"), timedelta(hours=48)) == at("2026-11-29T23:30Z")
    assert always().worked(at("2026-01-01T00:00Z"), at("2027-01-01T00:00Z")) == timedelta(days=365)


def test_a_saturday_night_waits_for_monday_morning() -> None:
    assert berlin().after(at("2026-11-28T21:00Z"), TWO_HOURS) == at("2026-11-30T10:00Z")
    assert berlin().opens_at(at("2026-11-28T21:00Z")) == at("2026-11-30T08:00Z")


def test_a_calendar_without_an_hour_is_refused() -> None:
    with pytest.raises(NoWorkingTime, match="no working hour"):
        read("UTC", [("mon", ())], [("2026-01-01", (("09:00", "10:00"),))])


def test_so_much_working_time_never_passes() -> None:
    with pytest.raises(NoWorkingTime, match="never"):
        WorkingTime("UTC", {"mon": (("09:00", "09:01"),)}).after(at("2026-01-01T00:00Z"), timedelta(days=3000))


def test_a_day_later_that_is_shorter_goes_on_when_work_does() -> None:
    # Wednesday 16:00 in Tehran; Thursday is worked until 13:00 and Friday not at all.
    assert tehran().days_after(at("2026-11-25T12:30Z"), 1) == at("2026-11-28T05:00Z")


def test_a_day_after_a_friday_is_a_monday_at_the_same_time() -> None:
    assert berlin().days_after(at("2026-11-27T09:30Z"), 1) == at("2026-11-30T09:30Z")


def test_hours_that_a_clock_jumps_over_begin_at_the_jump() -> None:
    night = WorkingTime("Europe/Berlin", {"sun": (("02:30", "04:00"),)})
    assert night.opens_at(at("2026-03-28T12:00Z")) == at("2026-03-29T01:00Z")
    assert night.worked(at("2026-03-28T12:00Z"), at("2026-03-29T12:00Z")) == timedelta(hours=1)


def test_hours_that_come_twice_begin_at_the_first() -> None:
    night = WorkingTime("Europe/Berlin", {"sun": (("02:30", "04:00"),)})
    assert night.worked(at("2026-10-24T12:00Z"), at("2026-10-25T12:00Z")) == timedelta(hours=2, minutes=30)


def test_beyond_what_is_known_the_week_goes_on_and_says_so() -> None:
    hours = berlin(_2026_12_25=CLOSED)
    assert hours.is_known(at("2026-12-31T22:59Z"))
    assert not hours.is_known(at("2026-12-31T23:00Z"))
    assert hours.after(at("2029-01-01T07:00Z"), TWO_HOURS) == at("2029-01-01T10:00Z")
    assert berlin().is_known(at("2090-01-01T00:00Z"))


ZONES = (
    *("Europe/Berlin", "America/New_York", "Asia/Tehran", "Asia/Shanghai", "Australia/Lord_Howe", "America/St_Johns"),
    *("Asia/Kolkata", "Africa/Casablanca", "America/Sao_Paulo", "Pacific/Apia", "Antarctica/Troll", "Asia/Kathmandu"),
)
CLOCKS = [f"{minute // 60:02}:{minute % 60:02}" for minute in range(0, 1441, 15)]


@st.composite
def hours_of_a_day(draw: st.DrawFn) -> Hours:
    times = sorted(draw(st.lists(st.sampled_from(CLOCKS), max_size=6, unique=True)))
    pairs = list(zip(times[::2], times[1::2], strict=False))
    if pairs and draw(st.booleans()):
        pairs.append((pairs[-1][1], "24:00")) if pairs[-1][1] != "24:00" else None
    return tuple(pairs)


@st.composite
def calendars(draw: st.DrawFn, zone: str | None = None) -> WorkingTime:
    week = {day: draw(hours_of_a_day()) for day in DAYS}
    week["wed"] = week["wed"] or (("09:00", "17:00"),)
    days = st.dates(date(2026, 1, 1), date(2027, 12, 31))
    exceptions = draw(st.dictionaries(days, hours_of_a_day(), max_size=8))
    return WorkingTime(zone or draw(st.sampled_from(ZONES)), week, exceptions)


def moments() -> st.SearchStrategy[datetime]:
    first, last = datetime(2025, 1, 1), datetime(2029, 1, 1)  # noqa: DTZ001 - the strategy wants them bare
    return st.datetimes(first, last, timezones=st.just(UTC))


@settings(deadline=None, max_examples=50)
@given(calendars(), moments(), moments())
def test_after_what_was_worked_it_is_then(hours: WorkingTime, one: datetime, other: datetime) -> None:
    since, until = sorted((one, other))
    then = hours.after(since, hours.worked(since, until))
    assert then <= until
    if hours.is_open(until) and hours.is_open(until - timedelta(microseconds=1)):
        assert then == until or until == since
    assert hours.worked(then, until) == timedelta()


@settings(deadline=None, max_examples=50)
@given(
    calendars(), moments(), st.timedeltas(timedelta(0), timedelta(days=40)), st.timedeltas(timedelta(0), timedelta(9))
)
def test_more_is_never_earlier(hours: WorkingTime, since: datetime, length: timedelta, more: timedelta) -> None:
    due = hours.after(since, length)
    assert hours.after(since, length + more) == hours.after(due, more)
    assert hours.after(since + more, length) >= due
    assert hours.worked(since, due) == length
    assert due == since or hours.is_open(due - timedelta(microseconds=1))


@settings(deadline=None, max_examples=50)
@given(moments(), moments(), calendars())
def test_in_whatever_order_it_is_asked_the_answer_is_the_same(
    one: datetime, other: datetime, hours: WorkingTime
) -> None:
    fresh = WorkingTime(str(hours.zone), hours.week, hours.exceptions)
    assert fresh.after(other, TWO_HOURS) == hours.after(other, TWO_HOURS)
    assert fresh.after(one, TWO_HOURS) == WorkingTime(str(hours.zone), hours.week, hours.exceptions).after(
        one, TWO_HOURS
    )


def _counted(hours: WorkingTime, first: datetime, days: int) -> list[bool]:
    """Second by second, from the clock on the wall alone: a span has begun once the clock has shown its time or a later one of its
    day, and ends in the same way."""
    zone: ZoneInfo = hours.zone
    found, reached = [], ("", "")
    for second in range(-86_400, days * 86_400):
        wall = (first + timedelta(seconds=second)).astimezone(zone)
        reached = max(reached, (wall.date().isoformat(), f"{wall:%H:%M}"))
        if second >= 0:
            day = date.fromisoformat(reached[0])
            its = hours.exceptions.get(day, hours.week.get(DAYS[day.weekday()], ()))
            found.append(any(opens <= reached[1] < closes for opens, closes in its))
    return found


# Days around which the clocks of the zone are put forward or back, or, where they are not, any.
CHANGES = ("2026-03-28", "2026-10-24", "2026-03-07", "2026-10-31", "2026-04-03", "2026-10-02", "2026-02-14")


@pytest.mark.parametrize("zone", ZONES)
@settings(max_examples=2, deadline=None)
@given(data=st.data())
def test_it_is_equal_to_a_count_of_seconds(zone: str, data: st.DataObject) -> None:
    hours = data.draw(calendars(zone))
    first = datetime.fromisoformat(data.draw(st.sampled_from(CHANGES))).replace(tzinfo=UTC)
    open_seconds = _counted(hours, first, 2)
    assert hours.worked(first, first + timedelta(days=2)) == timedelta(seconds=sum(open_seconds))
    for second in data.draw(st.lists(st.integers(0, 2 * 86_400 - 1), min_size=20, max_size=40)):
        moment = first + timedelta(seconds=second)
        assert hours.is_open(moment) == open_seconds[second]
        assert hours.worked(first, moment) == timedelta(seconds=sum(open_seconds[:second]))


@settings(deadline=None, max_examples=50)
@given(moments(), st.timedeltas(timedelta(days=-3), timedelta(days=400)), st.integers(-2, 400))
def test_always_is_a_calendar_that_never_closes(at: datetime, length: timedelta, days: int) -> None:
    counted = WorkingTime("UTC", dict.fromkeys(DAYS, (("00:00", "24:00"),)))
    assert always().after(at, length) == counted.after(at, length)
    assert always().worked(at, at + length) == counted.worked(at, at + length)
    assert always().opens_at(at) == counted.opens_at(at)
    assert always().days_after(at, days) == counted.days_after(at, days)
    assert always().is_open(at)
    assert counted.is_open(at)
