"""Who takes the leads of a team at a moment, and what a market file changes of that."""

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from territory.domain.interval import FOREVER, Interval
from territory.domain.market import Team
from territory.domain.rotation import Member


@dataclass(frozen=True)
class Place:
    """A person's place in a team, as long as it lasts."""

    person: str
    interval: Interval
    weight: int
    takes_leads: bool
    suspended: bool


@dataclass(frozen=True)
class Roster:
    """The members among whom turns are taken, until ``until`` at least. The same members have the same ``id`` for ever."""

    id: UUID
    members: tuple[Member, ...]
    begins: datetime
    until: datetime

    def holds(self, at: datetime) -> bool:
        """Whether it is still right at this moment."""
        return self.begins <= at < self.until

    @property
    def document(self) -> list[list[object]]:
        """Its members as they are kept."""
        return written(self.members)


def roster_at(places: Sequence[Place], away: Mapping[str, Sequence[Interval]], at: datetime) -> Roster:
    """The members of a team at a moment: whoever is there, by name; away are those who are absent, suspended, or take none."""
    here = sorted([place for place in places if place.interval.covers(at)], key=lambda place: place.person)
    members = tuple(
        Member(
            place.person,
            place.weight,
            place.takes_leads
            and not place.suspended
            and not any(absence.covers(at) for absence in away.get(place.person, ())),
        )
        for place in here
    )
    edges = [place.interval for place in places]
    edges += [absence for place in places for absence in away.get(place.person, ())]
    until = min([edge for one in edges for edge in (one.begins, one.ends) if edge > at], default=FOREVER)
    return Roster(fingerprint(members), members, at, until)


def fingerprint(members: Sequence[Member]) -> UUID:
    """What tells these members from others, by their names, weights and presence."""
    text = json.dumps(written(members), separators=(",", ":"))
    return UUID(bytes=hashlib.sha256(text.encode()).digest()[:16])


def written(members: Sequence[Member]) -> list[list[object]]:
    """The members as plain data."""
    return [[member.id, member.weight, member.available] for member in members]


def read(document: Sequence[Sequence[object]]) -> tuple[Member, ...]:
    """The members of plain data."""
    return tuple(Member(str(name), int(str(weight)), bool(there)) for name, weight, there in document)


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
