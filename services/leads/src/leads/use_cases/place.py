"""Where leads are: those whose place nobody wrote are given it, and those that nobody took by their time are told."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from uuid import UUID

from chassis import Transaction
from contracts.leads.lead import LeadUnclaimed
from leads.domain.lead import Lead, entry
from leads.domain.place import place_of, settled, unclaimed, waits_for
from leads.store import calendar as calendars
from leads.store import lead as leads
from leads.store import place as places
from leads.store.place import Unfilled
from leads.use_cases import rules
from values.working_time import WorkingTime

AT_ONCE = 1000
TURNS = 5


async def unfilled_places(tx: Transaction) -> list[Unfilled]:
    """Some of the leads that no list shows as they are."""
    return await places.unfilled(tx, AT_ONCE)


async def fill_places(leads: Sequence[Unfilled], tx: Transaction) -> None:
    """Where each stands, by when somebody is due to take it, and what lists ask for of what it is about."""
    response, hours = await rules.response(tx), await hours_of((one.lead for one in leads), tx)
    due = {one.lead_id: settled(Lead(), one.lead, response, tx.now, hours[one.lead.team]) for one in leads}
    await places.fill(tx, [(one.lead_id, place_of(one.lead), due[one.lead_id], one.about) for one in leads])


async def tell_unclaimed(tx: Transaction) -> None:
    """Tells of each lead that nobody took by its time, once, in the order of their times, as many as one turn takes. A row's next time
    moves in the transaction in which it is told. One whose day has come goes to a qualifier."""
    more, turns = True, 0
    while more and turns < TURNS:
        overdue, now = await places.overdue(tx, AT_ONCE)
        more, turns = len(overdue) == AT_ONCE, turns + 1
        response, hours = await rules.response(tx), await hours_of((lead for _, lead in overdue), tx)
        changes = []
        for lead_id, lead in overdue:
            after = unclaimed(lead, response, now, hours[lead.team])
            event = _told(lead_id, lead, now)
            tx.emit(event)
            line = entry("unclaimed", now, place=event.place, step=event.step)
            changes.append(leads.Change(lead_id, after, [line]))
        await leads.change(tx, changes)


def _told(lead_id: UUID, lead: Lead, now: datetime) -> LeadUnclaimed:
    assert lead.next_at is not None
    due_at = lead.due_at or lead.next_at
    return LeadUnclaimed(
        lead_id=lead_id,
        place=place_of(lead),
        team=lead.team,
        waits=waits_for(lead) or "",
        since_at=lead.life.since or due_at,
        due_at=due_at,
        step=lead.life.told + 1,
        fired_at=now,
    )


async def hours_of(leads: Iterable[Lead], tx: Transaction) -> Mapping[str | None, WorkingTime]:
    """When the teams of these leads work; a lead without a team is waited for at every hour."""
    teams = {lead.team for lead in leads if lead.team}
    clocks = await calendars.of_teams(tx, teams) if teams else {}
    return {None: calendars.ALWAYS.hours, **{team: clocks[team].hours for team in teams}}
