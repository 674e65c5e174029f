"""Numbers by period: what became of the leads that came in each stretch of time.

A lead counts in the period in which it was captured, with what is known of it now. So the periods add up, every lead is in one of
them, and the numbers of "the last 28 days" are those of their leads and of no others; a period that is over still changes as its
leads are worked. (What was done in a closed day, whenever its leads came, says the league.)
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Literal, NamedTuple
from zoneinfo import ZoneInfo

from metrics.domain.catalogue import By
from metrics.domain.kpi import Kpi, Measures, total

Grain = Literal["minute", "hour", "day"]

MOST = 100  # periods that are counted at once, and minutes, hours or days in each

# What is known of a lead by itself. Costs are of campaigns and have no lead, steps and answers have times of their own.
OF_LEADS = ("leads", "qualified", "valid", "routed", "assigned", "won", "lost", "conversion", "won_amount")

_LENGTH = {"minute": timedelta(minutes=1), "hour": timedelta(hours=1)}


class Period(NamedTuple):
    """A stretch of time: from its begin until before its end. The last one ends now, and is not over."""

    starts_at: datetime
    ends_at: datetime


def periods(now: datetime, zone: ZoneInfo, grain: Grain, each: int, count: int) -> list[Period]:
    """So many periods of ``each`` minutes, hours or days, the oldest first; the last one is the running one. Days begin when the
    zone's do, and are as long as they are there."""
    here = now.astimezone(zone)
    begins = [_begin(here, grain, n * each - 1) for n in range(count, 0, -1)]
    return [Period(*ends) for ends in zip(begins, [*begins[1:], now], strict=True)]


def alike(now: datetime, zone: ZoneInfo, grain: Grain, each: int, count: int) -> list[Period]:
    """The same periods, each only as far as the running one has come: a day until the time of day that it is now there. Numbers of a
    running period can be held against those of the one before only so."""
    here, last = now.astimezone(zone), count - 1
    whole = periods(now, zone, grain, each, count)
    return [Period(one.starts_at, _so_far(here, grain, (last - n) * each)) for n, one in enumerate(whole)]


def _so_far(here: datetime, grain: Grain, back: int) -> datetime:
    """The same moment, so many minutes, hours or days before."""
    if grain == "day":
        return here - timedelta(days=back)  # by the clock on the wall
    return (here.astimezone(UTC) - back * _LENGTH[grain]).astimezone(here.tzinfo)


def _begin(here: datetime, grain: Grain, back: int) -> datetime:
    """When the minute, hour or day that is so many before the running one began."""
    if grain == "day":
        return (here - timedelta(days=back)).replace(hour=0, minute=0, second=0, microsecond=0, fold=0)
    whole = here.replace(minute=0 if grain == "hour" else here.minute, second=0, microsecond=0)
    return (whole.astimezone(UTC) - back * _LENGTH[grain]).astimezone(here.tzinfo)


class Counted(NamedTuple):
    """Leads of one key and period, counted; those that were won in one currency are counted by themselves."""

    by: By
    key: str
    period: int
    measures: Measures


@dataclass(slots=True)
class Series:
    """A key's numbers by period, in the periods' order; None where no lead came."""

    key: str
    values: list[Mapping[str, Any] | None] = field(default_factory=list)


def series(counted: Iterable[Counted], count: int) -> dict[By, list[Series]]:
    """The rows of each dimension, by key."""
    held: dict[tuple[By, str], list[list[Measures]]] = {}
    for one in counted:
        held.setdefault((one.by, one.key), [[] for _ in range(count)])[one.period].append(one.measures)
    tables: dict[By, list[Series]] = {}
    for (by, key), parts in sorted(held.items()):
        tables.setdefault(by, []).append(Series(key, list(_values(by, key, parts))))
    return tables


def _values(by: By, key: str, parts: Sequence[Sequence[Measures]]) -> Iterator[Mapping[str, Any] | None]:
    for some in parts:
        if not some:
            yield None
            continue
        numbers = Kpi(by, key, "", 0, total(some)).numbers()
        yield {name: numbers[name] for name in OF_LEADS}
