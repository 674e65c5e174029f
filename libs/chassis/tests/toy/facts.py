"""Events for the toy to hear and to say."""

from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import count
from uuid import UUID

from chassis.transaction import shard_of
from contracts.campaigns.campaign import CampaignPlanned
from contracts.campaigns.ledger import LedgerPosted
from contracts.campaigns.spend import SpendReported
from contracts.event import Money
from contracts.leads.lead import LEAD, LeadDiscarded
from contracts.territory.structure import TeamDefined

AT = datetime(2026, 11, 24, 9, 30, tzinfo=UTC)


def planned(campaign: str, name: str = "fine", version: int = 1) -> CampaignPlanned:
    """A campaign; its name decides what becomes of it (handlers.py)."""
    return CampaignPlanned(campaign=campaign, name=name, currency="EUR", version=version, planned_at=AT)


def posted(campaign: str, posting: int = 1, item: str = "posters") -> LedgerPosted:
    """What the toy says of a campaign."""
    return LedgerPosted(
        campaign=campaign,
        line="media",
        item=item,
        owner="ana",
        posting=posting,
        kind="budgeted",
        amount=100,
        currency="EUR",
        budget=100,
        committed=0,
        incurred=0,
        available=100,
        posted_at=AT,
    )


def spent(spend_id: str, campaign: str = "spring") -> SpendReported:
    """Money spent, by the reporter's own id."""
    return SpendReported(spend_id=spend_id, campaign=campaign, amount=Money(minor=5, currency="EUR"), occurred_at=AT)


def discarded(lead: UUID, reason: str = "fine") -> LeadDiscarded:
    """A lead set aside."""
    return LeadDiscarded(lead_id=lead, reason=reason, discarded_at=AT)


def leads_of(partition: int) -> Iterator[UUID]:
    """Lead ids whose events go to this partition of leads.lead."""
    return (lead for lead in map(_lead, count(1)) if shard_of(str(lead).encode(), LEAD.partitions) == partition)


def _lead(n: int) -> UUID:
    return UUID(int=n)


def team(name: str, version: int = 1) -> TeamDefined:
    """A state on a compacted stream."""
    return TeamDefined(id=name, name=name, pipeline="sales", version=version, defined_at=AT)
