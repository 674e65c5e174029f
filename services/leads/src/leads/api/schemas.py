"""What the doors of leads answer."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from chassis.batch import BatchAnswer, RowFlagged
from contracts.event import Money
from contracts.leads.lead import LeadAttributes
from leads.domain.party import PartyClass


class Accepted(BaseModel):
    """The lead is safe: the broker has it. ``flags``, if any, say what could not be used as it was sent."""

    id: UUID
    received_at: datetime
    flags: list[str] = []


class RowsTaken(BatchAnswer):
    """How many rows were taken, under which ids, which were not, and what of those taken could not be used as it was sent."""

    ids: list[UUID]
    flagged: list[RowFlagged]


class HistoryEntry(BaseModel):
    """Something that happened to the lead; each kind has fields of its own."""

    model_config = ConfigDict(extra="allow")

    what: str
    at: datetime
    reason: str | None = None
    source: Annotated[str | None, Field(description="captured")] = None
    flags: Annotated[list[str] | None, Field(description="captured: what is odd about it")] = None
    content: Annotated[str | None, Field(description="submitted again")] = None
    grade: Annotated[str | None, Field(description="qualified")] = None
    score: Annotated[int | None, Field(description="qualified: points")] = None
    disposition: Annotated[str | None, Field(description="qualified")] = None
    scorecard: Annotated[int | None, Field(description="qualified: the version that judged")] = None
    reasons: Annotated[dict[str, int] | None, Field(description="qualified: what counted, and its points")] = None
    segment: Annotated[str | None, Field(description="routed")] = None
    team: Annotated[str | None, Field(description="routed, assigned")] = None
    pipeline: Annotated[str | None, Field(description="routed")] = None
    person: Annotated[str | None, Field(description="assigned: the salesperson")] = None
    released: Annotated[str | None, Field(description="routed: the salesperson who no longer has it")] = None
    revision: Annotated[int | None, Field(description="won, lost: 1, and more with each correction")] = None
    amount: Annotated[Money | None, Field(description="won")] = None
    note: Annotated[str | None, Field(description="won, lost: whether prose was sealed")] = None


class LeadShown(BaseModel):
    """A lead's state and history, without who it is about. ``person`` is the salesperson."""

    id: UUID
    state: str
    place: Annotated[
        str, Field(description="where it is: with a person, in a queue, where a qualifier looks, at its end")
    ]
    grade: str | None
    disposition: str | None
    segment: str | None
    team: str | None
    pipeline: str | None
    person: str | None
    waits: Annotated[str | None, Field(description="why nobody has it yet")]
    discarded_because: str | None
    about: LeadAttributes
    occurred_at: datetime
    captured_at: datetime | None
    due_at: Annotated[datetime | None, Field(description="when somebody has to have done something next")]
    party_class: Annotated[
        PartyClass, Field(description="whom who asks has become by all of their leads: that only rises")
    ]
    history: list[HistoryEntry]
