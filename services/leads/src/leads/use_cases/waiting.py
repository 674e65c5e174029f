"""Outcomes whose leads never come."""

from collections.abc import Sequence
from datetime import timedelta
from typing import cast

from chassis import EventMetadata, Transaction, parking
from chassis.transaction import shard_of
from contracts.leads.intake import INTAKE, OutcomeReported
from leads.settings import LeadsSettings
from leads.store import outcome as outcomes

AT_ONCE = 1000
CAUSE = "its lead never came"


async def late_outcomes(tx: Transaction) -> list[outcomes.Late]:
    """Some of the outcomes that have waited for their lead too long."""
    days = cast(LeadsSettings, tx.settings).waiting_outcome_days
    return await outcomes.late(tx, tx.now - timedelta(days=days), AT_ONCE)


async def park_late_outcomes(late: Sequence[outcomes.Late], tx: Transaction) -> None:
    """They are parked, where somebody sees them."""
    await parking.store(tx, [_parked(one) for one in late])
    await outcomes.drop(tx, late)


def _parked(late: outcomes.Late) -> parking.Parked:
    event = OutcomeReported.model_validate({"lead_id": late.lead_id, **late.outcome})
    key = str(late.lead_id).encode()
    metadata = EventMetadata(
        topic=INTAKE.topic,
        partition=shard_of(key, INTAKE.partitions),
        offset=-1,  # the topic has forgotten where it was
        at=late.reported_at,
        id=late.event_id,
        type=event.type,
        key=key,
        traceparent="",
        actor=late.outcome.get("by", ""),
    )
    return parking.Parked.of_event(event, metadata, CAUSE, f"reported {late.reported_at:%Y-%m-%d}")
