"""Whether all leads are somewhere."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel, Field

from chassis import begin, may
from leads.api.permissions import Permission
from leads.use_cases import conservation

router = APIRouter(prefix="/v1", tags=["work"])


class Conserved(BaseModel):
    """All leads of the company as they were counted last: each is in exactly one place, and what ``captured`` is more than the sum of
    the places is ``unaccounted``. None was counted before there is an ``as_of``."""

    as_of: datetime | None
    captured: int
    places: Annotated[
        dict[str, int], Field(description="how many leads are at which place; arriving is on the way to its first")
    ]
    unaccounted: Annotated[int, Field(description="0, or a lead was lost")]


@router.get("/conservation", dependencies=[Depends(may(Permission.SEE_LEADS))])
async def get_conservation(request: Request) -> Conserved:
    """Captured = the sum of the places. Sums over the whole company, which name no lead."""
    async with begin(request) as tx:
        found = await conservation.counted(tx)
    if found is None:
        return Conserved(as_of=None, captured=0, places={}, unaccounted=0)
    places = dict(sorted(found.places.items()))
    lost = found.captured - sum(places.values())
    return Conserved(as_of=found.as_of, captured=found.captured, places=places, unaccounted=lost)
