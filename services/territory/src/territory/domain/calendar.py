"""When people work: a week in a zone, and days that are other than their day of the week. Hours are of the clock on the wall."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from itertools import pairwise
from zoneinfo import ZoneInfo, available_timezones

from territory.domain.interval import Interval, joined

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
Hours = tuple[tuple[str, str], ...]
"""Pairs of clock times, like 09:00 and 18:00; the last may be 24:00."""
NO_ZONE, NO_CALENDAR = "is no time zone", "no such calendar"
SEARCHED = timedelta(days=3660)
Faults = list[tuple[str, str]]


@dataclass(frozen=True)
class Calendar:
    """Working time. A day that is not named has no hours; an exception replaces the hours of its day."""

    zone: str
    week: Mapping[str, Hours]
    exceptions: Mapping[date, Hours]

    def spans(self, day: date) -> tuple[Interval, ...]:
        """The working time of a day, in order: none where a clock that goes forward jumps over it; where a clock goes back, from
        the first of the two times on."""
        hours = self.exceptions.get(day, self.week.get(DAYS[day.weekday()], ()))
        zone = ZoneInfo(self.zone)
        spans = [Interval.of(_moment(day, opens, zone), _moment(day, closes, zone)) for opens, closes in hours]
        return joined(spans)

    def from_on(self, at: datetime) -> Iterator[Interval]:
        """Working time from this moment on, in order, as far as is looked."""
        day = at.astimezone(ZoneInfo(self.zone)).date() - timedelta(days=1)
        last = day + SEARCHED
        while day <= last:
            for span in self.spans(day):
                if left := span.meets(Interval(at)):
                    yield left
            day += timedelta(days=1)

    def is_open(self, at: datetime) -> bool:
        """Whether this moment is working time."""
        return self.opens_at(at) == at

    def opens_at(self, at: datetime) -> datetime | None:
        """This moment, or the next that is working time; None where none comes for ten years."""
        return next((span.begins for span in self.from_on(at)), None)

    def due_at(self, at: datetime, minutes: int) -> datetime | None:
        """When so many minutes of working time have passed; None where they never do."""
        left = timedelta(minutes=minutes)
        for span in self.from_on(at):
            if span.ends - span.begins >= left:
                return span.begins + left
            left -= span.ends - span.begins
        return None

    @property
    def faults(self) -> Faults:
        """What is wrong with it, by field."""
        found: Faults = [] if is_zone(self.zone) else [("zone", NO_ZONE)]
        places = [(f"week.{day}", hours) for day, hours in self.week.items()]
        places += [(f"exceptions.{day}", hours) for day, hours in self.exceptions.items()]
        found += [(f"week.{day}", "is no day of the week") for day in self.week if day not in DAYS]
        for field, hours in places:
            found += _hour_faults(field, hours)
        if not any(opens < closes for hours in self.week.values() for opens, closes in hours):
            found.append(("week", "holds no working hour"))
        return found


@cache
def _zones() -> frozenset[str]:
    return frozenset(available_timezones())


def is_zone(name: str) -> bool:
    """Whether there is a time zone of this name."""
    return name in _zones()


def _hour_faults(field: str, hours: Sequence[tuple[str, str]]) -> Faults:
    found = [
        (f"{field}[{n}]", "closes not after it opens") for n, (opens, closes) in enumerate(hours) if opens >= closes
    ]
    ordered = sorted(hours)
    overlaps = any(before[1] > after[0] for before, after in pairwise(ordered))
    return found + ([(field, "holds hours that overlap")] if overlaps else [])


def _moment(day: date, clock: str, zone: ZoneInfo) -> datetime:
    """A time of the wall clock. One that a clock going forward jumps over is the moment of the jump."""
    if clock == "24:00":
        day, clock = day + timedelta(days=1), "00:00"
    local = datetime.combine(day, time.fromisoformat(clock), zone)
    moment = local.astimezone(UTC)
    if moment.astimezone(zone).replace(tzinfo=None) == local.replace(tzinfo=None):
        return moment
    # Jumped over: the jump lies between what the two offsets around it make of the clock's time.
    low, high = (int(local.replace(fold=fold).astimezone(UTC).timestamp()) for fold in (1, 0))
    after = datetime.fromtimestamp(high, zone).utcoffset()
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if datetime.fromtimestamp(middle, zone).utcoffset() == after else (middle, high)
    return datetime.fromtimestamp(high, UTC)
