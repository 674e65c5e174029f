"""What this service listens to."""

from collections.abc import Sequence

from chassis import Router, Transaction
from contracts.campaigns.campaign import CAMPAIGN, CampaignPlanned
from contracts.campaigns.ledger import LEDGER, LedgerPosted
from contracts.leads.lead import (
    LEAD,
    LeadCaptured,
    LeadClosed,
    LeadDiscarded,
    LeadQualified,
    LeadReopened,
    LeadRestored,
    LeadReturned,
    RecordTransferred,
)
from contracts.leads.request import (
    REQUEST,
    RequestAnswered,
    RequestBreached,
    RequestCancelled,
    RequestCorrected,
    RequestReceived,
    RequestReopened,
)
from contracts.territory.lead import LEAD as TERRITORY_LEAD
from contracts.territory.lead import LeadAssigned, LeadRouted, LeadTransferred, LeadUnassigned, LeadUnroutable
from metrics.use_cases import leads, spend

router = Router("metrics")


@router.on(LEAD, *leads.counted_steps(LEAD), idempotent=True)
async def on_leads_lead(
    events: Sequence[
        LeadCaptured
        | LeadQualified
        | LeadDiscarded
        | LeadClosed
        | LeadReopened
        | LeadRestored
        | LeadReturned
        | RecordTransferred
    ],
    tx: Transaction,
) -> None:
    """Leads were captured, judged, set aside, won or lost, and what came of that later; they were given back, and have changed hands."""
    await leads.count_leads(events, tx)


@router.on(REQUEST, *leads.counted_steps(REQUEST), idempotent=True)
async def on_leads_request(
    events: Sequence[
        RequestReceived | RequestBreached | RequestAnswered | RequestCorrected | RequestReopened | RequestCancelled
    ],
    tx: Transaction,
) -> None:
    """Customers are owed answers, have them, or were kept waiting too long."""
    await leads.count_leads(events, tx)


@router.on(TERRITORY_LEAD, *leads.counted_steps(TERRITORY_LEAD), idempotent=True)
async def on_territory_lead(
    events: Sequence[LeadRouted | LeadUnroutable | LeadAssigned | LeadUnassigned | LeadTransferred], tx: Transaction
) -> None:
    """Leads were given to segments, teams and salespersons, or could not be, or were moved by an order."""
    await leads.count_leads(events, tx)


@router.on(CAMPAIGN, idempotent=True)
async def on_campaigns_campaign(events: Sequence[CampaignPlanned], tx: Transaction) -> None:
    """Campaigns were planned for a channel and a segment."""
    await spend.place_campaigns(events, tx)


@router.on(LEDGER, idempotent=True)
async def on_campaigns_ledger(events: Sequence[LedgerPosted], tx: Transaction) -> None:
    """Budget lines were posted to."""
    await spend.count_spend(events, tx)
