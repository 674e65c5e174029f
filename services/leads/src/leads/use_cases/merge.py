"""One lead is merged into another of the same demand, and taken out again. What is recorded of each stays its own."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from chassis import Transaction
from contracts.leads.lead import LeadMerged, LeadUnmerged
from leads.domain import merge as life
from leads.domain.lead import Lead, entry
from leads.store import request as requests
from leads.store.request import Kept
from leads.use_cases import hand, request
from leads.use_cases.hand import NoSuchLead, Seen, Taken, Unread, keep_all


class NoSuchOther(Exception):
    """The lead that it is to be merged into does not exist for who acts."""


async def merge(lead_id: UUID, into: UUID, seen: Seen, qualifies: bool, tx: Transaction) -> Lead:
    """It is worked as the other one from now on. What customers are owed stays owed by its own clock, and whoever has the other lead is
    to answer.

    Raises NoSuchLead, NoSuchOther, MayNot, NotSo, Unread and Changed.
    """
    one, other = await _take(lead_id, into, seen, qualifies, tx)
    life.check_merge(one.lead, other.lead)
    owed = await _open(lead_id, tx)
    responders = {kept.request.n: kept.request.responder for kept in owed}
    after, step = life.merged(one.lead, tx.now, into, responders, one.hand)
    assert step is not None
    joined = entry(life.JOINED, tx.now, lead=str(lead_id), **other.hand.named)
    after, _ = await keep_all([(one, after, [step]), (other, other.lead, [joined])], tx)
    for kept in owed if other.lead.assignee else ():
        await request.offer(kept, other.lead.assignee, tx)
    tx.emit(LeadMerged(lead_id=lead_id, into=into, merged_at=tx.now, **_by(one)))
    return after


async def unmerge(lead_id: UUID, seen: Seen, qualifies: bool, tx: Transaction) -> Lead:
    """It stands by itself again, and who had to answer what is still open has to again.

    Raises NoSuchLead, NoSuchOther, MayNot, NotSo, Unread and Changed.
    """
    there, _ = await hand.look(lead_id, qualifies, tx)
    one, other = await _take(lead_id, there.life.merged_into or lead_id, seen, qualifies, tx)
    after, step = life.unmerged(one.lead, tx.now, one.hand)
    assert step is not None
    parted = entry(life.PARTED, tx.now, lead=str(lead_id), **other.hand.named)
    after, _ = await keep_all([(one, after, [step]), (other, other.lead, [parted])], tx)
    before = one.lead.life.responders
    for kept in await _open(lead_id, tx):
        if (n := str(kept.request.n)) in before:
            await request.offer(kept, before[n], tx)
    tx.emit(LeadUnmerged(lead_id=lead_id, from_lead=other.lead_id, unmerged_at=tx.now, **_by(one)))
    return after


async def _take(lead_id: UUID, other: UUID, seen: Seen, qualifies: bool, tx: Transaction) -> tuple[Taken, Taken]:
    """Both, locked in the order of their ids. How the other one stands nobody has to have read."""
    taken, refused = await hand.take_all({other: Seen(None), lead_id: seen}, life.check_hand, qualifies, tx)
    if lead_id in refused:
        raise refused[lead_id]
    if seen.version is None:
        raise Unread
    if other in refused:
        raise NoSuchOther if isinstance(refused[other], NoSuchLead) else refused[other]
    return taken[lead_id], taken[other]


async def _open(lead_id: UUID, tx: Transaction) -> list[Kept]:
    return [kept for kept in await requests.load(tx, [lead_id]) if kept.request.state == "open"]


def _by(taken: Taken) -> Mapping[str, Any]:
    return {"by": taken.hand.person, "on_behalf_of": taken.hand.on_behalf_of}
