"""The contact of a lead that was set aside is kept as long as the reason's code says. Then it goes, and the lead's row stays."""

from collections.abc import Collection
from uuid import UUID

from chassis import Transaction
from leads.store import files, keys, retention, search
from leads.use_cases.document import name_of, store_of
from leads.use_cases.search import words_of


async def erase(lead_ids: Collection[UUID], tx: Transaction) -> None:
    """Contact, words by which it is found, texts, names of documents and their files. A file that goes before this transaction fails is
    one that the next turn does not find."""
    if not lead_ids:
        return
    sealed = await retention.sealed(tx, lead_ids)
    opened_by = await keys.known_person_keys(tx, {one.person_id for one in sealed})
    await search.drop(tx, {one.lead_id: words_of(one, opened_by) for one in sealed})
    for lead_id, document_id in await retention.erase(tx, lead_ids):
        await files.remove(store_of(tx), name_of(lead_id, document_id))
