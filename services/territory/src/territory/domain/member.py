"""Who takes the leads of a team at a moment, and what a market file changes of that."""

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import cached_property
from uuid import UUID

from territory.domain.calendar import Calendar
from territory.domain.interval import FOREVER, Interval
from territory.domain.market import Team
from territory.domain.rotation import Member

NO_MEMBER, SUSPENDED, ABSENT, CLOSED = "no_member", "suspended", "absent", "closed"
LOOKED_AHEAD = timedelta(days=7)
LOOKS_AHEAD = 64


@dataclass(frozen=True, slots=True)
class Place:
    """A person's place in a team, as long as it lasts. ``calendar`` says when they work, None for always; ``zone`` where their day
    begins."""

    person: str
    interval: Interval
    weight: int
    takes_leads: bool
    suspended: bool = False
    open_max: int | None = None
    day_max: int | None = None
    languages: frozenset[str] = frozenset()
    zone: str = "UTC"
    calendar: Calendar | None = None


@dataclass(frozen=True)
class Roster:
    """The members among whom turns are taken, until ``until`` at least. The same members have the same ``id`` for ever."""

    id: UUID
    members: tuple[Member, ...]
    begins: datetime
    until: datetime
    places: Mapping[str, Place] = field(default_factory=dict)

    def holds(self, at: datetime) -> bool:
        """Whether it is still right at this moment."""
        return self.begins <= at < self.until

    @cached_property
    def capped(self) -> tuple[Place, ...]:
        """The places of those who take only so many leads, in the order of names."""
        return tuple(
            [place for place in self.places.values() if place.open_max is not None or place.day_max is not None]
        )

    @property
    def document(self) -> list[list[object]]:
        """Its members as they are kept."""
        return written(self.members)

    def without(self, why: Mapping[str, str]) -> "Roster":
        """The same, where these of the members can't take the lead either, each with the code for why."""
        found = tuple(
            [
                replace(one, available=False, why=why[one.id])
                if one.available and one.weight and one.id in why
                else one
                for one in self.members
            ]
        )
        return self if found == self.members else replace(self, id=fingerprint(found), members=found)


@dataclass(frozen=True)
class Presence:
    """Who belongs to a team, when they are away, and how long before working time they get leads."""

    places: Sequence[Place]
    away: Mapping[str, Sequence[Interval]]
    grace: timedelta = timedelta(0)

    def at(self, at: datetime) -> Roster:
        """The members at a moment: whoever is there, by name. Those who can't take leads then say why, by the first of these: they
        take none, are suspended, are absent, or don't work then."""
        here = sorted([place for place in self.places if place.interval.covers(at)], key=lambda place: place.person)
        edges = [edge for place in self.places for edge in (place.interval.begins, place.interval.ends)]
        edges += [edge for place in self.places for one in self._away(place) for edge in (one.begins, one.ends)]
        members = []
        for place in here:
            works, changes = (True, FOREVER) if place.calendar is None else _works(place.calendar, at, self.grace)
            edges.append(changes)
            why = "" if works else CLOSED
            if any(absence.covers(at) for absence in self._away(place)):
                why = ABSENT
            if place.suspended:
                why = SUSPENDED
            if not place.takes_leads:
                why = NO_MEMBER
            members.append(Member(place.person, place.weight, not why, why))
        until = min([edge for edge in edges if edge > at], default=FOREVER)
        return Roster(fingerprint(members), tuple(members), at, until, {place.person: place for place in here})

    def inherit(self, at: datetime) -> Roster:
        """The members among whom leads are shared out that somebody leaves behind: working time and caps keep nobody from those."""
        free = [replace(place, calendar=None, open_max=None, day_max=None) for place in self.places]
        return replace(self, places=free).at(at)

    def wakes_at(self, at: datetime) -> datetime | None:
        """The first moment behind this one at which somebody comes who can't take leads before it; None where none is known."""
        roster = self.at(at)
        before = _able(roster)
        for _ in range(LOOKS_AHEAD):
            if roster.until == FOREVER:
                return None
            roster = self.at(roster.until)
            if _able(roster) - before:
                return roster.begins
            before = _able(roster)
        return None

    def _away(self, place: Place) -> Sequence[Interval]:
        return self.away.get(place.person, ())


