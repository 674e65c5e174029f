"""What a file says of the organisation becomes part of it: what the file does not name stays, and nothing is deleted."""

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from uuid_utils.compat import uuid7

from chassis import Transaction
from territory.domain.authority import MANAGEMENT_ROLE, PEOPLE
from territory.domain.calendar import Calendar
from territory.domain.market import Market
from territory.domain.organisation import COMPANY, Membership, Unit
from territory.domain.proposal import JOIN
from territory.domain.refusal import Against, Wrong
from territory.domain.unit import faults_of
from territory.store import calendar as calendars
from territory.store import member, person
from territory.store import organisation as store
from territory.store import organisation_file as rows
from territory.store.organisation_tables import MEMBERSHIP, PERSON
from territory.use_cases.authority import Change, authority_of
from territory.use_cases.calendar import place_faults, publish
from territory.use_cases.member import FILE, make_people
from territory.use_cases.membership import join, save_member
from territory.use_cases.organisation import MACHINE
from territory.use_cases.person import may_sign_in
from territory.use_cases.proposal import propose
from territory.use_cases.unit import EDITED, save_unit

Said = Mapping[str, Any]
LEADS = "leads: who leads is said at a door, by two"
GAINS = "is higher than the one that they have: that is said at a door, by two"


@dataclass(frozen=True)
class OrganisationFile:
    """Calendars by their names; of units, people and memberships the fields that the file names. ``ended`` is a membership that is none
    any more."""

    calendars: Sequence[tuple[str, Calendar]]
    units: Sequence[Said]
    people: Sequence[Said]
    memberships: Sequence[Said]


async def merge_organisation(file: OrganisationFile, tx: Transaction) -> None:
    """All of it, or nothing: what can't be is named by the path of its field. A file moves no unit and makes nobody a leader, so that
    nobody sees more by it than by a market file: the members of teams."""
    organisation = await store.hold(tx)
    await store.count(tx)
    structure = await store.structure_of(tx, organisation.structure, fresh=True)
    change = Change(tx, structure, await authority_of(tx, structure))
    change.needs(tx.actor.kind == "machine", change.who.holds_any(PEOPLE, MANAGEMENT_ROLE))
    for place, (name, calendar) in enumerate(file.calendars):
        with _at(f"calendars[{place}]"):
            await _calendar(name, calendar, change)
    for place, unit in _parents_first(file.units):
        with _at(f"units[{place}]"):
            await _unit(unit, change)
    await _people(file.people, change)
    running = await member.running(tx, {str(one["unit"]) for one in file.memberships})
    for place, said in enumerate(file.memberships):
        with _at(f"memberships[{place}]"):
            await _membership(said, running, change)


@contextlib.contextmanager
def _at(path: str) -> Iterator[None]:
    """What is wrong in here is wrong with this part of the file."""
    try:
        yield
    except Wrong as wrong:
        raise Wrong(*((f"organisation.{path}.{field}", reason) for field, reason in wrong.faults)) from None
    except Against as against:
        raise Wrong((f"organisation.{path}", str(against))) from None


def _parents_first(units: Sequence[Said]) -> Iterator[tuple[int, Said]]:
    """Each with its place in the file; a unit behind the one above it, where the file has both."""
    left = dict(enumerate(units))
    while left:
        names = {one["id"] for one in left.values()}
        ready = [place for place, one in left.items() if one.get("parent") not in names] or list(left)
        for place in ready:
            yield place, left.pop(place)


async def _calendar(name: str, wanted: Calendar, change: Change) -> None:
    stands = await calendars.newest(change.tx, name)
    if stands is not None and stands[1] == wanted:
        return
    if faults := wanted.faults:
        raise Wrong(*faults)
    await publish(name, wanted, stands[0] if stands else 0, change)


