"""Territory ordered leads to others: they go with all that is recorded of them, and nothing of it changes by that."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from chassis import Transaction
from contracts.leads.lead import RecordTransferred, TransferRefused
from contracts.territory.lead import LeadTransferred as Ordered
from leads.domain import lead as lifecycle
from leads.domain.lead import Entry, Lead
from leads.domain.place import settled
from leads.store import lead as leads
from leads.store import transfer as transfers
from leads.store.transfer import Item
from leads.use_cases import answers, rules
from leads.use_cases.place import hours_of

UNKNOWN, CHANGED = "unknown_lead", "content_changed"
Step = tuple[Ordered, Lead, Lead, Entry]


class _Differs(Exception):
    """What is recorded of these leads would not be the same."""

    def __init__(self, after: Mapping[UUID, str]) -> None:
        super().__init__()
        self.after = after


async def carry_out(orders: Sequence[Ordered], tx: Transaction) -> None:
    """Each lead goes once by each order, however often that is heard. One whose record would not stay as it is, stays where it is, and
    that is told; the others go."""
    before = await leads.load(tx, (one.lead_id for one in orders))
    done = await transfers.done(tx, before.keys())
    # An order upon an order of the same lead stands on what the first has made of it.
    waiting = [one for one in orders if (one.transfer_id, one.lead_id) not in done]
    while waiting:
        now = {one.lead_id: one for one in reversed(waiting)}
        waiting = [one for one in waiting if now[one.lead_id] is not one]
        await _together([one for one in orders if now.get(one.lead_id) is one], before, tx)
        if waiting:
            before = await leads.load(tx, (one.lead_id for one in waiting))


async def _together(orders: Sequence[Ordered], before: Mapping[UUID, Lead], tx: Transaction) -> None:
    was = await transfers.hashes(tx, [one.lead_id for one in orders])
    steps: list[Step] = []
    for one in orders:
        lead = before.get(one.lead_id, Lead())
        if one.lead_id not in was or not lead.known:
            _refuse(one, UNKNOWN, tx)
            continue
        after, entry = lifecycle.transferred(
            lead, one.decided_at, one.to_team, one.to_person, one.revision, str(one.transfer_id), one.cause, one.by
        )
        if entry is not None:
            steps.append((one, lead, after, entry))
    while steps:
        try:
            async with transfers.apart(tx):
                await _apply(steps, was, tx)
            break
        except _Differs as differs:
            for one, *_ in steps:
                if one.lead_id in differs.after:
                    _refuse(one, CHANGED, tx, was[one.lead_id], differs.after[one.lead_id])
            steps = [step for step in steps if step[0].lead_id not in differs.after]
    await answers.follow({one.lead_id: after for one, _, after, _ in steps}, tx)
    for one, lead, _, _ in steps:
        tx.emit(_told(one, lead, was[one.lead_id], tx), caused_by=one)


async def _apply(steps: Sequence[Step], was: Mapping[UUID, str], tx: Transaction) -> None:
    """All of them, or none: raises _Differs."""
    response, hours = await rules.response(tx), await hours_of((after for _, _, after, _ in steps), tx)
    changes = [
        leads.Change(one.lead_id, settled(lead, after, response, tx.now, hours[after.team]), [entry])
        for one, lead, after, entry in steps
    ]
    await leads.change(tx, changes)
    await transfers.hand_over(tx, [(one.lead_id, lead.assignee, one.to_person) for one, lead, _, _ in steps])
    now = await transfers.hashes(tx, [one.lead_id for one, *_ in steps])
    if differs := {lead_id: found for lead_id, found in now.items() if found != was[lead_id]}:
        raise _Differs(differs)
    items = [
        Item(one.transfer_id, one.lead_id, lead.team, lead.assignee, one.to_team, one.to_person, was[one.lead_id])
        for one, lead, _, _ in steps
    ]
    undone = [(one.undo_of, one.lead_id) for one, *_ in steps if one.undo_of]
    await transfers.keep(tx, items, undone)


def _told(order: Ordered, lead: Lead, content: str, tx: Transaction) -> RecordTransferred:
    return RecordTransferred(
        lead_id=order.lead_id,
        transfer_id=str(order.transfer_id),
        from_team=lead.team,
        from_person=lead.assignee,
        to_team=order.to_team,
        to_person=order.to_person,
        cause=order.cause,
        hash=content,
        undo=order.undo_of is not None,
        applied_at=tx.now,
    )


def _refuse(order: Ordered, code: str, tx: Transaction, before: str | None = None, after: str | None = None) -> None:
    tx.emit(
        TransferRefused(
            lead_id=order.lead_id,
            transfer_id=str(order.transfer_id),
            code=code,
            before=before,
            after=after,
            refused_at=tx.now,
        ),
        caused_by=order,
    )
