"""Which campaigns there are, so that a lead's campaign can be recognised."""

from collections.abc import Sequence

from chassis import Transaction
from contracts.campaigns.campaign import CampaignPlanned
from leads.store import campaign as campaigns


async def note_campaigns(events: Sequence[CampaignPlanned], tx: Transaction) -> None:
    """Remembers the campaigns' names."""
    await campaigns.note(tx, (e.campaign for e in events))
