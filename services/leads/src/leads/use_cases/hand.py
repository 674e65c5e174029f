"""Somebody acts on a lead: it is there for him, he may, and he has read how it stands; else that is written down."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from chassis import Transaction
from contracts.leads.lead import OpportunityOpened, QualificationRefused
from leads.domain.lead import Entry, Lead
from leads.domain.place import place_of, settled
from leads.domain.request import Request
from leads.domain.verdict import Hand, MayNot, NotSo, hand_of
from leads.store import activity as activities
from leads.store import hand as store
from leads.store import lead as leads
from leads.store.lead import Record
from leads.use_cases import request, rules
from leads.use_cases.place import hours_of
from values.working_time import WorkingTime

QUALIFY = "leads.qualify"
NOT_THERE = "leads.see"
TOLD_WITHIN = timedelta(minutes=1)


class NoSuchLead(Exception):
    """It does not exist for who acts."""


class Unread(Exception):
    """He did not say how the lead stood when he read it."""


class Changed(Exception):
    """It has gone on since: these are the ``entries``."""

    def __init__(self, entries: Sequence[Entry]) -> None:
        super().__init__()
        self.entries = entries


@dataclass(frozen=True)
class Seen:
    """What a caller says of how the lead stood when he read it: the number of its last entry, or nothing."""

    version: int | None


@dataclass(frozen=True)
class Taken:
    """A lead in somebody's hand: locked, and as he has read it."""

    lead_id: UUID
    lead: Lead
    hand: Hand
    about: Mapping[str, Any]
    version: int


async def take(
    lead_id: UUID, seen: Seen, check: Callable[[Lead, Hand], None], qualifies: bool, tx: Transaction
) -> Taken:
    """Locks it for who acts here.

    Raises NoSuchLead, what ``check`` raises, Unread and Changed.
    """
    record, hand = await _look(lead_id, qualifies, tx)
    check(record.lead, hand)
    if seen.version is None:
        raise Unread
    now = await store.lock(tx, lead_id)
    if now is None:
        raise MayNot("leads.record_activities")
    if now != record.version:  # it went on between the two statements
        record, hand = await _look(lead_id, qualifies, tx)
        check(record.lead, hand)
    if seen.version != record.version:
        raise Changed(list(record.timeline)[seen.version :])
    return Taken(lead_id, record.lead, hand, record.about, record.version)


async def take_all(
    seen: Mapping[UUID, Seen], check: Callable[[Lead, Hand], None], qualifies: bool, tx: Transaction
) -> tuple[dict[UUID, Taken], dict[UUID, Exception]]:
    """Locks many for who acts here, and says of each that it does not lock what ``take`` would raise. Who has not said how a lead
    stood when he read it means it as it stands."""
    locked = await store.lock_all(tx, sorted(seen))
    there, rights = await store.look_all(tx, seen), await store.rights(tx)
    taken: dict[UUID, Taken] = {}
    refused: dict[UUID, Exception] = {i: NoSuchLead() for i in seen if i not in there}
    stale: dict[UUID, int] = {}
    for lead_id, one in there.items():
        hand = hand_of(tx.actor.principal, one.lead.assignee, rights.get(one.team, ()), qualifies)
        try:
            check(one.lead, hand)
        except (MayNot, NotSo) as refusal:
            refused[lead_id] = refusal
            continue
        version = seen[lead_id].version
        if lead_id not in locked:
            refused[lead_id] = MayNot("leads.record_activities")
        elif version not in (None, one.version):
            stale[lead_id] = version or 0
        else:
            taken[lead_id] = Taken(lead_id, one.lead, hand, one.about, one.version)
    if stale:
        refused |= {lead_id: Changed(entries) for lead_id, entries in (await store.since(tx, stale)).items()}
    return taken, refused


async def look(lead_id: UUID, qualifies: bool, tx: Transaction) -> tuple[Lead, Hand]:
    """How it stands, and what who acts here may do with it. Raises NoSuchLead."""
    record, hand = await _look(lead_id, qualifies, tx)
    return record.lead, hand


async def _look(lead_id: UUID, qualifies: bool, tx: Transaction) -> tuple[Record, Hand]:
    record = await leads.show(tx, lead_id)
    there = await activities.standing(tx, lead_id) if record else None
    if record is None or there is None:
        raise NoSuchLead
    return record, hand_of(tx.actor.principal, there.holder, there.rights, qualifies)


async def keep(taken: Taken, after: Lead, entries: Sequence[Entry], tx: Transaction) -> Lead:
    """The lead as it is on record from now on, with the time by which somebody is due to take it."""
    (kept,) = await keep_all([(taken, after, entries)], tx)
    return kept


async def keep_all(steps: Sequence[tuple[Taken, Lead, Sequence[Entry]]], tx: Transaction) -> list[Lead]:
    """The same of many, in one statement."""
    response, hours = await rules.response(tx), await hours_of((after for _, after, _ in steps), tx)
    kept = [settled(taken.lead, after, response, tx.now, hours[after.team]) for taken, after, _ in steps]
    await leads.change(
        tx,
        [leads.Change(taken.lead_id, after, entries) for (taken, _, entries), after in zip(steps, kept, strict=True)],
    )
    return kept


async def hours(lead: Lead, tx: Transaction) -> WorkingTime:
    """When its team works."""
    return (await hours_of([lead], tx))[lead.team]


async def open_(judged: Mapping[UUID, Lead], tx: Transaction) -> None:
    """They stand in their teams' pipelines as something to be worked; from now on their customers are owed an answer."""
    opened = {
        lead_id: lead
        for lead_id, lead in judged.items()
        if lead.team and lead.pipeline and place_of(lead) in ("queue", "person")
    }
    first = await request.first_responses(opened, tx)
    for lead_id, lead in opened.items():
        tx.emit(_opened(lead_id, lead, first[lead_id], tx))
    await request.begin(first, set(opened), tx)


def _opened(lead_id: UUID, lead: Lead, clock: Request, tx: Transaction) -> OpportunityOpened:
    assert lead.team is not None
    assert lead.pipeline is not None
    return OpportunityOpened(
        lead_id=lead_id,
        team=lead.team,
        pipeline=lead.pipeline,
        opened_at=tx.now,
        stands="opportunity",
        segment=lead.segment,
        person=lead.assignee,
        starts_at=clock.starts_at,
        due_at=clock.due_at,
        policy=clock.policy,
        calendar=clock.calendar,
        calendar_version=clock.calendar_version,
    )


async def refuse(lead_id: UUID, door: str, lacks: str, tx: Transaction) -> None:
    """Writes down that who acts here may not; whoever sees the lead and may not judge it, is told of once a minute at most."""
    if await store.refused(tx, lead_id, door, lacks, TOLD_WITHIN if lacks == QUALIFY else None):
        tx.emit(QualificationRefused(lead_id=lead_id, person=tx.actor.principal, right=lacks, refused_at=tx.now))
