"""What one may see, told to oneself: the same door in every service, each from what it knows itself."""

import time
from datetime import datetime

from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel

from chassis.access import ACTOR, STRANGER, Actor, SignedIn
from chassis.access_reader import AccessReader

router = APIRouter(prefix="/v1/access", tags=["access"])


class Seen(BaseModel):
    """The rows of a team exist for me, as what ``kind`` says, ``until`` then if that is known."""

    team: str
    kind: str
    on_behalf_of: str | None = None
    until: datetime | None = None


class Mine(BaseModel):
    """Who I am to this service and what it lets me see now. ``person`` is nothing for one whom territory does not know;
    ``version`` is that of what it knows of me, ``level_age_s`` how old its knowledge of all is, nothing when it has none."""

    person: str | None
    kind: str
    roles: list[str]
    teams: list[Seen]
    version: int | None
    level_age_s: float | None


@router.get("/me", dependencies=[Depends(SignedIn())], summary="Who I am here, and what I may see.")
async def me(request: Request) -> Mine:
    """Answers also while it is stale, and one who belongs to no unit."""
    actor: Actor = request.scope[ACTOR]
    reader: AccessReader = request.app.state.service.access
    standing, age = reader.people.get(actor.principal), reader.age_s
    return Mine(
        person=None if actor is STRANGER else actor.principal,
        kind=actor.kind,
        roles=sorted(actor.roles),
        teams=[
            Seen(team=grant.team, kind=grant.kind, on_behalf_of=grant.on_behalf_of, until=grant.ends_at)
            for grant in (standing.running(time.time()) if standing else ())
        ],
        version=standing.version if standing else None,
        level_age_s=None if age == float("inf") else round(age, 3),
    )
