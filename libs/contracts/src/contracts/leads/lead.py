"""leads.lead: what became of a lead, from capture to outcome."""

from datetime import date
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from contracts.event import Country, Disposition, Event, Instant, Money, Scalar, Stream, Value
from contracts.leads.form import Attribution
from contracts.territory.access import Principal

Code = Annotated[str, Field(description="a reason as a code; what was typed besides stays with leads, sealed")]
Nth = Annotated[int, Field(ge=1, description="1 for the first, one more with each that follows; the greatest stands")]


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
    """The lead was judged: is it genuine, how good is it, what is it worth, and what is to be done with it.

    The scorecard judges first, as ``revision`` 1. A higher one is a later verdict and replaces it: by a person where ``by`` names
    one, with a ``code`` for the reason and, for a lead to be looked at again, the day ``revisit_on``; else by the clock.
    ``party_id`` is who asks, under an id that tells nothing of them and is the same for all of their leads.
    """

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
    party_id: UUID | None = None
    revision: Nth = 1
    by: Principal | None = None
    on_behalf_of: Principal | None = None
    code: Code | None = None
    revisit_on: date | None = None


class LeadDiscarded(Event):
    """The lead is not a target or not genuine: it is set aside, with a reason, and goes nowhere unless it is restored. Contact data
    are kept until ``keep_until_at``."""

    type: Literal["leads.lead.discarded.v1"] = "leads.lead.discarded.v1"
    lead_id: UUID
    reason: str
    discarded_at: Instant
    code: Code | None = None
    by: Principal | None = None
    on_behalf_of: Principal | None = None
    keep_until_at: Instant | None = None


class OpportunityOpened(Event):
    """The lead stands in a team's pipeline, as what ``stands`` says: a sales opportunity, or one that a qualifier looks at first
    (qualification) or that may buy later (nurture); a reader must stand others. The customer is owed a first response by ``due_at``,
    worked out from ``starts_at`` by that policy and calendar; without ``due_at`` no clock began here."""

    type: Literal["leads.lead.opened.v1"] = "leads.lead.opened.v1"
    lead_id: UUID
    team: str
    pipeline: str
    opened_at: Instant
    stands: str = "opportunity"
    segment: str | None = None
    person: str | None = None
    value: Money | None = None
    starts_at: Instant | None = None
    due_at: Instant | None = None
    policy: int | None = None
    calendar: str | None = None
    calendar_version: int | None = None


class LeadClosed(Event):
    """The lead was won or lost. The first outcome stands; a later one corrects it and says so by a higher ``revision``. ``team`` and
    ``person`` had it then; ``flags`` names what is odd about it."""

    type: Literal["leads.lead.closed.v1"] = "leads.lead.closed.v1"
    lead_id: UUID
    result: Literal["won", "lost"]
    amount: Money | None = None
    reason: str | None = None
    revision: int = 1
    closed_at: Instant
    code: Code | None = None
    by: Principal | None = None
    on_behalf_of: Principal | None = None
    flags: tuple[str, ...] = ()
    party_id: UUID | None = None
    team: str | None = None
    person: str | None = None
    pipeline: str | None = None


class LeadReturned(Event):
    """A person gave the lead back to the team: somebody else is due to work it. ``attempt`` counts the returns; ``not_to`` are all who
    returned it in this team; ``answered`` says whether the customer was answered by then."""

    type: Literal["leads.lead.returned.v1"] = "leads.lead.returned.v1"
    lead_id: UUID
    attempt: Nth
    team: str
    person: str
    code: Code
    not_to: tuple[str, ...] = ()
    answered: bool = False
    due_at: Instant
    by: Principal | None = None
    on_behalf_of: Principal | None = None
    returned_at: Instant


