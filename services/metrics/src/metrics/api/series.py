"""Numbers by period."""

from typing import Annotated, cast
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Depends, Query, Request

from chassis import begin, may
from metrics.api import schemas
from metrics.api.permissions import Permission
from metrics.api.scope import teams_of
from metrics.domain.catalogue import By
from metrics.domain.series import MOST, Grain, alike, periods, series
from metrics.settings import MetricsSettings
from metrics.store import kpis
from metrics.store.series import leads_by_period

router = APIRouter(prefix="/v1/kpis/series", tags=["kpis"])


@router.get(
    "",
    dependencies=[Depends(may(Permission.SEE_KPIS))],
    summary="What became of the leads that came in each period, by key.",
)
async def kpi_series(
    request: Request,
    by: Annotated[list[By], Query(description="one dimension or several, counted in one look")],
    grain: Grain = "day",
    each: Annotated[int, Query(ge=1, le=MOST, description="minutes, hours or days in a period")] = 1,
    count: Annotated[int, Query(ge=1, le=MOST, description="periods, the running one included")] = 28,
    so_far: Annotated[
        bool, Query(description="each period only as far as the running one has come, to hold them against each other")
    ] = False,
) -> schemas.KpiSeries:
    """A lead counts in the period in which it was captured, with what is known of it now, so the periods add up to the numbers of
    their time (with ``so_far`` they leave out what came later in the earlier ones). Summed over the teams that you may see, and counted when asked. The last period is the running one; days are those
    of the company's zone. Costs and steps are of no period and are not here."""
    async with begin(request) as tx:
        teams = await teams_of(tx)
        zone = cast(MetricsSettings, tx.settings).league_zone
        times = (alike if so_far else periods)(tx.now, ZoneInfo(zone), grain, each, count)
        now = await kpis.standing(tx)
        tables = series(await leads_by_period(tx, by, times, teams), count)
    return schemas.kpi_series(zone, now.as_of, times, sorted(set(by)), tables)
