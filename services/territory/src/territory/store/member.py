"""Members of teams as routing needs them, and as a market file changes them."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from uuid import UUID

from chassis import Transaction
from territory.domain.interval import Interval
from territory.domain.member import Place, Roster, roster_at

_PLACES = """
select m.unit, m.person, m.from_at, least(m.until_at, p.left_at) as until_at, m.weight, m.takes_leads, p.suspended
from membership m join person p on p.id = m.person
where m.unit = any($1::text[]) and p.kind = 'person' and (m.until_at is null or m.until_at > $2)
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
update membership set weight = $2, takes_leads = $3, version = version + 1 where id = $1
"""
_END = "update membership set until_at = greatest(from_at, $2), version = version + 1 where id = any($1::uuid[])"
_FROM_FILE = "select person from absence where source = 'file' and until_at is null and person = any($1::text[])"
_BACK = """
update absence set until_at = greatest(from_at, $2), version = version + 1
where source = 'file' and until_at is null and person = any($1::text[]) returning id, person, kind, from_at
"""


async def rosters_at(
    tx: Transaction, organisation: int | None, teams: Iterable[str], at: datetime
) -> dict[str, Roster]:
    """Who takes the leads of these teams at this moment. Read once per change of the organisation and team, and kept in the
    process until somebody comes or goes by the clock. What this very transaction has changed has no number yet, None: it is
    read and not kept, as it may come to nothing.
    """
    if organisation is None:
        return await _read(tx, sorted(teams), at)
    version, kept = tx.process_cache.get("rosters", (None, {}))
    if version != organisation:
        kept = {}
        tx.process_cache["rosters"] = organisation, kept
    if missing := [team for team in teams if team not in kept or not kept[team].holds(at)]:
        kept |= await _read(tx, missing, at)
    return {team: kept[team] for team in teams}


async def _read(tx: Transaction, teams: list[str], at: datetime) -> dict[str, Roster]:
    places: defaultdict[str, list[Place]] = defaultdict(list)
    for unit, person, from_at, until_at, weight, takes_leads, suspended in await tx.conn.fetch(_PLACES, teams, at):
        places[unit].append(Place(person, Interval.of(from_at, until_at), weight, takes_leads, suspended))
    people = sorted({place.person for found in places.values() for place in found})
    away: defaultdict[str, list[Interval]] = defaultdict(list)
    for person, from_at, until_at in await tx.conn.fetch(_AWAY, people, at):
        away[person].append(Interval.of(from_at, until_at))
    return {team: roster_at(places[team], away, at) for team in teams}


async def running(tx: Transaction, units: Iterable[str]) -> Mapping[tuple[str, str], tuple[UUID, str]]:
    """By unit and person, the membership that runs now and where it comes from."""
    rows = await tx.conn.fetch(_RUNNING, sorted(units), tx.now)
    return {(row["unit"], row["person"]): (row["id"], row["source"]) for row in rows}


async def edit(tx: Transaction, membership: UUID, weight: int, takes_leads: bool) -> None:
    """Another share in the unit's leads."""
    await tx.conn.execute(_EDIT, membership, weight, takes_leads)


async def end(tx: Transaction, memberships: Collection[UUID]) -> None:
    """The memberships end now; one that has not begun never was."""
    await tx.conn.execute(_END, list(memberships), tx.now)


async def away_by_file(tx: Transaction, people: Iterable[str]) -> set[str]:
    """Those of these people whom a file has said to be away."""
    return {row["person"] for row in await tx.conn.fetch(_FROM_FILE, sorted(people))}


async def back_by_file(tx: Transaction, people: Iterable[str]) -> list[tuple[UUID, str, str, datetime]]:
    """What a file has said of these people's absence ends now: which absences, whose, of which kind, since when."""
    return [tuple(row) for row in await tx.conn.fetch(_BACK, sorted(people), tx.now)]
