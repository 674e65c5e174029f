"""territory.lead: which team and person a lead belongs to, and why."""

from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from contracts.event import Event, Instant, Stream

Revision = Annotated[
    int, Field(ge=1, description="which decision about the lead it is: 1 is the first, the greatest stands")
]
Cause = Annotated[
    str,
    Field(
        description="why it was decided: new, returned, verdict, woken, swept, customer, transferred, handover, refused, ordered,"
        " reopened, restored; a reader must stand others"
    ),
]
Code = Annotated[
    str | None,
    Field(
        max_length=40,
        description="why it waits: no_ruleset, no_rule, no_member, suspended, weight, absent, closed, full, no_language, returned,"
        " held; a reader must stand others",
    ),
]
By = Annotated[str | None, Field(description="the person who ordered it; none where the rules or the clock did")]
OnBehalfOf = Annotated[str | None, Field(description="for whom that person stood in")]
TransferId = Annotated[UUID | None, Field(description="the transfer of which it is a part")]
Excluded = Annotated[
    tuple[str, ...], Field(description="teams that returned the lead as none of theirs, and do not get it again")
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
    party_id: UUID | None = None
    customer: bool = Field(False, description="whether the team has it because it has the customer")
    would_rule: str | None = Field(None, description="the rule that alone would have sent it to another team")
    excluded: Excluded = ()
    transfer_id: TransferId = None
    by: By = None
    on_behalf_of: OnBehalfOf = None


class LeadUnroutable(Event):
    """No rule claimed this lead, or the rule's team is not there. It is decided, counted and visible, with the reason."""

    type: Literal["territory.lead.unroutable.v1"] = "territory.lead.unroutable.v1"
    lead_id: UUID
    reason: str
    ruleset: int
    decided_at: Instant
    revision: Revision = 1
    cause: Cause = "new"
    code: Code = None
    excluded: Excluded = ()


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
    attempt: int = Field(1, ge=1, description="1 more than the returns before it")
    turn: int | None = Field(None, description="which turn of the team's rotation; none where somebody was named")
    not_to: tuple[str, ...] = Field((), description="who returned it in this team, and does not get it again")
    transfer_id: TransferId = None
    by: By = None
    on_behalf_of: OnBehalfOf = None


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
    code: Code = None
    wakes_at: Instant | None = Field(None, description="when somebody may take it at the earliest, as far as is known")
    excluded: Excluded = ()


class LeadTransferred(Event):
    """An order gave the lead to another team or person, with all that is recorded of it. It carries the decision by which the lead
    stands from here on: nothing else is told of that."""

    type: Literal["territory.lead.transferred.v1"] = "territory.lead.transferred.v1"
    lead_id: UUID
    transfer_id: UUID
    order: int = Field(ge=1, description="its place in the transfer")
    from_team: str | None = None
    from_person: str | None = None
    to_team: str
    to_person: str | None = Field(None, description="none where it waits in the team's queue")
    cause: str = Field(description="transfer, handover, realignment, rollback; a reader must stand others")
    undo_of: UUID | None = Field(None, description="the transfer that this one takes back")
    revision: Revision = 1
    by: By = None
    on_behalf_of: OnBehalfOf = None
    decided_at: Instant


LEAD = Stream(
    "territory.lead",
    key="lead_id",
    events=(LeadRouted, LeadUnroutable, LeadAssigned, LeadUnassigned, LeadTransferred),
    about="Which segment, team, pipeline and person a lead belongs to, each with its decision, and orders that give it to others.",
)
