"""Sealed contacts: does each open, at its own lead, under its person's key? Who is in them stays in memory."""

import json
from base64 import urlsafe_b64decode
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from chassis.sealing import CannotOpen, derive, open_bytes
from leads.domain.personal import Personal
from leads.use_cases.personal import unpack

AT_ONCE = 2_000
_BOXES = """
select l.lead_id, l.person_id, l.personal, p.person_id is not null as known,
    case when not coalesce((o.later ->> 'forgotten')::boolean, false) then p.wrapped_key end as wrapped_key,
    jsonb_path_query_array(coalesce(o.outcomes, '[]'), '$[*].note ? (!exists(@.key)).box')::text as notes
from lead l left join person p using (person_id) left join lead_place o using (lead_id)
"""
_INTAKE_KEYS = "select name, wrapped_key from intake_key"
# What may be asked without the master key: no key, no box.
_WITHOUT = """
select l.lead_id, l.person_id, null::bytea, p.person_id is not null, ''::bytea, '[]'
from lead l left join person p using (person_id)
"""

Found = Callable[[str, Personal], None]


@dataclass
class Boxes:
    """What is wrong with a lead's sealed contact, by lead; the intake keys that there are; of how many leads the person was
    forgotten.

    ``opened`` is None where the master key is not here: then only what is missing is seen, and not what does not open.
    """

    faults: dict[str, str] = field(default_factory=dict)
    intake_keys: set[str] = field(default_factory=set)
    key_faults: dict[str, str] = field(default_factory=dict)
    opened: int | None = 0
    forgotten: int = 0


async def read_boxes(connection: Any, master: bytes | None, found: Found = lambda lead, who: None) -> Boxes:
    """Opens every box, a few thousand at a time, and hands over who is in it."""
    boxes = Boxes(opened=0 if master else None)
    wrapping = derive(master, "persons") if master else b""
    keys: dict[UUID, bytes] = {}
    async for lead_id, person_id, box, known, wrapped, notes in connection.cursor(
        _BOXES if master else _WITHOUT, prefetch=AT_ONCE
    ):
        if known and wrapped is None:
            boxes.forgotten += 1
        elif not known:
            boxes.faults[str(lead_id)] = "its person has no key, and was not forgotten"
        elif master:
            try:
                key = keys.get(person_id) or keys.setdefault(person_id, open_bytes(wrapping, wrapped, person_id.bytes))
            except CannotOpen:
                boxes.faults[str(lead_id)] = "its person's key does not open"
                continue
            try:
                found(str(lead_id), unpack(open_bytes(key, box, lead_id.bytes)))
                boxes.opened = (boxes.opened or 0) + 1
            except (CannotOpen, ValueError, TypeError):
                boxes.faults[str(lead_id)] = "its sealed contact does not open under its person's key at this lead"
                continue
            if notes != "[]" and not _notes_open(key, lead_id.bytes, json.loads(notes)):
                boxes.faults[str(lead_id)] = "the sealed note of an outcome does not open"
    await _intake_keys(connection, master, boxes)
    return boxes


def _notes_open(key: bytes, lead: bytes, notes: list[str]) -> bool:
    """What was written for an outcome's reason; an empty box says that its key was gone before it came."""
    try:
        for note in notes:
            if note:
                open_bytes(key, urlsafe_b64decode(note), lead)
    except (CannotOpen, ValueError):
        return False
    return True


async def _intake_keys(connection: Any, master: bytes | None, boxes: Boxes) -> None:
    wrapping = derive(master, "intake") if master else b""
    for name, wrapped in await connection.fetch(_INTAKE_KEYS if master else "select name, null from intake_key"):
        boxes.intake_keys.add(name)
        try:
            if master:
                open_bytes(wrapping, wrapped, name.encode())
        except CannotOpen:
            boxes.key_faults[name] = "does not open under the master key"
