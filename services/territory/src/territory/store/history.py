"""What was ever changed of the organisation."""

from typing import Any

from sqlalchemy import select

from chassis import Transaction
from chassis.query import fetch
from territory.store.organisation_tables import ORGANISATION_CHANGE


async def changes(tx: Transaction, item: str | None, before: int, most: int) -> list[dict[str, Any]]:
    """Changes older than this one, the newest first, of all or of one thing."""
    table = ORGANISATION_CHANGE
    asked = select(table).where(table.c.n < before).order_by(table.c.n.desc()).limit(most)
    return [dict(row) for row in await fetch(tx.conn, asked if item is None else asked.where(table.c.item == item))]
