"""What was typed for an outcome's reason: sealed by the door, sealed anew under the person's own key, forgotten with it."""

from base64 import urlsafe_b64encode
from collections.abc import Mapping, Sequence
from dataclasses import replace
from uuid import UUID

from chassis import Transaction
from chassis.sealing import seal_bytes, unseal
from contracts.event import Sealed
from leads.domain.lead import Note, Outcome
from leads.store import keys
from leads.store import lead as leads

UNREADABLE = Note("")  # its key is gone: with the person, or with the door's key while it waited


async def reseal(
    tx: Transaction, outcomes: Sequence[tuple[UUID, Outcome]], sealing_keys: Mapping[UUID, bytes]
) -> list[tuple[UUID, Outcome]]:
    """The outcomes with their notes under the keys of their leads' persons; ``sealing_keys`` are those known so far, by lead."""
    noted = [(lead_id, one.note) for lead_id, one in outcomes if one.note and one.note.key]
    if not noted:
        return list(outcomes)
    door_keys = await keys.intake_keys(tx, (note.key for _, note in noted if note.key))
    persons = await leads.persons(tx, (i for i, _ in noted if i not in sealing_keys))
    known = await keys.known_person_keys(tx, persons.values())
    by_lead = {i: known[person] for i, person in persons.items() if person in known} | dict(sealing_keys)
    return [(i, replace(one, note=_moved(i, one.note, door_keys, by_lead)) if one.note else one) for i, one in outcomes]


def _moved(lead_id: UUID, note: Note, door_keys: Mapping[str, bytes], by_lead: Mapping[UUID, bytes]) -> Note:
    if note.key is None:
        return note
    if note.key not in door_keys or lead_id not in by_lead:
        return UNREADABLE
    text = unseal(Sealed(key=note.key, box=note.box), door_keys[note.key], lead_id.bytes)
    return Note(urlsafe_b64encode(seal_bytes(by_lead[lead_id], text, lead_id.bytes)).decode())
