"""territory.structure: the sales structure and the market view, newest state per thing."""

from typing import Literal

from contracts.event import Event, Instant, Stream, Value


class MemberOfTeam(Value):
    """A member's share in the rotation: a weight of 2 gets twice the leads of a weight of 1."""

    person: str
    weight: int
    available: bool = True


class SegmentDefined(Event):
    """A part of the market has this name and these criteria, as of a market version."""

    type: Literal["territory.structure.segment_defined.v1"] = "territory.structure.segment_defined.v1"
    id: str
    name: str
    version: int
    defined_at: Instant


class TeamDefined(Event):
    """A team has this pipeline and these members, as of a market version."""

    type: Literal["territory.structure.team_defined.v1"] = "territory.structure.team_defined.v1"
    id: str
    name: str
    country: str | None = None
    pipeline: str
    members: tuple[MemberOfTeam, ...] = ()
    version: int
    defined_at: Instant


class UnitDefined(Event):
    """A unit of the company has this place in the tree. ``id`` is ``unit:`` and the unit's own; ``team`` says whether leads are
    worked there. From ``until_at`` on it is closed. A greater ``version`` of a unit is newer."""

    type: Literal["territory.structure.unit_defined.v1"] = "territory.structure.unit_defined.v1"
    id: str
    unit: str
    kind: str
    parent: str | None = None
    team: bool
    name: str
    zone: str | None = None
    calendar: str | None = None
    from_at: Instant
    until_at: Instant | None = None
    version: int
    defined_at: Instant


class MarketActivated(Event):
    """A market version with this many rules, segments and teams took effect."""

    type: Literal["territory.structure.market_activated.v1"] = "territory.structure.market_activated.v1"
    id: Literal["market"] = "market"
    version: int
    rules: int
    segments: int
    teams: int
    activated_at: Instant


STRUCTURE = Stream(
    "territory.structure",
    key="id",
    events=(SegmentDefined, TeamDefined, UnitDefined, MarketActivated),
    about="Units, segments, teams and the active market version; the newest state of each.",
    compacted=True,
    partitions=1,
)