class LeadUnclaimed(Event):
    """The lead has waited beyond its due time and nobody took it: whoever decides where it belongs looks again. ``step`` counts how
    often that was told since it began to wait."""

    type: Literal["leads.lead.unclaimed.v1"] = "leads.lead.unclaimed.v1"
    lead_id: UUID
    place: str
    team: str | None = None
    waits: str
    since_at: Instant
    due_at: Instant
    step: Nth
    fired_at: Instant


class LeadReopened(Event):
    """A lead that was won or lost is worked again. ``revision`` is one more than that of the outcome that no longer stands."""

    type: Literal["leads.lead.reopened.v1"] = "leads.lead.reopened.v1"
    lead_id: UUID
    revision: Nth
    code: Code
    by: Principal
    on_behalf_of: Principal | None = None
    reopened_at: Instant


class LeadRestored(Event):
    """A lead that was set aside is not: a qualifier looks at it."""

    type: Literal["leads.lead.restored.v1"] = "leads.lead.restored.v1"
    lead_id: UUID
    code: Code
    by: Principal
    on_behalf_of: Principal | None = None
    restored_at: Instant


class LeadMerged(Event):
    """The lead is the same demand as another, ``into``, which is worked for both from now on; what is recorded of each stays its own, and
    so do the clocks of what is asked for. ``cause``: person for what somebody says; a reader must stand others."""

    type: Literal["leads.lead.merged.v1"] = "leads.lead.merged.v1"
    lead_id: UUID
    into: UUID
    cause: Code = "person"
    by: Principal | None = None
    on_behalf_of: Principal | None = None
    merged_at: Instant


class LeadUnmerged(Event):
    """The lead was merged into another, ``from_lead``, and stands by itself again, where it was before."""

    type: Literal["leads.lead.unmerged.v1"] = "leads.lead.unmerged.v1"
    lead_id: UUID
    from_lead: UUID
    by: Principal
    on_behalf_of: Principal | None = None
    unmerged_at: Instant


class QualificationRefused(Event):
    """Somebody who sees the lead tried to judge it without the right to. Told at most once for a person, lead and minute."""

    type: Literal["leads.lead.qualification_refused.v1"] = "leads.lead.qualification_refused.v1"
    lead_id: UUID
    person: Principal
    right: str
    refused_at: Instant


class RecordTransferred(Event):
    """The lead went to another team or person by an order, and nothing of its content changed: ``hash`` was the same before and
    after. ``undo``: it went back."""

    type: Literal["leads.lead.transferred.v1"] = "leads.lead.transferred.v1"
    lead_id: UUID
    transfer_id: str
    from_team: str | None = None
    from_person: str | None = None
    to_team: str
    to_person: str | None = None
    cause: str
    hash: str
    undo: bool = False
    applied_at: Instant


class TransferRefused(Event):
    """An ordered transfer of this lead was not applied, for the reason that ``code`` names: the lead is where it was."""

    type: Literal["leads.lead.transfer_refused.v1"] = "leads.lead.transfer_refused.v1"
    lead_id: UUID
    transfer_id: str
    code: Code
    before: str | None = None
    after: str | None = None
    refused_at: Instant


class LeadForgotten(Event):
    """Whom the lead was about is known to nobody any more: contact, texts and documents are gone, the lead and its history stay.
    ``cause``: retention for a lead that was set aside and kept long enough; a reader must stand others."""

    type: Literal["leads.lead.forgotten.v1"] = "leads.lead.forgotten.v1"
    lead_id: UUID
    cause: Code
    forgotten_at: Instant


LEAD = Stream(
    "leads.lead",
    key="lead_id",
    events=(
        LeadCaptured,
        LeadQualified,
        LeadDiscarded,
        OpportunityOpened,
        LeadClosed,
        LeadReturned,
        LeadUnclaimed,
        LeadReopened,
        LeadRestored,
        QualificationRefused,
        RecordTransferred,
        TransferRefused,
        LeadMerged,
        LeadUnmerged,
        LeadForgotten,
    ),
    about="A lead's life: captured, qualified, discarded, opened as an opportunity, returned, transferred, merged, closed, reopened.",
)
