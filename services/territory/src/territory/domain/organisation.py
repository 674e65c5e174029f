"""The organisation: a tree of units, people in them with ranks, and what they may do. All of it holds by the clock."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from territory.domain.interval import Interval

COMPANY = "company"
MANAGEMENT = "management"
DEEPEST = 12
UNITS_AT_MOST = 10_000
UNPLACED = "(unplaced)"


@dataclass(frozen=True)
class Kind:
    """A kind of unit; leads are worked in units of a kind that works them. Members of a unit of the kind ``management`` see
    the whole company."""

    id: str
    works_leads: bool
    name: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Rank:
    """A rank within a unit. Who holds one that leads sees the unit and what is below it."""

    id: str
    order: int
    leads: bool
    name: Mapping[str, str] = field(default_factory=dict)


KINDS = (Kind(MANAGEMENT, False), Kind("sales", True), Kind("marketing", False), Kind("after_sales", True))
RANKS = (
    Rank("expert", 10, False),
    Rank("senior", 20, False),
    Rank("supervisor", 30, True),
    Rank("manager", 40, True),
    Rank("director", 50, True),
)
LOWEST = "expert"
ABSENCES = ("leave", "sick", "training", "away")


@dataclass(frozen=True)
class Unit:
    """A unit of the company. ``settings`` are those of a team; ``until_at`` is when it was closed."""

    id: str
    kind: str
    parent: str | None
    name: str
    from_at: datetime
    zone: str | None = None
    calendar: str | None = None
    settings: Mapping[str, Any] = field(default_factory=dict)
    until_at: datetime | None = None
    version: int = 1

    def state(self, at: datetime) -> str:
        """planned, active or closed."""
        if self.until_at is not None and self.until_at <= at:
            return "closed"
        return "planned" if at < self.from_at else "active"


@dataclass(frozen=True)
class Structure:
    """The tree of units with the vocabularies that they use. ``version`` counts its changes."""

    version: int
    units: Mapping[str, Unit]
    kinds: Mapping[str, Kind]
    ranks: Mapping[str, Rank]
    children: Mapping[str, tuple[str, ...]]

    @classmethod
    def of(cls, version: int, units: Iterable[Unit], kinds: Iterable[Kind], ranks: Iterable[Rank]) -> "Structure":
        """The structure of these units, in the order of their names."""
        known = {unit.id: unit for unit in units}
        children: dict[str, list[str]] = {}
        for unit in known.values():
            if unit.parent is not None:
                children.setdefault(unit.parent, []).append(unit.id)
        below = {parent: tuple(sorted(found)) for parent, found in children.items()}
        return cls(version, known, {kind.id: kind for kind in kinds}, {rank.id: rank for rank in ranks}, below)

    def path(self, unit: str) -> tuple[str, ...]:
        """The unit and those above it, the nearest first; nothing for one that is not known."""
        found: list[str] = []
        at: str | None = unit
        while at is not None and at in self.units and at not in found:
            found.append(at)
            at = self.units[at].parent
        return tuple(found)

    def below(self, unit: str) -> Iterator[str]:
        """The unit and all below it, each once."""
        todo = [unit] if unit in self.units else []
        while todo:
            at = todo.pop()
            yield at
            todo += self.children.get(at, ())

    def height(self, unit: str) -> int:
        """How many floors the unit has: 1 for one with nothing below."""
        return 1 + max((self.height(child) for child in self.children.get(unit, ())), default=0)

    def is_team(self, unit: str) -> bool:
        """Whether leads are worked there."""
        found = self.units.get(unit)
        return found is not None and found.kind in self.kinds and self.kinds[found.kind].works_leads

    def is_management(self, unit: str) -> bool:
        """Whether its members see the whole company."""
        return unit in self.units and self.units[unit].kind == MANAGEMENT

    def leads(self, rank: str) -> bool:
        """Whether this rank leads; one that is not known does not."""
        return rank in self.ranks and self.ranks[rank].leads

    def order(self, rank: str) -> int:
        """How high the rank is; one that is not known is below all."""
        return self.ranks[rank].order if rank in self.ranks else -1


@dataclass(frozen=True)
class Person:
    """Somebody, or a machine that reads. Who is suspended sees nothing and takes nothing; so does who has left."""

    id: str
    kind: str = "person"
    suspended: bool = False
    left_at: datetime | None = None
    access: int = 0

    def is_here(self, at: datetime) -> bool:
        """Whether they belong to the company and are not suspended."""
        return not self.suspended and (self.left_at is None or at < self.left_at)


@dataclass(frozen=True)
class Membership:
    """A person in a unit, with a share in its leads."""

    id: UUID
    person: str
    unit: str
    rank: str
    from_at: datetime
    until_at: datetime | None = None
    takes_leads: bool = True
    weight: int = 1
    open_max: int | None = None
    day_max: int | None = None
    source: str = "door"
    version: int = 1

    @property
    def interval(self) -> Interval:
        """When it holds."""
        return Interval.of(self.from_at, self.until_at)


@dataclass(frozen=True)
class RoleGrant:
    """A role that somebody holds, in a unit and below or in the company."""

    id: UUID
    person: str
    role: str
    unit: str | None
    from_at: datetime
    until_at: datetime | None = None

    @property
    def interval(self) -> Interval:
        """When it holds."""
        return Interval.of(self.from_at, self.until_at)


@dataclass(frozen=True)
class Absence:
    """A person is away."""

    id: UUID
    person: str
    from_at: datetime
    until_at: datetime | None
    kind: str = "leave"
    source: str = "door"
    version: int = 1

    @property
    def interval(self) -> Interval:
        """When they are away."""
        return Interval.of(self.from_at, self.until_at)


@dataclass(frozen=True)
class Substitution:
    """``substitute`` stands in for ``absent`` in a unit; where it ends with the absence, only while that lasts."""

    id: UUID
    absent: str
    substitute: str
    unit: str
    from_at: datetime
    until_at: datetime | None
    ends_with_absence: bool = False
    version: int = 1

    @property
    def interval(self) -> Interval:
        """When it was ordered for."""
        return Interval.of(self.from_at, self.until_at)


@dataclass(frozen=True)
class BreakGlass:
    """A look that was granted at the rows of one unit."""

    id: UUID
    unit: str
    asker: str
    from_at: datetime
    until_at: datetime

    @property
    def interval(self) -> Interval:
        """When it holds."""
        return Interval.of(self.from_at, self.until_at)
