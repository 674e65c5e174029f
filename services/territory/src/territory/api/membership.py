"""Who belongs where, and what they may do."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Path, Request, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field

from chassis import begin, may
from territory.api.organisation import (
    CHANGES,
    EDITS,
    ID,
    Body,
    Code,
    Idempotency,
    IfMatch,
    Interval,
    Moment,
    began,
    named,
    organisation,
    tagged,
    version_in,
)
from territory.api.permissions import Permission
from territory.api.proposal import Proposal, shown_proposal
from territory.domain.organisation import Membership as MembershipOf
from territory.domain.organisation import RoleGrant
from territory.store import membership as store
from territory.use_cases.membership import edit_member, propose_member
from territory.use_cases.role import ask_for_role, revoke_role

router = APIRouter(prefix="/v1", tags=["people"])
SEES = [Depends(may(Permission.SEE_ORGANISATION))]
KEEPS = [Depends(may(Permission.CHANGE_PEOPLE))]
GRANTS = [Depends(may(Permission.GRANT_ROLES))]
Name = Annotated[str, Path(min_length=1, max_length=200)]
Most = Annotated[int | None, Field(ge=0, le=10**6)]


class MembershipBody(Interval):
    """Where somebody shall belong, with which share of the unit's leads."""

    unit: ID
    rank: Code = "expert"
    takes_leads: bool = True
    weight: int = Field(1, ge=0, le=1000)
    open_max: Most = None
    day_max: Most = None


class MembershipEdit(Body):
    """What shall be otherwise; what is not named stays."""

    rank: Code | None = None
    until_at: Moment | None = None
    takes_leads: bool | None = None
    weight: int | None = Field(None, ge=0, le=1000)
    open_max: Most = None
    day_max: Most = None


class Membership(BaseModel):
    """A person in a unit. ``proposal`` is what of an edit waits for a second person."""

    id: UUID
    person: str
    unit: str
    rank: str
    from_at: datetime
    until_at: datetime | None
    takes_leads: bool
    weight: int
    open_max: int | None
    day_max: int | None
    source: str
    version: int
    proposal: Proposal | None = None


class Memberships(BaseModel):
    """Where somebody belongs, belonged, and will."""

    memberships: list[Membership]


class RoleBody(Interval):
    """What somebody shall be allowed, in a unit and below it, or in the company."""

    role: Code
    unit: ID | None = None


class Role(BaseModel):
    """A role that is held, or was."""

    id: UUID
    person: str
    role: str
    unit: str | None
    from_at: datetime
    until_at: datetime | None


class Roles(BaseModel):
    """The roles of somebody."""

    roles: list[Role]


@router.get("/people/{person}/memberships", dependencies=SEES, summary="Where somebody belongs.")
async def get_memberships(request: Request, person: Name) -> Memberships:
    """Now, before and later, in the order of their beginning."""
    async with begin(request) as tx:
        rows = await store.memberships_of(tx, person)
    return Memberships(memberships=[Membership(**vars(row)) for row in rows])


@router.post(
    "/people/{person}/memberships",
    dependencies=KEEPS,
    status_code=202,
    summary="Proposes that somebody belongs to a unit.",
    responses=CHANGES,
)
async def post_membership(
    request: Request, person: Name, body: MembershipBody, idempotency_key: Idempotency = None
) -> Proposal:
    """It holds when whoever is inside the unit has confirmed it, and not before."""
    async with organisation(request) as tx:
        fields = body.model_dump(exclude={"from_at"})
        wanted = MembershipOf(id=named(idempotency_key), person=person, from_at=began(body.from_at, tx.now), **fields)
        proposal = await propose_member(wanted, tx)
    return shown_proposal(proposal, tx.now)


@router.patch("/memberships/{membership}", dependencies=KEEPS, summary="Another share, rank or end.", responses=EDITS)
async def patch_membership(
    request: Request, response: Response, membership: UUID, body: MembershipEdit, if_match: IfMatch = None
) -> Membership:
    """At once; but a rank that lets its holder see more is proposed."""
    async with organisation(request) as tx:
        fields: dict[str, Any] = {name: getattr(body, name) for name in body.model_fields_set}
        for name in ("rank", "takes_leads", "weight"):
            if fields.get(name, 0) is None:
                del fields[name]
        edited, proposal = await edit_member(membership, fields, version_in(if_match), tx)
    tagged(response, edited.version)
    return Membership(**vars(edited), proposal=shown_proposal(proposal, tx.now) if proposal else None)


@router.get("/people/{person}/roles", dependencies=SEES, summary="What somebody may do.")
async def get_roles(request: Request, person: Name) -> Roles:
    """Now, before and later."""
    async with begin(request) as tx:
        rows = await store.roles_of(tx, person)
    return Roles(roles=[Role(**vars(row)) for row in rows])


@router.post(
    "/people/{person}/roles",
    dependencies=GRANTS,
    status_code=201,
    response_model=Role,
    summary="Grants somebody a role, or asks for it.",
    responses=CHANGES | {202: {"model": Proposal, "description": "It waits for a second administrator."}},
)
async def post_role(
    request: Request, person: Name, body: RoleBody, idempotency_key: Idempotency = None
) -> Role | JSONResponse:
    """Nobody grants anything to himself; roles that open others' doors need a second administrator."""
    async with organisation(request) as tx:
        wanted = RoleGrant(
            named(idempotency_key), person, body.role, body.unit, began(body.from_at, tx.now), body.until_at
        )
        proposal = await ask_for_role(wanted, tx)
    if proposal is None:
        return Role(**vars(wanted))
    return JSONResponse(shown_proposal(proposal, tx.now).model_dump(mode="json"), 202)


@router.delete("/roles/{role}", dependencies=GRANTS, status_code=204, summary="Takes a role away.", responses=CHANGES)
async def delete_role(request: Request, role: UUID) -> None:
    """At once, by one."""
    async with organisation(request) as tx:
        await revoke_role(role, tx)
