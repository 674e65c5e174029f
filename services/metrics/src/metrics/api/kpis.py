"""The numbers now, and the leads behind a number."""

import asyncio
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response
from pydantic import AwareDatetime

from chassis import begin, may
from metrics.api import schemas
from metrics.api.feed import PIECE
from metrics.api.permissions import Permission
from metrics.api.scope import teams_of
from metrics.domain.catalogue import By
from metrics.domain.names import LONGEST
from metrics.store import facts, kpis
from metrics.use_cases.names import row_called

MOST_ROWS = 5000
LAST_ID = UUID(int=2**128 - 1)

router = APIRouter(prefix="/v1/kpis", tags=["kpis"])


@router.get(
    "",
    dependencies=[Depends(may(Permission.SEE_KPIS))],
    summary="The KPI rows of a dimension, by key.",
    response_model=schemas.KpiTable,
)
async def kpi_table(
    request: Request,
    by: By = "segment",
    after: Annotated[str, Query(max_length=LONGEST, description="the key behind which to begin")] = "",
    limit: Annotated[int, Query(ge=1, le=MOST_ROWS)] = MOST_ROWS,
) -> Response:
    """Absolute values as of the newest events heard, summed over the teams that you may see. Ratios are null where there is
    nothing to divide by."""
    async with begin(request) as tx:
        teams = await teams_of(tx)
        now = await kpis.standing(tx)
        rows = await kpis.page(tx, by, after, limit, teams)
    following = rows[-1].key if len(rows) == limit else None
    head, tail = schemas.around(by, now, following)
    pieces = []
    for start in range(0, len(rows), PIECE):
        pieces.append(schemas.rows_json(rows[start : start + PIECE]))
        await asyncio.sleep(0)  # a large table keeps nobody else waiting
    return Response(f"{head}{','.join(pieces)}{tail}", media_type="application/json")


@router.get(
    "/{by}/{key:path}/facts",
    dependencies=[Depends(may(Permission.SEE_FACTS))],
    summary="The leads that a KPI row counts.",
)
async def leads_behind(
    request: Request,
    by: By,
    key: str,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
    before: UUID = LAST_ID,
    captured_from: Annotated[AwareDatetime | None, Query(description="only those that came since then")] = None,
) -> schemas.LeadsBehind:
    """Those of the teams that you may see, by falling id; the key may be in any spelling. The ids open in the services that own
    the leads; nothing here says who they are."""
    async with begin(request) as tx:
        teams = await teams_of(tx)
        called = await row_called(tx, by, key)
        found = await facts.leads_behind(tx, by, called, before, limit, teams, captured_from)
    return schemas.LeadsBehind(
        leads=[schemas.lead(fact) for fact in found], before=found[-1].lead_id if len(found) == limit else None
    )
