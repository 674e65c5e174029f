"""Places of leads that were written before lists asked for them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic_core import to_json

from chassis import Transaction
from leads.domain.lead import Lead
from leads.domain.place import Place
from leads.store.lead import FILLED, lead_of, listed

_UNFILLED = """
select p.*, l.about from lead_place p left join lead l using (lead_id) where p.place is null
order by lead_id limit $1 for update of p skip locked
"""
# Whoever holds a row is at it: it is left to him, and looked at again at the next turn.
_OVERDUE = """
select now() as now, p.* from lead_place p where next_at <= now() and place is distinct from 'discarded'
order by next_at, lead_id limit $1 for update skip locked
"""
# Of what was set aside the next time is when its contact goes.
_KEPT_LONG_ENOUGH = """
select p.* from lead_place p where next_at <= now() and place = 'discarded'
order by next_at, lead_id limit $1 for update skip locked
"""
_NAMES = ", ".join(FILLED)
_FILL = f"""
update lead_place p set place = f.place, due_at = coalesce(p.due_at, f.due_at), next_at = coalesce(p.next_at, f.next_at),
    {", ".join(f"{name} = coalesce(p.{name}, f.{name})" for name in FILLED)}
from (select lead_id, place, due_at, next_at, {_NAMES} from json_populate_recordset(null::lead_place, $1::json)) f where p.lead_id = f.lead_id
"""  # noqa: S608 - names of columns


@dataclass(frozen=True)
class Unfilled:
    """A lead without a place, and what it is about where it is on record."""

    lead_id: UUID
    lead: Lead
    about: Mapping[str, Any]


async def unfilled(tx: Transaction, most: int) -> list[Unfilled]:
    """So many of them, locked."""
    rows = await tx.conn.fetch(_UNFILLED, most)
    return [Unfilled(row["lead_id"], lead_of(row), row["about"] or {}) for row in rows]


async def fill(tx: Transaction, places: Sequence[tuple[UUID, Place, Lead, Mapping[str, Any]]]) -> None:
    """Writes where these are and by when somebody is due to take them; nothing else of them is changed."""
    rows = [
        {"lead_id": lead_id, "place": place, "due_at": lead.due_at, "next_at": lead.next_at, **listed(about)}
        for lead_id, place, lead, about in places
    ]
    await tx.conn.execute(_FILL, to_json(rows).decode())


async def overdue(tx: Transaction, most: int) -> tuple[list[tuple[UUID, Lead]], datetime]:
    """So many of the leads that nobody took by their time, the longest overdue first, locked; and what time it is."""
    rows = await tx.conn.fetch(_OVERDUE, most)
    return [(row["lead_id"], lead_of(row)) for row in rows], rows[0]["now"] if rows else tx.now


async def kept_long_enough(tx: Transaction, most: int) -> list[tuple[UUID, Lead]]:
    """So many of the leads that were set aside and whose contact is kept no longer, locked."""
    return [(row["lead_id"], lead_of(row)) for row in await tx.conn.fetch(_KEPT_LONG_ENOUGH, most)]
