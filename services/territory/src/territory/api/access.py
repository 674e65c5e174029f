"""What somebody sees, and why."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Path, Query, Request
from pydantic import BaseModel

from chassis import begin, may
from chassis.problems import absent, declared
from territory.api.organisation import Moment
from territory.api.permissions import Permission
from territory.domain.access import grants_of, roles_of
from territory.domain.authority import AUDITOR, PEOPLE
from territory.store import access as store
from territory.use_cases.authority import look

router = APIRouter(prefix="/v1", tags=["people"])


class Sees(BaseModel):
    """A unit whose rows exist for them: why, what they may record there, on whose behalf, and how long."""

    unit: str
    why: str
    records: str
    opens: bool
    on_behalf_of: str | None
    from_at: datetime
    until_at: datetime | None
    reference: UUID | None


class May(BaseModel):
    """A role that they hold."""

    role: str
    unit: str | None
    from_at: datetime
    until_at: datetime | None


class Access(BaseModel):
    """What somebody may see and do at a moment. Nothing of it is in a token."""

    person: str
    at: datetime
    sees: list[Sees]
    roles: list[May]
    version: int


@router.get(
    "/access/{person}",
    dependencies=[Depends(may(Permission.SEE_ORGANISATION))],
    summary="What somebody sees and may do, and why.",
    responses=declared(404),
)
async def get_access(
    request: Request,
    person: Annotated[str, Path(min_length=1, max_length=200)],
    at: Annotated[Moment | None, Query(description="another moment than now")] = None,
) -> Access:
    """Oneself, whom one leads, and everybody for who administers people or audits."""
    async with begin(request) as tx:
        structure, who = await look(tx)
        known = (await store.known_of(tx, [person])).get(person)
        when = at or tx.now
        units = {one.unit for one in known.memberships if one.interval.ends > tx.now} if known else set()
        mine = person == who.principal or who.holds_any(PEOPLE, AUDITOR) or any(map(who.leads, units))
    if known is None or not mine:
        raise absent("No such person")
    grants = [grant for grant in grants_of(known, structure) if grant.interval.covers(when)]
    roles = [role for role in roles_of(known) if role.interval.covers(when)]
    return Access(
        person=person,
        at=when,
        sees=[
            Sees(
                unit=grant.team,
                why=grant.kind,
                records=grant.records,
                opens=grant.opens,
                on_behalf_of=grant.on_behalf_of or None,
                from_at=grant.interval.begins,
                until_at=grant.interval.until,
                reference=grant.reference,
            )
            for grant in grants
        ],
        roles=[May(role=one.role, unit=one.unit, from_at=one.from_at, until_at=one.until_at) for one in roles],
        version=known.person.access,
    )
