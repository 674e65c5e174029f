"""What this service listens to."""

from collections.abc import Sequence

from chassis import Router, Transaction
from contracts.leads.lead import (
    LEAD,
    LeadClosed,
    LeadDiscarded,
    LeadMerged,
    LeadQualified,
    LeadReopened,
    LeadRestored,
    LeadReturned,
    LeadUnclaimed,
    LeadUnmerged,
    RecordTransferred,
    TransferRefused,
)
from territory.use_cases import routing

router = Router("territory")


@router.on(LEAD, idempotent=True)
async def on_leads_lead(
    events: Sequence[
        LeadQualified
        | LeadReturned
        | LeadClosed
        | LeadDiscarded
        | LeadReopened
        | LeadRestored
        | LeadUnclaimed
        | LeadMerged
        | LeadUnmerged
        | RecordTransferred
        | TransferRefused
    ],
    tx: Transaction,
) -> None:
    """A qualified lead is due a team, and if it may buy soon, a person; what becomes of it later may change that."""
    await routing.follow_leads(events, tx)
