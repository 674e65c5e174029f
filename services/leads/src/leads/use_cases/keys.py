"""Intake keys come and go."""

from datetime import timedelta
from typing import cast

from chassis import Transaction, parking
from contracts.leads.intake import LeadSubmitted
from leads.settings import LeadsSettings
from leads.store import keys


async def rotate_intake_keys(tx: Transaction) -> None:
    """Destroys the intake keys whose submissions the topic has forgotten, and every replica forgets what it knew of them; the
    door makes the next one when it needs it.

    While a submission stands parked its key stays, and every later one, because they follow from it: it can be replayed
    however long that takes. Replaying or discarding it lets the keys go.
    """
    settings = cast(LeadsSettings, tx.settings)
    waiting = await parking.oldest_waiting(tx, LeadSubmitted.event_type())
    since = min(tx.now, waiting) if waiting else tx.now
    await keys.destroy_intake_keys(tx, since - timedelta(days=settings.intake_key_kept_days))


async def current_intake_key(tx: Transaction) -> tuple[str, bytes]:
    """The key under which the door seals now."""
    return await keys.current_intake_key(tx, timedelta(days=cast(LeadsSettings, tx.settings).intake_key_days))
