"""The contact of a lead that was set aside is kept as long as the reason's code says. Then it goes, and the lead's row stays."""

from collections.abc import Sequence
from uuid import UUID

from chassis import Transaction
from contracts.leads.lead import LeadForgotten
from leads.domain.lead import Lead, forgotten
from leads.store import files, keys, place, retention, search
from leads.store import lead as leads
from leads.use_cases.document import name_of, store_of
from leads.use_cases.search import words_of

AT_ONCE = 100


async def kept_long_enough(tx: Transaction) -> list[tuple[UUID, Lead]]:
    """Some of the leads whose contact is to go."""
    return await place.kept_long_enough(tx, AT_ONCE)


async def forget(kept: Sequence[tuple[UUID, Lead]], tx: Transaction) -> None:
    """Contact, words by which it is found, texts, names of documents and their files; and it is told. A file that goes before this
    transaction fails is one that the next turn does not find."""
    lead_ids = [lead_id for lead_id, _ in kept]
    sealed = await retention.sealed(tx, lead_ids)
    opened_by = await keys.known_person_keys(tx, {one.person_id for one in sealed})
    await search.drop(tx, {one.lead_id: words_of(one, opened_by) for one in sealed})
    documents = await retention.erase(tx, lead_ids)
    changes = []
    for lead_id, lead in kept:
        after, line = forgotten(lead, tx.now)
        assert line is not None
        changes.append(leads.Change(lead_id, after, [line]))
        tx.emit(LeadForgotten(lead_id=lead_id, cause=line["cause"], forgotten_at=tx.now))
    await leads.change(tx, changes)
    for lead_id, document_id in documents:
        await files.remove(store_of(tx), name_of(lead_id, document_id))
