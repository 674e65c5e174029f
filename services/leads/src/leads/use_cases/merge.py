"""One lead is merged into another of the same demand, and taken out again. What is recorded of each stays its own."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

from chassis import Transaction
from contracts.leads.lead import LeadMerged, LeadUnmerged
from leads.domain import merge as life
from leads.domain.lead import Entry, Lead
from leads.store import merge as merges
from leads.store import request as requests
from leads.use_cases import answers, hand
from leads.use_cases.hand import NoSuchLead, Seen, Taken, Unread, keep_all


class NoSuchOther(Exception):
    """The lead that it is to be merged into does not exist for who acts."""


async def merge(lead_id: UUID, into: UUID, seen: Seen, qualifies: bool, tx: Transaction) -> Lead:
    """It is worked as the other one from now on. What customers are owed stays owed by its own clock, and whoever has the other lead is
    to answer.

    Raises NoSuchLead, NoSuchOther, MayNot, NotSo, Missing, Unread and Changed.
    """
    one, other = await _take(lead_id, into, seen, qualifies, tx)
    life.check_merge(one.lead, other.lead)
    responders = {kept.request.n: kept.request.responder for kept in await answers.owed([lead_id], tx)}
    after, step = life.merged(one.lead, tx.now, into, responders, one.hand)
    going_on, joined = life.joined(other.lead, lead_id, tx.now, other.hand)
    assert step is not None
    assert joined is not None
    steps = [(one, after, [step]), (other, going_on, [joined])]
    after = await _answered_by(lead_id, dict.fromkeys(responders), steps, tx)
    tx.emit(LeadMerged(lead_id=lead_id, into=into, merged_at=tx.now, **_by(one)))
    return after


async def unmerge(lead_id: UUID, seen: Seen, qualifies: bool, tx: Transaction) -> Lead:
    """It stands by itself again, and who had to answer what is still open has to again.

    Raises NoSuchLead, NoSuchOther, MayNot, NotSo, Unread and Changed.
    """
    there, _ = await hand.look(lead_id, qualifies, tx)
    one, other = await _take(lead_id, there.life.merged_into or lead_id, seen, qualifies, tx)
    after, step = life.unmerged(one.lead, tx.now, one.hand)
    going_on, parted = life.parted(other.lead, lead_id, tx.now, other.hand)
    assert step is not None
    assert parted is not None
    before = {int(n): who for n, who in one.lead.life.responders.items()}
    after = await _answered_by(lead_id, before, [(one, after, [step]), (other, going_on, [parted])], tx)
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


async def _answered_by(
    lead_id: UUID,
    named: Mapping[int, str | None],
    steps: Sequence[tuple[Taken, Lead, Sequence[Entry]]],
    tx: Transaction,
) -> Lead:
    """Both as they stand now, and who answers what is open of the one, and of those that are worked as it: whoever is ``named``, by
    numbers, else whoever works it."""
    owed = await answers.owed([lead_id], tx)
    before = {kept.request.n: kept.responder for kept in owed}
    one, _ = await keep_all(steps, tx)
    await merges.stand(tx, lead_id)
    changed = [replace(kept.request, responder=named.get(kept.request.n, kept.request.responder)) for kept in owed]
    await requests.save(tx, [(lead_id, request) for request in changed])
    moved = await merges.go_on(tx, [lead_id])
    await answers.tell(moved - {lead_id}, tx)
    after = await answers.owed([lead_id], tx)
    answers.offered([kept for kept in after if kept.responder != before[kept.request.n]], tx)
    return one


def _by(taken: Taken) -> Mapping[str, Any]:
    return {"by": taken.hand.person, "on_behalf_of": taken.hand.on_behalf_of}
