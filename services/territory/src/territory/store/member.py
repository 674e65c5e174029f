"""Members of teams as routing needs them, and as a market file changes them."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from uuid import UUID

from chassis import Transaction
from territory.domain.calendar import Calendar
from territory.domain.deciding import Staff
from territory.domain.eligibility import TeamSettings, spoken
from territory.domain.interval import Interval
from territory.domain.member import Entry, Place, Presence
from territory.store import calendar

_PLACES = """
select m.unit, m.person, m.from_at, least(m.until_at, p.left_at) as until_at, m.weight, m.takes_leads, p.suspended,
    m.open_max, m.day_max, p.languages, p.zone, p.calendar
from membership m join person p on p.id = m.person
where m.unit = any($1::text[]) and p.kind = 'person' and (m.until_at is null or m.until_at > $2)
"""
# A team's calendar and zone are its own, else those of the nearest unit above it that has some.
_UNITS = """
with recursive up as (
    select id, id as at, parent, calendar, zone, settings, 0 as height from unit where id = any($1::text[])
    union all
    select up.id, u.id, u.parent, coalesce(up.calendar, u.calendar), coalesce(up.zone, u.zone), up.settings, height + 1
    from up join unit u on u.id = up.parent where height < 12
)
select distinct on (id) id, calendar, zone, settings from up order by id, height desc
"""
_AWAY = """
select a.person, a.from_at, a.until_at from absence a
where a.person = any($1::text[]) and (a.until_at is null or a.until_at > $2)
"""
_RUNNING = """
select id, person, unit, source from membership
where unit = any($1::text[]) and from_at <= $2 and (until_at is null or until_at > $2)
"""
_EDIT = """
update membership m set weight = e.weight, takes_leads = e.takes_leads, version = version + 1
from unnest($1::uuid[], $2::int[], $3::bool[]) as e(id, weight, takes_leads) where m.id = e.id
"""
_END = "update membership set until_at = greatest(from_at, $2), version = version + 1 where id = any($1::uuid[])"
_FROM_FILE = "select person from absence where source = 'file' and until_at is null and person = any($1::text[])"
_BACK = """
update absence set until_at = greatest(from_at, $2), version = version + 1
where source = 'file' and until_at is null and person = any($1::text[]) returning id, person, kind, from_at
"""


async def staff_at(tx: Transaction, organisation: int | None, teams: Iterable[str], at: datetime) -> dict[str, Staff]:
    """Who takes the leads of these teams at this moment, and how. Read once per change of the organisation and team, and kept in the
    process until somebody comes or goes by the clock. What this very transaction has changed has no number yet, None: it is
    read and not kept, as it may come to nothing.
    """
    if organisation is None:
        return await _read(tx, sorted(teams), at)
    version, kept = tx.process_cache.get("staff", (None, {}))
    if version != organisation:
        kept = {}
        tx.process_cache["staff"] = organisation, kept
    if missing := [team for team in teams if team not in kept]:
        kept |= await _read(tx, missing, at)
    for team in teams:
        if not kept[team].roster.holds(at):
            kept[team].roster = kept[team].presence.at(at)
    return {team: kept[team] for team in teams}


async def _read(tx: Transaction, teams: list[str], at: datetime) -> dict[str, Staff]:
    rows = await tx.conn.fetch(_PLACES, teams, at)
    units = {row["id"]: row for row in await tx.conn.fetch(_UNITS, teams)}
    settings = {team: TeamSettings.of(units[team]["settings"] if team in units else {}) for team in teams}
    calendars: dict[str, Calendar | None] = {}
    places: defaultdict[str, list[Place]] = defaultdict(list)
    for row in rows:
        unit, works = row["unit"], None
        name = row["calendar"] or units[unit]["calendar"]
        if settings[unit].hours == "respect" and name is not None:
            if name not in calendars:
                found = await calendar.newest(tx, name)
                calendars[name] = found[1] if found else None
            works = calendars[name]
        places[unit].append(
            Place(
                row["person"],
                Interval.of(row["from_at"], row["until_at"]),
                row["weight"],
                row["takes_leads"],
                row["suspended"],
                row["open_max"],
                row["day_max"],
                frozenset(map(spoken, row["languages"])),
                row["zone"] or units[unit]["zone"] or "UTC",
                works,
            )
        )
    people = sorted({place.person for found in places.values() for place in found})
    away: defaultdict[str, list[Interval]] = defaultdict(list)
    for person, from_at, until_at in await tx.conn.fetch(_AWAY, people, at):
        away[person].append(Interval.of(from_at, until_at))
    of_teams = {team: Presence(places[team], away, settings[team].grace) for team in teams}
    return {team: Staff(presence, settings[team], presence.at(at)) for team, presence in of_teams.items()}


async def running(tx: Transaction, units: Iterable[str]) -> Mapping[tuple[str, str], tuple[UUID, str]]:
    """By unit and person, the membership that runs now and where it comes from."""
    rows = await tx.conn.fetch(_RUNNING, sorted(units), tx.now)
    return {(row["unit"], row["person"]): (row["id"], row["source"]) for row in rows}


async def edit(tx: Transaction, shares: Sequence[tuple[UUID, Entry]]) -> None:
    """Another share in the units' leads."""
    if shares:
        rows = [(membership, entry.weight, entry.takes_leads) for membership, entry in shares]
        await tx.conn.execute(_EDIT, *zip(*rows, strict=True))


async def end(tx: Transaction, memberships: Collection[UUID]) -> None:
    """The memberships end now; one that has not begun never was."""
    await tx.conn.execute(_END, list(memberships), tx.now)


async def away_by_file(tx: Transaction, people: Iterable[str]) -> set[str]:
    """Those of these people whom a file has said to be away."""
    return {row["person"] for row in await tx.conn.fetch(_FROM_FILE, sorted(people))}


async def back_by_file(tx: Transaction, people: Iterable[str]) -> list[tuple[UUID, str, str, datetime]]:
    """What a file has said of these people's absence ends now: which absences, whose, of which kind, since when."""
    return [tuple(row) for row in await tx.conn.fetch(_BACK, sorted(people), tx.now)]
