"""Public holidays as a library knows them."""

from collections.abc import Iterable
from datetime import date
from functools import lru_cache
from threading import Lock

from holidays import HolidayBase, country_holidays

from territory.domain.holiday import Holidays

LOOKED_BACK = 3
_ONE_AT_A_TIME = Lock()


class NotKnown(Exception):
    """The library has no holidays of this country or subdivision; the message is the name of the field."""


@lru_cache(maxsize=64)
def read_holidays(country: str, subdivision: str | None, year: int, last: int) -> Holidays:
    """The public holidays of a year; ``last`` is the year up to which days that are made working are known for sure. The first of a
    country takes a tenth of a second, so it is called beside the event loop. Raises NotKnown."""
    with _ONE_AT_A_TIME:
        found = _of(country, subdivision, [year])
        before = range(min(last, year - 1) - LOOKED_BACK, min(last, year - 1) + 1)
        earlier = _of(country, subdivision, before)
    working = _made_working(found, [year])
    estimated = frozenset(day for day, name in found.items() if "estimated)" in name)
    is_early = not working and bool(_made_working(earlier, before))
    return Holidays(dict(sorted(found.items())), estimated, working, is_early)


def _of(country: str, subdivision: str | None, years: Iterable[int]) -> HolidayBase:
    try:
        return country_holidays(country, subdiv=subdivision, years=years, language="en_US")
    except NotImplementedError:
        pass
    try:
        country_holidays(country)
    except NotImplementedError:
        raise NotKnown("country") from None
    raise NotKnown("subdivision")


def _made_working(found: HolidayBase, years: Iterable[int]) -> frozenset[date]:
    """Days of rest that are worked for others; of countries that have none the library says nothing."""
    days: Iterable[date] = getattr(found, "weekend_workdays", ())
    return frozenset(day for day in days if day.year in years)
