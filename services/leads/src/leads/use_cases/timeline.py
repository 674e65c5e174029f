"""What happened to a lead and what was done about it, the newest first."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

import asyncpg

from chassis import Transaction
from leads.store import lead as leads
from leads.store import timeline
from leads.use_cases.activity import NoSuchLead, texts_of
from leads.use_cases.list import bookmark, from_bookmark


@dataclass(frozen=True)
class Page:
    """Rows, the texts of those activities that who acts may read, and the cursor of the next page."""

    rows: Sequence[asyncpg.Record]
    texts: dict[UUID, str]
    after: str | None


async def read_timeline(
    lead_id: UUID, kinds: Sequence[str] | None, after: str | None, most: int, opens: bool, tx: Transaction
) -> Page:
    """At most so many. Reading texts is one look with the purpose ``read``.

    Raises NoSuchLead, WrongCursor and TooMany.
    """
    if not await leads.exists(tx, lead_id):
        raise NoSuchLead
    of = f"timeline of {lead_id}: {','.join(sorted(kinds or ()))}"
    rows = await timeline.page(tx, lead_id, kinds, from_bookmark(of, after, tx), most + 1)
    shown = rows[:most]
    texts = await texts_of(lead_id, shown, opens, tx)
    more = len(rows) > most
    return Page(shown, texts, bookmark(of, shown[-1]["at"], shown[-1]["key"], tx) if more else None)
