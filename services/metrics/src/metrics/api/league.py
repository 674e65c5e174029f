"""What closed days and weeks show of every team."""

from datetime import date
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request

from chassis import absent, begin, may
from metrics.api import schemas
from metrics.api.permissions import Permission
from metrics.api.scope import teams_of
from metrics.domain.league import Grain
from metrics.store import league

router = APIRouter(prefix="/v1/league", tags=["league"])


@router.get(
    "",
    dependencies=[Depends(may(Permission.SEE_LEAGUE))],
    summary="The teams in one closed day or week.",
)
async def league_table(
    request: Request,
    grain: Grain = "day",
    at: Annotated[date, Query(description="a day of the period; without it, the newest closed one")] = date.max,
) -> schemas.League:
    """Written once, when the period closes, and never revised: what comes late counts in the next one. Numbers behind which too
    few leads or people stand are null and withheld; so are others, where they would give those away by subtraction."""
    async with begin(request) as tx:
        await teams_of(tx)
        periods = await league.period(tx, grain, at)
        if not periods or (at != date.max and periods[0].ends_on < at):
            raise absent("No such closed period")
        first = periods[0].starts_on
        rows = (await league.rows(tx, grain, first, first)).get(first, [])
    return schemas.league(grain, periods[0], rows, periods[1].starts_on if len(periods) > 1 else None)
