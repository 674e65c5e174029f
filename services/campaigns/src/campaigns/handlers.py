"""What this service listens to."""

from collections.abc import Sequence

from campaigns.use_cases import ledger
from chassis import Router, Transaction
from contracts.campaigns.spend import SPEND, SpendReported

router = Router("campaigns")


@router.on(SPEND, idempotent=True)
async def on_campaigns_spend(events: Sequence[SpendReported], tx: Transaction) -> None:
    """Money was spent."""
    await ledger.count_spends(events, tx)