async def _unit(said: Said, change: Change) -> None:
    before, now = change.structure.units.get(said["id"]), change.tx.now
    settings = said.get("settings", {})
    if before is None:
        parent = said.get("parent", COMPANY if COMPANY in change.structure.units else None)
        defaults = {"kind": "sales", "name": said["id"], "from_at": now}
        wanted = Unit(**{**defaults, **said, "parent": parent, "settings": settings})
    else:
        if before.state(now) == "closed":
            raise Against("is closed")
        for field in ("parent", "kind"):
            if field in said and said[field] != getattr(before, field):
                raise Wrong((field, "is another than the unit's: who sees what is changed at its door"))
        merged = {**said, "settings": {**before.settings, **settings}}
        wanted = replace(before, **merged)
        if wanted == before:
            return
        wanted = replace(wanted, version=before.version + 1)
    faults = faults_of(wanted, change.structure, now)
    if faults := [*faults, *await place_faults(wanted.zone, wanted.calendar, change.tx)]:
        raise Wrong(*faults)
    await save_unit(wanted, before, change)


async def _people(people: Sequence[Said], change: Change) -> None:
    tx = change.tx
    for place, said in enumerate(people):
        with _at(f"people[{place}]"):
            if not may_sign_in(said["id"]) and await person.profile(tx, said["id"]) is None:
                raise Wrong(("id", "is not of small letters, digits and . _ - alone, or is a word of the system"))
            if faults := await place_faults(said.get("zone"), said.get("calendar"), tx):
                raise Wrong(*faults)
    await make_people({said["id"] for said in people}, tx)
    for said in people:
        stands = await person.profile(tx, said["id"]) or {}
        fields = {name: value for name, value in said.items() if stands.get(name) != value}
        if fields:
            await store.change(tx, PERSON, said["id"], fields)
            await change.record("person", said["id"], {name: stands.get(name) for name in fields}, fields)


async def _membership(said: Said, running: Mapping[tuple[str, str], tuple[Any, str]], change: Change) -> None:
    unit, rank = str(said["unit"]), said.get("rank")
    if unit in change.structure.units and not change.structure.is_team(unit):
        raise Wrong(("unit", "works no leads: who belongs there is said at a door, by two"))
    if str(said["person"]).startswith(MACHINE):
        raise Wrong(("person", "is a machine: what it reads is said at a door, by two"))
    if rank is not None and change.structure.leads(rank):
        raise Wrong(("rank", LEADS))
    fields = {name: value for name, value in said.items() if name not in ("unit", "person", "ended")}
    stands = running.get((unit, str(said["person"])))
    if stands is not None:
        before = await store.one(change.tx, MEMBERSHIP, stands[0], Membership)
        assert before is not None
        if change.structure.leads(before.rank):
            raise Wrong(("person", LEADS))
        if rank is not None and change.structure.order(rank) > change.structure.order(before.rank):
            raise Wrong(("rank", GAINS))
        until_at = max(change.tx.now, before.from_at) if said.get("ended") else before.until_at
        wanted = replace(before, **fields, until_at=until_at)
        if wanted != before:
            await save_member(before, wanted, change)
    elif not said.get("ended"):
        made = Membership(
            **{"rank": "expert", **fields},
            id=uuid7(),
            person=said["person"],
            unit=unit,
            from_at=change.tx.now,
            source=FILE,
        )
        if change.tx.actor.kind == "machine":
            await join(made, change)
        else:
            await propose(JOIN, made.person, made.unit, vars(made), made.id, change)


async def organisation_of(active: Market, tx: Transaction) -> dict[str, list[dict[str, Any]]]:
    """The organisation as a file says it, beside a market: who leads, and what machines read, is said at doors alone and stands in none.
    A member that the market names and that is none any more is said to have ended."""
    structure = await store.structure_of(tx, (await store.look(tx)).structure)
    running = await rows.memberships(tx)
    there = {(one["unit"], one["person"]) for one in running}
    gone = [
        {"person": one.id, "unit": team.id, "ended": True}
        for team in active.teams.values()
        for one in team.members
        if (team.id, one.id) not in there
    ]
    members = [one for one in running if structure.is_team(one["unit"]) and not structure.leads(one["rank"])]
    units = [unit for unit in structure.units.values() if unit.state(tx.now) == "active"]
    return {
        "calendars": await rows.calendars(tx),
        "units": [
            {name: getattr(unit, name) for name in ("id", *EDITED)} for unit in sorted(units, key=lambda unit: unit.id)
        ],
        "people": await rows.people(tx, {one["person"] for one in members}),
        "memberships": [*members, *gone],
    }
