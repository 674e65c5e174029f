"""Where a lead is. On record it is in exactly one place, and in none of them twice; where nobody has it, somebody is due to."""

from datetime import datetime, time
from typing import Literal, get_args

from leads.domain.lead import Lead, State
from leads.domain.response import Response
from values.working_time import WorkingTime, always

Place = Literal[
    "arriving", "person", "queue", "qualification", "nurture", "unroutable", "won", "lost", "discarded", "merged"
]
PLACES: tuple[Place, ...] = get_args(Place)
OPEN: tuple[Place, ...] = ("arriving", "person", "queue", "qualification", "nurture", "unroutable")
NOBODYS: tuple[Place, ...] = ("queue", "qualification", "nurture", "unroutable")
ENDED: tuple[Place, ...] = ("won", "lost", "discarded", "merged")

RETURNED, QUALIFIED, RESTORED, REOPENED, REVISIT = "returned", "qualified", "restored", "reopened", "revisit"
ALWAYS = always()
_OF_A_TEAM: dict[str | None, Place] = {"needs_qualifier": "qualification", "nurture": "nurture"}


def place_of(lead: Lead) -> Place:
    """With the person who works it; with its team, in the queue or where a qualifier looks or later; with nobody, because no
    rule claimed it; at its end. Until its first place it is arriving."""
    return placed(lead.state, lead.disposition, lead.waits, lead.life.revisited)


def placed(state: State, disposition: str | None, waits: str | None, revisited: bool = False) -> Place:
    """The place of a lead of which this is known; ``revisited`` is one whose day has come."""
    if state == "won" or state == "lost" or state == "discarded" or state == "merged":
        return state
    if state == "assigned":
        return "person"
    if state != "opened":
        return "unroutable" if waits else "arriving"
    found = _OF_A_TEAM.get(disposition, "queue")
    return "qualification" if found == "nurture" and revisited else found


def waits_for(lead: Lead) -> str | None:
    """Why nobody works it; None where somebody does, or it has ended or not come yet."""
    place = place_of(lead)
    if place == "qualification":
        return REVISIT if lead.life.revisited else (lead.waits or "qualifier")
    return lead.waits or place if place in NOBODYS else None


def settled(before: Lead, after: Lead, response: Response, now: datetime, hours: WorkingTime = ALWAYS) -> Lead:
    """The lead with its due time after a step: where nobody has it, somebody is due to by then, in its team's hours. Where it stays, its
    time stays too, but for a day that is newly agreed and for a step that lets somebody try anew: so in the queue of another team to
    which rules have sent it, and not of one to which somebody ordered it.
    """
    place = place_of(after)
    if place not in NOBODYS:
        next_at = forgotten_at(after)
        if after.due_at is None and after.next_at == next_at:
            return after
        return after._replace(due_at=None, next_at=next_at).lived(since=None, told=0)
    stays = place == place_of(before) and before.due_at is not None and not _is_sent_on(before, after)
    if stays and after.life.revisit_on == before.life.revisit_on and after.life.attempts == before.life.attempts:
        return after
    due = due_at(after, response, now, hours)
    return after._replace(due_at=due, next_at=due).lived(since=now, told=0)


def _is_sent_on(before: Lead, after: Lead) -> bool:
    """Whether it waits for people of another team than before, and nobody ordered that."""
    return place_of(after) == "queue" and after.team != before.team and after.life.transfer == before.life.transfer


def forgotten_at(lead: Lead) -> datetime | None:
    """Until when the contact of a lead that was set aside is kept, as long as it is."""
    life = lead.life
    return life.keep_until if place_of(lead) == "discarded" and not life.forgotten else None


def due_at(lead: Lead, response: Response, now: datetime, hours: WorkingTime = ALWAYS) -> datetime:
    """When somebody is to have taken a lead that nobody has: after so much working time, or when the day begins to be worked on
    which it is looked at again."""
    place = place_of(lead)
    if place == "nurture":
        day = lead.life.revisit_on
        return hours.opens_at(datetime.combine(day, time(), hours.zone) if day else now + response.nurture)
    if place == "qualification":
        return hours.after(now, response.qualification)
    if place == "unroutable":
        return hours.after(now, response.unroutable)
    return hours.after(now, response.returned if lead.life.attempts else response.queue)


def longer(lead: Lead, now: datetime, hours: WorkingTime) -> Lead:
    """The customer was asked: it is due one working day later, once."""
    if lead.life.asked or lead.due_at is None:
        return lead
    due = hours.days_after(max(now, lead.due_at), 1)
    return lead._replace(due_at=due, next_at=due).lived(asked=True)


def unclaimed(lead: Lead, response: Response, now: datetime, hours: WorkingTime = ALWAYS) -> Lead:
    """Its time has come and nobody took it: one whose day has come goes to a qualifier, the others are told once more on the next
    working day."""
    if place_of(lead) == "nurture":
        return settled(lead, lead.lived(revisited=True), response, now, hours)
    return lead._replace(next_at=hours.days_after(now, response.again)).lived(told=lead.life.told + 1)
