"""Intake keys come and go."""

from datetime import timedelta
from typing import cast

from chassis import Transaction
from leads.settings import LeadsSettings
from leads.store import keys


async def rotate_intake_keys(tx: Transaction) -> None:
    """Destroys the intake keys whose submissions the topic has forgotten; the door makes the next one when it needs it."""
    told = cast(LeadsSettings, tx.settings)
    await keys.destroy_intake_keys(tx, timedelta(days=told.intake_key_kept_days))


async def current_intake_key(tx: Transaction) -> tuple[str, bytes]:
    """The key under which the door seals now."""
    return await keys.current_intake_key(tx, timedelta(days=cast(LeadsSettings, tx.settings).intake_key_days))
