"""The market file and its parts, as the documents of the doors show them; `territory.domain.market_file` reads it."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from territory.domain.file_grammar import ENTRIES_AT_MOST, TEXT_AT_MOST, VALUES_AT_MOST
from territory.domain.market_file import MEMBERS_AT_MOST, RULES_AT_MOST
from territory.domain.rotation import WEIGHT_AT_MOST

Text = Annotated[str, Field(min_length=1, max_length=TEXT_AT_MOST, description="without blanks around it")]
Value = Annotated[str, Field(min_length=1, max_length=TEXT_AT_MOST)] | bool | int | float
Values = Value | Annotated[list[Value], Field(min_length=1, max_length=VALUES_AT_MOST)]
Entries = Field(max_length=ENTRIES_AT_MOST)


class Entry(BaseModel):
    """A part of a market file. A field that it does not have is a fault."""

    model_config = ConfigDict(extra="forbid")


class SegmentEntry(Entry):
    """A part of the market that is counted and budgeted for."""

    id: Text
    name: Text


class StageRules(Entry):
    """What has to be there before a sale enters a stage: the first response, kinds of documents, what has to be known."""

    won: Annotated[bool, Field(description="where a sale ends that is won; so is a stage of that name")] = False
    answered: bool = False
    documents: Annotated[list[Annotated[str, Field(pattern=r"^[a-z][a-z_]{0,39}$")]], Field(max_length=20)] = []
    fields: Annotated[list[Literal["amount", "likelihood", "expected_close"]], Field(max_length=3)] = []
    target_days: Annotated[int | None, Field(ge=1, le=3650)] = None
    likelihood: Annotated[int | None, Field(ge=0, le=100)] = None


class PipelineEntry(Entry):
    """The stages a sale goes through, and by their names what some of them ask for."""

    id: Text
    name: Text
    stages: Annotated[list[Text], Field(min_length=1, max_length=VALUES_AT_MOST)]
    stage_rules: dict[Text, StageRules] | None = None


class MemberEntry(Entry):
    """A salesperson of a team, and how many of its leads he takes beside the others."""

    person: Text
    weight: Annotated[int, Field(ge=0, le=WEIGHT_AT_MOST)] = 1
    available: bool = True


class TeamEntry(Entry):
    """A sales team: its pipeline, and the people who take its leads in turn."""

    id: Text
    name: Text
    pipeline: Text
    country: Annotated[str | None, Field(pattern=r"^[A-Z]{2}$")] = None
    members: Annotated[list[MemberEntry] | None, Field(max_length=MEMBERS_AT_MOST)] = None


class AnyOf(Entry):
    """One of these values."""

    one_of: Values


class BeginsWith(Entry):
    """A text that begins with one of these."""

    prefix: Values


class Between(Entry):
    """A number within these bounds, both of them included; at least one is given."""

    model_config = ConfigDict(json_schema_extra={"minProperties": 1})

    min: Annotated[int | float | str | None, Field(description="a number")] = None
    max: Annotated[int | float | str | None, Field(description="a number")] = None


class RuleEntry(Entry):
    """Which leads a team claims: those whose attributes meet everything in ``when``. Any other name is a lead's own attribute."""

    name: Text
    segment: Text
    team: Text
    priority: Annotated[int, Field(ge=-(10**9), le=10**9)] = 0
    overrides_customer: Annotated[bool, Field(description="whoever has the customer, its leads go to its team")] = False
    when: Annotated[dict[str, Values | AnyOf | BeginsWith | Between], Field(min_length=1)]


class FallbackEntry(Entry):
    """Who gets the leads that no rule claims."""

    segment: Text
    team: Text


class MarketFile(Entry):
    """Segments, pipelines, teams, rules and fallback, which refer to each other by id: one file, one version."""

    segments: Annotated[list[SegmentEntry] | None, Entries]
    pipelines: Annotated[list[PipelineEntry] | None, Entries] = None
    teams: Annotated[list[TeamEntry] | None, Entries]
    rules: Annotated[list[RuleEntry] | None, Field(max_length=RULES_AT_MOST)] = None
    fallback: FallbackEntry | None = None


class Sizes(BaseModel):
    """A version, and how much of everything it holds."""

    version: int
    rules: int
    segments: int
    teams: int


class Warned(BaseModel):
    """What was taken, but is worth a look."""

    field: str
    reason: str


class Difference(BaseModel):
    """A thing of the market or the organisation that a file would change."""

    part: str
    id: str
    change: Literal["added", "changed", "removed"]


class Activated(Sizes):
    """The version in force, and what in it no lead is known to meet; of a plan the version that it would be, and what it would change."""

    warnings: list[Warned]
    changes: list[Difference] = Field(default_factory=list)


class RuleSetVersion(Sizes):
    """A version in the list of all."""

    sha256: str
    activated_at: datetime
    swept: Annotated[
        int, Field(description="leads that waited when it came and that it has given to a team, or to another one")
    ] = 0
    by: Annotated[str | None, Field(description="who put it in force; unknown of the first builds' versions")] = None
    draft: Annotated[int | None, Field(description="the draft that it was, where it was not put as a file")] = None


class RuleSets(BaseModel):
    """Versions, the newest first. ``active`` is 0 before the first."""

    active: int
    rulesets: list[RuleSetVersion]


class RuleSet(BaseModel):
    """The rules of a version in the order in which they win: the narrowest first. ``returned_as_wrong`` counts by rule the leads that
    it sent and that were given back because area, product or language are not its team's; rules without one are not in it."""

    version: int
    rules: list[RuleEntry]
    fallback: FallbackEntry | None
    returned_as_wrong: dict[str, int] = Field(default_factory=dict)


class Part(BaseModel):
    """One part of the market in force."""

    version: int


class Segments(Part):
    """All segments."""

    segments: list[SegmentEntry]


class Teams(Part):
    """All teams with their members."""

    teams: list[TeamEntry]
