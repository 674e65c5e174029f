"""Working time: a week in a zone, and days that are other than their day of the week. Hours are of the clock on the wall.

How much of it lies between two moments, and when so much of it has passed, are one bisection each, so that a deadline costs microseconds
however far it lies ahead. A time of the wall clock is the first moment at which the clock shows it or a later one: where the clock
goes forward that is the jump, and where it goes back the first of the two.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, date, datetime, time, timedelta
from itertools import accumulate
from zoneinfo import ZoneInfo

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
Hours = tuple[tuple[str, str], ...]
"""Pairs of clock times, like 09:00 and 18:00; the last may be 24:00."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_TICK = timedelta(microseconds=1)
_LAST_YEAR = 9990  # the calendar of the standard library ends soon after
_YEARS_AT_MOST = 120  # that are worked out for one deadline: each takes milliseconds, and nobody waits for a later one


class NoWorkingTime(ValueError):
    """The week holds no working hour, or so much working time never passes."""


class WorkingTime:
    """Working time of one version of a calendar. A day that is not named has no hours; an exception replaces those of its day.

    Beyond ``known_until``, or else the year of the last exception, the week goes on, and ``is_known`` says that nobody has said so.
    Raises NoWorkingTime for a week without an hour.
    """

    def __init__(
        self,
        zone: str,
        week: Mapping[str, Hours],
        exceptions: Mapping[date, Hours] | None = None,
        known_until: date | None = None,
    ) -> None:
        self.zone = ZoneInfo(zone)
        self.week, self.exceptions = dict(week), dict(exceptions or {})
        self.known_until = known_until or (date(max(self.exceptions).year, 12, 31) if self.exceptions else None)
        if not any(opens < closes for hours in self.week.values() for opens, closes in hours):
            raise NoWorkingTime("The week holds no working hour.")
        self._begins: list[int] = []
        self._ends: list[int] = []
        self._sums: list[int] = []  # how much lies before each span
        self._years: tuple[int, int] | None = None  # that are worked out

    def is_known(self, at: datetime) -> bool:
        """Whether somebody has said what the days up to this moment are like."""
        return self.known_until is None or at.astimezone(self.zone).date() <= self.known_until

    def is_open(self, at: datetime) -> bool:
        """Whether this moment is working time; the moment at which it ends is not."""
        n = self._at_or_before(self._reach(at))
        return n >= 0 and _ticks(at) < self._ends[n]

    def worked(self, since: datetime, until: datetime) -> timedelta:
        """How much working time lies between two moments; nothing where the second is not later."""
        if until <= since:
            return timedelta()
        self._reach(since)
        last = self._reach(until)  # may have counted anew from an earlier year
        return (self._before(last) - self._before(_ticks(since))) * _TICK

    def after(self, since: datetime, length: timedelta) -> datetime:
        """The first moment by which so much working time has passed. Raises NoWorkingTime where it never does."""
        if length <= timedelta():
            return since
        at = self._reach(since)
        while (target := self._before(at) + length // _TICK) > self._total:
            self._further()
        n = bisect_left(self._sums, target) - 1
        return _moment(self._begins[n] + target - self._sums[n])

    def opens_at(self, at: datetime) -> datetime:
        """This moment, or the next that is working time. Raises NoWorkingTime where none comes."""
        if self.is_open(at):
            return at
        while (n := bisect_left(self._begins, _ticks(at))) == len(self._begins):
            self._further()
        return _moment(self._begins[n])

    def days_after(self, at: datetime, days: int) -> datetime:
        """The same time of the wall clock so many working days later; where that is no working time, the next moment that is."""
        local = at.astimezone(self.zone)
        day = local.date()
        while days > 0:
            day += timedelta(days=1)
            if day.year > _LAST_YEAR:
                raise NoWorkingTime("So many working days never come.")
            days -= any(opens < closes for opens, closes in self._hours(day))
        return self.opens_at(_shown(day, local.time(), self.zone))

    @property
    def _total(self) -> int:
        return self._sums[-1] + self._ends[-1] - self._begins[-1] if self._sums else 0

    def _at_or_before(self, at: int) -> int:
        """The last span that has begun by then; -1 where none has."""
        return bisect_right(self._begins, at) - 1

    def _before(self, at: int) -> int:
        n = self._at_or_before(at)
        return self._sums[n] + min(at, self._ends[n]) - self._begins[n] if n >= 0 else 0

    def _reach(self, at: datetime) -> int:
        """Works out the years around this moment, if they are not yet."""
        year = at.astimezone(UTC).year
        if self._years is None or not self._years[0] < year < self._years[1]:
            low, high = self._years or (year, year)
            self._work_out(min(low, year - 1), max(high, year + 1))
        return _ticks(at)

    def _further(self) -> None:
        assert self._years is not None
        low, high = self._years
        if high >= _LAST_YEAR or high - low >= _YEARS_AT_MOST:
            raise NoWorkingTime("So much working time never passes.")
        self._work_out(low, min(high + max(2, high - low), _LAST_YEAR))

    def _work_out(self, low: int, high: int) -> None:
        merged: list[list[int]] = []
        day, last = date(low, 1, 1), date(high, 12, 31)
        while day <= last:
            for begins, ends in self._spans(day):
                if merged and begins <= merged[-1][1]:
                    merged[-1][1] = max(merged[-1][1], ends)
                else:
                    merged.append([begins, ends])
            day += timedelta(days=1)
        self._begins, self._ends = [one[0] for one in merged], [one[1] for one in merged]
        self._sums = [0, *accumulate(ends - begins for begins, ends in merged)][:-1]
        self._years = (low, high)

    def _hours(self, day: date) -> Hours:
        return self.exceptions.get(day, self.week.get(DAYS[day.weekday()], ()))

    def _spans(self, day: date) -> Iterator[tuple[int, int]]:
        for opens, closes in sorted(self._hours(day)):
            begins, ends = (_ticks(_clock(day, written, self.zone)) for written in (opens, closes))
            if begins < ends:
                yield begins, ends


class Always(WorkingTime):
    """Every hour of every day: as a calendar of such days in UTC has it, without counting."""

    def __init__(self) -> None:
        super().__init__("UTC", dict.fromkeys(DAYS, (("00:00", "24:00"),)))

    def is_open(self, at: datetime) -> bool:
        """At every moment."""
        return True

    def worked(self, since: datetime, until: datetime) -> timedelta:
        """What lies between them."""
        return max(until - since, timedelta())

    def after(self, since: datetime, length: timedelta) -> datetime:
        """So much later."""
        return since + length if length > timedelta() else since

    def opens_at(self, at: datetime) -> datetime:
        """This moment."""
        return at

    def days_after(self, at: datetime, days: int) -> datetime:
        """So many days later."""
        return at + timedelta(days=days) if days > 0 else at


def always() -> WorkingTime:
    """Every hour of every day."""
    return Always()


def read(
    zone: str,
    week: Iterable[tuple[str, Hours]],
    exceptions: Iterable[tuple[str, Hours]],
    known_until: date | None = None,
) -> WorkingTime:
    """Working time as a published calendar has it, with days as they are written. Raises NoWorkingTime."""
    return WorkingTime(zone, dict(week), {date.fromisoformat(day): hours for day, hours in exceptions}, known_until)


def _ticks(at: datetime) -> int:
    return (at - _EPOCH) // _TICK


def _moment(ticks: int) -> datetime:
    return _EPOCH + ticks * _TICK


def _clock(day: date, written: str, zone: ZoneInfo) -> datetime:
    if written == "24:00":
        return _shown(day + timedelta(days=1), time(), zone)
    return _shown(day, time.fromisoformat(written), zone)


def _shown(day: date, clock: time, zone: ZoneInfo) -> datetime:
    """The first moment at which the clock on the wall shows this or something later."""
    wall = datetime.combine(day, clock.replace(fold=0))
    moment = wall.replace(tzinfo=zone).astimezone(UTC)
    if moment.astimezone(zone).replace(tzinfo=None) == wall:
        return moment
    # The clock never shows it: the jump lies between what the offsets after and before it make of the time.
    low, high = _ticks(wall.replace(tzinfo=zone, fold=1).astimezone(UTC)), _ticks(moment)
    while high - low > 1:
        middle = (low + high) // 2
        reached = _moment(middle).astimezone(zone).replace(tzinfo=None) >= wall
        low, high = (low, middle) if reached else (middle, high)
    return _moment(high)
