"""leads.activity: what was done about a lead, by whom and when; nothing of what was said or written."""

from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from contracts.event import Event, Instant, Stream
from contracts.leads.audit import Word
from contracts.territory.access import Principal

Campaign = Annotated[str, Field(description="in the one form in which campaigns are compared")]


class ActivityRecorded(Event):
    """Somebody did something about a lead, or a machine tells that it happened.

    ``kind``: call, email, message, meeting, visit, note, document_sent; a reader must stand others. ``direction`` is outbound,
    inbound or internal; ``reached`` says whether the customer was, where that can be said. ``evidence``: person for what
    somebody says he did, machine for what a system has seen. ``team`` had the lead then. ``on_behalf_of`` is for whom the
    author stood in. ``seconds`` is how long it lasted. ``result`` is a code. ``campaign`` is the lead's. ``answers`` are the
    numbers of the lead's requests that it answers.
    """

    type: Literal["leads.activity.recorded.v1"] = "leads.activity.recorded.v1"
    activity_id: UUID
    lead_id: UUID
    kind: Word
    direction: Word
    reached: bool | None = None
    evidence: Word = "person"
    occurred_at: Instant
    recorded_at: Instant
    author: Principal | None = None
    on_behalf_of: Principal | None = None
    team: str | None = None
    seconds: Annotated[int | None, Field(ge=0)] = None
    result: Word | None = None
    campaign: Campaign | None = None
    answers: tuple[int, ...] = ()


class ActivityVoided(Event):
    """An activity was recorded by mistake and counts no more. Its record stays. ``code`` says why."""

    type: Literal["leads.activity.voided.v1"] = "leads.activity.voided.v1"
    activity_id: UUID
    lead_id: UUID
    code: Word
    by: Principal
    voided_at: Instant


ACTIVITY = Stream(
    "leads.activity",
    key="lead_id",
    events=(ActivityRecorded, ActivityVoided),
    about="What was done about a lead: calls, messages, visits, notes, and which of them counts no more.",
)
