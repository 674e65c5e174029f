"""Places of leads that were written before lists asked for them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
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
_NAMES = ", ".join(FILLED)
_FILL = f"""
update lead_place p set place = f.place, {", ".join(f"{name} = coalesce(p.{name}, f.{name})" for name in FILLED)}
from (select lead_id, place, {_NAMES} from json_populate_recordset(null::lead_place, $1::json)) f where p.lead_id = f.lead_id
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


async def fill(tx: Transaction, places: Sequence[tuple[UUID, Place, Mapping[str, Any]]]) -> None:
    """Writes where these are; nothing else of them is changed."""
    rows = [{"lead_id": lead_id, "place": place, **listed(about)} for lead_id, place, about in places]
    await tx.conn.execute(_FILL, to_json(rows).decode())
