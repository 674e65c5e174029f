"""leads.intake: submissions as they came in at the door, before any decision."""

from datetime import timedelta
from typing import Literal
from uuid import UUID

from pydantic import Field

from contracts.event import Country, Event, Instant, Money, Scalar, Sealed, Stream, Value
from contracts.leads.form import Attribution, Consent


class Asked(Value):
    """Something the customer wants to have besides being answered, by its kind: a sample, a quotation, a call."""

    kind: str


class LeadSubmitted(Event):
    """Somebody asked for something: a form, a call, a campaign answer, a salesperson's note, a row of an import.

    Who it was, what they wrote and every answer that may be about them is in ``person``, sealed under the door's current
    intake key. ``lead_id`` was made from the idempotency key or from source, sender and external id, so a submission repeated
    has the same id. ``channel`` and ``campaign`` are in the one form in which they are compared; ``written`` has them as they
    were sent, where that differs. ``flags`` says what the door could not use as it was sent, or moved to the sealed part,
    and what about a form looks like a program's. ``form_version``, ``attribution`` and ``consents`` come from forms that are
    defined here.
    """

    type: Literal["leads.intake.submitted.v1"] = "leads.intake.submitted.v1"
    lead_id: UUID
    received_at: Instant
    occurred_at: Instant
    source: str
    person: Sealed
    country: Country | None = None
    region: str | None = None
    postcode: str | None = None
    product: str | None = None
    industry: str | None = None
    language: str | None = None
    channel: str | None = None
    campaign: str | None = None
    expected_amount: Money | None = None
    external_id: str | None = None
    attributes: dict[str, Scalar] = Field(default_factory=dict)
    sender: str | None = None
    form: str | None = None
    written: dict[str, str] | None = None
    flags: tuple[str, ...] | None = None
    requests: tuple[Asked, ...] | None = None
    form_version: int | None = None
    attribution: Attribution | None = None
    consents: tuple[Consent, ...] | None = None


class OutcomeReported(Event):
    """Somebody outside tells how a lead ended. It may overtake its lead and then waits for it.

    ``reason`` is a code. What somebody typed for a reason is in ``note``, sealed under the door's current intake key and bound
    to the lead. ``report`` names the report for its sender, so that the same report sent again later changes nothing.
    """

    type: Literal["leads.intake.outcome_reported.v1"] = "leads.intake.outcome_reported.v1"
    lead_id: UUID
    result: Literal["won", "lost"]
    at: Instant
    amount: Money | None = None
    reason: str | None = None
    note: Sealed | None = None
    report: UUID | None = None


INTAKE = Stream(
    "leads.intake",
    key="lead_id",
    events=(LeadSubmitted, OutcomeReported),
    about="Submissions and reported outcomes as they came in at the door.",
    retention=timedelta(days=7),
    sequenced=False,
)
