"""leads.lead: what became of a lead, from capture to outcome."""

from typing import Literal
from uuid import UUID

from pydantic import Field

from contracts.event import Country, Disposition, Event, Instant, Money, Scalar, Stream, Value
from contracts.leads.form import Attribution


class LeadAttributes(Value):
    """What may be known of a lead without knowing the person: the ground for routing and counting.

    ``channel`` and ``campaign`` are in the one form in which they are compared; ``written`` has them as they were sent, where
    that differs.
    """

    source: str
    country: Country | None = None
    region: str | None = None
    postcode_area: str | None = None
    product: str | None = None
    industry: str | None = None
    language: str | None = None
    channel: str | None = None
    campaign: str | None = None
    expected_amount: Money | None = None
    attributes: dict[str, Scalar] = Field(default_factory=dict)
    written: dict[str, str] | None = None


class LeadCaptured(Event):
    """A lead is on record. ``flags`` names what is odd about it: an unknown campaign, or what the door could not use as sent.
    Of a form that is defined here ``form``, its version and the visits that led to it are said."""

    type: Literal["leads.lead.captured.v1"] = "leads.lead.captured.v1"
    lead_id: UUID
    source: str
    channel: str | None = None
    campaign: str | None = None
    country: Country | None = None
    flags: tuple[str, ...] = ()
    occurred_at: Instant
    captured_at: Instant
    form: str | None = None
    form_version: int | None = None
    attribution: Attribution | None = None


class Reason(Value):
    """One term of the scorecard that counted, and the points it gave."""

    term: str
    points: int


class LeadQualified(Event):
    """The scorecard judged the lead: is it genuine, how good is it, what is it worth, and what is to be done with it."""

    type: Literal["leads.lead.qualified.v1"] = "leads.lead.qualified.v1"
    lead_id: UUID
    genuine: bool
    grade: Literal["A", "B", "C", "D"]
    score: int
    value: Money | None = None
    disposition: Disposition
    scorecard: int
    reasons: tuple[Reason, ...] = ()
    about: LeadAttributes
    qualified_at: Instant


class LeadDiscarded(Event):
    """The lead is not a target or not genuine: it is set aside, with a reason, and never routed."""

    type: Literal["leads.lead.discarded.v1"] = "leads.lead.discarded.v1"
    lead_id: UUID
    reason: str
    discarded_at: Instant


class OpportunityOpened(Event):
    """The lead stands in a team's pipeline as a sales opportunity."""

    type: Literal["leads.lead.opened.v1"] = "leads.lead.opened.v1"
    lead_id: UUID
    team: str
    pipeline: str
    opened_at: Instant


class LeadClosed(Event):
    """The lead was won or lost. The first outcome stands; a later one corrects it and says so by a higher ``revision``."""

    type: Literal["leads.lead.closed.v1"] = "leads.lead.closed.v1"
    lead_id: UUID
    result: Literal["won", "lost"]
    amount: Money | None = None
    reason: str | None = None
    revision: int = 1
    closed_at: Instant


LEAD = Stream(
    "leads.lead",
    key="lead_id",
    events=(LeadCaptured, LeadQualified, LeadDiscarded, OpportunityOpened, LeadClosed),
    about="A lead's life: captured, qualified, discarded, opened as an opportunity, closed.",
)
