"""Calendars as territory says them, and whose each is."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from pydantic import TypeAdapter

from chassis import Transaction
from values.working_time import Hours, WorkingTime, always, read

# How long a process goes on by what it knows: what was published in another process takes effect then.
KNOWN_FOR = timedelta(seconds=5)

_NOTE = """
insert into calendar (calendar, version, zone, hours)
select calendar, version, zone, hours::jsonb
from unnest($1::text[], $2::bigint[], $3::text[], $4::text[]) as c(calendar, version, zone, hours) order by calendar
on conflict (calendar, version) do nothing
"""
_OF_TEAMS = """
with recursive up as (
    select unit as team, parent, calendar, 0 as above from unit where unit = any($1)
    union all
    select up.team, u.parent, u.calendar, above + 1 from up join unit u on u.unit = up.parent
    where up.calendar is null and above < 20
)
select distinct on (team) team, calendar, c.version from up join calendar c using (calendar) order by team, above, c.version desc
"""
_HOURS = """
select calendar, version, zone, hours from calendar
where (calendar, version) in (select * from unnest($1::text[], $2::bigint[]))
"""
_NEWEST = "select calendar, max(version) as version from calendar where calendar = $1 group by calendar"


@dataclass(frozen=True)
class Calendar:
    """A version of a calendar: the hours of days of the week, and of days that are other."""

    id: str
    version: int
    zone: str
    week: Sequence[tuple[str, Hours]]
    exceptions: Sequence[tuple[str, Hours]]


@dataclass(frozen=True)
class Clock:
    """Working time, and which version of which calendar it is of; none is the clock that always runs."""

    hours: WorkingTime
    calendar: str | None = None
    version: int | None = None


ALWAYS = Clock(always())
Named = tuple[str | None, int | None]
_WRITTEN = TypeAdapter(tuple[Sequence[tuple[str, Hours]], Sequence[tuple[str, Hours]]])


@dataclass
class _Known:
    since: datetime
    of_team: dict[str, Clock]


async def note(tx: Transaction, calendars: Sequence[Calendar]) -> None:
    """Versions of calendars; one that is there stays as it is."""
    rows = [
        (one.id, one.version, one.zone, _WRITTEN.dump_json((one.week, one.exceptions)).decode()) for one in calendars
    ]
    await tx.conn.execute(_NOTE, *(list(column) for column in zip(*rows, strict=True)))
    forget(tx)


def forget(tx: Transaction) -> None:
    """What this process knows of whose calendar is which is looked up anew."""
    tx.process_cache.pop(_Known, None)


async def of_teams(tx: Transaction, teams: Iterable[str]) -> Mapping[str, Clock]:
    """The clocks of these teams: of a team's own calendar, or of the nearest unit above that has one."""
    known: _Known | None = tx.process_cache.get(_Known)
    if known is None or not timedelta() <= tx.now - known.since < KNOWN_FOR:
        known = tx.process_cache[_Known] = _Known(tx.now, {})
    if new := sorted(set(teams) - known.of_team.keys()):
        rows = await tx.conn.fetch(_OF_TEAMS, new)
        named: dict[str, Named] = {row["team"]: (row["calendar"], row["version"]) for row in rows}
        clocks = await versions(tx, named.values())
        known.of_team.update((team, clocks[named[team]] if team in named else ALWAYS) for team in new)
    return known.of_team


async def versions(tx: Transaction, wanted: Iterable[Named]) -> Mapping[Named, Clock]:
    """The clocks of these versions. A version never changes, so each is worked out once in a process."""
    kept: dict[Named, Clock] = tx.process_cache.setdefault(Clock, {(None, None): ALWAYS})
    if new := sorted({one for one in wanted if one not in kept}, key=str):
        for row in await tx.conn.fetch(_HOURS, *map(list, zip(*new, strict=True))):
            kept[row["calendar"], row["version"]] = _clock(row)
    return kept


async def newest(tx: Transaction, calendar: str) -> Clock | None:
    """The clock of the newest version; None for a calendar that is not known."""
    row = await tx.conn.fetchrow(_NEWEST, calendar)
    return (await versions(tx, [tuple(row)]))[tuple(row)] if row else None


def _clock(row: Any) -> Clock:
    week, exceptions = _WRITTEN.validate_python(row["hours"])
    return Clock(read(row["zone"], week, exceptions), row["calendar"], row["version"])
