"""A year's public holidays, and what they would make of a calendar. They only propose: a person looks, and publishes."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date

from territory.domain.calendar import DAYS, Calendar, Hours

NONE_KNOWN = "No public holidays are known of this year."
NOT_YET = (
    "Which days of rest are made working days in this year is not known yet: ask again when the country has said so."
)


@dataclass(frozen=True)
class Holidays:
    """The public holidays of a country in a year, by name; ``estimated`` are those that depend on the sight of the moon or on a
    decree. ``made_working`` are days of rest that are worked for others; in countries that have such, ``is_early`` says that none are
    known of this year."""

    of: Mapping[date, str]
    estimated: frozenset[date] = frozenset()
    made_working: frozenset[date] = frozenset()
    is_early: bool = False

    @property
    def warnings(self) -> list[str]:
        """What a person should know before they publish."""
        return [NONE_KNOWN] * (not self.of) + [NOT_YET] * self.is_early


@dataclass(frozen=True)
class Draft:
    """A calendar that is not in force. ``open`` are days that should be worked, and for which the week has no hours to go by."""

    calendar: Calendar
    holidays: Holidays
    open: tuple[date, ...] = field(default=())


def proposed(calendar: Calendar, holidays: Holidays) -> Draft:
    """The calendar with these days. A holiday on which nobody works anyway changes nothing; a day that is made working has the hours of
    a full working day; what people have said of a day stands."""
    week = calendar.week
    full: Hours = max((week[day] for day in DAYS if week.get(day)), key=_length, default=())
    exceptions: dict[date, Hours] = {day: () for day in holidays.of if week.get(DAYS[day.weekday()])}
    unworked = {day for day in holidays.made_working if not week.get(DAYS[day.weekday()])}
    if full:
        exceptions |= dict.fromkeys(unworked, full)
    days = dict(sorted((exceptions | dict(calendar.exceptions)).items()))
    return Draft(replace(calendar, exceptions=days), holidays, () if full else tuple(sorted(unworked)))


def _length(hours: Hours) -> int:
    return sum(_minutes(closes) - _minutes(opens) for opens, closes in hours)


def _minutes(clock: str) -> int:
    return int(clock[:2]) * 60 + int(clock[3:])
