"""leads.audit: who looked at personal data, when, and why."""

from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from contracts.event import Event, Instant, Stream
from contracts.territory.access import Principal

Word = Annotated[str, Field(pattern=r"^[a-z_]{1,40}$", description="a code; a reader must stand others")]


class ContactOpened(Event):
    """Somebody was shown who a lead is about. What was shown is not in here, and nothing of whom it is about.

    ``opening`` is one for all leads that were opened at once. ``team`` had the lead then; ``grant_kind`` says by which right it was
    opened, and ``reference`` names the break-glass. ``limit_reached``: it was the last one that this person may open for now.
    """

    type: Literal["leads.audit.contact_opened.v1"] = "leads.audit.contact_opened.v1"
    opening: UUID
    lead_id: UUID
    team: str
    person: Principal
    on_behalf_of: Principal | None = None
    purpose: Word
    grant_kind: Word
    reference: UUID | None = None
    limit_reached: bool = False
    opened_at: Instant


AUDIT = Stream(
    "leads.audit",
    key="lead_id",
    events=(ContactOpened,),
    about="Each look at the personal data of a lead: who, when, why and on whose behalf.",
    partitions=1,
)
