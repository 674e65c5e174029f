"""territory.lead: which team and person a lead belongs to, and why."""

from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from contracts.event import Event, Instant, Stream

Revision = Annotated[
    int, Field(ge=1, description="which decision about the lead it is: 1 is the first, the greatest stands")
]
Cause = Annotated[
    str, Field(description="why it was decided: new, returned, transferred, woken; a reader must stand others")
]


class LeadRouted(Event):
    """A rule gave this lead to a team's pipeline."""

    type: Literal["territory.lead.routed.v1"] = "territory.lead.routed.v1"
    lead_id: UUID
    segment: str
    team: str
    pipeline: str
    rule: str
    ruleset: int
    routed_at: Instant
    revision: Revision = 1
    cause: Cause = "new"


class LeadUnroutable(Event):
    """No rule claimed this lead, or the rule's team is not there. It is decided, counted and visible, with the reason."""

    type: Literal["territory.lead.unroutable.v1"] = "territory.lead.unroutable.v1"
    lead_id: UUID
    reason: str
    ruleset: int
    decided_at: Instant
    revision: Revision = 1
    cause: Cause = "new"


class LeadAssigned(Event):
    """The rotation gave this lead to a person of its team."""

    type: Literal["territory.lead.assigned.v1"] = "territory.lead.assigned.v1"
    lead_id: UUID
    segment: str
    team: str
    person: str
    ruleset: int
    assigned_at: Instant
    revision: Revision = 1
    cause: Cause = "new"


class LeadUnassigned(Event):
    """The lead was due a person and nobody could take it: it waits in its team's queue, with the reason."""

    type: Literal["territory.lead.unassigned.v1"] = "territory.lead.unassigned.v1"
    lead_id: UUID
    segment: str
    team: str
    reason: str
    ruleset: int
    decided_at: Instant
    revision: Revision = 1
    cause: Cause = "new"


LEAD = Stream(
    "territory.lead",
    key="lead_id",
    events=(LeadRouted, LeadUnroutable, LeadAssigned, LeadUnassigned),
    about="Which segment, team, pipeline and person a lead belongs to, each with its decision.",
)
