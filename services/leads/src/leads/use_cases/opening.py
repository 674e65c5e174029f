"""Somebody opens who leads are about: it is checked, written down, told, and only then shown."""

import contextlib
from collections.abc import Collection
from dataclasses import dataclass
from typing import cast
from uuid import UUID

from chassis import Transaction
from chassis.sealing import CannotOpen, open_bytes
from contracts.leads.audit import ContactOpened
from leads.domain.opening import IN_PASSING
from leads.domain.personal import Personal
from leads.settings import LeadsSettings
from leads.store import opening
from leads.store.opening import Box, Look
from leads.use_cases.personal import unpack


@dataclass(frozen=True)
class Opened:
    """What became of the leads that were asked for: those not ``known`` do not exist for who asked, those known and not ``allowed``
    he may not open, and of those allowed and not ``shown`` the person was forgotten. ``opening`` is under what the look is on
    record."""

    known: Collection[UUID]
    allowed: Collection[UUID]
    shown: dict[UUID, Personal]
    opening: UUID | None


async def open_contacts(lead_ids: Collection[UUID], purpose: str, tx: Transaction) -> Opened:
    """However many at once: it is one look, for one purpose, and an event for each lead.

    Raises TooMany, for whatever is asked for, before anything is looked at.
    """
    sealed, looks = await look_at(lead_ids, purpose, tx)
    shown = {}
    for lead_id, one in looks.items():
        if one.key is not None:
            # Somebody who was forgotten and came again has another key: what they wrote before stays closed.
            with contextlib.suppress(CannotOpen):
                shown[lead_id] = unpack(open_bytes(one.key, sealed[lead_id].ciphertext, lead_id.bytes))
    return Opened(sealed.keys(), looks.keys(), shown, next((one.opening for one in looks.values()), None))


async def keys_of(lead_ids: Collection[UUID], purpose: str, tx: Transaction) -> dict[UUID, bytes]:
    """The keys of whom these leads are about, for what else is sealed under them; that they were asked for is on record. Left out
    is who was forgotten and what who acts may not open. Raises TooMany before."""
    _, looks = await look_at(lead_ids, purpose, tx)
    return {lead_id: one.key for lead_id, one in looks.items() if one.key is not None}


async def look_at(
    lead_ids: Collection[UUID], purpose: str, tx: Transaction
) -> tuple[dict[UUID, Box], dict[UUID, Look]]:
    """What is sealed of those of these leads that exist for who acts here, and of those that he may open the keys: who has a key, to
    open or to seal by it, has looked, which is written down and told. Raises TooMany before."""
    recent = await opening.recent(tx, purpose)
    settings = cast(LeadsSettings, tx.settings)
    most = settings.pages_in_five_minutes if purpose in IN_PASSING else settings.contact_openings_per_hour
    is_last = recent.another(most)
    sealed = await opening.boxes(tx, lead_ids)
    looks = await opening.look(tx, sealed, purpose) if sealed else {}
    for lead_id, one in looks.items():
        if one.key is not None:
            tx.emit(_to_event(lead_id, one, purpose, is_last, tx))
    return sealed, looks


def _to_event(lead_id: UUID, look: Look, purpose: str, is_last: bool, tx: Transaction) -> ContactOpened:
    return ContactOpened(
        opening=look.opening,
        lead_id=lead_id,
        team=look.team,
        person=tx.actor.principal,
        on_behalf_of=look.on_behalf_of or None,
        purpose=purpose,
        grant_kind=look.grant_kind,
        reference=look.reference,
        limit_reached=is_last,
        opened_at=look.at,
    )
