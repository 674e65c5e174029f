"""From what the domain knows to what is said, and back."""

from datetime import datetime
from functools import lru_cache
from uuid import UUID

from contracts.event import Money as WireMoney
from contracts.leads.intake import LeadSubmitted, OutcomeReported
from contracts.leads.lead import LeadAttributes, LeadCaptured, LeadClosed, LeadDiscarded, LeadQualified, Reason
from leads.domain.lead import Lead, Note, Outcome
from leads.domain.money import Money
from leads.domain.qualification import Verdict
from values.postcodes import postcode_area


def attributes(submission: LeadSubmitted) -> LeadAttributes:
    """What may be known without knowing the person. A postcode is only an area, and an unnamed channel is the source."""
    return LeadAttributes(
        source=submission.source,
        country=submission.country,
        region=submission.region,
        postcode_area=postcode_area(submission.postcode, submission.country),
        product=submission.product,
        industry=submission.industry,
        language=submission.language,
        channel=submission.channel or submission.source,
        campaign=submission.campaign,
        expected_amount=submission.expected_amount,
        attributes=submission.attributes,
        written=submission.written,
    )


def captured(submission: LeadSubmitted, about: LeadAttributes, flags: tuple[str, ...], now: datetime) -> LeadCaptured:
    """The lead is on record."""
    return LeadCaptured(
        lead_id=submission.lead_id,
        source=submission.source,
        channel=about.channel,
        campaign=submission.campaign,
        country=submission.country,
        flags=flags,
        occurred_at=submission.occurred_at,
        captured_at=now,
        form=submission.form if submission.form_version else None,
        form_version=submission.form_version,
        attribution=submission.attribution,
    )


def qualified(
    lead_id: UUID, verdict: Verdict, about: LeadAttributes, now: datetime, party_id: UUID | None = None
) -> LeadQualified:
    """The scorecard's verdict with its reasons."""
    return LeadQualified(
        lead_id=lead_id,
        genuine=verdict.genuine,
        grade=verdict.grade,
        score=verdict.score,
        value=to_wire_money(verdict.value),
        disposition=verdict.disposition,
        scorecard=verdict.scorecard,
        reasons=tuple(_reason(r.term, r.points) for r in verdict.reasons),
        about=about,
        qualified_at=now,
        party_id=party_id,
    )


@lru_cache(maxsize=1024)
def _reason(term: str, points: int) -> Reason:
    """A scorecard has few terms, and every lead meets some of the same: each is made once."""
    return Reason(term=term, points=points)


def discarded(lead_id: UUID, reason: str, lead: Lead) -> LeadDiscarded:
    """The lead is set aside, as it stands then."""
    assert lead.discarded_at is not None
    return LeadDiscarded(
        lead_id=lead_id, reason=reason, discarded_at=lead.discarded_at, keep_until_at=lead.life.keep_until
    )


def closed(lead_id: UUID, lead: Lead, flags: tuple[str, ...] = ()) -> LeadClosed:
    """The outcome that stands, and what is odd about it."""
    outcome = lead.outcome
    assert outcome is not None
    return LeadClosed(
        lead_id=lead_id,
        result=outcome.result,
        amount=to_wire_money(outcome.amount),
        reason=outcome.reason,
        revision=lead.revision,
        closed_at=outcome.at,
        flags=flags,
    )


def outcome_of(submission: OutcomeReported, by: str = "") -> Outcome:
    """A reported outcome as the domain knows it, and who reported it."""
    note = Note(submission.note.box, submission.note.key) if submission.note else None
    report = str(submission.report) if submission.report else None
    amount = money_of(submission.amount)
    return Outcome(submission.result, submission.at, amount, submission.reason, note, report, by)


def money_of(submission: WireMoney | None) -> Money | None:
    """An amount as the domain knows it."""
    return Money(submission.minor, submission.currency) if submission else None


def to_wire_money(money: Money | None) -> WireMoney | None:
    """An amount as it is said."""
    return WireMoney(minor=money.minor, currency=money.currency) if money else None
