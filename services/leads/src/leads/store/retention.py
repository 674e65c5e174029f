"""Whom leads were about that were set aside, until it is kept no longer."""

from collections.abc import Collection
from uuid import UUID

from chassis import Transaction
from leads.store.search import Unfound

_SEALED = "select lead_id, person_id, personal, captured_at from lead where lead_id = any($1)"
_ERASE = (
    "update lead set personal = '' where lead_id = any($1)",
    "update activity set box = null where lead_id = any($1) and box is not null",
    "update request set box = null where lead_id = any($1) and box is not null",
    "update document set name = null where lead_id = any($1) and name is not null",
)
_FILES = "select lead_id, document_id from document where lead_id = any($1)"


async def sealed(tx: Transaction, lead_ids: Collection[UUID]) -> list[Unfound]:
    """Whom these leads are about, sealed."""
    return [Unfound(*row) for row in await tx.conn.fetch(_SEALED, list(lead_ids))]


async def erase(tx: Transaction, lead_ids: Collection[UUID]) -> list[tuple[UUID, UUID]]:
    """Nothing that says whom these leads were about is on record any more; which documents' files are to go too, by lead and document."""
    for statement in _ERASE:
        await tx.conn.execute(statement, list(lead_ids))
    return [tuple(row) for row in await tx.conn.fetch(_FILES, list(lead_ids))]
