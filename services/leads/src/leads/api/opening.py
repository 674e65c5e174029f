"""Who a lead is about: opened for a purpose, on record, and seen by the team."""

import math
from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from chassis import Problem, begin, telemetry
from chassis.problems import declared
from chassis.service import actor_of
from leads.api.permissions import Permission
from leads.api.record import may_on_lead, no_such_lead
from leads.domain.opening import BREAK_GLASS, Purpose, TooMany
from leads.domain.personal import Personal, Scalar
from leads.store import lead as leads
from leads.store import opening
from leads.store.tables import AUDITOR
from leads.use_cases.opening import open_contacts

router = APIRouter(prefix="/v1/leads", tags=["personal data"])
NOT_KEPT = {"Cache-Control": "no-store"}
AT_MOST = 500


class Reason(BaseModel):
    """Why somebody looks. Whoever breaks the glass says so; nobody else can."""

    model_config = ConfigDict(extra="forbid")

    purpose: Purpose


class Contact(BaseModel):
    """By what somebody can be reached, as it was given."""

    name: str | None
    phone: str | None
    email: str | None
    company: str | None
    address: str | None


class ContactShown(BaseModel):
    """Who asks, and what they wrote. ``opening`` is under what the look is on record."""

    opening: UUID
    contact: Contact
    message: str | None
    answers: dict[str, Scalar]


class Look(BaseModel):
    """One look: who, when and why, on whose behalf, and by which right. ``reference`` names a break-glass."""

    opening: UUID
    at: datetime
    team: Annotated[str, Field(description="whose the lead was then")]
    person: str
    on_behalf_of: str | None
    purpose: str
    grant_kind: str
    reference: UUID | None


class Looks(BaseModel):
    """The newest first; ``next`` is what to give as ``before`` to get older ones."""

    openings: list[Look]
    next: UUID | None


@router.post(
    "/{lead_id}/contact",
    dependencies=[Depends(may_on_lead(Permission.OPEN_CONTACT))],
    responses=declared(404, 410, 429),
)
async def open_contact(request: Request, response: Response, lead_id: UUID, body: Reason) -> ContactShown:
    """Shows who the lead is about. That it was opened, by whom and why, is on record before."""
    try:
        async with begin(request, writes=True) as tx:
            found = await open_contacts([lead_id], body.purpose, tx)
    except TooMany as refusal:
        telemetry.log("opening").warning("openings_refused", actor=actor_of(request).principal)
        raise too_many(refusal) from refusal
    if lead_id not in found.known:
        raise no_such_lead()
    if lead_id not in found.allowed:
        raise Problem(403, "You may see this lead, and not open who it is about", detail=_why_not(body.purpose))
    if lead_id not in found.shown:
        raise Problem(
            410,
            "This person was forgotten",
            detail="The key is destroyed: nobody can read any more who it was, nor what they wrote.",
            headers=NOT_KEPT,
        )
    response.headers.update(NOT_KEPT)
    return _shown(found.shown[lead_id], found.opening)


def _shown(personal: Personal, opening_id: UUID | None) -> ContactShown:
    assert opening_id is not None
    contact = {name: getattr(personal, name) for name in Contact.model_fields}
    return ContactShown(
        opening=opening_id,
        contact=Contact(**contact),
        message=personal.message,
        answers=dict(personal.answers or {}),
    )


def _why_not(purpose: Purpose) -> str:
    if purpose == BREAK_GLASS:
        return "No break-glass of yours is open for its team. Who belongs to the team gives another purpose."
    return "Your grant for its team opens no personal data, or only for the purpose break_glass."


def too_many(refusal: TooMany) -> Problem:
    """429, with when the next one may be opened."""
    seconds = max(1, math.ceil((refusal.again_at - datetime.now(UTC)).total_seconds()))
    return Problem(
        429,
        "You have opened too many",
        detail="So many were opened of late that no more can be opened now.",
        headers={"Retry-After": str(seconds), **NOT_KEPT},
    )


@router.get(
    "/{lead_id}/openings", dependencies=[Depends(may_on_lead(Permission.SEE_OPENINGS))], responses=declared(404)
)
async def get_openings(
    request: Request,
    lead_id: UUID,
    before: Annotated[UUID | None, Query(description="an opening: those before it")] = None,
    limit: Annotated[int, Query(ge=1, le=AT_MOST)] = 100,
) -> Looks:
    """Who looked at whom the lead is about: for those who may see the lead, and for auditors of the whole company, to whom a lead at
    which nobody looked is not there."""
    audits = any(held.role == AUDITOR and held.unit is None for held in actor_of(request).held)
    async with begin(request) as tx:
        known = await leads.exists(tx, lead_id)
        rows = await opening.looks(tx, lead_id, before, limit) if known or audits else []
    if not known and not rows:
        raise no_such_lead()
    page = [Look(**{**row, "on_behalf_of": row["on_behalf_of"] or None}) for row in rows]
    return Looks(openings=page, next=page[-1].opening if len(page) == limit else None)
