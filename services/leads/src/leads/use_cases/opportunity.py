"""The territory service decided whose a lead is: the lead's record follows."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from uuid import UUID

from prometheus_client import Histogram

from chassis import Transaction
from chassis.telemetry import REGISTRY, observe_all
from contracts.leads.lead import OpportunityOpened
from contracts.territory.lead import LeadAssigned, LeadRouted, LeadUnassigned, LeadUnroutable
from leads.domain import lead as lifecycle
from leads.domain.lead import Entry, Lead, Transition
from leads.domain.place import place_of, settled
from leads.domain.request import Request
from leads.store import lead as leads
from leads.use_cases import answers, request, rules
from leads.use_cases.place import hours_of

TO_ASSIGNED = Histogram(
    "lead_assigned_seconds",
    "From the moment a lead was taken in to its first assignee on its record.",
    registry=REGISTRY,
    buckets=(0.05, 0.1, 0.2, 0.4, 0.7, 1, 2, 5, 30, 300, 3600),
)
Decision = LeadRouted | LeadAssigned | LeadUnassigned | LeadUnroutable


_STANDS = {"qualification": "qualification", "nurture": "nurture"}


async def follow_decisions(events: Sequence[Decision], tx: Transaction) -> None:
    """Opens the opportunity in its team's pipeline, names its assignee, or writes down why there is none."""
    before = await leads.load(tx, (e.lead_id for e in events))
    current = dict(before)
    added: dict[UUID, list[Entry]] = defaultdict(list)
    opened: list[tuple[LeadRouted, Lead]] = []
    decided = await leads.decided_at(tx, current)
    took: list[float] = []
    for event in events:
        # Each decision is one moment and says all that it decides, so nothing of one before it stands, heard late or once more.
        was = current.get(event.lead_id, Lead())
        if (at := _moment(event)) < decided.get(event.lead_id, at) and event.revision <= was.life.decision:
            continue
        lead, entry = _step(was, event)
        current[event.lead_id] = lead
        if was.captured_at and lead.assigned_at and not was.assigned_at:
            took.append(max(0.0, (tx.now - was.captured_at).total_seconds()))
        if entry is None:
            continue
        added[event.lead_id].append(entry)
        decided[event.lead_id] = at
        if isinstance(event, LeadRouted):
            opened.append((event, lead))
    first = await _owed(current, {i for i in added if before.get(i, Lead()).disposition is not None}, before, tx)
    begun = set()
    for event, lead in opened:
        clock = first.get(event.lead_id) if event.lead_id not in begun else None
        tx.emit(_opened(event, lead, clock), caused_by=event)
        begun.add(event.lead_id)
    response, hours = await rules.response(tx), await hours_of((current[i] for i in added), tx)
    await leads.save(
        tx,
        [
            leads.Change(
                i, settled(before.get(i, Lead()), current[i], response, tx.now, hours[current[i].team]), entries
            )
            for i, entries in added.items()
        ],
    )
    await request.begin(first, {event.lead_id for event, _ in opened}, tx)
    await answers.follow({i: current[i] for i in added}, tx)
    if took:
        observe_all(TO_ASSIGNED, took)


async def _owed(
    current: Mapping[UUID, Lead], changed: Iterable[UUID], before: Mapping[UUID, Lead], tx: Transaction
) -> Mapping[UUID, Request]:
    """The clocks that begin here: of those that stand in a pipeline now and did not before, and may buy soon."""
    fresh = {
        i: current[i]
        for i in changed
        if place_of(current[i]) in ("queue", "person") and place_of(before[i]) not in ("queue", "person")
    }
    return await request.first_responses(fresh, tx)


def _opened(event: LeadRouted, lead: Lead, clock: Request | None) -> OpportunityOpened:
    return OpportunityOpened(
        lead_id=event.lead_id,
        team=event.team,
        pipeline=event.pipeline,
        opened_at=event.routed_at,
        stands=_STANDS.get(place_of(lead), "opportunity"),
        segment=event.segment,
        starts_at=clock.starts_at if clock else None,
        due_at=clock.due_at if clock else None,
        policy=clock.policy if clock else None,
        calendar=clock.calendar if clock else None,
        calendar_version=clock.calendar_version if clock else None,
    )


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
            return lifecycle.opened(lead, event.routed_at, event.segment, event.team, event.pipeline, event.revision)
        case LeadAssigned():
            return lifecycle.assigned(lead, event.assigned_at, event.team, event.person, event.revision)
        case LeadUnassigned() | LeadUnroutable():
            return lifecycle.left_open(lead, event.decided_at, event.reason, event.revision)
