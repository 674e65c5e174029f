"""What becomes of leads, counted."""

from collections.abc import Callable, Mapping, Sequence
from operator import attrgetter
from typing import Any

from chassis import Transaction
from chassis.transaction import EventMetadata
from contracts import STREAM_OF
from contracts.event import Event, Stream
from contracts.leads.lead import (
    LeadCaptured,
    LeadClosed,
    LeadDiscarded,
    LeadQualified,
    LeadReopened,
    LeadRestored,
    LeadReturned,
    RecordTransferred,
)
from contracts.leads.opportunity import StageChanged
from contracts.territory.lead import LeadAssigned, LeadRouted, LeadTransferred, LeadUnassigned, LeadUnroutable
from metrics.domain.catalogue import step_of, steps
from metrics.domain.contributions import Contribution, KpiDelta, contribution
from metrics.domain.facts import STAGE, CannotCount, LeadFact, is_valid
from metrics.store import facts as store
from metrics.store import kpis
from metrics.use_cases._traced import remember
from metrics.use_cases.names import name_captured, name_placed
from metrics.use_cases.requests import HEAR_REQUESTS, OfARequest
from metrics.use_cases.values import can_be_a_key, can_be_kept, can_be_numbered

OfALead = (
    LeadCaptured
    | LeadQualified
    | LeadDiscarded
    | LeadClosed
    | LeadReopened
    | LeadRestored
    | LeadReturned
    | RecordTransferred
)
OfAnOpportunity = StageChanged
OfAPlace = LeadRouted | LeadUnroutable | LeadAssigned | LeadUnassigned | LeadTransferred


def _captured(fact: LeadFact, event: LeadCaptured) -> None:
    can_be_kept(event.captured_at, event.channel, event.source, event.campaign)
    fact.captured(event.captured_at, event.channel or event.source, event.campaign)


def _qualified(fact: LeadFact, event: LeadQualified) -> None:
    can_be_kept(event.qualified_at)
    fact.qualified(event.qualified_at, is_valid(event.genuine, event.disposition))


def _discarded(fact: LeadFact, event: LeadDiscarded) -> None:
    can_be_kept(event.discarded_at)
    fact.discarded(event.discarded_at)


def _restored(fact: LeadFact, event: LeadRestored) -> None:
    can_be_kept(event.restored_at)
    fact.restored(event.restored_at)


def _transferred(fact: LeadFact, event: RecordTransferred) -> None:
    """Its record went where territory has ordered it to: only that is counted."""
    can_be_kept(event.applied_at)
    fact.stepped("transferred", event.applied_at)


def _stage_changed(fact: LeadFact, event: StageChanged) -> None:
    """It is counted how often, and known when it came to which stage."""
    can_be_kept(event.changed_at)
    can_be_a_key(event.to_stage)
    fact.stepped("stage_changed", event.changed_at)
    fact.stepped(STAGE + event.to_stage, event.changed_at)


def _closed(fact: LeadFact, event: LeadClosed, metadata: EventMetadata) -> None:
    can_be_numbered(event.revision)
    can_be_kept(event.closed_at)
    amount, currency = (event.amount.minor, event.amount.currency) if event.amount else (None, None)
    fact.closed(event.closed_at, event.revision, event.result, amount, currency, metadata.source)


def _reopened(fact: LeadFact, event: LeadReopened, metadata: EventMetadata) -> None:
    can_be_numbered(event.revision)
    can_be_kept(event.reopened_at)
    fact.reopened(event.reopened_at, event.revision, metadata.source)


def _routed(fact: LeadFact, event: LeadRouted) -> None:
    can_be_a_key(event.segment, event.team)
    can_be_kept(event.routed_at)
    fact.routed(event.routed_at, event.segment, event.team)


def _unroutable(fact: LeadFact, event: LeadUnroutable) -> None:
    can_be_kept(event.decided_at)
    fact.routed(event.decided_at, None, None)


def _assigned(fact: LeadFact, event: LeadAssigned) -> None:
    """It also says where the lead belongs, should the word of its routing be missing."""
    can_be_a_key(event.segment, event.team)
    can_be_kept(event.assigned_at, event.person)
    fact.routed(event.assigned_at, event.segment, event.team)
    fact.assigned(event.assigned_at, event.person)


