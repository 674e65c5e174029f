"""From what the domain knows to what is said, and back."""

from datetime import datetime
from functools import lru_cache
from uuid import UUID

from contracts.event import Money as SaidMoney
from contracts.leads.intake import LeadSubmitted, OutcomeReported
from contracts.leads.lead import LeadAttributes, LeadCaptured, LeadClosed, LeadDiscarded, LeadQualified, Reason
from leads.domain.lead import Lead, Note, Outcome
from leads.domain.money import Money
from leads.domain.qualification import Verdict
from values.postcodes import postcode_area


def attributes(said: LeadSubmitted) -> LeadAttributes:
    """What may be known without knowing the person. A postcode is only an area, and an unnamed channel is the source."""
    return LeadAttributes(
        source=said.source,
        country=said.country,
        region=said.region,
        postcode_area=postcode_area(said.postcode, said.country),
        product=said.product,
        industry=said.industry,
        language=said.language,
        channel=said.channel or said.source,
        campaign=said.campaign,
        expected_amount=said.expected_amount,
        attributes=said.attributes,
        written=said.written,
    )


def captured(said: LeadSubmitted, about: LeadAttributes, flags: tuple[str, ...], now: datetime) -> LeadCaptured:
    """The lead is on record."""
    return LeadCaptured(
        lead_id=said.lead_id,
        source=said.source,
        channel=about.channel,
        campaign=said.campaign,
        country=said.country,
        flags=flags,
        occurred_at=said.occurred_at,
        captured_at=now,
    )


def qualified(lead_id: UUID, verdict: Verdict, about: LeadAttributes, now: datetime) -> LeadQualified:
    """The scorecard's verdict with its reasons."""
    return LeadQualified(
        lead_id=lead_id,
        genuine=verdict.genuine,
        grade=verdict.grade,
        score=verdict.score,
        value=said_money(verdict.value),
        disposition=verdict.disposition,
        scorecard=verdict.scorecard,
        reasons=tuple(_reason(r.term, r.points) for r in verdict.reasons),
        about=about,
        qualified_at=now,
    )


@lru_cache(maxsize=1024)
def _reason(term: str, points: int) -> Reason:
    """A scorecard has few terms, and every lead meets some of the same: each is made once."""
    return Reason(term=term, points=points)


def discarded(lead_id: UUID, reason: str, now: datetime) -> LeadDiscarded:
    """The lead is set aside."""
    return LeadDiscarded(lead_id=lead_id, reason=reason, discarded_at=now)


def closed(lead_id: UUID, lead: Lead) -> LeadClosed:
    """The outcome that stands."""
    outcome = lead.outcome
    assert outcome is not None
    return LeadClosed(
        lead_id=lead_id,
        result=outcome.result,
        amount=said_money(outcome.amount),
        reason=outcome.reason,
        revision=lead.revision,
        closed_at=outcome.at,
    )


def outcome_of(said: OutcomeReported) -> Outcome:
    """A reported outcome as the domain knows it."""
    note = Note(said.note.box, said.note.key) if said.note else None
    report = str(said.report) if said.report else None
    return Outcome(said.result, said.at, money_of(said.amount), said.reason, note, report)


def money_of(said: SaidMoney | None) -> Money | None:
    """An amount as the domain knows it."""
    return Money(said.minor, said.currency) if said else None


def said_money(money: Money | None) -> SaidMoney | None:
    """An amount as it is said."""
    return SaidMoney(minor=money.minor, currency=money.currency) if money else None
