"""leads.opportunity: how a lead that may buy goes through the stages of its pipeline.

An opportunity is its lead's later life and has its id. It begins with ``leads.lead.opened`` and ends with ``leads.lead.closed``.
"""

from datetime import date
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from contracts.event import Event, Instant, Money, Stream
from contracts.leads.audit import Word
from contracts.leads.lead import Code
from contracts.territory.access import Principal

Seconds = Annotated[int, Field(ge=0)]
Percent = Annotated[int | None, Field(ge=0, le=100)]


class StageChanged(Event):
    """It went on to another stage, or back for the reason ``code``. ``working_s`` and ``wall_s`` are how long it was in the stage that
    it left, in its team's working time and by the clock. ``likelihood`` is what was said of it, else what the new stage says;
    ``team`` and ``person`` have it."""

    type: Literal["leads.opportunity.stage_changed.v1"] = "leads.opportunity.stage_changed.v1"
    lead_id: UUID
    pipeline: str
    pipeline_version: int
    from_stage: str
    to_stage: str
    direction: Literal["forward", "back"]
    working_s: Seconds
    wall_s: Seconds
    amount: Money | None = None
    likelihood: Percent = None
    team: str
    person: str | None = None
    by: Principal
    on_behalf_of: Principal | None = None
    code: Code | None = None
    changed_at: Instant


class OpportunityAmended(Event):
    """Amount, likelihood and the day on which it is expected to be won are these from now on; what is left out is not known.
    ``changed`` names those that were others before."""

    type: Literal["leads.opportunity.amended.v1"] = "leads.opportunity.amended.v1"
    lead_id: UUID
    amount: Money | None = None
    likelihood: Percent = None
    expected_close: date | None = None
    changed: tuple[Literal["amount", "likelihood", "expected_close"], ...] = ()
    team: str
    person: str | None = None
    by: Principal
    on_behalf_of: Principal | None = None
    amended_at: Instant


class DocumentAttached(Event):
    """A document of this ``kind`` belongs to it from now on. ``sha256`` is of what was sent, ``media_type`` what it is; its name and
    what is in it stand in no event."""

    type: Literal["leads.opportunity.document_attached.v1"] = "leads.opportunity.document_attached.v1"
    lead_id: UUID
    document_id: UUID
    kind: Word
    media_type: Annotated[str, Field(pattern=r"^[a-z]+/[a-z0-9.+-]+$")]
    size: Annotated[int, Field(ge=1, description="in bytes")]
    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
    by: Principal
    on_behalf_of: Principal | None = None
    attached_at: Instant


OPPORTUNITY = Stream(
    "leads.opportunity",
    key="lead_id",
    events=(StageChanged, OpportunityAmended, DocumentAttached),
    about="How leads that may buy go through the stages of their pipelines: stages, amounts, likelihoods, documents.",
)