def _unassigned(fact: LeadFact, event: LeadUnassigned) -> None:
    can_be_a_key(event.segment, event.team)
    can_be_kept(event.decided_at)
    fact.routed(event.decided_at, event.segment, event.team)
    fact.assigned(event.decided_at, None)


def _moved(fact: LeadFact, event: LeadTransferred) -> None:
    """An order is said instead of a routing and an assignment. Where the lead's record can't follow, it is routed anew."""
    can_be_a_key(event.to_team)
    can_be_kept(event.decided_at, event.to_person)
    fact.moved(event.decided_at, event.to_team, event.to_person)


def _stepped(fact: LeadFact, event: Event) -> None:
    """A step that a number of the catalogue counts, and nothing else is asked of."""
    step = step_of(event.type)
    at = getattr(event, f"{step}_at")
    can_be_kept(at)
    fact.stepped(step, at)


# By class and not by isinstance: this runs for every event, and pydantic's isinstance is written in Python.
HEAR: Mapping[type[Event], Callable[[LeadFact, Any], None]] = {
    LeadCaptured: _captured,
    LeadQualified: _qualified,
    LeadDiscarded: _discarded,
    LeadRestored: _restored,
    RecordTransferred: _transferred,
    StageChanged: _stage_changed,
    LeadRouted: _routed,
    LeadUnroutable: _unroutable,
    LeadAssigned: _assigned,
    LeadUnassigned: _unassigned,
    LeadTransferred: _moved,
}
# Of these it matters besides when they were said, or in which history of a database.
HEAR_WITH: Mapping[type[Event], Callable[[LeadFact, Any, EventMetadata], None]] = {
    LeadClosed: _closed,
    LeadReopened: _reopened,
    **HEAR_REQUESTS,
}
PLACES = frozenset({LeadRouted, LeadAssigned, LeadUnassigned})


def counted_steps(stream: Stream) -> tuple[type[Event], ...]:
    """The events of this stream that are heard because the catalogue counts how often they are told, and for nothing else."""
    known = {*HEAR, *HEAR_WITH}
    return tuple(event for event in stream.events if event.event_type() in steps() and event not in known)


def learn(fact: LeadFact, event: Event, metadata: EventMetadata) -> None:
    """The fact learns what the event says, or that it is a step which is counted, or both. Raises CannotCount for what no number
    can hold."""
    kind = type(event)
    if with_metadata := HEAR_WITH.get(kind):
        with_metadata(fact, event, metadata)
    else:
        HEAR.get(kind, _stepped)(fact, event)


async def count_leads(
    events: Sequence[OfALead] | Sequence[OfAnOpportunity] | Sequence[OfAPlace] | Sequence[OfARequest], tx: Transaction
) -> None:
    """Every lead's fact learns what is said of it, and the numbers move by the difference that makes."""
    await store.take_turn(tx)
    facts = await store.load_leads(tx, {event.lead_id for event in events})
    before: dict[Any, Contribution | None] = {}
    captured: dict[Any, LeadFact] = {}
    routed: dict[Any, LeadFact] = {}
    for event in events:
        lead_id, kind = event.lead_id, type(event)
        fact = facts.get(lead_id)
        if fact is None:
            fact = LeadFact(lead_id)
        if lead_id not in before:
            before[lead_id] = contribution(fact)
        try:
            learn(fact, event, tx.metadata(event))
        except CannotCount as refusal:
            tx.park(event, str(refusal))
            continue
        facts[lead_id] = fact
        if kind is LeadCaptured:
            captured[lead_id] = fact
        elif kind in PLACES:
            routed[lead_id] = fact
    await name_captured(captured.values(), tx)
    await name_placed(routed.values(), tx)
    delta = KpiDelta()
    for lead_id, fact in facts.items():
        delta.move(before[lead_id], contribution(fact))
    await store.save_leads(tx, facts.values())
    await kpis.merge(tx, delta)
    await note_as_of(events, tx)


async def note_as_of(events: Sequence[Event], tx: Transaction) -> None:
    """The numbers are as of the newest of these events; no clock that runs ahead makes them newer than now."""
    heard = list(map(tx.metadata, events))
    remember(tx.process_cache, heard, tx.now)
    newest = max(map(attrgetter("at"), heard))
    await kpis.heard(tx, STREAM_OF[events[0].type].topic, min(newest, tx.now))
