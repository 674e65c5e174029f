"""What this service listens to."""

from collections.abc import Sequence

from chassis import Router, Transaction
from contracts.leads.lead import LEAD, LeadQualified
from territory.use_cases import routing

router = Router("territory")


@router.on(LEAD, idempotent=True)
async def on_leads_lead(events: Sequence[LeadQualified], tx: Transaction) -> None:
    """A qualified lead is due a team, and if it may buy soon, a person."""
    await routing.route_leads(events, tx)
