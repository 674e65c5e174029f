"""What becomes of leads, counted."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from chassis import Transaction
from contracts import STREAM_OF
from contracts.event import Event
from contracts.leads.lead import LeadCaptured, LeadClosed, LeadDiscarded, LeadQualified
from contracts.territory.lead import LeadAssigned, LeadRouted, LeadUnassigned, LeadUnroutable
from metrics.domain.contributions import Differences, Standing, standing
from metrics.domain.facts import LeadFact
from metrics.store import facts as store
from metrics.store import kpis

OfALead = LeadCaptured | LeadQualified | LeadDiscarded | LeadClosed
OfAPlace = LeadRouted | LeadUnroutable | LeadAssigned | LeadUnassigned


def _captured(fact: LeadFact, event: LeadCaptured) -> None:
    fact.captured(event.captured_at, event.channel or event.source, event.campaign)


def _qualified(fact: LeadFact, event: LeadQualified) -> None:
    """A lead is valid when it is genuine and worth a salesperson's time, now or later."""
    fact.qualified(event.qualified_at, event.genuine and event.disposition in ("near_term", "nurture"))


def _discarded(fact: LeadFact, event: LeadDiscarded) -> None:
    fact.discarded(event.discarded_at)


def _closed(fact: LeadFact, event: LeadClosed) -> None:
    amount = event.amount
    if amount is None:
        fact.closed(event.revision, event.result, None, None)
    else:
        fact.closed(event.revision, event.result, amount.minor, amount.currency)


def _routed(fact: LeadFact, event: LeadRouted) -> None:
    fact.placed(event.routed_at, event.segment, event.team)


def _unroutable(fact: LeadFact, event: LeadUnroutable) -> None:
    fact.placed(event.decided_at, None, None)


def _assigned(fact: LeadFact, event: LeadAssigned) -> None:
    """It also says where the lead belongs, should the word of its routing be missing."""
    fact.placed(event.assigned_at, event.segment, event.team)
    fact.assigned(event.assigned_at, event.person)


def _unassigned(fact: LeadFact, event: LeadUnassigned) -> None:
    fact.placed(event.decided_at, event.segment, event.team)
    fact.assigned(event.decided_at, None)


# By class and not by isinstance: this runs for every event, and pydantic's isinstance is written in Python.
HEAR: Mapping[type[Event], Callable[[LeadFact, Any], None]] = {
    LeadCaptured: _captured,
    LeadQualified: _qualified,
    LeadDiscarded: _discarded,
    LeadClosed: _closed,
    LeadRouted: _routed,
    LeadUnroutable: _unroutable,
    LeadAssigned: _assigned,
    LeadUnassigned: _unassigned,
}


async def count_leads(events: Sequence[OfALead] | Sequence[OfAPlace], tx: Transaction) -> None:
    """Every lead's fact learns what is said of it, and the numbers move by the difference that makes."""
    await store.take_turn(tx)
    facts = await store.load_leads(tx, {event.lead_id for event in events})
    before: dict[Any, Standing | None] = {}
    for event in events:
        lead_id = event.lead_id
        fact = facts.get(lead_id)
        if fact is None:
            fact = facts[lead_id] = LeadFact(lead_id)
        if lead_id not in before:
            before[lead_id] = standing(fact)
        HEAR[type(event)](fact, event)
    differences = Differences()
    for lead_id, was in before.items():
        differences.move(was, standing(facts[lead_id]))
    await store.save_leads(tx, facts.values())
    await kpis.merge(tx, differences)
    await note_heard(events, tx)


async def note_heard(events: Sequence[Event], tx: Transaction) -> None:
    """The numbers are as of the newest of these events."""
    await kpis.heard(tx, STREAM_OF[events[0].type].topic, max(tx.heard(event).at for event in events))
