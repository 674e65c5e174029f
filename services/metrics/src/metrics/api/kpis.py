"""The numbers now, and the leads behind a number."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request

from chassis import begin, operator
from metrics.api import wire
from metrics.domain.contributions import By
from metrics.store import facts, kpis

LAST_ID = UUID(int=2**128 - 1)

router = APIRouter(prefix="/v1/kpis", tags=["kpis"], dependencies=[Depends(operator)])


@router.get("", summary="Every KPI row of a dimension.")
async def kpi_table(request: Request, by: By = "segment") -> wire.KpiTable:
    """Absolute values as of the newest events heard. Ratios are null where there is nothing to divide by."""
    async with begin(request) as tx:
        as_of = await kpis.as_of(tx)
        return wire.table(as_of, (await kpis.read(tx, (by,))).rows)


@router.get("/{by}/{key:path}/facts", summary="The leads that a KPI row counts.")
async def leads_behind(
    request: Request,
    by: By,
    key: str,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
    before: UUID = LAST_ID,
) -> wire.LeadsBehind:
    """By falling id. The ids open in the services that own the leads; nothing here says who they are."""
    async with begin(request) as tx:
        found = await facts.leads_behind(tx, by, key, before, limit)
    return wire.LeadsBehind(
        leads=[wire.lead(fact) for fact in found], before=found[-1].lead_id if len(found) == limit else None
    )
