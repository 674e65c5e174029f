"""Outcomes whose leads never come."""

from datetime import timedelta
from typing import cast

from chassis import EventMetadata, Transaction, parking
from chassis.transaction import shard_of
from contracts.leads.intake import INTAKE, OutcomeReported
from leads.settings import LeadsSettings
from leads.store import outcome as outcomes

AT_ONCE = 1000
CAUSE = "its lead never came"


async def park_late_outcomes(tx: Transaction) -> None:
    """An outcome that has waited for its lead too long is parked, where somebody sees it: some of them at each turn."""
    days = cast(LeadsSettings, tx.settings).waiting_outcome_days
    late = await outcomes.take_late(tx, tx.now - timedelta(days=days), AT_ONCE)
    await parking.store(tx, [_parked(one) for one in late])


def _parked(late: outcomes.Late) -> parking.Parked:
    event = OutcomeReported.model_validate({"lead_id": late.lead_id, **late.outcome})
    key = str(late.lead_id).encode()
    heard = EventMetadata(
        topic=INTAKE.topic,
        partition=shard_of(INTAKE, key),
        offset=-1,  # the topic has forgotten where it was
        at=late.reported_at,
        id=late.event_id,
        type=event.type,
        key=key,
        traceparent="",
        actor=late.outcome.get("by", ""),
    )
    return parking.Parked.of_event(event, heard, CAUSE, f"reported {late.reported_at:%Y-%m-%d}")
