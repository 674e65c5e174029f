"""territory.calendar: when people work, so that due times come out alike in every service."""

from typing import Annotated, Literal

from pydantic import Field

from contracts.event import Event, Instant, Stream, Value

ClockTime = Annotated[
    str, Field(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$|^24:00$", description="of the day, in the zone")
]
Day = Annotated[str, Field(pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$", description="a day of the Gregorian calendar")]
Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]


class Hours(Value):
    """Working hours of a day, from a clock time until before another."""

    opens: ClockTime
    closes: ClockTime


class WeekdayHours(Value):
    """The hours of a day of the week; a day that is not named has none."""

    day: Weekday
    hours: tuple[Hours, ...]


class DateHours(Value):
    """A day that is other than its day of the week: without hours it is closed, with hours it was made a working day."""

    date: Day
    hours: tuple[Hours, ...] = ()


class CalendarPublished(Event):
    """Working time, whole: a greater version of a calendar replaces the one before it."""

    type: Literal["territory.calendar.published.v1"] = "territory.calendar.published.v1"
    id: str
    version: int
    zone: str
    week: tuple[WeekdayHours, ...]
    exceptions: tuple[DateHours, ...] = ()
    published_at: Instant


CALENDAR = Stream(
    "territory.calendar",
    key="id",
    events=(CalendarPublished,),
    about="When people work: zone, week and days that differ; the newest version of each calendar.",
    compacted=True,
    partitions=1,
)