def _able(roster: Roster) -> set[str]:
    return {member.id for member in roster.members if member.available and member.weight}


def _works(calendar: Calendar, at: datetime, grace: timedelta) -> tuple[bool, datetime]:
    """Whether this moment is working time or close enough before it, and when that changes."""
    spans = calendar.from_on(at)
    span = next(spans, None)
    if span is None:
        return False, FOREVER
    if span.begins - grace > at:
        return False, span.begins - grace
    ends = span.ends
    while ends - at < LOOKED_AHEAD and (later := next(spans, None)) and later.begins - grace <= ends:
        ends = later.ends
    return True, ends


def fingerprint(members: Sequence[Member]) -> UUID:
    """What tells these members from others, by their names, weights and presence."""
    text = json.dumps(written(members), separators=(",", ":"))
    return UUID(bytes=hashlib.sha256(text.encode()).digest()[:16])


def written(members: Sequence[Member]) -> list[list[object]]:
    """The members as plain data: name, weight, and whether they can take the lead, or the code for why not."""
    return [[member.id, member.weight, member.available or member.why or False] for member in members]


def read(document: Sequence[Sequence[object]]) -> tuple[Member, ...]:
    """The members of plain data."""
    return tuple(
        Member(str(name), int(str(weight)), there is True, there if isinstance(there, str) else "")
        for name, weight, there in document
    )


@dataclass(frozen=True)
class Entry:
    """What a market file says of a person in a team. ``takes_leads`` is false where the file says that the person is not
    available in this team, and is in another."""

    weight: int
    takes_leads: bool


@dataclass(frozen=True)
class Listed:
    """What a market file says of teams and people, as far as the organisation keeps it. ``away`` are those of whom it says
    nowhere that they are available."""

    names: Mapping[str, str]
    entries: Mapping[tuple[str, str], Entry]
    away: frozenset[str]

    @classmethod
    def of(cls, teams: Mapping[str, Team]) -> "Listed":
        """What these teams of a file say."""
        said = [(team.id, member) for team in teams.values() for member in team.members]
        there = {member.id for _, member in said if member.available}
        away = frozenset(member.id for _, member in said) - there
        entries = {
            (team, member.id): Entry(member.weight, member.available or member.id in away) for team, member in said
        }
        return cls({team.id: team.name for team in teams.values()}, entries, away)


@dataclass(frozen=True)
class FileChange:
    """What a file changes of the organisation against the file before it, and nothing else."""

    new_names: Mapping[str, str]
    joined: Mapping[tuple[str, str], Entry]
    edited: Mapping[tuple[str, str], Entry]
    gone: frozenset[tuple[str, str]]
    now_away: frozenset[str]
    now_back: frozenset[str]

    def __bool__(self) -> bool:
        return any((self.new_names, self.joined, self.edited, self.gone, self.now_away, self.now_back))


def changed(before: Listed, after: Listed) -> FileChange:
    """What the file ``after`` says otherwise than the one ``before``. What neither changes stays as the doors made it. Who is
    taken out of a team that is still listed is gone from it; of a team that is listed no more nothing is said."""
    stayed = {key for key in after.entries if key in before.entries}
    listed = {person for _, person in after.entries}
    return FileChange(
        {team: name for team, name in after.names.items() if before.names.get(team) != name},
        {key: entry for key, entry in after.entries.items() if key not in stayed},
        {key: after.entries[key] for key in stayed if after.entries[key] != before.entries[key]},
        frozenset(key for key in before.entries if key not in stayed and key[0] in after.names),
        after.away - before.away,
        (before.away & listed) - after.away,
    )


def in_order(keys: Mapping[tuple[str, str], Entry]) -> Iterator[tuple[str, str, Entry]]:
    """Team, person and entry, in the order of names."""
    for (team, person), entry in sorted(keys.items()):
        yield team, person, entry
