"""What this service listens to."""

from collections.abc import Sequence

from chassis import Router, Transaction
from contracts.campaigns.campaign import CAMPAIGN, CampaignPlanned
from contracts.leads.intake import INTAKE, LeadSubmitted, OutcomeReported
from contracts.territory.lead import LEAD as TERRITORY_LEAD
from contracts.territory.lead import LeadAssigned, LeadRouted, LeadUnassigned, LeadUnroutable
from contracts.territory.structure import STRUCTURE, UnitDefined
from leads.use_cases import campaign, intake, opportunity, unit

router = Router("leads")


@router.on(CAMPAIGN, idempotent=True)
async def on_campaigns_campaign(events: Sequence[CampaignPlanned], tx: Transaction) -> None:
    """A campaign that is planned is a campaign that leads may name."""
    await campaign.note_campaigns(events, tx)


@router.on(INTAKE)
async def on_leads_intake(events: Sequence[LeadSubmitted | OutcomeReported], tx: Transaction) -> None:
    """Submissions and reported outcomes."""
    await intake.take_in(events, tx)


@router.on(TERRITORY_LEAD, idempotent=True)
async def on_territory_lead(
    events: Sequence[LeadRouted | LeadAssigned | LeadUnassigned | LeadUnroutable], tx: Transaction
) -> None:
    """Whose the lead is."""
    await opportunity.follow_decisions(events, tx)


@router.on(STRUCTURE, idempotent=True)
async def on_territory_structure(events: Sequence[UnitDefined], tx: Transaction) -> None:
    """How the company is made up, for lists of a unit with all below it."""
    await unit.note_units(events, tx)
