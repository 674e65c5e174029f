"""The territory service decided whose a lead is: the lead's record follows."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from prometheus_client import Histogram

from chassis import Transaction
from chassis.telemetry import REGISTRY, observe_all
from contracts.leads.lead import OpportunityOpened
from contracts.territory.lead import LeadAssigned, LeadRouted, LeadUnassigned, LeadUnroutable
from leads.domain import lead as lifecycle
from leads.domain.lead import Entry, Lead, Transition
from leads.store import lead as leads

TO_ASSIGNED = Histogram(
    "lead_assigned_seconds",
    "From the moment a lead was taken in to its first assignee on its record.",
    registry=REGISTRY,
    buckets=(0.05, 0.1, 0.2, 0.4, 0.7, 1, 2, 5, 30, 300, 3600),
)
Decision = LeadRouted | LeadAssigned | LeadUnassigned | LeadUnroutable


async def follow_decisions(events: Sequence[Decision], tx: Transaction) -> None:
    """Opens the opportunity in its team's pipeline, names its assignee, or writes down why there is none."""
    current = await leads.load(tx, (e.lead_id for e in events))
    added: dict[UUID, list[Entry]] = defaultdict(list)
    decided = await leads.decided_at(tx, current)
    took: list[float] = []
    for event in events:
        # Each decision is one moment and says all that it decides, so nothing of one before it stands, heard late or once more.
        if (at := _moment(event)) < decided.get(event.lead_id, at):
            continue
        before = current.get(event.lead_id, Lead())
        lead, entry = _step(before, event)
        current[event.lead_id] = lead
        if before.captured_at and lead.assigned_at and not before.assigned_at:
            took.append(max(0.0, (tx.now - before.captured_at).total_seconds()))
        if entry is None:
            continue
        added[event.lead_id].append(entry)
        decided[event.lead_id] = at
        if isinstance(event, LeadRouted):
            tx.emit(
                OpportunityOpened(
                    lead_id=event.lead_id, team=event.team, pipeline=event.pipeline, opened_at=event.routed_at
                ),
                caused_by=event,
            )
    await leads.save(tx, [leads.Change(i, current[i], entries) for i, entries in added.items()])
    if took:
        observe_all(TO_ASSIGNED, took)


def _moment(event: Decision) -> datetime:
    match event:
        case LeadRouted():
            return event.routed_at
        case LeadAssigned():
            return event.assigned_at
        case LeadUnassigned() | LeadUnroutable():
            return event.decided_at


def _step(lead: Lead, event: Decision) -> Transition:
    match event:
        case LeadRouted():
            return lifecycle.opened(lead, event.routed_at, event.segment, event.team, event.pipeline)
        case LeadAssigned():
            return lifecycle.assigned(lead, event.assigned_at, event.team, event.person)
        case LeadUnassigned() | LeadUnroutable():
            return lifecycle.left_open(lead, event.decided_at, event.reason)
