"""What is still owed in a lead that was merged is answered by whoever works the lead that goes on, whoever that comes to be."""

from collections.abc import Collection, Mapping
from uuid import UUID

from chassis import Transaction
from leads.domain.lead import Lead
from leads.store import merge as merges
from leads.store import request as requests
from leads.store.request import Kept
from leads.use_cases import request_events as to_events


async def follow(leads: Mapping[UUID, Lead], tx: Transaction) -> None:
    """These leads may have gone to others: what is owed in those that are worked as them goes along, and in one that is worked as
    another stays where it can be seen."""
    if concerned := [lead_id for lead_id, lead in leads.items() if lead.life.joined or lead.life.merged_into]:
        await tell(await merges.go_on(tx, concerned), tx)


async def tell(lead_ids: Collection[UUID], tx: Transaction) -> None:
    """Another answers what is open of these leads, as far as nobody was named for it."""
    offered([kept for kept in await owed(lead_ids, tx) if not kept.request.responder], tx)


async def owed(lead_ids: Collection[UUID], tx: Transaction) -> list[Kept]:
    """What is open of these leads, locked."""
    if not lead_ids:
        return []
    return [kept for kept in await requests.load(tx, lead_ids) if kept.request.state == "open"]


def offered(owed: Collection[Kept], tx: Transaction) -> None:
    """Says of each who is to answer, where somebody is and it is due some time."""
    by = tx.actor.principal if tx.actor.kind == "person" else None
    for kept in owed:
        if kept.responder and kept.request.due_at:
            tx.emit(to_events.offered(kept, by, tx.now))
