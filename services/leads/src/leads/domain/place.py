"""Where a lead is. On record it is in exactly one place, and in none of them twice; where nobody has it, somebody is due to."""

from datetime import UTC, datetime, time
from typing import Literal, get_args

from leads.domain.lead import Lead
from leads.domain.response import Response

Place = Literal["arriving", "person", "queue", "qualification", "nurture", "unroutable", "won", "lost", "discarded"]
PLACES: tuple[Place, ...] = get_args(Place)
OPEN: tuple[Place, ...] = ("arriving", "person", "queue", "qualification", "nurture", "unroutable")
NOBODYS: tuple[Place, ...] = ("queue", "qualification", "nurture", "unroutable")
ENDED: tuple[Place, ...] = ("won", "lost", "discarded")

RETURNED, QUALIFIED, RESTORED, REOPENED, REVISIT = "returned", "qualified", "restored", "reopened", "revisit"
_OF_A_TEAM: dict[str | None, Place] = {"needs_qualifier": "qualification", "nurture": "nurture"}


def place_of(lead: Lead) -> Place:
    """With the person who works it; with its team, in the queue or where a qualifier looks or later; with nobody, because no
    rule claimed it; at its end. Until its first place it is arriving."""
    state = lead.state
    if state == "won" or state == "lost" or state == "discarded":
        return state
    if state == "assigned":
        return "person"
    if state != "opened":
        return "unroutable" if lead.waits else "arriving"
    found = _OF_A_TEAM.get(lead.disposition, "queue")
    return "qualification" if found == "nurture" and lead.life.revisited else found


def waits_for(lead: Lead) -> str | None:
    """Why nobody works it; None where somebody does, or it has ended or not come yet."""
    place = place_of(lead)
    if place == "qualification":
        return REVISIT if lead.life.revisited else (lead.waits or "qualifier")
    return lead.waits or place if place in NOBODYS else None


def settled(before: Lead, after: Lead, response: Response, now: datetime) -> Lead:
    """The lead with its due time after a step: where nobody has it, somebody is due to by then. Where it stays, its time stays too, but
    for a day that is newly agreed.
    """
    place = place_of(after)
    if place not in NOBODYS:
        if after.due_at is None and after.next_at is None:
            return after
        return after._replace(due_at=None, next_at=None).lived(since=None, told=0)
    stays = place == place_of(before) and before.due_at is not None
    if stays and after.life.revisit_on == before.life.revisit_on and after.life.attempts == before.life.attempts:
        return after
    due = due_at(after, response, now)
    return after._replace(due_at=due, next_at=due).lived(since=now, told=0)


def due_at(lead: Lead, response: Response, now: datetime) -> datetime:
    """When somebody is to have taken a lead that nobody has, by the clock on the wall."""
    place = place_of(lead)
    if place == "nurture":
        day = lead.life.revisit_on
        return datetime.combine(day, time(), UTC) if day else now + response.nurture
    if place == "qualification":
        return now + response.qualification
    if place == "unroutable":
        return now + response.unroutable
    return now + (response.returned if lead.life.attempts else response.queue)


def unclaimed(lead: Lead, response: Response, now: datetime) -> Lead:
    """Its time has come and nobody took it: one of those whose day has come goes to a qualifier, the others are told once more a
    while later."""
    if place_of(lead) == "nurture":
        return settled(lead, lead.lived(revisited=True), response, now)
    return lead._replace(next_at=now + response.again).lived(told=lead.life.told + 1)
