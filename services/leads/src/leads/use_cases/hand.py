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
from leads.domain.verdict import Hand, MayNot, hand_of
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
    after = settled(taken.lead, after, await rules.response(tx), tx.now, await hours(after, tx))
    await leads.change(tx, [leads.Change(taken.lead_id, after, entries)])
    return after


async def hours(lead: Lead, tx: Transaction) -> WorkingTime:
    """When its team works."""
    return (await hours_of([lead], tx))[lead.team]


async def open_(lead_id: UUID, lead: Lead, tx: Transaction) -> None:
    """It stands in its team's pipeline as something to be worked; from now on its customer is owed an answer."""
    if lead.team is None or lead.pipeline is None or place_of(lead) not in ("queue", "person"):
        return
    first = await request.first_responses({lead_id: lead}, tx)
    tx.emit(_opened(lead_id, lead, first[lead_id], tx))
    await request.begin(first, {lead_id}, tx)


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
