"""territory.structure: the sales structure and the market view, newest state per thing."""

from typing import Annotated, Literal

from pydantic import Field

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


class StageOfPipeline(Value):
    """A stage of a sale, and what has to be there before a sale may enter it.

    ``kind``: open, or won for the stage that a sale ends in when it is won. ``answered``: the customer has had the first response.
    ``documents`` are kinds of documents, ``fields`` what has to be known: amount, likelihood, expected_close. ``target_days`` is
    how long a sale should stay at most, ``likelihood`` how likely it is won from here, in percent.
    """

    name: str
    kind: Literal["open", "won"] = "open"
    answered: bool = False
    documents: tuple[str, ...] = ()
    fields: tuple[str, ...] = ()
    target_days: Annotated[int | None, Field(ge=1, le=3650)] = None
    likelihood: Annotated[int | None, Field(ge=0, le=100)] = None


class PipelinePublished(Event):
    """A sales line's pipeline has these stages, in this order, as of a market version. ``id`` is ``pipeline:`` and its own."""

    type: Literal["territory.structure.pipeline_published.v1"] = "territory.structure.pipeline_published.v1"
    id: str
    pipeline: str
    name: str
    stages: tuple[StageOfPipeline, ...]
    version: int
    published_at: Instant


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
    events=(SegmentDefined, TeamDefined, UnitDefined, PipelinePublished, MarketActivated),
    about="Units, segments, teams, pipelines and the active market version; the newest state of each.",
    compacted=True,
    partitions=1,
)
