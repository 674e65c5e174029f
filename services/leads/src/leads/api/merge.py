"""Two leads of the same demand become one, and two again."""

from typing import Any
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response
from pydantic import BaseModel, ConfigDict

from chassis import FieldError, Problem, not_valid
from leads.api.hand import STEP, IfMatch, acting, answer, qualifies, seen
from leads.api.permissions import Permission
from leads.api.record import may_on_lead
from leads.api.schemas import LeadShown
from leads.use_cases import merge as merges
from leads.use_cases.merge import NoSuchOther

router = APIRouter(prefix="/v1", tags=["decisions of people"])
SEES = [Depends(may_on_lead(Permission.SEE_LEADS))]
SHOWN: dict[str, Any] = {"response_model": LeadShown, "response_model_exclude_unset": True}


class Merged(BaseModel):
    """The lead that goes on for both."""

    model_config = ConfigDict(extra="forbid")

    into: UUID


@router.post("/leads/{lead_id}/merge", dependencies=SEES, responses=STEP, **SHOWN)
async def merge_lead(
    request: Request, response: Response, lead_id: UUID, body: Merged, if_match: IfMatch = None
) -> dict[str, Any]:
    """It is worked as another lead of its team from now on; what is recorded of each stays its own. What is asked for in it stays owed by
    its own clock, by whoever has the other one."""
    if body.into == lead_id:
        raise not_valid([FieldError("into", "is the same lead")])
    async with acting(request, lead_id) as tx:
        try:
            await merges.merge(lead_id, body.into, seen(if_match), qualifies(request), tx)
        except NoSuchOther:
            raise not_valid([FieldError("into", "is no lead that you see")]) from None
        return await answer(response, lead_id, tx)


@router.post("/leads/{lead_id}/unmerge", dependencies=SEES, responses=STEP, **SHOWN)
async def unmerge_lead(request: Request, response: Response, lead_id: UUID, if_match: IfMatch = None) -> dict[str, Any]:
    """It stands by itself again, where it was before."""
    async with acting(request, lead_id) as tx:
        try:
            await merges.unmerge(lead_id, seen(if_match), qualifies(request), tx)
        except NoSuchOther:
            there = "It was merged into a lead that you do not see."
            raise Problem(409, "What is on record stands against it", detail=there) from None
        return await answer(response, lead_id, tx)
