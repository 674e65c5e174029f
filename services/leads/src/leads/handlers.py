"""What this service listens to."""

from collections.abc import Sequence
from itertools import groupby

from chassis import Router, Transaction
from contracts.campaigns.campaign import CAMPAIGN, CampaignPlanned
from contracts.leads.intake import INTAKE, LeadSubmitted, OutcomeReported
from contracts.territory.calendar import CALENDAR, CalendarPublished
from contracts.territory.lead import LEAD as TERRITORY_LEAD
from contracts.territory.lead import LeadAssigned, LeadRouted, LeadTransferred, LeadUnassigned, LeadUnroutable
from contracts.territory.structure import STRUCTURE, PipelinePublished, UnitDefined
from leads.use_cases import calendar, campaign, intake, opportunity, stage, transfer, unit

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
    events: Sequence[LeadRouted | LeadAssigned | LeadUnassigned | LeadUnroutable | LeadTransferred], tx: Transaction
) -> None:
    """Whose the lead is, by a decision or by an order, in the order in which it was told."""
    for ordered, some in groupby(events, lambda event: isinstance(event, LeadTransferred)):
        if ordered:
            await transfer.carry_out([event for event in some if isinstance(event, LeadTransferred)], tx)
        else:
            await opportunity.follow_decisions([e for e in some if not isinstance(e, LeadTransferred)], tx)


@router.on(STRUCTURE, idempotent=True)
async def on_territory_structure(events: Sequence[UnitDefined | PipelinePublished], tx: Transaction) -> None:
    """How the company is made up, for lists of a unit with all below it; and the stages of each sales line."""
    if units := [event for event in events if isinstance(event, UnitDefined)]:
        await unit.note_units(units, tx)
    if pipelines := [event for event in events if isinstance(event, PipelinePublished)]:
        await stage.note_pipelines(pipelines, tx)


@router.on(CALENDAR, idempotent=True)
async def on_territory_calendar(events: Sequence[CalendarPublished], tx: Transaction) -> None:
    """When people work, for what is due in working time."""
    await calendar.note_calendars(events, tx)
