"""The territory service decided whose a lead is: the lead's record follows."""

from collections import defaultdict
from collections.abc import Sequence
from uuid import UUID

from chassis import Transaction
from contracts.leads.lead import OpportunityOpened
from contracts.territory.lead import LeadAssigned, LeadRouted, LeadUnassigned, LeadUnroutable
from leads.domain import lead as lifecycle
from leads.domain.lead import Entry, Lead, Transition
from leads.domain.place import place_of, settled
from leads.store import lead as leads
from leads.use_cases import rules

Decision = LeadRouted | LeadAssigned | LeadUnassigned | LeadUnroutable


_STANDS = {"qualification": "qualification", "nurture": "nurture"}


async def follow_decisions(events: Sequence[Decision], tx: Transaction) -> None:
    """Opens the opportunity in its team's pipeline, names its assignee, or writes down why there is none."""
    before = await leads.load(tx, (e.lead_id for e in events))
    current = dict(before)
    added: dict[UUID, list[Entry]] = defaultdict(list)
    for event in events:
        lead, entry = _step(current.get(event.lead_id, Lead()), event)
        current[event.lead_id] = lead
        if entry is None:
            continue
        added[event.lead_id].append(entry)
        if isinstance(event, LeadRouted):
            tx.emit(
                OpportunityOpened(
                    lead_id=event.lead_id,
                    team=event.team,
                    pipeline=event.pipeline,
                    opened_at=event.routed_at,
                    stands=_STANDS.get(place_of(lead), "opportunity"),
                    segment=event.segment,
                ),
                caused_by=event,
            )
    response = await rules.response(tx)
    await leads.save(
        tx,
        [
            leads.Change(i, settled(before.get(i, Lead()), current[i], response, tx.now), entries)
            for i, entries in added.items()
        ],
    )


def _step(lead: Lead, event: Decision) -> Transition:
    match event:
        case LeadRouted():
            return lifecycle.opened(lead, event.routed_at, event.segment, event.team, event.pipeline, event.revision)
        case LeadAssigned():
            return lifecycle.assigned(lead, event.assigned_at, event.team, event.person, event.revision)
        case LeadUnassigned() | LeadUnroutable():
            return lifecycle.left_open(lead, event.decided_at, event.reason, event.revision)
