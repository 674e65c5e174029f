"""Queues of teams, and who gets what waits in them."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response
from pydantic import BaseModel, Field

from chassis import Problem, absent, begin, may, may_on
from chassis.problems import declared
from territory.api.organisation import ID, Body, Code, IfMatch, organisation, tagged, version_in
from territory.api.permissions import Permission
from territory.api.routing import is_decided
from territory.store import case as store
from territory.use_cases.assignment import NO_DECISION, assign_lead
from territory.use_cases.authority import look

router = APIRouter(prefix="/v1", tags=["queues"])
ROTATION = "rotation"


class Assignment(Body):
    """Who shall have the lead: somebody of the team, or ``rotation`` for whoever's turn it is."""

    person: ID
    code: Code | None = None
    even_if_absent: bool = Field(False, description="give it to somebody who is away")


class Assigned(BaseModel):
    """The decision that stands now."""

    lead_id: UUID
    number: int


class Queue(BaseModel):
    """Leads of a team that wait for the same."""

    team: str
    code: str
    waiting: int
    oldest: datetime
    wakes_at: datetime | None


class Waits(BaseModel):
    """A lead that waits."""

    lead_id: UUID
    team: str
    code: str | None
    since: datetime
    disposition: str
    attempt: int


class Queues(BaseModel):
    """What waits, and for what; of one team also its leads, who waits longest first."""

    queues: list[Queue]
    leads: list[Waits]


def _no_decision() -> Problem:
    return absent(NO_DECISION)


@router.post(
    "/leads/{lead_id}/assignment",
    dependencies=[Depends(may_on(Permission.ASSIGN_LEADS, is_decided, _no_decision))],
    summary="Gives a lead of one's team to somebody, or back to the rotation.",
    responses=declared(403, 404, 409, 412),
)
async def post_assignment(
    request: Request, response: Response, lead_id: UUID, body: Assignment, if_match: IfMatch = None
) -> Assigned:
    """Caps and working time bind nobody who is named; away is away unless the body says otherwise."""
    async with organisation(request) as tx:
        person = None if body.person == ROTATION else body.person
        number = await assign_lead(lead_id, person, body.even_if_absent, version_in(if_match), tx)
    tagged(response, number)
    return Assigned(lead_id=lead_id, number=number)


@router.get(
    "/queues", dependencies=[Depends(may(Permission.SEE_DECISIONS))], summary="What waits in the teams that one sees."
)
async def get_queues(
    request: Request,
    team: Annotated[str | None, Query(max_length=200)] = None,
    code: Annotated[str | None, Query(max_length=40)] = None,
    limit: int = Query(50, ge=1, le=200),
) -> Queues:
    """How many leads wait, for what, and since when; of a team that is named its leads too. A team that one does not see has none."""
    async with begin(request) as tx:
        _, who = await look(tx)
        teams = sorted(who.sees) if team is None else [team]
        queues = await store.queues(tx, teams, code)
        leads = await store.listed(tx, team, code, limit) if team is not None else []
    return Queues(queues=[Queue(**one) for one in queues], leads=[Waits(**one) for one in leads])
